// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleep: of the system, and of an instance that has a power domain while no master is
 * awake. Meanwhile it may lose its registers and whatever it has cached, and nobody may
 * touch it.
 *
 * What drivers unmap meanwhile, and what they attach, changes memory alone: commands
 * complete at once, for before it translates again the instance forgets everything
 * (I-55). In a system sleep it is told so after the CPUs' interrupts of devices are off
 * and before they are on again, when all masters sleep.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/crash_dump.h>
#include <linux/pci.h>
#include <linux/pci-ats.h>
#include <linux/pm_runtime.h>

#include "smmu.h"

/* Nothing is translated any more: events and requests of before are all there are. */
static void empty_queues(struct smmu_device *smmu)
{
	smmu_evtq_flush(smmu);
	smmu_queue_sleep(&smmu->evtq);
	if (!smmu->feat.pri)
		return;
	smmu_priq_flush(smmu);
	smmu_queue_sleep(&smmu->priq);
	/* Nor does the rest of a group come. */
	iopf_queue_discard_partial(smmu->iopf);
}

static int stop(struct smmu_device *smmu)
{
	u32 cr0 = smmu_read(&smmu->io, SMMU_CR0);
	int ret, pending;

	ret = smmu_write_acked(smmu, SMMU_CR0, SMMU_CR0ACK, cr0 & ~CR0_SMMUEN);
	if (!ret)
		empty_queues(smmu);
	/* Also where it fails: to be brought up again, it must be left alone. */
	pending = smmu_cmdq_sleep(&smmu->cmdq);
	ret = ret ?: pending;
	ret = ret ?: smmu_irq_sleep(smmu);
	return ret ?: smmu_disable(smmu);
}

static int resume(struct device *dev)
{
	struct smmu_device *smmu = dev_get_drvdata(dev);
	int ret;

	/* DMA that has waited for memory must not find it before the tables are there. */
	ret = smmu_abort_untranslated(smmu);
	ret = ret ?: smmu_reset(smmu);
	if (ret) {
		dev_err(dev, "does not wake up (%d); it translates nothing\n", ret);
		smmu_disable(smmu);
		smmu_cmdq_kill(&smmu->cmdq);
		return ret;
	}
	/* For who comes when translation is off; until then it means nothing. */
	smmu_write_gbpa(smmu, smmu->gbpa);
	return 0;
}

static int suspend(struct device *dev)
{
	struct smmu_device *smmu = dev_get_drvdata(dev);
	int ret;

	smmu->gbpa = smmu_read(&smmu->io, SMMU_GBPA);
	ret = smmu_abort_untranslated(smmu);
	if (!ret) {
		ret = stop(smmu);
		smmu->sleeps++;
	}
	if (!ret)
		return 0;
	dev_err(dev, "cannot be put to sleep (%d)\n", ret);
	/* As long as only that register does not answer, nothing has changed. */
	if (smmu->cmdq.asleep)
		resume(dev);
	return ret;
}

/*
 * An endpoint may have kept its power, and what it has cached. One that sleeps on does not
 * answer, but by turning ATS off and on again it forgets as well (PCIe 10.5.1.3).
 */
static void empty_atc(struct smmu_master *m)
{
	struct pci_dev *pdev;

	if (!m->ats)
		return;
	pdev = to_pci_dev(m->dev);
	if (pdev->current_state != PCI_D3hot && pdev->current_state != PCI_D3cold) {
		smmu_atc_inv_master(m);
		return;
	}
	pci_disable_ats(pdev);
	if (pci_enable_ats(pdev, __ffs(m->smmu->feat.pgsizes)))
		WRITE_ONCE(m->ats, false);
}

/* Endpoints answer only once the PCI core has woken them. */
static int empty_atcs(struct device *dev)
{
	struct smmu_device *smmu = dev_get_drvdata(dev);
	struct smmu_master *m;

	guard(mutex)(&smmu->streams_lock);
	list_for_each_entry(m, &smmu->masters, node)
		empty_atc(m);
	return 0;
}

/* Masters are awake, or about to be, whenever the system falls asleep or wakes. */
static int hold(struct device *dev)
{
	return pm_runtime_enabled(dev) ? pm_runtime_resume_and_get(dev) : 0;
}

static int let_go(struct device *dev)
{
	if (pm_runtime_enabled(dev)) {
		pm_runtime_mark_last_busy(dev);
		pm_runtime_put_autosuspend(dev);
	}
	return 0;
}

/* Any other error would be the last that the core tries. */
static int runtime_suspend(struct device *dev)
{
	if (!suspend(dev))
		return 0;
	/* It may have been asleep for a moment. */
	empty_atcs(dev);
	return -EBUSY;
}

/**
 * smmu_fall_silent() - let nobody touch an instance any more
 * @smmu: instance that still has its power, and fails or goes
 *
 * Context: may sleep.
 */
void smmu_fall_silent(struct smmu_device *smmu)
{
	smmu_cmdq_kill(&smmu->cmdq);
	smmu_cmdq_sleep(&smmu->cmdq);
	smmu_queue_sleep(&smmu->evtq);
	if (smmu->feat.pri)
		smmu_queue_sleep(&smmu->priq);
	smmu_irq_sleep(smmu);
}

