// SPDX-License-Identifier: GPL-2.0-only
/*
 * masters/: the devices behind an instance.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "configfs.h"

#define PASID_BITS_MOST	20
#define SLOT_MOST	31
#define SILENT_ALL	(SIM_SILENT_ATC | SIM_SILENT_DATA)

static struct cfg_master *to_cfg(struct config_item *item)
{
	return container_of(item, struct cfg_master, item);
}

static struct sim_master *to_master(struct config_item *item)
{
	return to_cfg(item)->master;
}

static __printf(2, 3) void master_err(const struct sim_master *m, const char *fmt, ...)
{
	struct va_format text = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	text.va = &args;
	cfg_err(m->sim, "masters/%s: %pV", m->name, &text);
	va_end(args);
}

/* Whose attribute it is, for the log. */
static const char *attribute_of(const struct sim_master *m, const char *what, char *to)
{
	snprintf(to, CFG_WHAT, "masters/%s: %s", m->name, what);
	return to;
}

static int master_number(const struct sim_master *m, const char *what, const char *page, u64 most,
			 u64 *value)
{
	char name[CFG_WHAT];

	return cfg_number(m->sim, attribute_of(m, what, name), page, most, value);
}

/* The description may be changed, and on this bus the thing exists. */
static int changeable(const struct sim_master *m, const char *what, bool exists)
{
	char name[CFG_WHAT];
	int ret = cfg_describable(m->sim, attribute_of(m, what, name));

	if (ret || exists)
		return ret;
	master_err(m, "%s: not for a %s master", what, m->kind == SIM_PCI ? "PCI" : "platform");
	return -EINVAL;
}

static const char *const kinds[] = { [SIM_PLATFORM] = "platform", [SIM_PCI] = "pci" };

static ssize_t master_kind_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%s\n", kinds[to_master(item)->kind]);
}

static bool slot_taken(const struct sim_master *m, unsigned int slot)
{
	const struct sim_master *other;

	list_for_each_entry(other, &m->sim->masters, node)
		if (other != m && other->kind == SIM_PCI && other->slot == slot)
			return true;
	return false;
}

/* What the other bus does not have goes. */
static void become(struct sim_master *m, enum sim_kind kind)
{
	if (m->kind == kind)
		return;
	if (kind == SIM_PCI) {
		m->slot = 0;
		m->stall = false;
		m->leg_of[0] = '\0';
	} else {
		m->ats = false;
		m->pri = false;
		m->behind_port = false;
	}
	m->kind = kind;
}

static ssize_t master_kind_store(struct config_item *item, const char *page, size_t count)
{
	struct sim_master *m = to_master(item);
	int kind = sysfs_match_string(kinds, page), ret;

	if (kind < 0) {
		master_err(m, "kind: platform or pci");
		return kind;
	}
	guard(mutex)(&sim_mutex);
	ret = changeable(m, "kind", true);
	if (ret)
		return ret;
	become(m, kind);
	return count;
}
CONFIGFS_ATTR(master_, kind);

static ssize_t master_sids_show(struct config_item *item, char *page)
{
	const struct sim_master *m = to_master(item);
	unsigned int i;
	ssize_t len = 0;

	guard(mutex)(&sim_mutex);
	for (i = 0; i < m->num_sids; i++)
		len += sysfs_emit_at(page, len, "%s%u", i ? " " : "", m->sids[i]);
	return len + sysfs_emit_at(page, len, "\n");
}

static bool sid_taken(const struct sim_master *m, u32 sid)
{
	const struct sim_master *other;
	unsigned int i;

	list_for_each_entry(other, &m->sim->masters, node)
		for (i = 0; other != m && i < other->num_sids; i++)
			if (other->sids[i] == sid && other->kind == SIM_PLATFORM)
				return true;
	return false;
}

/* Numbers with spaces or commas between them; how many, or an errno. */
static int parse_sids(const struct sim_master *m, char *text, u32 *sids)
{
	unsigned int n = 0, i;
	char *word;

	while ((word = strsep(&text, " ,\t\n"))) {
		if (!*word)
			continue;
		if (n == SIM_SIDS) {
			master_err(m, "sids: at most %u", SIM_SIDS);
			return -E2BIG;
		}
		if (kstrtou32(word, 0, &sids[n])) {
			master_err(m, "sids: '%s' is no stream ID", word);
			return -EINVAL;
		}
		for (i = 0; i < n && sids[i] != sids[n]; i++)
			;
		if (i < n || sid_taken(m, sids[n])) {
			master_err(m, "sids: %u is taken", sids[n]);
			return -EEXIST;
		}
		n++;
	}
	if (!n)
		master_err(m, "sids: at least one");
	return n ?: -EINVAL;
}

static ssize_t master_sids_store(struct config_item *item, const char *page, size_t count)
{
	char *text __free(kfree) = kstrdup(page, GFP_KERNEL);
	struct sim_master *m = to_master(item);
	u32 sids[SIM_SIDS];
	int ret;

	if (!text)
		return -ENOMEM;
	guard(mutex)(&sim_mutex);
	ret = changeable(m, "sids", m->kind == SIM_PLATFORM) ?: parse_sids(m, text, sids);
	if (ret < 0)
		return ret;
	memcpy(m->sids, sids, ret * sizeof(*sids));
	m->num_sids = ret;
	return count;
}
CONFIGFS_ATTR(master_, sids);

