/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The architecture as the model reads it: Arm IHI 0070 (registers, structures in
 * memory, commands, events, page requests) and DDI 0487 (descriptors).
 *
 * A second transcription, made from the specification apart from the driver's.
 * Positions are printed as the specification prints them: FLD(95, 94) is bits
 * [95:94] of the structure, whichever word that is.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SSIM_ARCH_H
#define SSIM_ARCH_H

#include "host.h"

/* A field: its highest and its lowest bit; or the only one. */
#define FLD_ONLY		0x80000000u
#define FLD(hi, lo)		((hi) << 16 | (lo))
#define FLD1(bit)		(FLD_ONLY | (bit))

static inline unsigned int fld_lowest(unsigned int f)
{
	return f & 0xffff;
}

static inline u64 fld_mask(unsigned int f)
{
	return f & FLD_ONLY ? 1 : ssim_ones((f >> 16) - fld_lowest(f) + 1);
}

/* The field of a structure of 64-bit words; no field crosses a word. */
static inline u64 fld(const u64 *words, unsigned int f)
{
	unsigned int lo = fld_lowest(f);

	return (words[lo / 64] >> (lo % 64)) & fld_mask(f);
}

static inline void fld_set(u64 *words, unsigned int f, u64 value)
{
	unsigned int lo = fld_lowest(f);
	u64 mask = fld_mask(f) << (lo % 64);

	words[lo / 64] = (words[lo / 64] & ~mask) | ((value << (lo % 64)) & mask);
}

/* The same of one word, such as a register. */
static inline u64 fld1(u64 word, unsigned int f)
{
	return fld(&word, f);
}

/* An address field in its place: the bits below it are zero. */
static inline u64 fld_addr(const u64 *words, unsigned int f, unsigned int lowest)
{
	return fld(words, f) << lowest;
}

/* 6.3: registers of page 0 */
enum ssim_reg {
	R_IDR0			= 0x00,
	R_IDR1			= 0x04,
	R_IDR2			= 0x08,
	R_IDR3			= 0x0c,
	R_IDR4			= 0x10,
	R_IDR5			= 0x14,
	R_IIDR			= 0x18,
	R_AIDR			= 0x1c,
	R_CR0			= 0x20,
	R_CR0ACK		= 0x24,
	R_CR1			= 0x28,
	R_CR2			= 0x2c,
	R_STATUSR		= 0x40,
	R_GBPA			= 0x44,
	R_AGBPA			= 0x48,
	R_IRQ_CTRL		= 0x50,
	R_IRQ_CTRLACK		= 0x54,
	R_GERROR		= 0x60,
	R_GERRORN		= 0x64,
	R_GERROR_IRQ_CFG0	= 0x68,
	R_GERROR_IRQ_CFG1	= 0x70,
	R_GERROR_IRQ_CFG2	= 0x74,
	R_STRTAB_BASE		= 0x80,
	R_STRTAB_BASE_CFG	= 0x88,
	R_CMDQ_BASE		= 0x90,
	R_CMDQ_PROD		= 0x98,
	R_CMDQ_CONS		= 0x9c,
	R_EVENTQ_BASE		= 0xa0,
	R_EVENTQ_IRQ_CFG0	= 0xb0,
	R_EVENTQ_IRQ_CFG1	= 0xb8,
	R_EVENTQ_IRQ_CFG2	= 0xbc,
	R_PRIQ_BASE		= 0xc0,
	R_PRIQ_IRQ_CFG0		= 0xd0,
	R_PRIQ_IRQ_CFG1		= 0xd8,
	R_PRIQ_IRQ_CFG2		= 0xdc,
	/* page 1 */
	R_EVENTQ_PROD		= 0x100a8,
	R_EVENTQ_CONS		= 0x100ac,
	R_PRIQ_PROD		= 0x100c8,
	R_PRIQ_CONS		= 0x100cc,
	R_SIZE			= 0x20000,
};

