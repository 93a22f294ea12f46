// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated SMMUv3 instances and their masters, for test programs.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "smmu_sim_lib.h"

static int call(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) ? -errno : 0;
}

/* Mount configfs if nobody has; -ENOENT: this kernel has no simulator. */
int sim_configfs(void)
{
	if (!access(SIM_CONFIGFS, F_OK))
		return 0;
	mount("configfs", "/sys/kernel/config", "configfs", 0, NULL);
	return access(SIM_CONFIGFS, F_OK) ? -errno : 0;
}

int sim_set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* An attribute of an instance, or of a master if that is not NULL. */
int sim_attribute(const char *instance, const char *master, const char *attribute,
		  const char *value)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s/%s%s%s%s", SIM_CONFIGFS, instance,
		 master ? "masters/" : "", master ? master : "", master ? "/" : "", attribute);
	return sim_set(path, value);
}

/* A profile of NULL is the default. */
int sim_instance(const char *name, const char *profile)
{
	char path[PATH_MAX];
	int ret = sim_configfs();

	if (ret)
		return ret;
	snprintf(path, sizeof(path), "%s/%s", SIM_CONFIGFS, name);
	if (mkdir(path, 0700))
		return -errno;
	return profile ? sim_attribute(name, NULL, "profile", profile) : 0;
}

int sim_master(const char *instance, const char *name, const char *kind)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s/masters/%s", SIM_CONFIGFS, instance, name);
	if (mkdir(path, 0700))
		return -errno;
	return sim_attribute(instance, name, "kind", kind);
}

int sim_master_set(const char *instance, const char *name, const char *attribute, long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", value);
	return sim_attribute(instance, name, attribute, text);
}

int sim_live(const char *instance, bool live)
{
	return sim_attribute(instance, NULL, "live", live ? "1" : "0");
}

/* Make it dead, and remove it with its masters. */
void sim_remove(const char *instance)
{
	char path[PATH_MAX], below[PATH_MAX + 256];
	struct dirent *d;
	DIR *dir;

	sim_live(instance, false);
	snprintf(path, sizeof(path), "%s/%s/masters", SIM_CONFIGFS, instance);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		snprintf(below, sizeof(below), "%s/%s", path, d->d_name);
		rmdir(below);
	}
	if (dir)
		closedir(dir);
	snprintf(path, sizeof(path), "%s/%s", SIM_CONFIGFS, instance);
	rmdir(path);
}

/* Its driver may take a moment: five seconds at most. */
int sim_open(const char *instance, const char *master)
{
	char path[PATH_MAX];
	int fd, tries;

	snprintf(path, sizeof(path), "/dev/smmu-sim/%s-%s", instance, master);
	for (tries = 0; tries < 100; tries++) {
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		usleep(50000);
	}
	return -errno;
}

int sim_info(int fd, struct smmu_sim_info *info)
{
	return call(fd, SMMU_SIM_IOC_INFO, info);
}

static int map_buffer(int fd, struct smmu_sim_map *map, void **cpu)
{
	int ret = call(fd, SMMU_SIM_IOC_MAP, map);

	if (ret || !cpu)
		return ret;
	*cpu = mmap(NULL, map->length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, map->iova);
	if (*cpu != MAP_FAILED)
		return 0;
	ret = -errno;
	sim_unmap(fd, map->iova, NULL);
	return ret;
}

int sim_map(int fd, size_t length, uint32_t flags, uint64_t *iova, void **cpu)
{
	struct smmu_sim_map map = { .length = length, .flags = flags };
	int ret = map_buffer(fd, &map, cpu);

	if (!ret)
		*iova = map.iova;
	return ret;
}

int sim_map_at(int fd, uint32_t pasid, uint64_t iova, size_t length, uint32_t flags, void **cpu)
{
	struct smmu_sim_map map = {
		.length = length,
		.iova = iova,
		.flags = flags | SMMU_SIM_MAP_PASID,
		.pasid = pasid,
	};

	return map_buffer(fd, &map, cpu);
}

