// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command queue when nothing goes wrong, or only slowly (I-14 to I-18,
 * I-20), at sizes of 1 to 256 entries, by polling and by MSI.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/completion.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>

#include "../cmd.h"
#include "fake.h"

#define SHIFT_MAX	8
#define BATCH_MAX	150

static void fill(struct smmu_cmd *cmds, unsigned int producer, u32 first, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		cmds[i] = cmd_cfgi_ste(fake_sid(producer, first + i));
}

static struct smmu_cmd *new_batch(struct kunit *test)
{
	struct smmu_cmd *cmds = kunit_kcalloc(test, BATCH_MAX, sizeof(*cmds), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, cmds);
	return cmds;
}

/* What must hold of the fake after any test without errors. */
static void check_clean(struct kunit *test, struct fake_smmu *f)
{
	KUNIT_EXPECT_EQ(test, f->unwritten, 0);
	KUNIT_EXPECT_EQ(test, f->disorder, 0);
	KUNIT_EXPECT_EQ(test, f->rerun, 0);
	/* MMU-700, 2812531; its queue has more than one entry */
	if (f->smmu.cmdq.shift)
		KUNIT_EXPECT_LE(test, f->longest, 63);
}

/* One producer; batches of every small size through several rounds. */
static void run_batches(struct kunit *test, unsigned int shift, bool msi, enum fake_pace pace)
{
	struct fake_smmu *f = fake_create(test);
	struct smmu_cmd *cmds = new_batch(test);
	struct smmu_cmdq *q = fake_cmdq(test, f, shift, msi);
	unsigned int n;
	u32 next = 0;

	fake_pace(f, pace);
	for (n = 0; n <= 70; n++) {
		fill(cmds, 0, next, n);
		next += n;
		KUNIT_ASSERT_EQ_MSG(test, smmu_cmdq_run(q, cmds, n), 0, "shift %u, %u commands",
				    shift, n);
		/* I-17: complete means that the fake has run every one of them */
		KUNIT_EXPECT_EQ(test, READ_ONCE(f->next[0]), next);
		KUNIT_EXPECT_EQ(test, f->ran - f->syncs, next);
	}
	check_clean(test, f);
	fake_pace(f, FAKE_STUCK);
}

/* I-14, I-17: by polling, at each size, whatever the pace. */
static void cmdq_i17_polling(struct kunit *test)
{
	unsigned int shift;

	for (shift = 0; shift <= SHIFT_MAX; shift++) {
		run_batches(test, shift, false, FAKE_EAGER);
		run_batches(test, shift, false, FAKE_LAZY);
	}
}

/* I-14, I-17: by MSI. */
static void cmdq_i17_msi(struct kunit *test)
{
	unsigned int shift;

	for (shift = 0; shift <= SHIFT_MAX; shift++) {
		run_batches(test, shift, true, FAKE_EAGER);
		run_batches(test, shift, true, FAKE_THREAD);
	}
}

/* I-14: the positions of register and memory agree after 2^16 commands. */
static void cmdq_i14_many_rounds(struct kunit *test)
{
	unsigned int shift, i;

	for (shift = 0; shift <= 4; shift++) {
		struct fake_smmu *f = fake_create(test);
		struct smmu_cmdq *q = fake_cmdq(test, f, shift, false);
		struct smmu_cmd c;

		fake_pace(f, FAKE_EAGER);
		for (i = 0; i < 10000; i++) {
			c = cmd_cfgi_ste(fake_sid(0, i));
			if (smmu_cmdq_run(q, &c, 1))
				break;
		}
		KUNIT_EXPECT_EQ(test, i, 10000);
		KUNIT_EXPECT_EQ(test, f->ran, 20000);
		check_clean(test, f);
	}
}

/*
 * I-20: what ran after a batch is what ran when its commands came one by one,
 * CMD_SYNCs aside, and the last CMD_SYNC stands after the last command.
 */
static void cmdq_i20_batch_means_its_commands(struct kunit *test)
{
	static const unsigned int sizes[] = { 1, 2, 62, 63, 64, 65, 126, 127, 150 };
	struct fake_smmu *f = fake_create(test);
	struct smmu_cmdq *q = fake_cmdq(test, f, 8, false);
	struct smmu_cmd *cmds = new_batch(test);
	unsigned int s, i, n;

	fake_pace(f, FAKE_EAGER);
	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		fake_clear(f);
		fill(cmds, 0, 0, sizes[s]);
		KUNIT_ASSERT_EQ(test, smmu_cmdq_run(q, cmds, sizes[s]), 0);
		for (i = 0, n = 0; i < f->logged; i++) {
			if ((f->log[i].qw[0] & 0xff) == 0x46)
				continue;
			KUNIT_EXPECT_EQ(test, memcmp(&f->log[i], &cmds[n], sizeof(*cmds)), 0);
			n++;
		}
		KUNIT_EXPECT_EQ(test, n, sizes[s]);
		KUNIT_EXPECT_EQ(test, f->log[f->logged - 1].qw[0] & 0xff, 0x46);
		KUNIT_EXPECT_EQ(test, f->syncs, DIV_ROUND_UP(sizes[s], 63));
	}
	check_clean(test, f);
}

