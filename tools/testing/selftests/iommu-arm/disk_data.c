// SPDX-License-Identifier: GPL-2.0-only
/*
 * Write random data to a disk and read them back, in transfers of many sizes.
 *
 *   disk_data DEVICE BYTES [SEED]
 *
 * Every size from 512 bytes to 4 MiB is written with O_DIRECT from a buffer
 * that starts in the middle of a page, read back into another one, and
 * compared; then everything is read once more through the page cache. Prints
 * "bytes N" with the sum moved. Exit status: 0 where all data agreed.
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef unsigned long long u64;

#define SECTOR		512u
#define LARGEST		(4u << 20)

static u64 moved;

/* splitmix64: position and seed decide every word, so nothing need be kept. */
static u64 word(u64 n)
{
	n += 0x9e3779b97f4a7c15u;
	n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9u;
	n = (n ^ (n >> 27)) * 0x94d049bb133111ebu;
	return n ^ (n >> 31);
}

static void fill(u64 *data, size_t bytes, u64 at, u64 seed)
{
	for (size_t i = 0; i < bytes / 8; i++)
		data[i] = word(seed + at / 8 + i);
}

static int check(const u64 *data, size_t bytes, u64 at, u64 seed)
{
	for (size_t i = 0; i < bytes / 8; i++) {
		if (data[i] == word(seed + at / 8 + i))
			continue;
		fprintf(stderr, "disk_data: byte %llu: %#llx, wanted %#llx, in a transfer of %zu\n",
			at + i * 8, data[i], word(seed + at / 8 + i), bytes);
		return -1;
	}
	return 0;
}

static int transfer(int fd, void *data, size_t bytes, u64 at, int writing)
{
	ssize_t n = writing ? pwrite(fd, data, bytes, at) : pread(fd, data, bytes, at);

	if (n != (ssize_t)bytes) {
		fprintf(stderr, "disk_data: %s of %zu at %llu: %s\n",
			writing ? "write" : "read", bytes, at, n < 0 ? strerror(errno) : "short");
		return -1;
	}
	moved += bytes;
	return 0;
}

static int direct_pass(const char *disk, char *area, u64 total, u64 seed)
{
	int fd = open(disk, O_RDWR | O_DIRECT);
	size_t bytes = SECTOR;
	u64 at = 0;

	if (fd < 0) {
		perror(disk);
		return -1;
	}
	while (at + bytes <= total) {
		/* Start at each sector of a 4K page in turn. */
		char *out = area + (at / SECTOR % 8) * SECTOR;
		char *in = area + LARGEST + 65536 + (at / SECTOR % 5) * SECTOR;

		fill((u64 *)out, bytes, at, seed);
		memset(in, 0, bytes);
		if (transfer(fd, out, bytes, at, 1) || transfer(fd, in, bytes, at, 0) ||
		    check((u64 *)in, bytes, at, seed))
			return -1;
		at += bytes;
		bytes = bytes < 65536 ? bytes + SECTOR : bytes * 2;
		if (bytes > LARGEST)
			bytes = SECTOR;
	}
	printf("checked %llu\n", at);
	fsync(fd);
	close(fd);
	return 0;
}

static int cached_pass(const char *disk, char *area, u64 total, u64 seed)
{
	int fd = open(disk, O_RDONLY);

	if (fd < 0)
		return -1;
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	/* Up to where the direct pass certainly came. */
	for (u64 at = 0; at + LARGEST <= total - LARGEST; at += LARGEST)
		if (transfer(fd, area, LARGEST, at, 0) ||
		    check((u64 *)area, LARGEST, at, seed))
			return -1;
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	u64 total, seed;
	char *area;

	if (argc < 3) {
		fprintf(stderr, "usage: disk_data DEVICE BYTES [SEED]\n");
		return 2;
	}
	total = strtoull(argv[2], NULL, 0);
	seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
	if (total < 2 * LARGEST) {
		fprintf(stderr, "disk_data: at least %u bytes\n", 2 * LARGEST);
		return 2;
	}
	area = mmap(NULL, 2 * LARGEST + 262144, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED || direct_pass(argv[1], area, total, seed) ||
	    cached_pass(argv[1], area, total, seed))
		return 1;
	printf("bytes %llu\n", moved);
	return 0;
}
