// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulator that is registered, and calls to it.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/msi.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/srcu.h>

#include "iommu-seam.h"

/* Tests that bring registers of their own turn it on as well. */
struct static_key_false iommu_seam_key = STATIC_KEY_FALSE_INIT;
EXPORT_SYMBOL_GPL(iommu_seam_key);

static DEFINE_MUTEX(seam_lock);
static const struct iommu_seam_ops __rcu *seam_ops;
/* Of calls that sleep, without keeping @seam_lock from others */
DEFINE_STATIC_SRCU(seam_sleepers);

/**
 * iommu_seam_register() - let a simulator look on
 * @ops: what it does; stays until iommu_seam_unregister()
 *
 * Context: may sleep.
 *
 * Return: 0, or -EBUSY when there is one.
 */
int iommu_seam_register(const struct iommu_seam_ops *ops)
{
	guard(mutex)(&seam_lock);
	if (rcu_access_pointer(seam_ops))
		return -EBUSY;
	rcu_assign_pointer(seam_ops, ops);
	static_branch_inc(&iommu_seam_key);
	return 0;
}
EXPORT_SYMBOL_GPL(iommu_seam_register);

/**
 * iommu_seam_unregister() - take the registered simulator away
 *
 * Context: may sleep. No call to it is running at the return.
 */
void iommu_seam_unregister(void)
{
	guard(mutex)(&seam_lock);
	static_branch_dec(&iommu_seam_key);
	RCU_INIT_POINTER(seam_ops, NULL);
	synchronize_rcu();
	synchronize_srcu(&seam_sleepers);
}
EXPORT_SYMBOL_GPL(iommu_seam_unregister);

/**
 * iommu_seam_fwspec() - tell the core which streams a device has
 * @dev: a simulated device that is not added yet
 * @iommu: the node of its IOMMU
 * @ids: stream IDs
 * @num: how many
 * @flags: IOMMU_FWSPEC_*
 *
 * Firmware code does the same under a lock that modules do not reach.
 *
 * Context: may sleep; takes iommu_probe_device_lock.
 *
 * Return: as of iommu_fwspec_add_of_one().
 */
int iommu_seam_fwspec(struct device *dev, struct fwnode_handle *iommu, const u32 *ids,
		      unsigned int num, u32 flags)
{
	int ret;

	guard(mutex)(&iommu_probe_device_lock);
	ret = iommu_fwspec_add_of_one(dev, iommu, ids, num);
	if (!ret)
		dev_iommu_fwspec_get(dev)->flags |= flags;
	return ret;
}
EXPORT_SYMBOL_GPL(iommu_seam_fwspec);

/**
 * iommu_seam_no_fwspec() - undo iommu_seam_fwspec(), whatever it returned
 * @dev: a device that could not be added after all
 *
 * Of a device that was added the core does it.
 *
 * Context: may sleep; takes iommu_probe_device_lock.
 */
void iommu_seam_no_fwspec(struct device *dev)
{
	guard(mutex)(&iommu_probe_device_lock);
	iommu_fwspec_free(dev);
	kfree(dev->iommu);
	dev->iommu = NULL;
}
EXPORT_SYMBOL_GPL(iommu_seam_no_fwspec);

/**
 * iommu_seam_map() - ask for simulated registers
 * @start: physical address that the device's resource names
 * @size: bytes
 *
 * Context: may sleep.
 *
 * Return: an address for iommu_seam_read() and _write() alone, or NULL where
 * there is hardware to be mapped.
 */
void __iomem *iommu_seam_map(phys_addr_t start, size_t size)
{
	const struct iommu_seam_ops *ops;

	if (!iommu_seam_active())
		return NULL;
	guard(mutex)(&seam_lock);
	ops = rcu_dereference_protected(seam_ops, lockdep_is_held(&seam_lock));
	return ops ? ops->map(start, size) : NULL;
}
EXPORT_SYMBOL_GPL(iommu_seam_map);

