// SPDX-License-Identifier: GPL-2.0-only
/*
 * The team's page tables against the model: its walker finds what they say is
 * mapped, and its TLB holds nothing that they say is not.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"
#include "pgtable.h"

static const struct pg_setup *now;
static struct pg_fields fields;
static u64 rnd_state;
static unsigned int runs_seen;
static unsigned int commands_lost;	/* every n-th invalidation is not made */

static u64 rnd(u64 below)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return rnd_state % below;
}

static void stored(uint64_t pa, uint64_t old, uint64_t new)
{
	ssim_store(&w.s, pa, old, new);
}

static unsigned int page_shift(void)
{
	return __builtin_ctzl(now->sizes);
}

/* Range commands of up to 32 granules; NUM alone, and never TTL = NUM = SCALE = 0. */
static void invalidate(uint64_t iova, uint64_t size, bool leaf)
{
	unsigned int shift = page_shift(), tg = (shift - 10) / 2;
	u64 op = now->stage2 ? 0x2a | 7ull << 32 : 0x12 | 5ull << 48, n;

	if (commands_lost && !rnd(commands_lost))
		return;
	while (size) {
		n = size >> shift < 32 ? size >> shift : 32;
		if (n > 1)
			cmd(op | (n - 1) << 12, iova | tg << 10 | leaf);
		else
			cmd(op, iova | leaf);
		iova += n << shift;
		size -= n << shift;
	}
	cmd_sync();
}

static void invalidate_all(void)
{
	cmd(now->stage2 ? 0x28 | 7ull << 32 : 0x11 | 5ull << 48, 0);
	cmd_sync();
}

static void freed(uint64_t pa, uint64_t size)
{
	ssim_check_table_free(&w.s, pa, size);
}

static const struct pg_world seams = { stored, invalidate, invalidate_all, freed };

static void connect(void)
{
	u64 cd;

	if (now->stage2) {
		put_ste(3, 0xd, 0, 7ull | (u64)fields.tsz << 32 | (u64)(fields.sl & 3) << 38 |
			(u64)fields.irgn << 40 | (u64)fields.orgn << 42 | (u64)fields.sh << 44 |
			(u64)fields.tg << 46 | (u64)fields.ps << 48 | 1ull << 51 | 1ull << 58,
			fields.ttb | fields.ds << 3 | (fields.sl >> 2) << 2);
		return;
	}
	cd = fields.tsz | fields.tg << 6 | fields.irgn << 8 | fields.orgn << 10 | fields.sh << 12;
	if (now->upper)
		cd = cd << 16 | 1 << 14;
	else
		cd |= 1ull << 30;
	cd |= 1ull << 31 | (u64)fields.ps << 32 | 1ull << 41 | 3ull << 45 | 5ull << 48;
	if (now->dirty)
		cd |= 3ull << 42;
	put_cd(0, cd, now->upper ? 0 : fields.ttb,
	       (now->upper ? fields.ttb : 0) | (u64)fields.ds << 58, fields.mair);
	put_ste(3, STE0_S1, 0, 0, 0);
}

static bool open_tables(const struct pg_setup *setup)
{
	now = setup;
	bring_up(&everything);
	if (!pg_open(setup, &seams, &fields)) {
		complain(__FILE__, __LINE__, "%s: not allocated", setup->name);
		return false;
	}
	connect();
	return true;
}

static void compare(u64 iova)
{
	struct ssim_result r = dma(3, iova, false);
	u64 phys = pg_phys(iova);

	if (phys ? r.outcome != OUT_OK || r.pa != phys : r.event != 0x10)
		complain(__FILE__, __LINE__, "%s: 0x%llx: model 0x%llx (event 0x%x), tables 0x%llx",
			 now->name, (unsigned long long)iova, (unsigned long long)r.pa, r.event,
			 (unsigned long long)phys);
	wr(0x100ac, rd(0x100a8));
}

static bool runs_held(void)
{
	u32 i;

	for (i = 0; i < w.s.top; i++)
		if (w.s.entries[i].kind == E_LEAF && w.s.entries[i].run)
			return true;
	return false;
}

