// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the contiguous hint in the Arm long-descriptor tables (I-6):
 * where it is, where it is not, and how it goes. Sizes, numbers of entries and
 * descriptors are spelt out, from DDI 0487, D8.3 and D8.7.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/io-pgtable.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "io-pgtable-arm-kunit.h"

#define HINTS		IO_PGTABLE_QUIRK_ARM_CONT
#define HINT_BIT	0x0010000000000000ULL

/**
 * struct run - a level that has runs
 * @fmt: format of the tables
 * @pgsizes: page sizes, which choose the granule
 * @ias: bits of an input address
 * @bits: log2 of the size of one entry
 * @entries: entries of a run
 * @desc: the leaf for IOMMU_READ, IOMMU_WRITE and IOMMU_CACHE, less its address
 */
struct run {
	enum io_pgtable_fmt fmt;
	unsigned long pgsizes;
	unsigned int ias;
	unsigned int bits;
	unsigned int entries;
	u64 desc;
};

static const struct run runs[] = {
	{ ARM_64_LPAE_S1, LPAE_4K_SET, 48, 12, 16, 0x0010000000000f47 },
	{ ARM_64_LPAE_S1, LPAE_4K_SET, 48, 21, 16, 0x0010000000000f45 },
	{ ARM_64_LPAE_S1, LPAE_4K_SET, 48, 30, 16, 0x0010000000000f45 },
	{ ARM_64_LPAE_S1, LPAE_16K_SET, 47, 14, 128, 0x0010000000000f47 },
	{ ARM_64_LPAE_S1, LPAE_16K_SET, 47, 25, 32, 0x0010000000000f45 },
	{ ARM_64_LPAE_S1, LPAE_64K_SET, 48, 16, 32, 0x0010000000000f47 },
	{ ARM_64_LPAE_S1, LPAE_64K_SET, 48, 29, 32, 0x0010000000000f45 },
	{ ARM_64_LPAE_S2, LPAE_4K_SET, 40, 12, 16, 0x00100000000007ff },
	{ ARM_64_LPAE_S2, LPAE_4K_SET, 40, 21, 16, 0x00100000000007fd },
	{ ARM_64_LPAE_S2, LPAE_4K_SET, 40, 30, 16, 0x00100000000007fd },
	{ ARM_64_LPAE_S2, LPAE_16K_SET, 40, 14, 128, 0x00100000000007ff },
	{ ARM_64_LPAE_S2, LPAE_16K_SET, 40, 25, 32, 0x00100000000007fd },
	{ ARM_64_LPAE_S2, LPAE_64K_SET, 44, 16, 32, 0x00100000000007ff },
	{ ARM_64_LPAE_S2, LPAE_64K_SET, 44, 29, 32, 0x00100000000007fd },
};

static void run_name(const struct run *run, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "stage %d, %u entries of 2^%u bytes",
		 run->fmt == ARM_64_LPAE_S1 ? 1 : 2, run->entries, run->bits);
}

KUNIT_ARRAY_PARAM(run, runs, run_name);

static struct lpae_test *hints_open(struct kunit *test, const struct run *run)
{
	const struct geometry geometry = {
		.name = "hints", .fmt = run->fmt, .pgsizes = run->pgsizes, .ias = run->ias,
		.oas = run->fmt == ARM_64_LPAE_S1 ? 48 : 44, .quirks = HINTS,
	};

	return lpae_open(test, &geometry);
}

#define RWC	(LPAE_RW | IOMMU_CACHE)

/* @count leaves at @iova lead to @addr, each of them @desc but for its address */
static void expect_leaves(struct lpae_test *t, unsigned long iova, u64 addr, unsigned int bits,
			  unsigned int count, u64 desc)
{
	const u64 size = BIT_ULL(bits);
	struct oracle_leaf leaf;

	for (u64 at = 0; at < count * size; at += size) {
		lpae_expect(t, iova + at, addr + at);
		oracle_walk(&t->oracle, iova + at, &leaf);
		KUNIT_EXPECT_EQ_MSG(t->test, leaf.desc, (addr + at) | desc, "iova %lx",
				    (unsigned long)(iova + at));
	}
}

