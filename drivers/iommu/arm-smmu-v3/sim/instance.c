// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances of the simulator: described, made live, made dead.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/ioport.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "../../iommu-seam.h"
#include "sim.h"

/* Lives of instances and masters; sim.h has the order of both. */
DEFINE_MUTEX(sim_mutex);
DEFINE_RAW_SPINLOCK(sim_lock);
EXPORT_SYMBOL_NS_GPL(sim_lock, SMMU_SIM);
LIST_HEAD(sim_instances);

/* Above the memory of most machines, below what 44 bits reach. */
#define SIM_START_MIN	SZ_512G
#define SIM_START_MAX	(BIT_ULL(44) - 1)
#define SIM_ENTRIES	32768

/* What the model asks of the world; all under sim_lock. */

static bool op_read(void *cookie, u64 pa, void *to, unsigned int size)
{
	const struct sim_instance *sim = cookie;

	if (!sim_mem_fetch(pa, to, size))
		return false;
	if (sim->unclean)
		sim_coherency_read(sim, pa, to, size);
	return true;
}

static bool op_write(void *cookie, u64 pa, const void *from, unsigned int size)
{
	if (size == sizeof(u32) && sim_irq_msi(cookie, pa, le32_to_cpup((const __le32 *)from)))
		return true;
	return sim_mem_write(pa, from, size);
}

static bool op_exchange(void *cookie, u64 pa, __le64 *old, __le64 new)
{
	return sim_mem_exchange(pa, old, new);
}

static void op_wired(void *cookie, enum ssim_irq irq)
{
	sim_irq_raise(cookie, irq);
}

static void op_wake(void *cookie)
{
	sev();
}

static bool op_atc_inv(void *cookie, const struct ssim_atc_inv *inv)
{
	return sim_engine_atc_inv(cookie, inv);
}

static void op_pri_resp(void *cookie, const struct ssim_pri_resp *resp)
{
	sim_engine_pri_resp(cookie, resp);
}

static void op_resumed(void *cookie, u16 stag, const struct ssim_result *result)
{
	sim_engine_resumed(cookie, stag, result);
}

static u32 op_foreign(void *cookie, u64 ttb)
{
	return sim_mm_number(ttb);
}

static void op_report(void *cookie, const char *invariant, const char *text)
{
	sim_report(cookie, invariant, text);
}

static const struct ssim_ops instance_ops = {
	.read = op_read,
	.write = op_write,
	.exchange = op_exchange,
	.wired = op_wired,
	.wake = op_wake,
	.atc_inv = op_atc_inv,
	.pri_resp = op_pri_resp,
	.resumed = op_resumed,
	.foreign = op_foreign,
	.report = op_report,
};

static bool name_taken(const char *name)
{
	struct sim_instance *sim;

	list_for_each_entry(sim, &sim_instances, node)
		if (!strcmp(sim->name, name))
			return true;
	return false;
}

/* A directory and a part of a file name in /dev, and of lines in the log. */
static bool name_good(const char *name)
{
	const char *p;

	for (p = name; *p; p++)
		if (*p == '/' || !isgraph(*p))
			return false;
	return p != name && p - name < SIM_NAME;
}

/**
 * sim_instance_new() - describe one more SMMU
 * @name: not empty, no slash, nothing unprintable or blank, shorter than SIM_NAME
 *
 * It has all features that the model has, and no masters.
 *
 * Context: may sleep; takes sim_mutex.
 *
 * Return: the instance, not live; -EINVAL or -EEXIST for the name; -ENOMEM.
 */
struct sim_instance *sim_instance_new(const char *name)
{
	struct sim_instance *sim;

	if (!name_good(name))
		return ERR_PTR(-EINVAL);
	guard(mutex)(&sim_mutex);
	if (name_taken(name))
		return ERR_PTR(-EEXIST);
	sim = kzalloc(sizeof(*sim), GFP_KERNEL);
	if (!sim)
		return ERR_PTR(-ENOMEM);
	strscpy(sim->name, name, sizeof(sim->name));
	if (sim_report_open(sim)) {
		kfree(sim);
		return ERR_PTR(-ENOMEM);
	}
	INIT_LIST_HEAD(&sim->masters);
	sim_profile("everything", &sim->config.ids);
	sim->config.entries = SIM_ENTRIES;
	sim->config.closure = true;
	sim->config.prefer_stale = true;
	guard(raw_spinlock_irqsave)(&sim_lock);
	list_add_tail(&sim->node, &sim_instances);
	return sim;
}
EXPORT_SYMBOL_NS_GPL(sim_instance_new, SMMU_SIM);

