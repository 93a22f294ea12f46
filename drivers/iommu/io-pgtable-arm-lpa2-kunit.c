// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the Arm long-descriptor tables with FEAT_LPA2: addresses of 52
 * bits with 4K and 16K pages. Numbers are spelt out, from DDI 0487, D8.2 (roots)
 * and D8.3 (descriptors).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/io-pgtable.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "io-pgtable-arm-kunit.h"

#define LPA2		IO_PGTABLE_QUIRK_ARM_LPA2
#define BLOCK_512G	((unsigned long)BIT_ULL(39))
#define BLOCK_64G	((unsigned long)BIT_ULL(36))
#define LPA2_4K_SET	(LPAE_4K_SET | BLOCK_512G)
#define LPA2_16K_SET	(LPAE_16K_SET | BLOCK_64G)
#define RWC		(LPAE_RW | IOMMU_CACHE)

static const struct geometry wide_4k = {
	"stage 1, 4K, 52 bits", ARM_64_LPAE_S1, LPA2_4K_SET, 52, 52, LPA2,
};

static const struct geometry wide_16k = {
	"stage 2, 16K, 52 bits", ARM_64_LPAE_S2, LPA2_16K_SET, 52, 52, LPA2,
};

/**
 * struct wide_root - what a configuration gives
 * @fmt: format of the tables
 * @pgsizes: page sizes, which choose the granule
 * @ias: bits of an input address
 * @oas: bits of an output address
 * @sl0: VTCR_EL2.SL0 at stage 2
 * @start: level that this means, or that TxSZ means at stage 1
 * @ds: the DS bit
 * @bytes: size of the root
 */
struct wide_root {
	enum io_pgtable_fmt fmt;
	unsigned long pgsizes;
	unsigned int ias;
	unsigned int oas;
	unsigned int sl0;
	int start;
	unsigned int ds;
	size_t bytes;
};

static const struct wide_root wide_roots[] = {
	{ ARM_64_LPAE_S1, LPA2_4K_SET, 52, 52, 0, -1, 1, 128 },
	{ ARM_64_LPAE_S1, LPA2_4K_SET, 49, 52, 0, -1, 1, 64 },
	{ ARM_64_LPAE_S1, LPA2_4K_SET, 48, 52, 0, 0, 1, SZ_4K },
	{ ARM_64_LPAE_S1, LPA2_16K_SET, 52, 52, 0, 0, 1, 256 },
	{ ARM_64_LPAE_S1, LPA2_16K_SET, 47, 52, 0, 1, 1, SZ_16K },
	{ ARM_64_LPAE_S1, LPAE_64K_SET, 52, 52, 0, 1, 0, SZ_8K },
	{ ARM_64_LPAE_S2, LPA2_4K_SET, 48, 48, 2, 0, 1, SZ_4K },
	{ ARM_64_LPAE_S2, LPA2_4K_SET, 49, 52, 2, 0, 1, 2 * SZ_4K },
	{ ARM_64_LPAE_S2, LPA2_4K_SET, 52, 52, 2, 0, 1, 16 * SZ_4K },
	{ ARM_64_LPAE_S2, LPA2_4K_SET, 40, 40, 1, 1, 1, 2 * SZ_4K },
	{ ARM_64_LPAE_S2, LPA2_16K_SET, 51, 52, 2, 1, 1, 16 * SZ_16K },
	{ ARM_64_LPAE_S2, LPA2_16K_SET, 52, 52, 3, 0, 1, 256 },	/* 32 are too many */
	{ ARM_64_LPAE_S2, LPAE_64K_SET, 52, 52, 2, 1, 0, SZ_8K },
};

static void wide_root_name(const struct wide_root *root, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "format %d, sizes %lx, %u to %u bits", root->fmt,
		 root->pgsizes, root->ias, root->oas);
}

KUNIT_ARRAY_PARAM(wide_root, wide_roots, wide_root_name);

