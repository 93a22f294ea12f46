// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it saves that devices behind several SMMUs have one page table: the same memory
 * is mapped for masters behind 1, 2, 4 and 8 simulated instances, in one table for all
 * of them and in one for each.
 *
 * usage: sim_domain_bench [PAGES]
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/bench.h"
#include "lib/iommufd.h"
#include "lib/sim_cases.h"
#include "lib/sim_check.h"

#define MOST		8	/* instances */
#define MASTER		"m"
#define AT		0x40000000ull
#define WARM		1	/* rounds before those that count */
#define ROUNDS		15
#define PAGES		4096	/* whose tables are counted, unless another number is given */
/* Whose instructions are: no more, or the timer's interrupts are in each round. */
#define FEW		64

static size_t page, most;
static uint8_t *memory;

/* What one way takes. @tables: in pages; @commands: of an unmap, by all instances */
struct cost {
	double map, unmap, tables, commands;
};

/* An address space with a master behind each of some instances */
struct space {
	int fd;
	uint32_t ioas;
	unsigned int num;
	int master[MOST];
};

static const char *instance(unsigned int i)
{
	static char name[16];

	snprintf(name, sizeof(name), "share%u", i);
	return name;
}

static int instances(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < MOST; i++)
		ret = sim_instance(instance(i), NULL) ?:
		      sim_master(instance(i), MASTER, "platform") ?:
		      sim_master_set(instance(i), MASTER, "user", 1) ?:
		      sim_live(instance(i), true);
	return ret;
}

static long violations(void)
{
	unsigned int i;
	long sum = 0;

	for (i = 0; i < MOST; i++)
		sum += sim_number(instance(i), "violations");
	return sum;
}

static void space_end(struct space *s)
{
	while (s->num--)
		close(s->master[s->num]);
	if (s->fd >= 0)
		close(s->fd);
}

static int space_add(struct space *s, bool shared, uint32_t *table)
{
	uint32_t dev, to;
	int ret;

	s->master[s->num] = sim_open(instance(s->num), MASTER);
	if (s->master[s->num] < 0)
		return s->master[s->num];
	ret = sim_give(s->master[s->num++], s->fd, &dev);
	if (!ret && (s->num == 1 || !shared))
		ret = iommufd_hwpt(s->fd, dev, s->ioas, 0, table);
	to = *table;
	return ret ?: sim_lead(s->master[s->num - 1], &to);
}

static bool space_make(struct space *s, unsigned int num, bool shared)
{
	uint32_t table = 0;
	int ret;

	*s = (struct space) { .fd = iommufd_open() };
	ret = s->fd < 0 ? s->fd : iommufd_ioas(s->fd, &s->ioas);
	while (!ret && s->num < num)
		ret = space_add(s, shared, &table);
	if (good(ret, "an address space"))
		return true;
	space_end(s);
	return false;
}

/* Pages of tables in the whole machine; each CPU keeps some to itself until it is asked. */
static double tables(void)
{
	FILE *file = sim_set("/proc/sys/vm/stat_refresh", "1") ? NULL : fopen("/proc/vmstat", "r");
	unsigned long value, pages = 0;
	char name[64];

	while (file && fscanf(file, "%63s %lu", name, &value) == 2)
		if (!strcmp(name, "nr_iommu_pages"))
			pages = value;
	if (file)
		fclose(file);
	return pages;
}

/* The clock is that of the first instance: read last before a call, and first after it. */
static double before_all(unsigned int num, struct bench *b)
{
	double commands = 0;

	while (num--) {
		bench_before(instance(num), b);
		commands += b->commands;
	}
	return commands;
}

static double after_all(unsigned int num, struct bench *b)
{
	struct bench other = {};
	double commands;
	unsigned int i;

	bench_after(instance(0), b);
	commands = b->commands;
	for (i = 1; i < num; i++) {
		bench_after(instance(i), &other);
		commands += other.commands;
	}
	return commands;
}

