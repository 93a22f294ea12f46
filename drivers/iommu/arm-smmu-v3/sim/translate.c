// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions: what becomes of one, IHI 0070 chapter 15, the fault models of
 * 3.12, and ATS of 3.9.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "model.h"

static bool translation_fault(u8 event)
{
	return event >= EV_F_TRANSLATION && event <= EV_F_PERMISSION;
}

/* 7.3: the fields that an event has. */
static void describe(const struct ssim_txn *txn, const struct ssim_access *access,
		     const struct ssim_fault *f, u64 record[4])
{
	memset(record, 0, 4 * sizeof(u64));
	fld_set(record, EV_TYPE, f->event);
	fld_set(record, EV_SID, txn->sid);
	fld_set(record, EV_SSV, txn->ssv);
	if (txn->ssv)
		fld_set(record, EV_SSID, txn->ssid);
	switch (f->event) {
	case EV_F_STE_FETCH:
	case EV_F_CD_FETCH:
		fld_set(record, EV_FETCH_ADDR, f->fetch >> 3);
		return;
	case EV_F_BAD_ATS_TREQ:
	case EV_F_TRANSL_FORBIDDEN:
	case EV_F_WALK_EABT ... EV_F_PERMISSION:
		break;
	default:
		return;
	}
	fld_set(record, EV_ADDR, txn->addr);
	fld_set(record, EV_RNW, !access->write);
	if (f->event == EV_F_TRANSL_FORBIDDEN)
		return;
	fld_set(record, EV_PNU, access->priv);
	fld_set(record, EV_IND, access->instr && !access->write);
	if (f->event == EV_F_BAD_ATS_TREQ)
		return;
	fld_set(record, EV_S2, f->s2);
	fld_set(record, EV_CLASS, f->class);
	if (f->event == EV_F_WALK_EABT)
		fld_set(record, EV_FETCH_ADDR, f->fetch >> 3);
	else if (f->s2)
		fld_set(record, EV_IPA, f->ipa >> 12);
}

/* True if the transaction waits; false if there is no room for it to wait in. */
static bool stall(struct ssim *s, const struct ssim_txn *txn, u64 record[4],
		  struct ssim_result *result)
{
	u32 most = ssim_idr(s, 5, IDR5_STALL_MAX), i;

	if (!most || most > SSIM_STALLS)
		most = SSIM_STALLS;
	for (i = 0; i < most; i++) {
		struct ssim_stalled *t = &s->stalls[i];

		if (t->used)
			continue;
		fld_set(record, EV_STALL, 1);
		fld_set(record, EV_STAG, i);
		t->used = true;
		t->stag = i;
		t->txn = *txn;
		memcpy(t->event, record, sizeof(t->event));
		t->unrecorded = !ssim_event(s, record);
		result->outcome = OUT_STALLED;
		result->recorded = !t->unrecorded;
		result->stag = i;
		return true;
	}
	return false;
}

static void refuse(struct ssim *s, const struct ssim_txn *txn, const struct ssim_context *ctx,
		   const struct ssim_access *access, const struct ssim_fault *f,
		   struct ssim_result *result)
{
	const struct ssim_regime *r = NULL;
	u64 record[4];

	result->outcome = OUT_ABORT;
	result->event = f->event;
	describe(txn, access, f, record);
	/* A bypassed stage 1 has an address size fault but no configuration of it. */
	if (translation_fault(f->event) && (f->s2 ? ctx->s2 : ctx->s1))
		r = f->s2 ? &ctx->r2 : &ctx->r1[0];
	if (r && r->stall && txn->type == TXN_ORDINARY && stall(s, txn, record, result))
		return;
	if (r && !r->abort)
		result->outcome = OUT_RAZWI;
	if ((r && !r->record) || f->quiet)
		return;
	result->recorded = ssim_event(s, record);
}

static void pass(struct ssim_result *result, u64 addr)
{
	result->outcome = OUT_OK;
	result->pa = addr;
	result->size = 4096;
	result->read = true;
	result->write = true;
	result->exec = true;
	result->attr = 0xff;
}

