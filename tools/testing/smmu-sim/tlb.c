// SPDX-License-Identifier: GPL-2.0-only
/*
 * The maximal TLB: what is held, what removes it, and what the checkpoints say
 * of software that does less than it must.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"

#define PAGE		(DATA_AT | 0xf43)	/* nG, AF, inner, RW, page */
#define L2_AT		(TABLES_AT + 0x2000)
#define VA_CMD(asid)	(0x12 | (u64)(asid) << 48)

static void start(void)
{
	bring_up(&everything);
	simple_stream(3, 5);
}

static bool unmapped(u64 va, u64 size)
{
	return ssim_check_unmapped(&w.s, 3, 0, false, va, size);
}

/* As a driver unmaps: clear, invalidate, wait. */
static void unmap_well(void)
{
	unsigned int i;

	start();
	for (i = 0; i < 3; i++) {
		store(pte_at(0x5000), PAGE + (i << 12));
		EXPECT_EQ(dma(3, 0x5000, true).pa, DATA_AT + (i << 12));
		store(pte_at(0x5000), 0);
		cmd(VA_CMD(5), 0x5001);
		cmd_sync();
		EXPECT(unmapped(0x5000, 0x1000));
		EXPECT(ssim_check_page_reuse(&w.s, DATA_AT + (i << 12), 0x1000));
	}
	EXPECT_REPORTS(0, "");
	EXPECT_EQ(w.s.stats.lost, 0);
}

