// SPDX-License-Identifier: GPL-2.0-only
/*
 * PASIDs of a master that lead to domains of their own: address spaces of
 * processes, or ordinary page tables.
 *
 *	join the domain's set			write a CD that is not valid
 *	write the CD				take the STE back, after the last
 *	lead the STE to the CDs, for the first	invalidate the ATC
 *						leave the domain's set
 *						wait for faults that are queued
 *
 * The CD of a process's table is also written when the process exits. That takes
 * the domain's lock, and so does each writer here.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/slab.h>

#include "smmu.h"

/* Tableless masters reach their CDs while there is a bond. */
static int restream(struct smmu_master *m, bool ats)
{
	return m->domain ? 0 : smmu_master_restream(m, NULL, NULL, m->identity, ats);
}

/* The CD of a bond, under the domain's lock. */
int smmu_bond_write(const struct smmu_bond *bond)
{
	const struct smmu_features *f = &bond->master->smmu->feat;
	const struct smmu_inval *tlb = smmu_domain_tlb(bond->domain, bond->master->smmu);
	u64 cd[SMMU_ENTRY_QWORDS];

	cd_make_s1(f, &bond->domain->cfg, tlb->tag, bond->master->stall, cd);
	if (smmu_domain_is_sva(bond->domain))
		smmu_sva_cd(f, tlb->shared, cd);
	return smmu_cd_write(bond->master, bond->ssid, cd);
}

static int bond_link(struct smmu_bond *bond)
{
	struct smmu_domain *d = bond->domain;
	int ret;

	guard(mutex)(&d->lock);
	if (d->released)
		return -ESRCH;
	ret = smmu_bond_write(bond);
	if (!ret)
		list_add_tail(&bond->node, &d->bonds);
	return ret;
}

static int bond_unlink(struct smmu_bond *bond)
{
	guard(mutex)(&bond->domain->lock);
	list_del(&bond->node);
	return smmu_cd_clear(bond->master, bond->ssid);
}

/* After the last PASID the STE is as if there had been none. A block stays. */
static void last_bond_left(struct smmu_master *m)
{
	if (READ_ONCE(m->blocked))
		smmu_ats_disable(m);
	else if (restream(m, false))
		smmu_master_block(m, "cannot be detached, its SMMU does not respond");
}

/* Nothing leads through the PASID any more; what is cached of it goes. */
static void bond_leave(struct smmu_bond *bond, bool had_ats)
{
	struct smmu_master *m = bond->master;

	scoped_guard(mutex, &m->view_lock)
		xa_erase(&m->bonds, bond->ssid);
	if (!m->domain && xa_empty(&m->bonds))
		last_bond_left(m);
	if (had_ats && smmu_atc_inv_pasid(m, bond->ssid) && !smmu_ats_has_global(m))
		m->stale_atc = true;
	smmu_domain_drop(bond->domain, m, bond->ssid, true, NULL);
}

static int bond_enter(struct smmu_bond *bond, bool ats)
{
	struct smmu_master *m = bond->master;
	bool first = xa_empty(&m->bonds);
	int ret;

	ret = smmu_domain_join(bond->domain, m, bond->ssid, ats, NULL);
	if (ret)
		return ret;
	ret = xa_insert(&m->bonds, bond->ssid, bond, GFP_KERNEL);
	if (ret) {
		smmu_domain_drop(bond->domain, m, bond->ssid, true, NULL);
		return ret;
	}
	ret = bond_link(bond);
	if (ret) {
		/* No valid descriptor may stay that leads to what is freed next. */
		if (ret != -ESRCH) {
			smmu_master_block(m, "cannot be attached, its SMMU does not respond");
			smmu_cd_clear(m, bond->ssid);
		}
		bond_leave(bond, false);
		return ret;
	}
	ret = first ? restream(m, ats) : 0;
	if (ret) {
		smmu_master_block(m, "cannot be attached, its SMMU does not respond");
		bond_unlink(bond);
		bond_leave(bond, ats);
	}
	return ret;
}

static int pasid_check(const struct smmu_domain *d, const struct smmu_master *m, ioasid_t pasid)
{
	if (pasid == IOMMU_NO_PASID || pasid >> m->ssid_bits)
		return -ERANGE;
	if (d->stage2 || !smmu_domain_fits(d, m->smmu))
		return -EINVAL;
	/* Behind a stage 2 of its own an STE knows no PASIDs. */
	if (m->domain && m->domain->stage2)
		return -EBUSY;
	return READ_ONCE(m->blocked) ? -EIO : 0;
}

/**
 * smmu_attach_pasid() - let a PASID of a device lead to a domain
 * @domain: the domain
 * @dev: the device
 * @pasid: the PASID
 * @old: the domain it leads to so far; must be NULL
 *
 * Context: may sleep; under the group mutex.
 *
 * Return: 0; -EINVAL when the device's instance cannot walk the table; -ERANGE for
 * a PASID that the device or its instance does not have; -EBUSY when DMA without a
 * PASID goes through a stage 2 table; -ENODEV for the table of a process, unless
 * IOMMU_DEV_FEAT_SVA is enabled; -ESRCH when the process has gone; -EIO when the
 * device is blocked; -EOPNOTSUPP to replace a domain; -ENOSPC without a free ASID;
 * -ENOMEM; an error of the command queue, after which the device's DMA aborts.
 */
int smmu_attach_pasid(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
		      struct iommu_domain *old)
{
	struct smmu_domain *d = to_smmu_domain(domain);
	struct smmu_master *m = dev_iommu_priv_get(dev);
	struct smmu_bond *bond;
	int ret;

	if (!m)
		return -ENODEV;
	if (old)
		return -EOPNOTSUPP;
	ret = pasid_check(d, m, pasid) ?: smmu_cdtab_prepare(m, pasid);
	if (ret)
		return ret;
	bond = kzalloc(sizeof(*bond), GFP_KERNEL);
	if (!bond)
		return -ENOMEM;

	*bond = (struct smmu_bond) { .domain = d, .master = m, .ssid = pasid };
	INIT_LIST_HEAD(&bond->node);
	ret = smmu_domain_is_sva(d) ? smmu_sva_hold(m) : 0;
	if (ret)
		goto free;
	ret = bond_enter(bond, smmu_ats_usable(m));
	if (!ret)
		return 0;
	if (smmu_domain_is_sva(d))
		smmu_sva_let_go(m);
free:
	kfree(bond);
	return ret;
}

/**
 * smmu_remove_pasid() - let a PASID of a device lead nowhere
 * @dev: a device that has stopped using the PASID
 * @pasid: the PASID
 * @domain: the domain it led to
 *
 * On return the faults of the PASID that hardware had reported were handed on or
 * answered, and its next user does not meet them (I-36, I-43).
 *
 * Context: may sleep; under the group mutex.
 */
void smmu_remove_pasid(struct device *dev, ioasid_t pasid, struct iommu_domain *domain)
{
	struct smmu_master *m = dev_iommu_priv_get(dev);
	struct smmu_bond *bond = xa_load(&m->bonds, pasid);
	bool had_ats = m->ats;

	if (WARN_ON(!bond))
		return;
	if (bond_unlink(bond))
		smmu_master_block(m, "cannot be detached, its SMMU does not respond");
	bond_leave(bond, had_ats);
	smmu_faults_flush(m->smmu);
	if (smmu_domain_is_sva(bond->domain))
		smmu_sva_let_go(m);
	kfree(bond);
}
