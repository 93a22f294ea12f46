// SPDX-License-Identifier: GPL-2.0-only
/*
 * The places where a domain's translations may be cached, and how masters come
 * to them and go: TLBs of instances, each with a tag, and ATCs of endpoints.
 *
 * A set of places is never changed, but replaced as a whole, since it is read
 * without a lock.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/slab.h>

#include "smmu.h"

static enum smmu_inval_kind domain_kind(const struct smmu_domain *d)
{
	return d->stage2 ? SMMU_INVAL_S2 : SMMU_INVAL_S1;
}

static struct smmu_inval_set *domain_set(struct smmu_domain *d)
{
	return rcu_dereference_protected(d->invals, lockdep_is_held(&d->lock));
}

/* The place of @smmu's TLB in a set, or NULL; the first, while its tag is being replaced. */
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

static bool is_atc_of(const struct smmu_inval *at, const struct smmu_master *m, u32 ssid,
		      const struct smmu_nest *nest)
{
	return at->master == m && at->ssid == ssid && at->nest == nest;
}

/* Copy the TLBs of @from that have users, and @fresh if there is one; how many these are. */
static unsigned int set_copy_tlbs(struct smmu_inval_set *to, const struct smmu_inval_set *from,
				  const struct smmu_inval *fresh)
{
	unsigned int n = 0, i = 0;

	to->nested = from && from->nested;
	for (; from && i < from->num_told; i++)
		if (from->at[i].users)
			to->at[n++] = from->at[i];
	if (fresh && !fresh->shared)
		to->at[n++] = *fresh;
	to->num_told = n;
	for (; from && i < from->num - from->num_atc; i++)
		if (from->at[i].users)
			to->at[n++] = from->at[i];
	if (fresh && fresh->shared)
		to->at[n++] = *fresh;
	return n;
}

