// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces of processes: context descriptors that lead to the page table of
 * an mm, which the CPUs walk as well.
 *
 * What the kernel changes of that table it tells through
 * arch_invalidate_secondary_tlbs(), wherever it invalidates TLBs of CPUs: before
 * the pages, or tables, are used again (I-32). Before the table itself goes,
 * release() leads all its CDs to nothing (I-33).
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/bitfield.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <asm/cpufeature.h>
#include <asm/mmu_context.h>

#include "smmu.h"
#include "sva.h"

static bool btm;
module_param(btm, bool, 0444);
MODULE_PARM_DESC(btm, "Let the CPUs' TLB maintenance invalidate what SMMUs cache of processes");

static void read_cpus(struct smmu_sva_cpus *cpus)
{
	u64 mmfr0 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1);
	u64 mmfr1 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR1_EL1);
	u8 parange = cpuid_feature_extract_unsigned_field(mmfr0,
							  ID_AA64MMFR0_EL1_PARANGE_SHIFT);
	u8 asids = cpuid_feature_extract_unsigned_field(mmfr0, ID_AA64MMFR0_EL1_ASIDBITS_SHIFT);
	u8 hafdbs = cpuid_feature_extract_unsigned_field(mmfr1,
							 ID_AA64MMFR1_EL1_HAFDBS_SHIFT);
	/* Other descriptors have no more bits, whatever the CPUs could have. */
	u8 limit = PAGE_SHIFT == 16 || lpa2_is_enabled() ? CONFIG_ARM64_PA_BITS :
							   min(48, CONFIG_ARM64_PA_BITS);

	*cpus = (struct smmu_sva_cpus) {
		.va_bits = vabits_actual,
		.pa_bits = min_t(u8, id_aa64mmfr0_parange_to_phys_shift(parange), limit),
		.page_shift = PAGE_SHIFT,
		.lpa2 = lpa2_is_enabled(),
		.af = cpu_has_hw_af(),
		.dbm = IS_ENABLED(CONFIG_ARM64_HW_AFDBM) && hafdbs >= ID_AA64MMFR1_EL1_HAFDBS_DBM,
		.asid_bits = asids == ID_AA64MMFR0_EL1_ASIDBITS_16 ? 16 : 8,
		.el2 = is_kernel_in_hyp_mode(),
		.repeat_tlbi = cpus_have_cap(ARM64_WORKAROUND_REPEAT_TLBI),
	};
}

/**
 * smmu_sva_why_not() - can an instance walk the tables of these CPUs?
 * @f: features of the instance
 * @cpus: how their tables are made
 *
 * A table that an instance would read otherwise than the CPUs do must not be
 * shared with it (I-37).
 *
 * Return: NULL, or why it cannot.
 */
const char *smmu_sva_why_not(const struct smmu_features *f, const struct smmu_sva_cpus *cpus)
{
	if (!f->s1)
		return "the SMMU has no stage 1";
	if (!f->ssid_bits)
		return "the SMMU has no substreams";
	if (!f->coherent)
		return "the SMMU does not snoop the CPUs' caches";
	if (!(f->pgsizes & BIT(cpus->page_shift)))
		return "the SMMU lacks the granule of the kernel's pages";
	if (cpus->lpa2 && !f->ds)
		return "the SMMU cannot read descriptors with 52-bit addresses";
	if (f->va_bits < cpus->va_bits)
		return "the SMMU's virtual addresses are narrower than a process's";
	if (f->oas < cpus->pa_bits)
		return "the SMMU's physical addresses are narrower than the CPUs'";
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_sva_why_not);

const char *smmu_sva_refusal(const struct smmu_features *f)
{
	struct smmu_sva_cpus cpus;

	read_cpus(&cpus);
	return smmu_sva_why_not(f, &cpus);
}

/**
 * smmu_btm_why_not() - can the CPUs' maintenance stand for commands at an instance?
 * @f: features of the instance
 * @cpus: how their tables are made
 *
 * What the CPUs invalidate is of one translation regime, and named by ASIDs of
 * their width.
 *
 * Return: NULL, or why it cannot.
 */
