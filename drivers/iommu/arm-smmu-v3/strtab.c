// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stream table: what happens to the DMA of each stream.
 *
 * Every entry starts as a valid STE that aborts, so that a stream that nobody
 * assigned goes nowhere and causes no event.
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
#include "trace.h"

/* 256 STEs, a PCI bus, in each second-level table of 16K. */
#define SPLIT		8
#define L2_STES		BIT(SPLIT)
#define L2_BYTES	(L2_STES * sizeof(struct smmu_ste))
/*
 * What is allocated at probe whatever devices there are: level 1 of 1M for
 * 25 bits of stream ID, or a linear table of 4M for 16 bits. Masters beyond
 * are refused by name, and their DMA aborts.
 */
#define TWO_LEVEL_MAX	25
#define LINEAR_MAX	16

void ste_make_abort(u64 *qw)
{
	memset(qw, 0, sizeof(struct smmu_ste));
	qw[0] = STE0_V | FIELD_PREP(STE0_CONFIG, STE_CONFIG_ABORT);
}
EXPORT_SYMBOL_IF_KUNIT(ste_make_abort);

/* The same in all live STEs, so that no change between them touches it. */
static u64 ste_shareability(const struct smmu_features *f)
{
	return f->attr_override ? FIELD_PREP(STE1_SHCFG, STE_SHCFG_INCOMING) : 0;
}

void ste_make_bypass(const struct smmu_features *f, u64 *qw)
{
	memset(qw, 0, sizeof(struct smmu_ste));
	qw[0] = STE0_V | FIELD_PREP(STE0_CONFIG, STE_CONFIG_BYPASS);
	qw[1] = ste_shareability(f);
}
EXPORT_SYMBOL_IF_KUNIT(ste_make_bypass);

/**
 * ste_make_s1() - an STE that translates by a context descriptor
 * @f: features of the instance
 * @t: table of context descriptors
 * @dss: what becomes of DMA without a PASID: STE_S1DSS_...
 * @stall: the master's faults may stall
 * @ats: translation requests are answered
 * @qw: set to the STE in CPU byte order
 */
void ste_make_s1(const struct smmu_features *f, const struct smmu_cdtab *t, unsigned int dss,
		 bool stall, bool ats, u64 *qw)
{
	u64 cache = f->coherent ? STE_CACHE_WBRA : STE_CACHE_NC;
	u64 fmt = t->leaf_bits == CDTAB_LEAF_64K ? STE_S1FMT_64K_L2 :
		  t->leaf_bits == CDTAB_LEAF_4K ? STE_S1FMT_4K_L2 : STE_S1FMT_LINEAR;

	memset(qw, 0, sizeof(struct smmu_ste));
	qw[0] = STE0_V | FIELD_PREP(STE0_CONFIG, STE_CONFIG_S1) |
		FIELD_PREP(STE0_S1FMT, fmt) | (t->dma & STE0_S1CONTEXTPTR) |
		FIELD_PREP(STE0_S1CDMAX, t->ssid_bits);
	qw[1] = FIELD_PREP(STE1_S1CIR, cache) | FIELD_PREP(STE1_S1COR, cache) |
		FIELD_PREP(STE1_S1CSH, STE_SH_ISH) |
		FIELD_PREP(STE1_S1DSS, t->ssid_bits ? dss : 0) |
		FIELD_PREP(STE1_STRW, f->e2h ? STE_STRW_EL2 : STE_STRW_NS_EL1) |
		FIELD_PREP(STE1_EATS, ats ? STE_EATS_FULL : STE_EATS_ABORT) |
		ste_shareability(f);
	/* 5.2, S1STALLD: illegal where stalls do not exist or cannot be turned off. */
	if (f->stall && !f->stall_forced && !stall)
		qw[1] |= STE1_S1STALLD;
}
EXPORT_SYMBOL_IF_KUNIT(ste_make_s1);

