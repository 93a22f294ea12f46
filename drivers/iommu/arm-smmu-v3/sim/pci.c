// SPDX-License-Identifier: GPL-2.0-only
#include "sim.h"

int sim_pci_open(struct sim_instance *sim) { return 0; }
void sim_pci_close(struct sim_instance *sim) { }
