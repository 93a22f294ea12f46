// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arm long-descriptor tables in words, a line for each range, while others map and unmap.
 *
 * Tables that others take out of the tree meanwhile are kept until nobody looks on any more:
 *
 *	CPU A: takes a table out	CPU B: looks on
 *	  entry = 0			  viewers++
 *	  smp_mb()			  smp_mb()
 *	  viewers? keep the table	  entry? read the table
 *
 * One of them sees the other's store. Whose invalidation is queued has not forgotten what was
 * kept when the viewer leaves: that is made good before it is freed.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/string_helpers.h>

#include "io-pgtable-arm-tables.h"

/**
 * struct lpae_view - adjacent leaves that differ only in where they lead
 * @t: the tables
 * @s: where they are written to
 * @first: the first address that is wanted
 * @last: the last one
 * @iova: where the leaves begin
 * @addr: where they lead
 * @size: bytes so far; 0 if there are none
 * @shift: of one of them
 * @attrs: what they have beside the address
 */
struct lpae_view {
	struct lpae_tables *t;
	struct seq_file *s;
	u64 first;
	u64 last;
	u64 iova;
	u64 addr;
	u64 size;
	unsigned int shift;
	u64 attrs;
};

static void lpae_keep_below(struct lpae_tables *t, u64 *table, unsigned int shift)
{
	unsigned int i, count = shift == t->geo.page_shift ? 0 : lpae_entries(t->geo);

	for (i = 0; i < count; i++) {
		u64 desc = lpae_load(table + i);

		if (lpae_is_table(desc, shift, t->geo))
			lpae_keep_below(t, lpae_next_table(desc, t->geo),
					shift - lpae_stride(t->geo));
	}
	list_add_tail(&virt_to_page(table)->lru, &t->kept);
}

/* Return: true if somebody looks on, and @table and all below it stay until nobody does */
bool lpae_keep_tables(struct lpae_tables *t, u64 *table, unsigned int shift)
{
	unsigned long flags;
	bool keep;

	smp_mb(); /* that of CPU A above */
	if (likely(!READ_ONCE(t->viewers)))
		return false;
	spin_lock_irqsave(&t->view_lock, flags);
	keep = t->viewers;
	if (keep)
		lpae_keep_below(t, table, shift);
	spin_unlock_irqrestore(&t->view_lock, flags);
	return keep;
}

VISIBLE_IF_KUNIT void lpae_view_begin(struct lpae_tables *t)
{
	scoped_guard(spinlock_irqsave, &t->view_lock)
		WRITE_ONCE(t->viewers, t->viewers + 1);
	smp_mb(); /* that of CPU B above */
}
EXPORT_SYMBOL_IF_KUNIT(lpae_view_begin);

VISIBLE_IF_KUNIT void lpae_view_end(struct lpae_tables *t)
{
	struct page *page, *next;
	LIST_HEAD(kept);

	scoped_guard(spinlock_irqsave, &t->view_lock) {
		WRITE_ONCE(t->viewers, t->viewers - 1);
		if (!t->viewers)
			list_splice_init(&t->kept, &kept);
	}
	if (list_empty(&kept))
		return;
	io_pgtable_tlb_flush_all(&t->iop);
	list_for_each_entry_safe(page, next, &kept, lru)
		lpae_free_table(t, page_address(page));
}
EXPORT_SYMBOL_IF_KUNIT(lpae_view_end);

static const char *lpae_type_name(const struct lpae_view *v)
{
	static const char * const s1[] = {
		[LPAE_MAIR_IDX_NC] = "uncached", [LPAE_MAIR_IDX_CACHE] = "cached",
		[LPAE_MAIR_IDX_DEVICE] = "device", [LPAE_MAIR_IDX_OUTER_CACHE] = "outer cached",
	};
	unsigned int index = v->attrs >> 2 & 7;

	if (!v->t->stage2)
		return index < ARRAY_SIZE(s1) ? s1[index] : "unknown memory";
	switch (v->attrs >> 2 & 0xf) {
	case LPAE_S2_DEVICE_NGNRE:
		return "device";
	case LPAE_S2_NORMAL_NC:
		return "uncached";
	case LPAE_S2_NORMAL_WB:
	case LPAE_S2_FORCE_NORMAL_WB:
		return "cached";
	default:
		return "unknown memory";
	}
}

