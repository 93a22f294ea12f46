// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI masters of an instance: functions behind a host bridge of their own.
 *
 * A function is an endpoint of the root complex, on bus 0 at its slot; or, with
 * sim_master.behind_port, the only one below a root port at that slot. There are
 * neither BARs nor windows: its driver is told what to do by engine.c.
 *
 * Locks: configuration space is under sim_lock, below the PCI core's pci_lock.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/idr.h>
#include <linux/pci.h>
#include <linux/pci-ecam.h>
#include <linux/platform_device.h>

#include "pciconf.h"
#include "sim.h"

#define SLOTS		32
/* Above all numbers that firmware can give to a segment. */
#define FIRST_DOMAIN	0x10000

/*
 * A function, and the port above it.
 * @master: whose function it is; NULL when the instance is dead: the PCI core may
 *	keep functions that are removed, and read them
 * @conf: its registers
 * @port: those of the port, if master->behind_port
 * @slot: device number on bus 0 of the first of the two
 * @below: there is a port
 */
struct sim_function {
	struct sim_master *master;
	struct sim_conf conf;
	struct sim_conf port;
	u8 slot;
	bool below;
};

/*
 * @window: what arm64 takes sysdata for, where it boots with ACPI
 * @sim: its instance
 * @pdev: parent of the bridge: not the SMMU, which does not lead to the bus
 * @bridge: this is its private part, and lives as long as anything of its bus
 * @buses: 0 to 255
 * @domain: number
 * @added: notifier that runs ahead of the IOMMU core's
 * @removed: notifier that runs behind the IOMMU core's
 * @num: elements of @functions
 * @functions: of its masters
 */
struct sim_pci {
	struct pci_config_window window;
	struct sim_instance *sim;
	struct platform_device *pdev;
	struct pci_host_bridge *bridge;
	struct resource buses;
	int domain;
	struct notifier_block added;
	struct notifier_block removed;
	unsigned int num;
	struct sim_function functions[] __counted_by(num);
};

static DEFINE_IDA(domains);

static struct sim_conf *conf_at(struct sim_pci *pci, unsigned int bus, unsigned int devfn,
				struct sim_function **function)
{
	unsigned int i;

	for (i = 0; i < pci->num; i++) {
		struct sim_function *f = &pci->functions[i];

		*function = f;
		if (!bus && devfn == PCI_DEVFN(f->slot, 0))
			return f->below ? &f->port : &f->conf;
		if (bus && f->below && bus == sim_conf_bus(&f->port) && !devfn)
			return &f->conf;
	}
	return NULL;
}

/* The model and the master hear of what a write has done. */
static void tell(struct sim_pci *pci, struct sim_function *f, unsigned int done)
{
	struct sim_master *master = f->master;

	if (!master)
		return;
	if (done & CONF_ATS_OFF)
		sim_engine_atc_off(master);
	if (done & (CONF_RESET | CONF_PRI_RESET))
		sim_engine_pri_reset(master);
	if (!pci->sim->core)
		return;
	if (done & CONF_ATS_OFF)
		ssim_atc_disable(pci->sim->core, master->sids[0]);
	if (done & CONF_ATS_ON)
		ssim_atc_enable(pci->sim->core, master->sids[0]);
}

static int conf_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	struct sim_pci *pci = container_of(bus->sysdata, struct sim_pci, window);
	struct sim_function *f;
	struct sim_conf *c;

	guard(raw_spinlock_irqsave)(&sim_lock);
	c = conf_at(pci, bus->number, devfn, &f);
	if (!c)
		return PCIBIOS_DEVICE_NOT_FOUND;
	*value = sim_conf_read(c, where, size);
	return PCIBIOS_SUCCESSFUL;
}

static int conf_write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	struct sim_pci *pci = container_of(bus->sysdata, struct sim_pci, window);
	struct sim_function *f;
	struct sim_conf *c;
	unsigned int done;

	guard(raw_spinlock_irqsave)(&sim_lock);
	c = conf_at(pci, bus->number, devfn, &f);
	if (!c)
		return PCIBIOS_DEVICE_NOT_FOUND;
	done = sim_conf_write(c, where, size, value);
	if (done & CONF_BELOW)
		done |= sim_conf_reset(&f->conf);
	tell(pci, f, done);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops conf_ops = {
	.read = conf_read,
	.write = conf_write,
};

static struct sim_master *master_at(struct sim_pci *pci, struct device *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev);
	struct sim_function *f;
	struct sim_conf *c;

	if (pdev->sysdata != &pci->window)
		return NULL;
	guard(raw_spinlock_irqsave)(&sim_lock);
	c = conf_at(pci, pdev->bus->number, pdev->devfn, &f);
	return c == &f->conf ? f->master : NULL;
}

