// SPDX-License-Identifier: GPL-2.0-only
/*
 * Off and on again: what is held across it, and how much is read at the start.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"

#define PAGE	(DATA_AT | 0xf43)

static void queues_on(void)
{
	wr8(0x80, STRTAB_AT);
	wr(0x88, 8);
	wr8(0x90, CMDQ_AT | 5);
	wr8(0xa0, EVTQ_AT | 3);
	wr(0x20, 0xc);
}

/* I-55: reset says nothing about caches. */
static void unknown(void)
{
	static const struct {
		u64 cmds[3][2];
		u32 cr2;
		bool sync, good;
	} t[] = {
		{ .sync = true },
		{ { { 0x4, 31 } }, .sync = true },
		{ { { 0x30, 0 } }, .sync = true },
		{ { { 0x4, 31 }, { 0x30, 0 } } },
		{ { { 0x4, 31 }, { 0x30, 0 } }, .sync = true, .good = true },
		{ { { 0x4, 30 }, { 0x30, 0 } }, .sync = true },
		{ { { 0x4, 31 }, { 0x30, 0 } }, .cr2 = 1, .sync = true },
		{ { { 0x4, 31 }, { 0x20, 0 }, { 0x30, 0 } }, .cr2 = 1, .sync = true, .good = true },
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		reset(&everything);
		wr(0x2c, t[i].cr2);
		queues_on();
		for (j = 0; j < 3 && t[i].cmds[j][0]; j++)
			cmd(t[i].cmds[j][0], t[i].cmds[j][1]);
		if (t[i].sync)
			cmd_sync();
		wr(0x20, 0xd);
		EXPECT_REPORTS(!t[i].good, "I-55");
		if (failures_here) {
			complain(__FILE__, __LINE__, "case %u", i);
			return;
		}
	}
}

/* I-55: while it is off tables may go; when it is on again, none may be held. */
static void another_life(void)
{
	unsigned int by;

	for (by = 0; by < 4; by++) {
		bring_up(&everything);
		simple_stream(3, 5);
		store(pte_at(0x5000), PAGE);
		EXPECT(!ssim_check_table_free(&w.s, TABLES_AT, 0x1000));
		EXPECT_EQ(w.reports, 1);
		wr(0x20, 0xe);
		EXPECT(ssim_check_table_free(&w.s, TABLES_AT, 0x1000));
		if (by & 1)
			cmd(0x4, 31);
		if (by & 2)
			cmd(0x30, 0);
		cmd_sync();
		poke(TABLES_AT, 0);			/* unseen: nothing is read */
		wr(0x20, 0xf);
		EXPECT_REPORTS(by == 3 ? 1 : 2, by == 3 ? "I-8" : "I-55");
		if (by == 3)
			EXPECT(ssim_check_table_free(&w.s, TABLES_AT + 0x1000, 0x3000));
		EXPECT_EQ(dma(3, 0x5000, true).event, 0x10);
	}
}

/* GBPA: writes of ABORT take effect with UPDATE. */
static void abort_all(void)
{
	wr(0x44, 1u << 31 | 1 << 20);
}

/* I-55: without power there are no registers, and what comes back is out of reset. */
static void power(void)
{
	bring_up(&everything);
	simple_stream(3, 5);
	store(pte_at(0x5000), PAGE);
	EXPECT_EQ(dma(3, 0x5000, true).pa, DATA_AT);
	ssim_power(&w.s, false);
	EXPECT_EQ(dma(3, 0x5000, true).outcome, OUT_ABORT);
	EXPECT_EQ(w.reports, 0);
	EXPECT_EQ(ssim_read(&w.s, 0x20, 4), 0xffffffff);
	EXPECT_REPORTS(1, "I-55");
	wr(0x20, 0xf);
	EXPECT_REPORTS(2, "I-55");
	ssim_power(&w.s, true);
	queues_on();
	w.s.faults.cons_reads = 5;
	cmd(0x30, 0);
	ssim_power(&w.s, false);
	EXPECT_REPORTS(4, "I-55");			/* GBPA, too */
	ssim_power(&w.s, true);
	EXPECT_EQ(rd(0x20), 0);
	EXPECT_EQ(dma(3, 0x5000, true).pa, 0x5000);
	EXPECT_EQ(w.reports, 4);
}

