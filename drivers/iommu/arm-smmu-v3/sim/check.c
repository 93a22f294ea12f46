// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoints: places where nothing forbidden may be held. If the maximal set has
 * nothing forbidden, no SMMU can. And the report of what has.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "model.h"

static __printf(2, 3) void say(struct ssim *s, const char *fmt, ...)
{
	size_t len = strlen(s->text);
	va_list args;

	if (len + 1 >= sizeof(s->text))
		return;
	va_start(args, fmt);
	vsnprintf(s->text + len, sizeof(s->text) - len, fmt, args);
	va_end(args);
}

/**
 * ssim_kind_name() - what an entry of the TLB is, in a word
 * @e: entry that is held
 *
 * Return: the word.
 */
const char *ssim_kind_name(const struct ssim_entry *e)
{
	switch (e->kind) {
	case E_ROOT:
		return "base";
	case E_TABLE:
		return "table";
	case E_LEAF:
		return e->run ? "run" : "leaf";
	case E_COMBINED:
		return "combined leaf";
	case E_ATC:
		return "ATC entry";
	}
	return "entry";
}

static const char *origin_name(enum ssim_origin origin)
{
	static const char *const names[] = {
		[BY_STORE] = "a store to a held table",
		[BY_WALK] = "a walk",
		[BY_CONFIG] = "a configuration structure",
		[BY_CLOSURE] = "a table that became reachable",
		[BY_SNAPSHOT] = "a snapshot before the process changed it",
	};

	return names[origin];
}

static void say_entry(struct ssim *s, const char *role, const struct ssim_entry *e)
{
	say(s, "  %s: stage %u %s", role, e->stage, ssim_kind_name(e));
	if (e->kind != E_ROOT)
		say(s, ", level %d", e->level);
	say(s, ", granule %uK, vmid %u", 1u << (e->shift - 10), e->vmid);
	if (e->asid == ASID_GLOBAL)
		say(s, ", global (asid %u)", e->regime->asid);
	else if (e->asid != ASID_NONE)
		say(s, ", asid %u", e->asid);
	if (e->kind == E_ATC)
		say(s, ", stream 0x%x%s", e->sid, e->ssv ? "" : ", no PASID");
	if (e->kind == E_ATC && e->ssv)
		say(s, ", PASID %u", e->ssid);
	say(s, "\n    0x%llx..0x%llx -> 0x%llx, descriptor 0x%llx at 0x%llx\n",
	    (unsigned long long)e->va, (unsigned long long)(e->va + (e->size - 1)),
	    (unsigned long long)e->target, (unsigned long long)e->desc,
	    (unsigned long long)e->src);
	say(s, "    cached by %s at #%llu; ", origin_name(e->origin), (unsigned long long)e->born);
	if (e->gone)
		say(s, "not to be had from memory since #%llu\n", (unsigned long long)e->gone);
	else
		say(s, "memory still leads to it\n");
}

static void say_command(struct ssim *s, const struct ssim_log *l)
{
	unsigned int op = fld(l->cmd, CMD_OP);

	say(s, "    #%llu %s", (unsigned long long)l->stamp, ssim_op_name(op));
	switch (op) {
	case OP_CFGI_STE ... OP_CFGI_CD_ALL:
		say(s, " sid 0x%llx", (unsigned long long)fld(l->cmd, CMD_SID));
		if (op == OP_CFGI_CD)
			say(s, " ssid %llu", (unsigned long long)fld(l->cmd, CMD_SSID));
		break;
	case OP_ATC_INV:
		say(s, " sid 0x%llx addr 0x%llx size %llu",
		    (unsigned long long)fld(l->cmd, CMD_SID),
		    (unsigned long long)fld_addr(l->cmd, CMD_ATC_ADDR, 12),
		    (unsigned long long)fld(l->cmd, CMD_ATC_SIZE));
		break;
	case OP_TLBI_NH_ALL ... OP_TLBI_S2_IPA:
		say(s, " vmid %u asid %u addr 0x%llx", (u32)fld(l->cmd, CMD_TLBI_VMID),
		    (u32)fld(l->cmd, CMD_TLBI_ASID),
		    (unsigned long long)fld_addr(l->cmd, CMD_TLBI_ADDR, 12));
		say(s, " leaf %u ttl %u tg %u num %u scale %u", (u32)fld(l->cmd, CMD_LEAF),
		    (u32)fld(l->cmd, CMD_TLBI_TTL), (u32)fld(l->cmd, CMD_TLBI_TG),
		    (u32)fld(l->cmd, CMD_TLBI_NUM), (u32)fld(l->cmd, CMD_TLBI_SCALE));
		break;
	}
	say(s, "\n");
}

