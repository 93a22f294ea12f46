/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State of the SMMUv3 driver, shared by its rooms.
 *
 * Lock order, outermost first:
 *
 *	group mutex of the core
 *	  smmu_device.asids_lock	whose ASIDs are
 *	    smmu_domain.lock		a domain's places (writers), PASIDs and tags
 *	      smmu_instances_lock	list of instances
 *	  smmu_master.view_lock		what debugfs shows of it
 *	  smmu_master.faults_lock	whether its faults are served
 *	    smmu_queue.lock		who empties a queue
 *	    smmu_device.streams_lock	stream ID -> master; also under a domain's lock
 *	      smmu_master.cd_lock	its CD of DMA without a PASID
 *	      smmu_strtab.lock		growth of the stream table
 *	      locks of io-pgfault.c
 *	        smmu_master.ste_lock	STEs of a master; raw
 *	          smmu_cmdq.error_lock	raw, innermost
 *
 * Unmapping, and the invalidation callback of a process, read the places under
 * RCU and take none of them, unless a command fails: then error_lock, and to
 * block an endpoint its ste_lock. The exit of a process takes the domain's lock.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_V3_SMMU_H
#define SMMU_V3_SMMU_H

#include <linux/idr.h>
#include <linux/io-pgtable.h>
#include <linux/iommu.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/xarray.h>

#include "cmdq.h"
#include "features.h"
#include "mmio.h"
#include "ring.h"
#include "structs.h"

struct iopf_queue;
struct platform_device;
struct smmu_domain;
struct smmu_master;
struct smmu_nest;

/**
 * struct smmu_queue - a queue that hardware fills: events or page requests
 * @io: registers of the instance
 * @slots: the queue's memory
 * @dma: its bus address
 * @shift: log2 of its entries
 * @qwords: 64-bit words in an entry
 * @prod_reg: offset of its producer register
 * @cons_reg: offset of its consumer register
 * @prod: position up to which hardware was last seen to have written
 * @cons: position up to which entries were taken
 * @ovack: value of OVACKFLG that hardware was last told
 * @taken: entries taken so far
 * @overflows: overflows seen so far
 * @asleep: its registers are not there; changed under @lock
 * @lock: held by who takes entries: the queue's interrupt thread, or who waits
 *	for what is in it
 */
struct smmu_queue {
	const struct smmu_mmio *io;
	__le64 *slots;
	dma_addr_t dma;
	unsigned int shift;
	unsigned int qwords;
	u32 prod_reg;
	u32 cons_reg;
	u64 prod;
	u64 cons;
	u32 ovack;
	u64 taken;
	u64 overflows;
	bool asleep;
	struct mutex lock; /* see the lock order */
};

/**
 * struct smmu_strtab - the stream table
 * @dma: bus address of the linear table or of level 1
 * @stes: the linear table, or NULL
 * @l1: level 1, or NULL
 * @l2: second-level tables, NULL where none was needed so far
 * @log2size: stream IDs below 1 << @log2size have an entry
 * @live: hardware may have read it, and must be told of changes
 * @lock: protects the growth of @l2
 */
struct smmu_strtab {
	dma_addr_t dma;
	struct smmu_ste *stes;
	struct smmu_strtab_l1 *l1;
	struct smmu_ste **l2;
	u8 log2size;
	bool live;
	struct mutex lock; /* see the lock order */
};

/**
 * struct smmu_cdtab - the context descriptors of a master, indexed by PASID
 * @dma: bus address of the linear table or of level 1
 * @cds: the linear table, or NULL
 * @l1: level 1, or NULL
 * @leaves: the tables below it, NULL where none was needed so far
 * @ssid_bits: log2 of its entries
 * @leaf_bits: log2 of the entries of a leaf, 0 for a linear table
 *
 * There is none until the first attach to a stage 1 domain.
 */
struct smmu_cdtab {
	dma_addr_t dma;
	struct smmu_cd *cds;
	struct smmu_cdtab_l1 *l1;
	struct smmu_cd **leaves;
	u8 ssid_bits;
	u8 leaf_bits;
};

