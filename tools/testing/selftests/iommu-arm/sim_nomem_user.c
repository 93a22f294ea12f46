// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains and mappings without memory: each allocation fails once of what iommufd and
 * the DMA API do with masters, on one instance, with ATS, and behind two instances.
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
#include "lib/iommufd.h"
#include "lib/nomem_case.h"
#include "lib/sim_check.h"
#include "lib/sva.h"

#define ONE		"nomem"
#define FAR		"nomem-far"

#define AT		0x40000000ull	/* where a neighbour is mapped */
#define HUGE		0x200000ull
/* Nothing is near: tables of all levels are missing. */
#define DISTANT		0x5600000000ull
/* A table of each level ends here, and another one begins. */
#define BORDER		0x8000000000ull
#define AROUND		16		/* so many pages on each side of it */

static uint8_t *memory;		/* 2 * AROUND pages */
static uint8_t *large;		/* two huge pages, and one page */
static size_t huge;

/* The devices of ONE; the last one has a second way, through FAR */
enum { PLAIN, ATS, LEGS, USERS };

static const char *const names[USERS] = { "plain", "ats", "legs" };

struct user {
	int fd;			/* iommufd */
	uint32_t ioas;
	uint32_t other;		/* another address space */
	unsigned int which;	/* bits of devices */
	int master[USERS];
	uint32_t dev[USERS];
	int far;		/* the way through FAR */
	uint32_t hwpt;
	uint32_t nested;
};

static struct user u;
static int dma = -1;		/* a master that uses the DMA API */
static uint64_t buffer;
static size_t buffer_size;

static int instances(void)
{
	return sim_instance(ONE, NULL) ?: sim_instance(FAR, NULL) ?:
	       sim_attribute(ONE, NULL, "prefer_stale", "1") ?:
	       sim_attribute(FAR, NULL, "prefer_stale", "1") ?:
	       sim_master(ONE, "plain", "platform") ?: sim_master_set(ONE, "plain", "user", 1) ?:
	       sim_master(ONE, "ats", "pci") ?: sim_master_set(ONE, "ats", "ats", 1) ?:
	       sim_master_set(ONE, "ats", "user", 1) ?:
	       sim_master(ONE, "legs", "platform") ?: sim_master_set(ONE, "legs", "user", 1) ?:
	       sim_master(ONE, "dma", "platform") ?:
	       sim_master(ONE, "nic", "pci") ?: sim_master_set(ONE, "nic", "ats", 1) ?:
	       sim_master(FAR, "legs", "platform") ?:
	       sim_attribute(FAR, "legs", "leg_of", ONE "-legs") ?:
	       sim_live(FAR, true) ?: sim_live(ONE, true);
}

/* Every way to memory that the devices have: what all of them say, or not all of them */
static bool all(bool (*says)(int fd, uint64_t at, uint8_t *cpu), uint64_t at, uint8_t *cpu)
{
	unsigned int i;

	for (i = 0; i < USERS; i++)
		if (u.which & 1u << i && !says(u.master[i], at, cpu))
			return false;
	return !(u.which & 1u << LEGS) || says(u.far, at, cpu);
}

static bool moves(int fd, uint64_t at, uint8_t *cpu)
{
	static unsigned int seed;

	return sim_moves(fd, at, cpu, ++seed);
}

static bool faults(int fd, uint64_t at, uint8_t *cpu)
{
	(void)cpu;
	return sim_refused(fd, at, true, F_TRANSLATION) &&
	       sim_refused(fd, at, false, F_TRANSLATION);
}

/* It leads nowhere: no event either. */
static bool is_blocked(int fd, uint64_t at, uint8_t *cpu)
{
	(void)cpu;
	return sim_refused(fd, at, true, 0) && sim_refused(fd, at, false, 0);
}

/* With its file it is taken back. */
static int close_all(void)
{
	unsigned int i;

	for (i = 0; i < USERS; i++)
		if (u.which & 1u << i)
			close(u.master[i]);
	return 0;
}

static int open_all(void)
{
	unsigned int i;

	for (i = 0; i < USERS; i++) {
		if (u.which & 1u << i)
			u.master[i] = sim_open(ONE, names[i]);
		if (u.which & 1u << i && u.master[i] < 0)
			return u.master[i];
	}
	return 0;
}

