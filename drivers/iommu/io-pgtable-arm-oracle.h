/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second opinion on Arm's long-descriptor tables, for tests.
 *
 * Walks as hardware does, from nothing but register values and memory, and
 * judges every descriptor on the way. It is written from DDI 0487 (D8.2 and
 * D8.3), apart from the encoder, and shares no name or number with it: do not
 * include io-pgtable-arm.h here, and keep the numbers literal.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef IO_PGTABLE_ARM_ORACLE_H_
#define IO_PGTABLE_ARM_ORACLE_H_

#include <linux/io-pgtable.h>
#include <linux/types.h>

enum oracle_kind {
	ORACLE_STAGE1,
	ORACLE_STAGE2,
	ORACLE_MALI,
};

/**
 * struct oracle - a translation regime as its registers describe it
 * @kind: what the leaf attributes mean
 * @page: address bits of a page: 12, 14 or 16
 * @input: width of an input address
 * @output: width of an output address
 * @start: lookup level of the root, -1 to 3
 * @root: physical address of the root
 * @upper: the upper half of the address space (TTBR1)
 * @secure_ns: NS and NSTable have to be set
 * @hw_dirty: DBM may be set
 * @hints: leaves may have the contiguous hint
 * @ds: the DS bit: 52-bit addresses with 4K and 16K pages
 * @share: shareability of the walks, and with @ds of what they lead to
 * @coherent: the walker snoops
 * @fetch: reads a descriptor as the walker would; the address is 8-aligned
 * @arg: for @fetch
 */
struct oracle {
	enum oracle_kind kind;
	unsigned int page;
	unsigned int input;
	unsigned int output;
	int start;
	u64 root;
	bool upper;
	bool secure_ns;
	bool hw_dirty;
	bool hints;
	bool ds;
	unsigned int share;
	bool coherent;
	u64 (*fetch)(void *arg, u64 addr);
	void *arg;
};

/**
 * struct oracle_leaf - what a walk found
 * @addr: output address for the input address
 * @size: bytes that the leaf translates
 * @desc: the leaf as it stands in memory
 * @prot: IOMMU_READ and so on, as hardware understands the leaf
 * @dirty: written since it was last clean, as far as hardware says
 * @wrong: NULL, or what is illegal about a descriptor on the way
 */
struct oracle_leaf {
	u64 addr;
	u64 size;
	u64 desc;
	int prot;
	bool dirty;
	const char *wrong;
};

static inline unsigned int oracle_width(unsigned int ps)
{
	switch (ps) {
	case 0: return 32;
	case 1: return 36;
	case 2: return 40;
	case 3: return 42;
	case 4: return 44;
	case 5: return 48;
	case 6: return 52;
	default: return 0;
	}
}

static inline const char *oracle_check_root(const struct oracle *o)
{
	unsigned int stride = o->page - 3, covered = o->page + stride * (4 - o->start);
	u64 bytes;

	if (o->start > 3 || o->input < 25 || o->input > (o->page == 16 || o->ds ? 52 : 48))
		return "input size";
	if (o->ds && o->page == 16)
		return "DS is not for 64K";
	if (o->output > (o->page == 16 || o->ds ? 52 : 48))
		return "output size";
	if (o->input <= covered - stride)
		return "root is indexed by nothing";
	bytes = 8ULL << (o->input - (covered - stride));
	if (o->kind == ORACLE_STAGE1 && o->input > covered)
		return "root too small";
	if (o->kind == ORACLE_STAGE2 && o->input > covered + 4)
		return "more than 16 concatenated roots";
	if (o->start < (o->ds && o->page == 12 ? -1 : o->page == 16 ? 1 : 0))
		return "no such level";
	if (o->kind == ORACLE_STAGE2 && o->start == 0 && o->page == 12 && o->output <= 42)
		return "no level 0 for 4K at this size";
	if (o->kind == ORACLE_STAGE2 && o->start == 0 && o->page == 14 && !o->ds)
		return "no level 0 for 16K";
	if (o->kind == ORACLE_STAGE2 && o->start == 1 && o->page == 14 && o->output <= 40)
		return "no level 1 for 16K at this size";
	if (o->kind == ORACLE_STAGE2 && o->start == 1 && o->page == 16 && o->output <= 42)
		return "no level 1 for 64K at this size";
	if (o->kind == ORACLE_STAGE2 && o->start == 3 && o->page == 12)
		return "no level 3 root for 4K";
	if (o->root & ((bytes < 64 ? 64 : bytes) - 1))
		return "root misaligned";
	if (o->root >> o->output)
		return "root beyond the output size";
	return NULL;
}

