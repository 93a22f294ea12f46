// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that have their CPUs' ASIDs at the SMMU as well, so that what the CPUs
 * invalidate is invalidated there without commands. Run with the driver's parameter
 * btm; the model is fed where the kernel invalidates (see smmu-sim.rst).
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
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/sva.h"

#define INSTANCE	"btm"
#define DRIVER_STATS	"/sys/kernel/debug/arm_smmu_v3/*/stats"
#define MOST		8000

static struct sva masters[2];
static long violations;

static void result(bool good, const char *what)
{
	long now = sim_number(INSTANCE, "violations");

	if (now != violations)
		sim_report(INSTANCE);
	ksft_test_result(good && now == violations, "%s\n", what);
	violations = now;
	fflush(stdout);
}

static long seized(void)
{
	long sum = 0, n;
	char line[128];
	glob_t found;
	size_t i;

	if (glob(DRIVER_STATS, 0, NULL, &found))
		return -1;
	for (i = 0; i < found.gl_pathc; i++) {
		FILE *f = fopen(found.gl_pathv[i], "r");

		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, "asids_seized %ld", &n) == 1)
				sum += n;
		if (f)
			fclose(f);
	}
	globfree(&found);
	return sum;
}

/* I-32, I-46: what was unmapped is gone, and a TLB was told of it by the CPU alone. */
static bool unmapped(struct sva *m)
{
	uint8_t *p = sva_memory(4 * page);
	unsigned long before = 0;
	bool good = sva_put(m, p, "there", 6) && sva_put(m, p + 3 * page, "there", 6);

	sim_commands(INSTANCE, "", 0, &before);
	munmap(p, 4 * page);
	if (sim_commands(INSTANCE, "TLBI", before, NULL)) {
		printf("# a TLBI was sent\n");
		good = false;
	}
	if (m->pri && !sim_commands(INSTANCE, "ATC_INV", before, NULL)) {
		printf("# no ATC_INV was sent\n");
		good = false;
	}
	return good && sva_denied(m, p, true, F_TRANSLATION) &&
	       sva_denied(m, p + 3 * page, false, F_TRANSLATION);
}

static bool protected(struct sva *m)
{
	uint8_t *p = sva_memory(page);
	bool good = sva_put(m, p, "before", 7) && !mprotect(p, page, PROT_READ) &&
		    sva_denied(m, p, true, F_PERMISSION) && !strcmp((char *)p, "before");

	munmap(p, page);
	return good;
}

/* A process with another ASID, which is gone from the SMMU before it can be another's */
static bool in_child(bool (*what)(struct sva *m), const char *name)
{
	struct sva m;
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(sva_open(&m, INSTANCE, name) || !what(&m));
	return waitpid(pid, &status, 0) == pid && !status;
}

/*
 * I-29, I-50: domains that have the ASIDs that processes are about to get move out
 * of the way, and what is unmapped of them later is gone as well.
 */
static bool moves_domains(void)
{
	const uint32_t rw = SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE;
	unsigned int most = 2 * getpid() + 64, num, i;
	static struct sim_how how[MOST];
	int fd = sim_open(INSTANCE, "wide");
	struct sim_result r;
	bool good = true;
	long before;

	if (fd < 0)
		return false;
	/* Each process and each exec has had one, in turn. */
	for (num = 0; num < most && num < MOST; num++)
		if (sim_attach(fd, &how[num].pasid) ||
		    sim_map_at(fd, how[num].pasid, (64 + num) * page, page, rw, NULL))
			break;
	before = seized();
	for (i = 0; i < 8 && good; i++)
		good = in_child(unmapped, i % 2 ? "pri" : "stall");
	printf("# %u domains, of which %ld had to move\n", num, seized() - before);
	good = good && num && seized() > before;
	for (i = 0; i < num; i++) {
		if (sim_write(fd, (64 + i) * page, "moved", 6, &how[i], &r) || !sim_fine(&r))
			good = false;
		if (sim_detach(fd, how[i].pasid))
			good = false;
	}
	close(fd);
	return good;
}

static void make(void)
{
	int ret = sim_configfs();

	if (ret)
		ksft_exit_skip("no simulator in this kernel\n");
	ret = sva_describe(INSTANCE, true) ?: sim_master(INSTANCE, "wide", "platform") ?:
	      sim_master_set(INSTANCE, "wide", "pasid_bits", 14) ?: sim_live(INSTANCE, true);
	if (ret)
		ksft_exit_fail_msg("making an instance: %s\n", strerror(-ret));
	ret = sva_open(&masters[0], INSTANCE, "stall") ?: sva_open(&masters[1], INSTANCE, "pri");
	if (!ret)
		return;
	sim_remove(INSTANCE);
	ksft_exit_skip("the driver of the SMMU shares no memory: %s\n", strerror(-ret));
}

int main(void)
{
	unsigned int i;
	char btm = 'N';
	FILE *f = fopen("/sys/module/arm_smmu_v3/parameters/btm", "r");

	page = sysconf(_SC_PAGESIZE);
	ksft_print_header();
	if (f && fread(&btm, 1, 1, f) == 1)
		fclose(f);
	if (btm != 'Y')
		ksft_exit_skip("arm_smmu_v3.btm is not set\n");
	make();
	ksft_set_plan(7);
	for (i = 0; i < 2; i++) {
		result(unmapped(&masters[i]), i ? "pri: an unmap by CPU and ATC_INV (I-32, I-46)" :
						  "stall: an unmap by the CPU (I-32)");
		result(protected(&masters[i]), i ? "pri: protected (I-32)" :
						   "stall: protected (I-32)");
	}
	result(in_child(unmapped, "stall") && in_child(protected, "pri"),
	       "in another process (I-30)");
	result(moves_domains(), "domains move out of the way (I-29, I-50)");
	sva_close(&masters[0]);
	sva_close(&masters[1]);
	result(moves_domains(), "and again (I-30)");
	sim_remove(INSTANCE);
	ksft_finished();
}
