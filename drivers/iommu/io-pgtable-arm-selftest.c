// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boot-time self-test of the Arm long-descriptor format: a minute's worth of
 * trust, in a few milliseconds, before the first device maps a page. Each
 * geometry is mapped, looked up, split and unmapped, and an independent walker
 * reads the tables as hardware would. The KUnit suite goes further.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */

#define pr_fmt(fmt)	"io-pgtable-arm: " fmt

#include <linux/array_size.h>
#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/io-pgtable.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sizes.h>

#include "io-pgtable-arm-oracle.h"
#include "io-pgtable.h"

struct selftest_geometry {
	enum io_pgtable_fmt fmt;
	unsigned int ias;
	unsigned int oas;
	unsigned long pgsizes;
	unsigned long quirks;
};

static const struct selftest_geometry selftest_geometries[] __initconst = {
	{ ARM_64_LPAE_S1, 32, 32, SZ_4K | SZ_2M | SZ_1G },
	{ ARM_64_LPAE_S1, 39, 40, SZ_4K | SZ_2M | SZ_1G },
	{ ARM_64_LPAE_S1, 48, 48, SZ_4K | SZ_2M | SZ_1G },
	{ ARM_64_LPAE_S1, 36, 36, SZ_16K | SZ_32M },
	{ ARM_64_LPAE_S1, 48, 48, SZ_16K | SZ_32M },
	{ ARM_64_LPAE_S1, 42, 44, SZ_64K | SZ_512M },
	{ ARM_64_LPAE_S1, 48, 48, SZ_64K | SZ_512M },
	{ ARM_64_LPAE_S1, 52, 52, SZ_64K | SZ_512M },
	{ ARM_64_LPAE_S1, 52, 52, SZ_4K | SZ_2M | SZ_1G, IO_PGTABLE_QUIRK_ARM_LPA2 },
	{ ARM_64_LPAE_S1, 52, 52, SZ_16K | SZ_32M, IO_PGTABLE_QUIRK_ARM_LPA2 },
	{ ARM_64_LPAE_S2, 32, 40, SZ_4K | SZ_2M | SZ_1G },
	{ ARM_64_LPAE_S2, 40, 40, SZ_4K | SZ_2M | SZ_1G },
	{ ARM_64_LPAE_S2, 48, 48, SZ_4K | SZ_2M | SZ_1G },
	{ ARM_64_LPAE_S2, 40, 40, SZ_16K | SZ_32M },
	{ ARM_64_LPAE_S2, 48, 48, SZ_16K | SZ_32M },
	{ ARM_64_LPAE_S2, 42, 42, SZ_64K | SZ_512M },
	{ ARM_64_LPAE_S2, 52, 52, SZ_64K | SZ_512M },
	{ ARM_64_LPAE_S2, 52, 52, SZ_4K | SZ_2M | SZ_1G, IO_PGTABLE_QUIRK_ARM_LPA2 },
	{ ARM_64_LPAE_S2, 52, 52, SZ_16K | SZ_32M, IO_PGTABLE_QUIRK_ARM_LPA2 },
	{ ARM_32_LPAE_S1, 32, 40, SZ_4K | SZ_2M | SZ_1G },
	{ ARM_32_LPAE_S2, 40, 40, SZ_4K | SZ_2M | SZ_1G },
	{ ARM_MALI_LPAE, 48, 40, SZ_4K | SZ_2M | SZ_1G },
};

static const char * const selftest_formats[] __initconst = {
	[ARM_32_LPAE_S1] = "32-bit stage 1",
	[ARM_32_LPAE_S2] = "32-bit stage 2",
	[ARM_64_LPAE_S1] = "stage 1",
	[ARM_64_LPAE_S2] = "stage 2",
	[ARM_MALI_LPAE] = "Mali",
};

struct selftest {
	struct io_pgtable_ops *ops;
	struct oracle oracle;
};

static u64 selftest_fetch(void *arg, u64 addr)
{
	return READ_ONCE(*(u64 *)phys_to_virt(addr));
}

/* Software and hardware agree on what @iova leads to; 0 is nothing */
static bool __init selftest_leads(struct selftest *test, unsigned long iova, u64 addr)
{
	struct oracle_leaf leaf;
	bool hit = oracle_walk(&test->oracle, iova, &leaf);

	return test->ops->iova_to_phys(test->ops, iova) == addr && hit == !!addr &&
	       leaf.addr == addr && !leaf.wrong;
}

static bool __init selftest_map(struct selftest *test, unsigned long iova, u64 addr,
				size_t pgsize, size_t count, int want)
{
	size_t mapped = 0;
	int ret = test->ops->map_pages(test->ops, iova, addr, pgsize, count,
				       IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE, GFP_KERNEL, &mapped);

	return ret == want && mapped == (want ? 0 : pgsize * count);
}

