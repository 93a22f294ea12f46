// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver and an SMMU that fails: what can be kept is kept, what cannot is
 * reported within a bound, and others go on.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <asm/virt.h>

#include "drive.h"

#define IOVA_AT		SZ_1G
#define PA_AT		SZ_256M

/*
 * More than any wait that the driver has. Most are of a second; those that count
 * reads of a register are longer where each read is emulated.
 */
#define BOUND_MS	30000

/* The first of the profiles and the last: with all features and with none. */
static const void *next_extreme(const void *prev, char *desc)
{
	const void *next = drive_next_profile(NULL, desc), *last;

	if (!prev)
		return next;
	if (prev != next)
		return NULL;
	for (last = next; next; next = drive_next_profile(last, desc))
		last = next;
	strscpy(desc, last, KUNIT_PARAM_DESC_SIZE);
	return last;
}

static void set_faults(struct drive *d, const struct ssim_faults *faults)
{
	static const struct ssim_faults none;

	guard(raw_spinlock_irqsave)(&sim_lock);
	d->sim->core->faults = faults ? *faults : none;
	ssim_cmdq_run(d->sim->core);
}

struct error {
	enum ssim_cerror code;
	u32 in;
};

/* Whatever command of an unmap fails, what was unmapped is gone after it. */
static void drive_i19_error_of_unmap(struct kunit *test)
{
	const struct error *e = test->param_value;
	const struct ssim_faults faults = { .cmd_error = e->code, .cmd_error_in = e->in };
	struct drive *d = drive_start(test, "everything", 1);
	struct iommu_domain *domain = drive_domain(d, DRIVE_PLAIN);
	u64 g = drive_granule(domain), size = 600 * g;

	KUNIT_EXPECT_EQ(test, drive_move(d, 0, domain), 0);
	drive_map(d, domain, IOVA_AT, PA_AT, size);
	set_faults(d, &faults);
	drive_unmap(d, domain, IOVA_AT, PA_AT, size);
	set_faults(d, NULL);
	KUNIT_EXPECT_TRUE(test, drive_aborts(d, 0, IOVA_AT));
	/* And the queue goes on. */
	drive_map(d, domain, IOVA_AT, PA_AT, g);
	drive_unmap(d, domain, IOVA_AT, PA_AT, g);
}

/* An attach meets an error at each of its commands: it works, or the DMA aborts. */
static void drive_i19_error_of_attach(struct kunit *test)
{
	const struct error *e = test->param_value;
	const struct ssim_faults faults = { .cmd_error = e->code, .cmd_error_in = e->in };
	struct drive *d = drive_start(test, "everything", 1);
	struct iommu_domain *domain = drive_domain(d, DRIVE_PLAIN);
	int ret;

	drive_map(d, domain, IOVA_AT, PA_AT, SZ_64K);
	set_faults(d, &faults);
	ret = drive_move(d, 0, domain);
	set_faults(d, NULL);
	if (ret)
		KUNIT_EXPECT_TRUE(test, drive_aborts(d, 0, IOVA_AT));
	else
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, PA_AT));
	KUNIT_EXPECT_TRUE(test, !ret || ret == -EIO);
	/* An attach that meets none heals it. */
	KUNIT_EXPECT_EQ(test, drive_move(d, 0, drive_blocked(d)), 0);
	KUNIT_EXPECT_EQ(test, drive_move(d, 0, domain), 0);
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, PA_AT));
	drive_unmap(d, domain, IOVA_AT, PA_AT, SZ_64K);
}

static const void *next_error(const void *prev, char *desc)
{
	static const char * const names[] = {
		[CERR_ILL] = "ILL", [CERR_ABT] = "ABT", [CERR_ATC_INV] = "ATC_INV_SYNC",
	};
	static const struct error errors[] = {
		{ CERR_ILL, 1 }, { CERR_ILL, 2 }, { CERR_ILL, 3 }, { CERR_ILL, 4 },
		{ CERR_ILL, 5 }, { CERR_ILL, 6 }, { CERR_ILL, 7 }, { CERR_ABT, 1 },
		{ CERR_ABT, 2 }, { CERR_ABT, 3 }, { CERR_ABT, 4 }, { CERR_ABT, 5 },
		{ CERR_ATC_INV, 1 }, { CERR_ATC_INV, 2 }, { CERR_ATC_INV, 4 },
	};
	const struct error *next = prev ? (const struct error *)prev + 1 : errors;

	if (next == errors + ARRAY_SIZE(errors))
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s at command %u", names[next->code], next->in);
	return next;
}

