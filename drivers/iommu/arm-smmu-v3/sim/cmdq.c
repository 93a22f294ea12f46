// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command queue: IHI 0070 chapter 4. What a command invalidates is only noted
 * here; inval.c removes it when a CMD_SYNC completes, the last moment there is.
 *
 * Where an implementation may refuse a command with reserved bits set or ignore
 * the bits, this one refuses.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "queue.h"

#define SID_ONLY	0xffffffff000004ffull
#define SID_SSID	0xfffffffffffff4ffull
#define SID_SSID_SSV	0xfffffffffffffcffull
#define RANGE_BITS	0x0000000003f1f000ull
#define VMID_BITS	0x0000ffff00000000ull
#define ASID_BITS	0xffff000000000000ull
#define VA_WORD		0xffffffffffffff01ull
#define IPA_WORD	0x000fffffffffff01ull

enum need { N_NONE, N_S1, N_S2, N_HYP, N_ATS, N_PRI, N_STALL, N_MPAM, N_NEVER };

struct op {
	u8 op;
	u8 need;
	bool inval;
	const char *name;
	u64 defined[2];		/* bits that may be set */
};

static const struct op ops[] = {
	{ OP_PREFETCH_CONFIG, N_NONE, false, "PREFETCH_CONFIG", { SID_SSID_SSV, 0 } },
	{ OP_PREFETCH_ADDR, N_NONE, false, "PREFETCH_ADDR", { SID_SSID_SSV, ~0ull } },
	{ OP_CFGI_STE, N_NONE, true, "CFGI_STE", { SID_ONLY, 1 } },
	{ OP_CFGI_STE_RANGE, N_NONE, true, "CFGI_STE_RANGE", { SID_ONLY, 0x1f } },
	{ OP_CFGI_CD, N_S1, true, "CFGI_CD", { SID_SSID, 1 } },
	{ OP_CFGI_CD_ALL, N_S1, true, "CFGI_CD_ALL", { SID_ONLY, 0 } },
	{ OP_CFGI_VMS_PIDM, N_MPAM, false, "CFGI_VMS_PIDM", { VMID_BITS | 0x4ff, 0 } },
	{ OP_TLBI_NH_ALL, N_S1, true, "TLBI_NH_ALL", { VMID_BITS | 0xff, 0 } },
	{ OP_TLBI_NH_ASID, N_S1, true, "TLBI_NH_ASID", { ASID_BITS | VMID_BITS | 0xff, 0 } },
	{ OP_TLBI_NH_VA, N_S1, true, "TLBI_NH_VA",
	  { ASID_BITS | VMID_BITS | RANGE_BITS | 0xff, VA_WORD } },
	{ OP_TLBI_NH_VAA, N_S1, true, "TLBI_NH_VAA", { VMID_BITS | RANGE_BITS | 0xff, VA_WORD } },
	{ OP_TLBI_EL3_ALL, N_NEVER, true, "TLBI_EL3_ALL", { 0xff, 0 } },
	{ OP_TLBI_EL3_VA, N_NEVER, true, "TLBI_EL3_VA", { RANGE_BITS | 0xff, VA_WORD } },
	{ OP_TLBI_EL2_ALL, N_HYP, true, "TLBI_EL2_ALL", { 0xff, 0 } },
	{ OP_TLBI_EL2_ASID, N_HYP, true, "TLBI_EL2_ASID", { ASID_BITS | 0xff, 0 } },
	{ OP_TLBI_EL2_VA, N_HYP, true, "TLBI_EL2_VA",
	  { ASID_BITS | RANGE_BITS | 0xff, VA_WORD } },
	{ OP_TLBI_EL2_VAA, N_HYP, true, "TLBI_EL2_VAA", { RANGE_BITS | 0xff, VA_WORD } },
	{ OP_TLBI_S12_VMALL, N_S2, true, "TLBI_S12_VMALL", { VMID_BITS | 0xff, 0 } },
	{ OP_TLBI_S2_IPA, N_S2, true, "TLBI_S2_IPA", { VMID_BITS | RANGE_BITS | 0xff, IPA_WORD } },
	{ OP_TLBI_NSNH_ALL, N_NONE, true, "TLBI_NSNH_ALL", { 0xff, 0 } },
	{ OP_ATC_INV, N_ATS, true, "ATC_INV", { 0xfffffffffffffeffull, 0xfffffffffffff03full } },
	{ OP_PRI_RESP, N_PRI, false, "PRI_RESP", { SID_SSID_SSV, 0x31ff } },
	{ OP_RESUME, N_STALL, false, "RESUME", { SID_ONLY | 0x3000, 0xffff } },
	{ OP_STALL_TERM, N_STALL, false, "STALL_TERM", { SID_ONLY, 0 } },
	{ OP_SYNC, N_NONE, false, "SYNC", { 0xffffffff0fc030ffull, 0x000ffffffffffffcull } },
};

