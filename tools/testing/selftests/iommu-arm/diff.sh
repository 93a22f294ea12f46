#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The same DMA, at random, through QEMU's SMMU and through the simulated one.
# DIFF_SEEDS and DIFF_STEPS say how much of it; a seed repeats what it did.
. "$(dirname "$0")/lib.sh"

module=${DIFF_MODULE:-$HERE/edu/edu_sim_diff.ko}
dev=$(pci_device 0x1234 0x11e8) || { skip "QEMU and the simulator agree" "no edu device"; finish; }
[ -e "$module" ] || { skip "QEMU and the simulator agree" "no simulator"; finish; }
load_sim || { not_ok "smmu-sim loads"; finish; }

bus=/sys/bus/pci/drivers
[ ! -e "$bus/edu_dma/$dev" ] || echo "$dev" > "$bus/edu_dma/unbind"
insmod "$module" "bits=${EDU_BITS:-28}" "trace=${DIFF_TRACE:-0}" ||
	{ not_ok "edu_sim_diff loads"; finish; }
diff=$bus/edu_sim_diff/$dev
wait_for "$diff/run" || { not_ok "edu $dev is bound"; finish; }
[ -d "/sys/bus/pci/devices/$dev/iommu_group" ] ||
	{ skip "QEMU and the simulator agree" "edu has no SMMU"; finish; }

run() { echo "$1 ${DIFF_STEPS:-150}" > "$diff/run"; }

for seed in $(echo "${DIFF_SEEDS:-1,2,3,4,5,6,7,8}" | tr , " "); do
	try "seed $seed: QEMU and the simulator agree" run "$seed"
done
cat "$diff/figures"
figure() { awk -v n="$1" '$1 == n { print $2 }' "$diff/figures"; }
for what in maps unmaps moves moved F_TRANSLATION F_PERMISSION silent; do
	try "there was what counts as $what" [ "$(figure $what)" -gt 0 ]
done
try "the simulator held all it should" [ "$(figure lost)" = 0 ]

rmmod edu_sim_diff
finish
