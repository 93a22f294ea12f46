#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What the driver shows of itself, and that its counters make sense.
. "$(dirname "$0")/lib.sh"

found=0
for smmu in /sys/class/iommu/smmu3.*; do
	[ -e "$smmu" ] || break
	found=$((found + 1))
	name=$(basename "$smmu")
	try "$name has devices" [ -n "$(ls "$smmu/devices" 2> /dev/null)" ]
done
try "an instance is registered" [ $found -gt 0 ]
if [ -d $DEBUG ]; then
	for file in features stats masters; do
		for path in $DEBUG/*/"$file"; do
			try "${path#/sys/kernel/debug/} can be read" [ -n "$(cat "$path")" ]
		done
	done
	try "no command failed" [ "$(stat_of command_errors)" = 0 ]
	try "no event was lost" [ "$(stat_of event_overflows)" = 0 ]
fi
finish
