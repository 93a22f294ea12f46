/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two transcriptions of the architecture, each compiled with its own headers.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef WORDS_H
#define WORDS_H

#include <stdint.h>

struct word {
	const char *driver, *sim;	/* names */
	unsigned int index;		/* of the 64-bit word; WORD_NONE for values */
	uint64_t value;			/* a mask, a value, or the simulator's field */
	uint64_t number;		/* what it should be */
};

#define WORD_NONE	0xff

struct command {
	const char *what;
	uint64_t words[2], number[2];
};

extern const struct word driver_words[];
extern const unsigned int driver_words_count;
extern const struct command *driver_commands(unsigned int *count);

#endif /* WORDS_H */
