// SPDX-License-Identifier: GPL-2.0-only
/*
 * Masters that share the memory of a test program.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../kselftest.h"
#include "sva.h"

size_t page;

/*
 * An instance with one master of each kind, "stall" and "pri", which is not live yet.
 * With @stale it uses translations that memory no longer has for as long as it may.
 */
int sva_describe(const char *instance, bool stale)
{
	int ret = sim_instance(instance, NULL);

	if (!ret && stale)
		ret = sim_attribute(instance, NULL, "prefer_stale", "1");
	if (!ret)
		ret = sim_master(instance, "stall", "platform");
	if (!ret)
		ret = sim_master_set(instance, "stall", "stall", 1);
	if (!ret)
		ret = sim_master_set(instance, "stall", "pasid_bits", 8);
	if (!ret)
		ret = sim_master(instance, "pri", "pci");
	if (!ret)
		ret = sim_master_set(instance, "pri", "ats", 1);
	if (!ret)
		ret = sim_master_set(instance, "pri", "pri", 1);
	if (!ret)
		ret = sim_master_set(instance, "pri", "pasid_bits", 16);
	return ret;
}

int sva_instance(const char *instance, bool stale)
{
	return sva_describe(instance, stale) ?: sim_live(instance, true);
}

/* Open a master and bind this process to it. */
int sva_open(struct sva *m, const char *instance, const char *name)
{
	int ret;

	*m = (struct sva) {
		.instance = instance,
		.name = name,
		.pri = !strcmp(name, "pri"),
		.fd = sim_open(instance, name),
	};
	if (m->fd < 0)
		return m->fd;
	ret = sim_bind(m->fd, &m->pasid);
	if (ret) {
		close(m->fd);
		m->fd = -1;
		return ret;
	}
	m->how.pasid = m->pasid;
	return 0;
}

void sva_close(struct sva *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}

/* A CPU without work keeps the memory of the process that it ran last. */
static void visit_cpus(void)
{
	cpu_set_t before, one;
	int cpu;

	sched_getaffinity(0, sizeof(before), &before);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (CPU_ISSET(cpu, &before))
			sched_setaffinity(0, sizeof(one), &one);
	}
	sched_setaffinity(0, sizeof(before), &before);
}

/* Can so many PASIDs be had? Those of children can when their memory is gone at last. */
bool sva_pasids(const char *instance, const char *master, unsigned int num)
{
	unsigned int had = 0, tries = 0;
	int ret, fd = sim_open(instance, master);
	uint32_t pasid;

	while (fd >= 0 && had < num && tries < 500) {
		ret = sim_attach(fd, &pasid);
		if (ret && ret != -ENOSPC)
			break;
		had += !ret;
		tries += !!ret;
		if (ret) {
			visit_cpus();
			sim_rest(10);
		}
	}
	if (fd >= 0)
		close(fd);
	if (had < num)
		printf("# only %u PASIDs could be had\n", had);
	return had == num;
}

static void run_case(struct sva *m, const struct sva_case *c)
{
	const char *why = c->lacks ? c->lacks() : NULL;
	long before = sim_number(m->instance, "violations"), after;
	bool good;

	if (why) {
		ksft_test_result_skip("%s: %s: %s\n", m->name, c->what, why);
		return;
	}
	good = c->run(m);
	after = sim_number(m->instance, "violations");
	if (after != before) {
		printf("# %ld violations\n", after - before);
		sim_report(m->instance);
	}
	ksft_test_result(good && after == before, "%s: %s\n", m->name, c->what);
	fflush(stdout);
}

/* All cases with each kind of master. Does not return. */
void sva_run(const char *instance, const struct sva_case *cases, unsigned int num)
{
	static const char *const names[] = { "stall", "pri" };
	unsigned int i, k;
	struct sva m;
	int ret;

	page = sysconf(_SC_PAGESIZE);
	ksft_print_header();
	if (sim_configfs())
		ksft_exit_skip("no simulator in this kernel\n");
	ret = sva_instance(instance, true);
	if (ret)
		ksft_exit_fail_msg("making an instance: %s\n", strerror(-ret));
	ret = sva_open(&m, instance, names[0]);
	if (ret == -ENODEV || ret == -EOPNOTSUPP) {
		sim_remove(instance);
		ksft_exit_skip("the driver of the SMMU shares no memory: %s\n", strerror(-ret));
	}
	sva_close(&m);
	ksft_set_plan(ARRAY_SIZE(names) * num);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		ret = sva_open(&m, instance, names[i]);
		if (ret)
			ksft_print_msg("%s cannot be bound: %s\n", names[i], strerror(-ret));
		for (k = 0; k < num; k++) {
			if (ret)
				ksft_test_result_fail("%s: %s\n", names[i], cases[k].what);
			else
				run_case(&m, &cases[k]);
		}
		sva_close(&m);
	}
	sim_remove(instance);
	ksft_finished();
}

/* Accesses */

bool sva_put(struct sva *m, void *to, const void *from, size_t len)
{
	struct sim_result r;
	int ret = sim_write(m->fd, (uintptr_t)to, from, len, &m->how, &r);

	if (ret)
		printf("# write: %s\n", strerror(-ret));
	return !ret && sim_fine(&r);
}

