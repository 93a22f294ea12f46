// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions: outcomes, event records, stalls, ATS.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"

static struct ssim_result go(struct ssim_txn txn)
{
	struct ssim_result r;

	ssim_translate(&w.s, &txn, &r);
	return r;
}

static void bypass(void)
{
	bring_up(&everything);
	put_ste(3, 0x9, 0, 0, 0);
	EXPECT_EQ(dma(3, 0xfffffffffffffull, true).pa, 0xfffffffffffffull);
	EXPECT_EQ(dma(3, 1ull << 52, true).event, 0x11);
	put_ste(3, 0x1, 0, 0, 0);
	EXPECT_EQ(dma(3, 0x1000, true).outcome, OUT_ABORT);
	EXPECT_EQ(dma(3, 0x1000, true).event, 0);
	EXPECT_EQ(events(), 1);
}

/* 7.3: each field in its place. */
static void records(void)
{
	struct ssim_txn txn = {
		.sid = 3, .ssid = 0xabcde & 7, .ssv = true, .addr = 0x123456789abcull,
		.write = false, .instr = true, .priv = true,
	};
	u64 e[4];

	bring_up(&everything);
	put_cd(6, CD0(5), TABLES_AT, 0, 0xff);
	put_ste(3, STE0_S1 | 3ull << 59, 0, 0, 0);
	EXPECT_EQ(go(txn).event, 0x10);
	event(0, e);
	EXPECT_EQ(e[0], 0x10 | 1 << 11 | 6 << 12 | 3ull << 32);
	EXPECT_EQ(e[1], 1ull << 33 | 1ull << 34 | 1ull << 35 | 2ull << 40);
	EXPECT_EQ(e[2], 0x123456789abcull);
	EXPECT_EQ(e[3], 0);
	txn.write = true;			/* a write is no instruction */
	txn.priv = false;
	EXPECT_EQ(go(txn).event, 0x10);
	event(1, e);
	EXPECT_EQ(e[1], 2ull << 40);
}

/* CD.A and CD.R. */
static void terminate(void)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct ssim_result r;

		bring_up(&everything);
		put_cd(0, (CD0(5) & ~(3ull << 45)) | (u64)i << 45, TABLES_AT, 0, 0xff);
		put_ste(3, STE0_S1, 0, 0, 0);
		r = dma(3, 0x1000, true);
		EXPECT_EQ(r.outcome, i & 2 ? OUT_ABORT : OUT_RAZWI);
		EXPECT_EQ(r.recorded, i & 1);
		EXPECT_EQ(r.event, 0x10);
		EXPECT_EQ(events(), i & 1);
	}
}

static void stalling(u32 sid)
{
	simple_stream(sid, 5);
	put_cd(0, CD0(5) | 1ull << 44, TABLES_AT, 0, 0xff);
	cmd(0x6 | (u64)sid << 32, 0);
	cmd_sync();
}

/* I-38 */
static void stall_and_resume(void)
{
	struct ssim_result r, r2;
	u64 e[4];

	bring_up(&everything);
	stalling(3);
	r = dma(3, 0x1000, true);
	EXPECT_EQ(r.outcome, OUT_STALLED);
	EXPECT(r.recorded);
	event(0, e);
	EXPECT_EQ(e[1], r.stag | 1ull << 31 | 2ull << 40);
	r2 = dma(3, 0x2000, false);
	EXPECT(r2.stag != r.stag);
	store(pte_at(0x1000), DATA_AT | 0xf43);
	cmd(0x44 | 1 << 12 | 3ull << 32, r.stag);	/* retry */
	EXPECT_EQ(w.resumes, 1);
	EXPECT_EQ(w.resumed_stag, r.stag);
	EXPECT_EQ(w.resumed.outcome, OUT_OK);
	EXPECT_EQ(w.resumed.pa, DATA_AT);
	EXPECT_REPORTS(0, "");
	cmd(0x44 | 1 << 12 | 3ull << 32, r.stag);	/* a second answer */
	EXPECT_REPORTS(1, "I-38");
	EXPECT_EQ(w.resumes, 1);
	cmd(0x44 | 1 << 12 | 4ull << 32, r2.stag);	/* another's */
	EXPECT_REPORTS(2, "I-38");
	cmd(0x44 | 3ull << 32, r2.stag);		/* terminate, Ab 0 */
	EXPECT_EQ(w.resumed.outcome, OUT_RAZWI);
	r = dma(3, 0x2000, false);
	cmd(0x44 | 1 << 13 | 3ull << 32, r.stag);
	EXPECT_EQ(w.resumed.outcome, OUT_ABORT);
	/* retried, it stalls again */
	r = dma(3, 0x2000, false);
	cmd(0x44 | 1 << 12 | 3ull << 32, r.stag);
	EXPECT_EQ(w.resumed.outcome, OUT_STALLED);
	EXPECT_EQ(events(), 5);
	r2 = dma(3, 0x3000, false);
	cmd(0x45 | 3ull << 32, 0);			/* all of the stream */
	EXPECT_EQ(w.resumes, 6);
	EXPECT_EQ(w.resumed.outcome, OUT_ABORT);
	dma(3, 0x3000, false);
	wr(0x20, 0xe);					/* SMMUEN off ends them too */
	EXPECT_EQ(w.resumes, 7);
}

