/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SMMUv3 in-memory structures: chapters 3.3, 4, 5, 7 and 8 of Arm IHI 0070.
 *
 * A field is named after its structure and 64-bit word: STE1_EATS lives in
 * qw[1] of an STE.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_STRUCTS_H
#define SMMU_V3_STRUCTS_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#define SMMU_ENTRY_QWORDS	8

/* 5.2 Stream table entry */
struct smmu_ste {
	__le64 qw[SMMU_ENTRY_QWORDS];
};

static_assert(sizeof(struct smmu_ste) == 64);

#define STE0_V			BIT_ULL(0)
#define STE0_CONFIG		GENMASK_ULL(3, 1)
#define  STE_CONFIG_ABORT	0
#define  STE_CONFIG_BYPASS	4
#define  STE_CONFIG_S1		5
#define  STE_CONFIG_S2		6
#define  STE_CONFIG_NESTED	7
/* the two low bits of a Config of 0b1xx say which stages translate */
#define  STE_CONFIG_HAS_S1	BIT(0)
#define  STE_CONFIG_HAS_S2	BIT(1)
#define  STE_CONFIG_LIVE	BIT(2)
#define STE0_S1FMT		GENMASK_ULL(5, 4)
#define  STE_S1FMT_LINEAR	0
#define  STE_S1FMT_4K_L2	1
#define  STE_S1FMT_64K_L2	2
#define STE0_S1CONTEXTPTR	GENMASK_ULL(51, 6)
#define STE0_S1CDMAX		GENMASK_ULL(63, 59)

#define STE1_S1DSS		GENMASK_ULL(1, 0)
#define  STE_S1DSS_TERMINATE	0
#define  STE_S1DSS_BYPASS	1
#define  STE_S1DSS_SSID0	2
#define STE1_S1CIR		GENMASK_ULL(3, 2)
#define STE1_S1COR		GENMASK_ULL(5, 4)
#define  STE_CACHE_NC		0
#define  STE_CACHE_WBRA		1
#define STE1_S1CSH		GENMASK_ULL(7, 6)
#define  STE_SH_NSH		0
#define  STE_SH_ISH		3
#define STE1_MEV		BIT_ULL(19)
#define STE1_S2FWB		BIT_ULL(25)
#define STE1_S1STALLD		BIT_ULL(27)
#define STE1_EATS		GENMASK_ULL(29, 28)
#define  STE_EATS_ABORT		0
#define  STE_EATS_FULL		1
#define  STE_EATS_SPLIT		2
#define STE1_STRW		GENMASK_ULL(31, 30)
#define  STE_STRW_NS_EL1	0
#define  STE_STRW_EL2		2
#define STE1_MEMATTR		GENMASK_ULL(35, 32)
#define STE1_MTCFG		BIT_ULL(36)
#define STE1_ALLOCCFG		GENMASK_ULL(40, 37)
#define STE1_SHCFG		GENMASK_ULL(45, 44)
#define  STE_SHCFG_INCOMING	1
#define STE1_NSCFG		GENMASK_ULL(47, 46)
#define STE1_PRIVCFG		GENMASK_ULL(49, 48)
#define STE1_INSTCFG		GENMASK_ULL(51, 50)

#define STE2_S2VMID		GENMASK_ULL(15, 0)
#define STE2_S2T0SZ		GENMASK_ULL(37, 32)
#define STE2_S2SL0		GENMASK_ULL(39, 38)
#define STE2_S2IR0		GENMASK_ULL(41, 40)
#define STE2_S2OR0		GENMASK_ULL(43, 42)
#define STE2_S2SH0		GENMASK_ULL(45, 44)
#define STE2_S2TG		GENMASK_ULL(47, 46)
#define STE2_S2PS		GENMASK_ULL(50, 48)
#define STE2_S2AA64		BIT_ULL(51)
#define STE2_S2ENDI		BIT_ULL(52)
#define STE2_S2AFFD		BIT_ULL(53)
#define STE2_S2PTW		BIT_ULL(54)
#define STE2_S2HD		BIT_ULL(55)
#define STE2_S2HA		BIT_ULL(56)
#define STE2_S2S		BIT_ULL(57)
#define STE2_S2R		BIT_ULL(58)
#define STE3_S2SL0_2		BIT_ULL(2)
#define STE3_S2DS		BIT_ULL(3)
#define STE3_S2TTB		GENMASK_ULL(51, 4)

/* 5.1 Level 1 stream table descriptor */
struct smmu_strtab_l1 {
	__le64 desc;
};