static void unmap_badly(void)
{
	static const struct {
		const char *what;
		u64 w0, w1;
		bool early, no_sync;
	} t[] = {
		{ "no command", 0x46, 0 },
		{ "no sync", VA_CMD(5), 0x5001, false, true },
		{ "another ASID", VA_CMD(6), 0x5001 },
		{ "another VMID", VA_CMD(5) | 1ull << 32, 0x5001 },
		{ "another page", VA_CMD(5), 0x6001 },
		{ "before the store", VA_CMD(5), 0x5001, true },
		{ "stage 2", 0x2a, 0x5001 },
		{ "another granule", VA_CMD(5), 0xc01 | 3 << 8 },
		{ "another level", VA_CMD(5), 0x1401 | 2 << 8 },
		{ "a range that ends before", VA_CMD(5) | 4 << 12, 0x401 },
		{ "a range that begins after", VA_CMD(5) | 4 << 12, 0x6401 },
		{ "a hint and no aligned address", VA_CMD(5), 0x5401 | 2 << 8 },
		{ "EL2", 0x22 | 5ull << 48, 0x5001 },
		{ "configuration only", 0x4, 31 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		start();
		store(pte_at(0x5000), PAGE);
		if (t[i].early)
			cmd(t[i].w0, t[i].w1);
		store(pte_at(0x5000), 0);
		if (!t[i].early)
			cmd(t[i].w0, t[i].w1);
		if (!t[i].no_sync)
			cmd_sync();
		if (unmapped(0x5000, 0x1000))
			complain(__FILE__, __LINE__, "%s: not noticed", t[i].what);
		EXPECT_REPORTS(1, "I-7");
		EXPECT(!ssim_check_page_reuse(&w.s, DATA_AT, 0x1000));
	}
	start();
	store(pte_at(0x5000), PAGE);
	store(pte_at(0x5000), 0);
	unmapped(0x5000, 0x1000);
	EXPECT(strstr(w.text, "asid 5") && strstr(w.text, "0x5000..0x5fff -> 0x80000000"));
	EXPECT(strstr(w.text, "a store to a held table") && strstr(w.text, "commands since"));
}

/* I-7: every range of a small address space, against its definition. */
static void ranges(void)
{
	unsigned int num, scale, base, page;

	for (scale = 0; scale < 4; scale++)
		for (num = 0; num < 5; num++)
			for (base = 0; base < 3; base++) {
				start();
				for (page = 0; page < 24; page++)
					store(pte_at(page << 12), PAGE + (page << 12));
				for (page = 0; page < 24; page++)
					store(pte_at(page << 12), 0);
				cmd(VA_CMD(5) | num << 12 | scale << 20,
				    (base << 12) | 0x401 | 3 << 8);
				cmd_sync();
				for (page = 0; page < 24; page++)
					EXPECT_EQ(unmapped(page << 12, 0x1000),
						  page >= base && page < base + ((num + 1) << scale));
			}
}

/* A hint of level 2 wants an address of level 2; else nothing is promised (4.4.1.1). */
static void hints(void)
{
	start();
	store(L2_AT + 8, DATA_AT | 0xf41);
	store(L2_AT + 8, 0);
	cmd(VA_CMD(5), 0x201401 | 2 << 8);
	cmd_sync();
	EXPECT(!unmapped(0x200000, 0x200000));
	cmd(VA_CMD(5), 0x200401 | 3 << 8);
	cmd_sync();
	EXPECT(!unmapped(0x200000, 0x200000));
	cmd(VA_CMD(5), 0x200401 | 2 << 8);
	cmd_sync();
	EXPECT(unmapped(0x200000, 0x200000));
}

/* I-8: a table leaves by a non-leaf invalidation alone. */
static void tables(void)
{
	static const struct {
		u64 w0, w1;
		bool good;
	} t[] = {
		{ VA_CMD(5), 0x5001, false }, { VA_CMD(5), 0x5000, true },
		{ 0x11 | 5ull << 48, 0, true }, { 0x11 | 6ull << 48, 0, false },
		{ 0x10, 0, true }, { 0x30, 0, true }, { 0x13, 0x1ff000, true },
		{ 0x13, 0x200000, false },
		{ VA_CMD(5), 0x400 | 3 << 8, true },	/* level 3: tables above too */
		{ VA_CMD(5), 0x400 | 2 << 8, false },	/* level 2: this one is at 2 */
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		start();
		store(pte_at(0x5000), PAGE);
		store(L2_AT, 0);
		cmd(t[i].w0, t[i].w1);
		cmd_sync();
		EXPECT_EQ(ssim_check_table_free(&w.s, TABLES_AT + 0x3000, 0x1000), t[i].good);
		if (failures_here) {
			complain(__FILE__, __LINE__, "case %u", i);
			return;
		}
	}
	EXPECT_REPORTS(1, "I-8");
	/* the one command takes the table, and what it leads to as far as it covers it */
	start();
	store(pte_at(0x5000), PAGE);
	store(pte_at(0x6000), PAGE + 0x1000);
	store(L2_AT, 0);
	cmd(VA_CMD(5), 0x5000);
	cmd_sync();
	EXPECT(unmapped(0x5000, 0x1000));
	EXPECT(!unmapped(0x6000, 0x1000));
	cmd(VA_CMD(5), 0x6001);
	cmd_sync();
	EXPECT(unmapped(0, 0x200000));
}

/* One table at two addresses: the other one does not hold up what this one led to. */
static void shared_table(void)
{
	start();
	store(L2_AT + 8, (TABLES_AT + 0x3000) | 3);
	store(pte_at(0x5000), PAGE);
	EXPECT_EQ(dma(3, 0x205000, true).pa, DATA_AT);
	store(L2_AT + 8, 0);
	cmd(VA_CMD(5), 0x205000);
	cmd_sync();
	EXPECT(unmapped(0x205000, 0x1000));
	EXPECT(!unmapped(0x5000, 0x1000));
}

/* I-9: while a table is held, what is stored to its page is held too. */
static void freed_too_soon(void)
{
	start();
	store(pte_at(0x5000), PAGE);
	store(L2_AT, 0);
	/* the page has a new owner, who writes what looks like an entry */
	store(pte_at(0x7000), 0x66666000 | 0xf43);
	EXPECT(!ssim_check_page_reuse(&w.s, 0x66666000, 0x1000));
	EXPECT(!unmapped(0x7000, 0x1000));
	/* removing the leaf is not enough: it is there to be read again */
	cmd(VA_CMD(5), 0x7001);
	cmd_sync();
	EXPECT(!unmapped(0x7000, 0x1000));
	cmd(VA_CMD(5), 0x7000);
	cmd_sync();
	EXPECT(unmapped(0x7000, 0x1000));
}

/* I-5 */
static void break_before_make(void)
{
	static const struct {
		const char *what;
		u64 first, second;
		bool bad;
	} t[] = {
		{ "an address", PAGE, PAGE + 0x1000, true },
		{ "a memory type", PAGE, PAGE | 4, true },
		{ "shareability", PAGE, PAGE & ~0x100ull, true },
		{ "global", PAGE, PAGE & ~0x800ull, true },
		{ "contiguous", PAGE + 0x5000, (PAGE + 0x5000) | 1ull << 52, true },
		{ "read-only", PAGE, PAGE | 0x80, false },
		{ "execute never", PAGE, PAGE | 1ull << 54, false },
		{ "software bits", PAGE, PAGE | 7ull << 55, false },
		{ "dirty", PAGE | 0x80 | 1ull << 51, PAGE | 1ull << 51, false },
		{ "access flag", PAGE & ~0x400ull, PAGE, false },
		{ "from nothing", 0, PAGE, false },
	};
	struct ssim_ids ids = everything;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		start();
		store(pte_at(0x5000), t[i].first);
		store(pte_at(0x5000), t[i].second);
		if (w.reports != t[i].bad)
			complain(__FILE__, __LINE__, "%s: %u reports", t[i].what, w.reports);
		if (t[i].bad)
			EXPECT_REPORTS(1, "I-5");
		/* with a break it is well */
		start();
		store(pte_at(0x5000), t[i].first);
		store(pte_at(0x5000), 0);
		cmd(VA_CMD(5), 0x5001);
		cmd_sync();
		store(pte_at(0x5000), t[i].second);
		EXPECT_REPORTS(0, "");
		/* a break without an invalidation is none */
		start();
		store(pte_at(0x5000), t[i].first);
		store(pte_at(0x5000), 0);
		store(pte_at(0x5000), t[i].second);
		EXPECT_EQ(w.reports, t[i].bad);
	}
	/* block and table */
	start();
	store(pte_at(0x5000), PAGE);
	store(L2_AT, 0x80000000 | 0xf41);
	EXPECT_REPORTS(1, "I-5");
	start();
	store(L2_AT + 8, 0x80000000 | 0xf41);
	store(L2_AT + 8, (TABLES_AT + 0x8000) | 3);
	EXPECT_REPORTS(1, "I-5");
	/* BBML 1 lets sizes change, not addresses */
	ids.idr[3] |= 1 << 11;
	bring_up(&ids);
	simple_stream(3, 5);
	store(L2_AT + 8, 0x80000000 | 0xf41);
	store(TABLES_AT + 0x8000, 0x80000000 | 0xf43);
	store(L2_AT + 8, (TABLES_AT + 0x8000) | 3);
	EXPECT_REPORTS(0, "");
	store(TABLES_AT + 0x8000, 0x80001000 | 0xf43);
	EXPECT_REPORTS(1, "I-5");
}

