// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same traffic, at random, through QEMU's SMMU and through the simulated
 * one: maps, unmaps, moves from domain to domain, and DMA at what is mapped, what
 * is not, what was, and at every edge. What becomes of it must be the same, and
 * what a list of the calls that were made says.
 *
 * Through sysfs files of the device a test asks for
 *
 *   run      (write: "SEED STEPS") so many steps, from nothing; -EIO where
 *            something differs, which the log tells with seed and step
 *   figures  (read) what all runs did
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string_choices.h>
#include <linux/sysfs.h>
#include <linux/vmalloc.h>

#include "diff.h"
#include "model.h"

#define DIFF_MOST_ERRORS	8

static unsigned int bits = 28;
module_param(bits, uint, 0444);
MODULE_PARM_DESC(bits, "width of the addresses given to the device, as in its dma_mask");
static bool trace;
module_param(trace, bool, 0644);
MODULE_PARM_DESC(trace, "say each step in the log");

/**
 * struct diff - edu, and a run
 * @dev: edu
 * @regs: its registers
 * @lock: one run at a time
 * @edu: its side
 * @sim: the other
 * @refs: of each paging domain
 * @where: where both streams go
 * @memory: what maps lead to
 * @want: what it should hold
 * @phys: where it is
 * @buffer: what edu's buffer should hold
 * @late: addresses where something was mapped until lately
 * @rnd: where random numbers come from
 * @seed: what they began with
 * @step: how far the run is
 * @errors: differences
 * @figures: of all runs
 */
struct diff {
	struct device *dev;
	void __iomem *regs;
	struct mutex lock;	/* a run at a time */
	struct diff_side edu;
	struct diff_side sim;
	struct diff_ref refs[DIFF_DOMAINS];
	enum diff_where where;
	u8 *memory;
	u8 *want;
	phys_addr_t phys;
	u8 buffer[EDU_BUFFER_SIZE];
	u64 late[DIFF_LATE];
	struct rnd_state rnd;
	u32 seed;
	u32 step;
	u32 errors;
	struct {
		u64 maps, unmaps, moves, accesses, parts, moved, permission, translation, silent;
		u64 events, violations, lost;
	} figures;
};

static u64 any(struct diff *d, u64 below)
{
	u64 value = (u64)prandom_u32_state(&d->rnd) << 32 | prandom_u32_state(&d->rnd);

	return value % below;
}

static bool percent(struct diff *d, unsigned int n)
{
	return any(d, 100) < n;
}

static __printf(2, 3) void diff_trace(const struct diff *d, const char *fmt, ...)
{
	struct va_format text = { .fmt = fmt };
	va_list args;

	if (!trace)
		return;
	va_start(args, fmt);
	text.va = &args;
	dev_info(d->dev, "step %u: %pV", d->step, &text);
	va_end(args);
}

static __printf(2, 3) void diff_error(struct diff *d, const char *fmt, ...)
{
	struct va_format text = { .fmt = fmt };
	va_list args;

	d->errors++;
	va_start(args, fmt);
	text.va = &args;
	dev_err(d->dev, "seed %u step %u: %pV", d->seed, d->step, &text);
	va_end(args);
}

/* Each word of memory differs from all others, and from its inverse. */
static void background(struct diff *d, u8 *to, size_t from, size_t bytes)
{
	size_t i;

	for (i = from; i < from + bytes; i++)
		to[i] = ((i >> 3) * 0x9e3779b97f4a7c15ULL + d->seed) >> (56 - 8 * (i & 7));
}

static bool in_memory(const struct diff *d, u64 pa, u64 len)
{
	return pa >= d->phys && pa + len <= d->phys + DIFF_MAILBOX;
}

static bool fits_identity(const struct diff *d)
{
	return d->phys + DIFF_MEMORY <= BIT_ULL(bits);
}

static u64 mailbox(const struct diff *d)
{
	return d->where == AT_IDENTITY ? d->phys + DIFF_MAILBOX : BIT_ULL(bits) - PAGE_SIZE;
}

