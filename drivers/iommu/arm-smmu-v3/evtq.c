// SPDX-License-Identifier: GPL-2.0-only
/*
 * The event queue: faults, as one decoded line each.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <kunit/visibility.h>
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/moduleparam.h>

#include "cmd.h"
#include "smmu.h"
#include "trace.h"

/*
 * 16K, or 128K where many transactions can stall. Events that do not fit are
 * counted by hardware's overflow flag; a storm has said all it can say in the
 * first ones. Stalled transactions wait in the SMMU until there is room, so none
 * of them is lost (7.2).
 */
#define EVTQ_SHIFT	9
#define EVTQ_SHIFT_MAX	12

/* After so many full queues in a row others get the CPU, whatever they cost us. */
#define STORM_ROUNDS	8

#define EVENT_LINE	256

unsigned int smmu_event_limit = 10000;
module_param_named(event_limit, smmu_event_limit, uint, 0644);
MODULE_PARM_DESC(event_limit, "Block a device after so many events in a second that nobody serves, if the queue overflows; 0: never");
EXPORT_SYMBOL_IF_KUNIT(smmu_event_limit);

enum event_shape {
	SHAPE_BARE,		/* nothing but the stream */
	SHAPE_FETCH,		/* qw[3] is where the SMMU could not read */
	SHAPE_ACCESS,		/* qw[1] describes an access to qw[2] */
};

/**
 * struct event_kind - how to put an event into words: IHI 0070, 7.3
 * @name: the architecture's name
 * @reason: what it means, for somebody who does not have the book at hand
 * @shape: which words of the record mean something
 */
struct event_kind {
	const char *name;
	const char *reason;
	enum event_shape shape;
};

static const struct event_kind event_kinds[] = {
	[EVT_F_UUT] = { "F_UUT", "unsupported upstream transaction", SHAPE_ACCESS },
	[EVT_C_BAD_STREAMID] = { "C_BAD_STREAMID", "stream ID outside the stream table" },
	[EVT_F_STE_FETCH] = { "F_STE_FETCH", "stream table entry could not be read", SHAPE_FETCH },
	[EVT_C_BAD_STE] = { "C_BAD_STE", "stream table entry is not valid" },
	[EVT_F_BAD_ATS_TREQ] = { "F_BAD_ATS_TREQ", "translation request not allowed",
				 SHAPE_ACCESS },
	[EVT_F_STREAM_DISABLED] = { "F_STREAM_DISABLED", "DMA without a PASID is not allowed" },
	[EVT_F_TRANSL_FORBIDDEN] = { "F_TRANSL_FORBIDDEN", "translated request not allowed",
				     SHAPE_ACCESS },
	[EVT_C_BAD_SUBSTREAMID] = { "C_BAD_SUBSTREAMID", "PASID outside the table" },
	[EVT_F_CD_FETCH] = { "F_CD_FETCH", "context descriptor could not be read", SHAPE_FETCH },
	[EVT_C_BAD_CD] = { "C_BAD_CD", "context descriptor is not valid" },
	[EVT_F_WALK_EABT] = { "F_WALK_EABT", "page table could not be read", SHAPE_ACCESS },
	[EVT_F_TRANSLATION] = { "F_TRANSLATION", "no mapping", SHAPE_ACCESS },
	[EVT_F_ADDR_SIZE] = { "F_ADDR_SIZE", "address out of range", SHAPE_ACCESS },
	[EVT_F_ACCESS] = { "F_ACCESS", "access flag is clear", SHAPE_ACCESS },
	[EVT_F_PERMISSION] = { "F_PERMISSION", "mapping does not permit it", SHAPE_ACCESS },
	[EVT_F_TLB_CONFLICT] = { "F_TLB_CONFLICT", "conflicting TLB entries", SHAPE_ACCESS },
	[EVT_F_CFG_CONFLICT] = { "F_CFG_CONFLICT", "conflicting configuration entries" },
	[EVT_E_PAGE_REQUEST] = { "E_PAGE_REQUEST", "page request hint", SHAPE_ACCESS },
	[EVT_F_VMS_FETCH] = { "F_VMS_FETCH", "VM structure could not be read", SHAPE_FETCH },
};

static const struct event_kind *event_kind(const struct smmu_event *e)
{
	static const struct event_kind unknown = { "unknown", "no event of SMMUv3.0 to 3.2" };
	u8 id = FIELD_GET(EVT0_ID, e->qw[0]);

	return id < ARRAY_SIZE(event_kinds) && event_kinds[id].name ? &event_kinds[id] : &unknown;
}

