/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simulated SMMUv3 instances and their masters, for test programs.
 *
 * Functions return 0 or a negative errno. How an access ended is in struct
 * sim_result; an access that ended badly is no error of the function.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#ifndef SMMU_SIM_LIB_H
#define SMMU_SIM_LIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/smmu_sim.h>

#define SIM_CONFIGFS	"/sys/kernel/config/smmu-sim"

/**
 * struct sim_result - how an access ended
 * @outcome: SMMU_SIM_OUT_...
 * @event: event number, 0: none
 * @recorded: an event record was written
 * @done: bytes moved
 * @stalls: so often it stalled
 * @requests: so many page requests it made
 * @failed: address of the transaction that did not end well
 * @pa: output address of the last transaction
 * @attr: its memory type, as a byte of MAIR
 */
struct sim_result {
	uint32_t outcome;
	uint32_t event;
	bool recorded;
	uint32_t done;
	uint32_t stalls;
	uint32_t requests;
	uint64_t failed;
	uint64_t pa;
	uint32_t attr;
};

/**
 * struct sim_how - what is special about an access; all zero, or NULL, is plain
 * @flags: SMMU_SIM_PASID is implied by @pasid
 * @pasid: PASID, 0: none
 * @stream: index of the stream ID
 * @timeout_ms: of a stall or page request, 0: ten seconds
 */
struct sim_how {
	uint32_t flags;
	uint32_t pasid;
	uint32_t stream;
	uint32_t timeout_ms;
};

/* Instances: attributes of configfs */
int sim_configfs(void);
int sim_set(const char *path, const char *value);
int sim_attribute(const char *instance, const char *master, const char *attribute,
		  const char *value);
int sim_instance(const char *name, const char *profile);
int sim_master(const char *instance, const char *name, const char *kind);
int sim_master_set(const char *instance, const char *name, const char *attribute, long value);
int sim_live(const char *instance, bool live);
void sim_remove(const char *instance);

/* Masters */
int sim_open(const char *instance, const char *master);
int sim_info(int fd, struct smmu_sim_info *info);

/* Buffers; *cpu may be NULL */
int sim_map(int fd, size_t length, uint32_t flags, uint64_t *iova, void **cpu);
int sim_unmap(int fd, uint64_t iova, uint32_t *violations);

/* PASIDs: the calling process, or an address space of its own with buffers at @iova */
int sim_bind(int fd, uint32_t *pasid);
int sim_unbind(int fd, uint32_t pasid);
int sim_attach(int fd, uint32_t *pasid);
int sim_detach(int fd, uint32_t pasid);
int sim_map_at(int fd, uint32_t pasid, uint64_t iova, size_t length, uint32_t flags, void **cpu);

/* Accesses */
int sim_read(int fd, uint64_t addr, void *to, size_t len, const struct sim_how *how,
	     struct sim_result *result);
int sim_write(int fd, uint64_t addr, const void *from, size_t len, const struct sim_how *how,
	      struct sim_result *result);
int sim_fetch_add(int fd, uint64_t addr, void *value, size_t len, const struct sim_how *how,
		  struct sim_result *result);
int sim_copy(int fd, uint64_t to, uint64_t from, size_t len, const struct sim_how *how,
	     struct sim_result *result);

/* Held accesses: of one transaction; *handle is 0 if it did not get that far */
int sim_hold_read(int fd, uint64_t addr, size_t len, const struct sim_how *how,
		  struct sim_result *result, uint32_t *handle);
int sim_hold_write(int fd, uint64_t addr, const void *from, size_t len, const struct sim_how *how,
		   struct sim_result *result, uint32_t *handle);
int sim_release(int fd, uint32_t handle, void *to, size_t len, struct sim_result *result);
int sim_drop(int fd, uint32_t handle);

/* Page requests */
int sim_page_request(int fd, uint64_t addr, uint32_t flags, uint32_t pasid, uint32_t group,
		     bool *refused);
int sim_response(int fd, uint32_t timeout_ms, struct smmu_sim_response *response);

/* Interrupts; *seen: how many its driver has seen by now */
int sim_message(int fd, uint32_t *outcome, uint32_t *seen);

const char *sim_outcome(uint32_t outcome);

#endif /* SMMU_SIM_LIB_H */
