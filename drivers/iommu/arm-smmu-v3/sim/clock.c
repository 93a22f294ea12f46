// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long the simulator keeps others waiting.
 *
 * A driver, page tables and the memory manager call it in the middle of what they
 * do, and it does far more than they. So the time that is spent here is counted:
 * whoever measures them takes it away. Where the machine counts instructions (QEMU's
 * -icount) a nanosecond is one, and so are these.
 *
 * It is counted on one CPU only. Several wait for each other, and nobody knows for
 * whom; and a clock that is read twice in each call makes them wait longer.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/cpumask.h>
#include <linux/io.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/timekeeping.h>

#include "../../iommu-seam.h"
#include "sim.h"

#define TRIES	16
#define CALLS	64

/* All under sim_lock. */
static u64 inside;	/* so long until now, calls under way not included */
static u64 entered;	/* since when a call is under way; 0: there is none to count */
static u64 toll;	/* what a call takes before and after it is counted */

static u64 inside_now(u64 now)
{
	return inside + (entered ? now - entered : 0);
}

/**
 * sim_call_begin() - somebody calls the simulator; see guard(sim_call)
 *
 * Context: any; takes sim_lock.
 *
 * Return: for sim_call_end().
 */
unsigned long sim_call_begin(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sim_lock, flags);
	if (num_online_cpus() == 1)
		entered = ktime_get_mono_fast_ns();
	return flags;
}

/**
 * sim_call_end() - the call returns
 * @flags: of sim_call_begin()
 *
 * Context: gives sim_lock back.
 */
void sim_call_end(unsigned long flags)
{
	if (entered)
		inside += ktime_get_mono_fast_ns() - entered + toll;
	entered = 0;
	raw_spin_unlock_irqrestore(&sim_lock, flags);
}

/**
 * sim_mark_set() - remember this moment
 * @mark: gets it
 *
 * Context: any, under sim_lock.
 */
void sim_mark_set(struct sim_mark *mark)
{
	lockdep_assert_held(&sim_lock);
	mark->at = ktime_get_mono_fast_ns();
	mark->inside = inside_now(mark->at);
}

/**
 * sim_mark_since() - what has passed since then
 * @mark: a moment
 * @spent: gets how much of it was spent here
 *
 * Context: any, under sim_lock.
 *
 * Return: nanoseconds, @spent among them.
 */
u64 sim_mark_since(const struct sim_mark *mark, u64 *spent)
{
	u64 now = ktime_get_mono_fast_ns();

	lockdep_assert_held(&sim_lock);
	*spent = inside_now(now) - mark->inside;
	return now - mark->at;
}

/**
 * sim_aside_begin() - the simulator does something that sleeps; see guard(sim_aside)
 * @mark: for sim_aside_end()
 *
 * Context: any, without sim_lock.
 */
void sim_aside_begin(struct sim_mark *mark)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	sim_mark_set(mark);
}

/**
 * sim_aside_end() - it has done so
 * @mark: of sim_aside_begin()
 *
 * Calls in between were counted when they were made.
 *
 * Context: any, without sim_lock.
 */
void sim_aside_end(const struct sim_mark *mark)
{
	u64 spent, all;

	guard(raw_spinlock_irqsave)(&sim_lock);
	all = sim_mark_since(mark, &spent);
	inside += all - min(all, spent);
}

/**
 * sim_answered() - a stalled transaction or a page request has its answer
 * @sim: instance
 * @asked: when its record was written
 *
 * Context: any, under sim_lock.
 */
void sim_answered(struct sim_instance *sim, const struct sim_mark *asked)
{
	u64 spent;

	sim->answers.ns += sim_mark_since(asked, &spent);
	sim->answers.inside_ns += spent;
	sim->answers.num++;
}

/**
 * sim_inside_ns() - how long until now others have been kept waiting
 *
 * Context: any, under sim_lock.
 *
 * Return: nanoseconds since the module was loaded, on one CPU.
 */
u64 sim_inside_ns(void)
{
	lockdep_assert_held(&sim_lock);
	return inside;
}

/**
 * sim_clock_open() - find out what a call takes besides what is counted
 * @nothing: an address that is no register
 *
 * The seam is open.
 *
 * Context: may sleep.
 */
void sim_clock_open(const void __iomem *nothing)
{
	u64 least = U64_MAX, all, spent, value;
	unsigned int try, call;
	struct sim_mark mark;

	for (try = 0; try < TRIES; try++) {
		scoped_guard(raw_spinlock_irqsave, &sim_lock)
			sim_mark_set(&mark);
		for (call = 0; call < CALLS; call++)
			iommu_seam_read(nothing, sizeof(u32), &value);
		scoped_guard(raw_spinlock_irqsave, &sim_lock)
			all = sim_mark_since(&mark, &spent);
		least = min(least, (all - spent) / CALLS);
	}
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		toll = least;
}
