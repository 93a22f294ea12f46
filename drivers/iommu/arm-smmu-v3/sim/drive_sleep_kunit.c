// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver and instances that sleep: they lose their registers, keep in their
 * caches whatever they like, and are not touched meanwhile (I-55).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>

#include "drive.h"

#define IOVA_A		SZ_1G
#define IOVA_B		(SZ_1G + SZ_256M)
#define IOVA_C		(SZ_1G + SZ_512M)
#define PA_A		SZ_256M
#define PA_B		SZ_512M
#define PA_C		(SZ_512M + SZ_256M)
#define SIZE		SZ_64K
#define RACES		16

static struct drive *start(struct kunit *test, unsigned int masters)
{
	struct drive *d = drive_start(test, test->param_value ?: "everything", masters);

	KUNIT_ASSERT_EQ(test, drive_move(d, 0, drive_domain(d, DRIVE_PLAIN)), 0);
	return d;
}

static void fall_asleep(struct drive *d)
{
	drive_sleep(d);
	KUNIT_EXPECT_EQ(d->test, sim_instance_sleep(d->sim), -EALREADY);
}

static void awaken(struct drive *d)
{
	drive_wake(d);
	KUNIT_EXPECT_EQ(d->test, sim_instance_wake(d->sim), 0);
}

static u64 commands(struct drive *d)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	return d->sim->core->stats.commands;
}

static bool events_taken(struct drive *d)
{
	const struct ssim *core = d->sim->core;

	guard(raw_spinlock_irqsave)(&sim_lock);
	return core->evtq.prod && core->evtq.prod == core->evtq.cons;
}

/* Interrupts find the driver: nobody else would take the event. */
static void expect_report(struct drive *d, u64 iova)
{
	unsigned int i;

	KUNIT_EXPECT_TRUE(d->test, drive_aborts(d, 0, iova));
	for (i = 0; i < 1000 && !events_taken(d); i++)
		usleep_range(1000, 2000);
	KUNIT_EXPECT_TRUE(d->test, events_taken(d));
}

static u32 gbpa(struct drive *d)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	return d->sim->core->gbpa_now;
}

/* What firmware may have chosen for DMA that is not translated: other than out of reset. */
static u32 preset_gbpa(struct drive *d)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	d->sim->core->gbpa = 0x00041215;
	d->sim->core->gbpa_now = d->sim->core->gbpa;
	return d->sim->core->gbpa;
}

/* All is as it was: translation, interrupts, and commands complete. */
static void drive_i55_restored(struct kunit *test)
{
	struct drive *d = start(test, 1);
	struct iommu_domain *domain = d->domain[0];
	u32 before = preset_gbpa(d);
	unsigned int i;

	drive_map(d, domain, IOVA_A, PA_A, SIZE);
	drive_map(d, domain, IOVA_B, PA_B, SIZE);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_A, PA_A));
		fall_asleep(d);
		KUNIT_EXPECT_TRUE(test, drive_aborts(d, 0, IOVA_A));
		awaken(d);
		KUNIT_EXPECT_EQ(test, gbpa(d), before);
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_B, PA_B));
		expect_report(d, IOVA_C);
		drive_unmap(d, domain, IOVA_B, PA_B, SIZE);
		KUNIT_EXPECT_TRUE(test, drive_aborts(d, 0, IOVA_B));
		drive_map(d, domain, IOVA_B, PA_B, SIZE);
	}
	drive_unmap(d, domain, IOVA_A, PA_A, SIZE);
	drive_unmap(d, domain, IOVA_B, PA_B, SIZE);
}

/* What changes meanwhile changes memory; nothing waits, and nothing is sent. */
static void drive_i55_unmapped_meanwhile(struct kunit *test)
{
	struct drive *d = start(test, 2);
	struct iommu_domain *domain = d->domain[0], *other = drive_domain(d, DRIVE_PLAIN);
	u64 before;

	drive_map(d, domain, IOVA_A, PA_A, SIZE);
	drive_map(d, domain, IOVA_B, PA_B, SIZE);
	drive_map(d, other, IOVA_A, PA_C, SIZE);
	KUNIT_EXPECT_EQ(test, drive_move(d, 1, domain), 0);
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_A, PA_A));
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 1, IOVA_B, PA_B));
	fall_asleep(d);
	before = commands(d);
	drive_unmap(d, domain, IOVA_A, PA_A, SIZE);
	drive_map(d, domain, IOVA_C, PA_A, SIZE);
	KUNIT_EXPECT_EQ(test, drive_move(d, 1, other), 0);
	KUNIT_EXPECT_EQ(test, commands(d), before);
	awaken(d);
	KUNIT_EXPECT_TRUE(test, drive_aborts(d, 0, IOVA_A));
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_B, PA_B));
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_C, PA_A));
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 1, IOVA_A, PA_C));
	KUNIT_EXPECT_TRUE(test, drive_aborts(d, 1, IOVA_B));
	KUNIT_EXPECT_EQ(test, drive_move(d, 1, d->home[1]), 0);
	drive_unmap(d, domain, IOVA_B, PA_B, SIZE);
	drive_unmap(d, domain, IOVA_C, PA_A, SIZE);
	drive_unmap(d, other, IOVA_A, PA_C, SIZE);
}

