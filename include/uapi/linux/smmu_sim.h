/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Masters behind a simulated SMMUv3: /dev/smmu-sim/INSTANCE-MASTER.
 *
 * Addresses and lengths are in bytes. Fields called "reserved", and bits of
 * "flags" that have no name here, must be zero (EINVAL). Every call fails with
 * ENODEV once the master has gone or has lost its driver.
 *
 * mmap() at the offset that is a buffer's device address maps the buffer.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef _UAPI_LINUX_SMMU_SIM_H
#define _UAPI_LINUX_SMMU_SIM_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define SMMU_SIM_VERSION	2
#define SMMU_SIM_NAME		40
#define SMMU_SIM_STREAMS	8

/* smmu_sim_info.flags */
#define SMMU_SIM_INFO_PCI	(1U << 0)	/* a PCI function, else a platform device */
#define SMMU_SIM_INFO_STALL	(1U << 1)	/* its transactions may stall */
#define SMMU_SIM_INFO_ATS	(1U << 2)	/* ATS is on */
#define SMMU_SIM_INFO_PRI	(1U << 3)	/* page requests are on */

/**
 * struct smmu_sim_info - what the file is
 * @version: SMMU_SIM_VERSION of the kernel
 * @flags: SMMU_SIM_INFO_...
 * @instance: name of the instance
 * @master: name of the master
 * @streams: so many of @sids count
 * @sids: stream IDs
 * @pasid_bits: width of its PASIDs, 0: it has none
 * @max_len: the longest access
 * @reserved: zero
 */
struct smmu_sim_info {
	__u32 version;
	__u32 flags;
	char instance[SMMU_SIM_NAME];
	char master[SMMU_SIM_NAME];
	__u32 streams;
	__u32 sids[SMMU_SIM_STREAMS];
	__u32 pasid_bits;
	__u32 max_len;
	__u32 reserved;
};

/* smmu_sim_map.flags */
#define SMMU_SIM_MAP_READ	(1U << 0)	/* the device may read it */
#define SMMU_SIM_MAP_WRITE	(1U << 1)	/* the device may write it */
#define SMMU_SIM_MAP_CONTIG	(1U << 2)	/* of contiguous physical memory */
#define SMMU_SIM_MAP_PRIV	(1U << 3)	/* for privileged transactions only */
#define SMMU_SIM_MAP_PASID	(1U << 4)	/* at @iova, in the address space of @pasid */

/**
 * struct smmu_sim_map - make a buffer of zeroes and map it
 * @length: a multiple of the page size; with CONTIG a power of two of pages
 * @iova: gets the device address; with PASID it is an argument
 * @flags: SMMU_SIM_MAP_..., READ or WRITE or both
 * @pasid: of SMMU_SIM_IOC_ATTACH, by this file; zero without PASID
 *
 * Without PASID it is mapped with the DMA API.
 *
 * Errors: ENOMEM; EOPNOTSUPP if the device's addresses are not translated, and
 * so not contiguous; with PASID: ENOENT: not attached by this file; EEXIST: a
 * buffer of this file is there; ERANGE: no such address.
 */
struct smmu_sim_map {
	__u64 length;
	__u64 iova;
	__u32 flags;
	__u32 pasid;
};

/* smmu_sim_unmap.flags */
#define SMMU_SIM_UNMAP_PAGES	(1U << 0)	/* check that nothing held leads to its pages */
#define SMMU_SIM_UNMAP_RANGE	(1U << 1)	/* check that nothing of its range is held */

/**
 * struct smmu_sim_unmap - unmap a buffer and free it
 * @iova: the device address that SMMU_SIM_IOC_MAP returned
 * @flags: checkpoints to evaluate once it is unmapped: SMMU_SIM_UNMAP_...
 * @violations: gets how many violations they reported
 *
 * Checkpoints are left out where the domain may defer invalidations. RANGE
 * keeps other maps and unmaps of this master out meanwhile; if other masters
 * share its domain they must not map anything.
 *
 * Errors: ENOENT if no buffer of this file begins there.
 */
struct smmu_sim_unmap {
	__u64 iova;
	__u32 flags;
	__u32 violations;
};

/**
 * struct smmu_sim_pasid - give a PASID a meaning, or take it back
 * @pasid: result of BIND and ATTACH, argument of UNBIND and DETACH
 * @flags: zero
 *
 * BIND: the master shares the address space of the calling process, so that
 * accesses with @pasid go where the process's own go. A process has one PASID,
 * for all masters. Each BIND needs an UNBIND, which any process may call that has
 * the file.
 *
 * ATTACH: an address space of its own, empty; MAP with SMMU_SIM_MAP_PASID puts
 * buffers there. DETACH unmaps those that are left; the buffers stay.
 *
 * What is held (SMMU_SIM_HOLD) keeps UNBIND, DETACH, and the end of a process
 * waiting as it does UNMAP. What is stalled is answered by the kernel. Closing the
 * file unbinds and detaches.
 *
 * Errors: ENOENT: not bound, or attached, by this file. BIND and ATTACH: ENOSPC: no
 * PASID is left; EOVERFLOW: the PASID of the process is too wide for the master;
 * EOPNOTSUPP, ENODEV, EINVAL: the SMMU or the master cannot; ENOMEM.
 */
