// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of simulated PCI functions and interrupts, as the kernel sees them:
 * with the SMMU's driver bound, behind the PCI and interrupt cores.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci-ats.h>

#include "sim.h"

struct bench {
	struct kunit *test;
	struct sim_instance *sim;
	struct sim_master *integrated;	/* ATS, PRI, PASID; any slot */
	struct sim_master *below;	/* the same, below a port; slot 9 */
	struct sim_master *plain;	/* slot 1 */
	atomic_t edges;
};

static void bench_end(void *data)
{
	struct bench *b = data;

	KUNIT_EXPECT_EQ(b->test, b->sim->core ? b->sim->core->stats.violations : 0, 0);
	sim_instance_free(b->sim);
}

static struct sim_master *function(struct bench *b, const char *name, u8 slot, bool plain)
{
	struct sim_master *m = sim_master_new(b->sim, name, SIM_PCI);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(b->test, m);
	m->slot = slot;
	if (plain)
		return m;
	m->ats = true;
	m->pri = true;
	m->pasid_bits = 12;
	return m;
}

static struct bench *bench_make(struct kunit *test)
{
	struct bench *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, b);
	b->test = test;
	b->sim = sim_instance_new("kunit-pci");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, b->sim);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, bench_end, b), 0);
	b->integrated = function(b, "integrated", 0, false);
	b->below = function(b, "below", 9, false);
	b->below->behind_port = true;
	b->plain = function(b, "plain", 1, true);
	return b;
}

static struct bench *bench_start(struct kunit *test)
{
	struct bench *b = bench_make(test);

	KUNIT_ASSERT_EQ(test, sim_instance_live(b->sim), 0);
	KUNIT_ASSERT_NOT_NULL(test, b->integrated->dev);
	KUNIT_ASSERT_NOT_NULL(test, b->below->dev);
	KUNIT_ASSERT_NOT_NULL(test, b->plain->dev);
	return b;
}

static bool model_has_atc(const struct bench *b, const struct sim_master *m)
{
	const struct ssim *s = b->sim->core;
	unsigned int i;

	for (i = 0; i < s->nendpoints; i++)
		if (s->endpoints[i] == m->sids[0])
			return true;
	return false;
}

/* The driver enables ATS where it translates: not where passthrough is the default. */
static bool translates(const struct sim_master *m)
{
	return iommu_get_domain_for_dev(m->dev)->type != IOMMU_DOMAIN_IDENTITY;
}

static void look(struct bench *b, struct sim_master *m, u16 rid)
{
	struct pci_dev *pdev = to_pci_dev(m->dev);
	struct kunit *test = b->test;
	bool full = m->ats;

	KUNIT_EXPECT_EQ(test, pci_dev_id(pdev), rid);
	KUNIT_EXPECT_EQ(test, m->sids[0], rid);
	KUNIT_EXPECT_GE(test, pci_domain_nr(pdev->bus), 0x10000);
	KUNIT_EXPECT_PTR_EQ(test, sim_master_of(m->dev), m);
	KUNIT_EXPECT_TRUE(test, device_iommu_mapped(m->dev));
	KUNIT_EXPECT_EQ(test, pci_ats_supported(pdev), full);
	KUNIT_EXPECT_EQ(test, pci_pri_supported(pdev), full);
	KUNIT_EXPECT_EQ(test, pci_max_pasids(pdev), full ? 4096 : -EINVAL);
	KUNIT_EXPECT_EQ(test, pci_pasid_features(pdev),
			full ? PCI_PASID_CAP_EXEC | PCI_PASID_CAP_PRIV : -EINVAL);
	KUNIT_EXPECT_EQ(test, !!pdev->eetlp_prefix_path, full);
	KUNIT_EXPECT_TRUE(test, pdev->devcap & PCI_EXP_DEVCAP_FLR);

	KUNIT_EXPECT_EQ(test, !!pdev->ats_enabled, full && translates(m));
	/* What the driver has enabled, the registers, the queries and the model agree. */
	guard(raw_spinlock_irqsave)(&sim_lock);
	KUNIT_EXPECT_EQ(test, sim_pci_ats_enabled(m), !!pdev->ats_enabled);
	KUNIT_EXPECT_EQ(test, model_has_atc(b, m), !!pdev->ats_enabled);
	KUNIT_EXPECT_EQ(test, sim_pci_pasid_enabled(m, false, false), !!pdev->pasid_enabled);
	KUNIT_EXPECT_EQ(test, sim_pci_pri_enabled(m), !!pdev->pri_enabled);
}

