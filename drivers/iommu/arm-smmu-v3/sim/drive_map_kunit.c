// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps and unmaps by the driver: what was unmapped is held nowhere, in whatever
 * mixture, and on whatever SMMU.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/kthread.h>

#include "drive.h"

#define IOVA_AT		SZ_1G
#define PA_AT		SZ_512M

static struct iommu_domain *attached(struct drive *d, enum drive_kind kind)
{
	struct iommu_domain *domain = drive_domain(d, kind);

	if (!domain)
		kunit_skip(d->test, "not of this SMMU");
	KUNIT_ASSERT_EQ(d->test, drive_move(d, 0, domain), 0);
	return domain;
}

static void map_touch_unmap(struct drive *d, struct iommu_domain *domain, u64 off, u64 size)
{
	u64 last = size - sizeof(u64);

	drive_map(d, domain, IOVA_AT + off, PA_AT + off, size);
	KUNIT_EXPECT_TRUE(d->test, drive_reaches(d, 0, IOVA_AT + off, PA_AT + off));
	KUNIT_EXPECT_TRUE(d->test, drive_reaches(d, 0, IOVA_AT + off + last, PA_AT + off + last));
	drive_unmap(d, domain, IOVA_AT + off, PA_AT + off, size);
	KUNIT_EXPECT_TRUE(d->test, drive_aborts(d, 0, IOVA_AT + off));
	KUNIT_EXPECT_TRUE(d->test, drive_aborts(d, 0, IOVA_AT + off + last));
}

/* Starts and sizes around every kind of leaf. */
static void sizes_of(struct kunit *test, const char *profile, enum drive_kind kind)
{
	struct drive *d = drive_start(test, profile, 1);
	struct iommu_domain *domain = attached(d, kind);
	u64 g = drive_granule(domain), block = drive_block(domain);
	const u64 sizes[] = { g, 2 * g, 3 * g, 15 * g, 16 * g, 17 * g, 33 * g, 512 * g, 513 * g,
			      block, block + g, 2 * block - g };
	unsigned int i, j;
	const u64 starts[] = { 0, g, 15 * g, 16 * g, block - g };

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (j = 0; j < ARRAY_SIZE(starts) && sizes[i] <= SZ_64M; j++)
			map_touch_unmap(d, domain, starts[j], sizes[i]);
}

static void drive_i7_sizes(struct kunit *test)
{
	sizes_of(test, test->param_value, DRIVE_PLAIN);
}

static void drive_i7_sizes_of_stage_2(struct kunit *test)
{
	sizes_of(test, "everything", DRIVE_STAGE2);
}

/* Parts of blocks and of contiguous runs: the rest stays, and is not what it was in. */
static void drive_i5_i6_split(struct kunit *test)
{
	struct drive *d = drive_start(test, test->param_value, 1);
	struct iommu_domain *domain = attached(d, DRIVE_PLAIN);
	u64 g = drive_granule(domain), block = drive_block(domain);
	const u64 whole[] = { 16 * g, 32 * g, block, 2 * block };
	unsigned int i, part;

	for (i = 0; i < ARRAY_SIZE(whole); i++)
		for (part = 0; part < 3; part++) {
			u64 size = whole[i], cut = part * (size / 2 - g / 2) / g * g;

			cut = min(cut, size - g);
			drive_map(d, domain, IOVA_AT, PA_AT, size);
			KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT + cut, PA_AT + cut));
			drive_unmap(d, domain, IOVA_AT + cut, PA_AT + cut, g);
			KUNIT_EXPECT_TRUE(test, drive_aborts(d, 0, IOVA_AT + cut));
			if (cut) {
				KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, PA_AT));
				drive_unmap(d, domain, IOVA_AT, PA_AT, cut);
			}
			if (cut + g < size)
				drive_unmap(d, domain, IOVA_AT + cut + g, PA_AT + cut + g,
					    size - cut - g);
		}
}

/* Tables full of pages go in one unmap, and a block comes in their place. */
static void drive_i8_table_free(struct kunit *test)
{
	struct drive *d = drive_start(test, test->param_value, 1);
	struct iommu_domain *domain = attached(d, DRIVE_PLAIN);
	u64 g = drive_granule(domain), block = drive_block(domain), tables = 2;
	u64 checks = d->sim->core->stats.checks, off;

	if (block > SZ_64M)
		tables = 1;
	/* Every other page, so that no run can be made of them. */
	for (off = 0; off < tables * block; off += max(2 * g, block / 64))
		drive_map(d, domain, IOVA_AT + off, PA_AT + block + off, g);
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, PA_AT + block));
	for (off = 0; off < tables * block; off += max(2 * g, block / 64))
		drive_unmap(d, domain, IOVA_AT + off, PA_AT + block + off, g);
	for (off = 0; off < tables * block; off += block)
		map_touch_unmap(d, domain, off, block);
	KUNIT_EXPECT_GT(test, d->sim->core->stats.checks, checks);
}

static void drive_i8_full_tables(struct kunit *test)
{
	struct drive *d = drive_start(test, test->param_value, 1);
	struct iommu_domain *domain = attached(d, DRIVE_PLAIN);
	u64 g = drive_granule(domain), block = drive_block(domain);

	if (block > SZ_64M)
		kunit_skip(test, "too many pages");
	/* Out of step with the output by a page: pages only. */
	drive_map(d, domain, IOVA_AT, PA_AT + g, 2 * block);
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT + block, PA_AT + g + block));
	drive_unmap(d, domain, IOVA_AT, PA_AT + g, 2 * block);
	map_touch_unmap(d, domain, 0, 2 * block);
}

struct late {
	struct drive *d;
	struct iommu_domain *domain;
	u64 size;
	struct completion done;
};

