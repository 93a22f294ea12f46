// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the configuration space of simulated PCI functions. Offsets and
 * masks are numbers of the PCI Express Base Specification, not the kernel's macros.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/test.h>

#include "pciconf.h"

/* Fields of a register: what is there after reset, what can be written. */
struct reg {
	unsigned int at;
	u32 reset;
	u32 rw;
	u32 w1c;
};

/* Capability IDs, and where they were found */
enum { EXP, MSI, ATS, PRI, PASID, ACS, CAPS };

static const struct { u16 id; unsigned int bytes; } caps[CAPS] = {
	{ 0x10, 60 }, { 0x05, 14 }, { 0x0f, 8 }, { 0x13, 16 }, { 0x1b, 8 }, { 0x0d, 8 },
};

static struct sim_conf *conf(struct kunit *test, enum sim_conf_type type, unsigned int features)
{
	struct sim_conf *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	const struct sim_conf_want want = {
		.type = type,
		.ats = features & BIT(ATS),
		.pri = features & BIT(PRI),
		.pasid_bits = features & BIT(PASID) ? 16 : 0,
		.bus = 7,
	};

	KUNIT_ASSERT_NOT_NULL(test, c);
	sim_conf_init(c, &want);
	return c;
}

#define ALL	(BIT(ATS) | BIT(PRI) | BIT(PASID))

static u32 get(struct sim_conf *c, unsigned int at)
{
	return sim_conf_read(c, at, 4);
}

/* Every capability but the known ones, at a bad place or twice, is an error. */
static void note(struct kunit *test, unsigned int at[CAPS], u16 id, bool extended, unsigned int pos)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, pos & 3, 0);
	for (i = extended ? ATS : EXP; i < (extended ? CAPS : ATS); i++) {
		if (caps[i].id != id)
			continue;
		KUNIT_EXPECT_EQ(test, at[i], 0);
		at[i] = pos;
		return;
	}
	KUNIT_FAIL(test, "capability %#x at %#x", id, pos);
}

static void walk(struct kunit *test, struct sim_conf *c, unsigned int at[CAPS])
{
	unsigned int pos, n, i, j;

	memset(at, 0, CAPS * sizeof(*at));
	KUNIT_EXPECT_TRUE(test, get(c, 4) & 0x100000);
	for (pos = get(c, 0x34) & 0xff, n = 0; pos && n < 8; n++) {
		KUNIT_EXPECT_GE(test, pos, 0x40);
		note(test, at, get(c, pos) & 0xff, false, pos);
		pos = get(c, pos) >> 8 & 0xff;
	}
	KUNIT_EXPECT_EQ(test, pos, 0);
	for (pos = get(c, 0x100) ? 0x100 : 0, n = 0; pos && n < 8; n++) {
		KUNIT_EXPECT_GE(test, pos, 0x100);
		KUNIT_EXPECT_EQ(test, get(c, pos) >> 16 & 0xf, 1);
		note(test, at, get(c, pos) & 0xffff, true, pos);
		pos = get(c, pos) >> 20;
	}
	KUNIT_EXPECT_EQ(test, pos, 0);
	for (i = 0; i < CAPS; i++)
		for (j = 0; j < CAPS; j++)
			if (i != j && at[i] && at[j])
				KUNIT_EXPECT_FALSE(test, at[i] <= at[j] &&
						   at[j] < at[i] + caps[i].bytes);
}

static void chain(struct kunit *test)
{
	unsigned int at[CAPS], features, i;

	for (features = 0; features < 8; features++) {
		unsigned int want = features << ATS | BIT(EXP) | BIT(MSI);

		walk(test, conf(test, CONF_INTEGRATED, want), at);
		for (i = 0; i < CAPS; i++)
			KUNIT_EXPECT_EQ(test, !!at[i], !!(want & BIT(i)));
	}
	walk(test, conf(test, CONF_ROOT_PORT, ALL), at);
	for (i = 0; i < CAPS; i++)
		KUNIT_EXPECT_EQ(test, !!at[i], i == EXP || i == ACS);
}

