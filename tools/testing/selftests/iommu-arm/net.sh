#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A virtio NIC behind the SMMU: frames of many sizes go out and come back.
. "$(dirname "$0")/lib.sh"

[ -e /sys/class/net/eth0 ] || { skip "network" "no NIC"; finish; }
ifconfig eth0 10.0.2.15 up
for size in 56 512 1400; do
	try "ping of $size bytes" sh -c "ping -q -A -w 20 -c 5 -s $size 10.0.2.2 > /dev/null"
done
rx=$(cat /sys/class/net/eth0/statistics/rx_bytes)
tx=$(cat /sys/class/net/eth0/statistics/tx_bytes)
echo "bytes $((rx + tx))"
finish
