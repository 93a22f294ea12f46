// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space of simulated PCI functions.
 *
 * Where the specification leaves the effect of a write undefined (STU or PASID
 * enables changed under an enabled ATS, PRI enabled before it has stopped) the
 * write has none: software that relies on it finds out.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/pci_regs.h>
#include <linux/pci_ids.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "pciconf.h"
#include "sim.h"

#define EXP		0x40	/* PCI Express capability, 7.5.3 */
#define MSI		0x80	/* 7.7.1 */
#define EXTENDED	0x100

#define DEVCTL		(EXP + PCI_EXP_DEVCTL)
#define BRIDGECTL	PCI_BRIDGE_CONTROL

/* Reset of 7.5.1.1.4: received errors; of the secondary status as well */
#define STATUS_ERRORS	0xf900

#define PRI_CAPACITY	64
#define STOPPED_BITS	(PCI_PRI_STATUS_STOPPED | PCI_PRI_STATUS_RF | PCI_PRI_STATUS_UPRGI)

static void put8(struct sim_conf *c, unsigned int at, u8 value, u8 rw)
{
	c->value[at] = value;
	c->rw[at] = rw;
}

static void put16(struct sim_conf *c, unsigned int at, u16 value, u16 rw, u16 w1c)
{
	put_unaligned_le16(value, &c->value[at]);
	put_unaligned_le16(rw, &c->rw[at]);
	put_unaligned_le16(w1c, &c->w1c[at]);
}

static void put32(struct sim_conf *c, unsigned int at, u32 value, u32 rw)
{
	put_unaligned_le32(value, &c->value[at]);
	put_unaligned_le32(rw, &c->rw[at]);
}

static u16 get16(const struct sim_conf *c, unsigned int at)
{
	return get_unaligned_le16(&c->value[at]);
}

static void set16(struct sim_conf *c, unsigned int at, u16 clear, u16 set)
{
	put_unaligned_le16((get16(c, at) & ~clear) | set, &c->value[at]);
}

static bool test16(const struct sim_conf *c, unsigned int at, u16 bit)
{
	return get16(c, at) & bit;
}

/* 7.5.1.1, 7.5.1.2: no BARs, no INTx, so no enables for them */
static void header(struct sim_conf *c)
{
	put16(c, PCI_VENDOR_ID, SIM_PCI_VENDOR, 0, 0);
	put16(c, PCI_DEVICE_ID, c->want.user ? SIM_PCI_USER_DEVICE : SIM_PCI_DEVICE, 0, 0);
	put16(c, PCI_COMMAND, 0, PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | PCI_COMMAND_SERR, 0);
	put16(c, PCI_STATUS, PCI_STATUS_CAP_LIST, 0, STATUS_ERRORS);
	put32(c, PCI_CLASS_REVISION, PCI_CLASS_ACCELERATOR_PROCESSING << 16, 0);
	put8(c, PCI_CACHE_LINE_SIZE, 0, 0xff);
	put16(c, PCI_SUBSYSTEM_VENDOR_ID, SIM_PCI_VENDOR, 0, 0);
	put16(c, PCI_SUBSYSTEM_ID, SIM_PCI_DEVICE, 0, 0);
	put8(c, PCI_CAPABILITY_LIST, EXP, 0);
	put8(c, PCI_INTERRUPT_LINE, 0, 0xff);
}

/* 7.5.1.3: a port without I/O and prefetchable windows; firmware has closed the other one */
static void port_header(struct sim_conf *c)
{
	put16(c, PCI_DEVICE_ID, SIM_PCI_PORT, 0, 0);
	put16(c, PCI_COMMAND, 0,
	      PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | PCI_COMMAND_SERR, 0);
	put32(c, PCI_CLASS_REVISION, PCI_CLASS_BRIDGE_PCI << 16, 0);
	put8(c, PCI_HEADER_TYPE, PCI_HEADER_TYPE_BRIDGE, 0);
	put8(c, PCI_PRIMARY_BUS, 0, 0xff);
	put8(c, PCI_SECONDARY_BUS, c->want.bus, 0xff);
	put8(c, PCI_SUBORDINATE_BUS, c->want.bus, 0xff);
	put16(c, PCI_SEC_STATUS, 0, 0, STATUS_ERRORS);
	put16(c, PCI_MEMORY_BASE, 0xfff0, 0xfff0, 0);
	put16(c, PCI_MEMORY_LIMIT, 0, 0xfff0, 0);
	/* There are no subsystem IDs in this header: these are base and limit of a window. */
	put32(c, PCI_SUBSYSTEM_VENDOR_ID, 0, 0);
	put16(c, BRIDGECTL, 0,
	      PCI_BRIDGE_CTL_PARITY | PCI_BRIDGE_CTL_SERR | PCI_BRIDGE_CTL_BUS_RESET, 0);
}