/**
 * sim_instance_free() - forget an instance
 * @sim: the instance; made dead if it is live; its masters go with it
 *
 * Context: may sleep; takes sim_mutex.
 */
void sim_instance_free(struct sim_instance *sim)
{
	struct sim_master *master, *next;

	sim_instance_dead(sim);
	list_for_each_entry_safe(master, next, &sim->masters, node)
		sim_master_free(master);
	scoped_guard(mutex, &sim_mutex) {
		sim_report_close(sim);
		scoped_guard(raw_spinlock_irqsave, &sim_lock)
			list_del(&sim->node);
	}
	kfree(sim);
}
EXPORT_SYMBOL_NS_GPL(sim_instance_free, SMMU_SIM);

/* "a-b" with "c" and "a" with "b-c" would have one file in /dev/smmu-sim. */
static bool file_taken(const struct sim_instance *sim, const char *name)
{
	char file[2 * SIM_NAME];

	snprintf(file, sizeof(file), "%s-%s", sim->name, name);
	return sim_master_by_file(file);
}

/**
 * sim_master_new() - describe a master of an instance
 * @sim: the instance, not live
 * @name: of the same letters as an instance's; INSTANCE-NAME must be unique
 * @kind: what bus it is on
 *
 * A platform master has one stream, above those that others have.
 *
 * Context: may sleep; takes sim_mutex.
 *
 * Return: the master; -EBUSY when @sim is live; -EINVAL or -EEXIST for the
 * name; -ENOMEM.
 */
struct sim_master *sim_master_new(struct sim_instance *sim, const char *name, enum sim_kind kind)
{
	struct sim_master *master, *other;
	u32 sid = 1;

	if (!name_good(name))
		return ERR_PTR(-EINVAL);
	guard(mutex)(&sim_mutex);
	if (sim->live)
		return ERR_PTR(-EBUSY);
	if (file_taken(sim, name))
		return ERR_PTR(-EEXIST);
	list_for_each_entry(other, &sim->masters, node) {
		unsigned int i;

		for (i = 0; i < other->num_sids; i++)
			sid = max(sid, other->sids[i] + 1);
	}
	master = kzalloc(sizeof(*master), GFP_KERNEL);
	if (!master)
		return ERR_PTR(-ENOMEM);
	strscpy(master->name, name, sizeof(master->name));
	master->sim = sim;
	master->kind = kind;
	master->sids[0] = sid;
	master->num_sids = 1;
	guard(raw_spinlock_irqsave)(&sim_lock);
	list_add_tail(&master->node, &sim->masters);
	return master;
}
EXPORT_SYMBOL_NS_GPL(sim_master_new, SMMU_SIM);

/**
 * sim_master_free() - forget a master
 * @master: the master, whose instance is not live
 *
 * Context: may sleep; takes sim_mutex.
 */
void sim_master_free(struct sim_master *master)
{
	guard(mutex)(&sim_mutex);
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		list_del(&master->node);
	kfree(master);
}
EXPORT_SYMBOL_NS_GPL(sim_master_free, SMMU_SIM);

/**
 * sim_master_of() - the master that a device is
 * @dev: any device
 *
 * Context: any; takes sim_lock.
 *
 * Return: the master, which exists as long as @dev is its device, or NULL.
 */
struct sim_master *sim_master_of(const struct device *dev)
{
	struct sim_instance *sim;
	struct sim_master *master;

	guard(raw_spinlock_irqsave)(&sim_lock);
	list_for_each_entry(sim, &sim_instances, node)
		list_for_each_entry(master, &sim->masters, node)
			if (master->dev == dev)
				return master;
	return NULL;
}
EXPORT_SYMBOL_NS_GPL(sim_master_of, SMMU_SIM);

/* An address for the registers that nothing else has; what a driver maps is not there. */
static int choose_address(struct sim_instance *sim)
{
	struct resource gap = { .name = sim->name, .flags = IORESOURCE_MEM };
	int ret = allocate_resource(&iomem_resource, &gap, SIM_REGS, SIM_START_MIN, SIM_START_MAX,
				    SIM_REGS, NULL, NULL);

	if (ret)
		return ret;
	sim->start = gap.start;
	return release_resource(&gap);
}

