// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disjoint ranges of the same tables and the same blocks, from many threads
 * (I-10): nothing is lost, nothing leaks, and whoever meets a block that is
 * being split waits instead of finding nothing.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <sched.h>

#include "harness.h"

#define THREADS	4
#define ROUNDS	400
#define RW	(IOMMU_READ | IOMMU_WRITE)

static struct io_pgtable_ops *ops;
static pthread_barrier_t barrier;
static unsigned int wrong;

static void slow_flush(unsigned long iova, size_t size, size_t granule, void *cookie)
{
	/* Long enough for the others to meet the entry while it is broken */
	for (int i = 0; i < 3; i++)
		sched_yield();
}

static const struct iommu_flush_ops flush = {
	.tlb_flush_walk = slow_flush,
};

static void check(bool ok)
{
	if (!ok)
		__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
}

/* Each thread maps and unmaps every fourth page of a range that all share */
static void *share_tables(void *arg)
{
	u64 me = (u64)arg;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&barrier);
		for (u64 page = me; page < 64; page += THREADS) {
			u64 iova = SZ_1G * (1 + round) + SZ_2M - 32 * SZ_4K + page * SZ_4K;
			size_t mapped = 0;

			check(!ops->map_pages(ops, iova, iova, SZ_4K, 1, RW, GFP_ATOMIC, &mapped));
			check(mapped == SZ_4K && ops->iova_to_phys(ops, iova) == iova);
		}
		for (u64 page = me; page < 64; page += THREADS) {
			u64 iova = SZ_1G * (1 + round) + SZ_2M - 32 * SZ_4K + page * SZ_4K;

			check(ops->unmap_pages(ops, iova, SZ_4K, 1, NULL) == SZ_4K);
			check(!ops->iova_to_phys(ops, iova));
		}
	}
	return NULL;
}

/*
 * Each thread fills and empties tables of its own, side by side in tables that
 * all share: what goes away is never what another one uses.
 */
static void *own_tables(void *arg)
{
	u64 me = (u64)arg;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		u64 iova = SZ_1G + (me + (round & 7) * THREADS) * SZ_2M, size = SZ_2M;
		struct iommu_iotlb_gather gather;
		size_t mapped = 0;

		gather_open(&gather, false);
		check(!ops->map_pages(ops, iova, iova, SZ_4K, 512, RW, GFP_ATOMIC, &mapped));
		check(mapped == SZ_2M && ops->iova_to_phys(ops, iova + SZ_4K) == iova + SZ_4K);
		if (round & 1) {
			check(ops->unmap_pages(ops, iova, SZ_4K, 3, &gather) == 3 * SZ_4K);
			iova += 3 * SZ_4K;
			size -= 3 * SZ_4K;
		}
		/* By its pages, or as the block that it spans */
		if (round & 2 && size == SZ_2M)
			check(ops->unmap_pages(ops, iova, SZ_2M, 1, &gather) == size);
		else
			check(ops->unmap_pages(ops, iova, SZ_4K, size / SZ_4K, &gather) == size);
		check(!ops->iova_to_phys(ops, iova + SZ_4K));
		gather_sync(&gather);
	}
	return NULL;
}

/* Each thread takes its part out of one block; the first one splits it */
static void *share_blocks(void *arg)
{
	u64 me = (u64)arg, part = SZ_2M / THREADS;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		u64 iova = SZ_1G + round * SZ_2M;

		pthread_barrier_wait(&barrier);
		for (u64 at = me * part; at < (me + 1) * part; at += 8 * SZ_4K) {
			check(ops->iova_to_phys(ops, iova + at) == iova + at);
			check(ops->unmap_pages(ops, iova + at, SZ_4K, 8, NULL) == 8 * SZ_4K);
			check(!ops->iova_to_phys(ops, iova + at));
		}
	}
	return NULL;
}