/* After an error the core takes its power away, and asks for it no more. */
static int runtime_resume(struct device *dev)
{
	int ret = resume(dev);

	if (!ret)
		return empty_atcs(dev);
	smmu_fall_silent(dev_get_drvdata(dev));
	return ret;
}

/* The last master has just gone to sleep: its rest begins now. */
static int runtime_idle(struct device *dev)
{
	pm_runtime_mark_last_busy(dev);
	return 0;
}

const struct dev_pm_ops smmu_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(hold, let_go)
	NOIRQ_SYSTEM_SLEEP_PM_OPS(suspend, resume)
	LATE_SYSTEM_SLEEP_PM_OPS(NULL, empty_atcs)
	RUNTIME_PM_OPS(runtime_suspend, runtime_resume, runtime_idle)
};

/* A master that rests between two transfers shall not cost an SMMU that wakes for each. */
#define AUTOSUSPEND_MS	100

/* What a crashed kernel's devices do must find it awake: they have no drivers any more. */
static bool may_sleep(const struct device *dev)
{
	return dev->pm_domain && !is_kdump_kernel();
}

/**
 * smmu_pm_begin() - let an instance sleep on its own, but not before smmu_pm_settle()
 * @smmu: instance that is awake
 *
 * Where it has no power domain there is nothing to be saved.
 *
 * Context: may sleep.
 */
void smmu_pm_begin(struct smmu_device *smmu)
{
	struct device *dev = smmu->dev;

	pm_runtime_get_noresume(dev);
	if (!may_sleep(dev))
		return;
	pm_runtime_set_autosuspend_delay(dev, AUTOSUSPEND_MS);
	pm_runtime_use_autosuspend(dev);
	pm_runtime_set_active(dev);
	pm_runtime_enable(dev);
}

/**
 * smmu_pm_settle() - an instance is at work: it sleeps when no master is awake
 * @smmu: instance
 *
 * Context: may sleep.
 */
void smmu_pm_settle(struct smmu_device *smmu)
{
	pm_runtime_mark_last_busy(smmu->dev);
	pm_runtime_put_autosuspend(smmu->dev);
}

/**
 * smmu_pm_unsettle() - an instance is about to go: it is awake from here on
 * @smmu: instance
 *
 * Context: may sleep.
 */
void smmu_pm_unsettle(struct smmu_device *smmu)
{
	pm_runtime_get_sync(smmu->dev);
}

/**
 * smmu_pm_end() - undo smmu_pm_begin()
 * @smmu: instance that translates no more
 *
 * Context: may sleep.
 */
void smmu_pm_end(struct smmu_device *smmu)
{
	struct device *dev = smmu->dev;

	if (may_sleep(dev)) {
		pm_runtime_dont_use_autosuspend(dev);
		pm_runtime_disable(dev);
	}
	pm_runtime_put_noidle(dev);
}

/**
 * smmu_pm_link() - keep an instance awake as long as a device behind it is
 * @smmu: instance
 * @dev: the device
 *
 * In a system sleep the device sleeps before the instance does, and wakes after it.
 * Whether the device has runtime PM shows only once its driver is there: the instance is
 * awake until the device falls asleep for the first time.
 *
 * Context: may sleep.
 *
 * Return: whether there is such a link now.
 */
bool smmu_pm_link(struct smmu_device *smmu, struct device *dev)
{
	u32 flags = DL_FLAG_STATELESS;

	if (pm_runtime_enabled(smmu->dev))
		flags |= DL_FLAG_PM_RUNTIME | DL_FLAG_RPM_ACTIVE;
	if (device_link_add(dev, smmu->dev, flags))
		return true;
	dev_warn(dev, "may be awake while %s sleeps\n", dev_name(smmu->dev));
	return false;
}

/**
 * smmu_pm_unlink() - undo one smmu_pm_link()
 * @smmu: instance
 * @dev: the device
 *
 * Context: may sleep.
 */
void smmu_pm_unlink(struct smmu_device *smmu, struct device *dev)
{
	device_link_remove(dev, smmu->dev);
}

/**
 * smmu_pm_renew() - the same once more, for another driver
 * @smmu: instance
 * @dev: device that is linked to it
 *
 * The last driver may have had runtime PM, and this one need not.
 *
 * Context: may sleep.
 */
void smmu_pm_renew(struct smmu_device *smmu, struct device *dev)
{
	if (pm_runtime_enabled(smmu->dev) && smmu_pm_link(smmu, dev))
		smmu_pm_unlink(smmu, dev);
}

/**
 * smmu_pm_get() - keep an instance as it is, for who reads its registers
 * @smmu: instance
 *
 * Context: any.
 *
 * Return: false if it sleeps; else smmu_pm_put() is to follow.
 */
bool smmu_pm_get(struct smmu_device *smmu)
{
	int ret = pm_runtime_get_if_active(smmu->dev);

	/* Without runtime PM: who reads is frozen before it sleeps, or it has not woken up. */
	if (ret < 0)
		pm_runtime_get_noresume(smmu->dev);
	if (ret && !READ_ONCE(smmu->cmdq.asleep))
		return true;
	if (ret)
		smmu_pm_put(smmu);
	return false;
}

/**
 * smmu_pm_put() - undo smmu_pm_get()
 * @smmu: instance
 *
 * Context: any.
 */
void smmu_pm_put(struct smmu_device *smmu)
{
	pm_runtime_put_autosuspend(smmu->dev);
}
