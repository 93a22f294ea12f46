// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated masters at work while they come and go, or so many times.
 *
 *   sim_load PASSES FILE...
 *
 * A pass opens the file of a master, /dev/smmu-sim/INSTANCE-MASTER, and does all that the
 * master can: buffers, held writes, addresses of the process, address spaces of its own.
 * What it moved is compared. Of some things it leaves the end to the file's, or to the
 * master's. Each master has a process. With 0 passes they go on until SIGTERM, and masters
 * may vanish at any time: calls may fail with ENODEV then, and the file may not be there.
 * Nothing else may fail. Prints how many passes came to their end.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/sim_check.h"

#define RW		(SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE)
#define BYTES		3000

struct load {
	const char *path;
	unsigned int wanted;
	unsigned int complete;
	int fd;
	struct smmu_sim_info info;
};

/* Of all processes: something failed; it is over. */
static struct common {
	atomic_bool bad, over;
} *common;
static size_t page;

/* What a call of the pass returned; says what must not be. The pass goes on after 0 alone. */
static int judge(struct load *l, const char *what, int ret)
{
	if (!ret || (ret == -ENODEV && !l->wanted))
		return ret;
	printf("# %s: %s: %s\n", l->path, what, strerror(-ret));
	atomic_store(&common->bad, true);
	return ret;
}

static int wrong(struct load *l, const char *what, const struct sim_result *r)
{
	printf("# %s: %s: %s, event 0x%x, %u bytes, at 0x%llx\n", l->path, what,
	       sim_outcome(r->outcome), r->event, r->done, (unsigned long long)r->failed);
	atomic_store(&common->bad, true);
	return -EIO;
}

/* The master writes what the CPU then finds, and reads what the CPU has put there. */
static int moves(struct load *l, const char *what, uint64_t at, uint8_t *cpu, uint32_t pasid)
{
	struct sim_how how = { .pasid = pasid };
	uint8_t out[BYTES], in[BYTES];
	struct sim_result r;
	int ret;

	sim_fill(out, BYTES, l->complete);
	ret = judge(l, what, sim_write(l->fd, at + 100, out, BYTES, &how, &r));
	if (ret)
		return ret;
	if (r.outcome != SMMU_SIM_OUT_OK || memcmp(cpu + 100, out, BYTES))
		return wrong(l, what, &r);
	sim_fill(cpu + 100, BYTES, l->complete + 1);
	ret = judge(l, what, sim_read(l->fd, at + 100, in, BYTES, &how, &r));
	if (ret)
		return ret;
	return r.outcome != SMMU_SIM_OUT_OK || memcmp(cpu + 100, in, BYTES) ?
	       wrong(l, what, &r) : 0;
}

/* The last of a pass: what is held keeps every invalidation waiting. */
static int buffer(struct load *l)
{
	struct sim_result r;
	uint32_t violations, handle;
	uint64_t iova;
	uint8_t *cpu;
	int ret;

	ret = judge(l, "map", sim_map(l->fd, 4 * page, RW, &iova, (void **)&cpu));
	if (ret)
		return ret;
	ret = moves(l, "memory of the kernel", iova, cpu, 0);
	/* Who maps nothing but buffers has this one no more: it stays, and goes with the file. */
	munmap(cpu, 4 * page);
	if (ret || l->complete % 3 == 1)
		return ret;
	ret = judge(l, "hold", sim_hold_write(l->fd, iova, "held", 4, NULL, &r, &handle));
	if (!ret && l->complete % 3 == 2)
		return 0;
	if (!ret)
		ret = judge(l, "release", sim_release(l->fd, handle, NULL, 0, &r));
	if (!ret)
		ret = judge(l, "unmap", sim_unmap(l->fd, iova, &violations));
	if (!ret && violations) {
		printf("# %s: %u violations\n", l->path, violations);
		atomic_store(&common->bad, true);
	}
	return ret;
}

/* Memory of this process, which is not there until the master asks for it. */
static int process(struct load *l)
{
	uint8_t *cpu = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	uint32_t pasid;
	int ret;

	if (cpu == MAP_FAILED)
		return judge(l, "memory", -errno);
	ret = judge(l, "bind", sim_bind(l->fd, &pasid));
	if (!ret)
		ret = moves(l, "addresses of its own", (uintptr_t)cpu, cpu, pasid);
	munmap(cpu, 4 * page);
	if (ret || l->complete % 2)
		return ret;
	return judge(l, "unbind", sim_unbind(l->fd, pasid));
}

static int space(struct load *l)
{
	uint64_t iova = 0x40000000;
	uint32_t pasid;
	uint8_t *cpu;
	int ret;

	ret = judge(l, "attach", sim_attach(l->fd, &pasid));
	if (!ret)
		ret = judge(l, "map at", sim_map_at(l->fd, pasid, iova, 4 * page, RW, NULL));
	if (ret)
		return ret;
	cpu = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_SHARED, l->fd, iova);
	if (cpu == MAP_FAILED)
		return judge(l, "mmap", -errno);
	ret = moves(l, "a domain of its own", iova, cpu, pasid);
	munmap(cpu, 4 * page);
	if (ret || l->complete % 2)
		return ret;
	return judge(l, "detach", sim_detach(l->fd, pasid));
}

static int pass(struct load *l)
{
	int ret;

	l->fd = open(l->path, O_RDWR | O_CLOEXEC);
	if (l->fd < 0)
		return errno == ENOENT ? judge(l, "open", -ENODEV) : judge(l, "open", -errno);
	ret = judge(l, "info", sim_info(l->fd, &l->info));
	if (!ret && l->info.pasid_bits)
		ret = space(l);
	if (!ret && l->info.pasid_bits && l->info.flags & (SMMU_SIM_INFO_STALL | SMMU_SIM_INFO_PRI))
		ret = process(l);
	if (!ret)
		ret = buffer(l);
	close(l->fd);
	return ret;
}

/* Who goes on for ever leaves some time to those that take the master away. */
static void works(struct load *l)
{
	while (!atomic_load(&common->over) && !atomic_load(&common->bad) &&
	       (!l->wanted || l->complete < l->wanted)) {
		if (!pass(l))
			l->complete++;
		if (!l->wanted)
			usleep(2000);
	}
}

static void stop(int signal)
{
	(void)signal;
	atomic_store(&common->over, true);
}

/* Returns how many passes all made. */
static unsigned int wait_for_all(struct load *load, int num)
{
	unsigned int complete = 0;
	int i, status;
	pid_t pid;

	while ((pid = wait(&status)) > 0 || errno == EINTR)
		if (pid > 0 && (!WIFEXITED(status) || WEXITSTATUS(status)))
			atomic_store(&common->bad, true);
	for (i = 0; i < num; i++)
		complete += load[i].complete;
	return complete;
}

int main(int argc, char **argv)
{
	int i, num = argc - 2;
	struct load *load;

	if (argc < 3) {
		fprintf(stderr, "usage: sim_load PASSES FILE...\n");
		return 2;
	}
	page = sysconf(_SC_PAGESIZE);
	load = mmap(NULL, num * sizeof(*load) + sizeof(*common), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (load == MAP_FAILED)
		return 2;
	common = (void *)(load + num);
	signal(SIGTERM, stop);
	for (i = 0; i < num; i++) {
		load[i].path = argv[i + 2];
		load[i].wanted = atoi(argv[1]);
		if (!fork()) {
			works(&load[i]);
			exit(0);
		}
	}
	printf("passes %u\n", wait_for_all(load, num));
	return atomic_load(&common->bad) ? 1 : 0;
}
