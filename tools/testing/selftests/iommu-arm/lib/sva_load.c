// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA that goes on while a test changes the memory below it.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../kselftest.h"
#include "sva_load.h"

#define THREADS		4
#define STRIDE		1024	/* bytes from one word of a thread to its next */
#define PATIENCE	20	/* seconds */

/*
 * A thread of it, and the words that nobody else changes.
 * @first: offset of the first of its words, which are STRIDE apart
 * @counts: how often each was added to
 * @num: how many there are
 * @steps: accesses that it has tried
 * @refused: of these, how many were denied
 * @broken: of these, how many ended as none may
 */
struct adder {
	struct sva_load *load;
	pthread_t thread;
	size_t first;
	uint64_t *counts;
	size_t num;
	atomic_uint steps;
	unsigned int refused;
	unsigned int broken;
};

struct sva_load {
	struct sva *m;
	uint8_t *at;
	unsigned int threads;
	atomic_bool end;
	struct adder adders[THREADS];
};

/* Why an access of a device may fail while its memory is there only now and then */
static bool may_fail(const struct sim_result *r)
{
	switch (r->outcome) {
	case SMMU_SIM_OUT_ABORT:
		return r->event == F_TRANSLATION || r->event == F_PERMISSION;
	case SMMU_SIM_OUT_PRI_INVALID:
	case SMMU_SIM_OUT_PRI_AGAIN:
		return true;
	}
	return false;
}

static void *adds(void *arg)
{
	struct adder *a = arg;
	struct sva *m = a->load->m;
	unsigned int seed = a->first;
	struct sim_result r;
	uint64_t value;
	size_t i;

	while (!atomic_load(&a->load->end)) {
		i = (size_t)rand_r(&seed) % a->num;
		value = 1;
		if (sim_fetch_add(m->fd, (uintptr_t)a->load->at + a->first + i * STRIDE, &value,
				  sizeof(value), &m->how, &r)) {
			a->broken++;
		} else if (r.outcome == SMMU_SIM_OUT_OK) {
			a->counts[i]++;
		} else if (may_fail(&r)) {
			a->refused++;
		} else {
			sim_fine(&r);
			a->broken++;
		}
		atomic_fetch_add(&a->steps, 1);
	}
	return NULL;
}

/* The region is zero at first, at least where words are. */
struct sva_load *sva_load_start(struct sva *m, void *at, size_t len, unsigned int threads)
{
	struct sva_load *load = calloc(1, sizeof(*load));
	unsigned int i;

	if (!load || threads > THREADS)
		ksft_exit_fail_msg("no memory for a load\n");
	load->m = m;
	load->at = at;
	load->threads = threads;
	for (i = 0; i < threads; i++) {
		struct adder *a = &load->adders[i];

		a->load = load;
		a->first = i * STRIDE / THREADS;
		a->num = len / STRIDE;
		a->counts = calloc(a->num, sizeof(*a->counts));
		if (!a->counts || pthread_create(&a->thread, NULL, adds, a))
			ksft_exit_fail_msg("no thread for a load\n");
	}
	return load;
}

/* Each of its threads makes so many accesses more. */
bool sva_load_goes_on(struct sva_load *load, unsigned int steps)
{
	time_t end = time(NULL) + PATIENCE;
	unsigned int i, from;

	for (i = 0; i < load->threads; i++) {
		from = atomic_load(&load->adders[i].steps);
		while (atomic_load(&load->adders[i].steps) - from < steps) {
			if (time(NULL) > end) {
				printf("# the DMA has stopped\n");
				return false;
			}
			/* Busy waiting would take the CPU from what it waits for. */
			usleep(100);
		}
	}
	return true;
}

static bool counted(const struct sva_load *load, const struct adder *a)
{
	uint64_t value;
	size_t i;

	for (i = 0; i < a->num; i++) {
		memcpy(&value, load->at + a->first + i * STRIDE, sizeof(value));
		if (value == a->counts[i])
			continue;
		printf("# at offset 0x%zx: %llu, but %llu were added\n", a->first + i * STRIDE,
		       (unsigned long long)value, (unsigned long long)a->counts[i]);
		return false;
	}
	return true;
}

/* All words as they should be? With @always no access may have been refused. */
bool sva_load_end(struct sva_load *load, bool always)
{
	bool good = true;
	unsigned int i;

	atomic_store(&load->end, true);
	for (i = 0; i < load->threads; i++) {
		struct adder *a = &load->adders[i];

		pthread_join(a->thread, NULL);
		if (a->broken || (always && a->refused)) {
			printf("# of %u accesses %u were refused, %u broken\n", a->steps,
			       a->refused, a->broken);
			good = false;
		}
		good = counted(load, a) && good;
		free(a->counts);
	}
	free(load);
	return good;
}
