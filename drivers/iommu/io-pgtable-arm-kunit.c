// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the Arm long-descriptor tables: one case for each invariant,
 * with values from the architecture. tools/testing/io-pgtable has the random
 * and exhaustive tests, and a model of memory and TLB that a kernel cannot have.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/test.h>
#include <linux/io-pgtable.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "io-pgtable-arm-kunit.h"

static const struct geometry stage1_4k_dirty = {
	"stage 1, 4K, dirty", ARM_64_LPAE_S1, LPAE_4K_SET, 48, 48, IO_PGTABLE_QUIRK_ARM_HD,
};

static const struct geometry stage2_4k_dirty = {
	"stage 2, 4K, dirty", ARM_64_LPAE_S2, LPAE_4K_SET, 40, 40, IO_PGTABLE_QUIRK_ARM_HD,
};

static const struct geometry geometries[] = {
	{ "stage 1, 4K, 32 bits", ARM_64_LPAE_S1, LPAE_4K_SET, 32, 40 },
	{ "stage 1, 4K, 39 bits", ARM_64_LPAE_S1, LPAE_4K_SET, 39, 44 },
	{ "stage 1, 4K, 48 bits", ARM_64_LPAE_S1, LPAE_4K_SET, 48, 48 },
	{ "stage 1, 4K, 48 bits, NS", ARM_64_LPAE_S1, LPAE_4K_SET, 48, 48,
	  IO_PGTABLE_QUIRK_ARM_NS },
	{ "stage 1, 4K, upper half", ARM_64_LPAE_S1, LPAE_4K_SET, 39, 48,
	  IO_PGTABLE_QUIRK_ARM_TTBR1 },
	{ "stage 1, 4K, non-coherent", ARM_64_LPAE_S1, LPAE_4K_SET, 48, 48, 0, true },
	{ "stage 1, 16K, 36 bits", ARM_64_LPAE_S1, LPAE_16K_SET, 36, 40 },
	{ "stage 1, 16K, 48 bits", ARM_64_LPAE_S1, LPAE_16K_SET, 48, 48 },
	{ "stage 1, 64K, 42 bits", ARM_64_LPAE_S1, LPAE_64K_SET, 42, 44 },
	{ "stage 1, 64K, 52 bits", ARM_64_LPAE_S1, LPAE_64K_SET, 52, 52 },
	{ "stage 1, 4K, 52 bits", ARM_64_LPAE_S1, LPAE_4K_SET, 52, 52,
	  IO_PGTABLE_QUIRK_ARM_LPA2 },
	{ "stage 1, 16K, upper half, 50 bits", ARM_64_LPAE_S1, LPAE_16K_SET, 50, 52,
	  IO_PGTABLE_QUIRK_ARM_LPA2 | IO_PGTABLE_QUIRK_ARM_TTBR1 },
	{ "stage 2, 4K, 40 bits", ARM_64_LPAE_S2, LPAE_4K_SET, 40, 40 },
	{ "stage 2, 4K, 48 bits", ARM_64_LPAE_S2, LPAE_4K_SET, 48, 48 },
	{ "stage 2, 16K, 40 bits", ARM_64_LPAE_S2, LPAE_16K_SET, 40, 40 },
	{ "stage 2, 16K, 48 bits", ARM_64_LPAE_S2, LPAE_16K_SET, 48, 48 },
	{ "stage 2, 4K, 52 bits", ARM_64_LPAE_S2, LPAE_4K_SET, 52, 52,
	  IO_PGTABLE_QUIRK_ARM_LPA2 },
	{ "stage 2, 16K, 52 bits", ARM_64_LPAE_S2, LPAE_16K_SET, 52, 52,
	  IO_PGTABLE_QUIRK_ARM_LPA2 },
	{ "stage 2, 64K, 48 bits, non-coherent", ARM_64_LPAE_S2, LPAE_64K_SET, 48, 48, 0, true },
	{ "stage 2, 64K, 52 bits", ARM_64_LPAE_S2, LPAE_64K_SET, 52, 52 },
	{ "32-bit stage 1", ARM_32_LPAE_S1, LPAE_4K_SET, 32, 40 },
	{ "32-bit stage 2", ARM_32_LPAE_S2, LPAE_4K_SET, 40, 40 },
	{ "Mali", ARM_MALI_LPAE, LPAE_4K_SET, 48, 40 },
};