static void say_commands(struct ssim *s, u64 since)
{
	u64 first = s->logged > SSIM_LOG ? s->logged - SSIM_LOG : 0, i;
	u32 shown = 0;

	say(s, "  commands since:\n");
	if (s->logged > first + 24)
		first = s->logged - 24;
	for (i = first; i < s->logged; i++) {
		const struct ssim_log *l = &s->log[i % SSIM_LOG];

		if (l->stamp < since)
			continue;
		say_command(s, l);
		shown++;
	}
	if (!shown)
		say(s, "    none\n");
	if (s->npending)
		say(s, "    %u of them wait%s for a CMD_SYNC\n", s->npending,
		    s->npending == 1 ? "s" : "");
}

/**
 * ssim_tell() - something that must not be has been seen
 * @s: instance
 * @invariant: its number, such as "I-8"
 * @text: lines that explain it
 */
void ssim_tell(struct ssim *s, const char *invariant, const char *text)
{
	s->stats.violations++;
	if (s->ops->report)
		s->ops->report(s->cookie, invariant, text);
}

/* Something that must not be; @other, if there is one, is what it clashes with. */
void ssim_violation(struct ssim *s, const char *invariant, const char *what,
		    const struct ssim_entry *e, const struct ssim_entry *other)
{
	u64 since = s->now;

	s->text[0] = 0;
	say(s, "%s, at #%llu: %s\n", invariant, (unsigned long long)s->now, what);
	if (e) {
		say_entry(s, "held", e);
		since = e->gone ? e->gone : e->born;
	}
	if (other) {
		say_entry(s, "clashes with", other);
		since = other->gone ? other->gone : other->born;
	}
	if (e)
		say_commands(s, since);
	ssim_tell(s, invariant, s->text);
}

void ssim_cfg_violation(struct ssim *s, const char *invariant, const char *what,
			const struct ssim_cfg *c)
{
	static const char *const names[] = {
		[C_L1STD] = "L1STD", [C_STE] = "STE", [C_L1CD] = "L1CD", [C_CD] = "CD",
	};
	unsigned int i;

	s->text[0] = 0;
	say(s, "%s, at #%llu: %s\n", invariant, (unsigned long long)s->now, what);
	say(s, "  held: %s of stream 0x%x", names[c->kind], c->sid);
	if (c->kind == C_CD || c->kind == C_L1CD)
		say(s, ", SSID %u", c->ssid);
	say(s, ", at 0x%llx, read at #%llu", (unsigned long long)c->src,
	    (unsigned long long)c->born);
	if (c->gone)
		say(s, ", not to be had since #%llu", (unsigned long long)c->gone);
	say(s, "\n   ");
	for (i = 0; i < c->nwords; i++)
		say(s, " %016llx", (unsigned long long)c->words[i]);
	say(s, "\n");
	say_commands(s, c->gone ? c->gone : c->born);
	ssim_tell(s, invariant, s->text);
}

static bool touches(const struct ssim_entry *e, u64 first, u64 last)
{
	return e->va <= last && e->va + (e->size - 1) >= first;
}

static bool translates(const struct ssim_entry *e)
{
	return e->kind == E_LEAF || e->kind == E_COMBINED;
}

static bool tagged(const struct ssim_entry *e, u16 vmid, u32 asid, unsigned int stage)
{
	if (e->stage != stage || e->vmid != vmid)
		return false;
	return stage == 2 || e->asid == asid || e->asid == ASID_GLOBAL;
}

struct range {
	u32 asid;
	u16 vmid;
	u8 world, stage;
	const struct ssim_entry *found;
};

static void find_translation(struct ssim *s, struct ssim_entry *e, void *arg)
{
	struct range *r = arg;

	if (translates(e) && e->world == r->world && tagged(e, r->vmid, r->asid, r->stage))
		r->found = e;
}

