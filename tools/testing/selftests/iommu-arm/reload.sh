#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The driver as a module: it stays while a device needs it, goes with the last one, and
# translates again when it is back. ROUNDS times, and nothing grows (I-57).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/growth.sh"

module=/sys/module/arm_smmu_v3
file=${SMMU_MODULE:-/lib/arm_smmu_v3.ko}
[ -e $module/initstate ] || { skip "reloading the driver" "it is built in"; finish; }
third=$(third_of 9)
rounds=$((third * 3))
round=0

instances() { find /sys/class/iommu -name 'smmu3.*' | wc -l; }
number_is() { [ "$(instances)" = "$1" ]; }

unplug() {
	for dev in /sys/bus/pci/devices/*; do
		echo 1 > "$dev/remove"
	done
}

stays() { ! rmmod arm_smmu_v3 2> /dev/null; }
disk_back() { echo 1 > /sys/bus/pci/rescan; wait_for /dev/nvme0n1; }

goes() {
	unplug
	expect "the driver goes with the last device" timed rmmod arm_smmu_v3
	expect "no instance is left" number_is 0
}

comes() {
	expect "the driver comes back" timed insmod "$file"
	expect "so do its $before instances" number_is "$before"
	expect "NVMe disk appears" disk_back
}

# In half of the rounds devices have been at work; each is translated at once, or nothing works.
one_round() {
	round=$((round + 1))
	expect "the driver stays under its devices" stays
	goes
	comes
	[ "$third" -gt 3 ] && [ $((round % 2)) = 0 ] || expect "NVMe data read back are those written" \
		"$HERE/disk_data" /dev/nvme0n1 8388608 "$round"
}

before=$(instances)
expect "NVMe disk appears" wait_for /dev/nvme0n1
dmesg -n 5
for part in 1 2 3; do
	while [ $round -lt $((third * part)) ]; do
		one_round
	done
	# Without devices and driver there is nothing that could hide a leak.
	goes
	mark $part
	comes
done
dmesg -n 7
try "the driver went and came back $rounds times, under its devices it stayed (I-57)" none_failed
not_slow "the slowest"
try "NVMe data read back are those written" "$HERE/disk_data" /dev/nvme0n1 8388608 99
not_growing "the driver gone and back" $third
finish