/**
 * ste_make_s2() - an STE that translates by a stage 2 table
 * @f: features of the instance
 * @cfg: configuration of the table
 * @vmid: tag of what is cached
 * @ats: translation requests are answered
 * @qw: set to the STE in CPU byte order
 */
void ste_make_s2(const struct smmu_features *f, const struct io_pgtable_cfg *cfg, u16 vmid,
		 bool ats, u64 *qw)
{
	const typeof(cfg->arm_lpae_s2_cfg.vtcr) *vtcr = &cfg->arm_lpae_s2_cfg.vtcr;

	memset(qw, 0, sizeof(struct smmu_ste));
	qw[0] = STE0_V | FIELD_PREP(STE0_CONFIG, STE_CONFIG_S2);
	qw[1] = FIELD_PREP(STE1_EATS, ats ? STE_EATS_FULL : STE_EATS_ABORT) |
		ste_shareability(f) |
		(cfg->quirks & IO_PGTABLE_QUIRK_ARM_S2FWB ? STE1_S2FWB : 0);
	qw[2] = FIELD_PREP(STE2_S2VMID, vmid) | FIELD_PREP(STE2_S2T0SZ, vtcr->tsz) |
		FIELD_PREP(STE2_S2SL0, vtcr->sl) | FIELD_PREP(STE2_S2IR0, vtcr->irgn) |
		FIELD_PREP(STE2_S2OR0, vtcr->orgn) | FIELD_PREP(STE2_S2SH0, vtcr->sh) |
		FIELD_PREP(STE2_S2TG, vtcr->tg) | FIELD_PREP(STE2_S2PS, vtcr->ps) |
		STE2_S2AA64 | STE2_S2PTW | STE2_S2R;
	if (IS_ENABLED(CONFIG_CPU_BIG_ENDIAN))
		qw[2] |= STE2_S2ENDI;
	/* 5.2, S2S: where stalls cannot be turned off it must be set. */
	if (f->stall_forced)
		qw[2] |= STE2_S2S;
	/* Tables side by side spare the level -1 that S2SL0_2 would name. */
	qw[3] = (cfg->arm_lpae_s2_cfg.vttbr & STE3_S2TTB) | FIELD_PREP(STE3_S2DS, vtcr->ds);
}
EXPORT_SYMBOL_IF_KUNIT(ste_make_s2);

static void stes_init(struct smmu_ste *stes, size_t n)
{
	u64 abort[SMMU_ENTRY_QWORDS];
	size_t i;

	ste_make_abort(abort);
	for (i = 0; i < n; i++)
		stes[i].qw[0] = cpu_to_le64(abort[0]);
}

static int strtab_init_linear(struct smmu_device *smmu, struct smmu_strtab *t)
{
	t->log2size = min(smmu->feat.sid_bits, LINEAR_MAX);
	t->stes = dma_alloc_coherent(smmu->dev, sizeof(*t->stes) << t->log2size, &t->dma,
				     GFP_KERNEL);
	if (!t->stes)
		return -ENOMEM;
	stes_init(t->stes, 1ul << t->log2size);
	return 0;
}

static int strtab_init_l1(struct smmu_device *smmu, struct smmu_strtab *t)
{
	size_t n;

	t->log2size = min(smmu->feat.sid_bits, TWO_LEVEL_MAX);
	n = 1ul << (t->log2size - SPLIT);
	t->l2 = kvcalloc(n, sizeof(*t->l2), GFP_KERNEL);
	t->l1 = dma_alloc_coherent(smmu->dev, n * sizeof(*t->l1), &t->dma, GFP_KERNEL);
	return t->l1 && t->l2 ? 0 : -ENOMEM;
}

