// SPDX-License-Identifier: GPL-2.0-only
/*
 * What endpoints hold.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"

#define PAGE		(DATA_AT | 0xf43)

/* Streams 3 (no PASID) and, with PASIDs, the same. */
static void start(bool pasid)
{
	bring_up(&everything);
	simple_stream(3, 5);
	if (pasid) {
		put_cd(2, CD0(5), TABLES_AT, 0, 0xff);
		put_ste(3, STE0_S1 | 2ull << 59, 1 << 28 | 2, 0, 0);
	} else {
		put_ste(3, STE0_S1, 1 << 28, 0, 0);
	}
	ssim_atc_enable(&w.s, 3);
	store(pte_at(0x5000), PAGE);
	store(pte_at(0x5000), 0);
}

static bool clean(u32 ssid)
{
	return ssim_check_unmapped(&w.s, 3, ssid, ssid, 0x5000, 0x1000);
}

static void tlbi(void)
{
	cmd(0x12 | 5ull << 48, 0x5001);
}

static void atc_inv(u64 w0, u64 w1)
{
	cmd(0x40 | 3ull << 32 | w0, w1);
}

/* I-46 */
static void order(void)
{
	start(false);
	tlbi();
	cmd_sync();
	EXPECT(!clean(0));
	EXPECT_REPORTS(1, "I-46");
	EXPECT(!ssim_check_page_reuse(&w.s, DATA_AT, 0x1000));
	atc_inv(0, 0x5000);
	EXPECT(!clean(0));
	cmd_sync();
	EXPECT(clean(0));
	EXPECT(ssim_check_page_reuse(&w.s, DATA_AT, 0x1000));
	EXPECT_EQ(w.atc_invs, 1);
	EXPECT_EQ(w.inv.addr, 0x5000);
	EXPECT_EQ(w.inv.last, 0x5fff);
	/* both before one sync: the ATC may ask again between them */
	start(false);
	tlbi();
	atc_inv(0, 0x5000);
	cmd_sync();
	EXPECT(!clean(0));
	/* the wrong order */
	start(false);
	atc_inv(0, 0x5000);
	cmd_sync();
	tlbi();
	cmd_sync();
	EXPECT(!clean(0));
}

static void scope(void)
{
	static const struct {
		u64 w0, w1;
		bool plain, pasid;	/* which ATC entries are gone */
	} t[] = {
		{ 0, 0x5000, true, false },
		{ 1 << 11 | 2 << 12, 0x5000, false, true },
		{ 1 << 11 | 3 << 12, 0x5000, false, false },
		{ 1 << 9 | 1 << 11 | 3 << 12, 0x5000, false, true },	/* Global */
		{ 0, 0x34, true, false },				/* all */
		{ 0, 0x6000, false, false },
		{ 0, 0x6001, false, false }, { 0, 0x4001, true, false },
		{ 0, 0x7002, true, false },				/* aligned to its size */
		{ 1ull << 34, 0x5000, false, false },			/* another stream */
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		start(true);
		tlbi();
		cmd_sync();
		atc_inv(t[i].w0, t[i].w1);
		cmd_sync();
		EXPECT_EQ(clean(0), t[i].plain);
		EXPECT_EQ(clean(2), t[i].pasid);
		if (failures_here) {
			complain(__FILE__, __LINE__, "case %u", i);
			return;
		}
	}
}

/* I-48: what did not answer holds on. */
static void timeouts(void)
{
	start(false);
	tlbi();
	cmd_sync();
	w.s.faults.atc_timeout = true;
	atc_inv(0, 0x5000);
	cmd_sync();
	EXPECT_EQ(rd(0x9c) >> 24, 3);			/* CERROR_ATC_INV_SYNC, at the sync */
	EXPECT_EQ(rd(0x9c) & 63, (w.prod - 1) & 63);
	EXPECT(!clean(0));
	wr(0x64, 1);					/* acknowledged: the sync is run again */
	EXPECT_EQ(rd(0x9c) & 63, w.prod);
	EXPECT(!clean(0));
	w.s.faults.atc_timeout_one = true;
	w.s.faults.atc_timeout_sid = 4;
	atc_inv(0, 0x5000);
	cmd_sync();
	EXPECT(clean(0));
}

