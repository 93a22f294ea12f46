#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# QEMU's edu and a test disk in the hands of user space, through VFIO.
. "$(dirname "$0")/lib.sh"

[ -d /sys/bus/pci/drivers/vfio-pci ] || { skip "devices of user space" "no vfio-pci"; finish; }

dev=$(pci_device 0x1234 0x11e8)
if [ -n "$dev" ]; then
	try "edu goes to vfio-pci" give "$dev"
	"$HERE/vfio_dma" edu "$dev"
	give_back "$dev"
else
	skip "edu" "no edu device"
fi

if dev=$(test_disk); then
	try "the disk goes to vfio-pci" give "$dev"
	"$HERE/vfio_dma" nvme "$dev"
	give_back "$dev"
	try "the disk comes back" wait_for /sys/block/nvme0n1
else
	skip "a disk" "none that is there for tests"
fi
finish
