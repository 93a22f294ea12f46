// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver in a kernel that takes over from one that has crashed (I-56): it finds
 * the SMMU on, full queues, pending errors, stalls, and devices at work.
 *
 * Two instances stand for one SMMU. The first is driven as ever, by the kernel that
 * will have crashed. The second begins with the registers of the first, so that what
 * these lead to is in memory, and stays: that is how the driver finds it. What the
 * devices do meanwhile happens whenever the driver touches a register.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/crash_dump.h>
#include <linux/delay.h>

#include "drive.h"
#include "queue.h"

#define IOVA_OLD	SZ_1G
#define IOVA_NONE	(SZ_1G + SZ_256M)
#define IOVA_NEW	(SZ_1G + SZ_512M)
#define PA_OLD		SZ_256M
#define PA_NEW		SZ_512M
#define SIZE		SZ_64K
#define STALLS		6
#define GROUP		77
#define STORM		200
#define OLD_RANGES	4

/**
 * struct crash - two lives of one SMMU
 * @test: the test
 * @old: the kernel's that crashes
 * @new: the kernel's that takes over
 * @ids: ID registers of both
 * @ops: what the model of @new calls
 * @watched: the same, looked at
 * @ack_reads: so many reads until a control register answers
 * @errors: that are pending
 * @off: SMMUEN has been 0 since
 * @range: what @old has told the SMMU to use
 * @doorbell: and where messages are sent to
 * @worked: masters that did DMA before the crash
 * @stalled: before the crash
 * @ended: of these, by an abort
 * @asked: page requests
 * @answered: of these
 * @kept: streams that have ATS again before the ATC is emptied
 * @reached: DMA that got somewhere, and must not
 * @trespasses: of the SMMU, to what is @old's
 * @interrupts: raised since SMMUEN was 0
 */
struct crash {
	struct kunit *test;
	struct drive *old, *new;
	struct ssim_ids ids;
	const struct ssim_ops *ops;
	struct ssim_ops watched;
	u32 ack_reads;
	u32 errors;
	bool off;
	struct { u64 at, size; } range[OLD_RANGES];
	u64 doorbell[IRQ_CMD_SYNC];
	unsigned int worked, stalled, ended;
	unsigned int asked, answered, kept;
	unsigned int reached, trespasses, interrupts;
};

/* Callbacks of the model know the instance alone. */
static struct crash *crash;

static struct ssim *core_of(struct drive *d)
{
	return d->sim->core;
}

static void tell(const char *what, u64 addr)
{
	pr_err("smmu-sim %s: I-56 is violated: %s %#llx\n", crash->new->sim->name, what, addr);
}

static void trespass(u64 pa)
{
	unsigned int i;

	for (i = 0; crash->off && i < OLD_RANGES; i++)
		if (pa - crash->range[i].at < crash->range[i].size && !crash->trespasses++)
			tell("the SMMU still uses", pa);
}

static bool watched_read(void *cookie, u64 pa, void *to, unsigned int size)
{
	trespass(pa);
	return crash->ops->read(cookie, pa, to, size);
}

static bool watched_write(void *cookie, u64 pa, const void *from, unsigned int size)
{
	const struct ssim *core = core_of(crash->new);
	unsigned int i;

	trespass(pa);
	for (i = 0; crash->off && size == sizeof(u32) && i < IRQ_CMD_SYNC; i++) {
		crash->interrupts += pa == core->irq_cfg0[i];
		if (pa == crash->doorbell[i] && !crash->trespasses++)
			tell("a message is sent to", pa);
	}
	return crash->ops->write(cookie, pa, from, size);
}

static void watched_wire(void *cookie, enum ssim_irq irq)
{
	crash->interrupts += crash->off;
	crash->ops->wired(cookie, irq);
}

static void watched_resumed(void *cookie, u16 stag, const struct ssim_result *result)
{
	if (!crash->off && result->outcome == OUT_ABORT)
		crash->ended++;
	crash->ops->resumed(cookie, stag, result);
}

static void watched_pri_resp(void *cookie, const struct ssim_pri_resp *resp)
{
	if (resp->group == GROUP)
		crash->answered++;
	else
		crash->ops->pri_resp(cookie, resp);
}

/*
 * Between an endpoint's ATS and the emptying of its ATC what that holds passes. It leads
 * to what was the old kernel's.
 */
