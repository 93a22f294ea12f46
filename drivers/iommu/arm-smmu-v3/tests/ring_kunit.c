// SPDX-License-Identifier: GPL-2.0-only
/*
 * Producer and consumer arithmetic, at every size of a queue (I-14).
 *
 * The reference is a model that steps one entry at a time, with the index and
 * the wrap bit of IHI 0070, 3.5.1 kept apart.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "../ring.h"
#include "suite.h"

#define SHIFT_MAX	19

struct stepper {
	u32 index;
	bool wrap;
};

static void step(struct stepper *s, unsigned int shift)
{
	if (++s->index == 1u << shift) {
		s->index = 0;
		s->wrap = !s->wrap;
	}
}

static u32 stepper_reg(const struct stepper *s, unsigned int shift)
{
	return s->index | (s->wrap ? 1u << shift : 0);
}

/* I-14: slot and register value follow the model through five rounds. */
static void ring_i14_follows_single_steps(struct kunit *test)
{
	unsigned int shift, bad;
	struct stepper s;
	u64 pos, rounds;

	for (shift = 0; shift <= SHIFT_MAX; shift++) {
		rounds = shift > 12 ? effort(1, 5) : 5;
		s = (struct stepper) { };
		bad = 0;
		for (pos = 0; pos < (rounds << shift) + 3; pos++) {
			bad += ring_slot(pos, shift) != s.index;
			bad += ring_to_reg(pos, shift) != stepper_reg(&s, shift);
			step(&s, shift);
		}
		KUNIT_EXPECT_EQ_MSG(test, bad, 0u, "shift %u", shift);
	}
}

/* I-14: any base, any progress of up to a full queue, positions near 2^32 too. */
static void ring_i14_register_to_position(struct kunit *test)
{
	static const u64 bases[] = { 0, 1, 0x7fffffffull, 0xfffffff0ull, 0xffffffffull,
				     0x100000000ull, 0x7ffffffffffffff0ull };
	struct dice dice = { 14 };
	unsigned int shift, i, n;

	for (shift = 0; shift <= SHIFT_MAX; shift++) {
		u64 size = 1ull << shift;

		for (i = 0; i < ARRAY_SIZE(bases); i++) {
			for (n = 0; n < effort(200, 20000); n++) {
				u64 base = bases[i] + dice_roll(&dice) % (4 * size);
				u64 gone = dice_roll(&dice) % (size + 1);
				/* 3.5.1: bits above the wrap bit mean something else */
				u32 noise = shift < 30 ? dice_roll(&dice) << (shift + 1) : 0;
				u32 reg = (u32)((base + gone) % (2 * size)) | noise;

				KUNIT_EXPECT_EQ(test, ring_from_reg(base, reg, shift), base + gone);
			}
		}
	}
}

/* I-14: exhaustive where the queue is small: every pair of registers. */
static void ring_i14_every_pair_of_registers(struct kunit *test)
{
	unsigned int shift;
	u32 p, c;

	for (shift = 0; shift <= effort(5, 9); shift++) {
		u32 size = 1u << shift;

		for (p = 0; p < 2 * size; p++) {
			for (c = 0; c < 2 * size; c++) {
				u64 cons = 6ull * size + c;
				u64 prod = ring_from_reg(cons, p, shift);
				u32 queued = (p + 2 * size - c) % (2 * size);

				KUNIT_EXPECT_EQ(test, prod - cons, (u64)queued);
				KUNIT_EXPECT_EQ(test, ring_sane(prod, cons, shift), queued <= size);
				if (queued <= size)
					KUNIT_EXPECT_EQ(test, ring_space(prod, cons, shift),
							size - queued);
			}
		}
	}
}

/* I-14: a queue is full when the indices agree and the wrap bits do not. */
static void ring_i14_full_and_empty_differ(struct kunit *test)
{
	unsigned int shift;

	for (shift = 0; shift <= SHIFT_MAX; shift++) {
		u64 size = 1ull << shift, cons = 3 * size + size / 2;

		KUNIT_EXPECT_EQ(test, ring_space(cons, cons, shift), (u32)size);
		KUNIT_EXPECT_EQ(test, ring_space(cons + size, cons, shift), 0u);
		KUNIT_EXPECT_EQ(test, ring_slot(cons + size, shift), ring_slot(cons, shift));
		KUNIT_EXPECT_EQ(test, ring_to_reg(cons + size, shift) ^ ring_to_reg(cons, shift),
				(u32)size);
	}
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE(ring_i14_follows_single_steps),
	KUNIT_CASE(ring_i14_register_to_position),
	KUNIT_CASE(ring_i14_every_pair_of_registers),
	KUNIT_CASE(ring_i14_full_and_empty_differ),
	{ }
};

static struct kunit_suite ring_suite = {
	.name = "smmu-v3-ring",
	.test_cases = ring_cases,
};

kunit_test_suite(ring_suite);
