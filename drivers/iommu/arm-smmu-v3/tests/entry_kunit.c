// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writer of STEs and CDs (I-23, I-24, I-25).
 *
 * Hardware may fetch each 64-bit word of an entry at another time, and keep
 * what it got until told to forget. So between two syncs it may hold, for each
 * word, any value that the word had: all those mixtures are tried, and the
 * decoder of decode.h judges every one. In user space each single store is
 * seen as it happens; in the kernel memory is looked at in every sync.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>

#include "../entry.h"
#include "decode.h"

#define VALUES_MAX	4
#define SYNCS_MAX	4

typedef struct meaning (*decoder)(const u64 *w);

/**
 * struct watch - an entry under observation
 * @w: the writer under test
 * @test: who reports
 * @decode: the judge
 * @entry: the entry in memory, as hardware fetches it
 * @old: what it meant before
 * @new: what it shall mean
 * @value: for each word, the values it had since hardware last forgot
 * @values: how many of them
 * @at_sync: the entry at each sync
 * @syncs: how often hardware was made to forget
 * @stores: stores seen (user space only)
 * @dirty: something was stored since the last sync
 * @aborted: some mixture aborts
 * @strange: mixtures that mean neither old nor new nor abort
 * @fail_at: number of the sync that fails, 0 for none
 */
struct watch {
	struct entry_writer w;
	struct kunit *test;
	decoder decode;
	__le64 entry[8];
	struct meaning old;
	struct meaning new;
	u64 value[8][VALUES_MAX];
	unsigned int values[8];
	u64 at_sync[SYNCS_MAX][8];
	unsigned int syncs;
	unsigned int stores;
	bool dirty;
	bool aborted;
	unsigned int strange;
	unsigned int fail_at;
};

static void watch_note(struct watch *o)
{
	unsigned int i, n;

	for (i = 0; i < 8; i++) {
		u64 now = le64_to_cpu(o->entry[i]);

		for (n = 0; n < o->values[i] && o->value[i][n] != now; n++)
			;
		if (n < o->values[i])
			continue;
		o->dirty = true;
		if (n < VALUES_MAX)
			o->value[i][o->values[i]++] = now;
		else
			o->strange++;
	}
}

static void watch_forget(struct watch *o)
{
	unsigned int i;

	for (i = 0; i < 8; i++) {
		o->value[i][0] = le64_to_cpu(o->entry[i]);
		o->values[i] = 1;
	}
	o->dirty = false;
}

static void judge_one(struct watch *o, const u64 *mix)
{
	struct meaning m = o->decode(mix);

	if (m.verdict == SAYS_INVALID || m.verdict == SAYS_ABORT)
		o->aborted = true;
	else if (!same_meaning(&m, &o->old) && !same_meaning(&m, &o->new))
		o->strange++;
}

/* Every choice of one value for each word: an odometer with eight wheels. */
static void judge(struct watch *o)
{
	unsigned int wheel[8] = { };
	u64 mix[8];
	unsigned int i;

	for (;;) {
		for (i = 0; i < 8; i++)
			mix[i] = o->value[i][wheel[i]];
		judge_one(o, mix);
		for (i = 0; i < 8 && ++wheel[i] == o->values[i]; i++)
			wheel[i] = 0;
		if (i == 8)
			return;
	}
}

static int watch_sync(struct entry_writer *w)
{
	struct watch *o = container_of(w, struct watch, w);
	unsigned int i;

	watch_note(o);
	judge(o);
	for (i = 0; i < 8 && o->syncs < SYNCS_MAX; i++)
		o->at_sync[o->syncs][i] = le64_to_cpu(o->entry[i]);
	o->syncs++;
	if (o->syncs == o->fail_at)
		return -ETIMEDOUT;	/* nothing is known to be forgotten */
	watch_forget(o);
	return 0;
}

static struct watch *watched;

#ifdef SMMU_TESTS_NATIVE
static void watch_store(void)
{
	watched->stores++;
	watch_note(watched);
	judge(watched);
}
#endif