static void watched_report(void *cookie, const char *invariant, const char *text)
{
	if (!strcmp(invariant, "I-48") && crash->kept < crash->new->masters)
		crash->kept++;
	else
		crash->ops->report(cookie, invariant, text);
}

static enum ssim_outcome transact(struct ssim *core, enum ssim_txn_type type, u32 sid, u64 addr,
				  u64 *pa)
{
	const struct ssim_txn txn = { .type = type, .sid = sid, .addr = addr, .write = true };
	struct ssim_result result;

	ssim_translate(core, &txn, &result);
	*pa = result.pa;
	return result.outcome;
}

/* Old addresses lead where they led until SMMUEN is 0, and nowhere after that. */
static void strike(u32 sid, u64 addr)
{
	enum ssim_outcome outcome;
	u64 pa;

	outcome = transact(core_of(crash->new), TXN_ORDINARY, sid, addr, &pa);
	crash->stalled += outcome == OUT_STALLED && !crash->off;
	if (outcome != OUT_OK)
		return;
	if (!crash->off && addr == IOVA_OLD && pa == PA_OLD)
		return;
	if (!crash->reached++)
		tell("DMA of before reaches", pa);
}

/* What an ATC holds passes, as long as the stream has ATS. */
static void strike_translated(const struct sim_master *m)
{
	u64 pa;

	if (crash->off && !m->dev &&
	    transact(core_of(crash->new), TXN_TRANSLATED, m->sids[0], PA_OLD, &pa) == OUT_OK &&
	    !crash->reached++)
		tell("translated DMA of before reaches", pa);
}

static void ask_for_page(struct ssim *core, u32 sid)
{
	u64 request[2] = {};

	fld_set(request, PRQ_SID, sid);
	fld_set(request, PRQ_GROUP, GROUP);
	fld_set(request, PRQ_READ, 1);
	fld_set(request, PRQ_LAST, 1);
	fld_set(request, PRQ_ADDR, IOVA_OLD >> 12);
	crash->asked++;
	ssim_page_request(core, request);
}

/* The driver touches a register of the SMMU that it has found. */
static void meanwhile(void *data)
{
	struct drive *d = data;
	struct ssim *core = core_of(d);
	unsigned int i;

	/* The errors that were pending are over with it. */
	crash->off |= !fld1(core->cr0ack, CR0_SMMUEN);
	for (i = 0; i < d->masters; i++) {
		const struct sim_master *m = d->master[i];

		strike(m->sids[0], IOVA_OLD);
		strike(m->sids[0], PA_OLD);
		if (m->kind == SIM_PCI)
			strike_translated(m);
		if (m->pri && crash->off)
			ask_for_page(core, m->sids[0]);
	}
}

/* Of the same size, full, with what did not fit. */
static void fill(struct ssim_queue *q, bool consumer)
{
	unsigned int log2 = fld1(q->base, Q_BASE_LOG2SIZE);
	u32 mask = ssim_ones(log2 + 1);

	if (consumer)
		q->prod = (q->cons ^ BIT(31)) ^ BIT(log2);
	else
		q->cons = (q->prod & mask) | CERR_ILL << 24;
	if (!consumer)
		q->prod = (q->prod & mask) ^ BIT(log2);
}

static void note_range(unsigned int i, u64 at, u64 size)
{
	crash->range[i].at = at;
	crash->range[i].size = size;
}

static void note_queue(unsigned int i, const struct ssim_queue *q, unsigned int bytes)
{
	note_range(i, fld1(q->base, Q_BASE_ADDR) << 5,
		   (u64)bytes << fld1(q->base, Q_BASE_LOG2SIZE));
}

static void note_old(const struct ssim *core)
{
	u32 cfg = core->strtab_cfg, bits = fld1(cfg, STRTAB_CFG_LOG2SIZE);
	bool two_level = fld1(cfg, STRTAB_CFG_FMT);

	note_range(0, fld1(core->strtab_base, STRTAB_BASE_ADDR) << 6,
		   two_level ? 8ull << (bits - fld1(cfg, STRTAB_CFG_SPLIT)) : 64ull << bits);
	note_queue(1, &core->cmdq, 16);
	note_queue(2, &core->evtq, 32);
	if (ssim_idr(core, 0, IDR0_PRI))
		note_queue(3, &core->priq, 16);
	memcpy(crash->doorbell, core->irq_cfg0, sizeof(crash->doorbell));
}