static const struct op *find_op(unsigned int op)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (ops[i].op == op)
			return &ops[i];
	return NULL;
}

const char *ssim_op_name(unsigned int op)
{
	const struct op *o = find_op(op);

	return o ? o->name : "reserved";
}

static bool supported(const struct ssim *s, enum need need)
{
	switch (need) {
	case N_NONE:
		return true;
	case N_S1:
		return ssim_idr(s, 0, IDR0_S1P);
	case N_S2:
		return ssim_idr(s, 0, IDR0_S2P);
	case N_HYP:
		return ssim_idr(s, 0, IDR0_HYP) && ssim_idr(s, 0, IDR0_S1P);
	case N_ATS:
		return ssim_idr(s, 0, IDR0_ATS);
	case N_PRI:
		return ssim_idr(s, 0, IDR0_PRI);
	case N_STALL:
		return ssim_idr(s, 0, IDR0_STALL_MODEL) != 1;
	case N_MPAM:
		return ssim_idr(s, 3, IDR3_MPAM);
	case N_NEVER:
		break;
	}
	return false;
}

/* 4.4.1.1: fields of range invalidation and level hints */
static bool range_legal(const struct ssim *s, const u64 *cmd)
{
	unsigned int tg = fld(cmd, CMD_TLBI_TG), ttl = fld(cmd, CMD_TLBI_TTL);
	unsigned int num = fld(cmd, CMD_TLBI_NUM), scale = fld(cmd, CMD_TLBI_SCALE_DS);
	bool ds = ssim_idr(s, 5, IDR5_DS);

	if (!tg || !ssim_idr(s, 3, IDR3_RIL))
		return !tg && !ttl && !num && !scale;
	if (!ds && scale > 31)
		return false;
	if (tg == 2 && ttl == 1 && !ds)
		ttl = 0;	/* reserved: no hint */
	return ttl || num || scale;
}

static bool legal(const struct ssim *s, const struct op *op, const u64 *cmd)
{
	if (!op || !supported(s, op->need))
		return false;
	if (cmd[0] & ~op->defined[0] || cmd[1] & ~op->defined[1])
		return false;
	switch (op->op) {
	case OP_PREFETCH_CONFIG ... OP_CFGI_CD_ALL:
	case OP_ATC_INV:
	case OP_STALL_TERM:
	case OP_RESUME:
		if (fld(cmd, CMD_SSEC))
			return false;
		return op->op != OP_ATC_INV || fld(cmd, CMD_ATC_SIZE) <= 52;
	case OP_TLBI_NH_VA:
	case OP_TLBI_NH_VAA:
	case OP_TLBI_EL2_VA:
	case OP_TLBI_EL2_VAA:
	case OP_TLBI_S2_IPA:
		return range_legal(s, cmd);
	case OP_PRI_RESP:
		return fld(cmd, CMD_PRI_CODE) <= PRI_SUCCESS;
	case OP_SYNC:
		return fld(cmd, CMD_SYNC_CS) <= SYNC_SEV;
	}
	return true;
}

static void pri_resp(struct ssim *s, const u64 *cmd)
{
	struct ssim_pri_resp resp = {
		.sid = fld(cmd, CMD_SID),
		.ssid = fld(cmd, CMD_SSID),
		.ssv = fld(cmd, CMD_SSV),
		.group = fld(cmd, CMD_PRI_GROUP),
		.code = fld(cmd, CMD_PRI_CODE),
	};

	if (ssim_enabled(s, CR0_SMMUEN) && s->ops->pri_resp)
		s->ops->pri_resp(s->cookie, &resp);
}

static void signal_sync(struct ssim *s, const u64 *cmd)
{
	u64 addr = fld_addr(cmd, CMD_SYNC_MSIADDR, 2);
	__le32 data = cpu_to_le32((u32)fld(cmd, CMD_SYNC_MSIDATA));

	switch (fld(cmd, CMD_SYNC_CS)) {
	case SYNC_IRQ:
		if (ssim_idr(s, 0, IDR0_MSI) && addr) {
			addr &= ssim_ones(ssim_oas(s));
			if (s->faults.irq_lost) {
				s->faults.irq_lost--;
				s->stats.faults++;
			} else if (!ssim_put(s, addr, &data, sizeof(data))) {
				ssim_gerror(s, GERR_MSI_CMDQ);
			}
		} else {
			ssim_raise(s, IRQ_CMD_SYNC);
		}
		break;
	case SYNC_SEV:
		if (ssim_idr(s, 0, IDR0_SEV) && s->ops->wake)
			s->ops->wake(s->cookie);
		break;
	}
}

