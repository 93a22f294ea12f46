// SPDX-License-Identifier: GPL-2.0-only
/*
 * Masters of the simulator that are given to iommufd: what user space maps, and no
 * more; one table for several SMMUs; the log of dirty pages.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/iommufd.h"
#include "lib/sim_cases.h"
#include "lib/sim_check.h"

#define FIRST		"iommufd1"
#define SECOND		"iommufd2"
#define AT		0x40000000ull
#define PAGES		64

enum { PLAIN, ATS, OTHER, MASTERS };

static const struct {
	const char *instance;
	const char *name;
	const char *kind;
	bool ats;
} masters[MASTERS] = {
	[PLAIN] = { FIRST, "plain", "platform", false },
	[ATS] = { FIRST, "ats", "pci", true },
	[OTHER] = { SECOND, "other", "platform", false },
};

static size_t page;
static uint8_t *memory;

/* An iommufd with some of the masters, and an address space */
struct user {
	int fd;
	uint32_t ioas;
	int master[MASTERS];
	uint32_t dev[MASTERS];
};

static int describe(unsigned int i)
{
	int ret = sim_master(masters[i].instance, masters[i].name, masters[i].kind);

	if (!ret && masters[i].ats)
		ret = sim_master_set(masters[i].instance, masters[i].name, "ats", 1);
	return ret ?: sim_master_set(masters[i].instance, masters[i].name, "user", 1);
}

static int instances(void)
{
	static const char *const names[] = { FIRST, SECOND };
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < 2; i++)
		ret = sim_instance(names[i], NULL) ?:
		      sim_attribute(names[i], NULL, "prefer_stale", "1");
	/* The second one has less: no log of dirty pages, and 40 bits out. */
	ret = ret ?: sim_attribute(SECOND, NULL, "ids/idr0.httu", "0") ?:
	      sim_attribute(SECOND, NULL, "ids/idr5.oas", "2");
	for (i = 0; !ret && i < MASTERS; i++)
		ret = describe(i);
	for (i = 0; !ret && i < 2; i++)
		ret = sim_live(names[i], true);
	return ret;
}

static void leave(struct user *u)
{
	unsigned int i;

	for (i = 0; i < MASTERS; i++)
		if (u->master[i] >= 0)
			close(u->master[i]);
	if (u->fd >= 0)
		close(u->fd);
}

/* @which: bits of masters */
static bool enter(struct user *u, unsigned int which)
{
	unsigned int i;
	int ret;

	u->fd = iommufd_open();
	ret = u->fd < 0 ? u->fd : iommufd_ioas(u->fd, &u->ioas);
	for (i = 0; i < MASTERS; i++) {
		u->master[i] = -1;
		if (ret || !(which & 1u << i))
			continue;
		u->master[i] = sim_open(masters[i].instance, masters[i].name);
		ret = u->master[i] < 0 ? u->master[i] : sim_give(u->master[i], u->fd, &u->dev[i]);
	}
	if (!ret)
		return true;
	ksft_print_msg("an iommufd with masters: %s\n", strerror(-ret));
	leave(u);
	return false;
}

static bool reaches_no_more(void)
{
	struct user u;
	uint32_t to;
	bool ok;
	int i;

	if (!enter(&u, 1 << PLAIN | 1 << ATS))
		return false;
	ok = good(iommufd_map(u.fd, u.ioas, memory, PAGES * page, AT, true), "map") &&
	     good(iommufd_map(u.fd, u.ioas, memory + PAGES * page, page, 2 * AT, false), "map");
	for (i = PLAIN; ok && i <= ATS; i++) {
		to = u.ioas;
		ok = good(sim_lead(u.master[i], &to), "attach") &&
		     sim_moves(u.master[i], AT, memory, i) &&
		     sim_moves(u.master[i], AT + (PAGES - 1) * page,
			       memory + (PAGES - 1) * page, i) &&
		     sim_refused(u.master[i], AT - page, false, F_TRANSLATION) &&
		     sim_refused(u.master[i], AT + PAGES * page, true, F_TRANSLATION) &&
		     sim_refused(u.master[i], 2 * AT, true, F_PERMISSION);
	}
	ok = ok && good(iommufd_unmap(u.fd, u.ioas, AT, PAGES * page), "unmap");
	for (i = PLAIN; ok && i <= ATS; i++)
		ok = sim_refused(u.master[i], AT, false, F_TRANSLATION) &&
		     sim_refused(u.master[i], AT + (PAGES - 1) * page, true, F_TRANSLATION);
	leave(&u);
	return ok;
}

