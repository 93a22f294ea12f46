// SPDX-License-Identifier: GPL-2.0-only
/*
 * drivers/iommu/io-pgtable*.c, as tools/testing/io-pgtable compiles them, with
 * their tables in the model's memory: each store is told to the model, each flush
 * becomes commands, each page freed is a checkpoint.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/io-pgtable.h>

#include "pgtable.h"

#define UNIT	4096ul
#define UNITS	(ARENA_SIZE / UNIT)

unsigned char arena[ARENA_SIZE] __attribute__((aligned(65536)));
unsigned long shim_page_size = UNIT;
unsigned long shim_warnings;
unsigned long shim_dev_errors;

static struct page pages[UNITS];
static unsigned char used[UNITS];
static const struct pg_world *world;
static struct io_pgtable_ops *ops;
static struct io_pgtable_cfg cfg;
static struct device device;

void shim_check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "io-pgtable: %s\n", what);
	abort();
}

u64 virt_to_phys(const void *p)
{
	return (unsigned char *)p - arena + ARENA_AT;
}

void *phys_to_virt(u64 phys)
{
	return arena + (phys - ARENA_AT);
}

struct page *virt_to_page(const void *p)
{
	return &pages[((unsigned char *)p - arena) / UNIT];
}

static bool inside(const void *p)
{
	return (unsigned char *)p >= arena && (unsigned char *)p < arena + ARENA_SIZE;
}

void *shim_alloc(size_t size, gfp_t gfp)
{
	unsigned long n = (size + UNIT - 1) / UNIT, i, j;

	while (n & (n - 1))
		n++;
	for (i = 0; i + n <= UNITS; i += n) {
		for (j = 0; j < n && !used[i + j]; j++)
			;
		if (j < n)
			continue;
		memset(used + i, 1, n);
		memset(arena + i * UNIT, 0, n * UNIT);
		return arena + i * UNIT;
	}
	return NULL;
}

void shim_free(void *p, size_t size)
{
	unsigned long i = ((unsigned char *)p - arena) / UNIT;

	if (world)
		world->freed(virt_to_phys(p), size);
	memset(used + i, 0, (size + UNIT - 1) / UNIT);
}

void *kzalloc(size_t size, gfp_t gfp)
{
	return calloc(1, size);
}

void kfree(void *p)
{
	free(p);
}

dma_addr_t dma_map_single(struct device *dev, void *p, size_t size, int dir)
{
	return virt_to_phys(p);
}

void dma_unmap_single(struct device *dev, dma_addr_t addr, size_t size, int dir)
{
}

void dma_sync_single_for_device(struct device *dev, dma_addr_t addr, size_t size, int dir)
{
}

bool dma_mapping_error(struct device *dev, dma_addr_t addr)
{
	return false;
}

/* Nobody else is at work here. */
void (*shim_before_load)(void);
void (*shim_before_store)(void);
void (*shim_before_wait)(void);

void shim_write(u64 *p, u64 value)
{
	u64 old = *p;

	*p = value;
	if (inside(p) && world)
		world->stored(virt_to_phys(p), old, value);
}

u64 shim_cmpxchg(u64 *p, u64 old, u64 value)
{
	u64 was = *p;

	if (was == old)
		shim_write(p, value);
	return was;
}

static void flush_all(void *cookie)
{
	world->invalidate_all();
}

static void flush_walk(unsigned long iova, size_t size, size_t granule, void *cookie)
{
	world->invalidate(iova, size, false);
}

static void add_page(struct iommu_iotlb_gather *gather, unsigned long iova, size_t granule,
		     void *cookie)
{
	if (gather)
		iommu_iotlb_gather_add_range(gather, iova, granule);
}

static const struct iommu_flush_ops flush_ops = {
	.tlb_flush_all = flush_all,
	.tlb_flush_walk = flush_walk,
	.tlb_add_page = add_page,
};

