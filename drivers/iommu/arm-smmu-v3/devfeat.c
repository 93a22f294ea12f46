// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the driver of a device may ask for: that its faults are served, and that it
 * shares the addresses of processes.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "smmu.h"

static void set_pri(struct smmu_master *master, bool pri)
{
	guard(mutex)(&master->smmu->streams_lock);
	master->pri = pri;
}

static int faults_on(struct smmu_master *master)
{
	struct smmu_device *smmu = master->smmu;
	bool pri = smmu_pri_usable(master);
	int ret;

	lockdep_assert_held(&master->faults_lock);
	if (!smmu->iopf || master->leg || (!master->stall && !pri))
		return -EOPNOTSUPP;
	ret = iopf_queue_add_device(smmu->iopf, master->dev);
	if (ret || !pri)
		return ret;

	set_pri(master, true);
	ret = smmu_pri_enable(master);
	if (ret) {
		set_pri(master, false);
		iopf_queue_remove_device(smmu->iopf, master->dev);
		dev_warn(master->dev, "page requests cannot be enabled (%d)\n", ret);
	}
	return ret;
}

/*
 * The endpoint asks no more; what it has asked is collected and, with what the
 * kernel works on, answered by the removal from the queue.
 */
static void faults_end(struct smmu_master *master)
{
	lockdep_assert_held(&master->faults_lock);
	if (master->pri)
		smmu_pri_disable(master);
	smmu_faults_flush(master->smmu);
	iopf_queue_remove_device(master->smmu->iopf, master->dev);
	set_pri(master, false);
}

/* A device goes whose driver left its faults enabled. */
void smmu_faults_off(struct smmu_master *master)
{
	guard(mutex)(&master->faults_lock);
	if (master->faults_users)
		faults_end(master);
	master->faults_users = 0;
	master->sva = false;
}

static int enable_iopf(struct smmu_master *master)
{
	int ret = master->faults_users ? 0 : faults_on(master);

	if (!ret)
		master->faults_users++;
	return ret;
}

static int disable_iopf(struct smmu_master *master)
{
	if (!master->faults_users)
		return -EINVAL;
	if (master->faults_users == 1 && master->sva)
		return -EBUSY;
	if (!--master->faults_users)
		faults_end(master);
	return 0;
}

/* Devices that have neither stalls nor page requests deal with faults themselves. */
static int enable_sva(struct smmu_master *master)
{
	const char *why = smmu_sva_refusal(&master->smmu->feat);

	if (!why && master->leg)
		why = "the device is behind several SMMUs";
	if (!why && !master->ssid_bits)
		why = "the device has no PASIDs";
	if (why) {
		dev_info(master->dev, "cannot share the addresses of processes: %s\n", why);
		return -EOPNOTSUPP;
	}
	if (master->sva)
		return -EBUSY;
	if (!master->faults_users && (master->stall || smmu_pri_usable(master)))
		return -EINVAL;
	master->sva = true;
	return 0;
}

static int disable_sva(struct smmu_master *master)
{
	if (!master->sva)
		return -EINVAL;
	if (master->sva_bonds)
		return -EBUSY;
	master->sva = false;
	return 0;
}

/**
 * smmu_sva_hold() - keep a master sharing addresses while a process is bound
 * @master: the master
 *
 * Context: may sleep; takes faults_lock, also under the group mutex.
 *
 * Return: 0; -ENODEV when IOMMU_DEV_FEAT_SVA is not enabled.
 */
int smmu_sva_hold(struct smmu_master *master)
{
	guard(mutex)(&master->faults_lock);
	if (!master->sva)
		return -ENODEV;
	master->sva_bonds++;
	return 0;
}

/* Undoes smmu_sva_hold(). */
void smmu_sva_let_go(struct smmu_master *master)
{
	guard(mutex)(&master->faults_lock);
	master->sva_bonds--;
}

static int change(struct device *dev, enum iommu_dev_features feat, bool on)
{
	struct smmu_master *master = dev_iommu_priv_get(dev);

	if (!master)
		return -ENODEV;
	guard(mutex)(&master->faults_lock);
	switch (feat) {
	case IOMMU_DEV_FEAT_IOPF:
		return on ? enable_iopf(master) : disable_iopf(master);
	case IOMMU_DEV_FEAT_SVA:
		return on ? enable_sva(master) : disable_sva(master);
	default:
		return -EINVAL;
	}
}

/**
 * smmu_dev_enable_feat() - let a device's faults be served, or share address spaces
 * @dev: the device
 * @feat: IOMMU_DEV_FEAT_IOPF, which counts; IOMMU_DEV_FEAT_SVA, after the former
 *	where the device can fault
 *
 * Context: may sleep.
 *
 * Return: 0; -EOPNOTSUPP when device or instance cannot; -EINVAL in the wrong
 * order; -EBUSY when it is enabled; -ENOMEM; what the PCI core says.
 */
int smmu_dev_enable_feat(struct device *dev, enum iommu_dev_features feat)
{
	return change(dev, feat, true);
}

/**
 * smmu_dev_disable_feat() - undo smmu_dev_enable_feat()
 * @dev: the device
 * @feat: the feature
 *
 * With the last user of IOMMU_DEV_FEAT_IOPF all faults of the device are answered
 * before the return.
 *
 * Context: may sleep.
 *
 * Return: 0; -EINVAL when it is not enabled; -EBUSY while it is in use.
 */
int smmu_dev_disable_feat(struct device *dev, enum iommu_dev_features feat)
{
	return change(dev, feat, false);
}
