// SPDX-License-Identifier: GPL-2.0-only
/*
 * Context descriptors by PASID, walked as hardware walks them, and those of
 * processes, by the numbers of IHI 0070, 3.3.3, 5.3 and 5.4.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/io-pgtable.h>

#include "../sva.h"
#include "decode.h"
#include "fake.h"

struct sva_test {
	struct fake_smmu *f;
	struct smmu_master master;
	u32 sids[2];
	u64 ste[8];
};

static void sva_free(void *data)
{
	struct sva_test *t = data;

	smmu_cdtab_free(&t->master);
}

static struct sva_test *sva_test(struct kunit *test, u8 ssid_bits, bool two_level)
{
	struct sva_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->f = fake_create(test);
	fake_cmdq(test, t->f, 8, false);
	fake_pace(t->f, FAKE_EAGER);
	t->f->smmu.feat.two_level_cdtab = two_level;
	t->f->smmu.feat.ssid_bits = ssid_bits;
	t->sids[0] = 7;
	t->sids[1] = 9;
	t->master.smmu = &t->f->smmu;
	mutex_init(&t->master.view_lock);
	t->master.dev = t->f->smmu.dev;
	t->master.sids = t->sids;
	t->master.num_sids = 2;
	t->master.ssid_bits = ssid_bits;
	raw_spin_lock_init(&t->master.ste_lock);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, sva_free, t), 0);
	return t;
}

/* Where hardware finds the CD of a PASID, starting from the STE; NULL: nowhere. */
static const __le64 *hw_cd(struct sva_test *t, u32 ssid)
{
	u64 base, desc;
	unsigned int leaf;

	ste_make_s1(&t->f->smmu.feat, &t->master.cdtab, 2, false, false, t->ste);
	base = t->ste[0] & word_bits(51, 6);
	if (ssid >> word_get(t->ste[0], 63, 59))
		return NULL;
	switch (word_get(t->ste[0], 5, 4)) {
	case 0:
		return phys_to_virt(base + 64 * ssid);
	case 1:
		leaf = 6;
		break;
	case 2:
		leaf = 10;
		break;
	default:
		return NULL;
	}
	desc = le64_to_cpup((const __le64 *)phys_to_virt(base + 8 * (ssid >> leaf)));
	if (!(desc & 1))
		return NULL;
	return phys_to_virt((desc & word_bits(51, 12)) + 64 * (ssid & ((1 << leaf) - 1)));
}

static void expect_cd(struct kunit *test, struct sva_test *t, u32 ssid, u64 word)
{
	const __le64 *cd = hw_cd(t, ssid);

	KUNIT_ASSERT_NOT_NULL_MSG(test, cd, "PASID %#x", ssid);
	KUNIT_EXPECT_EQ_MSG(test, le64_to_cpu(cd[1]), word, "PASID %#x", ssid);
}

/* Descriptors of many PASIDs, at both ends of leaves: each is found, and no other. */
static void sva_i26_tables_of_all_widths(struct kunit *test)
{
	static const struct {
		u8 bits;
		bool two_level;
	} widths[] = {
		{ 1, true }, { 6, true }, { 7, true }, { 16, true }, { 17, true }, { 20, true },
		{ 5, false }, { 10, false }, { 12, false },
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		struct sva_test *t = sva_test(test, widths[i].bits, widths[i].two_level);
		u32 last = (1u << widths[i].bits) - 1;
		const u32 ssids[] = { 0, 1, last / 2, last / 2 + 1, last - (last > 1), last };

		for (j = 0; j < ARRAY_SIZE(ssids); j++) {
			u64 cd[8] = { 1ull << 31, (u64)(ssids[j] + 1) << 12 };

			KUNIT_ASSERT_EQ(test, smmu_cdtab_prepare(&t->master, ssids[j]), 0);
			KUNIT_EXPECT_EQ(test, smmu_cd_write(&t->master, ssids[j], cd), 0);
		}
		for (j = 0; j < ARRAY_SIZE(ssids); j++)
			expect_cd(test, t, ssids[j], (u64)(ssids[j] + 1) << 12);
		KUNIT_EXPECT_EQ(test, word_get(t->ste[0], 63, 59), widths[i].bits);
		KUNIT_EXPECT_NULL(test, hw_cd(t, last + 1));
		if (widths[i].bits == 20)
			KUNIT_EXPECT_NULL(test, hw_cd(t, 0x12345));
	}
}

/* What cannot have two levels is not allocated for a million PASIDs. */
static void sva_i59_linear_is_bounded(struct kunit *test)
{
	struct smmu_features f = { .ssid_bits = 20 };

	KUNIT_EXPECT_LE(test, 64ul << smmu_ssid_bits(&f), 256ul << 10);
	f.two_level_cdtab = true;
	KUNIT_EXPECT_EQ(test, smmu_ssid_bits(&f), 20);
	f.ssid_bits = 0;
	KUNIT_EXPECT_EQ(test, smmu_ssid_bits(&f), 0);
}

