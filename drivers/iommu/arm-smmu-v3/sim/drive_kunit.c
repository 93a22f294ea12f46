// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver at work on simulated instances: whatever it does, nothing that
 * any TLB could be holding may be left where it must not be.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <uapi/linux/iommufd.h>

#include "../../iommu-priv.h"
#include "drive.h"

struct drive_total drive_total;

static struct device *device(struct drive *d, unsigned int master)
{
	return d->master[master]->dev;
}

static int set_domain(struct device *dev, struct iommu_domain *to)
{
	struct iommu_group *group = iommu_group_get(dev);
	int ret = group ? iommu_group_replace_domain(group, to) : -ENODEV;

	iommu_group_put(group);
	return ret;
}

static void go_home(struct drive *d)
{
	unsigned int i;

	for (i = 0; i < d->masters; i++)
		if (device(d, i) && d->home[i] &&
		    iommu_get_domain_for_dev(device(d, i)) != d->home[i])
			KUNIT_EXPECT_EQ(d->test, set_domain(device(d, i), d->home[i]), 0);
}

static void settle(struct drive *d)
{
	const struct ssim_stats *stats = &d->sim->core->stats;

	/* What is broken to the end stays quiet to the end. */
	if (d->broken)
		d->excused += stats->violations;
	KUNIT_EXPECT_EQ(d->test, stats->violations, d->excused);
	/* I-20: not even by an instance that fails is the driver led to such a command. */
	if (stats->illegal)
		pr_err("smmu-sim %s: I-20 is violated: %llu illegal commands\n", d->sim->name,
		       stats->illegal);
	KUNIT_EXPECT_EQ(d->test, stats->illegal, 0);
	/* What does not fit at the start will not fit later either; one says that it is not all. */
	if (d->lost <= 1)
		KUNIT_EXPECT_EQ(d->test, stats->lost, d->lost);
	drive_total.checks += stats->checks;
	drive_total.most = max(drive_total.most, stats->most);
	drive_total.faults += stats->faults;
	drive_total.violations += stats->violations - d->excused;
}

static void drive_end(void *data)
{
	struct drive *d = data;

	if (d->sim->live) {
		go_home(d);
		while (d->domains)
			iommu_domain_free(d->domain[--d->domains]);
		settle(d);
		/* The case's reports stand before its end in the log. */
		sim_report_flush();
	}
	sim_instance_free(d->sim);
}

/**
 * drive_describe() - an instance that is not live
 * @test: the test; the instance goes with it
 * @ids: its ID registers
 * @masters: on the platform, DRIVE_MASTERS at most
 *
 * Return: the instance.
 */
struct drive *drive_describe(struct kunit *test, const struct ssim_ids *ids, unsigned int masters)
{
	struct drive *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);
	char name[] = "m0";

	KUNIT_ASSERT_NOT_NULL(test, d);
	d->test = test;
	d->sim = sim_instance_new("kunit");
	if (PTR_ERR_OR_ZERO(d->sim) == -EEXIST)
		d->sim = sim_instance_new("kunit2");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, d->sim);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, drive_end, d), 0);
	d->sim->config.ids = *ids;
	for (; d->masters < masters; d->masters++) {
		name[1] = '0' + d->masters;
		d->master[d->masters] = sim_master_new(d->sim, name, SIM_PLATFORM);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, d->master[d->masters]);
	}
	return d;
}

/**
 * drive_live() - let the driver have it
 * @d: of drive_describe()
 *
 * Return: 0, or why it does not want it.
 */
int drive_live(struct drive *d)
{
	int ret = sim_instance_live(d->sim);
	unsigned int i;

	for (i = 0; !ret && i < d->masters; i++)
		d->home[i] = iommu_get_domain_for_dev(device(d, i));
	/* Of a large stream table not all can be held, which is known from the start. */
	if (!ret)
		d->lost = d->sim->core->stats.lost;
	return ret;
}

/* All of it at once, for a profile that must work. */
struct drive *drive_start(struct kunit *test, const char *profile, unsigned int masters)
{
	struct ssim_ids ids;
	struct drive *d;

	KUNIT_ASSERT_TRUE(test, sim_profile(profile, &ids));
	d = drive_describe(test, &ids, masters);
	KUNIT_ASSERT_EQ(test, drive_live(d), 0);
	return d;
}

/* Before the test ends, so that another can be made. */
void drive_stop(struct drive *d)
{
	kunit_release_action(d->test, drive_end, d);
}

