// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes whose tables devices walk, and what the memory manager tells of them.
 *
 * A process that is bound gets three subscriptions. mmu notifiers call them in the
 * reverse order of their registration:
 *
 *	change	somewhere: a range is about to change; hardware may have read all of it
 *	before	before the driver: what has been taken away is noted
 *	(that of the driver, which invalidates)
 *	after	after it: nothing of what was noted may be held
 *
 * So "after" is registered before a driver hears of the process. "before" has to be
 * registered anew after each bond, as the driver may have subscribed once more; until
 * then the old one, which is behind some of the driver's, does nothing.
 *
 * Each subscription holds the mm_struct, and with it the base of its table.
 *
 * Locks: bind_mutex, then those of the mm. What notifiers do is under sim_lock, which
 * also keeps interrupts off: tables of a process are freed after an interrupt of all
 * CPUs, or after RCU, so that none is freed while it is walked.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/iommu.h>
#include <linux/mmu_notifier.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <asm/mmu.h>
#include <asm/virt.h>

#include "sim.h"

/* Entries that one snapshot holds, and between two releases of sim_lock */
#define SNAPSHOT	4096
#define SNAPSHOT_STEP	512
/* Invalidations of one process that run at the same time */
#define FLUSHES		16

struct sim_process;

struct subscription {
	struct mmu_notifier notifier;
	struct sim_process *process;
};

/* An invalidation between "before" and "after" */
struct flush {
	const struct task_struct *task;
	u64 stamp;
};

/**
 * struct sim_process - a process that was bound
 * @node: in processes, under sim_lock
 * @mm: its address space
 * @ttb: base of its table
 * @number: of the table, for models
 * @subscriptions: that are not freed, under sim_lock
 * @before: the last one, or NULL
 * @in_force: the one that is before all of the driver's, or NULL; under sim_lock
 * @after: never NULL
 * @change: may be NULL
 * @blind: subscribed behind a driver, so that nothing can be judged
 * @ended: somebody gives its subscriptions back; under sim_lock
 * @flushes: invalidations that run; under sim_lock
 */
struct sim_process {
	struct list_head node;
	struct mm_struct *mm;
	u64 ttb;
	u32 number;
	unsigned int subscriptions;
	struct subscription *before, *in_force, *after, *change;
	bool blind;
	bool ended;
	struct flush flushes[FLUSHES];
};

static DEFINE_MUTEX(bind_mutex);
static LIST_HEAD(processes);
static u32 numbers;
static u64 stamps;
static atomic_t subscriptions = ATOMIC_INIT(0);

static struct sim_process *process_of(struct mmu_notifier *notifier)
{
	return container_of(notifier, struct subscription, notifier)->process;
}

/* Frees the process with the last one, before the mm_struct can go. */
static void free_subscription(struct mmu_notifier *notifier)
{
	struct subscription *sub = container_of(notifier, struct subscription, notifier);
	struct sim_process *process = sub->process;
	bool last;

	guard(sim_aside)();
	scoped_guard(raw_spinlock_irqsave, &sim_lock) {
		last = !--process->subscriptions;
		if (last)
			list_del(&process->node);
	}
	kfree(sub);
	if (last)
		kfree(process);
	if (atomic_dec_and_test(&subscriptions))
		wake_up_var(&subscriptions);
}

/* Of the end of a range that does not belong to it */
static u64 last_of(unsigned long end)
{
	return end ? end - 1 : ULONG_MAX;
}

static struct flush *flush_of(struct sim_process *process, const struct task_struct *task)
{
	unsigned int i;

	for (i = 0; i < FLUSHES; i++)
		if (process->flushes[i].task == task)
			return &process->flushes[i];
	return NULL;
}

/*
 * The CPU has invalidated its own TLBs, and those that listen to it. What a notifier
 * is told does not say whether tables were among it; the widest is taken.
 */
