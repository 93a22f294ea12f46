// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams as a devicetree names them: each belongs to the instance that stands before
 * it, and to no other (I-52).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "suite.h"
#include "../smmu.h"

#define ROOM	4	/* for IDs */

/*
 * A device with a node of its own, or none, and what stands for two instances; no core
 * knows of it.
 */
struct described {
	struct device_node first, second, node;
	struct property iommus;
	struct device dev;
	struct dev_iommu iommu;
	struct iommu_fwspec *fwspec;
};

static const struct kobj_type node_type = { };

static void node_make(struct device_node *node, const char *name)
{
	node->full_name = name;
	fwnode_init(&node->fwnode, &of_fwnode_ops);
	/* Who prints it takes a reference. */
	kobject_init(&node->kobj, &node_type);
}

static struct described *described(struct kunit *test, bool by_property)
{
	struct described *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, d);
	node_make(&d->first, "first");
	node_make(&d->second, "second");
	node_make(&d->node, "node");
	d->iommus.name = "iommus";
	if (by_property)
		d->node.properties = &d->iommus;
	/* Grown by the core, so not of KUnit */
	d->fwspec = kzalloc(struct_size(d->fwspec, ids, ROOM), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, d->fwspec);
	d->fwspec->iommu_fwnode = of_fwnode_handle(&d->first);
	d->iommu.fwspec = d->fwspec;
	d->dev.init_name = "described";
	d->dev.bus = &platform_bus_type;
	d->dev.of_node = &d->node;
	d->dev.iommu = &d->iommu;
	return d;
}

static int xlate(struct described *d, struct device_node *smmu, unsigned int cells, u32 sid)
{
	struct of_phandle_args args = { .np = smmu, .args_count = cells, .args = { sid } };

	return smmu_of_xlate(&d->dev, &args);
}

static void ids_are(struct kunit *test, struct described *d, unsigned int num, u32 last)
{
	const struct iommu_fwspec *fwspec = d->iommu.fwspec;

	KUNIT_ASSERT_EQ(test, fwspec->num_ids, num);
	if (num)
		KUNIT_EXPECT_EQ(test, fwspec->ids[num - 1], last);
}

static void master_i52_streams_of_one(struct kunit *test)
{
	struct described *d = described(test, true);

	KUNIT_EXPECT_EQ(test, xlate(d, &d->first, 1, 7), 0);
	ids_are(test, d, 1, 7);
	KUNIT_EXPECT_EQ(test, xlate(d, &d->first, 1, 9), 0);
	ids_are(test, d, 2, 9);
	KUNIT_EXPECT_EQ(test, xlate(d, &d->first, 2, 11), -EINVAL);
	ids_are(test, d, 2, 9);
	kfree(d->iommu.fwspec);
}

/* The property still has them when the device is probed. */
static void master_i52_streams_of_another(struct kunit *test)
{
	struct described *d = described(test, true);

	KUNIT_EXPECT_EQ(test, xlate(d, &d->first, 1, 7), 0);
	KUNIT_EXPECT_EQ(test, xlate(d, &d->second, 1, 8), 0);
	ids_are(test, d, 1, 7);
	KUNIT_EXPECT_EQ(test, xlate(d, &d->second, 2, 8), -EINVAL);
	KUNIT_EXPECT_EQ(test, xlate(d, &d->first, 1, 9), 0);
	ids_are(test, d, 2, 9);
	kfree(d->iommu.fwspec);
}

/* A map of IDs, as PCI host bridges have it, cannot be asked again. */
static void master_i52_no_property(struct kunit *test)
{
	struct described *d = described(test, false);

	KUNIT_EXPECT_EQ(test, xlate(d, &d->first, 1, 7), 0);
	KUNIT_EXPECT_EQ(test, xlate(d, &d->second, 1, 8), -EINVAL);
	ids_are(test, d, 1, 7);
	kfree(d->iommu.fwspec);
}

static struct kunit_case master_cases[] = {
	KUNIT_CASE(master_i52_streams_of_one),
	KUNIT_CASE(master_i52_streams_of_another),
	KUNIT_CASE(master_i52_no_property),
	{ }
};

static struct kunit_suite master_suite = {
	.name = "smmu-v3-master",
	.test_cases = master_cases,
};

kunit_test_suite(master_suite);