static int unmap_late(void *data)
{
	struct late *late = data;

	KUNIT_EXPECT_EQ(late->d->test, iommu_unmap(late->domain, IOVA_AT, late->size), late->size);
	/* Too early, it is waited for once more. */
	complete_all(&late->done);
	return 0;
}

/* A transaction that was translated has to end before its page is given back. */
static void drive_i17_sync_waits(struct kunit *test)
{
	struct drive *d = drive_start(test, test->param_value, 1);
	struct iommu_domain *domain = attached(d, DRIVE_PLAIN);
	struct late late = { .d = d, .domain = domain, .size = drive_granule(domain) };
	struct ssim_txn txn = { .sid = d->master[0]->sids[0], .addr = IOVA_AT, .hold = true };
	struct ssim_result result;
	struct task_struct *task;

	init_completion(&late.done);
	drive_map(d, domain, IOVA_AT, PA_AT, late.size);
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		ssim_translate(d->sim->core, &txn, &result);
	KUNIT_EXPECT_EQ(test, result.outcome, OUT_OK);
	task = kthread_run(unmap_late, &late, "drive-unmap");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&late.done, HZ / 10), 0);
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		ssim_done(d->sim->core, result.ticket);
	wait_for_completion(&late.done);
	KUNIT_EXPECT_TRUE(test, drive_page_reuse(d, PA_AT, late.size));
}

/* Several CPUs, each with pages of its own in one table. */
#define WORKERS		3

struct worker {
	struct late late;
	unsigned int n;
};

static int map_and_unmap(void *data)
{
	struct worker *w = data;
	struct drive *d = w->late.d;
	u64 g = w->late.size, at = w->n * g, i;

	for (i = 0; i < 30; i++, at += WORKERS * g) {
		drive_map(d, w->late.domain, IOVA_AT + at, PA_AT + at, g);
		drive_unmap(d, w->late.domain, IOVA_AT + at, PA_AT + at, g);
	}
	complete(&w->late.done);
	return 0;
}

static void drive_i10_i16_concurrent(struct kunit *test)
{
	struct drive *d = drive_start(test, test->param_value, 2);
	struct iommu_domain *domain = attached(d, DRIVE_PLAIN);
	struct worker workers[WORKERS];
	unsigned int i;

	for (i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker) {
			.late = { .d = d, .domain = domain, .size = drive_granule(domain) },
			.n = i,
		};
		init_completion(&workers[i].late.done);
		KUNIT_EXPECT_FALSE(test, IS_ERR(kthread_run(map_and_unmap, &workers[i],
							    "drive-map")));
	}
	/* Meanwhile a second master comes and goes: no unmap may miss it (I-50). */
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, drive_move(d, 1, domain), 0);
		KUNIT_EXPECT_EQ(test, drive_move(d, 1, d->home[1]), 0);
	}
	for (i = 0; i < WORKERS; i++)
		wait_for_completion(&workers[i].late.done);
}

/* Writes are reported after each clear; what was cleared is not held as dirty. */
static void drive_i11_dirty(struct kunit *test)
{
	struct drive *d = drive_start(test, "everything", 1);
	struct iommu_domain *domain = attached(d, DRIVE_DIRTY);
	const u64 *cleared = test->param_value;
	u64 g = drive_granule(domain), size = *cleared * g;
	struct iommu_iotlb_gather gather;
	struct iommu_dirty_bitmap dirty;
	struct ssim_context ctx;
	struct ssim_fault fault;
	u64 pa;

	drive_map(d, domain, IOVA_AT, PA_AT, size);
	KUNIT_EXPECT_EQ(test, drive_touch(d, 0, IOVA_AT + g, true, &pa), OUT_OK);
	iommu_dirty_bitmap_init(&dirty, NULL, &gather);
	KUNIT_EXPECT_EQ(test, domain->dirty_ops->read_and_clear_dirty(domain, IOVA_AT, size, 0,
								      &dirty), 0);
	iommu_iotlb_sync(domain, &gather);
	scoped_guard(raw_spinlock_irqsave, &sim_lock) {
		KUNIT_EXPECT_TRUE(test, ssim_find(d->sim->core, d->master[0]->sids[0], 0, false,
						  &ctx, &fault));
		ssim_check_clean(d->sim->core, ctx.r1[0].vmid, ctx.r1[0].asid, IOVA_AT, size);
	}
	drive_unmap(d, domain, IOVA_AT, PA_AT, size);
}

static const void *next_size(const void *prev, char *desc)
{
	static const u64 sizes[] = { 2, 16, 17, 512, 1024, 1030 };
	const u64 *next = prev ? (const u64 *)prev + 1 : sizes;

	if (next == sizes + ARRAY_SIZE(sizes))
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%llu granules", *next);
	return next;
}

static struct kunit_case map_cases[] = {
	KUNIT_CASE_PARAM(drive_i7_sizes, drive_next_profile),
	KUNIT_CASE_SLOW(drive_i7_sizes_of_stage_2),
	KUNIT_CASE_PARAM(drive_i5_i6_split, drive_next_profile),
	KUNIT_CASE_PARAM(drive_i8_table_free, drive_next_profile),
	KUNIT_CASE_PARAM(drive_i8_full_tables, drive_next_profile),
	KUNIT_CASE_PARAM(drive_i17_sync_waits, drive_next_profile),
	KUNIT_CASE_PARAM(drive_i10_i16_concurrent, drive_next_profile),
	KUNIT_CASE_PARAM(drive_i11_dirty, next_size),
	{ }
};

struct kunit_suite drive_map_suite = {
	.name = "smmu-sim-drive-map",
	.test_cases = map_cases,
};
