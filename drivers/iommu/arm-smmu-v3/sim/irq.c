// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of an instance: its wires, and a doorbell for messages, its own and
 * those of its PCI masters.
 *
 * Both are edges, and an edge is remembered while its interrupt is masked, not
 * requested, or being handled on another CPU, as a GIC would: an interrupt that a
 * driver misses here it would have missed on hardware. (irq_sim forgets them.)
 *
 * The model raises them under sim_lock, from wherever a register is written; the
 * flow handlers take locks that are not allowed there. So they run from irq_work.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/ioport.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/irqdomain.h>
#include <linux/limits.h>
#include <linux/msi.h>
#include <linux/slab.h>

#include "../../../irqchip/irq-msi-lib.h"
#include "../../iommu-seam.h"
#include "sim.h"

#define MESSAGES	64
#define DOORBELL_SIZE	SZ_64K	/* the largest granule: it is mapped for masters */

/*
 * What irq.c keeps of an instance.
 * @open: wires and messages can be raised; under sim_lock
 * @fwnode: names its domains
 * @domain: parent domain of messages
 * @doorbell: 64K of address space that nothing else has; a message is written to its start
 * @taken: messages that have an interrupt; under the domain's mutex
 * @raised: messages to raise outside of sim_lock
 */
struct sim_edges {
	bool open;
	struct fwnode_handle *fwnode;
	struct irq_domain *domain;
	struct resource doorbell;
	DECLARE_BITMAP(taken, MESSAGES);
	DECLARE_BITMAP(raised, MESSAGES);
};

static void edge_nop(struct irq_data *d)
{
	/* handle_edge_irq() remembers what comes while it is masked; there is no latch below. */
}

static int edge_type(struct irq_data *d, unsigned int type)
{
	return type == IRQ_TYPE_EDGE_RISING ? IRQ_SET_MASK_OK : -EINVAL;
}

/* As where a line is taken already */
static int edge_request(struct irq_data *d)
{
	return sim_fails() ? -EBUSY : 0;
}

/* It runs where it is raised; whoever asks for a CPU is told so. */
static int any_cpu(struct irq_data *d, const struct cpumask *mask, bool force)
{
	irq_data_update_effective_affinity(d, mask);
	return IRQ_SET_MASK_OK_DONE;
}

static struct irq_chip wire_chip = {
	.name = "smmu-sim",
	.irq_ack = edge_nop,
	.irq_mask = edge_nop,
	.irq_unmask = edge_nop,
	.irq_set_type = edge_type,
	.irq_set_affinity = any_cpu,
	.irq_request_resources = edge_request,
};

static int wire_map(struct irq_domain *domain, unsigned int virq, irq_hw_number_t hwirq)
{
	irq_domain_set_info(domain, virq, hwirq, &wire_chip, domain->host_data, handle_edge_irq,
			    NULL, NULL);
	irqd_set_trigger_type(irq_get_irq_data(virq), IRQ_TYPE_EDGE_RISING);
	irq_set_noprobe(virq);
	return 0;
}

static void wire_unmap(struct irq_domain *domain, unsigned int virq)
{
	irq_set_handler(virq, NULL);
	irq_domain_reset_irq_data(irq_get_irq_data(virq));
}

static const struct irq_domain_ops wire_ops = {
	.map = wire_map,
	.unmap = wire_unmap,
};

static void message_compose(struct irq_data *d, struct msi_msg *msg)
{
	const struct sim_instance *sim = irq_data_get_irq_chip_data(d);

	msg->address_hi = upper_32_bits(sim->edges->doorbell.start);
	msg->address_lo = lower_32_bits(sim->edges->doorbell.start);
	msg->data = d->hwirq;
	iommu_seam_compose_msi(irq_data_get_msi_desc(d), msg);
}

static struct irq_chip message_chip = {
	.name = "smmu-sim-msi",
	.irq_ack = edge_nop,
	.irq_mask = edge_nop,
	.irq_unmask = edge_nop,
	.irq_set_type = edge_type,
	.irq_set_affinity = any_cpu,
	.irq_request_resources = edge_request,
	.irq_compose_msi_msg = message_compose,
};

