/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that are a list of cases on simulated instances.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SIM_CASES_H
#define SIM_CASES_H

#include <stdbool.h>

struct sim_case {
	const char *what;
	bool (*run)(void);
};

void sim_begin_iommufd(void);
void sim_run_cases(const struct sim_case *cases, unsigned int num, const char *const *instances);

#endif /* SIM_CASES_H */
