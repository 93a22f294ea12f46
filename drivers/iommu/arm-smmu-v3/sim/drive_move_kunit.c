// SPDX-License-Identifier: GPL-2.0-only
/*
 * Masters that change domains while their transactions go on: each ends in the
 * old domain, in the new one, or aborts.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/delay.h>
#include <linux/kthread.h>

#include "drive.h"

#define IOVA_AT		SZ_1G
#define PA_A		SZ_256M
#define PA_B		SZ_512M

/* Where a transaction may end; an abort is always allowed but where it is not. */
enum { TO_A = BIT(0), TO_B = BIT(1), TO_ITSELF = BIT(2), TO_ABORT = BIT(3) };

struct prober {
	struct drive *d;
	struct task_struct *task;
	u32 allowed;
	u64 seen, wrong;
	u64 last;
};

static u32 probe(struct drive *d, u64 *pa)
{
	if (drive_touch(d, 0, IOVA_AT, false, pa) != OUT_OK)
		return TO_ABORT;
	switch (*pa) {
	case PA_A:
		return TO_A;
	case PA_B:
		return TO_B;
	case IOVA_AT:
		return TO_ITSELF;
	}
	return 0;
}

static int probe_on(void *data)
{
	struct prober *p = data;

	while (!kthread_should_stop()) {
		u32 allowed = READ_ONCE(p->allowed), got;
		u64 pa = 0;

		got = probe(p->d, &pa);
		/* Pairs with the order in which move() announces and moves. */
		smp_rmb();
		allowed |= READ_ONCE(p->allowed);
		p->seen++;
		if (!(got & allowed)) {
			p->wrong++;
			p->last = pa;
		}
		/* Whoever moves needs the model too. */
		usleep_range(20, 50);
	}
	return 0;
}

static void probing(struct prober *p, struct drive *d, u32 now)
{
	*p = (struct prober) { .d = d, .allowed = now };
	p->task = kthread_run(probe_on, p, "drive-probe");
	KUNIT_ASSERT_FALSE(d->test, IS_ERR(p->task));
}

static void probed(struct prober *p)
{
	kthread_stop(p->task);
	KUNIT_EXPECT_GT(p->d->test, p->seen, 0);
	KUNIT_EXPECT_EQ_MSG(p->d->test, p->wrong, 0, "last at %#llx", p->last);
}

struct place {
	struct iommu_domain *domain;
	u32 leads;
};

static void move(struct prober *p, const struct place *from, const struct place *to)
{
	u64 pa;

	WRITE_ONCE(p->allowed, from->leads | to->leads | TO_ABORT);
	smp_mb(); /* see probe_on() */
	KUNIT_EXPECT_EQ(p->d->test, drive_move(p->d, 0, to->domain), 0);
	smp_mb(); /* the same */
	WRITE_ONCE(p->allowed, to->leads);
	KUNIT_EXPECT_EQ(p->d->test, probe(p->d, &pa), to->leads);
	KUNIT_EXPECT_TRUE(p->d->test, drive_config(p->d, 0));
}

/* All pairs of domains, back and forth, with commands that take their time. */
static void pairs_of(struct kunit *test, enum drive_kind kind)
{
	struct drive *d = drive_start(test, test->param_value, 1);
	struct place places[5] = {
		{ drive_domain(d, DRIVE_PLAIN), TO_A }, { drive_domain(d, kind), TO_B },
		{ drive_identity(d), TO_ITSELF }, { drive_blocked(d), TO_ABORT },
		{ d->home[0], TO_ABORT },
	};
	/* A way that takes each step from one to another once. */
	static const u8 way[] = {
		0, 1, 0, 2, 0, 3, 0, 4, 1, 2, 1, 3, 1, 4, 2, 3, 2, 4, 3, 4, 0,
	};
	unsigned int i, at = 4;
	struct prober p;

	if (!places[1].domain)
		kunit_skip(test, "not of this SMMU");
	drive_map(d, places[0].domain, IOVA_AT, PA_A, SZ_64K);
	drive_map(d, places[1].domain, IOVA_AT, PA_B, SZ_64K);
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		d->sim->core->faults.cons_reads = 1;
	probing(&p, d, TO_ABORT);
	for (i = 0; i < ARRAY_SIZE(way); at = way[i++])
		move(&p, &places[at], &places[way[i]]);
	probed(&p);
}

