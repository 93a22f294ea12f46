// SPDX-License-Identifier: GPL-2.0-only
/*
 * ID registers to features (I-59): any values give something sound or a
 * refusal, and known values give what IHI 0070, 6.3 says.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/sizes.h>

#include "../features.h"
#include "suite.h"

/* QEMU 10's virt machine, with both stages (hw/arm/smmuv3.c sets these up). */
static const struct smmu_idregs qemu = {
	.idr0 = 0x0d441018 | 0x3, .idr1 = 0x02730010, .idr3 = 0x1414, .idr5 = 0x74,
};

static bool one_of(u8 value, const u8 *list, unsigned int n)
{
	while (n--)
		if (list[n] == value)
			return true;
	return false;
}

/* What holds of every accepted instance, whatever the registers said. */
static void check_sound(struct kunit *test, const struct smmu_idregs *id,
			const struct smmu_hints *hints, const struct smmu_features *f)
{
	static const u8 address_sizes[] = { 32, 36, 40, 42, 44, 48, 52 };
	unsigned long sizes = f->pgsizes;
	const u8 *sizes_end = address_sizes + ARRAY_SIZE(address_sizes);

	KUNIT_EXPECT_TRUE(test, f->s1 || f->s2);
	KUNIT_EXPECT_TRUE(test, one_of(f->oas, address_sizes, sizes_end - address_sizes));
	KUNIT_EXPECT_GE(test, f->ias, f->oas);
	KUNIT_EXPECT_LE(test, f->ias, 52);
	KUNIT_EXPECT_TRUE(test, f->va_bits == 48 || f->va_bits == 52);
	KUNIT_EXPECT_LE(test, f->sid_bits, 32);
	KUNIT_EXPECT_LE(test, f->ssid_bits, 20);
	KUNIT_EXPECT_LE(test, f->cmdq_shift, 19);
	KUNIT_EXPECT_LE(test, f->eventq_shift, 19);
	KUNIT_EXPECT_LE(test, f->priq_shift, 19);
	KUNIT_EXPECT_TRUE(test, f->asid_bits == 8 || f->asid_bits == 16);
	KUNIT_EXPECT_TRUE(test, f->vmid_bits == 8 || f->vmid_bits == 16);
	KUNIT_EXPECT_LE(test, f->bbml, 2);
	KUNIT_EXPECT_NE(test, sizes, 0ul);
	KUNIT_EXPECT_EQ(test, sizes & 0xfff, 0ul);

	/* One thing needs another. */
	KUNIT_EXPECT_TRUE(test, !f->nested || (f->s1 && f->s2));
	KUNIT_EXPECT_TRUE(test, !f->hd || f->ha);
	KUNIT_EXPECT_TRUE(test, !f->stall_forced || f->stall);
	KUNIT_EXPECT_TRUE(test, !f->stall_max || f->stall);
	KUNIT_EXPECT_TRUE(test, !f->e2h || (f->hyp && hints->cpu_e2h));
	KUNIT_EXPECT_TRUE(test, !f->msi_polling ||
			  (f->msi && hints->coherent && !hints->no_msi_polling));
	/* Tables and queues that hardware places elsewhere are refused. */
	KUNIT_EXPECT_EQ(test, id->idr1 >> 29 & 3, 0u);
}

