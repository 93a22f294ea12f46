// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O page tables in Arm's long-descriptor format: walk, map, unmap and dirty
 * tracking.
 *
 * Words: a *slot* is where a descriptor lies; a *run* is a number of adjacent
 * leaf entries of one table that are handled together; *want* is the shift of
 * the level at which a call means to map or unmap; a *cursor* is a slot that a
 * walk has reached. Shifts name levels, see io-pgtable-arm.h.
 *
 * One walker is compiled once for each granule, with constants for shifts and
 * masks, and chosen when the tables are allocated. What is rare (making,
 * dropping and splitting tables) is out of line and shared.
 *
 * Concurrency. Calls for disjoint ranges run in parallel without a lock; calls
 * for overlapping ranges are the caller's mistake. Therefore:
 *
 *  - a leaf entry has one writer, besides hardware that sets dirty bits;
 *  - a table is installed over an empty entry by compare-and-exchange, and
 *    whoever comes second uses the first one's table and frees his own;
 *  - a table is removed only by a call whose range spans all of it, so nobody
 *    else can be inside;
 *  - a block can be split by two calls at once, for each may unmap its part.
 *    The splitter holds split_lock while the entry is LPAE_SW_SPLITTING, and
 *    whoever meets that value takes the lock to wait for him. The lock is not
 *    taken on any other path;
 *  - a run with the contiguous hint that a call means to clear in part is taken
 *    apart in the same way first. Without the hint its entries are as any other,
 *    and they get it only over empty ones: it does not come back meanwhile.
 *
 * Non-coherent walkers. An entry counts as written when it was cleaned to
 * memory. A leaf is cleaned by its writer before the call returns. A table
 * entry may be used by a second caller before its installer cleaned it, so the
 * installer sets LPAE_SW_CLEANED afterwards, and who does not find it there
 * cleans the entry himself.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */

#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/container_of.h>
#include <linux/io-pgtable.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/overflow.h>

#include <asm/barrier.h>

#include "io-pgtable-arm-tables.h"
#include "io-pgtable.h"

static inline struct lpae_tables *lpae_tables_of(struct io_pgtable_ops *ops)
{
	return container_of(ops, struct lpae_tables, iop.ops);
}

/* Walking */

static __always_inline void lpae_start(struct lpae_cursor *at, const struct lpae_tables *t,
				       u64 iova)
{
	at->slot = t->root + ((iova - t->first) >> t->root_shift);
	at->shift = t->root_shift;
}

static __always_inline void lpae_descend(struct lpae_cursor *at, u64 desc, u64 iova,
					 const struct lpae_geo geo)
{
	at->shift -= lpae_stride(geo);
	at->slot = lpae_next_table(desc, geo) + ((iova >> at->shift) & (lpae_entries(geo) - 1));
}

/* Entries from the one that translates @iova to the end of its table */
static __always_inline u32 lpae_room(const struct lpae_tables *t, const struct lpae_cursor *at,
				     u64 iova, const struct lpae_geo geo)
{
	u32 entries = at->shift == t->root_shift ? t->root_entries : lpae_entries(geo);

	return entries - ((iova >> at->shift) & (entries - 1));
}

/* One level down from @shift, a constant here. Return: false where the walk ends */
static __always_inline bool lpae_step(struct lpae_cursor *at, u64 *desc, u64 iova,
				      unsigned int want, const unsigned int shift,
				      const struct lpae_geo geo)
{
	if (at->shift != shift)
		return true;
	if (want == shift || (*desc & LPAE_DESC_TYPE) != LPAE_TYPE_TABLE)
		return false;
	at->shift = shift;
	lpae_descend(at, *desc, iova, geo);
	*desc = lpae_load(at->slot);
	return true;
}

/*
 * Return: what is at the level @want, or in the way there. Level by level and
 * not in a loop: with a constant shift one of them is a bit field, a load and a
 * test.
 */
