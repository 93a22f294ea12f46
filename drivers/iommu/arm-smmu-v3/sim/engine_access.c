// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses of a master: cut into transactions, each translated and carried out.
 *
 * Between translation and data sim_lock is not released, unless the transaction is
 * held on purpose; then the model knows, and completes no invalidation. A stalled
 * transaction is carried out where it is resumed, for the same reason, and whoever
 * waits for it only learns how it ended.
 *
 * An invalidation of an ATC is answered at once. That is right although transactions
 * that use what it removes may be held: they too are in flight, and no CMD_SYNC gets
 * as far as the ATC before all of them are done.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "engine_impl.h"

#define MAX_DEMANDS	16

/* ATC */

static bool atc_serves(const struct sim_atc *t, const struct ssim_txn *txn)
{
	return t->size && txn->addr - t->addr < t->size && t->sid == txn->sid &&
	       t->ssv == txn->ssv && (!t->ssv || t->ssid == txn->ssid) && t->priv == txn->priv;
}

static bool atc_permits(const struct sim_atc *t, const struct sim_flight *f)
{
	if (f->op == SIM_FETCH_ADD)
		return t->read && t->write;
	if (f->op == SIM_WRITE)
		return t->write;
	return t->read && (!f->txn.instr || t->exec);
}

static struct sim_atc *atc_find(struct sim_engine *e, const struct sim_flight *f)
{
	unsigned int i;

	for (i = 0; i < SIM_ATC; i++) {
		if (!atc_serves(&e->atc[i], &f->txn))
			continue;
		if (atc_permits(&e->atc[i], f))
			return &e->atc[i];
		/* Too little: it is asked for again. */
		e->atc[i].size = 0;
	}
	return NULL;
}

static enum sim_outcome from_model(enum ssim_outcome outcome)
{
	switch (outcome) {
	case OUT_OK:
		return SIM_OK;
	case OUT_ABORT:
		return SIM_ABORT;
	case OUT_RAZWI:
		return SIM_RAZWI;
	case OUT_STALLED:
		return SIM_STALLED;
	case OUT_ATS_DENIED:
		return SIM_ATS_DENIED;
	case OUT_ATS_UR:
		return SIM_ATS_UR;
	case OUT_ATS_CA:
		return SIM_ATS_CA;
	}
	return SIM_ABORT;
}

static struct sim_atc *atc_fill(struct ssim *core, struct sim_engine *e, struct sim_flight *f)
{
	struct ssim_txn txn = f->txn;
	struct ssim_result result;
	struct sim_atc *t;

	txn.type = TXN_ATS_REQUEST;
	txn.hold = false;
	ssim_translate(core, &txn, &result);
	f->outcome = from_model(result.outcome);
	f->event = result.event;
	f->recorded = result.recorded;
	if (result.outcome != OUT_OK)
		return NULL;
	t = &e->atc[e->atc_next++ % SIM_ATC];
	*t = (struct sim_atc) {
		.addr = txn.addr & ~(result.size - 1),
		.size = result.size,
		.pa = result.pa & ~(result.size - 1),
		.sid = txn.sid,
		.ssid = txn.ssid,
		.ssv = txn.ssv,
		.priv = txn.priv,
		.read = result.read,
		.write = result.write,
		.exec = result.exec,
	};
	if (atc_permits(t, f))
		return t;
	t->size = 0;
	f->outcome = SIM_ATS_DENIED;
	return NULL;
}

/* Data */

/* The addend is in @f->data, and so is the old value afterwards. */
static bool fetch_add(struct sim_flight *f)
{
	u64 pa = f->pa & ~7ull, mask = GENMASK_ULL(f->len * 8 - 1, 0);
	u64 addend = 0, before, after;
	unsigned int shift = (f->pa & 7) * 8;
	__le64 old, found;

	memcpy(&addend, f->data, f->len);
	addend = le64_to_cpu((__force __le64)addend);
	if (!sim_mem_read(pa, &old, sizeof(old)))
		return false;
	for (;;) {
		before = le64_to_cpu(old);
		after = ((before >> shift) + addend) & mask;
		after = (before & ~(mask << shift)) | after << shift;
		found = old;
		if (!sim_mem_exchange(pa, &found, cpu_to_le64(after)))
			return false;
		if (found == old)
			break;
		old = found;
	}
	found = cpu_to_le64((before >> shift) & mask);
	memcpy(f->data, &found, f->len);
	return true;
}