static int message_alloc(struct irq_domain *domain, unsigned int virq, unsigned int num, void *arg)
{
	struct sim_instance *sim = domain->host_data;
	struct sim_edges *irqs = sim->edges;
	const msi_alloc_info_t *info = arg;
	unsigned int i;
	int first, ret;

	first = sim_fails() ? -ENOSPC :
		bitmap_find_free_region(irqs->taken, MESSAGES, get_count_order(num));
	if (first < 0)
		return -ENOSPC;
	/* A master behind the SMMU reaches the doorbell through its translation. */
	ret = iommu_seam_prepare_msi(info->desc, irqs->doorbell.start);
	if (ret) {
		bitmap_release_region(irqs->taken, first, get_count_order(num));
		return ret;
	}
	for (i = 0; i < num; i++) {
		irq_domain_set_info(domain, virq + i, first + i, &message_chip, sim,
				    handle_edge_irq, NULL, NULL);
		irqd_set_trigger_type(irq_domain_get_irq_data(domain, virq + i),
				      IRQ_TYPE_EDGE_RISING);
	}
	return 0;
}

static void message_free(struct irq_domain *domain, unsigned int virq, unsigned int num)
{
	struct sim_instance *sim = domain->host_data;
	struct irq_data *d = irq_domain_get_irq_data(domain, virq);

	bitmap_release_region(sim->edges->taken, d->hwirq, get_count_order(num));
	irq_domain_free_irqs_common(domain, virq, num);
}

static const struct irq_domain_ops message_ops = {
	.alloc = message_alloc,
	.free = message_free,
};

static const struct msi_parent_ops message_parent_ops = {
	.supported_flags = MSI_GENERIC_FLAGS_MASK | MSI_FLAG_MULTI_PCI_MSI,
	.required_flags = MSI_FLAG_USE_DEF_DOM_OPS | MSI_FLAG_USE_DEF_CHIP_OPS |
			  MSI_FLAG_PCI_MSI_MASK_PARENT,
	.bus_select_token = DOMAIN_BUS_NEXUS,
	.bus_select_mask = MATCH_PCI_MSI | MATCH_PLATFORM_MSI,
	.prefix = "SIM-",
	.init_dev_msi_info = msi_lib_init_dev_msi_info,
};

static void raise_now(struct irq_work *work)
{
	struct sim_instance *sim = container_of(work, struct sim_instance, irq_work);
	unsigned int i;

	for (i = 0; i < IRQ_KINDS; i++)
		if (test_and_clear_bit(i, &sim->raised))
			generic_handle_domain_irq(sim->irqs, i);
	for_each_set_bit(i, sim->edges->raised, MESSAGES)
		if (test_and_clear_bit(i, sim->edges->raised))
			generic_handle_domain_irq(sim->edges->domain, i);
}

/* Where the SMMU's output reaches, as high as there is room: memory is rarely there. */
static int doorbell_find(struct sim_instance *sim)
{
	unsigned int bits = ssim_size_bits(fld1(sim->config.ids.idr[5], IDR5_OAS));
	struct resource *doorbell = &sim->edges->doorbell;
	u64 low, top = BIT_ULL(min(bits, 44u));

	doorbell->name = sim->name;
	doorbell->flags = IORESOURCE_MEM | IORESOURCE_BUSY;
	for (low = top / 2; low >= SZ_1G; low /= 2)
		if (!allocate_resource(&iomem_resource, doorbell, DOORBELL_SIZE, low, top - 1,
				       DOORBELL_SIZE, NULL, NULL))
			return 0;
	return -ENOSPC;
}

static int wires_open(struct sim_instance *sim)
{
	unsigned int i;

	sim->irqs = irq_domain_create_linear(sim->edges->fwnode, IRQ_KINDS, &wire_ops, sim);
	if (!sim->irqs)
		return -ENOMEM;
	irq_domain_update_bus_token(sim->irqs, DOMAIN_BUS_WIRED);
	for (i = 0; i < IRQ_KINDS; i++) {
		if (sim->config.combined && i)
			sim->virq[i] = sim->virq[0];
		else
			sim->virq[i] = irq_create_mapping(sim->irqs, i);
		if (!sim->virq[i])
			return -ENOMEM;
	}
	return 0;
}

