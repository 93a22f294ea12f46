// SPDX-License-Identifier: GPL-2.0-only
/*
 * The maximal configuration cache: every version of an STE, a CD or a level 1
 * descriptor that may have been read and not been invalidated since.
 *
 * Only 64 bits are read at once. So a store makes new versions of all there are:
 * with the word that was stored, and all other words as they may have been read
 * before. A version that equals memory is live: it can be read again.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "model.h"

#define VERSIONS	64
/* More streams are not looked through when SMMUEN is set. */
#define STREAMS_LOG2	25
#define LINEAR_LOG2	18

static bool same_key(const struct ssim_cfg *c, enum ssim_cfg_kind kind, u32 sid, u32 ssid, u64 src)
{
	return c->kind == kind && c->sid == sid && c->ssid == ssid && c->src == src;
}

static unsigned int words_of(enum ssim_cfg_kind kind)
{
	return kind == C_STE || kind == C_CD ? 8 : 1;
}

static struct ssim_cfg *find(struct ssim *s, const struct ssim_cfg *like)
{
	u32 i;

	for (i = 0; i < s->ncfgs; i++)
		if (same_key(&s->cfgs[i], like->kind, like->sid, like->ssid, like->src) &&
		    !memcmp(s->cfgs[i].words, like->words, like->nwords * 8))
			return &s->cfgs[i];
	return NULL;
}

static bool leads_on(const u64 *ste)
{
	unsigned int config = fld(ste, STE_CONFIG);

	return fld(ste, STE_V) && (config & STE_CONFIG_PASS) && config != STE_CONFIG_PASS;
}

static bool has_cds(const struct ssim *s, const struct ssim_cfg *c)
{
	return c->kind == C_STE && ssim_ste_legal(s, c->words) &&
	       (fld(c->words, STE_CONFIG) & 5) == 5;
}

/* Log2 of the CDs that a level 1 descriptor of a stream leads to. */
static u8 leaf_of(const struct ssim *s, u32 sid)
{
	u32 i;

	for (i = 0; i < s->ncfgs; i++)
		if (s->cfgs[i].sid == sid && has_cds(s, &s->cfgs[i]) &&
		    fld(s->cfgs[i].words, STE_S1FMT))
			return fld(s->cfgs[i].words, STE_S1FMT) == S1FMT_4K ? 6 : 10;
	return 6;
}

/* True if it is a new one. */
static bool add(struct ssim *s, const struct ssim_cfg *like)
{
	struct ssim_cfg *c = find(s, like);

	if (c) {
		c->gone = like->gone;
		return false;
	}
	if (s->ncfgs == SSIM_CFGS) {
		s->stats.lost++;
		return false;
	}
	c = &s->cfgs[s->ncfgs];
	*c = *like;
	c->born = s->now;
	if (c->kind == C_L1CD)
		c->leaf = leaf_of(s, c->sid);
	s->ncfgs++;
	if (c->kind == C_CD && fld(c->words, CD_V) && !fld(c->words, CD_EPD0))
		c->foreign = ssim_foreign(s, fld_addr(c->words, CD_TTB0, 4));
	if (c->foreign)
		ssim_foreign_cd(s, c);
	return true;
}

static unsigned int split_of(const struct ssim *s)
{
	unsigned int split = fld1(s->strtab_cfg, STRTAB_CFG_SPLIT);

	return split == 8 || split == 10 ? split : 6;
}

/* How many STEs a level 1 descriptor leads to, and where they are. */
static u32 behind(const struct ssim *s, const u64 *l1std, u64 *at)
{
	unsigned int span = fld(l1std, L1STD_SPAN);

	if (!span || span > split_of(s) + 1)
		return 0;
	*at = fld_addr(l1std, L1STD_L2PTR, 6) & ~ssim_ones(5 + span);
	return 1u << (span - 1);
}

static u64 cd_table_pa(struct ssim *s, const u64 *ste, u64 at)
{
	struct ssim_access access = { .quiet = true };
	struct ssim_regime r;
	struct ssim_fault fault;
	struct ssim_leaf leaf;

	if (!(fld(ste, STE_CONFIG) & STE_CONFIG_S2))
		return at;
	ssim_regime_s2(s, ste, &r);
	return ssim_walk(s, &r, NULL, at, &access, &leaf, &fault) ? leaf.pa : ~0ull;
}

