// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on demand.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "world.h"

/* I-19: each error, at each of a batch of commands. */
static void command_errors(void)
{
	unsigned int error, at, i;

	for (error = 1; error <= 3; error++)
		for (at = 1; at <= 6; at++) {
			bring_up(&everything);
			w.s.faults.cmd_error = error;
			w.s.faults.cmd_error_in = at;
			for (i = 0; i < 5; i++)
				cmd(0x10, 0);
			cmd_sync();
			/* an ATC fails at a sync alone */
			EXPECT_EQ(rd(0x9c), (error == 3 ? 5 : at - 1) | error << 24);
			EXPECT_EQ(rd(0x60), 1);
			wr(0x64, 1);
			EXPECT_EQ(rd(0x9c) & 0xfffff, 6);
			EXPECT_EQ(w.s.stats.faults, 1);
		}
	bring_up(&everything);
	w.s.faults.cmd_error = 2;
	w.s.faults.cmd_error_in = 1;
	w.s.faults.cmd_error_stays = true;
	cmd_sync();
	for (i = 0; i < 4; i++) {
		wr(0x64, rd(0x60));
		EXPECT_EQ(rd(0x9c), 2 << 24);
	}
	w.s.faults.cmd_error_in = 0;
	wr(0x64, rd(0x60));
	EXPECT_EQ(rd(0x9c) & 0xfffff, 1);
	/* of one kind, whatever comes before it */
	bring_up(&everything);
	w.s.faults.cmd_error = 1;
	w.s.faults.cmd_error_in = 1;
	w.s.faults.cmd_error_op = 0x11;
	cmd(0x10, 0);
	cmd(0x10, 0);
	cmd(0x11, 0);
	cmd_sync();
	EXPECT_EQ(rd(0x9c), 2 | 1 << 24);
}

/* I-22 */
static void interrupts(void)
{
	bring_up(&everything);
	w.s.faults.irq_lost = 1;
	dma(300, 0, false);
	EXPECT_EQ(w.irqs[IRQ_EVENTQ], 0);
	EXPECT_EQ(events(), 1);
	wr(0x100ac, 1);
	w.s.faults.irq_late = 1;
	dma(300, 0, false);
	EXPECT_EQ(w.irqs[IRQ_EVENTQ], 0);
	ssim_late_irqs(&w.s);
	EXPECT_EQ(w.irqs[IRQ_EVENTQ], 1);
	ssim_spurious_irq(&w.s, IRQ_GERROR);
	EXPECT_EQ(w.irqs[IRQ_GERROR], 1);
	EXPECT_EQ(rd(0x60), 0);
	w.s.faults.irq_lost = 1;
	cmd(0x1046, MSI_AT);
	EXPECT_EQ(peek(MSI_AT), 0);
	cmd(0x1046 | 7ull << 32, MSI_AT);
	EXPECT_EQ(peek(MSI_AT), 7);
}

/* I-60 */
static void deaf_registers(void)
{
	reset(&everything);
	w.s.faults.no_ack = true;
	wr(0x20, 0xf);
	EXPECT_EQ(rd(0x20), 0xf);
	EXPECT_EQ(rd(0x24), 0);
	wr(0x50, 7);
	EXPECT_EQ(rd(0x54), 0);
	wr(0x44, 0x80100000);
	EXPECT_EQ(rd(0x44), 0x80100000);
	wr(0x44, 0x80000000);			/* an update is under way: ignored */
	EXPECT_EQ(rd(0x44), 0x80100000);
	w.s.faults.no_ack = false;
	wr(0x20, 0xf);
	EXPECT_EQ(rd(0x24), 0xf);
	bring_up(&everything);
	w.s.faults.stuck = true;
	cmd_sync();
	EXPECT_EQ(rd(0x9c), 0);
	w.s.faults.stuck = false;
	ssim_cmdq_run(&w.s);
	EXPECT_EQ(rd(0x9c), 1);
}

