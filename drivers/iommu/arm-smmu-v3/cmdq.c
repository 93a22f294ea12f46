// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command queue: many producers, no lock between them.
 *
 * Words: a *position* counts commands, over resets too, and never wraps; a
 * *slot* is where a position lives in memory; a *round* is how often the queue
 * went around, so that a slot's round tells whether it holds this position.
 *
 * A producer reserves adjacent positions, writes their slots, and publishes
 * each slot with its round. Whoever then gets the doorbell shows hardware all
 * positions up to the first slot that is not published, its own or anybody's;
 * who does not get it may leave, since the holder looks again after letting
 * go. So nobody waits for another producer, and the producer register never
 * passes an unwritten slot, wherever a producer is stopped (I-15, I-16).
 *
 * Every submission ends with a CMD_SYNC in the same reservation and at most
 * SMMU_BATCH commands stand before it; only a queue of one entry, which has no
 * room for both, takes them in turn. A CMD_SYNC that reports an ATC time-out
 * therefore belongs to the submission whose invalidation timed out.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/log2.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>

#include "cmd.h"
#include "cmdq.h"
#include "patience.h"
#include "ring.h"
#include "trace.h"

#define CMDQ_TIMEOUT_NS		NSEC_PER_SEC

/*
 * One full batch for each CPU is in flight at most, since issuing is not
 * preempted by more than an interrupt; a producer that finds the queue full
 * waits for hardware, which is what a longer queue would do too, only later.
 */
#define CMDQ_MIN_SHIFT		8
#define CMDQ_MAX_SHIFT		13

/* A queue that fails this often at one place will not get past it any more. */
#define CMDQ_ERROR_LIMIT	4

/* Polls of memory before the registers are asked what became of an MSI. */
#define CMDQ_MSI_PATIENCE	4096

static u32 cmdq_round(const struct smmu_cmdq *q, u64 pos)
{
	/* 0 is what a slot shows that was never written. */
	return (u32)(pos >> q->shift) + 1;
}

/* Move q->consumed up to @pos, unless somebody was faster. */
static void cmdq_advance(struct smmu_cmdq *q, u64 pos)
{
	s64 old = atomic64_read(&q->consumed);

	while ((u64)old < pos && !atomic64_try_cmpxchg_release(&q->consumed, &old, pos))
		;
}

/*
 * Ask hardware how far it is. Returns the error code beside the index, which
 * means something only while GERROR says so.
 */
static u32 cmdq_update(struct smmu_cmdq *q)
{
	u64 base = atomic64_read_acquire(&q->consumed);
	u32 reg = smmu_read_acquire(q->io, SMMU_CMDQ_CONS);
	u64 pos = ring_from_reg(base, reg, q->shift);

	/* An index beyond what was rung is nonsense and must not free slots. */
	if (pos <= READ_ONCE(q->rung))
		cmdq_advance(q, pos);
	return FIELD_GET(CMDQ_CONS_ERR, reg);
}

/* What to tell once error_lock is free: printing can itself need the queue. */
struct cmdq_report {
	u32 err;
	bool gave_up;
	u64 cmd[2];
};

static void cmdq_log_error(struct smmu_cmdq *q, const struct cmdq_report *r)
{
	static const char * const names[] = {
		[CERROR_NONE] = "no reason given, skipped",
		[CERROR_ILL] = "illegal command, skipped",
		[CERROR_ABT] = "fetch of the command aborted",
		[CERROR_ATC_INV_SYNC] = "an ATC invalidation timed out",
	};

	dev_err_ratelimited(q->dev, "command queue error %u (%s) at command %#018llx %#018llx\n",
			    r->err, r->err < ARRAY_SIZE(names) ? names[r->err] : "unknown, skipped",
			    r->cmd[0], r->cmd[1]);
	if (r->gave_up)
		dev_err(q->dev, "command queue does not get past this; giving up\n");
}

/* The position holds a command that did not run; its submission must know. */
static void cmdq_fail(struct smmu_cmdq *q, u64 pos)
{
	WRITE_ONCE(q->failed[ring_slot(pos, q->shift)], pos + 1);
}

