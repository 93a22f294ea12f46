#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Without the simulator each test that needs it skips, and says why.
. "$(dirname "$0")/lib.sh"

[ ! -d /sys/kernel/config/smmu-sim ] && [ ! -d /sys/module/smmu_sim ] ||
	{ skip "tests without the simulator" "it is there"; finish; }
# Nor does a script find it.
export SIM_MODULES=/nowhere

reason() { sed -n 's/.*# SKIP *//p'; }

# Status 4 is KSFT_SKIP.
program_skips() {
	local status=0 said
	said=$("$HERE/$1" 2>&1) || status=$?
	echo "$said" | sed 's/^/# /'
	[ $status = 4 ] && [ -n "$(echo "$said" | reason)" ] && ! echo "$said" | grep -q "^not ok"
}
script_skips() {
	local said
	said=$("$HERE/$1" 2>&1) || return 1
	echo "$said" | sed 's/^/# /'
	[ -n "$(echo "$said" | reason)" ] && ! echo "$said" | grep -q "^not ok"
}

for program in "$HERE"/sim_* "$HERE"/sva_*; do
	name=$(basename "$program")
	case $name in
	# No test, but what tests run
	*.* | sim_load) continue ;;
	esac
	try "$name skips, and says why" program_skips "$name"
done
for script in "$HERE"/*.sh; do
	name=$(basename "$script")
	[ "$name" != sim_absent.sh ] && grep -q "^load_sim ||.*skip" "$script" || continue
	try "$name skips, and says why" script_skips "$name"
done
finish
