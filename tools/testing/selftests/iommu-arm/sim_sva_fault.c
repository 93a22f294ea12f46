// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of masters that share memory: many at once, queues that overflow, groups
 * of page requests, and pages that nobody is going to bring.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/userfaultfd.h>

#include "../kselftest.h"
#include "lib/sva.h"

#define INSTANCE	"fault"
#define THREADS		16

/* Many at once */

struct toucher {
	struct sva *m;
	uint8_t *at;
	size_t pages;
	unsigned int bad;
	unsigned int again;
	atomic_uint *going;
};

/*
 * What an SMMU answers itself, when its queue is full, brings no page: a device goes
 * on asking, after a while, so that there is time for who empties the queue.
 */
static int write_until(struct sva *m, void *at, const void *from, size_t len, struct sim_result *r)
{
	unsigned int tries = 0;
	int ret;

	while (!(ret = sim_write(m->fd, (uintptr_t)at, from, len, &m->how, r)) &&
	       r->outcome == SMMU_SIM_OUT_PRI_AGAIN && tries++ < 200)
		sim_rest(50);
	return ret;
}

static void *touches(void *arg)
{
	struct toucher *t = arg;
	struct sim_result r = {};
	size_t i;

	for (i = 0; i < t->pages; i++) {
		if (write_until(t->m, t->at + i * page, &i, sizeof(i), &r) || !sim_fine(&r))
			t->bad++;
		else if (memcmp(t->at + i * page, &i, sizeof(i)))
			t->bad++;
		t->again += r.stalls + r.requests != 1;
	}
	atomic_fetch_sub(t->going, 1);
	return NULL;
}

/* Each touches pages of its own; @meanwhile is called until all are done. */
static bool storm_of(struct sva *m, size_t pages, void (*meanwhile)(unsigned int round))
{
	uint8_t *p = sva_memory(THREADS * pages * page);
	struct toucher t[THREADS];
	pthread_t threads[THREADS];
	atomic_uint going = THREADS;
	unsigned int i, round = 0;
	bool good = true;

	for (i = 0; i < THREADS; i++) {
		t[i] = (struct toucher) {
			.m = m,
			.at = p + i * pages * page,
			.pages = pages,
			.going = &going,
		};
		pthread_create(&threads[i], NULL, touches, &t[i]);
	}
	while (meanwhile && atomic_load(&going))
		meanwhile(round++);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		good = good && !t[i].bad;
		/* Without interference each page is one fault. */
		good = good && (meanwhile || !t[i].again);
	}
	munmap(p, THREADS * pages * page);
	return good;
}

static bool storm(struct sva *m)
{
	return storm_of(m, 64, NULL);
}

/* Queues are full now and then: for each event, and each page request. */
static void fill_queues(unsigned int round)
{
	sim_attribute(INSTANCE, NULL, "faults/queues_full", round & 1 ? "0" : "1");
	sim_rest(5);
}

static bool overflow(struct sva *m)
{
	bool good = storm_of(m, 16, fill_queues);

	sim_attribute(INSTANCE, NULL, "faults/queues_full", "0");
	return storm_of(m, 4, NULL) && good;
}

static void lose_interrupts(unsigned int round)
{
	(void)round;
	sim_attribute(INSTANCE, NULL, "faults/irq_late", "2");
	sim_rest(5);
	sim_attribute(INSTANCE, NULL, "faults/deliver_late", "1");
	sim_rest(1);
}

static bool late_interrupts(struct sva *m)
{
	bool good = storm_of(m, 16, lose_interrupts);

	sim_attribute(INSTANCE, NULL, "faults/irq_late", "0");
	sim_attribute(INSTANCE, NULL, "faults/deliver_late", "1");
	return good;
}

/* All want the same page. */
static void *touches_one(void *arg)
{
	struct toucher *t = arg;
	struct sim_result r;
	uint64_t value = 1;

	t->bad = sim_fetch_add(t->m->fd, (uintptr_t)t->at, &value, 8, &t->m->how, &r) ||
		 !sim_fine(&r);
	return NULL;
}

