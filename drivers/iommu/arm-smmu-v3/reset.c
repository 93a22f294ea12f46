// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bringing an instance up from any state: IHI 0070, 3.11 and 6.3.9.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/bitfield.h>
#include <linux/crash_dump.h>

#include "cmd.h"
#include "patience.h"
#include "smmu.h"

#define ACK_TIMEOUT_NS		NSEC_PER_SEC

/* Unlike iopoll.h it counts what a look takes, which is long where registers are emulated. */
static bool poll(struct smmu_device *smmu, u32 reg, u32 mask, u32 value, u32 *seen)
{
	struct smmu_patience patience = {};
	bool expired;

	do {
		/* Look at the clock first: whoever slept gets one more look. */
		expired = smmu_expired(&patience, ACK_TIMEOUT_NS);
		*seen = smmu_read(&smmu->io, reg);
		if ((*seen & mask) == value)
			return true;
		cpu_relax();
	} while (!expired);
	return false;
}

/**
 * smmu_write_acked() - write a control register and wait until it took effect
 * @smmu: the instance
 * @reg: offset of the register
 * @ack_reg: offset of the register that shows the value in effect
 * @value: what to write
 *
 * Context: any.
 *
 * Return: 0, or -ETIMEDOUT after a second without acknowledgment.
 */
int smmu_write_acked(struct smmu_device *smmu, u32 reg, u32 ack_reg, u32 value)
{
	u32 seen;

	smmu_write_release(&smmu->io, reg, value);
	if (poll(smmu, ack_reg, ~0, value, &seen))
		return 0;
	dev_err(smmu->dev, "register %#x shows %#x, not %#x, after a second\n", ack_reg, seen,
		value);
	return -ETIMEDOUT;
}

/* 6.3.14: the register is not written while it is being updated. */
static bool gbpa_is_settled(struct smmu_device *smmu, u32 *gbpa)
{
	if (poll(smmu, SMMU_GBPA, GBPA_UPDATE, 0, gbpa))
		return true;
	dev_err(smmu->dev, "SMMU_GBPA is busy for a second\n");
	return false;
}

/**
 * smmu_write_gbpa() - say what becomes of DMA while translation is off
 * @smmu: the instance
 * @gbpa: value of SMMU_GBPA
 *
 * Context: any.
 *
 * Return: 0, or -ETIMEDOUT when SMMU_GBPA stays busy.
 */
int smmu_write_gbpa(struct smmu_device *smmu, u32 gbpa)
{
	u32 seen;

	if (!gbpa_is_settled(smmu, &seen))
		return -ETIMEDOUT;
	smmu_write_release(&smmu->io, SMMU_GBPA, gbpa | GBPA_UPDATE);
	return gbpa_is_settled(smmu, &seen) ? 0 : -ETIMEDOUT;
}

/**
 * smmu_abort_untranslated() - let DMA abort while translation is off
 * @smmu: the instance
 *
 * Context: any.
 *
 * Return: as smmu_write_gbpa().
 */
int smmu_abort_untranslated(struct smmu_device *smmu)
{
	u32 gbpa;

	if (!gbpa_is_settled(smmu, &gbpa))
		return -ETIMEDOUT;
	return smmu_write_gbpa(smmu, gbpa | GBPA_ABORT);
}

/**
 * smmu_disable() - turn translation and all queues off
 * @smmu: the instance
 *
 * Context: any.
 *
 * Return: 0 or -ETIMEDOUT.
 */
int smmu_disable(struct smmu_device *smmu)
{
	return smmu_write_acked(smmu, SMMU_CR0, SMMU_CR0ACK, 0);
}

/* Errors of the past are nobody's any more: with no queue on, nothing follows from that (7.5). */
static void forget_errors(struct smmu_device *smmu)
{
	u32 gerror = smmu_read(&smmu->io, SMMU_GERROR);
	u32 pending = gerror ^ smmu_read(&smmu->io, SMMU_GERRORN);

	if (pending)
		dev_warn(smmu->dev, "found with errors that nobody has seen to: %#x%s\n", pending,
			 pending & GERROR_SFM ? "; it may be of no service until it is reset" : "");
	smmu_write(&smmu->io, SMMU_GERRORN, gerror);
}

/*
 * Found on: by a boot loader, or by a kernel that crashed with DMA in flight. What DMA
 * meets is the old tables, then GBPA, and never nothing: so GBPA comes first.
 */
static int stop_what_runs(struct smmu_device *smmu)
{
	int ret;

	if (smmu_read(&smmu->io, SMMU_CR0) & CR0_SMMUEN) {
		dev_warn(smmu->dev, "found enabled; its DMA aborts until masters are attached\n");
		ret = smmu_abort_untranslated(smmu);
		if (ret)
			return ret;
	}
	smmu->ours = true;
	/* Messages would go where the last kernel wanted them. */
	ret = smmu_disable(smmu) ?:
	      smmu_write_acked(smmu, SMMU_IRQ_CTRL, SMMU_IRQ_CTRLACK, 0);
	if (!ret)
		forget_errors(smmu);
	return ret;
}

