// SPDX-License-Identifier: GPL-2.0-only
/*
 * The maximal TLB: the set of all that any implementation could be holding of
 * translation tables.
 *
 * What may be cached: each descriptor that can be reached from a base that is in
 * a held STE or CD, by way of held table descriptors, those included that memory
 * no longer has. So the set grows with each store to a table that is held, and
 * with each walk. It shrinks by completed commands alone (inval.c).
 *
 * Each valid descriptor is an entry. That of a contiguous run is two: its own
 * page, and the whole run, as an implementation may take either.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "tlb.h"

#define GRANULES	3
static const u8 granules[GRANULES] = { 12, 14, 16 };

static struct ssim_entry *take(struct ssim *s)
{
	struct ssim_entry *e = s->spare;

	if (e)
		s->spare = e->next_va;
	else if (s->top < s->nentries)
		e = &s->entries[s->top++];
	if (!e) {
		s->stats.lost++;
		return NULL;
	}
	if (++s->stats.held > s->stats.most)
		s->stats.most = s->stats.held;
	return e;
}

static void unchain(struct ssim_entry **link, struct ssim_entry *e, size_t next)
{
	while (*link != e)
		link = (struct ssim_entry **)((char *)*link + next);
	*link = *(struct ssim_entry **)((char *)e + next);
}

/* Nothing can be holding it any more. */
void ssim_tlb_drop(struct ssim *s, struct ssim_entry *e)
{
	if (ssim_resolved(e))
		unchain(ssim_table_bucket(s, e->target, e->shift), e,
			offsetof(struct ssim_entry, next_table));
	if (e->kind != E_ROOT && e->kind != E_ATC)
		unchain(ssim_src_bucket(s, e->src), e, offsetof(struct ssim_entry, next_src));
	if (e->kind != E_ROOT)
		unchain(ssim_va_bucket(s, e->va, e->size), e, offsetof(struct ssim_entry, next_va));
	s->combined -= e->kind == E_COMBINED;
	e->kind = E_FREE;
	e->next_va = s->spare;
	s->spare = e;
	s->stats.held--;
}

/* The entry, which is new; NULL if there is no room. */
struct ssim_entry *ssim_tlb_add(struct ssim *s, const struct ssim_entry *like)
{
	struct ssim_entry *e = take(s), **b;

	if (!e)
		return NULL;
	*e = *like;
	e->born = s->now;
	s->combined += e->kind == E_COMBINED;
	if (ssim_resolved(e)) {
		b = ssim_table_bucket(s, e->target, e->shift);
		e->next_table = *b;
		*b = e;
	}
	if (e->kind != E_ROOT && e->kind != E_ATC) {
		b = ssim_src_bucket(s, e->src);
		e->next_src = *b;
		*b = e;
	}
	if (e->kind != E_ROOT) {
		b = ssim_va_bucket(s, e->va, e->size);
		e->next_va = *b;
		*b = e;
	}
	return e;
}

/* An ATC has it, if it has not already. */
void ssim_tlb_left(struct ssim *s, const struct ssim_entry *like)
{
	struct ssim_entry *e;

	for (e = *ssim_va_bucket(s, like->va, like->size); e; e = e->next_va) {
		if (e->kind != E_ATC || e->va != like->va || e->size != like->size ||
		    e->target != like->target || e->sid != like->sid || e->ssv != like->ssv ||
		    e->ssid != like->ssid)
			continue;
		/* A process's are judged by what each of them permits. */
		if (like->regime->foreign && e->desc != like->desc)
			continue;
		e->gone = like->gone;
		e->doomed = like->doomed;
		return;
	}
	ssim_tlb_add(s, like);
}

static struct ssim_entry *find(struct ssim *s, const struct ssim_entry *like)
{
	struct ssim_entry *e;

	for (e = *ssim_src_bucket(s, like->src); e; e = e->next_src)
		if (e->src == like->src && e->desc == like->desc && e->kind == like->kind &&
		    e->va == like->va && e->size == like->size && e->level == like->level &&
		    ssim_same_tag(e, like) && e->src2 == like->src2 && e->desc2 == like->desc2 &&
		    e->target == like->target &&
		    /* Another regime reads what is below in another way. */
		    (like->kind != E_TABLE || e->regime == like->regime))
			return e;
	return NULL;
}

static bool translate_ipa(struct ssim *s, const struct ssim_regime *s2, u64 *addr)
{
	struct ssim_access access = { .quiet = true };
	struct ssim_fault fault;
	struct ssim_leaf leaf;

	if (!s2)
		return true;
	if (!ssim_walk(s, s2, NULL, *addr, &access, &leaf, &fault))
		return false;
	*addr = leaf.pa;
	return true;
}

