/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iommufd for tests, and masters that are given to it. Functions return 0, a number
 * where they say so, or a negative errno.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef TEST_IOMMUFD_H
#define TEST_IOMMUFD_H

#include <linux/iommufd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A command of a guest's SMMU */
struct iommufd_cmd {
	uint64_t word[2];
};

int iommufd_open(void);
int iommufd_destroy(int fd, uint32_t id);

/* Address spaces: of memory of this process, at addresses that it chooses */
int iommufd_ioas(int fd, uint32_t *ioas);
int iommufd_map(int fd, uint32_t ioas, const void *memory, size_t len, uint64_t at, bool writeable);
int iommufd_unmap(int fd, uint32_t ioas, uint64_t at, size_t len);

/* Page tables: of an address space, or of a guest in front of one of these */
int iommufd_hwpt(int fd, uint32_t dev, uint32_t ioas, uint32_t flags, uint32_t *hwpt);
int iommufd_nest(int fd, uint32_t dev, uint32_t parent, const uint64_t *ste, uint32_t faults,
		 uint32_t *hwpt);
int iommufd_faults(int fd, uint32_t *faults);
int iommufd_invalidate(int fd, uint32_t hwpt, const struct iommufd_cmd *cmds, uint32_t *num);
int iommufd_hw_info(int fd, uint32_t dev, struct iommu_hw_info_arm_smmuv3 *info);
int iommufd_track(int fd, uint32_t hwpt, bool on);
int iommufd_dirty(int fd, uint32_t hwpt, uint64_t at, size_t len, size_t unit, uint64_t *bitmap);

/* Masters of the simulator with the attribute "user" */
int sim_give(int master, int fd, uint32_t *dev);
int sim_lead(int master, uint32_t *to);
int sim_lead_nowhere(int master);

#endif /* TEST_IOMMUFD_H */
