// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated masters that hold translations, ask for pages, or wait for them: a PCI
 * function with ATS and page requests, and a platform device that stalls.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/sim_check.h"

#define INSTANCE	"ats"
#define RW		(SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE)

static int ats, stall;
static size_t page;

static bool writes(int fd, uint64_t iova, const struct sim_how *how, uint32_t outcome,
		   uint32_t event)
{
	struct sim_result r;

	return !sim_write(fd, iova, "written", 8, how, &r) && sim_expect(&r, outcome, event);
}

static bool is_on(void)
{
	struct smmu_sim_info info;

	return !sim_info(ats, &info) && info.flags & SMMU_SIM_INFO_PCI &&
	       info.flags & SMMU_SIM_INFO_ATS;
}

static bool moves(const struct sim_how *how)
{
	uint64_t iova;
	uint32_t bad;
	char *cpu;
	bool good;

	if (sim_map(ats, 16 * page, RW, &iova, (void **)&cpu))
		return false;
	good = writes(ats, iova + 5 * page, how, SMMU_SIM_OUT_OK, 0) &&
	       !strcmp(cpu + 5 * page, "written");
	/* This one is a hit. */
	cpu[5 * page] = 0;
	good = good && writes(ats, iova + 5 * page, how, SMMU_SIM_OUT_OK, 0) &&
	       !strcmp(cpu + 5 * page, "written");
	munmap(cpu, 16 * page);
	return !sim_unmap(ats, iova, &bad) && !bad && good;
}

/* An ATC that was not invalidated would still reach the page (I-46). */
static bool forgets(void)
{
	struct sim_how no_pri = { .flags = SMMU_SIM_NO_PRI };
	struct sim_how plain = { .flags = SMMU_SIM_NO_ATS };
	uint64_t iova;
	uint32_t bad;
	char *cpu;
	bool good;

	if (sim_map(ats, page, RW, &iova, (void **)&cpu))
		return false;
	good = writes(ats, iova, NULL, SMMU_SIM_OUT_OK, 0);
	good = !sim_unmap(ats, iova, &bad) && !bad && good;
	cpu[0] = 0;
	good = good && writes(ats, iova, &no_pri, SMMU_SIM_OUT_ATS_DENIED, F_TRANSLATION) &&
	       writes(ats, iova, &plain, SMMU_SIM_OUT_ABORT, F_TRANSLATION) && !cpu[0];
	munmap(cpu, page);
	return good;
}

/* A translation that does not let it write does not become one that does. */
static bool asks_again(void)
{
	struct sim_how no_pri = { .flags = SMMU_SIM_NO_PRI };
	struct sim_result r;
	uint64_t iova;
	char data[8];
	bool good;

	if (sim_map(ats, page, SMMU_SIM_MAP_READ, &iova, NULL))
		return false;
	good = !sim_read(ats, iova, data, sizeof(data), NULL, &r) &&
	       sim_expect(&r, SMMU_SIM_OUT_OK, 0) &&
	       writes(ats, iova, &no_pri, SMMU_SIM_OUT_ATS_DENIED, 0);
	return !sim_unmap(ats, iova, NULL) && good;
}

struct unmapper {
	uint64_t iova;
	uint32_t bad;
	atomic_bool done;
	int ret;
};

static void *unmaps(void *arg)
{
	struct unmapper *u = arg;

	u->ret = sim_unmap(ats, u->iova, &u->bad);
	atomic_store(&u->done, true);
	return NULL;
}

/* An endpoint answers an invalidation when what it removes is no longer used. */
static bool held(void)
{
	struct unmapper u = {};
	struct sim_result r;
	uint32_t handle;
	pthread_t thread;
	char *cpu;
	bool good;

	if (sim_map(ats, page, RW, &u.iova, (void **)&cpu) ||
	    sim_hold_write(ats, u.iova, "written", 8, NULL, &r, &handle) ||
	    !sim_expect(&r, SMMU_SIM_OUT_HELD, 0))
		return false;
	pthread_create(&thread, NULL, unmaps, &u);
	sim_rest(50);
	good = !atomic_load(&u.done);
	good = !sim_release(ats, handle, NULL, 0, &r) && sim_expect(&r, SMMU_SIM_OUT_OK, 0) &&
	       !strcmp(cpu, "written") && good;
	pthread_join(thread, NULL);
	munmap(cpu, page);
	return good && !u.ret && !u.bad;
}

