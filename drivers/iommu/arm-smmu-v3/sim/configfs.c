// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances as directories of configfs: /sys/kernel/config/smmu-sim/.
 *
 * A directory describes an instance that is not there yet. Writing 1 to "live"
 * makes it appear, 0 lets it vanish; while it is live its description is fixed
 * and its masters stay. Removing a live instance makes it dead first.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "configfs.h"

#define ENTRIES_LEAST	1024
#define ENTRIES_MOST	SZ_4M

static struct cfg_instance *to_instance(struct config_item *item)
{
	return container_of(to_config_group(item), struct cfg_instance, group);
}

static struct sim_instance *to_sim(struct config_item *item)
{
	return to_instance(item)->sim;
}

/**
 * cfg_number() - read a number
 * @sim: whose it is, for the log
 * @what: name of the attribute, for the log
 * @page: text, decimal or 0x...
 * @most: largest legal value
 * @value: the number
 *
 * Return: 0, -EINVAL if it is no number, -ERANGE if it is too large.
 */
int cfg_number(const struct sim_instance *sim, const char *what, const char *page, u64 most,
	       u64 *value)
{
	int ret = kstrtoull(page, 0, value);

	if (!ret && *value > most)
		ret = -ERANGE;
	if (ret == -ERANGE)
		cfg_err(sim, "%s: too large, the most is %llu", what, most);
	else if (ret)
		cfg_err(sim, "%s: not a number", what);
	return ret;
}

/**
 * cfg_flag() - read yes or no
 * @sim: whose it is, for the log
 * @what: name of the attribute, for the log
 * @page: text, as kstrtobool() takes it
 * @value: what it says
 *
 * Return: 0 or -EINVAL.
 */
int cfg_flag(const struct sim_instance *sim, const char *what, const char *page, bool *value)
{
	if (!kstrtobool(page, value))
		return 0;
	cfg_err(sim, "%s: neither 0 nor 1", what);
	return -EINVAL;
}

/**
 * cfg_describable() - whether the description may be changed
 * @sim: instance; the caller holds sim_mutex
 * @what: name of the attribute, for the log
 *
 * Return: 0 or -EBUSY.
 */
int cfg_describable(const struct sim_instance *sim, const char *what)
{
	lockdep_assert_held(&sim_mutex);
	if (!sim->live)
		return 0;
	cfg_err(sim, "%s: fixed while the instance is live", what);
	return -EBUSY;
}

/**
 * cfg_name_why() - why a directory cannot be made, in words
 * @error: what sim_instance_new() or sim_master_new() failed with
 *
 * Return: a few words, never NULL.
 */
const char *cfg_name_why(int error)
{
	switch (error) {
	case -EBUSY:
		return "the instance is live";
	case -EEXIST:
		return "the name is taken, or its file in /dev/smmu-sim";
	case -EINVAL:
		return "a name has up to 39 letters, and no blanks";
	}
	return sim_why(error);
}

static ssize_t store_flag(struct config_item *item, const char *what, const char *page,
			  size_t count, bool *to)
{
	struct sim_instance *sim = to_sim(item);
	bool value;
	int ret = cfg_flag(sim, what, page, &value);

	if (ret)
		return ret;
	guard(mutex)(&sim_mutex);
	ret = cfg_describable(sim, what);
	if (ret)
		return ret;
	*to = value;
	return count;
}

#define FLAG_SHOW(name)									\
static ssize_t cfg_##name##_show(struct config_item *item, char *page)			\
{											\
	return sysfs_emit(page, "%d\n", to_sim(item)->config.name);			\
}

#define FLAG_STORE(name)								\
static ssize_t cfg_##name##_store(struct config_item *item, const char *page, size_t count) \
{											\
	return store_flag(item, #name, page, count, &to_sim(item)->config.name);	\
}

FLAG_SHOW(no_ats)
FLAG_STORE(no_ats)
CONFIGFS_ATTR(cfg_, no_ats);

FLAG_SHOW(no_msi)
FLAG_STORE(no_msi)
CONFIGFS_ATTR(cfg_, no_msi);

FLAG_SHOW(combined)
FLAG_STORE(combined)
CONFIGFS_ATTR(cfg_, combined);

FLAG_SHOW(power_domain)
FLAG_STORE(power_domain)
CONFIGFS_ATTR(cfg_, power_domain);

FLAG_SHOW(closure)
FLAG_STORE(closure)
CONFIGFS_ATTR(cfg_, closure);

FLAG_SHOW(prefer_stale)
FLAG_STORE(prefer_stale)
CONFIGFS_ATTR(cfg_, prefer_stale);

static ssize_t cfg_of_node_show(struct config_item *item, char *page)
{
	guard(mutex)(&sim_mutex);
	return sysfs_emit(page, "%s\n", to_sim(item)->config.of_node);
}

/* Whether there is such a node is asked when the instance is made live. */
static ssize_t cfg_of_node_store(struct config_item *item, const char *page, size_t count)
{
	struct sim_instance *sim = to_sim(item);
	char path[SIM_OF_NODE];
	int ret;

	if (strscpy(path, page) < 0) {
		cfg_err(sim, "of_node: a path has up to %zu bytes", sizeof(path) - 1);
		return -EINVAL;
	}
	guard(mutex)(&sim_mutex);
	ret = cfg_describable(sim, "of_node");
	if (ret)
		return ret;
	strscpy(sim->config.of_node, strim(path));
	return count;
}
CONFIGFS_ATTR(cfg_, of_node);

static ssize_t cfg_entries_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%u\n", to_sim(item)->config.entries);
}

