// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core of the simulator in a kernel. Its rooms are tested one by one in user
 * space (tools/testing/smmu-sim); here, that it works as a kernel compiles it.
 *
 * Registers, structures and commands are numbers of IHI 0070.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "model.h"

/* The SMMU's memory. */
#define MEMORY_AT	0x80000000ull
#define MEMORY_SIZE	0x20000ul
#define CMDQ_AT		(MEMORY_AT + 0x1000)
#define EVTQ_AT		(MEMORY_AT + 0x2000)
#define STRTAB_AT	(MEMORY_AT + 0x4000)
#define CD_AT		(MEMORY_AT + 0x5000)
#define TABLES_AT	(MEMORY_AT + 0x10000)
#define MSI_AT		(MEMORY_AT + 0x6000)
#define DATA_AT		0x123456000ull
#define PAGE_DESC	(DATA_AT | 0xf43)	/* nG, AF, inner shareable, read-write */
#define ENTRIES		4096

struct world {
	struct ssim s;
	struct kunit *test;
	void *pool;
	u8 *memory;
	unsigned int prod, reports, resumes;
	char invariant[16];
	struct ssim_result resumed;
};

static u8 *memory_at(struct world *w, u64 pa, unsigned int size)
{
	if (pa < MEMORY_AT || pa + size > MEMORY_AT + MEMORY_SIZE)
		return NULL;
	return w->memory + (pa - MEMORY_AT);
}

static bool world_read(void *cookie, u64 pa, void *to, unsigned int size)
{
	u8 *p = memory_at(cookie, pa, size);

	if (p)
		memcpy(to, p, size);
	return p;
}

static bool world_write(void *cookie, u64 pa, const void *from, unsigned int size)
{
	u8 *p = memory_at(cookie, pa, size);

	if (p)
		memcpy(p, from, size);
	return p;
}

static bool world_exchange(void *cookie, u64 pa, __le64 *old, __le64 new)
{
	__le64 *p = (__le64 *)memory_at(cookie, pa, sizeof(*p)), was;

	if (!p)
		return false;
	was = *p;
	if (was == *old)
		*p = new;
	*old = was;
	return true;
}

static void world_resumed(void *cookie, u16 stag, const struct ssim_result *result)
{
	struct world *w = cookie;

	w->resumes++;
	w->resumed = *result;
}

static void world_report(void *cookie, const char *invariant, const char *text)
{
	struct world *w = cookie;

	w->reports++;
	strscpy(w->invariant, invariant, sizeof(w->invariant));
	kunit_info(w->test, "expected:\n%s", text);
}

static const struct ssim_ops world_ops = {
	.read = world_read,
	.write = world_write,
	.exchange = world_exchange,
	.resumed = world_resumed,
	.report = world_report,
};

/* As tools/testing/smmu-sim: both stages, ATS, MSI, ranges, 48 bits, 4K, stalls. */
static const struct ssim_ids ids = {
	.idr = { 0x84d769b, 0x5484510, 0, 0x714, 0, 0x200075 },
};

static void store(struct world *w, u64 pa, u64 value)
{
	__le64 *p = (__le64 *)memory_at(w, pa, sizeof(*p));
	u64 old = le64_to_cpu(*p);

	*p = cpu_to_le64(value);
	ssim_store(&w->s, pa, old, value);
}

static void cmd(struct world *w, u64 w0, u64 w1)
{
	u64 slot = CMDQ_AT + (w->prod & 31) * 16;

	store(w, slot, w0);
	store(w, slot + 8, w1);
	w->prod = (w->prod + 1) & 63;
	ssim_write(&w->s, 0x98, w->prod, 4);
}

static struct ssim_result dma(struct world *w, u64 addr, bool write)
{
	struct ssim_txn txn = { .sid = 3, .addr = addr, .write = write };
	struct ssim_result result;

	ssim_translate(&w->s, &txn, &result);
	return result;
}

