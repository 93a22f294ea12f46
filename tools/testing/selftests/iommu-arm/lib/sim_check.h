/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests of simulated masters look at, and say, in the same way.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "smmu_sim_lib.h"

/* IHI 0070, 7.3 */
#define F_TRANSLATION	0x10
#define F_PERMISSION	0x13

void sim_fill(void *to, size_t len, unsigned int seed);
void sim_rest(unsigned int ms);
bool good(int ret, const char *what);
bool sim_expect(const struct sim_result *r, uint32_t outcome, uint32_t event);
bool sim_fine(const struct sim_result *r);
bool sim_moves(int master, uint64_t at, uint8_t *cpu, unsigned int seed);
bool sim_refused(int master, uint64_t at, bool write, uint32_t event);
long sim_number(const char *instance, const char *attribute);
void sim_report(const char *instance);
unsigned int sim_commands(const char *instance, const char *name, unsigned long after,
			  unsigned long *last);

#endif /* SIM_CHECK_H */
