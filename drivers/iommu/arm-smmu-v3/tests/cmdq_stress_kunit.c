// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many producers at once, with and without errors (I-14 to I-19).
 *
 * Each producer numbers its commands. The fake sees to it that they come once,
 * in order, and never from a slot that was not written; the producer sees to
 * it that what it was told is what happened.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/completion.h>
#include <linux/kthread.h>

#include "../cmd.h"
#include "fake.h"

#define PRODUCERS	4
#define BATCH		80

/**
 * struct producer - one that issues commands
 * @f: the fake
 * @id: which one
 * @rounds: submissions to make
 * @issued: commands issued so far
 * @failed: submissions that returned an error
 * @untold: submissions that returned 0 though one of their commands failed
 * @early: submissions that returned before their last command had run
 * @odd: errors of another kind than expected
 * @done: completed at the end
 * @cmds: room for a submission
 */
struct producer {
	struct fake_smmu *f;
	unsigned int id;
	unsigned int rounds;
	u32 issued;
	unsigned int failed;
	unsigned int untold;
	unsigned int early;
	unsigned int odd;
	struct completion done;
	struct smmu_cmd cmds[BATCH];
};

static void submit(struct producer *p, unsigned int n)
{
	struct smmu_cmdq *q = &p->f->smmu.cmdq;
	u32 first = fake_sid(p->id, p->issued);
	unsigned int i;
	int ret;

	for (i = 0; i < n; i++)
		p->cmds[i] = cmd_cfgi_ste(first + i);
	p->issued += n;

	ret = smmu_cmdq_run(q, p->cmds, n);
	if (ret == -EIO)
		p->failed++;
	else if (ret)
		p->odd++;
	else if (fake_failed(p->f, first, first + n - 1))
		p->untold++;
	else if (READ_ONCE(p->f->next[p->id]) != p->issued)
		p->early++;
}

static int producer_thread(void *data)
{
	struct producer *p = data;
	struct dice dice = { p->id };
	unsigned int i;

	for (i = 0; i < p->rounds; i++) {
		/* mostly short, now and then longer than a batch may be */
		unsigned int n = 1 + dice_roll(&dice) % 6;

		if (!(i % 13))
			n = BATCH - i % 3;
		submit(p, n);
		cond_resched();
	}
	complete(&p->done);
	return 0;
}

static void stress(struct kunit *test, unsigned int shift, bool msi, u32 odds, u32 kinds)
{
	struct fake_smmu *f = fake_create(test);
	struct producer *p = kunit_kcalloc(test, PRODUCERS, sizeof(*p), GFP_KERNEL);
	unsigned int i, started = 0;
	struct task_struct *t;

	KUNIT_ASSERT_NOT_NULL(test, p);
	fake_cmdq(test, f, shift, msi);
	f->smmu.cmdq.timeout_ns = 20 * NSEC_PER_SEC;
	f->fail_odds = odds;
	f->kinds = kinds;
	fake_pace(f, FAKE_THREAD);

	for (i = 0; i < PRODUCERS; i++) {
		p[i].f = f;
		p[i].id = i;
		p[i].rounds = 40;
		init_completion(&p[i].done);
		t = kthread_run(producer_thread, &p[i], "producer-%u", i);
		if (IS_ERR(t))
			break;
		started++;
	}
	for (i = 0; i < started; i++) {
		wait_for_completion(&p[i].done);
		KUNIT_EXPECT_EQ_MSG(test, p[i].odd, 0, "shift %u", shift);
		KUNIT_EXPECT_EQ_MSG(test, p[i].early, 0, "shift %u", shift);
		KUNIT_EXPECT_EQ_MSG(test, p[i].untold, 0, "shift %u", shift);
		if (!odds) {
			KUNIT_EXPECT_EQ(test, p[i].failed, 0);
			KUNIT_EXPECT_EQ(test, f->next[i], p[i].issued);
		}
	}
	KUNIT_EXPECT_EQ(test, started, PRODUCERS);
	fake_pace(f, FAKE_STUCK);
	KUNIT_EXPECT_EQ_MSG(test, f->unwritten, 0, "shift %u", shift);
	KUNIT_EXPECT_EQ_MSG(test, f->disorder, 0, "shift %u", shift);
	KUNIT_EXPECT_EQ_MSG(test, f->rerun, 0, "shift %u", shift);
	KUNIT_EXPECT_LE(test, f->num_failures, FAKE_FAILURES);
}

/* I-14 to I-17: no errors; by polling. */
static void cmdq_i16_producers_polling(struct kunit *test)
{
	unsigned int shift;

	stress(test, 0, false, 0, 0);
	for (shift = 1; shift <= 8; shift <<= 1)
		stress(test, shift, false, 0, 0);
}

/* I-14 to I-17: no errors; by MSI. */
static void cmdq_i16_producers_msi(struct kunit *test)
{
	unsigned int shift;

	stress(test, 0, true, 0, 0);
	for (shift = 1; shift <= 8; shift <<= 1)
		stress(test, shift, true, 0, 0);
}

/* I-19: errors of all kinds strike at random; who is hit is told. */
static void cmdq_i19_producers_with_errors(struct kunit *test)
{
	unsigned int shift;

	for (shift = 1; shift <= 7; shift += 3) {
		stress(test, shift, false, 60, 1 << 1 | 1 << 2 | 1 << 3);
		stress(test, shift, true, 60, 1 << 1 | 1 << 2 | 1 << 3);
	}
}

/* I-19: with one entry, where a CMD_SYNC stands apart from its commands. */
static void cmdq_i19_producers_with_errors_one_entry(struct kunit *test)
{
	stress(test, 0, false, 60, 1 << 1 | 1 << 2);
}

static struct kunit_case cmdq_stress_cases[] = {
	KUNIT_CASE_SLOW(cmdq_i16_producers_polling),
	KUNIT_CASE_SLOW(cmdq_i16_producers_msi),
	KUNIT_CASE_SLOW(cmdq_i19_producers_with_errors),
	KUNIT_CASE_SLOW(cmdq_i19_producers_with_errors_one_entry),
	{ }
};

static struct kunit_suite cmdq_stress_suite = {
	.name = "smmu-v3-cmdq-stress",
	.test_cases = cmdq_stress_cases,
};

kunit_test_suite(cmdq_stress_suite);
