// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stream tables and context descriptors, walked as hardware walks them: from
 * the bus address, by the numbers of IHI 0070, 3.3 and 5 (I-24 to I-28).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/io-pgtable.h>

#include "decode.h"
#include "fake.h"

struct table_test {
	struct kunit *test;
	struct fake_smmu *f;
	struct smmu_master master;
	u32 sids[3];
	struct meaning seen[8];
	unsigned int num_seen;
	u32 watch_sid;
};

static void table_free(void *data)
{
	struct table_test *t = data;

	smmu_cdtab_free(&t->master);
	smmu_strtab_free(&t->f->smmu);
}

static struct table_test *table_test(struct kunit *test, bool two_level, u8 sid_bits)
{
	struct table_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->test = test;
	t->f = fake_create(test);
	t->f->private = t;
	fake_cmdq(test, t->f, 8, false);
	fake_pace(t->f, FAKE_EAGER);
	t->f->smmu.feat.two_level_strtab = two_level;
	t->f->smmu.feat.sid_bits = sid_bits;
	KUNIT_ASSERT_EQ(test, smmu_strtab_init(&t->f->smmu), 0);
	t->f->smmu.strtab.live = true;
	t->master.smmu = &t->f->smmu;
	mutex_init(&t->master.view_lock);
	t->master.dev = t->f->smmu.dev;
	t->master.sids = t->sids;
	raw_spin_lock_init(&t->master.ste_lock);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, table_free, t), 0);
	return t;
}

static const struct hw hw_qemu = {
	.stage1 = true, .stage2 = true, .stall_model = 1, .term = true,
};

static void read_entry(const __le64 *p, u64 *w)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		w[i] = le64_to_cpu(READ_ONCE(p[i]));
}

/* 3.3.1: false means C_BAD_STREAMID. Split is 8 where there are two levels. */
static bool walk(const struct table_test *t, u32 sid, u64 *ste)
{
	const struct smmu_strtab *s = &t->f->smmu.strtab;
	const __le64 *table = phys_to_virt(s->dma);
	u64 l1, span;

	if ((u64)sid >> s->log2size)
		return false;
	if (!s->l1) {
		read_entry(table + 8 * (u64)sid, ste);
		return true;
	}
	l1 = le64_to_cpu(READ_ONCE(table[sid >> 8]));
	span = l1 & 0x1f;
	if (!span || (sid & 0xff) >= 1u << (span - 1))
		return false;
	/* 5.1: the level 2 table is aligned to its size */
	if (l1 & ((64ull << (span - 1)) - 1) & word_bits(51, 6))
		return false;
	table = phys_to_virt(l1 & word_bits(51, 6));
	read_entry(table + 8 * (sid & 0xff), ste);
	return true;
}

static enum verdict says(const struct table_test *t, u32 sid)
{
	u64 ste[8];

	return walk(t, sid, ste) ? ste_meaning(&hw_qemu, ste).verdict : SAYS_ILLEGAL;
}

/* I-28: streams without an owner abort; those out of range do not exist. */
static void table_i28_linear(struct kunit *test)
{
	struct table_test *t = table_test(test, false, 10);
	u32 sid;

	KUNIT_EXPECT_NOT_NULL(test, t->f->smmu.strtab.stes);
	for (sid = 0; sid < 1024; sid++)
		KUNIT_EXPECT_EQ(test, says(t, sid), SAYS_ABORT);
	KUNIT_EXPECT_EQ(test, smmu_strtab_prepare(&t->f->smmu, 1023), 0);
	KUNIT_EXPECT_EQ(test, smmu_strtab_prepare(&t->f->smmu, 1024), -ERANGE);
	KUNIT_EXPECT_EQ(test, smmu_strtab_prepare(&t->f->smmu, ~0u), -ERANGE);
}

