// SPDX-License-Identifier: GPL-2.0-only
/*
 * The register file: IHI 0070 chapter 6. Writes that the architecture calls
 * CONSTRAINED UNPREDICTABLE are ignored, which is what breaks a driver soonest.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "model.h"

static bool in_hole(struct ssim *s, u64 pa, unsigned int size)
{
	const struct ssim_faults *f = &s->faults;

	if (pa + size > ssim_bit(ssim_oas(s)))
		return true;
	if (!f->abort_size || pa + size <= f->abort_at || pa >= f->abort_at + f->abort_size)
		return false;
	s->stats.faults++;
	return true;
}

/* Reads little-endian words; false: external abort. */
bool ssim_fetch(struct ssim *s, u64 pa, u64 *words, unsigned int n)
{
	unsigned int i;

	if (in_hole(s, pa, n * 8) || !s->ops->read(s->cookie, pa, words, n * 8))
		return false;
	for (i = 0; i < n; i++)
		words[i] = le64_to_cpu((__force __le64)words[i]);
	return true;
}

bool ssim_put(struct ssim *s, u64 pa, const void *from, unsigned int size)
{
	return !in_hole(s, pa, size) && s->ops->write(s->cookie, pa, from, size);
}

bool ssim_swap(struct ssim *s, u64 pa, u64 *old, u64 new)
{
	__le64 was = cpu_to_le64(*old);

	if (in_hole(s, pa, 8) || !s->ops->exchange(s->cookie, pa, &was, cpu_to_le64(new)))
		return false;
	*old = le64_to_cpu(was);
	return true;
}

/* An error that is active already is not logged again (7.5). */
void ssim_gerror(struct ssim *s, enum ssim_gerror bit)
{
	if ((s->gerror ^ s->gerrorn) >> bit & 1)
		return;
	s->gerror ^= 1u << bit;
	if (bit != GERR_MSI_GERROR)
		ssim_raise(s, IRQ_GERROR);
}

/* Service failure mode: all stops, for good. */
void ssim_fail(struct ssim *s)
{
	s->stats.faults++;
	s->sfm = true;
	ssim_gerror(s, GERR_SFM);
}
EXPORT_SYMBOL_IF_KUNIT(ssim_fail);

static void deliver(struct ssim *s, enum ssim_irq irq)
{
	static const unsigned int bit[] = { IRQ_CTRL_GERROR, IRQ_CTRL_EVENTQ, IRQ_CTRL_PRIQ };
	static const u8 error[] = { GERR_MSI_GERROR, GERR_MSI_EVENTQ, GERR_MSI_PRIQ };
	__le32 data;

	if (irq < IRQ_CMD_SYNC) {
		if (!fld1(s->irq_ctrlack, bit[irq]))
			return;
		if (ssim_idr(s, 0, IDR0_MSI) && s->irq_cfg0[irq]) {
			data = cpu_to_le32(s->irq_cfg1[irq]);
			if (!ssim_put(s, s->irq_cfg0[irq], &data, sizeof(data)))
				ssim_gerror(s, error[irq]);
			return;
		}
	}
	if (s->ops->wired)
		s->ops->wired(s->cookie, irq);
}

void ssim_raise(struct ssim *s, enum ssim_irq irq)
{
	if (s->faults.irq_lost) {
		s->faults.irq_lost--;
		s->stats.faults++;
	} else if (s->faults.irq_late) {
		s->faults.irq_late--;
		s->stats.faults++;
		s->late[irq]++;
	} else {
		deliver(s, irq);
	}
}

/**
 * ssim_late_irqs() - deliver the interrupts that were made to wait
 * @s: instance
 */
void ssim_late_irqs(struct ssim *s)
{
	unsigned int irq;

	for (irq = 0; irq < IRQ_KINDS; irq++)
		for (; s->late[irq]; s->late[irq]--)
			deliver(s, irq);
}
EXPORT_SYMBOL_IF_KUNIT(ssim_late_irqs);

/**
 * ssim_spurious_irq() - an interrupt for which there is no reason
 * @s: instance
 * @irq: which
 */
void ssim_spurious_irq(struct ssim *s, enum ssim_irq irq)
{
	s->stats.faults++;
	deliver(s, irq);
}
EXPORT_SYMBOL_IF_KUNIT(ssim_spurious_irq);