static u32 cd_count(const struct ssim *s, const u64 *ste)
{
	return ssim_idr(s, 1, IDR1_SSIDSIZE) ? 1u << fld(ste, STE_S1CDMAX) : 1;
}

/**
 * ssim_cfg_behind() - the table that a held structure leads to
 * @s: instance
 * @c: the structure
 * @at: address of the table
 *
 * Return: its bytes; 0 if there is none.
 */
u64 ssim_cfg_behind(struct ssim *s, const struct ssim_cfg *c, u64 *at)
{
	u64 leaf;

	switch (c->kind) {
	case C_L1STD:
		return behind(s, c->words, at) * 64ull;
	case C_STE:
		if (!has_cds(s, c))
			return 0;
		*at = cd_table_pa(s, c->words, ssim_cd_index(s, c->words, 0, &leaf));
		if (*at == ~0ull)
			return 0;
		if (leaf)
			return 8 * ((cd_count(s, c->words) + ssim_ones(leaf)) >> leaf);
		return cd_count(s, c->words) * 64ull;
	case C_L1CD:
		*at = fld_addr(c->words, L1CD_L2PTR, 12) & ~ssim_ones(c->leaf + 6);
		return fld(c->words, L1CD_V) ? 64ull << c->leaf : 0;
	}
	return 0;
}

static void derive(struct ssim *s, const struct ssim_cfg *ste, const struct ssim_cfg *cd)
{
	struct ssim_regime r, s2, *nested = NULL;
	unsigned int config = fld(ste->words, STE_CONFIG), half;

	if (!ssim_ste_legal(s, ste->words) || !(config & STE_CONFIG_PASS))
		return;
	if (config & STE_CONFIG_S2) {
		ssim_regime_s2(s, ste->words, &s2);
		ssim_tlb_root(s, &s2, NULL);
		nested = &s2;
	}
	if (!cd || !(config & STE_CONFIG_S1) || !ssim_cd_legal(s, ste->words, cd->words))
		return;
	for (half = 0; half < 2; half++)
		if (ssim_regime_s1(s, ste->words, cd->words, half, &r))
			ssim_tlb_root(s, &r, nested);
}

/* Whether a version of an STE leads to this place in a CD table. */
static bool leads_to(struct ssim *s, const struct ssim_cfg *ste, const struct ssim_cfg *cd)
{
	u64 leaf, at;
	u32 i;

	if (!has_cds(s, ste) || ste->sid != cd->sid || cd->ssid >= cd_count(s, ste->words))
		return false;
	at = ssim_cd_index(s, ste->words, cd->ssid, &leaf);
	if (!leaf || cd->kind == C_L1CD)
		return cd_table_pa(s, ste->words, at) == cd->src;
	for (i = 0; i < s->ncfgs; i++) {
		const struct ssim_cfg *l1 = &s->cfgs[i];

		if (l1->kind != C_L1CD || l1->sid != cd->sid ||
		    l1->ssid != (cd->ssid & ~ssim_ones(leaf)) || !fld(l1->words, L1CD_V))
			continue;
		at = fld_addr(l1->words, L1CD_L2PTR, 12) & ~ssim_ones(leaf + 6);
		at += (cd->ssid & ssim_ones(leaf)) * 64;
		if (cd_table_pa(s, ste->words, at) == cd->src)
			return true;
	}
	return false;
}

static void roots_of(struct ssim *s, u32 index)
{
	struct ssim_cfg *c = &s->cfgs[index];
	u32 i;

	if (c->kind == C_STE)
		derive(s, c, NULL);
	for (i = 0; i < s->ncfgs; i++) {
		if (c->kind == C_STE && s->cfgs[i].kind == C_CD && leads_to(s, c, &s->cfgs[i]))
			derive(s, c, &s->cfgs[i]);
		else if (c->kind == C_CD && s->cfgs[i].kind == C_STE && leads_to(s, &s->cfgs[i], c))
			derive(s, &s->cfgs[i], c);
	}
}

static void read_cds(struct ssim *s, u32 sid, const u64 *ste);