/* I-47: an endpoint that is off holds nothing. */
static void disabled(void)
{
	start(false);
	tlbi();
	cmd_sync();
	EXPECT(!clean(0));
	ssim_atc_disable(&w.s, 3);
	EXPECT(clean(0));
	store(pte_at(0x5000), PAGE);
	store(pte_at(0x5000), 0);
	tlbi();
	cmd_sync();
	EXPECT(clean(0));
}

static void stage2(void)
{
	u64 w2 = 7ull | 25ull << 32 | 1ull << 38 | 2ull << 48 | 1ull << 51;

	bring_up(&everything);
	put_ste(3, 0xd, 1 << 28, w2, TABLES_AT);
	ssim_atc_enable(&w.s, 3);
	store(TABLES_AT, DATA_AT | 0x7fd);
	store(TABLES_AT, 0);
	cmd(0x28 | 7ull << 32, 0);
	cmd_sync();
	EXPECT(!clean(0));
	atc_inv(0, 0x34);
	cmd_sync();
	EXPECT(clean(0));
}

/* I-47: a domain is left while the endpoint's ATC stays on. */
static void left(void)
{
	start(false);
	store(pte_at(0x5000), PAGE);
	store(cd_at(0), 0);
	cmd(0x5 | 3ull << 32, 1);
	cmd_sync();
	store(cd_at(0) + 8, TABLES_AT + 0x4000);
	cmd(0x5 | 3ull << 32, 1);
	cmd_sync();
	store(cd_at(0), CD0(6));
	cmd(0x5 | 3ull << 32, 1);
	cmd_sync();
	cmd(0x11 | 5ull << 48, 0);
	cmd_sync();
	EXPECT(!ssim_check_page_reuse(&w.s, DATA_AT, 0x1000));
	EXPECT_REPORTS(1, "I-46");
	atc_inv(0, 0x34);
	cmd_sync();
	EXPECT(ssim_check_page_reuse(&w.s, DATA_AT, 0x1000));
	/* CFGI and ATC_INV before one sync: it may ask again between them */
	start(false);
	store(pte_at(0x5000), PAGE);
	store(ste_at(3), 0x9);
	cmd(0x3 | 3ull << 32, 1);
	atc_inv(0, 0x34);
	cmd_sync();
	cmd(0x11 | 5ull << 48, 0);
	cmd_sync();
	EXPECT(!ssim_check_page_reuse(&w.s, DATA_AT, 0x1000));
}

/* I-48: an endpoint that did not answer is shut out, and let in when it is clean. */
static void shut_out(void)
{
	unsigned int asked;

	for (asked = 0; asked < 2; asked++) {
		start(false);
		wr(0x20, 0x1f);				/* ATSCHK */
		tlbi();
		cmd_sync();
		EXPECT(!clean(0));
		store(ste_at(3), 0x1);
		EXPECT(!clean(0));
		cmd(0x3 | 3ull << 32, 1);
		cmd_sync();
		EXPECT(clean(0));
		EXPECT(ssim_check_page_reuse(&w.s, DATA_AT, 0x1000));
		wr(0x20, 0xf);
		EXPECT(!ssim_check_page_reuse(&w.s, DATA_AT, 0x1000));
		wr(0x20, 0x1f);
		if (asked) {
			atc_inv(0, 0x34);
			cmd_sync();
		}
		w.reports = 0;
		store(ste_at(3), STE0_S1);
		EXPECT_REPORTS(!asked, "I-48");
	}
}

void tests_atc(void)
{
	run("atc: TLBI, sync, ATC_INV, sync (I-46)", order);
	run("atc: the scope of ATC_INV (I-46)", scope);
	run("atc: time-outs (I-48)", timeouts);
	run("atc: endpoints that are off (I-47)", disabled);
	run("atc: stage 2 (I-46)", stage2);
	run("atc: a domain is left (I-47)", left);
	run("atc: endpoints that are shut out (I-48)", shut_out);
}
