// SPDX-License-Identifier: GPL-2.0-only
/*
 * What no page table can beat: one flat array of entries, and a loop that
 * stores them, unrolled. Nothing is walked, checked, allocated or reported.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <sys/mman.h>

#include <linux/io-pgtable.h>

#define INPUT_BITS 40

static u64 *entries;
static unsigned int leaf_shift;	/* of the last map: one size at a time */

static int limit_map(struct io_pgtable_ops *ops, unsigned long iova, phys_addr_t paddr,
		     size_t pgsize, size_t pgcount, int prot, gfp_t gfp, size_t *mapped)
{
	unsigned int shift = __ffs(pgsize);
	u64 *entry = entries + (iova >> shift), desc = paddr | 3;

	leaf_shift = shift;
#pragma GCC unroll 8
	for (size_t i = 0; i < pgcount; i++, desc += pgsize)
		WRITE_ONCE(entry[i], desc);
	*mapped += pgcount << shift;
	return 0;
}

static size_t limit_unmap(struct io_pgtable_ops *ops, unsigned long iova, size_t pgsize,
			  size_t pgcount, struct iommu_iotlb_gather *gather)
{
	unsigned int shift = __ffs(pgsize);
	u64 *entry = entries + (iova >> shift);

#pragma GCC unroll 8
	for (size_t i = 0; i < pgcount; i++)
		WRITE_ONCE(entry[i], 0);
	return pgcount << shift;
}

static phys_addr_t limit_lookup(struct io_pgtable_ops *ops, unsigned long iova)
{
	u64 desc = READ_ONCE(entries[iova >> leaf_shift]);

	return (desc & ~0xffful) | (iova & ((1ul << leaf_shift) - 1));
}

static struct io_pgtable_ops limit_ops = {
	.map_pages = limit_map,
	.unmap_pages = limit_unmap,
	.iova_to_phys = limit_lookup,
};

struct io_pgtable_ops *alloc_io_pgtable_ops(enum io_pgtable_fmt fmt, struct io_pgtable_cfg *cfg,
					    void *cookie)
{
	entries = mmap(NULL, 8ul << (INPUT_BITS - 12), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return entries == MAP_FAILED ? NULL : &limit_ops;
}

void free_io_pgtable_ops(struct io_pgtable_ops *ops)
{
	munmap(entries, 8ul << (INPUT_BITS - 12));
}
