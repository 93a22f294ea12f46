// SPDX-License-Identifier: GPL-2.0-only
/*
 * Masters: their drivers, what the model tells them, and page requests.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/mod_devicetable.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "engine_impl.h"

/* A page request that somebody waits for; in sim_engine.waiting, under sim_lock. */
struct waiting {
	struct list_head node;
	u32 ssid;
	bool ssv;
	u16 group;
	u8 code;
	bool gone;
	struct completion done;
};

/* Under sim_lock: the engine that has a stream, or NULL. */
static struct sim_engine *engine_of_sid(struct sim_instance *sim, u32 sid)
{
	struct sim_master *m;
	unsigned int i;

	lockdep_assert_held(&sim_lock);
	list_for_each_entry(m, &sim->masters, node)
		for (i = 0; m->engine && i < m->num_sids; i++)
			if (m->sids[i] == sid)
				return m->engine;
	return NULL;
}

static struct sim_engine *engine_of(struct sim_master *m)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	if (m->engine)
		sim_engine_get(m->engine);
	return m->engine;
}

/* What the model tells */

static bool removed_by(const struct sim_atc *t, const struct ssim_atc_inv *inv)
{
	if (!t->size || t->sid != inv->sid || t->ssv != inv->ssv)
		return false;
	if (t->ssv && !inv->global && t->ssid != inv->ssid)
		return false;
	return t->addr <= inv->last && t->addr + (t->size - 1) >= inv->addr;
}

/**
 * sim_engine_atc_inv() - an invalidation arrives at an endpoint
 * @sim: instance
 * @inv: the invalidation
 *
 * Context: a call of the model.
 *
 * Return: whether it is answered.
 */
bool sim_engine_atc_inv(struct sim_instance *sim, const struct ssim_atc_inv *inv)
{
	struct sim_engine *e = engine_of_sid(sim, inv->sid);
	unsigned int i;

	if (!e)
		return true;
	if (READ_ONCE(e->master->silent) & SIM_SILENT_ATC)
		return false;
	for (i = 0; i < SIM_ATC; i++)
		if (removed_by(&e->atc[i], inv))
			e->atc[i].size = 0;
	return true;
}

/**
 * sim_engine_atc_off() - ATS was turned off, or the function was reset
 * @master: its master
 *
 * Context: under sim_lock.
 */
void sim_engine_atc_off(struct sim_master *master)
{
	lockdep_assert_held(&sim_lock);
	if (master->engine)
		memset(master->engine->atc, 0, sizeof(master->engine->atc));
}

/**
 * sim_engine_resumed() - a stalled transaction was resumed or ended
 * @sim: instance
 * @stag: its tag
 * @result: how it ended; it may have stalled once more
 *
 * Context: a call of the model.
 */
void sim_engine_resumed(struct sim_instance *sim, u16 stag, const struct ssim_result *result)
{
	struct sim_master *m;
	struct sim_flight *f;

	lockdep_assert_held(&sim_lock);
	list_for_each_entry(m, &sim->masters, node) {
		if (!m->engine)
			continue;
		list_for_each_entry(f, &m->engine->flights, node) {
			if (f->state != FLIGHT_STALLED || f->stag != stag)
				continue;
			sim_access_resumed(m->engine, f, result);
			return;
		}
	}
}

/* A function's page request interface has not stopped while answers are to come. */
static void expect(struct sim_engine *e, int more)
{
	e->expected += more;
	sim_pci_pri_busy(e->master, e->expected);
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
		expect(e, -1);
		w->code = resp->code;
		list_del_init(&w->node);
		complete(&w->done);
		return true;
	}
	return false;
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
	struct sim_engine *e = engine_of_sid(sim, resp->sid);

	if (!e)
		return;
	if (resp->code == PRI_FAILURE)
		sim_pci_pri_failed(e->master, false);
	if (answers_waiting(e, resp))
		return;
	if (resp->group >= SIM_GROUPS || !e->owed[resp->group]) {
		sim_pci_pri_failed(e->master, true);
		wrong_answer(sim, resp, "a response that no request waits for");
		return;
	}
	e->owed[resp->group]--;
	expect(e, -1);
	if (test_and_clear_bit(resp->group, e->groups))
		return;		/* of an access that waits no more */
	if (e->answer_in - e->answer_out == SIM_ANSWERS)
		return;
	e->answers[e->answer_in++ % SIM_ANSWERS] = *resp;
	complete(&e->answered);
}

