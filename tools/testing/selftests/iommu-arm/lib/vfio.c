// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PCI function in the hands of this process, through VFIO.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iommufd.h"
#include "vfio.h"

static int call(int fd, unsigned long cmd, void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

static int group_of(const char *address)
{
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", address);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		return -errno;
	link[len] = 0;
	return atoi(strrchr(link, '/') + 1);
}

static int open_number(const char *format, int number)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), format, number);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The container is VFIO's own, or an iommufd that behaves like one. */
static int open_group(struct vfio_function *f, const char *address)
{
	unsigned long type = f->by == BY_TYPE1 ? VFIO_TYPE1_IOMMU : VFIO_TYPE1v2_IOMMU;
	char name[64];
	int number = group_of(address), ret;

	if (number < 0)
		return number;
	f->iommu = open(f->by == BY_COMPAT ? "/dev/iommu" : "/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (f->iommu < 0)
		return -errno;
	f->group = open_number("/dev/vfio/%d", number);
	if (f->group < 0)
		return f->group;
	ret = call(f->group, VFIO_GROUP_SET_CONTAINER, &f->iommu);
	ret = ret ?: call(f->iommu, VFIO_SET_IOMMU, (void *)type);
	if (ret)
		return ret;
	snprintf(name, sizeof(name), "%s", address);
	f->fd = call(f->group, VFIO_GROUP_GET_DEVICE_FD, name);
	return f->fd < 0 ? f->fd : 0;
}

static int cdev_of(const char *address)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int number = -ENOENT;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", address);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, "vfio", 4))
			number = atoi(entry->d_name + 4);
	if (dir)
		closedir(dir);
	return number;
}

static bool by_iommufd(const struct vfio_function *f)
{
	return f->by == BY_IOMMUFD || f->by == BY_NESTED;
}

/* In front of the address space, an STE of a guest's that lets pass. */
static int nested(struct vfio_function *f, uint32_t dev, uint32_t *table)
{
	const uint64_t bypass[2] = { 0x9 };
	uint32_t parent;
	int ret = iommufd_hwpt(f->iommu, dev, f->ioas, IOMMU_HWPT_ALLOC_NEST_PARENT, &parent);

	return ret ?: iommufd_nest(f->iommu, dev, parent, bypass, 0, table);
}

static int open_cdev(struct vfio_function *f, const char *address)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach) };
	int number = cdev_of(address), ret;

	if (number < 0)
		return number;
	f->fd = open_number("/dev/vfio/devices/vfio%d", number);
	if (f->fd < 0)
		return f->fd;
	f->iommu = iommufd_open();
	if (f->iommu < 0)
		return f->iommu;
	bind.iommufd = f->iommu;
	ret = call(f->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind);
	ret = ret ?: iommufd_ioas(f->iommu, &f->ioas);
	attach.pt_id = f->ioas;
	if (!ret && f->by == BY_NESTED)
		ret = nested(f, bind.out_devid, &attach.pt_id);
	return ret ?: call(f->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
}

int vfio_open(struct vfio_function *f, const char *address, enum vfio_by by)
{
	int ret;

	*f = (struct vfio_function) { .by = by, .fd = -1, .iommu = -1, .group = -1 };
	ret = by_iommufd(f) ? open_cdev(f, address) : open_group(f, address);
	if (ret)
		vfio_close(f);
	return ret;
}

void vfio_close(struct vfio_function *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->group >= 0)
		close(f->group);
	if (f->iommu >= 0)
		close(f->iommu);
	f->fd = -1;
	f->group = -1;
	f->iommu = -1;
}

int vfio_map(struct vfio_function *f, void *memory, size_t len, uint64_t at)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)memory,
		.iova = at,
		.size = len,
	};

	if (by_iommufd(f))
		return iommufd_map(f->iommu, f->ioas, memory, len, at, true);
	return call(f->iommu, VFIO_IOMMU_MAP_DMA, &map);
}

int vfio_unmap(struct vfio_function *f, uint64_t at, size_t len)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = at, .size = len,
	};
	int ret;

	if (by_iommufd(f))
		return iommufd_unmap(f->iommu, f->ioas, at, len);
	ret = call(f->iommu, VFIO_IOMMU_UNMAP_DMA, &unmap);
	return ret ?: unmap.size == len ? 0 : -ENOENT;
}

static int region(struct vfio_function *f, unsigned int index, struct vfio_region_info *info)
{
	*info = (struct vfio_region_info) { .argsz = sizeof(*info), .index = index };
	return call(f->fd, VFIO_DEVICE_GET_REGION_INFO, info);
}

/* Registers of a BAR, or NULL. */
void *vfio_bar(struct vfio_function *f, unsigned int bar, size_t *len)
{
	struct vfio_region_info info;
	void *at;

	if (region(f, VFIO_PCI_BAR0_REGION_INDEX + bar, &info))
		return NULL;
	at = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, info.offset);
	*len = info.size;
	return at == MAP_FAILED ? NULL : at;
}

/* Let it do DMA. */
int vfio_master(struct vfio_function *f)
{
	struct vfio_region_info info;
	uint16_t command;
	int ret = region(f, VFIO_PCI_CONFIG_REGION_INDEX, &info);

	if (ret)
		return ret;
	if (pread(f->fd, &command, 2, info.offset + PCI_COMMAND) != 2)
		return -EIO;
	command |= PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY;
	return pwrite(f->fd, &command, 2, info.offset + PCI_COMMAND) == 2 ? 0 : -EIO;
}

int vfio_reset(struct vfio_function *f)
{
	return call(f->fd, VFIO_DEVICE_RESET, NULL);
}

/* The first MSI-X message of the function makes @event, a new eventfd, readable. */
int vfio_message(struct vfio_function *f, int *event)
{
	struct {
		struct vfio_irq_set set;
		int32_t event;
	} u = {
		.set = {
			.argsz = sizeof(u),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = VFIO_PCI_MSIX_IRQ_INDEX,
			.count = 1,
		},
	};
	int ret;

	*event = eventfd(0, EFD_CLOEXEC);
	if (*event < 0)
		return -errno;
	u.event = *event;
	ret = call(f->fd, VFIO_DEVICE_SET_IRQS, &u);
	if (ret < 0)
		close(*event);
	return ret < 0 ? ret : 0;
}
