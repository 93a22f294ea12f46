#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# An NVMe disk through the SMMU: what was written is what is read.
# DISK_BYTES says how much, EXPECT_DOMAIN which type of domain it must be.
. "$(dirname "$0")/lib.sh"

disk=/dev/nvme0n1
wait_for $disk || { not_ok "NVMe disk appears"; finish; }
ok "NVMe disk appears"
dev=$(basename "$(readlink -f /sys/block/nvme0n1/device/device)")
type=$(domain_type "$dev")
if [ -n "$EXPECT_DOMAIN" ]; then
	try "NVMe $dev has a domain of type $EXPECT_DOMAIN (found: $type)" [ "$type" = "$EXPECT_DOMAIN" ]
fi
before=$(stat_of syncs)
"$HERE/disk_data" $disk "${DISK_BYTES:-50331648}" "$(date +%s)" > /tmp/disk_data.out
status=$?
cat /tmp/disk_data.out
try "NVMe data read back are those written" [ $status = 0 ]
if [ "$type" = DMA ] && [ -d $DEBUG ]; then
	try "strict mode invalidated ($(stat_of syncs) syncs, $before before)" \
		[ "$(stat_of syncs)" -gt "$before" ]
fi
finish