/* An iommufd, with nobody in it */
static bool enter(unsigned int which)
{
	unsigned int i;
	int ret;

	u = (struct user) { .which = which, .far = -1 };
	u.fd = iommufd_open();
	ret = u.fd < 0 ? u.fd : iommufd_ioas(u.fd, &u.ioas) ?: iommufd_ioas(u.fd, &u.other) ?:
	      iommufd_map(u.fd, u.ioas, memory, page, AT, true) ?:
	      iommufd_map(u.fd, u.other, memory + page, page, AT, true);
	for (i = 0; i < USERS; i++)
		u.master[i] = -1;
	ret = ret ?: open_all();
	if (which & 1u << LEGS)
		u.far = sim_open(FAR, names[LEGS]);
	return good(ret, "an iommufd");
}

static const char *no_iommufd(void)
{
	int fd = iommufd_open();

	if (fd < 0)
		return "no iommufd in this kernel";
	close(fd);
	return NULL;
}

static void leave(void)
{
	unsigned int i;

	for (i = 0; i < USERS; i++)
		if (u.master[i] >= 0)
			close(u.master[i]);
	if (u.far >= 0)
		close(u.far);
	close(u.fd);
}

static int give_all(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < USERS && !ret; i++)
		if (u.which & 1u << i)
			ret = sim_give(u.master[i], u.fd, &u.dev[i]);
	return ret;
}

static int lead_all(uint32_t to)
{
	unsigned int i;
	uint32_t hwpt;
	int ret = 0;

	for (i = 0; i < USERS && !ret; i++) {
		hwpt = to;
		if (u.which & 1u << i)
			ret = sim_lead(u.master[i], &hwpt);
	}
	return ret;
}

static int lead_all_nowhere(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < USERS && !ret; i++)
		if (u.which & 1u << i)
			ret = sim_lead_nowhere(u.master[i]);
	return ret;
}

/* A device is given */

static bool with_plain(void)
{
	return enter(1 << PLAIN);
}

static bool with_ats(void)
{
	return enter(1 << ATS);
}

static bool with_legs(void)
{
	return enter(1 << LEGS);
}

static bool blocked(bool whole)
{
	(void)whole;
	return all(is_blocked, AT, NULL);
}

static bool is_still_blocked(void)
{
	return blocked(true);
}

static int take_back(void)
{
	return close_all() ?: open_all();
}

/* It gets a domain that the core makes for it */

static bool given_plain(void)
{
	return with_plain() && good(give_all(), "give");
}

static bool given_ats(void)
{
	return with_ats() && good(give_all(), "give");
}

static bool given_legs(void)
{
	return with_legs() && good(give_all(), "give");
}

static int lead_to_ioas(void)
{
	return lead_all(u.ioas);
}

static int lead_to_other(void)
{
	return lead_all(u.other);
}

static bool in_ioas(bool whole)
{
	(void)whole;
	return all(moves, AT, memory) && all(faults, AT + page, NULL);
}

static bool in_other(bool whole)
{
	(void)whole;
	return all(moves, AT, memory + page) && all(faults, AT - page, NULL);
}

/* I-51: one that is not replaced works on. */
static bool still_in_ioas(void)
{
	return in_ioas(true);
}

/* It gets a page table that user space has asked for */

static unsigned int only(void)
{
	return __builtin_ctz(u.which);
}

static int make_log(void)
{
	return iommufd_hwpt(u.fd, u.dev[only()], u.ioas, IOMMU_HWPT_ALLOC_DIRTY_TRACKING, &u.hwpt);
}

static int make_parent(void)
{
	return iommufd_hwpt(u.fd, u.dev[only()], u.ioas, IOMMU_HWPT_ALLOC_NEST_PARENT, &u.hwpt);
}

/* Of a guest whose STE has no stage 1 */
static int make_nested(void)
{
	const uint64_t ste[2] = { 0x9 };

	return iommufd_nest(u.fd, u.dev[only()], u.hwpt, ste, 0, &u.nested);
}

static int destroy(void)
{
	return iommufd_destroy(u.fd, u.hwpt);
}

static int destroy_nested(void)
{
	return iommufd_destroy(u.fd, u.nested);
}

