// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single calls: attributes, bad input, splitting, no memory.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "harness.h"

#define RW (IOMMU_READ | IOMMU_WRITE)

static const struct setup s1_4k = {
	.name = "64S1 4K", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x40201000, .ias = 48, .oas = 48,
};

static const struct setup upper = {
	.name = "64S1 4K TTBR1", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x40201000, .ias = 39,
	.oas = 48, .quirks = IO_PGTABLE_QUIRK_ARM_TTBR1,
};

static struct setup with(struct setup s, enum io_pgtable_fmt fmt, unsigned int ias,
			 unsigned int oas, unsigned long quirks)
{
	s.fmt = fmt;
	s.ias = ias;
	s.oas = oas;
	s.quirks = quirks;
	return s;
}

/* I-4: whole descriptors, spelt out */
static void descriptors(void)
{
	static const struct {
		enum io_pgtable_fmt fmt;
		unsigned long quirks;
		int prot;
		u64 page, block;	/* at address 0x40000000, less the address */
	} want[] = {
		{ ARM_64_LPAE_S1, 0, IOMMU_READ, 0xec3, 0xec1 },
		{ ARM_64_LPAE_S1, 0, IOMMU_WRITE, 0xe43, 0xe41 },
		{ ARM_64_LPAE_S1, 0, RW, 0xe43, 0xe41 },
		{ ARM_64_LPAE_S1, 0, RW | IOMMU_CACHE, 0xf47, 0xf45 },
		{ ARM_64_LPAE_S1, 0, RW | IOMMU_MMIO, 0xe4b, 0xe49 },
		{ ARM_64_LPAE_S1, 0, RW | IOMMU_PRIV, 0xe03, 0xe01 },
		{ ARM_64_LPAE_S1, 0, RW | IOMMU_NOEXEC, 0x0060000000000e43,
		  0x0060000000000e41 },
		{ ARM_64_LPAE_S1, IO_PGTABLE_QUIRK_ARM_NS, RW, 0xe63, 0xe61 },
		{ ARM_64_LPAE_S1, IO_PGTABLE_QUIRK_ARM_HD, RW, 0x0008000000000e43,
		  0x0008000000000e41 },
		{ ARM_64_LPAE_S1, IO_PGTABLE_QUIRK_ARM_HD, IOMMU_READ, 0xec3, 0xec1 },
		{ ARM_64_LPAE_S2, 0, IOMMU_READ, 0x657, 0x655 },
		{ ARM_64_LPAE_S2, 0, IOMMU_WRITE, 0x697, 0x695 },
		{ ARM_64_LPAE_S2, 0, RW | IOMMU_CACHE, 0x7ff, 0x7fd },
		{ ARM_64_LPAE_S2, 0, RW | IOMMU_MMIO, 0x6c7, 0x6c5 },
		{ ARM_64_LPAE_S2, 0, RW | IOMMU_NOEXEC, 0x00400000000006d7,
		  0x00400000000006d5 },
		{ ARM_64_LPAE_S2, IO_PGTABLE_QUIRK_ARM_HD, RW, 0x00080000000006d7,
		  0x00080000000006d5 },
		{ ARM_MALI_LPAE, 0, RW, 0x2c1, 0x2c1 },
		{ ARM_MALI_LPAE, 0, RW | IOMMU_CACHE, 0x2c5, 0x2c5 },
		{ ARM_MALI_LPAE, 0, IOMMU_READ | IOMMU_NOEXEC, 0x0060000000000241,
		  0x0060000000000241 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++) {
		struct setup s = with(s1_4k, want[i].fmt, 40, 40, want[i].quirks);
		struct oracle_leaf leaf;

		if (!bench_open(&s))
			continue;
		bench_map(0, 0x40000000, SZ_4K, 1, want[i].prot, NULL);
		bench_map(SZ_1G, 0x40000000, SZ_1G, 1, want[i].prot, NULL);
		oracle_walk(&bench.oracle, 0, &leaf);
		if (leaf.desc != (want[i].page | 0x40000000))
			fail("I-4: case %u: page %llx", i, (unsigned long long)leaf.desc);
		oracle_walk(&bench.oracle, SZ_1G, &leaf);
		if (leaf.desc != (want[i].block | 0x40000000))
			fail("I-4: case %u: block %llx", i, (unsigned long long)leaf.desc);
		bench_verify();
		bench_close();
	}
}

/* I-4: all permissions in all formats, judged by the decoder */
static void permissions(void)
{
	static const struct {
		enum io_pgtable_fmt fmt;
		u8 ias, oas;
	} formats[] = {
		{ ARM_64_LPAE_S1, 48, 48 }, { ARM_64_LPAE_S2, 44, 44 },
		{ ARM_32_LPAE_S1, 32, 40 }, { ARM_32_LPAE_S2, 40, 40 },
		{ ARM_MALI_LPAE, 48, 40 },
	};

	for (unsigned int f = 0; f < ARRAY_SIZE(formats); f++) {
		struct setup s = with(s1_4k, formats[f].fmt, formats[f].ias, formats[f].oas, 0);

		if (!bench_open(&s))
			continue;
		for (int prot = 0; prot < 64; prot++) {
			int err;
			u64 n = bench.ops->map_pages ? 0 : 1;
			size_t mapped = 0;

			if (prot & 3) {
				n = bench_map(prot * SZ_4K, prot * SZ_2M, SZ_4K, 1, prot, &err);
				expect(n == SZ_4K && !err);
				continue;
			}
			err = bench.ops->map_pages(bench.ops, prot * SZ_4K, 0, SZ_4K, 1, prot,
						   GFP_KERNEL, &mapped);
			expect(err == -EINVAL && !mapped);
		}
		bench_verify();
		bench_close();
	}
}

/* Bad input: an error, one complaint, no change */
static void bad_input(void)
{
	static const struct {
		u64 iova, addr, pgsize, count;
		int err;
	} bad[] = {
		{ 0, 0, 0, 1, -EINVAL },
		{ 0, 0, SZ_16K, 1, -EINVAL },
		{ 0, 0, SZ_4K | SZ_2M, 1, -EINVAL },
		{ 0, 0, SZ_4K, 0, -EINVAL },
		{ 0x800, 0, SZ_4K, 1, -EINVAL },
		{ 0, 0x800, SZ_4K, 1, -EINVAL },
		{ SZ_4K, 0, SZ_2M, 1, -EINVAL },
		{ 0, SZ_4K, SZ_2M, 1, -EINVAL },
		{ 0, 0, SZ_1G, 1ull << 40, -EINVAL },
		{ 1ull << 48, 0, SZ_4K, 1, -ERANGE },
		{ (1ull << 48) - SZ_4K, 0, SZ_4K, 2, -ERANGE },
		{ 0 - SZ_4K, 0, SZ_4K, 1, -ERANGE },
		{ 0 - SZ_4K, 0, SZ_4K, 2, -ERANGE },
		{ 0, 1ull << 48, SZ_4K, 1, -ERANGE },
		{ 0, (1ull << 48) - SZ_4K, SZ_4K, 2, -ERANGE },
		{ 0, 0 - SZ_4K, SZ_4K, 2, -ERANGE },
		/* What differs from a page that is there by bits out of range alone */
		{ SZ_64K, 0, SZ_16K, 1, -EINVAL },
		{ SZ_64K, 0, SZ_4K | SZ_2M, 1, -EINVAL },
		{ (1ull << 48) + SZ_64K, 0, SZ_4K, 1, -ERANGE },
		{ (1ull << 63) + SZ_64K, 0, SZ_4K, 1, -ERANGE },
	};
	struct iommu_iotlb_gather gather;

	gather_open(&gather, false);
	if (!bench_open(&s1_4k))
		return;
	bench_map(SZ_2M, SZ_2M, SZ_4K, 3, RW, NULL);
	bench_map(SZ_64K, SZ_64K, SZ_4K, 1, RW, NULL);
	bench_map((1ull << 48) - 3 * SZ_4K, 0, SZ_4K, 1, RW, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		unsigned long warned = shim_warnings;
		size_t mapped = 0;
		int err;

		err = bench.ops->map_pages(bench.ops, bad[i].iova, bad[i].addr, bad[i].pgsize,
					   bad[i].count, RW, GFP_KERNEL, &mapped);
		if (err != bad[i].err || mapped || shim_warnings != warned + 1)
			fail("map %u: %d, %zx, %lu complaints", i, err, mapped,
			     shim_warnings - warned);
		if (bad[i].addr)
			continue;
		warned = shim_warnings;
		mapped = bench.ops->unmap_pages(bench.ops, bad[i].iova, bad[i].pgsize,
						bad[i].count, &gather);
		if (mapped || shim_warnings != warned + 1)
			fail("unmap %u: something, or %lu complaints", i, shim_warnings - warned);
	}
	/* Nothing there: nothing is unmapped, and that is the caller's mistake too */
	expect(bench_unmap(0, SZ_4K, 4, GATHER_SYNC) == 0);
	expect(bench_unmap(SZ_1G, SZ_1G, 1, GATHER_SYNC) == 0);
	expect(!bench.ops->iova_to_phys(bench.ops, 1ull << 48));
	expect(!bench.ops->iova_to_phys(bench.ops, ~0ull));
	bench_verify();
	bench_close();

	/* Upper half: the lower one is out of range */
	if (!bench_open(&upper))
		return;
	io_pgtable_quiet = true;
	expect(bench.ops->map_pages(bench.ops, 0, 0, SZ_4K, 1, RW, GFP_KERNEL, &(size_t){ 0 }) ==
	       -ERANGE);
	expect(bench.ops->map_pages(bench.ops, bench.base - SZ_4K, 0, SZ_4K, 1, RW, GFP_KERNEL,
				    &(size_t){ 0 }) == -ERANGE);
	io_pgtable_quiet = false;
	expect(bench_map(0 - SZ_4K, SZ_4K, SZ_4K, 1, RW, NULL) == SZ_4K);
	expect(bench_map(bench.base, SZ_2M, SZ_2M, 1, RW, NULL) == SZ_2M);
	bench_verify();
	bench_close();
}

/* I-2: a taken entry in the middle: mapped up to it, and the rest untouched */
static void overlap(void)
{
	int err;

	if (!bench_open(&s1_4k))
		return;
	bench_map(5 * SZ_4K, SZ_1G, SZ_4K, 1, IOMMU_READ, NULL);
	expect(bench_map(0, SZ_2M, SZ_4K, 16, RW, &err) == 5 * SZ_4K && err == -EEXIST);
	bench_verify();
	expect(bench_map(0, 0, SZ_2M, 1, RW, &err) == 0 && err == -EEXIST);
	bench_map(SZ_1G, 0, SZ_1G, 1, RW, NULL);
	expect(bench_map(SZ_1G + SZ_2M, 0, SZ_4K, 1, RW, &err) == 0 && err == -EEXIST);
	expect(bench_map(SZ_1G, 0, SZ_1G, 1, RW, &err) == 0 && err == -EEXIST);
	bench_verify();
	/* A left-over table gives way to a block */
	expect(bench_unmap(0, SZ_4K, 6, GATHER_SYNC) == 6 * SZ_4K);
	expect(bench_map(0, SZ_2M, SZ_2M, 2, RW, &err) == 2 * SZ_2M && !err);
	bench_verify();
	bench_close();
}

/* I-3, I-5: each part of each block, in one split, with the rest as it was */
static void splitting(void)
{
	static const unsigned long sets[] = { 0x40201000, 0x02004000, 0x20010000 };

	for (unsigned int g = 0; g < 3; g++) {
		struct setup s = s1_4k;

		s.pgsizes = sets[g];
		s.name = g ? g == 1 ? "16K" : "64K" : "4K";
		for (unsigned int nc = 0; nc < 2; nc++)
			for (unsigned int i = 0; i < 200; i++) {
				u64 block, page, first, count, got;

				s.noncoherent = nc;
				if (!bench_open(&s))
					return;
				block = bench.pages[1 + i % (bench.page_kinds - 1)];
				page = bench.pages[0];
				if (bench.page_kinds == 3 && block == bench.pages[2] && i & 4)
					page = bench.pages[1];
				bench_map(block, 3 * block, block, 2, RW | IOMMU_NOEXEC, NULL);
				first = rnd_below(block / page);
				count = 1 + rnd_below(block / page);
				for (got = 0; got < count * page;) {
					u64 n = bench_unmap(block + first * page + got, page,
							    count - got / page, i % GATHER_MODES);

					expect(n);
					if (!n)
						break;
					got += n;
				}
				bench_verify();
				bench_close();
				if (failures_here)
					return;
			}
	}
}

/* I-2, I-10, I-61: every allocation fails once; nothing leaks, counts are right */
static void no_memory_once(bool noncoherent)
{
	for (long n = 0; n < 40; n++) {
		struct setup s = s1_4k;
		int err;

		s.noncoherent = noncoherent;
		if (!bench_open(&s))
			return;
		model_fail_after = n;
		bench_map(SZ_1G - 3 * SZ_4K, 0, SZ_4K, 6, RW, &err);
		bench_verify();
		bench_map(4 * SZ_1G, SZ_1G, SZ_1G, 1, RW, &err);
		bench_unmap(4 * SZ_1G + 5 * SZ_2M + 7 * SZ_4K, SZ_4K, 3, GATHER_SYNC);
		bench_verify();
		bench_map(8 * SZ_1G, SZ_1G, SZ_2M, 1500, RW, &err);
		bench_unmap(8 * SZ_1G + 6 * SZ_4K, SZ_4K, 1000, GATHER_NONE);
		bench_verify();
		bench_map(1ull << 40, SZ_2M, SZ_4K, 2000, RW, &err);
		bench_verify();
		model_fail_after = -1;
		bench_close();
	}
	for (long n = 0; n < 3; n++) {
		struct io_pgtable_cfg cfg;

		model_reset(0x80000000);
		cfg = bench_cfg_template(&s1_4k, &bench.dev);
		model_fail_after = n;
		free_io_pgtable_ops(alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, &bench));
		expect(!model_pages() && !model_objects());
	}
}

