#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A later kernel's tests of VFIO with the test disk: they are in VFIO_TESTS.
. "$(dirname "$0")/lib.sh"

dir=${VFIO_TESTS:-$HERE/vfio}
[ -d "$dir" ] || { skip "a later kernel's tests of VFIO" "they are not here"; finish; }
dev=$(test_disk) || { skip "a later kernel's tests of VFIO" "no disk that is there for tests"; finish; }
try "the disk goes to vfio-pci" give "$dev"
echo 64 > /proc/sys/vm/nr_hugepages
for program in "$dir"/*; do
	"$program" "$dev" 2>&1 | grep -E '^(ok|not ok|# .*(Expected|terminated))' |
		sed "s/^\(ok\|not ok\) \([0-9]*\) /&$(basename "$program"): /"
done
give_back "$dev"
try "the disk comes back" wait_for /dev/nvme0n1
finish
