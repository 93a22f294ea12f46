// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the driver must do although nothing else would show it: acknowledge what
 * hardware reports, give up what it could not clean, and keep what it only
 * touched a part of.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/delay.h>

#include "drive.h"

#define IOVA_AT		SZ_1G
#define PA_A		SZ_256M
#define PA_B		SZ_512M

static bool acknowledged(struct drive *d)
{
	const struct ssim *core = d->sim->core;

	guard(raw_spinlock_irqsave)(&sim_lock);
	return core->gerror == core->gerrorn && core->evtq.prod == core->evtq.cons;
}

static void await_acknowledged(struct drive *d)
{
	unsigned int i;

	for (i = 0; i < 1000 && !acknowledged(d); i++)
		usleep_range(1000, 2000);
	KUNIT_EXPECT_TRUE(d->test, acknowledged(d));
}

static void fault(struct drive *d)
{
	u64 pa;

	KUNIT_EXPECT_EQ(d->test, drive_touch(d, 0, IOVA_AT, false, &pa), OUT_ABORT);
}

static void set_full(struct drive *d, bool full)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	d->sim->core->faults.queues_full = full;
}

/* An event finds no room, and the next one says so. */
static void drive_i21_overflow_acknowledged(struct kunit *test)
{
	struct drive *d = drive_start(test, "mmu700", 1);
	unsigned int i;

	for (i = 0; i < 4; i++) {
		set_full(d, true);
		fault(d);
		KUNIT_EXPECT_FALSE(test, acknowledged(d));
		set_full(d, false);
		fault(d);
		await_acknowledged(d);
	}
}

static void set_abort(struct drive *d, bool on)
{
	struct ssim *core = d->sim->core;

	guard(raw_spinlock_irqsave)(&sim_lock);
	core->faults.abort_at = core->evtq.base & GENMASK_ULL(51, 5);
	core->faults.abort_size = on ? SZ_64K : 0;
}

/* Events that cannot be written: an error each time, and events again after it. */
static void drive_i22_errors_acknowledged(struct kunit *test)
{
	struct drive *d = drive_start(test, "mmu700", 1);
	u64 events;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		u32 before = d->sim->core->gerror;

		set_abort(d, true);
		fault(d);
		KUNIT_EXPECT_NE(test, d->sim->core->gerror, before);
		await_acknowledged(d);
		set_abort(d, false);
		events = d->sim->core->stats.events;
		fault(d);
		KUNIT_EXPECT_GT(test, d->sim->core->stats.events, events);
		await_acknowledged(d);
	}
}

/* Lets the command fail that invalidates all of a tag. */
static struct {
	struct ssim *core;
	const struct ssim_ops *ops;
	unsigned int hits;
} tag_error;

static bool reading(void *cookie, u64 pa, void *to, unsigned int size)
{
	bool good = tag_error.ops->read(cookie, pa, to, size);
	unsigned int op = *(u8 *)to;

	if (size == 16 && tag_error.core->cmdq.cons != tag_error.core->cmdq.prod &&
	    (op == OP_TLBI_NH_ASID || op == OP_TLBI_EL2_ASID || op == OP_TLBI_S12_VMALL)) {
		tag_error.core->faults.cmd_error = CERR_ILL;
		tag_error.core->faults.cmd_error_in = 1;
		tag_error.hits++;
	}
	return good;
}