static const void *next_kind(const void *prev, char *desc)
{
	static const struct error kinds[] = { { CERR_ILL, 1 }, { CERR_ABT, 1 } };
	const struct error *next = prev ? (const struct error *)prev + 1 : kinds;

	if (next == kinds + ARRAY_SIZE(kinds))
		return NULL;
	strscpy(desc, next->code == CERR_ILL ? "ILL" : "ABT", KUNIT_PARAM_DESC_SIZE);
	return next;
}

/* An error that persists ends within a bound, and everything after it at once. */
static void drive_i19_error_persists(struct kunit *test)
{
	const struct error *e = test->param_value;
	const struct ssim_faults faults = {
		.cmd_error = e->code, .cmd_error_in = e->in, .cmd_error_stays = true,
	};
	struct drive *d = drive_start(test, "everything", 1);
	ktime_t start;
	unsigned int i;

	drive_map(d, d->home[0], IOVA_AT, PA_AT, SZ_64K);
	drive_break(d, true);
	set_faults(d, &faults);
	start = ktime_get();
	for (i = 0; i < 4; i++)
		drive_unmap(d, d->home[0], IOVA_AT + i * SZ_4K, PA_AT + i * SZ_4K, SZ_4K);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), BOUND_MS);
	drive_stop(d);
}

/*
 * An SMMU that takes one kind of command for illegal: each is skipped, what stands
 * behind it runs, and what it was to invalidate goes by other means.
 */
static void drive_i19_refused_kind(struct kunit *test)
{
	const struct ssim_faults faults = {
		.cmd_error = CERR_ILL, .cmd_error_in = 1, .cmd_error_stays = true,
		.cmd_error_op = is_kernel_in_hyp_mode() ? OP_TLBI_EL2_VA : OP_TLBI_NH_VA,
	};
	struct drive *d = drive_start(test, "everything", 1);
	struct iommu_domain *domain = drive_domain(d, DRIVE_PLAIN);
	u64 g = drive_granule(domain), i;

	KUNIT_EXPECT_EQ(test, drive_move(d, 0, domain), 0);
	drive_map(d, domain, IOVA_AT, PA_AT, 8 * g);
	set_faults(d, &faults);
	for (i = 0; i < 8 * g; i += g)
		drive_unmap(d, domain, IOVA_AT + i, PA_AT + i, g);
	KUNIT_EXPECT_TRUE(test, drive_aborts(d, 0, IOVA_AT));
	set_faults(d, NULL);
	drive_map(d, domain, IOVA_AT, PA_AT, g);
	drive_unmap(d, domain, IOVA_AT, PA_AT, g);
}

/* A queue that consumes nothing: a bounded wait for each who asks. */
static void drive_i18_stuck(struct kunit *test)
{
	const struct ssim_faults faults = { .stuck = true };
	struct drive *d = drive_start(test, test->param_value, 1);
	ktime_t start = ktime_get();
	u64 g = drive_granule(d->home[0]);

	drive_map(d, d->home[0], IOVA_AT, PA_AT, 2 * g);
	drive_break(d, true);
	set_faults(d, &faults);
	drive_unmap(d, d->home[0], IOVA_AT, PA_AT, g);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), BOUND_MS);
	set_faults(d, NULL);
	/* It recovers: what waited runs, and then all is as ever. */
	drive_break(d, false);
	drive_unmap(d, d->home[0], IOVA_AT + g, PA_AT + g, g);
	KUNIT_EXPECT_TRUE(test, drive_page_reuse(d, PA_AT, 2 * g));
}