/* From here on, or no more: violations are not the driver's fault. */
void drive_break(struct drive *d, bool broken)
{
	struct ssim *core = d->sim->core;

	guard(raw_spinlock_irqsave)(&sim_lock);
	if (broken && !d->broken) {
		d->excused -= core->stats.violations;
		d->loud = core->ops;
		d->quiet = *core->ops;
		d->quiet.report = NULL;
		core->ops = &d->quiet;
	}
	if (!broken && d->broken) {
		d->excused += core->stats.violations;
		core->ops = d->loud;
	}
	d->broken = broken;
}

const void *drive_next_profile(const void *prev, char *desc)
{
	unsigned int i = 0;

	while (prev && sim_profile_name(i) && sim_profile_name(i) != prev)
		i++;
	if (prev)
		i++;
	if (!sim_profile_name(i))
		return NULL;
	strscpy(desc, sim_profile_name(i), KUNIT_PARAM_DESC_SIZE);
	return sim_profile_name(i);
}

/**
 * drive_domain() - a domain that goes with the test
 * @d: live
 * @kind: what for
 *
 * Return: the domain; NULL where the instance has no such thing.
 */
struct iommu_domain *drive_domain(struct drive *d, enum drive_kind kind)
{
	struct device *dev = device(d, 0);
	const struct iommu_ops *ops = dev_iommu_ops(dev);
	struct iommu_domain *domain;

	/* As for the DMA API, so that other instances, QEMU's too, do not restrict it. */
	if (kind == DRIVE_DIRTY)
		domain = ops->domain_alloc_user(dev, IOMMU_HWPT_ALLOC_DIRTY_TRACKING, NULL, NULL);
	else
		domain = ops->domain_alloc_paging(dev);
	if (kind == DRIVE_DIRTY && IS_ERR(domain))
		return NULL;
	KUNIT_ASSERT_NOT_ERR_OR_NULL(d->test, domain);
	domain->type = IOMMU_DOMAIN_UNMANAGED;
	domain->owner = ops;
	/* Which drivers leave to the core. */
	domain->ops = domain->ops ?: ops->default_domain_ops;
	if (kind == DRIVE_STAGE2 && iommu_enable_nesting(domain)) {
		iommu_domain_free(domain);
		return NULL;
	}
	KUNIT_ASSERT_LT(d->test, d->domains, DRIVE_DOMAINS);
	d->domain[d->domains++] = domain;
	return domain;
}

int drive_move(struct drive *d, unsigned int master, struct iommu_domain *to)
{
	return set_domain(device(d, master), to);
}

/* Let a PASID of a master lead to a domain, or to it no more. */
int drive_pasid(struct drive *d, unsigned int master, u32 pasid, struct iommu_domain *domain,
		bool attach)
{
	if (attach)
		return iommu_attach_device_pasid(domain, device(d, master), pasid, NULL);
	iommu_detach_device_pasid(domain, device(d, master), pasid);
	return 0;
}

struct iommu_domain *drive_identity(struct drive *d)
{
	return dev_iommu_ops(device(d, 0))->identity_domain;
}

struct iommu_domain *drive_blocked(struct drive *d)
{
	return dev_iommu_ops(device(d, 0))->blocked_domain;
}

static bool is_stalled(struct drive *d, u16 stag)
{
	const struct ssim *core = d->sim->core;
	unsigned int i;

	guard(raw_spinlock_irqsave)(&sim_lock);
	for (i = 0; i < SSIM_STALLS; i++)
		if (core->stalls[i].used && core->stalls[i].stag == stag)
			return true;
	return false;
}

/* The driver ends what stalls (I-38). */
static void await_resume(struct drive *d, u32 sid, u16 stag)
{
	unsigned int i;

	for (i = 0; i < 20000 && is_stalled(d, stag); i++)
		usleep_range(50, 100);
	if (is_stalled(d, stag))
		pr_err("smmu-sim %s: I-38 is violated: a stall has no answer\n", d->sim->name);
	KUNIT_EXPECT_FALSE(d->test, is_stalled(d, stag));
	guard(raw_spinlock_irqsave)(&sim_lock);
	ssim_stall_term(d->sim->core, sid);
}

/* A transaction of a master's first stream. */
enum ssim_outcome drive_touch(struct drive *d, unsigned int master, u64 addr, bool write, u64 *pa)
{
	const struct ssim_txn txn = {
		.sid = d->master[master]->sids[0], .addr = addr, .write = write,
	};
	struct ssim_result result;

	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		ssim_translate(d->sim->core, &txn, &result);
	*pa = result.pa;
	if (result.outcome != OUT_STALLED)
		return result.outcome;
	await_resume(d, txn.sid, result.stag);
	return OUT_ABORT;
}