static void no_memory(void)
{
	no_memory_once(false);
	no_memory_once(true);
}

static unsigned int listed(const struct iommu_iotlb_gather *gather)
{
	unsigned int n = 0;

	for (const struct list_head *i = gather->freelist.next; i != &gather->freelist; i = i->next)
		n++;
	return n;
}

/* I-8: tables wait on the gather's list; what is not opted in is flushed at once */
static void tables_wait(void)
{
	static const struct {
		unsigned long quirks;
		bool noncoherent, custom, no_gather;
		unsigned int listed;
	} how[] = {
		{ IO_PGTABLE_QUIRK_GATHER, false, false, false, 3 },
		{ 0, false, false, false, 0 },
		{ IO_PGTABLE_QUIRK_GATHER, true, false, false, 0 },
		{ IO_PGTABLE_QUIRK_GATHER, false, true, false, 0 },
		{ IO_PGTABLE_QUIRK_GATHER, false, false, true, 0 },
	};

	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(how); i++) {
		unsigned int before, after, pages = i & 1;
		struct iommu_iotlb_gather gather;
		struct setup s = s1_4k;
		unsigned long walks;

		s.quirks = how[i / 2].quirks;
		s.noncoherent = how[i / 2].noncoherent;
		s.custom = how[i / 2].custom;
		if (!bench_open(&s))
			return;
		/* A root, a table of 512G, one of 1G, and two of pages under it */
		bench_map(0, 0, SZ_1G, 1, RW, NULL);
		before = model_pages();
		bench_map(SZ_1G, SZ_1G, SZ_4K, 1024, RW, NULL);
		bench_map(SZ_1G + 2 * SZ_2M, SZ_1G, SZ_2M, 510, RW, NULL);
		expect(model_pages() == before + 3);

		/* By one block, and by its pages */
		walks = model_walks;
		gather_open(&gather, false);
		expect(bench.ops->unmap_pages(bench.ops, SZ_1G, pages ? SZ_4K : SZ_1G,
					      pages ? 512 * 512 : 1,
					      how[i / 2].no_gather ? NULL : &gather) == SZ_1G);
		after = model_pages();
		expect(listed(&gather) == how[i / 2].listed);
		expect(after == before + how[i / 2].listed);
		expect(!listed(&gather) == (walks != model_walks));
		if (how[i / 2].listed)
			gather_sync(&gather);
		model_flush_all();
		expect(model_pages() == before);
		bench_forget(SZ_1G, SZ_1G);
		bench_verify();
		bench_close();
	}
}