enum smmu_vector {
	VECTOR_EVTQ,
	VECTOR_GERROR,
	VECTOR_PRIQ,
	VECTOR_NUM,
};

/**
 * struct smmu_message - what a vector is to write, for when it has forgotten
 * @doorbell: the address
 * @data: the value
 */
struct smmu_message {
	u64 doorbell;
	u32 data;
};

/**
 * struct smmu_device - an instance
 * @dev: the platform device
 * @io: registers
 * @idr: ID registers 0 to 5, as read once
 * @iidr: likewise
 * @aidr: likewise
 * @feat: what it can do
 * @cmdq: command queue
 * @evtq: event queue
 * @priq: PRI queue; unused without feat.pri
 * @iopf: where faults are handed to, NULL if none can be served
 * @strtab: stream table
 * @btm: takes part in the CPUs' TLB maintenance
 * @asids_lock: held by who moves a domain to another ASID, and by who frees one
 * @asids: ASIDs in use -> the &struct smmu_domain, or what asid.c has instead
 * @vmids: VMIDs in use, likewise
 * @seized: how many domains had to move; under @asids_lock
 * @streams_lock: protects @streams, @masters and the life of the masters
 * @streams: stream ID -> a &struct smmu_master that it belongs to
 * @masters: all masters
 * @iommu: the core's handle
 * @announced: the core has the handle; changed where the instance comes and goes
 * @instance: in the list of instances, under smmu_instances_lock
 * @log_limit: limits the lines that devices can cause in the log
 * @combined_irq: wired interrupt that stands for all, 0 if none
 * @evtq_irq: wired event interrupt, 0 if none
 * @priq_irq: wired PRI interrupt, 0 if none
 * @gerr_irq: wired error interrupt, 0 if none
 * @irqs_requested: by smmu_irq_setup()
 * @msis: its interrupts are messages
 * @messages: in place of wires, where there are messages
 * @sleeps: how often it went to sleep
 * @gbpa: what became of untranslated DMA before the instance went to sleep
 * @ours: nothing is left to what had it before this kernel
 * @watched: somebody wants to know how long commands take; under @streams_lock
 * @debugfs: directory of the instance
 */
struct smmu_device {
	struct device *dev;
	struct smmu_mmio io;
	u32 idr[6];
	u32 iidr;
	u32 aidr;
	struct smmu_features feat;
	struct smmu_cmdq cmdq;
	struct smmu_queue evtq;
	struct smmu_queue priq;
	struct iopf_queue *iopf;
	struct smmu_strtab strtab;
	bool btm;
	struct mutex asids_lock; /* see the lock order */
	struct xarray asids;
	struct xarray vmids;
	unsigned int seized;
	struct mutex streams_lock; /* see the lock order */
	struct xarray streams;
	struct list_head masters;
	struct iommu_device iommu;
	bool announced;
	struct list_head instance;
	struct ratelimit_state log_limit;
	int combined_irq;
	int evtq_irq;
	int priq_irq;
	int gerr_irq;
	bool irqs_requested;
	bool msis;
	struct smmu_message messages[VECTOR_NUM];
	unsigned int sleeps;
	u32 gbpa;
	bool ours;
	bool watched;
	struct dentry *debugfs;
};

/**
 * struct smmu_storm - events of a device that nobody serves, in a second
 * @until: when that is over, in jiffies
 * @overflows: overflows of the event queue before it
 * @num: how many; 0 before the first
 */
struct smmu_storm {
	unsigned long until;
	u64 overflows;
	unsigned int num;
};