/* A register that never says it has changed: an error of the probe, within a bound. */
static void drive_i60_no_ack(struct kunit *test)
{
	struct ssim_ids ids;
	struct drive *d;
	ktime_t start;

	sim_profile("everything", &ids);
	d = drive_describe(test, &ids, 1);
	d->sim->config.faults.no_ack = true;
	start = ktime_get();
	KUNIT_EXPECT_NE(test, drive_live(d), 0);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), BOUND_MS);
	KUNIT_EXPECT_FALSE(test, d->sim->live);
	drive_total.faults++;
	/* The same instance with registers that only take their time. */
	d->sim->config.faults.no_ack = false;
	d->sim->config.faults.ack_reads = 5;
	KUNIT_EXPECT_EQ(test, drive_live(d), 0);
}

/* Command queues that never go on while the driver probes. */
static void drive_i60_stuck_at_probe(struct kunit *test)
{
	struct ssim_ids ids;
	struct drive *d;
	ktime_t start;

	sim_profile(test->param_value, &ids);
	d = drive_describe(test, &ids, 1);
	d->sim->config.faults.stuck = true;
	start = ktime_get();
	KUNIT_EXPECT_NE(test, drive_live(d), 0);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), BOUND_MS);
	drive_total.faults++;
	d->sim->config.faults.stuck = false;
	KUNIT_EXPECT_EQ(test, drive_live(d), 0);
}

/*
 * An error at each command of the probe: it works all the same or is refused.
 * Without masters, whose first attach the core expects to succeed.
 */
static void drive_i61_error_at_probe(struct kunit *test)
{
	const struct ssim_txn txn = { .sid = 1, .addr = IOVA_AT };
	const struct error *e = test->param_value;
	struct ssim_result result;
	struct ssim_ids ids;
	struct drive *d;
	int ret;

	sim_profile("everything", &ids);
	d = drive_describe(test, &ids, 0);
	d->sim->config.faults.cmd_error = e->code;
	d->sim->config.faults.cmd_error_in = e->in;
	ret = drive_live(d);
	KUNIT_EXPECT_TRUE(test, !ret || ret == -ENXIO || ret == -EIO);
	if (ret) {
		d->sim->config.faults.cmd_error_in = 0;
		KUNIT_ASSERT_EQ(test, drive_live(d), 0);
		drive_total.faults++;
	}
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		ssim_translate(d->sim->core, &txn, &result);
	KUNIT_EXPECT_EQ(test, result.outcome, OUT_ABORT);
}

/* Service failure: the others go on, and nobody waits for the failed one for long. */
static void drive_i22_service_failure(struct kunit *test)
{
	struct drive *d = drive_start(test, "everything", 1);
	struct drive *other = drive_start(test, "minimal", 1);
	u64 size = SZ_64K, start, i;

	drive_map(d, d->home[0], IOVA_AT, PA_AT, size);
	drive_map(other, other->home[0], IOVA_AT, PA_AT + size, size);
	drive_break(d, true);
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		ssim_fail(d->sim->core);
	/* The interrupt thread has its say. */
	msleep(20);
	start = ktime_get_ns();
	for (i = 0; i < size; i += SZ_32K)
		drive_unmap(d, d->home[0], IOVA_AT + i, PA_AT + i, SZ_32K);
	KUNIT_EXPECT_LT(test, ktime_get_ns() - start, 2ull * BOUND_MS * NSEC_PER_MSEC);
	KUNIT_EXPECT_TRUE(test, drive_reaches(other, 0, IOVA_AT, PA_AT + size));
	drive_unmap(other, other->home[0], IOVA_AT, PA_AT + size, size);
}

/* Interrupts that get lost, and some that nobody raised. */
static void drive_i22_interrupts(struct kunit *test)
{
	const struct ssim_faults faults = {
		.irq_lost = 3, .cmd_error = CERR_ILL, .cmd_error_in = 2,
	};
	struct drive *d = drive_start(test, test->param_value, 1);
	u64 g = drive_granule(d->home[0]);
	enum ssim_irq irq;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		drive_map(d, d->home[0], IOVA_AT, PA_AT, g);
		set_faults(d, &faults);
		drive_unmap(d, d->home[0], IOVA_AT, PA_AT, g);
		set_faults(d, NULL);
		for (irq = 0; irq < IRQ_KINDS; irq++)
			scoped_guard(raw_spinlock_irqsave, &sim_lock)
				ssim_spurious_irq(d->sim->core, irq);
		usleep_range(1000, 2000);
	}
}

