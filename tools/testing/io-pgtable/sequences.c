// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sequences of calls: all short ones on tiny tables, random ones on the others.
 * After every call the whole tree is compared with the list (I-1 to I-5, I-7 to
 * I-9, I-12, I-13).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "harness.h"

#define RW (IOMMU_READ | IOMMU_WRITE)
#define MALI_OAS 40

static const struct setup tiny[] = {
	{ .name = "tiny 4K", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x201000, .ias = 25, .oas = 48 },
	{ .name = "tiny 16K", .fmt = ARM_64_LPAE_S2, .pgsizes = 0x2004000, .ias = 28, .oas = 40 },
	{ .name = "tiny 64K", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x20010000, .ias = 31, .oas = 48 },
	{ .name = "tiny 4K NC", .fmt = ARM_64_LPAE_S2, .pgsizes = 0x201000, .ias = 26, .oas = 40,
	  .noncoherent = true },
	{ .name = "tiny 4K gather", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x201000, .ias = 25,
	  .oas = 48, .quirks = IO_PGTABLE_QUIRK_GATHER },
	{ .name = "tiny 4K runs", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x201000, .ias = 25,
	  .oas = 48, .quirks = IO_PGTABLE_QUIRK_ARM_CONT },
	{ .name = "tiny 4K LPA2", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x201000, .ias = 49,
	  .oas = 52, .quirks = IO_PGTABLE_QUIRK_ARM_LPA2, .phys_base = 0x000e000080000000 },
	{ .name = "tiny Mali", .fmt = ARM_MALI_LPAE, .pgsizes = 0x201000, .ias = 33,
	  .oas = MALI_OAS },
};

struct step {
	bool unmap;
	bool block;
	int at;			/* in pages or blocks; negative: from the end of a block */
	unsigned int count;	/* 0: as many pages as a block has */
};

static const struct step steps[] = {
	{ false, false, 0, 1 }, { false, false, -1, 3 }, { false, true, 0, 1 },
	{ false, true, 0, 2 },	{ false, false, 1, 0 },
	{ true, false, 0, 1 },	{ true, false, -2, 3 },	 { true, true, 0, 1 },
	{ true, true, 0, 2 },	{ true, false, 0, 0 },	 { true, false, 5, 2 },
};

static void take(const struct step *s, unsigned int depth)
{
	u64 page = bench.pages[0], block = bench.pages[1];
	u64 size = s->block ? block : page;
	u64 at = (s->at < 0 ? block : 0) + (s64)s->at * (s64)size;
	u64 count = s->count ?: block / page;
	/* All that a field has room for */
	u64 high = bench.oracle.output == 52 ? 0x000b000000000000 : 0;

	if (s->unmap)
		bench_unmap(at, size, count, depth % GATHER_MODES);
	else
		bench_map(at, high + 4 * block + at, size, count,
			  RW | (depth & 1 ? IOMMU_CACHE : 0), NULL);
	bench_verify();
}

static void every_sequence(const struct setup *setup, unsigned int depth)
{
	const unsigned int kinds = ARRAY_SIZE(steps);
	unsigned int total = 1;

	for (unsigned int i = 0; i < depth; i++)
		total *= kinds;
	for (unsigned int n = 0; n < total && !failures_here; n++) {
		unsigned int code = n;

		if (!bench_open(setup))
			return;
		for (unsigned int i = 0; i < depth; i++, code /= kinds)
			take(&steps[code % kinds], i);
		bench_close();
		if (failures_here)
			fail("in sequence %u", n);
	}
}

static void short_sequences(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(tiny); i++)
		every_sequence(&tiny[i], 3);
	every_sequence(&tiny[0], 4);
}

/* Random sequences */

#define Q_NS	IO_PGTABLE_QUIRK_ARM_NS
#define Q_TTBR1	IO_PGTABLE_QUIRK_ARM_TTBR1
#define Q_OUTER	IO_PGTABLE_QUIRK_ARM_OUTER_WBWA
#define Q_HD	IO_PGTABLE_QUIRK_ARM_HD
#define Q_GATHER IO_PGTABLE_QUIRK_GATHER
#define Q_CONT	IO_PGTABLE_QUIRK_ARM_CONT
#define Q_LPA2	IO_PGTABLE_QUIRK_ARM_LPA2
#define S1	ARM_64_LPAE_S1
#define S2	ARM_64_LPAE_S2

