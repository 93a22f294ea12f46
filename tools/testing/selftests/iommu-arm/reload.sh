#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The driver as a module: it stays while a device needs it, goes with the last
# one, and translates again when it is back.
. "$(dirname "$0")/lib.sh"

module=/sys/module/arm_smmu_v3
file=${SMMU_MODULE:-/lib/arm_smmu_v3.ko}
[ -e $module/initstate ] || { skip "reloading the driver" "it is built in"; finish; }

instances() { find /sys/class/iommu -name 'smmu3.*' | wc -l; }

unplug() {
	for dev in /sys/bus/pci/devices/*; do
		echo 1 > "$dev/remove"
	done
}

before=$(instances)
for round in 1 2 3; do
	wait_for /dev/nvme0n1 || not_ok "round $round: NVMe disk appears"
	! rmmod arm_smmu_v3 2> /dev/null
	try "round $round: the driver stays under its devices" [ $? = 0 ]
	unplug
	try "round $round: the driver goes with the last device" rmmod arm_smmu_v3
	try "round $round: no instance is left" [ "$(instances)" = 0 ]
	try "round $round: the driver comes back" insmod "$file"
	try "round $round: so do its $before instances" [ "$(instances)" = "$before" ]
	echo 1 > /sys/bus/pci/rescan
	wait_for /dev/nvme0n1
	try "round $round: NVMe data read back are those written" \
		"$HERE/disk_data" /dev/nvme0n1 8388608 "$round"
done
finish
