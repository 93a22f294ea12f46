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

#define SELF	"/proc/thread-self"
#define SLAB	"/sys/kernel/debug/failslab/"
#define PAGES	"/sys/kernel/debug/fail_page_alloc/"
#define OTHERS	"/sys/kernel/debug/fail_smmu_sim/"
#define CACHES	"/sys/kernel/slab"
/* Failures of pages are counted down from here. */
#define PLENTY	NOMEM_NEVER

static enum nomem_kind kind;

/* What checkers keep of objects is as many again, and none of what is tested. */
static bool is_ours(const char *cache)
{
	return *cache != '.' && strncmp(cache, "kmemleak", 8) &&
	       strncmp(cache, "debug_objects", 13);
}

/* All of a kernel without checkers, or one that does not tell caches apart, can fail. */
static bool choose_caches(void)
{
	DIR *dir = opendir(CACHES);
	bool chosen = dir;
	char path[PATH_MAX];
	struct dirent *d;

	while (chosen && (d = readdir(dir))) {
		if (!is_ours(d->d_name))
			continue;
		snprintf(path, sizeof(path), CACHES "/%s/failslab", d->d_name);
		chosen = !sim_set(path, "1");
	}
	if (dir)
		closedir(dir);
	return chosen;
}

/* Functions of the kernel, from the first to behind the last */
struct text {
	unsigned long long start, end;
};

static bool begins(const char *name, const char *const *with)
{
	while (*with && strncmp(name, *with, strlen(*with)))
		with++;
	return *with;
}

/* From the first function that begins with one of these to the last: what is linked together */
static struct text text_of(const char *const *with)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	struct text text = {};
	bool last = false;
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		unsigned long long at;
		char name[256];

		if (sscanf(line, "%llx %*c %255s", &at, name) != 2 || !strcmp(name, "_etext"))
			break;
		if (last)
			text.end = at;
		last = begins(name, with);
		if (last && !text.start)
			text.start = at;
	}
	if (file)
		fclose(file);
	return text;
}

static void set_text(const char *knobs, const char *what, struct text text)
{
	char path[PATH_MAX], value[32];

	snprintf(path, sizeof(path), "%s%s-start", knobs, what);
	snprintf(value, sizeof(value), "0x%llx", text.start);
	sim_set(path, value);
	snprintf(path, sizeof(path), "%s%s-end", knobs, what);
	snprintf(value, sizeof(value), "0x%llx", text.end);
	sim_set(path, value);
}

static void set_texts(const char *what, struct text text)
{
	set_text(SLAB, what, text);
	set_text(PAGES, what, text);
}

/* Of drivers/iommu, all built in */
const char *const nomem_iommu[] = { "iommu_", "iommufd_", "iopt_", "iova_", "smmu_", NULL };

/**
 * nomem_where() - choose what may fail by its callers
 * @callers: one of these has to be among them, see text_of(), or NULL. Others that take part do
 *	not bear it: in 6.12 the PCI core dies of a function that cannot be added.
 * @interrupts: spare interrupts' files in /proc, the lack of which the core warns of, or else
 *	names in /dev, of which it says nothing when they cannot come or go.
 */
void nomem_where(const char *const *callers, bool interrupts)
{
	static const char *const proc[] = { "register_irq_proc", "register_handler_proc", NULL };
	static const char *const dev[] = { "device_get_devnode", NULL };
	const struct text all = { 0, -1ull };

	set_texts("require", callers ? text_of(callers) : all);
	set_texts("reject", text_of(interrupts ? proc : dev));
}

/* Only what fail-nth says fails, and nothing that others ask for. */
static bool set_others(bool fail)
{
	if (access(OTHERS, F_OK))
		return !fail;
	return !sim_set(OTHERS "times", "0") &&
	       !sim_set(OTHERS "probability", fail ? "100" : "0");
}

/* Whether this kernel has any of them */
bool nomem_has(enum nomem_kind which)
{
	return which != NOMEM_OTHERS || !access(OTHERS, F_OK);
}

