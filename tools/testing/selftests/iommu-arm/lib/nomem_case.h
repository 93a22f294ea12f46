/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that are a list of things to do, of which every allocation fails once (I-61).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef NOMEM_CASE_H
#define NOMEM_CASE_H

#include <stdbool.h>

#include "nomem.h"

#define CASE_MUST	1	/* it cannot be refused: nobody could do anything about it */
#define CASE_NONE	2	/* perhaps there is nothing to fail */
#define CASE_WIDE	4	/* not what is done for an IOMMU alone fails */

/**
 * struct nomem_case - something to do while there is no memory
 * @what: what a result says
 * @why_not: why this kernel cannot, or NULL; or no such function
 * @setup: once for each kind of allocations; may set nomem_skip
 * @begin: without failures, before each round; or NULL
 * @act: what is done with an allocation failing: 0 or a negative errno
 * @works: whether it was done, by a master's DMA and the like; @whole: without any failure
 * @kept: whether all is as before where it was refused, or NULL
 * @undo: without failures, after it was done; or NULL
 * @teardown: once for each kind, or NULL
 * @flags: CASE_MUST, ...
 */
struct nomem_case {
	const char *what;
	const char *(*why_not)(void);
	bool (*setup)(void);
	int (*begin)(void);
	int (*act)(void);
	bool (*works)(bool whole);
	bool (*kept)(void);
	int (*undo)(void);
	void (*teardown)(void);
	unsigned int flags;
};

/* So many allocations at the start are of what another case is about. */
extern unsigned int nomem_skip;

/* How many allocations of the kind that is swept @act makes; it is done then. */
unsigned int nomem_count(int (*act)(void));

void nomem_run_cases(const struct nomem_case *cases, unsigned int num,
		     const char *const *instances);

#endif /* NOMEM_CASE_H */
