// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two CPUs, step by step (I-10). The second CPU stops before its n-th load of an
 * entry. The first one then begins its call, and while its entries are broken,
 * or while some of them are made and others are not, the second does m more
 * loads. All n and m are tried, so that each pair of places where software looks
 * at an entry meets each state that another CPU can show it.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <semaphore.h>

#include "harness.h"

#define RW	(IOMMU_READ | IOMMU_WRITE)
#define AGAIN	BIT_ULL(40)		/* where the first CPU maps what it has unmapped */

struct part {
	u64 from;		/* in units of @size */
	u64 count;		/* 0: look the address up */
	u64 size;
};

/**
 * struct race - who takes what out of a mapping at 32G
 * @leaf: the size that it was mapped with
 * @count: how many of them there are
 * @first: what the first CPU unmaps, and maps again elsewhere
 * @second: what the second one unmaps
 */
struct race {
	u64 leaf;
	u64 count;
	struct part first;
	struct part second;
};

static const struct race races[] = {
	/* Parts of a run of pages: one after another, one within, across its ends */
	{ SZ_64K, 3, { 16, 4, SZ_4K }, { 20, 12, SZ_4K } },
	{ SZ_64K, 3, { 31, 1, SZ_4K }, { 17, 1, SZ_4K } },
	{ SZ_64K, 3, { 20, 3, SZ_4K }, { 23, 25, SZ_4K } },
	{ SZ_64K, 3, { 20, 3, SZ_4K }, { 0, 20, SZ_4K } },
	{ SZ_64K, 3, { 20, 3, SZ_4K }, { 25, 0, SZ_4K } },
	{ SZ_64K, 3, { 17, 28, SZ_4K }, { 45, 3, SZ_4K } },
	/* Of a run of blocks, whole ones and parts */
	{ 16 * SZ_2M, 2, { 2, 1, SZ_2M }, { 3, 13, SZ_2M } },
	{ 16 * SZ_2M, 2, { 2 * 512 + 7, 3, SZ_4K }, { 5 * 512, 512, SZ_4K } },
	{ 16 * SZ_2M, 2, { 2 * 512 + 7, 3, SZ_4K }, { 5 * 512 + 3, 9, SZ_4K } },
	{ 16 * SZ_2M, 2, { 2 * 512 + 7, 3, SZ_4K }, { 2 * 512 + 10, 502, SZ_4K } },
	{ 16 * SZ_2M, 2, { 2 * 512 + 7, 3, SZ_4K }, { 15 * 512 + 10, 0, SZ_4K } },
	/* Of a block */
	{ SZ_2M, 1, { 0, 5, SZ_4K }, { 5, 507, SZ_4K } },
	{ SZ_1G, 1, { 0, 512, SZ_4K }, { 1, 3, SZ_2M } },
	{ SZ_1G, 1, { 5, 2, SZ_4K }, { 7, 1, SZ_4K } },
	{ SZ_1G, 1, { 5, 2, SZ_2M }, { 262000, 0, SZ_4K } },
};

static const struct race *race;
static struct io_pgtable_ops *ops;
static pthread_t second;
static sem_t stopped, go;
static unsigned int loads, stop, stop_again, stores, half_made;
static bool running, counting, waiting, wrong;

static u64 base(void)
{
	return 32 * SZ_1G;
}

static void check(bool ok)
{
	if (!ok)
		__atomic_store_n(&wrong, true, __ATOMIC_RELAXED);
}

static bool am_second(void)
{
	return __atomic_load_n(&running, __ATOMIC_ACQUIRE) && pthread_equal(pthread_self(), second);
}

static void before_load(void)
{
	if (!am_second())
		return;
	__atomic_store_n(&waiting, false, __ATOMIC_RELEASE);
	if (!counting)
		return;
	loads++;
	if (loads == stop || loads == stop_again) {
		sem_post(&stopped);
		sem_wait(&go);
	}
}

static void before_waiting(void)
{
	if (am_second()) {
		__atomic_store_n(&waiting, true, __ATOMIC_RELEASE);
		sem_post(&stopped);
		return;
	}
	/* The second CPU holds the lock, and may have stopped with it */
	sem_post(&go);
	sem_post(&go);
}

/* The first CPU's entries are broken, it holds the lock */
static void let_second_run(void)
{
	if (am_second() || !__atomic_load_n(&running, __ATOMIC_ACQUIRE) ||
	    __atomic_load_n(&waiting, __ATOMIC_ACQUIRE))
		return;
	sem_post(&go);
	sem_wait(&stopped);
}