/* 3.5.1 and 7.1: what is at CONS failed for the reason in CONS.ERR. */
static void cmdq_resolve(struct smmu_cmdq *q, struct cmdq_report *r)
{
	u32 reg = smmu_read_acquire(q->io, SMMU_CMDQ_CONS);
	u32 err = FIELD_GET(CMDQ_CONS_ERR, reg);
	u64 pos = ring_from_reg(atomic64_read(&q->consumed), reg, q->shift);
	__le64 *slot = q->slots[ring_slot(pos, q->shift)];
	struct smmu_cmd nop = cmd_sync();

	r->err = err;
	r->cmd[0] = le64_to_cpu(slot[0]);
	r->cmd[1] = le64_to_cpu(slot[1]);
	q->errors_here = q->error_pos == pos ? q->errors_here + 1 : 1;
	q->error_pos = pos;
	if (q->errors_here >= CMDQ_ERROR_LIMIT) {
		r->gave_up = true;
		WRITE_ONCE(q->dead, true);
	}
	switch (err) {
	case CERROR_ABT:
		break;
	case CERROR_ATC_INV_SYNC:
		/* The CMD_SYNC runs again: what it waits for besides is unharmed. */
		cmdq_fail(q, pos);
		break;
	default:
		cmdq_fail(q, pos);
		slot[0] = cpu_to_le64(nop.qw[0]);
		slot[1] = cpu_to_le64(nop.qw[1]);
		break;
	}
	/* Pairs with the acquire in cmdq_verdict(). */
	atomic_fetch_inc_release(&q->errors);
}

static bool cmdq_error_pending(struct smmu_cmdq *q, u32 *gerrorn)
{
	*gerrorn = smmu_read(q->io, SMMU_GERRORN);
	return (smmu_read(q->io, SMMU_GERROR) ^ *gerrorn) & GERROR_CMDQ;
}

/**
 * smmu_cmdq_handle_error() - see to a pending command error
 * @q: command queue
 *
 * Called by the error interrupt and by whoever waits, since a waiter may have
 * interrupts off. An error that persists at one place is left unacknowledged:
 * no command can run past it, and an acknowledgment would only raise it again.
 *
 * Context: any.
 *
 * Return: true if there was one.
 */
bool smmu_cmdq_handle_error(struct smmu_cmdq *q)
{
	struct cmdq_report report = {};
	bool pending, resolve;
	unsigned long flags;
	u32 gerrorn;

	/* The code beside CONS outlives its error: do not queue up for that. */
	if (!cmdq_error_pending(q, &gerrorn))
		return false;

	raw_spin_lock_irqsave(&q->error_lock, flags);
	pending = cmdq_error_pending(q, &gerrorn);
	resolve = pending && !q->dead;
	if (resolve)
		cmdq_resolve(q, &report);
	if (resolve && !q->dead)
		smmu_write_release(q->io, SMMU_GERRORN, gerrorn ^ GERROR_CMDQ);
	raw_spin_unlock_irqrestore(&q->error_lock, flags);

	if (resolve)
		cmdq_log_error(q, &report);
	return pending;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmdq_handle_error);

static bool cmdq_reached(struct smmu_cmdq *q, u64 pos)
{
	return atomic64_read_acquire(&q->consumed) > pos;
}

/*
 * Ask hardware whether it is past a position, and why not. While the instance falls asleep
 * whoever sends it there asks for all; afterwards there is nothing to ask.
 */
static void cmdq_ask(struct smmu_cmdq *q, u64 pos)
{
	guard(preempt)(); /* smmu_cmdq_sleep() waits for who did not see it */
	if (READ_ONCE(q->asleep))
		return;
	if (cmdq_update(q) && !cmdq_reached(q, pos))
		smmu_cmdq_handle_error(q);
}

static bool cmdq_reserve(struct smmu_cmdq *q, unsigned int n, u64 *pos)
{
	s64 old = atomic64_read(&q->reserved);

	do {
		/* Acquire: hardware is done with the slots before they are reused. */
		if (ring_space(old, atomic64_read_acquire(&q->consumed), q->shift) < n)
			return false;
	} while (!atomic64_try_cmpxchg_relaxed(&q->reserved, &old, old + n));

	*pos = old;
	return true;
}

static bool cmdq_has_space(struct smmu_cmdq *q, unsigned int n)
{
	return ring_space(atomic64_read(&q->reserved), atomic64_read(&q->consumed),
			  q->shift) >= n;
}