/* The SMMU of @from becomes that of @to, with all it may have cached. */
static void inherit(struct ssim *to, struct ssim *from)
{
	to->unknown = 0;
	to->cr1 = from->cr1;
	to->cr2 = from->cr2;
	to->gbpa = from->gbpa;
	to->gbpa_now = from->gbpa_now;
	to->irq_ctrl = from->irq_ctrl;
	to->irq_ctrlack = from->irq_ctrlack;
	to->gerror = from->gerror;
	to->gerrorn = from->gerrorn;
	to->strtab_base = from->strtab_base;
	to->strtab_cfg = from->strtab_cfg;
	to->cmdq = from->cmdq;
	to->evtq = from->evtq;
	to->priq = from->priq;
	memcpy(to->irq_cfg0, from->irq_cfg0, sizeof(to->irq_cfg0));
	memcpy(to->irq_cfg1, from->irq_cfg1, sizeof(to->irq_cfg1));
	memcpy(to->irq_cfg2, from->irq_cfg2, sizeof(to->irq_cfg2));
	ssim_write(to, R_CR0, from->cr0, 4);
}

/* The devices were at work, and one had to wait for a page. */
static void old_dma(struct crash *c, struct ssim *core)
{
	unsigned int i;
	u64 pa;

	for (i = 0; i < c->new->masters; i++) {
		u32 sid = c->new->master[i]->sids[0];

		if (c->new->master[i]->kind == SIM_PCI)
			ssim_atc_enable(core, sid);
		c->worked += transact(core, TXN_ORDINARY, sid, IOVA_OLD, &pa) == OUT_OK &&
			     pa == PA_OLD;
	}
	for (i = 0; c->old->master[0]->stall && i < STALLS; i++)
		c->stalled += transact(core, TXN_ORDINARY, c->old->master[0]->sids[0],
				       IOVA_NONE + i * SZ_4K, &pa) == OUT_STALLED;
}

static void crashes(void *data)
{
	struct drive *d = data;
	struct ssim *core = core_of(d), *from = core_of(crash->old);

	guard(raw_spinlock_irqsave)(&sim_lock);
	crash->ops = core->ops;
	crash->watched = *core->ops;
	crash->watched.read = watched_read;
	crash->watched.write = watched_write;
	crash->watched.wired = watched_wire;
	crash->watched.resumed = watched_resumed;
	crash->watched.pri_resp = watched_pri_resp;
	crash->watched.report = watched_report;
	core->ops = &crash->watched;
	note_old(from);
	inherit(core, from);
	old_dma(crash, core);

	core->gerror = core->gerrorn ^ crash->errors;
	fill(&core->cmdq, false);
	fill(&core->evtq, true);
	if (ssim_idr(core, 0, IDR0_PRI))
		fill(&core->priq, true);
	if (crash->errors >> GERR_SFM & 1)
		ssim_fail(core);
	core->faults.ack_reads = crash->ack_reads;
	/* What goes wrong next is the new kernel's, and not said to the old one. */
	core->faults.cmd_error = CERR_ABT;
	core->faults.cmd_error_in = 1;
}

/* What kernels that take over know themselves by */
static void be_ordinary(void *data)
{
	if (IS_ENABLED(CONFIG_CRASH_DUMP))
		elfcorehdr_addr = ELFCORE_ADDR_MAX;
}

static void be_crash_kernel(struct kunit *test)
{
	if (IS_ENABLED(CONFIG_CRASH_DUMP))
		elfcorehdr_addr = 0;
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, be_ordinary, NULL), 0);
}

/* Both lives, not live, with @masters on the platform and @ends on PCI. */
static struct crash *describe(struct kunit *test, const char *profile, unsigned int masters,
			      unsigned int ends)
{
	struct crash *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	struct drive *d;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, c);
	KUNIT_ASSERT_TRUE(test, sim_profile(profile, &c->ids));
	c->test = test;
	c->errors = GERR_DEFINED & ~BIT(GERR_SFM);
	crash = c;
	c->old = drive_describe(test, &c->ids, masters);
	c->new = drive_describe(test, &c->ids, masters);
	for (i = 0; i < 2 * ends; i++) {
		struct sim_master *m;

		d = i & 1 ? c->new : c->old;
		m = sim_master_new(d->sim, i < 2 ? "e0" : "e1", SIM_PCI);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, m);
		m->ats = true;
		m->pri = true;
		d->master[d->masters++] = m;
	}
	return c;
}

