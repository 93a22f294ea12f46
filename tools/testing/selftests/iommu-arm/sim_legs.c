// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices behind several SMMUs: one address space, reached through each of them under a
 * stream ID that means something there and nothing elsewhere.
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

#define NEAR		"near"	/* what the core knows the devices to be behind */
#define FAR		"far"
#define AT		0x40000000ull
#define PAGES		16

static size_t page;
static uint8_t *memory;

/* The ways of a device: of one that uses the DMA API, and of one for user space */
struct ways {
	int near, far;
};

static int leg(const char *instance, const char *name, const char *of)
{
	return sim_master(instance, name, "platform") ?:
	       sim_attribute(instance, name, "leg_of", of);
}

/*
 * The far SMMU has less: no log of dirty pages, and 40 bits out. It numbers streams in
 * its own way: number 1 is "dma" here, and "alone" there.
 */
static int instances(void)
{
	return sim_instance(NEAR, NULL) ?: sim_instance(FAR, NULL) ?:
	       sim_attribute(FAR, NULL, "ids/idr0.httu", "0") ?:
	       sim_attribute(FAR, NULL, "ids/idr5.oas", "2") ?:
	       sim_master(NEAR, "dma", "platform") ?: sim_master(NEAR, "user", "platform") ?:
	       sim_master_set(NEAR, "user", "user", 1) ?:
	       sim_master(NEAR, "other", "platform") ?:
	       sim_master_set(NEAR, "other", "user", 1) ?:
	       sim_master(FAR, "alone", "platform") ?: leg(FAR, "dma", NEAR "-dma") ?:
	       leg(FAR, "user", NEAR "-user") ?: sim_live(FAR, true) ?: sim_live(NEAR, true);
}

static void leave(struct ways *w)
{
	if (w->near >= 0)
		close(w->near);
	if (w->far >= 0)
		close(w->far);
}

static bool enter(struct ways *w, const char *name)
{
	w->near = sim_open(NEAR, name);
	w->far = sim_open(FAR, name);
	if (w->near >= 0 && w->far >= 0)
		return true;
	good(w->near < 0 ? w->near : w->far, "open");
	leave(w);
	return false;
}

static bool reach(const struct ways *w, uint64_t at, uint8_t *cpu, unsigned int seed)
{
	return sim_moves(w->near, at, cpu, seed) && sim_moves(w->far, at, cpu, seed + 1);
}

static bool stopped(const struct ways *w, uint64_t at, uint32_t event)
{
	return sim_refused(w->near, at, true, event) && sim_refused(w->far, at, true, event) &&
	       sim_refused(w->near, at, false, event) && sim_refused(w->far, at, false, event);
}

/* I-50 for the DMA API: the simulator, too, looks into both SMMUs when a buffer goes. */
static bool buffer(void)
{
	const uint32_t rw = SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE;
	uint32_t violations = 0;
	struct ways w;
	uint64_t iova;
	bool ok;
	void *cpu;
	int i;

	if (!enter(&w, "dma"))
		return false;
	for (i = 0, ok = true; ok && i < 20; i++) {
		ok = good(sim_map(i % 2 ? w.far : w.near, PAGES * page, rw, &iova, &cpu), "map") &&
		     reach(&w, iova, cpu, i) &&
		     reach(&w, iova + (PAGES - 1) * page, (uint8_t *)cpu + (PAGES - 1) * page, i) &&
		     good(sim_unmap(i % 2 ? w.far : w.near, iova, &violations), "unmap") &&
		     !violations && stopped(&w, iova, F_TRANSLATION);
	}
	leave(&w);
	return ok;
}

/* I-52: a number of a stream says nothing without its SMMU. */
static bool same_number(void)
{
	const uint32_t rw = SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE;
	struct smmu_sim_info here = {}, there = {};
	int alone = sim_open(FAR, "alone");
	uint64_t iova, other;
	struct ways w;
	void *cpu;
	bool ok;

	if (alone < 0 || !enter(&w, "dma"))
		return false;
	ok = good(sim_info(w.near, &here), "info") && good(sim_info(alone, &there), "info") &&
	     here.sids[0] == there.sids[0] &&
	     good(sim_map(w.near, page, rw, &iova, &cpu), "map") &&
	     sim_refused(alone, iova, true, F_TRANSLATION) && reach(&w, iova, cpu, 1) &&
	     good(sim_map(alone, PAGES * page, rw, &other, &cpu), "map") &&
	     sim_moves(alone, other, cpu, 2) &&
	     /* That was another address, for there are more pages of it. */
	     stopped(&w, other == iova ? other + page : other, F_TRANSLATION);
	leave(&w);
	close(alone);
	return ok;
}

