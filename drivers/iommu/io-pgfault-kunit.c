// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the I/O page fault queues: whatever fails and whoever comes
 * first, a device gets one answer for each group
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/static_stub.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/workqueue.h>

#include "iommu-fake-kunit.h"

#define PASID	5U

static struct {
	struct iopf_queue *queue;
	struct iommu_attach_handle handle;
	struct iommu_domain domain;
	/* Groups that the handler was given and keeps. */
	struct iopf_group *kept[8];
	unsigned int nr_kept;
	int refuse;		/* what the handler returns */
	bool dequeue;		/* the handler takes groups over */
	unsigned int alloc_ok;	/* allocations until one fails */
} t;

static int keep_handler(struct iopf_group *group)
{
	if (t.refuse)
		return t.refuse;
	if (t.dequeue)
		iopf_group_dequeue(group);
	if (WARN_ON(t.nr_kept >= ARRAY_SIZE(t.kept)))
		return -ENOSPC;
	t.kept[t.nr_kept++] = group;
	return 0;
}

static void finish(unsigned int i, enum iommu_page_response_code code)
{
	iopf_group_response(t.kept[i], code);
	iopf_free_group(t.kept[i]);
	t.kept[i] = NULL;
}

static int iopf_test_init(struct kunit *test)
{
	int ret = fake_init(test);

	if (ret)
		return ret;

	memset(&t, 0, sizeof(t));
	fake_ops.user_pasid_table = false;
	t.domain.type = IOMMU_DOMAIN_UNMANAGED;
	t.domain.ops = &fake_static_ops;
	t.domain.owner = &fake_ops;
	t.domain.iopf_handler = keep_handler;
	t.queue = iopf_queue_alloc("kunit");
	if (!t.queue)
		return -ENOMEM;
	ret = iopf_queue_add_device(t.queue, fake_dev(0));
	if (ret)
		return ret;
	return iommu_attach_device_pasid(&t.domain, fake_dev(0), PASID, &t.handle);
}

static void iopf_test_exit(struct kunit *test)
{
	unsigned int i;

	if (IS_ERR_OR_NULL(fake.pdev[0]))
		return;

	for (i = 0; i < t.nr_kept; i++)
		if (t.kept[i])
			iopf_free_group(t.kept[i]);
	if (t.handle.domain)
		iommu_detach_device_pasid(&t.domain, fake_dev(0), PASID);
	iopf_queue_free(t.queue);
	fake_exit(test);
}

static int partial(u32 pasid, u32 grpid, u64 addr)
{
	return fake_report(0, REQ_PASID, pasid, grpid, PERM_R, addr);
}

static int last(u32 pasid, u32 grpid, u64 addr)
{
	return fake_report(0, REQ_PASID | REQ_LAST, pasid, grpid, PERM_R, addr);
}

/* Addresses of a group in its order, compared with @n literal ones. */
static void expect_pages(struct kunit *test, struct iopf_group *group,
			 const u64 *addr, size_t n)
{
	struct iopf_fault *iopf;
	size_t i = 0;

	KUNIT_EXPECT_EQ(test, group->fault_count, n);
	list_for_each_entry(iopf, &group->faults, list) {
		KUNIT_ASSERT_LT(test, i, n);
		KUNIT_EXPECT_EQ(test, iopf->fault.prm.addr, addr[i]);
		i++;
	}
	KUNIT_EXPECT_EQ(test, i, n);
}

#define EXPECT_PAGES(test, group, ...)					\
	expect_pages(test, group, (const u64[]){ __VA_ARGS__ },		\
		     sizeof((const u64[]){ __VA_ARGS__ }) / sizeof(u64))

/* I-38: a stall is a group of one; its verdict reaches the right tag. */
static void i38_one_fault_one_answer(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, last(PASID, 0xfffe, 0x1000), 0);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 1);
	KUNIT_EXPECT_PTR_EQ(test, t.kept[0]->attach_handle, &t.handle);
	KUNIT_EXPECT_EQ(test, fake_answers(), 0);

	finish(0, IOMMU_PAGE_RESP_SUCCESS);
	fake_expect_one(test, 0, 0xfffe, PASID, IOMMU_PAGE_RESP_SUCCESS, 0x1000);
}