#define IDR0_S2P		FLD1(0)
#define IDR0_S1P		FLD1(1)
#define IDR0_TTF		FLD(3, 2)	/* bit 0: VMSAv8-32 LPAE, bit 1: VMSAv8-64 */
#define IDR0_COHACC		FLD1(4)
#define IDR0_BTM		FLD1(5)
#define IDR0_HTTU		FLD(7, 6)
#define IDR0_DORMHINT		FLD1(8)
#define IDR0_HYP		FLD1(9)
#define IDR0_ATS		FLD1(10)
#define IDR0_NS1ATS		FLD1(11)
#define IDR0_ASID16		FLD1(12)
#define IDR0_MSI		FLD1(13)
#define IDR0_SEV		FLD1(14)
#define IDR0_ATOS		FLD1(15)
#define IDR0_PRI		FLD1(16)
#define IDR0_VMW		FLD1(17)
#define IDR0_VMID16		FLD1(18)
#define IDR0_CD2L		FLD1(19)
#define IDR0_VATOS		FLD1(20)
#define IDR0_TTENDIAN		FLD(22, 21)	/* 0 mixed, 2 little, 3 big */
#define IDR0_ATSRECERR		FLD1(23)
#define IDR0_STALL_MODEL	FLD(25, 24)	/* 0 both, 1 terminate only, 2 stall only */
#define IDR0_TERM_MODEL		FLD1(26)	/* 1: aborts only, no RAZ/WI */
#define IDR0_ST_LEVEL		FLD(28, 27)

#define IDR1_SIDSIZE		FLD(5, 0)
#define IDR1_SSIDSIZE		FLD(10, 6)
#define IDR1_PRIQS		FLD(15, 11)
#define IDR1_EVENTQS		FLD(20, 16)
#define IDR1_CMDQS		FLD(25, 21)
#define IDR1_ATTR_PERMS_OVR	FLD1(26)
#define IDR1_ATTR_TYPES_OVR	FLD1(27)
#define IDR1_REL		FLD1(28)
#define IDR1_QUEUES_PRESET	FLD1(29)
#define IDR1_TABLES_PRESET	FLD1(30)

#define IDR2_BA_VATOS		FLD(9, 0)

#define IDR3_HAD		FLD1(2)
#define IDR3_PBHA		FLD1(3)
#define IDR3_XNX		FLD1(4)
#define IDR3_PPS		FLD1(5)
#define IDR3_MPAM		FLD1(7)
#define IDR3_FWB		FLD1(8)
#define IDR3_STT		FLD1(9)
#define IDR3_RIL		FLD1(10)
#define IDR3_BBML		FLD(12, 11)
#define IDR3_E0PD		FLD1(13)

#define IDR5_OAS		FLD(2, 0)
#define IDR5_GRAN4K		FLD1(4)
#define IDR5_GRAN16K		FLD1(5)
#define IDR5_GRAN64K		FLD1(6)
#define IDR5_DS			FLD1(7)
#define IDR5_VAX		FLD(11, 10)
#define IDR5_STALL_MAX		FLD(31, 16)

#define IIDR_IMPLEMENTER	FLD(11, 0)
#define IIDR_REVISION		FLD(15, 12)
#define IIDR_VARIANT		FLD(19, 16)
#define IIDR_PRODUCTID		FLD(31, 20)

#define AIDR_ARCHMINORREV	FLD(3, 0)
#define AIDR_ARCHMAJORREV	FLD(7, 4)

#define CR0_SMMUEN		FLD1(0)
#define CR0_PRIQEN		FLD1(1)
#define CR0_EVENTQEN		FLD1(2)
#define CR0_CMDQEN		FLD1(3)
#define CR0_ATSCHK		FLD1(4)
#define CR0_VMW			FLD(8, 6)
#define CR0_DEFINED		0x1dfu

#define CR1_QUEUES		0x03fu		/* attributes of queue accesses */
#define CR1_TABLES		0xfc0u		/* attributes of table accesses */

#define CR2_E2H			FLD1(0)
#define CR2_RECINVSID		FLD1(1)
#define CR2_PTM			FLD1(2)
#define CR2_DEFINED		0x7u

#define GBPA_ABORT		FLD1(20)
#define GBPA_UPDATE		FLD1(31)
#define GBPA_DEFINED		0x001f3f1fu	/* Update excepted */

#define IRQ_CTRL_GERROR		FLD1(0)
#define IRQ_CTRL_PRIQ		FLD1(1)
#define IRQ_CTRL_EVENTQ		FLD1(2)

/* Bit numbers of GERROR and GERRORN */
enum ssim_gerror {
	GERR_CMDQ	= 0,
	GERR_EVENTQ_ABT	= 2,
	GERR_PRIQ_ABT	= 3,
	GERR_MSI_CMDQ	= 4,
	GERR_MSI_EVENTQ	= 5,
	GERR_MSI_PRIQ	= 6,
	GERR_MSI_GERROR	= 7,
	GERR_SFM	= 8,
};

