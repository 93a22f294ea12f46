// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arm long-descriptor tables: the five formats, what a configuration means for
 * each, and the register values that make hardware walk the tables.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */

#include <linux/bitops.h>
#include <linux/container_of.h>
#include <linux/io-pgtable.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include <asm/barrier.h>

#include "io-pgtable-arm-tables.h"
#include "io-pgtable.h"

/*
 * Of the granules on offer, the CPU's page size maps its pages one to one; else
 * the largest that still divides a CPU page, else the smallest that does not.
 */
static unsigned int lpae_choose_page_shift(unsigned long pgsizes)
{
	pgsizes &= SZ_4K | SZ_16K | SZ_64K;
	if (!pgsizes)
		return 0;
	if (pgsizes & (PAGE_SIZE | (PAGE_SIZE - 1)))
		return __fls(pgsizes & (PAGE_SIZE | (PAGE_SIZE - 1)));
	return __ffs(pgsizes);
}

static u64 lpae_leaf_sizes(const struct lpae_geo geo, unsigned int output_bits)
{
	switch (geo.page_shift) {
	case 12:
		return SZ_4K | SZ_2M | SZ_1G | (geo.lpa2 ? BIT_ULL(39) : 0);
	case 14:
		return SZ_16K | SZ_32M | (geo.lpa2 ? BIT_ULL(36) : 0);
	default:
		return SZ_64K | SZ_512M | (output_bits > 48 ? BIT_ULL(42) : 0);
	}
}

/*
 * Shrinks @cfg to what the format can do. With 64K pages 52 bits always go where
 * they go, and the DS bit has no say. Return: false if nothing is left.
 */
static bool lpae_fit_cfg(struct io_pgtable_cfg *cfg, struct lpae_geo *geo)
{
	unsigned int max_bits;

	geo->page_shift = lpae_choose_page_shift(cfg->pgsize_bitmap);
	if (!geo->page_shift)
		return false;

	geo->lpa2 = geo->page_shift < 16 && (cfg->quirks & IO_PGTABLE_QUIRK_ARM_LPA2);
	max_bits = geo->page_shift == 16 || geo->lpa2 ? 52 : 48;
	cfg->ias = min(cfg->ias, max_bits);
	cfg->oas = min(cfg->oas, max_bits);
	cfg->pgsize_bitmap &= lpae_leaf_sizes(*geo, cfg->oas);

	if (cfg->ias < LPAE_MIN_INPUT_BITS || cfg->oas < geo->page_shift)
		return false;
	/* Hardware may mark any entry of a run dirty, where only one is looked at */
	return !(cfg->quirks & IO_PGTABLE_QUIRK_ARM_HD) ||
	       !(cfg->quirks & IO_PGTABLE_QUIRK_ARM_CONT);
}

static struct lpae_tables *lpae_new(void *cookie, const struct lpae_geo geo)
{
	struct lpae_tables *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return NULL;

	spin_lock_init(&t->split_lock);
#ifdef CONFIG_DEBUG_FS
	spin_lock_init(&t->view_lock);
	INIT_LIST_HEAD(&t->kept);
#endif
	t->geo = geo;
	t->table_attrs = LPAE_TYPE_TABLE;
	t->iop.ops = *lpae_walker(geo);
	t->iop.cookie = cookie;
	return t;
}

static u64 lpae_prot_attrs(const struct lpae_tables *t, int prot)
{
	bool tracked = t->iop.cfg.quirks & IO_PGTABLE_QUIRK_ARM_HD;
	u64 attrs;

	if (t->geo.mali)
		return lpae_mali_attrs(prot);
	if (t->stage2)
		attrs = lpae_s2_attrs(prot, tracked,
				      t->iop.cfg.quirks & IO_PGTABLE_QUIRK_ARM_S2FWB);
	else
		attrs = lpae_s1_attrs(prot, tracked);
	if (t->iop.cfg.quirks & IO_PGTABLE_QUIRK_ARM_NS)
		attrs |= LPAE_LEAF_NS;
	/* D8.6.2: with the DS bit all leaves are as shareable as the tables */
	return lpae_attrs(attrs, t->geo);
}

