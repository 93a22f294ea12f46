// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a stream and substream to the tables to walk: IHI 0070 chapter 5. Where
 * the architecture leaves a choice, the configuration is ILLEGAL.
 *
 * VMSAv8-32 LPAE and VMSAv9-128 tables are not modelled: ILLEGAL too.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "model.h"

static bool fail(struct ssim_fault *fault, u8 event, u64 fetch)
{
	fault->event = event;
	fault->fetch = fetch;
	return false;
}

static bool bad_sid(const struct ssim *s, struct ssim_fault *fault)
{
	fault->quiet = !fld1(s->cr2, CR2_RECINVSID);
	return fail(fault, EV_C_BAD_STREAMID, 0);
}

/* Granule of TG0 and S2TG; 0: reserved. TG1 has codes of its own. */
static unsigned int granule(unsigned int code, bool tg1)
{
	static const u8 tg0_shift[] = { 12, 16, 14, 0 };
	static const u8 tg1_shift[] = { 0, 14, 12, 16 };

	return tg1 ? tg1_shift[code] : tg0_shift[code];
}

static bool granule_there(const struct ssim *s, unsigned int shift)
{
	switch (shift) {
	case 12:
		return ssim_idr(s, 5, IDR5_GRAN4K);
	case 14:
		return ssim_idr(s, 5, IDR5_GRAN16K);
	case 16:
		return ssim_idr(s, 5, IDR5_GRAN64K);
	}
	return false;
}

static bool endianness_there(const struct ssim *s, bool big)
{
	unsigned int e = ssim_idr(s, 0, IDR0_TTENDIAN);

	return e == 0 || e == (big ? 3 : 2);
}

static unsigned int most_tsz(const struct ssim *s, unsigned int shift)
{
	if (!ssim_idr(s, 3, IDR3_STT))
		return 39;
	return shift == 16 ? 47 : 48;
}

static unsigned int size_limit(const struct ssim *s, unsigned int code)
{
	unsigned int bits = ssim_size_bits(code);

	return bits < ssim_oas(s) ? bits : ssim_oas(s);
}

/* A base has to lie in the output range, and in 48 bits where no descriptor has more. */
static bool base_legal(u64 base, unsigned int bits, unsigned int shift, bool ds)
{
	if (shift != 16 && !ds && bits > 48)
		bits = 48;
	return !(base >> bits);
}

/*
 * DDI 0487 D8.2: first level of a stage 2 walk, biased by LEVEL_BIAS; 0xff if SL0
 * does not fit the granule, the input size or the physical address size.
 */
static u8 s2_start(const struct ssim *s, const u64 ste[8], unsigned int shift, bool ds)
{
	static const s8 level_4k[] = { 2, 1, 0, 3 };
	unsigned int sl0 = fld(ste, STE_S2SL0), in = 64 - fld(ste, STE_S2T0SZ);
	unsigned int below, stride = shift - 3;
	int level = 3 - (int)sl0;

	if (shift == 12) {
		level = level_4k[sl0];
		if (ds && fld(ste, STE_S2SL0_2)) {
			if (sl0)
				return 0xff;
			level = -1;
		}
		if (sl0 == 3 && !ssim_idr(s, 3, IDR3_STT))
			return 0xff;
	} else if (sl0 == 3 && (shift == 16 || !ds)) {
		return 0xff;
	}
	if (sl0 == 2 && ssim_oas(s) < (shift == 14 ? 42 : 44))
		return 0xff;
	below = shift + (3 - level) * stride;
	if (in <= below || in > below + stride + 4)
		return 0xff;
	return level + LEVEL_BIAS;
}

static bool s2_ds(const struct ssim *s, const u64 ste[8])
{
	return ssim_idr(s, 5, IDR5_DS) && fld(ste, STE_S2DS) && fld(ste, STE_S2TG) != 1;
}

static bool s2_legal(const struct ssim *s, const u64 ste[8])
{
	unsigned int shift = granule(fld(ste, STE_S2TG), false), tsz = fld(ste, STE_S2T0SZ);
	unsigned int stall = ssim_idr(s, 0, IDR0_STALL_MODEL), httu = ssim_idr(s, 0, IDR0_HTTU);
	unsigned int least, bits = size_limit(s, fld(ste, STE_S2PS));
	bool ds = s2_ds(s, ste);

	if (!fld(ste, STE_S2AA64) || !(ssim_idr(s, 0, IDR0_TTF) & 2))
		return false;
	if (!endianness_there(s, fld(ste, STE_S2ENDI)) || !granule_there(s, shift))
		return false;
	least = shift != 16 && !ds ? 16 : 12;
	if (least < 64 - ssim_oas(s))
		least = 64 - ssim_oas(s);
	if (tsz < least || tsz > most_tsz(s, shift) || s2_start(s, ste, shift, ds) == 0xff)
		return false;
	if (!base_legal(fld_addr(ste, STE_S2TTB, 4), bits, shift, ds))
		return false;
	if ((stall == 1 && fld(ste, STE_S2S)) || (stall == 2 && !fld(ste, STE_S2S)))
		return false;
	return !(fld(ste, STE_S2HA) && httu < 1) && !(fld(ste, STE_S2HD) && httu < 2);
}