static void drive_i51_replace(struct kunit *test)
{
	pairs_of(test, DRIVE_PLAIN);
}

static void drive_i51_replace_stages(struct kunit *test)
{
	pairs_of(test, DRIVE_STAGE2);
}

/* A domain that cannot be attached leaves the master where it was. */
static void drive_i51_failed_attach(struct kunit *test)
{
	struct drive *d = drive_start(test, "everything", 1), *other;
	struct iommu_domain *domain = drive_domain(d, DRIVE_PLAIN), *foreign;
	struct ssim_ids ids;

	sim_profile("minimal", &ids);
	other = drive_describe(test, &ids, 1);
	KUNIT_ASSERT_EQ(test, drive_live(other), 0);
	foreign = drive_domain(d, DRIVE_PLAIN);
	drive_map(d, domain, IOVA_AT, PA_A, SZ_64K);
	KUNIT_EXPECT_EQ(test, drive_move(d, 0, domain), 0);
	/* Made for 52 bits and a walker that snoops. */
	KUNIT_EXPECT_NE(test, drive_move(other, 0, foreign), 0);
	KUNIT_EXPECT_PTR_EQ(test, iommu_get_domain_for_dev(other->master[0]->dev), other->home[0]);
	KUNIT_EXPECT_TRUE(test, drive_aborts(other, 0, IOVA_AT));
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, PA_A));
	drive_unmap(d, domain, IOVA_AT, PA_A, SZ_64K);
}

/* One domain on two instances: what is unmapped is gone from both. */
static void drive_i50_two_instances(struct kunit *test)
{
	struct drive *d = drive_start(test, test->param_value, 2);
	struct drive *other = drive_start(test, test->param_value, 1);
	struct iommu_domain *domain = drive_domain(d, DRIVE_PLAIN);
	u64 g = drive_granule(domain), i;

	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, drive_move(d, i & 1, domain), 0);
		KUNIT_EXPECT_EQ(test, drive_move(other, 0, domain), 0);
		drive_map(d, domain, IOVA_AT, PA_A, 20 * g);
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, i & 1, IOVA_AT, PA_A));
		KUNIT_EXPECT_TRUE(test, drive_reaches(other, 0, IOVA_AT + g, PA_A + g));
		drive_unmap(d, domain, IOVA_AT, PA_A, 20 * g);
		KUNIT_EXPECT_TRUE(test, drive_page_reuse(other, PA_A, 20 * g));
		KUNIT_EXPECT_TRUE(test, drive_aborts(other, 0, IOVA_AT + g));
		KUNIT_EXPECT_EQ(test, drive_move(other, 0, other->home[0]), 0);
	}
}

/* A stream that nobody described, and one beyond the table: no way through. */
static void drive_i28_out_of_range(struct kunit *test)
{
	struct drive *d = drive_start(test, test->param_value, 1);
	const u32 sids[] = { 0, 2, 200, 255, 256, BIT(16), BIT(24) - 1, BIT(24), ~0u };
	struct ssim_result result;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, drive_move(d, 0, drive_identity(d)), 0);
	for (i = 0; i < ARRAY_SIZE(sids); i++) {
		const struct ssim_txn txn = { .sid = sids[i], .addr = IOVA_AT };

		scoped_guard(raw_spinlock_irqsave, &sim_lock)
			ssim_translate(d->sim->core, &txn, &result);
		KUNIT_EXPECT_EQ_MSG(test, result.outcome, OUT_ABORT, "stream %#x", sids[i]);
	}
}

