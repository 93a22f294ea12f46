// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1 of guests: a virtual machine's own context descriptors and tables in front
 * of the stage 2 that maps its memory.
 *
 * The guest's STE is taken apart here: what stage 1 is made of goes into the STE that
 * hardware reads, all else is the host's. The guest's commands are taken apart too,
 * and put together anew from the fields that are the guest's to choose, under the
 * VMID of its stage 2 and for its own streams only.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <uapi/linux/iommufd.h>

#include "cmd.h"
#include "nest.h"
#include "regs.h"
#include "smmu.h"

#define GUEST_STE0	(STE0_V | STE0_CONFIG | STE0_S1FMT | STE0_S1CONTEXTPTR | STE0_S1CDMAX)
#define GUEST_STE1	(STE1_S1DSS | STE1_S1CIR | STE1_S1COR | STE1_S1CSH | STE1_S1STALLD | \
			 STE1_EATS)

static struct smmu_nest *to_smmu_nest(struct iommu_domain *domain)
{
	return container_of(domain, struct smmu_nest, domain);
}

/**
 * smmu_hw_info() - what a virtual machine monitor has to know of an instance
 * @dev: a device behind it
 * @length: set to the size
 * @type: set to IOMMU_HW_INFO_TYPE_ARM_SMMUV3
 *
 * The registers are as hardware has them: what this kernel, firmware or an erratum
 * forbids is the monitor's to leave out.
 *
 * Context: may sleep.
 *
 * Return: a &struct iommu_hw_info_arm_smmuv3 for the caller to free, or an error.
 */
void *smmu_hw_info(struct device *dev, u32 *length, u32 *type)
{
	const struct smmu_device *smmu = ((struct smmu_master *)dev_iommu_priv_get(dev))->smmu;
	struct iommu_hw_info_arm_smmuv3 *info = kzalloc(sizeof(*info), GFP_KERNEL);

	if (!info)
		return ERR_PTR(-ENOMEM);
	static_assert(sizeof(info->idr) == sizeof(smmu->idr));
	memcpy(info->idr, smmu->idr, sizeof(info->idr));
	info->iidr = smmu->iidr;
	info->aidr = smmu->aidr;
	*length = sizeof(*info);
	*type = IOMMU_HW_INFO_TYPE_ARM_SMMUV3;
	return info;
}

/* What hardware would call ILLEGAL must not get into an STE (5.2). */
static bool stage1_good(const struct smmu_features *f, const u64 *ste)
{
	unsigned int bits = FIELD_GET(STE0_S1CDMAX, ste[0]);

	if (bits > f->ssid_bits)
		return false;
	if (!bits)
		return true;
	switch (FIELD_GET(STE0_S1FMT, ste[0])) {
	case STE_S1FMT_LINEAR:
		break;
	case STE_S1FMT_4K_L2:
	case STE_S1FMT_64K_L2:
		if (!f->two_level_cdtab)
			return false;
		break;
	default:
		return false;
	}
	return FIELD_GET(STE1_S1DSS, ste[1]) <= STE_S1DSS_SSID0;
}

/**
 * smmu_nest_check() - what a guest may put into its STE
 * @f: features of the instance
 * @ste: its first two words in CPU byte order
 *
 * Return: 0 or -EIO.
 */
int smmu_nest_check(const struct smmu_features *f, const u64 *ste)
{
	/* 5.2: then nothing else matters. */
	if (!(ste[0] & STE0_V))
		return 0;
	if (ste[0] & ~GUEST_STE0 || ste[1] & ~GUEST_STE1)
		return -EIO;
	if (FIELD_GET(STE1_EATS, ste[1]) > STE_EATS_FULL)
		return -EIO;
	switch (FIELD_GET(STE0_CONFIG, ste[0])) {
	case STE_CONFIG_ABORT:
	case STE_CONFIG_BYPASS:
		return 0;
	case STE_CONFIG_S1:
		return stage1_good(f, ste) ? 0 : -EIO;
	default:
		return -EIO;
	}
}
EXPORT_SYMBOL_IF_KUNIT(smmu_nest_check);

static unsigned int guest_config(const u64 *ste)
{
	return ste[0] & STE0_V ? FIELD_GET(STE0_CONFIG, ste[0]) : STE_CONFIG_ABORT;
}

/**
 * ste_make_nested() - put a guest's stage 1 in front of stage 2
 * @f: features of the instance
 * @guest: the first two words of its STE, which smmu_nest_check() likes
 * @stall: faults of the device may stall
 * @qw: STE of stage 2 in CPU byte order, changed in place
 */