static void stall_limits(void)
{
	struct ssim_ids ids = everything;
	unsigned int i;

	/* a full queue loses no stall */
	bring_up(&everything);
	stalling(3);
	for (i = 0; i < 10; i++)
		EXPECT_EQ(dma(3, i << 12, true).outcome, OUT_STALLED);
	EXPECT_EQ(events(), 8);
	EXPECT_EQ(rd(0x100a8) >> 31, 0);
	wr(0x100ac, 8);
	EXPECT_EQ(events(), 2);
	/* STALL_MAX */
	ids.idr[5] = (ids.idr[5] & 0xffff) | 2 << 16;
	bring_up(&ids);
	stalling(3);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(dma(3, i << 12, true).outcome, i < 2 ? OUT_STALLED : OUT_ABORT);
	/* no stall for what is no translation fault */
	bring_up(&everything);
	stalling(3);
	hole = TABLES_AT;
	hole_size = 8;
	EXPECT_EQ(dma(3, 0x1000, true).outcome, OUT_ABORT);
}

static void stage2_faults(void)
{
	u64 w2 = 7ull | 25ull << 32 | 1ull << 38 | 2ull << 48 | 1ull << 51;

	bring_up(&everything);
	put_ste(3, 0xd, 0, w2, TABLES_AT);		/* S2R 0: silent */
	EXPECT_EQ(dma(3, 0x1000, true).outcome, OUT_ABORT);
	EXPECT_EQ(events(), 0);
	put_ste(3, 0xd, 0, w2 | 1ull << 57, TABLES_AT);	/* S2S */
	EXPECT_EQ(dma(3, 0x1000, true).outcome, OUT_STALLED);
	EXPECT_EQ(events(), 1);
}

static void ats(void)
{
	struct ssim_txn req = { .type = TXN_ATS_REQUEST, .sid = 3, .addr = 0x1000 };
	struct ssim_txn done = { .type = TXN_TRANSLATED, .sid = 3, .addr = DATA_AT };
	struct ssim_result r;
	u64 e[4];

	bring_up(&everything);
	simple_stream(3, 5);
	store(pte_at(0x1000), DATA_AT | 0xfc3);		/* read-only */
	EXPECT_EQ(go(req).outcome, OUT_ATS_UR);		/* EATS is off */
	event(0, e);
	EXPECT_EQ(e[0] & 0xff, 5);
	put_ste(3, STE0_S1, 1 << 28, 0, 0);
	r = go(req);
	EXPECT_EQ(r.outcome, OUT_OK);
	EXPECT_EQ(r.pa, DATA_AT);
	EXPECT(r.read && !r.write);
	req.write = true;				/* still granted, without W */
	r = go(req);
	EXPECT_EQ(r.outcome, OUT_OK);
	EXPECT(r.read && !r.write);
	req.addr = 0x2000;
	r = go(req);
	EXPECT_EQ(r.outcome, OUT_ATS_DENIED);
	EXPECT_EQ(events(), 1);				/* no event for those */
	req.sid = 9;
	EXPECT_EQ(go(req).outcome, OUT_ATS_CA);
	/* translated traffic passes unchecked, until ATSCHK */
	done.sid = 9;
	EXPECT_EQ(go(done).pa, DATA_AT);
	wr(0x20, 0x1f);
	EXPECT_EQ(go(done).outcome, OUT_ABORT);
	done.sid = 3;
	EXPECT_EQ(go(done).pa, DATA_AT);
	put_ste(3, STE0_S1, 0, 0, 0);
	r = go(done);
	EXPECT_EQ(r.outcome, OUT_ABORT);
	EXPECT_EQ(r.event, 7);
	/* a dirtyable page: written only by who asked to write */
	put_ste(3, STE0_S1, 1 << 28, 0, 0);
	put_cd(0, CD0(5) | 3ull << 42, TABLES_AT, 0, 0xff);
	cmd(0x6 | 3ull << 32, 0);
	cmd_sync();
	store(pte_at(0x3000), DATA_AT | 0xfc3 | 1ull << 51);
	req = (struct ssim_txn){ .type = TXN_ATS_REQUEST, .sid = 3, .addr = 0x3000 };
	EXPECT(!go(req).write);
	req.write = true;
	EXPECT(go(req).write);
	EXPECT_EQ(peek(pte_at(0x3000)) & 0x80, 0);
	wr(0x20, 0x0);
	EXPECT_EQ(go(req).outcome, OUT_ATS_UR);
}