static enum sim_outcome move(struct sim_instance *sim, struct sim_flight *f)
{
	bool good = false;

	if (!f->len)
		return SIM_OK;
	switch (f->op) {
	case SIM_READ:
		good = sim_mem_read(f->pa, f->data, f->len);
		break;
	case SIM_WRITE:
		good = f->len == 4 && sim_irq_msi(sim, f->pa, get_unaligned_le32(f->data));
		if (!good)
			good = sim_mem_write(f->pa, f->data, f->len);
		break;
	case SIM_FETCH_ADD:
		/* Stage 2 has memory that can be written but not read. */
		if (!f->readable)
			return SIM_ABORT;
		good = fetch_add(f);
		break;
	}
	return good ? SIM_OK : SIM_BAD_MEMORY;
}

/* Transactions */

/* Under sim_lock, also in calls of the model */
static void settle(struct sim_engine *e, struct sim_flight *f, const struct ssim_result *result)
{
	/* What ends a stalled transaction is the event of its stall. */
	if (f->state != FLIGHT_STALLED || result->event || result->outcome == OUT_OK) {
		f->event = result->event;
		f->recorded = result->recorded;
	}
	f->outcome = from_model(result->outcome);
	f->pa = result->pa;
	f->attr = result->attr;
	f->readable = result->read;
	f->ticket = result->ticket;
	f->state = FLIGHT_ENDED;
	switch (result->outcome) {
	case OUT_STALLED:
		f->state = FLIGHT_STALLED;
		f->stag = result->stag;
		f->since = e->clock++;
		sim_mark_set(&f->asked);
		f->stalls++;
		break;
	case OUT_OK:
		if (!f->hold) {
			f->outcome = move(e->master->sim, f);
		} else if (f->ticket) {
			f->outcome = SIM_HELD;
			f->state = FLIGHT_HELD;
		} else {
			f->error = -EBUSY;
		}
		break;
	case OUT_RAZWI:
		memset(f->data, 0, sizeof(f->data));
		break;
	default:
		break;
	}
}

/* What a PCI function may not send; true: nothing leaves it, or its port. */
static bool blocked(struct sim_master *m, struct sim_flight *f, bool ats)
{
	if (m->kind != SIM_PCI)
		return false;
	if (!sim_pci_bus_master(m))
		f->outcome = SIM_MASTER_OFF;
	else if (f->txn.ssv && !sim_pci_pasid_enabled(m, f->txn.instr, f->txn.priv))
		f->outcome = SIM_PASID_OFF;
	else if ((ats || f->txn.type == TXN_TRANSLATED) && !sim_pci_translated(m))
		f->outcome = SIM_ATS_UR;
	else
		return false;
	return true;
}

static bool uses_ats(struct sim_master *m, const struct sim_flight *f)
{
	return m->kind == SIM_PCI && f->txn.type == TXN_ORDINARY && !(f->flags & SIM_NO_ATS) &&
	       sim_pci_ats_enabled(m);
}

static void launch(struct ssim *core, struct sim_engine *e, struct sim_flight *f)
{
	bool ats = uses_ats(e->master, f);
	struct ssim_result result;
	struct ssim_txn txn;
	struct sim_atc *t;

	f->txn.sid = e->master->sids[f->stream];
	f->txn.hold = f->hold;
	if (blocked(e->master, f, ats))
		return;
	txn = f->txn;
	if (ats) {
		t = atc_find(e, f) ?: atc_fill(core, e, f);
		if (!t)
			return;
		txn.type = TXN_TRANSLATED;
		txn.addr = t->pa + (txn.addr - t->addr);
		/* Translated requests say nothing of the PASID they were asked with. */
		txn.ssv = false;
		txn.ssid = 0;
	}
	ssim_translate(core, &txn, &result);
	settle(e, f, &result);
	if (f->state != FLIGHT_ENDED)
		list_add_tail(&f->node, &e->flights);
}

/**
 * sim_access_resumed() - a stalled transaction was resumed or ended
 * @e: its engine
 * @f: the transaction
 * @result: how it ended; it may have stalled once more
 *
 * Called by the model, so that the model may not be called.
 */