static u64 half(u64 value, u32 offset, unsigned int size)
{
	if (size == 8)
		return value;
	return offset & 4 ? value >> 32 : (u32)value;
}

static u64 merge(u64 was, u64 value, u32 offset, unsigned int size)
{
	if (size == 8)
		return value;
	if (offset & 4)
		return (was & ssim_ones(32)) | value << 32;
	return (was & ~ssim_ones(32)) | (u32)value;
}

/* 6.3.9: what each bit does when it changes, which is when it is acknowledged. */
static void apply_cr0(struct ssim *s)
{
	u32 was = s->cr0ack, value = s->cr0;

	s->cr0ack = value;
	if (fld1(value, CR0_SMMUEN) && !fld1(was, CR0_SMMUEN)) {
		ssim_check_enable(s);
		ssim_cfg_enable(s);
	}
	if (!fld1(value, CR0_SMMUEN) && fld1(was, CR0_SMMUEN)) {
		ssim_terminate_all(s);
		ssim_cfg_disable(s);
	}
	if (fld1(value, CR0_CMDQEN)) {
		if (!fld1(was, CR0_CMDQEN))
			ssim_check_waking(s);
		ssim_cmdq_run(s);
	}
	if (fld1(value, CR0_EVENTQEN))
		ssim_events_retry(s);
}

static void apply_gbpa(struct ssim *s)
{
	s->gbpa &= GBPA_DEFINED;
	s->gbpa_now = s->gbpa;
}

static void apply_irq_ctrl(struct ssim *s)
{
	s->irq_ctrlack = s->irq_ctrl;
}

/* A register has been read: it may be time for what the read has not seen yet. */
static void moves(struct ssim *s, u32 *reads, void (*apply)(struct ssim *s))
{
	if (!*reads || --*reads)
		return;
	s->stats.faults++;
	apply(s);
}

static void moves_on(struct ssim *s, u32 offset)
{
	switch (offset) {
	case R_CR0ACK:
		moves(s, &s->cr0_reads, apply_cr0);
		break;
	case R_GBPA:
		moves(s, &s->gbpa_reads, apply_gbpa);
		break;
	case R_IRQ_CTRLACK:
		moves(s, &s->irq_reads, apply_irq_ctrl);
		break;
	case R_CMDQ_CONS:
		moves(s, &s->cons_reads, ssim_cmdq_run);
		break;
	}
}

/* What was written takes effect: now, after some reads, or never. */
static void settle(struct ssim *s, u32 *reads, void (*apply)(struct ssim *s))
{
	*reads = s->faults.ack_reads;
	if (s->faults.no_ack) {
		s->stats.faults++;
		*reads = 0;
	} else if (!*reads) {
		apply(s);
	}
}

