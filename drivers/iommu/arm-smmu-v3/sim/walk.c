// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMSAv8-64 translation table walks: DDI 0487 D8. Both stages go through one
 * loop; a stage 1 that is nested finds its tables through stage 2.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "model.h"

static bool fault_at(const struct ssim_regime *r, struct ssim_fault *fault, u8 event, u64 va)
{
	fault->event = event;
	fault->class = CLASS_IN;
	fault->s2 = r->stage == 2;
	if (fault->s2)
		fault->ipa = va;
	return false;
}

/* Log2 of what one entry of a level covers. */
unsigned int ssim_level_shift(const struct ssim_regime *r, int level)
{
	return r->shift + (3 - level) * (r->shift - 3);
}

/* Entries of a contiguous run; 1 where the level has none. */
unsigned int ssim_run(const struct ssim_regime *r, int level)
{
	switch (r->shift) {
	case 12:
		return level >= 1 ? 16 : 1;
	case 14:
		return level == 3 ? 128 : level == 2 ? 32 : 1;
	default:
		return level >= 2 ? 32 : 1;
	}
}

static int first_level(const struct ssim_regime *r)
{
	return (int)r->start - LEVEL_BIAS;
}

/* Bytes of the first table: less than a granule, or, concatenated, several. */
u64 ssim_root_bytes(const struct ssim_regime *r)
{
	return 8ull << (64 - r->tsz - ssim_level_shift(r, first_level(r)));
}

u64 ssim_root_base(const struct ssim_regime *r)
{
	u64 align = ssim_root_bytes(r);

	if (r->out_bits == 52 && align < 64)
		align = 64;
	return r->ttb & ~(align - 1);
}

/* Memory was read as little-endian. */
u64 ssim_to_cpu(const struct ssim_regime *r, u64 desc)
{
	return r->endi ? swab64(desc) : desc;
}

static bool block_there(const struct ssim_regime *r, int level)
{
	switch (r->shift) {
	case 12:
		return level == 1 || level == 2 || (level == 0 && r->ds);
	case 14:
		return level == 2 || (level == 1 && r->ds);
	default:
		return level == 2 || (level == 1 && r->out_bits == 52);
	}
}

/* What a descriptor is: E_TABLE, E_LEAF, or E_FREE for one that is invalid. */
enum ssim_kind ssim_desc_kind(const struct ssim_regime *r, int level, u64 desc)
{
	if (!fld1(desc, D_VALID))
		return E_FREE;
	if (level == 3)
		return fld1(desc, D_TABLE) ? E_LEAF : E_FREE;
	if (fld1(desc, D_TABLE))
		return E_TABLE;
	return block_there(r, level) ? E_LEAF : E_FREE;
}

/* Output address of a leaf, or address of the next table. */
u64 ssim_desc_oa(const struct ssim_regime *r, int level, u64 desc)
{
	bool leaf = ssim_desc_kind(r, level, desc) == E_LEAF;
	unsigned int low = leaf ? ssim_level_shift(r, level) : r->shift;
	u64 oa = desc & ssim_ones(r->ds ? 50 : 48) & ~ssim_ones(low);

	if (r->ds)
		oa |= fld1(desc, D_OA_51_50) << 50;
	else if (r->shift == 16)
		oa |= fld1(desc, D_OA_51_48) << 48;
	return oa;
}

static bool addressable(const struct ssim_regime *r, u64 va, const struct ssim_access *access)
{
	unsigned int n = 64 - r->tsz, top = r->tbi ? 56 : 64;

	if (r->disabled || (r->e0pd && !access->priv))
		return false;
	if (r->stage == 2)
		return !(va >> n);
	return (va & ssim_ones(top)) >> n == (r->high ? ssim_ones(top - n) : 0);
}

/* Hierarchical permissions, gathered from the tables on the way. */
struct limits {
	bool ro, no_user, uxn, pxn;
};

static void add_limits(const struct ssim_regime *r, struct limits *l, u64 desc)
{
	unsigned int ap = fld1(desc, D_APTABLE);

	if (r->stage == 2 || r->had)
		return;
	l->ro |= ap & 2;
	l->no_user |= ap & 1;
	l->uxn |= fld1(desc, D_UXNTABLE);
	l->pxn |= fld1(desc, D_PXNTABLE);
}