#define GERR_DEFINED		0x1fdu

#define IRQ_CFG0_ADDR		FLD(51, 2)
#define IRQ_CFG2_LO		FLD1(31)	/* PRIQ only: interrupt for Last alone */

#define STRTAB_BASE_ADDR	FLD(51, 6)
#define STRTAB_CFG_LOG2SIZE	FLD(5, 0)
#define STRTAB_CFG_SPLIT	FLD(10, 6)
#define STRTAB_CFG_FMT		FLD(17, 16)

#define Q_BASE_ADDR		FLD(51, 5)
#define Q_BASE_LOG2SIZE		FLD(4, 0)
#define Q_OVERFLOW		FLD1(31)	/* PROD: OVFLG, CONS: OVACKFLG */
#define CMDQ_CONS_ERR		FLD(30, 24)

/* 7.1: CMDQ_CONS.ERR */
enum ssim_cerror {
	CERR_NONE	= 0,
	CERR_ILL	= 1,
	CERR_ABT	= 2,
	CERR_ATC_INV	= 3,
};

/* 5.1: level 1 stream table descriptor */
#define L1STD_SPAN		FLD(4, 0)
#define L1STD_L2PTR		FLD(51, 6)

/* 5.2: stream table entry */
#define STE_V			FLD1(0)
#define STE_CONFIG		FLD(3, 1)
#define STE_S1FMT		FLD(5, 4)
#define STE_S1CONTEXTPTR	FLD(51, 6)
#define STE_S1CDMAX		FLD(63, 59)
#define STE_S1DSS		FLD(65, 64)
#define STE_S1CIR		FLD(67, 66)
#define STE_S1COR		FLD(69, 68)
#define STE_S1CSH		FLD(71, 70)
#define STE_DRE			FLD1(76)
#define STE_CONT		FLD(80, 77)
#define STE_DCP			FLD1(81)
#define STE_PPAR		FLD1(82)
#define STE_MEV			FLD1(83)
#define STE_S2FWB		FLD1(89)
#define STE_S1MPAM		FLD1(90)
#define STE_S1STALLD		FLD1(91)
#define STE_EATS		FLD(93, 92)
#define STE_STRW		FLD(95, 94)
#define STE_MEMATTR		FLD(99, 96)
#define STE_MTCFG		FLD1(100)
#define STE_ALLOCCFG		FLD(104, 101)
#define STE_SHCFG		FLD(109, 108)
#define STE_NSCFG		FLD(111, 110)
#define STE_PRIVCFG		FLD(113, 112)
#define STE_INSTCFG		FLD(115, 114)
#define STE_S2VMID		FLD(143, 128)
#define STE_S2T0SZ		FLD(165, 160)
#define STE_S2SL0		FLD(167, 166)
#define STE_S2IR0		FLD(169, 168)
#define STE_S2OR0		FLD(171, 170)
#define STE_S2SH0		FLD(173, 172)
#define STE_S2TG		FLD(175, 174)
#define STE_S2PS		FLD(178, 176)
#define STE_S2AA64		FLD1(179)
#define STE_S2ENDI		FLD1(180)
#define STE_S2AFFD		FLD1(181)
#define STE_S2PTW		FLD1(182)
#define STE_S2HD		FLD1(183)
#define STE_S2HA		FLD1(184)
#define STE_S2S			FLD1(185)
#define STE_S2R			FLD1(186)
#define STE_S2SL0_2		FLD1(194)
#define STE_S2DS		FLD1(195)
#define STE_S2TTB		FLD(243, 196)

#define STE_CONFIG_PASS		4u	/* bit 2: traffic passes; bit 0: stage 1, bit 1: stage 2 */
#define STE_CONFIG_S1		1u
#define STE_CONFIG_S2		2u

enum { S1FMT_LINEAR, S1FMT_4K, S1FMT_64K };
enum { S1DSS_TERMINATE, S1DSS_BYPASS, S1DSS_SSID0 };
enum { EATS_OFF, EATS_FULL, EATS_SPLIT };
enum { STRW_EL1, STRW_EL2 = 2 };
enum { OVERRIDE_NO, OVERRIDE_CLEAR = 2, OVERRIDE_SET };

/* 5.3: level 1 context descriptor */
#define L1CD_V			FLD1(0)
#define L1CD_L2PTR		FLD(51, 12)