/* I-38: the first answer counts. */
static void i38_second_answer_is_dropped(struct kunit *test)
{
	last(PASID, 7, 0x1000);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 1);
	iopf_group_response(t.kept[0], IOMMU_PAGE_RESP_INVALID);
	iopf_group_response(t.kept[0], IOMMU_PAGE_RESP_SUCCESS);
	iopf_group_dequeue(t.kept[0]);
	finish(0, IOMMU_PAGE_RESP_FAILURE);
	fake_expect_one(test, 0, 7, PASID, IOMMU_PAGE_RESP_INVALID, 0x1000);
}

/* I-38, I-44: a group freed without an answer is answered. */
static void i38_free_answers(struct kunit *test)
{
	last(PASID, 8, 0x2000);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 1);
	iopf_free_group(t.kept[0]);
	t.kept[0] = NULL;
	fake_expect_one(test, 0, 8, PASID, IOMMU_PAGE_RESP_INVALID, 0x2000);
}

/* I-39: every partial page, in order, and one answer for the Last request. */
static void i39_group_is_complete(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, partial(PASID, 3, 0x1000), 0);
	KUNIT_EXPECT_EQ(test, partial(PASID, 3, 0x5000), 0);
	KUNIT_EXPECT_EQ(test, partial(PASID, 3, 0x2000), 0);
	KUNIT_EXPECT_EQ(test, t.nr_kept, 0);
	KUNIT_EXPECT_EQ(test, last(PASID, 3, 0x9000), 0);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 1);
	EXPECT_PAGES(test, t.kept[0], 0x1000, 0x5000, 0x2000, 0x9000);

	finish(0, IOMMU_PAGE_RESP_SUCCESS);
	fake_expect_one(test, 0, 3, PASID, IOMMU_PAGE_RESP_SUCCESS, 0x9000);
}

/* I-39: groups that arrive interleaved stay apart. */
static void i39_groups_interleave(struct kunit *test)
{
	partial(PASID, 1, 0x1000);
	partial(PASID, 2, 0x2000);
	partial(PASID, 1, 0x3000);
	last(PASID, 2, 0x4000);
	last(PASID, 1, 0x5000);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 2);
	EXPECT_PAGES(test, t.kept[0], 0x2000, 0x4000);
	EXPECT_PAGES(test, t.kept[1], 0x1000, 0x3000, 0x5000);
	finish(0, IOMMU_PAGE_RESP_SUCCESS);
	finish(1, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_EQ(test, fake_answers(), 2);
}

/* I-39: with a PASID in the response, index and PASID name a group together. */
static void i39_index_is_per_pasid(struct kunit *test)
{
	static struct iommu_attach_handle other;
	const u32 flags = REQ_PASID | REQ_RESP_PASID;

	KUNIT_ASSERT_EQ(test, iommu_attach_device_pasid(&t.domain, fake_dev(0), 6,
							&other), 0);
	fake_report(0, flags, PASID, 1, PERM_R, 0x1000);
	fake_report(0, flags, 6, 1, PERM_R, 0x2000);
	fake_report(0, flags | REQ_LAST, PASID, 1, PERM_R, 0x3000);
	fake_report(0, flags | REQ_LAST, 6, 1, PERM_R, 0x4000);
	iommu_detach_device_pasid(&t.domain, fake_dev(0), 6);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 2);
	KUNIT_EXPECT_PTR_EQ(test, t.kept[0]->attach_handle, &t.handle);
	EXPECT_PAGES(test, t.kept[0], 0x1000, 0x3000);
	KUNIT_EXPECT_PTR_EQ(test, t.kept[1]->attach_handle, &other);
	EXPECT_PAGES(test, t.kept[1], 0x2000, 0x4000);
}

/* I-39: a request that is not the Last has no response, even when refused. */
static void i39_partial_has_no_response(struct kunit *test)
{
	KUNIT_EXPECT_NE(test, partial(77, 3, 0x1000), 0);
	KUNIT_EXPECT_EQ(test, fake_answers(), 0);
	KUNIT_EXPECT_NE(test, last(77, 3, 0x2000), 0);
	fake_expect_one(test, 0, 3, 77, IOMMU_PAGE_RESP_INVALID, 0x2000);
}

