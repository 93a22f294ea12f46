// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command errors (I-19) and a queue that is given up (I-22).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>

#include "../cmd.h"
#include "fake.h"

#define N_MAX	70

enum { ILL = 1, ABT = 2, ATC = 3 };

struct error_test {
	struct kunit *test;
	struct fake_smmu *f;
	struct smmu_cmdq *q;
	struct smmu_cmd cmds[N_MAX];
};

static struct error_test *error_test(struct kunit *test, unsigned int shift, bool msi)
{
	struct error_test *e = kunit_kzalloc(test, sizeof(*e), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, e);
	e->test = test;
	e->f = fake_create(test);
	e->q = fake_cmdq(test, e->f, shift, msi);
	return e;
}

static int run(struct error_test *e, u32 first, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		e->cmds[i] = cmd_cfgi_ste(fake_sid(0, first + i));
	return smmu_cmdq_run(e->q, e->cmds, n);
}

/* One error at one place of a submission of n commands. */
static void strike(struct error_test *e, unsigned int n, unsigned int at, u32 err)
{
	struct kunit *test = e->test;
	struct fake_smmu *f = e->f;
	unsigned int parts = DIV_ROUND_UP(n, min(63u, max((1u << e->q->shift) - 1, 1u)));
	bool lost = err == ILL;
	u64 ran;
	int ret;

	/* a good submission before, so that positions differ from slots */
	fake_clear(f);
	KUNIT_EXPECT_EQ(test, run(e, 0, 1), 0);
	fake_clear(f);
	fake_fail(f, at, err, 1);
	ret = run(e, 0, n);

	/* An abort runs again and is no loss; the others are told. */
	KUNIT_EXPECT_EQ_MSG(test, ret, err == ABT ? 0 : -EIO, "shift %u, error %u at %u of %u",
			    e->q->shift, err, at, n);
	KUNIT_EXPECT_FALSE(test, fake_error_pending(f));
	KUNIT_EXPECT_EQ(test, f->rerun, 0);
	KUNIT_EXPECT_EQ(test, f->unwritten, 0);
	KUNIT_EXPECT_EQ(test, f->disorder, 0);

	/* The others ran: all of the part that was hit, if not those after it. */
	ran = f->ran - f->syncs;
	KUNIT_EXPECT_LE(test, ran, n);
	if (parts == 1 && e->q->shift)
		KUNIT_EXPECT_EQ_MSG(test, ran, n - (lost && at < n),
				    "shift %u, error %u at %u of %u", e->q->shift, err, at, n);

	/* and the next submission is not blamed */
	KUNIT_EXPECT_EQ(test, run(e, 1000, 1), 0);
}

static void strike_everywhere(struct kunit *test, bool msi, enum fake_pace pace)
{
	unsigned int shift, n, at;
	u32 err;

	for (shift = 0; shift <= 4; shift++) {
		struct error_test *e = error_test(test, shift, msi);

		fake_pace(e->f, pace);
		for (n = 0; n <= 9; n++)
			for (at = 0; at <= n; at++)
				for (err = ILL; err <= ATC; err++)
					strike(e, n, at, err);
	}
}

/* I-19: every error at every index, small queues, seen by polling. */
static void cmdq_i19_each_error_at_each_index(struct kunit *test)
{
	strike_everywhere(test, false, FAKE_EAGER);
	strike_everywhere(test, false, FAKE_LAZY);
}

/* I-19: by MSI; the CMD_SYNC that was illegal sends none. */
static void cmdq_i19_each_error_with_msi(struct kunit *test)
{
	strike_everywhere(test, true, FAKE_EAGER);
}

/* I-19: in submissions of more than one part, in a long queue. */
static void cmdq_i19_errors_in_long_batches(struct kunit *test)
{
	static const unsigned int at[] = { 0, 1, 61, 62, 63, 64, 65, 69 };
	struct error_test *e = error_test(test, 8, false);
	unsigned int i;
	u32 err;

	fake_pace(e->f, FAKE_EAGER);
	for (i = 0; i < ARRAY_SIZE(at); i++)
		for (err = ILL; err <= ATC; err++)
			strike(e, 70, at[i], err);
}

/* I-19: a bystander's submission in the same queue is not told of the error. */
static void cmdq_i19_bystanders_succeed(struct kunit *test)
{
	struct error_test *e = error_test(test, 8, false);
	struct smmu_ticket a, b, c;
	struct smmu_cmd cmd;

	fake_pace(e->f, FAKE_STUCK);
	fake_fail(e->f, 2, ILL, 1);
	cmd = cmd_cfgi_ste(fake_sid(0, 0));
	KUNIT_ASSERT_EQ(test, smmu_cmdq_issue(e->q, &cmd, 1, &a), 0);
	cmd = cmd_cfgi_ste(fake_sid(1, 0));
	KUNIT_ASSERT_EQ(test, smmu_cmdq_issue(e->q, &cmd, 1, &b), 0);
	cmd = cmd_cfgi_ste(fake_sid(2, 0));
	KUNIT_ASSERT_EQ(test, smmu_cmdq_issue(e->q, &cmd, 1, &c), 0);
	fake_pace(e->f, FAKE_EAGER);
	KUNIT_EXPECT_EQ(test, smmu_cmdq_wait(&c), 0);
	KUNIT_EXPECT_EQ(test, smmu_cmdq_wait(&b), -EIO);
	KUNIT_EXPECT_EQ(test, smmu_cmdq_wait(&a), 0);
	KUNIT_EXPECT_EQ(test, e->f->next[0], 1);
	KUNIT_EXPECT_EQ(test, e->f->next[1], 0);
	KUNIT_EXPECT_EQ(test, e->f->next[2], 1);
}