static void watch_start(struct watch *o, struct kunit *test, bool cd, decoder decode,
			const u64 *old, const u64 *new)
{
	unsigned int i;

	*o = (struct watch) {
		.w = {
			.live = cd ? cd_live_bits : ste_live_bits,
			.sync = watch_sync,
			.valid = cd ? 1ull << 31 : 1,
		},
		.test = test,
		.decode = decode,
		.old = decode(old),
		.new = decode(new),
	};
	for (i = 0; i < 8; i++)
		o->entry[i] = cpu_to_le64(old[i]);
	watch_forget(o);
	watched = o;
#ifdef SMMU_TESTS_NATIVE
	shim_store_hook = watch_store;
#endif
}

static void watch_end(struct watch *o)
{
	watch_note(o);
	judge(o);
#ifdef SMMU_TESTS_NATIVE
	shim_store_hook = NULL;
#endif
}

/*
 * Which bits does hardware act upon? Those that change the meaning. Found by
 * trying each one, so that nothing of the driver's own idea goes in.
 */
static void probe_live(decoder decode, const u64 *w, u64 *live)
{
	struct meaning is = decode(w), other;
	u64 probe[8];
	unsigned int i, bit;

	memcpy(probe, w, sizeof(probe));
	for (i = 0; i < 8; i++) {
		live[i] = 0;
		for (bit = 0; bit < 64; bit++) {
			probe[i] = w[i] ^ 1ull << bit;
			other = decode(probe);
			if (!same_meaning(&is, &other))
				live[i] |= 1ull << bit;
		}
		probe[i] = w[i];
	}
}

/* A hitless way exists if one word at most has bits live in both that differ. */
static bool can_be_hitless(decoder decode, const u64 *old, const u64 *new)
{
	u64 live_old[8], live_new[8];
	unsigned int i, n = 0;

	probe_live(decode, old, live_old);
	probe_live(decode, new, live_new);
	for (i = 0; i < 8; i++)
		n += !!((old[i] ^ new[i]) & live_old[i] & live_new[i]);
	return n <= 1;
}

static bool stops_dma(const struct meaning *m)
{
	return m->verdict == SAYS_INVALID || m->verdict == SAYS_ABORT;
}

/* I-24: V = 0 alone; then the rest, still without V; then V. */
static void check_breaking_steps(struct watch *o, const u64 *old, const u64 *new, u64 valid)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(o->test, o->syncs, 3u);
	KUNIT_EXPECT_EQ(o->test, o->at_sync[0][0] & valid, 0ull);
	KUNIT_EXPECT_EQ(o->test, o->at_sync[1][0] & valid, 0ull);
	for (i = 1; i < 8; i++) {
		KUNIT_EXPECT_EQ(o->test, o->at_sync[0][i], old[i]);
		KUNIT_EXPECT_EQ(o->test, o->at_sync[1][i], new[i]);
	}
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(o->test, o->at_sync[2][i], new[i]);
}

static void check_change(struct kunit *test, bool cd, decoder decode, const char *from,
			 const char *to, const u64 *old, const u64 *new)
{
	u64 valid = cd ? 1ull << 31 : 1;
	struct watch o;
	unsigned int i;
	bool hitless = can_be_hitless(decode, old, new);

	watch_start(&o, test, cd, decode, old, new);
	KUNIT_EXPECT_EQ(test, entry_write(&o.w, o.entry, new), 0);
	watch_end(&o);

	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ_MSG(test, le64_to_cpu(o.entry[i]), new[i], "%s to %s", from, to);
	/* I-23 */
	KUNIT_EXPECT_EQ_MSG(test, o.strange, 0u, "%s to %s", from, to);
	/* I-25, and hardware knows at the end: nothing stored after the last sync */
	KUNIT_EXPECT_FALSE_MSG(test, o.dirty, "%s to %s", from, to);
	KUNIT_EXPECT_EQ_MSG(test, o.syncs > 0, !!memcmp(old, new, 64), "%s to %s", from, to);
	KUNIT_EXPECT_LE_MSG(test, o.syncs, 3u, "%s to %s", from, to);
	/* I-24 */
	if (stops_dma(&o.old) || stops_dma(&o.new))
		return;
	KUNIT_EXPECT_EQ_MSG(test, o.aborted, !hitless, "%s to %s", from, to);
	if (!hitless)
		check_breaking_steps(&o, old, new, valid);
}