static struct ssim_entry *find_root(struct ssim *s, const struct ssim_entry *like)
{
	struct ssim_entry *e;

	for (e = *ssim_table_bucket(s, like->target, like->shift); e; e = e->next_table)
		if (e->kind == E_ROOT && e->regime == like->regime && e->s2 == like->s2 &&
		    e->target == like->target)
			return e;
	return NULL;
}

/* What is held already is held anew. Return: the entry if it was not, or NULL */
static struct ssim_entry *hold_entry(struct ssim *s, const struct ssim_entry *like)
{
	struct ssim_entry *e = find(s, like);

	if (e) {
		e->gone = 0;
		e->doomed = 0;
		return NULL;
	}
	e = ssim_tlb_add(s, like);
	if (!e)
		return NULL;
	ssim_clash_entry(s, e);
	return e;
}

static void explore(struct ssim *s, const struct ssim_entry *table);

static void hold_table(struct ssim *s, struct ssim_entry *like)
{
	struct ssim_entry *e;

	like->kind = E_TABLE;
	like->tbytes = 1u << like->shift;
	like->target = ssim_desc_oa(like->regime, like->level, like->desc);
	if (!translate_ipa(s, like->s2, &like->target))
		like->target = ~0ull;
	e = hold_entry(s, like);
	if (!e)
		return;
	if (s->closure)
		explore(s, e);
}

/* Where a table of a nested stage 1 stands, before stage 2. */
static u64 ipa_of(const struct ssim_entry *table)
{
	return table->kind == E_ROOT ? table->src :
				       ssim_desc_oa(table->regime, table->level, table->desc);
}

static bool leads_behind(const struct ssim_entry *leaf, const struct ssim_entry *table)
{
	return leaf->kind == E_LEAF && leaf->stage == 2 && leaf->vmid == table->vmid &&
	       ipa_of(table) - leaf->va < leaf->size;
}

/* A new stage 2 leaf: tables of stage 1 that it leads to can be read now. */
static void look_behind(struct ssim *s, const struct ssim_entry *leaf)
{
	u32 i, top = s->top;

	for (i = 0; i < top; i++) {
		struct ssim_entry *e = &s->entries[i], like;

		if (!ssim_is_table(e) || !e->s2 || !leads_behind(leaf, e))
			continue;
		like = *e;
		like.target = leaf->target + (ipa_of(e) - leaf->va);
		like.gone = 0;
		if (e->kind == E_ROOT ? find_root(s, &like) : find(s, &like))
			continue;
		e = ssim_tlb_add(s, &like);
		if (e && s->closure)
			explore(s, e);
	}
}

static void hold_leaf(struct ssim *s, struct ssim_entry *like)
{
	struct ssim_entry *e;

	like->kind = E_LEAF;
	e = hold_entry(s, like);
	if (!e)
		return;
	if (e->stage == 2)
		look_behind(s, e);
}

/* The whole run that a contiguous entry speaks for. */
static void hold_run(struct ssim *s, struct ssim_entry *like)
{
	u64 size = like->size * ssim_run(like->regime, like->level);

	if (size == like->size)
		return;
	like->run = true;
	like->target -= like->va & (size - 1);
	like->va &= ~(size - 1);
	like->size = size;
	ssim_clash_run(s, like);
	hold_leaf(s, like);
}

/* A descriptor has been, or could be, read; its regime is interned. */
void ssim_tlb_hold(struct ssim *s, const struct ssim_step *step, enum ssim_origin origin)
{
	const struct ssim_regime *r = step->regime;
	enum ssim_kind kind = ssim_desc_kind(r, step->level, step->desc);
	struct ssim_entry like = {
		.regime = r, .s2 = step->s2, .stage = r->stage, .world = r->world,
		.vmid = r->vmid, .asid = r->asid, .shift = r->shift, .level = step->level,
		.va = step->va, .src = step->src, .desc = step->desc, .origin = origin,
		.size = ssim_bit(ssim_level_shift(r, step->level)),
	};
	u64 oa;

	if (kind == E_FREE)
		return;
	oa = ssim_desc_oa(r, step->level, step->desc);
	if (oa >> r->out_bits)
		return;
	if (kind == E_TABLE) {
		hold_table(s, &like);
		return;
	}
	/* What faults for its access flag is not cached. */
	if (!fld1(step->desc, D_AF) && !r->ha && !r->affd)
		return;
	if (r->stage == 1 && r->asid != ASID_NONE && !fld1(step->desc, D_NG))
		like.asid = ASID_GLOBAL;
	like.target = oa;
	hold_leaf(s, &like);
	if (fld1(step->desc, D_CONT))
		hold_run(s, &like);
}

