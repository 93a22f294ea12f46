// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains that give way to processes with the same ASID (I-29, I-30, I-50).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/io-pgtable.h>

#include "decode.h"
#include "fake.h"

/* IHI 0070, 4.3 and 4.4 */
#define CFGI_CD		0x05
#define TLBI_NH_ASID	0x11

struct seize_test {
	struct fake_smmu *f;
	struct smmu_master master;
	struct smmu_domain domain;
	struct smmu_bond bond;
	struct io_pgtable_ops ops;
	u32 sid;
};

static void seize_free(void *data)
{
	struct seize_test *t = data;

	list_del(&t->master.node);
	smmu_cdtab_free(&t->master);
	smmu_tags_exit(&t->f->smmu);
}

/* A domain that DMA without a PASID goes through, and PASID 3. */
static struct seize_test *seize_test(struct kunit *test)
{
	struct seize_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct smmu_master *m = &t->master;
	struct smmu_device *smmu;
	u64 cd[SMMU_ENTRY_QWORDS];

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->f = fake_create(test);
	smmu = &t->f->smmu;
	fake_cmdq(test, t->f, 8, false);
	fake_pace(t->f, FAKE_EAGER);
	smmu->feat.ssid_bits = 4;
	t->sid = 7;
	*m = (struct smmu_master) {
		.smmu = smmu, .dev = smmu->dev, .sids = &t->sid, .num_sids = 1, .ssid_bits = 4,
	};
	mutex_init(&m->cd_lock);
	mutex_init(&m->view_lock);
	raw_spin_lock_init(&m->ste_lock);
	INIT_LIST_HEAD(&smmu->masters);
	list_add(&m->node, &smmu->masters);
	t->domain = (struct smmu_domain) { .pgt = &t->ops, .domain.pgsize_bitmap = SZ_4K };
	mutex_init(&t->domain.lock);
	INIT_LIST_HEAD(&t->domain.bonds);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, seize_free, t), 0);

	KUNIT_ASSERT_EQ(test, smmu_domain_join(&t->domain, m, 0, false, NULL), 0);
	KUNIT_ASSERT_EQ(test, smmu_domain_join(&t->domain, m, 3, false, NULL), 0);
	cd_make_s1(&smmu->feat, &t->domain.cfg, 1, false, cd);
	KUNIT_ASSERT_EQ(test, smmu_cdtab_prepare(m, 0), 0);
	KUNIT_ASSERT_EQ(test, smmu_cd_write(m, 0, cd), 0);
	KUNIT_ASSERT_EQ(test, smmu_cd_write(m, 3, cd), 0);
	m->cd_domain = &t->domain;
	t->bond = (struct smmu_bond) { .domain = &t->domain, .master = m, .ssid = 3 };
	list_add(&t->bond.node, &t->domain.bonds);
	fake_clear(t->f);
	return t;
}

static u64 asid_of(const struct seize_test *t, u32 ssid)
{
	return word_get(le64_to_cpu(t->master.cdtab.cds[ssid].qw[0]), 63, 48);
}

static u16 tag_of(struct seize_test *t)
{
	guard(mutex)(&t->domain.lock);
	return smmu_domain_tlb(&t->domain, &t->f->smmu)->tag;
}

static void leave(struct seize_test *t)
{
	list_del(&t->bond.node);
	smmu_domain_drop(&t->domain, &t->master, 3, true, NULL);
	smmu_domain_drop(&t->domain, &t->master, 0, true, NULL);
}