/* The start level that stage 1 hardware derives from TxSZ */
static inline int oracle_stage1_start(unsigned int page, unsigned int input)
{
	if (input <= page + (page - 3))
		return 3;
	if (input <= page + 2 * (page - 3))
		return 2;
	if (input <= page + 3 * (page - 3))
		return 1;
	return input <= page + 4 * (page - 3) ? 0 : -1;
}

/* Return: NULL, or what is wrong with the configuration that came back */
static inline const char *oracle_init(struct oracle *o, enum io_pgtable_fmt fmt,
				      const struct io_pgtable_cfg *cfg)
{
	static const u8 tg0[] = { 12, 16, 14, 0 }, tg1[] = { 0, 14, 12, 16 };
	unsigned int tg, sl;

	o->secure_ns = cfg->quirks & BIT(0);
	o->upper = cfg->quirks & BIT(5);
	o->hw_dirty = cfg->quirks & BIT(7);
	o->hints = cfg->quirks & BIT(17);
	o->coherent = cfg->coherent_walk;

	switch (fmt) {
	case ARM_64_LPAE_S1:
	case ARM_32_LPAE_S1:
		o->kind = ORACLE_STAGE1;
		tg = cfg->arm_lpae_s1_cfg.tcr.tg;
		o->page = o->upper ? tg1[tg] : tg0[tg];
		o->input = 64 - cfg->arm_lpae_s1_cfg.tcr.tsz;
		o->output = oracle_width(cfg->arm_lpae_s1_cfg.tcr.ips);
		o->start = oracle_stage1_start(o->page, o->input);
		o->ds = cfg->arm_lpae_s1_cfg.tcr.ds;
		o->share = cfg->arm_lpae_s1_cfg.tcr.sh;
		o->root = cfg->arm_lpae_s1_cfg.ttbr;
		break;
	case ARM_64_LPAE_S2:
	case ARM_32_LPAE_S2:
		o->kind = ORACLE_STAGE2;
		o->page = tg0[cfg->arm_lpae_s2_cfg.vtcr.tg];
		o->input = 64 - cfg->arm_lpae_s2_cfg.vtcr.tsz;
		o->output = oracle_width(cfg->arm_lpae_s2_cfg.vtcr.ps);
		o->ds = cfg->arm_lpae_s2_cfg.vtcr.ds;
		o->share = cfg->arm_lpae_s2_cfg.vtcr.sh;
		sl = cfg->arm_lpae_s2_cfg.vtcr.sl;
		if (sl == 3 && !(o->ds && o->page == 14))
			return "SL0 is reserved";
		o->start = (o->page == 12 ? 2 : 3) - (int)sl;
		o->root = cfg->arm_lpae_s2_cfg.vttbr;
		break;
	case ARM_MALI_LPAE:
		o->kind = ORACLE_MALI;
		o->page = 12;
		o->input = cfg->ias;
		o->output = 40;
		o->start = 0;
		o->root = cfg->arm_mali_lpae_cfg.transtab & ~0xfffULL;
		if ((cfg->arm_mali_lpae_cfg.transtab & 0xfff) !=
		    (cfg->coherent_walk ? 0x17 : 0x07))
			return "TRANSTAB mode";
		return o->root >> 40 ? "root beyond the output size" : NULL;
	default:
		return "unknown format";
	}

	if (!o->page)
		return "TG is reserved";
	if (o->ds != ((cfg->quirks & BIT(18)) && o->page != 16))
		return "DS";
	return oracle_check_root(o);
}

static inline u64 oracle_out_addr(const struct oracle *o, u64 desc, unsigned int below)
{
	u64 addr = desc & 0x0000ffffffffffffULL & ~((1ULL << below) - 1);

	if (o->ds)
		addr |= (desc & 0x0003000000000000ULL) | (desc & 0x300) << 42;
	else if (o->page == 16)
		addr |= ((desc >> 12) & 0xf) << 48;
	return addr;
}