/* I-60: a register moves only after it was looked at, and nothing happens before. */
static void slow_registers(void)
{
	unsigned int i;

	bring_up(&everything);
	w.s.faults.ack_reads = 3;
	wr(0x20, 0xe);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(dma(3, 0x1000, true).event, 4);	/* SMMUEN is 1: C_BAD_STE */
		EXPECT_EQ(rd(0x24), 0xf);
	}
	EXPECT_EQ(dma(3, 0x1000, true).outcome, OUT_OK);
	EXPECT_EQ(rd(0x24), 0xe);
	wr(0x50, 0);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(rd(0x54), 7);
	EXPECT_EQ(rd(0x54), 0);
	wr(0x44, 0x80100000);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(dma(3, 0x1000, true).outcome, OUT_OK);
		EXPECT_EQ(rd(0x44), 0x80100000);
	}
	EXPECT_EQ(dma(3, 0x1000, true).outcome, OUT_ABORT);
	EXPECT_EQ(rd(0x44), 0x100000);
	EXPECT_EQ(w.s.stats.faults, 3);
}

/* I-17: so many looks at CONS for each command. */
static void slow_commands(void)
{
	unsigned int i, n, at;

	for (n = 1; n < 4; n++) {
		bring_up(&everything);
		at = rd(0x9c);
		w.s.faults.cons_reads = n;
		cmd(0x10, 0);
		cmd(0x1046 | 9ull << 32, MSI_AT);
		for (i = 0; i < n; i++)
			EXPECT_EQ(rd(0x9c), at);
		EXPECT_EQ(peek(MSI_AT), 0);
		for (i = 0; i < n; i++)
			EXPECT_EQ(rd(0x9c), at + 1);
		EXPECT_EQ(peek(MSI_AT), 9);
		EXPECT_EQ(rd(0x9c), at + 2);
		w.s.faults.cons_reads = 0;
		for (i = 1; i < n; i++)
			rd(0x9c);
		cmd_sync();
		EXPECT_EQ(rd(0x9c), at + 3);
	}
}

static void aborted_fetches(void)
{
	static const struct {
		u64 at;
		unsigned int event;
	} t[] = {
		{ STRTAB_AT + 3 * 64, 3 }, { CDTAB_AT, 9 }, { TABLES_AT, 0xb },
		{ TABLES_AT + 0x1000, 0xb }, { TABLES_AT + 0x3008, 0xb },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		bring_up(&everything);
		simple_stream(3, 5);
		store(pte_at(0x1000), DATA_AT | 0xf43);
		w.s.faults.abort_at = t[i].at;
		w.s.faults.abort_size = 8;
		EXPECT_EQ(dma(3, 0x1000, true).event, t[i].event);
		w.s.faults.abort_size = 0;
		EXPECT_EQ(dma(3, 0x1000, true).outcome, OUT_OK);
	}
}

static void full_queues(void)
{
	u64 request[2] = { 5 | 1ull << 62 | 1ull << 60, 0x1003 };

	bring_up(&everything);
	w.s.faults.queues_full = true;
	dma(300, 0, false);
	EXPECT_EQ(rd(0x100a8), 1u << 31);
	EXPECT(!ssim_page_request(&w.s, request));
	EXPECT_EQ(rd(0x100c8), 1u << 31);
	EXPECT_EQ(w.resp.code, PRI_SUCCESS);
}

/* I-22: service failure mode. */
static void failure(void)
{
	bring_up(&everything);
	simple_stream(3, 5);
	store(pte_at(0x1000), DATA_AT | 0xf43);
	ssim_fail(&w.s);
	EXPECT_EQ(rd(0x60), 1 << 8);
	EXPECT_EQ(w.irqs[IRQ_GERROR], 1);
	EXPECT_EQ(dma(3, 0x1000, true).outcome, OUT_ABORT);
	EXPECT_EQ(events(), 0);
	cmd_sync();
	EXPECT(rd(0x9c) != w.prod);
	wr(0x64, 1 << 8);
	EXPECT(rd(0x9c) != w.prod);
}

void tests_faults(void)
{
	run("faults: command errors (I-19)", command_errors);
	run("faults: lost, late and spurious interrupts (I-22)", interrupts);
	run("faults: registers and queues that do not answer (I-60)", deaf_registers);
	run("faults: registers that move late (I-60)", slow_registers);
	run("faults: commands that run late (I-17)", slow_commands);
	run("faults: aborted fetches (I-22)", aborted_fetches);
	run("faults: queues that are full (I-21)", full_queues);
	run("faults: service failure mode (I-22)", failure);
}
