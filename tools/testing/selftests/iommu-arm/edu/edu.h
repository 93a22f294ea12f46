/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * QEMU's "edu" device as a master: it copies between its buffer of 4 KiB and an
 * address on the bus, and says nothing of errors.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef EDU_H
#define EDU_H

#include <linux/bits.h>
#include <linux/delay.h>
#include <linux/iopoll.h>
#include <linux/time64.h>

#define EDU_PCI_VENDOR		0x1234
#define EDU_PCI_DEVICE		0x11e8

#define EDU_ID			0x00
#define EDU_DMA_SRC		0x80
#define EDU_DMA_DST		0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_CMD		0x98
#define EDU_CMD_START		BIT(0)
#define EDU_CMD_TO_MEMORY	BIT(1)

/* Where the device's own buffer stands in its view of addresses. */
#define EDU_BUFFER		0x40000
#define EDU_BUFFER_SIZE		4096

/* What QEMU moves in one transaction where there is no mapping: one event. */
#define EDU_ONE_ACCESS		4

/* The device starts so long after the command; emulated CPUs may be slower. */
#define EDU_DELAY_MS		100
#define EDU_TIMEOUT_US		(10 * USEC_PER_SEC)

/* Between @bytes at the start of the device's buffer and the bus, one at a time. */
static inline int edu_copy_bus(void __iomem *regs, u64 address, size_t bytes, bool to_memory)
{
	u32 cmd;

	writeq(to_memory ? EDU_BUFFER : address, regs + EDU_DMA_SRC);
	writeq(to_memory ? address : EDU_BUFFER, regs + EDU_DMA_DST);
	writeq(bytes, regs + EDU_DMA_COUNT);
	writeq(EDU_CMD_START | (to_memory ? EDU_CMD_TO_MEMORY : 0), regs + EDU_DMA_CMD);
	msleep(EDU_DELAY_MS);
	return readl_poll_timeout(regs + EDU_DMA_CMD, cmd, !(cmd & EDU_CMD_START),
				  10 * USEC_PER_MSEC, EDU_TIMEOUT_US);
}

#endif /* EDU_H */