static_assert(sizeof(struct smmu_strtab_l1) == 8);

#define STL1_SPAN		GENMASK_ULL(4, 0)
#define STL1_L2PTR		GENMASK_ULL(51, 6)

/* 5.4 Context descriptor */
struct smmu_cd {
	__le64 qw[SMMU_ENTRY_QWORDS];
};

static_assert(sizeof(struct smmu_cd) == 64);

#define CD0_T0SZ		GENMASK_ULL(5, 0)
#define CD0_TG0			GENMASK_ULL(7, 6)
#define CD0_IR0			GENMASK_ULL(9, 8)
#define CD0_OR0			GENMASK_ULL(11, 10)
#define CD0_SH0			GENMASK_ULL(13, 12)
#define CD0_EPD0		BIT_ULL(14)
#define CD0_ENDI		BIT_ULL(15)
#define CD0_T1SZ		GENMASK_ULL(21, 16)
#define CD0_EPD1		BIT_ULL(30)
#define CD0_V			BIT_ULL(31)
#define CD0_IPS			GENMASK_ULL(34, 32)
#define CD0_AFFD		BIT_ULL(35)
#define CD0_TBI0		BIT_ULL(38)
#define CD0_AA64		BIT_ULL(41)
#define CD0_HD			BIT_ULL(42)
#define CD0_HA			BIT_ULL(43)
#define CD0_S			BIT_ULL(44)
#define CD0_R			BIT_ULL(45)
#define CD0_A			BIT_ULL(46)
#define CD0_ASET		BIT_ULL(47)
#define CD0_ASID		GENMASK_ULL(63, 48)
#define CD1_TTB0		GENMASK_ULL(51, 4)
/* The rest of qw[2] is of TTB1, unused since EPD1 is always set; qw[3] is MAIR */
#define CD2_DS			BIT_ULL(58)

/* 5.3 Level 1 context descriptor */
struct smmu_cdtab_l1 {
	__le64 desc;
};

static_assert(sizeof(struct smmu_cdtab_l1) == 8);

#define CDL1_V			BIT_ULL(0)
#define CDL1_L2PTR		GENMASK_ULL(51, 12)
/* log2 of the CDs in a leaf table of 4K (S1FMT 1) and of 64K (S1FMT 2) */
#define CDTAB_LEAF_4K		6
#define CDTAB_LEAF_64K		10

/* 4.1 Commands, in CPU byte order until they are put in the queue */
struct smmu_cmd {
	u64 qw[2];
};

static_assert(sizeof(struct smmu_cmd) == 16);

#define CMD0_OP			GENMASK_ULL(7, 0)
#define  OP_PREFETCH_CFG	0x01
#define  OP_PREFETCH_ADDR	0x02
#define  OP_CFGI_STE		0x03
#define  OP_CFGI_STE_RANGE	0x04
#define  OP_CFGI_CD		0x05
#define  OP_CFGI_CD_ALL		0x06
#define  OP_TLBI_NH_ALL		0x10
#define  OP_TLBI_NH_ASID	0x11
#define  OP_TLBI_NH_VA		0x12
#define  OP_TLBI_NH_VAA		0x13
#define  OP_TLBI_EL2_ALL	0x20
#define  OP_TLBI_EL2_ASID	0x21
#define  OP_TLBI_EL2_VA		0x22
#define  OP_TLBI_EL2_VAA	0x23
#define  OP_TLBI_S12_VMALL	0x28
#define  OP_TLBI_S2_IPA		0x2a
#define  OP_TLBI_NSNH_ALL	0x30
#define  OP_ATC_INV		0x40
#define  OP_PRI_RESP		0x41
#define  OP_RESUME		0x44
#define  OP_STALL_TERM		0x45
#define  OP_SYNC		0x46
#define CMD0_SSV		BIT_ULL(11)
#define CMD0_SSID		GENMASK_ULL(31, 12)
#define CMD0_SID		GENMASK_ULL(63, 32)

/* 4.3 configuration */
#define CFGI1_LEAF		BIT_ULL(0)
#define CFGI1_RANGE		GENMASK_ULL(4, 0)
#define  CFGI_RANGE_ALL		31

/* 4.4 TLB */
#define TLBI0_NUM		GENMASK_ULL(16, 12)
#define TLBI0_SCALE		GENMASK_ULL(24, 20)
#define TLBI0_VMID		GENMASK_ULL(47, 32)
#define TLBI0_ASID		GENMASK_ULL(63, 48)
#define TLBI1_LEAF		BIT_ULL(0)
#define TLBI1_TTL		GENMASK_ULL(9, 8)
#define TLBI1_TG		GENMASK_ULL(11, 10)
#define TLBI1_ADDR		GENMASK_ULL(63, 12)

