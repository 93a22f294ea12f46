#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A machine inside this one has the NVMe disk for itself, through VFIO's type1 and through
# iommufd. It finds what was written here, and what it writes is found here afterwards.
# Needs qemu-system-aarch64, and for the machine inside SECOND/Image and SECOND/initramfs.gz.
. "$(dirname "$0")/lib.sh"

SECOND=${SECOND:-/second}
log=/tmp/second.log
size=8

head_of_disk() { dd if=/dev/nvme0n1 bs=1M count=$size 2> /dev/null | md5sum | cut -d ' ' -f 1; }

write_disk() {
	dd if=/dev/urandom of=/dev/nvme0n1 bs=1M count=$size conv=fsync 2> /dev/null
	head_of_disk
}

# boot_inside DEVICE SUM: SUM is what the machine inside must find
boot_inside() {
	local backend=
	[ "$way" != iommufd ] || backend=',iommufd=fd0 -object iommufd,id=fd0'
	# shellcheck disable=SC2086
	timeout -k 5 "${SECOND_SECONDS:-150}" qemu-system-aarch64 -nodefaults -nographic -no-reboot \
		-machine virt,gic-version=3 -accel $accel -cpu $cpu -m 256 -serial stdio \
		-kernel "$SECOND/Image" -initrd "$SECOND/initramfs.gz" \
		-append "console=ttyAMA0 printk.devkmsg=on quiet jobs=second_disk disk_sum=$2" \
		-device vfio-pci,host=$1$backend < /dev/null > $log 2>&1
}

# relay: results of the machine inside are results of ours, and so is that it came to its end
relay() {
	local result
	sed -n 's/\r$//; s/^.*G| \(not ok\|ok\) [0-9]* /\1 /p' $log > /tmp/second.results
	while IFS= read -r result; do
		case $result in
		ok*) ok "$way: inside: ${result#ok }" ;;
		*) not_ok "$way: inside: ${result#not ok }" ;;
		esac
	done < /tmp/second.results
	grep -q 'G| done' $log && ok "$way: the machine inside comes to its end" && return
	not_ok "$way: the machine inside comes to its end"
	tail -n 30 $log
}

pass_disk() {
	local before events
	before=$(write_disk)
	events=$(stat_of events)
	try "$way: the disk goes to vfio-pci" give "$dev"
	boot_inside "$dev" "$before"
	relay
	try "$way: no fault on the way" [ "$(stat_of events)" = "$events" ]
	give_back "$dev"
	try "$way: the disk comes back" wait_for /dev/nvme0n1
	try "$way: it holds what the machine inside wrote" \
		[ "$(head_of_disk)" = "$(sed -n 's/\r$//; s/^.*G| disk_sum //p' $log)" ]
}

command -v qemu-system-aarch64 > /dev/null && [ -e "$SECOND/Image" ] ||
	{ skip "a machine inside this one" "no QEMU, or nothing to boot in it"; finish; }
accel=kvm cpu=host
[ -e /dev/kvm ] || { accel=tcg cpu=cortex-a76; }
[ -z "${EXPECT_KVM:-}" ] || try "it has KVM" [ "$accel" = kvm ]
dev=$(test_disk) || { skip "a machine inside this one" "no disk that is there for tests"; finish; }
echo "accelerator: $accel"
for way in type1 iommufd; do
	pass_disk
done
finish
