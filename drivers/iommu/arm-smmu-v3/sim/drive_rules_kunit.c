// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules that hold for all that the driver writes: commands, structures and tags
 * are such as the ID registers allow, and firmware that is wrong is refused.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/kthread.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "../../iommu-seam.h"
#include "drive.h"

#define IOVA_AT		SZ_1G
#define PA_AT		SZ_256M
#define VERSIONS	64

/* A domain at work: what is sent depends on sizes, on tables that go, on faults. */
static void work(struct drive *d, struct iommu_domain *domain)
{
	static const u16 granules[] = { 1, 3, 33, 130 };
	u64 g, off, pa;

	if (!domain)
		return;
	g = drive_granule(domain);
	KUNIT_EXPECT_EQ(d->test, drive_move(d, 0, domain), 0);
	for (off = 0; off < ARRAY_SIZE(granules); off++) {
		u64 size = granules[off] * g;

		drive_map(d, domain, IOVA_AT + off * g, PA_AT + off * g, size);
		KUNIT_EXPECT_TRUE(d->test, drive_reaches(d, 0, IOVA_AT + off * g, PA_AT + off * g));
		/* Entries of a level that nobody knows. */
		if (domain->dirty_ops)
			drive_clear_dirty(d, domain, IOVA_AT + off * g, size);
		KUNIT_EXPECT_EQ(d->test, iommu_unmap(domain, IOVA_AT + off * g, size), size);
	}
	/* A block in the place of a table. */
	drive_map(d, domain, IOVA_AT, PA_AT, drive_block(domain));
	drive_unmap(d, domain, IOVA_AT, PA_AT, drive_block(domain));
	/* A fault, which may stall: it is answered. */
	KUNIT_EXPECT_EQ(d->test, drive_touch(d, 0, IOVA_AT, false, &pa), OUT_ABORT);
	iommu_flush_iotlb_all(domain);
}

/* What the ID registers may lack, each of it in turn. */
static const struct lack {
	const char *field;
	u32 value;
} lacks[] = {
	{ NULL, 0 }, { "IDR0.S1P", 0 }, { "IDR0.S2P", 0 }, { "IDR0.HYP", 0 }, { "IDR0.ATS", 0 },
	{ "IDR0.PRI", 0 }, { "IDR0.ASID16", 0 }, { "IDR0.VMID16", 0 }, { "IDR0.MSI", 0 },
	{ "IDR0.SEV", 0 }, { "IDR0.HTTU", 0 }, { "IDR0.BTM", 0 }, { "IDR0.ST_LEVEL", 0 },
	{ "IDR0.STALL_MODEL", 1 }, { "IDR0.STALL_MODEL", 2 }, { "IDR1.SSIDSIZE", 0 },
	{ "IDR3.RIL", 0 }, { "IDR5.DS", 0 }, { "IDR5.GRAN4K", 1 },
};

static const void *next_lack(const void *prev, char *desc)
{
	const struct lack *next = prev ? (const struct lack *)prev + 1 : lacks;

	if (next == lacks + ARRAY_SIZE(lacks))
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s %u", next->field ?: "everything", next->value);
	return next;
}

static struct drive *lacking(struct kunit *test, const struct lack *lack, unsigned int masters)
{
	struct ssim_ids ids;

	sim_profile("everything", &ids);
	if (lack->field)
		drive_field(&ids, lack->field, lack->value);
	/* IHI 0070, 6.3.1: RES0 without both stages */
	if (!fld1(ids.idr[0], IDR0_S1P) || !fld1(ids.idr[0], IDR0_S2P))
		drive_field(&ids, "IDR0.HYP", 0);
	return drive_describe(test, &ids, masters);
}