/* Its message goes through the translation, to the doorbell that is mapped for it. */
static bool interrupts(void)
{
	uint32_t outcome, before, seen = 0;
	int i;

	if (sim_message(ats, &outcome, &before) || outcome != SMMU_SIM_OUT_OK)
		return false;
	for (i = 0; i < 20 && seen <= before; i++) {
		sim_rest(10);
		if (sim_message(ats, &outcome, &seen) || outcome != SMMU_SIM_OUT_OK)
			return false;
	}
	return seen > before;
}

/* Nobody handles page requests of a domain of the DMA API: an answer all the same (I-41). */
static bool answered(void)
{
	struct smmu_sim_response resp;
	bool refused;

	if (sim_page_request(ats, 0x1000, SMMU_SIM_REQ_READ, 0, 7, &refused) || refused ||
	    sim_response(ats, 200, &resp) != -EAGAIN)
		return false;
	if (sim_page_request(ats, 0x2000, SMMU_SIM_REQ_WRITE | SMMU_SIM_REQ_LAST, 0, 7, &refused) ||
	    refused || sim_response(ats, 5000, &resp))
		return false;
	if (resp.group != 7 || resp.code == SMMU_SIM_RESP_SUCCESS ||
	    resp.flags & (SMMU_SIM_RESP_AUTO | SMMU_SIM_RESP_PASID)) {
		ksft_print_msg("group %u, code %u, flags 0x%x\n", resp.group, resp.code,
			       resp.flags);
		return false;
	}
	/* One, and no more (I-39). */
	return sim_response(ats, 200, &resp) == -EAGAIN;
}

/* A stall that nobody can serve is ended (I-38). */
static bool stalls(void)
{
	struct sim_result r;

	return !sim_write(stall, 0x123000, "written", 8, NULL, &r) &&
	       sim_expect(&r, SMMU_SIM_OUT_ABORT, F_TRANSLATION) && r.stalls == 1;
}

static bool stalls_alone(void)
{
	struct sim_how no_wait = { .flags = SMMU_SIM_NO_WAIT };
	struct sim_result r;
	uint32_t handle;

	if (sim_hold_write(stall, 0x123000, "written", 8, &no_wait, &r, &handle))
		return false;
	/* It may have ended already. */
	if (handle && (!sim_expect(&r, SMMU_SIM_OUT_STALLED, F_TRANSLATION) ||
		       sim_release(stall, handle, NULL, 0, &r)))
		return false;
	return sim_expect(&r, SMMU_SIM_OUT_ABORT, F_TRANSLATION) && r.stalls == 1;
}

static void *many_stalls(void *arg)
{
	atomic_int *bad = arg;
	struct sim_result r;
	int i;

	for (i = 0; i < 25; i++)
		if (sim_write(stall, 0x10000 * i, "written", 8, NULL, &r) ||
		    r.outcome != SMMU_SIM_OUT_ABORT || r.stalls != 1)
			atomic_fetch_add(bad, 1);
	return NULL;
}

static bool storm(void)
{
	pthread_t threads[4];
	atomic_int bad = 0;
	int i;

	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, many_stalls, &bad);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return !atomic_load(&bad);
}

/* A driver is taken from a master, and given back, under load (I-43, I-49). */
static void *keeps_on(void *arg)
{
	atomic_bool *end = arg;
	struct sim_result r;
	uint64_t iova;
	int fd;

	while (!atomic_load(end)) {
		fd = sim_open(INSTANCE, "s");
		if (fd < 0)
			return (void *)1;
		while (!atomic_load(end) && !sim_map(fd, 4 * page, RW, &iova, NULL) &&
		       !sim_write(fd, iova, "written", 8, NULL, &r) &&
		       !sim_write(fd, 0x1000, "written", 8, NULL, &r))
			sim_unmap(fd, iova, NULL);
		close(fd);
	}
	return NULL;
}

