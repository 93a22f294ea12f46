// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMMUs and masters that cannot share memory say so when it is tried, and in which
 * way (I-37); PASIDs run out, and are used again (I-36).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/sva.h"

#define INSTANCE	"refuse"

/*
 * An instance and a master that differ from those that can share.
 * @what: the difference, in words
 * @pci: kind of the master
 * @field: of the ID registers, or NULL
 * @value: what it is
 * @attribute: of the master, or NULL
 * @number: what it is
 * @rest: what can be done with it all the same
 */
struct variant {
	const char *what;
	bool pci;
	const char *field;
	const char *value;
	const char *attribute;
	long number;
	enum { DMA, ATTACH } rest;
};

static const struct variant variants[] = {
	{ "the platform device cannot wait for pages", false, NULL, NULL, "stall", 0, ATTACH },
	{ "the SMMU cannot stall", false, "ids/idr0.stall_model", "1", NULL, 0, ATTACH },
	{ "the function makes no page requests", true, NULL, NULL, "pri", 0, ATTACH },
	{ "the SMMU has no page requests", true, "ids/idr0.pri", "0", NULL, 0, ATTACH },
	{ "the platform device has no PASIDs", false, NULL, NULL, "pasid_bits", 0, DMA },
	{ "the function has no PASIDs", true, NULL, NULL, "pasid_bits", 0, DMA },
	{ "the SMMU has no PASIDs", false, "ids/idr1.ssidsize", "0", NULL, 0, DMA },
	{ "the SMMU reaches less than the CPU", false, "ids/idr5.oas", "0", NULL, 0, ATTACH },
	{ "the SMMU is not coherent", false, "ids/idr0.cohacc", "0", NULL, 0, ATTACH },
};

/* What an errno of such a refusal may be; others look like accidents. */
static bool is_refusal(int ret)
{
	return ret == -EOPNOTSUPP || ret == -ENODEV || ret == -EINVAL;
}

static int make(const struct variant *v)
{
	bool pci = v && v->pci;
	int ret = sim_instance(INSTANCE, NULL);

	if (!ret && v && v->field)
		ret = sim_attribute(INSTANCE, NULL, v->field, v->value);
	if (!ret)
		ret = sim_master(INSTANCE, "m", pci ? "pci" : "platform");
	if (!ret && pci)
		ret = sim_master_set(INSTANCE, "m", "ats", 1);
	if (!ret)
		ret = sim_master_set(INSTANCE, "m", pci ? "pri" : "stall", 1);
	if (!ret)
		ret = sim_master_set(INSTANCE, "m", "pasid_bits", 8);
	if (!ret && v && v->attribute)
		ret = sim_master_set(INSTANCE, "m", v->attribute, v->number);
	return ret ?: sim_live(INSTANCE, true);
}

/* The rest of the master is as good as ever. */
static bool dma_works(int fd)
{
	const uint32_t rw = SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE;
	struct sim_result r;
	uint64_t iova;
	char *cpu;
	bool good;

	if (sim_map(fd, page, rw, &iova, (void **)&cpu))
		return false;
	good = !sim_write(fd, iova, "dma", 4, NULL, &r) && sim_fine(&r) && !strcmp(cpu, "dma");
	munmap(cpu, page);
	return !sim_unmap(fd, iova, NULL) && good;
}

static bool attach_works(int fd)
{
	struct sim_how how = {};
	struct sim_result r;
	int ret = sim_attach(fd, &how.pasid);
	char *cpu;
	bool good;

	if (ret) {
		ksft_print_msg("attach: %s\n", strerror(-ret));
		return false;
	}
	if (sim_map_at(fd, how.pasid, 16 * page, page, SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE,
		       (void **)&cpu))
		return false;
	good = !sim_write(fd, 16 * page, "buffer", 7, &how, &r) && sim_fine(&r) &&
	       !strcmp(cpu, "buffer");
	munmap(cpu, page);
	return !sim_detach(fd, how.pasid) && good;
}

