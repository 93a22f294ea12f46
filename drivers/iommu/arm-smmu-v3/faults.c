// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults that can be served: stalled transactions and page requests, on their way
 * to io-pgfault.c, and the answers on their way back.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <linux/bitfield.h>

#include "cmd.h"
#include "smmu.h"
#include "trace.h"

/* iommu_fault_page_request.private_data; beside the kind, how often the instance has slept */
enum { FAULT_SID, FAULT_KIND };
enum { FAULT_STALL, FAULT_PRI };
#define FAULT_LIFE(smmu)	((u64)READ_ONCE((smmu)->sleeps) << 1)

/* Keeps tags of stalls apart from the groups that the same device may ask for pages in. */
#define NOT_A_PRG	BIT(16)

/*
 * On return the fault was answered, or will be. A master that is found under the
 * lock stays until it is released.
 */
static int report(struct smmu_device *smmu, struct iopf_fault *fault, bool stall)
{
	struct iommu_fault_page_request *prm = &fault->fault.prm;
	struct smmu_master *master;
	int ret;

	if (!smmu->iopf)
		return -ENODEV;
	guard(mutex)(&smmu->streams_lock);
	master = xa_load(&smmu->streams, prm->private_data[FAULT_SID]);
	/* Answers find their instance by the device. */
	if (!master || master->leg || (!stall && !master->pri))
		return -ENODEV;

	if (!stall && (prm->flags & IOMMU_FAULT_PAGE_REQUEST_PASID_VALID) &&
	    smmu_pri_answer_has_pasid(master))
		prm->flags |= IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID;
	ret = iommu_report_device_fault(master->dev, fault);
	/* It was answered all the same. */
	return ret ? -EFAULT : 0;
}

/**
 * smmu_fault_report() - hand a stalled transaction on
 * @smmu: where it stalls
 * @e: event of a translation fault at stage 1
 *
 * Context: may sleep; takes streams_lock.
 *
 * Return: 0; -EFAULT when it was refused, and answered; -ENODEV when there is
 * nobody to ask, and the caller has to answer.
 */
int smmu_fault_report(struct smmu_device *smmu, const struct smmu_event *e)
{
	struct iopf_fault fault = {
		.fault.type = IOMMU_FAULT_PAGE_REQ,
		.fault.prm = {
			.flags = IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE,
			.grpid = FIELD_GET(EVT1_STAG, e->qw[1]) | NOT_A_PRG,
			.addr = e->qw[2],
			.private_data = {
				[FAULT_SID] = FIELD_GET(EVT0_SID, e->qw[0]),
				[FAULT_KIND] = FAULT_STALL | FAULT_LIFE(smmu),
			},
		},
	};
	struct iommu_fault_page_request *prm = &fault.fault.prm;

	if (e->qw[0] & EVT0_SSV) {
		prm->flags |= IOMMU_FAULT_PAGE_REQUEST_PASID_VALID;
		prm->pasid = FIELD_GET(EVT0_SSID, e->qw[0]);
	}
	prm->perm = e->qw[1] & EVT1_RNW ? IOMMU_FAULT_PERM_READ : IOMMU_FAULT_PERM_WRITE;
	if (e->qw[1] & EVT1_IND)
		prm->perm |= IOMMU_FAULT_PERM_EXEC;
	if (e->qw[1] & EVT1_PNU)
		prm->perm |= IOMMU_FAULT_PERM_PRIV;
	return report(smmu, &fault, true);
}

static u32 ppr_perm(const struct smmu_ppr *p)
{
	return (p->qw[0] & PPR0_READ ? IOMMU_FAULT_PERM_READ : 0) |
	       (p->qw[0] & PPR0_WRITE ? IOMMU_FAULT_PERM_WRITE : 0) |
	       (p->qw[0] & PPR0_EXEC ? IOMMU_FAULT_PERM_EXEC : 0) |
	       (p->qw[0] & PPR0_PRIV ? IOMMU_FAULT_PERM_PRIV : 0);
}

