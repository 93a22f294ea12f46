#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# DMA of masters behind a simulated SMMUv3; those of PCI also ask for translations.
. "$(dirname "$0")/lib.sh"

load_sim || { skip "DMA of simulated masters" "no smmu-sim"; finish; }
"$HERE/sim_dma"
"$HERE/sim_ats"
