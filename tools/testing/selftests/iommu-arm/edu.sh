#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# QEMU's edu device through the SMMU, and after its mapping is gone.
. "$(dirname "$0")/lib.sh"

dev=$(pci_device 0x1234 0x11e8) || { skip "edu DMA" "no edu device"; finish; }
load_edu
edu=/sys/bus/pci/drivers/edu_dma/$dev
wait_for "$edu/roundtrip" || { not_ok "edu $dev is bound"; finish; }

put() { echo "$2" > "$edu/$1"; }

for bytes in 1 17 64 1000 4096; do
	try "edu round trip of $bytes bytes" put roundtrip $bytes
done
echo "bytes $(cat "$edu/moved")"
if [ "$(domain_type "$dev")" = DMA ]; then
	try "edu write after dma_unmap does not arrive" put stale 1 2> /dev/null
	sleep 0.2
	at=$(dmesg | sed -n "s/.*edu_dma $dev: stale write to 0x\([0-9a-f]*\).*/\1/p" | tail -n 1)
	try "stale write to 0x$at is reported" \
		sh -c "dmesg | grep -q 'event F_TRANSLATION.*$dev.* write of 0x0*$at'"
else
	skip "edu write after dma_unmap does not arrive" "not a strict domain"
fi
finish