/* Each bit of the 4 KiB is what the table says, or is 0 and stays 0. */
static void sweep(struct kunit *test, enum sim_conf_type type, const struct reg *regs,
		  unsigned int n, unsigned int skip)
{
	static const struct reg none;
	struct sim_conf *c;
	unsigned int at, i;

	for (at = 0; at < 0x1000; at += 4) {
		struct reg r = none;
		u32 ones = ~0u;

		if (at && at == skip)
			continue;
		for (i = 0; i < n; i++)
			if (regs[i].at == at)
				r = regs[i];
		c = conf(test, type, ALL);
		KUNIT_EXPECT_EQ_MSG(test, get(c, at), r.reset, "reset value at %#x", at);
		/* Function level reset is told from the rest elsewhere. */
		if (at == 0x48)
			ones &= ~0x8000;
		sim_conf_write(c, at, 4, ones);
		KUNIT_EXPECT_EQ_MSG(test, get(c, at), (r.reset | r.rw) & ~r.w1c, "ones at %#x", at);
		sim_conf_write(c, at, 4, 0);
		KUNIT_EXPECT_EQ_MSG(test, get(c, at), r.reset & ~r.rw, "zeroes at %#x", at);
		if (at >= SIM_CONF_BYTES)
			continue;
		memset(&c->value[at], 0xff, 4);
		sim_conf_write(c, at, 4, 0);
		KUNIT_EXPECT_EQ_MSG(test, get(c, at), ~r.rw, "0 clears nothing at %#x", at);
		sim_conf_write(c, at, 4, r.w1c);
		KUNIT_EXPECT_EQ_MSG(test, get(c, at), ~(r.rw | r.w1c), "1 clears at %#x", at);
		kunit_kfree(test, c);
	}
}

/* Chapters 7.5.1, 7.5.3, 7.7.1, 7.6.3, 10.5.1 */
static void endpoint_bits(struct kunit *test)
{
	static const struct reg regs[] = {
		{ 0x000, 0x5e5a13b5 },
		{ 0x004, 0x00100000, 0x00000144, 0xf9000000 },
		{ 0x008, 0x12000000 },
		{ 0x00c, 0, 0xff },
		{ 0x02c, 0x5e5a13b5 },
		{ 0x034, 0x40 },
		{ 0x03c, 0, 0xff },
		{ 0x040, 0x00928010 },
		{ 0x044, 0x10008000 },
		{ 0x048, 0x2810, 0x781f, 0x000f0000 },
		{ 0x064, 0x00700010 },
		{ 0x068, 0, 0x50 },
		{ 0x080, 0x00800005, 0x00710000 },
		{ 0x084, 0, 0xfffffffc },
		{ 0x088, 0, 0xffffffff },
		{ 0x08c, 0, 0x0000ffff },
		{ 0x100, 0x1081000f },
		{ 0x104, 0x00000060, 0x801f0000 },
		{ 0x108, 0x11810013 },
		{ 0x110, 64 },
		{ 0x114, 0, 0xffffffff },
		{ 0x118, 0x0001001b },
		{ 0x11c, 0x00001006, 0x00070000 },
	};

	sweep(test, CONF_INTEGRATED, regs, ARRAY_SIZE(regs), 0x10c);
}

/* 7.5.1.3, 7.5.3.14, 7.7.8 besides */
static void port_bits(struct kunit *test)
{
	static const struct reg regs[] = {
		{ 0x000, 0x5e5b13b5 },
		{ 0x004, 0x00100000, 0x00000146, 0xf9000000 },
		{ 0x008, 0x06040000 },
		{ 0x00c, 0x00010000, 0xff },
		{ 0x018, 0x00070700, 0x00ffffff },
		{ 0x01c, 0, 0, 0xf9000000 },
		{ 0x020, 0x0000fff0, 0xfff0fff0 },
		{ 0x034, 0x40 },
		{ 0x03c, 0, 0x004300ff },
		{ 0x040, 0x00420010 },
		{ 0x044, 0x00008000 },
		{ 0x048, 0x2010, 0x701f, 0x000f0000 },
		{ 0x04c, 0x00400011 },
		{ 0x050, 0x00110000, 0xd3 },
		{ 0x05c, 0, 0xf },
		{ 0x060, 0, 0, 0x00010000 },
		{ 0x064, 0x00700000 },
		{ 0x068, 0, 0x8000 },
		{ 0x06c, 2 },
		{ 0x100, 0x0001000d },
		{ 0x104, 0x001d005f, 0x005f0000 },
	};

	sweep(test, CONF_ROOT_PORT, regs, ARRAY_SIZE(regs), 0);
}

