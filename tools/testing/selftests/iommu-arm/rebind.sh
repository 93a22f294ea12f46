#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Drivers are taken from the disk and the NIC, and from simulated masters, and given back,
# ROUNDS times and under load. Meanwhile the devices get another kind of domain, go to VFIO
# and back, or leave the bus. Data stay right, no fault is seen, and nothing grows (I-57).
# The test disk loses its data.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/growth.sh"

devices=/sys/bus/pci/devices
config=/sys/kernel/config/smmu-sim
disk=$(test_disk) || { skip "drivers under load" "no disk that is there for tests"; finish; }
nic=
[ ! -e /sys/class/net/eth0 ] ||
	nic=$(readlink -f /sys/class/net/eth0 | sed 's#.*/\(0000:[^/]*\)/.*#\1#')
third=$(third_of 24)
rounds=$((third * 3))
round=0

# Its name is another one as long as somebody holds the old one.
disk_file() {
	local file
	for file in "$devices/$disk"/nvme/nvme*/nvme*n1; do
		[ ! -d "$file" ] || { echo "/dev/$(basename "$file")"; return; }
	done
	return 1
}

# It ends with an error when the disk goes, and begins again.
disk_load() {
	local seed=0 file
	while [ -e /tmp/load ]; do
		seed=$((seed + 1))
		if file=$(disk_file); then
			"$HERE/disk_data" "$file" 8388608 $seed
		else
			usleep 20000
		fi
	done > /tmp/disk.out 2> /tmp/disk.err
}

net_load() {
	while [ -e /tmp/load ]; do
		ping -q -A -w 20 -c 1000 -s 1000 10.0.2.2 || usleep 100000
	done > /dev/null 2>&1
}

# passes: how often the disk's data were compared, and right, since the load began
passes() { grep -c ^bytes /tmp/disk.out; }
pings() { ping -q -A -w 20 -c 3 -s 512 10.0.2.2 > /dev/null; }

start_load() {
	touch /tmp/load
	disk_load &
	disk_pid=$!
	[ -z "$nic" ] || { net_load & net_pid=$!; }
	# shellcheck disable=SC2086
	[ -z "$sims" ] || { "$HERE/sim_load" 0 $sims > /tmp/sim.out & sim_pid=$!; }
}

# What was read back differs, or a master's data do: that is no error of a disk that went.
stop_load() {
	rm /tmp/load
	wait $disk_pid
	[ -z "$nic" ] || wait "$net_pid"
	total=$((total + $(passes)))
	! grep wanted /tmp/disk.err || expect "data read back are those written" false
	[ -n "$sims" ] || return
	kill "$sim_pid"
	wait "$sim_pid" || { cat /tmp/sim.out; expect "simulated masters fail with ENODEV alone" false; }
	sim_total=$((sim_total + $(sed -n 's/^passes //p' /tmp/sim.out)))
}

unbind() { echo "$1" > "$devices/$1/driver/unbind"; }

take_back() {
	echo "$1" > /sys/bus/pci/drivers_probe
	[ -e "$devices/$1/driver" ]
}

# While it has no driver, its domain is another one.
other_domain() {
	expect "$1 gets an identity domain" sh -c "echo identity > $devices/$1/iommu_group/type"
	expect "$1 gets its driver" take_back "$1"
	expect "$1 loses it" timed unbind "$1"
	expect "$1 gets a domain of the DMA API" sh -c "echo DMA > $devices/$1/iommu_group/type"
	expect "$1 gets its driver back" take_back "$1"
}