static void cmdq_put(struct smmu_cmdq *q, u64 pos, const struct smmu_cmd *cmd)
{
	u32 i = ring_slot(pos, q->shift);
	__le64 *slot = q->slots[i];

	slot[0] = cpu_to_le64(cmd->qw[0]);
	slot[1] = cpu_to_le64(cmd->qw[1]);
	/* Pairs with the acquire in cmdq_ring(). */
	smp_store_release(&q->published[i], cmdq_round(q, pos));
}

static void cmdq_put_sync(struct smmu_cmdq *q, u64 pos)
{
	struct smmu_cmd c = cmd_sync();

	if (q->msi) {
		u32 i = ring_slot(pos, q->shift);

		c = cmd_sync_msi(q->msi_dma + i * sizeof(*q->msi), cmdq_round(q, pos));
	}
	cmdq_put(q, pos, &c);
}

static bool cmdq_is_published(struct smmu_cmdq *q, u64 pos)
{
	/* Pairs with the release in cmdq_put(). */
	return smp_load_acquire(&q->published[ring_slot(pos, q->shift)]) == cmdq_round(q, pos);
}

static u64 cmdq_next_unpublished(struct smmu_cmdq *q, u64 from)
{
	u64 pos = from;

	while (pos - from < (1u << q->shift) && cmdq_is_published(q, pos))
		pos++;
	return pos;
}

/*
 *	CPU A: publishes a slot		CPU B: holds the doorbell
 *	  published = round		  doorbell = 0
 *	  smp_mb()			  smp_mb()
 *	  doorbell taken? leave		  published == round? ring again
 *
 * One of them sees the other's store, so no slot stays unseen.
 */
static void cmdq_ring(struct smmu_cmdq *q, u64 first, u64 end)
{
	u64 pos;

	do {
		int idle = 0;

		smp_mb(); /* that of CPU A above */
		if (!atomic_try_cmpxchg_acquire(&q->doorbell, &idle, 1))
			return;

		pos = q->rung;
		/* With nobody else at work ours are next. Others' are asked for below. */
		if (pos == first)
			pos = end;
		else
			pos = cmdq_next_unpublished(q, pos);
		if (pos != q->rung) {
			WRITE_ONCE(q->rung, pos);
			/* Orders the slots, others' too, before the index. */
			smmu_write_release(q->io, SMMU_CMDQ_PROD, ring_to_reg(pos, q->shift));
		}
		atomic_set_release(&q->doorbell, 0);
		smp_mb(); /* that of CPU B above */
	} while (cmdq_is_published(q, pos));
}

/* Where nothing is to be done, nor waited for. */
#define CMDQ_ASLEEP	1

static int cmdq_give_up(struct smmu_cmdq *q, const char *what)
{
	guard(preempt)(); /* as in cmdq_ask() */
	if (READ_ONCE(q->asleep))
		return CMDQ_ASLEEP;
	dev_err_ratelimited(q->dev, "%s: command queue stuck at %#x of %#x\n", what,
			    smmu_read(q->io, SMMU_CMDQ_CONS), smmu_read(q->io, SMMU_CMDQ_PROD));
	return -ETIMEDOUT;
}

/*
 *	CPU A: unmaps			CPU B: wakes the instance
 *	  entry = 0			  asleep = false
 *	  smp_mb()			  TLBI of everything, CMD_SYNC
 *	  asleep? nothing to do		  SMMUEN = 1: entry is read
 *
 * B's barrier is that of the doorbell. Only A's second look counts: what it stored before is
 * there for whoever looks after B's commands. Interrupts are off, so that smmu_cmdq_sleep()
 * can wait for who did not see it.
 */
static bool cmdq_sleeps(const struct smmu_cmdq *q)
{
	/* Pairs with the release in smmu_cmdq_wake(): an awake queue has been emptied. */
	if (likely(!smp_load_acquire(&q->asleep)))
		return false;
	smp_mb(); /* that of CPU A above */
	return READ_ONCE(q->asleep);
}

/*
 * Put n commands, and a CMD_SYNC if asked, in adjacent positions. From the
 * reservation to the ring interrupts are off, so that only other CPUs' stores
 * can be missing below ours.
 */