static void from_leaf(const struct ssim_leaf *leaf, struct ssim_result *result)
{
	result->outcome = OUT_OK;
	result->pa = leaf->pa;
	result->size = leaf->size;
	result->read = leaf->read;
	result->write = leaf->write;
	result->exec = leaf->exec;
	result->attr = leaf->attr;
	result->sh = leaf->sh;
}

/* SMMUEN is 0, or the SMMU failed. */
static void disabled(struct ssim *s, const struct ssim_txn *txn, struct ssim_result *result)
{
	if (txn->type == TXN_ATS_REQUEST)
		result->outcome = OUT_ATS_UR;
	else if (s->sfm || s->off || fld1(s->gbpa_now, GBPA_ABORT) || txn->addr >> ssim_oas(s))
		result->outcome = OUT_ABORT;
	else
		pass(result, txn->addr);
}

static struct ssim_access wanted(const struct ssim_txn *txn)
{
	return (struct ssim_access) {
		.write = txn->write || txn->atomic,
		.instr = txn->instr,
		.priv = txn->priv,
		.atomic = txn->atomic,
	};
}

/* STE.PRIVCFG and INSTCFG; a stream of EL2 is privileged (3.3.4, 5.2). */
static void override(struct ssim *s, const struct ssim_context *ctx, struct ssim_access *access)
{
	if (ssim_idr(s, 1, IDR1_ATTR_PERMS_OVR)) {
		if (fld(ctx->ste, STE_PRIVCFG) & 2)
			access->priv = fld(ctx->ste, STE_PRIVCFG) == OVERRIDE_SET;
		if (fld(ctx->ste, STE_INSTCFG) & 2)
			access->instr = fld(ctx->ste, STE_INSTCFG) == OVERRIDE_SET;
	}
	if (access->write)
		access->instr = false;
	if (ctx->s1 && ctx->r1[0].world == WORLD_EL2)
		access->priv = true;
}

/* An adversary's choice: an entry that memory no longer has. */
static bool stale(struct ssim *s, const struct ssim_context *ctx, u64 addr,
		  const struct ssim_access *access, struct ssim_result *result)
{
	const struct ssim_regime *r = ctx->s1 ? &ctx->r1[addr >> 55 & 1] : &ctx->r2;
	struct ssim_entry *e;

	if (!s->prefer_stale || (ctx->s1 && ctx->s2))
		return false;
	e = ssim_tlb_stale(s, r, addr, access);
	if (!e)
		return false;
	pass(result, e->target + (addr - e->va));
	result->size = e->size;
	return true;
}

static bool too_wide(struct ssim *s, const struct ssim_context *ctx, u64 addr,
		     struct ssim_fault *fault)
{
	if (ctx->s1 || !(addr >> ssim_oas(s)))
		return false;
	memset(fault, 0, sizeof(*fault));
	fault->event = EV_F_ADDR_SIZE;
	fault->class = CLASS_IN;
	return true;
}

static void ordinary(struct ssim *s, const struct ssim_txn *txn, struct ssim_result *result)
{
	struct ssim_access access = wanted(txn);
	struct ssim_context ctx;
	struct ssim_fault fault;
	struct ssim_leaf leaf;

	if (!ssim_find(s, txn->sid, txn->ssid, txn->ssv, &ctx, &fault)) {
		refuse(s, txn, &ctx, &access, &fault, result);
		return;
	}
	if (!(fld(ctx.ste, STE_CONFIG) & STE_CONFIG_PASS)) {
		result->outcome = OUT_ABORT;
		return;
	}
	override(s, &ctx, &access);
	if (too_wide(s, &ctx, txn->addr, &fault)) {
		refuse(s, txn, &ctx, &access, &fault, result);
	} else if (!ctx.s1 && !ctx.s2) {
		pass(result, txn->addr);
	} else if (!stale(s, &ctx, txn->addr, &access, result)) {
		memset(&fault, 0, sizeof(fault));
		if (ssim_walk_nested(s, &ctx, txn->addr, &access, &leaf, &fault))
			from_leaf(&leaf, result);
		else
			refuse(s, txn, &ctx, &access, &fault, result);
	}
}