/* drive_end() looks that no command was refused; here is who sends all kinds of them. */
static void drive_i20_legal_commands(struct kunit *test)
{
	struct drive *d = lacking(test, test->param_value, 1);
	u64 commands;

	d->master[0]->stall = true;
	KUNIT_ASSERT_EQ(test, drive_live(d), 0);
	commands = d->sim->core->stats.commands;
	work(d, drive_domain(d, DRIVE_PLAIN));
	work(d, drive_domain(d, DRIVE_STAGE2));
	work(d, drive_domain(d, DRIVE_DIRTY));
	KUNIT_EXPECT_EQ(test, drive_move(d, 0, drive_identity(d)), 0);
	KUNIT_EXPECT_EQ(test, drive_move(d, 0, drive_blocked(d)), 0);
	KUNIT_EXPECT_GT(test, d->sim->core->stats.commands, commands);
	KUNIT_EXPECT_EQ(test, d->sim->core->stats.illegal, 0);
}

/* Each STE and CD that can be held of a stream. */
static void legal_entries(struct drive *d, u32 sid)
{
	const struct ssim_cfg *ste[VERSIONS], *cd[VERSIONS];
	struct ssim *s = d->sim->core;
	unsigned int n, m, i, j;

	guard(raw_spinlock_irqsave)(&sim_lock);
	n = ssim_cfg_versions(s, C_STE, sid, 0, ste, VERSIONS);
	m = ssim_cfg_versions(s, C_CD, sid, 0, cd, VERSIONS);
	KUNIT_EXPECT_GT(d->test, n, 0);
	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_TRUE(d->test, ssim_ste_legal(s, ste[i]->words));
		/* STE.Config 0b101: stage 1 alone, by a CD. */
		if (fld(ste[i]->words, STE_CONFIG) != 5)
			continue;
		KUNIT_EXPECT_GT(d->test, m, 0);
		for (j = 0; j < m; j++)
			KUNIT_EXPECT_TRUE(d->test, ssim_cd_legal(s, ste[i]->words, cd[j]->words));
	}
}

/* Stalls can be had, can never be had, or can not be turned off; and who wants them. */
static void drive_i27_stall_models(struct kunit *test)
{
	unsigned int model, want;

	for (model = 0; model < 3; model++) {
		for (want = 0; want < 4; want++) {
			const struct lack lack = { "IDR0.STALL_MODEL", model };
			struct drive *d = lacking(test, &lack, 1);
			struct iommu_domain *domain;
			enum drive_kind kind;

			d->master[0]->stall = want & 1;
			d->master[0]->pasid_bits = want & 2 ? 4 : 0;
			KUNIT_ASSERT_EQ(test, drive_live(d), 0);
			for (kind = DRIVE_PLAIN; kind <= DRIVE_DIRTY; kind++) {
				domain = drive_domain(d, kind);
				KUNIT_ASSERT_NOT_NULL(test, domain);
				work(d, domain);
				legal_entries(d, d->master[0]->sids[0]);
			}
			drive_stop(d);
		}
	}
}

static enum ssim_outcome touch_pasid(struct drive *d, u32 pasid, u64 addr, u64 *pa)
{
	const struct ssim_txn txn = {
		.sid = d->master[0]->sids[0], .ssv = true, .ssid = pasid, .addr = addr,
	};
	struct ssim_result result;

	guard(raw_spinlock_irqsave)(&sim_lock);
	ssim_translate(d->sim->core, &txn, &result);
	*pa = result.pa;
	return result.outcome;
}

