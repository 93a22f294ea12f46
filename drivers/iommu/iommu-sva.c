// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared virtual addressing: process address spaces, PASIDs and devices
 *
 * An address space (mm) gets one PASID, the same on every device, with its
 * first bond, and keeps it until the mm itself is freed: whoever cached the
 * number cannot meet another process under it.
 *
 *   mm_struct --iommu_mm--> iommu_mm_data { pasid, sva_domains }
 *                                             |
 *                              iommu_domain (one for each kind of IOMMU)
 *                                             |
 *                              iommu_sva (one for each group of devices)
 *
 * A domain holds a reference to the mm_struct, not to what is mapped in it: a
 * bond does not keep a process's memory alive.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/mmu_context.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/userfaultfd_k.h>
#include <linux/workqueue.h>

#include "io-pgfault.h"
#include "iommu-priv.h"
#include "iommu-seam.h"

/*
 * Serialises bonds: mm->iommu_mm (its writers), the domains of an mm and their
 * user counts, and the reference counts of handles. Outside of the mutex of an
 * iommu_group.
 */
static DEFINE_MUTEX(iommu_sva_lock);

/* A group of faults on its way through the workqueue. */
struct sva_job {
	struct work_struct work;
	struct iopf_group *group;
	struct mm_struct *mm;
};

static vm_flags_t sva_wanted(const struct iommu_fault_page_request *prm)
{
	vm_flags_t want = 0;

	if (prm->perm & IOMMU_FAULT_PERM_READ)
		want |= VM_READ;
	if (prm->perm & IOMMU_FAULT_PERM_WRITE)
		want |= VM_WRITE;
	if (prm->perm & IOMMU_FAULT_PERM_EXEC)
		want |= VM_EXEC;
	return want;
}

static unsigned int sva_fault_flags(const struct iommu_fault_page_request *prm)
{
	/* Retrying lets go of the mmap lock while the page comes from a disk. */
	unsigned int flags = FAULT_FLAG_REMOTE | FAULT_FLAG_ALLOW_RETRY;

	if (prm->perm & IOMMU_FAULT_PERM_WRITE)
		flags |= FAULT_FLAG_WRITE;
	if (prm->perm & IOMMU_FAULT_PERM_EXEC)
		flags |= FAULT_FLAG_INSTRUCTION;
	if (!(prm->perm & IOMMU_FAULT_PERM_PRIV))
		flags |= FAULT_FLAG_USER;
	return flags;
}

/*
 * A page behind userfaultfd may wait for a program, for as long as that likes,
 * and the worker here is everybody's. Without leave to retry such a fault
 * fails instead.
 */
static unsigned int sva_vma_flags(struct vm_area_struct *vma, unsigned int flags)
{
	if (userfaultfd_armed(vma))
		flags &= ~(FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_TRIED);
	return flags;
}

static bool sva_may_access(struct vm_area_struct *vma, vm_flags_t want)
{
	return vma && want && !(want & ~vma->vm_flags);
}

/* The caller holds a reference to mm_users. */
static enum iommu_page_response_code
sva_serve_page(struct sva_job *job, const struct iommu_fault_page_request *prm)
{
	unsigned int flags = sva_fault_flags(prm);
	vm_flags_t want = sva_wanted(prm);
	struct mm_struct *mm = job->mm;
	struct vm_area_struct *vma;
	vm_fault_t fault;

	do {
		if (iopf_group_settled(job->group))
			return IOMMU_PAGE_RESP_INVALID;

		mmap_read_lock(mm);
		vma = vma_lookup(mm, prm->addr);
		if (!sva_may_access(vma, want)) {
			mmap_read_unlock(mm);
			return IOMMU_PAGE_RESP_INVALID;
		}

		/* COMPLETED and RETRY both come back with the lock released. */
		fault = handle_mm_fault(vma, prm->addr, sva_vma_flags(vma, flags), NULL);
		if (fault & VM_FAULT_COMPLETED)
			return IOMMU_PAGE_RESP_SUCCESS;
		flags |= FAULT_FLAG_TRIED;
	} while (fault & VM_FAULT_RETRY);

	mmap_read_unlock(mm);
	return fault & VM_FAULT_ERROR ? IOMMU_PAGE_RESP_INVALID :
					IOMMU_PAGE_RESP_SUCCESS;
}

