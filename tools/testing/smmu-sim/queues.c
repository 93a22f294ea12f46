// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command, event and PRI queues.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"

/* CONS.ERR of a command, and how far the queue came. */
static void expect_error(u64 w0, u64 w1, unsigned int error)
{
	u32 at = w.prod;

	cmd(w0, w1);
	EXPECT_EQ(rd(0x9c) >> 24 & 0x7f, error);
	EXPECT_EQ((rd(0x60) ^ rd(0x64)) & 1, error != 0);
	if (!error) {
		EXPECT_EQ(rd(0x9c), w.prod);
		return;
	}
	if (failures_here)
		complain(__FILE__, __LINE__, "command %llx %llx", (unsigned long long)w0,
			 (unsigned long long)w1);
	EXPECT_EQ(rd(0x9c) & 63, at);
	poke(CMDQ_AT + (at & 31) * 16, 0x46);
	poke(CMDQ_AT + (at & 31) * 16 + 8, 0);
	wr(0x64, rd(0x60));
	EXPECT_EQ(rd(0x9c) & 63, w.prod);
	wr(0x64, rd(0x60));
}

static void each_command(void)
{
	static const u64 good[][2] = {
		{ 0x01 }, { 0x500000801, 0 }, { 0x500005802, 0x12345000 }, { 0x500000003, 0 },
		{ 0x500000003, 1 }, { 0x4, 31 }, { 0x4, 3 }, { 0x500003005, 1 }, { 0x500000006, 0 },
		{ 0x0000000700000010, 0 }, { 0x0003000700000011, 0 }, { 0x0003000700000012, 0x1001 },
		{ 0x0003000700000012, 0x1000 }, { 0x0000000700000013, 0x1001 }, { 0x20 },
		{ 0x0003000000000021, 0 }, { 0x0003000000000022, 0x1000 }, { 0x23, 0x1000 },
		{ 0x0000000700000028, 0 }, { 0x000000070000002a, 0x1000 }, { 0x30 },
		{ 0x500000040, 0x34 }, { 0x500003a40, 0x1003 }, { 0x500003841, 0x2005 },
		{ 0x500000045, 0 }, { 0x46, 0 }, { 0x2046, 0 },
		/* ranges: TG 4K, NUM 3, SCALE 2; TTL 3 alone */
		{ 0x0003000700203012, 0x1401 }, { 0x0003000700000012, 0x1701 },
	};
	unsigned int i;

	bring_up(&everything);
	for (i = 0; i < ARRAY_SIZE(good); i++)
		expect_error(good[i][0], good[i][1], 0);
	EXPECT_EQ(w.s.stats.commands, ARRAY_SIZE(good));
	EXPECT_EQ(w.s.stats.illegal, 0);
}

static void illegal(void)
{
	static const u64 bad[][2] = {
		{ 0x00 }, { 0x08 }, { 0x18 }, { 0x1a }, { 0x47 }, { 0x50 }, { 0x70 }, { 0xff },
		{ 0x7 },			/* no MPAM */
		{ 0x3046 },			/* CS 3 */
		{ 0x500000403, 0 },		/* SSec */
		{ 0x500000440, 0 },
		{ 0x500000041, 0x3005 },	/* response 3 */
		{ 0x500000040, 53 },		/* span */
		{ 0x0003000700000012, 0x1401 },	/* TG without TTL, NUM, SCALE */
		{ 0x0003000700001012, 0x1001 },	/* NUM without TG */
		{ 0x0003000700000012, 0x1101 },	/* TTL without TG */
		{ 0x500001003, 0 },		/* reserved bits */
		{ 0x30, 1 },
	};
	unsigned int i;

	bring_up(&everything);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect_error(bad[i][0], bad[i][1], 1);
	EXPECT_EQ(w.s.stats.illegal, ARRAY_SIZE(bad));
}

