// SPDX-License-Identifier: GPL-2.0-only
/*
 * Invalidation plans: the commands for a range cover it, in every place that
 * may hold copies (I-7, I-35, I-50), are legal (I-20), and come in the right
 * order (I-46); who does not answer is shut out (I-48).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>

#include "../../iommu-pages.h"
#include "decode.h"
#include "fake.h"

#define PLACES	8

/**
 * struct inval_test - a domain on up to two instances
 * @test: who reports
 * @f: the instances
 * @domain: the domain
 * @set: its places
 * @master: the endpoints, one for each place of an ATC
 * @sid: their streams
 * @table: a page that a page table let go
 */
struct inval_test {
	struct kunit *test;
	struct fake_smmu *f[2];
	struct smmu_domain domain;
	struct smmu_inval_set *set;
	struct smmu_master master[PLACES];
	u32 sid[PLACES];
	struct page *table;
};

static void free_tables(void *data)
{
	smmu_strtab_free(data);
}

static struct inval_test *inval_test(struct kunit *test, unsigned int instances)
{
	struct inval_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->test = test;
	for (i = 0; i < instances; i++) {
		t->f[i] = fake_create(test);
		fake_cmdq(test, t->f[i], 8, false);
		fake_pace(t->f[i], FAKE_EAGER);
		t->f[i]->private = t;
	}
	t->set = kunit_kzalloc(test, struct_size(t->set, at, PLACES), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->set);
	t->domain.domain.pgsize_bitmap = SZ_4K | SZ_2M | SZ_1G;
	RCU_INIT_POINTER(t->domain.invals, t->set);
	return t;
}

static void add_place(struct inval_test *t, unsigned int instance, enum smmu_inval_kind kind,
		      u16 tag, u32 sid)
{
	unsigned int i = t->set->num++;

	KUNIT_ASSERT_LT(t->test, i, PLACES);
	t->set->num_atc += kind == SMMU_INVAL_ATC;
	t->set->num_told += kind != SMMU_INVAL_ATC;
	t->sid[i] = sid;
	t->master[i] = (struct smmu_master) {
		.smmu = &t->f[instance]->smmu,
		.dev = t->f[instance]->smmu.dev,
		.sids = &t->sid[i],
		.num_sids = 1,
	};
	raw_spin_lock_init(&t->master[i].ste_lock);
	t->set->at[i] = (struct smmu_inval) {
		.smmu = &t->f[instance]->smmu, .kind = kind, .tag = tag,
		.master = &t->master[i], .sid = sid, .users = 1,
	};
}

static void expect_log(struct kunit *test, const struct fake_smmu *f, unsigned int i, u64 word0,
		       u64 word1)
{
	KUNIT_EXPECT_EQ_MSG(test, fake_word(f, i, 0), word0, "command %u", i);
	KUNIT_EXPECT_EQ_MSG(test, fake_word(f, i, 1), word1, "command %u", i);
}

/* I-7, I-20: stage 1, no range commands: one for each leaf, one CMD_SYNC. */
static void inval_i7_stage1_by_page(struct kunit *test)
{
	struct inval_test *t = inval_test(test, 1);
	unsigned int i;

	add_place(t, 0, SMMU_INVAL_S1, 0x1234, 0);
	smmu_inval_range(&t->domain, 0xffff00000000ull, SZ_16K, SZ_4K);
	KUNIT_ASSERT_EQ(test, t->f[0]->ran, 5);
	for (i = 0; i < 4; i++)
		expect_log(test, t->f[0], i, 0x1234000000000012ull, 0xffff00000001ull + i * 0x1000);
	expect_log(test, t->f[0], 4, 0x46, 0);

	/* blocks: one for each; without Leaf where tables may have gone */
	fake_clear(t->f[0]);
	smmu_inval_range(&t->domain, 0x40000000, SZ_4M, SZ_2M);
	KUNIT_ASSERT_EQ(test, t->f[0]->ran, 3);
	expect_log(test, t->f[0], 0, 0x1234000000000012ull, 0x40000001);
	expect_log(test, t->f[0], 1, 0x1234000000000012ull, 0x40200001);
	fake_clear(t->f[0]);
	smmu_inval_range(&t->domain, 0x40000000, SZ_8K, 0);
	expect_log(test, t->f[0], 0, 0x1234000000000012ull, 0x40000000);
	expect_log(test, t->f[0], 1, 0x1234000000000012ull, 0x40001000);
}

