/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command queue as its users see it.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_CMDQ_H
#define SMMU_V3_CMDQ_H

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/spinlock.h>

#include "mmio.h"
#include "structs.h"

/* The most commands between two CMD_SYNCs (MMU-700 erratum 2812531: 64). */
#define SMMU_BATCH	63

/* Latencies are counted by powers of two of nanoseconds; the last one is 2 s and more. */
#define SMMU_LATENCIES	33

/**
 * struct smmu_cmdq - the command queue of an instance
 * @dev: the instance, for log lines
 * @io: its registers
 * @slots: the queue's memory, two little-endian words a command
 * @slots_dma: its bus address
 * @shift: log2 of its entries
 * @msi: where the CMD_SYNC of each slot reports, NULL without MSI polling
 * @msi_dma: its bus address
 * @published: for each slot, the round in which it was last written
 * @failed: for each slot, one more than the last position that failed there
 * @timeout_ns: how long a submission may look for space, and for its CMD_SYNC; time
 *              in which it could not look hardly counts
 * @reserved: positions handed to producers
 * @skipped: those of them that no command ever had, from resets
 * @syncs: submissions so far
 * @consumed: a position that hardware is known to have reached
 * @doorbell: taken by whoever may advance the producer register
 * @rung: the position that the producer register shows; owned by @doorbell
 * @error_lock: serialises GERRORN and what follows
 * @errors: command errors so far; stored after @failed
 * @error_pos: where the last of them struck; under @error_lock
 * @errors_here: how often in a row; under @error_lock
 * @dead: nothing will ever complete again; every call fails at once
 * @asleep: the instance forgets everything before it translates again; every call
 *          succeeds at once
 * @latency: how many CMD_SYNCs took less than 1 << n nanoseconds, and not less than half of
 *           that; while somebody watches
 */
struct smmu_cmdq {
	struct device *dev;
	const struct smmu_mmio *io;
	__le64 (*slots)[2];
	dma_addr_t slots_dma;
	__le32 *msi;
	dma_addr_t msi_dma;
	u32 *published;
	u64 *failed;
	u64 timeout_ns;
	unsigned int shift;
	bool dead;
	bool asleep;

	atomic64_t reserved ____cacheline_aligned_in_smp;
	atomic64_t syncs;
	atomic64_t consumed ____cacheline_aligned_in_smp;
	atomic_t doorbell;
	u64 rung;
	u64 skipped;

	raw_spinlock_t error_lock ____cacheline_aligned_in_smp;
	atomic_t errors;
	unsigned int errors_here;
	u64 error_pos;
	atomic_t latency[SMMU_LATENCIES];
};

/**
 * struct smmu_ticket - what smmu_cmdq_wait() waits for
 * @q: the queue, NULL where there is nothing to wait for
 * @first: position of the submission's first command
 * @sync: position of its CMD_SYNC
 * @errors: command errors that the queue had seen before it
 * @op: its first command
 * @start: when it began, in nanoseconds of the CPU's clock; 0 where nobody watches
 */
struct smmu_ticket {
	struct smmu_cmdq *q;
	u64 first;
	u64 sync;
	int errors;
	u8 op;
	u64 start;
};

int smmu_cmdq_init(struct smmu_cmdq *q, struct device *dev, const struct smmu_mmio *io,
		   unsigned int shift_max, bool msi_polling);
void smmu_cmdq_free(struct smmu_cmdq *q);
void smmu_cmdq_reset(struct smmu_cmdq *q);
int smmu_cmdq_issue(struct smmu_cmdq *q, const struct smmu_cmd *cmds, unsigned int n,
		    struct smmu_ticket *t);
int smmu_cmdq_wait(struct smmu_ticket *t);
bool smmu_cmdq_handle_error(struct smmu_cmdq *q);
void smmu_cmdq_kill(struct smmu_cmdq *q);
int smmu_cmdq_sleep(struct smmu_cmdq *q);
void smmu_cmdq_wake(struct smmu_cmdq *q);

/**
 * smmu_cmdq_run() - run commands and wait until they have completed
 * @q: command queue
 * @cmds: commands, any number
 * @n: how many
 *
 * Context: any; interrupts may be off. Looks at most twice @q->timeout_ns for
 * each SMMU_BATCH commands.
 *
 * Return: 0 when all have completed, or the instance sleeps; -EIO when one of them
 * failed or the queue is dead, -ETIMEDOUT when space or completion did not come.
 */
static inline int smmu_cmdq_run(struct smmu_cmdq *q, const struct smmu_cmd *cmds, unsigned int n)
{
	struct smmu_ticket t __uninitialized;
	int ret = smmu_cmdq_issue(q, cmds, n, &t);

	return ret ?: smmu_cmdq_wait(&t);
}

#endif /* SMMU_V3_CMDQ_H */
