/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulator in a kernel: what surrounds the model.
 *
 * An instance is described first (struct sim_instance.config, masters), then
 * made live: its platform device appears, a driver binds to it, then its masters
 * appear, behind it. Making it dead again is the same backwards.
 *
 * Locks, in this order:
 *	sim_mutex		lives of instances and masters, lists, config
 *	(locks of the driver core, of drivers, of the page tables' users)
 *	sim_lock		raw, a leaf: every call of every model, and the
 *				lists that are read in such calls
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SIM_H
#define SIM_H

#include <linux/acpi.h>
#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pm.h>
#include <linux/property.h>
#include <linux/spinlock.h>

#include "model.h"

struct mm_struct;

#define SIM_NAME	40
#define SIM_SIDS	8
#define SIM_LEGS	3		/* masters that are the device of another one */
#define SIM_GROUPS	512		/* page request groups */
#define SIM_REGS	0x20000		/* two pages of 64K */

#define SIM_PCI_VENDOR	0x13b5
#define SIM_PCI_DEVICE	0x5e5a
#define SIM_PCI_USER_DEVICE	0x5e5c	/* its DMA is user space's business */
#define SIM_PCI_PORT	0x5e5b

#define SIM_OF_NODE	64	/* bytes of a path */

/* sim_master.silent: what a master never does */
#define SIM_SILENT_ATC	BIT(0)	/* answer invalidations of its ATC; it keeps what it has */
#define SIM_SILENT_DATA	BIT(1)	/* finish transactions that it holds */

/**
 * struct sim_mark - a moment
 * @at: nanoseconds of CLOCK_MONOTONIC
 * @inside: how many of them had been spent in the simulator
 */
struct sim_mark {
	u64 at;
	u64 inside;
};

/**
 * struct sim_answers - how long devices waited: from a record to what answers it
 * @num: stalls and page requests
 * @ns: for all of them
 * @inside_ns: of these, spent in the simulator
 */
struct sim_answers {
	u64 num;
	u64 ns;
	u64 inside_ns;
};

struct sim_edges;
struct sim_function;
struct sim_pci;
struct sim_word;

/**
 * struct sim_config - an instance as it shall be
 * @ids: ID registers; IDR0.COHACC and IDR0.MSI decide about coherency and interrupts
 * @no_ats: the root complex does not speak ATS, whatever the ID registers say
 * @no_msi: no doorbell for its messages, so that wires are used with IDR0.MSI as well
 * @combined: one wire for all interrupts
 * @entries: capacity of the maximal TLB
 * @closure: hold what is reachable, not only what was walked
 * @prefer_stale: transactions use entries that are gone
 * @power_domain: it loses its power while its driver lets it sleep
 * @of_node: path of the devicetree node that it is, for devices whose "iommus" says so; or ""
 * @faults: faults on demand, from the start
 */
struct sim_config {
	struct ssim_ids ids;
	bool no_ats;
	bool no_msi;
	bool combined;
	u32 entries;
	bool closure;
	bool prefer_stale;
	bool power_domain;
	char of_node[SIM_OF_NODE];
	struct ssim_faults faults;
};

/**
 * struct sim_instance - a simulated SMMUv3
 * @name: unique; of its platform device too
 * @node: in sim_instances, while it exists
 * @config: changed under sim_mutex while it is not live
 * @masters: of struct sim_master.node, under sim_mutex; changed under sim_lock too
 * @live: made live and not yet made dead
 * @core: the model; NULL while not live; under sim_lock
 * @pool: its entries
 * @unclean: of coherency.c; NULL where it is coherent
 * @regs: stands for the mapped registers
 * @start: physical address that stands for the registers
 * @pdev: the SMMU's device
 * @power: its power domain, with config.power_domain
 * @fwnode: node of @pdev: a software node, or what config.of_node names
 * @iort: what ACPI would say of it
 * @irqs: domain of its wires
 * @virq: the wires, 0: none
 * @msis: parent domain of its own message interrupts; NULL with config.no_msi
 * @edges: of irq.c
 * @irq_work: raises @raised outside of sim_lock
 * @raised: wires to raise
 * @pci: host bridge of its PCI masters, or NULL
 * @reports: violations since it went live, each once; under sim_lock
 * @spare_reports: memory for more of them
 * @unkept: violations that found none
 * @say_full: it is not yet in the log that there are such; under sim_lock
 * @answers: since it went live; under sim_lock
 * @debugfs: directory
 * @watch: hears of each store after the model, under sim_lock; for tests
 * @touched: hears of each access to a register after the model, under sim_lock; for tests
 * @left: leaves it as somebody had it before its driver, who finds it so; for tests
 * @watcher: argument of these
 */
struct sim_instance {
	char name[SIM_NAME];
	struct list_head node;
	struct sim_config config;
	struct list_head masters;
	bool live;

	struct ssim *core;
	void *pool;
	struct sim_word *unclean;
	void *regs;
	phys_addr_t start;
	struct platform_device *pdev;
	struct dev_pm_domain power;
	struct fwnode_handle *fwnode;
	struct acpi_iort_node *iort;
	struct irq_domain *irqs;
	int virq[IRQ_KINDS];
	struct irq_domain *msis;
	struct sim_edges *edges;
	struct irq_work irq_work;
	unsigned long raised;
	struct sim_pci *pci;
	struct list_head reports;
	struct list_head spare_reports;
	u32 unkept;
	bool say_full;
	struct sim_answers answers;
	struct dentry *debugfs;
	void (*watch)(void *watcher, u64 pa, u64 old, u64 new);
	void (*touched)(void *watcher);
	void (*left)(void *watcher);
	void *watcher;
};

enum sim_kind { SIM_PLATFORM, SIM_PCI };

/**
 * struct sim_requests - page requests of a master that are not answered yet
 * @expected: so many answers are to come
 * @owed: of these, to requests nobody waits for, by group
 * @stale: answers may come to so many that the function has forgotten
 * @groups: group indices that accesses use, from SIM_AUTO_GROUP
 */
struct sim_requests {
	unsigned int expected;
	u16 owed[SIM_GROUPS];
	u16 stale[SIM_GROUPS];
	DECLARE_BITMAP(groups, SIM_GROUPS);
};

/**
 * struct sim_master - a device that makes transactions
 * @name: unique in its instance
 * @sim: its instance
 * @node: in sim_instance.masters
 * @kind: what bus it is on
 * @sids: stream IDs: chosen for platform devices, the requester ID on PCI
 * @num_sids: how many
 * @stall: platform: its transactions may wait for their pages
 * @ats: PCI: has an ATC
 * @pri: PCI: makes page requests
 * @pasid_bits: width of its PASIDs, 0: none
 * @behind_port: PCI: below a root port of its own, else an endpoint of the root complex
 * @uacce: programs find it as an accelerator, too
 * @user: it can be given to an iommufd, and its driver does no DMA
 * @slot: PCI: device number on bus 0; 0: one that is free when it goes live
 * @leg_of: platform: INSTANCE-NAME of the master whose device this is, too; or ""
 * @silent: SIM_SILENT_ATC, ...; read and changed at any time
 * @dev: while its instance is live; a leg has none of its own
 * @first: of a leg: the master with the device, while there is a device
 * @legs: of a master with a device: its legs; they stay as long as the device
 * @num_legs: how many
 * @fwnode: software node of @dev
 * @function: of pci.c, while its instance is live; under sim_lock
 * @engine: of engine.c, while a driver is bound to @dev
 * @requests: PCI: since its instance is live; under sim_lock
 *
 * Fields up to @leg_of are changed under sim_mutex while the instance is not live.
 */
struct sim_master {
	char name[SIM_NAME];
	struct sim_instance *sim;
	struct list_head node;
	enum sim_kind kind;
	u32 sids[SIM_SIDS];
	unsigned int num_sids;
	bool stall;
	bool ats;
	bool pri;
	u8 pasid_bits;
	bool behind_port;
	bool uacce;
	bool user;
	u8 slot;
	char leg_of[2 * SIM_NAME];
	u8 silent;
	struct device *dev;
	struct sim_master *first;
	struct sim_master *legs[SIM_LEGS];
	unsigned int num_legs;
	struct fwnode_handle *fwnode;
	struct sim_function *function;
	struct sim_engine *engine;
	struct sim_requests requests;
};

extern struct mutex sim_mutex;
extern raw_spinlock_t sim_lock;
extern struct list_head sim_instances;

/* instance.c */
struct sim_instance *sim_instance_new(const char *name);
void sim_instance_free(struct sim_instance *sim);
int sim_instance_live(struct sim_instance *sim);
void sim_power_add(struct sim_instance *sim, struct device *dev);
int sim_power_add_master(const struct sim_master *m, struct device *dev);
int sim_instance_sleep(struct sim_instance *sim);
int sim_instance_wake(struct sim_instance *sim);
int sim_wake(struct sim_instance *sim);
void sim_instance_dead(struct sim_instance *sim);
struct sim_master *sim_master_new(struct sim_instance *sim, const char *name, enum sim_kind kind);
void sim_master_free(struct sim_master *master);
struct sim_master *sim_master_of(const struct device *dev);

/* leg.c */
struct sim_master *sim_master_by_file(const char *file);
int sim_legs_check(const struct sim_instance *sim);
int sim_legs_gather(struct sim_master *m);
void sim_legs_scatter(struct sim_master *m);

/* memory.c: memory as a device sees it, and the seam */
bool sim_mem_fetch(u64 pa, void *to, unsigned int size);
bool sim_mem_read(u64 pa, void *to, unsigned int size);
bool sim_mem_write(u64 pa, const void *from, unsigned int size);
bool sim_mem_exchange(u64 pa, __le64 *old, __le64 new);
int sim_seam_open(void);
void sim_seam_close(void);
void sim_seam_watch(struct ssim *core);
void sim_seam_unwatch(void);

/* clock.c: what others wait for */
unsigned long sim_call_begin(void);
void sim_call_end(unsigned long flags);
void sim_aside_begin(struct sim_mark *mark);
void sim_aside_end(const struct sim_mark *mark);
void sim_mark_set(struct sim_mark *mark);
u64 sim_mark_since(const struct sim_mark *mark, u64 *spent);
void sim_answered(struct sim_instance *sim, const struct sim_mark *asked);
u64 sim_inside_ns(void);
void sim_clock_open(const void __iomem *nothing);

/* A call under sim_lock, and one that sleeps, from where time is measured. */
DEFINE_LOCK_GUARD_0(sim_call, _T->flags = sim_call_begin(), sim_call_end(_T->flags),
		    unsigned long flags)
DEFINE_LOCK_GUARD_0(sim_aside, sim_aside_begin(&_T->mark), sim_aside_end(&_T->mark),
		    struct sim_mark mark)

/* mm.c: processes whose tables are walked */
#ifdef CONFIG_IOMMU_SVA
void sim_mm_bind(struct mm_struct *mm);
void sim_mm_bound(struct mm_struct *mm);
u32 sim_mm_number(u64 ttb);
void sim_mm_close(void);
#else
#define sim_mm_bind NULL
#define sim_mm_bound NULL
static inline u32 sim_mm_number(u64 ttb) { return 0; }
static inline void sim_mm_close(void) { }
#endif

/* coherency.c: what an SMMU that does not snoop sees of memory */
int sim_coherency_open(struct sim_instance *sim);
void sim_coherency_close(struct sim_instance *sim);
void sim_coherency_store(struct sim_instance *sim, u64 pa, __le64 old);
void sim_coherency_read(const struct sim_instance *sim, u64 pa, void *to, unsigned int size);
void sim_coherency_clean(struct sim_instance *sim, u64 pa, size_t size, bool freed);

/* irq.c */
int sim_irq_open(struct sim_instance *sim);
void sim_irq_close(struct sim_instance *sim);
void sim_irq_raise(struct sim_instance *sim, enum ssim_irq irq);
bool sim_irq_msi(struct sim_instance *sim, u64 doorbell, u32 data);
struct irq_domain *sim_irq_messages(struct sim_instance *sim);

/* firmware.c: what a devicetree or IORT would say, as software nodes and fwspecs */
int sim_fw_smmu(struct sim_instance *sim);
void sim_fw_smmu_gone(struct sim_instance *sim);
int sim_fw_master(struct sim_master *master, struct device *dev);
void sim_fw_master_gone(struct sim_master *master);

/* profiles.c: ID registers by name */
const char *sim_profile_name(unsigned int i);
bool sim_profile(const char *name, struct ssim_ids *ids);
unsigned int sim_field_count(void);
const char *sim_field_name(unsigned int i);
int sim_field_find(const char *name);
u32 sim_field_get(const struct ssim_ids *ids, unsigned int i);
int sim_field_set(struct ssim_ids *ids, unsigned int i, u32 value);

/* report.c: what must not be, kept and printed; what was counted; what went wrong */
int sim_report_open(struct sim_instance *sim);
void sim_report_close(struct sim_instance *sim);
void sim_report(struct sim_instance *sim, const char *invariant, const char *text);
void sim_report_flush(void);
void sim_report_forget(struct sim_instance *sim);
char *sim_report_text(struct sim_instance *sim, size_t size);
const char *sim_why(int error);
ssize_t sim_stats_text(struct sim_instance *sim, char *to, size_t size);

/* fail.c: what an SMMU needs of the machine around it, and does not get */
#ifdef CONFIG_FAULT_INJECTION
void sim_fail_open(void);
void sim_fail_close(void);
bool sim_fails(void);
#else
static inline void sim_fail_open(void) { }
static inline void sim_fail_close(void) { }
static inline bool sim_fails(void) { return false; }
#endif

/* debugfs.c: the state of the model in words */
void sim_debugfs_open(void);
void sim_debugfs_close(void);
void sim_debugfs_add(struct sim_instance *sim);
void sim_debugfs_remove(struct sim_instance *sim);

/* pci.c */
int sim_pci_plan(struct sim_instance *sim);
int sim_pci_open(struct sim_instance *sim);
void sim_pci_close(struct sim_instance *sim);
bool sim_pci_bus_master(const struct sim_master *master);
bool sim_pci_ats_enabled(const struct sim_master *master);
unsigned int sim_pci_ats_stu(const struct sim_master *master);
bool sim_pci_translated(const struct sim_master *master);
bool sim_pci_pri_enabled(const struct sim_master *master);
unsigned int sim_pci_pri_limit(const struct sim_master *master);
void sim_pci_pri_busy(struct sim_master *master, bool busy);
void sim_pci_pri_failed(struct sim_master *master, bool unexpected);
bool sim_pci_pasid_enabled(const struct sim_master *master, bool exec, bool priv);
bool sim_pci_message(const struct sim_master *master, u64 *addr, u32 *data);

/* engine.c: what a master does; its drivers, and calls of the model */
int sim_engine_register(void);
void sim_engine_unregister(void);
bool sim_engine_atc_inv(struct sim_instance *sim, const struct ssim_atc_inv *inv);
void sim_engine_pri_resp(struct sim_instance *sim, const struct ssim_pri_resp *resp);
void sim_engine_pri_reset(struct sim_master *m);
void sim_engine_resumed(struct sim_instance *sim, u16 stag, const struct ssim_result *result);
void sim_engine_atc_off(struct sim_master *master);

/* configfs.c */
int sim_configfs_register(void);
void sim_configfs_unregister(void);

#endif /* SIM_H */
