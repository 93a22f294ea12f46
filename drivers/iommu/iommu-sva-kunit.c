// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of shared virtual addressing: bonds, PASIDs, and faults that are
 * served in a process
 *
 * They are skipped where the architecture cannot bind (x86).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>

#include "iommu-fake-kunit.h"

static struct iopf_queue *queue;

static int sva_test_init(struct kunit *test)
{
	unsigned int i;
	int ret;

	if (IS_ENABLED(CONFIG_X86))
		kunit_skip(test, "no address space is bound on this architecture");

	ret = fake_init(test);
	if (ret)
		return ret;

	queue = iopf_queue_alloc("kunit-sva");
	if (!queue)
		return -ENOMEM;
	for (i = 0; i < FAKE_DEVICES; i++) {
		ret = iopf_queue_add_device(queue, fake_dev(i));
		if (ret)
			return ret;
	}
	return 0;
}

static void sva_test_exit(struct kunit *test)
{
	iopf_queue_free(queue);
	queue = NULL;
	fake_exit(test);
}

static void put_mm(void *mm)
{
	mmput(mm);
}

/* An address space with nothing in it; its last user goes with the test. */
static struct mm_struct *new_mm(struct kunit *test)
{
	struct mm_struct *mm = mm_alloc();

	KUNIT_ASSERT_NOT_NULL(test, mm);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, put_mm, mm), 0);
	return mm;
}

static struct iommu_sva *bind(struct kunit *test, unsigned int dev, struct mm_struct *mm)
{
	struct iommu_sva *bond = iommu_sva_bind_device(fake_dev(dev), mm);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bond);
	return bond;
}

static long bind_error(unsigned int dev, struct mm_struct *mm)
{
	struct iommu_sva *bond = iommu_sva_bind_device(fake_dev(dev), mm);

	if (!IS_ERR(bond))
		iommu_sva_unbind_device(bond);
	return PTR_ERR_OR_ZERO(bond);
}

/* The process of this thread, with @pages of private memory. */
static unsigned long map(struct kunit *test, unsigned int pages, unsigned long prot)
{
	unsigned long addr = kunit_vm_mmap(test, NULL, 0, pages * PAGE_SIZE, prot,
					   MAP_ANONYMOUS | MAP_PRIVATE, 0);

	KUNIT_ASSERT_NE(test, addr, 0);
	KUNIT_ASSERT_LT(test, addr, TASK_SIZE);
	return addr;
}

/* Whether the CPU can access the byte without a fault. */
static bool present(unsigned long addr, bool write)
{
	u8 __user *byte = (u8 __user *)addr;
	unsigned long left;
	u8 value = 0;

	pagefault_disable();
	if (write)
		left = __copy_to_user_inatomic(byte, &value, 1);
	else
		left = __copy_from_user_inatomic(&value, byte, 1);
	pagefault_enable();
	return !left;
}

/* Report a group of one and return its verdict. */
static int fault(struct kunit *test, unsigned int dev, u32 pasid, u32 perm, u64 addr)
{
	static u32 grpid;

	fake.nr = 0;
	grpid = (grpid + 1) % 512;
	fake_report(dev, REQ_PASID | REQ_LAST, pasid, grpid, perm, addr);
	if (!fake_wait_answer(5000))
		return -ETIME;
	KUNIT_EXPECT_EQ(test, fake.log[0].grpid, grpid);
	KUNIT_EXPECT_EQ(test, fake.log[0].pasid, pasid);
	KUNIT_EXPECT_EQ(test, fake_answers(), 1);
	return fake.log[0].code;
}

