// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports: what must not be. Each goes to the kernel's log, fails the KUnit test
 * that runs, and is kept until the instance goes live again.
 *
 * They arise under sim_lock, which a console may need: one behind a network card
 * whose buffers are unmapped through the seam. So they are printed from irq_work,
 * in their order, by one CPU at a time.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <kunit/visibility.h>
#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "sim.h"

#define REPORTS		32

static bool saying;		/* under sim_lock */

struct report {
	struct list_head node;
	u32 times;
	bool said;		/* printed, or about to be */
	char text[SSIM_TEXT];
};

/* Counts of the model's time differ each time: "#17" is like "#4". */
static const char *skip_stamp(const char *p)
{
	if (*p != '#')
		return p;
	while (isdigit(p[1]))
		p++;
	return p;
}

static bool alike(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		if (*a != *b)
			return false;
		a = skip_stamp(a);
		b = skip_stamp(b);
	}
	return *a == *b;
}

static void print(const struct sim_instance *sim, const char *text)
{
	int len;

	for (; *text; text += len) {
		len = strchrnul(text, '\n') - text;
		pr_err("smmu-sim %s: %.*s\n", sim->name, len, text);
		len += text[len] == '\n';
	}
}

/* The oldest text of an instance that nobody has printed yet, or NULL. */
static const char *text_of(struct sim_instance *sim)
{
	struct report *r;

	list_for_each_entry(r, &sim->reports, node) {
		if (r->said)
			continue;
		r->said = true;
		return r->text;
	}
	if (!sim->say_full)
		return NULL;
	sim->say_full = false;
	return "more violations than are kept; from here they are only counted\n";
}

/* Whose it is, and what to print, which stays until sim_report_flush(); NULL: that was all. */
static const struct sim_instance *next_to_say(const char **text)
{
	struct sim_instance *sim;

	guard(raw_spinlock_irqsave)(&sim_lock);
	list_for_each_entry(sim, &sim_instances, node) {
		*text = text_of(sim);
		if (*text)
			return sim;
	}
	saying = false;
	return NULL;
}

static void say_all(struct irq_work *work)
{
	const struct sim_instance *sim;
	const char *text;

	while ((sim = next_to_say(&text)))
		print(sim, text);
}

static DEFINE_IRQ_WORK(say_work, say_all);

/* One CPU is at it, or will be soon: it finds what is new until it says that it is done. */
static void say_soon(void)
{
	lockdep_assert_held(&sim_lock);
	if (saying)
		return;
	saying = true;
	irq_work_queue(&say_work);
}

static struct report *find(const struct sim_instance *sim, const char *text)
{
	struct report *r;

	list_for_each_entry(r, &sim->reports, node)
		if (alike(r->text, text))
			return r;
	return NULL;
}

/**
 * sim_report() - something that must not be has been seen
 * @sim: instance
 * @invariant: its number, such as "I-8"
 * @text: several lines that explain it, and begin with @invariant
 *
 * A report that differs from an earlier one in nothing but its time is counted,
 * not printed again. It is in the log after sim_report_flush().
 *
 * Context: any, under sim_lock.
 */
void sim_report(struct sim_instance *sim, const char *invariant, const char *text)
{
	struct kunit *test = kunit_get_current_test();
	struct report *r = find(sim, text);

	/* Marked only: a message of the test's would need memory that may sleep. */
	if (test)
		kunit_set_failure(test);
	if (r) {
		r->times++;
		return;
	}
	r = list_first_entry_or_null(&sim->spare_reports, struct report, node);
	if (!r) {
		if (sim->unkept++)
			return;
		sim->say_full = true;
	} else {
		strscpy(r->text, text);
		r->times = 1;
		r->said = false;
		list_move_tail(&r->node, &sim->reports);
	}
	say_soon();
}

/**
 * sim_report_flush() - all that was reported until now is in the log
 *
 * Context: may sleep.
 */
void sim_report_flush(void)
{
	irq_work_sync(&say_work);
}
EXPORT_SYMBOL_IF_KUNIT(sim_report_flush);

/**
 * sim_report_forget() - start anew
 * @sim: instance, without a model
 *
 * Context: may sleep.
 */
void sim_report_forget(struct sim_instance *sim)
{
	sim_report_flush();
	guard(raw_spinlock_irqsave)(&sim_lock);
	list_splice_tail_init(&sim->reports, &sim->spare_reports);
	sim->unkept = 0;
}

