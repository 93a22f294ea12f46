// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices behind several instances: a platform master has the device, and masters of
 * other instances are legs of it, whose transactions come from the same device.
 *
 * Instances of legs are made live first. The device goes with any of them.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/string.h>

#include "sim.h"

static bool has_file(const struct sim_master *m, const char *file)
{
	char name[2 * SIM_NAME];

	snprintf(name, sizeof(name), "%s-%s", m->sim->name, m->name);
	return !strcmp(name, file);
}

/**
 * sim_master_by_file() - find a master by the name that its file has
 * @file: INSTANCE-NAME
 *
 * Context: sim_mutex is held.
 *
 * Return: the master or NULL.
 */
struct sim_master *sim_master_by_file(const char *file)
{
	struct sim_instance *sim;
	struct sim_master *m;

	lockdep_assert_held(&sim_mutex);
	list_for_each_entry(sim, &sim_instances, node)
		list_for_each_entry(m, &sim->masters, node)
			if (has_file(m, file))
				return m;
	return NULL;
}

static int check(const struct sim_master *leg)
{
	const struct sim_master *m = sim_master_by_file(leg->leg_of);

	if (!m || m->sim == leg->sim || m->kind != SIM_PLATFORM || *m->leg_of) {
		pr_err("smmu-sim %s: masters/%s: leg_of: %s is no platform master of another instance\n",
		       leg->sim->name, leg->name, leg->leg_of);
		return -ENOENT;
	}
	if (*leg->sim->config.of_node || *m->sim->config.of_node) {
		pr_err("smmu-sim %s: masters/%s: leg_of: no software node refers to a devicetree's\n",
		       leg->sim->name, leg->name);
		return -EINVAL;
	}
	if (!m->sim->live)
		return 0;
	pr_err("smmu-sim %s: masters/%s: leg_of: %s is live already\n", leg->sim->name, leg->name,
	       leg->leg_of);
	return -EBUSY;
}

/**
 * sim_legs_check() - whether all legs that an instance has are of devices to come
 * @sim: an instance that shall be live
 *
 * Context: sim_mutex is held.
 *
 * Return: 0; -ENOENT for a leg of nothing; -EINVAL where one of the instances is a node of the
 * devicetree; -EBUSY when the device is there; logged.
 */
int sim_legs_check(const struct sim_instance *sim)
{
	const struct sim_master *m;
	int ret;

	list_for_each_entry(m, &sim->masters, node) {
		ret = *m->leg_of ? check(m) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

static int add(struct sim_master *m, struct sim_master *leg)
{
	if (!leg->sim->live) {
		pr_err("smmu-sim %s: masters/%s: its leg %s-%s is not live\n", m->sim->name,
		       m->name, leg->sim->name, leg->name);
		return -ENODEV;
	}
	if (m->num_legs == SIM_LEGS) {
		pr_err("smmu-sim %s: masters/%s: has more than %u legs\n", m->sim->name, m->name,
		       SIM_LEGS);
		return -E2BIG;
	}
	m->legs[m->num_legs++] = leg;
	leg->first = m;
	return 0;
}

/**
 * sim_legs_gather() - find the legs of a master
 * @m: a master whose device is about to be made
 *
 * Context: sim_mutex is held.
 *
 * Return: 0; -ENODEV when one is not live, -E2BIG when they are too many; logged.
 */
int sim_legs_gather(struct sim_master *m)
{
	struct sim_instance *sim;
	struct sim_master *leg;
	int ret = 0;

	lockdep_assert_held(&sim_mutex);
	list_for_each_entry(sim, &sim_instances, node)
		list_for_each_entry(leg, &sim->masters, node)
			if (!ret && *leg->leg_of && has_file(m, leg->leg_of))
				ret = add(m, leg);
	return ret;
}

/* Undoes sim_legs_gather(), whatever it found. */
void sim_legs_scatter(struct sim_master *m)
{
	while (m->num_legs)
		m->legs[--m->num_legs]->first = NULL;
}
