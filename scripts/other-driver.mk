# SPDX-License-Identifier: GPL-2.0-only
# Other people's drivers on the simulator, and what the simulator costs ours.

# OTHER="--source=DIR --firmware=ACPI"
.PHONY: other-driver
other-driver: setup
	@scripts/other-driver $(OTHER)

.PHONY: seam-cost
seam-cost: tree
	@scripts/seam-cost
