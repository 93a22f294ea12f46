// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sequence of calls from bytes. The bench compares what each call reports
 * with its list of what should be mapped; here the addresses around the call
 * are looked up, by the tables under test and by the decoder, and at the end
 * (and where the input says so) the whole tree is compared with the list.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "fuzz.h"

#define MAX_CALLS	32

/*
 * Entries that an input may fill: one that fills more is only slow. A short one
 * can fill a table of 4K pages, and some are long.
 */
#define MAX_ENTRIES	576
#define MOST_ENTRIES	2560
#define LONG_INPUT	96

struct tally tally;
bool fuzz_trace;

static u64 entries_left;

const struct span *span_of(u64 iova)
{
	for (unsigned int i = 0; i < bench.spans; i++)
		if (iova - bench.span[i].iova < bench.span[i].size)
			return &bench.span[i];
	return NULL;
}

static u64 top(void)
{
	return bench.base + (~0ull >> (64 - bench.oracle.input));
}

/* Highest output address: a Mali's registers do not say it, so the decoder has 40 bits */
static u64 highest(void)
{
	return ~0ull >> (64 - min(bench.oracle.output, bench.cfg.oas));
}

/* I-1: list, tables under test and decoder agree on @iova */
static void look_up(u64 iova)
{
	const struct span *s = span_of(iova);
	u64 want = s ? s->addr + (iova - s->iova) : 0, got;
	struct oracle_leaf leaf = { 0 };
	bool hit = oracle_walk(&bench.oracle, iova, &leaf);

	tally.calls++;
	got = bench.ops->iova_to_phys(bench.ops, iova);
	if (got != want || hit != !!s || (s && leaf.addr != want) || leaf.wrong)
		fail("I-1: %llx leads to %llx, for hardware to %llx (%s); mapped to %llx",
		     (unsigned long long)iova, (unsigned long long)got,
		     (unsigned long long)leaf.addr, leaf.wrong ?: hit ? "legal" : "a fault",
		     (unsigned long long)want);
}

static void look_around(u64 iova, u64 size)
{
	if (!size)
		return;
	look_up(iova);
	look_up(iova + (size - 1));
	if (iova > bench.base)
		look_up(iova - 1);
	if (iova + (size - 1) < top())
		look_up(iova + size);
}

/* A Mali's bitmap may hold blocks that its input addresses cannot */
static u64 some_pgsize(u8 choice)
{
	unsigned int fit = bench.page_kinds;

	while (fit > 1 && bench.pages[fit - 1] - 1 > top() - bench.base)
		fit--;
	return bench.pages[choice % fit];
}

/* Few places, near the ends of tables and blocks, so that calls meet */
static u64 some_iova(struct input *in)
{
	u8 where = take_byte(in), units = take_byte(in);
	u64 page = bench.pages[0], size = top() - bench.base + 1;
	u64 big = bench.pages[bench.page_kinds > 1], anchor;

	if (!size)
		size = 1ull << 63;
	switch (where >> 6) {
	case 0:
		anchor = 0;
		break;
	case 1:
		anchor = size - 4 * bench.pages[bench.page_kinds - 1];
		break;
	case 2:
		anchor = size / 2 - 2 * big;
		break;
	default:
		anchor = (u64)take_byte(in) * bench.pages[bench.page_kinds - 1];
		break;
	}
	anchor += where & 32 ? units * page : (units & 7) * big + (where & 31) * page;
	return bench.base + (anchor & (size - 1));
}

/* Entries that map @pgsize: more than one if it is the size of a run */
static u64 entries_of(u64 pgsize)
{
	unsigned int page = bench.oracle.page, shift = __ffs(pgsize);

	return 1ull << (shift - page) % (page - 3);
}

static u64 some_count(struct input *in, u64 iova, u64 pgsize)
{
	u8 n = take_byte(in);
	u64 room = (top() - iova) / pgsize, count;

	if (n < 0xc0)
		count = 1 + (n & 15);
	else if (n < 0xf0)
		count = (1 + (n & 15)) * 16 + (n & 16 ? 1 : 0);
	else
		count = 1ull << (bench.oracle.page - 3) >> (n & 3);
	count = min(count, entries_left / entries_of(pgsize) + 1);
	return count - 1 <= room ? count : room + 1;
}