/* I-25: an empty level 1 descriptor may be cached; each stream is told of a new one. */
static void sva_i25_new_leaf_is_told(struct kunit *test)
{
	struct sva_test *t = sva_test(test, 20, true);
	unsigned int i, told = 0;

	KUNIT_ASSERT_EQ(test, smmu_cdtab_prepare(&t->master, 0), 0);
	fake_clear(t->f);
	KUNIT_ASSERT_EQ(test, smmu_cdtab_prepare(&t->master, 5000), 0);
	for (i = 0; i < t->f->logged; i++) {
		u64 w = fake_word(t->f, i, 0);

		/* CFGI_CD without Leaf */
		if ((w & 0xff) == 5 && !(fake_word(t->f, i, 1) & 1) && (w >> 12 & 0xfffff) == 5000)
			told |= w >> 32 == 7 ? 1 : w >> 32 == 9 ? 2 : 4;
	}
	KUNIT_EXPECT_EQ(test, told, 3);
	KUNIT_EXPECT_EQ(test, fake_word(t->f, t->f->logged - 1, 0) & 0xff, 0x46);

	fake_clear(t->f);
	KUNIT_ASSERT_EQ(test, smmu_cdtab_prepare(&t->master, 5001), 0);
	KUNIT_EXPECT_EQ(test, t->f->logged, 0);
}

/* I-25, I-61: where telling fails, the leaf is not relied on, and is told again. */
static void sva_i25_failed_link(struct kunit *test)
{
	struct sva_test *t = sva_test(test, 20, true);

	KUNIT_ASSERT_EQ(test, smmu_cdtab_prepare(&t->master, 0), 0);
	fake_fail(t->f, 0, 1, 1);
	KUNIT_EXPECT_EQ(test, smmu_cdtab_prepare(&t->master, 5000), -EIO);
	KUNIT_EXPECT_NULL(test, hw_cd(t, 5000));
	fake_clear(t->f);
	KUNIT_EXPECT_EQ(test, smmu_cdtab_prepare(&t->master, 5000), 0);
	KUNIT_EXPECT_NOT_NULL(test, hw_cd(t, 5000));
	KUNIT_EXPECT_EQ(test, fake_count(t->f, 5), 2);
}

/* What DMA without a PASID meets beside PASIDs that are in use: 5.2, S1DSS. */
static void sva_i36_no_pasid_is_apart(struct kunit *test)
{
	struct sva_test *t = sva_test(test, 8, true);
	unsigned int dss;
	u64 ste[8];

	KUNIT_ASSERT_EQ(test, smmu_cdtab_prepare(&t->master, 0), 0);
	for (dss = 0; dss < 3; dss++) {
		ste_make_s1(&t->f->smmu.feat, &t->master.cdtab, dss, false, true, ste);
		KUNIT_EXPECT_EQ(test, word_get(ste[1], 1, 0), dss);
		KUNIT_EXPECT_EQ(test, word_get(ste[0], 3, 1), 5);
		KUNIT_EXPECT_EQ(test, word_get(ste[0], 63, 59), 8);
	}
}

#ifdef CONFIG_ARM_SMMU_V3_SVA
static const struct smmu_features everything = {
	.pgsizes = 0x1000 | 0x4000 | 0x10000, .va_bits = 52, .oas = 52, .ssid_bits = 20,
	.s1 = true, .coherent = true, .ds = true, .btm = true, .asid_bits = 16,
};

/* I-37: each thing that an instance cannot share, alone, refuses. */
static void sva_i37_refusals(struct kunit *test)
{
	static const struct smmu_sva_cpus plain = {
		.va_bits = 48, .pa_bits = 48, .page_shift = 12,
	};
	static const struct smmu_sva_cpus lpa2 = {
		.va_bits = 52, .pa_bits = 52, .page_shift = 14, .lpa2 = true,
	};
	struct smmu_features f = everything;

	KUNIT_EXPECT_NULL(test, smmu_sva_why_not(&f, &plain));
	KUNIT_EXPECT_NULL(test, smmu_sva_why_not(&f, &lpa2));

#define EXPECT_REFUSAL(cpus, field, value) do {					\
		f = everything;							\
		f.field = value;						\
		KUNIT_EXPECT_NOT_NULL(test, smmu_sva_why_not(&f, &(cpus)));	\
	} while (0)
	EXPECT_REFUSAL(plain, s1, false);
	EXPECT_REFUSAL(plain, coherent, false);
	EXPECT_REFUSAL(plain, ssid_bits, 0);
	EXPECT_REFUSAL(plain, pgsizes, 0x10000);
	EXPECT_REFUSAL(plain, oas, 44);
	EXPECT_REFUSAL(lpa2, va_bits, 48);
	EXPECT_REFUSAL(lpa2, oas, 48);
	EXPECT_REFUSAL(lpa2, ds, false);
