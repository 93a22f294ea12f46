#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Simulated masters in the hands of user space: address spaces, guests, dirty pages.
. "$(dirname "$0")/lib.sh"

load_sim || { skip "simulated masters of user space" "no smmu-sim"; finish; }

# No such master has a message interrupt, its own or a forged one.
unsafe=/sys/module/iommufd/parameters/allow_unsafe_interrupts
before=$(cat $unsafe 2> /dev/null)
[ -z "$before" ] || echo 1 > $unsafe

"$HERE/sim_iommufd"
"$HERE/sim_nest"
[ -z "$before" ] || echo "$before" > $unsafe
