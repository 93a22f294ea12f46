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
	ssim_tlb_add(s, &like);
}

static bool uses(const struct ssim_entry *e, const struct ssim_regime *r)
{
	return r->stage == e->stage && r->world == e->world && r->vmid == e->vmid &&
	       (e->asid == ASID_GLOBAL || r->asid == e->asid);
}

static void leave_stage1(struct ssim *s, const struct ssim_entry *e, const struct ssim_cfg *ste)
{
	struct ssim_regime r;
	u32 i;

	for (i = 0; i < s->ncfgs; i++) {
		const struct ssim_cfg *cd = &s->cfgs[i];

		if (cd->kind != C_CD || cd->sid != ste->sid ||
		    !ssim_cd_legal(s, ste->words, cd->words))
			continue;
		ssim_regime_s1(s, ste->words, cd->words, e->va >> 63, &r);
		if (!uses(e, &r))
			continue;
		if (cd->ssid)
			leave(s, e, ste->sid, cd->ssid, true);
		else
			leave(s, e, ste->sid, 0, fld(ste->words, STE_S1DSS) == S1DSS_TERMINATE &&
			      fld(ste->words, STE_S1CDMAX));
	}
}

/* The TLB drops an entry: who could have asked for it? */
void ssim_atc_left(struct ssim *s, const struct ssim_entry *e)
{
	struct ssim_regime r;
	unsigned int config;
	u32 i;

	if (!s->nendpoints || (e->kind != E_LEAF && e->kind != E_COMBINED))
		return;
	for (i = 0; i < s->ncfgs; i++) {
		const struct ssim_cfg *ste = &s->cfgs[i];

		if (ste->kind != C_STE || !ssim_atc_enabled(s, ste->sid) ||
		    fld(ste->words, STE_EATS) != EATS_FULL || !ssim_ste_legal(s, ste->words))
			continue;
		config = fld(ste->words, STE_CONFIG);
		if ((config & STE_CONFIG_S1) && e->stage == 1) {
			leave_stage1(s, e, ste);
		} else if (config == (STE_CONFIG_PASS | STE_CONFIG_S2) && e->stage == 2) {
			ssim_regime_s2(s, ste->words, &r);
			if (uses(e, &r))
				leave(s, e, ste->sid, 0, false);
		}
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