static void read_cd_leaf(struct ssim *s, u32 sid, u32 first, u32 n, u64 pa)
{
	u64 words[8];
	u32 i;

	for (i = 0; i < n; i++)
		if (ssim_fetch(s, pa + i * 64ull, words, 8) && fld(words, CD_V))
			ssim_cfg_seen(s, C_CD, sid, first + i, pa + i * 64ull, words);
}

/**
 * ssim_cfg_seen() - a structure has been, or could be, read
 * @s: instance
 * @kind: what it is
 * @sid: stream, of a level 1 descriptor its first
 * @ssid: index of the CD, of a level 1 descriptor its first
 * @src: where it stands
 * @words: what was read
 */
void ssim_cfg_seen(struct ssim *s, enum ssim_cfg_kind kind, u32 sid, u32 ssid, u64 src,
		   const u64 *words)
{
	struct ssim_cfg like = {
		.kind = kind, .sid = sid, .ssid = ssid, .src = src, .nwords = words_of(kind),
	};
	u32 i;

	memcpy(like.words, words, like.nwords * 8);
	for (i = 0; i < s->ncfgs; i++)
		if (same_key(&s->cfgs[i], kind, sid, ssid, src) && !s->cfgs[i].gone &&
		    memcmp(s->cfgs[i].words, words, like.nwords * 8))
			s->cfgs[i].gone = s->now;
	if (!add(s, &like))
		return;
	if (kind == C_STE && s->closure && has_cds(s, &like))
		read_cds(s, sid, like.words);
	for (i = 0; i < s->ncfgs; i++)
		if (same_key(&s->cfgs[i], kind, sid, ssid, src) && !s->cfgs[i].gone)
			roots_of(s, i);
}

/* All valid CDs of a stream, and what leads to them. */
static void read_cds(struct ssim *s, u32 sid, const u64 *ste)
{
	u32 n = cd_count(s, ste), i;
	u64 leaf, at, l1cd;

	at = ssim_cd_index(s, ste, 0, &leaf);
	if (!leaf) {
		if (n > 1024) {
			s->stats.lost++;
			n = 1024;
		}
		read_cd_leaf(s, sid, 0, n, cd_table_pa(s, ste, at));
		return;
	}
	for (i = 0; i < n; i += 1u << leaf) {
		at = cd_table_pa(s, ste, ssim_cd_index(s, ste, i, &leaf));
		if (!ssim_fetch(s, at, &l1cd, 1) || !fld1(l1cd, L1CD_V))
			continue;
		ssim_cfg_seen(s, C_L1CD, sid, i, at, &l1cd);
		read_cd_leaf(s, sid, i, n - i < 1u << leaf ? n - i : 1u << leaf,
			     cd_table_pa(s, ste, (fld1(l1cd, L1CD_L2PTR) << 12) &
					 ~ssim_ones(leaf + 6)));
	}
}

/*
 * STEs that stand side by side. Of those that lead to no table, memory is record
 * enough: see stored().
 */
static void read_stes(struct ssim *s, u32 sid, u64 at, u64 n)
{
	u64 words[8];

	for (; n; n--, sid++, at += 64)
		if (ssim_fetch(s, at, words, 1) && leads_on(words) &&
		    ssim_fetch(s, at, words, 8))
			ssim_cfg_seen(s, C_STE, sid, 0, at, words);
}

