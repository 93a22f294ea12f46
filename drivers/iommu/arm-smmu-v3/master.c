// SPDX-License-Identifier: GPL-2.0-only
/*
 * Masters: the devices behind an instance, and what the core asks about them.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/of.h>
#include <linux/pci.h>
#include <linux/pci-ats.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "dma-iommu.h"
#include "smmu.h"

/* Where MSI doorbells are mapped for domains that no DMA API manages. */
#define MSI_WINDOW_BASE		0x8000000
#define MSI_WINDOW_BYTES	SZ_1M

static struct smmu_device *smmu_by_fwnode(const struct fwnode_handle *fwnode)
{
	struct smmu_device *smmu;

	guard(mutex)(&smmu_instances_lock);
	list_for_each_entry(smmu, &smmu_instances, instance)
		if (dev_fwnode(smmu->dev) == fwnode)
			return smmu;
	return NULL;
}

static bool master_has_sid(const struct smmu_master *m, u32 sid)
{
	unsigned int i;

	for (i = 0; i < m->num_sids; i++)
		if (m->sids[i] == sid)
			return true;
	return false;
}

/* A device with PCI aliases may name one stream twice. */
static int master_add_sid(struct smmu_master *m, u32 sid)
{
	u32 *sids;

	if (master_has_sid(m, sid))
		return 0;
	sids = krealloc_array(m->sids, m->num_sids + 1, sizeof(*sids), GFP_KERNEL);
	if (!sids)
		return -ENOMEM;
	sids[m->num_sids++] = sid;
	m->sids = sids;
	return 0;
}

static int master_refuse_sid(struct smmu_master *m, u32 sid, struct smmu_master *owner)
{
	dev_err(m->dev, "stream ID %#x of %s (%s) belongs to %s already\n", sid,
		dev_name(m->smmu->dev), smmu_fw_name(m->smmu->dev), dev_name(owner->dev));
	return -EEXIST;
}

/*
 * Two PCI functions may turn out to be aliases of each other: that is known
 * when the core has found their groups, see smmu_device_group().
 */
static int master_claim_sid(struct smmu_master *m, u32 sid)
{
	struct smmu_device *smmu = m->smmu;
	struct smmu_master *owner;
	int ret;

	ret = smmu_strtab_prepare(smmu, sid);
	if (ret == -ERANGE)
		dev_err(m->dev, "stream ID %#x is out of range: %s (%s) has %u bits\n", sid,
			dev_name(smmu->dev), smmu_fw_name(smmu->dev), smmu->strtab.log2size);
	if (ret)
		return ret;

	ret = xa_insert(&smmu->streams, sid, m, GFP_KERNEL);
	if (ret != -EBUSY)
		return ret;
	owner = xa_load(&smmu->streams, sid);
	return dev_is_pci(m->dev) && dev_is_pci(owner->dev) ? 0 : master_refuse_sid(m, sid, owner);
}

/* Another master that uses a stream of @m, or NULL. */
static struct smmu_master *sid_sharer(const struct smmu_master *m, u32 sid)
{
	struct smmu_master *other;

	lockdep_assert_held(&m->smmu->streams_lock);
	list_for_each_entry(other, &m->smmu->masters, node)
		if (other != m && master_has_sid(other, sid))
			return other;
	return NULL;
}

/* The first @num streams, where they were not handed over. */
static void unclaim_sids(struct smmu_master *m, unsigned int num)
{
	lockdep_assert_held(&m->smmu->streams_lock);
	while (num--)
		if (xa_load(&m->smmu->streams, m->sids[num]) == m)
			xa_erase(&m->smmu->streams, m->sids[num]);
}

static void master_unclaim_sids(struct smmu_master *m)
{
	guard(mutex)(&m->smmu->streams_lock);
	unclaim_sids(m, m->num_sids);
	list_del_init(&m->node);
}

/* Before @m goes: a stream that others use stays theirs. */
static void master_hand_over(struct smmu_master *m)
{
	struct smmu_master *other;
	unsigned int i, kept = 0;

	guard(mutex)(&m->smmu->streams_lock);
	for (i = 0; i < m->num_sids; i++) {
		u32 sid = m->sids[i];

		other = sid_sharer(m, sid);
		if (!other) {
			m->sids[kept++] = sid;
			continue;
		}
		xa_store(&m->smmu->streams, sid, other, GFP_KERNEL);
		smmu_ste_take_over(other, sid);
	}
	m->num_sids = kept;
}

static int master_claim_sids(struct smmu_master *m)
{
	unsigned int i;
	int ret = 0;

	guard(mutex)(&m->smmu->streams_lock);
	for (i = 0; i < m->num_sids && !ret; i++)
		ret = master_claim_sid(m, m->sids[i]);
	if (ret)
		unclaim_sids(m, i - 1);
	else
		list_add_tail(&m->node, &m->smmu->masters);
	return ret;
}

