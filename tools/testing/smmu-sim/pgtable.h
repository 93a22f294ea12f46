/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page tables of drivers/iommu, seen from the model's side of the harness.
 * Each side has its own headers; only these numbers pass between them.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef PGTABLE_H
#define PGTABLE_H

#include <stdbool.h>
#include <stdint.h>

/* Memory of the tables: a piece of the model's. */
#define ARENA_AT	0x100000000ull
#define ARENA_SIZE	0x1000000ull
extern unsigned char arena[];

struct pg_setup {
	const char *name;
	bool stage2, upper, dirty, runs, lpa2;
	unsigned int ias, oas;
	unsigned long sizes;
};

/* Fields of the CD or STE that the tables ask for. */
struct pg_fields {
	uint64_t ttb, mair;
	unsigned int tsz, tg, sh, irgn, orgn, ps, sl, ds;
};

/* What the tables call: the model's side. */
struct pg_world {
	void (*stored)(uint64_t pa, uint64_t old, uint64_t new);
	void (*invalidate)(uint64_t iova, uint64_t size, bool leaf);	/* and wait */
	void (*invalidate_all)(void);
	void (*freed)(uint64_t pa, uint64_t size);
};

bool pg_open(const struct pg_setup *setup, const struct pg_world *world, struct pg_fields *fields);
void pg_close(void);
uint64_t pg_map(uint64_t iova, uint64_t pa, uint64_t pgsize, unsigned int count, bool write);
uint64_t pg_unmap(uint64_t iova, uint64_t pgsize, unsigned int count);
uint64_t pg_phys(uint64_t iova);
unsigned long pg_sizes(void);

#endif /* PGTABLE_H */
