# SPDX-License-Identifier: GPL-2.0-only
# Every command of the project; each installs what it needs through scripts/setup.

CONFIG ?= 4k
export LINUX_SRC CONFIG EXTRA_CONFIG
MAKEFLAGS += --no-print-directory

RUN_JOBS := nvme,edu,bounds,net,smmu,report
RUN_BYTES := 268435456

.PHONY: help
help:
	@echo 'make run        build a kernel with this stack and boot it on QEMU: NVMe through the SMMU'
	@echo 'make test       everything, from nothing (45 minutes cold on two cores)'
	@echo 'make test-all   the same, with all that otherwise rotates from commit to commit'
	@echo 'make check      what needs no kernel: unit tests in user space, style (seconds)'
	@echo 'make tree       build/linux: Linux 6.12 with the overlay and the edits of series/'
	@echo 'make kernel     build/out/CONFIG: Image and modules'
	@echo 'make shell      boot that kernel with a shell on the console (Ctrl-A x ends it)'
	@echo 'make matrix     boot it on two dozen kinds of machine'
	@echo 'make patches    build/patches: the series for a mailing list'
	@echo 'make bisect     build and boot it patch by patch'
	@echo 'make mutants    break the simulator and the driver on purpose: who notices? (hours)'
	@echo 'make fuzz       fuzz the page tables; fuzz-long, coverage and native go with it'
	@echo 'make bench      count the instructions of map and unmap, upstream beside ours'
	@echo 'make clean      remove what was built, not the kernel tree'
	@echo
	@echo 'CONFIG=4k|16k|64k|kasan|kcsan   EXTRA_CONFIG=FILE   LINUX_SRC=DIR (6.12.97 or newer)'

.PHONY: setup
setup:
	@scripts/setup

.PHONY: tree
tree: setup
	@scripts/tree

.PHONY: kernel
kernel: tree
	@scripts/kernel

.PHONY: initramfs
initramfs: kernel
	@scripts/initramfs

.PHONY: run
run: initramfs
	@scripts/boot --jobs=$(RUN_JOBS) --disk_bytes=$(RUN_BYTES)

.PHONY: shell
shell: initramfs
	@scripts/boot --jobs=shell

.PHONY: matrix
matrix: initramfs
	@scripts/matrix

# ONLY=NAME,NAME: those breaks of the driver alone
.PHONY: mutants
mutants: tree
	@scripts/mutants $(if $(ONLY),--only=$(ONLY),--model)

.PHONY: check
check: tree
	@scripts/check

.PHONY: test
test: setup
	@scripts/test

.PHONY: test-all
test-all: setup
	@scripts/test --all

.PHONY: clean
clean:
	rm -rf build/out build/patches build/test

# Targets of other files: the series, the builds of other users.
-include scripts/*.mk
