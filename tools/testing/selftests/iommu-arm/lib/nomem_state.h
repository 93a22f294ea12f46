/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much there is of what SMMUs and their masters leave in a system.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef NOMEM_STATE_H
#define NOMEM_STATE_H

#include <stdbool.h>

#define NOMEM_STATES	16

struct nomem_state {
	long num[NOMEM_STATES];
};

void nomem_state_read(struct nomem_state *s);
bool nomem_state_same(const struct nomem_state *before);

#endif /* NOMEM_STATE_H */