/* 10.5.1.3: STU means 4 KiB at 0 and does not change while it is in force */
static void translation(struct kunit *test)
{
	struct sim_conf *c = conf(test, CONF_INTEGRATED, ALL);

	KUNIT_EXPECT_EQ(test, sim_conf_stu(c), 0);
	KUNIT_EXPECT_EQ(test, sim_conf_write(c, 0x106, 2, 0x0002), 0);
	KUNIT_EXPECT_EQ(test, sim_conf_stu(c), 0);
	KUNIT_EXPECT_EQ(test, sim_conf_write(c, 0x106, 2, 0x8004), CONF_ATS_ON);
	KUNIT_EXPECT_EQ(test, sim_conf_stu(c), 16);
	KUNIT_EXPECT_EQ(test, sim_conf_write(c, 0x106, 2, 0x8000), 0);
	KUNIT_EXPECT_EQ(test, sim_conf_stu(c), 16);
	KUNIT_EXPECT_EQ(test, sim_conf_write(c, 0x107, 1, 0), CONF_ATS_OFF);
	KUNIT_EXPECT_EQ(test, sim_conf_write(c, 0x107, 1, 0x80), CONF_ATS_ON);
	KUNIT_EXPECT_EQ(test, sim_conf_stu(c), 16);
	c = conf(test, CONF_INTEGRATED, BIT(PASID));
	KUNIT_EXPECT_EQ(test, sim_conf_write(c, 0x106, 2, 0x8000), 0);
	KUNIT_EXPECT_EQ(test, sim_conf_stu(c), 0);
}

/* 7.8.8.3: nothing of it changes under an enabled ATS */
static void pasids(struct kunit *test)
{
	struct sim_conf *c = conf(test, CONF_INTEGRATED, ALL);

	KUNIT_EXPECT_FALSE(test, sim_conf_pasid(c, false, false));
	sim_conf_write(c, 0x11e, 2, 1);
	KUNIT_EXPECT_TRUE(test, sim_conf_pasid(c, false, false));
	KUNIT_EXPECT_FALSE(test, sim_conf_pasid(c, true, false));
	KUNIT_EXPECT_FALSE(test, sim_conf_pasid(c, false, true));
	sim_conf_write(c, 0x11e, 2, 7);
	KUNIT_EXPECT_TRUE(test, sim_conf_pasid(c, true, true));
	sim_conf_write(c, 0x106, 2, 0x8000);
	sim_conf_write(c, 0x11e, 2, 0);
	KUNIT_EXPECT_TRUE(test, sim_conf_pasid(c, true, true));
	sim_conf_write(c, 0x106, 2, 0);
	sim_conf_write(c, 0x11e, 2, 0);
	KUNIT_EXPECT_FALSE(test, sim_conf_pasid(c, false, false));
}

/* 10.5.2.2, 10.5.2.3 */
static void page_requests(struct kunit *test)
{
	struct sim_conf *c = conf(test, CONF_INTEGRATED, ALL);

	KUNIT_EXPECT_EQ(test, get(c, 0x10c), 0x81000000);
	sim_conf_write(c, 0x10c, 2, 1);
	KUNIT_EXPECT_TRUE(test, sim_conf_pri(c));
	KUNIT_EXPECT_EQ(test, get(c, 0x10c), 0x80000001);

	/* It stops with the last answer, and is not to be enabled before. */
	sim_conf_pri_busy(c, true);
	sim_conf_write(c, 0x10c, 2, 0);
	KUNIT_EXPECT_EQ(test, get(c, 0x10c), 0x80000000);
	sim_conf_write(c, 0x10c, 2, 1);
	KUNIT_EXPECT_FALSE(test, sim_conf_pri(c));
	sim_conf_pri_busy(c, false);
	KUNIT_EXPECT_EQ(test, get(c, 0x10c), 0x81000000);

	/* Reset reads as 0, and does nothing to an interface that is on. */
	sim_conf_write(c, 0x10c, 2, 1);
	sim_conf_pri_busy(c, true);
	KUNIT_EXPECT_EQ(test, sim_conf_write(c, 0x10c, 2, 3), 0);
	KUNIT_EXPECT_EQ(test, get(c, 0x10c), 0x80000001);
	KUNIT_EXPECT_EQ(test, sim_conf_write(c, 0x10c, 2, 2), CONF_PRI_RESET);
	KUNIT_EXPECT_EQ(test, get(c, 0x10c), 0x81000000);

	/* Response Failure turns it off, an unexpected index does not; 1 clears both. */
	sim_conf_write(c, 0x10c, 2, 1);
	sim_conf_pri_failed(c, true);
	KUNIT_EXPECT_EQ(test, get(c, 0x10c), 0x80020001);
	sim_conf_pri_failed(c, false);
	KUNIT_EXPECT_EQ(test, get(c, 0x10c), 0x81030000);
	sim_conf_write(c, 0x10e, 2, 1);
	KUNIT_EXPECT_EQ(test, get(c, 0x10c), 0x81020000);
	sim_conf_write(c, 0x10e, 2, 0xffff);
	KUNIT_EXPECT_EQ(test, get(c, 0x10c), 0x81000000);

	/* So does enabling. */
	sim_conf_pri_failed(c, true);
	sim_conf_write(c, 0x10c, 2, 1);
	KUNIT_EXPECT_EQ(test, get(c, 0x10c), 0x80000001);
}