struct smmu_sim_pasid {
	__u32 pasid;
	__u32 flags;
};

/* smmu_sim_access.op */
#define SMMU_SIM_READ		0	/* from the device address to @data */
#define SMMU_SIM_WRITE		1	/* from @data to the device address */
#define SMMU_SIM_FETCH_ADD	2	/* @data: little-endian addend, then old value */

/* smmu_sim_access.flags */
#define SMMU_SIM_PASID		(1U << 0)	/* @pasid counts */
#define SMMU_SIM_PRIV		(1U << 1)	/* privileged */
#define SMMU_SIM_INSTR		(1U << 2)	/* instruction fetch; of READ only */
#define SMMU_SIM_HOLD		(1U << 3)	/* stay between translation and data */
#define SMMU_SIM_NO_WAIT	(1U << 4)	/* come back when it stalls */
#define SMMU_SIM_NO_ATS		(1U << 5)	/* untranslated, though ATS is on */
#define SMMU_SIM_NO_PRI		(1U << 6)	/* no page request if ATS grants nothing */
#define SMMU_SIM_TRANSLATED	(1U << 7)	/* claim that @addr is translated already */

/* smmu_sim_access.outcome */
#define SMMU_SIM_OUT_OK		0	/* all of it is done */
#define SMMU_SIM_OUT_ABORT	1	/* aborted; @event says why, 0: silently */
#define SMMU_SIM_OUT_RAZWI	2	/* no error and no data: reads zeroes, writes nothing */
#define SMMU_SIM_OUT_HELD	3	/* HOLD: waits in @handle */
#define SMMU_SIM_OUT_STALLED	4	/* NO_WAIT: waits in @handle */
#define SMMU_SIM_OUT_ATS_DENIED	5	/* ATS grants nothing, or not what is wanted */
#define SMMU_SIM_OUT_ATS_UR	6	/* ATS: unsupported request; or the port blocks it */
#define SMMU_SIM_OUT_ATS_CA	7	/* ATS: completer abort */
#define SMMU_SIM_OUT_PRI_INVALID 8	/* its page request was answered: invalid */
#define SMMU_SIM_OUT_PRI_FAILURE 9	/* its page request was answered: failure */
#define SMMU_SIM_OUT_PRI_AGAIN	10	/* answered with success, but still not granted */
#define SMMU_SIM_OUT_TIMEOUT	11	/* neither resumed nor answered in time */
#define SMMU_SIM_OUT_MASTER_OFF	12	/* PCI: bus mastering is off */
#define SMMU_SIM_OUT_BAD_MEMORY	13	/* translated to where no memory is */
#define SMMU_SIM_OUT_PASID_OFF	14	/* PCI: PASIDs, or those of its kind, are off */

/**
 * struct smmu_sim_access - an access of the master, or the end of a held one
 * @op: SMMU_SIM_READ, ...
 * @flags: SMMU_SIM_PASID, ...
 * @addr: device address
 * @data: pointer to @len bytes of the caller's
 * @len: bytes, 1 to smmu_sim_info.max_len; 4 or 8, aligned, for FETCH_ADD
 * @stream: index of the stream ID
 * @pasid: PASID
 * @timeout_ms: how long a stall or page request may last, 0: ten seconds
 * @outcome: how it ended: SMMU_SIM_OUT_...
 * @event: number of the event that aborted it, 0: none
 * @recorded: 1 if an event record was written
 * @handle: of what waits, not 0
 * @stalls: so often it stalled
 * @requests: so many page requests it made
 * @done: bytes moved
 * @attr: memory type of the last transaction, as a byte of MAIR; 0xff with ATS
 * @failed: address of the transaction that did not end well
 * @pa: output address of the last transaction
 *
 * Fields from @outcome on are results; @handle is an argument of RELEASE.
 *
 * An access is cut at multiples of 4 KiB, and each part is a transaction. With
 * HOLD or NO_WAIT it must be one (EINVAL). Until a held transaction is released
 * no CMD_SYNC completes that has something to invalidate.
 *
 * SMMU_SIM_IOC_RELEASE with @handle, @flags zero: the data move, and the results
 * are as of the access; a READ's go to @data, @len must be that of the access.
 * All other arguments must be zero. With SMMU_SIM_DROP no data move. Closing the
 * file drops what it holds.
 *
 * Errors: EINVAL; EBUSY if nothing more can be held, or (RELEASE) the master never
 * finishes what it holds; EINTR: a stalled transaction goes on by itself, as after
 * SMMU_SIM_OUT_TIMEOUT; ENOENT: no such handle; EFAULT; ENOMEM.
 */
