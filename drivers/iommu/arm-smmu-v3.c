// SPDX-License-Identifier: GPL-2.0-only
/*
 * Driver for IOMMUs of Arm's System MMU architecture, version 3 (IHI 0070).
 *
 * This file is the table of what the driver offers, and the order in which an
 * instance comes and goes. The rooms are in arm-smmu-v3/; smmu.h there has the
 * state they share and the lock order.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/acpi_iort.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <asm/cpufeature.h>

#include "arm-smmu-v3/smmu.h"

static bool disable_msipolling;
module_param(disable_msipolling, bool, 0444);
MODULE_PARM_DESC(disable_msipolling, "Complete CMD_SYNCs by register even where the SMMU could write to memory");

bool smmu_unsafe_nesting;
module_param_named(unsafe_nesting, smmu_unsafe_nesting, bool, 0644);
MODULE_PARM_DESC(unsafe_nesting, "Give guests a stage 1 even where it lets devices past the CPUs' caches");

/* Protects the list below; smmu.h has its place in the lock order. */
DEFINE_MUTEX(smmu_instances_lock);
LIST_HEAD(smmu_instances);

static struct iommu_domain smmu_identity_domain = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &(const struct iommu_domain_ops) { .attach_dev = smmu_attach_identity },
};

static struct iommu_domain smmu_blocked_domain = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &(const struct iommu_domain_ops) { .attach_dev = smmu_attach_blocked },
};

const struct iommu_ops smmu_ops = {
	.owner			= THIS_MODULE,
	.pgsize_bitmap		= -1UL, /* each domain has its own */
	.identity_domain	= &smmu_identity_domain,
	.before_driver		= smmu_before_driver,
	.blocked_domain		= &smmu_blocked_domain,
	.default_domain_ops	= &smmu_paging_ops,
	.capable		= smmu_capable,
	.def_domain_type	= smmu_def_domain_type,
	.device_group		= smmu_device_group,
	.domain_alloc_paging	= smmu_domain_alloc_paging,
	.domain_alloc_user	= smmu_domain_alloc_user,
	.domain_alloc_sva	= smmu_domain_alloc_sva,
	.domain_alloc_unmanaged	= smmu_domain_alloc_unmanaged,
	.dev_enable_feat	= smmu_dev_enable_feat,
	.dev_disable_feat	= smmu_dev_disable_feat,
	.get_resv_regions	= smmu_get_resv_regions,
	.hw_info		= smmu_hw_info,
	.of_xlate		= smmu_of_xlate,
	.page_response		= smmu_page_response,
	.probe_device		= smmu_probe_device,
	.release_device		= smmu_release_device,
	.remove_dev_pasid	= smmu_remove_pasid,
	.user_pasid_table	= 1,
};

/* Undone by devm in reverse; each copes with what was not made. */
static void free_memory(void *data)
{
	struct smmu_device *smmu = data;

	iopf_queue_free(smmu->iopf);
	smmu_strtab_free(smmu);
	smmu_queue_free(&smmu->priq, smmu->dev);
	smmu_queue_free(&smmu->evtq, smmu->dev);
	smmu_cmdq_free(&smmu->cmdq);
	xa_destroy(&smmu->streams);
	smmu_tags_exit(smmu);
}

static int read_features(struct smmu_device *smmu, const struct smmu_hints *hints)
{
	struct smmu_idregs id;
	const char *why;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(smmu->idr); i++)
		smmu->idr[i] = smmu_read(&smmu->io, SMMU_IDR0 + i * sizeof(u32));
	smmu->iidr = smmu_read(&smmu->io, SMMU_IIDR);
	smmu->aidr = smmu_read(&smmu->io, SMMU_AIDR);
	id = (struct smmu_idregs) {
		.idr0 = smmu->idr[0],
		.idr1 = smmu->idr[1],
		.idr3 = smmu->idr[3],
		.idr5 = smmu->idr[5],
		.iidr = smmu->iidr,
	};
	why = smmu_features_decode(&id, hints, &smmu->feat);

	/* The DMA API hands out whole pages, and takes larger ones for a bug. */
	if (!why && __ffs(smmu->feat.pgsizes) > PAGE_SHIFT)
		why = "IDR5 offers no granule as small as the kernel's pages";
	if (why) {
		dev_err(smmu->dev, "cannot be used: %s\n", why);
		return -ENXIO;
	}
	smmu->btm = smmu_sva_listen(&smmu->feat, &why);
	if (why)
		dev_info(smmu->dev, "is not reached by the CPUs' TLB maintenance: %s\n", why);
	if (!!(id.idr0 & IDR0_COHACC) != hints->coherent)
		dev_warn(smmu->dev, "firmware says %scoherent, IDR0.COHACC does not; firmware wins\n",
			 hints->coherent ? "" : "not ");
	return 0;
}