/* I-40: the index alone names a group: another PASID on it starts a new one. */
static void i40_reused_index(struct kunit *test)
{
	static struct iommu_attach_handle other;

	KUNIT_ASSERT_EQ(test, iommu_attach_device_pasid(&t.domain, fake_dev(0), 6,
							&other), 0);
	partial(PASID, 1, 0x1000);
	last(6, 1, 0x2000);
	last(PASID, 1, 0x3000);
	iommu_detach_device_pasid(&t.domain, fake_dev(0), 6);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 2);
	EXPECT_PAGES(test, t.kept[0], 0x2000);
	EXPECT_PAGES(test, t.kept[1], 0x3000);
}

/* I-40: an overflow ends all groups that are not complete. */
static void i40_overflow(struct kunit *test)
{
	partial(PASID, 1, 0x1000);
	partial(PASID, 2, 0x2000);
	KUNIT_EXPECT_EQ(test, iopf_queue_discard_partial(t.queue), 0);
	last(PASID, 1, 0x3000);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 1);
	EXPECT_PAGES(test, t.kept[0], 0x3000);
	finish(0, IOMMU_PAGE_RESP_SUCCESS);
	fake_expect_one(test, 0, 1, PASID, IOMMU_PAGE_RESP_SUCCESS, 0x3000);
	KUNIT_EXPECT_EQ(test, iopf_queue_discard_partial(NULL), -EINVAL);
}

/* I-40: a stop marker ends the groups of its PASID, and has no response. */
static void i40_stop_marker(struct kunit *test)
{
	const u32 resp = REQ_PASID | REQ_RESP_PASID;
	static struct iommu_attach_handle other;

	KUNIT_ASSERT_EQ(test, iommu_attach_device_pasid(&t.domain, fake_dev(0), 6,
							&other), 0);
	fake_report(0, resp, PASID, 1, PERM_R, 0x1000);
	fake_report(0, resp, 6, 1, PERM_R, 0x2000);
	KUNIT_EXPECT_EQ(test, fake_report(0, resp | REQ_LAST, PASID, 0, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, t.nr_kept, 0);
	KUNIT_EXPECT_EQ(test, fake_answers(), 0);

	fake_report(0, resp | REQ_LAST, PASID, 1, PERM_R, 0x3000);
	fake_report(0, resp | REQ_LAST, 6, 1, PERM_R, 0x4000);
	iommu_detach_device_pasid(&t.domain, fake_dev(0), 6);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 2);
	EXPECT_PAGES(test, t.kept[0], 0x3000);
	EXPECT_PAGES(test, t.kept[1], 0x2000, 0x4000);

	/* Nobody listens: still no response. */
	KUNIT_EXPECT_EQ(test, fake_report(1, resp | REQ_LAST, PASID, 0, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, fake_answers(), 0);
}

/* I-40: a Last that never came; its partials do not join a later group. */
static void i40_missing_last(struct kunit *test)
{
	iopf_timeout_ms = 30;
	partial(PASID, 1, 0x1000);
	msleep(100);
	last(PASID, 1, 0x2000);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 1);
	EXPECT_PAGES(test, t.kept[0], 0x2000);
}

/* I-36: what a PASID left behind is gone before the number is used again. */
static void i36_retired_pasid(struct kunit *test)
{
	partial(PASID, 1, 0x1000);
	last(PASID, 2, 0x2000);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 1);
	iopf_retire_pasid(fake_dev(0), 6);
	KUNIT_EXPECT_EQ(test, fake_answers(), 0);
	iopf_retire_pasid(fake_dev(0), PASID);
	fake_expect_one(test, 0, 2, PASID, IOMMU_PAGE_RESP_INVALID, 0x2000);
	last(PASID, 1, 0x3000);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 2);
	EXPECT_PAGES(test, t.kept[1], 0x3000);
	finish(0, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_EQ(test, fake_answers(), 1);
}

static DECLARE_COMPLETION(in_handler);
static DECLARE_COMPLETION(go_on);
static DECLARE_COMPLETION(drained);
static bool handled, handled_first;

static int slow_handler(struct iopf_group *group)
{
	complete(&in_handler);
	wait_for_completion(&go_on);
	WRITE_ONCE(handled, true);
	return keep_handler(group);
}

static void report_one(struct work_struct *unused)
{
	last(PASID, 1, 0x1000);
}

static void drain(struct work_struct *unused)
{
	iopf_drain_handlers(fake_dev(0));
	WRITE_ONCE(handled_first, READ_ONCE(handled));
	complete(&drained);
}

