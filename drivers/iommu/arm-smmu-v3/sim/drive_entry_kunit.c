// SPDX-License-Identifier: GPL-2.0-only
/*
 * What hardware may read of STEs and CDs while the driver changes them, looked at
 * after each store: the model holds every mixture of words, and its decoder says
 * what each of them means.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "../../iommu-seam.h"
#include "drive.h"

#define IOVA_AT		SZ_1G
#define PA_A		SZ_256M
#define PA_B		SZ_512M
#define VERSIONS	64

enum meaning { ABORTS, PASSES, STAGE_1, STAGE_2, NONSENSE };

/* Where transactions go by an STE or CD; all that is equal is the same to them. */
struct sense {
	enum meaning meaning;
	u64 cds;
	u32 cdmax, dss, world;
	struct ssim_regime regime;
};

static void sense_of_ste(const struct ssim *s, const u64 *ste, struct sense *to)
{
	unsigned int config = fld(ste, STE_CONFIG);

	memset(to, 0, sizeof(*to));
	if (!fld(ste, STE_V) || !(config & STE_CONFIG_PASS))
		return;
	if (!ssim_ste_legal(s, ste)) {
		to->meaning = NONSENSE;
	} else if (config & STE_CONFIG_S2) {
		to->meaning = STAGE_2;
		ssim_regime_s2(s, ste, &to->regime);
	} else if (config & STE_CONFIG_S1) {
		to->meaning = STAGE_1;
		to->cds = fld_addr(ste, STE_S1CONTEXTPTR, 6);
		to->cdmax = fld(ste, STE_S1CDMAX);
		/* 5.2: of no meaning without substreams. */
		to->dss = to->cdmax ? fld(ste, STE_S1DSS) << 2 | fld(ste, STE_S1FMT) : 0;
		to->world = fld(ste, STE_STRW);
		/* The tag of what is cached, in EL1's world. */
		if (!to->world)
			to->regime.vmid = fld(ste, STE_S2VMID);
	} else {
		to->meaning = PASSES;
	}
}

static void sense_of_cd(const struct ssim *s, const u64 *ste, const u64 *cd, struct sense *to)
{
	memset(to, 0, sizeof(*to));
	if (!fld(cd, CD_V))
		return;
	if (!ssim_cd_legal(s, ste, cd)) {
		to->meaning = NONSENSE;
		return;
	}
	to->meaning = STAGE_1;
	ssim_regime_s1(s, ste, cd, false, &to->regime);
}

/**
 * struct entry_watch - the life of one STE or CD
 * @d: instance
 * @kind: C_STE or C_CD
 * @sid: stream
 * @src: where it stands, 0: the first that is stored to
 * @ste: of a CD: the STE that leads to it
 * @seen: all that any hardware may have held since it is watched
 * @num: elements of @seen
 * @breaks: so often V went from 1 to 0
 * @makes: and from 0 to 1
 * @early: valid versions that hardware could hold while words of it were stored
 * @late: versions with other words that it could hold when it became valid
 */
struct entry_watch {
	struct drive *d;
	enum ssim_cfg_kind kind;
	u32 sid;
	u64 src;
	u64 ste[8];
	struct sense seen[VERSIONS];
	unsigned int num;
	unsigned int breaks, makes, early, late;
};

static void note(struct entry_watch *w, const struct sense *sense)
{
	unsigned int i;

	for (i = 0; i < w->num; i++)
		if (!memcmp(&w->seen[i], sense, sizeof(*sense)))
			return;
	if (w->num < VERSIONS)
		w->seen[w->num++] = *sense;
}

static void sense_of(struct entry_watch *w, const u64 *words, struct sense *to)
{
	if (w->kind == C_STE)
		sense_of_ste(w->d->sim->core, words, to);
	else
		sense_of_cd(w->d->sim->core, w->ste, words, to);
}

static void read_entry(struct drive *d, u64 src, u64 *words)
{
	__le64 raw[8];
	unsigned int i;

	d->sim->core->ops->read(d->sim->core->cookie, src, raw, sizeof(raw));
	for (i = 0; i < 8; i++)
		words[i] = le64_to_cpu(raw[i]);
}