/* What a lesser SMMU refuses. */
static void unsupported(void)
{
	static const struct {
		unsigned int reg;
		u32 clear, set;
		u64 cmd[2];
	} t[] = {
		{ 0, 1 << 0, 0, { 0x28 } }, { 0, 1 << 0, 0, { 0x2a } },
		{ 0, 1 << 1, 0, { 0x11 } }, { 0, 1 << 1, 0, { 0x5 } }, { 0, 1 << 1, 0, { 0x6 } },
		{ 0, 1 << 9, 0, { 0x20 } }, { 0, 1 << 9, 0, { 0x22 } },
		{ 0, 1 << 10, 0, { 0x40 } }, { 0, 1 << 16, 0, { 0x41 } },
		{ 0, 0, 1 << 24, { 0x44 } }, { 0, 0, 1 << 24, { 0x45 } },
		{ 3, 1 << 10, 0, { 0x0003000700203012, 0x1401 } },
		{ 5, 1 << 7, 0, { 0x0003000702000012, 0x1401 } },	/* SCALE 32 */
		{ 5, 1 << 7, 0, { 0x0003000700000012, 0x1901 } },	/* 16K, TTL 1 */
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		struct ssim_ids ids = everything;

		ids.idr[t[i].reg] = (ids.idr[t[i].reg] & ~t[i].clear) | t[i].set;
		bring_up(&ids);
		expect_error(t[i].cmd[0], t[i].cmd[1], 1);
		bring_up(&everything);
		expect_error(t[i].cmd[0], t[i].cmd[1], 0);
	}
}

/* I-14: every size, several times around. */
static void wraps(void)
{
	unsigned int log2, i, prod;

	for (log2 = 0; log2 <= 10; log2++) {
		reset(&everything);
		wr8(0x90, CMDQ_AT | log2);
		wr(0x20, 8);
		for (prod = 0, i = 0; i < 5u << log2; i++) {
			u64 slot = CMDQ_AT + (prod & ((1 << log2) - 1)) * 16;

			poke(slot, 0x1046);
			poke(slot + 8, MSI_AT);
			prod = (prod + 1) & ((2 << log2) - 1);
			wr(0x98, prod);
			EXPECT_EQ(rd(0x9c), prod);
		}
		EXPECT_EQ(w.s.stats.syncs, 5u << log2);
	}
}

static void sync_signals(void)
{
	struct ssim_ids ids = everything;

	bring_up(&everything);
	cmd(0x1046 | 0xcafe0123ull << 32, MSI_AT + 8);
	EXPECT_EQ((u32)peek(MSI_AT + 8), 0xcafe0123);
	EXPECT_EQ(w.irqs[IRQ_CMD_SYNC], 0);
	cmd(0x1046, 0);			/* no address: by wire */
	EXPECT_EQ(w.irqs[IRQ_CMD_SYNC], 1);
	cmd(0x2046, 0);
	EXPECT_EQ(w.sevs, 1);
	hole = MSI_AT;
	hole_size = 64;
	cmd(0x1046, MSI_AT);
	EXPECT_EQ(rd(0x60), 1 << 4);	/* MSI_CMDQ_ABT_ERR: consumed all the same */
	EXPECT_EQ(rd(0x9c), w.prod);
	ids.idr[0] &= ~(1 << 13 | 1 << 14);
	bring_up(&ids);
	cmd(0x1046, MSI_AT);
	EXPECT_EQ(w.irqs[IRQ_CMD_SYNC], 1);
	EXPECT_EQ(peek(MSI_AT), 0);
	cmd(0x2046, 0);
	EXPECT_EQ(w.sevs, 0);
}

/* I-19: an aborted fetch stops the queue until it is acknowledged. */
static void aborted_fetch(void)
{
	bring_up(&everything);
	hole = CMDQ_AT;
	hole_size = 16;
	cmd(0x46, 0);
	EXPECT_EQ(rd(0x9c), 2 << 24);
	cmd(0x46, 0);
	EXPECT_EQ(rd(0x9c) & 63, 0);
	hole_size = 0;
	wr(0x64, 1);
	EXPECT_EQ(rd(0x9c) & 63, 2);
}

static void event_overflow(void)
{
	u64 e[4];
	unsigned int i;

	bring_up(&everything);
	for (i = 0; i < 8; i++)
		dma(300 + i, 0, false);
	EXPECT_EQ(rd(0x100a8), 8);	/* full: the wrap flag differs */
	dma(400, 0, false);
	EXPECT_EQ(rd(0x100a8), 0x80000008);
	dma(401, 0, false);		/* active already: no second toggle */
	EXPECT_EQ(rd(0x100a8), 0x80000008);
	wr(0x100ac, 1);			/* room, but not acknowledged: still written (7.4) */
	dma(402, 0, false);
	EXPECT_EQ(rd(0x100a8), 0x80000009);
	event(7, e);
	EXPECT_EQ(e[0], 402ull << 32 | 2);
	wr(0x100ac, 0x80000009);
	for (i = 0; i < 9; i++)
		dma(300 + i, 0, false);
	EXPECT_EQ(rd(0x100a8) >> 31, 0);	/* a second overflow toggles back */
	EXPECT_EQ(w.s.stats.events_lost, 3);
}

