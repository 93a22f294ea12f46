// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each allocation of a bind fails once, and each of a fault: the bind is refused and
 * leaves nothing behind (I-61), or works; the fault is answered (I-44).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/nomem_sweep.h"
#include "lib/sva.h"

#define INSTANCE	"nomem"
/* With two masters that stall: one has few PASIDs, the other many */
#define SPARE		"spare"
#define SPARE_BITS	4
#define SPARE_PASIDS	((1 << SPARE_BITS) - 1)
/* So many descriptors of PASIDs fit into 4K, and come at once */
#define LEAF		64

/* So many masters has an instance; then it is made anew. */
#define MASTERS		24

#define FRESH	(SWEEP_OWN << 0)	/* each round has a master of its own, never used before */
#define PRI	(SWEEP_OWN << 1)	/* only with masters that ask for their pages */
#define QUEUE	(SWEEP_OWN << 2)	/* needs uacce */
#define FAR	(SWEEP_OWN << 3)	/* PASIDs have no descriptors yet */
#define STALL	(SWEEP_OWN << 4)	/* only with masters that stall */

static const char *kind;	/* of the masters: "stall" or "pri" */
static unsigned int opened;	/* so many of them have been used */
static struct sva master;	/* that is tested; bound where the rounds are not children */
static unsigned int kept;	/* so many PASIDs has this process */
static char accelerator[300];	/* file of the spare master as such, if there is one */

/* Binds. Of the calling thread; the file of the master is open. */

static bool can_be_used(uint32_t pasid, unsigned int seed)
{
	uint8_t *p = sva_memory(3 * page);
	bool good;

	master.how.pasid = pasid;
	good = sva_moves(&master, p, 3 * page, seed);
	munmap(p, page);
	/* What it knew of the page it has to forget (I-32). */
	good = sva_denied(&master, p, true, F_TRANSLATION) && good;
	munmap(p, 3 * page);
	return good;
}

static enum round bind_once(unsigned int nth)
{
	struct nomem n;
	uint32_t pasid = 0;
	enum nomem_fate fate;
	int ret, again;

	if (!nomem_self(&n, nth))
		return bad("fail-nth", 0);
	ret = sim_bind(master.fd, &pasid);
	fate = nomem_end(&n);
	if (!is_clean(ret))
		return bad("bind", ret);
	/* As if it had never been tried */
	again = ret ? sim_bind(master.fd, &pasid) : 0;
	if (again)
		return bad("bind, again", again);
	if (!can_be_used(pasid, nth))
		return bad("the bond", 0);
	again = sim_unbind(master.fd, pasid);
	if (again || sim_unbind(master.fd, pasid) != -ENOENT)
		return bad("unbind", again);
	return verdict(fate, ret);
}

/* Another device, of another instance, has the process already. */
static enum round bind_second(unsigned int nth)
{
	uint8_t *p = sva_memory(2 * page);
	enum round round;
	struct sva first;
	int ret = sva_open(&first, SPARE, "few");

	if (ret)
		return bad("the other device", ret);
	if (!sva_moves(&first, p, page, nth))
		return bad("the other device, before", 0);
	round = bind_once(nth);
	if (!sva_moves(&first, p, 2 * page, nth))
		round = bad("the other device, afterwards", 0);
	munmap(p, page);
	if (!sva_denied(&first, p, true, F_TRANSLATION))
		round = bad("the other device, where nothing is", 0);
	munmap(p, 2 * page);
	sva_close(&first);
	return round;
}

/* There is nobody to whom an unbind could report. */
static enum round unbind_once(unsigned int nth)
{
	uint8_t *p = sva_memory(page);
	enum nomem_fate fate;
	struct nomem n;
	int ret = sim_bind(master.fd, &master.how.pasid);

	if (ret)
		return bad("bind", ret);
	if (!sva_moves(&master, p, page, nth) || !nomem_self(&n, nth))
		return bad("the bond", 0);
	ret = sim_unbind(master.fd, master.how.pasid);
	fate = nomem_end(&n);
	if (ret || !sva_gone(&master, p))
		return bad("unbind", ret);
	munmap(p, page);
	return verdict(fate, false);
}

#define BUFFER_AT	0x40000000

static bool buffer_works(uint32_t pasid)
{
	const uint32_t rw = SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE;
	struct sim_how how = { .pasid = pasid };
	struct sim_result r;
	char *cpu;
	bool good;

	if (sim_map_at(master.fd, pasid, BUFFER_AT, page, rw, (void **)&cpu))
		return false;
	good = !sim_write(master.fd, BUFFER_AT, "buffer", 7, &how, &r) && sim_fine(&r) &&
	       !strcmp(cpu, "buffer");
	munmap(cpu, page);
	return good;
}