static bool substreams(const struct ssim *s, const u64 ste[8])
{
	return ssim_idr(s, 1, IDR1_SSIDSIZE) && fld(ste, STE_S1CDMAX);
}

static bool s1_legal(const struct ssim *s, const u64 ste[8])
{
	unsigned int fmt = fld(ste, STE_S1FMT);

	if (substreams(s, ste)) {
		if (fld(ste, STE_S1CDMAX) > ssim_idr(s, 1, IDR1_SSIDSIZE))
			return false;
		if (fmt && !ssim_idr(s, 0, IDR0_CD2L))
			return false;
	}
	return !fld(ste, STE_S1STALLD) || !ssim_idr(s, 0, IDR0_STALL_MODEL);
}

static unsigned int world_of(const struct ssim *s, const u64 ste[8])
{
	if (!ssim_idr(s, 0, IDR0_S1P) || !ssim_idr(s, 0, IDR0_HYP) ||
	    fld(ste, STE_CONFIG) != (STE_CONFIG_PASS | STE_CONFIG_S1) ||
	    fld(ste, STE_STRW) != STRW_EL2)
		return WORLD_EL1;
	return fld1(s->cr2, CR2_E2H) ? WORLD_EL2_E2H : WORLD_EL2;
}

static bool eats_legal(const struct ssim *s, const u64 ste[8], unsigned int config)
{
	bool s2_stalls = (config & STE_CONFIG_S2) && fld(ste, STE_S2S);

	if (!ssim_idr(s, 0, IDR0_ATS))
		return true;
	switch (fld(ste, STE_EATS)) {
	case EATS_FULL:
		return !s2_stalls;
	case EATS_SPLIT:
		return config == 7 && !s2_stalls && !ssim_idr(s, 0, IDR0_NS1ATS);
	}
	return true;
}

/**
 * ssim_ste_legal() - judge an STE
 * @s: instance, for its features
 * @ste: eight words in CPU order
 *
 * Return: false for what gives C_BAD_STE.
 */
bool ssim_ste_legal(const struct ssim *s, const u64 ste[8])
{
	unsigned int config = fld(ste, STE_CONFIG);

	if (!fld(ste, STE_V))
		return false;
	if (!(config & STE_CONFIG_PASS) || config == STE_CONFIG_PASS)
		return true;
	if ((config & STE_CONFIG_S1) && (!ssim_idr(s, 0, IDR0_S1P) || !s1_legal(s, ste)))
		return false;
	if ((config & STE_CONFIG_S2) && (!ssim_idr(s, 0, IDR0_S2P) || !s2_legal(s, ste)))
		return false;
	if (config == 5 && ssim_idr(s, 0, IDR0_HYP) && (fld(ste, STE_STRW) & 1))
		return false;
	if (ssim_idr(s, 0, IDR0_S2P) && !ssim_idr(s, 0, IDR0_VMID16) &&
	    world_of(s, ste) == WORLD_EL1 && fld(ste, STE_S2VMID) >> 8)
		return false;
	return eats_legal(s, ste, config);
}
EXPORT_SYMBOL_IF_KUNIT(ssim_ste_legal);

static bool half_legal(const struct ssim *s, const u64 cd[8], bool high)
{
	unsigned int shift = granule(fld(cd, high ? CD_TG1 : CD_TG0), high);
	unsigned int tsz = fld(cd, high ? CD_T1SZ : CD_T0SZ);
	bool ds = ssim_idr(s, 5, IDR5_DS) && fld(cd, CD_DS) && shift != 16;
	bool wide = ssim_idr(s, 5, IDR5_VAX) && (shift == 16 || ds);

	if (!granule_there(s, shift))
		return false;
	if (tsz < (wide ? 12 : 16) || tsz > most_tsz(s, shift))
		return false;
	return base_legal(fld_addr(cd, high ? CD_TTB1 : CD_TTB0, 4),
			  size_limit(s, fld(cd, CD_IPS)), shift, ds);
}

