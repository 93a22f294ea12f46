// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O page faults: from an IOMMU's report to the one answer a device gets
 *
 * A group without an answer is on exactly one of two lists of its device, held
 * or handed. The page_response() op is called, and the group leaves the list,
 * in one critical section: whoever comes first, the handler, the deadline or
 * the removal of the device, gives the answer.
 *
 * Lock order:
 *   iopf_queue.lock > dev_iommu.lock > iopf_source.report_lock >
 *   iommu_fault_param.lock > locks of the IOMMU driver's page_response()
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define pr_fmt(fmt) "iopf: " fmt

#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/iommu.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "io-pgfault.h"
#include "iommu-priv.h"

#define IOPF_TIMEOUT_MAX_MS	(3600 * MSEC_PER_SEC)

VISIBLE_IF_KUNIT unsigned int iopf_timeout_ms = 10 * MSEC_PER_SEC;
EXPORT_SYMBOL_IF_KUNIT(iopf_timeout_ms);

static int iopf_timeout_set(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 1, IOPF_TIMEOUT_MAX_MS);
}

static const struct kernel_param_ops iopf_timeout_ops = {
	.set = iopf_timeout_set,
	.get = param_get_uint,
};

module_param_cb(timeout_ms, &iopf_timeout_ops, &iopf_timeout_ms, 0644);
MODULE_PARM_DESC(timeout_ms,
		 "Milliseconds until a device is told that a page fault which the kernel serves failed");

static struct workqueue_struct *iopf_watchdog_wq;

VISIBLE_IF_KUNIT void *iopf_zalloc(size_t size)
{
	KUNIT_STATIC_STUB_REDIRECT(iopf_zalloc, size);
	return kzalloc(size, GFP_KERNEL);
}
EXPORT_SYMBOL_IF_KUNIT(iopf_zalloc);

/* Pairs with iopf_source_put(). NULL when the device is in no queue. */
static struct iopf_source *iopf_source_get(struct device *dev)
{
	struct iommu_fault_param *param;

	guard(rcu)();
	param = rcu_dereference(dev->iommu->fault_param);
	if (!param || !refcount_inc_not_zero(&param->users))
		return NULL;
	return to_source(param);
}

static void iopf_source_put(struct iopf_source *src)
{
	if (!refcount_dec_and_test(&src->param.users))
		return;
	mutex_destroy(&src->report_lock);
	mutex_destroy(&src->param.lock);
	kfree_rcu(src, param.rcu);
}

static void iopf_send(struct device *dev, struct iopf_fault *last,
		      enum iommu_page_response_code code)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);
	struct iommu_page_response resp = {
		.pasid	= last->fault.prm.pasid,
		.grpid	= last->fault.prm.grpid,
		.code	= code,
	};

	if (ops->page_response)
		ops->page_response(dev, last, &resp);
}

/*
 * Refuse a request that has no group. "Invalid Request" concerns this group
 * alone, whereas "Response Failure" would switch off the page request
 * interface of the device, for all its users.
 */
static void iopf_refuse(struct device *dev, struct iopf_fault *evt)
{
	if (iopf_is_last(&evt->fault.prm))
		iopf_send(dev, evt, IOMMU_PAGE_RESP_INVALID);
}

/* Let flushers see how far the held groups are. */
static void iopf_update_oldest(struct iopf_source *src)
{
	struct iopf_group *first;

	lockdep_assert_held(&src->param.lock);
	first = list_first_entry_or_null(&src->param.faults, struct iopf_group,
					 pending_node);
	WRITE_ONCE(src->oldest_ticket,
		   first ? to_tracked(first)->ticket : src->next_ticket);
	wake_up_all(&src->drained);
}

/* The only place where a group is answered. Does nothing the second time. */
static void iopf_settle(struct iopf_source *src, struct iopf_tracked *trk,
			enum iommu_page_response_code code)
{
	lockdep_assert_held(&src->param.lock);
	if (trk->settled)
		return;

