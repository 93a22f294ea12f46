#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Two edu devices behind a PCIe-to-PCI bridge send under the bridge's stream ID
# and share it: both work, and one goes on when the other is taken away.
. "$(dirname "$0")/lib.sh"

# Those on another bus than the first.
edus() {
	for dev in /sys/bus/pci/devices/*; do
		case $dev in */0000:00:*) continue ;; esac
		[ "$(cat "$dev/vendor"):$(cat "$dev/device")" = 0x1234:0x11e8 ] && basename "$dev"
	done
}

if [ "$(edus | wc -l)" != 2 ]; then
	skip "shared streams" "needs two edu devices behind a bridge"
	finish
fi
load_edu
first=$(edus | head -n 1)
second=$(edus | tail -n 1)
driver=/sys/bus/pci/drivers/edu_dma

moves() { echo 4096 > "$driver/$1/roundtrip"; }
group() { readlink "/sys/bus/pci/devices/$1/iommu_group"; }

for dev in $first $second; do
	try "$dev is bound" wait_for "$driver/$dev/roundtrip"
	try "$dev moves data" moves "$dev"
done
try "both are in one group" [ "$(group "$first")" = "$(group "$second")" ]

echo 1 > "/sys/bus/pci/devices/$second/remove"
try "$first goes on without $second" moves "$first"
echo 1 > /sys/bus/pci/rescan
try "$second comes back" wait_for "$driver/$second/roundtrip"
try "$second moves data again" moves "$second"
echo 1 > "/sys/bus/pci/devices/$first/remove"
try "$second goes on without $first" moves "$second"
finish