void sim_access_resumed(struct sim_engine *e, struct sim_flight *f,
			const struct ssim_result *result)
{
	sim_answered(e->master->sim, &f->asked);
	settle(e, f, result);
	if (f->state == FLIGHT_STALLED)
		return;
	if (f->state == FLIGHT_ENDED && !f->abandoned)
		list_del_init(&f->node);
	complete(&f->ended);
}

/* A stalled transaction that nobody would end, were it held after it is resumed. */
static void let_go(struct ssim *core, struct sim_flight *f)
{
	f->hold = false;
	if (core)
		core->stalls[f->stag].txn.hold = false;
}

static void end_held(struct ssim *core, struct sim_flight *f)
{
	list_del_init(&f->node);
	f->state = FLIGHT_ENDED;
	if (core)
		ssim_done(core, f->ticket);
}

static struct sim_flight *flight_new(struct sim_engine *e)
{
	struct sim_flight *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return NULL;
	f->engine = e;
	sim_engine_get(e);
	INIT_LIST_HEAD(&f->node);
	init_completion(&f->ended);
	return f;
}

static void flight_free(struct sim_flight *f)
{
	sim_engine_put(f->engine);
	kfree(f);
}

static struct sim_flight *reapable(struct sim_engine *e)
{
	bool never = e->master && READ_ONCE(e->master->silent) & SIM_SILENT_DATA;
	struct sim_flight *f;

	list_for_each_entry(f, &e->flights, node)
		if (f->abandoned && (f->state == FLIGHT_ENDED ||
				     (f->state == FLIGHT_HELD && !never)))
			return f;
	return NULL;
}

/* End and free what nobody waits for. */
static void reap(struct sim_engine *e)
{
	struct sim_flight *f;

	do {
		scoped_guard(raw_spinlock_irqsave, &sim_lock) {
			f = reapable(e);
			if (f && f->state == FLIGHT_HELD)
				end_held(sim_engine_core(e), f);
			else if (f)
				list_del_init(&f->node);
		}
		if (f)
			flight_free(f);
	} while (f);
}

/**
 * sim_access_end_all() - the master goes, and so do its transactions
 * @e: engine
 * @dead: gets what sim_access_free() has to free
 *
 * Those that the model has stalled stay there until they are resumed.
 *
 * Context: under sim_lock.
 */
void sim_access_end_all(struct sim_engine *e, struct list_head *dead)
{
	struct ssim *core = sim_engine_core(e);
	struct sim_flight *f, *next;

	list_splice_init(&e->flights, dead);
	list_for_each_entry(f, dead, node)
		if (f->state == FLIGHT_STALLED)
			let_go(core, f);
	/* That may let the queue go on, and resume others: they are on no list of the engine's. */
	list_for_each_entry(f, dead, node) {
		if (f->state == FLIGHT_HELD && core)
			ssim_done(core, f->ticket);
		f->state = FLIGHT_ENDED;
		f->error = -ENODEV;
	}
	list_for_each_entry_safe(f, next, dead, node) {
		if (f->abandoned)
			continue;
		list_del_init(&f->node);
		complete(&f->ended);
	}
}

/**
 * sim_access_unanswered() - stalled transactions that should have been resumed
 * @e: engine
 * @ssid: PASID
 * @before: sim_engine.clock; those that stalled later do not count
 *
 * Context: under sim_lock.
 *
 * Return: how many.
 */
unsigned int sim_access_unanswered(struct sim_engine *e, u32 ssid, u64 before)
{
	struct sim_flight *f;
	unsigned int num = 0;

	list_for_each_entry(f, &e->flights, node)
		num += f->state == FLIGHT_STALLED && f->txn.ssv && f->txn.ssid == ssid &&
		       f->since < before;
	return num;
}

/* What sim_access_end_all() found that nobody waits for. */
void sim_access_free(struct list_head *dead)
{
	struct sim_flight *f, *next;

	list_for_each_entry_safe(f, next, dead, node)
		flight_free(f);
}

/* Until it is no longer stalled. After an error the flight is not the caller's any more. */
static int wait_for(struct sim_engine *e, struct sim_flight *f, u32 timeout_ms)
{
	long left = wait_for_completion_interruptible_timeout(&f->ended,
							      msecs_to_jiffies(timeout_ms));

	if (left > 0)
		return 0;
	guard(raw_spinlock_irqsave)(&sim_lock);
	if (f->state != FLIGHT_STALLED)
		return 0;
	let_go(sim_engine_core(e), f);
	f->abandoned = true;
	return left ? -EINTR : -ETIMEDOUT;
}

