#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The simulator's configfs: each attribute, what is refused and how, several
# instances, lives and deaths, faults.
. "$(dirname "$0")/lib.sh"

config=/sys/kernel/config/smmu-sim
debug=/sys/kernel/debug/smmu-sim
load_sim || { skip "the simulator's configfs" "no smmu-sim"; finish; }
cd $config || exit

# is FILE TEXT: what a file says
is() { [ "$(cat "$1")" = "$2" ]; }
put() { echo "$2" > "$1"; } 2> /dev/null

# refused ERROR COMMAND...: it fails, and for this reason
refused() {
	local error=$1 said
	shift
	said=$(LC_ALL=C "$@" 2>&1) && return 1
	case $said in *"$error"*) ;; *) echo "# $said"; return 1 ;; esac
}

# told TEXT: the kernel's log explains it, in a line of the simulator's
told() { dmesg | grep -q "smmu-sim.*$1"; }

# Each needs a process of its own: a shell names no error of its redirections.
bad() { refused "$1" sh -c "echo '$3' | dd of='$2' 2>&1"; }

round_trip() {
	local value
	for value in $2; do
		put "$1" "$value" && is "$1" "$value" || return
	done
}

EINVAL="Invalid argument" ERANGE="esult" EBUSY="busy" ENOENT="No such file" EEXIST="exists"
ENODEV="No such device" E2BIG="too long"

try "an instance is made" mkdir a
try "a name is taken once" refused "$EEXIST" mkdir a
for name in "a b" "$(printf 'a\tb')" 0123456789012345678901234567890123456789; do
	try "no name: '$name'" refused "$EINVAL" mkdir "$name"
done
try "it is explained" told "cannot make 'a b': a name has up to 39 letters, and no blanks"
try "it is not live" is a/live 0
try "it has no device" is a/dev_name none
try "all that the model does is the default" \
	is a/profile "[everything] mmu600 mmu700 neoverse-v2 qemu minimal"
for profile in mmu600 mmu700 neoverse-v2 qemu minimal everything; do
	put a/profile $profile
	try "profile $profile" grep -q "\[$profile\]" a/profile
done
put a/profile qemu
try "qemu's IDR0" is a/ids/idr0 0xd44101b
try "qemu's IDR1" is a/ids/idr1 0x2730010
try "a profile that nobody knows" bad "$ENOENT" a/profile mmu401
try "it changes nothing" grep -q "\[qemu\]" a/profile

