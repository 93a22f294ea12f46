// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changing an STE or CD under hardware that may fetch it at any time.
 *
 * Hardware fetches 64 bits at a time and may cache what it got until told
 * otherwise (IHI 0070, 3.21.3). So a change is a row of steps, each a set of
 * stores after which hardware is made to forget: within a step, any mixture of
 * words it can fetch must mean the old entry or the new one.
 *
 * What it *reads* is what counts: the bits that an entry's own configuration
 * makes live. Bits that are not live may change at any time. So:
 *
 *   prepare  give every bit that the old entry ignores its new value
 *   switch   if only one word still differs, store it: one store, old or new
 *   tidy     the bits that only the old entry read get their new value
 *
 * When two words or more differ after preparing, no order of stores is safe,
 * and the entry goes through V = 0 (I-23, I-24, I-25).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/bitfield.h>
#include <linux/export.h>

#include "../iommu-seam.h"
#include "entry.h"

/**
 * ste_live_bits() - what hardware reads of an STE
 * @qw: the STE in CPU byte order
 * @mask: set to its live bits
 *
 * IHI 0070, 5.2: the conditions in the description of each field. The fields
 * of words 4 to 7 are secure or nested ones that this driver leaves 0.
 */
void ste_live_bits(const u64 *qw, u64 *mask)
{
	unsigned int config = FIELD_GET(STE0_CONFIG, qw[0]);
	unsigned int i;

	for (i = 0; i < SMMU_ENTRY_QWORDS; i++)
		mask[i] = 0;

	mask[0] = STE0_V;
	if (!(qw[0] & STE0_V))
		return;
	mask[0] |= STE0_CONFIG;
	if (!(config & STE_CONFIG_LIVE))
		return;

	mask[1] = STE1_MTCFG | STE1_MEMATTR | STE1_ALLOCCFG | STE1_SHCFG | STE1_NSCFG |
		  STE1_PRIVCFG | STE1_INSTCFG;
	if (config & (STE_CONFIG_HAS_S1 | STE_CONFIG_HAS_S2))
		mask[1] |= STE1_EATS | STE1_MEV;
	if (config & STE_CONFIG_HAS_S1) {
		mask[0] |= STE0_S1CONTEXTPTR | STE0_S1CDMAX;
		mask[1] |= STE1_S1CIR | STE1_S1COR | STE1_S1CSH | STE1_S1STALLD;
		/* Without substreams there is nothing to choose. */
		if (FIELD_GET(STE0_S1CDMAX, qw[0])) {
			mask[0] |= STE0_S1FMT;
			mask[1] |= STE1_S1DSS;
		}
		/* Stage 2 implies the regime; NS-EL1 entries carry the VMID too. */
		if (!(config & STE_CONFIG_HAS_S2)) {
			mask[1] |= STE1_STRW;
			if (FIELD_GET(STE1_STRW, qw[1]) == STE_STRW_NS_EL1)
				mask[2] |= STE2_S2VMID;
		}
	}
	if (config & STE_CONFIG_HAS_S2) {
		mask[1] |= STE1_S2FWB;
		mask[2] |= STE2_S2VMID | STE2_S2T0SZ | STE2_S2SL0 | STE2_S2IR0 | STE2_S2OR0 |
			   STE2_S2SH0 | STE2_S2TG | STE2_S2PS | STE2_S2AA64 | STE2_S2ENDI |
			   STE2_S2AFFD | STE2_S2PTW | STE2_S2HD | STE2_S2HA | STE2_S2S |
			   STE2_S2R;
		mask[3] |= STE3_S2TTB | STE3_S2SL0_2 | STE3_S2DS;
	}
}
EXPORT_SYMBOL_IF_KUNIT(ste_live_bits);

/**
 * cd_live_bits() - what hardware reads of a CD
 * @qw: the CD in CPU byte order
 * @mask: set to its live bits
 *
 * IHI 0070, 5.4. With EPD0 set the fields of TTB0's walk are ignored.
 */