bool drive_reaches(struct drive *d, unsigned int master, u64 addr, u64 pa)
{
	enum ssim_outcome outcome;
	u64 got;

	outcome = drive_touch(d, master, addr, true, &got);
	if (outcome == OUT_OK && got == pa)
		return true;
	kunit_info(d->test, "%#llx: outcome %d at %#llx, not at %#llx", addr, outcome, got, pa);
	return false;
}

bool drive_aborts(struct drive *d, unsigned int master, u64 addr)
{
	u64 pa;

	return drive_touch(d, master, addr, false, &pa) == OUT_ABORT;
}

void drive_map(struct drive *d, struct iommu_domain *domain, u64 iova, u64 pa, u64 size)
{
	KUNIT_EXPECT_EQ(d->test, iommu_map(domain, iova, pa, size, IOMMU_READ | IOMMU_WRITE,
					   GFP_KERNEL), 0);
}

static void unmapped(struct drive *d, unsigned int master, u64 iova, u64 size)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	ssim_check_unmapped(d->sim->core, d->master[master]->sids[0], 0, false, iova, size);
}

/* Unmap, and nothing leads there any more, whoever looks, wherever it is held. */
void drive_unmap(struct drive *d, struct iommu_domain *domain, u64 iova, u64 pa, u64 size)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(d->test, iommu_unmap(domain, iova, size), size);
	if (d->broken)
		return;
	KUNIT_EXPECT_TRUE(d->test, drive_page_reuse(d, pa, size));
	for (i = 0; i < d->masters; i++)
		if (iommu_get_domain_for_dev(device(d, i)) == domain)
			unmapped(d, i, iova, size);
}

/* Of a domain that tracks writes: forget those of a range, as a migration does. */
void drive_clear_dirty(struct drive *d, struct iommu_domain *domain, u64 iova, u64 size)
{
	struct iommu_iotlb_gather gather;
	struct iommu_dirty_bitmap dirty;

	iommu_dirty_bitmap_init(&dirty, NULL, &gather);
	KUNIT_EXPECT_EQ(d->test, domain->dirty_ops->read_and_clear_dirty(domain, iova, size, 0,
									 &dirty), 0);
	iommu_iotlb_sync(domain, &gather);
}

/* The pages of @pa get a new owner. */
bool drive_page_reuse(struct drive *d, u64 pa, u64 size)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	return ssim_check_page_reuse(d->sim->core, pa, size);
}

/* A change of a master's configuration is complete. */
bool drive_config(struct drive *d, unsigned int master)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	return ssim_check_config(d->sim->core, d->master[master]->sids[0]);
}

/* The instance goes to sleep; a driver that cannot do that is not asked further. */
void drive_sleep(struct drive *d)
{
	int ret = sim_instance_sleep(d->sim);

	if (ret == -EOPNOTSUPP)
		kunit_skip(d->test, "the kernel or the driver does not sleep");
	KUNIT_ASSERT_EQ(d->test, ret, 0);
}

void drive_wake(struct drive *d)
{
	KUNIT_ASSERT_EQ(d->test, sim_instance_wake(d->sim), 0);
}

/* The last suite, whose case says what all have done. */
static void drive_summary(struct kunit *test)
{
	const struct drive_total *t = &drive_total;

	pr_info("smmu-sim: %llu ID-register combinations driven, %llu checkpoints evaluated, %llu entries held (most), %llu faults injected, %llu violations\n",
		t->combinations, t->checks, t->most, t->faults, t->violations);
	KUNIT_EXPECT_EQ(test, t->violations, 0);
}

static struct kunit_case summary_cases[] = {
	KUNIT_CASE(drive_summary),
	{ }
};

static struct kunit_suite summary_suite = {
	.name = "smmu-sim-drive-summary",
	.test_cases = summary_cases,
};

/* What is about one rule before what is about all: it is named by what fails first. */
kunit_test_suites(&drive_entry_suite, &drive_rules_suite, &drive_fault_suite, &drive_edge_suite,
		  &drive_ats_suite, &drive_map_suite, &drive_mix_suite, &drive_move_suite,
		  &drive_sleep_suite, &drive_crash_suite, &drive_tags_suite, &drive_ids_suite,
		  &summary_suite);

MODULE_IMPORT_NS(SMMU_SIM);
MODULE_IMPORT_NS(IOMMUFD_INTERNAL);
