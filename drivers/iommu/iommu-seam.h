/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a simulated IOMMU stands in for the hardware, and looks on.
 *
 * Hardware may read a table at any moment. A simulator learns of the moments
 * that matter here: registers are accessed, an entry of a table is stored, a
 * table is freed. Kernels without IOMMU_SEAM have none of this; in others it is
 * a branch that is patched out until a simulator registers.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef IOMMU_SEAM_H_
#define IOMMU_SEAM_H_

#include <linux/types.h>

struct mm_struct;
struct msi_desc;
struct msi_msg;

#ifdef CONFIG_IOMMU_SEAM

#include <linux/jump_label.h>

/**
 * struct iommu_seam_ops - a simulator
 * @map: address that stands for registers at @start, or NULL if they are not its own
 * @read: register of 4 or 8 bytes; false if @addr was not given out by @map
 * @write: likewise
 * @store: put @value into @slot and take note
 * @exchange: put @value there if @old is there, and take note; returns what was there
 * @freed: @size bytes of table are about to be given back
 * @bind: a device is about to get the table of @mm, which has users
 * @bound: it has, or could not; each follows one @bind of the same @mm
 * @cleaned: @size bytes of table were cleaned, for hardware that does not snoop
 * @fails: true if registers, or a table for such hardware, shall not be mapped
 *
 * @map, @bind and @bound may sleep. All others may be called in any context, under
 * raw spinlocks, and always under RCU; entries are in the byte order of memory.
 */
struct iommu_seam_ops {
	void __iomem *(*map)(phys_addr_t start, size_t size);
	bool (*read)(const void __iomem *addr, unsigned int bytes, u64 *value);
	bool (*write)(void __iomem *addr, unsigned int bytes, u64 value);
	void (*store)(u64 *slot, u64 value);
	u64 (*exchange)(u64 *slot, u64 old, u64 value);
	void (*freed)(void *table, size_t size);
	void (*bind)(struct mm_struct *mm);
	void (*bound)(struct mm_struct *mm);
	void (*cleaned)(const void *table, size_t size);
	bool (*fails)(void);
};

DECLARE_STATIC_KEY_FALSE(iommu_seam_key);

int iommu_seam_register(const struct iommu_seam_ops *ops);
void iommu_seam_unregister(void);

struct device;
struct fwnode_handle;

int iommu_seam_fwspec(struct device *dev, struct fwnode_handle *iommu, const u32 *ids,
		      unsigned int num, u32 flags);
void iommu_seam_no_fwspec(struct device *dev);
void __iomem *iommu_seam_map(phys_addr_t start, size_t size);
bool __iommu_seam_read(const void __iomem *addr, unsigned int bytes, u64 *value);
bool __iommu_seam_write(void __iomem *addr, unsigned int bytes, u64 value);
bool __iommu_seam_store(u64 *slot, u64 value);
bool __iommu_seam_exchange(u64 *slot, u64 *old, u64 value);
void __iommu_seam_freed(void *table, size_t size);
void __iommu_seam_bind(struct mm_struct *mm);
void __iommu_seam_bound(struct mm_struct *mm);
void __iommu_seam_cleaned(const void *table, size_t size);
bool __iommu_seam_fails(void);

int iommu_seam_prepare_msi(struct msi_desc *desc, phys_addr_t doorbell);
void iommu_seam_compose_msi(struct msi_desc *desc, struct msi_msg *msg);

static __always_inline bool iommu_seam_active(void)
{
	return static_branch_unlikely(&iommu_seam_key);
}
#else
static inline bool iommu_seam_active(void) { return false; }

static inline void __iomem *iommu_seam_map(phys_addr_t start, size_t size)
{
	return NULL;
}

static inline bool __iommu_seam_read(const void __iomem *addr, unsigned int bytes,
				     u64 *value)
{
	return false;
}

static inline bool __iommu_seam_write(void __iomem *addr, unsigned int bytes, u64 value)
{
	return false;
}

static inline bool __iommu_seam_store(u64 *slot, u64 value) { return false; }
static inline bool __iommu_seam_exchange(u64 *slot, u64 *old, u64 value) { return false; }
static inline void __iommu_seam_freed(void *table, size_t size) { }
static inline void __iommu_seam_bind(struct mm_struct *mm) { }
static inline void __iommu_seam_bound(struct mm_struct *mm) { }
static inline void __iommu_seam_cleaned(const void *table, size_t size) { }
static inline bool __iommu_seam_fails(void) { return false; }
#endif

/* The functions of these names return false where the caller has to do it itself. */

static __always_inline bool iommu_seam_read(const void __iomem *addr,
					    unsigned int bytes, u64 *value)
{
	return iommu_seam_active() && __iommu_seam_read(addr, bytes, value);
}

static __always_inline bool iommu_seam_write(void __iomem *addr, unsigned int bytes,
					     u64 value)
{
	return iommu_seam_active() && __iommu_seam_write(addr, bytes, value);
}

static __always_inline bool iommu_seam_store(u64 *slot, u64 value)
{
	return iommu_seam_active() && __iommu_seam_store(slot, value);
}

/* *@old is replaced by what was there. */
static __always_inline bool iommu_seam_exchange(u64 *slot, u64 *old, u64 value)
{
	return iommu_seam_active() && __iommu_seam_exchange(slot, old, value);
}

static __always_inline void iommu_seam_freed(void *table, size_t size)
{
	if (iommu_seam_active())
		__iommu_seam_freed(table, size);
}

/*
 * The mm stores to its table, and asks nobody here: a simulator that wants to know
 * has to watch it from before a device is given the table. Both may sleep.
 */
static __always_inline void iommu_seam_bind(struct mm_struct *mm)
{
	if (iommu_seam_active())
		__iommu_seam_bind(mm);
}

static __always_inline void iommu_seam_bound(struct mm_struct *mm)
{
	if (iommu_seam_active())
		__iommu_seam_bound(mm);
}

static __always_inline void iommu_seam_cleaned(const void *table, size_t size)
{
	if (iommu_seam_active())
		__iommu_seam_cleaned(table, size);
}

static __always_inline bool iommu_seam_fails(void)
{
	return iommu_seam_active() && __iommu_seam_fails();
}

#endif /* IOMMU_SEAM_H_ */