/* I-7: the EL2 regime and stage 2 have commands and tags of their own. */
static void inval_i7_other_regimes(struct kunit *test)
{
	struct inval_test *t = inval_test(test, 2);

	add_place(t, 0, SMMU_INVAL_S1, 0x11, 0);
	add_place(t, 1, SMMU_INVAL_S2, 0x22, 0);
	t->f[0]->smmu.feat.e2h = true;
	smmu_inval_range(&t->domain, 0x1000, SZ_4K, SZ_4K);
	KUNIT_ASSERT_EQ(test, t->f[0]->ran, 2);
	expect_log(test, t->f[0], 0, 0x0011000000000022ull, 0x1001);
	KUNIT_ASSERT_EQ(test, t->f[1]->ran, 2);
	expect_log(test, t->f[1], 0, 0x000000220000002aull, 0x1001);

	fake_clear(t->f[0]);
	fake_clear(t->f[1]);
	smmu_inval_domain(&t->domain);
	expect_log(test, t->f[0], 0, 0x0011000000000021ull, 0);
	expect_log(test, t->f[1], 0, 0x0000002200000028ull, 0);
	KUNIT_EXPECT_EQ(test, t->f[0]->syncs, 1);
	KUNIT_EXPECT_EQ(test, t->f[1]->syncs, 1);
}

/* Marks what the commands in the log cover of [start, start + pages). */
static void mark(const struct fake_smmu *f, u64 start, u64 pages, unsigned int tg, u64 tag,
		 unsigned long *covered, unsigned int *illegal)
{
	unsigned int i;
	u64 p;

	for (i = 0; i < f->logged; i++) {
		u64 w0 = f->log[i].qw[0], w1 = f->log[i].qw[1];
		u64 n = 1, first = w1 >> tg;

		switch (w0 & 0xff) {
		case 0x11:
			if (w0 >> 48 == tag)
				bitmap_set(covered, 0, pages);
			continue;
		case 0x12:
			break;
		default:
			continue;
		}
		if (w0 >> 48 != tag)
			continue;
		if (word_get(w1, 11, 10)) {
			unsigned int level = word_get(w1, 9, 8);
			u64 leaf = level ? 1ull << ((3 - level) * (tg - 3)) : 1;

			n = (word_get(w0, 16, 12) + 1) << word_get(w0, 25, 20);
			*illegal += !(w0 & word_bits(25, 12)) && !level;
			*illegal += word_get(w1, 11, 10) != (tg - 10) / 2;
			/* 4.4.1.1: an address in the middle of a leaf: unpredictable */
			*illegal += first & (leaf - 1) ? 1 : 0;
		} else {
			*illegal += !!(w0 & word_bits(25, 12)) || word_get(w1, 9, 8);
		}
		for (p = first; p < first + n; p++)
			if (p >= start && p < start + pages)
				__set_bit(p - start, covered);
	}
}

struct shape {
	unsigned long pgsizes;
	unsigned int tg;
	u64 leaf[3];
};