static void child(struct ssim *s, const struct ssim_entry *table, u64 src, u64 desc,
		  enum ssim_origin origin)
{
	struct ssim_step step = {
		.regime = table->regime,
		.s2 = table->s2,
		.level = table->level + 1,
		.src = src,
		.desc = ssim_to_cpu(table->regime, desc),
	};

	step.va = table->va + ((src - table->target) / 8 <<
			       ssim_level_shift(step.regime, step.level));
	ssim_tlb_hold(s, &step, origin);
}

/* All that a table leads to. A process's is too large, and seen to elsewhere. */
static void explore(struct ssim *s, const struct ssim_entry *table)
{
	u64 words[16], at;
	unsigned int i, n;

	if (!ssim_resolved(table) || table->regime->foreign)
		return;
	for (at = 0; at < table->tbytes; at += n * 8) {
		n = table->tbytes - at < sizeof(words) ? (table->tbytes - at) / 8 : 16;
		if (!s->spare && s->top == s->nentries)
			return;
		if (!ssim_fetch(s, table->target + at, words, n))
			return;
		for (i = 0; i < n; i++)
			if (words[i])
				child(s, table, table->target + at + i * 8, words[i], BY_CLOSURE);
	}
}

/* Processes come and go: a regime that nothing is held of. */
static struct ssim_regime *unused(struct ssim *s, const struct ssim_regime *keep)
{
	bool used[SSIM_REGIMES] = {};
	u32 i;

	if (keep)
		used[keep - s->regimes] = true;
	for (i = 0; i < s->top; i++) {
		const struct ssim_entry *e = &s->entries[i];

		if (e->kind == E_FREE)
			continue;
		used[e->regime - s->regimes] = true;
		if (e->s2)
			used[e->s2 - s->regimes] = true;
	}
	for (i = 0; i < SSIM_REGIMES; i++)
		if (!used[i])
			return &s->regimes[i];
	return NULL;
}

/* One copy of each; @keep is another that is not held yet, or NULL. */
static const struct ssim_regime *intern(struct ssim *s, const struct ssim_regime *r,
					const struct ssim_regime *keep)
{
	struct ssim_regime *mine;
	u32 i;

	for (i = 0; i < s->nregimes; i++)
		if (!memcmp(&s->regimes[i], r, sizeof(*r)))
			return &s->regimes[i];
	if (s->nregimes < SSIM_REGIMES)
		mine = &s->regimes[s->nregimes++];
	else
		mine = unused(s, keep);
	if (mine)
		*mine = *r;
	else
		s->stats.lost++;
	return mine;
}

/**
 * ssim_tlb_root() - a held configuration leads to a table
 * @s: instance
 * @r: regime of the table
 * @s2: stage 2 that its address goes through, or NULL
 *
 * Concatenated tables are held one by one.
 */
void ssim_tlb_root(struct ssim *s, const struct ssim_regime *r, const struct ssim_regime *s2)
{
	u64 bytes = ssim_root_bytes(r), at, piece, ipa;
	struct ssim_entry like = {}, *e;

	r = intern(s, r, NULL);
	s2 = s2 ? intern(s, s2, r) : NULL;
	if (!r)
		return;
	piece = bytes < ssim_bit(r->shift) ? bytes : ssim_bit(r->shift);
	like.kind = E_ROOT;
	like.origin = BY_CONFIG;
	like.regime = r;
	like.s2 = s2;
	like.stage = r->stage;
	like.world = r->world;
	like.vmid = r->vmid;
	like.asid = r->asid;
	like.shift = r->shift;
	like.level = (int)r->start - LEVEL_BIAS - 1;
	like.tbytes = piece;
	like.size = piece / 8 << ssim_level_shift(r, like.level + 1);
	like.va = r->high ? ~ssim_ones(64 - r->tsz) : 0;
	for (at = 0; at < bytes; at += piece, like.va += like.size) {
		ipa = ssim_root_base(r) + at;
		like.target = translate_ipa(s, s2, &ipa) ? ipa : ~0ull;
		like.src = ssim_root_base(r) + at;
		e = find_root(s, &like);
		if (!e) {
			e = ssim_tlb_add(s, &like);
			if (e)
				ssim_clash_root(s, e);
			if (e && s->closure)
				explore(s, e);
		}
		if (e)
			e->mark = true;
	}
}

