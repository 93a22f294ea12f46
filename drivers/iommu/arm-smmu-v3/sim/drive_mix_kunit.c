// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random sequences of maps, unmaps, attaches and transactions over several
 * domains and masters, against a map of what must be there (I-63).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/bitmap.h>
#include <linux/slab.h>

#include "drive.h"

#define MIX_DOMAINS	3
#define MIX_MASTERS	3
#define SLOTS		8
#define SLOT_GRANULES	2048
#define STEPS		100
#define SEEDS		2
#define IOVA_AT		SZ_1G
#define PA_AT		SZ_256M
#define ROUNDS_OF_TXN	4

enum { AT_IDENTITY = MIX_DOMAINS, AT_BLOCKED, AT_HOME, PLACES };

struct area {
	unsigned long mapped[BITS_TO_LONGS(SLOT_GRANULES)];
	u64 iova, pa;
	unsigned int granules;
};

struct mix {
	struct drive *d;
	struct rnd_state rnd;
	struct iommu_domain *domain[MIX_DOMAINS];
	unsigned int where[MIX_MASTERS];
	struct area area[MIX_DOMAINS][SLOTS];
	u64 granule;
};

/* Each area has output addresses that nothing else has. */
static void lay_out(struct mix *m)
{
	u64 pa = PA_AT, bytes;
	unsigned int i, j;

	m->granule = drive_granule(m->domain[0]);
	bytes = min_t(u64, SLOT_GRANULES * m->granule, SZ_64M);
	for (i = 0; i < MIX_DOMAINS; i++)
		for (j = 0; j < SLOTS; j++, pa += bytes) {
			m->area[i][j].iova = IOVA_AT + j * bytes;
			m->area[i][j].pa = pa;
			m->area[i][j].granules = bytes / m->granule;
		}
}

/* Lengths that make pages, runs and blocks, and ends that are none. */
static unsigned int choose_length(struct mix *m, const struct area *a)
{
	static const u16 whole[] = { 1, 16, 32, 128, 512, 1024 };
	unsigned int n = whole[drive_below(&m->rnd, ARRAY_SIZE(whole))];

	if (drive_below(&m->rnd, 3) == 0)
		n += drive_below(&m->rnd, 40);
	return min(n, a->granules);
}

static unsigned int choose_start(struct mix *m, const struct area *a, unsigned int len)
{
	unsigned int room = a->granules - len + 1, start = drive_below(&m->rnd, room);

	return drive_below(&m->rnd, 2) ? start : rounddown(start, min(len, 512));
}

static void mix_map(struct mix *m, unsigned int i, struct area *a)
{
	unsigned int len = choose_length(m, a), start = choose_start(m, a, len);

	if (find_next_bit(a->mapped, start + len, start) < start + len)
		return;
	drive_map(m->d, m->domain[i], a->iova + start * m->granule, a->pa + start * m->granule,
		  len * m->granule);
	bitmap_set(a->mapped, start, len);
}

/* All or a part of what is mapped next to each other. */
static void mix_unmap(struct mix *m, unsigned int i, struct area *a)
{
	unsigned int start, end, len;

	start = find_next_bit(a->mapped, a->granules, drive_below(&m->rnd, a->granules));
	if (start == a->granules)
		return;
	end = find_next_zero_bit(a->mapped, a->granules, start);
	len = drive_below(&m->rnd, 2) ? end - start : 1 + drive_below(&m->rnd, end - start);
	drive_unmap(m->d, m->domain[i], a->iova + start * m->granule, a->pa + start * m->granule,
		    len * m->granule);
	bitmap_clear(a->mapped, start, len);
}