/**
 * ssim_cd_legal() - judge a CD
 * @s: instance, for its features
 * @ste: the STE that leads to it
 * @cd: eight words in CPU order
 *
 * Return: false for what gives C_BAD_CD.
 */
bool ssim_cd_legal(const struct ssim *s, const u64 ste[8], const u64 cd[8])
{
	unsigned int stall = ssim_idr(s, 0, IDR0_STALL_MODEL), httu = ssim_idr(s, 0, IDR0_HTTU);
	unsigned int world = world_of(s, ste);
	bool epd0 = world != WORLD_EL2 && fld(cd, CD_EPD0);
	bool epd1 = world == WORLD_EL2 || fld(cd, CD_EPD1);

	if (!fld(cd, CD_V) || !fld(cd, CD_AA64) || !(ssim_idr(s, 0, IDR0_TTF) & 2))
		return false;
	if ((!epd0 || !epd1) && !endianness_there(s, fld(cd, CD_ENDI)))
		return false;
	if ((!epd0 && !half_legal(s, cd, false)) || (!epd1 && !half_legal(s, cd, true)))
		return false;
	if ((fld(cd, CD_HA) && httu < 1) || (fld(cd, CD_HD) && httu < 2))
		return false;
	if (fld(cd, CD_S) ? stall == 1 || fld(ste, STE_S1STALLD) : stall == 2)
		return false;
	if (!fld(cd, CD_A) && ssim_idr(s, 0, IDR0_TERM_MODEL))
		return false;
	return world == WORLD_EL2 || ssim_idr(s, 0, IDR0_ASID16) || !(fld(cd, CD_ASID) >> 8);
}
EXPORT_SYMBOL_IF_KUNIT(ssim_cd_legal);

static u16 vmid_of(const struct ssim *s, const u64 ste[8])
{
	return ssim_idr(s, 0, IDR0_S2P) && world_of(s, ste) == WORLD_EL1 ? fld(ste, STE_S2VMID) : 0;
}

/* The regime of stage 2; the STE is legal and has one. */
void ssim_regime_s2(const struct ssim *s, const u64 ste[8], struct ssim_regime *r)
{
	memset(r, 0, sizeof(*r));
	r->stage = 2;
	r->ttb = fld_addr(ste, STE_S2TTB, 4);
	r->asid = ASID_NONE;
	r->vmid = vmid_of(s, ste);
	r->shift = granule(fld(ste, STE_S2TG), false);
	r->tsz = fld(ste, STE_S2T0SZ);
	r->ds = s2_ds(s, ste);
	r->start = s2_start(s, ste, r->shift, r->ds);
	r->out_bits = size_limit(s, fld(ste, STE_S2PS));
	r->sh = fld(ste, STE_S2SH0);
	r->endi = fld(ste, STE_S2ENDI);
	r->affd = fld(ste, STE_S2AFFD);
	r->ha = fld(ste, STE_S2HA);
	r->hd = r->ha && fld(ste, STE_S2HD);
	r->fwb = ssim_idr(s, 3, IDR3_FWB) && fld(ste, STE_S2FWB);
	r->ptw = fld(ste, STE_S2PTW);
	r->stall = fld(ste, STE_S2S);
	r->record = fld(ste, STE_S2R);
	r->abort = true;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_regime_s2);

/*
 * The regime of one half of stage 1; both structures are legal. Returns whether
 * there is such a half: false if its walks are disabled.
 */
bool ssim_regime_s1(const struct ssim *s, const u64 ste[8], const u64 cd[8], bool high,
		    struct ssim_regime *r)
{
	unsigned int world = world_of(s, ste), stride;