/* The function must know its SMMU before the IOMMU core hears of it. */
static int device_added(struct notifier_block *nb, unsigned long action, void *data)
{
	struct sim_pci *pci = container_of(nb, struct sim_pci, added);
	struct sim_master *master;
	struct device *dev = data;
	int ret;

	if (action != BUS_NOTIFY_ADD_DEVICE)
		return NOTIFY_DONE;
	master = master_at(pci, dev);
	if (!master)
		return NOTIFY_DONE;
	scoped_guard(raw_spinlock_irqsave, &sim_lock) {
		master->sids[0] = pci_dev_id(to_pci_dev(dev));
		master->dev = dev;
	}
	ret = sim_fw_master(master, dev);
	if (ret)
		dev_warn(dev, "cannot be put behind its SMMU: %s (%d)\n", sim_why(ret), ret);
	return NOTIFY_OK;
}

static int device_removed(struct notifier_block *nb, unsigned long action, void *data)
{
	struct sim_pci *pci = container_of(nb, struct sim_pci, removed);
	struct sim_master *master;

	if (action != BUS_NOTIFY_REMOVED_DEVICE)
		return NOTIFY_DONE;
	/* Not by its address, which whoever writes to the bridge may have changed. */
	master = sim_master_of(data);
	if (!master || master->kind != SIM_PCI || master->sim != pci->sim)
		return NOTIFY_DONE;
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		master->dev = NULL;
	sim_fw_master_gone(master);
	return NOTIFY_OK;
}

/* Slots that were asked for first; 0 is none, and gets one that is left. */
static int give_slots(struct sim_instance *sim)
{
	DECLARE_BITMAP(taken, SLOTS) = { 1 };
	struct sim_master *master;

	list_for_each_entry(master, &sim->masters, node) {
		if (master->kind != SIM_PCI || !master->slot)
			continue;
		if (master->slot >= SLOTS || __test_and_set_bit(master->slot, taken)) {
			pr_err("smmu-sim %s: masters/%s: slot %u is not to be had\n", sim->name,
			       master->name, master->slot);
			return -EINVAL;
		}
	}
	list_for_each_entry(master, &sim->masters, node) {
		if (master->kind != SIM_PCI || master->slot)
			continue;
		master->slot = find_first_zero_bit(taken, SLOTS);
		if (master->slot == SLOTS) {
			master->slot = 0;
			pr_err("smmu-sim %s: masters/%s: no slot is left\n", sim->name,
			       master->name);
			return -ENOSPC;
		}
		__set_bit(master->slot, taken);
	}
	return 0;
}

/* As the PCI core numbers them: the first port's bus is 1, whatever firmware has set. */
static u8 bus_below(const struct sim_master *master)
{
	const struct sim_master *other;
	u8 bus = 1;

	list_for_each_entry(other, &master->sim->masters, node)
		bus += other->kind == SIM_PCI && other->behind_port && other->slot < master->slot;
	return bus;
}

/**
 * sim_pci_plan() - say where the PCI masters of an instance will be
 * @sim: instance, about to go live
 *
 * They get their slots and stream IDs.
 *
 * Context: may sleep. sim_mutex is held.
 *
 * Return: 0, also if it has none; -EINVAL where two want one slot, -ENOSPC when
 * all slots are taken.
 */
int sim_pci_plan(struct sim_instance *sim)
{
	struct sim_master *m;
	int ret = give_slots(sim);

	lockdep_assert_held(&sim_mutex);
	if (ret)
		return ret;
	guard(raw_spinlock_irqsave)(&sim_lock);
	list_for_each_entry(m, &sim->masters, node) {
		if (m->kind != SIM_PCI)
			continue;
		m->sids[0] = m->behind_port ? PCI_DEVID(bus_below(m), 0) :
					      PCI_DEVID(0, PCI_DEVFN(m->slot, 0));
		m->num_sids = 1;
	}
	return 0;
}

static void make_function(struct sim_function *f, struct sim_master *master)
{
	struct sim_conf_want want = {
		.type = master->behind_port ? CONF_ENDPOINT : CONF_INTEGRATED,
		.ats = master->ats,
		.pri = master->pri,
		.user = master->user,
		.pasid_bits = master->pasid_bits,
	};

	memset(&master->requests, 0, sizeof(master->requests));
	f->master = master;
	f->slot = master->slot;
	f->below = master->behind_port;
	sim_conf_init(&f->conf, &want);
	if (f->below) {
		want.type = CONF_ROOT_PORT;
		want.bus = bus_below(master);
		sim_conf_init(&f->port, &want);
	}
}

