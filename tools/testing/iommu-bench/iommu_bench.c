// SPDX-License-Identifier: GPL-2.0-only
/*
 * What mapping and unmapping cost, in units of ktime.
 *
 * Binds to QEMU's edu device and prints one line for each operation when it is
 * loaded. Under "-icount shift=0,sleep=off" a nanosecond of ktime is one guest
 * instruction, so the figures repeat exactly. Each includes one pair of clock
 * reads, whose cost is printed first. The module uses nothing but the IOMMU and
 * DMA API, so that the same source measures any IOMMU driver.
 *
 * Layers: "ops" calls the domain ops as the core does; "api" the IOMMU API;
 * "dma" the DMA API; "api-core" and "dma-core" are the same calls on a domain
 * whose ops do nothing, which is what the kernel's own share costs.
 *
 * Line: "iommu-bench: LAYER ROW OPERATION TOTAL CALLS"
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#define BASE		(SZ_1G * 4UL)
#define PROT		(IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE)
#define BUF_ORDER	9
#define MAX_NENTS	256

static struct iommu_domain *domain;
static phys_addr_t target;
static struct scatterlist sgl[MAX_NENTS];

struct cost {
	u64 map, unmap, sync, lookup;
	unsigned int calls;
};

/* No interrupt is counted as part of what it meets. */
#define COUNT(sum, what) do {						\
	u64 *sum_ = &(sum), from_;					\
	unsigned long flags_;						\
									\
	local_irq_save(flags_);						\
	from_ = ktime_get_ns();						\
	what;								\
	*sum_ += ktime_get_ns() - from_;				\
	local_irq_restore(flags_);					\
} while (0)

static void print(const char *layer, const char *row, const char *op, u64 sum, unsigned int calls)
{
	if (sum)
		pr_info("iommu-bench: %s %s %s %llu %u\n", layer, row, op, sum, calls);
}

static void print_all(const char *layer, const char *row, const struct cost *c)
{
	print(layer, row, "map", c->map, c->calls);
	print(layer, row, "unmap", c->unmap, c->calls);
	print(layer, row, "sync", c->sync, c->calls);
	print(layer, row, "iova_to_phys", c->lookup, c->calls);
}

/**
 * struct shape - one row of the driver's own ops
 * @row: its name
 * @pgsize: bytes of a page
 * @count: pages of a call
 * @stride: bytes between the starts of two calls
 * @keep: another page near by stays mapped, so that no call makes a table
 */
struct shape {
	const char *row;
	size_t pgsize, count, stride;
	bool keep;
};

static const struct shape shapes[] = {
	{ "4Kx1",		SZ_4K,	1,	0,	true },
	{ "4Kx2",		SZ_4K,	2,	0,	true },
	{ "4Kx16",		SZ_4K,	16,	0,	true },
	{ "4Kx256",		SZ_4K,	256,	0,	true },
	{ "4Kx1-dense",		SZ_4K,	1,	SZ_4K,	true },
	{ "4Kx16-dense",	SZ_4K,	16,	SZ_64K,	true },
	{ "4Kx1-sparse",	SZ_4K,	1,	SZ_2M,	false },
	{ "4Kx16-sparse",	SZ_4K,	16,	SZ_2M,	false },
	{ "4Kx256-sparse",	SZ_4K,	256,	SZ_2M,	false },
	{ "4Kx512-table",	SZ_4K,	512,	SZ_2M,	false },
	{ "2Mx1",		SZ_2M,	1,	0,	true },
	{ "2Mx16",		SZ_2M,	16,	0,	true },
	{ "2Mx256",		SZ_2M,	256,	0,	true },
	{ "2Mx1-dense",		SZ_2M,	1,	SZ_2M,	true },
	{ "2Mx1-sparse",	SZ_2M,	1,	SZ_1G,	false },
	{ "2Mx512-table",	SZ_2M,	512,	SZ_1G,	false },
	{ "1Gx1",		SZ_1G,	1,	0,	true },
	{ "1Gx16",		SZ_1G,	16,	0,	true },
};