/* What the architecture makes of a part: 3.4, 5.2 and 7.3 of IHI 0070. */
static void expect(struct diff *d, struct diff_verdict *v, bool write)
{
	const struct diff_extent *e;
	int prot;

	v->moved = d->where == AT_IDENTITY;
	v->pa = v->addr;
	v->event = 0;
	if (d->where == AT_IDENTITY || d->where == AT_BLOCKED)
		return;
	e = diff_ref_find(&d->refs[d->where], v->addr);
	if (!e) {
		v->event = EV_F_TRANSLATION;
		return;
	}
	/* Stage 1 has no way to say that something may be written but not read. */
	prot = e->prot;
	if ((prot & IOMMU_WRITE) && !diff_stage2(&d->edu))
		prot |= IOMMU_READ;
	v->moved = prot & (write ? IOMMU_WRITE : IOMMU_READ);
	v->event = v->moved ? 0 : EV_F_PERMISSION;
	v->pa = v->addr - e->iova + e->phys;
}

/* maps and unmaps */

static u64 any_place(struct diff *d)
{
	static const u64 spread = SZ_64M;
	u64 top = BIT_ULL(bits);

	switch (any(d, 4)) {
	case 0:
		return any(d, spread);
	case 1:
		return top / 2 - spread / 2 + any(d, spread);
	case 2:
		return top - SZ_64M + any(d, spread);
	default:
		return (top > SZ_4G ? 3ULL * SZ_1G - SZ_16M : SZ_16M) + any(d, SZ_32M);
	}
}

/* Pages, runs, blocks, runs of blocks, and the largest block where it has a place. */
static u64 any_grain(struct diff *d)
{
	static const u64 grains[] = { SZ_4K, SZ_4K, SZ_64K, SZ_64K, SZ_2M, SZ_32M, SZ_1G };

	return grains[any(d, bits > 32 ? ARRAY_SIZE(grains) : ARRAY_SIZE(grains) - 1)];
}

static int any_prot(struct diff *d)
{
	static const int access[] = { IOMMU_READ, IOMMU_WRITE, IOMMU_READ | IOMMU_WRITE,
				      IOMMU_READ | IOMMU_WRITE };
	int prot = access[any(d, ARRAY_SIZE(access))];

	return prot | (percent(d, 70) ? IOMMU_CACHE : 0) | (percent(d, 20) ? IOMMU_NOEXEC : 0);
}

static void step_map(struct diff *d)
{
	unsigned int which = any(d, DIFF_DOMAINS);
	u64 grain = any_grain(d);
	u64 size = grain * (grain >= SZ_32M ? 1 : 1 + any(d, grain == SZ_2M ? 3 : 18));
	u64 iova, phys, inside;
	int prot = any_prot(d), ret, other;

	if (percent(d, 25))
		size += SZ_4K * (1 + any(d, 17));
	iova = round_down(any_place(d), grain);
	/* Somewhere in it memory must be. */
	inside = round_down(any(d, size), SZ_4K);
	phys = round_down(d->phys + round_down(any(d, DIFF_MEMORY), SZ_4K), grain) -
	       min(round_down(inside, grain), grain);
	if (percent(d, 20)) {
		u64 shift = SZ_4K * any(d, 512);

		iova += shift;
		phys += grain > SZ_2M ? shift : SZ_4K * any(d, 512);
	}
	if (iova + size > BIT_ULL(bits) || !diff_ref_free(&d->refs[which], iova, size))
		return;
	diff_trace(d, "map %u: %#llx to %#llx, %#llx bytes, %#x\n", which, iova, phys, size, prot);
	ret = iommu_map(d->edu.domains[which], iova, phys, size, prot, GFP_KERNEL);
	other = iommu_map(d->sim.domains[which], iova, phys, size, prot, GFP_KERNEL);
	if (ret || other) {
		diff_error(d, "map of %#llx, %#llx bytes: %d and %d\n", iova, size, ret, other);
		return;
	}
	diff_ref_add(&d->refs[which], iova, phys, size, prot);
	d->figures.maps++;
}