static void master_read_properties(struct smmu_master *m)
{
	const struct smmu_features *f = &m->smmu->feat;
	u32 bits;

	m->stall = f->stall_forced;
	if (m->leg)
		return;
	if (!device_property_read_u32(m->dev, "pasid-num-bits", &bits))
		m->ssid_bits = min_t(u32, bits, smmu_ssid_bits(f));
	m->stall |= f->stall && device_property_read_bool(m->dev, "dma-can-stall");
	if (dev_is_pci(m->dev)) {
		smmu_pasid_enable(m);
		if (f->ats)
			pci_prepare_ats(to_pci_dev(m->dev), __ffs(f->pgsizes));
	}
}

static struct smmu_master *master_alloc(struct device *dev, const struct fwnode_handle *fwnode)
{
	struct smmu_device *smmu = smmu_by_fwnode(fwnode);
	struct smmu_master *m = smmu ? kzalloc(sizeof(*m), GFP_KERNEL) : NULL;

	if (!m)
		return ERR_PTR(smmu ? -ENOMEM : -ENODEV);
	m->smmu = smmu;
	m->dev = dev;
	m->first = m;
	raw_spin_lock_init(&m->ste_lock);
	mutex_init(&m->faults_lock);
	mutex_init(&m->cd_lock);
	mutex_init(&m->view_lock);
	m->view_last = U64_MAX;
	xa_init(&m->bonds);
	ste_make_abort(m->ste);
	return m;
}

static void legs_free(struct smmu_master *first)
{
	while (first) {
		struct smmu_master *m = first;

		first = m->next;
		smmu_cdtab_free(m);
		kfree(m->sids);
		kfree(m);
	}
}

/* The leg of the instance that @fwnode is the node of; a new one, if there is none. */
static struct smmu_master *leg_of(struct smmu_master *first, const struct fwnode_handle *fwnode)
{
	struct smmu_master *m, *last = first;

	for (m = first; m; m = m->next) {
		if (dev_fwnode(m->smmu->dev) == fwnode)
			return m;
		last = m;
	}
	m = master_alloc(first->dev, fwnode);
	if (IS_ERR(m))
		return m;
	last->next = m;
	m->first = first;
	first->leg = true;
	m->leg = true;
	return m;
}

/*
 * A fwspec has one SMMU, and whoever fills it in leaves out the streams of others: these
 * are in the property that it was made of. On PCI and under IORT there are none.
 */
static int legs_collect(struct smmu_master *first)
{
	struct fwnode_handle *fwnode = dev_fwnode(first->dev);
	struct fwnode_reference_args args;
	unsigned int i;
	int ret = 0;

	if (dev_is_pci(first->dev) || !(is_of_node(fwnode) || is_software_node(fwnode)))
		return 0;
	for (i = 0; !ret && !fwnode_property_get_reference_args(fwnode, "iommus", "#iommu-cells",
								0, i, &args); i++) {
		struct smmu_master *m = leg_of(first, args.fwnode);

		ret = PTR_ERR_OR_ZERO(m) ?: m == first ? 0 : master_add_sid(m, args.args[0]);
		fwnode_handle_put(args.fwnode);
	}
	return ret;
}

/* Of all instances, or of none. */
static int legs_claim(struct smmu_master *first)
{
	struct smmu_master *m, *claimed;

	for (m = first; m; m = m->next) {
		int ret = master_claim_sids(m);

		if (!ret)
			continue;
		for (claimed = first; claimed != m; claimed = claimed->next)
			master_unclaim_sids(claimed);
		return ret;
	}
	return 0;
}

/**
 * smmu_probe_device() - accept a device that firmware puts behind an instance
 * @dev: the device, with stream IDs
 *
 * It may have streams behind other instances too.
 *
 * Context: may sleep.
 *
 * Return: the instance's handle; -ENODEV when it, or another one, is none of ours;
 * -ERANGE, -EEXIST for stream IDs that firmware has wrong; -ENOMEM.
 */
struct iommu_device *smmu_probe_device(struct device *dev)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct smmu_master *first, *m;
	unsigned int i;
	int ret;

	if (WARN_ON_ONCE(dev_iommu_priv_get(dev)))
		return ERR_PTR(-EBUSY);

	first = master_alloc(dev, fwspec->iommu_fwnode);
	if (IS_ERR(first))
		return ERR_CAST(first);
	ret = fwspec->num_ids ? 0 : -ENODEV;
	for (i = 0; i < fwspec->num_ids && !ret; i++)
		ret = master_add_sid(first, fwspec->ids[i]);
	ret = ret ?: legs_collect(first) ?: legs_claim(first);
	if (ret) {
		legs_free(first);
		return ERR_PTR(ret);
	}

	dev_iommu_priv_set(dev, first);
	for (m = first; m; m = m->next) {
		master_read_properties(m);
		smmu_pm_link(m->smmu, dev);
		smmu_debugfs_add_master(m);
	}
	return &first->smmu->iommu;
}

