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

static bool is_atc_of(const struct smmu_inval *at, const struct smmu_master *m, u32 ssid)
{
	return at->master == m && at->ssid == ssid;
}

/*
 * Copy TLBs, or ATCs, of @from behind the @n places that @to has: those that have
 * users, and all but those of @without under @ssid.
 */
static unsigned int set_copy(struct smmu_inval_set *to, unsigned int n,
			     const struct smmu_inval_set *from, bool atcs,
			     const struct smmu_master *without, u32 ssid)
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
		if (atcs ? !is_atc_of(&from->at[i], without, ssid) : from->at[i].users)
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

/**
 * smmu_domain_join() - let a domain know of a master before the master uses it
 * @d: the domain
 * @m: the master
 * @ssid: the PASID that will lead to the domain, IOMMU_NO_PASID for DMA without
 * @ats: the endpoint will have translations of it
 * @tag: set to the ASID or VMID of the domain on the master's instance, a new one
 *	for the first master there
 *
 * Context: may sleep; takes the domain's lock.
 *
 * Return: 0; -ENOSPC without a free tag; -ENOMEM.
 */
int smmu_domain_join(struct smmu_domain *d, struct smmu_master *m, u32 ssid, bool ats, u16 *tag)
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

	n = set_copy(set, 0, old, false, NULL, 0);
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

	n = set_copy(set, n, old, true, NULL, 0);
	set->num_atc = old ? old->num_atc : 0;
	for (i = 0; ats && i < m->num_sids; i++) {
		set->at[n++] = (struct smmu_inval) {
			.smmu = m->smmu, .kind = SMMU_INVAL_ATC,
			.master = m, .sid = m->sids[i], .ssid = ssid, .users = 1,
		};
		set->num_atc++;
	}
	set_publish(d, set);
	return 0;
}

static unsigned int set_count_atc(const struct smmu_inval_set *set, const struct smmu_master *m,
				  u32 ssid)
{
	unsigned int i, n = 0;

	for (i = set->num - set->num_atc; i < set->num; i++)
		n += is_atc_of(&set->at[i], m, ssid);
	return n;
}

/**
 * smmu_domain_drop() - take back what smmu_domain_join() has done
 * @d: the domain
 * @m: the master
 * @ssid: as when it joined
 * @leave: it goes; else it stays, but has no ATC any more
 *
 * Cannot fail: hardware has forgotten already what led there.
 *
 * Context: may sleep; takes the domain's lock.
 */
void smmu_domain_drop(struct smmu_domain *d, struct smmu_master *m, u32 ssid, bool leave)
{
	struct smmu_inval_set *old, *set = NULL;
	struct smmu_inval gone = {};
	struct smmu_inval *tlb;
	unsigned int n, atcs;

	mutex_lock(&d->lock);
	old = domain_set(d);
	tlb = set_find_tlb(old, m->smmu);
	atcs = set_count_atc(old, m, ssid);
	/* Readers do not look at users; writers hold the lock. */
	if (leave && !--tlb->users)
		gone = *tlb;

	n = old->num - atcs - !!gone.smmu;
	if (n) {
		set = set_alloc(n, __GFP_NOFAIL);
		n = set_copy(set, 0, old, false, NULL, 0);
		set_copy(set, n, old, true, m, ssid);
		set->num_atc = old->num_atc - atcs;
	}
	set_publish(d, set);
	mutex_unlock(&d->lock);

	/* Nobody sends for the master, or under the tag, when it is reused. */
	synchronize_rcu();
	if (gone.smmu)
		smmu_tag_free(gone.smmu, gone.kind, gone.tag);
}

/**
 * smmu_domain_tag() - the tag of a domain on an instance
 * @d: a domain that a master of the instance has joined
 * @smmu: the instance
 *
 * Context: may sleep; takes the domain's lock.
 *
 * Return: the ASID or VMID.
 */
u16 smmu_domain_tag(struct smmu_domain *d, struct smmu_device *smmu)
{
	guard(mutex)(&d->lock);
	return set_find_tlb(domain_set(d), smmu)->tag;
}
