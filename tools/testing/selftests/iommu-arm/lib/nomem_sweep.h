/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sweeps: rounds in which the first, second, third ... allocation of one thing fails.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef NOMEM_SWEEP_H
#define NOMEM_SWEEP_H

#include <stdbool.h>

#include "nomem.h"

/* How one round of a sweep went */
enum round {
	ROUND_END,		/* well, and there was no such allocation */
	ROUND_SURVIVED,		/* well: it failed, and that did not matter */
	ROUND_REFUSED,		/* well: it failed, and the error was a clean one */
	ROUND_BAD,
};

#define SWEEP_CHILD	1	/* each round is in a process of its own */
#define SWEEP_NONE	2	/* perhaps there is nothing to fail */
#define SWEEP_HUGE	4	/* not with all pages from one on: a huge one counts as many */
#define SWEEP_OWN	8	/* flags of programs, from here on */

/**
 * struct sweep - rounds in which allocation 1, 2, 3, ... fails
 * @what: what a result says; it names invariants
 * @round: makes the allocation @nth fail
 * @flags: SWEEP_CHILD, ...
 */
struct sweep {
	const char *what;
	enum round (*round)(unsigned int nth);
	unsigned int flags;
};

/**
 * struct swept - what came of a sweep
 * @first: number of the first allocation that failed, 0: all from 1 on
 * @num: so many allocations there were to fail, -1: one of them badly
 * @refused: with so many of them what was done was refused
 */
struct swept {
	unsigned int first;
	int num[NOMEM_KINDS];
	unsigned int refused;
};

enum round bad(const char *what, int ret);
enum round verdict(enum nomem_fate fate, bool refused);
bool is_clean(int ret);

bool sweep_kind(const struct sweep *s, enum nomem_kind which, bool (*ready)(const struct sweep *s),
		struct swept *swept);
bool sweep(const struct sweep *s, bool (*ready)(const struct sweep *s), struct swept *swept);

#endif /* NOMEM_SWEEP_H */