static void permit_s1(const struct ssim_regime *r, const struct limits *l, u64 desc, bool priv,
		      struct ssim_leaf *leaf)
{
	bool dirtyable = r->hd && fld1(desc, D_DBM);
	bool w = (!(fld1(desc, D_AP) & 2) || dirtyable) && !l->ro;
	bool uxn = fld1(desc, D_UXN) || l->uxn;
	bool user;

	if (r->world == WORLD_EL2) {
		leaf->read = true;
		leaf->write = w;
		leaf->exec = !uxn && !(r->wxn && w);
		return;
	}
	user = (fld1(desc, D_AP) & 1) && !l->no_user;
	if (priv) {
		leaf->read = !(r->pan && user);
		leaf->write = w && !(r->pan && user);
		leaf->exec = !fld1(desc, D_PXN) && !l->pxn && !(user && w) && !(r->wxn && w);
	} else {
		leaf->read = user;
		leaf->write = user && w;
		leaf->exec = !uxn && !(r->wxn && user && w);
	}
}

static void permit_s2(struct ssim *s, const struct ssim_regime *r, u64 desc, bool priv,
		      struct ssim_leaf *leaf)
{
	unsigned int xn = fld1(desc, D_S2_XN);
	bool never = xn & 2;

	if (ssim_idr(s, 3, IDR3_XNX))
		never = xn == 2 || xn == (priv ? 1 : 3);
	leaf->read = fld1(desc, D_AP) & 1;
	leaf->write = (fld1(desc, D_AP) & 2) || (r->hd && fld1(desc, D_DBM));
	leaf->exec = leaf->read && !never;
}

static bool permitted(const struct ssim_leaf *leaf, const struct ssim_access *access)
{
	if (access->write)
		return leaf->write && (leaf->read || !access->atomic);
	return access->instr ? leaf->exec : leaf->read;
}

/* One MAIR byte for a stage 2 attribute. */
static u8 s2_attr(u64 desc)
{
	static const u8 normal[] = { 0x0, 0x4, 0xb, 0xf };
	unsigned int m = fld1(desc, D_S2_MEMATTR);

	if (m >> 2)
		return normal[m >> 2] << 4 | normal[m & 3];
	return (m & 3) << 2;
}

/* What masters send is taken for cacheable. */
#define INCOMING	0xff

/* FWB: bit 4 of MemAttr chooses between stage 2's type and stage 1's. */
static u8 force(u8 s1, u64 desc)
{
	switch (fld1(desc, D_S2_MEMATTR) & 7) {
	case 7:
		return s1;
	case 6:
		return 0xff;
	case 5:
		return s1 >> 4 ? 0x44 : s1;
	}
	return (fld1(desc, D_S2_MEMATTR) & 3) << 2;
}

static void attributes(const struct ssim_regime *r, u64 desc, struct ssim_leaf *leaf)
{
	leaf->sh = r->ds ? r->sh : fld1(desc, D_SH);
	leaf->global = r->stage == 1 && r->asid != ASID_NONE && !fld1(desc, D_NG);
	if (r->stage == 1)
		leaf->attr = r->mair >> (8 * fld1(desc, D_ATTRINDX));
	else
		leaf->attr = r->fwb ? force(INCOMING, desc) : s2_attr(desc);
}

/* Where the descriptor at an IPA stands. */
static bool locate(struct ssim *s, const struct ssim_regime *s2, u64 at, bool write, bool quiet,
		   u64 *pa, struct ssim_fault *fault)
{
	struct ssim_access access = { .write = write, .quiet = quiet };
	struct ssim_leaf leaf;

	*pa = at;
	if (!s2)
		return true;
	if (!ssim_walk(s, s2, NULL, at, &access, &leaf, fault)) {
		fault->class = CLASS_TT;
		fault->ipa = at;
		return false;
	}
	if (s2->ptw && !(leaf.attr >> 4)) {
		fault_at(s2, fault, EV_F_PERMISSION, at);
		fault->class = CLASS_TT;
		return false;
	}
	*pa = leaf.pa;
	return true;
}

/*
 * HTTU: the descriptor with AF set, and made writable if this is a write to a
 * dirtyable page. Returns false if there is nothing to update.
 */
