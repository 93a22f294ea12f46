/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rooms of the configfs interface share.
 *
 * Locks: configfs's own, then cfg_instance.lock, then those of sim.h.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SIM_CONFIGFS_H
#define SIM_CONFIGFS_H

#include <linux/configfs.h>

#include "sim.h"

/* What configfs lets an attribute show at once. */
#define CFG_TEXT	4096

/**
 * struct cfg_instance - an instance as a directory
 * @group: the directory
 * @ids: its directory of ID registers
 * @faults: its directory of faults on demand
 * @masters: its directory of masters
 * @sim: the instance
 * @lock: keeps @items as they are, and @sim live or dead
 * @items: of struct cfg_master.node
 */
struct cfg_instance {
	struct config_group group;
	struct config_group ids;
	struct config_group faults;
	struct config_group masters;
	struct sim_instance *sim;
	struct mutex lock;	/* of @items and the life of @sim */
	struct list_head items;
};

struct cfg_master {
	struct config_item item;
	struct list_head node;
	struct cfg_instance *parent;
	struct sim_master *master;
};

/* Enough for "masters/", a name, and an attribute */
#define CFG_WHAT	(SIM_NAME + 32)

#define cfg_err(sim, fmt, ...)	pr_err("smmu-sim %s: " fmt "\n", (sim)->name, ##__VA_ARGS__)

/* configfs.c: bad values go to the log and come back as an errno */
int cfg_number(const struct sim_instance *sim, const char *what, const char *page, u64 most,
	       u64 *value);
int cfg_flag(const struct sim_instance *sim, const char *what, const char *page, bool *value);
const char *cfg_name_why(int error);
int cfg_describable(const struct sim_instance *sim, const char *what);

extern const struct config_item_type cfg_ids_type;
extern const struct config_item_type cfg_faults_type;
extern const struct config_item_type cfg_masters_type;
int cfg_ids_init(void);

/* configfs-master.c: masters of a live instance stay */
int cfg_pin_masters(struct cfg_instance *inst);
void cfg_unpin_masters(struct cfg_instance *inst);

#endif /* SIM_CONFIGFS_H */