/* What both stages were combined into: such entries are held by another address. */
static const struct ssim_entry *find_combined(const struct ssim *s, const struct range *r,
					      u64 first, u64 last)
{
	u32 i;

	for (i = 0; s->combined && i < s->top; i++) {
		const struct ssim_entry *e = &s->entries[i];

		if (e->kind == E_COMBINED && e->world == r->world && e->vmid == r->vmid &&
		    e->ipa <= last && e->ipa + (e->size - 1) >= first)
			return e;
	}
	return NULL;
}

/*
 * While nothing is translated, what is held leads nowhere. It is looked for when SMMUEN
 * becomes 1.
 */
static bool translates_nothing(struct ssim *s)
{
	s->stats.checks++;
	return !ssim_enabled(s, CR0_SMMUEN);
}

static bool check_range(struct ssim *s, unsigned int world, u16 vmid, u32 asid,
			unsigned int stage, u64 first, u64 last)
{
	struct range range = { .asid = asid, .vmid = vmid, .world = world, .stage = stage };

	if (translates_nothing(s))
		return true;
	ssim_tlb_each(s, first, last, find_translation, &range);
	if (stage == 2 && !range.found)
		range.found = find_combined(s, &range, first, last);
	if (range.found)
		ssim_violation(s, "I-7", "unmapped, but still held", range.found, NULL);
	return !range.found;
}

/**
 * ssim_check_range() - unmap or sync returns: nothing of the range may be held
 * @s: instance
 * @vmid: tag, of the EL1 world
 * @asid: tag; of no meaning at stage 2
 * @stage: 1 or 2
 * @addr: first address
 * @size: bytes
 *
 * Return: true if nothing is.
 */
bool ssim_check_range(struct ssim *s, u16 vmid, u32 asid, unsigned int stage, u64 addr, u64 size)
{
	return check_range(s, WORLD_EL1, vmid, asid, stage, addr, addr + (size - 1));
}

static bool check_atc(struct ssim *s, u32 sid, u32 ssid, bool ssv, u64 first, u64 last)
{
	u32 i;

	if (translates_nothing(s))
		return true;
	for (i = 0; i < s->top; i++) {
		const struct ssim_entry *e = &s->entries[i];

		if (e->kind == E_ATC && e->sid == sid && e->ssv == ssv &&
		    (!ssv || e->ssid == ssid) && touches(e, first, last) &&
		    ssim_atc_passes(s, sid)) {
			ssim_violation(s, "I-46", "unmapped, but still in an ATC", e, NULL);
			return false;
		}
	}
	return true;
}

/**
 * ssim_check_unmapped() - the same for a stream, its ATC included
 * @s: instance
 * @sid: stream
 * @ssid: substream, if @ssv
 * @ssv: whether it has one
 * @addr: first address
 * @size: bytes
 *
 * The tags are those of the configuration in memory; with none there is nothing
 * to hold but in the ATC.
 *
 * Return: true if nothing is held.
 */
bool ssim_check_unmapped(struct ssim *s, u32 sid, u32 ssid, bool ssv, u64 addr, u64 size)
{
	struct ssim_context ctx;
	struct ssim_fault fault;
	bool good = true;

	s->now++;
	/* Nor is configuration read. */
	if (translates_nothing(s))
		return true;
	if (ssim_find(s, sid, ssid, ssv, &ctx, &fault)) {
		const struct ssim_regime *r = ctx.s1 ? &ctx.r1[addr >> 55 & 1] : &ctx.r2;

		if (ctx.s1 || ctx.s2)
			good = check_range(s, r->world, r->vmid, r->asid, r->stage, addr,
					   addr + (size - 1));
	}
	return check_atc(s, sid, ssid, ssv, addr, addr + (size - 1)) && good;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_check_unmapped);

/**
 * ssim_check_clean() - dirty bits were cleared and flushed
 * @s: instance
 * @vmid: tag
 * @asid: tag, or ASID_NONE for stage 2
 * @addr: first address
 * @size: bytes
 *
 * Return: true if no entry of the range is held that lets a write pass unseen.
 */
