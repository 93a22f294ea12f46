// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fake SMMU of the suites: see fake.h. Offsets and fields are literal
 * numbers from IHI 0070, so that the driver's own are witnessed.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/device.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/kthread.h>

#include "fake.h"

/* Opcode 0xff does not exist: what a slot holds that nobody has written. */
#define SPOILT		0xfeedfacedeadbeffull

static unsigned int fake_shift(const struct fake_smmu *f)
{
	return f->base & 0x1f;
}

static __le64 *fake_slot(const struct fake_smmu *f, u32 index)
{
	__le64 *slots = phys_to_virt(f->base & word_bits(51, 5));

	return slots + 2 * (index & ((1u << fake_shift(f)) - 1));
}

static void fake_note_failure(struct fake_smmu *f, u32 sid)
{
	if (f->num_failures < FAKE_FAILURES)
		f->failures[f->num_failures] = sid;
	f->num_failures++;
}

/* 7.1 and 3.5.1: CONS stays at the command, GERROR.CMDQ_ERR toggles. */
static void fake_stop(struct fake_smmu *f, u32 err, const u64 *cmd)
{
	bool sync = (cmd[0] & 0xff) == 0x46;

	f->err = err;
	f->gerror ^= 1;
	if (err == 2)
		return;
	/* Its CMD_SYNC may fail as well, and is not one of whoever came before. */
	if (!sync)
		f->last_sid = cmd[0] >> 32;
	fake_note_failure(f, f->last_sid);
	f->spare = err == 1;
	/* A CMD_SYNC is replaced by a CMD_SYNC: that does not show. */
	if (err == 1 && !sync)
		memcpy(f->failed_cmd, cmd, sizeof(f->failed_cmd));
}

/* Returns the error that this attempt at the command meets, 0 for none. */
static u32 fake_strikes(struct fake_smmu *f, const u64 *cmd)
{
	bool sync = (cmd[0] & 0xff) == 0x46;
	u32 err = 0;

	if (f->failed_cmd[0] && !memcmp(f->failed_cmd, cmd, sizeof(f->failed_cmd))) {
		f->rerun++;
		return 0;
	}
	memset(f->failed_cmd, 0, sizeof(f->failed_cmd));

	if (f->spare) {
		f->spare = false;
		return 0;
	}
	/* 4.7.3: the CMD_SYNC after it reports the time-out, once. */
	if (sync && f->timed_out) {
		f->timed_out = false;
		return 3;
	}
	if (f->fail_times && f->fetched >= f->fail_at && (f->fail_err != 3 || sync)) {
		if (f->fail_times != FAKE_ALWAYS)
			f->fail_times--;
		return f->fail_err;
	}
	if (!f->fail_odds || dice_roll(&f->dice) % f->fail_odds)
		return 0;
	err = 1 + dice_roll(&f->dice) % 3;
	if (!(f->kinds & 1u << err) || (err == 3 && !sync))
		return 0;
	/* A row of aborts at one place would be a persistent one. */
	return err == 2 && f->err == 2 ? 0 : err;
}

static void fake_sync(struct fake_smmu *f, const u64 *cmd)
{
	f->syncs++;
	f->since_sync = 0;
	/* CS = 1: a write of MSIData to MSIAddress */
	if (word_get(cmd[0], 13, 12) == 1)
		WRITE_ONCE(*(__le32 *)phys_to_virt(cmd[1] & word_bits(51, 2)),
			   cpu_to_le32(cmd[0] >> 32));
}

/* Commands of producers come once, in order; those that failed leave gaps. */
static void fake_check_order(struct fake_smmu *f, u32 sid)
{
	unsigned int producer = sid >> 24;

	if (producer >= FAKE_PRODUCERS)
		return;
	if (sid << 8 >> 8 < f->next[producer])
		f->disorder++;
	f->next[producer] = (sid << 8 >> 8) + 1;
}

static void fake_run(struct fake_smmu *f, const u64 *cmd)
{
	struct smmu_cmd c = { .qw = { cmd[0], cmd[1] } };

	f->ran++;
	if (f->logged < FAKE_LOG)
		f->log[f->logged++] = c;
	if ((cmd[0] & 0xff) == 0x46) {
		fake_sync(f, cmd);
	} else {
		f->since_sync++;
		f->longest = max(f->longest, f->since_sync);
		if ((cmd[0] & 0xff) == 0x3)
			fake_check_order(f, cmd[0] >> 32);
		if ((cmd[0] & 0xff) == 0x40 && cmd[0] >> 32 < 64)
			f->timed_out |= f->deaf >> (cmd[0] >> 32) & 1;
	}
	if (f->hook)
		f->hook(f, &c);
}

