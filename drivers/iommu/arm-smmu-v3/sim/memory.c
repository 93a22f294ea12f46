// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory by physical address, as the SMMU and its masters reach it, and the
 * seam through which the model hears of registers, stores and freed tables.
 *
 * What a device does to memory is no access of a CPU's: tables are read without
 * the sanitizers (the model itself reports a read of a freed table), data with
 * KASAN, so that DMA to freed memory is reported where it happens.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "../../iommu-seam.h"
#include "sim.h"

/* As large as the largest granule, and aligned to it. */
#define CANARY_SIZE	SZ_64K

static u64 *canary;

/* Instances that have a model; changed under sim_mutex. */
static unsigned int watching;

/* While nobody watches, what the seam tells costs no more than asking this. */
static bool nobody_watches(void)
{
	return !READ_ONCE(watching);
}

/* NULL is an external abort. Devices, firmware and what is not mapped are not memory. */
static void *mem_at(u64 pa, unsigned int size)
{
	void *at;
	u8 probe;

	if (pa >> 52 || offset_in_page(pa) + size > PAGE_SIZE || !pfn_is_map_memory(PHYS_PFN(pa)))
		return NULL;
	at = __va(pa);
	/* Secret memory, and with debug_pagealloc free pages, are not mapped. */
	return copy_from_kernel_nofault(&probe, at, 1) ? NULL : at;
}

/**
 * sim_mem_fetch() - read a structure of the SMMU's
 * @pa: physical address
 * @to: destination
 * @size: bytes, within a page
 *
 * Words of 64 bits are read at once, as hardware does.
 *
 * Context: any.
 *
 * Return: false for an external abort.
 */
bool sim_mem_fetch(u64 pa, void *to, unsigned int size)
{
	const u8 *from = mem_at(pa, size);
	unsigned int i;

	if (!from)
		return false;
	if (IS_ALIGNED(pa | size, sizeof(u64))) {
		for (i = 0; i < size; i += sizeof(u64))
			*(u64 *)(to + i) = READ_ONCE_NOCHECK(*(unsigned long *)(from + i));
	} else {
		__memcpy(to, from, size);
	}
	return true;
}

/**
 * sim_mem_read() - read data
 * @pa: physical address
 * @to: destination
 * @size: bytes, within a page
 *
 * Context: any.
 *
 * Return: false for an external abort.
 */
bool sim_mem_read(u64 pa, void *to, unsigned int size)
{
	const void *from = mem_at(pa, size);

	if (from)
		memcpy(to, from, size);
	return from;
}

/**
 * sim_mem_write() - write data, a queue's record or a message
 * @pa: physical address
 * @from: source
 * @size: bytes, within a page
 *
 * Aligned words of 32 and 64 bits are written at once: a CPU may be polling.
 *
 * Context: any.
 *
 * Return: false for an external abort.
 */
bool sim_mem_write(u64 pa, const void *from, unsigned int size)
{
	u8 *to = mem_at(pa, size);
	unsigned int i;

	if (!to)
		return false;
	if (IS_ALIGNED(pa | size, sizeof(u64))) {
		for (i = 0; i < size; i += sizeof(u64))
			WRITE_ONCE(*(u64 *)(to + i), *(const u64 *)(from + i));
	} else if (IS_ALIGNED(pa, sizeof(u32)) && size == sizeof(u32)) {
		WRITE_ONCE(*(u32 *)to, *(const u32 *)from);
	} else {
		memcpy(to, from, size);
	}
	return true;
}

/**
 * sim_mem_exchange() - compare and exchange 64 bits, as an update of a descriptor does
 * @pa: physical address, aligned
 * @old: what must be there; becomes what was there
 * @new: what is put there
 *
 * Context: any.
 *
 * Return: false for an external abort.
 */
bool sim_mem_exchange(u64 pa, __le64 *old, __le64 new)
{
	u64 *at = mem_at(pa, sizeof(*at));

	if (!at || !IS_ALIGNED(pa, sizeof(*at)))
		return false;
	*old = (__force __le64)cmpxchg64(at, (__force u64)*old, (__force u64)new);
	return true;
}

/* Tables of a walker that is not coherent stand in an alias of the linear map. */
static u64 pa_of(const void *p)
{
	if (is_vmalloc_addr(p))
		return page_to_phys(vmalloc_to_page(p)) + offset_in_page(p);
	return virt_to_phys(p);
}

static struct sim_instance *sim_at(const void __iomem *addr, u32 *offset)
{
	struct sim_instance *sim;

	lockdep_assert_held(&sim_lock);
	list_for_each_entry(sim, &sim_instances, node) {
		const void *regs = (__force const void *)addr;

		if (sim->core && regs >= sim->regs && regs < sim->regs + SIM_REGS) {
			*offset = regs - sim->regs;
			return sim;
		}
	}
	return NULL;
}

static void __iomem *seam_map(phys_addr_t start, size_t size)
{
	struct sim_instance *sim;

	guard(sim_call)();
	list_for_each_entry(sim, &sim_instances, node)
		if (sim->core && start >= sim->start && start + size <= sim->start + SIM_REGS)
			return (__force void __iomem *)(sim->regs + (start - sim->start));
	return NULL;
}

