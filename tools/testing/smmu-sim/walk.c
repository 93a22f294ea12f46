// SPDX-License-Identifier: GPL-2.0-only
/*
 * Table walks: geometry, permissions, access flag and dirty state, faults.
 * Shifts and descriptors are numbers of DDI 0487 D8.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"

/* [granule][level + 1]: log2 of what one entry covers; 0: no such level. */
static const u8 covers[3][5] = {
	{ 48, 39, 30, 21, 12 }, { 0, 47, 36, 25, 14 }, { 0, 0, 42, 29, 16 },
};
static const u8 page_shift[3] = { 12, 14, 16 };
static const u64 tg0[3] = { 0, 2 << 6, 1 << 6 }, tg1[3] = { 2 << 22, 1 << 22, 3 << 22 };
static const unsigned int per_table[3] = { 9, 11, 13 };

static u64 next_table;

/* Base of stage 1, tables as they come. */
static void stream(unsigned int g, unsigned int tsz, u64 clear, u64 set, bool ds)
{
	next_table = TABLES_AT + 0x100000;
	put_cd(0, (((CD0(5) & ~0xffull) | tsz | tg0[g]) & ~clear) | set, TABLES_AT,
	       ds ? 1ull << 58 : 0, 0xbb00ff);
	put_ste(3, STE0_S1, 0, 0, 0);
}

static u64 pack(unsigned int g, u64 pa, bool ds)
{
	if (ds)
		return (pa & 0x3ffffffffffffull) | (pa >> 50 & 3) << 8;
	return g == 2 ? (pa & 0xffffffffffffull) | (pa >> 48 & 15) << 12 : pa;
}

/* Makes the way from the first level to a leaf; returns where the leaf stands. */
static u64 map(unsigned int g, u64 base, unsigned int bits, u64 va, int level, u64 desc, bool ds)
{
	int first, l;
	u64 at, table = base, index;

	for (first = -1; !covers[g][first + 1] || covers[g][first + 1] >= bits; )
		first++;
	va &= (1ull << bits) - 1;
	for (l = first; ; l++) {
		index = va >> covers[g][l + 1];
		if (l > first)
			index &= (1ull << per_table[g]) - 1;
		at = table + index * 8;
		if (l == level) {
			store(at, desc);
			return at;
		}
		if (!(peek(at) & 1)) {
			store(at, pack(g, next_table, ds) | 3);
			next_table += 0x10000;
		}
		table = peek(at) & 0xffffffffffffull & ~((1ull << page_shift[g]) - 1);
		if (ds)
			table &= 0x3ffffffffffffull;
	}
}

#define LEAF(level)	((level) == 3 ? 3ull : 1ull)
#define RW		0x740ull	/* AF, inner shareable, read and write for all */

static void geometries(void)
{
	unsigned int g, tsz;
	int level;

	for (g = 0; g < 3; g++)
		for (tsz = 16; tsz <= 48 - (g == 2); tsz++)
			for (level = 1 + (g != 0); level <= 3; level++) {
				unsigned int bits = 64 - tsz, s = covers[g][level + 1];
				u64 va, pa = 0x5a5a5a5a5a5aull >> s << s;
				struct ssim_result r;

				if (s >= bits)
					continue;
				bring_up(&everything);
				stream(g, tsz, 0, 0, false);
				va = (1ull << (bits - 1)) | (s < bits - 1 ? 1ull << s : 0);
				map(g, TABLES_AT, bits, va, level, pa | RW | LEAF(level), false);
				r = dma(3, va + 0x123, true);
				EXPECT_EQ(r.outcome, OUT_OK);
				EXPECT_EQ(r.pa, pa + 0x123);
				EXPECT_EQ(r.size, 1ull << s);
				EXPECT_EQ(r.attr, 0xff);
				EXPECT_EQ(r.sh, 3);
				EXPECT_EQ(dma(3, va + (1ull << s) - 1, true).pa,
					  pa + (1ull << s) - 1);
				EXPECT_EQ(dma(3, va ^ 1ull << (bits - 1), true).event, 0x10);
				if (tsz > 16)
					EXPECT_EQ(dma(3, va | 1ull << bits, true).event, 0x10);
				if (failures_here) {
					complain(__FILE__, __LINE__, "granule %u tsz %u level %d",
						 g, tsz, level);
					return;
				}
			}
}