/* 7.5.3.6 to 7.5.3.8, and 7.5.3.19: 2.5 GT/s, one lane, no power management */
static void link(struct sim_conf *c, bool port)
{
	u16 control = PCI_EXP_LNKCTL_ASPMC | PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_ES;

	control |= port ? PCI_EXP_LNKCTL_LD : PCI_EXP_LNKCTL_RCB;
	put32(c, EXP + PCI_EXP_LNKCAP,
	      BIT(22) | PCI_EXP_LNKSTA_NLW_X1 | PCI_EXP_LNKCAP_SLS_2_5GB, 0);
	put16(c, EXP + PCI_EXP_LNKCTL, 0, control, 0);
	put16(c, EXP + PCI_EXP_LNKSTA, PCI_EXP_LNKSTA_NLW_X1 | PCI_EXP_LNKSTA_CLS_2_5GB, 0, 0);
	put32(c, EXP + PCI_EXP_LNKCAP2, PCI_EXP_LNKCAP2_SLS_2_5GB, 0);
}

/* 7.5.3: version 2, payloads of 128 bytes */
static void express(struct sim_conf *c)
{
	bool port = c->want.type == CONF_ROOT_PORT;
	u32 cap2 = PCI_EXP_DEVCAP2_COMP_TMOUT_DIS;
	u16 control2 = PCI_EXP_DEVCTL2_COMP_TMOUT_DIS | PCI_EXP_DEVCTL2_ATOMIC_REQ;

	if (port) {
		cap2 = 0;
		control2 = 0;
	}
	/* Extended formats, and one end-to-end TLP prefix: a PASID */
	if (c->want.pasid_bits) {
		cap2 |= BIT(20) | PCI_EXP_DEVCAP2_EE_PREFIX | BIT(22);
		control2 |= port ? BIT(15) : 0;
	}
	put8(c, EXP, PCI_CAP_ID_EXP, 0);
	put8(c, EXP + 1, port ? 0 : MSI, 0);
	put16(c, EXP + PCI_EXP_FLAGS, c->want.type << 4 | 2, 0, 0);
	put32(c, EXP + PCI_EXP_DEVCAP,
	      PCI_EXP_DEVCAP_RBER | (port ? 0 : PCI_EXP_DEVCAP_FLR), 0);
	put16(c, DEVCTL, port ? 0x2010 : 0x2810, port ? 0x701f : 0x781f, 0);
	put16(c, EXP + PCI_EXP_DEVSTA, 0, 0, 0x000f);
	put32(c, EXP + PCI_EXP_DEVCAP2, cap2, 0);
	put16(c, EXP + PCI_EXP_DEVCTL2, 0, control2, 0);
	if (c->want.type != CONF_INTEGRATED)
		link(c, port);
	if (port) {
		put16(c, EXP + PCI_EXP_RTCTL, 0, 0x000f, 0);
		/* 7.5.3.14: PME Status */
		c->w1c[EXP + PCI_EXP_RTSTA + 2] = 1;
	}
}

/* 7.7.1: one message of 64 bits. Without a mask there is nothing to be pending. */
static void messages(struct sim_conf *c)
{
	put8(c, MSI, PCI_CAP_ID_MSI, 0);
	put16(c, MSI + PCI_MSI_FLAGS, PCI_MSI_FLAGS_64BIT,
	      PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE, 0);
	put32(c, MSI + PCI_MSI_ADDRESS_LO, 0, ~3u);
	put32(c, MSI + PCI_MSI_ADDRESS_HI, 0, ~0u);
	put16(c, MSI + PCI_MSI_DATA_64, 0, 0xffff, 0);
}

/* 7.6.3: a header that leads to where the next one may stand */
static u16 extended(struct sim_conf *c, u16 id, u16 bytes, u16 *end)
{
	u16 at = *end ?: EXTENDED, last = EXTENDED;

	if (*end) {
		while (get_unaligned_le32(&c->value[last]) >> 20)
			last = get_unaligned_le32(&c->value[last]) >> 20;
		put_unaligned_le32(get_unaligned_le32(&c->value[last]) | at << 20, &c->value[last]);
	}
	put32(c, at, id | 1 << 16, 0);
	*end = at + bytes;
	return at;
}