/* I-59: a second reading of the registers, from the architecture's tables. */
static void check_fields(struct kunit *test, const struct smmu_idregs *id,
			 const struct smmu_hints *hints, const struct smmu_features *f)
{
	static const u8 oas[8] = { 32, 36, 40, 42, 44, 48, 52, 0 };
	u32 a = id->idr0, b = id->idr1, e = id->idr5;
	bool mmu600 = (id->iidr & 0xfff00fff) == 0x4830043b;
	bool mmu700 = (id->iidr & 0xfff00fff) == 0x4870043b;

	KUNIT_EXPECT_EQ(test, f->s1, !!(a & 0x2));
	KUNIT_EXPECT_EQ(test, f->s2, !!(a & 0x1));
	KUNIT_EXPECT_EQ(test, f->ats, !!(a & 0x400));
	KUNIT_EXPECT_EQ(test, f->pri, !!(a & 0x10000));
	KUNIT_EXPECT_EQ(test, f->msi, !!(a & 0x2000));
	KUNIT_EXPECT_EQ(test, f->hyp, (a & 0x202) == 0x202);
	KUNIT_EXPECT_EQ(test, f->asid_bits, a & 0x1000 ? 16 : 8);
	KUNIT_EXPECT_EQ(test, f->vmid_bits, a & 0x40000 ? 16 : 8);
	KUNIT_EXPECT_EQ(test, f->two_level_cdtab, !!(a & 0x80000));
	KUNIT_EXPECT_EQ(test, f->two_level_strtab, (a >> 27 & 3) == 1);
	KUNIT_EXPECT_EQ(test, f->stall, (a >> 24 & 3) == 0 || (a >> 24 & 3) == 2);
	KUNIT_EXPECT_EQ(test, f->stall_forced, (a >> 24 & 3) == 2);
	KUNIT_EXPECT_EQ(test, f->sid_bits, min_t(u32, b & 0x3f, 32));
	KUNIT_EXPECT_EQ(test, f->ssid_bits, min_t(u32, b >> 6 & 0x1f, 20));
	KUNIT_EXPECT_EQ(test, f->priq_shift, min_t(u32, b >> 11 & 0x1f, 19));
	KUNIT_EXPECT_EQ(test, f->eventq_shift, min_t(u32, b >> 16 & 0x1f, 19));
	KUNIT_EXPECT_EQ(test, f->cmdq_shift, min_t(u32, b >> 21 & 0x1f, 19));
	KUNIT_EXPECT_EQ(test, f->attr_override, !!(b & 0x8000000));
	KUNIT_EXPECT_EQ(test, f->range_tlbi, !!(id->idr3 & 0x400));
	KUNIT_EXPECT_EQ(test, f->va_bits, (e >> 10 & 3) == 1 ? 52 : 48);
	if (oas[e & 7])
		KUNIT_EXPECT_EQ(test, f->oas, oas[e & 7]);
	KUNIT_EXPECT_EQ(test, !!(f->pgsizes & 0x1000), !!(e & 0x10));
	KUNIT_EXPECT_EQ(test, !!(f->pgsizes & 0x200000), !!(e & 0x10));
	KUNIT_EXPECT_EQ(test, !!(f->pgsizes & 0x40000000), !!(e & 0x10));
	KUNIT_EXPECT_EQ(test, !!(f->pgsizes & 0x4000), !!(e & 0x20));
	KUNIT_EXPECT_EQ(test, !!(f->pgsizes & 0x2000000), !!(e & 0x20));
	KUNIT_EXPECT_EQ(test, !!(f->pgsizes & 0x10000), !!(e & 0x40));
	KUNIT_EXPECT_EQ(test, !!(f->pgsizes & 0x20000000), !!(e & 0x40));
	if (!hints->httu_valid) {
		KUNIT_EXPECT_EQ(test, f->ha, (a >> 6 & 3) >= 1);
		/* 3.13.1: updates of descriptors need coherent walks to be atomic */
		KUNIT_EXPECT_EQ(test, f->hd, (a >> 6 & 3) >= 2 && hints->coherent);
	}
	KUNIT_EXPECT_EQ(test, f->coherent, hints->coherent);
	KUNIT_EXPECT_EQ(test, f->fwb, !!(id->idr3 & 0x100));
	KUNIT_EXPECT_EQ(test, f->page0_only, hints->page0_only);
	KUNIT_EXPECT_EQ(test, f->no_prefetch, hints->no_prefetch);

	KUNIT_EXPECT_EQ(test, f->btm, (a & 0x20) && !mmu700);
	KUNIT_EXPECT_EQ(test, f->nested, (a & 3) == 3 && !mmu700 &&
			!(mmu600 && (id->iidr >> 16 & 0xf) < 2));
	KUNIT_EXPECT_EQ(test, f->sev, (a & 0x4000) && !(mmu600 && (id->iidr & 0xff000) <= 0x2000));
}

/* Whether 6.3.1, 6.3.2 and 6.3.6 leave this driver anything to work with. */
static bool should_run(const struct smmu_idregs *id, const struct smmu_hints *hints)
{
	u32 endian = id->idr0 >> 21 & 3;

	if (!(id->idr0 & 3) || !(id->idr0 & 8) || !(id->idr5 & 0x70) || id->idr1 >> 29 & 3)
		return false;
	return endian == 0 || endian == (hints->cpu_big_endian ? 3 : 2);
}

