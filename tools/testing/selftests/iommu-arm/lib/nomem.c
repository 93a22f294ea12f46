// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations that fail, one by one: of the calling thread, or of kernel threads.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nomem.h"
#include "smmu_sim_lib.h"

#define SELF	"/proc/thread-self/fail-nth"
#define SLAB	"/sys/kernel/debug/failslab/"
#define PAGES	"/sys/kernel/debug/fail_page_alloc/"

/* Let those fail that may wait for memory, and single pages, and those of processes. */
bool nomem_set(enum nomem_kind kind)
{
	bool pages = kind == NOMEM_PAGES;

	return !sim_set(SLAB "ignore-gfp-wait", pages ? "Y" : "N") &&
	       !sim_set(PAGES "min-order", pages ? "0" : "100") &&
	       !sim_set(PAGES "ignore-gfp-wait", "N") &&
	       !sim_set(PAGES "ignore-gfp-highmem", "N") &&
	       !sim_set(SLAB "verbose", "0") && !sim_set(PAGES "verbose", "0");
}

/* NULL, or why this kernel cannot. */
const char *nomem_why_not(void)
{
	if (access(SELF, W_OK))
		return "no allocation can be made to fail in this kernel (CONFIG_FAULT_INJECTION)";
	if (!nomem_set(NOMEM_OBJECTS))
		return "no failslab, or no fail_page_alloc, in debugfs";
	return NULL;
}

static bool set(int fd, unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	return pwrite(fd, text, len, 0) == len;
}

/* So many allocations until the one that fails, 0: it has */
static unsigned int left(int fd)
{
	char text[16] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? strtoul(text, NULL, 10) : 0;
}

static void add(struct nomem *n, const char *path)
{
	int fd = n->num < NOMEM_THREADS ? open(path, O_RDWR | O_CLOEXEC) : -1;

	if (fd >= 0)
		n->fd[n->num++] = fd;
}

static bool start(struct nomem *n, unsigned int nth)
{
	bool good = n->num;
	int i;

	n->nth = nth;
	for (i = 0; i < n->num; i++)
		good = set(n->fd[i], nth) && good;
	return good;
}

/* Of the caller. Only system calls between this and nomem_end() count. */
bool nomem_self(struct nomem *n, unsigned int nth)
{
	n->num = 0;
	add(n, SELF);
	return start(n, nth);
}

static bool is_one(const char *pid, const char *begins, const char *has)
{
	char path[PATH_MAX], name[64] = "";
	FILE *file;

	if (!isdigit(*pid))
		return false;
	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "r");
	if (file && !fgets(name, sizeof(name), file))
		*name = 0;
	if (file)
		fclose(file);
	return !strncmp(name, begins, strlen(begins)) && strstr(name, has);
}

/* Of all kernel threads whose name begins with @begins and has @has in it. */
bool nomem_kernel(struct nomem *n, const char *begins, const char *has, unsigned int nth)
{
	DIR *dir = opendir("/proc");
	char path[PATH_MAX];
	struct dirent *d;

	n->num = 0;
	while (dir && (d = readdir(dir))) {
		if (!is_one(d->d_name, begins, has))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/fail-nth", d->d_name);
		add(n, path);
	}
	if (dir)
		closedir(dir);
	return start(n, nth);
}

enum nomem_fate nomem_end(struct nomem *n)
{
	enum nomem_fate fate = NOMEM_UNTOUCHED;
	unsigned int rest;
	int i;

	for (i = 0; i < n->num; i++) {
		rest = left(n->fd[i]);
		if (rest)
			set(n->fd[i], 0);
		if (!rest)
			fate = NOMEM_FAILED;
		else if (rest != n->nth && fate == NOMEM_UNTOUCHED)
			fate = NOMEM_PASSED;
		close(n->fd[i]);
	}
	n->num = 0;
	return fate;
}