/* 10.5.1: 32 invalidations wait in its queue, all PASIDs at once can be invalidated */
static void translation(struct sim_conf *c, u16 *end)
{
	c->ats = extended(c, PCI_EXT_CAP_ID_ATS, 8, end);
	put16(c, c->ats + PCI_ATS_CAP,
	      PCI_ATS_CAP_PAGE_ALIGNED | (c->want.pasid_bits ? BIT(6) : 0), 0, 0);
	put16(c, c->ats + PCI_ATS_CTRL, 0, PCI_ATS_CTRL_ENABLE | 0x1f, 0);
}

/* 10.5.2 */
static void page_requests(struct sim_conf *c, u16 *end)
{
	c->pri = extended(c, PCI_EXT_CAP_ID_PRI, 16, end);
	put16(c, c->pri + PCI_PRI_CTRL, 0, PCI_PRI_CTRL_ENABLE, 0);
	put16(c, c->pri + PCI_PRI_STATUS,
	      PCI_PRI_STATUS_STOPPED | (c->want.pasid_bits ? PCI_PRI_STATUS_PASID : 0), 0,
	      PCI_PRI_STATUS_RF | PCI_PRI_STATUS_UPRGI);
	put32(c, c->pri + PCI_PRI_MAX_REQ, PRI_CAPACITY, 0);
	put32(c, c->pri + PCI_PRI_ALLOC_REQ, 0, ~0u);
}

/* 7.8.8 */
static void pasids(struct sim_conf *c, u16 *end)
{
	c->pasid = extended(c, PCI_EXT_CAP_ID_PASID, 8, end);
	put16(c, c->pasid + PCI_PASID_CAP,
	      PCI_PASID_CAP_EXEC | PCI_PASID_CAP_PRIV | c->want.pasid_bits << 8, 0, 0);
	put16(c, c->pasid + PCI_PASID_CTRL, 0,
	      PCI_PASID_CTRL_ENABLE | PCI_PASID_CTRL_EXEC | PCI_PASID_CTRL_PRIV, 0);
}

/*
 * 7.7.8: redirection is on, as firmware leaves it: only a kernel that found an
 * IOMMU while it booted turns it on by itself.
 */
static void access_control(struct sim_conf *c, u16 *end)
{
	u16 on = PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF;
	u16 all = on | PCI_ACS_TB | PCI_ACS_DT;

	c->acs = extended(c, PCI_EXT_CAP_ID_ACS, 8, end);
	put16(c, c->acs + PCI_ACS_CAP, all, 0, 0);
	put16(c, c->acs + PCI_ACS_CTRL, on, all, 0);
}

/**
 * sim_conf_init() - the registers of a function out of reset
 * @c: what becomes its configuration space
 * @want: what it shall be
 */
void sim_conf_init(struct sim_conf *c, const struct sim_conf_want *want)
{
	struct sim_conf_want copy = *want;
	u16 end = 0;

	memset(c, 0, sizeof(*c));
	c->want = copy;
	header(c);
	express(c);
	if (copy.type == CONF_ROOT_PORT) {
		port_header(c);
		access_control(c, &end);
		return;
	}
	messages(c);
	if (copy.ats)
		translation(c, &end);
	if (copy.pri)
		page_requests(c, &end);
	if (copy.pasid_bits)
		pasids(c, &end);
}
EXPORT_SYMBOL_IF_KUNIT(sim_conf_init);

/**
 * sim_conf_reset() - reset a function, by FLR or by its port
 * @c: configuration space
 *
 * 6.6.2: the state of the link stays.
 *
 * Return: CONF_RESET, CONF_ATS_OFF
 */
unsigned int sim_conf_reset(struct sim_conf *c)
{
	struct sim_conf_want want = c->want;
	unsigned int done = CONF_RESET;
	u16 control = get16(c, EXP + PCI_EXP_LNKCTL);

	if (sim_conf_stu(c))
		done |= CONF_ATS_OFF;
	sim_conf_init(c, &want);
	set16(c, EXP + PCI_EXP_LNKCTL, 0, control);
	return done;
}
EXPORT_SYMBOL_IF_KUNIT(sim_conf_reset);

/**
 * sim_conf_read() - a configuration read
 * @c: configuration space
 * @where: offset, aligned to @size
 * @size: 1, 2 or 4 bytes
 */
u32 sim_conf_read(const struct sim_conf *c, unsigned int where, unsigned int size)
{
	u32 value = 0;

	while (size--)
		if (where + size < SIM_CONF_BYTES)
			value |= (u32)c->value[where + size] << 8 * size;
	return value;
}
EXPORT_SYMBOL_IF_KUNIT(sim_conf_read);