static DECLARE_WORK(reporter, report_one);
static DECLARE_WORK(drainer, drain);

/* I-36: who took a handle away waits for the handler that was found by it. */
static void i36_handle_is_gone(struct kunit *test)
{
	handled = false;
	reinit_completion(&in_handler);
	reinit_completion(&go_on);
	reinit_completion(&drained);
	t.domain.iopf_handler = slow_handler;
	queue_work(system_unbound_wq, &reporter);
	wait_for_completion(&in_handler);
	queue_work(system_unbound_wq, &drainer);
	/* Whoever does not wait is done long before. */
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&drained, msecs_to_jiffies(50)), 0);
	complete(&go_on);
	flush_work(&drainer);
	flush_work(&reporter);
	KUNIT_EXPECT_TRUE(test, handled_first);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 1);
	EXPECT_PAGES(test, t.kept[0], 0x1000);
	/* A device that has no queue, and one that nobody asks */
	iopf_drain_handlers(fake_dev(1));
	iopf_drain_handlers(fake_dev(0));
}

/* I-41: no handler of the domain, nothing on the PASID, no PASID, no queue. */
static void i41_nobody_listens(struct kunit *test)
{
	t.domain.iopf_handler = NULL;
	KUNIT_EXPECT_EQ(test, last(PASID, 1, 0x1000), -EINVAL);
	fake_expect_one(test, 0, 1, PASID, IOMMU_PAGE_RESP_INVALID, 0x1000);
	t.domain.iopf_handler = keep_handler;

	fake.nr = 0;
	KUNIT_EXPECT_EQ(test, last(9, 2, 0x2000), -EINVAL);
	fake_expect_one(test, 0, 2, 9, IOMMU_PAGE_RESP_INVALID, 0x2000);

	fake.nr = 0;
	KUNIT_EXPECT_EQ(test, fake_report(0, REQ_LAST, 0, 3, PERM_R, 0x3000), -EINVAL);
	fake_expect_one(test, 0, 3, 0, IOMMU_PAGE_RESP_INVALID, 0x3000);

	fake.nr = 0;
	KUNIT_EXPECT_EQ(test, fake_report(1, REQ_LAST | REQ_PASID, PASID, 4, PERM_R,
					  0x4000), -EINVAL);
	fake_expect_one(test, 1, 4, PASID, IOMMU_PAGE_RESP_INVALID, 0x4000);
	KUNIT_EXPECT_EQ(test, t.nr_kept, 0);
}

/* I-41: a handler that refuses leaves nothing behind. */
static void i41_handler_refuses(struct kunit *test)
{
	t.refuse = -EBUSY;
	partial(PASID, 1, 0x1000);
	KUNIT_EXPECT_EQ(test, last(PASID, 1, 0x2000), -EBUSY);
	fake_expect_one(test, 0, 1, PASID, IOMMU_PAGE_RESP_INVALID, 0x2000);
	t.refuse = 0;
	last(PASID, 1, 0x3000);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 1);
	EXPECT_PAGES(test, t.kept[0], 0x3000);
}

/* I-41: with a PASID table of user space, faults go to the nested domain. */
static void i41_user_pasid_table(struct kunit *test)
{
	struct iommu_group *group = fake_dev(0)->iommu_group;
	static struct iommu_attach_handle nested;
	static struct iommu_domain domain;

	domain = t.domain;
	domain.type = IOMMU_DOMAIN_NESTED;
	KUNIT_ASSERT_EQ(test, iommu_attach_group_handle(&domain, group, &nested), 0);
	KUNIT_EXPECT_EQ(test, last(9, 1, 0x1000), -EINVAL);
	fake_ops.user_pasid_table = true;
	KUNIT_EXPECT_EQ(test, last(9, 2, 0x2000), 0);
	KUNIT_EXPECT_EQ(test, fake_report(0, REQ_LAST, 0, 3, PERM_R, 0x3000), 0);
	iommu_detach_group_handle(&domain, group);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 2);
	KUNIT_EXPECT_PTR_EQ(test, t.kept[0]->attach_handle, &nested);
	KUNIT_EXPECT_PTR_EQ(test, t.kept[1]->attach_handle, &nested);
}