/**
 * struct smmu_master - a device behind an instance, with its stream IDs
 * @smmu: the instance
 * @dev: the device
 * @next: the same device behind another instance, or NULL: a device is one master unless
 *	it has several such legs, of which the core has the first
 * @first: the one that the core has
 * @leg: there are several: then none has PASIDs, nor faults that are served
 * @node: in the instance's list, under its streams_lock
 * @sids: its stream IDs, each once; PCI functions with an alias in common
 *	share a stream, and then a group and so a domain as well
 * @num_sids: how many
 * @cdtab: its context descriptors
 * @cd_lock: serialises writers of the CD of DMA without a PASID
 * @cd_domain: what that leads to, or NULL; under @cd_lock
 * @ssid_bits: bits of a PASID that device and instance both have
 * @stall: its faults may stall
 * @ats: the endpoint's ATS is enabled; changed under the group mutex
 * @had_ats: it was, before the move that is under way; under the group mutex
 * @no_ats: enabling it failed, and is not tried again
 * @domain: the paging domain it is attached to, or NULL; under the group mutex
 * @nest: the guest's stage 1 in front of that, or NULL; changed under the group mutex
 * @identity: without a domain its DMA is not translated, else it aborts; under
 *	the group mutex
 * @bonds: PASID -> &struct smmu_bond; under the group mutex
 * @faults_lock: protects what follows, up to @sva
 * @sva_bonds: PASIDs that lead, or are about to lead, to tables of processes
 * @faults_users: who wants its faults to be served
 * @pri: the endpoint's page requests are enabled; changed under the instance's
 *	streams_lock too
 * @sva: it may share the addresses of processes
 * @ste_lock: serialises writers of its STEs
 * @ste: what was last written to them; under @ste_lock
 * @blocked: its streams abort until the next attach; under @ste_lock
 * @blocks: how often that was asked for; under @ste_lock
 * @why: the reason for the last block
 * @events: events of it that nobody served, so far; under the instance's streams_lock
 * @storm: those of the last second; likewise
 * @stale_atc: a PASID is gone that its ATC may still know, and will not forget
 * @view_lock: keeps @domain, @bonds and what there is of @cdtab for who looks at them without
 *	the group mutex; held for their changes too
 * @view_first: the first address that is shown of tables; under @view_lock
 * @view_last: the last one; likewise
 * @debugfs: directory of the master
 */
struct smmu_master {
	struct smmu_device *smmu;
	struct device *dev;
	struct smmu_master *next;
	struct smmu_master *first;
	bool leg;
	struct list_head node;
	u32 *sids;
	unsigned int num_sids;
	struct smmu_cdtab cdtab;
	struct mutex cd_lock; /* see the lock order */
	struct smmu_domain *cd_domain;
	u8 ssid_bits;
	bool stall;
	bool ats;
	bool had_ats;
	bool no_ats;
	struct smmu_domain *domain;
	struct smmu_nest *nest;
	bool identity;
	struct xarray bonds;
	struct mutex faults_lock; /* see the lock order */
	unsigned int sva_bonds;
	unsigned int faults_users;
	bool pri;
	bool sva;
	raw_spinlock_t ste_lock; /* see the lock order */
	u64 ste[SMMU_ENTRY_QWORDS];
	bool blocked;
	unsigned int blocks;
	const char *why;
	u64 events;
	struct smmu_storm storm;
	bool stale_atc;
	struct mutex view_lock; /* see the lock order */
	u64 view_first;
	u64 view_last;
	struct dentry *debugfs;
};

enum smmu_inval_kind {
	SMMU_INVAL_S1,
	SMMU_INVAL_S2,
	SMMU_INVAL_ATC,
};

/**
 * struct smmu_inval - one place that may hold copies of a domain's translations
 * @smmu: the instance
 * @kind: its TLB under an ASID or a VMID, or an endpoint's ATC behind it
 * @tag: the ASID or VMID
 * @shared: the CPUs have the ASID too, and their maintenance reaches the TLB
 * @nested: for a TLB, guests may have had a stage 1 in front of the domain since it
 *	has the tag
 * @master: for an ATC, the endpoint
 * @sid: for an ATC, the stream
 * @ssid: for an ATC, the PASID that leads to the domain, or IOMMU_NO_PASID
 * @nest: for an ATC, the guest's stage 1 that its addresses are of, or NULL
 * @pasids: for an ATC, what it has with PASIDs of the guest is meant
 * @users: attachments that need it
 */