/* A range of random place and size, in leaves of one size. */
static void random_range(struct inval_test *t, const struct shape *s, struct dice *dice,
			 unsigned long *covered)
{
	u64 leaf = s->leaf[dice_roll(dice) % 3];
	u64 unit = leaf ?: 1ull << s->tg;
	u64 n = 1 + dice_roll(dice) % (unit > 1ull << s->tg ? 3 : 700);
	u64 iova = (dice_roll(dice) % (1ull << 40)) / unit * unit;
	u64 pages = n * unit >> s->tg;
	unsigned int illegal = 0;

	fake_clear(t->f[0]);
	smmu_inval_range(&t->domain, iova, n * unit, leaf);
	bitmap_zero(covered, pages);
	/* Non-range commands name one entry of any size: count it as the leaf. */
	if (!t->f[0]->smmu.feat.range_tlbi && leaf) {
		unsigned int i, seen = 0;

		for (i = 0; i < t->f[0]->logged; i++) {
			u64 w1 = fake_word(t->f[0], i, 1);

			seen += (fake_word(t->f[0], i, 0) & 0xff) == 0x12 &&
				(w1 & word_bits(63, 12)) >= iova &&
				(w1 & word_bits(63, 12)) < iova + n * unit;
		}
		KUNIT_EXPECT_TRUE(t->test, seen == n || fake_count(t->f[0], 0x11) == 1);
		return;
	}
	mark(t->f[0], iova >> s->tg, pages, s->tg, 0x77, covered, &illegal);
	KUNIT_EXPECT_TRUE_MSG(t->test, bitmap_full(covered, pages), "%#llx + %#llx, leaf %#llx",
			      iova, n * unit, leaf);
	KUNIT_EXPECT_EQ_MSG(t->test, illegal, 0, "%#llx + %#llx, leaf %#llx", iova, n * unit, leaf);
	/* I-20: a CMD_SYNC stands last, and after no more than 63 commands */
	KUNIT_EXPECT_EQ(t->test, fake_word(t->f[0], t->f[0]->logged - 1, 0) & 0xff, 0x46);
	KUNIT_EXPECT_LE(t->test, t->f[0]->longest, 63);
}

/* I-7: random ranges, each granule, with and without range commands. */
static void inval_i7_random_ranges(struct kunit *test)
{
	static const struct shape shapes[] = {
		{ SZ_4K | SZ_2M | SZ_1G, 12, { SZ_4K, SZ_2M, 0 } },
		{ SZ_16K | SZ_32M, 14, { SZ_16K, SZ_32M, 0 } },
		{ SZ_64K | SZ_512M, 16, { SZ_64K, SZ_512M, 0 } },
	};
	unsigned long *covered = kunit_kzalloc(test, SZ_16K, GFP_KERNEL);
	struct dice dice = { 7 };
	unsigned int s, ril, n;

	KUNIT_ASSERT_NOT_NULL(test, covered);
	for (s = 0; s < ARRAY_SIZE(shapes); s++) {
		for (ril = 0; ril < 2; ril++) {
			struct inval_test *t = inval_test(test, 1);

			add_place(t, 0, SMMU_INVAL_S1, 0x77, 0);
			t->domain.domain.pgsize_bitmap = shapes[s].pgsizes;
			t->f[0]->smmu.feat.range_tlbi = ril;
			for (n = 0; n < 300; n++)
				random_range(t, &shapes[s], &dice, covered);
		}
	}
}

/* I-7: past a bound the whole tag goes, in one command. */
static void inval_i7_large_range(struct kunit *test)
{
	struct inval_test *t = inval_test(test, 2);

	add_place(t, 0, SMMU_INVAL_S1, 0x33, 0);
	add_place(t, 1, SMMU_INVAL_S1, 0x44, 0);
	t->f[1]->smmu.feat.range_tlbi = true;
	smmu_inval_range(&t->domain, 0, SZ_1G, SZ_4K);
	KUNIT_ASSERT_EQ(test, t->f[0]->ran, 2);
	expect_log(test, t->f[0], 0, 0x0033000000000011ull, 0);
	/* 2^18 granules: NUM = 0, SCALE = 18, TG = 1, TTL = 3, Leaf */
	KUNIT_ASSERT_EQ(test, t->f[1]->ran, 2);
	expect_log(test, t->f[1], 0, 0x0044000001200012ull, 0x701);
}