/* I-8: of a ragged range only the tables that are inside of it go */
static void tables_inside(void)
{
	for (unsigned int i = 0; i < 6 * GATHER_MODES; i++) {
		static const struct {
			s64 from;
			unsigned int pages, tables;
		} cut[] = {
			{ 0, 511, 0 }, { 0, 512, 1 }, { 1, 512, 0 }, { -1, 514, 1 },
			{ 5, 2042, 2 }, { 5, 2043, 3 },
		};
		unsigned int c = i / GATHER_MODES, before;
		struct setup s = s1_4k;

		s.quirks = i & 1 ? IO_PGTABLE_QUIRK_GATHER : 0;
		if (!bench_open(&s))
			return;
		bench_map(SZ_1G - SZ_4K, 0, SZ_4K, 2050, RW, NULL);
		before = model_pages();
		expect(bench_unmap(SZ_1G + cut[c].from * (s64)SZ_4K, SZ_4K, cut[c].pages,
				   i % GATHER_MODES) == cut[c].pages * SZ_4K);
		expect(model_pages() == before - cut[c].tables);
		bench_verify();
		bench_close();
	}
}

/* I-8: one gather for several unmaps, of pages, tables and blocks in turn */
static void one_gather_for_all(void)
{
	struct setup s = s1_4k;

	s.quirks = IO_PGTABLE_QUIRK_GATHER;
	for (unsigned int n = 0; n < 256 && !failures_here; n++) {
		struct iommu_iotlb_gather gather;
		u64 iova = SZ_1G;

		if (!bench_open(&s))
			return;
		gather_open(&gather, n & 1);
		for (unsigned int i = 0; i < 4; i++)
			bench_map(iova + i * 2 * SZ_2M, 0, (n >> 2 * i & 3) == 1 ? SZ_2M : SZ_4K,
				  (n >> 2 * i & 3) == 2 ? 1024 : 2, RW, NULL);
		for (unsigned int i = 0; i < 4; i++, iova += 2 * SZ_2M) {
			unsigned int kind = n >> (2 * i) & 3;
			u64 size = kind == 1 ? SZ_2M : SZ_4K, count = kind == 2 ? 1024 : 2;

			if (kind == 3) {
				/* tables under the size of the call, with a hole */
				size = SZ_2M;
				count = 1;
			}
			expect(bench.ops->unmap_pages(bench.ops, iova, size, count, &gather) ==
			       size * count);
			bench_forget(iova, 2 * SZ_2M);
		}
		if (n & 1)
			model_flush_all();
		gather_sync(&gather);
		model_check_clean();
		bench_verify();
		bench_close();
	}
}

