#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's own tests of iommufd, on its mock device: what of this stack lies
# below them is the core's patches and the page fault queues.
. "$(dirname "$0")/lib.sh"
if [ ! -x "$HERE/iommufd" ]; then
	echo "1..0 # SKIP this kernel has no CONFIG_IOMMUFD_TEST"
	exit 0
fi
# Some cases map huge pages.
echo 64 > /proc/sys/vm/nr_hugepages
ulimit -l unlimited
for program in iommufd iommufd_fail_nth; do
	"$HERE/$program" 2>&1 | grep -E '^(ok|not ok|# .*(Expected|ASSERT|terminated))'
done
