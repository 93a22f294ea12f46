# SPDX-License-Identifier: GPL-2.0
# What the tests share: numbered results, and where an SMMUv3 shows itself.

DEBUG=/sys/kernel/debug/arm_smmu_v3
HERE=$(dirname "$0")
count=0
failed=0

ok() {
	count=$((count + 1))
	echo "ok $count $*"
}

not_ok() {
	count=$((count + 1))
	failed=$((failed + 1))
	echo "not ok $count $*"
}

skip() {
	count=$((count + 1))
	echo "ok $count $1 # SKIP $2"
}

# try NAME COMMAND...: one result, decided by the command's status
try() {
	local name=$1
	shift
	if "$@"; then ok "$name"; else not_ok "$name"; fi
}

finish() {
	echo "1..$count"
	[ "$failed" = 0 ]
	exit
}

# within TENTHS COMMAND...: until the command succeeds, for so many tenths of a second
within() {
	local n=$1
	shift
	until "$@"; do
		n=$((n - 1))
		[ $n -ge 0 ] || return 1
		sleep 0.1
	done
}

# wait_for FILE: devices appear a moment after init starts
wait_for() { within 300 [ -e "$1" ]; }

# pci_device VENDOR DEVICE: its name on the bus, such as 0000:00:03.0
pci_device() {
	local dev
	for dev in /sys/bus/pci/devices/*; do
		[ "$(cat "$dev/vendor")" = "$1" ] && [ "$(cat "$dev/device")" = "$2" ] &&
			basename "$dev" && return 0
	done
	return 1
}

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

# test_disk: the NVMe controller that may be taken from its driver, there for tests only
test_disk() {
	local disk=/sys/block/nvme0n1/device
	wait_for $disk/serial && [ "$(tr -d ' ' < $disk/serial)" = arm-iommu ] &&
		basename "$(readlink -f $disk/device)"
}

# load_sim: the simulator and what it needs, by modprobe or from /lib; configfs is mounted.
# SIM_MODULES is another place than these.
load_sim() {
	local module dir=${SIM_MODULES:-/lib}
	[ "$dir" = /lib ] && modprobe smmu-sim 2> /dev/null ||
		for module in configfs smmu-sim; do
			[ ! -e "$dir/$module.ko" ] || [ -d "/sys/module/$(echo "$module" | tr - _)" ] ||
				insmod "$dir/$module.ko"
		done
	grep -q ' /sys/kernel/config ' /proc/mounts || mount -t configfs config /sys/kernel/config
	[ -d /sys/kernel/config/smmu-sim ]
}

# without_messages PROGRAM...: iommufd takes masters meanwhile that have no message interrupt,
# their own or a forged one
without_messages() {
	local unsafe=/sys/module/iommufd/parameters/allow_unsafe_interrupts before=
	[ ! -e $unsafe ] || { before=$(cat $unsafe); echo 1 > $unsafe; }
	"$@"
	[ -z "$before" ] || echo "$before" > $unsafe
}

# load_edu: edu's driver, unless it is there; ends the test without it
load_edu() {
	[ ! -d /sys/bus/pci/drivers/edu_dma ] || return 0
	insmod "${EDU_MODULE:-$HERE/edu/edu_dma.ko}" "bits=${EDU_BITS:-28}" && return 0
	not_ok "edu_dma loads"
	finish
}

domain_type() {
	cat "/sys/bus/pci/devices/$1/iommu_group/type" 2> /dev/null
}

# stat NAME: a counter, summed over all instances
stat_of() {
	cat $DEBUG/*/stats 2> /dev/null | awk -v n="$1" '$1 == n { s += $2 } END { print s + 0 }'
}
