// SPDX-License-Identifier: GPL-2.0-only
/*
 * ASIDs and VMIDs: unique (I-29), reused only after their invalidation has
 * completed (I-30), and exhausted cleanly (I-31).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>

#include "fake.h"

static struct fake_smmu *tag_test(struct kunit *test, u8 bits)
{
	struct fake_smmu *f = fake_create(test);

	fake_cmdq(test, f, 8, false);
	fake_pace(f, FAKE_EAGER);
	f->smmu.feat.asid_bits = bits;
	f->smmu.feat.vmid_bits = bits;
	return f;
}

static void tag_done(struct fake_smmu *f)
{
	smmu_tags_exit(&f->smmu);
}

/* Take all tags there are; returns how many. */
static unsigned int take_all(struct kunit *test, struct fake_smmu *f, enum smmu_inval_kind kind,
			     unsigned long *seen, unsigned int top)
{
	unsigned int n = 0;
	u16 tag;

	while (n <= top && !smmu_tag_alloc(&f->smmu, kind, NULL, &tag)) {
		KUNIT_EXPECT_LT(test, tag, top);
		KUNIT_EXPECT_NE(test, tag, 0);
		KUNIT_EXPECT_FALSE(test, test_and_set_bit(tag, seen));
		n++;
	}
	return n;
}

static void exhaust(struct kunit *test, enum smmu_inval_kind kind, u8 bits)
{
	struct fake_smmu *f = tag_test(test, bits);
	unsigned int top = 1u << bits, n, i;
	unsigned long *seen = kunit_kzalloc(test, BITS_TO_LONGS(65536) * sizeof(long), GFP_KERNEL);
	u16 tag = 0;

	KUNIT_ASSERT_NOT_NULL(test, seen);
	/* 0 is what stage 1 of every instance is tagged with as VMID */
	n = take_all(test, f, kind, seen, top);
	KUNIT_EXPECT_EQ(test, n, top - 1);
	KUNIT_EXPECT_EQ(test, smmu_tag_alloc(&f->smmu, kind, NULL, &tag), -ENOSPC);
	/* no command is needed for what was never used */
	KUNIT_EXPECT_EQ(test, f->ran, 0);

	/* I-31: nothing leaked: some come back, those and no others can be had again */
	for (i = 1; i < top; i += 17) {
		smmu_tag_free(&f->smmu, kind, i);
		clear_bit(i, seen);
	}
	n = take_all(test, f, kind, seen, top);
	KUNIT_EXPECT_EQ(test, n, DIV_ROUND_UP(top - 1, 17));
	KUNIT_EXPECT_EQ(test, smmu_tag_alloc(&f->smmu, kind, NULL, &tag), -ENOSPC);
	tag_done(f);
}

/* I-29, I-31: both kinds, 8 bits. */
static void tag_i31_exhaustion_8(struct kunit *test)
{
	exhaust(test, SMMU_INVAL_S1, 8);
	exhaust(test, SMMU_INVAL_S2, 8);
}

/* I-29, I-31: 16 bits. */
static void tag_i31_exhaustion_16(struct kunit *test)
{
	exhaust(test, SMMU_INVAL_S1, 16);
}

/* I-29: the two kinds are different spaces. */
static void tag_i29_kinds_are_apart(struct kunit *test)
{
	struct fake_smmu *f = tag_test(test, 8);
	unsigned long seen[2][BITS_TO_LONGS(256)] = { };

	KUNIT_EXPECT_EQ(test, take_all(test, f, SMMU_INVAL_S1, seen[0], 256), 255);
	KUNIT_EXPECT_EQ(test, take_all(test, f, SMMU_INVAL_S2, seen[1], 256), 255);
	tag_done(f);
}

