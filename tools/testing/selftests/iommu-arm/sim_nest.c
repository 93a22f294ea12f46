// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests with a stage 1 of their own, on the simulator: this program is a monitor and
 * its guest. The guest's memory is a piece of this process, which stage 2 maps; in it
 * are a context descriptor and tables, words of IHI 0070 and of DDI 0487.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/iommufd.h"
#include "lib/sim_cases.h"
#include "lib/sim_check.h"

#define INSTANCE	"nest"
#define UNFORCED	"nest-nofwb"	/* stage 2 forces no memory types there */
#define UNSAFE		"/sys/module/arm_smmu_v3/parameters/unsafe_nesting"
#define RAM		0x40000000ull	/* where the guest has its memory */
#define RAM_SIZE	0x200000
#define VA		0x80000000ull	/* what its tables map, page by page */
#define PAGE_4K		0x1000
#define ASID		7ull		/* and the next, of PASID 1 */

/* Offsets in RAM */
#define CD		0x0000
#define LEVEL1		0x1000
#define LEVEL2		0x2000
#define LEVEL3		0x3000
#define DATA		0x10000

#define S1_PAGE		0xf43ull	/* nG, AF, inner shareable, user, page */
#define S1_TYPE(n)	((n) << 2)	/* AttrIndx */

/* Memory types: bytes of MAIR */
#define CACHEABLE	0xff
#define UNCACHED	0x44
#define DEVICE		0x00

enum { PLAIN, ATS, STRANGER, PASIDS, STALL, OTHER, MASTERS };

static const struct {
	const char *name;
	const char *kind;
	bool ats;
	unsigned int pasid_bits;
	bool stall;
	const char *instance;
} masters[MASTERS] = {
	[PLAIN] = { "plain", "platform" },
	[ATS] = { "ats", "pci", true },
	[STRANGER] = { "stranger", "platform" },
	[PASIDS] = { "pasids", "pci", true, 4 },
	[STALL] = { "stall", "platform", false, 4, true },
	[OTHER] = { "other", "platform", .instance = UNFORCED },
};

static uint8_t *ram;

struct vm {
	int fd;
	uint32_t ioas;
	uint32_t parent;
	int master[MASTERS];
	uint32_t dev[MASTERS];
	uint32_t sid[MASTERS];
	uint32_t faults;
	struct sim_how how;
};

static const char *home(unsigned int i)
{
	return masters[i].instance ?: INSTANCE;
}

static int describe(unsigned int i)
{
	int ret = sim_master(home(i), masters[i].name, masters[i].kind);

	if (!ret && masters[i].ats)
		ret = sim_master_set(home(i), masters[i].name, "ats", 1);
	if (!ret && masters[i].pasid_bits)
		ret = sim_master_set(home(i), masters[i].name, "pasid_bits",
				     masters[i].pasid_bits);
	if (!ret && masters[i].stall)
		ret = sim_master_set(home(i), masters[i].name, "stall", 1);
	return ret ?: sim_master_set(home(i), masters[i].name, "user", 1);
}

static int instances(void)
{
	static const char *const names[] = { INSTANCE, UNFORCED };
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < ARRAY_SIZE(names); i++)
		ret = sim_instance(names[i], NULL) ?:
		      sim_attribute(names[i], NULL, "prefer_stale", "1");
	ret = ret ?: sim_attribute(UNFORCED, NULL, "ids/idr3.fwb", "0");
	for (i = 0; !ret && i < MASTERS; i++)
		ret = describe(i);
	for (i = 0; !ret && i < ARRAY_SIZE(names); i++)
		ret = sim_live(names[i], true);
	return ret;
}

static void vm_end(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < MASTERS; i++)
		if (vm->master[i] >= 0)
			close(vm->master[i]);
	if (vm->fd >= 0)
		close(vm->fd);
}

static int vm_master(struct vm *vm, unsigned int i)
{
	struct smmu_sim_info info;
	int ret;

	vm->master[i] = sim_open(home(i), masters[i].name);
	if (vm->master[i] < 0)
		return vm->master[i];
	ret = sim_info(vm->master[i], &info);
	vm->sid[i] = info.sids[0];
	return ret ?: sim_give(vm->master[i], vm->fd, &vm->dev[i]);
}

