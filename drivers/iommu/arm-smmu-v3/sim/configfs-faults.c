// SPDX-License-Identifier: GPL-2.0-only
/*
 * faults/: what shall go wrong: in the life that is, or from the start of the next.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/module.h>

#include "configfs.h"

static struct sim_instance *to_sim(struct config_item *item)
{
	return container_of(to_config_group(item), struct cfg_instance, faults)->sim;
}

static int dead(const struct sim_instance *sim, const char *what)
{
	cfg_err(sim, "%s: the instance is not live", what);
	return -ENODEV;
}

/* What was held up goes on when the reason for it is taken away. */
static void go_on(struct ssim *s)
{
	ssim_cmdq_run(s);
	ssim_events_retry(s);
}

/* Those of the model, or those that it will start with. */
static struct ssim_faults *faults_of(struct sim_instance *sim)
{
	lockdep_assert_held(&sim_lock);
	return sim->core ? &sim->core->faults : &sim->config.faults;
}

static struct ssim_faults current_faults(struct config_item *item)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	return *faults_of(to_sim(item));
}

static u64 knob(const struct ssim_faults *f, size_t at, size_t bytes)
{
	const void *p = (const void *)f + at;

	if (bytes == sizeof(bool))
		return *(const bool *)p;
	return bytes == sizeof(u32) ? *(const u32 *)p : *(const u64 *)p;
}

static void set_knob(struct ssim_faults *f, size_t at, size_t bytes, u64 value)
{
	void *p = (void *)f + at;

	if (bytes == sizeof(bool))
		*(bool *)p = value;
	else if (bytes == sizeof(u32))
		*(u32 *)p = value;
	else
		*(u64 *)p = value;
}

static ssize_t knob_show(struct config_item *item, char *page, size_t at, size_t bytes)
{
	struct ssim_faults f = current_faults(item);

	return sysfs_emit(page, "%llu\n", knob(&f, at, bytes));
}

static ssize_t knob_store(struct config_item *item, const char *what, const char *page,
			  size_t count, size_t at, size_t bytes)
{
	struct sim_instance *sim = to_sim(item);
	bool flag = false;
	u64 value = 0;
	int ret;

	if (bytes == sizeof(bool))
		ret = cfg_flag(sim, what, page, &flag);
	else
		ret = cfg_number(sim, what, page, ssim_ones(bytes * 8), &value);
	if (ret)
		return ret;
	guard(raw_spinlock_irqsave)(&sim_lock);
	set_knob(faults_of(sim), at, bytes, flag ? 1 : value);
	if (sim->core)
		go_on(sim->core);
	return count;
}

#define KNOB_SIZE(name, bytes)	\
static_assert(sizeof_field(struct ssim_faults, name) == (bytes))

#define KNOB_SHOW(name, bytes)							\
static ssize_t faults_##name##_show(struct config_item *item, char *page)	\
{										\
	return knob_show(item, page, offsetof(struct ssim_faults, name), bytes); \
}

#define KNOB_STORE(name, bytes)							\
static ssize_t faults_##name##_store(struct config_item *item, const char *page, size_t count) \
{										\
	return knob_store(item, "faults/" #name, page, count,			\
			  offsetof(struct ssim_faults, name), bytes);		\
}

KNOB_SIZE(cmd_error_in, 4);
KNOB_SHOW(cmd_error_in, 4)
KNOB_STORE(cmd_error_in, 4)
CONFIGFS_ATTR(faults_, cmd_error_in);

KNOB_SIZE(cmd_error_stays, 1);
KNOB_SHOW(cmd_error_stays, 1)
KNOB_STORE(cmd_error_stays, 1)
CONFIGFS_ATTR(faults_, cmd_error_stays);

KNOB_SIZE(cmd_error_op, 4);
KNOB_SHOW(cmd_error_op, 4)
KNOB_STORE(cmd_error_op, 4)
CONFIGFS_ATTR(faults_, cmd_error_op);

KNOB_SIZE(irq_lost, 4);
KNOB_SHOW(irq_lost, 4)
KNOB_STORE(irq_lost, 4)
CONFIGFS_ATTR(faults_, irq_lost);

KNOB_SIZE(irq_late, 4);
KNOB_SHOW(irq_late, 4)
KNOB_STORE(irq_late, 4)
CONFIGFS_ATTR(faults_, irq_late);

KNOB_SIZE(no_ack, 1);
KNOB_SHOW(no_ack, 1)
KNOB_STORE(no_ack, 1)
CONFIGFS_ATTR(faults_, no_ack);

KNOB_SIZE(ack_reads, 4);
KNOB_SHOW(ack_reads, 4)
KNOB_STORE(ack_reads, 4)
CONFIGFS_ATTR(faults_, ack_reads);

KNOB_SIZE(stuck, 1);
KNOB_SHOW(stuck, 1)
KNOB_STORE(stuck, 1)
CONFIGFS_ATTR(faults_, stuck);

KNOB_SIZE(cons_reads, 4);
KNOB_SHOW(cons_reads, 4)
KNOB_STORE(cons_reads, 4)
CONFIGFS_ATTR(faults_, cons_reads);

KNOB_SIZE(abort_at, 8);
KNOB_SHOW(abort_at, 8)
KNOB_STORE(abort_at, 8)
CONFIGFS_ATTR(faults_, abort_at);

