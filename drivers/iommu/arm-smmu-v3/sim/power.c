// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances with a power domain of their own: where its driver lets it sleep, the
 * instance loses its power at once, and has it back before the driver wakes it.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/device.h>
#include <linux/pm.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>

#include "sim.h"

static struct sim_instance *instance_of(const struct device *dev)
{
	return container_of(dev->pm_domain, struct sim_instance, power);
}

static void power(struct device *dev, bool on)
{
	struct sim_instance *sim = instance_of(dev);

	guard(raw_spinlock_irqsave)(&sim_lock);
	if (sim->core->off == on)
		ssim_power(sim->core, on);
}

static int runtime_suspend(struct device *dev)
{
	int ret = pm_generic_runtime_suspend(dev);

	if (!ret)
		power(dev, false);
	return ret;
}

static int runtime_resume(struct device *dev)
{
	int ret;

	power(dev, true);
	ret = pm_generic_runtime_resume(dev);
	if (ret)
		power(dev, false);
	return ret;
}

static int suspend_noirq(struct device *dev)
{
	int ret = pm_generic_suspend_noirq(dev);

	if (!ret)
		power(dev, false);
	return ret;
}

static int resume_noirq(struct device *dev)
{
	power(dev, true);
	return pm_generic_resume_noirq(dev);
}

static const struct dev_pm_domain power_domain = {
	.ops = {
		NOIRQ_SYSTEM_SLEEP_PM_OPS(suspend_noirq, resume_noirq)
		RUNTIME_PM_OPS(runtime_suspend, runtime_resume, NULL)
	},
};

/**
 * sim_power_add() - put an instance into its power domain, if it is to have one
 * @sim: instance
 * @dev: its device, which is not there yet
 *
 * Context: sim_mutex is held.
 */
void sim_power_add(struct sim_instance *sim, struct device *dev)
{
	if (!sim->config.power_domain)
		return;
	sim->power = power_domain;
	dev_pm_domain_set(dev, &sim->power);
}

static void sleep_no_more(void *data)
{
	struct device *dev = data;

	pm_runtime_disable(dev);
	pm_runtime_set_suspended(dev);
}

/**
 * sim_power_add_master() - let a platform master sleep while nobody has it open
 * @m: master
 * @dev: its device, of which the driver is being bound
 *
 * Only behind an instance that saves something by that.
 *
 * Context: may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int sim_power_add_master(const struct sim_master *m, struct device *dev)
{
	if (!m->sim->config.power_domain)
		return 0;
	pm_runtime_set_active(dev);
	pm_runtime_enable(dev);
	return devm_add_action_or_reset(dev, sleep_no_more, dev);
}
