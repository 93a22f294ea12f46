/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: what goes through an instance, as it happens.
 *
 * Names stand for instances and devices. A domain has none: its address, as the kernel
 * prints addresses, tells one from another.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM arm_smmu_v3

#if !defined(SMMU_V3_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SMMU_V3_TRACE_H

#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/jump_label.h>
#include <linux/tracepoint.h>

#include "structs.h"

#define smmu_op_names					\
	{ OP_PREFETCH_CFG,	"PREFETCH_CONFIG" },	\
	{ OP_PREFETCH_ADDR,	"PREFETCH_ADDR" },	\
	{ OP_CFGI_STE,		"CFGI_STE" },		\
	{ OP_CFGI_STE_RANGE,	"CFGI_STE_RANGE" },	\
	{ OP_CFGI_CD,		"CFGI_CD" },		\
	{ OP_CFGI_CD_ALL,	"CFGI_CD_ALL" },	\
	{ OP_TLBI_NH_ALL,	"TLBI_NH_ALL" },	\
	{ OP_TLBI_NH_ASID,	"TLBI_NH_ASID" },	\
	{ OP_TLBI_NH_VA,	"TLBI_NH_VA" },		\
	{ OP_TLBI_NH_VAA,	"TLBI_NH_VAA" },	\
	{ OP_TLBI_EL2_ALL,	"TLBI_EL2_ALL" },	\
	{ OP_TLBI_EL2_ASID,	"TLBI_EL2_ASID" },	\
	{ OP_TLBI_EL2_VA,	"TLBI_EL2_VA" },	\
	{ OP_TLBI_EL2_VAA,	"TLBI_EL2_VAA" },	\
	{ OP_TLBI_S12_VMALL,	"TLBI_S12_VMALL" },	\
	{ OP_TLBI_S2_IPA,	"TLBI_S2_IPA" },	\
	{ OP_TLBI_NSNH_ALL,	"TLBI_NSNH_ALL" },	\
	{ OP_ATC_INV,		"ATC_INV" },		\
	{ OP_PRI_RESP,		"PRI_RESP" },		\
	{ OP_RESUME,		"RESUME" },		\
	{ OP_STALL_TERM,	"STALL_TERM" },		\
	{ OP_SYNC,		"SYNC" }

TRACE_EVENT(smmu_map,
	TP_PROTO(const void *domain, unsigned long iova, phys_addr_t paddr, size_t wanted,
		 size_t mapped, int prot),
	TP_ARGS(domain, iova, paddr, wanted, mapped, prot),
	TP_STRUCT__entry(
		__field(const void *, domain)
		__field(u64, iova)
		__field(u64, paddr)
		__field(u64, wanted)
		__field(u64, mapped)
		__field(int, prot)
	),
	TP_fast_assign(
		__entry->domain = domain;
		__entry->iova = iova;
		__entry->paddr = paddr;
		__entry->wanted = wanted;
		__entry->mapped = mapped;
		__entry->prot = prot;
	),
	TP_printk("domain=%p iova=%#llx paddr=%#llx size=%#llx mapped=%#llx prot=%s",
		  __entry->domain, __entry->iova, __entry->paddr, __entry->wanted,
		  __entry->mapped, __print_flags(__entry->prot, "|",
						 { IOMMU_READ, "read" },
						 { IOMMU_WRITE, "write" },
						 { IOMMU_CACHE, "cache" },
						 { IOMMU_NOEXEC, "noexec" },
						 { IOMMU_MMIO, "mmio" },
						 { IOMMU_PRIV, "priv" }))
);

TRACE_EVENT(smmu_unmap,
	TP_PROTO(const void *domain, unsigned long iova, size_t wanted, size_t unmapped),
	TP_ARGS(domain, iova, wanted, unmapped),
	TP_STRUCT__entry(
		__field(const void *, domain)
		__field(u64, iova)
		__field(u64, wanted)
		__field(u64, unmapped)
	),
	TP_fast_assign(
		__entry->domain = domain;
		__entry->iova = iova;
		__entry->wanted = wanted;
		__entry->unmapped = unmapped;
	),
	TP_printk("domain=%p iova=%#llx size=%#llx unmapped=%#llx", __entry->domain,
		  __entry->iova, __entry->wanted, __entry->unmapped)
);

/* Somebody wants to know how long CMD_SYNCs take. */
DECLARE_STATIC_KEY_FALSE(smmu_watched);
int smmu_watch(void);
void smmu_unwatch(void);