static __always_inline u64 lpae_walk_down(const struct lpae_tables *t, struct lpae_cursor *at,
					  u64 iova, unsigned int want, const struct lpae_geo geo)
{
	const unsigned int lowest = geo.page_shift + lpae_stride(geo);
	u64 desc;

	lpae_start(at, t, iova);
	desc = lpae_load(at->slot);
	/* Level -1 */
	if (geo.lpa2 && geo.page_shift == 12 &&
	    !lpae_step(at, &desc, iova, want, lowest + 3 * lpae_stride(geo), geo))
		return desc;
	if (lpae_step(at, &desc, iova, want, lowest + 2 * lpae_stride(geo), geo) &&
	    lpae_step(at, &desc, iova, want, lowest + lpae_stride(geo), geo))
		lpae_step(at, &desc, iova, want, lowest, geo);
	return desc;
}

/*
 * Down to a leaf, an empty entry, or the level @want. Return: what is there.
 * Above @want no entry is a page, so the type alone tells tables.
 */
static __always_inline u64 lpae_walk(struct lpae_tables *t, struct lpae_cursor *at, u64 iova,
				     unsigned int want, const struct lpae_geo geo)
{
	u64 desc;

	lpae_start(at, t, iova);
	for (;;) {
		desc = lpae_load(at->slot);
		if (at->shift != want && (desc & LPAE_DESC_TYPE) == LPAE_TYPE_TABLE) {
			lpae_descend(at, desc, iova, geo);
			continue;
		}
		if (likely(desc != LPAE_SW_SPLITTING))
			return desc;
		lpae_wait_for_split(t);
	}
}

/*
 * Runs. Eight entries at a time, in pairs: the loop control is spread thin, and
 * what remains is one addition and half a store for an entry. Out of line, so
 * that a call for a single page has all registers for its walk.
 */

#define LPAE_UNROLL	8

noinline void lpae_store_run(u64 *slot, u64 desc, u64 step, u32 count)
{
	u64 *end = slot + count, *stop = slot + round_down(count, LPAE_UNROLL);
	u64 next = desc + step, two = 2 * step;

	/* One by one, where somebody looks on. */
	if (iommu_seam_active())
		stop = slot;
	for (; slot != stop; slot += LPAE_UNROLL) {
		lpae_store_pair(slot, 0, desc, next);
		desc += two;
		next += two;
		lpae_store_pair(slot, 2, desc, next);
		desc += two;
		next += two;
		lpae_store_pair(slot, 4, desc, next);
		desc += two;
		next += two;
		lpae_store_pair(slot, 6, desc, next);
		desc += two;
		next += two;
	}
	for (; slot != end; desc += step)
		lpae_store(slot++, desc);
}

noinline void lpae_clear_run(u64 *slot, u32 count)
{
	u64 *end = slot + count, *stop = slot + round_down(count, LPAE_UNROLL);

	if (iommu_seam_active())
		stop = slot;
	for (; slot != stop; slot += LPAE_UNROLL) {
		lpae_store_pair(slot, 0, 0, 0);
		lpae_store_pair(slot, 2, 0, 0);
		lpae_store_pair(slot, 4, 0, 0);
		lpae_store_pair(slot, 6, 0, 0);
	}
	while (slot != end)
		lpae_store(slot++, 0);
}

struct lpae_eight {
	u64 e[LPAE_UNROLL];
};

static __always_inline struct lpae_eight lpae_load_eight(const u64 *slot)
{
	struct lpae_eight v;

	lpae_load_pair(slot, 0, &v.e[0], &v.e[1]);
	lpae_load_pair(slot, 2, &v.e[2], &v.e[3]);
	lpae_load_pair(slot, 4, &v.e[4], &v.e[5]);
	lpae_load_pair(slot, 6, &v.e[6], &v.e[7]);
	return v;
}

