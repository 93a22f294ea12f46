/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the maximal TLB is kept: three hashes, by the table that an entry leads to,
 * by the place of its descriptor, and by input address.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SSIM_TLB_H
#define SSIM_TLB_H

#include "model.h"

static inline unsigned int ssim_hash(u64 key, unsigned int salt)
{
	return ((key + salt) * 0x9e3779b97f4a7c15ull) >> 54 & (SSIM_HASH - 1);
}

static inline struct ssim_entry **ssim_table_bucket(struct ssim *s, u64 pa, unsigned int shift)
{
	return &s->by_table[ssim_hash(pa >> shift, shift)];
}

static inline struct ssim_entry **ssim_src_bucket(struct ssim *s, u64 pa)
{
	return &s->by_src[ssim_hash(pa >> 12, 0)];
}

/* Entries of up to 2M lie in one aligned region of 2M. */
static inline struct ssim_entry **ssim_va_bucket(struct ssim *s, u64 va, u64 size)
{
	return size > ssim_bit(21) ? &s->by_va_big : &s->by_va[ssim_hash(va >> 21, 0)];
}

static inline bool ssim_is_table(const struct ssim_entry *e)
{
	return e->kind == E_ROOT || e->kind == E_TABLE;
}

static inline bool ssim_resolved(const struct ssim_entry *e)
{
	return ssim_is_table(e) && e->target != ~0ull;
}

static inline bool ssim_same_tag(const struct ssim_entry *a, const struct ssim_entry *b)
{
	return a->stage == b->stage && a->world == b->world && a->vmid == b->vmid &&
	       a->regime->asid == b->regime->asid;
}

/* tlb.c: a descriptor of an interned regime has been, or could be, read */
void ssim_tlb_hold(struct ssim *s, const struct ssim_step *step, enum ssim_origin origin);

/* clash.c: what must not be held beside each other */
void ssim_clash_entry(struct ssim *s, const struct ssim_entry *e);
void ssim_clash_root(struct ssim *s, const struct ssim_entry *root);
void ssim_clash_run(struct ssim *s, const struct ssim_entry *run);

#endif /* SSIM_TLB_H */