struct sample {
	const char *name;
	u64 w[8];
};

/* Both stages, substreams, configurable stalls. */
static const struct hw big = {
	.stage1 = true, .stage2 = true, .cd2l = true, .ssid_bits = 20,
};

static struct meaning decode_ste(const u64 *w)
{
	return ste_meaning(&big, w);
}

static struct meaning decode_cd(const u64 *w)
{
	return cd_meaning(&big, false, w);
}

/* STEs as IHI 0070, 5.2 has them; V and Config stand in the low four bits. */
static const struct sample stes[] = {
	{ "zero", { 0 } },
	{ "invalid with leftovers",
	  { 0x80001234baull, 0x10100000005aull, 0x30f51400000aull, 0x77770 } },
	{ "abort", { 0x1 } },
	{ "bypass", { 0x9, 0x100000000000ull } },
	{ "s1", { 0x8000123400bull, 0x1000080000d4ull } },
	{ "s1, other table", { 0x8000567800bull, 0x1000080000d4ull } },
	{ "s1, ats", { 0x8000123400bull, 0x1000180000d4ull } },
	{ "s1, may stall", { 0x8000123400bull, 0x1000000000d4ull } },
	{ "s1, EL2", { 0x8000123400bull, 0x1000880000d4ull } },
	{ "s1, substreams", { 0x280008000432002bull, 0x1000180000d6ull } },
	{ "s1, substreams, default bypassed", { 0x280008000432002bull, 0x1000180000d5ull } },
	{ "s1, not coherent", { 0x8000123400bull, 0x1000080000c0ull } },
	{ "s2", { 0xd, 0x100000000000ull, 0x44d359400000007ull, 0x80000abc000ull } },
	{ "s2, ats", { 0xd, 0x100010000000ull, 0x44d359400000007ull, 0x80000abc000ull } },
	{ "s2, forced", { 0xd, 0x100002000000ull, 0x44d359400000007ull, 0x80000abc000ull } },
	{ "s2, other vmid", { 0xd, 0x100000000000ull, 0x44d359400000008ull, 0x80000abc000ull } },
	{ "s2, other domain", { 0xd, 0x100000000000ull, 0x44d359400000009ull, 0x80000def000ull } },
	{ "nested",
	  { 0x8000123400full, 0x1000080000d4ull, 0x44d359400000007ull, 0x80000abc000ull } },
	{ "nested, split ats",
	  { 0x8000123400full, 0x1000280000d4ull, 0x44d359400000007ull, 0x80000abc000ull } },
};

/* CDs as IHI 0070, 5.4 has them: AA64, A, R, ASET, EPD1, V. */
static const struct sample cds[] = {
	{ "zero", { 0 } },
	{ "invalid with leftovers", { 0x0001e20540003510ull, 0x12345000, 0x777, 0xff44 } },
	{ "4K", { 0x0001e205c0003510ull, 0x80012345000ull, 0, 0x4404ff } },
	{ "4K, stall", { 0x0001f205c0003510ull, 0x80012345000ull, 0, 0x4404ff } },
	{ "4K, other asid", { 0x0002e205c0003510ull, 0x80012345000ull, 0, 0x4404ff } },
	{ "4K, other table", { 0x0001e205c0003510ull, 0x80067890000ull, 0, 0x4404ff } },
	{ "4K, other domain", { 0x0003e205c0003510ull, 0x80067890000ull, 0, 0x4404ff } },
	{ "4K, other attributes", { 0x0001e205c0003510ull, 0x80012345000ull, 0, 0xff0c44 } },
	{ "64K, 52 bits", { 0x0004e206c000354cull, 0x80000abc000ull, 0, 0x4404ff } },
	{ "16K, dirty bits", { 0x0005ee05c0003590ull, 0x80000abc000ull, 0, 0x4404ff } },
	{ "no walks", { 0x0001e205c0004000ull, 0, 0, 0x4404ff } },
	{ "both halves",
	  { 0x1e23590b03510ull, 0x80012345000ull, 0x80012346000ull, 0x4404ff } },
};

