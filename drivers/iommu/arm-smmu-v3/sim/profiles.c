// SPDX-License-Identifier: GPL-2.0-only
/*
 * ID registers by the names of their fields, and those of known SMMUs.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "sim.h"

enum { REG_IDR0, REG_IDR1, REG_IDR2, REG_IDR3, REG_IDR4, REG_IDR5, REG_IIDR, REG_AIDR };

struct field {
	const char *name;
	u8 reg;
	u32 bits;
};

static const struct field fields[] = {
#define FIELD(r, f)	{ #r "." #f, REG_##r, r##_##f },
#define REGISTER(r)	{ #r, REG_##r, FLD(31, 0) },
#include "fields.def"
};

struct profile {
	const char *name;
	struct ssim_ids ids;
};

/* A field's value in its place. */
#define V(field, value)	((u32)(value) << ((field) & 0xffff))
#define Y(field)	V(field, 1)

#define QUEUES(cmdq, evtq, priq) \
	(V(IDR1_CMDQS, cmdq) | V(IDR1_EVENTQS, evtq) | V(IDR1_PRIQS, priq))
#define STREAMS(sid, ssid)	(V(IDR1_SIDSIZE, sid) | V(IDR1_SSIDSIZE, ssid))
#define OVERRIDES	(Y(IDR1_ATTR_PERMS_OVR) | Y(IDR1_ATTR_TYPES_OVR))
#define ALL_GRANULES	(Y(IDR5_GRAN4K) | Y(IDR5_GRAN16K) | Y(IDR5_GRAN64K))
#define BOTH_STAGES	(Y(IDR0_S2P) | Y(IDR0_S1P))
#define PCI_FEATURES	(Y(IDR0_ATS) | Y(IDR0_PRI))
#define WIDE_TAGS	(Y(IDR0_ASID16) | Y(IDR0_VMID16))
#define BIG_TABLES	(Y(IDR0_CD2L) | V(IDR0_ST_LEVEL, 1))
#define PRODUCT(id, variant, revision) \
	(V(IIDR_PRODUCTID, id) | V(IIDR_VARIANT, variant) | V(IIDR_REVISION, revision) | \
	 V(IIDR_IMPLEMENTER, 0x43b))

/*
 * Arm's technical reference manual 100310. What a system ties off is as it is in
 * a coherent one; queues, STALL_MAX and r2p2 as Intel's Agilex 5 has them.
 */
#define MMU600 { \
	.idr[0] = BOTH_STAGES | V(IDR0_TTF, 3) | Y(IDR0_COHACC) | Y(IDR0_BTM) | Y(IDR0_HYP) | \
		  PCI_FEATURES | Y(IDR0_NS1ATS) | WIDE_TAGS | Y(IDR0_MSI) | Y(IDR0_SEV) | \
		  Y(IDR0_VMW) | BIG_TABLES, \
	.idr[1] = STREAMS(24, 20) | QUEUES(19, 19, 19) | OVERRIDES, \
	.idr[3] = Y(IDR3_HAD) | Y(IDR3_PBHA) | Y(IDR3_XNX) | Y(IDR3_PPS), \
	.idr[5] = V(IDR5_OAS, 5) | ALL_GRANULES | V(IDR5_STALL_MAX, 64), \
	.iidr = PRODUCT(0x483, 2, 2), \
	.aidr = V(AIDR_ARCHMINORREV, 1), \
}

/*
 * An SMMUv3.2. Sure: the product, both stages, ATS, PRI, PASIDs of 20 bits, ranges.
 * In doubt, since the manual (101542) was not at hand: TTF, HTTU, BBML, VAX, the
 * sizes of queues, STALL_MAX; r1p0 is one revision among several.
 */
#define MMU700(oas, vax) { \
	.idr[0] = BOTH_STAGES | V(IDR0_TTF, 2) | Y(IDR0_COHACC) | Y(IDR0_BTM) | \
		  V(IDR0_HTTU, 2) | Y(IDR0_HYP) | PCI_FEATURES | WIDE_TAGS | Y(IDR0_MSI) | \
		  Y(IDR0_SEV) | Y(IDR0_VMW) | BIG_TABLES, \
	.idr[1] = STREAMS(24, 20) | QUEUES(19, 19, 19) | OVERRIDES, \
	.idr[3] = Y(IDR3_HAD) | Y(IDR3_PBHA) | Y(IDR3_XNX) | Y(IDR3_PPS) | Y(IDR3_MPAM) | \
		  Y(IDR3_FWB) | Y(IDR3_STT) | Y(IDR3_RIL) | V(IDR3_BBML, 2), \
	.idr[5] = V(IDR5_OAS, oas) | ALL_GRANULES | V(IDR5_VAX, vax) | V(IDR5_STALL_MAX, 64), \
	.iidr = PRODUCT(0x487, 1, 0), \
	.aidr = V(AIDR_ARCHMINORREV, 2), \
}

