// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two SMMUs with a master each. Events are read where the SMMU wrote them, so
 * that what the driver makes of them, or leaves out, has no part in it.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/platform_device.h>
#include <linux/vmalloc.h>

#include "diff.h"
#include "iommu-priv.h"
#include "queue.h"
#include "sim.h"

static int make_domains(struct diff_side *side)
{
	unsigned int i;

	side->group = iommu_group_get(side->dev);
	if (!side->group)
		return -ENODEV;
	side->sid = dev_iommu_fwspec_get(side->dev)->ids[0];
	for (i = 0; i < DIFF_DOMAINS; i++) {
		struct iommu_domain *domain = iommu_paging_domain_alloc(side->dev);

		if (IS_ERR(domain))
			return PTR_ERR(domain);
		side->domains[i] = domain;
	}
	return 0;
}

static void free_domains(struct diff_side *side)
{
	unsigned int i;

	if (!side->group)
		return;
	if (side->domains[0])
		iommu_detach_group_handle(side->domains[0], side->group);
	for (i = 0; i < DIFF_DOMAINS; i++)
		if (side->domains[i])
			iommu_domain_free(side->domains[i]);
	iommu_group_put(side->group);
}

/**
 * diff_move() - let a master's stream go elsewhere
 * @side: whose
 * @where: a domain, nowhere, or through
 *
 * Return: 0 or an error.
 */
int diff_move(struct diff_side *side, enum diff_where where)
{
	const struct iommu_ops *ops = dev_iommu_ops(side->dev);
	struct iommu_domain *domain = where == AT_BLOCKED ? ops->blocked_domain :
				      where == AT_IDENTITY ? ops->identity_domain :
				      side->domains[where];

	return iommu_replace_group_handle(side->group, domain, NULL);
}

/* edu */

static struct device *smmu_of(const struct device *dev)
{
	return dev->iommu->iommu_dev->dev->parent;
}

/**
 * diff_edu_open() - take edu, and look at its SMMU's registers
 * @side: to be filled in
 * @pdev: edu, whose driver manages its DMA
 * @edu: its registers
 *
 * Return: 0 or an error; diff_edu_close() copes with both.
 */
int diff_edu_open(struct diff_side *side, struct pci_dev *pdev, void __iomem *edu)
{
	struct resource *res;
	int ret;

	*side = (struct diff_side){ .name = "QEMU", .dev = &pdev->dev, .edu = edu };
	if (!device_iommu_mapped(side->dev))
		return -ENODEV;
	res = platform_get_resource(to_platform_device(smmu_of(side->dev)), IORESOURCE_MEM, 0);
	if (!res)
		return -ENODEV;
	side->regs = ioremap(res->start, SIM_REGS);
	if (!side->regs)
		return -ENOMEM;
	ret = iommu_device_claim_dma_owner(side->dev, side);
	if (ret) {
		iounmap(side->regs);
		side->regs = NULL;
		return ret;
	}
	return make_domains(side);
}

/**
 * diff_edu_close() - leave edu as it was
 * @side: of diff_edu_open()
 */
void diff_edu_close(struct diff_side *side)
{
	free_domains(side);
	if (!side->regs)
		return;
	iommu_device_release_dma_owner(side->dev);
	iounmap(side->regs);
}

/* A kernel may hold the registers through a page of its own; reading does no harm. */
static struct ssim_queue edu_queue(const struct diff_side *side)
{
	return (struct ssim_queue){
		.base = readq(side->regs + R_EVENTQ_BASE),
		.prod = readl(side->regs + R_EVENTQ_PROD),
	};
}

/**
 * diff_stage2() - whether edu's SMMU has stage 2 alone
 * @edu: its side
 *
 * Return: true if so.
 */
bool diff_stage2(const struct diff_side *edu)
{
	return !fld1(readl(edu->regs), IDR0_S1P);
}

/*
 * QEMU carries out an aborted access in pieces of at most EDU_ONE_ACCESS, each
 * with an event: all of a part must say the same, the first of its first byte.
 */
static int edu_record(struct diff_verdict *v, unsigned int parts, const u64 *record)
{
	u64 addr = fld(record, EV_ADDR);
	unsigned int i;

	for (i = 0; i < parts && addr - v[i].addr >= v[i].len; i++)
		;
	if (i == parts)
		return -ERANGE;
	v += i;
	if (!v->event) {
		memcpy(v->record, record, sizeof(v->record));
		v->event = fld(record, EV_TYPE);
		return addr == v->addr ? 0 : -ERANGE;
	}
	return record[0] == v->record[0] && record[1] == v->record[1] &&
	       fld(record, EV_IPA) == fld(v->record, EV_IPA) ? 0 : -EINVAL;
}

/**
 * diff_edu_access() - edu makes an access
 * @side: its side
 * @a: the access
 * @v: receives the events of its parts
 * @parts: number of parts
 *
 * Return: 0; -ERANGE for an event elsewhere, -EINVAL for events that differ
 * within a part, -EOVERFLOW, -ETIMEDOUT.
 */
int diff_edu_access(struct diff_side *side, const struct diff_access *a,
		    struct diff_verdict *v, unsigned int parts)
{
	struct ssim_queue q = edu_queue(side);
	unsigned int log2 = fld1(q.base, Q_BASE_LOG2SIZE);
	u32 at = q.prod;
	int ret;

