// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver's transcription of the architecture against the simulator's, and both
 * against the numbers of words.def.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/test.h>

#include "../sim/arch.h"
#include "words.h"

#define WORD(driver, sim, index, number)	{ #driver, #sim, index, sim, number },
#define VALUE(driver, sim, number)	{ #driver, #sim, WORD_NONE, sim, number },
static const struct word sim_words[] = {
#include "words.def"
};

/* What the simulator's definition comes to: a mask in its word, or a value. */
static u64 sim_value(struct kunit *test, const struct word *word)
{
	unsigned int f = word->value;

	if (word->index == WORD_NONE)
		return f;
	KUNIT_EXPECT_EQ_MSG(test, fld_lowest(f) / 64, word->index, "%s", word->sim);
	return fld_mask(f) << (fld_lowest(f) % 64);
}

static void words_agree(struct kunit *test)
{
	unsigned int i;

	KUNIT_ASSERT_EQ(test, driver_words_count, ARRAY_SIZE(sim_words));
	for (i = 0; i < driver_words_count; i++) {
		const struct word *d = &driver_words[i], *s = &sim_words[i];

		KUNIT_EXPECT_EQ_MSG(test, d->value, d->number, "driver's %s", d->driver);
		KUNIT_EXPECT_EQ_MSG(test, sim_value(test, s), s->number, "simulator's %s", s->sim);
	}
}

static void words_of_commands(struct kunit *test)
{
	unsigned int n, i;
	const struct command *c = driver_commands(&n);

	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_EQ_MSG(test, c[i].words[0], c[i].number[0], "%s", c[i].what);
		KUNIT_EXPECT_EQ_MSG(test, c[i].words[1], c[i].number[1], "%s", c[i].what);
	}
}

static struct kunit_case words_cases[] = {
	KUNIT_CASE(words_agree),
	KUNIT_CASE(words_of_commands),
	{ }
};

static struct kunit_suite words_suite = {
	.name = "smmu-v3-words",
	.test_cases = words_cases,
};

kunit_test_suite(words_suite);
