/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an SMMUv3 instance can do, decided once from its ID registers.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_FEATURES_H
#define SMMU_V3_FEATURES_H

#include <linux/types.h>

/* The ID registers as read: IHI 0070, 6.3.1 to 6.3.8. */
struct smmu_idregs {
	u32 idr0;
	u32 idr1;
	u32 idr3;
	u32 idr5;
	u32 iidr;
};

/**
 * struct smmu_hints - what firmware and the CPUs say beside the ID registers
 * @coherent: firmware says that the SMMU's own accesses are coherent
 * @httu: IORT's override of IDR0.HTTU, used where @httu_valid
 * @httu_valid: @httu comes from firmware and stands in place of the register
 * @page0_only: ThunderX2: the registers of page 1 are found in page 0
 * @no_prefetch: Hip06 and Hip07: CMD_PREFETCH_CFG must not be issued
 * @cpu_e2h: the kernel runs at EL2 with VHE
 * @cpu_big_endian: the kernel's tables are big-endian
 * @no_msi_polling: the administrator forbids completion by MSI
 */
struct smmu_hints {
	u8 httu;
	bool httu_valid;
	bool coherent;
	bool page0_only;
	bool no_prefetch;
	bool cpu_e2h;
	bool cpu_big_endian;
	bool no_msi_polling;
};

/**
 * struct smmu_features - the features that the driver may use
 * @pgsizes: bitmap of leaf sizes of all implemented granules
 * @ias: input address bits of stage 2, or intermediate address bits of stage 1
 * @va_bits: input address bits of stage 1
 * @oas: output address bits
 * @sid_bits: bits of a stream ID
 * @ssid_bits: bits of a substream ID, 0 where there are none
 * @asid_bits: 8 or 16
 * @vmid_bits: 8 or 16
 * @cmdq_shift: log2 of the most command queue entries
 * @eventq_shift: log2 of the most event queue entries
 * @priq_shift: log2 of the most PRI queue entries
 * @stall_max: how many transactions can be stalled at once
 * @bbml: IDR3.BBML, 0 to 2
 * @s1: stage 1 translates
 * @s2: stage 2 translates
 * @nested: both at once, and no erratum forbids it
 * @two_level_strtab: the stream table may have two levels
 * @two_level_cdtab: a context descriptor table may have two levels
 * @coherent: table, queue and structure accesses are coherent
 * @range_tlbi: range-based invalidation
 * @ats: address translation services
 * @pri: page request interface
 * @msi: the SMMU sends its interrupts as writes
 * @sev: CMD_SYNC can signal an event to the CPUs
 * @msi_polling: CMD_SYNC may complete by a write to memory
 * @stall: faults may stall
 * @stall_forced: faults of stage 1 always stall
 * @hyp: EL2 contexts exist, whose TLB entries a reset must drop
 * @e2h: streams run in the EL2-E2H regime
 * @btm: takes part in the CPUs' broadcast TLB maintenance
 * @ha: hardware sets the access flag
 * @hd: hardware tracks dirty state, coherently
 * @ds: 52-bit addresses with granules of 4K and 16K
 * @fwb: stage 2 can force memory types on what comes through it
 * @attr_override: memory attributes of bypassed streams can be overridden
 * @page0_only: see &struct smmu_hints
 * @no_prefetch: see &struct smmu_hints
 */
struct smmu_features {
	unsigned long pgsizes;
	u8 ias;
	u8 va_bits;
	u8 oas;
	u8 sid_bits;
	u8 ssid_bits;
	u8 asid_bits;
	u8 vmid_bits;
	u8 cmdq_shift;
	u8 eventq_shift;
	u8 priq_shift;
	u8 bbml;
	u16 stall_max;
	bool s1;
	bool s2;
	bool nested;
	bool two_level_strtab;
	bool two_level_cdtab;
	bool coherent;
	bool range_tlbi;
	bool ats;
	bool pri;
	bool msi;
	bool sev;
	bool msi_polling;
	bool stall;
	bool stall_forced;
	bool hyp;
	bool e2h;
	bool btm;
	bool ha;
	bool hd;
	bool ds;
	bool fwb;
	bool attr_override;
	bool page0_only;
	bool no_prefetch;
};

const char *smmu_features_decode(const struct smmu_idregs *id, const struct smmu_hints *hints,
				 struct smmu_features *f);

#endif /* SMMU_V3_FEATURES_H */