static unsigned int eats(const struct ssim *s, const u64 ste[8])
{
	unsigned int config = fld(ste, STE_CONFIG), e = fld(ste, STE_EATS);

	if (!ssim_idr(s, 0, IDR0_ATS) || !(config & 3))
		return EATS_OFF;
	if (e == EATS_SPLIT && !fld1(s->cr0ack, CR0_ATSCHK))
		return EATS_OFF;
	return e == 3 ? EATS_OFF : e;
}

/* 3.9.1.3: traffic that claims to be translated. */
static void translated(struct ssim *s, const struct ssim_txn *txn, struct ssim_result *result)
{
	struct ssim_access access = wanted(txn);
	struct ssim_context ctx = {};
	struct ssim_fault fault = {};
	struct ssim_leaf leaf;

	if (!fld1(s->cr0ack, CR0_ATSCHK)) {
		pass(result, txn->addr);
		return;
	}
	result->outcome = OUT_ABORT;
	if (!ssim_find_ste(s, txn->sid, ctx.ste, &fault) ||
	    !(fld(ctx.ste, STE_CONFIG) & STE_CONFIG_PASS))
		return;
	switch (eats(s, ctx.ste)) {
	case EATS_OFF:
		fault.event = EV_F_TRANSL_FORBIDDEN;
		refuse(s, txn, &ctx, &access, &fault, result);
		return;
	case EATS_FULL:
		pass(result, txn->addr);
		return;
	}
	ctx.s2 = true;
	ssim_regime_s2(s, ctx.ste, &ctx.r2);
	override(s, &ctx, &access);
	if (ssim_walk_nested(s, &ctx, txn->addr, &access, &leaf, &fault))
		from_leaf(&leaf, result);
	else
		refuse(s, txn, &ctx, &access, &fault, result);
}

/* A page that is not yet dirty is not to be written behind the tables' back. */
static bool dirty(const struct ssim_context *ctx, const struct ssim_leaf *leaf)
{
	u64 s2 = ctx->s1 ? leaf->desc2 : leaf->desc;

	if (ctx->s1 && (fld1(leaf->desc, D_AP) & 2))
		return false;
	return !ctx->s2 || (fld1(s2, D_AP) & 2);
}

static void grant(struct ssim *s, const struct ssim_txn *txn, struct ssim_context *ctx,
		  struct ssim_result *result)
{
	struct ssim_access access = wanted(txn);
	struct ssim_fault fault = {};
	struct ssim_leaf leaf;
	bool split = eats(s, ctx->ste) == EATS_SPLIT;

	override(s, ctx, &access);
	if (too_wide(s, ctx, txn->addr, &fault))
		goto no;
	if (!ctx->s1 && (split || !ctx->s2)) {
		pass(result, txn->addr);
		return;
	}
	if (split) {
		/* Tables are still found through stage 2; the answer is an IPA. */
		if (!ssim_walk(s, &ctx->r1[txn->addr >> 55 & 1], &ctx->r2, txn->addr, &access,
			       &leaf, &fault))
			goto no;
		ctx->s2 = false;
	} else if (!ssim_walk_nested(s, ctx, txn->addr, &access, &leaf, &fault)) {
		if (!access.write || fault.event != EV_F_PERMISSION)
			goto no;
		access.write = false;
		if (!ssim_walk_nested(s, ctx, txn->addr, &access, &leaf, &fault))
			goto no;
	}
	from_leaf(&leaf, result);
	result->write = leaf.write && dirty(ctx, &leaf);
	return;
no:
	result->event = fault.event;
	result->outcome = translation_fault(fault.event) ? OUT_ATS_DENIED : OUT_ATS_CA;
}

static void ats_request(struct ssim *s, const struct ssim_txn *txn, struct ssim_result *result)
{
	struct ssim_access access = wanted(txn);
	struct ssim_context ctx = {};
	struct ssim_fault fault = {};

	result->outcome = OUT_ATS_CA;
	if (!ssim_find_ste(s, txn->sid, ctx.ste, &fault))
		return;
	result->outcome = OUT_ATS_UR;
	if (!(fld(ctx.ste, STE_CONFIG) & STE_CONFIG_PASS))
		return;
	if (eats(s, ctx.ste) == EATS_OFF) {
		fault.event = EV_F_BAD_ATS_TREQ;
		refuse(s, txn, &ctx, &access, &fault, result);
		result->outcome = OUT_ATS_UR;
		return;
	}
	result->outcome = OUT_ATS_CA;
	if (ssim_find(s, txn->sid, txn->ssid, txn->ssv, &ctx, &fault))
		grant(s, txn, &ctx, result);
	else if (translation_fault(fault.event))
		result->outcome = OUT_ATS_DENIED;
}