	memset(r, 0, sizeof(*r));
	r->stage = 1;
	r->world = world;
	r->high = high;
	r->asid = world == WORLD_EL2 ? ASID_NONE : fld(cd, CD_ASID);
	r->vmid = vmid_of(s, ste);
	r->stall = fld(cd, CD_S);
	r->record = fld(cd, CD_R);
	r->abort = fld(cd, CD_A);
	r->aset = fld(cd, CD_ASET);
	r->tbi = fld(cd, high ? CD_TBI1 : CD_TBI0);
	if (world == WORLD_EL2 ? high : fld(cd, high ? CD_EPD1 : CD_EPD0)) {
		r->disabled = true;
		return false;
	}
	r->ttb = fld_addr(cd, high ? CD_TTB1 : CD_TTB0, 4);
	r->mair = fld(cd, CD_MAIR);
	r->shift = granule(fld(cd, high ? CD_TG1 : CD_TG0), high);
	r->tsz = fld(cd, high ? CD_T1SZ : CD_T0SZ);
	r->ds = ssim_idr(s, 5, IDR5_DS) && fld(cd, CD_DS) && r->shift != 16;
	stride = r->shift - 3;
	r->start = LEVEL_BIAS + 3 - (64 - r->tsz - r->shift - 1) / stride;
	r->out_bits = size_limit(s, fld(cd, CD_IPS));
	r->sh = fld(cd, high ? CD_SH1 : CD_SH0);
	r->endi = fld(cd, CD_ENDI);
	r->affd = fld(cd, CD_AFFD);
	r->ha = fld(cd, CD_HA);
	r->hd = r->ha && fld(cd, CD_HD);
	r->had = ssim_idr(s, 3, IDR3_HAD) && fld(cd, high ? CD_HAD1 : CD_HAD0);
	r->e0pd = world != WORLD_EL2 && ssim_idr(s, 3, IDR3_E0PD) &&
		  fld(cd, high ? CD_E0PD1 : CD_E0PD0);
	r->wxn = fld(cd, CD_WXN);
	r->pan = world != WORLD_EL2 && fld(cd, CD_PAN);
	if (!high && !(fld(ste, STE_CONFIG) & STE_CONFIG_S2))
		r->foreign = ssim_foreign(s, r->ttb);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_regime_s1);

static bool two_level(const struct ssim *s)
{
	return fld1(s->strtab_cfg, STRTAB_CFG_FMT) == 1 && ssim_idr(s, 0, IDR0_ST_LEVEL);
}

/* Where the STE of a stream is; both cases align the base to the table's size. */
static bool locate_ste(struct ssim *s, u32 sid, u64 *at, struct ssim_fault *fault)
{
	unsigned int log2 = fld1(s->strtab_cfg, STRTAB_CFG_LOG2SIZE);
	unsigned int split = fld1(s->strtab_cfg, STRTAB_CFG_SPLIT), span, bits;
	u64 base = fld1(s->strtab_base, STRTAB_BASE_ADDR) << 6, l1std, where;

	if (log2 > ssim_idr(s, 1, IDR1_SIDSIZE))
		log2 = ssim_idr(s, 1, IDR1_SIDSIZE);
	if ((u64)sid >> log2)
		return bad_sid(s, fault);
	if (!two_level(s)) {
		*at = (base & ~ssim_ones(log2 + 6)) + (u64)sid * 64;
		return true;
	}
	if (split != 8 && split != 10)
		split = 6;	/* other values are reserved and behave so */
	bits = log2 > split + 3 ? log2 - split + 3 : 6;
	where = (base & ~ssim_ones(bits < 6 ? 6 : bits)) + (u64)(sid >> split) * 8;
	if (!ssim_fetch(s, where, &l1std, 1))
		return fail(fault, EV_F_STE_FETCH, where);
	ssim_cfg_seen(s, C_L1STD, sid >> split << split, 0, where, &l1std);
	span = fld1(l1std, L1STD_SPAN);
	if (!span || span > 11 || span > split + 1 || (sid & ssim_ones(split)) >> (span - 1))
		return bad_sid(s, fault);
	*at = ((fld1(l1std, L1STD_L2PTR) << 6) & ~ssim_ones(5 + span)) +
	      (sid & ssim_ones(split)) * 64;
	return true;
}

/* A legal STE, or the reason why there is none. */
bool ssim_find_ste(struct ssim *s, u32 sid, u64 ste[8], struct ssim_fault *fault)
{
	u64 at;

	if (!locate_ste(s, sid, &at, fault))
		return false;
	if (!ssim_fetch(s, at, ste, 8))
		return fail(fault, EV_F_STE_FETCH, at);
	ssim_cfg_seen(s, C_STE, sid, 0, at, ste);
	ssim_cfg_prefer(s, C_STE, sid, 0, ste);
	return ssim_ste_legal(s, ste) || fail(fault, EV_C_BAD_STE, 0);
}

/*
 * Address of the CD of a substream, or of the level 1 descriptor that leads to
 * it: then *@l1 is its size as log2 of CDs, else 0. An IPA with stage 2.
 */
u64 ssim_cd_index(const struct ssim *s, const u64 ste[8], u32 ssid, u64 *l1)
{
	unsigned int max = substreams(s, ste) ? fld(ste, STE_S1CDMAX) : 0;
	unsigned int leaf, bits;
	u64 base = fld_addr(ste, STE_S1CONTEXTPTR, 6);

	*l1 = 0;
	if (!max)
		return base;
	switch (fld(ste, STE_S1FMT)) {
	case S1FMT_4K:
		leaf = 6;
		break;
	case S1FMT_64K:
		leaf = 10;
		break;
	default:
		return (base & ~ssim_ones(max + 6)) + (u64)ssid * 64;
	}
	*l1 = leaf;
	bits = max > leaf + 3 ? max - leaf + 3 : 6;
	return (base & ~ssim_ones(bits)) + (u64)(ssid >> leaf) * 8;
}