/* 4.5 ATS and PRI */
#define ATC0_GLOBAL		BIT_ULL(9)
#define ATC1_SIZE		GENMASK_ULL(5, 0)
#define  ATC_SIZE_ALL		52
#define ATC1_ADDR		GENMASK_ULL(63, 12)
#define PRI1_PRG		GENMASK_ULL(8, 0)
#define PRI1_RESP		GENMASK_ULL(13, 12)
#define  PRI_RESP_DENY		0
#define  PRI_RESP_FAIL		1
#define  PRI_RESP_SUCCESS	2

/* 4.6, 4.7 */
#define RESUME0_AC		BIT_ULL(12)
#define RESUME0_AB		BIT_ULL(13)
#define RESUME1_STAG		GENMASK_ULL(15, 0)
#define SYNC0_CS		GENMASK_ULL(13, 12)
#define  SYNC_CS_NONE		0
#define  SYNC_CS_IRQ		1
#define  SYNC_CS_SEV		2
#define SYNC0_MSH		GENMASK_ULL(23, 22)
#define SYNC0_MSIATTR		GENMASK_ULL(27, 24)
#define  SYNC_MSIATTR_OIWB	0xf
#define SYNC0_MSIDATA		GENMASK_ULL(63, 32)
#define SYNC1_MSIADDR		GENMASK_ULL(51, 2)

/* 7.3 Event records, in CPU byte order once taken from the queue */
struct smmu_event {
	u64 qw[4];
};

static_assert(sizeof(struct smmu_event) == 32);

#define EVT0_ID			GENMASK_ULL(7, 0)
#define  EVT_F_UUT		0x01
#define  EVT_C_BAD_STREAMID	0x02
#define  EVT_F_STE_FETCH	0x03
#define  EVT_C_BAD_STE		0x04
#define  EVT_F_BAD_ATS_TREQ	0x05
#define  EVT_F_STREAM_DISABLED	0x06
#define  EVT_F_TRANSL_FORBIDDEN	0x07
#define  EVT_C_BAD_SUBSTREAMID	0x08
#define  EVT_F_CD_FETCH		0x09
#define  EVT_C_BAD_CD		0x0a
#define  EVT_F_WALK_EABT	0x0b
#define  EVT_F_TRANSLATION	0x10
#define  EVT_F_ADDR_SIZE	0x11
#define  EVT_F_ACCESS		0x12
#define  EVT_F_PERMISSION	0x13
#define  EVT_F_TLB_CONFLICT	0x20
#define  EVT_F_CFG_CONFLICT	0x21
#define  EVT_E_PAGE_REQUEST	0x24
#define  EVT_F_VMS_FETCH	0x25
#define EVT0_SSV		BIT_ULL(11)
#define EVT0_SSID		GENMASK_ULL(31, 12)
#define EVT0_SID		GENMASK_ULL(63, 32)
#define EVT1_STAG		GENMASK_ULL(15, 0)
#define EVT1_STALL		BIT_ULL(31)
#define EVT1_PNU		BIT_ULL(33)
#define EVT1_IND		BIT_ULL(34)
#define EVT1_RNW		BIT_ULL(35)
#define EVT1_S2			BIT_ULL(39)
#define EVT1_CLASS		GENMASK_ULL(41, 40)
#define  EVT_CLASS_CD		0
#define  EVT_CLASS_TT		1
#define  EVT_CLASS_IN		2
/* qw[2] is the input address */
#define EVT3_IPA		GENMASK_ULL(51, 12)
#define EVT3_FETCHADDR		GENMASK_ULL(51, 3)

/* 8.1 PRI queue entries */
struct smmu_ppr {
	u64 qw[2];
};

static_assert(sizeof(struct smmu_ppr) == 16);

#define PPR0_SID		GENMASK_ULL(31, 0)
#define PPR0_SSID		GENMASK_ULL(51, 32)
#define PPR0_PRIV		BIT_ULL(58)
#define PPR0_EXEC		BIT_ULL(59)
#define PPR0_READ		BIT_ULL(60)
#define PPR0_WRITE		BIT_ULL(61)
#define PPR0_LAST		BIT_ULL(62)
#define PPR0_SSV		BIT_ULL(63)
#define PPR1_PRG		GENMASK_ULL(8, 0)
#define PPR1_ADDR		GENMASK_ULL(63, 12)

#endif /* SMMU_V3_STRUCTS_H */
