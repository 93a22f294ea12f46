// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of processes: stored to unseen, watched from both sides of what invalidates.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"

#define PAGE		(DATA_AT | 0xf43)	/* nG, AF, inner, user RW, page */
#define RO		(PAGE | 0x80)
#define CLEAN		(RO | 1ull << 51)	/* DBM */
#define RUN		(PAGE | 1ull << 52)
#define OTHER_AT	0x21000000ull
#define LAST		0x1fffffull		/* of what the tests map */

static u64 stamp;

/* A process has a table, and no stream walks it yet. */
static void nearly_start(void)
{
	bring_up(&everything);
	w.foreign[0].ttb = TABLES_AT;
	w.foreign[0].number = 1;
	stamp = 1;
}

/* Stream 3 walks the table of process 1 by ASID 5. */
static void start(void)
{
	nearly_start();
	simple_stream(3, 5);
}

/* The same with an endpoint that asks. */
static void start_ats(void)
{
	start();
	put_ste(3, STE0_S1, 1 << 28, 0, 0);
	ssim_atc_enable(&w.s, 3);
}

/* Without mixtures of the old CD and the new one. */
static void cfgi(u32 ssid)
{
	cmd(0x5 | 3ull << 32 | ssid << 12, 1);
	cmd_sync();
}

static void bind(u32 ssid, u32 asid, u64 ttb)
{
	store(cd_at(ssid) + 8, ttb);
	store(cd_at(ssid) + 24, 0xff);
	cfgi(ssid);
	store(cd_at(ssid), CD0(asid));
	cfgi(ssid);
}

static u64 snapshot(u64 first, u64 last)
{
	return ssim_snapshot(&w.s, 1, first, last, 4096);
}

static void changed(void)
{
	ssim_foreign_changed(&w.s, 1, 0, LAST, ++stamp);
}

static bool good(void)
{
	return ssim_check_foreign(&w.s, 1, 0, LAST, stamp);
}

static void tlbi(u64 va)
{
	cmd(0x12 | 5ull << 48, va);
}

static void tlbi_asid(void)
{
	cmd(0x11 | 5ull << 48, 0);
}

static bool holds(u64 va)
{
	u32 before = w.reports;
	bool clean = ssim_check_range(&w.s, 0, 5, 1, va, 0x1000);

	w.reports = before;
	return !clean;
}

/* Of such a table walks and snapshots tell, nothing else. */
static void what_is_held(void)
{
	start();
	poke(pte_at(0x5000), PAGE);
	poke(pte_at(0x6000), PAGE);
	EXPECT(!holds(0x5000));
	EXPECT_EQ(dma(3, 0x5000, true).outcome, OUT_OK);
	EXPECT(holds(0x5000));
	EXPECT(!holds(0x6000));
	EXPECT_EQ(snapshot(0x6000, 0x6fff), 0x7000);
	EXPECT(holds(0x6000));
	EXPECT(!holds(0x7000));
	/* nor is more of a table held than was asked for */
	poke(pte_at(0x8000), PAGE);
	snapshot(0x6000, 0x6fff);
	EXPECT(!holds(0x8000));
	/* what is reachable through a held table is not added by a store */
	poke(pte_at(0x7000), PAGE);
	EXPECT(!holds(0x7000));
	EXPECT_EQ(snapshot(0, LAST), 0x200000);
	EXPECT(holds(0x7000));
	EXPECT_EQ(w.reports, 0);
	/* what a table had when a device got it is not looked for either */
	nearly_start();
	poke(pte_at(0x5000), PAGE);
	simple_stream(3, 5);
	EXPECT(!holds(0x5000));
}

/* A bound of the work, and where to go on; other tables are no business of it. */
static void bounded(void)
{
	unsigned int i, calls = 0;
	u64 at = 0;

	start();
	for (i = 0; i < 512; i++)
		poke(pte_at(i << 12), PAGE + ((u64)i << 12));
	EXPECT_EQ(ssim_snapshot(&w.s, 2, 0, LAST, 128), 0x200000);
	EXPECT(!holds(0x5000));
	while (at <= 0x1fffff && calls++ < 100)
		at = ssim_snapshot(&w.s, 1, at, LAST, 128);
	EXPECT_EQ(calls, 7);		/* 128 less three tables are 80 */
	for (i = 0; i < 512; i++)
		EXPECT(holds(i << 12));
	/* the whole of the address space */
	start();
	EXPECT_EQ(ssim_snapshot(&w.s, 1, 0, ~0ull >> 16, 128), 1ull << 48);
}

