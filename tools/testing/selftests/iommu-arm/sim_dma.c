// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA of simulated masters: what they write is what the CPU reads, and the other
 * way round; what is not mapped, or not theirs, they do not reach; and what they
 * hold while it is unmapped keeps the unmapping from ending.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/sim_check.h"

#define INSTANCE	"dma"
#define RW		(SMMU_SIM_MAP_READ | SMMU_SIM_MAP_WRITE)

static int a, b;	/* two masters */
static size_t page;

/* Sizes and offsets that are, and are not, those of pages and words */
static bool moves_data(uint32_t flags, size_t length)
{
	static const size_t at[] = { 0, 1, 7, 4090, 4096, 5000 };
	static const size_t len[] = { 1, 2, 4, 8, 63, 4096, 9000 };
	uint8_t out[9000], in[9000], *cpu;
	struct sim_result r;
	uint32_t violations;
	uint64_t iova;
	size_t i, j;
	int ret;

	ret = sim_map(a, length, flags, &iova, (void **)&cpu);
	if (ret) {
		ksft_print_msg("map: %s\n", strerror(-ret));
		return false;
	}
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		for (j = 0; j < ARRAY_SIZE(len) && at[i] + len[j] <= length; j++) {
			sim_fill(out, len[j], i * 8 + j);
			if (sim_write(a, iova + at[i], out, len[j], NULL, &r) || !sim_fine(&r) ||
			    r.done != len[j] || memcmp(cpu + at[i], out, len[j]))
				return false;
			sim_fill(cpu + at[i], len[j], 1000 + i * 8 + j);
			if (sim_read(a, iova + at[i], in, len[j], NULL, &r) || !sim_fine(&r) ||
			    memcmp(cpu + at[i], in, len[j]))
				return false;
		}
	}
	munmap(cpu, length);
	return !sim_unmap(a, iova, &violations) && !violations;
}

static bool copies(void)
{
	uint64_t iova[2];
	uint8_t *cpu[2];
	struct sim_result r;
	bool good;

	if (sim_map(a, 16 * page, RW, &iova[0], (void **)&cpu[0]) ||
	    sim_map(a, 16 * page, RW, &iova[1], (void **)&cpu[1]))
		return false;
	sim_fill(cpu[0], 16384, 5);
	good = !sim_copy(a, iova[1] + 3, iova[0], 16000, NULL, &r) && sim_fine(&r) &&
	       !memcmp(cpu[1] + 3, cpu[0], 16000) && !cpu[1][0] && !cpu[1][16003];
	munmap(cpu[0], 16 * page);
	munmap(cpu[1], 16 * page);
	return good && !sim_unmap(a, iova[0], NULL) && !sim_unmap(a, iova[1], NULL);
}

/* Atomics of a device and of a CPU on one word */
struct adder {
	uint64_t iova;
	atomic_uint *word;
	bool good;
};

static void *device_adds(void *arg)
{
	struct adder *adder = arg;
	struct sim_result r;
	uint32_t value;
	int i;

	adder->good = true;
	for (i = 0; i < 2000; i++) {
		value = 3;
		if (sim_fetch_add(a, adder->iova, &value, sizeof(value), NULL, &r) || !sim_fine(&r))
			adder->good = false;
	}
	return NULL;
}

static bool adds(void)
{
	struct adder adder;
	uint64_t old = 0;
	struct sim_result r;
	pthread_t thread;
	void *cpu;
	bool good;
	int i;

	if (sim_map(a, page, RW, &adder.iova, &cpu))
		return false;
	adder.word = cpu;
	pthread_create(&thread, NULL, device_adds, &adder);
	for (i = 0; i < 100000; i++)
		atomic_fetch_add(adder.word, 1);
	pthread_join(thread, NULL);
	good = adder.good && atomic_load(adder.word) == 2000 * 3 + 100000;
	/* The neighbour has not moved. */
	good = good && !atomic_load(adder.word + 1);
	if (sim_fetch_add(a, adder.iova, &old, 8, NULL, &r) || !sim_fine(&r) || old != 106000)
		good = false;
	munmap(cpu, page);
	return !sim_unmap(a, adder.iova, NULL) && good;
}