wrong=
for field in a/ids/*.*; do
	round_trip "$field" "0x0 0x1" || wrong="$wrong $field"
	bad "$ERANGE" "$field" 0x100000000 || wrong="$wrong $field:range"
	bad "$EINVAL" "$field" abc || wrong="$wrong $field:text"
done
try "$(echo a/ids/*.* | wc -w) fields keep what is written$wrong" [ -z "$wrong" ]
wrong=
for register in a/ids/*; do
	case $register in *.*) continue ;; esac
	# All of IDR1 would be more than 20 bits of substreams.
	values="0xffffffff 0x0 0x12345678"
	[ "$register" != a/ids/idr1 ] || values="0xfffffd3f 0x0 0x12345478"
	round_trip "$register" "$values" || wrong="$wrong $register"
done
try "whole registers, too$wrong" [ -z "$wrong" ]
put a/ids/idr1 0
put a/ids/idr1.sidsize 16
try "a field is part of its register" is a/ids/idr1 0x10
try "a field that is too narrow" bad "$ERANGE" a/ids/idr1.sidsize 64
try "it is explained" told "a: ids/idr1.sidsize: 0x40 does not fit"
try "substreams of 20 bits" round_trip a/ids/idr1.ssidsize "0x14"
try "and no wider" bad "$ERANGE" a/ids/idr1.ssidsize 21
try "it is explained" told "a: ids/idr1.ssidsize: 0x15: substreams have up to 20 bits"
try "in a whole register, too" bad "$ERANGE" a/ids/idr1 0xffffffff
try "it stays" is a/ids/idr1 0x510
try "a bit is 0 or 1" bad "$ERANGE" a/ids/idr0.s1p 2

for flag in no_ats no_msi combined closure prefer_stale; do
	try "$flag" round_trip a/$flag "0 1 0"
	try "$flag is a flag" bad "$EINVAL" a/$flag maybe
done
try "entries" round_trip a/entries "1024 65536"
try "entries: too few" bad "$ERANGE" a/entries 1
try "entries: too many" bad "$ERANGE" a/entries 999999999
try "a node of the devicetree" round_trip a/of_node "/smmu /nothing"
try "none that is not there" bad "$ENOENT" a/live 1
try "it is explained" told "a: of_node: there is no /nothing"
put a/of_node ""
try "or none at all" is a/of_node ""
try "power_domain" round_trip a/power_domain "1 0"
try "it does not sleep while it is not live" bad "$ENODEV" a/asleep 1
try "no counters while it is not live" is a/stats ""
try "live: yes or no" bad "$EINVAL" a/live 2

try "a master is made" mkdir a/masters/m
try "another" mkdir a/masters/n
mkdir a/masters/b-c a-b
try "a name of both is a file's" refused "$EEXIST" mkdir a-b/masters/c
try "it is explained" told "a-b: cannot make masters/c: the name is taken, or its file"
try "others are free" mkdir a-b/masters/b-c
rmdir a/masters/b-c a-b/masters/b-c a-b
try "no blanks in its name" refused "$EINVAL" mkdir "a/masters/a b"
try "it is explained" told "a: cannot make masters/a b: a name has up to 39 letters"
try "a master is a platform device" is a/masters/m/kind platform
try "stream IDs" round_trip a/masters/m/sids "7 4294967295"
put a/masters/n/sids 3
put a/masters/m/sids "1 2, 0x30"
try "several of them" is a/masters/m/sids "1 2 48"
try "a stream belongs to one master" bad "$EEXIST" a/masters/n/sids 48
try "and is named once" bad "$EEXIST" a/masters/n/sids "9 9"
try "at most eight" bad "$E2BIG" a/masters/n/sids "10 11 12 13 14 15 16 17 18"
try "at least one" bad "$EINVAL" a/masters/n/sids ""
try "stall" round_trip a/masters/m/stall "1 0 1"
try "stall is a flag" bad "$EINVAL" a/masters/m/stall maybe
try "it is explained" told "a: masters/m: stall: neither 0 nor 1"
try "no ATS on a platform device" bad "$EINVAL" a/masters/m/ats 1
try "nor a port" bad "$EINVAL" a/masters/m/behind_port 1
try "it is explained" told "a: masters/m: behind_port: not for a platform master"
try "PASID bits" round_trip a/masters/m/pasid_bits "20 0 8"
try "no more of them than 20" bad "$ERANGE" a/masters/m/pasid_bits 21
try "it is explained" told "a: masters/m: pasid_bits: too large, the most is 20"
try "a master on PCI" round_trip a/masters/n/kind "pci platform pci"
try "a bus that is not there" bad "$EINVAL" a/masters/n/kind usb
try "no stall on PCI" bad "$EINVAL" a/masters/n/stall 1
try "PRI needs ATS" bad "$EINVAL" a/masters/n/pri 1
try "ATS" round_trip a/masters/n/ats "1"
try "PRI" round_trip a/masters/n/pri "1"
try "ATS stays under PRI" bad "$EINVAL" a/masters/n/ats 0
try "a port" round_trip a/masters/n/behind_port "1 0 1"
put a/masters/n/pri 0
put a/masters/n/ats 0
put a/masters/n/kind platform
try "which platform devices do not have" is a/masters/n/behind_port 0
put a/masters/n/kind pci
try "slots" round_trip a/masters/n/slot "31 3"
try "no more slots" bad "$ERANGE" a/masters/n/slot 32
mkdir a/masters/o
put a/masters/o/kind pci
try "a slot holds one function" bad "$EEXIST" a/masters/o/slot 3
try "slot 0 is any" round_trip a/masters/o/slot "0"
put a/masters/m/sids "9 24"
try "one stream for two" bad "$EEXIST" a/live 1
try "it is explained" told "a: masters/m and masters/n: both have stream 24"
try "it is not live then" is a/live 0
put a/masters/m/sids 1
try "a slot was found" is a/masters/o/slot 1
try "silent" round_trip a/masters/m/silent "0x3 0x0"
try "silent: a bit that is not there" bad "$ERANGE" a/masters/m/silent 0x80
try "its file" is a/masters/m/chardev /dev/smmu-sim/a-m
rmdir a/masters/n a/masters/o
try "masters go" [ ! -d a/masters/n ]
try "an instance stays under its masters" refused "not empty" rmdir a

put a/profile everything
put a/entries 32768
try "faults may be there from the start" round_trip a/faults/irq_late "1 0"
try "interrupts may not" bad "$ENODEV" a/faults/spurious_irq gerror
try "live" put a/live 1
try "it says so" is a/live 1
try "it has a device" [ -e "/sys/bus/platform/devices/$(cat a/dev_name)" ]
try "its master has one" [ -e "/sys/bus/platform/devices/$(cat a/masters/m/dev_name)" ]
try "it does not go live twice" bad "$EBUSY" a/live 1
if put a/asleep 1; then
	try "it sleeps" is a/asleep 1
	try "not twice" refused "" sh -c "echo 1 > a/asleep"
	try "it wakes up" put a/asleep 0
	try "it is awake" is a/asleep 0
else
	skip "it sleeps" "the kernel or the driver does not"
fi
for file in profile no_ats no_msi combined closure prefer_stale of_node power_domain entries ids/idr0.s1p ids/idr5 \
	masters/m/kind masters/m/sids masters/m/stall masters/m/pasid_bits masters/m/behind_port; do
	try "$file is fixed while it is live" bad "$EBUSY" a/$file "$(sed 's/.*\[//; s/\].*//' a/$file)"
