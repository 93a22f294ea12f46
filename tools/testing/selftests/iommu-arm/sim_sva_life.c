// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends of processes, of bonds and of masters, with DMA in flight; and one process on
 * several masters of two instances.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
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

#define INSTANCE	"life"
#define SECOND		"life2"

/* A child, and pipes to talk to it. What it says first is what it shares. */
struct child {
	pid_t pid;
	int to;
	int from;
	uint32_t pasid;
	uint64_t at;
};

struct hello {
	uint32_t pasid;
	uint64_t at;
};

static void *hammers(void *arg)
{
	static atomic_uint seeds;
	struct sva *m = arg;
	unsigned int seed = atomic_fetch_add(&seeds, 1);
	uint8_t *p = sva_memory(256 * page);
	struct sim_result r;

	for (;;) {
		if (!(rand_r(&seed) % 16))
			madvise(p, 256 * page, MADV_DONTNEED);
		sim_write(m->fd, (uintptr_t)p + rand_r(&seed) % 256 * page, "hammered", 8, &m->how,
			  &r);
	}
	return NULL;
}

/* In the child: bound, and so many threads of DMA under way. */
static void child_main(struct sva *m, int to, int from, unsigned int threads)
{
	struct hello hello = {};
	pthread_t thread;
	char c;

	hello.at = (uintptr_t)sva_memory(4 * page);
	memset((void *)hello.at, 0x5c, 4 * page);
	if (sim_bind(m->fd, &hello.pasid))
		_exit(2);
	m->how.pasid = hello.pasid;
	while (threads--)
		pthread_create(&thread, NULL, hammers, m);
	if (write(to, &hello, sizeof(hello)) != sizeof(hello))
		_exit(2);
	/* Until it is killed, or told to leave. */
	if (read(from, &c, 1) != 1)
		_exit(2);
	if (c == 'u' && sim_unbind(m->fd, hello.pasid))
		_exit(3);
	_exit(0);
}

static bool start(struct sva *m, struct child *child, unsigned int threads)
{
	int down[2], up[2];
	struct hello hello;

	if (pipe2(down, O_CLOEXEC) || pipe2(up, O_CLOEXEC))
		return false;
	child->to = down[1];
	child->from = up[0];
	child->pid = fork();
	if (!child->pid) {
		close(down[1]);
		close(up[0]);
		child_main(m, up[1], down[0], threads);
	}
	close(down[0]);
	close(up[1]);
	if (read(child->from, &hello, sizeof(hello)) != sizeof(hello)) {
		ksft_print_msg("the child is not bound\n");
		return false;
	}
	child->pasid = hello.pasid;
	child->at = hello.at;
	return true;
}