static void take_off(struct ssim *s, struct ssim_result *result)
{
	unsigned int i;

	for (i = 0; i < SSIM_FLIGHTS; i++) {
		if (s->flights[i].ticket)
			continue;
		result->ticket = ++s->tickets;
		s->flights[i].ticket = result->ticket;
		s->flights[i].stamp = s->now;
		return;
	}
}

/**
 * ssim_translate() - a transaction arrives
 * @s: instance
 * @txn: the transaction
 * @result: what becomes of it
 *
 * With @txn->hold a transaction that goes on stays between translation and
 * access: no CMD_SYNC completes an invalidation before ssim_done().
 */
void ssim_translate(struct ssim *s, const struct ssim_txn *txn, struct ssim_result *result)
{
	memset(result, 0, sizeof(*result));
	s->now++;
	s->translating = true;
	if (!ssim_enabled(s, CR0_SMMUEN))
		disabled(s, txn, result);
	else if (txn->type == TXN_TRANSLATED)
		translated(s, txn, result);
	else if (txn->type == TXN_ATS_REQUEST)
		ats_request(s, txn, result);
	else
		ordinary(s, txn, result);
	s->translating = false;
	if (txn->hold && result->outcome == OUT_OK)
		take_off(s, result);
}
EXPORT_SYMBOL_IF_KUNIT(ssim_translate);

/**
 * ssim_done() - the access of a held transaction is made and seen by all
 * @s: instance
 * @ticket: from its result
 */
void ssim_done(struct ssim *s, u64 ticket)
{
	unsigned int i;

	for (i = 0; i < SSIM_FLIGHTS; i++)
		if (ticket && s->flights[i].ticket == ticket)
			s->flights[i].ticket = 0;
	ssim_cmdq_run(s);
}
EXPORT_SYMBOL_IF_KUNIT(ssim_done);

bool ssim_in_flight(const struct ssim *s)
{
	unsigned int i;

	for (i = 0; i < SSIM_FLIGHTS; i++)
		if (s->flights[i].ticket)
			return true;
	return false;
}

static void end_stall(struct ssim *s, struct ssim_stalled *t, bool retry, bool abort)
{
	struct ssim_txn txn = t->txn;
	struct ssim_result result = {};

	t->used = false;
	if (retry)
		ssim_translate(s, &txn, &result);
	else
		result.outcome = abort || ssim_idr(s, 0, IDR0_TERM_MODEL) ? OUT_ABORT : OUT_RAZWI;
	if (s->ops->resumed)
		s->ops->resumed(s->cookie, t->stag, &result);
}

/* CMD_RESUME; of nothing it is a no-op, and an error of software's (4.7.1). */
void ssim_resume(struct ssim *s, u32 sid, u16 stag, bool retry, bool abort)
{
	if (stag < SSIM_STALLS && s->stalls[stag].used && !s->stalls[stag].unrecorded &&
	    s->stalls[stag].txn.sid == sid)
		end_stall(s, &s->stalls[stag], retry, abort);
	else
		ssim_violation(s, "I-38", "CMD_RESUME of a stall that is not there", NULL, NULL);
}

void ssim_stall_term(struct ssim *s, u32 sid)
{
	unsigned int i;

	for (i = 0; i < SSIM_STALLS; i++)
		if (s->stalls[i].used && s->stalls[i].txn.sid == sid)
			end_stall(s, &s->stalls[i], false, true);
}
EXPORT_SYMBOL_IF_KUNIT(ssim_stall_term);

/* SMMUEN goes to 0 (6.3.9.6). */
void ssim_terminate_all(struct ssim *s)
{
	unsigned int i;

	for (i = 0; i < SSIM_STALLS; i++)
		if (s->stalls[i].used)
			end_stall(s, &s->stalls[i], false, true);
}
