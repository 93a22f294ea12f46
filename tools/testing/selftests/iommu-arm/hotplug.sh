#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A disk and a NIC are plugged into PCIe ports, work behind the SMMU, and are taken out again
# while they work, ROUNDS times: the slot's power is turned off; the device answers nothing
# any more; or the host presses the slot's button. Nothing hangs (I-49) or grows (I-57).
#
# The host must do what lines that begin with "qmp" say, as scripts/boot --hotplug=yes does.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/growth.sh"

devices=/sys/bus/pci/devices
slots=/sys/bus/pci/slots
[ -e $slots/1/power ] && [ -e $slots/2/power ] ||
	{ skip "devices plugged into ports" "no ports with slots 1 and 2"; finish; }
third=$(third_of 9)
rounds=$((third * 3))
round=0

# The host may take its time: up to a minute each
is() { [ "$(cat "$1" 2> /dev/null)" = "$2" ]; }
becomes() { within 600 "$@"; }

# device N: what is, or will be, in slot N; port N: what the slot is below
device() { echo "$devices/$(cat $slots/"$1"/address).0"; }
port() {
	local bus
	bus=$(cut -d : -f 1,2 $slots/"$1"/address)
	dirname "$(dirname "$(ls -d "$devices"/*/pci_bus/"$bus")")"
}
driven() { [ -e "$(device "$1")/driver" ]; }
empty() { [ ! -e "$(device "$1")" ]; }

plug() {
	case $1 in
	1) echo "qmp device_add driver=nvme id=in1 bus=port1 drive=spare serial=spare" ;;
	2) echo "qmp device_add driver=virtio-net-pci id=in2 bus=port2 netdev=spare_net" \
		"disable-legacy=on iommu_platform=true romfile=" ;;
	esac
	becomes driven "$1"
}

# config OFFSET BYTE FILE: write a byte of a function's configuration
config() { printf "\\$(printf %o "$2")" | dd of="$3/config" bs=1 seek=$(($1)) conv=notrunc 2> /dev/null; }
byte_at() { od -An -tu1 -j $(($1)) -N 1 "$2/config" | tr -d ' '; }

power_off() { echo 0 > $slots/"$1"/power; }

# What is pulled out is not told anything any more, and its memory reads as ones: the port
# leads nobody there. The port still masters the bus itself, for its messages (PCI 3.0, 6.2.2).
# The device may, too: QEMU never ends a transfer that it has begun and that may not go on.
pull_out() {
	local port command
	port=$(port "$1")
	command=$(byte_at 0x04 "$port")
	config 0x04 4 "$port"
	power_off "$1"
	config 0x04 "$command" "$port"
}

# The kernel waits five seconds in which the button can be pressed again.
press_button() {
	echo "qmp device_del id=in$1"
	becomes is $slots/"$1"/power 0
}

unplug() {
	case $2 in
	pulled) pull_out "$1" ;;
	button) press_button "$1" ;;
	*) power_off "$1" ;;
	esac
	becomes empty "$1"
}

disk_file() {
	local file
	for file in "$1"/nvme/nvme*/nvme*n1; do
		[ ! -d "$file" ] || { echo "/dev/$(basename "$file")"; return; }
	done
	return 1
}
has_disk() { disk_file "$1" > /dev/null; }
disk_name() { becomes has_disk "$1" && disk_file "$1"; }

interface() { ls "$1"/virtio*/net 2> /dev/null; }
has_interface() { [ -n "$(interface "$1")" ]; }

# Master of the SMMU, and translated
translated() { grep -q "^$(basename "$1") .*translated" $DEBUG/*/masters; }
free() { ! grep -q "^$1 " $DEBUG/*/masters; }

# works SLOT DEVICE: data of the disk; packets of the NIC
works() {
	if [ "$1" = 1 ]; then
		"$HERE/disk_data" "$(disk_name "$2")" 8388608 $round > /dev/null
	else
		becomes has_interface "$2" && ifconfig "$(interface "$2")" 10.0.2.16 up &&
			ping -q -A -w 20 -c 3 -s 512 -I "$(interface "$2")" 10.0.2.2 > /dev/null
	fi
}

# Until it fails
load() {
	if [ "$1" = 1 ]; then
		while "$HERE/disk_data" "$2" 8388608; do :; done
	else
		while ping -q -A -w 20 -c 1000 -s 1000 -I "$2" 10.0.2.2; do :; done
	fi > /dev/null 2> /tmp/load.err
}

one_round() {
	local slot=$1 kind=$2 dev name file
	expect "slot $slot: plugged in" plug "$slot" || return
	dev=$(device "$slot")
	name=$(basename "$dev")
	expect "slot $slot: $name is translated" translated "$dev"
	expect "slot $slot: $name has a domain of the DMA API" is "$dev/iommu_group/type" DMA
	expect "slot $slot: $name works" works "$slot" "$dev"
	[ "$slot" = 1 ] && file=$(disk_file "$dev") || file=$(interface "$dev")
	load "$slot" "$file" &
	usleep $((round * 7919 % 300000))
	expect "slot $slot: taken out, $kind" timed unplug "$slot" "$kind"
	expect "slot $slot: who used it is told" timed wait $!
	! grep wanted /tmp/load.err || expect "data read back are those written" false
	expect "slot $slot: its stream is free" free "$name"
	expect "slot $slot: nothing is there" [ ! -e "$devices/$name" ]
}

# virtio has no driver in all kernels.
nics=1
[ -d /sys/bus/pci/drivers/virtio-pci ] && [ -d /sys/class/net/eth0 ] || nics=

# Every third round is the NIC's. The button's takes five seconds: one of ten, and the first.
# virtio's driver waits for a device that answers nothing until it does: it is not pulled out.
both_ways() {
	local kind=off slot=1
	round=$((round + 1))
	[ -z "$nics" ] || [ $((round % 3)) != 2 ] || slot=2
	[ $((round % 2)) = 0 ] || [ $slot = 2 ] || kind=pulled
	[ $((round % 10)) != 1 ] || kind=button
	one_round $slot $kind
}

events() { stat_of events; }

before=$(events)
errors=$(stat_of command_errors)
dmesg -n 5
for part in 1 2 3; do
	while [ $round -lt $((third * part)) ]; do
		both_ways
	done
	mark $part
done
dmesg -n 7
try "plugged in, used and taken out $rounds times (I-57)" none_failed
not_slow "the slowest"
try "no fault on the way" [ "$(events)" = "$before" ]
try "no error of a command" [ "$(stat_of command_errors)" = "$errors" ]
not_growing "plugged in and taken out" $third
finish