static int vm_parent(struct vm *vm, unsigned int i)
{
	return iommufd_hwpt(vm->fd, vm->dev[i], vm->ioas, IOMMU_HWPT_ALLOC_NEST_PARENT,
			    &vm->parent);
}

/* @which: bits of masters. Without a parent yet */
static bool vm_open(struct vm *vm, unsigned int which)
{
	unsigned int i;
	int ret;

	*vm = (struct vm) {};
	for (i = 0; i < MASTERS; i++)
		vm->master[i] = -1;
	vm->fd = iommufd_open();
	ret = vm->fd < 0 ? vm->fd : iommufd_ioas(vm->fd, &vm->ioas);
	for (i = 0; !ret && i < MASTERS; i++)
		if (which & 1u << i)
			ret = vm_master(vm, i);
	ret = ret ?: iommufd_map(vm->fd, vm->ioas, ram, RAM_SIZE, RAM, true);
	if (good(ret, "a virtual machine"))
		return true;
	vm_end(vm);
	return false;
}

static bool vm_start(struct vm *vm, unsigned int which)
{
	if (!vm_open(vm, which))
		return false;
	if (good(vm_parent(vm, ffs(which) - 1), "a parent"))
		return true;
	vm_end(vm);
	return false;
}

static void put(unsigned int at, uint64_t word)
{
	__atomic_store_n((uint64_t *)(ram + at), word, __ATOMIC_RELEASE);
}

/* A guest's driver: tables of 39 bits, ASID 7, nothing mapped. */
static void guest_tables(void)
{
	unsigned int i;

	memset(ram, 0, DATA);
	put(LEVEL1 + (VA >> 30) * 8, (RAM + LEVEL2) | 3);
	put(LEVEL2, (RAM + LEVEL3) | 3);
	for (i = 0; i < 2; i++) {
		put(CD + i * 64 + 8, RAM + LEVEL1);
		put(CD + i * 64 + 24, CACHEABLE | UNCACHED << 8 | DEVICE << 16);
		/* T0SZ 25, 4K, cacheable, no TTB1, V, 48 bits, AArch64, record, abort, ASET */
		put(CD + i * 64, 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1ull << 30 | 1ull << 31 |
		    5ull << 32 | 1ull << 41 | 1ull << 45 | 1ull << 46 | 1ull << 47 |
		    (ASID + i) << 48);
	}
}

static void guest_map(unsigned int n, unsigned int at)
{
	put(LEVEL3 + n * 8, (RAM + at) | S1_PAGE);
}

/* An STE: stage 1 by the CDs, cacheable, inner shareable; ATS as the endpoint has it. */
static void guest_ste(uint64_t *ste, unsigned int i)
{
	ste[0] = 0xb | (RAM + CD);
	ste[1] = 0xd4 | (masters[i].ats ? 1ull << 28 : 0);
	if (!masters[i].pasid_bits)
		return;
	/* two of them; without a PASID it is the first */
	ste[0] |= 1ull << 59;
	ste[1] |= 2;
}

static bool guest_runs(struct vm *vm, unsigned int i, uint32_t *nest)
{
	uint64_t ste[2];
	uint32_t to;

	guest_ste(ste, i);
	if (!good(iommufd_nest(vm->fd, vm->dev[i], vm->parent, ste, vm->faults, nest),
		  "a nested page table"))
		return false;
	to = *nest;
	return good(sim_lead(vm->master[i], &to), "attach");
}

static bool commands(struct vm *vm, uint32_t nest, const struct iommufd_cmd *cmds, uint32_t num)
{
	uint32_t done = num;

	return good(iommufd_invalidate(vm->fd, nest, cmds, &done), "commands") && done == num;
}

