// SPDX-License-Identifier: GPL-2.0-only
/*
 * Range invalidation covers what changed (I-7), and an ATC invalidation too
 * (I-46). Judged on the encoded command, by the formula of IHI 0070, 4.4.1.1:
 * (NUM + 1) * 2^SCALE granules from the address on.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "../cmd.h"
#include "suite.h"

static const u8 granules[] = { 12, 14, 16 };

/* What an encoded command invalidates, as hardware would read it. */
struct covered {
	u64 first;
	u64 granules;
	unsigned int num;
	unsigned int scale;
	unsigned int ttl;
	unsigned int tg;
};

static struct covered read_command(const struct smmu_cmd *c)
{
	struct covered r = {
		.first = c->qw[1] & word_bits(63, 12),
		.num = word_get(c->qw[0], 16, 12),
		.scale = word_get(c->qw[0], 25, 20),
		.ttl = word_get(c->qw[1], 9, 8),
		.tg = word_get(c->qw[1], 11, 10),
	};

	r.granules = (u64)(r.num + 1) << r.scale;
	return r;
}

/* Returns how many commands it took; 0 after a mistake. */
static unsigned int cover(struct kunit *test, u64 start, u64 pages, u8 tg, u8 ttl)
{
	u64 left = pages, at = start;
	unsigned int n = 0;

	while (left) {
		struct tlbi_range r = tlbi_range_next(left, tg, ttl);
		struct smmu_cmd c = cmd_tlbi_range(0x12, 0, 7, at << tg, true, r);
		struct covered hw = read_command(&c);

		/* I-20: reserved encodings, and fields of another width. */
		if (!hw.num && !hw.scale && !hw.ttl) {
			KUNIT_FAIL(test, "TTL = NUM = SCALE = 0 for %llu pages, granule %u",
				   (unsigned long long)left, tg);
			return 0;
		}
		if (hw.tg != (tg == 12 ? 1 : tg == 14 ? 2 : 3) || hw.ttl != ttl ||
		    hw.scale > 31 || hw.first != at << tg) {
			KUNIT_FAIL(test, "wrong fields for %llu pages, granule %u",
				   (unsigned long long)left, tg);
			return 0;
		}
		/* More than was asked is allowed for a lone granule without a level. */
		if (hw.granules > left && !(left == 1 && !ttl && hw.granules == 2)) {
			KUNIT_FAIL(test, "%llu granules where %llu were left",
				   (unsigned long long)hw.granules, (unsigned long long)left);
			return 0;
		}
		hw.granules = min(hw.granules, left);
		at += hw.granules;
		left -= hw.granules;
		n++;
	}
	/* Adjacent commands from start on, nothing left: the union is exact. */
	if (at != start + pages)
		KUNIT_FAIL(test, "ends at %#llx", (unsigned long long)at);
	return n;
}

/* I-7: every number of granules up to 2^10 (2^17), every granule and level. */
static void range_i7_every_small_size(struct kunit *test)
{
	u64 pages, top = 1ull << effort(10, 17);
	unsigned int g;
	u8 ttl;

	for (g = 0; g < ARRAY_SIZE(granules); g++)
		for (ttl = 0; ttl < 4; ttl++)
			for (pages = 1; pages <= top; pages++)
				if (!cover(test, 3, pages, granules[g], ttl))
					return;
}

/* I-7: at 7 (9) bits, every start and every size that fits. */
static void range_i7_every_start_and_size(struct kunit *test)
{
	u64 start, pages, top = 1ull << effort(7, 9);
	unsigned int g;

	for (g = 0; g < ARRAY_SIZE(granules); g++)
		for (start = 0; start < top; start++)
			for (pages = 1; start + pages <= top; pages++)
				if (!cover(test, start, pages, granules[g], start % 4))
					return;
}

/* I-7: sizes of all magnitudes: one bit, one bit less, all bits, random ones. */
static void range_i7_large_sizes(struct kunit *test)
{
	struct dice dice = { 7 };
	unsigned int g, bit, n;

	for (g = 0; g < ARRAY_SIZE(granules); g++) {
		unsigned int width = 52 - granules[g];

		for (bit = 0; bit <= width; bit++) {
			u64 pages = 1ull << bit;

			if (!cover(test, 0, pages, granules[g], 0) ||
			    (pages > 1 && !cover(test, 0, pages - 1, granules[g], 3)))
				return;
		}
		for (n = 0; n < effort(1000, 200000); n++) {
			u64 pages = dice_roll(&dice) >> (64 - width + dice_roll(&dice) % width);

			if (pages && !cover(test, 0, pages, granules[g], n % 4))
				return;
		}
	}
}

/*
 * I-7: the number of commands stays small: five bits of the size each.
 * Past SCALE 31 each takes 32 << 31 granules, 1/4 of 2^38.
 */