static enum round attach_once(unsigned int nth)
{
	enum nomem_fate fate;
	uint32_t pasid = 0;
	struct nomem n;
	int ret, again;

	if (!nomem_self(&n, nth))
		return bad("fail-nth", 0);
	ret = sim_attach(master.fd, &pasid);
	fate = nomem_end(&n);
	if (!is_clean(ret))
		return bad("attach", ret);
	again = ret ? sim_attach(master.fd, &pasid) : 0;
	if (again)
		return bad("attach, again", again);
	if (!buffer_works(pasid))
		return bad("the buffer", 0);
	again = sim_detach(master.fd, pasid);
	if (again || sim_unmap(master.fd, BUFFER_AT, NULL))
		return bad("detach", again);
	return verdict(fate, ret);
}

static enum round detach_once(unsigned int nth)
{
	struct sim_how how = {};
	enum nomem_fate fate;
	struct sim_result r;
	struct nomem n;
	int ret = sim_attach(master.fd, &how.pasid);

	if (ret)
		return bad("attach", ret);
	if (!buffer_works(how.pasid) || !nomem_self(&n, nth))
		return bad("the buffer", 0);
	ret = sim_detach(master.fd, how.pasid);
	fate = nomem_end(&n);
	if (ret || sim_write(master.fd, BUFFER_AT, "nothing", 8, &how, &r) ||
	    r.outcome == SMMU_SIM_OUT_OK || sim_unmap(master.fd, BUFFER_AT, NULL))
		return bad("detach", ret);
	return verdict(fate, false);
}

/* A queue of an accelerator: opening it binds. */

#define UACCE_CMD_START_Q	_IO('W', 0)
#define UACCE_QFRT_DUS		1

static bool copies(int fd, struct smmu_sim_queue *head, unsigned int value)
{
	struct smmu_sim_job *job = (struct smmu_sim_job *)(head + 1);
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	uint32_t to = 0;

	*job = (struct smmu_sim_job) {
		.op = SMMU_SIM_JOB_COPY,
		.from = (uintptr_t)&value,
		.to = (uintptr_t)&to,
		.len = sizeof(to),
	};
	__atomic_store_n(&head->tail, 1, __ATOMIC_RELEASE);
	return !ioctl(fd, SMMU_SIM_IOC_DOORBELL, 0) && poll(&wait, 1, 10000) == 1 &&
	       job->status == SMMU_SIM_JOB_DONE && to == value;
}

static int queue_open(int *fd, void **head)
{
	int ret = 0;

	*head = MAP_FAILED;
	*fd = open(accelerator, O_RDWR | O_CLOEXEC);
	if (*fd >= 0)
		*head = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, *fd,
			     UACCE_QFRT_DUS * page);
	if (*head == MAP_FAILED || ioctl(*fd, UACCE_CMD_START_Q))
		ret = -errno;
	return ret;
}

static void queue_close(int fd, void *head)
{
	if (head != MAP_FAILED)
		munmap(head, page);
	if (fd >= 0)
		close(fd);
}

static enum round queue_once(unsigned int nth)
{
	enum nomem_fate fate;
	struct nomem n;
	int fd, ret, again;
	void *head;

	if (!nomem_self(&n, nth))
		return bad("fail-nth", 0);
	ret = queue_open(&fd, &head);
	fate = nomem_end(&n);
	if (!is_clean(ret))
		return bad("a queue", ret);
	if (ret) {
		queue_close(fd, head);
		again = queue_open(&fd, &head);
		if (again)
			return bad("a queue, again", again);
	}
	if (!copies(fd, head, nth))
		return bad("a job", 0);
	queue_close(fd, head);
	return verdict(fate, ret);
}

/* Faults. Of the kernel's threads; the process is bound to the master. */

