/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Masters that share the memory of a test program, and a table of cases that each
 * of them goes through: a platform device whose transactions stall, and a PCI
 * function that asks for its pages.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SVA_H
#define SVA_H

#include "sim_check.h"

/**
 * struct sva - a master that is bound to this process
 * @instance: its instance
 * @name: of the master, and what it is called in results
 * @pri: it asks for its pages, else its transactions stall
 * @fd: its file
 * @pasid: PASID of the process
 * @how: for accesses with it
 */
struct sva {
	const char *instance;
	const char *name;
	bool pri;
	int fd;
	uint32_t pasid;
	struct sim_how how;
};

/**
 * struct sva_case - something that must work with each kind of master
 * @what: what a result says; it names invariants
 * @run: whether it did
 * @lacks: why this machine cannot tell, or NULL: it can; may be NULL
 */
struct sva_case {
	const char *what;
	bool (*run)(struct sva *m);
	const char *(*lacks)(void);
};

extern size_t page;

/* Instances and bonds */
int sva_describe(const char *instance, bool stale);
int sva_instance(const char *instance, bool stale);
int sva_open(struct sva *m, const char *instance, const char *name);
void sva_close(struct sva *m);
bool sva_pasids(const char *instance, const char *master, unsigned int num);
void sva_run(const char *instance, const struct sva_case *cases, unsigned int num);

/* Accesses; addresses are those of the process */
bool sva_put(struct sva *m, void *to, const void *from, size_t len);
bool sva_get(struct sva *m, void *to, const void *from, size_t len);
bool sva_moves(struct sva *m, void *at, size_t len, unsigned int seed);
bool sva_denied(struct sva *m, void *at, bool write, uint32_t event);
bool sva_gone(struct sva *m, void *at);

/* Memory */
void *sva_memory(size_t len);
void *sva_aligned(size_t len, size_t alignment);
size_t sva_huge(void);
long sva_smaps(const void *at, const char *field);
int sva_file(size_t len, unsigned int seed);

#endif /* SVA_H */