/* name, format, sizes, ias, oas, quirks, non-coherent, custom, memory */
static const struct setup setups[] = {
	{ "64S1 4K 48/48", S1, 0x40201000, 48, 48 },
	{ "64S1 4K 39/40 NC", S1, 0x40201000, 39, 40, 0, true },
	{ "64S1 4K 32/36 NS", S1, 0x40201000, 32, 36, Q_NS },
	{ "64S1 4K 48/48 NS NC custom", S1, 0x40201000, 48, 48, Q_NS, true, true },
	{ "64S1 4K 48/48 TTBR1", S1, 0x40201000, 48, 48, Q_TTBR1 },
	{ "64S1 4K 36/44 TTBR1 NC outer", S1, 0x40201000, 36, 44, Q_TTBR1 | Q_OUTER, true },
	{ "64S1 4K 48/48 HD", S1, 0x40201000, 48, 48, Q_HD },
	{ "64S1 4K 48/48 gather", S1, 0x40201000, 48, 48, Q_GATHER },
	{ "64S1 4K 39/40 gather NC", S1, 0x40201000, 39, 40, Q_GATHER, true },
	{ "64S1 4K 48/48 gather custom", S1, 0x40201000, 48, 48, Q_GATHER, false, true },
	{ "64S1 16K 47/48 gather TTBR1", S1, 0x02004000, 47, 48, Q_GATHER | Q_TTBR1 },
	{ "64S1 64K 52/52 gather", S1, 0x40020010000, 52, 52, Q_GATHER, false, false,
	  0x000f000080000000 },
	{ "64S2 4K 40/40 gather", S2, 0x40201000, 40, 40, Q_GATHER },
	{ "64S1 4K 48/48 runs", S1, 0x40201000, 48, 48, Q_CONT },
	{ "64S1 4K 39/44 runs gather NC", S1, 0x40201000, 39, 44, Q_CONT | Q_GATHER, true },
	{ "64S1 4K 48/48 runs gather TTBR1", S1, 0x40201000, 48, 48, Q_CONT | Q_GATHER | Q_TTBR1 },
	{ "64S1 16K 47/48 runs gather", S1, 0x02004000, 47, 48, Q_CONT | Q_GATHER },
	{ "64S1 64K 52/52 runs", S1, 0x40020010000, 52, 52, Q_CONT, false, false,
	  0x000f000080000000 },
	{ "64S2 4K 40/40 runs gather", S2, 0x40201000, 40, 40, Q_CONT | Q_GATHER },
	{ "64S2 4K 32/40 runs NC", S2, 0x40201000, 32, 40, Q_CONT, true },
	{ "64S2 16K 40/40 runs", S2, 0x02004000, 40, 40, Q_CONT },
	{ "64S1 4K 52/52 LPA2", S1, 0x8040201000, 52, 52, Q_LPA2, false, false,
	  0x000f000080000000 },
	{ "64S1 4K 49/52 LPA2 TTBR1 NC", S1, 0x8040201000, 49, 52, Q_LPA2 | Q_TTBR1, true, false,
	  0x000a500080000000 },
	{ "64S1 4K 48/48 LPA2 HD", S1, 0x8040201000, 48, 48, Q_LPA2 | Q_HD },
	{ "64S1 4K 52/52 LPA2 runs gather", S1, 0x8040201000, 52, 52, Q_LPA2 | Q_CONT | Q_GATHER },
	{ "64S1 16K 52/52 LPA2", S1, 0x1002004000, 52, 52, Q_LPA2, false, false,
	  0x0006000080000000 },
	{ "64S1 16K 48/52 LPA2 runs NC", S1, 0x1002004000, 48, 52, Q_LPA2 | Q_CONT, true },
	{ "64S2 4K 52/52 LPA2 HD", S2, 0x8040201000, 52, 52, Q_LPA2 | Q_HD, false, false,
	  0x0005000080000000 },
	{ "64S2 4K 50/52 LPA2 runs NC", S2, 0x8040201000, 50, 52, Q_LPA2 | Q_CONT, true },
	{ "64S2 16K 52/52 LPA2 gather", S2, 0x1002004000, 52, 52, Q_LPA2 | Q_GATHER, false, false,
	  0x000c000080000000 },
	{ "64S2 16K 49/52 LPA2 NC", S2, 0x1002004000, 49, 52, Q_LPA2, true },
	{ "64S1 16K 48/48", S1, 0x02004000, 48, 48 },
	{ "64S1 16K 36/40 NC", S1, 0x02004000, 36, 40, 0, true },
	{ "64S1 16K 47/48 TTBR1", S1, 0x02004000, 47, 48, Q_TTBR1 },
	{ "64S1 64K 48/48", S1, 0x20010000, 48, 48 },
	{ "64S1 64K 42/44 NC custom", S1, 0x20010000, 42, 44, 0, true, true },
	{ "64S1 64K 52/52", S1, 0x40020010000, 52, 52, 0, false, false, 0x000f000080000000 },
	{ "64S1 64K 52/52 TTBR1 NC", S1, 0x40020010000, 52, 52, Q_TTBR1, true, false,
	  0x000a500080000000 },
	{ "64S2 4K 48/48", S2, 0x40201000, 48, 48 },
	{ "64S2 4K 40/40", S2, 0x40201000, 40, 40 },
	{ "64S2 4K 43/44 NC", S2, 0x40201000, 43, 44, 0, true },
	{ "64S2 4K 32/40 HD", S2, 0x40201000, 32, 40, Q_HD },
	{ "64S2 16K 48/48", S2, 0x02004000, 48, 48 },
	{ "64S2 16K 40/40 NC", S2, 0x02004000, 40, 40, 0, true },
	{ "64S2 64K 48/48", S2, 0x20010000, 48, 48 },
	{ "64S2 64K 52/52 NC", S2, 0x40020010000, 52, 52, 0, true, false, 0x0003000080000000 },
	{ "32S1 4K 32/40", ARM_32_LPAE_S1, 0x40201000, 32, 40 },
	{ "32S1 4K 32/40 NC NS", ARM_32_LPAE_S1, 0x40201000, 32, 40, Q_NS, true },
	{ "32S2 4K 40/40", ARM_32_LPAE_S2, 0x40201000, 40, 40 },
	{ "32S2 4K 40/40 NC custom", ARM_32_LPAE_S2, 0x40201000, 40, 40, 0, true, true },
	{ "Mali 48/40", ARM_MALI_LPAE, 0x40201000, 48, 40 },
	{ "Mali 33/40 NC", ARM_MALI_LPAE, 0x40201000, 33, 40, 0, true },
};

