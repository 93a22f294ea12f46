// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an SMMU needs of the machine around it fails when a test asks for it, in the way of
 * failslab (Documentation/fault-injection/fault-injection.rst): a request for an
 * interrupt, messages, a mapping of registers, a mapping of a table for hardware that
 * does not snoop. Knobs are in /sys/kernel/debug/fail_smmu_sim/. While its probability
 * is 0 none of them counts for the fail-nth of a thread.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/debugfs.h>
#include <linux/fault-inject.h>

#include "sim.h"

static DECLARE_FAULT_ATTR(fail);
static struct dentry *dir;

/**
 * sim_fails() - whether what is about to be given is refused instead
 *
 * Context: any.
 *
 * Return: true once for what a test has chosen.
 */
bool sim_fails(void)
{
	return READ_ONCE(fail.probability) && should_fail(&fail, 1);
}

void sim_fail_open(void)
{
	/* At first, what a thread asks for by fail-nth, and nothing else. */
	atomic_set(&fail.times, 0);
	fail.verbose = 0;
	dir = fault_create_debugfs_attr("fail_smmu_sim", NULL, &fail);
}

void sim_fail_close(void)
{
	debugfs_remove_recursive(dir);
}