/* With both checkpoints. The CPU's mapping is the caller's. */
int sim_unmap(int fd, uint64_t iova, uint32_t *violations)
{
	struct smmu_sim_unmap unmap = {
		.iova = iova,
		.flags = SMMU_SIM_UNMAP_PAGES | SMMU_SIM_UNMAP_RANGE,
	};
	int ret = call(fd, SMMU_SIM_IOC_UNMAP, &unmap);

	if (violations)
		*violations = unmap.violations;
	return ret;
}

static int get_pasid(int fd, unsigned long cmd, uint32_t *pasid)
{
	struct smmu_sim_pasid p = {};
	int ret = call(fd, cmd, &p);

	if (!ret)
		*pasid = p.pasid;
	return ret;
}

static int put_pasid(int fd, unsigned long cmd, uint32_t pasid)
{
	struct smmu_sim_pasid p = { .pasid = pasid };

	return call(fd, cmd, &p);
}

int sim_bind(int fd, uint32_t *pasid)
{
	return get_pasid(fd, SMMU_SIM_IOC_BIND, pasid);
}

int sim_unbind(int fd, uint32_t pasid)
{
	return put_pasid(fd, SMMU_SIM_IOC_UNBIND, pasid);
}

int sim_attach(int fd, uint32_t *pasid)
{
	return get_pasid(fd, SMMU_SIM_IOC_ATTACH, pasid);
}

int sim_detach(int fd, uint32_t pasid)
{
	return put_pasid(fd, SMMU_SIM_IOC_DETACH, pasid);
}

static void give(struct sim_result *result, const struct smmu_sim_access *a)
{
	if (!result)
		return;
	*result = (struct sim_result) {
		.outcome = a->outcome,
		.event = a->event,
		.recorded = a->recorded,
		.done = a->done,
		.stalls = a->stalls,
		.requests = a->requests,
		.failed = a->failed,
		.pa = a->pa,
		.attr = a->attr,
	};
}

static int do_access(int fd, uint32_t op, uint32_t flags, uint64_t addr, uintptr_t data,
		     size_t len, const struct sim_how *how, struct sim_result *result,
		     uint32_t *handle)
{
	struct smmu_sim_access a = {
		.op = op,
		.flags = flags,
		.addr = addr,
		.data = data,
		.len = len,
	};
	int ret;

	if (how) {
		a.flags |= how->flags | (how->pasid ? SMMU_SIM_PASID : 0);
		a.pasid = how->pasid;
		a.stream = how->stream;
		a.timeout_ms = how->timeout_ms;
	}
	ret = call(fd, SMMU_SIM_IOC_ACCESS, &a);
	if (ret)
		return ret;
	give(result, &a);
	if (handle)
		*handle = a.handle;
	return 0;
}

int sim_read(int fd, uint64_t addr, void *to, size_t len, const struct sim_how *how,
	     struct sim_result *result)
{
	return do_access(fd, SMMU_SIM_READ, 0, addr, (uintptr_t)to, len, how, result, NULL);
}

int sim_write(int fd, uint64_t addr, const void *from, size_t len, const struct sim_how *how,
	      struct sim_result *result)
{
	return do_access(fd, SMMU_SIM_WRITE, 0, addr, (uintptr_t)from, len, how, result, NULL);
}

int sim_fetch_add(int fd, uint64_t addr, void *value, size_t len, const struct sim_how *how,
		  struct sim_result *result)
{
	return do_access(fd, SMMU_SIM_FETCH_ADD, 0, addr, (uintptr_t)value, len, how, result,
			 NULL);
}

/* The result is the read's, if that ended badly, else the write's. */
int sim_copy(int fd, uint64_t to, uint64_t from, size_t len, const struct sim_how *how,
	     struct sim_result *result)
{
	struct sim_result mine;
	void *data = malloc(len);
	int ret;