struct smmu_sim_access {
	__u32 op;
	__u32 flags;
	__u64 addr;
	__u64 data;
	__u32 len;
	__u32 stream;
	__u32 pasid;
	__u32 timeout_ms;
	__u32 outcome;
	__u32 event;
	__u32 recorded;
	__u32 handle;
	__u32 stalls;
	__u32 requests;
	__u32 done;
	__u32 attr;
	__u64 failed;
	__u64 pa;
};

/* smmu_sim_access.flags of SMMU_SIM_IOC_RELEASE */
#define SMMU_SIM_DROP		(1U << 31)	/* end it without data */

/* smmu_sim_request.flags */
#define SMMU_SIM_REQ_READ	(1U << 0)
#define SMMU_SIM_REQ_WRITE	(1U << 1)
#define SMMU_SIM_REQ_EXEC	(1U << 2)
#define SMMU_SIM_REQ_PRIV	(1U << 3)
#define SMMU_SIM_REQ_LAST	(1U << 4)	/* last of its group */
#define SMMU_SIM_REQ_PASID	(1U << 5)	/* @pasid counts */

/**
 * struct smmu_sim_request - a page request, as bad as the caller likes
 * @addr: of the page
 * @flags: SMMU_SIM_REQ_...; with PASID and LAST, but without READ and WRITE, it
 *	is a stop marker
 * @stream: index of the stream ID
 * @pasid: PASID
 * @group: page request group index, 0 to 511; accesses use those from 256
 * @refused: gets 1 if the SMMU did not take it; it then answers the last of a
 *	group itself
 * @reserved: zero
 *
 * Errors: EINVAL, of platform devices too.
 */
struct smmu_sim_request {
	__u64 addr;
	__u32 flags;
	__u32 stream;
	__u32 pasid;
	__u32 group;
	__u32 refused;
	__u32 reserved;
};

/* smmu_sim_response.code */
#define SMMU_SIM_RESP_FAILURE	0
#define SMMU_SIM_RESP_INVALID	1
#define SMMU_SIM_RESP_SUCCESS	2

/* smmu_sim_response.flags */
#define SMMU_SIM_RESP_PASID	(1U << 0)	/* it had a PASID */
#define SMMU_SIM_RESP_AUTO	(1U << 1)	/* the SMMU's own, not software's */

/**
 * struct smmu_sim_response - take the oldest answer to a page request group
 * @timeout_ms: how long to wait for one, 0: not at all
 * @flags: SMMU_SIM_RESP_...
 * @sid: stream ID
 * @pasid: PASID
 * @group: page request group index
 * @code: SMMU_SIM_RESP_SUCCESS, ...
 *
 * All but @timeout_ms are results. Answers to page requests that accesses made
 * are not among them. Files of one master share them. At most 64 are kept.
 *
 * Errors: EAGAIN if there is none, EINTR.
 */
struct smmu_sim_response {
	__u32 timeout_ms;
	__u32 flags;
	__u32 sid;
	__u32 pasid;
	__u32 group;
	__u32 code;
};

/**
 * struct smmu_sim_message - send the message interrupt of a PCI function
 * @outcome: how the write ended: SMMU_SIM_OUT_...
 * @event: number of the event that aborted it, 0: none
 * @interrupts: so many interrupts its driver has seen by now, this one perhaps
 *	not yet
 * @reserved: zero
 *
 * All are results. Errors: ENXIO if its messages are off.
 */
struct smmu_sim_message {
	__u32 outcome;
	__u32 event;
	__u32 interrupts;
	__u32 reserved;
};

/*
 * A master whose attribute "user" is 1 does no DMA of its driver's: SMMU_SIM_IOC_MAP,
 * _BIND and _ATTACH fail with EBUSY. It can be given to an iommufd, as VFIO gives it
 * devices, and then reaches what is mapped there.
 */

/**
 * struct smmu_sim_iommufd - give the master to an iommufd, until the file is closed
 * @flags: zero
 * @fd: the iommufd
 * @id: gets the number that the master has there
 * @reserved: zero
 *
 * Errors: EOPNOTSUPP for a master without "user", or a kernel without iommufd; EBUSY
 * when it is given away; those of iommufd.
 */
struct smmu_sim_iommufd {
	__u32 flags;
	__s32 fd;
	__u32 id;
	__u32 reserved;
};

/* smmu_sim_hwpt.flags */
#define SMMU_SIM_HWPT_NONE	(1U << 0)	/* lead it nowhere; @id is zero */