static void set_ids(struct crash *c)
{
	c->old->sim->config.ids = c->ids;
	c->new->sim->config.ids = c->ids;
}

/* The first kernel comes, works and crashes; then the next one comes. */
static int take_over(struct crash *c)
{
	struct iommu_domain *domain;
	unsigned int i;

	KUNIT_ASSERT_EQ(c->test, drive_live(c->old), 0);
	if (!iommu_is_dma_domain(c->old->home[0]))
		kunit_skip(c->test, "DMA is not translated from the start");
	domain = drive_domain(c->old, DRIVE_PLAIN);
	drive_map(c->old, domain, IOVA_OLD, PA_OLD, SIZE);
	for (i = 0; i < c->old->masters; i++)
		KUNIT_ASSERT_EQ(c->test, drive_move(c->old, i, domain), 0);

	c->new->sim->watcher = c->new;
	c->new->sim->left = crashes;
	c->new->sim->touched = meanwhile;
	be_crash_kernel(c->test);
	return drive_live(c->new);
}

static unsigned int stalls(const struct ssim *core)
{
	unsigned int i, n = 0;

	guard(raw_spinlock_irqsave)(&sim_lock);
	for (i = 0; i < SSIM_STALLS; i++)
		n += core->stalls[i].used;
	return n;
}

/* What has stalled since, where that cannot be helped, is ended. */
static void await_no_stalls(struct crash *c)
{
	unsigned int i;

	for (i = 0; i < 1000 && stalls(core_of(c->new)); i++)
		usleep_range(1000, 2000);
	KUNIT_EXPECT_EQ(c->test, stalls(core_of(c->new)), 0);
}

static void strike_no_more(struct crash *c)
{
	guard(raw_spinlock_irqsave)(&sim_lock);
	c->new->sim->touched = NULL;
}

/* Nothing of before has happened since, nor is it left. */
static void expect_over(struct crash *c)
{
	const struct ssim *core = core_of(c->new);

	strike_no_more(c);
	KUNIT_EXPECT_EQ(c->test, c->worked, c->new->masters);
	KUNIT_EXPECT_TRUE(c->test, c->off);
	KUNIT_EXPECT_EQ(c->test, c->reached, 0);
	KUNIT_EXPECT_EQ(c->test, c->trespasses, 0);
	KUNIT_EXPECT_EQ(c->test, c->ended, c->stalled);
	await_no_stalls(c);
	KUNIT_EXPECT_EQ(c->test, c->answered, c->asked);
	KUNIT_EXPECT_EQ(c->test, core->gerror, core->gerrorn);
}

/* Masters work as if nothing had been. */
static void expect_works(struct crash *c)
{
	struct drive *d = c->new;
	struct iommu_domain *domain = drive_domain(d, DRIVE_PLAIN);
	unsigned int i;

	drive_map(d, domain, IOVA_NEW, PA_NEW, SIZE);
	for (i = 0; i < d->masters; i++) {
		KUNIT_EXPECT_EQ(c->test, drive_move(d, i, domain), 0);
		KUNIT_EXPECT_TRUE(c->test, drive_reaches(d, i, IOVA_NEW, PA_NEW));
		KUNIT_EXPECT_TRUE(c->test, drive_aborts(d, i, IOVA_OLD));
	}
	KUNIT_EXPECT_TRUE(c->test, drive_page_reuse(d, PA_OLD, SIZE));
	drive_unmap(d, domain, IOVA_NEW, PA_NEW, SIZE);
	for (i = 0; i < d->masters; i++)
		KUNIT_EXPECT_TRUE(c->test, drive_aborts(d, i, IOVA_NEW));
}

/* However often devices fault, a crash kernel is not interrupted. */
static void expect_quiet(struct crash *c)
{
	const struct ssim *core = core_of(c->new);
	u64 events = core->stats.events;
	unsigned int i;

	if (!IS_ENABLED(CONFIG_CRASH_DUMP))
		return;
	for (i = 0; i < STORM; i++)
		KUNIT_EXPECT_TRUE(c->test, drive_aborts(c->new, 0, IOVA_OLD));
	KUNIT_EXPECT_EQ(c->test, core->stats.events, events);
	KUNIT_EXPECT_EQ(c->test, c->interrupts, 0);
}

