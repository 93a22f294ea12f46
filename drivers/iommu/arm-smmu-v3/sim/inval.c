// SPDX-License-Identifier: GPL-2.0-only
/*
 * What invalidation commands remove, and when: IHI 0070 sections 4.3 and 4.4.
 *
 * A command may take effect at any time between its consumption and the end of
 * the next CMD_SYNC, and what it removes may be cached again from memory or from
 * what is still held until then. So an entry is certainly gone only if, when the
 * command was consumed, there was no way left to get it; or if all that leads to
 * it is removed by the same command.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "model.h"

static bool by_address(unsigned int op)
{
	return op == OP_TLBI_NH_VA || op == OP_TLBI_NH_VAA || op == OP_TLBI_EL2_VA ||
	       op == OP_TLBI_EL2_VAA || op == OP_TLBI_S2_IPA;
}

static bool is_cfgi(unsigned int op)
{
	return op >= OP_CFGI_STE && op <= OP_CFGI_CD_ALL;
}

/*
 * 4.4.1.1: addresses that a hint or a granule wants to be zero; with others set
 * the range is UNPREDICTABLE, which here means none.
 */
static bool aligned(unsigned int tg, unsigned int ttl, u64 addr)
{
	static const u8 low[4][4] = {
		{ 12, 12, 12, 12 },
		{ 12, 30, 21, 12 },
		{ 14, 36, 25, 14 },
		{ 16, 42, 29, 16 },
	};

	return !(addr & ssim_ones(low[tg][ttl]));
}

static bool address_range(const struct ssim *s, struct ssim_inval *c)
{
	static const u8 shift[] = { 12, 12, 14, 16 };
	u64 addr = fld_addr(c->cmd, c->op == OP_TLBI_S2_IPA ? CMD_TLBI_IPA : CMD_TLBI_ADDR, 12);
	unsigned int scale = fld(c->cmd, CMD_TLBI_SCALE_DS), num = fld(c->cmd, CMD_TLBI_NUM);
	u64 granules;

	c->tg = fld(c->cmd, CMD_TLBI_TG);
	c->ttl = fld(c->cmd, CMD_TLBI_TTL);
	c->leaf = fld(c->cmd, CMD_LEAF);
	c->first = addr;
	c->last = addr | 0xfff;
	if (!c->tg)
		return true;
	if (c->tg == 2 && c->ttl == 1 && !ssim_idr(s, 5, IDR5_DS))
		c->ttl = 0;
	if (scale > 39)
		scale = 39;
	granules = (u64)(num + 1) << scale;
	if (!aligned(c->tg, c->ttl, addr))
		return false;
	/* The range does not wrap at the end of the address space. */
	if (granules >= ssim_bit(64 - shift[c->tg]) ||
	    addr + ((granules << shift[c->tg]) - 1) < addr)
		c->last = ~0ull;
	else
		c->last = addr + ((granules << shift[c->tg]) - 1);
	return true;
}

/* 4.5.1: the span is aligned to its size. */
static void atc_range(struct ssim_inval *c)
{
	unsigned int size = fld(c->cmd, CMD_ATC_SIZE);
	u64 mask = ssim_ones(12 + size);

	c->first = fld_addr(c->cmd, CMD_ATC_ADDR, 12) & ~mask;
	c->last = c->first | mask;
}

/* Memory may have been stored to unseen: what it no longer has is gone by now. */
static void look_again(struct ssim *s, struct ssim_entry *e, void *c)
{
	ssim_foreign_again(s, e);
	if ((e->kind == E_LEAF || e->kind == E_TABLE) && !e->gone && ssim_inval_hits(s, c, e) &&
	    !ssim_entry_in_memory(s, e))
		e->gone = s->now;
}

/**
 * ssim_inval_add() - a command that invalidates is consumed
 * @s: instance
 * @cmd: its two words, legal
 *
 * Return: false if it certainly invalidates nothing.
 */
bool ssim_inval_add(struct ssim *s, const u64 cmd[2])
{
	struct ssim_inval c = {
		.cmd = { cmd[0], cmd[1] },
		.stamp = s->now,
		.op = fld(cmd, CMD_OP),
		.last = ~0ull,
	};

	c.by_address = by_address(c.op);
	if (c.by_address && !address_range(s, &c))
		return false;
	if (c.op == OP_ATC_INV)
		atc_range(&c);
	if (is_cfgi(c.op))
		c.leaf = fld(cmd, CMD_LEAF);
	if (s->npending == SSIM_PENDING) {
		/* Proves less: these are taken to be complete before their CMD_SYNC. */
		s->stats.lost++;
		ssim_inval_apply(s);
	}
	if (!is_cfgi(c.op) && c.op != OP_ATC_INV)
		ssim_tlb_each(s, c.first, c.last, look_again, &c);
	s->pending[s->npending++] = c;
	return true;
}