/* Ranges of few pages in a window of four blocks, so that they meet. */
static void random_calls(unsigned int calls)
{
	unsigned int shift = page_shift(), kinds[2] = { shift, shift + shift - 3 }, i, size, n;
	u64 window = 4ull << kinds[1], base, iova, pa;

	base = now->upper ? ~0ull << now->ias : 0;
	base += now->ias > 40 ? 1ull << (now->ias - 2) : 0;
	base &= ~(window - 1);
	for (i = 0; i < calls && !failures_here; i++) {
		size = kinds[rnd(4) == 0];
		n = size == shift ? 1 + rnd(now->runs ? 300 : 8) : 1;
		iova = base + (rnd(window) & ~((1ull << size) - 1));
		if (iova + ((u64)n << size) > base + window)
			continue;
		if (rnd(2)) {
			pa = DATA_AT + (rnd(1ull << 31) & ~((1ull << size) - 1));
			/* runs need input and output to be aligned alike */
			if (now->runs)
				pa = (pa & ~0x1ffffffull) | (iova & 0x1ffffff);
			if (now->oas == 52)
				pa |= rnd(16) << 48;
			/* what is mapped already is refused with a warning */
			if (!pg_phys(iova) && !pg_phys(iova + ((u64)n << size) - 1))
				pg_map(iova, pa, 1ull << size, n, rnd(4));
		} else {
			u64 done = pg_unmap(iova, 1ull << size, n);

			if (done && !commands_lost)
				EXPECT(ssim_check_unmapped(&w.s, 3, 0, false, iova, done));
		}
		compare(iova);
		compare(base + rnd(window));
		if (i % 16 == 0)
			runs_seen += runs_held();
		if (now->dirty)
			dma(3, base + rnd(window), true);
	}
}

static const struct pg_setup setups[] = {
	{ "S1 4K 48", .ias = 48, .oas = 48, .sizes = 0x40201000 },
	{ "S1 4K 39", .ias = 39, .oas = 40, .sizes = 0x40201000 },
	{ "S1 4K TTBR1", .upper = true, .ias = 39, .oas = 48, .sizes = 0x40201000 },
	{ "S1 4K dirty", .dirty = true, .ias = 48, .oas = 48, .sizes = 0x40201000 },
	{ "S1 16K 47", .ias = 47, .oas = 48, .sizes = 0x2004000 },
	{ "S1 64K 48", .ias = 48, .oas = 48, .sizes = 0x20010000 },
	{ "S1 64K 52", .ias = 52, .oas = 52, .sizes = 0x20010000 },
	{ "S1 4K runs", .runs = true, .ias = 48, .oas = 48, .sizes = 0x40201000 },
	{ "S1 16K runs", .runs = true, .ias = 47, .oas = 48, .sizes = 0x2004000 },
	{ "S1 64K runs", .runs = true, .ias = 48, .oas = 48, .sizes = 0x20010000 },
	{ "S1 4K LPA2", .lpa2 = true, .ias = 52, .oas = 52, .sizes = 0x40201000 },
	{ "S1 16K LPA2 runs", .lpa2 = true, .runs = true, .ias = 52, .oas = 52,
	  .sizes = 0x2004000 },
	{ "S2 4K LPA2", .stage2 = true, .lpa2 = true, .ias = 52, .oas = 52, .sizes = 0x40201000 },
	{ "S2 4K runs", .stage2 = true, .runs = true, .ias = 48, .oas = 48, .sizes = 0x40201000 },
	{ "S2 4K 48", .stage2 = true, .ias = 48, .oas = 48, .sizes = 0x40201000 },
	{ "S2 4K 40", .stage2 = true, .ias = 40, .oas = 48, .sizes = 0x40201000 },
	{ "S2 16K 40", .stage2 = true, .ias = 40, .oas = 48, .sizes = 0x2004000 },
	{ "S2 64K 42", .stage2 = true, .ias = 42, .oas = 48, .sizes = 0x20010000 },
};

static void against_the_model(void)
{
	unsigned int i;

	rnd_state = 0x5ca1ab1e;
	for (i = 0; i < ARRAY_SIZE(setups); i++) {
		if (!open_tables(&setups[i]))
			continue;
		runs_seen = 0;
		random_calls(160);
		EXPECT_EQ(runs_seen != 0, now->runs);
		if (w.reports)
			complain(__FILE__, __LINE__, "%s: %u reports\n%s", now->name, w.reports,
				 w.text);
		EXPECT_EQ(w.s.stats.lost, 0);
		/* the stream goes first, then what it cached, then the tables */
		store(ste_at(3), 0x1);
		cmd(0x3 | 3ull << 32, 1);
		cmd_sync();
		invalidate_all();
		pg_close();
		EXPECT_EQ(w.reports, 0);
	}
}

/* The same with one invalidation in eight left out: it is noticed. */
static void careless(void)
{
	unsigned int i, rounds;

	rnd_state = 0x5ca1ab1e;
	for (i = 0; i < ARRAY_SIZE(setups); i++) {
		if (!open_tables(&setups[i]))
			continue;
		commands_lost = 8;
		for (rounds = 0; rounds < 20 && !w.reports; rounds++)
			random_calls(50);
		commands_lost = 0;
		if (!w.reports)
			complain(__FILE__, __LINE__, "%s: not noticed", now->name);
		pg_close();
	}
}

void tests_tables(void)
{
	run("tables: drivers/iommu/io-pgtable-arm.c and the model agree (I-1, I-5, I-8)",
	    against_the_model);
	run("tables: an invalidation left out is noticed (I-7)", careless);
}