/* I-55: DMA that waits for power; what was cached survives; and nothing is asked meanwhile. */
static void waking(void)
{
	unsigned int by;

	for (by = 0; by < 8; by++) {
		bring_up(&everything);
		simple_stream(3, 5);
		store(pte_at(0x5000), PAGE);
		EXPECT_EQ(dma(3, 0x5000, true).pa, DATA_AT);
		ssim_power(&w.s, false);
		store(pte_at(0x5000), 0);
		EXPECT(ssim_check_range(&w.s, 0, 5, 1, 0x5000, 0x1000));
		EXPECT(ssim_check_page_reuse(&w.s, DATA_AT, 0x1000));
		EXPECT(ssim_check_asid_reuse(&w.s, 0, 5));
		EXPECT(ssim_check_vmid_reuse(&w.s, 0));
		EXPECT(ssim_check_config(&w.s, 3));
		ssim_power(&w.s, true);
		if (by & 4)
			abort_all();
		queues_on();
		EXPECT_REPORTS(!(by & 4), "I-55");
		if (by & 1)
			cmd(0x4, 31);
		if (by & 2)
			cmd(0x30, 0);
		cmd_sync();
		wr(0x20, 0xd);
		EXPECT_EQ(w.reports, !(by & 4) + ((by & 3) != 3));
		/* It has been awake: what follows is no waking up. */
		wr(0x20, 0);
		queues_on();
		EXPECT_EQ(w.reports, !(by & 4) + ((by & 3) != 3));
	}
}

/* Streams that abort cost nothing, however many there are; the others are all found. */
static void many_streams(void)
{
	u64 sid = 60001, l2 = 0x13000000;
	u32 i;

	bring_up(&everything);
	simple_stream(3, 5);			/* tables and a CD */
	wr(0x20, 0xe);
	cmd(0x4, 31);
	cmd(0x30, 0);
	cmd_sync();
	wr(0x88, 16);
	for (i = 0; i < 1 << 16; i++)
		poke(ste_at(i), 1);
	poke(ste_at(sid), STE0_S1);
	wr(0x20, 0xf);
	EXPECT_EQ(w.s.stats.lost, 0);
	EXPECT(!ssim_check_table_free(&w.s, TABLES_AT + 0x2000, 0x1000));
	EXPECT_EQ(ssim_cfg_versions(&w.s, C_STE, sid, 0, NULL, 0), 1);
	EXPECT_EQ(ssim_cfg_versions(&w.s, C_STE, sid + 1, 0, NULL, 0), 0);
	/* one that was left out is there when it changes, as it was */
	store(ste_at(7), STE0_S1);
	EXPECT_EQ(ssim_cfg_versions(&w.s, C_STE, 7, 0, NULL, 0), 2);

	/* the same by two levels */
	wr(0x20, 0xe);
	cmd(0x4, 31);
	cmd(0x30, 0);
	cmd_sync();
	for (i = 0; i < 1 << 16; i++)
		poke(ste_at(i), 0);
	wr(0x88, 1 << 16 | 8 << 6 | 16);
	poke(STRTAB_AT + (sid >> 8) * 8, l2 | 9);
	poke(l2 + (sid & 255) * 64, STE0_S1);
	wr(0x20, 0xf);
	EXPECT_EQ(w.s.stats.lost, 0);
	EXPECT(!ssim_check_table_free(&w.s, TABLES_AT + 0x2000, 0x1000));
	/* a table of streams is linked that has one which translates */
	poke(l2 + 0x4000 + 64, STE0_S1);
	store(STRTAB_AT + 8, (l2 + 0x4000) | 9);
	EXPECT_EQ(ssim_cfg_versions(&w.s, C_STE, 257, 0, NULL, 0), 1);
	EXPECT_REPORTS(2, "I-8");
}

/* I-25: who may use the old is made to. */
static void old_configuration(void)
{
	bring_up(&everything);
	w.s.prefer_stale = true;
	simple_stream(3, 5);
	poke(pte_at(0x5000), PAGE);
	store(ste_at(3), 0);
	EXPECT_EQ(dma(3, 0x5000, true).outcome, OUT_OK);
	cmd(0x3 | 3ull << 32, 1);
	cmd_sync();
	EXPECT_EQ(dma(3, 0x5000, true).event, 4);
	store(ste_at(3), STE0_S1);
	EXPECT_EQ(dma(3, 0x5000, true).event, 4);	/* it was invalid, and may be cached so */
	cmd(0x3 | 3ull << 32, 1);
	cmd_sync();
	EXPECT_EQ(dma(3, 0x5000, true).outcome, OUT_OK);
	store(cd_at(0), 0);
	EXPECT_EQ(dma(3, 0x5000, true).outcome, OUT_OK);
	cmd(0x5 | 3ull << 32, 1);
	cmd_sync();
	EXPECT_EQ(dma(3, 0x5000, true).event, 0xa);
}

/* A hint that nothing is cached is given when that is certain. */
static void dormant(void)
{
	struct ssim_ids ids = everything;

	bring_up(&everything);
	EXPECT_EQ(rd(0x40), 0);
	ids.idr[0] |= 1 << 8;
	bring_up(&ids);
	EXPECT_EQ(rd(0x40), 1);
	simple_stream(3, 5);
	EXPECT_EQ(rd(0x40), 0);
}

void tests_life(void)
{
	run("life: what was cached before the reset (I-55)", unknown);
	run("life: off and on again (I-55)", another_life);
	run("life: without power (I-55)", power);
	run("life: power comes back (I-55)", waking);
	run("life: 65536 streams (I-28)", many_streams);
	run("life: transactions by old configuration (I-25)", old_configuration);
	run("life: STATUSR.DORMANT (I-55)", dormant);
}