const char *smmu_btm_why_not(const struct smmu_features *f, const struct smmu_sva_cpus *cpus)
{
	if (!f->btm)
		return "the SMMU does not take part in it, or not without errata";
	/* One TLBI and DSB is all that comes before the callback. */
	if (cpus->repeat_tlbi)
		return "the CPUs have an erratum by which one TLBI is not enough";
	if (f->asid_bits < cpus->asid_bits)
		return "the SMMU's ASIDs are narrower than the CPUs'";
	if (f->e2h != cpus->el2)
		return "the kernel runs at EL2, which the SMMU lacks";
	return smmu_sva_why_not(f, cpus);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_btm_why_not);

/* Shall an instance take part? If it shall not though it was asked for, @why says why. */
bool smmu_sva_listen(const struct smmu_features *f, const char **why)
{
	struct smmu_sva_cpus cpus;

	*why = NULL;
	if (!btm)
		return false;
	read_cpus(&cpus);
	*why = smmu_btm_why_not(f, &cpus);
	return !*why;
}

/**
 * smmu_sva_share() - let the TLB of an instance know a process by the CPUs' ASID
 * @d: the domain of the process
 * @smmu: an instance that takes part in the CPUs' maintenance
 * @asid: set to the ASID, which the process keeps from now on
 *
 * Context: may sleep; takes asids_lock.
 *
 * Return: 0, to be undone by smmu_tag_free() and smmu_sva_unshare(); an error when
 * the process must have an ASID of the driver's.
 */
int smmu_sva_share(struct smmu_domain *d, struct smmu_device *smmu, u16 *asid)
{
	unsigned long pinned = arm64_mm_context_get(d->notifier.mm);
	int ret;

	if (!pinned)
		return -ENOSPC;
	ret = smmu_asid_share(smmu, pinned);
	if (ret)
		arm64_mm_context_put(d->notifier.mm);
	else
		*asid = pinned;
	return ret;
}

void smmu_sva_unshare(struct smmu_domain *d)
{
	arm64_mm_context_put(d->notifier.mm);
}

/**
 * smmu_sva_cfg() - describe the table of a process as CPUs walk it
 * @cpus: how their tables are made
 * @pgd: physical address of the table
 * @mair: memory attributes that its entries name
 * @cfg: filled in
 */
void smmu_sva_cfg(const struct smmu_sva_cpus *cpus, phys_addr_t pgd, u64 mair,
		  struct io_pgtable_cfg *cfg)
{
	typeof(cfg->arm_lpae_s1_cfg.tcr) *tcr = &cfg->arm_lpae_s1_cfg.tcr;

	*cfg = (struct io_pgtable_cfg) {
		.pgsize_bitmap = BIT(cpus->page_shift),
		.ias = cpus->va_bits,
		.oas = cpus->pa_bits,
		.coherent_walk = true,
	};
	tcr->tsz = 64 - cpus->va_bits;
	/* 5.4, TG0, IR0, SH0: 64K is 1 and 16K is 2; write-back, allocating; inner shareable */
	tcr->tg = cpus->page_shift == 12 ? 0 : cpus->page_shift == 16 ? 1 : 2;
	tcr->irgn = STE_CACHE_WBRA;
	tcr->orgn = STE_CACHE_WBRA;
	tcr->sh = STE_SH_ISH;
	tcr->ips = smmu_sva_ips(cpus->pa_bits);
	tcr->ds = cpus->lpa2;
	cfg->arm_lpae_s1_cfg.ttbr = pgd;
	cfg->arm_lpae_s1_cfg.mair = mair;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_sva_cfg);

/**
 * smmu_sva_cd() - what is special about the CD of a process
 * @f: features of the instance
 * @shared: its ASID is that of the CPUs
 * @cd: as cd_make_s1() has made it; changed
 *
 * Hardware may set the flags that CPUs may set as well: then the kernel expects it.
 */
void smmu_sva_cd(const struct smmu_features *f, bool shared, u64 *cd)
{
	struct smmu_sva_cpus cpus;

	read_cpus(&cpus);
	if (f->ha && cpus.af)
		cd[0] |= CD0_HA;
	if (f->hd && cpus.af && cpus.dbm)
		cd[0] |= CD0_HD;
	/* 5.4, ASET: what is cached of it hears of single ASIDs and addresses. */
	if (shared)
		cd[0] &= ~CD0_ASET;
}

static struct smmu_domain *of_notifier(struct mmu_notifier *mn)
{
	return container_of(mn, struct smmu_domain, notifier);
}

