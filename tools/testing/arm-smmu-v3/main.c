// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the driver's pure KUnit suites in user space, under sanitizers.
 *
 * usage: smmu-tests [PART-OF-A-NAME]
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <stdarg.h>

#include <kunit/test.h>

#define SUITES_MAX	32
/* After this many a case has said enough. */
#define REPORTS_MAX	8

static struct kunit_suite *suites[SUITES_MAX];
static unsigned int num_suites;

void (*shim_store_hook)(void);

void shim_suite_add(struct kunit_suite *suite)
{
	assert(num_suites < SUITES_MAX);
	suites[num_suites++] = suite;
}

void shim_fail(struct kunit *test, bool fatal, const char *file, int line, const char *fmt, ...)
{
	va_list args;

	if (test->failures++ < REPORTS_MAX) {
		va_start(args, fmt);
		fprintf(stderr, "    %s:%d: ", file, line);
		vfprintf(stderr, fmt, args);
		fputc('\n', stderr);
		va_end(args);
	}
	if (fatal)
		longjmp(test->abort, 1);
}

static bool run(const struct kunit_case *c)
{
	struct kunit test = { 0 };

	if (!setjmp(test.abort))
		c->run_case(&test);
	shim_store_hook = NULL;
	return !test.failures;
}

int main(int argc, char **argv)
{
	unsigned int passed = 0, failed = 0, i;
	const struct kunit_case *c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < num_suites; i++)
		for (c = suites[i]->test_cases; c->run_case; c++) {
			if (argc > 1 && !strstr(suites[i]->name, argv[1]) &&
			    !strstr(c->name, argv[1]))
				continue;
			if (run(c)) {
				passed++;
				printf("  ok    %s: %s\n", suites[i]->name, c->name);
			} else {
				failed++;
				printf("  FAIL  %s: %s\n", suites[i]->name, c->name);
			}
		}
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
