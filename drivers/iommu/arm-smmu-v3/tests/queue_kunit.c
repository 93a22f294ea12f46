// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues that hardware fills (I-14, I-21), whatever its registers show (I-62).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>

#include "fake.h"

#define OVERFLOW	0x80000000u

struct queue_test {
	struct fake_smmu *f;
	struct smmu_queue q;
	u64 written;
};

static void free_queue(void *data)
{
	struct queue_test *t = data;

	smmu_queue_free(&t->q, t->f->smmu.dev);
}

static struct queue_test *queue_test(struct kunit *test, unsigned int shift, unsigned int qwords)
{
	struct queue_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->f = fake_create(test);
	KUNIT_ASSERT_EQ(test, smmu_queue_init(&t->q, &t->f->smmu, shift, qwords, 0x100a8, 0x100ac),
			0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_queue, t), 0);
	smmu_queue_reset(&t->q);
	return t;
}

/* What hardware does with a new entry: 3.5.1 and 7.4. */
static bool push(struct queue_test *t)
{
	u32 *prod = &t->f->evtq[0], *cons = &t->f->evtq[1];
	u32 size = 1u << t->q.shift, index = *prod & (size - 1), i;
	__le64 *slots = phys_to_virt(t->q.dma);

	if (((*prod ^ *cons) & (2 * size - 1)) == size) {
		if (!((*prod ^ *cons) & OVERFLOW))
			*prod ^= OVERFLOW;
		return false;
	}
	for (i = 0; i < t->q.qwords; i++)
		slots[index * t->q.qwords + i] = cpu_to_le64(t->written << 8 | i);
	t->written++;
	*prod = (*prod & OVERFLOW) | ((*prod + 1) & (2 * size - 1));
	return true;
}

static bool take(struct kunit *test, struct queue_test *t, u64 expected)
{
	u64 qw[4] = { };
	u32 i;

	if (!smmu_queue_take(&t->q, qw))
		return false;
	for (i = 0; i < t->q.qwords; i++)
		KUNIT_EXPECT_EQ(test, qw[i], expected << 8 | i);
	return true;
}

/* I-14: everything comes, once, in order; at each size; through many rounds. */
static void queue_i14_in_order(struct kunit *test)
{
	unsigned int shift, qwords, i, n;

	for (shift = 0; shift <= 7; shift++) {
		for (qwords = 2; qwords <= 4; qwords += 2) {
			struct queue_test *t = queue_test(test, shift, qwords);
			u64 taken = 0;

			KUNIT_EXPECT_FALSE(test, take(test, t, 0));
			for (i = 0; i < 200; i++) {
				for (n = 0; n < 1 + i % (1u << shift); n++)
					KUNIT_EXPECT_TRUE(test, push(t));
				while (take(test, t, taken))
					taken++;
				KUNIT_EXPECT_EQ(test, taken, t->written);
				KUNIT_EXPECT_EQ(test, t->f->evtq[0], t->f->evtq[1]);
				KUNIT_EXPECT_FALSE(test, smmu_queue_ack_overflow(&t->q));
			}
		}
	}
}

/* I-21: what is in the queue is taken, the loss told once, and new entries come. */
static void queue_i21_overflow(struct kunit *test)
{
	unsigned int shift, round, lost;

	for (shift = 0; shift <= 7; shift++) {
		struct queue_test *t = queue_test(test, shift, 4);
		u64 taken = 0;

		for (round = 1; round <= 5; round++) {
			while (push(t))
				;
			for (lost = 0; lost < round; lost++)
				KUNIT_EXPECT_FALSE(test, push(t));
			while (take(test, t, taken))
				taken++;
			KUNIT_EXPECT_EQ(test, taken, (u64)round << shift);
			KUNIT_EXPECT_TRUE(test, smmu_queue_ack_overflow(&t->q));
			KUNIT_EXPECT_FALSE(test, smmu_queue_ack_overflow(&t->q));
			/* OVACKFLG is OVFLG again, index and wrap agree */
			KUNIT_EXPECT_EQ(test, t->f->evtq[0], t->f->evtq[1]);
			KUNIT_EXPECT_EQ(test, t->q.overflows, round);
		}
		KUNIT_EXPECT_EQ(test, t->q.taken, taken);
	}
}

/* I-21: entries that arrive between the overflow and its acknowledgment. */
static void queue_i21_entries_after_overflow(struct kunit *test)
{
	struct queue_test *t = queue_test(test, 3, 4);
	u64 taken = 0;

	while (push(t))
		;
	KUNIT_EXPECT_TRUE(test, take(test, t, taken++));
	KUNIT_EXPECT_TRUE(test, push(t));
	while (take(test, t, taken))
		taken++;
	KUNIT_EXPECT_EQ(test, taken, t->written);
	KUNIT_EXPECT_TRUE(test, smmu_queue_ack_overflow(&t->q));
	KUNIT_EXPECT_TRUE(test, push(t));
	KUNIT_EXPECT_TRUE(test, take(test, t, taken));
}

/* I-62: any PROD: never more entries than the queue has, and it recovers. */
static void queue_i62_any_register(struct kunit *test)
{
	struct dice dice = { 62 };
	unsigned int shift, i, n;
	u64 qw[4];

	for (shift = 0; shift <= 7; shift++) {
		struct queue_test *t = queue_test(test, shift, 4);
		u32 size = 1u << shift;

		for (i = 0; i < 2000; i++) {
			t->f->evtq[0] = dice_roll(&dice);
			for (n = 0; n <= size && smmu_queue_take(&t->q, qw); n++)
				;
			KUNIT_EXPECT_LE(test, n, size);
			smmu_queue_ack_overflow(&t->q);
		}
		/* A sane register again: the queue is empty, then has one entry. */
		t->f->evtq[0] = t->f->evtq[1];
		KUNIT_EXPECT_FALSE(test, smmu_queue_take(&t->q, qw));
		KUNIT_EXPECT_TRUE(test, push(t));
		KUNIT_EXPECT_TRUE(test, take(test, t, t->written - 1));
		KUNIT_EXPECT_FALSE(test, smmu_queue_take(&t->q, qw));
	}
}

static struct kunit_case queue_cases[] = {
	KUNIT_CASE(queue_i14_in_order),
	KUNIT_CASE(queue_i21_overflow),
	KUNIT_CASE(queue_i21_entries_after_overflow),
	KUNIT_CASE(queue_i62_any_register),
	{ }
};

static struct kunit_suite queue_suite = {
	.name = "smmu-v3-queue",
	.test_cases = queue_cases,
};

kunit_test_suite(queue_suite);
