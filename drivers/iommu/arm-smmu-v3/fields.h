/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of tables in words.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_FIELDS_H
#define SMMU_V3_FIELDS_H

#include <linux/types.h>

struct seq_file;

void smmu_show_ste(struct seq_file *s, const u64 *qw);
void smmu_show_cd(struct seq_file *s, const u64 *qw);

#endif /* SMMU_V3_FIELDS_H */