static size_t unmap(struct iommu_domain *domain, u64 iova, u64 size, bool slow)
{
	struct iommu_iotlb_gather gather;
	size_t done;

	if (slow)
		return iommu_unmap(domain, iova, size);
	iommu_iotlb_gather_init(&gather);
	done = iommu_unmap_fast(domain, iova, size, &gather);
	iommu_iotlb_sync(domain, &gather);
	return done;
}

static void step_unmap(struct diff *d)
{
	unsigned int which = any(d, DIFF_DOMAINS);
	struct diff_ref *ref = &d->refs[which];
	const struct diff_extent *e;
	size_t ret, other;
	u64 iova, size;
	bool slow = percent(d, 50);

	if (ref->count < 2)
		return;
	e = &ref->extents[1 + any(d, ref->count - 1)];
	iova = e->iova;
	size = e->size;
	if (percent(d, 50) && ref->count < DIFF_EXTENTS) {
		u64 head = SZ_4K * any(d, size / SZ_4K);

		iova += head;
		size = SZ_4K * (1 + any(d, (size - head) / SZ_4K));
		if (percent(d, 50))
			size = min_t(u64, size, SZ_4K * (1 + any(d, 20)));
	}
	diff_trace(d, "unmap %u: %#llx, %#llx bytes of %#llx\n", which, iova, size, e->size);
	ret = unmap(d->edu.domains[which], iova, size, slow);
	other = unmap(d->sim.domains[which], iova, size, slow);
	if (ret != size || other != size)
		diff_error(d, "unmap of %#llx, %#llx bytes: %#zx and %#zx\n", iova, size, ret,
			   other);
	d->late[any(d, DIFF_LATE)] = percent(d, 50) ? iova : iova + size - 1;
	diff_ref_remove(ref, iova, size);
	d->figures.unmaps++;
}

static void step_lookup(struct diff *d, u64 iova)
{
	unsigned int which = any(d, DIFF_DOMAINS);
	const struct diff_extent *e = diff_ref_find(&d->refs[which], iova);
	u64 want = e ? iova - e->iova + e->phys : 0;
	u64 ret = iommu_iova_to_phys(d->edu.domains[which], iova);
	u64 other = iommu_iova_to_phys(d->sim.domains[which], iova);

	if (ret != want || other != want)
		diff_error(d, "iova_to_phys of %#llx: %#llx and %#llx, not %#llx\n", iova, ret,
			   other, want);
}

static void step_move(struct diff *d)
{
	enum diff_where where = any(d, fits_identity(d) ? 4 : 3);
	int ret, other;

	if (where >= AT_BLOCKED && percent(d, 50))
		where = any(d, DIFF_DOMAINS);
	diff_trace(d, "move from %u to %u\n", d->where, where);
	ret = diff_move(&d->edu, where);
	other = diff_move(&d->sim, where);
	if (ret || other)
		diff_error(d, "move to %u: %d and %d\n", where, ret, other);
	d->where = where;
	d->figures.moves++;
}

/* DMA */

static u64 any_address(struct diff *d)
{
	struct diff_ref *ref = &d->refs[d->where % DIFF_DOMAINS];
	const struct diff_extent *e = &ref->extents[any(d, ref->count)];
	u64 back = any(d, DIFF_PART);
	u64 lo, hi;

	if (d->where == AT_IDENTITY)
		return d->phys + any(d, DIFF_MAILBOX);
	switch (any(d, 16)) {
	case 0:
		return any_place(d);
	case 1 ... 3:
		return d->late[any(d, DIFF_LATE)] - back % 64;
	case 4 ... 5:
		return e->iova + e->size - back;
	case 6:
		return max(e->iova, back) - back;
	}
	/* The part of the extent that leads to memory. */
	lo = max_t(u64, e->phys, d->phys);
	hi = min_t(u64, e->phys + e->size, d->phys + DIFF_MAILBOX);
	return lo < hi ? lo - e->phys + e->iova + any(d, hi - lo) : e->iova;
}