static bool event_is_translation_fault(const struct smmu_event *e)
{
	u8 id = FIELD_GET(EVT0_ID, e->qw[0]);

	return id >= EVT_F_TRANSLATION && id <= EVT_F_PERMISSION;
}

static const char *event_access(const struct smmu_event *e)
{
	if (e->qw[1] & EVT1_IND)
		return "instruction fetch";
	return e->qw[1] & EVT1_RNW ? "read" : "write";
}

/* 7.3, CLASS: what the SMMU was doing for the access when it failed. */
static const char *event_cause(const struct smmu_event *e)
{
	if (!event_is_translation_fault(e))
		return "";
	switch (FIELD_GET(EVT1_CLASS, e->qw[1])) {
	case EVT_CLASS_CD:
		return ", while reading the context descriptor";
	case EVT_CLASS_TT:
		return ", while walking the page table";
	default:
		return "";
	}
}

/**
 * smmu_event_describe() - put an event into one line of words
 * @e: the event, any bytes
 * @dev: name of the device, or NULL where the stream is nobody's
 * @buf: receives the line, without a newline
 * @len: size of @buf
 *
 * Return: what snprintf() returns.
 */
int smmu_event_describe(const struct smmu_event *e, const char *dev, char *buf, size_t len)
{
	const struct event_kind *kind = event_kind(e);
	char pasid[24] = "", where[80] = "";

	if (e->qw[0] & EVT0_SSV)
		snprintf(pasid, sizeof(pasid), ", PASID %llu", FIELD_GET(EVT0_SSID, e->qw[0]));
	if (kind->shape == SHAPE_ACCESS)
		snprintf(where, sizeof(where), " %s%s of %#llx%s:",
			 e->qw[1] & EVT1_PNU ? "privileged " : "", event_access(e), e->qw[2],
			 e->qw[1] & EVT1_S2 ? " at stage 2" : "");
	else if (kind->shape == SHAPE_FETCH)
		snprintf(where, sizeof(where), " at %#llx:", e->qw[3] & EVT3_FETCHADDR);

	return snprintf(buf, len, "event %s (%#04llx): %s (stream %#llx%s)%s %s%s%s", kind->name,
			FIELD_GET(EVT0_ID, e->qw[0]), dev ?: "unknown device",
			FIELD_GET(EVT0_SID, e->qw[0]), pasid, where, kind->reason, event_cause(e),
			e->qw[1] & EVT1_STALL && event_is_translation_fault(e) ? ", stalled" : "");
}
EXPORT_SYMBOL_IF_KUNIT(smmu_event_describe);

static struct smmu_master *event_master(struct smmu_device *smmu, const struct smmu_event *e)
{
	lockdep_assert_held(&smmu->streams_lock);
	return xa_load(&smmu->streams, FIELD_GET(EVT0_SID, e->qw[0]));
}

static void event_words(struct smmu_device *smmu, const struct smmu_event *e, char *buf, size_t len)
{
	struct smmu_master *master;

	guard(mutex)(&smmu->streams_lock);
	master = event_master(smmu, e);
	smmu_event_describe(e, master ? dev_name(master->dev) : NULL, buf, len);
}

static void event_trace(struct smmu_device *smmu, const struct smmu_event *e)
{
	char line[EVENT_LINE];

	if (!trace_smmu_event_enabled())
		return;
	event_words(smmu, e, line, sizeof(line));
	trace_smmu_event(smmu->dev, e, line);
}

static void event_log(struct smmu_device *smmu, const struct smmu_event *e)
{
	char line[EVENT_LINE];

	if (!__ratelimit(&smmu->log_limit))
		return;
	event_words(smmu, e, line, sizeof(line));
	dev_err(smmu->dev, "%s\n", line);
}

/* Events are being lost, and others' may be among them, since one device fills the queue. */
static bool storm_is_over_limit(struct smmu_storm *storm, u64 overflows)
{
	unsigned int limit = READ_ONCE(smmu_event_limit);

	if (!storm->num || time_after(jiffies, storm->until))
		*storm = (struct smmu_storm) { .until = jiffies + HZ, .overflows = overflows };
	storm->num++;
	return limit && storm->num >= limit && overflows != storm->overflows;
}