/* Few places, so that calls meet; table and block boundaries among them */
static u64 some_iova(u64 pgsize)
{
	u64 top = ~0ull >> (64 - bench.oracle.input);
	u64 big = bench.pages[bench.page_kinds > 1 ? 1 + bench.oracle.hints : 0], anchor, offset;

	switch (rnd_below(4)) {
	case 0:
		anchor = 0;
		break;
	case 1:
		anchor = top + 1 - 4 * (pgsize > big ? pgsize : big);
		break;
	default:
		anchor = (top >> 1) + 1 - 2 * big;
		break;
	}
	offset = rnd_below(4 * big / bench.pages[0]) * bench.pages[0];
	if (rnd_below(2))
		offset &= ~(big - 1);
	return bench.base + (((anchor + offset) & top) & ~(pgsize - 1));
}

/* Entries that a size takes: one, or those of a run */
static unsigned int entries_of(u64 pgsize)
{
	for (unsigned int i = 0; i < bench.page_kinds; i++) {
		unsigned int below = __builtin_ctzll(bench.pages[i]);

		if (oracle_run(&bench.oracle, below) * bench.pages[i] == pgsize)
			return oracle_run(&bench.oracle, below);
	}
	return 1;
}

static u64 some_count(u64 iova, u64 pgsize)
{
	u64 room = (bench.base + (~0ull >> (64 - bench.oracle.input)) - iova) / pgsize + 1;
	u64 count = rnd_below(4) ? 1 + rnd_below(8) : 1 + rnd_below(700 / entries_of(pgsize));

	if (pgsize >= SZ_512M)
		count = 1 + (count & 1);
	return count < room ? count : room;
}

static void random_map(void)
{
	u64 pgsize = bench.pages[rnd_below(bench.page_kinds)];
	u64 iova = some_iova(pgsize), count = some_count(iova, pgsize);
	u64 top = ~0ull >> (64 - bench.oracle.output), addr;
	int prot = rnd() & 63;

	if (!(prot & 3))
		prot |= 1;
	addr = rnd() & top & ~(pgsize - 1);
	/* A run needs input and output addresses that agree */
	if (bench.oracle.hints && rnd_below(4))
		addr = (addr & ~(SZ_1G - 1)) | (iova & (SZ_1G - 1) & ~(pgsize - 1));
	while (addr + count * pgsize - 1 > top)
		addr -= count * pgsize;
	bench_map(iova, addr, pgsize, count, prot, NULL);
}

static void random_unmap(void)
{
	u64 pgsize = bench.pages[rnd_below(bench.page_kinds)], iova, count;

	if (bench.spans && rnd_below(4)) {
		const struct span *s = &bench.span[rnd_below(bench.spans)];

		iova = (s->iova + (rnd_below(2) ? rnd_below(s->size) : 0)) & ~(pgsize - 1);
		count = rnd_below(2) ? some_count(iova, pgsize) : s->size / pgsize ?: 1;
		count = count < some_count(iova, pgsize) + 1000 ? count : 1;
	} else {
		iova = some_iova(pgsize);
		count = some_count(iova, pgsize);
	}
	if (iova + (count * pgsize - 1) < iova ||
	    iova + (count * pgsize - 1) > bench.base + (~0ull >> (64 - bench.oracle.input)))
		count = 1;
	bench_unmap(iova, pgsize, count, rnd_below(GATHER_MODES));
}