/* All streams of one master go the same way. */
static void drive_i28_several_streams(struct kunit *test)
{
	struct iommu_domain *domain;
	struct ssim_result result;
	struct ssim_ids ids;
	struct drive *d;
	unsigned int i;

	sim_profile(test->param_value, &ids);
	d = drive_describe(test, &ids, 1);
	for (i = 0; i < SIM_SIDS; i++)
		d->master[0]->sids[i] = 3 + 7 * i;
	d->master[0]->num_sids = SIM_SIDS;
	KUNIT_ASSERT_EQ(test, drive_live(d), 0);
	domain = drive_domain(d, DRIVE_PLAIN);
	drive_map(d, domain, IOVA_AT, PA_A, SZ_64K);
	KUNIT_EXPECT_EQ(test, drive_move(d, 0, domain), 0);
	for (i = 0; i < SIM_SIDS; i++) {
		const struct ssim_txn txn = { .sid = 3 + 7 * i, .addr = IOVA_AT };

		scoped_guard(raw_spinlock_irqsave, &sim_lock) {
			ssim_translate(d->sim->core, &txn, &result);
			KUNIT_EXPECT_TRUE(test, ssim_check_config(d->sim->core, txn.sid));
		}
		KUNIT_EXPECT_EQ(test, result.outcome, OUT_OK);
		KUNIT_EXPECT_EQ(test, result.pa, PA_A);
	}
	KUNIT_EXPECT_EQ(test, drive_move(d, 0, drive_blocked(d)), 0);
	KUNIT_EXPECT_TRUE(test, drive_page_reuse(d, PA_A, SZ_64K));
}

/* More attachments than there are tags: each is used again, and is clean by then. */
static void drive_i30_tags_reused(struct kunit *test)
{
	bool wide = *(const bool *)test->param_value;
	struct iommu_domain *domain[2];
	struct ssim_ids ids;
	struct drive *d;
	unsigned int i;

	sim_profile("everything", &ids);
	drive_field(&ids, "IDR0.ASID16", wide);
	drive_field(&ids, "IDR0.VMID16", wide);
	d = drive_describe(test, &ids, 1);
	KUNIT_ASSERT_EQ(test, drive_live(d), 0);
	domain[0] = drive_domain(d, DRIVE_PLAIN);
	domain[1] = drive_domain(d, DRIVE_STAGE2);
	KUNIT_ASSERT_NOT_NULL(test, domain[1]);
	drive_map(d, domain[0], IOVA_AT, PA_A, SZ_64K);
	drive_map(d, domain[1], IOVA_AT, PA_B, SZ_64K);
	for (i = 0; i < 40; i++) {
		KUNIT_EXPECT_EQ(test, drive_move(d, 0, domain[i & 1]), 0);
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, i & 1 ? PA_B : PA_A));
		KUNIT_EXPECT_TRUE(test, drive_page_reuse(d, i & 1 ? PA_A : PA_B, SZ_64K));
	}
}

static const void *next_width(const void *prev, char *desc)
{
	static const bool wide[] = { false, true };
	const bool *next = prev ? (const bool *)prev + 1 : wide;

	if (next == wide + ARRAY_SIZE(wide))
		return NULL;
	strscpy(desc, *next ? "16 bits" : "8 bits", KUNIT_PARAM_DESC_SIZE);
	return next;
}

static struct kunit_case move_cases[] = {
	KUNIT_CASE_PARAM(drive_i51_replace, drive_next_profile),
	KUNIT_CASE_PARAM(drive_i51_replace_stages, drive_next_profile),
	KUNIT_CASE(drive_i51_failed_attach),
	KUNIT_CASE_PARAM(drive_i50_two_instances, drive_next_profile),
	KUNIT_CASE_PARAM(drive_i28_out_of_range, drive_next_profile),
	KUNIT_CASE_PARAM(drive_i28_several_streams, drive_next_profile),
	KUNIT_CASE_PARAM(drive_i30_tags_reused, next_width),
	{ }
};

struct kunit_suite drive_move_suite = {
	.name = "smmu-sim-drive-move",
	.test_cases = move_cases,
};
