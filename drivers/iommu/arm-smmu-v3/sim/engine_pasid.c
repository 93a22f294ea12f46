// SPDX-License-Identifier: GPL-2.0-only
/*
 * PASIDs of a master: processes that share their memory with it, and domains in
 * which buffers are mapped.
 *
 * Nothing here keeps a master from using a PASID that is on its way out, or is
 * another file's: a device may be as bad as that, and the kernel must survive it.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/iommu.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "engine_impl.h"

/* What a driver of such a device does before it binds the first process. */
static int start_sharing(struct sim_engine *e)
{
	int ret;

	if (e->user)
		return -EBUSY;
	guard(mutex)(&e->sharing_lock);
	if (e->sharing)
		return 0;
	ret = iommu_dev_enable_feature(e->dev, IOMMU_DEV_FEAT_IOPF);
	if (ret)
		return ret;
	ret = iommu_dev_enable_feature(e->dev, IOMMU_DEV_FEAT_SVA);
	if (ret)
		iommu_dev_disable_feature(e->dev, IOMMU_DEV_FEAT_IOPF);
	e->sharing = !ret;
	return ret;
}

/**
 * sim_pasid_stop() - the master shares no memory any more
 * @e: engine; all its bonds have ended
 *
 * Context: under sim_engine.life, for writing.
 */
void sim_pasid_stop(struct sim_engine *e)
{
	/* An accelerator's sharing is uacce's, from its start to its end. */
	if (!e->sharing || e->uacce)
		return;
	iommu_dev_disable_feature(e->dev, IOMMU_DEV_FEAT_SVA);
	iommu_dev_disable_feature(e->dev, IOMMU_DEV_FEAT_IOPF);
	e->sharing = false;
}

/**
 * sim_pasid_find() - something behind a PASID
 * @file: whose
 * @pasid: the PASID
 * @bond: a bond with a process, else a domain
 *
 * Context: under sim_file.pasid_lock.
 *
 * Return: one of them, or NULL.
 */
struct sim_pasid *sim_pasid_find(struct sim_file *file, u32 pasid, bool bond)
{
	struct sim_pasid *p;

	lockdep_assert_held(&file->pasid_lock);
	list_for_each_entry(p, &file->pasids, node)
		if (p->pasid == pasid && !!p->bond == bond)
			return p;
	return NULL;
}

/**
 * sim_pasid_bind() - the master shares the memory of the current process
 * @file: whose bond it is
 * @pasid: gets the PASID of the process
 *
 * Context: process context, without mmap_lock.
 *
 * Return: 0, or what iommu_sva_bind_device() and iommu_dev_enable_feature() say.
 */
int sim_pasid_bind(struct sim_file *file, u32 *pasid)
{
	struct sim_engine *e = file->engine;
	struct sim_pasid *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!p)
		return -ENOMEM;
	guard(rwsem_read)(&e->life);
	atomic_inc(&e->bonds);
	ret = e->gone ? -ENODEV : start_sharing(e);
	if (!ret) {
		p->bond = iommu_sva_bind_device(e->dev, current->mm);
		ret = PTR_ERR_OR_ZERO(p->bond);
	}
	if (ret) {
		atomic_dec(&e->bonds);
		kfree(p);
		return ret;
	}
	p->pasid = iommu_sva_get_pasid(p->bond);
	*pasid = p->pasid;
	guard(mutex)(&file->pasid_lock);
	list_add(&p->node, &file->pasids);
	return 0;
}

/*
 * Whoever unbinds goes on as if nobody asked for pages of the process any more: what
 * has asked before must have been answered.
 */
static void check_answers(struct sim_engine *e, u32 ssid, u64 before)
{
	const char *invariant;
	unsigned int stalls, requests;
	struct ssim *core;
	char text[160];

	guard(raw_spinlock_irqsave)(&sim_lock);
	core = sim_engine_core(e);
	if (!core)
		return;
	stalls = sim_access_unanswered(e, ssid, before);
	requests = sim_pri_unanswered(e, ssid, before);
	if (!stalls && !requests)
		return;
	invariant = stalls ? "I-38" : "I-39";
	snprintf(text, sizeof(text),
		 "%s, at #%llu: %u stalls, %u page requests of PASID %u have no answer at its unbind\n",
		 invariant, core->now, stalls, requests, ssid);
	ssim_tell(core, invariant, text);
}

static void unbind(struct sim_engine *e, struct sim_pasid *p)
{
	u64 before;

	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		before = e->clock;
	iommu_sva_unbind_device(p->bond);
	/* While there are others, one of them may be with the same process. */
	if (!atomic_dec_return(&e->bonds) && !e->uacce)
		check_answers(e, p->pasid, before);
}

