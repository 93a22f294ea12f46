/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a simulated master does, for tests in the kernel and for the char device.
 *
 * Words:
 *	access		what the caller asks for; made of transactions
 *	transaction	part of an access within 4 KiB: translated, then carried out
 *	flight		a transaction between its translation and its data, kept
 *			there on purpose (SIM_HOLD), or stalled (SIM_NO_WAIT)
 *	response	the answer to a page request group
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SIM_ENGINE_H
#define SIM_ENGINE_H

#include "sim.h"

#define SIM_MAX_LEN	SZ_64K
#define SIM_TIMEOUT_MS	10000

struct sim_flight;

enum sim_op {
	SIM_READ,		/* memory to sim_access.data */
	SIM_WRITE,		/* sim_access.data to memory */
	SIM_FETCH_ADD,		/* little-endian, 4 or 8 bytes: addend in, old value out */
};

/* sim_access.flags */
#define SIM_PASID	BIT(0)	/* sim_access.pasid counts */
#define SIM_PRIV	BIT(1)	/* privileged */
#define SIM_INSTR	BIT(2)	/* a read is an instruction fetch */
#define SIM_HOLD	BIT(3)	/* stay between translation and data */
#define SIM_NO_WAIT	BIT(4)	/* come back when the transaction stalls */
#define SIM_NO_ATS	BIT(5)	/* send it untranslated though ATS is on */
#define SIM_NO_PRI	BIT(6)	/* make no page request when ATS grants nothing */
#define SIM_TRANSLATED	BIT(7)	/* claim that sim_access.addr is translated already */
#define SIM_FLAGS	GENMASK(7, 0)

/* How an access ended, each in its own word; the values are those of smmu_sim.h. */
enum sim_outcome {
	SIM_OK,			/* all of it is done */
	SIM_ABORT,		/* aborted; .event says why, 0: silently */
	SIM_RAZWI,		/* ended without an error and without data */
	SIM_HELD,		/* SIM_HOLD: translated, and waits in .flight */
	SIM_STALLED,		/* SIM_NO_WAIT: stalled, and waits in .flight */
	SIM_ATS_DENIED,		/* ATS grants nothing, or not what is wanted */
	SIM_ATS_UR,		/* ATS: unsupported request; or the port blocks it */
	SIM_ATS_CA,		/* ATS: completer abort */
	SIM_PRI_INVALID,	/* the page request was answered: invalid request */
	SIM_PRI_FAILURE,	/* the page request was answered: failure */
	SIM_PRI_AGAIN,		/* answered with success, over and over, but nothing is granted */
	SIM_TIMEOUT,		/* neither resumed nor answered in time */
	SIM_MASTER_OFF,		/* PCI: bus mastering is off */
	SIM_BAD_MEMORY,		/* translated to where no memory is */
	SIM_PASID_OFF,		/* PCI: PASIDs, or those of its kind, are off */
};

/**
 * struct sim_access - what a master is to do, and what came of it
 * @op: which
 * @flags: SIM_PASID, ...
 * @stream: index of the master's stream ID
 * @pasid: PASID, with SIM_PASID
 * @addr: first address
 * @data: kernel memory of @len bytes
 * @len: bytes, 1 to SIM_MAX_LEN; in 4 KiB where SIM_HOLD or SIM_NO_WAIT is set
 * @timeout_ms: how long a stall or page request may last, 0: SIM_TIMEOUT_MS
 * @outcome: how it ended
 * @event: number of the event that aborted it, 0: none
 * @recorded: an event record was written for it
 * @stalls: so often it stalled
 * @requests: so many page requests were made
 * @done: bytes moved before it failed
 * @failed: address of the transaction that failed
 * @pa: output address of the last transaction that was translated
 * @attr: its memory type, as a byte of MAIR
 * @flight: after SIM_HELD and SIM_STALLED: give it to sim_engine_release()
 *
 * Fields from @outcome on are results.
 */
struct sim_access {
	enum sim_op op;
	u32 flags;
	u32 stream;
	u32 pasid;
	u64 addr;
	void *data;
	u32 len;
	u32 timeout_ms;

	enum sim_outcome outcome;
	u8 event;
	bool recorded;
	u32 stalls;
	u32 requests;
	u32 done;
	u64 failed;
	u64 pa;
	u8 attr;
	struct sim_flight *flight;
};

/**
 * struct sim_request - a page request, as a master may send any
 * @stream: index of the master's stream ID
 * @pasid: PASID, if @has_pasid
 * @has_pasid: it has one
 * @read: permission wanted
 * @write: permission wanted
 * @exec: permission wanted
 * @priv: privileged
 * @last: last of its group; with a PASID and without read and write a stop marker
 * @group: page request group index, 0 to 511
 * @addr: of the page; the low 12 bits are ignored
 */
struct sim_request {
	u32 stream;
	u32 pasid;
	bool has_pasid;
	bool read;
	bool write;
	bool exec;
	bool priv;
	bool last;
	u16 group;
	u64 addr;
};

/* Page requests that accesses make use groups from here up. */
#define SIM_AUTO_GROUP	256

/**
 * sim_engine_access() - a master makes an access
 * @m: master; the caller keeps it from going away
 * @a: what to do, and what came of it
 *
 * Each transaction is translated, and its data are moved, under one hold of
 * sim_lock; with SIM_HOLD it stays in between until sim_engine_release(). A
 * master whose ATS is on asks for translations and keeps them.
 *
 * Context: process context, may sleep: for a stalled transaction and for the
 * answer to a page request.
 *
 * Return: 0 with @a->outcome set; -EINVAL for a request that makes no sense,
 * -ENODEV if no driver is bound to the master or its instance is not live,
 * -EBUSY if nothing more can be held, -EINTR after a signal, -ENOMEM. After
 * -EINTR and SIM_TIMEOUT a stalled transaction goes on by itself.
 */
int sim_engine_access(struct sim_master *m, struct sim_access *a);

/**
 * sim_engine_release() - end a transaction that is held, or was left stalled
 * @a: of sim_engine_access(), unchanged; its flight is gone afterwards
 *
 * A held transaction moves its data now. One that is stalled is waited for. If
 * its master is gone, so is the transaction, and nothing is moved.
 *
 * Context: process context, may sleep.
 *
 * Return: 0 with @a->outcome set; -ENODEV, -EINTR as sim_engine_access();
 * -EBUSY if the master never finishes (SIM_SILENT_DATA): the flight is kept.
 */
int sim_engine_release(struct sim_access *a);

/**
 * sim_engine_drop() - forget a flight: its transaction ends without data
 * @a: as for sim_engine_release()
 *
 * Context: process context.
 */
void sim_engine_drop(struct sim_access *a);

/**
 * sim_engine_request() - a master sends a page request
 * @m: master; the caller keeps it from going away
 * @r: the request
 *
 * Context: process context.
 *
 * Return: 0 if it is in the queue, 1 if the SMMU did not take it (and answered
 * itself, if it was the last of its group), -EINVAL, or -ENODEV.
 */
int sim_engine_request(struct sim_master *m, const struct sim_request *r);

/**
 * sim_engine_response() - take the oldest answer to requests of sim_engine_request()
 * @m: master; the caller keeps it from going away
 * @resp: the answer
 * @timeout_ms: how long to wait for one; 0 returns at once
 *
 * Context: process context, may sleep.
 *
 * Return: 0, -EAGAIN if there is none, -EINTR, or -ENODEV.
 */
int sim_engine_response(struct sim_master *m, struct ssim_pri_resp *resp, u32 timeout_ms);

#endif /* SIM_ENGINE_H */
