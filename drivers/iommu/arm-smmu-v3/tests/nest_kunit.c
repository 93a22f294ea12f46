// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest may put into its STE and its queue, and what becomes of it (I-20, I-27,
 * I-29, I-52). Words are literal: IHI 0070, 4.4 and 5.2.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/sizes.h>

#include "../cmd.h"
#include "../nest.h"
#include "suite.h"

static const struct smmu_features plain = {
	.pgsizes = SZ_4K | SZ_2M | SZ_1G, .ssid_bits = 8, .nested = true,
};

static const struct smmu_features ranges = {
	.pgsizes = SZ_4K | SZ_64K, .ssid_bits = 8, .nested = true, .two_level_cdtab = true,
	.range_tlbi = true,
};

/* I-27, I-52: nothing of stage 2, and nothing that is illegal. */
static void nest_i27_fields_of_a_guest(struct kunit *test)
{
	static const struct {
		const char *what;
		const struct smmu_features *f;
		u64 ste[2];
		int ret;
	} t[] = {
		{ "invalid", &plain, { 0, 0 } },
		{ "abort", &plain, { 0x1, 0 } },
		{ "bypass", &plain, { 0x9, 0 } },
		{ "one CD", &plain, { 0x000000012345600bull, 0xd6 } },
		{ "a linear table", &plain, { 0x400000012345600bull, 0xd5 } },
		{ "as large as it can be", &plain, { 0x400000012345600bull | 8ull << 59, 0xd5 } },
		{ "larger", &plain, { 0x000000012345600bull | 9ull << 59, 0xd5 }, -EIO },
		{ "two levels", &ranges, { 0x400000012345601bull, 0 } },
		{ "two levels of 64K", &ranges, { 0x400000012345602bull, 0 } },
		{ "levels that hardware has not", &plain, { 0x400000012345601bull, 0 }, -EIO },
		{ "levels that nothing has", &ranges, { 0x400000012345603bull, 0 }, -EIO },
		{ "S1DSS is reserved", &plain, { 0x400000012345600bull, 3 }, -EIO },
		{ "S1DSS does not matter", &plain, { 0x000000012345600bull, 3 } },
		{ "ATS", &plain, { 0xb, 1ull << 28 } },
		{ "split ATS", &plain, { 0xb, 2ull << 28 }, -EIO },
		{ "no stalls", &plain, { 0xb, 1ull << 27 } },
		{ "stage 2", &plain, { 0xd, 0 }, -EIO },
		{ "both stages", &plain, { 0xf, 0 }, -EIO },
		{ "a reserved Config", &plain, { 0x3, 0 }, -EIO },
		{ "a reserved bit", &plain, { 0xb | 1ull << 52, 0 }, -EIO },
		{ "another regime", &plain, { 0xb, 2ull << 30 }, -EIO },
		{ "attributes", &plain, { 0xb, 1ull << 36 }, -EIO },
		{ "privilege", &plain, { 0xb, 1ull << 49 }, -EIO },
		{ "merged events", &plain, { 0xb, 1ull << 19 }, -EIO },
		{ "invalid, with what no guest has", &plain, { 0, 1ull << 36 } },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++)
		KUNIT_EXPECT_EQ_MSG(test, smmu_nest_check(t[i].f, t[i].ste), t[i].ret, "%s",
				    t[i].what);
}

/* I-27: one STE of both; whatever the guest says of stalls, a device has to be made for it. */
static void nest_i27_both_stages(struct kunit *test)
{
	static const struct {
		const char *what;
		u64 guest[2], w0, w1;
		bool stall, forced, can_stall;
	} t[] = {
		{ "invalid", { 0, 0 }, 0x1, 0 },
		{ "abort", { 0x1, 1ull << 28 }, 0x1, 0 },
		{ "bypass", { 0x9, 0 }, 0xd, 0x0000100010000000ull },
		{ "stage 1", { 0x400000012345601bull, 0xd5 },
		  0x400000012345601full, 0x00001000100000d5ull },
		{ "of a device that cannot stall", { 0xb, 0 }, 0xf, 0x0000100018000000ull,
		  .can_stall = true },
		{ "of one that can", { 0xb, 0 }, 0xf, 0x0000100010000000ull,
		  .can_stall = true, .stall = true },
		{ "of one that shall not", { 0xb, 1ull << 27 }, 0xf, 0x0000100018000000ull,
		  .can_stall = true, .stall = true },
		{ "where all stall", { 0xb, 1ull << 27 }, 0xf, 0x0000100010000000ull,
		  .can_stall = true, .stall = true, .forced = true },
		{ "where none does", { 0xb, 1ull << 27 }, 0xf, 0x0000100010000000ull },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		/* VMID 0x22, ATS, SHCFG incoming */
		u64 qw[SMMU_ENTRY_QWORDS] = {
			0xd, 0x0000100010000000ull, 0x0598353500000022ull, 0x87654000,
		};
		struct smmu_features f = plain;

		f.stall = t[i].can_stall;
		f.stall_forced = t[i].forced;
		ste_make_nested(&f, t[i].guest, t[i].stall, qw);
		KUNIT_EXPECT_EQ_MSG(test, qw[0], t[i].w0, "%s", t[i].what);
		if (qw[0] == 0x1)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, qw[1], t[i].w1, "%s", t[i].what);
		KUNIT_EXPECT_EQ_MSG(test, qw[2], 0x0598353500000022ull, "%s", t[i].what);
		KUNIT_EXPECT_EQ_MSG(test, qw[3], 0x87654000ull, "%s", t[i].what);
	}
}

