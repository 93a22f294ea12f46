// SPDX-License-Identifier: GPL-2.0-only
/*
 * The context descriptors of a master.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/bitfield.h>
#include <linux/dma-mapping.h>

#include "cmd.h"
#include "entry.h"
#include "smmu.h"

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

static size_t cdtab_bytes(const struct smmu_cdtab *t)
{
	return sizeof(*t->cds) << t->ssid_bits;
}

/**
 * smmu_cdtab_prepare() - make sure that a master has a table
 * @master: the master
 *
 * Only DMA without a PASID is translated by this driver so far, so the table
 * holds one descriptor.
 *
 * Context: may sleep; under the group mutex.
 *
 * Return: 0 or -ENOMEM.
 */
int smmu_cdtab_prepare(struct smmu_master *master)
{
	struct smmu_cdtab *t = &master->cdtab;

	if (t->cds)
		return 0;
	t->ssid_bits = 0;
	t->cds = dma_alloc_coherent(master->smmu->dev, cdtab_bytes(t), &t->dma, GFP_KERNEL);
	return t->cds ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cdtab_prepare);

/* No STE points at the table any more, and hardware was told (I-26). */
void smmu_cdtab_free(struct smmu_master *master)
{
	struct smmu_cdtab *t = &master->cdtab;

	if (!t->cds)
		return;
	iommu_seam_freed(t->cds, cdtab_bytes(t));
	dma_free_coherent(master->smmu->dev, cdtab_bytes(t), t->cds, t->dma);
	t->cds = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cdtab_free);

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
 * @master: the master, with a table
 * @ssid: substream ID that the table covers
 * @target: the CD in CPU byte order
 *
 * Context: under the group mutex.
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

	return entry_write(&cw.w, master->cdtab.cds[ssid].qw, target);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cd_write);
