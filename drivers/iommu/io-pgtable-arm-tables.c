// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arm long-descriptor tables: pages for them, putting a table into the tree,
 * taking one out, and splitting a block. All of it is rare next to the filling
 * and clearing of leaf entries, so none of it is specialised by granule.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */

#define pr_fmt(fmt)	"io-pgtable-arm: " fmt

#include <linux/align.h>
#include <linux/dma-mapping.h>
#include <linux/minmax.h>

#include <asm/barrier.h>

#include "io-pgtable-arm-tables.h"
#include "io-pgtable.h"
#include "iommu-pages.h"

static inline u64 lpae_table_desc(struct lpae_tables *t, u64 *table)
{
	return lpae_addr_field(virt_to_phys(table), t->geo) | t->table_attrs;
}

static void lpae_give_pages(struct lpae_tables *t, void *pages, size_t size)
{
	if (t->iop.cfg.free)
		t->iop.cfg.free(t->iop.cookie, pages, size);
	else
		iommu_free_pages(pages, get_order(size));
}

/*
 * The walker must be able to use physical addresses as they are. A DMA layer
 * that bounces or translates them cannot be told to hardware.
 */
static int lpae_map_for_walker(struct lpae_tables *t, void *pages, size_t size)
{
	struct device *dev = t->iop.cfg.iommu_dev;
	dma_addr_t dma;

	if (t->iop.cfg.coherent_walk)
		return 0;
	if (iommu_seam_fails())
		return -ENOMEM;

	dma = dma_map_single(dev, pages, size, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, dma))
		return -ENOMEM;
	iommu_seam_cleaned(pages, size);
	if (dma == virt_to_phys(pages))
		return 0;

	dev_err(dev, "table at %pap appears at %pad to the walker: not usable\n",
		&(phys_addr_t){ virt_to_phys(pages) }, &dma);
	dma_unmap_single(dev, dma, size, DMA_TO_DEVICE);
	return -EIO;
}

/* Zeroed, aligned to @size (a power of two), within the output address size */
void *lpae_alloc_pages(struct lpae_tables *t, size_t size, gfp_t gfp)
{
	struct io_pgtable_cfg *cfg = &t->iop.cfg;
	phys_addr_t phys;
	void *pages;

	if (cfg->alloc)
		pages = cfg->alloc(t->iop.cookie, size, gfp);
	else
		pages = iommu_alloc_pages_node(dev_to_node(cfg->iommu_dev), gfp,
					       get_order(size));
	if (!pages)
		return NULL;

	phys = virt_to_phys(pages);
	if (!IS_ALIGNED(phys, size) || (u64)phys >> cfg->oas) {
		dev_err(cfg->iommu_dev, "%zu-byte table at %pap: misplaced or beyond %u bits\n",
			size, &phys, cfg->oas);
		lpae_give_pages(t, pages, size);
		return NULL;
	}

	if (lpae_map_for_walker(t, pages, size)) {
		lpae_give_pages(t, pages, size);
		return NULL;
	}
	return pages;
}

static void lpae_free_pages(struct lpae_tables *t, void *pages, size_t size)
{
	iommu_seam_freed(pages, size);
	if (!t->iop.cfg.coherent_walk)
		dma_unmap_single(t->iop.cfg.iommu_dev, virt_to_phys(pages), size,
				 DMA_TO_DEVICE);
	lpae_give_pages(t, pages, size);
}

void lpae_free_table(struct lpae_tables *t, u64 *table)
{
	lpae_free_pages(t, table, lpae_table_size(t->geo));
}

/* First entry of @table from @at on that is not empty, or @count */
static inline u32 lpae_next_used(const u64 *table, u32 at, u32 count)
{
	return at < count ? at + lpae_empty_run(table + at, count - at) : count;
}

/* Frees the tables below @table, from entry @at to @count, and nothing of @table */
static void lpae_free_below(struct lpae_tables *t, u64 *table, u32 at, u32 count,
			    unsigned int shift)
{
	if (shift == t->geo.page_shift)
		return;

	for (; (at = lpae_next_used(table, at, count)) < count; at++) {
		u64 desc = lpae_load(table + at);
		u64 *next;

		if (!lpae_is_table(desc, shift, t->geo))
			continue;
		next = lpae_next_table(desc, t->geo);
		lpae_free_below(t, next, 0, lpae_entries(t->geo), shift - lpae_stride(t->geo));
		lpae_free_table(t, next);
	}
}

