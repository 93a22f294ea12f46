// SPDX-License-Identifier: GPL-2.0-only
#include "sim.h"

int sim_irq_open(struct sim_instance *sim) { return 0; }
void sim_irq_close(struct sim_instance *sim) { }
void sim_irq_raise(struct sim_instance *sim, enum ssim_irq irq) { }
bool sim_irq_msi(struct sim_instance *sim, u64 doorbell, u32 data) { return false; }
