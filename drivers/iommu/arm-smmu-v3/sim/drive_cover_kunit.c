// SPDX-License-Identifier: GPL-2.0-only
/*
 * A covering array of ID-register fields: whatever three fields, and whatever
 * values of theirs, some row has them together. Made greedily: each row starts
 * with a triple that no row has had, and gains of each further field the value
 * that covers most.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/bitmap.h>
#include <linux/slab.h>

#include "drive_cover.h"

#define VALUES_MAX	7

struct cover_field {
	const char *name;
	u8 n;
	u8 value[VALUES_MAX];
};

enum {
	F_STAGES, F_TTF, F_COHACC, F_HTTU, F_BTM, F_ATS, F_PRI, F_ASID16, F_VMID16, F_CD2L,
	F_ST_LEVEL, F_STALL, F_MSI, F_SEV, F_HYP, F_TTENDIAN, F_SIDSIZE, F_SSIDSIZE, F_CMDQS,
	F_EVENTQS, F_PRIQS, F_RIL, F_BBML, F_HAD, F_XNX, F_FWB, F_STT, F_GRANULES, F_OAS, F_VAX,
	F_DS, F_TYPES,
	FIELDS
};

/* Two names are of several fields: stages is S2P | S1P << 1, granules GRAN4K | GRAN16K << 1 ... */
static const struct cover_field fields[FIELDS] = {
	[F_STAGES] = { NULL, 3, { 1, 2, 3 } },
	[F_TTF] = { "IDR0.TTF", 2, { 2, 3 } },
	[F_COHACC] = { "IDR0.COHACC", 2, { 0, 1 } },
	[F_HTTU] = { "IDR0.HTTU", 3, { 0, 1, 2 } },
	[F_BTM] = { "IDR0.BTM", 2, { 0, 1 } },
	[F_ATS] = { "IDR0.ATS", 2, { 0, 1 } },
	[F_PRI] = { "IDR0.PRI", 2, { 0, 1 } },
	[F_ASID16] = { "IDR0.ASID16", 2, { 0, 1 } },
	[F_VMID16] = { "IDR0.VMID16", 2, { 0, 1 } },
	[F_CD2L] = { "IDR0.CD2L", 2, { 0, 1 } },
	[F_ST_LEVEL] = { "IDR0.ST_LEVEL", 2, { 0, 1 } },
	[F_STALL] = { "IDR0.STALL_MODEL", 3, { 0, 1, 2 } },
	[F_MSI] = { "IDR0.MSI", 2, { 0, 1 } },
	[F_SEV] = { "IDR0.SEV", 2, { 0, 1 } },
	[F_HYP] = { "IDR0.HYP", 2, { 0, 1 } },
	[F_TTENDIAN] = { "IDR0.TTENDIAN", 2, { 0, 2 } },
	[F_SIDSIZE] = { "IDR1.SIDSIZE", 4, { 4, 6, 16, 32 } },
	[F_SSIDSIZE] = { "IDR1.SSIDSIZE", 3, { 0, 5, 20 } },
	[F_CMDQS] = { "IDR1.CMDQS", 3, { 0, 1, 19 } },
	[F_EVENTQS] = { "IDR1.EVENTQS", 3, { 0, 1, 8 } },
	[F_PRIQS] = { "IDR1.PRIQS", 2, { 0, 8 } },
	[F_RIL] = { "IDR3.RIL", 2, { 0, 1 } },
	[F_BBML] = { "IDR3.BBML", 3, { 0, 1, 2 } },
	[F_HAD] = { "IDR3.HAD", 2, { 0, 1 } },
	[F_XNX] = { "IDR3.XNX", 2, { 0, 1 } },
	[F_FWB] = { "IDR3.FWB", 2, { 0, 1 } },
	[F_STT] = { "IDR3.STT", 2, { 0, 1 } },
	[F_GRANULES] = { NULL, 7, { 1, 2, 4, 3, 5, 6, 7 } },
	[F_OAS] = { "IDR5.OAS", 7, { 0, 1, 2, 3, 4, 5, 6 } },
	[F_VAX] = { "IDR5.VAX", 2, { 0, 1 } },
	[F_DS] = { "IDR5.DS", 2, { 0, 1 } },
	[F_TYPES] = { "IDR1.ATTR_TYPES_OVR", 2, { 0, 1 } },
};

static bool is(const s8 *row, unsigned int field, u8 value)
{
	return row[field] >= 0 && fields[field].value[row[field]] == value;
}

static bool any(const s8 *row, unsigned int field)
{
	return row[field] >= 0 && fields[field].value[row[field]];
}

static bool lacks_64k(const s8 *row)
{
	return row[F_GRANULES] >= 0 && !(fields[F_GRANULES].value[row[F_GRANULES]] & 4);
}

