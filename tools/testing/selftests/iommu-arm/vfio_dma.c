// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA of devices that user space drives, through VFIO: QEMU's edu, and an NVMe
 * controller. What is mapped is reached, and what was unmapped is not.
 *
 * usage: vfio_dma edu|nvme ADDRESS
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest.h"
#include "lib/smmu_sim_lib.h"
#include "lib/vfio.h"

#define UNSAFE		"/sys/module/arm_smmu_v3/parameters/unsafe_nesting"
#define AT		0x100000ull	/* edu reaches 28 bits */
#define MEMORY		0x10000

static const char *address;
static uint8_t *memory;

/* What a device does takes the device's time, however long that is. */
static void pause_ms(unsigned int ms)
{
	nanosleep(&(struct timespec) { .tv_nsec = ms * 1000000l }, NULL);
}

/* edu: docs/specs/edu.rst of QEMU */

#define EDU_ID		0x00
#define EDU_FROM	0x80
#define EDU_TO		0x88
#define EDU_COUNT	0x90
#define EDU_COMMAND	0x98
#define EDU_BUFFER	0x40000
#define EDU_START	1
#define EDU_TO_MEMORY	2

static bool edu_moves(void *bar, uint64_t from, uint64_t to, unsigned int len,
		      unsigned int command)
{
	unsigned int tries;

	vfio_put64(bar, EDU_FROM, from);
	vfio_put64(bar, EDU_TO, to);
	vfio_put64(bar, EDU_COUNT, len);
	vfio_put64(bar, EDU_COMMAND, command | EDU_START);
	for (tries = 0; tries < 1000; tries++) {
		if (!(vfio_get64(bar, EDU_COMMAND) & EDU_START))
			return true;
		pause_ms(10);
	}
	ksft_print_msg("its DMA does not end\n");
	return false;
}

static bool edu(struct vfio_function *f)
{
	size_t len;
	void *bar = vfio_bar(f, 0, &len);
	unsigned int i;
	bool ok;

	if (!bar || (vfio_get32(bar, EDU_ID) & 0xffff) != 0x00ed) {
		ksft_print_msg("its registers are not there\n");
		return false;
	}
	for (i = 0; i < 4096; i++)
		memory[i] = i * 7 + 3;
	memset(memory + 4096, 0, 4096);
	ok = !vfio_map(f, memory, 8192, AT) && edu_moves(bar, AT, EDU_BUFFER, 4096, 0) &&
	     edu_moves(bar, EDU_BUFFER, AT + 4096, 4096, EDU_TO_MEMORY) &&
	     !memcmp(memory, memory + 4096, 4096);
	if (!ok)
		ksft_print_msg("what is mapped is not reached\n");
	/* It cannot say that its write was refused; memory can. */
	memset(memory + 4096, 0x5a, 4096);
	ok = ok && !vfio_unmap(f, AT, 8192) &&
	     edu_moves(bar, EDU_BUFFER, AT + 4096, 4096, EDU_TO_MEMORY);
	for (i = 4096; ok && i < 8192; i++)
		ok = memory[i] == 0x5a;
	munmap(bar, len);
	return ok;
}

/* NVMe: NVM Express Base Specification */

#define NVME_CC		0x14
#define NVME_CSTS	0x1c
#define NVME_AQA	0x24
#define NVME_ASQ	0x28
#define NVME_ACQ	0x30
#define NVME_DOORBELLS	0x1000

#define SQ		0x0000		/* in memory */
#define CQ		0x1000
#define IDENTIFY	0x2000
#define ENTRIES		16

struct nvme {
	void *bar;
	unsigned int tail;
	unsigned int head;
	unsigned int phase;
};

static bool nvme_ready(const struct nvme *n, uint32_t ready)
{
	unsigned int tries;

	for (tries = 0; tries < 1000; tries++) {
		if ((vfio_get32(n->bar, NVME_CSTS) & 1) == ready)
			return true;
		pause_ms(10);
	}
	ksft_print_msg("the controller does not get ready\n");
	return false;
}

