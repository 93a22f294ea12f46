// SPDX-License-Identifier: GPL-2.0-only
/*
 * Masters as accelerators of uacce: a program opens the file, which binds it, maps a
 * queue, and gives jobs with addresses of its own memory.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/sva.h"

#define INSTANCE	"uacce"
#define CLASS		"/sys/class/uacce"

/* What <misc/uacce/uacce.h> says */
#define UACCE_CMD_START_Q	_IO('W', 0)
#define UACCE_CMD_PUT_Q		_IO('W', 1)
#define UACCE_DEV_SVA		1
#define UACCE_QFRT_DUS		1

static const char *const names[] = { "stall", "pri" };
static const char *now;		/* the master that is tested */

struct queue {
	int fd;
	struct smmu_sim_queue *head;
	struct smmu_sim_job *jobs;
};

static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t len = fd < 0 ? -1 : read(fd, text, size - 1);

	close(fd);
	if (len < 0)
		return false;
	text[len] = 0;
	text[strcspn(text, "\n")] = 0;
	return true;
}

/* The class device of a master, by the device that it stands for */
static bool class_device(const char *master, char *name, size_t size)
{
	char path[PATH_MAX], want[128], device[PATH_MAX];
	bool found = false;
	struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s/masters/%s/dev_name", SIM_CONFIGFS, INSTANCE, master);
	dir = opendir(CLASS);
	if (!dir || !read_text(path, want, sizeof(want)))
		return false;
	while (!found && (d = readdir(dir))) {
		snprintf(path, sizeof(path), CLASS "/%s/device", d->d_name);
		if (*d->d_name == '.' || !realpath(path, device))
			continue;
		found = !strcmp(strrchr(device, '/') + 1, want);
		snprintf(name, size, "%.100s", d->d_name);
	}
	closedir(dir);
	return found;
}

static bool attribute(const char *name, char *text, size_t size)
{
	char path[PATH_MAX], device[128];

	if (!class_device(now, device, sizeof(device)))
		return false;
	snprintf(path, sizeof(path), CLASS "/%s/%s", device, name);
	return read_text(path, text, size);
}

/* Its file, wherever /dev is. */
static int open_device(const char *master)
{
	char name[128], path[PATH_MAX];

	if (!class_device(master, name, sizeof(name)))
		return -1;
	snprintf(path, sizeof(path), "/dev/%s", name);
	return open(path, O_RDWR | O_CLOEXEC);
}

static bool queue_open(struct queue *q)
{
	void *p;

	q->fd = open_device(now);
	if (q->fd < 0) {
		ksft_print_msg("no file: %s\n", strerror(errno));
		return false;
	}
	p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, q->fd, UACCE_QFRT_DUS * page);
	if (p == MAP_FAILED || ioctl(q->fd, UACCE_CMD_START_Q))
		return false;
	q->head = p;
	q->jobs = (struct smmu_sim_job *)(q->head + 1);
	return q->head->jobs == SMMU_SIM_JOBS;
}

static void queue_close(struct queue *q)
{
	munmap(q->head, page);
	close(q->fd);
}

static void put(struct queue *q, uint32_t op, const void *from, void *to, size_t len)
{
	q->jobs[q->head->tail % SMMU_SIM_JOBS] = (struct smmu_sim_job) {
		.op = op,
		.from = (uintptr_t)from,
		.to = (uintptr_t)to,
		.len = len,
		.cookie = q->head->tail,
	};
	__atomic_store_n(&q->head->tail, q->head->tail + 1, __ATOMIC_RELEASE);
}

/* The oldest job that has ended, in its slot until another one is put there */
static struct smmu_sim_job *take(struct queue *q)
{
	struct pollfd p = { .fd = q->fd, .events = POLLIN };

	while (__atomic_load_n(&q->head->done, __ATOMIC_ACQUIRE) == q->head->taken)
		if (poll(&p, 1, 10000) != 1)
			return NULL;
	return &q->jobs[q->head->taken++ % SMMU_SIM_JOBS];
}

static bool ring(struct queue *q)
{
	return !ioctl(q->fd, SMMU_SIM_IOC_DOORBELL, 0);
}

static bool one(struct queue *q, uint32_t op, const void *from, void *to, size_t len,
		struct smmu_sim_job *result)
{
	struct smmu_sim_job *job;

