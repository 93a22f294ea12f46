// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stream table entries and context descriptors field by field, for people: IHI 0070,
 * 5.2 and 5.4. A field is shown where the entry gives it a meaning.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/bitfield.h>
#include <linux/seq_file.h>

#include "fields.h"
#include "structs.h"

/**
 * enum field_when - which entries give a field a meaning
 * @ALWAYS: all
 * @LIVE: those that let DMA through
 * @STAGE1: those with stage 1
 * @STAGE2: those with stage 2
 */
enum field_when { ALWAYS, LIVE, STAGE1, STAGE2 };

/**
 * struct field - a field of an entry
 * @name: the architecture's
 * @word: the 64-bit word it is in
 * @when: where it means something
 * @address: it is shown in place, with zeroes below
 * @mask: its bits
 * @words: what its values mean, or NULL
 * @num: how many @words
 */
struct field {
	const char *name;
	u8 word;
	u8 when;
	bool address;
	u64 mask;
	const char * const *words;
	u8 num;
};

#define WORDS(...)					\
	.words = (const char * const []){ __VA_ARGS__ },	\
	.num = ARRAY_SIZE(((const char * const []){ __VA_ARGS__ }))

#define CACHED		"not cached", "write-back, allocating", "write-through", \
			"write-back, not allocating"
#define SHARED		"not shared", "reserved", "outer shareable", "inner shareable"
#define SIZES		"32 bits", "36 bits", "40 bits", "42 bits", "44 bits", "48 bits", "52 bits"
#define INCOMING(a, b)	"as it comes", "as it comes", a, b

static const struct field ste_fields[] = {
	{ "V", 0, ALWAYS, false, STE0_V, WORDS("not valid", "valid") },
	{ "Config", 0, ALWAYS, false, STE0_CONFIG,
	  WORDS("DMA aborts, silently", "reserved", "reserved", "reserved",
		"DMA passes untranslated", "stage 1 translates", "stage 2 translates",
		"both stages translate") },
	{ "S1Fmt", 0, STAGE1, false, STE0_S1FMT,
	  WORDS("one table", "two levels, leaves of 4K", "two levels, leaves of 64K") },
	{ "S1ContextPtr", 0, STAGE1, true, STE0_S1CONTEXTPTR },
	{ "S1CDMax", 0, STAGE1, false, STE0_S1CDMAX },
	{ "S1DSS", 1, STAGE1, false, STE1_S1DSS,
	  WORDS("DMA without a PASID aborts", "DMA without a PASID passes stage 1",
		"DMA without a PASID uses context 0") },
	{ "S1CIR", 1, STAGE1, false, STE1_S1CIR, WORDS(CACHED) },
	{ "S1COR", 1, STAGE1, false, STE1_S1COR, WORDS(CACHED) },
	{ "S1CSH", 1, STAGE1, false, STE1_S1CSH, WORDS(SHARED) },
	{ "MEV", 1, LIVE, false, STE1_MEV, WORDS("each event", "events may be merged") },
	{ "S2FWB", 1, STAGE2, false, STE1_S2FWB,
	  WORDS("stage 2 combines memory types", "stage 2 forces memory types") },
	{ "S1STALLD", 1, STAGE1, false, STE1_S1STALLD,
	  WORDS("faults may stall", "faults do not stall") },
	{ "EATS", 1, LIVE, false, STE1_EATS,
	  WORDS("ATS is refused", "ATS", "ATS of stage 1 alone") },
	{ "STRW", 1, STAGE1, false, STE1_STRW, WORDS("EL1", "reserved", "EL2") },
	{ "MemAttr", 1, LIVE, false, STE1_MEMATTR },
	{ "MTCFG", 1, LIVE, false, STE1_MTCFG, WORDS("memory type as it comes", "MemAttr") },
	{ "ALLOCCFG", 1, LIVE, false, STE1_ALLOCCFG },
	{ "SHCFG", 1, LIVE, false, STE1_SHCFG,
	  WORDS("not shared", "as it comes", "outer shareable", "inner shareable") },
	{ "NSCFG", 1, LIVE, false, STE1_NSCFG,
	  WORDS(INCOMING("secure", "not secure")) },
	{ "PRIVCFG", 1, LIVE, false, STE1_PRIVCFG,
	  WORDS(INCOMING("not privileged", "privileged")) },
	{ "INSTCFG", 1, LIVE, false, STE1_INSTCFG, WORDS(INCOMING("data", "instructions")) },
	{ "S2VMID", 2, LIVE, false, STE2_S2VMID },
	{ "S2T0SZ", 2, STAGE2, false, STE2_S2T0SZ },
	{ "S2SL0", 2, STAGE2, false, STE2_S2SL0 },
	{ "S2SL0_2", 3, STAGE2, false, STE3_S2SL0_2 },
	{ "S2IR0", 2, STAGE2, false, STE2_S2IR0, WORDS(CACHED) },
	{ "S2OR0", 2, STAGE2, false, STE2_S2OR0, WORDS(CACHED) },
	{ "S2SH0", 2, STAGE2, false, STE2_S2SH0, WORDS(SHARED) },
	{ "S2TG", 2, STAGE2, false, STE2_S2TG, WORDS("4K", "64K", "16K") },
	{ "S2PS", 2, STAGE2, false, STE2_S2PS, WORDS(SIZES) },
	{ "S2AA64", 2, STAGE2, false, STE2_S2AA64, WORDS("AArch32", "AArch64") },
	{ "S2ENDI", 2, STAGE2, false, STE2_S2ENDI, WORDS("little-endian", "big-endian") },
	{ "S2AFFD", 2, STAGE2, false, STE2_S2AFFD },
	{ "S2PTW", 2, STAGE2, false, STE2_S2PTW },
	{ "S2HA", 2, STAGE2, false, STE2_S2HA },
	{ "S2HD", 2, STAGE2, false, STE2_S2HD },
	{ "S2S", 2, STAGE2, false, STE2_S2S,
	  WORDS("faults of stage 2 do not stall", "faults of stage 2 stall") },
	{ "S2R", 2, STAGE2, false, STE2_S2R,
	  WORDS("faults of stage 2 are not recorded", "faults of stage 2 are recorded") },
	{ "S2DS", 3, STAGE2, false, STE3_S2DS },
	{ "S2TTB", 3, STAGE2, true, STE3_S2TTB },
};