static void functions(struct kunit *test)
{
	struct bench *b = bench_start(test);
	struct pci_dev *port;
	u16 control = 0;

	look(b, b->plain, PCI_DEVID(0, PCI_DEVFN(1, 0)));
	look(b, b->integrated, PCI_DEVID(0, PCI_DEVFN(2, 0)));
	look(b, b->below, PCI_DEVID(1, 0));
	port = pci_upstream_bridge(to_pci_dev(b->below->dev));
	KUNIT_ASSERT_NOT_NULL(test, port);
	KUNIT_EXPECT_EQ(test, pci_dev_id(port), PCI_DEVID(0, PCI_DEVFN(9, 0)));
	pci_read_config_word(port, port->acs_cap + PCI_ACS_CTRL, &control);
	KUNIT_EXPECT_EQ(test, control & 0x1d, 0x1d);
	KUNIT_EXPECT_NULL(test, pci_upstream_bridge(to_pci_dev(b->integrated->dev)));
}

static bool may_master(struct sim_master *m)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	return sim_pci_bus_master(m);
}

static bool has_ats(struct bench *b, struct sim_master *m)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	KUNIT_EXPECT_EQ(b->test, sim_pci_ats_enabled(m), model_has_atc(b, m));
	return sim_pci_ats_enabled(m);
}

/* A request passes the port only if the port is a master too. */
static void bus_master(struct kunit *test)
{
	struct bench *b = bench_start(test);
	struct pci_dev *pdev = to_pci_dev(b->below->dev), *port = pci_upstream_bridge(pdev);

	KUNIT_ASSERT_EQ(test, pci_enable_device(pdev), 0);
	pci_clear_master(pdev);
	KUNIT_EXPECT_FALSE(test, may_master(b->below));
	pci_set_master(pdev);
	KUNIT_EXPECT_TRUE(test, may_master(b->below));
	pci_clear_master(port);
	KUNIT_EXPECT_FALSE(test, may_master(b->below));
	pci_set_master(port);
	pci_disable_device(pdev);
}

/* ATS ends with the function's state; the PCI core puts it back after a reset of its own. */
static void resets(struct kunit *test)
{
	struct bench *b = bench_start(test);
	struct pci_dev *pdev = to_pci_dev(b->integrated->dev);

	if (!translates(b->integrated) || !translates(b->below))
		kunit_skip(test, "no ATS without translation");
	KUNIT_EXPECT_TRUE(test, has_ats(b, b->integrated));
	pcie_capability_set_word(pdev, PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR);
	KUNIT_EXPECT_FALSE(test, has_ats(b, b->integrated));
	pdev->ats_enabled = 0;
	KUNIT_EXPECT_EQ(test, pci_enable_ats(pdev, PAGE_SHIFT), 0);
	KUNIT_EXPECT_TRUE(test, has_ats(b, b->integrated));
	KUNIT_EXPECT_EQ(test, pci_reset_function(pdev), 0);
	KUNIT_EXPECT_TRUE(test, has_ats(b, b->integrated));
	KUNIT_EXPECT_TRUE(test, has_ats(b, b->below));
	KUNIT_EXPECT_EQ(test, pci_reset_function(to_pci_dev(b->below->dev)), 0);
	KUNIT_EXPECT_TRUE(test, has_ats(b, b->below));
}