/* I-51: after that a master's DMA goes nowhere, and no file gets it by itself. */
static bool nowhere(void)
{
	struct user u;
	uint32_t to;
	uint64_t iova;
	bool ok;
	int i;

	if (!enter(&u, 1 << PLAIN | 1 << ATS))
		return false;
	ok = good(iommufd_map(u.fd, u.ioas, memory, page, AT, true), "map");
	for (i = PLAIN; ok && i <= ATS; i++) {
		to = u.ioas;
		ok = sim_map(u.master[i], page, SMMU_SIM_MAP_READ, &iova, NULL) == -EBUSY &&
		     sim_lead_nowhere(u.master[i]) == -EINVAL &&
		     sim_refused(u.master[i], AT, false, 0) &&
		     good(sim_lead(u.master[i], &to), "attach") &&
		     sim_moves(u.master[i], AT, memory, i) &&
		     good(sim_lead_nowhere(u.master[i]), "detach") &&
		     sim_refused(u.master[i], AT, false, 0) &&
		     sim_give(u.master[i], u.fd, &to) == -EBUSY;
	}
	leave(&u);
	return ok;
}

/* I-50: two instances and an endpoint's cache; each is told of each change. */
static bool one_table(void)
{
	uint32_t hwpt = 0, to;
	struct user u;
	unsigned int k;
	bool ok;
	int i;

	if (!enter(&u, (1 << MASTERS) - 1))
		return false;
	ok = good(iommufd_map(u.fd, u.ioas, memory, PAGES * page, AT, true), "map") &&
	     good(iommufd_hwpt(u.fd, u.dev[PLAIN], u.ioas, 0, &hwpt), "a page table");
	for (i = 0; ok && i < MASTERS; i++) {
		to = hwpt;
		ok = good(sim_lead(u.master[i], &to), "attach") && to == hwpt;
	}
	for (k = 0; ok && k < PAGES; k += 7) {
		for (i = 0; ok && i < MASTERS; i++)
			ok = sim_moves(u.master[i], AT + k * page, memory + k * page, i + k);
		ok = ok && good(iommufd_unmap(u.fd, u.ioas, AT, PAGES * page), "unmap");
		for (i = 0; ok && i < MASTERS; i++)
			ok = sim_refused(u.master[i], AT + k * page, true, F_TRANSLATION);
		ok = ok && good(iommufd_map(u.fd, u.ioas, memory, PAGES * page, AT, true), "map");
	}
	/* One goes; the others do not notice. */
	ok = ok && good(sim_lead_nowhere(u.master[PLAIN]), "detach") &&
	     sim_moves(u.master[ATS], AT, memory, 1) && sim_moves(u.master[OTHER], AT, memory, 2);
	leave(&u);
	return ok;
}

/* I-52 */
static bool apart(void)
{
	uint8_t *mine = memory, *theirs = memory + PAGES * page;
	uint32_t other = 0;
	struct user u[2];
	uint32_t to;
	bool ok;

	if (!enter(&u[0], 1 << PLAIN))
		return false;
	if (!enter(&u[1], 1 << ATS)) {
		leave(&u[0]);
		return false;
	}
	to = u[0].ioas;
	ok = good(iommufd_map(u[0].fd, u[0].ioas, mine, page, AT, true), "map") &&
	     good(sim_lead(u[0].master[PLAIN], &to), "attach");
	to = u[1].ioas;
	ok = ok && good(iommufd_map(u[1].fd, u[1].ioas, theirs, page, AT, true), "map") &&
	     good(sim_lead(u[1].master[ATS], &to), "attach");
	memset(mine, 0x11, page);
	memset(theirs, 0x22, page);
	ok = ok && sim_moves(u[0].master[PLAIN], AT, mine, 1) && theirs[0] == 0x22 &&
	     theirs[255] == 0x22 && sim_moves(u[1].master[ATS], AT, theirs, 2);
	/* What the one knows of is nothing to the other: numbers that only that one has. */
	while (ok && other <= u[0].ioas + 8)
		ok = good(iommufd_ioas(u[1].fd, &other), "an address space");
	ok = ok && good(iommufd_map(u[1].fd, other, theirs, page, AT, true), "map") &&
	     iommufd_unmap(u[0].fd, other, AT, page) == -ENOENT &&
	     good(iommufd_unmap(u[1].fd, other, AT, page), "unmap") &&
	     sim_give(u[1].master[ATS], u[0].fd, &to) == -EBUSY;
	leave(&u[1]);
	leave(&u[0]);
	return ok;
}

