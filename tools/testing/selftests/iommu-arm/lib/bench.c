// SPDX-License-Identifier: GPL-2.0-only
/*
 * What calls cost.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "smmu_sim_lib.h"

/* The simulator counts its own time, and the idle time is one's own, on one CPU only. */
bool bench_can(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) == 1;
}

static unsigned long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Of this CPU since it runs; 0 where that is not known. */
static unsigned long long idle_ns(void)
{
	FILE *file = fopen("/proc/timer_list", "r");
	unsigned long long idle = 0;
	char line[256];

	while (file && !idle && fgets(line, sizeof(line), file))
		sscanf(line, " .idle_sleeptime : %llu", &idle);
	if (file)
		fclose(file);
	return idle;
}

static void read_stats(const char *instance, struct bench *b)
{
	const struct {
		const char *name;
		unsigned long long *value;
	} wanted[] = {
		{ "inside_ns", &b->inside_ns },
		{ "commands", &b->commands },
		{ "answers", &b->answers },
		{ "answer_ns", &b->answer_ns },
		{ "answer_inside_ns", &b->answer_inside_ns },
	};
	unsigned long long value;
	char path[128], name[32];
	unsigned int i;
	FILE *file;

	snprintf(path, sizeof(path), SIM_CONFIGFS "/%s/stats", instance);
	file = fopen(path, "r");
	while (file && fscanf(file, "%31s %llu", name, &value) == 2)
		for (i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
			if (!strcmp(name, wanted[i].name))
				*wanted[i].value = value;
	if (file)
		fclose(file);
}

/* The clock is read last before a call, and first after it. */
void bench_before(const char *instance, struct bench *b)
{
	read_stats(instance, b);
	b->idle = idle_ns();
	b->now = now_ns();
}

void bench_after(const char *instance, struct bench *b)
{
	b->now = now_ns();
	b->idle = idle_ns();
	read_stats(instance, b);
}

/* What was neither the simulator's nor idle */
double bench_own(const struct bench *from, const struct bench *to)
{
	return (double)(to->now - from->now) - (to->idle - from->idle) -
	       (to->inside_ns - from->inside_ns);
}

static int in_order(const void *a, const void *b)
{
	return *(const double *)a < *(const double *)b ? -1 : 1;
}

/* The one in the middle, of an odd number: the timer's interrupt is in few of them. */
double bench_middle(double *values, unsigned int n)
{
	qsort(values, n, sizeof(*values), in_order);
	return values[n / 2];
}

/* Where an interrupt of the timer is in most of them, it may still be missing in one. */
double bench_least(const double *values, unsigned int n)
{
	double least = values[0];

	while (n--)
		if (values[n] < least)
			least = values[n];
	return least;
}