/* Number of leading entries that are empty */
noinline u32 lpae_empty_run(const u64 *slot, u32 count)
{
	const u64 *at = slot, *end = slot + count;
	const u64 *stop = slot + round_down(count, LPAE_UNROLL);

	for (; at != stop; at += LPAE_UNROLL) {
		struct lpae_eight v = lpae_load_eight(at);

		if ((v.e[0] | v.e[1]) | (v.e[2] | v.e[3]) | (v.e[4] | v.e[5]) | (v.e[6] | v.e[7]))
			break;
	}
	while (at != end && !lpae_load(at))
		at++;
	return at - slot;
}

/* Number of leading entries that are leaves of type @type */
static noinline u32 lpae_leaf_run(const u64 *slot, u32 count, u64 type)
{
	const u64 *at = slot, *end = slot + count;
	const u64 *stop = slot + round_down(count, LPAE_UNROLL);
	/* To pages an AND does justice; blocks have a 0, which an OR finds too */
	u64 zeroes = LPAE_DESC_TYPE & ~type;

	for (; at != stop; at += LPAE_UNROLL) {
		struct lpae_eight v = lpae_load_eight(at);
		u64 all = (v.e[0] & v.e[1]) & (v.e[2] & v.e[3]) &
			  (v.e[4] & v.e[5]) & (v.e[6] & v.e[7]);

		if ((all & type) != type)
			break;
		if (unlikely(zeroes) &&
		    ((v.e[0] | v.e[1] | v.e[2] | v.e[3] | v.e[4] | v.e[5] | v.e[6] | v.e[7]) &
		     zeroes))
			break;
	}
	while (at != end && (lpae_load(at) & LPAE_DESC_TYPE) == type)
		at++;
	return at - slot;
}

/* Whether all of [start, start + size) is within [0, last] */
static __always_inline bool lpae_within(u64 start, u64 size, u64 last)
{
	return start <= last && size - 1 <= last - start;
}

/* Shift of the entries that translate @pgsize: its own, unless that is a run's */
static __always_inline unsigned int lpae_want(const struct lpae_tables *t, size_t pgsize,
					      const struct lpae_geo geo)
{
	unsigned int shift = __ffs(pgsize);

	return likely(pgsize & t->entry_sizes) ? shift : lpae_entry_shift(shift, geo);
}

/* Map */

/*
 * The entry where a leaf should go is taken. An empty table is only a left-over
 * of earlier mappings and gives way.
 */
static noinline int lpae_make_room(struct lpae_tables *t, u64 *slot, unsigned int shift, u64 iova)
{
	u64 desc = lpae_load(slot);

	if (desc == LPAE_SW_SPLITTING) {
		lpae_wait_for_split(t);
		return 0;
	}
	if (lpae_is_table(desc, shift, t->geo) && lpae_nothing_below(t, desc, shift)) {
		lpae_drop_table(t, slot, shift, iova, NULL);
		return 0;
	}
	return io_pgtable_caller_bug(desc) ? -EEXIST : 0;
}

/*
 * Down to the level @want, making the tables that are missing. Return: 1 if the
 * entries there are in a table that this call has made, which proves them empty:
 * what others may have put there since is outside of the caller's range. 0 if
 * they can be anything, or -errno.
 */
static __always_inline int lpae_walk_making(struct lpae_tables *t, struct lpae_cursor *at,
					    u64 iova, unsigned int want, gfp_t gfp,
					    const struct lpae_geo geo)
{
	int made = 0, fresh = 0;

	if (t->iop.cfg.coherent_walk)
		lpae_walk_down(t, at, iova, want, geo);
	else
		lpae_start(at, t, iova);
	while (at->shift != want) {
		u64 desc = lpae_load(at->slot);

		if (likely((desc & LPAE_DESC_TYPE) == LPAE_TYPE_TABLE)) {
			if (!t->iop.cfg.coherent_walk && !(desc & LPAE_SW_CLEANED))
				lpae_clean(t, at->slot, 1);
			lpae_descend(at, desc, iova, geo);
			fresh = made;
			made = 0;
		} else if (!desc) {
			made = lpae_add_table(t, at->slot, gfp);
			if (made < 0)
				return made;
		} else if (desc == LPAE_SW_SPLITTING) {
			lpae_wait_for_split(t);
		} else {
			io_pgtable_caller_bug(true);
			return -EEXIST;
		}
	}
	return fresh;
}

