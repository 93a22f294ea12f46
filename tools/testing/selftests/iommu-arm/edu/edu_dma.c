// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA on demand with QEMU's "edu" device, good and bad.
 *
 * The device has one 4 KiB buffer and copies between it and an address on the
 * bus. Through sysfs files of the device a test asks for
 *
 *   roundtrip  (write: bytes) memory to device and back through dma_map; -EIO
 *              where the data differ
 *   stale      (write: anything) maps a page, unmaps it, then lets the device
 *              write there; -EFAULT where the write arrived
 *   rogue      (write: "read ADDRESS" or "write ADDRESS") a DMA to a bus
 *              address that nobody mapped
 *   moved      (read) bytes that round trips copied
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/random.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "edu.h"

/* Length of a write that leaves the translation cached. */
#define EDU_CACHED		16

static unsigned int bits = 28;
module_param(bits, uint, 0444);
MODULE_PARM_DESC(bits, "width of the addresses given to the device, as in its dma_mask");

struct edu {
	struct pci_dev *pdev;
	void __iomem *regs;
	struct mutex lock;	/* one DMA at a time, and the two pages */
	u8 *out;
	u8 *in;
	u64 moved;
};

static int edu_dma(struct edu *edu, u64 address, size_t bytes, bool to_memory)
{
	lockdep_assert_held(&edu->lock);
	return edu_copy_bus(edu->regs, address, bytes, to_memory);
}

static int edu_copy(struct edu *edu, void *data, size_t bytes, enum dma_data_direction dir)
{
	struct device *dev = &edu->pdev->dev;
	dma_addr_t address = dma_map_single(dev, data, bytes, dir);
	int ret;

	if (dma_mapping_error(dev, address))
		return -ENOMEM;
	ret = edu_dma(edu, address, bytes, dir == DMA_FROM_DEVICE);
	dma_unmap_single(dev, address, bytes, dir);
	return ret;
}

static ssize_t roundtrip_store(struct device *dev, struct device_attribute *attr,
			       const char *buf, size_t len)
{
	struct edu *edu = dev_get_drvdata(dev);
	unsigned int bytes;
	int ret;

	ret = kstrtouint(buf, 0, &bytes);
	if (ret)
		return ret;
	if (!bytes || bytes > EDU_BUFFER_SIZE)
		return -EINVAL;

	guard(mutex)(&edu->lock);
	get_random_bytes(edu->out, bytes);
	memset(edu->in, 0, bytes);
	ret = edu_copy(edu, edu->out, bytes, DMA_TO_DEVICE);
	if (!ret)
		ret = edu_copy(edu, edu->in, bytes, DMA_FROM_DEVICE);
	if (ret)
		return ret;
	if (memcmp(edu->out, edu->in, bytes))
		return -EIO;
	edu->moved += 2 * bytes;
	return len;
}
static DEVICE_ATTR_WO(roundtrip);

static ssize_t stale_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	struct edu *edu = dev_get_drvdata(dev);
	u8 *page = edu->in;
	dma_addr_t address;
	int ret;

	guard(mutex)(&edu->lock);
	memset(page, 0xa5, EDU_BUFFER_SIZE);
	ret = edu_copy(edu, page, EDU_BUFFER_SIZE, DMA_TO_DEVICE);
	if (ret)
		return ret;
	memset(page, 0x5a, EDU_BUFFER_SIZE);
	address = dma_map_single(dev, page, EDU_BUFFER_SIZE, DMA_FROM_DEVICE);
	if (dma_mapping_error(dev, address))
		return -ENOMEM;
	/* A short DMA first, so that the translation has been used and cached. */
	ret = edu_dma(edu, address, EDU_CACHED, true);
	dma_unmap_single(dev, address, EDU_BUFFER_SIZE, DMA_FROM_DEVICE);
	if (ret)
		return ret;
	dev_info(dev, "stale write to %#llx\n", (u64)address + EDU_CACHED);
	ret = edu_dma(edu, address + EDU_CACHED, EDU_ONE_ACCESS, true);
	if (ret)
		return ret;
	return memchr_inv(page + EDU_CACHED, 0x5a, EDU_ONE_ACCESS) ? -EFAULT : len;
}
static DEVICE_ATTR_WO(stale);

static ssize_t rogue_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	struct edu *edu = dev_get_drvdata(dev);
	char verb[8];
	u64 address;
	int ret;

	if (sscanf(buf, "%7s %lli", verb, &address) != 2)
		return -EINVAL;
	if (!sysfs_streq(verb, "read") && !sysfs_streq(verb, "write"))
		return -EINVAL;

	guard(mutex)(&edu->lock);
	ret = edu_dma(edu, address, EDU_ONE_ACCESS, sysfs_streq(verb, "write"));
	return ret ?: len;
}
static DEVICE_ATTR_WO(rogue);

static ssize_t moved_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct edu *edu = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%llu\n", edu->moved);
}
static DEVICE_ATTR_RO(moved);

static struct attribute *edu_attrs[] = {
	&dev_attr_roundtrip.attr,
	&dev_attr_stale.attr,
	&dev_attr_rogue.attr,
	&dev_attr_moved.attr,
	NULL
};
ATTRIBUTE_GROUPS(edu);

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu *edu = devm_kzalloc(&pdev->dev, sizeof(*edu), GFP_KERNEL);
	int ret;

	if (!edu)
		return -ENOMEM;
	if (bits < 12 || bits > 64)
		return -EINVAL;
	edu->pdev = pdev;
	edu->out = (u8 *)devm_get_free_pages(&pdev->dev, GFP_KERNEL, 0);
	edu->in = (u8 *)devm_get_free_pages(&pdev->dev, GFP_KERNEL, 0);
	if (!edu->out || !edu->in)
		return -ENOMEM;
	ret = devm_mutex_init(&pdev->dev, &edu->lock);
	if (ret)
		return ret;
	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	edu->regs = pcim_iomap(pdev, 0, 0);
	if (!edu->regs)
		return -ENOMEM;
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(bits));
	if (ret)
		return ret;
	pci_set_master(pdev);
	pci_set_drvdata(pdev, edu);
	dev_info(&pdev->dev, "edu %#x\n", readl(edu->regs + EDU_ID));
	return 0;
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(EDU_PCI_VENDOR, EDU_PCI_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = "edu_dma",
	.id_table = edu_ids,
	.probe = edu_probe,
	.dev_groups = edu_groups,
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("DMA on demand with QEMU's edu device");
MODULE_LICENSE("GPL");