static int cmdq_push(struct smmu_cmdq *q, const struct smmu_cmd *cmds, unsigned int n, bool sync,
		     u64 *pos)
{
	struct smmu_patience patience = {};
	unsigned long flags;
	unsigned int i;

	for (;;) {
		bool expired;

		if (READ_ONCE(q->dead))
			return -EIO;
		local_irq_save(flags);
		if (cmdq_sleeps(q)) {
			local_irq_restore(flags);
			return CMDQ_ASLEEP;
		}
		if (cmdq_reserve(q, n + sync, pos))
			break;
		local_irq_restore(flags);

		/* Look at the clock first: whoever slept gets one more try. */
		expired = smmu_expired(&patience, q->timeout_ns);
		cmdq_ask(q, U64_MAX);
		if (expired && !cmdq_has_space(q, n + sync))
			return cmdq_give_up(q, "no space for a command");
		cpu_relax();
	}

	for (i = 0; i < n; i++)
		cmdq_put(q, *pos + i, &cmds[i]);
	if (sync)
		cmdq_put_sync(q, *pos + n);
	cmdq_ring(q, *pos, *pos + n + sync);
	local_irq_restore(flags);
	return 0;
}

/* How many commands fit before a CMD_SYNC: none in a queue of one entry. */
static unsigned int cmdq_room(const struct smmu_cmdq *q)
{
	return min(SMMU_BATCH, (1u << q->shift) - 1);
}

/* All but the last part of what does not fit. The last part is left to the caller. */
static noinline int cmdq_run_parts(struct smmu_cmdq *q, const struct smmu_cmd **cmds,
				   unsigned int *n)
{
	unsigned int room = cmdq_room(q), part = max(room, 1u);
	struct smmu_ticket t = { .q = q };
	int ret;

	for (; *n > room; *n -= part, *cmds += part) {
		t.errors = atomic_read(&q->errors);
		/* A queue of one entry takes commands and their CMD_SYNC in turn. */
		ret = cmdq_push(q, *cmds, part, room, &t.first);
		t.sync = t.first + part;
		if (!ret && room)
			ret = smmu_cmdq_wait(&t);
		if (ret)
			return ret;
	}
	return 0;
}

/* For whoever watches: where a submission begins, and when. */
static void cmdq_begin(struct smmu_ticket *t, const struct smmu_cmd *cmds, unsigned int n)
{
	t->start = 0;
	if (!static_branch_unlikely(&smmu_watched))
		return;
	t->start = local_clock();
	t->op = n ? FIELD_GET(CMD0_OP, cmds->qw[0]) : OP_SYNC;
}

static noinline void cmdq_end(struct smmu_ticket *t, int ret)
{
	u64 latency;

	/* Somebody began to watch meanwhile. */
	if (!t->start)
		return;
	latency = local_clock() - t->start;
	atomic_inc(&t->q->latency[min(fls64(latency), SMMU_LATENCIES - 1)]);
	trace_smmu_sync(t->q->dev, t->sync - t->first, t->op, latency, ret);
}

/* Nothing is left to be waited for. */
static int cmdq_nothing(struct smmu_ticket *t, int ret)
{
	t->q = NULL;
	return ret == CMDQ_ASLEEP ? 0 : ret;
}

/**
 * smmu_cmdq_issue() - start commands and a CMD_SYNC after them
 * @q: command queue
 * @cmds: commands; copied
 * @n: how many; 0 waits for what others have issued before
 * @t: set for smmu_cmdq_wait()
 *
 * More than SMMU_BATCH commands, or more than the queue can hold, are run in
 * parts and all but the last part have completed on return.
 *
 * Context: any. Looks for space in the queue for q->timeout_ns at most.
 *
 * Return: 0; -EIO, -ETIMEDOUT: some commands may have run, none is pending
 * that the caller could wait for.
 */
int smmu_cmdq_issue(struct smmu_cmdq *q, const struct smmu_cmd *cmds, unsigned int n,
		    struct smmu_ticket *t)
{
	u64 first = U64_MAX;
	int ret;

	t->q = q;
	t->errors = atomic_read(&q->errors);
	cmdq_begin(t, cmds, n);
	if (unlikely(n > cmdq_room(q))) {
		/* With one entry no command is in one reservation with its CMD_SYNC. */
		if (!cmdq_room(q))
			first = atomic64_read(&q->reserved);
		ret = cmdq_run_parts(q, &cmds, &n);
		if (ret)
			return cmdq_nothing(t, ret);
	}