/* Whether [@iova, @iova + @count leaves) begins and ends where a run may */
static __always_inline bool lpae_whole_runs(u64 iova, unsigned int shift, u32 count,
					    const struct lpae_geo geo)
{
	return !((iova >> shift | count) & ((1U << lpae_run_bits(shift, geo)) - 1));
}

/* Like lpae_store_leaves(), with the contiguous hint in every aligned run that there is */
static noinline void lpae_store_hinted(struct lpae_tables *t, u64 *slot, u64 iova, u64 addr,
				       u64 attrs, unsigned int shift, u32 count)
{
	u32 entries = 1U << lpae_run_bits(shift, t->geo), head, hinted;

	if ((iova ^ addr) & (((u64)entries << shift) - 1)) {
		lpae_store_leaves(slot, addr, attrs, shift, count, t->geo);
		return;
	}

	head = min(count, (u32)-(iova >> shift) & (entries - 1));
	hinted = round_down(count - head, entries);
	count -= head + hinted;
	lpae_store_leaves(slot, addr, attrs, shift, head, t->geo);
	addr += (u64)head << shift;
	lpae_store_leaves(slot + head, addr, attrs | LPAE_LEAF_CONT, shift, hinted, t->geo);
	addr += (u64)hinted << shift;
	lpae_store_leaves(slot + head + hinted, addr, attrs, shift, count, t->geo);
}

/*
 * Maps as much of one table as is free, in units of @unit entries. *@done says
 * how many bytes that was.
 */
static __always_inline int lpae_map_run(struct lpae_tables *t, u64 iova, u64 addr, u64 left,
					unsigned int want, u32 unit, u64 attrs, gfp_t gfp,
					u64 *done, const struct lpae_geo geo)
{
	const unsigned int bits = lpae_run_bits(want, geo);
	struct lpae_cursor at;
	u32 count, taken;
	bool hint;
	int ret;

	ret = lpae_walk_making(t, &at, iova, want, gfp, geo);
	if (ret < 0)
		return ret;

	count = min_t(u64, left >> want, lpae_room(t, &at, iova, geo));
	if (!ret)
		count = count == 1 ? !lpae_load(at.slot) : lpae_empty_run(at.slot, count);
	taken = count;
	count = round_down(count, unit);
	if (unlikely(!count))
		return lpae_make_room(t, at.slot + taken, want, iova + ((u64)taken << want));

	hint = t->hints && bits && count >> bits;
	if (count == 1)
		lpae_store(at.slot, attrs | lpae_leaf_type(want, geo) | lpae_addr_field(addr, geo));
	else if (hint && !lpae_whole_runs(iova | addr, want, count, geo))
		lpae_store_hinted(t, at.slot, iova, addr, attrs, want, count);
	else
		lpae_store_leaves(at.slot, addr, attrs | (hint ? LPAE_LEAF_CONT : 0), want, count,
				  geo);
	lpae_finish_run(t, at.slot, count);
	*done += (u64)count << want;
	return 0;
}

static __always_inline int lpae_map(struct io_pgtable_ops *ops, unsigned long iova,
				    phys_addr_t paddr, size_t pgsize, size_t pgcount, int prot,
				    gfp_t gfp, size_t *mapped, const struct lpae_geo geo)
{
	struct lpae_tables *t = lpae_tables_of(ops);
	struct io_pgtable_cfg *cfg = &t->iop.cfg;
	u64 attrs, addr = paddr, done = 0;
	unsigned int want;
	size_t size;
	int ret;

	if (io_pgtable_caller_bug(!is_power_of_2(pgsize) || !(pgsize & cfg->pgsize_bitmap) ||
				  !IS_ALIGNED(iova | addr, pgsize) || !pgcount ||
				  check_mul_overflow(pgsize, pgcount, &size)))
		return -EINVAL;
	if (io_pgtable_caller_bug(!lpae_within(iova - t->first, size, t->last) ||
				  !lpae_within(addr, size, t->last_addr)))
		return -ERANGE;
	if (!(prot & (IOMMU_READ | IOMMU_WRITE)))
		return -EINVAL;

	attrs = t->prot_attrs[prot & (LPAE_PROTS - 1)];
	want = lpae_want(t, pgsize, geo);
	do {
		ret = lpae_map_run(t, iova + done, addr + done, size - done, want,
				   pgsize >> want, attrs, gfp, &done, geo);
	} while (!ret && done < size);

	/* The caller may start DMA next: its doorbell must not pass our stores */
	wmb();
	*mapped += done;
	return ret;
}

