/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel as far as the page tables need it, in user space. This one header
 * stands for all that the files under test include, except <linux/io-pgtable.h>,
 * which is the kernel's own.
 *
 * Physical memory is an arena with an address of its own; every store to it by
 * way of WRITE_ONCE() and cmpxchg64() is shown to the model in model.c.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SHIM_H
#define SHIM_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef int8_t s8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;
typedef u64 phys_addr_t;
typedef u64 dma_addr_t;
typedef unsigned int gfp_t;

#define GFP_KERNEL		0x10u
#define GFP_ATOMIC		0x20u
#define DMA_TO_DEVICE		1

#undef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#define noinline		__attribute__((noinline))
#define __iomem
#define __weak			__attribute__((weak))
#define __printf(a, b)		__attribute__((format(printf, a, b)))
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define IS_ENABLED(x)		(x + 0)
#define EXPORT_SYMBOL_GPL(x)	struct shim_exported_##x
#define EXPORT_SYMBOL_IF_KUNIT(x) struct shim_exported_##x

#define SZ_4K			0x1000ul
#define SZ_16K			0x4000ul
#define SZ_64K			0x10000ul
#define SZ_2M			0x200000ul
#define SZ_32M			0x2000000ul
#define SZ_512M			0x20000000ul
#define SZ_1G			0x40000000ul

#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define GENMASK_ULL(h, l)	((~0ULL << (l)) & (~0ULL >> (63 - (h))))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define round_down(x, a)	((x) & ~((typeof(x))(a) - 1))
#define IS_ALIGNED(x, a)	(((x) & ((typeof(x))(a) - 1)) == 0)
#define min_t(t, a, b)		((t)(a) < (t)(b) ? (t)(a) : (t)(b))
#define min(a, b)		((a) < (b) ? (a) : (b))
#define max(a, b)		((a) > (b) ? (a) : (b))
#define container_of(p, t, m)	((t *)((char *)(p) - offsetof(t, m)))
#define check_mul_overflow(a, b, r) __builtin_mul_overflow(a, b, r)
#define is_power_of_2(n)	((n) && !((n) & ((n) - 1)))

static inline unsigned int __ffs(unsigned long x)
{
	return __builtin_ctzl(x);
}

static inline unsigned int __fls(unsigned long x)
{
	return 63 - __builtin_clzl(x);
}

/* Pages of the CPU */
extern unsigned long shim_page_size;
#define PAGE_SIZE		shim_page_size

static inline unsigned int get_order(size_t size)
{
	unsigned int order = 0;

	while ((shim_page_size << order) < size)
		order++;
	return order;
}

/* Memory */
u64 virt_to_phys(const void *p);
void *phys_to_virt(u64 phys);
void *shim_alloc(size_t size, gfp_t gfp);
void shim_free(void *p, size_t size);
void *kzalloc(size_t size, gfp_t gfp);
void kfree(void *p);

static inline void *iommu_alloc_pages_node(int nid, gfp_t gfp, int order)
{
	return shim_alloc(shim_page_size << order, gfp);
}

static inline void iommu_free_pages(void *p, int order)
{
	shim_free(p, shim_page_size << order);
}

/* Stores that hardware could see */
void shim_write(u64 *p, u64 value);
u64 shim_cmpxchg(u64 *p, u64 old, u64 value);
extern void (*shim_before_load)(void);
extern void (*shim_before_store)(void);
#ifdef SHIM_ONE_CPU	/* no other is played */
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#else
#define READ_ONCE(x) ({					\
	if (unlikely(shim_before_load))			\
		shim_before_load();			\
	*(const volatile typeof(x) *)&(x);		\
})
#endif
#define WRITE_ONCE(x, v)	shim_write(&(x), v)
#define cmpxchg64_relaxed	shim_cmpxchg
#define wmb()			__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define dma_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)

/* Locks */
typedef struct {
	pthread_mutex_t mutex;
	bool held;
} spinlock_t;

#define spin_lock_init(l)	pthread_mutex_init(&(l)->mutex, NULL)
extern void (*shim_before_wait)(void);
#define spin_lock_irqsave(l, flags) do {		\
	if (pthread_mutex_trylock(&(l)->mutex)) {	\
		if (shim_before_wait)			\
			shim_before_wait();		\
		pthread_mutex_lock(&(l)->mutex);	\
	}						\
	(l)->held = true;				\
	(flags) = 1;					\
} while (0)
#define spin_unlock_irqrestore(l, flags) do {		\
	(void)(flags);					\
	(l)->held = false;				\
	pthread_mutex_unlock(&(l)->mutex);		\
} while (0)
#define lockdep_assert_held(l)	shim_check((l)->held, "lock not held")

/* Complaints */
void shim_check(bool ok, const char *what);
extern unsigned long shim_warnings;
#define WARN_ON_ONCE(c) ({ bool __w = !!(c); shim_warnings += __w; __w; })

/* Devices and DMA */
struct device {
	int node;
};

extern unsigned long shim_dev_errors;
#define dev_err(dev, ...)	((void)(dev), shim_dev_errors++)
#define dev_to_node(dev)	((dev)->node)
dma_addr_t dma_map_single(struct device *dev, void *p, size_t size, int dir);
void dma_unmap_single(struct device *dev, dma_addr_t addr, size_t size, int dir);
void dma_sync_single_for_device(struct device *dev, dma_addr_t addr, size_t size, int dir);
bool dma_mapping_error(struct device *dev, dma_addr_t addr);

/* <linux/iommu.h> */
#define IOMMU_READ		(1 << 0)
#define IOMMU_WRITE		(1 << 1)
#define IOMMU_CACHE		(1 << 2)
#define IOMMU_NOEXEC		(1 << 3)
#define IOMMU_MMIO		(1 << 4)
#define IOMMU_PRIV		(1 << 5)
#define IOMMU_DIRTY_NO_CLEAR	(1 << 0)

struct list_head {
	struct list_head *next, *prev;
};

struct page {
	struct list_head lru;
};

struct page *virt_to_page(const void *p);

static inline void list_add_tail(struct list_head *item, struct list_head *head)
{
	item->next = head;
	item->prev = head->prev;
	head->prev->next = item;
	head->prev = item;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

struct iommu_iotlb_gather {
	unsigned long start;
	unsigned long end;
	size_t pgsize;
	struct list_head freelist;
	bool queued;
};

static inline bool iommu_iotlb_gather_is_disjoint(struct iommu_iotlb_gather *gather,
						  unsigned long iova, size_t size)
{
	if (!gather->end)
		return false;
	return iova + size < gather->start || iova > gather->end + 1;
}

static inline void iommu_iotlb_gather_add_range(struct iommu_iotlb_gather *gather,
						unsigned long iova, size_t size)
{
	if (iova < gather->start)
		gather->start = iova;
	if (iova + (size - 1) > gather->end)
		gather->end = iova + (size - 1);
}

struct iommu_dirty_bitmap {
	void (*record)(u64 iova, u64 size);
};

static inline bool iommu_iotlb_gather_queued(struct iommu_iotlb_gather *gather)
{
	return gather && gather->queued;
}

static inline void iommu_dirty_bitmap_record(struct iommu_dirty_bitmap *dirty,
					     unsigned long iova, unsigned long length)
{
	dirty->record(iova, length);
}

#endif /* SHIM_H */