/* A store hit a structure: each version there is gets a sister with the new word. */
static void stored(struct ssim *s, enum ssim_cfg_kind kind, u32 sid, u32 ssid, u64 src, u64 pa,
		   u64 old, u64 new)
{
	struct ssim_cfg like = { .kind = kind, .sid = sid, .ssid = ssid, .src = src };
	bool passed = kind != C_STE || ssim_atc_passes(s, sid);
	unsigned int word = (pa - src) / 8;
	u64 memory[8] = {};
	u32 i, n = 0, list[VERSIONS];

	like.nwords = words_of(kind);
	if (!ssim_fetch(s, src, memory, like.nwords))
		return;
	for (i = 0; i < s->ncfgs && n < VERSIONS; i++)
		if (same_key(&s->cfgs[i], kind, sid, ssid, src))
			list[n++] = i;
	if (n == VERSIONS)
		s->stats.lost++;
	if (!n) {
		memcpy(like.words, memory, sizeof(like.words));
		like.words[word] = old;
		list[n++] = s->ncfgs;
		if (!add(s, &like))
			return;
	}
	for (i = 0; i < n; i++) {
		struct ssim_cfg *c = &s->cfgs[list[i]];

		memcpy(like.words, c->words, sizeof(like.words));
		if (c->words[word] != new && !c->gone)
			c->gone = s->now;
		like.words[word] = new;
		like.gone = memcmp(like.words, memory, like.nwords * 8) ? s->now : 0;
		if (!add(s, &like))
			continue;
		if (kind == C_STE && s->closure && has_cds(s, &like))
			read_cds(s, sid, like.words);
		roots_of(s, s->ncfgs - 1);
	}
	if (!passed && ssim_atc_passes(s, sid))
		ssim_atc_passing(s, sid);
	if (kind == C_L1CD)
		for (i = 0; i < s->ncfgs; i++)
			if (s->cfgs[i].sid == sid && has_cds(s, &s->cfgs[i]))
				read_cds(s, sid, s->cfgs[i].words);
	if (kind == C_L1STD && s->closure) {
		n = behind(s, &new, &memory[0]);
		read_stes(s, sid, memory[0], n);
	}
}

static bool within(u64 pa, u64 base, u64 size)
{
	return pa >= base && pa - base < size;
}

static bool linear(const struct ssim *s)
{
	return fld1(s->strtab_cfg, STRTAB_CFG_FMT) != 1 || !ssim_idr(s, 0, IDR0_ST_LEVEL);
}

static void store_streams(struct ssim *s, u64 pa, u64 old, u64 new)
{
	u64 base = fld1(s->strtab_base, STRTAB_BASE_ADDR) << 6, l2 = 0, size;
	unsigned int log2 = fld1(s->strtab_cfg, STRTAB_CFG_LOG2SIZE), split = split_of(s);
	u32 i, n = s->ncfgs;

	if (log2 > 32)
		log2 = 32;
	if (linear(s)) {
		if (within(pa, base, 64ull << log2))
			stored(s, C_STE, (pa - base) / 64, 0, pa & ~63ull, pa, old, new);
		return;
	}
	if (within(pa, base, log2 > split ? 8ull << (log2 - split) : 8))
		stored(s, C_L1STD, (pa - base) / 8 << split, 0, pa, pa, old, new);
	for (i = 0; i < n; i++) {
		const struct ssim_cfg *c = &s->cfgs[i];

		if (c->kind != C_L1STD)
			continue;
		size = 64ull * behind(s, c->words, &l2);
		if (!within(pa, l2, size))
			continue;
		stored(s, C_STE, c->sid + (pa - l2) / 64, 0, pa & ~63ull, pa, old, new);
		return;
	}
}

static void store_cds(struct ssim *s, const struct ssim_cfg *ste, u64 pa, u64 old, u64 new)
{
	u32 count = cd_count(s, ste->words), sid = ste->sid, i, n = s->ncfgs, first;
	u64 leaf, base = ssim_cd_index(s, ste->words, 0, &leaf), l2;

	base = cd_table_pa(s, ste->words, base);
	if (!leaf) {
		if (within(pa, base, 64ull * count))
			stored(s, C_CD, sid, (pa - base) / 64, pa & ~63ull, pa, old, new);
		return;
	}
	if (within(pa, base, 8 * ((count + ssim_ones(leaf)) >> leaf)))
		stored(s, C_L1CD, sid, (pa - base) / 8 << leaf, pa, pa, old, new);
	for (i = 0; i < n; i++) {
		if (s->cfgs[i].kind != C_L1CD || s->cfgs[i].sid != sid ||
		    !fld(s->cfgs[i].words, L1CD_V))
			continue;
		first = s->cfgs[i].ssid;
		l2 = fld_addr(s->cfgs[i].words, L1CD_L2PTR, 12) & ~ssim_ones(leaf + 6);
		if (within(pa, l2, 64ull << leaf)) {
			stored(s, C_CD, sid, first + (pa - l2) / 64, pa & ~63ull, pa, old, new);
			return;
		}
	}
}