/* Take one command; false when there is none, or an error is pending. */
static bool fake_step(struct fake_smmu *f)
{
	u32 mask = (2u << fake_shift(f)) - 1, err;
	__le64 *slot;
	u64 cmd[2];

	if (!f->base || ((f->gerror ^ f->gerrorn) & 1) || f->prod == f->cons)
		return false;

	slot = fake_slot(f, f->cons);
	cmd[0] = le64_to_cpu(READ_ONCE(slot[0]));
	cmd[1] = le64_to_cpu(READ_ONCE(slot[1]));
	err = fake_strikes(f, cmd);
	f->fetched++;
	if (err) {
		fake_stop(f, err, cmd);
		return false;
	}
	if (cmd[0] == SPOILT || cmd[1] == SPOILT)
		f->unwritten++;
	else
		fake_run(f, cmd);
	if ((cmd[0] & 0xff) != 0x46)
		f->last_sid = cmd[0] >> 32;
	slot[0] = cpu_to_le64(SPOILT);
	slot[1] = cpu_to_le64(SPOILT);
	f->err = 0;
	f->cons = (f->cons + 1) & mask;
	return true;
}

static void fake_steps(struct fake_smmu *f, unsigned int n)
{
	while (n-- && fake_step(f))
		;
}

static struct fake_smmu *to_fake(const struct smmu_mmio *io)
{
	return container_of(io, struct fake_smmu, smmu.io);
}

static u32 fake_read_locked(struct fake_smmu *f, u32 offset)
{
	switch (offset) {
	case 0x60:
		return f->gerror;
	case 0x64:
		return f->gerrorn;
	case 0x98:
		return f->prod;
	case 0x9c:
		if (f->pauses) {
			f->pauses--;
			mdelay(FAKE_PAUSE_MS);
			return f->cons | f->err << 24;
		}
		/* who waits helps a thread that does not get a CPU */
		if (f->pace == FAKE_LAZY || f->pace == FAKE_THREAD)
			fake_steps(f, dice_roll(&f->dice) % 4);
		return f->cons | f->err << 24;
	case 0x100a8:
		return f->evtq[0];
	case 0x100ac:
		return f->evtq[1];
	default:
		return 0;
	}
}

static u32 fake_read(const struct smmu_mmio *io, u32 offset)
{
	struct fake_smmu *f = to_fake(io);
	unsigned long flags;
	u32 value;

	raw_spin_lock_irqsave(&f->lock, flags);
	value = fake_read_locked(f, offset);
	raw_spin_unlock_irqrestore(&f->lock, flags);
	return value;
}

static void fake_write_locked(struct fake_smmu *f, u32 offset, u64 value)
{
	switch (offset) {
	case 0x64:
		f->gerrorn = value;
		break;
	case 0x98:
		f->prod = value;
		break;
	case 0x100ac:
		f->evtq[1] = value;
		break;
	default:
		return;
	}
	if (f->pace == FAKE_EAGER)
		fake_steps(f, FAKE_ALWAYS);
}

static void fake_write(const struct smmu_mmio *io, u32 offset, u64 value, unsigned int bytes)
{
	struct fake_smmu *f = to_fake(io);
	unsigned long flags;

	raw_spin_lock_irqsave(&f->lock, flags);
	fake_write_locked(f, offset, value);
	raw_spin_unlock_irqrestore(&f->lock, flags);
}

static const struct smmu_mmio_ops fake_ops = {
	.read = fake_read,
	.write = fake_write,
};

static int fake_thread(void *data)
{
	struct fake_smmu *f = data;
	unsigned long flags;

	while (!kthread_should_stop()) {
		raw_spin_lock_irqsave(&f->lock, flags);
		fake_steps(f, dice_roll(&f->dice) % 8);
		raw_spin_unlock_irqrestore(&f->lock, flags);
		cond_resched();
	}
	return 0;
}

static void fake_destroy(void *data)
{
	struct fake_smmu *f = data;

	fake_pace(f, FAKE_STUCK);
	static_branch_dec(&iommu_seam_key);
}

/**
 * fake_create() - make a fake with a device of its own
 * @test: it lives as long
 *
 * The instance looks like QEMU's; the caller changes smmu.feat to taste.
 */
struct fake_smmu *fake_create(struct kunit *test)
{
	struct fake_smmu *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	static atomic_t count = ATOMIC_INIT(0);
	struct smmu_device *smmu;
	struct device *dev;
	char name[24];

	KUNIT_ASSERT_NOT_NULL(test, f);
	snprintf(name, sizeof(name), "fake-smmu-%d", atomic_inc_return(&count));
	f->log = kunit_kcalloc(test, FAKE_LOG, sizeof(*f->log), GFP_KERNEL);
	f->failures = kunit_kcalloc(test, FAKE_FAILURES, sizeof(*f->failures), GFP_KERNEL);
	dev = kunit_device_register(test, name);
	KUNIT_ASSERT_NOT_NULL(test, f->log);
	KUNIT_ASSERT_NOT_NULL(test, f->failures);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	dev->dma_coherent = true;
	KUNIT_ASSERT_EQ(test, dma_coerce_mask_and_coherent(dev, DMA_BIT_MASK(52)), 0);

