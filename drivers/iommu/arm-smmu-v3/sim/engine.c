// SPDX-License-Identifier: GPL-2.0-only
#include "sim.h"

int sim_engine_register(void) { return 0; }
void sim_engine_unregister(void) { }
bool sim_engine_atc_inv(struct sim_instance *sim, const struct ssim_atc_inv *inv) { return true; }
void sim_engine_pri_resp(struct sim_instance *sim, const struct ssim_pri_resp *resp) { }
void sim_engine_resumed(struct sim_instance *sim, u16 stag, const struct ssim_result *result) { }
void sim_engine_atc_off(struct sim_master *master) { }
