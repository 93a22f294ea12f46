// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binds, unbinds, unmaps and exits in any order, on both kinds of masters at once.
 *
 * usage: sva_race [ROUNDS [THREADS [SEED]]]
 *
 * Each round is one of several short lives of a bond, a mapping or a process, by one
 * of the threads. Whatever the order: no access goes where it must not, none waits
 * for ever, and in the end nothing is left (I-32, I-34, I-36).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/sva.h"

#define INSTANCE	"race"
#define MAX_THREADS	64
#define SHARED		16	/* pages that all threads map and unmap */
#define MASTERS		2
#define SAID		20000	/* rounds between two lines of progress */

static const char *const names[MASTERS] = { "stall", "pri" };
static struct sva masters[MASTERS];
static uint8_t *shared;
static atomic_long left;
static atomic_uint bad;

/*
 * A thread, or a child of one.
 * @mine: a page that nobody else writes
 * @value: what was written there last
 */
struct racer {
	pthread_t thread;
	unsigned int seed;
	uint8_t *mine;
	uint64_t value;
};

static unsigned int pick(struct racer *r, unsigned int below)
{
	return rand_r(&r->seed) / 7 % below;
}

static void wrong(const char *what, const struct sim_result *r)
{
	if (atomic_fetch_add(&bad, 1) < 20)
		printf("# %s: %s, event 0x%x\n", what, sim_outcome(r->outcome), r->event);
}

/* Refused or not: it ends, and not in a way that is nobody's doing. */
static bool ended(const struct sim_result *r)
{
	switch (r->outcome) {
	case SMMU_SIM_OUT_TIMEOUT:
	case SMMU_SIM_OUT_BAD_MEMORY:
	case SMMU_SIM_OUT_RAZWI:
	case SMMU_SIM_OUT_PASID_OFF:
	case SMMU_SIM_OUT_MASTER_OFF:
		return false;
	}
	return true;
}

/* To memory that comes and goes */
static void strays(struct racer *r, int fd, uint32_t pasid)
{
	struct sim_how how = { .pasid = pasid };
	struct sim_result result;
	int i;

	for (i = 0; i < 3; i++) {
		if (sim_write(fd, (uintptr_t)shared + pick(r, SHARED) * page, "stray", 5, &how,
			      &result))
			continue;
		if (!ended(&result))
			wrong("a stray write", &result);
	}
}

/* To memory that is there; @bound: nothing can be in its way. */
static void writes(struct racer *r, int fd, uint32_t pasid, bool bound)
{
	struct sim_how how = { .pasid = pasid };
	struct sim_result result;
	uint64_t value = r->value + 1, now;

	if (sim_write(fd, (uintptr_t)r->mine, &value, sizeof(value), &how, &result))
		return;
	if (!ended(&result) || (bound && result.outcome != SMMU_SIM_OUT_OK))
		wrong("a write", &result);
	memcpy(&now, r->mine, sizeof(now));
	if (result.outcome == SMMU_SIM_OUT_OK)
		r->value = value;
	if (now != r->value) {
		wrong("memory has another value", &result);
		r->value = now;
	}
}

/* Lives */

static void bond(struct racer *r)
{
	struct sva *m = &masters[pick(r, MASTERS)];
	uint32_t pasid;

	if (sim_bind(m->fd, &pasid)) {
		atomic_fetch_add(&bad, 1);
		return;
	}
	writes(r, m->fd, pasid, true);
	strays(r, m->fd, pasid);
	if (sim_unbind(m->fd, pasid))
		atomic_fetch_add(&bad, 1);
	/* Somebody else may still have a bond. */
	writes(r, m->fd, pasid, false);
}

static void file(struct racer *r)
{
	struct sva *m = &masters[pick(r, MASTERS)];
	int fd = sim_open(INSTANCE, m->name);
	uint32_t pasid;

	if (fd < 0 || sim_bind(fd, &pasid)) {
		atomic_fetch_add(&bad, 1);
	} else {
		writes(r, fd, pasid, true);
		strays(r, fd, pasid);
	}
	close(fd);
}