/* Stream 3: stage 1, 4K, 48 bits, ASID 5; more of the CD by @cd. */
static void connect(struct world *w, u64 cd)
{
	unsigned int level;

	ssim_write(&w->s, 0x80, STRTAB_AT, 8);
	ssim_write(&w->s, 0x88, 4, 4);
	ssim_write(&w->s, 0x90, CMDQ_AT | 5, 8);
	ssim_write(&w->s, 0xa0, EVTQ_AT | 3, 8);
	ssim_write(&w->s, 0x20, 0xc, 4);
	cmd(w, 0x4, 31);
	cmd(w, 0x30, 0);
	cmd(w, 0x46, 0);
	ssim_write(&w->s, 0x20, 0xd, 4);
	for (level = 0; level < 3; level++)
		store(w, TABLES_AT + level * 0x1000, (TABLES_AT + level * 0x1000 + 0x1000) | 3);
	store(w, CD_AT + 8, TABLES_AT);
	store(w, CD_AT + 24, 0xff);
	store(w, CD_AT, 0x00056205c0000010ull | cd);
	store(w, STRTAB_AT + 3 * 64, CD_AT | 0xb);
	cmd(w, 0x300000003ull, 1);
	cmd(w, 0x46, 0);
}

static u64 pte(u64 va)
{
	return TABLES_AT + 0x3000 + (va >> 12 & 511) * 8;
}

/* I-17: a CMD_SYNC says so by a message, and by its index. */
static void sim_i17_sync(struct kunit *test)
{
	struct world *w = test->priv;

	connect(w, 0);
	cmd(w, 0x1046 | 0xcafe0123ull << 32, MSI_AT);
	KUNIT_EXPECT_EQ(test, *(u32 *)memory_at(w, MSI_AT, 4), 0xcafe0123);
	KUNIT_EXPECT_EQ(test, ssim_read(&w->s, 0x9c, 4), w->prod);
	KUNIT_EXPECT_EQ(test, ssim_read(&w->s, 0x60, 4), 0);
}

/* I-7: a good unmap, and some that are not. */
static void sim_i7_unmap(struct kunit *test)
{
	static const struct {
		u64 w0, w1;
		bool good;
	} t[] = {
		{ 0x0005000000000012ull, 0x5001, true }, { 0x0006000000000012ull, 0x5001, false },
		{ 0x0005000000000012ull, 0x6001, false }, { 0x0005000000000011ull, 0, true },
		{ 0x46, 0, false }, { 0x30, 0, true },
	};
	struct world *w = test->priv;
	unsigned int i, bad = 0;

	connect(w, 0);
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		store(w, pte(0x5000), PAGE_DESC);
		KUNIT_EXPECT_EQ(test, dma(w, 0x5008, true).pa, DATA_AT + 8);
		store(w, pte(0x5000), 0);
		cmd(w, t[i].w0, t[i].w1);
		cmd(w, 0x46, 0);
		KUNIT_EXPECT_EQ(test, ssim_check_unmapped(&w->s, 3, 0, false, 0x5000, 0x1000),
				t[i].good);
		bad += !t[i].good;
		cmd(w, 0x30, 0);
		cmd(w, 0x46, 0);
	}
	KUNIT_EXPECT_EQ(test, w->reports, bad);
	KUNIT_EXPECT_STREQ(test, w->invariant, "I-7");
}

/* I-5: one address after another without a break. */
static void sim_i5_break_before_make(struct kunit *test)
{
	struct world *w = test->priv;

	connect(w, 0);
	store(w, pte(0x5000), PAGE_DESC);
	KUNIT_EXPECT_EQ(test, w->reports, 0);
	store(w, pte(0x5000), PAGE_DESC + 0x1000);
	KUNIT_EXPECT_EQ(test, w->reports, 1);
	KUNIT_EXPECT_STREQ(test, w->invariant, "I-5");
}

