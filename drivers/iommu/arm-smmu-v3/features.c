// SPDX-License-Identifier: GPL-2.0-only
/*
 * ID registers -> features. Pure: no register is touched and nothing is
 * logged, so that every value of every register can be tried in a test.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/array_size.h>
#include <linux/bitfield.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "features.h"
#include "regs.h"

/* 3.5.1 and 6.3.2: a queue has at most 2^19 entries, a PASID 20 bits. */
#define QUEUE_SHIFT_MAX		19
#define SSID_BITS_MAX		20
#define SID_BITS_MAX		32

static u8 oas_bits(u32 idr5)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48, 52 };
	u32 oas = FIELD_GET(IDR5_OAS, idr5);

	/* Reserved values: what later architectures add is at least 48 bits. */
	return oas < ARRAY_SIZE(bits) ? bits[oas] : 48;
}

static unsigned long page_sizes(u32 idr5, u8 oas)
{
	bool ds = idr5 & IDR5_DS;
	unsigned long sizes = 0;

	if (idr5 & IDR5_GRAN4K)
		sizes |= SZ_4K | SZ_2M | SZ_1G | (ds ? BIT_ULL(39) : 0);
	if (idr5 & IDR5_GRAN16K)
		sizes |= SZ_16K | SZ_32M | (ds ? BIT_ULL(36) : 0);
	if (idr5 & IDR5_GRAN64K) {
		sizes |= SZ_64K | SZ_512M;
		if (oas == 52)
			sizes |= BIT_ULL(42);
	}
	return sizes;
}

static const char *decode_idr0(u32 idr0, const struct smmu_hints *hints, struct smmu_features *f)
{
	u32 endian = FIELD_GET(IDR0_TTENDIAN, idr0);
	u32 ttf = FIELD_GET(IDR0_TTF, idr0);
	u32 stall = FIELD_GET(IDR0_STALL_MODEL, idr0);
	u32 httu = hints->httu_valid ? hints->httu : FIELD_GET(IDR0_HTTU, idr0);

	f->s1 = idr0 & IDR0_S1P;
	f->s2 = idr0 & IDR0_S2P;
	if (!f->s1 && !f->s2)
		return "IDR0 offers neither stage of translation";
	if (ttf != IDR0_TTF_AARCH64 && ttf != IDR0_TTF_BOTH)
		return "IDR0.TTF lacks the AArch64 table format";
	if (endian != IDR0_TTENDIAN_MIXED &&
	    endian != (hints->cpu_big_endian ? IDR0_TTENDIAN_BIG : IDR0_TTENDIAN_LITTLE))
		return "IDR0.TTENDIAN does not match the kernel's byte order";

	f->nested = f->s1 && f->s2;
	f->two_level_strtab = FIELD_GET(IDR0_ST_LEVEL, idr0) == IDR0_ST_LEVEL_2;
	f->two_level_cdtab = idr0 & IDR0_CD2L;
	f->asid_bits = idr0 & IDR0_ASID16 ? 16 : 8;
	f->vmid_bits = idr0 & IDR0_VMID16 ? 16 : 8;
	f->ats = idr0 & IDR0_ATS;
	f->pri = idr0 & IDR0_PRI;
	f->msi = idr0 & IDR0_MSI;
	f->sev = idr0 & IDR0_SEV;
	f->btm = idr0 & IDR0_BTM;
	/* 4.4.4: commands of EL2 are illegal without its stage 1. */
	f->hyp = f->s1 && (idr0 & IDR0_HYP);
	f->e2h = f->hyp && hints->cpu_e2h;
	f->ha = httu >= IDR0_HTTU_AF;
	/* What hardware sets must be seen by the CPUs without cache upkeep. */
	f->hd = httu >= IDR0_HTTU_AF_DIRTY && hints->coherent;
	f->stall = stall == IDR0_STALL_OPTIONAL || stall == IDR0_STALL_FORCED;
	f->stall_forced = stall == IDR0_STALL_FORCED;
	f->coherent = hints->coherent;
	f->msi_polling = f->msi && f->coherent && !hints->no_msi_polling;
	return NULL;
}

