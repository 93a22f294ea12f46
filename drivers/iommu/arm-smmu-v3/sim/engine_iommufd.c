// SPDX-License-Identifier: GPL-2.0-only
/*
 * Masters whose DMA is user space's business: they are given to an iommufd, as VFIO
 * gives it devices, and reach what it has mapped for them.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/iommufd.h>
#include <linux/module.h>

#include "engine_impl.h"

MODULE_IMPORT_NS(IOMMUFD);

/**
 * sim_iommufd_bind() - give the master to an iommufd
 * @file: who gives it; it is taken back with the file
 * @fd: the iommufd
 * @id: gets the number that it has there
 *
 * Context: process context.
 *
 * Return: 0; -ENODEV once the master has gone; -EOPNOTSUPP for a master whose driver
 * has its DMA, and for a leg: with its device it is given; -EBUSY when it is given away;
 * or what iommufd says.
 */
int sim_iommufd_bind(struct sim_file *file, int fd, u32 *id)
{
	struct sim_engine *e = file->engine;
	struct iommufd_device *idev;
	struct iommufd_ctx *ctx;

	guard(rwsem_read)(&e->life);
	if (e->gone)
		return -ENODEV;
	if (!e->user || e->leg)
		return -EOPNOTSUPP;
	guard(mutex)(&e->user_lock);
	if (e->given.idev)
		return -EBUSY;
	ctx = iommufd_ctx_from_fd(fd);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	idev = iommufd_device_bind(ctx, e->dev, id);
	iommufd_ctx_put(ctx);
	if (IS_ERR(idev))
		return PTR_ERR(idev);
	e->given.idev = idev;
	e->given.by = file;
	return 0;
}

/**
 * sim_iommufd_attach() - lead the master to an address space
 * @file: of sim_iommufd_bind()
 * @pt_id: number of an IOAS or of a page table; gets that of the page table
 *
 * Where it is attached already the one is replaced by the other.
 *
 * Context: process context.
 *
 * Return: 0; -ENODEV once the master has gone; -EINVAL if this file has not given it
 * away; or what iommufd says.
 */
int sim_iommufd_attach(struct sim_file *file, u32 *pt_id)
{
	struct sim_engine *e = file->engine;
	int ret;

	guard(rwsem_read)(&e->life);
	if (e->gone)
		return -ENODEV;
	guard(mutex)(&e->user_lock);
	if (!e->given.idev || e->given.by != file)
		return -EINVAL;
	ret = e->given.attached ? iommufd_device_replace(e->given.idev, pt_id) :
				  iommufd_device_attach(e->given.idev, pt_id);
	if (!ret)
		e->given.attached = true;
	return ret;
}

static void detach(struct sim_engine *e)
{
	if (e->given.attached)
		iommufd_device_detach(e->given.idev);
	e->given.attached = false;
}

/**
 * sim_iommufd_detach() - lead the master nowhere
 * @file: of sim_iommufd_bind()
 *
 * Context: process context.
 *
 * Return: 0; -ENODEV once the master has gone; -EINVAL if it is not attached by this file.
 */
int sim_iommufd_detach(struct sim_file *file)
{
	struct sim_engine *e = file->engine;

	guard(rwsem_read)(&e->life);
	if (e->gone)
		return -ENODEV;
	guard(mutex)(&e->user_lock);
	if (!e->given.attached || e->given.by != file)
		return -EINVAL;
	detach(e);
	return 0;
}

/**
 * sim_iommufd_end() - take the master back
 * @file: whose file goes, or whose master
 *
 * Context: process context, under sim_engine.life.
 */
void sim_iommufd_end(struct sim_file *file)
{
	struct sim_engine *e = file->engine;

	guard(mutex)(&e->user_lock);
	if (e->given.by != file)
		return;
	detach(e);
	iommufd_device_unbind(e->given.idev);
	e->given.idev = NULL;
	e->given.by = NULL;
}
