// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page requests of masters, and the answers to them.
 *
 * What is owed an answer belongs to the master, not to its driver: answers come as
 * well when that has gone, and another is there.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/slab.h>

#include "engine_impl.h"

/*
 * A page request that somebody waits for; in sim_engine.waiting, under sim_lock.
 * @since: sim_engine.clock when it was made
 * @asked: when that was
 * @gone: the master went before the answer came
 */
struct waiting {
	struct list_head node;
	u32 ssid;
	bool ssv;
	u16 group;
	u8 code;
	u64 since;
	struct sim_mark asked;
	bool gone;
	struct completion done;
};

/* Answers */

/* A function's page request interface has not stopped while answers are to come. */
static void expect(struct sim_master *m, int more)
{
	struct sim_engine *e = m->engine;

	m->requests.expected += more;
	sim_pci_pri_busy(m, m->requests.expected);
	if (more < 0 && e && e->crowd)
		complete(&e->room);
}

static void wrong_answer(struct sim_instance *sim, const struct ssim_pri_resp *resp,
			 const char *why)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "I-39, at #%llu: %s: stream 0x%x, group %u, code %u%s, PASID %u\n",
		 sim->core->now, why, resp->sid, resp->group, resp->code,
		 resp->ssv ? "" : ", no PASID", resp->ssid);
	ssim_tell(sim->core, "I-39", text);
}

static bool answers_waiting(struct sim_engine *e, const struct ssim_pri_resp *resp)
{
	struct waiting *w;

	list_for_each_entry(w, &e->waiting, node) {
		if (w->group != resp->group)
			continue;
		if (resp->ssv && (!w->ssv || w->ssid != resp->ssid))
			wrong_answer(e->master->sim, resp, "a response with a wrong PASID");
		sim_answered(e->master->sim, &w->asked);
		clear_bit(w->group, e->master->requests.groups);
		expect(e->master, -1);
		w->code = resp->code;
		list_del_init(&w->node);
		complete(&w->done);
		return true;
	}
	return false;
}

static void keep_answer(struct sim_engine *e, const struct ssim_pri_resp *resp)
{
	if (e->answer_in - e->answer_out == SIM_ANSWERS)
		return;
	e->answers[e->answer_in++ % SIM_ANSWERS] = *resp;
	complete(&e->answered);
}

static struct sim_master *master_of_sid(struct sim_instance *sim, u32 sid)
{
	struct sim_master *m;

	lockdep_assert_held(&sim_lock);
	list_for_each_entry(m, &sim->masters, node)
		if (m->kind == SIM_PCI && m->sids[0] == sid)
			return m;
	return NULL;
}

/**
 * sim_engine_pri_resp() - a page request group is answered
 * @sim: instance
 * @resp: the answer
 *
 * An answer to nothing is reported: each group gets one, for its last request.
 *
 * Context: a call of the model.
 */
void sim_engine_pri_resp(struct sim_instance *sim, const struct ssim_pri_resp *resp)
{
	struct sim_master *m = master_of_sid(sim, resp->sid);
	struct sim_requests *r;

	if (!m)
		return;
	r = &m->requests;
	if (resp->group < SIM_GROUPS && r->stale[resp->group]) {
		r->stale[resp->group]--;
		return;
	}
	if (resp->code == PRI_FAILURE)
		sim_pci_pri_failed(m, false);
	if (m->engine && answers_waiting(m->engine, resp))
		return;
	if (resp->group >= SIM_GROUPS || !r->owed[resp->group]) {
		sim_pci_pri_failed(m, true);
		wrong_answer(sim, resp, "a response that no request waits for");
		return;
	}
	r->owed[resp->group]--;
	expect(m, -1);
	/* Those of accesses that wait no more are nobody's. */
	if (!test_and_clear_bit(resp->group, r->groups) && m->engine)
		keep_answer(m->engine, resp);
}

