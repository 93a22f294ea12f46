// SPDX-License-Identifier: GPL-2.0-only
/*
 * The maximal configuration cache: versions of STEs and CDs, and what removes them.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"

static unsigned int versions(enum ssim_cfg_kind kind, u32 sid, u32 ssid)
{
	const struct ssim_cfg *list[64];

	return ssim_cfg_versions(&w.s, kind, sid, ssid, list, 64);
}

/* I-23: any mixture of words of different times may be read. */
static void mixtures(void)
{
	const struct ssim_cfg *list[64];
	unsigned int n, i, seen = 0;

	bring_up(&everything);
	store(ste_at(3) + 8, 0x1111);
	store(ste_at(3) + 16, 0x2222);
	EXPECT_EQ(versions(C_STE, 3, 0), 4);
	store(ste_at(3), 0x9);
	n = ssim_cfg_versions(&w.s, C_STE, 3, 0, list, 64);
	EXPECT_EQ(n, 8);
	for (i = 0; i < n; i++)
		seen |= 1 << ((list[i]->words[0] ? 1 : 0) + (list[i]->words[1] ? 2 : 0) +
			      (list[i]->words[2] ? 4 : 0));
	EXPECT_EQ(seen, 0xff);
	EXPECT(!ssim_check_config(&w.s, 3));
	EXPECT_REPORTS(1, "I-25");
	cmd(0x3 | 3ull << 32, 1);
	EXPECT_EQ(versions(C_STE, 3, 0), 8);
	cmd_sync();
	EXPECT_EQ(versions(C_STE, 3, 0), 1);
	EXPECT(ssim_check_config(&w.s, 3));
	/* with an invalidation between, there are no mixtures across it */
	store(ste_at(3), 0x8);
	cmd(0x3 | 3ull << 32, 1);
	cmd_sync();
	store(ste_at(3) + 8, 0x3333);
	cmd(0x3 | 3ull << 32, 1);
	cmd_sync();
	store(ste_at(3), 0x9);
	EXPECT_EQ(versions(C_STE, 3, 0), 2);
	/* 64 bits that do not change make no version */
	store(ste_at(3) + 8, 0x3333);
	EXPECT_EQ(versions(C_STE, 3, 0), 2);
}