static u64 some_addr(struct input *in, u64 pgsize, u64 bytes)
{
	u64 limit = highest();
	u8 kind = take_byte(in);
	u64 addr = (kind & 1 ? limit : limit >> 1) ^ (u64)kind << (kind & 7) * 4;

	addr = addr & limit & ~(pgsize - 1);
	if (bytes - 1 > limit)
		return 0;
	return addr + (bytes - 1) > limit ? (limit - (bytes - 1)) & ~(pgsize - 1) : addr;
}

static void do_map(struct input *in)
{
	u64 pgsize = some_pgsize(take_byte(in));
	u64 iova = some_iova(in) & ~(pgsize - 1), count = some_count(in, iova, pgsize);
	u64 addr, done, filled;
	int prot = take_byte(in) & 63, err;

	if (!(prot & 3))
		prot |= IOMMU_READ | IOMMU_WRITE;
	if (count > 1 && count * pgsize - 1 > highest())
		count = 1;
	if (pgsize - 1 > highest())
		return;
	addr = some_addr(in, pgsize, count * pgsize);
	done = bench_map(iova, addr, pgsize, count, prot, &err);
	trace("map %llx to %llx, %llx x %llu, prot %x: %d, %llx bytes\n",
	      (unsigned long long)iova, (unsigned long long)addr, (unsigned long long)pgsize,
	      (unsigned long long)count, prot, err, (unsigned long long)done);
	filled = done / pgsize * entries_of(pgsize);
	tally.leaves += filled;
	entries_left -= min(entries_left, filled);
	look_around(iova, count * pgsize);
}

/* Of what is mapped, as a rule: other unmaps do nothing */
static void do_unmap(struct input *in)
{
	u8 kind = take_byte(in);
	u64 pgsize = some_pgsize(kind & 15), iova = some_iova(in);
	enum gather_mode mode = (kind >> 4) % GATHER_MODES;
	u64 count, done;

	if (kind & 0x80 && bench.spans) {
		const struct span *s = &bench.span[take_byte(in) % bench.spans];

		iova = s->iova + (kind & 0x40 ? s->size / 2 : 0);
	}
	iova &= ~(pgsize - 1);
	count = some_count(in, iova, pgsize);
	done = bench_unmap(iova, pgsize, count, mode);
	dirty_forget(iova, done);
	trace("unmap %llx, %llx x %llu, mode %u: %llx bytes\n", (unsigned long long)iova,
	      (unsigned long long)pgsize, (unsigned long long)count, mode,
	      (unsigned long long)done);
	look_around(iova, count * pgsize);
}

static void do_dirty(struct input *in)
{
	u64 iova = some_iova(in) & ~(bench.pages[0] - 1), left = top() - iova;
	u64 size = some_count(in, iova, bench.pages[0]) * bench.pages[0];
	u8 kind = take_byte(in);
	struct iommu_dirty_bitmap none = { 0 };

	if (!dirty_tracked()) {
		expect(bench.ops->read_and_clear_dirty(bench.ops, iova, size, 0, &none));
		return;
	}
	if (kind & 2)
		size = (left & ~(bench.pages[0] - 1)) + bench.pages[0];
	trace("read dirty %llx+%llx, flags %x\n", (unsigned long long)iova,
	      (unsigned long long)size, kind & 1);
	dirty_read(iova, size, kind & 1 ? IOMMU_DIRTY_NO_CLEAR : 0);
}

/* A walker that is not coherent does not update tables either */
static void do_write(struct input *in)
{
	u64 iova = some_iova(in);

	if (dirty_tracked() && !bench.setup->noncoherent) {
		trace("device writes %llx\n", (unsigned long long)iova);
		dirty_write(iova);
	}
}

static bool legal_input(u64 iova, u64 pgsize, u64 count)
{
	u64 size;

	return pgsize && !(pgsize & (pgsize - 1)) && (pgsize & bench.cfg.pgsize_bitmap) &&
	       !(iova & (pgsize - 1)) && count && !check_mul_overflow(pgsize, count, &size) &&
	       iova >= bench.base && iova + (size - 1) >= iova && iova + (size - 1) <= top();
}