static void stored(void *watcher, u64 pa, u64 old, u64 new)
{
	struct entry_watch *w = watcher;
	u64 v = w->kind == C_STE ? BIT(0) : BIT(31), words[8];
	const struct ssim_cfg *list[VERSIONS];
	bool makes = pa == w->src && !(old & v) && (new & v);
	unsigned int n, i;

	if (pa < w->src || pa >= w->src + 64)
		return;
	read_entry(w->d, w->src, words);
	n = ssim_cfg_versions(w->d->sim->core, w->kind, w->sid, 0, list, VERSIONS);
	for (i = 0; i < min(n, VERSIONS); i++) {
		const u64 *held = list[i]->words;
		struct sense sense;

		sense_of(w, held, &sense);
		note(w, &sense);
		/* While memory says that it is invalid, hardware has to say so too. */
		w->early += pa != w->src && w->breaks > w->makes && (held[0] & v);
		/* When it becomes valid, hardware has no other words than memory. */
		w->late += makes && memcmp(&held[1], &words[1], sizeof(words) - sizeof(*words));
	}
	w->breaks += pa == w->src && (old & v) && !(new & v);
	w->makes += makes;
}

/* Where the model has found the entry. */
static bool find_entry(struct entry_watch *w)
{
	const struct ssim_cfg *list[VERSIONS];

	if (!ssim_cfg_versions(w->d->sim->core, C_STE, w->sid, 0, list, VERSIONS))
		return false;
	read_entry(w->d, list[0]->src, w->ste);
	if (!ssim_cfg_versions(w->d->sim->core, w->kind, w->sid, 0, list, VERSIONS))
		return false;
	w->src = list[0]->src;
	return true;
}

static void watch(struct drive *d, void (*fn)(void *watcher, u64 pa, u64 old, u64 new),
		  void *watcher)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	d->sim->watch = fn;
	d->sim->watcher = watcher;
}

static bool begin(struct entry_watch *w, struct sense *now)
{
	u64 words[8];

	w->num = 0;
	w->breaks = 0;
	w->makes = 0;
	w->early = 0;
	w->late = 0;
	scoped_guard(raw_spinlock_irqsave, &sim_lock) {
		if (!find_entry(w))
			return false;
		read_entry(w->d, w->src, words);
		sense_of(w, words, now);
	}
	watch(w->d, stored, w);
	return true;
}

static void end(struct entry_watch *w, struct sense *now)
{
	u64 words[8];

	watch(w->d, NULL, NULL);
	guard(raw_spinlock_irqsave)(&sim_lock);
	read_entry(w->d, w->src, words);
	sense_of(w, words, now);
}

static void judge(struct entry_watch *w, const struct sense *before, const struct sense *after)
{
	struct kunit *test = w->d->test;
	unsigned int i, aborts = 0;

	for (i = 0; i < w->num; i++) {
		const struct sense *s = &w->seen[i];

		if (!memcmp(s, before, sizeof(*s)) || !memcmp(s, after, sizeof(*s)))
			continue;
		aborts += s->meaning == ABORTS;
		KUNIT_EXPECT_EQ_MSG(test, s->meaning, ABORTS,
				    "from %d to %d hardware may see %d, a mixture",
				    before->meaning, after->meaning, s->meaning);
	}
	/* Without a hitless way through V = 0, and V is what makes it abort. */
	KUNIT_EXPECT_EQ(test, !!aborts, !!w->breaks && before->meaning && after->meaning);
	KUNIT_EXPECT_EQ(test, w->breaks, w->makes);
	KUNIT_EXPECT_EQ(test, w->early, 0);
	KUNIT_EXPECT_EQ(test, w->late, 0);
}

/* What any mixture of words means, on the way from each kind of domain to each other. */
static void drive_i23_i24_every_store(struct kunit *test)
{
	struct drive *d = drive_start(test, test->param_value, 1);
	struct iommu_domain *places[] = {
		drive_domain(d, DRIVE_PLAIN), drive_domain(d, DRIVE_STAGE2),
		drive_identity(d), drive_blocked(d), drive_domain(d, DRIVE_PLAIN),
	};
	/* A way that takes each step from one to another. */
	static const u8 way[] = {
		0, 1, 0, 2, 0, 3, 0, 4, 0, 1, 2, 1, 3, 1, 4, 1, 2, 3, 2, 4, 2, 3, 4, 3, 0,
	};
	struct entry_watch *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	struct sense before, after;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, w);
	*w = (struct entry_watch) { .d = d, .kind = C_STE, .sid = d->master[0]->sids[0] };
	for (i = 0; i < ARRAY_SIZE(way); i++) {
		if (!places[way[i]] || !begin(w, &before))
			continue;
		KUNIT_EXPECT_EQ(test, drive_move(d, 0, places[way[i]]), 0);
		end(w, &after);
		judge(w, &before, &after);
		/* 3.21.3: from and to what does not translate there is always a way. */
		if (before.meaning < STAGE_1 || after.meaning < STAGE_1)
			KUNIT_EXPECT_EQ(test, w->breaks, 0);
		KUNIT_EXPECT_TRUE(test, drive_config(d, 0));
	}
}