/* Page requests */

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
		e->owed[r->group]++;
		expect(e, 1);
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

	guard(raw_spinlock_irqsave)(&sim_lock);
	core = sim_engine_core(e);
	if (!core)
		return -ENODEV;
	r.group = find_next_zero_bit(e->groups, SIM_GROUPS, SIM_AUTO_GROUP);
	if (r.group >= SIM_GROUPS)
		return -EBUSY;
	set_bit(r.group, e->groups);
	w->group = r.group;
	list_add_tail(&w->node, &e->waiting);
	expect(e, 1);
	make_record(&r, txn->sid, record);
	ssim_page_request(core, record);
	return 0;
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
	long left;
	int ret;

	init_completion(&w.done);
	ret = ask(e, txn, &w);
	if (ret)
		return ret;
	left = wait_for_completion_interruptible_timeout(&w.done, msecs_to_jiffies(timeout_ms));
	guard(raw_spinlock_irqsave)(&sim_lock);
	if (w.gone)
		return -ENODEV;
	if (list_empty(&w.node)) {
		clear_bit(w.group, e->groups);
		*code = w.code;
		return 0;
	}
	/* The group is not used again before it is answered. */
	list_del(&w.node);
	e->owed[w.group]++;
	return left ? -EINTR : -ETIMEDOUT;
}

/**
 * sim_engine_message() - a PCI master sends its message interrupt
 * @e: engine
 * @a: gets how the write ended
 *
 * Return: 0 with @a->outcome set; -ENXIO if its messages are off; else as
 * sim_engine_access().
 */
int sim_engine_message(struct sim_engine *e, struct sim_access *a)
{
	bool on;
	u64 addr;
	u32 data;
	__le32 message;

	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		on = e->master && e->master->kind == SIM_PCI &&
		     sim_pci_message(e->master, &addr, &data);
	if (!on)
		return -ENXIO;
	message = cpu_to_le32(data);
	*a = (struct sim_access) {
		.op = SIM_WRITE,
		.flags = SIM_NO_ATS,
		.addr = addr,
		.data = &message,
		.len = sizeof(message),
	};
	return sim_access_run(e, a);
}

/* API */

