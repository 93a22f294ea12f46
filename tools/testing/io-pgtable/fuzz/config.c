// SPDX-License-Identifier: GPL-2.0-only
/*
 * A configuration from bytes, legal or not, and whether it had to be accepted.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "fuzz.h"

#define NS	IO_PGTABLE_QUIRK_ARM_NS
#define TTBR1	IO_PGTABLE_QUIRK_ARM_TTBR1
#define OUTER	IO_PGTABLE_QUIRK_ARM_OUTER_WBWA
#define HD	IO_PGTABLE_QUIRK_ARM_HD
#define GATHER	IO_PGTABLE_QUIRK_GATHER
#define CONT	IO_PGTABLE_QUIRK_ARM_CONT
#define LPA2	IO_PGTABLE_QUIRK_ARM_LPA2

static const struct kind {
	enum io_pgtable_fmt fmt;
	unsigned long quirks;
	u8 input, output;	/* widest */
	bool only_4k;
} kinds[] = {
	{ ARM_64_LPAE_S1, NS | TTBR1 | OUTER | HD | GATHER | CONT | LPA2, 52, 52, false },
	{ ARM_64_LPAE_S2, HD | GATHER | CONT | LPA2, 52, 52, false },
	{ ARM_32_LPAE_S1, NS | TTBR1 | OUTER, 32, 40, true },
	{ ARM_32_LPAE_S2, 0, 40, 40, true },
	{ ARM_MALI_LPAE, 0, 48, 40, true },
};

static const unsigned long granules[] = {
	SZ_4K | SZ_2M | SZ_1G | 1ul << 39, SZ_16K | SZ_32M | 1ul << 36,
	SZ_64K | SZ_512M | 1ul << 42,
};

/* Small tables are quick to compare: most inputs have them, and short ones none of 64K */
static const u8 share[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2 };

#define LARGE_INPUT 40

static const u8 widths[] = { 32, 36, 40, 42, 44, 48, 52 };

static bool listed(unsigned int width)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(widths); i++)
		if (widths[i] == width)
			return true;
	return false;
}

/*
 * Whether the documents promise these tables. What they leave open (odd sizes,
 * memory that the walker may not reach) can go either way.
 */
static bool promised(const struct setup *s, const struct kind *kind)
{
	bool wide = !(s->pgsizes & (SZ_4K | SZ_16K)) || s->quirks & LPA2;

	if (!(s->pgsizes & (kind->only_4k ? SZ_4K : SZ_4K | SZ_16K | SZ_64K)))
		return false;
	if (s->quirks & ~kind->quirks || (s->quirks & OUTER && !s->noncoherent))
		return false;
	if (s->ias < 25 || s->ias > (wide ? kind->input : min(kind->input, 48)))
		return false;
	if (!listed(s->oas) || s->oas > (wide ? kind->output : min(kind->output, 48)))
		return false;
	if (s->quirks & HD && s->quirks & CONT)
		return false;
	if (s->fmt == ARM_64_LPAE_S2 && s->ias > s->oas)
		return false;
	return s->phys_base < 1ull << 32;
}

/* Other bits than those of @kind are tried too: they must be refused */
static unsigned long some_quirks(struct input *in, const struct kind *kind, bool noncoherent)
{
	u8 bits = take_byte(in);
	unsigned long quirks = 0;

	if (bits & 1)
		quirks |= NS;
	if (bits & 2)
		quirks |= TTBR1;
	if (bits & 4)
		quirks |= OUTER;
	if (bits & 8)
		quirks |= HD;
	if (bits & 16)
		quirks |= GATHER;
	if (bits & 32)
		quirks |= CONT;
	if (bits & 64)
		quirks |= LPA2;
	if (bits < 0xe0 && !noncoherent)
		quirks &= ~OUTER;
	if (bits < 0xe0)
		return quirks & kind->quirks;
	return bits < 0xf0 ? quirks : quirks | 1ul << take_byte(in) % 20;
}

/* *@spoilt: the allocation that is to fail first, or -1 */
static struct setup some_setup(struct input *in, const struct kind **kind, long *spoilt)
{
	bool large = in->end - in->at > LARGE_INPUT;
	u8 shape = take_byte(in), granule = take_byte(in), size;
	u8 row = share[granule % ARRAY_SIZE(share)];
	struct setup s = { .name = "fuzz" };

	*kind = &kinds[shape % ARRAY_SIZE(kinds)];
	s.fmt = (*kind)->fmt;
	s.noncoherent = shape & 0x40;
	s.custom = shape & 0x80;
	s.quirks = some_quirks(in, *kind, s.noncoherent);
	s.pgsizes = granules[(*kind)->only_4k || (row == 2 && !large) ? 0 : row];
	/* Some blocks less, all granules at once, or anything */
	if (granule >= 0xf8)
		s.pgsizes = take_word(in) & (large ? ~0ul : ~SZ_64K);
	else if (granule >= 0xf0)
		s.pgsizes = granules[0] | granules[1] | granules[2];
	else if (granule & 0x40)
		s.pgsizes &= s.pgsizes - 1 ? ~(1ul << (granule & 0x20 ? 30 : 21)) : ~0ul;

	*spoilt = (granule & 0x18) == 0x18 ? granule & 3 : -1;
	size = take_byte(in);
	s.ias = size < 0xf0 ? 25 + size % ((*kind)->input - 24) : take_byte(in);
	size = take_byte(in);
	s.oas = size < 0xf0 ? widths[size % ARRAY_SIZE(widths)] : take_byte(in);
	if (size < 0xf0 && s.oas > (*kind)->output)
		s.oas = (*kind)->output;
	s.phys_base = 0x80000000;
	if (s.oas == 52 && (s.pgsizes & SZ_64K || s.quirks & LPA2) && size & 0x80)
		s.phys_base = 0x000f000080000000;
	if (size & 0x40)
		s.phys_base = 0x40000000;
	return s;
}

/* Tables that were refused, or for which memory was short, leave nothing behind */
static bool refused(const struct setup *s, long spoilt)
{
	struct io_pgtable_cfg cfg;
	struct io_pgtable_ops *ops;

	bench.own = *s;
	bench.setup = &bench.own;
	model_reset(s->phys_base);
	cfg = bench_cfg_template(s, &bench.dev);
	model_fail_after = spoilt;
	ops = alloc_io_pgtable_ops(s->fmt, &cfg, &bench);
	if (ops && spoilt >= 0 && model_fail_after < 0)
		fail("I-61: tables made without allocation %ld", spoilt);
	model_fail_after = -1;
	free_io_pgtable_ops(ops);
	if (model_pages() || model_objects())
		fail("leak: %u pages, %u objects", model_pages(), model_objects());
	return !ops;
}

bool fuzz_open(struct input *in)
{
	const struct kind *kind;
	long spoilt;
	struct setup s = some_setup(in, &kind, &spoilt);

	shim_page_size = SZ_4K;
	trace("format %d sizes %lx ias %u oas %u quirks %lx%s%s memory %llx\n", s.fmt, s.pgsizes,
	      s.ias, s.oas, s.quirks, s.noncoherent ? " non-coherent" : "",
	      s.custom ? " custom" : "", (unsigned long long)s.phys_base);
	/* Stage 2 with more input than output: nobody asks for that */
	if (s.fmt == ARM_64_LPAE_S2 && s.ias > s.oas)
		s.ias = s.oas;
	if (spoilt >= 0)
		refused(&s, spoilt);
	if (!promised(&s, kind) && refused(&s, -1))
		return false;
	return bench_open(&s);
}
