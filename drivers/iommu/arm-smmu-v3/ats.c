// SPDX-License-Identifier: GPL-2.0-only
/*
 * ATS, PRI and PASID of PCI masters: PCIe 10.5 and 7.8.8; IHI 0070, 3.9.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/log2.h>
#include <linux/pci.h>
#include <linux/pci-ats.h>

#include "cmd.h"
#include "smmu.h"

/* Page requests that one endpoint may have under way; the PRI queue has 1024 slots. */
#define PRI_REQUESTS	64

#define ATS_CAP_GLOBAL	BIT(6)

/**
 * smmu_ats_usable() - may a master's endpoint cache translations?
 * @master: the master
 *
 * Everybody on the way must agree: the instance, the root complex (which
 * firmware speaks for), and the endpoint, which must also be trusted not to
 * send translated requests that it made up.
 *
 * Context: under the group mutex.
 *
 * Return: true if all of them agree.
 */
bool smmu_ats_usable(struct smmu_master *master)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(master->dev);

	if (master->no_ats || !master->smmu->feat.ats || !dev_is_pci(master->dev))
		return false;
	return fwspec && (fwspec->flags & IOMMU_FWSPEC_PCI_RC_ATS) &&
	       pci_ats_supported(to_pci_dev(master->dev));
}

/**
 * smmu_ats_enable() - let an endpoint ask for translations
 * @master: a master whose STEs allow it already (I-47)
 *
 * The endpoint's ATC is empty, but the SMMU may be younger than what it holds.
 *
 * Context: may sleep; under the group mutex.
 *
 * Return: 0 or an error; ATS is off then.
 */
int smmu_ats_enable(struct smmu_master *master)
{
	struct pci_dev *pdev = to_pci_dev(master->dev);
	int ret;

	/* Against an SMMU that wakes up meanwhile, see empty_atc(). */
	scoped_guard(mutex, &master->smmu->streams_lock) {
		ret = pci_enable_ats(pdev, __ffs(master->smmu->feat.pgsizes));
		WRITE_ONCE(master->ats, !ret);
	}
	if (ret) {
		dev_warn(master->dev, "ATS cannot be enabled (%d); going on without\n", ret);
		return ret;
	}
	smmu_atc_inv_master(master);
	return 0;
}

/**
 * smmu_ats_disable() - keep an endpoint from asking for translations
 * @master: the master; its STEs are changed after this (I-47)
 *
 * Context: may sleep; under the group mutex.
 */
void smmu_ats_disable(struct smmu_master *master)
{
	if (!master->ats)
		return;
	scoped_guard(mutex, &master->smmu->streams_lock) {
		if (master->ats)
			pci_disable_ats(to_pci_dev(master->dev));
		WRITE_ONCE(master->ats, false);
	}
	master->no_ats |= master->stale_atc;
}

static int atc_inv_all(struct smmu_master *master, u32 ssid, bool ssv, bool global)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < master->num_sids && !ret; i++) {
		struct smmu_cmd cmd = cmd_atc_inv(master->sids[i], ssid, ssv, 0, ATC_SIZE_ALL);

		if (global)
			cmd.qw[0] |= ATC0_GLOBAL;
		ret = smmu_cmdq_run(&master->smmu->cmdq, &cmd, 1);
	}
	if (ret)
		smmu_master_block(master, "did not answer an ATC invalidation");
	return ret;
}

/*
 * PCIe 10.5.1.2, Global Invalidate Supported: without it the flag that stands for
 * all PASIDs is ignored.
 */
bool smmu_ats_has_global(const struct smmu_master *master)
{
	struct pci_dev *pdev = pci_physfn(to_pci_dev(master->dev));
	int at = pci_find_ext_capability(pdev, PCI_EXT_CAP_ID_ATS);
	u16 cap = 0;

	if (at)
		pci_read_config_word(pdev, at + PCI_ATS_CAP, &cap);
	return cap & ATS_CAP_GLOBAL;
}