/* The model reads a guest's tables anew, so ask it what it was told. */
static bool arrives(const char *name, unsigned long after)
{
	if (sim_commands(INSTANCE, name, after, NULL) == 1)
		return true;
	ksft_print_msg("not one %s\n", name);
	return false;
}

static bool guest_tlbi(struct vm *vm, uint32_t nest, uint64_t va)
{
	const struct iommufd_cmd cmd = { { 0x12 | (ASID + vm->how.pasid) << 48, va } };
	unsigned long last = 0;

	sim_commands(INSTANCE, "", 0, &last);
	return commands(vm, nest, &cmd, 1) && arrives("TLBI_NH_VA", last);
}

static bool guest_atc_inv(struct vm *vm, uint32_t nest, unsigned int i, uint64_t va)
{
	const struct iommufd_cmd cmd = {
		{ 0x40 | (uint64_t)vm->sid[i] << 32 |
		  (vm->how.pasid ? 1ull << 11 | vm->how.pasid << 12 : 0), va }
	};

	return !masters[i].ats || commands(vm, nest, &cmd, 1);
}

/* Both at once, without the guest's CMD_SYNCs: the ATC waits for the TLB (I-46). */
static bool guest_drops(struct vm *vm, uint32_t nest, unsigned int i, uint64_t va)
{
	const struct iommufd_cmd cmds[] = {
		{ { 0x12 | (ASID + vm->how.pasid) << 48, va } },
		{ { 0x40 | (uint64_t)vm->sid[i] << 32 | 1ull << 11 | vm->how.pasid << 12, va } },
	};
	unsigned long last = 0;

	sim_commands(INSTANCE, "", 0, &last);
	if (!commands(vm, nest, cmds, ARRAY_SIZE(cmds)))
		return false;
	return arrives("TLBI_NH_VA", last) && arrives("ATC_INV", last) &&
	       sim_commands(INSTANCE, "SYNC", last, NULL) == 2;
}

static bool moves(struct vm *vm, unsigned int i, uint64_t va, unsigned int at, unsigned int seed)
{
	uint8_t data[256], back[256];
	struct sim_result r;

	sim_fill(data, sizeof(data), seed);
	if (sim_write(vm->master[i], va, data, sizeof(data), &vm->how, &r) || !sim_fine(&r) ||
	    memcmp(ram + at, data, sizeof(data)))
		return false;
	return !sim_read(vm->master[i], va, back, sizeof(back), &vm->how, &r) && sim_fine(&r) &&
	       !memcmp(back, data, sizeof(back));
}

static bool refused(struct vm *vm, unsigned int i, uint64_t va, uint32_t event)
{
	struct sim_result r;
	uint8_t data[8];

	if (sim_read(vm->master[i], va, data, sizeof(data), &vm->how, &r))
		return false;
	if (masters[i].ats && (r.outcome == SMMU_SIM_OUT_ATS_DENIED ||
			       r.outcome == SMMU_SIM_OUT_ATS_UR ||
			       r.outcome == SMMU_SIM_OUT_ATS_CA))
		return true;
	return sim_expect(&r, SMMU_SIM_OUT_ABORT, event);
}

static bool translates(void)
{
	uint32_t nest;
	struct vm vm;
	bool ok;
	int i;

	if (!vm_start(&vm, 1 << PLAIN | 1 << ATS))
		return false;
	ok = true;
	for (i = PLAIN; ok && i <= ATS; i++) {
		guest_tables();
		guest_map(0, DATA);
		guest_map(1, DATA + 5 * PAGE_4K);
		ok = guest_runs(&vm, i, &nest) && moves(&vm, i, VA, DATA, 1) &&
		     moves(&vm, i, VA + PAGE_4K, DATA + 5 * PAGE_4K, 2) &&
		     refused(&vm, i, VA + 2 * PAGE_4K, F_TRANSLATION) &&
		     /* the guest's own addresses of memory are none of its device's */
		     refused(&vm, i, RAM + DATA, F_TRANSLATION) &&
		     good(sim_lead_nowhere(vm.master[i]), "detach") &&
		     good(iommufd_destroy(vm.fd, nest), "destroy");
	}
	vm_end(&vm);
	return ok;
}

