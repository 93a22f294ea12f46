// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving a master from one domain to another.
 *
 * The new domain learns of the master before any of its translations can be
 * cached, and the old one forgets it after none can be any more:
 *
 *	join the new domain's invalidation set
 *	stop ATS at the endpoint, if it shall be off
 *	write the CD and the STEs
 *	start ATS at the endpoint, if it shall be on
 *	invalidate the endpoint's ATC, if it had one
 *	leave the old domain's set
 *
 * A step that fails before the STEs were touched leaves the old domain as it
 * was (I-51). A device behind several instances is several masters: all of them
 * join before the first is written, and all are written before the first leaves.
 *
 * While PASIDs of the master lead to domains of their own, its STE leads to its
 * context descriptors whatever becomes of DMA without a PASID.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/slab.h>

#include "entry.h"
#include "nest.h"
#include "smmu.h"

/* Can the instance walk the domain's table? */
bool smmu_domain_fits(const struct smmu_domain *d, const struct smmu_device *smmu)
{
	const struct smmu_features *f = &smmu->feat;
	u8 input = d->stage2 ? min(f->ias, f->oas) : f->va_bits;
	/* Blocks and runs come with the granule, the largest with the output size */
	unsigned long granule = BIT(__ffs(d->domain.pgsize_bitmap));

	if (smmu_domain_is_sva(d))
		return !smmu_sva_refusal(f);
	if (d->smmu == smmu)
		return true;
	return (d->stage2 ? f->s2 : f->s1) && (f->pgsizes & granule) &&
	       d->cfg.ias <= input && d->cfg.oas <= f->oas &&
	       (f->coherent || !d->cfg.coherent_walk) &&
	       (!(d->cfg.quirks & IO_PGTABLE_QUIRK_ARM_LPA2) || f->ds) &&
	       (!(d->cfg.quirks & IO_PGTABLE_QUIRK_ARM_HD) || f->hd) &&
	       (!(d->cfg.quirks & IO_PGTABLE_QUIRK_ARM_S2FWB) || f->fwb);
}

static void clear_cd(struct smmu_master *m)
{
	guard(mutex)(&m->cd_lock);
	m->cd_domain = NULL;
	if (smmu_cdtab_has(&m->cdtab, IOMMU_NO_PASID))
		smmu_cd_clear(m, IOMMU_NO_PASID);
}

/* Under the locks of the domain, which keeps its tag, and of the CD. */
static int write_cd(struct smmu_domain *d, struct smmu_master *m)
{
	u64 cd[SMMU_ENTRY_QWORDS];

	cd_make_s1(&m->smmu->feat, &d->cfg, smmu_domain_tlb(d, m->smmu)->tag, m->stall, cd);
	return smmu_cd_write(m, IOMMU_NO_PASID, cd);
}

static int set_cd(struct smmu_domain *d, struct smmu_master *m)
{
	guard(mutex)(&d->lock);
	guard(mutex)(&m->cd_lock);
	m->cd_domain = d;
	return write_cd(d, m);
}

/* For smmu_domain_retag(): of DMA without a PASID, if that goes through the domain. */
int smmu_master_retag(struct smmu_master *m, struct smmu_domain *d)
{
	guard(mutex)(&m->cd_lock);
	return m->cd_domain == d ? write_cd(d, m) : 0;
}

/* VMIDs stay the same. */
static u16 vmid_of(struct smmu_domain *d, struct smmu_device *smmu)
{
	guard(mutex)(&d->lock);
	return smmu_domain_tlb(d, smmu)->tag;
}

static void make_ste(struct smmu_master *m, struct smmu_domain *d, const struct smmu_nest *nest,
		     bool identity, bool ats, u64 *ste)
{
	const struct smmu_features *f = &m->smmu->feat;
	unsigned int dss = d ? STE_S1DSS_SSID0 : identity ? STE_S1DSS_BYPASS :
							    STE_S1DSS_TERMINATE;

	if (d && d->stage2)
		ste_make_s2(f, &d->cfg, vmid_of(d, m->smmu), ats, ste);
	else if (d || !xa_empty(&m->bonds))
		ste_make_s1(f, &m->cdtab, dss, m->stall, ats, ste);
	else if (identity)
		ste_make_bypass(f, ste);
	else
		ste_make_abort(ste);
	if (nest)
		ste_make_nested(f, nest->ste, m->stall, ste);
}

/*
 * What an ATC kept when it timed out must not pass once streams do: it is emptied
 * before a block is lifted, and again if it was blocked anew meanwhile.
 */
static int write_stes(struct smmu_master *m, const u64 *ste)
{
	unsigned long flags;
	unsigned int blocks;
	bool blocked;
	int ret;

	do {
		/* The count and what it counts must be of one moment (I-48). */
		raw_spin_lock_irqsave(&m->ste_lock, flags);
		blocks = m->blocks;
		blocked = m->blocked;
		raw_spin_unlock_irqrestore(&m->ste_lock, flags);
		ret = 0;
		if (m->ats && blocked)
			ret = m->stale_atc ? -EIO : smmu_atc_inv_master(m);
		ret = ret ?: smmu_ste_write(m, ste, blocks);
	} while (ret == -EAGAIN);
	return ret;
}

