#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The kernel crashes while the devices behind the SMMU are busy (I-56). What comes then is
# for crashed.sh, in the kernel that takes over: CRASH_IMAGE and CRASH_INITRAMFS. The test
# disk loses its data.
. "$(dirname "$0")/lib.sh"

image=${CRASH_IMAGE:-/boot/Image}
initramfs=${CRASH_INITRAMFS:-/boot/initramfs.gz}
disk=/dev/nvme0n1
known=/tmp/known
known_mib=8
readers=24

if [ ! -e "$image" ] || [ "$(cat /sys/kernel/kexec_crash_size 2> /dev/null || echo 0)" = 0 ]; then
	skip "crash" "no kernel that would take over"
	finish
fi
dev=$(test_disk) || { skip "crash" "no disk that is there for tests"; finish; }

sum() { md5sum | cut -d ' ' -f 1; }

# What this kernel was told, but for what is this kernel's own business.
command_line() {
	local word
	for word in $(cat /proc/cmdline); do
		case $word in
		crashkernel=* | jobs=* | nr_cpus=* | elfcorehdr=*) ;;
		crash_*) echo "${word#crash_}" ;;
		*) echo "$word" ;;
		esac
	done | tr '\n' ' '
	echo "jobs=crashed disk_sum=$(sum < $known)"
}

# A reader at a place of its own, behind what is known
read_on() {
	while :; do
		dd if=$disk of=/dev/null bs=4M count=1 skip=$((1 + $1 % 12)) iflag=direct \
			2> /dev/null
	done
}

write_on() {
	while :; do
		dd if=/dev/zero of=$disk bs=4M count=1 seek=14 oflag=direct conv=notrunc 2> /dev/null
	done
}

roundtrip_on() {
	while :; do echo 4096 > "$1/roundtrip"; done
}

in_flight() { awk '{ print $1 + $2 }' /sys/block/nvme0n1/inflight; }

await_in_flight() {
	local n=0
	while [ "$(in_flight)" -lt "$1" ]; do
		n=$((n + 1))
		[ $n -le 600 ] || return 1
		sleep 0.1
	done
}

start_traffic() {
	local n=0 edu
	while [ $n -lt $readers ]; do
		read_on $n &
		n=$((n + 1))
	done
	write_on &
	if [ -e /sys/class/net/eth0 ]; then
		ifconfig eth0 10.0.2.15 up
		ping -q -A -s 1400 10.0.2.2 > /dev/null &
	fi
	edu=$(pci_device 0x1234 0x11e8) || return 0
	load_edu
	edu=/sys/bus/pci/drivers/edu_dma/$edu
	[ ! -e "$edu/roundtrip" ] || roundtrip_on "$edu" &
}

# Nothing of what was said before may be lost on its way to the console.
crash() {
	local n=0
	echo "crash now"
	while ! dmesg | grep -q 'G| crash now' && [ $n -lt 100 ]; do
		n=$((n + 1))
		sleep 0.1
	done
	echo c > /proc/sysrq-trigger
}

dd if=/dev/urandom of=$known bs=1M count=$known_mib 2> /dev/null
try "the disk takes what shall survive" \
	dd if=$known of=$disk bs=1M oflag=direct conv=notrunc,fsync
try "a kernel is loaded that takes over" \
	"$HERE/crash_load" "$image" "$initramfs" "$(command_line)"
try "it stays loaded" [ "$(cat /sys/kernel/kexec_crash_loaded)" = 1 ]
[ "${failed:-0}" = 0 ] || finish
start_traffic
try "32 requests of the disk $dev are in flight" await_in_flight 32
crash
not_ok "the kernel crashes"
finish
