// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty tracking. The harness is the hardware that marks what a device writes.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "harness.h"

#define RW (IOMMU_READ | IOMMU_WRITE)
#define HD IO_PGTABLE_QUIRK_ARM_HD

static const struct setup s1_4k = {
	.name = "64S1 4K", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x40201000, .ias = 48, .oas = 48,
};

static const struct setup tracked[] = {
	{ .name = "64S1 4K dirty", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x40201000, .ias = 48,
	  .oas = 48, .quirks = HD },
	{ .name = "64S2 4K dirty", .fmt = ARM_64_LPAE_S2, .pgsizes = 0x40201000, .ias = 40,
	  .oas = 40, .quirks = HD },
	{ .name = "64S1 4K dirty NC", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x40201000, .ias = 39,
	  .oas = 44, .quirks = HD, .noncoherent = true },
	{ .name = "64S1 4K dirty LPA2", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x40201000, .ias = 52,
	  .oas = 52, .quirks = HD | IO_PGTABLE_QUIRK_ARM_LPA2 },
};

static u64 *slot_of(u64 iova)
{
	struct oracle_leaf leaf;
	u64 table, desc, index;
	unsigned int below;
	u64 offset = iova - bench.base;

	if (!oracle_walk(&bench.oracle, iova, &leaf))
		return NULL;
	table = bench.oracle.root;
	for (int level = bench.oracle.start; ; level++) {
		below = bench.oracle.page + (3 - level) * (bench.oracle.page - 3);
		index = offset >> below;
		if (level != bench.oracle.start)
			index &= (1ull << (bench.oracle.page - 3)) - 1;
		desc = bench.oracle.fetch(bench.oracle.arg, table + 8 * index);
		if (1ull << below == leaf.size)
			return phys_to_virt(table + 8 * index);
		table = oracle_out_addr(&bench.oracle, desc, bench.oracle.page);
	}
}

static void device_writes(u64 iova)
{
	u64 *slot = slot_of(iova);

	/* Stage 1: clear AP[2]; stage 2: set S2AP[1] */
	if (*slot >> 51 & 1)
		*slot = bench.oracle.kind == ORACLE_STAGE1 ? *slot & ~0x80ull : *slot | 0x80;
}

static struct {
	u64 iova, size;
} reported[1024];
static unsigned int reports;

static void record(u64 iova, u64 size)
{
	reported[reports].iova = iova;
	reported[reports++].size = size;
}

static u64 read_dirty(u64 iova, u64 size, unsigned long flags)
{
	struct iommu_dirty_bitmap dirty = { .record = record };
	u64 bytes = 0;

	reports = 0;
	expect(!bench.ops->read_and_clear_dirty(bench.ops, iova, size, flags, &dirty));
	for (unsigned int i = 0; i < reports; i++)
		bytes += reported[i].size;
	model_flush_all();
	return bytes;
}

static void dirty_of(const struct setup *s)
{
	if (!bench_open(s))
		return;
	bench_map(0, SZ_2M, SZ_4K, 700, RW, NULL);
	bench_map(SZ_1G, SZ_1G, SZ_2M, 2, RW, NULL);
	bench_map(SZ_1G + 8 * SZ_2M, SZ_1G, SZ_2M, 1, IOMMU_READ, NULL);

	/* Mapped as written; after one reading, as not written */
	expect(read_dirty(0, 2 * SZ_1G, IOMMU_DIRTY_NO_CLEAR) == 700 * SZ_4K + 2 * SZ_2M);
	expect(read_dirty(0, 2 * SZ_1G, 0) == 700 * SZ_4K + 2 * SZ_2M);
	expect(read_dirty(0, 2 * SZ_1G, 0) == 0);
	bench_verify();

	/* I-11: at the size of the entry, once, and not for readers */
	device_writes(5 * SZ_4K);
	device_writes(600 * SZ_4K);
	device_writes(SZ_1G + SZ_2M + 0x123000);
	device_writes(SZ_1G + 8 * SZ_2M);
	expect(read_dirty(0, 2 * SZ_1G, IOMMU_DIRTY_NO_CLEAR) == 2 * SZ_4K + SZ_2M);
	expect(reports == 3 && reported[0].iova == 5 * SZ_4K && reported[0].size == SZ_4K);
	expect(reported[2].iova == SZ_1G + SZ_2M && reported[2].size == SZ_2M);
	expect(read_dirty(6 * SZ_4K, 594 * SZ_4K, 0) == 0);
	expect(read_dirty(0, 2 * SZ_1G, 0) == 2 * SZ_4K + SZ_2M);
	expect(read_dirty(0, 2 * SZ_1G, 0) == 0);

	/* Part of an entry: its part is reported, the mark of the rest survives */
	device_writes(SZ_1G);
	expect(read_dirty(SZ_1G + SZ_4K, SZ_4K, 0) == SZ_4K);
	expect(reported[0].iova == SZ_1G + SZ_4K);
	expect(read_dirty(SZ_1G, 2 * SZ_2M, 0) == SZ_2M);

	/* A split block hands its mark to every piece */
	device_writes(SZ_1G);
	expect(bench_unmap(SZ_1G + SZ_4K, SZ_4K, 1, GATHER_SYNC) == SZ_4K);
	expect(read_dirty(SZ_1G, SZ_2M, 0) == SZ_2M - SZ_4K);
	bench_verify();
	bench_close();
}