/* I-12: start level, register fields and size of the root */
static void root_i12(struct kunit *test)
{
	const struct wide_root *want = test->param_value;
	const struct geometry geometry = {
		.name = "root", .fmt = want->fmt, .pgsizes = want->pgsizes, .ias = want->ias,
		.oas = want->oas, .quirks = LPA2,
	};
	struct lpae_test *t = lpae_open(test, &geometry);

	KUNIT_EXPECT_EQ(test, t->oracle.start, want->start);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&t->pages), (long)want->bytes);
	if (want->fmt == ARM_64_LPAE_S2) {
		KUNIT_EXPECT_EQ(test, t->cfg.arm_lpae_s2_cfg.vtcr.sl + 0u, want->sl0);
		KUNIT_EXPECT_EQ(test, t->cfg.arm_lpae_s2_cfg.vtcr.ds + 0u, want->ds);
		KUNIT_EXPECT_EQ(test, t->cfg.arm_lpae_s2_cfg.vtcr.tsz + 0u, 64 - want->ias);
		KUNIT_EXPECT_EQ(test, t->cfg.arm_lpae_s2_cfg.vttbr & (want->bytes - 1), 0);
	} else {
		KUNIT_EXPECT_EQ(test, t->cfg.arm_lpae_s1_cfg.tcr.ds + 0u, want->ds);
		KUNIT_EXPECT_EQ(test, t->cfg.arm_lpae_s1_cfg.tcr.tsz + 0u, 64 - want->ias);
		KUNIT_EXPECT_EQ(test, t->cfg.arm_lpae_s1_cfg.ttbr & (want->bytes - 1), 0);
	}
	lpae_close(t);
}

struct wide_leaf {
	enum io_pgtable_fmt fmt;
	unsigned long quirks;
	int prot;
	u64 addr;
	u64 page;
};

/* Address bits [51:50] are in [9:8], [49:48] in place, and there is no SH */
static const struct wide_leaf wide_leaves[] = {
	{ ARM_64_LPAE_S1, 0, RWC, 0x0000000040000000, 0x0000000040000c47 },
	{ ARM_64_LPAE_S1, 0, RWC, 0x000d234540000000, 0x0001234540000f47 },
	{ ARM_64_LPAE_S1, 0, LPAE_RW, 0x0006234540000000, 0x0002234540000d43 },
	{ ARM_64_LPAE_S1, 0, IOMMU_READ, 0x000b234540000000, 0x0003234540000ec3 },
	{ ARM_64_LPAE_S1, IO_PGTABLE_QUIRK_ARM_HD, LPAE_RW, 0x0008000040000000,
	  0x0008000040000e43 },
	{ ARM_64_LPAE_S1, IO_PGTABLE_QUIRK_ARM_NS, RWC, 0x0004000040000000, 0x0000000040000d67 },
	{ ARM_64_LPAE_S2, 0, RWC, 0x0000000040000000, 0x00000000400004ff },
	{ ARM_64_LPAE_S2, 0, RWC, 0x000d234540000000, 0x00012345400007ff },
	{ ARM_64_LPAE_S2, 0, IOMMU_READ, 0x000a000040000000, 0x0002000040000657 },
	{ ARM_64_LPAE_S2, IO_PGTABLE_QUIRK_ARM_HD, LPAE_RW, 0x0008000040000000,
	  0x00080000400006d7 },
};

static void wide_leaf_name(const struct wide_leaf *leaf, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "format %d, quirks %lx, prot %x, at %llx", leaf->fmt,
		 leaf->quirks, leaf->prot, leaf->addr);
}

KUNIT_ARRAY_PARAM(wide_leaf, wide_leaves, wide_leaf_name);

