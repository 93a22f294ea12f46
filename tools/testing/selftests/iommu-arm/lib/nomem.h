/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations that fail, one by one: of the calling thread, or of kernel threads.
 * See Documentation/fault-injection/fault-injection.rst on fail-nth.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef NOMEM_H
#define NOMEM_H

#include <stdbool.h>

#define NOMEM_THREADS	64
/* So many allocations nothing makes: none fails. */
#define NOMEM_NEVER	1000000

/**
 * struct nomem - threads of which each is to fail
 * @num: so many @fd count
 * @fd: their files "fail-nth", or "make-it-fail"
 * @nth: which of their allocations
 * @passed: so many they have made before that, at the end; of one thread
 */
struct nomem {
	int num;
	int fd[NOMEM_THREADS];
	unsigned int nth;
	unsigned int passed;
};

/*
 * What fails, and "an allocation" stands for each. Whether an object needs a new page is an
 * accident: not both at a time.
 */
enum nomem_kind {
	NOMEM_OBJECTS,		/* kmalloc() and caches */
	NOMEM_PAGES,
	NOMEM_PAGES_ON,		/* all pages from then on, together for all threads */
	NOMEM_OTHERS,		/* no memory: what simulators give of interrupts and mappings */
	NOMEM_KINDS,
};

/* What became of that allocation */
enum nomem_fate {
	NOMEM_UNTOUCHED,	/* none of the threads has allocated anything */
	NOMEM_PASSED,		/* they have allocated less than that */
	NOMEM_FAILED,		/* it failed */
};

const char *nomem_why_not(void);
extern const char *const nomem_iommu[];
void nomem_where(const char *const *callers, bool interrupts);
bool nomem_has(enum nomem_kind kind);
bool nomem_set(enum nomem_kind kind);
bool nomem_self(struct nomem *n, unsigned int nth);
bool nomem_kernel(struct nomem *n, const char *begins, const char *has, unsigned int nth);
enum nomem_fate nomem_end(struct nomem *n);

#endif /* NOMEM_H */