/**
 * ssim_store() - software stored to a table: of streams, of CDs or of translations
 * @s: instance
 * @pa: address, a multiple of 8
 * @old: the 64 bits that were there
 * @new: those that are there now; memory has them already
 *
 * Call it for each store, in their order, before anything that follows from it.
 */
void ssim_store(struct ssim *s, u64 pa, u64 old, u64 new)
{
	u32 i, n;

	s->now++;
	s->stats.stores++;
	if (old == new || !ssim_enabled(s, CR0_SMMUEN))
		return;
	store_streams(s, pa, old, new);
	n = s->ncfgs;
	/* Versions of a stream may share a table: the second time adds nothing. */
	for (i = 0; i < n; i++)
		if (has_cds(s, &s->cfgs[i]))
			store_cds(s, &s->cfgs[i], pa, old, new);
	ssim_tlb_store(s, pa, old, new);
}
EXPORT_SYMBOL_IF_KUNIT(ssim_store);

/* SMMUEN becomes 1: all that the stream table leads to may be read. */
void ssim_cfg_enable(struct ssim *s)
{
	unsigned int log2 = fld1(s->strtab_cfg, STRTAB_CFG_LOG2SIZE), split = split_of(s), most;
	u64 base = fld1(s->strtab_base, STRTAB_BASE_ADDR) << 6, l1std, l2 = 0, i, n;

	if (!s->closure)
		return;
	if (log2 > ssim_idr(s, 1, IDR1_SIDSIZE))
		log2 = ssim_idr(s, 1, IDR1_SIDSIZE);
	most = linear(s) ? LINEAR_LOG2 : STREAMS_LOG2;
	if (log2 > most) {
		s->stats.lost++;
		log2 = most;
	}
	if (linear(s)) {
		read_stes(s, 0, base & ~ssim_ones(log2 + 6), 1ull << log2);
		return;
	}
	n = log2 > split ? 1ull << (log2 - split) : 1;
	base &= ~ssim_ones(log2 > split + 3 ? log2 - split + 3 : 6);
	for (i = 0; i < n; i++, base += 8) {
		if (!ssim_fetch(s, base, &l1std, 1) || !behind(s, &l1std, &l2))
			continue;
		ssim_cfg_seen(s, C_L1STD, i << split, 0, base, &l1std);
		read_stes(s, i << split, l2, behind(s, &l1std, &l2));
	}
}

/* SMMUEN becomes 0: nothing is read any more, but all that is held stays (6.3.9.6). */
void ssim_cfg_disable(struct ssim *s)
{
	u32 i;

	s->now++;
	for (i = 0; i < s->ncfgs; i++)
		if (!s->cfgs[i].gone)
			s->cfgs[i].gone = s->now;
	for (i = 0; i < s->top; i++) {
		struct ssim_entry *e = &s->entries[i];

		if (e->kind >= E_TABLE && e->kind <= E_COMBINED && !e->gone)
			e->gone = s->now;
	}
}

static bool cfgi_hits(const struct ssim *s, const struct ssim_inval *c, const struct ssim_cfg *v)
{
	u32 sid = fld(c->cmd, CMD_SID), ssid = fld(c->cmd, CMD_SSID), span;

	switch (c->op) {
	case OP_CFGI_STE:
		if (v->kind == C_L1STD)
			return !c->leaf && v->sid == sid >> split_of(s) << split_of(s);
		return v->sid == sid;
	case OP_CFGI_STE_RANGE:
		span = fld(c->cmd, CMD_STE_RANGE) + 1;
		if (v->kind == C_L1STD && span < split_of(s))
			span = split_of(s);
		return (u64)v->sid >> span == (u64)sid >> span;
	case OP_CFGI_CD:
		if (v->sid != sid)
			return false;
		if (v->kind == C_CD)
			return v->ssid == ssid;
		return v->kind == C_L1CD && !c->leaf && v->ssid == (ssid & ~ssim_ones(v->leaf));
	case OP_CFGI_CD_ALL:
		return v->sid == sid && (v->kind == C_CD || v->kind == C_L1CD);
	}
	return false;
}