static void geometry_name(const struct geometry *geometry, char *name)
{
	strscpy(name, geometry->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(geometry, geometries, geometry_name);

static unsigned long lpae_base(const struct lpae_test *t)
{
	return t->oracle.upper ? ~0ULL << t->oracle.input : 0;
}

/* I-1: each size, by itself and as a run across a table */
static void lookups_agree_i1(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, test->param_value);
	unsigned long base = lpae_base(t), sizes = t->cfg.pgsize_bitmap;
	size_t page = sizes & -sizes, table = page * page / 8;

	for (; sizes; sizes &= sizes - 1) {
		size_t size = sizes & -sizes;

		lpae_expect(t, base + size, 0);
		lpae_expect_map(t, base + size, 2 * size, size, 1, LPAE_RW);
		lpae_expect(t, base + size, 2 * size);
		lpae_expect(t, base + 2 * size - 1, 3 * size - 1);
		lpae_expect(t, base + size - 1, 0);
		lpae_expect(t, base + 2 * size, 0);
		lpae_expect_unmap(t, base + size, size, 1, size);
		lpae_expect(t, base + size, 0);
	}

	lpae_expect_map(t, base + table - 3 * page, table, page, 5, LPAE_RW);
	for (unsigned int i = 0; i < 5; i++)
		lpae_expect(t, base + table - 3 * page + i * page, table + i * page);
	lpae_expect(t, base + table + 2 * page, 0);
	lpae_expect_unmap(t, base + table - 3 * page, page, 5, 5 * page);
	lpae_expect(t, base + table, 0);
	lpae_close(t);
}

/* I-1: the last page of the address space is as good as the first */
static void last_page_i1(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, test->param_value);
	size_t page = t->cfg.pgsize_bitmap & -t->cfg.pgsize_bitmap, mapped;
	unsigned long last = lpae_base(t) + ((~0ULL >> (64 - t->cfg.ias)) & ~(page - 1));
	u64 addr = BIT_ULL(t->cfg.oas) - page;

	lpae_expect_map(t, last, addr, page, 1, LPAE_RW);
	lpae_expect(t, last, addr);
	lpae_expect(t, last + page - 1, addr + page - 1);
	KUNIT_EXPECT_EQ(test, lpae_map(t, last, 0, page, 2, LPAE_RW, &mapped), -ERANGE);
	KUNIT_EXPECT_EQ(test, mapped, 0);
	lpae_expect_unmap(t, last, page, 1, page);
	lpae_close(t);
}

/* I-2: what is there stays, and the count is of what went before it */
static void map_never_overwrites_i2(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, &stage1_4k);
	size_t mapped;

	lpae_expect_map(t, 5 * SZ_4K, SZ_1G, SZ_4K, 1, IOMMU_READ);
	KUNIT_EXPECT_EQ(test, lpae_map(t, 0, SZ_2M, SZ_4K, 9, LPAE_RW, &mapped), -EEXIST);
	KUNIT_EXPECT_EQ(test, mapped, 5 * SZ_4K);
	lpae_expect(t, 4 * SZ_4K, SZ_2M + 4 * SZ_4K);
	lpae_expect(t, 5 * SZ_4K, SZ_1G);
	lpae_expect(t, 6 * SZ_4K, 0);
	KUNIT_EXPECT_EQ(test, lpae_map(t, 0, 0, SZ_2M, 1, LPAE_RW, &mapped), -EEXIST);
	KUNIT_EXPECT_EQ(test, mapped, 0);
	lpae_expect(t, 5 * SZ_4K, SZ_1G);

	lpae_expect_map(t, SZ_1G, 0, SZ_1G, 1, LPAE_RW);
	KUNIT_EXPECT_EQ(test, lpae_map(t, SZ_1G + SZ_2M, 0, SZ_4K, 1, LPAE_RW, &mapped), -EEXIST);
	lpae_expect_unmap(t, 0, SZ_4K, 5, 5 * SZ_4K);
	lpae_close(t);
}