/* Each thread takes its quarter out of one run, a page and then the rest */
static void *share_runs(void *arg)
{
	u64 me = (u64)arg, part = SZ_64K / THREADS;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		u64 iova = SZ_1G + round * SZ_64K + me * part;

		pthread_barrier_wait(&barrier);
		check(ops->iova_to_phys(ops, iova) == iova);
		check(ops->unmap_pages(ops, iova, SZ_4K, 1, NULL) == SZ_4K);
		check(!ops->iova_to_phys(ops, iova));
		check(ops->iova_to_phys(ops, iova + SZ_4K) == iova + SZ_4K);
		check(ops->unmap_pages(ops, iova + SZ_4K, SZ_4K, 3, NULL) == 3 * SZ_4K);
		for (u64 at = 0; at < part; at += SZ_4K)
			check(!ops->iova_to_phys(ops, iova + at));
	}
	return NULL;
}

static void in_threads(void *(*body)(void *), bool noncoherent, unsigned long quirks)
{
	static struct device dev;
	struct io_pgtable_cfg cfg = {
		.pgsize_bitmap = 0x40201000, .ias = 48, .oas = 48, .quirks = quirks,
		.coherent_walk = !noncoherent, .tlb = &flush, .iommu_dev = &dev,
	};
	pthread_t thread[THREADS];
	size_t mapped = 0;

	model_reset(0x80000000);
	wrong = 0;
	ops = alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, NULL);
	if (!ops) {
		fail("not allocated");
		return;
	}
	if (body == share_blocks)
		expect(!ops->map_pages(ops, SZ_1G, SZ_1G, SZ_2M, ROUNDS, RW, GFP_KERNEL, &mapped));
	if (body == share_runs)
		expect(!ops->map_pages(ops, SZ_1G, SZ_1G, SZ_64K, ROUNDS, RW, GFP_KERNEL, &mapped));

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (u64 i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, body, (void *)i);
	for (u64 i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	pthread_barrier_destroy(&barrier);

	if (wrong)
		fail("I-10: %u calls went wrong", wrong);
	free_io_pgtable_ops(ops);
	if (model_pages() || model_objects())
		fail("I-10: leak: %u pages", model_pages());
}

static void tables_coherent(void)
{
	in_threads(share_tables, false, 0);
}

static void tables_noncoherent(void)
{
	in_threads(share_tables, true, 0);
}

static void blocks_coherent(void)
{
	in_threads(share_blocks, false, 0);
}

static void blocks_noncoherent(void)
{
	in_threads(share_blocks, true, 0);
}

static void tables_go_deferred(void)
{
	in_threads(own_tables, false, IO_PGTABLE_QUIRK_GATHER);
}

static void tables_go_flushed(void)
{
	in_threads(own_tables, false, 0);
}

static void tables_go_noncoherent(void)
{
	in_threads(own_tables, true, 0);
}

static void runs_coherent(void)
{
	in_threads(share_runs, false, IO_PGTABLE_QUIRK_ARM_CONT);
}

static void runs_noncoherent(void)
{
	in_threads(share_runs, true, IO_PGTABLE_QUIRK_ARM_CONT);
}

void tests_threads(void)
{
	run("threads: tables come and go, with the gather (I-8, I-10)", tables_go_deferred);
	run("threads: tables come and go, flushed (I-8, I-10)", tables_go_flushed);
	run("threads: tables come and go, non-coherent (I-8, I-10)", tables_go_noncoherent);
	run("threads: tables shared, coherent (I-10)", tables_coherent);
	run("threads: tables shared, non-coherent (I-10)", tables_noncoherent);
	run("threads: blocks split, coherent (I-10)", blocks_coherent);
	run("threads: blocks split, non-coherent (I-10)", blocks_noncoherent);
	run("threads: runs taken apart, coherent (I-6, I-10)", runs_coherent);
	run("threads: runs taken apart, non-coherent (I-6, I-10)", runs_noncoherent);
}
