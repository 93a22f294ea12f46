// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every sequence of calls, up to a length, on tables of two blocks' span. The
 * tree is compared with the list after the last call; what comes before it was
 * the last call of a shorter sequence.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "fuzz.h"

#define RW (IOMMU_READ | IOMMU_WRITE)

static const struct setup tiny[] = {
	{ .name = "tiny 4K", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x201000, .ias = 25, .oas = 48 },
	{ .name = "tiny 4K, non-coherent", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x201000, .ias = 25,
	  .oas = 40, .noncoherent = true },
	{ .name = "tiny 4K, dirty", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x201000, .ias = 25,
	  .oas = 48, .quirks = IO_PGTABLE_QUIRK_ARM_HD },
	{ .name = "tiny 4K, stage 2", .fmt = ARM_64_LPAE_S2, .pgsizes = 0x201000, .ias = 25,
	  .oas = 40, .noncoherent = true },
	{ .name = "tiny Mali", .fmt = ARM_MALI_LPAE, .pgsizes = 0x201000, .ias = 33, .oas = 40 },
	{ .name = "tiny 4K, upper half", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x201000, .ias = 25,
	  .oas = 48, .quirks = IO_PGTABLE_QUIRK_ARM_TTBR1 },
	{ .name = "tiny 16K", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x2004000, .ias = 27, .oas = 48 },
	/* Here a "block" is a run of 64K */
	{ .name = "tiny 4K, hints", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x201000, .ias = 25,
	  .oas = 48, .quirks = IO_PGTABLE_QUIRK_ARM_CONT },
	{ .name = "tiny 4K, hints, gather", .fmt = ARM_64_LPAE_S2, .pgsizes = 0x201000, .ias = 25,
	  .oas = 40, .quirks = IO_PGTABLE_QUIRK_ARM_CONT | IO_PGTABLE_QUIRK_GATHER },
	{ .name = "tiny 4K, LPA2", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x201000, .ias = 49,
	  .oas = 52, .quirks = IO_PGTABLE_QUIRK_ARM_LPA2, .phys_base = 0x000e000080000000 },
};

/* In pages; a block, and a block less some pages, are said as such */
enum { BLOCK = 1000, BLOCK_LESS_2 };

static const struct step {
	enum { MAP, UNMAP } what;
	bool blocks;
	int at;
	int count;
} steps[] = {
	{ MAP, false, 0, 1 },
	{ MAP, false, BLOCK_LESS_2, 4 },
	{ MAP, false, 0, BLOCK },
	{ MAP, true, 0, 1 },
	{ MAP, true, 0, 2 },
	{ UNMAP, false, 0, 1 },
	{ UNMAP, false, BLOCK_LESS_2, 4 },
	{ UNMAP, false, 0, BLOCK },
	{ UNMAP, true, 0, 1 },
	{ UNMAP, true, 0, 2 },
};

static u64 pages(int n)
{
	u64 block = bench.pages[1] / bench.pages[0];

	return n == BLOCK ? block : n == BLOCK_LESS_2 ? block - 2 : n;
}

static void take(const struct step *s, unsigned int nth)
{
	u64 size = bench.pages[s->blocks], iova = bench.base + pages(s->at) * size;
	u64 count = pages(s->count);

	tally.calls++;
	if (s->what == UNMAP)
		bench_unmap(iova, size, count, nth % GATHER_MODES);
	else
		bench_map(iova, bench.pages[1] * (nth + 1) + pages(s->at) * size, size, count,
			  RW | (nth & 1 ? IOMMU_CACHE : 0), NULL);
}

static void one_sequence(const struct setup *setup, unsigned int code, unsigned int length)
{
	unsigned int rest = code;

	if (!bench_open(setup))
		return;
	for (unsigned int i = 0; i < length; i++, rest /= ARRAY_SIZE(steps))
		take(&steps[rest % ARRAY_SIZE(steps)], i);
	bench_verify();
	bench_close();
	if (failures_here)
		fail("in sequence %u of length %u", code, length);
}

void every_sequence(unsigned int depth)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(tiny); i++) {
		unsigned int total = 1, sequences = 0;

		for (unsigned int length = 1; length <= depth; length++) {
			total *= ARRAY_SIZE(steps);
			for (unsigned int n = 0; n < total && !failures_here; n++, sequences++)
				one_sequence(&tiny[i], n, length);
		}
		printf("%s %s: %u sequences\n", failures_here ? "FAIL" : "ok  ", tiny[i].name,
		       sequences);
		if (failures_here)
			return;
	}
}