/* The guest's invalidations arrive; an endpoint keeps what it has until it is told. */
static bool guest_unmaps(void)
{
	uint32_t nest;
	struct vm vm;
	bool ok;
	int i;

	if (!vm_start(&vm, 1 << PLAIN | 1 << ATS))
		return false;
	ok = true;
	for (i = PLAIN; ok && i <= ATS; i++) {
		guest_tables();
		guest_map(3, DATA);
		ok = guest_runs(&vm, i, &nest) && moves(&vm, i, VA + 3 * PAGE_4K, DATA, 1);
		put(LEVEL3 + 3 * 8, 0);
		ok = ok && (!masters[i].ats || moves(&vm, i, VA + 3 * PAGE_4K, DATA, 2)) &&
		     guest_tlbi(&vm, nest, VA + 3 * PAGE_4K) &&
		     guest_atc_inv(&vm, nest, i, VA + 3 * PAGE_4K) &&
		     refused(&vm, i, VA + 3 * PAGE_4K, F_TRANSLATION) &&
		     good(sim_lead_nowhere(vm.master[i]), "detach") &&
		     good(iommufd_destroy(vm.fd, nest), "destroy");
	}
	vm_end(&vm);
	return ok;
}

/* I-50: the monitor takes memory away; whatever the guest had put in front of it. */
static bool monitor_unmaps(void)
{
	uint32_t nest;
	struct vm vm;
	bool ok;
	int i;

	if (!vm_start(&vm, 1 << PLAIN | 1 << ATS))
		return false;
	ok = true;
	for (i = PLAIN; ok && i <= ATS; i++) {
		guest_tables();
		guest_map(0, DATA);
		guest_map(1, DATA + PAGE_4K);
		ok = guest_runs(&vm, i, &nest) && moves(&vm, i, VA, DATA, 1) &&
		     moves(&vm, i, VA + PAGE_4K, DATA + PAGE_4K, 2) &&
		     good(iommufd_unmap(vm.fd, vm.ioas, RAM, RAM_SIZE), "unmap") &&
		     good(iommufd_map(vm.fd, vm.ioas, ram, DATA + PAGE_4K, RAM, true), "map") &&
		     moves(&vm, i, VA, DATA, 3) &&
		     refused(&vm, i, VA + PAGE_4K, F_TRANSLATION) &&
		     /* A single page goes by its address in stage 2, which stage 1 hides. */
		     good(iommufd_map(vm.fd, vm.ioas, ram + DATA + PAGE_4K, PAGE_4K,
				      RAM + DATA + PAGE_4K, true), "map a page") &&
		     moves(&vm, i, VA + PAGE_4K, DATA + PAGE_4K, 4) &&
		     good(iommufd_unmap(vm.fd, vm.ioas, RAM + DATA + PAGE_4K, PAGE_4K),
			  "unmap a page") &&
		     refused(&vm, i, VA + PAGE_4K, F_TRANSLATION) &&
		     good(sim_lead_nowhere(vm.master[i]), "detach") &&
		     good(iommufd_destroy(vm.fd, nest), "destroy") &&
		     good(iommufd_unmap(vm.fd, vm.ioas, RAM, DATA + PAGE_4K), "unmap") &&
		     good(iommufd_map(vm.fd, vm.ioas, ram, RAM_SIZE, RAM, true), "map");
	}
	vm_end(&vm);
	return ok;
}