struct mover {
	int master;
	atomic_bool stop;
	unsigned int moves;
	unsigned int aborts;
	unsigned int bad;
};

static void *reader(void *arg)
{
	struct mover *m = arg;
	struct sim_result r;
	uint8_t data[64];

	while (!atomic_load(&m->stop)) {
		if (sim_read(m->master, AT, data, sizeof(data), NULL, &r))
			m->bad++;
		else if (r.outcome == SMMU_SIM_OUT_ABORT)
			m->aborts++;
		else if (r.outcome != SMMU_SIM_OUT_OK || (data[0] != 0x11 && data[0] != 0x22) ||
			 memcmp(data, data + 1, sizeof(data) - 1))
			m->bad++;
		else
			m->moves++;
	}
	return NULL;
}

/*
 * I-51: from one address space to another, with DMA under way: the one, nothing, or the
 * other. A context descriptor cannot change its table and its ASID at once.
 */
static bool replaced(void)
{
	uint32_t spaces[2], to;
	struct mover m = {};
	pthread_t thread;
	struct user u;
	bool ok;
	int i;

	if (!enter(&u, 1 << PLAIN))
		return false;
	spaces[0] = u.ioas;
	memset(memory, 0x11, page);
	memset(memory + page, 0x22, page);
	to = u.ioas;
	ok = good(iommufd_ioas(u.fd, &spaces[1]), "an address space") &&
	     good(iommufd_map(u.fd, spaces[0], memory, page, AT, true), "map") &&
	     good(iommufd_map(u.fd, spaces[1], memory + page, page, AT, true), "map") &&
	     good(sim_lead(u.master[PLAIN], &to), "attach");
	m.master = u.master[PLAIN];
	if (!ok || pthread_create(&thread, NULL, reader, &m)) {
		leave(&u);
		return false;
	}
	for (i = 0; ok && i < 50; i++) {
		to = spaces[(i + 1) % 2];
		ok = good(sim_lead(u.master[PLAIN], &to), "replace");
	}
	atomic_store(&m.stop, true);
	pthread_join(thread, NULL);
	if (m.bad)
		ksft_print_msg("%u reads were neither\n", m.bad);
	leave(&u);
	return ok && !m.bad && m.moves;
}

static bool is_dirty(const struct user *u, uint32_t hwpt, const unsigned int *pages,
		     unsigned int num)
{
	uint64_t seen = 0, want = 0;
	unsigned int i;

	for (i = 0; i < num; i++)
		want |= 1ull << pages[i];
	if (!good(iommufd_dirty(u->fd, hwpt, AT, PAGES * page, page, &seen), "read the log"))
		return false;
	if (seen != want)
		ksft_print_msg("dirty: 0x%llx, not 0x%llx\n", (unsigned long long)seen,
			       (unsigned long long)want);
	return seen == want;
}