/* 5.4: context descriptor */
#define CD_T0SZ			FLD(5, 0)
#define CD_TG0			FLD(7, 6)
#define CD_IR0			FLD(9, 8)
#define CD_OR0			FLD(11, 10)
#define CD_SH0			FLD(13, 12)
#define CD_EPD0			FLD1(14)
#define CD_ENDI			FLD1(15)
#define CD_T1SZ			FLD(21, 16)
#define CD_TG1			FLD(23, 22)
#define CD_IR1			FLD(25, 24)
#define CD_OR1			FLD(27, 26)
#define CD_SH1			FLD(29, 28)
#define CD_EPD1			FLD1(30)
#define CD_V			FLD1(31)
#define CD_IPS			FLD(34, 32)
#define CD_AFFD			FLD1(35)
#define CD_WXN			FLD1(36)
#define CD_UWXN			FLD1(37)
#define CD_TBI0			FLD1(38)
#define CD_TBI1			FLD1(39)
#define CD_PAN			FLD1(40)
#define CD_AA64			FLD1(41)
#define CD_HD			FLD1(42)
#define CD_HA			FLD1(43)
#define CD_S			FLD1(44)
#define CD_R			FLD1(45)
#define CD_A			FLD1(46)
#define CD_ASET			FLD1(47)
#define CD_ASID			FLD(63, 48)
#define CD_HAD0			FLD1(65)
#define CD_E0PD0		FLD1(66)
#define CD_TTB0			FLD(115, 68)
#define CD_HAD1			FLD1(129)
#define CD_E0PD1		FLD1(130)
#define CD_TTB1			FLD(179, 132)
#define CD_DS			FLD1(186)
#define CD_MAIR			FLD(255, 192)

/* 4.1: opcodes */
enum ssim_op {
	OP_PREFETCH_CONFIG	= 0x01,
	OP_PREFETCH_ADDR	= 0x02,
	OP_CFGI_STE		= 0x03,
	OP_CFGI_STE_RANGE	= 0x04,
	OP_CFGI_CD		= 0x05,
	OP_CFGI_CD_ALL		= 0x06,
	OP_CFGI_VMS_PIDM	= 0x07,
	OP_TLBI_NH_ALL		= 0x10,
	OP_TLBI_NH_ASID		= 0x11,
	OP_TLBI_NH_VA		= 0x12,
	OP_TLBI_NH_VAA		= 0x13,
	OP_TLBI_EL3_ALL		= 0x18,
	OP_TLBI_EL3_VA		= 0x1a,
	OP_TLBI_EL2_ALL		= 0x20,
	OP_TLBI_EL2_ASID	= 0x21,
	OP_TLBI_EL2_VA		= 0x22,
	OP_TLBI_EL2_VAA		= 0x23,
	OP_TLBI_S12_VMALL	= 0x28,
	OP_TLBI_S2_IPA		= 0x2a,
	OP_TLBI_NSNH_ALL	= 0x30,
	OP_ATC_INV		= 0x40,
	OP_PRI_RESP		= 0x41,
	OP_RESUME		= 0x44,
	OP_STALL_TERM		= 0x45,
	OP_SYNC			= 0x46,
};

#define CMD_OP			FLD(7, 0)
#define CMD_SSEC		FLD1(10)
#define CMD_SSV			FLD1(11)
#define CMD_SSID		FLD(31, 12)
#define CMD_SID			FLD(63, 32)
#define CMD_LEAF		FLD1(64)
#define CMD_STE_RANGE		FLD(68, 64)
#define CMD_PREFETCH_ADDR	FLD(127, 76)
#define CMD_TLBI_NUM		FLD(16, 12)
#define CMD_TLBI_SCALE		FLD(24, 20)
#define CMD_TLBI_SCALE_DS	FLD(25, 20)
#define CMD_TLBI_VMID		FLD(47, 32)
#define CMD_TLBI_ASID		FLD(63, 48)
#define CMD_TLBI_TTL		FLD(73, 72)
#define CMD_TLBI_TG		FLD(75, 74)
#define CMD_TLBI_ADDR		FLD(127, 76)
#define CMD_TLBI_IPA		FLD(115, 76)
#define CMD_ATC_GLOBAL		FLD1(9)
#define CMD_ATC_SIZE		FLD(69, 64)
#define CMD_ATC_ADDR		FLD(127, 76)
#define CMD_PRI_GROUP		FLD(72, 64)
#define CMD_PRI_CODE		FLD(77, 76)
#define CMD_RESUME_RETRY	FLD1(12)
#define CMD_RESUME_ABORT	FLD1(13)
#define CMD_RESUME_STAG		FLD(79, 64)
#define CMD_SYNC_CS		FLD(13, 12)
#define CMD_SYNC_MSIDATA	FLD(63, 32)
#define CMD_SYNC_MSIADDR	FLD(115, 66)