/* Sizes that a run of entries with the contiguous hint translates */
static unsigned long lpae_run_sizes(const struct lpae_tables *t)
{
	unsigned long left, sizes = 0;

	for (left = t->entry_sizes; left; left &= left - 1) {
		unsigned int shift = __ffs(left), bits = lpae_run_bits(shift, t->geo);

		/* 16G does not exist where a long has 32 bits */
		if (shift < t->root_shift || t->root_entries >> bits)
			sizes |= (unsigned long)BIT_ULL(shift + bits);
	}
	return sizes;
}

/*
 * A block that spans more than a root entry cannot be expressed: such sizes are
 * withdrawn. The tables get their own copy of @cfg, for the registry makes its
 * copy only when everything is there.
 */
static int lpae_make_root(struct lpae_tables *t, struct io_pgtable_cfg *cfg,
			  const struct lpae_root root, size_t min_size)
{
	t->root_entries = 1U << root.bits;
	t->root_shift = t->geo.page_shift + (LPAE_LAST_LEVEL - root.level) * lpae_stride(t->geo);
	t->root_size = max(t->root_entries * sizeof(u64), min_size);
	cfg->pgsize_bitmap &= GENMASK_ULL(t->root_shift, 0);
	t->entry_sizes = cfg->pgsize_bitmap;
	t->hints = cfg->quirks & IO_PGTABLE_QUIRK_ARM_CONT;
	if (t->hints)
		cfg->pgsize_bitmap |= lpae_run_sizes(t);
	t->iop.cfg = *cfg;
	t->last = GENMASK_ULL(cfg->ias - 1, 0);
	t->last_addr = GENMASK_ULL(cfg->oas - 1, 0);
	if (cfg->quirks & IO_PGTABLE_QUIRK_ARM_TTBR1)
		t->first = ~t->last;
	for (int prot = 0; prot < LPAE_PROTS; prot++)
		t->prot_attrs[prot] = lpae_prot_attrs(t, prot);

	t->root = lpae_alloc_pages(t, t->root_size, GFP_KERNEL);
	if (!t->root)
		return -ENOMEM;

	/* An empty root before any register that names it */
	wmb();
	return 0;
}

/* How the walker's own accesses appear on the bus: TCR_ELx.{SH,IRGN,ORGN} */
struct lpae_walk_attrs {
	u8 sh;
	u8 inner;
	u8 outer;
};

static struct lpae_walk_attrs lpae_walk_attrs(const struct io_pgtable_cfg *cfg)
{
	struct lpae_walk_attrs attrs = {
		.sh = ARM_LPAE_TCR_SH_OS,
		.inner = ARM_LPAE_TCR_RGN_NC,
		.outer = ARM_LPAE_TCR_RGN_NC,
	};

	if (cfg->coherent_walk) {
		attrs.sh = ARM_LPAE_TCR_SH_IS;
		attrs.inner = ARM_LPAE_TCR_RGN_WBWA;
	}
	if (cfg->coherent_walk || (cfg->quirks & IO_PGTABLE_QUIRK_ARM_OUTER_WBWA))
		attrs.outer = ARM_LPAE_TCR_RGN_WBWA;
	return attrs;
}