/* Who stops serving faults looks through the queues, which are not there. */
static void drive_i55_flushed_meanwhile(struct kunit *test)
{
	struct ssim_ids ids;
	struct drive *d;

	KUNIT_ASSERT_TRUE(test, sim_profile("everything", &ids));
	d = drive_describe(test, &ids, 1);
	d->master[0]->stall = true;
	KUNIT_ASSERT_EQ(test, drive_live(d), 0);
	if (iommu_dev_enable_feature(d->master[0]->dev, IOMMU_DEV_FEAT_IOPF))
		kunit_skip(test, "faults are not served");
	fall_asleep(d);
	KUNIT_EXPECT_EQ(test, iommu_dev_disable_feature(d->master[0]->dev, IOMMU_DEV_FEAT_IOPF),
			0);
	awaken(d);
}

/* What an untranslated master does aborts while the SMMU sleeps, and passes again after it. */
static void drive_i55_bypass(struct kunit *test)
{
	struct drive *d = start(test, 1);

	KUNIT_EXPECT_EQ(test, drive_move(d, 0, drive_identity(d)), 0);
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, PA_A, PA_A));
	fall_asleep(d);
	KUNIT_EXPECT_TRUE(test, drive_aborts(d, 0, PA_A));
	awaken(d);
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, PA_A, PA_A));
}

struct worker {
	struct drive *d;
	struct iommu_domain *domain;
	struct task_struct *task;
	unsigned int rounds;
};

/* Somebody who does not know that the machine goes to sleep. */
static int work_on(void *data)
{
	struct worker *w = data;

	while (!kthread_should_stop()) {
		drive_map(w->d, w->domain, IOVA_A, PA_A, SIZE);
		drive_unmap(w->d, w->domain, IOVA_A, PA_A, SIZE);
		w->rounds++;
		cond_resched();
	}
	return 0;
}

static void stop_work(void *data)
{
	struct worker *w = data;

	kthread_stop(w->task);
}

static void start_work(struct worker *w)
{
	w->task = kthread_run(work_on, w, "drive-work");
	KUNIT_ASSERT_FALSE(w->d->test, IS_ERR(w->task));
	KUNIT_ASSERT_EQ(w->d->test, kunit_add_action_or_reset(w->d->test, stop_work, w), 0);
}

static void await_work(struct worker *w, unsigned int before)
{
	unsigned int i;

	for (i = 0; i < 100000 && READ_ONCE(w->rounds) == before; i++)
		usleep_range(100, 200);
	KUNIT_EXPECT_NE(w->d->test, READ_ONCE(w->rounds), before);
}

static void set_slow(struct drive *d, unsigned int reads)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	d->sim->core->faults.cons_reads = reads;
}

/* An unmap that meets the sleep or the waking misses neither. */
static void drive_i55_race(struct kunit *test)
{
	struct worker *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	struct drive *d = start(test, 1);
	unsigned int i, before;

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->d = d;
	w->domain = d->domain[0];
	fall_asleep(d);
	start_work(w);
	awaken(d);
	drive_map(d, w->domain, IOVA_B, PA_B, SIZE);
	for (i = 0; i < RACES; i++) {
		before = READ_ONCE(w->rounds);
		set_slow(d, i & 2 ? 8 : 0);
		fall_asleep(d);
		if (i & 1)
			usleep_range(100, 1000);
		awaken(d);
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_B, PA_B));
		await_work(w, before);
	}
	kunit_release_action(test, stop_work, w);
	drive_unmap(d, w->domain, IOVA_B, PA_B, SIZE);
}

static void set_deaf(struct drive *d, bool deaf)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	d->sim->core->faults.no_ack = deaf;
}

/* Registers that do not answer: the instance goes on as it was. */
static void drive_i55_deaf_to_sleep(struct kunit *test)
{
	struct drive *d = start(test, 1);
	struct iommu_domain *domain = d->domain[0];

	fall_asleep(d);
	awaken(d);
	drive_map(d, domain, IOVA_A, PA_A, SIZE);
	set_deaf(d, true);
	KUNIT_EXPECT_EQ(test, sim_instance_sleep(d->sim), -ETIMEDOUT);
	set_deaf(d, false);
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_A, PA_A));
	drive_unmap(d, domain, IOVA_A, PA_A, SIZE);
	KUNIT_EXPECT_TRUE(test, drive_aborts(d, 0, IOVA_A));
}