	smmu = &f->smmu;
	smmu->dev = dev;
	smmu->io.ops = &fake_ops;
	smmu->feat = (struct smmu_features) {
		.pgsizes = SZ_4K | SZ_2M | SZ_1G, .ias = 48, .oas = 48, .va_bits = 48,
		.sid_bits = 16, .asid_bits = 16, .vmid_bits = 16, .cmdq_shift = 19,
		.eventq_shift = 7, .s1 = true, .s2 = true, .nested = true, .coherent = true,
		.two_level_strtab = true,
	};
	mutex_init(&smmu->streams_lock);
	xa_init(&smmu->streams);
	smmu_tags_init(smmu);
	ratelimit_state_init(&smmu->log_limit, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);

	raw_spin_lock_init(&f->lock);
	static_branch_inc(&iommu_seam_key);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fake_destroy, f), 0);
	return f;
}

static void fake_free_cmdq(void *data)
{
	smmu_cmdq_free(data);
}

/**
 * fake_cmdq() - make the command queue of the fake's instance
 * @test: it lives as long
 * @f: the fake
 * @shift: log2 of the most entries
 * @msi: CMD_SYNCs complete by MSI
 */
struct smmu_cmdq *fake_cmdq(struct kunit *test, struct fake_smmu *f, unsigned int shift, bool msi)
{
	struct smmu_cmdq *q = &f->smmu.cmdq;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, smmu_cmdq_init(q, f->smmu.dev, &f->smmu.io, shift, msi), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fake_free_cmdq, q), 0);
	KUNIT_ASSERT_LE(test, q->shift, shift);
	smmu_cmdq_reset(q);

	f->base = q->slots_dma | q->shift;
	f->prod = 0;
	f->cons = 0;
	for (i = 0; i < 1u << q->shift; i++) {
		fake_slot(f, i)[0] = cpu_to_le64(SPOILT);
		fake_slot(f, i)[1] = cpu_to_le64(SPOILT);
	}
	return q;
}

/**
 * fake_pace() - change how the fake consumes
 * @f: the fake
 * @pace: from now on
 */
void fake_pace(struct fake_smmu *f, enum fake_pace pace)
{
	unsigned long flags;

	if (f->thread)
		kthread_stop(f->thread);
	f->thread = NULL;

	raw_spin_lock_irqsave(&f->lock, flags);
	f->pace = pace;
	if (pace == FAKE_EAGER)
		fake_steps(f, FAKE_ALWAYS);
	raw_spin_unlock_irqrestore(&f->lock, flags);

	if (pace == FAKE_THREAD) {
		/* away from who waits for it, where there are several CPUs */
		f->thread = kthread_run_on_cpu(fake_thread, f, cpumask_last(cpu_online_mask),
					       "fake-smmu/%u");
		if (IS_ERR(f->thread))
			f->thread = NULL;
	}
}

/**
 * fake_clear() - forget what ran so far
 * @f: the fake, with an empty queue
 */
void fake_clear(struct fake_smmu *f)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&f->lock, flags);
	f->ran = 0;
	f->syncs = 0;
	f->logged = 0;
	f->num_failures = 0;
	f->longest = 0;
	f->since_sync = 0;
	memset(f->next, 0, sizeof(f->next));
	raw_spin_unlock_irqrestore(&f->lock, flags);
}

/**
 * fake_fail() - let a command of the future fail
 * @f: the fake
 * @in: this many commands run before
 * @err: CERROR_*; an ATC time-out strikes at the first CMD_SYNC from there on
 * @times: how often in a row, or FAKE_ALWAYS
 */
void fake_fail(struct fake_smmu *f, u64 in, u32 err, u32 times)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&f->lock, flags);
	f->fail_at = f->fetched + in;
	f->fail_err = err;
	f->fail_times = times;
	raw_spin_unlock_irqrestore(&f->lock, flags);
}

/**
 * fake_failed() - whether a command of a submission failed
 * @f: the fake
 * @first_sid: of its first command
 * @last_sid: of its last command, which stands for its CMD_SYNC too
 */
bool fake_failed(struct fake_smmu *f, u32 first_sid, u32 last_sid)
{
	unsigned long flags;
	bool found = false;
	unsigned int i;

	raw_spin_lock_irqsave(&f->lock, flags);
	for (i = 0; i < min(f->num_failures, FAKE_FAILURES); i++)
		found |= f->failures[i] >= first_sid && f->failures[i] <= last_sid;
	raw_spin_unlock_irqrestore(&f->lock, flags);
	return found;
}

bool fake_error_pending(struct fake_smmu *f)
{
	return (READ_ONCE(f->gerror) ^ READ_ONCE(f->gerrorn)) & 1;
}

/* How many completed commands have an opcode. */
unsigned int fake_count(const struct fake_smmu *f, u8 op)
{
	unsigned int i, n = 0;

	for (i = 0; i < f->logged; i++)
		n += (f->log[i].qw[0] & 0xff) == op;
	return n;
}
