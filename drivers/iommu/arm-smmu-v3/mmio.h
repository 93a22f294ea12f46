/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Register accessors: the one seam between the driver and an SMMU's registers.
 *
 * Kernels with IOMMU_SEAM can put a simulator behind an instance; in all others
 * nothing of that is compiled.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_MMIO_H
#define SMMU_V3_MMIO_H

#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>

#include "../iommu-seam.h"
#include "regs.h"

struct smmu_mmio;

/**
 * struct smmu_mmio_ops - registers that a test brings along
 * @read: value of the 32-bit register at an architectural offset
 * @write: store of 4 or 8 bytes to a register
 *
 * Both may be called in any context, under raw spinlocks.
 */
struct smmu_mmio_ops {
	u32 (*read)(const struct smmu_mmio *io, u32 offset);
	void (*write)(const struct smmu_mmio *io, u32 offset, u64 value, unsigned int bytes);
};

/**
 * struct smmu_mmio - where the two register pages of an instance are mapped
 * @page0: offsets below SMMU_PAGE1
 * @page1: offsets from SMMU_PAGE1 on; the same page as @page0 on ThunderX2
 * @ops: takes all accesses in tests; NULL: hardware, or the registered simulator
 */
struct smmu_mmio {
	void __iomem *page0;
	void __iomem *page1;
#ifdef CONFIG_IOMMU_SEAM
	const struct smmu_mmio_ops *ops;
#endif
};

static inline void __iomem *smmu_reg(const struct smmu_mmio *io, u32 offset)
{
	return offset < SMMU_PAGE1 ? io->page0 + offset : io->page1 + (offset - SMMU_PAGE1);
}

#ifdef CONFIG_IOMMU_SEAM
static inline bool smmu_seam_read(const struct smmu_mmio *io, u32 offset, u32 *value)
{
	u64 wide;

	if (!iommu_seam_active())
		return false;
	if (!io->ops && !iommu_seam_read(smmu_reg(io, offset), 4, &wide))
		return false;
	*value = io->ops ? io->ops->read(io, offset) : wide;
	return true;
}

static inline bool smmu_seam_write(const struct smmu_mmio *io, u32 offset, u64 value,
				   unsigned int bytes)
{
	if (!iommu_seam_active())
		return false;
	if (!io->ops)
		return iommu_seam_write(smmu_reg(io, offset), bytes, value);
	io->ops->write(io, offset, value, bytes);
	return true;
}
#else
static inline bool smmu_seam_read(const struct smmu_mmio *io, u32 offset, u32 *value)
{
	return false;
}

static inline bool smmu_seam_write(const struct smmu_mmio *io, u32 offset, u64 value,
				   unsigned int bytes)
{
	return false;
}
#endif

static inline u32 smmu_read(const struct smmu_mmio *io, u32 offset)
{
	u32 value;

	if (smmu_seam_read(io, offset, &value))
		return value;
	return readl_relaxed(smmu_reg(io, offset));
}

/* Orders later loads from memory after this one. */
static inline u32 smmu_read_acquire(const struct smmu_mmio *io, u32 offset)
{
	u32 value;

	if (smmu_seam_read(io, offset, &value))
		return value;
	return readl(smmu_reg(io, offset));
}

static inline void smmu_write(const struct smmu_mmio *io, u32 offset, u32 value)
{
	if (!smmu_seam_write(io, offset, value, 4))
		writel_relaxed(value, smmu_reg(io, offset));
}

/* Memory that was stored to before is visible to the SMMU before the write. */
static inline void smmu_write_release(const struct smmu_mmio *io, u32 offset, u32 value)
{
	if (!smmu_seam_write(io, offset, value, 4))
		writel(value, smmu_reg(io, offset));
}

static inline void smmu_write64(const struct smmu_mmio *io, u32 offset, u64 value)
{
	if (!smmu_seam_write(io, offset, value, 8))
		writeq_relaxed(value, smmu_reg(io, offset));
}

#endif /* SMMU_V3_MMIO_H */