static void random_sequence(const struct setup *setup, unsigned int calls)
{
	u64 seed = rnd_state;

	if (!bench_open(setup))
		return;
	for (unsigned int i = 0; i < calls && !failures_here; i++) {
		if (rnd_below(16) == 0)
			model_fail_after = rnd_below(3);
		if (rnd_below(100) < (bench.spans > 60 ? 20 : 55))
			random_map();
		else
			random_unmap();
		model_fail_after = -1;
		bench_verify();
		if (failures_here)
			fail("call %u of the sequence from seed %llx", i,
			     (unsigned long long)seed);
	}
	bench_close();
}

static const struct setup *chosen;

static void random_sequences(void)
{
	const char *more = getenv("ROUNDS");
	unsigned int rounds = more ? atoi(more) : 4;

	for (unsigned int i = 0; i < rounds && !failures_here; i++)
		random_sequence(chosen, 100);
}

/*
 * Memory over days (I-8): a window is used again and again, by ranges that are
 * mapped at once and unmapped in parts. It never takes more tables than when it
 * is full; and whoever maps and unmaps it as a whole, or puts blocks over what
 * is left there, gets back to none.
 */

#define WINDOW	8		/* in spans of a table of pages */

static void churn(u64 from, u64 size, unsigned int calls, unsigned int most)
{
	u64 page = bench.pages[0];

	for (unsigned int i = 0; i < calls && !failures_here; i++) {
		u64 at = from + rnd_below(size / page) * page, count = 1 + rnd_below(700);

		count = count < (from + size - at) / page ? count : (from + size - at) / page;
		if (bench.spans && rnd_below(100) < (bench.spans > 40 ? 70 : 45)) {
			const struct span *s = &bench.span[rnd_below(bench.spans)];
			u64 some = 1 + rnd_below(s->size / page);

			at = s->iova + rnd_below(s->size / page - some + 1) * page;
			bench_unmap(at, page, some, rnd_below(GATHER_MODES));
		} else {
			bench_map(at, at & 0xffffffff, page, count, RW, NULL);
		}
		if (model_pages() > most)
			fail("I-8: %u pages after call %u, %u when full", model_pages(), i, most);
		if (i % 64 == 0)
			bench_verify();
	}
	while (bench.spans)
		bench_unmap(bench.span[0].iova, page, bench.span[0].size / page, GATHER_SYNC);
}

static void no_creep_in(const struct setup *s)
{
	u64 page, table, from, size;
	unsigned int least, most;

	if (!bench_open(s))
		return;
	page = bench.pages[0];
	table = page * (page / 8);
	size = WINDOW * table;
	from = bench.base + table * (page / 8) - size / 2;
	bench_map(from, 0, page, size / page, RW, NULL);
	most = model_pages();
	expect(bench_unmap(from, page, size / page, GATHER_SYNC) == size);
	least = model_pages();
	expect(most == least + WINDOW * (page / 4096));

	for (unsigned int way = 0; way < 3 && !failures_here; way++) {
		u64 unit = way ? table : page;

		churn(from, size, 600, most);
		expect(model_pages() > least);
		/* By pages, by blocks, and by blocks what has been mapped by pages */
		bench_map(from, 0, way == 2 ? page : unit, size / (way == 2 ? page : unit), RW,
			  NULL);
		expect(bench_unmap(from, unit, size / unit, way) == size);
		if (model_pages() != least)
			fail("I-8: way %u: %u pages, %u before", way, model_pages(), least);
		bench_verify();
	}
	bench_close();
}

static void no_creep(void)
{
	static const struct setup s[] = {
		{ "creep 4K", S1, 0x40201000, 48, 48 },
		{ "creep 4K gather", S1, 0x40201000, 48, 48, Q_GATHER },
		{ "creep 4K runs gather", S1, 0x40201000, 48, 48, Q_GATHER | Q_CONT },
		{ "creep 4K NC", S2, 0x40201000, 44, 44, 0, true },
		{ "creep 4K LPA2 TTBR1", S1, 0x40201000, 52, 52, Q_LPA2 | Q_GATHER | Q_TTBR1 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(s) && !failures_here; i++)
		no_creep_in(&s[i]);
}

void tests_sequences(void)
{
	char name[64];

	run("sequences: tables do not pile up (I-8)", no_creep);
	run("sequences: all to depth 3 and 4 on tiny tables", short_sequences);
	for (unsigned int i = 0; i < ARRAY_SIZE(setups); i++) {
		chosen = &setups[i];
		snprintf(name, sizeof(name), "sequences: random, %s", chosen->name);
		run(name, random_sequences);
	}
}
