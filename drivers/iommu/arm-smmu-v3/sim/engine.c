// SPDX-License-Identifier: GPL-2.0-only
/*
 * Masters: their drivers, and what the model tells them.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/mod_devicetable.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "engine_impl.h"

/* Under sim_lock: the master that has a stream, or NULL. */
static struct sim_master *master_of_sid(struct sim_instance *sim, u32 sid)
{
	struct sim_master *m;
	unsigned int i;

	lockdep_assert_held(&sim_lock);
	list_for_each_entry(m, &sim->masters, node)
		for (i = 0; i < m->num_sids; i++)
			if (m->sids[i] == sid)
				return m;
	return NULL;
}

static struct sim_engine *engine_of(struct sim_master *m)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	if (m->engine)
		sim_engine_get(m->engine);
	return m->engine;
}

/* What the model tells */

static bool removed_by(const struct sim_atc *t, const struct ssim_atc_inv *inv)
{
	if (!t->size || t->sid != inv->sid || t->ssv != inv->ssv)
		return false;
	if (t->ssv && !inv->global && t->ssid != inv->ssid)
		return false;
	return t->addr <= inv->last && t->addr + (t->size - 1) >= inv->addr;
}

/**
 * sim_engine_atc_inv() - an invalidation arrives at an endpoint
 * @sim: instance
 * @inv: the invalidation
 *
 * Context: a call of the model.
 *
 * Return: whether it is answered.
 */
bool sim_engine_atc_inv(struct sim_instance *sim, const struct ssim_atc_inv *inv)
{
	struct sim_master *m = master_of_sid(sim, inv->sid);
	struct sim_engine *e = m ? m->engine : NULL;
	unsigned int i;

	/* Also where it has no driver. */
	if (m && READ_ONCE(m->silent) & SIM_SILENT_ATC)
		return false;
	for (i = 0; e && i < SIM_ATC; i++)
		if (removed_by(&e->atc[i], inv))
			e->atc[i].size = 0;
	return true;
}

/**
 * sim_engine_atc_off() - ATS was turned off, or the function was reset
 * @master: its master
 *
 * Context: under sim_lock.
 */
void sim_engine_atc_off(struct sim_master *master)
{
	lockdep_assert_held(&sim_lock);
	if (master->engine)
		memset(master->engine->atc, 0, sizeof(master->engine->atc));
}

/**
 * sim_engine_resumed() - a stalled transaction was resumed or ended
 * @sim: instance
 * @stag: its tag
 * @result: how it ended; it may have stalled once more
 *
 * Context: a call of the model.
 */
void sim_engine_resumed(struct sim_instance *sim, u16 stag, const struct ssim_result *result)
{
	struct sim_master *m;
	struct sim_flight *f;

	lockdep_assert_held(&sim_lock);
	list_for_each_entry(m, &sim->masters, node) {
		if (!m->engine)
			continue;
		list_for_each_entry(f, &m->engine->flights, node) {
			if (f->state != FLIGHT_STALLED || f->stag != stag)
				continue;
			sim_access_resumed(m->engine, f, result);
			return;
		}
	}
}

/**
 * sim_engine_message() - a PCI master sends its message interrupt
 * @e: engine
 * @a: gets how the write ended
 *
 * Return: 0 with @a->outcome set; -ENXIO if its messages are off; else as
 * sim_engine_access().
 */
int sim_engine_message(struct sim_engine *e, struct sim_access *a)
{
	bool on;
	u64 addr;
	u32 data;
	__le32 message;

	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		on = e->master && e->master->kind == SIM_PCI &&
		     sim_pci_message(e->master, &addr, &data);
	if (!on)
		return -ENXIO;
	message = cpu_to_le32(data);
	*a = (struct sim_access) {
		.op = SIM_WRITE,
		.flags = SIM_NO_ATS,
		.addr = addr,
		.data = &message,
		.len = sizeof(message),
	};
	return sim_access_run(e, a);
}

/* API */