/* I-34: the same pair twice is one bond that counts. */
static void i34_bonds_count(struct kunit *test)
{
	struct mm_struct *mm = new_mm(test);
	struct iommu_sva *a = bind(test, 0, mm), *b = bind(test, 0, mm);

	KUNIT_EXPECT_PTR_EQ(test, a, b);
	KUNIT_EXPECT_EQ(test, fake.attached, 1);
	KUNIT_EXPECT_EQ(test, fake.domains, 1);
	iommu_sva_unbind_device(a);
	KUNIT_EXPECT_EQ(test, fake.removed, 0);
	KUNIT_EXPECT_EQ(test, fake.domains, 1);
	iommu_sva_unbind_device(b);
	KUNIT_EXPECT_EQ(test, fake.removed, 1);
	KUNIT_EXPECT_EQ(test, fake.domains, 0);
}

/* I-34: the last unbind may come when the process is gone. */
static void i34_unbind_after_exit(struct kunit *test)
{
	struct mm_struct *mm = mm_alloc();
	struct iommu_sva *bond;
	u32 pasid;

	KUNIT_ASSERT_NOT_NULL(test, mm);
	bond = bind(test, 0, mm);
	pasid = iommu_sva_get_pasid(bond);
	mmput(mm);
	/* I-41: the memory is gone, the PASID is not. */
	KUNIT_EXPECT_EQ(test, fault(test, 0, pasid, PERM_R, PAGE_SIZE), IOMMU_PAGE_RESP_INVALID);
	KUNIT_EXPECT_EQ(test, iommu_sva_get_pasid(bond), pasid);
	iommu_sva_unbind_device(bond);
	KUNIT_EXPECT_EQ(test, fake.domains, 0);
}

/* I-35: devices share the domain of an address space, and its PASID. */
static void i35_devices_share(struct kunit *test)
{
	struct mm_struct *mm = new_mm(test);
	struct iommu_sva *a = bind(test, 0, mm), *b = bind(test, 1, mm);

	KUNIT_EXPECT_PTR_NE(test, a, b);
	KUNIT_EXPECT_PTR_EQ(test, a->handle.domain, b->handle.domain);
	KUNIT_EXPECT_EQ(test, iommu_sva_get_pasid(a), iommu_sva_get_pasid(b));
	KUNIT_EXPECT_EQ(test, fake.domains, 1);
	iommu_sva_unbind_device(a);
	KUNIT_EXPECT_EQ(test, fake.domains, 1);
	iommu_sva_unbind_device(b);
	KUNIT_EXPECT_EQ(test, fake.domains, 0);
}

/* I-35: a device that cannot use the domain there is gets its own. */
static void i35_device_needs_own_domain(struct kunit *test)
{
	struct mm_struct *mm = new_mm(test);
	struct iommu_sva *a = bind(test, 0, mm), *b;

	fake.attach_err = -EINVAL;
	fake.attach_err_for = 1;
	b = bind(test, 1, mm);
	KUNIT_EXPECT_PTR_NE(test, a->handle.domain, b->handle.domain);
	KUNIT_EXPECT_EQ(test, iommu_sva_get_pasid(a), iommu_sva_get_pasid(b));
	KUNIT_EXPECT_EQ(test, fake.domains, 2);
	iommu_sva_unbind_device(a);
	KUNIT_EXPECT_EQ(test, fake.domains, 1);
	iommu_sva_unbind_device(b);
	KUNIT_EXPECT_EQ(test, fake.domains, 0);
}

/* I-36: a PASID belongs to its mm until that is freed, and only then to others. */
static void i36_pasid_reuse(struct kunit *test)
{
	struct mm_struct *a = mm_alloc(), *b = new_mm(test);
	struct iommu_sva *bond;
	u32 first, second;

	KUNIT_ASSERT_NOT_NULL(test, a);
	bond = bind(test, 0, a);
	first = iommu_sva_get_pasid(bond);
	KUNIT_EXPECT_NE(test, first, 0);
	iommu_sva_unbind_device(bond);

	bond = bind(test, 0, b);
	second = iommu_sva_get_pasid(bond);
	KUNIT_EXPECT_NE(test, first, second);
	iommu_sva_unbind_device(bond);

	/* Still the same for the same mm. */
	bond = bind(test, 0, a);
	KUNIT_EXPECT_EQ(test, iommu_sva_get_pasid(bond), first);
	iommu_sva_unbind_device(bond);

	mmput(a);
	KUNIT_EXPECT_EQ(test, iommu_alloc_global_pasid(fake_dev(0)), first);
	iommu_free_global_pasid(first);
}

