/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An IOMMU that has no hardware, for the KUnit suites of io-pgfault.c and
 * iommu-sva.c: the real IOMMU core above it, a list of what it was told below.
 * Each suite has its own copy.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef __IOMMU_FAKE_KUNIT_H
#define __IOMMU_FAKE_KUNIT_H

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/iommu.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "io-pgfault.h"
#include "iommu-priv.h"

#define FAKE_NAME	"iommu-fake"
#define FAKE_DEVICES	2
#define FAKE_PASID_BITS	8
#define FAKE_LOG	64

/* Flags of requests, spelled once; the values are those of the public header. */
#define REQ_LAST	IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE
#define REQ_PASID	IOMMU_FAULT_PAGE_REQUEST_PASID_VALID
#define REQ_RESP_PASID	IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID
#define PERM_R		IOMMU_FAULT_PERM_READ
#define PERM_W		IOMMU_FAULT_PERM_WRITE
#define PERM_X		IOMMU_FAULT_PERM_EXEC

struct fake_answer {
	struct device *dev;
	u32 grpid, pasid, code;
	u64 addr;
};

static struct {
	struct iommu_device iommu;
	struct platform_device *pdev[FAKE_DEVICES];
	struct mutex lock;	/* protects log, nr */
	struct fake_answer log[FAKE_LOG];
	unsigned int nr;
	/* Counts answers by group index, where a test wants that many. */
	atomic_t *tally;
	/* What the next attachments to a PASID return, and how often. */
	int attach_err;
	unsigned int attach_err_for;
	/* Calls so far, and SVA domains that exist. */
	unsigned int attached, removed, domains;
	struct iommu_domain *last_domain;
	bool flush_on_remove;
} fake = {
	.lock = __MUTEX_INITIALIZER(fake.lock),
};

static void fake_page_response(struct device *dev, struct iopf_fault *evt,
			       struct iommu_page_response *resp)
{
	guard(mutex)(&fake.lock);
	if (fake.tally) {
		atomic_inc(&fake.tally[resp->grpid]);
		return;
	}
	if (fake.nr < FAKE_LOG)
		fake.log[fake.nr] = (struct fake_answer) {
			.dev = dev, .grpid = resp->grpid, .pasid = resp->pasid,
			.code = resp->code, .addr = evt->fault.prm.addr,
		};
	fake.nr++;
}

static unsigned int fake_answers(void)
{
	guard(mutex)(&fake.lock);
	return fake.nr;
}

static int fake_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	return 0;
}

static int fake_set_dev_pasid(struct iommu_domain *domain, struct device *dev,
			      ioasid_t pasid, struct iommu_domain *old)
{
	if (fake.attach_err && fake.attach_err_for) {
		fake.attach_err_for--;
		return fake.attach_err;
	}
	fake.attached++;
	fake.last_domain = domain;
	return 0;
}

static void fake_remove_dev_pasid(struct device *dev, ioasid_t pasid,
				  struct iommu_domain *domain)
{
	fake.removed++;
	if (fake.flush_on_remove)
		iopf_queue_flush_dev(dev);
}

static void fake_domain_free(struct iommu_domain *domain)
{
	fake.domains--;
	kfree(domain);
}

static const struct iommu_domain_ops fake_static_ops = {
	.attach_dev	= fake_attach_dev,
	.set_dev_pasid	= fake_set_dev_pasid,
};

static const struct iommu_domain_ops fake_sva_ops = {
	.set_dev_pasid	= fake_set_dev_pasid,
	.free		= fake_domain_free,
};

static struct iommu_domain *fake_domain_alloc_sva(struct device *dev,
						  struct mm_struct *mm)
{
	struct iommu_domain *domain = kzalloc(sizeof(*domain), GFP_KERNEL);

	if (!domain)
		return ERR_PTR(-ENOMEM);
	domain->ops = &fake_sva_ops;
	fake.domains++;
	return domain;
}

static struct iommu_domain fake_blocked = {
	.type	= IOMMU_DOMAIN_BLOCKED,
	.ops	= &fake_static_ops,
};

static struct iommu_device *fake_probe_device(struct device *dev)
{
	if (dev->bus != &platform_bus_type ||
	    strcmp(to_platform_device(dev)->name, FAKE_NAME))
		return ERR_PTR(-ENODEV);
	return &fake.iommu;
}