void ste_make_nested(const struct smmu_features *f, const u64 *guest, bool stall, u64 *qw)
{
	switch (guest_config(guest)) {
	case STE_CONFIG_ABORT:
		ste_make_abort(qw);
		return;
	case STE_CONFIG_BYPASS:
		return;
	}
	qw[0] &= ~STE0_CONFIG;
	qw[0] |= FIELD_PREP(STE0_CONFIG, STE_CONFIG_NESTED) |
		 (guest[0] & (STE0_S1FMT | STE0_S1CONTEXTPTR | STE0_S1CDMAX));
	qw[1] |= guest[1] & (STE1_S1DSS | STE1_S1CIR | STE1_S1COR | STE1_S1CSH);
	/* A device that was not made for it must not be left waiting by its guest. */
	if (f->stall && !f->stall_forced && (!stall || guest[1] & STE1_S1STALLD))
		qw[1] |= STE1_S1STALLD;
}
EXPORT_SYMBOL_IF_KUNIT(ste_make_nested);

/* Does the guest give a device PASIDs? Only one that has them takes invalidations of them. */
bool smmu_nest_has_pasids(const struct smmu_nest *nest, const struct smmu_master *m)
{
	return m->ssid_bits && guest_config(nest->ste) == STE_CONFIG_S1 &&
	       FIELD_GET(STE0_S1CDMAX, nest->ste[0]);
}

/*
 * What an ATC holds of the guest's PASIDs cannot be taken back one by one when stage 2
 * changes, for nobody here knows which there are.
 */
bool smmu_nest_ats(const struct smmu_nest *nest, const struct smmu_master *m)
{
	return guest_config(nest->ste) != STE_CONFIG_ABORT &&
	       FIELD_GET(STE1_EATS, nest->ste[1]) == STE_EATS_FULL &&
	       (!smmu_nest_has_pasids(nest, m) || smmu_ats_has_global(m));
}

/**
 * smmu_nest_tlbi() - a guest's TLBI command, made fit for its VMID
 * @f: features of the instance
 * @vmid: of its stage 2
 * @cmd: the command, replaced
 *
 * The level hint is left out, since no value of it must be wrong.
 *
 * Return: 0, or -EIO for a command that is none of a guest's.
 */
int smmu_nest_tlbi(const struct smmu_features *f, u16 vmid, struct smmu_cmd *cmd)
{
	const struct smmu_cmd guest = *cmd;
	u16 asid = FIELD_GET(TLBI0_ASID, guest.qw[0]);
	u64 range = guest.qw[0] & (TLBI0_NUM | TLBI0_SCALE);
	u8 op = FIELD_GET(CMD0_OP, guest.qw[0]);
	u64 granule;

	switch (op) {
	case OP_TLBI_NSNH_ALL:
	case OP_TLBI_NH_ALL:
		*cmd = cmd_tlbi(OP_TLBI_NH_ALL, vmid, 0);
		return 0;
	case OP_TLBI_NH_ASID:
		*cmd = cmd_tlbi(op, vmid, asid);
		return 0;
	case OP_TLBI_NH_VA:
	case OP_TLBI_NH_VAA:
		break;
	default:
		return -EIO;
	}
	*cmd = cmd_tlbi_addr(op, vmid, op == OP_TLBI_NH_VA ? asid : 0, guest.qw[1],
			     guest.qw[1] & TLBI1_LEAF);
	/* 4.4.1.1: a range needs a granule, and one of a single page is none. */
	if (!f->range_tlbi || !(guest.qw[1] & TLBI1_TG) || !range)
		return 0;
	granule = BIT(10 + 2 * FIELD_GET(TLBI1_TG, guest.qw[1]));
	if (!(f->pgsizes & granule))
		return -EIO;
	cmd->qw[0] |= range;
	cmd->qw[1] &= ~(granule - 1) | TLBI1_LEAF;
	cmd->qw[1] |= guest.qw[1] & TLBI1_TG;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_nest_tlbi);

/* The master that a stream is of, if it is one of the guest's; NULL: it is none. */
static struct smmu_master *master_of(struct smmu_nest *nest, u32 sid)
{
	struct smmu_master *m;

	lockdep_assert_held(&nest->smmu->streams_lock);
	m = xa_load(&nest->smmu->streams, sid);
	return m && READ_ONCE(m->nest) == nest ? m : NULL;
}

