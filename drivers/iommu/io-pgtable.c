// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O page tables: the registry of formats, and the life of a set of tables.
 *
 * A format is a pair of functions, one that makes tables for a configuration
 * and one that frees them. Drivers name a format by number and never see the
 * pair; which formats exist is settled when the kernel is configured.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */

#include <linux/export.h>
#include <linux/io-pgtable.h>
#include <linux/kconfig.h>
#include <linux/types.h>

#include <kunit/visibility.h>

#include "io-pgtable.h"

#if IS_ENABLED(CONFIG_IOMMU_IO_PGTABLE_LPAE_SELFTEST) || \
	IS_ENABLED(CONFIG_IOMMU_IO_PGTABLE_LPAE_KUNIT_TEST)
bool io_pgtable_quiet;
EXPORT_SYMBOL_IF_KUNIT(io_pgtable_quiet);
#endif

static const struct io_pgtable_init_fns *io_pgtable_format(enum io_pgtable_fmt fmt)
{
	switch (fmt) {
#ifdef CONFIG_IOMMU_IO_PGTABLE_LPAE
	case ARM_64_LPAE_S1:
		return &io_pgtable_arm_64_lpae_s1_init_fns;
	case ARM_64_LPAE_S2:
		return &io_pgtable_arm_64_lpae_s2_init_fns;
	case ARM_32_LPAE_S1:
		return &io_pgtable_arm_32_lpae_s1_init_fns;
	case ARM_32_LPAE_S2:
		return &io_pgtable_arm_32_lpae_s2_init_fns;
	case ARM_MALI_LPAE:
		return &io_pgtable_arm_mali_lpae_init_fns;
#endif
#ifdef CONFIG_IOMMU_IO_PGTABLE_ARMV7S
	case ARM_V7S:
		return &io_pgtable_arm_v7s_init_fns;
#endif
#ifdef CONFIG_AMD_IOMMU
	case AMD_IOMMU_V1:
		return &io_pgtable_amd_iommu_v1_init_fns;
	case AMD_IOMMU_V2:
		return &io_pgtable_amd_iommu_v2_init_fns;
#endif
#ifdef CONFIG_IOMMU_IO_PGTABLE_DART
	case APPLE_DART:
	case APPLE_DART2:
		return &io_pgtable_apple_dart_init_fns;
#endif
	default:
		return NULL;
	}
}

static bool io_pgtable_allocator_ok(const struct io_pgtable_init_fns *format,
				    const struct io_pgtable_cfg *cfg)
{
	if (!cfg->alloc != !cfg->free)
		return false;

	return !cfg->alloc || (format->caps & IO_PGTABLE_CAP_CUSTOM_ALLOCATOR);
}

/**
 * alloc_io_pgtable_ops - make an empty set of I/O page tables
 * @fmt: the descriptor format
 * @cfg: what the tables must do; on success it holds what they really do (the
 *	page sizes and address widths may have shrunk) and the register values
 *	that make hardware walk them. Its contents are undefined on failure.
 * @cookie: handed to every callback in @cfg, the allocator's included
 *
 * The configuration is copied; the flush callbacks it points at must outlive
 * the tables.
 *
 * Context: may sleep. No lock is needed or taken.
 * Return: the operations of the new tables, or NULL if the format is not built
 * in, does not support the configuration, or memory is short.
 */
struct io_pgtable_ops *alloc_io_pgtable_ops(enum io_pgtable_fmt fmt,
					    struct io_pgtable_cfg *cfg,
					    void *cookie)
{
	const struct io_pgtable_init_fns *format = io_pgtable_format(fmt);
	struct io_pgtable *tables;

	if (!format || !io_pgtable_allocator_ok(format, cfg))
		return NULL;

	tables = format->alloc(cfg, cookie);
	if (!tables)
		return NULL;

	tables->cfg = *cfg;
	tables->cookie = cookie;
	tables->fmt = fmt;

	return &tables->ops;
}
EXPORT_SYMBOL_GPL(alloc_io_pgtable_ops);

/**
 * free_io_pgtable_ops - free a set of I/O page tables
 * @ops: what alloc_io_pgtable_ops() returned, or NULL
 *
 * Hardware must no longer walk the tables and no other call on @ops may be in
 * progress. Translations may still be cached: the context is invalidated
 * before the first page is freed. Mappings that are left go with the tables.
 *
 * Context: may sleep if a custom allocator's free hook does, else any.
 */
void free_io_pgtable_ops(struct io_pgtable_ops *ops)
{
	struct io_pgtable *tables;

	if (!ops)
		return;

	tables = io_pgtable_ops_to_pgtable(ops);
	io_pgtable_tlb_flush_all(tables);
	io_pgtable_format(tables->fmt)->free(tables);
}
EXPORT_SYMBOL_GPL(free_io_pgtable_ops);