/* 6.3.11: how the SMMU reads and writes what chapter 3.3 puts in memory. */
static void write_attributes(struct smmu_device *smmu)
{
	u32 cache = smmu->feat.coherent ? CR1_CACHE_WB : CR1_CACHE_NC;
	/* Of a crashed kernel's devices most have no stream here, and none is blocked for that. */
	u32 cr2 = is_kdump_kernel() ? 0 : CR2_RECINVSID;

	smmu_write(&smmu->io, SMMU_CR1,
		   FIELD_PREP(CR1_TABLE_SH, CR1_SH_ISH) | FIELD_PREP(CR1_TABLE_OC, cache) |
		   FIELD_PREP(CR1_TABLE_IC, cache) | FIELD_PREP(CR1_QUEUE_SH, CR1_SH_ISH) |
		   FIELD_PREP(CR1_QUEUE_OC, cache) | FIELD_PREP(CR1_QUEUE_IC, cache));

	/* Else all ASIDs are this driver's own: the CPUs' maintenance is not for them. */
	if (!smmu->btm)
		cr2 |= CR2_PTM;
	if (smmu->feat.e2h)
		cr2 |= CR2_E2H;
	smmu_write(&smmu->io, SMMU_CR2, cr2);
}

static void write_tables(struct smmu_device *smmu)
{
	smmu_write64(&smmu->io, SMMU_STRTAB_BASE,
		     STRTAB_BASE_RA | (smmu->strtab.dma & STRTAB_BASE_ADDR));
	smmu_write(&smmu->io, SMMU_STRTAB_BASE_CFG, smmu_strtab_cfg(smmu));

	smmu_cmdq_reset(&smmu->cmdq);
	smmu_write64(&smmu->io, SMMU_CMDQ_BASE,
		     smmu_queue_base(smmu->cmdq.slots_dma, smmu->cmdq.shift));
	smmu_write(&smmu->io, SMMU_CMDQ_PROD, 0);
	smmu_write(&smmu->io, SMMU_CMDQ_CONS, 0);
}

static void write_queue(struct smmu_device *smmu, struct smmu_queue *q, u32 base_reg)
{
	guard(mutex)(&q->lock);
	smmu_queue_reset(q);
	smmu_write64(&smmu->io, base_reg, smmu_queue_base(q->dma, q->shift));
	smmu_write(&smmu->io, q->prod_reg, 0);
	smmu_write(&smmu->io, q->cons_reg, 0);
}

/* Whatever is cached comes from another life: 3.21.2 wants it gone first. */
static int forget_everything(struct smmu_device *smmu)
{
	struct smmu_cmd cmds[3];
	unsigned int n = 0;
	int ret;

	smmu_cmdq_wake(&smmu->cmdq);
	cmds[n++] = cmd_cfgi_all();
	if (smmu->feat.hyp)
		cmds[n++] = cmd_make(OP_TLBI_EL2_ALL);
	cmds[n++] = cmd_make(OP_TLBI_NSNH_ALL);
	ret = smmu_cmdq_run(&smmu->cmdq, cmds, n);
	if (ret)
		dev_err(smmu->dev, "commands do not complete (%d)\n", ret);
	return ret;
}

static int enable(struct smmu_device *smmu, u32 *cr0, u32 bits)
{
	*cr0 |= bits;
	return smmu_write_acked(smmu, SMMU_CR0, SMMU_CR0ACK, *cr0);
}

/*
 * A crash kernel leaves event and PRI queue off: what still comes from the crashed
 * kernel's devices must not keep it busy. But where every fault stalls, nobody else
 * ends what waits, and what waits is in the way of others; and it cannot be a storm.
 */
static int enable_queues(struct smmu_device *smmu, u32 *cr0)
{
	bool crashed = is_kdump_kernel();
	int ret = 0;

	if (!crashed || smmu->feat.stall_forced)
		ret = enable(smmu, cr0, CR0_EVENTQEN);
	if (!ret && !crashed && smmu->feat.pri)
		ret = enable(smmu, cr0, CR0_PRIQEN);
	return ret;
}

/**
 * smmu_reset() - bring an instance from any state to translating
 * @smmu: instance with its tables and queues allocated
 *
 * Context: may sleep.
 *
 * Return: 0; -ETIMEDOUT, -EIO when the instance does not do as it is told.
 */
int smmu_reset(struct smmu_device *smmu)
{
	u32 cr0 = 0;
	int ret;

	ret = stop_what_runs(smmu);
	if (ret)
		return ret;
	write_attributes(smmu);
	write_tables(smmu);
	ret = enable(smmu, &cr0, CR0_CMDQEN) ?: forget_everything(smmu);
	if (ret)
		return ret;

	/* Written even if they stay off: empty is how they shall look. */
	write_queue(smmu, &smmu->evtq, SMMU_EVENTQ_BASE);
	if (smmu->feat.pri)
		write_queue(smmu, &smmu->priq, SMMU_PRIQ_BASE);
	ret = enable_queues(smmu, &cr0);
	/* Translated requests are checked against the STE, not believed (3.9.1). */
	if (!ret && smmu->feat.ats)
		ret = enable(smmu, &cr0, CR0_ATSCHK);
	if (!ret)
		ret = smmu_irq_setup(smmu);
	if (ret)
		return ret;

	smmu->strtab.live = true;
	return enable(smmu, &cr0, CR0_SMMUEN);
}