/* Unmap */

/* A leaf in the wrong place: a table of the caller's span, or a mistake */
static noinline long lpae_clear_table(struct lpae_tables *t, u64 *slot, unsigned int shift,
				      u64 iova, struct iommu_iotlb_gather *gather)
{
	u64 desc = lpae_load(slot);

	if (desc == LPAE_SW_SPLITTING) {
		lpae_wait_for_split(t);
		return -EAGAIN;
	}
	/* Another CPU was taking a run apart, and has finished since */
	if (lpae_is_leaf(desc, shift, t->geo))
		return -EAGAIN;
	if (!lpae_is_table(desc, shift, t->geo) || lpae_nothing_below(t, desc, shift))
		return 0;

	if (!lpae_drop_table(t, slot, shift, iova, gather))
		io_pgtable_gather_run(&t->iop, gather, iova, BIT_ULL(shift), 1);
	return BIT_ULL(shift);
}

/* Shift of the largest entry, @low or above, that begins at @iova and ends in @left; or 0 */
static unsigned int lpae_whole_entry(const struct lpae_tables *t, u64 iova, u64 left,
				     unsigned int low)
{
	unsigned int shift;

	for (shift = t->root_shift; shift >= low; shift -= lpae_stride(t->geo))
		if (left >> shift && !(iova & (BIT_ULL(shift) - 1)))
			return shift;
	return 0;
}

/*
 * [iova, iova + left) was unmapped by this call, without a hole: a table that
 * translates nothing else is empty, and goes. Otherwise a table would stay for
 * each address that was ever used. @low is the shift of the smallest table
 * entry that can be concerned.
 */
static noinline void lpae_prune(struct lpae_tables *t, u64 iova, u64 left, unsigned int low,
				struct iommu_iotlb_gather *gather)
{
	struct lpae_cursor at;
	u64 step, desc;

	for (; left; left -= step, iova += step) {
		unsigned int shift = lpae_whole_entry(t, iova, left, low);

		if (!shift) {
			step = min(left, BIT_ULL(low) - (iova & (BIT_ULL(low) - 1)));
			continue;
		}
		step = BIT_ULL(shift);
		desc = lpae_walk(t, &at, iova, shift, t->geo);
		if (lpae_is_table(desc, at.shift, t->geo))
			lpae_drop_table(t, at.slot, shift, iova, gather);
	}
}

static __always_inline long lpae_clear_leaves(struct lpae_tables *t, const struct lpae_cursor *at,
					      u64 desc, u64 iova, u64 left,
					      struct iommu_iotlb_gather *gather,
					      const struct lpae_geo geo)
{
	u32 count = min_t(u64, left >> at->shift, lpae_room(t, at, iova, geo));

	if (count == 1)
		count = lpae_is_leaf(desc, at->shift, geo);
	else
		count = lpae_leaf_run(at->slot, count, lpae_leaf_type(at->shift, geo));
	if (unlikely(!count))
		return lpae_clear_table(t, at->slot, at->shift, iova, gather);
	if (t->hints && !lpae_whole_runs(iova, at->shift, count, geo) &&
	    lpae_cut_runs(t, at->slot, iova, at->shift, count))
		return -EAGAIN;

	if (count == 1)
		lpae_store(at->slot, 0);
	else
		lpae_clear_run(at->slot, count);
	lpae_finish_run(t, at->slot, count);
	io_pgtable_gather_run(&t->iop, gather, iova, BIT_ULL(at->shift), count);
	return (size_t)count << at->shift;
}

