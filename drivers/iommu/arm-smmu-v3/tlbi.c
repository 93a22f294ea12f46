// SPDX-License-Identifier: GPL-2.0-only
/*
 * What to invalidate for a change of a page table, and where.
 *
 * Order: all TLBs first, each instance's CMD_SYNC waited for, then all ATCs:
 * an ATC could be filled again from a TLB entry that is still there (I-46). Stage 2
 * goes before a guest's stage 1 in front of it for the same reason.
 * Instances work in parallel; each gets one CMD_SYNC for all it has to do. TLBs that
 * share an ASID with the CPUs have heard of what changed in a process's table.
 *
 *	unmap				attach
 *	  clear descriptors		  publish the new set
 *	  smp_mb()			  smp_mb()
 *	  read the set			  store the STE
 *
 * Either the unmap sees the new place, or hardware reads descriptors there
 * only after they were cleared (I-50). A place that has its TLB with another, as a
 * second endpoint or a guest has, could be filled from that until it is told: so the
 * set is read again then.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/log2.h>
#include <linux/mm.h>

#include "../iommu-pages.h"
#include "../iommu-seam.h"
#include "cmd.h"
#include "smmu.h"

/*
 * Without range commands one is needed for each leaf. Past this many it is
 * cheaper for everybody to drop all of an address space, as arm64 does for
 * CPUs.
 */
#define TLBI_PAGES_MAX		512

#define FLUSH_TICKETS		4

/**
 * struct flush - commands on their way to the instances
 * @smmu: the instance that @cmds are for
 * @num: commands collected
 * @waiting: tickets to wait for
 * @err: first error
 * @tickets: what was issued
 * @cmds: what was not issued yet
 */
struct flush {
	struct smmu_device *smmu;
	unsigned int num;
	unsigned int waiting;
	int err;
	struct smmu_ticket tickets[FLUSH_TICKETS];
	struct smmu_cmd cmds[SMMU_BATCH];
};

/* The arrays are only read where they were written. */
static void flush_init(struct flush *f)
{
	f->num = 0;
	f->waiting = 0;
	f->err = 0;
}

static void flush_wait(struct flush *f)
{
	unsigned int i;
	int ret;

	for (i = 0; i < f->waiting; i++) {
		ret = smmu_cmdq_wait(&f->tickets[i]);
		f->err = f->err ?: ret;
	}
	f->waiting = 0;
}

static void flush_issue(struct flush *f)
{
	int ret;

	if (!f->num)
		return;
	if (f->waiting == FLUSH_TICKETS)
		flush_wait(f);
	ret = smmu_cmdq_issue(&f->smmu->cmdq, f->cmds, f->num, &f->tickets[f->waiting]);
	if (!ret)
		f->waiting++;
	f->err = f->err ?: ret;
	f->num = 0;
}

static void flush_add(struct flush *f, struct smmu_device *smmu, struct smmu_cmd cmd)
{
	if (f->num && (f->num == SMMU_BATCH || f->smmu != smmu))
		flush_issue(f);
	f->smmu = smmu;
	f->cmds[f->num++] = cmd;
}

static int flush_finish(struct flush *f)
{
	/* Nearly always it is one submission to one instance. */
	if (!f->waiting && !f->err)
		return f->num ? smmu_cmdq_run(&f->smmu->cmdq, f->cmds, f->num) : 0;
	flush_issue(f);
	flush_wait(f);
	return f->err;
}

/**
 * smmu_tlbi_all() - the command that drops all entries of one tag
 * @f: features of the instance
 * @kind: SMMU_INVAL_S1 or SMMU_INVAL_S2
 * @tag: ASID or VMID
 *
 * Return: the command.
 */
struct smmu_cmd smmu_tlbi_all(const struct smmu_features *f, enum smmu_inval_kind kind, u16 tag)
{
	if (kind == SMMU_INVAL_S2)
		return cmd_tlbi(OP_TLBI_S12_VMALL, tag, 0);
	return cmd_tlbi(f->e2h ? OP_TLBI_EL2_ASID : OP_TLBI_NH_ASID, 0, tag);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_tlbi_all);

/**
 * struct inval_range - what is left of a range to put into commands
 * @iova: first byte
 * @size: bytes
 * @leaf_size: bytes that each leaf maps; 0 drops cached tables as well
 * @tg: log2 of the granule
 */
struct inval_range {
	u64 iova;
	u64 size;
	u64 leaf_size;
	u8 tg;
};

/* 4.4.1.1: TTL is the level of the leaf, 0 where it is not known. */
static __always_inline u8 inval_ttl(const struct inval_range *r)
{
	int level;

	if (!r->leaf_size)
		return 0;
	if (r->leaf_size == BIT_ULL(r->tg))
		return 3;
	level = 3 - (ilog2(r->leaf_size) - r->tg) / (r->tg - 3);
	return max(level, 0);
}