/* A walk has read a descriptor. */
void ssim_tlb_step(struct ssim *s, const struct ssim_step *step, enum ssim_origin origin)
{
	struct ssim_step mine = *step;

	mine.regime = intern(s, step->regime, NULL);
	mine.s2 = step->s2 ? intern(s, step->s2, mine.regime) : NULL;
	if (!mine.regime)
		return;
	if (step->level == (int)step->regime->start - LEVEL_BIAS)
		ssim_tlb_root(s, step->regime, step->s2);
	ssim_tlb_hold(s, &mine, origin);
}

/* A nested walk has found an address: an entry of its own, by VA. */
void ssim_tlb_combined(struct ssim *s, const struct ssim_regime *r, const struct ssim_regime *s2,
		       const struct ssim_leaf *leaf)
{
	const struct ssim_regime *first = intern(s, r, NULL);
	struct ssim_entry like = {
		.kind = E_COMBINED, .regime = first, .s2 = intern(s, s2, first), .stage = 1,
		.world = r->world, .vmid = r->vmid, .asid = leaf->global ? ASID_GLOBAL : r->asid,
		.shift = r->shift, .level = leaf->level, .va = leaf->va, .size = leaf->size,
		.target = leaf->base, .src = leaf->src, .desc = leaf->desc,
		.src2 = leaf->src2, .desc2 = leaf->desc2, .ipa = leaf->ipa, .origin = BY_WALK,
	}, *e;

	if (!like.regime || !like.s2)
		return;
	e = find(s, &like);
	if (e)
		e->gone = 0;
	else
		ssim_tlb_add(s, &like);
}

static u64 in_memory_order(const struct ssim_entry *e, u64 value)
{
	return ssim_to_cpu(e->regime, value);
}

/**
 * ssim_tlb_store() - a store to memory that may be a table
 * @s: instance
 * @pa: address, a multiple of 8
 * @old: what was there
 * @new: what is there now; both in CPU order, as of little-endian memory
 */
void ssim_tlb_store(struct ssim *s, u64 pa, u64 old, u64 new)
{
	struct ssim_entry *e;
	unsigned int i;

	if (old == new)
		return;
	for (e = *ssim_src_bucket(s, pa); e; e = e->next_src) {
		if (e->src != pa || e->kind == E_COMBINED)
			continue;
		if (in_memory_order(e, new) == e->desc)
			e->gone = ssim_tlb_held_by(s, e, NULL) ? 0 : e->gone;
		else if (!e->gone)
			e->gone = s->now;
	}
	for (i = 0; i < GRANULES; i++)
		for (e = *ssim_table_bucket(s, pa, granules[i]); e; e = e->next_table)
			if (e->shift == granules[i] && pa - e->target < e->tbytes)
				child(s, e, pa, new, BY_STORE);
}

#define REGIONS	64	/* of 2M; more are not looked up one by one */

/**
 * ssim_tlb_each() - visit what overlaps a range of input addresses
 * @s: instance
 * @first: first address
 * @last: last address
 * @fn: called for each entry that is no base; it must not add or drop any
 * @arg: for @fn
 */
void ssim_tlb_each(struct ssim *s, u64 first, u64 last,
		   void (*fn)(struct ssim *s, struct ssim_entry *e, void *arg), void *arg)
{
	struct ssim_entry *e;
	u64 region;
	u32 i;

	if ((last >> 21) - (first >> 21) >= REGIONS) {
		for (i = 0; i < s->top; i++) {
			e = &s->entries[i];
			if (e->kind > E_ROOT && e->va <= last && e->va + (e->size - 1) >= first)
				fn(s, e, arg);
		}
		return;
	}
	for (region = first >> 21; region <= last >> 21; region++)
		for (e = *ssim_va_bucket(s, region << 21, 1); e; e = e->next_va)
			if (e->va >> 21 == region && e->va <= last &&
			    e->va + (e->size - 1) >= first)
				fn(s, e, arg);
	for (e = s->by_va_big; e; e = e->next_va)
		if (e->va <= last && e->va + (e->size - 1) >= first)
			fn(s, e, arg);
}

/* Memory still has the descriptor. */
bool ssim_entry_in_memory(struct ssim *s, const struct ssim_entry *e)
{
	u64 now;

	return ssim_fetch(s, e->src, &now, 1) && in_memory_order(e, now) == e->desc;
}

/**
 * ssim_tlb_rescan() - look again at memory that is stored to unseen
 * @s: instance
 * @first: first input address
 * @last: last input address
 *
 * For tests. Tables of processes are seen to in foreign.c.
 */