static ssize_t cfg_entries_store(struct config_item *item, const char *page, size_t count)
{
	struct sim_instance *sim = to_sim(item);
	u64 value;
	int ret = cfg_number(sim, "entries", page, ENTRIES_MOST, &value);

	if (ret)
		return ret;
	if (value < ENTRIES_LEAST) {
		cfg_err(sim, "entries: the least is %u", ENTRIES_LEAST);
		return -ERANGE;
	}
	guard(mutex)(&sim_mutex);
	ret = cfg_describable(sim, "entries");
	if (ret)
		return ret;
	sim->config.entries = value;
	return count;
}
CONFIGFS_ATTR(cfg_, entries);

/* All profiles; the one that the registers are equal to in brackets. */
static ssize_t cfg_profile_show(struct config_item *item, char *page)
{
	struct sim_instance *sim = to_sim(item);
	const char *name;
	struct ssim_ids ids;
	unsigned int i;
	ssize_t len = 0;

	guard(mutex)(&sim_mutex);
	for (i = 0; (name = sim_profile_name(i)); i++) {
		bool same = sim_profile(name, &ids) &&
			    !memcmp(&ids, &sim->config.ids, sizeof(ids));

		len += sysfs_emit_at(page, len, same ? "%s[%s]" : "%s%s", i ? " " : "", name);
	}
	return len + sysfs_emit_at(page, len, "\n");
}

static ssize_t cfg_profile_store(struct config_item *item, const char *page, size_t count)
{
	struct sim_instance *sim = to_sim(item);
	struct ssim_ids ids;
	char name[32];
	int ret;

	strscpy(name, page);
	if (!sim_profile(strim(name), &ids)) {
		cfg_err(sim, "profile: there is no '%s'; reading the file lists them", name);
		return -ENOENT;
	}
	guard(mutex)(&sim_mutex);
	ret = cfg_describable(sim, "profile");
	if (ret)
		return ret;
	sim->config.ids = ids;
	return count;
}
CONFIGFS_ATTR(cfg_, profile);

static ssize_t cfg_live_show(struct config_item *item, char *page)
{
	guard(mutex)(&sim_mutex);
	return sysfs_emit(page, "%d\n", to_sim(item)->live);
}

static int make_live(struct cfg_instance *inst)
{
	int ret;

	if (inst->sim->live) {
		cfg_err(inst->sim, "live: it is already");
		return -EBUSY;
	}
	ret = cfg_pin_masters(inst);
	if (ret) {
		cfg_err(inst->sim, "live: a master is being made or removed");
		return ret;
	}
	ret = sim_instance_live(inst->sim);
	if (ret) {
		cfg_unpin_masters(inst);
		cfg_err(inst->sim, "live: %s (%d)", sim_why(ret), ret);
	}
	return ret;
}

static ssize_t cfg_live_store(struct config_item *item, const char *page, size_t count)
{
	struct cfg_instance *inst = to_instance(item);
	bool live;
	int ret = cfg_flag(inst->sim, "live", page, &live);

	if (ret)
		return ret;
	guard(mutex)(&inst->lock);
	if (live) {
		ret = make_live(inst);
	} else if (inst->sim->live) {
		sim_instance_dead(inst->sim);
		cfg_unpin_masters(inst);
	}
	return ret ?: count;
}
CONFIGFS_ATTR(cfg_, live);

static ssize_t cfg_asleep_show(struct config_item *item, char *page)
{
	const struct sim_instance *sim = to_sim(item);

	guard(mutex)(&sim_mutex);
	return sysfs_emit(page, "%d\n", sim->live && sim->core->off);
}

static ssize_t cfg_asleep_store(struct config_item *item, const char *page, size_t count)
{
	struct sim_instance *sim = to_sim(item);
	bool asleep;
	int ret = cfg_flag(sim, "asleep", page, &asleep);

	if (ret)
		return ret;
	ret = asleep ? sim_instance_sleep(sim) : sim_instance_wake(sim);
	if (ret)
		cfg_err(sim, "asleep: %s (%d)", sim_why(ret), ret);
	return ret ?: count;
}
CONFIGFS_ATTR(cfg_, asleep);