static bool table_works(bool whole)
{
	return good(lead_all(u.hwpt), "attach") && in_ioas(whole) &&
	       good(lead_all_nowhere(), "detach");
}

static bool nested_works(bool whole)
{
	return good(lead_all(u.nested), "attach") && in_ioas(whole) &&
	       good(lead_all_nowhere(), "detach");
}

static int lead_to_table(void)
{
	return lead_all(u.hwpt);
}

static int lead_to_nested(void)
{
	return lead_all(u.nested);
}

static bool log_plain(void)
{
	return given_plain() && good(make_log(), "a page table");
}

static bool parent_plain(void)
{
	return given_plain() && good(make_parent(), "a page table");
}

static bool parent_legs(void)
{
	return given_legs() && good(make_parent(), "a page table");
}

static bool nested_ats(void)
{
	return given_ats() && good(make_parent() ?: make_nested(), "page tables");
}

/* Maps of iommufd, for all devices at once: two domains, the one of stage 1 */

static bool everyone(void)
{
	return enter((1 << USERS) - 1) && good(give_all() ?: lead_to_ioas(), "everyone");
}

/* And another domain, of stage 2, with the same mappings */
static bool both_stages(void)
{
	uint32_t first, second;
	int ret;

	if (!enter(1 << PLAIN | 1 << ATS))
		return false;
	first = u.ioas;
	ret = give_all() ?: sim_lead(u.master[PLAIN], &first) ?:
	      iommufd_hwpt(u.fd, u.dev[ATS], u.ioas, IOMMU_HWPT_ALLOC_NEST_PARENT, &second) ?:
	      sim_lead(u.master[ATS], &second);
	return good(ret, "two page tables");
}

static bool ends_move(uint64_t at, uint8_t *cpu, size_t len)
{
	return all(moves, at, cpu) && all(moves, at + len / 2, cpu + len / 2) &&
	       all(moves, at + len - page, cpu + len - page);
}

/* Nothing but the neighbour is mapped, and that as ever. */
static bool ends_fault(uint64_t at, size_t len)
{
	return all(faults, at, NULL) && all(faults, at + len / 2 / page * page, NULL) &&
	       all(faults, at + len - page, NULL) && in_ioas(true);
}

static int map_one(void)
{
	return iommufd_map(u.fd, u.ioas, memory, page, DISTANT, true);
}

static int unmap_one(void)
{
	return iommufd_unmap(u.fd, u.ioas, DISTANT, page);
}

static bool one_is_there(bool whole)
{
	(void)whole;
	return ends_move(DISTANT, memory, page) && all(faults, DISTANT + page, NULL);
}

static bool one_is_not(void)
{
	return ends_fault(DISTANT, page);
}

static bool one_is_gone(bool whole)
{
	(void)whole;
	return one_is_not();
}

static int map_around(void)
{
	return iommufd_map(u.fd, u.ioas, memory, 2 * AROUND * page, BORDER - AROUND * page, true);
}

static int unmap_around(void)
{
	return iommufd_unmap(u.fd, u.ioas, BORDER - AROUND * page, 2 * AROUND * page);
}

static bool around_is_there(bool whole)
{
	(void)whole;
	return ends_move(BORDER - AROUND * page, memory, 2 * AROUND * page);
}

static bool around_is_not(void)
{
	return ends_fault(BORDER - AROUND * page, 2 * AROUND * page);
}

static bool around_is_gone(bool whole)
{
	(void)whole;
	return around_is_not();
}

/* Blocks, and a page behind them */
static int map_large(void)
{
	return iommufd_map(u.fd, u.ioas, large, 2 * huge + page, DISTANT, true);
}

static int unmap_large(void)
{
	return iommufd_unmap(u.fd, u.ioas, DISTANT, 2 * huge + page);
}

static bool large_is_there(bool whole)
{
	(void)whole;
	return all(moves, DISTANT, large) && all(moves, DISTANT + huge, large + huge) &&
	       all(moves, DISTANT + 2 * huge, large + 2 * huge);
}

static bool large_is_not(void)
{
	return ends_fault(DISTANT, 2 * huge + page);
}

static bool large_is_gone(bool whole)
{
	(void)whole;
	return large_is_not();
}

/* Buffers of the DMA API */

