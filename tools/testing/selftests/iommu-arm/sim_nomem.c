// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of instances and of their masters without memory: probe, arrival, drivers,
 * sleep and removal, of which every allocation fails once.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/nomem_case.h"
#include "lib/sim_check.h"

#define ONE	"nomem"
#define FAR	"nomem-far"	/* has legs of masters of ONE */
/* The fewest: what is held is not what is tested, but vast. */
#define ENTRIES	"1024"
/* Bits of a stream's number: enough for two levels, few enough to look through them often */
#define STREAMS	"10"
/* Physical memory of QEMU's virt machine */
#define RAM	0x40000000ull

#define PCI_DEVICES	"/sys/bus/pci/devices"
#define PLATFORM	"/sys/bus/platform/drivers/smmu-sim-master"

static int live = -1;		/* files of ONE: kept open, since opening needs memory, too */
static int asleep = -1;
static int hand = -1;		/* file that an act writes to, for as long as a round */
static char device[256];	/* of a master */
static char bus[256];		/* that it is on */

static int put(int fd, const char *text)
{
	return pwrite(fd, text, strlen(text), 0) < 0 ? -errno : 0;
}

/*
 * What others fail with comes to us in their words: a driver that did not take the SMMU
 * has told the log why; and nobody looks whether a platform device could be given a
 * name, until it has none.
 */
static int go_live(void)
{
	int ret = put(live, "1");

	return ret == -ENXIO || ret == -EINVAL ? -ENOMEM : ret;
}

static int go_dead(void)
{
	return put(live, "0");
}

static int open_attribute(const char *instance, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s/%s", SIM_CONFIGFS, instance, name);
	return open(path, O_RDWR | O_CLOEXEC);
}

static bool describe(const char *profile)
{
	int ret = sim_instance(ONE, profile) ?: sim_attribute(ONE, NULL, "entries", ENTRIES) ?:
		  sim_attribute(ONE, NULL, "ids/idr1.sidsize", STREAMS);

	live = open_attribute(ONE, "live");
	asleep = open_attribute(ONE, "asleep");
	/* The first write to a file of configfs makes a buffer for it. */
	put(asleep, "0");
	return good(ret ?: put(live, "0"), "an instance");
}

static void forget(void)
{
	close(live);
	close(asleep);
	sim_remove(ONE);
}

/* Masters */

/* As sim_open(); whether it comes at all is the question. */
static int open_master(const char *instance, const char *name, bool whole)
{
	char path[PATH_MAX];

	if (whole)
		return sim_open(instance, name);
	snprintf(path, sizeof(path), "/dev/smmu-sim/%s-%s", instance, name);
	return open(path, O_RDWR | O_CLOEXEC);
}

/* Also where an SMMU would find memory if it did not translate */
static bool reaches_nothing(int fd, uint64_t iova)
{
	const uint64_t at[] = { iova, RAM, RAM + 0x1000000 };
	struct sim_result r;
	unsigned int i;
	uint8_t byte;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		if (sim_read(fd, at[i], &byte, 1, NULL, &r))
			return good(-errno, "a read");
		if (r.outcome == SMMU_SIM_OUT_OK) {
			ksft_print_msg("reads 0x%llx\n", (unsigned long long)at[i]);
			return false;
		}
	}
	return true;
}

/*
 * A master reaches its buffer, and nothing else. One that the core or its driver have
 * given up on reaches nothing at all: there is no way around the SMMU. A lazy one has
 * its buffer for longer.
 */
static bool reaches(int fd, bool whole, bool lazy)
{
	const uint32_t rw = SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE;
	const size_t page = sysconf(_SC_PAGESIZE);
	struct sim_result r;
	uint8_t byte = 0;
	uint64_t iova;
	void *cpu;
	bool ok;

	if (sim_map(fd, page, rw, &iova, &cpu))
		return !whole && reaches_nothing(fd, 0);
	ok = !sim_write(fd, iova, &byte, 1, NULL, &r);
	if (ok && (whole || r.outcome == SMMU_SIM_OUT_OK))
		ok = sim_moves(fd, iova, cpu, 1);
	munmap(cpu, page);
	ok = good(sim_unmap(fd, iova, NULL), "the buffer's end") && ok;
	return ok && reaches_nothing(fd, lazy ? 0 : iova);
}

