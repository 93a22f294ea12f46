#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Domains with a flush queue: what is unmapped may be held for a while, but none
# of its addresses is used again before all is flushed (I-53). The simulator
# reports an address that leads to two places, and takes the older for DMA.
. "$(dirname "$0")/lib.sh"

config=/sys/kernel/config/smmu-sim
debug=/sys/kernel/debug/smmu-sim
ROUNDS=600
load_sim || { skip "flush queues" "no smmu-sim"; finish; }
cd $config || exit

mkdir a a/masters/dma a/masters/nic
echo pci > a/masters/nic/kind
echo 1 > a/masters/nic/ats
try "an instance and its masters are live" sh -c "echo 1 > a/live"

# Many buffers, each mapped, written, read back and unmapped
many() {
	local n=0
	while [ $n -lt $ROUNDS ]; do
		n=$((n + 1))
		echo "map 0x$((1 + n % 3))000"
		echo "write @+8 $n"
		echo "read @+8"
		echo "unmap @"
	done | "$HERE/smmu_sim" "$1" > /tmp/lazy 2>&1
}
in_order() {
	awk '$1 == "ok," && $4 == "value" { n++; if ($5 != sprintf("0x%x", n) && $5 != n) bad = 1 }
		END { exit bad || n != '$ROUNDS' }' /tmp/lazy
}
flushes() { awk '$1 == "syncs" { print $2 }' a/stats; }
settled() {
	local n=0
	while grep -q ' leaf \| run ' $debug/a/held; do
		n=$((n + 1))
		[ $n -le 100 ] || { sed 's/^/# /' $debug/a/held; return 1; }
		sleep 0.1
	done
}

for m in dma nic; do
	case $m in
	dma) bus=platform ;;
	nic) bus=pci ;;
	esac
	type=/sys/bus/$bus/devices/$(cat a/masters/$m/dev_name)/iommu_group/type
	wait_for /dev/smmu-sim/a-$m
	try "$m: a flush queue" sh -c "echo DMA-FQ > $type"
	before=$(flushes)
	try "$m: $ROUNDS buffers" many /dev/smmu-sim/a-$m
	tail -n 4 /tmp/lazy | sed 's/^/# /'
	try "$m: each has what was written there" in_order
	try "$m: no address is used before the flush (I-53)" [ "$(cat a/violations)" = 0 ]
	try "$m: most unmaps wait for no CMD_SYNC" [ $(($(flushes) - before)) -lt $((ROUNDS / 2)) ]
	try "$m: in the end nothing is held (I-53)" settled
done
sed 's/^/# /' a/report
try "dead" sh -c "echo 0 > a/live"
try "gone" rmdir a/masters/dma a/masters/nic a
finish
