// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands against literal words, worked out by hand from the figures of
 * IHI 0070, chapter 4: a second witness for cmd.h and structs.h (I-20).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "../cmd.h"
#include "suite.h"

static void expect(struct kunit *test, struct smmu_cmd c, u64 word0, u64 word1)
{
	KUNIT_EXPECT_EQ(test, c.qw[0], word0);
	KUNIT_EXPECT_EQ(test, c.qw[1], word1);
}

/* 4.3: StreamID in [63:32], SubstreamID in [31:12], Leaf in [64]. */
static void cmd_i20_configuration(struct kunit *test)
{
	expect(test, cmd_cfgi_ste(0x12345678), 0x1234567800000003ull, 1);
	expect(test, cmd_cfgi_ste_and_l1(0xffffffff), 0xffffffff00000003ull, 0);
	/* CFGI_ALL: opcode 4 with Range 31 */
	expect(test, cmd_cfgi_all(), 0x4, 0x1f);
	expect(test, cmd_cfgi_cd(0x10, 0xabcde, true), 0x00000010abcde005ull, 1);
	expect(test, cmd_cfgi_cd(0x10, 0, false), 0x0000001000000005ull, 0);
	expect(test, cmd_cfgi_cd_all(0x80000001), 0x8000000100000006ull, 0);
}

/* 4.4: VMID in [47:32], ASID in [63:48], address in [127:76], Leaf in [64]. */
static void cmd_i20_tlb(struct kunit *test)
{
	expect(test, cmd_tlbi(0x11, 0, 0x1234), 0x1234000000000011ull, 0);
	expect(test, cmd_tlbi(0x28, 0xabcd, 0), 0x0000abcd00000028ull, 0);
	expect(test, cmd_tlbi(0x20, 0, 0), 0x20, 0);
	expect(test, cmd_tlbi(0x30, 0, 0), 0x30, 0);
	expect(test, cmd_tlbi_addr(0x12, 1, 2, 0xfffffffffffff000ull, true),
	       0x0002000100000012ull, 0xfffffffffffff001ull);
	expect(test, cmd_tlbi_addr(0x2a, 0xffff, 0, 0x12345fff, false),
	       0x0000ffff0000002aull, 0x12345000);
}

/* 4.4.1.1: NUM [16:12], SCALE [24:20], TTL [73:72], TG [75:74]. */
static void cmd_i20_tlb_ranges(struct kunit *test)
{
	struct tlbi_range r = { .tg = 12, .scale = 9, .num = 3, .ttl = 2 };

	expect(test, cmd_tlbi_range(0x12, 0, 5, 0x40000000, true, r),
	       0x0005000000902012ull, 0x40000601);
	r = (struct tlbi_range) { .tg = 14, .scale = 31, .num = 32, .ttl = 0 };
	expect(test, cmd_tlbi_range(0x2a, 7, 0, 0, false, r), 0x0000000701f1f02aull, 0x800);
	r = (struct tlbi_range) { .tg = 16, .scale = 0, .num = 1, .ttl = 3 };
	expect(test, cmd_tlbi_range(0x22, 0, 1, 0x10000, true, r), 0x0001000000000022ull, 0x10f01);
}

/* 4.5: SSV [11], SubstreamID [31:12], Size [69:64], address [127:76]. */
static void cmd_i20_ats_and_pri(struct kunit *test)
{
	expect(test, cmd_atc_inv(0x100, 0, false, 0x7000, 0), 0x0000010000000040ull, 0x7000);
	expect(test, cmd_atc_inv(0x100, 0x5, true, 0, 52), 0x0000010000005840ull, 0x34);
	/* 4.5.2: PRGIndex [72:64], Resp [77:76] */
	expect(test, cmd_pri_resp(0x100, 0x12345, true, 0x1ff, 2), 0x0000010012345841ull, 0x21ff);
	expect(test, cmd_pri_resp(0x100, 0, false, 1, 0), 0x0000010000000041ull, 0x1);
}

/* 4.6: Ac [12], Ab [13], STAG [79:64]. */
static void cmd_i20_stalls(struct kunit *test)
{
	expect(test, cmd_resume(0x9, 0xbeef, 0), 0x0000000900000044ull, 0xbeef);
	expect(test, cmd_resume(0x9, 1, RESUME0_AC), 0x0000000900001044ull, 1);
	expect(test, cmd_resume(0x9, 1, RESUME0_AB), 0x0000000900002044ull, 1);
	expect(test, cmd_stall_term(0x9), 0x0000000900000045ull, 0);
}

/* 4.7.3: CS [13:12], MSH [23:22], MSIAttr [27:24], data [63:32], address [115:66]. */
static void cmd_i20_sync(struct kunit *test)
{
	expect(test, cmd_sync(), 0x46, 0);
	expect(test, cmd_sync_msi(0x80001234, 0xcafe), 0x0000cafe0fc01046ull, 0x80001234);
	expect(test, cmd_sync_msi(0xffffffffffffcull, 1), 0x000000010fc01046ull,
	       0xffffffffffffcull);
}

static struct kunit_case cmd_cases[] = {
	KUNIT_CASE(cmd_i20_configuration),
	KUNIT_CASE(cmd_i20_tlb),
	KUNIT_CASE(cmd_i20_tlb_ranges),
	KUNIT_CASE(cmd_i20_ats_and_pri),
	KUNIT_CASE(cmd_i20_stalls),
	KUNIT_CASE(cmd_i20_sync),
	{ }
};

static struct kunit_suite cmd_suite = {
	.name = "smmu-v3-cmd",
	.test_cases = cmd_cases,
};

kunit_test_suite(cmd_suite);