/* I-2: without memory, what is reported as mapped is mapped and unmaps */
static void map_without_memory_i2(struct kunit *test)
{
	for (int refuse = 1; refuse < 6; refuse++) {
		struct lpae_test *t = lpae_open(test, &stage1_4k);
		const unsigned long iova = SZ_1G - 2 * SZ_4K;
		size_t mapped, done;
		int ret;

		t->refuse = refuse;
		ret = lpae_map(t, iova, SZ_2M, SZ_4K, 4, LPAE_RW, &mapped);
		KUNIT_EXPECT_EQ(test, ret, mapped == 4 * SZ_4K ? 0 : -ENOMEM);
		for (done = 0; done < mapped; done += SZ_4K)
			lpae_expect(t, iova + done, SZ_2M + done);
		lpae_expect(t, iova + mapped, 0);
		if (mapped)
			lpae_expect_unmap(t, iova, SZ_4K, mapped / SZ_4K, mapped);
		lpae_close(t);
	}
}

/* I-3: exactly what was cleared, whether it ends in a hole or in a block */
static void unmap_says_what_went_i3(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, &stage1_4k);

	lpae_expect_map(t, 0, SZ_2M, SZ_4K, 3, LPAE_RW);
	lpae_expect_unmap(t, 0, SZ_4K, 7, 3 * SZ_4K);
	lpae_expect_unmap(t, 0, SZ_4K, 7, 0);
	lpae_expect_unmap(t, SZ_1G, SZ_1G, 1, 0);

	/* Pages and a block in one call */
	lpae_expect_map(t, SZ_2M - SZ_4K, SZ_4K, SZ_4K, 1, LPAE_RW);
	lpae_expect_map(t, SZ_2M, SZ_2M, SZ_2M, 1, LPAE_RW);
	lpae_expect_unmap(t, SZ_2M - SZ_4K, SZ_4K, 513, SZ_4K + SZ_2M);
	lpae_expect(t, SZ_2M, 0);
	lpae_close(t);
}

/* I-3: a part of a block goes, and the rest stays, for each pair of sizes */
static void part_of_a_block_i3(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, test->param_value);
	unsigned long sizes = t->cfg.pgsize_bitmap, base = lpae_base(t);
	size_t page = sizes & -sizes, block;

	for (sizes &= sizes - 1; sizes; sizes &= sizes - 1) {
		unsigned long iova;

		block = sizes & -sizes;
		iova = base + block;
		lpae_expect_map(t, iova, 2 * block, block, 1, IOMMU_READ | IOMMU_NOEXEC);
		lpae_expect_unmap(t, iova + 7 * page, page, 2, 2 * page);
		lpae_expect(t, iova + 7 * page, 0);
		lpae_expect(t, iova + 8 * page, 0);
		lpae_expect(t, iova, 2 * block);
		lpae_expect(t, iova + 7 * page - 1, 2 * block + 7 * page - 1);
		lpae_expect(t, iova + 9 * page, 2 * block + 9 * page);
		lpae_expect(t, iova + block - 1, 3 * block - 1);
		lpae_expect_unmap(t, iova, block, 1, block);
		lpae_expect(t, iova, 0);
	}
	lpae_close(t);
}

struct descriptor {
	enum io_pgtable_fmt fmt;
	unsigned long quirks;
	int prot;
	u64 page;
	u64 block;
};