/* I-42: the deadline answers, and a late answer is harmless. */
static void i42_deadline(struct kunit *test)
{
	unsigned long start = jiffies;

	iopf_timeout_ms = 50;
	last(PASID, 1, 0x1000);
	KUNIT_EXPECT_TRUE(test, fake_wait_answer(2000));
	KUNIT_EXPECT_GE(test, jiffies_to_msecs(jiffies - start), 45);
	fake_expect_one(test, 0, 1, PASID, IOMMU_PAGE_RESP_INVALID, 0x1000);
	finish(0, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_EQ(test, fake_answers(), 1);
}

/* I-42: each group has its own deadline; a shorter one later is kept as well. */
static void i42_deadlines_in_any_order(struct kunit *test)
{
	iopf_timeout_ms = 60000;
	last(PASID, 1, 0x1000);
	iopf_timeout_ms = 40;
	last(PASID, 2, 0x2000);
	KUNIT_EXPECT_TRUE(test, fake_wait_answer(2000));
	msleep(50);
	fake_expect_one(test, 0, 2, PASID, IOMMU_PAGE_RESP_INVALID, 0x2000);
}

/* I-42: what user space was given waits for user space. */
static void i42_dequeued_waits(struct kunit *test)
{
	iopf_timeout_ms = 30;
	t.dequeue = true;
	last(PASID, 1, 0x1000);
	msleep(120);
	KUNIT_EXPECT_EQ(test, fake_answers(), 0);
	finish(0, IOMMU_PAGE_RESP_SUCCESS);
	fake_expect_one(test, 0, 1, PASID, IOMMU_PAGE_RESP_SUCCESS, 0x1000);
}

struct late {
	struct delayed_work work;
	unsigned int i;
};

static void late_finish(struct work_struct *work)
{
	struct late *late = container_of(to_delayed_work(work), struct late, work);

	finish(late->i, IOMMU_PAGE_RESP_SUCCESS);
}

/* I-43: a flush waits for what was reported before, and for nothing else. */
static void i43_flush_waits(struct kunit *test)
{
	struct late late = { .i = 1 };

	KUNIT_EXPECT_EQ(test, iopf_queue_flush_dev(fake_dev(0)), 0);
	KUNIT_EXPECT_EQ(test, iopf_queue_flush_dev(fake_dev(1)), -ENODEV);

	t.dequeue = true;
	last(PASID, 1, 0x1000);
	KUNIT_EXPECT_EQ(test, iopf_queue_flush_dev(fake_dev(0)), 0);
	KUNIT_EXPECT_EQ(test, fake_answers(), 0);

	t.dequeue = false;
	last(PASID, 2, 0x2000);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 2);
	INIT_DELAYED_WORK_ONSTACK(&late.work, late_finish);
	queue_delayed_work(t.queue->wq, &late.work, msecs_to_jiffies(100));
	KUNIT_EXPECT_EQ(test, iopf_queue_flush_dev(fake_dev(0)), 0);
	fake_expect_one(test, 0, 2, PASID, IOMMU_PAGE_RESP_SUCCESS, 0x2000);
	flush_delayed_work(&late.work);
	destroy_delayed_work_on_stack(&late.work);
}

/* I-42, I-43: a handler that never answers does not hold a flush up for ever. */
static void i43_flush_is_bounded(struct kunit *test)
{
	iopf_timeout_ms = 50;
	last(PASID, 1, 0x1000);
	KUNIT_EXPECT_EQ(test, iopf_queue_flush_dev(fake_dev(0)), 0);
	fake_expect_one(test, 0, 1, PASID, IOMMU_PAGE_RESP_INVALID, 0x1000);
}