static u64 read_now(struct ssim *s, u32 offset, unsigned int size)
{
	switch (offset) {
	case R_IDR0 ... R_IDR5:
		return s->ids.idr[offset / 4];
	case R_IIDR:
		return s->ids.iidr;
	case R_AIDR:
		return s->ids.aidr;
	case R_CR0:
		return s->cr0;
	case R_CR0ACK:
		return s->cr0ack;
	case R_CR1:
		return s->cr1;
	case R_CR2:
		return s->cr2;
	case R_STATUSR:
		/* DORMANT is a hint that the caches are empty: no better is known. */
		return ssim_idr(s, 0, IDR0_DORMHINT) && !s->stats.held && !s->ncfgs;
	case R_GBPA:
		return s->gbpa;
	case R_IRQ_CTRL:
		return s->irq_ctrl;
	case R_IRQ_CTRLACK:
		return s->irq_ctrlack;
	case R_GERROR:
		return s->gerror;
	case R_GERRORN:
		return s->gerrorn;
	case R_STRTAB_BASE:
	case R_STRTAB_BASE + 4:
		return half(s->strtab_base, offset, size);
	case R_STRTAB_BASE_CFG:
		return s->strtab_cfg;
	case R_CMDQ_BASE:
	case R_CMDQ_BASE + 4:
		return half(s->cmdq.base, offset, size);
	case R_CMDQ_PROD:
		return s->cmdq.prod;
	case R_CMDQ_CONS:
		return s->cmdq.cons;
	case R_EVENTQ_BASE:
	case R_EVENTQ_BASE + 4:
		return half(s->evtq.base, offset, size);
	case R_EVENTQ_PROD:
		return s->evtq.prod;
	case R_EVENTQ_CONS:
		return s->evtq.cons;
	case R_PRIQ_BASE:
	case R_PRIQ_BASE + 4:
		return half(s->priq.base, offset, size);
	case R_PRIQ_PROD:
		return s->priq.prod;
	case R_PRIQ_CONS:
		return s->priq.cons;
	case R_GERROR_IRQ_CFG0:
	case R_GERROR_IRQ_CFG0 + 4:
		return half(s->irq_cfg0[IRQ_GERROR], offset, size);
	case R_EVENTQ_IRQ_CFG0:
	case R_EVENTQ_IRQ_CFG0 + 4:
		return half(s->irq_cfg0[IRQ_EVENTQ], offset, size);
	case R_PRIQ_IRQ_CFG0:
	case R_PRIQ_IRQ_CFG0 + 4:
		return half(s->irq_cfg0[IRQ_PRIQ], offset, size);
	case R_GERROR_IRQ_CFG1:
		return s->irq_cfg1[IRQ_GERROR];
	case R_GERROR_IRQ_CFG2:
		return s->irq_cfg2[IRQ_GERROR];
	case R_EVENTQ_IRQ_CFG1:
		return s->irq_cfg1[IRQ_EVENTQ];
	case R_EVENTQ_IRQ_CFG2:
		return s->irq_cfg2[IRQ_EVENTQ];
	case R_PRIQ_IRQ_CFG1:
		return s->irq_cfg1[IRQ_PRIQ];
	case R_PRIQ_IRQ_CFG2:
		return s->irq_cfg2[IRQ_PRIQ];
	}
	return 0;
}

/**
 * ssim_peek() - what a register would read as; nothing comes of it
 * @s: instance
 * @offset: from the start of page 0; page 1 begins at 0x10000
 * @size: 4 or 8
 *
 * Return: the value; reserved registers are zero.
 */
u64 ssim_peek(struct ssim *s, u32 offset, unsigned int size)
{
	return read_now(s, offset, size);
}

/**
 * ssim_read() - read a register
 * @s: instance
 * @offset: from the start of page 0; page 1 begins at 0x10000
 * @size: 4 or 8
 *
 * Return: the value; reserved registers are zero.
 */
u64 ssim_read(struct ssim *s, u32 offset, unsigned int size)
{
	u64 value = read_now(s, offset, size);

	if (!ssim_check_power(s))
		return ~0ull >> (64 - 8 * size);

	moves_on(s, offset);
	return value;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_read);

static void write_cr0(struct ssim *s, u32 value)
{
	value &= CR0_DEFINED;
	if (!ssim_idr(s, 0, IDR0_PRI))
		value &= ~2u;
	if (!ssim_idr(s, 0, IDR0_ATS))
		value &= ~0x10u;
	if (!ssim_idr(s, 0, IDR0_VMW))
		value &= ~0x1c0u;
	s->cr0 = value;
	settle(s, &s->cr0_reads, apply_cr0);
}

static void write_gbpa(struct ssim *s, u32 value)
{
	if (!fld1(value, GBPA_UPDATE) || fld1(s->gbpa, GBPA_UPDATE))
		return;
	s->gbpa = value & GBPA_DEFINED;
	s->gbpa |= 1u << 31;
	settle(s, &s->gbpa_reads, apply_gbpa);
}

static void write_irq_ctrl(struct ssim *s, u32 value)
{
	s->irq_ctrl = value & (ssim_idr(s, 0, IDR0_PRI) ? 7 : 5);
	settle(s, &s->irq_reads, apply_irq_ctrl);
}

static void write_gerrorn(struct ssim *s, u32 value)
{
	u32 active = s->gerror ^ s->gerrorn;
	u32 acked = (value ^ s->gerrorn) & active;

	s->gerrorn ^= acked & GERR_DEFINED;
	if (acked & 1u << GERR_CMDQ)
		ssim_cmdq_run(s);
	if (acked & 1u << GERR_EVENTQ_ABT)
		ssim_events_retry(s);
}

