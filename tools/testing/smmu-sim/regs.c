// SPDX-License-Identifier: GPL-2.0-only
/*
 * The register file, by offsets of IHI 0070 chapter 6.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"

static void id_registers(void)
{
	struct ssim_ids ids = { { 0x1, 0x22, 0x333, 0x4444, 0x55555, 0x666666 }, 0x43b, 0x2 };
	unsigned int i;

	reset(&ids);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(rd(i * 4), ids.idr[i]);
	EXPECT_EQ(rd(0x18), 0x43b);
	EXPECT_EQ(rd(0x1c), 2);
	wr(0x0, 0xffffffff);
	EXPECT_EQ(rd(0x0), 1);
}

static void acknowledged(void)
{
	reset(&everything);
	EXPECT_EQ(rd(0x24), 0);
	wr(0x20, 0x8);
	EXPECT_EQ(rd(0x24), 0x8);
	wr(0x20, 0xfffffe18);		/* reserved bits are ignored, and there is no VMW */
	EXPECT_EQ(rd(0x20), 0x18);
	wr(0x50, 0xff);
	EXPECT_EQ(rd(0x54), 7);
}

static void gbpa_update(void)
{
	struct ssim_txn txn = { .addr = 0x1234 };
	struct ssim_result result;

	reset(&everything);
	ssim_translate(&w.s, &txn, &result);
	EXPECT_EQ(result.outcome, OUT_OK);
	EXPECT_EQ(result.pa, 0x1234);
	wr(0x44, 0x100000);		/* without Update: ignored */
	EXPECT_EQ(rd(0x44) & 0x100000, 0);
	wr(0x44, 0x80100000);
	EXPECT_EQ(rd(0x44), 0x100000);
	ssim_translate(&w.s, &txn, &result);
	EXPECT_EQ(result.outcome, OUT_ABORT);
}

/* Bases may not change under a running SMMU, nor its own indexes. */
static void guarded(void)
{
	bring_up(&everything);
	wr8(0x80, 0x5000000);
	EXPECT_EQ(ssim_read(&w.s, 0x80, 8), STRTAB_AT);
	wr(0x88, 3);
	EXPECT_EQ(rd(0x88), 8);
	wr8(0x90, 0x5000000);
	EXPECT_EQ(ssim_read(&w.s, 0x90, 8), CMDQ_AT | 5);
	wr(0x9c, 3);
	EXPECT_EQ(rd(0x9c), 0);
	wr(0x100a8, 3);
	EXPECT_EQ(rd(0x100a8), 0);
	wr8(0xb0, 0xdead0000);		/* interrupts are on */
	EXPECT_EQ(rd(0xb0), 0);
	wr(0x2c, 0);
	EXPECT_EQ(rd(0x2c), 2);
	wr(0x28, 0xfff);
	EXPECT_EQ(rd(0x28), 0);
	wr(0x20, 0);
	wr(0x28, 0xfff);
	EXPECT_EQ(rd(0x28), 0xfff);
	wr(0x50, 0);
	wr8(0xb0, 0xdead0004);
	EXPECT_EQ(rd(0xb0), 0xdead0004);
	wr(0xb8, 77);
	EXPECT_EQ(rd(0xb8), 77);
	wr(0xdc, 0xffffffff);
	EXPECT_EQ(rd(0xdc), 0x8000003f);
	wr(0x90, 0x600000c);		/* halves of a 64-bit register */
	wr(0x94, 0x12);
	EXPECT_EQ(ssim_read(&w.s, 0x90, 8), 0x120600000cull);
}

static void gerror_toggles(void)
{
	bring_up(&everything);
	cmd(0xff, 0);			/* no such command */
	EXPECT_EQ(rd(0x60), 1);
	EXPECT_EQ(rd(0x64), 0);
	EXPECT_EQ(w.irqs[IRQ_GERROR], 1);
	wr(0x64, 0x1f0);		/* bits that are not active stay */
	EXPECT_EQ(rd(0x64), 0);
	poke(CMDQ_AT, 0x46);
	wr(0x64, 1);
	EXPECT_EQ(rd(0x60) ^ rd(0x64), 0);
	EXPECT_EQ(rd(0x9c) & 0xfffff, 1);
	w.prod = 1;
	cmd(0xff, 0);
	EXPECT_EQ(rd(0x60), 0);		/* it toggles back */
	EXPECT_EQ(rd(0x64), 1);
}

static void msi_and_wire(void)
{
	bring_up(&everything);
	dma(300, 0, false);		/* C_BAD_STREAMID */
	EXPECT_EQ(w.irqs[IRQ_EVENTQ], 1);
	wr(0x50, 0);
	wr8(0xb0, MSI_AT);
	wr(0xb8, 0x1234);
	wr(0x50, 7);
	dma(300, 0, false);		/* the queue was not empty */
	EXPECT_EQ((u32)peek(MSI_AT), 0);
	wr(0x100ac, rd(0x100a8));
	dma(300, 0, false);
	EXPECT_EQ((u32)peek(MSI_AT), 0x1234);
	EXPECT_EQ(w.irqs[IRQ_EVENTQ], 1);
	hole = MSI_AT;
	hole_size = 4;
	wr(0x100ac, rd(0x100a8));
	dma(300, 0, false);
	EXPECT_EQ(rd(0x60), 1 << 5);	/* MSI_EVENTQ_ABT_ERR */
	EXPECT_EQ(w.irqs[IRQ_GERROR], 1);
}

void tests_regs(void)
{
	run("regs: ID registers are what was asked for (I-59)", id_registers);
	run("regs: CR0 and IRQ_CTRL are acknowledged (I-60)", acknowledged);
	run("regs: GBPA changes by Update alone (I-60)", gbpa_update);
	run("regs: what runs may not be changed (I-60)", guarded);
	run("regs: GERROR toggles, GERRORN acknowledges (I-19)", gerror_toggles);
	run("regs: interrupts by message and by wire (I-22)", msi_and_wire);
}