static bool __init selftest_unmap(struct selftest *test, unsigned long iova, size_t pgsize,
				  size_t count)
{
	return test->ops->unmap_pages(test->ops, iova, pgsize, count, NULL) == pgsize * count;
}

/* One size: a mapping has its ends, its neighbours stay empty, nothing overlaps */
static bool __init selftest_size(struct selftest *test, size_t pgsize)
{
	const unsigned long iova = pgsize, addr = 2 * pgsize;

	return selftest_leads(test, iova, 0) &&
	       selftest_map(test, iova, addr, pgsize, 1, 0) &&
	       selftest_leads(test, iova, addr) &&
	       selftest_leads(test, iova + pgsize - 1, addr + pgsize - 1) &&
	       selftest_leads(test, iova - 1, 0) &&
	       selftest_leads(test, iova + pgsize, 0) &&
	       selftest_map(test, iova, 0, pgsize, 1, -EEXIST) &&
	       selftest_unmap(test, iova, pgsize, 1) &&
	       selftest_leads(test, iova, 0);
}

/* A run that crosses a table, and a page out of the middle of a block */
static bool __init selftest_parts(struct selftest *test, size_t page, size_t block)
{
	const unsigned long iova = 2 * block, hole = iova + 3 * page;

	return selftest_map(test, block - 4 * page, block, page, 8, 0) &&
	       selftest_leads(test, block + 3 * page, block + 7 * page) &&
	       selftest_unmap(test, block - 4 * page, page, 8) &&
	       selftest_leads(test, block, 0) &&
	       selftest_map(test, iova, block, block, 1, 0) &&
	       selftest_unmap(test, hole, page, 1) &&
	       selftest_leads(test, hole, 0) &&
	       selftest_leads(test, hole - 1, block + 3 * page - 1) &&
	       selftest_leads(test, hole + page, block + 4 * page) &&
	       selftest_leads(test, iova + block - 1, 2 * block - 1) &&
	       selftest_map(test, hole, page, page, 1, 0) &&
	       selftest_leads(test, hole, page) &&
	       selftest_unmap(test, iova, block, 1) &&
	       selftest_leads(test, iova, 0);
}

/* Low memory, so that sizes below the machine's can be tested too */
static void *selftest_alloc(void *cookie, size_t size, gfp_t gfp)
{
	return (void *)__get_free_pages(gfp | __GFP_ZERO | __GFP_DMA32, get_order(size));
}

static void selftest_free(void *cookie, void *pages, size_t size)
{
	free_pages((unsigned long)pages, get_order(size));
}

static const char *__init selftest_one(const struct selftest_geometry *geometry,
				       struct device *dev)
{
	static const struct iommu_flush_ops no_tlb = { };
	struct io_pgtable_cfg cfg = {
		.quirks = geometry->quirks,
		.pgsize_bitmap = geometry->pgsizes,
		.ias = geometry->ias,
		.oas = geometry->oas,
		.coherent_walk = true,
		.tlb = &no_tlb,
		.iommu_dev = dev,
		.alloc = selftest_alloc,
		.free = selftest_free,
	};
	struct selftest test = { .oracle.fetch = selftest_fetch };
	unsigned long sizes;
	const char *wrong;

	test.ops = alloc_io_pgtable_ops(geometry->fmt, &cfg, NULL);
	if (!test.ops)
		return "not allocated";

	wrong = oracle_init(&test.oracle, geometry->fmt, &cfg);
	for (sizes = cfg.pgsize_bitmap; sizes && !wrong; sizes &= sizes - 1)
		if (!selftest_size(&test, sizes & -sizes))
			wrong = "a size does not map as it should";
	sizes = cfg.pgsize_bitmap & (cfg.pgsize_bitmap - 1);
	if (!wrong && !selftest_parts(&test, cfg.pgsize_bitmap & -cfg.pgsize_bitmap,
				      sizes & -sizes))
		wrong = "a part does not map as it should";

	free_io_pgtable_ops(test.ops);
	return wrong;
}

static int __init selftest_all(void)
{
	unsigned int passed = 0, failed = 0;
	static struct device dev __initdata;

	/* All that is asked of it is a memory node and a name for complaints */
	set_dev_node(&dev, NUMA_NO_NODE);

	WRITE_ONCE(io_pgtable_quiet, true);
	for (unsigned int i = 0; i < ARRAY_SIZE(selftest_geometries); i++) {
		const struct selftest_geometry *geometry = &selftest_geometries[i];
		const char *wrong = selftest_one(geometry, &dev);

		pr_info("self-test: %s, sizes %#lx, %u to %u bits: %s\n",
			selftest_formats[geometry->fmt], geometry->pgsizes, geometry->ias,
			geometry->oas, wrong ?: "ok");
		if (wrong)
			failed++;
		else
			passed++;
	}
	WRITE_ONCE(io_pgtable_quiet, false);

	pr_info("self-test: %u passed, %u failed\n", passed, failed);
	return failed ? -EFAULT : 0;
}
subsys_initcall(selftest_all);
