/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes as a configuration and a sequence of calls.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "../harness.h"

/**
 * struct input - bytes that are still to be read; behind the last there are zeroes
 */
struct input {
	const u8 *at;
	const u8 *end;
};

static inline u8 take_byte(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static inline u64 take_word(struct input *in)
{
	u64 word = 0;

	for (unsigned int i = 0; i < 8; i++)
		word = word << 8 | take_byte(in);
	return word;
}

/* What was done since the program started */
struct tally {
	u64 inputs;		/* all of them */
	u64 refused;		/* configurations that were refused, rightly */
	u64 calls;		/* map, unmap, lookup and dirty calls */
	u64 leaves;		/* that these calls mapped */
};

extern struct tally tally;
extern bool fuzz_trace;

#define trace(...) do {							\
	if (fuzz_trace)							\
		printf("    " __VA_ARGS__);				\
} while (0)

/* config.c: Return: false if the tables were refused, and that was right */
bool fuzz_open(struct input *in);

/* dirty.c: which of what is mapped was not written since it was last read */
void dirty_reset(void);
void dirty_forget(u64 iova, u64 size);
void dirty_write(u64 iova);
void dirty_read(u64 iova, u64 size, unsigned long flags);
bool dirty_tracked(void);

/* calls.c */
void fuzz_one(const u8 *data, size_t size);
const struct span *span_of(u64 iova);

/* exhaustive.c */
void every_sequence(unsigned int depth);

/* target.c, under names that libFuzzer knows */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* and that ASan knows */
const char *__asan_default_options(void);

#endif /* FUZZ_H */