static void invalidate(unsigned long iova, size_t size, size_t granule, void *cookie)
{
	if (am_second())
		return;
	stores = half_made;
	if (!stores)
		let_second_run();
}

static void before_store(void)
{
	if (!am_second() && stores && !--stores)
		let_second_run();
}

static const struct iommu_flush_ops flush = {
	.tlb_flush_walk = invalidate,
};

static void take_part(const struct part *part)
{
	u64 iova = base() + part->from * part->size, size = part->count * part->size;

	check(ops->iova_to_phys(ops, iova) == iova);
	if (size)
		check(ops->unmap_pages(ops, iova, part->size, part->count, NULL) == size);
	if (am_second())
		counting = false;
	for (u64 at = 0; at < size; at += part->size)
		check(!ops->iova_to_phys(ops, iova + at));
}

static void *second_cpu(void *arg)
{
	sem_wait(&go);
	counting = true;
	take_part(&race->second);
	__atomic_store_n(&running, false, __ATOMIC_RELEASE);
	sem_post(&stopped);
	return NULL;
}

static bool within(u64 at, const struct part *part)
{
	return at >= part->from * part->size && at < (part->from + part->count) * part->size;
}

/* What neither has taken is there; what the first has mapped since, too */
static void check_rest(void)
{
	for (u64 at = 0; at < race->count * race->leaf; at += SZ_4K) {
		u64 want = base() + at;

		if (at > 4 * SZ_2M && at % SZ_2M > 64 * SZ_4K)
			continue;
		if (within(at, &race->first))
			want = AGAIN + at;
		else if (within(at, &race->second))
			want = 0;
		check(ops->iova_to_phys(ops, base() + at) == want);
	}
}

/* Return: whether the second CPU had as many loads as to be stopped */
static bool meet(bool noncoherent, unsigned int n, unsigned int m)
{
	static struct device dev;
	struct io_pgtable_cfg cfg = {
		.pgsize_bitmap = 0x40201000, .ias = 48, .oas = 48,
		.quirks = IO_PGTABLE_QUIRK_ARM_CONT, .coherent_walk = !noncoherent,
		.tlb = &flush, .iommu_dev = &dev,
	};
	const struct part *part = &race->first;
	u64 offset = part->from * part->size;
	size_t mapped = 0;
	bool met;

	model_reset(0x80000000);
	ops = alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, NULL);
	check(ops && !ops->map_pages(ops, base(), base(), race->leaf, race->count, RW, GFP_KERNEL,
				     &mapped));
	sem_init(&stopped, 0, 0);
	sem_init(&go, 0, 0);
	loads = 0;
	stop = n;
	stop_again = n + (m == 4 ? 7 : m);
	running = true;
	waiting = false;
	counting = false;
	pthread_create(&second, NULL, second_cpu, NULL);
	shim_before_load = before_load;
	shim_before_wait = before_waiting;
	shim_before_store = before_store;
	stores = 0;

	sem_post(&go);
	sem_wait(&stopped);
	met = __atomic_load_n(&running, __ATOMIC_ACQUIRE);
	take_part(part);
	mapped = 0;
	check(!ops->map_pages(ops, base() + offset, AGAIN + offset, part->size, part->count, RW,
			      GFP_ATOMIC, &mapped));
	for (unsigned int i = 0; i < 3; i++)
		sem_post(&go);
	pthread_join(second, NULL);
	shim_before_load = NULL;
	shim_before_wait = NULL;
	shim_before_store = NULL;

	check_rest();
	free_io_pgtable_ops(ops);
	check(!model_pages() && !model_objects());
	return met;
}

static void step_by_step(bool noncoherent)
{
	/* Few switches are enough for the other kind of walker: each costs a while */
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(races); i += noncoherent ? 5 : 1) {
		bool met = true;

		race = &races[i / 2];
		half_made = i & 1 ? 6 : 0;
		for (unsigned int n = 1; met; n++)
			for (unsigned int m = 1; m < 8 && met; m += m) {
				wrong = false;
				met = meet(noncoherent, n, m);
				if (wrong) {
					fail("I-10: race %u, load %u and %u later", i / 2, n, m);
					return;
				}
			}
	}
}

static void coherent(void)
{
	step_by_step(false);
}

static void noncoherent(void)
{
	step_by_step(true);
}

void tests_races(void)
{
	run("races: two CPUs step by step, coherent (I-6, I-10)", coherent);
	run("races: two CPUs step by step, non-coherent (I-6, I-10)", noncoherent);
}
