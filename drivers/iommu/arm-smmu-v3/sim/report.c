// SPDX-License-Identifier: GPL-2.0-only
#include "sim.h"

void sim_report(struct sim_instance *sim, const char *invariant, const char *text)
{
	pr_err("smmu-sim: %s: violation of %s\n%s", sim->name, invariant, text);
}

void sim_report_forget(struct sim_instance *sim) { }
void sim_debugfs_add(struct sim_instance *sim) { }
void sim_debugfs_remove(struct sim_instance *sim) { }