bool sva_get(struct sva *m, void *to, const void *from, size_t len)
{
	struct sim_result r;
	int ret = sim_read(m->fd, (uintptr_t)from, to, len, &m->how, &r);

	if (ret)
		printf("# read: %s\n", strerror(-ret));
	return !ret && sim_fine(&r);
}

/* What the one writes, the other reads. */
bool sva_moves(struct sva *m, void *at, size_t len, unsigned int seed)
{
	size_t done, part;
	uint8_t *data = malloc(len);
	bool good = data;

	sim_fill(data, len, seed);
	for (done = 0; good && done < len; done += part) {
		part = len - done < 65536 ? len - done : 65536;
		good = sva_put(m, (uint8_t *)at + done, data + done, part);
	}
	if (good && memcmp(at, data, len)) {
		printf("# the CPU reads something else\n");
		good = false;
	}
	if (good)
		sim_fill(at, len, seed + 1);
	for (done = 0; good && done < len; done += part) {
		part = len - done < 65536 ? len - done : 65536;
		good = sva_get(m, data + done, (uint8_t *)at + done, part);
	}
	if (good && memcmp(at, data, len)) {
		printf("# the device reads something else\n");
		good = false;
	}
	free(data);
	return good;
}

/*
 * Refused, as the process itself would be. A stalled transaction ends with the
 * event that it stalled with; a page request is answered: invalid.
 */
bool sva_denied(struct sva *m, void *at, bool write, uint32_t event)
{
	uint8_t data[8] = { 0xbd };
	struct sim_result r;
	int ret;

	ret = write ? sim_write(m->fd, (uintptr_t)at, data, sizeof(data), &m->how, &r) :
		      sim_read(m->fd, (uintptr_t)at, data, sizeof(data), &m->how, &r);
	if (ret) {
		printf("# %s: %s\n", write ? "write" : "read", strerror(-ret));
		return false;
	}
	if (!m->pri)
		return sim_expect(&r, SMMU_SIM_OUT_ABORT, event) && r.stalls == 1 && !r.done;
	r.event = 0;
	return sim_expect(&r, SMMU_SIM_OUT_PRI_INVALID, 0) && r.requests == 1 && !r.done;
}

/* Nothing is behind the PASID: an event of the configuration, or no answer to ATS. */
bool sva_gone(struct sva *m, void *at)
{
	struct sim_result r;
	uint8_t data[8];
	int ret = sim_read(m->fd, (uintptr_t)at, data, sizeof(data), &m->how, &r);

	if (ret) {
		printf("# read: %s\n", strerror(-ret));
		return false;
	}
	switch (r.outcome) {
	case SMMU_SIM_OUT_ABORT:
		return !m->pri;
	case SMMU_SIM_OUT_ATS_DENIED:
	case SMMU_SIM_OUT_ATS_UR:
	case SMMU_SIM_OUT_ATS_CA:
	case SMMU_SIM_OUT_PRI_INVALID:
	case SMMU_SIM_OUT_PRI_FAILURE:
		return m->pri;
	}
	return sim_fine(&r) && false;
}

/* Memory */

/* Private, not there yet, and page by page. */
void *sva_memory(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		ksft_exit_fail_msg("no memory\n");
	madvise(p, len, MADV_NOHUGEPAGE);
	return p;
}

/* The same, at a multiple of @alignment; munmap() of @len bytes frees it. */
void *sva_aligned(size_t len, size_t alignment)
{
	uint8_t *p = sva_memory(len + alignment);
	uint8_t *at = (uint8_t *)(((uintptr_t)p + alignment - 1) & ~(alignment - 1));

	if (at > p)
		munmap(p, at - p);
	munmap(at + len, p + alignment - at);
	return at;
}

/* Size of a transparent huge page, 0: this kernel has none. */
size_t sva_huge(void)
{
	FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "r");
	size_t size = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%zu", &size) != 1)
		size = 0;
	fclose(file);
	return size;
}

/* A field of the mapping that @at is in, in KiB; -1: there is none. */
long sva_smaps(const void *at, const char *field)
{
	unsigned long first, end;
	bool here = false;
	char line[256];
	long value = -1;
	FILE *file = fopen("/proc/self/smaps", "r");

	while (file && value < 0 && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &first, &end) == 2)
			here = (uintptr_t)at >= first && (uintptr_t)at < end;
		else if (here && !strncmp(line, field, strlen(field)))
			value = atol(line + strlen(field) + 1);
	}
	if (file)
		fclose(file);
	return value;
}

/* A file without a name. */
int sva_file(size_t len, unsigned int seed)
{
	char name[] = "/tmp/sva-XXXXXX";
	uint8_t *data = malloc(len);
	int fd = mkstemp(name);

	if (fd < 0 || !data)
		ksft_exit_fail_msg("no file in /tmp\n");
	unlink(name);
	sim_fill(data, len, seed);
	if (write(fd, data, len) != (ssize_t)len)
		ksft_exit_fail_msg("no room in /tmp\n");
	free(data);
	return fd;
}