/* Return: bytes unmapped at @iova, 0 if there is nothing, or -EAGAIN */
static __always_inline long lpae_unmap_run(struct lpae_tables *t, u64 iova, u64 left,
					   unsigned int want, struct iommu_iotlb_gather *gather,
					   const struct lpae_geo geo)
{
	struct lpae_cursor at;
	u64 desc;

	desc = lpae_walk_down(t, &at, iova, want, geo);
	if (unlikely(at.shift != want)) {
		if (desc == LPAE_SW_SPLITTING)
			desc = lpae_walk(t, &at, iova, want, geo);
		if (!desc)
			return 0;
		if ((iova & (BIT_ULL(at.shift) - 1)) || !(left >> at.shift))
			return lpae_unmap_part(t, at.slot, at.shift, iova, left, desc, gather);
	}
	return lpae_clear_leaves(t, &at, desc, iova, left, gather, geo);
}

/* @table: NULL, or the entry of a table that translates just what is to go */
static __always_inline size_t lpae_unmap(struct io_pgtable_ops *ops, unsigned long iova,
					 size_t pgsize, size_t pgcount,
					 struct iommu_iotlb_gather *gather, u64 *table,
					 const struct lpae_geo geo)
{
	struct lpae_tables *t = lpae_tables_of(ops);
	struct io_pgtable_cfg *cfg = &t->iop.cfg;
	size_t size, done = 0;
	unsigned int want;
	long step;

	if (table && lpae_clear_table(t, table, __ffs(pgsize), iova, gather) > 0)
		return pgsize;
	if (io_pgtable_caller_bug(!is_power_of_2(pgsize) || !(pgsize & cfg->pgsize_bitmap) ||
				  !IS_ALIGNED(iova, pgsize) || !pgcount ||
				  check_mul_overflow(pgsize, pgcount, &size) ||
				  !lpae_within(iova - t->first, size, t->last)))
		return 0;

	want = lpae_want(t, pgsize, geo);
	while (done < size) {
		step = lpae_unmap_run(t, iova + done, size - done, want, gather, geo);
		if (step == -EAGAIN)
			continue;
		if (!step)
			break;
		done += step;
	}
	io_pgtable_caller_bug(!done);

	if (unlikely((u64)done >> (want + lpae_stride(geo))))
		lpae_prune(t, iova, done, want + lpae_stride(geo), gather);
	return done;
}

/* Dirty tracking */

/*
 * Only an entry that lies in [iova, iova + size) as a whole is made clean: of
 * one that sticks out, the part outside would lose its mark unreported.
 */
static void lpae_report_dirty(struct lpae_tables *t, u64 *slot, u64 iova, u64 size, bool clean,
			      struct iommu_dirty_bitmap *dirty)
{
	u64 desc = lpae_load(slot), seen;

	if (!lpae_is_dirty(desc, t->stage2))
		return;

	iommu_dirty_bitmap_record(dirty, iova, size);
	if (!clean)
		return;

	/* Hardware may set the access flag or the mark meanwhile */
	while ((seen = lpae_swap(slot, desc, lpae_make_clean(desc, t->stage2))) != desc)
		desc = seen;
	lpae_finish_run(t, slot, 1);
}

static int lpae_read_dirty(struct io_pgtable_ops *ops, unsigned long iova, size_t size,
			   unsigned long flags, struct iommu_dirty_bitmap *dirty)
{
	struct lpae_tables *t = lpae_tables_of(ops);
	struct lpae_cursor at;
	u64 pos = iova, left = size;

	if (!(t->iop.cfg.quirks & IO_PGTABLE_QUIRK_ARM_HD))
		return -EINVAL;
	if (io_pgtable_caller_bug(!size || !lpae_within(iova - t->first, size, t->last)))
		return -EINVAL;

	while (left) {
		u64 desc = lpae_walk(t, &at, pos, t->geo.page_shift, t->geo);
		u64 span = BIT_ULL(at.shift), rest, step;
		u32 room = lpae_room(t, &at, pos, t->geo);

		for (; left && room; room--, at.slot++) {
			if (desc && !lpae_is_leaf(desc, at.shift, t->geo))
				break;
			rest = span - (pos & (span - 1));
			step = min(rest, left);
			if (desc)
				lpae_report_dirty(t, at.slot, pos, step,
						  step == span && !(flags & IOMMU_DIRTY_NO_CLEAR),
						  dirty);
			pos += step;
			left -= step;
			desc = room > 1 ? lpae_load(at.slot + 1) : 0;
		}
	}
	return 0;
}

