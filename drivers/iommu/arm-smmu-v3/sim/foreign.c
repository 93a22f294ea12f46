// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of others: those of processes, which the memory manager stores to without
 * telling anybody here. Whoever surrounds the model names them (ssim_ops.foreign).
 *
 * What is held of such a table comes from walks of transactions, and from snapshots
 * of ranges that are about to change; not from stores, and not from all that can be
 * reached. Whether memory still has it is found out by reading the table again, from
 * its base down: a table page that was cut off keeps its entries for a while.
 *
 * The memory manager announces a change that takes something away after it has
 * stored it, by invalidating. When that begins, what is held and wider than the table
 * is *doomed*; when it is over, nothing doomed may be held (I-32). Each entry keeps
 * when it was doomed, since invalidations of several CPUs overlap in time: one alone
 * is not to answer for what went after it began.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "tlb.h"

/**
 * ssim_foreign() - which table of others a base is of
 * @s: instance
 * @ttb: address of the table
 *
 * Return: a number that no other table has had, or 0 for tables whose stores are seen.
 */
u32 ssim_foreign(const struct ssim *s, u64 ttb)
{
	return s->ops->foreign ? s->ops->foreign(s->cookie, ttb) : 0;
}

/* The descriptor that decides about an address, no deeper than @level; false: none. */
static bool look(struct ssim *s, const struct ssim_regime *r, u64 va, int level, int *at,
		 u64 *desc)
{
	u64 table = ssim_root_base(r), index = va & ssim_ones(64 - r->tsz);
	enum ssim_kind kind;

	for (*at = (int)r->start - LEVEL_BIAS; ; (*at)++) {
		unsigned int shift = ssim_level_shift(r, *at);

		if (!ssim_fetch(s, table + (index >> shift) * 8, desc, 1))
			return false;
		*desc = ssim_to_cpu(r, *desc);
		kind = ssim_desc_kind(r, *at, *desc);
		if (kind != E_TABLE || *at == level)
			return kind != E_FREE;
		table = ssim_desc_oa(r, *at, *desc);
		index &= ssim_ones(shift);
	}
}

/* Table descriptors: the limits that they set are not fewer in what is held. */
static bool table_covers(const struct ssim_regime *r, int level, u64 now, u64 held)
{
	u64 limits = now & ~held;

	return ssim_desc_kind(r, level, now) == E_TABLE &&
	       ssim_desc_oa(r, level, now) == ssim_desc_oa(r, level, held) &&
	       (r->had || !(fld1(limits, D_APTABLE) || fld1(limits, D_UXNTABLE) ||
			    fld1(limits, D_PXNTABLE)));
}

static bool writable(const struct ssim_regime *r, u64 desc)
{
	return !(fld1(desc, D_AP) & 2) || (r->hd && fld1(desc, D_DBM));
}

/*
 * Leaves: all that the held one permits is permitted, and seen. What is held as
 * dirty while memory has it clean lets writes pass unseen. The access flag is left
 * out: the memory manager clears it and invalidates nothing.
 */
static bool leaf_covers(const struct ssim_regime *r, u64 now, u64 held)
{
	u64 differ = now ^ held;

	if (fld1(differ, D_ATTRINDX) || fld1(differ, D_NG) || (!r->ds && fld1(differ, D_SH)))
		return false;
	if ((fld1(held, D_AP) & 1) && !(fld1(now, D_AP) & 1))
		return false;
	if ((!(fld1(held, D_AP) & 2) && (fld1(now, D_AP) & 2)) ||
	    (writable(r, held) && !writable(r, now)))
		return false;
	return !(now & ~held & (ssim_bit(53) | ssim_bit(54)));
}

static bool piece_there(struct ssim *s, const struct ssim_entry *e, u64 va)
{
	const struct ssim_regime *r = e->regime;
	u64 now, oa;
	int level;

	if (!look(s, r, va, e->level, &level, &now))
		return false;
	if (e->kind == E_TABLE)
		return level == e->level && table_covers(r, level, now, e->desc);
	if (ssim_desc_kind(r, level, now) != E_LEAF)
		return false;
	oa = ssim_desc_oa(r, level, now) + (va & ssim_ones(ssim_level_shift(r, level)));
	return oa == e->target + (va - e->va) && leaf_covers(r, now, e->desc);
}

/* The table has all that the entry gives. A run is looked at page by page. */
static bool there(struct ssim *s, const struct ssim_entry *e)
{
	u64 step = ssim_bit(ssim_level_shift(e->regime, e->level)), at;

	for (at = 0; at < e->size; at += step)
		if (!piece_there(s, e, e->va + at))
			return false;
	return true;
}