/* Set in every entry, whichever size the caller says, and gone with all of them */
static void whole_run_i6(struct kunit *test)
{
	const struct run *run = test->param_value;
	struct lpae_test *t = hints_open(test, run);
	const u64 one = BIT_ULL(run->bits), size = run->entries * one;

	for (unsigned int as_run = 0; as_run < 2; as_run++) {
		u64 pgsize = as_run ? size : one;

		lpae_expect_map(t, size, 3 * size, pgsize, size / pgsize, RWC);
		expect_leaves(t, size, 3 * size, run->bits, run->entries, run->desc);
		lpae_expect(t, size - 1, 0);
		lpae_expect(t, 2 * size, 0);
		lpae_expect(t, 2 * size - 1, 4 * size - 1);

		pgsize = as_run ? one : size;
		lpae_expect_unmap(t, size, pgsize, size / pgsize, size);
		KUNIT_EXPECT_EQ(test, t->walks, 0);
		KUNIT_EXPECT_EQ(test, t->gathered, size);
		lpae_expect(t, size, 0);
		lpae_expect(t, 2 * size - 1, 0);
	}
	lpae_close(t);
}

/* Of a ragged range the aligned runs have it, and what sticks out has not */
static void ragged_range_i6(struct kunit *test)
{
	const struct run *run = test->param_value;
	struct lpae_test *t = hints_open(test, run);
	const u64 one = BIT_ULL(run->bits), size = run->entries * one;
	const unsigned int n = run->entries;
	const u64 plain = run->desc & ~HINT_BIT;

	lpae_expect_map(t, 3 * size - 2 * one, 5 * size - 2 * one, one, 2 * n + 5, RWC);
	expect_leaves(t, 3 * size - 2 * one, 5 * size - 2 * one, run->bits, 2, plain);
	expect_leaves(t, 3 * size, 5 * size, run->bits, 2 * n, run->desc);
	expect_leaves(t, 5 * size, 7 * size, run->bits, 3, plain);
	lpae_expect(t, 5 * size + 3 * one, 0);
	lpae_expect_unmap(t, 3 * size - 2 * one, one, 2 * n + 5, (2 * n + 5) * one);

	/* All but one entry, and an output address that does not agree */
	lpae_expect_map(t, size, size, one, n - 1, RWC);
	expect_leaves(t, size, size, run->bits, n - 1, plain);
	lpae_expect_map(t, 3 * size, 3 * size + one, one, n, RWC);
	expect_leaves(t, 3 * size, 3 * size + one, run->bits, n, plain);
	lpae_close(t);
}

/* A part goes: the hint is taken from the whole run first, by break before make */
static void part_of_a_run_i5_i6(struct kunit *test)
{
	const struct run *run = test->param_value;
	struct lpae_test *t = hints_open(test, run);
	const u64 one = BIT_ULL(run->bits), size = run->entries * one;
	const u64 plain = run->desc & ~HINT_BIT;
	const unsigned int n = run->entries;

	lpae_expect_map(t, size, 2 * size, one, 2 * n, RWC);
	t->probe = size + 9 * one;
	t->walk_hit = true;
	lpae_expect_unmap(t, size + 2 * one, one, 3, 3 * one);
	KUNIT_EXPECT_EQ(test, t->walks, 1);
	KUNIT_EXPECT_EQ(test, t->walk_iova, size);
	KUNIT_EXPECT_EQ(test, t->walk_size, size);
	KUNIT_EXPECT_FALSE(test, t->walk_hit);
	expect_leaves(t, size, 2 * size, run->bits, 2, plain);
	lpae_expect(t, size + 2 * one, 0);
	lpae_expect(t, size + 4 * one, 0);
	expect_leaves(t, size + 5 * one, 2 * size + 5 * one, run->bits, n - 5, plain);
	expect_leaves(t, 2 * size, 3 * size, run->bits, n, run->desc);

	/* What has lost it is as any other entry; a range that cuts another run is not */
	lpae_expect_unmap(t, size + 5 * one, one, 1, one);
	KUNIT_EXPECT_EQ(test, t->walks, 1);
	lpae_expect_unmap(t, size + 6 * one, one, n - 5, (n - 5) * one);
	KUNIT_EXPECT_EQ(test, t->walks, 2);
	KUNIT_EXPECT_EQ(test, t->walk_iova, 2 * size);
	expect_leaves(t, 2 * size + one, 3 * size + one, run->bits, n - 1, plain);

	/* The place of one that went can be filled, and makes no run */
	lpae_expect_map(t, 2 * size, 3 * size, one, 1, RWC);
	expect_leaves(t, 2 * size, 3 * size, run->bits, n, plain);
	lpae_expect_unmap(t, 2 * size, size, 1, size);
	lpae_expect_unmap(t, size, one, 2, 2 * one);
	lpae_expect(t, size, 0);
	lpae_close(t);
}

