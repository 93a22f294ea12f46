/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What engine*.c and chardev.c share.
 *
 * Locks, in this order:
 *	sim_engine.life		a user of sim_engine.dev holds it for reading
 *	sim_engine.user_lock	to whom it was given; outside of iommufd's
 *	sim_file.pasid_lock	PASIDs of an open file, and what is mapped there
 *	sim_file.lock		buffers of an open file
 *	sim_lock		everything that calls of the model read
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SIM_ENGINE_IMPL_H
#define SIM_ENGINE_IMPL_H

#include <linux/bitmap.h>
#include <linux/cdev.h>
#include <linux/rwsem.h>
#include <linux/xarray.h>

#include "engine.h"

struct iommufd_device;

#define SIM_ATC		64
#define SIM_ANSWERS	64
#define SIM_PIECE	SZ_4K	/* no transaction crosses a multiple of it */

/* Something of an ATC; free if @size is 0. */
struct sim_atc {
	u64 addr;
	u64 size;
	u64 pa;
	u32 sid;
	u32 ssid;
	bool ssv;
	bool priv;
	bool read;
	bool write;
	bool exec;
};

enum sim_flight_state { FLIGHT_ENDED, FLIGHT_STALLED, FLIGHT_HELD };

/**
 * struct sim_flight - a transaction under way
 * @node: in sim_engine.flights while stalled or held, under sim_lock
 * @engine: whose; a reference
 * @txn: as it leaves the master
 * @op: what it does
 * @flags: SIM_HOLD, ... of the access
 * @stream: index of the stream ID
 * @hold: stay between translation and data
 * @readable: its translation lets it read
 * @len: bytes; 0: moves none
 * @state: under sim_lock
 * @abandoned: nobody waits for it; whoever reaps frees it
 * @stag: of a stalled one
 * @since: of a stalled one: sim_engine.clock then
 * @asked: likewise, when that was
 * @ticket: of a held one
 * @pa: output address
 * @attr: memory type
 * @outcome: once ended
 * @event: event number
 * @recorded: the event was recorded
 * @stalls: so often it stalled
 * @error: errno that the access ends with
 * @ended: it is no longer stalled
 * @data: what it carries
 */
struct sim_flight {
	struct list_head node;
	struct sim_engine *engine;
	struct ssim_txn txn;
	enum sim_op op;
	u32 flags;
	u32 stream;
	bool hold;
	bool readable;
	u32 len;
	enum sim_flight_state state;
	bool abandoned;
	u16 stag;
	u64 since;
	struct sim_mark asked;
	u64 ticket;
	u64 pa;
	u8 attr;
	enum sim_outcome outcome;
	u8 event;
	bool recorded;
	u32 stalls;
	int error;
	struct completion ended;
	u8 data[SIM_PIECE] __aligned(8);
};

/**
 * struct sim_engine - what is behind a master while a driver is bound to it
 * @cdevice: char device; counts the references
 * @cdev: its operations
 * @dev: the master's device, valid under @life until @gone
 * @life: held for writing to end it
 * @gone: no driver is bound any more
 * @files: open files, under @life
 * @files_lock: of @files, for those that hold @life for reading
 * @bonds: with processes, those included that are being made
 * @sharing_lock: of @sharing
 * @sharing: its IOMMU was told that processes share their memory with it
 * @uacce: what it is as an accelerator, or NULL
 * @queues: so many queues of @uacce are open
 * @user: user space decides where its DMA leads
 * @leg: it is a leg of the master with the device
 * @user_lock: of @given
 * @given: to whom it was given: what iommufd has it as, by which file, and whether it
 *	leads anywhere
 *
 * @has_irq: PCI: it has a message interrupt
 * @interrupts: so many have arrived
 *
 * @master: NULL once gone. From here on everything is under sim_lock.
 * @flights: stalled and held transactions
 * @atc: translations
 * @atc_next: is replaced next
 * @clock: counts stalls, and page requests of accesses
 * @waiting: page requests of accesses
 * @crowd: so many accesses would make one, but may not yet
 * @room: one for each answer that one of them may go on for
 * @answers: answers to requests of sim_engine_request()
 * @answer_in: counts of what was put there
 * @answer_out: and taken
 * @answered: one for each answer
 */
struct sim_engine {
	struct device cdevice;
	struct cdev cdev;
	struct device *dev;
	struct rw_semaphore life;
	bool gone;
	struct list_head files;
	struct mutex files_lock;	/* see above */
	atomic_t bonds;
	struct mutex sharing_lock;	/* see above */
	bool sharing;
	struct uacce_device *uacce;
	atomic_t queues;
	bool user;
	bool leg;
	struct mutex user_lock;		/* see above */
	struct {
		struct iommufd_device *idev;
		struct sim_file *by;
		bool attached;
	} given;
	bool has_irq;
	atomic_t interrupts;