static bool works(const char *instance, const char *name, bool whole, bool lazy)
{
	int fd = open_master(instance, name, whole);
	bool ok;

	if (fd < 0)
		return !whole;
	ok = reaches(fd, whole, lazy);
	close(fd);
	return ok;
}

static bool master_works(const char *instance, const char *name, bool whole)
{
	return works(instance, name, whole, false);
}

static int add_platform(void)
{
	return sim_master(ONE, "dma", "platform") ?: sim_master_set(ONE, "dma", "stall", 1) ?:
	       sim_master_set(ONE, "dma", "pasid_bits", 8);
}

static int add_pci(void)
{
	return sim_master(ONE, "nic", "pci") ?: sim_master_set(ONE, "nic", "ats", 1) ?:
	       sim_master_set(ONE, "nic", "pri", 1) ?: sim_master_set(ONE, "nic", "pasid_bits", 8);
}

static bool platform_works(bool whole)
{
	return master_works(ONE, "dma", whole);
}

static bool pci_works(bool whole)
{
	return master_works(ONE, "nic", whole);
}

static bool both_work(bool whole)
{
	return platform_works(whole) && pci_works(whole);
}

/* Probe, of the whole of an instance that has no masters */

static bool everything(void)
{
	return describe("everything");
}

static bool by_wires(void)
{
	return describe("everything") && good(sim_attribute(ONE, NULL, "no_msi", "1"), "no_msi");
}

static bool by_one_wire(void)
{
	return describe("everything") &&
	       good(sim_attribute(ONE, NULL, "combined", "1"), "combined");
}

/* A linear stream table; and tables that are no memory of the linear map */
static bool little(void)
{
	return describe("minimal") &&
	       good(sim_attribute(ONE, NULL, "ids/idr0.cohacc", "0"), "cohacc");
}

/* Arrival. What an instance without masters takes is skipped. */

/* Not quite all: pages of slabs are taken sooner or later. */
static bool skip_most(void)
{
	nomem_skip = nomem_count(go_live);
	nomem_skip -= nomem_skip / 10;
	return good(go_dead(), "dead");
}

static bool with_platform(void)
{
	return describe(NULL) && skip_most() && good(add_platform(), "a master");
}

static bool with_function(void)
{
	return describe(NULL) && good(add_platform(), "a master") && skip_most() &&
	       good(add_pci(), "another one");
}

static bool with_both(void)
{
	return describe(NULL) && good(add_platform() ?: add_pci(), "masters");
}

static bool live_with_both(void)
{
	return describe(NULL) && good(add_platform() ?: add_pci() ?: go_live(), "masters");
}

/* The name of the PCI function behind ONE: no other has a domain of more than 16 bits. */
static bool find_function(void)
{
	DIR *dir = opendir(PCI_DEVICES);
	struct dirent *d;

	*device = 0;
	while (dir && (d = readdir(dir)))
		if (strcspn(d->d_name, ":") > 4)
			snprintf(device, sizeof(device), "%s", d->d_name);
	if (dir)
		closedir(dir);
	if (*device)
		snprintf(bus, sizeof(bus), "%.*s", (int)(strrchr(device, ':') - device), device);
	return *device;
}

/* Files of sysfs go with what they are of: open anew for each round. */
static int take_hand(const char *dir, const char *name, const char *file)
{
	char path[PATH_MAX];

	if (hand >= 0)
		close(hand);
	snprintf(path, sizeof(path), "%s/%s/%s", dir, name, file);
	hand = open(path, O_WRONLY | O_CLOEXEC);
	return hand < 0 ? -errno : 0;
}

static int write_one(void)
{
	return put(hand, "1");
}

static int ready_to_remove(void)
{
	return find_function() ? take_hand(PCI_DEVICES, device, "remove") : -ENODEV;
}

static int remove_function(void)
{
	return ready_to_remove() ?: write_one();
}

/* Of the bus alone that the function is on: others have devices to find, too. */
static int ready_to_scan(void)
{
	return (find_function() ? remove_function() : 0) ?:
	       take_hand("/sys/class/pci_bus", bus, "rescan");
}

