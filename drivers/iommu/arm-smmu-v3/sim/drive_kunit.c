// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver at work on simulated instances: whatever it does, nothing that
 * any TLB could be holding may be left where it must not be.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/test.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "sim.h"

struct drive {
	struct kunit *test;
	struct sim_instance *sim;
	struct sim_master *master;
};

static void drive_end(void *data)
{
	struct drive *d = data;

	KUNIT_EXPECT_EQ(d->test, d->sim->core ? d->sim->core->stats.violations : 0, 0);
	sim_instance_free(d->sim);
}

static struct drive *drive_start(struct kunit *test, const char *profile)
{
	struct drive *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, d);
	d->test = test;
	d->sim = sim_instance_new("kunit");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, d->sim);
	KUNIT_ASSERT_TRUE(test, sim_profile(profile, &d->sim->config.ids));
	d->master = sim_master_new(d->sim, "m", SIM_PLATFORM);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, d->master);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, drive_end, d), 0);
	KUNIT_ASSERT_EQ(test, sim_instance_live(d->sim), 0);
	return d;
}

static enum ssim_outcome touch(struct drive *d, u64 addr, bool write, u64 *pa)
{
	const struct ssim_txn txn = { .sid = d->master->sids[0], .addr = addr, .write = write };
	struct ssim_result result;

	guard(raw_spinlock_irqsave)(&sim_lock);
	ssim_translate(d->sim->core, &txn, &result);
	*pa = result.pa;
	return result.outcome;
}

static void drive_map(struct kunit *test)
{
	struct drive *d = drive_start(test, test->param_value);
	struct iommu_domain *domain;
	u64 pa;

	domain = iommu_paging_domain_alloc(d->master->dev);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, domain);
	KUNIT_EXPECT_EQ(test, iommu_attach_device(domain, d->master->dev), 0);
	KUNIT_EXPECT_EQ(test, iommu_map(domain, SZ_2M, SZ_16M, SZ_2M + SZ_64K,
					IOMMU_READ | IOMMU_WRITE, GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, touch(d, SZ_2M + SZ_64K + 8, true, &pa), OUT_OK);
	KUNIT_EXPECT_EQ(test, pa, SZ_16M + SZ_64K + 8);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, SZ_2M, SZ_2M + SZ_64K), SZ_2M + SZ_64K);
	KUNIT_EXPECT_EQ(test, touch(d, SZ_2M + 8, false, &pa), OUT_ABORT);
	iommu_detach_device(domain, d->master->dev);
	iommu_domain_free(domain);
	kunit_info(test, "%llu commands, %llu stores, %llu held at most, %llu checks",
		   d->sim->core->stats.commands, d->sim->core->stats.stores,
		   d->sim->core->stats.most, d->sim->core->stats.checks);
}

static const void *next_profile(const void *prev, char *desc)
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

static struct kunit_case drive_cases[] = {
	KUNIT_CASE_PARAM(drive_map, next_profile),
	{ }
};

static struct kunit_suite drive_suite = {
	.name = "smmu-sim-drive",
	.test_cases = drive_cases,
};

kunit_test_suite(drive_suite);

MODULE_IMPORT_NS(SMMU_SIM);