/* A transaction between translation and access holds up the CMD_SYNC of an invalidation. */
static void in_flight(void)
{
	struct ssim_txn txn = { .sid = 3, .addr = 0x1000, .hold = true };
	struct ssim_result r;
	u64 syncs;

	bring_up(&everything);
	simple_stream(3, 5);
	store(pte_at(0x1000), DATA_AT | 0xf43);
	r = go(txn);
	EXPECT(r.ticket);
	syncs = w.s.stats.syncs;
	cmd_sync();					/* nothing to wait for */
	EXPECT_EQ(w.s.stats.syncs, syncs + 1);
	store(pte_at(0x1000), 0);
	cmd(0x12 | 5ull << 48, 0x1001);
	cmd_sync();
	EXPECT_EQ(w.s.stats.syncs, syncs + 1);
	EXPECT_EQ(rd(0x9c), w.prod - 1);
	EXPECT(!ssim_check_unmapped(&w.s, 3, 0, false, 0x1000, 0x1000));
	ssim_done(&w.s, r.ticket);
	EXPECT_EQ(w.s.stats.syncs, syncs + 2);
	EXPECT_EQ(rd(0x9c), w.prod);
	EXPECT(ssim_check_unmapped(&w.s, 3, 0, false, 0x1000, 0x1000));
}

static void stale_preferred(void)
{
	bring_up(&everything);
	simple_stream(3, 5);
	store(pte_at(0x1000), DATA_AT | 0xf43);
	store(pte_at(0x1000), 0);
	EXPECT_EQ(dma(3, 0x1008, true).event, 0x10);
	w.s.prefer_stale = true;
	EXPECT_EQ(dma(3, 0x1008, true).pa, DATA_AT + 8);
	cmd(0x12 | 5ull << 48, 0x1001);
	EXPECT_EQ(dma(3, 0x1008, true).pa, DATA_AT + 8);
	cmd_sync();
	EXPECT_EQ(dma(3, 0x1008, true).event, 0x10);
}

/* An atomic wants what reads and writes want, of each stage. */
static void atomics(void)
{
	static const struct {
		unsigned int s2ap;
		bool read, write, atomic;
	} t[] = { { 0 }, { 1, true }, { 2, false, true }, { 3, true, true, true } };
	u64 w2 = 7ull | 25ull << 32 | 1ull << 38 | 2ull << 48 | 1ull << 51 | 1ull << 58, e[4];
	struct ssim_txn txn = { .sid = 3, .addr = 0x5000, .atomic = true };
	struct ssim_result r;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		bring_up(&everything);
		put_ste(3, 0xd, 0, w2, TABLES_AT);
		store(TABLES_AT, DATA_AT | 0x73d | t[i].s2ap << 6);
		EXPECT_EQ(dma(3, 0x5000, false).outcome == OUT_OK, t[i].read);
		EXPECT_EQ(dma(3, 0x5000, true).outcome == OUT_OK, t[i].write);
		wr(0x100ac, rd(0x100a8));
		ssim_translate(&w.s, &txn, &r);
		EXPECT_EQ(r.outcome == OUT_OK, t[i].atomic);
		if (t[i].atomic)
			continue;
		EXPECT_EQ(r.event, 0x13);
		event(0, e);
		EXPECT_EQ(e[1] >> 35 & 1, 0);		/* RnW */
	}
}

void tests_translate(void)
{
	run("translate: bypass and abort (I-51)", bypass);
	run("translate: event records (I-62)", records);
	run("translate: terminated transactions (I-38)", terminate);
	run("translate: stalls, resumed and ended (I-38)", stall_and_resume);
	run("translate: more stalls than room (I-38)", stall_limits);
	run("translate: faults of stage 2 (I-62)", stage2_faults);
	run("translate: ATS requests and translated traffic (I-46)", ats);
	run("translate: a CMD_SYNC waits for what is in flight (I-17)", in_flight);
	run("translate: the adversary uses what is stale (I-7)", stale_preferred);
	run("translate: atomics (I-11)", atomics);
}