/* I-26, I-28: second-level tables come when needed, full of aborts. */
static void table_i26_two_levels(struct kunit *test)
{
	static const u32 sids[] = { 0, 0xff, 0x100, 0x1234, 0xfffe, 0xffff };
	struct table_test *t = table_test(test, true, 16);
	unsigned int i;
	u32 sid;

	KUNIT_EXPECT_NOT_NULL(test, t->f->smmu.strtab.l1);
	KUNIT_EXPECT_EQ(test, t->f->smmu.strtab.log2size, 16);
	for (i = 0; i < ARRAY_SIZE(sids); i++) {
		u64 ste[8];

		sid = sids[i];
		/* nothing of a neighbour's table is there before */
		KUNIT_EXPECT_EQ(test, walk(t, sid, ste), i == 1 || i == 5);
		KUNIT_EXPECT_EQ(test, smmu_strtab_prepare(&t->f->smmu, sid), 0);
		for (sid = sids[i] & ~0xffu; sid <= (sids[i] | 0xff); sid++)
			KUNIT_EXPECT_EQ(test, says(t, sid), SAYS_ABORT);
	}
	KUNIT_EXPECT_EQ(test, smmu_strtab_prepare(&t->f->smmu, 0x10000), -ERANGE);
	KUNIT_EXPECT_EQ(test, smmu_strtab_prepare(&t->f->smmu, 0xffffffff), -ERANGE);
}

/* What hardware finds at the time it is told to look again. */
static void look_on_cfgi(struct fake_smmu *f, const struct smmu_cmd *cmd)
{
	struct table_test *t = f->private;
	u64 ste[8];

	if ((cmd->qw[0] & 0xff) != 0x3 || cmd->qw[0] >> 32 != t->watch_sid)
		return;
	if (t->num_seen < ARRAY_SIZE(t->seen))
		t->seen[t->num_seen++] = walk(t, t->watch_sid, ste) ?
					 ste_meaning(&hw_qemu, ste) :
					 (struct meaning) { .verdict = SAYS_ILLEGAL };
}

/* I-25, I-26: the level 1 descriptor is invalidated after the table is complete. */
static void table_i26_complete_before_cfgi(struct kunit *test)
{
	struct table_test *t = table_test(test, true, 16);

	t->f->hook = look_on_cfgi;
	t->watch_sid = 0x4242;
	KUNIT_EXPECT_EQ(test, smmu_strtab_prepare(&t->f->smmu, 0x4242), 0);
	KUNIT_ASSERT_EQ(test, t->num_seen, 1);
	KUNIT_EXPECT_EQ(test, t->seen[0].verdict, SAYS_ABORT);
	/* Leaf clear: the level 1 descriptor too; and a CMD_SYNC after it */
	KUNIT_EXPECT_EQ(test, fake_word(t->f, 0, 1) & 1, 0);
	KUNIT_EXPECT_EQ(test, fake_word(t->f, 1, 0) & 0xff, 0x46);
}

/* I-25: an error of that invalidation comes back, and a second try repeats it. */
static void table_i25_failed_cfgi(struct kunit *test)
{
	struct table_test *t = table_test(test, true, 16);

	fake_fail(t->f, 0, 1, 1);
	KUNIT_EXPECT_EQ(test, smmu_strtab_prepare(&t->f->smmu, 5), -EIO);
	fake_clear(t->f);
	KUNIT_EXPECT_EQ(test, smmu_strtab_prepare(&t->f->smmu, 5), 0);
	KUNIT_EXPECT_EQ(test, fake_count(t->f, 0x3), 1);
}

static void sids_of(struct table_test *t, u32 a, u32 b, u32 c)
{
	unsigned int i;

	t->sids[0] = a;
	t->sids[1] = b;
	t->sids[2] = c;
	t->master.num_sids = 3;
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(t->test, smmu_strtab_prepare(&t->f->smmu, t->sids[i]), 0);
}

static const struct io_pgtable_cfg cfg_s1 = {
	.arm_lpae_s1_cfg = {
		.ttbr = 0x12345678c000ull,
		.tcr = { .ips = 5, .tg = 0, .sh = 3, .orgn = 1, .irgn = 1, .tsz = 16 },
		.mair = 0xff0c44ff,
	},
};

