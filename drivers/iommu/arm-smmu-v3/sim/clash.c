// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must not be held beside what: break-before-make, tags and tables that are
 * used anew too early, runs in parts. Looked for whenever something is held anew.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "tlb.h"

static bool overlap(const struct ssim_entry *a, const struct ssim_entry *b)
{
	return a->va <= b->va + (b->size - 1) && b->va <= a->va + (a->size - 1);
}

/* DDI 0487 D8.16: changes that need break-before-make. */
static const char *conflict(struct ssim *s, const struct ssim_entry *a, const struct ssim_entry *b)
{
	u64 differ = a->desc ^ b->desc, at = a->va > b->va ? a->va : b->va;
	bool bbml = ssim_idr(s, 3, IDR3_BBML);

	if (a->stage != b->stage || a->world != b->world || a->vmid != b->vmid || !overlap(a, b))
		return NULL;
	if (a->regime->asid != b->regime->asid && a->asid != ASID_GLOBAL && b->asid != ASID_GLOBAL)
		return NULL;
	if (a->kind == E_TABLE && b->kind == E_TABLE)
		return NULL;
	/*
	 * The memory manager lets a page be faulted in where it has just removed one, and
	 * invalidates later: whoever accesses memory meanwhile gets either.
	 */
	if (a->regime->foreign && b->regime->foreign)
		return NULL;
	if (a->kind == E_TABLE || b->kind == E_TABLE)
		return a->level == b->level && !bbml ? "a block and a table" : NULL;
	if (a->target + (at - a->va) != b->target + (at - b->va))
		return "two output addresses";
	if (fld1(differ, a->stage == 1 ? D_ATTRINDX : D_S2_MEMATTR) || fld1(differ, D_SH))
		return "two memory types";
	if (a->asid != b->asid)
		return "global and not";
	if ((a->level != b->level || fld1(differ, D_CONT)) && !bbml)
		return "two sizes";
	return NULL;
}

static void check_overlaps(struct ssim *s, const struct ssim_entry *e, struct ssim_entry *list)
{
	const char *what;

	/* One report for one store. */
	if (s->clashed == s->now)
		return;
	for (; list; list = list->next_va) {
		if (list == e || (list->kind != E_LEAF && list->kind != E_TABLE))
			continue;
		what = conflict(s, e, list);
		if (what) {
			s->clashed = s->now;
			ssim_violation(s, "I-5", what, e, list);
			return;
		}
	}
}

/**
 * ssim_canary_desc() - a descriptor that leads to a page of nobody's
 * @canary: its address, aligned to 64K; the page is filled with this too
 *
 * Valid at each level, in each granule and at both stages: a table, or a page that
 * may be read, and at stage 1 written. Written over a freed table it shows who
 * still walks it (I-9).
 *
 * Return: the descriptor.
 */
u64 ssim_canary_desc(u64 canary)
{
	u64 desc = canary;

	fld_set(&desc, D_VALID, 1);
	fld_set(&desc, D_TABLE, 1);
	fld_set(&desc, D_S2_MEMATTR, 0xf);
	fld_set(&desc, D_AP, 1);
	fld_set(&desc, D_AF, 1);
	fld_set(&desc, D_NG, 1);
	return desc;
}

/**
 * ssim_set_canary() - name the page that freed tables lead to
 * @s: instance
 * @canary: its address
 * @size: its bytes, 0: none
 */
void ssim_set_canary(struct ssim *s, u64 canary, u64 size)
{
	s->canary = canary;
	s->canary_size = size;
}

/* One report for one store or walk. */
static void check_canary(struct ssim *s, const struct ssim_entry *e)
{
	if (e->target - s->canary >= s->canary_size || s->clashed == s->now)
		return;
	s->clashed = s->now;
	ssim_violation(s, "I-9", "a freed table is walked", e, NULL);
}

/*
 * A base gets a tag that entries of another base are still held by (I-30). They
 * would be taken for its own.
 */
static void check_tag(struct ssim *s, const struct ssim_entry *root)
{
	u32 i;

	for (i = 0; i < s->top && s->clashed != s->now; i++) {
		const struct ssim_entry *e = &s->entries[i];

		if (e->kind < E_ROOT || e->kind > E_COMBINED || e == root ||
		    !ssim_same_tag(e, root) ||
		    e->regime->high != root->regime->high ||
		    (ssim_root_base(e->regime) == ssim_root_base(root->regime) &&
		     e->regime->foreign == root->regime->foreign))
			continue;
		s->clashed = s->now;
		ssim_violation(s, "I-30", "a tag is used anew, but still held", root, e);
	}
}