/* The tables and all that they map; hardware no longer walks them */
void lpae_free_all(struct lpae_tables *t)
{
	lpae_free_below(t, t->root, 0, t->root_entries, t->root_shift);
	lpae_free_pages(t, t->root, t->root_size);
}

/* Whether the table that @desc points at maps nothing, however deep it is */
bool lpae_nothing_below(struct lpae_tables *t, u64 desc, unsigned int shift)
{
	const u64 *table = lpae_next_table(desc, t->geo);
	const u32 count = lpae_entries(t->geo);
	u32 at = 0;

	shift -= lpae_stride(t->geo);
	for (; (at = lpae_next_used(table, at, count)) < count; at++) {
		desc = lpae_load(table + at);
		if (!lpae_is_table(desc, shift, t->geo) || !lpae_nothing_below(t, desc, shift))
			return false;
	}
	return true;
}

/*
 * Makes a finished table visible in @slot, which the caller owns or has just
 * won. For a non-coherent walker the entry is cleaned before it says so.
 */
static void lpae_publish_cleaned(struct lpae_tables *t, u64 *slot, u64 desc)
{
	if (t->iop.cfg.coherent_walk)
		return;
	lpae_clean(t, slot, 1);
	lpae_store(slot, desc | LPAE_SW_CLEANED);
}

/* Return: 1 when the table in the empty @slot is now ours, 0 if it is another's */
int lpae_add_table(struct lpae_tables *t, u64 *slot, gfp_t gfp)
{
	u64 *table = lpae_alloc_pages(t, lpae_table_size(t->geo), gfp);
	u64 desc;

	if (!table)
		return -ENOMEM;

	/* Zeroes before the pointer, for the walker and for other CPUs' walks */
	desc = lpae_table_desc(t, table);
	dma_wmb();
	if (lpae_swap(slot, 0, desc)) {
		lpae_free_table(t, table);
		return 0;
	}
	lpae_publish_cleaned(t, slot, desc);
	return 1;
}

/*
 * The list is freed page by page, into the page allocator, when nobody looks at
 * the DMA mapping of a table any more.
 */
static bool lpae_can_defer(const struct lpae_tables *t, const struct iommu_iotlb_gather *gather)
{
	const struct io_pgtable_cfg *cfg = &t->iop.cfg;

	return gather && (cfg->quirks & IO_PGTABLE_QUIRK_GATHER) && cfg->coherent_walk &&
	       !cfg->free && lpae_table_size(t->geo) <= PAGE_SIZE;
}

/* @table and all below it, to be freed after the invalidation of @gather */
static void lpae_defer_tables(struct lpae_tables *t, u64 *table, unsigned int shift,
			      struct iommu_iotlb_gather *gather)
{
	const u32 count = lpae_entries(t->geo);
	u32 at = shift == t->geo.page_shift ? count : 0;

	for (; (at = lpae_next_used(table, at, count)) < count; at++) {
		u64 desc = lpae_load(table + at);

		if (lpae_is_table(desc, shift, t->geo))
			lpae_defer_tables(t, lpae_next_table(desc, t->geo),
					  shift - lpae_stride(t->geo), gather);
	}
	io_pgtable_defer_page(gather, table);
}

/*
 * Takes the table in @slot out of the tree, with all below it. The walker may
 * have cached the pointer: it is invalidated before a page is freed, here and
 * now or, where the caller takes care, by the invalidation of @gather. Then the
 * range has to be in the gather before a page is on its list, because taking it
 * in can make the driver work the gather off. Return: true if @gather does it.
 */
bool lpae_drop_table(struct lpae_tables *t, u64 *slot, unsigned int shift, u64 iova,
		     struct iommu_iotlb_gather *gather)
{
	u64 *table = lpae_next_table(lpae_load(slot), t->geo);
	unsigned int below = shift - lpae_stride(t->geo);

	lpae_store(slot, 0);
	lpae_finish_run(t, slot, 1);
	if (lpae_can_defer(t, gather)) {
		io_pgtable_gather_tables(&t->iop, gather, iova, lpae_table_size(t->geo),
					 BIT_ULL(shift));
		if (!lpae_keep_tables(t, table, below))
			lpae_defer_tables(t, table, below, gather);
		else if (!iommu_iotlb_gather_queued(gather))
			/* No page says to the driver that pointers are to be forgotten, too. */
			io_pgtable_tlb_flush_walk(&t->iop, iova, BIT_ULL(shift),
						  lpae_table_size(t->geo));
		return true;
	}