static bool vmid_hit(const struct ssim *s, const struct ssim_inval *c, const struct ssim_entry *e)
{
	unsigned int vmid = fld(c->cmd, CMD_TLBI_VMID), any = fld1(s->cr0ack, CR0_VMW);

	/* 6.3.9, VMW: so many low bits match any; other values are reserved. */
	if (any > 4)
		any = 0;
	return !ssim_idr(s, 0, IDR0_S2P) || vmid >> any == (unsigned int)e->vmid >> any;
}

static bool asid_hit(const struct ssim_inval *c, const struct ssim_entry *e, bool global_too)
{
	if (c->broadcast && e->regime->aset)
		return false;
	if (e->asid == ASID_GLOBAL)
		return global_too;
	return e->asid == fld(c->cmd, CMD_TLBI_ASID);
}

static bool address_hit(const struct ssim_inval *c, const struct ssim_entry *e)
{
	static const u8 tg[] = { 0, 12, 14, 16 };

	if (c->last < e->va || c->first > e->va + (e->size - 1))
		return false;
	if (c->leaf && e->kind == E_TABLE)
		return false;
	if (!c->tg)
		return true;
	if (tg[c->tg] != e->shift)
		return false;
	if (!c->ttl)
		return true;
	return e->kind == E_TABLE ? e->level < c->ttl : e->level == c->ttl;
}

static bool el2_hit(const struct ssim *s, const struct ssim_inval *c, const struct ssim_entry *e)
{
	bool e2h = fld1(s->cr2, CR2_E2H);

	if (e->world == WORLD_EL1)
		return false;
	if (c->op == OP_TLBI_EL2_ALL)
		return true;
	if (c->op == OP_TLBI_EL2_ASID)
		return e->world == WORLD_EL2_E2H && asid_hit(c, e, false);
	if (e->world != (e2h ? WORLD_EL2_E2H : WORLD_EL2) || !address_hit(c, e))
		return false;
	return c->op == OP_TLBI_EL2_VAA || !e2h || asid_hit(c, e, true);
}

/**
 * ssim_inval_hits() - whether a TLB invalidation has to remove an entry
 * @s: instance
 * @c: the command
 * @e: the entry
 *
 * Return: true if it lies in the command's least scope.
 */
bool ssim_inval_hits(const struct ssim *s, const struct ssim_inval *c, const struct ssim_entry *e)
{
	if (e->kind < E_TABLE || e->kind > E_COMBINED)
		return false;
	switch (c->op) {
	case OP_TLBI_NSNH_ALL:
		return e->world == WORLD_EL1;
	case OP_TLBI_S12_VMALL:
		return e->world == WORLD_EL1 && vmid_hit(s, c, e);
	case OP_TLBI_S2_IPA:
		return e->stage == 2 && vmid_hit(s, c, e) && address_hit(c, e);
	case OP_TLBI_EL2_ALL ... OP_TLBI_EL2_VAA:
		return e->stage == 1 && el2_hit(s, c, e);
	}
	if (e->stage != 1 || e->world != WORLD_EL1 || !vmid_hit(s, c, e))
		return false;
	switch (c->op) {
	case OP_TLBI_NH_ALL:
		return true;
	case OP_TLBI_NH_ASID:
		return asid_hit(c, e, false);
	case OP_TLBI_NH_VA:
		return asid_hit(c, e, true) && address_hit(c, e);
	case OP_TLBI_NH_VAA:
		return address_hit(c, e);
	}
	return false;
}

struct sweep {
	const struct ssim_inval *c;
	bool tables;		/* some table may go: then what it leads to may, too */
};

static void tables_gone(struct ssim *s, struct ssim_entry *e, void *arg)
{
	struct sweep *w = arg;

	w->tables |= (e->kind == E_TABLE || e->stage == 2 || e->s2) && e->gone;
}