/* An access that harms nobody if it does what it should. */
static unsigned int choose(struct diff *d, struct diff_access *a, struct diff_verdict *v)
{
	unsigned int tries, parts, i;

	for (tries = 0; tries < 16; tries++) {
		bool faults = false, good = true;

		a->addr = any_address(d);
		a->len = 1 + any(d, percent(d, 30) ? 64 : EDU_BUFFER_SIZE);
		a->write = percent(d, 50);
		parts = diff_parts(a, v);
		for (i = 0; i < parts; i++) {
			expect(d, &v[i], a->write);
			faults |= v[i].event;
			good &= !v[i].moved || in_memory(d, v[i].pa, v[i].len);
		}
		/* Each 4 bytes that fault are an event, and the queue has 512. */
		if (faults && a->len > 1024)
			continue;
		if (good && a->addr < BIT_ULL(bits) - a->len)
			return parts;
	}
	return 0;
}

/* Memory as it is before the access; what is written must differ from it. */
static void prepare(struct diff *d, u8 *memory, const struct diff_verdict *v, unsigned int parts)
{
	unsigned int i;
	u64 at;

	for (i = 0; i < parts; i++) {
		if (!v[i].moved)
			continue;
		background(d, memory, v[i].pa - d->phys, v[i].len);
		for (at = v[i].pa - d->phys; at < v[i].pa - d->phys + v[i].len; at++)
			memory[at] = ~memory[at];
	}
}

static void restore(struct diff *d, u8 *memory, const struct diff_verdict *v, unsigned int parts)
{
	unsigned int i;

	for (i = 0; i < parts; i++)
		if (v[i].moved)
			background(d, memory, v[i].pa - d->phys, v[i].len);
}

static void carry_out(struct diff *d, const struct diff_access *a, const struct diff_verdict *v,
		      unsigned int parts)
{
	unsigned int i, at = 0;

	for (i = 0; i < parts; at += v[i++].len) {
		u8 *to = d->want + (v[i].pa - d->phys);

		if (a->write && v[i].moved)
			memcpy(to, d->buffer + at, v[i].len);
		else if (!a->write && v[i].moved)
			memcpy(d->buffer + at, to, v[i].len);
		else if (!a->write)
			memset(d->buffer + at, 0, v[i].len);
	}
}

/* The pages that the access should have reached. */
static bool memory_differs(const struct diff *d, const struct diff_verdict *v, unsigned int parts)
{
	unsigned int i;

	for (i = 0; i < parts; i++) {
		u64 page = round_down(v[i].pa - d->phys, DIFF_PART);

		if (v[i].moved && memcmp(d->memory + page, d->want + page, DIFF_PART))
			return true;
	}
	return false;
}

/* 7.3.13, 7.3.16: what has to stand in a record of an event that a part should cause. */
static bool record_is(const struct diff *d, const struct diff_verdict *v,
		      const struct diff_verdict *want, const struct diff_side *side, bool write)
{
	const u64 *r = v->record;

	if (!want->event)
		return true;
	if (fld(r, EV_SID) != side->sid || fld(r, EV_TYPE) != want->event)
		return false;
	if (fld(r, EV_ADDR) != want->addr || fld(r, EV_RNW) == write || fld(r, EV_STALL))
		return false;
	if (fld(r, EV_CLASS) != CLASS_IN || fld(r, EV_S2) != diff_stage2(&d->edu))
		return false;
	return !diff_stage2(&d->edu) || fld(r, EV_IPA) == want->addr >> 12;
}

/*
 * The IPA counts at stage 2, where QEMU leaves the offset in the page in what is
 * RES0 below it; streams are not the same.
 */
static bool records_agree(const u64 *a, const u64 *b)
{
	u64 streams = fld_mask(EV_SID) << 32;

	return !((a[0] ^ b[0]) & ~streams) && a[1] == b[1] && a[2] == b[2] &&
	       (!fld(a, EV_S2) || fld(a, EV_IPA) == fld(b, EV_IPA));
}

