/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the CPUs' page tables are made, and whether an instance can walk them. Pure.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_SVA_H
#define SMMU_V3_SVA_H

#include <linux/io-pgtable.h>
#include <linux/types.h>

#include "features.h"

/**
 * struct smmu_sva_cpus - the page tables of processes
 * @va_bits: input address bits
 * @pa_bits: output address bits
 * @page_shift: log2 of the granule
 * @lpa2: descriptors hold 52-bit addresses of 4K and 16K pages
 * @af: hardware sets the access flag
 * @dbm: hardware makes entries dirty
 * @asid_bits: width of ASIDs
 * @el2: the kernel runs at EL2, and its maintenance is of that regime
 * @repeat_tlbi: an erratum makes the kernel repeat its maintenance
 */
struct smmu_sva_cpus {
	u8 va_bits;
	u8 pa_bits;
	u8 page_shift;
	bool lpa2;
	bool af;
	bool dbm;
	u8 asid_bits;
	bool el2;
	bool repeat_tlbi;
};

/* 5.4, IPS: 32, 36, 40, 42, 44, 48, 52 bits */
static inline u8 smmu_sva_ips(u8 pa_bits)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48, 52 };
	u8 ips = 0;

	while (ips < 6 && bits[ips] < pa_bits)
		ips++;
	return ips;
}

const char *smmu_sva_why_not(const struct smmu_features *f, const struct smmu_sva_cpus *cpus);
const char *smmu_btm_why_not(const struct smmu_features *f, const struct smmu_sva_cpus *cpus);
void smmu_sva_cfg(const struct smmu_sva_cpus *cpus, phys_addr_t pgd, u64 mair,
		  struct io_pgtable_cfg *cfg);

#endif /* SMMU_V3_SVA_H */