/* Let those fail that may wait for memory, and single pages, and those of processes. */
bool nomem_set(enum nomem_kind which)
{
	bool objects = which == NOMEM_OBJECTS, pages = !objects && which != NOMEM_OTHERS;

	kind = which;
	return !sim_set(SLAB "cache-filter", choose_caches() ? "Y" : "N") &&
	       !sim_set(SLAB "verbose", "0") &&
	       !sim_set(SLAB "ignore-gfp-wait", objects ? "N" : "Y") &&
	       !sim_set(PAGES "verbose", "0") &&
	       !sim_set(PAGES "min-order", pages ? "0" : "100") &&
	       !sim_set(PAGES "ignore-gfp-wait", "N") &&
	       !sim_set(PAGES "ignore-gfp-highmem", "N") &&
	       !sim_set(PAGES "task-filter", "Y") &&
	       !sim_set(PAGES "probability", which == NOMEM_PAGES_ON ? "100" : "0") &&
	       set_others(which == NOMEM_OTHERS);
}

/* NULL, or why this kernel cannot. */
const char *nomem_why_not(void)
{
	if (access(SELF "/fail-nth", W_OK))
		return "no allocation can be made to fail in this kernel (CONFIG_FAULT_INJECTION)";
	if (!nomem_set(NOMEM_OBJECTS))
		return "no failslab, or no fail_page_alloc, in debugfs";
	return NULL;
}

static bool set(int fd, unsigned int value)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", value);

	return pwrite(fd, text, len, 0) == len;
}

static unsigned int get(int fd)
{
	char text[16] = "";

	return read(fd, text, sizeof(text) - 1) > 0 ? strtoul(text, NULL, 10) : 0;
}

/* Knobs, which know no positions */
static bool set_knob(const char *path, unsigned int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	return !sim_set(path, text);
}

static unsigned int get_knob(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned int value = get(fd);

	close(fd);
	return value;
}

static void add(struct nomem *n, const char *thread)
{
	char path[PATH_MAX];
	int fd = -1;

	snprintf(path, sizeof(path), "%s/%s", thread,
		 kind == NOMEM_PAGES_ON ? "make-it-fail" : "fail-nth");
	if (n->num < NOMEM_THREADS)
		fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		n->fd[n->num++] = fd;
}

static bool set_all(struct nomem *n, unsigned int value)
{
	bool good = n->num;
	int i;

	for (i = 0; i < n->num; i++)
		good = set(n->fd[i], value) && good;
	return good;
}

static bool start(struct nomem *n, unsigned int nth)
{
	n->nth = nth;
	if (kind != NOMEM_PAGES_ON)
		return set_all(n, nth);
	return set_knob(PAGES "times", PLENTY) && set_knob(PAGES "space", nth) && set_all(n, 1);
}

/*
 * Of the caller. Only system calls between this and nomem_end() count. What these
 * functions themselves touch has to be there: it is touched before.
 */
bool nomem_self(struct nomem *n, unsigned int nth)
{
	n->num = 0;
	add(n, SELF);
	start(n, PLENTY);
	nomem_end(n);
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
		snprintf(path, sizeof(path), "/proc/%s", d->d_name);
		add(n, path);
	}
	if (dir)
		closedir(dir);
	return start(n, nth);
}

static enum nomem_fate fate_on(struct nomem *n)
{
	set_all(n, 0);
	n->passed = n->nth - get_knob(PAGES "space");
	if (get_knob(PAGES "times") != PLENTY)
		return NOMEM_FAILED;
	return get_knob(PAGES "space") == n->nth ? NOMEM_UNTOUCHED : NOMEM_PASSED;
}

static enum nomem_fate fate_nth(struct nomem *n)
{
	enum nomem_fate fate = NOMEM_UNTOUCHED;
	unsigned int left;
	int i;

	for (i = 0; i < n->num; i++) {
		left = get(n->fd[i]);
		n->passed = n->nth - left;
		if (!left)
			fate = NOMEM_FAILED;
		else if (left != n->nth && fate == NOMEM_UNTOUCHED)
			fate = NOMEM_PASSED;
	}
	set_all(n, 0);
	return fate;
}

enum nomem_fate nomem_end(struct nomem *n)
{
	enum nomem_fate fate = kind == NOMEM_PAGES_ON ? fate_on(n) : fate_nth(n);

	while (n->num)
		close(n->fd[--n->num]);
	return fate;
}