/* I-6: a run is held as one, and as its pages. */
static void runs(void)
{
	unsigned int i;

	start();
	for (i = 0; i < 16; i++)
		store(pte_at(0x10000 + (i << 12)), (PAGE + (i << 12)) | 1ull << 52);
	EXPECT_REPORTS(0, "");
	/* one page of it cleared: the others still speak for it */
	store(pte_at(0x14000), 0);
	cmd(VA_CMD(5), 0x14001);
	cmd_sync();
	EXPECT(!unmapped(0x14000, 0x1000));
	for (i = 0; i < 16; i++)
		store(pte_at(0x10000 + (i << 12)), 0);
	/* an address of it takes the whole, and one page */
	cmd(VA_CMD(5), 0x14001);
	cmd_sync();
	EXPECT(unmapped(0x14000, 0x1000));
	EXPECT(!unmapped(0x10000, 0x10000));
	cmd(VA_CMD(5) | 15 << 12, 0x10401 | 3 << 8);
	cmd_sync();
	EXPECT(unmapped(0x10000, 0x10000));
}

/* I-30 */
static void reuse(void)
{
	start();
	store(pte_at(0x5000), PAGE);
	store(pte_at(0x6000), PAGE & ~0x800ull);	/* global */
	EXPECT(!ssim_check_asid_reuse(&w.s, 0, 5));
	EXPECT(ssim_check_asid_reuse(&w.s, 0, 6));
	EXPECT(ssim_check_asid_reuse(&w.s, 1, 5));
	EXPECT(!ssim_check_vmid_reuse(&w.s, 0));
	/* while the CD is there, invalidating does not help */
	cmd(0x11 | 5ull << 48, 0);
	cmd_sync();
	EXPECT(!ssim_check_asid_reuse(&w.s, 0, 5));
	store(ste_at(3), 0);
	cmd(0x3 | 3ull << 32, 1);
	cmd_sync();
	EXPECT(!ssim_check_asid_reuse(&w.s, 0, 5));
	cmd(0x11 | 5ull << 48, 0);
	cmd_sync();
	EXPECT(!ssim_check_asid_reuse(&w.s, 0, 5));	/* the global one */
	cmd(VA_CMD(77), 0x6000);			/* any ASID reaches it */
	cmd_sync();
	EXPECT(ssim_check_asid_reuse(&w.s, 0, 5));
	EXPECT(ssim_check_vmid_reuse(&w.s, 0));
	/* configuration and TLB in one batch: the TLB may be first */
	start();
	store(pte_at(0x5000), PAGE);
	store(ste_at(3), 0);
	cmd(0x3 | 3ull << 32, 1);
	cmd(0x11 | 5ull << 48, 0);
	cmd_sync();
	EXPECT(!ssim_check_asid_reuse(&w.s, 0, 5));
}