/* What is mapped is reached through each instance, and no more once it is not. */
static bool reached(const struct space *s, size_t len, bool mapped)
{
	uint64_t at = AT + len - page;
	struct sim_result r;
	uint8_t data[16];
	unsigned int i;

	for (i = 0; i < s->num; i++) {
		sim_fill(data, sizeof(data), i + 1);
		if (sim_write(s->master[i], at, data, sizeof(data), NULL, &r))
			return false;
		if (mapped ? !sim_fine(&r) || memcmp(memory + len - page, data, sizeof(data)) :
			     !sim_expect(&r, SMMU_SIM_OUT_ABORT, F_TRANSLATION))
			return false;
	}
	return true;
}

static bool once(const struct space *s, size_t len, struct cost *c)
{
	struct bench from = {}, to = {};
	double commands, before = tables();
	bool ok;

	before_all(s->num, &from);
	ok = good(iommufd_map(s->fd, s->ioas, memory, len, AT, true), "map");
	after_all(s->num, &to);
	c->map = bench_own(&from, &to);
	c->tables = tables() - before;
	ok = ok && reached(s, len, true);

	commands = before_all(s->num, &from);
	ok = good(iommufd_unmap(s->fd, s->ioas, AT, len), "unmap") && ok;
	c->commands = after_all(s->num, &to) - commands;
	c->unmap = bench_own(&from, &to);
	return ok && reached(s, len, false);
}

static bool measure(unsigned int num, bool shared, struct cost *c)
{
	double map[ROUNDS], unmap[ROUNDS];
	struct space s;
	unsigned int i;
	bool ok = true;

	if (!space_make(&s, num, shared))
		return false;
	for (i = 0; ok && i < WARM + ROUNDS; i++) {
		ok = once(&s, FEW * page, c);
		if (i < WARM)
			continue;
		map[i - WARM] = c->map;
		unmap[i - WARM] = c->unmap;
	}
	ok = ok && once(&s, most, c);
	space_end(&s);
	if (ok) {
		c->map = bench_least(map, ROUNDS);
		c->unmap = bench_least(unmap, ROUNDS);
	}
	return ok;
}

static bool both(unsigned int num)
{
	struct cost one, each;

	if (!measure(num, true, &one) || !measure(num, false, &each))
		return false;
	if (bench_can()) {
		printf("domain-bench: %u one %.0f %.0f %.0f %.0f\n", num, one.map, one.unmap,
		       one.commands, one.tables);
		printf("domain-bench: %u each %.0f %.0f %.0f %.0f\n", num, each.map, each.unmap,
		       each.commands, each.tables);
	}
	/* Tables of the same memory are of the same size. */
	return one.tables && each.tables == num * one.tables;
}

/* Ends the program where there is no such memory. */
static void prepare(size_t pages)
{
	page = sysconf(_SC_PAGESIZE);
	most = pages * page;
	memory = mmap(NULL, most, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		ksft_exit_fail_msg("memory: %s\n", strerror(errno));
	/* Of huge pages there is nothing to be seen. */
	madvise(memory, most, MADV_NOHUGEPAGE);
	memset(memory, 1, most);
}

int main(int argc, char **argv)
{
	size_t pages = argc > 1 ? strtoul(argv[1], NULL, 0) : PAGES;
	unsigned int num;
	int ret;

	sim_begin_iommufd();
	if (pages < FEW)
		ksft_exit_fail_msg("usage: sim_domain_bench [PAGES], at least 64\n");
	prepare(pages);
	ret = instances();
	if (ret)
		ksft_exit_fail_msg("making instances: %s\n", strerror(-ret));
	if (!bench_can())
		ksft_print_msg("what it costs cannot be told with more CPUs than one\n");
	ksft_set_plan(5);
	for (num = 1; num <= MOST; num *= 2)
		ksft_test_result(both(num), "tables of %u instances (I-50)\n", num);
	ret = violations();
	if (ret)
		for (num = 0; num < MOST; num++)
			sim_report(instance(num));
	ksft_test_result(!ret, "no violation (I-50)\n");
	for (num = 0; num < MOST; num++)
		sim_remove(instance(num));
	ksft_finished();
}