/* I-19: several errors before anybody looks. */
static void cmdq_i19_several_errors(struct kunit *test)
{
	struct error_test *e = error_test(test, 6, false);
	unsigned int times;

	fake_pace(e->f, FAKE_EAGER);
	for (times = 1; times <= 5; times++) {
		fake_clear(e->f);
		fake_fail(e->f, 0, ILL, times);
		KUNIT_EXPECT_EQ(test, run(e, 0, 8), -EIO);
		KUNIT_EXPECT_EQ(test, e->f->ran - e->f->syncs, 8 - times);
		KUNIT_EXPECT_FALSE(test, fake_error_pending(e->f));
		KUNIT_EXPECT_EQ(test, run(e, 100, 8), 0);
	}
}

/* I-19: the error interrupt gets there before the waiter does. */
static void cmdq_i19_interrupt_handles_it(struct kunit *test)
{
	struct error_test *e = error_test(test, 6, false);
	struct smmu_cmd cmd = cmd_cfgi_ste(fake_sid(0, 0));
	struct smmu_ticket t;

	fake_pace(e->f, FAKE_EAGER);
	KUNIT_EXPECT_FALSE(test, smmu_cmdq_handle_error(e->q));
	fake_fail(e->f, 0, ILL, 1);
	KUNIT_ASSERT_EQ(test, smmu_cmdq_issue(e->q, &cmd, 1, &t), 0);
	KUNIT_EXPECT_TRUE(test, fake_error_pending(e->f));
	KUNIT_EXPECT_TRUE(test, smmu_cmdq_handle_error(e->q));
	KUNIT_EXPECT_FALSE(test, smmu_cmdq_handle_error(e->q));
	KUNIT_EXPECT_FALSE(test, fake_error_pending(e->f));
	KUNIT_EXPECT_EQ(test, smmu_cmdq_wait(&t), -EIO);
}

/* I-19: an abort that does not go away ends in an error, within the bound. */
static void cmdq_i19_persistent_abort(struct kunit *test)
{
	unsigned int shift;

	for (shift = 0; shift <= 8; shift += 2) {
		struct error_test *e = error_test(test, shift, false);
		u64 start = ktime_get_ns(), took;

		e->q->timeout_ns = 20 * NSEC_PER_MSEC;
		fake_pace(e->f, FAKE_EAGER);
		fake_fail(e->f, 0, ABT, FAKE_ALWAYS);
		KUNIT_EXPECT_NE(test, run(e, 0, 3), 0);
		/* whoever comes later does not wait */
		KUNIT_EXPECT_NE(test, run(e, 3, 3), 0);
		took = ktime_get_ns() - start;
		KUNIT_EXPECT_LT(test, took, NSEC_PER_SEC);
		KUNIT_EXPECT_EQ(test, e->f->ran, 0);
		KUNIT_EXPECT_LE(test, e->f->fetched, 16);
	}
}

struct waiter {
	struct smmu_cmdq *q;
	struct smmu_ticket t;
	struct completion done;
	int ret;
};

static int wait_thread(void *data)
{
	struct waiter *w = data;

	w->ret = smmu_cmdq_wait(&w->t);
	complete(&w->done);
	return 0;
}

/* I-22: the queue is given up: who waits is let go at once, later calls fail. */
static void cmdq_i22_killed_queue_fails_fast(struct kunit *test)
{
	struct error_test *e = error_test(test, 8, false);
	struct waiter w = { .q = e->q };
	struct task_struct *thread;

	init_completion(&w.done);
	fake_pace(e->f, FAKE_STUCK);
	e->q->timeout_ns = 20 * NSEC_PER_SEC;
	KUNIT_ASSERT_EQ(test, smmu_cmdq_issue(e->q, NULL, 0, &w.t), 0);
	thread = kthread_run(wait_thread, &w, "waiter");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, thread);
	usleep_range(1000, 2000);
	smmu_cmdq_kill(e->q);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&w.done, 10 * HZ), 0);
	KUNIT_EXPECT_EQ(test, w.ret, -EIO);
	KUNIT_EXPECT_EQ(test, run(e, 0, 1), -EIO);

	/* a reset brings it back */
	smmu_cmdq_reset(e->q);
	e->f->prod = 0;
	e->f->cons = 0;
	fake_pace(e->f, FAKE_EAGER);
	KUNIT_EXPECT_EQ(test, run(e, 0, 1), 0);
}

static struct kunit_case cmdq_error_cases[] = {
	KUNIT_CASE(cmdq_i19_each_error_at_each_index),
	KUNIT_CASE(cmdq_i19_each_error_with_msi),
	KUNIT_CASE(cmdq_i19_errors_in_long_batches),
	KUNIT_CASE(cmdq_i19_bystanders_succeed),
	KUNIT_CASE(cmdq_i19_several_errors),
	KUNIT_CASE(cmdq_i19_interrupt_handles_it),
	KUNIT_CASE(cmdq_i19_persistent_abort),
	KUNIT_CASE(cmdq_i22_killed_queue_fails_fast),
	{ }
};

static struct kunit_suite cmdq_error_suite = {
	.name = "smmu-v3-cmdq-error",
	.test_cases = cmdq_error_cases,
};

kunit_test_suite(cmdq_error_suite);