/* Not constant: tests take ops away. */
static struct iommu_ops fake_ops = {
	.owner			= THIS_MODULE,
	.default_domain		= &fake_blocked,
	.blocked_domain		= &fake_blocked,
	.pgsize_bitmap		= PAGE_SIZE,
	.probe_device		= fake_probe_device,
	.device_group		= generic_device_group,
	.domain_alloc_sva	= fake_domain_alloc_sva,
	.remove_dev_pasid	= fake_remove_dev_pasid,
	.page_response		= fake_page_response,
	.default_domain_ops	= &fake_static_ops,
};

static int fake_suite_init(struct kunit_suite *suite)
{
	int ret;

	fake.iommu.max_pasids = 1U << FAKE_PASID_BITS;
	ret = iommu_device_sysfs_add(&fake.iommu, NULL, NULL, FAKE_NAME);
	if (ret)
		return ret;
	ret = iommu_device_register(&fake.iommu, &fake_ops, NULL);
	if (ret)
		iommu_device_sysfs_remove(&fake.iommu);
	return ret;
}

static void fake_suite_exit(struct kunit_suite *suite)
{
	iommu_device_unregister(&fake.iommu);
	iommu_device_sysfs_remove(&fake.iommu);
}

static struct device *fake_dev(unsigned int i)
{
	return &fake.pdev[i]->dev;
}

static void fake_exit(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < FAKE_DEVICES; i++) {
		if (!IS_ERR_OR_NULL(fake.pdev[i]))
			platform_device_unregister(fake.pdev[i]);
		fake.pdev[i] = NULL;
	}
}

static int fake_init(struct kunit *test)
{
	const struct property_entry props[] = {
		PROPERTY_ENTRY_U32("pasid-num-bits", FAKE_PASID_BITS),
		{ }
	};
	const struct platform_device_info info = {
		.name		= FAKE_NAME,
		.id		= PLATFORM_DEVID_AUTO,
		.properties	= props,
	};
	unsigned int i;

	fake.nr = 0;
	fake.tally = NULL;
	fake.attach_err = 0;
	fake.attached = 0;
	fake.removed = 0;
	fake.flush_on_remove = false;
	iopf_timeout_ms = 10000;

	for (i = 0; i < FAKE_DEVICES; i++) {
		fake.pdev[i] = platform_device_register_full(&info);
		if (IS_ERR(fake.pdev[i])) {
			fake_exit(test);
			return -ENODEV;
		}
	}

	/* Another IOMMU that needs no firmware description comes first. */
	if (!fake_dev(0)->iommu_group) {
		fake_exit(test);
		kunit_skip(test, "devices belong to another IOMMU");
	}
	return 0;
}

static int fake_report(unsigned int dev, u32 flags, u32 pasid, u32 grpid,
		       u32 perm, u64 addr)
{
	struct iopf_fault evt = {
		.fault = {
			.type = IOMMU_FAULT_PAGE_REQ,
			.prm = {
				.flags = flags, .pasid = pasid, .grpid = grpid,
				.perm = perm, .addr = addr,
			},
		},
	};

	return iommu_report_device_fault(fake_dev(dev), &evt);
}

/* Wait for an answer, for at most @ms. */
static bool fake_wait_answer(unsigned int ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms) + 1;

	while (!fake_answers() && time_before(jiffies, end))
		fsleep(1000);
	return fake_answers();
}

/* The only answer so far is this one, to the Last request at @addr. */
static void fake_expect_one(struct kunit *test, unsigned int dev, u32 grpid,
			    u32 pasid, u32 code, u64 addr)
{
	KUNIT_ASSERT_EQ(test, fake_answers(), 1);
	KUNIT_EXPECT_PTR_EQ(test, fake.log[0].dev, fake_dev(dev));
	KUNIT_EXPECT_EQ(test, fake.log[0].grpid, grpid);
	KUNIT_EXPECT_EQ(test, fake.log[0].pasid, pasid);
	KUNIT_EXPECT_EQ(test, fake.log[0].code, code);
	KUNIT_EXPECT_EQ(test, fake.log[0].addr, addr);
}

#endif /* __IOMMU_FAKE_KUNIT_H */