static int alloc_memory(struct smmu_device *smmu)
{
	int ret;

	if (dma_set_mask_and_coherent(smmu->dev, DMA_BIT_MASK(smmu->feat.oas)))
		dev_warn(smmu->dev, "no DMA mask of %u bits for the table walker\n",
			 smmu->feat.oas);

	smmu_tags_init(smmu);
	xa_init(&smmu->streams);
	ret = devm_add_action_or_reset(smmu->dev, free_memory, smmu);
	ret = ret ?: smmu_cmdq_init(&smmu->cmdq, smmu->dev, &smmu->io, smmu->feat.cmdq_shift,
				    smmu->feat.msi_polling) ?:
		     smmu_evtq_init(smmu) ?: smmu_priq_init(smmu) ?: smmu_strtab_init(smmu);
	if (ret || !IS_ENABLED(CONFIG_IOMMU_IOPF) || !(smmu->feat.stall || smmu->feat.pri))
		return ret;
	smmu->iopf = iopf_queue_alloc(dev_name(smmu->dev));
	return smmu->iopf ? 0 : -ENOMEM;
}

static void log_summary(const struct smmu_device *smmu)
{
	const struct smmu_features *f = &smmu->feat;

	dev_info(smmu->dev, "%s%s%s, %u bits in, %u out, %s, %u commands, %u events\n",
		 f->s1 ? "stage 1" : "", f->s1 && f->s2 ? " and " : "", f->s2 ? "stage 2" : "",
		 f->s1 ? f->va_bits : f->ias, f->oas, f->coherent ? "coherent" : "not coherent",
		 1u << smmu->cmdq.shift, 1u << smmu->evtq.shift);
}

/* The core lets go of all devices that it knows to be behind the instance. */
static void renounce(struct smmu_device *smmu)
{
	if (smmu->announced)
		iommu_device_unregister(&smmu->iommu);
	smmu->announced = false;
}

/* The first instance of a device that is behind @smmu too; NULL when there is none left. */
static struct smmu_device *first_of_legs(struct smmu_device *smmu)
{
	struct smmu_master *leg;

	guard(mutex)(&smmu->streams_lock);
	leg = list_first_entry_or_null(&smmu->masters, struct smmu_master, node);
	return leg ? leg->first->smmu : NULL;
}

/* Of a device behind several instances it knows the first alone: that goes, too. */
static void renounce_legs(struct smmu_device *smmu)
{
	struct smmu_device *first;

	while ((first = first_of_legs(smmu)) && !WARN_ON(!first->announced)) {
		dev_warn(first->dev, "goes with %s: a device is behind both\n",
			 dev_name(smmu->dev));
		renounce(first);
	}
}

static int announce(struct smmu_device *smmu, resource_size_t base)
{
	int ret;

	ret = iommu_device_sysfs_add(&smmu->iommu, smmu->dev, NULL, "smmu3.%pa", &base);
	if (ret)
		return ret;

	smmu->iommu.max_pasids = 1u << smmu_ssid_bits(&smmu->feat);
	smmu_debugfs_add(smmu);
	scoped_guard(mutex, &smmu_instances_lock)
		list_add_tail(&smmu->instance, &smmu_instances);
	ret = iommu_device_register(&smmu->iommu, &smmu_ops, smmu->dev);
	if (ret) {
		scoped_guard(mutex, &smmu_instances_lock)
			list_del(&smmu->instance);
		renounce_legs(smmu);
		smmu_debugfs_remove(smmu);
		iommu_device_sysfs_remove(&smmu->iommu);
	}
	smmu->announced = !ret;
	return ret;
}