static void wide(void)
{
	static const struct {
		unsigned int g, tsz;
		int level;
		bool ds;
		u64 va, pa;
	} t[] = {
		{ 0, 12, 3, true, 0x9000000000000ull, 0xc123456789000ull },	/* level -1 */
		{ 0, 12, 0, true, 0x8008000000000ull, 0xf008000000000ull },
		{ 0, 16, 2, true, 0x800000200000ull, 0x4000000400000ull },
		{ 1, 12, 3, true, 0xf00000000c000ull, 0xc00000000c000ull },
		{ 1, 12, 1, true, 0x8001000000000ull, 0xa00f000000000ull },
		{ 2, 12, 3, false, 0xf000000010000ull, 0xf000000050000ull },
		{ 2, 12, 1, false, 0x8040000000000ull, 0x90c0000000000ull },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		struct ssim_result r;

		bring_up(&everything);
		stream(t[i].g, t[i].tsz, 7ull << 32, 6ull << 32 | 3 << 12, t[i].ds);
		map(t[i].g, TABLES_AT, 64 - t[i].tsz, t[i].va, t[i].level,
		    pack(t[i].g, t[i].pa, t[i].ds) | 0x440 | LEAF(t[i].level), t[i].ds);
		r = dma(3, t[i].va, true);
		EXPECT_EQ(r.outcome, OUT_OK);
		EXPECT_EQ(r.pa, t[i].pa);
		if (t[i].ds)
			EXPECT_EQ(r.sh, 3);	/* of the CD */
		/* 48 bits out: too much */
		stream(t[i].g, t[i].tsz, 7ull << 32, 5ull << 32, t[i].ds);
		if (t[i].level != 1 || t[i].g != 2)
			EXPECT_EQ(dma(3, t[i].va, true).event, 0x11);
	}
	/* without DS the bits are others' */
	bring_up(&everything);
	stream(0, 16, 7ull << 32, 6ull << 32, false);
	map(0, TABLES_AT, 48, 0x1000, 3, DATA_AT | 0x743, false);
	EXPECT_EQ(dma(3, 0x1000, true).pa, DATA_AT);
}

static void ranges(void)
{
	unsigned int g;

	for (g = 0; g < 3; g++) {
		bring_up(&everything);
		/* both halves of 39 bits */
		put_cd(0, (CD0(5) & ~(0xffull | 1 << 30)) | 25 | tg0[g] | tg1[g] | 25 << 16,
		       TABLES_AT, TABLES_AT + 0x80000, 0xff);
		put_ste(3, STE0_S1, 0, 0, 0);
		next_table = TABLES_AT + 0x100000;
		map(g, TABLES_AT, 39, 0x70000, 3, DATA_AT | 0x743, false);
		map(g, TABLES_AT + 0x80000, 39, 0x70000, 3, (DATA_AT * 2) | 0x743, false);
		EXPECT_EQ(dma(3, 0x70008, true).pa, DATA_AT + 8);
		EXPECT_EQ(dma(3, 0xffffff8000070008ull, true).pa, DATA_AT * 2 + 8);
		EXPECT_EQ(dma(3, 0x8000070008ull, true).event, 0x10);
		EXPECT_EQ(dma(3, 0xffffff0000070008ull, true).event, 0x10);
		EXPECT_EQ(dma(3, 0x5500000000070008ull, true).event, 0x10);
		/* the top byte ignored, in one half */
		store(cd_at(0), peek(cd_at(0)) | 1ull << 38);
		cmd(0x5 | 3ull << 32, 1);
		cmd_sync();
		EXPECT_EQ(dma(3, 0x5500000000070008ull, true).pa, DATA_AT + 8);
		EXPECT_EQ(dma(3, 0x55ffff8000070008ull, true).event, 0x10);
		/* E0PD is not there: ignored; walks disabled */
		store(cd_at(0), peek(cd_at(0)) | 1 << 14);
		EXPECT_EQ(dma(3, 0x70008, true).event, 0x10);
		EXPECT_EQ(dma(3, 0xffffff8000070008ull, true).outcome, OUT_OK);
	}
}