/* The next command for one place, and @r without what it covers. */
static __always_inline struct smmu_cmd inval_next(const struct smmu_inval *at,
						  struct inval_range *r)
{
	const struct smmu_features *feat = &at->smmu->feat;
	bool s1 = at->kind == SMMU_INVAL_S1;
	u8 op = !s1 ? OP_TLBI_S2_IPA : feat->e2h ? OP_TLBI_EL2_VA : OP_TLBI_NH_VA;
	u16 asid = s1 ? at->tag : 0, vmid = s1 ? 0 : at->tag;
	u64 iova = r->iova, covered = min(r->leaf_size ?: BIT_ULL(r->tg), r->size);
	struct tlbi_range range;

	if (feat->range_tlbi) {
		range = tlbi_range_next(r->size >> r->tg, r->tg, inval_ttl(r));
		covered = min((u64)range.num << range.scale << r->tg, r->size);
	}
	r->iova += covered;
	r->size -= covered;
	return feat->range_tlbi ? cmd_tlbi_range(op, vmid, asid, iova, r->leaf_size, range) :
				  cmd_tlbi_addr(op, vmid, asid, iova, r->leaf_size);
}

static bool inval_is_large(const struct smmu_inval *at, const struct inval_range *r)
{
	u64 step = r->leaf_size ?: BIT_ULL(r->tg);

	return !at->smmu->feat.range_tlbi && r->size > step * TLBI_PAGES_MAX;
}

/* Drop a range in several places, or by several commands. */
static noinline int inval_tlbs(const struct smmu_inval_set *set, const struct inval_range *r)
{
	struct flush f __uninitialized;
	unsigned int i;

	flush_init(&f);
	for (i = 0; i < set->num_told; i++) {
		const struct smmu_inval *at = &set->at[i];
		struct inval_range rest = *r;

		if (inval_is_large(at, r)) {
			flush_add(&f, at->smmu, smmu_tlbi_all(&at->smmu->feat, at->kind, at->tag));
			continue;
		}
		while (rest.size)
			flush_add(&f, at->smmu, inval_next(at, &rest));
	}
	return flush_finish(&f);
}

/*
 * A guest's stage 1 in front of the domain is cached together with it, under addresses
 * that are not known here: all of it goes, after what stage 2 has of the range.
 */
static noinline int inval_nested(const struct smmu_inval_set *set)
{
	struct flush f __uninitialized;
	unsigned int i;

	flush_init(&f);
	for (i = 0; i < set->num_told; i++)
		if (set->at[i].nested)
			flush_add(&f, set->at[i].smmu,
				  cmd_tlbi(OP_TLBI_NH_ALL, set->at[i].tag, 0));
	return flush_finish(&f);
}

static struct smmu_cmd inval_atc(const struct smmu_inval *at, u64 start, u8 size)
{
	if (at->nest)
		return cmd_atc_inv_all(at->sid, at->pasids);
	return cmd_atc_inv(at->sid, at->ssid, at->ssid != IOMMU_NO_PASID, start, size);
}

/*
 * After a time-out nobody knows whose ATC it was, and the caller frees the
 * pages next. Ask one by one, and shut out who does not answer (I-48).
 */
static void atcs_one_by_one(const struct smmu_inval *at, unsigned int num, u64 start, u8 size)
{
	unsigned int i;

	for (i = 0; i < num; i++) {
		struct smmu_cmd cmd = inval_atc(&at[i], start, size);

		if (READ_ONCE(at[i].master->blocked))
			continue;
		if (smmu_cmdq_run(&at[i].smmu->cmdq, &cmd, 1))
			smmu_master_block(at[i].master, "did not answer an ATC invalidation");
	}
}

/* A master that is blocked uses nothing of its ATC, and has it emptied before it does again. */
static noinline void inval_atcs(const struct smmu_inval_set *set, u64 first, u64 last)
{
	const struct smmu_inval *at = set->at + set->num - set->num_atc;
	unsigned int i;
	u64 start;
	u8 size = atc_inv_span(first, last, &start);
	struct flush f __uninitialized;

	flush_init(&f);
	for (i = 0; i < set->num_atc; i++) {
		if (READ_ONCE(at[i].master->blocked))
			continue;
		flush_add(&f, at[i].smmu, inval_atc(&at[i], start, size));
	}
	if (flush_finish(&f))
		atcs_one_by_one(at, set->num_atc, start, size);
}

/*
 * Drop all of the domain from the first @num TLBs. Called for a change that is that
 * large, and when narrower commands failed: one that an instance takes for illegal
 * must not leave freed pages within reach. Nothing more can be done when these
 * fail too; the queue has logged it.
 */
static noinline void inval_tlbs_whole(const struct smmu_inval_set *set, unsigned int num)
{
	struct flush f __uninitialized;
	unsigned int i;

	flush_init(&f);
	for (i = 0; i < num; i++) {
		const struct smmu_inval *at = &set->at[i];

		flush_add(&f, at->smmu, smmu_tlbi_all(&at->smmu->feat, at->kind, at->tag));
	}
	flush_finish(&f);
}