/* I-36: partial requests of a bond do not reach the next user of the PASID. */
static void i36_partials_end_with_the_bond(struct kunit *test)
{
	struct mm_struct *mm = new_mm(test);
	struct iommu_sva *bond = bind(test, 0, mm);
	u32 pasid = iommu_sva_get_pasid(bond);
	struct iopf_source *src;

	fake_report(0, REQ_PASID, pasid, 1, PERM_R, 0x1000);
	src = container_of(rcu_dereference_protected(fake_dev(0)->iommu->fault_param, true),
			   struct iopf_source, param);
	KUNIT_EXPECT_EQ(test, src->nr_partials, 1);
	iommu_sva_unbind_device(bond);
	KUNIT_EXPECT_EQ(test, src->nr_partials, 0);
}

/* I-37: what does not fit, or is in use, refuses the bond. */
static void i37_bind_refused(struct kunit *test)
{
	static struct iommu_domain other = {
		.type = IOMMU_DOMAIN_UNMANAGED, .ops = &fake_static_ops, .owner = &fake_ops,
	};
	static struct iommu_attach_handle handle;
	struct mm_struct *mm = new_mm(test);
	struct iommu_sva *bond = bind(test, 0, mm);
	u32 pasid = iommu_sva_get_pasid(bond), max;

	KUNIT_EXPECT_EQ(test, bind_error(0, NULL), -EINVAL);

	/* The device knows fewer PASIDs than the mm's. */
	max = fake_dev(1)->iommu->max_pasids;
	fake_dev(1)->iommu->max_pasids = pasid;
	KUNIT_EXPECT_EQ(test, bind_error(1, mm), -EOVERFLOW);
	fake_dev(1)->iommu->max_pasids = max;

	/* The device uses this PASID for something else. */
	KUNIT_ASSERT_EQ(test, iommu_attach_device_pasid(&other, fake_dev(1), pasid, &handle), 0);
	KUNIT_EXPECT_EQ(test, bind_error(1, mm), -EBUSY);
	iommu_detach_device_pasid(&other, fake_dev(1), pasid);

	/* An IOMMU that cannot share address spaces at all. */
	fake_ops.domain_alloc_sva = NULL;
	KUNIT_EXPECT_EQ(test, bind_error(1, new_mm(test)), -EOPNOTSUPP);
	fake_ops.domain_alloc_sva = fake_domain_alloc_sva;

	KUNIT_EXPECT_EQ(test, bind_error(1, mm), 0);
	iommu_sva_unbind_device(bond);
}

/* I-31, I-61: no PASID is a clean error, and none is lost by failing. */
static void i61_failed_bind_leaves_nothing(struct kunit *test)
{
	u32 free = iommu_alloc_global_pasid(fake_dev(0));
	struct mm_struct *mm = new_mm(test);
	struct iommu_sva *bond;

	fake_dev(0)->iommu->max_pasids = free + 1;
	KUNIT_EXPECT_EQ(test, bind_error(0, mm), -ENOSPC);
	KUNIT_EXPECT_NULL(test, mm->iommu_mm);
	iommu_free_global_pasid(free);

	fake.attach_err = -EIO;
	fake.attach_err_for = 1;
	KUNIT_EXPECT_EQ(test, bind_error(0, mm), -EIO);
	KUNIT_EXPECT_NULL(test, mm->iommu_mm);
	KUNIT_EXPECT_EQ(test, fake.domains, 0);

	KUNIT_EXPECT_EQ(test, bind_error(0, mm), 0);
	KUNIT_EXPECT_EQ(test, mm_get_enqcmd_pasid(mm), free);

	/* An error that another domain would not cure is reported at once. */
	bond = bind(test, 0, mm);
	fake.attach_err = -ENOMEM;
	fake.attach_err_for = 1;
	KUNIT_EXPECT_EQ(test, bind_error(1, mm), -ENOMEM);
	KUNIT_EXPECT_EQ(test, fake.domains, 1);
	iommu_sva_unbind_device(bond);
	KUNIT_EXPECT_EQ(test, fake.domains, 0);
}