/* 6.6.2 */
static void resets(struct kunit *test)
{
	struct sim_conf *c = conf(test, CONF_INTEGRATED, ALL);
	unsigned int at;

	sim_conf_write(c, 0x04, 2, 4);
	sim_conf_write(c, 0x82, 2, 1);
	sim_conf_write(c, 0x11e, 2, 1);
	sim_conf_write(c, 0x106, 2, 0x8001);
	sim_conf_write(c, 0x10c, 2, 1);
	sim_conf_pri_busy(c, true);
	KUNIT_EXPECT_TRUE(test, sim_conf_master(c));
	KUNIT_EXPECT_EQ(test, sim_conf_write(c, 0x48, 2, 0xa810), CONF_RESET | CONF_ATS_OFF);
	KUNIT_EXPECT_FALSE(test, c->busy);
	for (at = 0; at < 0x1000; at += 4)
		KUNIT_EXPECT_EQ(test, get(c, at), get(conf(test, CONF_INTEGRATED, ALL), at));
	KUNIT_EXPECT_EQ(test, sim_conf_write(c, 0x48, 4, 0x8000), CONF_RESET);

	/* Ports have no such reset, they give it: once for each time the bit becomes set. */
	c = conf(test, CONF_ROOT_PORT, ALL);
	KUNIT_EXPECT_EQ(test, sim_conf_write(c, 0x48, 2, 0x8000), 0);
	KUNIT_EXPECT_EQ(test, sim_conf_write(c, 0x3e, 2, 0x40), CONF_BELOW);
	KUNIT_EXPECT_EQ(test, sim_conf_write(c, 0x3e, 2, 0x40), 0);
	KUNIT_EXPECT_EQ(test, sim_conf_write(c, 0x3e, 2, 0), 0);
	KUNIT_EXPECT_EQ(test, sim_conf_write(c, 0x3c, 4, 0x400000), CONF_BELOW);
}

static void ports(struct kunit *test)
{
	struct sim_conf *c = conf(test, CONF_ROOT_PORT, BIT(PASID));

	KUNIT_EXPECT_EQ(test, sim_conf_bus(c), 7);
	KUNIT_EXPECT_TRUE(test, sim_conf_prefix(c));
	sim_conf_write(c, 0x68, 2, 0x8000);
	KUNIT_EXPECT_FALSE(test, sim_conf_prefix(c));
	KUNIT_EXPECT_TRUE(test, sim_conf_translated(c));
	sim_conf_write(c, 0x106, 2, 2);
	KUNIT_EXPECT_FALSE(test, sim_conf_translated(c));
	KUNIT_EXPECT_FALSE(test, sim_conf_prefix(conf(test, CONF_ROOT_PORT, 0)));
	KUNIT_EXPECT_FALSE(test, sim_conf_master(c));
	sim_conf_write(c, 0x04, 2, 4);
	KUNIT_EXPECT_TRUE(test, sim_conf_master(c));
}

static void message(struct kunit *test)
{
	struct sim_conf *c = conf(test, CONF_ENDPOINT, 0);
	u64 addr = 0;
	u32 data = 0;

	sim_conf_write(c, 0x84, 4, 0x89abcdef);
	sim_conf_write(c, 0x88, 4, 0x01234567);
	sim_conf_write(c, 0x8c, 2, 0xbeef);
	KUNIT_EXPECT_FALSE(test, sim_conf_message(c, &addr, &data));
	sim_conf_write(c, 0x82, 2, 1);
	KUNIT_EXPECT_TRUE(test, sim_conf_message(c, &addr, &data));
	KUNIT_EXPECT_EQ(test, addr, 0x0123456789abcdecULL);
	KUNIT_EXPECT_EQ(test, data, 0xbeef);
}

static struct kunit_case conf_cases[] = {
	KUNIT_CASE(chain),
	KUNIT_CASE(endpoint_bits),
	KUNIT_CASE(port_bits),
	KUNIT_CASE(translation),
	KUNIT_CASE(pasids),
	KUNIT_CASE(page_requests),
	KUNIT_CASE(resets),
	KUNIT_CASE(ports),
	KUNIT_CASE(message),
	{ }
};

static struct kunit_suite conf_suite = {
	.name = "smmu-sim-pciconf",
	.test_cases = conf_cases,
};

kunit_test_suite(conf_suite);