static struct ssim_result access(bool write, bool instr, bool priv)
{
	struct ssim_txn txn = {
		.sid = 3, .addr = 0x1000, .write = write, .instr = instr, .priv = priv,
	};
	struct ssim_result r;

	ssim_translate(&w.s, &txn, &r);
	return r;
}

/* "rwx" for unprivileged, then privileged accesses. */
static void expect_rights(const char *rights)
{
	static const char names[] = "rwxrwx";
	unsigned int i;

	for (i = 0; i < 6; i++) {
		struct ssim_result r = access(i % 3 == 1, i % 3 == 2, i >= 3);
		bool may = rights[i] == names[i];

		if (r.outcome != (may ? OUT_OK : OUT_ABORT) || r.event != (may ? 0 : 0x13))
			complain(__FILE__, __LINE__, "\"%s\": %u gives %d", rights, i, r.outcome);
	}
}

static void permissions_s1(void)
{
	static const struct {
		const char *rights;
		u64 leaf, table, cd;
	} t[] = {
		/* AP[2:1] is bits 7:6; UXN 54, PXN 53 */
		{ "--xrwx", 0x00 }, { "rwxrw-", 0x40 }, { "--xr-x", 0x80 }, { "r-xr-x", 0xc0 },
		{ "rw-rw-", 0x40 | 1ull << 54 }, { "r-xr--", 0xc0 | 1ull << 53 },
		{ "---rwx", 0x00 | 1ull << 54 }, { "--xrw-", 0x00 | 1ull << 53 },
		/* APTable is bits 62:61, UXNTable 60, PXNTable 59 */
		{ "r-xr-x", 0x40, 2ull << 61 }, { "--xrwx", 0x40, 1ull << 61 },
		{ "--xr-x", 0x40, 3ull << 61 }, { "rw-rw-", 0x40, 1ull << 60 },
		{ "r-xr--", 0xc0, 1ull << 59 },
		/* WXN, PAN */
		{ "rw-rw-", 0x40, 0, 1ull << 36 }, { "--xrw-", 0x00, 0, 1ull << 36 },
		{ "r-xr-x", 0xc0, 0, 1ull << 36 },
		{ "rwx---", 0x40, 0, 1ull << 40 }, { "--xrwx", 0x00, 0, 1ull << 40 },
		{ "r-x--x", 0xc0, 0, 1ull << 40 },
	};
	unsigned int i;
	u64 at;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		bring_up(&everything);
		stream(0, 16, 0, t[i].cd, false);
		map(0, TABLES_AT, 48, 0x1000, 3, DATA_AT | 0x403 | t[i].leaf, false);
		poke(TABLES_AT, peek(TABLES_AT) | t[i].table);
		expect_rights(t[i].rights);
		if (!t[i].table)
			continue;
		/* HAD: tables' limits are ignored */
		poke(CDTAB_AT + 8, TABLES_AT | 2);
		expect_rights(t[i].leaf == 0x40 ? "rwxrw-" : "r-xr-x");
	}
	/* PRIVCFG and INSTCFG override; a stream of EL2 is privileged and has one XN */
	bring_up(&everything);
	stream(0, 16, 0, 0, false);
	at = map(0, TABLES_AT, 48, 0x1000, 3, DATA_AT | 0x403, false);
	poke(ste_at(3) + 8, 3ull << 48);
	expect_rights("rwxrwx");
	poke(ste_at(3) + 8, 2ull << 48);
	expect_rights("--x--x");
	poke(ste_at(3) + 8, 2ull << 30);
	expect_rights("rwxrwx");
	poke(at, peek(at) | 1ull << 54);
	expect_rights("rw-rw-");
	poke(ste_at(3) + 8, 3ull << 48 | 2ull << 50);
	poke(at, peek(at) | 1ull << 53);
	expect_rights("rwxrwx");
}