	io_pgtable_tlb_flush_walk(&t->iop, iova, BIT_ULL(shift), lpae_table_size(t->geo));
	if (lpae_keep_tables(t, table, below))
		return false;
	lpae_free_below(t, table, 0, lpae_entries(t->geo), below);
	lpae_free_table(t, table);
	return false;
}

/*
 * Takes the contiguous hint from the entries of the run at @run, by break before
 * make: hardware may hold all of them as one. Whoever found the hint, or the
 * marker, in an entry of his comes here, and finds it gone when he looks again.
 */
static void lpae_part_run(struct lpae_tables *t, u64 *run, u64 iova, unsigned int shift)
{
	u32 entries = 1U << lpae_run_bits(shift, t->geo);
	unsigned long flags;
	u64 desc;

	spin_lock_irqsave(&t->split_lock, flags);
	desc = lpae_load(run);
	if (desc & LPAE_LEAF_CONT) {
		for (u32 i = 0; i < entries; i++)
			lpae_store(run + i, LPAE_SW_SPLITTING);
		lpae_finish_run(t, run, entries);
		io_pgtable_tlb_flush_walk(&t->iop, iova, (size_t)entries << shift,
					  BIT_ULL(shift));

		lpae_store_leaves(run, lpae_addr(desc, t->geo), lpae_attrs(desc, t->geo),
				  shift, entries, t->geo);
		lpae_finish_run(t, run, entries);
		/* DMA to the rest of the run goes on: let the new entries be seen */
		wmb();
	}
	spin_unlock_irqrestore(&t->split_lock, flags);
}

/*
 * Each entry is looked at: while another CPU takes a run apart, one of them can
 * be final and the next yet to be written. One that is seen final stays so
 * (run-taken-apart.litmus).
 */
static bool lpae_any_hint(const u64 *slot, u32 count)
{
	for (; count; count--, slot++) {
		u64 desc = lpae_load(slot);

		if (desc & LPAE_LEAF_CONT || desc == LPAE_SW_SPLITTING)
			return true;
	}
	return false;
}

/*
 * Takes runs apart that the ends of [@slot, @slot + @count) cut, for leaves at
 * @iova that are about to be cleared. Return: true if entries have changed.
 */
bool lpae_cut_runs(struct lpae_tables *t, u64 *slot, u64 iova, unsigned int shift, u32 count)
{
	u32 entries = 1U << lpae_run_bits(shift, t->geo);
	u32 first = (iova >> shift) & (entries - 1), last = (first + count) & (entries - 1);
	u32 head = first ? min(count, entries - first) : 0;
	u32 tail = head < count ? last : 0;
	bool cut = false;

	if (lpae_any_hint(slot, head)) {
		lpae_part_run(t, slot - first, iova - ((u64)first << shift), shift);
		cut = true;
	}
	slot += count - tail;
	if (lpae_any_hint(slot, tail)) {
		lpae_part_run(t, slot, iova + ((u64)(count - tail) << shift), shift);
		cut = true;
	}
	return cut;
}

/**
 * struct lpae_split - a block about to be replaced by tables
 * @iova: first address that is to be unmapped
 * @cut: bytes of the block that are to be unmapped
 * @shift: shift of the block
 * @depth: number of levels, and tables, to put under it
 * @table: these tables, from the top
 */
struct lpae_split {
	u64 iova;
	u64 cut;
	unsigned int shift;
	unsigned int depth;
	u64 *table[LPAE_MAX_LEVELS - 1];
};

void lpae_wait_for_split(struct lpae_tables *t)
{
	unsigned long flags;

	spin_lock_irqsave(&t->split_lock, flags);
	spin_unlock_irqrestore(&t->split_lock, flags);
}

/*
 * How deep to go: to the first level at which [iova, iova + left) has a whole
 * entry. A range with ragged ends takes more than one split; then @cut is short
 * and the caller's walk comes back for the rest.
 */
static void lpae_plan_split(const struct lpae_tables *t, struct lpae_split *split, u64 left)
{
	unsigned int shift = split->shift;
	u64 size;

	do {
		size = BIT_ULL(shift);
		left = min(left, size - (split->iova & (size - 1)));
		shift -= lpae_stride(t->geo);
		size = BIT_ULL(shift);
		split->depth++;
	} while (!IS_ALIGNED(split->iova, size) || left < size);

	split->cut = left & ~(size - 1);
}

