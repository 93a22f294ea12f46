/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arm's long-descriptor translation tables: bits and encodings.
 *
 * Pure functions of their arguments. Nothing here knows how a table is walked,
 * allocated or shared. Chapter names are those of the Arm Architecture
 * Reference Manual for A-profile, DDI 0487, part D8.
 *
 * Words: a *shift* names a level by the number of address bits that one of its
 * entries leaves untranslated (12, 21, 30, 39 with 4K pages); the entry whose
 * shift is the page shift is a page, a leaf above it is a block.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef IO_PGTABLE_ARM_H_
#define IO_PGTABLE_ARM_H_

#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/iommu.h>
#include <linux/types.h>

/* D8.3: fields that all descriptors have */
#define LPAE_DESC_VALID			BIT_ULL(0)
#define LPAE_DESC_TYPE			GENMASK_ULL(1, 0)
#define LPAE_TYPE_BLOCK			1ULL
#define LPAE_TYPE_TABLE			3ULL
#define LPAE_TYPE_PAGE			3ULL
#define LPAE_ADDR_47_12			GENMASK_ULL(47, 12)
#define LPAE_ADDR_47_16			GENMASK_ULL(47, 16)
#define LPAE_ADDR_51_48			GENMASK_ULL(51, 48)
#define LPAE_FIELD_51_48		GENMASK_ULL(15, 12)	/* 64K pages, LPA */
#define LPAE_ADDR_49_12			GENMASK_ULL(49, 12)
#define LPAE_ADDR_51_50			GENMASK_ULL(51, 50)
#define LPAE_FIELD_51_50		GENMASK_ULL(9, 8)	/* 4K and 16K pages, LPA2 */

/* D8.3.1: table descriptors */
#define LPAE_TABLE_NS			BIT_ULL(63)

/* D8.3.2: block and page descriptors; stage 1 names, stage 2 where they differ */
#define LPAE_LEAF_ATTRINDX(n)		((u64)(n) << 2)
#define LPAE_LEAF_NS			BIT_ULL(5)
#define LPAE_LEAF_AP_EL0		BIT_ULL(6)
#define LPAE_LEAF_AP_RO			BIT_ULL(7)
#define LPAE_LEAF_SH			GENMASK_ULL(9, 8)	/* not with LPA2 */
#define LPAE_LEAF_SH_OUTER		(2ULL << 8)
#define LPAE_LEAF_SH_INNER		(3ULL << 8)
#define LPAE_LEAF_AF			BIT_ULL(10)
#define LPAE_LEAF_NG			BIT_ULL(11)
#define LPAE_LEAF_DBM			BIT_ULL(51)
#define LPAE_LEAF_CONT			BIT_ULL(52)
#define LPAE_LEAF_PXN			BIT_ULL(53)
#define LPAE_LEAF_XN			BIT_ULL(54)
#define LPAE_LEAF_S2_MEMATTR(n)		((u64)(n) << 2)
#define LPAE_LEAF_S2_READ		BIT_ULL(6)
#define LPAE_LEAF_S2_WRITE		BIT_ULL(7)

/* What is neither type nor address nor the contiguous hint, whoever owns [9:8] */
#define LPAE_LEAF_ATTRS			(GENMASK_ULL(11, 2) | LPAE_LEAF_DBM | \
					 LPAE_LEAF_PXN | LPAE_LEAF_XN)

/* Bits [58:55] are software's. A table entry that was cleaned to memory: */
#define LPAE_SW_CLEANED			BIT_ULL(55)
/*
 * The whole value of an entry while its block is being split. Bit 0 is clear,
 * so hardware ignores the rest; software tells it from 0, "nothing mapped".
 */
#define LPAE_SW_SPLITTING		BIT_ULL(7)

/* Stage 2 MemAttr[3:0] without FEAT_S2FWB */
#define LPAE_S2_DEVICE_NGNRE		0x1
#define LPAE_S2_NORMAL_NC		0x5
#define LPAE_S2_NORMAL_WB		0xf
/* With it, D8.6.6: the same types, forced; of uncached memory, a device stays one */
#define LPAE_S2_FORCE_NORMAL_WB		0x6

/* The memory types behind AttrIndx, in MAIR_ELx's encoding */
#define LPAE_MAIR_IDX_NC		0
#define LPAE_MAIR_IDX_CACHE		1
#define LPAE_MAIR_IDX_DEVICE		2
#define LPAE_MAIR_IDX_OUTER_CACHE	3
#define LPAE_MAIR_DEVICE_NGNRE		0x04ULL
#define LPAE_MAIR_NORMAL_NC		0x44ULL
#define LPAE_MAIR_INNER_NC_OUTER_WB	0xf4ULL
#define LPAE_MAIR_NORMAL_WB		0xffULL
#define LPAE_MAIR(idx, attr)		((attr) << ((idx) * 8))