	iopf_send(src->param.dev, &trk->group.last_fault, code);
	trk->settled = true;
	list_del_init(&trk->group.pending_node);
	iopf_update_oldest(src);
}

static void iopf_drop_partial(struct iopf_source *src, struct iopf_fault *iopf)
{
	lockdep_assert_held(&src->param.lock);
	list_del(&iopf->list);
	src->nr_partials--;
	kfree(to_partial(iopf));
}

typedef bool (*iopf_match)(const struct iommu_fault_page_request *,
			   const struct iommu_fault_page_request *);

/*
 * Forget what was collected for groups that @match relates to @prm. It is asked
 * with (@prm, what is remembered).
 */
static void iopf_forget(struct iopf_source *src, iopf_match match,
			const struct iommu_fault_page_request *prm)
{
	struct iopf_fault *iopf, *next;
	struct iopf_lost *lost;

	list_for_each_entry_safe(iopf, next, &src->param.partial, list) {
		if (match(prm, &iopf->fault.prm))
			iopf_drop_partial(src, iopf);
	}

	for (lost = src->lost; lost < src->lost + IOPF_MAX_LOST; lost++) {
		if (lost->used && match(prm, &lost->prm))
			lost->used = false;
	}
}

/*
 * A Last request that still comes is then served alone. That is what hardware
 * does as well, with its own "Success" to a Last it had no room for: the device
 * asks again for the pages that it misses. A failure would hit groups which
 * merely use an index again whose Last was swallowed.
 */
static void iopf_forget_all(struct iopf_source *src)
{
	iopf_forget(src, iopf_any, NULL);
}

/*
 * Keep the watchdog's next run no later than @deadline. Called with param.lock
 * held and the source not gone: removal cancels the work after it set @gone.
 */
static void iopf_watch(struct iopf_source *src, unsigned long deadline)
{
	unsigned long now = jiffies;

	lockdep_assert_held(&src->param.lock);
	if (delayed_work_pending(&src->watchdog) &&
	    !time_before(deadline, src->watchdog_at))
		return;

	src->watchdog_at = deadline;
	mod_delayed_work(iopf_watchdog_wq, &src->watchdog,
			 time_after(deadline, now) ? deadline - now : 0);
}

static unsigned long iopf_deadline(void)
{
	return jiffies + max(msecs_to_jiffies(READ_ONCE(iopf_timeout_ms)), 1UL);
}

static void iopf_expire_groups(struct iopf_source *src, unsigned long now)
{
	struct iopf_group *group, *next;

	list_for_each_entry_safe(group, next, &src->param.faults, pending_node) {
		struct iopf_tracked *trk = to_tracked(group);
		struct iommu_fault_page_request *prm = &group->last_fault.fault.prm;

		if (time_before(now, trk->deadline)) {
			iopf_watch(src, trk->deadline);
			continue;
		}
		dev_warn_ratelimited(src->param.dev,
				     "page fault at %#llx (group %u, pasid %u) not served in time, access denied\n",
				     prm->addr, prm->grpid, prm->pasid);
		iopf_settle(src, trk, IOMMU_PAGE_RESP_INVALID);
	}
}

/*
 * A Last request that does not follow its partials in time was lost. Without
 * this they would join the next group that uses the index.
 */
static void iopf_expire_partials(struct iopf_source *src, unsigned long now)
{
	struct iopf_fault *iopf, *next;

	list_for_each_entry_safe(iopf, next, &src->param.partial, list) {
		unsigned long deadline = to_partial(iopf)->deadline;

		if (time_before(now, deadline))
			iopf_watch(src, deadline);
		else
			iopf_drop_partial(src, iopf);
	}
}

static void iopf_watchdog(struct work_struct *work)
{
	struct iopf_source *src = container_of(to_delayed_work(work),
					       struct iopf_source, watchdog);
	unsigned long now = jiffies;

	guard(mutex)(&src->param.lock);
	if (src->gone)
		return;
	iopf_expire_groups(src, now);
	iopf_expire_partials(src, now);
}