/* I-30: the invalidation names the tag, and a CMD_SYNC follows. */
static void tag_i30_invalidated_first(struct kunit *test)
{
	static const struct {
		enum smmu_inval_kind kind;
		bool e2h;
		u64 word;
	} cases[] = {
		{ SMMU_INVAL_S1, false, 0x0001000000000011ull },	/* NH_ASID */
		{ SMMU_INVAL_S1, true, 0x0001000000000021ull },	/* EL2_ASID */
		{ SMMU_INVAL_S2, false, 0x0000000100000028ull },	/* S12_VMALL */
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_smmu *f = tag_test(test, 16);
		u16 tag = 0;

		f->smmu.feat.e2h = cases[i].e2h;
		f->smmu.feat.hyp = cases[i].e2h;
		KUNIT_ASSERT_EQ(test, smmu_tag_alloc(&f->smmu, cases[i].kind, NULL, &tag), 0);
		KUNIT_ASSERT_EQ(test, tag, 1);
		smmu_tag_free(&f->smmu, cases[i].kind, tag);
		KUNIT_ASSERT_EQ(test, f->logged, 2);
		KUNIT_EXPECT_EQ(test, f->log[0].qw[0], cases[i].word);
		KUNIT_EXPECT_EQ(test, f->log[0].qw[1], 0);
		KUNIT_EXPECT_EQ(test, f->log[1].qw[0] & 0xff, 0x46);
		tag_done(f);
	}
}

struct freer {
	struct fake_smmu *f;
	struct completion done;
};

static int free_thread(void *data)
{
	struct freer *r = data;

	smmu_tag_free(&r->f->smmu, SMMU_INVAL_S1, 1);
	complete(&r->done);
	return 0;
}

/* I-30: while the invalidation is under way the tag cannot be had. */
static void tag_i30_not_before_sync(struct kunit *test)
{
	struct fake_smmu *f = tag_test(test, 8);
	unsigned long seen[BITS_TO_LONGS(256)] = { };
	struct freer r = { .f = f };
	struct task_struct *t;
	unsigned int i;
	u16 tag = 0;

	init_completion(&r.done);
	KUNIT_ASSERT_EQ(test, take_all(test, f, SMMU_INVAL_S1, seen, 256), 255);
	f->smmu.cmdq.timeout_ns = 20 * NSEC_PER_SEC;
	fake_pace(f, FAKE_STUCK);
	t = kthread_run(free_thread, &r, "freer");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	for (i = 0; i < 10; i++) {
		usleep_range(500, 1000);
		KUNIT_EXPECT_EQ(test, smmu_tag_alloc(&f->smmu, SMMU_INVAL_S1, NULL, &tag), -ENOSPC);
	}
	fake_pace(f, FAKE_EAGER);
	wait_for_completion(&r.done);
	KUNIT_EXPECT_EQ(test, smmu_tag_alloc(&f->smmu, SMMU_INVAL_S1, NULL, &tag), 0);
	KUNIT_EXPECT_EQ(test, tag, 1);
	tag_done(f);
}

/* I-30: an invalidation that failed: the tag is never used again. */
static void tag_i30_given_up(struct kunit *test)
{
	struct fake_smmu *f = tag_test(test, 8);
	unsigned long seen[BITS_TO_LONGS(256)] = { };
	u16 tag = 0;

	KUNIT_ASSERT_EQ(test, take_all(test, f, SMMU_INVAL_S1, seen, 256), 255);
	fake_fail(f, 0, 1, 1);
	smmu_tag_free(&f->smmu, SMMU_INVAL_S1, 7);
	KUNIT_EXPECT_EQ(test, smmu_tag_alloc(&f->smmu, SMMU_INVAL_S1, NULL, &tag), -ENOSPC);

	fake_pace(f, FAKE_STUCK);
	f->smmu.cmdq.timeout_ns = 2 * NSEC_PER_MSEC;
	smmu_tag_free(&f->smmu, SMMU_INVAL_S1, 8);
	KUNIT_EXPECT_EQ(test, smmu_tag_alloc(&f->smmu, SMMU_INVAL_S1, NULL, &tag), -ENOSPC);
	tag_done(f);
}

static struct kunit_case tag_cases[] = {
	KUNIT_CASE(tag_i29_kinds_are_apart),
	KUNIT_CASE(tag_i30_invalidated_first),
	KUNIT_CASE(tag_i30_not_before_sync),
	KUNIT_CASE(tag_i30_given_up),
	KUNIT_CASE(tag_i31_exhaustion_8),
	KUNIT_CASE(tag_i31_exhaustion_16),
	{ }
};

static struct kunit_suite tag_suite = {
	.name = "smmu-v3-tag",
	.test_cases = tag_cases,
};

kunit_test_suite(tag_suite);