/* I-25: which commands reach an STE; an invalid one may be held, too. */
static void ste_commands(void)
{
	static const struct {
		u64 w0, w1;
		bool good, early, no_sync;
	} t[] = {
		{ 0x3 | 3ull << 32, 1, true }, { 0x3 | 3ull << 32, 0, true },
		{ 0x3 | 4ull << 32, 0, false }, { 0x3 | 3ull << 32, 1, false, true },
		{ 0x3 | 3ull << 32, 1, false, false, true },
		{ 0x4 | 2ull << 32, 0, true }, { 0x4 | 4ull << 32, 0, false },
		{ 0x4 | 4ull << 32, 1, false }, { 0x4 | 7ull << 32, 2, true }, { 0x4, 31, true },
		{ 0x5 | 3ull << 32, 0, false }, { 0x6 | 3ull << 32, 0, false }, { 0x30, 0, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		bring_up(&everything);
		if (t[i].early)
			cmd(t[i].w0, t[i].w1);
		store(ste_at(3), 0x9);			/* V from 0 to 1 */
		if (!t[i].early)
			cmd(t[i].w0, t[i].w1);
		if (!t[i].no_sync)
			cmd_sync();
		EXPECT_EQ(ssim_check_config(&w.s, 3), t[i].good);
		if (failures_here) {
			complain(__FILE__, __LINE__, "case %u", i);
			return;
		}
	}
}

static void cd_commands(void)
{
	static const struct {
		u64 w0, w1;
		bool good;
	} t[] = {
		{ 0x5 | 2 << 12 | 3ull << 32, 1, true }, { 0x5 | 2 << 12 | 3ull << 32, 0, true },
		{ 0x5 | 1 << 12 | 3ull << 32, 1, false }, { 0x5 | 2 << 12 | 4ull << 32, 1, false },
		{ 0x6 | 3ull << 32, 0, true }, { 0x6 | 4ull << 32, 0, false },
		{ 0x3 | 3ull << 32, 1, true }, { 0x4, 31, true }, { 0x30, 0, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		bring_up(&everything);
		put_ste(3, STE0_S1 | 2ull << 59, 2, 0, 0);
		put_cd(2, CD0(7), TABLES_AT, 0, 0xff);
		cmd(t[i].w0, t[i].w1);
		cmd_sync();
		EXPECT_EQ(ssim_check_config(&w.s, 3), t[i].good);
		/* I-36: the PASID of a CD that is held */
		EXPECT(!ssim_check_pasid_reuse(&w.s, 3, 2));
		EXPECT(ssim_check_pasid_reuse(&w.s, 3, 1));
		store(cd_at(2), 0);
		cmd(t[i].w0, t[i].w1);
		cmd_sync();
		EXPECT_EQ(ssim_check_pasid_reuse(&w.s, 3, 2), t[i].good);
		if (failures_here) {
			complain(__FILE__, __LINE__, "case %u", i);
			return;
		}
	}
}

/* I-26: level 1 descriptors need the non-leaf form; tables outlive what leads to them. */
static void two_levels(void)
{
	const u64 l2 = CDTAB_AT + 0x100000;
	unsigned int leaf;

	for (leaf = 0; leaf < 2; leaf++) {
		bring_up(&everything);
		put_ste(3, STE0_S1 | 10ull << 59 | 1 << 4, 2, 0, 0);
		store(CDTAB_AT + 8, l2 | 1);
		store(l2 + 64, CD0(7));
		cmd(0x5 | 65 << 12 | 3ull << 32, leaf);
		cmd_sync();
		EXPECT_EQ(ssim_check_config(&w.s, 3), !leaf);
		store(CDTAB_AT + 8, 0);
		EXPECT(!ssim_check_table_free(&w.s, l2, 0x1000));
		EXPECT(!strcmp(w.invariant, "I-26"));
		cmd(0x5 | 65 << 12 | 3ull << 32, leaf);
		cmd_sync();
		EXPECT_EQ(ssim_check_table_free(&w.s, l2, 0x1000), !leaf);
		EXPECT(!ssim_check_table_free(&w.s, CDTAB_AT, 0x1000));
		store(ste_at(3), 0);
		cmd(0x3 | 3ull << 32, 1);
		cmd_sync();
		EXPECT(ssim_check_table_free(&w.s, CDTAB_AT, 0x1000));
	}
	/* of another 64 CDs */
	bring_up(&everything);
	put_ste(3, STE0_S1 | 10ull << 59 | 1 << 4, 2, 0, 0);
	store(CDTAB_AT + 8, l2 | 1);
	cmd(0x5 | 200 << 12 | 3ull << 32, 0);
	cmd_sync();
	EXPECT(!ssim_check_config(&w.s, 3));
	/* streams */
	for (leaf = 0; leaf < 2; leaf++) {
		bring_up(&everything);
		wr(0x20, 0xe);
		wr(0x88, 1 << 16 | 8 << 6 | 16);
		wr(0x20, 0xf);
		store(STRTAB_AT + 8, l2 | 9);
		cmd(0x3 | 256ull << 32, 0);
		cmd_sync();
		store(STRTAB_AT + 8, 0);
		cmd(0x3 | 300ull << 32, leaf);
		cmd_sync();
		EXPECT_EQ(ssim_check_table_free(&w.s, l2, 0x4000), !leaf);
	}
}

/* I-26: any page of a table, not only its first. */
static void parts_of_tables(void)
{
	bring_up(&everything);
	put_ste(3, STE0_S1 | 8ull << 59, 2, 0, 0);		/* 256 CDs */
	EXPECT(!ssim_check_table_free(&w.s, CDTAB_AT + 0x3000, 0x1000));
	EXPECT_REPORTS(1, "I-26");
	EXPECT(ssim_check_table_free(&w.s, CDTAB_AT + 0x4000, 0x1000));
	EXPECT(ssim_check_table_free(&w.s, CDTAB_AT - 0x1000, 0x1000));
	put_ste(3, STE0_S1 | 17ull << 59 | 1 << 4, 2, 0, 0);	/* 2048 tables of 64 */
	EXPECT(!ssim_check_table_free(&w.s, CDTAB_AT + 0x3000, 0x1000));
	EXPECT(ssim_check_table_free(&w.s, CDTAB_AT + 0x4000, 0x1000));
	store(CDTAB_AT, (CDTAB_AT + 0x10000) | 1);
	EXPECT(!ssim_check_table_free(&w.s, CDTAB_AT + 0x10fc0, 64));
	EXPECT(ssim_check_table_free(&w.s, CDTAB_AT + 0x11000, 0x1000));
}

/* What a base led to is held until configuration and TLB are invalidated, in this order. */
static void bases(void)
{
	bring_up(&everything);
	simple_stream(3, 5);
	store(pte_at(0x5000), DATA_AT | 0xf43);
	store(ste_at(3), 0x1);
	EXPECT(!ssim_check_table_free(&w.s, TABLES_AT, 0x1000));
	cmd(0x3 | 3ull << 32, 1);
	cmd_sync();
	EXPECT(ssim_check_table_free(&w.s, TABLES_AT, 0x1000));
	EXPECT(!ssim_check_table_free(&w.s, TABLES_AT + 0x1000, 0x1000));
	EXPECT(!ssim_check_page_reuse(&w.s, DATA_AT, 0x1000));
	cmd(0x11 | 5ull << 48, 0);
	cmd_sync();
	EXPECT(ssim_check_table_free(&w.s, TABLES_AT, 0x4000));
	EXPECT(ssim_check_page_reuse(&w.s, DATA_AT, 0x1000));
	/* the wrong order */
	bring_up(&everything);
	simple_stream(3, 5);
	store(pte_at(0x5000), DATA_AT | 0xf43);
	cmd(0x11 | 5ull << 48, 0);
	cmd_sync();
	store(ste_at(3), 0x1);
	cmd(0x3 | 3ull << 32, 1);
	cmd_sync();
	EXPECT(!ssim_check_page_reuse(&w.s, DATA_AT, 0x1000));
}

/* Several streams with one CD table: each has to be invalidated. */
static void aliases(void)
{
	bring_up(&everything);
	simple_stream(3, 5);
	put_ste(4, STE0_S1, 0, 0, 0);
	put_cd(0, CD0(6), TABLES_AT, 0, 0xff);
	cmd(0x5 | 3ull << 32, 1);
	cmd_sync();
	EXPECT(ssim_check_config(&w.s, 3));
	EXPECT(!ssim_check_config(&w.s, 4));
	cmd(0x5 | 4ull << 32, 1);
	cmd_sync();
	EXPECT(ssim_check_config(&w.s, 4));
}

void tests_cache(void)
{
	run("cache: mixtures of words (I-23)", mixtures);
	run("cache: commands for STEs (I-25)", ste_commands);
	run("cache: commands for CDs (I-25, I-36)", cd_commands);
	run("cache: level 1 descriptors (I-26)", two_levels);
	run("cache: parts of CD tables (I-26)", parts_of_tables);
	run("cache: bases of tables (I-26)", bases);
	run("cache: one CD table, two streams (I-28)", aliases);
}
