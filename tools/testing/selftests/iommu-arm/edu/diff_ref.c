// SPDX-License-Identifier: GPL-2.0-only
/*
 * What should happen: a list of what was mapped, kept from the calls alone.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "diff.h"

/**
 * diff_ref_find() - what is mapped at an address
 * @ref: the list
 * @iova: address
 *
 * Return: the extent around it, or NULL.
 */
const struct diff_extent *diff_ref_find(const struct diff_ref *ref, u64 iova)
{
	unsigned int i;

	for (i = 0; i < ref->count; i++)
		if (iova - ref->extents[i].iova < ref->extents[i].size)
			return &ref->extents[i];
	return NULL;
}

/**
 * diff_ref_free() - whether nothing is mapped in a range, and one more may be
 * @ref: the list
 * @iova: first address
 * @size: bytes
 *
 * Return: true if so.
 */
bool diff_ref_free(const struct diff_ref *ref, u64 iova, u64 size)
{
	unsigned int i;

	for (i = 0; i < ref->count; i++)
		if (iova < ref->extents[i].iova + ref->extents[i].size &&
		    ref->extents[i].iova < iova + size)
			return false;
	return ref->count < DIFF_EXTENTS;
}

/**
 * diff_ref_add() - something was mapped
 * @ref: the list, in which diff_ref_free() found room
 * @iova: first address
 * @phys: where it leads
 * @size: bytes
 * @prot: IOMMU_READ, IOMMU_WRITE
 */
void diff_ref_add(struct diff_ref *ref, u64 iova, u64 phys, u64 size, int prot)
{
	if (!WARN_ON(ref->count == DIFF_EXTENTS))
		ref->extents[ref->count++] = (struct diff_extent){ iova, phys, size, prot };
}

/**
 * diff_ref_remove() - part of an extent was unmapped
 * @ref: the list
 * @iova: first address
 * @size: bytes, all in one extent
 */
void diff_ref_remove(struct diff_ref *ref, u64 iova, u64 size)
{
	struct diff_extent *e = (struct diff_extent *)diff_ref_find(ref, iova);
	u64 head = iova - e->iova;
	u64 tail = e->size - head - size;

	if (tail && head)
		diff_ref_add(ref, iova + size, e->phys + head + size, tail, e->prot);
	if (head) {
		e->size = head;
	} else if (tail) {
		e->iova += size;
		e->phys += size;
		e->size = tail;
	} else {
		*e = ref->extents[--ref->count];
	}
}

/**
 * diff_parts() - cut an access where pages end
 * @a: the access
 * @v: room for DIFF_PARTS
 *
 * Return: number of parts.
 */
unsigned int diff_parts(const struct diff_access *a, struct diff_verdict *v)
{
	u32 first = min_t(u32, a->len, DIFF_PART - (a->addr & (DIFF_PART - 1)));

	memset(v, 0, DIFF_PARTS * sizeof(*v));
	v[0].addr = a->addr;
	v[0].len = first;
	v[1].addr = a->addr + first;
	v[1].len = a->len - first;
	return v[1].len ? 2 : 1;
}