	put(q, op, from, to, len);
	if (!ring(q))
		return false;
	job = take(q);
	if (job)
		*result = *job;
	return job;
}

/* Cases */

static bool describes(void)
{
	char flags[16], algs[64], left[16];

	return attribute("flags", flags, sizeof(flags)) && atoi(flags) & UACCE_DEV_SVA &&
	       attribute("algorithms", algs, sizeof(algs)) && !strcmp(algs, "copy") &&
	       attribute("available_instances", left, sizeof(left)) && atoi(left) > 0;
}

static bool copies(void)
{
	size_t len = 300000;
	uint8_t *from = malloc(len), *to = sva_memory(len);
	struct smmu_sim_job job = {};
	struct queue q;
	bool good;

	sim_fill(from, len, 1);
	good = queue_open(&q) && one(&q, SMMU_SIM_JOB_COPY, from, to, len, &job) &&
	       job.status == SMMU_SIM_JOB_DONE && !memcmp(from, to, len);
	queue_close(&q);
	free(from);
	munmap(to, len);
	return good;
}

static bool sums(void)
{
	uint8_t data[5000];
	struct smmu_sim_job job = {};
	uint64_t want = 0;
	struct queue q;
	size_t i;
	bool good;

	sim_fill(data, sizeof(data), 2);
	for (i = 0; i < sizeof(data); i++)
		want += data[i];
	good = queue_open(&q) && one(&q, SMMU_SIM_JOB_SUM, data, NULL, sizeof(data), &job) &&
	       job.status == SMMU_SIM_JOB_DONE && job.result == want;
	queue_close(&q);
	return good;
}

static bool many(void)
{
	uint64_t in[SMMU_SIM_JOBS], out[SMMU_SIM_JOBS];
	struct smmu_sim_job *job;
	unsigned int i, round;
	struct queue q;
	bool good = queue_open(&q);

	for (round = 0; good && round < 20; round++) {
		for (i = 0; i < SMMU_SIM_JOBS; i++) {
			in[i] = round * 100 + i;
			put(&q, SMMU_SIM_JOB_COPY, &in[i], &out[i], sizeof(in[i]));
		}
		good = ring(&q);
		for (i = 0; good && i < SMMU_SIM_JOBS; i++) {
			job = take(&q);
			good = job && job->status == SMMU_SIM_JOB_DONE &&
			       job->cookie == round * SMMU_SIM_JOBS + i && out[i] == in[i];
		}
	}
	queue_close(&q);
	return good;
}

static bool fails(void)
{
	uint8_t *p = sva_memory(4 * page);
	struct smmu_sim_job job = {};
	struct queue q;
	bool good = queue_open(&q);

	munmap(p + 2 * page, page);
	good = good && one(&q, SMMU_SIM_JOB_SUM, p, NULL, 4 * page, &job) &&
	       job.status == SMMU_SIM_JOB_FAILED && job.failed == (uintptr_t)p + 2 * page &&
	       job.outcome != SMMU_SIM_OUT_OK;
	mprotect(p, page, PROT_READ);
	good = good && one(&q, SMMU_SIM_JOB_COPY, p + page, p, 8, &job) &&
	       job.status == SMMU_SIM_JOB_FAILED && job.failed == (uintptr_t)p;
	good = good && one(&q, 77, p, p, 8, &job) && job.status == SMMU_SIM_JOB_BAD;
	/* And goes on. */
	good = good && one(&q, SMMU_SIM_JOB_COPY, p, p + page, 8, &job) &&
	       job.status == SMMU_SIM_JOB_DONE;
	queue_close(&q);
	munmap(p, 4 * page);
	return good;
}

static bool stops(void)
{
	struct smmu_sim_job job = {};
	uint64_t word = 5, to = 0;
	struct queue q;
	bool good;

	good = queue_open(&q) && !ioctl(q.fd, UACCE_CMD_PUT_Q) && !ring(&q) && errno == EINVAL &&
	       !ioctl(q.fd, UACCE_CMD_START_Q) &&
	       one(&q, SMMU_SIM_JOB_COPY, &word, &to, 8, &job) && to == 5;
	queue_close(&q);
	return good;
}