static bool faults(int fd, uint64_t addr, bool write, uint32_t event)
{
	uint8_t data[8] = {};
	struct sim_result r;
	int ret;

	ret = write ? sim_write(fd, addr, data, sizeof(data), NULL, &r) :
		      sim_read(fd, addr, data, sizeof(data), NULL, &r);
	return !ret && sim_expect(&r, SMMU_SIM_OUT_ABORT, event) && !r.done && r.failed == addr;
}

static bool after_unmap(void)
{
	uint64_t iova;
	uint32_t violations;
	uint8_t *cpu, data[64];
	struct sim_result r;
	bool good;

	if (sim_map(a, 4 * page, RW, &iova, (void **)&cpu))
		return false;
	good = !sim_write(a, iova, data, sizeof(data), NULL, &r) && sim_fine(&r);
	good = good && !sim_unmap(a, iova, &violations) && !violations;
	memset(cpu, 0x5a, 4 * page);
	good = good && faults(a, iova, true, F_TRANSLATION) &&
	       faults(a, iova + 3 * page, false, F_TRANSLATION);
	/* The CPU still has the pages: nothing came there. */
	good = good && cpu[0] == 0x5a;
	munmap(cpu, 4 * page);
	return good;
}

static bool partly(void)
{
	uint8_t data[8192];
	struct sim_result r;
	uint64_t iova;
	bool good;

	if (sim_map(a, page, RW, &iova, NULL))
		return false;
	/* The last 100 bytes, and then what is behind them */
	good = !sim_write(a, iova + page - 100, data, 200, NULL, &r) &&
	       sim_expect(&r, SMMU_SIM_OUT_ABORT, F_TRANSLATION) && r.done == 100 &&
	       r.failed == iova + page;
	return !sim_unmap(a, iova, NULL) && good;
}

static bool permissions(void)
{
	uint64_t readable, writable;
	struct sim_result r;
	uint8_t data[8];
	bool good;

	if (sim_map(a, page, SMMU_SIM_MAP_READ, &readable, NULL) ||
	    sim_map(a, page, SMMU_SIM_MAP_WRITE, &writable, NULL))
		return false;
	good = faults(a, readable, true, F_PERMISSION) &&
	       !sim_read(a, readable, data, sizeof(data), NULL, &r) && sim_fine(&r) &&
	       !sim_write(a, writable, data, sizeof(data), NULL, &r) && sim_fine(&r);
	return !sim_unmap(a, readable, NULL) && !sim_unmap(a, writable, NULL) && good;
}

/* The DMA of one never reaches the pages of another (I-52). */
static bool isolated(void)
{
	uint64_t mine, other = 0, tries;
	uint8_t *cpu, *theirs;
	bool good = true;

	if (sim_map(a, page, RW, &mine, (void **)&cpu))
		return false;
	/* An address that both have leads to two pages. */
	for (tries = 0; tries < 64 && other != mine; tries++)
		if (sim_map(b, page, RW, &other, NULL))
			return false;
	if (other == mine) {
		struct sim_result r;

		theirs = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, b, other);
		memset(cpu, 1, page);
		good = theirs != MAP_FAILED &&
		       !sim_write(b, other, "other", 5, NULL, &r) && sim_fine(&r) &&
		       cpu[0] == 1 && !memcmp(theirs, "other", 5);
		good = good && !sim_unmap(b, other, NULL);
	}
	/* Without one of its own it has none. */
	good = good && faults(b, mine, true, F_TRANSLATION);
	good = good && (other != mine || cpu[0] == 1);
	munmap(cpu, page);
	return !sim_unmap(a, mine, NULL) && good;
}

struct unmapper {
	uint64_t iova;
	uint32_t violations;
	atomic_bool done;
	int ret;
};

static void *unmaps(void *arg)
{
	struct unmapper *u = arg;

	u->ret = sim_unmap(a, u->iova, &u->violations);
	atomic_store(&u->done, true);
	return NULL;
}