static void stage2(void)
{
	static const struct {
		u64 w0, w1;
		bool good;
	} t[] = {
		{ 0x2a | 7ull << 32, 0x5001, true }, { 0x2a | 8ull << 32, 0x5001, false },
		{ 0x2a | 7ull << 32, 0x6001, false }, { 0x28 | 7ull << 32, 0, true },
		{ 0x28, 0, false }, { 0x30, 0, true }, { 0x10 | 7ull << 32, 0, false },
	};
	u64 w2 = 7ull | 25ull << 32 | 1ull << 38 | 2ull << 48 | 1ull << 51;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		bring_up(&everything);
		poke(TABLES_AT, (TABLES_AT + 0x1000) | 3);
		poke(TABLES_AT + 0x1000, (TABLES_AT + 0x2000) | 3);
		put_ste(3, 0xd, 0, w2, TABLES_AT);
		store(TABLES_AT + 0x2028, DATA_AT | 0x7ff);
		EXPECT_EQ(dma(3, 0x5000, true).pa, DATA_AT);
		store(TABLES_AT + 0x2028, 0);
		cmd(t[i].w0, t[i].w1);
		cmd_sync();
		EXPECT_EQ(unmapped(0x5000, 0x1000), t[i].good);
		EXPECT_EQ(ssim_check_range(&w.s, 7, 0, 2, 0x5000, 0x1000), t[i].good);
	}
}

