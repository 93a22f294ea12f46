// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of Arm long-descriptor tables in words, and of who looks at them while
 * others map and unmap.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/module.h>
#include <linux/seq_file.h>

#include "io-pgtable-arm-kunit.h"
#include "io-pgtable-arm-tables.h"
#include "iommu-pages.h"

static const struct geometry shown_4k = {
	"stage 1, 4K", ARM_64_LPAE_S1, LPAE_4K_SET, 48, 48, IO_PGTABLE_QUIRK_GATHER, .plain = true,
};

struct shown {
	struct seq_file s;
	char text[2048];
};

static const char *shown(struct lpae_test *t, struct shown *show, u64 first, u64 last)
{
	memset(show, 0, sizeof(*show));
	show->s.buf = show->text;
	show->s.size = sizeof(show->text) - 1;
	t->ops->show_leaves(t->ops, &show->s, first, last);
	return show->text;
}

static struct shown *shown_alloc(struct kunit *test)
{
	struct shown *show = kunit_kzalloc(test, sizeof(*show), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, show);
	return show;
}

/* Ranges that are alike in all but their addresses are one; a range alone is what is asked for. */
static void lines_of_stage1(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, &shown_4k);
	struct shown *show = shown_alloc(test);

	KUNIT_EXPECT_STREQ(test, shown(t, show, 0, U64_MAX), "");
	lpae_expect_map(t, 0x1000, 0x80001000, SZ_4K, 3, LPAE_RW | IOMMU_CACHE | IOMMU_NOEXEC);
	lpae_expect_map(t, 0x4000, 0x90004000, SZ_4K, 1, IOMMU_READ | IOMMU_CACHE | IOMMU_NOEXEC);
	lpae_expect_map(t, SZ_1G, SZ_2G, SZ_2M, 2, LPAE_RW | IOMMU_MMIO);
	lpae_expect_map(t, SZ_1G + SZ_4M, SZ_2G + SZ_4M, SZ_4K, 1, LPAE_RW | IOMMU_MMIO);
	KUNIT_EXPECT_STREQ(test, shown(t, show, 0, U64_MAX),
			   "  0x000000001000-0x000000003fff 0x000080001000 4.00 KiB rw cached\n"
			   "  0x000000004000-0x000000004fff 0x000090004000 4.00 KiB r- cached\n"
			   "  0x000040000000-0x0000403fffff 0x000080000000 2.00 MiB rwx device\n"
			   "  0x000040400000-0x000040400fff 0x000080400000 4.00 KiB rwx device\n");
	KUNIT_EXPECT_STREQ(test, shown(t, show, 0x3800, 0x3fff),
			   "  0x000000003000-0x000000003fff 0x000080003000 4.00 KiB rw cached\n");
	KUNIT_EXPECT_STREQ(test, shown(t, show, 0x5000, SZ_1G - 1), "");
	KUNIT_EXPECT_STREQ(test, shown(t, show, SZ_1G + SZ_4M + SZ_4K, U64_MAX), "");
	lpae_close(t);
}

static void lines_of_others(struct kunit *test)
{
	static const struct geometry stage2 = {
		"stage 2, 4K", ARM_64_LPAE_S2, LPAE_4K_SET, 40, 40, .plain = true,
	};
	static const struct geometry hinted = {
		"stage 1, 4K, hints", ARM_64_LPAE_S1, LPAE_4K_SET, 48, 48,
		IO_PGTABLE_QUIRK_GATHER | IO_PGTABLE_QUIRK_ARM_CONT, .plain = true,
	};
	struct shown *show = shown_alloc(test);
	struct lpae_test *t = lpae_open(test, &stage2);

	lpae_expect_map(t, 0x1000, 0x80001000, SZ_4K, 1, IOMMU_WRITE | IOMMU_CACHE);
	KUNIT_EXPECT_STREQ(test, shown(t, show, 0, U64_MAX),
			   "  0x000000001000-0x000000001fff 0x000080001000 4.00 KiB -wx cached\n");
	lpae_close(t);

	t = lpae_open(test, &hinted);
	lpae_expect_map(t, SZ_64K, SZ_1G, SZ_64K, 2, LPAE_RW | IOMMU_NOEXEC);
	lpae_expect_map(t, SZ_64K * 3, SZ_1G + SZ_128K, SZ_4K, 1, LPAE_RW | IOMMU_NOEXEC);
	KUNIT_EXPECT_STREQ(test, shown(t, show, 0, U64_MAX),
			   "  0x000000010000-0x00000002ffff 0x000040000000 4.00 KiB rw uncached contiguous\n"
			   "  0x000000030000-0x000000030fff 0x000040020000 4.00 KiB rw uncached\n");
	lpae_close(t);

	/* Pages of an allocator of its own have no list to be kept on. */
	t = lpae_open(test, &stage1_4k);
	KUNIT_EXPECT_STREQ(test, shown(t, show, 0, U64_MAX), "  cannot be shown\n");
	lpae_close(t);
}