/* At output address 0x40000000, from the tables of D8.3 to D8.6 */
static const struct descriptor descriptors[] = {
	{ ARM_64_LPAE_S1, 0, IOMMU_READ, 0x40000ec3, 0x40000ec1 },
	{ ARM_64_LPAE_S1, 0, IOMMU_WRITE, 0x40000e43, 0x40000e41 },
	{ ARM_64_LPAE_S1, 0, LPAE_RW | IOMMU_CACHE, 0x40000f47, 0x40000f45 },
	{ ARM_64_LPAE_S1, 0, LPAE_RW | IOMMU_MMIO, 0x40000e4b, 0x40000e49 },
	{ ARM_64_LPAE_S1, 0, LPAE_RW | IOMMU_PRIV, 0x40000e03, 0x40000e01 },
	{ ARM_64_LPAE_S1, 0, LPAE_RW | IOMMU_NOEXEC, 0x0060000040000e43, 0x0060000040000e41 },
	{ ARM_64_LPAE_S1, IO_PGTABLE_QUIRK_ARM_NS, LPAE_RW, 0x40000e63, 0x40000e61 },
	{ ARM_64_LPAE_S1, IO_PGTABLE_QUIRK_ARM_HD, LPAE_RW, 0x0008000040000e43,
	  0x0008000040000e41 },
	{ ARM_32_LPAE_S1, 0, LPAE_RW | IOMMU_CACHE, 0x40000f47, 0x40000f45 },
	{ ARM_64_LPAE_S2, 0, IOMMU_READ, 0x40000657, 0x40000655 },
	{ ARM_64_LPAE_S2, 0, IOMMU_WRITE, 0x40000697, 0x40000695 },
	{ ARM_64_LPAE_S2, 0, LPAE_RW | IOMMU_CACHE, 0x400007ff, 0x400007fd },
	{ ARM_64_LPAE_S2, 0, LPAE_RW | IOMMU_MMIO, 0x400006c7, 0x400006c5 },
	{ ARM_64_LPAE_S2, 0, LPAE_RW | IOMMU_NOEXEC, 0x00400000400006d7, 0x00400000400006d5 },
	{ ARM_64_LPAE_S2, IO_PGTABLE_QUIRK_ARM_S2FWB, IOMMU_READ, 0x40000657, 0x40000655 },
	{ ARM_64_LPAE_S2, IO_PGTABLE_QUIRK_ARM_S2FWB, LPAE_RW | IOMMU_CACHE,
	  0x400007db, 0x400007d9 },
	{ ARM_64_LPAE_S2, IO_PGTABLE_QUIRK_ARM_S2FWB, LPAE_RW | IOMMU_MMIO,
	  0x400006c7, 0x400006c5 },
	{ ARM_MALI_LPAE, 0, LPAE_RW | IOMMU_CACHE, 0x400002c5, 0x400002c5 },
	{ ARM_MALI_LPAE, 0, IOMMU_READ | IOMMU_NOEXEC, 0x0060000040000241, 0x0060000040000241 },
};

static void descriptor_name(const struct descriptor *want, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "format %d, quirks %lx, prot %x", want->fmt,
		 want->quirks, want->prot);
}

KUNIT_ARRAY_PARAM(descriptor, descriptors, descriptor_name);

/* I-4: to the bit */
static void descriptor_bits_i4(struct kunit *test)
{
	const struct descriptor *want = test->param_value;
	const struct geometry geometry = {
		.name = "descriptor", .fmt = want->fmt, .pgsizes = LPAE_4K_SET,
		.ias = want->fmt == ARM_32_LPAE_S1 ? 32 : 40, .oas = 40,
		.quirks = want->quirks,
	};
	struct lpae_test *t = lpae_open(test, &geometry);
	struct oracle_leaf leaf;

	lpae_expect_map(t, 0, 0x40000000, SZ_4K, 1, want->prot);
	lpae_expect_map(t, SZ_1G, 0x40000000, SZ_1G, 1, want->prot);
	oracle_walk(&t->oracle, 0, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.desc, want->page);
	oracle_walk(&t->oracle, SZ_1G, &leaf);
	KUNIT_EXPECT_EQ(test, leaf.desc, want->block);
	lpae_close(t);
}

/* I-4: what hardware understands is what was asked for, for all 48 requests */
static void permissions_i4(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, test->param_value);
	size_t page = t->cfg.pgsize_bitmap & -t->cfg.pgsize_bitmap, mapped;
	unsigned long iova = lpae_base(t);
	struct oracle_leaf leaf;

	for (int prot = 0; prot < 64; prot++, iova += page) {
		int want = prot & LPAE_RW ? 0 : -EINVAL;

		KUNIT_EXPECT_EQ(test, lpae_map(t, iova, page, page, 1, prot, &mapped), want);
		KUNIT_EXPECT_EQ(test, oracle_walk(&t->oracle, iova, &leaf), !want);
		KUNIT_EXPECT_NULL_MSG(test, leaf.wrong, "prot %x: %s", prot, leaf.wrong);
		if (!want)
			KUNIT_EXPECT_EQ_MSG(test, leaf.prot, oracle_expect_prot(&t->oracle, prot),
					    "prot %x, descriptor %llx", prot, leaf.desc);
	}
	lpae_close(t);
}