static void make_functions(struct sim_pci *pci)
{
	struct sim_function *f = pci->functions;
	struct sim_master *master;

	guard(raw_spinlock_irqsave)(&sim_lock);
	list_for_each_entry(master, &pci->sim->masters, node) {
		if (master->kind != SIM_PCI)
			continue;
		make_function(f, master);
		master->function = f++;
	}
}

/* Nobody asks for the functions of a dead instance but the PCI core, of its own. */
static void drop_functions(struct sim_pci *pci)
{
	unsigned int i;

	guard(raw_spinlock_irqsave)(&sim_lock);
	for (i = 0; i < pci->num; i++) {
		if (pci->functions[i].master)
			pci->functions[i].master->function = NULL;
		pci->functions[i].master = NULL;
	}
}

/* Undoes all of sim_pci_open() but the bus. */
static void free_bridge(struct sim_pci *pci)
{
	struct platform_device *pdev = pci->pdev;
	int domain = pci->domain;

	bus_unregister_notifier(&pci_bus_type, &pci->removed);
	bus_unregister_notifier(&pci_bus_type, &pci->added);
	drop_functions(pci);
	pci->sim->pci = NULL;
	pci_free_host_bridge(pci->bridge);
	platform_device_unregister(pdev);
	ida_free(&domains, domain);
}

static struct sim_pci *new_bridge(struct sim_instance *sim, unsigned int num)
{
	struct pci_host_bridge *bridge;
	struct sim_pci *pci;

	bridge = pci_alloc_host_bridge(struct_size(pci, functions, num));
	if (!bridge)
		return ERR_PTR(-ENOMEM);
	pci = pci_host_bridge_priv(bridge);
	pci->num = num;
	pci->bridge = bridge;
	pci->sim = sim;
	pci->buses = DEFINE_RES_NAMED(0, 256, "smmu-sim buses", IORESOURCE_BUS);
	pci->added.notifier_call = device_added;
	pci->added.priority = 1;
	pci->removed.notifier_call = device_removed;
	pci->removed.priority = -1;
	bridge->sysdata = &pci->window;
	bridge->ops = &conf_ops;
	return pci;
}

static struct platform_device *new_parent(struct sim_instance *sim)
{
	char name[SIM_NAME + 4];

	snprintf(name, sizeof(name), "%s-pci", sim->name);
	return platform_device_register_simple(name, PLATFORM_DEVID_NONE, NULL, 0);
}

static int add_bridge(struct sim_pci *pci)
{
	struct pci_host_bridge *bridge = pci->bridge;

	pci->domain = ida_alloc_min(&domains, FIRST_DOMAIN, GFP_KERNEL);
	if (pci->domain < 0)
		return pci->domain;
	pci->pdev = new_parent(pci->sim);
	if (IS_ERR(pci->pdev)) {
		ida_free(&domains, pci->domain);
		return PTR_ERR(pci->pdev);
	}
	bridge->dev.parent = &pci->pdev->dev;
	bridge->domain_nr = pci->domain;
	pci_add_resource(&bridge->windows, &pci->buses);
	dev_set_msi_domain(&bridge->dev, sim_irq_messages(pci->sim));
	bus_register_notifier(&pci_bus_type, &pci->added);
	bus_register_notifier(&pci_bus_type, &pci->removed);
	return 0;
}

/**
 * sim_pci_open() - make the PCI masters of an instance
 * @sim: instance after sim_pci_plan(); a driver is bound to its SMMU
 *
 * Context: may sleep. sim_mutex is held; drivers are bound to the functions.
 *
 * Return: 0, also if it has none; -ENOMEM, or what the PCI core says.
 */
int sim_pci_open(struct sim_instance *sim)
{
	struct sim_master *master;
	unsigned int num = 0;
	struct sim_pci *pci;
	int ret;

	lockdep_assert_held(&sim_mutex);
	list_for_each_entry(master, &sim->masters, node)
		num += master->kind == SIM_PCI;
	if (!num)
		return 0;
	pci = new_bridge(sim, num);
	if (IS_ERR(pci))
		return PTR_ERR(pci);
	ret = add_bridge(pci);
	if (ret) {
		pci_free_host_bridge(pci->bridge);
		return ret;
	}
	make_functions(pci);
	ret = pci_host_probe(pci->bridge);
	if (ret) {
		free_bridge(pci);
		return ret;
	}
	sim->pci = pci;
	return 0;
}

/**
 * sim_pci_close() - remove the PCI masters of an instance
 * @sim: instance; its SMMU still has its driver
 *
 * Context: may sleep. sim_mutex is held; drivers of the functions are unbound.
 */