static inline const char *oracle_judge_table(const struct oracle *o, u64 desc)
{
	/* Between the type and the address there is nothing, but for [51:50] of it */
	if (desc & (o->ds ? 0xcfc : 0xffc))
		return "table: bits [11:2]";
	if (o->page == 14 && (desc & 0x3000))
		return "table: 16K address bits [13:12]";
	if (desc & (0xfULL << 48 | 7ULL << 52 | 7ULL << 56 | 0xfULL << 59) &
	    ~(o->ds ? 3ULL << 48 : 0))
		return "table: reserved or hierarchical permission bits";
	if (!!(desc >> 63) != (o->kind == ORACLE_STAGE1 && o->secure_ns))
		return "table: NSTable";
	if (oracle_out_addr(o, desc, o->page) >> o->output)
		return "table: address size";
	return NULL;
}

/* @below: address bits that the leaf leaves untranslated */
static inline const char *oracle_judge_leaf(const struct oracle *o, u64 desc, unsigned int below)
{
	u64 low = (1ULL << below) - 1;

	if (below != o->page) {
		bool big = o->page == 12 ? below == 21 || below == 30 || (o->ds && below == 39) :
			   o->page == 14 ? below == 25 || (o->ds && below == 36) :
			   below == 29 || (below == 42 && o->output == 52);

		if (!big)
			return "leaf: no block at this level";
	}
	if (desc & low & (o->page == 16 ? ~0xffffULL : ~0xfffULL))
		return "leaf: address bits of a block, or nT";
	if (desc & (o->ds ? 1ULL << 50 : 7ULL << 48))
		return "leaf: bits [50:48]";
	if ((desc >> 52 & 1) && !o->hints)
		return "leaf: contiguous";
	if (desc >> 55)
		return "leaf: bits [63:55]";
	if (oracle_out_addr(o, desc, below) >> o->output)
		return "leaf: address size";
	if (!o->ds && (desc >> 8 & 3) == 1)
		return "leaf: SH is reserved";
	if ((desc >> 51 & 1) && !o->hw_dirty)
		return "leaf: DBM";

	switch (o->kind) {
	case ORACLE_STAGE1:
		if (!(desc >> 10 & 1))
			return "leaf: access flag";
		if (!(desc >> 11 & 1))
			return "leaf: global";
		if ((desc >> 5 & 1) != o->secure_ns)
			return "leaf: NS";
		if ((desc >> 2 & 7) > 2)
			return "leaf: AttrIndx";
		break;
	case ORACLE_STAGE2:
		if (!(desc >> 10 & 1))
			return "leaf: access flag";
		if (desc >> 11 & 1)
			return "leaf: bit 11";
		if (desc >> 53 & 1)
			return "leaf: XN[0]";
		if ((desc >> 2 & 0xf) != 1 && (desc >> 2 & 0xf) != 5 && (desc >> 2 & 0xf) != 15)
			return "leaf: MemAttr";
		break;
	case ORACLE_MALI:
		if (desc & (3ULL << 10 | 1ULL << 5 | 1ULL << 51))
			return "leaf: bits that Mali does not have";
		if ((desc >> 8 & 3) != 2)
			return "leaf: SH";
		break;
	}
	return NULL;
}

/* Entries that the contiguous hint joins at a level; 0 where there is no hint */
static inline unsigned int oracle_run(const struct oracle *o, unsigned int below)
{
	switch (below) {
	case 12:
	case 21:
	case 30:
		return 16;
	case 14:
		return 128;
	case 25:
	case 16:
	case 29:
		return 32;
	}
	return 0;
}

/*
 * Contiguous leaves: every entry of the aligned run is a leaf with the hint and
 * the same attributes, and leads to where its place in the run says. @slot: the
 * address of entry @index of its table.
 */
static inline const char *oracle_judge_run(const struct oracle *o, u64 slot, u64 index, u64 desc,
					   unsigned int below)
{
	unsigned int entries = oracle_run(o, below), i, place;
	const u64 field = o->ds ? 0x0003fffffffff300ULL : 0x0000fffffffff000ULL;
	u64 start, other;

	if (!(desc >> 52 & 1))
		return NULL;
	if (!entries)
		return "run: no hint at this level";
	place = index % entries;
	start = oracle_out_addr(o, desc, below) - ((u64)place << below);
	if (start & (((u64)entries << below) - 1))
		return "run: output misaligned";
	for (i = 0; i < entries; i++) {
		other = o->fetch(o->arg, slot + 8 * ((u64)i - place));
		if ((other ^ desc) & ~field)
			return "run: entries of different attributes";
		if (oracle_out_addr(o, other, below) != start + ((u64)i << below))
			return "run: entries do not follow each other";
	}
	return NULL;
}