/* I-35, I-50: each instance gets what it needs, and one CMD_SYNC for it. */
static void inval_i50_every_instance(struct kunit *test)
{
	struct inval_test *t = inval_test(test, 2);

	add_place(t, 0, SMMU_INVAL_S1, 1, 0);
	add_place(t, 0, SMMU_INVAL_S1, 2, 0);
	add_place(t, 1, SMMU_INVAL_S1, 3, 0);
	smmu_inval_range(&t->domain, 0x1000, SZ_4K, SZ_4K);
	KUNIT_ASSERT_EQ(test, t->f[0]->ran, 3);
	expect_log(test, t->f[0], 0, 0x0001000000000012ull, 0x1001);
	expect_log(test, t->f[0], 1, 0x0002000000000012ull, 0x1001);
	KUNIT_EXPECT_EQ(test, t->f[0]->syncs, 1);
	KUNIT_ASSERT_EQ(test, t->f[1]->ran, 2);
	expect_log(test, t->f[1], 0, 0x0003000000000012ull, 0x1001);
}

/* No ATC invalidation before all TLBs of all instances have answered. */
static void check_tlbs_are_done(struct fake_smmu *f, const struct smmu_cmd *cmd)
{
	struct inval_test *t = f->private;
	unsigned int i;

	if ((cmd->qw[0] & 0xff) != 0x40)
		return;
	for (i = 0; i < 2; i++)
		f->disorder += fake_count(t->f[i], 0x12) != 1 || !t->f[i]->syncs;
}

/* I-46: TLBI and CMD_SYNC everywhere, then ATC_INV and CMD_SYNC. */
static void inval_i46_atc_after_tlb(struct kunit *test)
{
	struct inval_test *t = inval_test(test, 2);
	unsigned int i;

	add_place(t, 0, SMMU_INVAL_S1, 1, 0);
	add_place(t, 1, SMMU_INVAL_S2, 2, 0);
	t->set->at[1].kind = SMMU_INVAL_S1;
	add_place(t, 0, SMMU_INVAL_ATC, 0, 0x10);
	add_place(t, 1, SMMU_INVAL_ATC, 0, 0x20);
	add_place(t, 1, SMMU_INVAL_ATC, 0, 0x21);
	t->f[0]->hook = check_tlbs_are_done;
	t->f[1]->hook = check_tlbs_are_done;

	/* 0x3000 to 0x4fff: the smallest aligned block is 8 pages from 0 on */
	smmu_inval_range(&t->domain, 0x3000, SZ_8K, SZ_8K);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, t->f[i]->disorder, 0);
	KUNIT_ASSERT_EQ(test, t->f[0]->ran, 4);
	expect_log(test, t->f[0], 2, 0x0000001000000040ull, 3);
	expect_log(test, t->f[0], 3, 0x46, 0);
	KUNIT_ASSERT_EQ(test, t->f[1]->ran, 5);
	expect_log(test, t->f[1], 2, 0x0000002000000040ull, 3);
	expect_log(test, t->f[1], 3, 0x0000002100000040ull, 3);
	expect_log(test, t->f[1], 4, 0x46, 0);

	fake_clear(t->f[0]);
	t->f[0]->hook = NULL;
	t->f[1]->hook = NULL;
	smmu_inval_domain(&t->domain);
	expect_log(test, t->f[0], 2, 0x0000001000000040ull, 52);
}

/* I-46: the ATC is not asked while the SMMU's own answer is outstanding. */
static void inval_i46_range_covers(struct kunit *test)
{
	struct inval_test *t = inval_test(test, 1);
	struct dice dice = { 46 };
	unsigned int n;

	add_place(t, 0, SMMU_INVAL_S1, 1, 0);
	add_place(t, 0, SMMU_INVAL_ATC, 0, 0x10);
	t->f[0]->smmu.feat.range_tlbi = true;
	for (n = 0; n < 500; n++) {
		u64 iova = dice_roll(&dice) >> (17 + dice_roll(&dice) % 36) & ~0xfffull;
		u64 size = (1 + dice_roll(&dice) % 100) << 12, start, bytes, w1;

		fake_clear(t->f[0]);
		smmu_inval_range(&t->domain, iova, size, SZ_4K);
		KUNIT_ASSERT_EQ(test, fake_word(t->f[0], t->f[0]->logged - 2, 0) & 0xff, 0x40);
		w1 = fake_word(t->f[0], t->f[0]->logged - 2, 1);
		bytes = 4096ull << (w1 & 0x3f);
		start = w1 & word_bits(63, 12);
		KUNIT_EXPECT_LE(test, start, iova);
		KUNIT_EXPECT_GE(test, start + bytes, iova + size);
	}
}

