// SPDX-License-Identifier: GPL-2.0-only
/*
 * ASIDs and VMIDs of an instance: what its TLB entries are tagged with.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>

#include "smmu.h"

static struct ida *tag_pool(struct smmu_device *smmu, enum smmu_inval_kind kind)
{
	return kind == SMMU_INVAL_S1 ? &smmu->asids : &smmu->vmids;
}

/**
 * smmu_tag_alloc() - take an ASID or VMID that no TLB entry is tagged with
 * @smmu: the instance
 * @kind: SMMU_INVAL_S1 for an ASID, SMMU_INVAL_S2 for a VMID
 * @tag: set to it
 *
 * 0 is never given: VMID 0 tags stage 1 entries and bypassed stage 2.
 *
 * Context: may sleep.
 *
 * Return: 0; -ENOSPC when all are in use; -ENOMEM.
 */
int smmu_tag_alloc(struct smmu_device *smmu, enum smmu_inval_kind kind, u16 *tag)
{
	u8 bits = kind == SMMU_INVAL_S1 ? smmu->feat.asid_bits : smmu->feat.vmid_bits;
	int id = ida_alloc_range(tag_pool(smmu, kind), 1, (1u << bits) - 1, GFP_KERNEL);

	if (id < 0)
		return id;
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
 * Context: may sleep.
 */
void smmu_tag_free(struct smmu_device *smmu, enum smmu_inval_kind kind, u16 tag)
{
	struct smmu_cmd cmd = smmu_tlbi_all(&smmu->feat, kind, tag);

	if (smmu_cmdq_run(&smmu->cmdq, &cmd, 1)) {
		dev_warn(smmu->dev, "%s %u cannot be invalidated and is given up\n",
			 kind == SMMU_INVAL_S1 ? "ASID" : "VMID", tag);
		return;
	}
	ida_free(tag_pool(smmu, kind), tag);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tag_free);