static bool one_page(struct sva *m)
{
	uint8_t *p = sva_memory(page);
	pthread_t threads[THREADS];
	struct toucher t[THREADS];
	bool good = true;
	unsigned int i, round;
	uint64_t value;

	for (round = 0; round < 10; round++) {
		for (i = 0; i < THREADS; i++) {
			t[i] = (struct toucher) { .m = m, .at = p };
			pthread_create(&threads[i], NULL, touches_one, &t[i]);
		}
		for (i = 0; i < THREADS; i++) {
			pthread_join(threads[i], NULL);
			good = good && !t[i].bad;
		}
		memcpy(&value, p, 8);
		good = good && value == THREADS;
		madvise(p, page, MADV_DONTNEED);
	}
	munmap(p, page);
	return good;
}

/* A page that userfaultfd waits for, in vain */

static int userfault(void *at, size_t len)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { .start = (uintptr_t)at, .len = len },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -1;
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg)) {
		close(fd);
		return -1;
	}
	return fd;
}

static const char *no_userfault(void)
{
	void *p = sva_memory(page);
	int fd = userfault(p, page);

	munmap(p, page);
	if (fd < 0)
		return "this kernel has no userfaultfd";
	close(fd);
	return NULL;
}

static bool never_brought(struct sva *m)
{
	uint8_t *p = sva_memory(4 * page);
	int fd = userfault(p, 4 * page);
	struct timespec from, to;
	bool good = fd >= 0;

	clock_gettime(CLOCK_MONOTONIC, &from);
	good = good && sva_denied(m, p, true, F_TRANSLATION) &&
	       sva_denied(m, p + page, false, F_TRANSLATION);
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (to.tv_sec - from.tv_sec > 5) {
		ksft_print_msg("it took %ld s\n", (long)(to.tv_sec - from.tv_sec));
		good = false;
	}
	close(fd);
	good = good && sva_moves(m, p, 4 * page, 1);
	munmap(p, 4 * page);
	return good;
}

/*
 * A handler that has to wait for a lock, in vain: for the lock on the mappings of the
 * process, which one of its threads has until a transaction of another instance has
 * ended. Nothing else may need that lock meanwhile.
 */
#define SLOW		"slow"
#define TIMEOUT_MS	"/sys/module/io_pgfault/parameters/timeout_ms"
#define TRIES		64

struct changer {
	void *at;
	int ret;
	atomic_bool done;
};

static void *changes(void *arg)
{
	struct changer *c = arg;

	c->ret = mprotect(c->at, page, PROT_READ);
	atomic_store(&c->done, true);
	return NULL;
}

static int slow_master(struct sva *slow)
{
	int ret = sim_instance(SLOW, NULL);

	if (!ret)
		ret = sim_master(SLOW, "stall", "platform");
	if (!ret)
		ret = sim_master_set(SLOW, "stall", "stall", 1);
	if (!ret)
		ret = sim_master_set(SLOW, "stall", "pasid_bits", 16);
	if (!ret)
		ret = sim_live(SLOW, true);
	return ret ?: sva_open(slow, SLOW, "stall");
}

/* Whether page @at is denied while @c waits; else that has not begun, or has ended. */
static bool denied_meanwhile(struct sva *m, uint8_t *at, struct changer *c, struct sim_result *r)
{
	uint64_t value = 1;

	return !sim_write(m->fd, (uintptr_t)at, &value, sizeof(value), &m->how, r) &&
	       r->outcome != SMMU_SIM_OUT_OK && !atomic_load(&c->done);
}

static bool is_there(const uint8_t *p)
{
	unsigned char vec = 0;

	return !mincore((void *)p, page, &vec) && vec & 1;
}

static bool late_answer(struct sva *m, struct sva *slow)
{
	uint8_t *held = sva_memory(page), *p = sva_memory(TRIES * page);
	struct changer c = { .at = held };
	struct sim_result r = {}, end;
	uint32_t handle = 0;
	pthread_t thread;
	int i = 0, wait;
	bool good;

	memset(held, 1, page);
	if (sim_hold_write(slow->fd, (uintptr_t)held, "held", 4, &slow->how, &end, &handle))
		return false;
	pthread_create(&thread, NULL, changes, &c);
	while (i < TRIES && !denied_meanwhile(m, p + i * page, &c, &r))
		i++;
	good = !sim_release(slow->fd, handle, NULL, 0, &end) && sim_fine(&end);
	pthread_join(thread, NULL);
	good = good && i < TRIES && !c.ret && !memcmp(held, "held", 4) && !r.done &&
	       r.outcome == (m->pri ? SMMU_SIM_OUT_PRI_INVALID : SMMU_SIM_OUT_ABORT) &&
	       r.stalls + r.requests == 1;
	if (!good)
		ksft_print_msg("denied: page %d, %s\n", i, sim_outcome(r.outcome));
	/* The handler gets its lock, and brings the page: nobody waits for it. */
	for (wait = 0; good && !is_there(p + i * page) && wait < 500; wait++)
		sim_rest(10);
	good = good && is_there(p + i * page) && sva_moves(m, p, TRIES * page, 2);
	munmap(held, page);
	munmap(p, TRIES * page);
	return good;
}

