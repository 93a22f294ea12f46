// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paging domains: a page table, made for one instance or for all of them.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <uapi/linux/iommufd.h>

#include "smmu.h"

/**
 * struct walker - what a page table must be so that certain instances walk it
 * @pgsizes: leaf sizes
 * @va_bits: input address bits of stage 1
 * @ias: input address bits of stage 2
 * @oas: output address bits
 * @coherent: all of them snoop
 * @s1: all of them have stage 1
 * @s2: all of them have stage 2
 * @ds: all of them read descriptors with 52-bit addresses of 4K and 16K pages
 * @hd: all of them track dirty state
 */
struct walker {
	unsigned long pgsizes;
	u8 va_bits;
	u8 ias;
	u8 oas;
	bool coherent;
	bool s1;
	bool s2;
	bool ds;
	bool hd;
};

static void walker_restrict(struct walker *w, const struct smmu_features *f)
{
	w->pgsizes &= f->pgsizes;
	w->va_bits = min(w->va_bits, f->va_bits);
	w->ias = min(w->ias, f->ias);
	w->oas = min(w->oas, f->oas);
	w->coherent &= f->coherent;
	w->s1 &= f->s1;
	w->s2 &= f->s2;
	w->ds &= f->ds;
	w->hd &= f->hd;
}

/* What @smmu can walk, or what all registered instances can. */
static int walker_of(struct smmu_device *smmu, struct walker *w)
{
	*w = (struct walker) {
		.pgsizes = ULONG_MAX, .va_bits = 64, .ias = 64, .oas = 64,
		.coherent = true, .s1 = true, .s2 = true, .ds = true, .hd = true,
	};
	if (smmu) {
		walker_restrict(w, &smmu->feat);
		return 0;
	}

	guard(mutex)(&smmu_instances_lock);
	if (list_empty(&smmu_instances))
		return -ENODEV;
	list_for_each_entry(smmu, &smmu_instances, instance)
		walker_restrict(w, &smmu->feat);
	return w->pgsizes && (w->s1 || w->s2) ? 0 : -EINVAL;
}

/* The granule that the page-table layer will choose: PAGE_SIZE where it can. */
static unsigned int granule_shift(unsigned long pgsizes)
{
	unsigned long below = pgsizes & (PAGE_SIZE * 2 - 1);

	return below ? __fls(below) : __ffs(pgsizes);
}

static void pgt_config(const struct walker *w, bool stage2, struct io_pgtable_cfg *cfg)
{
	/* 52-bit addresses need the 64K granule, or LPA2 with the others. */
	bool large = granule_shift(w->pgsizes) == 16;
	u8 limit = large || w->ds ? 52 : 48;

	cfg->pgsize_bitmap = w->pgsizes;
	cfg->coherent_walk = w->coherent;
	cfg->tlb = &smmu_flush_ops;
	cfg->oas = min(w->oas, limit);
	if (stage2)
		cfg->ias = min3(w->ias, w->oas, limit);
	else
		cfg->ias = min3(w->va_bits, (u8)VA_BITS, limit);
	/* Without need, shareability stays in the descriptors. */
	if (!large && max(cfg->ias, cfg->oas) > 48)
		cfg->quirks |= IO_PGTABLE_QUIRK_ARM_LPA2;
}

/*
 * For a table of all instances any of them can be the device whose DMA mask
 * and coherency stand for the walkers; a non-coherent one must be, if there
 * is one.
 */
static struct device *walker_device(struct smmu_device *smmu, bool coherent)
{
	if (smmu)
		return smmu->dev;
	list_for_each_entry(smmu, &smmu_instances, instance)
		if (smmu->feat.coherent == coherent)
			return smmu->dev;
	return NULL;
}

/* Make the page table. A domain that has one already gets the new one instead. */
static int domain_make_table(struct smmu_domain *d, bool stage2, bool dirty)
{
	struct io_pgtable_cfg cfg = {};
	struct io_pgtable_ops *pgt;
	struct walker w;
	int ret;

	ret = walker_of(d->smmu, &w);
	if (ret)
		return ret;
	if (!stage2 && !w.s1)
		stage2 = true;
	if (stage2 && !w.s2)
		return -EOPNOTSUPP;
	if (dirty && (stage2 || !w.hd))
		return -EOPNOTSUPP;

	pgt_config(&w, stage2, &cfg);
	cfg.quirks |= IO_PGTABLE_QUIRK_GATHER |
		      (dirty ? IO_PGTABLE_QUIRK_ARM_HD : IO_PGTABLE_QUIRK_ARM_CONT);
	scoped_guard(mutex, &smmu_instances_lock)
		cfg.iommu_dev = walker_device(d->smmu, w.coherent);
	pgt = alloc_io_pgtable_ops(stage2 ? ARM_64_LPAE_S2 : ARM_64_LPAE_S1, &cfg, d);
	if (!pgt)
		return -ENOMEM;

	free_io_pgtable_ops(d->pgt);
	d->pgt = pgt;
	d->cfg = cfg;
	d->stage2 = stage2;
	d->domain.pgsize_bitmap = cfg.pgsize_bitmap;
	d->domain.geometry.aperture_start = 0;
	d->domain.geometry.aperture_end = (1ULL << cfg.ias) - 1;
	d->domain.geometry.force_aperture = true;
	return 0;
}