/* The same of a CD: one table after the other, without a word to the STE. */
static void drive_i23_i24_every_store_of_cds(struct kunit *test)
{
	struct drive *d = drive_start(test, test->param_value, 1);
	struct iommu_domain *places[2] = {
		drive_domain(d, DRIVE_PLAIN), drive_domain(d, DRIVE_PLAIN),
	};
	struct entry_watch *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	struct sense before, after;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, w);
	*w = (struct entry_watch) { .d = d, .kind = C_CD, .sid = d->master[0]->sids[0] };
	drive_map(d, places[0], IOVA_AT, PA_A, SZ_64K);
	drive_map(d, places[1], IOVA_AT, PA_B, SZ_64K);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, drive_move(d, 0, places[i & 1]), 0);
		KUNIT_ASSERT_TRUE(test, begin(w, &before));
		KUNIT_EXPECT_EQ(test, drive_move(d, 0, places[~i & 1]), 0);
		end(w, &after);
		KUNIT_EXPECT_EQ(test, before.meaning, STAGE_1);
		KUNIT_EXPECT_EQ(test, after.meaning, STAGE_1);
		KUNIT_EXPECT_NE(test, memcmp(&before, &after, sizeof(after)), 0);
		judge(w, &before, &after);
		KUNIT_EXPECT_TRUE(test, drive_config(d, 0));
		KUNIT_EXPECT_TRUE(test, drive_reaches(d, 0, IOVA_AT, i & 1 ? PA_A : PA_B));
	}
}

/* Devices that come and go behind an instance: masters that are not the simulator's. */
static struct platform_device *newcomer(struct drive *d, u32 sid)
{
	struct platform_device *pdev = platform_device_alloc("smmu-sim-guest", PLATFORM_DEVID_AUTO);

	KUNIT_ASSERT_NOT_NULL(d->test, pdev);
	if (iommu_seam_fwspec(&pdev->dev, d->sim->fwnode, &sid, 1, 0) ||
	    platform_device_add(pdev)) {
		platform_device_put(pdev);
		return NULL;
	}
	return pdev;
}

/* Level 1 of a stream table, and what stands behind a descriptor as it appears. */
struct l1_watch {
	struct drive *d;
	u64 base, end;
	unsigned int tables, bad;
};

static void l1_stored(void *watcher, u64 pa, u64 old, u64 new)
{
	struct l1_watch *w = watcher;
	u64 at, words[8];
	struct sense sense;
	unsigned int i;

	if (pa < w->base || pa >= w->end || old == new || !fld1(new, L1STD_SPAN))
		return;
	w->tables++;
	at = fld_addr(&new, L1STD_L2PTR, 6);
	for (i = 0; i < BIT(fld1(new, L1STD_SPAN) - 1); i++, at += 64) {
		read_entry(w->d, at, words);
		sense_of_ste(w->d->sim->core, words, &sense);
		w->bad += !fld(words, STE_V) || sense.meaning != ABORTS;
	}
}

/* May hardware still have a level 1 descriptor that is empty no more? */
static bool held_as_empty(struct drive *d, unsigned int kind)
{
	const struct ssim *s = d->sim->core;
	u32 i;

	guard(raw_spinlock_irqsave)(&sim_lock);
	for (i = 0; i < s->ncfgs; i++)
		if (s->cfgs[i].kind == kind && s->cfgs[i].gone)
			return true;
	return false;
}

