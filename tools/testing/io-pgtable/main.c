// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: io-pgtable [SEED]
 *
 * Runs every test and prints one line each, then "N passed, N failed". ROUNDS
 * in the environment sets how many random sequences each geometry gets.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <time.h>

#include "harness.h"

static unsigned int passed, failed;

void run(const char *name, void (*test)(void))
{
	const char *only = getenv("ONLY");
	struct timespec from, to;

	if (only && !strstr(name, only))
		return;
	failures_here = 0;
	bench.setup = NULL;
	clock_gettime(CLOCK_MONOTONIC, &from);
	test();
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%s %s (%.2f s)\n", failures_here ? "FAIL" : "ok  ", name,
	       to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9);
	if (failures_here)
		failed++;
	else
		passed++;
	fflush(stdout);
}

int main(int argc, char **argv)
{
	rnd_state = argc > 1 ? strtoull(argv[1], NULL, 0) : 0x5ca1ab1e;
	tests_config();
	tests_calls();
	tests_dirty();
	tests_sequences();
	tests_lpa2();
	tests_threads();
	tests_races();
	printf("%u passed, %u failed\n", passed, failed);
	return failed ? 1 : 0;
}