/* I-23, I-24, I-25: every ordered pair of STEs. */
static void entry_i23_every_pair_of_stes(struct kunit *test)
{
	unsigned int a, b;

	for (a = 0; a < ARRAY_SIZE(stes); a++)
		for (b = 0; b < ARRAY_SIZE(stes); b++)
			check_change(test, false, decode_ste, stes[a].name, stes[b].name,
				     stes[a].w, stes[b].w);
}

/* I-23, I-24, I-25: every ordered pair of CDs. */
static void entry_i23_every_pair_of_cds(struct kunit *test)
{
	unsigned int a, b;

	/* The driver never walks TTB1; the last sample is for the decoder's sake. */
	for (a = 0; a < ARRAY_SIZE(cds) - 1; a++)
		for (b = 0; b < ARRAY_SIZE(cds) - 1; b++)
			check_change(test, true, decode_cd, cds[a].name, cds[b].name,
				     cds[a].w, cds[b].w);
}

/* The samples are what their names say, or the cases above prove little. */
static void entry_samples_are_sensible(struct kunit *test)
{
	static const enum verdict says[ARRAY_SIZE(stes)] = {
		SAYS_INVALID, SAYS_INVALID, SAYS_ABORT, SAYS_BYPASS, SAYS_S1, SAYS_S1, SAYS_S1,
		SAYS_S1, SAYS_S1, SAYS_S1, SAYS_S1, SAYS_S1, SAYS_S2, SAYS_S2, SAYS_S2, SAYS_S2,
		SAYS_S2, SAYS_NESTED, SAYS_NESTED,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stes); i++)
		KUNIT_EXPECT_EQ_MSG(test, decode_ste(stes[i].w).verdict, says[i], "%s",
				    stes[i].name);
	for (i = 0; i < ARRAY_SIZE(cds); i++)
		KUNIT_EXPECT_EQ_MSG(test, decode_cd(cds[i].w).verdict,
				    i < 2 ? SAYS_INVALID : SAYS_CD, "%s", cds[i].name);
}

/* I-23: what the driver thinks hardware reads includes all that it does read. */
static void entry_i23_live_bits_are_complete(struct kunit *test)
{
	u64 mine[8], theirs[8];
	unsigned int i, n;

	for (n = 0; n < ARRAY_SIZE(stes); n++) {
		probe_live(decode_ste, stes[n].w, mine);
		ste_live_bits(stes[n].w, theirs);
		/* fields that this driver always leaves 0, wherever it writes */
		mine[1] &= ~(word_bits(11, 8) | word_bits(26, 25));
		mine[0] &= ~word_bits(55, 52);
		mine[3] &= ~word_bits(55, 52);
		for (i = 0; i < 8; i++)
			KUNIT_EXPECT_EQ_MSG(test, mine[i] & ~theirs[i], 0ull, "%s, word %u",
					    stes[n].name, i);
	}
	for (n = 0; n < ARRAY_SIZE(cds) - 1; n++) {
		probe_live(decode_cd, cds[n].w, mine);
		cd_live_bits(cds[n].w, theirs);
		/* EPD1 is always set by this driver: what it guards is of no interest */
		mine[0] &= ~word_bits(29, 16);
		for (i = 0; i < 8; i++)
			KUNIT_EXPECT_EQ_MSG(test, mine[i] & ~theirs[i], 0ull, "%s, word %u",
					    cds[n].name, i);
	}
}

struct expected {
	const char *from;
	const char *to;
	bool hitless;
};

static const struct sample *sample_named(const struct sample *s, unsigned int n, const char *name)
{
	while (n--)
		if (!strcmp(s[n].name, name))
			return &s[n];
	return NULL;
}

