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

enum phase { SUSPEND_LATE, SUSPEND_NOIRQ, RESUME_NOIRQ, RESUME_EARLY };

static int (*callback(const struct device *dev, enum phase phase))(struct device *dev)
{
	const struct dev_pm_ops *pm = dev->driver ? dev->driver->pm : NULL;

	if (!pm)
		return NULL;
	switch (phase) {
	case SUSPEND_LATE:
		return pm->suspend_late;
	case SUSPEND_NOIRQ:
		return pm->suspend_noirq;
	case RESUME_NOIRQ:
		return pm->resume_noirq;
	case RESUME_EARLY:
		return pm->resume_early;
	}
	return NULL;
}

/* The driver may have gone; what it does not have, it need not do. */
static int tell(struct sim_instance *sim, enum phase phase)
{
	struct device *dev = &sim->pdev->dev;
	int (*fn)(struct device *dev);

	guard(device)(dev);
	fn = callback(dev, phase);
	return fn ? fn(dev) : 0;
}

static bool can_sleep(struct sim_instance *sim)
{
	struct device *dev = &sim->pdev->dev;

	guard(device)(dev);
	return callback(dev, SUSPEND_NOIRQ) && callback(dev, RESUME_NOIRQ);
}

static int awake(struct sim_instance *sim)
{
	int ret = tell(sim, RESUME_EARLY);

	guard(raw_spinlock_irqsave)(&sim_lock);
	ssim_check_awake(sim->core);
	return ret;
}

/**
 * sim_instance_sleep() - put an instance to sleep and take its power away
 * @sim: instance
 *
 * Context: may sleep; takes sim_mutex.
 *
 * Return: 0; -ENODEV if it is not live; -EALREADY if it sleeps; -EBUSY if it has a power
 * domain, and so sleeps on its own; -EOPNOTSUPP if its driver cannot, or the kernel; the
 * driver's error, and it is awake then.
 */
int sim_instance_sleep(struct sim_instance *sim)
{
	int ret;

	guard(mutex)(&sim_mutex);
	if (!sim->live)
		return -ENODEV;
	if (sim->core->off)
		return -EALREADY;
	if (sim->config.power_domain)
		return -EBUSY;
	if (!can_sleep(sim))
		return -EOPNOTSUPP;
	ret = tell(sim, SUSPEND_LATE) ?: tell(sim, SUSPEND_NOIRQ);
	if (ret) {
		awake(sim);
		return ret;
	}
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
	if (!sim->core->off || sim->config.power_domain)
		return 0;
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		ssim_power(sim->core, true);
	ret = tell(sim, RESUME_NOIRQ);
	return awake(sim) ?: ret;
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
