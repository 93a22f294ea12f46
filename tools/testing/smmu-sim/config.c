// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stream tables, STEs, CD tables and CDs: what is found, and what is refused.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"

static const u64 s1_ste[4] = { STE0_S1 };
/* Stage 2: VMID 7, T0SZ 24 (40 bits), level 1, 4K, 40 bits out, AArch64, S2R. */
#define S2_W2	(7ull | 24ull << 32 | 1ull << 38 | 2ull << 48 | 1ull << 51 | 1ull << 58)
static const u64 s2_ste[4] = { 0xd, 0, S2_W2, TABLES_AT };
static const u64 nested_ste[4] = { 0xf | CDTAB_AT, 0, S2_W2, TABLES_AT };

/* The event of one transaction; 0 if it got as far as a translation. */
static unsigned int verdict(u32 sid)
{
	struct ssim_result r = dma(sid, 0x1000, false);

	return r.event == 0x10 ? 0 : r.event;
}

struct change {
	const char *what;
	unsigned int word;
	u64 clear, set;
	unsigned int event;
	unsigned int reg;	/* ID register to change as well */
	u32 reg_clear, reg_set;
};

static void try_ste(const u64 *base, const struct change *t, unsigned int n)
{
	unsigned int i, j;

	for (i = 0; i < n; i++) {
		struct ssim_ids ids = everything;
		u64 words[4];

		memcpy(words, base, sizeof(words));
		words[t[i].word] = (words[t[i].word] & ~t[i].clear) | t[i].set;
		ids.idr[t[i].reg] = (ids.idr[t[i].reg] & ~t[i].reg_clear) | t[i].reg_set;
		bring_up(&ids);
		/* tables: an identity of the first gigabyte at level 1; a CD behind it */
		poke(TABLES_AT, 0x7c1 | 1 << 10);
		poke(CDTAB_AT, CD0(5));
		poke(CDTAB_AT + 8, TABLES_AT + 0x1000);
		for (j = 0; j < 4; j++)
			poke(ste_at(3) + j * 8, words[j]);
		if (verdict(3) != t[i].event)
			complain(__FILE__, __LINE__, "%s: event 0x%x, not 0x%x", t[i].what,
				 verdict(3), t[i].event);
	}
}

