// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints' home, and whether anybody watches.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define CREATE_TRACE_POINTS
#include "trace.h"

DEFINE_STATIC_KEY_FALSE(smmu_watched);

/* The clock is looked at for each CMD_SYNC from here on; each call is undone by one of the next. */
int smmu_watch(void)
{
	static_branch_inc(&smmu_watched);
	return 0;
}

void smmu_unwatch(void)
{
	static_branch_dec(&smmu_watched);
}