off_the_bus() {
	echo 1 > "$devices/$1/remove"
	[ ! -e "$devices/$1" ] && ! grep -q "^$1 " $DEBUG/*/masters
}

back_on_the_bus() {
	echo 1 > /sys/bus/pci/rescan
	wait_for "$devices/$1/driver"
}

to_user() {
	expect "$1 goes to VFIO" give "$1"
	expect "$1 comes from VFIO" give_back "$1"
}

# rebinds DEVICE KIND
rebinds() {
	if [ "$2" = bus ]; then
		expect "$1 leaves the bus" timed off_the_bus "$1"
		expect "$1 comes back" back_on_the_bus "$1"
		return
	fi
	expect "$1 loses its driver" timed unbind "$1"
	case $2 in
	domain) other_domain "$1" ;;
	user) to_user "$1" ;;
	*) expect "$1 gets its driver back" take_back "$1" ;;
	esac
}

# The simulated ones, whose driver is on two buses
rebind_sims() {
	local m dev bus
	for m in dma nic; do
		dev=$(cat $config/rebind/masters/$m/dev_name)
		bus=pci
		[ $m = nic ] || bus=platform
		expect "$m loses its driver" timed sh -c \
			"echo $dev > /sys/bus/$bus/drivers/smmu-sim-master/unbind"
		expect "$m gets it back" sh -c "echo $dev > /sys/bus/$bus/drivers/smmu-sim-master/bind"
	done
}

nic_up() {
	[ -n "$nic" ] || return 0
	wait_for /sys/class/net/eth0 && ifconfig eth0 10.0.2.15 up
}

# A pass that began after the disk came back
disk_works() {
	local before tries=0
	before=$(passes)
	while [ "$(passes)" -lt $((before + 2)) ]; do
		tries=$((tries + 1))
		[ $tries -le 600 ] || return 1
		usleep 100000
	done
}

one_round() {
	local kind=plain
	round=$((round + 1))
	case $((round % 4)) in
	1) kind=domain ;;
	2) kind=bus ;;
	3) [ ! -d /sys/bus/pci/drivers/vfio-pci ] || kind=user ;;
	esac
	# In the middle of anything
	usleep $((round * 7919 % 150000))
	rebinds "$disk" $kind
	[ -z "$nic" ] || rebinds "$nic" $kind
	[ -z "$sims" ] || rebind_sims
	nic_up
	expect "the disk is there" wait_for "$devices/$disk/driver"
	[ $((round % 8)) != 0 ] || expect "data read back are those written" disk_works
	[ -z "$nic" ] || [ $((round % 8)) != 4 ] || expect "the network works" pings
}

# All masters leave, and with them what is kept for them: addresses, domains, groups.
put_away() {
	[ -z "$sims" ] || echo 0 > $config/rebind/live
	expect "the disk leaves" off_the_bus "$disk"
	[ -z "$nic" ] || expect "the NIC leaves" off_the_bus "$nic"
}

fetch() {
	expect "the disk comes back" back_on_the_bus "$disk"
	nic_up
	[ -z "$sims" ] || echo 1 > $config/rebind/live
}

sims=
if load_sim; then
	cd $config || exit
	mkdir rebind rebind/masters/dma rebind/masters/nic
	echo 1 > rebind/masters/dma/stall
	echo 8 > rebind/masters/dma/pasid_bits
	echo pci > rebind/masters/nic/kind
	echo 1 > rebind/masters/nic/ats
	echo 1 > rebind/masters/nic/pri
	echo 16 > rebind/masters/nic/pasid_bits
	cd /
	echo 1 > $config/rebind/live && sims="/dev/smmu-sim/rebind-dma /dev/smmu-sim/rebind-nic"
fi

# Of QEMU's SMMU alone
qemus() { find $DEBUG -path '*0000009050000*' -name "$1" -exec cat {} +; }
all_masters() { qemus masters | sort; }
wrongs() { qemus stats | awk '$1 ~ /^(command_errors|events|event_overflows)$/ { s += $2 } END { print s }'; }

nic_up
all_masters > /tmp/masters.before
wrong=$(wrongs)
total=0 sim_total=0
dmesg -n 5
for part in 1 2 3; do
	start_load
	while [ $round -lt $((third * part)) ]; do
		one_round
	done
	expect "data read back are those written" disk_works
	stop_load
	[ -z "$sims" ] || expect "no violation" [ "$(cat $config/rebind/violations)" = 0 ]
	put_away
	mark $part
	fetch
done
dmesg -n 7
all_masters > /tmp/masters.after
try "drivers of $disk $nic and ${sims:-no simulated masters} came and went $rounds times (I-57)" \
	none_failed
try "the disk's data were read back in between: $total passes" [ "$total" -ge 3 ]
[ -z "$sims" ] || try "simulated masters worked in between: $sim_total passes" [ "$sim_total" -ge 3 ]
not_slow "the slowest"
try "each master is where it was" cmp -s /tmp/masters.before /tmp/masters.after
try "no fault and no error of a command on the way" [ "$(wrongs)" = "$wrong" ]
not_growing "drivers under load" $third
finish