static int make_model(struct sim_instance *sim)
{
	size_t size = sim->config.entries * sizeof(struct ssim_entry);
	const gfp_t gfp = GFP_KERNEL | __GFP_NOWARN;
	struct ssim *core = kvzalloc(sizeof(*core), gfp);

	/* Who makes it live is told, in words. */
	sim->pool = kvzalloc(size, gfp);
	sim->regs = __vmalloc(SIM_REGS, gfp);
	if (!core || !sim->pool || !sim->regs || sim_coherency_open(sim)) {
		kvfree(core);
		return -ENOMEM;
	}
	/* Who reads it without asking the model finds what a bus without a device gives. */
	memset(sim->regs, 0xff, SIM_REGS);
	ssim_init(core, &sim->config.ids, &instance_ops, sim, sim->pool, size);
	core->closure = sim->config.closure;
	core->prefer_stale = sim->config.prefer_stale;
	sim_seam_watch(core);
	guard(raw_spinlock_irqsave)(&sim_lock);
	core->faults = sim->config.faults;
	sim->answers = (struct sim_answers) {};
	sim->core = core;
	return 0;
}

static void free_model(struct sim_instance *sim)
{
	struct ssim *core = sim->core;

	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		sim->core = NULL;
	if (core)
		sim_seam_unwatch();
	sim_coherency_close(sim);
	kvfree(core);
	kvfree(sim->pool);
	vfree(sim->regs);
	sim->pool = NULL;
	sim->regs = NULL;
}

static const char * const irq_names[IRQ_KINDS] = {
	[IRQ_GERROR] = "gerror",
	[IRQ_EVENTQ] = "eventq",
	[IRQ_PRIQ] = "priq",
	[IRQ_CMD_SYNC] = "cmdq-sync",
};

static unsigned int describe_resources(const struct sim_instance *sim, struct resource *res)
{
	unsigned int i, n = 0;

	res[n++] = DEFINE_RES_MEM(sim->start, SIM_REGS);
	if (sim->config.combined && sim->virq[0]) {
		res[n++] = DEFINE_RES_IRQ_NAMED(sim->virq[0], "combined");
		return n;
	}
	for (i = 0; i < IRQ_KINDS; i++)
		if (sim->virq[i])
			res[n++] = DEFINE_RES_IRQ_NAMED(sim->virq[i], irq_names[i]);
	return n;
}

static int add_smmu(struct sim_instance *sim)
{
	struct platform_device *pdev = platform_device_alloc("arm-smmu-v3", PLATFORM_DEVID_AUTO);
	struct resource res[1 + IRQ_KINDS];
	int ret;

	if (!pdev)
		return -ENOMEM;
	/* A platform device gives up its devicetree node, if it has one. */
	of_node_get(to_of_node(sim->fwnode));
	device_set_node(&pdev->dev, sim->fwnode);
	pdev->dev.dma_coherent = fld1(sim->config.ids.idr[0], IDR0_COHACC);
	if (sim->msis && fld1(sim->config.ids.idr[0], IDR0_MSI))
		dev_set_msi_domain(&pdev->dev, sim->msis);
	sim_power_add(sim, &pdev->dev);
	ret = platform_device_add_resources(pdev, res, describe_resources(sim, res)) ?:
	      platform_device_add_data(pdev, &sim->iort, sizeof(sim->iort)) ?:
	      platform_device_add(pdev);
	if (ret) {
		platform_device_put(pdev);
		return ret;
	}
	sim->pdev = pdev;
	if (device_is_bound(&pdev->dev))
		return 0;
	pr_err("smmu-sim %s: no driver took %s\n", sim->name, dev_name(&pdev->dev));
	return -ENXIO;
}

static int add_platform_master(struct sim_master *master)
{
	struct platform_device *pdev;
	int ret;

	pdev = platform_device_alloc(master->user ? "smmu-sim-user" : "smmu-sim-master",
				     PLATFORM_DEVID_AUTO);
	if (!pdev)
		return -ENOMEM;
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		master->dev = &pdev->dev;
	ret = sim_legs_gather(master) ?: sim_fw_master(master, &pdev->dev) ?:
	      platform_device_add(pdev);
	if (!ret)
		return 0;
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		master->dev = NULL;
	iommu_seam_no_fwspec(&pdev->dev);
	platform_device_put(pdev);
	sim_legs_scatter(master);
	return ret;
}