/*
 * One entry: most calls are for a single page whose table is there. They need
 * neither lengths nor a loop, and few registers. Whatever is out of the
 * ordinary, mistakes of the caller among it, is left to the functions above;
 * nothing has changed then.
 */

static __always_inline bool lpae_one_is_sound(const struct lpae_tables *t, u64 iova, u64 addr,
					      u64 pgsize, size_t pgcount)
{
	return likely(pgcount == 1 && t->iop.cfg.coherent_walk && is_power_of_2(pgsize) &&
		      (pgsize & t->entry_sizes) && !((iova | addr) & (pgsize - 1)) &&
		      lpae_within(iova - t->first, pgsize, t->last) &&
		      lpae_within(addr, pgsize, t->last_addr));
}

static noinline phys_addr_t lpae_look_again(struct io_pgtable_ops *ops, unsigned long iova)
{
	lpae_wait_for_split(lpae_tables_of(ops));
	return ops->iova_to_phys(ops, iova);
}

static __always_inline phys_addr_t lpae_iova_to_phys(struct io_pgtable_ops *ops,
						     unsigned long iova,
						     const struct lpae_geo geo)
{
	struct lpae_tables *t = lpae_tables_of(ops);
	struct lpae_cursor at;
	u64 desc;

	if (!lpae_within(iova - t->first, 1, t->last))
		return 0;

	desc = lpae_walk_down(t, &at, iova, geo.page_shift, geo);
	if (likely(lpae_is_leaf(desc, at.shift, geo)))
		return lpae_addr(desc, geo) | (iova & (BIT_ULL(at.shift) - 1));
	return unlikely(desc == LPAE_SW_SPLITTING) ? lpae_look_again(ops, iova) : 0;
}

static __always_inline bool lpae_map_one(struct io_pgtable_ops *ops, unsigned long iova,
					 phys_addr_t paddr, size_t pgsize, size_t pgcount,
					 int prot, size_t *mapped, const struct lpae_geo geo)
{
	struct lpae_tables *t = lpae_tables_of(ops);
	struct lpae_cursor at;
	unsigned int want;

	if (!lpae_one_is_sound(t, iova, paddr, pgsize, pgcount) ||
	    !(prot & (IOMMU_READ | IOMMU_WRITE)))
		return false;
	want = __ffs(pgsize);
	if (lpae_walk_down(t, &at, iova, want, geo) || at.shift != want)
		return false;

	lpae_store(at.slot, t->prot_attrs[prot & (LPAE_PROTS - 1)] |
			    lpae_leaf_type(want, geo) | lpae_addr_field(paddr, geo));
	wmb(); /* as in lpae_map() */
	*mapped += pgsize;
	return true;
}

/* *@table: the entry, if it is a table that translates what is to go */
static __always_inline bool lpae_unmap_one(struct io_pgtable_ops *ops, unsigned long iova,
					   size_t pgsize, size_t pgcount,
					   struct iommu_iotlb_gather *gather, u64 **table,
					   const struct lpae_geo geo)
{
	struct lpae_tables *t = lpae_tables_of(ops);
	struct lpae_cursor at;
	unsigned int want;
	u64 desc;

	if (!lpae_one_is_sound(t, iova, 0, pgsize, pgcount))
		return false;
	want = __ffs(pgsize);
	desc = lpae_walk_down(t, &at, iova, want, geo);
	if (at.shift != want)
		return false;
	if (!lpae_is_leaf(desc, want, geo) || (desc & LPAE_LEAF_CONT)) {
		*table = lpae_is_table(desc, want, geo) ? at.slot : NULL;
		return false;
	}

	lpae_store(at.slot, 0);
	io_pgtable_gather_run(&t->iop, gather, iova, pgsize, 1);
	return true;
}