/* I-59: any register values at all. */
static void features_i59_random_registers(struct kunit *test)
{
	struct dice dice = { 59 };
	unsigned int n, accepted = 0, failures = 0;

	for (n = 0; n < effort(20000, 1000000) && failures < 5; n++) {
		u64 x = dice_roll(&dice), y = dice_roll(&dice), z = dice_roll(&dice);
		u8 how = dice_roll(&dice);
		struct smmu_idregs id = { x, x >> 32, y, y >> 32, z };
		struct smmu_hints hints = {
			.httu = how & 3, .httu_valid = how & 4, .coherent = how & 8,
			.page0_only = how & 16, .cpu_e2h = how & 32, .no_prefetch = how & 64,
			.cpu_big_endian = z >> 40 & 1, .no_msi_polling = how & 128,
		};
		struct smmu_features f;
		const char *why;

		/* Half of them plausible, or nearly all would be refused. */
		if (n & 1) {
			id.idr1 &= 0x1fffffff;
			id.idr0 = (id.idr0 & ~0x00600000u) | 0xb;
			id.idr5 |= 0x10;
			if (n & 2)
				id.iidr = (id.iidr & 0xff000) | (n & 4 ? 0x4830043b : 0x4870043b);
		}
		memset(&f, 0xa5, sizeof(f));
		why = smmu_features_decode(&id, &hints, &f);
		if (!why) {
			accepted++;
			check_sound(test, &id, &hints, &f);
			check_fields(test, &id, &hints, &f);
		} else {
			KUNIT_EXPECT_TRUE(test, *why);
		}
		if (should_run(&id, &hints) != !why && !(id.idr1 & 1u << 28)) {
			KUNIT_FAIL(test, "%#x %#x %#x: %s", id.idr0, id.idr1, id.idr5,
				   why ?: "accepted");
			failures++;
		}
	}
	KUNIT_EXPECT_GE(test, accepted, n / 4);
}

/* I-59: one bit of one register on top of what QEMU shows. */
static void features_i59_single_bits(struct kunit *test)
{
	static const struct smmu_hints none;
	unsigned int bit;

	for (bit = 0; bit < 5 * 32; bit++) {
		struct smmu_idregs id = qemu;
		struct smmu_features f;
		u32 *reg[] = { &id.idr0, &id.idr1, &id.idr3, &id.idr5, &id.iidr };
		const char *why;

		*reg[bit / 32] ^= 1u << bit % 32;
		why = smmu_features_decode(&id, &none, &f);
		if (!why) {
			check_sound(test, &id, &none, &f);
			check_fields(test, &id, &none, &f);
		}
	}
}

/* I-59: QEMU's registers, read by hand from its own description. */
static void features_i59_qemu(struct kunit *test)
{
	static const struct smmu_hints coherent = { .coherent = true };
	struct smmu_features f;

	KUNIT_ASSERT_EQ(test, !!smmu_features_decode(&qemu, &coherent, &f), false);
	KUNIT_EXPECT_TRUE(test, f.s1 && f.s2 && f.nested && f.two_level_strtab);
	KUNIT_EXPECT_TRUE(test, f.range_tlbi && f.coherent);
	KUNIT_EXPECT_FALSE(test, f.ats || f.pri || f.msi || f.stall || f.hd || f.btm);
	KUNIT_EXPECT_EQ(test, f.sid_bits, 16);
	KUNIT_EXPECT_EQ(test, f.ssid_bits, 0);
	KUNIT_EXPECT_EQ(test, f.asid_bits, 16);
	KUNIT_EXPECT_EQ(test, f.vmid_bits, 16);
	KUNIT_EXPECT_EQ(test, f.cmdq_shift, 19);
	KUNIT_EXPECT_EQ(test, f.eventq_shift, 19);
	KUNIT_EXPECT_EQ(test, f.oas, 44);
	KUNIT_EXPECT_EQ(test, f.bbml, 2);
	KUNIT_EXPECT_EQ(test, f.pgsizes, 0x40000000ul | 0x20000000ul | 0x2000000ul | 0x200000ul |
			0x10000ul | 0x4000ul | 0x1000ul);
}

static struct kunit_case features_cases[] = {
	KUNIT_CASE(features_i59_random_registers),
	KUNIT_CASE(features_i59_single_bits),
	KUNIT_CASE(features_i59_qemu),
	{ }
};

static struct kunit_suite features_suite = {
	.name = "smmu-v3-features",
	.test_cases = features_cases,
};

kunit_test_suite(features_suite);

MODULE_DESCRIPTION("KUnit suites of the SMMUv3 driver");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