/* What is in force before a write, to see what it changed. */
struct before {
	u16 ats;
	u16 pri;
	u16 pasid;
	u16 bridge;
};

static struct before before(const struct sim_conf *c)
{
	return (struct before) {
		.ats = c->ats ? get16(c, c->ats + PCI_ATS_CTRL) : 0,
		.pri = c->pri ? get16(c, c->pri + PCI_PRI_CTRL) : 0,
		.pasid = c->pasid ? get16(c, c->pasid + PCI_PASID_CTRL) : 0,
		.bridge = get16(c, BRIDGECTL),
	};
}

static unsigned int ats_written(struct sim_conf *c, const struct before *was)
{
	u16 now;

	if (!c->ats)
		return 0;
	if (c->pasid && was->ats & PCI_ATS_CTRL_ENABLE)
		set16(c, c->pasid + PCI_PASID_CTRL, 0xffff, was->pasid);
	now = get16(c, c->ats + PCI_ATS_CTRL);
	if (was->ats & now & PCI_ATS_CTRL_ENABLE)
		set16(c, c->ats + PCI_ATS_CTRL, 0xffff, was->ats);
	if (!((was->ats ^ now) & PCI_ATS_CTRL_ENABLE))
		return 0;
	return now & PCI_ATS_CTRL_ENABLE ? CONF_ATS_ON : CONF_ATS_OFF;
}

/* 10.5.2.2, 10.5.2.3: enabling clears the status; stopping ends with the last answer */
static unsigned int pri_written(struct sim_conf *c, const struct before *was, bool reset)
{
	unsigned int status = c->pri + PCI_PRI_STATUS, done = 0;
	bool now;

	if (!c->pri)
		return 0;
	now = sim_conf_pri(c);
	if (now && !(was->pri & PCI_PRI_CTRL_ENABLE)) {
		if (test16(c, status, PCI_PRI_STATUS_STOPPED))
			set16(c, status, STOPPED_BITS, 0);
		else
			set16(c, c->pri + PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE, 0);
	}
	if (reset && !now) {
		c->busy = false;
		done = CONF_PRI_RESET;
	}
	if (!sim_conf_pri(c) && !c->busy)
		set16(c, status, 0, PCI_PRI_STATUS_STOPPED);
	return done;
}

/**
 * sim_conf_write() - a configuration write
 * @c: configuration space
 * @where: offset, aligned to @size
 * @size: 1, 2 or 4 bytes
 * @value: what is written
 *
 * Return: what it has done that others must hear of: CONF_ATS_ON, ...
 */
unsigned int sim_conf_write(struct sim_conf *c, unsigned int where, unsigned int size, u32 value)
{
	struct before was = before(c);
	bool flr = false, pri_reset = false;
	unsigned int i, done;

	for (i = where; i < where + size && i < SIM_CONF_BYTES; i++, value >>= 8) {
		u8 bits = value;

		c->value[i] = (c->value[i] & ~c->rw[i]) | (bits & c->rw[i]);
		c->value[i] &= ~(bits & c->w1c[i]);
		/* Bits that are written, but read as 0 */
		if (i == DEVCTL + 1 && c->value[EXP + PCI_EXP_DEVCAP + 3] & 0x10)
			flr = bits & 0x80;
		if (c->pri && i == c->pri + PCI_PRI_CTRL)
			pri_reset = bits & PCI_PRI_CTRL_RESET;
	}
	if (flr)
		return sim_conf_reset(c);
	done = ats_written(c, &was) | pri_written(c, &was, pri_reset);
	if (c->want.type == CONF_ROOT_PORT && ~was.bridge & get16(c, BRIDGECTL) &
	    PCI_BRIDGE_CTL_BUS_RESET)
		done |= CONF_BELOW;
	return done;
}
EXPORT_SYMBOL_IF_KUNIT(sim_conf_write);

/**
 * sim_conf_master() - may the function, or what is below the port, make requests
 * @c: configuration space
 */
bool sim_conf_master(const struct sim_conf *c)
{
	return test16(c, PCI_COMMAND, PCI_COMMAND_MASTER);
}
EXPORT_SYMBOL_IF_KUNIT(sim_conf_master);

/**
 * sim_conf_bus() - the bus below a port
 * @c: its configuration space
 */
u8 sim_conf_bus(const struct sim_conf *c)
{
	return c->value[PCI_SECONDARY_BUS];
}
EXPORT_SYMBOL_IF_KUNIT(sim_conf_bus);

/**
 * sim_conf_stu() - smallest translation unit
 * @c: configuration space
 *
 * Return: its shift, 12 or more; 0: ATS is off.
 */