/* Configuration of an interrupt is guarded by its enable bit (6.3.19). */
static void write_irq_cfg(struct ssim *s, enum ssim_irq irq, unsigned int which, u32 offset,
			  u64 value, unsigned int size)
{
	static const unsigned int bit[] = { IRQ_CTRL_GERROR, IRQ_CTRL_EVENTQ, IRQ_CTRL_PRIQ };

	if (!ssim_idr(s, 0, IDR0_MSI) || fld1(s->irq_ctrl | s->irq_ctrlack, bit[irq]))
		return;
	if (which == 0)
		s->irq_cfg0[irq] = fld1(merge(s->irq_cfg0[irq], value, offset, size),
					IRQ_CFG0_ADDR) << 2;
	else if (which == 1)
		s->irq_cfg1[irq] = value;
	else
		s->irq_cfg2[irq] = value & (irq == IRQ_PRIQ ? 0x8000003fu : 0x3fu);
}

static void write_irq_cfgs(struct ssim *s, u32 offset, u64 value, unsigned int size)
{
	static const u32 first[] = { R_GERROR_IRQ_CFG0, R_EVENTQ_IRQ_CFG0, R_PRIQ_IRQ_CFG0 };
	unsigned int irq;

	for (irq = 0; irq < ARRAY_SIZE(first); irq++)
		if (offset >= first[irq] && offset <= first[irq] + 12)
			write_irq_cfg(s, irq, offset - first[irq] < 8 ? 0 :
				      (offset - first[irq]) / 4 - 1, offset - first[irq],
				      value, size);
}

/* Queue registers: BASE and the SMMU's own index only while the queue is off. */
static void write_queue(struct ssim *s, struct ssim_queue *q, unsigned int enable, u32 offset,
			u64 value, unsigned int size)
{
	bool off = !fld1(s->cr0 | s->cr0ack, enable);
	bool consumer = q != &s->cmdq;

	switch (offset) {
	case 0:
	case 4:
		if (off)
			q->base = merge(q->base, value, offset, size) & 0x400fffffffffffffull;
		break;
	case 8:
		if (off || !consumer)
			q->prod = value & (consumer ? 0x800fffffu : 0xfffffu);
		break;
	case 12:
		if (off || consumer)
			q->cons = value & (consumer ? 0x800fffffu : 0x7f0fffffu);
		break;
	}
	if (q == &s->cmdq) {
		if (!s->cons_reads)
			s->cons_reads = s->faults.cons_reads;
		ssim_cmdq_run(s);
	} else if (q == &s->evtq) {
		ssim_events_retry(s);
	}
}

/**
 * ssim_write() - write a register
 * @s: instance
 * @offset: from the start of page 0; page 1 begins at 0x10000
 * @value: what to write
 * @size: 4 or 8
 *
 * All that follows from the write happens before the return: commands run,
 * interrupts are raised.
 */