static bool stuck(struct sva *m)
{
	struct sva slow;
	int ret = slow_master(&slow);
	bool good = false;

	if (ret)
		ksft_print_msg("another instance: %s\n", strerror(-ret));
	else if (!sim_set(TIMEOUT_MS, "100"))
		good = late_answer(m, &slow);
	sim_set(TIMEOUT_MS, "10000");
	good = !sim_number(SLOW, "violations") && good;
	if (!ret)
		sva_close(&slow);
	sim_remove(SLOW);
	return good;
}

/* The bond ends while nobody has been answered. */
static void *touches_late(void *arg)
{
	struct toucher *t = arg;
	struct sim_result r;
	int ret;

	ret = sim_write(t->m->fd, (uintptr_t)t->at, "late", 4, &t->m->how, &r);
	t->bad = ret || r.outcome == SMMU_SIM_OUT_TIMEOUT;
	return NULL;
}

static bool unbind_answers(struct sva *m)
{
	uint8_t *p = sva_memory(THREADS * page);
	struct toucher t[THREADS];
	pthread_t threads[THREADS];
	uint32_t pasid = m->pasid;
	bool good = true;
	unsigned int i, round;

	for (round = 0; good && round < 20; round++) {
		madvise(p, THREADS * page, MADV_DONTNEED);
		for (i = 0; i < THREADS; i++) {
			t[i] = (struct toucher) { .m = m, .at = p + i * page };
			pthread_create(&threads[i], NULL, touches_late, &t[i]);
		}
		good = !sim_unbind(m->fd, pasid);
		for (i = 0; i < THREADS; i++) {
			pthread_join(threads[i], NULL);
			if (t[i].bad)
				ksft_print_msg("an access was not answered\n");
			good = good && !t[i].bad;
		}
		good = !sim_bind(m->fd, &pasid) && pasid == m->pasid && good;
	}
	munmap(p, THREADS * page);
	return good;
}

/* Page requests one by one */

#define READ		SMMU_SIM_REQ_READ
#define WRITE		SMMU_SIM_REQ_WRITE
#define LAST		SMMU_SIM_REQ_LAST

static bool request(struct sva *m, void *at, uint32_t flags, uint32_t group)
{
	bool refused = true;
	int ret;

	ret = sim_page_request(m->fd, (uintptr_t)at, flags, m->pasid, group, &refused);
	return !ret && !refused;
}

static bool silence(struct sva *m)
{
	struct smmu_sim_response r;

	return sim_response(m->fd, 100, &r) == -EAGAIN;
}

static bool answered(struct sva *m, uint32_t group, uint32_t code)
{
	struct smmu_sim_response r;
	int ret = sim_response(m->fd, 5000, &r);

	if (ret) {
		ksft_print_msg("group %u: %s\n", group, strerror(-ret));
		return false;
	}
	if (r.group == group && r.code == code && !(r.flags & SMMU_SIM_RESP_AUTO) &&
	    (!(r.flags & SMMU_SIM_RESP_PASID) || r.pasid == m->pasid))
		return true;
	ksft_print_msg("group %u, code %u, flags 0x%x, PASID %u\n", r.group, r.code, r.flags,
		       r.pasid);
	return false;
}