/* The user may remove a function and look for it again. */
static void removal(struct kunit *test)
{
	struct bench *b = bench_start(test);
	struct pci_dev *pdev = to_pci_dev(b->integrated->dev);
	struct pci_bus *bus = pdev->bus;

	pci_dev_get(pdev);
	pci_stop_and_remove_bus_device_locked(pdev);
	KUNIT_EXPECT_NULL(test, b->integrated->dev);
	KUNIT_EXPECT_FALSE(test, has_ats(b, b->integrated));
	pci_dev_put(pdev);
	pci_lock_rescan_remove();
	pci_rescan_bus(bus);
	pci_unlock_rescan_remove();
	KUNIT_ASSERT_NOT_NULL(test, b->integrated->dev);
	look(b, b->integrated, PCI_DEVID(0, PCI_DEVFN(2, 0)));
}

static void slots(struct kunit *test)
{
	struct bench *b = bench_make(test);

	b->integrated->slot = 9;
	KUNIT_EXPECT_EQ(test, sim_instance_live(b->sim), -EINVAL);
	b->integrated->slot = 31;
	KUNIT_ASSERT_EQ(test, sim_instance_live(b->sim), 0);
	look(b, b->integrated, PCI_DEVID(0, PCI_DEVFN(31, 0)));
}

static irqreturn_t edge(int irq, void *data)
{
	struct bench *b = data;

	atomic_inc(&b->edges);
	return IRQ_HANDLED;
}

static int edges(struct bench *b, int wanted)
{
	unsigned int i;

	for (i = 0; i < 100 && atomic_read(&b->edges) < wanted; i++)
		usleep_range(100, 1000);
	usleep_range(1000, 2000);
	return atomic_read(&b->edges);
}

static void wire(struct bench *b)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	sim_irq_raise(b->sim, IRQ_CMD_SYNC);
}

/* Edges are kept while nobody listens, and come as one. I-22 is the driver's; this the GIC's. */
static void wires(struct kunit *test)
{
	struct bench *b = bench_start(test);
	int irq = b->sim->virq[IRQ_CMD_SYNC];

	KUNIT_ASSERT_GT(test, irq, 0);
	wire(b);
	wire(b);
	usleep_range(1000, 2000);
	KUNIT_ASSERT_EQ(test, request_irq(irq, edge, 0, "kunit", b), 0);
	KUNIT_EXPECT_EQ(test, edges(b, 1), 1);
	wire(b);
	KUNIT_EXPECT_EQ(test, edges(b, 2), 2);
	disable_irq(irq);
	wire(b);
	KUNIT_EXPECT_EQ(test, edges(b, 3), 2);
	enable_irq(irq);
	KUNIT_EXPECT_EQ(test, edges(b, 3), 3);
	free_irq(irq, b);
}

/* As the engine does it: the message is a write through the SMMU. */
static bool send(struct bench *b, struct sim_master *m)
{
	struct ssim_txn txn = { .sid = m->sids[0], .write = true };
	struct ssim_result result;
	u32 data;

	guard(raw_spinlock_irqsave)(&sim_lock);
	if (!sim_pci_message(m, &txn.addr, &data))
		return false;
	ssim_translate(b->sim->core, &txn, &result);
	KUNIT_EXPECT_EQ(b->test, result.outcome, OUT_OK);
	if (iommu_is_dma_domain(iommu_get_domain_for_dev(m->dev)))
		KUNIT_EXPECT_NE(b->test, result.pa, txn.addr);
	KUNIT_EXPECT_FALSE(b->test, sim_irq_msi(b->sim, result.pa + 4, data));
	return result.outcome == OUT_OK && sim_irq_msi(b->sim, result.pa, data);
}

