// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes anywhere: registers, structures, tables, commands. Nothing is expected
 * but that every call returns, that the sanitizers find nothing, and that what
 * the model counts stays consistent (I-59, I-62, I-63).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"

static u64 state;

static u64 rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* A word that is likely to mean something: structures that nearly work. */
static u64 likely(void)
{
	static const u64 words[] = {
		STE0_S1, 0xd, 0xf | CDTAB_AT, 9, 1, 0, TABLES_AT | 3, (TABLES_AT + 0x1000) | 3,
		(TABLES_AT + 0x2000) | 3, DATA_AT | 0xf43, DATA_AT | 0xf41, CDTAB_AT | 1,
		7ull | 25ull << 32 | 1ull << 38 | 2ull << 48 | 1ull << 51 | 1ull << 58,
		TABLES_AT, STRTAB_AT | 9,
	};
	u64 word = rnd() % 4 ? words[rnd() % ARRAY_SIZE(words)] : CD0(rnd() & 7);

	switch (rnd() % 4) {
	case 0:
		return word ^ 1ull << (rnd() & 63);
	case 1:
		return rnd() % 8 ? word : rnd();
	}
	return word;
}

static u64 somewhere(void)
{
	static const u64 places[] = { STRTAB_AT, CDTAB_AT, TABLES_AT, TABLES_AT + 0x1000,
				      TABLES_AT + 0x2000 };

	return places[rnd() % ARRAY_SIZE(places)] + (rnd() & 0x1f8);
}

static u64 address(void)
{
	u64 a = rnd() & 0x3fffff;

	switch (rnd() % 6) {
	case 0:
		return a | ~0ull << 48;
	case 1:
		return rnd();
	}
	return a;
}

static void a_command(void)
{
	static const u8 ops[] = { 1, 2, 3, 4, 5, 6, 0x10, 0x11, 0x12, 0x13, 0x20, 0x21, 0x22, 0x23,
				  0x28, 0x2a, 0x30, 0x40, 0x41, 0x44, 0x45, 0x46, 0x46, 0x46 };
	u64 w0 = ops[rnd() % ARRAY_SIZE(ops)], w1 = rnd() % 2 ? address() & ~0xfffull : 0;

	if (rnd() % 2)
		w0 |= (rnd() & 7) << (rnd() % 2 ? 32 : 48);
	if (rnd() % 4 == 0)
		w0 ^= 1ull << (rnd() & 63);
	if (rnd() % 4 == 0)
		w1 |= rnd() & 0xfff;
	cmd(w0, w1);
	if ((rd(0x60) ^ rd(0x64)) & 1) {
		/* as a driver does: skip it */
		poke(CMDQ_AT + (rd(0x9c) & 31) * 16, 0x46);
		poke(CMDQ_AT + (rd(0x9c) & 31) * 16 + 8, 0);
		wr(0x64, rd(0x60));
	}
}

static void a_transaction(void)
{
	struct ssim_txn txn = {
		.type = rnd() % 8 ? TXN_ORDINARY : rnd() % 3, .sid = rnd() & 7,
		.ssid = rnd() & 3, .ssv = rnd() % 2, .write = rnd() % 2, .instr = rnd() % 4 == 0,
		.priv = rnd() % 2, .addr = address(),
	};
	struct ssim_result r;

	ssim_translate(&w.s, &txn, &r);
	EXPECT(r.outcome <= OUT_ATS_CA);
	EXPECT(r.outcome != OUT_OK || r.pa < 1ull << 52 || txn.type == TXN_TRANSLATED);
}

/* The tables are a process's, or are not; it changes, with or without commands. */
static void a_process(void)
{
	u64 first = address(), last = first | (rnd() & 0xffffff);
	u32 number = rnd() % 3;

	if (rnd() % 4 == 0) {
		w.foreign[0].ttb = TABLES_AT;
		w.foreign[0].number = rnd() % 3;
	}
	ssim_snapshot(&w.s, number, first, last, 128 + rnd() % 512);
	poke(pte_at(first), likely());
	if (rnd() % 2)
		ssim_foreign_changed(&w.s, number, first, last, w.s.now);
	if (rnd() % 4 == 0)
		ssim_broadcast_range(&w.s, rnd() % 2 ? 0x12 : 0x22, rnd() & 7, first, last);
	if (rnd() % 2)
		ssim_check_foreign(&w.s, number, first, last, w.s.now - rnd() % 64);
	if (rnd() % 8 == 0)
		ssim_check_foreign_end(&w.s, number);
}

