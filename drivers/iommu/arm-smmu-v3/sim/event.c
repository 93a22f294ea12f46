// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the SMMU tells software: the event queue and the PRI queue, IHI 0070
 * chapters 7 and 8.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include "queue.h"

static bool error_active(const struct ssim *s, enum ssim_gerror bit)
{
	return (s->gerror ^ s->gerrorn) >> bit & 1;
}

static bool overflowing(const struct ssim_queue *q)
{
	return fld1(q->prod ^ q->cons, Q_OVERFLOW);
}

static void overflow(struct ssim_queue *q)
{
	if (!overflowing(q))
		q->prod ^= 1u << 31;
}

/* False: external abort; the index stays. */
static bool append(struct ssim *s, struct ssim_queue *q, unsigned int log2, const u64 *record,
		   unsigned int words)
{
	__le64 raw[4];
	unsigned int i;

	for (i = 0; i < words; i++)
		raw[i] = cpu_to_le64(record[i]);
	if (!ssim_put(s, ssim_q_slot(q, q->prod, log2, words * 8), raw, words * 8))
		return false;
	q->prod = ssim_q_next(q->prod, log2);
	return true;
}

static bool note(struct ssim *s, const u64 *record, unsigned int words, bool written)
{
	struct ssim_record *r = &s->records[s->recorded++ % SSIM_RECORDS];

	memset(r, 0, sizeof(*r));
	memcpy(r->words, record, words * sizeof(*record));
	r->stamp = s->now;
	r->request = words == 2;
	r->written = written;
	return written;
}

/**
 * ssim_event() - record an event
 * @s: instance
 * @record: the four words
 *
 * Return: whether it was written. If not, it is lost, unless it is that of a
 * stalled transaction: the caller keeps those for ssim_events_retry().
 */
bool ssim_event(struct ssim *s, const u64 record[4])
{
	unsigned int log2 = ssim_q_log2(&s->evtq, ssim_idr(s, 1, IDR1_EVENTQS));
	bool was_empty, full;

	if (!ssim_enabled(s, CR0_EVENTQEN) || error_active(s, GERR_EVENTQ_ABT))
		return note(s, record, 4, false);
	full = ssim_q_full(&s->evtq, log2);
	if (s->faults.queues_full) {
		s->stats.faults++;
		full = true;
	}
	if (full) {
		/* A stall is not discarded, and so is no overflow (7.4). */
		if (!fld(record, EV_STALL)) {
			s->stats.events_lost++;
			overflow(&s->evtq);
			note(s, record, 4, false);
		}
		return false;
	}
	was_empty = ssim_q_empty(&s->evtq, log2);
	if (!append(s, &s->evtq, log2, record, 4)) {
		ssim_gerror(s, GERR_EVENTQ_ABT);
		return note(s, record, 4, false);
	}
	note(s, record, 4, true);
	s->stats.events++;
	if (was_empty)
		ssim_raise(s, IRQ_EVENTQ);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_event);

/**
 * ssim_events_retry() - write the records of stalls that found no room
 * @s: instance
 */
void ssim_events_retry(struct ssim *s)
{
	unsigned int i;

	for (i = 0; i < SSIM_STALLS; i++) {
		struct ssim_stalled *t = &s->stalls[i];

		if (t->used && t->unrecorded && ssim_event(s, t->event))
			t->unrecorded = false;
	}
}

/* 8.1, 8.2: the SMMU answers in software's place. */
static void answer(struct ssim *s, const u64 *record, bool failure)
{
	struct ssim_pri_resp resp = {
		.sid = fld(record, PRQ_SID),
		.ssid = fld(record, PRQ_SSID),
		.ssv = fld(record, PRQ_SSV),
		.group = fld(record, PRQ_GROUP),
		.code = failure ? PRI_FAILURE : PRI_SUCCESS,
		.automatic = true,
	};
	struct ssim_fault fault = {};
	u64 ste[8];

	if (!fld(record, PRQ_LAST) || !s->ops->pri_resp)
		return;
	if (resp.ssv && !ssim_idr(s, 3, IDR3_PPS)) {
		if (!ssim_enabled(s, CR0_SMMUEN) || !ssim_find_ste(s, resp.sid, ste, &fault)) {
			resp.code = PRI_FAILURE;
			resp.ssv = false;
		} else {
			resp.ssv = fld(ste, STE_PPAR);
		}
	}
	s->ops->pri_resp(s->cookie, &resp);
}

static bool stop_marker(const u64 *record)
{
	return fld(record, PRQ_SSV) && fld(record, PRQ_LAST) && !fld(record, PRQ_READ) &&
	       !fld(record, PRQ_WRITE);
}

/**
 * ssim_page_request() - a page request, or stop marker, of a master
 * @s: instance
 * @record: the two words of a PRI queue entry
 *
 * Return: whether it was written to the queue; if not it was answered, if it is
 * the last of its group and no stop marker.
 */
bool ssim_page_request(struct ssim *s, const u64 record[2])
{
	unsigned int log2 = ssim_q_log2(&s->priq, ssim_idr(s, 1, IDR1_PRIQS));
	bool was_empty, full;

	if (!ssim_idr(s, 0, IDR0_PRI) || !ssim_enabled(s, CR0_PRIQEN) ||
	    error_active(s, GERR_PRIQ_ABT)) {
		if (!stop_marker(record))
			answer(s, record, true);
		return note(s, record, 2, false);
	}
	full = ssim_q_full(&s->priq, log2);
	if (s->faults.queues_full) {
		s->stats.faults++;
		full = true;
		/* One that is full has interrupted when it was no longer empty. */
		if (!overflowing(&s->priq) && ssim_q_empty(&s->priq, log2))
			ssim_raise(s, IRQ_PRIQ);
	}
	if (full)
		overflow(&s->priq);
	/* Unlike the event queue's, an overflow keeps new entries out (8.1). */
	if (overflowing(&s->priq)) {
		s->stats.events_lost++;
		if (!stop_marker(record))
			answer(s, record, false);
		return note(s, record, 2, false);
	}
	was_empty = ssim_q_empty(&s->priq, log2);
	if (!append(s, &s->priq, log2, record, 2)) {
		ssim_gerror(s, GERR_PRIQ_ABT);
		if (!stop_marker(record))
			answer(s, record, true);
		return note(s, record, 2, false);
	}
	note(s, record, 2, true);
	if (fld1(s->irq_cfg2[IRQ_PRIQ], IRQ_CFG2_LO) ? fld(record, PRQ_LAST) : was_empty)
		ssim_raise(s, IRQ_PRIQ);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(ssim_page_request);
