/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The arm-iommu authors */
#ifndef SIM_DRIVE_COVER_H
#define SIM_DRIVE_COVER_H

#include "drive.h"

unsigned int drive_cover(struct ssim_ids *ids, unsigned int max);
long drive_cover_check(const struct ssim_ids *ids, unsigned int n, unsigned long *triples);

#endif /* SIM_DRIVE_COVER_H */
