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
 * was (I-51).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/slab.h>

#include "entry.h"
#include "smmu.h"

static enum smmu_inval_kind domain_kind(const struct smmu_domain *d)
{
	return d->stage2 ? SMMU_INVAL_S2 : SMMU_INVAL_S1;
}

static struct smmu_inval_set *domain_set(struct smmu_domain *d)
{
	return rcu_dereference_protected(d->invals, lockdep_is_held(&d->lock));
}

/* The place of @smmu's TLB in a set, or NULL. */
static struct smmu_inval *set_find_tlb(struct smmu_inval_set *set, struct smmu_device *smmu)
{
	unsigned int i;

	for (i = 0; set && i < set->num - set->num_atc; i++)
		if (set->at[i].smmu == smmu)
			return &set->at[i];
	return NULL;
}

static struct smmu_inval_set *set_alloc(unsigned int num, gfp_t gfp)
{
	struct smmu_inval_set *set = kzalloc(struct_size(set, at, num), GFP_KERNEL | gfp);

	if (set)
		set->num = num;
	return set;
}

/*
 * Copy the places of @from that @keep likes behind the @n that @to has. An
 * ATC is kept or dropped with its master, a TLB with its users.
 */
static unsigned int set_copy(struct smmu_inval_set *to, unsigned int n,
			     const struct smmu_inval_set *from, bool atcs,
			     const struct smmu_master *without)
{
	unsigned int first = 0, end, i;

	if (!from)
		return n;
	end = from->num - from->num_atc;
	if (atcs) {
		first = end;
		end = from->num;
	}
	for (i = first; i < end; i++)
		if (atcs ? from->at[i].master != without : from->at[i].users)
			to->at[n++] = from->at[i];
	return n;
}

static void set_publish(struct smmu_domain *d, struct smmu_inval_set *set)
{
	struct smmu_inval_set *old = domain_set(d);

	rcu_assign_pointer(d->invals, set);
	/* Pairs with the barrier in smmu_inval_range(): set, then STE. */
	smp_mb();
	if (old)
		kfree_rcu(old, rcu);
}

/*
 * Add a master to a domain's set. The tag is that of the domain on the
 * master's instance, a new one for the first master there.
 */
static int domain_join(struct smmu_domain *d, struct smmu_master *m, bool ats, u16 *tag)
{
	struct smmu_inval_set *old, *set;
	struct smmu_inval *tlb;
	unsigned int i, n;
	int ret;

	guard(mutex)(&d->lock);
	old = domain_set(d);
	tlb = set_find_tlb(old, m->smmu);
	set = set_alloc((old ? old->num : 0) + !tlb + (ats ? m->num_sids : 0), 0);
	if (!set)
		return -ENOMEM;

	n = set_copy(set, 0, old, false, NULL);
	if (!tlb) {
		tlb = &set->at[n++];
		*tlb = (struct smmu_inval) { .smmu = m->smmu, .kind = domain_kind(d) };
		ret = smmu_tag_alloc(m->smmu, tlb->kind, &tlb->tag);
		if (ret) {
			kfree(set);
			return ret;
		}
	} else {
		tlb = set_find_tlb(set, m->smmu);
	}
	tlb->users++;
	*tag = tlb->tag;

	n = set_copy(set, n, old, true, NULL);
	set->num_atc = old ? old->num_atc : 0;
	for (i = 0; ats && i < m->num_sids; i++) {
		set->at[n++] = (struct smmu_inval) {
			.smmu = m->smmu, .kind = SMMU_INVAL_ATC,
			.master = m, .sid = m->sids[i], .users = 1,
		};
		set->num_atc++;
	}
	set_publish(d, set);
	return 0;
}

static unsigned int set_count_atc(const struct smmu_inval_set *set, const struct smmu_master *m)
{
	unsigned int i, n = 0;

	for (i = set->num - set->num_atc; i < set->num; i++)
		n += set->at[i].master == m;
	return n;
}

/*
 * Drop a master's ATCs from a domain's set, and its use of the TLB as well
 * when it leaves. Cannot fail: hardware has forgotten the domain already.
 */
static void domain_drop(struct smmu_domain *d, struct smmu_master *m, bool leave)
{
	struct smmu_inval_set *old, *set = NULL;
	struct smmu_inval gone = {};
	struct smmu_inval *tlb;
	unsigned int n, atcs;

	mutex_lock(&d->lock);
	old = domain_set(d);
	tlb = set_find_tlb(old, m->smmu);
	atcs = set_count_atc(old, m);
	/* Readers do not look at users; writers hold the lock. */
	if (leave && !--tlb->users)
		gone = *tlb;

	n = old->num - atcs - !!gone.smmu;
	if (n) {
		set = set_alloc(n, __GFP_NOFAIL);
		n = set_copy(set, 0, old, false, NULL);
		set_copy(set, n, old, true, m);
		set->num_atc = old->num_atc - atcs;
	}
	set_publish(d, set);
	mutex_unlock(&d->lock);

	/* Nobody sends for the master, or under the tag, when it is reused. */
	synchronize_rcu();
	if (gone.smmu)
		smmu_tag_free(gone.smmu, gone.kind, gone.tag);
}

static bool domain_fits(const struct smmu_domain *d, const struct smmu_device *smmu)
{
	const struct smmu_features *f = &smmu->feat;
	u8 input = d->stage2 ? min(f->ias, f->oas) : f->va_bits;
	/* Blocks and runs come with the granule, the largest with the output size */
	unsigned long granule = BIT(__ffs(d->domain.pgsize_bitmap));

	if (d->smmu == smmu)
		return true;
	return (d->stage2 ? f->s2 : f->s1) && (f->pgsizes & granule) &&
	       d->cfg.ias <= input && d->cfg.oas <= f->oas &&
	       (f->coherent || !d->cfg.coherent_walk) &&
	       (!(d->cfg.quirks & IO_PGTABLE_QUIRK_ARM_LPA2) || f->ds) &&
	       (!(d->cfg.quirks & IO_PGTABLE_QUIRK_ARM_HD) || f->hd);
}

