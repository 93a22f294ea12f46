// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a configuration gives: roots, register fields, page sizes, refusals.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "harness.h"

static struct device device;

static struct io_pgtable_ops *make(struct io_pgtable_cfg *cfg, enum io_pgtable_fmt fmt,
				   unsigned long pgsizes, unsigned int ias, unsigned int oas)
{
	const struct setup setup = { .fmt = fmt, .pgsizes = pgsizes, .ias = ias, .oas = oas };
	unsigned long quirks = cfg->quirks;

	*cfg = bench_cfg_template(&setup, &device);
	cfg->quirks = quirks;
	return alloc_io_pgtable_ops(fmt, cfg, &bench);
}

static void one_size(enum io_pgtable_fmt fmt, unsigned int g, unsigned int ias, unsigned int oas)
{
	static const unsigned long granules[] = { SZ_4K, SZ_16K, SZ_64K };
	unsigned int max = g == 2 ? 52 : 48;
	struct io_pgtable_cfg cfg = { 0 };
	struct io_pgtable_ops *ops;
	const char *wrong;
	struct oracle o;

	/* Hardware has no such stage 2: its input outgrows it */
	if (fmt == ARM_64_LPAE_S2 && ias > (oas < max ? oas : max))
		return;
	model_reset(0x80000000);
	ops = make(&cfg, fmt, granules[g], ias, oas);
	if (!ops) {
		fail("fmt %d granule %lx ias %u oas %u refused", fmt, granules[g], ias, oas);
		return;
	}
	wrong = oracle_init(&o, fmt, &cfg);
	if (wrong)
		fail("I-12: fmt %d granule %lx ias %u oas %u: %s", fmt, granules[g], ias, oas,
		     wrong);
	expect(o.page == 12u + 2 * g);
	expect(o.input == (ias < max ? ias : max));
	expect(cfg.ias == o.input);
	expect(o.output == (oas < max ? oas : max) && cfg.oas == o.output);
	expect(cfg.pgsize_bitmap == granules[g]);
	free_io_pgtable_ops(ops);
	expect(!model_pages() && !model_objects());
}

/* Every size: what comes back must be a root that hardware accepts (I-12) */
static void every_size(void)
{
	static const unsigned int widths[] = { 32, 36, 40, 42, 44, 48, 52 };

	for (int fmt = ARM_64_LPAE_S1; fmt <= ARM_64_LPAE_S2; fmt++)
		for (unsigned int g = 0; g < 3; g++)
			for (unsigned int w = 0; w < ARRAY_SIZE(widths); w++)
				for (unsigned int ias = 25; ias <= 52; ias++)
					one_size(fmt, g, ias, widths[w]);
}