static void ste_legality(void)
{
	static const struct change s1[] = {
		{ "as it is", 0, 0, 0, 0 },
		{ "V", 0, 1, 0, 4 },
		{ "Config abort", 0, 0xe, 0, 0 },
		{ "Config reserved", 0, 0xe, 6, 0 },
		{ "no stage 1", 0, 0, 0, 4, 0, 2 },
		{ "S1CDMax above SSIDSIZE", 0, 0, 21ull << 59, 4 },
		{ "S1CDMax, no substreams", 0, 0, 3ull << 59, 0, 1, 0x7c0 },
		{ "two levels, not supported", 0, 0, 8ull << 59 | 1 << 4, 4, 0, 1 << 19 },
		{ "format ignored for one CD", 0, 0, 1 << 4, 0, 0, 1 << 19 },
		{ "S1STALLD", 1, 0, 1 << 27, 0 },
		{ "S1STALLD, terminate only", 1, 0, 1 << 27, 4, 0, 0, 1 << 24 },
		{ "EATS", 1, 0, 1 << 28, 0 },
		{ "EATS split without stage 2", 1, 0, 2 << 28, 4 },
		{ "EATS split, no ATS", 1, 0, 2 << 28, 0, 0, 1 << 10 },
		{ "STRW 1", 1, 0, 1 << 30, 4 },
		{ "STRW 1, no EL2", 1, 0, 1 << 30, 0, 0, 1 << 9 },
		{ "STRW 2", 1, 0, 2ull << 30, 0 },
		{ "VMID of 16 bits", 2, 0, 0x100, 0 },
		{ "VMID too wide", 2, 0, 0x100, 4, 0, 1 << 18 },
	};
	static const struct change s2[] = {
		{ "as it is", 0, 0, 0, 0 },
		{ "no stage 2", 0, 0, 0, 4, 0, 1 },
		{ "AArch32 tables", 2, 1ull << 51, 0, 4 },
		{ "big-endian", 2, 0, 1ull << 52, 4 },
		{ "big-endian, mixed", 2, 0, 1ull << 52, 0, 0, 3 << 21 },
		{ "TG reserved", 2, 0, 3ull << 46, 4 },
		{ "no 4K", 2, 0, 0, 4, 5, 1 << 4 },
		{ "T0SZ below 12", 2, 63ull << 32, 11ull << 32, 4 },
		{ "T0SZ above 39", 2, 63ull << 32, 40ull << 32, 4, 3, 1 << 9 },
		{ "T0SZ and level", 2, 63ull << 32, 34ull << 32, 4 },
		{ "level 2 of 40 bits", 2, 3ull << 38, 0, 4 },
		{ "level 0 of 40 bits", 2, 3ull << 38, 2ull << 38, 0 },
		{ "level 0, 42 bits out", 2, 3ull << 38, 2ull << 38, 4, 5, 7, 3 },
		{ "input above IAS", 2, 0, 0, 4, 5, 7, 1 },
		{ "base above PS", 3, 0, 1ull << 40, 4 },
		{ "stall, terminate only", 2, 0, 1ull << 57, 4, 0, 0, 1 << 24 },
		{ "no stall, stall only", 2, 0, 0, 4, 0, 0, 2 << 24 },
		{ "HA without HTTU", 2, 0, 1ull << 56, 4, 0, 3 << 6 },
		{ "HD with AF only", 2, 0, 3ull << 55, 4, 0, 3 << 6, 1 << 6 },
		{ "HA and HD", 2, 0, 3ull << 55, 0 },
		{ "EATS with stalls", 2, 0, 1ull << 57, 0 },
		{ "EATS split without stage 1", 1, 0, 2 << 28, 4 },
	};
	static const struct change nested[] = {
		{ "as it is", 0, 0, 0, 0 },
		{ "EATS split", 1, 0, 2 << 28, 0 },
		{ "EATS split, NS1ATS", 1, 0, 2 << 28, 4, 0, 0, 1 << 11 },
		{ "STRW is ignored", 1, 0, 3ull << 30, 0 },
		{ "CD above stage 2's input", 0, 0, 1ull << 41, 0 },
	};

	try_ste(s1_ste, s1, ARRAY_SIZE(s1));
	try_ste(s2_ste, s2, ARRAY_SIZE(s2));
	try_ste(nested_ste, nested, ARRAY_SIZE(nested));
}

