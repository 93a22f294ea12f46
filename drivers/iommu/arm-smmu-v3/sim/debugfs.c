// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a model in words: /sys/kernel/debug/smmu-sim/INSTANCE/.
 *
 * A file is read piece by piece, each under sim_lock; the model goes on between.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "sim.h"

static struct dentry *root;

/* What a line is made from, copied under sim_lock. */
struct line {
	struct ssim_entry e;
	struct ssim_log log;
	struct ssim_record record;
	u32 regime_asid;
};

/* Position of a file: an index that grows, from @first; @get says false where nothing is. */
struct view {
	bool (*get)(const struct ssim *s, u64 at, struct line *line);
	void (*show)(struct seq_file *m, const struct line *line);
	u64 (*first)(const struct ssim *s);
	u64 (*last)(const struct ssim *s);
};

struct cursor {
	const struct view *view;
	struct sim_instance *sim;
	struct line line;
	u64 at;
};

/* The next thing there is at or behind *pos; NULL: there is none. */
static void *seek(struct cursor *c, loff_t *pos)
{
	unsigned long flags;
	bool found = false;
	u64 end;

	for (;;) {
		end = 0;
		raw_spin_lock_irqsave(&sim_lock, flags);
		if (c->sim->core) {
			end = c->view->last(c->sim->core);
			*pos = max_t(u64, *pos, c->view->first(c->sim->core));
		}
		if (*pos < end)
			found = c->view->get(c->sim->core, *pos, &c->line);
		raw_spin_unlock_irqrestore(&sim_lock, flags);
		if (*pos >= end)
			return NULL;
		if (found)
			return c;
		++*pos;
	}
}

static void *view_start(struct seq_file *m, loff_t *pos)
{
	return seek(m->private, pos);
}

static void *view_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return seek(v, pos);
}

static void view_stop(struct seq_file *m, void *v)
{
}

static int view_show(struct seq_file *m, void *v)
{
	struct cursor *c = v;

	c->view->show(m, &c->line);
	return 0;
}

static const struct seq_operations view_seq = {
	.start = view_start, .next = view_next, .stop = view_stop, .show = view_show,
};

