/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit suites of the Arm long-descriptor tables share: tables whose
 * allocator and callbacks take notes, and calls that are checked on the spot.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef IO_PGTABLE_ARM_KUNIT_H_
#define IO_PGTABLE_ARM_KUNIT_H_

#include <kunit/device.h>
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/dma-mapping.h>
#include <linux/io-pgtable.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "io-pgtable-arm-oracle.h"
#include "io-pgtable.h"

#define LPAE_RW		(IOMMU_READ | IOMMU_WRITE)
#define LPAE_4K_SET	(SZ_4K | SZ_2M | SZ_1G)
#define LPAE_16K_SET	(SZ_16K | SZ_32M)
#define LPAE_64K_SET	(SZ_64K | SZ_512M)

struct geometry {
	const char *name;
	enum io_pgtable_fmt fmt;
	unsigned long pgsizes;
	unsigned int ias;
	unsigned int oas;
	unsigned long quirks;
	bool noncoherent;
	bool plain;			/* no allocator of its own */
};

static const struct geometry __maybe_unused stage1_4k = {
	"stage 1, 4K", ARM_64_LPAE_S1, LPAE_4K_SET, 48, 48,
};

/* A set of tables, and all that was seen of its callbacks */
struct lpae_test {
	struct kunit *test;
	struct device *dev;
	struct io_pgtable_ops *ops;
	struct io_pgtable_cfg cfg;	/* as it came back */
	struct oracle oracle;		/* of @cfg */
	atomic_long_t pages;		/* bytes that the allocator has handed out */
	int refuse;			/* positive: which allocation fails */
	unsigned int walks;		/* flush_walk calls; the last one's arguments: */
	unsigned long walk_iova;
	size_t walk_size;
	unsigned long probe;		/* where each of them looks, */
	bool walk_hit;			/* and whether it found something */
	unsigned int flushes;		/* flush_all calls */
	unsigned int freed;		/* tables freed since */
	size_t gathered;		/* what add_page named */
	unsigned long gather_start;
	unsigned long gather_end;
};

static inline u64 fetch_desc(void *arg, u64 addr)
{
	return READ_ONCE(*(u64 *)phys_to_virt(addr));
}

/* Low memory, so that output sizes below the machine's can be tested */
static inline void *count_alloc(void *cookie, size_t size, gfp_t gfp)
{
	struct lpae_test *t = cookie;
	void *pages;

	if (t->refuse && !--t->refuse)
		return NULL;
	pages = (void *)__get_free_pages(gfp | __GFP_ZERO | __GFP_DMA32, get_order(size));
	if (pages)
		atomic_long_add(size, &t->pages);
	return pages;
}

static inline void count_free(void *cookie, void *pages, size_t size)
{
	struct lpae_test *t = cookie;

	atomic_long_sub(size, &t->pages);
	t->freed++;
	free_pages((unsigned long)pages, get_order(size));
}

static inline void note_flush_all(void *cookie)
{
	struct lpae_test *t = cookie;

	t->flushes++;
}

static inline void note_flush_walk(unsigned long iova, size_t size, size_t granule, void *cookie)
{
	struct lpae_test *t = cookie;
	struct oracle_leaf leaf;

	t->walks++;
	t->walk_iova = iova;
	t->walk_size = size;
	t->freed = 0;
	t->walk_hit = oracle_walk(&t->oracle, t->probe, &leaf);
}

static inline void note_add_page(struct iommu_iotlb_gather *gather, unsigned long iova,
				 size_t granule, void *cookie)
{
	struct lpae_test *t = cookie;

	if (!t->gathered || iova < t->gather_start)
		t->gather_start = iova;
	t->gather_end = iova + granule;
	t->gathered += granule;
}

static const struct iommu_flush_ops note_tlb = {
	.tlb_flush_all	= note_flush_all,
	.tlb_flush_walk	= note_flush_walk,
	.tlb_add_page	= note_add_page,
};