/* An unmap does not return before a transaction that uses the mapping is over (I-7). */
static bool held(bool write)
{
	struct unmapper u = {};
	uint8_t data[256], *cpu;
	struct sim_result r;
	uint32_t handle;
	pthread_t thread;
	bool good;
	int ret;

	if (sim_map(a, page, RW, &u.iova, (void **)&cpu))
		return false;
	sim_fill(cpu, sizeof(data), 77);
	memset(data, 0xee, sizeof(data));
	ret = write ? sim_hold_write(a, u.iova, data, sizeof(data), NULL, &r, &handle) :
		      sim_hold_read(a, u.iova, sizeof(data), NULL, &r, &handle);
	if (ret || !sim_expect(&r, SMMU_SIM_OUT_HELD, 0))
		return false;
	pthread_create(&thread, NULL, unmaps, &u);
	sim_rest(50);
	good = !atomic_load(&u.done);
	if (!good)
		ksft_print_msg("unmapped too early\n");
	good = !sim_release(a, handle, data, sizeof(data), &r) && sim_fine(&r) && good;
	good = good && !memcmp(cpu, data, sizeof(data));
	pthread_join(thread, NULL);
	munmap(cpu, page);
	return good && !u.ret && !u.violations;
}

static bool drops(void)
{
	struct sim_result r;
	uint32_t handle;
	uint64_t iova;
	uint8_t *cpu;
	bool good;

	if (sim_map(a, page, RW, &iova, (void **)&cpu))
		return false;
	good = !sim_hold_write(a, iova, "data", 4, NULL, &r, &handle) &&
	       sim_expect(&r, SMMU_SIM_OUT_HELD, 0) && !sim_drop(a, handle) && !cpu[0] &&
	       sim_drop(a, handle) == -ENOENT;
	munmap(cpu, page);
	return !sim_unmap(a, iova, NULL) && good;
}

static bool closing(void)
{
	int fd = sim_open(INSTANCE, "a");
	struct sim_result r;
	uint32_t handle;
	uint64_t iova;
	bool good;

	if (fd < 0 || sim_map(fd, 16 * page, RW, &iova, NULL))
		return false;
	good = !sim_hold_write(fd, iova, "data", 4, NULL, &r, &handle) &&
	       sim_expect(&r, SMMU_SIM_OUT_HELD, 0);
	close(fd);
	return good && faults(a, iova, true, F_TRANSLATION);
}

static int map_flags(int fd, uint64_t length, uint32_t flags)
{
	uint64_t iova;

	return sim_map(fd, length, flags, &iova, NULL);
}

static bool refuses(void)
{
	struct sim_how many = { .stream = 1 }, pasid = { .pasid = 1 << 20 };
	struct sim_how unknown = { .flags = 1u << 8 };
	uint8_t data[8192] = {};
	struct sim_result r;
	uint32_t handle;

	return map_flags(a, 0, RW) == -EINVAL && map_flags(a, page + 1, RW) == -EINVAL &&
	       map_flags(a, page, 0) == -EINVAL && map_flags(a, page, 1u << 5 | RW) == -EINVAL &&
	       map_flags(a, 3 * page, RW | SMMU_SIM_MAP_CONTIG) == -EINVAL &&
	       sim_unmap(a, 0x123000, NULL) == -ENOENT &&
	       sim_write(a, 0, data, 0, NULL, &r) == -EINVAL &&
	       sim_write(a, 0, data, 65537, NULL, &r) == -EINVAL &&
	       sim_write(a, 0, data, 1, &many, &r) == -EINVAL &&
	       sim_write(a, 0, data, 1, &pasid, &r) == -EINVAL &&
	       sim_write(a, 0, data, 1, &unknown, &r) == -EINVAL &&
	       sim_write(a, -8ull, data, 16, NULL, &r) == -EINVAL &&
	       sim_write(a, 0, NULL, 16, NULL, &r) == -EFAULT &&
	       sim_fetch_add(a, 2, data, 4, NULL, &r) == -EINVAL &&
	       sim_fetch_add(a, 0, data, 3, NULL, &r) == -EINVAL &&
	       sim_hold_write(a, 4000, data, 100, NULL, &r, &handle) == -EINVAL &&
	       sim_release(a, 99, NULL, 0, &r) == -ENOENT &&
	       sim_page_request(a, 0, SMMU_SIM_REQ_LAST, 0, 0, NULL) == -EINVAL &&
	       sim_response(a, 0, &(struct smmu_sim_response) {}) == -EAGAIN;
}