static enum verdict stream_says(struct fake_smmu *f, u32 sid)
{
	static const struct hw hw = { .stage1 = true, .stage2 = true };
	const struct smmu_ste *ste = smmu_strtab_entry(&f->smmu, sid);
	u64 w[8];
	unsigned int i;

	for (i = 0; i < 8; i++)
		w[i] = le64_to_cpu(ste->qw[i]);
	return ste_meaning(&hw, w).verdict;
}

/* I-48: one endpoint of three does not answer: it is shut out, and only it. */
static void inval_i48_deaf_endpoint(struct kunit *test)
{
	struct inval_test *t = inval_test(test, 1);
	struct fake_smmu *f = t->f[0];
	u64 bypass[8];
	u32 sid;

	f->smmu.feat.two_level_strtab = false;
	f->smmu.feat.sid_bits = 6;
	KUNIT_ASSERT_EQ(test, smmu_strtab_init(&f->smmu), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_tables, &f->smmu), 0);
	f->smmu.strtab.live = true;

	add_place(t, 0, SMMU_INVAL_S1, 1, 0);
	ste_make_bypass(&f->smmu.feat, bypass);
	for (sid = 0x10; sid < 0x13; sid++) {
		add_place(t, 0, SMMU_INVAL_ATC, 0, sid);
		KUNIT_EXPECT_EQ(test, smmu_ste_write(&t->master[t->set->num - 1], bypass, 0), 0);
	}
	f->deaf = 1ull << 0x11;
	fake_clear(f);
	smmu_inval_range(&t->domain, 0x1000, SZ_4K, SZ_4K);

	KUNIT_EXPECT_EQ(test, stream_says(f, 0x10), SAYS_BYPASS);
	KUNIT_EXPECT_EQ(test, stream_says(f, 0x11), SAYS_ABORT);
	KUNIT_EXPECT_EQ(test, stream_says(f, 0x12), SAYS_BYPASS);
	KUNIT_EXPECT_EQ(test, fake_count(f, 0x12), 1);
	KUNIT_EXPECT_FALSE(test, fake_error_pending(f));
	KUNIT_EXPECT_TRUE(test, t->master[2].blocked);
	KUNIT_EXPECT_FALSE(test, t->master[1].blocked || t->master[3].blocked);

	/* until its next attach */
	f->deaf = 0;
	KUNIT_EXPECT_EQ(test, smmu_ste_write(&t->master[2], bypass, 1), 0);
	KUNIT_EXPECT_FALSE(test, t->master[2].blocked);
}

/* I-19: an instance that refuses the narrow commands is asked to drop everything. */
static void inval_i19_refused_command(struct kunit *test)
{
	struct inval_test *t = inval_test(test, 2);
	unsigned int i;

	add_place(t, 0, SMMU_INVAL_S1, 0x55, 0);
	add_place(t, 1, SMMU_INVAL_S1, 0x66, 0);
	for (i = 0; i < 4; i++) {
		fake_clear(t->f[0]);
		fake_clear(t->f[1]);
		fake_fail(t->f[0], i, 1, 1);
		smmu_inval_range(&t->domain, 0x1000, SZ_16K, SZ_4K);
		KUNIT_EXPECT_EQ(test, fake_count(t->f[0], 0x11), 1);
		KUNIT_EXPECT_EQ(test, fake_count(t->f[1], 0x12), 4);
		expect_log(test, t->f[0], t->f[0]->logged - 2, 0x0055000000000011ull, 0);
		KUNIT_EXPECT_EQ(test, fake_word(t->f[0], t->f[0]->logged - 1, 0) & 0xff, 0x46);
		KUNIT_EXPECT_FALSE(test, fake_error_pending(t->f[0]));
	}
}

/* A removed table stays the kernel's until CMD_SYNC. */
static void check_table_is_held(struct fake_smmu *f, const struct smmu_cmd *cmd)
{
	struct inval_test *t = f->private;

	f->disorder += page_count(t->table) != 2;
}