/* I-5: a block turns into a table by way of nothing, seen during the flush */
static void split_breaks_before_making_i5(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, &stage1_4k);

	lpae_expect_map(t, SZ_1G, SZ_1G, SZ_1G, 1, LPAE_RW);
	t->probe = SZ_1G + 100 * SZ_2M;
	t->walk_hit = true;
	lpae_expect_unmap(t, SZ_1G + SZ_2M + SZ_4K, SZ_4K, 1, SZ_4K);
	KUNIT_EXPECT_EQ(test, t->walks, 1);
	KUNIT_EXPECT_EQ(test, t->walk_iova, SZ_1G);
	KUNIT_EXPECT_EQ(test, t->walk_size, SZ_1G);
	KUNIT_EXPECT_FALSE(test, t->walk_hit);
	lpae_expect(t, t->probe, t->probe);
	lpae_close(t);
}

/* I-5: so does a left-over table that gives way to a block */
static void table_gives_way_i5(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, &stage1_4k);

	lpae_expect_map(t, SZ_2M, SZ_2M, SZ_4K, 1, LPAE_RW);
	lpae_expect_unmap(t, SZ_2M, SZ_4K, 1, SZ_4K);
	KUNIT_EXPECT_EQ(test, t->walks, 0);
	lpae_expect_map(t, SZ_2M, SZ_1G, SZ_2M, 1, LPAE_RW);
	KUNIT_EXPECT_EQ(test, t->walks, 1);
	KUNIT_EXPECT_EQ(test, t->walk_iova, SZ_2M);
	KUNIT_EXPECT_EQ(test, t->freed, 1);
	lpae_expect(t, SZ_2M, SZ_1G);
	lpae_close(t);
}

/* I-7: what is gathered is what was cleared; a queued gather asks for nothing */
static void gather_covers_i7(struct kunit *test)
{
	struct iommu_iotlb_gather queued = { .start = ULONG_MAX, .queued = true };
	struct lpae_test *t = lpae_open(test, &stage1_4k);

	lpae_expect_map(t, SZ_2M - 3 * SZ_4K, 0, SZ_4K, 6, LPAE_RW);
	lpae_expect_unmap(t, SZ_2M - 3 * SZ_4K, SZ_4K, 6, 6 * SZ_4K);
	KUNIT_EXPECT_EQ(test, t->gathered, 6 * SZ_4K);
	KUNIT_EXPECT_EQ(test, t->gather_start, SZ_2M - 3 * SZ_4K);
	KUNIT_EXPECT_EQ(test, t->gather_end, SZ_2M + 3 * SZ_4K);

	t->gathered = 0;
	lpae_expect_map(t, 0, 0, SZ_4K, 2, LPAE_RW);
	KUNIT_EXPECT_EQ(test, t->ops->unmap_pages(t->ops, 0, SZ_4K, 1, &queued), SZ_4K);
	KUNIT_EXPECT_EQ(test, t->ops->unmap_pages(t->ops, SZ_4K, SZ_4K, 1, NULL), SZ_4K);
	KUNIT_EXPECT_EQ(test, t->gathered, 0);
	lpae_close(t);
}

/* I-8: clear, flush, free, in this order, and all of it */
static void table_freed_after_flush_i8(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, &stage1_4k);
	long empty = atomic_long_read(&t->pages);

	lpae_expect_map(t, SZ_1G, SZ_1G, SZ_4K, 1024, LPAE_RW);
	t->probe = SZ_1G;
	t->walk_hit = true;
	t->freed = 0;
	lpae_expect_unmap(t, SZ_1G, SZ_1G, 1, SZ_1G);
	KUNIT_EXPECT_EQ(test, t->walks, 1);
	KUNIT_EXPECT_FALSE(test, t->walk_hit);
	/* Counted from the flush on: one table of blocks, two of pages */
	KUNIT_EXPECT_EQ(test, t->freed, 3);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&t->pages), empty + SZ_4K);
	lpae_close(t);
}

#define WORKER_BLOCKS	128
#define WORKER_PAGES	512

