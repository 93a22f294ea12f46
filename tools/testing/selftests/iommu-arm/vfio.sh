#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# QEMU's edu and a test disk in the hands of user space, through VFIO.
. "$(dirname "$0")/lib.sh"

# give DEVICE: from its driver to vfio-pci
give() {
	[ ! -e "/sys/bus/pci/devices/$1/driver" ] ||
		echo "$1" > "/sys/bus/pci/devices/$1/driver/unbind"
	echo vfio-pci > "/sys/bus/pci/devices/$1/driver_override"
	echo "$1" > /sys/bus/pci/drivers_probe
	[ "$(basename "$(readlink "/sys/bus/pci/devices/$1/driver")")" = vfio-pci ]
}

# give_back DEVICE: to the driver that it had
give_back() {
	echo "$1" > "/sys/bus/pci/devices/$1/driver/unbind"
	echo > "/sys/bus/pci/devices/$1/driver_override"
	echo "$1" > /sys/bus/pci/drivers_probe
}

[ -d /sys/bus/pci/drivers/vfio-pci ] || { skip "devices of user space" "no vfio-pci"; finish; }

dev=$(pci_device 0x1234 0x11e8)
if [ -n "$dev" ]; then
	try "edu goes to vfio-pci" give "$dev"
	"$HERE/vfio_dma" edu "$dev"
	give_back "$dev"
else
	skip "edu" "no edu device"
fi

# Only what is there for tests may be taken from its driver.
disk=/sys/block/nvme0n1/device
wait_for $disk/serial
if [ "$(tr -d ' ' < $disk/serial 2> /dev/null)" = arm-iommu ]; then
	dev=$(basename "$(readlink -f $disk/device)")
	try "the disk goes to vfio-pci" give "$dev"
	"$HERE/vfio_dma" nvme "$dev"
	give_back "$dev"
	try "the disk comes back" wait_for /sys/block/nvme0n1
else
	skip "a disk" "none that is there for tests"
fi
finish