/* I-2: another call, which is wrong to be there, maps the page before we do */
static void map_first(u64 *slot)
{
	size_t mapped = 0;

	model_before_swap = NULL;
	expect(!bench.ops->map_pages(bench.ops, SZ_2M + SZ_4K, 0, SZ_4K, 1, RW, GFP_KERNEL,
				     &mapped));
}

static void lost_installation(void)
{
	size_t mapped = 0;

	if (!bench_open(&s1_4k))
		return;
	bench_map(0, 0, SZ_4K, 1, RW, NULL);
	model_before_swap = map_first;
	io_pgtable_quiet = true;
	expect(bench.ops->map_pages(bench.ops, SZ_2M + SZ_4K, SZ_1G, SZ_4K, 2, RW, GFP_KERNEL,
				    &mapped) == -EEXIST && !mapped);
	io_pgtable_quiet = false;
	expect(!model_before_swap);
	expect(bench.ops->iova_to_phys(bench.ops, SZ_2M + SZ_4K) == 0);
	expect(bench.ops->unmap_pages(bench.ops, SZ_2M + SZ_4K, SZ_4K, 1, NULL) == SZ_4K);
	model_flush_all();
	bench_verify();
	bench_close();
}

/* Tables come and go with mappings; what is left is what an empty set has */
static void tables_go(void)
{
	unsigned int empty;

	if (!bench_open(&s1_4k))
		return;
	empty = model_pages();
	for (int i = 0; i < 3; i++) {
		bench_map(SZ_1G, SZ_1G, SZ_4K, 512 * 512, RW, NULL);
		bench_verify();
		expect(bench_unmap(SZ_1G, SZ_1G, 1, i) == SZ_1G);
		bench_verify();
	}
	expect(model_pages() <= empty + 1);
	bench_close();
}