static void lpae_free_split(struct lpae_tables *t, struct lpae_split *split)
{
	for (unsigned int i = 0; i < split->depth; i++)
		if (split->table[i])
			lpae_free_table(t, split->table[i]);
}

static int lpae_alloc_split(struct lpae_tables *t, struct lpae_split *split)
{
	for (unsigned int i = 0; i < split->depth; i++) {
		split->table[i] = lpae_alloc_pages(t, lpae_table_size(t->geo), GFP_ATOMIC);
		if (!split->table[i]) {
			lpae_free_split(t, split);
			return -ENOMEM;
		}
	}
	return 0;
}

/* Everything that @block maps, in smaller pieces, except what is to go */
static void lpae_fill_split(struct lpae_tables *t, struct lpae_split *split, u64 block)
{
	const u32 entries = lpae_entries(t->geo);
	u64 addr = lpae_addr(block, t->geo), attrs = lpae_attrs(block, t->geo);
	unsigned int shift = split->shift;

	for (unsigned int i = 0; i < split->depth; i++) {
		u64 *table = split->table[i];
		u32 index;

		shift -= lpae_stride(t->geo);
		index = (split->iova >> shift) & (entries - 1);
		lpae_store_leaves(table, addr, attrs, shift, entries, t->geo);
		if (i + 1 < split->depth)
			lpae_store(table + index, lpae_table_desc(t, split->table[i + 1]) |
						  LPAE_SW_CLEANED);
		else
			lpae_clear_run(table + index, split->cut >> shift);
		lpae_finish_run(t, table, entries);
		addr += (u64)index << shift;
	}
}

/*
 * Break before make: a walker must not see block and table in turn without an
 * invalidation between. flush_walk drops the block too, for it is told the
 * block as its granule. While the entry is broken DMA to the rest of the block
 * faults, and the lock keeps interrupts of this CPU from waiting for itself.
 */
static bool lpae_break_and_make(struct lpae_tables *t, struct lpae_split *split, u64 *slot,
				u64 filled_from)
{
	u64 size = BIT_ULL(split->shift), desc, seen;

	lockdep_assert_held(&t->split_lock);

	/* Hardware may yet mark the block dirty: only the exchange tells */
	for (desc = lpae_load(slot); ; desc = seen) {
		if (!lpae_is_leaf(desc, split->shift, t->geo))
			return false;
		seen = lpae_swap(slot, desc, LPAE_SW_SPLITTING);
		if (seen == desc)
			break;
	}
	lpae_finish_run(t, slot, 1);
	io_pgtable_tlb_flush_walk(&t->iop, split->iova & ~(size - 1), size, size);

	if (desc != filled_from)
		lpae_fill_split(t, split, desc);

	/* Pairs with the address dependency of a walk through the new entry */
	dma_wmb();
	desc = lpae_table_desc(t, split->table[0]);
	lpae_store(slot, desc);
	lpae_publish_cleaned(t, slot, desc);
	return true;
}

/*
 * Unmaps a part, at @iova, of the block that a walk met in @slot, where it read
 * @block. Return: bytes unmapped, at most @left; -EAGAIN if another CPU changed
 * the entry first; 0 without memory, and then nothing has changed.
 */
long lpae_unmap_part(struct lpae_tables *t, u64 *slot, unsigned int shift, u64 iova, u64 left,
		     u64 block, struct iommu_iotlb_gather *gather)
{
	struct lpae_split split = { .iova = iova, .shift = shift };
	unsigned int piece;
	unsigned long flags;
	bool made;

	if (block & LPAE_LEAF_CONT) {
		lpae_cut_runs(t, slot, iova & ~(BIT_ULL(shift) - 1), shift, 1);
		return -EAGAIN;
	}

	lpae_plan_split(t, &split, left);
	if (lpae_alloc_split(t, &split))
		return 0;
	lpae_fill_split(t, &split, block);

	spin_lock_irqsave(&t->split_lock, flags);
	made = lpae_break_and_make(t, &split, slot, block);
	spin_unlock_irqrestore(&t->split_lock, flags);

	if (!made) {
		lpae_free_split(t, &split);
		return -EAGAIN;
	}

	/* DMA to the rest of the block goes on: let the new entries be seen */
	wmb();
	piece = shift - split.depth * lpae_stride(t->geo);
	io_pgtable_gather_run(&t->iop, gather, iova, BIT_ULL(piece), split.cut >> piece);
	return split.cut;
}