/* I-43: removal answers everything, once; late answers reach no device. */
static void i43_remove_answers(struct kunit *test)
{
	t.dequeue = true;
	last(PASID, 1, 0x1000);
	t.dequeue = false;
	last(PASID, 2, 0x2000);
	partial(PASID, 3, 0x3000);
	iopf_queue_remove_device(t.queue, fake_dev(0));
	KUNIT_ASSERT_EQ(test, fake_answers(), 2);
	KUNIT_EXPECT_EQ(test, fake.log[0].grpid, 2);
	KUNIT_EXPECT_EQ(test, fake.log[0].code, IOMMU_PAGE_RESP_INVALID);
	KUNIT_EXPECT_EQ(test, fake.log[1].grpid, 1);
	KUNIT_EXPECT_EQ(test, fake.log[1].code, IOMMU_PAGE_RESP_INVALID);

	finish(0, IOMMU_PAGE_RESP_SUCCESS);
	finish(1, IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_EQ(test, fake_answers(), 2);

	fake.nr = 0;
	KUNIT_EXPECT_EQ(test, last(PASID, 4, 0x4000), -EINVAL);
	fake_expect_one(test, 0, 4, PASID, IOMMU_PAGE_RESP_INVALID, 0x4000);

	/* A second life starts empty. */
	KUNIT_EXPECT_EQ(test, iopf_queue_add_device(t.queue, fake_dev(0)), 0);
	last(PASID, 3, 0x5000);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 3);
	EXPECT_PAGES(test, t.kept[2], 0x5000);
}

/* A device is in one queue, and its IOMMU must be able to answer. */
static void add_device_refuses(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, iopf_queue_add_device(t.queue, fake_dev(0)), -EBUSY);
	fake_ops.page_response = NULL;
	KUNIT_EXPECT_EQ(test, iopf_queue_add_device(t.queue, fake_dev(1)), -ENODEV);
	fake_ops.page_response = fake_page_response;
}

static void *failing_zalloc(size_t size)
{
	if (!t.alloc_ok)
		return NULL;
	t.alloc_ok--;
	return kzalloc(size, GFP_KERNEL);
}

/* I-44: each allocation of a group of three fails once; each time one answer. */
static void i44_allocation_fails(struct kunit *test)
{
	unsigned int ok;

	kunit_activate_static_stub(test, iopf_zalloc, failing_zalloc);
	for (ok = 0; ok < 3; ok++) {
		t.alloc_ok = ok;
		fake.nr = 0;
		KUNIT_EXPECT_EQ(test, partial(PASID, 1, 0x1000), ok < 1 ? -ENOMEM : 0);
		t.alloc_ok = ok > 1;
		KUNIT_EXPECT_EQ(test, partial(PASID, 1, 0x2000), ok < 2 ? -ENOMEM : 0);
		/* The group lost a page, or now fails itself: no success for it. */
		t.alloc_ok = ok < 2;
		KUNIT_EXPECT_EQ(test, last(PASID, 1, 0x3000), -ENOMEM);
		KUNIT_EXPECT_EQ(test, t.nr_kept, 0);
		fake_expect_one(test, 0, 1, PASID, IOMMU_PAGE_RESP_INVALID, 0x3000);
	}
	kunit_deactivate_static_stub(test, iopf_zalloc);

	/* And nothing of it remains. */
	last(PASID, 1, 0x4000);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 1);
	EXPECT_PAGES(test, t.kept[0], 0x4000);
}

/* I-39, I-44: a lost request fails its group, and no other one that looks alike. */
static void i44_loss_is_of_one_group(struct kunit *test)
{
	const u32 resp = REQ_PASID | REQ_RESP_PASID;
	static struct iommu_attach_handle other;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, iommu_attach_device_pasid(&t.domain, fake_dev(0), 6,
							&other), 0);
	kunit_activate_static_stub(test, iopf_zalloc, failing_zalloc);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, fake_report(0, resp, PASID, i, PERM_R, 0x1000), -ENOMEM);
	kunit_deactivate_static_stub(test, iopf_zalloc);

	/* Another PASID, and an index that is equal modulo 512. */
	KUNIT_EXPECT_EQ(test, fake_report(0, resp | REQ_LAST, 6, 1, PERM_R, 0x2000), 0);
	KUNIT_EXPECT_EQ(test, fake_report(0, resp | REQ_LAST, PASID, 513, PERM_R, 0x3000), 0);
	/* The group itself, once. */
	KUNIT_EXPECT_EQ(test, fake_report(0, resp | REQ_LAST, PASID, 1, PERM_R, 0x4000), -ENOMEM);
	fake_expect_one(test, 0, 1, PASID, IOMMU_PAGE_RESP_INVALID, 0x4000);
	KUNIT_EXPECT_EQ(test, fake_report(0, resp | REQ_LAST, PASID, 1, PERM_R, 0x5000), 0);

	/* A stop marker ends them all. */
	fake_report(0, resp | REQ_LAST, PASID, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, fake_report(0, resp | REQ_LAST, PASID, 2, PERM_R, 0x6000), 0);
	iommu_detach_device_pasid(&t.domain, fake_dev(0), 6);
	KUNIT_EXPECT_EQ(test, t.nr_kept, 4);
}