/* Where no memory of the process is near: page tables are missing as well. */
static uint8_t *far_away(size_t len, int flags, int fd)
{
	void *hint = (void *)(sizeof(long) == 8 ? 0x2000000000ul : 0);
	uint8_t *p = mmap(hint, len, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (p == MAP_FAILED)
		ksft_exit_fail_msg("no memory\n");
	return p;
}

static uint8_t *anonymous(size_t *len)
{
	uint8_t *p = far_away(*len, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	madvise(p, *len, MADV_NOHUGEPAGE);
	return p;
}

static uint8_t *shared(size_t *len)
{
	return far_away(*len, MAP_SHARED | MAP_ANONYMOUS, -1);
}

static uint8_t *copied(size_t *len)
{
	int fd = sva_file(*len, 1);
	uint8_t *p = far_away(*len, MAP_PRIVATE, fd);

	close(fd);
	return p;
}

static uint8_t *huge(size_t *len)
{
	uint8_t *p;

	*len = sva_huge() ?: *len;
	p = sva_aligned(*len, *len);
	madvise(p, *len, MADV_HUGEPAGE);
	return p;
}

/* What serves faults: threads of interrupts, and workers */
static bool irqs_fail(struct nomem *n, unsigned int nth)
{
	return nomem_kernel(n, "irq/", "arm-sm", nth);
}

static bool workers_fail(struct nomem *n, unsigned int nth)
{
	return nomem_kernel(n, "kworker/u", "", nth);
}

static bool is_denied(const struct sim_result *r)
{
	if (r->done)
		return false;
	if (master.pri)
		return r->outcome == SMMU_SIM_OUT_PRI_INVALID && r->requests == 1;
	return r->outcome == SMMU_SIM_OUT_ABORT && r->event == F_TRANSLATION && r->stalls == 1;
}

static enum round touch(uint8_t *p, struct nomem *n, bool *untouched)
{
	struct sim_result r = {};
	enum nomem_fate fate;
	int ret = sim_write(master.fd, (uintptr_t)p, "touch", 6, &master.how, &r);

	fate = nomem_end(n);
	*untouched = fate == NOMEM_UNTOUCHED;
	if (ret)
		return bad("write", ret);
	if (r.outcome == SMMU_SIM_OUT_OK)
		return memcmp(p, "touch", 6) ? bad("what is written", 0) : verdict(fate, false);
	if (!is_denied(&r) || fate != NOMEM_FAILED) {
		sim_fine(&r);
		return bad("the answer", 0);
	}
	return verdict(fate, true);
}

/*
 * A worker that was made after the others were told to fail may be the one that
 * serves the fault: then again. Threads of interrupts are the same ones.
 */
static enum round fault_once(uint8_t *(*memory)(size_t *len),
			     bool (*fail)(struct nomem *n, unsigned int nth), unsigned int nth)
{
	unsigned int tries = fail == workers_fail ? 20 : 1;
	enum round round = ROUND_END;
	bool untouched = true;
	struct nomem n;
	size_t len;
	uint8_t *p;

	while (untouched && tries--) {
		len = 4 * page;
		p = memory(&len);
		if (!fail(&n, nth))
			return bad("fail-nth of kernel threads", 0);
		round = touch(p, &n, &untouched);
		/* Then there is memory again. */
		if (!sva_moves(&master, p, 4 * page, nth))
			round = bad("the memory, afterwards", 0);
		munmap(p, len);
		if (round == ROUND_BAD)
			break;
	}
	/* Perhaps there is nothing of that kind; but not all of a sudden. */
	if (untouched && fail == workers_fail && nth > 1)
		return bad("no worker that could fail", 0);
	return round;
}

static enum round report_fails(unsigned int nth)
{
	return fault_once(anonymous, irqs_fail, nth);
}

static enum round anonymous_fails(unsigned int nth)
{
	return fault_once(anonymous, workers_fail, nth);
}

static enum round shared_fails(unsigned int nth)
{
	return fault_once(shared, workers_fail, nth);
}

static enum round copied_fails(unsigned int nth)
{
	return fault_once(copied, workers_fail, nth);
}

static enum round huge_fails(unsigned int nth)
{
	return fault_once(huge, workers_fail, nth);
}

/* Three pages as one group */
static bool ask(uint8_t *p, uint32_t group)
{
	bool refused = false;
	unsigned int i;

	for (i = 0; i < 3; i++)
		if (sim_page_request(master.fd, (uintptr_t)p + i * page, SMMU_SIM_REQ_WRITE |
				     (i == 2 ? SMMU_SIM_REQ_LAST : 0), master.how.pasid, group,
				     &refused) || refused)
			return false;
	return true;
}

/* One answer, and then silence */
static bool answered(uint32_t group, uint32_t *code)
{
	struct smmu_sim_response r, more;

	if (sim_response(master.fd, 10000, &r) || r.group != group ||
	    r.flags & SMMU_SIM_RESP_AUTO || sim_response(master.fd, 20, &more) != -EAGAIN)
		return false;
	*code = r.code;
	return true;
}

static enum round group_fails(unsigned int nth)
{
	uint8_t *p = sva_memory(3 * page);
	uint32_t code, group = nth % 256;
	enum nomem_fate fate;
	struct nomem n;
	bool asked;

	if (!irqs_fail(&n, nth))
		return bad("fail-nth of kernel threads", 0);
	asked = ask(p, group) && answered(group, &code);
	fate = nomem_end(&n);
	if (!asked)
		return bad("no answer to a group, or more than one", 0);
	if (code != SMMU_SIM_RESP_SUCCESS &&
	    (code != SMMU_SIM_RESP_INVALID || fate != NOMEM_FAILED))
		return bad("the answer to a group", 0);
	nth = code;
	/* Nothing of it is in the next one. */
	if (!ask(p, group) || !answered(group, &code) || code != SMMU_SIM_RESP_SUCCESS)
		return bad("the next group", 0);
	munmap(p, 3 * page);
	return verdict(fate, nth != SMMU_SIM_RESP_SUCCESS);
}

/* Masters to sweep with */

static int make_masters(void)
{
	bool pri = !strcmp(kind, "pri");
	int ret = sim_instance(INSTANCE, NULL);
	char name[16];
	unsigned int i;

	/* Uses translations that memory no longer has for as long as it may. */
	if (!ret)
		ret = sim_attribute(INSTANCE, NULL, "prefer_stale", "1");
	for (i = 0; !ret && i < MASTERS; i++) {
		snprintf(name, sizeof(name), "%s%u", kind, i);
		ret = sim_master(INSTANCE, name, pri ? "pci" : "platform");
		if (!ret && pri)
			ret = sim_master_set(INSTANCE, name, "ats", 1);
		if (!ret)
			ret = sim_master_set(INSTANCE, name, kind, 1);
		if (!ret)
			ret = sim_master_set(INSTANCE, name, "pasid_bits", 16);
	}
	opened = 0;
	return ret ?: sim_live(INSTANCE, true);
}

static void open_next(void)
{
	char name[16];

	snprintf(name, sizeof(name), "%s%u", kind, opened++);
	master = (struct sva) {
		.instance = INSTANCE,
		.pri = !strcmp(kind, "pri"),
		.fd = sim_open(INSTANCE, name),
	};
	if (master.fd < 0)
		ksft_exit_fail_msg("%s: %s\n", name, strerror(-master.fd));
}

static void open_first(void)
{
	int ret = make_masters();

	if (ret)
		ksft_exit_fail_msg("making an instance: %s\n", strerror(-ret));
	open_next();
}

static bool close_last(void)
{
	bool good = !sim_number(INSTANCE, "violations");

	if (!good)
		sim_report(INSTANCE);
	sva_close(&master);
	sim_remove(INSTANCE);
	return good;
}

static bool fresh_master(void)
{
	bool good = true;

	if (opened == MASTERS) {
		good = close_last();
		open_first();
	} else {
		sva_close(&master);
		open_next();
	}
	return good;
}

static bool ready(const struct sweep *s)
{
	return !(s->flags & FRESH) || fresh_master();
}

/* All PASIDs can be had again. */
static bool nothing_left(void)
{
	return sva_pasids(SPARE, "few", SPARE_PASIDS - kept);
}

/* Use up the PASIDs whose descriptors came with the one of DMA without; till it is closed */
static int use_up(void)
{
	int i, fd = sim_open(SPARE, "many");
	uint32_t pasid;

	for (i = 0; i < LEAF; i++)
		if (sim_attach(fd, &pasid))
			ksft_exit_fail_msg("no PASID\n");
	return fd;
}

static void run(const struct sweep *s)
{
	int used = s->flags & FAR ? use_up() : -1;
	struct swept swept = {};
	bool good = sweep(s, ready, &swept);

	if (used >= 0)
		close(used);
	good = nothing_left() && good;
	good = !sim_number(INSTANCE, "violations") && good;
	ksft_test_result(good, "%s: %s: %d objects, %d pages, %d and all after it, %u errors\n",
			 kind, s->what, swept.num[NOMEM_OBJECTS], swept.num[NOMEM_PAGES],
			 swept.num[NOMEM_PAGES_ON], swept.refused);
	fflush(stdout);
}

/* One kind is enough for what both have in common. */
static const struct sweep sweeps[] = {
	{ "the first bind (I-61)", bind_once, PRI | FRESH | SWEEP_CHILD },
	{ "the first bind with a distant PASID (I-61)", bind_once,
	  PRI | FRESH | FAR | SWEEP_CHILD },
	{ "a bind (I-61)", bind_once, PRI | SWEEP_CHILD },
	{ "a bind of the second device (I-35, I-61)", bind_second, SWEEP_CHILD },
	{ "a queue of an accelerator (I-61)", queue_once, STALL | SWEEP_CHILD | QUEUE },
	{ "an unbind (I-34)", unbind_once, SWEEP_CHILD | SWEEP_NONE },
	{ "the first PASID of buffers (I-61)", attach_once, STALL | FRESH | SWEEP_CHILD },
	{ "its end (I-34)", detach_once, SWEEP_CHILD | SWEEP_NONE },
	{ "the report of a fault (I-38, I-44)", report_fails, 0 },
	{ "a group of page requests (I-39, I-40, I-44)", group_fails, PRI },
	{ "a page, and page tables (I-44)", anonymous_fails, STALL },
	{ "a page of shared memory (I-44)", shared_fails, STALL },
	{ "a copy of a file's page (I-44)", copied_fails, PRI },
	{ "a huge page (I-44)", huge_fails, PRI | SWEEP_HUGE },
};

static bool is_for(const struct sweep *s, const char *which)
{
	return !(s->flags & (strcmp(which, "pri") ? PRI : STALL));
}

static unsigned int count(void)
{
	unsigned int i, num = 0;

	for (i = 0; i < ARRAY_SIZE(sweeps); i++)
		num += is_for(&sweeps[i], "stall") + is_for(&sweeps[i], "pri");
	return num;
}

static void run_all(void)
{
	unsigned int i;
	bool bound = false;

	open_first();
	for (i = 0; i < ARRAY_SIZE(sweeps); i++) {
		if (!is_for(&sweeps[i], kind))
			continue;
		if ((sweeps[i].flags & QUEUE) && !*accelerator) {
			ksft_test_result_skip("%s: no uacce in this kernel\n", sweeps[i].what);
			continue;
		}
		if (!(sweeps[i].flags & SWEEP_CHILD) && !bound) {
			bound = !sim_bind(master.fd, &master.how.pasid);
			kept = 1;
		}
		run(&sweeps[i]);
	}
	ksft_test_result(close_last(), "%s: no violation (I-32, I-36)\n", kind);
}

static void spare(void)
{
	int ret = sim_instance(SPARE, NULL);

	if (!ret)
		ret = sim_master(SPARE, "few", "platform");
	if (!ret)
		ret = sim_master_set(SPARE, "few", "stall", 1);
	if (!ret)
		ret = sim_master_set(SPARE, "few", "pasid_bits", SPARE_BITS);
	if (!ret)
		ret = sim_master_set(SPARE, "few", "uacce", 1);
	if (!ret)
		ret = sim_master(SPARE, "many", "platform");
	if (!ret)
		ret = sim_master_set(SPARE, "many", "stall", 1);
	if (!ret)
		ret = sim_master_set(SPARE, "many", "pasid_bits", 16);
	if (!ret)
		ret = sim_live(SPARE, true);
	if (ret)
		ksft_exit_fail_msg("making an instance: %s\n", strerror(-ret));
}

static void find_accelerator(void)
{
	DIR *dir = opendir("/sys/class/uacce");
	struct dirent *d;

	while (dir && (d = readdir(dir)))
		if (!strncmp(d->d_name, "smmu_sim", 8))
			snprintf(accelerator, sizeof(accelerator), "/dev/%s", d->d_name);
	if (dir)
		closedir(dir);
}

/* Not in this process: its PASID would stay. */
static bool can_share(void)
{
	struct sva few;
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(sva_open(&few, SPARE, "few") != 0);
	return waitpid(pid, &status, 0) == pid && !status;
}

int main(void)
{
	const char *why;

	page = sysconf(_SC_PAGESIZE);
	ksft_print_header();
	if (sim_configfs())
		ksft_exit_skip("no simulator in this kernel\n");
	why = nomem_why_not();
	if (why)
		ksft_exit_skip("%s\n", why);
	spare();
	if (!can_share()) {
		sim_remove(SPARE);
		ksft_exit_skip("the driver of the SMMU shares no memory\n");
	}
	find_accelerator();
	ksft_set_plan(count() + 2 + 1);
	kind = "stall";
	run_all();
	kind = "pri";
	run_all();
	ksft_test_result(!sim_number(SPARE, "violations"), "no violation elsewhere (I-35)\n");
	sim_remove(SPARE);
	ksft_finished();
}
