/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Circular queues in memory: IHI 0070 section 3.5.1. An index register has the
 * index in its low LOG2SIZE bits and a wrap flag in the bit above them.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SSIM_QUEUE_H
#define SSIM_QUEUE_H

#include "model.h"

/* Entries are a power of two, capped at what IDR1 announces. */
static inline unsigned int ssim_q_log2(const struct ssim_queue *q, unsigned int most)
{
	unsigned int n = fld1(q->base, Q_BASE_LOG2SIZE);

	return n < most ? n : most;
}

static inline bool ssim_q_empty(const struct ssim_queue *q, unsigned int log2)
{
	return !((q->prod ^ q->cons) & ssim_ones(log2 + 1));
}

static inline bool ssim_q_full(const struct ssim_queue *q, unsigned int log2)
{
	return ((q->prod ^ q->cons) & ssim_ones(log2 + 1)) == ssim_bit(log2);
}

/* The index moves on; the flags above it stay. */
static inline u32 ssim_q_next(u32 index, unsigned int log2)
{
	u32 mask = ssim_ones(log2 + 1);

	return (index & ~0xfffffu) | ((index + 1) & mask);
}

static inline u64 ssim_q_slot(const struct ssim_queue *q, u32 index, unsigned int log2,
			      unsigned int bytes)
{
	u64 base = fld1(q->base, Q_BASE_ADDR) << 5;
	u64 size = (u64)bytes << log2;

	/* The base is aligned to the size of the queue, or to 32 bytes (6.3.26). */
	if (size > 32)
		base &= ~(size - 1);
	return base + (index & ssim_ones(log2)) * bytes;
}

#endif /* SSIM_QUEUE_H */
