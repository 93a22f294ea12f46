#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What one page table for several SMMUs saves, in instructions where the machine counts them.
. "$(dirname "$0")/lib.sh"

load_sim || { skip "costs of shared page tables" "no smmu-sim"; finish; }
without_messages "$HERE/sim_domain_bench"
