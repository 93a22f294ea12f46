#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Simulated SMMUs are made, live, work and are unmade, ROUNDS times: alone and two at once,
# idle and while a program drives their masters, while their files are read. Nothing may
# grow (I-57).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/growth.sh"

config=/sys/kernel/config/smmu-sim
debug=/sys/kernel/debug/smmu-sim
load_sim || { skip "simulators made and unmade" "no smmu-sim"; finish; }
third=$(third_of 12)
rounds=$((third * 3))
round=0

# make NAME PROFILE: a platform device that may stall, a function that has all, one below a
# port, and one that has nothing
make() {
	local m
	mkdir $config/"$1" && echo "$2" > $config/"$1"/profile || return
	for m in dma nic port plain; do
		mkdir $config/"$1"/masters/$m || return
	done
	cd $config/"$1"/masters || return
	echo 1 > dma/stall
	echo 8 > dma/pasid_bits
	for m in nic port plain; do echo pci > $m/kind; done
	for m in nic port; do
		echo 1 > $m/ats
		echo 1 > $m/pri
		echo 16 > $m/pasid_bits
	done
	echo 1 > port/behind_port
	cd /
}

unmake() { rmdir $config/"$1"/masters/* $config/"$1"; }

live() { echo "$2" > $config/"$1"/live; }

# masters NAME: their files
masters() {
	local m
	for m in dma nic port plain; do echo "/dev/smmu-sim/$1-$m"; done
}

# works NAME: each master does all it can, once
works() {
	# shellcheck disable=SC2046
	"$HERE/sim_load" 1 $(masters "$1") > "/tmp/$1.works" && return
	cat "/tmp/$1.works"
	return 1
}

clean() {
	[ "$(cat $config/"$1"/violations)" = 0 ] && return
	cat $config/"$1"/report
	return 1
}

# A life: in half of them it becomes live twice.
lives() {
	local name=$1 profile=$2
	expect "$name is made" make "$name" "$profile"
	expect "$name is live" timed live "$name" 1
	expect "$name's masters work" works "$name"
	if [ $((round % 2)) = 0 ]; then
		expect "$name vanishes" timed live "$name" 0
		expect "$name is live again" timed live "$name" 1
	fi
	expect "no violation in $name" clean "$name"
	expect "$name vanishes" timed live "$name" 0
	expect "$name is unmade" unmake "$name"
}

# Its masters are driven from before it is live until after it vanishes.
lives_loaded() {
	local load
	expect "a is made" make a "$1"
	# shellcheck disable=SC2046
	"$HERE/sim_load" 0 $(masters a) > /tmp/load &
	load=$!
	expect "a is live" timed live a 1
	[ $((round % 3)) = 0 ] || usleep $((round * 7919 % 100000))
	expect "no violation in a" clean a
	expect "a vanishes under load" timed live a 0
	kill $load
	if ! wait $load; then
		cat /tmp/load
		expect "under load, nothing but ENODEV" false
	fi
	passes=$((passes + $(sed -n 's/^passes //p' /tmp/load)))
	expect "a is unmade" unmake a
}

# read_all: each file of each instance, until it is ended
read_all() {
	while :; do
		cat $debug/*/* $DEBUG/*/* $config/*/stats $config/*/report
	done > /dev/null 2>&1
}

one_round() {
	local reader='' other='' profile
	round=$((round + 1))
	case $((round % 7)) in
	3) profile=mmu700 ;;
	5) profile=mmu600 ;;
	*) profile=everything ;;
	esac
	if [ $((round % 4)) = 1 ]; then
		read_all &
		reader=$!
	fi
	if [ $((round % 3)) = 2 ]; then
		lives b everything > /tmp/other &
		other=$!
	fi
	if [ $((round % 5)) -ge 3 ]; then
		lives_loaded $profile
	else
		lives a $profile
	fi
	if [ -n "$other" ]; then
		wait $other
		# It counts for itself.
		expect "two at once: $(cat /tmp/other)" [ ! -s /tmp/other ]
	fi
	[ -z "$reader" ] || { kill $reader; wait $reader 2> /dev/null; }
}

passes=0
dmesg -n 5
for part in 1 2 3; do
	while [ $round -lt $((third * part)) ]; do
		one_round
	done
	mark $part
done
dmesg -n 7
try "simulators made and unmade $rounds times, in use, two at once, under readers (I-57)" \
	none_failed
try "masters worked as they came and went: $passes passes" [ "$passes" -gt 0 ]
not_slow "the slowest life"
try "the simulator reports nothing" sh -c "! grep 'smmu-sim.* I-[0-9]*, at #' /tmp/growth.dmesg"
not_growing "simulators made and unmade" $third
finish