/* What nearly every unmap of one device needs is one command. */
static __always_inline int inval_tlbs_of_range(const struct smmu_inval_set *set,
					       const struct inval_range *r)
{
	const struct smmu_inval *at = &set->at[0];
	struct inval_range rest = *r;
	struct smmu_cmd cmd __uninitialized;

	if (set->num_told == 1) {
		cmd = inval_next(at, &rest);
		if (likely(!rest.size))
			return smmu_cmdq_run(&at->smmu->cmdq, &cmd, 1);
	}
	return inval_tlbs(set, r);
}

/*
 * Who joined while TLBs were told may have been served by what was still in them, so
 * guests and ATCs are those of now. Who joins later finds nothing there any more.
 */
static __always_inline const struct smmu_inval_set *set_by_now(struct smmu_domain *d)
{
	dma_rmb(); /* after the read that saw the CMD_SYNC complete */
	return rcu_dereference(d->invals);
}

/**
 * smmu_inval_range() - drop what may be cached of a range of a domain
 * @d: the domain
 * @iova: first byte, aligned to the granule, or to @leaf_size if that is given
 * @size: bytes, a multiple of the same; 0 does nothing
 * @leaf_size: bytes that each leaf of the range maps, when only leaves changed;
 *	0 when tables may have gone as well
 *
 * Context: any. On return no access through old translations is under way.
 */
void smmu_inval_range(struct smmu_domain *d, unsigned long iova, size_t size, size_t leaf_size)
{
	const struct inval_range r = {
		.iova = iova,
		.size = size,
		.leaf_size = leaf_size,
		.tg = __ffs(d->domain.pgsize_bitmap),
	};
	const struct smmu_inval_set *set;

	if (!size)
		return;

	smp_mb(); /* see the top of this file */
	guard(rcu)();
	set = rcu_dereference(d->invals);
	if (!set)
		return;

	if (inval_tlbs_of_range(set, &r))
		inval_tlbs_whole(set, set->num_told);
	set = set_by_now(d);
	if (set && set->nested) {
		if (inval_nested(set))
			inval_tlbs_whole(set, set->num_told);
		set = set_by_now(d);
	}
	if (set && set->num_atc)
		inval_atcs(set, iova, iova + (size - 1));
}
EXPORT_SYMBOL_IF_KUNIT(smmu_inval_range);

static void inval_all(struct smmu_domain *d, bool told)
{
	const struct smmu_inval_set *set;

	smp_mb(); /* see the top of this file */
	guard(rcu)();
	set = rcu_dereference(d->invals);
	if (!set)
		return;

	inval_tlbs_whole(set, told ? set->num_told : set->num - set->num_atc);
	set = set_by_now(d);
	if (set && set->num_atc)
		inval_atcs(set, 0, U64_MAX);
}

/* As smmu_inval_domain(), after CPUs have done it where they can. */
void smmu_inval_told(struct smmu_domain *d)
{
	inval_all(d, true);
}

/**
 * smmu_inval_domain() - drop all that may be cached of a domain
 * @d: the domain
 *
 * Context: any. On return no access through old translations is under way.
 */
void smmu_inval_domain(struct smmu_domain *d)
{
	inval_all(d, false);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_inval_domain);

/* Out of line: few gathers have any, and the others need not save registers for it. */
static noinline void put_tables(struct list_head *tables)
{
	struct page *page;

	if (iommu_seam_active())
		list_for_each_entry(page, tables, lru)
			iommu_seam_freed(page_address(page), PAGE_SIZE);
	iommu_put_pages_list(tables);
}

/**
 * smmu_iotlb_sync() - finish what a gather collected
 * @domain: the domain
 * @gather: the range, and the tables that left the page table with it
 *
 * A gather of dirty pages has no page size: entries of any level may be in it,
 * and its ends need not be a granule's. Where tables left, walk caches may hold
 * them too, and their pages are free once none does.
 *
 * Context: any. The list of tables is empty on return.
 */
void smmu_iotlb_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather)
{
	unsigned long unit = gather->pgsize ?: 1ul << __ffs(domain->pgsize_bitmap);
	unsigned long start = gather->start & ~(unit - 1);
	unsigned long end = gather->end | (unit - 1);
	bool tables = !list_empty(&gather->freelist);

	if (gather->start <= gather->end)
		smmu_inval_range(to_smmu_domain(domain), start, end - start + 1,
				 tables ? 0 : gather->pgsize);
	if (tables)
		put_tables(&gather->freelist);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_iotlb_sync);

static void flush_all(void *cookie)
{
	smmu_inval_domain(cookie);
}

static void flush_walk(unsigned long iova, size_t size, size_t granule, void *cookie)
{
	smmu_inval_range(cookie, iova, size, 0);
}

static void add_page(struct iommu_iotlb_gather *gather, unsigned long iova, size_t granule,
		     void *cookie)
{
	struct smmu_domain *d = cookie;

	iommu_iotlb_gather_add_page(&d->domain, gather, iova, granule);
}

const struct iommu_flush_ops smmu_flush_ops = {
	.tlb_flush_all	= flush_all,
	.tlb_flush_walk	= flush_walk,
	.tlb_add_page	= add_page,
};