static const struct io_pgtable_cfg cfg_s2 = {
	.arm_lpae_s2_cfg = {
		.vttbr = 0x23456789d000ull,
		.vtcr = { .ps = 5, .tg = 0, .sh = 3, .orgn = 1, .irgn = 1, .sl = 2, .tsz = 20 },
	},
};

/* I-28: all streams of a master say the same, and hardware was told of each. */
static void table_i28_all_streams_agree(struct kunit *test)
{
	struct table_test *t = table_test(test, true, 16);
	u64 target[8], ste[8];
	unsigned int i, n;

	sids_of(t, 0x10, 0x11, 0x7fff);
	ste_make_bypass(&t->f->smmu.feat, target);
	fake_clear(t->f);
	KUNIT_EXPECT_EQ(test, smmu_ste_write(&t->master, target, t->master.blocks), 0);
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_TRUE(test, walk(t, t->sids[i], ste));
		KUNIT_EXPECT_EQ(test, memcmp(ste, target, 64), 0);
		for (n = 0; n < t->f->logged; n++)
			if (t->f->log[n].qw[0] == ((u64)t->sids[i] << 32 | 3))
				break;
		KUNIT_EXPECT_LT(test, n, t->f->logged);
	}
	/* the neighbours still abort */
	KUNIT_EXPECT_EQ(test, says(t, 0x12), SAYS_ABORT);
	KUNIT_EXPECT_EQ(test, says(t, 0x7ffe), SAYS_ABORT);
}

/* I-28: one stream's invalidation fails: the error comes back, all are written. */
static void table_i28_one_stream_fails(struct kunit *test)
{
	struct table_test *t = table_test(test, true, 16);
	u64 target[8], cd[8];
	unsigned int i;

	sids_of(t, 1, 2, 3);
	ste_make_bypass(&t->f->smmu.feat, target);
	fake_fail(t->f, 0, 1, 1);
	KUNIT_EXPECT_EQ(test, smmu_ste_write(&t->master, target, t->master.blocks), -EIO);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, says(t, t->sids[i]), SAYS_BYPASS);

	KUNIT_ASSERT_EQ(test, smmu_cdtab_prepare(&t->master, 0), 0);
	cd_make_s1(&t->f->smmu.feat, &cfg_s1, 1, false, cd);
	fake_clear(t->f);
	fake_fail(t->f, 0, 1, 1);
	KUNIT_EXPECT_EQ(test, smmu_cd_write(&t->master, 0, cd), -EIO);
	/* streams 2 and 3 were told all the same, at least once */
	KUNIT_EXPECT_GE(test, fake_count(t->f, 0x5), 2);
}

/* I-24, I-25: S1 to S2 on the way through the command queue. */
static void table_i24_breaking_change(struct kunit *test)
{
	struct table_test *t = table_test(test, true, 16);
	u64 old[8], new[8];

	sids_of(t, 1, 2, 3);
	KUNIT_ASSERT_EQ(test, smmu_cdtab_prepare(&t->master, 0), 0);
	ste_make_s1(&t->f->smmu.feat, &t->master.cdtab, STE_S1DSS_SSID0, false, false, old);
	ste_make_s2(&t->f->smmu.feat, &cfg_s2, 7, false, new);
	KUNIT_EXPECT_EQ(test, smmu_ste_write(&t->master, old, t->master.blocks), 0);
	t->watch_sid = 2;
	t->f->hook = look_on_cfgi;
	KUNIT_EXPECT_EQ(test, smmu_ste_write(&t->master, new, t->master.blocks), 0);
	KUNIT_ASSERT_EQ(test, t->num_seen, 3);
	KUNIT_EXPECT_EQ(test, t->seen[0].verdict, SAYS_INVALID);
	KUNIT_EXPECT_EQ(test, t->seen[1].verdict, SAYS_INVALID);
	KUNIT_EXPECT_EQ(test, t->seen[2].verdict, SAYS_S2);
}