/* An endpoint that cannot have ATS after all is not sent invalidations. */
static void forget_atcs(struct smmu_master *m, struct smmu_domain *d,
			const struct smmu_nest *nest)
{
	struct smmu_bond *bond;
	unsigned long ssid;

	m->no_ats = true;
	if (d)
		smmu_domain_drop(d, m, IOMMU_NO_PASID, false, nest);
	xa_for_each(&m->bonds, ssid, bond)
		smmu_domain_drop(bond->domain, m, ssid, false, NULL);
}

/**
 * smmu_master_restream() - write a master's STEs for what it shall be attached to
 * @m: the master
 * @d: the domain of DMA without a PASID, which knows of the master, or NULL
 * @nest: the guest's stage 1 in front of that, or NULL
 * @identity: without a domain: whether DMA is let through, else it aborts
 * @ats: the endpoint's ATS shall be on
 *
 * Context: may sleep; under the group mutex.
 *
 * Return: 0 or an error of the command queue, after which nobody knows what
 * hardware goes by.
 */
int smmu_master_restream(struct smmu_master *m, struct smmu_domain *d,
			 const struct smmu_nest *nest, bool identity, bool ats)
{
	u64 ste[SMMU_ENTRY_QWORDS];
	int ret;

	if (m->ats && !ats)
		smmu_ats_disable(m);
	make_ste(m, d, nest, identity, ats, ste);
	ret = write_stes(m, ste);
	if (ret || !ats || m->ats || !smmu_ats_enable(m))
		return ret;

	make_ste(m, d, nest, identity, false, ste);
	ret = write_stes(m, ste);
	forget_atcs(m, d, nest);
	return ret;
}

/* What is left to do once no STE of the master leads to the old domain. */
static void finish_move(struct smmu_master *m, struct smmu_domain *new,
			struct smmu_nest *new_nest, bool identity)
{
	struct smmu_domain *old = m->domain;
	struct smmu_nest *nest = m->nest;
	const struct iommu_domain *left = nest ? &nest->domain : old ? &old->domain : NULL;

	if (m->had_ats)
		smmu_atc_inv_master(m);
	scoped_guard(mutex, &m->view_lock) {
		m->domain = new;
		WRITE_ONCE(m->nest, new_nest);
	}
	m->identity = identity;
	/* Faults that its handler would serve, and hardware has reported (I-43) */
	if (left && left->iopf_handler)
		smmu_faults_flush(m->smmu);
	if (old)
		smmu_domain_drop(old, m, IOMMU_NO_PASID, true, nest);
}

/*
 * The command queue failed half-way. Nobody knows what hardware goes by, so
 * the streams abort. The old domain may go now: what the core does next about
 * the device, if anything, joins it anew.
 */
static void abandon_move(struct smmu_master *m, struct smmu_domain *new,
			 const struct smmu_nest *nest)
{
	smmu_master_block(m, "cannot be attached, its SMMU does not respond");
	/* The STE may lead to this table again, for another domain. */
	if (!new->stage2)
		clear_cd(m);
	smmu_domain_drop(new, m, IOMMU_NO_PASID, true, nest);
	finish_move(m, NULL, NULL, false);
}

/* Point the streams at a domain that the master has joined. */
static int redirect(struct smmu_domain *d, const struct smmu_nest *nest, struct smmu_master *m,
		    bool ats)
{
	int ret = d->stage2 ? 0 : set_cd(d, m);

	return ret ?: smmu_master_restream(m, d, nest, false, ats);
}

/* The same domain again: there is something to do for masters that were blocked. */
static int attach_again(struct smmu_domain *d, const struct smmu_nest *nest,
			struct smmu_master *first)
{
	struct smmu_master *m;
	int ret = 0;

	for (m = first; m; m = m->next) {
		int err = READ_ONCE(m->blocked) ? redirect(d, nest, m, m->ats) : 0;

		if (err)
			smmu_master_block(m, "cannot be attached, its SMMU does not respond");
		ret = ret ?: err;
	}
	return ret;
}

/* Whether the endpoint's ATS shall be on behind the domain. */
static bool wants_ats(struct smmu_domain *d, const struct smmu_nest *nest, struct smmu_master *m)
{
	/* 5.2, EATS: illegal beside S2S, which forced stalls demand. */
	if (!smmu_ats_usable(m) || (d->stage2 && m->smmu->feat.stall_forced))
		return false;
	return !nest || smmu_nest_ats(nest, m);
}

static int join(struct smmu_domain *d, struct smmu_nest *nest, struct smmu_master *m)
{
	int ret = d->stage2 ? 0 : smmu_cdtab_prepare(m, IOMMU_NO_PASID);

	return ret ?: smmu_domain_join(d, m, IOMMU_NO_PASID, wants_ats(d, nest, m), nest);
}

