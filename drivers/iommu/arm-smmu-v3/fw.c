// SPDX-License-Identifier: GPL-2.0-only
/*
 * What firmware says of an instance: devicetree and IORT.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/acpi.h>
#include <linux/acpi_iort.h>
#include <linux/bitfield.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

#include "smmu.h"

static int fw_probe_dt(struct device *dev, struct smmu_hints *hints)
{
	struct device_node *np = dev->of_node;
	u32 cells;

	if (of_property_read_u32(np, "#iommu-cells", &cells)) {
		dev_err(dev, "%pOF lacks #iommu-cells\n", np);
		return -EINVAL;
	}
	if (cells != 1) {
		dev_err(dev, "%pOF has #iommu-cells = <%u>, must be <1>\n", np, cells);
		return -EINVAL;
	}

	hints->coherent = of_dma_is_coherent(np);
	hints->page0_only = of_property_read_bool(np, "cavium,cn9900-broken-page1-regspace");
	hints->no_prefetch = of_property_read_bool(np, "hisilicon,broken-prefetch-cmd");
	return 0;
}

#ifdef CONFIG_ACPI
static int fw_probe_iort(struct device *dev, struct smmu_hints *hints)
{
	struct acpi_iort_node *node = *(struct acpi_iort_node **)dev_get_platdata(dev);
	struct acpi_iort_smmu_v3 *iort = (struct acpi_iort_smmu_v3 *)node->node_data;

	hints->coherent = iort->flags & ACPI_IORT_SMMU_V3_COHACC_OVERRIDE;
	hints->httu = FIELD_GET(ACPI_IORT_SMMU_V3_HTTU_OVERRIDE, iort->flags);
	hints->httu_valid = true;
	hints->page0_only = iort->model == ACPI_IORT_SMMU_V3_CAVIUM_CN99XX;
	hints->no_prefetch = iort->model == ACPI_IORT_SMMU_V3_HISILICON_HI161X;
	return 0;
}
#else
static int fw_probe_iort(struct device *dev, struct smmu_hints *hints)
{
	return -ENODEV;
}
#endif

/**
 * smmu_fw_name() - where firmware speaks of an instance
 * @dev: its device
 *
 * Context: any.
 *
 * Return: name of its devicetree node; IORT's nodes have none.
 */
const char *smmu_fw_name(const struct device *dev)
{
	return fwnode_get_name(dev_fwnode(dev)) ?: "IORT";
}

/**
 * smmu_fw_probe() - read what firmware says beside the registers
 * @pdev: the instance
 * @hints: filled in
 *
 * Context: may sleep.
 *
 * Return: 0 or -EINVAL, logged with the node's name.
 */
int smmu_fw_probe(struct platform_device *pdev, struct smmu_hints *hints)
{
	struct device *dev = &pdev->dev;

	return dev->of_node ? fw_probe_dt(dev, hints) : fw_probe_iort(dev, hints);
}

static void __iomem *map_page(struct device *dev, resource_size_t start)
{
	struct resource res = DEFINE_RES_MEM(start, SMMU_PAGE_USED);

	return devm_ioremap_resource(dev, &res);
}

/**
 * smmu_fw_map() - map the registers
 * @pdev: the instance
 * @hints: from smmu_fw_probe()
 * @smmu: gets the mappings
 * @base: set to the physical address
 *
 * Of each page only the SMMU's part is claimed: the performance monitors
 * behind it have a driver of their own.
 *
 * Context: may sleep.
 *
 * Return: 0; -EINVAL for a region that is missing or too small, logged with
 * the node's name; other errors of mapping.
 */
int smmu_fw_map(struct platform_device *pdev, const struct smmu_hints *hints,
		struct smmu_device *smmu, resource_size_t *base)
{
	resource_size_t need = hints->page0_only ? SZ_64K : SZ_128K;
	struct resource *res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	struct device *dev = &pdev->dev;

	if (!res || resource_size(res) < need) {
		dev_err(dev, "register region of %s is %pa bytes, needs %pa\n", smmu_fw_name(dev),
			&(resource_size_t){ res ? resource_size(res) : 0 }, &need);
		return -EINVAL;
	}

	*base = res->start;
	if (iommu_seam_fails())
		return -ENOMEM;
	smmu->io.page0 = iommu_seam_map(res->start, need);
	if (smmu->io.page0) {
		smmu->io.page1 = smmu->io.page0 + SMMU_PAGE1;
		return 0;
	}
	smmu->io.page0 = map_page(dev, res->start);
	if (IS_ERR(smmu->io.page0))
		return PTR_ERR(smmu->io.page0);
	smmu->io.page1 = hints->page0_only ? smmu->io.page0 :
					     map_page(dev, res->start + SMMU_PAGE1);
	return PTR_ERR_OR_ZERO(smmu->io.page1);
}

static int fw_irq(struct platform_device *pdev, const char *name, int *irq)
{
	int ret = platform_get_irq_byname_optional(pdev, name);

	*irq = max(ret, 0);
	return ret == -EPROBE_DEFER ? ret : 0;
}

/**
 * smmu_fw_irqs() - find wired interrupts
 * @pdev: the instance
 * @smmu: gets them; what is missing is 0 and reported when it is wanted
 *
 * Context: may sleep.
 *
 * Return: 0, or -EPROBE_DEFER before the interrupt controller is there.
 */
int smmu_fw_irqs(struct platform_device *pdev, struct smmu_device *smmu)
{
	int ret = fw_irq(pdev, "combined", &smmu->combined_irq);

	if (ret || smmu->combined_irq)
		return ret;
	return fw_irq(pdev, "eventq", &smmu->evtq_irq) ?:
	       fw_irq(pdev, "priq", &smmu->priq_irq) ?:
	       fw_irq(pdev, "gerror", &smmu->gerr_irq);
}

static void keep_rmr_stream(struct smmu_device *smmu, u32 sid)
{
	u64 bypass[SMMU_ENTRY_QWORDS];
	struct smmu_ste *ste;
	unsigned int i;

	if (smmu_strtab_prepare(smmu, sid)) {
		dev_err(smmu->dev, "%s reserves memory for stream %#x, which has no place\n",
			smmu_fw_name(smmu->dev), sid);
		return;
	}
	ste_make_bypass(&smmu->feat, bypass);
	ste = smmu_strtab_entry(smmu, sid);
	for (i = 0; i < SMMU_ENTRY_QWORDS; i++)
		ste->qw[i] = cpu_to_le64(bypass[i]);
}

/**
 * smmu_fw_keep_rmrs() - let streams with reserved memory pass from the start
 * @smmu: instance whose stream table hardware does not read yet
 *
 * A display controller that shows the boot loader's picture must not lose its
 * memory between the reset and its driver (IORT, RMR nodes).
 *
 * Context: may sleep.
 */
void smmu_fw_keep_rmrs(struct smmu_device *smmu)
{
	struct iommu_resv_region *region;
	LIST_HEAD(rmrs);

	iort_get_rmr_sids(dev_fwnode(smmu->dev), &rmrs);
	list_for_each_entry(region, &rmrs, list) {
		struct iommu_iort_rmr_data *rmr =
			container_of(region, struct iommu_iort_rmr_data, rr);
		u32 i;

		for (i = 0; i < rmr->num_sids; i++)
			keep_rmr_stream(smmu, rmr->sids[i]);
	}
	iort_put_rmr_sids(dev_fwnode(smmu->dev), &rmrs);
}