static bool is_of(const struct ssim_entry *e, u32 foreign)
{
	return e->regime->foreign == foreign &&
	       (e->kind == E_TABLE || e->kind == E_LEAF || e->kind == E_ATC);
}

/* To read a table takes as long as to hold so many entries. */
#define TABLE_COST	16

/* A range that is looked at, and how far. */
struct snapshot {
	struct ssim *s;
	const struct ssim_entry *root;
	u64 first, last;
	u64 next;
	u32 left;
};

static bool snap(struct snapshot *w, int level, u64 table, u64 base);

static bool snap_entry(struct snapshot *w, int level, u64 src, u64 va, u64 desc)
{
	struct ssim_step step = {
		.regime = w->root->regime, .level = level, .va = va, .src = src, .desc = desc,
	};
	enum ssim_kind kind = ssim_desc_kind(step.regime, level, desc);
	u32 cost = kind == E_TABLE ? TABLE_COST : 1;

	if (kind == E_FREE)
		return true;
	if (w->left < cost) {
		w->next = va;
		return false;
	}
	w->left -= cost;
	ssim_tlb_hold(w->s, &step, BY_SNAPSHOT);
	return kind != E_TABLE || snap(w, level + 1, ssim_desc_oa(step.regime, level, desc), va);
}

/* False: enough has been looked at. @base: first address that the table is of */
static bool snap(struct snapshot *w, int level, u64 table, u64 base)
{
	const struct ssim_regime *r = w->root->regime;
	unsigned int shift = ssim_level_shift(r, level), n, k;
	u64 first = w->first > base ? (w->first - base) >> shift : 0, i, words[16];
	u64 last = level == w->root->level + 1 ? w->root->tbytes / 8 - 1 : ssim_ones(r->shift - 3);

	if (last > (w->last - base) >> shift)
		last = (w->last - base) >> shift;
	for (i = first; i <= last; i += n) {
		n = 16 - i % 16;
		if (n > last - i + 1)
			n = last - i + 1;
		if (!ssim_fetch(w->s, table + i * 8, words, n))
			return true;
		for (k = 0; k < n; k++)
			if (words[k] && !snap_entry(w, level, table + (i + k) * 8,
						    base + ((i + k) << shift),
						    ssim_to_cpu(r, words[k])))
				return false;
	}
	return true;
}

/**
 * ssim_snapshot() - hold what a table of others has of a range
 * @s: instance
 * @foreign: the table
 * @first: first address
 * @last: last address
 * @most: bound of the work, in entries; with less than 128 it may get nowhere
 *
 * Hardware may have read all of it by now. To be called while nothing that is
 * reached can be freed: in a kernel with interrupts off.
 *
 * Return: the address to go on from; beyond @last if nothing was left out.
 */
u64 ssim_snapshot(struct ssim *s, u32 foreign, u64 first, u64 last, u32 most)
{
	u64 next = last + 1;
	u32 i, top = s->top;

	s->now++;
	for (i = 0; i < top; i++) {
		struct snapshot w = {
			.s = s, .root = &s->entries[i], .first = first, .left = most,
		};

		if (w.root->kind != E_ROOT || w.root->regime->foreign != foreign ||
		    w.root->va > last || w.root->va + (w.root->size - 1) < first)
			continue;
		w.last = w.root->va + (w.root->size - 1);
		if (w.last > last)
			w.last = last;
		if (!snap(&w, w.root->level + 1, w.root->target, w.root->va) && w.next < next)
			next = w.next < first ? first : w.next;
	}
	return next;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_snapshot);

struct judgement {
	u32 foreign;
	u64 stamp;
	struct ssim_entry *found;
};

static void doom(struct ssim *s, struct ssim_entry *e, void *arg)
{
	const struct judgement *j = arg;

	if (!is_of(e, j->foreign))
		return;
	if (there(s, e)) {
		e->doomed = 0;
		return;
	}
	if (!e->doomed)
		e->doomed = j->stamp;
	if (!e->gone && !ssim_entry_in_memory(s, e))
		e->gone = s->now;
}

/**
 * ssim_foreign_changed() - a table of others has changed, and is invalidated next
 * @s: instance
 * @foreign: the table
 * @first: first address
 * @last: last address
 * @stamp: of the invalidation, a number of the caller's that grows
 */
void ssim_foreign_changed(struct ssim *s, u32 foreign, u64 first, u64 last, u64 stamp)
{
	struct judgement j = { .foreign = foreign, .stamp = stamp };

	s->now++;
	ssim_tlb_each(s, first, last, doom, &j);
}
EXPORT_SYMBOL_IF_KUNIT(ssim_foreign_changed);