/* A tag whose TLBI failed is never used again: what it tagged is still held. */
static void drive_i30_tag_given_up(struct kunit *test)
{
	struct drive *d = drive_start(test, "everything", 1);
	struct ssim *core = d->sim->core;
	struct iommu_domain *domain[2];
	struct ssim_ops ops = *core->ops;
	unsigned int kind;
	u64 pa;

	tag_error.core = core;
	tag_error.ops = core->ops;
	tag_error.hits = 0;
	ops.read = reading;
	for (kind = DRIVE_PLAIN; kind <= DRIVE_STAGE2; kind++) {
		domain[0] = drive_domain(d, kind);
		domain[1] = drive_domain(d, kind);
		KUNIT_ASSERT_NOT_NULL(test, domain[1]);
		drive_map(d, domain[0], IOVA_AT, PA_A, SZ_64K);
		drive_map(d, domain[1], IOVA_AT, PA_B, SZ_64K);
		KUNIT_EXPECT_EQ(test, drive_move(d, 0, domain[0]), 0);
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, PA_A));
		scoped_guard(raw_spinlock_irqsave, &sim_lock)
			core->ops = &ops;
		KUNIT_EXPECT_EQ(test, drive_move(d, 0, drive_blocked(d)), 0);
		scoped_guard(raw_spinlock_irqsave, &sim_lock)
			core->ops = tag_error.ops;
		KUNIT_EXPECT_EQ(test, tag_error.hits, kind + 1);
		KUNIT_EXPECT_EQ(test, drive_move(d, 0, domain[1]), 0);
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, PA_B));
		KUNIT_EXPECT_EQ(test, drive_touch(d, 0, IOVA_AT, false, &pa), OUT_OK);
		KUNIT_EXPECT_EQ(test, pa, PA_B);
		KUNIT_EXPECT_EQ(test, drive_move(d, 0, drive_blocked(d)), 0);
	}
	/* Tables go that the TLB leads to, by tags that nobody has. */
	drive_break(d, true);
}

static bool held_dirty(struct drive *d, u64 iova)
{
	const struct ssim *core = d->sim->core;
	u32 i;

	guard(raw_spinlock_irqsave)(&sim_lock);
	for (i = 0; i < core->top; i++) {
		const struct ssim_entry *e = &core->entries[i];

		/* AP[2] keeps from writing, S2AP[1] permits it. */
		if (e->kind == E_LEAF && !e->gone && iova - e->va < e->size &&
		    (fld1(e->desc, D_AP) & 2) == (e->stage == 1 ? 0 : 2))
			return true;
	}
	return false;
}

/* An entry of which only a part is asked for stays dirty: the rest was not reported. */
static void drive_i11_part_of_a_block(struct kunit *test)
{
	struct drive *d = drive_start(test, "everything", 1);
	struct iommu_domain *domain = drive_domain(d, DRIVE_DIRTY);
	u64 block, pa;

	if (!domain)
		kunit_skip(test, "not of this SMMU");
	block = drive_block(domain);
	KUNIT_ASSERT_EQ(test, drive_move(d, 0, domain), 0);
	drive_map(d, domain, IOVA_AT, PA_A, block);
	KUNIT_EXPECT_EQ(test, drive_touch(d, 0, IOVA_AT, true, &pa), OUT_OK);
	KUNIT_EXPECT_TRUE(test, held_dirty(d, IOVA_AT));
	drive_clear_dirty(d, domain, IOVA_AT, block / 2);
	KUNIT_EXPECT_EQ(test, drive_touch(d, 0, IOVA_AT, false, &pa), OUT_OK);
	KUNIT_EXPECT_TRUE(test, held_dirty(d, IOVA_AT));
	drive_clear_dirty(d, domain, IOVA_AT, block);
	KUNIT_EXPECT_EQ(test, drive_touch(d, 0, IOVA_AT, false, &pa), OUT_OK);
	KUNIT_EXPECT_FALSE(test, held_dirty(d, IOVA_AT));
	drive_unmap(d, domain, IOVA_AT, PA_A, block);
}

static struct kunit_case edge_cases[] = {
	KUNIT_CASE(drive_i21_overflow_acknowledged),
	KUNIT_CASE(drive_i22_errors_acknowledged),
	KUNIT_CASE(drive_i30_tag_given_up),
	KUNIT_CASE(drive_i11_part_of_a_block),
	{ }
};

struct kunit_suite drive_edge_suite = {
	.name = "smmu-sim-drive-edge",
	.test_cases = edge_cases,
};