int sim_engine_access(struct sim_master *m, struct sim_access *a)
{
	struct sim_engine *e = engine_of(m);
	int ret;

	if (!e)
		return -ENODEV;
	ret = sim_access_run(e, a);
	sim_engine_put(e);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(sim_engine_access);

int sim_engine_request(struct sim_master *m, const struct sim_request *r)
{
	struct sim_engine *e = engine_of(m);
	int ret;

	if (!e)
		return -ENODEV;
	ret = sim_engine_send(e, r);
	sim_engine_put(e);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(sim_engine_request);

int sim_engine_response(struct sim_master *m, struct ssim_pri_resp *resp, u32 timeout_ms)
{
	struct sim_engine *e = engine_of(m);
	int ret;

	if (!e)
		return -ENODEV;
	ret = sim_engine_answer(e, resp, timeout_ms);
	sim_engine_put(e);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(sim_engine_response);

/* Drivers */

static struct sim_engine *engine_new(struct device *dev, struct sim_master *m)
{
	struct sim_engine *e = kzalloc(sizeof(*e), GFP_KERNEL);

	if (!e)
		return NULL;
	e->dev = dev;
	e->master = m;
	e->user = (m->first ?: m)->user;
	e->leg = m->first;
	init_rwsem(&e->life);
	mutex_init(&e->files_lock);
	mutex_init(&e->sharing_lock);
	mutex_init(&e->user_lock);
	INIT_LIST_HEAD(&e->files);
	INIT_LIST_HEAD(&e->flights);
	INIT_LIST_HEAD(&e->waiting);
	init_completion(&e->answered);
	init_completion(&e->room);
	sim_chardev_init(e);
	return e;
}

/* Nothing that still has the engine gets at the master from now on. */
static void engine_end(struct sim_engine *e)
{
	struct sim_file *file;
	LIST_HEAD(dead);

	scoped_guard(raw_spinlock_irqsave, &sim_lock) {
		sim_access_end_all(e, &dead);
		sim_pri_end(e);
		e->master->engine = NULL;
		e->master = NULL;
	}
	sim_access_free(&dead);
	guard(rwsem_write)(&e->life);
	e->gone = true;
	list_for_each_entry(file, &e->files, node) {
		sim_pasids_end(file);
		sim_buffers_unmap(file);
		sim_iommufd_end(file);
		pm_runtime_put_noidle(e->dev);
	}
	sim_pasid_stop(e);
}

static int engine_start(struct device *dev, struct sim_master *m)
{
	char name[2 * SIM_NAME];
	struct sim_engine *e;
	int ret;

	e = engine_new(dev, m);
	if (!e)
		return -ENOMEM;
	snprintf(name, sizeof(name), "%s-%s", m->sim->name, m->name);
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		m->engine = e;
	sim_uacce_add(e, m);
	ret = sim_chardev_add(e, name);
	if (ret) {
		engine_end(e);
		sim_uacce_remove(e);
		sim_engine_put(e);
	}
	return ret;
}

static void engine_stop(struct sim_engine *e)
{
	sim_chardev_remove(e);
	engine_end(e);
	sim_uacce_remove(e);
	sim_engine_put(e);
}

/* Those of its first @legs legs, then its own. */
static void master_stop(struct sim_master *m, unsigned int legs)
{
	while (legs)
		engine_stop(m->legs[--legs]->engine);
	engine_stop(m->engine);
}

static int master_start(struct device *dev)
{
	struct sim_master *m = sim_master_of(dev);
	unsigned int legs;
	int ret;

	if (!m)
		return -ENODEV;
	ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(52));
	if (ret)
		return ret;
	dma_set_max_seg_size(dev, UINT_MAX);
	ret = dev_is_platform(dev) ? sim_power_add_master(m, dev) : 0;
	ret = ret ?: engine_start(dev, m);
	if (ret)
		return ret;
	for (legs = 0; legs < m->num_legs; legs++) {
		ret = engine_start(dev, m->legs[legs]);
		if (ret) {
			master_stop(m, legs);
			return ret;
		}
	}
	dev_set_drvdata(dev, m->engine);
	return 0;
}

/* Its engine ends here, and with it what leads from there to the master. */
static void master_end(struct device *dev)
{
	struct sim_master *m = ((struct sim_engine *)dev_get_drvdata(dev))->master;

	master_stop(m, m->num_legs);
}

static int platform_master_probe(struct platform_device *pdev)
{
	return master_start(&pdev->dev);
}

static void platform_master_remove(struct platform_device *pdev)
{
	master_end(&pdev->dev);
}

static struct platform_driver platform_master_driver = {
	.driver.name = "smmu-sim-master",
	.probe = platform_master_probe,
	.remove = platform_master_remove,
};

/* The core lets nobody have a device whose driver uses the DMA API, or may. */
static struct platform_driver platform_user_driver = {
	.driver.name = "smmu-sim-user",
	.probe = platform_master_probe,
	.remove = platform_master_remove,
	.driver_managed_dma = true,
};

static irqreturn_t interrupt(int irq, void *arg)
{
	struct sim_engine *e = arg;

	atomic_inc(&e->interrupts);
	return IRQ_HANDLED;
}

/* Message interrupts are of use, but a function works without them. */
static int pci_master_irq(struct pci_dev *pdev)
{
	struct sim_engine *e = pci_get_drvdata(pdev);
	int ret;

	/* Where its doorbell is, is up to whoever gets it. */
	if (e->user)
		return 0;
	ret = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSI | PCI_IRQ_MSIX);
	if (ret < 0)
		return 0;
	ret = request_irq(pci_irq_vector(pdev, 0), interrupt, 0, dev_name(&pdev->dev), e);
	if (ret)
		pci_free_irq_vectors(pdev);
	e->has_irq = !ret;
	return ret;
}

static void pci_master_remove(struct pci_dev *pdev)
{
	struct sim_engine *e = pci_get_drvdata(pdev);

	if (e->has_irq) {
		free_irq(pci_irq_vector(pdev, 0), e);
		pci_free_irq_vectors(pdev);
	}
	master_end(&pdev->dev);
	pci_clear_master(pdev);
}

static int pci_master_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret = pcim_enable_device(pdev);

	if (ret)
		return ret;
	pci_set_master(pdev);
	ret = master_start(&pdev->dev);
	if (ret) {
		pci_clear_master(pdev);
		return ret;
	}
	ret = pci_master_irq(pdev);
	if (ret)
		pci_master_remove(pdev);
	return ret;
}

