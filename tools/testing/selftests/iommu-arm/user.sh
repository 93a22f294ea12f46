#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Simulated masters in the hands of user space: address spaces, guests, dirty pages.
. "$(dirname "$0")/lib.sh"

load_sim || { skip "simulated masters of user space" "no smmu-sim"; finish; }

without_messages "$HERE/sim_iommufd"
without_messages "$HERE/sim_nest"
without_messages "$HERE/sim_legs"