/* All of a device or, after an error, nothing. */
static int join_all(struct smmu_domain *d, struct smmu_nest *nest, struct smmu_master *first)
{
	struct smmu_master *m, *joined;

	for (m = first; m; m = m->next) {
		int ret = join(d, nest, m);

		if (!ret)
			continue;
		for (joined = first; joined != m; joined = joined->next)
			smmu_domain_drop(d, joined, IOMMU_NO_PASID, true, nest);
		return ret;
	}
	return 0;
}

static int redirect_all(struct smmu_domain *d, struct smmu_nest *nest, struct smmu_master *first)
{
	struct smmu_master *m;

	for (m = first; m; m = m->next) {
		int ret;

		m->had_ats = m->ats;
		ret = redirect(d, nest, m, wants_ats(d, nest, m));
		if (ret)
			return ret;
	}
	return 0;
}

/* Whether nothing stands against letting a master's DMA go through a domain. */
static int may_attach(const struct smmu_domain *d, const struct smmu_master *m)
{
	if (!smmu_domain_fits(d, m->smmu))
		return -EINVAL;
	/* Behind a stage 2 of its own an STE knows no PASIDs. */
	return d->stage2 && !xa_empty(&m->bonds) ? -EBUSY : 0;
}

/**
 * smmu_attach() - let a device's DMA go through a domain's table
 * @d: the domain
 * @nest: a guest's stage 1 in front of it, or NULL
 * @dev: the device
 *
 * Context: may sleep; under the group mutex.
 *
 * Return: 0; -EINVAL when an instance of the device cannot walk the table, so that
 * another domain may be tried; -EBUSY when PASIDs of the device are in use and the
 * domain is one of stage 2; -ENOSPC without a free ASID or VMID; -ENOMEM;
 * an error of the command queue, after which the device's DMA aborts.
 */
int smmu_attach(struct smmu_domain *d, struct smmu_nest *nest, struct device *dev)
{
	struct smmu_master *first = dev_iommu_priv_get(dev), *m;
	int ret;

	if (!first)
		return -ENODEV;
	for (m = first; m; m = m->next) {
		ret = may_attach(d, m);
		if (ret)
			return ret;
	}
	if (first->domain == d && first->nest == nest)
		return attach_again(d, nest, first);

	ret = join_all(d, nest, first);
	if (ret)
		return ret;
	ret = redirect_all(d, nest, first);
	for (m = first; m; m = m->next) {
		if (ret) {
			abandon_move(m, d, nest);
			continue;
		}
		if (d->stage2)
			clear_cd(m);
		finish_move(m, d, nest, false);
	}
	return ret;
}

int smmu_attach_paging(struct iommu_domain *domain, struct device *dev)
{
	return smmu_attach(to_smmu_domain(domain), NULL, dev);
}

/* Identity and blocked domains need neither a tag nor a table. */
static int detach(struct smmu_master *m, bool identity)
{
	int ret;

	m->had_ats = m->ats;
	ret = smmu_master_restream(m, NULL, NULL, identity, m->ats && !xa_empty(&m->bonds));
	if (ret)
		smmu_master_block(m, "cannot be detached, its SMMU does not respond");
	clear_cd(m);
	finish_move(m, NULL, NULL, identity);
	return ret;
}

static int attach_tableless(struct device *dev, bool identity)
{
	struct smmu_master *first = dev_iommu_priv_get(dev), *m;
	int ret = 0;

	if (!first)
		return -ENODEV;
	for (m = first; m; m = m->next) {
		int err = detach(m, identity);

		ret = ret ?: err;
	}
	return ret;
}

int smmu_attach_identity(struct iommu_domain *domain, struct device *dev)
{
	return attach_tableless(dev, true);
}

int smmu_attach_blocked(struct iommu_domain *domain, struct device *dev)
{
	return attach_tableless(dev, false);
}

/**
 * smmu_before_driver() - let a device that was blocked begin again
 * @domain: the device's default domain, in which the core takes it to be
 * @dev: a device that gets a driver of the kernel
 *
 * Whoever binds a driver has done with the device what was to be done. An endpoint that
 * still does not answer stays blocked. A device that could not be given back to @domain is.
 *
 * Context: may sleep; under the group mutex.
 *
 * Return: 0, or an error of the command queue.
 */
int smmu_before_driver(struct iommu_domain *domain, struct device *dev)
{
	struct smmu_master *first = dev_iommu_priv_get(dev), *m;
	bool identity = domain->type == IOMMU_DOMAIN_IDENTITY, blocked;
	int ret;

	blocked = identity ? first->domain || !first->identity :
			     first->domain != to_smmu_domain(domain);
	for (m = first; m; m = m->next) {
		/* Waking its SMMU, this may block it. */
		smmu_pm_renew(m->smmu, dev);
		blocked |= READ_ONCE(m->blocked);
	}
	if (!blocked)
		return 0;
	ret = domain->ops->attach_dev(domain, dev);
	if (!ret)
		dev_info(dev, "was blocked; its DMA is let through again\n");
	return ret;
}
