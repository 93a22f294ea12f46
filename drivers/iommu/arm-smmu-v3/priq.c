// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PRI queue: page requests of PCI endpoints.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/bitfield.h>

#include "cmd.h"
#include "smmu.h"
#include "trace.h"

/*
 * 16K. What does not fit is answered by hardware itself, and an endpoint asks
 * again (8.2).
 */
#define PRIQ_SHIFT	10

static void ppr_log(struct smmu_device *smmu, const struct smmu_ppr *p)
{
	struct smmu_master *master;

	if (!__ratelimit(&smmu->log_limit))
		return;
	guard(mutex)(&smmu->streams_lock);
	master = xa_load(&smmu->streams, FIELD_GET(PPR0_SID, p->qw[0]));
	dev_err(smmu->dev, "page request: %s (stream %#llx) %s%s%s of %#llx: nobody serves it\n",
		master ? dev_name(master->dev) : "unknown device", FIELD_GET(PPR0_SID, p->qw[0]),
		p->qw[0] & PPR0_READ ? "r" : "-", p->qw[0] & PPR0_WRITE ? "w" : "-",
		p->qw[0] & PPR0_EXEC ? "x" : "-", p->qw[1] & PPR1_ADDR);
}

/* PCIe 10.4.1.2.1: the last word on a PASID, which nobody waits for. */
static bool ppr_is_stop_marker(const struct smmu_ppr *p)
{
	return (p->qw[0] & PPR0_SSV) && (p->qw[0] & PPR0_LAST) &&
	       !(p->qw[0] & (PPR0_READ | PPR0_WRITE | PPR0_EXEC));
}

/* A group gets one answer, for its last request (I-39). */
static void ppr_deny(struct smmu_device *smmu, const struct smmu_ppr *p)
{
	bool ssv = p->qw[0] & PPR0_SSV;
	struct smmu_master *master;
	struct smmu_cmd cmd;

	if (!(p->qw[0] & PPR0_LAST) || ppr_is_stop_marker(p))
		return;
	scoped_guard(mutex, &smmu->streams_lock) {
		master = xa_load(&smmu->streams, FIELD_GET(PPR0_SID, p->qw[0]));
		ssv = ssv && (!master || smmu_pri_answer_has_pasid(master));
	}
	cmd = cmd_pri_resp(FIELD_GET(PPR0_SID, p->qw[0]),
			   ssv ? FIELD_GET(PPR0_SSID, p->qw[0]) : 0, ssv,
			   FIELD_GET(PPR1_PRG, p->qw[1]), PRI_RESP_DENY);
	smmu_cmdq_run(&smmu->cmdq, &cmd, 1);
}

/* What arrives from an endpoint whose PRI is not enabled was not asked for, and is denied. */
static void ppr_handle(struct smmu_device *smmu, const struct smmu_ppr *p)
{
	int ret;

	trace_smmu_page_request(smmu->dev, p);
	ret = smmu_ppr_report(smmu, p);
	if (ret)
		ppr_log(smmu, p);
	if (ret == -ENODEV)
		ppr_deny(smmu, p);
}

/* At most @max requests; false when there are no more. */
static bool priq_take(struct smmu_device *smmu, unsigned int max)
{
	struct smmu_ppr p;

	while (max--) {
		if (!smmu_queue_take(&smmu->priq, p.qw))
			return false;
		ppr_handle(smmu, &p);
		cond_resched();
	}
	return true;
}

/*
 * Requests that found no room are lost, and groups of which they were part must
 * not be put together from what is left (I-40): before new ones can arrive.
 */
static bool priq_overflowed(struct smmu_device *smmu)
{
	if (!smmu_queue_overflowed(&smmu->priq))
		return false;
	/* What was queued before; nothing is added until the overflow is acknowledged. */
	while (priq_take(smmu, smmu_queue_room(&smmu->priq)))
		;
	iopf_queue_discard_partial(smmu->iopf);
	if (__ratelimit(&smmu->log_limit))
		dev_err(smmu->dev, "PRI queue overflowed, hardware answered for us\n");
	return smmu_queue_ack_overflow(&smmu->priq);
}

/* In rounds, so that whoever flushes gets the lock in a storm as well. */
static bool priq_round(struct smmu_device *smmu)
{
	guard(mutex)(&smmu->priq.lock);
	if (priq_take(smmu, smmu_queue_room(&smmu->priq)))
		return true;
	return priq_overflowed(smmu) || smmu_queue_pending(&smmu->priq);
}

/**
 * smmu_priq_drain() - deal with all page requests there are
 * @smmu: the instance
 *
 * Context: the PRI interrupt's thread.
 */
void smmu_priq_drain(struct smmu_device *smmu)
{
	while (priq_round(smmu))
		;
}

/**
 * smmu_priq_flush() - deal with the page requests that there are now
 * @smmu: the instance
 *
 * Unlike the interrupt's thread it comes to an end whatever devices do.
 *
 * Context: may sleep.
 */
void smmu_priq_flush(struct smmu_device *smmu)
{
	guard(mutex)(&smmu->priq.lock);
	priq_take(smmu, smmu_queue_room(&smmu->priq));
	priq_overflowed(smmu);
}

int smmu_priq_init(struct smmu_device *smmu)
{
	if (!smmu->feat.pri)
		return 0;
	return smmu_queue_init(&smmu->priq, smmu, min(smmu->feat.priq_shift, PRIQ_SHIFT),
			       sizeof(struct smmu_ppr) / sizeof(u64), SMMU_PRIQ_PROD,
			       SMMU_PRIQ_CONS);
}