/* A nested translation is held as one too: stage 2's command alone leaves it. */
static void combined(void)
{
	u64 w2 = 7ull | 25ull << 32 | 1ull << 38 | 2ull << 48 | 1ull << 51;
	const u64 at = TABLES_AT + 0x10000;

	bring_up(&everything);
	store(TABLES_AT, (TABLES_AT + 0x1000) | 3);
	store(TABLES_AT + 0x1000 + 8 * 0x100, 0x20000000 | 0x7fd);	/* the tables */
	store(TABLES_AT + 0x1000 + 8 * 0x90, 0x12000000 | 0x7fd);	/* the CD */
	store(TABLES_AT + 0x1000 + 8 * 0x180, 0x50000000 | 0x7fd);	/* IPA 0x3000_0000 */
	store(at, (at + 0x1000) | 3);
	store(at + 0x1000, (at + 0x2000) | 3);
	store(at + 0x2000, (at + 0x3000) | 3);
	store(at + 0x3028, 0x30005000 | 0xf43);
	put_cd(0, CD0(5), at, 0, 0xff);
	put_ste(3, 0xf | CDTAB_AT, 0, w2, TABLES_AT);
	EXPECT_EQ(dma(3, 0x5000, true).pa, 0x50005000);
	store(TABLES_AT + 0x1000 + 8 * 0x180, 0);
	cmd(0x2a | 7ull << 32, 0x30000001);
	cmd_sync();
	EXPECT(!ssim_check_page_reuse(&w.s, 0x50000000, 0x200000));
	EXPECT(!ssim_check_range(&w.s, 7, 0, 2, 0x30005800, 8));
	EXPECT(!ssim_check_range(&w.s, 7, 0, 2, 0x30000000, 0x200000));
	EXPECT(ssim_check_range(&w.s, 7, 0, 2, 0x30006000, 0x1000));
	EXPECT(ssim_check_range(&w.s, 7, 0, 2, 0x30004000, 0x1000));
	EXPECT(ssim_check_range(&w.s, 8, 0, 2, 0x30005000, 0x1000));
	cmd(0x10 | 7ull << 32, 0);
	cmd_sync();
	EXPECT(ssim_check_page_reuse(&w.s, 0x50000000, 0x200000));
	EXPECT(ssim_check_range(&w.s, 7, 0, 2, 0x30000000, 0x200000));
}

/* Stage 2 moves a table of stage 1: the old one can be reached until both are flushed. */
static void moved_behind(void)
{
	u64 w2 = 7ull | 25ull << 32 | 1ull << 38 | 2ull << 48 | 1ull << 51;
	const u64 ipa = 0x30000000, s2 = TABLES_AT + 0x1000, from = 0x50000000, to = 0x60000000;

	bring_up(&everything);
	store(TABLES_AT, s2 | 3);
	store(s2 + 8 * 0x90, 0x12000000 | 0x7fd);	/* the CD */
	poke(from, (ipa + 0x1000) | 3);
	poke(from + 0x1000, (ipa + 0x2000) | 3);
	poke(from + 0x2000, (ipa + 0x3000) | 3);
	poke(from + 0x3028, ipa | 0xf43);
	put_cd(0, CD0(5), ipa, 0, 0xff);
	put_ste(3, 0xf | CDTAB_AT, 0, w2, TABLES_AT);
	EXPECT(ssim_check_table_free(&w.s, from, 0x4000));
	/* mapped by stage 2 only now: nobody has walked it */
	store(s2 + 8 * 0x180, from | 0x7fd);
	EXPECT(!ssim_check_table_free(&w.s, from, 0x1000));
	EXPECT(!ssim_check_table_free(&w.s, from + 0x3000, 0x1000));
	EXPECT_EQ(dma(3, 0x5000, true).pa, from);
	store(s2 + 8 * 0x180, 0);
	cmd(0x2a | 7ull << 32, ipa | 1);
	cmd_sync();
	EXPECT(!ssim_check_table_free(&w.s, from + 0x3000, 0x1000));
	cmd(0x10 | 7ull << 32, 0);
	cmd_sync();
	EXPECT(ssim_check_table_free(&w.s, from, 0x4000));
	EXPECT(ssim_check_page_reuse(&w.s, from, 0x200000));
	store(s2 + 8 * 0x180, to | 0x7fd);
	EXPECT(!ssim_check_table_free(&w.s, to, 0x1000));
}