static struct iommu_attach_handle *iopf_find_handle(struct device *dev,
						    const struct iommu_fault_page_request *prm)
{
	struct iommu_group *group = dev->iommu_group;
	struct iommu_attach_handle *handle;

	if (!group)
		return NULL;

	handle = iommu_attach_handle_get(group,
					 iopf_has_pasid(prm) ? prm->pasid : IOMMU_NO_PASID, 0);
	/*
	 * Where user space owns the PASID table, the kernel knows no PASID of
	 * it: they all belong to the nested domain that holds the table.
	 */
	if (IS_ERR(handle) && iopf_has_pasid(prm) && dev_iommu_ops(dev)->user_pasid_table)
		handle = iommu_attach_handle_get(group, IOMMU_NO_PASID,
						 IOMMU_DOMAIN_NESTED);
	if (IS_ERR(handle) || !handle->domain->iopf_handler)
		return NULL;

	return handle;
}

static int iopf_accept_partial(struct iopf_source *src, struct iopf_fault *evt,
			       bool has_handler)
{
	struct iommu_fault_page_request *prm = &evt->fault.prm;
	struct iopf_partial *part = NULL;
	int ret = -EINVAL;

	if (has_handler) {
		part = iopf_zalloc(sizeof(*part));
		ret = -ENOMEM;
	}

	guard(mutex)(&src->param.lock);
	if (src->gone) {
		kfree(part);
		return -ENODEV;
	}

	iopf_forget(src, iopf_supersedes, prm);
	if (!part || src->nr_partials >= IOPF_MAX_PARTIALS) {
		/* The answer comes with the Last request, and must not be success. */
		kfree(part);
		iopf_forget(src, iopf_same_group, prm);
		iopf_lost_mark(src->lost, prm, iopf_deadline());
		return ret;
	}

	part->iopf.fault = evt->fault;
	part->deadline = iopf_deadline();
	list_add_tail(&part->iopf.list, &src->param.partial);
	src->nr_partials++;
	iopf_watch(src, part->deadline);
	return 0;
}

static void iopf_collect(struct iopf_source *src, struct iopf_group *group)
{
	struct iommu_fault_page_request *prm = &group->last_fault.fault.prm;
	struct iopf_fault *iopf, *next;

	INIT_LIST_HEAD(&group->faults);
	list_for_each_entry_safe(iopf, next, &src->param.partial, list) {
		if (!iopf_same_group(prm, &iopf->fault.prm))
			continue;
		list_move_tail(&iopf->list, &group->faults);
		src->nr_partials--;
		group->fault_count++;
	}
	list_add_tail(&group->last_fault.list, &group->faults);
	group->fault_count++;
}

/*
 * Turn the collected requests and their Last one into a held group. On error
 * nothing of the group is left and the caller answers the device.
 */
static int iopf_hold(struct iopf_source *src, struct iopf_fault *evt,
		     struct iopf_tracked *trk)
{
	struct iommu_fault_page_request *prm = &evt->fault.prm;
	struct iopf_group *group;

	guard(mutex)(&src->param.lock);
	if (src->gone)
		return -ENODEV;

	iopf_forget(src, iopf_supersedes, prm);
	if (!trk || src->nr_groups >= IOPF_MAX_GROUPS || iopf_is_lost(src->lost, prm)) {
		iopf_forget(src, iopf_same_group, prm);
		return -ENOMEM;
	}

	group = &trk->group;
	group->fault_param = &src->param;
	group->last_fault.fault = evt->fault;
	INIT_LIST_HEAD(&group->node);
	iopf_collect(src, group);

	trk->ticket = src->next_ticket++;
	trk->deadline = iopf_deadline();
	list_add_tail(&group->pending_node, &src->param.faults);
	iopf_update_oldest(src);
	iopf_watch(src, trk->deadline);

	src->nr_groups++;
	refcount_inc(&src->param.users);
	return 0;
}

static int iopf_accept_last(struct iopf_source *src, struct iopf_fault *evt,
			    struct iommu_attach_handle *handle)
{
	struct device *dev = src->param.dev;
	struct iopf_tracked *trk;
	int ret;

