// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sick devices and sick SMMUs: what is wrong is named and cut off, the others go on, and
 * what is mended begins again (I-21, I-22, I-48, I-49).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/sim_check.h"

#define SICK	"sick"
#define WELL	"well"
#define RW	(SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE)
#define LIMIT	"/sys/module/arm_smmu_v3/parameters/event_limit"
#define NOWHERE	0x123000

/* Events that a device may cause in a second, here */
#define FEW		8
/* Longer than anything is waited for */
#define BOUND_S	30

static size_t page;

static bool set(const char *instance, const char *attribute, const char *value)
{
	return !sim_attribute(instance, NULL, attribute, value);
}

/* The name of a master's device */
static bool device_of(const char *instance, const char *master, char name[64])
{
	char path[128];
	FILE *file;
	bool found;

	snprintf(path, sizeof(path), "%s/%s/masters/%s/dev_name", SIM_CONFIGFS, instance, master);
	file = fopen(path, "r");
	if (!file)
		return false;
	found = fscanf(file, "%63s", name) == 1;
	fclose(file);
	return found;
}

/* Whether the driver's line about a device has @words in it */
static bool line_has(const char *device, const char *words)
{
	char line[256];
	bool found = false;
	glob_t files;
	size_t i;

	if (glob("/sys/kernel/debug/arm_smmu_v3/*/masters", 0, NULL, &files))
		return false;
	for (i = 0; i < files.gl_pathc; i++) {
		FILE *file = fopen(files.gl_pathv[i], "r");

		while (file && fgets(line, sizeof(line), file))
			found |= !strncmp(line, device, strlen(device)) &&
				 line[strlen(device)] == ' ' && strstr(line, words);
		if (file)
			fclose(file);
	}
	globfree(&files);
	return found;
}

/* Takes the driver from a device and gives it back; 0 or the error of giving it back */
static int begin_again(const char *bus, const char *device)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/%s/drivers/smmu-sim-master/unbind", bus);
	if (sim_set(path, device))
		return -EINVAL;
	snprintf(path, sizeof(path), "/sys/bus/%s/drivers/smmu-sim-master/bind", bus);
	return sim_set(path, device);
}

/* A buffer is mapped, and DMA of the master reaches it. */
static bool works(const char *instance, const char *master)
{
	int fd = sim_open(instance, master);
	struct sim_result r;
	uint64_t iova;
	bool good;

	if (fd < 0)
		return false;
	good = !sim_map(fd, page, RW, &iova, NULL) &&
	       !sim_write(fd, iova, "written", 8, NULL, &r) && sim_fine(&r) &&
	       !sim_unmap(fd, iova, NULL);
	close(fd);
	return good;
}

/* DMA to where nothing is, until @device is blocked; how many times, or @most */
static unsigned int storm(const char *master, const char *device, unsigned int most)
{
	int fd = sim_open(SICK, master);
	struct sim_result r;
	unsigned int i;

	for (i = 0; fd >= 0 && i < most; i++) {
		/* Now and then there is no room for what it causes. */
		set(SICK, "faults/queues_full", i % 16 ? "0" : "1");
		if (sim_write(fd, NOWHERE, "written", 8, NULL, &r))
			break;
		if (!(i % 16) && line_has(device, "floods the event queue"))
			break;
	}
	set(SICK, "faults/queues_full", "0");
	close(fd);
	return i;
}

static bool storm_is_cut_off(void)
{
	unsigned int done;
	char device[64];
	bool good;

	if (!device_of(SICK, "p", device) || sim_set(LIMIT, "8"))
		return false;
	done = storm("p", device, 100 * FEW);
	good = done >= FEW && done < 100 * FEW;
	ksft_print_msg("blocked after %u\n", done);
	good = good && line_has(device, "blocked by the driver: floods the event queue") &&
	       !works(SICK, "p") && works(SICK, "q") && works(WELL, "p");
	return good && !begin_again("platform", device) && works(SICK, "p") &&
	       !line_has(device, "blocked");
}

static bool storm_is_let_be(void)
{
	char device[64];
	bool good;

	if (!device_of(SICK, "p", device) || sim_set(LIMIT, "0"))
		return false;
	good = storm("p", device, 4 * FEW) == 4 * FEW;
	return !sim_set(LIMIT, "10000") && good && !line_has(device, "blocked") &&
	       works(SICK, "p");
}

