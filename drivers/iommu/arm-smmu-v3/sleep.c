// SPDX-License-Identifier: GPL-2.0-only
/*
 * System sleep. While the machine is asleep an instance may lose its registers and
 * whatever it has cached, and nobody may touch it.
 *
 * What drivers unmap meanwhile, and what they attach, changes memory alone: commands
 * complete at once, for before it translates again the instance forgets everything
 * (I-55). It is told so after the CPUs' interrupts of devices are off and before they
 * are on again, when all masters sleep.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/pci.h>

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
}

static int stop(struct smmu_device *smmu)
{
	u32 cr0 = smmu_read(&smmu->io, SMMU_CR0);
	int ret;

	smmu->gbpa_abort = smmu_read(&smmu->io, SMMU_GBPA) & GBPA_ABORT;
	ret = smmu_bypass_or_abort(smmu, true);
	ret = ret ?: smmu_write_acked(smmu, SMMU_CR0, SMMU_CR0ACK, cr0 & ~CR0_SMMUEN);
	if (ret)
		return ret;
	empty_queues(smmu);
	ret = smmu_cmdq_sleep(&smmu->cmdq);
	ret = ret ?: smmu_write_acked(smmu, SMMU_IRQ_CTRL, SMMU_IRQ_CTRLACK, 0);
	return ret ?: smmu_disable(smmu);
}

static int resume(struct device *dev)
{
	struct smmu_device *smmu = dev_get_drvdata(dev);
	int ret;

	/* DMA that has waited for memory must not find it before the tables are there. */
	ret = smmu_bypass_or_abort(smmu, true);
	ret = ret ?: smmu_reset(smmu);
	ret = ret ?: smmu_bypass_or_abort(smmu, smmu->gbpa_abort);
	if (!ret)
		return 0;
	dev_err(dev, "does not wake up (%d); the DMA of its masters aborts\n", ret);
	smmu_cmdq_kill(&smmu->cmdq);
	return ret;
}

static int suspend(struct device *dev)
{
	struct smmu_device *smmu = dev_get_drvdata(dev);
	int ret = stop(smmu);

	if (!ret) {
		smmu->sleeps++;
		return 0;
	}
	dev_err(dev, "cannot be put to sleep (%d)\n", ret);
	resume(dev);
	return ret;
}

/* An endpoint that does not sleep so deeply keeps what it has cached. */
static bool atc_may_be_stale(const struct smmu_master *m)
{
	return m->ats && to_pci_dev(m->dev)->current_state < PCI_D3hot;
}

/* Endpoints answer only once the PCI core has woken them. */
static int empty_atcs(struct device *dev)
{
	struct smmu_device *smmu = dev_get_drvdata(dev);
	struct smmu_master *m;

	guard(mutex)(&smmu->streams_lock);
	list_for_each_entry(m, &smmu->masters, node)
		if (atc_may_be_stale(m))
			smmu_atc_inv_master(m);
	return 0;
}

const struct dev_pm_ops smmu_pm_ops = {
	NOIRQ_SYSTEM_SLEEP_PM_OPS(suspend, resume)
	LATE_SYSTEM_SLEEP_PM_OPS(NULL, empty_atcs)
};