/* I-24: the pairs that matter in practice, by name. */
static void entry_i24_hitless_where_promised(struct kunit *test)
{
	static const struct expected table[] = {
		{ "bypass", "s1", true }, { "s1", "bypass", true },
		{ "bypass", "s2", true }, { "s2", "bypass", true },
		{ "s1", "s1, other table", true }, { "s1", "s1, ats", true },
		{ "s1, ats", "s1", true }, { "s2", "s2, ats", true },
		{ "s2", "s2, other vmid", true }, { "s1, EL2", "s2", true },
		/* the VMID tags what stage 1 caches as well */
		{ "s1", "nested", false },
		{ "s2", "s2, other domain", false },
		{ "s1, other table", "s1, ats", false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const struct sample *a = sample_named(stes, ARRAY_SIZE(stes), table[i].from);
		const struct sample *b = sample_named(stes, ARRAY_SIZE(stes), table[i].to);
		struct watch o;

		watch_start(&o, test, false, decode_ste, a->w, b->w);
		KUNIT_EXPECT_EQ(test, entry_write(&o.w, o.entry, b->w), 0);
		watch_end(&o);
		KUNIT_EXPECT_EQ_MSG(test, o.aborted, !table[i].hitless, "%s to %s",
				    table[i].from, table[i].to);
	}
}

/* I-25: from nothing to something, in one store of V, and then a sync. */
static void entry_i25_sync_after_becoming_valid(struct kunit *test)
{
	unsigned int from, to;

	for (from = 0; from < 2; from++) {
		for (to = 2; to < ARRAY_SIZE(stes); to++) {
			struct watch o;

			watch_start(&o, test, false, decode_ste, stes[from].w, stes[to].w);
			entry_write(&o.w, o.entry, stes[to].w);
			watch_end(&o);
			KUNIT_EXPECT_GE(test, o.syncs, 1u);
			KUNIT_EXPECT_FALSE(test, o.dirty);
			/* before the last sync but one it was not valid yet */
			if (o.syncs > 1)
				KUNIT_EXPECT_EQ(test, o.at_sync[0][0] & 1, 0ull);
		}
	}
}

static void check_failing_sync(struct kunit *test, const struct sample *a, const struct sample *b,
			       unsigned int at)
{
	struct watch o;
	int ret;

	watch_start(&o, test, false, decode_ste, a->w, b->w);
	o.fail_at = at;
	ret = entry_write(&o.w, o.entry, b->w);
	watch_end(&o);
	KUNIT_EXPECT_EQ_MSG(test, ret, o.syncs >= at ? -ETIMEDOUT : 0, "%s to %s", a->name,
			    b->name);
	KUNIT_EXPECT_LE_MSG(test, o.syncs, at, "%s to %s: goes on", a->name, b->name);
	/* Mixtures with what hardware kept were judged as well. */
	KUNIT_EXPECT_EQ_MSG(test, o.strange, 0u, "%s to %s", a->name, b->name);
}

/* I-61: a sync that fails: the error comes back, and nothing more is stored. */
static void entry_i61_failing_sync(struct kunit *test)
{
	unsigned int a, b, at;

	for (a = 0; a < ARRAY_SIZE(stes); a++)
		for (b = 0; b < ARRAY_SIZE(stes); b++)
			for (at = 1; at <= 3; at++)
				check_failing_sync(test, &stes[a], &stes[b], at);
}

static struct kunit_case entry_cases[] = {
	KUNIT_CASE(entry_samples_are_sensible),
	KUNIT_CASE(entry_i23_live_bits_are_complete),
	KUNIT_CASE(entry_i23_every_pair_of_stes),
	KUNIT_CASE(entry_i23_every_pair_of_cds),
	KUNIT_CASE(entry_i24_hitless_where_promised),
	KUNIT_CASE(entry_i25_sync_after_becoming_valid),
	KUNIT_CASE(entry_i61_failing_sync),
	{ }
};

static struct kunit_suite entry_suite = {
	.name = "smmu-v3-entry",
	.test_cases = entry_cases,
};

kunit_test_suite(entry_suite);