/* Every fourth page of tables that all share, then a quarter of each block */
static int lpae_work(void *arg)
{
	struct lpae_worker *w = arg;
	struct io_pgtable_ops *ops = w->t->ops;
	const size_t quarter = SZ_2M / LPAE_WORKERS;
	size_t mapped;

	for (unsigned int i = w->id; i < WORKER_PAGES; i += LPAE_WORKERS) {
		unsigned long iova = 3UL * SZ_1G + i * (SZ_2M / 4);

		mapped = 0;
		w->wrong += ops->map_pages(ops, iova, iova, SZ_4K, 1, LPAE_RW, GFP_KERNEL,
					   &mapped) || mapped != SZ_4K;
		w->wrong += ops->iova_to_phys(ops, iova) != iova;
		w->wrong += ops->unmap_pages(ops, iova, SZ_4K, 1, NULL) != SZ_4K;
		w->wrong += ops->iova_to_phys(ops, iova) != 0;
	}
	for (unsigned int i = 0; i < WORKER_BLOCKS; i++) {
		unsigned long iova = SZ_1G + i * SZ_2M + w->id * quarter;

		w->wrong += ops->iova_to_phys(ops, iova) != iova;
		w->wrong += ops->unmap_pages(ops, iova, SZ_4K, quarter / SZ_4K, NULL) != quarter;
		w->wrong += ops->iova_to_phys(ops, iova) != 0;
	}
	complete(&w->done);
	return 0;
}

/* I-10: disjoint ranges from several threads; nothing lost, nothing leaked */
static void disjoint_ranges_i10(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, &stage1_4k);

	lpae_expect_map(t, SZ_1G, SZ_1G, SZ_2M, WORKER_BLOCKS, LPAE_RW);
	lpae_work_together(t, lpae_work);
	lpae_expect(t, SZ_1G, 0);
	lpae_close(t);
}

/* The dirty mark of the leaf at level 2 or 3, set as hardware would */
static void device_writes(struct lpae_test *t, unsigned long iova)
{
	u64 table = t->oracle.root, desc;

	for (unsigned int below = t->oracle.start == 0 ? 39 : 30; ; below -= 9) {
		u64 *slot = (u64 *)phys_to_virt(table) + ((iova >> below) & 511);

		desc = READ_ONCE(*slot);
		if (below == 12 || (desc & 3) == 1) {
			WRITE_ONCE(*slot, t->oracle.kind == ORACLE_STAGE1 ? desc & ~0x80ULL :
									    desc | 0x80);
			return;
		}
		table = desc & 0xfffffffff000ULL;
	}
}

static size_t read_dirty(struct lpae_test *t, unsigned long iova, size_t size,
			 unsigned long flags, unsigned long *start)
{
	struct iommu_iotlb_gather gather = { .start = ULONG_MAX };
	struct iommu_dirty_bitmap dirty = { .gather = &gather };

	KUNIT_EXPECT_EQ(t->test,
			t->ops->read_and_clear_dirty(t->ops, iova, size, flags, &dirty), 0);
	*start = gather.start;
	return gather.end ? gather.end - gather.start + 1 : 0;
}

static void dirty_of(struct kunit *test, const struct geometry *geometry)
{
	struct lpae_test *t = lpae_open(test, geometry);
	unsigned long start;

	lpae_expect_map(t, 0, SZ_2M, SZ_4K, 16, LPAE_RW);
	lpae_expect_map(t, SZ_2M, SZ_2M, SZ_2M, 1, LPAE_RW);
	read_dirty(t, 0, SZ_1G, 0, &start);
	KUNIT_EXPECT_EQ(test, read_dirty(t, 0, SZ_1G, 0, &start), 0);

	device_writes(t, 3 * SZ_4K);
	KUNIT_EXPECT_EQ(test, read_dirty(t, 4 * SZ_4K, SZ_1G, 0, &start), 0);
	KUNIT_EXPECT_EQ(test, read_dirty(t, 0, SZ_1G, IOMMU_DIRTY_NO_CLEAR, &start), SZ_4K);
	KUNIT_EXPECT_EQ(test, read_dirty(t, 0, SZ_1G, 0, &start), SZ_4K);
	KUNIT_EXPECT_EQ(test, start, 3 * SZ_4K);
	KUNIT_EXPECT_EQ(test, read_dirty(t, 0, SZ_1G, 0, &start), 0);

	/* A part of a block is reported alone, and the mark stays for the rest */
	device_writes(t, SZ_2M + 5 * SZ_4K);
	KUNIT_EXPECT_EQ(test, read_dirty(t, SZ_2M + SZ_4K, SZ_4K, 0, &start), SZ_4K);
	KUNIT_EXPECT_EQ(test, read_dirty(t, SZ_2M, SZ_2M, 0, &start), SZ_2M);
	KUNIT_EXPECT_EQ(test, read_dirty(t, SZ_2M, SZ_2M, 0, &start), 0);
	lpae_close(t);
}