static void event_abort(void)
{
	bring_up(&everything);
	hole = EVTQ_AT;
	hole_size = 0x1000;
	dma(300, 0, false);
	EXPECT_EQ(rd(0x60), 1 << 2);
	EXPECT_EQ(rd(0x100a8), 0);
	hole_size = 0;
	dma(300, 0, false);		/* not before the acknowledgment */
	EXPECT_EQ(rd(0x100a8), 0);
	wr(0x64, 1 << 2);
	dma(300, 0, false);
	EXPECT_EQ(rd(0x100a8), 1);
}

static u64 prq0(u32 sid, u32 ssid, bool last)
{
	return sid | (u64)ssid << 32 | 1ull << 60 | (u64)last << 62 | (ssid ? 1ull << 63 : 0);
}

static bool request(u64 w0, u64 w1)
{
	u64 record[2] = { w0, w1 };

	return ssim_page_request(&w.s, record);
}

static void page_requests(void)
{
	unsigned int i;

	bring_up(&everything);
	EXPECT(request(prq0(5, 9, false), 0x7000 | 3));
	EXPECT_EQ(peek(PRIQ_AT), 0x9000000900000005ull);
	EXPECT_EQ(peek(PRIQ_AT + 8), 0x7003);
	EXPECT_EQ(w.irqs[IRQ_PRIQ], 1);
	for (i = 1; i < 8; i++)
		EXPECT(request(prq0(5, 9, false), i << 12 | 3));
	EXPECT_EQ(rd(0x100c8), 8);
	EXPECT(!request(prq0(5, 9, false), 0x9000 | 3));
	EXPECT_EQ(rd(0x100c8), 0x80000008);
	EXPECT_EQ(w.resps, 0);		/* not the last of its group */
	EXPECT(!request(prq0(5, 0, true), 0x9000 | 4));
	EXPECT_EQ(w.resps, 1);
	EXPECT_EQ(w.resp.code, PRI_SUCCESS);
	EXPECT_EQ(w.resp.group, 4);
	EXPECT(w.resp.automatic && !w.resp.ssv);
	/* with a PASID: STE.PPAR, or failure where there is no STE */
	EXPECT(!request(prq0(5, 9, true), 0x9000 | 4));
	EXPECT_EQ(w.resp.code, PRI_FAILURE);
	put_ste(5, 9, 1 << 18, 0, 0);
	EXPECT(!request(prq0(5, 9, true), 0x9000 | 4));
	EXPECT_EQ(w.resp.code, PRI_SUCCESS);
	EXPECT_EQ(w.resp.ssid, 9);
	/* a stop marker is never answered */
	i = w.resps;
	EXPECT(!request(5 | 9ull << 32 | 1ull << 62 | 1ull << 63, 0));
	EXPECT_EQ(w.resps, i);
	/* room alone does not help: the overflow has to be acknowledged (8.1) */
	wr(0x100cc, 8);
	EXPECT(!request(prq0(5, 9, false), 0x1003));
	wr(0x100cc, 0x80000008);
	EXPECT(request(prq0(5, 9, false), 0x1003));
	/* the driver answers */
	cmd(0x41 | 1 << 11 | 9 << 12 | 5ull << 32, 2 << 12 | 3);
	EXPECT_EQ(w.resp.code, PRI_SUCCESS);
	EXPECT(!w.resp.automatic && w.resp.ssv && w.resp.ssid == 9 && w.resp.group == 3);
}

static void page_requests_off(void)
{
	bring_up(&everything);
	wr(0x20, 0xd);
	EXPECT(!request(prq0(5, 0, true), 0x1003));
	EXPECT_EQ(w.resp.code, PRI_FAILURE);
	wr(0x20, 0xf);
	hole = PRIQ_AT;
	hole_size = 0x1000;
	EXPECT(!request(prq0(5, 0, true), 0x1003));
	EXPECT_EQ(rd(0x60), 1 << 3);
	EXPECT_EQ(w.resp.code, PRI_FAILURE);
}

void tests_queues(void)
{
	run("queues: every command is taken (I-20)", each_command);
	run("queues: illegal commands stop the queue (I-19)", illegal);
	run("queues: a lesser SMMU refuses commands (I-20)", unsupported);
	run("queues: indexes wrap at every size (I-14)", wraps);
	run("queues: CMD_SYNC signals (I-17)", sync_signals);
	run("queues: an aborted fetch is reported and retried (I-19)", aborted_fetch);
	run("queues: event queue overflow (I-21)", event_overflow);
	run("queues: event queue abort (I-22)", event_abort);
	run("queues: page requests and their answers (I-39)", page_requests);
	run("queues: page requests with nobody to read them (I-41)", page_requests_off);
}
