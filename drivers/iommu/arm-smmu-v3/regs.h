/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SMMUv3 register map, in the order of chapter 6 of Arm IHI 0070.
 *
 * Offsets are those of the architecture: page 0 starts at 0, page 1 at
 * 0x10000. mmio.h knows where a page really is on a given instance.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_REGS_H
#define SMMU_V3_REGS_H

#include <linux/bits.h>
#include <linux/sizes.h>

/* 6.1: what of each 64K page is the SMMU's; the PMCG lives above it. */
#define SMMU_PAGE_USED			0xe00
#define SMMU_PAGE1			SZ_64K

/* 6.3.1 SMMU_IDR0 */
#define SMMU_IDR0			0x000
#define IDR0_S2P			BIT(0)
#define IDR0_S1P			BIT(1)
#define IDR0_TTF			GENMASK(3, 2)
#define  IDR0_TTF_AARCH32		1
#define  IDR0_TTF_AARCH64		2
#define  IDR0_TTF_BOTH			3
#define IDR0_COHACC			BIT(4)
#define IDR0_BTM			BIT(5)
#define IDR0_HTTU			GENMASK(7, 6)
#define  IDR0_HTTU_AF			1
#define  IDR0_HTTU_AF_DIRTY		2
#define IDR0_HYP			BIT(9)
#define IDR0_ATS			BIT(10)
#define IDR0_ASID16			BIT(12)
#define IDR0_MSI			BIT(13)
#define IDR0_SEV			BIT(14)
#define IDR0_ATOS			BIT(15)
#define IDR0_PRI			BIT(16)
#define IDR0_VMID16			BIT(18)
#define IDR0_CD2L			BIT(19)
#define IDR0_TTENDIAN			GENMASK(22, 21)
#define  IDR0_TTENDIAN_MIXED		0
#define  IDR0_TTENDIAN_LITTLE		2
#define  IDR0_TTENDIAN_BIG		3
#define IDR0_STALL_MODEL		GENMASK(25, 24)
#define  IDR0_STALL_OPTIONAL		0
#define  IDR0_STALL_NEVER		1
#define  IDR0_STALL_FORCED		2
#define IDR0_TERM_MODEL			BIT(26)
#define IDR0_ST_LEVEL			GENMASK(28, 27)
#define  IDR0_ST_LEVEL_2		1

/* 6.3.2 SMMU_IDR1 */
#define SMMU_IDR1			0x004
#define IDR1_SIDSIZE			GENMASK(5, 0)
#define IDR1_SSIDSIZE			GENMASK(10, 6)
#define IDR1_PRIQS			GENMASK(15, 11)
#define IDR1_EVENTQS			GENMASK(20, 16)
#define IDR1_CMDQS			GENMASK(25, 21)
#define IDR1_ATTR_PERMS_OVR		BIT(26)
#define IDR1_ATTR_TYPES_OVR		BIT(27)
#define IDR1_REL			BIT(28)
#define IDR1_QUEUES_PRESET		BIT(29)
#define IDR1_TABLES_PRESET		BIT(30)

/* 6.3.4 SMMU_IDR3 */
#define SMMU_IDR3			0x00c
#define IDR3_HAD			BIT(2)
#define IDR3_XNX			BIT(4)
#define IDR3_FWB			BIT(8)
#define IDR3_RIL			BIT(10)
#define IDR3_BBML			GENMASK(12, 11)

/* 6.3.6 SMMU_IDR5 */
#define SMMU_IDR5			0x014
#define IDR5_OAS			GENMASK(2, 0)
#define IDR5_GRAN4K			BIT(4)
#define IDR5_GRAN16K			BIT(5)
#define IDR5_GRAN64K			BIT(6)
#define IDR5_DS				BIT(7)
#define IDR5_VAX			GENMASK(11, 10)
#define  IDR5_VAX_52			1
#define IDR5_STALL_MAX			GENMASK(31, 16)

/* 6.3.7 SMMU_IIDR, 6.3.8 SMMU_AIDR */
#define SMMU_IIDR			0x018
#define IIDR_IMPLEMENTER		GENMASK(11, 0)
#define  IIDR_IMPLEMENTER_ARM		0x43b
#define IIDR_REVISION			GENMASK(15, 12)
#define IIDR_VARIANT			GENMASK(19, 16)
#define IIDR_PRODUCTID			GENMASK(31, 20)
#define  IIDR_PRODUCTID_MMU600		0x483
#define  IIDR_PRODUCTID_MMU700		0x487
#define SMMU_AIDR			0x01c

/* 6.3.9 SMMU_CR0, SMMU_CR0ACK */
#define SMMU_CR0			0x020
#define SMMU_CR0ACK			0x024
#define CR0_SMMUEN			BIT(0)
#define CR0_PRIQEN			BIT(1)
#define CR0_EVENTQEN			BIT(2)
#define CR0_CMDQEN			BIT(3)
#define CR0_ATSCHK			BIT(4)