/* Both descriptors are told, then the old ASID is dropped, and only that. */
static void seize_i29_moves(struct kunit *test)
{
	struct seize_test *t = seize_test(test);
	struct smmu_device *smmu = &t->f->smmu;
	unsigned int i, told = 0;

	KUNIT_ASSERT_EQ(test, tag_of(t), 1);
	KUNIT_EXPECT_EQ(test, smmu_asid_share(smmu, 1), 0);
	KUNIT_EXPECT_EQ(test, tag_of(t), 2);
	KUNIT_EXPECT_EQ(test, asid_of(t, 0), 2);
	KUNIT_EXPECT_EQ(test, asid_of(t, 3), 2);
	KUNIT_EXPECT_EQ(test, smmu->seized, 1);
	for (i = 0; i < t->f->logged; i++) {
		u64 w = fake_word(t->f, i, 0);

		if ((w & 0xff) == CFGI_CD)
			told |= 1u << (w >> 12 & 0xff);
		if ((w & 0xff) != TLBI_NH_ASID)
			continue;
		KUNIT_EXPECT_EQ(test, told, BIT(0) | BIT(3));
		KUNIT_EXPECT_EQ(test, w >> 48, 1);
	}
	KUNIT_EXPECT_EQ(test, fake_count(t->f, TLBI_NH_ASID), 1);

	/* A process has it now: no other can, and no domain. */
	KUNIT_EXPECT_EQ(test, smmu_asid_share(smmu, 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, smmu_tag_free(smmu, SMMU_INVAL_S1, 1), 0);
	KUNIT_EXPECT_EQ(test, smmu_asid_share(smmu, 1), 0);

	/* What is unmapped later goes under the new ASID alone. */
	fake_clear(t->f);
	smmu_inval_range(&t->domain, 0x1000, SZ_4K, SZ_4K);
	KUNIT_EXPECT_EQ(test, t->f->ran, 2);
	KUNIT_EXPECT_EQ(test, fake_word(t->f, 0, 0) >> 48, 2);
	leave(t);
	KUNIT_EXPECT_NULL(test, rcu_access_pointer(t->domain.invals));
}

/* Nothing has an ASID whose invalidation failed; the domain has its new one. */
static void seize_i30_failed_invalidation(struct kunit *test)
{
	struct seize_test *t = seize_test(test);
	struct smmu_device *smmu = &t->f->smmu;

	/* CFGI_CD, CMD_SYNC, CFGI_CD, CMD_SYNC, and then */
	fake_fail(t->f, 4, 1, 1);
	KUNIT_EXPECT_NE(test, smmu_asid_share(smmu, 1), 0);
	KUNIT_EXPECT_EQ(test, tag_of(t), 2);
	KUNIT_EXPECT_EQ(test, asid_of(t, 0), 2);
	KUNIT_EXPECT_EQ(test, smmu_asid_share(smmu, 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, smmu->seized, 0);
	leave(t);
}

/* I-31: where there is no other ASID, everything stays as it was. */
static void seize_i31_no_other(struct kunit *test)
{
	struct seize_test *t = seize_test(test);
	struct smmu_device *smmu = &t->f->smmu;

	smmu->feat.asid_bits = 1;
	KUNIT_EXPECT_EQ(test, smmu_asid_share(smmu, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, tag_of(t), 1);
	KUNIT_EXPECT_EQ(test, asid_of(t, 3), 1);
	KUNIT_EXPECT_EQ(test, t->f->ran, 0);
	leave(t);
}

/* One of a process stays; and what a domain is about to give back is not taken from it. */
static void seize_i29_refused(struct kunit *test)
{
	struct seize_test *t = seize_test(test);
	struct smmu_device *smmu = &t->f->smmu;
	struct smmu_domain process = {};
	u16 tag;

	KUNIT_ASSERT_EQ(test, smmu_tag_alloc(smmu, SMMU_INVAL_S1, &process, &tag), 0);
	KUNIT_EXPECT_EQ(test, smmu_asid_share(smmu, tag), -EBUSY);
	KUNIT_ASSERT_EQ(test, smmu_tag_alloc(smmu, SMMU_INVAL_S1, &t->domain, &tag), 0);
	KUNIT_EXPECT_EQ(test, smmu_asid_share(smmu, tag), -ENOENT);
	KUNIT_EXPECT_EQ(test, t->f->ran, 0);
	leave(t);
}

static struct kunit_case seize_cases[] = {
	KUNIT_CASE(seize_i29_moves),
	KUNIT_CASE(seize_i29_refused),
	KUNIT_CASE(seize_i30_failed_invalidation),
	KUNIT_CASE(seize_i31_no_other),
	{ }
};

static struct kunit_suite seize_suite = {
	.name = "smmu-v3-seize",
	.test_cases = seize_cases,
};

kunit_test_suite(seize_suite);
