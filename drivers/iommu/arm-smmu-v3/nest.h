/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest may ask for: its STE and its commands, taken apart. Pure.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_NEST_H
#define SMMU_V3_NEST_H

#include "features.h"
#include "structs.h"

int smmu_nest_check(const struct smmu_features *f, const u64 *ste);
int smmu_nest_tlbi(const struct smmu_features *f, u16 vmid, struct smmu_cmd *cmd);
void ste_make_nested(const struct smmu_features *f, const u64 *guest, bool stall, u64 *qw);

#endif /* SMMU_V3_NEST_H */
