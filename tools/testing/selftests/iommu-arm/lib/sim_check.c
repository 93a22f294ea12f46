// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tests of simulated masters look at, and say, in the same way.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim_check.h"

/* Bytes that say where they were meant to be, and for whom. */
void sim_fill(void *to, size_t len, unsigned int seed)
{
	uint8_t *p = to;
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = (seed += seed << 7 ^ i) >> 3;
}

void sim_rest(unsigned int ms)
{
	nanosleep(&(struct timespec) { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l },
		  NULL);
}

/* A call worked; if not, say which. @ret is a negative errno. */
bool good(int ret, const char *what)
{
	if (ret)
		printf("# %s: %s\n", what, strerror(-ret));
	return !ret;
}

/* An access ended like this; if not, say how. */
bool sim_expect(const struct sim_result *r, uint32_t outcome, uint32_t event)
{
	if (r->outcome == outcome && r->event == event)
		return true;
	printf("# ended with: %s, event 0x%x, %u bytes, at 0x%llx\n", sim_outcome(r->outcome),
	       r->event, r->done, (unsigned long long)r->failed);
	return false;
}

bool sim_fine(const struct sim_result *r)
{
	return sim_expect(r, SMMU_SIM_OUT_OK, 0);
}

/* What a master writes is in memory, and it reads it again. */
bool sim_moves(int master, uint64_t at, uint8_t *cpu, unsigned int seed)
{
	uint8_t data[256], back[256];
	struct sim_result r;

	sim_fill(data, sizeof(data), seed);
	if (sim_write(master, at, data, sizeof(data), NULL, &r) || !sim_fine(&r) ||
	    memcmp(cpu, data, sizeof(data)))
		return false;
	return !sim_read(master, at, back, sizeof(back), NULL, &r) && sim_fine(&r) &&
	       !memcmp(back, data, sizeof(back));
}

/* An event for a plain transaction; nothing that an endpoint could cache for one with ATS. */
bool sim_refused(int master, uint64_t at, bool write, uint32_t event)
{
	uint8_t data[8] = {};
	struct sim_result r;
	int ret = write ? sim_write(master, at, data, 8, NULL, &r) :
			  sim_read(master, at, data, 8, NULL, &r);

	if (ret)
		return good(ret, "access");
	if (r.outcome == SMMU_SIM_OUT_ATS_DENIED || r.outcome == SMMU_SIM_OUT_ATS_UR ||
	    r.outcome == SMMU_SIM_OUT_ATS_CA)
		return true;
	return sim_expect(&r, SMMU_SIM_OUT_ABORT, event);
}

/* An attribute of an instance that is a number; -1: there is none. */
long sim_number(const char *instance, const char *attribute)
{
	char path[PATH_MAX];
	long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%s", SIM_CONFIGFS, instance, attribute);
	file = fopen(path, "r");
	if (!file)
		return -1;
	if (fscanf(file, "%li", &value) != 1)
		value = -1;
	fclose(file);
	return value;
}

/* What the simulator found wrong. */
void sim_report(const char *instance)
{
	char path[PATH_MAX], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/report", SIM_CONFIGFS, instance);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		printf("# %s", line);
	if (file)
		fclose(file);
}

/* Commands of an instance behind number @after that start with @name; *last: of all. */
unsigned int sim_commands(const char *instance, const char *name, unsigned long after,
			  unsigned long *last)
{
	char path[PATH_MAX], line[256], op[64];
	unsigned int num = 0;
	unsigned long stamp;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/kernel/debug/smmu-sim/%s/commands", instance);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "#%lu %63s", &stamp, op) != 2)
			continue;
		if (last)
			*last = stamp;
		num += stamp > after && !strncmp(op, name, strlen(name));
	}
	if (f)
		fclose(f);
	return num;
}