/* The driver's own ops, as the core calls them. */
static void ops_once(struct cost *c, unsigned long iova, const struct shape *s)
{
	const struct iommu_domain_ops *ops = domain->ops;
	struct iommu_iotlb_gather gather;
	size_t done = 0, mapped = 0;

	COUNT(c->map, ops->map_pages(domain, iova, target & ~(s->pgsize - 1), s->pgsize, s->count,
				     PROT, GFP_ATOMIC, &mapped));
	WARN_ON(mapped != s->pgsize * s->count);
	COUNT(c->lookup, ops->iova_to_phys(domain, iova));
	iommu_iotlb_gather_init(&gather);
	COUNT(c->unmap, done = ops->unmap_pages(domain, iova, s->pgsize, s->count, &gather));
	WARN_ON(done != s->pgsize * s->count);
	COUNT(c->sync, ops->iotlb_sync(domain, &gather));
	c->calls++;
}

/* Each row has tables of its own: a driver may keep those that it made. */
static unsigned long base_of(const struct shape *s)
{
	return (s - shapes + 1) * 64UL * SZ_1G;
}

/* Fill the page allocator's list for this CPU: no row pays for another's pages. */
static void warm_up(void)
{
	struct page *page, *next;
	LIST_HEAD(pages);
	unsigned int i;

	for (i = 0; i < 64; i++) {
		page = alloc_page(GFP_KERNEL);
		if (page)
			list_add(&page->lru, &pages);
	}
	list_for_each_entry_safe(page, next, &pages, lru)
		__free_page(page);
}

/* The page that keeps the tables of all rows alive that do not make their own. */
static unsigned long kept(const struct shape *s)
{
	return base_of(s) + (s->pgsize == SZ_4K ? SZ_2M - SZ_4K :
			     s->pgsize == SZ_2M ? SZ_1G - SZ_2M : 32UL * SZ_1G);
}

static void ops_row(const struct shape *s)
{
	size_t keep = min_t(size_t, s->pgsize, SZ_2M);
	struct cost c = {};
	unsigned int i;

	warm_up();
	if (s->keep)
		WARN_ON(iommu_map(domain, kept(s), target, keep, PROT, GFP_KERNEL));
	ops_once(&c, base_of(s), s);
	c = (struct cost) {};
	for (i = 1; i < 31; i++)
		ops_once(&c, base_of(s) + i * s->stride, s);
	if (s->keep)
		iommu_unmap(domain, kept(s), keep);
	print_all("ops", s->row, &c);
}

static void api_row(const char *layer, const char *row, size_t size, phys_addr_t paddr,
		    size_t stride)
{
	struct cost c = {};
	unsigned int i;

	warm_up();
	for (i = 0; i < 33; i++) {
		unsigned long iova = BASE + i * stride;

		if (i == 1)
			c = (struct cost) {};
		COUNT(c.map, WARN_ON(iommu_map(domain, iova, paddr, size, PROT, GFP_ATOMIC)));
		COUNT(c.lookup, iommu_iova_to_phys(domain, iova));
		COUNT(c.unmap, WARN_ON(iommu_unmap(domain, iova, size) != size));
		c.calls++;
	}
	print_all(layer, row, &c);
}

/* Neighbours are two pages apart: nothing merges. */
static void scatter(unsigned int nents)
{
	unsigned int i;

	sg_init_table(sgl, nents);
	for (i = 0; i < nents; i++)
		sg_set_page(&sgl[i], pfn_to_page(PHYS_PFN(target) + 2 * i), PAGE_SIZE, 0);
}

static void api_map_sg(const char *layer, const char *row, unsigned int nents)
{
	struct cost c = {};
	unsigned int i;

	scatter(nents);
	for (i = 0; i < 17; i++) {
		if (i == 1)
			c = (struct cost) {};
		COUNT(c.map, iommu_map_sg(domain, BASE, sgl, nents, PROT, GFP_ATOMIC));
		COUNT(c.unmap, iommu_unmap(domain, BASE, nents * PAGE_SIZE));
		c.calls++;
	}
	print_all(layer, row, &c);
}

static void api_rows(const char *layer)
{
	api_row(layer, "4K", SZ_4K, target, 0);
	api_row(layer, "4K-sparse", SZ_4K, target, SZ_2M);
	api_row(layer, "64K", SZ_64K, target + SZ_4K, 0);
	api_row(layer, "2M-in-4K", SZ_2M, target + SZ_4K, 0);
	api_row(layer, "2M", SZ_2M, target, 0);
	api_row(layer, "1G", SZ_1G, target & ~(SZ_1G - 1UL), 0);
	api_map_sg(layer, "sg16", 16);
	api_map_sg(layer, "sg256", 256);
}