/* I-4: to the bit, with both granules */
static void descriptor_bits_i4(struct kunit *test)
{
	const struct wide_leaf *want = test->param_value;

	for (unsigned int i = 0; i < 2; i++) {
		const struct geometry geometry = {
			.name = "leaf", .fmt = want->fmt, .pgsizes = i ? LPA2_16K_SET : LPA2_4K_SET,
			.ias = 48, .oas = 52, .quirks = LPA2 | want->quirks,
		};
		struct lpae_test *t = lpae_open(test, &geometry);
		struct oracle_leaf leaf;

		lpae_expect_map(t, SZ_1G, want->addr, i ? SZ_16K : SZ_4K, 1, want->prot);
		lpae_expect(t, SZ_1G, want->addr);
		oracle_walk(&t->oracle, SZ_1G, &leaf);
		KUNIT_EXPECT_EQ(test, leaf.desc, want->page);
		lpae_close(t);
	}
}

/* I-4: blocks of 512G and 64G, which come with the DS bit, and parts of them */
static void largest_blocks_i3_i4(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, &wide_4k);
	const unsigned long far = (unsigned long)BIT_ULL(51);
	struct oracle_leaf leaf;

	KUNIT_EXPECT_EQ(test, t->cfg.pgsize_bitmap, LPA2_4K_SET);
	lpae_expect_map(t, far, 0x000e008000000000, BLOCK_512G, 2, RWC);
	oracle_walk(&t->oracle, far + BLOCK_512G + 5, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.desc, 0x0002010000000f45);
	KUNIT_EXPECT_EQ(test, leaf.size, 0x8000000000);
	lpae_expect_unmap(t, far + SZ_1G + SZ_4K, SZ_4K, 2, 2 * SZ_4K);
	lpae_expect(t, far + SZ_1G, 0x000e008040000000);
	lpae_expect(t, far + SZ_1G + SZ_4K, 0);
	lpae_expect(t, far + BLOCK_512G - 1, 0x000e00ffffffffff);
	lpae_close(t);

	t = lpae_open(test, &wide_16k);
	KUNIT_EXPECT_EQ(test, t->cfg.pgsize_bitmap, LPA2_16K_SET);
	lpae_expect_map(t, far, 0x000f001000000000, BLOCK_64G, 1, IOMMU_READ);
	oracle_walk(&t->oracle, far, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.desc, 0x0003001000000755);
	lpae_expect_unmap(t, far + SZ_32M + SZ_16K, SZ_16K, 1, SZ_16K);
	lpae_expect(t, far + BLOCK_64G - 1, 0x000f001fffffffff);
	lpae_close(t);
}

/* I-1: each entry of the root, and runs over 2^48 and 2^50, where fields begin */
static void torn_fields_i1(struct kunit *test)
{
	const struct geometry * const geometry[] = { &wide_4k, &wide_16k };

	for (unsigned int i = 0; i < 2; i++) {
		struct lpae_test *t = lpae_open(test, geometry[i]);
		const size_t page = i ? SZ_16K : SZ_4K;

		for (u64 n = 0; n < 32; n++)
			lpae_expect_map(t, (n << 47) + SZ_1G, (n << 47) + SZ_2M, page, 1, LPAE_RW);
		for (u64 n = 0; n < 32; n++) {
			lpae_expect(t, (n << 47) + SZ_1G, (n << 47) + SZ_2M);
			lpae_expect(t, (n << 47) + SZ_1G + page, 0);
		}
		for (u64 n = 1; n < 16; n++) {
			lpae_expect_map(t, n * SZ_2M, (n << 48) - n * page, page, 19, LPAE_RW);
			for (unsigned int k = 0; k < 19; k++)
				lpae_expect(t, n * SZ_2M + k * page, (n << 48) + (k - n) * page);
		}
		lpae_close(t);
	}
}

