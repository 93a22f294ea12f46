// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs every test and prints one line each, then "N passed, N failed". ONLY and
 * SKIP in the environment choose tests by a word of their names; VERBOSE prints
 * the reports of violations, the expected ones too.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"

unsigned int failures_here;
static unsigned int passed, failed;

void complain(const char *file, int line, const char *fmt, ...)
{
	const char *base = strrchr(file, '/');
	va_list args;

	if (failures_here++ > 20)
		return;
	printf("  %s:%d: ", base ? base + 1 : file, line);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

void run(const char *name, void (*test)(void))
{
	const char *only = getenv("ONLY"), *skip = getenv("SKIP");

	if ((only && !strstr(name, only)) || (skip && strstr(name, skip)))
		return;
	failures_here = 0;
	test();
	printf("%s %s\n", failures_here ? "FAIL" : "ok  ", name);
	if (failures_here)
		failed++;
	else
		passed++;
	fflush(stdout);
}

int main(void)
{
	tests_regs();
	tests_queues();
	tests_config();
	tests_walk();
	tests_translate();
	tests_tlb();
	tests_foreign();
	tests_clash();
	tests_cache();
	tests_atc();
	tests_faults();
	tests_life();
	tests_tables();
	tests_words();
	tests_fuzz();
	printf("%u passed, %u failed\n", passed, failed);
	return failed ? 1 : 0;
}