/* The fields of each STE that the driver makes, as hardware reads them. */
static void table_entries_decode(struct kunit *test)
{
	struct table_test *t = table_test(test, false, 8);
	struct smmu_features *feat = &t->f->smmu.feat;
	struct io_pgtable_cfg forced = cfg_s2;
	u64 w[8];

	KUNIT_ASSERT_EQ(test, smmu_cdtab_prepare(&t->master, 0), 0);
	ste_make_abort(w);
	KUNIT_EXPECT_EQ(test, ste_meaning(&hw_qemu, w).verdict, SAYS_ABORT);
	ste_make_bypass(feat, w);
	KUNIT_EXPECT_EQ(test, ste_meaning(&hw_qemu, w).verdict, SAYS_BYPASS);
	/* 5.2, SHCFG: RES0 without ATTR_TYPES_OVR, else "use incoming" */
	KUNIT_EXPECT_EQ(test, w[1], 0);
	feat->attr_override = true;
	ste_make_bypass(feat, w);
	KUNIT_EXPECT_EQ(test, w[1], 1ull << 44);

	ste_make_s1(feat, &t->master.cdtab, STE_S1DSS_SSID0, false, true, w);
	KUNIT_EXPECT_EQ(test, ste_meaning(&hw_qemu, w).verdict, SAYS_S1);
	KUNIT_EXPECT_EQ(test, w[0] & word_bits(55, 6), t->master.cdtab.dma);
	KUNIT_EXPECT_EQ(test, word_get(w[0], 63, 59), 0);
	KUNIT_EXPECT_EQ(test, word_get(w[1], 29, 28), 1);
	KUNIT_EXPECT_EQ(test, word_get(w[1], 7, 2), 0x35);

	ste_make_s2(feat, &cfg_s2, 0xabc, true, w);
	KUNIT_EXPECT_EQ(test, ste_meaning(&hw_qemu, w).verdict, SAYS_S2);
	KUNIT_EXPECT_EQ(test, word_get(w[2], 15, 0), 0xabc);
	KUNIT_EXPECT_EQ(test, word_get(w[2], 37, 32), 20);
	KUNIT_EXPECT_EQ(test, word_get(w[2], 39, 38), 2);
	KUNIT_EXPECT_EQ(test, word_get(w[2], 45, 40), 0x35);
	KUNIT_EXPECT_EQ(test, word_get(w[2], 47, 46), 0);
	KUNIT_EXPECT_EQ(test, word_get(w[2], 50, 48), 5);
	KUNIT_EXPECT_EQ(test, word_get(w[2], 58, 58), 1);
	KUNIT_EXPECT_EQ(test, w[3], 0x23456789d000ull);
	KUNIT_EXPECT_EQ(test, word_get(w[1], 25, 25), 0);
	forced.quirks |= IO_PGTABLE_QUIRK_ARM_S2FWB;
	ste_make_s2(feat, &forced, 0xabc, true, w);
	KUNIT_EXPECT_EQ(test, word_get(w[1], 25, 25), 1);

	cd_make_s1(feat, &cfg_s1, 0x1234, false, w);
	KUNIT_EXPECT_EQ(test, cd_meaning(&hw_qemu, false, w).verdict, SAYS_CD);
	KUNIT_EXPECT_EQ(test, word_get(w[0], 5, 0), 16);
	KUNIT_EXPECT_EQ(test, word_get(w[0], 7, 6), 0);
	KUNIT_EXPECT_EQ(test, word_get(w[0], 13, 8), 0x35);
	KUNIT_EXPECT_EQ(test, word_get(w[0], 30, 30), 1);
	KUNIT_EXPECT_EQ(test, word_get(w[0], 34, 32), 5);
	KUNIT_EXPECT_EQ(test, word_get(w[0], 41, 41), 1);
	KUNIT_EXPECT_EQ(test, word_get(w[0], 47, 45), 7);
	KUNIT_EXPECT_EQ(test, word_get(w[0], 63, 48), 0x1234);
	KUNIT_EXPECT_EQ(test, w[1], 0x12345678c000ull);
	KUNIT_EXPECT_EQ(test, w[3], 0xff0c44ff);
}