/* One page that cannot be had fails the group: it has a single answer. */
static enum iommu_page_response_code sva_serve_group(struct sva_job *job)
{
	enum iommu_page_response_code code = IOMMU_PAGE_RESP_SUCCESS;
	struct iopf_fault *iopf;

	/* The process may have exited; its memory is not to come back. */
	if (!mmget_not_zero(job->mm))
		return IOMMU_PAGE_RESP_INVALID;

	list_for_each_entry(iopf, &job->group->faults, list) {
		code = sva_serve_page(job, &iopf->fault.prm);
		if (code != IOMMU_PAGE_RESP_SUCCESS)
			break;
	}

	/*
	 * If this is the last user, the mm's exit calls the IOMMU driver, which
	 * may wait for the answers of this very device.
	 */
	mmput_async(job->mm);
	return code;
}

static void sva_work(struct work_struct *work)
{
	struct sva_job *job = container_of(work, struct sva_job, work);

	iopf_group_response(job->group, sva_serve_group(job));
	iopf_free_group(job->group);
	mmdrop(job->mm);
	kfree(job);
}

/*
 * Runs while the domain is certain to exist. The work may start after unbind,
 * when the deadline of the group passed first, and so takes what it needs.
 */
static int sva_iopf_handler(struct iopf_group *group)
{
	struct sva_job *job;

	job = kzalloc(sizeof(*job), GFP_KERNEL);
	if (!job)
		return -ENOMEM;

	INIT_WORK(&job->work, sva_work);
	job->group = group;
	job->mm = group->attach_handle->domain->mm;
	mmgrab(job->mm);
	queue_work(group->fault_param->queue->wq, &job->work);
	return 0;
}

static struct iommu_domain *sva_domain_alloc(struct device *dev,
					     struct mm_struct *mm)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);
	struct iommu_domain *domain;

	if (ops->domain_alloc_sva)
		domain = ops->domain_alloc_sva(dev, mm);
	else if (ops->domain_alloc)
		domain = ops->domain_alloc(IOMMU_DOMAIN_SVA);
	else
		return ERR_PTR(-EOPNOTSUPP);

	if (IS_ERR_OR_NULL(domain))
		return domain ?: ERR_PTR(-ENOMEM);

	/* iommu_domain_free() drops the mm of an SVA domain. */
	mmgrab(mm);
	domain->mm = mm;
	domain->type = IOMMU_DOMAIN_SVA;
	domain->owner = ops;
	domain->iopf_handler = sva_iopf_handler;
	domain->users = 0;
	return domain;
}

static void sva_domain_put(struct iommu_domain *domain)
{
	lockdep_assert_held(&iommu_sva_lock);
	if (--domain->users)
		return;
	list_del(&domain->next);
	iommu_domain_free(domain);
}

/*
 * What binds @mm to PASIDs: as it is, or new. A new one is not published
 * before a bond exists, since nothing could take it back afterwards: readers of
 * mm->iommu_mm use no lock. An IOMMU driver that is attached to meanwhile has
 * the PASID from the argument of its set_dev_pasid().
 */
static struct iommu_mm_data *sva_mm_data_get(struct device *dev,
					     struct mm_struct *mm)
{
	struct iommu_mm_data *data = mm->iommu_mm;

	lockdep_assert_held(&iommu_sva_lock);
	if (data)
		return data->pasid < dev->iommu->max_pasids ? data :
							      ERR_PTR(-EOVERFLOW);

	data = kzalloc(sizeof(*data), GFP_KERNEL);
	if (!data)
		return ERR_PTR(-ENOMEM);

	INIT_LIST_HEAD(&data->sva_domains);
	data->pasid = iommu_alloc_global_pasid(dev);
	if (data->pasid == IOMMU_PASID_INVALID) {
		kfree(data);
		return ERR_PTR(-ENOSPC);
	}
	return data;
}

