# SPDX-License-Identifier: GPL-2.0-only
# The series as mails, its bisection, and builds of other users of the stack.

.PHONY: patches
patches: tree
	@scripts/series

.PHONY: bisect
bisect: patches
	@scripts/bisect $(BISECT)

.PHONY: dropin
dropin: tree
	@scripts/dropin $(DROPIN)
