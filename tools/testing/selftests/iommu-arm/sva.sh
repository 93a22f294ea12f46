#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Simulated masters that share the memory of processes. SVA_ROUNDS says how many
# rounds of races, SVA_PARTS which of the programs run.
. "$(dirname "$0")/lib.sh"

load_sim || { skip "shared memory of simulated masters" "no smmu-sim"; finish; }

# Only what is there for tests may be overwritten.
disk=/dev/nvme0n1
serial=$(tr -d ' ' < /sys/block/nvme0n1/device/serial 2> /dev/null)
if [ "$serial" = arm-iommu ]; then
	mkswap $disk > /dev/null && swapon $disk
fi

# What the CPUs invalidate reaches SMMUs only where the driver was told to let it.
btm=
[ "$(cat /sys/module/arm_smmu_v3/parameters/btm 2> /dev/null)" != Y ] || btm=sim_sva_btm

parts="$btm sim_sva sim_sva_move sim_sva_life sim_sva_refuse sim_sva_fault sim_sva_nomem sim_uacce"
for part in ${SVA_PARTS:-$parts}; do
	"$HERE/$part"
done
"$HERE/sva_race" "${SVA_ROUNDS:-2000}"
[ "$serial" != arm-iommu ] || swapoff $disk