static const struct field cd_fields[] = {
	{ "V", 0, ALWAYS, false, CD0_V, WORDS("not valid", "valid") },
	{ "T0SZ", 0, LIVE, false, CD0_T0SZ },
	{ "TG0", 0, LIVE, false, CD0_TG0, WORDS("4K", "64K", "16K") },
	{ "IR0", 0, LIVE, false, CD0_IR0, WORDS(CACHED) },
	{ "OR0", 0, LIVE, false, CD0_OR0, WORDS(CACHED) },
	{ "SH0", 0, LIVE, false, CD0_SH0, WORDS(SHARED) },
	{ "EPD0", 0, LIVE, false, CD0_EPD0,
	  WORDS("TTB0 is walked", "TTB0 is not walked: DMA aborts") },
	{ "ENDI", 0, LIVE, false, CD0_ENDI, WORDS("little-endian", "big-endian") },
	{ "EPD1", 0, LIVE, false, CD0_EPD1, WORDS("TTB1 is walked", "TTB1 is not walked") },
	{ "IPS", 0, LIVE, false, CD0_IPS, WORDS(SIZES) },
	{ "AFFD", 0, LIVE, false, CD0_AFFD },
	{ "TBI0", 0, LIVE, false, CD0_TBI0 },
	{ "AA64", 0, LIVE, false, CD0_AA64, WORDS("AArch32", "AArch64") },
	{ "HA", 0, LIVE, false, CD0_HA },
	{ "HD", 0, LIVE, false, CD0_HD },
	{ "S", 0, LIVE, false, CD0_S, WORDS("faults do not stall", "faults stall") },
	{ "R", 0, LIVE, false, CD0_R, WORDS("faults are not recorded", "faults are recorded") },
	{ "A", 0, LIVE, false, CD0_A, WORDS("faults read as zero", "faults abort") },
	{ "ASET", 0, LIVE, false, CD0_ASET,
	  WORDS("the CPUs' TLB maintenance counts", "the ASID is the driver's own") },
	{ "ASID", 0, LIVE, false, CD0_ASID },
	{ "TTB0", 1, LIVE, true, CD1_TTB0 },
	{ "DS", 2, LIVE, false, CD2_DS },
	{ "MAIR", 3, LIVE, true, ~0ULL },
};

static void show_field(struct seq_file *s, const struct field *f, const u64 *qw)
{
	u64 value = qw[f->word] & f->mask, number = value >> __ffs64(f->mask);

	seq_printf(s, "  %-13s %#llx", f->name, f->address ? value : number);
	if (number < f->num)
		seq_printf(s, "  %s", f->words[number]);
	seq_putc(s, '\n');
}

static void show_fields(struct seq_file *s, const struct field *f, unsigned int num,
			const u64 *qw, u8 meant)
{
	for (; num--; f++)
		if (meant & BIT(f->when))
			show_field(s, f, qw);
}

static u8 ste_meant(u64 qw)
{
	unsigned int config = FIELD_GET(STE0_CONFIG, qw);
	u8 meant = BIT(ALWAYS);

	if (!(qw & STE0_V) || !(config & STE_CONFIG_LIVE))
		return meant;
	meant |= BIT(LIVE);
	meant |= config & STE_CONFIG_HAS_S1 ? BIT(STAGE1) : 0;
	return meant | (config & STE_CONFIG_HAS_S2 ? BIT(STAGE2) : 0);
}

/**
 * smmu_show_ste() - write a stream table entry in words
 * @s: gets a line for each field
 * @qw: the entry in CPU byte order
 *
 * Context: any in which @s can be written to.
 */
void smmu_show_ste(struct seq_file *s, const u64 *qw)
{
	show_fields(s, ste_fields, ARRAY_SIZE(ste_fields), qw, ste_meant(qw[0]));
}
EXPORT_SYMBOL_IF_KUNIT(smmu_show_ste);

/**
 * smmu_show_cd() - write a context descriptor in words
 * @s: gets a line for each field
 * @qw: the descriptor in CPU byte order
 *
 * Context: any in which @s can be written to.
 */
void smmu_show_cd(struct seq_file *s, const u64 *qw)
{
	show_fields(s, cd_fields, ARRAY_SIZE(cd_fields), qw,
		    BIT(ALWAYS) | (qw[0] & CD0_V ? BIT(LIVE) : 0));
}
EXPORT_SYMBOL_IF_KUNIT(smmu_show_cd);