	/* Without a handler the partials, if any, go the way of a failure. */
	trk = handle ? iopf_zalloc(sizeof(*trk)) : NULL;
	ret = iopf_hold(src, evt, trk);
	if (ret) {
		kfree(trk);
		iopf_refuse(dev, evt);
		return handle ? ret : -EINVAL;
	}

	trk->group.attach_handle = handle;
	ret = handle->domain->iopf_handler(&trk->group);
	if (ret) {
		dev_warn_ratelimited(dev, "page fault at %#llx (pasid %u) refused by its handler: %d\n",
				     evt->fault.prm.addr, evt->fault.prm.pasid, ret);
		/* Answers as well. */
		iopf_free_group(&trk->group);
	}

	return ret;
}

static int iopf_dispatch(struct iopf_source *src, struct iopf_fault *evt)
{
	struct iommu_fault_page_request *prm = &evt->fault.prm;
	struct iommu_attach_handle *handle;

	/*
	 * Who makes a handle or the source unreachable takes this lock afterwards,
	 * and then knows that no handler runs any more that was found before.
	 */
	guard(mutex)(&src->report_lock);

	if (iopf_is_stop_marker(prm)) {
		guard(mutex)(&src->param.lock);
		iopf_forget(src, iopf_same_pasid, prm);
		return 0;
	}

	handle = iopf_find_handle(src->param.dev, prm);
	if (iopf_is_last(prm))
		return iopf_accept_last(src, evt, handle);
	return iopf_accept_partial(src, evt, handle);
}

/**
 * iommu_report_device_fault() - Take over a fault that an IOMMU reported
 * @dev: the device that faulted
 * @evt: the fault; copied
 *
 * A Last request, with all earlier requests of its group, goes to the
 * iopf_handler() of the domain that the device (or the PASID in the request) is
 * attached to. Any other request is kept until then. From a successful return
 * on, each group is answered through the page_response() op of the driver,
 * exactly once: by its handler, within io_pgfault.timeout_ms unless it was
 * dequeued, or by iopf_queue_remove_device().
 *
 * The caller has nothing to answer on failure either: a Last request was then
 * answered with %IOMMU_PAGE_RESP_INVALID before the function returned. That is
 * so when nobody handles faults of this device or PASID, when the handler
 * refused, when memory was short, and when the group lost one of its requests.
 *
 * A PASID Stop Marker (a Last request with a PASID and without permissions)
 * ends the groups of that PASID which were still being collected; it has no
 * response.
 *
 * Context: May sleep; typically a threaded interrupt handler. Requests of one
 * device are reported in the order of their arrival. The domain and its attach
 * handle live until they cannot be found any more and iopf_drain_handlers(), or
 * iopf_retire_pasid(), has returned.
 *
 * Return: 0, or a negative error that says why the fault was refused.
 */
int iommu_report_device_fault(struct device *dev, struct iopf_fault *evt)
{
	struct iopf_source *src;
	int ret;

	if (evt->fault.type != IOMMU_FAULT_PAGE_REQ)
		return -EINVAL;

	src = iopf_source_get(dev);
	if (!src) {
		if (iopf_is_stop_marker(&evt->fault.prm))
			return 0;
		iopf_refuse(dev, evt);
		return -EINVAL;
	}

	ret = iopf_dispatch(src, evt);
	iopf_source_put(src);
	return ret;
}
EXPORT_SYMBOL_GPL(iommu_report_device_fault);

/**
 * iopf_group_response() - Answer a group of page faults
 * @group: the group
 * @status: verdict for the whole group
 *
 * The first answer counts. Does nothing if the group was already answered,
 * because its time was over or its device was removed.
 *
 * Context: May sleep. Takes the lock of the device's fault parameter, and the
 * page_response() op is called under it.
 */
void iopf_group_response(struct iopf_group *group,
			 enum iommu_page_response_code status)
{
	struct iopf_source *src = to_source(group->fault_param);