/* It does not come back: what waits for it fails, in time, and nothing is translated. */
static void drive_i55_deaf_to_waking(struct kunit *test)
{
	struct drive *d = drive_start(test, "everything", 1);
	struct iommu_domain *domain = d->home[0];
	u64 pa;

	/* Nor does it go anywhere else, before the device goes. */
	if (!iommu_is_dma_domain(domain))
		kunit_skip(test, "no domain without translation");
	drive_map(d, domain, IOVA_A, PA_A, SIZE);
	fall_asleep(d);
	set_deaf(d, true);
	drive_break(d, true);
	KUNIT_EXPECT_EQ(test, sim_instance_wake(d->sim), -ETIMEDOUT);
	drive_touch(d, 0, IOVA_A, false, &pa);
	KUNIT_EXPECT_NE(test, pa, PA_A);
	drive_unmap(d, domain, IOVA_A, PA_A, SIZE);
}

/* An instance goes while it sleeps. */
static void drive_i55_gone(struct kunit *test)
{
	struct drive *d = start(test, 1);

	drive_map(d, d->domain[0], IOVA_A, PA_A, SIZE);
	fall_asleep(d);
	drive_unmap(d, d->domain[0], IOVA_A, PA_A, SIZE);
	drive_stop(d);
}

/* An instance that sleeps while no master is awake */

static struct device *master(struct drive *d)
{
	return d->master[0]->dev;
}

static struct drive *start_idle(struct kunit *test)
{
	struct ssim_ids ids;
	struct drive *d;

	KUNIT_ASSERT_TRUE(test, sim_profile(test->param_value ?: "everything", &ids));
	d = drive_describe(test, &ids, 1);
	d->sim->config.power_domain = true;
	KUNIT_ASSERT_EQ(test, drive_live(d), 0);
	if (!pm_runtime_enabled(&d->sim->pdev->dev))
		kunit_skip(test, "the kernel or the driver does not let it sleep");
	pm_runtime_set_autosuspend_delay(&d->sim->pdev->dev, 0);
	KUNIT_ASSERT_EQ(test, pm_runtime_resume_and_get(master(d)), 0);
	KUNIT_ASSERT_EQ(test, drive_move(d, 0, drive_domain(d, DRIVE_PLAIN)), 0);
	return d;
}

static bool is_off(struct drive *d)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	return d->sim->core->off;
}

/* The core lets go of it by work that is queued. */
static void await_off(struct drive *d)
{
	unsigned int i;

	for (i = 0; i < 10000 && !is_off(d); i++) {
		pm_runtime_suspend(&d->sim->pdev->dev);
		usleep_range(100, 1000);
	}
	KUNIT_EXPECT_TRUE(d->test, is_off(d));
}

static void rest(struct drive *d)
{
	KUNIT_EXPECT_EQ(d->test, pm_runtime_put_sync_suspend(master(d)), 0);
	await_off(d);
}

static void work(struct drive *d)
{
	KUNIT_ASSERT_EQ(d->test, pm_runtime_resume_and_get(master(d)), 0);
	KUNIT_EXPECT_FALSE(d->test, is_off(d));
}

/* Without a master that is awake it has no power; with one it has forgotten everything. */
static void drive_i55_idle(struct kunit *test)
{
	struct drive *d = start_idle(test);
	struct iommu_domain *domain = d->domain[0];
	unsigned int i;
	u64 before;

	drive_map(d, domain, IOVA_A, PA_A, SIZE);
	drive_map(d, domain, IOVA_B, PA_B, SIZE);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_A, PA_A));
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_B, PA_B));
		rest(d);
		before = commands(d);
		drive_unmap(d, domain, IOVA_B, PA_B, SIZE);
		drive_map(d, domain, IOVA_C, PA_C, SIZE);
		KUNIT_EXPECT_EQ(test, commands(d), before);
		work(d);
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_A, PA_A));
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_C, PA_C));
		expect_report(d, IOVA_B);
		drive_map(d, domain, IOVA_B, PA_B, SIZE);
		drive_unmap(d, domain, IOVA_C, PA_C, SIZE);
	}
	rest(d);
	drive_unmap(d, domain, IOVA_A, PA_A, SIZE);
	drive_unmap(d, domain, IOVA_B, PA_B, SIZE);
	KUNIT_EXPECT_EQ(test, drive_move(d, 0, d->home[0]), 0);
	KUNIT_EXPECT_TRUE(test, is_off(d));
}