	ret = cmdq_push(q, cmds, n, true, &t->first);
	if (ret)
		return cmdq_nothing(t, ret);
	t->sync = t->first + n;
	t->first = min(t->first, first);
	atomic64_inc(&q->syncs);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmdq_issue);

/* A waiter who slept through a round finds a later one, and asks the register. */
static bool cmdq_msi_arrived(const struct smmu_cmdq *q, u64 pos)
{
	u32 seen = le32_to_cpu(READ_ONCE(q->msi[ring_slot(pos, q->shift)]));

	return seen == cmdq_round(q, pos);
}

/*
 * A slot that failed again in a later round hides whether ours did: then the
 * answer is the cautious one.
 */
static int cmdq_verdict(struct smmu_cmdq *q, const struct smmu_ticket *t)
{
	u64 num, i;

	if (likely(atomic_read_acquire(&q->errors) == t->errors))
		return 0;
	num = min(t->sync - t->first + 1, 1ull << q->shift);
	for (i = 0; i < num; i++)
		if (READ_ONCE(q->failed[ring_slot(t->sync - i, q->shift)]) > t->first)
			return -EIO;
	return 0;
}

static __always_inline int cmdq_wait(struct smmu_ticket *t)
{
	struct smmu_cmdq *q = t->q;
	struct smmu_patience patience = {};
	unsigned int polls = 0;

	while (!cmdq_reached(q, t->sync)) {
		bool expired = false;

		if (q->msi && cmdq_msi_arrived(q, t->sync)) {
			/* Results of the commands are not read before this. */
			dma_rmb();
			break;
		}
		/* Look at the clock first: whoever slept gets one more look. */
		if (polls)
			expired = smmu_expired(&patience, q->timeout_ns);
		/* An MSI that was lost, or replaced after an error, is not waited for. */
		if (!q->msi || polls >= CMDQ_MSI_PATIENCE || expired ||
		    atomic_read(&q->errors) != t->errors) {
			cmdq_ask(q, t->sync);
			if (cmdq_reached(q, t->sync))
				break;
		}
		if (READ_ONCE(q->dead))
			return -EIO;
		/* Nothing is translated, and all will be forgotten: that is as good. */
		if (READ_ONCE(q->asleep))
			return 0;
		if (expired)
			return min(cmdq_give_up(q, "CMD_SYNC timed out"), 0);
		polls++;
		cpu_relax();
	}
	return cmdq_verdict(q, t);
}

/**
 * smmu_cmdq_wait() - wait for a submission's CMD_SYNC
 * @t: from smmu_cmdq_issue(); may name no queue
 *
 * Context: any. Does not wait for an instance that falls asleep, which in turn may wait
 * for who waits here under RCU.
 *
 * Return: as smmu_cmdq_run().
 */
int smmu_cmdq_wait(struct smmu_ticket *t)
{
	int ret;

	if (!t->q)
		return 0;
	ret = cmdq_wait(t);
	if (static_branch_unlikely(&smmu_watched))
		cmdq_end(t, ret);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmdq_wait);

/**
 * smmu_cmdq_kill() - let every present and future submission fail at once
 * @q: command queue of an instance that will complete nothing any more
 *
 * Context: any.
 */
void smmu_cmdq_kill(struct smmu_cmdq *q)
{
	WRITE_ONCE(q->dead, true);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmdq_kill);

/**
 * smmu_cmdq_sleep() - let every future submission succeed at once
 * @q: command queue of an instance that does not translate, and will forget everything
 *     before it does so again
 *
 * smmu_cmdq_wake() ends that.
 *
 * Context: may sleep.
 *
 * Return: 0, and hardware has no command of the past; -ETIMEDOUT if it does not come to them.
 */