static int add_platform_masters(struct sim_instance *sim)
{
	struct sim_master *master;
	int ret;

	list_for_each_entry(master, &sim->masters, node) {
		if (master->kind != SIM_PLATFORM || *master->leg_of)
			continue;
		ret = add_platform_master(master);
		if (ret) {
			pr_err("smmu-sim %s: masters/%s: cannot be made: %s (%d)\n", sim->name,
			       master->name, sim_why(ret), ret);
			return ret;
		}
	}
	return 0;
}

static void remove_platform_master(struct sim_master *master)
{
	if (master->dev)
		platform_device_unregister(to_platform_device(master->dev));
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		master->dev = NULL;
	sim_fw_master_gone(master);
	sim_legs_scatter(master);
}

static void remove_platform_masters(struct sim_instance *sim)
{
	struct sim_master *master;

	list_for_each_entry(master, &sim->masters, node)
		if (master->kind == SIM_PLATFORM)
			remove_platform_master(master->first ?: master);
}

/* Copes with whatever was made; masters first, their SMMU after them. */
static void unmake(struct sim_instance *sim)
{
	sim_pci_close(sim);
	remove_platform_masters(sim);
	sim_debugfs_remove(sim);
	if (sim->pdev)
		platform_device_unregister(sim->pdev);
	sim->pdev = NULL;
	sim_irq_close(sim);
	sim_fw_smmu_gone(sim);
	free_model(sim);
	sim->live = false;
}

static bool share_stream(const struct sim_master *a, const struct sim_master *b, u32 *sid)
{
	unsigned int i, j;

	for (i = 0; i < a->num_sids; i++) {
		for (j = 0; j < b->num_sids; j++) {
			*sid = a->sids[i];
			if (*sid == b->sids[j])
				return true;
		}
	}
	return false;
}

/* What is behind a stream must be one master: a platform device's may be a requester ID. */
static int check_streams(const struct sim_instance *sim)
{
	const struct sim_master *a, *b;
	u32 sid;

	list_for_each_entry(a, &sim->masters, node) {
		b = a;
		list_for_each_entry_continue(b, &sim->masters, node) {
			if (!share_stream(a, b, &sid))
				continue;
			pr_err("smmu-sim %s: masters/%s and masters/%s: both have stream %u\n",
			       sim->name, a->name, b->name, sid);
			return -EEXIST;
		}
	}
	return 0;
}

/**
 * sim_instance_live() - make an instance appear, and its masters behind it
 * @sim: the instance
 *
 * Context: may sleep; takes sim_mutex.
 *
 * Return: 0; -EBUSY when it is live; -EPERM when the kernel is locked down;
 * -EEXIST when two masters have one stream; -ENXIO when no driver takes it; -ENOENT
 * and -ENODEV for legs that do not go with their device;
 * errors of what is made on the way, which is undone then.
 */
int sim_instance_live(struct sim_instance *sim)
{
	int ret;

	guard(mutex)(&sim_mutex);
	if (sim->live)
		return -EBUSY;
	/* Programs tell its masters where to read and write: without translation, anywhere. */
	ret = security_locked_down(LOCKDOWN_PCI_ACCESS);
	if (ret)
		return ret;
	ret = sim_pci_plan(sim) ?: check_streams(sim) ?: sim_legs_check(sim);
	if (ret)
		return ret;
	sim_report_forget(sim);
	ret = choose_address(sim) ?: make_model(sim) ?: sim_irq_open(sim) ?: sim_fw_smmu(sim);
	if (!ret && sim->left)
		sim->left(sim->watcher);
	ret = ret ?: add_smmu(sim);
	if (!ret) {
		sim_debugfs_add(sim);
		ret = add_platform_masters(sim) ?: sim_pci_open(sim);
	}
	if (ret)
		unmake(sim);
	else
		sim->live = true;
	return ret;
}
EXPORT_SYMBOL_NS_GPL(sim_instance_live, SMMU_SIM);

/**
 * sim_instance_dead() - let an instance and its masters vanish
 * @sim: the instance, live or not
 *
 * Context: may sleep; takes sim_mutex.
 */
void sim_instance_dead(struct sim_instance *sim)
{
	guard(mutex)(&sim_mutex);
	if (!sim->live)
		return;
	sim_wake(sim);
	unmake(sim);
}
EXPORT_SYMBOL_NS_GPL(sim_instance_dead, SMMU_SIM);