/* I-11: what a device has written, to the page; and only that; and each write once. */
static bool dirty(void)
{
	static const unsigned int first[] = { 3, 7, 63 }, again[] = { 7 };
	uint32_t hwpt = 0, to;
	uint8_t data[8] = {};
	struct sim_result r;
	struct user u;
	unsigned int k;
	bool ok;

	if (!enter(&u, 1 << PLAIN | 1 << ATS))
		return false;
	ok = good(iommufd_map(u.fd, u.ioas, memory, PAGES * page, AT, true), "map") &&
	     good(iommufd_hwpt(u.fd, u.dev[PLAIN], u.ioas, IOMMU_HWPT_ALLOC_DIRTY_TRACKING, &hwpt),
		  "a page table with a log");
	to = hwpt;
	ok = ok && good(sim_lead(u.master[PLAIN], &to), "attach");
	to = hwpt;
	ok = ok && good(sim_lead(u.master[ATS], &to), "attach") &&
	     good(iommufd_track(u.fd, hwpt, true), "track");
	ok = ok && is_dirty(&u, hwpt, NULL, 0);
	for (k = 0; ok && k < PAGES; k++)
		ok = !sim_read(u.master[k % 2], AT + k * page, data, 8, NULL, &r) && sim_fine(&r);
	ok = ok && is_dirty(&u, hwpt, NULL, 0);
	for (k = 0; ok && k < 3; k++)
		ok = sim_moves(u.master[k % 2], AT + first[k] * page, memory + first[k] * page, k);
	ok = ok && is_dirty(&u, hwpt, first, 3) && is_dirty(&u, hwpt, NULL, 0);
	/* After it was reported, through whatever is cached */
	ok = ok && sim_moves(u.master[PLAIN], AT + 7 * page, memory + 7 * page, 9) &&
	     sim_moves(u.master[ATS], AT + 7 * page, memory + 7 * page, 10) &&
	     is_dirty(&u, hwpt, again, 1) && is_dirty(&u, hwpt, NULL, 0) &&
	     good(iommufd_track(u.fd, hwpt, false), "track no more");
	leave(&u);
	return ok;
}

/* A table that only one of two instances can walk is that one's alone. */
static bool not_for_all(void)
{
	uint32_t hwpt = 0, to;
	struct user u;
	bool ok;

	if (!enter(&u, 1 << PLAIN | 1 << OTHER))
		return false;
	ok = good(iommufd_map(u.fd, u.ioas, memory, page, AT, true), "map") &&
	     iommufd_hwpt(u.fd, u.dev[OTHER], u.ioas, IOMMU_HWPT_ALLOC_DIRTY_TRACKING, &to) ==
	     -EOPNOTSUPP &&
	     good(iommufd_hwpt(u.fd, u.dev[PLAIN], u.ioas, IOMMU_HWPT_ALLOC_DIRTY_TRACKING, &hwpt),
		  "a page table with a log");
	to = hwpt;
	ok = ok && sim_lead(u.master[OTHER], &to) == -EINVAL;
	to = hwpt;
	ok = ok && good(sim_lead(u.master[PLAIN], &to), "attach") &&
	     sim_moves(u.master[PLAIN], AT, memory, 1);
	/* By the address space it gets another one of its own. */
	to = u.ioas;
	ok = ok && good(sim_lead(u.master[OTHER], &to), "attach") && to != hwpt &&
	     sim_moves(u.master[OTHER], AT, memory, 2) && sim_moves(u.master[PLAIN], AT, memory, 3);
	leave(&u);
	return ok;
}

static const struct sim_case cases[] = {
	{ "what is mapped, and no more (I-7, I-52)", reaches_no_more },
	{ "attached nowhere (I-51)", nowhere },
	{ "one table for two instances and an endpoint (I-50)", one_table },
	{ "a table that one of them cannot walk (I-50)", not_for_all },
	{ "two address spaces are apart (I-52)", apart },
	{ "replaced with DMA under way (I-51)", replaced },
	{ "the log of dirty pages is exact (I-11)", dirty },
};

int main(void)
{
	static const char *const names[] = { FIRST, SECOND, NULL };
	int ret;

	page = sysconf(_SC_PAGESIZE);
	sim_begin_iommufd();
	memory = mmap(NULL, 2 * PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	ret = memory == MAP_FAILED ? -ENOMEM : instances();
	if (ret)
		ksft_exit_fail_msg("making instances: %s\n", strerror(-ret));
	sim_run_cases(cases, ARRAY_SIZE(cases), names);
}