/* IOMMU_READ 1, WRITE 2, CACHE 4, NOEXEC 8, MMIO 16, PRIV 32; 64: inner shareable */
static inline int oracle_prot(const struct oracle *o, u64 desc, bool *dirty)
{
	unsigned int mem;
	int prot = 0;

	*dirty = false;
	if (o->kind == ORACLE_STAGE1) {
		prot |= 1;
		if (!(desc & 0x80) || (desc >> 51 & 1))
			prot |= 2;
		*dirty = (desc >> 51 & 1) && !(desc & 0x80);
		if (!(desc & 0x40))
			prot |= 32;
		if ((desc >> 53 & 3) == 3)
			prot |= 8;
	} else {
		if (desc & 0x40)
			prot |= 1;
		if ((desc & 0x80) || (desc >> 51 & 1))
			prot |= 2;
		*dirty = (desc >> 51 & 1) && (desc & 0x80);
		if (desc >> 54 & 1)
			prot |= 8;
	}

	if (o->kind == ORACLE_STAGE2) {
		mem = desc >> 2 & 0xf;
		prot |= mem == 1 ? 16 : mem == 15 ? 4 : 0;
	} else {
		mem = desc >> 2 & 7;
		prot |= mem == 2 ? 16 : mem == 1 ? 4 : 0;
	}
	return prot | ((o->ds ? o->share : desc >> 8 & 3) == 3 ? 64 : 0);
}

/* What hardware makes of a request: the bits that @o's leaves can express */
static inline int oracle_expect_prot(const struct oracle *o, int prot)
{
	prot &= 63;
	if (o->ds ? o->coherent : (prot & 4) && o->kind != ORACLE_MALI)
		prot |= 64;
	if (prot & 16)
		prot &= ~4;
	if (o->kind == ORACLE_STAGE1)
		prot |= 1;
	else
		prot &= ~32;
	return prot;
}

/* Bit 1 of a leaf at level 3, inverted */
static inline bool oracle_small_type(const struct oracle *o)
{
	return o->kind == ORACLE_MALI;
}

/* Return: true and *@leaf filled in if @iova translates (or tries to, wrongly) */
static inline bool oracle_walk(const struct oracle *o, u64 iova, struct oracle_leaf *leaf)
{
	unsigned int below, stride = o->page - 3;
	u64 table = o->root, index, desc;
	int level = o->start;

	*leaf = (struct oracle_leaf){ 0 };
	if (o->upper)
		iova = ~iova >> o->input ? 1ULL << 63 : iova & (~0ULL >> (64 - o->input));
	if (iova >> o->input)
		return false;

	for (;; level++) {
		below = o->page + (3 - level) * stride;
		index = iova >> below;
		if (level != o->start)
			index &= (1ULL << stride) - 1;
		desc = o->fetch(o->arg, table + 8 * index);
		if (!(desc & 1))
			return false;
		if (!(desc & 2) || level == 3)
			break;
		leaf->wrong = leaf->wrong ?: oracle_judge_table(o, desc);
		table = oracle_out_addr(o, desc, o->page);
	}

	/* Type 01 is reserved at level 3, except that Mali wants just that */
	if (level == 3 && (desc >> 1 & 1) == oracle_small_type(o))
		return false;

	leaf->wrong = leaf->wrong ?: oracle_judge_leaf(o, desc, below);
	leaf->wrong = leaf->wrong ?: oracle_judge_run(o, table + 8 * index, index, desc, below);
	leaf->desc = desc;
	leaf->size = 1ULL << below;
	leaf->addr = oracle_out_addr(o, desc, below) + (iova & (leaf->size - 1));
	leaf->prot = oracle_prot(o, desc, &leaf->dirty);
	return true;
}

#endif /* IO_PGTABLE_ARM_ORACLE_H_ */