/* More faults than the queue holds, and after them it is empty and works again. */
static void drive_i21_event_overflow(struct kunit *test)
{
	struct drive *d = drive_start(test, test->param_value, 2);
	struct ssim *core = d->sim->core;
	u64 pa, lost, before;
	unsigned int i;

	if (!d->sim->virq[0] && !d->sim->msis)
		kunit_skip(test, "no interrupts");
	for (i = 0; i < 700; i++)
		drive_touch(d, i & 1, IOVA_AT + i * SZ_4K, i & 2, &pa);
	lost = core->stats.events_lost;
	msleep(200);
	before = core->stats.events;
	KUNIT_EXPECT_GT(test, before, 0);
	drive_touch(d, 0, IOVA_AT, false, &pa);
	KUNIT_EXPECT_GT(test, core->stats.events, before);
	kunit_info(test, "%llu events, %llu lost", core->stats.events, lost);
}

/* Records of any bytes: decoded or reported. */
static void drive_i62_any_event(struct kunit *test)
{
	struct drive *d = drive_start(test, test->param_value, 1);
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 62);
	/* Some say that a transaction stalls that is not there, and are answered. */
	drive_break(d, true);
	for (i = 0; i < 512; i++) {
		u64 record[4];

		prandom_bytes_state(&rnd, record, sizeof(record));
		/* Half of them name the master's stream. */
		if (i & 1)
			record[0] = (record[0] & 0xffffffff) | (u64)d->master[0]->sids[0] << 32;
		if (i & 2)
			record[0] = (record[0] & ~0xffull) | (i >> 2 & 0x3f);
		scoped_guard(raw_spinlock_irqsave, &sim_lock)
			ssim_event(d->sim->core, record);
		if (i % 8 == 7)
			usleep_range(100, 200);
	}
	msleep(50);
	drive_break(d, false);
	drive_map(d, d->home[0], IOVA_AT, PA_AT, SZ_64K);
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, PA_AT));
	drive_unmap(d, d->home[0], IOVA_AT, PA_AT, SZ_64K);
}

/* Queues from the least size up, with commands that take their time. */
static void drive_i14_queue_sizes(struct kunit *test)
{
	unsigned int log2;
	struct ssim_ids ids;

	for (log2 = 0; log2 <= 8; log2 += log2 < 4 ? 1 : 4) {
		struct drive *d;
		u64 g, i;

		sim_profile(test->param_value, &ids);
		drive_field(&ids, "IDR1.CMDQS", log2);
		drive_field(&ids, "IDR1.EVENTQS", log2);
		d = drive_describe(test, &ids, 1);
		d->sim->config.faults.cons_reads = log2 & 1 ? 3 : 0;
		KUNIT_ASSERT_EQ(test, drive_live(d), 0);
		g = drive_granule(d->home[0]);
		for (i = 0; i < 8; i++) {
			drive_map(d, d->home[0], IOVA_AT, PA_AT, 70 * g);
			KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT + i * g,
							      PA_AT + i * g));
			drive_unmap(d, d->home[0], IOVA_AT, PA_AT, 70 * g);
		}
		drive_stop(d);
	}
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE_PARAM(drive_i14_queue_sizes, next_extreme),
	KUNIT_CASE_PARAM(drive_i19_error_of_unmap, next_error),
	KUNIT_CASE_PARAM(drive_i19_error_of_attach, next_error),
	KUNIT_CASE_PARAM(drive_i19_error_persists, next_kind),
	KUNIT_CASE(drive_i19_refused_kind),
	KUNIT_CASE_PARAM(drive_i18_stuck, next_extreme),
	KUNIT_CASE_SLOW(drive_i60_no_ack),
	KUNIT_CASE_PARAM(drive_i60_stuck_at_probe, next_extreme),
	KUNIT_CASE_PARAM(drive_i61_error_at_probe, next_error),
	KUNIT_CASE(drive_i22_service_failure),
	KUNIT_CASE_PARAM(drive_i22_interrupts, next_extreme),
	KUNIT_CASE_PARAM(drive_i21_event_overflow, drive_next_profile),
	KUNIT_CASE_PARAM(drive_i62_any_event, next_extreme),
	{ }
};

struct kunit_suite drive_fault_suite = {
	.name = "smmu-sim-drive-fault",
	.test_cases = fault_cases,
};