/* PCIe 10.4.2: page requests are an extension of ATS. */
static int check_ats(const struct sim_master *m, bool value)
{
	if (value || !m->pri)
		return 0;
	master_err(m, "ats: pri needs it");
	return -EINVAL;
}

static int check_pri(const struct sim_master *m, bool value)
{
	if (!value || m->ats)
		return 0;
	master_err(m, "pri: needs ats");
	return -EINVAL;
}

static ssize_t master_stall_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", to_master(item)->stall);
}

static ssize_t master_ats_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", to_master(item)->ats);
}

static ssize_t master_pri_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", to_master(item)->pri);
}

static ssize_t master_behind_port_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", to_master(item)->behind_port);
}

/* What only masters on @bus have. */
static ssize_t store_feature(struct sim_master *m, const char *what, const char *page,
			     size_t count, enum sim_kind bus, bool *to,
			     int (*check)(const struct sim_master *m, bool value))
{
	char name[CFG_WHAT];
	bool value;
	int ret = cfg_flag(m->sim, attribute_of(m, what, name), page, &value);

	if (ret)
		return ret;
	guard(mutex)(&sim_mutex);
	ret = changeable(m, what, !value || m->kind == bus);
	if (!ret && check)
		ret = check(m, value);
	if (ret)
		return ret;
	*to = value;
	return count;
}

static ssize_t master_stall_store(struct config_item *item, const char *page, size_t count)
{
	struct sim_master *m = to_master(item);

	return store_feature(m, "stall", page, count, SIM_PLATFORM, &m->stall, NULL);
}
CONFIGFS_ATTR(master_, stall);

static ssize_t master_ats_store(struct config_item *item, const char *page, size_t count)
{
	struct sim_master *m = to_master(item);

	return store_feature(m, "ats", page, count, SIM_PCI, &m->ats, check_ats);
}
CONFIGFS_ATTR(master_, ats);

static ssize_t master_pri_store(struct config_item *item, const char *page, size_t count)
{
	struct sim_master *m = to_master(item);

	return store_feature(m, "pri", page, count, SIM_PCI, &m->pri, check_pri);
}
CONFIGFS_ATTR(master_, pri);

static ssize_t master_behind_port_store(struct config_item *item, const char *page, size_t count)
{
	struct sim_master *m = to_master(item);

	return store_feature(m, "behind_port", page, count, SIM_PCI, &m->behind_port, NULL);
}
CONFIGFS_ATTR(master_, behind_port);

static ssize_t master_uacce_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", to_master(item)->uacce);
}

static ssize_t master_uacce_store(struct config_item *item, const char *page, size_t count)
{
	struct sim_master *m = to_master(item);

	return store_feature(m, "uacce", page, count, m->kind, &m->uacce, NULL);
}
CONFIGFS_ATTR(master_, uacce);

static ssize_t master_user_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", to_master(item)->user);
}

static ssize_t master_user_store(struct config_item *item, const char *page, size_t count)
{
	struct sim_master *m = to_master(item);

	return store_feature(m, "user", page, count, m->kind, &m->user, NULL);
}
CONFIGFS_ATTR(master_, user);

static ssize_t master_pasid_bits_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%u\n", to_master(item)->pasid_bits);
}

static ssize_t master_pasid_bits_store(struct config_item *item, const char *page, size_t count)
{
	struct sim_master *m = to_master(item);
	u64 value;
	int ret = master_number(m, "pasid_bits", page, PASID_BITS_MOST, &value);

	if (ret)
		return ret;
	guard(mutex)(&sim_mutex);
	ret = changeable(m, "pasid_bits", true);
	if (ret)
		return ret;
	m->pasid_bits = value;
	return count;
}
CONFIGFS_ATTR(master_, pasid_bits);

static ssize_t master_slot_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%u\n", to_master(item)->slot);
}

static ssize_t master_slot_store(struct config_item *item, const char *page, size_t count)
{
	struct sim_master *m = to_master(item);
	u64 slot;
	int ret = master_number(m, "slot", page, SLOT_MOST, &slot);

	if (ret)
		return ret;
	guard(mutex)(&sim_mutex);
	ret = changeable(m, "slot", m->kind == SIM_PCI);
	if (ret)
		return ret;
	if (slot && slot_taken(m, slot)) {
		master_err(m, "slot: %llu is taken", slot);
		return -EEXIST;
	}
	m->slot = slot;
	return count;
}
CONFIGFS_ATTR(master_, slot);

static ssize_t master_silent_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "0x%x\n", to_master(item)->silent);
}

static ssize_t master_silent_store(struct config_item *item, const char *page, size_t count)
{
	struct sim_master *m = to_master(item);
	u64 value;
	int ret = master_number(m, "silent", page, SILENT_ALL, &value);

	if (ret)
		return ret;
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		m->silent = value;
	return count;
}
CONFIGFS_ATTR(master_, silent);