static int smmu_probe(struct platform_device *pdev)
{
	struct smmu_hints hints = {
		.cpu_e2h = cpus_have_cap(ARM64_HAS_VIRT_HOST_EXTN),
		.cpu_big_endian = IS_ENABLED(CONFIG_CPU_BIG_ENDIAN),
		.no_msi_polling = disable_msipolling,
	};
	struct smmu_device *smmu;
	resource_size_t base;
	int ret;

	smmu = devm_kzalloc(&pdev->dev, sizeof(*smmu), GFP_KERNEL);
	if (!smmu)
		return -ENOMEM;
	smmu->dev = &pdev->dev;
	mutex_init(&smmu->streams_lock);
	INIT_LIST_HEAD(&smmu->masters);
	ratelimit_state_init(&smmu->log_limit, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	platform_set_drvdata(pdev, smmu);

	ret = smmu_fw_probe(pdev, &hints) ?: smmu_fw_map(pdev, &hints, smmu, &base) ?:
	      smmu_fw_irqs(pdev, smmu) ?: read_features(smmu, &hints) ?: alloc_memory(smmu);
	if (ret)
		return ret;
	smmu_fw_keep_rmrs(smmu);
	log_summary(smmu);
	smmu_pm_begin(smmu);
	ret = smmu_reset(smmu) ?: announce(smmu, base);
	if (!ret) {
		smmu_pm_settle(smmu);
		return 0;
	}
	/* Found on, and GBPA does not obey: the tables of before are better than none. */
	if (smmu->ours)
		smmu_disable(smmu);
	smmu_fall_silent(smmu);
	smmu_pm_end(smmu);
	return ret;
}

/* What sleeps is off. Drivers that go later need not wait for what never completes. */
static void stop(struct smmu_device *smmu)
{
	if (!READ_ONCE(smmu->cmdq.asleep))
		smmu_disable(smmu);
	smmu_cmdq_kill(&smmu->cmdq);
}

static void smmu_remove(struct platform_device *pdev)
{
	struct smmu_device *smmu = platform_get_drvdata(pdev);

	smmu_pm_unsettle(smmu);
	renounce(smmu);
	scoped_guard(mutex, &smmu_instances_lock)
		list_del(&smmu->instance);
	renounce_legs(smmu);
	smmu_debugfs_remove(smmu);
	iommu_device_sysfs_remove(&smmu->iommu);
	stop(smmu);
	smmu_fall_silent(smmu);
	smmu_pm_end(smmu);
}

/* The next kernel decides: DMA goes where SMMU_GBPA sends it. */
static void smmu_shutdown(struct platform_device *pdev)
{
	stop(platform_get_drvdata(pdev));
}

static const struct of_device_id smmu_of_match[] = {
	{ .compatible = "arm,smmu-v3" },
	{ }
};
MODULE_DEVICE_TABLE(of, smmu_of_match);

/* Only masters that are gone could do without an SMMU: no unbinding by hand. */
static struct platform_driver smmu_driver = {
	.driver = {
		.name			= "arm-smmu-v3",
		.of_match_table		= smmu_of_match,
		.suppress_bind_attrs	= true,
		.pm			= pm_ptr(&smmu_pm_ops),
	},
	.probe = smmu_probe,
	.remove_new = smmu_remove,
	.shutdown = smmu_shutdown,
};

static int __init smmu_init(void)
{
	return platform_driver_register(&smmu_driver);
}
module_init(smmu_init);

static void __exit smmu_exit(void)
{
	platform_driver_unregister(&smmu_driver);
	smmu_sva_exit();
}
module_exit(smmu_exit);

MODULE_DESCRIPTION("Arm System MMU version 3 IOMMU driver");
MODULE_AUTHOR("The arm-iommu authors");
MODULE_ALIAS("platform:arm-smmu-v3");
MODULE_LICENSE("GPL");