static void refused(const struct variant *v)
{
	uint32_t pasid;
	bool good;
	int fd, ret = make(v);

	if (ret) {
		ksft_test_result_skip("%s: no such instance: %s\n", v->what, strerror(-ret));
		sim_remove(INSTANCE);
		return;
	}
	fd = sim_open(INSTANCE, "m");
	ret = fd < 0 ? fd : sim_bind(fd, &pasid);
	good = is_refusal(ret) && sim_bind(fd, &pasid) == ret;
	ksft_print_msg("bind: %s\n", ret ? strerror(-ret) : "done");
	good = dma_works(fd) && good;
	if (v->rest == ATTACH)
		good = attach_works(fd) && good;
	close(fd);
	good = sim_number(INSTANCE, "violations") == 0 && good;
	sim_remove(INSTANCE);
	ksft_test_result(good, "%s (I-37)\n", v->what);
}

/*
 * PASIDs run out. The master has three, as 0 is none of them; and this process has
 * one since it was bound first, for as long as it lives.
 */
#define FEW_BITS	2
#define MOST		((1 << FEW_BITS) - 1)
#define FEW		(MOST - 1)

/* A process that is bound until it is dismissed; @to is how */
struct other {
	pid_t pid;
	int to;
};

/* Return: its PASID, or its errno; then there is none */
static int another(int fd, struct other *o)
{
	int down[2], up[2], said = -EIO;
	uint32_t pasid;
	char c;

	if (pipe2(down, O_CLOEXEC))
		return -errno;
	if (pipe2(up, O_CLOEXEC)) {
		close(down[0]);
		close(down[1]);
		return -EMFILE;
	}
	o->to = down[1];
	o->pid = fork();
	if (!o->pid) {
		said = sim_bind(fd, &pasid) ?: (int)pasid;
		if (write(up[1], &said, sizeof(said)) == sizeof(said) && said > 0 &&
		    read(down[0], &c, 1) > 0)
			sim_unbind(fd, pasid);
		_exit(0);
	}
	close(down[0]);
	close(up[1]);
	if (read(up[0], &said, sizeof(said)) != sizeof(said))
		said = -EIO;
	close(up[0]);
	if (said > 0)
		return said;
	close(o->to);
	waitpid(o->pid, NULL, 0);
	return said;
}

static void dismiss(const struct other *o)
{
	if (write(o->to, "u", 1) != 1)
		ksft_print_msg("a child is gone\n");
	close(o->to);
	waitpid(o->pid, NULL, 0);
}

static bool runs_out(int fd)
{
	int got[FEW + 1], num = 0, again, i;
	struct other others[FEW + 1], extra;
	bool good;

	while (num <= FEW && (got[num] = another(fd, &others[num])) > 0)
		num++;
	good = num == FEW && got[num] == -ENOSPC;
	if (!good)
		ksft_print_msg("%d PASIDs, then %s\n", num,
			       num <= FEW ? strerror(-got[num]) : "more than there are");
	if (!num)
		return false;
	/* One goes; its PASID is free once its memory is. */
	dismiss(&others[--num]);
	for (i = 0; i < 500 && (again = another(fd, &extra)) == -ENOSPC; i++)
		sim_rest(10);
	good = good && again == got[num];
	if (again > 0)
		dismiss(&extra);
	for (i = 0; i < num; i++)
		dismiss(&others[i]);
	return good;
}

/* The second owner sees its own memory, at the same address (I-36). */
static bool reused(int fd)
{
	struct sim_how how = {};
	struct sim_result r;
	int said, round, status;
	uint8_t *p = sva_memory(page), got;
	bool good = true;
	pid_t pid;

	for (round = 1; good && round <= 16; round++) {
		memset(p, round, page);
		pid = fork();
		if (!pid) {
			for (said = 0; said < 500 && sim_bind(fd, &how.pasid) == -ENOSPC; said++)
				sim_rest(10);
			good = !sim_read(fd, (uintptr_t)p, &got, 1, &how, &r) && sim_fine(&r) &&
			       got == round;
			/* No unbind: the file does, at its end. Every other one does. */
			if (round % 2)
				good = !sim_unbind(fd, how.pasid) && good;
			_exit(!good);
		}
		good = waitpid(pid, &status, 0) == pid && !status;
		if (!(round % 2)) {
			/* Whatever is left of it: the bond is the file's. */
			for (how.pasid = 1; how.pasid <= MOST; how.pasid++)
				sim_unbind(fd, how.pasid);
		}
	}
	munmap(p, page);
	return good;
}