/* D8.4.3, D8.4.4: a stage 1 leaf whose write is tracked is read-only until it is dirty */
static void lpae_view_access(const struct lpae_view *v)
{
	u64 a = v->attrs;
	const char *x = a & LPAE_LEAF_XN ? "" : "x";

	if (v->t->stage2) {
		seq_printf(v->s, " %c%c%s", a & LPAE_LEAF_S2_READ ? 'r' : '-',
			   a & LPAE_LEAF_S2_WRITE ? 'w' : '-', x);
		return;
	}
	seq_printf(v->s, " r%c%s", a & LPAE_LEAF_AP_RO ? '-' : 'w', x);
	if (a & LPAE_LEAF_DBM)
		seq_puts(v->s, a & LPAE_LEAF_AP_RO ? " clean" : " dirty");
	if (!(a & LPAE_LEAF_AP_EL0))
		seq_puts(v->s, " privileged");
}

/* What is gathered, in one line; and nothing is gathered any more */
static void lpae_view_flush(struct lpae_view *v)
{
	char entry[16];

	if (!v->size)
		return;
	string_get_size(1, BIT_ULL(v->shift), STRING_UNITS_2, entry, sizeof(entry));
	seq_printf(v->s, "  %#014llx-%#014llx %#014llx %8s", v->iova, v->iova + (v->size - 1),
		   v->addr, entry);
	lpae_view_access(v);
	seq_printf(v->s, " %s%s%s\n", lpae_type_name(v),
		   v->attrs & LPAE_LEAF_CONT ? " contiguous" : "",
		   v->attrs & LPAE_LEAF_AF ? "" : " not accessed");
	v->size = 0;
}

static void lpae_view_leaf(struct lpae_view *v, u64 iova, u64 desc, unsigned int shift)
{
	u64 addr = lpae_addr(desc, v->t->geo), attrs = lpae_attrs(desc, v->t->geo);

	attrs |= desc & LPAE_LEAF_CONT;
	if (v->size && iova == v->iova + v->size && addr == v->addr + v->size &&
	    shift == v->shift && attrs == v->attrs) {
		v->size += BIT_ULL(shift);
		return;
	}
	lpae_view_flush(v);
	v->iova = iova;
	v->addr = addr;
	v->size = BIT_ULL(shift);
	v->shift = shift;
	v->attrs = attrs;
}

/* Entries of @table, which translates from @base on */
static void lpae_view_table(struct lpae_view *v, const u64 *table, u32 count, unsigned int shift,
			    u64 base)
{
	u64 span = BIT_ULL(shift);
	u32 i = v->first > base ? min_t(u64, (v->first - base) >> shift, count) : 0;

	for (; i < count && base + i * span <= v->last && !seq_has_overflowed(v->s); i++) {
		u64 iova = base + i * span, desc = lpae_load(table + i);

		if (lpae_is_leaf(desc, shift, v->t->geo))
			lpae_view_leaf(v, iova, desc, shift);
		else if (lpae_is_table(desc, shift, v->t->geo))
			lpae_view_table(v, lpae_next_table(desc, v->t->geo),
					lpae_entries(v->t->geo), shift - lpae_stride(v->t->geo),
					iova);
	}
	cond_resched();
}

/**
 * lpae_show_leaves() - write what is mapped in words
 * @ops: the tables
 * @s: gets a line for each range of leaves that are alike: input addresses, where they
 *     lead, the size of a leaf, what it permits
 * @first: the first input address that is wanted
 * @last: the last one
 *
 * What is mapped or unmapped meanwhile is shown or not.
 *
 * Context: may sleep. The tables are not freed meanwhile; anything else may go on.
 */
void lpae_show_leaves(struct io_pgtable_ops *ops, struct seq_file *s, u64 first, u64 last)
{
	struct lpae_tables *t = container_of(ops, struct lpae_tables, iop.ops);
	struct lpae_view v = { .t = t, .s = s, .first = first, .last = last };

	/* Other allocators' pages have no list, and other formats other attributes. */
	if (t->iop.cfg.alloc || t->geo.mali) {
		seq_puts(s, "  cannot be shown\n");
		return;
	}
	lpae_view_begin(t);
	lpae_view_table(&v, t->root, t->root_entries, t->root_shift, t->first);
	lpae_view_flush(&v);
	lpae_view_end(t);
}