/* I-11: each write once, at the size of its entry */
static void dirty_reported_i11(struct kunit *test)
{
	dirty_of(test, &stage1_4k_dirty);
	dirty_of(test, &stage2_4k_dirty);
}

struct root {
	unsigned long pgsizes;
	unsigned int ias;
	unsigned int oas;
	unsigned int sl0;
	size_t bytes;
};

/* VTCR_EL2.SL0 and size of the root, from the tables of D8.2 */
static const struct root roots[] = {
	{ LPAE_4K_SET, 32, 40, 1, 64 },		/* level 1, four entries and padding */
	{ LPAE_4K_SET, 39, 40, 1, SZ_4K },
	{ LPAE_4K_SET, 40, 40, 1, 2 * SZ_4K },
	{ LPAE_4K_SET, 43, 44, 1, 16 * SZ_4K },
	{ LPAE_4K_SET, 44, 44, 2, 256 },	/* 32 tables are too many: level 0 */
	{ LPAE_4K_SET, 48, 48, 2, SZ_4K },
	{ LPAE_16K_SET, 36, 40, 1, SZ_16K },
	{ LPAE_16K_SET, 40, 40, 1, 16 * SZ_16K },	/* 40 bits have no level 1 */
	{ LPAE_16K_SET, 40, 42, 2, 128 },
	{ LPAE_16K_SET, 48, 48, 2, 2 * SZ_16K },	/* there is no level 0 */
	{ LPAE_64K_SET, 42, 42, 1, SZ_64K },
	{ LPAE_64K_SET, 48, 48, 2, 512 },
	{ LPAE_64K_SET, 52, 52, 2, SZ_8K },
};

static void root_name(const struct root *root, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "sizes %lx, %u to %u bits", root->pgsizes,
		 root->ias, root->oas);
}

KUNIT_ARRAY_PARAM(root, roots, root_name);

/* I-12: concatenated where it has to be, aligned to its size */
static void stage2_root_i12(struct kunit *test)
{
	const struct root *want = test->param_value;
	const struct geometry geometry = {
		.name = "root", .fmt = ARM_64_LPAE_S2, .pgsizes = want->pgsizes,
		.ias = want->ias, .oas = want->oas,
	};
	struct lpae_test *t = lpae_open(test, &geometry);

	KUNIT_EXPECT_EQ(test, t->cfg.arm_lpae_s2_cfg.vtcr.sl + 0u, want->sl0);
	KUNIT_EXPECT_EQ(test, t->cfg.arm_lpae_s2_cfg.vtcr.tsz + 0u, 64 - want->ias);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&t->pages), (long)want->bytes);
	KUNIT_EXPECT_EQ(test, t->cfg.arm_lpae_s2_cfg.vttbr & (want->bytes - 1), 0);
	lpae_close(t);
}

/* I-13: the DMA API takes part, and the tables are none the worse for it */
static void noncoherent_i13(struct kunit *test)
{
	const struct geometry geometry = {
		"non-coherent", ARM_64_LPAE_S1, LPAE_4K_SET, 48, 48, 0, true,
	};
	struct lpae_test *t = lpae_open(test, &geometry);

	KUNIT_EXPECT_EQ(test, t->cfg.arm_lpae_s1_cfg.tcr.irgn + 0u, 0);
	KUNIT_EXPECT_EQ(test, t->cfg.arm_lpae_s1_cfg.tcr.orgn + 0u, 0);
	KUNIT_EXPECT_EQ(test, t->cfg.arm_lpae_s1_cfg.tcr.sh + 0u, 2);
	lpae_expect_map(t, 0, SZ_2M, SZ_4K, 1000, LPAE_RW);
	lpae_expect_map(t, SZ_1G, SZ_1G, SZ_2M, 1, LPAE_RW);
	lpae_expect_unmap(t, SZ_1G + SZ_4K, SZ_4K, 1, SZ_4K);
	lpae_expect(t, SZ_1G, SZ_1G);
	lpae_expect_unmap(t, 0, SZ_4K, 1000, 1000 * SZ_4K);
	lpae_expect(t, 0, 0);
	lpae_close(t);
}