/**
 * smmu_ppr_report() - hand a page request on
 * @smmu: where it was queued
 * @p: the request, any bytes
 *
 * Context: may sleep; takes streams_lock.
 *
 * Return: 0; -EFAULT when it was refused, and its group answered if this is the
 * last request of it; -ENODEV when there is nobody to ask, and the caller has to
 * answer.
 */
int smmu_ppr_report(struct smmu_device *smmu, const struct smmu_ppr *p)
{
	struct iopf_fault fault = {
		.fault.type = IOMMU_FAULT_PAGE_REQ,
		.fault.prm = {
			.grpid = FIELD_GET(PPR1_PRG, p->qw[1]),
			.addr = p->qw[1] & PPR1_ADDR,
			.perm = ppr_perm(p),
			.private_data = {
				[FAULT_SID] = FIELD_GET(PPR0_SID, p->qw[0]),
				[FAULT_KIND] = FAULT_PRI | FAULT_LIFE(smmu),
			},
		},
	};
	struct iommu_fault_page_request *prm = &fault.fault.prm;

	if (p->qw[0] & PPR0_LAST)
		prm->flags |= IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE;
	if (p->qw[0] & PPR0_SSV) {
		prm->flags |= IOMMU_FAULT_PAGE_REQUEST_PASID_VALID;
		prm->pasid = FIELD_GET(PPR0_SSID, p->qw[0]);
	}
	return report(smmu, &fault, false);
}

static struct smmu_cmd stall_answer(const struct iommu_fault_page_request *prm, u32 code)
{
	return cmd_resume(prm->private_data[FAULT_SID], prm->grpid,
			  code == IOMMU_PAGE_RESP_SUCCESS ? RESUME0_AC : RESUME0_AB);
}

static struct smmu_cmd pri_answer(const struct iommu_fault_page_request *prm, u32 code)
{
	static const u8 resp[] = {
		[IOMMU_PAGE_RESP_SUCCESS] = PRI_RESP_SUCCESS,
		[IOMMU_PAGE_RESP_INVALID] = PRI_RESP_FAIL,
		[IOMMU_PAGE_RESP_FAILURE] = PRI_RESP_DENY,
	};
	bool ssv = prm->flags & IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID;

	return cmd_pri_resp(prm->private_data[FAULT_SID], ssv ? prm->pasid : 0, ssv, prm->grpid,
			    code < ARRAY_SIZE(resp) ? resp[code] : PRI_RESP_DENY);
}

/**
 * smmu_page_response() - give a device the answer to its fault
 * @dev: the device
 * @evt: the last fault of the group
 * @resp: the verdict
 *
 * Context: any.
 */
void smmu_page_response(struct device *dev, struct iopf_fault *evt,
			struct iommu_page_response *resp)
{
	const struct iommu_fault_page_request *prm = &evt->fault.prm;
	struct smmu_master *master = dev_iommu_priv_get(dev);
	u64 kind = prm->private_data[FAULT_KIND] ^ FAULT_LIFE(master->smmu);
	struct smmu_cmd cmd;

	/* Whoever waited for that ended with the sleep; another may have its tag by now. */
	if (kind > FAULT_PRI)
		return;
	trace_smmu_answer(dev, kind == FAULT_STALL, prm->grpid & ~NOT_A_PRG, resp->code);
	cmd = kind == FAULT_STALL ? stall_answer(prm, resp->code) : pri_answer(prm, resp->code);
	smmu_cmdq_run(&master->smmu->cmdq, &cmd, 1);
}

/**
 * smmu_faults_flush() - wait for what hardware has reported so far
 * @smmu: the instance
 *
 * On return each fault that stood in a queue at the call was handed on or
 * answered. Does not need interrupts.
 *
 * Context: may sleep.
 */
void smmu_faults_flush(struct smmu_device *smmu)
{
	smmu_evtq_flush(smmu);
	if (smmu->feat.pri)
		smmu_priq_flush(smmu);
}