static inline struct lpae_test *lpae_open(struct kunit *test, const struct geometry *geometry)
{
	struct lpae_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	const char *wrong;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->test = test;
	t->dev = test->priv;
	t->cfg = (struct io_pgtable_cfg){
		.quirks = geometry->quirks,
		.pgsize_bitmap = geometry->pgsizes,
		.ias = geometry->ias,
		.oas = geometry->oas,
		.coherent_walk = !geometry->noncoherent,
		.tlb = &note_tlb,
		.iommu_dev = t->dev,
		.alloc = geometry->plain ? NULL : count_alloc,
		.free = geometry->plain ? NULL : count_free,
	};
	t->ops = alloc_io_pgtable_ops(geometry->fmt, &t->cfg, t);
	KUNIT_ASSERT_NOT_NULL(test, t->ops);

	t->oracle.fetch = fetch_desc;
	wrong = oracle_init(&t->oracle, geometry->fmt, &t->cfg);
	KUNIT_EXPECT_NULL_MSG(test, wrong, "I-12: %s", wrong);
	WRITE_ONCE(io_pgtable_quiet, true);
	return t;
}

static inline void lpae_close(struct lpae_test *t)
{
	WRITE_ONCE(io_pgtable_quiet, false);
	free_io_pgtable_ops(t->ops);
	KUNIT_EXPECT_EQ_MSG(t->test, atomic_long_read(&t->pages), 0L, "tables leaked");
}

static inline int lpae_map(struct lpae_test *t, unsigned long iova, u64 addr, size_t pgsize,
			   size_t count, int prot, size_t *mapped)
{
	*mapped = 0;
	return t->ops->map_pages(t->ops, iova, addr, pgsize, count, prot, GFP_KERNEL, mapped);
}

static inline void lpae_expect_map(struct lpae_test *t, unsigned long iova, u64 addr, size_t pgsize,
				   size_t count, int prot)
{
	size_t mapped;

	KUNIT_EXPECT_EQ(t->test, lpae_map(t, iova, addr, pgsize, count, prot, &mapped), 0);
	KUNIT_EXPECT_EQ(t->test, mapped, pgsize * count);
}

static inline void lpae_expect_unmap(struct lpae_test *t, unsigned long iova, size_t pgsize,
				     size_t count, size_t bytes)
{
	struct iommu_iotlb_gather gather = { .start = ULONG_MAX };

	t->gathered = 0;
	KUNIT_EXPECT_EQ(t->test, t->ops->unmap_pages(t->ops, iova, pgsize, count, &gather), bytes);
}

/* Software and the independent walker agree on @addr; 0 means nothing */
static inline void lpae_expect(struct lpae_test *t, unsigned long iova, u64 addr)
{
	struct oracle_leaf leaf;
	bool hit = oracle_walk(&t->oracle, iova, &leaf);

	KUNIT_EXPECT_EQ_MSG(t->test, (u64)t->ops->iova_to_phys(t->ops, iova), addr,
			    "iova %lx", iova);
	KUNIT_EXPECT_EQ_MSG(t->test, hit, !!addr, "hardware at iova %lx", iova);
	KUNIT_EXPECT_EQ_MSG(t->test, leaf.addr, addr, "hardware at iova %lx", iova);
	KUNIT_EXPECT_NULL_MSG(t->test, leaf.wrong, "I-4: %s: %llx", leaf.wrong, leaf.desc);
}

#define LPAE_WORKERS	4

struct lpae_worker {
	struct lpae_test *t;
	struct completion done;
	unsigned int id;
	unsigned int wrong;
};

/* @work gets a worker of its own in each thread; at the end it completes @done */
static inline void lpae_work_together(struct lpae_test *t, int (*work)(void *worker))
{
	struct lpae_worker *workers =
		kunit_kcalloc(t->test, LPAE_WORKERS, sizeof(*workers), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(t->test, workers);
	for (unsigned int i = 0; i < LPAE_WORKERS; i++) {
		workers[i].t = t;
		workers[i].id = i;
		init_completion(&workers[i].done);
		if (IS_ERR(kthread_run(work, &workers[i], "lpae-worker/%u", i))) {
			KUNIT_FAIL(t->test, "no thread");
			complete(&workers[i].done);
		}
	}
	for (unsigned int i = 0; i < LPAE_WORKERS; i++) {
		wait_for_completion(&workers[i].done);
		KUNIT_EXPECT_EQ(t->test, workers[i].wrong, 0);
	}
}

static inline int lpae_test_init(struct kunit *test)
{
	struct device *dev = kunit_device_register(test, "lpae-walker");

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	test->priv = dev;
	return dma_coerce_mask_and_coherent(dev, DMA_BIT_MASK(64));
}

#endif /* IO_PGTABLE_ARM_KUNIT_H_ */