u8 sim_conf_stu(const struct sim_conf *c)
{
	if (!c->ats || !test16(c, c->ats + PCI_ATS_CTRL, PCI_ATS_CTRL_ENABLE))
		return 0;
	return PCI_ATS_MIN_STU + (get16(c, c->ats + PCI_ATS_CTRL) & 0x1f);
}
EXPORT_SYMBOL_IF_KUNIT(sim_conf_stu);

/**
 * sim_conf_pri() - may page requests be made
 * @c: configuration space
 */
bool sim_conf_pri(const struct sim_conf *c)
{
	return c->pri && test16(c, c->pri + PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE);
}
EXPORT_SYMBOL_IF_KUNIT(sim_conf_pri);

/**
 * sim_conf_pri_limit() - how many page requests may be unanswered at a time
 * @c: configuration space
 *
 * Return: what software allows, but not more than there is room for (10.5.2.4, 10.5.2.5).
 */
u32 sim_conf_pri_limit(const struct sim_conf *c)
{
	if (!c->pri)
		return 0;
	return min_t(u32, sim_conf_read(c, c->pri + PCI_PRI_ALLOC_REQ, 4), PRI_CAPACITY);
}
EXPORT_SYMBOL_IF_KUNIT(sim_conf_pri_limit);

/**
 * sim_conf_pri_busy() - page requests have become, or are no longer, outstanding
 * @c: configuration space
 * @busy: some are
 */
void sim_conf_pri_busy(struct sim_conf *c, bool busy)
{
	c->busy = busy;
	if (c->pri && !busy && !sim_conf_pri(c))
		set16(c, c->pri + PCI_PRI_STATUS, 0, PCI_PRI_STATUS_STOPPED);
}
EXPORT_SYMBOL_IF_KUNIT(sim_conf_pri_busy);

/**
 * sim_conf_pri_failed() - a page request group response that is no answer
 * @c: configuration space
 * @unexpected: no group of this index waits; else the code was Response Failure
 *
 * 10.4.2.1: Response Failure turns the interface off.
 */
void sim_conf_pri_failed(struct sim_conf *c, bool unexpected)
{
	if (!c->pri)
		return;
	set16(c, c->pri + PCI_PRI_STATUS, 0,
	      unexpected ? PCI_PRI_STATUS_UPRGI : PCI_PRI_STATUS_RF);
	if (!unexpected)
		set16(c, c->pri + PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE, 0);
	sim_conf_pri_busy(c, c->busy);
}
EXPORT_SYMBOL_IF_KUNIT(sim_conf_pri_failed);

/**
 * sim_conf_pasid() - may requests have a PASID
 * @c: configuration space
 * @exec: and ask for permission to execute
 * @priv: and be privileged
 */
bool sim_conf_pasid(const struct sim_conf *c, bool exec, bool priv)
{
	u16 need = PCI_PASID_CTRL_ENABLE | (exec ? PCI_PASID_CTRL_EXEC : 0) |
		   (priv ? PCI_PASID_CTRL_PRIV : 0);

	return c->pasid && !(need & ~get16(c, c->pasid + PCI_PASID_CTRL));
}
EXPORT_SYMBOL_IF_KUNIT(sim_conf_pasid);

/**
 * sim_conf_prefix() - does a port pass PASIDs on
 * @c: its configuration space
 */
bool sim_conf_prefix(const struct sim_conf *c)
{
	return c->value[EXP + PCI_EXP_DEVCAP2 + 2] & BIT(5) &&
	       !test16(c, EXP + PCI_EXP_DEVCTL2, BIT(15));
}
EXPORT_SYMBOL_IF_KUNIT(sim_conf_prefix);

/**
 * sim_conf_translated() - does a port pass translated requests on
 * @c: its configuration space
 */
bool sim_conf_translated(const struct sim_conf *c)
{
	return !c->acs || !test16(c, c->acs + PCI_ACS_CTRL, PCI_ACS_TB);
}
EXPORT_SYMBOL_IF_KUNIT(sim_conf_translated);

/**
 * sim_conf_message() - the message that is an interrupt of the function
 * @c: configuration space
 * @addr: where it is written
 * @data: what is written
 *
 * Return: false if there is none: MSI is off.
 */
bool sim_conf_message(const struct sim_conf *c, u64 *addr, u32 *data)
{
	if (c->want.type == CONF_ROOT_PORT || !test16(c, MSI + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE))
		return false;
	*addr = get_unaligned_le64(&c->value[MSI + PCI_MSI_ADDRESS_LO]);
	*data = get16(c, MSI + PCI_MSI_DATA_64);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(sim_conf_message);