/* DMA without a PASID goes where it is led to, whatever a PASID is used for beside it. */
static void drive_i36_no_pasid_is_apart(struct kunit *test)
{
	struct iommu_domain *own, *other;
	struct ssim_ids ids;
	struct drive *d;
	u64 pa = 0;

	sim_profile("everything", &ids);
	d = drive_describe(test, &ids, 1);
	d->master[0]->pasid_bits = 4;
	KUNIT_ASSERT_EQ(test, drive_live(d), 0);
	own = drive_domain(d, DRIVE_PLAIN);
	other = drive_domain(d, DRIVE_PLAIN);
	drive_map(d, own, IOVA_AT, PA_AT, SZ_64K);
	drive_map(d, other, IOVA_AT, PA_AT + SZ_64K, SZ_64K);

	KUNIT_EXPECT_EQ(test, drive_move(d, 0, drive_blocked(d)), 0);
	KUNIT_ASSERT_EQ(test, drive_pasid(d, 0, 3, other, true), 0);
	KUNIT_EXPECT_TRUE(test, drive_aborts(d, 0, IOVA_AT));
	KUNIT_EXPECT_EQ(test, drive_move(d, 0, own), 0);
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, PA_AT));
	KUNIT_EXPECT_EQ(test, touch_pasid(d, 3, IOVA_AT, &pa), OUT_OK);
	KUNIT_EXPECT_EQ(test, pa, PA_AT + SZ_64K);
	KUNIT_EXPECT_EQ(test, drive_move(d, 0, drive_identity(d)), 0);
	KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, IOVA_AT));
	KUNIT_EXPECT_EQ(test, drive_move(d, 0, drive_blocked(d)), 0);
	KUNIT_EXPECT_TRUE(test, drive_aborts(d, 0, IOVA_AT));
	KUNIT_EXPECT_EQ(test, touch_pasid(d, 3, IOVA_AT, &pa), OUT_OK);
	KUNIT_EXPECT_EQ(test, pa, PA_AT + SZ_64K);
	/* PASIDs beside it lead nowhere. */
	KUNIT_EXPECT_EQ(test, touch_pasid(d, 4, IOVA_AT, &pa), OUT_ABORT);
	drive_pasid(d, 0, 3, other, false);
	KUNIT_EXPECT_EQ(test, touch_pasid(d, 3, IOVA_AT, &pa), OUT_ABORT);
	KUNIT_EXPECT_TRUE(test, drive_aborts(d, 0, IOVA_AT));
	drive_unmap(d, other, IOVA_AT, PA_AT + SZ_64K, SZ_64K);
	drive_unmap(d, own, IOVA_AT, PA_AT, SZ_64K);
}

/* 0: no tag of this kind, neither of ASID nor of VMID */
static u32 tag_of(struct drive *d, unsigned int master, bool stage2)
{
	struct ssim_context ctx;
	struct ssim_fault fault;

	guard(raw_spinlock_irqsave)(&sim_lock);
	if (!ssim_find(d->sim->core, d->master[master]->sids[0], 0, false, &ctx, &fault))
		return 0;
	if (stage2)
		return ctx.s2 ? ctx.r2.vmid : 0;
	return ctx.s1 ? ctx.r1[0].asid : 0;
}

/* As many domains at once as there are masters, again and again, and each has its tag. */
static void drive_i29_unique_tags(struct kunit *test)
{
	const struct lack *lack = test->param_value;
	struct drive *d = lacking(test, lack, DRIVE_MASTERS);
	u32 tag[DRIVE_MASTERS], most = lack->field ? 255 : 65535;
	struct iommu_domain *domain[DRIVE_DOMAINS];
	unsigned int round, i, j, at;

	KUNIT_ASSERT_EQ(test, drive_live(d), 0);
	for (i = 0; i < DRIVE_DOMAINS; i++) {
		domain[i] = drive_domain(d, i & 1 ? DRIVE_STAGE2 : DRIVE_PLAIN);
		KUNIT_ASSERT_NOT_NULL(test, domain[i]);
	}
	for (round = 0; round < 12; round++) {
		for (i = 0; i < DRIVE_MASTERS; i++) {
			at = (round + i * (1 + round % 2)) % DRIVE_DOMAINS;
			KUNIT_EXPECT_EQ(test, drive_move(d, i, domain[at]), 0);
			tag[i] = tag_of(d, i, at & 1) << 1 | (at & 1);
			KUNIT_EXPECT_GT(test, tag[i] >> 1, 0);
			KUNIT_EXPECT_LE(test, tag[i] >> 1, most);
			/* Those that were there before are in a domain of this round, too. */
			for (j = 0; j < i; j++)
				KUNIT_EXPECT_NE(test, tag[i], tag[j]);
		}
		/* One domain, one tag, whoever has it. */
		KUNIT_EXPECT_EQ(test, drive_move(d, 0, domain[at]), 0);
		KUNIT_EXPECT_EQ(test, tag_of(d, 0, at & 1) << 1 | (at & 1), tag[DRIVE_MASTERS - 1]);
	}
}