struct smmu_inval {
	struct smmu_device *smmu;
	enum smmu_inval_kind kind;
	u16 tag;
	bool shared;
	bool nested;
	struct smmu_master *master;
	u32 sid;
	u32 ssid;
	const struct smmu_nest *nest;
	bool pasids;
	unsigned int users;
};

/**
 * struct smmu_inval_set - all places that a change of a domain must reach
 * @rcu: a set is replaced as a whole
 * @num: how many places
 * @num_told: how many of them are TLBs that must be told by commands; they stand first
 * @num_atc: how many of them are ATCs; they stand last
 * @nested: one of the TLBs is, or was
 * @at: the places
 */
struct smmu_inval_set {
	struct rcu_head rcu;
	unsigned int num;
	unsigned int num_told;
	unsigned int num_atc;
	bool nested;
	struct smmu_inval at[] __counted_by(num);
};

/**
 * struct smmu_bond - a PASID of a master that leads to a domain
 * @node: in smmu_domain.bonds
 * @domain: the domain
 * @master: the master
 * @ssid: the PASID
 */
struct smmu_bond {
	struct list_head node;
	struct smmu_domain *domain;
	struct smmu_master *master;
	u32 ssid;
};

/**
 * struct smmu_domain - a page table and who walks it
 * @domain: the core's view
 * @pgt: the page table, fixed at allocation; NULL for that of a process
 * @cfg: how it is walked
 * @stage2: it is a stage 2 table
 * @smmu: the instance that the table was made for, the first if the device is behind
 *	several; NULL for a table that all instances can walk
 * @own: the instance of the device that it was made for, or NULL; may be gone once a
 *	device was attached
 * @lock: serialises changes of @invals, @bonds and the CDs that lead to the domain
 * @invals: where translations may be cached
 * @bonds: PASIDs that lead to it
 * @released: the process has gone, and nothing may lead to its table any more;
 *	under @lock
 * @notifier: tells of changes of a process's table
 */
struct smmu_domain {
	struct iommu_domain domain;
	struct io_pgtable_ops *pgt;
	struct io_pgtable_cfg cfg;
	bool stage2;
	struct smmu_device *smmu;
	struct smmu_device *own;
	struct mutex lock; /* see the lock order */
	struct smmu_inval_set __rcu *invals;
	struct list_head bonds;
	bool released;
#ifdef CONFIG_ARM_SMMU_V3_SVA
	struct mmu_notifier notifier;
#endif
};

/**
 * struct smmu_nest - a guest's stage 1, in front of a domain of stage 2
 * @domain: the core's view
 * @parent: the domain, which outlives this
 * @smmu: the instance whose structures the guest has; may be gone, where no device is
 *	attached
 * @ste: the first words of the guest's STE, with nothing that it may not choose; zero
 *	while it is not valid
 */
struct smmu_nest {
	struct iommu_domain domain;
	struct smmu_domain *parent;
	struct smmu_device *smmu;
	u64 ste[2];
};

static inline struct smmu_domain *to_smmu_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct smmu_domain, domain);
}

static inline bool smmu_domain_is_sva(const struct smmu_domain *d)
{
	return !d->pgt;
}

/* arm-smmu-v3.c */
extern struct mutex smmu_instances_lock;
extern struct list_head smmu_instances;
extern const struct iommu_ops smmu_ops;
extern bool smmu_unsafe_nesting;

/* queue.c */
int smmu_queue_init(struct smmu_queue *q, struct smmu_device *smmu, unsigned int shift,
		    unsigned int qwords, u32 prod_reg, u32 cons_reg);
