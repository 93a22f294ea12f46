# SPDX-License-Identifier: GPL-2.0-only
"""What a master has mapped: the lines of its file "tables"."""
import array
import bisect
import collections
import heapq
import re

from .words import UNITS

TAIL = re.compile(r'(\d+(?:\.\d+)?) (\w+) +([r-][w-])(.*)$')
HEX = re.compile(r'0x[0-9a-f]{1,16}$|0$')
MOST_AREAS = 6


class Table:
    """Ranges of one page table, in the order of their addresses."""

    def __init__(self, label, pasid=None, guest=False):
        self.label, self.pasid, self.guest = label, pasid, guest
        self.kind = 'leaves'
        self.first, self.last, self.phys = array.array('Q'), array.array('Q'), array.array('Q')
        self.pages = collections.Counter()
        self.access = collections.Counter()
        self.types = collections.Counter()
        self.bytes = 0
        self.highest = 0
        self.tails = {}

    def tail(self, text):
        """(size of a page, what it permits, type of memory) of the end of a line, or None."""
        if text not in self.tails and len(self.tails) < 1000:
            found = TAIL.match(text)
            self.tails[text] = None
            if found and found[2] in UNITS:
                rest = found[4].split(' ')
                executable = rest[0] == 'x'
                kinds = [w for w in rest if w in ('uncached', 'cached', 'device')]
                kind = 'outer cached' if 'outer' in rest else kinds[0] if kinds else 'unknown'
                self.tails[text] = (int(float(found[1]) * (1 << UNITS[found[2]])),
                                    found[3] + ('x' if executable else ''), kind)
        return self.tails.get(text)

    def take(self, line):
        """A line; false if it is none of a table's, or goes back."""
        parts = line.split(None, 2)
        if len(parts) != 3:
            return False
        first, _, last = parts[0].partition('-')
        if not (HEX.match(first) and HEX.match(last) and HEX.match(parts[1])):
            return False
        begin, end, phys, tail = int(first, 16), int(last, 16), int(parts[1], 16), self.tail(parts[2])
        if tail is None or end < begin or (self.last and begin <= self.last[-1]):
            return False
        self.first.append(begin)
        self.last.append(end)
        self.phys.append(phys)
        length = end - begin + 1
        self.bytes += length
        self.highest = max(self.highest, phys + length - 1)
        self.pages[tail[0]] += length
        self.access[tail[1]] += length
        self.types[tail[2]] += length
        return True

    def at(self, address):
        """(index of the range that has the address, index of the one after it); the first may be None."""
        i = bisect.bisect_left(self.last, address)
        inside = i < len(self.first) and self.first[i] <= address
        return (i, i + 1) if inside else (None, i)

    def leads_to(self, wanted):
        """{physical address: input address} of those that are reached."""
        found = {}
        for first, last, phys in zip(self.first, self.last, self.phys):
            for address in wanted:
                if phys <= address <= phys + (last - first):
                    found.setdefault(address, first + (address - phys))
        return found

    def areas(self):
        """[(first address, last address, bytes mapped)], cut at the gaps that are large."""
        if not self.first:
            return []
        gaps = heapq.nlargest(MOST_AREAS - 1, (
            (nxt - end - 1, i) for i, (end, nxt) in enumerate(zip(self.last, self.first[1:]))))
        rest, cuts = self.last[-1] - self.first[0] + 1, []
        for gap, i in gaps:
            if gap * 4 <= rest - gap:
                break
            rest -= gap
            cuts.append(i)
        areas, begin = [], 0
        for end in sorted(cuts) + [len(self.first) - 1]:
            areas.append((self.first[begin], self.last[end], begin, end + 1))
            begin = end + 1
        return [(first, last, self.bytes_between(a, b)) for first, last, a, b in areas]

    def bytes_between(self, begin, end):
        return sum(self.last[begin:end]) - sum(self.first[begin:end]) + end - begin

    def density(self, first, last, buckets):
        """How much of each of so many equal parts of an area is mapped, 0 to 1."""
        each = (last - first + 1) / buckets
        filled = [0.0] * buckets
        begin = bisect.bisect_left(self.first, first)
        end = bisect.bisect_right(self.last, last)
        for a, b in zip(self.first[begin:end], self.last[begin:end]):
            low, high = (a - first) / each, (b + 1 - first) / each
            at = min(int(low), buckets - 1)
            while at < buckets and at < high:
                filled[at] += min(high, at + 1) - max(low, at)
                at += 1
        return [min(max(f, 0.0), 1.0) for f in filled]
