# SPDX-License-Identifier: GPL-2.0-only
# Every command of the project; each installs what it needs through scripts/setup.

CONFIG ?= 4k
export LINUX_SRC CONFIG EXTRA_CONFIG
MAKEFLAGS += --no-print-directory

.PHONY: tree
tree:
	@scripts/tree

.PHONY: kernel
kernel: tree
	@scripts/kernel