/**
 * smmu_strtab_init() - make the stream table of an instance
 * @smmu: instance with its features known
 *
 * Context: may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int smmu_strtab_init(struct smmu_device *smmu)
{
	struct smmu_strtab *t = &smmu->strtab;
	int ret;

	mutex_init(&t->lock);
	if (smmu->feat.two_level_strtab && smmu->feat.sid_bits > SPLIT)
		ret = strtab_init_l1(smmu, t);
	else
		ret = strtab_init_linear(smmu, t);
	if (ret)
		smmu_strtab_free(smmu);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_strtab_init);

static void free_part(struct smmu_device *smmu, void *part, size_t size, dma_addr_t dma)
{
	iommu_seam_freed(part, size);
	dma_free_coherent(smmu->dev, size, part, dma);
}

/* The instance is off, or its table base points elsewhere. */
void smmu_strtab_free(struct smmu_device *smmu)
{
	struct smmu_strtab *t = &smmu->strtab;
	size_t n, i;

	if (t->stes)
		free_part(smmu, t->stes, sizeof(*t->stes) << t->log2size, t->dma);
	t->stes = NULL;

	n = t->l1 || t->l2 ? 1ul << (t->log2size - SPLIT) : 0;
	for (i = 0; t->l1 && t->l2 && i < n; i++)
		if (t->l2[i])
			free_part(smmu, t->l2[i], L2_BYTES,
				  le64_to_cpu(t->l1[i].desc) & STL1_L2PTR);
	if (t->l1)
		free_part(smmu, t->l1, n * sizeof(*t->l1), t->dma);
	kvfree(t->l2);
	t->l1 = NULL;
	t->l2 = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_strtab_free);

/* The value of STRTAB_BASE_CFG. */
u32 smmu_strtab_cfg(const struct smmu_device *smmu)
{
	const struct smmu_strtab *t = &smmu->strtab;

	return FIELD_PREP(STRTAB_CFG_LOG2SIZE, t->log2size) |
	       FIELD_PREP(STRTAB_CFG_SPLIT, t->l1 ? SPLIT : 0) |
	       FIELD_PREP(STRTAB_CFG_FMT, t->l1 ? STRTAB_CFG_FMT_2LEVEL : STRTAB_CFG_FMT_LINEAR);
}

static int strtab_grow(struct smmu_device *smmu, u32 sid)
{
	struct smmu_strtab *t = &smmu->strtab;
	size_t i = sid >> SPLIT;
	struct smmu_ste *l2;
	dma_addr_t dma;

	l2 = dma_alloc_coherent(smmu->dev, L2_BYTES, &dma, GFP_KERNEL);
	if (!l2)
		return -ENOMEM;
	stes_init(l2, L2_STES);
	t->l2[i] = l2;
	/* The table is there before hardware can find it (I-26). */
	dma_wmb();
	entry_word_store(&t->l1[i].desc, (dma & STL1_L2PTR) | FIELD_PREP(STL1_SPAN, SPLIT + 1));
	return 0;
}

/**
 * smmu_strtab_prepare() - make sure that a stream has an entry
 * @smmu: the instance
 * @sid: stream ID
 *
 * Context: may sleep; takes the table's lock.
 *
 * Return: 0; -ERANGE for a stream ID that the table cannot hold; -ENOMEM; an
 * error of the command queue.
 */
int smmu_strtab_prepare(struct smmu_device *smmu, u32 sid)
{
	struct smmu_cmd cmd = cmd_cfgi_ste_and_l1(sid);
	struct smmu_strtab *t = &smmu->strtab;
	int ret = 0;

	if ((u64)sid >> t->log2size)
		return -ERANGE;
	if (t->stes)
		return 0;

	guard(mutex)(&t->lock);
	if (!t->l2[sid >> SPLIT])
		ret = strtab_grow(smmu, sid);
	/* An empty level 1 descriptor may have been cached (I-25). */
	if (!ret && t->live)
		ret = smmu_cmdq_run(&smmu->cmdq, &cmd, 1);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_strtab_prepare);

/* The entry of a stream that was prepared. */
struct smmu_ste *smmu_strtab_entry(struct smmu_device *smmu, u32 sid)
{
	struct smmu_strtab *t = &smmu->strtab;