/* I-27: no stall model makes any of them illegal, whatever the master can do. */
static void table_i27_stall_models(struct kunit *test)
{
	static const struct smmu_cdtab tab = { .dma = 0x1000 };
	unsigned int model, bits;

	for (model = 0; model < 3; model++) {
		struct hw hw = {
			.stage1 = true, .stage2 = true, .stall_model = model, .term = true,
		};
		struct smmu_features f = {
			.s1 = true, .s2 = true, .coherent = true, .stall = model != 1,
			.stall_forced = model == 2,
		};

		for (bits = 0; bits < 8; bits++) {
			bool stall = (bits & 1) && f.stall, ats = bits & 2;
			u64 ste[8], cd[8];

			f.e2h = bits & 4;
			ste_make_s1(&f, &tab, STE_S1DSS_SSID0, stall, ats, ste);
			cd_make_s1(&f, &cfg_s1, 1, stall, cd);
			KUNIT_EXPECT_EQ_MSG(test, ste_meaning(&hw, ste).verdict, SAYS_S1,
					    "model %u, bits %u", model, bits);
			KUNIT_EXPECT_EQ_MSG(test, cd_meaning(&hw, ste[1] >> 27 & 1, cd).verdict,
					    SAYS_CD, "model %u, bits %u", model, bits);
			/* ATS needs a stage 2 that does not stall: nobody asks for both */
			ste_make_s2(&f, &cfg_s2, 1, ats && !f.stall_forced, ste);
			KUNIT_EXPECT_EQ_MSG(test, ste_meaning(&hw, ste).verdict, SAYS_S2,
					    "model %u, bits %u", model, bits);
		}
	}
}

/* I-25, I-26: a new CD table holds nothing valid; a CD is told to each stream. */
static void table_i26_context_descriptors(struct kunit *test)
{
	struct table_test *t = table_test(test, true, 16);
	u64 target[8], cd[8];
	const __le64 *hw_cd;

	sids_of(t, 1, 2, 3);
	KUNIT_ASSERT_EQ(test, smmu_cdtab_prepare(&t->master, 0), 0);
	KUNIT_EXPECT_EQ(test, t->master.cdtab.dma & 63, 0);
	hw_cd = phys_to_virt(t->master.cdtab.dma);
	read_entry(hw_cd, cd);
	KUNIT_EXPECT_EQ(test, cd_meaning(&hw_qemu, false, cd).verdict, SAYS_INVALID);

	fake_clear(t->f);
	cd_make_s1(&t->f->smmu.feat, &cfg_s1, 5, false, target);
	KUNIT_EXPECT_EQ(test, smmu_cd_write(&t->master, 0, target), 0);
	read_entry(hw_cd, cd);
	KUNIT_EXPECT_EQ(test, memcmp(cd, target, 64), 0);
	/* every step for each of three streams */
	KUNIT_EXPECT_GE(test, fake_count(t->f, 0x5), 3);
	KUNIT_EXPECT_EQ(test, fake_count(t->f, 0x5) % 3, 0);
	KUNIT_EXPECT_EQ(test, fake_word(t->f, t->f->logged - 1, 0) & 0xff, 0x46);

	/* a second preparation keeps the table */
	KUNIT_EXPECT_EQ(test, smmu_cdtab_prepare(&t->master, 0), 0);
	KUNIT_EXPECT_PTR_EQ(test, hw_cd, phys_to_virt(t->master.cdtab.dma));
}

static struct kunit_case table_cases[] = {
	KUNIT_CASE(table_entries_decode),
	KUNIT_CASE(table_i24_breaking_change),
	KUNIT_CASE(table_i25_failed_cfgi),
	KUNIT_CASE(table_i26_two_levels),
	KUNIT_CASE(table_i26_complete_before_cfgi),
	KUNIT_CASE(table_i26_context_descriptors),
	KUNIT_CASE(table_i27_stall_models),
	KUNIT_CASE(table_i28_linear),
	KUNIT_CASE(table_i28_all_streams_agree),
	KUNIT_CASE(table_i28_one_stream_fails),
	{ }
};

static struct kunit_suite table_suite = {
	.name = "smmu-v3-table",
	.test_cases = table_cases,
};

kunit_test_suite(table_suite);