/* Mali GPUs: MEMATTR bytes and TRANSTAB bits of the Midgard and Bifrost MMU */
#define LPAE_MALI_MEMATTR_IMPL_DEF	0x88ULL
#define LPAE_MALI_MEMATTR_WRITE_ALLOC	0x8dULL
#define LPAE_MALI_TRANSTAB_TABLE	GENMASK_ULL(1, 0)
#define LPAE_MALI_TRANSTAB_READ_INNER	BIT_ULL(2)
#define LPAE_MALI_TRANSTAB_SHARE_OUTER	BIT_ULL(4)

/* TCR_ELx and VTCR_EL2 field values, which drivers put into their registers */
#define ARM_LPAE_TCR_TG0_4K		0
#define ARM_LPAE_TCR_TG0_64K		1
#define ARM_LPAE_TCR_TG0_16K		2

#define ARM_LPAE_TCR_TG1_16K		1
#define ARM_LPAE_TCR_TG1_4K		2
#define ARM_LPAE_TCR_TG1_64K		3

#define ARM_LPAE_TCR_SH_NS		0
#define ARM_LPAE_TCR_SH_OS		2
#define ARM_LPAE_TCR_SH_IS		3

#define ARM_LPAE_TCR_RGN_NC		0
#define ARM_LPAE_TCR_RGN_WBWA		1
#define ARM_LPAE_TCR_RGN_WT		2
#define ARM_LPAE_TCR_RGN_WB		3

#define ARM_LPAE_TCR_PS_32_BIT		0x0ULL
#define ARM_LPAE_TCR_PS_36_BIT		0x1ULL
#define ARM_LPAE_TCR_PS_40_BIT		0x2ULL
#define ARM_LPAE_TCR_PS_42_BIT		0x3ULL
#define ARM_LPAE_TCR_PS_44_BIT		0x4ULL
#define ARM_LPAE_TCR_PS_48_BIT		0x5ULL
#define ARM_LPAE_TCR_PS_52_BIT		0x6ULL

/* TxSZ may not exceed 39, whatever the granule (without FEAT_TTST) */
#define LPAE_MIN_INPUT_BITS		25
#define LPAE_LAST_LEVEL			3
#define LPAE_MAX_LEVELS			5		/* -1 is the first one */
#define LPAE_MAX_CONCAT_BITS		4

/* TTBRs that hold 52-bit addresses ask for this alignment of a smaller root */
#define LPAE_MIN_ROOT_SIZE		((size_t)64)

/**
 * struct lpae_geo - what the compiler knows of a set of tables
 * @page_shift: 12, 14 or 16
 * @mali: leaf entries have the block type at every level
 * @lpa2: addresses of 52 bits with 4K and 16K pages (TCR_ELx.DS)
 *
 * Walkers take it by value, as a constant, and are inlined once for each.
 */
struct lpae_geo {
	u8 page_shift;
	bool mali;
	bool lpa2;
};

static __always_inline unsigned int lpae_stride(const struct lpae_geo geo)
{
	return geo.page_shift - 3;
}

static __always_inline unsigned int lpae_entries(const struct lpae_geo geo)
{
	return 1U << lpae_stride(geo);
}

static __always_inline size_t lpae_table_size(const struct lpae_geo geo)
{
	return (size_t)1 << geo.page_shift;
}

/*
 * D8.7.1: log2 of the adjacent entries of one level that may be cached as one;
 * 0 for the largest blocks, which LPA and LPA2 brought and which have no runs.
 */
static __always_inline unsigned int lpae_run_bits(unsigned int shift, const struct lpae_geo geo)
{
	switch (geo.page_shift) {
	case 12:
		return shift > 30 ? 0 : 4;
	case 14:
		return shift > 25 ? 0 : shift == 14 ? 7 : 5;
	default:
		return shift > 29 ? 0 : 5;
	}
}

/* Shift of the entries that translate a leaf size, be it one entry's or a run's */
static __always_inline unsigned int lpae_entry_shift(unsigned int size_shift,
						     const struct lpae_geo geo)
{
	return size_shift - (size_shift - geo.page_shift) % lpae_stride(geo);
}

static __always_inline u64 lpae_leaf_type(unsigned int shift, const struct lpae_geo geo)
{
	return shift == geo.page_shift && !geo.mali ? LPAE_TYPE_PAGE : LPAE_TYPE_BLOCK;
}