static ssize_t cfg_dev_name_show(struct config_item *item, char *page)
{
	struct sim_instance *sim = to_sim(item);

	guard(mutex)(&sim_mutex);
	return sysfs_emit(page, "%s\n", sim->pdev ? dev_name(&sim->pdev->dev) : "none");
}
CONFIGFS_ATTR_RO(cfg_, dev_name);

static ssize_t cfg_stats_show(struct config_item *item, char *page)
{
	return sim_stats_text(to_sim(item), page, CFG_TEXT);
}
CONFIGFS_ATTR_RO(cfg_, stats);

static ssize_t cfg_violations_show(struct config_item *item, char *page)
{
	struct sim_instance *sim = to_sim(item);
	u64 n;

	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		n = sim->core ? sim->core->stats.violations : 0;
	return sysfs_emit(page, "%llu\n", n);
}
CONFIGFS_ATTR_RO(cfg_, violations);

static ssize_t cfg_report_show(struct config_item *item, char *page)
{
	char *text = sim_report_text(to_sim(item), CFG_TEXT);
	ssize_t len;

	if (!text)
		return -ENOMEM;
	len = scnprintf(page, CFG_TEXT, "%s", text);
	kvfree(text);
	return len;
}
CONFIGFS_ATTR_RO(cfg_, report);

static struct configfs_attribute *instance_attrs[] = {
	&cfg_attr_profile, &cfg_attr_no_ats, &cfg_attr_no_msi, &cfg_attr_combined,
	&cfg_attr_entries, &cfg_attr_closure, &cfg_attr_prefer_stale, &cfg_attr_of_node,
	&cfg_attr_power_domain, &cfg_attr_live, &cfg_attr_asleep, &cfg_attr_dev_name,
	&cfg_attr_stats, &cfg_attr_violations, &cfg_attr_report,
	NULL
};

static void instance_release(struct config_item *item)
{
	struct cfg_instance *inst = to_instance(item);

	mutex_destroy(&inst->lock);
	kfree(inst);
}

static struct configfs_item_operations instance_ops = {
	.release = instance_release,
};

static const struct config_item_type instance_type = {
	.ct_owner = THIS_MODULE,
	.ct_item_ops = &instance_ops,
	.ct_attrs = instance_attrs,
};

static struct config_group *make_instance(struct config_group *group, const char *name)
{
	struct cfg_instance *inst = kzalloc(sizeof(*inst), GFP_KERNEL);

	if (!inst)
		return ERR_PTR(-ENOMEM);
	inst->sim = sim_instance_new(name);
	if (IS_ERR(inst->sim)) {
		struct config_group *error = ERR_CAST(inst->sim);

		pr_err("smmu-sim: cannot make '%s': %s\n", name,
		       cfg_name_why(PTR_ERR(inst->sim)));
		kfree(inst);
		return error;
	}
	mutex_init(&inst->lock);
	INIT_LIST_HEAD(&inst->items);
	config_group_init_type_name(&inst->group, name, &instance_type);
	config_group_init_type_name(&inst->ids, "ids", &cfg_ids_type);
	configfs_add_default_group(&inst->ids, &inst->group);
	config_group_init_type_name(&inst->faults, "faults", &cfg_faults_type);
	configfs_add_default_group(&inst->faults, &inst->group);
	config_group_init_type_name(&inst->masters, "masters", &cfg_masters_type);
	configfs_add_default_group(&inst->masters, &inst->group);
	return &inst->group;
}

/* Nobody can be in an attribute any more, and all masters are gone. */
static void drop_instance(struct config_group *group, struct config_item *item)
{
	sim_instance_free(to_sim(item));
	config_item_put(item);
}

static struct configfs_group_operations root_ops = {
	.make_group = make_instance,
	.drop_item = drop_instance,
};

static const struct config_item_type root_type = {
	.ct_owner = THIS_MODULE,
	.ct_group_ops = &root_ops,
};

static struct configfs_subsystem subsystem = {
	.su_group.cg_item = {
		.ci_namebuf = "smmu-sim",
		.ci_type = &root_type,
	},
};

int sim_configfs_register(void)
{
	int ret = cfg_ids_init();

	if (ret)
		return ret;
	config_group_init(&subsystem.su_group);
	mutex_init(&subsystem.su_mutex);
	ret = configfs_register_subsystem(&subsystem);
	if (ret)
		pr_err("smmu-sim: no configfs: %s (%d)\n", sim_why(ret), ret);
	return ret;
}

void sim_configfs_unregister(void)
{
	configfs_unregister_subsystem(&subsystem);
}
