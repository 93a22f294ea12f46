/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same traffic through QEMU's SMMU and through the simulated one.
 *
 * Words:
 *	side		an SMMU with its master: edu behind QEMU's, or a simulated one
 *	part		what an access does within 4 KiB; it succeeds or fails as a whole
 *	verdict		what became of a part: data moved, or which event
 *	memory		what maps lead to, so that DMA may be made there
 *	mailbox		the last page of memory; in each domain, for what edu's buffer holds
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef DIFF_H
#define DIFF_H

#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/prandom.h>

#include "edu.h"

#define DIFF_ORDER	10
#define DIFF_MEMORY	(PAGE_SIZE << DIFF_ORDER)
#define DIFF_MAILBOX	(DIFF_MEMORY - EDU_BUFFER_SIZE)
#define DIFF_PART	4096
#define DIFF_PARTS	2
#define DIFF_EXTENTS	128
#define DIFF_LATE	8

/* Where the streams of both sides go. */
enum diff_where { AT_FIRST, AT_SECOND, AT_BLOCKED, AT_IDENTITY };

#define DIFF_DOMAINS	2

/**
 * struct diff_access - DMA of a master, at the start of its buffer
 * @addr: first address on the bus
 * @len: 1 to 4096 bytes
 * @write: to memory, else from there
 */
struct diff_access {
	u64 addr;
	u32 len;
	bool write;
};

/**
 * struct diff_verdict - what became of a part
 * @addr: where it begins
 * @len: bytes
 * @moved: data were moved, as far as its SMMU says (the simulator, the reference)
 * @pa: where to, if @moved
 * @event: number of the event, 0: none
 * @record: the event, as it stands in the queue
 */
struct diff_verdict {
	u64 addr;
	u32 len;
	bool moved;
	u64 pa;
	u8 event;
	u64 record[4];
};

/* diff_ref.c: what should happen, from the calls that were made */

struct diff_extent {
	u64 iova;
	u64 phys;
	u64 size;
	int prot;
};

/* The first extent is the mailbox. */
struct diff_ref {
	struct diff_extent extents[DIFF_EXTENTS];
	unsigned int count;
};

const struct diff_extent *diff_ref_find(const struct diff_ref *ref, u64 iova);
bool diff_ref_free(const struct diff_ref *ref, u64 iova, u64 size);
void diff_ref_add(struct diff_ref *ref, u64 iova, u64 phys, u64 size, int prot);
void diff_ref_remove(struct diff_ref *ref, u64 iova, u64 size);
unsigned int diff_parts(const struct diff_access *a, struct diff_verdict *v);

/* diff_sides.c: two SMMUs with a master each */

struct sim_instance;

/**
 * struct diff_side - an SMMU with its master
 * @name: for what is printed
 * @dev: the master
 * @group: its group
 * @domains: paging domains
 * @sid: stream
 * @regs: of the SMMU; edu only
 * @edu: edu's registers; edu only
 * @sim: simulator only
 * @buffer: of the master; simulator only
 * @records: events of the last access
 */
struct diff_side {
	const char *name;
	struct device *dev;
	struct iommu_group *group;
	struct iommu_domain *domains[DIFF_DOMAINS];
	u32 sid;
	void __iomem *regs;
	void __iomem *edu;
	struct sim_instance *sim;
	u8 *buffer;
	u64 records;
};

int diff_edu_open(struct diff_side *side, struct pci_dev *pdev, void __iomem *edu);
void diff_edu_close(struct diff_side *side);
int diff_sim_open(struct diff_side *side, const struct diff_side *edu);
void diff_sim_close(struct diff_side *side);
int diff_move(struct diff_side *side, enum diff_where where);
int diff_edu_access(struct diff_side *side, const struct diff_access *a,
		    struct diff_verdict *v, unsigned int parts);
int diff_sim_access(struct diff_side *side, const struct diff_access *a, struct diff_verdict *v,
		    unsigned int parts, phys_addr_t memory);
bool diff_stage2(const struct diff_side *edu);
u64 diff_sim_violations(const struct diff_side *side);
u64 diff_sim_lost(const struct diff_side *side);

#endif /* DIFF_H */