void ssim_write(struct ssim *s, u32 offset, u64 value, unsigned int size)
{
	bool tables_off = !fld1(s->cr0 | s->cr0ack, CR0_SMMUEN);
	bool queues_off = !((s->cr0 | s->cr0ack) & 0xe);

	if (!ssim_check_power(s))
		return;
	switch (offset) {
	case R_CR0:
		write_cr0(s, value);
		break;
	case R_CR1:
		if (tables_off)
			s->cr1 = (s->cr1 & ~CR1_TABLES) | (value & CR1_TABLES);
		if (queues_off)
			s->cr1 = (s->cr1 & ~CR1_QUEUES) | (value & CR1_QUEUES);
		break;
	case R_CR2:
		if (tables_off)
			s->cr2 = value & CR2_DEFINED;
		break;
	case R_GBPA:
		write_gbpa(s, value);
		break;
	case R_IRQ_CTRL:
		write_irq_ctrl(s, value);
		break;
	case R_GERRORN:
		write_gerrorn(s, value);
		break;
	case R_STRTAB_BASE:
	case R_STRTAB_BASE + 4:
		if (tables_off && !ssim_idr(s, 1, IDR1_TABLES_PRESET))
			s->strtab_base = merge(s->strtab_base, value, offset, size) &
					 0x400fffffffffffc0ull;
		break;
	case R_STRTAB_BASE_CFG:
		if (tables_off && !ssim_idr(s, 1, IDR1_TABLES_PRESET))
			s->strtab_cfg = value & 0x307ff;
		break;
	case R_CMDQ_BASE ... R_CMDQ_CONS:
		write_queue(s, &s->cmdq, CR0_CMDQEN, offset - R_CMDQ_BASE, value, size);
		break;
	case R_EVENTQ_BASE ... R_EVENTQ_BASE + 4:
		write_queue(s, &s->evtq, CR0_EVENTQEN, offset - R_EVENTQ_BASE, value, size);
		break;
	case R_PRIQ_BASE ... R_PRIQ_BASE + 4:
		write_queue(s, &s->priq, CR0_PRIQEN, offset - R_PRIQ_BASE, value, size);
		break;
	case R_EVENTQ_PROD ... R_EVENTQ_CONS:
		write_queue(s, &s->evtq, CR0_EVENTQEN, offset - R_EVENTQ_PROD + 8, value, size);
		break;
	case R_PRIQ_PROD ... R_PRIQ_CONS:
		write_queue(s, &s->priq, CR0_PRIQEN, offset - R_PRIQ_PROD + 8, value, size);
		break;
	default:
		write_irq_cfgs(s, offset, value, size);
	}
}
EXPORT_SYMBOL_IF_KUNIT(ssim_write);

/* Nothing is enabled, and traffic bypasses: GBPA.ABORT is 0. */
static void registers_of_reset(struct ssim *s)
{
	s->cr0 = 0;
	s->cr0ack = 0;
	s->cr1 = 0;
	s->cr2 = 0;
	s->gbpa = 0x1000;	/* SHCFG: use incoming */
	s->gbpa_now = s->gbpa;
	s->irq_ctrl = 0;
	s->irq_ctrlack = 0;
	s->gerror = 0;
	s->gerrorn = 0;
	s->strtab_base = 0;
	s->strtab_cfg = 0;
	s->cr0_reads = 0;
	s->gbpa_reads = 0;
	s->irq_reads = 0;
	s->cons_reads = 0;
	s->cmdq = (struct ssim_queue) {};
	s->evtq = s->cmdq;
	s->priq = s->cmdq;
	memset(s->irq_cfg0, 0, sizeof(s->irq_cfg0));
	memset(s->irq_cfg1, 0, sizeof(s->irq_cfg1));
	memset(s->irq_cfg2, 0, sizeof(s->irq_cfg2));
	s->sfm = false;
	s->atc_failed = false;
	memset(s->late, 0, sizeof(s->late));
}

/**
 * ssim_power() - power goes, or comes back
 * @s: instance
 * @on: comes back
 *
 * Registers are lost. Caches may survive, with what they had or with anything else,
 * and invalidations that were not complete are not.
 */
void ssim_power(struct ssim *s, bool on)
{
	if (!on)
		ssim_check_idle(s);
	if (!on && ssim_enabled(s, CR0_SMMUEN)) {
		ssim_terminate_all(s);
		ssim_cfg_disable(s);
	}
	registers_of_reset(s);
	s->npending = 0;
	s->off = !on;
	s->slept |= on;
	s->unknown = UNKNOWN_CONFIG | UNKNOWN_EL1 | UNKNOWN_EL2;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_power);

/**
 * ssim_init() - an SMMU out of reset
 * @s: instance
 * @ids: its ID registers
 * @ops: the world around it
 * @cookie: for @ops
 * @pool: memory for what is held, aligned for pointers
 * @pool_size: bytes of it
 */
void ssim_init(struct ssim *s, const struct ssim_ids *ids, const struct ssim_ops *ops,
	       void *cookie, void *pool, size_t pool_size)
{
	memset(s, 0, sizeof(*s));
	s->ids = *ids;
	s->ops = ops;
	s->cookie = cookie;
	s->closure = true;
	s->unknown = UNKNOWN_CONFIG | UNKNOWN_EL1 | UNKNOWN_EL2;
	s->entries = pool;
	s->nentries = pool_size / sizeof(struct ssim_entry);
	registers_of_reset(s);
}
EXPORT_SYMBOL_IF_KUNIT(ssim_init);
