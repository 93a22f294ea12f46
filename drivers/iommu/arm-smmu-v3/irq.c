// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: as messages where instance and platform have them, by wire
 * otherwise, one for all where the wires are joined.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/bitfield.h>
#include <linux/interrupt.h>
#include <linux/irqdesc.h>
#include <linux/msi.h>

#include "smmu.h"

/* 6.3.20, 6.3.28, 6.3.33: address, data and attributes of each message */
static const u32 vector_cfg0[VECTOR_NUM] = {
	[VECTOR_EVTQ]	= SMMU_EVENTQ_IRQ_CFG0,
	[VECTOR_GERROR]	= SMMU_GERROR_IRQ_CFG0,
	[VECTOR_PRIQ]	= SMMU_PRIQ_IRQ_CFG0,
};

#define IRQ_CFG1	8
#define IRQ_CFG2	12

static irqreturn_t evtq_thread(int irq, void *data)
{
	smmu_evtq_drain(data);
	return IRQ_HANDLED;
}

static irqreturn_t priq_thread(int irq, void *data)
{
	smmu_priq_drain(data);
	return IRQ_HANDLED;
}

static void gerror_report(struct smmu_device *smmu, u32 active)
{
	static const struct {
		u32 bit;
		const char *what;
	} reports[] = {
		{ GERROR_EVENTQ_ABT, "event queue memory cannot be written, events were lost" },
		{ GERROR_PRIQ_ABT, "PRI queue memory cannot be written, requests were lost" },
		{ GERROR_MSI_CMDQ_ABT, "a CMD_SYNC's message aborted, falling back to polling" },
		{ GERROR_MSI_EVENTQ_ABT, "an event interrupt's message aborted" },
		{ GERROR_MSI_PRIQ_ABT, "a PRI interrupt's message aborted" },
		{ GERROR_MSI_GERROR_ABT, "an error interrupt's message aborted" },
		{ GERROR_SFM, "entered service failure mode; it does nothing any more" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(reports); i++)
		if ((active & reports[i].bit) && __ratelimit(&smmu->log_limit))
			dev_err(smmu->dev, "%s\n", reports[i].what);
}

/*
 * 7.5: an error is pending while its bits in GERROR and GERRORN differ. The
 * command queue's bit is acknowledged by its own room, under the same lock.
 */
static irqreturn_t gerror_irq(int irq, void *data)
{
	struct smmu_device *smmu = data;
	unsigned long flags;
	u32 gerrorn, active;

	/* Others may share the wire. */
	if (READ_ONCE(smmu->cmdq.asleep))
		return IRQ_NONE;
	raw_spin_lock_irqsave(&smmu->cmdq.error_lock, flags);
	gerrorn = smmu_read(&smmu->io, SMMU_GERRORN);
	active = smmu_read(&smmu->io, SMMU_GERROR) ^ gerrorn;
	if (active & ~GERROR_CMDQ)
		smmu_write(&smmu->io, SMMU_GERRORN, gerrorn ^ (active & ~GERROR_CMDQ));
	raw_spin_unlock_irqrestore(&smmu->cmdq.error_lock, flags);

	if (!active)
		return IRQ_NONE;
	if (active & GERROR_SFM)
		smmu_cmdq_kill(&smmu->cmdq);
	gerror_report(smmu, active);
	if (active & GERROR_CMDQ)
		smmu_cmdq_handle_error(&smmu->cmdq);
	return IRQ_HANDLED;
}

/* On ThunderX2 one line stands for all and nothing says which. */
static irqreturn_t combined_irq(int irq, void *data)
{
	struct smmu_device *smmu = data;

	if (READ_ONCE(smmu->cmdq.asleep))
		return IRQ_NONE;
	gerror_irq(irq, data);
	return IRQ_WAKE_THREAD;
}

static irqreturn_t combined_thread(int irq, void *data)
{
	struct smmu_device *smmu = data;

	smmu_evtq_drain(smmu);
	if (smmu->feat.pri)
		smmu_priq_drain(smmu);
	return IRQ_HANDLED;
}

static void write_message(struct smmu_device *smmu, unsigned int vector)
{
	const struct smmu_message *m = &smmu->messages[vector];
	u32 cfg0 = vector_cfg0[vector];

	smmu_write64(&smmu->io, cfg0, m->doorbell & IRQ_CFG0_ADDR);
	smmu_write(&smmu->io, cfg0 + IRQ_CFG1, m->data);
	smmu_write(&smmu->io, cfg0 + IRQ_CFG2,
		   FIELD_PREP(IRQ_CFG2_MEMATTR, IRQ_CFG2_DEVICE_NGNRE));
}

static void write_msi_msg(struct msi_desc *desc, struct msi_msg *msg)
{
	struct smmu_device *smmu = dev_get_drvdata(msi_desc_to_dev(desc));

	smmu->messages[desc->msi_index] = (struct smmu_message) {
		.doorbell = (u64)msg->address_hi << 32 | msg->address_lo,
		.data = msg->data,
	};
	/* Written when it wakes, else. */
	if (!READ_ONCE(smmu->cmdq.asleep))
		write_message(smmu, desc->msi_index);
}

static void free_msis(void *data)
{
	platform_device_msi_free_irqs_all(data);
}

/* What each vector sends: nothing, by an address of 0, until it has a message. */
static void write_messages(struct smmu_device *smmu)
{
	unsigned int i, num = smmu->feat.pri ? VECTOR_NUM : VECTOR_PRIQ;

	for (i = 0; smmu->feat.msi && i < num; i++)
		write_message(smmu, i);
}

/* Messages in place of wires, where everything for them is there. */
static void setup_msis(struct smmu_device *smmu)
{
	unsigned int num = smmu->feat.pri ? VECTOR_NUM : VECTOR_PRIQ;
	struct device *dev = smmu->dev;

	if (!smmu->feat.msi)
		return;
	if (!dev->msi.domain) {
		dev_info(dev, "no MSI controller, using wired interrupts\n");
		return;
	}
	if (platform_device_msi_init_and_alloc_irqs(dev, num, write_msi_msg)) {
		dev_warn(dev, "no MSIs to be had, using wired interrupts\n");
		return;
	}
	smmu->evtq_irq = msi_get_virq(dev, VECTOR_EVTQ);
	smmu->gerr_irq = msi_get_virq(dev, VECTOR_GERROR);
	smmu->priq_irq = smmu->feat.pri ? msi_get_virq(dev, VECTOR_PRIQ) : 0;
	if (devm_add_action_or_reset(dev, free_msis, dev)) {
		smmu->evtq_irq = 0;
		smmu->gerr_irq = 0;
		smmu->priq_irq = 0;
		return;
	}
	smmu->msis = true;
}

static void request(struct smmu_device *smmu, int irq, irq_handler_t handler,
		    irq_handler_t thread, unsigned long flags, const char *name, const char *loss)
{
	int ret = -ENXIO;

	/* Firmware may name one that each CPU has for itself. */
	if (irq > 0 && !irq_is_percpu_devid(irq))
		ret = devm_request_threaded_irq(smmu->dev, irq, handler, thread, flags, name,
						smmu);
	if (ret)
		dev_err(smmu->dev, "no %s interrupt (%s, %d): %s\n", name, smmu_fw_name(smmu->dev),
			ret, loss);
}

static void request_all(struct smmu_device *smmu)
{
	if (smmu->combined_irq) {
		request(smmu, smmu->combined_irq, combined_irq, combined_thread,
			IRQF_SHARED | IRQF_ONESHOT, "arm-smmu-v3-combined",
			"faults and errors go unreported");
		return;
	}
	setup_msis(smmu);
	request(smmu, smmu->evtq_irq, NULL, evtq_thread, IRQF_ONESHOT,
		"arm-smmu-v3-evtq", "faults go unreported");
	request(smmu, smmu->gerr_irq, gerror_irq, NULL, 0, "arm-smmu-v3-gerror",
		"errors go unreported until somebody waits");
	if (smmu->feat.pri)
		request(smmu, smmu->priq_irq, NULL, priq_thread, IRQF_ONESHOT,
			"arm-smmu-v3-priq", "page requests go unanswered");
}

/**
 * smmu_irq_setup() - request interrupts and let the instance raise them
 * @smmu: instance with its queues enabled
 *
 * An interrupt that firmware lost costs reports, not service: it is logged
 * and the instance goes on. When the instance wakes up, it has them already.
 *
 * Context: may sleep.
 *
 * Return: 0, or -ETIMEDOUT when the instance does not acknowledge.
 */
int smmu_irq_setup(struct smmu_device *smmu)
{
	u32 enable = IRQ_CTRL_EVENTQ | IRQ_CTRL_GERROR | (smmu->feat.pri ? IRQ_CTRL_PRIQ : 0);
	int ret;

	ret = smmu_write_acked(smmu, SMMU_IRQ_CTRL, SMMU_IRQ_CTRLACK, 0);
	if (ret)
		return ret;

	write_messages(smmu);
	if (!smmu->irqs_requested)
		request_all(smmu);
	smmu->irqs_requested = true;
	return smmu_write_acked(smmu, SMMU_IRQ_CTRL, SMMU_IRQ_CTRLACK, enable);
}

/**
 * smmu_irq_sleep() - take interrupts from an instance that is about to sleep
 * @smmu: instance whose command queue sleeps
 *
 * From the return on nobody touches it because of an interrupt: whoever handles one, or
 * moves one to another CPU, has seen that it sleeps, or is waited for.
 *
 * Context: may sleep.
 *
 * Return: 0, or -ETIMEDOUT when the instance does not acknowledge.
 */
int smmu_irq_sleep(struct smmu_device *smmu)
{
	const int irqs[] = {
		smmu->combined_irq, smmu->evtq_irq, smmu->gerr_irq, smmu->priq_irq,
	};
	int ret = smmu_write_acked(smmu, SMMU_IRQ_CTRL, SMMU_IRQ_CTRLACK, 0);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(irqs); i++)
		if (irqs[i] > 0)
			synchronize_irq(irqs[i]);
	return ret;
}
