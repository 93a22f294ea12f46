// SPDX-License-Identifier: GPL-2.0-only
/*
 * A master as an accelerator of uacce: queues of jobs, in a page that a program maps,
 * with addresses of the program's own memory; see smmu_sim.h.
 *
 * A queue's work does what the hardware of an accelerator would do. It ends soon
 * after the engine has ended, so that uacce_remove() may wait for it whatever locks
 * that holds.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/smmu_sim.h>
#include <linux/uacce.h>

#include "engine_impl.h"

#define QUEUES		64
#define CHUNK		SZ_64K

static_assert(sizeof(struct smmu_sim_queue) == 64 && sizeof(struct smmu_sim_job) == 64);
static_assert(CHUNK <= SIM_MAX_LEN);

/**
 * struct queue - one of a program
 * @engine: whose; a reference
 * @uacce: what uacce has of it
 * @work: carries out jobs
 * @stop: take no further one
 * @page: what the program maps: struct smmu_sim_queue, and jobs
 * @done: so many jobs have ended
 * @data: on the way from and to memory
 */
struct queue {
	struct sim_engine *engine;
	struct uacce_queue *uacce;
	struct work_struct work;
	bool stop;
	struct page *page;
	u32 done;
	u8 *data;
};

static struct smmu_sim_queue *head_of(const struct queue *q)
{
	return page_address(q->page);
}

/* Jobs */

/* Part of a job: one access. Return: whether it went well. */
static bool access(struct queue *q, enum sim_op op, u64 addr, u32 len, struct smmu_sim_job *job)
{
	struct sim_access a = {
		.op = op,
		.flags = SIM_PASID,
		.pasid = q->uacce->pasid,
		.addr = addr,
		.data = q->data,
		.len = len,
	};
	int ret = sim_access_run(q->engine, &a);

	job->outcome = ret ? SMMU_SIM_OUT_ABORT : a.outcome;
	if (!ret && a.outcome == SIM_OK)
		return true;
	job->failed = ret ? addr : a.failed;
	return false;
}

static bool part(struct queue *q, struct smmu_sim_job *job, u64 at, u32 len)
{
	u32 i;

	if (!access(q, SIM_READ, job->from + at, len, job))
		return false;
	if (job->op == SMMU_SIM_JOB_COPY)
		return access(q, SIM_WRITE, job->to + at, len, job);
	for (i = 0; i < len; i++)
		job->result += q->data[i];
	return true;
}

static u32 do_job(struct queue *q, struct smmu_sim_job *job)
{
	u64 at;

	job->result = 0;
	job->failed = 0;
	job->outcome = SMMU_SIM_OUT_OK;
	if (job->op > SMMU_SIM_JOB_SUM || job->flags)
		return SMMU_SIM_JOB_BAD;
	for (at = 0; at < job->len; at += CHUNK) {
		if (READ_ONCE(q->stop) ||
		    !part(q, job, at, min_t(u64, CHUNK, job->len - at)))
			return SMMU_SIM_JOB_FAILED;
		cond_resched();
	}
	return SMMU_SIM_JOB_DONE;
}

/* The page is the program's as well: each word is read once, and checked. */
static void run(struct work_struct *work)
{
	struct queue *q = container_of(work, struct queue, work);
	struct smmu_sim_queue *head = head_of(q);
	struct smmu_sim_job *slot, job;

	/* Pairs with the program's release of what it has put into the slot. */
	while (!READ_ONCE(q->stop) && q->done != smp_load_acquire(&head->tail)) {
		slot = (struct smmu_sim_job *)(head + 1) + q->done % SMMU_SIM_JOBS;
		memcpy(&job, slot, sizeof(job));
		job.status = do_job(q, &job);
		slot->outcome = job.outcome;
		slot->result = job.result;
		slot->failed = job.failed;
		/* Whoever sees these sees the results. */
		smp_store_release(&slot->status, job.status);
		/* Likewise */
		smp_store_release(&head->done, ++q->done);
		wake_up_interruptible(&q->uacce->wait);
	}
}

/* What uacce calls: under its mutex */

static int available(struct uacce_device *uacce)
{
	struct sim_engine *e = uacce->priv;

	return QUEUES - atomic_read(&e->queues);
}

static void queue_free(struct queue *q)
{
	atomic_dec(&q->engine->queues);
	sim_engine_put(q->engine);
	kvfree(q->data);
	put_page(q->page);
	kfree(q);
}