/* What nobody serves: a device that does little else is cut off (I-21). */
static void event_count(struct smmu_device *smmu, const struct smmu_event *e)
{
	struct smmu_master *master;

	guard(mutex)(&smmu->streams_lock);
	master = event_master(smmu, e);
	if (!master)
		return;
	master->events++;
	if (!READ_ONCE(master->blocked) &&
	    storm_is_over_limit(&master->storm, smmu->evtq.overflows))
		smmu_master_block(master, "floods the event queue");
}

/*
 * Pages of a stage 2, and tables, are not for the kernel's memory management to
 * fill in; an address that is too large stays so.
 */
static bool event_can_be_served(const struct smmu_event *e)
{
	return !(e->qw[1] & EVT1_S2) && FIELD_GET(EVT0_ID, e->qw[0]) != EVT_F_ADDR_SIZE &&
	       FIELD_GET(EVT1_CLASS, e->qw[1]) == EVT_CLASS_IN;
}

/* Nobody will serve the fault: the transaction ends in an abort (4.6.1). */
static void event_end_stall(struct smmu_device *smmu, const struct smmu_event *e)
{
	struct smmu_cmd cmd = cmd_resume(FIELD_GET(EVT0_SID, e->qw[0]),
					 FIELD_GET(EVT1_STAG, e->qw[1]), RESUME0_AB);

	smmu_cmdq_run(&smmu->cmdq, &cmd, 1);
}

/**
 * smmu_event_handle() - deal with one event
 * @smmu: where it comes from
 * @e: the event, any bytes
 *
 * Context: may sleep.
 */
void smmu_event_handle(struct smmu_device *smmu, const struct smmu_event *e)
{
	/* Where nothing stalls there is nothing to resume, and the command is illegal (4.6.1). */
	bool stalled = smmu->feat.stall && event_is_translation_fault(e) &&
		       (e->qw[1] & EVT1_STALL);
	int ret = -ENODEV;

	event_trace(smmu, e);
	if (stalled && event_can_be_served(e))
		ret = smmu_fault_report(smmu, e);
	if (!ret)
		return;
	event_log(smmu, e);
	event_count(smmu, e);
	if (stalled && ret == -ENODEV)
		event_end_stall(smmu, e);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_event_handle);

/* At most @max events; false when there are no more. */
static bool evtq_take(struct smmu_device *smmu, unsigned int max)
{
	struct smmu_event e;

	while (max--) {
		if (!smmu_queue_take(&smmu->evtq, e.qw))
			return false;
		smmu_event_handle(smmu, &e);
		cond_resched();
	}
	return true;
}

/* In rounds, so that whoever flushes gets the lock in a storm as well. */
static bool evtq_round(struct smmu_device *smmu)
{
	bool more;

	guard(mutex)(&smmu->evtq.lock);
	more = evtq_take(smmu, smmu_queue_room(&smmu->evtq));
	/* Also where there is no end of events: whose they are is judged by what is lost. */
	if (smmu_queue_ack_overflow(&smmu->evtq) && __ratelimit(&smmu->log_limit))
		dev_err(smmu->dev, "event queue overflowed, events were lost\n");
	return more || smmu_queue_pending(&smmu->evtq);
}

/**
 * smmu_evtq_drain() - deal with all events there are
 * @smmu: the instance
 *
 * Context: the event interrupt's thread.
 */
void smmu_evtq_drain(struct smmu_device *smmu)
{
	unsigned int rounds = 0;

	/* The thread is one of real time: in a storm it would starve all that is not. */
	while (evtq_round(smmu))
		if (++rounds >= STORM_ROUNDS)
			usleep_range(1000, 2000);
}

/**
 * smmu_evtq_flush() - deal with the events that there are now
 * @smmu: the instance
 *
 * Unlike the interrupt's thread it comes to an end whatever devices do. Events of
 * stalled transactions that found no room are written as soon as there is some (7.2).
 *
 * Context: may sleep.
 */
void smmu_evtq_flush(struct smmu_device *smmu)
{
	guard(mutex)(&smmu->evtq.lock);
	evtq_take(smmu, smmu_queue_room(&smmu->evtq) + smmu->feat.stall_max);
}

int smmu_evtq_init(struct smmu_device *smmu)
{
	unsigned int shift = clamp_t(unsigned int, fls(smmu->feat.stall_max), EVTQ_SHIFT,
				     EVTQ_SHIFT_MAX);

	return smmu_queue_init(&smmu->evtq, smmu, min_t(u8, smmu->feat.eventq_shift, shift),
			       sizeof(struct smmu_event) / sizeof(u64), SMMU_EVENTQ_PROD,
			       SMMU_EVENTQ_CONS);
}