static const void *next_width(const void *prev, char *desc)
{
	static const struct lack widths[] = {
		{ NULL, 0 }, { "IDR0.ASID16", 0 }, { "IDR0.VMID16", 0 },
	};
	const struct lack *next = prev ? (const struct lack *)prev + 1 : widths;

	if (next == widths + ARRAY_SIZE(widths))
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", next->field ?: "16 bits");
	return next;
}

static bool held(struct drive *d, u64 pa, u64 size)
{
	const struct ssim *s = d->sim->core;
	u32 i;

	guard(raw_spinlock_irqsave)(&sim_lock);
	for (i = 0; i < s->top; i++)
		if (s->entries[i].kind == E_LEAF && s->entries[i].target < pa + size &&
		    s->entries[i].target + s->entries[i].size > pa)
			return true;
	return false;
}

/* As a flush queue does: much is unmapped without a word, and then all is flushed. */
static void drive_i53_flush_all(struct kunit *test)
{
	struct drive *d = drive_start(test, test->param_value, 2);
	struct iommu_iotlb_gather gather;
	struct iommu_domain *domain;
	enum drive_kind kind;
	unsigned int i;
	u64 g;

	for (kind = DRIVE_PLAIN; kind <= DRIVE_STAGE2; kind++) {
		domain = drive_domain(d, kind);
		if (!domain)
			continue;
		g = drive_granule(domain);
		KUNIT_EXPECT_EQ(test, drive_move(d, 0, domain), 0);
		KUNIT_EXPECT_EQ(test, drive_move(d, 1, domain), 0);
		/* One page stays, so that the table does. */
		drive_map(d, domain, IOVA_AT, PA_AT, 9 * g);
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT + g, PA_AT + g));
		iommu_iotlb_gather_init(&gather);
		gather.queued = true;
		for (i = 1; i < 9; i++)
			KUNIT_EXPECT_EQ(test, iommu_unmap_fast(domain, IOVA_AT + i * g, g,
							       &gather), g);
		KUNIT_EXPECT_TRUE(test, list_empty(&gather.freelist));
		KUNIT_EXPECT_TRUE(test, held(d, PA_AT + g, 8 * g));
		iommu_flush_iotlb_all(domain);
		KUNIT_EXPECT_FALSE(test, held(d, PA_AT + g, 8 * g));
		/* Now the addresses may be used anew. */
		drive_map(d, domain, IOVA_AT + g, PA_AT + SZ_1M, 8 * g);
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 1, IOVA_AT + g, PA_AT + SZ_1M));
		drive_unmap(d, domain, IOVA_AT + g, PA_AT + SZ_1M, 8 * g);
		drive_unmap(d, domain, IOVA_AT, PA_AT, g);
	}
}

struct mapper {
	struct drive *d;
	struct iommu_domain *domain;
	unsigned int n;
	struct completion done;
};

#define MAPPERS		2
#define PAGES_EACH	40

/* Pages in turns with others, so that each comes to tables that another has just made. */
static int map_and_touch(void *data)
{
	struct mapper *m = data;
	u64 g = drive_granule(m->domain), stride = drive_block(m->domain) / 8, off;
	unsigned int i;

	for (i = 0; i < PAGES_EACH; i++) {
		off = i * stride + m->n * g;
		drive_map(m->d, m->domain, IOVA_AT + off, PA_AT + off, g);
		KUNIT_EXPECT_TRUE(m->d->test, drive_reaches(m->d, 0, IOVA_AT + off, PA_AT + off));
	}
	for (i = 0; i < PAGES_EACH; i++) {
		off = i * stride + m->n * g;
		drive_unmap(m->d, m->domain, IOVA_AT + off, PA_AT + off, g);
		KUNIT_EXPECT_TRUE(m->d->test, drive_aborts(m->d, 0, IOVA_AT + off));
	}
	complete(&m->done);
	return 0;
}

