#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# DMA to addresses that nobody mapped: blocked, reported in one line, harmless.
. "$(dirname "$0")/lib.sh"

dev=$(pci_device 0x1234 0x11e8) || { skip "DMA out of bounds" "no edu device"; finish; }
[ "$(domain_type "$dev")" != identity ] || { skip "DMA out of bounds" "passthrough"; finish; }
load_edu
edu=/sys/bus/pci/drivers/edu_dma/$dev
wait_for "$edu/rogue" || { not_ok "edu $dev is bound"; finish; }

for access in read write; do
	for address in 0x1230000 0x7654000; do
		before=$(stat_of events)
		dmesg > /tmp/kmsg.before
		echo "$access $address" > "$edu/rogue"
		sleep 0.3
		dmesg | tail -n +$(($(wc -l < /tmp/kmsg.before) + 1)) | grep -v 'G|' > /tmp/kmsg
		lines=$(grep -c "event F_TRANSLATION.*$dev.* $access of $address" /tmp/kmsg)
		all=$(grep -c "event F_" /tmp/kmsg)
		try "$access of $address is reported in one line" [ "$lines" = 1 ]
		try "$access of $address: nothing else is reported" [ "$lines" = "$all" ]
		[ ! -d "$DEBUG" ] || try "$access of $address is counted" [ "$(stat_of events)" -gt "$before" ]
	done
done

try "edu still works" sh -c "echo 4096 > $edu/roundtrip"
if [ -e /dev/nvme0n1 ]; then
	try "NVMe still works" "$HERE/disk_data" /dev/nvme0n1 16777216 7
fi
finish
