// SPDX-License-Identifier: GPL-2.0-only
/*
 * A master for user space: /dev/smmu-sim/INSTANCE-MASTER, see smmu_sim.h.
 *
 * Data of user space are copied before and after, never under a lock.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/mm.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/smmu_sim.h>
#include <linux/uaccess.h>

#include "engine_impl.h"

#define MINORS		256

/* What the kernel calls these is what user space calls them. */
static_assert(sizeof_field(struct smmu_sim_info, master) == SIM_NAME);
static_assert(sizeof_field(struct smmu_sim_info, sids) == sizeof(u32) * SIM_SIDS);
static_assert((int)SIM_FETCH_ADD == SMMU_SIM_FETCH_ADD);
static_assert(SIM_FLAGS == (SMMU_SIM_TRANSLATED << 1) - 1);
static_assert(SIM_HOLD == SMMU_SIM_HOLD && SIM_NO_PRI == SMMU_SIM_NO_PRI);
static_assert(SIM_HELD == SMMU_SIM_OUT_HELD && SIM_ATS_CA == SMMU_SIM_OUT_ATS_CA);
static_assert(SIM_PASID_OFF == SMMU_SIM_OUT_PASID_OFF);
static_assert(sizeof(struct smmu_sim_map) == 24 && sizeof(struct smmu_sim_pasid) == 8);
static_assert(PRI_INVALID == SMMU_SIM_RESP_INVALID && PRI_SUCCESS == SMMU_SIM_RESP_SUCCESS);

static dev_t first_dev;
static DEFINE_IDA(minors);

static char *devnode(const struct device *dev, umode_t *mode)
{
	return kasprintf(GFP_KERNEL, "smmu-sim/%s", dev_name(dev));
}

static const struct class smmu_sim_class = {
	.name = "smmu-sim",
	.devnode = devnode,
};

static bool alive(struct sim_engine *e)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	return e->master;
}

/* Calls */

static int do_info(struct sim_file *file, void *arg)
{
	struct smmu_sim_info *info = arg;
	struct sim_master *m;

	guard(raw_spinlock_irqsave)(&sim_lock);
	m = file->engine->master;
	if (!m)
		return -ENODEV;
	info->version = SMMU_SIM_VERSION;
	if (m->kind == SIM_PCI) {
		info->flags |= SMMU_SIM_INFO_PCI;
		if (sim_pci_ats_enabled(m))
			info->flags |= SMMU_SIM_INFO_ATS;
		if (sim_pci_pri_enabled(m))
			info->flags |= SMMU_SIM_INFO_PRI;
	} else if (m->stall) {
		info->flags |= SMMU_SIM_INFO_STALL;
	}
	strscpy_pad(info->instance, m->sim->name);
	strscpy_pad(info->master, m->name);
	info->streams = m->num_sids;
	memcpy(info->sids, m->sids, sizeof(info->sids));
	info->pasid_bits = m->pasid_bits;
	info->max_len = SIM_MAX_LEN;
	return 0;
}

static int do_map(struct sim_file *file, void *arg)
{
	struct smmu_sim_map *map = arg;

	return sim_buffer_map(file, map->length, map->flags, map->pasid, &map->iova);
}

static int do_unmap(struct sim_file *file, void *arg)
{
	struct smmu_sim_unmap *un = arg;

	return sim_buffer_unmap(file, un->iova, un->flags, &un->violations);
}

static void give_results(struct smmu_sim_access *u, const struct sim_access *a)
{
	u->outcome = a->outcome;
	u->event = a->event;
	u->recorded = a->recorded;
	u->stalls = a->stalls;
	u->requests = a->requests;
	u->done = a->done;
	u->failed = a->failed;
	u->pa = a->pa;
	u->attr = a->attr;
}

static int give_data(struct smmu_sim_access *u, const struct sim_access *a)
{
	u32 bytes = a->outcome == SIM_RAZWI ? a->len : a->done;

	/* Whoever holds a transaction need not say yet where its data go. */
	if (a->op == SIM_WRITE || (!u->data && a->flags & SIM_HOLD))
		return 0;
	return copy_to_user(u64_to_user_ptr(u->data), a->data, bytes) ? -EFAULT : 0;
}

static void access_free(struct sim_access *a)
{
	kvfree(a->data);
	kfree(a);
}

static struct sim_access *access_new(const struct smmu_sim_access *u)
{
	struct sim_access *a = kzalloc(sizeof(*a), GFP_KERNEL_ACCOUNT);
	int ret = -ENOMEM;

