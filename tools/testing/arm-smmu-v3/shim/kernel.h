/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the pure parts of the driver need of the kernel, in user space.
 *
 * Written to be strict where the kernel is lenient: FIELD_PREP() of a value
 * that does not fit ends the program, at run time too.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;
typedef u64 phys_addr_t;
typedef u64 __le64;
typedef u32 __le32;

#define __iomem
#define __force
#define cpu_to_le64(x)	htole64(x)
#define le64_to_cpu(x)	le64toh(x)

#define BIT(n)			(1ul << (n))
#define BIT_ULL(n)		(1ull << (n))
#define GENMASK_ULL(h, l)	((~0ull << (l)) & (~0ull >> (63 - (h))))
#define GENMASK(h, l)		((u32)GENMASK_ULL(h, l))

static inline u64 shim_field_prep(u64 mask, u64 value)
{
	unsigned int shift = __builtin_ctzll(mask);

	if ((value << shift) >> shift != value || ((value << shift) & ~mask)) {
		fprintf(stderr, "FIELD_PREP: %#llx does not fit %#llx\n",
			(unsigned long long)value, (unsigned long long)mask);
		abort();
	}
	return value << shift;
}

#define FIELD_PREP(mask, value)	shim_field_prep(mask, value)
#define FIELD_GET(mask, reg)	((typeof(mask))(((reg) & (mask)) >> __builtin_ctzll(mask)))

#define min(a, b)	({ __auto_type _a = (a); __auto_type _b = (b); _a < _b ? _a : _b; })
#define max(a, b)	({ __auto_type _a = (a); __auto_type _b = (b); _a > _b ? _a : _b; })
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static inline unsigned int __ffs64(u64 v)
{
	assert(v);
	return __builtin_ctzll(v);
}

static inline unsigned int fls64(u64 v)
{
	return v ? 64 - __builtin_clzll(v) : 0;
}

static inline unsigned int ilog2(u64 v)
{
	assert(v);
	return 63 - __builtin_clzll(v);
}

#define SZ_4K	0x1000ul
#define SZ_16K	0x4000ul
#define SZ_64K	0x10000ul
#define SZ_2M	0x200000ul
#define SZ_32M	0x2000000ul
#define SZ_512M	0x20000000ul
#define SZ_1G	0x40000000ul

#define U64_MAX	UINT64_MAX

/* Called after each WRITE_ONCE(): a test can look at memory as hardware would. */
extern void (*shim_store_hook)(void);

#define READ_ONCE(x)	__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) do {				\
	__atomic_store_n(&(x), v, __ATOMIC_RELAXED);	\
	if (shim_store_hook)				\
		shim_store_hook();			\
} while (0)

#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))

#define __printf(a, b)	__attribute__((__format__(printf, a, b)))

#define VISIBLE_IF_KUNIT

#endif /* SHIM_KERNEL_H */
