/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Build a driver that knows nothing of the simulator so that it meets it.
 *
 * Forced in front of each file of such a driver (ccflags-y += -include ...), it
 * sends these through the seam:
 *
 *	readl, readq, writel, writeq and their _relaxed kin;
 *	mappings of registers;
 *	WRITE_ONCE() to lvalues of 64 bits that are no pointers: STEs, CDs, L1
 *	descriptors, and page tables that the driver writes itself;
 *	dma_free_coherent(), as CD tables may be in what it frees.
 *
 * What the simulator does not claim goes where it went before: one module drives
 * hardware and simulated SMMUs side by side. Registers of 8 and 16 bits, ioread
 * and __raw_ accessors and regmap are left alone, and read all ones. A plain
 * store, memcpy() or cmpxchg() is not seen when it happens: the model finds it
 * with the next fetch.
 *
 * Headers that are wanted here come without the driver's pr_fmt(); a driver that
 * defines one needs -DREDIRECT_OWN_PR_FMT.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SIM_REDIRECT_H
#define SIM_REDIRECT_H

#ifndef __ASSEMBLY__

#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/mm.h>
#include <linux/platform_device.h>

#include "../../iommu-seam.h"

/* The functions below are the last users of the names that they replace. */

#define REDIRECT_READ(name, type)						\
static inline type redirect_##name(const void __iomem *addr)		\
{										\
	u64 value;								\
										\
	if (iommu_seam_read(addr, sizeof(type), &value))	\
		return value;							\
	return name(addr);							\
}

#define REDIRECT_WRITE(name, type)						\
static inline void redirect_##name(type value, void __iomem *addr)	\
{										\
	if (!iommu_seam_write(addr, sizeof(type), value))	\
		name(value, addr);						\
}

REDIRECT_READ(readl, u32)
REDIRECT_READ(readl_relaxed, u32)
REDIRECT_READ(readq, u64)
REDIRECT_READ(readq_relaxed, u64)
REDIRECT_WRITE(writel, u32)
REDIRECT_WRITE(writel_relaxed, u32)
REDIRECT_WRITE(writeq, u64)
REDIRECT_WRITE(writeq_relaxed, u64)

#undef REDIRECT_READ
#undef REDIRECT_WRITE

static inline void __iomem *redirect_ioremap(phys_addr_t start, size_t size)
{
	return iommu_seam_map(start, size) ?: ioremap(start, size);
}

/* Only the seam knows its own; the first register of an SMMU has no side effects. */
static inline void redirect_iounmap(void __iomem *addr)
{
	u64 value;

	if (!iommu_seam_read(addr, sizeof(u32), &value))
		iounmap(addr);
}

static inline void __iomem *redirect_devm_ioremap(struct device *dev, resource_size_t start,
						  resource_size_t size)
{
	return iommu_seam_map(start, size) ?: devm_ioremap(dev, start, size);
}

static inline void redirect_devm_iounmap(struct device *dev, void __iomem *addr)
{
	u64 value;

	if (!iommu_seam_read(addr, sizeof(u32), &value))
		devm_iounmap(dev, addr);
}

static inline void __iomem *redirect_devm_ioremap_resource(struct device *dev,
							   const struct resource *res)
{
	void __iomem *addr = res ? iommu_seam_map(res->start, resource_size(res)) : NULL;

	return addr ?: devm_ioremap_resource(dev, res);
}

static inline void __iomem *
redirect_devm_platform_get_and_ioremap_resource(struct platform_device *pdev, unsigned int index,
						struct resource **res)
{
	struct resource *found = platform_get_resource(pdev, IORESOURCE_MEM, index);

	if (res)
		*res = found;
	return redirect_devm_ioremap_resource(&pdev->dev, found);
}

static inline void __iomem *redirect_devm_platform_ioremap_resource(struct platform_device *pdev,
								    unsigned int index)
{
	return redirect_devm_platform_get_and_ioremap_resource(pdev, index, NULL);
}

static inline void redirect_dma_free_coherent(struct device *dev, size_t size, void *cpu_addr,
					      dma_addr_t handle)
{
	if (cpu_addr)
		iommu_seam_freed(cpu_addr, size);
	dma_free_coherent(dev, size, cpu_addr, handle);
}

/* Variables of a module, or on no page at all, are no tables, and have no pa to ask for. */
static inline bool redirect_store(void *slot, const void *value)
{
	if (!virt_addr_valid(slot) && !is_vmalloc_addr(slot))
		return false;
	return iommu_seam_store(slot, *(const u64 *)value);
}

#undef readl
#define readl redirect_readl
#undef readl_relaxed
#define readl_relaxed redirect_readl_relaxed
#undef readq
#define readq redirect_readq
#undef readq_relaxed
#define readq_relaxed redirect_readq_relaxed
#undef writel
#define writel redirect_writel
#undef writel_relaxed
#define writel_relaxed redirect_writel_relaxed
#undef writeq
#define writeq redirect_writeq
#undef writeq_relaxed
#define writeq_relaxed redirect_writeq_relaxed

#undef ioremap
#define ioremap redirect_ioremap
#undef iounmap
#define iounmap redirect_iounmap
#define devm_ioremap redirect_devm_ioremap
#define devm_iounmap redirect_devm_iounmap
#define devm_ioremap_resource redirect_devm_ioremap_resource
#define devm_platform_ioremap_resource redirect_devm_platform_ioremap_resource
#define devm_platform_get_and_ioremap_resource redirect_devm_platform_get_and_ioremap_resource
#undef dma_free_coherent
#define dma_free_coherent redirect_dma_free_coherent

/* The value is copied once: it may have side effects, or be a structure. */
#undef WRITE_ONCE
#define WRITE_ONCE(x, val)							\
do {										\
	__unqual_scalar_typeof(x) __redirect_value = (val);			\
										\
	compiletime_assert_rwonce_type(x);					\
	if (!__builtin_types_compatible_p(typeof(x), u64) ||			\
	    !redirect_store((void *)&(x), &__redirect_value))			\
		__WRITE_ONCE(x, __redirect_value);				\
} while (0)

#ifdef REDIRECT_OWN_PR_FMT
#undef pr_fmt
#endif

#endif /* __ASSEMBLY__ */

#endif /* SIM_REDIRECT_H */