static bool attaches_run_out(int fd)
{
	int num = 0, ret = 0, tries = 0;
	uint32_t pasid[FEW + 1];
	bool good;

	/* Those of children are free once their memory is. */
	while (num <= FEW && tries < 500) {
		ret = sim_attach(fd, &pasid[num]);
		if (!ret)
			num++;
		else if (ret == -ENOSPC && num < FEW && ++tries)
			sim_rest(10);
		else
			break;
	}
	good = num == FEW && ret == -ENOSPC;
	while (num)
		good = !sim_detach(fd, pasid[--num]) && good;
	return good && attach_works(fd);
}

/* The PASID of a process is the same everywhere, and can be too large for some. */
static int bind_both(int fd, int few)
{
	uint32_t pasid, other;
	int ret;

	if (sim_bind(fd, &pasid) || pasid <= MOST)
		return 1;
	ret = sim_bind(few, &other);
	if (ret != -EOVERFLOW)
		printf("# PASID %u: %s\n", pasid, ret ? strerror(-ret) : "bound");
	return sim_unbind(fd, pasid) || ret != -EOVERFLOW;
}

static bool too_wide(int fd, int few)
{
	int num = 0, status = 1;
	uint32_t small[MOST];
	pid_t pid;

	/* All that are not. */
	while (num < MOST && !sim_attach(fd, &small[num]))
		num++;
	pid = fork();
	if (!pid)
		_exit(bind_both(fd, few));
	waitpid(pid, &status, 0);
	while (num)
		sim_detach(fd, small[--num]);
	return !status;
}

static void few_pasids(void)
{
	int few, many, ret = make(NULL);

	if (!ret)
		ret = sim_live(INSTANCE, false);
	if (!ret)
		ret = sim_master(INSTANCE, "few", "platform");
	if (!ret)
		ret = sim_master_set(INSTANCE, "few", "stall", 1);
	if (!ret)
		ret = sim_master_set(INSTANCE, "few", "sids", 99);
	if (!ret)
		ret = sim_master_set(INSTANCE, "few", "pasid_bits", FEW_BITS);
	if (!ret)
		ret = sim_live(INSTANCE, true);
	if (ret)
		ksft_exit_fail_msg("making an instance: %s\n", strerror(-ret));
	few = sim_open(INSTANCE, "few");
	many = sim_open(INSTANCE, "m");
	ksft_test_result(runs_out(few), "PASIDs run out, and come back (I-31, I-36)\n");
	ksft_test_result(reused(few), "a PASID has a new owner (I-36)\n");
	ksft_test_result(attaches_run_out(few), "PASIDs of buffers run out (I-31)\n");
	ksft_test_result(too_wide(many, few), "a PASID too wide for a master (I-37)\n");
	close(few);
	close(many);
	ksft_test_result(!sim_number(INSTANCE, "violations"), "no violation in all this (I-36)\n");
	if (sim_number(INSTANCE, "violations"))
		sim_report(INSTANCE);
	sim_remove(INSTANCE);
}

int main(void)
{
	uint32_t pasid;
	unsigned int i;
	int fd, ret;

	page = sysconf(_SC_PAGESIZE);
	ksft_print_header();
	if (sim_configfs())
		ksft_exit_skip("no simulator in this kernel\n");
	ret = make(NULL);
	if (ret)
		ksft_exit_fail_msg("making an instance: %s\n", strerror(-ret));
	fd = sim_open(INSTANCE, "m");
	ret = sim_bind(fd, &pasid);
	close(fd);
	sim_remove(INSTANCE);
	if (ret == -ENODEV || ret == -EOPNOTSUPP)
		ksft_exit_skip("the driver of the SMMU shares no memory: %s\n", strerror(-ret));
	ksft_set_plan(ARRAY_SIZE(variants) + 6);
	ksft_test_result(!ret, "what the others differ from can be bound\n");
	for (i = 0; i < ARRAY_SIZE(variants); i++)
		refused(&variants[i]);
	few_pasids();
	ksft_finished();
}