	if (!a)
		return ERR_PTR(-ENOMEM);
	*a = (struct sim_access) {
		.op = u->op,
		.flags = u->flags,
		.stream = u->stream,
		.pasid = u->pasid,
		.addr = u->addr,
		.len = u->len,
		.timeout_ms = u->timeout_ms,
		.data = kvzalloc(u->len, GFP_KERNEL_ACCOUNT),
	};
	if (a->data) {
		ret = 0;
		if (u->op != SMMU_SIM_READ &&
		    copy_from_user(a->data, u64_to_user_ptr(u->data), u->len))
			ret = -EFAULT;
	}
	if (ret) {
		access_free(a);
		return ERR_PTR(ret);
	}
	return a;
}

static int do_access(struct sim_file *file, void *arg)
{
	struct smmu_sim_access *u = arg;
	struct sim_access *a;
	int ret;

	if (u->op > SMMU_SIM_FETCH_ADD || u->flags & ~(u32)SIM_FLAGS ||
	    !u->len || u->len > SIM_MAX_LEN || (u->pasid && !(u->flags & SMMU_SIM_PASID)))
		return -EINVAL;
	a = access_new(u);
	if (IS_ERR(a))
		return PTR_ERR(a);
	u->handle = 0;
	ret = sim_access_run(file->engine, a);
	if (!ret && a->flight) {
		ret = xa_alloc(&file->holds, &u->handle, a, xa_limit_31b, GFP_KERNEL_ACCOUNT);
		if (!ret) {
			give_results(u, a);
			return 0;
		}
		sim_engine_drop(a);
	}
	if (!ret) {
		give_results(u, a);
		ret = give_data(u, a);
	}
	access_free(a);
	return ret;
}

static int do_release(struct sim_file *file, void *arg)
{
	struct smmu_sim_access *u = arg;
	struct sim_access *a;
	int ret = 0;

	if (u->flags & ~SMMU_SIM_DROP || u->op || u->addr || u->stream || u->pasid ||
	    u->timeout_ms)
		return -EINVAL;
	/* The handle stays taken until it is known what becomes of it. */
	a = xa_load(&file->holds, u->handle);
	if (!a || xa_cmpxchg(&file->holds, u->handle, a, XA_ZERO_ENTRY, GFP_KERNEL_ACCOUNT) != a)
		return -ENOENT;
	if (u->flags & SMMU_SIM_DROP) {
		xa_erase(&file->holds, u->handle);
		sim_engine_drop(a);
		access_free(a);
		return 0;
	}
	if (a->op != SIM_WRITE && u->len != a->len)
		ret = -EINVAL;
	else
		ret = sim_engine_release(a);
	if (a->flight) {
		xa_store(&file->holds, u->handle, a, GFP_KERNEL_ACCOUNT);
		return ret;
	}
	xa_erase(&file->holds, u->handle);
	if (!ret) {
		give_results(u, a);
		ret = give_data(u, a);
	}
	access_free(a);
	return ret;
}

static int do_request(struct sim_file *file, void *arg)
{
	struct smmu_sim_request *u = arg;
	struct sim_request r = {
		.stream = u->stream,
		.pasid = u->pasid,
		.has_pasid = u->flags & SMMU_SIM_REQ_PASID,
		.read = u->flags & SMMU_SIM_REQ_READ,
		.write = u->flags & SMMU_SIM_REQ_WRITE,
		.exec = u->flags & SMMU_SIM_REQ_EXEC,
		.priv = u->flags & SMMU_SIM_REQ_PRIV,
		.last = u->flags & SMMU_SIM_REQ_LAST,
		.group = u->group,
		.addr = u->addr,
	};
	int ret;

	if (u->flags & ~GENMASK(5, 0) || u->reserved || u->group >= SIM_GROUPS ||
	    (u->pasid && !r.has_pasid))
		return -EINVAL;
	ret = sim_engine_send(file->engine, &r);
	if (ret < 0)
		return ret;
	u->refused = ret;
	return 0;
}

static int do_response(struct sim_file *file, void *arg)
{
	struct smmu_sim_response *u = arg;
	struct ssim_pri_resp resp;
	int ret;

	ret = sim_engine_answer(file->engine, &resp, u->timeout_ms);
	if (ret)
		return ret;
	u->flags = (resp.ssv ? SMMU_SIM_RESP_PASID : 0) |
		   (resp.automatic ? SMMU_SIM_RESP_AUTO : 0);
	u->sid = resp.sid;
	u->pasid = resp.ssv ? resp.ssid : 0;
	u->group = resp.group;
	u->code = resp.code;
	return 0;
}