/* The same by a PASID of the guest's, of which nobody else knows (I-36, I-46, I-50) */
static bool guest_pasids(void)
{
	uint32_t nest;
	struct vm vm;
	bool ok;

	if (!vm_start(&vm, 1 << PASIDS))
		return false;
	guest_tables();
	guest_map(0, DATA);
	guest_map(3, DATA + PAGE_4K);
	ok = guest_runs(&vm, PASIDS, &nest) && moves(&vm, PASIDS, VA, DATA, 1);
	vm.how.pasid = 1;
	ok = ok && moves(&vm, PASIDS, VA, DATA, 2) &&
	     moves(&vm, PASIDS, VA + 3 * PAGE_4K, DATA + PAGE_4K, 3);
	put(LEVEL3 + 3 * 8, 0);
	ok = ok && guest_drops(&vm, nest, PASIDS, VA + 3 * PAGE_4K) &&
	     refused(&vm, PASIDS, VA + 3 * PAGE_4K, F_TRANSLATION) &&
	     moves(&vm, PASIDS, VA, DATA, 4) &&
	     good(iommufd_unmap(vm.fd, vm.ioas, RAM, RAM_SIZE), "unmap") &&
	     good(iommufd_map(vm.fd, vm.ioas, ram, DATA, RAM, true), "map") &&
	     refused(&vm, PASIDS, VA, F_TRANSLATION);
	vm.how.pasid = 0;
	ok = ok && refused(&vm, PASIDS, VA, F_TRANSLATION);
	/* One that the guest has no CD for */
	vm.how.pasid = 2;
	ok = ok && refused(&vm, PASIDS, VA, F_TRANSLATION);
	vm_end(&vm);
	return ok;
}

struct dma {
	struct vm *vm;
	uint64_t va;
	struct sim_result result;
	int ret;
};

static void *writes(void *arg)
{
	struct dma *dma = arg;

	dma->ret = sim_write(dma->vm->master[STALL], dma->va, "guest", 6, &dma->vm->how,
			     &dma->result);
	return NULL;
}

/* Wait for a fault, do what a guest would do, and answer. */
static bool serve(int faults, uint64_t va, uint32_t pasid, bool map)
{
	struct pollfd wait = { .fd = faults, .events = POLLIN };
	struct iommu_hwpt_page_response answer = {};
	struct iommu_hwpt_pgfault fault;

	if (poll(&wait, 1, 30000) != 1 ||
	    read(faults, &fault, sizeof(fault)) != sizeof(fault)) {
		ksft_print_msg("no fault arrives\n");
		return false;
	}
	if (map)
		guest_map((va - VA) / PAGE_4K, DATA);
	answer.cookie = fault.cookie;
	answer.code = map ? IOMMUFD_PAGE_RESP_SUCCESS : IOMMUFD_PAGE_RESP_INVALID;
	if (write(faults, &answer, sizeof(answer)) != sizeof(answer))
		return false;
	return fault.addr == va && fault.perm & IOMMU_PGFAULT_PERM_WRITE &&
	       !(fault.flags & IOMMU_PGFAULT_FLAGS_PASID_VALID) == !pasid &&
	       (!pasid || fault.pasid == pasid);
}

/* I-38, I-41: what waits for its page waits for the guest, also by a PASID of the guest's. */
static bool guest_serves(void)
{
	struct dma dma;
	pthread_t thread;
	uint32_t nest;
	struct vm vm;
	int faults = -1, i;
	bool ok;

	if (!vm_start(&vm, 1 << STALL))
		return false;
	guest_tables();
	/* CD.S: faults stall */
	put(CD, *(uint64_t *)(ram + CD) | 1ull << 44);
	put(CD + 64, *(uint64_t *)(ram + CD + 64) | 1ull << 44);
	faults = iommufd_faults(vm.fd, &vm.faults);
	ok = good(faults < 0 ? faults : 0, "a fault queue") && guest_runs(&vm, STALL, &nest);
	for (i = 0; ok && i < 4; i++) {
		bool map = i < 2;

		vm.how.pasid = i % 2;
		dma = (struct dma) { .vm = &vm, .va = VA + i * PAGE_4K };
		if (pthread_create(&thread, NULL, writes, &dma))
			break;
		ok = serve(faults, dma.va, vm.how.pasid, map);
		pthread_join(thread, NULL);
		ok = ok && !dma.ret &&
		     sim_expect(&dma.result, map ? SMMU_SIM_OUT_OK : SMMU_SIM_OUT_ABORT,
				map ? 0 : F_TRANSLATION) &&
		     !memcmp(ram + DATA, map ? "guest" : "\0\0\0\0\0", 6);
		memset(ram + DATA, 0, 6);
	}
	vm_end(&vm);
	if (faults >= 0)
		close(faults);
	return ok && i == 4;
}