KNOB_SIZE(abort_size, 8);
KNOB_SHOW(abort_size, 8)
KNOB_STORE(abort_size, 8)
CONFIGFS_ATTR(faults_, abort_size);

KNOB_SIZE(queues_full, 1);
KNOB_SHOW(queues_full, 1)
KNOB_STORE(queues_full, 1)
CONFIGFS_ATTR(faults_, queues_full);

KNOB_SIZE(atc_timeout, 1);
KNOB_SHOW(atc_timeout, 1)
KNOB_STORE(atc_timeout, 1)
CONFIGFS_ATTR(faults_, atc_timeout);

static const char *const errors[] = {
	[CERR_NONE] = "none", [CERR_ILL] = "ill", [CERR_ABT] = "abt", [CERR_ATC_INV] = "atc",
};

static ssize_t faults_cmd_error_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%s\n", errors[current_faults(item).cmd_error]);
}

static ssize_t faults_cmd_error_store(struct config_item *item, const char *page, size_t count)
{
	struct sim_instance *sim = to_sim(item);
	int error = sysfs_match_string(errors, page);

	if (error < 0) {
		cfg_err(sim, "faults/cmd_error: none, ill, abt or atc");
		return error;
	}
	guard(raw_spinlock_irqsave)(&sim_lock);
	faults_of(sim)->cmd_error = error;
	return count;
}
CONFIGFS_ATTR(faults_, cmd_error);

static ssize_t faults_atc_timeout_sid_show(struct config_item *item, char *page)
{
	struct ssim_faults f = current_faults(item);

	return f.atc_timeout_one ? sysfs_emit(page, "%u\n", f.atc_timeout_sid) :
				   sysfs_emit(page, "all\n");
}

static ssize_t faults_atc_timeout_sid_store(struct config_item *item, const char *page,
					    size_t count)
{
	struct sim_instance *sim = to_sim(item);
	bool one = !sysfs_streq(page, "all");
	u64 sid = 0;
	int ret = one ? cfg_number(sim, "faults/atc_timeout_sid", page, U32_MAX, &sid) : 0;

	if (ret)
		return ret;
	guard(raw_spinlock_irqsave)(&sim_lock);
	faults_of(sim)->atc_timeout_one = one;
	faults_of(sim)->atc_timeout_sid = sid;
	return count;
}
CONFIGFS_ATTR(faults_, atc_timeout_sid);

static ssize_t faults_spurious_irq_store(struct config_item *item, const char *page, size_t count)
{
	static const char *const irqs[] = {
		[IRQ_GERROR] = "gerror", [IRQ_EVENTQ] = "eventq", [IRQ_PRIQ] = "priq",
		[IRQ_CMD_SYNC] = "cmd_sync",
	};
	struct sim_instance *sim = to_sim(item);
	int irq = sysfs_match_string(irqs, page);

	if (irq < 0) {
		cfg_err(sim, "faults/spurious_irq: gerror, eventq, priq or cmd_sync");
		return irq;
	}
	scoped_guard(raw_spinlock_irqsave, &sim_lock) {
		if (sim->core) {
			ssim_spurious_irq(sim->core, irq);
			return count;
		}
	}
	return dead(sim, "faults/spurious_irq");
}
CONFIGFS_ATTR_WO(faults_, spurious_irq);

/* Files that do something when 1 is written. */
static ssize_t act(struct config_item *item, const char *what, const char *page, size_t count,
		   void (*fn)(struct ssim *s))
{
	struct sim_instance *sim = to_sim(item);
	bool value;
	int ret = cfg_flag(sim, what, page, &value);

	if (ret)
		return ret;
	scoped_guard(raw_spinlock_irqsave, &sim_lock) {
		if (sim->core) {
			if (value)
				fn(sim->core);
			return count;
		}
	}
	return dead(sim, what);
}

static ssize_t faults_deliver_late_store(struct config_item *item, const char *page, size_t count)
{
	return act(item, "faults/deliver_late", page, count, ssim_late_irqs);
}
CONFIGFS_ATTR_WO(faults_, deliver_late);

static ssize_t faults_service_failure_store(struct config_item *item, const char *page,
					    size_t count)
{
	return act(item, "faults/service_failure", page, count, ssim_fail);
}
CONFIGFS_ATTR_WO(faults_, service_failure);

static struct configfs_attribute *faults_attrs[] = {
	&faults_attr_cmd_error, &faults_attr_cmd_error_in, &faults_attr_cmd_error_stays,
	&faults_attr_cmd_error_op,
	&faults_attr_irq_lost, &faults_attr_irq_late, &faults_attr_deliver_late,
	&faults_attr_spurious_irq, &faults_attr_no_ack, &faults_attr_ack_reads,
	&faults_attr_stuck, &faults_attr_cons_reads,
	&faults_attr_abort_at, &faults_attr_abort_size, &faults_attr_queues_full,
	&faults_attr_atc_timeout, &faults_attr_atc_timeout_sid, &faults_attr_service_failure,
	NULL
};

const struct config_item_type cfg_faults_type = {
	.ct_owner = THIS_MODULE,
	.ct_attrs = faults_attrs,
};
