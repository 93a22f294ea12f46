// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses of 52 bits with 4K and 16K pages (FEAT_LPA2): roots, sizes, whole
 * descriptors, and addresses on both sides of where the fields are torn.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "harness.h"

#define LPA2	IO_PGTABLE_QUIRK_ARM_LPA2
#define RW	(IOMMU_READ | IOMMU_WRITE)
#define RWC	(RW | IOMMU_CACHE)
#define SET_4K	0x8040201000ul		/* with blocks of 512G */
#define SET_16K	0x1002004000ul		/* with blocks of 64G */

/* Tables that lie above 2^48: their own addresses are torn as well */
#define HIGH	0x000d000080000000ull

static const struct setup s1_4k = {
	.name = "64S1 4K 52/52 LPA2", .fmt = ARM_64_LPAE_S1, .pgsizes = SET_4K, .ias = 52,
	.oas = 52, .quirks = LPA2, .phys_base = HIGH,
};

/* Start levels and roots, from D8.2; SL0 of 9: stage 1 (I-12) */
static void roots(void)
{
	static const struct {
		enum io_pgtable_fmt fmt;
		unsigned long granule;
		u8 ias, oas;
		s8 start;
		u8 sl0, ds;
		unsigned int bytes;
	} want[] = {
		{ ARM_64_LPAE_S1, SZ_4K, 52, 52, -1, 9, 1, 128 },	/* 16 entries */
		{ ARM_64_LPAE_S1, SZ_4K, 49, 52, -1, 9, 1, 64 },	/* two, and padding */
		{ ARM_64_LPAE_S1, SZ_4K, 48, 52, 0, 9, 1, 0x1000 },
		{ ARM_64_LPAE_S1, SZ_4K, 39, 40, 1, 9, 1, 0x1000 },
		{ ARM_64_LPAE_S1, SZ_16K, 52, 52, 0, 9, 1, 256 },	/* 32 entries */
		{ ARM_64_LPAE_S1, SZ_16K, 48, 52, 0, 9, 1, 64 },
		{ ARM_64_LPAE_S1, SZ_16K, 47, 52, 1, 9, 1, 0x4000 },
		{ ARM_64_LPAE_S1, SZ_64K, 52, 52, 1, 9, 0, 0x2000 },
		{ ARM_64_LPAE_S2, SZ_4K, 48, 48, 0, 2, 1, 0x1000 },
		{ ARM_64_LPAE_S2, SZ_4K, 49, 52, 0, 2, 1, 0x2000 },	/* side by side */
		{ ARM_64_LPAE_S2, SZ_4K, 52, 52, 0, 2, 1, 0x10000 },
		{ ARM_64_LPAE_S2, SZ_4K, 43, 44, 1, 1, 1, 0x10000 },
		{ ARM_64_LPAE_S2, SZ_16K, 48, 52, 1, 2, 1, 0x8000 },
		{ ARM_64_LPAE_S2, SZ_16K, 51, 52, 1, 2, 1, 0x40000 },
		{ ARM_64_LPAE_S2, SZ_16K, 52, 52, 0, 3, 1, 256 },	/* 32 were too many */
		{ ARM_64_LPAE_S2, SZ_16K, 40, 40, 2, 1, 1, 0x40000 },
		{ ARM_64_LPAE_S2, SZ_64K, 52, 52, 1, 2, 0, 0x2000 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++) {
		const struct setup s = {
			.name = "root", .fmt = want[i].fmt, .pgsizes = want[i].granule,
			.ias = want[i].ias, .oas = want[i].oas, .quirks = LPA2,
			.custom = true,
		};
		bool two = s.fmt == ARM_64_LPAE_S2;
		unsigned int ds, tsz, ps;

		if (!bench_open(&s))
			continue;
		ds = two ? bench.cfg.arm_lpae_s2_cfg.vtcr.ds : bench.cfg.arm_lpae_s1_cfg.tcr.ds;
		tsz = two ? bench.cfg.arm_lpae_s2_cfg.vtcr.tsz : bench.cfg.arm_lpae_s1_cfg.tcr.tsz;
		ps = two ? bench.cfg.arm_lpae_s2_cfg.vtcr.ps : bench.cfg.arm_lpae_s1_cfg.tcr.ips;
		if (bench.oracle.start != want[i].start || bench.root_bytes != want[i].bytes ||
		    ds != want[i].ds || tsz != 64u - want[i].ias ||
		    (two && bench.cfg.arm_lpae_s2_cfg.vtcr.sl != want[i].sl0))
			fail("I-12: root %u: level %d, %zu bytes, ds %u", i, bench.oracle.start,
			     bench.root_bytes, ds);
		expect((ps == 6) == (want[i].oas == 52));
		bench_close();
	}
}

/* Every width: what comes back must be a root that hardware accepts (I-12) */
static void every_size(void)
{
	static const unsigned long granules[] = { SZ_4K, SZ_16K, SZ_64K };
	static const u8 widths[] = { 32, 36, 40, 42, 44, 48, 52 };

	for (unsigned int n = 0; n < 2 * 3 * ARRAY_SIZE(widths); n++)
		for (unsigned int ias = 25; ias <= 52; ias++) {
			const struct setup s = {
				.name = "size", .fmt = n & 1 ? ARM_64_LPAE_S2 : ARM_64_LPAE_S1,
				.pgsizes = granules[n / 2 % 3], .ias = ias, .oas = widths[n / 6],
				.quirks = LPA2,
			};

			if ((s.fmt == ARM_64_LPAE_S2 && ias > s.oas) || !bench_open(&s))
				continue;
			expect(bench.oracle.input == ias && bench.oracle.output == s.oas);
			bench_close();
		}
}

static void sizes(void)
{
	static const struct {
		unsigned long cpu, ask;
		unsigned int ias, oas;
		unsigned long quirks, get;
	} want[] = {
		{ SZ_4K, ~0ul, 52, 52, LPA2, SET_4K },
		{ SZ_4K, ~0ul, 48, 40, LPA2, SET_4K },
		{ SZ_4K, ~0ul, 39, 52, LPA2, 0x40201000 },
		{ SZ_4K, ~0ul, 52, 52, 0, 0x40201000 },
		{ SZ_4K, 0x40201000, 52, 52, LPA2, 0x40201000 },
		{ SZ_16K, ~0ul, 52, 52, LPA2, SET_16K },
		{ SZ_16K, ~0ul, 36, 52, LPA2, 0x02004000 },
		{ SZ_16K, ~0ul, 52, 52, 0, 0x02004000 },
		{ SZ_64K, ~0ul, 52, 52, LPA2, 0x40020010000 },
		{ SZ_64K, ~0ul, 52, 48, LPA2, 0x20010000 },
		/* The largest blocks have no runs */
		{ SZ_4K, ~0ul, 52, 52, LPA2 | IO_PGTABLE_QUIRK_ARM_CONT, 0x8442211000 },
		{ SZ_16K, ~0ul, 52, 52, LPA2 | IO_PGTABLE_QUIRK_ARM_CONT, 0x1042204000 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++) {
		struct setup s = {
			.name = "sizes", .fmt = ARM_64_LPAE_S1, .pgsizes = want[i].ask,
			.ias = want[i].ias, .oas = want[i].oas, .quirks = want[i].quirks,
		};

		shim_page_size = want[i].cpu;
		if (bench_open(&s)) {
			if (bench.cfg.pgsize_bitmap != want[i].get)
				fail("case %u: got %lx", i, bench.cfg.pgsize_bitmap);
			expect(bench.cfg.oas == (want[i].quirks ? want[i].oas : 48));
			bench_close();
		}
	}
	shim_page_size = SZ_4K;
}

static void refusals(void)
{
	static const enum io_pgtable_fmt others[] = {
		ARM_32_LPAE_S1, ARM_32_LPAE_S2, ARM_MALI_LPAE,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(others); i++) {
		const struct setup s = {
			.fmt = others[i], .pgsizes = SET_4K, .ias = 32, .oas = 40, .quirks = LPA2,
		};
		struct io_pgtable_cfg cfg;

		model_reset(0x80000000);
		cfg = bench_cfg_template(&s, &bench.dev);
		expect(!alloc_io_pgtable_ops(s.fmt, &cfg, &bench));
		expect(!model_pages() && !model_objects());
	}
}

/* I-4: whole descriptors, spelt out. Bits [9:8] are address, nothing else */
static void descriptors(void)
{
	static const struct {
		enum io_pgtable_fmt fmt;
		unsigned long quirks;
		int prot;
		u64 addr, page;
	} want[] = {
		{ ARM_64_LPAE_S1, 0, RWC, 0x0000000040000000, 0x0000000040000c47 },
		{ ARM_64_LPAE_S1, 0, RWC, 0x000d234540000000, 0x0001234540000f47 },
		{ ARM_64_LPAE_S1, 0, RW, 0x0006234540000000, 0x0002234540000d43 },
		{ ARM_64_LPAE_S1, 0, IOMMU_READ, 0x000b234540000000, 0x0003234540000ec3 },
		{ ARM_64_LPAE_S1, 0, RW | IOMMU_NOEXEC, 0x000f000040000000, 0x0063000040000f43 },
		{ ARM_64_LPAE_S1, IO_PGTABLE_QUIRK_ARM_HD, RW, 0x0008000040000000,
		  0x0008000040000e43 },
		{ ARM_64_LPAE_S1, IO_PGTABLE_QUIRK_ARM_NS, RWC, 0x0004000040000000,
		  0x0000000040000d67 },
		{ ARM_64_LPAE_S2, 0, RWC, 0x0000000040000000, 0x00000000400004ff },
		{ ARM_64_LPAE_S2, 0, RWC, 0x000d234540000000, 0x00012345400007ff },
		{ ARM_64_LPAE_S2, 0, IOMMU_READ, 0x000a000040000000, 0x0002000040000657 },
		{ ARM_64_LPAE_S2, IO_PGTABLE_QUIRK_ARM_HD, RW, 0x0008000040000000,
		  0x00080000400006d7 },
	};

	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(want); i++) {
		unsigned int n = i / 2;
		struct setup s = s1_4k;
		struct oracle_leaf leaf;
		u64 page = want[n].page;

		s.fmt = want[n].fmt;
		s.quirks |= want[n].quirks;
		if (i & 1)
			s.pgsizes = SET_16K;
		if (!bench_open(&s))
			continue;
		bench_map(0, want[n].addr, bench.pages[0], 1, want[n].prot, NULL);
		bench_map(bench.pages[1], want[n].addr & ~(bench.pages[1] - 1), bench.pages[1], 1,
			  want[n].prot, NULL);
		oracle_walk(&bench.oracle, 0, &leaf);
		if (leaf.desc != page)
			fail("I-4: case %u: page %llx", i, (unsigned long long)leaf.desc);
		oracle_walk(&bench.oracle, bench.pages[1], &leaf);
		page = (page & ~2ull) & ~(bench.pages[1] - 1) & ~0xfffull;
		if ((leaf.desc & ~0xfffull) != page || (leaf.desc & 3) != 1 ||
		    (leaf.desc & 0xffc) != (want[n].page & 0xffc))
			fail("I-4: case %u: block %llx", i, (unsigned long long)leaf.desc);
		bench_verify();
		bench_close();
	}
}

/* The largest blocks, hinted runs, and tables far up, to the bit */
static void large(void)
{
	struct setup s = s1_4k;
	struct oracle_leaf leaf;

	if (!bench_open(&s))
		return;
	expect(bench.cfg.arm_lpae_s1_cfg.ttbr >> 48 == 0xd);
	bench_map(1ull << 51, 0x000e008000000000, 1ull << 39, 3, RWC, NULL);
	bench_map((1ull << 52) - SZ_4K, (1ull << 52) - SZ_4K, SZ_4K, 1, RWC, NULL);
	oracle_walk(&bench.oracle, (1ull << 51) + 12345, &leaf);
	expect(leaf.desc == 0x0002008000000f45 && leaf.addr == 0x000e008000003039);
	expect((model_fetch(&bench, bench.oracle.root + 8 * 8) & ~0xfffff000ull) ==
	       0x0001000000000303);
	expect(bench_unmap((1ull << 51) + (1ull << 39) + SZ_4K, SZ_4K, 1, GATHER_SYNC) == SZ_4K);
	bench_verify();
	bench_close();

	s.quirks |= IO_PGTABLE_QUIRK_ARM_CONT;
	if (!bench_open(&s))
		return;
	bench_map(SZ_64K, 0x000d234540010000, SZ_4K, 16, RWC, NULL);
	oracle_walk(&bench.oracle, SZ_64K + 3 * SZ_4K, &leaf);
	expect(leaf.desc == 0x0011234540013f47);
	bench_map(1ull << 43, 1ull << 43, 1ull << 39, 16, RWC, NULL);
	oracle_walk(&bench.oracle, 1ull << 43, &leaf);
	expect(leaf.desc == 0x0000080000000c45);
	bench_verify();
	expect(bench_unmap(SZ_64K + SZ_4K, SZ_4K, 3, GATHER_SYNC) == 3 * SZ_4K);
	oracle_walk(&bench.oracle, SZ_64K, &leaf);
	expect(leaf.desc == 0x0001234540010f47);
	bench_verify();
	bench_close();

	s = s1_4k;
	s.fmt = ARM_64_LPAE_S2;
	s.pgsizes = SET_16K;
	if (!bench_open(&s))
		return;
	bench_map(31ull << 47, 0x000f001000000000, 1ull << 36, 2, IOMMU_READ, NULL);
	oracle_walk(&bench.oracle, (31ull << 47) + (1ull << 36), &leaf);
	expect(leaf.desc == 0x0003002000000755);
	expect(bench_unmap((31ull << 47) + SZ_16K, SZ_16K, 5, GATHER_SYNC) == 5 * SZ_16K);
	bench_verify();
	bench_close();
}

/* Each entry of each root, and runs over 2^48 and 2^50, where fields begin */
static void torn_fields(void)
{
	static const enum io_pgtable_fmt fmts[] = { ARM_64_LPAE_S1, ARM_64_LPAE_S2 };

	for (unsigned int n = 0; n < 4; n++) {
		struct setup s = s1_4k;

		s.fmt = fmts[n & 1];
		s.pgsizes = n & 2 ? SET_16K : SET_4K;
		if (!bench_open(&s))
			continue;
		for (u64 i = 0; i < 32; i++)
			bench_map(i << 47 | SZ_1G, i << 47, bench.pages[0], 3, RW, NULL);
		for (u64 i = 1; i < 16; i++)
			for (unsigned int k = 0; k < bench.page_kinds; k++) {
				u64 size = bench.pages[k], at = 2 * SZ_1G + (i << 47);

				/* Both ways: the input torn, and the output */
				bench_map((at & ~(64 * size - 1)) + 64 * size * (k + 1),
					  (i << 48) - i * size, size, 40, RW, NULL);
			}
		bench_verify();
		bench_close();
	}
}

/* Addresses beyond 52 bits are out of range, and those below are not */
static void limits(void)
{
	size_t mapped = 0;

	if (!bench_open(&s1_4k))
		return;
	io_pgtable_quiet = true;
	expect(bench.ops->map_pages(bench.ops, 1ull << 52, 0, SZ_4K, 1, RW, GFP_KERNEL, &mapped) ==
	       -ERANGE);
	expect(bench.ops->map_pages(bench.ops, 0, 1ull << 52, SZ_4K, 1, RW, GFP_KERNEL, &mapped) ==
	       -ERANGE);
	expect(bench.ops->map_pages(bench.ops, (1ull << 52) - SZ_4K, 0, SZ_4K, 2, RW, GFP_KERNEL,
				    &mapped) == -ERANGE);
	expect(!mapped && !bench.ops->iova_to_phys(bench.ops, 1ull << 52));
	io_pgtable_quiet = false;
	bench_verify();
	bench_close();
}

void tests_lpa2(void)
{
	run("lpa2: start levels and roots (I-12)", roots);
	run("lpa2: every size has a root that hardware accepts (I-12)", every_size);
	run("lpa2: page sizes", sizes);
	run("lpa2: formats without it refuse", refusals);
	run("lpa2: descriptors to the bit (I-4)", descriptors);
	run("lpa2: large blocks, runs and high tables to the bit (I-4, I-6)", large);
	run("lpa2: addresses where fields are torn (I-1, I-4)", torn_fields);
	run("lpa2: limits", limits);
}
