/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What calls cost, without what the simulator does in them. On one CPU of a machine
 * that counts instructions (QEMU's -icount shift=0,sleep=off) a nanosecond is one, and
 * two runs give the same figures.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef TEST_BENCH_H
#define TEST_BENCH_H

#include <stdbool.h>

/**
 * struct bench - counters of a moment
 * @now: clock
 * @idle: of it, so long this CPU had nothing to do
 * @inside_ns: of it, so long calls of the simulator have taken
 * @commands: to the instance
 * @answers: to faults of the instance
 * @answer_ns: how long they took
 * @answer_inside_ns: of that, the simulator
 */
struct bench {
	unsigned long long now, idle, inside_ns;
	unsigned long long commands, answers, answer_ns, answer_inside_ns;
};

bool bench_can(void);
void bench_before(const char *instance, struct bench *b);
void bench_after(const char *instance, struct bench *b);
double bench_own(const struct bench *from, const struct bench *to);
double bench_middle(double *values, unsigned int n);
double bench_least(const double *values, unsigned int n);

#endif /* TEST_BENCH_H */