static void judge(struct diff *d, const struct diff_access *a, const struct diff_verdict *want,
		  const struct diff_verdict *edu, const struct diff_verdict *sim)
{
	bool same = sim->moved == want->moved && edu->event == want->event &&
		    sim->event == want->event && (!want->moved || sim->pa == want->pa);

	d->figures.parts++;
	d->figures.moved += want->moved;
	d->figures.translation += want->event == EV_F_TRANSLATION;
	d->figures.permission += want->event == EV_F_PERMISSION;
	d->figures.silent += !want->moved && !want->event;
	if (same && record_is(d, edu, want, &d->edu, a->write) &&
	    record_is(d, sim, want, &d->sim, a->write) &&
	    records_agree(edu->record, sim->record))
		return;
	diff_error(d, "%s of %#llx, %u bytes: QEMU: event %#x, should be %#x (%s, to %#llx)\n",
		   str_write_read(a->write), want->addr, want->len, edu->event, want->event,
		   want->moved ? "moved" : "not moved", want->pa);
	dev_err(d->dev, "simulator: event %#x (%s, to %#llx)\n", sim->event,
		sim->moved ? "moved" : "not moved", sim->pa);
	if (edu->event || sim->event)
		dev_err(d->dev, "QEMU: %32ph simulator: %32ph\n", edu->record, sim->record);
}

/* What edu's buffer holds goes through the mailbox, if that is to be had. */
static void check_edu_buffer(struct diff *d)
{
	if (d->where == AT_BLOCKED)
		return;
	memset(d->memory + DIFF_MAILBOX, 0xdb, EDU_BUFFER_SIZE);
	if (edu_copy_bus(d->regs, mailbox(d), EDU_BUFFER_SIZE, true))
		diff_error(d, "edu does not answer\n");
	if (memcmp(d->memory + DIFF_MAILBOX, d->buffer, EDU_BUFFER_SIZE))
		diff_error(d, "data read by edu differ\n");
	memcpy(d->want + DIFF_MAILBOX, d->memory + DIFF_MAILBOX, EDU_BUFFER_SIZE);
}

static void check_memory(struct diff *d)
{
	if (memcmp(d->memory, d->want, DIFF_MEMORY))
		diff_error(d, "memory differs where nothing was written\n");
}

/*
 * With stage 2 alone QEMU takes a refusal by a cached translation for one of stage
 * 1, which records nothing, and lets reads pass where only writes may: walk anew.
 */
static void forget_cached(struct diff *d, const struct diff_verdict *want, unsigned int parts)
{
	unsigned int i;

	for (i = 0; i < parts; i++) {
		if (want[i].event != EV_F_PERMISSION || !diff_stage2(&d->edu))
			continue;
		iommu_flush_iotlb_all(d->edu.domains[d->where]);
		iommu_flush_iotlb_all(d->sim.domains[d->where]);
		return;
	}
}