static bool open_dma(const char *name, size_t size)
{
	dma = sim_open(ONE, name);
	buffer_size = size;
	return good(dma < 0 ? dma : 0, "a master");
}

static bool small_buffer(void)
{
	return open_dma("dma", page);
}

static bool large_buffer(void)
{
	return open_dma("dma", huge + page);
}

static bool cached_buffer(void)
{
	return open_dma("nic", huge + page);
}

static void close_dma(void)
{
	close(dma);
}

static int map_buffer(void)
{
	return sim_map(dma, buffer_size, SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE, &buffer, NULL);
}

static int unmap_buffer(void)
{
	uint32_t violations = 0;
	int ret = sim_unmap(dma, buffer, &violations);

	return ret ?: violations ? -EUCLEAN : 0;
}

static bool buffer_works(bool whole)
{
	uint8_t *cpu = mmap(NULL, buffer_size, PROT_READ | PROT_WRITE, MAP_SHARED, dma, buffer);
	bool ok;

	(void)whole;
	if (cpu == MAP_FAILED)
		return good(-errno, "mmap");
	ok = moves(dma, buffer, cpu) &&
	     moves(dma, buffer + buffer_size - page, cpu + buffer_size - page);
	munmap(cpu, buffer_size);
	return ok;
}

static bool buffer_gone(bool whole)
{
	(void)whole;
	return faults(dma, buffer, NULL) && faults(dma, buffer + buffer_size - page, NULL);
}

#define MUST	(CASE_MUST | CASE_NONE)