static bool ends(struct child *child, int signal)
{
	int status = 0;

	if (waitpid(child->pid, &status, 0) != child->pid)
		return false;
	close(child->to);
	close(child->from);
	if (signal)
		return WIFSIGNALED(status) && WTERMSIG(status) == signal;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/*
 * What a child had is no longer reached. A fault that was being served when it ended
 * keeps its memory until it is answered, and not longer.
 */
static bool blocked(struct sva *m, const struct child *child)
{
	struct sim_how how = { .pasid = child->pasid };
	struct sim_result r;
	uint8_t data[8];
	int tries;

	for (tries = 0; tries < 500; tries++) {
		if (sim_read(m->fd, child->at, data, sizeof(data), &how, &r))
			return false;
		if (r.outcome != SMMU_SIM_OUT_OK)
			return r.outcome != SMMU_SIM_OUT_TIMEOUT;
		sim_rest(10);
	}
	ksft_print_msg("its memory can still be read\n");
	return false;
}

static bool still_works(struct sva *m)
{
	uint8_t *p = sva_memory(4 * page);
	bool good = sva_moves(m, p, 4 * page, 1);

	munmap(p, 4 * page);
	return good;
}

static bool killed(struct sva *m)
{
	struct child child;
	bool good = true;
	int i;

	for (i = 0; good && i < 10; i++) {
		good = start(m, &child, 3);
		kill(child.pid, SIGKILL);
		good = ends(&child, SIGKILL) && good && blocked(m, &child);
		/* Its bond is this file's. */
		good = !sim_unbind(m->fd, child.pasid) && good;
	}
	return good && still_works(m);
}

/* With a file of its own, which goes with it */
static bool killed_alone(struct sva *m)
{
	struct sva own = *m;
	struct child child;
	bool good = true;
	int i;

	for (i = 0; good && i < 10; i++) {
		own.fd = sim_open(INSTANCE, m->name);
		good = own.fd >= 0 && start(&own, &child, 3);
		close(own.fd);
		kill(child.pid, SIGKILL);
		good = ends(&child, SIGKILL) && good && blocked(m, &child);
	}
	return good && still_works(m);
}

static bool leaves(struct sva *m)
{
	struct child child;
	bool good = true;
	int i;

	for (i = 0; good && i < 10; i++) {
		good = start(m, &child, 3) && write(child.to, "x", 1) == 1 && ends(&child, 0) &&
		       blocked(m, &child);
		good = !sim_unbind(m->fd, child.pasid) && good;
	}
	return good && still_works(m);
}

static bool unbinds(struct sva *m)
{
	struct child child;
	bool good = true;
	int i;

	for (i = 0; good && i < 10; i++)
		good = start(m, &child, 3) && write(child.to, "u", 1) == 1 && ends(&child, 0) &&
		       blocked(m, &child) && sim_unbind(m->fd, child.pasid) == -ENOENT;
	return good && still_works(m);
}

/* What is between translation and data has a page of the process. */
static bool exit_waits(struct sva *m)
{
	struct sim_how how = {};
	struct child child;
	struct sim_result r;
	uint32_t handle = 0;
	siginfo_t gone = {};
	bool good;

	if (!start(m, &child, 0))
		return false;
	how.pasid = child.pasid;
	good = !sim_hold_write(m->fd, child.at, "late", 4, &how, &r, &handle) &&
	       sim_expect(&r, SMMU_SIM_OUT_HELD, r.event);
	kill(child.pid, SIGKILL);
	sim_rest(50);
	/* Looks, and leaves it to be waited for. */
	if (good && (waitid(P_PID, child.pid, &gone, WEXITED | WNOHANG | WNOWAIT) ||
		     gone.si_pid)) {
		ksft_print_msg("the process did not wait\n");
		good = false;
	}
	/* Whatever came before, nothing stays held for the next case. */
	good = !sim_release(m->fd, handle, NULL, 0, &r) && sim_fine(&r) && good;
	good = ends(&child, SIGKILL) && good && blocked(m, &child);
	return !sim_unbind(m->fd, child.pasid) && good && still_works(m);
}

static bool unbind_waits(struct sva *m)
{
	struct sim_how how = {};
	struct child child;
	struct sim_result r;
	uint32_t handle = 0;
	struct pollfd gone = {};
	bool good;

	if (!start(m, &child, 0))
		return false;
	how.pasid = child.pasid;
	good = !sim_hold_write(m->fd, child.at, "late", 4, &how, &r, &handle) &&
	       sim_expect(&r, SMMU_SIM_OUT_HELD, r.event) && write(child.to, "u", 1) == 1;
	sim_rest(50);
	gone.fd = child.from;
	if (good && poll(&gone, 1, 0)) {
		ksft_print_msg("the unbind did not wait\n");
		good = false;
	}
	good = !sim_release(m->fd, handle, NULL, 0, &r) && sim_fine(&r) && good;
	return ends(&child, 0) && good && blocked(m, &child);
}

/* The program that a child becomes: the old memory is not the new program's. */
static int after_exec(int fd, uint32_t pasid, uint64_t at)
{
	struct sim_how how = { .pasid = pasid };
	struct sim_result r;
	uint8_t data[8];

	if (sim_read(fd, at, data, sizeof(data), &how, &r) || r.outcome == SMMU_SIM_OUT_OK ||
	    r.outcome == SMMU_SIM_OUT_TIMEOUT)
		return 1;
	/* It can be bound for itself. */
	if (sim_bind(fd, &how.pasid) || how.pasid == pasid)
		return 2;
	if (sim_read(fd, (uintptr_t)&how, data, sizeof(data), &how, &r) || !sim_fine(&r))
		return 3;
	return memcmp(data, &how, sizeof(data)) ? 4 : 0;
}

static bool execs(struct sva *m)
{
	char fd[16], pasid[16], at[32];
	int status = 1, i, copy;
	bool good = true;
	pthread_t thread;
	pid_t pid;

	for (i = 0; good && i < 5; i++) {
		pid = fork();
		if (!pid) {
			copy = fcntl(m->fd, F_DUPFD, 10);
			if (sim_bind(copy, &m->how.pasid))
				_exit(10);
			pthread_create(&thread, NULL, hammers, m);
			pthread_create(&thread, NULL, hammers, m);
			snprintf(fd, sizeof(fd), "%d", copy);
			snprintf(pasid, sizeof(pasid), "%u", m->how.pasid);
			snprintf(at, sizeof(at), "%llu",
				 (unsigned long long)(uintptr_t)sva_memory(page));
			execl("/proc/self/exe", "sim_sva_life", "after-exec", fd, pasid, at, NULL);
			_exit(11);
		}
		good = waitpid(pid, &status, 0) == pid && !status;
		if (!good)
			ksft_print_msg("exit status 0x%x\n", status);
	}
	/* The bonds of the children go with the file. */
	close(m->fd);
	good = !sva_open(m, m->instance, m->name) && good;
	return good && still_works(m);
}

/* The driver of a master is taken from it. */

static bool device_name(const struct sva *m, char *name, size_t size)
{
	char path[PATH_MAX], format[16];
	FILE *file;
	bool good;

	snprintf(path, sizeof(path), "%s/%s/masters/%s/dev_name", SIM_CONFIGFS, m->instance,
		 m->name);
	snprintf(format, sizeof(format), "%%%zus", size - 1);
	file = fopen(path, "r");
	good = file && fscanf(file, format, name) == 1;
	if (file)
		fclose(file);
	return good;
}

static bool driver(const struct sva *m, const char *what)
{
	char path[PATH_MAX], name[64];

	if (!device_name(m, name, sizeof(name)))
		return false;
	snprintf(path, sizeof(path), "/sys/bus/%s/drivers/smmu-sim-master/%s",
		 m->pri ? "pci" : "platform", what);
	return !sim_set(path, name);
}

static bool driver_goes(struct sva *m)
{
	struct child child;
	bool good = true;
	int i;

	for (i = 0; good && i < 5; i++) {
		good = start(m, &child, 3) && driver(m, "unbind");
		good = sim_unbind(m->fd, m->pasid) == -ENODEV && good;
		kill(child.pid, SIGKILL);
		good = ends(&child, SIGKILL) && good;
		close(m->fd);
		good = driver(m, "bind") && !sva_open(m, m->instance, m->name) && good;
	}
	return good && still_works(m);
}

/* One process, several masters (I-35) */

struct fleet {
	struct sva all[4];
	unsigned int num;
};

static bool fleet_open(struct fleet *f)
{
	static const struct {
		const char *instance;
		const char *name;
	} places[] = {
		{ INSTANCE, "stall" }, { INSTANCE, "pri" }, { SECOND, "stall" }, { SECOND, "pri" },
	};
	unsigned int i;
	int ret = sva_instance(SECOND, true);

	if (ret) {
		ksft_print_msg("a second instance: %s\n", strerror(-ret));
		return false;
	}
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		ret = sva_open(&f->all[i], places[i].instance, places[i].name);
		if (ret)
			return false;
		f->num++;
		if (f->all[i].pasid != f->all[0].pasid)
			return false;
	}
	return true;
}