static const struct profile profiles[] = {
	/* All that the model does; queues short enough to overflow. */
	{ "everything", {
		.idr[0] = BOTH_STAGES | V(IDR0_TTF, 2) | Y(IDR0_COHACC) | Y(IDR0_BTM) |
			  V(IDR0_HTTU, 2) | Y(IDR0_HYP) | PCI_FEATURES | WIDE_TAGS | Y(IDR0_MSI) |
			  Y(IDR0_SEV) | BIG_TABLES,
		.idr[1] = STREAMS(24, 20) | QUEUES(8, 8, 8) | OVERRIDES,
		.idr[3] = Y(IDR3_HAD) | Y(IDR3_XNX) | Y(IDR3_PPS) | Y(IDR3_FWB) | Y(IDR3_STT) |
			  Y(IDR3_RIL) | V(IDR3_BBML, 2) | Y(IDR3_E0PD),
		.idr[5] = V(IDR5_OAS, 6) | ALL_GRANULES | Y(IDR5_DS) | V(IDR5_VAX, 1) |
			  V(IDR5_STALL_MAX, SSIM_STALLS),
		.aidr = V(AIDR_ARCHMINORREV, 2),
	} },
	{ "mmu600", MMU600 },
	{ "mmu700", MMU700(6, 1) },
	/* What stands beside these cores is an MMU-700; Grace says 48 bits. */
	{ "neoverse-v2", MMU700(5, 0) },
	/* QEMU 10.0's virt machine, read from it; AIDR, which drivers leave alone, by its source */
	{ "qemu", {
		.idr[0] = BOTH_STAGES | V(IDR0_TTF, 2) | Y(IDR0_COHACC) | WIDE_TAGS |
			  V(IDR0_TTENDIAN, 2) | V(IDR0_STALL_MODEL, 1) | Y(IDR0_TERM_MODEL) |
			  V(IDR0_ST_LEVEL, 1),
		.idr[1] = STREAMS(16, 0) | QUEUES(19, 19, 0),
		.idr[3] = Y(IDR3_HAD) | Y(IDR3_XNX) | Y(IDR3_RIL) | V(IDR3_BBML, 2),
		.idr[5] = V(IDR5_OAS, 4) | ALL_GRANULES,
		.aidr = V(AIDR_ARCHMINORREV, 1),
	} },
	/*
	 * One stage, one granule, linear tables, wires, no coherency, 32 bits. The
	 * sizes could be smaller still: streams for one PCI bus, queues that hold a
	 * command and its CMD_SYNC.
	 */
	{ "minimal", {
		.idr[0] = Y(IDR0_S1P) | V(IDR0_TTF, 2) | V(IDR0_TTENDIAN, 2) |
			  V(IDR0_STALL_MODEL, 1) | Y(IDR0_TERM_MODEL),
		.idr[1] = STREAMS(8, 0) | QUEUES(1, 1, 0),
		.idr[5] = Y(IDR5_GRAN4K),
	} },
};

/**
 * sim_profile_name() - name of a known SMMU
 * @i: from 0; the first is the default
 *
 * Return: its name, or NULL behind the last.
 */
const char *sim_profile_name(unsigned int i)
{
	return i < ARRAY_SIZE(profiles) ? profiles[i].name : NULL;
}
EXPORT_SYMBOL_IF_KUNIT(sim_profile_name);

/**
 * sim_profile() - ID registers of a known SMMU
 * @name: as sim_profile_name() gives it
 * @ids: filled in
 *
 * Return: whether there is such a profile; @ids is left alone if not.
 */
bool sim_profile(const char *name, struct ssim_ids *ids)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(profiles); i++) {
		if (strcmp(name, profiles[i].name))
			continue;
		*ids = profiles[i].ids;
		return true;
	}
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(sim_profile);

/**
 * sim_field_count() - number of fields and registers that have a name
 *
 * Whole registers are the last ones, and have no dot in their name.
 */
unsigned int sim_field_count(void)
{
	return ARRAY_SIZE(fields);
}
EXPORT_SYMBOL_IF_KUNIT(sim_field_count);

/**
 * sim_field_name() - architectural name of a field
 * @i: below sim_field_count()
 *
 * Return: a name like "IDR0.S1P" or, of a whole register, "IDR0".
 */
const char *sim_field_name(unsigned int i)
{
	return fields[i].name;
}
EXPORT_SYMBOL_IF_KUNIT(sim_field_name);

/**
 * sim_field_find() - a field by its name
 * @name: architectural name, in any case of letters
 *
 * Return: its index, or -ENOENT.
 */
int sim_field_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (!strcasecmp(name, fields[i].name))
			return i;
	return -ENOENT;
}
EXPORT_SYMBOL_IF_KUNIT(sim_field_find);

static u32 id_reg(const struct ssim_ids *ids, unsigned int reg)
{
	switch (reg) {
	case REG_IIDR:
		return ids->iidr;
	case REG_AIDR:
		return ids->aidr;
	}
	return ids->idr[reg];
}

static void set_id_reg(struct ssim_ids *ids, unsigned int reg, u32 value)
{
	switch (reg) {
	case REG_IIDR:
		ids->iidr = value;
		break;
	case REG_AIDR:
		ids->aidr = value;
		break;
	default:
		ids->idr[reg] = value;
	}
}

/**
 * sim_field_get() - value of a field
 * @ids: registers
 * @i: below sim_field_count()
 */
u32 sim_field_get(const struct ssim_ids *ids, unsigned int i)
{
	return fld1(id_reg(ids, fields[i].reg), fields[i].bits);
}
EXPORT_SYMBOL_IF_KUNIT(sim_field_get);

/**
 * sim_field_set() - change a field, and no other
 * @ids: registers
 * @i: below sim_field_count()
 * @value: new value
 *
 * Return: 0, or -ERANGE if the field is too narrow for the value.
 */
int sim_field_set(struct ssim_ids *ids, unsigned int i, u32 value)
{
	u64 word;

	if (value > fld_mask(fields[i].bits))
		return -ERANGE;
	word = id_reg(ids, fields[i].reg);
	fld_set(&word, fields[i].bits, value);
	set_id_reg(ids, fields[i].reg, word);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(sim_field_set);
