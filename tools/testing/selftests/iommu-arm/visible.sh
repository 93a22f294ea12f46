#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What a person sees of an SMMU at run time: tracepoints and debugfs, against what the disk
# and edu do meanwhile.
. "$(dirname "$0")/lib.sh"

tracing=/sys/kernel/tracing
disk=/dev/nvme0n1

dev=$(test_disk) || { skip "what is visible" "no disk that is there for tests"; finish; }
instance=$(dirname "$(find $DEBUG -type d -name "$dev")")
[ -d "$instance/$dev" ] || { not_ok "the disk's master is in debugfs"; finish; }

# value FILE NAME: the value of a field of an entry
value() { awk -v n="$2" '$1 == n { print $2; exit }' "$1"; }

# traced EVENT: how many lines of it the trace has
traced() { grep -c " $1: " /tmp/trace; }

# sum EVENT WORD: sum of the hexadecimal numbers that WORD= stands before
sum() {
	local total=0 n
	for n in $(sed -n "s/.* $1: .* $2=\(0x[0-9a-f]*\).*/\1/p" /tmp/trace); do
		total=$((total + n))
	done
	echo $total
}

works() { "$HERE/disk_data" $disk 8388608 "$1" > /dev/null; }

entries() {
	try "stream: DMA of the disk is translated" \
		grep -Eq "Config +0x[567] " "$instance/$dev/stream"
	try "stream: the entry is valid" [ "$(value "$instance/$dev/stream" V)" = 0x1 ]
	case $(value "$instance/$dev/stream" Config) in
	0x5)
		try "contexts: the descriptor is valid" \
			[ "$(value "$instance/$dev/contexts" V)" = 0x1 ]
		try "contexts: it has a table" \
			[ "$(value "$instance/$dev/contexts" TTB0)" != 0x0 ] ;;
	*)
		try "stream: it has a table" [ "$(value "$instance/$dev/stream" S2TTB)" != 0x0 ] ;;
	esac
}

# The disk's queues are mapped as long as it has a driver.
tables() {
	local file=$instance/$dev/tables line first last
	line=$(grep ' r' "$file" | head -n 1)
	first=$(echo "$line" | awk '{ print substr($1, 1, index($1, "-") - 1) }')
	last=$(echo "$line" | awk '{ print substr($1, index($1, "-") + 1) }')
	try "tables: something is mapped" [ -n "$first" ]
	echo "$first-$last" > "$file"
	try "tables: the range that is asked for" \
		[ "$(grep -c ' r' "$file")" = 1 ]
	echo "0-0xfff" > "$file"
	try "tables: nothing at address 0" [ "$(grep -c ' r' "$file")" = 0 ]
	! echo "7-3" > "$file" 2> /dev/null
	try "tables: an empty range is refused" [ $? = 0 ]
	! echo "words" > "$file" 2> /dev/null
	try "tables: words are refused" [ $? = 0 ]
	echo "0-0xffffffffffffffff" > "$file"
	try "tables: all again" grep -qF "$line" "$file"
}

# Tables come and go while they are read.
tables_under_load() {
	local n=0
	works 2 &
	while kill -0 $! 2> /dev/null; do
		cat "$instance"/*/tables "$instance"/*/stream "$instance"/*/contexts \
			"$instance/queues" > /dev/null
		n=$((n + 1))
	done
	wait $!
	try "the data are right while all is read ($n times)" [ $? = 0 ]
}

latency() {
	local before after counted
	echo 1 > "$instance/sync_latency"
	before=$(awk '$1 == "syncs" { print $2 }' "$instance/stats")
	works 3
	after=$(awk '$1 == "syncs" { print $2 }' "$instance/stats")
	echo 0 > "$instance/sync_latency"
	counted=$(awk '/ns:/ { s += $NF } END { print s + 0 }' "$instance/sync_latency")
	# Whoever began before is not counted, and the NIC may have had something to say.
	try "sync_latency: $counted of $((after - before)) are counted" \
		[ "$counted" -gt 0 ] && [ "$counted" -le $((after - before + 8)) ]
	works 4
	try "sync_latency: nothing is counted any more" \
		[ "$(awk '/ns:/ { s += $NF } END { print s + 0 }' "$instance/sync_latency")" -le \
		$((counted + 8)) ]
}

queues() {
	try "queues: all commands are consumed" \
		within 50 grep -q '^commands: 0 of' "$instance/queues"
	try "queues: no error is pending" grep -q '^errors pending: 0x0$' "$instance/queues"
}

traces() {
	local before after
	[ -d $tracing ] && mount -t tracefs trace $tracing 2> /dev/null
	[ -e $tracing/events/arm_smmu_v3/enable ] ||
		{ skip "tracepoints" "this kernel has none"; return; }
	echo 1 > $tracing/events/arm_smmu_v3/enable
	before=$(stat_of syncs)
	works 5
	fault
	sleep 0.2
	after=$(stat_of syncs)
	echo 0 > $tracing/events/arm_smmu_v3/enable
	cat $tracing/trace > /tmp/trace
	echo > $tracing/trace
	try "trace: $(traced smmu_map) maps" [ "$(traced smmu_map)" -gt 0 ]
	try "trace: what is wanted is mapped" \
		[ "$(sum smmu_map size)" = "$(sum smmu_map mapped)" ]
	try "trace: what was mapped is unmapped, but for $(($(sum smmu_map mapped) - \
$(sum smmu_unmap unmapped)))" [ "$(sum smmu_unmap unmapped)" -gt $((1 << 20)) ]
	try "trace: $(traced smmu_sync) of $((after - before)) syncs" \
		[ "$(traced smmu_sync)" -ge $((after - before - 8)) ]
	try "trace: none of them failed" [ "$(grep ' smmu_sync: ' /tmp/trace |
		grep -vc ' ret=0$')" = 0 ]
	try "trace: commands have names" grep -q ' smmu_sync: .* first=TLBI_' /tmp/trace
	[ ! -e /tmp/fault ] ||
		try "trace: the event in words" grep -q \
			" smmu_event: .* $(cat /tmp/fault) .* read of 0x1230000: no mapping raw=" /tmp/trace
}

# One DMA of edu to where nothing is mapped
fault() {
	local edu
	edu=$(pci_device 0x1234 0x11e8) && load_edu || return
	wait_for "/sys/bus/pci/drivers/edu_dma/$edu/rogue" || return
	echo "read 0x1230000" > "/sys/bus/pci/drivers/edu_dma/$edu/rogue"
	echo "$edu" > /tmp/fault
}

try "features: the stages in words" grep -Eq '^stages: (1|2|1, 2|1, 2, nested)$' "$instance/features"
entries
tables
tables_under_load
latency
queues
traces
finish