static bool updated(const struct ssim_regime *r, const struct ssim_access *access, u64 desc,
		    u64 *new)
{
	*new = desc;
	if (r->ha)
		fld_set(new, D_AF, 1);
	if (r->hd && access->write && fld1(desc, D_DBM)) {
		if (r->stage == 1)
			*new &= ~ssim_bit(7);
		else
			*new |= ssim_bit(7);
	}
	return *new != desc;
}

/* 1: written, 0: another writer was first, -1: fault */
static int update(struct ssim *s, const struct ssim_regime *r, const struct ssim_regime *s2,
		  u64 at, u64 pa, u64 desc, u64 new, struct ssim_fault *fault)
{
	u64 was = ssim_to_cpu(r, desc);

	if (s2 && !locate(s, s2, at, true, false, &pa, fault))
		return -1;
	if (!ssim_swap(s, pa, &was, ssim_to_cpu(r, new))) {
		fault_at(r, fault, EV_F_WALK_EABT, at);
		fault->class = CLASS_TT;
		fault->fetch = pa;
		return -1;
	}
	if (was != ssim_to_cpu(r, desc))
		return 0;
	ssim_tlb_store(s, pa, ssim_to_cpu(r, desc), ssim_to_cpu(r, new));
	return 1;
}

/* A leaf. 1: permitted, 0: read the descriptor again, -1: fault */
static int finish(struct ssim *s, const struct ssim_regime *r, const struct ssim_regime *s2,
		  u64 va, const struct ssim_access *access, const struct limits *limits, u64 at,
		  int level, struct ssim_leaf *leaf, struct ssim_fault *fault)
{
	u64 desc = leaf->desc, new;
	int done;

	leaf->level = level;
	leaf->size = ssim_bit(ssim_level_shift(r, level));
	leaf->va = va & ~(leaf->size - 1);
	leaf->base = ssim_desc_oa(r, level, desc);
	leaf->pa = leaf->base | (va & (leaf->size - 1));
	attributes(r, desc, leaf);
	if (!fld1(desc, D_AF) && !r->ha && !r->affd) {
		fault_at(r, fault, EV_F_ACCESS, va);
		return -1;
	}
	if (r->stage == 1)
		permit_s1(r, limits, desc, access->priv, leaf);
	else
		permit_s2(s, r, desc, access->priv, leaf);
	if (!permitted(leaf, access)) {
		fault_at(r, fault, EV_F_PERMISSION, va);
		return -1;
	}
	if (access->quiet || !updated(r, access, desc, &new))
		return 1;
	done = update(s, r, s2, at, leaf->src, desc, new, fault);
	if (done > 0)
		leaf->desc = new;
	return done;
}

/* Reads one descriptor and tells the TLB. */
static bool fetch(struct ssim *s, const struct ssim_regime *r, const struct ssim_regime *s2,
		  u64 va, bool quiet, u64 at, int level, struct ssim_leaf *leaf,
		  struct ssim_fault *fault)
{
	struct ssim_step step = {
		.regime = r,
		.s2 = s2,
		.level = level,
		.va = va & ~ssim_ones(ssim_level_shift(r, level)),
	};

	if (!locate(s, s2, at, false, quiet, &leaf->src, fault))
		return false;
	if (!ssim_fetch(s, leaf->src, &leaf->desc, 1)) {
		fault_at(r, fault, EV_F_WALK_EABT, at);
		if (r->stage == 1)
			fault->class = CLASS_TT;
		fault->fetch = leaf->src;
		return false;
	}
	leaf->desc = ssim_to_cpu(r, leaf->desc);
	if (!quiet) {
		step.src = leaf->src;
		step.desc = leaf->desc;
		ssim_tlb_step(s, &step, BY_WALK);
	}
	return true;
}

/**
 * ssim_walk() - one stage of translation
 * @s: instance
 * @r: its regime
 * @s2: stage 2, if @r is a nested stage 1; else NULL
 * @va: input address
 * @access: what is wanted; quiet: change nothing and tell the TLB nothing
 * @leaf: the result
 * @fault: or what stood in the way, in the order of 7.3.22
 *
 * Return: whether there is a translation that permits the access.
 */
