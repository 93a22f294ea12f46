// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: long DEPTH OPERATIONS [FILE OR DIRECTORY...]
 *
 * Without libFuzzer: the inputs in these files, all sequences up to DEPTH calls,
 * then inputs of random bytes until they have made OPERATIONS calls. SEED in the
 * environment is the first random number.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <dirent.h>

#include "fuzz.h"

#define LARGEST_INPUT 4096

static unsigned int passed, failed;

static void judge(const char *what)
{
	if (failures_here) {
		printf("FAIL %s\n", what);
		failed++;
	} else {
		passed++;
	}
	fflush(stdout);
}

static void replay_file(const char *path)
{
	u8 data[LARGEST_INPUT];
	FILE *f = fopen(path, "rb");
	size_t size;

	if (!f)
		return;
	size = fread(data, 1, sizeof(data), f);
	fclose(f);
	fuzz_one(data, size);
	if (failures_here)
		judge(path);
}

static void replay(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char name[1024];

	if (!dir) {
		replay_file(path);
		return;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		replay_file(name);
	}
	closedir(dir);
}

/* The bytes come from a state of their own: an input resets that of the bench */
static void random_inputs(u64 operations, u64 state)
{
	u8 data[256];
	char name[64];

	while (tally.calls < operations && failed < 5) {
		u64 first = state, size;

		rnd_state = state;
		size = 8 + rnd_below(sizeof(data) - 8);
		for (u64 i = 0; i < size; i++)
			data[i] = rnd() >> 32;
		state = rnd_state;
		fuzz_one(data, size);
		if (!failures_here)
			continue;
		snprintf(name, sizeof(name), "random input from SEED=%#llx",
			 (unsigned long long)first);
		judge(name);
	}
}

int main(int argc, char **argv)
{
	unsigned int depth = argc > 1 ? strtoul(argv[1], NULL, 0) : 3;
	u64 operations = argc > 2 ? strtoull(argv[2], NULL, 0) : 100000;
	const char *seed = getenv("SEED");

	fuzz_trace = getenv("TRACE");
	for (int i = 3; i < argc; i++)
		replay(argv[i]);
	printf("ok   %llu inputs from files\n", (unsigned long long)tally.inputs);

	failures_here = 0;
	every_sequence(depth);
	judge("sequences");

	tally = (struct tally){ 0 };
	random_inputs(operations, seed ? strtoull(seed, NULL, 0) ?: 1 : 0x0ddba11);
	printf("ok   %llu operations on %llu tables, %llu leaves; %llu configurations refused\n",
	       (unsigned long long)tally.calls, (unsigned long long)(tally.inputs - tally.refused),
	       (unsigned long long)tally.leaves, (unsigned long long)tally.refused);
	failures_here = 0;
	if (!failed)
		judge("random inputs");
	printf("%u passed, %u failed\n", passed, failed);
	return failed ? 1 : 0;
}
