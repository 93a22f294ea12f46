// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs that a device shares the memory of a process: bonds, faults, and
 * what is added to an munmap.
 *
 * The simulator says how long it kept others waiting, and that is taken away.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/bench.h"
#include "lib/sva.h"

#define INSTANCE	"bench"
#define WARM		8	/* calls before those that count */
#define CALLS		33	/* an odd number: one is in the middle */

/*
 * What is measured.
 * @what: its name
 * @prepare: what it needs, not measured; may be NULL
 * @call: returns whether it worked
 * @fault: measured is what the simulator saw: from a fault's record to its answer
 * @m: who shares the memory; NULL: nobody
 * @fd: of a master
 * @pages: size
 * @at: memory
 */
struct work {
	const char *what;
	void (*prepare)(struct work *w);
	bool (*call)(struct work *w);
	bool fault;
	struct sva *m;
	int fd;
	unsigned int pages;
	uint8_t *at;
};

static unsigned long long empty;
static double cpu_fault;
static bool bad;

/* One call; gets what it cost without the simulator, and the simulator's part. */
static void measure_one(struct work *w, double *own, double *inside, double *commands)
{
	struct bench from = {}, to = {};
	bool good;

	if (w->prepare)
		w->prepare(w);
	bench_before(INSTANCE, &from);
	good = w->call(w);
	bench_after(INSTANCE, &to);
	if (w->fault) {
		good = good && to.answers - from.answers == 1;
		*inside = to.answer_inside_ns - from.answer_inside_ns;
		*own = to.answer_ns - from.answer_ns - *inside;
	} else {
		*inside = to.inside_ns - from.inside_ns;
		*own = bench_own(&from, &to) - empty;
	}
	*commands = to.commands - from.commands;
	if (!good && !bad)
		printf("# %s: did not work\n", w->what);
	bad |= !good;
}

static double measure(struct work *w)
{
	double own[WARM + CALLS], inside[WARM + CALLS], commands[WARM + CALLS], cost;
	unsigned int i;

	for (i = 0; i < WARM + CALLS; i++)
		measure_one(w, &own[i], &inside[i], &commands[i]);
	cost = bench_middle(own + WARM, CALLS);
	if (!cpu_fault)
		cpu_fault = cost;
	if (w->what && bench_can())
		printf("sva-bench: %s: %.0f %.2f %.0f %.0f\n", w->what, cost, cost / cpu_fault,
		       bench_middle(commands + WARM, CALLS), bench_middle(inside + WARM, CALLS));
	return cost;
}

/* What is measured */

static bool nothing(struct work *w)
{
	return !w->at;
}

/* All pages are touched once, so that none of them is there twice. */
static bool touch(struct work *w)
{
	unsigned int i;

	for (i = 0; i < w->pages; i++, w->at += page)
		*w->at = 1;
	return true;
}

static bool fault(struct work *w)
{
	w->at += page;
	return sva_put(w->m, w->at - page, "x", 1);
}

static bool bond(struct work *w)
{
	uint32_t pasid;

	return !sim_bind(w->fd, &pasid) && !sim_unbind(w->fd, pasid);
}

/* Memory that the CPU and the device have used */
static void used(struct work *w)
{
	uint8_t *at = sva_memory(w->pages * page), data;
	unsigned int i;

	w->at = at;
	touch(w);
	w->at = at;
	for (i = 0; w->m && i < w->pages; i++)
		bad |= !sva_get(w->m, &data, at + i * page, 1);
}

static bool unmap(struct work *w)
{
	return !munmap(w->at, w->pages * page);
}

static void unmaps(struct sva *m, const char *who)
{
	static const unsigned int sizes[] = { 1, 16, 128 };
	char what[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(what, sizeof(what), "munmap of %u page%s, %s", sizes[i],
			 sizes[i] > 1 ? "s" : "", who);
		measure(&(struct work) {
			.what = what, .prepare = used, .call = unmap, .m = m, .pages = sizes[i] });
	}
}

static void shared(const char *name, const char *what, const char *who)
{
	uint8_t *at = sva_memory((WARM + CALLS) * page);
	struct sva m;

	if (sva_open(&m, INSTANCE, name)) {
		printf("# %s cannot be bound\n", name);
		bad = true;
		return;
	}
	measure(&(struct work) { .what = what, .call = fault, .fault = true, .m = &m, .at = at });
	munmap(at, (WARM + CALLS) * page);
	unmaps(&m, who);
	sva_close(&m);
}

/* Ends the program where nothing can be shared. */
static void first_bond(struct sva *m)
{
	int ret = sva_open(m, INSTANCE, "pri");

	if (!ret)
		return;
	sim_remove(INSTANCE);
	ksft_exit_skip("the driver of the SMMU shares no memory: %s\n", strerror(-ret));
}

static void measure_all(void)
{
	uint8_t *at = sva_memory((WARM + CALLS) * page);
	int fd = sim_open(INSTANCE, "stall");
	struct sva m;

	empty = measure(&(struct work) { .call = nothing });
	cpu_fault = 0;
	measure(&(struct work) {
		.what = "page fault of the CPU", .call = touch, .pages = 1, .at = at });
	munmap(at, (WARM + CALLS) * page);
	/* Nobody has ever listened to what becomes of this process. */
	unmaps(NULL, "no device");
	first_bond(&m);
	measure(&(struct work) {
		.what = "bind and unbind, beside another device", .call = bond, .fd = fd });
	sva_close(&m);
	measure(&(struct work) {
		.what = "bind and unbind, the only device", .call = bond, .fd = fd });
	close(fd);
	shared("stall", "fault, by stall", "a device");
	shared("pri", "fault, by PRI", "a device with an ATC");
}

int main(void)
{
	int ret;

	page = sysconf(_SC_PAGESIZE);
	ksft_print_header();
	if (sim_configfs())
		ksft_exit_skip("no simulator in this kernel\n");
	ret = sva_instance(INSTANCE, false);
	if (ret)
		ksft_exit_fail_msg("making an instance: %s\n", strerror(-ret));
	if (!bench_can())
		ksft_print_msg("what it costs cannot be told with more CPUs than one\n");
	measure_all();
	ksft_set_plan(2);
	ksft_test_result(!bad, "all that is measured works\n");
	ret = sim_number(INSTANCE, "violations");
	if (ret)
		sim_report(INSTANCE);
	ksft_test_result(!ret, "no violation (I-32)\n");
	sim_remove(INSTANCE);
	ksft_finished();
}