static void clear_cd(struct smmu_master *m)
{
	static const u64 nothing[SMMU_ENTRY_QWORDS];

	if (m->cdtab.cds)
		smmu_cd_write(m, IOMMU_NO_PASID, nothing);
}

static int write_cd(struct smmu_domain *d, struct smmu_master *m, u16 tag)
{
	u64 cd[SMMU_ENTRY_QWORDS];

	cd_make_s1(&m->smmu->feat, &d->cfg, tag, m->stall, cd);
	return smmu_cd_write(m, IOMMU_NO_PASID, cd);
}

static void make_ste(struct smmu_domain *d, struct smmu_master *m, u16 tag, bool ats, u64 *ste)
{
	if (d->stage2)
		ste_make_s2(&m->smmu->feat, &d->cfg, tag, ats, ste);
	else
		ste_make_s1(&m->smmu->feat, &m->cdtab, m->stall, ats, ste);
}

/* What is left to do once no STE of the master leads to the old domain. */
static void finish_move(struct smmu_master *m, bool had_ats, struct smmu_domain *new)
{
	struct smmu_domain *old = m->domain;

	if (had_ats)
		smmu_atc_inv_master(m);
	m->domain = new;
	if (old)
		domain_drop(old, m, true);
}

/*
 * The command queue failed half-way. Nobody knows what hardware goes by, so
 * the streams abort; the core still counts the master to the old domain.
 */
static void abandon_move(struct smmu_master *m, struct smmu_domain *new)
{
	smmu_master_block(m, "cannot be attached, its SMMU does not respond");
	domain_drop(new, m, true);
}

/* Point the streams at a domain that the master has joined. */
static int redirect(struct smmu_domain *d, struct smmu_master *m, u16 tag, bool ats)
{
	u64 ste[SMMU_ENTRY_QWORDS];
	int ret;

	ret = d->stage2 ? 0 : write_cd(d, m, tag);
	if (ret)
		return ret;
	if (m->ats && !ats)
		smmu_ats_disable(m);
	/* What an ATC kept when it timed out must not pass once streams do. */
	if (m->ats && READ_ONCE(m->blocked)) {
		ret = smmu_atc_inv_master(m);
		if (ret)
			return ret;
	}
	make_ste(d, m, tag, ats, ste);
	ret = smmu_ste_write(m, ste);
	if (ret || !ats || m->ats)
		return ret;

	/* An endpoint that cannot have ATS after all is not sent invalidations. */
	if (smmu_ats_enable(m)) {
		make_ste(d, m, tag, false, ste);
		ret = smmu_ste_write(m, ste);
		domain_drop(d, m, false);
	}
	return ret;
}

/* The same domain again: there is something to do if the master was blocked. */
static int attach_again(struct smmu_domain *d, struct smmu_master *m)
{
	u16 tag;

	if (!READ_ONCE(m->blocked))
		return 0;
	scoped_guard(mutex, &d->lock)
		tag = set_find_tlb(domain_set(d), m->smmu)->tag;
	return redirect(d, m, tag, m->ats);
}

/**
 * smmu_attach_paging() - let a device's DMA go through a domain's table
 * @domain: the domain
 * @dev: the device
 *
 * Context: may sleep; under the group mutex.
 *
 * Return: 0; -EINVAL when the device's instance cannot walk the table, so that
 * another domain may be tried; -ENOSPC without a free ASID or VMID; -ENOMEM;
 * an error of the command queue, after which the device's DMA aborts.
 */
int smmu_attach_paging(struct iommu_domain *domain, struct device *dev)
{
	struct smmu_domain *d = to_smmu_domain(domain);
	struct smmu_master *m = dev_iommu_priv_get(dev);
	bool had_ats, ats;
	u16 tag;
	int ret;

	if (!m)
		return -ENODEV;
	if (!domain_fits(d, m->smmu))
		return -EINVAL;
	if (m->domain == d)
		return attach_again(d, m);

	ret = d->stage2 ? 0 : smmu_cdtab_prepare(m);
	if (ret)
		return ret;
	had_ats = m->ats;
	/* 5.2, EATS: illegal beside S2S, which forced stalls demand. */
	ats = smmu_ats_usable(m) && !(d->stage2 && m->smmu->feat.stall_forced);
	ret = domain_join(d, m, ats, &tag);
	if (ret)
		return ret;

	ret = redirect(d, m, tag, ats);
	if (ret) {
		abandon_move(m, d);
		return ret;
	}
	if (d->stage2)
		clear_cd(m);
	finish_move(m, had_ats, d);
	return 0;
}

/* Identity and blocked domains need neither a tag nor a table. */
static int attach_tableless(struct device *dev, bool identity)
{
	struct smmu_master *m = dev_iommu_priv_get(dev);
	u64 ste[SMMU_ENTRY_QWORDS];
	bool had_ats;
	int ret;

	if (!m)
		return -ENODEV;

	had_ats = m->ats;
	smmu_ats_disable(m);
	if (identity)
		ste_make_bypass(&m->smmu->feat, ste);
	else
		ste_make_abort(ste);
	ret = smmu_ste_write(m, ste);
	if (ret) {
		ste_make_abort(ste);
		smmu_ste_write(m, ste);
	}
	clear_cd(m);
	finish_move(m, had_ats, NULL);
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
