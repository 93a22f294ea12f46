// SPDX-License-Identifier: GPL-2.0-only
/*
 * What endpoints hold in their ATCs. While the TLB holds a translation, an
 * endpoint may ask for it, so nothing need be noted. When the TLB drops it, the
 * ATCs of all streams that could have asked still have it, until they are
 * invalidated or turned off.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "model.h"

bool ssim_atc_enabled(const struct ssim *s, u32 sid)
{
	u32 i;

	for (i = 0; i < s->nendpoints; i++)
		if (s->endpoints[i] == sid)
			return true;
	return false;
}

/**
 * ssim_atc_enable() - an endpoint turns its ATC on
 * @s: instance
 * @sid: stream
 */
void ssim_atc_enable(struct ssim *s, u32 sid)
{
	if (ssim_atc_enabled(s, sid))
		return;
	if (s->nendpoints == SSIM_ENDPOINTS)
		s->stats.lost++;
	else
		s->endpoints[s->nendpoints++] = sid;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_atc_enable);

/**
 * ssim_atc_disable() - an endpoint turns its ATC off, or is reset: it holds nothing
 * @s: instance
 * @sid: stream
 */
void ssim_atc_disable(struct ssim *s, u32 sid)
{
	u32 i;

	for (i = 0; i < s->nendpoints; i++)
		if (s->endpoints[i] == sid)
			s->endpoints[i--] = s->endpoints[--s->nendpoints];
	for (i = 0; i < s->top; i++)
		if (s->entries[i].kind == E_ATC && s->entries[i].sid == sid)
			ssim_tlb_drop(s, &s->entries[i]);
}

static void leave(struct ssim *s, const struct ssim_entry *e, u32 sid, u32 ssid, bool ssv)
{
	struct ssim_entry like = *e;

	like.kind = E_ATC;
	like.sid = sid;
	like.ssid = ssid;
	like.ssv = ssv;
	like.gone = s->now;
	ssim_tlb_left(s, &like);
}

static bool uses(const struct ssim_entry *e, const struct ssim_regime *r)
{
	return r->stage == e->stage && r->world == e->world && r->vmid == e->vmid &&
	       (e->asid == ASID_GLOBAL || r->asid == e->asid);
}

static void leave_by_cd(struct ssim *s, const struct ssim_entry *e, const struct ssim_cfg *ste,
			const struct ssim_cfg *cd)
{
	struct ssim_regime r;

	if (cd->kind != C_CD || cd->sid != ste->sid || !ssim_cd_legal(s, ste->words, cd->words))
		return;
	ssim_regime_s1(s, ste->words, cd->words, e->va >> 63, &r);
	if (!uses(e, &r))
		return;
	if (cd->ssid)
		leave(s, e, ste->sid, cd->ssid, true);
	else
		leave(s, e, ste->sid, 0, fld(ste->words, STE_S1DSS) == S1DSS_TERMINATE &&
		      fld(ste->words, STE_S1CDMAX));
}

static bool asks(const struct ssim *s, const struct ssim_cfg *ste)
{
	return ste->kind == C_STE && ssim_atc_enabled(s, ste->sid) &&
	       fld(ste->words, STE_EATS) == EATS_FULL && ssim_ste_legal(s, ste->words);
}

/* An endpoint could have asked for @e by this STE, and by this CD if it is given. */
static void leave_by(struct ssim *s, const struct ssim_entry *e, const struct ssim_cfg *ste,
		     const struct ssim_cfg *cd)
{
	unsigned int config = fld(ste->words, STE_CONFIG);
	struct ssim_regime r;
	u32 i;

	if ((config & STE_CONFIG_S1) && e->stage == 1) {
		for (i = 0; !cd && i < s->ncfgs; i++)
			leave_by_cd(s, e, ste, &s->cfgs[i]);
		if (cd)
			leave_by_cd(s, e, ste, cd);
	} else if (config == (STE_CONFIG_PASS | STE_CONFIG_S2) && e->stage == 2 && !cd) {
		ssim_regime_s2(s, ste->words, &r);
		if (uses(e, &r))
			leave(s, e, ste->sid, 0, false);
	}
}