bool pg_open(const struct pg_setup *setup, const struct pg_world *w, struct pg_fields *f)
{
	memset(used, 0, sizeof(used));
	world = NULL;
	cfg = (struct io_pgtable_cfg){
		.quirks = IO_PGTABLE_QUIRK_GATHER |
			  (setup->upper ? IO_PGTABLE_QUIRK_ARM_TTBR1 : 0) |
			  (setup->dirty ? IO_PGTABLE_QUIRK_ARM_HD : 0) |
			  (setup->runs ? IO_PGTABLE_QUIRK_ARM_CONT : 0) |
			  (setup->lpa2 ? IO_PGTABLE_QUIRK_ARM_LPA2 : 0),
		.pgsize_bitmap = setup->sizes,
		.ias = setup->ias,
		.oas = setup->oas,
		.coherent_walk = true,
		.tlb = &flush_ops,
		.iommu_dev = &device,
	};
	ops = alloc_io_pgtable_ops(setup->stage2 ? ARM_64_LPAE_S2 : ARM_64_LPAE_S1, &cfg, &device);
	if (!ops)
		return false;
	world = w;
	memset(f, 0, sizeof(*f));
	if (setup->stage2) {
		f->ttb = cfg.arm_lpae_s2_cfg.vttbr;
		f->tsz = cfg.arm_lpae_s2_cfg.vtcr.tsz;
		f->tg = cfg.arm_lpae_s2_cfg.vtcr.tg;
		f->sh = cfg.arm_lpae_s2_cfg.vtcr.sh;
		f->irgn = cfg.arm_lpae_s2_cfg.vtcr.irgn;
		f->orgn = cfg.arm_lpae_s2_cfg.vtcr.orgn;
		f->ps = cfg.arm_lpae_s2_cfg.vtcr.ps;
		f->sl = cfg.arm_lpae_s2_cfg.vtcr.sl;
		f->ds = cfg.arm_lpae_s2_cfg.vtcr.ds;
	} else {
		f->ttb = cfg.arm_lpae_s1_cfg.ttbr;
		f->mair = cfg.arm_lpae_s1_cfg.mair;
		f->tsz = cfg.arm_lpae_s1_cfg.tcr.tsz;
		f->tg = cfg.arm_lpae_s1_cfg.tcr.tg;
		f->sh = cfg.arm_lpae_s1_cfg.tcr.sh;
		f->irgn = cfg.arm_lpae_s1_cfg.tcr.irgn;
		f->orgn = cfg.arm_lpae_s1_cfg.tcr.orgn;
		f->ps = cfg.arm_lpae_s1_cfg.tcr.ips;
		f->ds = cfg.arm_lpae_s1_cfg.tcr.ds;
	}
	return true;
}

void pg_close(void)
{
	free_io_pgtable_ops(ops);
	world = NULL;
}

unsigned long pg_sizes(void)
{
	return cfg.pgsize_bitmap;
}

uint64_t pg_map(uint64_t iova, uint64_t pa, uint64_t pgsize, unsigned int count, bool write)
{
	size_t mapped = 0;

	ops->map_pages(ops, iova, pa, pgsize, count, IOMMU_READ | IOMMU_CACHE |
		       (write ? IOMMU_WRITE : 0), GFP_KERNEL, &mapped);
	return mapped;
}

/* Unmap, invalidate what was gathered, and only then free the tables. */
uint64_t pg_unmap(uint64_t iova, uint64_t pgsize, unsigned int count)
{
	struct iommu_iotlb_gather gather = { .start = ~0ul };
	struct list_head *l;
	uint64_t done;

	gather.freelist.next = &gather.freelist;
	gather.freelist.prev = &gather.freelist;
	done = ops->unmap_pages(ops, iova, pgsize, count, &gather);
	if (gather.end)
		world->invalidate(gather.start, gather.end - gather.start + 1,
				  list_empty(&gather.freelist));
	while ((l = gather.freelist.next) != &gather.freelist) {
		gather.freelist.next = l->next;
		shim_free(arena + (container_of(l, struct page, lru) - pages) * UNIT, UNIT);
	}
	return done;
}

uint64_t pg_phys(uint64_t iova)
{
	return ops->iova_to_phys(ops, iova);
}
