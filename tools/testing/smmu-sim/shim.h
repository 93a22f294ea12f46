/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel as far as the simulator's core needs it, in user space.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_SIM_SHIM_H
#define SMMU_SIM_SHIM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint8_t u8;
typedef int8_t s8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef uint64_t __le64;
typedef uint32_t __le32;

#define __force
#define __printf(a, b)		__attribute__((format(printf, a, b)))
#define EXPORT_SYMBOL_IF_KUNIT(name)	_Static_assert(1, #name)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
/* The user-space hosts of the harness are little-endian. */
#define le64_to_cpu(x)		(x)
#define cpu_to_le64(x)		(x)
#define cpu_to_le32(x)		(x)
#define swab64(x)		__builtin_bswap64(x)

#endif /* SMMU_SIM_SHIM_H */
