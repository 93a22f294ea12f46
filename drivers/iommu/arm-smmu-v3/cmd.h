/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Encoders of SMMUv3 commands: IHI 0070, chapter 4. Pure: values in, 16 bytes
 * out, in CPU byte order.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_CMD_H
#define SMMU_V3_CMD_H

#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/log2.h>
#include <linux/minmax.h>

#include "structs.h"

static inline struct smmu_cmd cmd_make(u8 op)
{
	return (struct smmu_cmd) { .qw = { FIELD_PREP(CMD0_OP, op) } };
}

static inline struct smmu_cmd cmd_of_stream(u8 op, u32 sid)
{
	struct smmu_cmd c = cmd_make(op);

	c.qw[0] |= FIELD_PREP(CMD0_SID, sid);
	return c;
}

/* 4.3.1: the STE of one stream and whatever was cached because of it. */
static inline struct smmu_cmd cmd_cfgi_ste(u32 sid)
{
	struct smmu_cmd c = cmd_of_stream(OP_CFGI_STE, sid);

	c.qw[1] = CFGI1_LEAF;
	return c;
}

/* 4.3.1 with Leaf clear: the level 1 descriptor above it as well. */
static inline struct smmu_cmd cmd_cfgi_ste_and_l1(u32 sid)
{
	return cmd_of_stream(OP_CFGI_STE, sid);
}

/* 4.3.2: CFGI_STE_RANGE of everything is also known as CFGI_ALL. */
static inline struct smmu_cmd cmd_cfgi_all(void)
{
	struct smmu_cmd c = cmd_make(OP_CFGI_STE_RANGE);

	c.qw[1] = FIELD_PREP(CFGI1_RANGE, CFGI_RANGE_ALL);
	return c;
}

/* 4.3.3: leaf says that only the CD changed, not the table above it. */
static inline struct smmu_cmd cmd_cfgi_cd(u32 sid, u32 ssid, bool leaf)
{
	struct smmu_cmd c = cmd_of_stream(OP_CFGI_CD, sid);

	c.qw[0] |= FIELD_PREP(CMD0_SSID, ssid);
	c.qw[1] = leaf ? CFGI1_LEAF : 0;
	return c;
}

static inline struct smmu_cmd cmd_cfgi_cd_all(u32 sid)
{
	return cmd_of_stream(OP_CFGI_CD_ALL, sid);
}

/* 4.4: op is one of the TLBI opcodes without an address. */
static inline struct smmu_cmd cmd_tlbi(u8 op, u16 vmid, u16 asid)
{
	struct smmu_cmd c = cmd_make(op);

	c.qw[0] |= FIELD_PREP(TLBI0_VMID, vmid) | FIELD_PREP(TLBI0_ASID, asid);
	return c;
}

static inline struct smmu_cmd cmd_tlbi_addr(u8 op, u16 vmid, u16 asid, u64 addr, bool leaf)
{
	struct smmu_cmd c = cmd_tlbi(op, vmid, asid);

	c.qw[1] = (addr & TLBI1_ADDR) | (leaf ? TLBI1_LEAF : 0);
	return c;
}

/**
 * struct tlbi_range - what a range invalidation command says besides its tag
 * @tg: log2 of the granule: 12, 14 or 16
 * @scale: 0 to 31
 * @num: 1 to 32; (@num << @scale) granules are covered
 * @ttl: level of the leaf entries, 0 where unknown
 */
struct tlbi_range {
	u8 tg;
	u8 scale;
	u8 num;
	u8 ttl;
};

/* 4.4.1.1 Range-based invalidation and level hint */
static inline struct smmu_cmd cmd_tlbi_range(u8 op, u16 vmid, u16 asid, u64 addr, bool leaf,
					     struct tlbi_range r)
{
	struct smmu_cmd c = cmd_tlbi_addr(op, vmid, asid, addr, leaf);

	c.qw[0] |= FIELD_PREP(TLBI0_NUM, r.num - 1) | FIELD_PREP(TLBI0_SCALE, r.scale);
	c.qw[1] |= FIELD_PREP(TLBI1_TG, (r.tg - 10) / 2) | FIELD_PREP(TLBI1_TTL, r.ttl);
	return c;
}

/**
 * tlbi_range_next() - the largest command that starts a range
 * @pages: granules left to cover, not 0
 * @tg: log2 of the granule: 12, 14 or 16
 * @ttl: level of the leaf entries, 0 where unknown
 *
 * Takes the lowest five bits that are set, so that the rest of the range, a
 * multiple of what they count, needs the fewest further commands. The command
 * NUM = SCALE = TTL = 0 is reserved by the architecture; there two granules
 * are invalidated in place of one.
 *
 * Return: the command's range; it covers min(@pages, num << scale) of @pages.
 */
