// SPDX-License-Identifier: GPL-2.0-only
/*
 * Masters that share the memory of a process: each kind of memory, pages that are
 * not there yet, what the process may not do itself, and what a fork shares.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/sva.h"

#define INSTANCE	"sva"

/* Each kind of memory */

static uint8_t data_section[3 * 4096] = { 1 };

static bool heap(struct sva *m)
{
	uint8_t *small = malloc(100), *large = malloc(300000);
	bool good = small && large && sva_moves(m, small, 100, 1) &&
		    sva_moves(m, large + 5, 200000, 2);

	free(small);
	free(large);
	return good;
}

static bool stack(struct sva *m)
{
	uint8_t here[20000];

	return sva_moves(m, here, sizeof(here), 3);
}

static bool globals(struct sva *m)
{
	return sva_moves(m, data_section, sizeof(data_section), 4);
}

static bool mapped_file(struct sva *m, int flags)
{
	size_t len = 8 * page;
	int fd = sva_file(len, 5);
	uint8_t want[64], first[64], *p;
	struct sim_result r;
	bool good;

	p = mmap(NULL, len, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (p == MAP_FAILED)
		return false;
	/* What the file has is what the device sees first. */
	good = pread(fd, want, sizeof(want), 3 * page) == sizeof(want) &&
	       !sim_read(m->fd, (uintptr_t)p + 3 * page, first, sizeof(first), &m->how, &r) &&
	       sim_fine(&r) && !memcmp(first, want, sizeof(want)) && r.stalls + r.requests > 0 &&
	       sva_put(m, p + 3 * page, "from the device", 16) &&
	       pread(fd, first, sizeof(first), 3 * page) == sizeof(first);
	if (flags & MAP_SHARED)
		good = good && !memcmp(first, "from the device", 16);
	else
		good = good && !memcmp(first, want, sizeof(want));
	good = good && !memcmp(p + 3 * page, "from the device", 16) && sva_moves(m, p, len, 6);
	munmap(p, len);
	close(fd);
	return good;
}

static bool private_file(struct sva *m)
{
	return mapped_file(m, MAP_PRIVATE);
}

static bool shared_file(struct sva *m)
{
	return mapped_file(m, MAP_SHARED);
}

static bool shared_memory(struct sva *m)
{
	size_t len = 4 * page;
	uint8_t *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 1;
	bool good;
	pid_t pid;

	if (p == MAP_FAILED)
		return false;
	good = sva_moves(m, p, len, 7) && sva_put(m, p + page, "to the child", 13);
	pid = fork();
	if (!pid)
		_exit(memcmp(p + page, "to the child", 13) != 0);
	waitpid(pid, &status, 0);
	munmap(p, len);
	return good && !status;
}

static const char *no_huge(void)
{
	return sva_huge() ? NULL : "this kernel has no transparent huge pages";
}

static bool transparent(struct sva *m)
{
	size_t size = sva_huge();
	uint8_t *p = sva_aligned(2 * size, size);
	bool good;

	madvise(p, 2 * size, MADV_HUGEPAGE);
	/* The device touches it first; a page table for it is the CPU's business. */
	good = sva_put(m, p + size / 2, "large", 6) && !strcmp((char *)p + size / 2, "large") &&
	       sva_moves(m, p + size - 50000, 100000, 8);
	if (sva_smaps(p, "AnonHugePages:") <= 0) {
		ksft_print_msg("no huge page was to be had\n");
		good = false;
	}
	munmap(p, 2 * size);
	return good;
}

static size_t hugetlb_size(void)
{
	char line[128];
	FILE *file = fopen("/proc/meminfo", "r");
	size_t kib = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Hugepagesize: %zu kB", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib * 1024;
}

static const char *no_hugetlb(void)
{
	void *p;

	if (!hugetlb_size())
		return "this kernel has no hugetlb pages";
	sim_set("/proc/sys/vm/nr_hugepages", "4");
	p = mmap(NULL, hugetlb_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (p == MAP_FAILED)
		return "no hugetlb page is to be had";
	munmap(p, hugetlb_size());
	return NULL;
}

static bool hugetlb(struct sva *m)
{
	size_t len = 2 * hugetlb_size();
	uint8_t *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	bool good;

	if (p == MAP_FAILED)
		return false;
	good = sva_moves(m, p + len / 2 - 30000, 60000, 9);
	munmap(p, len);
	good = sva_denied(m, p + len / 2, false, F_TRANSLATION) && good;
	sim_set("/proc/sys/vm/nr_hugepages", "0");
	return good;
}

/* Pages that are not there */

static bool on_demand(struct sva *m)
{
	uint8_t *p = sva_memory(16 * page), zero[64] = {}, got[64];
	struct sim_result r;
	bool good = true;
	int i;

	for (i = 0; good && i < 16; i += 2) {
		/* Read, then written: the page of zeroes, then one of its own. */
		good = !sim_read(m->fd, (uintptr_t)p + i * page, got, sizeof(got), &m->how, &r) &&
		       sim_fine(&r) && r.stalls + r.requests == 1 &&
		       !memcmp(got, zero, sizeof(got));
		good = good && sva_put(m, p + i * page + 8, "on demand", 10) &&
		       !memcmp(p + i * page + 8, "on demand", 10);
		/* Written at first. */
		good = good && !sim_write(m->fd, (uintptr_t)p + (i + 1) * page, "at once", 8,
					  &m->how, &r) &&
		       sim_fine(&r) && r.stalls + r.requests == 1 &&
		       !memcmp(p + (i + 1) * page, "at once", 8);
	}
	munmap(p, 16 * page);
	return good;
}

static bool long_way(struct sva *m)
{
	size_t len = 64 * page < 65536 ? 64 * page : 65536;
	uint8_t *p = sva_memory(len), *data = malloc(len);
	struct sim_result r;
	bool good;

	sim_fill(data, len, 10);
	good = !sim_write(m->fd, (uintptr_t)p, data, len, &m->how, &r) && sim_fine(&r) &&
	       r.stalls + r.requests == len / page && !memcmp(p, data, len);
	free(data);
	munmap(p, len);
	return good;
}

/* What the process may not do either */

static bool read_only(struct sva *m)
{
	uint8_t *p = sva_memory(2 * page), got[8];
	bool good;

	memset(p, 0x11, 2 * page);
	mprotect(p, 2 * page, PROT_READ);
	good = sva_denied(m, p, true, F_PERMISSION) && p[0] == 0x11 &&
	       sva_get(m, got, p, sizeof(got)) &&
	       /* Also when the device has it in its cache. */
	       sva_denied(m, p, true, F_PERMISSION) && p[0] == 0x11;
	munmap(p, 2 * page);
	return good;
}

static bool read_only_absent(struct sva *m)
{
	uint8_t *p = mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool good = p != MAP_FAILED && sva_denied(m, p, true, F_TRANSLATION);

	munmap(p, page);
	return good;
}

static bool no_access(struct sva *m)
{
	uint8_t *p = sva_memory(3 * page), *none = p + page;
	bool good;

	memset(p, 0x22, 3 * page);
	mprotect(none, page, PROT_NONE);
	good = sva_denied(m, none, false, F_TRANSLATION) &&
	       sva_denied(m, none, true, F_TRANSLATION) &&
	       sva_moves(m, p, page, 11) && sva_moves(m, p + 2 * page, page, 12);
	munmap(none, page);
	good = good && sva_denied(m, none, false, F_TRANSLATION);
	munmap(p, 3 * page);
	return good;
}

static bool partly(struct sva *m)
{
	uint8_t *p = sva_memory(2 * page), data[200];
	struct sim_result r;
	bool good;

	munmap(p + page, page);
	good = !sim_write(m->fd, (uintptr_t)p + page - 100, data, 200, &m->how, &r) &&
	       r.outcome != SMMU_SIM_OUT_OK && r.done == 100 &&
	       r.failed == (uintptr_t)p + page;
	munmap(p, page);
	return good;
}

static bool kernel_side(struct sva *m)
{
	static const uint64_t at[] = {
		0xffff000000000000, 0xffff800000000000, 0xfffffffffffff000, 0x0001000000000000,
		0x0000fffffffff000, 0,
	};
	struct sim_result r;
	uint8_t data[8];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		if (sim_read(m->fd, at[i], data, sizeof(data), &m->how, &r))
			return false;
		if (r.outcome == SMMU_SIM_OUT_OK) {
			ksft_print_msg("0x%llx can be read\n", (unsigned long long)at[i]);
			return false;
		}
	}
	return true;
}

static bool other_pasid(struct sva *m)
{
	struct sim_how none = { .flags = SMMU_SIM_NO_PRI }, other = { .pasid = m->pasid ^ 0x80 };
	struct sim_result r;
	uint8_t data[8];
	void *p = sva_memory(page);
	bool good;

	memset(p, 1, page);
	good = sva_get(m, data, p, 8) &&
	       !sim_read(m->fd, (uintptr_t)p, data, 8, &none, &r) && r.outcome != SMMU_SIM_OUT_OK &&
	       !sim_read(m->fd, (uintptr_t)p, data, 8, &other, &r) && r.outcome != SMMU_SIM_OUT_OK;
	munmap(p, page);
	return good;
}

/* Forks */

static bool parent_after_fork(struct sva *m)
{
	uint8_t *p = sva_memory(4 * page);
	int to_child[2], from_child[2], status = 1;
	bool good;
	pid_t pid;
	char c;

	if (pipe(to_child) || pipe(from_child))
		return false;
	memset(p, 0x33, 4 * page);
	/* The device may have cached that it can write. */
	good = sva_put(m, p + page, "before", 7);
	pid = fork();
	if (!pid) {
		/* Sees what was there when it was made, whatever the device does. */
		bool same = !memcmp(p + page, "before", 7) && p[0] == 0x33;

		if (write(from_child[1], "1", 1) != 1 || read(to_child[0], &c, 1) != 1)
			_exit(2);
		same = same && !memcmp(p + page, "before", 7) && p[0] == 0x33;
		/* And what it writes is its own. */
		memset(p, 0x44, 4 * page);
		if (write(from_child[1], "2", 1) != 1 || read(to_child[0], &c, 1) != 1)
			_exit(2);
		_exit(!same);
	}
	good = read(from_child[0], &c, 1) == 1 && good;
	good = good && sva_put(m, p + page, "after!", 7) && !memcmp(p + page, "after!", 7) &&
	       sva_put(m, p, "new", 4);
	good = write(to_child[1], "1", 1) == 1 && read(from_child[0], &c, 1) == 1 && good;
	good = good && !memcmp(p + page, "after!", 7) && !memcmp(p, "new", 4) &&
	       p[3 * page] == 0x33 && sva_moves(m, p, 4 * page, 13);
	good = write(to_child[1], "2", 1) == 1 && good;
	waitpid(pid, &status, 0);
	munmap(p, 4 * page);
	close(to_child[0]);
	close(to_child[1]);
	close(from_child[0]);
	close(from_child[1]);
	return good && !status;
}

/* The PASID of the parent reaches nothing of the child, which has none. */
static bool child_of_fork(struct sva *m)
{
	uint8_t *p = sva_memory(page);
	int status = 1;
	pid_t pid;

	memset(p, 0x55, page);
	pid = fork();
	if (!pid) {
		uint8_t *mine = sva_memory(page), data[8] = {};
		uint32_t pasid = 0;
		bool good;

		memset(mine, 0x66, page);
		*p = 0x66;
		good = sva_denied(m, mine, true, F_TRANSLATION) && *mine == 0x66;
		/* Its writes are its own; the device sees the parent's. */
		good = good && sva_get(m, data, p, 8) && data[0] == 0x55;
		/* Bound, it has another PASID. */
		good = good && !sim_bind(m->fd, &pasid) && pasid != m->pasid;
		m->how.pasid = pasid;
		good = good && sva_get(m, data, p, 8) && data[0] == 0x66 &&
		       sva_moves(m, mine, page, 14) && !sim_unbind(m->fd, pasid);
		_exit(!good);
	}
	waitpid(pid, &status, 0);
	munmap(p, page);
	return !status;
}

/* Bonds */

static bool counts(struct sva *m)
{
	void *p = sva_memory(page);
	uint32_t again = 0;
	bool good;

	good = !sim_bind(m->fd, &again) && again == m->pasid && sva_moves(m, p, page, 15) &&
	       !sim_unbind(m->fd, again) && sva_moves(m, p, page, 16) &&
	       !sim_unbind(m->fd, again) && sva_gone(m, p) &&
	       sim_unbind(m->fd, again) == -ENOENT;
	good = !sim_bind(m->fd, &again) && again == m->pasid && sva_moves(m, p, page, 17) && good;
	munmap(p, page);
	return good;
}

static bool closes(struct sva *m)
{
	uint32_t pasid;
	void *p = sva_memory(page);
	bool good;
	int fd = sim_open(INSTANCE, m->name);

	good = fd >= 0 && !sim_bind(fd, &pasid) && pasid == m->pasid &&
	       !sim_unbind(m->fd, pasid) && sva_moves(m, p, page, 18);
	close(fd);
	/* That file's was the last. */
	good = good && sva_gone(m, p);
	good = !sim_bind(m->fd, &pasid) && sva_moves(m, p, page, 19) && good;
	munmap(p, page);
	return good;
}

/* PASIDs of processes, of buffers, and no PASID, on one master (I-36) */
static bool side_by_side(struct sva *m)
{
	const uint32_t rw = SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE;
	struct sim_how own = {};
	struct sim_result r;
	uint64_t iova = 0, at = 0x40000000;
	uint8_t *dma, *buffer, *p = sva_memory(page);
	uint32_t bad = 0;
	bool good;

	if (sim_attach(m->fd, &own.pasid) || sim_map(m->fd, page, rw, &iova, (void **)&dma))
		return false;
	if (iova == at)
		at += page;
	if (sim_map_at(m->fd, own.pasid, at, page, rw, (void **)&buffer))
		return false;
	good = own.pasid != m->pasid && sva_put(m, p, "process", 8) &&
	       !sim_write(m->fd, at, "buffer", 7, &own, &r) && sim_fine(&r) &&
	       !sim_write(m->fd, iova, "dma", 4, NULL, &r) && sim_fine(&r) &&
	       !strcmp((char *)p, "process") && !strcmp((char *)buffer, "buffer") &&
	       !strcmp((char *)dma, "dma");
	munmap(buffer, page);
	munmap(dma, page);
	good = good && !sim_unmap(m->fd, at, &bad) && !bad && !sim_unmap(m->fd, iova, &bad) && !bad;
	good = good && !sim_map_at(m->fd, own.pasid, at, page, rw, NULL) &&
	       !sim_detach(m->fd, own.pasid) && sim_detach(m->fd, own.pasid) == -ENOENT &&
	       !sim_write(m->fd, at, "buffer", 7, &own, &r) && r.outcome != SMMU_SIM_OUT_OK &&
	       !sim_unmap(m->fd, at, NULL) && sva_moves(m, p, page, 20);
	munmap(p, page);
	return good;
}

/* More than a leaf of a table of descriptors has */
static bool many_pasids(struct sva *m)
{
	const uint32_t rw = SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE;
	uint64_t at = 0x40000000;
	struct sim_how how[80] = {};
	struct sim_result r;
	bool good = true;
	int i;

	for (i = 0; i < 80 && good; i++, at += page)
		good = !sim_attach(m->fd, &how[i].pasid) &&
		       !sim_map_at(m->fd, how[i].pasid, at, page, rw, NULL) &&
		       !sim_write(m->fd, at, "leaf", 5, &how[i], &r) && sim_fine(&r);
	while (i--)
		good = !sim_detach(m->fd, how[i].pasid) && good;
	return good;
}

struct adder {
	struct sva *m;
	uint32_t *word;
	bool good;
};

static void *device_adds(void *arg)
{
	struct adder *a = arg;
	struct sim_result r;
	uint32_t value;
	int i;

	a->good = true;
	for (i = 0; i < 1000; i++) {
		value = 5;
		if (sim_fetch_add(a->m->fd, (uintptr_t)a->word, &value, 4, &a->m->how, &r) ||
		    !sim_fine(&r))
			a->good = false;
	}
	return NULL;
}

static bool atomics(struct sva *m)
{
	struct adder a = { .m = m, .word = sva_memory(page) };
	pthread_t thread;
	bool good;
	int i;

	pthread_create(&thread, NULL, device_adds, &a);
	for (i = 0; i < 50000; i++)
		__atomic_fetch_add(a.word, 1, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	good = a.good && *a.word == 55000 && !a.word[1];
	munmap(a.word, page);
	return good;
}

static const struct sva_case cases[] = {
	{ "memory of malloc()", heap, NULL },
	{ "the stack", stack, NULL },
	{ "global data", globals, NULL },
	{ "a private mapping of a file", private_file, NULL },
	{ "a shared mapping of a file", shared_file, NULL },
	{ "memory shared with a child", shared_memory, NULL },
	{ "a huge page", transparent, no_huge },
	{ "pages of hugetlbfs", hugetlb, no_hugetlb },
	{ "each page that is not there is one fault (I-38, I-39)", on_demand, NULL },
	{ "a long access, a fault for each page (I-38, I-39)", long_way, NULL },
	{ "a write to memory that can only be read (I-45)", read_only, NULL },
	{ "the same where no page is yet (I-45)", read_only_absent, NULL },
	{ "memory without access, and none at all (I-41, I-45)", no_access, NULL },
	{ "the end of a mapping is where it says (I-45)", partly, NULL },
	{ "addresses that are not the process's (I-45)", kernel_side, NULL },
	{ "without its PASID, or with another (I-36)", other_pasid, NULL },
	{ "copies after a fork: the parent's (I-32)", parent_after_fork, NULL },
	{ "the child of a fork is not bound (I-36)", child_of_fork, NULL },
	{ "bonds count (I-34)", counts, NULL },
	{ "closing the file ends its bonds (I-34)", closes, NULL },
	{ "a process, buffers, and no PASID, side by side (I-36)", side_by_side, NULL },
	{ "PASIDs of several leaves (I-36)", many_pasids, NULL },
	{ "atomics of a device and of a CPU", atomics, NULL },
};

int main(void)
{
	sva_run(INSTANCE, cases, ARRAY_SIZE(cases));
}