/* A page of a block of a run: first the run is taken apart, then the block split */
static void page_of_a_run_of_blocks_i3(struct kunit *test)
{
	const struct run *run = test->param_value;
	struct lpae_test *t = hints_open(test, run);
	const u64 one = BIT_ULL(run->bits), size = run->entries * one;
	const u64 page = t->cfg.pgsize_bitmap & -t->cfg.pgsize_bitmap;
	const unsigned long iova = size + 3 * one + 5 * page;

	if (one != page) {
		lpae_expect_map(t, size, 2 * size, one, run->entries, RWC);
		lpae_expect_unmap(t, iova, page, 2, 2 * page);
		lpae_expect(t, iova - 1, size + iova - 1);
		lpae_expect(t, iova, 0);
		lpae_expect(t, iova + 2 * page - 1, 0);
		lpae_expect(t, iova + 2 * page, size + iova + 2 * page);
		expect_leaves(t, size, 2 * size, run->bits, 3, run->desc & ~HINT_BIT);
		expect_leaves(t, size + 4 * one, 2 * size + 4 * one, run->bits, run->entries - 4,
			      run->desc & ~HINT_BIT);
	}
	lpae_close(t);
}

/* I-2: one entry of a run is taken: nothing of the whole is mapped */
static void unit_is_taken_i2(struct kunit *test)
{
	const struct run *run = test->param_value;
	struct lpae_test *t = hints_open(test, run);
	const u64 one = BIT_ULL(run->bits), size = run->entries * one;
	size_t mapped;

	lpae_expect_map(t, 2 * size + 5 * one, one, one, 1, RWC);
	KUNIT_EXPECT_EQ(test, lpae_map(t, size, size, size, 3, RWC, &mapped), -EEXIST);
	KUNIT_EXPECT_EQ(test, mapped, size);
	expect_leaves(t, size, size, run->bits, run->entries, run->desc);
	lpae_expect(t, 2 * size, 0);
	lpae_expect(t, 2 * size + 5 * one, one);
	lpae_expect_unmap(t, size, size, 1, size);
	lpae_close(t);
}

#define WORKER_RUNS	256

/* A quarter of each run, a page of it and then the others */
static int take_quarters(void *arg)
{
	struct lpae_worker *w = arg;
	struct io_pgtable_ops *ops = w->t->ops;
	const size_t quarter = SZ_64K / LPAE_WORKERS;

	for (unsigned int i = 0; i < WORKER_RUNS; i++) {
		unsigned long iova = SZ_1G + i * SZ_64K + w->id * quarter;

		w->wrong += ops->iova_to_phys(ops, iova) != iova;
		w->wrong += ops->unmap_pages(ops, iova, SZ_4K, 1, NULL) != SZ_4K;
		w->wrong += ops->iova_to_phys(ops, iova) != 0;
		w->wrong += ops->iova_to_phys(ops, iova + SZ_4K) != iova + SZ_4K;
		w->wrong += ops->unmap_pages(ops, iova + SZ_4K, SZ_4K, 3, NULL) != 3 * SZ_4K;
		for (unsigned int k = 0; k < 4; k++)
			w->wrong += ops->iova_to_phys(ops, iova + k * SZ_4K) != 0;
	}
	complete(&w->done);
	return 0;
}

/* I-10: parts of the same runs go from several threads; none comes back */
static void shared_runs_i10(struct kunit *test)
{
	struct lpae_test *t = hints_open(test, &runs[0]);

	lpae_expect_map(t, SZ_1G, SZ_1G, SZ_64K, WORKER_RUNS, LPAE_RW);
	lpae_work_together(t, take_quarters);
	lpae_close(t);
}

struct bitmap {
	unsigned long ask;
	unsigned int ias;
	unsigned int oas;
	u64 get;
};

static const struct bitmap bitmaps[] = {
	{ LPAE_4K_SET, 48, 48, 0x442211000 },		/* 64K, 32M and 16G came */
	{ LPAE_4K_SET, 34, 48, 0x442211000 },		/* the root is one run of 16G */
	{ LPAE_4K_SET, 33, 48, 0x42211000 },
	{ LPAE_4K_SET, 30, 48, 0x2211000 },
	{ LPAE_4K_SET, 25, 48, 0x2211000 },		/* the root is one run of 32M */
	{ SZ_4K, 48, 48, 0x11000 },
	{ SZ_4K | SZ_2M, 48, 48, 0x2211000 },
	{ LPAE_16K_SET, 48, 48, 0x42204000 },		/* 2M and 1G came */
	{ LPAE_16K_SET, 29, 48, 0x2204000 },
	{ LPAE_64K_SET, 48, 48, 0x420210000 },		/* 2M and 16G came */
	{ LPAE_64K_SET, 33, 48, 0x20210000 },
};

