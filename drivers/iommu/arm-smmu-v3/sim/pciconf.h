/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration space of simulated PCI functions: registers, who may write which
 * bit, and what a write does. Chapters are of the PCI Express Base Specification,
 * revision 5.0. It knows of no device: pci.c puts it behind a host bridge.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SIM_PCICONF_H
#define SIM_PCICONF_H

#include <linux/bits.h>
#include <linux/types.h>

#define SIM_CONF_BYTES	0x140	/* all that is implemented; the rest of 4 KiB reads as 0 */

/**
 * enum sim_conf_type - kind of function, as the PCI Express capability says it
 * @CONF_ENDPOINT: below a root port
 * @CONF_ROOT_PORT: with access control services
 * @CONF_INTEGRATED: endpoint in the root complex
 */
enum sim_conf_type { CONF_ENDPOINT = 0, CONF_ROOT_PORT = 4, CONF_INTEGRATED = 9 };

/**
 * struct sim_conf_want - a function as it shall be
 * @type: kind
 * @ats: has address translation services
 * @pri: has a page request interface
 * @user: its DMA is user space's business
 * @pasid_bits: width of its PASIDs, 1 to 20; 0: none. A port: it passes them on.
 * @bus: CONF_ROOT_PORT: the bus below, as firmware would have numbered it
 */
struct sim_conf_want {
	enum sim_conf_type type;
	bool ats;
	bool pri;
	bool user;
	u8 pasid_bits;
	u8 bus;
};

/**
 * struct sim_conf - configuration space of a function
 * @want: what it was made from
 * @value: what is read
 * @rw: bits that take what is written
 * @w1c: bits that a written 1 clears
 * @ats: where this capability stands, 0: nowhere
 * @pri: likewise
 * @pasid: likewise
 * @acs: likewise
 * @busy: page requests are on their way or unanswered
 *
 * Callers serialise what they do with one.
 */
struct sim_conf {
	struct sim_conf_want want;
	u8 value[SIM_CONF_BYTES];
	u8 rw[SIM_CONF_BYTES];
	u8 w1c[SIM_CONF_BYTES];
	u16 ats;
	u16 pri;
	u16 pasid;
	u16 acs;
	bool busy;
};

/* What a write has done that others must hear of. */
#define CONF_ATS_ON	BIT(0)
#define CONF_ATS_OFF	BIT(1)
#define CONF_RESET	BIT(2)	/* the function was reset, CONF_ATS_OFF goes with it */
#define CONF_BELOW	BIT(3)	/* reset all that is below the port */
#define CONF_PRI_RESET	BIT(4)	/* forget page requests that are not answered */

void sim_conf_init(struct sim_conf *c, const struct sim_conf_want *want);
unsigned int sim_conf_reset(struct sim_conf *c);
u32 sim_conf_read(const struct sim_conf *c, unsigned int where, unsigned int size);
unsigned int sim_conf_write(struct sim_conf *c, unsigned int where, unsigned int size, u32 value);

bool sim_conf_master(const struct sim_conf *c);
u8 sim_conf_bus(const struct sim_conf *c);
u8 sim_conf_stu(const struct sim_conf *c);
bool sim_conf_pri(const struct sim_conf *c);
u32 sim_conf_pri_limit(const struct sim_conf *c);
void sim_conf_pri_busy(struct sim_conf *c, bool busy);
void sim_conf_pri_failed(struct sim_conf *c, bool unexpected);
bool sim_conf_pasid(const struct sim_conf *c, bool exec, bool priv);
bool sim_conf_prefix(const struct sim_conf *c);
bool sim_conf_translated(const struct sim_conf *c);
bool sim_conf_message(const struct sim_conf *c, u64 *addr, u32 *data);

#endif /* SIM_PCICONF_H */
