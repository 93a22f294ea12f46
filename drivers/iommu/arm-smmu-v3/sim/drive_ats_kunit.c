// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver and endpoints that keep translations: what is taken away is in no
 * ATC either, and an endpoint asks only while its STE lets it.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/pci.h>

#include "drive.h"
#include "engine.h"

#define IOVA_AT		SZ_1G
#define ROOM		SZ_4M
#define BOUND_MS	30000
/* Tags of 8 bits, but for the one that is never given. */
#define TAGS		255

/* Endpoints and memory for them, mapped by nobody else. */
struct ends {
	struct drive *d;
	struct page *pages;
	u64 pa;
};

static void free_room(void *pages)
{
	__free_pages(pages, get_order(ROOM));
}

static void describe(struct ends *e, struct kunit *test, unsigned int num)
{
	char name[] = "e0";
	struct ssim_ids ids;

	KUNIT_ASSERT_TRUE(test, sim_profile(test->param_value ?: "everything", &ids));
	e->pages = alloc_pages(GFP_KERNEL | __GFP_ZERO, get_order(ROOM));
	KUNIT_ASSERT_NOT_NULL(test, e->pages);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_room, e->pages), 0);
	e->pa = page_to_phys(e->pages);
	e->d = drive_describe(test, &ids, 0);
	for (; e->d->masters < num; e->d->masters++) {
		struct sim_master *m;

		name[1] = '0' + e->d->masters;
		m = sim_master_new(e->d->sim, name, SIM_PCI);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, m);
		m->ats = true;
		m->behind_port = e->d->masters & 1;
		e->d->master[e->d->masters] = m;
	}
}

static bool asks(struct ends *e, unsigned int i)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	return sim_pci_ats_enabled(e->d->master[i]);
}

static void start(struct ends *e, struct kunit *test, unsigned int num)
{
	struct iommu_domain *domain;

	describe(e, test, num);
	KUNIT_ASSERT_EQ(test, drive_live(e->d), 0);
	/* Where passthrough is the default, ATS comes with the first domain. */
	domain = drive_domain(e->d, DRIVE_PLAIN);
	KUNIT_ASSERT_EQ(test, drive_move(e->d, 0, domain), 0);
	if (!asks(e, 0))
		kunit_skip(test, "no ATS with this SMMU");
}

/* A read by an endpoint; with ATS on, by what its ATC has or gets. */
static enum sim_outcome look(struct ends *e, unsigned int i, u64 iova)
{
	struct sim_access a = {
		.op = SIM_READ, .flags = SIM_NO_PRI, .addr = iova, .len = sizeof(u64),
	};
	u64 data = 0;

	a.data = &data;
	KUNIT_EXPECT_EQ(e->d->test, sim_engine_access(e->d->master[i], &a), 0);
	if (a.outcome == SIM_OK && data != iova)
		return SIM_BAD_MEMORY;
	return a.outcome;
}

/* Each granule of the room says at which address it is to be found. */
static void map(struct ends *e, struct iommu_domain *domain, u64 off, u64 size)
{
	u64 at;

	for (at = off; at < off + size; at += SZ_4K) {
		u64 *word = page_address(e->pages) + at;

		*word = IOVA_AT + at;
	}
	drive_map(e->d, domain, IOVA_AT + off, e->pa + off, size);
}

static void unmap(struct ends *e, struct iommu_domain *domain, u64 off, u64 size)
{
	drive_unmap(e->d, domain, IOVA_AT + off, e->pa + off, size);
}

static void gone_again(struct ends *e, struct iommu_domain *domain, u64 off, u64 size)
{
	u64 first = IOVA_AT + off, last = first + size - SZ_4K;
	unsigned int i;

	map(e, domain, off, size);
	for (i = 0; i < e->d->masters; i++) {
		KUNIT_EXPECT_EQ(e->d->test, look(e, i, first), SIM_OK);
		KUNIT_EXPECT_EQ(e->d->test, look(e, i, last), SIM_OK);
	}
	unmap(e, domain, off, size);
	for (i = 0; i < e->d->masters; i++) {
		KUNIT_EXPECT_EQ(e->d->test, look(e, i, first), SIM_ATS_DENIED);
		KUNIT_EXPECT_EQ(e->d->test, look(e, i, last), SIM_ATS_DENIED);
	}
}