/* Marks what this command certainly removes. */
static void mark(struct ssim *s, struct ssim_entry *e, void *arg)
{
	struct sweep *w = arg;

	if (e->mark || !(e->gone || w->tables) || !ssim_inval_hits(s, w->c, e))
		return;
	e->mark = e->gone ? e->gone <= w->c->stamp : !ssim_tlb_held_by(s, e, w->c);
}

/* What commands from the n-th that waits on remove of the TLB. */
static void sweep_tlb(struct ssim *s, u32 from)
{
	struct sweep sweep = {};
	bool tables = false;
	u32 i;

	for (i = 0; i < s->top; i++)
		s->entries[i].mark = false;
	ssim_tlb_each(s, 0, ~0ull, tables_gone, &sweep);
	for (i = from; i < s->npending; i++) {
		sweep.c = &s->pending[i];
		if (!is_cfgi(sweep.c->op) && sweep.c->op != OP_ATC_INV)
			ssim_tlb_each(s, sweep.c->first, sweep.c->last, mark, &sweep);
	}
	for (i = 0; i < s->top; i++) {
		struct ssim_entry *e = &s->entries[i];

		if (e->kind < E_TABLE || e->kind > E_COMBINED || !e->mark)
			continue;
		tables |= e->kind == E_TABLE || e->stage == 2 || e->s2;
		ssim_atc_left(s, e);
		ssim_tlb_drop(s, e);
	}
	if (tables)
		ssim_tlb_orphans(s);
}

/* What commands for everything make known: that it is not cached. */
static void learn(struct ssim *s)
{
	u32 i;

	for (i = 0; i < s->npending; i++) {
		const struct ssim_inval *c = &s->pending[i];

		if (c->op == OP_CFGI_STE_RANGE && fld(c->cmd, CMD_STE_RANGE) == 31)
			s->unknown &= ~UNKNOWN_CONFIG;
		else if (c->op == OP_TLBI_NSNH_ALL)
			s->unknown &= ~UNKNOWN_EL1;
		else if (c->op == OP_TLBI_EL2_ALL)
			s->unknown &= ~UNKNOWN_EL2;
	}
}

/**
 * ssim_inval_apply() - a CMD_SYNC completes
 * @s: instance
 */
void ssim_inval_apply(struct ssim *s)
{
	if (!s->npending)
		return;
	learn(s);
	sweep_tlb(s, 0);
	ssim_cfg_apply(s);
	ssim_atc_send(s);
	ssim_check_runs(s);
	s->npending = 0;
}

static bool hears(const struct ssim *s)
{
	return ssim_idr(s, 0, IDR0_BTM) && !fld1(s->cr2, CR2_PTM) && s->npending < SSIM_PENDING;
}

/* What was added to those that wait takes effect alone. */
static void heard(struct ssim *s, u32 waiting)
{
	s->pending[waiting].broadcast = true;
	sweep_tlb(s, waiting);
	s->npending = waiting;
}

/**
 * ssim_broadcast() - a CPU has invalidated its TLBs, and has waited for it
 * @s: instance
 * @cmd: the CMD_TLBI_* of the same scope
 *
 * Commands that wait for a CMD_SYNC go on waiting. An instance without BTM, or
 * with CR2.PTM, hears nothing; contexts of ASET = 1 do not hear of single ASIDs
 * (3.17).
 */
void ssim_broadcast(struct ssim *s, const u64 cmd[2])
{
	u32 waiting = s->npending;

	if (!hears(s))
		return;
	s->now++;
	if (ssim_inval_add(s, cmd))
		heard(s, waiting);
}

/**
 * ssim_broadcast_range() - the same, of any range of one ASID
 * @s: instance
 * @op: OP_TLBI_NH_VA or OP_TLBI_EL2_VA: the regime of the CPU
 * @asid: of the CPU
 * @first: first address
 * @last: last address
 */
void ssim_broadcast_range(struct ssim *s, unsigned int op, u32 asid, u64 first, u64 last)
{
	struct ssim_inval c = { .op = op, .first = first, .last = last, .by_address = true };
	u32 waiting = s->npending;

	if (!hears(s))
		return;
	fld_set(c.cmd, CMD_TLBI_ASID, asid);
	c.stamp = ++s->now;
	ssim_tlb_each(s, first, last, look_again, &c);
	s->pending[s->npending++] = c;
	heard(s, waiting);
}
EXPORT_SYMBOL_IF_KUNIT(ssim_broadcast_range);