static const struct nomem_case cases[] = {
	{ .what = "a device for user space", .why_not = no_iommufd, .setup = with_plain,
	  .act = give_all, .works = blocked, .undo = take_back, .teardown = leave },
	{ .what = "an endpoint for user space", .why_not = no_iommufd, .setup = with_ats,
	  .act = give_all, .works = blocked, .undo = take_back, .teardown = leave },
	{ .what = "a device with legs for user space", .why_not = no_iommufd, .setup = with_legs,
	  .act = give_all, .works = blocked, .undo = take_back, .teardown = leave },
	{ .what = "back from user space", .why_not = no_iommufd, .setup = with_ats,
	  .begin = give_all, .act = close_all, .undo = open_all, .teardown = leave,
	  .flags = MUST },
	{ .what = "an address space for a device", .why_not = no_iommufd, .setup = given_plain,
	  .act = lead_to_ioas, .works = in_ioas, .kept = is_still_blocked,
	  .undo = lead_all_nowhere, .teardown = leave },
	{ .what = "an address space for an endpoint", .why_not = no_iommufd, .setup = given_ats,
	  .act = lead_to_ioas, .works = in_ioas, .kept = is_still_blocked,
	  .undo = lead_all_nowhere, .teardown = leave },
	{ .what = "an address space for a device with legs", .why_not = no_iommufd,
	  .setup = given_legs, .act = lead_to_ioas, .works = in_ioas, .kept = is_still_blocked,
	  .undo = lead_all_nowhere, .teardown = leave },
	{ .what = "another one for an endpoint (I-51)", .why_not = no_iommufd, .setup = given_ats,
	  .begin = lead_to_ioas, .act = lead_to_other, .works = in_other, .kept = still_in_ioas,
	  .undo = lead_all_nowhere, .teardown = leave },
	{ .what = "another one for a device with legs (I-51)", .why_not = no_iommufd,
	  .setup = given_legs, .begin = lead_to_ioas, .act = lead_to_other, .works = in_other,
	  .kept = still_in_ioas, .undo = lead_all_nowhere, .teardown = leave },
	{ .what = "none for an endpoint any more", .why_not = no_iommufd, .setup = given_ats,
	  .begin = lead_to_ioas, .act = lead_all_nowhere, .works = blocked, .teardown = leave,
	  .flags = MUST },
	{ .what = "none for a device with legs any more", .why_not = no_iommufd,
	  .setup = given_legs, .begin = lead_to_ioas, .act = lead_all_nowhere, .works = blocked,
	  .teardown = leave, .flags = MUST },
	{ .what = "a table with a log", .why_not = no_iommufd, .setup = given_plain,
	  .act = make_log, .works = table_works, .undo = destroy, .teardown = leave },
	{ .what = "a table of stage 2", .why_not = no_iommufd, .setup = given_legs,
	  .act = make_parent, .works = table_works, .undo = destroy, .teardown = leave },
	{ .what = "a guest's table", .why_not = no_iommufd, .setup = parent_plain,
	  .act = make_nested, .works = nested_works, .undo = destroy_nested, .teardown = leave },
	{ .what = "the end of a table", .why_not = no_iommufd, .setup = given_plain,
	  .begin = make_log, .act = destroy, .teardown = leave, .flags = MUST },
	{ .what = "attached to a table with a log", .why_not = no_iommufd, .setup = log_plain,
	  .act = lead_to_table, .works = in_ioas, .kept = is_still_blocked,
	  .undo = lead_all_nowhere, .teardown = leave },
	{ .what = "attached to stage 2 by two ways", .why_not = no_iommufd, .setup = parent_legs,
	  .act = lead_to_table, .works = in_ioas, .kept = is_still_blocked,
	  .undo = lead_all_nowhere, .teardown = leave },
	{ .what = "an endpoint of a guest", .why_not = no_iommufd, .setup = nested_ats,
	  .act = lead_to_nested, .works = in_ioas, .kept = is_still_blocked,
	  .undo = lead_all_nowhere, .teardown = leave },
	{ .what = "a map that needs tables of all levels", .why_not = no_iommufd,
	  .setup = everyone, .act = map_one, .works = one_is_there, .kept = one_is_not,
	  .undo = unmap_one, .teardown = leave },
	{ .what = "its unmap", .why_not = no_iommufd, .setup = everyone, .begin = map_one,
	  .act = unmap_one, .works = one_is_gone, .teardown = leave, .flags = MUST },
	{ .what = "a map across tables of all levels", .why_not = no_iommufd, .setup = everyone,
	  .act = map_around, .works = around_is_there, .kept = around_is_not,
	  .undo = unmap_around, .teardown = leave },
	{ .what = "its unmap, across tables", .why_not = no_iommufd, .setup = everyone,
	  .begin = map_around, .act = unmap_around, .works = around_is_gone, .teardown = leave,
	  .flags = MUST },
	{ .what = "a map of blocks, in both stages", .why_not = no_iommufd, .setup = both_stages,
	  .act = map_large, .works = large_is_there, .kept = large_is_not, .undo = unmap_large,
	  .teardown = leave },
	{ .what = "their unmap", .why_not = no_iommufd, .setup = both_stages, .begin = map_large,
	  .act = unmap_large, .works = large_is_gone, .teardown = leave, .flags = MUST },
	{ .what = "a buffer of a page", .setup = small_buffer, .act = map_buffer,
	  .works = buffer_works, .undo = unmap_buffer, .teardown = close_dma },
	{ .what = "a large buffer", .setup = large_buffer, .act = map_buffer,
	  .works = buffer_works, .undo = unmap_buffer, .teardown = close_dma },
	{ .what = "a large buffer of an endpoint", .setup = cached_buffer, .act = map_buffer,
	  .works = buffer_works, .undo = unmap_buffer, .teardown = close_dma },
	{ .what = "the end of a buffer", .setup = cached_buffer, .begin = map_buffer,
	  .act = unmap_buffer, .works = buffer_gone, .teardown = close_dma, .flags = MUST },
};

static bool has_memory(void)
{
	const size_t len = 2 * AROUND * page;

	memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	huge = sva_huge() ?: HUGE;
	large = sva_aligned(2 * huge + page, huge);
	if (memory == MAP_FAILED)
		return false;
	madvise(large, 2 * huge, MADV_HUGEPAGE);
	memset(memory, 0, len);
	memset(large, 0, 2 * huge + page);
	return true;
}

int main(void)
{
	static const char *const watched[] = { ONE, FAR, NULL };
	const char *why;
	int ret;

	page = sysconf(_SC_PAGESIZE);
	ksft_print_header();
	if (sim_configfs())
		ksft_exit_skip("no simulator in this kernel\n");
	why = nomem_why_not();
	if (why)
		ksft_exit_skip("%s\n", why);
	ret = has_memory() ? instances() : -ENOMEM;
	if (ret)
		ksft_exit_fail_msg("making instances: %s\n", strerror(-ret));
	nomem_run_cases(cases, ARRAY_SIZE(cases), watched);
}
