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

/* A stream ID is one number. */
static const struct property_entry smmu_properties[] = {
	PROPERTY_ENTRY_U32("#iommu-cells", 1),
	{ }
};

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

	sim->fwnode = fwnode_create_software_node(smmu_properties, NULL);
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

static unsigned int refer(struct software_node_ref_args *to, const struct sim_master *m)
{
	unsigned int i;

	for (i = 0; i < m->num_sids; i++)
		to[i] = SOFTWARE_NODE_REFERENCE(to_software_node(m->sim->fwnode), m->sids[i]);
	return m->num_sids;
}

/* The software node of a platform master; with legs it says where all its streams are. */
static int describe(struct sim_master *m)
{
	struct property_entry properties[4] = {
		PROPERTY_ENTRY_U32("pasid-num-bits", m->pasid_bits),
	};
	struct software_node_ref_args *refs __free(kfree) = NULL;
	unsigned int used = 1, num = 0, i;

	if (m->stall)
		properties[used++] = PROPERTY_ENTRY_BOOL("dma-can-stall");
	if (m->num_legs) {
		refs = kcalloc((1 + m->num_legs) * SIM_SIDS, sizeof(*refs), GFP_KERNEL);
		if (!refs)
			return -ENOMEM;
		num = refer(refs, m);
		for (i = 0; i < m->num_legs; i++)
			num += refer(refs + num, m->legs[i]);
		properties[used++] = PROPERTY_ENTRY_REF_ARRAY_LEN("iommus", refs, num);
	}
	m->fwnode = fwnode_create_software_node(properties, NULL);
	return PTR_ERR_OR_ZERO(m->fwnode);
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
	struct sim_instance *sim = master->sim;
	u32 flags = 0;

	if (master->kind == SIM_PCI && !sim->config.no_ats)
		flags = IOMMU_FWSPEC_PCI_RC_ATS;
	if (master->kind == SIM_PLATFORM) {
		int ret = describe(master);

		if (ret)
			return ret;
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
