// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver's module is loaded while SMMUs wait for it, and each allocation fails once:
 * of the module, and of the probe of instances whose registers are mapped and whose
 * interrupts are requested as on any machine. PCI has no devices meanwhile.
 *
 *	nomem_insmod FILE
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/nomem_state.h"
#include "lib/nomem_sweep.h"
#include "lib/sim_check.h"

#define MODULE		"arm_smmu_v3"
#define IOMMUS		"/sys/class/iommu"
#define PCI		"/sys/bus/pci"
#define DISK		"/dev/nvme0n1"
#define BLOCK		4096
#define DISK_TYPE	"/sys/block/nvme0n1/device/device/iommu_group/type"
/* Tenths of a second that a disk may take to come */
#define PATIENCE	300

static int file;		/* the module */
static unsigned int all;	/* so many instances there are without failures */
static unsigned int tried;	/* so often a disk was read */

static unsigned int instances(void)
{
	DIR *dir = opendir(IOMMUS);
	struct dirent *d;
	unsigned int num = 0;

	while (dir && (d = readdir(dir)))
		num += !strncmp(d->d_name, "smmu3.", 6);
	if (dir)
		closedir(dir);
	return num;
}

static int load(void)
{
	return syscall(SYS_finit_module, file, "", 0) ? -errno : 0;
}

static int unload(void)
{
	return syscall(SYS_delete_module, MODULE, O_NONBLOCK) ? -errno : 0;
}

static void unplug(void)
{
	DIR *dir = opendir(PCI "/devices");
	char path[300];
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		snprintf(path, sizeof(path), PCI "/devices/%s/remove", d->d_name);
		if (*d->d_name != '.')
			sim_set(path, "1");
	}
	if (dir)
		closedir(dir);
}

static bool is_translated(void)
{
	char type[16] = "";
	int fd = open(DISK_TYPE, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && read(fd, type, sizeof(type) - 1) > 0;

	close(fd);
	return good && !strncmp(type, "DMA", 3);
}

static bool read_disk(void)
{
	int fd = open(DISK, O_RDONLY | O_DIRECT | O_CLOEXEC);
	void *data = aligned_alloc(BLOCK, BLOCK);
	bool good = fd >= 0 && data && pread(fd, data, BLOCK, 0) == BLOCK;

	free(data);
	close(fd);
	return good;
}

/* Devices come, and the disk's DMA goes through the instance. */
static bool disk_works(void)
{
	unsigned int i;
	bool works;

	sim_set(PCI "/rescan", "1");
	for (i = 0; i < PATIENCE && access(DISK, R_OK); i++)
		sim_rest(100);
	works = is_translated() && read_disk();
	unplug();
	tried++;
	return works;
}

static bool clean(int ret)
{
	/* To the core, a link in sysfs whose name could not be made is an invalid argument. */
	return is_clean(ret) || ret == -EINVAL;
}

static enum round load_once(unsigned int nth)
{
	struct nomem_state before;
	enum nomem_fate fate;
	unsigned int num;
	struct nomem n;
	int ret;

	nomem_state_read(&before);
	if (!nomem_self(&n, nth))
		return bad("fail-nth", 0);
	ret = load();
	fate = nomem_end(&n);
	num = instances();
	if (!clean(ret) || (ret && num))
		return bad("loading", ret);
	if (!ret && num != all && fate != NOMEM_FAILED)
		return bad("an instance is missing", 0);
	if (!ret && num == all && fate == NOMEM_FAILED && !disk_works())
		return bad("the disk", 0);
	if (!ret && !good(unload(), "unloading"))
		return ROUND_BAD;
	if (!nomem_state_same(&before))
		return ROUND_BAD;
	return verdict(fate, ret || num != all);
}

static bool whole(void)
{
	bool works = good(load(), "loading") && instances() == all && disk_works();

	return good(unload(), "unloading") && works;
}

static void run(enum nomem_kind which)
{
	static const char *const what[] = {
		[NOMEM_OBJECTS] = "objects",
		[NOMEM_PAGES] = "pages",
		[NOMEM_PAGES_ON] = "pages from one on",
	};
	const struct sweep s = { "the module comes", load_once, 0 };
	struct swept swept = {};
	bool good = sweep_kind(&s, which, NULL, &swept);

	good = swept.num[which] > 0 && good;
	ksft_test_result(good, "the module without memory (I-61): %d %s, %u errors, %u disks\n",
			 swept.num[which], what[which], swept.refused, tried);
	fflush(stdout);
	tried = 0;
}

int main(int argc, char **argv)
{
	/* How a module is loaded is none of our business. */
	static const char *const init[] = { "do_one_initcall", NULL };
	enum nomem_kind which;
	const char *why;

	ksft_print_header();
	file = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	if (file < 0)
		ksft_exit_skip("usage: nomem_insmod FILE\n");
	why = nomem_why_not();
	if (why)
		ksft_exit_skip("%s\n", why);
	nomem_where(init, true);
	if (load())
		ksft_exit_skip("the module is loaded, or cannot be\n");
	all = instances();
	unload();
	ksft_set_plan(NOMEM_OTHERS + 1);
	for (which = 0; which < NOMEM_OTHERS; which++)
		run(which);
	ksft_test_result(whole(), "afterwards the disk works as ever\n");
	ksft_finished();
}