static void dma_row(const char *layer, struct device *dev, const char *row, size_t size)
{
	void *buf = phys_to_virt(target);
	struct cost c = {};
	dma_addr_t dma;
	unsigned int i;

	for (i = 0; i < 33; i++) {
		if (i == 1)
			c = (struct cost) {};
		COUNT(c.map, dma = dma_map_single(dev, buf, size, DMA_TO_DEVICE));
		if (WARN_ON(dma_mapping_error(dev, dma)))
			return;
		COUNT(c.unmap, dma_unmap_single(dev, dma, size, DMA_TO_DEVICE));
		c.calls++;
	}
	print_all(layer, row, &c);
}

static void dma_map_row(const char *layer, struct device *dev, const char *row, unsigned int nents)
{
	struct cost c = {};
	unsigned int i;
	int mapped;

	for (i = 0; i < 17; i++) {
		if (i == 1)
			c = (struct cost) {};
		scatter(nents);
		COUNT(c.map, mapped = dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE));
		if (WARN_ON(!mapped))
			return;
		COUNT(c.unmap, dma_unmap_sg(dev, sgl, nents, DMA_TO_DEVICE));
		c.calls++;
	}
	print_all(layer, row, &c);
}

static void dma_rows(const char *layer, struct device *dev)
{
	dma_row(layer, dev, "4K", SZ_4K);
	dma_row(layer, dev, "64K", SZ_64K);
	dma_row(layer, dev, "2M", SZ_2M);
	dma_map_row(layer, dev, "sg16", 16);
	dma_map_row(layer, dev, "sg256", 256);
}

/* A driver that does nothing: what is left is the core's share. */
static int null_map(struct iommu_domain *d, unsigned long iova, phys_addr_t paddr, size_t pgsize,
		    size_t count, int prot, gfp_t gfp, size_t *mapped)
{
	*mapped += pgsize * count;
	return 0;
}

static size_t null_unmap(struct iommu_domain *d, unsigned long iova, size_t pgsize, size_t count,
			 struct iommu_iotlb_gather *gather)
{
	return pgsize * count;
}

static void null_sync(struct iommu_domain *d, struct iommu_iotlb_gather *gather)
{
}

static phys_addr_t null_lookup(struct iommu_domain *d, dma_addr_t iova)
{
	return target;
}

static const struct iommu_domain_ops null_ops = {
	.map_pages = null_map,
	.unmap_pages = null_unmap,
	.iotlb_sync = null_sync,
	.iova_to_phys = null_lookup,
};

/* Nothing else uses these domains meanwhile: edu does no DMA here. */
static const struct iommu_domain_ops *swap_ops(struct iommu_domain *d,
					       const struct iommu_domain_ops *ops)
{
	return xchg(&d->ops, ops);
}

static void core_rows(struct device *dev)
{
	struct iommu_domain *dma = iommu_get_domain_for_dev(dev);
	const struct iommu_domain_ops *real = swap_ops(dma, &null_ops);

	dma_rows("dma-core", dev);
	swap_ops(dma, real);
}

static int own_domain_rows(struct device *dev)
{
	const struct iommu_domain_ops *real;
	unsigned int i;
	int ret;

	domain = iommu_paging_domain_alloc(dev);
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	ret = iommu_attach_device(domain, dev);
	if (!ret) {
		for (i = 0; i < ARRAY_SIZE(shapes); i++)
			ops_row(&shapes[i]);
		api_rows("api");
		real = swap_ops(domain, &null_ops);
		api_rows("api-core");
		swap_ops(domain, real);
		iommu_detach_device(domain, dev);
	}
	iommu_domain_free(domain);
	return ret;
}

static int run(struct device *dev)
{
	struct page *buf = alloc_pages(GFP_KERNEL, BUF_ORDER + 1);
	struct cost clock = {};
	int ret;

	if (!buf)
		return -ENOMEM;
	target = ALIGN(page_to_phys(buf), SZ_2M);
	for (; clock.calls < 64; clock.calls++)
		COUNT(clock.map, barrier());
	print_all("clock", "read-pair", &clock);

	dma_rows("dma", dev);
	core_rows(dev);
	ret = own_domain_rows(dev);
	__free_pages(buf, BUF_ORDER + 1);
	pr_info("iommu-bench: end %d\n", ret);
	return ret;
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(40));

	return ret ?: run(&pdev->dev);
}

static void remove(struct pci_dev *pdev)
{
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, ids);

static struct pci_driver bench_driver = {
	.name = "iommu-bench",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
};
module_pci_driver(bench_driver);

MODULE_DESCRIPTION("Cost of IOMMU mappings");
MODULE_LICENSE("GPL");