/* Return: 1 for a command that is to be issued, 0 for one that has nothing to do, or -EIO. */
static int take_of_stream(struct smmu_nest *nest, struct smmu_cmd *cmd)
{
	const struct smmu_cmd guest = *cmd;
	u32 sid = FIELD_GET(CMD0_SID, guest.qw[0]), ssid = FIELD_GET(CMD0_SSID, guest.qw[0]);
	bool ssv = guest.qw[0] & CMD0_SSV;
	struct smmu_master *m;

	guard(mutex)(&nest->smmu->streams_lock);
	m = master_of(nest, sid);
	if (!m || ssid >> nest->smmu->feat.ssid_bits)
		return -EIO;
	switch (FIELD_GET(CMD0_OP, guest.qw[0])) {
	case OP_CFGI_CD:
		*cmd = cmd_cfgi_cd(sid, ssid, guest.qw[1] & CFGI1_LEAF);
		return 1;
	case OP_CFGI_CD_ALL:
		*cmd = cmd_cfgi_cd_all(sid);
		return 1;
	}
	if (FIELD_GET(ATC1_SIZE, guest.qw[1]) > ATC_SIZE_ALL || (ssv && !m->ssid_bits))
		return -EIO;
	*cmd = cmd_atc_inv(sid, ssid, ssv, guest.qw[1], FIELD_GET(ATC1_SIZE, guest.qw[1]));
	cmd->qw[0] |= ssv ? guest.qw[0] & ATC0_GLOBAL : 0;
	/* Who is blocked uses nothing of its ATC, and has it emptied before it does again. */
	return READ_ONCE(m->ats) && !READ_ONCE(m->blocked);
}

static int take(struct smmu_nest *nest, u16 vmid, struct smmu_cmd *cmd)
{
	switch (FIELD_GET(CMD0_OP, cmd->qw[0])) {
	case OP_CFGI_CD:
	case OP_CFGI_CD_ALL:
	case OP_ATC_INV:
		return take_of_stream(nest, cmd);
	}
	return smmu_nest_tlbi(&nest->smmu->feat, vmid, cmd) ?: 1;
}

/*
 * One of the commands failed: if it was an endpoint that did not answer, the next
 * command of its guest must not keep the queue from others as long again (I-48).
 */
static void block_the_deaf(struct smmu_nest *nest, const struct smmu_cmd *cmds, unsigned int n)
{
	struct smmu_master *m;
	unsigned int i;

	guard(mutex)(&nest->smmu->streams_lock);
	for (i = 0; i < n; i++) {
		if (FIELD_GET(CMD0_OP, cmds[i].qw[0]) != OP_ATC_INV)
			continue;
		m = master_of(nest, FIELD_GET(CMD0_SID, cmds[i].qw[0]));
		if (m && !READ_ONCE(m->blocked) && smmu_cmdq_run(&nest->smmu->cmdq, &cmds[i], 1))
			smmu_master_block(m, "did not answer an ATC invalidation");
	}
}

/*
 * An ATC must not be filled again from a TLB that is told in the same breath (I-46),
 * and the guest's CMD_SYNC between the two is not among what its monitor passes on.
 */
static bool waits_for(const struct smmu_cmd *cmds, unsigned int n, const struct smmu_cmd *cmd)
{
	return n && FIELD_GET(CMD0_OP, cmd->qw[0]) == OP_ATC_INV &&
	       FIELD_GET(CMD0_OP, cmds[n - 1].qw[0]) != OP_ATC_INV;
}

/*
 * Runs what it can of @n commands. Without a place of stage 2 nothing is cached, no
 * device is attached, and the instance itself may be gone.
 *
 * Return: how many are done, those before the first bad one; or before one that has to
 * wait for them.
 */
static int run(struct smmu_nest *nest, struct smmu_cmd *cmds, unsigned int n, int *err)
{
	const struct smmu_inval *tlb;
	unsigned int i, good = 0;
	int ret;

	*err = 0;
	/* Until then the VMID is the guest's. */
	guard(mutex)(&nest->parent->lock);
	tlb = smmu_domain_tlb(nest->parent, nest->smmu);
	if (!tlb)
		return n;
	for (i = 0; i < n; i++) {
		struct smmu_cmd cmd = cmds[i];

		ret = take(nest, tlb->tag, &cmd);
		if (ret < 0) {
			*err = ret;
			break;
		}
		if (!ret)
			continue;
		if (waits_for(cmds, good, &cmd))
			break;
		cmds[good++] = cmd;
	}
	if (!good || !smmu_cmdq_run(&nest->smmu->cmdq, cmds, good))
		return i;
	block_the_deaf(nest, cmds, good);
	*err = -ETIMEDOUT;
	return 0;
}

