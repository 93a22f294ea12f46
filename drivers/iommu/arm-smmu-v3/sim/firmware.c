// SPDX-License-Identifier: GPL-2.0-only
/*
 * What firmware would say of an instance and its masters: software nodes,
 * stream IDs, and an IORT node, for drivers that ask ACPI where there is no
 * devicetree node. The same under both kinds of firmware.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/acpi_iort.h>
#include <linux/iommu.h>
#include <linux/slab.h>

#include "../../iommu-seam.h"
#include "sim.h"

static bool is_coherent(const struct sim_instance *sim)
{
	return fld1(sim->config.ids.idr[0], IDR0_COHACC);
}

/**
 * sim_fw_smmu() - describe the SMMU
 * @sim: being made live
 *
 * Context: sim_mutex is held; may sleep.
 *
 * Return: 0 or an error; what was made is in @sim all the same.
 */
int sim_fw_smmu(struct sim_instance *sim)
{
	struct acpi_iort_smmu_v3 *smmu;

	sim->iort = kzalloc(sizeof(*sim->iort) + sizeof(*smmu), GFP_KERNEL);
	if (!sim->iort)
		return -ENOMEM;
	sim->iort->type = ACPI_IORT_NODE_SMMU_V3;
	sim->iort->length = sizeof(*sim->iort) + sizeof(*smmu);
	smmu = (struct acpi_iort_smmu_v3 *)sim->iort->node_data;
	smmu->base_address = sim->start;
	smmu->flags = is_coherent(sim) ? ACPI_IORT_SMMU_V3_COHACC_OVERRIDE : 0;
	smmu->flags |= fld1(sim->config.ids.idr[0], IDR0_HTTU) <<
		       __ffs(ACPI_IORT_SMMU_V3_HTTU_OVERRIDE);
	smmu->model = ACPI_IORT_SMMU_V3_GENERIC;

	sim->fwnode = fwnode_create_software_node(NULL, NULL);
	return PTR_ERR_OR_ZERO(sim->fwnode);
}

void sim_fw_smmu_gone(struct sim_instance *sim)
{
	if (!IS_ERR_OR_NULL(sim->fwnode))
		fwnode_remove_software_node(sim->fwnode);
	kfree(sim->iort);
	sim->fwnode = NULL;
	sim->iort = NULL;
}

/**
 * sim_fw_master() - describe a master, before its device is added
 * @master: its streams are known
 * @dev: its device
 *
 * Context: may sleep.
 *
 * Return: 0, -EPROBE_DEFER before a driver has the SMMU, or another error.
 */
int sim_fw_master(struct sim_master *master, struct device *dev)
{
	const struct property_entry properties[] = {
		PROPERTY_ENTRY_U32("pasid-num-bits", master->pasid_bits),
		/* A boolean is there or not; the array may end before it. */
		master->stall ? PROPERTY_ENTRY_BOOL("dma-can-stall") : (struct property_entry){ },
		{ }
	};
	struct sim_instance *sim = master->sim;
	u32 flags = 0;

	if (master->kind == SIM_PCI && !sim->config.no_ats)
		flags = IOMMU_FWSPEC_PCI_RC_ATS;
	if (master->kind == SIM_PLATFORM) {
		master->fwnode = fwnode_create_software_node(properties, NULL);
		if (IS_ERR(master->fwnode))
			return PTR_ERR(master->fwnode);
		device_set_node(dev, master->fwnode);
	}
	dev->dma_coherent = is_coherent(sim);
	return iommu_seam_fwspec(dev, sim->fwnode, master->sids, master->num_sids, flags);
}

void sim_fw_master_gone(struct sim_master *master)
{
	if (!IS_ERR_OR_NULL(master->fwnode))
		fwnode_remove_software_node(master->fwnode);
	master->fwnode = NULL;
}