/* CD tables stand in IPA space if there is a stage 2. */
static bool read_cd(struct ssim *s, const struct ssim_context *ctx, u64 at, u64 *words,
		    unsigned int n, u64 *pa, struct ssim_fault *fault)
{
	struct ssim_access access = {};
	struct ssim_leaf leaf;

	*pa = at;
	if (ctx->s2) {
		if (!ssim_walk(s, &ctx->r2, NULL, at, &access, &leaf, fault)) {
			fault->class = CLASS_CD;
			fault->ipa = at;
			return false;
		}
		*pa = leaf.pa;
	}
	return ssim_fetch(s, *pa, words, n) || fail(fault, EV_F_CD_FETCH, *pa);
}

static bool find_cd(struct ssim *s, u32 sid, u32 index, struct ssim_context *ctx,
		    struct ssim_fault *fault)
{
	u64 leaf, at = ssim_cd_index(s, ctx->ste, index, &leaf), l1cd, pa;

	if (leaf) {
		if (!read_cd(s, ctx, at, &l1cd, 1, &pa, fault))
			return false;
		ssim_cfg_seen(s, C_L1CD, sid, index & ~ssim_ones(leaf), pa, &l1cd);
		if (!fld1(l1cd, L1CD_V))
			return fail(fault, EV_C_BAD_SUBSTREAMID, 0);
		at = ((fld1(l1cd, L1CD_L2PTR) << 12) & ~ssim_ones(leaf + 6)) +
		     (index & ssim_ones(leaf)) * 64;
	}
	if (!read_cd(s, ctx, at, ctx->cd, 8, &pa, fault))
		return false;
	ssim_cfg_seen(s, C_CD, sid, index, pa, ctx->cd);
	ssim_cfg_prefer(s, C_CD, sid, index, ctx->cd);
	if (!ssim_cd_legal(s, ctx->ste, ctx->cd))
		return fail(fault, EV_C_BAD_CD, 0);
	ssim_regime_s1(s, ctx->ste, ctx->cd, false, &ctx->r1[0]);
	ssim_regime_s1(s, ctx->ste, ctx->cd, true, &ctx->r1[1]);
	return true;
}

/**
 * ssim_find() - the configuration of a transaction
 * @s: instance
 * @sid: stream
 * @ssid: substream, if @ssv
 * @ssv: whether it has one
 * @ctx: filled in; STE.Config may say abort: neither stage, and the caller's to see
 * @fault: why not, in the order of 7.3.22
 *
 * Return: whether there is one.
 */
bool ssim_find(struct ssim *s, u32 sid, u32 ssid, bool ssv, struct ssim_context *ctx,
	       struct ssim_fault *fault)
{
	unsigned int config, dss;

	memset(ctx, 0, sizeof(*ctx));
	memset(fault, 0, sizeof(*fault));
	if (!ssim_find_ste(s, sid, ctx->ste, fault))
		return false;
	config = fld(ctx->ste, STE_CONFIG);
	if (!(config & STE_CONFIG_PASS))
		return true;
	ctx->s1 = config & STE_CONFIG_S1;
	ctx->s2 = config & STE_CONFIG_S2;
	if (ctx->s2)
		ssim_regime_s2(s, ctx->ste, &ctx->r2);
	dss = fld(ctx->ste, STE_S1DSS);
	if (ssv) {
		if (!ctx->s1 || !substreams(s, ctx->ste) || ssid >> fld(ctx->ste, STE_S1CDMAX))
			return fail(fault, EV_C_BAD_SUBSTREAMID, 0);
		if (!ssid && dss == S1DSS_SSID0)
			return fail(fault, EV_F_STREAM_DISABLED, 0);
	} else if (ctx->s1 && substreams(s, ctx->ste)) {
		if (dss == S1DSS_BYPASS)
			ctx->s1 = false;
		else if (dss != S1DSS_SSID0)
			return fail(fault, EV_F_STREAM_DISABLED, 0);
		ssid = 0;
	}
	return !ctx->s1 || find_cd(s, sid, ssv ? ssid : 0, ctx, fault);
}
EXPORT_SYMBOL_IF_KUNIT(ssim_find);
