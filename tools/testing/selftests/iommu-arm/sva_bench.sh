#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What shared memory costs, in instructions where the machine counts them.
. "$(dirname "$0")/lib.sh"

load_sim || { skip "costs of shared memory" "no smmu-sim"; finish; }
"$HERE/sva_bench"