/**
 * sim_engine_pri_reset() - a master forgets the page requests that it has made
 * @m: PCI master, which was reset, or its page request interface was
 *
 * Answers to them may come all the same, and are ignored. Accesses that wait fail.
 *
 * Context: under sim_lock.
 */
void sim_engine_pri_reset(struct sim_master *m)
{
	struct sim_requests *r = &m->requests;
	struct waiting *w, *next;
	unsigned int i;

	lockdep_assert_held(&sim_lock);
	for (i = 0; i < SIM_GROUPS; i++) {
		r->stale[i] += r->owed[i];
		if (r->owed[i])
			clear_bit(i, r->groups);
		r->owed[i] = 0;
	}
	if (m->engine) {
		list_for_each_entry_safe(w, next, &m->engine->waiting, node) {
			r->stale[w->group]++;
			clear_bit(w->group, r->groups);
			w->code = PRI_FAILURE;
			list_del_init(&w->node);
			complete(&w->done);
		}
		for (i = 0; i < m->engine->crowd; i++)
			complete(&m->engine->room);
	}
	r->expected = 0;
	sim_pci_pri_busy(m, false);
}

/**
 * sim_pri_end() - the driver of a master goes; nobody waits for answers any more
 * @e: its engine
 *
 * Context: under sim_lock.
 */
void sim_pri_end(struct sim_engine *e)
{
	struct waiting *w, *next;

	list_for_each_entry_safe(w, next, &e->waiting, node) {
		e->master->requests.owed[w->group]++;
		list_del_init(&w->node);
		w->gone = true;
		complete(&w->done);
	}
	complete_all(&e->room);
	complete_all(&e->answered);
}

/**
 * sim_pri_unanswered() - page requests of accesses that should have been answered
 * @e: engine
 * @ssid: PASID
 * @before: sim_engine.clock; later ones do not count
 *
 * Context: under sim_lock.
 *
 * Return: how many.
 */
unsigned int sim_pri_unanswered(struct sim_engine *e, u32 ssid, u64 before)
{
	unsigned int num = 0;
	struct waiting *w;

	list_for_each_entry(w, &e->waiting, node)
		num += w->ssv && w->ssid == ssid && w->since < before;
	return num;
}

/* Requests */

static void make_record(const struct sim_request *r, u32 sid, u64 record[2])
{
	record[0] = 0;
	record[1] = 0;
	fld_set(record, PRQ_SID, sid);
	fld_set(record, PRQ_SSV, r->has_pasid);
	if (r->has_pasid)
		fld_set(record, PRQ_SSID, r->pasid);
	fld_set(record, PRQ_PRIV, r->priv);
	fld_set(record, PRQ_EXEC, r->exec);
	fld_set(record, PRQ_READ, r->read);
	fld_set(record, PRQ_WRITE, r->write);
	fld_set(record, PRQ_LAST, r->last);
	fld_set(record, PRQ_GROUP, r->group);
	fld_set(record, PRQ_ADDR, r->addr >> 12);
}

/* As sim_engine_request(), on an engine. */
int sim_engine_send(struct sim_engine *e, const struct sim_request *r)
{
	bool marker = r->has_pasid && r->last && !r->read && !r->write;
	struct ssim *core;
	u64 record[2];

	guard(raw_spinlock_irqsave)(&sim_lock);
	core = sim_engine_core(e);
	if (!core)
		return -ENODEV;
	if (e->master->kind != SIM_PCI || r->stream >= e->master->num_sids ||
	    r->group >= SIM_GROUPS || (r->has_pasid && r->pasid >> 20))
		return -EINVAL;
	make_record(r, e->master->sids[r->stream], record);
	/* Before the request: the SMMU may answer at once. */
	if (r->last && !marker) {
		e->master->requests.owed[r->group]++;
		expect(e->master, 1);
	}
	return !ssim_page_request(core, record);
}