/* I-40: neither does a loss outlive an overflow or its time. */
static void i44_loss_is_forgotten(struct kunit *test)
{
	unsigned int i;

	kunit_activate_static_stub(test, iopf_zalloc, failing_zalloc);
	KUNIT_EXPECT_EQ(test, partial(PASID, 1, 0x1000), -ENOMEM);
	kunit_deactivate_static_stub(test, iopf_zalloc);
	iopf_queue_discard_partial(t.queue);
	KUNIT_EXPECT_EQ(test, last(PASID, 1, 0x2000), 0);

	iopf_timeout_ms = 200;
	kunit_activate_static_stub(test, iopf_zalloc, failing_zalloc);
	for (i = 0; i < 40; i++)
		KUNIT_EXPECT_EQ(test, partial(PASID, i, 0x1000), -ENOMEM);
	kunit_deactivate_static_stub(test, iopf_zalloc);
	KUNIT_EXPECT_EQ(test, last(PASID, 39, 0x2000), -ENOMEM);
	msleep(400);
	KUNIT_EXPECT_EQ(test, last(PASID, 38, 0x2000), 0);
}

/* I-44, I-61: queue and device come to be, or not, without leaving anything. */
static void i44_queue_allocation_fails(struct kunit *test)
{
	kunit_activate_static_stub(test, iopf_zalloc, failing_zalloc);
	t.alloc_ok = 0;
	KUNIT_EXPECT_NULL(test, iopf_queue_alloc("kunit-none"));
	KUNIT_EXPECT_EQ(test, iopf_queue_add_device(t.queue, fake_dev(1)), -ENOMEM);
	kunit_deactivate_static_stub(test, iopf_zalloc);
	KUNIT_EXPECT_EQ(test, iopf_queue_add_device(t.queue, fake_dev(1)), 0);
	iopf_queue_remove_device(t.queue, fake_dev(1));
}

/* I-44: a device that never sends Last is bounded, and then answered. */
static void i44_too_many_partials(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 1024; i++)
		KUNIT_ASSERT_EQ(test, partial(PASID, i % 512, i * 0x1000ULL), 0);
	KUNIT_EXPECT_EQ(test, partial(PASID, 3, 0x1000), -ENOMEM);
	KUNIT_EXPECT_EQ(test, last(PASID, 3, 0x2000), -ENOMEM);
	fake_expect_one(test, 0, 3, PASID, IOMMU_PAGE_RESP_INVALID, 0x2000);
	KUNIT_EXPECT_EQ(test, last(PASID, 4, 0x3000), 0);
	KUNIT_ASSERT_EQ(test, t.nr_kept, 1);
	EXPECT_PAGES(test, t.kept[0], 4 * 0x1000, 516 * 0x1000, 0x3000);
}

/* A type that nobody knows is no page request: no answer, an error. */
static void unknown_type(struct kunit *test)
{
	struct iopf_fault evt = { .fault.type = 99 };

	KUNIT_EXPECT_EQ(test, iommu_report_device_fault(fake_dev(0), &evt), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_answers(), 0);
}

#define RACE_THREADS	4
#define RACE_FAULTS	500

struct race_job {
	struct work_struct work;
	struct iopf_group *group;
};

static void race_work(struct work_struct *work)
{
	struct race_job *job = container_of(work, struct race_job, work);

	if (job->group->last_fault.fault.prm.grpid % 16 == 0)
		usleep_range(100, 200);
	iopf_group_response(job->group, IOMMU_PAGE_RESP_SUCCESS);
	iopf_free_group(job->group);
	kfree(job);
}

static int race_handler(struct iopf_group *group)
{
	u32 grpid = group->last_fault.fault.prm.grpid;
	struct race_job *job;

	if (grpid % 64 == 7)
		return -EBUSY;
	job = kzalloc(sizeof(*job), GFP_KERNEL);
	if (!job)
		return -ENOMEM;
	if (grpid % 8 == 3)
		iopf_group_dequeue(group);
	INIT_WORK(&job->work, race_work);
	job->group = group;
	queue_work(t.queue->wq, &job->work);
	return 0;
}

