// SPDX-License-Identifier: GPL-2.0-only
/*
 * The context descriptors of a master, one for each PASID.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#include "cmd.h"
#include "entry.h"
#include "smmu.h"

/* A linear table of 256K, for each master. */
#define LINEAR_MAX	12

/**
 * cd_make_s1() - a context descriptor for an io-pgtable
 * @f: features of the instance
 * @cfg: configuration of a stage 1 table
 * @asid: tag of what is cached
 * @stall: faults may stall
 * @qw: set to the CD in CPU byte order
 *
 * ASET is set: the ASID is this driver's own and takes no part in the CPUs'
 * TLB maintenance.
 */
void cd_make_s1(const struct smmu_features *f, const struct io_pgtable_cfg *cfg, u16 asid,
		bool stall, u64 *qw)
{
	const typeof(cfg->arm_lpae_s1_cfg.tcr) *tcr = &cfg->arm_lpae_s1_cfg.tcr;

	memset(qw, 0, sizeof(struct smmu_cd));
	qw[0] = CD0_V | CD0_AA64 | CD0_R | CD0_A | CD0_ASET | CD0_EPD1 |
		FIELD_PREP(CD0_T0SZ, tcr->tsz) | FIELD_PREP(CD0_TG0, tcr->tg) |
		FIELD_PREP(CD0_IR0, tcr->irgn) | FIELD_PREP(CD0_OR0, tcr->orgn) |
		FIELD_PREP(CD0_SH0, tcr->sh) | FIELD_PREP(CD0_IPS, tcr->ips) |
		FIELD_PREP(CD0_ASID, asid);
	if (IS_ENABLED(CONFIG_CPU_BIG_ENDIAN))
		qw[0] |= CD0_ENDI;
	/* 5.4, S: 0 is illegal where stalls cannot be turned off (I-27). */
	if (stall || f->stall_forced)
		qw[0] |= CD0_S;
	if (cfg->quirks & IO_PGTABLE_QUIRK_ARM_HD)
		qw[0] |= CD0_HA | CD0_HD;
	qw[1] = cfg->arm_lpae_s1_cfg.ttbr & CD1_TTB0;
	qw[2] = FIELD_PREP(CD2_DS, tcr->ds);
	qw[3] = cfg->arm_lpae_s1_cfg.mair;
}
EXPORT_SYMBOL_IF_KUNIT(cd_make_s1);

/**
 * smmu_ssid_bits() - how wide the PASIDs of an instance may be
 * @f: features of the instance
 *
 * What cannot have two levels is allocated as a whole, for each master.
 *
 * Return: bits, 0 where there are no PASIDs.
 */
u8 smmu_ssid_bits(const struct smmu_features *f)
{
	return f->two_level_cdtab ? f->ssid_bits : min(f->ssid_bits, LINEAR_MAX);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_ssid_bits);

/* Level 1 is allocated with the table: 8K at most, with the larger leaves beyond 16 bits. */
static u8 cdtab_leaf_bits(const struct smmu_features *f, u8 ssid_bits)
{
	if (!f->two_level_cdtab || ssid_bits <= CDTAB_LEAF_4K)
		return 0;
	return ssid_bits > 16 ? CDTAB_LEAF_64K : CDTAB_LEAF_4K;
}

static size_t cdtab_num_l1(const struct smmu_cdtab *t)
{
	return 1ul << (t->ssid_bits - t->leaf_bits);
}

static size_t cdtab_leaf_bytes(const struct smmu_cdtab *t)
{
	return sizeof(struct smmu_cd) << (t->leaf_bits ?: t->ssid_bits);
}

static void cdtab_free_part(struct smmu_master *master, void *part, size_t size, dma_addr_t dma)
{
	iommu_seam_freed(part, size);
	dma_free_coherent(master->smmu->dev, size, part, dma);
}

/* No STE points at the table any more, and hardware was told (I-26). */
void smmu_cdtab_free(struct smmu_master *master)
{
	struct smmu_cdtab *t = &master->cdtab;
	size_t i;

	if (t->cds)
		cdtab_free_part(master, t->cds, cdtab_leaf_bytes(t), t->dma);
	for (i = 0; t->l1 && t->leaves && i < cdtab_num_l1(t); i++)
		if (t->leaves[i])
			cdtab_free_part(master, t->leaves[i], cdtab_leaf_bytes(t),
					le64_to_cpu(t->l1[i].desc) & CDL1_L2PTR);
	if (t->l1)
		cdtab_free_part(master, t->l1, cdtab_num_l1(t) * sizeof(*t->l1), t->dma);
	kvfree(t->leaves);
	*t = (struct smmu_cdtab) {};
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cdtab_free);

static int cdtab_alloc(struct smmu_master *master)
{
	struct smmu_cdtab *t = &master->cdtab;
	struct device *dev = master->smmu->dev;

	t->ssid_bits = master->ssid_bits;
	t->leaf_bits = cdtab_leaf_bits(&master->smmu->feat, t->ssid_bits);
	if (!t->leaf_bits) {
		t->cds = dma_alloc_coherent(dev, cdtab_leaf_bytes(t), &t->dma, GFP_KERNEL);
		return t->cds ? 0 : -ENOMEM;
	}
	t->leaves = kvcalloc(cdtab_num_l1(t), sizeof(*t->leaves), GFP_KERNEL);
	t->l1 = dma_alloc_coherent(dev, cdtab_num_l1(t) * sizeof(*t->l1), &t->dma, GFP_KERNEL);
	return t->l1 && t->leaves ? 0 : -ENOMEM;
}

