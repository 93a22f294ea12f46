/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the page table formats share beyond <linux/io-pgtable.h>.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef _DRIVERS_IOMMU_IO_PGTABLE_H
#define _DRIVERS_IOMMU_IO_PGTABLE_H

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/io-pgtable.h>
#include <linux/iommu.h>
#include <linux/kconfig.h>
#include <linux/list.h>
#include <linux/mm.h>

#if IS_ENABLED(CONFIG_IOMMU_IO_PGTABLE_LPAE_SELFTEST) || \
	IS_ENABLED(CONFIG_IOMMU_IO_PGTABLE_LPAE_KUNIT_TEST)
extern bool io_pgtable_quiet;

static inline bool io_pgtable_is_quiet(void)
{
	return READ_ONCE(io_pgtable_quiet);
}
#else
static inline bool io_pgtable_is_quiet(void)
{
	return false;
}
#endif

/*
 * A caller asked for something that can only be its own mistake. Tests make
 * such mistakes on purpose and set io_pgtable_quiet while they do.
 */
#define io_pgtable_caller_bug(cond) ({				\
	bool __bug = !!(cond);					\
								\
	WARN_ON_ONCE(__bug && !io_pgtable_is_quiet());		\
	unlikely(__bug);					\
})

/*
 * A driver with IO_PGTABLE_QUIRK_GATHER would only extend the gather. That is
 * done here, once for a run. What does not go with the range that is there has
 * to be invalidated apart, and only the driver can do so: its callback does.
 */
#ifdef CONFIG_IOMMU_API
static inline void io_pgtable_gather_range(struct io_pgtable *iop,
					   struct iommu_iotlb_gather *gather,
					   unsigned long iova, size_t granule, size_t size)
{
	if (gather->end && (gather->pgsize != granule ||
			    iommu_iotlb_gather_is_disjoint(gather, iova, size)))
		io_pgtable_tlb_add_page(iop, gather, iova, granule);

	gather->pgsize = granule;
	iommu_iotlb_gather_add_range(gather, iova, size);
}

/*
 * With a table on the freelist all levels of the range are invalidated, so that
 * the page size of what is there already need not agree.
 */
static inline void io_pgtable_gather_tables(struct io_pgtable *iop,
					    struct iommu_iotlb_gather *gather,
					    unsigned long iova, size_t granule, size_t size)
{
	if (!iommu_iotlb_gather_queued(gather))
		io_pgtable_gather_range(iop, gather, iova,
					gather->end ? gather->pgsize : granule, size);
}

/* A page that nothing points at; it is freed after @gather was invalidated */
static inline void io_pgtable_defer_page(struct iommu_iotlb_gather *gather, void *page)
{
	list_add_tail(&virt_to_page(page)->lru, &gather->freelist);
}
#else
static inline void io_pgtable_gather_range(struct io_pgtable *iop,
					   struct iommu_iotlb_gather *gather,
					   unsigned long iova, size_t granule, size_t size)
{
}

static inline void io_pgtable_gather_tables(struct io_pgtable *iop,
					    struct iommu_iotlb_gather *gather,
					    unsigned long iova, size_t granule, size_t size)
{
}

static inline void io_pgtable_defer_page(struct iommu_iotlb_gather *gather, void *page)
{
}
#endif

/**
 * io_pgtable_gather_run - note a run of removed leaf entries for invalidation
 * @iop: the tables that held the entries
 * @gather: where the range is collected; NULL if the caller flushes by itself
 * @iova: address that the first entry translated
 * @granule: bytes that one entry translated
 * @count: number of adjacent entries
 *
 * A queued gather is skipped: its owner invalidates the whole context before
 * the addresses are used again.
 *
 * Context: any. The tlb_add_page callback may invalidate synchronously.
 */
static inline void io_pgtable_gather_run(struct io_pgtable *iop,
					 struct iommu_iotlb_gather *gather,
					 unsigned long iova, size_t granule,
					 unsigned int count)
{
	if (!gather || iommu_iotlb_gather_queued(gather))
		return;

	if (iop->cfg.quirks & IO_PGTABLE_QUIRK_GATHER) {
		io_pgtable_gather_range(iop, gather, iova, granule, granule * count);
		return;
	}
	for (; count; count--, iova += granule)
		io_pgtable_tlb_add_page(iop, gather, iova, granule);
}

#endif /* _DRIVERS_IOMMU_IO_PGTABLE_H */