/* Copy the ATCs of @from, but for those of one attachment of @without, behind @n TLBs. */
static unsigned int set_copy_atcs(struct smmu_inval_set *to, unsigned int n,
				  const struct smmu_inval_set *from,
				  const struct smmu_master *without, u32 ssid,
				  const struct smmu_nest *nest)
{
	unsigned int i;

	for (i = from ? from->num - from->num_atc : 0; from && i < from->num; i++) {
		if (is_atc_of(&from->at[i], without, ssid, nest))
			continue;
		to->at[n++] = from->at[i];
		to->num_atc++;
	}
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

/* A tag of the process's own where the CPUs' maintenance can be heard, else of the driver's. */
static int tlb_make(struct smmu_domain *d, struct smmu_device *smmu, struct smmu_inval *tlb)
{
	*tlb = (struct smmu_inval) { .smmu = smmu, .kind = domain_kind(d) };
	if (smmu->btm && smmu_domain_is_sva(d) && !smmu_sva_share(d, smmu, &tlb->tag)) {
		tlb->shared = true;
		return 0;
	}
	return smmu_tag_alloc(smmu, tlb->kind, d, &tlb->tag);
}

static void tlb_free(struct smmu_domain *d, const struct smmu_inval *tlb)
{
	int ret = smmu_tag_free(tlb->smmu, tlb->kind, tlb->tag);

	if (tlb->shared && !ret)
		smmu_sva_unshare(d);
}

/* Behind @n places; with PASIDs of a guest an ATC is two of them. */
static void set_add_atcs(struct smmu_inval_set *set, unsigned int n, struct smmu_inval atc,
			 bool pasids)
{
	unsigned int i;

	for (i = 0; i < atc.master->num_sids; i++) {
		atc.sid = atc.master->sids[i];
		for (atc.pasids = false; ; atc.pasids = true) {
			set->at[n++] = atc;
			set->num_atc++;
			if (atc.pasids == pasids)
				break;
		}
	}
}

/* With the lock held: -EAGAIN where the domain has no tag for the instance, and no @fresh one. */
static int set_join(struct smmu_domain *d, struct smmu_master *m, u32 ssid, bool ats,
		    const struct smmu_nest *nest, struct smmu_inval *fresh)
{
	struct smmu_inval_set *old = domain_set(d), *set;
	bool known = set_find_tlb(old, m->smmu);
	bool pasids = nest && smmu_nest_has_pasids(nest, m);
	struct smmu_inval *tlb;
	unsigned int n;

	if (!known && !fresh->smmu)
		return -EAGAIN;
	set = set_alloc((old ? old->num : 0) + !known + (ats ? m->num_sids << pasids : 0), 0);
	if (!set)
		return -ENOMEM;

	n = set_copy_tlbs(set, old, known ? NULL : fresh);
	if (!known)
		fresh->smmu = NULL;
	tlb = set_find_tlb(set, m->smmu);
	tlb->users++;
	tlb->nested |= !!nest;
	set->nested |= !!nest;
	n = set_copy_atcs(set, n, old, NULL, 0, NULL);
	if (ats)
		set_add_atcs(set, n, (struct smmu_inval) {
			.smmu = m->smmu, .kind = SMMU_INVAL_ATC,
			.master = m, .ssid = ssid, .nest = nest, .users = 1,
		}, pasids);
	set_publish(d, set);
	return 0;
}

/**
 * smmu_domain_join() - let a domain know of a master before the master uses it
 * @d: the domain
 * @m: the master
 * @ssid: the PASID that will lead to the domain, IOMMU_NO_PASID for DMA without
 * @ats: the endpoint will have translations of it
 * @nest: a guest's stage 1 that the master will have in front of it, or NULL
 *
 * The first master of an instance gets the domain an ASID or VMID there.
 *
 * Context: may sleep; takes the domain's lock, and before it the instance's asids_lock.
 *
 * Return: 0; -ENOSPC without a free tag; -ENOMEM.
 */
int smmu_domain_join(struct smmu_domain *d, struct smmu_master *m, u32 ssid, bool ats,
		     const struct smmu_nest *nest)
{
	struct smmu_inval fresh = {};
	int ret;

	for (;;) {
		scoped_guard(mutex, &d->lock)
			ret = set_join(d, m, ssid, ats, nest, &fresh);
		if (ret != -EAGAIN)
			break;
		ret = tlb_make(d, m->smmu, &fresh);
		if (ret)
			return ret;
	}
	/* Nothing came of it, or another master was faster. */
	if (fresh.smmu)
		tlb_free(d, &fresh);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_domain_join);

static unsigned int set_count_atc(const struct smmu_inval_set *set, const struct smmu_master *m,
				  u32 ssid, const struct smmu_nest *nest)
{
	unsigned int i, n = 0;

	for (i = set->num - set->num_atc; i < set->num; i++)
		n += is_atc_of(&set->at[i], m, ssid, nest);
	return n;
}

/**
 * smmu_domain_drop() - take back what smmu_domain_join() has done
 * @d: the domain
 * @m: the master
 * @ssid: as when it joined
 * @leave: it goes; else it stays, but has no ATC any more
 * @nest: as when it joined
 *
 * Cannot fail: hardware has forgotten already what led there.
 *
 * Context: may sleep; takes the domain's lock.
 */
void smmu_domain_drop(struct smmu_domain *d, struct smmu_master *m, u32 ssid, bool leave,
		      const struct smmu_nest *nest)
{
	struct smmu_inval_set *old, *set = NULL;
	struct smmu_inval gone = {};
	struct smmu_inval *tlb;
	unsigned int n, atcs;

	mutex_lock(&d->lock);
	old = domain_set(d);
	tlb = set_find_tlb(old, m->smmu);
	atcs = set_count_atc(old, m, ssid, nest);
	/* Readers do not look at users; writers hold the lock. */
	if (leave && !--tlb->users)
		gone = *tlb;

	n = old->num - atcs - !!gone.smmu;
	if (n) {
		set = set_alloc(n, __GFP_NOFAIL);
		n = set_copy_tlbs(set, old, NULL);
		set_copy_atcs(set, n, old, m, ssid, nest);
	}
	set_publish(d, set);
	mutex_unlock(&d->lock);

	/* Nobody sends for the master, or under the tag, when it is reused. */
	synchronize_rcu();
	if (gone.smmu)
		tlb_free(d, &gone);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_domain_drop);

/**
 * smmu_domain_tlb() - the place of a domain on an instance
 * @d: a domain that a master of the instance has joined
 * @smmu: the instance
 *
 * Context: under the domain's lock, until which is dropped the tag stays the same.
 *
 * Return: the place, with the ASID or VMID.
 */
const struct smmu_inval *smmu_domain_tlb(struct smmu_domain *d, struct smmu_device *smmu)
{
	return set_find_tlb(domain_set(d), smmu);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_domain_tlb);

/* Lead everything of the instance that is tagged with the domain's ASID to its new one. */
static void retag_masters(struct smmu_domain *d, struct smmu_device *smmu)
{
	struct smmu_master *m;
	struct smmu_bond *bond;

	list_for_each_entry(bond, &d->bonds, node)
		if (bond->master->smmu == smmu && smmu_bond_write(bond))
			smmu_master_block(bond->master, "cannot be given another ASID");

	guard(mutex)(&smmu->streams_lock);
	list_for_each_entry(m, &smmu->masters, node)
		if (smmu_master_retag(m, d))
			smmu_master_block(m, "cannot be given another ASID");
}

/**
 * smmu_domain_retag() - give a domain another ASID on an instance
 * @d: a domain of stage 1 that is not a process's
 * @smmu: the instance
 * @from: the ASID that it had, if it is not about to give it back
 * @to: the ASID that it shall have
 *
 * As when a master joins, changes of the table reach both ASIDs before hardware
 * goes by the new one, and until it has forgotten the old one (I-50).
 *
 * Context: may sleep; takes the domain's lock and the instance's streams_lock; under
 * its asids_lock.
 *
 * Return: 0, and nothing is cached under @from; -ENOENT when the domain has it no
 * more; -ENOMEM; an error of the command queue, after which the domain has @to and
 * nobody can have @from.
 */
int smmu_domain_retag(struct smmu_domain *d, struct smmu_device *smmu, u16 from, u16 to)
{
	struct smmu_cmd cmd = smmu_tlbi_all(&smmu->feat, SMMU_INVAL_S1, from);
	struct smmu_inval_set *old, *both, *set;
	struct smmu_inval *tlb, gone;
	unsigned int n;
	int ret;

	guard(mutex)(&d->lock);
	old = domain_set(d);
	tlb = set_find_tlb(old, smmu);
	if (!tlb || tlb->tag != from)
		return -ENOENT;
	both = set_alloc(old->num + 1, 0);
	set = set_alloc(old->num, 0);
	if (!both || !set) {
		kfree(both);
		kfree(set);
		return -ENOMEM;
	}

	/* It stands behind the new one, and without users is not copied again. */
	gone = *tlb;
	gone.users = 0;
	n = set_copy_tlbs(both, old, &gone);
	set_find_tlb(both, smmu)->tag = to;
	set_copy_atcs(both, n, old, NULL, 0, NULL);
	set_publish(d, both);

	retag_masters(d, smmu);
	ret = smmu_cmdq_run(&smmu->cmdq, &cmd, 1);

	n = set_copy_tlbs(set, both, NULL);
	set_copy_atcs(set, n, both, NULL, 0, NULL);
	set_publish(d, set);
	return ret;
}