static void one_access(struct diff *d)
{
	struct diff_verdict want[DIFF_PARTS], edu[DIFF_PARTS], sim[DIFF_PARTS];
	struct diff_access a;
	unsigned int parts = choose(d, &a, want), i;
	int ret;

	if (!parts)
		return;
	diff_trace(d, "%s of %#llx, %u bytes\n", str_write_read(a.write), a.addr, a.len);
	diff_parts(&a, edu);
	diff_parts(&a, sim);
	if (a.write) {
		prepare(d, d->memory, want, parts);
		prepare(d, d->want, want, parts);
	}
	carry_out(d, &a, want, parts);
	forget_cached(d, want, parts);

	ret = diff_edu_access(&d->edu, &a, edu, parts);
	if (ret)
		diff_error(d, "%s of %#llx by edu: %pe\n", str_write_read(a.write), a.addr,
			   ERR_PTR(ret));
	if (memory_differs(d, want, parts))
		diff_error(d, "%s of %#llx by edu: memory differs\n", str_write_read(a.write),
			   a.addr);
	if (!a.write)
		check_edu_buffer(d);

	if (a.write)
		prepare(d, d->memory, want, parts);
	ret = diff_sim_access(&d->sim, &a, sim, parts, d->phys);
	if (ret)
		diff_error(d, "%s of %#llx by the simulated master: %pe\n",
			   str_write_read(a.write), a.addr, ERR_PTR(ret));
	if (memory_differs(d, want, parts) ||
	    memcmp(d->sim.buffer, d->buffer, EDU_BUFFER_SIZE)) {
		diff_error(d, "%s of %#llx by the simulated master: data differ\n",
			   str_write_read(a.write), a.addr);
		memcpy(d->sim.buffer, d->buffer, EDU_BUFFER_SIZE);
	}
	for (i = 0; i < parts; i++)
		judge(d, &a, &want[i], &edu[i], &sim[i]);
	if (a.write) {
		restore(d, d->memory, want, parts);
		restore(d, d->want, want, parts);
	}
	d->figures.accesses++;
	d->figures.events += d->edu.records;
}

static void step_access(struct diff *d)
{
	unsigned int left;

	for (left = 1 + any(d, 4); left; left--)
		one_access(d);
}

/* runs */

static int begin(struct diff *d, u32 seed)
{
	unsigned int i;
	int ret = 0;

	d->seed = seed;
	d->errors = 0;
	d->step = 0;
	memset(d->refs, 0, sizeof(d->refs));
	memset(d->late, 0, sizeof(d->late));
	prandom_seed_state(&d->rnd, seed);
	background(d, d->memory, 0, DIFF_MEMORY);
	memcpy(d->want, d->memory, DIFF_MEMORY);
	for (i = 0; i < DIFF_DOMAINS && !ret; i++) {
		u64 at = BIT_ULL(bits) - PAGE_SIZE, phys = d->phys + DIFF_MAILBOX;
		int prot = IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE;

		ret = iommu_map(d->edu.domains[i], at, phys, PAGE_SIZE, prot, GFP_KERNEL) ?:
		      iommu_map(d->sim.domains[i], at, phys, PAGE_SIZE, prot, GFP_KERNEL);
		diff_ref_add(&d->refs[i], at, phys, PAGE_SIZE, prot);
	}
	d->where = AT_FIRST;
	ret = ret ?: diff_move(&d->edu, AT_FIRST) ?: diff_move(&d->sim, AT_FIRST);
	if (ret)
		return ret;
	/* Both buffers begin as the mailbox. */
	memcpy(d->buffer, d->memory + DIFF_MAILBOX, EDU_BUFFER_SIZE);
	memcpy(d->sim.buffer, d->buffer, EDU_BUFFER_SIZE);
	return edu_copy_bus(d->regs, mailbox(d), EDU_BUFFER_SIZE, false);
}

static void one_step(struct diff *d)
{
	u64 before = diff_sim_violations(&d->sim);

	switch (any(d, 100)) {
	case 0 ... 13:
		step_map(d);
		break;
	case 14 ... 22:
		step_unmap(d);
		break;
	case 23 ... 26:
		step_move(d);
		break;
	case 27 ... 28:
		step_lookup(d, any_address(d));
		break;
	default:
		step_access(d);
	}
	if (diff_sim_violations(&d->sim) != before)
		diff_error(d, "the simulator reports a violation\n");
}

static void steps(struct diff *d, u32 count)
{
	for (d->step = 1; d->step <= count && d->errors < DIFF_MOST_ERRORS; d->step++) {
		one_step(d);
		if (!(d->step % 256))
			check_memory(d);
		cond_resched();
	}
	/* What was read while the stream was blocked can be seen now. */
	if (!diff_move(&d->edu, AT_FIRST)) {
		d->where = AT_FIRST;
		check_edu_buffer(d);
	}
	check_memory(d);
}