/* I-32: what takes something away has to be invalidated, what gives need not. */
static void wider(void)
{
	static const struct {
		const char *what;
		u64 old, new, cd;
		bool wide;
	} t[] = {
		{ "the same", PAGE, PAGE, 0, false },
		{ "gone", PAGE, 0, 0, true },
		{ "swapped out", PAGE, PAGE & ~1ull, 0, true },
		{ "another page", PAGE, PAGE + 0x1000, 0, true },
		{ "read-only", PAGE, RO, 0, true },
		{ "writable", RO, PAGE, 0, false },
		{ "not the user's", PAGE, PAGE & ~0x40ull, 0, true },
		{ "the user's", PAGE & ~0x40ull, PAGE, 0, false },
		{ "not executable", PAGE, PAGE | 1ull << 54, 0, true },
		{ "not executable, privileged", PAGE, PAGE | 1ull << 53, 0, true },
		{ "executable", PAGE | 3ull << 53, PAGE, 0, false },
		{ "old", PAGE, PAGE & ~0x400ull, 0, false },
		{ "clean", PAGE, CLEAN, 3ull << 42, true },
		{ "dirty", CLEAN, PAGE, 3ull << 42, false },
		{ "no longer to be made dirty", CLEAN, RO, 3ull << 42, true },
		{ "never to be made dirty", CLEAN, RO, 0, false },
		{ "other memory", PAGE, PAGE | 4, 0, true },
		{ "other shareability", PAGE, PAGE & ~0x100ull, 0, true },
		{ "global", PAGE, PAGE & ~0x800ull, 0, true },
		{ "part of a run", PAGE & ~0xf000ull, RUN & ~0xf000ull, 0, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		start();
		put_cd(0, CD0(5) | t[i].cd, TABLES_AT, 0, 0xff);
		cmd(0x5 | 3ull << 32, 1);
		cmd_sync();
		poke(pte_at(0), t[i].old);
		snapshot(0, LAST);
		poke(pte_at(0), t[i].new);
		changed();
		if (good() == t[i].wide)
			complain(__FILE__, __LINE__, "%s", t[i].what);
		if (t[i].wide)
			EXPECT_REPORTS(1, "I-32");
		changed();
		tlbi(0);
		cmd_sync();
		if (!good())
			complain(__FILE__, __LINE__, "%s, invalidated", t[i].what);
	}
}

static void unmap_page(void)
{
	start();
	poke(pte_at(0x5000), PAGE);
	snapshot(0, LAST);
	poke(pte_at(0x5000), 0);
	changed();
}

/* I-32: the invalidation is complete, of all of it, and after the change. */
static void invalidations(void)
{
	unmap_page();
	tlbi(0x5000);
	EXPECT(!good());
	unmap_page();
	tlbi(0x6000);
	cmd_sync();
	EXPECT(!good());
	unmap_page();
	cmd(0x12 | 6ull << 48, 0x5000);
	cmd_sync();
	EXPECT(!good());
	unmap_page();
	tlbi_asid();
	cmd_sync();
	EXPECT(good());
	/* out of the range it is nobody's fault yet */
	unmap_page();
	EXPECT(ssim_check_foreign(&w.s, 1, 0x6000, 0x6fff, stamp));
	/* of another process neither */
	EXPECT(ssim_check_foreign(&w.s, 2, 0, LAST, stamp));
	/* no CD has its tag: whoever has it next will have to invalidate */
	unmap_page();
	store(cd_at(0), 0);
	EXPECT(!good());
	cfgi(0);
	EXPECT(good());
	/* before the change */
	start();
	poke(pte_at(0x5000), PAGE);
	snapshot(0, LAST);
	tlbi(0x5000);
	poke(pte_at(0x5000), 0);
	changed();
	cmd_sync();
	EXPECT(!good());
}

/* I-32: several CPUs at a time; what went after an invalidation began is not its own. */
static void overlapping(void)
{
	start();
	poke(pte_at(0x5000), PAGE);
	poke(pte_at(0x6000), PAGE);
	snapshot(0, LAST);
	poke(pte_at(0x5000), 0);
	ssim_foreign_changed(&w.s, 1, 0, LAST, 10);
	tlbi(0x5000);
	tlbi(0x6000);
	cmd_sync();
	poke(pte_at(0x6000), 0);
	ssim_foreign_changed(&w.s, 1, 0x6000, 0x6fff, 11);
	EXPECT(ssim_check_foreign(&w.s, 1, 0, LAST, 10));
	EXPECT(!ssim_check_foreign(&w.s, 1, 0x6000, 0x6fff, 11));
	EXPECT_REPORTS(1, "I-32");
	/* gone, there again when the command is read, and gone */
	start();
	poke(pte_at(0x5000), PAGE);
	snapshot(0, LAST);
	poke(pte_at(0x5000), 0);
	ssim_foreign_changed(&w.s, 1, 0, LAST, 10);
	poke(pte_at(0x5000), PAGE);
	EXPECT_EQ(dma(3, 0x5000, true).outcome, OUT_OK);
	tlbi(0x5000);
	cmd_sync();
	poke(pte_at(0x5000), 0);
	EXPECT(ssim_check_foreign(&w.s, 1, 0, LAST, 10));
	/* the same without anybody who walks */
	start();
	poke(pte_at(0x5000), PAGE);
	snapshot(0, LAST);
	poke(pte_at(0x5000), PAGE + 0x1000);
	ssim_foreign_changed(&w.s, 1, 0, LAST, 10);
	poke(pte_at(0x5000), PAGE);
	EXPECT(ssim_check_foreign(&w.s, 1, 0, LAST, 10));
	/* both are at the same pages: the later one does not take it over */
	unmap_page();
	ssim_foreign_changed(&w.s, 1, 0, LAST, stamp + 1);
	EXPECT(!good());
}

/* I-32: what was there again, and is known to be, went when it went again. */
static void there_again(void)
{
	bool walked;

	for (walked = false; ; walked = true) {
		unmap_page();
		poke(pte_at(0x5000), PAGE);
		if (walked)
			EXPECT_EQ(dma(3, 0x5000, true).outcome, OUT_OK);
		else
			tlbi(0x5000);
		poke(pte_at(0x5000), 0);
		ssim_foreign_changed(&w.s, 1, 0, LAST, stamp + 1);
		EXPECT(good());
		stamp++;
		EXPECT(!good());
		if (walked)
			break;
	}
}

/* I-32, I-9: a table that is cut off still has its entries. */
static void cut_off(void)
{
	start();
	poke(pte_at(0x5000), PAGE);
	snapshot(0, LAST);
	poke(TABLES_AT + 0x2000, 0);
	changed();
	cmd(0x12 | 5ull << 48, 0x5001);		/* the leaf alone */
	cmd_sync();
	EXPECT(!good());
	EXPECT_REPORTS(1, "I-32");
	changed();
	tlbi(0x5000);
	cmd_sync();
	EXPECT(good());
	/* a block where a table was, and the other way round */
	start();
	poke(pte_at(0x5000), PAGE);
	snapshot(0, LAST);
	poke(TABLES_AT + 0x2000, DATA_AT | 0xf41);
	changed();
	EXPECT(!good());
	tlbi(0x5000);
	cmd_sync();
	EXPECT(good());
	snapshot(0, LAST);
	poke(TABLES_AT + 0x2000, (TABLES_AT + 0x3000) | 3);
	changed();
	EXPECT(!good());
	tlbi(0);
	cmd_sync();
	EXPECT(good());
	/* limits that a table sets */
	snapshot(0, LAST);
	poke(TABLES_AT + 0x2000, (TABLES_AT + 0x3000) | 3 | 1ull << 62);
	changed();
	EXPECT(!good());
}

/* I-32: a run is wider than its pages if one of them is. */
static void runs(void)
{
	unsigned int i;

	start();
	for (i = 0; i < 16; i++)
		poke(pte_at(i << 12), RUN + ((u64)i << 12));
	snapshot(0, LAST);
	for (i = 0; i < 15; i++)
		poke(pte_at(i << 12), PAGE + ((u64)i << 12));
	changed();
	EXPECT(good());			/* no less than before */
	poke(pte_at(0xf000), 0);
	changed();
	EXPECT(!good());
	EXPECT_REPORTS(1, "I-32");
	tlbi(0xf000);
	cmd_sync();
	EXPECT(good());
	/* one that was met by its first page, and is held as one alone */
	start();
	for (i = 0; i < 16; i++)
		poke(pte_at(i << 12), RUN + ((u64)i << 12));
	EXPECT_EQ(dma(3, 0, true).outcome, OUT_OK);
	for (i = 0; i < 15; i++)
		poke(pte_at(i << 12), PAGE + ((u64)i << 12));
	poke(pte_at(0xf000), 0);
	changed();
	EXPECT(!good());
	EXPECT_REPORTS(1, "I-32");
	/* pages that are stored one by one, with an invalidation meanwhile: no I-6 */
	start();
	for (i = 0; i < 7; i++)
		poke(pte_at(i << 12), RUN + ((u64)i << 12));
	EXPECT_EQ(dma(3, 0x3000, true).outcome, OUT_OK);
	tlbi(0x5000);
	cmd_sync();
	EXPECT_EQ(w.reports, 0);
}

/* I-32, I-46: ATCs too. */
static void atcs(void)
{
	unsigned int i;

	start_ats();
	poke(pte_at(0x5000), PAGE);
	snapshot(0, LAST);
	poke(pte_at(0x5000), 0);
	changed();
	tlbi(0x5000);
	cmd_sync();
	EXPECT(!good());
	EXPECT_REPORTS(1, "I-32");
	cmd(0x40 | 3ull << 32, 0x5000);
	cmd_sync();
	EXPECT(good());
	/* both at once: the endpoint may ask between them */
	poke(pte_at(0x5000), PAGE);
	snapshot(0, LAST);
	poke(pte_at(0x5000), 0);
	changed();
	tlbi(0x5000);
	cmd(0x40 | 3ull << 32, 0x5000);
	cmd_sync();
	EXPECT(!good());
	/* what an ATC kept while the TLB let go, of what is taken away later */
	start_ats();
	poke(pte_at(0x5000), PAGE);
	snapshot(0, LAST);
	poke(pte_at(0x5000), 0);
	tlbi(0x5000);
	cmd_sync();
	poke(pte_at(0x5000), RO);
	snapshot(0, LAST);
	changed();
	EXPECT(!good());
	cmd(0x40 | 3ull << 32, 0x5000);
	cmd_sync();
	EXPECT(good());
	/* all that it was told of a page, whatever it was told before */
	start_ats();
	for (i = 0; i < 3; i++) {
		poke(pte_at(0x5000), i == 1 ? PAGE : RO);
		snapshot(0, LAST);
		tlbi(0x5000);
		cmd_sync();
	}
	changed();
	EXPECT(!good());
	EXPECT_REPORTS(1, "I-32");
}

/* I-33: when a process ends, nothing leads to its table. */
static void ends(void)
{
	static const struct {
		const char *what;
		u64 w0;
		bool cfgi, tlbi, other, good;
	} t[] = {
		{ "as it was", CD0(5), true, true, false, false },
		{ "not invalid for all", 0, false, true, false, false },
		{ "invalid", 0, true, true, false, true },
		{ "invalid, and nothing can be used", 0, true, false, false, true },
		{ "its ASID is used elsewhere", 0, true, false, true, false },
		{ "no walks", CD0(5) | 1 << 14, true, true, false, true },
		{ "no walks, but hits", CD0(5) | 1 << 14, true, false, false, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		start();
		put_ste(3, STE0_S1 | 2ull << 59, 2, 0, 0);
		if (t[i].other)
			put_cd(2, CD0(5), OTHER_AT, 0, 0xff);
		w.reports = 0;			/* I-30 is not meant here */
		poke(pte_at(0x5000), PAGE);
		snapshot(0, LAST);
		store(cd_at(0), t[i].w0);
		if (t[i].cfgi)
			cmd(0x5 | 3ull << 32, 1);
		cmd_sync();
		if (t[i].tlbi)
			tlbi_asid();
		cmd_sync();
		if (ssim_check_foreign_end(&w.s, 1) != t[i].good)
			complain(__FILE__, __LINE__, "%s", t[i].what);
		if (!t[i].good)
			EXPECT_REPORTS(1, "I-33");
		EXPECT(ssim_check_foreign_end(&w.s, 2));
	}
	/* a device that has not walked yet is led there all the same */
	start();
	EXPECT(!ssim_check_foreign_end(&w.s, 1));
	EXPECT_REPORTS(1, "I-33");
	start();
	wr(0x20, 0xe);
	EXPECT(ssim_check_foreign_end(&w.s, 1));
}

static void rebind(bool last)
{
	start();
	w.foreign[1].ttb = OTHER_AT;
	w.foreign[1].number = 2;
	store(cd_at(0), 0);
	cmd(0x5 | 3ull << 32, 1);
	if (last)
		cmd_sync();
	store(cd_at(0) + 8, OTHER_AT);
	if (last)
		cfgi(0);
	store(cd_at(0), CD0(6));
}

/* I-36: a PASID leads to one process at a time. */
static void pasids(void)
{
	rebind(true);
	EXPECT_EQ(w.reports, 0);
	rebind(false);
	EXPECT(w.reports);
	EXPECT(!strcmp(w.invariant, "I-36"));
	/* the same memory, and another process */
	start();
	w.foreign[0].number = 2;
	store(cd_at(0), CD0(6));
	EXPECT_REPORTS(1, "I-36");
	/* what its ATC has kept */
	start();
	put_ste(3, STE0_S1 | 2ull << 59, 1 << 28 | 2, 0, 0);
	ssim_atc_enable(&w.s, 3);
	bind(2, 5, TABLES_AT);
	poke(pte_at(0x5000), PAGE);
	snapshot(0, LAST);
	store(cd_at(2), 0);
	cfgi(2);
	tlbi_asid();
	cmd_sync();
	w.foreign[1].ttb = OTHER_AT;
	w.foreign[1].number = 2;
	EXPECT_EQ(w.reports, 0);
	bind(2, 6, OTHER_AT);
	EXPECT_REPORTS(1, "I-36");
}

/* I-30: an ASID, for another process with a table in the same memory. */
static void asids(void)
{
	bool flush;

	for (flush = false; ; flush = true) {
		start();
		poke(pte_at(0x5000), PAGE);
		snapshot(0, LAST);
		store(cd_at(0), 0);
		cmd(0x5 | 3ull << 32, 1);
		if (flush)
			tlbi_asid();
		cmd_sync();
		tlbi_asid();
		if (flush)
			cmd_sync();
		w.foreign[0].number = 2;
		store(cd_at(0), CD0(5));
		if (flush)
			break;
		EXPECT_REPORTS(1, "I-30");
	}
	EXPECT_EQ(w.reports, 0);
}

/* What the memory manager may do and the driver's tables may not. */
static void liberties(void)
{
	start();
	/* a page in the place of another, before the invalidation */
	poke(pte_at(0x5000), PAGE);
	snapshot(0, LAST);
	poke(pte_at(0x5000), PAGE + 0x1000);
	snapshot(0, LAST);
	EXPECT_EQ(w.reports, 0);
	tlbi(0x5000);
	cmd_sync();
	/* a table that two processes share, and one lets go of */
	w.foreign[1].ttb = OTHER_AT;
	w.foreign[1].number = 2;
	poke(OTHER_AT, (TABLES_AT + 0x1000) | 3);
	put_ste(3, STE0_S1 | 2ull << 59, 2, 0, 0);
	bind(2, 6, OTHER_AT);
	poke(TABLES_AT, 0);
	tlbi(0x5000);
	EXPECT_EQ(dma_ssid(3, 2, 0x5000, false).outcome, OUT_OK);
	EXPECT_EQ(w.reports, 0);
}

/* Regimes of processes that are gone make room for others. */
static void many(void)
{
	unsigned int i;

	start();
	put_ste(3, STE0_S1 | 2ull << 59, 2, 0, 0);
	poke(pte_at(0x5000), PAGE);
	poke(OTHER_AT, (TABLES_AT + 0x1000) | 3);
	w.foreign[1].ttb = OTHER_AT;
	for (i = 2; i < 1000; i++) {
		w.foreign[1].number = i;
		bind(2, 6, OTHER_AT);
		EXPECT_EQ(dma_ssid(3, 2, 0x5000, false).outcome, OUT_OK);
		store(cd_at(2), 0);
		cfgi(2);
		cmd(0x11 | 6ull << 48, 0);
		cmd_sync();
	}
	EXPECT_EQ(w.s.stats.lost, 0);
	EXPECT_EQ(w.reports, 0);
	EXPECT(w.s.stats.held < 16);
}

/* The CPU's own invalidations, heard or not. */
static void broadcast(void)
{
	struct ssim_ids ids = everything;
	unsigned int i;

	ids.idr[0] |= 1 << 5;		/* BTM */
	for (i = 0; i < 4; i++) {
		bring_up(&ids);
		w.foreign[0].ttb = TABLES_AT;
		w.foreign[0].number = 1;
		simple_stream(3, 5);
		if (i == 1)
			wr(0x2c, 6);	/* PTM; ignored while it is on */
		poke(pte_at(0x5000), PAGE);
		poke(pte_at(0x9000), PAGE);
		snapshot(0, LAST);
		poke(pte_at(0x5000), 0);
		changed();
		ssim_broadcast_range(&w.s, 0x12, i == 2 ? 6 : 5, i == 3 ? 0x6000 : 0x4000, 0x8fff);
		EXPECT_EQ(good(), i < 2);
		EXPECT(holds(0x9000));
	}
}

/* An adversary uses what the process lost until it is told, and no more than that. */
static void stale(void)
{
	start();
	w.s.prefer_stale = true;
	poke(pte_at(0x5000), RO);
	snapshot(0, LAST);
	poke(pte_at(0x5000), PAGE + 0x1000);
	EXPECT_EQ(dma(3, 0x5000, false).pa, DATA_AT);
	EXPECT_EQ(dma(3, 0x5000, true).pa, DATA_AT + 0x1000);
	tlbi(0x5000);
	cmd_sync();
	EXPECT_EQ(dma(3, 0x5000, false).pa, DATA_AT + 0x1000);
	/* what was given needs no invalidation: there is nothing stale */
	poke(pte_at(0x6000), RO);
	snapshot(0, LAST);
	poke(pte_at(0x6000), PAGE);
	EXPECT_EQ(dma(3, 0x6000, true).outcome, OUT_OK);
}

/* HTTU: access flag and dirty state, in a table that others store to as well. */
static void updates(void)
{
	start();
	put_cd(0, CD0(5) | 3ull << 42, TABLES_AT, 0, 0xff);
	cmd(0x5 | 3ull << 32, 1);
	cmd_sync();
	poke(pte_at(0x5000), CLEAN & ~0x400ull);
	EXPECT_EQ(dma(3, 0x5000, false).outcome, OUT_OK);
	EXPECT_EQ(peek(pte_at(0x5000)), CLEAN);
	EXPECT_EQ(dma(3, 0x5000, true).outcome, OUT_OK);
	EXPECT_EQ(peek(pte_at(0x5000)), PAGE | 1ull << 51);
	/* cleaned, and not invalidated */
	poke(pte_at(0x5000), CLEAN);
	changed();
	EXPECT(!good());
	EXPECT_REPORTS(1, "I-32");
}

void tests_foreign(void)
{
	run("foreign: walks and snapshots tell what is held (I-32)", what_is_held);
	run("foreign: snapshots are bounded (I-32)", bounded);
	run("foreign: what takes away and what gives (I-32)", wider);
	run("foreign: invalidations that are not enough (I-32)", invalidations);
	run("foreign: invalidations that overlap in time (I-32)", overlapping);
	run("foreign: what is there again (I-32)", there_again);
	run("foreign: tables that are cut off (I-32, I-9)", cut_off);
	run("foreign: contiguous runs (I-32)", runs);
	run("foreign: ATCs (I-32, I-46)", atcs);
	run("foreign: a process ends (I-33)", ends);
	run("foreign: a PASID gets another process (I-36)", pasids);
	run("foreign: an ASID gets another process (I-30)", asids);
	run("foreign: what only the memory manager may do (I-32)", liberties);
	run("foreign: a thousand processes (I-57)", many);
	run("foreign: broadcasts of the CPU (I-32)", broadcast);
	run("foreign: stale translations are used (I-32)", stale);
	run("foreign: access flag and dirty state (I-32)", updates);
}