void smmu_queue_free(struct smmu_queue *q, struct device *dev);
void smmu_queue_reset(struct smmu_queue *q);
void smmu_queue_sleep(struct smmu_queue *q);
bool smmu_queue_take(struct smmu_queue *q, u64 *qw);
bool smmu_queue_overflowed(struct smmu_queue *q);
bool smmu_queue_ack_overflow(struct smmu_queue *q);
unsigned int smmu_queue_room(const struct smmu_queue *q);
bool smmu_queue_pending(struct smmu_queue *q);
u64 smmu_queue_base(dma_addr_t dma, unsigned int shift);

/* evtq.c, priq.c */
extern unsigned int smmu_event_limit;
int smmu_evtq_init(struct smmu_device *smmu);
void smmu_evtq_drain(struct smmu_device *smmu);
void smmu_evtq_flush(struct smmu_device *smmu);
void smmu_event_handle(struct smmu_device *smmu, const struct smmu_event *e);
int smmu_event_describe(const struct smmu_event *e, const char *dev, char *buf, size_t len);
int smmu_priq_init(struct smmu_device *smmu);
void smmu_priq_drain(struct smmu_device *smmu);
void smmu_priq_flush(struct smmu_device *smmu);

/* faults.c */
int smmu_fault_report(struct smmu_device *smmu, const struct smmu_event *e);
int smmu_ppr_report(struct smmu_device *smmu, const struct smmu_ppr *p);
void smmu_page_response(struct device *dev, struct iopf_fault *evt,
			struct iommu_page_response *resp);
void smmu_faults_flush(struct smmu_device *smmu);

/* devfeat.c */
int smmu_dev_enable_feat(struct device *dev, enum iommu_dev_features feat);
int smmu_dev_disable_feat(struct device *dev, enum iommu_dev_features feat);
void smmu_faults_off(struct smmu_master *master);
int smmu_sva_hold(struct smmu_master *master);
void smmu_sva_let_go(struct smmu_master *master);

/* strtab.c */
int smmu_strtab_init(struct smmu_device *smmu);
void smmu_strtab_free(struct smmu_device *smmu);
int smmu_strtab_prepare(struct smmu_device *smmu, u32 sid);
struct smmu_ste *smmu_strtab_entry(struct smmu_device *smmu, u32 sid);
u32 smmu_strtab_cfg(const struct smmu_device *smmu);
int smmu_ste_write(struct smmu_master *master, const u64 *target, unsigned int blocks);
void smmu_ste_take_over(struct smmu_master *master, u32 sid);
void smmu_master_block(struct smmu_master *master, const char *why);
void ste_make_abort(u64 *qw);
void ste_make_bypass(const struct smmu_features *f, u64 *qw);
void ste_make_s1(const struct smmu_features *f, const struct smmu_cdtab *t, unsigned int dss,
		 bool stall, bool ats, u64 *qw);
void ste_make_s2(const struct smmu_features *f, const struct io_pgtable_cfg *cfg, u16 vmid,
		 bool ats, u64 *qw);

/* cdtab.c */
u8 smmu_ssid_bits(const struct smmu_features *f);
int smmu_cdtab_prepare(struct smmu_master *master, u32 ssid);
bool smmu_cdtab_has(const struct smmu_cdtab *t, u32 ssid);
void smmu_cdtab_free(struct smmu_master *master);
int smmu_cd_write(struct smmu_master *master, u32 ssid, const u64 *target);
int smmu_cd_clear(struct smmu_master *master, u32 ssid);
bool smmu_cd_read(const struct smmu_cdtab *t, u32 ssid, u64 *qw);
void cd_make_s1(const struct smmu_features *f, const struct io_pgtable_cfg *cfg, u16 asid,
		bool stall, u64 *qw);

/* asid.c */
void smmu_tags_init(struct smmu_device *smmu);
void smmu_tags_exit(struct smmu_device *smmu);
int smmu_tag_alloc(struct smmu_device *smmu, enum smmu_inval_kind kind, struct smmu_domain *d,
		   u16 *tag);
int smmu_tag_free(struct smmu_device *smmu, enum smmu_inval_kind kind, u16 tag);
int smmu_asid_share(struct smmu_device *smmu, u16 asid);