static void mix_touch(struct mix *m, unsigned int master)
{
	unsigned int at = m->where[master], slot = drive_below(&m->rnd, SLOTS), n;
	struct area *a = &m->area[at < MIX_DOMAINS ? at : 0][slot];
	u64 off;

	n = drive_below(&m->rnd, a->granules);
	off = n * m->granule + drive_below(&m->rnd, m->granule);
	if (at == AT_IDENTITY)
		KUNIT_EXPECT_TRUE(m->d->test, drive_reaches(m->d, master, a->iova, a->iova));
	else if (at < MIX_DOMAINS && test_bit(n, a->mapped))
		KUNIT_EXPECT_TRUE(m->d->test,
				  drive_reaches(m->d, master, a->iova + off, a->pa + off));
	else
		KUNIT_EXPECT_TRUE(m->d->test, drive_aborts(m->d, master, a->iova + off));
}

static bool is_used(const struct mix *m, unsigned int i)
{
	unsigned int master;

	for (master = 0; master < MIX_MASTERS; master++)
		if (m->where[master] == i)
			return true;
	return false;
}

static void mix_move(struct mix *m, unsigned int master)
{
	unsigned int from = m->where[master], to = drive_below(&m->rnd, PLACES), i;
	struct iommu_domain *domain;

	switch (to) {
	case AT_IDENTITY:
		domain = drive_identity(m->d);
		break;
	case AT_BLOCKED:
		domain = drive_blocked(m->d);
		break;
	case AT_HOME:
		domain = m->d->home[master];
		break;
	default:
		domain = m->domain[to];
	}
	KUNIT_EXPECT_EQ(m->d->test, drive_move(m->d, master, domain), 0);
	m->where[master] = to;
	KUNIT_EXPECT_TRUE(m->d->test, drive_config(m->d, master));
	/* Nobody has the domain now, so nothing of it is left either (I-30). */
	for (i = 0; from < MIX_DOMAINS && !is_used(m, from) && i < SLOTS; i++)
		KUNIT_EXPECT_TRUE(m->d->test,
				  drive_page_reuse(m->d, m->area[from][i].pa,
						   m->area[from][i].granules * m->granule));
}

static void mix_step(struct mix *m)
{
	unsigned int i = drive_below(&m->rnd, MIX_DOMAINS), j;
	struct area *a = &m->area[i][drive_below(&m->rnd, SLOTS)];

	switch (drive_below(&m->rnd, 9)) {
	case 0 ... 3:
		mix_map(m, i, a);
		break;
	case 4 ... 7:
		mix_unmap(m, i, a);
		break;
	default:
		mix_move(m, drive_below(&m->rnd, MIX_MASTERS));
	}
	for (j = 0; j < ROUNDS_OF_TXN; j++)
		mix_touch(m, drive_below(&m->rnd, MIX_MASTERS));
}

static void mix_end(void *m)
{
	kvfree(m);
}

static void mix(struct kunit *test, u64 seed, enum drive_kind kind, unsigned int steps)
{
	struct mix *m = kvzalloc(sizeof(*m), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, mix_end, m), 0);
	m->d = drive_start(test, test->param_value, MIX_MASTERS);
	prandom_seed_state(&m->rnd, seed);
	for (i = 0; i < MIX_DOMAINS; i++) {
		m->domain[i] = drive_domain(m->d, i ? kind : DRIVE_PLAIN);
		if (!m->domain[i])
			kunit_skip(test, "not of this SMMU");
	}
	lay_out(m);
	for (i = 0; i < MIX_MASTERS; i++)
		m->where[i] = AT_HOME;
	for (i = 0; i < steps; i++)
		mix_step(m);
}

static void drive_i63_mix(struct kunit *test)
{
	u64 seed;

	for (seed = 1; seed <= SEEDS; seed++)
		mix(test, seed, DRIVE_PLAIN, STEPS);
}

/* Stage 1 and stage 2 side by side: what one has is no business of the other. */
static void drive_i52_mix_of_stages(struct kunit *test)
{
	mix(test, 99, DRIVE_STAGE2, STEPS / 2);
}

static struct kunit_case mix_cases[] = {
	KUNIT_CASE_PARAM(drive_i63_mix, drive_next_profile),
	KUNIT_CASE_PARAM(drive_i52_mix_of_stages, drive_next_profile),
	{ }
};

struct kunit_suite drive_mix_suite = {
	.name = "smmu-sim-drive-mix",
	.test_cases = mix_cases,
};