static bool comes_and_goes(void)
{
	const char *driver = "/sys/bus/platform/drivers/smmu-sim-master";
	char name[64] = "", path[128];
	pthread_t threads[2];
	atomic_bool end = false;
	bool good = true;
	void *ret;
	FILE *file;
	int i;

	snprintf(path, sizeof(path), "%s/%s/masters/s/dev_name", SIM_CONFIGFS, INSTANCE);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%63s", name) != 1)
		good = false;
	if (file)
		fclose(file);
	for (i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, keeps_on, &end);
	for (i = 0; i < 10 && good; i++) {
		sim_rest(20);
		snprintf(path, sizeof(path), "%s/unbind", driver);
		good = !sim_set(path, name);
		snprintf(path, sizeof(path), "%s/bind", driver);
		good = !sim_set(path, name) && good;
	}
	atomic_store(&end, true);
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], &ret);
		good = good && !ret;
	}
	return good;
}

/* Its pages are not to be had any more while it may still reach them (I-48). */
static bool silent(void)
{
	uint64_t iova;
	uint32_t bad;

	if (sim_map(ats, page, RW, &iova, NULL) ||
	    !writes(ats, iova, NULL, SMMU_SIM_OUT_OK, 0) ||
	    sim_attribute(INSTANCE, "f", "silent", "1"))
		return false;
	sim_unmap(ats, iova, &bad);
	/* It still has the translation; nothing may let it through. */
	return !writes(ats, iova, NULL, SMMU_SIM_OUT_OK, 0);
}

static void make(void)
{
	int ret = sim_configfs();

	if (ret)
		ksft_exit_skip("no simulator in this kernel\n");
	ret = sim_instance(INSTANCE, NULL);
	if (!ret)
		ret = sim_master(INSTANCE, "f", "pci");
	if (!ret)
		ret = sim_master_set(INSTANCE, "f", "ats", 1);
	if (!ret)
		ret = sim_master_set(INSTANCE, "f", "pri", 1);
	if (!ret)
		ret = sim_master(INSTANCE, "s", "platform");
	if (!ret)
		ret = sim_master_set(INSTANCE, "s", "stall", 1);
	if (!ret)
		ret = sim_live(INSTANCE, true);
	if (ret)
		ksft_exit_fail_msg("making an instance: %s\n", strerror(-ret));
	ats = sim_open(INSTANCE, "f");
	stall = sim_open(INSTANCE, "s");
	if (ats < 0 || stall < 0)
		ksft_exit_fail_msg("no masters: %s\n", strerror(ats < 0 ? -ats : -stall));
}

int main(void)
{
	struct sim_how plain = { .flags = SMMU_SIM_NO_ATS };

	page = sysconf(_SC_PAGESIZE);
	ksft_print_header();
	make();
	ksft_set_plan(13);
	ksft_test_result(is_on(), "ATS is on\n");
	ksft_test_result(moves(NULL), "data by ATS\n");
	ksft_test_result(moves(&plain), "data without ATS\n");
	ksft_test_result(forgets(), "an unmapped page is in no ATC (I-46)\n");
	ksft_test_result(asks_again(), "a translation permits no more than it says\n");
	ksft_test_result(held(), "an unmap waits for a held translated write (I-46)\n");
	ksft_test_result(interrupts(), "messages arrive as interrupts\n");
	ksft_test_result(answered(), "a page request that nobody serves (I-39, I-41)\n");
	ksft_test_result(stalls(), "a stall that nobody serves (I-38)\n");
	ksft_test_result(stalls_alone(), "a stall that is not waited for (I-38)\n");
	ksft_test_result(storm(), "many stalls at once (I-38)\n");
	ksft_test_result(comes_and_goes(), "unbound and bound under load (I-43, I-49)\n");
	ksft_test_result(silent(), "an ATC that does not answer (I-48)\n");
	close(ats);
	close(stall);
	sim_remove(INSTANCE);
	ksft_finished();
}