static int race_thread(void *arg)
{
	u32 i, base = (uintptr_t)arg * RACE_FAULTS;

	for (i = 0; i < RACE_FAULTS; i++) {
		if (i % 4 == 0)
			partial(PASID, base + i, 0x1000);
		last(PASID, base + i, 0x2000);
		if (i % 256 == 0)
			cond_resched();
	}
	while (!kthread_should_stop())
		fsleep(1000);
	return 0;
}

/*
 * I-38, I-39, I-43, I-63: devices come and go, deadlines pass, overflows are
 * handled and threads report: each group has exactly one answer.
 */
static void i38_one_answer_in_any_order(struct kunit *test)
{
	const unsigned int total = RACE_THREADS * RACE_FAULTS;
	struct task_struct *thread[RACE_THREADS];
	unsigned int i, rounds, wrong = 0;

	fake.tally = kunit_kcalloc(test, total, sizeof(*fake.tally), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake.tally);
	t.domain.iopf_handler = race_handler;
	iopf_timeout_ms = 1;

	for (i = 0; i < RACE_THREADS; i++)
		thread[i] = kthread_run(race_thread, (void *)(uintptr_t)i, "iopf-race/%u", i);
	for (rounds = 0; rounds < 100; rounds++) {
		usleep_range(500, 1500);
		if (rounds % 3 == 0)
			iopf_queue_discard_partial(t.queue);
		if (rounds % 3 == 1)
			iopf_queue_flush_dev(fake_dev(0));
		if (rounds % 3 == 2) {
			iopf_queue_remove_device(t.queue, fake_dev(0));
			iopf_queue_add_device(t.queue, fake_dev(0));
		}
		iopf_retire_pasid(fake_dev(0), PASID);
	}
	for (i = 0; i < RACE_THREADS; i++)
		if (!IS_ERR(thread[i]))
			kthread_stop(thread[i]);
	flush_workqueue(t.queue->wq);

	for (i = 0; i < total; i++)
		wrong += atomic_read(&fake.tally[i]) != 1;
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

static struct kunit_case iopf_cases[] = {
	KUNIT_CASE(i38_one_fault_one_answer),
	KUNIT_CASE(i38_second_answer_is_dropped),
	KUNIT_CASE(i38_free_answers),
	KUNIT_CASE(i39_group_is_complete),
	KUNIT_CASE(i39_groups_interleave),
	KUNIT_CASE(i39_index_is_per_pasid),
	KUNIT_CASE(i39_partial_has_no_response),
	KUNIT_CASE(i40_reused_index),
	KUNIT_CASE(i40_overflow),
	KUNIT_CASE(i40_stop_marker),
	KUNIT_CASE(i40_missing_last),
	KUNIT_CASE(i36_retired_pasid),
	KUNIT_CASE(i36_handle_is_gone),
	KUNIT_CASE(i41_nobody_listens),
	KUNIT_CASE(i41_handler_refuses),
	KUNIT_CASE(i41_user_pasid_table),
	KUNIT_CASE(i42_deadline),
	KUNIT_CASE(i42_deadlines_in_any_order),
	KUNIT_CASE(i42_dequeued_waits),
	KUNIT_CASE(i43_flush_waits),
	KUNIT_CASE(i43_flush_is_bounded),
	KUNIT_CASE(i43_remove_answers),
	KUNIT_CASE(add_device_refuses),
	KUNIT_CASE(i44_allocation_fails),
	KUNIT_CASE(i44_loss_is_of_one_group),
	KUNIT_CASE(i44_loss_is_forgotten),
	KUNIT_CASE(i44_queue_allocation_fails),
	KUNIT_CASE(i44_too_many_partials),
	KUNIT_CASE(unknown_type),
	KUNIT_CASE_SLOW(i38_one_answer_in_any_order),
	{}
};

static struct kunit_suite iopf_suite = {
	.name		= "io-pgfault",
	.suite_init	= fake_suite_init,
	.suite_exit	= fake_suite_exit,
	.init		= iopf_test_init,
	.exit		= iopf_test_exit,
	.test_cases	= iopf_cases,
};

kunit_test_suite(iopf_suite);

MODULE_DESCRIPTION("KUnit tests of the I/O page fault queues");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_IMPORT_NS(IOMMUFD_INTERNAL);