void cd_live_bits(const u64 *qw, u64 *mask)
{
	unsigned int i;

	for (i = 0; i < SMMU_ENTRY_QWORDS; i++)
		mask[i] = 0;

	mask[0] = CD0_V;
	if (!(qw[0] & CD0_V))
		return;

	mask[0] = ~0ull;
	mask[1] = ~0ull;
	mask[2] = CD2_DS;
	mask[3] = ~0ull;
	if (qw[0] & CD0_EPD0) {
		mask[0] &= ~(CD0_T0SZ | CD0_TG0 | CD0_IR0 | CD0_OR0 | CD0_SH0);
		mask[1] &= ~CD1_TTB0;
	}
	/* EPD1 is always set: TTB1's walk is never made. */
	mask[0] &= ~CD0_T1SZ;
}
EXPORT_SYMBOL_IF_KUNIT(cd_live_bits);

/**
 * entry_word_store() - store 64 bits that hardware may be reading
 * @word: a word of an STE or CD, or a level 1 descriptor
 * @value: in CPU byte order
 *
 * A single store: hardware sees the old word or the new one.
 *
 * Context: any.
 */
void entry_word_store(__le64 *word, u64 value)
{
	__le64 le = cpu_to_le64(value);

	if (!iommu_seam_store((__force u64 *)word, (__force u64)le))
		WRITE_ONCE(*word, le);
}
EXPORT_SYMBOL_IF_KUNIT(entry_word_store);

static bool entry_store(__le64 *entry, u64 *now, unsigned int i, u64 value)
{
	if (now[i] == value)
		return false;
	now[i] = value;
	entry_word_store(&entry[i], value);
	return true;
}

/* Store words [from, SMMU_ENTRY_QWORDS); make hardware forget if any changed. */
static int entry_step(struct entry_writer *w, __le64 *entry, u64 *now, const u64 *value,
		      unsigned int from)
{
	bool stored = false;
	unsigned int i;

	for (i = from; i < SMMU_ENTRY_QWORDS; i++)
		stored |= entry_store(entry, now, i, value[i]);
	return stored ? w->sync(w) : 0;
}

/* The only way when several live words must change: nothing, then the new. */
static int entry_break(struct entry_writer *w, __le64 *entry, u64 *now, const u64 *target)
{
	int ret;

	entry_store(entry, now, 0, now[0] & ~w->valid);
	ret = w->sync(w) ?: entry_step(w, entry, now, target, 1);
	if (!ret && entry_store(entry, now, 0, target[0]))
		ret = w->sync(w);
	return ret;
}

/**
 * entry_write() - change an STE or CD that hardware may be reading
 * @w: what is special about this kind of entry
 * @entry: the entry in memory
 * @target: what it shall become, in CPU byte order
 *
 * An entry without V may be cached as well, so making one valid ends with
 * @w->sync too.
 *
 * Hardware that did not forget could fetch what is stored next beside what it
 * kept. So the first error ends it: the entry in memory then still means the old
 * or already the new one, or is invalid; and the caller must block what uses it.
 *
 * Context: the caller serialises writers of @entry; as @w->sync otherwise.
 *
 * Return: 0, or the first error of @w->sync.
 */
int entry_write(struct entry_writer *w, __le64 *entry, const u64 *target)
{
	u64 now[SMMU_ENTRY_QWORDS], live_now[SMMU_ENTRY_QWORDS], live_target[SMMU_ENTRY_QWORDS];
	u64 prepared[SMMU_ENTRY_QWORDS], switched[SMMU_ENTRY_QWORDS];
	unsigned int i, conflicts = 0;

	for (i = 0; i < SMMU_ENTRY_QWORDS; i++)
		now[i] = le64_to_cpu(entry[i]);
	w->live(now, live_now);
	w->live(target, live_target);

	for (i = 0; i < SMMU_ENTRY_QWORDS; i++) {
		prepared[i] = (now[i] & live_now[i]) | (target[i] & ~live_now[i]);
		/* What only the old entry reads stays until it is gone. */
		switched[i] = (target[i] & (live_target[i] | ~live_now[i])) |
			      (now[i] & live_now[i] & ~live_target[i]);
		conflicts += prepared[i] != switched[i];
	}
	if (conflicts > 1)
		return entry_break(w, entry, now, target);

	return entry_step(w, entry, now, prepared, 0) ?:
	       entry_step(w, entry, now, switched, 0) ?:
	       entry_step(w, entry, now, target, 0);
}
EXPORT_SYMBOL_IF_KUNIT(entry_write);
