/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all suites share. The pure ones also run in user space
 * (tools/testing/arm-smmu-v3), where there is time to be exhaustive.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_TESTS_SUITE_H
#define SMMU_V3_TESTS_SUITE_H

#include <kunit/test.h>
#include <linux/types.h>

/* How much to try: in a kernel that boots, and in user space. */
static inline u64 effort(u64 kernel, u64 native)
{
#ifdef SMMU_TESTS_NATIVE
	return native;
#else
	return kernel;
#endif
}

/* Numbers that are the same in every run: splitmix64. */
struct dice {
	u64 state;
};

static inline u64 dice_roll(struct dice *d)
{
	u64 z = d->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* Bits [hi:lo] of a 64-bit word, written without the driver's macros. */
static inline u64 word_bits(unsigned int hi, unsigned int lo)
{
	return (2ull * (1ull << (hi - lo)) - 1) << lo;
}

static inline u64 word_get(u64 word, unsigned int hi, unsigned int lo)
{
	return (word & word_bits(hi, lo)) >> lo;
}

#endif /* SMMU_V3_TESTS_SUITE_H */
