/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PCI function in the hands of this process, through VFIO: by a container of type 1
 * or by an iommufd. Functions return 0 or a negative errno.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef TEST_VFIO_H
#define TEST_VFIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The last one: behind a guest that has no stage 1 */
enum vfio_by { BY_TYPE1, BY_TYPE1V2, BY_COMPAT, BY_IOMMUFD, BY_NESTED };

/**
 * struct vfio_function - the function
 * @by: who maps its memory
 * @fd: its file
 * @iommu: the container, or the iommufd
 * @group: its group, -1 where it needs none
 * @ioas: with an iommufd, its address space
 */
struct vfio_function {
	enum vfio_by by;
	int fd;
	int iommu;
	int group;
	uint32_t ioas;
};

int vfio_open(struct vfio_function *f, const char *address, enum vfio_by by);
void vfio_close(struct vfio_function *f);
int vfio_map(struct vfio_function *f, void *memory, size_t len, uint64_t at);
int vfio_unmap(struct vfio_function *f, uint64_t at, size_t len);
void *vfio_bar(struct vfio_function *f, unsigned int bar, size_t *len);
int vfio_master(struct vfio_function *f);
int vfio_reset(struct vfio_function *f);
int vfio_message(struct vfio_function *f, int *event);

/* Registers, and memory that a device writes to */
static inline uint32_t vfio_get32(const void *base, size_t at)
{
	return __atomic_load_n((const uint32_t *)((const char *)base + at), __ATOMIC_ACQUIRE);
}

static inline void vfio_put32(void *base, size_t at, uint32_t value)
{
	__atomic_store_n((uint32_t *)((char *)base + at), value, __ATOMIC_RELEASE);
}

static inline uint64_t vfio_get64(const void *base, size_t at)
{
	return __atomic_load_n((const uint64_t *)((const char *)base + at), __ATOMIC_ACQUIRE);
}

static inline void vfio_put64(void *base, size_t at, uint64_t value)
{
	__atomic_store_n((uint64_t *)((char *)base + at), value, __ATOMIC_RELEASE);
}

#endif /* TEST_VFIO_H */
