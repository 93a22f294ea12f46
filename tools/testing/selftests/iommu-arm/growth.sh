# SPDX-License-Identifier: GPL-2.0
# What many rounds leave behind. A test goes through its rounds in three equal parts,
# counts all that can leak before the second and after each part that follows, when all
# that the rounds use is put away, and has it judged:
#
#	first part, for what is made once; mark 1
#	second part; mark 2; third part; mark 3
#	not_growing WHAT ROUNDS_OF_A_PART
#
# Slab caches are shrunk first, by which the objects that wait in the CPUs' slabs, and in
# KASAN's quarantine, leave them: what is counted is what is in use, to the object.

# Where kmemleak is, job leaks says what was lost: there, with all that KASAN keeps back, it
# takes minutes to find out what is in use, and objects are not counted.

MARKS=/tmp/marks
SLOWEST=0

# third_of DEFAULT: a third of the rounds that ROUNDS asks for
third_of() { echo $(((${ROUNDS:-$1} + 2) / 3)); }

round=0
failed=${failed:-0}
none_failed() { [ "$failed" = 0 ]; }

# expect NAME COMMAND...: in each round; only failures are said
expect() {
	local name=$1
	shift
	"$@" && return
	not_ok "round $round: $name"
	[ "$failed" -lt 20 ] || finish
	return 1
}

# Since the machine started, in hundredths of a second
now() { tr -d . < /proc/uptime | cut -d ' ' -f 1; }

# timed COMMAND...: and remember the slowest of all
timed() {
	local start end status
	start=$(now)
	"$@"
	status=$?
	end=$(now)
	[ $((end - start)) -le "$SLOWEST" ] || SLOWEST=$((end - start))
	return $status
}

# not_slow WHAT: of all that was timed. What looks at each access takes its time.
not_slow() {
	local most=30
	! has_kmemleak || most=120
	try "$1 took $((SLOWEST / 100)) s: no more than $most (I-49)" [ $SLOWEST -le $((most * 100)) ]
}

has_kmemleak() { [ -e /sys/kernel/debug/kmemleak ]; }

shrink() {
	local cache
	sync
	echo 3 > /proc/sys/vm/drop_caches
	for cache in /sys/kernel/slab/*/shrink; do
		echo 1 > "$cache"
	done 2> /dev/null
}

# Objects in use of each cache, and pages of page tables. Areas of vmalloc() are given back
# many at a time, some day: those that are in use are counted. Of skbs each CPU keeps some.
# Caches are told apart only where they are not merged (slab_nomerge).
objects() {
	awk 'NR > 2 && $1 !~ /^(vmap_area|skbuff_head_cache)$/ { print "slab-" $1, $2 }' /proc/slabinfo
	echo "vmalloc $(grep -vc unpurged /proc/vmallocinfo)"
	awk '$1 == "nr_iommu_pages" || $1 == "nr_sec_page_table_pages" { print }' /proc/vmstat
}

number() { echo "$1 $(($(wc -l)))"; }

# Of these not one may be more than before.
things() {
	ls /sys/kernel/iommu_groups | number groups
	ls /sys/bus/pci/devices /sys/bus/platform/devices | number devices
	ls /sys/kernel/irq | number interrupts
	grep -c : /proc/interrupts | sed 's/^/interrupt-lines /'
	number iomem < /proc/iomem
	find $DEBUG /sys/kernel/debug/smmu-sim /sys/kernel/debug/iommu 2> /dev/null | number debugfs
	find /sys/class/iommu /sys/class/uacce 2> /dev/null | number iommus
	cat $DEBUG/*/masters 2> /dev/null | number masters
	[ ! -e /sys/kernel/debug/dma-api/nr_total_entries ] ||
		echo "dma-mappings $(($(cat /sys/kernel/debug/dma-api/nr_total_entries) -
			$(cat /sys/kernel/debug/dma-api/num_free_entries)))"
}

free_pages() { awk '$1 == "nr_free_pages" { print }' /proc/vmstat; }

# mark N: of each count the least of some: what is freed by work that is queued, or after a
# grace period, has two seconds, and the processes that count count themselves, too.
mark() {
	local part
	# All files are there from the start: those of /tmp are objects, too.
	if [ ! -d $MARKS ]; then
		mkdir $MARKS
		for part in 1 2 3; do touch $MARKS/$part $MARKS/$part.things $MARKS/$part.free; done
		touch /tmp/growth.dmesg $MARKS/samples
	fi
	for part in 1 2 3 4; do
		! has_kmemleak || { sleep 2; break; }
		shrink
		objects
		sleep 0.5
	done > $MARKS/samples
	awk '!($1 in least) || $2 < least[$1] { least[$1] = $2 }
		END { for (name in least) print name, least[name] }' $MARKS/samples > "$MARKS/$1"
	things > "$MARKS/$1.things"
	free_pages > "$MARKS/$1.free"
	dmesg -c >> /tmp/growth.dmesg
}

# growing LEAST SUFFIX SIGN: names whose count grew by at least so many in both parts, and in
# the last no less than half of what it did before. What happens once, and what is kept for
# later, does so in one of them, or comes to an end.
growing() {
	awk -v least="$1" -v sign="$3" '
		FNR == 1 { part++ }
		{ count[part, $1] = $2; name[$1] = 1 }
		END {
			for (n in name) {
				first = sign * (count[2, n] - count[1, n])
				second = sign * (count[3, n] - count[2, n])
				if (first >= least && second >= least && 2 * second >= first)
					printf " %s (%d, then %d)", n, first, second
			}
		}' "$MARKS/1$2" "$MARKS/2$2" "$MARKS/3$2"
}

# more SUFFIX: names whose count is higher than it was when the first part had passed
more() {
	awk 'FNR == 1 { part++ }
		part == 1 { before[$1] = $2 }
		part == 2 && $2 > before[$1] { printf " %s (%d, was %d)", $1, $2, before[$1] }' \
		"$MARKS/1$1" "$MARKS/3$1"
}

# not_growing WHAT ROUNDS: of each part. What is lost in every second round is found: fewer
# objects than that may come and go with what else the system does, see growing. Free memory
# is a matter of pages, and of those some hundreds wait in the CPUs' lists.
not_growing() {
	local grown least=$(($2 / 2))
	[ -e /proc/slabinfo ] || { skip "$1: nothing leaks" "no /proc/slabinfo"; return; }
	[ $least -ge 3 ] || least=3
	grown=$(more .things)
	try "$1: no group, device, interrupt, file or mapping is left$grown (I-57)" [ -z "$grown" ]
	! has_kmemleak || return 0
	grown=$(growing $least "" 1)
	try "$1: no cache and no page table grows$grown (I-57)" [ -z "$grown" ]
	# In a few rounds what comes and goes is more than what could be lost.
	[ "$2" -ge 100 ] || return 0
	grown=$(growing $((least + 512)) .free -1)
	try "$1: no memory is lost$grown (I-57)" [ -z "$grown" ]
}
