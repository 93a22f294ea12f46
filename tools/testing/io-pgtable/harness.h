/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The harness: a set of tables under test, what should be in it, and what
 * hardware may have cached of it.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <linux/io-pgtable.h>

#include "io-pgtable-arm-oracle.h"

enum gather_mode {
	GATHER_SYNC,		/* a gather, invalidated after the call */
	GATHER_NONE,		/* no gather: everything is invalidated after the call */
	GATHER_QUEUED,		/* a queued gather: likewise, and nothing is gathered */
	GATHER_MODES,
};

/**
 * struct setup - what is to be tested
 * @name: for a person
 * @custom: tables come from a custom allocator
 */
struct setup {
	const char *name;
	enum io_pgtable_fmt fmt;
	unsigned long pgsizes;
	unsigned int ias;
	unsigned int oas;
	unsigned long quirks;
	bool noncoherent;
	bool custom;
	u64 phys_base;
};

/* A range that should be mapped; neighbours are not merged */
struct span {
	u64 iova;
	u64 size;
	u64 addr;
	int prot;
};

#define MAX_SPANS 4096

struct bench {
	const struct setup *setup;	/* NULL, or @own */
	struct setup own;
	struct io_pgtable_ops *ops;
	struct io_pgtable_cfg cfg;
	struct oracle oracle;
	struct device dev;
	u64 base;			/* lowest legal iova */
	size_t root_bytes;		/* as a custom allocator was asked for */
	u64 pages[8];			/* sizes of leaves and runs, smallest first */
	unsigned int page_kinds;
	struct span span[MAX_SPANS];
	unsigned int spans;
};

extern struct bench bench;
extern unsigned int failures_here;

/* model.c: memory and TLB */
enum tlb_loss { TLB_FLUSH_WALK = 1, TLB_ADD_PAGE = 2 };

void model_reset(u64 phys_base);
void model_watch(const struct oracle *o);
void model_unwatch(void);
void model_flush_walk(u64 iova, u64 size, u64 granule);
void model_add_page(u64 iova, u64 granule);
void model_inval(u64 iova, u64 size, u64 leaf_size, bool tables);
void model_free_page(struct page *page);
void model_sync(void);
void model_flush_all(void);
void model_check_clean(void);
unsigned int model_pages(void);
unsigned int model_objects(void);
u64 model_fetch(void *coherent, u64 addr);
const u64 *model_table(void *coherent, u64 addr, u64 count);
u64 model_empty(const u64 *slot, u64 count);
extern long model_fail_after;		/* allocations until one fails; -1: never */
extern unsigned long model_allocs;
extern unsigned int model_misplace;	/* offset added to the next allocation */
extern unsigned int model_dma_fault;	/* 1: mapping error, 2: translated address */
extern void (*model_before_swap)(u64 *slot);
extern unsigned long model_add_pages;
extern unsigned long model_walks;	/* calls of flush_walk */

/* bench.c: one table under test */
bool bench_open(const struct setup *setup);
void bench_close(void);
void gather_open(struct iommu_iotlb_gather *gather, bool queued);
void gather_sync(struct iommu_iotlb_gather *gather);
u64 bench_map(u64 iova, u64 addr, u64 pgsize, u64 count, int prot, int *err);
u64 bench_unmap(u64 iova, u64 pgsize, u64 count, enum gather_mode mode);
void bench_verify(void);
bool bench_mapped(u64 iova);
bool bench_fully_mapped(u64 iova, u64 size);
void bench_forget(u64 iova, u64 size);
void fail(const char *fmt, ...) __printf(1, 2);
struct io_pgtable_cfg bench_cfg_template(const struct setup *setup, struct device *dev);

#define expect(cond) do {						\
	if (!(cond))							\
		fail("%s:%d: %s", __FILE__, __LINE__, #cond);		\
} while (0)

u64 rnd(void);
u64 rnd_below(u64 n);
extern u64 rnd_state;

/* tests */
void run(const char *name, void (*test)(void));
void tests_config(void);
void tests_calls(void);
void tests_dirty(void);
void tests_sequences(void);
void tests_lpa2(void);
void tests_threads(void);
void tests_races(void);

#endif /* HARNESS_H */