static void el2(void)
{
	static const struct {
		bool e2h;
		u64 w0, w1;
		bool good;
	} t[] = {
		{ false, 0x22, 0x5001, true }, { false, 0x12, 0x5001, false },
		{ false, 0x20, 0, true }, { false, 0x30, 0, false }, { false, 0x23, 0x5001, true },
		{ true, 0x22 | 5ull << 48, 0x5001, true }, { true, 0x22 | 6ull << 48, 0x5001, false },
		{ true, 0x21 | 5ull << 48, 0, true }, { true, 0x23, 0x5001, true },
		{ true, 0x20, 0, true }, { false, 0x21 | 5ull << 48, 0, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		bring_up(&everything);
		wr(0x20, 0xe);
		wr(0x2c, 2 | t[i].e2h);
		wr(0x20, 0xf);
		simple_stream(3, 5);
		put_ste(3, STE0_S1, 2ull << 30, 0, 0);
		cmd(0x30, 0);
		cmd_sync();
		store(pte_at(0x5000), PAGE);
		EXPECT_EQ(dma(3, 0x5000, true).pa, DATA_AT);
		store(pte_at(0x5000), 0);
		cmd(t[i].w0, t[i].w1);
		cmd_sync();
		EXPECT_EQ(unmapped(0x5000, 0x1000), t[i].good);
		if (failures_here) {
			complain(__FILE__, __LINE__, "case %u", i);
			return;
		}
	}
}

/* What was cached before CR2.E2H changed is out of reach of commands by address. */
static void e2h_changes(void)
{
	unsigned int e2h;

	for (e2h = 0; e2h < 2; e2h++) {
		start();
		wr(0x20, 0xe);
		wr(0x2c, 2 | e2h);
		wr(0x20, 0xf);
		put_ste(3, STE0_S1, 2ull << 30, 0, 0);
		cmd(0x30, 0);
		cmd_sync();
		store(pte_at(0x5000), PAGE);
		store(pte_at(0x5000), 0);
		wr(0x20, 0xe);
		wr(0x2c, 2 | !e2h);
		wr(0x20, 0xf);
		cmd(0x22 | (e2h ? 0 : 5ull << 48), 0x5001);
		cmd_sync();
		EXPECT(!ssim_check_page_reuse(&w.s, DATA_AT, 0x1000));
		cmd(0x20, 0);
		cmd_sync();
		EXPECT(ssim_check_page_reuse(&w.s, DATA_AT, 0x1000));
	}
}

/* I-11: a writable entry lets a write pass that nobody records. */
static void cleaned(void)
{
	start();
	put_cd(0, CD0(5) | 3ull << 42, TABLES_AT, 0, 0xff);
	cmd(0x5 | 3ull << 32, 1);
	cmd_sync();
	store(pte_at(0x5000), PAGE | 0x80 | 1ull << 51);
	EXPECT(ssim_check_clean(&w.s, 0, 5, 0x5000, 0x1000));
	EXPECT_EQ(dma(3, 0x5000, true).outcome, OUT_OK);
	EXPECT(!ssim_check_clean(&w.s, 0, 5, 0x5000, 0x1000));
	store(pte_at(0x5000), PAGE | 0x80 | 1ull << 51);
	EXPECT(!ssim_check_clean(&w.s, 0, 5, 0x5000, 0x1000));
	EXPECT_REPORTS(2, "I-11");
	cmd(VA_CMD(5), 0x5001);
	cmd_sync();
	EXPECT(ssim_check_clean(&w.s, 0, 5, 0x5000, 0x1000));
}

/* An entry that faults for its access flag is not cached; with HTTU it is. */
static void untouched(void)
{
	start();
	store(pte_at(0x5000), PAGE & ~0x400ull);
	EXPECT(unmapped(0x5000, 0x1000));
	put_cd(0, CD0(5) | 1ull << 43, TABLES_AT, 0, 0xff);
	cmd(0x5 | 3ull << 32, 1);
	cmd_sync();
	EXPECT(!unmapped(0x5000, 0x1000));
}

/* I-32: the tables of a process, stored to by the mm unseen. */
static void unseen(void)
{
	start();
	poke(pte_at(0x5000), PAGE);
	EXPECT_EQ(dma(3, 0x5000, true).pa, DATA_AT);	/* a walk sees it */
	poke(pte_at(0x5000), 0);
	EXPECT(!unmapped(0x5000, 0x1000));
	cmd(VA_CMD(5), 0x5001);
	cmd_sync();
	EXPECT(unmapped(0x5000, 0x1000));
	/* invalidated before the store: still there */
	poke(pte_at(0x5000), PAGE);
	ssim_tlb_rescan(&w.s, 0x5000, 0x5fff);
	cmd(VA_CMD(5), 0x5001);
	poke(pte_at(0x5000), 0);
	cmd_sync();
	EXPECT(!unmapped(0x5000, 0x1000));
}

/* Broadcast TLB maintenance of the CPUs: who hears it. */
static void broadcast(void)
{
	static const struct {
		u64 cmd[2], cd;
		u32 idr0, cr2;
		bool good;
	} t[] = {
		{ { VA_CMD(5), 0x5001 }, 0, 1 << 5, 2, true },
		{ { VA_CMD(6), 0x5001 }, 0, 1 << 5, 2, false },
		{ { VA_CMD(5), 0x5001 }, 0, 0, 2, false },		/* no BTM */
		{ { VA_CMD(5), 0x5001 }, 0, 1 << 5, 6, false },		/* PTM */
		{ { VA_CMD(5), 0x5001 }, 1ull << 47, 1 << 5, 2, false },	/* ASET */
		{ { 0x11 | 5ull << 48, 0 }, 1ull << 47, 1 << 5, 2, false },
		{ { 0x13, 0x5001 }, 1ull << 47, 1 << 5, 2, true },
		{ { 0x10, 0 }, 1ull << 47, 1 << 5, 2, true },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		struct ssim_ids ids = everything;

		ids.idr[0] |= t[i].idr0;
		bring_up(&ids);
		wr(0x20, 0xe);
		wr(0x2c, t[i].cr2);
		wr(0x20, 0xf);
		simple_stream(3, 5);
		put_cd(0, CD0(5) | t[i].cd, TABLES_AT, 0, 0xff);
		cmd(0x5 | 3ull << 32, 1);
		cmd_sync();
		cmd(0x30, 0);
		cmd_sync();
		store(pte_at(0x5000), PAGE);
		store(pte_at(0x5000), 0);
		cmd(VA_CMD(9), 0x5001);			/* waits for its own sync */
		ssim_broadcast(&w.s, t[i].cmd);
		EXPECT_EQ(w.s.npending, 1);
		EXPECT_EQ(unmapped(0x5000, 0x1000), t[i].good);
		if (failures_here) {
			complain(__FILE__, __LINE__, "case %u", i);
			return;
		}
	}
}

/* Nothing walked: what is reachable is held all the same; and not, without closure. */
static void closure(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		bring_up(&everything);
		w.s.closure = !i;
		poke(TABLES_AT + 0x8028, PAGE);
		simple_stream(3, 5);
		store(L2_AT + 8, (TABLES_AT + 0x8000) | 3);
		EXPECT_EQ(unmapped(0x205000, 0x1000), i);
		EXPECT_EQ(dma(3, 0x205000, true).pa, DATA_AT);
		EXPECT(!unmapped(0x205000, 0x1000));
	}
}