/* Several endpoints in one domain, and ranges that are no power of two. */
static void drive_i46_unmap(struct kunit *test)
{
	struct iommu_domain *domain;
	unsigned int i, j;
	struct ends e;

	start(&e, test, 3);
	domain = e.d->domain[0];
	KUNIT_EXPECT_EQ(test, drive_move(e.d, 1, domain), 0);
	KUNIT_EXPECT_EQ(test, drive_move(e.d, 2, domain), 0);
	{
		u64 g = drive_granule(domain);
		const u64 sizes[] = { g, 2 * g, 3 * g, 7 * g, 16 * g, 33 * g };
		const u64 starts[] = { 0, g, 3 * g, 15 * g };

		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			for (j = 0; j < ARRAY_SIZE(starts); j++)
				if (starts[j] + sizes[i] <= ROOM)
					gone_again(&e, domain, starts[j], sizes[i]);
	}
}

/* Of two instances each has an endpoint in the domain. */
static void drive_i46_i50_two_instances(struct kunit *test)
{
	struct iommu_domain *domain;
	struct ends e, other;

	start(&e, test, 1);
	domain = e.d->domain[0];
	start(&other, test, 1);
	KUNIT_ASSERT_EQ(test, drive_move(other.d, 0, domain), 0);
	map(&e, domain, 0, SZ_64K);
	KUNIT_EXPECT_EQ(test, look(&e, 0, IOVA_AT), SIM_OK);
	KUNIT_EXPECT_EQ(test, look(&other, 0, IOVA_AT), SIM_OK);
	unmap(&e, domain, 0, SZ_64K);
	KUNIT_EXPECT_TRUE(test, drive_page_reuse(other.d, e.pa, SZ_64K));
	KUNIT_EXPECT_EQ(test, look(&e, 0, IOVA_AT), SIM_ATS_DENIED);
	KUNIT_EXPECT_EQ(test, look(&other, 0, IOVA_AT), SIM_ATS_DENIED);
	/* The domain goes with the first of them. */
	KUNIT_EXPECT_EQ(test, drive_move(other.d, 0, other.d->home[0]), 0);
}

/* Nothing of a domain comes along to the next. */
static void drive_i47_move(struct kunit *test)
{
	struct iommu_domain *domain, *to[4];
	unsigned int i;
	struct ends e;

	start(&e, test, 1);
	domain = e.d->domain[0];
	to[0] = drive_domain(e.d, DRIVE_PLAIN);
	to[1] = e.d->home[0];
	to[2] = drive_blocked(e.d);
	to[3] = drive_identity(e.d);
	map(&e, domain, 0, SZ_64K);
	for (i = 0; i < 2 * ARRAY_SIZE(to); i++) {
		KUNIT_EXPECT_EQ(test, look(&e, 0, IOVA_AT), SIM_OK);
		KUNIT_EXPECT_EQ(test, drive_move(e.d, 0, to[i / 2]), 0);
		KUNIT_EXPECT_TRUE(test, drive_config(e.d, 0));
		KUNIT_EXPECT_TRUE(test, drive_page_reuse(e.d, e.pa, SZ_64K));
		KUNIT_EXPECT_NE(test, look(&e, 0, IOVA_AT), SIM_OK);
		KUNIT_EXPECT_EQ(test, drive_move(e.d, 0, domain), 0);
	}
}

/* Who looks on while the model reads a command, and what was seen. */
static struct {
	struct sim_master *m;
	const struct ssim_ops *ops;
	u64 looks, wrong;
} watch;