static void mapping(struct racer *r)
{
	unsigned int first = pick(r, SHARED), num = 1 + pick(r, SHARED - first);
	uint8_t *at = shared + first * page;

	switch (pick(r, 4)) {
	case 0:
		munmap(at, num * page);
		break;
	case 1:
		madvise(at, num * page, MADV_DONTNEED);
		break;
	case 2:
		mprotect(at, num * page, pick(r, 2) ? PROT_READ : PROT_READ | PROT_WRITE);
		break;
	default:
		mmap(at, num * page, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		break;
	}
	strays(r, masters[pick(r, MASTERS)].fd, masters[0].pasid);
}

static void buffers(struct racer *r)
{
	const uint32_t rw = SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE;
	struct sva *m = &masters[pick(r, MASTERS)];
	int fd = sim_open(INSTANCE, m->name);
	struct sim_how how = {};
	struct sim_result result;

	if (fd < 0 || sim_attach(fd, &how.pasid) ||
	    sim_map_at(fd, how.pasid, 64 * page, page, rw, NULL)) {
		atomic_fetch_add(&bad, 1);
	} else if (sim_write(fd, 64 * page, "buffer", 7, &how, &result) ||
		   result.outcome != SMMU_SIM_OUT_OK) {
		wrong("a write to a buffer", &result);
	}
	close(fd);
}

static void *child_strays(void *arg)
{
	struct racer *r = arg;

	for (;;)
		strays(r, masters[pick(r, MASTERS)].fd, masters[0].pasid);
	return NULL;
}

/* In a child: bound itself, it leaves in one of three ways with DMA under way. */
static void child(struct racer *r, int line)
{
	struct sva *m = &masters[pick(r, MASTERS)];
	struct racer other = { .seed = r->seed + 1 };
	unsigned int way = pick(r, 3);
	pthread_t thread;
	int fd = sim_open(INSTANCE, m->name);

	if (fd < 0 || sim_bind(fd, &masters[0].pasid))
		_exit(1);
	pthread_create(&thread, NULL, child_strays, &other);
	writes(r, fd, masters[0].pasid, true);
	if (atomic_load(&bad))
		_exit(1);
	if (way == 1)
		close(fd);
	if (way == 2) {
		if (write(line, "k", 1) == 1)
			pause();
	}
	_exit(0);
}

static void process(struct racer *r)
{
	int line[2], status;
	bool killed;
	pid_t pid;
	char c;

	if (pipe2(line, O_CLOEXEC))
		return;
	pid = fork();
	if (!pid) {
		atomic_store(&bad, 0);
		close(line[0]);
		child(r, line[1]);
	}
	close(line[1]);
	killed = read(line[0], &c, 1) == 1;
	if (killed)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(line[0]);
	if (killed ? !WIFSIGNALED(status) : status != 0) {
		printf("# a child ended with 0x%x\n", status);
		atomic_fetch_add(&bad, 1);
	}
}

static void *races(void *arg)
{
	struct racer *r = arg;

	for (;;) {
		long now = atomic_fetch_sub(&left, 1);
		unsigned int what = pick(r, 100);

		if (now <= 0)
			break;
		if (!(now % SAID)) {
			printf("# %ld rounds to go, %ld violations\n", now,
			       sim_number(INSTANCE, "violations"));
			fflush(stdout);
		}
		if (what < 40)
			bond(r);
		else if (what < 75)
			mapping(r);
		else if (what < 85)
			file(r);
		else if (what < 95)
			buffers(r);
		else
			process(r);
	}
	return NULL;
}

/* 8 bits, without 0; this process may still have its own. */
#define PASIDS		254

static void make(void)
{
	unsigned int i;
	int ret = sim_configfs();

	if (ret)
		ksft_exit_skip("no simulator in this kernel\n");
	ret = sva_instance(INSTANCE, true);
	if (ret)
		ksft_exit_fail_msg("making an instance: %s\n", strerror(-ret));
	for (i = 0; i < MASTERS; i++) {
		ret = sva_open(&masters[i], INSTANCE, names[i]);
		if (!ret)
			continue;
		sim_remove(INSTANCE);
		if (ret == -ENODEV || ret == -EOPNOTSUPP)
			ksft_exit_skip("the driver of the SMMU shares no memory: %s\n",
				       strerror(-ret));
		ksft_exit_fail_msg("%s cannot be bound: %s\n", names[i], strerror(-ret));
	}
	/* They race for the first bond and the last. */
	for (i = 0; i < MASTERS; i++)
		sim_unbind(masters[i].fd, masters[i].pasid);
}

int main(int argc, char **argv)
{
	unsigned int threads = argc > 2 ? atoi(argv[2]) : 32, seed = argc > 3 ? atoi(argv[3]) : 1;
	long rounds = argc > 1 ? atol(argv[1]) : 1000, violations;
	static struct racer racers[MAX_THREADS];
	unsigned int i;

	page = sysconf(_SC_PAGESIZE);
	ksft_print_header();
	if (!threads || threads > MAX_THREADS || rounds <= 0)
		ksft_exit_fail_msg("usage: sva_race [ROUNDS [THREADS [SEED]]]\n");
	make();
	ksft_set_plan(3);
	shared = sva_memory(SHARED * page);
	atomic_store(&left, rounds);
	/* Before anything is unmapped: else they could come to stand in the gap. */
	for (i = 0; i < threads; i++) {
		racers[i].seed = seed * 1000 + i;
		racers[i].mine = sva_memory(page);
	}
	for (i = 0; i < threads; i++)
		pthread_create(&racers[i].thread, NULL, races, &racers[i]);
	for (i = 0; i < threads; i++)
		pthread_join(racers[i].thread, NULL);
	ksft_test_result(!atomic_load(&bad), "%ld rounds of %u threads, seed %u (I-32, I-34)\n",
			 rounds, threads, seed);
	for (i = 0; i < MASTERS; i++)
		close(masters[i].fd);
	ksft_test_result(sva_pasids(INSTANCE, "stall", PASIDS), "no PASID is left behind (I-34)\n");
	violations = sim_number(INSTANCE, "violations");
	if (violations)
		sim_report(INSTANCE);
	ksft_test_result(!violations, "no violation (I-32, I-36)\n");
	sim_remove(INSTANCE);
	ksft_finished();
}