/**
 * smmu_atc_inv_master() - empty the ATCs of a master
 * @master: the master
 *
 * Context: may sleep; under the group mutex. A master that does not answer is
 * blocked.
 *
 * Return: 0 or the error of the command queue.
 */
int smmu_atc_inv_master(struct smmu_master *master)
{
	int ret = atc_inv_all(master, 0, false, false);
	struct smmu_bond *bond;
	unsigned long ssid;

	/* PCIe 10.3.8: what has a PASID is not touched by that. */
	if (ret || !master->ssid_bits)
		return ret;
	if (smmu_ats_has_global(master))
		return atc_inv_all(master, 0, true, true);
	xa_for_each(&master->bonds, ssid, bond)
		ret = ret ?: atc_inv_all(master, ssid, true, false);
	return ret;
}

/**
 * smmu_atc_inv_pasid() - drop what a master's ATCs hold under a PASID
 * @master: the master
 * @ssid: the PASID
 *
 * Context: any. A master that does not answer is blocked.
 *
 * Return: 0 or the error of the command queue.
 */
int smmu_atc_inv_pasid(struct smmu_master *master, u32 ssid)
{
	return atc_inv_all(master, ssid, true, false);
}

#ifdef CONFIG_PCI_PRI
/**
 * smmu_pri_usable() - may a master's endpoint ask for pages?
 * @master: the master
 *
 * Page requests are about translations that ATS did not give. The interface of a
 * physical function serves its virtual ones too, and nobody counts them.
 *
 * Context: may sleep.
 *
 * Return: true if it may.
 */
bool smmu_pri_usable(struct smmu_master *master)
{
	return master->smmu->feat.pri && smmu_ats_usable(master) &&
	       !to_pci_dev(master->dev)->is_virtfn && pci_pri_supported(to_pci_dev(master->dev));
}

/**
 * smmu_pri_enable() - let an endpoint ask for pages
 * @master: a master whose faults are served from now on
 *
 * The state of the interface before is nobody's any more (PCIe 10.5.2).
 *
 * Context: may sleep.
 *
 * Return: 0 or an error of the PCI core.
 */
int smmu_pri_enable(struct smmu_master *master)
{
	struct pci_dev *pdev = to_pci_dev(master->dev);

	return pci_reset_pri(pdev) ?: pci_enable_pri(pdev, PRI_REQUESTS);
}

void smmu_pri_disable(struct smmu_master *master)
{
	pci_disable_pri(to_pci_dev(master->dev));
}

/* PCIe 10.5.2.3, PRG Response PASID Required */
bool smmu_pri_answer_has_pasid(const struct smmu_master *master)
{
	return dev_is_pci(master->dev) && pci_prg_resp_pasid_required(to_pci_dev(master->dev));
}
#endif

/**
 * smmu_pasid_enable() - let a PCI master tag its requests with PASIDs
 * @master: the master; master->ssid_bits is set
 *
 * A virtual function shares the PASIDs of its physical function, which the
 * PCI core knows. Must come before ATS is enabled (PCIe 10.5.1.3).
 *
 * Context: may sleep.
 */
void smmu_pasid_enable(struct smmu_master *master)
{
	struct pci_dev *pdev = to_pci_dev(master->dev);
	int features, num;

	features = pci_pasid_features(pdev);
	num = pci_max_pasids(pdev);
	if (features < 0 || num <= 0 || !master->smmu->feat.ssid_bits)
		return;
	if (pci_enable_pasid(pdev, features)) {
		dev_warn(master->dev, "PASID cannot be enabled; going on without\n");
		return;
	}
	master->ssid_bits = min_t(u8, ilog2(num), smmu_ssid_bits(&master->smmu->feat));
}

void smmu_pasid_disable(struct smmu_master *master)
{
	if (!dev_is_pci(master->dev) || !to_pci_dev(master->dev)->pasid_enabled)
		return;
	master->ssid_bits = 0;
	pci_disable_pasid(to_pci_dev(master->dev));
}