/* Accesses */

static bool within_piece(u64 addr, u32 len)
{
	return len <= SIM_PIECE - (addr & (SIM_PIECE - 1));
}

static int check(struct sim_engine *e, const struct sim_access *a)
{
	bool one = a->flags & (SIM_HOLD | SIM_NO_WAIT) || a->op == SIM_FETCH_ADD;

	if (a->op > SIM_FETCH_ADD || a->flags & ~SIM_FLAGS)
		return -EINVAL;
	if (!a->len || a->len > SIM_MAX_LEN || a->addr + (a->len - 1) < a->addr)
		return -EINVAL;
	if (one && !within_piece(a->addr, a->len))
		return -EINVAL;
	if (a->op == SIM_FETCH_ADD && ((a->len != 4 && a->len != 8) || a->addr % a->len))
		return -EINVAL;
	if (a->flags & SIM_INSTR && a->op != SIM_READ)
		return -EINVAL;
	guard(raw_spinlock_irqsave)(&sim_lock);
	if (!e->master)
		return -ENODEV;
	if (a->flags & SIM_PASID && a->pasid >> e->master->pasid_bits)
		return -EINVAL;
	return a->stream < e->master->num_sids ? 0 : -EINVAL;
}

static void load(struct sim_flight *f, const struct sim_access *a)
{
	f->op = a->op;
	f->flags = a->flags;
	f->hold = a->flags & SIM_HOLD;
	f->stream = a->stream;
	f->txn = (struct ssim_txn) {
		.type = a->flags & SIM_TRANSLATED ? TXN_TRANSLATED : TXN_ORDINARY,
		.ssid = a->flags & SIM_PASID ? a->pasid : 0,
		.ssv = a->flags & SIM_PASID,
		.write = a->op != SIM_READ,
		.atomic = a->op == SIM_FETCH_ADD,
		.instr = a->flags & SIM_INSTR,
		.priv = a->flags & SIM_PRIV,
		.addr = a->addr + a->done,
	};
	f->len = min_t(u64, a->len - a->done, SIM_PIECE - (f->txn.addr & (SIM_PIECE - 1)));
	if (a->op != SIM_READ)
		memcpy(f->data, a->data + a->done, f->len);
	reinit_completion(&f->ended);
	f->error = 0;
	f->event = 0;
	f->recorded = false;
	f->pa = 0;
	f->attr = 0;
	f->stalls = 0;
	f->state = FLIGHT_ENDED;
}

static void unload(struct sim_flight *f, struct sim_access *a)
{
	a->outcome = f->outcome;
	a->event = f->event;
	a->recorded = f->recorded;
	a->stalls += f->stalls;
	a->failed = f->txn.addr;
	a->pa = f->pa;
	a->attr = f->attr;
	f->stalls = 0;
	if (f->outcome == SIM_OK) {
		if (a->op != SIM_WRITE)
			memcpy(a->data + a->done, f->data, f->len);
		a->done += f->len;
		a->failed = 0;
	} else if (f->outcome == SIM_RAZWI && a->op != SIM_WRITE) {
		memset(a->data + a->done, 0, a->len - a->done);
	}
}

/* One transaction, up to where it ends, is held, or stalls and is not waited for. */
static int fly(struct sim_engine *e, struct sim_flight *f)
{
	struct ssim *core;

	scoped_guard(sim_call) {
		core = sim_engine_core(e);
		if (!core)
			return -ENODEV;
		launch(core, e, f);
		if (f->state != FLIGHT_STALLED || f->flags & SIM_NO_WAIT)
			return f->error;
	}
	return 1;
}

static bool wants_page(const struct sim_engine *e, const struct sim_flight *f)
{
	if (f->outcome != SIM_ATS_DENIED || f->flags & SIM_NO_PRI)
		return false;
	guard(raw_spinlock_irqsave)(&sim_lock);
	return e->master && sim_pci_pri_enabled(e->master);
}

