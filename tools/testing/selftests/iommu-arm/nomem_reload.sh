#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The driver as a module, loaded while memory fails it: it refuses, or its instances do,
# or it works; and then it can go, and come again (I-61).
. "$(dirname "$0")/lib.sh"

file=${SMMU_MODULE:-/lib/arm_smmu_v3.ko}
[ -e /sys/module/arm_smmu_v3/initstate ] ||
	{ skip "loading the driver without memory" "it is built in"; finish; }

wait_for /dev/nvme0n1 || not_ok "NVMe disk appears"
for dev in /sys/bus/pci/devices/*; do
	echo 1 > "$dev/remove"
done
try "the driver goes with the last device" rmmod arm_smmu_v3
[ ! -e /sys/module/arm_smmu_v3 ] || finish
"$HERE/nomem_insmod" "$file"
try "the driver comes back" insmod "$file"
echo 1 > /sys/bus/pci/rescan
wait_for /dev/nvme0n1
try "NVMe data read back are those written" "$HERE/disk_data" /dev/nvme0n1 8388608 1
finish