	guard(mutex)(&src->param.lock);
	iopf_settle(src, to_tracked(group), status);
}
EXPORT_SYMBOL_GPL(iopf_group_response);

/**
 * iopf_group_dequeue() - Take a group over without a deadline
 * @group: the group
 *
 * For handlers whose answer comes from user space. The group stays known to
 * its device: iopf_queue_remove_device() still answers it. The caller goes on
 * owning the group, and must answer and free it.
 *
 * Context: May sleep.
 */
void iopf_group_dequeue(struct iopf_group *group)
{
	struct iopf_source *src = to_source(group->fault_param);

	guard(mutex)(&src->param.lock);
	if (to_tracked(group)->settled)
		return;
	list_move_tail(&group->pending_node, &src->handed);
	iopf_update_oldest(src);
}
EXPORT_SYMBOL_GPL(iopf_group_dequeue);

/**
 * iopf_free_group() - Free a group of page faults
 * @group: the group; not to be used afterwards
 *
 * A group that nobody has answered is answered with %IOMMU_PAGE_RESP_INVALID:
 * a device never waits for a group that does not exist.
 *
 * Context: May sleep. May run after the device was removed from its queue.
 */
void iopf_free_group(struct iopf_group *group)
{
	struct iopf_source *src = to_source(group->fault_param);
	struct iopf_fault *iopf, *next;

	scoped_guard(mutex, &src->param.lock) {
		iopf_settle(src, to_tracked(group), IOMMU_PAGE_RESP_INVALID);
		src->nr_groups--;
	}

	list_for_each_entry_safe(iopf, next, &group->faults, list) {
		if (iopf != &group->last_fault)
			kfree(to_partial(iopf));
	}
	kfree(to_tracked(group));
	iopf_source_put(src);
}
EXPORT_SYMBOL_GPL(iopf_free_group);

/**
 * iopf_queue_flush_dev() - Wait until the faults of a device are answered
 * @dev: the device
 *
 * Waits for every group that was reported before the call and that the kernel
 * serves; not for those that were handed to user space, and not for partial
 * requests. The wait is bounded by io_pgfault.timeout_ms. A handler may still
 * be busy when its group was answered by the deadline: it must not rely on the
 * domain or the attach handle by then.
 *
 * The driver drains its hardware queue first, so that no fault reported later
 * concerns what it is about to take away.
 *
 * Context: Sleeps. The caller holds no lock that page_response() takes.
 *
 * Return: 0, or -ENODEV if the device is in no queue.
 */
int iopf_queue_flush_dev(struct device *dev)
{
	struct iopf_source *src = iopf_source_get(dev);
	unsigned long ticket;

	if (!src)
		return -ENODEV;

	scoped_guard(mutex, &src->param.lock)
		ticket = src->next_ticket;

	/* Tickets wrap, so the comparison is that of jiffies. */
	wait_event(src->drained,
		   (long)(READ_ONCE(src->oldest_ticket) - ticket) >= 0);
	iopf_source_put(src);
	return 0;
}
EXPORT_SYMBOL_GPL(iopf_queue_flush_dev);

/*
 * End what is left of a PASID that was just detached from @dev. On return no
 * handler of that PASID is being called, its partial requests are gone and its
 * held groups are answered: a later user of the same number meets nothing of
 * the old one. May sleep; waits for no handler's work.
 */
void iopf_retire_pasid(struct device *dev, ioasid_t pasid)
{
	const struct iommu_fault_page_request key = {
		.flags = IOMMU_FAULT_PAGE_REQUEST_PASID_VALID,
		.pasid = pasid,
	};
	struct iopf_source *src = iopf_source_get(dev);
	struct iopf_group *group, *next;

	if (!src)
		return;

	scoped_guard(mutex, &src->report_lock) {
		guard(mutex)(&src->param.lock);
		iopf_forget(src, iopf_same_pasid, &key);
		list_for_each_entry_safe(group, next, &src->param.faults, pending_node) {
			if (iopf_same_pasid(&key, &group->last_fault.fault.prm))
				iopf_settle(src, to_tracked(group),
					    IOMMU_PAGE_RESP_INVALID);
		}
	}
	iopf_source_put(src);
}
EXPORT_SYMBOL_IF_KUNIT(iopf_retire_pasid);

