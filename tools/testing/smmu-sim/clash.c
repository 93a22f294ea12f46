// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the model notices by itself: tags and tables that are used anew too early,
 * freed tables that are walked, contiguous runs in parts.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"

#define PAGE		(DATA_AT | 0xf43)
#define RUN		(PAGE | 1ull << 52)
#define OTHER_AT	0x21000000ull
#define CANARY_AT	0x40000000ull

static void start(void)
{
	bring_up(&everything);
	simple_stream(3, 5);
}

/* Takes stream 3 away from its tables, by all that it takes but the TLBI. */
static void detach(void)
{
	store(cd_at(0), 0);
	cmd(0x5 | 3ull << 32, 1);
	cmd_sync();
}

static void attach(u32 asid, u64 ttb)
{
	store(cd_at(0) + 8, ttb);
	cmd(0x5 | 3ull << 32, 1);
	cmd_sync();
	store(cd_at(0), CD0(asid));
	cmd(0x5 | 3ull << 32, 1);
	cmd_sync();
}

/* I-30: nobody has to ask. */
static void tags(void)
{
	static const struct {
		u32 asid;
		u64 cmd;
		bool good;
	} t[] = {
		{ 5, 0, false }, { 6, 0, true }, { 5, 0x11 | 5ull << 48, true },
		{ 5, 0x11 | 6ull << 48, false }, { 5, 0x30, true }, { 5, 0x10, true },
		{ 5, 0x10 | 1ull << 32, false },
	};
	u64 w2 = 7ull | 25ull << 32 | 1ull << 38 | 2ull << 48 | 1ull << 51;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		start();
		detach();
		if (t[i].cmd)
			cmd(t[i].cmd, 0);
		cmd_sync();
		attach(t[i].asid, OTHER_AT);
		EXPECT_REPORTS(!t[i].good, "I-30");
	}
	/* two streams by one tag, at once; the same tables are no clash */
	start();
	put_ste(4, STE0_S1, 0, 0, 0);
	EXPECT_REPORTS(0, "");
	put_ste(4, STE0_S1 + 0x1000, 0, 0, 0);
	store(CDTAB_AT + 0x1000 + 8, OTHER_AT);
	store(CDTAB_AT + 0x1000 + 24, 0xff);
	store(CDTAB_AT + 0x1000, CD0(5));
	EXPECT_REPORTS(1, "I-30");
	/* VMIDs */
	bring_up(&everything);
	put_ste(3, 0xd, 0, w2, TABLES_AT);
	put_ste(4, 0xd, 0, w2, TABLES_AT);
	put_ste(5, 0xd, 0, w2 + 1, OTHER_AT);
	EXPECT_REPORTS(0, "");
	put_ste(6, 0xd, 0, w2, OTHER_AT);
	EXPECT_REPORTS(1, "I-30");
}

/* I-8: nor when a page is a table again. */
static void tables(void)
{
	unsigned int flush;

	for (flush = 0; flush < 2; flush++) {
		start();
		store(TABLES_AT + 0x2000, 0);
		if (flush)
			cmd(0x12 | 5ull << 48, 0x5000);
		cmd_sync();
		store(TABLES_AT + 0x1008, (TABLES_AT + 0x3000) | 3);	/* one level higher */
		EXPECT_REPORTS(!flush, "I-8");
		start();
		store(TABLES_AT + 0x2000, 0);
		if (flush)
			cmd(0x12 | 5ull << 48, 0x5000);
		cmd_sync();
		put_cd(1, CD0(6), TABLES_AT + 0x3000, 0, 0xff);
		put_ste(3, STE0_S1 | 1ull << 59, 2, 0, 0);
		EXPECT_REPORTS(!flush, "I-8");
	}
	/* back to where it was, or to another address of the same tables */
	start();
	store(TABLES_AT + 0x2000, 0);
	store(TABLES_AT + 0x2000, (TABLES_AT + 0x3000) | 3);
	store(TABLES_AT + 0x2000, 0);
	store(TABLES_AT + 0x2008, (TABLES_AT + 0x3000) | 3);
	EXPECT_REPORTS(0, "");
}