/* Start levels and sizes of stage 2 roots, from the tables of D8.2 */
static void stage2_roots(void)
{
	static const struct {
		unsigned long granule;
		u8 ias, oas, sl0, units;
	} want[] = {
		{ SZ_4K, 32, 40, 1, 1 },	/* level 1, four entries */
		{ SZ_4K, 39, 40, 1, 1 },
		{ SZ_4K, 40, 40, 1, 2 },	/* level 1, two tables side by side */
		{ SZ_4K, 42, 42, 1, 8 },
		{ SZ_4K, 43, 44, 1, 16 },
		{ SZ_4K, 44, 44, 2, 1 },	/* level 0, for 32 tables are too many */
		{ SZ_4K, 48, 48, 2, 1 },
		{ SZ_16K, 36, 40, 1, 4 },	/* level 2, one table */
		{ SZ_16K, 37, 40, 1, 8 },	/* level 2: no level 1 for 40 bits */
		{ SZ_16K, 40, 40, 1, 64 },
		{ SZ_16K, 40, 42, 2, 1 },	/* level 1 */
		{ SZ_16K, 47, 48, 2, 4 },
		{ SZ_16K, 48, 48, 2, 8 },	/* level 1 twice: no level 0 at all */
		{ SZ_64K, 42, 42, 1, 16 },	/* level 2 */
		{ SZ_64K, 43, 44, 2, 1 },	/* level 1 */
		{ SZ_64K, 48, 48, 2, 1 },
		{ SZ_64K, 52, 52, 2, 2 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++) {
		struct io_pgtable_cfg cfg = { 0 };
		struct io_pgtable_ops *ops;

		model_reset(0x80000000);
		ops = make(&cfg, ARM_64_LPAE_S2, want[i].granule, want[i].ias, want[i].oas);
		if (!ops || cfg.arm_lpae_s2_cfg.vtcr.sl != want[i].sl0 ||
		    model_pages() != want[i].units)
			fail("I-12: granule %lx ias %u: sl0 %u, %u pages", want[i].granule,
			     want[i].ias, cfg.arm_lpae_s2_cfg.vtcr.sl, model_pages());
		free_io_pgtable_ops(ops);
	}
}

static void page_sizes(void)
{
	static const struct {
		unsigned long cpu, ask;
		unsigned int oas;
		unsigned long get;
	} want[] = {
		{ SZ_4K, ~0ul, 48, 0x40201000 },
		{ SZ_16K, ~0ul, 48, 0x02004000 },
		{ SZ_64K, ~0ul, 48, 0x20010000 },
		{ SZ_64K, ~0ul, 52, 0x40020010000 },
		{ SZ_4K, 0x02004000 | 0x20010000, 48, 0x02004000 },
		{ SZ_4K, 0x20010000, 48, 0x20010000 },
		{ SZ_64K, 0x40201000 | 0x02004000, 48, 0x02004000 },
		{ SZ_16K, 0x40201000 | 0x20010000, 48, 0x40201000 },
		{ SZ_64K, 0x40201000, 48, 0x40201000 },
		{ SZ_4K, 0x40001000, 48, 0x40001000 },
		{ SZ_4K, 0x40200000, 48, 0 },
		{ SZ_4K, 0, 48, 0 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++) {
		struct io_pgtable_cfg cfg = { 0 };
		struct io_pgtable_ops *ops;

		model_reset(0x80000000);
		shim_page_size = want[i].cpu;
		ops = make(&cfg, ARM_64_LPAE_S1, want[i].ask, 48, want[i].oas);
		if (!!ops != !!want[i].get || (ops && cfg.pgsize_bitmap != want[i].get))
			fail("CPU page %lx, offered %lx: got %lx", want[i].cpu, want[i].ask,
			     ops ? cfg.pgsize_bitmap : 0);
		free_io_pgtable_ops(ops);
	}
	shim_page_size = SZ_4K;
}

/* A block larger than what a root entry spans is not on offer */
static void page_sizes_of_small_roots(void)
{
	struct io_pgtable_cfg cfg = { 0 };
	struct io_pgtable_ops *ops;

	model_reset(0x80000000);
	ops = make(&cfg, ARM_64_LPAE_S1, 0x40201000, 30, 48);
	expect(ops && cfg.pgsize_bitmap == 0x00201000);
	free_io_pgtable_ops(ops);
	ops = make(&cfg, ARM_64_LPAE_S1, 0x20010000, 29, 48);
	expect(ops && cfg.pgsize_bitmap == 0x00010000);
	free_io_pgtable_ops(ops);
	ops = make(&cfg, ARM_64_LPAE_S1, 0x40201000, 31, 48);
	expect(ops && cfg.pgsize_bitmap == 0x40201000);
	free_io_pgtable_ops(ops);
}

static void register_fields(void)
{
	struct io_pgtable_cfg cfg = { 0 };
	struct io_pgtable_ops *ops;

	model_reset(0x80000000);
	ops = make(&cfg, ARM_64_LPAE_S1, SZ_4K, 48, 44);
	expect(cfg.arm_lpae_s1_cfg.mair == 0xf404ff44);
	expect(cfg.arm_lpae_s1_cfg.tcr.ips == 4 && cfg.arm_lpae_s1_cfg.tcr.tsz == 16);
	expect(cfg.arm_lpae_s1_cfg.tcr.tg == 0 && cfg.arm_lpae_s1_cfg.tcr.sh == 3);
	expect(cfg.arm_lpae_s1_cfg.tcr.irgn == 1 && cfg.arm_lpae_s1_cfg.tcr.orgn == 1);
	free_io_pgtable_ops(ops);

	cfg.quirks = IO_PGTABLE_QUIRK_ARM_TTBR1;
	ops = make(&cfg, ARM_64_LPAE_S1, SZ_64K, 52, 52);
	expect(cfg.arm_lpae_s1_cfg.tcr.tg == 3 && cfg.arm_lpae_s1_cfg.tcr.tsz == 12);
	expect(cfg.arm_lpae_s1_cfg.tcr.ips == 6);
	free_io_pgtable_ops(ops);
	cfg.quirks = 0;

	ops = make(&cfg, ARM_MALI_LPAE, SZ_4K, 40, 40);
	expect(cfg.arm_mali_lpae_cfg.memattr == 0x888d88);
	expect((cfg.arm_mali_lpae_cfg.transtab & 0xfff) == 0x17);
	free_io_pgtable_ops(ops);

	for (int outer = 0; outer < 2; outer++) {
		const struct setup setup = {
			.fmt = ARM_64_LPAE_S1, .pgsizes = SZ_16K, .ias = 36, .oas = 36,
			.noncoherent = true,
			.quirks = outer ? IO_PGTABLE_QUIRK_ARM_OUTER_WBWA : 0,
		};

		cfg = bench_cfg_template(&setup, &device);
		ops = alloc_io_pgtable_ops(setup.fmt, &cfg, &bench);
		expect(cfg.arm_lpae_s1_cfg.tcr.sh == 2 && cfg.arm_lpae_s1_cfg.tcr.irgn == 0);
		expect(cfg.arm_lpae_s1_cfg.tcr.orgn == outer);
		expect(cfg.arm_lpae_s1_cfg.tcr.tg == 2 && cfg.arm_lpae_s1_cfg.tcr.ips == 1);
		free_io_pgtable_ops(ops);
	}
}

static void refusals(void)
{
	static const struct {
		enum io_pgtable_fmt fmt;
		unsigned long quirks, pgsizes;
		u8 ias, oas;
	} bad[] = {
		{ ARM_64_LPAE_S1, 0, SZ_4K, 24, 48 },		/* TxSZ above 39 */
		{ ARM_64_LPAE_S1, 0, SZ_4K, 48, 33 },		/* no such IPS */
		{ ARM_64_LPAE_S2, 0, SZ_4K, 40, 47 },
		{ ARM_64_LPAE_S1, IO_PGTABLE_QUIRK_NO_PERMS, SZ_4K, 48, 48 },
		{ ARM_64_LPAE_S1, IO_PGTABLE_QUIRK_ARM_MTK_EXT, SZ_4K, 48, 48 },
		{ ARM_64_LPAE_S1, IO_PGTABLE_QUIRK_ARM_OUTER_WBWA, SZ_4K, 48, 48 },
		{ ARM_64_LPAE_S2, IO_PGTABLE_QUIRK_ARM_NS, SZ_4K, 48, 48 },
		{ ARM_32_LPAE_S1, IO_PGTABLE_QUIRK_GATHER, SZ_4K, 32, 40 },
		{ ARM_MALI_LPAE, IO_PGTABLE_QUIRK_GATHER, SZ_4K, 48, 40 },
		{ ARM_64_LPAE_S2, IO_PGTABLE_QUIRK_ARM_TTBR1, SZ_4K, 48, 48 },
		{ ARM_32_LPAE_S1, 0, SZ_4K, 33, 40 },
		{ ARM_32_LPAE_S1, 0, SZ_4K, 32, 42 },
		{ ARM_32_LPAE_S1, 0, SZ_64K, 32, 40 },
		{ ARM_32_LPAE_S1, IO_PGTABLE_QUIRK_ARM_HD, SZ_4K, 32, 40 },
		{ ARM_32_LPAE_S2, 0, SZ_4K, 41, 40 },
		{ ARM_32_LPAE_S2, IO_PGTABLE_QUIRK_ARM_HD, SZ_4K, 40, 40 },
		{ ARM_MALI_LPAE, 0, SZ_4K, 48, 42 },
		{ ARM_MALI_LPAE, IO_PGTABLE_QUIRK_ARM_NS, SZ_4K, 48, 40 },
		{ ARM_MALI_LPAE, 0, SZ_16K, 48, 40 },
		{ ARM_MALI_LPAE, 0, SZ_4K, 48, 0 },
		{ ARM_MALI_LPAE, 0, SZ_4K, 48, 11 },		/* not one page */
		{ ARM_V7S, 0, SZ_4K, 32, 32 },			/* not built in */
		{ IO_PGTABLE_NUM_FMTS, 0, SZ_4K, 48, 48 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct io_pgtable_cfg cfg = { .quirks = bad[i].quirks };

		model_reset(0x80000000);
		if (make(&cfg, bad[i].fmt, bad[i].pgsizes, bad[i].ias, bad[i].oas))
			fail("refusal %u: allocated", i);
		expect(!model_pages() && !model_objects());
	}
}

static void *some_alloc(void *cookie, size_t size, gfp_t gfp)
{
	return shim_alloc(size, gfp);
}

static void some_free(void *cookie, void *pages, size_t size)
{
	shim_free(pages, size);
}

/* A format that is not there, with an allocator, is refused and not called */
static void custom_allocators(void)
{
	const struct setup setup = {
		.fmt = ARM_64_LPAE_S1, .pgsizes = SZ_4K, .ias = 48, .oas = 48,
	};
	struct io_pgtable_cfg cfg = bench_cfg_template(&setup, &device);
	unsigned long errors = shim_dev_errors;

	model_reset(0x80000000);
	cfg.alloc = some_alloc;
	expect(!alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, NULL));
	cfg.alloc = NULL;
	cfg.free = some_free;
	expect(!alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, NULL));
	cfg.alloc = some_alloc;
	expect(!alloc_io_pgtable_ops(APPLE_DART, &cfg, NULL));
	expect(!alloc_io_pgtable_ops(AMD_IOMMU_V1, &cfg, NULL));
	expect(!alloc_io_pgtable_ops(IO_PGTABLE_NUM_FMTS, &cfg, NULL));

	/* I-12: a root that the allocator puts where hardware cannot use it */
	model_misplace = 64;
	expect(!alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, NULL));
	expect(shim_dev_errors == errors + 1);
	expect(!model_pages() && !model_objects());
}

