// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that are a list of cases on simulated instances: none of these may see a
 * violation in any of the cases.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../kselftest.h"
#include "iommufd.h"
#include "sim_cases.h"
#include "sim_check.h"

/* The header; skips the program where there is no simulator or no iommufd. */
void sim_begin_iommufd(void)
{
	int ret;

	ksft_print_header();
	if (sim_configfs())
		ksft_exit_skip("no simulator in this kernel\n");
	ret = iommufd_open();
	if (ret < 0)
		ksft_exit_skip("no iommufd in this kernel: %s\n", strerror(-ret));
	close(ret);
}

static long violations(const char *const *instances)
{
	long sum = 0;

	while (*instances)
		sum += sim_number(*instances++, "violations");
	return sum;
}

/*
 * All cases, on instances that are live and removed afterwards; ends the program. The
 * counts of kselftest.h are this file's: nobody else may report a result.
 */
void sim_run_cases(const struct sim_case *cases, unsigned int num, const char *const *instances)
{
	unsigned int i, k;

	ksft_set_plan(num);
	for (i = 0; i < num; i++) {
		long before = violations(instances);
		bool ok = cases[i].run();

		if (violations(instances) != before) {
			for (k = 0; instances[k]; k++)
				sim_report(instances[k]);
			ok = false;
		}
		ksft_test_result(ok, "%s\n", cases[i].what);
		fflush(stdout);
	}
	for (k = 0; instances[k]; k++)
		sim_remove(instances[k]);
	ksft_finished();
}