/* False: it has to wait for transactions in flight. */
static bool sync(struct ssim *s, const u64 *cmd, enum ssim_cerror *error)
{
	if (s->npending && ssim_in_flight(s))
		return false;
	ssim_inval_apply(s);
	if (s->atc_failed) {
		s->atc_failed = false;
		*error = CERR_ATC_INV;
		return true;
	}
	s->stats.syncs++;
	return true;
}

/* Faults on demand take the place of what a command would do. */
static enum ssim_cerror injected(struct ssim *s, unsigned int op)
{
	struct ssim_faults *f = &s->faults;

	if (!f->cmd_error_in || f->cmd_error == CERR_NONE)
		return CERR_NONE;
	if (f->cmd_error_op && op != f->cmd_error_op)
		return CERR_NONE;
	if (f->cmd_error_in > 1) {
		f->cmd_error_in--;
		return CERR_NONE;
	}
	/* Only a CMD_SYNC can fail for an ATC. */
	if (f->cmd_error == CERR_ATC_INV && op != OP_SYNC)
		return CERR_NONE;
	if (!f->cmd_error_stays)
		f->cmd_error_in = 0;
	s->stats.faults++;
	return f->cmd_error;
}

static bool execute(struct ssim *s, const u64 *cmd, enum ssim_cerror *error)
{
	unsigned int code = fld(cmd, CMD_OP);
	const struct op *op = find_op(code);

	*error = injected(s, code);
	if (*error)
		return true;
	if (!legal(s, op, cmd)) {
		s->stats.illegal++;
		*error = CERR_ILL;
		return true;
	}
	if (op->inval) {
		if (code != OP_ATC_INV || ssim_enabled(s, CR0_SMMUEN))
			ssim_inval_add(s, cmd);
		return true;
	}
	switch (code) {
	case OP_PRI_RESP:
		pri_resp(s, cmd);
		break;
	case OP_RESUME:
		ssim_resume(s, fld(cmd, CMD_SID), fld(cmd, CMD_RESUME_STAG),
			    fld(cmd, CMD_RESUME_RETRY), fld(cmd, CMD_RESUME_ABORT));
		break;
	case OP_STALL_TERM:
		ssim_stall_term(s, fld(cmd, CMD_SID));
		break;
	case OP_SYNC:
		return sync(s, cmd, error);
	}
	return true;
}

static bool can_run(struct ssim *s, unsigned int log2)
{
	if (!ssim_enabled(s, CR0_CMDQEN) || (s->gerror ^ s->gerrorn) & 1u << GERR_CMDQ)
		return false;
	if (ssim_q_empty(&s->cmdq, log2) || s->cons_reads)
		return false;
	if (s->faults.stuck)
		s->stats.faults++;
	return !s->faults.stuck;
}

/**
 * ssim_cmdq_run() - consume commands until the queue is empty or may not go on
 * @s: instance
 *
 * Called for each register write that could let the queue go on; others call it
 * when a fault on demand ends or a transaction in flight is done.
 */
void ssim_cmdq_run(struct ssim *s)
{
	unsigned int log2 = ssim_q_log2(&s->cmdq, ssim_idr(s, 1, IDR1_CMDQS));
	enum ssim_cerror error;
	struct ssim_log *log;
	u64 cmd[2];

	while (can_run(s, log2)) {
		error = CERR_ABT;
		if (ssim_fetch(s, ssim_q_slot(&s->cmdq, s->cmdq.cons, log2, 16), cmd, 2)) {
			s->now++;
			if (!execute(s, cmd, &error))
				return;
		}
		if (error) {
			s->cmdq.cons = (s->cmdq.cons & 0xfffff) | (u32)error << 24;
			ssim_gerror(s, GERR_CMDQ);
			return;
		}
		log = &s->log[s->logged++ % SSIM_LOG];
		log->cmd[0] = cmd[0];
		log->cmd[1] = cmd[1];
		log->stamp = s->now;
		s->stats.commands++;
		s->cmdq.cons = ssim_q_next(s->cmdq.cons, log2);
		s->cons_reads = s->faults.cons_reads;
		/* The index is seen before the signal that says so (4.7.3). */
		if (fld(cmd, CMD_OP) == OP_SYNC)
			signal_sync(s, cmd);
	}
}
EXPORT_SYMBOL_IF_KUNIT(ssim_cmdq_run);
