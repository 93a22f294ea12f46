// SPDX-License-Identifier: GPL-2.0-only
/*
 * ids/: a file for each field of the ID registers, and for each register.
 *
 * An attribute's functions are not told which attribute it is, so each has its own.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/module.h>
#include <linux/string_helpers.h>

#include "configfs.h"

/* IHI 0070, 6.3.2: larger values are reserved. */
#define SSIDSIZE_MOST	20

/* The same order as in profiles.c. */
enum {
#define FIELD(r, f)	FIELD_##r##_##f,
#define REGISTER(r)	FIELD_##r,
#include "fields.def"
	FIELDS
};

static char names[FIELDS][24];

static struct sim_instance *to_sim(struct config_item *item)
{
	return container_of(to_config_group(item), struct cfg_instance, ids)->sim;
}

static ssize_t field_show(struct config_item *item, char *page, unsigned int field)
{
	guard(mutex)(&sim_mutex);
	return sysfs_emit(page, "0x%x\n", sim_field_get(&to_sim(item)->config.ids, field));
}

static ssize_t field_store(struct config_item *item, const char *page, size_t count,
			   unsigned int field)
{
	struct sim_instance *sim = to_sim(item);
	char name[CFG_WHAT];
	struct ssim_ids ids;
	u64 value;
	int ret;

	snprintf(name, sizeof(name), "ids/%s", names[field]);
	ret = cfg_number(sim, name, page, U32_MAX, &value);
	if (ret)
		return ret;
	guard(mutex)(&sim_mutex);
	ret = cfg_describable(sim, name);
	if (ret)
		return ret;
	ids = sim->config.ids;
	ret = sim_field_set(&ids, field, value);
	if (ret) {
		cfg_err(sim, "%s: 0x%llx does not fit", name, value);
		return ret;
	}
	if (fld1(ids.idr[1], IDR1_SSIDSIZE) > SSIDSIZE_MOST) {
		cfg_err(sim, "%s: 0x%llx: substreams have up to %u bits", name, value,
			SSIDSIZE_MOST);
		return -ERANGE;
	}
	sim->config.ids = ids;
	return count;
}

#define SHOW(id)								\
static ssize_t id##_show(struct config_item *item, char *page)			\
{										\
	return field_show(item, page, id);					\
}

#define STORE(id)								\
static ssize_t id##_store(struct config_item *item, const char *page, size_t count) \
{										\
	return field_store(item, page, count, id);				\
}

#define FIELD(r, f)	SHOW(FIELD_##r##_##f)
#define REGISTER(r)	SHOW(FIELD_##r)
#include "fields.def"

#define FIELD(r, f)	STORE(FIELD_##r##_##f)
#define REGISTER(r)	STORE(FIELD_##r)
#include "fields.def"

static struct configfs_attribute attributes[FIELDS] = {
#define ATTRIBUTE(id)	{							\
	.ca_mode = 0644, .ca_owner = THIS_MODULE, .show = id##_show, .store = id##_store, \
},
#define FIELD(r, f)	ATTRIBUTE(FIELD_##r##_##f)
#define REGISTER(r)	ATTRIBUTE(FIELD_##r)
#include "fields.def"
};

static struct configfs_attribute *ids_attrs[FIELDS + 1];

const struct config_item_type cfg_ids_type = {
	.ct_owner = THIS_MODULE,
	.ct_attrs = ids_attrs,
};

/* Files have the architecture's names, in small letters. */
int cfg_ids_init(void)
{
	unsigned int i;

	if (sim_field_count() != FIELDS)
		return -EINVAL;
	for (i = 0; i < FIELDS; i++) {
		if (strlen(sim_field_name(i)) >= sizeof(names[i]))
			return -EINVAL;
		string_lower(names[i], sim_field_name(i));
		attributes[i].ca_name = names[i];
		ids_attrs[i] = &attributes[i];
	}
	return 0;
}
