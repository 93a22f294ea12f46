// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers that user space and a master share: pages, mapped with the DMA API, or in
 * a domain that is attached to a PASID.
 *
 * When one is unmapped, and before its pages can belong to anyone else, the model
 * is asked whether anything that it holds still leads to them.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/smmu_sim.h>

#include "engine_impl.h"

#define MAX_LENGTH	SZ_64M
#define MAP_FLAGS	(SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE | SMMU_SIM_MAP_CONTIG | \
			 SMMU_SIM_MAP_PRIV | SMMU_SIM_MAP_PASID)

/**
 * struct sim_buffer - memory that a device may use
 * @pages: single pages, also where they are contiguous
 * @count: how many
 * @sgt: the same, as the DMA API wants it
 * @dir: direction
 * @attrs: DMA_ATTR_...
 * @mapped: under sim_engine.life
 * @place: where it is mapped, or NULL: with the DMA API; under sim_file.pasid_lock
 * @iova: device address
 */
struct sim_buffer {
	struct page **pages;
	unsigned int count;
	struct sg_table sgt;
	enum dma_data_direction dir;
	unsigned long attrs;
	bool mapped;
	const struct sim_pasid *place;
	u64 iova;
};

static void buffer_free(struct sim_buffer *b)
{
	unsigned int i;

	sg_free_table(&b->sgt);
	for (i = 0; i < b->count; i++)
		if (b->pages[i])
			__free_page(b->pages[i]);
	kvfree(b->pages);
	kfree(b);
}

static int get_contiguous(struct sim_buffer *b)
{
	unsigned int order = get_order((unsigned long)b->count << PAGE_SHIFT), i;
	struct page *page;

	if (order > MAX_PAGE_ORDER || b->count != 1u << order)
		return -EINVAL;
	page = alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN, order);
	if (!page)
		return -ENOMEM;
	split_page(page, order);
	for (i = 0; i < b->count; i++)
		b->pages[i] = page + i;
	return 0;
}

static int get_pages(struct sim_buffer *b)
{
	unsigned int i;

	for (i = 0; i < b->count; i++) {
		b->pages[i] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!b->pages[i])
			return -ENOMEM;
	}
	return 0;
}

static struct sim_buffer *buffer_new(u64 length, u32 flags)
{
	struct sim_buffer *b = kzalloc(sizeof(*b), GFP_KERNEL_ACCOUNT);
	int ret = -ENOMEM;

	if (!b)
		return ERR_PTR(-ENOMEM);
	b->dir = flags & SMMU_SIM_MAP_WRITE ?
		 flags & SMMU_SIM_MAP_READ ? DMA_BIDIRECTIONAL : DMA_FROM_DEVICE : DMA_TO_DEVICE;
	b->attrs = flags & SMMU_SIM_MAP_PRIV ? DMA_ATTR_PRIVILEGED : 0;
	b->pages = kvcalloc(length >> PAGE_SHIFT, sizeof(*b->pages), GFP_KERNEL_ACCOUNT);
	if (b->pages) {
		b->count = length >> PAGE_SHIFT;
		ret = flags & SMMU_SIM_MAP_CONTIG ? get_contiguous(b) : get_pages(b);
	}
	if (!ret)
		ret = sg_alloc_table_from_pages(&b->sgt, b->pages, b->count, 0, length,
						GFP_KERNEL_ACCOUNT);
	if (ret) {
		buffer_free(b);
		return ERR_PTR(ret);
	}
	return b;
}

static bool one_range(const struct sg_table *sgt)
{
	dma_addr_t next = sg_dma_address(sgt->sgl);
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (sg_dma_address(sg) != next)
			return false;
		next += sg_dma_len(sg);
	}
	return true;
}

/* Under sim_engine.life, for reading or writing, and sim_file.pasid_lock */
static void unmap(struct sim_engine *e, struct sim_buffer *b)
{
	if (!b->mapped)
		return;
	if (b->place)
		iommu_unmap(b->place->domain, b->iova, (size_t)b->count << PAGE_SHIFT);
	else
		dma_unmap_sgtable(e->dev, &b->sgt, b->dir, b->attrs);
	b->mapped = false;
	b->place = NULL;
}

static int map_dma(struct sim_engine *e, struct sim_buffer *b)
{
	int ret;

	if (e->user)
		return -EBUSY;
	ret = dma_map_sgtable(e->dev, &b->sgt, b->dir, b->attrs);
	if (ret)
		return ret;
	b->mapped = true;
	b->iova = sg_dma_address(b->sgt.sgl);
	return one_range(&b->sgt) ? 0 : -EOPNOTSUPP;
}