/* I-8: a table that walks can reach is freed. */
static void sim_i8_table_free(struct kunit *test)
{
	struct world *w = test->priv;

	connect(w, 0);
	store(w, TABLES_AT + 0x2000, 0);
	cmd(w, 0x0005000000000012ull, 0x5001);
	cmd(w, 0x46, 0);
	KUNIT_EXPECT_FALSE(test, ssim_check_table_free(&w->s, TABLES_AT + 0x3000, 0x1000));
	cmd(w, 0x0005000000000012ull, 0x5000);
	cmd(w, 0x46, 0);
	KUNIT_EXPECT_TRUE(test, ssim_check_table_free(&w->s, TABLES_AT + 0x3000, 0x1000));
}

/* I-38: a stall, its record, and one answer. */
static void sim_i38_stall(struct kunit *test)
{
	struct world *w = test->priv;
	struct ssim_result r;
	__le64 *record;

	connect(w, 1ull << 44);
	r = dma(w, 0x5000, true);
	KUNIT_ASSERT_EQ(test, r.outcome, OUT_STALLED);
	record = (__le64 *)memory_at(w, EVTQ_AT, 32);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(record[0]), 0x300000010ull);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(record[1]), 0x20080000000ull | r.stag);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(record[2]), 0x5000);
	store(w, pte(0x5000), PAGE_DESC);
	cmd(w, 0x300001044ull, r.stag);
	KUNIT_EXPECT_EQ(test, w->resumes, 1);
	KUNIT_EXPECT_EQ(test, w->resumed.pa, DATA_AT);
	cmd(w, 0x300001044ull, r.stag);
	KUNIT_EXPECT_STREQ(test, w->invariant, "I-38");
}

/* I-23: what mixtures of an STE may be read. */
static void sim_i23_mixtures(struct kunit *test)
{
	const struct ssim_cfg *list[16];
	struct world *w = test->priv;

	connect(w, 0);
	store(w, STRTAB_AT + 3 * 64 + 8, 1 << 28);
	store(w, STRTAB_AT + 3 * 64, 9);
	KUNIT_EXPECT_EQ(test, ssim_cfg_versions(&w->s, C_STE, 3, 0, list, ARRAY_SIZE(list)), 4);
	KUNIT_EXPECT_FALSE(test, ssim_check_config(&w->s, 3));
	cmd(w, 0x300000003ull, 1);
	cmd(w, 0x46, 0);
	KUNIT_EXPECT_TRUE(test, ssim_check_config(&w->s, 3));
}

static void free_memory(void *p)
{
	kvfree(p);
}

static void *take_memory(struct kunit *test, size_t size)
{
	void *p = kvzalloc(size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_memory, p), 0);
	return p;
}

static int sim_init(struct kunit *test)
{
	struct world *w = take_memory(test, sizeof(*w));

	w->test = test;
	w->memory = take_memory(test, MEMORY_SIZE);
	w->pool = take_memory(test, ENTRIES * sizeof(struct ssim_entry));
	ssim_init(&w->s, &ids, &world_ops, w, w->pool, ENTRIES * sizeof(struct ssim_entry));
	test->priv = w;
	return 0;
}

static struct kunit_case sim_cases[] = {
	KUNIT_CASE(sim_i17_sync),
	KUNIT_CASE(sim_i7_unmap),
	KUNIT_CASE(sim_i5_break_before_make),
	KUNIT_CASE(sim_i8_table_free),
	KUNIT_CASE(sim_i38_stall),
	KUNIT_CASE(sim_i23_mixtures),
	{}
};

static struct kunit_suite sim_suite = {
	.name = "arm-smmu-v3-sim",
	.init = sim_init,
	.test_cases = sim_cases,
};

kunit_test_suite(sim_suite);

MODULE_DESCRIPTION("KUnit tests for the simulated Arm SMMUv3");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_LICENSE("GPL");