static void range_i7_few_commands(struct kunit *test)
{
	struct dice dice = { 77 };
	unsigned int n;

	for (n = 0; n < effort(1000, 100000); n++) {
		u64 pages = (dice_roll(&dice) >> 29) | 1;

		KUNIT_EXPECT_LE(test, cover(test, 0, pages, 12, 3), 7u);
	}
	KUNIT_EXPECT_EQ(test, cover(test, 0, 1, 12, 0), 1u);
	KUNIT_EXPECT_EQ(test, cover(test, 0, 512, 12, 3), 1u);
	KUNIT_EXPECT_EQ(test, cover(test, 0, 513, 12, 3), 2u);
}

/*
 * I-7, I-20: with a level, the address of every command is aligned to what an
 * entry of that level maps; else 4.4.1.1 calls the range unpredictable. The
 * caller promises start and size in whole leaves.
 */
static void range_i7_level_keeps_alignment(struct kunit *test)
{
	unsigned int g, level;
	u64 leaves, start, left, now;

	for (g = 0; g < ARRAY_SIZE(granules); g++) {
		for (level = 1; level < 4; level++) {
			u64 leaf = 1ull << ((3 - level) * (granules[g] - 3));

			for (leaves = 1; leaves < effort(200, 4000); leaves++) {
				start = 5 * leaf;
				for (left = leaves * leaf; left; left -= now) {
					struct tlbi_range r;

					r = tlbi_range_next(left, granules[g], level);
					now = min((u64)r.num << r.scale, left);
					KUNIT_EXPECT_EQ(test, start % leaf, 0ull);
					start += now;
				}
			}
		}
	}
}

/* PCIe 10.2.3.2 and IHI 0070, 4.5.1: an aligned power of two of 4K pages. */
static void check_span(struct kunit *test, u64 first, u64 last)
{
	u64 start = ~0ull, bytes;
	u8 size = atc_inv_span(first, last, &start);

	if (size == 52) {
		KUNIT_EXPECT_EQ(test, start, 0ull);
		return;
	}
	KUNIT_EXPECT_LE(test, size, 51);
	bytes = 4096ull << size;
	KUNIT_EXPECT_EQ(test, start & (bytes - 1), 0ull);
	KUNIT_EXPECT_LE(test, start, first);
	KUNIT_EXPECT_GE(test, start + (bytes - 1), last);
	/* the smallest: neither half would do */
	if (size) {
		u64 middle = start + bytes / 2;

		KUNIT_EXPECT_TRUE(test, first < middle && last >= middle);
	}
}

/* I-46: exhaustive for pages of a small space, at byte borders. */
static void range_i46_atc_span_small(struct kunit *test)
{
	u64 a, b, top = effort(48, 300);

	for (a = 0; a < top; a++)
		for (b = a; b < top; b++) {
			check_span(test, a * 4096, b * 4096 + 4095);
			check_span(test, a * 4096 + 4095, b * 4096 + 4095);
		}
}

/* I-46: all magnitudes, up to the whole address space. */
static void range_i46_atc_span_large(struct kunit *test)
{
	struct dice dice = { 46 };
	unsigned int n;
	u64 start = 1;

	for (n = 0; n < effort(2000, 500000); n++) {
		u64 a = dice_roll(&dice) >> (dice_roll(&dice) % 52);
		u64 b = a + (dice_roll(&dice) >> (dice_roll(&dice) % 64));

		check_span(test, a, max(a, b));
	}
	KUNIT_EXPECT_EQ(test, atc_inv_span(0, U64_MAX, &start), 52);
	KUNIT_EXPECT_EQ(test, start, 0ull);
	KUNIT_EXPECT_EQ(test, atc_inv_span(0, (1ull << 63) - 1, &start), 51);
	KUNIT_EXPECT_EQ(test, atc_inv_span(0x1000, 0x1fff, &start), 0);
	KUNIT_EXPECT_EQ(test, start, 0x1000ull);
	KUNIT_EXPECT_EQ(test, atc_inv_span(0x1fff, 0x2000, &start), 2);
	KUNIT_EXPECT_EQ(test, start, 0ull);
}

static struct kunit_case range_cases[] = {
	KUNIT_CASE(range_i7_every_small_size),
	KUNIT_CASE(range_i7_every_start_and_size),
	KUNIT_CASE(range_i7_large_sizes),
	KUNIT_CASE(range_i7_few_commands),
	KUNIT_CASE(range_i7_level_keeps_alignment),
	KUNIT_CASE(range_i46_atc_span_small),
	KUNIT_CASE(range_i46_atc_span_large),
	{ }
};

static struct kunit_suite range_suite = {
	.name = "smmu-v3-range",
	.test_cases = range_cases,
};

kunit_test_suite(range_suite);