/* A device for user space, with an address space that it is not attached to yet */
struct user {
	struct ways ways;
	int fd;
	uint32_t dev;
	uint32_t ioas;
};

static void user_leave(struct user *u)
{
	leave(&u->ways);
	if (u->fd >= 0)
		close(u->fd);
}

static bool user_enter(struct user *u)
{
	int ret;

	if (!enter(&u->ways, "user"))
		return false;
	u->fd = iommufd_open();
	ret = u->fd < 0 ? u->fd : iommufd_ioas(u->fd, &u->ioas);
	ret = ret ?: sim_give(u->ways.near, u->fd, &u->dev) ?:
	      iommufd_map(u->fd, u->ioas, memory, PAGES * page, AT, true);
	if (good(ret, "a device for user space"))
		return true;
	user_leave(u);
	return false;
}

static int lead(const struct user *u, uint32_t to)
{
	return sim_lead(u->ways.near, &to);
}

static bool address_space(void)
{
	struct user u;
	unsigned int i;
	uint32_t dev;
	bool ok;

	if (!user_enter(&u))
		return false;
	/* It is one device. */
	ok = sim_give(u.ways.far, u.fd, &dev) == -EOPNOTSUPP && stopped(&u.ways, AT, 0) &&
	     good(lead(&u, u.ioas), "attach");
	for (i = 0; ok && i < PAGES; i++)
		ok = reach(&u.ways, AT + i * page, memory + i * page, i);
	ok = ok && good(iommufd_unmap(u.fd, u.ioas, AT, PAGES * page), "unmap");
	for (i = 0; ok && i < PAGES; i += 5)
		ok = stopped(&u.ways, AT + i * page, F_TRANSLATION);
	ok = ok && good(iommufd_map(u.fd, u.ioas, memory, page, AT, true), "map") &&
	     reach(&u.ways, AT, memory, 1) &&
	     good(sim_lead_nowhere(u.ways.near), "detach") && stopped(&u.ways, AT, 0);
	user_leave(&u);
	return ok;
}

/* I-51: a table that one of the SMMUs cannot walk changes nothing for the other either. */
static bool refused_as_a_whole(void)
{
	uint32_t hwpt = 0, nested = 0, parent = 0, dev = 0;
	const uint32_t log = IOMMU_HWPT_ALLOC_DIRTY_TRACKING;
	int other = sim_open(NEAR, "other");
	const uint64_t ste[2] = {};
	struct user u;
	bool ok;

	if (other < 0 || !user_enter(&u))
		return false;
	ok = good(lead(&u, u.ioas), "attach") && reach(&u.ways, AT, memory, 1) &&
	     iommufd_hwpt(u.fd, u.dev, u.ioas, log, &hwpt) == -EOPNOTSUPP &&
	     good(sim_give(other, u.fd, &dev), "another device") &&
	     good(iommufd_hwpt(u.fd, dev, u.ioas, log, &hwpt), "a page table with a log") &&
	     lead(&u, hwpt) == -EINVAL && reach(&u.ways, AT, memory, 2);
	/* A guest has the structures of one SMMU. */
	ok = ok && good(iommufd_hwpt(u.fd, u.dev, u.ioas, IOMMU_HWPT_ALLOC_NEST_PARENT, &parent),
			"a table of stage 2") &&
	     iommufd_nest(u.fd, u.dev, parent, ste, 0, &nested) == -EOPNOTSUPP &&
	     reach(&u.ways, AT, memory, 3) &&
	     good(lead(&u, parent), "attach") && reach(&u.ways, AT, memory, 4);
	close(other);
	user_leave(&u);
	return ok;
}

struct reader {
	int fd;
	atomic_bool stop;
	unsigned int reads;
	unsigned int bad;
};

static void *read_on(void *arg)
{
	struct reader *a = arg;
	struct sim_result r;
	uint8_t data[64];

	while (!atomic_load(&a->stop)) {
		if (sim_read(a->fd, AT, data, sizeof(data), NULL, &r))
			a->bad++;
		else if (r.outcome == SMMU_SIM_OUT_OK)
			a->reads++;
		if (r.outcome == SMMU_SIM_OUT_OK &&
		    ((data[0] != 0x11 && data[0] != 0x22) || memcmp(data, data + 1, 63)))
			a->bad++;
	}
	return NULL;
}

