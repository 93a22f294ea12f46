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

static struct iommu_domain *domain;
static phys_addr_t target;

struct cost {
	u64 map, unmap, sync, lookup;
	unsigned int calls;
};

#define COUNT(sum, what) do {						\
	u64 *sum_ = &(sum);						\
	u64 from_ = ktime_get_ns();					\
	what;								\
	*sum_ += ktime_get_ns() - from_;				\
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

/* The driver's own ops, as the core calls them. */
static void ops_once(struct cost *c, unsigned long iova, size_t pgsize, size_t count)
{
	const struct iommu_domain_ops *ops = domain->ops;
	struct iommu_iotlb_gather gather;
	size_t done = 0, mapped = 0;

	COUNT(c->map, ops->map_pages(domain, iova, target & ~(pgsize - 1), pgsize, count, PROT,
				     GFP_ATOMIC, &mapped));
	WARN_ON(mapped != pgsize * count);
	COUNT(c->lookup, ops->iova_to_phys(domain, iova));
	iommu_iotlb_gather_init(&gather);
	COUNT(c->unmap, done = ops->unmap_pages(domain, iova, pgsize, count, &gather));
	WARN_ON(done != pgsize * count);
	COUNT(c->sync, ops->iotlb_sync(domain, &gather));
	c->calls++;
}

/* @keep: another page of the same table stays mapped, so the table stays. */
static void ops_row(const char *row, size_t pgsize, size_t count, size_t stride, bool keep)
{
	struct cost c = {};
	unsigned int i;
	size_t mapped = 0;

	if (keep)
		domain->ops->map_pages(domain, BASE + SZ_2M - SZ_4K, target, SZ_4K, 1, PROT,
				       GFP_KERNEL, &mapped);
	ops_once(&c, BASE, pgsize, count);
	c = (struct cost) {};
	for (i = 0; i < 64; i++)
		ops_once(&c, BASE + i * stride, pgsize, count);
	if (keep)
		iommu_unmap(domain, BASE + SZ_2M - SZ_4K, SZ_4K);
	print_all("ops", row, &c);
}

static void ops_rows(void)
{
	ops_row("4K", SZ_4K, 1, 0, true);
	ops_row("4Kx2", SZ_4K, 2, 0, true);
	ops_row("4Kx16", SZ_4K, 16, 0, true);
	ops_row("4Kx256", SZ_4K, 256, 0, true);
	ops_row("4Kx511", SZ_4K, 511, 0, true);
	ops_row("4Kx512-fresh", SZ_4K, 512, SZ_2M, false);
	ops_row("4K-sparse", SZ_4K, 1, SZ_2M, false);
	ops_row("2M", SZ_2M, 1, 0, false);
	ops_row("2Mx16", SZ_2M, 16, 0, false);
	ops_row("1G", SZ_1G, 1, 0, false);
}

static void api_row(const char *row, size_t size, phys_addr_t paddr, size_t stride)
{
	struct cost c = {};
	unsigned int i;

	for (i = 0; i < 33; i++) {
		unsigned long iova = BASE + i * stride;

		if (i == 1)
			c = (struct cost) {};
		COUNT(c.map, WARN_ON(iommu_map(domain, iova, paddr, size, PROT, GFP_ATOMIC)));
		COUNT(c.lookup, iommu_iova_to_phys(domain, iova));
		COUNT(c.unmap, WARN_ON(iommu_unmap(domain, iova, size) != size));
		c.calls++;
	}
	print_all("api", row, &c);
}

static void api_map_sg(const char *row, unsigned int nents)
{
	struct scatterlist *sgl = kcalloc(nents, sizeof(*sgl), GFP_KERNEL);
	struct cost c = {};
	unsigned int i;

	if (!sgl)
		return;
	sg_init_table(sgl, nents);
	/* Neighbours are two pages apart: nothing merges. */
	for (i = 0; i < nents; i++)
		sg_set_page(&sgl[i], pfn_to_page(PHYS_PFN(target) + 2 * (i % 256)), PAGE_SIZE, 0);
	for (i = 0; i < 17; i++) {
		if (i == 1)
			c = (struct cost) {};
		COUNT(c.map, iommu_map_sg(domain, BASE, sgl, nents, PROT, GFP_ATOMIC));
		COUNT(c.unmap, iommu_unmap(domain, BASE, nents * PAGE_SIZE));
		c.calls++;
	}
	print_all("api", row, &c);
	kfree(sgl);
}

static void api_rows(void)
{
	api_row("4K", SZ_4K, target, 0);
	api_row("4K-sparse", SZ_4K, target, SZ_2M);
	api_row("64K", SZ_64K, target + SZ_4K, 0);
	api_row("2M-in-4K", SZ_2M, target + SZ_4K, 0);
	api_row("2M", SZ_2M, target, 0);
	api_row("1G", SZ_1G, target & ~(SZ_1G - 1UL), 0);
	api_map_sg("sg16", 16);
	api_map_sg("sg256", 256);
}

static void dma_row(struct device *dev, const char *row, size_t size)
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
	print_all("dma", row, &c);
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

	dma_row(dev, "4K", SZ_4K);
	dma_row(dev, "64K", SZ_64K);
	dma_row(dev, "2M", SZ_2M);

	domain = iommu_paging_domain_alloc(dev);
	ret = PTR_ERR_OR_ZERO(domain);
	if (ret)
		goto out;
	ret = iommu_attach_device(domain, dev);
	if (!ret) {
		ops_rows();
		api_rows();
		iommu_detach_device(domain, dev);
	}
	iommu_domain_free(domain);
out:
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

static struct pci_driver driver = {
	.name = "iommu-bench",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
};
module_pci_driver(driver);

MODULE_DESCRIPTION("Cost of IOMMU mappings");
MODULE_LICENSE("GPL");
