/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fake SMMU behind the register seam: as much of one as the queues need.
 *
 * It reads commands from memory where its registers point, stops at an error
 * until GERRORN is written, answers CMD_SYNC by MSI where asked, and remembers
 * what ran. Every slot that it has consumed it spoils, so that a producer
 * index that passes a slot nobody has written is noticed.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_TESTS_FAKE_H
#define SMMU_V3_TESTS_FAKE_H

#include <kunit/test.h>
#include <linux/spinlock.h>

#include "../smmu.h"
#include "suite.h"

/* How the fake consumes its command queue. */
enum fake_pace {
	FAKE_EAGER,		/* everything, when PROD is written */
	FAKE_LAZY,		/* a few whenever the driver looks at CONS */
	FAKE_THREAD,		/* a thread, a few at a time */
	FAKE_STUCK,		/* nothing */
};

#define FAKE_LOG		8192
#define FAKE_PRODUCERS		8
#define FAKE_FAILURES		1024
#define FAKE_ALWAYS		(~0u)
#define FAKE_PAUSE_MS		5

/* Commands of the tests: CFGI_STE of stream "producer << 24 | number". */
static inline u32 fake_sid(unsigned int producer, u32 number)
{
	return producer << 24 | number;
}

/**
 * struct fake_smmu - the fake
 * @smmu: an instance for the driver's functions; its registers are the fake
 * @lock: protects all below
 * @dice: what it leaves to chance
 * @pace: how it consumes
 * @pauses: during so many reads of CMDQ_CONS yet, everything stands still
 * @prod: CMDQ_PROD
 * @cons: CMDQ_CONS without the error
 * @err: CMDQ_CONS.ERR
 * @gerror: GERROR
 * @gerrorn: GERRORN
 * @base: CMDQ_BASE
 * @fetched: commands taken from the queue so far, failed attempts included
 * @fail_at: value of @fetched at which an error strikes
 * @fail_err: which error
 * @fail_times: how often in a row
 * @fail_odds: an error of a random kind in one of so many commands, 0 for none
 * @kinds: bit mask of the random kinds
 * @failed_cmd: the command that was illegal, until it is replaced
 * @spare: what replaced an illegal command is not struck again
 * @ran: commands that completed, CMD_SYNCs included
 * @syncs: CMD_SYNCs that completed
 * @log: the first FAKE_LOG of them
 * @logged: how many are there
 * @next: for each producer, the number that its next command must have
 * @failures: sids of commands that failed; for a CMD_SYNC, of what stood before it
 * @num_failures: how many
 * @last_sid: of the command before
 * @unwritten: slots that were consumed without having been written
 * @disorder: commands that came twice, or not in their producer's order
 * @rerun: illegal commands that the driver acknowledged but did not replace
 * @longest: the most commands between two CMD_SYNCs
 * @since_sync: commands since the last CMD_SYNC
 * @deaf: bit n: the endpoint of stream n answers no ATC invalidation
 * @timed_out: an ATC invalidation since the last CMD_SYNC was not answered
 * @hook: called for each command that completes, with @lock held
 * @private: for @hook
 * @thread: of FAKE_THREAD
 * @evtq: registers of page 1: PROD and CONS of the event queue
 */
struct fake_smmu {
	struct smmu_device smmu;
	raw_spinlock_t lock;
	struct dice dice;
	enum fake_pace pace;
	unsigned int pauses;
	u32 prod;
	u32 cons;
	u32 err;
	u32 gerror;
	u32 gerrorn;
	u64 base;
	u64 fetched;
	u64 fail_at;
	u32 fail_err;
	u32 fail_times;
	u32 fail_odds;
	u32 kinds;
	u64 failed_cmd[2];
	bool spare;
	u64 ran;
	u64 syncs;
	struct smmu_cmd *log;
	unsigned int logged;
	u32 next[FAKE_PRODUCERS];
	u32 *failures;
	unsigned int num_failures;
	u32 last_sid;
	u64 unwritten;
	u64 disorder;
	u64 rerun;
	unsigned int longest;
	unsigned int since_sync;
	u64 deaf;
	bool timed_out;
	void (*hook)(struct fake_smmu *f, const struct smmu_cmd *cmd);
	void *private;
	struct task_struct *thread;
	u32 evtq[2];
};

struct fake_smmu *fake_create(struct kunit *test);
struct smmu_cmdq *fake_cmdq(struct kunit *test, struct fake_smmu *f, unsigned int shift, bool msi);
void fake_pace(struct fake_smmu *f, enum fake_pace pace);
void fake_clear(struct fake_smmu *f);
void fake_fail(struct fake_smmu *f, u64 in, u32 err, u32 times);
bool fake_failed(struct fake_smmu *f, u32 first_sid, u32 last_sid);
bool fake_error_pending(struct fake_smmu *f);
unsigned int fake_count(const struct fake_smmu *f, u8 op);

/* A word of a command that ran; all ones where there is none. */
static inline u64 fake_word(const struct fake_smmu *f, unsigned int i, unsigned int word)
{
	return i < f->logged ? f->log[i].qw[word] : ~0ull;
}

#endif /* SMMU_V3_TESTS_FAKE_H */