/* Tables above the output size, and DMA layers that move them */
static void unusable_memory(void)
{
	const struct setup setup = {
		.fmt = ARM_64_LPAE_S1, .pgsizes = SZ_4K, .ias = 32, .oas = 32, .noncoherent = true,
	};
	const struct setup large = {
		.fmt = ARM_64_LPAE_S1, .pgsizes = SZ_64K, .ias = 48, .oas = 52,
	};
	struct io_pgtable_cfg cfg;
	struct io_pgtable_ops *ops;

	model_reset(0x100000000);
	cfg = bench_cfg_template(&setup, &device);
	expect(!alloc_io_pgtable_ops(setup.fmt, &cfg, &bench));
	expect(!model_pages() && !model_objects());

	for (unsigned int fault = 1; fault < 3; fault++) {
		model_reset(0x80000000);
		model_dma_fault = fault;
		cfg = bench_cfg_template(&setup, &device);
		expect(!alloc_io_pgtable_ops(setup.fmt, &cfg, &bench));
		expect(!model_pages() && !model_objects());
	}

	/* 52-bit tables with 64K pages: the folded bits reach the walker */
	model_reset(0x000f000080000000);
	cfg = bench_cfg_template(&large, &device);
	ops = alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, &bench);
	expect(ops && cfg.arm_lpae_s1_cfg.ttbr >> 48 == 0xf);
	free_io_pgtable_ops(ops);
	free_io_pgtable_ops(NULL);
}

void tests_config(void)
{
	run("config: every size has a root that hardware accepts (I-12)", every_size);
	run("config: stage 2 start levels and concatenation (I-12)", stage2_roots);
	run("config: page sizes by granule", page_sizes);
	run("config: no block larger than a root entry", page_sizes_of_small_roots);
	run("config: register fields", register_fields);
	run("config: refusals", refusals);
	run("config: custom allocators", custom_allocators);
	run("config: memory that hardware cannot use", unusable_memory);
}