/* Where the entry for @iova lies, whatever is in it; tables down to it exist */
static u64 *entry_of(u64 iova, unsigned int below)
{
	unsigned int at = bench.oracle.page + (3 - bench.oracle.start) * (bench.oracle.page - 3);
	u64 table = bench.oracle.root;
	u64 index = (iova - bench.base) >> at;

	for (;;) {
		u64 *slot = phys_to_virt(table + 8 * index);

		if (at == below)
			return slot;
		table = oracle_out_addr(&bench.oracle, *slot, bench.oracle.page);
		at -= bench.oracle.page - 3;
		index = iova >> at & ((1ull << (bench.oracle.page - 3)) - 1);
	}
}

/* I-2, I-3: an odd entry at each place of a run, for each kind of oddity */
static void run_with(unsigned int length, unsigned int odd, u64 iova, u64 size, unsigned int kind)
{
	int err;
	u64 *slot;

	if (!bench_open(&s1_4k))
		return;
	/* A table that is not new, with nothing in the run */
	bench_map(iova - size, 0, size, 1, RW, NULL);
	if (kind == 0) {
		/* taken: the map ends there */
		bench_map(iova + odd * size, 0, size, 1, IOMMU_READ, NULL);
		expect(bench_map(iova, 0, size, length, RW, &err) == odd * size && err == -EEXIST);
	} else {
		/* a hole, or what is neither a leaf nor empty: the unmap ends there */
		bench_map(iova, 0, size, length, RW, NULL);
		slot = entry_of(iova + odd * size, __builtin_ctzll(size));
		if (kind == 1) {
			bench_unmap(iova + odd * size, size, 1, GATHER_SYNC);
			expect(bench_unmap(iova, size, length, GATHER_SYNC) == odd * size);
			expect(bench_unmap(iova + (odd + 1) * size, size, length - odd - 1 ?: 1,
					   GATHER_SYNC) == (length - odd - 1) * size);
		} else {
			size_t done;
			u64 was = *slot;

			*slot = was & ~3ull;
			io_pgtable_quiet = true;
			done = bench.ops->unmap_pages(bench.ops, iova, size, length, NULL);
			io_pgtable_quiet = false;
			expect(done == odd * size);
			model_flush_all();
			bench_forget(iova, done);
			*slot = was;
		}
	}
	bench_verify();
	bench_close();
}