	return t->stes ? &t->stes[sid] : &t->l2[sid >> SPLIT][sid & (L2_STES - 1)];
}
EXPORT_SYMBOL_IF_KUNIT(smmu_strtab_entry);

struct ste_writer {
	struct entry_writer w;
	struct smmu_device *smmu;
	u32 sid;
};

static int ste_sync(struct entry_writer *w)
{
	struct ste_writer *sw = container_of(w, struct ste_writer, w);
	struct smmu_cmd cmd = cmd_cfgi_ste(sw->sid);

	return smmu_cmdq_run(&sw->smmu->cmdq, &cmd, 1);
}

static int ste_write_locked(struct smmu_master *master, u32 sid)
{
	struct ste_writer sw = {
		.w = { .live = ste_live_bits, .sync = ste_sync, .valid = STE0_V },
		.smmu = master->smmu,
		.sid = sid,
	};

	lockdep_assert_held(&master->ste_lock);
	return entry_write(&sw.w, smmu_strtab_entry(master->smmu, sid)->qw, master->ste);
}

static int stes_write_locked(struct smmu_master *master, const u64 *target)
{
	unsigned int i;
	int ret = 0, err;

	memcpy(master->ste, target, sizeof(master->ste));
	for (i = 0; i < master->num_sids; i++) {
		err = ste_write_locked(master, master->sids[i]);
		ret = ret ?: err;
	}
	return ret;
}

/**
 * smmu_ste_take_over() - bring a stream in line with the master's others
 * @master: the master that goes on using the stream
 * @sid: a stream that a leaving master shared with it
 *
 * Context: any; takes master->ste_lock.
 */
void smmu_ste_take_over(struct smmu_master *master, u32 sid)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&master->ste_lock, flags);
	ste_write_locked(master, sid);
	raw_spin_unlock_irqrestore(&master->ste_lock, flags);
}

/**
 * smmu_ste_write() - change the STEs of all streams of a master
 * @master: the master, whose streams were prepared
 * @target: the STE in CPU byte order
 * @blocks: master->blocks as it was when the caller decided
 *
 * Lifts the block that smmu_master_block() has put on the master before, but not
 * one that the caller does not know of.
 *
 * Context: any; takes master->ste_lock.
 *
 * Return: 0 or the first error of the command queue, all STEs are written; -EAGAIN
 * when the master was blocked since, nothing is written.
 */
int smmu_ste_write(struct smmu_master *master, const u64 *target, unsigned int blocks)
{
	unsigned long flags;
	int ret = -EAGAIN;

	raw_spin_lock_irqsave(&master->ste_lock, flags);
	if (master->blocks == blocks) {
		WRITE_ONCE(master->blocked, false);
		ret = stes_write_locked(master, target);
	}
	raw_spin_unlock_irqrestore(&master->ste_lock, flags);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_ste_write);

/**
 * smmu_master_block() - let all DMA of a master abort
 * @master: a device that cannot be trusted to respect its domain
 * @why: the reason, in words that stay
 *
 * After the return no translated request of the device gets through either:
 * with CR0.ATSCHK every one is checked against the STE (3.9.1). It stays so
 * until the device is attached anew.
 *
 * Context: any; takes master->ste_lock.
 */
void smmu_master_block(struct smmu_master *master, const char *why)
{
	u64 abort[SMMU_ENTRY_QWORDS];
	unsigned long flags;
	bool already;

	ste_make_abort(abort);
	raw_spin_lock_irqsave(&master->ste_lock, flags);
	already = master->blocked;
	WRITE_ONCE(master->blocks, master->blocks + 1);
	if (!already) {
		WRITE_ONCE(master->why, why);
		WRITE_ONCE(master->blocked, true);
		stes_write_locked(master, abort);
	}
	raw_spin_unlock_irqrestore(&master->ste_lock, flags);
	if (already)
		return;
	trace_smmu_block(master->dev, why);
	dev_err(master->dev, "%s; its DMA is blocked\n", why);
}