bool ssim_walk(struct ssim *s, const struct ssim_regime *r, const struct ssim_regime *s2, u64 va,
	       const struct ssim_access *access, struct ssim_leaf *leaf, struct ssim_fault *fault)
{
	struct limits limits = {};
	unsigned int stride = r->shift - 3;
	u64 table, at, index;
	int level, done;

	memset(leaf, 0, sizeof(*leaf));
	if (!addressable(r, va, access))
		return fault_at(r, fault, EV_F_TRANSLATION, va);
	s->stats.walks += !access->quiet;
	table = ssim_root_base(r);
	index = va & ssim_ones(64 - r->tsz);
	for (level = first_level(r); level <= 3; ) {
		at = table + (index >> ssim_level_shift(r, level)) * 8;
		if (!fetch(s, r, s2, va, access->quiet, at, level, leaf, fault))
			return false;
		if (ssim_desc_kind(r, level, leaf->desc) == E_FREE)
			return fault_at(r, fault, EV_F_TRANSLATION, va);
		if (ssim_desc_oa(r, level, leaf->desc) >> r->out_bits)
			return fault_at(r, fault, EV_F_ADDR_SIZE, va);
		if (ssim_desc_kind(r, level, leaf->desc) == E_LEAF) {
			done = finish(s, r, s2, va, access, &limits, at, level, leaf, fault);
			if (done)
				return done > 0;
			continue;
		}
		add_limits(r, &limits, leaf->desc);
		table = ssim_desc_oa(r, level, leaf->desc);
		index &= ssim_ones(stride + ssim_level_shift(r, ++level));
	}
	return fault_at(r, fault, EV_F_TRANSLATION, va);
}

/* 13.1.5: device beats normal; else the weaker cacheability of each half. */
static u8 combine(u8 a, u8 b)
{
	u8 outer, inner;

	if (!(a >> 4) || !(b >> 4)) {
		if (!(a >> 4) && !(b >> 4))
			return a < b ? a : b;
		return a >> 4 ? b : a;
	}
	outer = (a >> 4) < (b >> 4) ? a >> 4 : b >> 4;
	inner = (a & 0xf) < (b & 0xf) ? a & 0xf : b & 0xf;
	return outer << 4 | inner;
}

/**
 * ssim_walk_nested() - all stages of a context
 * @s: instance
 * @ctx: from ssim_find(), with at least one stage
 * @va: input address
 * @access: what is wanted
 * @leaf: the result; size is that of the smaller leaf
 * @fault: or what stood in the way
 *
 * Return: whether there is a translation that permits the access.
 */
bool ssim_walk_nested(struct ssim *s, const struct ssim_context *ctx, u64 va,
		      const struct ssim_access *access, struct ssim_leaf *leaf,
		      struct ssim_fault *fault)
{
	const struct ssim_regime *r = &ctx->r1[va >> 55 & 1];
	struct ssim_leaf second;

	if (!ctx->s1)
		return ssim_walk(s, &ctx->r2, NULL, va, access, leaf, fault);
	/* Without TTB1 all addresses are TTB0's, and the range check refuses. */
	if (r->world == WORLD_EL2)
		r = &ctx->r1[0];
	if (!ssim_walk(s, r, ctx->s2 ? &ctx->r2 : NULL, va, access, leaf, fault))
		return false;
	if (!ctx->s2)
		return true;
	if (!ssim_walk(s, &ctx->r2, NULL, leaf->pa, access, &second, fault))
		return false;
	leaf->read &= second.read;
	leaf->write &= second.write;
	leaf->exec &= second.exec;
	leaf->attr = ctx->r2.fwb ? force(leaf->attr, second.desc) : combine(leaf->attr,
									    second.attr);
	if (leaf->size > second.size)
		leaf->size = second.size;
	leaf->va = va & ~(leaf->size - 1);
	leaf->ipa = leaf->pa & ~(leaf->size - 1);
	leaf->pa = second.pa;
	leaf->base = leaf->pa & ~(leaf->size - 1);
	leaf->src2 = second.src;
	leaf->desc2 = second.desc;
	if (!access->quiet)
		ssim_tlb_combined(s, r, &ctx->r2, leaf);
	return true;
}