/* While an endpoint may ask, each STE that hardware may go by lets it. */
static bool watching_read(void *cookie, u64 pa, void *to, unsigned int size)
{
	const struct ssim *core = watch.m->sim->core;
	u32 i;

	watch.looks++;
	for (i = 0; sim_pci_ats_enabled(watch.m) && i < core->ncfgs; i++) {
		const struct ssim_cfg *c = &core->cfgs[i];

		watch.wrong += c->kind == C_STE && c->sid == watch.m->sids[0] &&
			       fld(c->words, STE_EATS) == 0;
	}
	return watch.ops->read(cookie, pa, to, size);
}

/* First the endpoint stops, then its STE changes; and the other way round. */
static void drive_i47_order(struct kunit *test)
{
	struct iommu_domain *domain;
	struct ssim_ops ops;
	struct ssim *core;
	unsigned int i;
	struct ends e;

	start(&e, test, 1);
	domain = e.d->domain[0];
	core = e.d->sim->core;
	scoped_guard(raw_spinlock_irqsave, &sim_lock) {
		watch.m = e.d->master[0];
		watch.ops = core->ops;
		watch.looks = 0;
		watch.wrong = 0;
		ops = *core->ops;
		ops.read = watching_read;
		core->ops = &ops;
	}
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_TRUE(test, asks(&e, 0));
		KUNIT_EXPECT_EQ(test, drive_move(e.d, 0, i & 1 ? drive_identity(e.d) :
						 drive_blocked(e.d)), 0);
		KUNIT_EXPECT_FALSE(test, asks(&e, 0));
		KUNIT_EXPECT_EQ(test, drive_move(e.d, 0, domain), 0);
	}
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		core->ops = watch.ops;
	KUNIT_EXPECT_GT(test, watch.looks, 0);
	KUNIT_EXPECT_EQ(test, watch.wrong, 0);
}

static void set_silent(struct ends *e, unsigned int i, u8 silent)
{
	WRITE_ONCE(e->d->master[i]->silent, silent);
}

/* Who does not answer is shut out; the others go on, and so does it after an attach. */
static void drive_i48_no_answer(struct kunit *test)
{
	struct iommu_domain *domain;
	unsigned int i;
	struct ends e;

	start(&e, test, 3);
	domain = e.d->domain[0];
	KUNIT_EXPECT_EQ(test, drive_move(e.d, 1, domain), 0);
	KUNIT_EXPECT_EQ(test, drive_move(e.d, 2, domain), 0);
	for (i = 0; i < 3; i++) {
		unsigned int other = (i + 1) % 3;

		map(&e, domain, 0, SZ_64K);
		map(&e, domain, SZ_64K, SZ_64K);
		KUNIT_EXPECT_EQ(test, look(&e, i, IOVA_AT), SIM_OK);
		KUNIT_EXPECT_EQ(test, look(&e, other, IOVA_AT), SIM_OK);
		set_silent(&e, i, SIM_SILENT_ATC);
		unmap(&e, domain, 0, SZ_64K);
		KUNIT_EXPECT_NE(test, look(&e, i, IOVA_AT), SIM_OK);
		KUNIT_EXPECT_NE(test, look(&e, i, IOVA_AT + SZ_64K), SIM_OK);
		KUNIT_EXPECT_EQ(test, look(&e, other, IOVA_AT), SIM_ATS_DENIED);
		KUNIT_EXPECT_EQ(test, look(&e, other, IOVA_AT + SZ_64K), SIM_OK);
		set_silent(&e, i, 0);
		KUNIT_EXPECT_EQ(test, drive_move(e.d, i, drive_blocked(e.d)), 0);
		KUNIT_EXPECT_EQ(test, drive_move(e.d, i, domain), 0);
		KUNIT_EXPECT_EQ(test, look(&e, i, IOVA_AT), SIM_ATS_DENIED);
		KUNIT_EXPECT_EQ(test, look(&e, i, IOVA_AT + SZ_64K), SIM_OK);
		unmap(&e, domain, SZ_64K, SZ_64K);
	}
}