/* An endpoint does not answer invalidations: it stays blocked as long as it does not. */
static bool silence_is_cut_off(void)
{
	struct sim_result r;
	char device[64];
	uint64_t iova;
	int fd, ret;
	bool good;

	if (!device_of(SICK, "f", device))
		return false;
	fd = sim_open(SICK, "f");
	good = fd >= 0 && !sim_map(fd, page, RW, &iova, NULL) &&
	       !sim_write(fd, iova, "written", 8, NULL, &r) && sim_fine(&r) &&
	       !sim_attribute(SICK, "f", "silent", "1");
	sim_unmap(fd, iova, NULL);
	close(fd);
	good = good && line_has(device, "blocked by the driver: did not answer") &&
	       works(SICK, "p") && works(SICK, "q");
	if (!good)
		return false;
	/* Nor can a driver have it. */
	ret = begin_again("pci", device);
	if (!ret || !line_has(device, "blocked by the driver")) {
		ksft_print_msg("bound although it does not answer: %d\n", ret);
		return false;
	}
	ret = sim_attribute(SICK, "f", "silent", "0");
	ret = ret ?: sim_set("/sys/bus/pci/drivers/smmu-sim-master/bind", device);
	if (ret)
		ksft_print_msg("not bound although it answers: %s\n", strerror(-ret));
	return !ret && works(SICK, "f") && !line_has(device, "blocked");
}

/* It comes back where it was taken from the bus, too. */
static bool silence_and_removal(void)
{
	struct timespec from, to;
	struct sim_result r;
	char device[64], path[128];
	uint64_t iova;
	bool good;
	int fd;

	if (!device_of(SICK, "f", device))
		return false;
	fd = sim_open(SICK, "f");
	good = fd >= 0 && !sim_map(fd, page, RW, &iova, NULL) &&
	       !sim_write(fd, iova, "written", 8, NULL, &r) && sim_fine(&r) &&
	       !sim_attribute(SICK, "f", "silent", "1");
	close(fd);
	clock_gettime(CLOCK_MONOTONIC, &from);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/remove", device);
	good = good && !sim_set(path, "1");
	clock_gettime(CLOCK_MONOTONIC, &to);
	good = good && to.tv_sec - from.tv_sec < BOUND_S;
	return good && !sim_attribute(SICK, "f", "silent", "0") &&
	       !sim_set("/sys/bus/pci/rescan", "1") && works(SICK, "f");
}

/* One instance fails for good: nothing waits for it, and another goes on. */
static bool failure_of_one(void)
{
	int fd = sim_open(SICK, "p");
	struct timespec from, to;
	struct sim_result r;
	uint64_t iova;
	bool good;

	good = fd >= 0 && !sim_map(fd, page, RW, &iova, NULL) &&
	       !sim_write(fd, iova, "written", 8, NULL, &r) && sim_fine(&r) &&
	       set(SICK, "faults/service_failure", "1");
	clock_gettime(CLOCK_MONOTONIC, &from);
	/* Nothing gets through any more. */
	good = good && !sim_write(fd, iova, "written", 8, NULL, &r) && !sim_fine(&r);
	sim_unmap(fd, iova, NULL);
	close(fd);
	clock_gettime(CLOCK_MONOTONIC, &to);
	good = good && to.tv_sec - from.tv_sec < BOUND_S && works(WELL, "p");
	/* Made anew, it works. */
	return !sim_live(SICK, false) && !sim_live(SICK, true) && good && works(SICK, "p") &&
	       works(SICK, "f");
}

static void make(const char *name)
{
	int ret = sim_instance(name, NULL);

	ret = ret ?: sim_master(name, "p", "platform");
	ret = ret ?: sim_master(name, "q", "platform");
	if (!strcmp(name, SICK)) {
		ret = ret ?: sim_master(name, "f", "pci");
		ret = ret ?: sim_master_set(name, "f", "ats", 1);
	}
	ret = ret ?: sim_live(name, true);
	if (ret)
		ksft_exit_fail_msg("making %s: %s\n", name, strerror(-ret));
}

int main(void)
{
	page = sysconf(_SC_PAGESIZE);
	ksft_print_header();
	if (sim_configfs())
		ksft_exit_skip("no simulator in this kernel\n");
	if (access(LIMIT, W_OK))
		ksft_exit_skip("the driver does not count events\n");
	make(SICK);
	make(WELL);
	ksft_set_plan(5);
	ksft_test_result(storm_is_cut_off(), "a storm of events is cut off, and ends (I-21)\n");
	ksft_test_result(storm_is_let_be(), "a storm that is not to be cut off\n");
	ksft_test_result(silence_is_cut_off(), "an endpoint is silent, and answers again (I-48)\n");
	ksft_test_result(silence_and_removal(), "it is taken away, and comes back (I-49)\n");
	ksft_test_result(failure_of_one(), "service failure of one of two (I-22)\n");
	sim_remove(SICK);
	sim_remove(WELL);
	ksft_finished();
}