void sim_pci_close(struct sim_instance *sim)
{
	struct sim_pci *pci = sim->pci;

	lockdep_assert_held(&sim_mutex);
	if (!pci)
		return;
	pci_lock_rescan_remove();
	pci_stop_root_bus(pci->bridge->bus);
	pci_remove_root_bus(pci->bridge->bus);
	pci_unlock_rescan_remove();
	free_bridge(pci);
}

/* All that follows: context any, sim_lock is held. False where there is no function. */

static const struct sim_function *function_of(const struct sim_master *master)
{
	lockdep_assert_held(&sim_lock);
	return master->function;
}

/**
 * sim_pci_bus_master() - may a master make requests
 * @master: PCI master
 *
 * Context: any; sim_lock is held.
 */
bool sim_pci_bus_master(const struct sim_master *master)
{
	const struct sim_function *f = function_of(master);

	return f && sim_conf_master(&f->conf) && (!f->below || sim_conf_master(&f->port));
}
EXPORT_SYMBOL_IF_KUNIT(sim_pci_bus_master);

/**
 * sim_pci_ats_enabled() - may a master ask for translations
 * @master: PCI master
 *
 * Context: any; sim_lock is held.
 */
bool sim_pci_ats_enabled(const struct sim_master *master)
{
	return sim_pci_ats_stu(master);
}
EXPORT_SYMBOL_IF_KUNIT(sim_pci_ats_enabled);

/**
 * sim_pci_ats_stu() - smallest translation unit of a master
 * @master: PCI master
 *
 * Context: any; sim_lock is held.
 *
 * Return: its shift, 12 or more; 0: ATS is off.
 */
unsigned int sim_pci_ats_stu(const struct sim_master *master)
{
	const struct sim_function *f = function_of(master);

	return f ? sim_conf_stu(&f->conf) : 0;
}

/**
 * sim_pci_translated() - do translated requests of a master reach the SMMU
 * @master: PCI master
 *
 * A port can block them (ACS Translation Blocking).
 *
 * Context: any; sim_lock is held.
 */
bool sim_pci_translated(const struct sim_master *master)
{
	const struct sim_function *f = function_of(master);

	return f && (!f->below || sim_conf_translated(&f->port));
}

/**
 * sim_pci_pri_enabled() - may a master make page requests
 * @master: PCI master
 *
 * Context: any; sim_lock is held.
 */
bool sim_pci_pri_enabled(const struct sim_master *master)
{
	const struct sim_function *f = function_of(master);

	return f && sim_conf_pri(&f->conf);
}
EXPORT_SYMBOL_IF_KUNIT(sim_pci_pri_enabled);

/**
 * sim_pci_pri_limit() - how many page requests of a master may be unanswered
 * @master: PCI master
 *
 * Context: any; sim_lock is held.
 */
unsigned int sim_pci_pri_limit(const struct sim_master *master)
{
	const struct sim_function *f = function_of(master);

	return f ? sim_conf_pri_limit(&f->conf) : 0;
}

/**
 * sim_pci_pri_busy() - say whether page requests of a master are outstanding
 * @master: PCI master
 * @busy: some are; its interface has not stopped before they are answered
 *
 * Context: any; sim_lock is held.
 */
void sim_pci_pri_busy(struct sim_master *master, bool busy)
{
	if (function_of(master))
		sim_conf_pri_busy(&master->function->conf, busy);
}

/**
 * sim_pci_pri_failed() - a master was answered what is no answer
 * @master: PCI master
 * @unexpected: of a group that does not wait; else the code was Response Failure
 *
 * Context: any; sim_lock is held.
 */
void sim_pci_pri_failed(struct sim_master *master, bool unexpected)
{
	if (function_of(master))
		sim_conf_pri_failed(&master->function->conf, unexpected);
}

/**
 * sim_pci_pasid_enabled() - may a master make requests with a PASID
 * @master: PCI master
 * @exec: that ask to execute
 * @priv: that are privileged
 *
 * Context: any; sim_lock is held.
 */
bool sim_pci_pasid_enabled(const struct sim_master *master, bool exec, bool priv)
{
	const struct sim_function *f = function_of(master);

	return f && sim_conf_pasid(&f->conf, exec, priv) &&
	       (!f->below || sim_conf_prefix(&f->port));
}
EXPORT_SYMBOL_IF_KUNIT(sim_pci_pasid_enabled);

/**
 * sim_pci_message() - what a master writes to interrupt
 * @master: PCI master
 * @addr: where, before translation
 * @data: 32 bits
 *
 * Context: any; sim_lock is held.
 *
 * Return: false if its messages are off.
 */
bool sim_pci_message(const struct sim_master *master, u64 *addr, u32 *data)
{
	const struct sim_function *f = function_of(master);

	return f && sim_conf_message(&f->conf, addr, data);
}
EXPORT_SYMBOL_IF_KUNIT(sim_pci_message);