bool __iommu_seam_read(const void __iomem *addr, unsigned int bytes, u64 *value)
{
	const struct iommu_seam_ops *ops;

	guard(rcu)();
	ops = rcu_dereference(seam_ops);
	return ops && ops->read(addr, bytes, value);
}
EXPORT_SYMBOL_GPL(__iommu_seam_read);

bool __iommu_seam_write(void __iomem *addr, unsigned int bytes, u64 value)
{
	const struct iommu_seam_ops *ops;

	guard(rcu)();
	ops = rcu_dereference(seam_ops);
	return ops && ops->write(addr, bytes, value);
}
EXPORT_SYMBOL_GPL(__iommu_seam_write);

bool __iommu_seam_store(u64 *slot, u64 value)
{
	const struct iommu_seam_ops *ops;

	guard(rcu)();
	ops = rcu_dereference(seam_ops);
	if (ops)
		ops->store(slot, value);
	return ops;
}
EXPORT_SYMBOL_GPL(__iommu_seam_store);

bool __iommu_seam_exchange(u64 *slot, u64 *old, u64 value)
{
	const struct iommu_seam_ops *ops;

	guard(rcu)();
	ops = rcu_dereference(seam_ops);
	if (ops)
		*old = ops->exchange(slot, *old, value);
	return ops;
}
EXPORT_SYMBOL_GPL(__iommu_seam_exchange);

void __iommu_seam_freed(void *table, size_t size)
{
	const struct iommu_seam_ops *ops;

	guard(rcu)();
	ops = rcu_dereference(seam_ops);
	if (ops)
		ops->freed(table, size);
}
EXPORT_SYMBOL_GPL(__iommu_seam_freed);

void __iommu_seam_bind(struct mm_struct *mm)
{
	int idx = srcu_read_lock(&seam_sleepers);
	const struct iommu_seam_ops *ops = srcu_dereference(seam_ops, &seam_sleepers);

	if (ops && ops->bind)
		ops->bind(mm);
	srcu_read_unlock(&seam_sleepers, idx);
}

void __iommu_seam_bound(struct mm_struct *mm)
{
	int idx = srcu_read_lock(&seam_sleepers);
	const struct iommu_seam_ops *ops = srcu_dereference(seam_ops, &seam_sleepers);

	if (ops && ops->bound)
		ops->bound(mm);
	srcu_read_unlock(&seam_sleepers, idx);
}

void __iommu_seam_cleaned(const void *table, size_t size)
{
	const struct iommu_seam_ops *ops;

	guard(rcu)();
	ops = rcu_dereference(seam_ops);
	if (ops)
		ops->cleaned(table, size);
}
EXPORT_SYMBOL_GPL(__iommu_seam_cleaned);

bool __iommu_seam_fails(void)
{
	const struct iommu_seam_ops *ops;

	guard(rcu)();
	ops = rcu_dereference(seam_ops);
	return ops && ops->fails();
}
EXPORT_SYMBOL_GPL(__iommu_seam_fails);

/**
 * iommu_seam_prepare_msi() - let a device reach a simulated doorbell
 * @desc: message interrupt that is being allocated
 * @doorbell: physical address, alone in its page of the IOMMU
 *
 * Simulators are modules; interrupt controllers, which this is made for, are not.
 *
 * Context: may sleep.
 *
 * Return: 0, or what mapping the page fails with.
 */
int iommu_seam_prepare_msi(struct msi_desc *desc, phys_addr_t doorbell)
{
	return iommu_dma_prepare_msi(desc, doorbell);
}
EXPORT_SYMBOL_GPL(iommu_seam_prepare_msi);

/**
 * iommu_seam_compose_msi() - put the doorbell's address as the device sees it
 * @desc: prepared by iommu_seam_prepare_msi()
 * @msg: message to the doorbell's physical address
 *
 * Context: any.
 */
void iommu_seam_compose_msi(struct msi_desc *desc, struct msi_msg *msg)
{
	iommu_dma_compose_msi_msg(desc, msg);
}
EXPORT_SYMBOL_GPL(iommu_seam_compose_msi);
