// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers that user space and a master share: pages, mapped with the DMA API.
 *
 * When one is unmapped, and before its pages can belong to anyone else, the model
 * is asked whether anything that it holds still leads to them.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/smmu_sim.h>

#include "engine_impl.h"

#define MAX_LENGTH	SZ_64M
#define MAP_FLAGS	(SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE | SMMU_SIM_MAP_CONTIG | \
			 SMMU_SIM_MAP_PRIV)

/**
 * struct sim_buffer - memory that a device may use
 * @pages: single pages, also where they are contiguous
 * @count: how many
 * @sgt: the same, as the DMA API wants it
 * @dir: direction
 * @attrs: DMA_ATTR_...
 * @mapped: under sim_engine.life
 */
struct sim_buffer {
	struct page **pages;
	unsigned int count;
	struct sg_table sgt;
	enum dma_data_direction dir;
	unsigned long attrs;
	bool mapped;
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

/* Under sim_engine.life, for reading or writing */
static void unmap(struct sim_engine *e, struct sim_buffer *b)
{
	if (b->mapped)
		dma_unmap_sgtable(e->dev, &b->sgt, b->dir, b->attrs);
	b->mapped = false;
}

/**
 * sim_buffer_map() - make a buffer and map it
 * @file: whose
 * @length: bytes, whole pages
 * @flags: SMMU_SIM_MAP_...
 * @iova: gets its device address
 *
 * Return: 0, -EINVAL, -ENOMEM, -ENODEV, or -EOPNOTSUPP if its device addresses
 * would not be contiguous.
 */
int sim_buffer_map(struct sim_file *file, u64 length, u32 flags, u64 *iova)
{
	struct sim_engine *e = file->engine;
	struct sim_buffer *b;
	int ret;

	if (!length || length > MAX_LENGTH || !PAGE_ALIGNED(length) || flags & ~MAP_FLAGS ||
	    !(flags & (SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE)))
		return -EINVAL;
	b = buffer_new(length, flags);
	if (IS_ERR(b))
		return PTR_ERR(b);
	guard(rwsem_read)(&e->life);
	ret = e->gone ? -ENODEV : dma_map_sgtable(e->dev, &b->sgt, b->dir, b->attrs);
	if (!ret) {
		b->mapped = true;
		ret = one_range(&b->sgt) ? 0 : -EOPNOTSUPP;
	}
	if (!ret) {
		*iova = sg_dma_address(b->sgt.sgl);
		guard(mutex)(&file->lock);
		ret = xa_insert(&file->buffers, *iova >> PAGE_SHIFT, b, GFP_KERNEL_ACCOUNT);
	}
	if (ret) {
		unmap(e, b);
		buffer_free(b);
	}
	return ret;
}

static bool strict(struct sim_engine *e)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(e->dev);

	return domain && domain->type == IOMMU_DOMAIN_DMA;
}

/* Each checkpoint under a hold of sim_lock of its own: they are long. */
static u32 check_pages(struct sim_engine *e, const struct sim_buffer *b)
{
	struct scatterlist *sg;
	struct ssim *core;
	unsigned int i;
	u32 bad = 0;

	for_each_sgtable_sg(&b->sgt, sg, i) {
		guard(raw_spinlock_irqsave)(&sim_lock);
		core = sim_engine_core(e);
		if (core && !ssim_check_page_reuse(core, sg_phys(sg), sg->length))
			bad++;
	}
	return bad;
}

static u32 check_range(struct sim_engine *e, u64 iova, u64 length)
{
	struct ssim *core;
	unsigned int i;
	u32 bad = 0;

	guard(raw_spinlock_irqsave)(&sim_lock);
	core = sim_engine_core(e);
	for (i = 0; core && i < e->master->num_sids; i++)
		if (!ssim_check_unmapped(core, e->master->sids[i], 0, false, iova, length))
			bad++;
	return bad;
}

/* Under sim_engine.life; for writing if the range is checked. */
static struct sim_buffer *take(struct sim_file *file, u64 iova, u32 flags, u32 *violations)
{
	struct sim_engine *e = file->engine;
	struct sim_buffer *b = NULL;

	*violations = 0;
	scoped_guard(mutex, &file->lock)
		if (PAGE_ALIGNED(iova))
			b = xa_erase(&file->buffers, iova >> PAGE_SHIFT);
	if (!b || !b->mapped)
		return b;
	unmap(e, b);
	if (!strict(e))
		return b;
	if (flags & SMMU_SIM_UNMAP_PAGES)
		*violations += check_pages(e, b);
	if (flags & SMMU_SIM_UNMAP_RANGE)
		*violations += check_range(e, iova, (u64)b->count << PAGE_SHIFT);
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

	guard(mutex)(&file->lock);
	xa_for_each(&file->buffers, i, b)
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
