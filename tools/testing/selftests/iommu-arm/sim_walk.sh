#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What the simulator's document tells a newcomer to type.
. "$(dirname "$0")/lib.sh"

config=/sys/kernel/config/smmu-sim
debug=/sys/kernel/debug/smmu-sim
load_sim || { skip "a first walk" "no smmu-sim"; finish; }
cd $config || exit

smmu_sim() { "$HERE/smmu_sim" "$@" > /tmp/walk; local status=$?; sed 's/^/# /' /tmp/walk; return $status; }
says() { grep -q "$1" /tmp/walk; }
show() { "$@" > /tmp/walk 2>&1; sed 's/^/# /' /tmp/walk; }

mkdir a a/masters/dma a/masters/nic
echo 16 > a/ids/idr1.ssidsize
echo 1 > a/masters/dma/stall
echo 8 > a/masters/dma/pasid_bits
echo pci > a/masters/nic/kind
echo 1 > a/masters/nic/ats
echo 1 > a/masters/nic/pri
echo 16 > a/masters/nic/pasid_bits
try "an instance and its masters are live" sh -c "echo 1 > a/live"
for m in dma nic; do
	dev=/dev/smmu-sim/a-$m
	wait_for $dev
	try "$m says what it is" smmu_sim $dev info
	try "$m: write, read, add, unmap" smmu_sim $dev map 0x2000 , write @+8 0x1234 , \
		read @+8 , fetch-add @+8 1 , read @+8 , unmap @ check
	try "$m: what was written is there" says "value 0x1234"
	try "$m: and what was added" says "value 0x1235"
	try "$m: nothing may be held afterwards" says "violations 0"
	! smmu_sim $dev read 0xdead000 timeout 500 > /tmp/fault
	try "$m: a read of nothing fails" [ $? = 0 ]
done
show cat $debug/a/log
try "the fault is told in words" says "F_TRANSLATION: stream 0x1 address 0xdead000, .*read"
show tail -n 3 $debug/a/commands
try "commands are told in words" says " SYNC cs "
show head -n 3 $debug/a/held
try "what is held is told in words" says "stage 1 "
echo ill > a/faults/cmd_error
echo 1 > a/faults/cmd_error_in
try "an unmap survives a command error" smmu_sim /dev/smmu-sim/a-dma map 0x1000 , unmap @ check
try "the error was injected" grep -q '^faults 1$' a/stats
try "no violation in all this" [ "$(cat a/violations)" = 0 ]
try "dead" sh -c "echo 0 > a/live"
try "gone" rmdir a/masters/dma a/masters/nic a
finish
