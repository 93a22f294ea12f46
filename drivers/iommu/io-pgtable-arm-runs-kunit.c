// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what the Arm long-descriptor tables do with many entries at
 * once: runs, the gather of an unmap, and the tables it removes. Here, unlike in
 * the user-space harness, runs are stored and loaded by the instructions of the
 * machine.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/io-pgtable.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "io-pgtable-arm-kunit.h"
#include "iommu-pages.h"

#define LPAE_RUN	21

static const struct geometry stage1_4k_gather = {
	"stage 1, 4K, gather", ARM_64_LPAE_S1, LPAE_4K_SET, 48, 48, IO_PGTABLE_QUIRK_GATHER,
};

/* I-1: runs of each length, at each place of a pair, into new and used tables */
static void every_length_i1(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, &stage1_4k);

	for (unsigned int start = 0; start < 2; start++)
		for (unsigned int n = 1; n <= LPAE_RUN; n++) {
			unsigned long iova = (2 * n + start) * SZ_2M + (5 + start) * SZ_4K;

			for (unsigned int used = 0; used < 2; used++) {
				lpae_expect_map(t, iova, SZ_1G, SZ_4K, n, LPAE_RW);
				for (unsigned int i = 0; i < n; i++)
					lpae_expect(t, iova + i * SZ_4K, SZ_1G + i * SZ_4K);
				lpae_expect(t, iova - SZ_4K, 0);
				lpae_expect(t, iova + n * SZ_4K, 0);
				lpae_expect_unmap(t, iova, SZ_4K, n, n * SZ_4K);
				for (unsigned int i = 0; i < n; i++)
					lpae_expect(t, iova + i * SZ_4K, 0);
			}
		}
	lpae_close(t);
}

/* I-2, I-3: a run ends at the first entry that is taken, or that is missing */
static void odd_entry_i2_i3(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, &stage1_4k);

	for (size_t size = SZ_4K; size <= SZ_2M; size += SZ_2M - SZ_4K)
		for (unsigned int odd = 0; odd < LPAE_RUN; odd++) {
			unsigned long iova = SZ_1G + 3 * size, at = iova + odd * size;
			unsigned int after = LPAE_RUN - odd - 1;
			size_t mapped;

			lpae_expect_map(t, at, 0, size, 1, IOMMU_READ);
			KUNIT_EXPECT_EQ(test, lpae_map(t, iova, SZ_1G, size, LPAE_RUN, LPAE_RW,
						       &mapped), -EEXIST);
			KUNIT_EXPECT_EQ(test, mapped, odd * size);
			lpae_expect_unmap(t, at, size, 1, size);
			lpae_expect(t, at, 0);

			/* A hole, after what there is and before what comes now */
			if (after)
				lpae_expect_map(t, at + size, SZ_1G, size, after, LPAE_RW);
			lpae_expect_unmap(t, iova, size, LPAE_RUN, odd * size);
			if (after)
				lpae_expect_unmap(t, at + size, size, after, after * size);
		}
	lpae_close(t);
}

/* I-4: with 64K pages a run may cross 2^48, where the address is folded */
static void folded_address_i4(struct kunit *test)
{
	const struct geometry geometry = {
		"stage 1, 64K, 52 bits", ARM_64_LPAE_S1, LPAE_64K_SET, 52, 52,
	};
	struct lpae_test *t = lpae_open(test, &geometry);
	const u64 addr = 3 * BIT_ULL(48) - 9 * SZ_64K;

	lpae_expect_map(t, SZ_1G, addr, SZ_64K, LPAE_RUN, LPAE_RW);
	for (unsigned int i = 0; i < LPAE_RUN; i++)
		lpae_expect(t, SZ_1G + i * SZ_64K, addr + i * SZ_64K);
	lpae_close(t);
}

/* I-7: a run is gathered at once; the driver hears of what does not fit alone */
static void run_gathered_i7(struct kunit *test)
{
	struct iommu_iotlb_gather gather = { .start = ULONG_MAX };
	struct lpae_test *t = lpae_open(test, &stage1_4k_gather);
	const unsigned long iova = SZ_2M - 3 * SZ_4K;

	lpae_expect_map(t, iova, 0, SZ_4K, 100, LPAE_RW);
	lpae_expect_map(t, SZ_1G, 0, SZ_4K, 9, LPAE_RW);
	KUNIT_EXPECT_EQ(test, t->ops->unmap_pages(t->ops, iova, SZ_4K, 100, &gather),
			100 * SZ_4K);
	KUNIT_EXPECT_EQ(test, t->gathered, 0);
	KUNIT_EXPECT_EQ(test, gather.start, iova);
	KUNIT_EXPECT_EQ(test, gather.end, iova + 100 * SZ_4K - 1);
	KUNIT_EXPECT_EQ(test, gather.pgsize, SZ_4K);

	KUNIT_EXPECT_EQ(test, t->ops->unmap_pages(t->ops, SZ_1G, SZ_4K, 9, &gather), 9 * SZ_4K);
	KUNIT_EXPECT_EQ(test, t->gathered, SZ_4K);
	KUNIT_EXPECT_EQ(test, t->gather_start, SZ_1G);
	lpae_close(t);
}