bool ssim_check_clean(struct ssim *s, u16 vmid, u32 asid, u64 addr, u64 size)
{
	unsigned int stage = asid == ASID_NONE ? 2 : 1;
	u32 i;

	if (translates_nothing(s))
		return true;
	for (i = 0; i < s->top; i++) {
		const struct ssim_entry *e = &s->entries[i];
		bool writable = stage == 1 ? !(fld1(e->desc, D_AP) & 2) : fld1(e->desc, D_AP) & 2;

		if (e->kind == E_LEAF && tagged(e, vmid, asid, stage) && writable &&
		    touches(e, addr, addr + (size - 1))) {
			ssim_violation(s, "I-11", "cleaned, but still held as dirty", e, NULL);
			return false;
		}
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_check_clean);

/**
 * ssim_check_enable() - SMMUEN becomes 1: nothing may be held of another life
 * @s: instance
 *
 * Neither of what was cached before the reset, nor before SMMUEN was 0 (3.21.2).
 *
 * Return: true if nothing is.
 */
bool ssim_check_enable(struct ssim *s)
{
	u8 unknown = s->unknown;
	u32 i;

	s->stats.checks++;
	if (!ssim_idr(s, 0, IDR0_HYP) || !fld1(s->cr2, CR2_E2H))
		unknown &= ~UNKNOWN_EL2;
	if (unknown) {
		ssim_violation(s, "I-55", unknown & UNKNOWN_CONFIG ?
			       "enabled, but configuration may be cached since the reset" :
			       "enabled, but translations may be cached since the reset",
			       NULL, NULL);
		return false;
	}
	if (s->ncfgs) {
		ssim_cfg_violation(s, "I-55", "enabled with what was cached before",
				   &s->cfgs[0]);
		return false;
	}
	for (i = 0; i < s->top; i++) {
		if (s->entries[i].kind < E_TABLE || s->entries[i].kind > E_COMBINED)
			continue;
		ssim_violation(s, "I-55", "enabled with what was cached before",
			       &s->entries[i], NULL);
		return false;
	}
	return true;
}

/**
 * ssim_check_power() - a register is touched
 * @s: instance
 *
 * Return: true if there is one.
 */
bool ssim_check_power(struct ssim *s)
{
	if (s->off)
		ssim_violation(s, "I-55", "a register is touched, but it has no power", NULL,
			       NULL);
	return !s->off;
}

/**
 * ssim_check_idle() - power goes
 * @s: instance
 *
 * Return: true if it had nothing to do.
 */
bool ssim_check_idle(struct ssim *s)
{
	s->stats.checks++;
	if (s->cmdq.prod == (s->cmdq.cons & 0xfffff))
		return true;
	ssim_violation(s, "I-55", "power goes, but there were commands to do", NULL, NULL);
	return false;
}

/**
 * ssim_check_waking() - the first queue is enabled
 * @s: instance
 *
 * Return: true if DMA that has waited for its power is not let through.
 */
bool ssim_check_waking(struct ssim *s)
{
	bool good = !s->slept || fld1(s->gbpa_now, GBPA_ABORT);

	s->stats.checks++;
	s->slept = false;
	if (!good)
		ssim_violation(s, "I-55", "woken up, but DMA passes untranslated", NULL, NULL);
	return good;
}

/**
 * ssim_check_awake() - an instance has been woken up
 * @s: instance
 *
 * Return: true if no endpoint holds what was unmapped meanwhile.
 */
bool ssim_check_awake(struct ssim *s)
{
	u32 i;

	s->stats.checks++;
	for (i = 0; i < s->top; i++) {
		const struct ssim_entry *e = &s->entries[i];

		if (e->kind == E_ATC && e->gone && ssim_atc_passes(s, e->sid)) {
			ssim_violation(s, "I-55", "awake, but an ATC holds what is gone", e, NULL);
			return false;
		}
	}
	return true;
}

/**
 * ssim_check_table_free() - memory of a table is freed
 * @s: instance
 * @pa: first address
 * @size: bytes
 *
 * Tables of translations, and of CDs and STEs.
 *
 * Return: true if no walk can come there.
 */
bool ssim_check_table_free(struct ssim *s, u64 pa, u64 size)
{
	u32 i;

	if (translates_nothing(s))
		return true;
	for (i = 0; i < s->top; i++) {
		const struct ssim_entry *e = &s->entries[i];

		if ((e->kind == E_TABLE || e->kind == E_ROOT) && e->target != ~0ull &&
		    e->target < pa + size && e->target + e->tbytes > pa) {
			ssim_violation(s, "I-8", "a table is freed, but walks reach it", e, NULL);
			return false;
		}
	}
	for (i = 0; i < s->ncfgs; i++) {
		const struct ssim_cfg *c = &s->cfgs[i];
		u64 at = 0, bytes = ssim_cfg_behind(s, c, &at);

		if (at < pa + size && at + bytes > pa && bytes) {
			ssim_cfg_violation(s, "I-26", "a table is freed, but still led to", c);
			return false;
		}
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_check_table_free);

/**
 * ssim_check_page_reuse() - a page that devices could reach gets a new owner
 * @s: instance
 * @pa: first address
 * @size: bytes
 *
 * Return: true if no entry, of the TLB or an ATC, leads there.
 */
bool ssim_check_page_reuse(struct ssim *s, u64 pa, u64 size)
{
	u32 i;

	if (translates_nothing(s))
		return true;
	for (i = 0; i < s->top; i++) {
		const struct ssim_entry *e = &s->entries[i];

		/* The output of a nested stage 1 is no address of memory. */
		if (!(translates(e) || e->kind == E_ATC) || (e->kind == E_LEAF && e->s2))
			continue;
		if (e->target < pa + size && e->target + (e->size - 1) >= pa &&
		    (e->kind != E_ATC || ssim_atc_passes(s, e->sid))) {
			ssim_violation(s, e->kind == E_ATC ? "I-46" : "I-7",
				       "a page is reused, but still reached", e, NULL);
			return false;
		}
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_check_page_reuse);

/**
 * ssim_check_asid_reuse() - an ASID gets a new owner
 * @s: instance
 * @vmid: with this VMID
 * @asid: the ASID
 *
 * Return: true if nothing is held by it.
 */
bool ssim_check_asid_reuse(struct ssim *s, u16 vmid, u32 asid)
{
	u32 i;

	if (translates_nothing(s))
		return true;
	for (i = 0; i < s->top; i++) {
		const struct ssim_entry *e = &s->entries[i];

		if (e->kind >= E_TABLE && e->kind <= E_COMBINED && e->stage == 1 &&
		    e->vmid == vmid && e->regime->asid == asid) {
			ssim_violation(s, "I-30", "an ASID is reused, but still held", e, NULL);
			return false;
		}
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_check_asid_reuse);

/**
 * ssim_check_vmid_reuse() - a VMID gets a new owner
 * @s: instance
 * @vmid: the VMID
 *
 * Return: true if nothing is held by it.
 */
bool ssim_check_vmid_reuse(struct ssim *s, u16 vmid)
{
	u32 i;

	if (translates_nothing(s))
		return true;
	for (i = 0; i < s->top; i++) {
		const struct ssim_entry *e = &s->entries[i];

		if (e->kind >= E_TABLE && e->kind <= E_COMBINED && e->vmid == vmid &&
		    e->world == WORLD_EL1) {
			ssim_violation(s, "I-30", "a VMID is reused, but still held", e, NULL);
			return false;
		}
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_check_vmid_reuse);

/**
 * ssim_check_pasid_reuse() - a PASID of a stream gets a new owner
 * @s: instance
 * @sid: stream
 * @ssid: PASID
 *
 * Return: true if no CD of it is held that is valid, and no ATC entry.
 */
bool ssim_check_pasid_reuse(struct ssim *s, u32 sid, u32 ssid)
{
	u32 i;

	if (translates_nothing(s))
		return true;
	for (i = 0; i < s->ncfgs; i++) {
		const struct ssim_cfg *c = &s->cfgs[i];

		if (c->kind == C_CD && c->sid == sid && c->ssid == ssid && fld(c->words, CD_V)) {
			ssim_cfg_violation(s, "I-36", "a PASID is reused, but its CD is held", c);
			return false;
		}
	}
	return check_atc(s, sid, ssid, true, 0, ~0ull);
}

/**
 * ssim_check_config() - a change of a stream's configuration is complete
 * @s: instance
 * @sid: stream
 *
 * Return: true if no old or mixed version of its STE and CDs is held.
 */
bool ssim_check_config(struct ssim *s, u32 sid)
{
	u32 i;

	if (translates_nothing(s))
		return true;
	for (i = 0; i < s->ncfgs; i++) {
		const struct ssim_cfg *c = &s->cfgs[i];

		if (c->sid == sid && c->gone && c->kind != C_L1STD) {
			ssim_cfg_violation(s, "I-25", "changed, but an old version is held", c);
			return false;
		}
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_check_config);