static void odd_entries(void)
{
	for (unsigned int kind = 0; kind < 3; kind++)
		for (unsigned int length = 1; length < 27 && !failures_here; length++)
			for (unsigned int odd = 0; odd < length; odd++) {
				run_with(length, odd, SZ_1G + 3 * SZ_4K, SZ_4K, kind);
				run_with(length, odd, SZ_1G + 3 * SZ_2M, SZ_2M, kind);
			}
}

/* I-1, I-10: every length and start of a run; the neighbours stay as they are */
static void run_lengths(void)
{
	for (unsigned int start = 0; start < 10; start++)
		for (unsigned int length = 1; length < 40 && !failures_here; length++) {
			u64 iova = SZ_1G + (7 + start) * SZ_4K, size = length * SZ_4K;

			if (!bench_open(&s1_4k))
				return;
			for (int again = 0; again < 2; again++) {
				bench_map(iova, SZ_2M + start * SZ_4K, SZ_4K, length, RW, NULL);
				if (!again) {
					bench_map(iova - SZ_4K, 0, SZ_4K, 1, RW, NULL);
					bench_map(iova + size, 0, SZ_4K, 1, RW, NULL);
				}
				bench_verify();
				expect(bench_unmap(iova, SZ_4K, length, again) == size);
				bench_verify();
			}
			bench_close();
		}
}

/* 64K pages: the folded address bits are right on both sides of 2^48 */
static void run_over_48_bits(void)
{
	static const struct setup s = {
		.name = "64S1 64K 52/52", .fmt = ARM_64_LPAE_S1, .pgsizes = 0x40020010000,
		.ias = 52, .oas = 52,
	};

	for (unsigned int k = 0; k < 3; k++) {
		u64 size = k ? k == 1 ? SZ_512M : 1ull << 42 : SZ_64K;

		if (!bench_open(&s))
			return;
		for (u64 n = 1; n < 24; n += 5)
			bench_map(n * 40 * size, ((1 + n % 14) << 48) - n * size, size, n + 9, RW,
				  NULL);
		bench_verify();
		bench_close();
	}
}