/*
 * Memory becomes a table that has been another, which may still be walked (I-8). A
 * process may move a table to another address before it invalidates, and share it
 * with others; between them I-32 says all there is to say.
 */
static void check_table_reuse(struct ssim *s, const struct ssim_entry *table)
{
	struct ssim_entry *e;

	for (e = *ssim_table_bucket(s, table->target, table->shift); e; e = e->next_table) {
		if (e == table || e->target != table->target || e->shift != table->shift ||
		    !e->gone || s->clashed == s->now ||
		    (e->regime->foreign && table->regime->foreign) ||
		    (ssim_same_tag(e, table) && e->level == table->level))
			continue;
		s->clashed = s->now;
		ssim_violation(s, "I-8", "a table is used anew, but still walked", table, e);
		return;
	}
}

static void check_bbm(struct ssim *s, const struct ssim_entry *e)
{
	unsigned int i;

	check_overlaps(s, e, s->by_va_big);
	if (e->size <= ssim_bit(21)) {
		check_overlaps(s, e, *ssim_va_bucket(s, e->va, e->size));
		return;
	}
	for (i = 0; i < SSIM_HASH; i++)
		check_overlaps(s, e, s->by_va[i]);
}

/* An entry is held that was not. */
void ssim_clash_entry(struct ssim *s, const struct ssim_entry *e)
{
	/* Somebody may map all memory, the canary's too: only its own descriptor counts. */
	if (e->desc == ssim_canary_desc(s->canary))
		check_canary(s, e);
	check_bbm(s, e);
	if (ssim_resolved(e))
		check_table_reuse(s, e);
}

/* The same for a base. */
void ssim_clash_root(struct ssim *s, const struct ssim_entry *root)
{
	check_tag(s, root);
	if (!ssim_resolved(root))
		return;
	check_canary(s, root);
	check_table_reuse(s, root);
}

/* A run is about to be held (I-6). */
void ssim_clash_run(struct ssim *s, const struct ssim_entry *run)
{
	if (!(run->target & (run->size - 1)) || s->clashed == s->now)
		return;
	s->clashed = s->now;
	ssim_violation(s, "I-6", "a contiguous run is not aligned", run, NULL);
}

/* Access flag and dirty state are each entry's own. */
static bool whole(struct ssim *s, const struct ssim_entry *run)
{
	unsigned int n = ssim_run(run->regime, run->level), i;
	u64 first = run->src & ~(n * 8ull - 1), differ, oa, word;

	for (i = 0; i < n; i++) {
		if (!ssim_fetch(s, first + i * 8, &word, 1))
			return true;
		word = ssim_to_cpu(run->regime, word);
		differ = word ^ run->desc;
		oa = ssim_desc_oa(run->regime, run->level, word);
		fld_set(&differ, D_AF, 0);
		fld_set(&differ, D_DBM, 0);
		differ &= ~ssim_bit(7) & (ssim_ones(12) | ~ssim_ones(50));
		if (differ || oa != run->target + i * (run->size / n))
			return false;
	}
	return true;
}

static void find_part(struct ssim *s, struct ssim_entry *e, void *arg)
{
	const struct ssim_entry **found = arg;

	/* The memory manager stores a run page by page, and may be doing so. */
	if (e->regime->foreign)
		return;
	if (!*found && e->kind == E_LEAF && e->run && !e->gone && !whole(s, e))
		*found = e;
}

/**
 * ssim_check_runs() - invalidations by address are complete
 * @s: instance
 *
 * Return: true if no run of their ranges is live of which memory has a part alone
 * (I-6).
 */
bool ssim_check_runs(struct ssim *s)
{
	const struct ssim_entry *found = NULL;
	u32 i;

	for (i = 0; i < s->npending && !found; i++)
		if (s->pending[i].by_address)
			ssim_tlb_each(s, s->pending[i].first, s->pending[i].last, find_part,
				      &found);
	if (found)
		ssim_violation(s, "I-6", "part of a contiguous run was changed, a part was not",
			       found, NULL);
	return !found;
}