/* As long as one is awake, whoever says that it may sleep. */
static void drive_i55_not_idle(struct kunit *test)
{
	struct drive *d = start_idle(test);

	drive_map(d, d->domain[0], IOVA_A, PA_A, SIZE);
	KUNIT_EXPECT_LT(test, pm_runtime_suspend(&d->sim->pdev->dev), 0);
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_A, PA_A));
	rest(d);
	drive_unmap(d, d->domain[0], IOVA_A, PA_A, SIZE);
}

/* A driver without runtime PM never says when its device is at work: always. */
static void drive_i55_another_driver(struct kunit *test)
{
	struct drive *d = start_idle(test);

	rest(d);
	KUNIT_EXPECT_EQ(test, drive_move(d, 0, d->home[0]), 0);
	device_release_driver(master(d));
	d->sim->config.power_domain = false;
	KUNIT_EXPECT_EQ(test, device_attach(master(d)), 1);
	d->sim->config.power_domain = true;
	KUNIT_EXPECT_FALSE(test, is_off(d));
	pm_runtime_barrier(&d->sim->pdev->dev);
	KUNIT_EXPECT_LT(test, pm_runtime_suspend(&d->sim->pdev->dev), 0);
	KUNIT_EXPECT_FALSE(test, is_off(d));
}

/* As drive_i55_race, for masters that come and go as they like */
static void drive_i55_idle_race(struct kunit *test)
{
	struct worker *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	struct drive *d = start_idle(test);
	unsigned int i, before;

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->d = d;
	w->domain = d->domain[0];
	drive_map(d, w->domain, IOVA_B, PA_B, SIZE);
	start_work(w);
	for (i = 0; i < RACES; i++) {
		before = READ_ONCE(w->rounds);
		rest(d);
		if (i & 1)
			usleep_range(100, 1000);
		work(d);
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_B, PA_B));
		await_work(w, before);
	}
	kunit_release_action(test, stop_work, w);
	drive_unmap(d, w->domain, IOVA_B, PA_B, SIZE);
	rest(d);
}

/* Registers that do not answer keep it awake, and it works. */
static void drive_i55_idle_deaf(struct kunit *test)
{
	struct drive *d = start_idle(test);

	drive_map(d, d->domain[0], IOVA_A, PA_A, SIZE);
	KUNIT_EXPECT_EQ(test, pm_runtime_put_sync_suspend(master(d)), 0);
	await_off(d);
	work(d);
	set_deaf(d, true);
	pm_runtime_get_noresume(&d->sim->pdev->dev);
	KUNIT_EXPECT_EQ(test, pm_runtime_put_sync_suspend(master(d)), 0);
	pm_runtime_barrier(&d->sim->pdev->dev);
	KUNIT_EXPECT_EQ(test, pm_runtime_put_sync_suspend(&d->sim->pdev->dev), -EBUSY);
	set_deaf(d, false);
	KUNIT_EXPECT_FALSE(test, is_off(d));
	work(d);
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_A, PA_A));
	drive_unmap(d, d->domain[0], IOVA_A, PA_A, SIZE);
	KUNIT_EXPECT_TRUE(test, drive_aborts(d, 0, IOVA_A));
}

/* An instance goes while it has no power. */
static void drive_i55_gone_idle(struct kunit *test)
{
	struct drive *d = start_idle(test);

	drive_map(d, d->domain[0], IOVA_A, PA_A, SIZE);
	rest(d);
	drive_unmap(d, d->domain[0], IOVA_A, PA_A, SIZE);
	drive_stop(d);
}

static struct kunit_case sleep_cases[] = {
	KUNIT_CASE_PARAM(drive_i55_restored, drive_next_profile),
	KUNIT_CASE_PARAM(drive_i55_unmapped_meanwhile, drive_next_profile),
	KUNIT_CASE(drive_i55_flushed_meanwhile),
	KUNIT_CASE(drive_i55_bypass),
	KUNIT_CASE(drive_i55_race),
	KUNIT_CASE(drive_i55_deaf_to_sleep),
	KUNIT_CASE(drive_i55_deaf_to_waking),
	KUNIT_CASE(drive_i55_gone),
	KUNIT_CASE_PARAM(drive_i55_idle, drive_next_profile),
	KUNIT_CASE(drive_i55_not_idle),
	KUNIT_CASE(drive_i55_another_driver),
	KUNIT_CASE(drive_i55_idle_race),
	KUNIT_CASE(drive_i55_idle_deaf),
	KUNIT_CASE(drive_i55_gone_idle),
	{ }
};

struct kunit_suite drive_sleep_suite = {
	.name = "smmu-sim-drive-asleep",
	.test_cases = sleep_cases,
};
