// SPDX-License-Identifier: GPL-2.0-only
/*
 * Profiles against numbers, and fields against positions, of IHI 0070, 6.3.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/test.h>

#include "sim.h"

static const struct {
	const char *name;
	struct ssim_ids ids;
} known[] = {
	/* As QEMU 10.0 answers to reads of its registers. */
	{ "qemu", { { 0x0d44101b, 0x02730010, 0, 0x1414, 0, 0x74 }, 0, 1 } },
	/* As in Intel's list of the registers of an Agilex 5. */
	{ "mmu600", { { 0x080f7e3f, 0x0e739d18, 0, 0x3c, 0, 0x400075 }, 0x4832243b, 1 } },
	{ "mmu700", { { 0x080f76bb, 0x0e739d18, 0, 0x17bc, 0, 0x400476 }, 0x4871043b, 2 } },
	{ "neoverse-v2", { { 0x080f76bb, 0x0e739d18, 0, 0x17bc, 0, 0x400075 }, 0x4871043b, 2 } },
	{ "minimal", { { 0x0540000a, 0x00210008, 0, 0, 0, 0x10 }, 0, 0 } },
	{ "everything", { { 0x080d76bb, 0x0d084518, 0, 0x3734, 0, 0x4004f6 }, 0, 2 } },
};

static void profile_values(struct kunit *test)
{
	struct ssim_ids ids;
	unsigned int i, r;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		KUNIT_ASSERT_TRUE_MSG(test, sim_profile(known[i].name, &ids), "%s", known[i].name);
		for (r = 0; r < 6; r++)
			KUNIT_EXPECT_EQ_MSG(test, ids.idr[r], known[i].ids.idr[r], "%s IDR%u",
					    known[i].name, r);
		KUNIT_EXPECT_EQ_MSG(test, ids.iidr, known[i].ids.iidr, "%s", known[i].name);
		KUNIT_EXPECT_EQ_MSG(test, ids.aidr, known[i].ids.aidr, "%s", known[i].name);
	}
	for (i = 0; sim_profile_name(i); i++)
		KUNIT_EXPECT_TRUE(test, sim_profile(sim_profile_name(i), &ids));
	KUNIT_EXPECT_EQ(test, i, ARRAY_SIZE(known));
	KUNIT_EXPECT_FALSE(test, sim_profile("", &ids));
	KUNIT_EXPECT_FALSE(test, sim_profile("mmu", &ids));
}

/* The bits of a field: what its largest value sets. */
static struct ssim_ids mask_of(struct kunit *test, unsigned int i)
{
	struct ssim_ids ids = {};
	u32 most = 0;

	while (!sim_field_set(&ids, i, most) && most != ~0u)
		most = most << 1 | 1;
	if (most != ~0u)
		KUNIT_EXPECT_EQ(test, sim_field_set(&ids, i, most), -ERANGE);
	return ids;
}

static u32 common(const struct ssim_ids *a, const struct ssim_ids *b)
{
	u32 both = (a->iidr & b->iidr) | (a->aidr & b->aidr);
	unsigned int r;

	for (r = 0; r < 6; r++)
		both |= a->idr[r] & b->idr[r];
	return both;
}

static void fields_apart(struct kunit *test)
{
	unsigned int i, k;

	for (i = 0; i < sim_field_count(); i++) {
		struct ssim_ids a = mask_of(test, i);

		for (k = 0; k < i; k++) {
			struct ssim_ids b = mask_of(test, k);

			if (strchr(sim_field_name(i), '.'))
				KUNIT_EXPECT_EQ_MSG(test, common(&a, &b), 0u, "%s and %s",
						    sim_field_name(i), sim_field_name(k));
			KUNIT_EXPECT_STRNEQ(test, sim_field_name(i), sim_field_name(k));
		}
	}
}

static void fields_round_trip(struct kunit *test)
{
	struct ssim_ids before, ids;
	unsigned int i, k;
	u32 value;

	memset(&before, 0xa5, sizeof(before));
	for (i = 0; i < sim_field_count(); i++) {
		KUNIT_EXPECT_EQ(test, sim_field_find(sim_field_name(i)), (int)i);
		for (value = 1; value; value <<= 1) {
			ids = before;
			if (sim_field_set(&ids, i, value)) {
				KUNIT_EXPECT_MEMEQ(test, &ids, &before, sizeof(ids));
				break;
			}
			KUNIT_EXPECT_EQ_MSG(test, sim_field_get(&ids, i), value, "%s",
					    sim_field_name(i));
			for (k = 0; k < sim_field_count(); k++)
				if (k != i && strchr(sim_field_name(i), '.') &&
				    strchr(sim_field_name(k), '.'))
					KUNIT_EXPECT_EQ_MSG(test, sim_field_get(&ids, k),
							    sim_field_get(&before, k),
							    "%s moves %s", sim_field_name(i),
							    sim_field_name(k));
		}
	}
	KUNIT_EXPECT_EQ(test, sim_field_find("idr0.s1p"), sim_field_find("IDR0.S1P"));
	KUNIT_EXPECT_EQ(test, sim_field_find("IDR0.XYZ"), -ENOENT);
	KUNIT_EXPECT_EQ(test, sim_field_find(""), -ENOENT);
}

/* Register, value that sets all of a field, and its name: read from 6.3.1 to 6.3.8. */
static void fields_places(struct kunit *test)
{
	static const struct {
		const char *name;
		unsigned int reg;
		u32 mask;
	} t[] = {
		{ "IDR0.S2P", 0, 0x1 }, { "IDR0.TTF", 0, 0xc }, { "IDR0.COHACC", 0, 0x10 },
		{ "IDR0.HTTU", 0, 0xc0 }, { "IDR0.ATS", 0, 0x400 }, { "IDR0.MSI", 0, 0x2000 },
		{ "IDR0.PRI", 0, 0x10000 }, { "IDR0.TTENDIAN", 0, 0x600000 },
		{ "IDR0.STALL_MODEL", 0, 0x3000000 }, { "IDR0.ST_LEVEL", 0, 0x18000000 },
		{ "IDR1.SIDSIZE", 1, 0x3f }, { "IDR1.SSIDSIZE", 1, 0x7c0 },
		{ "IDR1.PRIQS", 1, 0xf800 }, { "IDR1.CMDQS", 1, 0x3e00000 },
		{ "IDR2.BA_VATOS", 2, 0x3ff }, { "IDR3.RIL", 3, 0x400 },
		{ "IDR3.BBML", 3, 0x1800 }, { "IDR4", 4, 0xffffffff }, { "IDR5.OAS", 5, 0x7 },
		{ "IDR5.VAX", 5, 0xc00 }, { "IDR5.STALL_MAX", 5, 0xffff0000 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		int field = sim_field_find(t[i].name);
		struct ssim_ids ids;

		KUNIT_ASSERT_GE_MSG(test, field, 0, "%s", t[i].name);
		ids = mask_of(test, field);
		KUNIT_EXPECT_EQ_MSG(test, ids.idr[t[i].reg], t[i].mask, "%s", t[i].name);
	}
}

static struct kunit_case profile_cases[] = {
	KUNIT_CASE(profile_values),
	KUNIT_CASE(fields_apart),
	KUNIT_CASE(fields_round_trip),
	KUNIT_CASE(fields_places),
	{}
};

static struct kunit_suite profile_suite = {
	.name = "arm-smmu-v3-sim-profiles",
	.test_cases = profile_cases,
};

kunit_test_suite(profile_suite);