static int view_open(struct inode *inode, struct file *file, const struct view *view)
{
	struct cursor *c = __seq_open_private(file, &view_seq, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->view = view;
	c->sim = inode->i_private;
	return 0;
}

#define VIEW(name)								\
static int name##_open(struct inode *inode, struct file *file)			\
{										\
	return view_open(inode, file, &name##_view);				\
}										\
static const struct file_operations name##_fops = {				\
	.owner = THIS_MODULE,							\
	.open = name##_open,							\
	.read = seq_read,							\
	.llseek = seq_lseek,							\
	.release = seq_release_private,						\
}

/* held: what any implementation could be holding of translation tables */
static u64 held_first(const struct ssim *s)
{
	return 0;
}

static u64 held_last(const struct ssim *s)
{
	return s->top;
}

static bool held_get(const struct ssim *s, u64 at, struct line *line)
{
	line->e = s->entries[at];
	if (line->e.kind == E_FREE)
		return false;
	line->regime_asid = line->e.regime ? line->e.regime->asid : ASID_NONE;
	return true;
}

static void held_show(struct seq_file *m, const struct line *line)
{
	static const char *const origins[] = {
		[BY_STORE] = "store", [BY_WALK] = "walk", [BY_CONFIG] = "config",
		[BY_CLOSURE] = "closure",
	};
	const struct ssim_entry *e = &line->e;

	seq_printf(m, "%s stage %u", ssim_kind_name(e), e->stage);
	if (e->kind != E_ROOT)
		seq_printf(m, " level %d", e->level);
	seq_printf(m, " granule %uK vmid %u", 1u << (e->shift - 10), e->vmid);
	if (e->asid == ASID_GLOBAL)
		seq_printf(m, " global (asid %u)", line->regime_asid);
	else if (e->asid != ASID_NONE)
		seq_printf(m, " asid %u", e->asid);
	if (e->kind == E_ATC)
		seq_printf(m, " stream 0x%x", e->sid);
	if (e->kind == E_ATC && e->ssv)
		seq_printf(m, " pasid %u", e->ssid);
	seq_printf(m, ": 0x%llx..0x%llx -> 0x%llx, descriptor 0x%llx at 0x%llx, by %s at #%llu",
		   e->va, e->va + (e->size - 1), e->target, e->desc, e->src, origins[e->origin],
		   e->born);
	if (e->gone)
		seq_printf(m, ", gone from memory since #%llu", e->gone);
	seq_putc(m, '\n');
}

static const struct view held_view = { held_get, held_show, held_first, held_last };
VIEW(held);

/* commands: the last that were consumed */
static u64 commands_first(const struct ssim *s)
{
	return s->logged - min_t(u64, s->logged, SSIM_LOG);
}

static u64 commands_last(const struct ssim *s)
{
	return s->logged;
}

static bool commands_get(const struct ssim *s, u64 at, struct line *line)
{
	line->log = s->log[at % SSIM_LOG];
	return true;
}

static void show_tlbi(struct seq_file *m, unsigned int op, const u64 *cmd)
{
	seq_printf(m, " vmid %llu", fld(cmd, CMD_TLBI_VMID));
	if (op == OP_TLBI_NH_ASID || op == OP_TLBI_NH_VA || op == OP_TLBI_EL2_ASID ||
	    op == OP_TLBI_EL2_VA)
		seq_printf(m, " asid %llu", fld(cmd, CMD_TLBI_ASID));
	if (op != OP_TLBI_NH_VA && op != OP_TLBI_NH_VAA && op != OP_TLBI_EL2_VA &&
	    op != OP_TLBI_EL2_VAA && op != OP_TLBI_S2_IPA)
		return;
	seq_printf(m, " addr 0x%llx%s ttl %llu", fld_addr(cmd, CMD_TLBI_ADDR, 12),
		   fld(cmd, CMD_LEAF) ? " leaf" : "", fld(cmd, CMD_TLBI_TTL));
	if (fld(cmd, CMD_TLBI_TG))
		seq_printf(m, " tg %llu num %llu scale %llu", fld(cmd, CMD_TLBI_TG),
			   fld(cmd, CMD_TLBI_NUM), fld(cmd, CMD_TLBI_SCALE));
}

static void show_ssid(struct seq_file *m, const u64 *cmd)
{
	if (fld(cmd, CMD_SSV))
		seq_printf(m, " ssid %llu", fld(cmd, CMD_SSID));
}

static void commands_show(struct seq_file *m, const struct line *line)
{
	const u64 *cmd = line->log.cmd;
	unsigned int op = fld(cmd, CMD_OP);

	seq_printf(m, "#%llu %s", line->log.stamp, ssim_op_name(op));
	if (op <= OP_CFGI_CD_ALL || (op >= OP_ATC_INV && op <= OP_STALL_TERM))
		seq_printf(m, " sid 0x%llx", fld(cmd, CMD_SID));
	switch (op) {
	case OP_CFGI_CD:
		seq_printf(m, " ssid %llu", fld(cmd, CMD_SSID));
		fallthrough;
	case OP_CFGI_STE:
		seq_puts(m, fld(cmd, CMD_LEAF) ? " leaf" : "");
		break;
	case OP_CFGI_STE_RANGE:
		seq_printf(m, " range %llu", fld(cmd, CMD_STE_RANGE));
		break;
	case OP_TLBI_NH_ALL ... OP_TLBI_NSNH_ALL:
		show_tlbi(m, op, cmd);
		break;
	case OP_ATC_INV:
		show_ssid(m, cmd);
		seq_printf(m, " addr 0x%llx size %llu%s", fld_addr(cmd, CMD_ATC_ADDR, 12),
			   fld(cmd, CMD_ATC_SIZE), fld(cmd, CMD_ATC_GLOBAL) ? " global" : "");
		break;
	case OP_PRI_RESP:
		show_ssid(m, cmd);
		seq_printf(m, " group %llu code %llu", fld(cmd, CMD_PRI_GROUP),
			   fld(cmd, CMD_PRI_CODE));
		break;
	case OP_RESUME:
		seq_printf(m, " stag %llu%s%s", fld(cmd, CMD_RESUME_STAG),
			   fld(cmd, CMD_RESUME_RETRY) ? " retry" : "",
			   fld(cmd, CMD_RESUME_ABORT) ? " abort" : "");
		break;
	case OP_SYNC:
		seq_printf(m, " cs %llu", fld(cmd, CMD_SYNC_CS));
		break;
	}
	seq_printf(m, " (%016llx %016llx)\n", cmd[0], cmd[1]);
}

static const struct view commands_view = {
	commands_get, commands_show, commands_first, commands_last,
};

VIEW(commands);

/* log: the last events and page requests */
static u64 log_first(const struct ssim *s)
{
	return s->recorded - min_t(u64, s->recorded, SSIM_RECORDS);
}

static u64 log_last(const struct ssim *s)
{
	return s->recorded;
}

static bool log_get(const struct ssim *s, u64 at, struct line *line)
{
	line->record = s->records[at % SSIM_RECORDS];
	return true;
}

static const char *event_name(unsigned int type)
{
	static const char *const names[] = {
		[EV_F_UUT] = "F_UUT", [EV_C_BAD_STREAMID] = "C_BAD_STREAMID",
		[EV_F_STE_FETCH] = "F_STE_FETCH", [EV_C_BAD_STE] = "C_BAD_STE",
		[EV_F_BAD_ATS_TREQ] = "F_BAD_ATS_TREQ",
		[EV_F_STREAM_DISABLED] = "F_STREAM_DISABLED",
		[EV_F_TRANSL_FORBIDDEN] = "F_TRANSL_FORBIDDEN",
		[EV_C_BAD_SUBSTREAMID] = "C_BAD_SUBSTREAMID", [EV_F_CD_FETCH] = "F_CD_FETCH",
		[EV_C_BAD_CD] = "C_BAD_CD", [EV_F_WALK_EABT] = "F_WALK_EABT",
		[EV_F_TRANSLATION] = "F_TRANSLATION", [EV_F_ADDR_SIZE] = "F_ADDR_SIZE",
		[EV_F_ACCESS] = "F_ACCESS", [EV_F_PERMISSION] = "F_PERMISSION",
		[EV_F_TLB_CONFLICT] = "F_TLB_CONFLICT", [EV_F_CFG_CONFLICT] = "F_CFG_CONFLICT",
		[EV_E_PAGE_REQUEST] = "E_PAGE_REQUEST", [EV_F_VMS_FETCH] = "F_VMS_FETCH",
	};

	return type < ARRAY_SIZE(names) && names[type] ? names[type] : "reserved";
}

static void show_request(struct seq_file *m, const u64 *w)
{
	seq_printf(m, "page request: stream 0x%llx", fld(w, PRQ_SID));
	if (fld(w, PRQ_SSV))
		seq_printf(m, " pasid %llu", fld(w, PRQ_SSID));
	seq_printf(m, " address 0x%llx %s%s%s%s group %llu%s", fld_addr(w, PRQ_ADDR, 12),
		   fld(w, PRQ_READ) ? "r" : "-", fld(w, PRQ_WRITE) ? "w" : "-",
		   fld(w, PRQ_EXEC) ? "x" : "-", fld(w, PRQ_PRIV) ? " privileged" : "",
		   fld(w, PRQ_GROUP), fld(w, PRQ_LAST) ? " last" : "");
}

/* 7.3: which of the fields a record has. */
static bool has_address(unsigned int type)
{
	return type == EV_F_UUT || type == EV_F_BAD_ATS_TREQ || type == EV_F_TRANSL_FORBIDDEN ||
	       (type >= EV_F_WALK_EABT && type <= EV_F_TLB_CONFLICT) || type == EV_E_PAGE_REQUEST;
}

static bool has_fetch(unsigned int type)
{
	return type == EV_F_STE_FETCH || type == EV_F_CD_FETCH || type == EV_F_VMS_FETCH ||
	       type == EV_F_WALK_EABT;
}

static void show_event(struct seq_file *m, const u64 *w)
{
	static const char *const classes[] = {
		[CLASS_CD] = "fetch of a CD", [CLASS_TT] = "fetch of a table",
		[CLASS_IN] = "the access itself", "reserved",
	};
	unsigned int type = fld(w, EV_TYPE);

	seq_printf(m, "%s: stream 0x%llx", event_name(type), fld(w, EV_SID));
	if (fld(w, EV_SSV))
		seq_printf(m, " pasid %llu", fld(w, EV_SSID));
	if (has_address(type))
		seq_printf(m, " address 0x%llx, %s%s%s", fld(w, EV_ADDR),
			   fld(w, EV_PNU) ? "privileged " : "",
			   fld(w, EV_IND) ? "instruction " : "",
			   fld(w, EV_RNW) ? "read" : "write");
	if (type >= EV_F_WALK_EABT && type <= EV_F_PERMISSION) {
		seq_printf(m, ", stage %u, class: %s", fld(w, EV_S2) ? 2 : 1,
			   classes[fld(w, EV_CLASS)]);
		if (fld(w, EV_S2))
			seq_printf(m, ", IPA 0x%llx", fld_addr(w, EV_IPA, 12));
		if (fld(w, EV_STALL))
			seq_printf(m, ", stalled, tag %llu", fld(w, EV_STAG));
	}
	if (has_fetch(type))
		seq_printf(m, ", fetched from 0x%llx", fld_addr(w, EV_FETCH_ADDR, 3));
}

static void log_show(struct seq_file *m, const struct line *line)
{
	const struct ssim_record *r = &line->record;

	seq_printf(m, "#%llu ", r->stamp);
	if (r->request)
		show_request(m, r->words);
	else
		show_event(m, r->words);
	seq_puts(m, r->written ? "\n" : "; not written to the queue\n");
}

static const struct view log_view = { log_get, log_show, log_first, log_last };
VIEW(log);

static const struct {
	const char *name;
	u32 offset;
	u8 size;
} registers[] = {
	{ "IDR0", R_IDR0, 4 }, { "IDR1", R_IDR1, 4 }, { "IDR2", R_IDR2, 4 },
	{ "IDR3", R_IDR3, 4 }, { "IDR4", R_IDR4, 4 }, { "IDR5", R_IDR5, 4 },
	{ "IIDR", R_IIDR, 4 }, { "AIDR", R_AIDR, 4 }, { "CR0", R_CR0, 4 },
	{ "CR0ACK", R_CR0ACK, 4 }, { "CR1", R_CR1, 4 }, { "CR2", R_CR2, 4 },
	{ "GBPA", R_GBPA, 4 }, { "IRQ_CTRL", R_IRQ_CTRL, 4 },
	{ "IRQ_CTRLACK", R_IRQ_CTRLACK, 4 }, { "GERROR", R_GERROR, 4 },
	{ "GERRORN", R_GERRORN, 4 }, { "GERROR_IRQ_CFG0", R_GERROR_IRQ_CFG0, 8 },
	{ "GERROR_IRQ_CFG1", R_GERROR_IRQ_CFG1, 4 }, { "GERROR_IRQ_CFG2", R_GERROR_IRQ_CFG2, 4 },
	{ "STRTAB_BASE", R_STRTAB_BASE, 8 }, { "STRTAB_BASE_CFG", R_STRTAB_BASE_CFG, 4 },
	{ "CMDQ_BASE", R_CMDQ_BASE, 8 }, { "CMDQ_PROD", R_CMDQ_PROD, 4 },
	{ "CMDQ_CONS", R_CMDQ_CONS, 4 }, { "EVENTQ_BASE", R_EVENTQ_BASE, 8 },
	{ "EVENTQ_PROD", R_EVENTQ_PROD, 4 }, { "EVENTQ_CONS", R_EVENTQ_CONS, 4 },
	{ "EVENTQ_IRQ_CFG0", R_EVENTQ_IRQ_CFG0, 8 }, { "EVENTQ_IRQ_CFG1", R_EVENTQ_IRQ_CFG1, 4 },
	{ "EVENTQ_IRQ_CFG2", R_EVENTQ_IRQ_CFG2, 4 }, { "PRIQ_BASE", R_PRIQ_BASE, 8 },
	{ "PRIQ_PROD", R_PRIQ_PROD, 4 }, { "PRIQ_CONS", R_PRIQ_CONS, 4 },
	{ "PRIQ_IRQ_CFG0", R_PRIQ_IRQ_CFG0, 8 }, { "PRIQ_IRQ_CFG1", R_PRIQ_IRQ_CFG1, 4 },
	{ "PRIQ_IRQ_CFG2", R_PRIQ_IRQ_CFG2, 4 },
};

static int registers_show(struct seq_file *m, void *v)
{
	struct sim_instance *sim = m->private;
	unsigned long flags;
	unsigned int i;
	bool live;
	u64 value;

	for (i = 0; i < ARRAY_SIZE(registers); i++) {
		raw_spin_lock_irqsave(&sim_lock, flags);
		live = sim->core;
		if (live)
			value = ssim_peek(sim->core, registers[i].offset, registers[i].size);
		raw_spin_unlock_irqrestore(&sim_lock, flags);
		if (!live)
			break;
		seq_printf(m, "%-16s 0x%0*llx\n", registers[i].name, registers[i].size * 2, value);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(registers);

static int stats_show(struct seq_file *m, void *v)
{
	char text[1024];

	if (sim_stats_text(m->private, text, sizeof(text)))
		seq_puts(m, text);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static int reports_show(struct seq_file *m, void *v)
{
	char *text = sim_report_text(m->private, SZ_256K);

	if (!text)
		return -ENOMEM;
	seq_puts(m, text);
	kvfree(text);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(reports);

/**
 * sim_debugfs_add() - show an instance
 * @sim: instance that goes live
 */
void sim_debugfs_add(struct sim_instance *sim)
{
	struct dentry *dir = debugfs_create_dir(sim->name, root);

	debugfs_create_file("reports", 0400, dir, sim, &reports_fops);
	debugfs_create_file("stats", 0400, dir, sim, &stats_fops);
	debugfs_create_file("held", 0400, dir, sim, &held_fops);
	debugfs_create_file("commands", 0400, dir, sim, &commands_fops);
	debugfs_create_file("log", 0400, dir, sim, &log_fops);
	debugfs_create_file("registers", 0400, dir, sim, &registers_fops);
	sim->debugfs = dir;
}

/**
 * sim_debugfs_remove() - hide an instance
 * @sim: instance
 *
 * Waits for those who read.
 */
void sim_debugfs_remove(struct sim_instance *sim)
{
	debugfs_remove_recursive(sim->debugfs);
	sim->debugfs = NULL;
}

void sim_debugfs_open(void)
{
	root = debugfs_create_dir("smmu-sim", NULL);
}

void sim_debugfs_close(void)
{
	debugfs_remove_recursive(root);
}
