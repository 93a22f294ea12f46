// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a person sees of an instance under /sys/kernel/debug/arm_smmu_v3/.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/bitfield.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/string_choices.h>

#include "fields.h"
#include "smmu.h"
#include "trace.h"

static int features_show(struct seq_file *s, void *unused)
{
	const struct smmu_device *smmu = s->private;
	const struct smmu_features *f = &smmu->feat;

	seq_printf(s, "stages: %s\n", f->nested ? "1, 2, nested" : f->s1 && f->s2 ? "1, 2" :
		   f->s1 ? "1" : "2");
	seq_printf(s, "granules:%s%s%s\n", f->pgsizes & SZ_4K ? " 4K" : "",
		   f->pgsizes & SZ_16K ? " 16K" : "", f->pgsizes & SZ_64K ? " 64K" : "");
	seq_printf(s, "addresses: %u bits in, %u bits out\n", f->va_bits, f->oas);
	seq_printf(s, "stream IDs: %u bits, table of %s for %u bits\n", f->sid_bits,
		   smmu->strtab.l1 ? "two levels" : "one level", smmu->strtab.log2size);
	seq_printf(s, "PASIDs: %u bits\n", f->ssid_bits);
	seq_printf(s, "tags: ASIDs of %u bits, VMIDs of %u bits\n", f->asid_bits, f->vmid_bits);
	seq_printf(s, "invalidation: by %s%s\n", f->range_tlbi ? "range" : "page",
		   smmu->btm ? ", for processes by the CPUs" : "");
	seq_printf(s, "coherent: %s\n", str_yes_no(f->coherent));
	seq_printf(s, "interrupts: %s\n", smmu->combined_irq ? "one wire for all" :
		   smmu->msis ? "messages" : "wires");
	seq_printf(s, "sync: by %s\n", smmu->cmdq.msi ? "message to memory" : "register");
	/* The driver uses neither; a board's bring-up may want to know. */
	seq_printf(s, "sync can wake CPUs: %s\n", str_yes_no(f->sev));
	seq_printf(s, "prefetch commands: %s\n", f->no_prefetch ? "broken" : "work");
	seq_printf(s, "stall: %s\n", f->stall_forced ? "always" : str_yes_no(f->stall));
	seq_printf(s, "ATS: %s\n", str_yes_no(f->ats));
	seq_printf(s, "PRI: %s\n", str_yes_no(f->pri));
	seq_printf(s, "hardware updates: %s\n", f->hd ? "access and dirty" :
		   f->ha ? "access" : "none");
	seq_printf(s, "memory types: %s in stage 2\n", f->fwb ? "forced" : "combined");
	seq_printf(s, "queues: %u commands, %u events, %u page requests\n",
		   1u << smmu->cmdq.shift, 1u << smmu->evtq.shift,
		   f->pri ? 1u << smmu->priq.shift : 0);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(features);

static int stats_show(struct seq_file *s, void *unused)
{
	struct smmu_device *smmu = s->private;
	u64 syncs = atomic64_read(&smmu->cmdq.syncs);

	seq_printf(s, "commands %llu\n", (u64)atomic64_read(&smmu->cmdq.reserved) -
		   READ_ONCE(smmu->cmdq.skipped));
	seq_printf(s, "syncs %llu\n", syncs);
	seq_printf(s, "command_errors %d\n", atomic_read(&smmu->cmdq.errors));
	seq_printf(s, "events %llu\n", READ_ONCE(smmu->evtq.taken));
	seq_printf(s, "event_overflows %llu\n", READ_ONCE(smmu->evtq.overflows));
	seq_printf(s, "pri_requests %llu\n", READ_ONCE(smmu->priq.taken));
	seq_printf(s, "pri_overflows %llu\n", READ_ONCE(smmu->priq.overflows));
	seq_printf(s, "sleeps %u\n", READ_ONCE(smmu->sleeps));
	seq_printf(s, "asids_seized %u\n", READ_ONCE(smmu->seized));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static void show_master(struct seq_file *s, struct smmu_device *smmu, struct smmu_master *m)
{
	u64 ste = le64_to_cpu(READ_ONCE(smmu_strtab_entry(smmu, m->sids[0])->qw[0]));
	const char *why = READ_ONCE(m->why);
	static const char * const words[] = {
		[STE_CONFIG_BYPASS] = "identity",
		[STE_CONFIG_S1] = "translated, stage 1",
		[STE_CONFIG_S2] = "translated, stage 2",
		[STE_CONFIG_NESTED] = "translated, both stages",
	};
	unsigned int i, config = FIELD_GET(STE0_CONFIG, ste);

	seq_printf(s, "%s sid ", dev_name(m->dev));
	for (i = 0; i < m->num_sids; i++)
		seq_printf(s, "%s%#x", i ? "," : "", m->sids[i]);
	seq_printf(s, " domain %s", config < ARRAY_SIZE(words) && words[config] ?
		   words[config] : "blocked");
	if (READ_ONCE(m->blocked))
		seq_printf(s, " by the driver: %s", why);
	seq_puts(s, m->ats ? ", ATS" : "");
	if (m->events)
		seq_printf(s, "; %llu faults", m->events);
	seq_putc(s, '\n');
}

static int masters_show(struct seq_file *s, void *unused)
{
	struct smmu_device *smmu = s->private;
	struct smmu_master *m;

	guard(mutex)(&smmu->streams_lock);
	list_for_each_entry(m, &smmu->masters, node)
		if (m->num_sids)
			show_master(s, smmu, m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(masters);

/* Registers as they are: hardware's view of a queue, beside the driver's. */
static void show_queue(struct seq_file *s, const char *name, struct smmu_device *smmu,
		       u32 prod_reg, u32 cons_reg, unsigned int shift)
{
	u32 prod = smmu_read(&smmu->io, prod_reg), cons = smmu_read(&smmu->io, cons_reg);
	u32 wrap = 2 * BIT(shift) - 1;

	seq_printf(s, "%s: %u of %lu entries, prod %#x, cons %#x%s\n", name,
		   (prod - cons) & wrap, BIT(shift), prod & wrap, cons & wrap,
		   (prod ^ cons) & QUEUE_OVERFLOW && prod_reg != SMMU_CMDQ_PROD ?
		   ", overflowed" : "");
}

static void show_gerror(struct seq_file *s, struct smmu_device *smmu)
{
	static const char * const words[] = {
		"command", NULL, "event queue memory", "PRI queue memory", "CMD_SYNC message",
		"event message", "PRI message", "error message", "service failure mode",
	};
	u32 active = smmu_read(&smmu->io, SMMU_GERROR) ^ smmu_read(&smmu->io, SMMU_GERRORN);
	unsigned int i;

	seq_puts(s, "errors pending:");
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i] && active & BIT(i))
			seq_printf(s, " %s,", words[i]);
	seq_printf(s, " %#x\n", active);
}

static int queues_show(struct seq_file *s, void *unused)
{
	struct smmu_device *smmu = s->private;
	struct smmu_cmdq *q = &smmu->cmdq;

	if (!smmu_pm_get(smmu)) {
		seq_puts(s, "asleep\n");
		return 0;
	}
	show_queue(s, "commands", smmu, SMMU_CMDQ_PROD, SMMU_CMDQ_CONS, q->shift);
	seq_printf(s, "  reserved %lld, rung %llu, known to be consumed %lld, errors %d%s\n",
		   atomic64_read(&q->reserved), READ_ONCE(q->rung), atomic64_read(&q->consumed),
		   atomic_read(&q->errors), READ_ONCE(q->dead) ? ", given up" : "");
	show_queue(s, "events", smmu, SMMU_EVENTQ_PROD, SMMU_EVENTQ_CONS, smmu->evtq.shift);
	if (smmu->feat.pri)
		show_queue(s, "page requests", smmu, SMMU_PRIQ_PROD, SMMU_PRIQ_CONS,
			   smmu->priq.shift);
	seq_printf(s, "control: %#x, acknowledged %#x\n", smmu_read(&smmu->io, SMMU_CR0),
		   smmu_read(&smmu->io, SMMU_CR0ACK));
	show_gerror(s, smmu);
	smmu_pm_put(smmu);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(queues);

/* Under streams_lock, or nobody else can. */
static void watch_latency(struct smmu_device *smmu, bool on)
{
	if (on && !smmu->watched)
		smmu_watch();
	else if (!on && smmu->watched)
		smmu_unwatch();
	WRITE_ONCE(smmu->watched, on);
}

static int sync_latency_show(struct seq_file *s, void *unused)
{
	struct smmu_device *smmu = s->private;
	unsigned int i;

	seq_printf(s, "watching: %s\n", str_yes_no(READ_ONCE(smmu->watched)));
	for (i = 0; i < SMMU_LATENCIES; i++) {
		int num = atomic_read(&smmu->cmdq.latency[i]);

		if (num && i + 1 < SMMU_LATENCIES)
			seq_printf(s, "< %llu ns: %d\n", BIT_ULL(i), num);
		else if (num)
			seq_printf(s, ">= %llu ns: %d\n", BIT_ULL(i - 1), num);
	}
	return 0;
}

/* 1 begins anew, 0 ends it. */
static ssize_t sync_latency_write(struct file *file, const char __user *buf, size_t len,
				  loff_t *pos)
{
	struct smmu_device *smmu = ((struct seq_file *)file->private_data)->private;
	unsigned int i;
	bool on;
	int ret = kstrtobool_from_user(buf, len, &on);

	if (ret)
		return ret;
	guard(mutex)(&smmu->streams_lock);
	if (on) {
		for (i = 0; i < SMMU_LATENCIES; i++)
			atomic_set(&smmu->cmdq.latency[i], 0);
	}
	watch_latency(smmu, on);
	return len;
}
DEFINE_SHOW_STORE_ATTRIBUTE(sync_latency);

/* Of a master: what hardware goes by, read from where hardware reads it. */
static int master_stream_show(struct seq_file *s, void *unused)
{
	struct smmu_master *m = s->private;
	u64 qw[SMMU_ENTRY_QWORDS];
	unsigned int i, n;

	for (i = 0; i < m->num_sids; i++) {
		struct smmu_ste *ste = smmu_strtab_entry(m->smmu, m->sids[i]);

		for (n = 0; n < SMMU_ENTRY_QWORDS; n++)
			qw[n] = le64_to_cpu(READ_ONCE(ste->qw[n]));
		seq_printf(s, "stream %#x\n", m->sids[i]);
		smmu_show_ste(s, qw);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(master_stream);

static void show_context(struct seq_file *s, struct smmu_master *m, u32 ssid)
{
	u64 qw[SMMU_ENTRY_QWORDS];

	if (smmu_cd_read(&m->cdtab, ssid, qw))
		smmu_show_cd(s, qw);
}

static int contexts_show(struct seq_file *s, void *unused)
{
	struct smmu_master *m = s->private;
	struct smmu_bond *bond;
	unsigned long ssid;

	guard(mutex)(&m->view_lock);
	seq_puts(s, "without a PASID\n");
	show_context(s, m, IOMMU_NO_PASID);
	xa_for_each(&m->bonds, ssid, bond) {
		seq_printf(s, "PASID %lu%s\n", ssid,
			   smmu_domain_is_sva(bond->domain) ? ", addresses of a process" : "");
		show_context(s, m, ssid);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(contexts);

static void show_table(struct seq_file *s, const struct smmu_domain *d, const struct smmu_master *m)
{
	if (smmu_domain_is_sva(d))
		seq_puts(s, "  the page table of a process\n");
	else if (!d->pgt->show_leaves)
		seq_puts(s, "  cannot be shown\n");
	else
		d->pgt->show_leaves(d->pgt, s, m->view_first, m->view_last);
}

static int tables_show(struct seq_file *s, void *unused)
{
	struct smmu_master *m = s->private;
	struct smmu_bond *bond;
	unsigned long ssid;

	guard(mutex)(&m->view_lock);
	seq_printf(s, "addresses %#llx to %#llx\n", m->view_first, m->view_last);
	seq_printf(s, "without a PASID%s\n", m->nest ? ", stage 2 behind the guest's stage 1" : "");
	if (m->domain)
		show_table(s, m->domain, m);
	else
		seq_puts(s, "  no table\n");
	xa_for_each(&m->bonds, ssid, bond) {
		seq_printf(s, "PASID %lu\n", ssid);
		show_table(s, bond->domain, m);
	}
	return 0;
}

/* "FIRST-LAST", the addresses that reading shows */
static ssize_t tables_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct smmu_master *m = ((struct seq_file *)file->private_data)->private;
	u64 first, last;
	char text[48];

	if (len >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, len))
		return -EFAULT;
	text[len] = '\0';
	if (sscanf(text, "%lli-%lli", &first, &last) != 2 || first > last)
		return -EINVAL;
	guard(mutex)(&m->view_lock);
	m->view_first = first;
	m->view_last = last;
	return len;
}
DEFINE_SHOW_STORE_ATTRIBUTE(tables);

/**
 * smmu_debugfs_add_master() - show a master
 * @m: the master, known to its instance
 *
 * Context: may sleep.
 */
void smmu_debugfs_add_master(struct smmu_master *m)
{
	m->debugfs = debugfs_create_dir(dev_name(m->dev), m->smmu->debugfs);
	debugfs_create_file("stream", 0400, m->debugfs, m, &master_stream_fops);
	debugfs_create_file("contexts", 0400, m->debugfs, m, &contexts_fops);
	debugfs_create_file("tables", 0600, m->debugfs, m, &tables_fops);
}

/* On return nobody looks at the master; under none of its locks, nor of its instance's. */
void smmu_debugfs_remove_master(struct smmu_master *m)
{
	debugfs_remove(m->debugfs);
}

void smmu_debugfs_add(struct smmu_device *smmu)
{
	struct dentry *root = debugfs_lookup("arm_smmu_v3", NULL);
	struct dentry *dir = debugfs_create_dir(dev_name(smmu->iommu.dev),
						root ?: debugfs_create_dir("arm_smmu_v3", NULL));

	dput(root);
	debugfs_create_file("features", 0400, dir, smmu, &features_fops);
	debugfs_create_file("stats", 0400, dir, smmu, &stats_fops);
	debugfs_create_file("masters", 0400, dir, smmu, &masters_fops);
	debugfs_create_file("queues", 0400, dir, smmu, &queues_fops);
	debugfs_create_file("sync_latency", 0600, dir, smmu, &sync_latency_fops);
	smmu->debugfs = dir;
}

void smmu_debugfs_remove(struct smmu_device *smmu)
{
	debugfs_remove(smmu->debugfs);
	watch_latency(smmu, false);
}
