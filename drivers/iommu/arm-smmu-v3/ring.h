/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Producer and consumer arithmetic of SMMUv3 queues: IHI 0070, 3.5.1.
 *
 * Hardware shows an index of `shift` bits with one wrap bit above it. Software
 * counts in 64-bit positions that never wrap, and converts at the register.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_RING_H
#define SMMU_V3_RING_H

#include <linux/bits.h>
#include <linux/types.h>

/* The index and wrap bits of a register of a queue with 2^shift entries. */
static inline u32 ring_mask(unsigned int shift)
{
	return (2u << shift) - 1;
}

static inline u32 ring_slot(u64 pos, unsigned int shift)
{
	return pos & ((1u << shift) - 1);
}

static inline u32 ring_to_reg(u64 pos, unsigned int shift)
{
	return pos & ring_mask(shift);
}

/**
 * ring_from_reg() - the position that a register shows
 * @base: a position that the register had reached before it was read
 * @reg: what was read; bits above the wrap bit are ignored
 * @shift: log2 of the queue's entries
 *
 * Return: the lowest position not below @base that would show as @reg. A
 * reader who was away while the queue went around gets a position that is too
 * low, never one that was not reached.
 */
static inline u64 ring_from_reg(u64 base, u32 reg, unsigned int shift)
{
	return base + ((reg - (u32)base) & ring_mask(shift));
}

/* What a producer may still write, when consumption has reached cons. */
static inline u32 ring_space(u64 prod, u64 cons, unsigned int shift)
{
	return (1u << shift) - (u32)(prod - cons);
}

/*
 * A pair of hardware registers is sane when no more is queued than fits. A
 * broken or hostile device may show anything.
 */
static inline bool ring_sane(u64 prod, u64 cons, unsigned int shift)
{
	return prod - cons <= (1ull << shift);
}

#endif /* SMMU_V3_RING_H */