/* I-8: a table is not freed while somebody looks, and before the invalidation afterwards. */
static void tables_are_kept(struct kunit *test)
{
	struct iommu_iotlb_gather gather;
	struct lpae_test *t = lpae_open(test, &shown_4k);
	struct lpae_tables *tables = container_of(t->ops, struct lpae_tables, iop.ops);
	unsigned int walks;

	lpae_expect_map(t, SZ_2M, SZ_1G, SZ_4K, 512, LPAE_RW);
	lpae_view_begin(tables);
	lpae_view_begin(tables);
	iommu_iotlb_gather_init(&gather);
	walks = t->walks;
	KUNIT_EXPECT_EQ(test, t->ops->unmap_pages(t->ops, SZ_2M, SZ_2M, 1, &gather), SZ_2M);
	KUNIT_EXPECT_TRUE(test, list_empty(&gather.freelist));
	/* The pointer must not be walked any more when the unmap is over (I-7). */
	KUNIT_EXPECT_EQ(test, t->walks, walks + 1);
	KUNIT_EXPECT_EQ(test, t->walk_iova, SZ_2M);
	KUNIT_EXPECT_EQ(test, t->walk_size, SZ_2M);
	/* The range is invalidated all the same. */
	KUNIT_EXPECT_EQ(test, gather.start, SZ_2M);
	KUNIT_EXPECT_EQ(test, gather.end, SZ_2M + SZ_2M - 1);
	KUNIT_EXPECT_FALSE(test, list_empty(&tables->kept));
	lpae_view_end(tables);
	KUNIT_EXPECT_FALSE(test, list_empty(&tables->kept));
	KUNIT_EXPECT_EQ(test, t->flushes, 0);
	lpae_view_end(tables);
	KUNIT_EXPECT_TRUE(test, list_empty(&tables->kept));
	KUNIT_EXPECT_EQ(test, t->flushes, 1);

	/* With nobody there it goes where it always goes, and nothing is flushed for it. */
	lpae_expect_map(t, SZ_2M, SZ_1G, SZ_4K, 512, LPAE_RW);
	KUNIT_EXPECT_EQ(test, t->ops->unmap_pages(t->ops, SZ_2M, SZ_2M, 1, &gather), SZ_2M);
	KUNIT_EXPECT_FALSE(test, list_empty(&gather.freelist));
	iommu_put_pages_list(&gather.freelist);
	KUNIT_EXPECT_EQ(test, t->flushes, 1);
	KUNIT_EXPECT_EQ(test, t->walks, walks + 1);
	lpae_close(t);
}

#define ROUNDS	300

/* One looks on, the others make tables and take them away again. */
static int look_and_change(void *arg)
{
	struct lpae_worker *me = arg;
	struct lpae_test *t = me->t;
	unsigned long iova = SZ_1G + me->id * SZ_64M;
	struct iommu_iotlb_gather gather;
	struct shown *show;
	unsigned int i;
	size_t mapped;

	show = kzalloc(sizeof(*show), GFP_KERNEL);
	for (i = 0; i < ROUNDS && show; i++) {
		if (!me->id) {
			shown(t, show, 0, U64_MAX);
			continue;
		}
		me->wrong += lpae_map(t, iova, SZ_1G, SZ_4K, 512, LPAE_RW, &mapped) != 0;
		iommu_iotlb_gather_init(&gather);
		me->wrong += t->ops->unmap_pages(t->ops, iova, SZ_2M, 1, &gather) != SZ_2M;
		iommu_put_pages_list(&gather.freelist);
	}
	me->wrong += !show;
	kfree(show);
	kthread_complete_and_exit(&me->done, 0);
}

static void looked_at_while_they_change(struct kunit *test)
{
	struct lpae_test *t = lpae_open(test, &shown_4k);

	lpae_work_together(t, look_and_change);
	lpae_close(t);
}

static struct kunit_case show_cases[] = {
	KUNIT_CASE(lines_of_stage1),
	KUNIT_CASE(lines_of_others),
	KUNIT_CASE(tables_are_kept),
	KUNIT_CASE_SLOW(looked_at_while_they_change),
	{ }
};

static struct kunit_suite show_suite = {
	.name = "io-pgtable-arm-show",
	.init = lpae_test_init,
	.test_cases = show_cases,
};

kunit_test_suite(show_suite);

MODULE_DESCRIPTION("KUnit tests of long-descriptor tables in words");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_LICENSE("GPL");