/* What has no granule of a page of the kernel's or less is refused, and so covers nothing. */
static bool is_usable(u8 granules)
{
	return granules & 1 || (granules & 2 && PAGE_SIZE >= SZ_16K) || PAGE_SIZE >= SZ_64K;
}

/*
 * What IHI 0070 6.3 says cannot be together. Each is a matter of two fields, so
 * that whatever three agree with each other can be completed to a row. Fields
 * that are not chosen yet are negative.
 */
static bool is_legal(const s8 *row)
{
	bool only_s1 = is(row, F_STAGES, 2), only_s2 = is(row, F_STAGES, 1);

	if (row[F_GRANULES] >= 0 && !is_usable(fields[F_GRANULES].value[row[F_GRANULES]]))
		return false;
	if (only_s1 && (any(row, F_VMID16) || any(row, F_XNX) || any(row, F_FWB)))
		return false;
	if (only_s2 && (any(row, F_ASID16) || any(row, F_CD2L) || any(row, F_SSIDSIZE) ||
			any(row, F_HAD) || any(row, F_HYP) || any(row, F_STT)))
		return false;
	if (is(row, F_ATS, 0) && any(row, F_PRI))
		return false;
	if (is(row, F_SSIDSIZE, 0) && any(row, F_CD2L))
		return false;
	/* 3.3.1: more than 64 streams need two levels. */
	if (is(row, F_ST_LEVEL, 0) && (is(row, F_SIDSIZE, 16) || is(row, F_SIDSIZE, 32)))
		return false;
	/* 52 bits are those of the 64K granule, or of DS with a smaller one. */
	if (lacks_64k(row) && (any(row, F_VAX) || is(row, F_OAS, 6)))
		return false;
	return !(is(row, F_GRANULES, 4) && any(row, F_DS));
}

struct triples {
	unsigned int values;
	u8 first[FIELDS];		/* index of a field's first value */
	u8 field[FIELDS * VALUES_MAX], value[FIELDS * VALUES_MAX];
	unsigned long *covered;
	size_t cursor;
};

static size_t index_of(const struct triples *t, unsigned int a, unsigned int b, unsigned int c)
{
	if (a > b)
		swap(a, b);
	if (b > c)
		swap(b, c);
	if (a > b)
		swap(a, b);
	return ((size_t)a * t->values + b) * t->values + c;
}

static bool three_legal(const struct triples *t, unsigned int a, unsigned int b, unsigned int c)
{
	s8 row[FIELDS];

	memset(row, -1, sizeof(row));
	row[t->field[a]] = t->value[a];
	row[t->field[b]] = t->value[b];
	row[t->field[c]] = t->value[c];
	return is_legal(row);
}

/* The next triple, from the cursor, that is legal and not covered; all of them once. */
static bool next_triple(struct triples *t, s8 *row)
{
	size_t n = (size_t)t->values * t->values * t->values;

	for (; t->cursor < n; t->cursor++) {
		unsigned int c = t->cursor % t->values, b = t->cursor / t->values % t->values;
		unsigned int a = t->cursor / t->values / t->values;

		if (t->field[a] >= t->field[b] || t->field[b] >= t->field[c] ||
		    test_bit(t->cursor, t->covered) || !three_legal(t, a, b, c))
			continue;
		if (row) {
			row[t->field[a]] = t->value[a];
			row[t->field[b]] = t->value[b];
			row[t->field[c]] = t->value[c];
		}
		return true;
	}
	return false;
}

/* How many triples a value would add to what is chosen. */
static unsigned int gain(const struct triples *t, const s8 *row, unsigned int field, s8 value)
{
	unsigned int chosen[FIELDS], n = 0, i, j, sum = 0;

	for (i = 0; i < FIELDS; i++)
		if (i != field && row[i] >= 0)
			chosen[n++] = t->first[i] + row[i];
	for (i = 0; i < n; i++)
		for (j = i + 1; j < n; j++)
			sum += !test_bit(index_of(t, chosen[i], chosen[j], t->first[field] + value),
					 t->covered);
	return sum;
}

static void choose(struct triples *t, s8 *row, unsigned int field, unsigned int turn)
{
	unsigned int best = 0, i;
	s8 chosen = -1;

	for (i = 0; i < fields[field].n; i++) {
		s8 value = (i + turn) % fields[field].n;
		unsigned int sum;

		row[field] = value;
		if (!is_legal(row))
			continue;
		sum = gain(t, row, field, value);
		if (chosen < 0 || sum > best) {
			chosen = value;
			best = sum;
		}
	}
	row[field] = chosen;
}

