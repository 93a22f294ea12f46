#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# DMA of masters behind a simulated SMMUv3; those of PCI also ask for translations.
HERE=$(dirname "$0")

[ -e /sys/module/smmu_sim ] || modprobe smmu-sim 2> /dev/null ||
	for module in /lib/configfs.ko /lib/smmu-sim.ko; do
		[ ! -e $module ] || insmod $module
	done
"$HERE/sim_dma"
"$HERE/sim_ats"