static int read_and_clear_dirty(struct iommu_domain *domain, unsigned long iova, size_t size,
				unsigned long flags, struct iommu_dirty_bitmap *dirty)
{
	struct io_pgtable_ops *pgt = to_smmu_domain(domain)->pgt;

	return pgt->read_and_clear_dirty(pgt, iova, size, flags, dirty);
}

/* Hardware always tracks; the core clears the table when tracking starts. */
static int set_dirty_tracking(struct iommu_domain *domain, bool enabled)
{
	return 0;
}

static const struct iommu_dirty_ops dirty_ops = {
	.set_dirty_tracking	= set_dirty_tracking,
	.read_and_clear_dirty	= read_and_clear_dirty,
};

static struct smmu_domain *domain_alloc(struct device *dev, bool stage2, bool dirty)
{
	struct smmu_master *master = dev ? dev_iommu_priv_get(dev) : NULL;
	struct smmu_domain *d __free(kfree) = kzalloc(sizeof(*d), GFP_KERNEL);
	int ret;

	if (!d)
		return ERR_PTR(-ENOMEM);
	mutex_init(&d->lock);
	INIT_LIST_HEAD(&d->bonds);
	d->smmu = master ? master->smmu : NULL;
	d->domain.ops = &smmu_paging_ops;
	ret = domain_make_table(d, stage2, dirty);
	if (ret)
		return ERR_PTR(ret);
	if (dirty)
		d->domain.dirty_ops = &dirty_ops;
	return no_free_ptr(d);
}

/**
 * smmu_domain_alloc_paging() - make a domain for the DMA API or for a driver
 * @dev: whose instance will walk the table; NULL for any
 *
 * Context: may sleep.
 *
 * Return: the domain, ready for maps, or an error.
 */
struct iommu_domain *smmu_domain_alloc_paging(struct device *dev)
{
	struct smmu_domain *d = domain_alloc(dev, false, false);

	return IS_ERR(d) ? ERR_CAST(d) : &d->domain;
}

/**
 * smmu_domain_alloc_user() - make a domain for iommufd
 * @dev: a device that shall be attached
 * @flags: IOMMU_HWPT_ALLOC_NEST_PARENT, IOMMU_HWPT_ALLOC_DIRTY_TRACKING
 * @parent: must be NULL
 * @user_data: must be NULL
 *
 * Context: may sleep.
 *
 * Return: the domain or an error; -EOPNOTSUPP for what is not offered.
 */
struct iommu_domain *smmu_domain_alloc_user(struct device *dev, u32 flags,
					    struct iommu_domain *parent,
					    const struct iommu_user_data *user_data)
{
	const u32 known = IOMMU_HWPT_ALLOC_NEST_PARENT | IOMMU_HWPT_ALLOC_DIRTY_TRACKING;
	struct smmu_master *master = dev_iommu_priv_get(dev);
	bool nest = flags & IOMMU_HWPT_ALLOC_NEST_PARENT;
	struct smmu_domain *d;

	if ((flags & ~known) || parent || user_data)
		return ERR_PTR(-EOPNOTSUPP);
	if (nest && !master->smmu->feat.nested)
		return ERR_PTR(-EOPNOTSUPP);

	d = domain_alloc(dev, nest, flags & IOMMU_HWPT_ALLOC_DIRTY_TRACKING);
	if (IS_ERR(d))
		return ERR_CAST(d);
	d->domain.type = IOMMU_DOMAIN_UNMANAGED;
	d->domain.owner = &smmu_ops;
	return &d->domain;
}

static void domain_free(struct iommu_domain *domain)
{
	struct smmu_domain *d = to_smmu_domain(domain);

	WARN_ON(rcu_access_pointer(d->invals));
	free_io_pgtable_ops(d->pgt);
	kfree(d);
}

/* VFIO type1 asks for this on a fresh domain: the empty table becomes stage 2. */
static int enable_nesting(struct iommu_domain *domain)
{
	struct smmu_domain *d = to_smmu_domain(domain);

	guard(mutex)(&d->lock);
	if (rcu_access_pointer(d->invals))
		return -EPERM;
	return d->stage2 ? 0 : domain_make_table(d, true, false);
}

static int map_pages(struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr,
		     size_t pgsize, size_t pgcount, int prot, gfp_t gfp, size_t *mapped)
{
	struct io_pgtable_ops *pgt = to_smmu_domain(domain)->pgt;

	return pgt->map_pages(pgt, iova, paddr, pgsize, pgcount, prot, gfp, mapped);
}

static size_t unmap_pages(struct iommu_domain *domain, unsigned long iova, size_t pgsize,
			  size_t pgcount, struct iommu_iotlb_gather *gather)
{
	struct io_pgtable_ops *pgt = to_smmu_domain(domain)->pgt;

	return pgt->unmap_pages(pgt, iova, pgsize, pgcount, gather);
}

static phys_addr_t iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	struct io_pgtable_ops *pgt = to_smmu_domain(domain)->pgt;

	return pgt->iova_to_phys(pgt, iova);
}

static void flush_iotlb_all(struct iommu_domain *domain)
{
	smmu_inval_domain(to_smmu_domain(domain));
}

const struct iommu_domain_ops smmu_paging_ops = {
	.attach_dev		= smmu_attach_paging,
	.set_dev_pasid		= smmu_attach_pasid,
	.map_pages		= map_pages,
	.unmap_pages		= unmap_pages,
	.flush_iotlb_all	= flush_iotlb_all,
	.iotlb_sync		= smmu_iotlb_sync,
	.iova_to_phys		= iova_to_phys,
	.enable_nesting		= enable_nesting,
	.free			= domain_free,
};
