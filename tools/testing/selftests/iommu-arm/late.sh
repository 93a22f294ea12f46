#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The driver comes after the devices, platform and PCI: they wait for it, and then each that
# firmware describes has its domain and its DMA operations by itself.
# PLATFORM names platform devices behind an SMMU.
. "$(dirname "$0")/lib.sh"

file=${SMMU_MODULE:-/lib/arm_smmu_v3.ko}
[ -e "$file" ] && [ ! -d /sys/module/arm_smmu_v3 ] ||
	{ skip "devices wait for the driver" "it is there already"; finish; }

# bound DEVICE: it has a driver
bound() { [ -e "$1/driver" ]; }

not_bound() { ! bound "$1"; }

# has_domain DEVICE: a domain of the DMA API, and it is the driver's master
has_domain() {
	[ "$(cat "$1/iommu_group/type" 2> /dev/null)" = DMA ] &&
		grep -q "^$(basename "$1") .*translated" $DEBUG/*/masters
}

# has_supplier DEVICE: the core orders its sleep
has_supplier() { ls -d "$1"/supplier:*smmuv3 > /dev/null 2>&1; }

# functions: PCI functions that a driver of this kernel wants
functions() {
	local dev
	for dev in /sys/bus/pci/devices/*; do
		[ ! -e "$dev" ] || [ "$(cut -c 1-4 "$dev/class")" = 0x06 ] || echo "$dev"
	done
}

# waiting: devices whose drivers could not take them yet
waiting() { cut -f 1 /sys/kernel/debug/devices_deferred | tr '\n' ' '; }

platform=
for name in ${PLATFORM:-}; do
	platform="$platform /sys/bus/platform/devices/$name"
done

for dev in $platform $(functions); do
	try "$(basename "$dev") waits" not_bound "$dev"
done
try "no disk is there without the SMMU" [ ! -e /dev/nvme0n1 ]
try "the core knows that they do: $(waiting)" [ -n "$(waiting)" ]

try "the driver loads" insmod "$file"
try "the disk appears" wait_for /dev/nvme0n1
for dev in $platform $(functions); do
	# Nothing drives edu here.
	[ "$(cat "$dev/vendor" 2> /dev/null)" != 0x1234 ] || continue
	wait_for "$dev/driver"
	try "$(basename "$dev") has its driver" bound "$dev"
	try "$(basename "$dev") has a domain of the DMA API" has_domain "$dev"
	try "$(basename "$dev") sleeps before its SMMU" has_supplier "$dev"
done
try "nothing waits any more" [ -z "$(waiting)" ]
finish
