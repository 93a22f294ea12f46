/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the model needs of its surroundings, in a kernel and in user space. No
 * other file of the model asks where it is compiled.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SSIM_HOST_H
#define SSIM_HOST_H

#ifdef __KERNEL__

#include <kunit/visibility.h>
#include <linux/build_bug.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#else

#include <shim.h>	/* tools/testing/smmu-sim */

#endif

static inline u64 ssim_ones(unsigned int n)
{
	return n >= 64 ? ~0ull : (1ull << n) - 1;
}

static inline u64 ssim_bit(unsigned int n)
{
	return 1ull << n;
}

#endif /* SSIM_HOST_H */