	struct sim_master *master;
	struct list_head flights;
	struct sim_atc atc[SIM_ATC];
	unsigned int atc_next;
	u64 clock;
	struct list_head waiting;
	unsigned int crowd;
	struct completion room;
	struct ssim_pri_resp answers[SIM_ANSWERS];
	unsigned int answer_in;
	unsigned int answer_out;
	struct completion answered;
};

/**
 * struct sim_file - an open file
 * @engine: a reference
 * @node: in sim_engine.files
 * @pasid_lock: of @pasids
 * @pasids: struct sim_pasid
 * @lock: of @buffers
 * @buffers: struct sim_buffer by IOVA / PAGE_SIZE
 * @holds: struct sim_access with a flight, by handle
 */
struct sim_file {
	struct sim_engine *engine;
	struct list_head node;
	struct mutex pasid_lock;	/* see above */
	struct list_head pasids;
	struct mutex lock;		/* see above */
	struct xarray buffers;
	struct xarray holds;
};

/**
 * struct sim_pasid - what a file has put behind a PASID
 * @node: in sim_file.pasids
 * @pasid: the PASID
 * @bond: with a process, or NULL; one entry for each time it was bound
 * @domain: of buffers, if @bond is NULL
 */
struct sim_pasid {
	struct list_head node;
	u32 pasid;
	struct iommu_sva *bond;
	struct iommu_domain *domain;
};

static inline void sim_engine_get(struct sim_engine *e)
{
	get_device(&e->cdevice);
}

static inline void sim_engine_put(struct sim_engine *e)
{
	put_device(&e->cdevice);
}

/* The model behind an engine, or NULL. */
static inline struct ssim *sim_engine_core(const struct sim_engine *e)
{
	lockdep_assert_held(&sim_lock);
	return e->master ? e->master->sim->core : NULL;
}

/* engine.c */
int sim_engine_message(struct sim_engine *e, struct sim_access *a);

/* engine_pri.c */
int sim_engine_demand(struct sim_engine *e, const struct ssim_txn *txn, u32 timeout_ms, u8 *code);
int sim_engine_send(struct sim_engine *e, const struct sim_request *r);
int sim_engine_answer(struct sim_engine *e, struct ssim_pri_resp *resp, u32 timeout_ms);
unsigned int sim_pri_unanswered(struct sim_engine *e, u32 ssid, u64 before);
void sim_pri_end(struct sim_engine *e);

/* engine_access.c */
int sim_access_run(struct sim_engine *e, struct sim_access *a);
void sim_access_resumed(struct sim_engine *e, struct sim_flight *f,
			const struct ssim_result *result);
void sim_access_end_all(struct sim_engine *e, struct list_head *dead);
void sim_access_free(struct list_head *dead);
unsigned int sim_access_unanswered(struct sim_engine *e, u32 ssid, u64 before);

/* engine_buffer.c */
int sim_buffer_map(struct sim_file *file, u64 length, u32 flags, u32 pasid, u64 *iova);
int sim_buffer_unmap(struct sim_file *file, u64 iova, u32 flags, u32 *violations);
int sim_buffer_mmap(struct sim_file *file, struct vm_area_struct *vma);
void sim_buffers_unmap(struct sim_file *file);
void sim_buffers_leave(struct sim_file *file, const struct sim_pasid *p);
void sim_buffers_free(struct sim_file *file);

/* engine_pasid.c */
int sim_pasid_bind(struct sim_file *file, u32 *pasid);
int sim_pasid_unbind(struct sim_file *file, u32 pasid);
int sim_pasid_attach(struct sim_file *file, u32 *pasid);
int sim_pasid_detach(struct sim_file *file, u32 pasid);
struct sim_pasid *sim_pasid_find(struct sim_file *file, u32 pasid, bool bond);
void sim_pasids_end(struct sim_file *file);
void sim_pasid_stop(struct sim_engine *e);

/* engine_iommufd.c */
#if IS_ENABLED(CONFIG_IOMMUFD)
int sim_iommufd_bind(struct sim_file *file, int fd, u32 *id);
int sim_iommufd_attach(struct sim_file *file, u32 *pt_id);
int sim_iommufd_detach(struct sim_file *file);
void sim_iommufd_end(struct sim_file *file);
#else
static inline int sim_iommufd_bind(struct sim_file *file, int fd, u32 *id)
{
	return -EOPNOTSUPP;
}

static inline int sim_iommufd_attach(struct sim_file *file, u32 *pt_id)
{
	return -EOPNOTSUPP;
}

static inline int sim_iommufd_detach(struct sim_file *file)
{
	return -EOPNOTSUPP;
}

static inline void sim_iommufd_end(struct sim_file *file) { }
#endif

/* engine_uacce.c */
void sim_uacce_add(struct sim_engine *e, const struct sim_master *master);
void sim_uacce_remove(struct sim_engine *e);

/* chardev.c */
int sim_chardev_register(void);
void sim_chardev_unregister(void);
void sim_chardev_init(struct sim_engine *e);
int sim_chardev_add(struct sim_engine *e, const char *name);
void sim_chardev_remove(struct sim_engine *e);

#endif /* SIM_ENGINE_IMPL_H */