static bool reachable(struct ssim *s, const struct ssim_cfg *v)
{
	u32 i;

	if (v->kind != C_CD && v->kind != C_L1CD)
		return true;
	for (i = 0; i < s->ncfgs; i++)
		if (!s->cfgs[i].mark && leads_to(s, &s->cfgs[i], v))
			return true;
	return false;
}

static bool removed(struct ssim *s, struct ssim_cfg *v)
{
	u32 i;

	for (i = 0; i < s->npending; i++) {
		const struct ssim_inval *c = &s->pending[i];

		if (c->op < OP_CFGI_STE || c->op > OP_CFGI_CD_ALL || !cfgi_hits(s, c, v))
			continue;
		if (v->gone ? v->gone <= c->stamp : !reachable(s, v))
			return true;
	}
	return false;
}

/* A CMD_SYNC completes: forget versions, and the tables only they led to. */
void ssim_cfg_apply(struct ssim *s)
{
	bool any = false;
	u32 i, n = 0;

	for (i = 0; i < s->npending; i++)
		any |= s->pending[i].op >= OP_CFGI_STE && s->pending[i].op <= OP_CFGI_CD_ALL;
	if (!any)
		return;
	for (i = 0; i < s->ncfgs; i++)
		s->cfgs[i].mark = false;
	/* STEs and level 1 descriptors first: CDs depend on what is left of them. */
	for (i = 0; i < s->ncfgs; i++)
		if (s->cfgs[i].kind != C_CD)
			s->cfgs[i].mark = removed(s, &s->cfgs[i]);
	for (i = 0; i < s->ncfgs; i++)
		if (s->cfgs[i].kind == C_CD)
			s->cfgs[i].mark = removed(s, &s->cfgs[i]);
	for (i = 0; i < s->ncfgs; i++)
		if (s->cfgs[i].mark)
			ssim_atc_unconfigured(s, &s->cfgs[i]);
	for (i = 0; i < s->ncfgs; i++)
		if (!s->cfgs[i].mark)
			s->cfgs[n++] = s->cfgs[i];
	s->ncfgs = n;
	for (i = 0; i < s->ncfgs; i++)
		if (!s->cfgs[i].gone && !reachable(s, &s->cfgs[i]))
			s->cfgs[i].gone = s->now;
	for (i = 0; i < s->top; i++)
		if (s->entries[i].kind == E_ROOT)
			s->entries[i].mark = false;
	for (i = 0; i < s->ncfgs; i++)
		if (s->cfgs[i].kind == C_STE)
			roots_of(s, i);
	for (i = 0; i < s->top; i++)
		if (s->entries[i].kind == E_ROOT && !s->entries[i].mark)
			ssim_tlb_drop(s, &s->entries[i]);
	ssim_tlb_orphans(s);
}

/* An adversary's choice, after memory was read: what it held before. */
void ssim_cfg_prefer(struct ssim *s, enum ssim_cfg_kind kind, u32 sid, u32 ssid, u64 *words)
{
	u32 i;

	if (!s->prefer_stale || !s->translating)
		return;
	for (i = 0; i < s->ncfgs; i++) {
		const struct ssim_cfg *c = &s->cfgs[i];

		if (c->kind == kind && c->sid == sid && c->ssid == ssid && c->gone) {
			memcpy(words, c->words, c->nwords * sizeof(*words));
			return;
		}
	}
}

/**
 * ssim_cfg_versions() - what may be held of one structure
 * @s: instance
 * @kind: what it is
 * @sid: stream
 * @ssid: index of the CD
 * @list: filled in
 * @max: room in @list
 *
 * Return: how many there are; none if no store and no walk has met it.
 */
unsigned int ssim_cfg_versions(struct ssim *s, enum ssim_cfg_kind kind, u32 sid, u32 ssid,
			       const struct ssim_cfg **list, unsigned int max)
{
	unsigned int n = 0;
	u32 i;

	for (i = 0; i < s->ncfgs; i++) {
		if (s->cfgs[i].kind != kind || s->cfgs[i].sid != sid || s->cfgs[i].ssid != ssid)
			continue;
		if (n < max)
			list[n] = &s->cfgs[i];
		n++;
	}
	return n;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_cfg_versions);