/* Bad input changes nothing and is told apart */
static void bad_input(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, &stage1_4k);
	size_t mapped;

	KUNIT_EXPECT_EQ(test, lpae_map(t, 0, 0, 0, 1, LPAE_RW, &mapped), -EINVAL);
	KUNIT_EXPECT_EQ(test, lpae_map(t, 0, 0, SZ_16K, 1, LPAE_RW, &mapped), -EINVAL);
	KUNIT_EXPECT_EQ(test, lpae_map(t, 0, 0, SZ_4K, 0, LPAE_RW, &mapped), -EINVAL);
	KUNIT_EXPECT_EQ(test, lpae_map(t, 0x800, 0, SZ_4K, 1, LPAE_RW, &mapped), -EINVAL);
	KUNIT_EXPECT_EQ(test, lpae_map(t, 0, 0x800, SZ_4K, 1, LPAE_RW, &mapped), -EINVAL);
	KUNIT_EXPECT_EQ(test, lpae_map(t, 0, 0, SZ_4K, 1, IOMMU_CACHE, &mapped), -EINVAL);
	KUNIT_EXPECT_EQ(test, lpae_map(t, 0, BIT_ULL(48), SZ_4K, 1, LPAE_RW, &mapped), -ERANGE);
	KUNIT_EXPECT_EQ(test, lpae_map(t, -SZ_4K, 0, SZ_4K, 1, LPAE_RW, &mapped), -ERANGE);
	KUNIT_EXPECT_EQ(test, lpae_map(t, -SZ_4K, 0, SZ_4K, 2, LPAE_RW, &mapped), -ERANGE);
	lpae_expect_unmap(t, 0, SZ_16K, 1, 0);
	lpae_expect_unmap(t, 0x800, SZ_4K, 1, 0);
	lpae_expect_unmap(t, -SZ_4K, SZ_4K, 2, 0);
	lpae_expect(t, 0, 0);
	KUNIT_EXPECT_EQ(test, t->walks, 0);
	lpae_close(t);
}

/* A format that is not built in is refused, with a custom allocator as well */
static void missing_format(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, &stage1_4k);
	struct io_pgtable_cfg cfg = t->cfg;

	KUNIT_EXPECT_NULL(test, alloc_io_pgtable_ops(IO_PGTABLE_NUM_FMTS, &cfg, t));
	if (!IS_ENABLED(CONFIG_IOMMU_IO_PGTABLE_DART))
		KUNIT_EXPECT_NULL(test, alloc_io_pgtable_ops(APPLE_DART, &cfg, t));
	if (!IS_ENABLED(CONFIG_AMD_IOMMU))
		KUNIT_EXPECT_NULL(test, alloc_io_pgtable_ops(AMD_IOMMU_V1, &cfg, t));
	cfg.free = NULL;
	KUNIT_EXPECT_NULL(test, alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, t));
	lpae_close(t);
}

static struct kunit_case lpae_cases[] = {
	KUNIT_CASE_PARAM(lookups_agree_i1, geometry_gen_params),
	KUNIT_CASE_PARAM(last_page_i1, geometry_gen_params),
	KUNIT_CASE(map_never_overwrites_i2),
	KUNIT_CASE(map_without_memory_i2),
	KUNIT_CASE(unmap_says_what_went_i3),
	KUNIT_CASE_PARAM(part_of_a_block_i3, geometry_gen_params),
	KUNIT_CASE_PARAM(descriptor_bits_i4, descriptor_gen_params),
	KUNIT_CASE_PARAM(permissions_i4, geometry_gen_params),
	KUNIT_CASE(split_breaks_before_making_i5),
	KUNIT_CASE(table_gives_way_i5),
	KUNIT_CASE(gather_covers_i7),
	KUNIT_CASE(table_freed_after_flush_i8),
	KUNIT_CASE(disjoint_ranges_i10),
	KUNIT_CASE(dirty_reported_i11),
	KUNIT_CASE_PARAM(stage2_root_i12, root_gen_params),
	KUNIT_CASE(noncoherent_i13),
	KUNIT_CASE(bad_input),
	KUNIT_CASE(missing_format),
	{}
};

static struct kunit_suite lpae_suite = {
	.name = "io-pgtable-arm",
	.init = lpae_test_init,
	.test_cases = lpae_cases,
};

kunit_test_suite(lpae_suite);

MODULE_DESCRIPTION("KUnit tests of the Arm long-descriptor I/O page tables");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