static int map_pasid(struct sim_file *file, struct sim_buffer *b, u32 pasid)
{
	const struct sim_pasid *p = sim_pasid_find(file, pasid, false);
	size_t length = (size_t)b->count << PAGE_SHIFT;
	int prot = b->attrs ? IOMMU_PRIV : 0;
	ssize_t mapped;

	if (!p)
		return -ENOENT;
	if (!PAGE_ALIGNED(b->iova))
		return -EINVAL;
	if (b->iova + (length - 1) < b->iova ||
	    b->iova + (length - 1) > p->domain->geometry.aperture_end)
		return -ERANGE;
	scoped_guard(mutex, &file->lock)
		if (xa_find(&file->buffers, &(unsigned long){ b->iova >> PAGE_SHIFT },
			    (b->iova + length - 1) >> PAGE_SHIFT, XA_PRESENT))
			return -EEXIST;
	prot |= b->dir == DMA_TO_DEVICE ? IOMMU_READ :
		b->dir == DMA_FROM_DEVICE ? IOMMU_WRITE : IOMMU_READ | IOMMU_WRITE;
	if (dev_is_dma_coherent(file->engine->dev))
		prot |= IOMMU_CACHE;
	mapped = iommu_map_sgtable(p->domain, b->iova, &b->sgt, prot);
	if (mapped < 0)
		return mapped;
	b->place = p;
	b->mapped = true;
	return 0;
}

static int map(struct sim_file *file, struct sim_buffer *b, u32 flags, u32 pasid)
{
	int ret;

	if (file->engine->gone)
		return -ENODEV;
	ret = flags & SMMU_SIM_MAP_PASID ? map_pasid(file, b, pasid) : map_dma(file->engine, b);
	if (ret)
		return ret;
	guard(mutex)(&file->lock);
	ret = xa_insert(&file->buffers, b->iova >> PAGE_SHIFT, b, GFP_KERNEL_ACCOUNT);
	return ret == -EBUSY ? -EEXIST : ret;
}

/**
 * sim_buffer_map() - make a buffer and map it
 * @file: whose
 * @length: bytes, whole pages
 * @flags: SMMU_SIM_MAP_...
 * @pasid: with SMMU_SIM_MAP_PASID: of sim_pasid_attach()
 * @iova: gets its device address; with SMMU_SIM_MAP_PASID it has it
 *
 * Return: 0, -EINVAL, -ENOMEM, -ENODEV, -EBUSY for a master whose DMA is user space's
 * business, -EOPNOTSUPP if its device addresses would
 * not be contiguous, -EEXIST if there is one, -ENOENT if the PASID is not
 * attached, -ERANGE if it has no such address.
 */
int sim_buffer_map(struct sim_file *file, u64 length, u32 flags, u32 pasid, u64 *iova)
{
	struct sim_engine *e = file->engine;
	struct sim_buffer *b;
	int ret;

	if (!length || length > MAX_LENGTH || !PAGE_ALIGNED(length) || flags & ~MAP_FLAGS ||
	    !(flags & (SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE)) ||
	    (pasid && !(flags & SMMU_SIM_MAP_PASID)))
		return -EINVAL;
	b = buffer_new(length, flags);
	if (IS_ERR(b))
		return PTR_ERR(b);
	b->iova = *iova;
	guard(rwsem_read)(&e->life);
	guard(mutex)(&file->pasid_lock);
	ret = map(file, b, flags, pasid);
	if (ret) {
		unmap(e, b);
		buffer_free(b);
		return ret;
	}
	*iova = b->iova;
	return 0;
}

static bool strict(struct sim_engine *e)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(e->dev);

	return domain && domain->type == IOMMU_DOMAIN_DMA;
}

/* Under sim_lock: a master that the device is, by number; NULL after the last. */
static const struct sim_master *part(const struct sim_engine *e, unsigned int number)
{
	const struct sim_master *m = e->master;

	lockdep_assert_held(&sim_lock);
	if (m && m->first)
		m = m->first;
	if (!m || !number)
		return m;
	return number <= m->num_legs ? m->legs[number - 1] : NULL;
}

/* Each checkpoint under a hold of sim_lock of its own: they are long. */
static u32 check_pages(struct sim_engine *e, const struct sim_buffer *b)
{
	const struct sim_master *m;
	struct scatterlist *sg;
	unsigned int i, n;
	u32 bad = 0;

	for_each_sgtable_sg(&b->sgt, sg, i) {
		guard(raw_spinlock_irqsave)(&sim_lock);
		for (n = 0; (m = part(e, n)); n++)
			if (!ssim_check_page_reuse(m->sim->core, sg_phys(sg), sg->length))
				bad++;
	}
	return bad;
}