/* An empty level 1 descriptor may have been cached (I-25). */
static int cdtab_sync_l1(struct smmu_master *master, u32 ssid)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < master->num_sids && !ret; i++) {
		struct smmu_cmd cmd = cmd_cfgi_cd(master->sids[i], ssid, false);

		ret = smmu_cmdq_run(&master->smmu->cmdq, &cmd, 1);
	}
	return ret;
}

static int cdtab_add_leaf(struct smmu_master *master, size_t i)
{
	struct smmu_cdtab *t = &master->cdtab;
	dma_addr_t dma;

	t->leaves[i] = dma_alloc_coherent(master->smmu->dev, cdtab_leaf_bytes(t), &dma,
					  GFP_KERNEL);
	if (!t->leaves[i])
		return -ENOMEM;
	t->l1[i].desc = cpu_to_le64(dma & CDL1_L2PTR);
	return 0;
}

/* A leaf whose descriptor hardware could not be told of stays, to be linked another time. */
static int cdtab_link(struct smmu_master *master, u32 ssid)
{
	struct smmu_cdtab *t = &master->cdtab;
	size_t i = ssid >> t->leaf_bits;
	u64 desc;
	int ret;

	ret = t->leaves[i] ? 0 : cdtab_add_leaf(master, i);
	if (ret)
		return ret;
	desc = le64_to_cpu(t->l1[i].desc);
	if (desc & CDL1_V)
		return 0;

	/* The leaf is there before hardware can find it (I-26). */
	dma_wmb();
	entry_word_store(&t->l1[i].desc, desc | CDL1_V);
	ret = cdtab_sync_l1(master, ssid);
	if (ret)
		entry_word_store(&t->l1[i].desc, desc);
	return ret;
}

/* Is there a descriptor for a PASID, valid or not? */
bool smmu_cdtab_has(const struct smmu_cdtab *t, u32 ssid)
{
	if (!t->leaf_bits)
		return t->cds;
	return t->leaves && t->leaves[ssid >> t->leaf_bits];
}

static struct smmu_cd *cdtab_entry(const struct smmu_cdtab *t, u32 ssid)
{
	if (!t->leaf_bits)
		return &t->cds[ssid];
	return &t->leaves[ssid >> t->leaf_bits][ssid & (BIT(t->leaf_bits) - 1)];
}

/**
 * smmu_cdtab_prepare() - make sure that a master has a descriptor for a PASID
 * @master: the master
 * @ssid: the PASID, IOMMU_NO_PASID for DMA without; less than 1 << master->ssid_bits
 *
 * The table is as wide as the master's PASIDs from the start, since an STE could
 * not be led to another one without a gap; the leaves of a wide one come when
 * they are needed.
 *
 * Context: may sleep; under the group mutex.
 *
 * Return: 0; -ENOMEM; an error of the command queue.
 */
int smmu_cdtab_prepare(struct smmu_master *master, u32 ssid)
{
	struct smmu_cdtab *t = &master->cdtab;

	if (!t->cds && !t->l1) {
		/* Half a table is not to be looked at. */
		guard(mutex)(&master->view_lock);
		if (cdtab_alloc(master)) {
			smmu_cdtab_free(master);
			return -ENOMEM;
		}
	}
	return t->leaf_bits ? cdtab_link(master, ssid) : 0;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cdtab_prepare);

struct cd_writer {
	struct entry_writer w;
	struct smmu_master *master;
	u32 ssid;
};

/* A CD may be cached under each stream of the master. */
static int cd_sync(struct entry_writer *w)
{
	struct cd_writer *cw = container_of(w, struct cd_writer, w);
	struct smmu_master *master = cw->master;
	unsigned int i;
	int ret = 0, err;

	for (i = 0; i < master->num_sids; i++) {
		struct smmu_cmd cmd = cmd_cfgi_cd(master->sids[i], cw->ssid, true);

		err = smmu_cmdq_run(&master->smmu->cmdq, &cmd, 1);
		ret = ret ?: err;
	}
	return ret;
}

/**
 * smmu_cd_write() - change a context descriptor
 * @master: the master
 * @ssid: substream ID that was prepared
 * @target: the CD in CPU byte order
 *
 * Context: the caller serialises the writers of one CD.
 *
 * Return: 0 or an error of the command queue; the CD is written.
 */
int smmu_cd_write(struct smmu_master *master, u32 ssid, const u64 *target)
{
	struct cd_writer cw = {
		.w = { .live = cd_live_bits, .sync = cd_sync, .valid = CD0_V },
		.master = master,
		.ssid = ssid,
	};

	return entry_write(&cw.w, cdtab_entry(&master->cdtab, ssid)->qw, target);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cd_write);

/* As smmu_cd_write(), of a descriptor that is not valid. */
int smmu_cd_clear(struct smmu_master *master, u32 ssid)
{
	static const u64 nothing[SMMU_ENTRY_QWORDS];

	return smmu_cd_write(master, ssid, nothing);
}

/**
 * smmu_cd_read() - read a context descriptor as hardware finds it
 * @t: the table
 * @ssid: substream ID
 * @qw: set to the CD in CPU byte order
 *
 * Context: any; the table stays.
 *
 * Return: false where there is none.
 */
bool smmu_cd_read(const struct smmu_cdtab *t, u32 ssid, u64 *qw)
{
	const struct smmu_cd *cd;
	unsigned int i;

	if (!smmu_cdtab_has(t, ssid))
		return false;
	cd = cdtab_entry(t, ssid);
	for (i = 0; i < SMMU_ENTRY_QWORDS; i++)
		qw[i] = le64_to_cpu(READ_ONCE(cd->qw[i]));
	return true;
}
