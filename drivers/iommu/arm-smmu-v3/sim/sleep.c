// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances that sleep: their driver is told as the core would tell it in a system
 * sleep, and in between they have no power. Their masters are not told: what those do
 * meanwhile is up to the test.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/export.h>
#include <linux/platform_device.h>
#include <linux/pm.h>

#include "sim.h"

static int tell(struct sim_instance *sim, int (*phase)(struct device *dev))
{
	struct device *dev = &sim->pdev->dev;

	guard(device)(dev);
	return phase ? phase(dev) : 0;
}

static const struct dev_pm_ops *pm_of(const struct sim_instance *sim)
{
	static const struct dev_pm_ops none;

	return sim->pdev->dev.driver->pm ?: &none;
}

/**
 * sim_instance_sleep() - put an instance to sleep and take its power away
 * @sim: instance
 *
 * Context: may sleep; takes sim_mutex.
 *
 * Return: 0; -ENODEV if it is not live; -EALREADY if it sleeps; -EOPNOTSUPP if its driver
 * cannot, or the kernel; the driver's error, and it is awake then.
 */
int sim_instance_sleep(struct sim_instance *sim)
{
	int ret;

	guard(mutex)(&sim_mutex);
	if (!sim->live)
		return -ENODEV;
	if (sim->core->off)
		return -EALREADY;
	if (!pm_of(sim)->suspend_noirq || !pm_of(sim)->resume_noirq)
		return -EOPNOTSUPP;
	ret = tell(sim, pm_of(sim)->suspend_late) ?: tell(sim, pm_of(sim)->suspend_noirq);
	if (ret)
		return ret;
	guard(raw_spinlock_irqsave)(&sim_lock);
	ssim_power(sim->core, false);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(sim_instance_sleep, SMMU_SIM);

/**
 * sim_wake() - the same, for who holds sim_mutex
 * @sim: live instance
 *
 * Context: may sleep; sim_mutex is held.
 *
 * Return: 0, or the driver's error.
 */
int sim_wake(struct sim_instance *sim)
{
	int ret;

	lockdep_assert_held(&sim_mutex);
	if (!sim->core->off)
		return 0;
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		ssim_power(sim->core, true);
	ret = tell(sim, pm_of(sim)->resume_noirq) ?: tell(sim, pm_of(sim)->resume_early);
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		ssim_check_awake(sim->core);
	return ret;
}

/**
 * sim_instance_wake() - give an instance its power back and wake it up
 * @sim: instance
 *
 * What it had in its registers is gone, what it had cached need not be.
 *
 * Context: may sleep; takes sim_mutex.
 *
 * Return: 0, also if it was awake; -ENODEV if it is not live; the driver's error.
 */
int sim_instance_wake(struct sim_instance *sim)
{
	guard(mutex)(&sim_mutex);
	return sim->live ? sim_wake(sim) : -ENODEV;
}
EXPORT_SYMBOL_NS_GPL(sim_instance_wake, SMMU_SIM);