/* I-8: a gather that took tables: non-leaf invalidation, CMD_SYNC, then the pages go. */
static void inval_i8_tables_of_a_gather(struct kunit *test)
{
	struct inval_test *t = inval_test(test, 1);
	struct iommu_iotlb_gather gather;
	void *page;

	add_place(t, 0, SMMU_INVAL_S1, 1, 0);
	iommu_iotlb_gather_init(&gather);
	gather.start = 0x40000000;
	gather.end = 0x40000fff;
	gather.pgsize = SZ_4K;
	smmu_iotlb_sync(&t->domain.domain, &gather);
	KUNIT_ASSERT_EQ(test, t->f[0]->ran, 2);
	expect_log(test, t->f[0], 0, 0x0001000000000012ull, 0x40000001);

	page = iommu_alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	t->table = virt_to_page(page);
	get_page(t->table);
	list_add(&t->table->lru, &gather.freelist);
	t->f[0]->hook = check_table_is_held;
	fake_clear(t->f[0]);
	smmu_iotlb_sync(&t->domain.domain, &gather);
	KUNIT_EXPECT_EQ(test, t->f[0]->ran, 2);
	expect_log(test, t->f[0], 0, 0x0001000000000012ull, 0x40000000);
	KUNIT_EXPECT_EQ(test, t->f[0]->disorder, 0);
	KUNIT_EXPECT_EQ(test, page_count(t->table), 1);
	KUNIT_EXPECT_TRUE(test, list_empty(&gather.freelist));
	put_page(t->table);
}

/* A gather of dirty pages has no page size, and ends within a granule (I-11). */
static void inval_i11_gather_without_size(struct kunit *test)
{
	struct inval_test *t = inval_test(test, 1);
	struct iommu_iotlb_gather gather;

	add_place(t, 0, SMMU_INVAL_S1, 1, 0);
	iommu_iotlb_gather_init(&gather);
	smmu_iotlb_sync(&t->domain.domain, &gather);
	KUNIT_EXPECT_EQ(test, t->f[0]->ran, 0);
	gather.start = 0x40000800;
	gather.end = 0x400017ff;
	smmu_iotlb_sync(&t->domain.domain, &gather);
	KUNIT_ASSERT_EQ(test, t->f[0]->ran, 3);
	expect_log(test, t->f[0], 0, 0x0001000000000012ull, 0x40000000);
	expect_log(test, t->f[0], 1, 0x0001000000000012ull, 0x40001000);
}

/* I-46, I-50: a guest's stage 1 goes after stage 2, and its ATC after both, as a whole. */
static void inval_i46_guest_stage1(struct kunit *test)
{
	static const struct smmu_nest nest;
	struct inval_test *t = inval_test(test, 1);

	add_place(t, 0, SMMU_INVAL_S2, 0x22, 0);
	add_place(t, 0, SMMU_INVAL_ATC, 0, 7);
	add_place(t, 0, SMMU_INVAL_ATC, 0, 7);
	t->set->nested = true;
	t->set->at[0].nested = true;
	t->set->at[1].nest = &nest;
	t->set->at[2].nest = &nest;
	t->set->at[2].pasids = true;
	smmu_inval_range(&t->domain, 0x1000, SZ_4K, SZ_4K);
	KUNIT_ASSERT_EQ(test, t->f[0]->ran, 7);
	expect_log(test, t->f[0], 0, 0x000000220000002aull, 0x1001);
	expect_log(test, t->f[0], 1, 0x46, 0);
	expect_log(test, t->f[0], 2, 0x0000002200000010ull, 0);
	expect_log(test, t->f[0], 3, 0x46, 0);
	expect_log(test, t->f[0], 4, 0x0000000700000040ull, 52);
	/* SSV and G: whichever PASID */
	expect_log(test, t->f[0], 5, 0x0000000700000a40ull, 52);
	expect_log(test, t->f[0], 6, 0x46, 0);

	/* both stages at once */
	fake_clear(t->f[0]);
	smmu_inval_domain(&t->domain);
	KUNIT_ASSERT_EQ(test, t->f[0]->ran, 5);
	expect_log(test, t->f[0], 0, 0x0000002200000028ull, 0);
}

