#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Simulated devices and SMMUs that fail: they are cut off, and begin again.
. "$(dirname "$0")/lib.sh"

load_sim || { skip "sick devices" "no smmu-sim"; finish; }
"$HERE/sim_sick"
