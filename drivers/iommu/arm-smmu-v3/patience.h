/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long to look for something that hardware should do soon (I-18).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_PATIENCE_H
#define SMMU_V3_PATIENCE_H

#include <linux/minmax.h>
#include <linux/timekeeping.h>

/**
 * struct smmu_patience - how long somebody has been looking; begins as zeroes
 * @last_look: when
 * @spent: nanoseconds that count
 */
struct smmu_patience {
	u64 last_look;
	u64 spent;
};

#define SMMU_LOOKS_MIN		64

/**
 * smmu_expired() - look at the clock, before looking for the thing itself
 * @p: whose patience
 * @timeout_ns: how much there is
 *
 * A guest that is paused, or a CPU that is taken away, does not look, and the SMMU may
 * have stood still as well: whatever passes between two looks counts for no more than a
 * small part of the time-out, which is over after SMMU_LOOKS_MIN looks at the least.
 *
 * Context: any.
 *
 * Return: true if the next look is the last.
 */
static inline bool smmu_expired(struct smmu_patience *p, u64 timeout_ns)
{
	u64 now = ktime_get_mono_fast_ns();

	if (p->last_look)
		p->spent += min(now - p->last_look, timeout_ns / SMMU_LOOKS_MIN);
	p->last_look = now;
	return p->spent >= timeout_ns;
}

#endif /* SMMU_V3_PATIENCE_H */