enum { SYNC_NONE, SYNC_IRQ, SYNC_SEV };
enum { PRI_FAILURE, PRI_INVALID, PRI_SUCCESS };

/* 7.3: event numbers */
enum ssim_event_type {
	EV_F_UUT		= 0x01,
	EV_C_BAD_STREAMID	= 0x02,
	EV_F_STE_FETCH		= 0x03,
	EV_C_BAD_STE		= 0x04,
	EV_F_BAD_ATS_TREQ	= 0x05,
	EV_F_STREAM_DISABLED	= 0x06,
	EV_F_TRANSL_FORBIDDEN	= 0x07,
	EV_C_BAD_SUBSTREAMID	= 0x08,
	EV_F_CD_FETCH		= 0x09,
	EV_C_BAD_CD		= 0x0a,
	EV_F_WALK_EABT		= 0x0b,
	EV_F_TRANSLATION	= 0x10,
	EV_F_ADDR_SIZE		= 0x11,
	EV_F_ACCESS		= 0x12,
	EV_F_PERMISSION		= 0x13,
	EV_F_TLB_CONFLICT	= 0x20,
	EV_F_CFG_CONFLICT	= 0x21,
	EV_E_PAGE_REQUEST	= 0x24,
	EV_F_VMS_FETCH		= 0x25,
};

#define EV_TYPE			FLD(7, 0)
#define EV_SSV			FLD1(11)
#define EV_SSID			FLD(31, 12)
#define EV_SID			FLD(63, 32)
#define EV_STAG			FLD(79, 64)
#define EV_STALL		FLD1(95)
#define EV_PNU			FLD1(97)
#define EV_IND			FLD1(98)
#define EV_RNW			FLD1(99)
#define EV_S2			FLD1(103)
#define EV_CLASS		FLD(105, 104)
#define EV_ADDR			FLD(191, 128)
#define EV_FETCH_ADDR		FLD(243, 195)
#define EV_IPA			FLD(243, 204)

enum ssim_class { CLASS_CD, CLASS_TT, CLASS_IN };

/* 8: page request record */
#define PRQ_SID			FLD(31, 0)
#define PRQ_SSID		FLD(51, 32)
#define PRQ_PRIV		FLD1(58)
#define PRQ_EXEC		FLD1(59)
#define PRQ_READ		FLD1(60)
#define PRQ_WRITE		FLD1(61)
#define PRQ_LAST		FLD1(62)
#define PRQ_SSV			FLD1(63)
#define PRQ_GROUP		FLD(72, 64)
#define PRQ_ADDR		FLD(127, 76)

/* DDI 0487 D8.3: VMSAv8-64 descriptors */
#define D_VALID			FLD1(0)
#define D_TABLE			FLD1(1)		/* at level 3: page */
#define D_ATTRINDX		FLD(4, 2)
#define D_S2_MEMATTR		FLD(5, 2)
#define D_AP			FLD(7, 6)	/* S2AP at stage 2 */
#define D_SH			FLD(9, 8)
#define D_OA_51_50		FLD(9, 8)	/* DS: in the place of SH */
#define D_AF			FLD1(10)
#define D_NG			FLD1(11)
#define D_OA_51_48		FLD(15, 12)	/* 64K and 52 bits */
#define D_NT			FLD1(16)
#define D_DBM			FLD1(51)
#define D_CONT			FLD1(52)
#define D_PXN			FLD1(53)
#define D_UXN			FLD1(54)
#define D_S2_XN			FLD(54, 53)
#define D_PXNTABLE		FLD1(59)
#define D_UXNTABLE		FLD1(60)
#define D_APTABLE		FLD(62, 61)

/* Address sizes of IDR5.OAS, CD.IPS and STE.S2PS; 7 is reserved. */
static inline unsigned int ssim_size_bits(unsigned int code)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48, 52, 52 };

	return bits[code & 7];
}

#endif /* SSIM_ARCH_H */