/* CR0.VMW: low bits of the VMID match any. */
static void vmid_wildcards(void)
{
	u64 w2 = 7ull | 25ull << 32 | 1ull << 38 | 2ull << 48 | 1ull << 51;
	struct ssim_ids ids = everything;
	unsigned int vmw, there;

	for (there = 0; there < 2; there++)
		for (vmw = 0; vmw < 8; vmw++) {
			ids.idr[0] = (everything.idr[0] & ~(1u << 17)) | there << 17;
			bring_up(&ids);
			wr(0x20, 0xf | vmw << 6);
			put_ste(3, 0xd, 0, w2, TABLES_AT);
			store(TABLES_AT, DATA_AT | 0x7fd);
			store(TABLES_AT, 0);
			cmd(0x28 | 6ull << 32, 0);		/* 7 differs in bit 0 */
			cmd_sync();
			EXPECT_EQ(ssim_check_range(&w.s, 7, 0, 2, 0, 0x1000),
				  there && vmw >= 1 && vmw <= 4);
		}
}

/* I-29: two tables under one ASID. */
static void shared_asid(void)
{
	const u64 other = TABLES_AT + 0x20000;

	start();
	store(pte_at(0x5000), PAGE);
	poke(other, (other + 0x1000) | 3);
	poke(other + 0x1000, (other + 0x2000) | 3);
	poke(other + 0x2000, (other + 0x3000) | 3);
	poke(other + 0x3028, PAGE + 0x1000);
	store(cd_at(1) + 8, other);
	store(cd_at(1), CD0(5));
	store(ste_at(4), STE0_S1 + 64);
	cmd(0x3 | 4ull << 32, 1);
	cmd_sync();
	EXPECT(w.reports > 0);
	EXPECT(!strcmp(w.invariant, "I-30"));
}