/* I-20, I-29: no further than the guest's VMID, and legal whatever it says. */
static void nest_i29_commands_of_a_guest(struct kunit *test)
{
	static const struct {
		const char *what;
		const struct smmu_features *f;
		u64 guest[2], host[2];
		int ret;
	} t[] = {
		{ "all", &plain, { 0xffffffffffffff10ull, ~0ull }, { 0x0000002200000010ull, 0 } },
		{ "all of EL1", &plain, { 0x30, 0 }, { 0x0000002200000010ull, 0 } },
		{ "an ASID", &plain, { 0x1234000500000011ull, 0 }, { 0x1234002200000011ull, 0 } },
		{ "a page", &plain, { 0x1234000500000012ull, 0xffff000000003000ull },
		  { 0x1234002200000012ull, 0xffff000000003000ull } },
		{ "a leaf", &plain, { 0x1234000000000012ull, 0x3001 },
		  { 0x1234002200000012ull, 0x3001 } },
		{ "a page of all ASIDs", &plain, { 0x1234000000000013ull, 0x3001 },
		  { 0x0000002200000013ull, 0x3001 } },
		{ "a range where there is none", &plain, { 0x1234000000703012ull, 0x3701 },
		  { 0x1234002200000012ull, 0x3001 } },
		{ "a range", &ranges, { 0x1234000000703012ull, 0x3401 },
		  { 0x1234002200703012ull, 0x3401 } },
		{ "a range with a level", &ranges, { 0x1234000000703012ull, 0x3701 },
		  { 0x1234002200703012ull, 0x3401 } },
		{ "a range of one page", &ranges, { 0x1234000000000012ull, 0x3701 },
		  { 0x1234002200000012ull, 0x3001 } },
		{ "what is reserved", &ranges, { 0x1234000000000012ull, 0x3401 },
		  { 0x1234002200000012ull, 0x3001 } },
		{ "a range of 64K", &ranges, { 0x1234000000703012ull, 0x30c01 },
		  { 0x1234002200703012ull, 0x30c01 } },
		{ "not from the start of a page", &ranges, { 0x1234000000703012ull, 0x31c01 },
		  { 0x1234002200703012ull, 0x30c01 } },
		{ "a granule that hardware has not", &ranges, { 0x1234000000703012ull, 0x4801 },
		  .ret = -EIO },
		{ "stage 2", &plain, { 0x000000050000002aull, 0 }, .ret = -EIO },
		{ "all of a VMID", &plain, { 0x0000000500000028ull, 0 }, .ret = -EIO },
		{ "EL2", &plain, { 0x20, 0 }, .ret = -EIO },
		{ "EL2 by address", &plain, { 0x22, 0 }, .ret = -EIO },
		{ "an STE", &plain, { 0x3, 0 }, .ret = -EIO },
		{ "all STEs", &plain, { 0x4, 31 }, .ret = -EIO },
		{ "RESUME", &plain, { 0x44, 0 }, .ret = -EIO },
		{ "CMD_SYNC", &plain, { 0x46, 0 }, .ret = -EIO },
		{ "nothing", &plain, { 0, 0 }, .ret = -EIO },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		struct smmu_cmd cmd = { .qw = { t[i].guest[0], t[i].guest[1] } };

		KUNIT_EXPECT_EQ_MSG(test, smmu_nest_tlbi(t[i].f, 0x22, &cmd), t[i].ret, "%s",
				    t[i].what);
		if (t[i].ret)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, cmd.qw[0], t[i].host[0], "%s", t[i].what);
		KUNIT_EXPECT_EQ_MSG(test, cmd.qw[1], t[i].host[1], "%s", t[i].what);
	}
}

static struct kunit_case nest_cases[] = {
	KUNIT_CASE(nest_i27_fields_of_a_guest),
	KUNIT_CASE(nest_i27_both_stages),
	KUNIT_CASE(nest_i29_commands_of_a_guest),
	{ }
};

static struct kunit_suite nest_suite = {
	.name = "smmu-v3-nest",
	.test_cases = nest_cases,
};

kunit_test_suite(nest_suite);
