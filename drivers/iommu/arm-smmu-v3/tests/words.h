/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two transcriptions of the architecture, each compiled with its own headers: in
 * a KUnit suite, and in tools/testing/smmu-sim. Needs u64.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_TESTS_WORDS_H
#define SMMU_V3_TESTS_WORDS_H

struct word {
	const char *driver, *sim;	/* names */
	unsigned int index;		/* of the 64-bit word; WORD_NONE for values */
	u64 value;			/* a mask, a value, or the simulator's field */
	u64 number;		/* what it should be */
};

#define WORD_NONE	0xff

struct command {
	const char *what;
	u64 words[2], number[2];
};

extern const struct word driver_words[];
extern const unsigned int driver_words_count;
const struct command *driver_commands(unsigned int *count);

#endif /* SMMU_V3_TESTS_WORDS_H */