/* The TLB drops an entry: who could have asked for it? */
void ssim_atc_left(struct ssim *s, const struct ssim_entry *e)
{
	u32 i;

	if (!s->nendpoints || (e->kind != E_LEAF && e->kind != E_COMBINED))
		return;
	for (i = 0; i < s->ncfgs; i++)
		if (asks(s, &s->cfgs[i]))
			leave_by(s, e, &s->cfgs[i], NULL);
}

/* An STE or CD goes: what the TLB holds by it, an endpoint may have asked for. */
void ssim_atc_unconfigured(struct ssim *s, const struct ssim_cfg *c)
{
	u32 i, j, top = s->top;

	if (!ssim_atc_enabled(s, c->sid) || (c->kind != C_STE && c->kind != C_CD))
		return;
	for (i = 0; i < top; i++) {
		const struct ssim_entry *e = &s->entries[i];

		if (e->kind != E_LEAF && e->kind != E_COMBINED)
			continue;
		if (c->kind == C_STE && asks(s, c))
			leave_by(s, e, c, NULL);
		for (j = 0; c->kind == C_CD && j < s->ncfgs; j++)
			if (s->cfgs[j].sid == c->sid && asks(s, &s->cfgs[j]))
				leave_by(s, e, &s->cfgs[j], c);
	}
}

/**
 * ssim_atc_passes() - whether traffic that an endpoint calls translated gets through
 * @s: instance
 * @sid: stream
 *
 * Return: false if each STE that may be held refuses it (3.9.1.3).
 */
bool ssim_atc_passes(const struct ssim *s, u32 sid)
{
	u32 i;

	if (!fld1(s->cr0ack, CR0_ATSCHK))
		return true;
	for (i = 0; i < s->ncfgs; i++) {
		const struct ssim_cfg *c = &s->cfgs[i];

		if (c->kind == C_STE && c->sid == sid && ssim_ste_legal(s, c->words) &&
		    (fld(c->words, STE_CONFIG) & STE_CONFIG_PASS) && fld(c->words, STE_EATS))
			return true;
	}
	return false;
}

/* It does from now on: an ATC must not have kept anything meanwhile. */
void ssim_atc_passing(struct ssim *s, u32 sid)
{
	u32 i;

	for (i = 0; i < s->top; i++) {
		const struct ssim_entry *e = &s->entries[i];

		if (e->kind != E_ATC || e->sid != sid)
			continue;
		ssim_violation(s, "I-48", "translated traffic passes again, by what an ATC kept",
			       e, NULL);
		return;
	}
}

static bool answered(struct ssim *s, const struct ssim_inval *c)
{
	const struct ssim_faults *f = &s->faults;
	struct ssim_atc_inv inv = {
		.sid = fld(c->cmd, CMD_SID),
		.ssid = fld(c->cmd, CMD_SSID),
		.ssv = fld(c->cmd, CMD_SSV),
		.global = fld(c->cmd, CMD_SSV) && fld(c->cmd, CMD_ATC_GLOBAL),
		.addr = c->first,
		.last = c->last,
	};

	if (f->atc_timeout && (!f->atc_timeout_one || f->atc_timeout_sid == inv.sid)) {
		s->stats.faults++;
		return false;
	}
	return !s->ops->atc_inv || s->ops->atc_inv(s->cookie, &inv);
}

static void forget(struct ssim *s, const struct ssim_inval *c)
{
	bool ssv = fld(c->cmd, CMD_SSV), global = ssv && fld(c->cmd, CMD_ATC_GLOBAL);
	u32 i;

	for (i = 0; i < s->top; i++) {
		struct ssim_entry *e = &s->entries[i];

		if (e->kind != E_ATC || e->sid != fld(c->cmd, CMD_SID) || e->gone > c->stamp)
			continue;
		if (e->ssv != ssv || (ssv && !global && e->ssid != fld(c->cmd, CMD_SSID)))
			continue;
		if (c->first <= e->va + (e->size - 1) && c->last >= e->va)
			ssim_tlb_drop(s, e);
	}
}

/* A CMD_SYNC completes: the endpoints have answered, or have not. */
void ssim_atc_send(struct ssim *s)
{
	u32 i;

	for (i = 0; i < s->npending; i++) {
		if (s->pending[i].op != OP_ATC_INV)
			continue;
		if (answered(s, &s->pending[i]))
			forget(s, &s->pending[i]);
		else
			s->atc_failed = true;
	}
}