/* Under a page-table lock: must not sleep. Bounded, since large ranges are dropped whole. */
static void table_changed(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long start,
			  unsigned long end)
{
	struct smmu_domain *d = of_notifier(mn);

	/*
	 * The CPU has invalidated its TLBs, but may not have waited for it; and an ATC
	 * must not be filled again from a TLB that has yet to hear of it (I-46).
	 */
	if (btm)
		dsb(ish);
	if (end > TASK_SIZE_64 || start >= end)
		smmu_inval_told(d);
	else
		smmu_inval_range(d, start & PAGE_MASK, PAGE_ALIGN(end) - (start & PAGE_MASK), 0);
}

/*
 * A CD without a table, whose faults are not even reported: the device may go on
 * for a while, and there is nothing to be done about it. Where stalls cannot be
 * turned off its faults do come, and are refused.
 */
static int bond_quiet(const struct smmu_bond *bond)
{
	const struct smmu_features *f = &bond->master->smmu->feat;
	const struct smmu_inval *tlb = smmu_domain_tlb(bond->domain, bond->master->smmu);
	u64 cd[SMMU_ENTRY_QWORDS];

	cd_make_s1(f, &bond->domain->cfg, tlb->tag, false, cd);
	smmu_sva_cd(f, tlb->shared, cd);
	cd[0] &= ~(CD0_R | CD0_HA | CD0_HD);
	cd[0] |= CD0_EPD0;
	return smmu_cd_write(bond->master, bond->ssid, cd);
}

static void process_gone(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct smmu_domain *d = of_notifier(mn);
	struct smmu_bond *bond;

	scoped_guard(mutex, &d->lock) {
		d->released = true;
		list_for_each_entry(bond, &d->bonds, node)
			if (bond_quiet(bond))
				smmu_master_block(bond->master,
						  "cannot be kept from a process that exits");
	}
	smmu_inval_domain(d);
}

static void notifier_gone(struct mmu_notifier *mn)
{
	kfree(of_notifier(mn));
}

static const struct mmu_notifier_ops sva_notifier_ops = {
	.arch_invalidate_secondary_tlbs	= table_changed,
	.release			= process_gone,
	.free_notifier			= notifier_gone,
};

/* Callbacks may still be running: the memory goes when they have returned. */
static void sva_domain_free(struct iommu_domain *domain)
{
	struct smmu_domain *d = to_smmu_domain(domain);

	WARN_ON(rcu_access_pointer(d->invals));
	mmu_notifier_put(&d->notifier);
}

static const struct iommu_domain_ops sva_domain_ops = {
	.set_dev_pasid	= smmu_attach_pasid,
	.free		= sva_domain_free,
};

/**
 * smmu_domain_alloc_sva() - make a domain of a process's address space
 * @dev: a device that shall share it
 * @mm: the address space; the caller holds a reference to its mm_users
 *
 * Context: may sleep; takes mmap_lock.
 *
 * Return: the domain, for any PASID of any master whose instance can walk the
 * table; -EOPNOTSUPP when that of @dev cannot; -ENOMEM; -EINTR.
 */
struct iommu_domain *smmu_domain_alloc_sva(struct device *dev, struct mm_struct *mm)
{
	struct smmu_master *m = dev_iommu_priv_get(dev);
	struct smmu_domain *d __free(kfree) = NULL;
	struct smmu_sva_cpus cpus;
	int ret;

	if (smmu_sva_refusal(&m->smmu->feat))
		return ERR_PTR(-EOPNOTSUPP);
	d = kzalloc(sizeof(*d), GFP_KERNEL);
	if (!d)
		return ERR_PTR(-ENOMEM);

	mutex_init(&d->lock);
	INIT_LIST_HEAD(&d->bonds);
	read_cpus(&cpus);
	smmu_sva_cfg(&cpus, virt_to_phys(mm->pgd), read_sysreg(mair_el1), &d->cfg);
	d->domain.pgsize_bitmap = PAGE_SIZE;
	d->domain.ops = &sva_domain_ops;
	d->notifier.ops = &sva_notifier_ops;
	ret = mmu_notifier_register(&d->notifier, mm);
	if (ret)
		return ERR_PTR(ret);
	return &no_free_ptr(d)->domain;
}

/* Before the code of the callbacks above goes. */
void smmu_sva_exit(void)
{
	mmu_notifier_synchronize();
}