int smmu_cmdq_sleep(struct smmu_cmdq *q)
{
	struct smmu_patience patience = {};

	WRITE_ONCE(q->asleep, true);
	/* Who did not see it is not preempted until it has rung, or asked. */
	synchronize_rcu();
	while (!READ_ONCE(q->dead) && !cmdq_reached(q, atomic64_read(&q->reserved) - 1)) {
		bool expired = smmu_expired(&patience, q->timeout_ns);

		if (cmdq_update(q))
			smmu_cmdq_handle_error(q);
		if (expired && !cmdq_reached(q, atomic64_read(&q->reserved) - 1))
			return -ETIMEDOUT;
		cpu_relax();
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmdq_sleep);

/**
 * smmu_cmdq_wake() - let submissions reach hardware again
 * @q: command queue that was reset, and so were its registers
 *
 * What is to be forgotten comes after this, and behind it whatever others submit.
 *
 * Context: any.
 */
void smmu_cmdq_wake(struct smmu_cmdq *q)
{
	/* Pairs with the acquire in cmdq_sleeps(). */
	smp_store_release(&q->asleep, false);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmdq_wake);

/**
 * smmu_cmdq_reset() - empty the queue
 * @q: command queue of an instance whose CR0.CMDQEN is clear
 *
 * The counters of the past are kept. The caller writes base and indices, all
 * of which stand for position 0 of a fresh queue, to the registers.
 *
 * Context: nobody else uses the queue, or it sleeps.
 */
void smmu_cmdq_reset(struct smmu_cmdq *q)
{
	size_t entries = 1ul << q->shift;
	/* Whole rounds, so that what waits still adds up and registers show 0. */
	u64 before = atomic64_read(&q->reserved), pos = round_up(before, 2 * entries);

	q->skipped += pos - before;
	memset(q->published, 0, entries * sizeof(*q->published));
	atomic64_set(&q->reserved, pos);
	atomic64_set(&q->consumed, pos);
	q->rung = pos;
	q->errors_here = 0;
	atomic_set(&q->doorbell, 0);
	WRITE_ONCE(q->dead, false);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmdq_reset);

static unsigned int cmdq_wanted_shift(unsigned int shift_max)
{
	unsigned int want = ilog2(roundup_pow_of_two(num_possible_cpus() * (SMMU_BATCH + 1)));

	return min(clamp(want, CMDQ_MIN_SHIFT, CMDQ_MAX_SHIFT), shift_max);
}

/**
 * smmu_cmdq_init() - make a command queue
 * @q: zeroed
 * @dev: the instance
 * @io: its registers; not touched
 * @shift_max: log2 of the most entries it can have
 * @msi_polling: CMD_SYNCs complete by a write to memory
 *
 * Context: may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int smmu_cmdq_init(struct smmu_cmdq *q, struct device *dev, const struct smmu_mmio *io,
		   unsigned int shift_max, bool msi_polling)
{
	size_t entries;

	q->dev = dev;
	q->io = io;
	q->timeout_ns = CMDQ_TIMEOUT_NS;
	q->shift = cmdq_wanted_shift(shift_max);
	entries = 1ul << q->shift;
	raw_spin_lock_init(&q->error_lock);

	q->slots = dma_alloc_coherent(dev, entries * sizeof(*q->slots), &q->slots_dma, GFP_KERNEL);
	q->published = kvcalloc(entries, sizeof(*q->published), GFP_KERNEL);
	q->failed = kvcalloc(entries, sizeof(*q->failed), GFP_KERNEL);
	if (msi_polling)
		q->msi = dma_alloc_coherent(dev, entries * sizeof(*q->msi), &q->msi_dma,
					    GFP_KERNEL);
	if (!q->slots || !q->published || !q->failed || (msi_polling && !q->msi)) {
		smmu_cmdq_free(q);
		return -ENOMEM;
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmdq_init);

/**
 * smmu_cmdq_free() - free what smmu_cmdq_init() made, or part of it
 * @q: command queue that hardware does not read any more
 *
 * Context: may sleep.
 */
void smmu_cmdq_free(struct smmu_cmdq *q)
{
	size_t entries = 1ul << q->shift;

	if (q->slots)
		dma_free_coherent(q->dev, entries * sizeof(*q->slots), q->slots, q->slots_dma);
	if (q->msi)
		dma_free_coherent(q->dev, entries * sizeof(*q->msi), q->msi, q->msi_dma);
	kvfree(q->published);
	kvfree(q->failed);
	q->slots = NULL;
	q->msi = NULL;
	q->published = NULL;
	q->failed = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmdq_free);