static struct io_pgtable *lpae_new_s1(struct io_pgtable_cfg *cfg, void *cookie,
				      unsigned long quirks)
{
	typeof(cfg->arm_lpae_s1_cfg) *regs = &cfg->arm_lpae_s1_cfg;
	const struct lpae_walk_attrs walk = lpae_walk_attrs(cfg);
	struct lpae_geo geo = { };
	struct lpae_tables *t;
	int ps;

	if ((cfg->quirks & ~quirks) || !lpae_fit_cfg(cfg, &geo))
		return NULL;
	ps = lpae_ps_field(cfg->oas);
	if (ps < 0)
		return NULL;
	if (cfg->coherent_walk && (cfg->quirks & IO_PGTABLE_QUIRK_ARM_OUTER_WBWA))
		return NULL;

	t = lpae_new(cookie, geo);
	if (!t)
		return NULL;

	if (cfg->quirks & IO_PGTABLE_QUIRK_ARM_NS)
		t->table_attrs |= LPAE_TABLE_NS;
	if (lpae_make_root(t, cfg, lpae_natural_root(cfg->ias, geo), LPAE_MIN_ROOT_SIZE)) {
		kfree(t);
		return NULL;
	}

	regs->tcr.sh = walk.sh;
	regs->tcr.irgn = walk.inner;
	regs->tcr.orgn = walk.outer;
	regs->tcr.ips = ps;
	regs->tcr.tg = lpae_tg_field(geo.page_shift, cfg->quirks & IO_PGTABLE_QUIRK_ARM_TTBR1);
	regs->tcr.tsz = 64 - cfg->ias;
	regs->tcr.ds = geo.lpa2;
	regs->mair = LPAE_MAIR(LPAE_MAIR_IDX_NC, LPAE_MAIR_NORMAL_NC) |
		     LPAE_MAIR(LPAE_MAIR_IDX_CACHE, LPAE_MAIR_NORMAL_WB) |
		     LPAE_MAIR(LPAE_MAIR_IDX_DEVICE, LPAE_MAIR_DEVICE_NGNRE) |
		     LPAE_MAIR(LPAE_MAIR_IDX_OUTER_CACHE, LPAE_MAIR_INNER_NC_OUTER_WB);
	regs->ttbr = virt_to_phys(t->root);
	return &t->iop;
}

static struct io_pgtable *lpae_new_s2(struct io_pgtable_cfg *cfg, void *cookie,
				      unsigned long quirks)
{
	typeof(cfg->arm_lpae_s2_cfg) *regs = &cfg->arm_lpae_s2_cfg;
	const struct lpae_walk_attrs walk = lpae_walk_attrs(cfg);
	struct lpae_geo geo = { };
	struct lpae_root root;
	struct lpae_tables *t;
	int ps;

	if ((cfg->quirks & ~quirks) || !lpae_fit_cfg(cfg, &geo))
		return NULL;
	ps = lpae_ps_field(cfg->oas);
	if (ps < 0)
		return NULL;

	t = lpae_new(cookie, geo);
	if (!t)
		return NULL;

	t->stage2 = true;
	root = lpae_stage2_root(cfg->ias, cfg->oas, geo);
	if (lpae_make_root(t, cfg, root, LPAE_MIN_ROOT_SIZE)) {
		kfree(t);
		return NULL;
	}

	regs->vtcr.sh = walk.sh;
	regs->vtcr.irgn = walk.inner;
	regs->vtcr.orgn = walk.outer;
	regs->vtcr.ps = ps;
	regs->vtcr.tg = lpae_tg_field(geo.page_shift, false);
	regs->vtcr.sl = lpae_sl0_field(geo.page_shift, root.level);
	regs->vtcr.tsz = 64 - cfg->ias;
	regs->vtcr.ds = geo.lpa2;
	regs->vttbr = virt_to_phys(t->root);
	return &t->iop;
}

static struct io_pgtable *lpae_alloc_64_s1(struct io_pgtable_cfg *cfg, void *cookie)
{
	return lpae_new_s1(cfg, cookie, IO_PGTABLE_QUIRK_ARM_NS | IO_PGTABLE_QUIRK_ARM_TTBR1 |
					IO_PGTABLE_QUIRK_ARM_OUTER_WBWA | IO_PGTABLE_QUIRK_ARM_HD |
					IO_PGTABLE_QUIRK_GATHER | IO_PGTABLE_QUIRK_ARM_CONT |
					IO_PGTABLE_QUIRK_ARM_LPA2);
}

static struct io_pgtable *lpae_alloc_64_s2(struct io_pgtable_cfg *cfg, void *cookie)
{
	return lpae_new_s2(cfg, cookie, IO_PGTABLE_QUIRK_ARM_HD | IO_PGTABLE_QUIRK_GATHER |
					IO_PGTABLE_QUIRK_ARM_CONT | IO_PGTABLE_QUIRK_ARM_LPA2 |
					IO_PGTABLE_QUIRK_ARM_S2FWB);
}

/* VMSAv8-32 has 4K pages only, 40 bits of output, and no dirty state */
static bool lpae_fit_aarch32(struct io_pgtable_cfg *cfg, unsigned int input_bits)
{
	cfg->pgsize_bitmap &= SZ_4K | SZ_2M | SZ_1G;
	return cfg->ias <= input_bits && cfg->oas <= 40;
}