/* As sim_engine_response(), on an engine. */
int sim_engine_answer(struct sim_engine *e, struct ssim_pri_resp *resp, u32 timeout_ms)
{
	long left;

	if (!timeout_ms)
		left = try_wait_for_completion(&e->answered);
	else
		left = wait_for_completion_interruptible_timeout(&e->answered,
								 msecs_to_jiffies(timeout_ms));
	if (left <= 0)
		return left ? -EINTR : -EAGAIN;
	guard(raw_spinlock_irqsave)(&sim_lock);
	if (!e->master || e->answer_in == e->answer_out)
		return -ENODEV;
	*resp = e->answers[e->answer_out++ % SIM_ANSWERS];
	return 0;
}

/* A group that no answer can be meant for; SIM_GROUPS: there is none. */
static unsigned int free_group(const struct sim_requests *r)
{
	unsigned int group = SIM_AUTO_GROUP;

	do {
		group = find_next_zero_bit(r->groups, SIM_GROUPS, group);
	} while (group < SIM_GROUPS && r->stale[group] && ++group);
	return group;
}

/* -EAGAIN: as many are unanswered as the function may have. */
static int ask(struct sim_engine *e, const struct ssim_txn *txn, struct waiting *w)
{
	struct sim_request r = {
		.pasid = txn->ssid,
		.has_pasid = txn->ssv,
		.read = !txn->write,
		.write = txn->write,
		.exec = txn->instr,
		.priv = txn->priv,
		.last = true,
		.addr = txn->addr,
	};
	struct ssim *core;
	u64 record[2];

	guard(sim_call)();
	core = sim_engine_core(e);
	if (!core)
		return -ENODEV;
	r.group = free_group(&e->master->requests);
	if (r.group >= SIM_GROUPS)
		return -EBUSY;
	if (e->master->requests.expected >= sim_pci_pri_limit(e->master)) {
		e->crowd++;
		return -EAGAIN;
	}
	set_bit(r.group, e->master->requests.groups);
	w->group = r.group;
	w->since = e->clock++;
	list_add_tail(&w->node, &e->waiting);
	expect(e->master, 1);
	make_record(&r, txn->sid, record);
	sim_mark_set(&w->asked);
	ssim_page_request(core, record);
	return 0;
}

static long wait_for_room(struct sim_engine *e, long left)
{
	left = wait_for_completion_interruptible_timeout(&e->room, left);
	guard(raw_spinlock_irqsave)(&sim_lock);
	e->crowd--;
	return left;
}

/**
 * sim_engine_demand() - ask for the page of a transaction, and wait for the answer
 * @e: engine
 * @txn: the transaction
 * @timeout_ms: how long at most
 * @code: PRI_SUCCESS, PRI_INVALID or PRI_FAILURE
 *
 * Return: 0, -ETIMEDOUT, -EINTR, -ENODEV; -EBUSY if all groups are in use.
 */
int sim_engine_demand(struct sim_engine *e, const struct ssim_txn *txn, u32 timeout_ms, u8 *code)
{
	struct waiting w = { .ssid = txn->ssid, .ssv = txn->ssv };
	long left = msecs_to_jiffies(timeout_ms);
	int ret;

	init_completion(&w.done);
	while ((ret = ask(e, txn, &w)) == -EAGAIN) {
		left = wait_for_room(e, left);
		if (left <= 0)
			return left ? -EINTR : -ETIMEDOUT;
	}
	if (ret)
		return ret;
	left = wait_for_completion_interruptible_timeout(&w.done, left);
	guard(raw_spinlock_irqsave)(&sim_lock);
	if (w.gone)
		return -ENODEV;
	if (list_empty(&w.node)) {
		*code = w.code;
		return 0;
	}
	/* The group is not used again before it is answered. */
	list_del(&w.node);
	e->master->requests.owed[w.group]++;
	return left ? -EINTR : -ETIMEDOUT;
}