static const struct pci_device_id pci_master_ids[] = {
	{ PCI_DEVICE(SIM_PCI_VENDOR, SIM_PCI_DEVICE) },
	{ }
};

static struct pci_driver pci_master_driver = {
	.name = "smmu-sim-master",
	.id_table = pci_master_ids,
	.probe = pci_master_probe,
	.remove = pci_master_remove,
};

static const struct pci_device_id pci_user_ids[] = {
	{ PCI_DEVICE(SIM_PCI_VENDOR, SIM_PCI_USER_DEVICE) },
	{ }
};

static struct pci_driver pci_user_driver = {
	.name = "smmu-sim-user",
	.id_table = pci_user_ids,
	.probe = pci_master_probe,
	.remove = pci_master_remove,
	.driver_managed_dma = true,
};

static struct platform_driver * const platform_drivers[] = {
	&platform_master_driver, &platform_user_driver,
};

/**
 * sim_engine_register() - register the drivers of masters
 *
 * Return: 0 or an error.
 */
int sim_engine_register(void)
{
	int ret = sim_chardev_register();

	if (ret)
		return ret;
	ret = platform_register_drivers(platform_drivers, ARRAY_SIZE(platform_drivers));
	if (ret)
		goto chardev;
	ret = pci_register_driver(&pci_master_driver);
	if (ret)
		goto platform;
	ret = pci_register_driver(&pci_user_driver);
	if (ret)
		goto pci;
	return 0;

pci:
	pci_unregister_driver(&pci_master_driver);
platform:
	platform_unregister_drivers(platform_drivers, ARRAY_SIZE(platform_drivers));
chardev:
	sim_chardev_unregister();
	return ret;
}

/**
 * sim_engine_unregister() - unregister them
 */
void sim_engine_unregister(void)
{
	pci_unregister_driver(&pci_user_driver);
	pci_unregister_driver(&pci_master_driver);
	platform_unregister_drivers(platform_drivers, ARRAY_SIZE(platform_drivers));
	sim_chardev_unregister();
}