static int scan(void)
{
	return ready_to_scan() ?: write_one();
}

/* What a scan could not bring, another one brings when what is left is removed. */
static bool is_scanned(bool whole)
{
	return pci_works(whole) && (whole || (good(scan(), "another scan") && pci_works(true)));
}

static bool is_removed(bool whole)
{
	(void)whole;
	return !find_function();
}

/* The driver of a platform master, which goes and comes back */

/* The device of the master: the only one that this driver has */
static bool find_bound(void)
{
	DIR *dir = opendir(PLATFORM);
	struct dirent *d;
	bool found = false;

	while (dir && (d = readdir(dir))) {
		if (strncmp(d->d_name, "smmu-sim-master", 15))
			continue;
		snprintf(device, sizeof(device), "%s", d->d_name);
		found = true;
	}
	if (dir)
		closedir(dir);
	return found;
}

static int ready_to_unbind(void)
{
	return find_bound() ? take_hand(PLATFORM, "", "unbind") : -ENODEV;
}

static int write_device(void)
{
	return put(hand, device);
}

static int unbind(void)
{
	return ready_to_unbind() ?: write_device();
}

static int ready_to_bind(void)
{
	return unbind() ?: take_hand(PLATFORM, "", "bind");
}

static int bind_again(void)
{
	return take_hand(PLATFORM, "", "bind") ?: write_device();
}

static bool is_unbound(bool whole)
{
	(void)whole;
	return !find_bound();
}

/* What the domain of its group shall be, while it has no driver */

static char group[PATH_MAX];

static bool live_unbound(void)
{
	if (!live_with_both() || !good(unbind(), "unbind"))
		return false;
	snprintf(group, sizeof(group), "/sys/bus/platform/devices/%s/iommu_group", device);
	return true;
}

static int ready_for_type(void)
{
	return take_hand(group, "", "type");
}

static int to_identity(void)
{
	return put(hand, "identity");
}

static int to_dma(void)
{
	return put(hand, "DMA");
}

static int to_queue(void)
{
	return put(hand, "DMA-FQ");
}

static int ready_for_dma(void)
{
	return ready_for_type() ?: to_identity();
}

/* With its driver again it does what the type lets it do. */
static bool type_works(bool whole)
{
	bool ok = good(bind_again(), "bind") && platform_works(whole);

	return good(unbind(), "unbind") && good(ready_for_type(), "type") && ok;
}

static bool queue_works(bool whole)
{
	bool ok = good(bind_again(), "bind") && works(ONE, "dma", whole, true);

	return good(unbind(), "unbind") && good(ready_for_type(), "type") && ok;
}

/* Sleep */

static const char *cannot_sleep(void)
{
	return access("/sys/power/state", F_OK) ? "no sleep in this kernel" : NULL;
}

static int fall_asleep(void)
{
	return put(asleep, "1");
}

static int wake_up(void)
{
	return put(asleep, "0");
}

/* Devices behind two instances, of which one goes and comes */

static int far_live = -1;

static int go_far(void)
{
	return put(far_live, "1");
}

static int leave_far(void)
{
	return put(far_live, "0");
}

static int add_legs(void)
{
	int ret = sim_instance(FAR, NULL) ?: sim_attribute(FAR, NULL, "entries", ENTRIES) ?:
		  sim_attribute(FAR, NULL, "ids/idr1.sidsize", STREAMS) ?:
		  sim_master(FAR, "dma", "platform") ?:
		  sim_attribute(FAR, "dma", "leg_of", ONE "-dma");

	far_live = open_attribute(FAR, "live");
	return ret ?: leave_far();
}

static bool with_legs(void)
{
	return describe(NULL) && skip_most() && good(add_platform() ?: add_legs() ?: go_far(),
						     "masters");
}

static bool of_legs(void)
{
	return describe(NULL) && good(add_platform() ?: add_legs(), "masters");
}

static void forget_legs(void)
{
	forget();
	close(far_live);
	sim_remove(FAR);
}

static bool legs_work(bool whole)
{
	return platform_works(whole) && master_works(FAR, "dma", whole);
}

static int go_both(void)
{
	return go_far() ?: go_live();
}

static bool near_is_alone(bool whole)
{
	(void)whole;
	return open_master(ONE, "dma", false) < 0 && good(go_dead(), "the near one, dead");
}