static bool groups(struct sva *m)
{
	uint8_t *p = sva_memory(16 * page);
	bool good;

	if (!m->pri)
		return sim_page_request(m->fd, 0, LAST, 0, 0, NULL) == -EINVAL;
	/* Three of a group and one of another between them */
	good = request(m, p, WRITE, 3) && request(m, p + page, WRITE, 3) &&
	       request(m, p + 8 * page, WRITE | LAST, 4) &&
	       answered(m, 4, SMMU_SIM_RESP_SUCCESS) && silence(m) &&
	       request(m, p + 2 * page, WRITE | LAST, 3) &&
	       answered(m, 3, SMMU_SIM_RESP_SUCCESS) && silence(m) &&
	       is_there(p) && is_there(p + page) && is_there(p + 2 * page) &&
	       is_there(p + 8 * page) && !is_there(p + 3 * page);
	munmap(p, 16 * page);
	return good;
}

/* One page that is not to be had fails its group. */
static bool bad_page(struct sva *m)
{
	uint8_t *p = sva_memory(4 * page);
	bool good = true;

	munmap(p + page, page);
	if (m->pri)
		good = request(m, p, WRITE, 5) && request(m, p + page, WRITE, 5) &&
		       request(m, p + 2 * page, WRITE | LAST, 5) &&
		       answered(m, 5, SMMU_SIM_RESP_INVALID) && silence(m);
	munmap(p, 4 * page);
	return good;
}

/* A stop marker ends what the device has under way with its PASID (I-40). */
static bool stop_marker(struct sva *m)
{
	uint8_t *p = sva_memory(4 * page);
	bool good = true;

	if (m->pri)
		good = request(m, p, WRITE, 6) && request(m, NULL, LAST, 0) && silence(m) &&
		       request(m, p + page, WRITE | LAST, 6) &&
		       answered(m, 6, SMMU_SIM_RESP_SUCCESS) && silence(m) && is_there(p + page);
	munmap(p, 4 * page);
	return good;
}

/* With a PASID that nobody has: an answer all the same (I-41). */
static bool nobody(struct sva *m)
{
	struct smmu_sim_response r;
	bool refused;

	if (!m->pri)
		return true;
	return !sim_page_request(m->fd, 0x1000, READ | LAST, m->pasid ^ 0x4000, 7, &refused) &&
	       !refused && !sim_response(m->fd, 5000, &r) && r.group == 7 &&
	       r.code != SMMU_SIM_RESP_SUCCESS && silence(m);
}

static bool refused_requests(struct sva *m)
{
	struct smmu_sim_response r;
	bool refused = false, good;
	uint8_t *p = sva_memory(2 * page);

	if (!m->pri) {
		munmap(p, 2 * page);
		return true;
	}
	/* A part of it is in the queue, and the end is lost: the SMMU answers. */
	good = request(m, p, WRITE, 8);
	sim_attribute(INSTANCE, NULL, "faults/queues_full", "1");
	good = !sim_page_request(m->fd, (uintptr_t)p, WRITE | LAST, m->pasid, 8, &refused) &&
	       refused && !sim_response(m->fd, 1000, &r) && r.flags & SMMU_SIM_RESP_AUTO && good;
	sim_attribute(INSTANCE, NULL, "faults/queues_full", "0");
	/* Used again, the group has nothing of the old one. */
	good = good && silence(m) && request(m, p + page, WRITE | LAST, 8) &&
	       answered(m, 8, SMMU_SIM_RESP_SUCCESS) && silence(m) && is_there(p + page) &&
	       !is_there(p);
	munmap(p, 2 * page);
	return good;
}

static const struct sva_case cases[] = {
	{ "many faults at once (I-38, I-39)", storm, NULL },
	{ "one page for many (I-38, I-39)", one_page, NULL },
	{ "queues overflow (I-21, I-39)", overflow, NULL },
	{ "interrupts are late (I-22)", late_interrupts, NULL },
	{ "a page that nobody brings (I-42)", never_brought, no_userfault },
	{ "a handler that is not done in time (I-38, I-39, I-42)", stuck, NULL },
	{ "an unbind answers what waits (I-38, I-43)", unbind_answers, NULL },
	{ "groups of page requests (I-39)", groups, NULL },
	{ "a group with a page that is not there (I-39, I-45)", bad_page, NULL },
	{ "a stop marker (I-40)", stop_marker, NULL },
	{ "a PASID that nobody has (I-41)", nobody, NULL },
	{ "a group whose end was lost (I-40)", refused_requests, NULL },
};

int main(void)
{
	sva_run(INSTANCE, cases, ARRAY_SIZE(cases));
}