/*
 * I-16: a producer is stopped between its reservation and its store: the index
 * does not pass its slot, others wait within their bound, and when it goes on
 * everything runs, in order of the reservations.
 */
static void cmdq_i16_stopped_producer(struct kunit *test)
{
	unsigned int before, shift;

	for (shift = 2; shift <= SHIFT_MAX; shift++) {
		for (before = 0; before < 3; before++) {
			struct fake_smmu *f = fake_create(test);
			struct smmu_cmdq *q = fake_cmdq(test, f, shift, false);
			struct smmu_cmd c, mine = cmd_cfgi_ste(fake_sid(1, 0));
			u64 hole;
			u32 slot, round;

			fake_pace(f, FAKE_EAGER);
			q->timeout_ns = 2 * NSEC_PER_MSEC;
			c = cmd_cfgi_ste(fake_sid(0, 0));
			if (before)
				KUNIT_ASSERT_EQ(test, smmu_cmdq_run(q, &c, before - 1), 0);

			hole = atomic64_fetch_inc(&q->reserved);
			slot = hole & ((1u << q->shift) - 1);
			c = cmd_cfgi_ste(fake_sid(0, 1));
			KUNIT_EXPECT_EQ(test, smmu_cmdq_run(q, &c, 1), -ETIMEDOUT);
			KUNIT_EXPECT_EQ(test, f->prod, (u32)hole & ((2u << q->shift) - 1));
			KUNIT_EXPECT_EQ(test, f->next[0], before > 1);
			KUNIT_EXPECT_EQ(test, f->unwritten, 0);

			/* The producer wakes up: its store, its publication, anybody's ring. */
			round = (u32)(hole >> q->shift) + 1;
			q->slots[slot][0] = cpu_to_le64(mine.qw[0]);
			q->slots[slot][1] = cpu_to_le64(mine.qw[1]);
			/* as cmdq_put() does */
			smp_store_release(&q->published[slot], round);
			KUNIT_EXPECT_EQ(test, smmu_cmdq_run(q, NULL, 0), 0);
			KUNIT_EXPECT_EQ(test, f->next[1], 1);
			KUNIT_EXPECT_EQ(test, f->next[0], 2);
			check_clean(test, f);
		}
	}
}

/* I-18: full and stuck: an error within the bound, with interrupts off as well. */
static void cmdq_i18_full_queue_is_bounded(struct kunit *test)
{
	unsigned int shift, i;
	unsigned long flags;

	for (shift = 0; shift <= SHIFT_MAX; shift++) {
		struct fake_smmu *f = fake_create(test);
		struct smmu_cmdq *q = fake_cmdq(test, f, shift, false);
		struct smmu_ticket t;
		struct smmu_cmd c;
		u32 accepted = 0;
		u64 start, took;
		int ret;

		fake_pace(f, FAKE_STUCK);
		q->timeout_ns = 2 * NSEC_PER_MSEC;
		/* The queue fills up; nothing is lost of what was accepted. */
		for (i = 0; i < 600; i++) {
			c = cmd_cfgi_ste(fake_sid(0, accepted));
			if (smmu_cmdq_issue(q, &c, 1, &t))
				break;
			accepted++;
		}
		KUNIT_EXPECT_EQ(test, i, (1u << shift) / 2);

		local_irq_save(flags);
		start = ktime_get_mono_fast_ns();
		ret = smmu_cmdq_run(q, &c, 1);
		took = ktime_get_mono_fast_ns() - start;
		local_irq_restore(flags);
		KUNIT_EXPECT_EQ(test, ret, -ETIMEDOUT);
		/* generous, since a host may take the virtual CPU away */
		KUNIT_EXPECT_LT(test, took, 200 * NSEC_PER_MSEC);

		q->timeout_ns = NSEC_PER_SEC;
		fake_pace(f, FAKE_EAGER);
		KUNIT_EXPECT_EQ(test, smmu_cmdq_run(q, NULL, 0), 0);
		/* A queue of one takes the command before the refusal comes. */
		KUNIT_EXPECT_GE(test, f->next[0], accepted);
		KUNIT_EXPECT_LE(test, f->next[0], accepted + 1);
		check_clean(test, f);
	}
}

