// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver and whatever ID registers say: it drives what they offer, or
 * refuses it cleanly.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/slab.h>

#include "drive_cover.h"

#define IOVA_AT		SZ_1G
#define PA_AT		SZ_256M

#define ROWS_MAX	400
#define ENTRIES		2048
#define RANDOM_ROUNDS	1000

/* 6.3.1, 6.3.2, 6.3.6: without these nobody could drive it on this kernel. */
static bool can_be_driven(const struct ssim_ids *ids)
{
	u32 idr0 = ids->idr[0], idr1 = ids->idr[1], idr5 = ids->idr[5];
	bool stages = idr0 & 3, aarch64 = idr0 & BIT(3), big = (idr0 >> 21 & 3) == 3;
	bool endian = (idr0 >> 21 & 3) != 1 && !big;
	bool preset = idr1 >> 28 & 7, granules = idr5 & BIT(4);

	/* IOVAs are managed in pages: none of the granules may be larger than all of them. */
	granules |= (idr5 & BIT(5)) && PAGE_SIZE >= SZ_16K;
	granules |= (idr5 & BIT(6)) && PAGE_SIZE >= SZ_64K;
	return stages && aarch64 && endian && !preset && granules;
}

/* One domain at work: a page, a run, more than a table; and all of it gone. */
static void work(struct drive *d, struct iommu_domain *domain)
{
	u64 g = drive_granule(domain), size = 40 * g;

	KUNIT_EXPECT_EQ(d->test, drive_move(d, 0, domain), 0);
	drive_map(d, domain, IOVA_AT, PA_AT, size);
	KUNIT_EXPECT_TRUE(d->test, drive_reaches(d, 0, IOVA_AT, PA_AT));
	KUNIT_EXPECT_TRUE(d->test, drive_reaches(d, 0, IOVA_AT + size - 8, PA_AT + size - 8));
	KUNIT_EXPECT_TRUE(d->test, drive_aborts(d, 0, IOVA_AT + size));
	drive_unmap(d, domain, IOVA_AT + 3 * g, PA_AT + 3 * g, g);
	KUNIT_EXPECT_TRUE(d->test, drive_aborts(d, 0, IOVA_AT + 3 * g));
	KUNIT_EXPECT_TRUE(d->test, drive_reaches(d, 0, IOVA_AT + 4 * g, PA_AT + 4 * g));
	drive_unmap(d, domain, IOVA_AT, PA_AT, 3 * g);
	drive_unmap(d, domain, IOVA_AT + 4 * g, PA_AT + 4 * g, size - 4 * g);
	KUNIT_EXPECT_TRUE(d->test, drive_aborts(d, 0, IOVA_AT + 4 * g));
}

static void drive_row(struct kunit *test, const struct ssim_ids *ids)
{
	struct drive *d = drive_describe(test, ids, 1);
	struct iommu_domain *domain;
	int ret;

	d->sim->config.entries = ENTRIES;
	d->master[0]->stall = true;
	/* IDR1.SIDSIZE may leave it no other. */
	if (!(ids->idr[1] & 0x3f))
		d->master[0]->sids[0] = 0;
	ret = drive_live(d);
	drive_total.combinations++;
	KUNIT_EXPECT_EQ(test, !ret, can_be_driven(ids));
	if (!ret && d->home[0]) {
		KUNIT_EXPECT_TRUE(test, drive_aborts(d, 0, IOVA_AT));
		work(d, drive_domain(d, DRIVE_PLAIN));
		domain = drive_domain(d, DRIVE_STAGE2);
		if (domain)
			work(d, domain);
		domain = drive_domain(d, DRIVE_DIRTY);
		if (domain)
			work(d, domain);
		KUNIT_EXPECT_EQ(test, drive_move(d, 0, drive_identity(d)), 0);
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, IOVA_AT));
		KUNIT_EXPECT_TRUE(test, drive_config(d, 0));
	}
	if (!ret)
		KUNIT_EXPECT_NOT_NULL(test, d->home[0]);
	drive_stop(d);
}

static void say_row(struct kunit *test, const struct ssim_ids *ids)
{
	if (test->status == KUNIT_FAILURE)
		kunit_info(test, "IDR0 %#x IDR1 %#x IDR3 %#x IDR5 %#x", ids->idr[0], ids->idr[1],
			   ids->idr[3], ids->idr[5]);
}

/* One way to be of no use, in a row that is good. */
static void spoil(struct ssim_ids *ids, unsigned int how)
{
	switch (how % 8) {
	case 0:
		drive_field(ids, "IDR0.S1P", 0);
		drive_field(ids, "IDR0.S2P", 0);
		break;
	case 1:
		drive_field(ids, "IDR0.TTF", 1);
		break;
	case 2:
		drive_field(ids, "IDR0.TTENDIAN", 3);
		break;
	case 3:
		ids->idr[5] &= ~0x70;
		break;
	case 4:
		drive_field(ids, "IDR1.TABLES_PRESET", 1);
		break;
	case 5:
		drive_field(ids, "IDR1.QUEUES_PRESET", 1);
		break;
	case 6:
		drive_field(ids, "IDR0.TTF", 0);
		break;
	case 7:
		drive_field(ids, "IDR5.GRAN4K", 0);
		drive_field(ids, "IDR5.GRAN16K", 0);
	}
}

static void drive_i59_every_three(struct kunit *test)
{
	struct ssim_ids *rows = kunit_kcalloc(test, ROWS_MAX, sizeof(*rows), GFP_KERNEL);
	unsigned long triples;
	unsigned int n, i;

	KUNIT_ASSERT_NOT_NULL(test, rows);
	n = drive_cover(rows, ROWS_MAX);
	KUNIT_ASSERT_GT(test, n, 0);
	KUNIT_ASSERT_LT(test, n, ROWS_MAX);
	KUNIT_EXPECT_EQ(test, drive_cover_check(rows, n, &triples), 0);
	kunit_info(test, "%u rows have all %lu triples", n, triples);
	/* The check would notice: a row less, or one that cannot be. */
	KUNIT_EXPECT_GT(test, drive_cover_check(rows, n - 1, &triples), 0);

	for (i = 0; i < n; i++) {
		drive_row(test, &rows[i]);
		say_row(test, &rows[i]);
	}
	for (i = 0; i < 24; i++) {
		struct ssim_ids ids = rows[i * 5 % n];

		spoil(&ids, i);
		drive_row(test, &ids);
	}
}

/* Any bits at all. Most are refused; make half of them such as might not be. */
static void drive_i59_any(struct kunit *test)
{
	struct rnd_state rnd;
	struct ssim_ids ids;
	unsigned int i;

	prandom_seed_state(&rnd, 59);
	for (i = 0; i < RANDOM_ROUNDS; i++) {
		prandom_bytes_state(&rnd, &ids, sizeof(ids));
		if (i & 1) {
			drive_field(&ids, "IDR0.TTF", 2);
			drive_field(&ids, "IDR0.TTENDIAN", 0);
			ids.idr[1] &= ~(7u << 28);
		}
		drive_row(test, &ids);
		say_row(test, &ids);
	}
}

static struct kunit_case ids_cases[] = {
	/* The longest of all. */
	KUNIT_CASE_ATTR(drive_i59_every_three, { .speed = KUNIT_SPEED_VERY_SLOW }),
	KUNIT_CASE_SLOW(drive_i59_any),
	{ }
};

struct kunit_suite drive_ids_suite = {
	.name = "smmu-sim-drive-ids",
	.test_cases = ids_cases,
};
