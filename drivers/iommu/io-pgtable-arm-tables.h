/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One set of long-descriptor tables in memory: what the walker
 * (io-pgtable-arm.c), the tables (io-pgtable-arm-tables.c) and the
 * configuration (io-pgtable-arm-config.c) share.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef IO_PGTABLE_ARM_TABLES_H_
#define IO_PGTABLE_ARM_TABLES_H_

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/dma-mapping.h>
#include <linux/io-pgtable.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "io-pgtable-arm.h"
#include "iommu-seam.h"

/**
 * struct lpae_tables - one set of tables
 * @iop: what the registry and the driver see
 * @root: the first table, or several side by side
 * @root_size: bytes at @root
 * @root_entries: number of entries at @root, a power of two
 * @root_shift: shift of an entry of @root
 * @geo: the constants of the walker, for the code that is not specialised
 * @stage2: leaf entries have stage 2 permissions in the VMSA sense
 * @table_attrs: bits that every table descriptor carries
 * @prot_attrs: bits of a leaf descriptor, for each set of IOMMU_READ to IOMMU_PRIV
 * @first: lowest input address
 * @last: bytes from @first to the highest input address
 * @last_addr: highest output address
 * @entry_sizes: sizes that a single entry can translate
 * @hints: leaves of an aligned run get the contiguous hint
 * @split_lock: held while an entry is LPAE_SW_SPLITTING
 * @viewers: how many look on; changed under @view_lock
 * @kept: tables that were taken out of the tree meanwhile; under @view_lock
 * @view_lock: innermost
 */
struct lpae_tables {
	struct io_pgtable	iop;
	u64			*root;
	size_t			root_size;
	u32			root_entries;
	u8			root_shift;
	struct lpae_geo		geo;
	bool			stage2;
	bool			hints;
	unsigned long		entry_sizes;
	u64			table_attrs;
	u64			prot_attrs[LPAE_PROTS];
	u64			first;
	u64			last;
	u64			last_addr;
	spinlock_t		split_lock;	/* whoever breaks an entry owns it */
#ifdef CONFIG_DEBUG_FS
	unsigned int		viewers;
	struct list_head	kept;
	spinlock_t		view_lock;	/* who looks on, and what is kept for them */
#endif
};

/**
 * struct lpae_cursor - where a walk has arrived
 * @slot: the entry
 * @shift: its shift
 */
struct lpae_cursor {
	u64 *slot;
	unsigned int shift;
};

/* Entries: every load and store of one that hardware may see is here */

static __always_inline u64 lpae_load(const u64 *slot)
{
	return READ_ONCE(*slot);
}

static __always_inline void lpae_store(u64 *slot, u64 desc)
{
	if (!iommu_seam_store(slot, desc))
		WRITE_ONCE(*slot, desc);
}

/*
 * Two entries at once. A pair instruction is two accesses of 64 bits, each of
 * them single-copy atomic, in no order (DDI 0487, B2.2.1): just what two plain
 * accesses promise, for half the instructions. The compiler may not merge
 * volatile ones. The sanitizers do not see assembler, and get the plain ones.
 */
#if defined(CONFIG_ARM64) && !defined(CONFIG_KASAN) && !defined(CONFIG_KCSAN)
static __always_inline void lpae_store_pair(u64 *slot, const unsigned int at, u64 lo, u64 hi)
{
	asm volatile("stp %x[lo], %x[hi], [%[slot], %[at]]"
		     : : [lo] "rZ" (lo), [hi] "rZ" (hi), [slot] "r" (slot), [at] "i" (8 * at)
		     : "memory");
}

static __always_inline void lpae_load_pair(const u64 *slot, const unsigned int at,
					   u64 *lo, u64 *hi)
{
	asm volatile("ldp %x[lo], %x[hi], [%[slot], %[at]]"
		     : [lo] "=&r" (*lo), [hi] "=&r" (*hi)
		     : [slot] "r" (slot), [at] "i" (8 * at) : "memory");
}
#else
static __always_inline void lpae_store_pair(u64 *slot, const unsigned int at, u64 lo, u64 hi)
{
	lpae_store(slot + at, lo);
	lpae_store(slot + at + 1, hi);
}

static __always_inline void lpae_load_pair(const u64 *slot, const unsigned int at,
					   u64 *lo, u64 *hi)
{
	*lo = lpae_load(slot + at);
	*hi = lpae_load(slot + at + 1);
}
#endif