static void broadcast(struct ssim *core, struct mm_struct *mm, u64 first, u64 last)
{
	unsigned int op = is_kernel_in_hyp_mode() ? OP_TLBI_EL2_VA : OP_TLBI_NH_VA;
	u32 asid = ASID(mm);

	ssim_broadcast_range(core, op, asid, first, last);
	if (arm64_kernel_unmapped_at_el0())
		ssim_broadcast_range(core, op, asid | 1, first, last);
}

static void before_flush(struct mmu_notifier *notifier, struct mm_struct *mm,
			 unsigned long start, unsigned long end)
{
	struct sim_process *process = process_of(notifier);
	struct sim_instance *sim;
	struct flush *flush;

	guard(sim_call)();
	if (!process->in_force || notifier != &process->in_force->notifier)
		return;
	flush = flush_of(process, current) ?: flush_of(process, NULL);
	if (flush)
		*flush = (struct flush) { .task = current, .stamp = ++stamps };
	list_for_each_entry(sim, &sim_instances, node) {
		if (!sim->core)
			continue;
		if (flush)
			ssim_foreign_changed(sim->core, process->number, start, last_of(end),
					     flush->stamp);
		else
			sim->core->stats.lost++;
		broadcast(sim->core, mm, start, last_of(end));
	}
}

static void after_flush(struct mmu_notifier *notifier, struct mm_struct *mm,
			unsigned long start, unsigned long end)
{
	struct sim_process *process = process_of(notifier);
	struct sim_instance *sim;
	struct flush *flush;

	guard(sim_call)();
	flush = flush_of(process, current);
	if (!flush)
		return;
	list_for_each_entry(sim, &sim_instances, node)
		if (sim->core)
			ssim_check_foreign(sim->core, process->number, start, last_of(end),
					   flush->stamp);
	flush->task = NULL;
}

static u64 snapshot(struct sim_process *process, u64 first, u64 last)
{
	struct sim_instance *sim;
	u64 next = last + 1;

	guard(sim_call)();
	list_for_each_entry(sim, &sim_instances, node)
		if (sim->core)
			next = min(next, ssim_snapshot(sim->core, process->number, first, last,
						       SNAPSHOT_STEP));
	return next;
}

static void left_out(void)
{
	struct sim_instance *sim;

	guard(sim_call)();
	list_for_each_entry(sim, &sim_instances, node)
		if (sim->core)
			sim->core->stats.left_out++;
}

static int before_change(struct mmu_notifier *notifier, const struct mmu_notifier_range *range)
{
	struct sim_process *process = process_of(notifier);
	u64 first = range->start, last = min(range->end, TASK_SIZE) - 1;
	unsigned int held = 0;

	while (first <= last && held < SNAPSHOT) {
		first = snapshot(process, first, last);
		held += SNAPSHOT_STEP;
	}
	if (first <= last)
		left_out();
	return 0;
}

/* For whoever has set @ended. */
static void give_back(struct sim_process *process)
{
	struct subscription *all[] = { process->before, process->change, process->after };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i])
			mmu_notifier_put(&all[i]->notifier);
}

/* The last of its users is gone; the driver's release has been called. */
static void after_end(struct mmu_notifier *notifier, struct mm_struct *mm)
{
	struct sim_process *process = process_of(notifier);
	struct sim_instance *sim;
	bool ended;

	scoped_guard(raw_spinlock_irqsave, &sim_lock) {
		list_for_each_entry(sim, &sim_instances, node)
			if (sim->core && !process->blind)
				ssim_check_foreign_end(sim->core, process->number);
		ended = process->ended;
		process->ended = true;
	}
	if (!ended)
		give_back(process);
}

static const struct mmu_notifier_ops before_ops = {
	.arch_invalidate_secondary_tlbs = before_flush,
	.free_notifier = free_subscription,
};

static const struct mmu_notifier_ops after_ops = {
	.arch_invalidate_secondary_tlbs = after_flush,
	.release = after_end,
	.free_notifier = free_subscription,
};

static const struct mmu_notifier_ops change_ops = {
	.invalidate_range_start = before_change,
	.free_notifier = free_subscription,
};