/**
 * sim_pasid_unbind() - undo a sim_pasid_bind()
 * @file: of that
 * @pasid: likewise
 *
 * Context: process context, without mmap_lock.
 *
 * Return: 0; -ENODEV once the master has gone, and with it all PASIDs; -ENOENT.
 */
int sim_pasid_unbind(struct sim_file *file, u32 pasid)
{
	struct sim_pasid *p;

	guard(rwsem_read)(&file->engine->life);
	scoped_guard(mutex, &file->pasid_lock) {
		p = sim_pasid_find(file, pasid, true);
		if (p)
			list_del(&p->node);
	}
	if (!p)
		return file->engine->gone ? -ENODEV : -ENOENT;
	unbind(file->engine, p);
	kfree(p);
	return 0;
}

/* Undoes what attach() did; no buffer is mapped in it any more, or it is not reached. */
static void detach(struct sim_file *file, struct sim_pasid *p)
{
	struct sim_engine *e = file->engine;
	struct ssim *core;
	unsigned int i;

	iommu_detach_device_pasid(p->domain, e->dev, p->pasid);
	scoped_guard(raw_spinlock_irqsave, &sim_lock) {
		core = sim_engine_core(e);
		for (i = 0; core && i < e->master->num_sids; i++)
			ssim_check_pasid_reuse(core, e->master->sids[i], p->pasid);
	}
	sim_buffers_leave(file, p);
	iommu_domain_free(p->domain);
	iommu_free_global_pasid(p->pasid);
}

static int attach(struct sim_engine *e, struct sim_pasid *p)
{
	int ret;

	p->domain = iommu_paging_domain_alloc(e->dev);
	if (IS_ERR(p->domain))
		return PTR_ERR(p->domain);
	p->pasid = iommu_alloc_global_pasid(e->dev);
	if (p->pasid == IOMMU_PASID_INVALID) {
		iommu_domain_free(p->domain);
		return -ENOSPC;
	}
	ret = iommu_attach_device_pasid(p->domain, e->dev, p->pasid, NULL);
	if (ret) {
		iommu_free_global_pasid(p->pasid);
		iommu_domain_free(p->domain);
	}
	return ret;
}

/**
 * sim_pasid_attach() - an address space for buffers
 * @file: whose
 * @pasid: gets its PASID
 *
 * Context: process context.
 *
 * Return: 0, -ENOSPC, -ENODEV, or what the IOMMU's driver says.
 */
int sim_pasid_attach(struct sim_file *file, u32 *pasid)
{
	struct sim_engine *e = file->engine;
	struct sim_pasid *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!p)
		return -ENOMEM;
	guard(rwsem_read)(&e->life);
	ret = e->gone || !device_iommu_mapped(e->dev) ? -ENODEV :
	      e->user ? -EBUSY : attach(e, p);
	if (ret) {
		kfree(p);
		return ret;
	}
	*pasid = p->pasid;
	guard(mutex)(&file->pasid_lock);
	list_add(&p->node, &file->pasids);
	return 0;
}

/**
 * sim_pasid_detach() - undo a sim_pasid_attach()
 * @file: of that
 * @pasid: likewise
 *
 * Buffers that are mapped there are unmapped, but kept.
 *
 * Context: process context.
 *
 * Return: 0; -ENODEV once the master has gone, and with it all PASIDs; -ENOENT.
 */
int sim_pasid_detach(struct sim_file *file, u32 pasid)
{
	struct sim_pasid *p;

	guard(rwsem_read)(&file->engine->life);
	guard(mutex)(&file->pasid_lock);
	p = sim_pasid_find(file, pasid, false);
	if (!p)
		return file->engine->gone ? -ENODEV : -ENOENT;
	list_del(&p->node);
	detach(file, p);
	kfree(p);
	return 0;
}

/**
 * sim_pasids_end() - end all that a file has put behind PASIDs
 * @file: the file
 *
 * Context: under sim_engine.life, for writing; or nobody else has the file, and
 * it is held for reading.
 */
void sim_pasids_end(struct sim_file *file)
{
	struct sim_pasid *p, *next;

	list_for_each_entry_safe(p, next, &file->pasids, node) {
		list_del(&p->node);
		if (p->bond) {
			unbind(file->engine, p);
		} else {
			guard(mutex)(&file->pasid_lock);
			detach(file, p);
		}
		kfree(p);
	}
}
