// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what firmware says, as the core takes it: two simulated instances, and
 * a device that is not there yet.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/test.h>
#include <linux/iommu.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "../../iommu-seam.h"
#include "sim.h"

static void instance_free(void *sim)
{
	sim_instance_free(sim);
}

static struct sim_instance *instance(struct kunit *test, const char *name)
{
	struct sim_instance *sim = sim_instance_new(name);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, sim);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, instance_free, sim), 0);
	KUNIT_ASSERT_EQ(test, sim_instance_live(sim), 0);
	return sim;
}

/* IDs behind an IOMMU, then some behind another: what the device ends with. */
static void two_iommus(struct kunit *test, struct fwnode_handle *one, struct fwnode_handle *other,
		       int error)
{
	struct platform_device *pdev = platform_device_alloc("smmu-sim-kunit", PLATFORM_DEVID_AUTO);
	const u32 ids[] = { 3, 4 };
	struct iommu_fwspec *fwspec;
	struct device *dev;

	KUNIT_ASSERT_NOT_NULL(test, pdev);
	dev = &pdev->dev;
	KUNIT_EXPECT_EQ(test, dev_set_name(dev, "kunit-firmware"), 0);
	KUNIT_EXPECT_EQ(test, iommu_seam_fwspec(dev, one, &ids[0], 1, 0), 0);
	KUNIT_EXPECT_EQ(test, iommu_seam_fwspec(dev, one, &ids[1], 1, 0), 0);
	fwspec = dev_iommu_fwspec_get(dev);
	KUNIT_EXPECT_NOT_NULL(test, fwspec);
	if (fwspec) {
		KUNIT_EXPECT_EQ(test, fwspec->num_ids, 2);
		KUNIT_EXPECT_EQ(test, fwspec->ids[0], 3);
		KUNIT_EXPECT_EQ(test, fwspec->ids[1], 4);
	}
	KUNIT_EXPECT_EQ(test, iommu_seam_fwspec(dev, other, &ids[0], 1, 0), error);
	KUNIT_EXPECT_NULL(test, dev_iommu_fwspec_get(dev));
	/* The core frees it with a device that it has seen. */
	kfree(dev->iommu);
	dev->iommu = NULL;
	platform_device_put(pdev);
}

/* I-52: IDs of a second IOMMU are not taken for IDs of the first. */
static void firmware_i52_one_iommu(struct kunit *test)
{
	struct sim_instance *a = instance(test, "kunit-firmware-a");
	struct sim_instance *b = instance(test, "kunit-firmware-b");

	two_iommus(test, a->fwnode, b->fwnode, -EINVAL);
}

/* I-52: nor is the first all of them, because the second is not there yet. */
static void firmware_i52_not_there_yet(struct kunit *test)
{
	struct sim_instance *a = instance(test, "kunit-firmware-a");
	struct fwnode_handle *later = fwnode_create_software_node(NULL, NULL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, later);
	two_iommus(test, a->fwnode, later, -EPROBE_DEFER);
	fwnode_remove_software_node(later);
}

static struct kunit_case firmware_cases[] = {
	KUNIT_CASE(firmware_i52_one_iommu),
	KUNIT_CASE(firmware_i52_not_there_yet),
	{ }
};

static struct kunit_suite firmware_suite = {
	.name = "smmu-sim-firmware",
	.test_cases = firmware_cases,
};

kunit_test_suite(firmware_suite);