static int get_queue(struct uacce_device *uacce, unsigned long pasid, struct uacce_queue *uq)
{
	struct sim_engine *e = uacce->priv;
	struct queue *q;

	if (available(uacce) <= 0)
		return -EBUSY;
	q = kzalloc(sizeof(*q), GFP_KERNEL_ACCOUNT);
	if (!q)
		return -ENOMEM;
	q->page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	q->data = kvmalloc(CHUNK, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!q->page || !q->data) {
		if (q->page)
			put_page(q->page);
		kvfree(q->data);
		kfree(q);
		return -ENOMEM;
	}
	head_of(q)->jobs = SMMU_SIM_JOBS;
	q->engine = e;
	q->uacce = uq;
	sim_engine_get(e);
	atomic_inc(&e->queues);
	INIT_WORK(&q->work, run);
	q->stop = true;
	uq->priv = q;
	return 0;
}

static int start_queue(struct uacce_queue *uq)
{
	struct queue *q = uq->priv;

	WRITE_ONCE(q->stop, false);
	return 0;
}

static void stop_queue(struct uacce_queue *uq)
{
	struct queue *q = uq->priv;

	WRITE_ONCE(q->stop, true);
	cancel_work_sync(&q->work);
}

static void put_queue(struct uacce_queue *uq)
{
	stop_queue(uq);
	queue_free(uq->priv);
	uq->priv = NULL;
}

static int is_updated(struct uacce_queue *uq)
{
	struct smmu_sim_queue *head = head_of(uq->priv);

	return READ_ONCE(head->done) != READ_ONCE(head->taken);
}

static int map_queue(struct uacce_queue *uq, struct vm_area_struct *vma,
		     struct uacce_qfile_region *region)
{
	struct queue *q = uq->priv;

	if (region->type != UACCE_QFRT_DUS || vma_pages(vma) != 1 || !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	return vm_insert_page(vma, vma->vm_start, q->page);
}

static long queue_ioctl(struct uacce_queue *uq, unsigned int cmd, unsigned long arg)
{
	struct queue *q = uq->priv;

	if (cmd != SMMU_SIM_IOC_DOORBELL)
		return -ENOTTY;
	if (arg || READ_ONCE(q->stop))
		return -EINVAL;
	queue_work(system_unbound_wq, &q->work);
	return 0;
}

static const struct uacce_ops ops = {
	.get_available_instances = available,
	.get_queue = get_queue,
	.put_queue = put_queue,
	.start_queue = start_queue,
	.stop_queue = stop_queue,
	.is_q_updated = is_updated,
	.mmap = map_queue,
	.ioctl = queue_ioctl,
};

static int add(struct sim_engine *e)
{
	struct uacce_interface interface = {
		.name = "smmu_sim",
		.flags = UACCE_DEV_SVA,
		.ops = &ops,
	};
	struct uacce_device *uacce = uacce_alloc(e->dev, &interface);
	int ret;

	if (IS_ERR(uacce))
		return PTR_ERR(uacce);
	uacce->priv = e;
	uacce->algs = "copy\nsum\n";
	uacce->api_ver = "smmu_sim_v1";
	uacce->qf_pg_num[UACCE_QFRT_DUS] = 1;
	/* It says what it could not have. */
	ret = uacce->flags & UACCE_DEV_SVA ? uacce_register(uacce) : -EOPNOTSUPP;
	if (ret) {
		uacce_remove(uacce);
		return ret;
	}
	e->uacce = uacce;
	e->sharing = true;
	return 0;
}

/**
 * sim_uacce_add() - let a master be an accelerator as well, if it shall be
 * @e: its engine; no process is bound yet
 * @master: the master
 *
 * The master works without; the log says why it is none.
 */
void sim_uacce_add(struct sim_engine *e, const struct sim_master *master)
{
	int ret = -EOPNOTSUPP;

	if (!master->uacce)
		return;
	if (!master->user && IS_REACHABLE(CONFIG_UACCE))
		ret = add(e);
	if (ret)
		dev_warn(e->dev, "is no accelerator: %s (%d)\n",
			 IS_REACHABLE(CONFIG_UACCE) ? "it cannot share memory" :
						      "this kernel has no uacce", ret);
}

/**
 * sim_uacce_remove() - it is none any more
 * @e: its engine, which has ended
 */
void sim_uacce_remove(struct sim_engine *e)
{
	if (IS_REACHABLE(CONFIG_UACCE) && e->uacce)
		uacce_remove(e->uacce);
	e->uacce = NULL;
}