int sim_engine_access(struct sim_master *m, struct sim_access *a)
{
	struct sim_engine *e = engine_of(m);
	int ret;

	if (!e)
		return -ENODEV;
	ret = sim_access_run(e, a);
	sim_engine_put(e);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(sim_engine_access);

int sim_engine_request(struct sim_master *m, const struct sim_request *r)
{
	struct sim_engine *e = engine_of(m);
	int ret;

	if (!e)
		return -ENODEV;
	ret = sim_engine_send(e, r);
	sim_engine_put(e);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(sim_engine_request);

int sim_engine_response(struct sim_master *m, struct ssim_pri_resp *resp, u32 timeout_ms)
{
	struct sim_engine *e = engine_of(m);
	int ret;

	if (!e)
		return -ENODEV;
	ret = sim_engine_answer(e, resp, timeout_ms);
	sim_engine_put(e);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(sim_engine_response);

/* Drivers */

static struct sim_engine *engine_new(struct device *dev, struct sim_master *m)
{
	struct sim_engine *e = kzalloc(sizeof(*e), GFP_KERNEL);

	if (!e)
		return NULL;
	e->dev = dev;
	e->master = m;
	init_rwsem(&e->life);
	mutex_init(&e->files_lock);
	mutex_init(&e->sharing_lock);
	INIT_LIST_HEAD(&e->files);
	INIT_LIST_HEAD(&e->flights);
	INIT_LIST_HEAD(&e->waiting);
	init_completion(&e->answered);
	sim_chardev_init(e);
	return e;
}

/* Nothing that still has the engine gets at the master from now on. */
static void engine_end(struct sim_engine *e)
{
	struct sim_file *file;
	struct waiting *w, *next;
	LIST_HEAD(dead);

	scoped_guard(raw_spinlock_irqsave, &sim_lock) {
		sim_access_end_all(e, &dead);
		e->master->engine = NULL;
		e->master = NULL;
		list_for_each_entry_safe(w, next, &e->waiting, node) {
			list_del_init(&w->node);
			w->gone = true;
			complete(&w->done);
		}
		complete_all(&e->answered);
	}
	sim_access_free(&dead);
	guard(rwsem_write)(&e->life);
	e->gone = true;
	list_for_each_entry(file, &e->files, node) {
		sim_pasids_end(file);
		sim_buffers_unmap(file);
	}
	sim_pasid_stop(e);
}

static int engine_start(struct device *dev)
{
	struct sim_master *m = sim_master_of(dev);
	char name[2 * SIM_NAME];
	struct sim_engine *e;
	int ret;

	if (!m)
		return -ENODEV;
	ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(52));
	if (ret)
		return ret;
	dma_set_max_seg_size(dev, UINT_MAX);
	e = engine_new(dev, m);
	if (!e)
		return -ENOMEM;
	snprintf(name, sizeof(name), "%s-%s", m->sim->name, m->name);
	scoped_guard(raw_spinlock_irqsave, &sim_lock)
		m->engine = e;
	dev_set_drvdata(dev, e);
	sim_uacce_add(e, m);
	ret = sim_chardev_add(e, name);
	if (ret) {
		engine_end(e);
		sim_uacce_remove(e);
		sim_engine_put(e);
	}
	return ret;
}

static void engine_stop(struct device *dev)
{
	struct sim_engine *e = dev_get_drvdata(dev);

	sim_chardev_remove(e);
	engine_end(e);
	sim_uacce_remove(e);
	sim_engine_put(e);
}

static int platform_master_probe(struct platform_device *pdev)
{
	return engine_start(&pdev->dev);
}

static void platform_master_remove(struct platform_device *pdev)
{
	engine_stop(&pdev->dev);
}

static struct platform_driver platform_master_driver = {
	.driver.name = "smmu-sim-master",
	.probe = platform_master_probe,
	.remove = platform_master_remove,
};

static irqreturn_t interrupt(int irq, void *arg)
{
	struct sim_engine *e = arg;

	atomic_inc(&e->interrupts);
	return IRQ_HANDLED;
}

/* Message interrupts are of use, but a function works without them. */
static int pci_master_irq(struct pci_dev *pdev)
{
	struct sim_engine *e = pci_get_drvdata(pdev);
	int ret = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSI | PCI_IRQ_MSIX);

	if (ret < 0)
		return 0;
	ret = request_irq(pci_irq_vector(pdev, 0), interrupt, 0, dev_name(&pdev->dev), e);
	if (ret)
		pci_free_irq_vectors(pdev);
	e->has_irq = !ret;
	return ret;
}

static void pci_master_remove(struct pci_dev *pdev)
{
	struct sim_engine *e = pci_get_drvdata(pdev);

	if (e->has_irq) {
		free_irq(pci_irq_vector(pdev, 0), e);
		pci_free_irq_vectors(pdev);
	}
	engine_stop(&pdev->dev);
	pci_clear_master(pdev);
}

static int pci_master_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret = pcim_enable_device(pdev);

	if (ret)
		return ret;
	pci_set_master(pdev);
	ret = engine_start(&pdev->dev);
	if (ret) {
		pci_clear_master(pdev);
		return ret;
	}
	ret = pci_master_irq(pdev);
	if (ret)
		pci_master_remove(pdev);
	return ret;
}

static const struct pci_device_id pci_master_ids[] = {
	{ PCI_DEVICE(SIM_PCI_VENDOR, SIM_PCI_DEVICE) },
	{ }
};

static struct pci_driver pci_master_driver = {
	.name = "smmu-sim-master",
	.id_table = pci_master_ids,
	.probe = pci_master_probe,
	.remove = pci_master_remove,
};

/**
 * sim_engine_register() - register the drivers of masters
 *
 * Return: 0 or an error.
 */
int sim_engine_register(void)
{
	int ret = sim_chardev_register();

	if (ret)
		return ret;
	ret = platform_driver_register(&platform_master_driver);
	if (ret)
		goto chardev;
	ret = pci_register_driver(&pci_master_driver);
	if (ret)
		goto platform;
	return 0;

platform:
	platform_driver_unregister(&platform_master_driver);
chardev:
	sim_chardev_unregister();
	return ret;
}

/**
 * sim_engine_unregister() - unregister them
 */
void sim_engine_unregister(void)
{
	pci_unregister_driver(&pci_master_driver);
	platform_driver_unregister(&platform_master_driver);
	sim_chardev_unregister();
}