static __always_inline bool lpae_is_leaf(u64 desc, unsigned int shift,
					 const struct lpae_geo geo)
{
	return (desc & LPAE_DESC_TYPE) == lpae_leaf_type(shift, geo);
}

static __always_inline bool lpae_is_table(u64 desc, unsigned int shift,
					  const struct lpae_geo geo)
{
	return shift != geo.page_shift && (desc & LPAE_DESC_TYPE) == LPAE_TYPE_TABLE;
}

/*
 * With 64K pages bits [51:48] of an address live in bits [15:12] (FEAT_LPA). With
 * the others and FEAT_LPA2 bits [51:50] live in [9:8], and the rest in place.
 */
static __always_inline u64 lpae_addr_field(u64 addr, const struct lpae_geo geo)
{
	if (geo.lpa2)
		return (addr & LPAE_ADDR_49_12) | ((addr & LPAE_ADDR_51_50) >> 42);
	if (geo.page_shift < 16)
		return addr & LPAE_ADDR_47_12;
	return (addr & LPAE_ADDR_47_16) | ((addr & LPAE_ADDR_51_48) >> 36);
}

static __always_inline u64 lpae_addr(u64 desc, const struct lpae_geo geo)
{
	if (geo.lpa2)
		return (desc & LPAE_ADDR_49_12) | ((desc & LPAE_FIELD_51_50) << 42);
	if (geo.page_shift < 16)
		return desc & LPAE_ADDR_47_12;
	return (desc & LPAE_ADDR_47_16) | ((desc & LPAE_FIELD_51_48) << 36);
}

/* What a piece of a block, or an entry of a run, inherits from it */
static __always_inline u64 lpae_attrs(u64 desc, const struct lpae_geo geo)
{
	return desc & (geo.lpa2 ? LPAE_LEAF_ATTRS & ~LPAE_LEAF_SH : LPAE_LEAF_ATTRS);
}

/* IOMMU_READ to IOMMU_PRIV are the lowest bits of a request */
#define LPAE_PROTS			64U

/* Stage 1, D8.4 and D8.6: @tracked leaves a dirty bit to the hardware */
static inline u64 lpae_s1_attrs(int prot, bool tracked)
{
	u64 attrs = LPAE_LEAF_AF | LPAE_LEAF_NG;

	if (prot & IOMMU_MMIO)
		attrs |= LPAE_LEAF_ATTRINDX(LPAE_MAIR_IDX_DEVICE);
	else if (prot & IOMMU_CACHE)
		attrs |= LPAE_LEAF_ATTRINDX(LPAE_MAIR_IDX_CACHE);

	/* There is no write without read: what may be written may be read */
	if (!(prot & IOMMU_WRITE))
		attrs |= LPAE_LEAF_AP_RO;
	else if (tracked)
		attrs |= LPAE_LEAF_DBM;

	if (!(prot & IOMMU_PRIV))
		attrs |= LPAE_LEAF_AP_EL0;
	if (prot & IOMMU_NOEXEC)
		attrs |= LPAE_LEAF_XN | LPAE_LEAF_PXN;

	return attrs | (prot & IOMMU_CACHE ? LPAE_LEAF_SH_INNER : LPAE_LEAF_SH_OUTER);
}

/*
 * Stage 2. XN alone is "never" with and without FEAT_XNX; both bits together
 * would leave execution at EL1 allowed where FEAT_XNX is implemented.
 */
static inline u64 lpae_s2_attrs(int prot, bool tracked, bool forced)
{
	u64 attrs = LPAE_LEAF_AF;

	if (prot & IOMMU_MMIO)
		attrs |= LPAE_LEAF_S2_MEMATTR(LPAE_S2_DEVICE_NGNRE);
	else if (prot & IOMMU_CACHE)
		attrs |= LPAE_LEAF_S2_MEMATTR(forced ? LPAE_S2_FORCE_NORMAL_WB :
						       LPAE_S2_NORMAL_WB);
	else
		attrs |= LPAE_LEAF_S2_MEMATTR(LPAE_S2_NORMAL_NC);

	if (prot & IOMMU_READ)
		attrs |= LPAE_LEAF_S2_READ;
	if (prot & IOMMU_WRITE)
		attrs |= LPAE_LEAF_S2_WRITE | (tracked ? LPAE_LEAF_DBM : 0);
	if (prot & IOMMU_NOEXEC)
		attrs |= LPAE_LEAF_XN;

	return attrs | (prot & IOMMU_CACHE ? LPAE_LEAF_SH_INNER : LPAE_LEAF_SH_OUTER);
}