static void full(void)
{
	struct ssim_entry few[8];
	unsigned int i;

	start();
	ssim_init(&w.s, &everything, w.s.ops, NULL, few, sizeof(few));
	wr8(0x80, STRTAB_AT);
	wr(0x88, 8);
	wr(0x20, 1);
	for (i = 0; i < 20; i++)
		store(pte_at(i << 12), PAGE + (i << 12));
	EXPECT(w.s.stats.lost > 0);
	EXPECT_EQ(w.s.stats.held, 8);
}

void tests_tlb(void)
{
	run("tlb: a good unmap leaves nothing (I-7)", unmap_well);
	run("tlb: a bad unmap is noticed (I-7)", unmap_badly);
	run("tlb: range invalidation, exhaustively (I-7)", ranges);
	run("tlb: hints and their addresses (I-7)", hints);
	run("tlb: tables are freed after a non-leaf TLBI (I-8)", tables);
	run("tlb: one table at two addresses (I-7)", shared_table);
	run("tlb: a stale table is walked (I-9)", freed_too_soon);
	run("tlb: break-before-make (I-5)", break_before_make);
	run("tlb: contiguous runs (I-6)", runs);
	run("tlb: ASIDs and VMIDs are reused when clean (I-30)", reuse);
	run("tlb: stage 2 (I-7)", stage2);
	run("tlb: nested translations are held as one (I-7)", combined);
	run("tlb: stage 2 moves tables of stage 1 (I-7)", moved_behind);
	run("tlb: EL2 and E2H (I-7)", el2);
	run("tlb: E2H changes (I-7)", e2h_changes);
	run("tlb: dirty bits are cleared (I-11)", cleaned);
	run("tlb: pages that nobody touched (I-7)", untouched);
	run("tlb: stores that nobody reports (I-32)", unseen);
	run("tlb: broadcast maintenance (I-32)", broadcast);
	run("tlb: what is reachable is held (I-7)", closure);
	run("tlb: two tables under one ASID (I-29)", shared_asid);
	run("tlb: no more room is counted (I-7)", full);
	run("tlb: VMID wildcards (I-7)", vmid_wildcards);
}
