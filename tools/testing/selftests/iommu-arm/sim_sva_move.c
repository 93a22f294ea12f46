// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that changes while masters use it: unmapped, protected, moved, split,
 * collapsed, migrated, merged, swapped. What the CPU would not reach any more is
 * not reached by a device either (I-32), and nothing that it wrote is lost.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/sva_load.h"

#define INSTANCE	"move"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif

#define KSM		"/sys/kernel/mm/ksm/"

/* The device knows the old state; the new one must be what it sees. */

static bool unmapped(struct sva *m)
{
	uint8_t *p = sva_memory(4 * page), got[8] = { 1 }, zero[8] = {};
	bool good;

	good = sva_put(m, p, "there", 6) && sva_put(m, p + 3 * page, "there", 6);
	munmap(p, 4 * page);
	good = good && sva_denied(m, p, true, F_TRANSLATION) &&
	       sva_denied(m, p + 3 * page, false, F_TRANSLATION);
	/* Other memory at the same address */
	mmap(p, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	good = good && sva_get(m, got, p, 8) && !memcmp(got, zero, 8) &&
	       sva_moves(m, p, 4 * page, 1);
	munmap(p, 4 * page);
	return good;
}

static bool protected(struct sva *m)
{
	uint8_t *p = sva_memory(4 * page), got[8];
	bool good;

	memset(p, 0x11, 4 * page);
	good = sva_put(m, p + page, "before", 7);
	mprotect(p, 4 * page, PROT_READ);
	good = good && sva_denied(m, p + page, true, F_PERMISSION) &&
	       !strcmp((char *)p + page, "before") && sva_get(m, got, p + page, 7) &&
	       !memcmp(got, "before", 7);
	mprotect(p + page, page, PROT_NONE);
	good = good && sva_denied(m, p + page, false, F_TRANSLATION) && sva_get(m, got, p, 8);
	mprotect(p, 4 * page, PROT_READ | PROT_WRITE);
	good = good && sva_put(m, p + page, "after", 6) && !strcmp((char *)p + page, "after");
	munmap(p, 4 * page);
	return good;
}

static bool moved(struct sva *m)
{
	uint8_t *p = sva_memory(4 * page), *to = sva_memory(4 * page), *new, got[8];
	bool good;

	good = sva_put(m, p + page, "content", 8) && sva_get(m, got, to + page, 8);
	new = mremap(p, 4 * page, 4 * page, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	good = good && new == to && sva_denied(m, p + page, false, F_TRANSLATION) &&
	       sva_get(m, got, to + page, 8) && !strcmp((char *)got, "content") &&
	       sva_put(m, to + page, "changed", 8) && !strcmp((char *)to + page, "changed");
	munmap(to, 4 * page);
	return good;
}

static bool not_needed(struct sva *m)
{
	uint8_t *p = sva_memory(4 * page), got[8], zero[8] = {};
	bool good;

	good = sva_put(m, p + page, "old", 4) && sva_get(m, got, p + page, 8);
	madvise(p, 4 * page, MADV_DONTNEED);
	good = good && sva_get(m, got, p + page, 8) && !memcmp(got, zero, 8) &&
	       sva_put(m, p + page, "new", 4) && !strcmp((char *)p + page, "new");
	munmap(p, 4 * page);
	return good;
}

static bool truncated(struct sva *m)
{
	int fd = sva_file(4 * page, 2);
	uint8_t *p = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	uint8_t got[8], zero[8] = {};
	bool good;

	if (p == MAP_FAILED)
		return false;
	good = sva_put(m, p + 2 * page, "content", 8) && !ftruncate(fd, page) &&
	       sva_denied(m, p + 2 * page, true, F_TRANSLATION) && sva_get(m, got, p, 8);
	good = good && !ftruncate(fd, 4 * page) && sva_get(m, got, p + 2 * page, 8) &&
	       !memcmp(got, zero, 8);
	munmap(p, 4 * page);
	close(fd);
	return good;
}

/* Pages that were the device's are somebody else's now. */

struct writer {
	struct sva *m;
	uint8_t *at;
	size_t len;
	atomic_bool end;
	atomic_uint steps;
};

static void *writes(void *arg)
{
	uint8_t stain[16] = "stain from a dev";
	struct writer *w = arg;
	unsigned int seed = 1;
	struct sim_result r;

	while (!atomic_load(&w->end)) {
		sim_write(w->m->fd, (uintptr_t)w->at + rand_r(&seed) % w->len / page * page, stain,
			  sizeof(stain), &w->m->how, &r);
		atomic_fetch_add(&w->steps, 1);
	}
	return NULL;
}

static void wait_for_steps(struct writer *w, unsigned int steps)
{
	unsigned int from = atomic_load(&w->steps);

	while (atomic_load(&w->steps) - from < steps)
		usleep(100);
}

static bool reused(struct sva *m)
{
	struct writer w = { .m = m, .len = 16 * page };
	uint8_t *other, *q;
	pthread_t thread;
	bool good = true;
	int round;

	w.at = sva_memory(w.len);
	other = sva_memory(w.len);
	pthread_create(&thread, NULL, writes, &w);
	for (round = 0; good && round < 200; round++) {
		q = mmap(w.at, w.len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1, 0);
		good = q == w.at;
		wait_for_steps(&w, 4);
		munmap(w.at, w.len);
		/* This is likely to get its pages. */
		memset(other, 0xa5, w.len);
		wait_for_steps(&w, 4);
		for (q = other; good && q < other + w.len; q++)
			if (*q != 0xa5) {
				ksft_print_msg("a stain at page %zu\n", (q - other) / page);
				good = false;
			}
		madvise(other, w.len, MADV_DONTNEED);
	}
	atomic_store(&w.end, true);
	pthread_join(thread, NULL);
	munmap(w.at, w.len);
	munmap(other, w.len);
	return good;
}

/* Changes that preserve what is there, while the device adds to it */

static bool protections(struct sva *m)
{
	size_t len = 16 * page;
	uint8_t *p = sva_memory(len);
	struct sva_load *load = sva_load_start(m, p, len, 2);
	bool good = true;
	int i;

	for (i = 0; good && i < 100; i++) {
		mprotect(p + i % 8 * page, 4 * page, i & 1 ? PROT_READ : PROT_NONE);
		good = sva_load_goes_on(load, 2);
		mprotect(p, len, PROT_READ | PROT_WRITE);
		good = good && sva_load_goes_on(load, 2);
	}
	good = sva_load_end(load, false) && good;
	munmap(p, len);
	return good;
}

static bool to_and_fro(struct sva *m)
{
	size_t len = 16 * page;
	uint8_t *p = sva_memory(len), *to = sva_memory(len);
	struct sva_load *load = sva_load_start(m, p, len, 2);
	bool good = true;
	int i;

	for (i = 0; good && i < 100; i++) {
		good = mremap(p, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to &&
		       sva_load_goes_on(load, 2) &&
		       mremap(to, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, p) == p &&
		       sva_load_goes_on(load, 2);
	}
	good = sva_load_end(load, false) && good;
	munmap(p, len);
	return good;
}

static bool forks(struct sva *m)
{
	size_t len = 16 * page;
	uint8_t *p = sva_memory(len);
	struct sva_load *load = sva_load_start(m, p, len, 2);
	bool good = true;
	int i, status;
	pid_t pid;

	for (i = 0; good && i < 50; i++) {
		pid = fork();
		if (!pid) {
			/* Its copies */
			memset(p, 0xee, len);
			_exit(0);
		}
		good = sva_load_goes_on(load, 2);
		good = waitpid(pid, &status, 0) == pid && !status && good;
	}
	good = sva_load_end(load, true) && good;
	munmap(p, len);
	return good;
}

static const char *no_huge(void)
{
	return sva_huge() ? NULL : "this kernel has no transparent huge pages";
}

static bool split_and_collapse(struct sva *m)
{
	size_t size = sva_huge(), rest = 4 * page;
	uint8_t *p = sva_aligned(size, size);
	struct sva_load *load;
	bool good = true;
	int i, huge = 0;

	madvise(p, size, MADV_HUGEPAGE);
	load = sva_load_start(m, p, size - rest, 2);
	for (i = 0; good && i < 20; i++) {
		good = sva_load_goes_on(load, 10);
		/* The last pages, in which nothing is added */
		madvise(p + size - rest, rest, MADV_DONTNEED);
		good = good && sva_load_goes_on(load, 10);
		memset(p + size - rest, i, rest);
		if (!madvise(p, size, MADV_COLLAPSE))
			huge += sva_smaps(p, "AnonHugePages:") > 0;
	}
	good = sva_load_end(load, true) && good;
	munmap(p, size);
	if (!huge)
		ksft_print_msg("it never became a huge page\n");
	return good && huge;
}

static const char *no_offline(void)
{
	void *p = sva_memory(page);
	const char *why = NULL;

	memset(p, 1, page);
	if (madvise(p, page, MADV_SOFT_OFFLINE) && errno == EINVAL)
		why = "this kernel cannot take pages out of service";
	munmap(p, page);
	return why;
}

/* Taking a page out of service moves what it has to another. */
static bool migrates(struct sva *m)
{
	size_t len = 16 * page;
	uint8_t *p = sva_memory(len);
	struct sva_load *load;
	int i, migrated = 0;
	bool good = true;

	memset(p, 0, len);
	load = sva_load_start(m, p, len, 2);
	for (i = 0; good && i < 64; i++) {
		good = sva_load_goes_on(load, 2);
		migrated += !madvise(p + i % 16 * page, page, MADV_SOFT_OFFLINE);
	}
	good = sva_load_end(load, true) && good;
	munmap(p, len);
	if (!migrated)
		ksft_print_msg("no page was migrated\n");
	return good && migrated;
}

static const char *no_compaction(void)
{
	return access("/proc/sys/vm/compact_memory", W_OK) ? "this kernel does not compact" : NULL;
}

static bool compacts(struct sva *m)
{
	size_t len = 256 * page, i;
	uint8_t *p = sva_memory(len), *holes = sva_memory(len);
	struct sva_load *load;
	bool good = true;

	/* Every other page becomes free. */
	for (i = 0; i < len; i += page) {
		p[i + 512] = 0;
		holes[i] = 0;
	}
	load = sva_load_start(m, p, len, 2);
	for (i = 0; good && i < 10; i++) {
		madvise(holes + i * len / 10 / page * page, len / 10 / page * page, MADV_DONTNEED);
		sim_set("/proc/sys/vm/compact_memory", "1");
		good = sva_load_goes_on(load, 20);
	}
	good = sva_load_end(load, true) && good;
	munmap(p, len);
	munmap(holes, len);
	return good;
}

static const char *no_ksm(void)
{
	return access(KSM "run", W_OK) ? "this kernel merges no pages" : NULL;
}

static long ksm_number(const char *name)
{
	char path[128];
	long value = 0;
	FILE *file;

	snprintf(path, sizeof(path), KSM "%s", name);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%ld", &value) != 1)
		value = 0;
	if (file)
		fclose(file);
	return value;
}

/* Alike again after each round of additions, so that they are merged again. */
static bool merges(struct sva *m)
{
	const size_t num = 32;
	uint8_t *p = sva_memory(num * page);
	struct sim_result r;
	uint64_t value, round;
	bool good = true;
	int tries;
	size_t i;

	for (i = 0; i < num * page; i += 8)
		memcpy(p + i, &(uint64_t){ i % page + 1 }, 8);
	madvise(p, num * page, MADV_MERGEABLE);
	sim_set(KSM "sleep_millisecs", "0");
	sim_set(KSM "pages_to_scan", "10000");
	sim_set(KSM "run", "1");
	for (round = 1; good && round <= 4; round++) {
		for (tries = 0; tries < 500 && ksm_number("pages_sharing") < (long)num / 2; tries++)
			sim_rest(10);
		if (tries == 500) {
			ksft_print_msg("no pages were merged\n");
			good = false;
		}
		for (i = 0; good && i < num; i++) {
			value = 1;
			good = !sim_fetch_add(m->fd, (uintptr_t)p + i * page + 8, &value, 8,
					      &m->how, &r) && sim_fine(&r) && value == 8 + round;
		}
		for (i = 0; good && i < num; i++) {
			memcpy(&value, p + i * page + 8, 8);
			good = value == 9 + round;
		}
	}
	sim_set(KSM "run", "2");
	munmap(p, num * page);
	return good;
}

static const char *no_swap(void)
{
	FILE *file = fopen("/proc/swaps", "r");
	char line[256];
	int lines = 0;

	while (file && fgets(line, sizeof(line), file))
		lines++;
	if (file)
		fclose(file);
	return lines > 1 ? NULL : "nothing to swap to";
}

static bool swaps(struct sva *m)
{
	size_t len = 64 * page;
	uint8_t *p = sva_memory(len);
	struct sva_load *load;
	bool good = true;
	long most = 0, now;
	int i;

	memset(p, 0, len);
	load = sva_load_start(m, p, len, 2);
	for (i = 0; good && i < 30; i++) {
		madvise(p, len, MADV_PAGEOUT);
		now = sva_smaps(p, "Swap:");
		most = now > most ? now : most;
		good = sva_load_goes_on(load, 10);
	}
	good = sva_load_end(load, true) && good;
	munmap(p, len);
	if (most <= 0)
		ksft_print_msg("nothing was swapped\n");
	return good && most > 0;
}

static const struct sva_case cases[] = {
	{ "munmap (I-32)", unmapped, NULL },
	{ "mprotect (I-32)", protected, NULL },
	{ "mremap (I-32)", moved, NULL },
	{ "MADV_DONTNEED (I-32)", not_needed, NULL },
	{ "a file that is truncated (I-32)", truncated, NULL },
	{ "pages with a new owner, under load (I-32)", reused, NULL },
	{ "mprotect under load (I-32)", protections, NULL },
	{ "mremap under load (I-32)", to_and_fro, NULL },
	{ "forks under load (I-32)", forks, NULL },
	{ "huge pages split and collapse under load (I-32)", split_and_collapse, no_huge },
	{ "pages migrate under load (I-32)", migrates, no_offline },
	{ "compaction under load (I-32)", compacts, no_compaction },
	{ "pages are merged by KSM (I-32)", merges, no_ksm },
	{ "swap under load (I-32)", swaps, no_swap },
};

int main(void)
{
	sva_run(INSTANCE, cases, ARRAY_SIZE(cases));
}
