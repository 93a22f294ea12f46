#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What a machine inside the test machine does: it reads the NVMe disk that it was given, whose
# first 8 MiB have the MD5 sum DISK_SUM, and writes to it.
. "$(dirname "$0")/lib.sh"

sum() { dd if=/dev/nvme0n1 bs=1M count=8 2> /dev/null | md5sum | cut -d ' ' -f 1; }

interrupts() {
	awk '/nvme/ { for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i } END { print n + 0 }' /proc/interrupts
}

try "the disk appears" wait_for /dev/nvme0n1
try "it holds what was written outside" [ "$(sum)" = "${DISK_SUM:-}" ]
try "what is written is what is read" "$HERE/disk_data" /dev/nvme0n1 8388608 1
try "interrupts of the disk arrive" [ "$(interrupts)" -gt 0 ]
echo "disk_sum $(sum)"
finish
