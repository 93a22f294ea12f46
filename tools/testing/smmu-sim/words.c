// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two transcriptions against each other and against the numbers of words.def;
 * and the driver's commands against the model's reading of them.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"
#include "words.h"

#define WORD(driver, sim, index, number)	{ #driver, #sim, index, sim, number },
#define VALUE(driver, sim, number)	{ #driver, #sim, WORD_NONE, sim, number },
static const struct word sim_words[] = {
#include "words.def"
};

/* What the simulator's definition comes to: a mask in its word, or a value. */
static u64 sim_value(const struct word *word)
{
	unsigned int f = word->value;

	if (word->index == WORD_NONE)
		return f;
	EXPECT_EQ(fld_lowest(f) / 64, word->index);
	return fld_mask(f) << (fld_lowest(f) % 64);
}

static void transcriptions(void)
{
	unsigned int i;

	EXPECT_EQ(driver_words_count, ARRAY_SIZE(sim_words));
	for (i = 0; i < ARRAY_SIZE(sim_words); i++) {
		const struct word *d = &driver_words[i], *s = &sim_words[i];

		if (d->value != d->number)
			complain(__FILE__, __LINE__, "driver's %s is 0x%llx, not 0x%llx", d->driver,
				 (unsigned long long)d->value, (unsigned long long)d->number);
		if (sim_value(s) != s->number)
			complain(__FILE__, __LINE__, "simulator's %s is 0x%llx, not 0x%llx", s->sim,
				 (unsigned long long)sim_value(s), (unsigned long long)s->number);
	}
}

static void commands(void)
{
	unsigned int n, i;
	const struct command *c = driver_commands(&n);

	bring_up(&everything);
	for (i = 0; i < n; i++) {
		cmd(c[i].words[0], c[i].words[1]);
		if (c[i].words[0] != c[i].number[0] || c[i].words[1] != c[i].number[1] ||
		    rd(0x60) != rd(0x64))
			complain(__FILE__, __LINE__, "%s: %llx %llx", c[i].what,
				 (unsigned long long)c[i].words[0],
				 (unsigned long long)c[i].words[1]);
	}
	EXPECT_EQ(w.s.stats.commands, n);
}

void tests_words(void)
{
	run("words: both transcriptions of the architecture agree (I-20)", transcriptions);
	run("words: the driver's commands are what the model takes (I-20)", commands);
}