static void sva_mm_data_free(struct iommu_mm_data *data)
{
	iommu_free_global_pasid(data->pasid);
	kfree(data);
}

static int sva_retire(struct device *dev, void *pasid)
{
	iopf_retire_pasid(dev, *(ioasid_t *)pasid);
	return 0;
}

/* A fault may find the handle while the attach is under way, and the attach fail. */
static int sva_attach_domain(struct device *dev, struct iommu_mm_data *data,
			     struct iommu_domain *domain, struct iommu_sva *bond)
{
	ioasid_t pasid = data->pasid;
	int ret = iommu_attach_device_pasid(domain, dev, pasid, &bond->handle);

	if (ret)
		iommu_group_for_each_dev(dev->iommu_group, &pasid, sva_retire);
	return ret;
}

/*
 * Attach a domain of the mm to the device: one that exists and fits, so that
 * devices share an address space and its invalidations, or a new one.
 */
static int sva_attach(struct device *dev, struct mm_struct *mm,
		      struct iommu_mm_data *data, struct iommu_sva *bond)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);
	struct iommu_domain *domain;
	int ret;

	list_for_each_entry(domain, &data->sva_domains, next) {
		if (domain->owner != ops)
			continue;
		ret = sva_attach_domain(dev, data, domain, bond);
		if (!ret) {
			domain->users++;
			return 0;
		}
		/* "Does not fit" is the one error that another domain may cure. */
		if (ret != -EINVAL)
			return ret;
	}

	domain = sva_domain_alloc(dev, mm);
	if (IS_ERR(domain))
		return PTR_ERR(domain);

	ret = sva_attach_domain(dev, data, domain, bond);
	if (ret) {
		iommu_domain_free(domain);
		return ret;
	}

	domain->users = 1;
	list_add_tail(&domain->next, &data->sva_domains);
	return 0;
}

/* The bond of the device's group on this PASID, NULL if there is none. */
static struct iommu_sva *sva_find_bond(struct device *dev, struct mm_struct *mm,
				       ioasid_t pasid)
{
	struct iommu_attach_handle *handle;

	handle = iommu_attach_handle_get(dev->iommu_group, pasid, IOMMU_DOMAIN_SVA);
	if (IS_ERR(handle))
		return PTR_ERR(handle) == -ENOENT ? NULL : ERR_CAST(handle);
	if (handle->domain->mm != mm)
		return ERR_PTR(-EBUSY);
	return container_of(handle, struct iommu_sva, handle);
}

static struct iommu_sva *sva_new_bond(struct device *dev, struct mm_struct *mm,
				      struct iommu_mm_data *data)
{
	struct iommu_sva *bond;
	int ret;

	bond = kzalloc(sizeof(*bond), GFP_KERNEL);
	if (!bond)
		return ERR_PTR(-ENOMEM);

	bond->dev = dev;
	refcount_set(&bond->users, 1);
	iommu_seam_bind(mm);
	ret = sva_attach(dev, mm, data, bond);
	iommu_seam_bound(mm);
	if (ret) {
		kfree(bond);
		return ERR_PTR(ret);
	}
	return bond;
}

/**
 * iommu_sva_bind_device() - Let a device use the addresses of a process
 * @dev: the device, with %IOMMU_DEV_FEAT_SVA enabled
 * @mm: the address space; the caller holds a reference to its mm_users
 *
 * Gives @mm a PASID, unless it has one, and attaches it to that PASID of @dev
 * and of the devices in its group. The device puts iommu_sva_get_pasid() into
 * its transactions. Binding the same pair again returns the same handle and
 * counts.
 *
 * Context: Sleeps. The caller holds neither mmap_lock nor a lock that the fault
 * handlers of @mm may take.
 *
 * Return: the handle, for iommu_sva_unbind_device(), or an ERR_PTR:
 *
 * * -ENODEV: no IOMMU
 * * -EINVAL: no address space
 * * -EOPNOTSUPP: the IOMMU, or this architecture, cannot share address spaces
 * * -EBUSY: the PASID is in use otherwise, or @mm has tags that devices do not
 *   understand
 * * -EOVERFLOW: the PASID of @mm is too large for @dev
 * * -ENOSPC: no PASID left
 * * -ENOMEM: no memory
 *
 * or what the driver refused the attachment with.
 */