/* Two processes, each with a queue: the same addresses are different memory (I-36). */
static bool two(void)
{
	uint64_t *p = sva_memory(page), to = 0;
	struct smmu_sim_job job = {};
	struct queue q, own;
	int status = 1;
	bool good;
	pid_t pid;

	good = queue_open(&q);
	*p = 1;
	pid = fork();
	if (!pid) {
		*p = 2;
		good = queue_open(&own) && one(&own, SMMU_SIM_JOB_COPY, p, &to, 8, &job) && to == 2;
		_exit(!good);
	}
	waitpid(pid, &status, 0);
	good = good && !status && one(&q, SMMU_SIM_JOB_COPY, p, &to, 8, &job) && to == 1;
	queue_close(&q);
	munmap(p, page);
	return good;
}

static bool killed(void)
{
	bool good = true;
	struct queue q;
	int line[2], i;
	uint8_t *p;
	pid_t pid;
	char c;

	for (i = 0; good && i < 5; i++) {
		if (pipe2(line, O_CLOEXEC))
			return false;
		pid = fork();
		if (!pid) {
			p = sva_memory(4000 * page);
			if (!queue_open(&q))
				_exit(1);
			for (i = 0; i < 8; i++)
				put(&q, SMMU_SIM_JOB_COPY, p, p + 2000 * page, 2000 * page);
			ring(&q);
			if (write(line[1], "1", 1) == 1)
				pause();
		}
		close(line[1]);
		good = read(line[0], &c, 1) == 1;
		close(line[0]);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return good && copies();
}

/* The driver goes while jobs are under way (I-34, I-43). */
static bool driver_goes(void)
{
	bool pri = !strcmp(now, "pri"), good = true;
	char path[PATH_MAX], name[128], un[PATH_MAX], to[PATH_MAX];
	uint8_t *p = sva_memory(4000 * page);
	struct queue q;
	int i;

	snprintf(path, sizeof(path), "%s/%s/masters/%s/dev_name", SIM_CONFIGFS, INSTANCE, now);
	snprintf(un, sizeof(un), "/sys/bus/%s/drivers/smmu-sim-master/unbind",
		 pri ? "pci" : "platform");
	snprintf(to, sizeof(to), "/sys/bus/%s/drivers/smmu-sim-master/bind",
		 pri ? "pci" : "platform");
	if (!read_text(path, name, sizeof(name)))
		return false;
	for (i = 0; good && i < 5; i++) {
		good = queue_open(&q);
		put(&q, SMMU_SIM_JOB_COPY, p, p + 2000 * page, 2000 * page);
		good = good && ring(&q) && !sim_set(un, name) && !ring(&q);
		good = !sim_set(to, name) && good;
		close(q.fd);
	}
	munmap(p, 4000 * page);
	return good && copies();
}

static const struct {
	const char *what;
	bool (*run)(void);
} cases[] = {
	{ "says what it is", describes },
	{ "copies memory of the program", copies },
	{ "sums up memory of the program", sums },
	{ "many jobs", many },
	{ "jobs that fail say where (I-45)", fails },
	{ "stops and starts", stops },
	{ "two programs (I-36)", two },
	{ "kill -9 with jobs under way (I-33)", killed },
	{ "the driver goes with jobs under way (I-34, I-43)", driver_goes },
};

int main(void)
{
	unsigned int i, k;
	int ret;

	page = sysconf(_SC_PAGESIZE);
	ksft_print_header();
	if (sim_configfs())
		ksft_exit_skip("no simulator in this kernel\n");
	if (access(CLASS, F_OK))
		ksft_exit_skip("no uacce in this kernel\n");
	ret = sva_describe(INSTANCE, true);
	for (i = 0; !ret && i < ARRAY_SIZE(names); i++)
		ret = sim_master_set(INSTANCE, names[i], "uacce", 1);
	if (!ret)
		ret = sim_live(INSTANCE, true);
	if (ret)
		ksft_exit_fail_msg("making an instance: %s\n", strerror(-ret));
	close(sim_open(INSTANCE, names[0]));
	now = names[0];
	if (!describes()) {
		sim_remove(INSTANCE);
		ksft_exit_skip("the driver of the SMMU shares no memory\n");
	}
	ksft_set_plan(ARRAY_SIZE(names) * ARRAY_SIZE(cases) + 1);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		now = names[i];
		for (k = 0; k < ARRAY_SIZE(cases); k++)
			ksft_test_result(cases[k].run(), "%s: %s\n", now, cases[k].what);
	}
	ksft_test_result(!sim_number(INSTANCE, "violations"), "no violation (I-32, I-36)\n");
	sim_remove(INSTANCE);
	ksft_finished();
}