/* A guest without stage 1, one whose STE is not valid, and from one to the other. */
static bool other_stes(void)
{
	const uint64_t bypass[2] = { 0x9 }, abort[2] = { 0x1 }, invalid[2] = {};
	uint32_t pass, stop, none, to;
	struct vm vm;
	bool ok;

	if (!vm_start(&vm, 1 << PLAIN))
		return false;
	ok = good(iommufd_nest(vm.fd, vm.dev[PLAIN], vm.parent, bypass, 0, &pass), "bypass") &&
	     good(iommufd_nest(vm.fd, vm.dev[PLAIN], vm.parent, abort, 0, &stop), "abort") &&
	     good(iommufd_nest(vm.fd, vm.dev[PLAIN], vm.parent, invalid, 0, &none), "invalid");
	to = pass;
	ok = ok && good(sim_lead(vm.master[PLAIN], &to), "attach") &&
	     moves(&vm, PLAIN, RAM + DATA, DATA, 1) &&
	     refused(&vm, PLAIN, RAM + RAM_SIZE, F_TRANSLATION);
	to = stop;
	ok = ok && good(sim_lead(vm.master[PLAIN], &to), "attach") &&
	     refused(&vm, PLAIN, RAM + DATA, 0);
	to = pass;
	ok = ok && good(sim_lead(vm.master[PLAIN], &to), "attach") &&
	     moves(&vm, PLAIN, RAM + DATA, DATA, 2);
	to = none;
	ok = ok && good(sim_lead(vm.master[PLAIN], &to), "attach") &&
	     refused(&vm, PLAIN, RAM + DATA, 0);
	vm_end(&vm);
	return ok;
}

/* What a guest may not have, and whose streams are not its own. */
static bool no_more_than_its_own(void)
{
	static const struct {
		const char *what;
		uint64_t ste[2];
	} bad[] = {
		{ "stage 2", { 0xd } },
		{ "both stages", { 0xf } },
		{ "a regime of its own", { 0xb, 2ull << 30 } },
		{ "a reserved bit", { 0xb | 1ull << 57 } },
	};
	struct iommufd_cmd cmds[4] = {
		{ { 0x12 | ASID << 48, VA } }, { { 0x10 } }, { { 0 } }, { { 0x11 | ASID << 48 } },
	};
	unsigned long last = 0;
	uint32_t nest, num;
	struct vm vm;
	unsigned int i;
	bool ok;

	if (!vm_start(&vm, 1 << PLAIN | 1 << STRANGER))
		return false;
	guest_tables();
	guest_map(0, DATA);
	/* The stranger has a guest of its own. */
	ok = guest_runs(&vm, PLAIN, &nest) && guest_runs(&vm, STRANGER, &num) &&
	     moves(&vm, PLAIN, VA, DATA, 1) && moves(&vm, STRANGER, VA, DATA, 2);
	for (i = 0; ok && i < ARRAY_SIZE(bad); i++) {
		ok = iommufd_nest(vm.fd, vm.dev[PLAIN], vm.parent, bad[i].ste, 0, &num) == -EIO;
		if (!ok)
			ksft_print_msg("may have %s\n", bad[i].what);
	}
	/* Those before a bad one are done, and it is said how many. */
	for (i = 0; ok && i < 3; i++) {
		static const uint64_t ops[] = { 0x05, 0x40, 0x28 };

		cmds[2].word[0] = ops[i] | (uint64_t)vm.sid[STRANGER] << 32;
		num = 4;
		sim_commands(INSTANCE, "", 0, &last);
		ok = iommufd_invalidate(vm.fd, nest, cmds, &num) == -EIO && num == 2 &&
		     arrives("TLBI_NH_VA", last) && arrives("TLBI_NH_ALL", last) &&
		     !sim_commands(INSTANCE, "TLBI_NH_ASID", last, NULL);
	}
	cmds[2].word[0] = 0x05 | (uint64_t)vm.sid[PLAIN] << 32;
	sim_commands(INSTANCE, "", 0, &last);
	ok = ok && commands(&vm, nest, cmds, 4) && arrives("TLBI_NH_VA", last) &&
	     arrives("TLBI_NH_ALL", last) && arrives("CFGI_CD", last) &&
	     arrives("TLBI_NH_ASID", last);
	/* None at all is a question whether this kind of command is known. */
	num = 0;
	ok = ok && good(iommufd_invalidate(vm.fd, nest, cmds, &num), "no command") && !num;
	vm_end(&vm);
	return ok;
}