/* 6.3.11 SMMU_CR1 */
#define SMMU_CR1			0x028
#define CR1_QUEUE_IC			GENMASK(1, 0)
#define CR1_QUEUE_OC			GENMASK(3, 2)
#define CR1_QUEUE_SH			GENMASK(5, 4)
#define CR1_TABLE_IC			GENMASK(7, 6)
#define CR1_TABLE_OC			GENMASK(9, 8)
#define CR1_TABLE_SH			GENMASK(11, 10)
#define  CR1_CACHE_NC			0
#define  CR1_CACHE_WB			1
#define  CR1_SH_ISH			3

/* 6.3.12 SMMU_CR2 */
#define SMMU_CR2			0x02c
#define CR2_E2H				BIT(0)
#define CR2_RECINVSID			BIT(1)
#define CR2_PTM				BIT(2)

/* 6.3.14 SMMU_GBPA */
#define SMMU_GBPA			0x044
#define GBPA_ABORT			BIT(20)
#define GBPA_UPDATE			BIT(31)

/* 6.3.16 SMMU_IRQ_CTRL */
#define SMMU_IRQ_CTRL			0x050
#define SMMU_IRQ_CTRLACK		0x054
#define IRQ_CTRL_GERROR			BIT(0)
#define IRQ_CTRL_PRIQ			BIT(1)
#define IRQ_CTRL_EVENTQ			BIT(2)

/* 6.3.18 SMMU_GERROR */
#define SMMU_GERROR			0x060
#define SMMU_GERRORN			0x064
#define GERROR_CMDQ			BIT(0)
#define GERROR_EVENTQ_ABT		BIT(2)
#define GERROR_PRIQ_ABT			BIT(3)
#define GERROR_MSI_CMDQ_ABT		BIT(4)
#define GERROR_MSI_EVENTQ_ABT		BIT(5)
#define GERROR_MSI_PRIQ_ABT		BIT(6)
#define GERROR_MSI_GERROR_ABT		BIT(7)
#define GERROR_SFM			BIT(8)

/* 6.3.20 the interrupt configurations: 64-bit address, data, attributes */
#define SMMU_GERROR_IRQ_CFG0		0x068
#define SMMU_GERROR_IRQ_CFG1		0x070
#define SMMU_GERROR_IRQ_CFG2		0x074
#define IRQ_CFG0_ADDR			GENMASK_ULL(51, 2)
#define IRQ_CFG2_MEMATTR		GENMASK(3, 0)
#define  IRQ_CFG2_DEVICE_NGNRE		1
#define IRQ_CFG2_SH			GENMASK(5, 4)

/* 6.3.23 SMMU_STRTAB_BASE */
#define SMMU_STRTAB_BASE		0x080
#define STRTAB_BASE_ADDR		GENMASK_ULL(51, 6)
#define STRTAB_BASE_RA			BIT_ULL(62)
#define SMMU_STRTAB_BASE_CFG		0x088
#define STRTAB_CFG_LOG2SIZE		GENMASK(5, 0)
#define STRTAB_CFG_SPLIT		GENMASK(10, 6)
#define STRTAB_CFG_FMT			GENMASK(17, 16)
#define  STRTAB_CFG_FMT_LINEAR		0
#define  STRTAB_CFG_FMT_2LEVEL		1

/* 6.3.25 the queues; a base register holds size, address and a hint */
#define SMMU_CMDQ_BASE			0x090
#define SMMU_CMDQ_PROD			0x098
#define SMMU_CMDQ_CONS			0x09c
#define CMDQ_CONS_ERR			GENMASK(30, 24)
#define  CERROR_NONE			0
#define  CERROR_ILL			1
#define  CERROR_ABT			2
#define  CERROR_ATC_INV_SYNC		3

#define SMMU_EVENTQ_BASE		0x0a0
#define SMMU_EVENTQ_PROD		0x100a8
#define SMMU_EVENTQ_CONS		0x100ac
#define SMMU_EVENTQ_IRQ_CFG0		0x0b0
#define SMMU_EVENTQ_IRQ_CFG1		0x0b8
#define SMMU_EVENTQ_IRQ_CFG2		0x0bc

#define SMMU_PRIQ_BASE			0x0c0
#define SMMU_PRIQ_PROD			0x100c8
#define SMMU_PRIQ_CONS			0x100cc
#define SMMU_PRIQ_IRQ_CFG0		0x0d0
#define SMMU_PRIQ_IRQ_CFG1		0x0d8
#define SMMU_PRIQ_IRQ_CFG2		0x0dc

#define QUEUE_BASE_LOG2SIZE		GENMASK_ULL(4, 0)
#define QUEUE_BASE_ADDR			GENMASK_ULL(51, 5)
#define QUEUE_BASE_HINT			BIT_ULL(62)
/* OVFLG in a PROD register, OVACKFLG in a CONS register */
#define QUEUE_OVERFLOW			BIT(31)

#endif /* SMMU_V3_REGS_H */