/* What the core calls before a driver of the kernel binds; another driver has no such thing. */
static int before_driver(struct ends *e, unsigned int i)
{
	struct device *dev = e->d->master[i]->dev;
	const struct iommu_ops *ops = dev->iommu->iommu_dev->ops;

	return ops->before_driver ? ops->before_driver(iommu_get_domain_for_dev(dev), dev) :
				    -EOPNOTSUPP;
}

/* A driver that binds anew lifts the block, but not for who is silent still. */
static void drive_i48_begins_again(struct kunit *test)
{
	struct iommu_domain *domain;
	struct ends e;

	start(&e, test, 2);
	domain = e.d->domain[0];
	map(&e, domain, 0, SZ_64K);
	map(&e, domain, SZ_64K, SZ_64K);
	if (before_driver(&e, 0) == -EOPNOTSUPP)
		kunit_skip(test, "this driver lifts no blocks");
	KUNIT_EXPECT_EQ(test, look(&e, 0, IOVA_AT), SIM_OK);
	set_silent(&e, 0, SIM_SILENT_ATC);
	unmap(&e, domain, 0, SZ_64K);
	KUNIT_EXPECT_NE(test, look(&e, 0, IOVA_AT + SZ_64K), SIM_OK);
	KUNIT_EXPECT_NE(test, before_driver(&e, 0), 0);
	KUNIT_EXPECT_NE(test, look(&e, 0, IOVA_AT + SZ_64K), SIM_OK);
	set_silent(&e, 0, 0);
	KUNIT_EXPECT_EQ(test, before_driver(&e, 0), 0);
	KUNIT_EXPECT_EQ(test, look(&e, 0, IOVA_AT), SIM_ATS_DENIED);
	KUNIT_EXPECT_EQ(test, look(&e, 0, IOVA_AT + SZ_64K), SIM_OK);
	unmap(&e, domain, SZ_64K, SZ_64K);
}

/* A function that answers nothing is reset and removed within a bound. */
static void drive_i49_reset_and_removal(struct kunit *test)
{
	struct iommu_domain *domain;
	struct pci_dev *pdev;
	struct ends e;
	ktime_t from;

	start(&e, test, 2);
	domain = e.d->domain[0];
	KUNIT_EXPECT_EQ(test, drive_move(e.d, 1, domain), 0);
	map(&e, domain, 0, SZ_64K);
	KUNIT_EXPECT_EQ(test, look(&e, 0, IOVA_AT), SIM_OK);
	set_silent(&e, 0, SIM_SILENT_ATC);
	pdev = to_pci_dev(e.d->master[0]->dev);
	from = ktime_get();
	KUNIT_EXPECT_EQ(test, pci_reset_function(pdev), 0);
	KUNIT_EXPECT_EQ(test, drive_move(e.d, 0, e.d->home[0]), 0);
	pci_stop_and_remove_bus_device_locked(pdev);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), from), BOUND_MS);
	KUNIT_EXPECT_NULL(test, e.d->master[0]->dev);
	KUNIT_EXPECT_EQ(test, look(&e, 1, IOVA_AT), SIM_OK);
	KUNIT_EXPECT_EQ(test, iommu_unmap(domain, IOVA_AT, SZ_64K), SZ_64K);
	KUNIT_EXPECT_TRUE(test, drive_page_reuse(e.d, e.pa, SZ_64K));
	KUNIT_EXPECT_EQ(test, look(&e, 1, IOVA_AT), SIM_ATS_DENIED);
}

/*
 * Each master has a domain of its own, and each domain a tag. When all are in use
 * the next domain is refused, nobody notices, and one that is given back is enough.
 */