static int messages_open(struct sim_instance *sim)
{
	struct irq_domain *domain;
	int ret = doorbell_find(sim);

	if (ret)
		return ret;
	domain = irq_domain_create_hierarchy(NULL, 0, MESSAGES, sim->edges->fwnode,
					     &message_ops, sim);
	if (!domain)
		return -ENOMEM;
	irq_domain_update_bus_token(domain, DOMAIN_BUS_NEXUS);
	domain->flags |= IRQ_DOMAIN_FLAG_MSI_PARENT;
	domain->msi_parent_ops = &message_parent_ops;
	sim->edges->domain = domain;
	if (!sim->config.no_msi)
		sim->msis = domain;
	return 0;
}

/**
 * sim_irq_open() - make the interrupts of an instance
 * @sim: instance, about to go live
 *
 * Fills @sim->virq and, unless config.no_msi, @sim->msis.
 *
 * Context: may sleep. sim_mutex is held.
 *
 * Return: 0, -ENOSPC when no address is left for a doorbell, -ENOMEM.
 */
int sim_irq_open(struct sim_instance *sim)
{
	int ret;

	lockdep_assert_held(&sim_mutex);
	sim->raised = 0;
	sim->irq_work = IRQ_WORK_INIT_HARD(raise_now);
	sim->edges = kzalloc(sizeof(*sim->edges), GFP_KERNEL);
	if (!sim->edges)
		return -ENOMEM;
	sim->edges->fwnode = irq_domain_alloc_named_fwnode(sim->name);
	ret = sim->edges->fwnode ? wires_open(sim) : -ENOMEM;
	if (!ret)
		ret = messages_open(sim);
	if (ret) {
		sim_irq_close(sim);
		return ret;
	}
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		sim->edges->open = true;
	return 0;
}

static void wires_close(struct sim_instance *sim)
{
	unsigned int i;

	for (i = 0; i < IRQ_KINDS; i++) {
		if (sim->virq[i] && (!i || !sim->config.combined))
			irq_dispose_mapping(sim->virq[i]);
		sim->virq[i] = 0;
	}
	if (sim->irqs)
		irq_domain_remove(sim->irqs);
	sim->irqs = NULL;
}

/**
 * sim_irq_close() - take the interrupts of an instance away
 * @sim: instance, whose devices are gone
 *
 * Context: may sleep. sim_mutex is held.
 */
void sim_irq_close(struct sim_instance *sim)
{
	struct sim_edges *edges = sim->edges;

	lockdep_assert_held(&sim_mutex);
	if (!edges)
		return;
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		edges->open = false;
	irq_work_sync(&sim->irq_work);
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		sim->edges = NULL;
	sim->msis = NULL;
	wires_close(sim);
	if (edges->domain)
		irq_domain_remove(edges->domain);
	if (edges->doorbell.parent)
		release_resource(&edges->doorbell);
	if (edges->fwnode)
		irq_domain_free_fwnode(edges->fwnode);
	kfree(edges);
}

/**
 * sim_irq_messages() - parent domain of messages of an instance's PCI masters
 * @sim: instance between sim_irq_open() and sim_irq_close()
 *
 * config.no_msi is about the SMMU's own messages alone.
 */
struct irq_domain *sim_irq_messages(struct sim_instance *sim)
{
	return sim->edges->domain;
}

/**
 * sim_irq_raise() - an edge on a wire
 * @sim: any instance
 * @irq: which
 *
 * Context: any; sim_lock is held.
 */
void sim_irq_raise(struct sim_instance *sim, enum ssim_irq irq)
{
	lockdep_assert_held(&sim_lock);
	if (!sim->edges || !sim->edges->open)
		return;
	set_bit(sim->config.combined ? 0 : irq, &sim->raised);
	irq_work_queue(&sim->irq_work);
}
EXPORT_SYMBOL_IF_KUNIT(sim_irq_raise);

/**
 * sim_irq_msi() - a write of 32 bits, which may be a message
 * @sim: any instance
 * @doorbell: physical address, after translation
 * @data: what is written
 *
 * Messages that nobody has allocated are swallowed, as an ITS would do.
 *
 * Context: any; sim_lock is held.
 *
 * Return: false if it is no message: there is no doorbell at this address.
 */
bool sim_irq_msi(struct sim_instance *sim, u64 doorbell, u32 data)
{
	lockdep_assert_held(&sim_lock);
	if (!sim->edges || !sim->edges->open || doorbell != sim->edges->doorbell.start)
		return false;
	if (data < MESSAGES) {
		set_bit(data, sim->edges->raised);
		irq_work_queue(&sim->irq_work);
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(sim_irq_msi);