/**
 * struct smmu_sim_hwpt - lead the master to an address space of its iommufd
 * @flags: zero, or SMMU_SIM_HWPT_NONE
 * @id: an IOAS, or a page table; gets the number of the page table
 *
 * Errors: EINVAL if this file has not given the master to an iommufd, or there is
 * nothing that SMMU_SIM_HWPT_NONE could end; those of iommufd.
 */
struct smmu_sim_hwpt {
	__u32 flags;
	__u32 id;
};

/*
 * A master whose attribute "uacce" is 1 is an accelerator, too: /dev/smmu_sim-N. What
 * opens it is bound. Offset UACCE_QFRT_DUS, in pages, maps one page: struct
 * smmu_sim_queue and, behind it, the jobs. After UACCE_CMD_START_Q a program fills in
 * the job number @tail modulo @jobs, adds 1 to @tail, and rings. poll() says when there
 * is a job that has ended and is not taken.
 */

#define SMMU_SIM_JOBS		32

/**
 * struct smmu_sim_queue - first in the page of a queue
 * @jobs: SMMU_SIM_JOBS
 * @tail: the program's: so many jobs it has put in
 * @done: the device's: so many jobs have ended, in order
 * @taken: the program's: the results of so many it has taken
 * @reserved: zero
 */
struct smmu_sim_queue {
	__u32 jobs;
	__u32 tail;
	__u32 done;
	__u32 taken;
	__u32 reserved[12];
};

/* smmu_sim_job.op */
#define SMMU_SIM_JOB_COPY	0	/* @len bytes at @from to @to, front to back */
#define SMMU_SIM_JOB_SUM	1	/* the sum of @len bytes at @from */

/* smmu_sim_job.status */
#define SMMU_SIM_JOB_DONE	1
#define SMMU_SIM_JOB_FAILED	2	/* @outcome and @failed say why and where */
#define SMMU_SIM_JOB_BAD	3	/* no such job */

/**
 * struct smmu_sim_job - what an accelerator is to do
 * @op: SMMU_SIM_JOB_...
 * @flags: zero
 * @from: address in the memory of the program
 * @to: likewise
 * @len: bytes
 * @cookie: the program's
 * @result: the sum
 * @failed: address of the transaction that did not end well
 * @status: SMMU_SIM_JOB_..., zero before
 * @outcome: how its last access ended: SMMU_SIM_OUT_...
 *
 * Fields from @result on are results.
 */
struct smmu_sim_job {
	__u32 op;
	__u32 flags;
	__u64 from;
	__u64 to;
	__u64 len;
	__u64 cookie;
	__u64 result;
	__u64 failed;
	__u32 status;
	__u32 outcome;
};

#define SMMU_SIM_IOC		0xB9
#define SMMU_SIM_IOC_INFO	_IOR(SMMU_SIM_IOC, 0, struct smmu_sim_info)
#define SMMU_SIM_IOC_MAP	_IOWR(SMMU_SIM_IOC, 1, struct smmu_sim_map)
#define SMMU_SIM_IOC_UNMAP	_IOWR(SMMU_SIM_IOC, 2, struct smmu_sim_unmap)
#define SMMU_SIM_IOC_ACCESS	_IOWR(SMMU_SIM_IOC, 3, struct smmu_sim_access)
#define SMMU_SIM_IOC_RELEASE	_IOWR(SMMU_SIM_IOC, 4, struct smmu_sim_access)
#define SMMU_SIM_IOC_REQUEST	_IOWR(SMMU_SIM_IOC, 5, struct smmu_sim_request)
#define SMMU_SIM_IOC_RESPONSE	_IOWR(SMMU_SIM_IOC, 6, struct smmu_sim_response)
#define SMMU_SIM_IOC_MESSAGE	_IOR(SMMU_SIM_IOC, 7, struct smmu_sim_message)
#define SMMU_SIM_IOC_BIND	_IOWR(SMMU_SIM_IOC, 8, struct smmu_sim_pasid)
#define SMMU_SIM_IOC_UNBIND	_IOWR(SMMU_SIM_IOC, 9, struct smmu_sim_pasid)
#define SMMU_SIM_IOC_ATTACH	_IOWR(SMMU_SIM_IOC, 10, struct smmu_sim_pasid)
#define SMMU_SIM_IOC_DETACH	_IOWR(SMMU_SIM_IOC, 11, struct smmu_sim_pasid)
#define SMMU_SIM_IOC_IOMMUFD	_IOWR(SMMU_SIM_IOC, 12, struct smmu_sim_iommufd)
#define SMMU_SIM_IOC_HWPT	_IOWR(SMMU_SIM_IOC, 13, struct smmu_sim_hwpt)

/* Of a queue of uacce, with zero: there are new jobs. */
#define SMMU_SIM_IOC_DOORBELL	_IO(SMMU_SIM_IOC, 32)

#endif /* _UAPI_LINUX_SMMU_SIM_H */