/* A guest's device comes to a stage 2 while that is told of an unmap. */
static void join_on_tlbi(struct fake_smmu *f, const struct smmu_cmd *cmd)
{
	struct inval_test *t = f->private;

	if ((cmd->qw[0] & 0xff) == 0x2a || (cmd->qw[0] & 0xff) == 0x28)
		rcu_assign_pointer(t->domain.invals, t->set);
}

/* I-46, I-50: what it could be filled with meanwhile goes as well. */
static void inval_i46_joined_meanwhile(struct kunit *test)
{
	static const struct smmu_nest nest;
	struct inval_test *t = inval_test(test, 1);
	struct smmu_inval_set *alone;

	add_place(t, 0, SMMU_INVAL_S2, 0x22, 0);
	alone = kunit_kzalloc(test, struct_size(alone, at, 1), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, alone);
	alone->num = 1;
	alone->num_told = 1;
	alone->at[0] = t->set->at[0];
	add_place(t, 0, SMMU_INVAL_ATC, 0, 7);
	t->set->nested = true;
	t->set->at[0].nested = true;
	t->set->at[1].nest = &nest;
	t->f[0]->hook = join_on_tlbi;

	rcu_assign_pointer(t->domain.invals, alone);
	smmu_inval_range(&t->domain, 0x1000, SZ_4K, SZ_4K);
	KUNIT_ASSERT_EQ(test, t->f[0]->ran, 6);
	expect_log(test, t->f[0], 0, 0x000000220000002aull, 0x1001);
	expect_log(test, t->f[0], 2, 0x0000002200000010ull, 0);
	expect_log(test, t->f[0], 4, 0x0000000700000040ull, 52);

	rcu_assign_pointer(t->domain.invals, alone);
	fake_clear(t->f[0]);
	smmu_inval_domain(&t->domain);
	KUNIT_ASSERT_EQ(test, t->f[0]->ran, 4);
	expect_log(test, t->f[0], 0, 0x0000002200000028ull, 0);
	expect_log(test, t->f[0], 2, 0x0000000700000040ull, 52);
}

/* Nothing to do is nothing done. */
static void inval_nothing(struct kunit *test)
{
	struct inval_test *t = inval_test(test, 1);

	smmu_inval_range(&t->domain, 0x1000, SZ_4K, SZ_4K);
	smmu_inval_domain(&t->domain);
	add_place(t, 0, SMMU_INVAL_S1, 1, 0);
	smmu_inval_range(&t->domain, 0x1000, 0, SZ_4K);
	RCU_INIT_POINTER(t->domain.invals, NULL);
	smmu_inval_range(&t->domain, 0x1000, SZ_4K, SZ_4K);
	smmu_inval_domain(&t->domain);
	KUNIT_EXPECT_EQ(test, t->f[0]->ran, 0);
}

static struct kunit_case inval_cases[] = {
	KUNIT_CASE(inval_i7_stage1_by_page),
	KUNIT_CASE(inval_i7_other_regimes),
	KUNIT_CASE(inval_i7_random_ranges),
	KUNIT_CASE(inval_i7_large_range),
	KUNIT_CASE(inval_i8_tables_of_a_gather),
	KUNIT_CASE(inval_i11_gather_without_size),
	KUNIT_CASE(inval_i19_refused_command),
	KUNIT_CASE(inval_i46_atc_after_tlb),
	KUNIT_CASE(inval_i46_range_covers),
	KUNIT_CASE(inval_i46_guest_stage1),
	KUNIT_CASE(inval_i46_joined_meanwhile),
	KUNIT_CASE(inval_i48_deaf_endpoint),
	KUNIT_CASE(inval_i50_every_instance),
	KUNIT_CASE(inval_nothing),
	{ }
};

static struct kunit_suite inval_suite = {
	.name = "smmu-v3-inval",
	.test_cases = inval_cases,
};

kunit_test_suite(inval_suite);
