// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the kernel's own count of the pages that Arm long-descriptor
 * tables take: NR_IOMMU_PAGES and NR_SECONDARY_PAGETABLE, right to the page.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/io-pgtable.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/vmstat.h>

#include "io-pgtable-arm-kunit.h"
#include "iommu-pages.h"

/* All nodes, and what each CPU holds back from them */
static long pages_counted(enum node_stat_item item)
{
	long sum = atomic_long_read(&vm_node_stat[item]);
	int node, cpu;

	for_each_online_node(node)
		for_each_online_cpu(cpu)
			sum += per_cpu_ptr(NODE_DATA(node)->per_cpu_nodestats,
					   cpu)->vm_node_stat_diff[item];
	return sum;
}

/* A table of the kernel's allocator and the pages that it must be counted with */
struct account {
	struct geometry geometry;
	size_t root;			/* bytes of the root */
	unsigned int below;		/* tables that the first leaf needs under it */
	size_t table;			/* bytes of each of those */
};

static const struct account accounts[] = {
	{ { "stage 1, 4K", ARM_64_LPAE_S1, LPAE_4K_SET, 48, 48,
	    IO_PGTABLE_QUIRK_GATHER, .plain = true }, SZ_4K, 3, SZ_4K },
	{ { "stage 2, 4K, two roots", ARM_64_LPAE_S2, LPAE_4K_SET, 40, 40,
	    IO_PGTABLE_QUIRK_GATHER, .plain = true }, SZ_8K, 2, SZ_4K },
	{ { "stage 1, 16K", ARM_64_LPAE_S1, LPAE_16K_SET, 47, 48,
	    IO_PGTABLE_QUIRK_GATHER, .plain = true }, SZ_16K, 2, SZ_16K },
	{ { "stage 1, 64K", ARM_64_LPAE_S1, LPAE_64K_SET, 48, 48,
	    IO_PGTABLE_QUIRK_GATHER, .plain = true }, SZ_1K / 2, 2, SZ_64K },
	{ { "stage 1, 4K, flush first", ARM_64_LPAE_S1, LPAE_4K_SET, 48, 48,
	    .plain = true }, SZ_4K, 3, SZ_4K },
};

struct counts {
	long iommu, secondary;
};

static struct counts counts_now(void)
{
	return (struct counts) {
		pages_counted(NR_IOMMU_PAGES), pages_counted(NR_SECONDARY_PAGETABLE),
	};
}

static void expect_counted(struct kunit *test, const struct account *a, struct counts before,
			   size_t bytes)
{
	struct counts now = counts_now();

	KUNIT_EXPECT_EQ_MSG(test, now.iommu - before.iommu, bytes >> PAGE_SHIFT, "%s",
			    a->geometry.name);
	KUNIT_EXPECT_EQ_MSG(test, now.secondary - before.secondary, bytes >> PAGE_SHIFT, "%s",
			    a->geometry.name);
}

/* I-8, I-10: each table from its allocation until its page is given back */
static void tables_are_counted(struct kunit *test)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(accounts); i++) {
		const struct account *a = &accounts[i];
		size_t root = PAGE_ALIGN(a->root), page = a->table;
		size_t lowest = page * (page / 8), size = PAGE_ALIGN(a->table);
		struct counts before = counts_now();
		struct lpae_test *t = lpae_open(test, &a->geometry);
		struct iommu_iotlb_gather gather;

		expect_counted(test, a, before, root);
		lpae_expect_map(t, 0, SZ_1G, page, 1, LPAE_RW);
		expect_counted(test, a, before, root + a->below * size);
		lpae_expect_map(t, lowest, SZ_1G, page, page / 8, LPAE_RW);
		expect_counted(test, a, before, root + (a->below + 1) * size);

		iommu_iotlb_gather_init(&gather);
		KUNIT_EXPECT_EQ(test, t->ops->unmap_pages(t->ops, lowest, page, page / 8, &gather),
				lowest);
		if (!list_empty(&gather.freelist))
			expect_counted(test, a, before, root + (a->below + 1) * size);
		iommu_put_pages_list(&gather.freelist);
		expect_counted(test, a, before, root + a->below * size);
		lpae_close(t);
		expect_counted(test, a, before, 0);
	}
}

/* Memory of another allocator is that allocator's to count */
static void others_count_for_themselves(struct kunit *test)
{
	struct counts before = counts_now();
	struct lpae_test *t = lpae_open(test, &stage1_4k);
	static const struct account own = { { "an allocator of its own" } };

	lpae_expect_map(t, 0, SZ_1G, SZ_4K, 1024, LPAE_RW);
	expect_counted(test, &own, before, 0);
	lpae_expect_unmap(t, 0, SZ_4K, 1024, SZ_4M);
	expect_counted(test, &own, before, 0);
	lpae_close(t);
	expect_counted(test, &own, before, 0);
}

static struct kunit_case account_cases[] = {
	KUNIT_CASE(tables_are_counted),
	KUNIT_CASE(others_count_for_themselves),
	{}
};

static struct kunit_suite account_suite = {
	.name = "io-pgtable-arm-account",
	.init = lpae_test_init,
	.test_cases = account_cases,
};

kunit_test_suite(account_suite);

MODULE_DESCRIPTION("KUnit tests of the memory that Arm long-descriptor I/O page tables take");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