/* tlbi.c */
extern const struct iommu_flush_ops smmu_flush_ops;
struct smmu_cmd smmu_tlbi_all(const struct smmu_features *f, enum smmu_inval_kind kind, u16 tag);
void smmu_inval_range(struct smmu_domain *d, unsigned long iova, size_t size, size_t leaf_size);
void smmu_inval_told(struct smmu_domain *d);
void smmu_inval_domain(struct smmu_domain *d);
void smmu_iotlb_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather);

/* domain.c */
struct iommu_domain *smmu_domain_alloc_paging(struct device *dev);
struct iommu_domain *smmu_domain_alloc_unmanaged(struct device *dev);
struct iommu_domain *smmu_domain_alloc_user(struct device *dev, u32 flags,
					    struct iommu_domain *parent,
					    const struct iommu_user_data *user_data);
extern const struct iommu_domain_ops smmu_paging_ops;

/* places.c */
int smmu_domain_join(struct smmu_domain *d, struct smmu_master *m, u32 ssid, bool ats,
		     const struct smmu_nest *nest);
void smmu_domain_drop(struct smmu_domain *d, struct smmu_master *m, u32 ssid, bool leave,
		      const struct smmu_nest *nest);
const struct smmu_inval *smmu_domain_tlb(struct smmu_domain *d, struct smmu_device *smmu);
int smmu_domain_retag(struct smmu_domain *d, struct smmu_device *smmu, u16 from, u16 to);

/* attach.c */
bool smmu_domain_fits(const struct smmu_domain *d, const struct smmu_device *smmu);
int smmu_master_restream(struct smmu_master *m, struct smmu_domain *d,
			 const struct smmu_nest *nest, bool identity, bool ats);
int smmu_master_retag(struct smmu_master *m, struct smmu_domain *d);
int smmu_attach(struct smmu_domain *d, struct smmu_nest *nest, struct device *dev);
int smmu_attach_paging(struct iommu_domain *domain, struct device *dev);
int smmu_attach_identity(struct iommu_domain *domain, struct device *dev);
int smmu_attach_blocked(struct iommu_domain *domain, struct device *dev);
int smmu_before_driver(struct iommu_domain *domain, struct device *dev);

/* nest.c */
void *smmu_hw_info(struct device *dev, u32 *length, u32 *type);
struct iommu_domain *smmu_nest_alloc(struct device *dev, struct iommu_domain *parent,
				     const struct iommu_user_data *user_data);
bool smmu_nest_ats(const struct smmu_nest *nest, const struct smmu_master *m);
bool smmu_nest_has_pasids(const struct smmu_nest *nest, const struct smmu_master *m);

/* pasid.c */
int smmu_attach_pasid(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
		      struct iommu_domain *old);
void smmu_remove_pasid(struct device *dev, ioasid_t pasid, struct iommu_domain *domain);
int smmu_bond_write(const struct smmu_bond *bond);

/* sva.c */
#ifdef CONFIG_ARM_SMMU_V3_SVA
const char *smmu_sva_refusal(const struct smmu_features *f);
struct iommu_domain *smmu_domain_alloc_sva(struct device *dev, struct mm_struct *mm);
void smmu_sva_cd(const struct smmu_features *f, bool shared, u64 *cd);
bool smmu_sva_listen(const struct smmu_features *f, const char **why);
int smmu_sva_share(struct smmu_domain *d, struct smmu_device *smmu, u16 *asid);
void smmu_sva_unshare(struct smmu_domain *d);
void smmu_sva_exit(void);
#else
static inline const char *smmu_sva_refusal(const struct smmu_features *f)
{
	return "the kernel has no CONFIG_ARM_SMMU_V3_SVA";
}

#define smmu_domain_alloc_sva NULL
static inline void smmu_sva_cd(const struct smmu_features *f, bool shared, u64 *cd) { }
static inline bool smmu_sva_listen(const struct smmu_features *f, const char **why)
{
	*why = NULL;
	return false;
}