static void drive_i31_out_of_tags(struct kunit *test)
{
	struct iommu_domain *domain[2];
	struct ssim_ids ids;
	struct drive *d;
	unsigned int i;

	sim_profile("everything", &ids);
	drive_field(&ids, "IDR0.ASID16", 0);
	d = drive_describe(test, &ids, 2);
	/* There is nothing to be found in what so many could hold. */
	d->sim->config.closure = false;
	for (i = 2; i < TAGS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "more%u", i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, sim_master_new(d->sim, name, SIM_PLATFORM));
	}
	KUNIT_ASSERT_EQ(test, drive_live(d), 0);
	if (!iommu_is_dma_domain(d->home[0]))
		kunit_skip(test, "no domain without translation");
	domain[0] = drive_domain(d, DRIVE_PLAIN);
	domain[1] = drive_domain(d, DRIVE_PLAIN);
	drive_map(d, d->home[0], IOVA_AT, SZ_256M, SZ_64K);
	drive_map(d, domain[0], IOVA_AT, SZ_512M, SZ_64K);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, drive_move(d, 0, domain[0]), -ENOSPC);
		KUNIT_EXPECT_PTR_EQ(test, iommu_get_domain_for_dev(d->master[0]->dev), d->home[0]);
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, SZ_256M));
	}
	KUNIT_EXPECT_EQ(test, drive_move(d, 1, drive_blocked(d)), 0);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, drive_move(d, 0, domain[i & 1]), 0);
	KUNIT_EXPECT_EQ(test, drive_move(d, 0, domain[0]), 0);
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, SZ_512M));
	KUNIT_EXPECT_EQ(test, drive_move(d, 1, d->home[1]), 0);
	KUNIT_EXPECT_EQ(test, drive_move(d, 0, domain[1]), -ENOSPC);
	KUNIT_EXPECT_EQ(test, drive_move(d, 0, drive_blocked(d)), 0);
	drive_unmap(d, domain[0], IOVA_AT, SZ_512M, SZ_64K);
	drive_unmap(d, d->home[0], IOVA_AT, SZ_256M, SZ_64K);
}

/* What an endpoint kept while the SMMU slept is not used when both are awake. */
static void drive_i55_kept_meanwhile(struct kunit *test)
{
	struct ends e = {};
	struct iommu_domain *domain;

	start(&e, test, 1);
	domain = e.d->domain[0];
	map(&e, domain, 0, SZ_64K);
	map(&e, domain, SZ_1M, SZ_64K);
	KUNIT_EXPECT_EQ(test, look(&e, 0, IOVA_AT), SIM_OK);
	KUNIT_EXPECT_EQ(test, look(&e, 0, IOVA_AT + SZ_1M), SIM_OK);
	drive_sleep(e.d);
	unmap(&e, domain, 0, SZ_64K);
	drive_wake(e.d);
	KUNIT_EXPECT_NE(test, look(&e, 0, IOVA_AT), SIM_OK);
	KUNIT_EXPECT_EQ(test, look(&e, 0, IOVA_AT + SZ_1M), SIM_OK);
	unmap(&e, domain, SZ_1M, SZ_64K);
}

static struct kunit_case ats_cases[] = {
	KUNIT_CASE_PARAM(drive_i46_unmap, drive_next_profile),
	KUNIT_CASE(drive_i46_i50_two_instances),
	KUNIT_CASE(drive_i47_move),
	KUNIT_CASE_PARAM(drive_i47_order, drive_next_profile),
	KUNIT_CASE(drive_i48_no_answer),
	KUNIT_CASE(drive_i48_begins_again),
	KUNIT_CASE(drive_i49_reset_and_removal),
	KUNIT_CASE_PARAM(drive_i55_kept_meanwhile, drive_next_profile),
	{ }
};

struct kunit_suite drive_ats_suite = {
	.name = "smmu-sim-drive-ats",
	.test_cases = ats_cases,
};

static struct kunit_case tags_cases[] = {
	KUNIT_CASE_SLOW(drive_i31_out_of_tags),
	{ }
};

struct kunit_suite drive_tags_suite = {
	.name = "smmu-sim-drive-tags",
	.test_cases = tags_cases,
};
