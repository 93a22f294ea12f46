// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load the kernel that starts when this one crashes.
 *
 *   crash_load IMAGE INITRAMFS COMMAND-LINE
 *
 * Copyright (C) 2026 The arm-iommu authors
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int image, initramfs;

	if (argc != 4) {
		fprintf(stderr, "usage: crash_load IMAGE INITRAMFS COMMAND-LINE\n");
		return 2;
	}
	image = open(argv[1], O_RDONLY);
	initramfs = open(argv[2], O_RDONLY);
	if (image < 0 || initramfs < 0) {
		fprintf(stderr, "crash_load: %s: %s\n", argv[image < 0 ? 1 : 2], strerror(errno));
		return 1;
	}
	if (syscall(SYS_kexec_file_load, image, initramfs, strlen(argv[3]) + 1, argv[3],
		    (unsigned long)KEXEC_FILE_ON_CRASH)) {
		fprintf(stderr, "crash_load: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	return 0;
}