static bool informs(void)
{
	struct smmu_sim_info info;

	return !sim_info(a, &info) && info.version == SMMU_SIM_VERSION &&
	       !strcmp(info.instance, INSTANCE) && !strcmp(info.master, "a") &&
	       !(info.flags & SMMU_SIM_INFO_PCI) && info.streams == 1 && info.max_len == 65536;
}

/* With the file open: calls fail, closing it is safe. */
static bool goes(void)
{
	struct sim_result r;
	uint32_t handle = 0;
	uint64_t iova;
	uint8_t *cpu;
	bool good;

	if (sim_map(a, 4 * page, RW, &iova, (void **)&cpu))
		return false;
	good = !sim_hold_write(a, iova, "late", 4, NULL, &r, &handle) &&
	       sim_expect(&r, SMMU_SIM_OUT_HELD, 0);
	sim_live(INSTANCE, false);
	good = good && sim_write(a, iova, "late", 4, NULL, &r) == -ENODEV &&
	       sim_release(a, handle, NULL, 0, &r) == -ENODEV && !cpu[0];
	cpu[0] = 1;
	munmap(cpu, 4 * page);
	return good;
}

static void make(void)
{
	int ret = sim_configfs();

	if (ret)
		ksft_exit_skip("no simulator in this kernel\n");
	ret = sim_instance(INSTANCE, NULL);
	if (!ret)
		ret = sim_master(INSTANCE, "a", "platform");
	if (!ret)
		ret = sim_master(INSTANCE, "b", "platform");
	if (!ret)
		ret = sim_live(INSTANCE, true);
	if (ret)
		ksft_exit_fail_msg("making an instance: %s\n", strerror(-ret));
	a = sim_open(INSTANCE, "a");
	b = sim_open(INSTANCE, "b");
	if (a < 0 || b < 0)
		ksft_exit_fail_msg("no masters: %s\n", strerror(a < 0 ? -a : -b));
}

int main(void)
{
	page = sysconf(_SC_PAGESIZE);
	ksft_print_header();
	make();
	ksft_set_plan(18);
	ksft_test_result(informs(), "a master says what it is\n");
	ksft_test_result(moves_data(RW, 16 * page), "data of scattered pages (I-1)\n");
	ksft_test_result(moves_data(RW | SMMU_SIM_MAP_CONTIG, 16 * page),
			 "data of contiguous pages (I-1)\n");
	ksft_test_result(moves_data(RW | SMMU_SIM_MAP_CONTIG, 512 * page),
			 "data of a block (I-1)\n");
	ksft_test_result(copies(), "copies\n");
	ksft_test_result(adds(), "atomics of a device and of a CPU\n");
	ksft_test_result(faults(a, 0x1230000, false, F_TRANSLATION), "never mapped: read\n");
	ksft_test_result(faults(a, 0x1230000, true, F_TRANSLATION), "never mapped: write\n");
	ksft_test_result(after_unmap(), "unmapped: nothing arrives (I-7)\n");
	ksft_test_result(partly(), "the end of a mapping is where it says\n");
	ksft_test_result(permissions(), "directions are kept\n");
	ksft_test_result(isolated(), "masters are isolated (I-52)\n");
	ksft_test_result(held(true), "an unmap waits for a held write (I-7)\n");
	ksft_test_result(held(false), "an unmap waits for a held read (I-7)\n");
	ksft_test_result(drops(), "a dropped write does not arrive\n");
	ksft_test_result(closing(), "closing the file ends all\n");
	ksft_test_result(refuses(), "nonsense is refused\n");
	ksft_test_result(goes(), "a master goes under an open file (I-49)\n");
	close(a);
	close(b);
	sim_remove(INSTANCE);
	ksft_finished();
}