static void mark(struct triples *t, const s8 *row)
{
	unsigned int a, b, c;

	for (a = 0; a < FIELDS; a++)
		for (b = a + 1; b < FIELDS; b++)
			for (c = b + 1; c < FIELDS; c++)
				__set_bit(index_of(t, t->first[a] + row[a], t->first[b] + row[b],
						   t->first[c] + row[c]), t->covered);
}

static bool triples_init(struct triples *t)
{
	unsigned int i, j;

	for (i = 0; i < FIELDS; i++) {
		t->first[i] = t->values;
		for (j = 0; j < fields[i].n; j++, t->values++) {
			t->field[t->values] = i;
			t->value[t->values] = j;
		}
	}
	t->covered = kvcalloc(BITS_TO_LONGS((size_t)t->values * t->values * t->values),
			      sizeof(long), GFP_KERNEL);
	return t->covered;
}

static void to_ids(const s8 *row, struct ssim_ids *ids)
{
	u8 stages = fields[F_STAGES].value[row[F_STAGES]];
	u8 granules = fields[F_GRANULES].value[row[F_GRANULES]];
	unsigned int i;

	*ids = (struct ssim_ids) { .aidr = 2 };
	for (i = 0; i < FIELDS; i++)
		if (fields[i].name)
			drive_field(ids, fields[i].name, fields[i].value[row[i]]);
	drive_field(ids, "IDR0.S2P", stages & 1);
	drive_field(ids, "IDR0.S1P", stages >> 1);
	drive_field(ids, "IDR5.GRAN4K", granules & 1);
	drive_field(ids, "IDR5.GRAN16K", granules >> 1 & 1);
	drive_field(ids, "IDR5.GRAN64K", granules >> 2);
	/* 6.3.1: terminating only, stalls and their number go together. */
	drive_field(ids, "IDR5.STALL_MAX", row[F_STALL] == 1 ? 0 : 8);
	drive_field(ids, "IDR0.TERM_MODEL", 1);
}

/**
 * drive_cover() - make a covering array of strength three
 * @ids: room for rows
 * @max: so many
 *
 * Return: rows made; 0 without memory.
 */
unsigned int drive_cover(struct ssim_ids *ids, unsigned int max)
{
	struct triples *t = kzalloc(sizeof(*t), GFP_KERNEL);
	unsigned int n = 0, i;
	s8 row[FIELDS];

	if (!t || !triples_init(t))
		goto out;
	for (; n < max; n++) {
		memset(row, -1, sizeof(row));
		if (!next_triple(t, row))
			break;
		for (i = 0; i < FIELDS; i++) {
			unsigned int field = (i + 5 * n) % FIELDS;

			if (row[field] < 0)
				choose(t, row, field, n);
		}
		mark(t, row);
		to_ids(row, &ids[n]);
	}
out:
	kvfree(t ? t->covered : NULL);
	kfree(t);
	return n;
}

/* What a row says of a field, read back from the registers: independent of the making. */
static u32 read_back(const struct ssim_ids *ids, unsigned int field)
{
	u32 idr0 = ids->idr[0], idr5 = ids->idr[5];

	if (field == F_STAGES)
		return idr0 & 3;
	if (field == F_GRANULES)
		return idr5 >> 4 & 7;
	return sim_field_get(ids, sim_field_find(fields[field].name));
}

static s8 value_index(const struct cover_field *f, u32 value)
{
	unsigned int i;

	for (i = 0; i < f->n; i++)
		if (f->value[i] == value)
			return i;
	return -1;
}

/**
 * drive_cover_check() - count what a covering array lacks
 * @ids: rows
 * @n: how many
 * @triples: set to the number of legal triples
 *
 * Return: triples that are legal and in no row, and rows that are not legal;
 * negative without memory.
 */
long drive_cover_check(const struct ssim_ids *ids, unsigned int n, unsigned long *triples)
{
	struct triples *t = kzalloc(sizeof(*t), GFP_KERNEL);
	long wrong = -ENOMEM;
	unsigned int i, j;

	*triples = 0;
	if (!t || !triples_init(t))
		goto out;
	for (; next_triple(t, NULL); t->cursor++)
		++*triples;
	wrong = 0;
	for (i = 0; i < n; i++) {
		s8 row[FIELDS];

		for (j = 0; j < FIELDS; j++)
			row[j] = value_index(&fields[j], read_back(&ids[i], j));
		if (memchr(row, -1, sizeof(row)) || !is_legal(row))
			wrong++;
		else
			mark(t, row);
	}
	for (t->cursor = 0; next_triple(t, NULL); t->cursor++)
		wrong++;
out:
	kvfree(t ? t->covered : NULL);
	kfree(t);
	return wrong;
}