static ssize_t master_leg_of_show(struct config_item *item, char *page)
{
	const struct sim_master *m = to_master(item);

	guard(mutex)(&sim_mutex);
	return sysfs_emit(page, "%s\n", m->leg_of);
}

/* Whether there is such a master is asked when its own is made live. */
static ssize_t master_leg_of_store(struct config_item *item, const char *page, size_t count)
{
	struct sim_master *m = to_master(item);
	char file[sizeof(m->leg_of)];
	int ret;

	if (strscpy(file, page) < 0) {
		master_err(m, "leg_of: no master has so long a name");
		return -EINVAL;
	}
	guard(mutex)(&sim_mutex);
	ret = changeable(m, "leg_of", m->kind == SIM_PLATFORM);
	if (ret)
		return ret;
	strscpy(m->leg_of, strim(file));
	return count;
}
CONFIGFS_ATTR(master_, leg_of);

static ssize_t master_dev_name_show(struct config_item *item, char *page)
{
	const struct sim_master *m = to_master(item);

	/* Not half made or half gone; and whoever removes a PCI device takes no sim_mutex. */
	guard(mutex)(&sim_mutex);
	guard(raw_spinlock_irqsave)(&sim_lock);
	m = m->first ?: m;
	return sysfs_emit(page, "%s\n", m->dev ? dev_name(m->dev) : "none");
}
CONFIGFS_ATTR_RO(master_, dev_name);

static ssize_t master_chardev_show(struct config_item *item, char *page)
{
	const struct sim_master *m = to_master(item);

	return sysfs_emit(page, "/dev/smmu-sim/%s-%s\n", m->sim->name, m->name);
}
CONFIGFS_ATTR_RO(master_, chardev);

static struct configfs_attribute *master_attrs[] = {
	&master_attr_kind, &master_attr_sids, &master_attr_stall, &master_attr_ats,
	&master_attr_pri, &master_attr_pasid_bits, &master_attr_slot, &master_attr_behind_port,
	&master_attr_uacce, &master_attr_user, &master_attr_leg_of, &master_attr_silent,
	&master_attr_dev_name, &master_attr_chardev,
	NULL
};

static void master_release(struct config_item *item)
{
	kfree(to_cfg(item));
}

static struct configfs_item_operations master_ops = {
	.release = master_release,
};

static const struct config_item_type master_type = {
	.ct_owner = THIS_MODULE,
	.ct_item_ops = &master_ops,
	.ct_attrs = master_attrs,
};

static struct cfg_instance *to_parent(struct config_group *group)
{
	return container_of(group, struct cfg_instance, masters);
}

static struct config_item *make_master(struct config_group *group, const char *name)
{
	struct cfg_instance *inst = to_parent(group);
	struct cfg_master *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return ERR_PTR(-ENOMEM);
	guard(mutex)(&inst->lock);
	m->parent = inst;
	m->master = sim_master_new(inst->sim, name, SIM_PLATFORM);
	if (IS_ERR(m->master)) {
		struct config_item *error = ERR_CAST(m->master);

		cfg_err(inst->sim, "cannot make masters/%s: %s", name,
			cfg_name_why(PTR_ERR(m->master)));
		kfree(m);
		return error;
	}
	config_item_init_type_name(&m->item, name, &master_type);
	list_add_tail(&m->node, &inst->items);
	return &m->item;
}

/* Its instance is not live: those of a live one are pinned. */
static void drop_master(struct config_group *group, struct config_item *item)
{
	struct cfg_instance *inst = to_parent(group);
	struct cfg_master *m = to_cfg(item);

	scoped_guard(mutex, &inst->lock) {
		list_del(&m->node);
		sim_master_free(m->master);
	}
	config_item_put(item);
}

static struct configfs_group_operations masters_ops = {
	.make_item = make_master,
	.drop_item = drop_master,
};

const struct config_item_type cfg_masters_type = {
	.ct_owner = THIS_MODULE,
	.ct_group_ops = &masters_ops,
};

/**
 * cfg_pin_masters() - keep all masters' directories, and with them the instance's
 * @inst: instance; the caller holds its lock
 *
 * Return: 0; -EBUSY if one is on its way out, and then none is kept.
 */
int cfg_pin_masters(struct cfg_instance *inst)
{
	struct cfg_master *m;

	lockdep_assert_held(&inst->lock);
	list_for_each_entry(m, &inst->items, node) {
		if (!configfs_depend_item_unlocked(inst->group.cg_subsys, &m->item))
			continue;
		list_for_each_entry_continue_reverse(m, &inst->items, node)
			configfs_undepend_item_unlocked(&m->item);
		return -EBUSY;
	}
	return 0;
}

/**
 * cfg_unpin_masters() - undo cfg_pin_masters()
 * @inst: instance; the caller holds its lock
 */
void cfg_unpin_masters(struct cfg_instance *inst)
{
	struct cfg_master *m;

	lockdep_assert_held(&inst->lock);
	list_for_each_entry(m, &inst->items, node)
		configfs_undepend_item_unlocked(&m->item);
}
