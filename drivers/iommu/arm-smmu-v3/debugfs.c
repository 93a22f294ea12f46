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

#include "smmu.h"

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
		   f->msi && smmu->dev->msi.domain ? "messages" : "wires");
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

	seq_printf(s, "commands %llu\n", (u64)atomic64_read(&smmu->cmdq.reserved));
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
	static const char * const words[] = {
		[STE_CONFIG_BYPASS] = "identity",
		[STE_CONFIG_S1] = "translated, stage 1",
		[STE_CONFIG_S2] = "translated, stage 2",
	};
	unsigned int i, config = FIELD_GET(STE0_CONFIG, ste);

	seq_printf(s, "%s sid ", dev_name(m->dev));
	for (i = 0; i < m->num_sids; i++)
		seq_printf(s, "%s%#x", i ? "," : "", m->sids[i]);
	seq_printf(s, " domain %s%s%s\n", config < ARRAY_SIZE(words) && words[config] ?
		   words[config] : "blocked", m->ats ? ", ATS" : "",
		   READ_ONCE(m->blocked) ? " by the driver" : "");
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

void smmu_debugfs_add(struct smmu_device *smmu)
{
	struct dentry *root = debugfs_lookup("arm_smmu_v3", NULL);
	struct dentry *dir = debugfs_create_dir(dev_name(smmu->iommu.dev),
						root ?: debugfs_create_dir("arm_smmu_v3", NULL));

	dput(root);
	debugfs_create_file("features", 0400, dir, smmu, &features_fops);
	debugfs_create_file("stats", 0400, dir, smmu, &stats_fops);
	debugfs_create_file("masters", 0400, dir, smmu, &masters_fops);
	smmu->debugfs = dir;
}

void smmu_debugfs_remove(struct smmu_device *smmu)
{
	debugfs_remove(smmu->debugfs);
}
