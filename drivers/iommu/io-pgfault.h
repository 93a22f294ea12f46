/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * I/O page faults: the words, what is remembered, and which requests belong
 * together
 *
 *  request   one page that a device asks for (struct iopf_fault)
 *  partial   a request that is not the Last of its group; it waits
 *  group     a Last request and its partials: the unit that is answered
 *  ticket    the place of a group in its device's order of arrival
 *  held      a group without an answer that the kernel itself works on;
 *            it has a deadline
 *  handed    a group without an answer that was given away, to user space in
 *            practice, by iopf_group_dequeue(); it has no deadline
 *  settled   a group that was answered; later answers to it do nothing
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef __IOMMU_IO_PGFAULT_H
#define __IOMMU_IO_PGFAULT_H

#include <linux/container_of.h>
#include <linux/iommu.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

/*
 * Bounds of what one device can make the kernel remember. A PRI function has
 * 512 group indices, and drivers allot it some dozens of requests; an SMMUv3
 * stalls at most 2^16 transactions. A device beyond that does not follow the
 * rules.
 */
#define IOPF_MAX_PARTIALS	1024
#define IOPF_MAX_GROUPS		65536

/* Groups of one device that lost a request, remembered at a time. */
#define IOPF_MAX_LOST		16

/*
 * A group of which a partial could not be kept: its Last request is refused.
 * It needs no memory at the time when there is none.
 */
struct iopf_lost {
	struct iommu_fault_page_request prm;	/* any request of the group */
	unsigned long deadline;			/* the Last comes by then, or never */
	bool used;
};

/**
 * struct iopf_source - a device that reports faults
 * @param: the public half, found through dev->iommu; its @faults are held
 * @report_lock: held while a fault finds its handler and is given to it
 * @handed: groups without an answer and without a deadline
 * @watchdog: answers held groups, and drops partials, past their deadline
 * @watchdog_at: jiffies at which @watchdog runs, when it is pending
 * @drained: woken when the oldest held group changes
 * @next_ticket: ticket of the next group
 * @oldest_ticket: no held group is older than this one
 * @nr_partials: requests on @param.partial
 * @nr_groups: groups that exist
 * @gone: removed from its queue; nothing is accepted or answered any more
 * @lost: groups that lost a partial request
 *
 * All but @report_lock is protected by @param.lock; @oldest_ticket may be read
 * without.
 */
struct iopf_source {
	struct iommu_fault_param param;
	struct mutex report_lock;	/* see above; outside of param.lock */
	struct list_head handed;
	struct delayed_work watchdog;
	unsigned long watchdog_at;
	wait_queue_head_t drained;
	unsigned long next_ticket;
	unsigned long oldest_ticket;
	unsigned int nr_partials;
	unsigned int nr_groups;
	bool gone;
	struct iopf_lost lost[IOPF_MAX_LOST];
};

/* Every iopf_group is one of these. @settled: under the source's param.lock. */
struct iopf_tracked {
	struct iopf_group group;
	unsigned long ticket;
	unsigned long deadline;
	bool settled;
};

/* Every partial iopf_fault is one of these. */
struct iopf_partial {
	struct iopf_fault iopf;
	unsigned long deadline;
};

static inline struct iopf_source *to_source(struct iommu_fault_param *param)
{
	return container_of(param, struct iopf_source, param);
}

static inline struct iopf_tracked *to_tracked(struct iopf_group *group)
{
	return container_of(group, struct iopf_tracked, group);
}

static inline struct iopf_partial *to_partial(struct iopf_fault *iopf)
{
	return container_of(iopf, struct iopf_partial, iopf);
}

static inline bool iopf_is_last(const struct iommu_fault_page_request *prm)
{
	return prm->flags & IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE;
}

static inline bool iopf_has_pasid(const struct iommu_fault_page_request *prm)
{
	return prm->flags & IOMMU_FAULT_PAGE_REQUEST_PASID_VALID;
}

