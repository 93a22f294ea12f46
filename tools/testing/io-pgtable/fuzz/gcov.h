/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The walker is compiled once for each geometry. To see which branches of its
 * source were taken, compile it once.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef FUZZ_GCOV_H
#define FUZZ_GCOV_H

#undef __always_inline
#define __always_inline inline

#endif /* FUZZ_GCOV_H */