/* I-38: a fault brings the page, with the rights that were asked for. */
static void i38_fault_is_served(struct kunit *test)
{
	unsigned long addr = map(test, 4, PROT_READ | PROT_WRITE);
	struct iommu_sva *bond = bind(test, 0, current->mm);
	u32 pasid = iommu_sva_get_pasid(bond);

	KUNIT_EXPECT_FALSE(test, present(addr, false));
	KUNIT_EXPECT_EQ(test, fault(test, 0, pasid, PERM_R, addr), IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_TRUE(test, present(addr, false));
	KUNIT_EXPECT_FALSE(test, present(addr, true));
	KUNIT_EXPECT_EQ(test, fault(test, 0, pasid, PERM_W, addr + 8), IOMMU_PAGE_RESP_SUCCESS);
	KUNIT_EXPECT_TRUE(test, present(addr, true));
	KUNIT_EXPECT_FALSE(test, present(addr + PAGE_SIZE, false));
	iommu_sva_unbind_device(bond);
}

/* I-39: all pages of a group, or a failure. */
static void i39_group_is_served(struct kunit *test)
{
	unsigned long addr = map(test, 3, PROT_READ | PROT_WRITE);
	struct iommu_sva *bond = bind(test, 0, current->mm);
	u32 pasid = iommu_sva_get_pasid(bond);

	fake_report(0, REQ_PASID, pasid, 1, PERM_W, addr);
	fake_report(0, REQ_PASID, pasid, 1, PERM_W, addr + PAGE_SIZE);
	fake_report(0, REQ_PASID | REQ_LAST, pasid, 1, PERM_W, addr + 2 * PAGE_SIZE);
	KUNIT_ASSERT_TRUE(test, fake_wait_answer(5000));
	fake_expect_one(test, 0, 1, pasid, IOMMU_PAGE_RESP_SUCCESS, addr + 2 * PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, present(addr, true));
	KUNIT_EXPECT_TRUE(test, present(addr + PAGE_SIZE, true));
	KUNIT_EXPECT_TRUE(test, present(addr + 2 * PAGE_SIZE, true));

	fake.nr = 0;
	fake_report(0, REQ_PASID, pasid, 2, PERM_W, PAGE_SIZE);
	fake_report(0, REQ_PASID | REQ_LAST, pasid, 2, PERM_W, addr);
	KUNIT_ASSERT_TRUE(test, fake_wait_answer(5000));
	fake_expect_one(test, 0, 2, pasid, IOMMU_PAGE_RESP_INVALID, addr);
	iommu_sva_unbind_device(bond);
}

/* I-45: access is what the VMA allows, no more. */
static void i45_access_is_checked(struct kunit *test)
{
	unsigned long ro = map(test, 2, PROT_READ);
	unsigned long rx = map(test, 1, PROT_READ | PROT_EXEC);
	unsigned long none = map(test, 1, PROT_NONE);
	struct iommu_sva *bond = bind(test, 0, current->mm);
	u32 pasid = iommu_sva_get_pasid(bond);
	const struct {
		u32 perm;
		u64 addr;
		int code;
	} want[] = {
		{ PERM_R, ro, IOMMU_PAGE_RESP_SUCCESS },
		{ PERM_W, ro, IOMMU_PAGE_RESP_INVALID },
		{ PERM_R | PERM_W, ro + PAGE_SIZE, IOMMU_PAGE_RESP_INVALID },
		{ PERM_X, ro, IOMMU_PAGE_RESP_INVALID },
		{ PERM_R | PERM_X, ro, IOMMU_PAGE_RESP_INVALID },
		{ PERM_R | PERM_X, rx, IOMMU_PAGE_RESP_SUCCESS },
		{ PERM_R | PERM_X | PERM_W, rx, IOMMU_PAGE_RESP_INVALID },
		{ PERM_R, none, IOMMU_PAGE_RESP_INVALID },
		{ PERM_R, 0, IOMMU_PAGE_RESP_INVALID },
		{ PERM_R, ~0xfffULL, IOMMU_PAGE_RESP_INVALID },
		{ PERM_R, 1ULL << 63, IOMMU_PAGE_RESP_INVALID },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(want); i++)
		KUNIT_EXPECT_EQ_MSG(test, fault(test, 0, pasid, want[i].perm, want[i].addr),
				    want[i].code, "perm %#x at %#llx", want[i].perm,
				    want[i].addr);
	KUNIT_EXPECT_FALSE(test, present(ro + PAGE_SIZE, false));
	iommu_sva_unbind_device(bond);
}

/* I-41: after unbind the PASID has no handler; PASID 0 never had one. */
static void i41_fault_after_unbind(struct kunit *test)
{
	unsigned long addr = map(test, 1, PROT_READ | PROT_WRITE);
	struct iommu_sva *bond = bind(test, 0, current->mm);
	u32 pasid = iommu_sva_get_pasid(bond);

	iommu_sva_unbind_device(bond);
	KUNIT_EXPECT_EQ(test, fault(test, 0, pasid, PERM_R, addr), IOMMU_PAGE_RESP_INVALID);
	KUNIT_EXPECT_EQ(test, fault(test, 0, 0, PERM_R, addr), IOMMU_PAGE_RESP_INVALID);
	KUNIT_EXPECT_FALSE(test, present(addr, false));
}

/*
 * I-42, I-43: a fault that cannot be served while the mmap lock is held does
 * not hold up unbind, and its worker does not miss what unbind frees.
 */
static void i43_unbind_with_fault_in_flight(struct kunit *test)
{
	unsigned long addr = map(test, 1, PROT_READ | PROT_WRITE);
	struct iommu_sva *bond = bind(test, 0, current->mm);
	u32 pasid = iommu_sva_get_pasid(bond);

	iopf_timeout_ms = 50;
	fake.flush_on_remove = true;
	mmap_write_lock(current->mm);
	fake_report(0, REQ_PASID | REQ_LAST, pasid, 1, PERM_W, addr);
	msleep(20);
	iommu_sva_unbind_device(bond);
	KUNIT_EXPECT_EQ(test, fake.domains, 0);
	mmap_write_unlock(current->mm);
	fake_expect_one(test, 0, 1, pasid, IOMMU_PAGE_RESP_INVALID, addr);
	flush_workqueue(queue->wq);
	KUNIT_EXPECT_EQ(test, fake_answers(), 1);
}

struct blocker {
	struct work_struct work;
	struct completion go;
};

static void block(struct work_struct *work)
{
	wait_for_completion(&container_of(work, struct blocker, work)->go);
}

/* I-34, I-43: the work of a fault starts when its bond has long been freed. */
static void i43_unbind_before_work_starts(struct kunit *test)
{
	unsigned long addr = map(test, 1, PROT_READ | PROT_WRITE);
	struct iommu_sva *bond = bind(test, 0, current->mm);
	u32 pasid = iommu_sva_get_pasid(bond);
	struct blocker blocker;

	init_completion(&blocker.go);
	INIT_WORK_ONSTACK(&blocker.work, block);
	workqueue_set_max_active(queue->wq, 1);
	queue_work(queue->wq, &blocker.work);

	fake_report(0, REQ_PASID | REQ_LAST, pasid, 1, PERM_W, addr);
	iommu_sva_unbind_device(bond);
	complete(&blocker.go);
	flush_workqueue(queue->wq);
	destroy_work_on_stack(&blocker.work);
	fake_expect_one(test, 0, 1, pasid, IOMMU_PAGE_RESP_INVALID, addr);
	/* Nobody waits for it any more: the page is not brought in. */
	KUNIT_EXPECT_FALSE(test, present(addr, false));
}

#define RACE_THREADS	4
#define RACE_ROUNDS	250

struct race {
	struct mm_struct *mm;
	unsigned long addr;
	atomic_t left, errors;
};

static int race_thread(void *arg)
{
	struct race *race = arg;
	unsigned int i;

	for (i = 0; i < RACE_ROUNDS; i++) {
		struct iommu_sva *bond = iommu_sva_bind_device(fake_dev(i % 2), race->mm);

		if (IS_ERR(bond)) {
			atomic_inc(&race->errors);
			continue;
		}
		fake_report(i % 2, REQ_PASID | REQ_LAST, iommu_sva_get_pasid(bond),
			    i % 512, PERM_W, race->addr);
		iommu_sva_unbind_device(bond);
		/* Nobody's PASID, perhaps. */
		fake_report(i % 2, REQ_PASID | REQ_LAST, mm_get_enqcmd_pasid(race->mm),
			    i % 512, PERM_W, race->addr);
		cond_resched();
	}
	atomic_dec(&race->left);
	while (!kthread_should_stop())
		fsleep(1000);
	return 0;
}

/* I-34, I-38: binds, unbinds and faults of four threads on two devices. */
static void i34_bind_races(struct kunit *test)
{
	struct race race = {
		.addr = map(test, 1, PROT_READ | PROT_WRITE),
		.left = ATOMIC_INIT(RACE_THREADS),
	};
	struct task_struct *thread[RACE_THREADS];
	unsigned int i;

	race.mm = current->mm;
	for (i = 0; i < RACE_THREADS; i++) {
		thread[i] = kthread_run(race_thread, &race, "sva-race/%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(thread[i]));
	}
	while (atomic_read(&race.left))
		fsleep(10000);
	for (i = 0; i < RACE_THREADS; i++)
		kthread_stop(thread[i]);
	flush_workqueue(queue->wq);

	KUNIT_EXPECT_EQ(test, atomic_read(&race.errors), 0);
	KUNIT_EXPECT_EQ(test, fake.domains, 0);
	KUNIT_EXPECT_EQ(test, fake_answers(), 2 * RACE_THREADS * RACE_ROUNDS);
}

static struct kunit_case sva_cases[] = {
	KUNIT_CASE(i34_bonds_count),
	KUNIT_CASE(i34_unbind_after_exit),
	KUNIT_CASE(i35_devices_share),
	KUNIT_CASE(i35_device_needs_own_domain),
	KUNIT_CASE(i36_pasid_reuse),
	KUNIT_CASE(i36_partials_end_with_the_bond),
	KUNIT_CASE(i37_bind_refused),
	KUNIT_CASE(i61_failed_bind_leaves_nothing),
	KUNIT_CASE(i38_fault_is_served),
	KUNIT_CASE(i39_group_is_served),
	KUNIT_CASE(i45_access_is_checked),
	KUNIT_CASE(i41_fault_after_unbind),
	KUNIT_CASE(i43_unbind_with_fault_in_flight),
	KUNIT_CASE(i43_unbind_before_work_starts),
	KUNIT_CASE_SLOW(i34_bind_races),
	{}
};

static struct kunit_suite sva_suite = {
	.name		= "iommu-sva",
	.suite_init	= fake_suite_init,
	.suite_exit	= fake_suite_exit,
	.init		= sva_test_init,
	.exit		= sva_test_exit,
	.test_cases	= sva_cases,
};

kunit_test_suite(sva_suite);

MODULE_DESCRIPTION("KUnit tests of shared virtual addressing");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
