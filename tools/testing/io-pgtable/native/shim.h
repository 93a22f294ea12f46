/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the harness's shim.h watches, a kernel merely does. Here stores are
 * stores and addresses are arithmetic, so that what is timed is the page tables.
 *
 * The lower half is only for the kernel tree's own io-pgtable-arm.c.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef NATIVE_SHIM_H
#define NATIVE_SHIM_H

#include "../shim.h"

#undef PAGE_SIZE
#define PAGE_SIZE		4096ul

#undef READ_ONCE
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#undef WRITE_ONCE
#define WRITE_ONCE(x, v)	(*(volatile typeof(x) *)&(x) = (v))

#undef cmpxchg64_relaxed
#define cmpxchg64_relaxed(p, old, new) ({				\
	u64 __seen = (old);						\
	__atomic_compare_exchange_n(p, &__seen, new, false,		\
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED);\
	__seen;								\
})

/* One thread: nobody ever waits */
#undef spin_lock_irqsave
#define spin_lock_irqsave(l, flags) do {		\
	pthread_mutex_lock(&(l)->mutex);		\
	(l)->held = true;				\
	(flags) = 1;					\
} while (0)

/* As the kernel has them on this CPU */
#undef wmb
#undef dma_wmb
#ifdef __x86_64__
#define wmb()			asm volatile("sfence" ::: "memory")
#define dma_wmb()		asm volatile("" ::: "memory")
#elif defined(__aarch64__)
#define wmb()			asm volatile("dsb st" ::: "memory")
#define dma_wmb()		asm volatile("dmb oshst" ::: "memory")
#else
#define wmb()			__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define dma_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)
#endif

#undef WARN_ON_ONCE
#define WARN_ON_ONCE(c) ({ bool __w = !!(c); if (unlikely(__w)) shim_check(false, #c); __w; })

/* A linear map, like the kernel's: an offset that the compiler does not know */
extern u64 native_phys_offset;
#define virt_to_phys(p)		((u64)(p) - native_phys_offset)
#define phys_to_virt(a)		((void *)((u64)(a) + native_phys_offset))

extern u8 *native_arena;
extern struct page native_pages[];
#define virt_to_page(p)		(&native_pages[((u8 *)(p) - native_arena) / PAGE_SIZE])
#define page_address(page)	(native_arena + ((page) - native_pages) * PAGE_SIZE)

/* For the kernel tree's files */
#define __init
#define __initconst
#define __initdata
#define __GFP_HIGHMEM		0x2u
#define NUMA_NO_NODE		(-1)
#define BITS_PER_LONG		64
#define PAGE_MASK		(~(PAGE_SIZE - 1))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define kmalloc(size, gfp)	kzalloc(size, gfp)
#define SZ_2G			0x80000000ul
#define __pa(p)			virt_to_phys(p)
#define __va(a)			phys_to_virt(a)
#define ilog2(n)		__fls(n)
#define WARN_ON(c)		WARN_ON_ONCE(c)
#define VM_BUG_ON(c)		((void)sizeof(c))
#define set_bit(n, p)		__atomic_fetch_or(p, 1ul << (n), __ATOMIC_RELAXED)

#endif /* NATIVE_SHIM_H */