/* Stage 2: VMID 7, 4K, 39 bits from level 1, R. */
#define S2_W2	(7ull | 25ull << 32 | 1ull << 38 | 5ull << 48 | 1ull << 51 | 1ull << 58)

static void stage2_stream(u64 w2)
{
	next_table = TABLES_AT + 0x100000;
	put_ste(3, 0xd, 0, S2_W2 | w2, TABLES_AT);
}

static void permissions_s2(void)
{
	static const struct {
		const char *rights;
		u64 leaf;
	} t[] = {
		/* S2AP is bits 7:6, XN 54:53 */
		{ "------", 0 }, { "r-xr-x", 0x40 }, { "-w--w-", 0x80 }, { "rwxrwx", 0xc0 },
		{ "rw-rw-", 0xc0 | 2ull << 53 }, { "rwxrw-", 0xc0 | 1ull << 53 },
		{ "rw-rwx", 0xc0 | 3ull << 53 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		bring_up(&everything);
		stage2_stream(0);
		map(0, TABLES_AT, 39, 0x1000, 3, DATA_AT | 0x43f | t[i].leaf, false);
		expect_rights(t[i].rights);
	}
}

static void concatenated(void)
{
	static const struct {
		unsigned int g, in, sl0;
		u64 va, leaf_at, leaf;
	} t[] = {
		/* 4K, 43 bits from level 1: sixteen tables */
		{ 0, 43, 1, 0x7ffc0000000ull, 0xfff8, 1 },
		/* 16K, 40 bits from level 2: sixteen tables */
		{ 1, 40, 1, 0xfffe000000ull, 0x3fff8, 1 },
		/* 64K, 42 bits from level 2, one table; 46 bits, sixteen */
		{ 2, 42, 1, 0x3ffe0000000ull, 0xfff8, 1 },
		{ 2, 46, 1, 0x3fffe0000000ull, 0xffff8, 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		u64 w2 = 7ull | (64ull - t[i].in) << 32 | (u64)t[i].sl0 << 38 | 5ull << 48 |
			 1ull << 51 | 1ull << 58 | (t[i].g == 1 ? 2ull : t[i].g / 2) << 46;

		bring_up(&everything);
		put_ste(3, 0xd, 0, w2, TABLES_AT);
		store(TABLES_AT + t[i].leaf_at, 0x7fc | t[i].leaf);
		EXPECT_EQ(dma(3, t[i].va | 0x18, true).pa, 0x18);
		EXPECT_EQ(dma(3, 1ull << t[i].in, true).event, 0x10);
	}
}

static void access_flag(void)
{
	u64 at;

	bring_up(&everything);
	stream(0, 16, 0, 0, false);
	at = map(0, TABLES_AT, 48, 0x1000, 3, DATA_AT | 0x343, false);
	EXPECT_EQ(dma(3, 0x1000, false).event, 0x12);
	stream(0, 16, 0, 1ull << 35, false);		/* AFFD */
	EXPECT_EQ(dma(3, 0x1000, false).outcome, OUT_OK);
	EXPECT_EQ(peek(at), DATA_AT | 0x343);
	stream(0, 16, 0, 1ull << 43, false);		/* HA */
	EXPECT_EQ(dma(3, 0x1000, false).outcome, OUT_OK);
	EXPECT_EQ(peek(at), DATA_AT | 0x743);
	/* a read of a page of the kernel's sets nothing */
	poke(at, DATA_AT | 0x303);
	EXPECT_EQ(dma(3, 0x1000, false).event, 0x13);
	EXPECT_EQ(peek(at), DATA_AT | 0x303);
}

/* I-11: writes to a clean page make it dirty; reads do not. */
static void dirty_state(void)
{
	u64 at, clean = DATA_AT | 0x7c3 | 1ull << 51;

	bring_up(&everything);
	stream(0, 16, 0, 3ull << 42, false);
	at = map(0, TABLES_AT, 48, 0x1000, 3, clean, false);
	EXPECT_EQ(dma(3, 0x1000, false).outcome, OUT_OK);
	EXPECT_EQ(peek(at), clean);
	EXPECT_EQ(dma(3, 0x1000, true).outcome, OUT_OK);
	EXPECT_EQ(peek(at), clean & ~0x80ull);
	poke(at, DATA_AT | 0x7c3);			/* without DBM */
	EXPECT_EQ(dma(3, 0x1000, true).event, 0x13);
	stream(0, 16, 0, 1ull << 43, false);		/* HA alone */
	poke(at, clean);
	EXPECT_EQ(dma(3, 0x1000, true).event, 0x13);
	/* stage 2 */
	bring_up(&everything);
	stage2_stream(3ull << 55);
	clean = DATA_AT | 0x77f | 1ull << 51;
	at = map(0, TABLES_AT, 39, 0x1000, 3, clean, false);
	EXPECT_EQ(dma(3, 0x1000, false).outcome, OUT_OK);
	EXPECT_EQ(peek(at), clean);
	EXPECT_EQ(dma(3, 0x1000, true).outcome, OUT_OK);
	EXPECT_EQ(peek(at), clean | 0x80);
	poke(at, DATA_AT | 0x37f);
	EXPECT_EQ(dma(3, 0x1000, false).outcome, OUT_OK);
	EXPECT_EQ(peek(at), DATA_AT | 0x77f);
}

static void reserved(void)
{
	static const struct {
		unsigned int g;
		int level;
		u64 desc;
	} t[] = {
		{ 0, 3, 0x741 }, { 0, 3, 0x740 }, { 0, 3, 0x742 }, { 0, 0, 0x741 },
		{ 1, 3, 0x741 }, { 1, 1, 0x741 }, { 2, 3, 0x741 }, { 2, 1, 0x741 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		bring_up(&everything);
		stream(t[i].g, 16, 0, 0, false);
		map(t[i].g, TABLES_AT, 48, 0x1000, t[i].level, DATA_AT * 0x100000 | t[i].desc, false);
		EXPECT_EQ(dma(3, 0x1000, false).event, 0x10);
	}
	/* bits of the base below the size of the table are none, either */
	bring_up(&everything);
	stream(0, 16, 0, 0, false);
	map(0, TABLES_AT, 48, 0x1000, 3, DATA_AT | 0x743, false);
	put_cd(0, CD0(5), TABLES_AT | 0xff0, 0, 0xff);
	EXPECT_EQ(dma(3, 0x1000, false).pa, DATA_AT);
}

static void address_size(void)
{
	bring_up(&everything);
	stream(0, 16, 7ull << 32, 1ull << 32, false);	/* 36 bits */
	map(0, TABLES_AT, 48, 0x1000, 3, 1ull << 36 | 0x743, false);
	EXPECT_EQ(dma(3, 0x1000, false).event, 0x11);
	map(0, TABLES_AT, 48, 0x2000, 3, 0xffffff000ull | 0x743, false);
	EXPECT_EQ(dma(3, 0x2000, false).outcome, OUT_OK);
	poke(TABLES_AT, 1ull << 36 | 3);
	EXPECT_EQ(dma(3, 0x2000, false).event, 0x11);	/* a table, too */
}

static void external_abort(void)
{
	u64 e[4], at;

	bring_up(&everything);
	stream(0, 16, 0, 0, false);
	at = map(0, TABLES_AT, 48, 0x1000, 3, DATA_AT | 0x743, false);
	hole = at;
	hole_size = 8;
	EXPECT_EQ(dma(3, 0x1008, true).event, 0xb);
	event(0, e);
	EXPECT_EQ(e[0], 3ull << 32 | 0xb);
	EXPECT_EQ(e[1], 1ull << 40);			/* CLASS TT, write, stage 1 */
	EXPECT_EQ(e[2], 0x1008);
	EXPECT_EQ(e[3], at);
}

static void big_endian(void)
{
	struct ssim_ids ids = everything;
	unsigned int i;

	ids.idr[0] &= ~(3 << 21);
	bring_up(&ids);
	stream(0, 16, 0, 1 << 15, false);
	store(TABLES_AT, __builtin_bswap64((TABLES_AT + 0x1000) | 3));
	for (i = 1; i < 3; i++)
		store(TABLES_AT + i * 0x1000,
		      __builtin_bswap64((TABLES_AT + 0x1000 * (i + 1)) | 3));
	store(TABLES_AT + 0x3008, __builtin_bswap64(DATA_AT | 0x743));
	EXPECT_EQ(dma(3, 0x1008, true).pa, DATA_AT + 8);
}

/* Both stages: IPA 0x4000_0000 + x is PA x, for the first gigabyte. */
static void nested(void)
{
	const u64 up = 0x40000000;
	u64 e[4], at;

	bring_up(&everything);
	store(TABLES_AT + 8, 0x7fd);
	next_table = TABLES_AT + 0x100000;
	at = TABLES_AT + 0x10000;
	store(at, (at + 0x1000 + up) | 3);
	store(at + 0x1000, (at + 0x2000 + up) | 3);
	store(at + 0x2000, (at + 0x3000 + up) | 3);
	store(at + 0x3008, (0x777000 + up) | 0x743);
	store(at + 0x3010, 0x80000000 | 0x743);
	store(at + 0x3018, (0x777000 + 3 * up) | 0x7c3 | 1ull << 51);
	put_cd(0, CD0(5), at + up, 0, 0xff);
	put_ste(3, 0xf | (CDTAB_AT + up), 0, S2_W2, TABLES_AT);
	EXPECT_EQ(dma(3, 0x1008, true).pa, 0x777008);
	EXPECT_EQ(dma(3, 0x1008, true).size, 0x1000);
	/* the output is not mapped */
	wr(0x100ac, rd(0x100a8));
	EXPECT_EQ(dma(3, 0x2010, true).event, 0x10);
	event(0, e);
	EXPECT_EQ(e[1], 2ull << 40 | 1ull << 39);	/* CLASS IN, S2, write */
	EXPECT_EQ(e[2], 0x2010);
	EXPECT_EQ(e[3], 0x80000000);
	/* a table is not */
	store(at + 0x1000, 0xc0000000 | 3);
	wr(0x100ac, rd(0x100a8));
	EXPECT_EQ(dma(3, 0x1008, true).event, 0x10);
	event(0, e);
	EXPECT_EQ(e[1], 1ull << 40 | 1ull << 39);	/* CLASS TT */
	EXPECT_EQ(e[3], 0xc0000000);
	store(at + 0x1000, (at + 0x2000 + up) | 3);
	/* rights are those of both */
	store(TABLES_AT + 8, 0x77d);
	EXPECT_EQ(dma(3, 0x1008, false).outcome, OUT_OK);
	EXPECT_EQ(dma(3, 0x1008, true).event, 0x13);
	/* a dirty bit of stage 1 may be written only where stage 2 lets it */
	store(cd_at(0), CD0(5) | 3ull << 42);
	store(TABLES_AT + 24, 0x7fd);
	wr(0x100ac, rd(0x100a8));
	EXPECT_EQ(dma(3, 0x3008, true).event, 0x13);
	event(0, e);
	EXPECT_EQ(e[1], 1ull << 40 | 1ull << 39);	/* CLASS TT */
	EXPECT_EQ(peek(at + 0x3018) & 0x80, 0x80);
	store(TABLES_AT + 8, 0x7fd);
	EXPECT_EQ(dma(3, 0x3008, true).outcome, OUT_OK);
	EXPECT_EQ(peek(at + 0x3018) & 0x80, 0);
	/* stage 1's base beyond stage 2's range */
	put_cd(0, CD0(5), 1ull << 40, 0, 0xff);
	EXPECT_EQ(dma(3, 0x1008, true).event, 0x10);
}

static void memory_types(void)
{
	static const struct {
		u64 s1, s2, fwb;
		u8 attr;
	} t[] = {
		{ 0, 0xf << 2, 0, 0xff }, { 1, 0xf << 2, 0, 0x00 }, { 0, 5 << 2, 0, 0x44 },
		{ 0, 1 << 2, 0, 0x04 }, { 2, 0xf << 2, 0, 0xbb }, { 1, 6 << 2, 1, 0xff },
		{ 1, 7 << 2, 1, 0x00 }, { 0, 7 << 2, 1, 0xff }, { 0, 5 << 2, 1, 0x44 },
	};
	static const struct {
		u64 s2, fwb;
		u8 attr;
	} alone[] = {
		{ 0xf << 2, 0, 0xff }, { 5 << 2, 0, 0x44 }, { 1 << 2, 0, 0x04 },
		{ 6 << 2, 1, 0xff }, { 5 << 2, 1, 0x44 }, { 1 << 2, 1, 0x04 }, { 7 << 2, 1, 0xff },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		bring_up(&everything);
		store(TABLES_AT, 0x7c1 | t[i].s2);
		next_table = TABLES_AT + 0x100000;
		put_cd(0, CD0(5), TABLES_AT + 0x10000, 0, 0xbb00ff);
		map(0, TABLES_AT + 0x10000, 48, 0x1000, 3, 0x743 | t[i].s1 << 2, false);
		put_ste(3, 0xf | CDTAB_AT, t[i].fwb << 25, S2_W2, TABLES_AT);
		EXPECT_EQ(dma(3, 0x1000, false).attr, t[i].attr);
	}
	/* without stage 1, of what a master sends as cacheable */
	for (i = 0; i < ARRAY_SIZE(alone); i++) {
		bring_up(&everything);
		store(TABLES_AT, 0x7c1 | alone[i].s2);
		put_ste(3, 0xd, alone[i].fwb << 25, S2_W2, TABLES_AT);
		EXPECT_EQ(dma(3, 0x1000, false).attr, alone[i].attr);
	}
}

void tests_walk(void)
{
	run("walk: every granule, input size and level (I-1)", geometries);
	run("walk: 52 bits, LPA and LPA2 (I-1)", wide);
	run("walk: two halves, their ranges, the top byte (I-1)", ranges);
	run("walk: permissions of stage 1 (I-45)", permissions_s1);
	run("walk: permissions of stage 2 (I-45)", permissions_s2);
	run("walk: concatenated roots (I-12)", concatenated);
	run("walk: access flag (I-4)", access_flag);
	run("walk: dirty state (I-11)", dirty_state);
	run("walk: descriptors that are none (I-4)", reserved);
	run("walk: output beyond IPS (I-4)", address_size);
	run("walk: aborted descriptor fetches (I-9)", external_abort);
	run("walk: big-endian tables (I-4)", big_endian);
	run("walk: both stages (I-1)", nested);
	run("walk: memory types (I-4)", memory_types);
}
