/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing a live STE or CD.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_ENTRY_H
#define SMMU_V3_ENTRY_H

#include "structs.h"

/**
 * struct entry_writer - how to change one kind of entry
 * @live: sets in mask the bits that hardware reads of an entry with value qw,
 *	in CPU byte order. V is always among them.
 * @sync: tells hardware to drop what it cached of the entry and waits
 * @valid: the V bit, in the first word
 */
struct entry_writer {
	void (*live)(const u64 *qw, u64 *mask);
	int (*sync)(struct entry_writer *w);
	u64 valid;
};

void entry_word_store(__le64 *word, u64 value);
int entry_write(struct entry_writer *w, __le64 *entry, const u64 *target);

void ste_live_bits(const u64 *qw, u64 *mask);
void cd_live_bits(const u64 *qw, u64 *mask);

#endif /* SMMU_V3_ENTRY_H */