	if (!data)
		return -ENOMEM;
	ret = sim_read(fd, from, data, len, how, &mine);
	if (!ret && mine.outcome == SMMU_SIM_OUT_OK)
		ret = sim_write(fd, to, data, len, how, &mine);
	if (!ret && result)
		*result = mine;
	free(data);
	return ret;
}

int sim_hold_read(int fd, uint64_t addr, size_t len, const struct sim_how *how,
		  struct sim_result *result, uint32_t *handle)
{
	return do_access(fd, SMMU_SIM_READ, SMMU_SIM_HOLD, addr, 0, len, how, result, handle);
}

int sim_hold_write(int fd, uint64_t addr, const void *from, size_t len, const struct sim_how *how,
		   struct sim_result *result, uint32_t *handle)
{
	return do_access(fd, SMMU_SIM_WRITE, SMMU_SIM_HOLD, addr, (uintptr_t)from, len, how, result,
			 handle);
}

/* Where it was a read, @to and @len are its data. */
int sim_release(int fd, uint32_t handle, void *to, size_t len, struct sim_result *result)
{
	struct smmu_sim_access a = {
		.handle = handle,
		.data = (uintptr_t)to,
		.len = len,
	};
	int ret = call(fd, SMMU_SIM_IOC_RELEASE, &a);

	if (!ret)
		give(result, &a);
	return ret;
}

int sim_drop(int fd, uint32_t handle)
{
	struct smmu_sim_access a = { .handle = handle, .flags = SMMU_SIM_DROP };

	return call(fd, SMMU_SIM_IOC_RELEASE, &a);
}

int sim_page_request(int fd, uint64_t addr, uint32_t flags, uint32_t pasid, uint32_t group,
		     bool *refused)
{
	struct smmu_sim_request r = {
		.addr = addr,
		.flags = flags | (pasid ? SMMU_SIM_REQ_PASID : 0),
		.pasid = pasid,
		.group = group,
	};
	int ret = call(fd, SMMU_SIM_IOC_REQUEST, &r);

	if (!ret && refused)
		*refused = r.refused;
	return ret;
}

int sim_response(int fd, uint32_t timeout_ms, struct smmu_sim_response *response)
{
	*response = (struct smmu_sim_response) { .timeout_ms = timeout_ms };
	return call(fd, SMMU_SIM_IOC_RESPONSE, response);
}

int sim_message(int fd, uint32_t *outcome, uint32_t *seen)
{
	struct smmu_sim_message m = {};
	int ret = call(fd, SMMU_SIM_IOC_MESSAGE, &m);

	if (!ret) {
		*outcome = m.outcome;
		*seen = m.interrupts;
	}
	return ret;
}

const char *sim_outcome(uint32_t outcome)
{
	static const char *const names[] = {
		[SMMU_SIM_OUT_OK] = "OK",
		[SMMU_SIM_OUT_ABORT] = "abort",
		[SMMU_SIM_OUT_RAZWI] = "RAZ/WI",
		[SMMU_SIM_OUT_HELD] = "held",
		[SMMU_SIM_OUT_STALLED] = "stalled",
		[SMMU_SIM_OUT_ATS_DENIED] = "ATS: denied",
		[SMMU_SIM_OUT_ATS_UR] = "ATS: unsupported request",
		[SMMU_SIM_OUT_ATS_CA] = "ATS: completer abort",
		[SMMU_SIM_OUT_PRI_INVALID] = "page request: invalid",
		[SMMU_SIM_OUT_PRI_FAILURE] = "page request: failure",
		[SMMU_SIM_OUT_PRI_AGAIN] = "page request: never enough",
		[SMMU_SIM_OUT_TIMEOUT] = "time-out",
		[SMMU_SIM_OUT_MASTER_OFF] = "bus mastering is off",
		[SMMU_SIM_OUT_BAD_MEMORY] = "no memory there",
		[SMMU_SIM_OUT_PASID_OFF] = "PASIDs are off",
	};

	return outcome <= SMMU_SIM_OUT_PASID_OFF ? names[outcome] : "?";
}