/* A walker that does not snoop: what was mapped it finds, what was unmapped it does not. */
static void drive_i13_not_coherent(struct kunit *test)
{
	struct mapper mappers[MAPPERS];
	struct iommu_domain *domain;
	struct ssim_ids ids;
	enum drive_kind kind;
	struct drive *d;
	unsigned int i;

	sim_profile(test->param_value, &ids);
	drive_field(&ids, "IDR0.COHACC", 0);
	d = drive_describe(test, &ids, 1);
	KUNIT_ASSERT_EQ(test, drive_live(d), 0);
	for (kind = DRIVE_PLAIN; kind <= DRIVE_STAGE2; kind++) {
		domain = drive_domain(d, kind);
		if (!domain)
			continue;
		KUNIT_EXPECT_EQ(test, drive_move(d, 0, domain), 0);
		for (i = 0; i < MAPPERS; i++) {
			mappers[i] = (struct mapper) { .d = d, .domain = domain, .n = i };
			init_completion(&mappers[i].done);
			KUNIT_EXPECT_FALSE(test, IS_ERR(kthread_run(map_and_touch, &mappers[i],
								    "drive-map")));
		}
		for (i = 0; i < MAPPERS; i++)
			wait_for_completion(&mappers[i].done);
	}
}

/* A device with whatever firmware says of it; NULL if that cannot even be said. */
static struct platform_device *device_with(struct drive *d, struct fwnode_handle *smmu,
					   const u32 *sids, unsigned int num)
{
	struct platform_device *pdev = platform_device_alloc("smmu-sim-guest", PLATFORM_DEVID_AUTO);

	KUNIT_ASSERT_NOT_NULL(d->test, pdev);
	if (iommu_seam_fwspec(&pdev->dev, smmu, sids, num, 0) || platform_device_add(pdev)) {
		platform_device_put(pdev);
		return NULL;
	}
	return pdev;
}

/* What IORT or a devicetree may say of a device, and whether it can be believed. */
static void drive_i58_wrong_streams(struct kunit *test)
{
	struct drive *d = drive_start(test, test->param_value, 1);
	u32 taken = d->master[0]->sids[0];
	const struct {
		u32 sids[4];
		unsigned int num;
		bool good;
	} t[] = {
		{ { }, 0, false },
		{ { ~0u }, 1, false },
		{ { 20, ~0u - 1 }, 2, false },
		{ { taken }, 1, false },
		{ { 21, 22, taken }, 3, false },
		{ { 23, 23, 23 }, 3, true },
		/* What a refused device has named is free. */
		{ { 20, 21, 22 }, 3, true },
		{ { 0 }, 1, true },
	};
	struct platform_device *pdev;
	unsigned int i;

	drive_map(d, d->home[0], IOVA_AT, PA_AT, SZ_64K);
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		pdev = device_with(d, d->sim->fwnode, t[i].sids, t[i].num);
		KUNIT_EXPECT_EQ_MSG(test, pdev && device_iommu_mapped(&pdev->dev), t[i].good,
				    "%u streams, %#x", t[i].num, t[i].sids[0]);
		/* Whatever became of it, the others go on. */
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, PA_AT));
		if (pdev)
			platform_device_unregister(pdev);
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, PA_AT));
	}
	drive_unmap(d, d->home[0], IOVA_AT, PA_AT, SZ_64K);
}

static struct kunit_case rules_cases[] = {
	KUNIT_CASE_PARAM(drive_i13_not_coherent, drive_next_profile),
	KUNIT_CASE_PARAM(drive_i20_legal_commands, next_lack),
	KUNIT_CASE(drive_i27_stall_models),
	KUNIT_CASE(drive_i36_no_pasid_is_apart),
	KUNIT_CASE_PARAM(drive_i29_unique_tags, next_width),
	KUNIT_CASE_PARAM(drive_i53_flush_all, drive_next_profile),
	KUNIT_CASE_PARAM(drive_i58_wrong_streams, drive_next_profile),
	{ }
};

struct kunit_suite drive_rules_suite = {
	.name = "smmu-sim-drive-rules",
	.test_cases = rules_cases,
};
