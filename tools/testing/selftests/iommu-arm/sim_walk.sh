#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What the simulator's document tells a newcomer to type.
. "$(dirname "$0")/lib.sh"

config=/sys/kernel/config/smmu-sim
debug=/sys/kernel/debug/smmu-sim
load_sim || { skip "a first walk" "no smmu-sim"; finish; }
cd $config || exit

smmu_sim() {
	"$HERE/smmu_sim" "$@" > /tmp/walk 2>&1
	local status=$?
	sed 's/^/# /' /tmp/walk
	return $status
}
# ends STATUS ARGUMENT...: with this exit status
ends() {
	local want=$1
	shift
	smmu_sim "$@"
	[ $? = "$want" ]
}
says() { grep -q "$1" /tmp/walk; }
told() { dmesg | grep -q "$1"; }
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
done
dma=/dev/smmu-sim/a-dma
nic=/dev/smmu-sim/a-nic
try "a read of nothing fails" ends 1 $dma read 0xdead000
try "the program says how" says "aborted, event 0x10 F_TRANSLATION, stalled 1 time$"
try "so does the driver" told "event F_TRANSLATION.*0xdead000"
try "ATS grants nothing" ends 1 $nic read 0xdead000
try "which is no event" says "ATS denied, event 0x10 F_TRANSLATION (not recorded)$"
try "one without ATS fails" ends 1 $nic read 0xdead000 noats
try "and is one" says "aborted, event 0x10 F_TRANSLATION$"
show cat $debug/a/log
try "the fault is told in words" says "F_TRANSLATION: stream 0x1 address 0xdead000, .*read"
show tail -n 3 $debug/a/commands
try "commands are told in words" says " SYNC cs "
show head -n 3 $debug/a/held
try "what is held is told in words" says "stage 1 "
echo ill > a/faults/cmd_error
echo 1 > a/faults/cmd_error_in
try "an unmap survives a command error" smmu_sim $dma map 0x1000 , unmap @ check
try "the error was injected" grep -q '^faults 1$' a/stats
show tail -n 5 $debug/a/commands
try "the driver invalidated the whole ASID instead" says "TLBI_NH_ASID"
try "the fault is used up" [ "$(cat a/faults/cmd_error_in)" = 0 ]
try "no violation in all this" [ "$(cat a/violations)" = 0 ]

try "a PASID that nobody bound" ends 1 $dma read 0x1000 pasid 1
try "has no context" says "C_BAD_CD"
try "nor has it on PCI" ends 1 $nic read 0x1000 pasid 1
try "where ATS says so" says "ATS completer abort"
try "a page request" smmu_sim $nic page-request 0xdead000 read , response 1000
try "is taken" says "^in the queue$"
try "and answered" says "^stream 0x8 group 0: failure$"
try "the driver tells why" told "page request: .* r-- of 0xdead000: nobody serves it"
show cat $debug/a/log
try "the log has it" says "page request: stream 0x8 address 0xdead000 r-- group 0 last"

try "help is no error" ends 0 help
try "a comma that sticks is a mistake" ends 2 $dma map 0x1000, unmap @
try "which is explained" says "a comma stands alone"
try "so is a size that makes no sense" ends 2 $dma read 0x1000 size 3
try "and a buffer that is not there" ends 1 $dma unmap 0x1000
try "in words" says "no buffer of this run"
try "and a page request of a platform device" ends 1 $dma page-request 0x1000 read
try "in words" says "not from a platform device"

mkdir b b/masters/nic
echo pci > b/masters/nic/kind
try "a second instance" sh -c "echo 1 > b/live"
wait_for /dev/smmu-sim/b-nic
try "with a PCI domain of its own" [ "$(cut -d: -f1 a/masters/nic/dev_name)" != \
	"$(cut -d: -f1 b/masters/nic/dev_name)" ]
try "and a directory" [ -d $debug/b ]
try "its master works" smmu_sim /dev/smmu-sim/b-nic map 0x1000 , write @ 1 , unmap @ check
echo 0 > b/live
try "it goes" rmdir b/masters/nic b

try "a transaction that outlives its buffer" \
	ends 1 $dma map 0x1000 , write @ 5 hold , unmap @ check , release
try "is seen" says "violations [1-9]"
show cat a/report
try "and reported" says "^I-7, at "
try "it is counted" [ "$(cat a/violations)" -gt 0 ]
try "dead" sh -c "echo 0 > a/live"
try "gone" rmdir a/masters/dma a/masters/nic a
finish