/* I-51 with DMA under way through both; afterwards both lead to the same. */
static bool replaced(void)
{
	struct reader a[2] = {};
	pthread_t thread[2];
	uint32_t spaces[2];
	unsigned int i, n;
	struct user u;
	bool ok;

	if (!user_enter(&u))
		return false;
	spaces[0] = u.ioas;
	memset(memory, 0x11, page);
	memset(memory + page, 0x22, page);
	ok = good(iommufd_ioas(u.fd, &spaces[1]), "an address space") &&
	     good(iommufd_map(u.fd, spaces[1], memory + page, page, AT, true), "map") &&
	     good(lead(&u, spaces[0]), "attach");
	a[0].fd = u.ways.near;
	a[1].fd = u.ways.far;
	for (n = 0; ok && n < 2; n++)
		ok = !pthread_create(&thread[n], NULL, read_on, &a[n]);
	for (i = 0; ok && i < 50; i++)
		ok = good(lead(&u, spaces[(i + 1) % 2]), "replace");
	while (n--) {
		atomic_store(&a[n].stop, true);
		pthread_join(thread[n], NULL);
		if (a[n].bad || !a[n].reads) {
			ksft_print_msg("%u of %u reads were neither\n", a[n].bad, a[n].reads);
			ok = false;
		}
	}
	ok = ok && reach(&u.ways, AT, memory, 1);
	user_leave(&u);
	return ok;
}

/* Faults are told by one SMMU and would be answered through another. */
static bool shares_nothing(void)
{
	struct ways w;
	uint32_t pasid;
	bool ok;

	if (!enter(&w, "dma"))
		return false;
	ok = sim_bind(w.near, &pasid) == -EOPNOTSUPP && sim_bind(w.far, &pasid) == -EOPNOTSUPP;
	leave(&w);
	return ok;
}

/* What a device of a third SMMU ends in whose leg is described like this */
static bool third(const char *sids, const char *of, int live, bool bound)
{
	uint8_t data[8] = {};
	struct sim_result r;
	int fd = -1, ret;
	bool ok;

	ret = sim_instance("third", NULL) ?: sim_instance("fourth", NULL) ?:
	      sim_master("third", "dma", "platform") ?: leg("fourth", "dma", of) ?:
	      sim_attribute("fourth", "dma", "sids", sids);
	ok = good(ret, "two more instances") && sim_live("fourth", true) == live;
	if (ok && !live) {
		ok = good(sim_live("third", true), "live");
		fd = sim_open("third", "dma");
		ok = ok && fd >= 0 && !sim_write(fd, 0, data, sizeof(data), NULL, &r) &&
		     r.outcome == SMMU_SIM_OUT_ABORT &&
		     bound == (r.event == F_TRANSLATION);
	}
	if (fd >= 0)
		close(fd);
	sim_remove("third");
	sim_remove("fourth");
	return ok;
}

/* Never half accepted: what is wrong behind one SMMU leaves the device with none. */
static bool descriptions(void)
{
	return third("1", "third-dma", 0, true) && third("0xfffffff0", "third-dma", 0, false) &&
	       third("1", "third-nobody", -ENOENT, false) &&
	       third("1", NEAR "-dma", -EBUSY, false) &&
	       third("1", "fourth-dma", -ENOENT, false);
}

/* The device goes with either of its SMMUs, and comes back. */
static bool comes_and_goes(void)
{
	struct ways w;
	uint64_t iova;
	void *cpu;
	bool ok;

	if (!enter(&w, "dma"))
		return false;
	ok = good(sim_map(w.near, page, SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE, &iova, &cpu),
		  "map") && reach(&w, iova, cpu, 1) && good(sim_live(FAR, false), "dead") &&
	     sim_map(w.near, page, SMMU_SIM_MAP_READ, &iova, NULL) == -ENODEV &&
	     sim_open(NEAR, "dma") < 0 && sim_live(FAR, true) == -EBUSY;
	leave(&w);
	return good(sim_live(NEAR, false) ?: sim_live(FAR, true) ?: sim_live(NEAR, true),
		    "again") && ok && buffer();
}

static const struct sim_case cases[] = {
	{ "a buffer, through both SMMUs (I-50)", buffer },
	{ "a stream with the same number is another's (I-52)", same_number },
	{ "an address space of user space (I-50, I-51)", address_space },
	{ "what one SMMU cannot do is refused for both (I-51)", refused_as_a_whole },
	{ "replaced with DMA under way (I-51)", replaced },
	{ "memory of processes is not shared", shares_nothing },
	{ "wrong descriptions leave nothing behind (I-52)", descriptions },
	{ "the device goes with either SMMU, and comes back (I-50)", comes_and_goes },
};

int main(void)
{
	static const char *const names[] = { NEAR, FAR, NULL };
	int ret;

	page = sysconf(_SC_PAGESIZE);
	sim_begin_iommufd();
	memory = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	ret = memory == MAP_FAILED ? -ENOMEM : instances();
	if (ret)
		ksft_exit_fail_msg("making instances: %s\n", strerror(-ret));
	sim_run_cases(cases, ARRAY_SIZE(cases), names);
}
