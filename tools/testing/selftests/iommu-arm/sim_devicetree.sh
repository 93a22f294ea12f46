#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Devices of a devicetree behind simulated SMMUs: ONE is behind /smmu-a, BOTH has streams of
# /smmu-a and of /smmu-b. They wait for their SMMUs, for all of them, and have a domain then.
. "$(dirname "$0")/lib.sh"

config=/sys/kernel/config/smmu-sim
platform=/sys/bus/platform
[ -n "${ONE:-}" ] && [ -n "${BOTH:-}" ] && [ -d /proc/device-tree/smmu-a ] ||
	{ skip "devices of a devicetree" "the devicetree has none for this test"; finish; }
load_sim || { skip "devices of a devicetree" "no smmu-sim"; finish; }
cd $config || exit

# masters INSTANCE: its masters, as the driver sees them
masters() { cat "$DEBUG/$(ls "$platform/devices/$(cat "$1/dev_name")/iommu")/masters"; }

bound() { [ -e "$platform/devices/$1/driver" ]; }

# untouched DEVICE: it waits, and nobody has anything of it
untouched() { ! bound "$1" && [ ! -e "$platform/devices/$1/iommu_group" ]; }

# behind DEVICE INSTANCE: translated by it, in a domain of the DMA API
behind() {
	[ "$(cat "$platform/devices/$1/iommu_group/type")" = DMA ] &&
		masters "$2" | grep -q "^$1 .*translated"
}

# driven DEVICE: it has its driver, in a moment at the most
driven() { wait_for "$platform/devices/$1/driver"; }

make() {
	mkdir "$1"
	echo "$2" > "$1/of_node"
}

round() {
	local what=$1
	try "$what: ONE waits" untouched "$ONE"
	try "$what: BOTH waits" untouched "$BOTH"
	try "$what: the first SMMU" sh -c "echo 1 > a/live"
	try "$what: ONE has its driver" driven "$ONE"
	try "$what: it is behind it" behind "$ONE" a
	try "$what: BOTH waits for the second" untouched "$BOTH"
	! masters a | grep -q "^$BOTH "
	try "$what: and is not half accepted" [ $? = 0 ]
	try "$what: the second SMMU" sh -c "echo 1 > b/live"
	try "$what: BOTH has its driver" driven "$BOTH"
	for instance in a b; do
		try "$what: it is behind $instance" behind "$BOTH" $instance
	done
}

gone() {
	for dev in $ONE $BOTH; do
		echo "$dev" > "$platform/devices/$dev/driver/unbind"
	done
	echo 0 > "$1/live"
	echo 0 > "$2/live"
	for dev in $ONE $BOTH; do
		try "$dev is free of them" [ ! -e "$platform/devices/$dev/iommu_group" ]
		# It is not free of what it waits for.
		echo "$dev" > $platform/drivers_probe 2> /dev/null
	done
}

make a /smmu-a
make b /smmu-b
round "once"
make c /smmu-a
try "a node is one SMMU" sh -c "! echo 1 > c/live" 2> /dev/null
echo /nothing > c/of_node
try "a node that is not there" sh -c "! echo 1 > c/live" 2> /dev/null
rmdir c
gone a b
round "again"
try "no violation" [ "$(cat a/violations b/violations | sort -u)" = 0 ]
gone b a
rmdir a b
finish