static struct subscription *subscribe(struct sim_process *process,
				      const struct mmu_notifier_ops *ops)
{
	struct subscription *sub = kzalloc(sizeof(*sub), GFP_KERNEL);

	if (!sub)
		return NULL;
	sub->process = process;
	sub->notifier.ops = ops;
	if (mmu_notifier_register(&sub->notifier, process->mm)) {
		kfree(sub);
		return NULL;
	}
	atomic_inc(&subscriptions);
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		process->subscriptions++;
	return sub;
}

static struct sim_process *find_process(const struct mm_struct *mm)
{
	struct sim_process *process;

	guard(raw_spinlock_irqsave)(&sim_lock);
	list_for_each_entry(process, &processes, node)
		if (process->mm == mm)
			return process;
	return NULL;
}

static bool any_instance(void)
{
	struct sim_instance *sim;

	guard(raw_spinlock_irqsave)(&sim_lock);
	list_for_each_entry(sim, &sim_instances, node)
		if (sim->core)
			return true;
	return false;
}

static void add_process(struct mm_struct *mm)
{
	struct sim_process *process = kzalloc(sizeof(*process), GFP_KERNEL);

	if (!process)
		goto unwatched;
	process->mm = mm;
	process->ttb = virt_to_phys(mm->pgd);
	process->blind = mm->iommu_mm && !list_empty(&mm->iommu_mm->sva_domains);
	process->after = subscribe(process, &after_ops);
	if (!process->after) {
		kfree(process);
		goto unwatched;
	}
	process->change = subscribe(process, &change_ops);
	guard(raw_spinlock_irqsave)(&sim_lock);
	process->number = ++numbers;
	list_add(&process->node, &processes);
	return;

unwatched:
	pr_warn_once("smmu-sim: no memory to watch a process: expect wrong reports of it\n");
}

/**
 * sim_mm_bind() - a device is about to get the table of a process
 * @mm: of the process, which has users
 *
 * Processes that are bound while no instance is live are none of the simulator's.
 *
 * Context: may sleep; takes the mmap lock.
 */
void sim_mm_bind(struct mm_struct *mm)
{
	struct sim_process *process;

	guard(sim_aside)();
	guard(mutex)(&bind_mutex);
	process = find_process(mm);
	if (!process) {
		if (any_instance())
			add_process(mm);
		return;
	}
	/* The driver may subscribe in front of it. */
	guard(raw_spinlock_irqsave)(&sim_lock);
	process->in_force = NULL;
}

/**
 * sim_mm_bound() - a device has got the table of a process, or could not
 * @mm: of the process
 *
 * Context: as sim_mm_bind().
 */
void sim_mm_bound(struct mm_struct *mm)
{
	struct subscription *sub, *old;
	struct sim_process *process;

	guard(sim_aside)();
	guard(mutex)(&bind_mutex);
	process = find_process(mm);
	if (!process || process->blind)
		return;
	sub = subscribe(process, &before_ops);
	if (!sub)
		return;
	old = process->before;
	process->before = sub;
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		process->in_force = sub;
	if (old)
		mmu_notifier_put(&old->notifier);
}

/**
 * sim_mm_number() - the process that a table is of
 * @ttb: base of the table
 *
 * Context: any, under sim_lock.
 *
 * Return: a number that no other process has had, or 0 if it is of none.
 */
u32 sim_mm_number(u64 ttb)
{
	struct sim_process *process;

	lockdep_assert_held(&sim_lock);
	list_for_each_entry(process, &processes, node)
		if (process->ttb == ttb)
			return process->number;
	return 0;
}

/**
 * sim_mm_close() - let go of all processes
 *
 * No instance exists, and no process is bound any more.
 *
 * Context: may sleep.
 */
void sim_mm_close(void)
{
	struct sim_process *process, *found;

	do {
		found = NULL;
		scoped_guard(raw_spinlock_irqsave, &sim_lock)
			list_for_each_entry(process, &processes, node)
				if (!process->ended) {
					process->ended = true;
					found = process;
					break;
				}
		if (found)
			give_back(found);
	} while (found);
	wait_var_event(&subscriptions, !atomic_read(&subscriptions));
	/* The function that freed the last of them has returned. */
	synchronize_rcu();
}