/* The walker, once for each geometry */

#define LPAE_WALKER(name, ...)							\
static noinline int name##_map_run(struct io_pgtable_ops *ops,			\
				   unsigned long iova, phys_addr_t paddr,	\
				   size_t pgsize, size_t pgcount, int prot,	\
				   gfp_t gfp, size_t *mapped)			\
{										\
	return lpae_map(ops, iova, paddr, pgsize, pgcount, prot, gfp, mapped,	\
			(struct lpae_geo){ __VA_ARGS__ });			\
}										\
static int name##_map(struct io_pgtable_ops *ops, unsigned long iova,		\
		      phys_addr_t paddr, size_t pgsize, size_t pgcount,		\
		      int prot, gfp_t gfp, size_t *mapped)			\
{										\
	if (lpae_map_one(ops, iova, paddr, pgsize, pgcount, prot, mapped,	\
			 (struct lpae_geo){ __VA_ARGS__ }))			\
		return 0;							\
	return name##_map_run(ops, iova, paddr, pgsize, pgcount, prot, gfp,	\
			      mapped);						\
}										\
static noinline size_t name##_unmap_run(struct io_pgtable_ops *ops,		\
					unsigned long iova, size_t pgsize,	\
					size_t pgcount,				\
					struct iommu_iotlb_gather *gather,	\
					u64 *table)				\
{										\
	return lpae_unmap(ops, iova, pgsize, pgcount, gather, table,		\
			  (struct lpae_geo){ __VA_ARGS__ });			\
}										\
static size_t name##_unmap(struct io_pgtable_ops *ops, unsigned long iova,	\
			   size_t pgsize, size_t pgcount,			\
			   struct iommu_iotlb_gather *gather)			\
{										\
	u64 *table = NULL;							\
										\
	if (lpae_unmap_one(ops, iova, pgsize, pgcount, gather, &table,		\
			   (struct lpae_geo){ __VA_ARGS__ }))			\
		return pgsize;							\
	return name##_unmap_run(ops, iova, pgsize, pgcount, gather, table);	\
}										\
static phys_addr_t name##_lookup(struct io_pgtable_ops *ops, unsigned long iova)\
{										\
	return lpae_iova_to_phys(ops, iova, (struct lpae_geo){ __VA_ARGS__ });	\
}										\
static const struct io_pgtable_ops name##_ops = {				\
	.map_pages		= name##_map,					\
	.unmap_pages		= name##_unmap,					\
	.iova_to_phys		= name##_lookup,				\
	.read_and_clear_dirty	= lpae_read_dirty,				\
	.show_leaves		= lpae_show_leaves,				\
}

LPAE_WALKER(lpae_4k, .page_shift = 12);
LPAE_WALKER(lpae_16k, .page_shift = 14);
LPAE_WALKER(lpae_64k, .page_shift = 16);
LPAE_WALKER(lpae_4k_lpa2, .page_shift = 12, .lpa2 = true);
LPAE_WALKER(lpae_16k_lpa2, .page_shift = 14, .lpa2 = true);
LPAE_WALKER(lpae_mali, .page_shift = 12, .mali = true);

/* The operations that are compiled for @geo */
const struct io_pgtable_ops *lpae_walker(const struct lpae_geo geo)
{
	if (geo.mali)
		return &lpae_mali_ops;
	if (geo.page_shift == 12)
		return geo.lpa2 ? &lpae_4k_lpa2_ops : &lpae_4k_ops;
	if (geo.page_shift == 14)
		return geo.lpa2 ? &lpae_16k_lpa2_ops : &lpae_16k_ops;
	return &lpae_64k_ops;
}