static const char *decode_idr1(u32 idr1, struct smmu_features *f)
{
	if (idr1 & (IDR1_TABLES_PRESET | IDR1_QUEUES_PRESET | IDR1_REL))
		return "IDR1 asks for tables or queues at preset addresses";

	f->attr_override = idr1 & IDR1_ATTR_TYPES_OVR;
	f->cmdq_shift = min(FIELD_GET(IDR1_CMDQS, idr1), QUEUE_SHIFT_MAX);
	f->eventq_shift = min(FIELD_GET(IDR1_EVENTQS, idr1), QUEUE_SHIFT_MAX);
	f->priq_shift = min(FIELD_GET(IDR1_PRIQS, idr1), QUEUE_SHIFT_MAX);
	f->ssid_bits = min(FIELD_GET(IDR1_SSIDSIZE, idr1), SSID_BITS_MAX);
	f->sid_bits = min(FIELD_GET(IDR1_SIDSIZE, idr1), SID_BITS_MAX);
	return NULL;
}

static const char *decode_idr5(u32 idr5, bool aarch32, struct smmu_features *f)
{
	f->oas = oas_bits(idr5);
	f->pgsizes = page_sizes(idr5, f->oas);
	if (!f->pgsizes)
		return "IDR5 offers no translation granule";

	f->ds = idr5 & IDR5_DS;
	f->va_bits = FIELD_GET(IDR5_VAX, idr5) == IDR5_VAX_52 ? 52 : 48;
	/* 3.4: an AArch32 stage 1 can output 40 bits whatever the OAS. */
	f->ias = max_t(u8, f->oas, aarch32 ? 40 : 0);
	f->stall_max = FIELD_GET(IDR5_STALL_MAX, idr5);
	return NULL;
}

/* What the errata notices take away again. */
static void apply_errata(u32 iidr, struct smmu_features *f)
{
	u32 product = FIELD_GET(IIDR_PRODUCTID, iidr);
	u32 variant = FIELD_GET(IIDR_VARIANT, iidr);
	u32 revision = FIELD_GET(IIDR_REVISION, iidr);

	if (FIELD_GET(IIDR_IMPLEMENTER, iidr) != IIDR_IMPLEMENTER_ARM)
		return;
	if (product == IIDR_PRODUCTID_MMU600) {
		/* 1076982: a completion event may be lost, up to r0p2 */
		if (variant == 0 && revision <= 2)
			f->sev = false;
		/* 1209401: nesting, before r2 */
		if (variant < 2)
			f->nested = false;
	} else if (product == IIDR_PRODUCTID_MMU700) {
		/*
		 * 2812531 and 2268618. The former also asks for a CMD_SYNC in
		 * every 64 commands, which cmdq.c gives to everybody.
		 */
		f->btm = false;
		f->nested = false;
	}
}

/**
 * smmu_features_decode() - decide what may be used of an SMMUv3
 * @id: ID registers as read
 * @hints: what firmware and the CPUs add
 * @f: filled in; zeroed first
 *
 * Any values give either a sound result or a refusal (I-59).
 *
 * Return: NULL, or why this driver cannot run the instance.
 */
const char *smmu_features_decode(const struct smmu_idregs *id, const struct smmu_hints *hints,
				 struct smmu_features *f)
{
	const char *why;

	*f = (struct smmu_features) {
		.page0_only = hints->page0_only,
		.no_prefetch = hints->no_prefetch,
		.range_tlbi = id->idr3 & IDR3_RIL,
		.bbml = min(FIELD_GET(IDR3_BBML, id->idr3), 2),
		.fwb = id->idr3 & IDR3_FWB,
	};

	why = decode_idr0(id->idr0, hints, f);
	if (!why)
		why = decode_idr1(id->idr1, f);
	if (!why)
		why = decode_idr5(id->idr5, FIELD_GET(IDR0_TTF, id->idr0) == IDR0_TTF_BOTH, f);
	if (why)
		return why;

	if (!f->stall)
		f->stall_max = 0;
	apply_errata(id->iidr, f);
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_features_decode);