struct commander {
	struct vm *vm;
	uint32_t nest;
	atomic_bool end;
	atomic_uint taken, refused;
	bool bad;
};

static void *commands_on(void *arg)
{
	struct commander *c = arg;
	const uint64_t sid = (uint64_t)c->vm->sid[ATS] << 32;
	const struct iommufd_cmd cmds[] = {
		{ { 0x12 | ASID << 48, VA } }, { { 0x05 | sid } }, { { 0x40 | sid, VA } },
	};

	while (!atomic_load(&c->end)) {
		uint32_t num = ARRAY_SIZE(cmds);
		int ret = iommufd_invalidate(c->vm->fd, c->nest, cmds, &num);

		if (!ret && num == ARRAY_SIZE(cmds))
			c->taken++;
		else if (ret == -EIO && num < ARRAY_SIZE(cmds))
			c->refused++;
		else
			c->bad = true;
	}
	return NULL;
}

/* A guest changes its STE on one CPU, and invalidates on another. */
static bool commands_while_replaced(void)
{
	const uint64_t bypass[2] = { 0x9, 1ull << 28 };
	struct commander c = {};
	uint32_t pass, to;
	pthread_t thread;
	struct vm vm;
	unsigned int i;
	bool ok;

	if (!vm_start(&vm, 1 << ATS))
		return false;
	guest_tables();
	guest_map(0, DATA);
	c.vm = &vm;
	ok = guest_runs(&vm, ATS, &c.nest) &&
	     good(iommufd_nest(vm.fd, vm.dev[ATS], vm.parent, bypass, 0, &pass), "bypass");
	if (!ok || pthread_create(&thread, NULL, commands_on, &c)) {
		vm_end(&vm);
		return false;
	}
	/* Until both answers were seen, at least */
	for (i = 0; ok && (i < 100 || !c.taken || !c.refused) && i < 10000; i++) {
		ok = moves(&vm, ATS, VA, DATA, i);
		to = pass;
		ok = ok && good(sim_lead(vm.master[ATS], &to), "attach") &&
		     moves(&vm, ATS, RAM + DATA, DATA, i + 1);
		to = c.nest;
		ok = ok && good(sim_lead(vm.master[ATS], &to), "attach");
	}
	atomic_store(&c.end, true);
	pthread_join(thread, NULL);
	if (!ok || c.bad || !c.taken || !c.refused)
		ksft_print_msg("%u taken, %u refused%s\n", c.taken, c.refused,
			       c.bad ? ", some neither" : "");
	vm_end(&vm);
	return ok && !c.bad && c.taken && c.refused;
}

/* Of which type a master's write through a page is that the guest says is of type @n */
static uint32_t type_of(struct vm *vm, unsigned int i, unsigned int n)
{
	struct sim_result r;

	put(LEVEL3 + (8 + n) * 8, (RAM + DATA) | S1_PAGE | S1_TYPE(n));
	if (sim_write(vm->master[i], VA + (8 + n) * PAGE_4K, "type", 4, &vm->how, &r) ||
	    !sim_fine(&r))
		return ~0u;
	return r.attr;
}

/* The guest cannot read what DRAM holds of memory that was cleared in a cache. */
static bool types_are_forced(void)
{
	uint32_t nest;
	struct vm vm;
	bool ok;

	if (!vm_start(&vm, 1 << PLAIN))
		return false;
	guest_tables();
	ok = guest_runs(&vm, PLAIN, &nest) && type_of(&vm, PLAIN, 0) == CACHEABLE &&
	     type_of(&vm, PLAIN, 1) == CACHEABLE && type_of(&vm, PLAIN, 2) == CACHEABLE;
	vm_end(&vm);
	return ok;
}