/* On return no handler runs for @dev that was found by a handle now gone. May sleep. */
void iopf_drain_handlers(struct device *dev)
{
	struct iopf_source *src = iopf_source_get(dev);

	if (!src)
		return;
	mutex_lock(&src->report_lock);
	mutex_unlock(&src->report_lock);
	iopf_source_put(src);
}
EXPORT_SYMBOL_IF_KUNIT(iopf_drain_handlers);

/**
 * iopf_queue_discard_partial() - Forget all groups that are not complete
 * @queue: the queue of the IOMMU whose hardware queue overflowed
 *
 * An overflow may have swallowed Last requests, so that what was collected for
 * them must not join later groups. The driver has handled all that is left in
 * its hardware queue, and reports nothing meanwhile.
 *
 * Context: Sleeps.
 *
 * Return: 0, or -EINVAL without a queue.
 */
int iopf_queue_discard_partial(struct iopf_queue *queue)
{
	struct iommu_fault_param *param;

	if (!queue)
		return -EINVAL;

	guard(mutex)(&queue->lock);
	list_for_each_entry(param, &queue->devices, queue_list) {
		guard(mutex)(&param->lock);
		iopf_forget_all(to_source(param));
	}

	return 0;
}
EXPORT_SYMBOL_GPL(iopf_queue_discard_partial);

static struct iopf_source *iopf_source_alloc(struct iopf_queue *queue,
					     struct device *dev)
{
	struct iopf_source *src = iopf_zalloc(sizeof(*src));

	if (!src)
		return NULL;

	mutex_init(&src->report_lock);
	INIT_LIST_HEAD(&src->handed);
	INIT_DELAYED_WORK(&src->watchdog, iopf_watchdog);
	init_waitqueue_head(&src->drained);

	mutex_init(&src->param.lock);
	refcount_set(&src->param.users, 1);
	INIT_LIST_HEAD(&src->param.partial);
	INIT_LIST_HEAD(&src->param.faults);
	src->param.dev = dev;
	src->param.queue = queue;
	return src;
}

/**
 * iopf_queue_add_device() - Accept faults of a device
 * @queue: the queue of the device's IOMMU
 * @dev: the device; its IOMMU driver has a page_response() op
 *
 * Called before the IOMMU driver lets the device report faults.
 *
 * Context: Sleeps. Takes @queue->lock and the lock of dev->iommu.
 *
 * Return: 0; -ENODEV if the IOMMU cannot answer faults; -EBUSY if the device is
 * in a queue already; -ENOMEM.
 */
int iopf_queue_add_device(struct iopf_queue *queue, struct device *dev)
{
	struct dev_iommu *iommu = dev->iommu;
	struct iopf_source *src;

	if (!dev_iommu_ops(dev)->page_response)
		return -ENODEV;

	guard(mutex)(&queue->lock);
	guard(mutex)(&iommu->lock);
	if (rcu_access_pointer(iommu->fault_param))
		return -EBUSY;

	src = iopf_source_alloc(queue, dev);
	if (!src)
		return -ENOMEM;

	list_add_tail(&src->param.queue_list, &queue->devices);
	rcu_assign_pointer(iommu->fault_param, &src->param);
	return 0;
}
EXPORT_SYMBOL_GPL(iopf_queue_add_device);

static void iopf_deny_all(struct iopf_source *src, struct list_head *unanswered)
{
	struct iopf_group *group, *next;

	list_for_each_entry_safe(group, next, unanswered, pending_node)
		iopf_settle(src, to_tracked(group), IOMMU_PAGE_RESP_INVALID);
}