/* Return: what was there; the exchange took place if that is @old */
static __always_inline u64 lpae_swap(u64 *slot, u64 old, u64 desc)
{
	if (iommu_seam_exchange(slot, &old, desc))
		return old;
	return cmpxchg64_relaxed(slot, old, desc);
}

static inline void lpae_clean(struct lpae_tables *t, u64 *slot, unsigned int count)
{
	dma_sync_single_for_device(t->iop.cfg.iommu_dev, virt_to_phys(slot),
				   count * sizeof(*slot), DMA_TO_DEVICE);
	iommu_seam_cleaned(slot, count * sizeof(*slot));
}

static __always_inline void lpae_finish_run(struct lpae_tables *t, u64 *slot, unsigned int count)
{
	if (!t->iop.cfg.coherent_walk)
		lpae_clean(t, slot, count);
}

/*
 * Number of leaves from @addr on, at most @count, whose descriptors grow as
 * their addresses do. The highest bits of 52 are folded, and a carry into them
 * does not get there.
 */
static __always_inline u32 lpae_linear_run(u64 addr, unsigned int shift, u32 count,
					   const struct lpae_geo geo)
{
	u64 fold = BIT_ULL(geo.lpa2 ? 50 : 48);

	if (geo.page_shift < 16 && !geo.lpa2)
		return count;
	return min_t(u64, count, (fold - (addr & (fold - 1))) >> shift);
}

static __always_inline u64 *lpae_next_table(u64 desc, const struct lpae_geo geo)
{
	return phys_to_virt(lpae_addr(desc, geo));
}

/* io-pgtable-arm.c */
const struct io_pgtable_ops *lpae_walker(const struct lpae_geo geo);
void lpae_store_run(u64 *slot, u64 desc, u64 step, u32 count);
void lpae_clear_run(u64 *slot, u32 count);
u32 lpae_empty_run(const u64 *slot, u32 count);

/* io-pgtable-arm-tables.c */
void *lpae_alloc_pages(struct lpae_tables *t, size_t size, gfp_t gfp);
void lpae_free_table(struct lpae_tables *t, u64 *table);
void lpae_free_all(struct lpae_tables *t);
bool lpae_nothing_below(struct lpae_tables *t, u64 desc, unsigned int shift);
int lpae_add_table(struct lpae_tables *t, u64 *slot, gfp_t gfp);
bool lpae_drop_table(struct lpae_tables *t, u64 *slot, unsigned int shift, u64 iova,
		     struct iommu_iotlb_gather *gather);
void lpae_wait_for_split(struct lpae_tables *t);
bool lpae_cut_runs(struct lpae_tables *t, u64 *slot, u64 iova, unsigned int shift, u32 count);
long lpae_unmap_part(struct lpae_tables *t, u64 *slot, unsigned int shift, u64 iova, u64 left,
		     u64 block, struct iommu_iotlb_gather *gather);

#ifdef CONFIG_DEBUG_FS
/* io-pgtable-arm-show.c */
void lpae_show_leaves(struct io_pgtable_ops *ops, struct seq_file *s, u64 first, u64 last);
bool lpae_keep_tables(struct lpae_tables *t, u64 *table, unsigned int shift);
#if IS_ENABLED(CONFIG_KUNIT)
void lpae_view_begin(struct lpae_tables *t);
void lpae_view_end(struct lpae_tables *t);
#endif
#else
#define lpae_show_leaves NULL
static inline bool lpae_keep_tables(struct lpae_tables *t, u64 *table, unsigned int shift)
{
	return false;
}
#endif

/* Fills @count entries with leaves of @shift that map what lies at @addr */
static __always_inline void lpae_store_leaves(u64 *slot, u64 addr, u64 attrs, unsigned int shift,
					      u32 count, const struct lpae_geo geo)
{
	u32 n;

	attrs |= lpae_leaf_type(shift, geo);
	for (; count; count -= n, slot += n, addr += (u64)n << shift) {
		n = lpae_linear_run(addr, shift, count, geo);
		lpae_store_run(slot, attrs | lpae_addr_field(addr, geo), BIT_ULL(shift), n);
	}
}

#endif /* IO_PGTABLE_ARM_TABLES_H_ */