static bool seam_read(const void __iomem *addr, unsigned int bytes, u64 *value)
{
	struct sim_instance *sim;
	u32 offset;

	if (nobody_watches())
		return false;
	guard(sim_call)();
	sim = sim_at(addr, &offset);
	if (sim)
		*value = ssim_read(sim->core, offset, bytes);
	if (sim && sim->touched)
		sim->touched(sim->watcher);
	return sim;
}

static bool seam_write(void __iomem *addr, unsigned int bytes, u64 value)
{
	struct sim_instance *sim;
	u32 offset;

	if (nobody_watches())
		return false;
	guard(sim_call)();
	sim = sim_at(addr, &offset);
	if (sim)
		ssim_write(sim->core, offset, value, bytes);
	if (sim && sim->touched)
		sim->touched(sim->watcher);
	return sim;
}

static void seen_by_all(const u64 *slot, u64 old, u64 value)
{
	u64 pa = pa_of(slot), was = le64_to_cpu((__force __le64)old);
	u64 is = le64_to_cpu((__force __le64)value);
	struct sim_instance *sim;

	list_for_each_entry(sim, &sim_instances, node) {
		if (!sim->core)
			continue;
		if (sim->unclean && !is_vmalloc_addr(slot))
			sim_coherency_store(sim, pa, (__force __le64)old);
		else
			ssim_store(sim->core, pa, was, is);
		if (sim->watch)
			sim->watch(sim->watcher, pa, was, is);
	}
}

static void seam_store(u64 *slot, u64 value)
{
	u64 old;

	if (nobody_watches()) {
		WRITE_ONCE(*slot, value);
		return;
	}
	guard(sim_call)();
	old = READ_ONCE(*slot);
	WRITE_ONCE(*slot, value);
	seen_by_all(slot, old, value);
}

static u64 seam_exchange(u64 *slot, u64 old, u64 value)
{
	u64 was;

	if (nobody_watches())
		return cmpxchg64(slot, old, value);
	guard(sim_call)();
	was = cmpxchg64(slot, old, value);
	if (was == old)
		seen_by_all(slot, old, value);
	return was;
}

/* Whoever still walks a freed table arrives at the canary, and not by luck at nothing. */
static void seam_freed(void *table, size_t size)
{
	struct sim_instance *sim;
	u64 pa;

	if (nobody_watches())
		return;
	pa = pa_of(table);
	guard(sim_call)();
	list_for_each_entry(sim, &sim_instances, node) {
		if (sim->core)
			ssim_check_table_free(sim->core, pa, size);
		if (sim->core && sim->unclean)
			sim_coherency_clean(sim, pa, size, true);
	}
	memset64(table, canary[0], size / sizeof(u64));
}

static void seam_cleaned(const void *table, size_t size)
{
	struct sim_instance *sim;
	u64 pa;

	if (nobody_watches())
		return;
	pa = pa_of(table);
	guard(sim_call)();
	list_for_each_entry(sim, &sim_instances, node)
		if (sim->core && sim->unclean)
			sim_coherency_clean(sim, pa, size, false);
}

static const struct iommu_seam_ops seam_ops = {
	.map = seam_map,
	.read = seam_read,
	.write = seam_write,
	.store = seam_store,
	.exchange = seam_exchange,
	.freed = seam_freed,
	.bind = sim_mm_bind,
	.bound = sim_mm_bound,
	.cleaned = seam_cleaned,
	.fails = sim_fails,
};

int sim_seam_open(void)
{
	int ret;

	canary = (void *)__get_free_pages(GFP_KERNEL | __GFP_DMA32, get_order(CANARY_SIZE));
	if (!canary)
		return -ENOMEM;
	memset64(canary, (__force u64)cpu_to_le64(ssim_canary_desc(virt_to_phys(canary))),
		 CANARY_SIZE / sizeof(u64));
	ret = iommu_seam_register(&seam_ops);
	if (ret) {
		free_pages((unsigned long)canary, get_order(CANARY_SIZE));
		return ret;
	}
	guard(mutex)(&sim_mutex);
	/* What a call takes is found out as if an instance were there. */
	WRITE_ONCE(watching, 1);
	sim_clock_open((__force void __iomem *)canary);
	WRITE_ONCE(watching, 0);
	return 0;
}

void sim_seam_close(void)
{
	iommu_seam_unregister();
	free_pages((unsigned long)canary, get_order(CANARY_SIZE));
}

/**
 * sim_seam_watch() - a model is about to look at memory
 * @core: the model; learns where no walk may ever arrive
 *
 * Context: may sleep, under sim_mutex. Stores that nobody was told of are over at
 * the return, since the seam calls under RCU.
 */
void sim_seam_watch(struct ssim *core)
{
	lockdep_assert_held(&sim_mutex);
	ssim_set_canary(core, virt_to_phys(canary), CANARY_SIZE);
	WRITE_ONCE(watching, watching + 1);
	/* Where others watch already every store is told. */
	if (watching == 1)
		synchronize_rcu_expedited();
}

/**
 * sim_seam_unwatch() - the model does not look any more
 *
 * Context: under sim_mutex, once for each sim_seam_watch().
 */
void sim_seam_unwatch(void)
{
	lockdep_assert_held(&sim_mutex);
	WRITE_ONCE(watching, watching - 1);
}