void ssim_tlb_rescan(struct ssim *s, u64 first, u64 last)
{
	u32 i, top = s->top;

	s->now++;
	for (i = 0; i < top; i++) {
		struct ssim_entry *e = &s->entries[i];

		if (e->kind == E_FREE || e->kind == E_ATC || e->va > last ||
		    e->va + (e->size - 1) < first)
			continue;
		if ((e->kind == E_LEAF || e->kind == E_TABLE) && !e->gone &&
		    !ssim_entry_in_memory(s, e))
			e->gone = s->now;
		if (ssim_is_table(e))
			explore(s, e);
	}
}

/* An entry for the address that memory no longer has. */
struct ssim_entry *ssim_tlb_stale(struct ssim *s, const struct ssim_regime *r, u64 va,
				  const struct ssim_access *access)
{
	struct ssim_entry *lists[2] = { *ssim_va_bucket(s, va, 1), s->by_va_big }, *e;
	unsigned int i;

	for (i = 0; i < 2; i++)
		for (e = lists[i]; e; e = e->next_va)
			if (e->kind == E_LEAF && va - e->va < e->size &&
			    e->stage == r->stage && e->world == r->world && e->vmid == r->vmid &&
			    (e->asid == ASID_GLOBAL || e->asid == r->asid) &&
			    (e->regime->foreign ? ssim_foreign_stale(s, e, access) : e->gone))
				return e;
	return NULL;
}

/* The held leaf that one half of a combined entry came from. */
static struct ssim_entry *half_of(struct ssim *s, const struct ssim_entry *c, bool second)
{
	u64 src = second ? c->src2 : c->src, desc = second ? c->desc2 : c->desc;
	struct ssim_entry *e;

	for (e = *ssim_src_bucket(s, src); e; e = e->next_src)
		if (e->kind == E_LEAF && e->src == src && e->desc == desc &&
		    e->stage == (second ? 2 : 1) && e->vmid == c->vmid)
			return e;
	return NULL;
}

/* Entry e goes when command c completes, whatever is cached again meanwhile. */
static bool dead_by(struct ssim *s, const struct ssim_entry *e, const struct ssim_inval *c)
{
	if (e->kind == E_ROOT || !ssim_inval_hits(s, c, e))
		return false;
	if (e->gone)
		return e->gone <= c->stamp;
	return !ssim_tlb_held_by(s, e, c);
}

/* Stage 2, as it is held, still leads a nested stage 1 to this table. */
static bool reached(struct ssim *s, const struct ssim_entry *table, const struct ssim_inval *dead)
{
	struct ssim_entry *lists[2], *e;
	u64 ipa = ipa_of(table);
	unsigned int i;

	if (!table->s2 || !ssim_resolved(table))
		return true;
	lists[0] = *ssim_va_bucket(s, ipa, 1);
	lists[1] = s->by_va_big;
	for (i = 0; i < 2; i++)
		for (e = lists[i]; e; e = e->next_va)
			if (leads_behind(e, table) && e->target + (ipa - e->va) == table->target &&
			    !(dead && dead_by(s, e, dead)))
				return true;
	return false;
}

/**
 * ssim_tlb_held_by() - whether an entry can be had again from what is held
 * @s: instance
 * @e: the entry; memory has its descriptor
 * @dead: leave out what this command removes, at the moment it removes @e; or NULL
 *
 * Return: true if a held table, or for a combined entry both leaves, lead to it.
 */
bool ssim_tlb_held_by(struct ssim *s, const struct ssim_entry *e, const struct ssim_inval *dead)
{
	struct ssim_entry *p, *second;

	if (e->kind == E_COMBINED) {
		p = half_of(s, e, false);
		second = half_of(s, e, true);
		return p && second &&
		       !(dead && (dead_by(s, p, dead) || dead_by(s, second, dead)));
	}
	if (e->kind == E_TABLE && !reached(s, e, dead))
		return false;
	for (p = *ssim_table_bucket(s, e->src, e->shift); p; p = p->next_table)
		if (p->shift == e->shift && e->src - p->target < p->tbytes &&
		    p->level + 1 == e->level && e->va - p->va < p->size && ssim_same_tag(p, e) &&
		    !(dead && dead_by(s, p, dead)))
			return true;
	return false;
}

/* Tables were dropped: what they alone led to cannot be had again. */
void ssim_tlb_orphans(struct ssim *s)
{
	u32 i;

	for (i = 0; i < s->top; i++)
		if (s->entries[i].kind == E_ROOT && !reached(s, &s->entries[i], NULL))
			ssim_tlb_drop(s, &s->entries[i]);
	for (i = 0; i < s->top; i++) {
		struct ssim_entry *e = &s->entries[i];

		if (e->kind >= E_TABLE && e->kind <= E_COMBINED && !e->gone &&
		    !ssim_tlb_held_by(s, e, NULL))
			e->gone = s->now;
	}
}
