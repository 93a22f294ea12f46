// SPDX-License-Identifier: GPL-2.0-only
/*
 * iommufd for tests.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/smmu_sim.h>
#include <sys/ioctl.h>

#include "iommufd.h"

static int call(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) ? -errno : 0;
}

int iommufd_open(void)
{
	int fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int iommufd_destroy(int fd, uint32_t id)
{
	struct iommu_destroy u = { .size = sizeof(u), .id = id };

	return call(fd, IOMMU_DESTROY, &u);
}

int iommufd_ioas(int fd, uint32_t *ioas)
{
	struct iommu_ioas_alloc u = { .size = sizeof(u) };
	int ret = call(fd, IOMMU_IOAS_ALLOC, &u);

	*ioas = u.out_ioas_id;
	return ret;
}

int iommufd_map(int fd, uint32_t ioas, const void *memory, size_t len, uint64_t at, bool writeable)
{
	struct iommu_ioas_map u = {
		.size = sizeof(u),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 (writeable ? IOMMU_IOAS_MAP_WRITEABLE : 0),
		.ioas_id = ioas,
		.user_va = (uintptr_t)memory,
		.length = len,
		.iova = at,
	};

	return call(fd, IOMMU_IOAS_MAP, &u);
}

int iommufd_unmap(int fd, uint32_t ioas, uint64_t at, size_t len)
{
	struct iommu_ioas_unmap u = {
		.size = sizeof(u), .ioas_id = ioas, .iova = at, .length = len,
	};

	return call(fd, IOMMU_IOAS_UNMAP, &u);
}

static int alloc_hwpt(int fd, struct iommu_hwpt_alloc *u, uint32_t *hwpt)
{
	int ret;

	u->size = sizeof(*u);
	ret = call(fd, IOMMU_HWPT_ALLOC, u);
	*hwpt = u->out_hwpt_id;
	return ret;
}

int iommufd_hwpt(int fd, uint32_t dev, uint32_t ioas, uint32_t flags, uint32_t *hwpt)
{
	struct iommu_hwpt_alloc u = { .flags = flags, .dev_id = dev, .pt_id = ioas };

	return alloc_hwpt(fd, &u, hwpt);
}

/* A queue for faults that are to be served: its file, which is read and written */
int iommufd_faults(int fd, uint32_t *faults)
{
	struct iommu_fault_alloc u = { .size = sizeof(u) };
	int ret = call(fd, IOMMU_FAULT_QUEUE_ALLOC, &u);

	*faults = u.out_fault_id;
	return ret ?: (int)u.out_fault_fd;
}

/* @ste: the two words of a guest; @faults: 0, or of iommufd_faults() */
int iommufd_nest(int fd, uint32_t dev, uint32_t parent, const uint64_t *ste, uint32_t faults,
		 uint32_t *hwpt)
{
	struct iommu_hwpt_arm_smmuv3 data = { .ste = { ste[0], ste[1] } };
	struct iommu_hwpt_alloc u = {
		.flags = faults ? IOMMU_HWPT_FAULT_ID_VALID : 0,
		.fault_id = faults,
		.dev_id = dev,
		.pt_id = parent,
		.data_type = IOMMU_HWPT_DATA_ARM_SMMUV3,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};

	return alloc_hwpt(fd, &u, hwpt);
}

/* *num: how many commands; gets how many are done */
int iommufd_invalidate(int fd, uint32_t hwpt, const struct iommufd_cmd *cmds, uint32_t *num)
{
	struct iommu_hwpt_invalidate u = {
		.size = sizeof(u),
		.hwpt_id = hwpt,
		.data_uptr = (uintptr_t)cmds,
		.data_type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
		.entry_len = sizeof(*cmds),
		.entry_num = *num,
	};
	int ret = call(fd, IOMMU_HWPT_INVALIDATE, &u);

	*num = u.entry_num;
	return ret;
}

int iommufd_hw_info(int fd, uint32_t dev, struct iommu_hw_info_arm_smmuv3 *info)
{
	struct iommu_hw_info u = {
		.size = sizeof(u),
		.dev_id = dev,
		.data_len = sizeof(*info),
		.data_uptr = (uintptr_t)info,
	};
	int ret = call(fd, IOMMU_GET_HW_INFO, &u);

	return ret ?: u.out_data_type == IOMMU_HW_INFO_TYPE_ARM_SMMUV3 ? 0 : -ENODATA;
}

int iommufd_track(int fd, uint32_t hwpt, bool on)
{
	struct iommu_hwpt_set_dirty_tracking u = {
		.size = sizeof(u),
		.flags = on ? IOMMU_HWPT_DIRTY_TRACKING_ENABLE : 0,
		.hwpt_id = hwpt,
	};

	return call(fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &u);
}

/* A bit for each @unit bytes; what is reported is clean from then on. */
int iommufd_dirty(int fd, uint32_t hwpt, uint64_t at, size_t len, size_t unit, uint64_t *bitmap)
{
	struct iommu_hwpt_get_dirty_bitmap u = {
		.size = sizeof(u),
		.hwpt_id = hwpt,
		.iova = at,
		.length = len,
		.page_size = unit,
		.data = (uintptr_t)bitmap,
	};

	return call(fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &u);
}

int sim_give(int master, int fd, uint32_t *dev)
{
	struct smmu_sim_iommufd u = { .fd = fd };
	int ret = call(master, SMMU_SIM_IOC_IOMMUFD, &u);

	*dev = u.id;
	return ret;
}

/* *to: an address space or a page table; gets the page table */
int sim_lead(int master, uint32_t *to)
{
	struct smmu_sim_hwpt u = { .id = *to };
	int ret = call(master, SMMU_SIM_IOC_HWPT, &u);

	*to = u.id;
	return ret;
}

int sim_lead_nowhere(int master)
{
	struct smmu_sim_hwpt u = { .flags = SMMU_SIM_HWPT_NONE };

	return call(master, SMMU_SIM_IOC_HWPT, &u);
}