/* I-7: the gather is exact, and the driver is asked only where it must act */
static void gathers(void)
{
	struct iommu_iotlb_gather gather;
	struct setup s = s1_4k;
	unsigned long adds = model_add_pages;

	s.quirks = IO_PGTABLE_QUIRK_GATHER;
	if (!bench_open(&s))
		return;
	bench_map(SZ_2M - 3 * SZ_4K, 0, SZ_4K, 1027, RW, NULL);
	bench_map(SZ_1G, 0, SZ_4K, 4, RW, NULL);
	bench_map(SZ_1G + SZ_2M, 0, SZ_2M, 4, RW, NULL);
	gather_open(&gather, false);

	/* Across tables, and on to what adjoins */
	bench.ops->unmap_pages(bench.ops, SZ_2M - 3 * SZ_4K, SZ_4K, 500, &gather);
	bench.ops->unmap_pages(bench.ops, SZ_2M + 497 * SZ_4K, SZ_4K, 300, &gather);
	expect(gather.start == SZ_2M - 3 * SZ_4K && gather.end == SZ_2M + 797 * SZ_4K - 1);
	expect(gather.pgsize == SZ_4K && adds == model_add_pages);

	/* Elsewhere: what was there is invalidated by the driver */
	bench.ops->unmap_pages(bench.ops, SZ_1G + SZ_4K, SZ_4K, 2, &gather);
	expect(gather.start == SZ_1G + SZ_4K && gather.end == SZ_1G + 3 * SZ_4K - 1);
	expect(gather.pgsize == SZ_4K && adds + 1 == model_add_pages);

	/* Of another size */
	bench.ops->unmap_pages(bench.ops, SZ_1G + SZ_2M, SZ_2M, 3, &gather);
	expect(gather.start == SZ_1G + SZ_2M && gather.end == SZ_1G + 4 * SZ_2M - 1);
	expect(gather.pgsize == SZ_2M && adds + 2 == model_add_pages);

	/* A table that adjoins fits in, for its range is invalidated at all levels */
	gather_sync(&gather);
	model_check_clean();
	bench_map(SZ_1G + 8 * SZ_2M, 0, SZ_2M, 1, RW, NULL);
	bench_map(SZ_1G + 9 * SZ_2M, 0, SZ_4K, 2, RW, NULL);
	adds = model_add_pages;
	bench.ops->unmap_pages(bench.ops, SZ_1G + 8 * SZ_2M, SZ_2M, 2, &gather);
	expect(gather.start == SZ_1G + 8 * SZ_2M && gather.end == SZ_1G + 10 * SZ_2M - 1);
	expect(adds == model_add_pages && !list_empty(&gather.freelist));
	gather_sync(&gather);
	model_check_clean();

	/* The last page: its end is the largest address there is */
	bench_close();
	s.quirks |= IO_PGTABLE_QUIRK_ARM_TTBR1;
	if (!bench_open(&s))
		return;
	bench_map(0 - 3 * SZ_4K, 0, SZ_4K, 3, RW, NULL);
	expect(bench_unmap(0 - 2 * SZ_4K, SZ_4K, 2, GATHER_SYNC) == 2 * SZ_4K);
	bench_verify();
	bench_close();
}

void tests_calls(void)
{
	run("calls: an odd entry at each place of a run (I-2, I-3)", odd_entries);
	run("calls: runs of each length (I-1, I-3)", run_lengths);
	run("calls: 64K runs over a 48-bit boundary (I-1, I-4)", run_over_48_bits);
	run("calls: a gather takes runs (I-7)", gathers);
	run("calls: descriptors to the bit (I-4)", descriptors);
	run("calls: permissions of all formats (I-4)", permissions);
	run("calls: bad input changes nothing (I-2, I-3)", bad_input);
	run("calls: a map never overwrites (I-2)", overlap);
	run("calls: any part of a block can go (I-3, I-5)", splitting);
	run("calls: allocation failures (I-2, I-61)", no_memory);
	run("calls: tables go with a span (I-8)", tables_go);
	run("calls: tables wait for the gather (I-8)", tables_wait);
	run("calls: tables inside a ragged range go (I-8)", tables_inside);
	run("calls: one gather for several calls (I-8)", one_gather_for_all);
	run("calls: a lost table installation (I-2, I-10)", lost_installation);
}