static void message(struct bench *b, struct sim_master *m)
{
	struct pci_dev *pdev = to_pci_dev(m->dev);
	struct kunit *test = b->test;
	int irq;

	/* The master's own driver has its message. */
	device_release_driver(m->dev);
	atomic_set(&b->edges, 0);
	KUNIT_EXPECT_FALSE(test, send(b, m));
	KUNIT_ASSERT_EQ(test, pci_enable_device(pdev), 0);
	KUNIT_ASSERT_EQ(test, pci_alloc_irq_vectors(pdev, 1, 4, PCI_IRQ_MSI), 1);
	irq = pci_irq_vector(pdev, 0);
	KUNIT_EXPECT_EQ(test, request_irq(irq, edge, 0, "kunit", b), 0);
	KUNIT_EXPECT_TRUE(test, send(b, m));
	KUNIT_EXPECT_EQ(test, edges(b, 1), 1);
	disable_irq(irq);
	KUNIT_EXPECT_TRUE(test, send(b, m));
	KUNIT_EXPECT_TRUE(test, send(b, m));
	KUNIT_EXPECT_EQ(test, edges(b, 2), 1);
	enable_irq(irq);
	KUNIT_EXPECT_EQ(test, edges(b, 2), 2);
	free_irq(irq, b);
	pci_free_irq_vectors(pdev);
	KUNIT_EXPECT_FALSE(test, send(b, m));
	pci_disable_device(pdev);
}

static void messages(struct kunit *test)
{
	struct bench *b = bench_start(test);

	message(b, b->plain);
	message(b, b->below);
}

/* By message, by wire, by the one wire: the driver consumes an event. */
static void events(struct kunit *test)
{
	enum { MESSAGES, WIRES, COMBINED, WAYS } way;
	unsigned int i;

	for (way = MESSAGES; way < WAYS; way++) {
		struct bench *b = bench_make(test);
		struct ssim_txn txn = { .addr = 0xdead0000, .write = true };
		struct ssim_result result;
		u32 prod = 0, cons = 1;

		b->sim->config.no_msi = way != MESSAGES;
		b->sim->config.combined = way == COMBINED;
		KUNIT_ASSERT_EQ(test, sim_instance_live(b->sim), 0);
		KUNIT_EXPECT_EQ(test, !b->sim->msis, way != MESSAGES);
		if (!translates(b->plain))
			kunit_skip(test, "no fault without translation");
		txn.sid = b->plain->sids[0];
		scoped_guard(raw_spinlock_irqsave, &sim_lock)
			ssim_translate(b->sim->core, &txn, &result);
		KUNIT_EXPECT_EQ(test, result.outcome, OUT_ABORT);
		for (i = 0; i < 100 && prod != cons; i++) {
			usleep_range(100, 1000);
			guard(raw_spinlock_irqsave)(&sim_lock);
			prod = ssim_read(b->sim->core, 0x100a8, 4) & ~BIT(31);
			cons = ssim_read(b->sim->core, 0x100ac, 4) & ~BIT(31);
		}
		KUNIT_EXPECT_EQ_MSG(test, cons, prod, "way %d", way);
		KUNIT_EXPECT_EQ_MSG(test, prod, 1, "way %d", way);
		kunit_release_action(test, bench_end, b);
	}
}

/* I-57: made and unmade, over and over; what leaks is for kmemleak to see. */
static void rounds(struct kunit *test)
{
	struct bench *b = bench_make(test);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		KUNIT_ASSERT_EQ(test, sim_instance_live(b->sim), 0);
		look(b, b->below, PCI_DEVID(1, 0));
		sim_instance_dead(b->sim);
		KUNIT_EXPECT_NULL(test, b->below->dev);
		KUNIT_EXPECT_NULL(test, b->below->function);
	}
}

static struct kunit_case pci_cases[] = {
	KUNIT_CASE(functions),
	KUNIT_CASE(bus_master),
	KUNIT_CASE(resets),
	KUNIT_CASE(removal),
	KUNIT_CASE(slots),
	KUNIT_CASE(wires),
	KUNIT_CASE(messages),
	KUNIT_CASE(events),
	KUNIT_CASE_SLOW(rounds),
	{ }
};

static struct kunit_suite pci_suite = {
	.name = "smmu-sim-pci",
	.test_cases = pci_cases,
};

kunit_test_suite(pci_suite);

MODULE_IMPORT_NS(SMMU_SIM);