static bool legal_output(u64 addr, u64 pgsize, u64 count)
{
	u64 last = addr + (pgsize * count - 1);

	return !(addr & (pgsize - 1)) && last >= addr && last <= highest();
}

/* I-2, I-3: bad input gives an error and changes nothing; the last look sees that */
static void do_bad(struct input *in)
{
	u64 iova = take_word(in), addr = take_word(in), count = take_word(in);
	u64 pgsize = 1ull << (take_byte(in) & 63);
	u8 kind = take_byte(in);
	size_t mapped = 0;
	int err = 0;

	/* Mostly near what is legal */
	if (kind & 1)
		iova = some_iova(in);
	if (kind & 2)
		addr &= highest() & ~(bench.pages[0] - 1);
	if (kind & 4)
		pgsize = bench.pages[0];
	if (kind & 8)
		count = 1 + (count & 7);
	if (kind & 16)
		pgsize |= pgsize << 1;
	/* A size that wraps, to something small */
	if (kind & 64)
		count += 1ull << (64 - __ffs(pgsize)) % 64;

	io_pgtable_quiet = true;
	if (!legal_input(iova, pgsize, count) || !legal_output(addr, pgsize, count)) {
		err = bench.ops->map_pages(bench.ops, iova, addr, pgsize, count, IOMMU_READ,
					   GFP_KERNEL, &mapped);
		if ((err != -EINVAL && err != -ERANGE) || mapped)
			fail("I-2: map %llx to %llx, %llx x %llx: %d", (unsigned long long)iova,
			     (unsigned long long)addr, (unsigned long long)pgsize,
			     (unsigned long long)count, err);
	}
	if (!legal_input(iova, pgsize, count) &&
	    bench.ops->unmap_pages(bench.ops, iova, pgsize, count, NULL))
		fail("I-3: unmap %llx, %llx x %llx", (unsigned long long)iova,
		     (unsigned long long)pgsize, (unsigned long long)count);
	err = bench.ops->map_pages(bench.ops, some_iova(in) & ~(bench.pages[0] - 1), 0,
				   bench.pages[0], 1, kind & 0x3c, GFP_KERNEL, &mapped);
	if (err != -EINVAL || mapped)
		fail("I-2: no permissions, and yet mapped: %d", err);
	if (dirty_tracked() && (iova < bench.base || iova > top())) {
		struct iommu_dirty_bitmap none = { 0 };

		err = bench.ops->read_and_clear_dirty(bench.ops, iova, bench.pages[0], 0, &none);
		if (err != -EINVAL)
			fail("I-11: dirty state of %llx: %d", (unsigned long long)iova, err);
	}
	if (iova < bench.base || iova > top())
		expect(!bench.ops->iova_to_phys(bench.ops, iova));
	io_pgtable_quiet = false;
	model_check_clean();
}

static void one_call(struct input *in)
{
	u8 what = take_byte(in);

	tally.calls++;
	/* The n-th allocation of this call fails */
	if (what >= 0xe0)
		model_fail_after = what & 7;
	switch (what % 16) {
	case 0 ... 5:
		do_map(in);
		break;
	case 6 ... 10:
		do_unmap(in);
		break;
	case 11:
		look_up(some_iova(in));
		break;
	case 12:
		do_dirty(in);
		break;
	case 13:
		do_write(in);
		break;
	case 14:
		do_bad(in);
		break;
	case 15:
		if (what & 0x10)
			bench_verify();
		break;
	}
	model_fail_after = -1;
}

void fuzz_one(const u8 *data, size_t size)
{
	struct input in = { data, data + size };

	tally.inputs++;
	failures_here = 0;
	rnd_state = 1;
	entries_left = size > LONG_INPUT ? MOST_ENTRIES : MAX_ENTRIES;
	dirty_reset();
	if (!fuzz_open(&in)) {
		tally.refused++;
		return;
	}
	for (unsigned int i = 0; i < MAX_CALLS && in.at < in.end && !failures_here; i++)
		one_call(&in);
	bench_verify();
	bench_close();
}