static void cd_legality(void)
{
	static const struct change t[] = {
		{ "as it is", 0, 0, 0, 0 },
		{ "V", 0, 1ull << 31, 0, 10 },
		{ "AArch32 tables", 0, 1ull << 41, 0, 10 },
		{ "TG0 reserved", 0, 0, 3 << 6, 10 },
		{ "TG0 reserved but disabled", 0, 0, 3 << 6 | 1 << 14, 0 },
		{ "T0SZ 15", 0, 63, 15, 10 },
		{ "T0SZ 12 with DS", 0, 63, 12, 10 },
		{ "T0SZ 39", 0, 63, 39, 0 },
		{ "T0SZ 40, small tables", 0, 63, 40, 0 },
		{ "T0SZ 40, no small tables", 0, 63, 40, 10, 3, 1 << 9 },
		{ "T0SZ 49", 0, 63, 49, 10 },
		{ "64K, T0SZ 12", 0, 63 | 3 << 6, 12 | 1 << 6, 0 },
		{ "64K, T0SZ 12, 48-bit VAs", 0, 63 | 3 << 6, 12 | 1 << 6, 10, 5, 3 << 10 },
		{ "TTB1 with TG1 0", 0, 1ull << 30, 0, 10 },
		{ "TTB1", 0, 1ull << 30 | 63 << 16, 2 << 22 | 16 << 16, 0 },
		{ "big-endian", 0, 0, 1 << 15, 10 },
		{ "base above IPS", 0, 7ull << 32, 0, 10, 0, 0, 0 },
		{ "HA without HTTU", 0, 0, 1ull << 43, 10, 0, 3 << 6 },
		{ "HD with AF only", 0, 0, 3ull << 42, 10, 0, 3 << 6, 1 << 6 },
		{ "HA and HD", 0, 0, 3ull << 42, 0 },
		{ "stall, terminate only", 0, 0, 1ull << 44, 10, 0, 0, 1 << 24 },
		{ "no stall, stall only", 0, 0, 0, 10, 0, 0, 2 << 24 },
		{ "RAZ/WI", 0, 1ull << 46, 0, 0 },
		{ "RAZ/WI, aborts only", 0, 1ull << 46, 0, 10, 0, 0, 1 << 26 },
		{ "ASID too wide", 0, 0, 0x100ull << 48, 10, 0, 1 << 12 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		struct ssim_ids ids = everything;
		bool far = !strcmp(t[i].what, "base above IPS");

		ids.idr[t[i].reg] = (ids.idr[t[i].reg] & ~t[i].reg_clear) | t[i].reg_set;
		bring_up(&ids);
		poke(CDTAB_AT, (CD0(5) & ~t[i].clear) | t[i].set);
		poke(CDTAB_AT + 8, far ? 1ull << 32 : TABLES_AT);
		poke(ste_at(3), STE0_S1);
		if (verdict(3) != t[i].event)
			complain(__FILE__, __LINE__, "%s: event 0x%x, not 0x%x", t[i].what,
				 verdict(3), t[i].event);
	}
	/* a CD may not stall where its STE forbids (I-27) */
	bring_up(&everything);
	poke(CDTAB_AT, CD0(5) | 1ull << 44);
	poke(CDTAB_AT + 8, TABLES_AT);
	poke(ste_at(3), STE0_S1);
	poke(ste_at(3) + 8, 1 << 27);
	EXPECT_EQ(verdict(3), 10);
	/* DS makes small granules wide */
	poke(ste_at(3) + 8, 0);
	poke(CDTAB_AT, (CD0(5) & ~63ull) | 12);
	poke(CDTAB_AT + 16, 1ull << 58);
	EXPECT_EQ(verdict(3), 0);
}

static void linear_stream_table(void)
{
	u64 e[4];

	bring_up(&everything);
	simple_stream(255, 5);
	store(pte_at(0x1000), DATA_AT | 0xf43);
	EXPECT_EQ(dma(255, 0x1000, true).outcome, OUT_OK);
	EXPECT_EQ(dma(256, 0x1000, true).event, 2);	/* I-28 */
	event(0, e);
	EXPECT_EQ(e[0], 256ull << 32 | 2);
	wr(0x20, 0xe);
	wr(0x2c, 0);			/* not to be recorded */
	wr(0x20, 0xf);
	EXPECT(!dma(256, 0x1000, true).recorded);
	EXPECT_EQ(dma(7, 0x1000, true).event, 4);
	hole = ste_at(9);
	hole_size = 64;
	wr(0x100ac, rd(0x100a8));
	EXPECT_EQ(dma(9, 0x1000, true).event, 3);
	event(0, e);
	EXPECT_EQ(e[3], ste_at(9));
}

static void two_level_stream_table(void)
{
	static const unsigned int splits[] = { 6, 8, 10 };
	unsigned int i, split;
	u64 l2 = STRTAB_AT + 0x100000;

	for (i = 0; i < 3; i++) {
		split = splits[i];
		bring_up(&everything);
		wr(0x20, 0xe);
		wr(0x88, 1 << 16 | split << 6 | 14);
		wr(0x20, 0xf);
		/* second descriptor: 16 of the streams */
		store(STRTAB_AT + 8, l2 | 5);
		cmd(0x3 | (1ull << split << 32), 0);
		cmd_sync();
		poke(CDTAB_AT, CD0(5));
		poke(CDTAB_AT + 8, TABLES_AT);
		store(l2 + 15 * 64, STE0_S1);
		EXPECT_EQ(verdict((1 << split) + 15), 0);
		EXPECT_EQ(verdict((1 << split) + 14), 4);
		EXPECT_EQ(verdict((1 << split) + 16), 2);
		EXPECT_EQ(verdict(3), 2);
		EXPECT_EQ(verdict(1 << 14), 2);
		/* a span beyond the split, or reserved, is none */
		poke(STRTAB_AT + 8, l2 | (split + 2));
		EXPECT_EQ(verdict((1 << split) + 15), 2);
		poke(STRTAB_AT + 8, l2 | 12);
		EXPECT_EQ(verdict((1 << split) + 15), 2);
		poke(STRTAB_AT + 8, l2 | (split + 1));
		EXPECT_EQ(verdict((1 << split) + 15), 0);
	}
}

static unsigned int substream(u32 ssid)
{
	struct ssim_txn txn = { .sid = 3, .ssid = ssid, .ssv = ssid != ~0u, .addr = 0x1000 };
	struct ssim_result r;

	ssim_translate(&w.s, &txn, &r);
	return r.event;
}

static void substreams(void)
{
	unsigned int dss, i;

	for (dss = 0; dss < 4; dss++) {
		bring_up(&everything);
		for (i = 0; i < 8; i++)
			put_cd(i, CD0(5 + i), TABLES_AT, 0, 0xff);
		put_ste(3, STE0_S1 | 3ull << 59, dss, 0, 0);
		EXPECT_EQ(substream(7), 0x10);
		EXPECT_EQ(substream(8), 8);
		EXPECT_EQ(substream(0), dss == 2 ? 6 : 0x10);
		EXPECT_EQ(substream(~0u), dss == 1 ? 0 : dss == 2 ? 0x10 : 6);
	}
	/* none at all */
	put_ste(3, STE0_S1, 0, 0, 0);
	EXPECT_EQ(substream(0), 8);
	put_ste(3, 0x9, 0, 0, 0);
	EXPECT_EQ(substream(0), 8);
	EXPECT_EQ(substream(~0u), 0);
}

static void two_level_cds(void)
{
	unsigned int fmt;

	for (fmt = 1; fmt <= 2; fmt++) {
		unsigned int leaf = fmt == 1 ? 6 : 10;
		u64 l2 = CDTAB_AT + 0x100000;

		bring_up(&everything);
		store(CDTAB_AT + 16, l2 | 1);
		store(l2 + 5 * 64, CD0(9));
		store(l2 + 5 * 64 + 8, TABLES_AT);
		put_ste(3, STE0_S1 | 20ull << 59 | fmt << 4, 0, 0, 0);
		EXPECT_EQ(substream((2 << leaf) + 5), 0x10);
		EXPECT_EQ(substream((2 << leaf) + 6), 10);
		EXPECT_EQ(substream((1 << leaf) + 5), 8);
		hole = l2 + 6 * 64;
		hole_size = 64;
		EXPECT_EQ(substream((2 << leaf) + 6), 9);
		hole = CDTAB_AT + 16;
		EXPECT_EQ(substream((2 << leaf) + 5), 9);
	}
}

/* With both stages, CDs and their tables stand in IPA space. */
static void nested_cds(void)
{
	u64 e[4];

	bring_up(&everything);
	/* stage 2: IPA 0x4000_0000 + x -> TABLES_AT's gigabyte + x, at level 1 */
	poke(TABLES_AT + 8, 0x0 | 0x7c1 | 1 << 10);
	poke(CDTAB_AT, CD0(5));
	poke(CDTAB_AT + 8, 0x40000000 + TABLES_AT + 0x4000);
	put_ste(3, 0xf | (CDTAB_AT + 0x40000000), 0, S2_W2, TABLES_AT);
	EXPECT_EQ(dma(3, 0x1000, false).event, 0x10);
	event(0, e);
	EXPECT_EQ(e[1] >> 39 & 1, 0);		/* stage 1, of the input */
	put_ste(3, 0xf | (CDTAB_AT + 0x80000000), 0, S2_W2, TABLES_AT);
	wr(0x100ac, rd(0x100a8));
	EXPECT_EQ(dma(3, 0x1000, false).event, 0x10);
	event(0, e);
	EXPECT_EQ(e[1], 1ull << 39 | 1ull << 35);	/* S2, CLASS CD, RnW */
	EXPECT_EQ(e[3], CDTAB_AT + 0x80000000);
}

void tests_config(void)
{
	run("config: which STEs are ILLEGAL (I-27)", ste_legality);
	run("config: which CDs are ILLEGAL (I-27)", cd_legality);
	run("config: linear stream table (I-28)", linear_stream_table);
	run("config: two-level stream table (I-28)", two_level_stream_table);
	run("config: substreams and S1DSS (I-36)", substreams);
	run("config: two-level CD tables (I-28)", two_level_cds);
	run("config: CDs behind stage 2 (I-28)", nested_cds);
}
