// SPDX-License-Identifier: GPL-2.0-only
/*
 * What firmware would say of an instance and its masters: software nodes,
 * stream IDs, and an IORT node, for drivers that ask ACPI where there is no
 * devicetree node. The same under both kinds of firmware; but an instance may be
 * a node of the devicetree, for real devices that say they are behind it.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/acpi_iort.h>
#include <linux/iommu.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
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

static bool is_taken(const struct device_node *np)
{
	struct platform_device *pdev = of_find_device_by_node((struct device_node *)np);
	struct sim_instance *sim;

	platform_device_put(pdev);
	if (pdev)
		return true;
	list_for_each_entry(sim, &sim_instances, node)
		if (sim->fwnode == of_fwnode_handle(np))
			return true;
	return false;
}

static struct fwnode_handle *devicetree_node(const struct sim_instance *sim)
{
	struct device_node *np __free(device_node) = of_find_node_by_path(sim->config.of_node);

	if (!np) {
		pr_err("smmu-sim %s: of_node: there is no %s\n", sim->name, sim->config.of_node);
		return ERR_PTR(-ENOENT);
	}
	if (is_taken(np)) {
		pr_err("smmu-sim %s: of_node: %pOF belongs to another SMMU\n", sim->name, np);
		return ERR_PTR(-EBUSY);
	}
	return of_fwnode_handle(no_free_ptr(np));
}

/**
 * sim_fw_smmu() - describe the SMMU
 * @sim: being made live
 *
 * Context: sim_mutex is held; may sleep.
 *
 * Return: 0; -ENOENT or -EBUSY, logged, for a devicetree node that is not there or belongs to
 * another SMMU; or another error. What was made is in @sim all the same.
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

	sim->fwnode = *sim->config.of_node ? devicetree_node(sim) :
					     fwnode_create_software_node(smmu_properties, NULL);
	return PTR_ERR_OR_ZERO(sim->fwnode);
}

void sim_fw_smmu_gone(struct sim_instance *sim)
{
	if (!IS_ERR_OR_NULL(sim->fwnode)) {
		if (is_of_node(sim->fwnode))
			fwnode_handle_put(sim->fwnode);
		else
			fwnode_remove_software_node(sim->fwnode);
	}
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
