// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paging domains: a page table, made for one instance or for all of them.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <uapi/linux/iommufd.h>

#include "smmu.h"
#include "trace.h"

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
 * @fwb: all of them can force memory types in stage 2
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
	bool fwb;
};

/**
 * enum want - what a domain is for
 * @WANT_ALL: all instances shall walk its table
 * @WANT_STAGE2: a table of stage 2
 * @WANT_DIRTY: writes are tracked
 * @WANT_FORCED: attributes that a guest chooses must not win
 */
enum want {
	WANT_ALL	= BIT(0),
	WANT_STAGE2	= BIT(1),
	WANT_DIRTY	= BIT(2),
	WANT_FORCED	= BIT(3),
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
	w->fwb &= f->fwb;
}

/*
 * What @smmu can walk, and all others that the device of @m is behind, or what all
 * registered instances can: -EINVAL if there is no such table, or none through which
 * devices reach all memory.
 */
static int walker_of(struct smmu_device *smmu, const struct smmu_master *m, struct walker *w)
{
	u64 memory = 0;

	*w = (struct walker) {
		.pgsizes = ULONG_MAX, .va_bits = 64, .ias = 64, .oas = 64,
		.coherent = true, .s1 = true, .s2 = true, .ds = true, .hd = true,
		.fwb = true,
	};
	if (smmu) {
		walker_restrict(w, &smmu->feat);
		for (; m; m = m->next)
			walker_restrict(w, &m->smmu->feat);
	} else {
		guard(mutex)(&smmu_instances_lock);
		if (list_empty(&smmu_instances))
			return -ENODEV;
		list_for_each_entry(smmu, &smmu_instances, instance) {
			walker_restrict(w, &smmu->feat);
			memory |= dma_get_required_mask(smmu->dev);
		}
	}
	if (!(w->pgsizes & (PAGE_SIZE * 2 - 1)) || !(w->s1 || w->s2) || memory >> w->oas)
		return -EINVAL;
	return 0;
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
 * For a table of several instances any of them can be the device whose DMA mask
 * and coherency stand for the walkers; a non-coherent one must be, if there
 * is one. The domain may outlive it.
 */
static struct device *walker_device(const struct smmu_domain *d, bool coherent)
{
	struct smmu_device *smmu = d->smmu ?: d->own;

	guard(mutex)(&smmu_instances_lock);
	if (smmu && smmu->feat.coherent == coherent)
		return get_device(smmu->dev);
	list_for_each_entry(smmu, &smmu_instances, instance)
		if (smmu->feat.coherent == coherent)
			return get_device(smmu->dev);
	return NULL;
}

static void domain_free_table(struct smmu_domain *d)
{
	free_io_pgtable_ops(d->pgt);
	put_device(d->cfg.iommu_dev);
}

static unsigned long table_quirks(const struct walker *w, bool stage2, unsigned int want)
{
	unsigned long quirks = IO_PGTABLE_QUIRK_GATHER;

	if (stage2 && w->fwb)
		quirks |= IO_PGTABLE_QUIRK_ARM_S2FWB;
	return quirks | (want & WANT_DIRTY ? IO_PGTABLE_QUIRK_ARM_HD : IO_PGTABLE_QUIRK_ARM_CONT);
}

/* Make the page table. A domain that has one already gets the new one instead. */
static int domain_make_table(struct smmu_domain *d, const struct smmu_master *m, unsigned int want)
{
	bool stage2 = want & WANT_STAGE2;
	struct io_pgtable_cfg cfg = {};
	struct io_pgtable_ops *pgt;
	struct walker w;
	int ret;

	ret = walker_of(d->smmu, m, &w);
	if (ret)
		return ret;
	if (!stage2 && !w.s1)
		stage2 = true;
	if (stage2 && !w.s2)
		return -EOPNOTSUPP;
	if ((want & WANT_DIRTY) && (stage2 || !w.hd))
		return -EOPNOTSUPP;
	if ((want & WANT_FORCED) && !w.fwb)
		return -EOPNOTSUPP;

	pgt_config(&w, stage2, &cfg);
	cfg.quirks |= table_quirks(&w, stage2, want);
	cfg.iommu_dev = walker_device(d, w.coherent);
	pgt = alloc_io_pgtable_ops(stage2 ? ARM_64_LPAE_S2 : ARM_64_LPAE_S1, &cfg, d);
	if (!pgt) {
		put_device(cfg.iommu_dev);
		return -ENOMEM;
	}

	domain_free_table(d);
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

/* As domain_make_table(); for what the device is behind where sharing would cost something. */
static int domain_make_some_table(struct smmu_domain *d, const struct smmu_master *m,
				  unsigned int want)
{
	int ret = domain_make_table(d, m, want);

	if (!d->own || d->smmu)
		return ret;
	if (ret ? ret != -EINVAL && ret != -EOPNOTSUPP :
		  (want & WANT_STAGE2) || !d->stage2 || !d->own->feat.s1)
		return ret;
	d->smmu = d->own;
	return domain_make_table(d, m, want);
}

/*
 * For what the device of @m is behind; without it, or with WANT_ALL, for all instances if
 * that is possible.
 */
static struct smmu_domain *domain_alloc(const struct smmu_master *m, unsigned int want)
{
	struct smmu_domain *d __free(kfree) = kzalloc(sizeof(*d), GFP_KERNEL);
	int ret;

	if (!d)
		return ERR_PTR(-ENOMEM);
	mutex_init(&d->lock);
	INIT_LIST_HEAD(&d->bonds);
	d->own = m ? m->smmu : NULL;
	d->smmu = want & WANT_ALL ? NULL : d->own;
	d->domain.ops = &smmu_paging_ops;
	ret = domain_make_some_table(d, m, want);
	if (ret) {
		/* Perhaps that of all instances was there already. */
		domain_free_table(d);
		return ERR_PTR(ret);
	}
	if (want & WANT_DIRTY)
		d->domain.dirty_ops = &dirty_ops;
	return no_free_ptr(d);
}

static const struct smmu_master *master_of(struct device *dev)
{
	return dev ? dev_iommu_priv_get(dev) : NULL;
}

/**
 * smmu_domain_alloc_paging() - make a domain for the DMA API
 * @dev: whose instances will walk the table; NULL for any
 *
 * Context: may sleep.
 *
 * Return: the domain, ready for maps, or an error.
 */
struct iommu_domain *smmu_domain_alloc_paging(struct device *dev)
{
	struct smmu_domain *d = domain_alloc(master_of(dev), 0);

	return IS_ERR(d) ? ERR_CAST(d) : &d->domain;
}

/**
 * smmu_domain_alloc_unmanaged() - make a domain for VFIO or for a driver
 * @dev: a device that shall be attached
 *
 * Devices behind other instances may follow, so all of them shall walk the table. Its
 * own alone do where they have too little in common.
 *
 * Context: may sleep.
 *
 * Return: as smmu_domain_alloc_paging().
 */
struct iommu_domain *smmu_domain_alloc_unmanaged(struct device *dev)
{
	struct smmu_domain *d = domain_alloc(master_of(dev), WANT_ALL);

	return IS_ERR(d) ? ERR_CAST(d) : &d->domain;
}

/**
 * smmu_domain_alloc_user() - make a domain for iommufd
 * @dev: a device that shall be attached
 * @flags: IOMMU_HWPT_ALLOC_NEST_PARENT, IOMMU_HWPT_ALLOC_DIRTY_TRACKING
 * @parent: for a guest's stage 1, the domain of stage 2 behind it; or NULL
 * @user_data: for a guest's stage 1, its STE; or NULL
 *
 * A domain without a parent is shared as that of smmu_domain_alloc_unmanaged() is.
 *
 * Context: may sleep.
 *
 * Return: the domain or an error, as of smmu_nest_alloc(); -EOPNOTSUPP for what is not
 * offered.
 */
struct iommu_domain *smmu_domain_alloc_user(struct device *dev, u32 flags,
					    struct iommu_domain *parent,
					    const struct iommu_user_data *user_data)
{
	const u32 known = IOMMU_HWPT_ALLOC_NEST_PARENT | IOMMU_HWPT_ALLOC_DIRTY_TRACKING;
	struct smmu_master *master = dev_iommu_priv_get(dev);
	unsigned int want = WANT_ALL;
	struct smmu_domain *d;

	if (parent)
		return flags ? ERR_PTR(-EOPNOTSUPP) : smmu_nest_alloc(dev, parent, user_data);
	if ((flags & ~known) || user_data)
		return ERR_PTR(-EOPNOTSUPP);
	if (flags & IOMMU_HWPT_ALLOC_DIRTY_TRACKING)
		want |= WANT_DIRTY;
	if (flags & IOMMU_HWPT_ALLOC_NEST_PARENT) {
		if (!master->smmu->feat.nested)
			return ERR_PTR(-EOPNOTSUPP);
		want |= WANT_STAGE2;
		/*
		 * Unless stage 2 forces its own, memory attributes of a guest's stage 1 win
		 * over write-back ones: its device would read what DRAM holds of pages whose
		 * zeroes are in a cache.
		 */
		if (master->smmu->feat.fwb || !READ_ONCE(smmu_unsafe_nesting))
			want |= WANT_FORCED;
	}

	d = domain_alloc(master, want);
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
	domain_free_table(d);
	kfree(d);
}

/* VFIO type1 asks for this on a fresh domain: the empty table becomes stage 2. */
static int enable_nesting(struct iommu_domain *domain)
{
	struct smmu_domain *d = to_smmu_domain(domain);

	guard(mutex)(&d->lock);
	if (rcu_access_pointer(d->invals))
		return -EPERM;
	return d->stage2 ? 0 : domain_make_some_table(d, NULL, WANT_STAGE2);
}

static int map_pages(struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr,
		     size_t pgsize, size_t pgcount, int prot, gfp_t gfp, size_t *mapped)
{
	struct io_pgtable_ops *pgt = to_smmu_domain(domain)->pgt;
	int ret = pgt->map_pages(pgt, iova, paddr, pgsize, pgcount, prot, gfp, mapped);

	trace_smmu_map(domain, iova, paddr, pgsize * pgcount, *mapped, prot);
	return ret;
}

static size_t unmap_pages(struct iommu_domain *domain, unsigned long iova, size_t pgsize,
			  size_t pgcount, struct iommu_iotlb_gather *gather)
{
	struct io_pgtable_ops *pgt = to_smmu_domain(domain)->pgt;
	size_t unmapped = pgt->unmap_pages(pgt, iova, pgsize, pgcount, gather);

	trace_smmu_unmap(domain, iova, pgsize * pgcount, unmapped);
	return unmapped;
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