/* I-9 */
static void canary(void)
{
	u64 desc = ssim_canary_desc(CANARY_AT);
	unsigned int i, flush;

	EXPECT_EQ(desc, CANARY_AT | 0xc7f);
	for (flush = 0; flush < 2; flush++) {
		start();
		ssim_set_canary(&w.s, CANARY_AT, 0x10000);
		for (i = 0; i < 0x10000; i += 8)
			poke(CANARY_AT + i, desc);
		store(pte_at(0x5000), PAGE);
		store(TABLES_AT + 0x2000, 0);
		if (flush)
			cmd(0x12 | 5ull << 48, 0x5000);
		cmd_sync();
		EXPECT_REPORTS(0, "");
		for (i = 0; i < 0x1000; i += 8)
			poke(TABLES_AT + 0x3000 + i, desc);	/* freed: nobody tells */
		ssim_tlb_rescan(&w.s, 0x5000, 0x5fff);
		EXPECT_REPORTS(!flush, "I-9");
	}
	/* by transactions too, whatever the level */
	for (i = 0; i < 4; i++) {
		start();
		w.s.closure = false;
		ssim_set_canary(&w.s, CANARY_AT, 0x10000);
		for (flush = 0; flush < 0x10000; flush += 8)
			poke(CANARY_AT + flush, desc);
		poke(TABLES_AT + 0x1000 * i, desc);
		poke(TABLES_AT + 0x1000 * i + 0x28, desc);
		EXPECT_EQ(dma(3, 0x5000, false).outcome, OUT_OK);
		EXPECT(w.reports);
		EXPECT(!strcmp(w.invariant, "I-9"));
	}
}

/* I-6 */
static void runs(void)
{
	u64 leaf = 0x12 | 5ull << 48;
	unsigned int i;

	start();
	for (i = 0; i < 16; i++)
		store(pte_at(i * 0x1000), RUN + i * 0x1000);
	cmd(leaf, 0x5001);
	cmd_sync();
	EXPECT_REPORTS(0, "");
	/* hardware's own bits may differ */
	store(pte_at(0x3000), (RUN + 0x3000) | 1ull << 51 | 0x80);
	cmd(leaf, 0x3001);
	cmd_sync();
	EXPECT_REPORTS(0, "");
	/* a page is taken out alone */
	store(pte_at(0x5000), 0);
	EXPECT_REPORTS(0, "");
	cmd(leaf, 0x25001);				/* somebody else's */
	cmd_sync();
	EXPECT_REPORTS(0, "");
	cmd(leaf, 0x5001);
	cmd_sync();
	EXPECT_REPORTS(1, "I-6");
	/* all of it goes: well */
	start();
	for (i = 0; i < 16; i++)
		store(pte_at(i * 0x1000), RUN + i * 0x1000);
	for (i = 0; i < 16; i++)
		store(pte_at(i * 0x1000), 0);
	cmd(leaf, 0x5001);
	cmd_sync();
	EXPECT_REPORTS(0, "");
	/* permissions of a part */
	start();
	for (i = 0; i < 16; i++)
		store(pte_at(i * 0x1000), RUN + i * 0x1000);
	store(pte_at(0x5000), (RUN + 0x5000) & ~0x40ull);
	cmd(leaf, 0x5001);
	cmd_sync();
	EXPECT_REPORTS(1, "I-6");
	/* an output that is not aligned */
	start();
	store(pte_at(0x5000), RUN);
	EXPECT_REPORTS(1, "I-6");
	start();
	store(pte_at(0x5000), RUN + 0x5000);
	EXPECT_REPORTS(0, "");
}

void tests_clash(void)
{
	run("clash: a tag is used anew (I-30)", tags);
	run("clash: a table is used anew (I-8)", tables);
	run("clash: the canary (I-9)", canary);
	run("clash: parts of contiguous runs (I-6)", runs);
}