/* Return: 0, -EINVAL for what is no array of commands, or -EFAULT */
static int fetch(struct iommu_user_data_array *array, u32 index, struct smmu_cmd *cmd)
{
	const unsigned int type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3;
	struct iommu_viommu_arm_smmuv3_invalidate guest;
	int ret = iommu_copy_struct_from_user_array(&guest, array, type, index, cmd);

	if (ret)
		return ret;
	cmd->qw[0] = le64_to_cpu(guest.cmd[0]);
	cmd->qw[1] = le64_to_cpu(guest.cmd[1]);
	return 0;
}

static int cache_invalidate_user(struct iommu_domain *domain, struct iommu_user_data_array *array)
{
	struct smmu_nest *nest = to_smmu_nest(domain);
	struct smmu_cmd cmds[SMMU_BATCH];
	u32 done = 0, ran;
	int ret = 0;

	if (array->type != IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3)
		ret = -EINVAL;
	while (!ret && done < array->entry_num) {
		unsigned int n = 0;
		int err = 0;

		while (!err && n < SMMU_BATCH && done + n < array->entry_num) {
			err = fetch(array, done + n, &cmds[n]);
			n += !err;
		}
		ran = run(nest, cmds, n, &ret);
		done += ran;
		if (ran == n)
			ret = ret ?: err;
		if (fatal_signal_pending(current))
			ret = ret ?: -EINTR;
		cond_resched();
	}
	array->entry_num = done;
	return ret;
}

static int attach_nested(struct iommu_domain *domain, struct device *dev)
{
	struct smmu_nest *nest = to_smmu_nest(domain);
	struct smmu_master *m = dev_iommu_priv_get(dev);

	if (!m)
		return -ENODEV;
	/* Its structures are in the form that this instance has. */
	if (m->leg || m->smmu != nest->smmu || !m->smmu->feat.nested ||
	    smmu_nest_check(&m->smmu->feat, nest->ste))
		return -EINVAL;
	return smmu_attach(nest->parent, nest, dev);
}

static struct iommu_domain *msi_domain(struct iommu_domain *domain)
{
	return &to_smmu_nest(domain)->parent->domain;
}

static void nest_free(struct iommu_domain *domain)
{
	kfree(to_smmu_nest(domain));
}

static const struct iommu_domain_ops nest_ops = {
	.attach_dev		= attach_nested,
	.cache_invalidate_user	= cache_invalidate_user,
	.get_msi_mapping_domain	= msi_domain,
	.free			= nest_free,
};

/**
 * smmu_nest_alloc() - make a domain of a guest's STE
 * @dev: a device that shall be attached
 * @parent: the domain of stage 2, which iommufd keeps for as long
 * @user_data: a &struct iommu_hwpt_arm_smmuv3
 *
 * Context: may sleep.
 *
 * Return: the domain; -EOPNOTSUPP when the device's instance cannot nest, or the device
 * is behind several; -EINVAL for a
 * parent that is no stage 2 it can walk, or data of another type; -EIO for what a
 * guest may not have in its STE; -EFAULT; -ENOMEM.
 */
struct iommu_domain *smmu_nest_alloc(struct device *dev, struct iommu_domain *parent,
				     const struct iommu_user_data *user_data)
{
	struct smmu_domain *d = to_smmu_domain(parent);
	struct smmu_master *m = dev_iommu_priv_get(dev);
	struct iommu_hwpt_arm_smmuv3 data;
	struct smmu_nest *nest;
	u64 ste[2];
	int ret;

	if (m->leg || !m->smmu->feat.nested)
		return ERR_PTR(-EOPNOTSUPP);
	if (!d->stage2 || !smmu_domain_fits(d, m->smmu))
		return ERR_PTR(-EINVAL);
	ret = iommu_copy_struct_from_user(&data, user_data, IOMMU_HWPT_DATA_ARM_SMMUV3, ste);
	if (ret)
		return ERR_PTR(ret);
	ste[0] = le64_to_cpu(data.ste[0]);
	ste[1] = le64_to_cpu(data.ste[1]);
	ret = smmu_nest_check(&m->smmu->feat, ste);
	if (ret)
		return ERR_PTR(ret);

	nest = kzalloc(sizeof(*nest), GFP_KERNEL_ACCOUNT);
	if (!nest)
		return ERR_PTR(-ENOMEM);
	nest->domain.type = IOMMU_DOMAIN_NESTED;
	nest->domain.ops = &nest_ops;
	nest->parent = d;
	nest->smmu = m->smmu;
	if (ste[0] & STE0_V)
		memcpy(nest->ste, ste, sizeof(nest->ste));
	return &nest->domain;
}