static void fleet_close(struct fleet *f)
{
	while (f->num)
		sva_close(&f->all[--f->num]);
	sim_remove(SECOND);
}

static bool many_masters(struct sva *m)
{
	struct fleet f = {};
	uint8_t *p = sva_memory(8 * page), got[8];
	bool good = fleet_open(&f) && f.all[0].pasid == m->pasid;
	unsigned int i;

	for (i = 0; good && i < f.num; i++)
		good = sva_moves(&f.all[i], p, 8 * page, i);
	mprotect(p, 4 * page, PROT_READ);
	for (i = 0; good && i < f.num; i++)
		good = sva_denied(&f.all[i], p, true, F_PERMISSION) &&
		       sva_get(&f.all[i], got, p, 8);
	munmap(p, 4 * page);
	for (i = 0; good && i < f.num; i++)
		good = sva_denied(&f.all[i], p, false, F_TRANSLATION) &&
		       sva_moves(&f.all[i], p + 4 * page, 4 * page, i);
	/* One goes; the others do not notice. */
	if (good)
		sva_close(&f.all[--f.num]);
	for (i = 0; good && i < f.num; i++)
		good = sva_moves(&f.all[i], p + 4 * page, 4 * page, 10 + i);
	munmap(p + 4 * page, 4 * page);
	for (i = 0; good && i < f.num; i++)
		good = sva_denied(&f.all[i], p + 4 * page, false, F_TRANSLATION);
	if (sim_number(SECOND, "violations") > 0) {
		sim_report(SECOND);
		good = false;
	}
	fleet_close(&f);
	return good;
}

static bool instance_goes(struct sva *m)
{
	struct fleet f = {};
	struct child child = {};
	bool good = fleet_open(&f) && start(&f.all[2], &child, 2);

	sim_live(SECOND, false);
	if (child.pid) {
		kill(child.pid, SIGKILL);
		good = ends(&child, SIGKILL) && good;
	}
	fleet_close(&f);
	return good && still_works(m);
}

static const struct sva_case cases[] = {
	{ "kill -9 with DMA in flight (I-33, I-34)", killed, NULL },
	{ "kill -9 of the only one that has the file (I-33, I-34)", killed_alone, NULL },
	{ "exit with DMA in flight (I-33)", leaves, NULL },
	{ "unbind with DMA in flight (I-34, I-43)", unbinds, NULL },
	{ "an exit waits for a held write (I-33)", exit_waits, NULL },
	{ "an unbind waits for a held write (I-36)", unbind_waits, NULL },
	{ "exec with DMA in flight (I-33)", execs, NULL },
	{ "the master's driver goes with DMA in flight (I-34, I-43)", driver_goes, NULL },
	{ "one process on four masters of two instances (I-35)", many_masters, NULL },
	{ "an instance goes with DMA in flight (I-34, I-43)", instance_goes, NULL },
};

int main(int argc, char **argv)
{
	page = sysconf(_SC_PAGESIZE);
	if (argc == 5 && !strcmp(argv[1], "after-exec"))
		return after_exec(atoi(argv[2]), strtoul(argv[3], NULL, 0),
				  strtoull(argv[4], NULL, 0));
	sva_run(INSTANCE, cases, ARRAY_SIZE(cases));
}
