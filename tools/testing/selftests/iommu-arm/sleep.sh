#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The machine sleeps, in memory and on disk, and the devices behind the SMMU go on where they
# were. A simulated SMMU with a power domain also sleeps whenever nobody has its master open.
# The test disk loses its data: it becomes swap.
. "$(dirname "$0")/lib.sh"

power=/sys/power
disk=/dev/nvme0n1
alarm=/sys/class/rtc/rtc0/wakealarm

[ -e $power/state ] || { skip "sleep" "this kernel does not"; finish; }
dev=$(test_disk) || { skip "sleep" "no disk that is there for tests"; finish; }
domain=$(domain_type "$dev")

ping_once() { ping -q -A -w 20 -c 3 -s 512 10.0.2.2 > /dev/null; }
sleeps() { stat_of sleeps; }

# Which masters are translated, and how
masters() { cat $DEBUG/*/masters; }

nap() {
	echo 0 > $alarm
	echo +2 > $alarm
	echo freeze > $power/state
}

in_memory() {
	local round=0 before pid
	while [ $round -lt 3 ]; do
		round=$((round + 1))
		before=$(sleeps)
		masters > /tmp/before
		"$HERE/disk_data" $disk 33554432 $round > /dev/null &
		pid=$!
		try "round $round: asleep, with the disk at work" nap
		try "round $round: the SMMU slept" [ "$(sleeps)" -gt "$before" ]
		try "round $round: the data are those written" wait $pid
		masters > /tmp/after
		try "round $round: each master is where it was" cmp -s /tmp/before /tmp/after
		[ ! -e /sys/class/net/eth0 ] || try "round $round: the network works" ping_once
	done
}

# The image is written and read by the disk that the SMMU translates for.
on_disk() {
	local before
	before=$(sleeps)
	mkswap $disk > /dev/null
	swapon $disk
	echo test_resume > $power/disk
	try "on disk and back" sh -c "echo disk > $power/state"
	try "the SMMU slept" [ "$(sleeps)" -gt "$before" ]
	swapoff $disk
	try "the data read back are those written" "$HERE/disk_data" $disk 16777216 9
	[ ! -e /sys/class/net/eth0 ] || try "the network works" ping_once
}

# comes_to STATE FILE: within ten seconds
comes_to() { within 100 grep -qx "$1" "$2"; }

idle() {
	local sim=/sys/kernel/config/smmu-sim/idle file=/dev/smmu-sim/idle-dma status pid
	mkdir $sim $sim/masters/dma
	echo 1 > $sim/power_domain
	echo 1 > $sim/live
	status=/sys/bus/platform/devices/$(cat $sim/dev_name)/power/runtime_status
	try "idle: the SMMU falls asleep" comes_to suspended "$status"
	try "idle: it wakes for who needs it" "$HERE/sim_load" 3 $file
	try "idle: it falls asleep again" comes_to suspended "$status"
	if can_nap; then
		try "idle: and with the machine" nap
		try "idle: its master works afterwards" "$HERE/sim_load" 3 $file
		"$HERE/sim_load" 0 $file > /dev/null &
		pid=$!
		try "at work: awake" comes_to active "$status"
		try "at work: it sleeps with the machine" nap
		kill $pid
		try "at work: its master goes on" wait $pid
		try "at work: it falls asleep on its own" comes_to suspended "$status"
	fi
	try "idle: no violation (I-55)" [ "$(cat $sim/violations)" = 0 ]
	echo 0 > $sim/live
	rmdir $sim/masters/dma $sim
}

can_nap() { [ -e $alarm ] && grep -q freeze $power/state; }

try "the disk is translated" [ "$domain" = DMA ]
[ ! -e /sys/class/net/eth0 ] || ifconfig eth0 10.0.2.15 up
events=$(stat_of events)
if can_nap; then
	in_memory
else
	skip "sleep in memory" "nothing would wake the machine"
fi
if grep -q disk $power/state; then
	on_disk
else
	skip "sleep on disk" "this kernel does not"
fi
if load_sim; then
	idle
else
	skip "an SMMU that sleeps on its own" "no simulator"
fi
try "no fault on the way" [ "$(stat_of events)" = "$events" ]
finish