/* I-18: a CMD_SYNC that never completes: bounded, and the queue still works later. */
static void cmdq_i18_lost_sync_is_bounded(struct kunit *test)
{
	struct fake_smmu *f = fake_create(test);
	struct smmu_cmdq *q = fake_cmdq(test, f, 8, true);
	struct smmu_cmd c = cmd_cfgi_ste(fake_sid(0, 0));

	fake_pace(f, FAKE_STUCK);
	q->timeout_ns = 2 * NSEC_PER_MSEC;
	KUNIT_EXPECT_EQ(test, smmu_cmdq_run(q, &c, 1), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, smmu_cmdq_run(q, NULL, 0), -ETIMEDOUT);
	fake_pace(f, FAKE_EAGER);
	c = cmd_cfgi_ste(fake_sid(0, 1));
	KUNIT_EXPECT_EQ(test, smmu_cmdq_run(q, &c, 1), 0);
	KUNIT_EXPECT_EQ(test, f->next[0], 2);
	check_clean(test, f);
}

/* I-18: a guest that is paused has not waited, however often: nothing is given up. */
static void cmdq_i18_pause_is_no_timeout(struct kunit *test)
{
	struct fake_smmu *f = fake_create(test);
	struct smmu_cmdq *q = fake_cmdq(test, f, 2, false);
	struct smmu_cmd c;
	u32 i;

	fake_pace(f, FAKE_LAZY);
	q->timeout_ns = FAKE_PAUSE_MS * NSEC_PER_MSEC / 2;
	for (i = 0; i < 8; i++) {
		c = cmd_cfgi_ste(fake_sid(0, i));
		f->pauses = 8;
		KUNIT_EXPECT_EQ(test, smmu_cmdq_run(q, &c, 1), 0);
	}
	KUNIT_EXPECT_EQ(test, f->next[0], 8);
	check_clean(test, f);
}

/* I-22: the MSI write is lost: the registers tell. */
static void cmdq_i22_lost_msi(struct kunit *test)
{
	struct fake_smmu *f = fake_create(test);
	struct smmu_cmdq *q = fake_cmdq(test, f, 4, true);
	__le32 *elsewhere = kunit_kzalloc(test, 4096, GFP_KERNEL), *msi = q->msi;
	struct smmu_cmd c = cmd_cfgi_ste(fake_sid(0, 0));

	KUNIT_ASSERT_NOT_NULL(test, elsewhere);
	fake_pace(f, FAKE_EAGER);
	q->msi = elsewhere;
	KUNIT_EXPECT_EQ(test, smmu_cmdq_run(q, &c, 1), 0);
	q->msi = msi;
	KUNIT_EXPECT_EQ(test, f->next[0], 1);
}

/* A ticket that names no queue is nothing to wait for. */
static void cmdq_empty_ticket(struct kunit *test)
{
	struct smmu_ticket t = { };

	KUNIT_EXPECT_EQ(test, smmu_cmdq_wait(&t), 0);
}

/* I-55: after a reset old rounds count for nothing, and the queue works. */
static void cmdq_reset_starts_afresh(struct kunit *test)
{
	unsigned int shift, i;

	for (shift = 0; shift <= SHIFT_MAX; shift++) {
		struct fake_smmu *f = fake_create(test);
		struct smmu_cmdq *q = fake_cmdq(test, f, shift, true);
		struct smmu_cmd c;

		for (i = 0; i < 20; i++) {
			fake_pace(f, FAKE_EAGER);
			c = cmd_cfgi_ste(fake_sid(0, i));
			KUNIT_EXPECT_EQ(test, smmu_cmdq_run(q, &c, 1), 0);
			if (i % 3)
				continue;
			/* what nobody will run any more */
			fake_pace(f, FAKE_STUCK);
			q->timeout_ns = NSEC_PER_MSEC;
			smmu_cmdq_run(q, NULL, 0);
			q->timeout_ns = NSEC_PER_SEC;
			smmu_cmdq_reset(q);
			f->prod = 0;
			f->cons = 0;
		}
		KUNIT_EXPECT_EQ(test, f->next[0], 20);
		check_clean(test, f);
	}
}

static struct kunit_case cmdq_cases[] = {
	KUNIT_CASE(cmdq_i14_many_rounds),
	KUNIT_CASE(cmdq_i16_stopped_producer),
	KUNIT_CASE(cmdq_i17_polling),
	KUNIT_CASE(cmdq_i17_msi),
	KUNIT_CASE(cmdq_i18_full_queue_is_bounded),
	KUNIT_CASE(cmdq_i18_lost_sync_is_bounded),
	KUNIT_CASE(cmdq_i18_pause_is_no_timeout),
	KUNIT_CASE(cmdq_i20_batch_means_its_commands),
	KUNIT_CASE(cmdq_i22_lost_msi),
	KUNIT_CASE(cmdq_empty_ticket),
	KUNIT_CASE(cmdq_reset_starts_afresh),
	{ }
};

static struct kunit_suite cmdq_suite = {
	.name = "smmu-v3-cmdq",
	.test_cases = cmdq_cases,
};

kunit_test_suite(cmdq_suite);