struct iommu_sva *iommu_sva_bind_device(struct device *dev, struct mm_struct *mm)
{
	struct iommu_mm_data *data;
	struct iommu_sva *bond;

	/* Groups without an IOMMU exist too (VFIO's). */
	if (!dev->iommu_group || !dev->iommu || !dev->iommu->iommu_dev)
		return ERR_PTR(-ENODEV);
	if (!mm)
		return ERR_PTR(-EINVAL);

	/*
	 * x86 devices walk the kernel's half of the page table as well, and
	 * nothing tells the IOMMU when a page of that half is freed.
	 */
	if (IS_ENABLED(CONFIG_X86))
		return ERR_PTR(-EOPNOTSUPP);

	guard(mutex)(&iommu_sva_lock);

	if (!arch_pgtable_dma_compat(mm))
		return ERR_PTR(-EBUSY);

	data = sva_mm_data_get(dev, mm);
	if (IS_ERR(data))
		return ERR_CAST(data);

	bond = sva_find_bond(dev, mm, data->pasid);
	if (bond && !IS_ERR(bond)) {
		refcount_inc(&bond->users);
		return bond;
	}

	if (!bond)
		bond = sva_new_bond(dev, mm, data);

	if (mm->iommu_mm == data)
		return bond;

	if (IS_ERR(bond))
		sva_mm_data_free(data);
	else
		/* Pairs with the dependent loads of lockless readers. */
		smp_store_release(&mm->iommu_mm, data);
	return bond;
}
EXPORT_SYMBOL_GPL(iommu_sva_bind_device);

/**
 * iommu_sva_unbind_device() - End a bond
 * @handle: from iommu_sva_bind_device()
 *
 * To be called once for each bind. With the last of them the address space
 * leaves the device's PASID: its transactions are blocked, and faults it still
 * has are answered. The device driver has made the device stop using the PASID
 * before; the IOMMU driver, in its remove_dev_pasid(), drains its hardware queue
 * of faults of that PASID.
 *
 * The PASID stays with the mm; another process cannot get it before the mm is
 * freed.
 *
 * Context: Sleeps. The mm may have exited.
 */
void iommu_sva_unbind_device(struct iommu_sva *handle)
{
	struct iommu_domain *domain = handle->handle.domain;
	struct device *dev = handle->dev;
	ioasid_t pasid;

	guard(mutex)(&iommu_sva_lock);
	if (!refcount_dec_and_test(&handle->users))
		return;

	pasid = domain->mm->iommu_mm->pasid;
	iommu_detach_device_pasid(domain, dev, pasid);
	/* Only now does no new fault find the handle and the domain. */
	iommu_group_for_each_dev(dev->iommu_group, &pasid, sva_retire);
	sva_domain_put(domain);
	kfree(handle);
}
EXPORT_SYMBOL_GPL(iommu_sva_unbind_device);

/**
 * iommu_sva_get_pasid() - The PASID of a bond
 * @handle: from iommu_sva_bind_device()
 *
 * Context: Any.
 *
 * Return: the PASID, the same for all bonds of one address space.
 */
u32 iommu_sva_get_pasid(struct iommu_sva *handle)
{
	return mm_get_enqcmd_pasid(handle->handle.domain->mm);
}
EXPORT_SYMBOL_GPL(iommu_sva_get_pasid);

/**
 * mm_pasid_drop() - Release the PASID of an address space
 * @mm: an mm_struct that is about to be freed
 *
 * Each domain holds a reference to its mm_struct, so none is left.
 *
 * Context: That of __mmdrop(): may be atomic.
 */
void mm_pasid_drop(struct mm_struct *mm)
{
	struct iommu_mm_data *data = mm->iommu_mm;

	if (likely(!data))
		return;

	WARN_ON(!list_empty(&data->sva_domains));
	sva_mm_data_free(data);
}
