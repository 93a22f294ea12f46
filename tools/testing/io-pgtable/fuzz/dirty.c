// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device's side of dirty tracking (I-11), as a set of clean ranges. What is
 * mapped for writing and is not in the set has to be reported.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "fuzz.h"

#define MAX_RANGES	4096
#define MAX_REPORTS	0x20000

struct range {
	u64 iova;
	u64 size;
};

static struct range clean[MAX_RANGES];
static unsigned int clean_count;
static struct range reported[MAX_REPORTS], expected[MAX_REPORTS];
static unsigned int reports, expectations;
static u64 last_fetch;

bool dirty_tracked(void)
{
	return bench.setup->quirks & IO_PGTABLE_QUIRK_ARM_HD;
}

void dirty_reset(void)
{
	clean_count = 0;
}

static void add(struct range *list, unsigned int *count, unsigned int room, u64 iova, u64 size)
{
	if (*count == room)
		fail("more ranges than expected");
	else if (size)
		list[(*count)++] = (struct range){ iova, size };
}

/* Not mapped any more, or written: in either case not clean */
void dirty_forget(u64 iova, u64 size)
{
	for (unsigned int i = 0; size && i < clean_count;) {
		struct range r = clean[i];
		u64 from = r.iova > iova ? r.iova : iova;
		u64 last = min(r.iova + (r.size - 1), iova + (size - 1));

		if (from > last) {
			i++;
			continue;
		}
		clean[i] = clean[--clean_count];
		add(clean, &clean_count, MAX_RANGES, r.iova, from - r.iova);
		add(clean, &clean_count, MAX_RANGES, last + 1, r.iova + (r.size - 1) - last);
	}
}

/* Leaves come in ascending order: most of them prolong the range before */
static void add_clean(u64 iova, u64 size)
{
	struct range *last = clean_count ? &clean[clean_count - 1] : NULL;

	if (last && last->iova + last->size == iova)
		last->size += size;
	else
		add(clean, &clean_count, MAX_RANGES, iova, size);
}

static bool is_clean(u64 iova)
{
	for (unsigned int i = 0; i < clean_count; i++)
		if (iova - clean[i].iova < clean[i].size)
			return true;
	return false;
}

static u64 noting_fetch(void *arg, u64 addr)
{
	last_fetch = addr;
	return model_fetch(arg, addr);
}

/* The device writes at @iova: hardware marks the whole entry */
void dirty_write(u64 iova)
{
	struct oracle o = bench.oracle;
	struct oracle_leaf leaf;
	u64 *slot;

	o.fetch = noting_fetch;
	if (!oracle_walk(&o, iova, &leaf) || !(leaf.prot & IOMMU_WRITE))
		return;
	slot = phys_to_virt(last_fetch);
	if (!(*slot >> 51 & 1))
		fail("I-11: %llx can be written and is not tracked", (unsigned long long)iova);
	*slot = o.kind == ORACLE_STAGE1 ? *slot & ~0x80ull : *slot | 0x80;
	dirty_forget(iova & ~(leaf.size - 1), leaf.size);
}

static void record(u64 iova, u64 size)
{
	add(reported, &reports, MAX_REPORTS, iova, size);
}

static int by_address(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->iova < y->iova ? -1 : x->iova > y->iova;
}

/* One span's leaves between @first and @last; they become clean if @clear */
static void expect_span(const struct span *s, u64 first, u64 last, bool clear)
{
	u64 iova = s->iova > first ? s->iova : first;
	u64 end = min(s->iova + (s->size - 1), last);
	struct oracle_leaf leaf;

	if (!(s->prot & IOMMU_WRITE) || iova > end)
		return;
	for (;;) {
		u64 start, stop;

		if (!oracle_walk(&bench.oracle, iova, &leaf)) {
			fail("I-1: hardware finds nothing at %llx", (unsigned long long)iova);
			return;
		}
		start = iova & ~(leaf.size - 1);
		stop = start + (leaf.size - 1);
		if (!is_clean(iova))
			add(expected, &expectations, MAX_REPORTS, iova, min(stop, end) - iova + 1);
		if (clear && start >= first && stop <= last && !is_clean(start))
			add_clean(start, leaf.size);
		if (stop >= end)
			return;
		iova = stop + 1;
	}
}

void dirty_read(u64 iova, u64 size, unsigned long flags)
{
	struct iommu_dirty_bitmap dirty = { .record = record };

	expectations = 0;
	reports = 0;
	for (unsigned int i = 0; i < bench.spans; i++)
		expect_span(&bench.span[i], iova, iova + (size - 1),
			    !(flags & IOMMU_DIRTY_NO_CLEAR));
	if (bench.ops->read_and_clear_dirty(bench.ops, iova, size, flags, &dirty))
		fail("I-11: dirty state of %llx+%llx cannot be read", (unsigned long long)iova,
		     (unsigned long long)size);
	model_flush_all();
	model_check_clean();

	qsort(expected, expectations, sizeof(expected[0]), by_address);
	if (reports != expectations)
		fail("I-11: %u reports of %llx+%llx, %u expected", reports,
		     (unsigned long long)iova, (unsigned long long)size, expectations);
	for (unsigned int i = 0; i < reports && i < expectations; i++)
		if (reported[i].iova != expected[i].iova || reported[i].size != expected[i].size) {
			fail("I-11: %llx+%llx reported, %llx+%llx expected",
			     (unsigned long long)reported[i].iova,
			     (unsigned long long)reported[i].size,
			     (unsigned long long)expected[i].iova,
			     (unsigned long long)expected[i].size);
			return;
		}
}
