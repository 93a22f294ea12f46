#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Each allocation fails once of what becomes of simulated SMMUs and their masters.
# NOMEM_PARTS says which of the programs run, NOMEM_ONLY which of their cases.
. "$(dirname "$0")/lib.sh"

load_sim || { skip "simulated SMMUs without memory" "no smmu-sim"; finish; }
for part in ${NOMEM_PARTS:-sim_nomem sim_nomem_user}; do
	without_messages "$HERE/$part"
done