/*
 * Mali has memory types in the manner of stage 1 and permissions in that of
 * stage 2, no access flag, and an outer domain that means "beyond the GPU".
 */
static inline u64 lpae_mali_attrs(int prot)
{
	u64 attrs = LPAE_LEAF_SH_OUTER;

	if (prot & IOMMU_MMIO)
		attrs |= LPAE_LEAF_ATTRINDX(LPAE_MAIR_IDX_DEVICE);
	else if (prot & IOMMU_CACHE)
		attrs |= LPAE_LEAF_ATTRINDX(LPAE_MAIR_IDX_CACHE);

	if (prot & IOMMU_READ)
		attrs |= LPAE_LEAF_S2_READ;
	if (prot & IOMMU_WRITE)
		attrs |= LPAE_LEAF_S2_WRITE;
	if (prot & IOMMU_NOEXEC)
		attrs |= LPAE_LEAF_XN | LPAE_LEAF_PXN;

	return attrs;
}

/* D8.5.2: with DBM, bit 7 says "clean" at stage 1 and "dirty" at stage 2 */
static inline bool lpae_is_dirty(u64 desc, bool stage2)
{
	return (desc & LPAE_LEAF_DBM) && !!(desc & LPAE_LEAF_S2_WRITE) == stage2;
}

static inline u64 lpae_make_clean(u64 desc, bool stage2)
{
	return stage2 ? desc & ~LPAE_LEAF_S2_WRITE : desc | LPAE_LEAF_AP_RO;
}

/* TCR_ELx.IPS and VTCR_EL2.PS; -EINVAL for a width that they cannot express */
static inline int lpae_ps_field(unsigned int bits)
{
	static const u8 width[] = { 32, 36, 40, 42, 44, 48, 52 };

	for (int i = 0; i < ARRAY_SIZE(width); i++)
		if (width[i] == bits)
			return i;
	return -EINVAL;
}

/* TCR_ELx.TG0 (VTCR_EL2.TG0 likewise) or TG1, which number the sizes apart */
static inline unsigned int lpae_tg_field(unsigned int page_shift, bool ttbr1)
{
	switch (page_shift) {
	case 12:
		return ttbr1 ? ARM_LPAE_TCR_TG1_4K : ARM_LPAE_TCR_TG0_4K;
	case 14:
		return ttbr1 ? ARM_LPAE_TCR_TG1_16K : ARM_LPAE_TCR_TG0_16K;
	default:
		return ttbr1 ? ARM_LPAE_TCR_TG1_64K : ARM_LPAE_TCR_TG0_64K;
	}
}

/* VTCR_EL2.SL0 counts from the bottom, and by one more with 4K pages */
static inline unsigned int lpae_sl0_field(unsigned int page_shift, int level)
{
	return (page_shift == 12 ? 2 : 3) - level;
}

/**
 * struct lpae_root - where a walk starts
 * @level: lookup level of the root, -1 to 3
 * @bits: address bits that index it; tables lie side by side if these are more
 *	than one table has
 */
struct lpae_root {
	s8 level;
	u8 bits;
};

static inline struct lpae_root lpae_natural_root(unsigned int input_bits,
						 const struct lpae_geo geo)
{
	unsigned int left = input_bits - geo.page_shift;
	struct lpae_root root = { .level = LPAE_LAST_LEVEL };

	for (; left > lpae_stride(geo); left -= lpae_stride(geo))
		root.level--;
	root.bits = left;
	return root;
}

/*
 * Stage 2 may begin one level lower, with up to 16 tables side by side. It has
 * to where no level 0 exists (16K pages without LPA2) and where the output size
 * is too small for the architecture to offer the natural start (D8.2, initial
 * lookup level). A root above level 1 that can be avoided only makes walks
 * longer. Level -1 always can, so that VTCR_EL2.SL2 stays 0.
 */
static inline struct lpae_root lpae_stage2_root(unsigned int input_bits,
						unsigned int output_bits,
						const struct lpae_geo geo)
{
	struct lpae_root root = lpae_natural_root(input_bits, geo);
	bool lower = root.level <= 0;

	if (geo.page_shift == 14)
		lower |= root.level == 1 && output_bits <= 40;
	if (geo.page_shift == 16)
		lower |= root.level == 1 && output_bits <= 42;

	if (lower && root.bits <= LPAE_MAX_CONCAT_BITS) {
		root.level++;
		root.bits += lpae_stride(geo);
	}
	return root;
}

#endif /* IO_PGTABLE_ARM_H_ */
