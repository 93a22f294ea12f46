// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulator as a module: what comes and goes with it, in order.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/module.h>

#include "sim.h"

static int __init sim_init(void)
{
	int ret = sim_seam_open();

	if (ret)
		return ret;
	ret = sim_engine_register();
	if (ret)
		goto close;
	sim_debugfs_open();
	sim_fail_open();
	ret = sim_configfs_register();
	if (ret)
		goto unregister;
	return 0;

unregister:
	sim_fail_close();
	sim_debugfs_close();
	sim_engine_unregister();
close:
	sim_seam_close();
	return ret;
}

/* Whoever made an instance holds the module, so there is none left. */
static void __exit sim_exit(void)
{
	sim_configfs_unregister();
	sim_fail_close();
	sim_debugfs_close();
	sim_engine_unregister();
	sim_seam_close();
	sim_mm_close();
}

module_init(sim_init);
module_exit(sim_exit);
MODULE_DESCRIPTION("Simulated SMMUv3");
MODULE_AUTHOR("The arm-iommu authors");
MODULE_LICENSE("GPL");