static inline int smmu_sva_share(struct smmu_domain *d, struct smmu_device *smmu, u16 *asid)
{
	return -EOPNOTSUPP;
}

static inline void smmu_sva_unshare(struct smmu_domain *d) { }
static inline void smmu_sva_exit(void) { }
#endif

/* master.c */
struct iommu_device *smmu_probe_device(struct device *dev);
void smmu_release_device(struct device *dev);
struct iommu_group *smmu_device_group(struct device *dev);
void smmu_get_resv_regions(struct device *dev, struct list_head *head);
int smmu_of_xlate(struct device *dev, const struct of_phandle_args *args);
bool smmu_capable(struct device *dev, enum iommu_cap cap);
int smmu_def_domain_type(struct device *dev);

/* ats.c */
bool smmu_ats_usable(struct smmu_master *master);
int smmu_ats_enable(struct smmu_master *master);
void smmu_ats_disable(struct smmu_master *master);
int smmu_atc_inv_master(struct smmu_master *master);
bool smmu_ats_has_global(const struct smmu_master *master);
int smmu_atc_inv_pasid(struct smmu_master *master, u32 ssid);
#ifdef CONFIG_PCI_PRI
bool smmu_pri_usable(struct smmu_master *master);
int smmu_pri_enable(struct smmu_master *master);
void smmu_pri_disable(struct smmu_master *master);
bool smmu_pri_answer_has_pasid(const struct smmu_master *master);
#else
static inline bool smmu_pri_usable(struct smmu_master *master) { return false; }
static inline int smmu_pri_enable(struct smmu_master *master) { return -EOPNOTSUPP; }
static inline void smmu_pri_disable(struct smmu_master *master) { }
static inline bool smmu_pri_answer_has_pasid(const struct smmu_master *master) { return true; }
#endif
void smmu_pasid_enable(struct smmu_master *master);
void smmu_pasid_disable(struct smmu_master *master);

/* irq.c */
int smmu_irq_setup(struct smmu_device *smmu);
int smmu_irq_sleep(struct smmu_device *smmu);

/* reset.c */
int smmu_reset(struct smmu_device *smmu);
int smmu_disable(struct smmu_device *smmu);
int smmu_write_gbpa(struct smmu_device *smmu, u32 gbpa);
int smmu_abort_untranslated(struct smmu_device *smmu);
int smmu_write_acked(struct smmu_device *smmu, u32 reg, u32 ack_reg, u32 value);

/* sleep.c */
extern const struct dev_pm_ops smmu_pm_ops;
void smmu_fall_silent(struct smmu_device *smmu);
void smmu_pm_begin(struct smmu_device *smmu);
void smmu_pm_settle(struct smmu_device *smmu);
void smmu_pm_unsettle(struct smmu_device *smmu);
void smmu_pm_end(struct smmu_device *smmu);
bool smmu_pm_link(struct smmu_device *smmu, struct device *dev);
void smmu_pm_unlink(struct smmu_device *smmu, struct device *dev);
void smmu_pm_renew(struct smmu_device *smmu, struct device *dev);
bool smmu_pm_get(struct smmu_device *smmu);
void smmu_pm_put(struct smmu_device *smmu);

/* fw.c */
const char *smmu_fw_name(const struct device *dev);
int smmu_fw_probe(struct platform_device *pdev, struct smmu_hints *hints);
int smmu_fw_map(struct platform_device *pdev, const struct smmu_hints *hints,
		struct smmu_device *smmu, resource_size_t *base);
int smmu_fw_irqs(struct platform_device *pdev, struct smmu_device *smmu);
void smmu_fw_keep_rmrs(struct smmu_device *smmu);

/* debugfs.c */
void smmu_debugfs_add(struct smmu_device *smmu);
void smmu_debugfs_remove(struct smmu_device *smmu);
void smmu_debugfs_add_master(struct smmu_master *m);
void smmu_debugfs_remove_master(struct smmu_master *m);

#endif /* SMMU_V3_SMMU_H */
