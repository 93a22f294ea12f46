// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much there is of what SMMUs and their masters leave in a system.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "nomem_state.h"

/* What is released behind a grace period, or by a worker, has so long to go. */
#define PATIENCE	50
#define MOMENT_MS	100

/* Directories, of which entries count, and files, of which lines do */
static const char *const places[NOMEM_STATES] = {
	"/sys/kernel/debug/arm_smmu_v3/",
	"/sys/kernel/debug/smmu-sim/",
	"/sys/class/iommu/",
	"/sys/class/devlink/",
	"/sys/class/pci_bus/",
	"/sys/bus/platform/devices/",
	"/sys/bus/pci/devices/",
	"/sys/bus/pci_express/devices/",
	"/sys/kernel/iommu_groups/",
	"/sys/kernel/irq/",
	"/sys/kernel/software_nodes/",
	"/dev/smmu-sim/",
	"/proc/iomem",
	"/proc/interrupts",
};

static long entries(const char *path)
{
	DIR *dir = opendir(path);
	long num = 0;

	while (dir && readdir(dir))
		num++;
	if (dir)
		closedir(dir);
	return num;
}

static long lines(const char *path)
{
	FILE *file = fopen(path, "r");
	long num = 0;
	int c;

	while (file && (c = getc(file)) != EOF)
		num += c == '\n';
	if (file)
		fclose(file);
	return num;
}

void nomem_state_read(struct nomem_state *s)
{
	unsigned int i;

	*s = (struct nomem_state) {};
	for (i = 0; i < NOMEM_STATES && places[i]; i++)
		s->num[i] = places[i][strlen(places[i]) - 1] == '/' ? entries(places[i]) :
								      lines(places[i]);
}

static void tell(const struct nomem_state *before, const struct nomem_state *now)
{
	unsigned int i;

	for (i = 0; i < NOMEM_STATES; i++)
		if (now->num[i] != before->num[i])
			printf("# %s has %ld, and had %ld\n", places[i], now->num[i],
			       before->num[i]);
}

/* Whether all is as it was, if not at once then in a few seconds; if not, say what. */
bool nomem_state_same(const struct nomem_state *before)
{
	const struct timespec moment = { .tv_nsec = MOMENT_MS * 1000000l };
	struct nomem_state now;
	unsigned int i;

	for (i = 0; i < PATIENCE; i++) {
		nomem_state_read(&now);
		if (!memcmp(&now, before, sizeof(now)))
			return true;
		nanosleep(&moment, NULL);
	}
	tell(before, &now);
	return false;
}
