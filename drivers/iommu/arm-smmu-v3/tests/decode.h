/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an STE or a CD means to hardware: a reading of IHI 0070, 5.2 and 5.4
 * made apart from the driver's headers, in literal bit numbers.
 *
 * A *meaning* is the verdict and all bits that hardware acts upon; bits that it
 * ignores in this configuration are zero. So two entries mean the same exactly
 * where their meanings are equal.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_TESTS_DECODE_H
#define SMMU_V3_TESTS_DECODE_H

#include "suite.h"

/**
 * struct hw - what decides whether an entry is ILLEGAL
 * @stage1: IDR0.S1P
 * @stage2: IDR0.S2P
 * @cd2l: IDR0.CD2L
 * @term: IDR0.TERM_MODEL, terminated transactions always abort
 * @stall_model: IDR0.STALL_MODEL
 * @ssid_bits: IDR1.SSIDSIZE
 */
struct hw {
	bool stage1;
	bool stage2;
	bool cd2l;
	bool term;
	u8 stall_model;
	u8 ssid_bits;
};

enum verdict {
	SAYS_INVALID,		/* V = 0: abort, with an event */
	SAYS_ILLEGAL,		/* behaves as V = 0, but is a mistake */
	SAYS_ABORT,
	SAYS_BYPASS,
	SAYS_S1,
	SAYS_S2,
	SAYS_NESTED,
	SAYS_CD,
};

struct meaning {
	enum verdict verdict;
	u64 word[8];
};

static inline bool same_meaning(const struct meaning *a, const struct meaning *b)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		if (a->word[i] != b->word[i])
			return false;
	return a->verdict == b->verdict;
}

static inline struct meaning ste_refuse(enum verdict v)
{
	return (struct meaning) { .verdict = v };
}

/* Bits that the stage 1 part makes hardware look at. */
static inline void ste_s1_bits(const u64 *w, u64 *use)
{
	bool substreams = word_get(w[0], 63, 59);

	use[0] |= word_bits(55, 6) | word_bits(63, 59);
	use[1] |= word_bits(27, 27);				/* S1STALLD */
	if (word_get(w[1], 5, 2))				/* else taken as OSH */
		use[1] |= word_bits(7, 6);
	use[1] |= word_bits(5, 2);
	if (substreams) {
		use[0] |= word_bits(5, 4);			/* S1Fmt */
		use[1] |= word_bits(1, 0);			/* S1DSS */
	}
	use[1] |= word_bits(90 - 64, 90 - 64);			/* S1MPAM */
}

static inline void ste_s2_bits(u64 *use)
{
	use[1] |= word_bits(11, 8) | word_bits(25, 25);		/* S2HWU, S2FWB */
	use[2] |= word_bits(15, 0) | word_bits(58, 32);
	use[3] |= word_bits(55, 4);
}

/* Attributes of transactions that do not go through stage 1. */
static inline void ste_attr_bits(const u64 *w, u64 *use)
{
	use[1] |= word_bits(36, 36) | word_bits(40, 37) | word_bits(45, 44);
	if (word_get(w[1], 36, 36))				/* MTCFG */
		use[1] |= word_bits(35, 32);
}

static inline bool ste_illegal(const struct hw *hw, const u64 *w)
{
	bool s1 = w[0] & 2, s2 = w[0] & 4;
	unsigned int cdmax = word_get(w[0], 63, 59), eats = word_get(w[1], 29, 28);
	bool s2s = word_get(w[2], 57, 57);

	if ((s1 && !hw->stage1) || (s2 && !hw->stage2))
		return true;
	if (s1 && (cdmax > hw->ssid_bits || (cdmax && word_get(w[0], 5, 4) && !hw->cd2l)))
		return true;
	if (s1 && word_get(w[1], 27, 27) && hw->stall_model)
		return true;
	if (eats == 2 && (!s1 || !s2 || s2s))
		return true;
	if (!s2)
		return false;
	/* Stage 2: a reserved granule, stalls against the model, ATS with stalls. */
	return word_get(w[2], 47, 46) == 3 || (eats && s2s) ||
	       (hw->stall_model == 1 && s2s) || (hw->stall_model == 2 && !s2s) ||
	       !word_get(w[2], 51, 51);
}

static inline struct meaning ste_meaning(const struct hw *hw, const u64 *w)
{
	static const enum verdict live[] = { SAYS_BYPASS, SAYS_S1, SAYS_S2, SAYS_NESTED };
	struct meaning m = { };
	u64 use[8] = { word_bits(3, 0) };
	bool s1, s2;
	unsigned int i;

	if (!(w[0] & 1))
		return ste_refuse(SAYS_INVALID);
	if (!(w[0] & 8))
		return ste_refuse(SAYS_ABORT);

	s1 = w[0] & 2;
	s2 = w[0] & 4;
	use[1] = word_bits(51, 48);				/* INSTCFG, PRIVCFG */
	if (s1)
		ste_s1_bits(w, use);
	if (s2)
		ste_s2_bits(use);
	if (s1 || s2) {
		use[1] |= word_bits(29, 28) | word_bits(19, 19);	/* EATS, MEV */
		if (ste_illegal(hw, w))
			return ste_refuse(SAYS_ILLEGAL);
	}
	if (s1 && !s2) {
		use[1] |= word_bits(31, 30);			/* STRW */
		if (!word_get(w[1], 31, 30))
			use[2] |= word_bits(15, 0);		/* S2VMID */
	}
	if (!s1 || (word_get(w[0], 63, 59) && word_get(w[1], 1, 0) == 1))
		ste_attr_bits(w, use);

	m.verdict = live[(s2 ? 2 : 0) + (s1 ? 1 : 0)];
	for (i = 0; i < 8; i++)
		m.word[i] = w[i] & use[i];
	return m;
}

static inline bool cd_illegal(const struct hw *hw, bool s1stalld, const u64 *w)
{
	bool s = word_get(w[0], 44, 44), epd0 = word_get(w[0], 14, 14);
	unsigned int t0sz = word_get(w[0], 5, 0), tg0 = word_get(w[0], 7, 6);

	if (s && (hw->stall_model == 1 || s1stalld))
		return true;
	if (!s && hw->stall_model == 2)
		return true;
	if (!word_get(w[0], 46, 46) && hw->term)		/* A */
		return true;
	/* 12 to 15 need 64K (or DS) and VAX. */
	return !epd0 && (tg0 == 3 || t0sz > 39 || t0sz < (tg0 == 1 ? 12 : 16));
}

static inline struct meaning cd_meaning(const struct hw *hw, bool s1stalld, const u64 *w)
{
	u64 use[8] = { word_bits(15, 14) | word_bits(63, 30), 0, 0, ~0ull };
	struct meaning m = { .verdict = SAYS_CD };
	unsigned int i;

	if (!word_get(w[0], 31, 31))
		return ste_refuse(SAYS_INVALID);
	if (cd_illegal(hw, s1stalld, w))
		return ste_refuse(SAYS_ILLEGAL);
	if (!word_get(w[0], 14, 14)) {				/* EPD0 */
		use[0] |= word_bits(13, 0);
		use[1] |= word_bits(55, 4) | word_bits(1, 0) | word_bits(63, 60);
	}
	if (!word_get(w[0], 30, 30)) {				/* EPD1 */
		use[0] |= word_bits(29, 16);
		use[2] |= word_bits(55, 4) | word_bits(1, 0) | word_bits(63, 60);
	}
	for (i = 0; i < 8; i++)
		m.word[i] = w[i] & use[i];
	return m;
}

#endif /* SMMU_V3_TESTS_DECODE_H */
