#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In the kernel that takes over when another has crashed (I-56): it found the SMMU on, and
# devices work. DISK_SUM is the MD5 sum of the disk's first 8 MiB.
. "$(dirname "$0")/lib.sh"

disk=/dev/nvme0n1

[ -e /proc/vmcore ] || { skip "after a crash" "no kernel has crashed"; finish; }

sum() { dd if=$disk bs=1M count=8 iflag=direct 2> /dev/null | md5sum | cut -d ' ' -f 1; }
bytes() { stat -c %s "$1"; }
said() { dmesg | grep -q "$1"; }

# Interrupts of the SMMU itself, on all CPUs
interrupts() {
	awk '/arm-smmu-v3/ { for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i } END { print n + 0 }' \
		/proc/interrupts
}

smmus=0
for smmu in /sys/class/iommu/smmu3.*; do
	[ -e "$smmu" ] || break
	smmus=$((smmus + 1))
	name=$(basename "$(readlink -f "$smmu/device")")
	try "$name was found on" said "$name: found enabled"
done
try "there is an SMMU" [ $smmus -gt 0 ]
try "the memory of the crashed kernel can be read ($(bytes /proc/vmcore) bytes)" \
	[ "$(bytes /proc/vmcore)" -gt 1048576 ]
try "it begins as it should" [ "$(dd if=/proc/vmcore bs=1 skip=1 count=3 2> /dev/null)" = ELF ]
if said 'Initramfs unpacking failed'; then
	not_ok "this kernel's own memory is whole"
else
	ok "this kernel's own memory is whole"
fi

try "the disk appears" wait_for $disk
dev=$(basename "$(readlink -f /sys/block/nvme0n1/device/device)")
type=$(domain_type "$dev")
[ -z "${EXPECT_DOMAIN:-}" ] || try "$dev has a domain of type $EXPECT_DOMAIN (found: $type)" \
	[ "$type" = "$EXPECT_DOMAIN" ]
try "the disk holds what was written before" [ "$(sum)" = "${DISK_SUM:-}" ]
try "what is written is what is read" "$HERE/disk_data" $disk 8388608 1
if [ -e /sys/class/net/eth0 ]; then
	ifconfig eth0 10.0.2.15 up
	try "the network works" ping -q -A -w 20 -c 5 -s 1400 10.0.2.2
else
	skip "the network works" "no NIC"
fi

if [ -d $DEBUG ]; then
	try "no command failed" [ "$(stat_of command_errors)" = 0 ]
	# The event queue is off: what the crashed kernel's devices do keeps nobody busy.
	try "no event was taken" [ "$(stat_of events)" = 0 ]
fi
try "the SMMU does not interrupt all the time ($(interrupts))" [ "$(interrupts)" -lt 10 ]
if said 'nobody cared\|stuck at\|is blocked'; then
	not_ok "nothing is stuck"
else
	ok "nothing is stuck"
fi
finish
