/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA that goes on while a test changes the memory below it.
 *
 * Threads let a master add 1 to words of a region, at random, and keep count. Where
 * a change preserves the data, each word has its count at the end: no addition went
 * to a page that was taken away, or came twice.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SVA_LOAD_H
#define SVA_LOAD_H

#include "sva.h"

struct sva_load;

struct sva_load *sva_load_start(struct sva *m, void *at, size_t len, unsigned int threads);
bool sva_load_goes_on(struct sva_load *load, unsigned int steps);
bool sva_load_end(struct sva_load *load, bool always);

#endif /* SVA_LOAD_H */