/* The page that ATS did not grant; 1: ask again. */
static int demand(struct sim_engine *e, struct sim_flight *f, struct sim_access *a)
{
	u8 code;
	int ret;

	if (a->requests == MAX_DEMANDS) {
		f->outcome = SIM_PRI_AGAIN;
		return 0;
	}
	a->requests++;
	ret = sim_engine_demand(e, &f->txn, a->timeout_ms, &code);
	if (ret == -ETIMEDOUT) {
		f->outcome = SIM_TIMEOUT;
		return 0;
	}
	if (ret)
		return ret;
	if (code == PRI_SUCCESS)
		return 1;
	f->outcome = code == PRI_INVALID ? SIM_PRI_INVALID : SIM_PRI_FAILURE;
	return 0;
}

/* After an error, and with @a->flight set, the flight is not to be freed. */
static int one(struct sim_engine *e, struct sim_flight **flight, struct sim_access *a)
{
	struct sim_flight *f = *flight;
	int ret;

	do {
		load(f, a);
		ret = fly(e, f);
		if (ret > 0) {
			ret = wait_for(e, f, a->timeout_ms);
			if (ret) {
				*flight = NULL;
				a->stalls++;
				a->outcome = SIM_TIMEOUT;
				a->failed = f->txn.addr;
				return ret == -ETIMEDOUT ? 0 : ret;
			}
			ret = f->error;
		}
		if (!ret && wants_page(e, f))
			ret = demand(e, f, a);
	} while (ret > 0);
	if (ret)
		return ret;
	/* A stalled one that is not waited for may end at any moment. */
	guard(raw_spinlock_irqsave)(&sim_lock);
	unload(f, a);
	if (f->state != FLIGHT_ENDED) {
		a->flight = f;
		*flight = NULL;
	}
	return 0;
}

/* What sim_engine_access() does, on an engine. */
int sim_access_run(struct sim_engine *e, struct sim_access *a)
{
	struct sim_flight *f;
	int ret;

	a->done = 0;
	a->stalls = 0;
	a->requests = 0;
	a->event = 0;
	a->recorded = false;
	a->failed = 0;
	a->pa = 0;
	a->attr = 0;
	a->flight = NULL;
	if (!a->timeout_ms)
		a->timeout_ms = SIM_TIMEOUT_MS;
	reap(e);
	ret = check(e, a);
	if (ret)
		return ret;
	f = flight_new(e);
	if (!f)
		return -ENOMEM;
	do {
		ret = one(e, &f, a);
	} while (!ret && a->outcome == SIM_OK && a->done < a->len);
	if (f)
		flight_free(f);
	return ret;
}

/* Return: 0, how the flight failed, or 1 where it is kept. */
static int finish(struct sim_engine *e, struct sim_flight *f)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	if (f->state != FLIGHT_HELD)
		return f->error;
	if (READ_ONCE(e->master->silent) & SIM_SILENT_DATA)
		return 1;
	f->outcome = move(e->master->sim, f);
	end_held(sim_engine_core(e), f);
	return 0;
}

int sim_engine_release(struct sim_access *a)
{
	struct sim_flight *f = a->flight;
	struct sim_engine *e = f->engine;
	int ret = 0;

	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		if (f->state == FLIGHT_STALLED)
			ret = 1;
	if (ret)
		ret = wait_for(e, f, a->timeout_ms);
	if (ret) {
		a->flight = NULL;
		a->outcome = SIM_TIMEOUT;
		return ret == -ETIMEDOUT ? 0 : ret;
	}
	ret = finish(e, f);
	if (ret > 0)
		return -EBUSY;
	if (!ret)
		unload(f, a);
	a->flight = NULL;
	flight_free(f);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(sim_engine_release);

void sim_engine_drop(struct sim_access *a)
{
	struct sim_flight *f = a->flight;
	struct sim_engine *e = f->engine;
	bool mine = false;

	a->flight = NULL;
	sim_engine_get(e);
	scoped_guard(raw_spinlock_irqsave, &sim_lock) {
		f->len = 0;
		if (f->state == FLIGHT_STALLED)
			let_go(sim_engine_core(e), f);
		mine = f->state == FLIGHT_ENDED;
		f->abandoned = !mine;
	}
	if (mine)
		flight_free(f);
	reap(e);
	sim_engine_put(e);
}
EXPORT_SYMBOL_IF_KUNIT(sim_engine_drop);