static bool nvme_start(struct nvme *n)
{
	vfio_put32(n->bar, NVME_CC, 0);
	if (!nvme_ready(n, 0))
		return false;
	memset(memory, 0, IDENTIFY);
	n->tail = 0;
	n->head = 0;
	n->phase = 1;
	vfio_put32(n->bar, NVME_AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
	vfio_put64(n->bar, NVME_ASQ, AT + SQ);
	vfio_put64(n->bar, NVME_ACQ, AT + CQ);
	/* queues of 64 and 16 bytes an entry, pages of 4K */
	vfio_put32(n->bar, NVME_CC, 4 << 20 | 6 << 16 | 1);
	return nvme_ready(n, 1);
}

/* Identify controller into @to. Return: the status field; negative: no answer */
static int nvme_identify(struct nvme *n, uint64_t to, unsigned int tries)
{
	uint8_t *command = memory + SQ + n->tail * 64;
	size_t answer = CQ + n->head * 16 + 12;
	uint32_t status;

	memset(command, 0, 64);
	vfio_put32(command, 0, 0x06 | n->tail << 16);
	vfio_put64(command, 24, to);
	vfio_put32(command, 40, 1);
	n->tail = (n->tail + 1) % ENTRIES;
	vfio_put32(n->bar, NVME_DOORBELLS, n->tail);
	for (; tries; tries--) {
		status = vfio_get32(memory, answer) >> 16;
		if ((status & 1) == n->phase) {
			n->head = (n->head + 1) % ENTRIES;
			n->phase ^= !n->head;
			vfio_put32(n->bar, NVME_DOORBELLS + 4, n->head);
			return status >> 1;
		}
		pause_ms(10);
	}
	return -1;
}

/* A message interrupt says that there is an answer: it is a write through the SMMU, too. */
static bool nvme_interrupts(struct nvme *n, int event)
{
	struct pollfd wait = { .fd = event, .events = POLLIN };
	uint64_t before;

	/* Those of commands before this one */
	while (poll(&wait, 1, 0) == 1 && read(event, &before, sizeof(before)) > 0)
		;
	if (nvme_identify(n, AT + IDENTIFY, 1000) == 0 && poll(&wait, 1, 10000) == 1)
		return true;
	ksft_print_msg("its message interrupt does not arrive\n");
	return false;
}

static bool nvme(struct vfio_function *f)
{
	int event = -1;
	size_t len;
	struct nvme n = { .bar = vfio_bar(f, 0, &len) };
	unsigned int i;
	bool ok;

	if (!n.bar) {
		ksft_print_msg("no controller\n");
		return false;
	}
	memset(memory + IDENTIFY, 0, 8192);
	/* The queues stay mapped, what it is to write to does not. */
	ok = !vfio_map(f, memory, IDENTIFY, AT) && !vfio_message(f, &event) &&
	     !vfio_map(f, memory + IDENTIFY, 4096, AT + IDENTIFY) && nvme_start(&n) &&
	     nvme_identify(&n, AT + IDENTIFY, 1000) == 0 &&
	     !strncmp((char *)memory + IDENTIFY + 4, "arm-iommu", 9);
	if (!ok)
		ksft_print_msg("what is mapped is not reached\n");
	ok = ok && nvme_interrupts(&n, event);
	/* QEMU's does not say that it could not write. */
	memset(memory + IDENTIFY, 0x5a, 4096);
	ok = ok && !vfio_unmap(f, AT + IDENTIFY, 4096) &&
	     nvme_identify(&n, AT + IDENTIFY, 1000) >= 0;
	for (i = 0; ok && i < 4096; i++)
		ok = memory[IDENTIFY + i] == 0x5a;
	if (!ok)
		ksft_print_msg("what is not mapped is written\n");
	/* It works on with what it has. */
	ok = ok && !vfio_map(f, memory + IDENTIFY + 4096, 4096, AT + IDENTIFY) &&
	     nvme_identify(&n, AT + IDENTIFY, 1000) == 0 &&
	     !strncmp((char *)memory + IDENTIFY + 4096 + 4, "arm-iommu", 9);
	vfio_put32(n.bar, NVME_CC, 0);
	nvme_ready(&n, 0);
	if (event >= 0)
		close(event);
	munmap(n.bar, len);
	return ok;
}

static const struct {
	const char *what;
	enum vfio_by by;
	const char *node;	/* without it the kernel has no such way */
} ways[] = {
	{ "type1", BY_TYPE1, "/dev/vfio/vfio" },
	{ "type1v2", BY_TYPE1V2, "/dev/vfio/vfio" },
	{ "an iommufd as a container", BY_COMPAT, "/dev/vfio/vfio" },
	{ "iommufd", BY_IOMMUFD, "/dev/iommu" },
	{ "iommufd, in front of a guest's STE", BY_NESTED, UNSAFE },
};

static void one_way(unsigned int i, const char *kind, bool is_edu)
{
	struct vfio_function f;
	bool ok;
	int ret;

	if (access(ways[i].node, F_OK)) {
		ksft_test_result_skip("%s by %s (I-52): no %s\n", kind, ways[i].what,
				      ways[i].node);
		return;
	}
	/* QEMU's SMMU forces no memory types. */
	if (ways[i].by == BY_NESTED)
		sim_set(UNSAFE, "1");
	ret = vfio_open(&f, address, ways[i].by);
	if (ways[i].by == BY_NESTED)
		sim_set(UNSAFE, "0");
	if (ret == -EOPNOTSUPP && ways[i].by == BY_NESTED) {
		ksft_test_result_skip("%s by %s (I-52): its SMMU has one stage\n", kind,
				      ways[i].what);
		return;
	}
	if (ret)
		ksft_print_msg("open: %s\n", strerror(-ret));
	/* Not every device can be reset. */
	if (!ret && vfio_reset(&f) == -EINVAL)
		ksft_print_msg("it is not reset\n");
	ok = !ret && !vfio_master(&f) && (is_edu ? edu(&f) : nvme(&f));
	ksft_test_result(ok, "%s by %s (I-52)\n", kind, ways[i].what);
	fflush(stdout);
	vfio_close(&f);
}

int main(int argc, char **argv)
{
	bool is_edu = argc == 3 && !strcmp(argv[1], "edu");
	unsigned int i;

	ksft_print_header();
	if (argc != 3 || (!is_edu && strcmp(argv[1], "nvme")))
		ksft_exit_fail_msg("usage: vfio_dma edu|nvme ADDRESS\n");
	address = argv[2];
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		ksft_exit_fail_msg("no memory\n");
	ksft_set_plan(ARRAY_SIZE(ways));
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		one_way(i, argv[1], is_edu);
	ksft_finished();
}