/* Commands up to a CMD_SYNC that somebody waited for. */
TRACE_EVENT_FN(smmu_sync,
	TP_PROTO(const struct device *smmu, unsigned int commands, u8 op, u64 latency, int ret),
	TP_ARGS(smmu, commands, op, latency, ret),
	TP_STRUCT__entry(
		__string(smmu, dev_name(smmu))
		__field(unsigned int, commands)
		__field(u8, op)
		__field(u64, latency)
		__field(int, ret)
	),
	TP_fast_assign(
		__assign_str(smmu);
		__entry->commands = commands;
		__entry->op = op;
		__entry->latency = latency;
		__entry->ret = ret;
	),
	TP_printk("%s commands=%u first=%s latency_ns=%llu ret=%d", __get_str(smmu),
		  __entry->commands, __print_symbolic(__entry->op, smmu_op_names),
		  __entry->latency, __entry->ret),
	smmu_watch, smmu_unwatch
);

/* A record of the event queue: the words that the log has, and what they are made of. */
TRACE_EVENT(smmu_event,
	TP_PROTO(const struct device *smmu, const struct smmu_event *event, const char *words),
	TP_ARGS(smmu, event, words),
	TP_STRUCT__entry(
		__string(smmu, dev_name(smmu))
		__array(u64, qw, 4)
		__string(words, words)
	),
	TP_fast_assign(
		__assign_str(smmu);
		memcpy(__entry->qw, event->qw, sizeof(__entry->qw));
		__assign_str(words);
	),
	TP_printk("%s %s raw=%#llx,%#llx,%#llx,%#llx", __get_str(smmu), __get_str(words),
		  __entry->qw[0], __entry->qw[1], __entry->qw[2], __entry->qw[3])
);

TRACE_EVENT(smmu_page_request,
	TP_PROTO(const struct device *smmu, const struct smmu_ppr *p),
	TP_ARGS(smmu, p),
	TP_STRUCT__entry(
		__string(smmu, dev_name(smmu))
		__field(u64, sid)
		__field(u64, flags)
		__field(u64, addr)
	),
	TP_fast_assign(
		__assign_str(smmu);
		__entry->sid = p->qw[0] & PPR0_SID;
		__entry->flags = p->qw[0];
		__entry->addr = p->qw[1];
	),
	TP_printk("%s stream=%#llx pasid=%lld group=%llu addr=%#llx wants=%s%s", __get_str(smmu),
		  __entry->sid, __entry->flags & PPR0_SSV ?
		  (s64)((__entry->flags & PPR0_SSID) >> 32) : -1,
		  __entry->addr & PPR1_PRG, __entry->addr & PPR1_ADDR,
		  __print_flags(__entry->flags & (PPR0_READ | PPR0_WRITE | PPR0_EXEC | PPR0_PRIV),
				"|", { PPR0_READ, "read" }, { PPR0_WRITE, "write" },
				{ PPR0_EXEC, "exec" }, { PPR0_PRIV, "priv" }),
		  __entry->flags & PPR0_LAST ? " last" : "")
);

/* The verdict of whoever served a fault. */
TRACE_EVENT(smmu_answer,
	TP_PROTO(const struct device *dev, bool stall, u32 tag, u32 code),
	TP_ARGS(dev, stall, tag, code),
	TP_STRUCT__entry(
		__string(dev, dev_name(dev))
		__field(bool, stall)
		__field(u32, tag)
		__field(u32, code)
	),
	TP_fast_assign(
		__assign_str(dev);
		__entry->stall = stall;
		__entry->tag = tag;
		__entry->code = code;
	),
	TP_printk("%s %s=%u %s", __get_str(dev), __entry->stall ? "stall" : "group",
		  __entry->tag, __print_symbolic(__entry->code,
						 { IOMMU_PAGE_RESP_SUCCESS, "served" },
						 { IOMMU_PAGE_RESP_INVALID, "invalid" },
						 { IOMMU_PAGE_RESP_FAILURE, "failed" }))
);

TRACE_EVENT(smmu_block,
	TP_PROTO(const struct device *dev, const char *why),
	TP_ARGS(dev, why),
	TP_STRUCT__entry(
		__string(dev, dev_name(dev))
		__string(why, why)
	),
	TP_fast_assign(
		__assign_str(dev);
		__assign_str(why);
	),
	TP_printk("%s %s", __get_str(dev), __get_str(why))
);

#endif /* SMMU_V3_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH ../../drivers/iommu/arm-smmu-v3
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