/* Answer everything and accept nothing more. */
static void iopf_source_shut(struct iopf_source *src)
{
	guard(mutex)(&src->report_lock);
	guard(mutex)(&src->param.lock);
	iopf_forget_all(src);
	iopf_deny_all(src, &src->param.faults);
	iopf_deny_all(src, &src->handed);
	src->gone = true;
}

/**
 * iopf_queue_remove_device() - Stop accepting faults of a device
 * @queue: the queue it is in
 * @dev: the device
 *
 * Every group of the device without an answer, dequeued ones included, is
 * answered with %IOMMU_PAGE_RESP_INVALID; partial requests are dropped. Groups
 * still belong to their handlers, whose answers no longer reach the device.
 * Once this returns, page_response() is not called for a group of @dev, and no
 * handler is being called for it.
 *
 * The driver first stops the device's faults in the IOMMU and drains its
 * hardware queue; it disables PRI in the device afterwards. A report that the
 * driver makes nevertheless is refused, with a page_response(): it must have
 * returned before the driver frees what that needs.
 *
 * Context: Sleeps. Takes @queue->lock and the lock of dev->iommu. Does not wait
 * for handlers' work items; iopf_queue_free() does.
 */
void iopf_queue_remove_device(struct iopf_queue *queue, struct device *dev)
{
	struct dev_iommu *iommu = dev->iommu;
	struct iommu_fault_param *param;
	struct iopf_source *src;

	guard(mutex)(&queue->lock);
	guard(mutex)(&iommu->lock);
	param = rcu_dereference_protected(iommu->fault_param,
					  lockdep_is_held(&iommu->lock));
	if (WARN_ON(!param || param->queue != queue))
		return;

	src = to_source(param);
	RCU_INIT_POINTER(iommu->fault_param, NULL);
	iopf_source_shut(src);
	cancel_delayed_work_sync(&src->watchdog);
	list_del(&param->queue_list);
	iopf_source_put(src);
}
EXPORT_SYMBOL_GPL(iopf_queue_remove_device);

/**
 * iopf_queue_alloc() - Make a fault queue
 * @name: part of the name of its workqueue
 *
 * Usually one for each IOMMU. Handlers may put work items on @wq of the queue;
 * they run in any order.
 *
 * Context: Sleeps.
 *
 * Return: the queue, or NULL.
 */
struct iopf_queue *iopf_queue_alloc(const char *name)
{
	struct iopf_queue *queue;

	queue = iopf_zalloc(sizeof(*queue));
	if (!queue)
		return NULL;

	mutex_init(&queue->lock);
	INIT_LIST_HEAD(&queue->devices);
	/* A fault can wait for disks, and one group must not hold up another. */
	queue->wq = alloc_workqueue("iopf_queue/%s", WQ_UNBOUND, 0, name);
	if (!queue->wq) {
		kfree(queue);
		return NULL;
	}

	return queue;
}
EXPORT_SYMBOL_GPL(iopf_queue_alloc);

/**
 * iopf_queue_free() - Destroy a fault queue
 * @queue: the queue, or NULL
 *
 * Removes the devices that are still in it, and waits for work items of
 * handlers. Nobody reports faults, adds or removes devices any more.
 *
 * Context: Sleeps.
 */
void iopf_queue_free(struct iopf_queue *queue)
{
	struct iommu_fault_param *param, *next;

	if (!queue)
		return;

	list_for_each_entry_safe(param, next, &queue->devices, queue_list)
		iopf_queue_remove_device(queue, param->dev);

	destroy_workqueue(queue->wq);
	mutex_destroy(&queue->lock);
	kfree(queue);
}
EXPORT_SYMBOL_GPL(iopf_queue_free);

/*
 * Deadlines matter most when handlers wait for memory, so their worker has a
 * rescuer and is not shared with them.
 */
static int __init iopf_init(void)
{
	iopf_watchdog_wq = alloc_workqueue("iopf_watchdog",
					   WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!iopf_watchdog_wq) {
		pr_warn("no workqueue for deadlines, using the system's\n");
		iopf_watchdog_wq = system_unbound_wq;
	}
	return 0;
}
core_initcall(iopf_init);