static u32 check_range(struct sim_engine *e, u64 iova, u64 length, u32 ssid)
{
	const struct sim_master *m;
	unsigned int i, n;
	u32 bad = 0;

	guard(raw_spinlock_irqsave)(&sim_lock);
	for (n = 0; (m = part(e, n)); n++)
		for (i = 0; i < m->num_sids; i++)
			bad += !ssim_check_unmapped(m->sim->core, m->sids[i], ssid, ssid, iova,
						    length);
	return bad;
}

/* Under sim_engine.life; for writing if the range is checked. */
static struct sim_buffer *take(struct sim_file *file, u64 iova, u32 flags, u32 *violations)
{
	struct sim_engine *e = file->engine;
	struct sim_buffer *b = NULL;
	u32 pasid;

	*violations = 0;
	guard(mutex)(&file->pasid_lock);
	scoped_guard(mutex, &file->lock)
		if (PAGE_ALIGNED(iova))
			b = xa_erase(&file->buffers, iova >> PAGE_SHIFT);
	if (!b || !b->mapped)
		return b;
	pasid = b->place ? b->place->pasid : 0;
	unmap(e, b);
	if (!pasid && !strict(e))
		return b;
	if (flags & SMMU_SIM_UNMAP_PAGES)
		*violations += check_pages(e, b);
	if (flags & SMMU_SIM_UNMAP_RANGE)
		*violations += check_range(e, iova, (u64)b->count << PAGE_SHIFT, pasid);
	return b;
}

/**
 * sim_buffer_unmap() - unmap a buffer and free it
 * @file: whose
 * @iova: its device address
 * @flags: SMMU_SIM_UNMAP_..., what to check
 * @violations: gets how many checkpoints found something
 *
 * Return: 0, -EINVAL, or -ENOENT.
 */
int sim_buffer_unmap(struct sim_file *file, u64 iova, u32 flags, u32 *violations)
{
	struct rw_semaphore *life = &file->engine->life;
	struct sim_buffer *b;

	if (flags & ~(SMMU_SIM_UNMAP_PAGES | SMMU_SIM_UNMAP_RANGE))
		return -EINVAL;
	if (flags & SMMU_SIM_UNMAP_RANGE) {
		/* Else the addresses could be another buffer's already. */
		scoped_guard(rwsem_write, life)
			b = take(file, iova, flags, violations);
	} else {
		scoped_guard(rwsem_read, life)
			b = take(file, iova, flags, violations);
	}
	if (!b)
		return -ENOENT;
	buffer_free(b);
	return 0;
}

/**
 * sim_buffer_mmap() - give a buffer to the CPU
 * @file: whose
 * @vma: its offset is the device address
 *
 * The pages stay while they are mapped, longer than the buffer if need be.
 *
 * Return: 0, -EINVAL, or -ENXIO if no buffer begins there.
 */
int sim_buffer_mmap(struct sim_file *file, struct vm_area_struct *vma)
{
	unsigned long left;
	struct sim_buffer *b;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	guard(mutex)(&file->lock);
	b = xa_load(&file->buffers, vma->vm_pgoff);
	if (!b)
		return -ENXIO;
	if (vma_pages(vma) > b->count)
		return -EINVAL;
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	left = vma_pages(vma);
	return vm_insert_pages(vma, vma->vm_start, b->pages, &left);
}

/**
 * sim_buffers_unmap() - the device goes: unmap, but keep, all buffers of a file
 * @file: the file
 *
 * Context: under sim_engine.life, for writing; or nobody else has the file, and
 * it is held for reading.
 */
void sim_buffers_unmap(struct sim_file *file)
{
	struct sim_buffer *b;
	unsigned long i;

	guard(mutex)(&file->pasid_lock);
	guard(mutex)(&file->lock);
	xa_for_each(&file->buffers, i, b)
		unmap(file->engine, b);
}

/**
 * sim_buffers_leave() - unmap, but keep, the buffers of a domain
 * @file: whose
 * @p: where they are mapped
 *
 * Context: under sim_engine.life and sim_file.pasid_lock.
 */
void sim_buffers_leave(struct sim_file *file, const struct sim_pasid *p)
{
	struct sim_buffer *b;
	unsigned long i;

	lockdep_assert_held(&file->pasid_lock);
	guard(mutex)(&file->lock);
	xa_for_each(&file->buffers, i, b)
		if (b->place == p)
			unmap(file->engine, b);
}

/**
 * sim_buffers_free() - free all buffers of a file
 * @file: the file; it is going away
 */
void sim_buffers_free(struct sim_file *file)
{
	struct sim_buffer *b;
	unsigned long i;

	/* Held to the end: who makes the engine go away looks through all files. */
	guard(rwsem_read)(&file->engine->life);
	if (!file->engine->gone)
		sim_buffers_unmap(file);
	xa_for_each(&file->buffers, i, b)
		buffer_free(b);
	xa_destroy(&file->buffers);
}