/**
 * smmu_release_device() - forget a device
 * @dev: a device that will do no more DMA
 *
 * Its streams abort from here on, except where firmware demanded a direct
 * mapping, which must outlive every driver.
 *
 * Context: may sleep.
 */
void smmu_release_device(struct device *dev)
{
	struct smmu_master *first = dev_iommu_priv_get(dev), *m;
	struct smmu_bond *bond;
	unsigned long ssid;

	for (m = first; m; m = m->next)
		smmu_debugfs_remove_master(m);
	xa_for_each(&first->bonds, ssid, bond)
		smmu_remove_pasid(dev, ssid, &bond->domain->domain);
	for (m = first; m; m = m->next)
		master_hand_over(m);
	if (dev->iommu->require_direct)
		smmu_attach_identity(NULL, dev);
	else
		smmu_attach_blocked(NULL, dev);

	smmu_faults_off(first);
	smmu_pasid_disable(first);
	for (m = first; m; m = m->next) {
		smmu_pm_unlink(m->smmu, dev);
		master_unclaim_sids(m);
	}
	legs_free(first);
}

/* -EEXIST if a stream is shared with a device that is in another group. */
static int master_check_group(struct smmu_master *m, struct iommu_group *group)
{
	unsigned int i;

	guard(mutex)(&m->smmu->streams_lock);
	for (i = 0; i < m->num_sids; i++) {
		struct smmu_master *other = sid_sharer(m, m->sids[i]);
		struct iommu_group *theirs = other ? iommu_group_get(other->dev) : NULL;

		iommu_group_put(theirs);
		if (other && theirs != group)
			return master_refuse_sid(m, m->sids[i], other);
	}
	return 0;
}

/**
 * smmu_device_group() - find what a device cannot be isolated from
 * @dev: a device that was probed
 *
 * Context: may sleep.
 *
 * Return: its group; -EEXIST when a stream ID says that it cannot be isolated
 * from a device that the core would put elsewhere.
 */
struct iommu_group *smmu_device_group(struct device *dev)
{
	struct iommu_group *group;
	struct smmu_master *m;

	group = dev_is_pci(dev) ? pci_device_group(dev) : generic_device_group(dev);
	if (IS_ERR(group))
		return group;
	for (m = dev_iommu_priv_get(dev); m; m = m->next) {
		int ret = master_check_group(m, group);

		if (ret) {
			iommu_group_put(group);
			return ERR_PTR(ret);
		}
	}
	return group;
}

int smmu_of_xlate(struct device *dev, const struct of_phandle_args *args)
{
	const struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);

	if (args->args_count != 1) {
		dev_err(dev, "%pOF wants one cell for a stream ID, not %d\n", args->np,
			args->args_count);
		return -EINVAL;
	}
	if (fwspec->iommu_fwnode == of_fwnode_handle(args->np))
		return iommu_fwspec_add_ids(dev, args->args, 1);

	/* Here it would be taken for a stream of the first: see legs_collect(). */
	if (of_property_present(dev->of_node, "iommus") && !dev_is_pci(dev))
		return 0;
	dev_err(dev, "has streams of %pfw and of %pOF: only \"iommus\" can say so\n",
		fwspec->iommu_fwnode, args->np);
	return -EINVAL;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_of_xlate);

void smmu_get_resv_regions(struct device *dev, struct list_head *head)
{
	struct iommu_resv_region *window;

	window = iommu_alloc_resv_region(MSI_WINDOW_BASE, MSI_WINDOW_BYTES,
					 IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO,
					 IOMMU_RESV_SW_MSI, GFP_KERNEL);
	if (window)
		list_add_tail(&window->list, head);
	iommu_dma_get_resv_regions(dev, head);
}

bool smmu_capable(struct device *dev, enum iommu_cap cap)
{
	const struct smmu_master *m;
	bool coherent = true, dirty = true;

	for (m = dev_iommu_priv_get(dev); m; m = m->next) {
		coherent &= m->smmu->feat.coherent;
		dirty &= m->smmu->feat.s1 && m->smmu->feat.hd;
	}
	switch (cap) {
	case IOMMU_CAP_CACHE_COHERENCY:
		/* A coherent SMMU is taken to mean that its masters' path is. */
		return coherent;
	case IOMMU_CAP_NOEXEC:
	case IOMMU_CAP_DEFERRED_FLUSH:
		return true;
	case IOMMU_CAP_DIRTY_TRACKING:
		return dirty;
	default:
		return false;
	}
}

/*
 * HiSilicon's PCIe tune and trace device takes physical addresses only, though
 * a stream ID is described for it.
 */
int smmu_def_domain_type(struct device *dev)
{
	if (dev_is_pci(dev) && to_pci_dev(dev)->vendor == PCI_VENDOR_ID_HUAWEI &&
	    to_pci_dev(dev)->device == 0xa12e)
		return IOMMU_DOMAIN_IDENTITY;
	return 0;
}
