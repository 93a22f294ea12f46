// SPDX-License-Identifier: GPL-2.0-only
/*
 * ASIDs and VMIDs of an instance: what its TLB entries are tagged with.
 *
 * Where an instance takes part in the CPUs' TLB maintenance, a process has the ASID
 * there that it has on the CPUs. If the driver gave that one to a domain before, the
 * domain gets another: it is easier to move than the process.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>

#include "smmu.h"

/* Instead of the domain that has an ASID: a process, or nobody ever again */
#define ASID_SHARED	xa_mk_value(1)
#define ASID_GIVEN_UP	xa_mk_value(2)

static struct xarray *tag_pool(struct smmu_device *smmu, enum smmu_inval_kind kind)
{
	return kind == SMMU_INVAL_S1 ? &smmu->asids : &smmu->vmids;
}

/* For both kinds. */
void smmu_tags_init(struct smmu_device *smmu)
{
	mutex_init(&smmu->asids_lock);
	xa_init_flags(&smmu->asids, XA_FLAGS_ALLOC1);
	xa_init_flags(&smmu->vmids, XA_FLAGS_ALLOC1);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tags_init);

void smmu_tags_exit(struct smmu_device *smmu)
{
	xa_destroy(&smmu->vmids);
	xa_destroy(&smmu->asids);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tags_exit);

/**
 * smmu_tag_alloc() - take an ASID or VMID that no TLB entry is tagged with
 * @smmu: the instance
 * @kind: SMMU_INVAL_S1 for an ASID, SMMU_INVAL_S2 for a VMID
 * @d: whose it will be
 * @tag: set to it
 *
 * 0 is never given: VMID 0 tags stage 1 entries and bypassed stage 2.
 *
 * Context: may sleep.
 *
 * Return: 0; -ENOSPC when all are in use; -ENOMEM.
 */
int smmu_tag_alloc(struct smmu_device *smmu, enum smmu_inval_kind kind, struct smmu_domain *d,
		   u16 *tag)
{
	u8 bits = kind == SMMU_INVAL_S1 ? smmu->feat.asid_bits : smmu->feat.vmid_bits;
	u32 id;
	int ret = xa_alloc(tag_pool(smmu, kind), &id, d, XA_LIMIT(1, (1u << bits) - 1),
			   GFP_KERNEL);

	if (ret)
		return ret == -EBUSY ? -ENOSPC : ret;
	*tag = id;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tag_alloc);

/**
 * smmu_tag_free() - give an ASID or VMID back, once nothing is tagged with it
 * @smmu: the instance
 * @kind: as for smmu_tag_alloc()
 * @tag: a tag that no STE or CD holds any more
 *
 * A tag whose invalidation failed is never used again (I-30).
 *
 * Context: may sleep; takes asids_lock, so that nobody moves what is about to go.
 *
 * Return: 0, or an error of the command queue when the tag is given up.
 */
int smmu_tag_free(struct smmu_device *smmu, enum smmu_inval_kind kind, u16 tag)
{
	struct smmu_cmd cmd = smmu_tlbi_all(&smmu->feat, kind, tag);
	int ret = smmu_cmdq_run(&smmu->cmdq, &cmd, 1);

	guard(mutex)(&smmu->asids_lock);
	if (!ret) {
		xa_erase(tag_pool(smmu, kind), tag);
		return 0;
	}
	xa_store(tag_pool(smmu, kind), tag, ASID_GIVEN_UP, GFP_KERNEL);
	dev_warn(smmu->dev, "%s %u cannot be invalidated and is given up\n",
		 kind == SMMU_INVAL_S1 ? "ASID" : "VMID", tag);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tag_free);

/* Tables of processes do not move: two of them with one ASID are not of one mind. */
static bool can_move(const void *owner)
{
	return owner && !xa_is_value(owner) && !smmu_domain_is_sva(owner);
}

static int asid_seize(struct smmu_device *smmu, u16 asid)
{
	struct smmu_domain *owner = xa_load(&smmu->asids, asid);
	u16 other;
	int ret;

	if (!can_move(owner))
		return -EBUSY;
	ret = smmu_tag_alloc(smmu, SMMU_INVAL_S1, owner, &other);
	if (ret)
		return ret;
	ret = smmu_domain_retag(owner, smmu, asid, other);
	if (ret == -ENOENT || ret == -ENOMEM) {
		xa_erase(&smmu->asids, other);
		return ret;
	}
	xa_store(&smmu->asids, asid, ret ? ASID_GIVEN_UP : ASID_SHARED, GFP_KERNEL);
	smmu->seized += !ret;
	return ret;
}

/**
 * smmu_asid_share() - take the ASID that a process has on the CPUs
 * @smmu: an instance that takes part in their maintenance
 * @asid: the ASID
 *
 * It is given back by smmu_tag_free().
 *
 * Context: may sleep; takes asids_lock.
 *
 * Return: 0; -EBUSY or -ENOENT when it is taken and cannot be had; -ENOSPC when who
 * has it can have no other; -ENOMEM; an error of the command queue.
 */
int smmu_asid_share(struct smmu_device *smmu, u16 asid)
{
	int ret;

	guard(mutex)(&smmu->asids_lock);
	ret = xa_insert(&smmu->asids, asid, ASID_SHARED, GFP_KERNEL);
	return ret == -EBUSY ? asid_seize(smmu, asid) : ret;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_asid_share);