done
try "it is explained" told "a: masters/m: kind: fixed while the instance is live"
try "no master comes" refused "$EBUSY" mkdir a/masters/late
try "it is explained" told "a: cannot make masters/late: the instance is live"
try "no master goes" refused "$EBUSY" rmdir a/masters/m
try "nor the instance" refused "" rmdir a
try "commands were consumed" awk '$1 == "commands" && $2 > 0 { found = 1 } END { exit !found }' a/stats
try "no violation" is a/violations 0
try "nor a report" is a/report ""
for file in reports stats held commands log registers; do
	try "debugfs: $file" sh -c "cat $debug/a/$file > /tmp/sim.$file"
done
try "debugfs decodes commands" grep -q '#.* SYNC' /tmp/sim.commands
try "debugfs shows registers" grep -q '^CR0  *0x0000000d\|^CR0  *0x0000000f\|^CR0  *0x0000001' \
	/tmp/sim.registers

try "fault cmd_error" round_trip a/faults/cmd_error "ill abt atc none"
try "fault cmd_error: no such error" bad "$EINVAL" a/faults/cmd_error odd
for knob in cmd_error_in irq_lost irq_late ack_reads cons_reads; do
	try "fault $knob" round_trip a/faults/$knob "3 0"
	try "fault $knob: no number" bad "$EINVAL" a/faults/$knob x
	try "fault $knob: too large" bad "$ERANGE" a/faults/$knob 0x100000000
done
for knob in cmd_error_stays no_ack stuck queues_full atc_timeout; do
	try "fault $knob" round_trip a/faults/$knob "1 0"
	try "fault $knob is a flag" bad "$EINVAL" a/faults/$knob 7
done
try "it is explained" told "a: faults/stuck: neither 0 nor 1"
for knob in abort_at abort_size; do
	try "fault $knob" round_trip a/faults/$knob "1234567890123 0"
done
try "fault atc_timeout_sid" round_trip a/faults/atc_timeout_sid "5 all"
for irq in gerror eventq priq cmd_sync; do
	try "fault spurious_irq $irq" put a/faults/spurious_irq $irq
done
try "fault spurious_irq: no such interrupt" bad "$EINVAL" a/faults/spurious_irq nmi
try "faults are counted" awk '$1 == "faults" && $2 >= 4 { found = 1 } END { exit !found }' a/stats
try "fault deliver_late" put a/faults/deliver_late 1

try "a second instance" mkdir b
put b/profile mmu600
try "live beside the first" put b/live 1
try "with a device of its own" [ "$(cat a/dev_name)" != "$(cat b/dev_name)" ]
try "a live instance without masters goes" rmdir b
try "and its debugfs" [ ! -d $debug/b ]
try "the first stays" is a/live 1

mkdir d d/masters/below d/masters/beside
for m in below beside; do
	put d/masters/$m/kind pci
done
put d/masters/below/behind_port 1
try "one function below a port, one beside it" put d/live 1
bus() { cut -d: -f2 "d/masters/$1/dev_name"; }
try "the first is on a bus of its own" [ "$(bus below)" = 01 ]
try "the other is not" [ "$(bus beside)" = 00 ]
try "both have a stream" [ "$(cat d/masters/below/sids)" != "$(cat d/masters/beside/sids)" ]
put d/live 0
try "they go" rmdir d/masters/below d/masters/beside d

try "dead" put a/live 0
try "dead again" put a/live 0
try "its device is gone" is a/dev_name none
put a/faults/cmd_error none
try "the fault went with it" is a/faults/irq_lost 0
wrong=
for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	put a/live 1 && is a/live 1 && put a/live 0 && is a/dev_name none || wrong="$wrong $round"
done
try "20 lives$wrong" [ -z "$wrong" ]

# An instance that no driver takes says so, and is as before.
put a/ids/idr0 0
try "no driver takes an SMMU without translation" bad "" a/live 1
try "it is explained" told "a: live: no driver took the SMMU"
try "it is not live then" is a/live 0
try "its masters can go" rmdir a/masters/m
put a/profile everything

# Many shells at once.
for shell in 1 2 3 4; do
	(
		for round in 1 2 3 4 5; do
			mkdir c$shell 2> /dev/null
			mkdir c$shell/masters/m
			put c$shell/live 1
			put a/live $((round % 2))
			cat c$shell/stats a/stats $debug/c$shell/held $debug/a/held
			put c$shell/live 0
			rmdir c$shell/masters/m c$shell
		done
	) > /dev/null 2>&1 &
done
wait
put a/live 0
rmdir c? 2> /dev/null
try "four shells at once leave nothing" [ "$(echo *)" = a ]
! rmmod smmu-sim 2> /dev/null
try "the module stays under an instance" [ $? = 0 ]
try "the instance goes" rmdir a
[ ! -e /sys/module/smmu_sim/initstate ] || try "so does the module" rmmod smmu-sim
finish