static bool far_is_alone(bool whole)
{
	(void)whole;
	return open_master(FAR, "dma", false) < 0 && good(leave_far(), "the far one, dead");
}

#define MUST	(CASE_MUST | CASE_NONE | CASE_WIDE)

static const struct nomem_case cases[] = {
	{ .what = "probe, with messages", .setup = everything, .act = go_live, .undo = go_dead,
	  .teardown = forget },
	{ .what = "probe, by wires", .setup = by_wires, .act = go_live, .undo = go_dead,
	  .teardown = forget },
	{ .what = "probe, by one wire", .setup = by_one_wire, .act = go_live, .undo = go_dead,
	  .teardown = forget },
	{ .what = "probe, of the least there is", .setup = little, .act = go_live,
	  .undo = go_dead, .teardown = forget },
	{ .what = "removal", .setup = everything, .begin = go_live, .act = go_dead,
	  .teardown = forget, .flags = MUST },
	{ .what = "a platform master comes", .setup = with_platform, .act = go_live,
	  .works = platform_works, .undo = go_dead, .teardown = forget },
	{ .what = "a function comes with its instance", .setup = with_function, .act = go_live,
	  .works = both_work, .undo = go_dead, .teardown = forget },
	{ .what = "a function comes", .setup = live_with_both, .begin = ready_to_scan,
	  .act = write_one, .works = is_scanned, .teardown = forget },
	{ .what = "a function goes", .setup = live_with_both, .begin = ready_to_remove,
	  .act = write_one, .works = is_removed, .undo = scan, .teardown = forget,
	  .flags = CASE_NONE },
	{ .what = "a master's driver goes", .setup = live_with_both, .begin = ready_to_unbind,
	  .act = write_device, .works = is_unbound, .undo = bind_again, .teardown = forget,
	  .flags = CASE_WIDE },
	{ .what = "a master's driver comes", .setup = live_with_both, .begin = ready_to_bind,
	  .act = write_device, .works = platform_works, .teardown = forget,
	  .flags = CASE_WIDE },
	{ .what = "a group gets no translation", .setup = live_unbound, .begin = ready_for_type,
	  .act = to_identity, .undo = to_dma, .teardown = forget,
	  .flags = CASE_WIDE },
	{ .what = "a group gets translation", .setup = live_unbound, .begin = ready_for_dma,
	  .act = to_dma, .works = type_works, .teardown = forget,
	  .flags = CASE_WIDE },
	{ .what = "a group gets a flush queue", .setup = live_unbound, .begin = ready_for_type,
	  .act = to_queue, .works = queue_works, .undo = to_dma, .teardown = forget,
	  .flags = CASE_WIDE },
	{ .what = "sleep", .why_not = cannot_sleep, .setup = live_with_both, .act = fall_asleep,
	  .undo = wake_up, .teardown = forget, .flags = MUST },
	{ .what = "waking up", .why_not = cannot_sleep, .setup = live_with_both,
	  .begin = fall_asleep, .act = wake_up, .works = both_work, .teardown = forget,
	  .flags = MUST },
	{ .what = "removal, with masters", .setup = with_both, .begin = go_live, .act = go_dead,
	  .teardown = forget, .flags = MUST },
	{ .what = "a device behind two instances comes", .setup = with_legs, .act = go_live,
	  .works = legs_work, .undo = go_dead, .teardown = forget_legs },
	{ .what = "removal of what it is a master of", .setup = of_legs, .begin = go_both,
	  .act = go_dead, .works = far_is_alone, .teardown = forget_legs, .flags = MUST },
	{ .what = "removal of where it has a leg", .setup = of_legs, .begin = go_both,
	  .act = leave_far, .works = near_is_alone, .teardown = forget_legs, .flags = MUST },
};

int main(void)
{
	static const char *const names[] = { ONE, FAR, NULL };
	const char *why;

	ksft_print_header();
	if (sim_configfs())
		ksft_exit_skip("no simulator in this kernel\n");
	why = nomem_why_not();
	if (why)
		ksft_exit_skip("%s\n", why);
	nomem_run_cases(cases, ARRAY_SIZE(cases), names);
}