static int do_message(struct sim_file *file, void *arg)
{
	struct smmu_sim_message *u = arg;
	struct sim_access a;
	int ret = sim_engine_message(file->engine, &a);

	if (ret)
		return ret;
	u->outcome = a.outcome;
	u->event = a.event;
	u->interrupts = atomic_read(&file->engine->interrupts);
	return 0;
}

static int do_bind(struct sim_file *file, void *arg)
{
	struct smmu_sim_pasid *u = arg;

	return u->flags ? -EINVAL : sim_pasid_bind(file, &u->pasid);
}

static int do_unbind(struct sim_file *file, void *arg)
{
	struct smmu_sim_pasid *u = arg;

	return u->flags ? -EINVAL : sim_pasid_unbind(file, u->pasid);
}

static int do_attach(struct sim_file *file, void *arg)
{
	struct smmu_sim_pasid *u = arg;

	return u->flags ? -EINVAL : sim_pasid_attach(file, &u->pasid);
}

static int do_detach(struct sim_file *file, void *arg)
{
	struct smmu_sim_pasid *u = arg;

	return u->flags ? -EINVAL : sim_pasid_detach(file, u->pasid);
}

static int do_iommufd(struct sim_file *file, void *arg)
{
	struct smmu_sim_iommufd *u = arg;

	return u->flags || u->reserved ? -EINVAL : sim_iommufd_bind(file, u->fd, &u->id);
}

static int do_hwpt(struct sim_file *file, void *arg)
{
	struct smmu_sim_hwpt *u = arg;

	switch (u->flags) {
	case 0:
		return sim_iommufd_attach(file, &u->id);
	case SMMU_SIM_HWPT_NONE:
		return u->id ? -EINVAL : sim_iommufd_detach(file);
	default:
		return -EINVAL;
	}
}

static const struct {
	unsigned int cmd;
	int (*call)(struct sim_file *file, void *arg);
} calls[] = {
	{ SMMU_SIM_IOC_INFO, do_info },
	{ SMMU_SIM_IOC_MAP, do_map },
	{ SMMU_SIM_IOC_UNMAP, do_unmap },
	{ SMMU_SIM_IOC_ACCESS, do_access },
	{ SMMU_SIM_IOC_RELEASE, do_release },
	{ SMMU_SIM_IOC_REQUEST, do_request },
	{ SMMU_SIM_IOC_RESPONSE, do_response },
	{ SMMU_SIM_IOC_MESSAGE, do_message },
	{ SMMU_SIM_IOC_BIND, do_bind },
	{ SMMU_SIM_IOC_UNBIND, do_unbind },
	{ SMMU_SIM_IOC_ATTACH, do_attach },
	{ SMMU_SIM_IOC_DETACH, do_detach },
	{ SMMU_SIM_IOC_IOMMUFD, do_iommufd },
	{ SMMU_SIM_IOC_HWPT, do_hwpt },
};

union argument {
	struct smmu_sim_info info;
	struct smmu_sim_map map;
	struct smmu_sim_unmap unmap;
	struct smmu_sim_access access;
	struct smmu_sim_request request;
	struct smmu_sim_response response;
	struct smmu_sim_message message;
	struct smmu_sim_pasid pasid;
	struct smmu_sim_iommufd iommufd;
	struct smmu_sim_hwpt hwpt;
};

static long chardev_ioctl(struct file *filp, unsigned int cmd, unsigned long pointer)
{
	struct sim_file *file = filp->private_data;
	void __user *user = (void __user *)pointer;
	unsigned int size = _IOC_SIZE(cmd), i;
	union argument arg = {};
	int ret;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].cmd == cmd)
			break;
	if (i == ARRAY_SIZE(calls))
		return -ENOTTY;
	if (!alive(file->engine))
		return -ENODEV;
	if (_IOC_DIR(cmd) & _IOC_WRITE && copy_from_user(&arg, user, size))
		return -EFAULT;
	ret = calls[i].call(file, &arg);
	if (!ret && copy_to_user(user, &arg, size))
		ret = -EFAULT;
	return ret;
}

/* Files */

static int chardev_mmap(struct file *filp, struct vm_area_struct *vma)
{
	return sim_buffer_mmap(filp->private_data, vma);
}