static struct io_pgtable *lpae_alloc_32_s1(struct io_pgtable_cfg *cfg, void *cookie)
{
	if (!lpae_fit_aarch32(cfg, 32))
		return NULL;
	return lpae_new_s1(cfg, cookie, IO_PGTABLE_QUIRK_ARM_NS | IO_PGTABLE_QUIRK_ARM_TTBR1 |
					IO_PGTABLE_QUIRK_ARM_OUTER_WBWA);
}

static struct io_pgtable *lpae_alloc_32_s2(struct io_pgtable_cfg *cfg, void *cookie)
{
	if (!lpae_fit_aarch32(cfg, 40))
		return NULL;
	return lpae_new_s2(cfg, cookie, 0);
}

/*
 * A Mali GPU walks four levels of full tables whatever its address size. It has
 * no type that is surely uncached; what the implementation does by default
 * comes closest, for device memory too, which nobody should map.
 */
static struct io_pgtable *lpae_alloc_mali(struct io_pgtable_cfg *cfg, void *cookie)
{
	typeof(cfg->arm_mali_lpae_cfg) *regs = &cfg->arm_mali_lpae_cfg;
	struct lpae_geo geo = { .mali = true };
	struct lpae_root root = { .level = 0 };
	struct lpae_tables *t;

	cfg->pgsize_bitmap &= SZ_4K | SZ_2M | SZ_1G;
	if (cfg->quirks || cfg->ias > 48 || cfg->oas > 40 || !lpae_fit_cfg(cfg, &geo))
		return NULL;

	t = lpae_new(cookie, geo);
	if (!t)
		return NULL;

	if (cfg->ias > 39)
		root.bits = cfg->ias - 39;
	if (lpae_make_root(t, cfg, root, SZ_4K)) {
		kfree(t);
		return NULL;
	}

	regs->memattr = LPAE_MAIR(LPAE_MAIR_IDX_NC, LPAE_MALI_MEMATTR_IMPL_DEF) |
			LPAE_MAIR(LPAE_MAIR_IDX_CACHE, LPAE_MALI_MEMATTR_WRITE_ALLOC) |
			LPAE_MAIR(LPAE_MAIR_IDX_DEVICE, LPAE_MALI_MEMATTR_IMPL_DEF);
	regs->transtab = virt_to_phys(t->root) | LPAE_MALI_TRANSTAB_TABLE |
			 LPAE_MALI_TRANSTAB_READ_INNER;
	if (cfg->coherent_walk)
		regs->transtab |= LPAE_MALI_TRANSTAB_SHARE_OUTER;
	return &t->iop;
}

static void lpae_free(struct io_pgtable *iop)
{
	struct lpae_tables *t = container_of(iop, struct lpae_tables, iop);

	lpae_free_all(t);
	kfree(t);
}

struct io_pgtable_init_fns io_pgtable_arm_64_lpae_s1_init_fns = {
	.alloc	= lpae_alloc_64_s1,
	.free	= lpae_free,
	.caps	= IO_PGTABLE_CAP_CUSTOM_ALLOCATOR,
};

struct io_pgtable_init_fns io_pgtable_arm_64_lpae_s2_init_fns = {
	.alloc	= lpae_alloc_64_s2,
	.free	= lpae_free,
	.caps	= IO_PGTABLE_CAP_CUSTOM_ALLOCATOR,
};

struct io_pgtable_init_fns io_pgtable_arm_32_lpae_s1_init_fns = {
	.alloc	= lpae_alloc_32_s1,
	.free	= lpae_free,
	.caps	= IO_PGTABLE_CAP_CUSTOM_ALLOCATOR,
};

struct io_pgtable_init_fns io_pgtable_arm_32_lpae_s2_init_fns = {
	.alloc	= lpae_alloc_32_s2,
	.free	= lpae_free,
	.caps	= IO_PGTABLE_CAP_CUSTOM_ALLOCATOR,
};

struct io_pgtable_init_fns io_pgtable_arm_mali_lpae_init_fns = {
	.alloc	= lpae_alloc_mali,
	.free	= lpae_free,
	.caps	= IO_PGTABLE_CAP_CUSTOM_ALLOCATOR,
};
