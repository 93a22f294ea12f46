// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues that hardware fills and the driver empties: IHI 0070, 3.5 and 7.4.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/bitfield.h>
#include <linux/dma-mapping.h>

#include "smmu.h"

/* The value of any queue's base register. */
u64 smmu_queue_base(dma_addr_t dma, unsigned int shift)
{
	return QUEUE_BASE_HINT | (dma & QUEUE_BASE_ADDR) | FIELD_PREP(QUEUE_BASE_LOG2SIZE, shift);
}

static size_t queue_bytes(const struct smmu_queue *q)
{
	return (sizeof(*q->slots) * q->qwords) << q->shift;
}

/**
 * smmu_queue_init() - make a queue for hardware to fill
 * @q: zeroed
 * @smmu: the instance
 * @shift: log2 of its entries
 * @qwords: 64-bit words in an entry
 * @prod_reg: offset of the producer register
 * @cons_reg: offset of the consumer register
 *
 * Context: may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int smmu_queue_init(struct smmu_queue *q, struct smmu_device *smmu, unsigned int shift,
		    unsigned int qwords, u32 prod_reg, u32 cons_reg)
{
	mutex_init(&q->lock);
	q->io = &smmu->io;
	q->shift = shift;
	q->qwords = qwords;
	q->prod_reg = prod_reg;
	q->cons_reg = cons_reg;
	q->slots = dma_alloc_coherent(smmu->dev, queue_bytes(q), &q->dma, GFP_KERNEL);
	return q->slots ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_queue_init);

void smmu_queue_free(struct smmu_queue *q, struct device *dev)
{
	if (q->slots)
		dma_free_coherent(dev, queue_bytes(q), q->slots, q->dma);
	q->slots = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_queue_free);

/**
 * smmu_queue_sleep() - take the queue for empty until it is reset
 * @q: queue that is not looked into while its instance sleeps
 *
 * Context: may sleep.
 */
void smmu_queue_sleep(struct smmu_queue *q)
{
	guard(mutex)(&q->lock);
	q->asleep = true;
}

/* Hardware is not using the queue; the caller, who holds its lock, writes 0 to both registers. */
void smmu_queue_reset(struct smmu_queue *q)
{
	q->asleep = false;
	q->prod = 0;
	q->cons = 0;
	q->ovack = 0;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_queue_reset);

static void queue_show_cons(struct smmu_queue *q)
{
	/* The entry was read before hardware may write over it. */
	mb();
	smmu_write(q->io, q->cons_reg, ring_to_reg(q->cons, q->shift) | q->ovack);
}

static bool queue_update(struct smmu_queue *q)
{
	u64 prod;

	if (q->asleep)
		return false;
	prod = ring_from_reg(q->cons, smmu_read_acquire(q->io, q->prod_reg), q->shift);
	/* More than fits: the register is broken, and no entry can be trusted. */
	if (!ring_sane(prod, q->cons, q->shift))
		return false;
	q->prod = prod;
	return q->prod != q->cons;
}

/**
 * smmu_queue_take() - take the oldest entry
 * @q: queue
 * @qw: receives q->qwords words in CPU byte order
 *
 * Context: the queue's interrupt thread only.
 *
 * Return: false when the queue is empty.
 */
bool smmu_queue_take(struct smmu_queue *q, u64 *qw)
{
	const __le64 *slot;
	unsigned int i;

	if (q->cons == q->prod && !queue_update(q))
		return false;

	slot = q->slots + ring_slot(q->cons, q->shift) * q->qwords;
	for (i = 0; i < q->qwords; i++)
		qw[i] = le64_to_cpu(READ_ONCE(slot[i]));
	q->cons++;
	q->taken++;
	queue_show_cons(q);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_queue_take);

/* More has arrived since the queue was found empty. */
bool smmu_queue_pending(struct smmu_queue *q)
{
	return queue_update(q);
}

/* Entries were lost; of page requests none is added until that is acknowledged (8.2). */
bool smmu_queue_overflowed(struct smmu_queue *q)
{
	return !q->asleep && (smmu_read(q->io, q->prod_reg) & QUEUE_OVERFLOW) != q->ovack;
}

/* How many entries there can be at once. */
unsigned int smmu_queue_room(const struct smmu_queue *q)
{
	return 1u << q->shift;
}

/**
 * smmu_queue_ack_overflow() - acknowledge an overflow
 * @q: event queue, or a PRI queue that smmu_queue_take() found empty
 *
 * Entries were lost while OVFLG differs from OVACKFLG. Acknowledging after
 * the last entry was taken, not before, keeps page requests that still do not
 * fit out of the queue as a whole (8.2). Events come whenever there is room (7.4).
 *
 * Context: the queue's interrupt thread only.
 *
 * Return: true if entries were lost.
 */
bool smmu_queue_ack_overflow(struct smmu_queue *q)
{
	if (!smmu_queue_overflowed(q))
		return false;
	q->ovack ^= QUEUE_OVERFLOW;
	q->overflows++;
	queue_show_cons(q);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_queue_ack_overflow);