/**
 * sim_report_open() - memory for the reports of a new instance
 * @sim: instance
 *
 * Context: may sleep. Return: 0 or -ENOMEM, with nothing to undo.
 */
int sim_report_open(struct sim_instance *sim)
{
	struct report *r;
	unsigned int i;

	INIT_LIST_HEAD(&sim->reports);
	INIT_LIST_HEAD(&sim->spare_reports);
	for (i = 0; i < REPORTS; i++) {
		r = kvmalloc(sizeof(*r), GFP_KERNEL);
		if (!r) {
			sim_report_close(sim);
			return -ENOMEM;
		}
		list_add(&r->node, &sim->spare_reports);
	}
	return 0;
}

/**
 * sim_report_close() - the instance goes
 * @sim: instance, without a model
 */
void sim_report_close(struct sim_instance *sim)
{
	struct report *r, *next;

	sim_report_forget(sim);
	list_for_each_entry_safe(r, next, &sim->spare_reports, node)
		kvfree(r);
	INIT_LIST_HEAD(&sim->spare_reports);
}

/**
 * sim_report_text() - all reports that are kept
 * @sim: instance
 * @size: bytes of text at most, with its end; the oldest reports go first
 *
 * Context: may sleep. Return: the text, for kvfree(), or NULL without memory.
 */
char *sim_report_text(struct sim_instance *sim, size_t size)
{
	char *text = kvmalloc(size, GFP_KERNEL);
	size_t len = 0, room = size - 1;
	const struct report *r;
	unsigned long flags;

	if (!text)
		return NULL;
	text[0] = 0;
	raw_spin_lock_irqsave(&sim_lock, flags);
	list_for_each_entry_reverse(r, &sim->reports, node) {
		if (strlen(r->text) + 32 > room)
			break;
		room -= strlen(r->text) + 32;
	}
	list_for_each_entry_continue(r, &sim->reports, node) {
		len += scnprintf(text + len, size - len, "%s", r->text);
		if (r->times > 1)
			len += scnprintf(text + len, size - len, "  seen %u times\n", r->times);
	}
	raw_spin_unlock_irqrestore(&sim_lock, flags);
	return text;
}

/**
 * sim_why() - an error in words, for the log
 * @error: negative errno
 *
 * Return: a few words, never NULL.
 */
const char *sim_why(int error)
{
	switch (error) {
	case -EBUSY:
		return "something is live, or on its way";
	case -EEXIST:
		return "two want the same";
	case -EINVAL:
		return "what was asked for makes no sense";
	case -ENODEV:
		return "no such device";
	case -ENOMEM:
		return "no memory";
	case -ENOSPC:
		return "no room";
	case -ENXIO:
		return "no driver took the SMMU; is arm_smmu_v3 there?";
	case -EPERM:
		return "the kernel is locked down";
	case -EPROBE_DEFER:
		return "something that it needs is not there yet";
	}
	return "see the error's number";
}

/**
 * sim_stats_text() - counters, one "name value" a line
 * @sim: instance
 * @to: where the text goes
 * @size: bytes at @to
 *
 * Return: length of the text; 0 while it is not live.
 */
ssize_t sim_stats_text(struct sim_instance *sim, char *to, size_t size)
{
	struct sim_answers answers;
	struct ssim_stats st = {};
	unsigned long flags;
	u64 inside;
	bool live;

	raw_spin_lock_irqsave(&sim_lock, flags);
	live = sim->core;
	if (live)
		st = sim->core->stats;
	answers = sim->answers;
	inside = sim_inside_ns();
	raw_spin_unlock_irqrestore(&sim_lock, flags);
	if (!live)
		return 0;
	return scnprintf(to, size,
			 "commands %llu\nsyncs %llu\nillegal %llu\nstores %llu\nwalks %llu\n"
			 "held %llu\nmost %llu\nlost %llu\n"
			 "checks %llu\nviolations %llu\nfaults %llu\n"
			 "events %llu\nevents_lost %llu\nleft_out %llu\n"
			 "answers %llu\nanswer_ns %llu\nanswer_inside_ns %llu\ninside_ns %llu\n",
			 st.commands, st.syncs, st.illegal, st.stores, st.walks, st.held, st.most,
			 st.lost, st.checks, st.violations, st.faults, st.events, st.events_lost,
			 st.left_out, answers.num, answers.ns, answers.inside_ns, inside);
}