/* A CD may be held that has the tag: what is held by it translates. */
static bool tag_in_use(struct ssim *s, const struct ssim_entry *e)
{
	u32 i;

	for (i = 0; i < s->ncfgs; i++) {
		const struct ssim_cfg *c = &s->cfgs[i];

		if (c->kind == C_CD && fld(c->words, CD_V) &&
		    fld(c->words, CD_ASID) == e->regime->asid)
			return true;
	}
	return false;
}

/* What no device can use any more is judged when its tag is used anew (I-30). */
static bool usable(struct ssim *s, const struct ssim_entry *e)
{
	if (e->kind == E_ATC)
		return ssim_atc_passes(s, e->sid);
	return tag_in_use(s, e);
}

static void judge(struct ssim *s, struct ssim_entry *e, void *arg)
{
	struct judgement *j = arg;

	if (j->found || !is_of(e, j->foreign) || !e->doomed || e->doomed > j->stamp)
		return;
	if (usable(s, e) && !there(s, e))
		j->found = e;
}

/**
 * ssim_check_foreign() - a table of others has changed, and was invalidated
 * @s: instance
 * @foreign: the table
 * @first: first address
 * @last: last address
 * @stamp: as for ssim_foreign_changed()
 *
 * Return: true if nothing is held that devices can use, in the TLB or an ATC, and
 * that was wider than the table when the invalidation began and still is.
 */
bool ssim_check_foreign(struct ssim *s, u32 foreign, u64 first, u64 last, u64 stamp)
{
	struct judgement j = { .foreign = foreign, .stamp = stamp };

	s->stats.checks++;
	ssim_tlb_each(s, first, last, judge, &j);
	if (!j.found)
		return true;
	/* Memory may have it where nothing leads to it any more. */
	if (!j.found->gone)
		j.found->gone = s->now;
	ssim_violation(s, "I-32", j.found->kind == E_ATC ?
		       "a process lost it, but an ATC has it after the invalidation" :
		       "a process lost it, but it is held after the invalidation", j.found, NULL);
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_check_foreign);

/**
 * ssim_check_foreign_end() - a table of others is about to be taken down
 * @s: instance
 * @foreign: the table
 *
 * No invalidation will be asked for any more.
 *
 * Return: true if no configuration that may be held leads there, and nothing of it
 * can be used.
 */
bool ssim_check_foreign_end(struct ssim *s, u32 foreign)
{
	u32 i;

	s->stats.checks++;
	if (!ssim_enabled(s, CR0_SMMUEN))
		return true;
	for (i = 0; i < s->top; i++) {
		const struct ssim_entry *e = &s->entries[i];

		if (e->kind == E_FREE || e->regime->foreign != foreign || !usable(s, e))
			continue;
		ssim_violation(s, "I-33", e->kind == E_ROOT ?
			       "a process ends, but devices are led to its table" :
			       "a process ends, but what it had can be used", e, NULL);
		return false;
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_check_foreign_end);

/* A PASID leads to a table of others: to no other one may it still lead (I-36). */
void ssim_foreign_cd(struct ssim *s, const struct ssim_cfg *cd)
{
	u32 i;

	for (i = 0; i < s->ncfgs && s->clashed != s->now; i++) {
		const struct ssim_cfg *c = &s->cfgs[i];

		if (c->kind != C_CD || c->sid != cd->sid || c->ssid != cd->ssid || !c->foreign ||
		    c->foreign == cd->foreign)
			continue;
		s->clashed = s->now;
		ssim_cfg_violation(s, "I-36", "a PASID gets a process, but leads to another", c);
	}
	for (i = 0; i < s->top && s->clashed != s->now; i++) {
		const struct ssim_entry *e = &s->entries[i];

		if (e->kind != E_ATC || e->sid != cd->sid || !e->ssv || e->ssid != cd->ssid ||
		    !e->regime->foreign || e->regime->foreign == cd->foreign ||
		    !ssim_atc_passes(s, e->sid))
			continue;
		s->clashed = s->now;
		ssim_violation(s, "I-36", "a PASID gets a process, but an ATC has of another", e,
			       NULL);
	}
}

/* An adversary may translate by this entry, though the table no longer has it. */
bool ssim_foreign_stale(struct ssim *s, const struct ssim_entry *e,
			const struct ssim_access *access)
{
	bool user = fld1(e->desc, D_AP) & 1;

	if (access->priv ? access->instr || (user && e->regime->pan) : !user)
		return false;
	if (access->write && (fld1(e->desc, D_AP) & 2))
		return false;
	if (access->instr && fld1(e->desc, D_UXN))
		return false;
	return !there(s, e);
}

/* A TLBI is consumed: what memory has, it may give again at once. */
void ssim_foreign_again(struct ssim *s, struct ssim_entry *e)
{
	if (e->doomed && there(s, e))
		e->doomed = 0;
}