static int run(struct diff *d, u32 seed, u32 count)
{
	u64 lost;
	int ret;

	ret = diff_edu_open(&d->edu, to_pci_dev(d->dev), d->regs);
	if (ret)
		goto close_edu;
	ret = diff_sim_open(&d->sim, &d->edu) ?: begin(d, seed);
	if (!ret) {
		/* Not what it left out of a long stream table. */
		lost = diff_sim_lost(&d->sim);
		steps(d, count);
		ret = d->errors ? -EIO : 0;
		d->figures.violations += diff_sim_violations(&d->sim);
		d->figures.lost += diff_sim_lost(&d->sim) - lost;
	} else {
		dev_err(d->dev, "cannot begin: %pe\n", ERR_PTR(ret));
	}
	diff_sim_close(&d->sim);
close_edu:
	diff_edu_close(&d->edu);
	return ret;
}

static ssize_t run_store(struct device *dev, struct device_attribute *attr, const char *buf,
			 size_t len)
{
	struct diff *d = dev_get_drvdata(dev);
	u32 seed, count;
	int ret;

	if (sscanf(buf, "%u %u", &seed, &count) != 2)
		return -EINVAL;
	guard(mutex)(&d->lock);
	ret = run(d, seed, count);
	return ret ?: len;
}
static DEVICE_ATTR_WO(run);

static ssize_t figures_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct diff *d = dev_get_drvdata(dev);

	return sysfs_emit(buf,
			  "maps %llu\nunmaps %llu\nmoves %llu\naccesses %llu\nparts %llu\n"
			  "moved %llu\nF_TRANSLATION %llu\nF_PERMISSION %llu\nsilent %llu\n"
			  "events %llu\nviolations %llu\nlost %llu\n",
			  d->figures.maps, d->figures.unmaps, d->figures.moves,
			  d->figures.accesses, d->figures.parts, d->figures.moved,
			  d->figures.translation, d->figures.permission, d->figures.silent,
			  d->figures.events, d->figures.violations, d->figures.lost);
}
static DEVICE_ATTR_RO(figures);

static struct attribute *diff_attrs[] = {
	&dev_attr_run.attr,
	&dev_attr_figures.attr,
	NULL
};
ATTRIBUTE_GROUPS(diff);

static void free_want(void *want)
{
	vfree(want);
}

static int diff_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct diff *d = devm_kzalloc(dev, sizeof(*d), GFP_KERNEL);
	int ret;

	if (!d)
		return -ENOMEM;
	if (bits < 28 || bits > 44)
		return -EINVAL;
	if (PAGE_SIZE != SZ_4K)
		return -EOPNOTSUPP;
	d->dev = dev;
	d->memory = (u8 *)devm_get_free_pages(dev, GFP_KERNEL, DIFF_ORDER);
	d->want = vmalloc(DIFF_MEMORY);
	if (!d->memory || !d->want)
		return -ENOMEM;
	d->phys = virt_to_phys(d->memory);
	ret = devm_add_action_or_reset(dev, free_want, d->want) ?:
	      devm_mutex_init(dev, &d->lock) ?: pcim_enable_device(pdev);
	if (ret)
		return ret;
	d->regs = pcim_iomap(pdev, 0, 0);
	if (!d->regs)
		return -ENOMEM;
	pci_set_master(pdev);
	pci_set_drvdata(pdev, d);
	return 0;
}

static const struct pci_device_id diff_ids[] = {
	{ PCI_DEVICE(EDU_PCI_VENDOR, EDU_PCI_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, diff_ids);

static struct pci_driver diff_driver = {
	.name = "edu_sim_diff",
	.id_table = diff_ids,
	.probe = diff_probe,
	.dev_groups = diff_groups,
	.driver_managed_dma = true,
};
module_pci_driver(diff_driver);

MODULE_DESCRIPTION("The same DMA through QEMU's SMMU and a simulated one");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_IMPORT_NS(IOMMUFD_INTERNAL);
MODULE_IMPORT_NS(SMMU_SIM);
