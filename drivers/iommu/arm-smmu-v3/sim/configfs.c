// SPDX-License-Identifier: GPL-2.0-only
#include "sim.h"

int sim_configfs_register(void) { return 0; }
void sim_configfs_unregister(void) { }