/*
 * A Last request with a PASID that asks for no access at all: "no more requests
 * with this PASID" (PCIe, PASID Stop Marker). It has no response.
 */
static inline bool iopf_is_stop_marker(const struct iommu_fault_page_request *prm)
{
	return iopf_is_last(prm) && iopf_has_pasid(prm) &&
	       !(prm->perm & (IOMMU_FAULT_PERM_READ | IOMMU_FAULT_PERM_WRITE |
			      IOMMU_FAULT_PERM_EXEC));
}

static inline bool iopf_same_pasid(const struct iommu_fault_page_request *a,
				   const struct iommu_fault_page_request *b)
{
	if (iopf_has_pasid(a) != iopf_has_pasid(b))
		return false;
	return !iopf_has_pasid(a) || a->pasid == b->pasid;
}

static inline bool iopf_same_group(const struct iommu_fault_page_request *a,
				   const struct iommu_fault_page_request *b)
{
	return a->grpid == b->grpid && iopf_same_pasid(a, b);
}

static inline bool iopf_any(const struct iommu_fault_page_request *a,
			    const struct iommu_fault_page_request *b)
{
	return true;
}

/*
 * True when @old cannot belong to any group that is still being collected, now
 * that @new arrived. A device whose responses carry no PASID names a group by
 * its index alone, so another PASID on the same index means another group.
 */
static inline bool iopf_supersedes(const struct iommu_fault_page_request *new,
				   const struct iommu_fault_page_request *old)
{
	return new->grpid == old->grpid && !iopf_same_pasid(new, old) &&
	       !((new->flags | old->flags) & IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID);
}

/* Remember that the group of @prm lost a request, at the cost of the oldest. */
static inline void iopf_lost_mark(struct iopf_lost lost[IOPF_MAX_LOST],
				  const struct iommu_fault_page_request *prm,
				  unsigned long deadline)
{
	unsigned int i, slot = 0;

	for (i = 1; i < IOPF_MAX_LOST && lost[slot].used; i++) {
		if (!lost[i].used || time_before(lost[i].deadline, lost[slot].deadline))
			slot = i;
	}
	lost[slot] = (struct iopf_lost) {
		.prm = *prm, .deadline = deadline, .used = true,
	};
}

/* Whether the group of @prm lost a request, and its Last may still come. */
static inline bool iopf_is_lost(const struct iopf_lost lost[IOPF_MAX_LOST],
				const struct iommu_fault_page_request *prm)
{
	unsigned int i;

	for (i = 0; i < IOPF_MAX_LOST; i++) {
		if (lost[i].used && time_before(jiffies, lost[i].deadline) &&
		    iopf_same_group(prm, &lost[i].prm))
			return true;
	}
	return false;
}

#ifdef CONFIG_IOMMU_IOPF
void iopf_retire_pasid(struct device *dev, ioasid_t pasid);
void iopf_drain_handlers(struct device *dev);

/* Whether @group was answered: serving it is then of no use. May sleep. */
static inline bool iopf_group_settled(struct iopf_group *group)
{
	struct iopf_source *src = to_source(group->fault_param);

	guard(mutex)(&src->param.lock);
	return to_tracked(group)->settled;
}

/*
 * <linux/iommu.h> has it from a later 6.12.y on. Before, iommufd does not call
 * it: user space then answers within the deadline, or the group is refused.
 */
void iopf_group_dequeue(struct iopf_group *group);
#else
static inline void iopf_retire_pasid(struct device *dev, ioasid_t pasid) {}
static inline void iopf_drain_handlers(struct device *dev) {}

static inline bool iopf_group_settled(struct iopf_group *group)
{
	return true;
}
#endif

#if IS_ENABLED(CONFIG_KUNIT)
extern unsigned int iopf_timeout_ms;
void *iopf_zalloc(size_t size);
#endif

#endif /* __IOMMU_IO_PGFAULT_H */