/* Nor does it where hardware cannot keep it from that, but the administrator may. */
static bool types_cannot_be_forced(void)
{
	uint32_t nest;
	struct vm vm;
	bool ok;

	if (!vm_open(&vm, 1 << PLAIN | 1 << OTHER))
		return false;
	guest_tables();
	ok = vm_parent(&vm, OTHER) == -EOPNOTSUPP && good(vm_parent(&vm, PLAIN), "a parent") &&
	     guest_runs(&vm, PLAIN, &nest) && type_of(&vm, PLAIN, 1) == CACHEABLE &&
	     iommufd_nest(vm.fd, vm.dev[OTHER], vm.parent, (uint64_t [2]) { 0x9 }, 0, &nest) ==
	     -EINVAL;
	if (!ok)
		ksft_print_msg("an instance that forces no types has guests\n");
	ok = ok && good(sim_set(UNSAFE, "1"), UNSAFE) && good(vm_parent(&vm, OTHER), "a parent") &&
	     guest_runs(&vm, OTHER, &nest) && type_of(&vm, OTHER, 0) == CACHEABLE &&
	     type_of(&vm, OTHER, 1) == UNCACHED && type_of(&vm, OTHER, 2) == DEVICE &&
	     /* a parent for both, as it has to be for the lesser one */
	     good(sim_lead_nowhere(vm.master[PLAIN]), "detach") &&
	     guest_runs(&vm, PLAIN, &nest) && type_of(&vm, PLAIN, 1) == UNCACHED;
	sim_set(UNSAFE, "0");
	vm_end(&vm);
	return ok;
}

static bool hardware(void)
{
	struct iommu_hw_info_arm_smmuv3 info = { .flags = ~0u };
	struct vm vm;
	bool ok;

	if (!vm_start(&vm, 1 << PLAIN))
		return false;
	/* IDR0: stage 1, stage 2, AArch64 tables; IDR5: 4K; AIDR: SMMUv3.x */
	ok = good(iommufd_hw_info(vm.fd, vm.dev[PLAIN], &info), "what it is") && !info.flags &&
	     (info.idr[0] & 3) == 3 && info.idr[0] & 8 && info.idr[5] & 0x10 &&
	     !(info.aidr >> 8);
	if (!ok)
		ksft_print_msg("IDR0 0x%x IDR5 0x%x AIDR 0x%x\n", info.idr[0], info.idr[5],
			       info.aidr);
	vm_end(&vm);
	return ok;
}

static const struct sim_case cases[] = {
	{ "what hardware is", hardware },
	{ "both stages translate", translates },
	{ "the guest unmaps (I-46)", guest_unmaps },
	{ "the monitor unmaps (I-50)", monitor_unmaps },
	{ "PASIDs of a guest (I-46, I-50)", guest_pasids },
	{ "faults that the guest serves (I-38, I-41)", guest_serves },
	{ "guests without a stage 1 (I-51)", other_stes },
	{ "no more than a guest's own (I-52)", no_more_than_its_own },
	{ "commands while the STE is replaced (I-51, I-52)", commands_while_replaced },
	{ "memory types are the host's (I-52)", types_are_forced },
	{ "memory types that nobody forces (I-52)", types_cannot_be_forced },
};

int main(void)
{
	static const char *const names[] = { INSTANCE, UNFORCED, NULL };
	int ret;

	sim_begin_iommufd();
	if (sysconf(_SC_PAGESIZE) != PAGE_4K)
		ksft_exit_skip("the guest has pages of 4K\n");
	ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ret = ram == MAP_FAILED ? -ENOMEM : instances();
	if (ret)
		ksft_exit_fail_msg("making an instance: %s\n", strerror(-ret));
	sim_run_cases(cases, ARRAY_SIZE(cases), names);
}