static inline struct tlbi_range tlbi_range_next(u64 pages, u8 tg, u8 ttl)
{
	unsigned int scale = min_t(unsigned int, __ffs64(pages), 31);
	u64 num = pages >> scale;
	struct tlbi_range r = { .tg = tg, .scale = scale, .ttl = ttl };

	num = scale < 31 ? num & 31 : min_t(u64, num, 32);
	if (num == 1 && !scale && !ttl)
		num = 2;
	r.num = num;
	return r;
}

/* 4.5.1: size is log2 of the number of 4K pages, ATC_SIZE_ALL for all. */
static inline struct smmu_cmd cmd_atc_inv(u32 sid, u32 ssid, bool ssv, u64 addr, u8 size)
{
	struct smmu_cmd c = cmd_of_stream(OP_ATC_INV, sid);

	c.qw[0] |= FIELD_PREP(CMD0_SSID, ssid) | (ssv ? CMD0_SSV : 0);
	c.qw[1] = (addr & ATC1_ADDR) | FIELD_PREP(ATC1_SIZE, size);
	return c;
}

/* All that was translated without a PASID, or with whichever (10.3.8 of PCIe). */
static inline struct smmu_cmd cmd_atc_inv_all(u32 sid, bool pasids)
{
	struct smmu_cmd c = cmd_atc_inv(sid, 0, pasids, 0, ATC_SIZE_ALL);

	c.qw[0] |= pasids ? ATC0_GLOBAL : 0;
	return c;
}

/**
 * atc_inv_span() - the smallest block an ATC invalidation can name
 * @first: first byte to invalidate
 * @last: last byte to invalidate, not below @first
 * @start: set to the block's address
 *
 * ATS invalidates naturally aligned powers of two of 4K pages (PCIe 10.2.3.2).
 *
 * Return: log2 of the block's 4K pages, ATC_SIZE_ALL at most.
 */
static inline u8 atc_inv_span(u64 first, u64 last, u64 *start)
{
	unsigned int size = fls64((first >> 12) ^ (last >> 12));

	if (size >= ATC_SIZE_ALL) {
		*start = 0;
		return ATC_SIZE_ALL;
	}
	*start = (first >> (12 + size)) << (12 + size);
	return size;
}

/* 4.5.2 */
static inline struct smmu_cmd cmd_pri_resp(u32 sid, u32 ssid, bool ssv, u16 prg, u8 resp)
{
	struct smmu_cmd c = cmd_of_stream(OP_PRI_RESP, sid);

	c.qw[0] |= FIELD_PREP(CMD0_SSID, ssid) | (ssv ? CMD0_SSV : 0);
	c.qw[1] = FIELD_PREP(PRI1_PRG, prg) | FIELD_PREP(PRI1_RESP, resp);
	return c;
}

/* 4.6.1: flags are RESUME0_AC (retry), RESUME0_AB (abort) or 0 (terminate). */
static inline struct smmu_cmd cmd_resume(u32 sid, u16 stag, u64 flags)
{
	struct smmu_cmd c = cmd_of_stream(OP_RESUME, sid);

	c.qw[0] |= flags;
	c.qw[1] = FIELD_PREP(RESUME1_STAG, stag);
	return c;
}

/* 4.6.2 */
static inline struct smmu_cmd cmd_stall_term(u32 sid)
{
	return cmd_of_stream(OP_STALL_TERM, sid);
}

/* 4.7.3: completion is seen by the consumer index alone. */
static inline struct smmu_cmd cmd_sync(void)
{
	return cmd_make(OP_SYNC);
}

/* 4.7.3 with an MSI: data is written to addr, which is inner shareable WB. */
static inline struct smmu_cmd cmd_sync_msi(u64 addr, u32 data)
{
	struct smmu_cmd c = cmd_make(OP_SYNC);

	c.qw[0] |= FIELD_PREP(SYNC0_CS, SYNC_CS_IRQ) | FIELD_PREP(SYNC0_MSH, STE_SH_ISH) |
		   FIELD_PREP(SYNC0_MSIATTR, SYNC_MSIATTR_OIWB) |
		   FIELD_PREP(SYNC0_MSIDATA, data);
	c.qw[1] = addr & SYNC1_MSIADDR;
	return c;
}

#endif /* SMMU_V3_CMD_H */