static void dirty_tracking(void)
{
	struct iommu_dirty_bitmap dirty = { .record = record };

	for (unsigned int i = 0; i < ARRAY_SIZE(tracked); i++)
		dirty_of(&tracked[i]);

	if (!bench_open(&s1_4k))
		return;
	expect(bench.ops->read_and_clear_dirty(bench.ops, 0, SZ_4K, 0, &dirty) == -EINVAL);
	bench_close();
	if (!bench_open(&tracked[0]))
		return;
	io_pgtable_quiet = true;
	expect(bench.ops->read_and_clear_dirty(bench.ops, 0, 0, 0, &dirty) == -EINVAL);
	expect(bench.ops->read_and_clear_dirty(bench.ops, 1ull << 48, SZ_4K, 0, &dirty) == -EINVAL);
	expect(bench.ops->read_and_clear_dirty(bench.ops, 0, (1ull << 48) + 1, 0, &dirty) ==
	       -EINVAL);
	io_pgtable_quiet = false;
	bench_close();
}

/* Hardware writes between software's load and its exchange */
static void write_under_split(u64 *slot)
{
	if (*slot & 1 && *slot >> 51 & 1) {
		*slot &= ~0x80ull;
		model_before_swap = NULL;
	}
}

static void dirty_race(void)
{
	if (!bench_open(&tracked[0]))
		return;
	bench_map(SZ_2M, SZ_2M, SZ_2M, 1, RW, NULL);
	read_dirty(SZ_2M, SZ_2M, 0);
	model_before_swap = write_under_split;
	expect(bench_unmap(SZ_2M, SZ_4K, 1, GATHER_SYNC) == SZ_4K);
	expect(!model_before_swap);
	expect(read_dirty(SZ_2M, SZ_2M, 0) == SZ_2M - SZ_4K);
	bench_verify();
	bench_close();
}

/* Windows of every begin and end over blocks, pages and holes */
static void windows_of(const struct setup *s)
{
	/* Two blocks of 2M, one page of the next, a hole, one block of 1G after that */
	static const struct {
		u64 iova, size, entry;
	} maps[] = {
		{ SZ_1G - 2 * SZ_2M, 2 * SZ_2M, SZ_2M },
		{ SZ_1G + 3 * SZ_4K, 2 * SZ_4K, SZ_4K },
		{ 2 * SZ_1G, SZ_1G, SZ_1G },
	};
	static const u64 ends[] = {
		SZ_1G - 3 * SZ_2M, SZ_1G - 2 * SZ_2M, SZ_1G - 2 * SZ_2M + SZ_4K, SZ_1G - SZ_2M,
		SZ_1G - SZ_4K, SZ_1G, SZ_1G + 3 * SZ_4K, SZ_1G + 4 * SZ_4K, SZ_1G + 9 * SZ_4K,
		2 * SZ_1G, 2 * SZ_1G + SZ_2M, 3 * SZ_1G - SZ_4K, 3 * SZ_1G, 4 * SZ_1G,
	};

	if (!bench_open(s))
		return;
	for (unsigned int m = 0; m < ARRAY_SIZE(maps); m++)
		bench_map(maps[m].iova, maps[m].iova, maps[m].entry, maps[m].size / maps[m].entry,
			  RW, NULL);

	for (unsigned int n = 0; n < 2 * ARRAY_SIZE(ends) * ARRAY_SIZE(ends); n++) {
		u64 from = ends[n / 2 % ARRAY_SIZE(ends)], to = ends[n / 2 / ARRAY_SIZE(ends)];
		unsigned long flags = n & 1 ? IOMMU_DIRTY_NO_CLEAR : 0;
		u64 within = 0, left = 0;

		if (from >= to)
			continue;
		read_dirty(0, 4 * SZ_1G, 0);
		for (unsigned int m = 0; m < ARRAY_SIZE(maps); m++)
			for (u64 at = maps[m].iova; at < maps[m].iova + maps[m].size;
			     at += maps[m].entry) {
				u64 end = at + maps[m].entry;

				device_writes(at);
				if (at < to && end > from)
					within += (end < to ? end : to) - (at > from ? at : from);
				if (flags || at < from || end > to)
					left += maps[m].entry;
			}
		if (read_dirty(from, to - from, flags) != within)
			fail("I-11: window from %llx to %llx: not %llx bytes",
			     (unsigned long long)from, (unsigned long long)to,
			     (unsigned long long)within);
		for (unsigned int i = 0; i < reports; i++)
			expect(reported[i].iova >= from &&
			       reported[i].iova + reported[i].size <= to);
		/* Marks go with entries that were in the window as a whole */
		expect(read_dirty(0, 4 * SZ_1G, IOMMU_DIRTY_NO_CLEAR) == left);
	}
	bench_verify();
	bench_close();
}

static void dirty_windows(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(tracked); i++)
		windows_of(&tracked[i]);
}

void tests_dirty(void)
{
	run("dirty: tracking, stages 1 and 2 (I-11)", dirty_tracking);
	run("dirty: windows that cut entries (I-11)", dirty_windows);
	run("dirty: a write during a split is not lost (I-6, I-11)", dirty_race);
}