static void bitmap_name(const struct bitmap *bitmap, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "sizes %lx, %u bits", bitmap->ask, bitmap->ias);
}

KUNIT_ARRAY_PARAM(bitmap, bitmaps, bitmap_name);

/* Sizes of runs are added on return; those that no table can hold are not */
static void sizes_come_back(struct kunit *test)
{
	const struct bitmap *want = test->param_value;
	const struct geometry geometry = {
		.name = "bitmap", .fmt = ARM_64_LPAE_S1, .pgsizes = want->ask, .ias = want->ias,
		.oas = want->oas, .quirks = HINTS,
	};
	struct lpae_test *t = lpae_open(test, &geometry);

	KUNIT_EXPECT_EQ(test, t->cfg.pgsize_bitmap, (unsigned long)want->get);
	lpae_close(t);
}

/* 64K in the caller's bitmap is a granule, with the quirk as without it */
static void granule_of_64k(struct kunit *test)
{
	const struct geometry geometry = {
		.name = "64K", .fmt = ARM_64_LPAE_S1, .pgsizes = SZ_64K | SZ_512M, .ias = 48,
		.oas = 48, .quirks = HINTS,
	};
	struct lpae_test *t = lpae_open(test, &geometry);

	KUNIT_EXPECT_EQ(test, t->oracle.page, 16);
	lpae_expect_map(t, SZ_64K, SZ_64K, SZ_64K, 1, RWC);
	expect_leaves(t, SZ_64K, SZ_64K, 16, 1, 0xf47);
	lpae_close(t);
}

/* Not with dirty tracking, and not in formats that have no such quirk */
static void refused(struct kunit *test)
{
	static const struct geometry bad[] = {
		{ "stage 1, HD", ARM_64_LPAE_S1, LPAE_4K_SET, 48, 48,
		  HINTS | IO_PGTABLE_QUIRK_ARM_HD },
		{ "stage 2, HD", ARM_64_LPAE_S2, LPAE_4K_SET, 40, 40,
		  HINTS | IO_PGTABLE_QUIRK_ARM_HD },
		{ "32-bit stage 1", ARM_32_LPAE_S1, LPAE_4K_SET, 32, 40, HINTS },
		{ "32-bit stage 2", ARM_32_LPAE_S2, LPAE_4K_SET, 40, 40, HINTS },
		{ "Mali", ARM_MALI_LPAE, LPAE_4K_SET, 48, 40, HINTS },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct io_pgtable_cfg cfg = {
			.quirks = bad[i].quirks, .pgsize_bitmap = bad[i].pgsizes,
			.ias = bad[i].ias, .oas = bad[i].oas, .coherent_walk = true,
			.tlb = &note_tlb, .iommu_dev = test->priv,
		};
		struct io_pgtable_ops *ops = alloc_io_pgtable_ops(bad[i].fmt, &cfg, NULL);

		KUNIT_EXPECT_NULL_MSG(test, ops, "%s", bad[i].name);
		free_io_pgtable_ops(ops);
	}
}

/* Without the quirk nothing is hinted, and no size is added */
static void not_asked_for(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, &stage1_4k);

	KUNIT_EXPECT_EQ(test, t->cfg.pgsize_bitmap, (unsigned long)LPAE_4K_SET);
	lpae_expect_map(t, SZ_2M, SZ_2M, SZ_4K, 512, RWC);
	expect_leaves(t, SZ_2M, SZ_2M, 12, 512, 0xf47);
	lpae_close(t);
}

static struct kunit_case lpae_hint_cases[] = {
	KUNIT_CASE_PARAM(whole_run_i6, run_gen_params),
	KUNIT_CASE_PARAM(ragged_range_i6, run_gen_params),
	KUNIT_CASE_PARAM(part_of_a_run_i5_i6, run_gen_params),
	KUNIT_CASE_PARAM(page_of_a_run_of_blocks_i3, run_gen_params),
	KUNIT_CASE_PARAM(unit_is_taken_i2, run_gen_params),
	KUNIT_CASE(shared_runs_i10),
	KUNIT_CASE_PARAM(sizes_come_back, bitmap_gen_params),
	KUNIT_CASE(granule_of_64k),
	KUNIT_CASE(refused),
	KUNIT_CASE(not_asked_for),
	{}
};

static struct kunit_suite lpae_hint_suite = {
	.name = "io-pgtable-arm-hints",
	.init = lpae_test_init,
	.test_cases = lpae_hint_cases,
};

kunit_test_suite(lpae_hint_suite);

MODULE_DESCRIPTION("KUnit tests of contiguous hints in the Arm long-descriptor I/O page tables");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