/* Now and then something works: a stream of one kind or another, all invalidated. */
static void a_stream(void)
{
	static const u64 w2 = 7ull | 25ull << 32 | 1ull << 38 | 2ull << 48 | 1ull << 51;
	u32 sid = rnd() & 7;
	u64 eats = rnd() % 2 ? 1 << 28 : 0;

	cmd(0x4, 31);
	cmd(0x30, 0);
	cmd_sync();
	simple_stream(sid, rnd() & 7);
	switch (rnd() % 4) {
	case 0:
		put_ste(sid, 0xd, eats, w2, TABLES_AT + 0x1000);
		break;
	case 1:
		store(TABLES_AT + 0x4000, 0x7fd);
		put_ste(sid, 0xf | CDTAB_AT, eats, w2, TABLES_AT + 0x4000);
		break;
	case 2:
		put_cd(1, CD0(rnd() & 7) | (rnd() & 0xf) << 41, TABLES_AT, 0, 0xff);
		put_ste(sid, STE0_S1 | 1ull << 59, (rnd() & 3) | eats, 0, 0);
		break;
	}
	if ((rd(0x60) ^ rd(0x64)) & 1)
		wr(0x64, rd(0x60));
}

static void a_step(void)
{
	u64 record[2] = { rnd(), rnd() };
	u32 sid = rnd() & 7;

	switch (rnd() % 17) {
	case 0 ... 4:
		store(somewhere(), likely());
		break;
	case 5 ... 7:
		a_transaction();
		break;
	case 8 ... 10:
		a_command();
		break;
	case 11:
		ssim_page_request(&w.s, record);
		wr(0x100cc, rd(0x100c8));
		break;
	case 12:
		wr(0x100ac, rd(0x100a8));
		wr(0x64, rd(0x60));
		break;
	case 13:
		ssim_check_unmapped(&w.s, sid, rnd() & 3, rnd() % 2, address(), 0x1000);
		ssim_check_config(&w.s, sid);
		ssim_check_table_free(&w.s, TABLES_AT + 0x2000, 0x1000);
		break;
	case 14:
		if (rnd() % 3 == 0)
			a_stream();
		store(pte_at(address()), rnd() % 4 ? (DATA_AT | 0xf43) + (rnd() & 0xff000) : likely());
		poke(somewhere(), likely());
		ssim_tlb_rescan(&w.s, 0, 0x3fffff);
		break;
	case 16:
		a_process();
		break;
	case 15:
		if (rnd() % 8)
			break;
		wr((rnd() & 0x3f) * 4, rnd());
		wr(0x20, 0xf);
		break;
	}
}

/* Every entry is found by its address, once; none is both free and held. */
static void count(struct ssim *s, struct ssim_entry *e, void *arg)
{
	unsigned int *n = arg;

	(*n)++;
}

static void consistent(void)
{
	unsigned int held = 0, roots = 0, i;

	ssim_tlb_each(&w.s, 0, ~0ull, count, &held);
	for (i = 0; i < w.s.top; i++)
		roots += w.s.entries[i].kind == E_ROOT;
	EXPECT_EQ(held + roots, w.s.stats.held);
	for (i = 0; i < w.s.top; i++) {
		struct ssim_entry *e = &w.s.entries[i];

		/* With no room for a table, what it leads to has nothing to hold it. */
		if (e->kind >= E_TABLE && e->kind <= E_COMBINED && !e->gone && !w.s.stats.lost)
			EXPECT(ssim_tlb_held_by(&w.s, e, NULL));
	}
}

static void any_bytes(void)
{
	unsigned int seed, i;

	for (seed = 1; seed <= 16 && !failures_here; seed++) {
		struct ssim_ids ids = everything;

		state = seed * 0x9e3779b97f4a7c15ull;
		if (seed % 2)
			ids.idr[rnd() % 6] ^= 1u << (rnd() & 31);
		bring_up(&ids);
		if (seed % 3 == 0) {
			wr(0x20, 0xe);
			wr(0x88, 1 << 16 | 6 << 6 | 9);
			wr(0x20, 0xf);
		}
		w.s.nentries = seed % 8 ? 1000 : ARRAY_SIZE(w.pool);
		ssim_atc_enable(&w.s, rnd() & 7);
		for (i = 0; i < 600; i++)
			a_step();
		cmd_sync();
		consistent();
	}
}

/* I-59: any values in the ID registers. */
static void any_ids(void)
{
	unsigned int seed, i;

	for (seed = 1; seed <= 40; seed++) {
		struct ssim_ids ids;

		state = seed * 0x2545f4914f6cdd1dull;
		for (i = 0; i < 6; i++)
			ids.idr[i] = rnd();
		bring_up(&ids);
		w.s.nentries = 500;
		for (i = 0; i < 200; i++)
			a_step();
	}
}

void tests_fuzz(void)
{
	run("fuzz: any bytes in tables and commands (I-62, I-63)", any_bytes);
	run("fuzz: any ID registers (I-59)", any_ids);
}