	ret = edu_copy_bus(side->edu, a->addr, a->len, a->write);
	if (ret)
		return ret;
	q = edu_queue(side);
	if (fld1(at ^ q.prod, Q_OVERFLOW))
		return -EOVERFLOW;
	for (side->records = 0; at != q.prod; at = ssim_q_next(at, log2)) {
		const u64 *record = phys_to_virt(ssim_q_slot(&q, at, log2, 32));

		if (fld(record, EV_SID) != side->sid)
			continue;
		side->records++;
		ret = ret ?: edu_record(v, parts, record);
	}
	return ret;
}

/* The simulator */

/**
 * diff_sim_open() - make an SMMU like edu's, and a master
 * @side: to be filled in
 * @edu: the other side
 *
 * Return: 0 or an error; diff_sim_close() copes with both.
 */
int diff_sim_open(struct diff_side *side, const struct diff_side *edu)
{
	struct sim_master *master;
	unsigned int i;
	int ret;

	*side = (struct diff_side){ .name = "simulator" };
	side->buffer = kzalloc(EDU_BUFFER_SIZE, GFP_KERNEL);
	side->sim = sim_instance_new("edu-sim-diff");
	if (!side->buffer || IS_ERR(side->sim))
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(side->sim->config.ids.idr); i++)
		side->sim->config.ids.idr[i] = readl(edu->regs + 4 * i);
	/* Its messages would need a doorbell; wires do. */
	side->sim->config.ids.idr[0] &= ~(u32)(fld_mask(IDR0_MSI) << fld_lowest(IDR0_MSI));
	side->sim->config.ids.iidr = readl(edu->regs + R_IIDR);
	side->sim->config.ids.aidr = readl(edu->regs + R_AIDR);
	master = sim_master_new(side->sim, "edu", SIM_PLATFORM);
	if (IS_ERR(master))
		return PTR_ERR(master);
	ret = sim_instance_live(side->sim);
	if (ret)
		return ret;
	side->dev = master->dev;
	return make_domains(side);
}

/**
 * diff_sim_close() - unmake the simulated SMMU
 * @side: of diff_sim_open()
 */
void diff_sim_close(struct diff_side *side)
{
	free_domains(side);
	if (!IS_ERR_OR_NULL(side->sim))
		sim_instance_free(side->sim);
	kfree(side->buffer);
}

u64 diff_sim_violations(const struct diff_side *side)
{
	return side->sim->core->stats.violations;
}

u64 diff_sim_lost(const struct diff_side *side)
{
	return side->sim->core->stats.lost;
}

static bool in_memory(const struct diff_verdict *v, phys_addr_t memory)
{
	return v->pa >= memory && v->pa + v->len <= memory + DIFF_MEMORY;
}

/* What fails reads as zeroes, which is what QEMU leaves in edu's buffer. */
static int sim_part(struct diff_side *side, struct diff_verdict *v, u8 *data, bool write,
		    phys_addr_t memory)
{
	struct ssim *core = side->sim->core;
	const struct ssim_txn txn = { .sid = side->sid, .addr = v->addr, .write = write };
	u32 prod = core->evtq.prod;
	struct ssim_result result;

	ssim_translate(core, &txn, &result);
	v->moved = result.outcome == OUT_OK;
	v->pa = v->moved ? result.pa : 0;
	v->event = result.event;
	if (v->moved && !in_memory(v, memory))
		return -EFAULT;
	if (v->moved)
		return (write ? core->ops->write(core->cookie, v->pa, data, v->len) :
				core->ops->read(core->cookie, v->pa, data, v->len)) ? 0 : -EIO;
	if (!write)
		memset(data, 0, v->len);
	if (core->evtq.prod == prod)
		return result.event ? -ENOSPC : 0;
	side->records++;
	core->ops->read(core->cookie, ssim_q_slot(&core->evtq, prod,
			fld1(core->evtq.base, Q_BASE_LOG2SIZE), 32), v->record, 32);
	return 0;
}

/* The driver empties the queue when it is told to; without interrupts it is not. */
static void sim_drain(struct diff_side *side)
{
	struct ssim *core = side->sim->core;
	unsigned int tries;

	for (tries = 0; tries < 5; tries++) {
		if (((core->evtq.prod - core->evtq.cons) & 0xff) < 128)
			return;
		msleep(20);
	}
	guard(raw_spinlock_irqsave)(&sim_lock);
	ssim_write(core, R_EVENTQ_CONS, core->evtq.prod, 4);
}

/**
 * diff_sim_access() - the simulated master makes an access
 * @side: its side
 * @a: the access
 * @v: receives what became of its parts
 * @parts: number of parts
 * @memory: where memory is; data are moved nowhere else
 *
 * Return: 0; -EFAULT for an address outside of memory; -ENOSPC for an event
 * that is not in the queue; -EIO.
 */
int diff_sim_access(struct diff_side *side, const struct diff_access *a, struct diff_verdict *v,
		    unsigned int parts, phys_addr_t memory)
{
	unsigned int i;
	u32 at = 0;
	int ret = 0;

	side->records = 0;
	for (i = 0; i < parts && !ret; i++) {
		guard(raw_spinlock_irqsave)(&sim_lock);
		ret = sim_part(side, &v[i], side->buffer + at, a->write, memory);
		at += v[i].len;
	}
	sim_drain(side);
	return ret;
}
