#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What came of each device under firmware that may be wrong, for scripts/malformed to
# judge: the domain that it has, whether the disk keeps data, what the kernel complained
# of. DISK_EXPECTED waits for the disk, however late it comes. ACPI_TABLE is printed.
. "$(dirname "$0")/lib.sh"

disk=/dev/nvme0n1
deferred=/sys/kernel/debug/devices_deferred

# The disk, once nobody waits for a supplier any more. Or a second in which nothing comes;
# under ACPI devices wait for ever for an SMMU that cannot be used.
settle() {
	local n=0 calm=0
	while [ $n -lt 300 ]; do
		n=$((n + 1))
		if [ ! -s $deferred ]; then calm=$((calm + 1)); else calm=0; fi
		if [ -e $disk ] && [ $calm -gt 0 ]; then return; fi
		if [ -z "${DISK_EXPECTED:-}" ] && { [ $calm -ge 10 ] || [ $n -ge 50 ]; }; then return; fi
		sleep 0.1
	done
}

# Through caches of nobody: what is read back comes from the device.
disk_state() {
	[ -e $disk ] || { echo absent; return; }
	dd if=/dev/urandom of=/tmp/data bs=64k count=8 2> /dev/null
	dd if=/tmp/data of=$disk bs=64k oflag=direct 2> /dev/null || { echo broken; return; }
	dd if=$disk of=/tmp/back bs=32k count=16 iflag=direct 2> /dev/null || { echo broken; return; }
	if cmp -s /tmp/data /tmp/back; then echo works; else echo differs; fi
}

devices() {
	for dev in /sys/bus/pci/devices/* /sys/bus/platform/devices/* /sys/bus/amba/devices/*; do
		[ -e "$dev/iommu_group" ] &&
			echo "device $(basename "$dev") $(cat "$dev/iommu_group/type")"
	done
}

settle
devices
echo "disk $(disk_state)"
# Levels of a warning and above, of the kernel alone, each line once.
dmesg -r | sed -n 's/^<[0-4]>\[[^]]*\] */said /p' | awk '!seen[$0]++'
if [ -n "${ACPI_TABLE:-}" ]; then
	base64 "/sys/firmware/acpi/tables/$ACPI_TABLE" | sed 's/^/table /'
fi