/* I-6: runs have the sizes that they have without, and 512G has none */
static void hints_i6(struct kunit *test)
{
	struct geometry geometry = wide_4k;
	struct oracle_leaf leaf;
	struct lpae_test *t;

	geometry.quirks |= IO_PGTABLE_QUIRK_ARM_CONT;
	t = lpae_open(test, &geometry);
	KUNIT_EXPECT_EQ(test, (u64)t->cfg.pgsize_bitmap, 0x8442211000ULL);
	lpae_expect_map(t, SZ_64K, 0x000d234540010000, SZ_64K, 1, RWC);
	oracle_walk(&t->oracle, SZ_64K + 3 * SZ_4K, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.desc, 0x0011234540013f47);
	lpae_expect_unmap(t, SZ_64K + SZ_4K, SZ_4K, 1, SZ_4K);
	oracle_walk(&t->oracle, SZ_64K + 3 * SZ_4K, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.desc, 0x0001234540013f47);

	lpae_expect_map(t, 16 * BLOCK_512G, 16 * BLOCK_512G, BLOCK_512G, 16, RWC);
	oracle_walk(&t->oracle, 16 * BLOCK_512G, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.desc, 0x0000080000000c45);
	lpae_close(t);
}

/* Addresses of 53 bits are out of range */
static void limits(struct kunit *test)
{
	const unsigned long last = (unsigned long)(BIT_ULL(52) - SZ_4K);
	struct lpae_test *t = lpae_open(test, &wide_4k);
	size_t mapped;

	lpae_expect_map(t, last, last, SZ_4K, 1, LPAE_RW);
	lpae_expect(t, last, last);
	KUNIT_EXPECT_EQ(test, lpae_map(t, last, 0, SZ_4K, 2, LPAE_RW, &mapped), -ERANGE);
	KUNIT_EXPECT_EQ(test, lpae_map(t, 0, last, SZ_4K, 2, LPAE_RW, &mapped), -ERANGE);
	KUNIT_EXPECT_EQ(test, mapped, 0);
	lpae_close(t);
}

/* Formats that have no DS bit refuse; without the quirk there are 48 bits */
static void not_asked_for(struct kunit *test)
{
	static const enum io_pgtable_fmt others[] = {
		ARM_32_LPAE_S1, ARM_32_LPAE_S2, ARM_MALI_LPAE,
	};
	struct geometry geometry = wide_4k;
	struct lpae_test *t;

	for (unsigned int i = 0; i < ARRAY_SIZE(others); i++) {
		struct io_pgtable_cfg cfg = {
			.quirks = LPA2, .pgsize_bitmap = LPAE_4K_SET, .ias = 32, .oas = 40,
			.coherent_walk = true, .tlb = &note_tlb, .iommu_dev = test->priv,
		};
		struct io_pgtable_ops *ops = alloc_io_pgtable_ops(others[i], &cfg, NULL);

		KUNIT_EXPECT_NULL(test, ops);
		free_io_pgtable_ops(ops);
	}

	geometry.quirks = 0;
	t = lpae_open(test, &geometry);
	KUNIT_EXPECT_EQ(test, t->cfg.ias, 48);
	KUNIT_EXPECT_EQ(test, t->cfg.oas, 48);
	KUNIT_EXPECT_EQ(test, t->cfg.arm_lpae_s1_cfg.tcr.ds + 0u, 0);
	KUNIT_EXPECT_EQ(test, t->cfg.pgsize_bitmap, LPAE_4K_SET);
	lpae_close(t);
}

static struct kunit_case lpae_lpa2_cases[] = {
	KUNIT_CASE_PARAM(root_i12, wide_root_gen_params),
	KUNIT_CASE_PARAM(descriptor_bits_i4, wide_leaf_gen_params),
	KUNIT_CASE(largest_blocks_i3_i4),
	KUNIT_CASE(torn_fields_i1),
	KUNIT_CASE(hints_i6),
	KUNIT_CASE(limits),
	KUNIT_CASE(not_asked_for),
	{}
};

static struct kunit_suite lpae_lpa2_suite = {
	.name = "io-pgtable-arm-lpa2",
	.init = lpae_test_init,
	.test_cases = lpae_lpa2_cases,
};

kunit_test_suite(lpae_lpa2_suite);

MODULE_DESCRIPTION("KUnit tests of LPA2 in the Arm long-descriptor I/O page tables");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