#undef EXPECT_REFUSAL

	/* What the tables of these CPUs do not need is not asked for. */
	f = everything;
	f.ds = false;
	f.va_bits = 48;
	f.oas = 48;
	KUNIT_EXPECT_NULL(test, smmu_sva_why_not(&f, &plain));
}

/* Maintenance of the CPUs is for an instance of their regime, with their ASIDs and tables. */
static void sva_i37_deaf_instances(struct kunit *test)
{
	struct smmu_sva_cpus cpus = {
		.va_bits = 48, .pa_bits = 48, .page_shift = 12, .asid_bits = 16,
	};
	struct smmu_features f = everything;

	KUNIT_EXPECT_NULL(test, smmu_btm_why_not(&f, &cpus));
	f.btm = false;
	KUNIT_EXPECT_NOT_NULL(test, smmu_btm_why_not(&f, &cpus));
	f = everything;
	f.asid_bits = 8;
	KUNIT_EXPECT_NOT_NULL(test, smmu_btm_why_not(&f, &cpus));
	cpus.asid_bits = 8;
	KUNIT_EXPECT_NULL(test, smmu_btm_why_not(&f, &cpus));
	cpus.el2 = true;
	KUNIT_EXPECT_NOT_NULL(test, smmu_btm_why_not(&f, &cpus));
	f.e2h = true;
	KUNIT_EXPECT_NULL(test, smmu_btm_why_not(&f, &cpus));
	f.coherent = false;
	KUNIT_EXPECT_NOT_NULL(test, smmu_btm_why_not(&f, &cpus));
	f.coherent = true;
	cpus.repeat_tlbi = true;
	KUNIT_EXPECT_NOT_NULL(test, smmu_btm_why_not(&f, &cpus));
}

static void sva_descriptors_decode(struct kunit *test)
{
	static const struct {
		struct smmu_sva_cpus cpus;
		u8 t0sz, tg0, ips, ds;
	} cases[] = {
		{ { .va_bits = 48, .pa_bits = 48, .page_shift = 12 }, 16, 0, 5, 0 },
		{ { .va_bits = 39, .pa_bits = 40, .page_shift = 12 }, 25, 0, 2, 0 },
		{ { .va_bits = 47, .pa_bits = 44, .page_shift = 14 }, 17, 2, 4, 0 },
		{ { .va_bits = 52, .pa_bits = 52, .page_shift = 16 }, 12, 1, 6, 0 },
		{ { .va_bits = 52, .pa_bits = 52, .page_shift = 12, .lpa2 = true }, 12, 0, 6, 1 },
		{ { .va_bits = 36, .pa_bits = 32, .page_shift = 14 }, 28, 2, 0, 0 },
	};
	unsigned int i;
	u64 cd[8];

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct io_pgtable_cfg cfg;

		smmu_sva_cfg(&cases[i].cpus, 0x123456789000, 0x1122334455667788, &cfg);
		cd_make_s1(&everything, &cfg, 0x77, true, cd);
		KUNIT_EXPECT_EQ(test, word_get(cd[0], 5, 0), cases[i].t0sz);
		KUNIT_EXPECT_EQ(test, word_get(cd[0], 7, 6), cases[i].tg0);
		KUNIT_EXPECT_EQ(test, word_get(cd[0], 13, 8), 0x35);
		KUNIT_EXPECT_EQ(test, word_get(cd[0], 34, 32), cases[i].ips);
		KUNIT_EXPECT_EQ(test, word_get(cd[0], 44, 44), 1);
		KUNIT_EXPECT_EQ(test, word_get(cd[0], 63, 48), 0x77);
		KUNIT_EXPECT_EQ(test, cd[1], 0x123456789000);
		KUNIT_EXPECT_EQ(test, word_get(cd[2], 58, 58), cases[i].ds);
		KUNIT_EXPECT_EQ(test, cd[3], 0x1122334455667788);
		KUNIT_EXPECT_EQ(test, cfg.pgsize_bitmap, 1ul << cases[i].cpus.page_shift);
	}
}
#endif

static struct kunit_case sva_cases[] = {
	KUNIT_CASE(sva_i25_failed_link),
	KUNIT_CASE(sva_i25_new_leaf_is_told),
	KUNIT_CASE(sva_i26_tables_of_all_widths),
	KUNIT_CASE(sva_i36_no_pasid_is_apart),
	KUNIT_CASE(sva_i59_linear_is_bounded),
#ifdef CONFIG_ARM_SMMU_V3_SVA
	KUNIT_CASE(sva_descriptors_decode),
	KUNIT_CASE(sva_i37_deaf_instances),
	KUNIT_CASE(sva_i37_refusals),
#endif
	{ }
};

static struct kunit_suite sva_suite = {
	.name = "smmu-v3-sva",
	.test_cases = sva_cases,
};

kunit_test_suite(sva_suite);