/* Each SMMU, with interrupts as its ID registers have them. */
static void drive_i56_found_on(struct kunit *test)
{
	struct crash *c = describe(test, test->param_value, 2, 0);

	c->old->master[0]->stall = true;
	KUNIT_ASSERT_EQ(test, take_over(c), 0);
	expect_over(c);
	expect_works(c);
	expect_quiet(c);
}

static void drive_i56_wires(struct kunit *test)
{
	struct crash *c = describe(test, "everything", 1, 0);

	c->old->sim->config.no_msi = true;
	c->new->sim->config.no_msi = true;
	KUNIT_ASSERT_EQ(test, take_over(c), 0);
	expect_over(c);
	expect_works(c);
	expect_quiet(c);
}

static void drive_i56_joined_wires(struct kunit *test)
{
	struct crash *c = describe(test, "everything", 1, 0);

	c->old->sim->config.combined = true;
	c->new->sim->config.combined = true;
	c->old->sim->config.no_msi = true;
	c->new->sim->config.no_msi = true;
	KUNIT_ASSERT_EQ(test, take_over(c), 0);
	expect_over(c);
	expect_works(c);
	expect_quiet(c);
}

/* What is written to registers takes its time: whoever does not wait lets DMA through. */
static void drive_i56_slow_registers(struct kunit *test)
{
	struct crash *c = describe(test, test->param_value, 2, 0);

	c->old->master[0]->stall = true;
	c->ack_reads = 3;
	KUNIT_ASSERT_EQ(test, take_over(c), 0);
	expect_over(c);
	expect_works(c);
}

/* One error alone: those of the others must not be what clears it. */
static void drive_i56_one_error(struct kunit *test)
{
	unsigned int bit;

	for (bit = 0; bit < GERR_SFM; bit++) {
		struct crash *c;

		if (!(GERR_DEFINED >> bit & 1))
			continue;
		c = describe(test, "everything", 1, 0);
		c->errors = BIT(bit);
		KUNIT_ASSERT_EQ(test, take_over(c), 0);
		expect_over(c);
		expect_works(c);
		drive_stop(c->new);
		drive_stop(c->old);
		kunit_release_action(test, be_ordinary, NULL);
	}
}

/* Endpoints whose ATCs are full of what was, and that ask for pages. */
static void drive_i56_endpoints(struct kunit *test)
{
	struct crash *c = describe(test, "everything", 0, 2);

	KUNIT_ASSERT_EQ(test, take_over(c), 0);
	c->new->excused = c->kept;
	expect_over(c);
	KUNIT_EXPECT_GT(test, c->asked, 0);
	expect_works(c);
}

/* Where each fault stalls somebody must end them, also those of before. */
static void drive_i56_forced_stalls(struct kunit *test)
{
	struct crash *c = describe(test, "everything", 2, 0);

	drive_field(&c->ids, "IDR0.STALL_MODEL", 2);
	set_ids(c);
	c->old->master[0]->stall = true;
	KUNIT_ASSERT_EQ(test, take_over(c), 0);
	expect_over(c);
	expect_works(c);
}

/* It does nothing any more: that comes out in time, and no DMA passes. */
static void drive_i56_service_failure(struct kunit *test)
{
	struct crash *c = describe(test, "everything", 1, 0);
	ktime_t start = ktime_get();

	c->errors |= BIT(GERR_SFM);
	KUNIT_EXPECT_NE(test, take_over(c), 0);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), 20000);
	KUNIT_EXPECT_EQ(test, c->reached, 0);
}

static struct kunit_case crash_cases[] = {
	KUNIT_CASE_PARAM(drive_i56_found_on, drive_next_profile),
	KUNIT_CASE(drive_i56_wires),
	KUNIT_CASE(drive_i56_joined_wires),
	KUNIT_CASE_PARAM(drive_i56_slow_registers, drive_next_profile),
	KUNIT_CASE(drive_i56_one_error),
	KUNIT_CASE(drive_i56_endpoints),
	KUNIT_CASE(drive_i56_forced_stalls),
	KUNIT_CASE(drive_i56_service_failure),
	{ }
};

struct kunit_suite drive_crash_suite = {
	.name = "smmu-sim-drive-after-crash",
	.test_cases = crash_cases,
};