/* Tables of STEs are complete when they appear, and an empty descriptor is forgotten. */
static void drive_i25_i26_stream_tables(struct kunit *test)
{
	struct drive *d = drive_start(test, "everything", 1);
	const struct ssim *s = d->sim->core;
	struct l1_watch w = { .d = d, .base = fld1(s->strtab_base, STRTAB_BASE_ADDR) << 6 };
	const u32 sids[] = { 300, 301, 0x1234, 0xffffff };
	struct platform_device *pdev[ARRAY_SIZE(sids)];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, fld1(s->strtab_cfg, STRTAB_CFG_FMT), 1);
	w.end = w.base + (8ull << (fld1(s->strtab_cfg, STRTAB_CFG_LOG2SIZE) -
				   fld1(s->strtab_cfg, STRTAB_CFG_SPLIT)));
	watch(d, l1_stored, &w);
	for (i = 0; i < ARRAY_SIZE(sids); i++) {
		pdev[i] = newcomer(d, sids[i]);
		KUNIT_EXPECT_NOT_NULL(test, pdev[i]);
		KUNIT_EXPECT_FALSE(test, held_as_empty(d, C_L1STD));
	}
	watch(d, NULL, NULL);
	KUNIT_EXPECT_EQ(test, w.tables, 3);
	KUNIT_EXPECT_EQ(test, w.bad, 0);
	for (i = 0; i < ARRAY_SIZE(sids); i++)
		if (pdev[i])
			platform_device_unregister(pdev[i]);
}

/* A leaf of a CD table, beside one that hardware knows. */
static void drive_i25_leaf_of_cds(struct kunit *test)
{
	struct iommu_domain *domain;
	struct ssim_ids ids;
	struct drive *d;

	sim_profile("everything", &ids);
	d = drive_describe(test, &ids, 1);
	d->master[0]->pasid_bits = 8;
	KUNIT_ASSERT_EQ(test, drive_live(d), 0);
	domain = drive_domain(d, DRIVE_PLAIN);
	KUNIT_ASSERT_EQ(test, drive_pasid(d, 0, 3, domain, true), 0);
	KUNIT_ASSERT_EQ(test, drive_pasid(d, 0, 70, domain, true), 0);
	KUNIT_EXPECT_FALSE(test, held_as_empty(d, C_L1CD));
	drive_pasid(d, 0, 70, domain, false);
	drive_pasid(d, 0, 3, domain, false);
}

static bool leads_to_cds(struct drive *d, u32 sid)
{
	const struct ssim_cfg *list[VERSIONS];
	unsigned int n, i;

	guard(raw_spinlock_irqsave)(&sim_lock);
	n = ssim_cfg_versions(d->sim->core, C_STE, sid, 0, list, VERSIONS);
	for (i = 0; i < min(n, VERSIONS); i++)
		if (fld(list[i]->words, STE_V) && (fld(list[i]->words, STE_CONFIG) & 5) == 5)
			return true;
	return false;
}

/* With a device its CD table goes, at once: the model looks when it is freed. */
static void drive_i26_cd_table_goes(struct kunit *test)
{
	struct drive *d = drive_start(test, test->param_value, 1);
	u64 checks, g = drive_granule(d->home[0]);
	struct platform_device *pdev;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct iommu_domain *home;

		pdev = newcomer(d, 40 + (i & 1));
		KUNIT_ASSERT_NOT_NULL(test, pdev);
		home = iommu_get_domain_for_dev(&pdev->dev);
		if (home) {
			drive_map(d, home, IOVA_AT, PA_A, g);
			KUNIT_EXPECT_EQ(test, iommu_unmap(home, IOVA_AT, g), g);
		}
		checks = d->sim->core->stats.checks;
		platform_device_unregister(pdev);
		KUNIT_EXPECT_FALSE(test, leads_to_cds(d, 40 + (i & 1)));
		KUNIT_EXPECT_GT(test, d->sim->core->stats.checks, checks);
	}
}

static struct kunit_case entry_cases[] = {
	KUNIT_CASE_PARAM(drive_i23_i24_every_store, drive_next_profile),
	KUNIT_CASE_PARAM(drive_i23_i24_every_store_of_cds, drive_next_profile),
	KUNIT_CASE(drive_i25_i26_stream_tables),
	KUNIT_CASE(drive_i25_leaf_of_cds),
	KUNIT_CASE_PARAM(drive_i26_cd_table_goes, drive_next_profile),
	{ }
};

struct kunit_suite drive_entry_suite = {
	.name = "smmu-sim-drive-entry",
	.test_cases = entry_cases,
};