/* Behind an instance that sleeps when no master is awake. */
static int open_awake(struct sim_engine *e, struct sim_file *file)
{
	int ret = pm_runtime_get_sync(e->dev);

	if (ret < 0 && pm_runtime_enabled(e->dev)) {
		pm_runtime_put_noidle(e->dev);
		return ret;
	}
	sim_engine_get(e);
	guard(mutex)(&e->files_lock);
	list_add(&file->node, &e->files);
	return 0;
}

static int chardev_open(struct inode *inode, struct file *filp)
{
	struct sim_engine *e = container_of(inode->i_cdev, struct sim_engine, cdev);
	struct sim_file *file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	int ret = -ENODEV;

	if (!file)
		return -ENOMEM;
	file->engine = e;
	mutex_init(&file->pasid_lock);
	INIT_LIST_HEAD(&file->pasids);
	mutex_init(&file->lock);
	xa_init(&file->buffers);
	xa_init_flags(&file->holds, XA_FLAGS_ALLOC1);
	scoped_guard(rwsem_read, &e->life) {
		if (!e->gone)
			ret = open_awake(e, file);
	}
	if (ret) {
		kfree(file);
		return ret;
	}
	filp->private_data = file;
	return nonseekable_open(inode, filp);
}

static int chardev_release(struct inode *inode, struct file *filp)
{
	struct sim_file *file = filp->private_data;
	struct sim_engine *e = file->engine;
	struct sim_access *a;
	unsigned long i;

	xa_for_each(&file->holds, i, a) {
		sim_engine_drop(a);
		access_free(a);
	}
	xa_destroy(&file->holds);
	scoped_guard(rwsem_read, &e->life) {
		sim_pasids_end(file);
		sim_iommufd_end(file);
	}
	sim_buffers_free(file);
	scoped_guard(rwsem_read, &e->life) {
		guard(mutex)(&e->files_lock);
		list_del(&file->node);
		if (!e->gone)
			pm_runtime_put(e->dev);
	}
	kfree(file);
	sim_engine_put(e);
	return 0;
}

static const struct file_operations chardev_fops = {
	.owner = THIS_MODULE,
	.open = chardev_open,
	.release = chardev_release,
	.unlocked_ioctl = chardev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = chardev_mmap,
};

/* Devices */

static void release_engine(struct device *dev)
{
	struct sim_engine *e = container_of(dev, struct sim_engine, cdevice);

	if (dev->devt)
		ida_free(&minors, MINOR(dev->devt));
	kfree(e);
}

/**
 * sim_chardev_init() - make the device that counts an engine's references
 * @e: engine; sim_engine_put() from now on
 */
void sim_chardev_init(struct sim_engine *e)
{
	device_initialize(&e->cdevice);
	e->cdevice.class = &smmu_sim_class;
	e->cdevice.release = release_engine;
	cdev_init(&e->cdev, &chardev_fops);
	e->cdev.owner = THIS_MODULE;
}

/**
 * sim_chardev_add() - let an engine appear under /dev
 * @e: engine
 * @name: of the file
 *
 * Return: 0 or an error.
 */
int sim_chardev_add(struct sim_engine *e, const char *name)
{
	int minor = ida_alloc_max(&minors, MINORS - 1, GFP_KERNEL);
	int ret;

	if (minor < 0)
		return minor;
	e->cdevice.devt = MKDEV(MAJOR(first_dev), minor);
	e->cdevice.parent = e->dev;
	ret = dev_set_name(&e->cdevice, "%s", name);
	return ret ?: cdev_device_add(&e->cdev, &e->cdevice);
}

/**
 * sim_chardev_remove() - let it disappear; open files stay
 * @e: engine
 */
void sim_chardev_remove(struct sim_engine *e)
{
	cdev_device_del(&e->cdev, &e->cdevice);
}

/**
 * sim_chardev_register() - register numbers and the class
 *
 * Return: 0 or an error.
 */
int sim_chardev_register(void)
{
	int ret = alloc_chrdev_region(&first_dev, 0, MINORS, "smmu-sim");

	if (ret)
		return ret;
	ret = class_register(&smmu_sim_class);
	if (ret)
		unregister_chrdev_region(first_dev, MINORS);
	return ret;
}

/**
 * sim_chardev_unregister() - unregister them
 */
void sim_chardev_unregister(void)
{
	class_unregister(&smmu_sim_class);
	unregister_chrdev_region(first_dev, MINORS);
}