/* I-8: a removed table is on the list, still as it was, until the invalidation */
static void table_waits_for_sync_i8(struct kunit *test)
{
	const struct geometry geometry = {
		"stage 1, 4K, freelist", ARM_64_LPAE_S1, LPAE_4K_SET, 48, 48,
		IO_PGTABLE_QUIRK_GATHER, .plain = true,
	};
	struct lpae_test *t = lpae_open(test, &geometry);
	struct iommu_iotlb_gather gather;

	for (unsigned int by_page = 0; by_page < 2; by_page++) {
		iommu_iotlb_gather_init(&gather);
		lpae_expect_map(t, SZ_1G, SZ_1G, SZ_4K, 1024, LPAE_RW);
		KUNIT_EXPECT_EQ(test, t->ops->unmap_pages(t->ops, SZ_1G, by_page ? SZ_4K : SZ_2M,
							  by_page ? 1024 : 2, &gather), SZ_4M);
		KUNIT_EXPECT_EQ(test, list_count_nodes(&gather.freelist), 2);
		KUNIT_EXPECT_EQ(test, gather.start, SZ_1G);
		KUNIT_EXPECT_EQ(test, gather.end, SZ_1G + SZ_4M - 1);
		KUNIT_EXPECT_EQ(test, t->walks, 0);
		KUNIT_EXPECT_EQ(test, t->gathered, 0);
		lpae_expect(t, SZ_1G, 0);
		iommu_put_pages_list(&gather.freelist);
	}
	lpae_close(t);
}

/* I-8: a queued gather takes tables too, and is told of no range */
static void table_waits_for_queue_i8(struct kunit *test)
{
	const struct geometry geometry = {
		"stage 2, 4K, freelist", ARM_64_LPAE_S2, LPAE_4K_SET, 40, 40,
		IO_PGTABLE_QUIRK_GATHER, .plain = true,
	};
	struct lpae_test *t = lpae_open(test, &geometry);
	struct iommu_iotlb_gather gather;

	iommu_iotlb_gather_init(&gather);
	gather.queued = true;
	lpae_expect_map(t, SZ_1G, SZ_1G, SZ_4K, 512, LPAE_RW);
	KUNIT_EXPECT_EQ(test, t->ops->unmap_pages(t->ops, SZ_1G, SZ_2M, 1, &gather), SZ_2M);
	KUNIT_EXPECT_EQ(test, list_count_nodes(&gather.freelist), 1);
	KUNIT_EXPECT_EQ(test, gather.end, 0);
	KUNIT_EXPECT_EQ(test, t->walks, 0);
	iommu_put_pages_list(&gather.freelist);
	lpae_close(t);
}

/* I-8: without the quirk, or with an allocator: flush, then free, and no list */
static void others_flush_first_i8(struct kunit *test)
{
	static const struct geometry * const geometry[] = { &stage1_4k, &stage1_4k_gather };

	for (unsigned int i = 0; i < ARRAY_SIZE(geometry); i++) {
		struct lpae_test *t = lpae_open(test, geometry[i]);
		struct iommu_iotlb_gather gather;
		long empty;

		iommu_iotlb_gather_init(&gather);
		lpae_expect_map(t, SZ_1G + SZ_4M, 0, SZ_4K, 1, LPAE_RW);
		empty = atomic_long_read(&t->pages);
		lpae_expect_map(t, SZ_1G, SZ_1G, SZ_4K, 512, LPAE_RW);
		KUNIT_EXPECT_EQ(test, t->ops->unmap_pages(t->ops, SZ_1G, SZ_4K, 512, &gather),
				SZ_2M);
		KUNIT_EXPECT_TRUE(test, list_empty(&gather.freelist));
		KUNIT_EXPECT_EQ(test, t->walks, 1);
		KUNIT_EXPECT_EQ(test, t->freed, 1);
		KUNIT_EXPECT_EQ(test, atomic_long_read(&t->pages), empty);
		lpae_close(t);
	}
}

static struct kunit_case lpae_run_cases[] = {
	KUNIT_CASE(every_length_i1),
	KUNIT_CASE(odd_entry_i2_i3),
	KUNIT_CASE(folded_address_i4),
	KUNIT_CASE(run_gathered_i7),
	KUNIT_CASE(table_waits_for_sync_i8),
	KUNIT_CASE(table_waits_for_queue_i8),
	KUNIT_CASE(others_flush_first_i8),
	{}
};

static struct kunit_suite lpae_run_suite = {
	.name = "io-pgtable-arm-runs",
	.init = lpae_test_init,
	.test_cases = lpae_run_cases,
};

kunit_test_suite(lpae_run_suite);

MODULE_DESCRIPTION("KUnit tests of runs in the Arm long-descriptor I/O page tables");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
