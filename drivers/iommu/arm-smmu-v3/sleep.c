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
#include <linux/pci-ats.h>

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
	ret = ret ?: smmu_write_acked(smmu, SMMU_IRQ_CTRL, SMMU_IRQ_CTRLACK, 0);
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
	if (pdev->current_state < PCI_D3hot) {
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

const struct dev_pm_ops smmu_pm_ops = {
	NOIRQ_SYSTEM_SLEEP_PM_OPS(suspend, resume)
	LATE_SYSTEM_SLEEP_PM_OPS(NULL, empty_atcs)
};
