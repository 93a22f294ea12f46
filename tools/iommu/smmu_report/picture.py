# SPDX-License-Identifier: GPL-2.0-only
"""One picture: instances, their queues and latencies, the devices behind them and what they reach."""
import re
from xml.sax.saxutils import escape

from . import advice
from .page import bucket, headline, mapped_of, sids_of, treated
from .words import duration, number_of, plain, short, size

WIDE, MARGIN, PAD = 1080, 20, 16
LEFT = 306
INSIDE = 14
# Where the wire to the devices runs, and where their boxes begin.
TRUNK = MARGIN + PAD + LEFT + 2 * INSIDE + 20
BOX = TRUNK + 26
BOX_WIDE = WIDE - MARGIN - PAD - BOX
BOX_HIGH, BOX_GAP = 74, 12
STRIP_WIDE = BOX_WIDE - 28
GAP_WIDE = 12
MOST_FINDINGS, MOST_MASTERS, MOST_INSTANCES, MOST_BUCKETS = 8, 40, 32, 16
STATES = (('translated', 'translated'), ('identity', 'identity: reaches all memory'),
          ('blocked', 'blocked: its DMA aborts'), ('unknown', 'unknown'))
# Colours that differ in lightness as well; each state is also said in words.
STYLE = '''
text { font-family: "DejaVu Sans", Verdana, Arial, sans-serif; font-size: 12px; fill: #24303c }
.page { fill: #f3f5f7 } .panel { fill: #ffffff; stroke: #c3ccd5 } .box { fill: #fbfcfd; stroke-width: 1.5 }
.h1 { font-size: 17px; font-weight: bold } .h2 { font-size: 14px; font-weight: bold }
.h3 { font-weight: bold } .small { font-size: 10.5px; fill: #566472 } .end { text-anchor: end }
.mid { text-anchor: middle } .empty { fill: #e3e8ed } .line { stroke: #c3ccd5; fill: none }
.translated { stroke: #2c78b8 } .translated-f { fill: #2c78b8 }
.identity { stroke: #d99a1c } .identity-f { fill: #d99a1c }
.blocked { stroke: #c23b3b } .blocked-f { fill: #c23b3b }
.unknown { stroke: #8894a0 } .unknown-f { fill: #8894a0 }
.good { stroke: #3f9360 } .look { stroke: #d99a1c } .broken { stroke: #c23b3b }
.wire { fill: none; stroke-width: 2 } .bar { fill: #5b8db8 } .full { fill: #c23b3b } .on { fill: #ffffff }
.broken-f { fill: #c23b3b } .look-f { fill: #d99a1c } .note-f { fill: #8894a0 } .good-f { fill: #3f9360 }
@media (prefers-color-scheme: dark) {
text { fill: #dde4ea } .page { fill: #14191e } .panel { fill: #1d242b; stroke: #3c4853 }
.box { fill: #232b33 } .small { fill: #9fadb9 } .empty { fill: #333e48 } .line { stroke: #3c4853 }
.bar { fill: #6ba3d3 } .translated { stroke: #4f9bdc } .translated-f { fill: #4f9bdc } .on { fill: #14191e }
}
'''


def words(x, y, content, kind='', most=200):
    """Text at a point, cut where it would leave its place."""
    mark = f' class="{kind}"' if kind else ''
    return f'<text x="{x:g}" y="{y:g}"{mark}>{escape(plain(short(content, most)))}</text>'


def box(x, y, wide, high, kind, radius=0):
    corner = f' rx="{radius}"' if radius else ''
    return (f'<rect x="{x:g}" y="{y:g}" width="{max(wide, 0):.4g}" height="{high:g}"{corner} '
            f'class="{kind}"/>')


class Picture:
    """Grows downwards."""

    def __init__(self):
        self.body = []
        self.y = MARGIN

    def add(self, *parts):
        self.body += parts

    def text(self):
        high = self.y + MARGIN
        return '\n'.join([
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{high:g}" '
            f'viewBox="0 0 {WIDE} {high:g}">', '<title>SMMUs and what is behind them</title>',
            f'<style>{STYLE}</style>', box(0, 0, WIDE, high, 'page'), *self.body, '</svg>', ''])


def head(p, snapshot, found):
    """What it is all about, the worst findings, what the colours mean."""
    p.add(words(MARGIN, p.y + 14, headline(snapshot, found), 'h1', 100))
    x = MARGIN
    for state, meaning in STATES:
        p.add(box(x, p.y + 28, 12, 12, f'{state}-f', 2), words(x + 18, p.y + 38, meaning, 'small'))
        x += 40 + 6.2 * len(meaning)
    p.y += 58
    for f in found[:MOST_FINDINGS]:
        level = advice.LEVELS[f.level].lower()
        p.add(f'<circle cx="{MARGIN + 6}" cy="{p.y}" r="5" class="{level}-f"/>',
              words(MARGIN + 18, p.y + 4, f'{f.who}: {f.what}', '', 145))
        p.y += 19
    if len(found) > MOST_FINDINGS:
        p.add(words(MARGIN + 18, p.y + 4, f'and {len(found) - MOST_FINDINGS} more', 'small'))
        p.y += 19
    p.y += 6 if found else -6


def summary(inst):
    """A few lines on what the instance can do."""
    addresses = inst.says('addresses').replace(' bits in, ', ' in, ').replace(' bits out', ' bits out')
    first = [f'stages {inst.says("stages")}' if inst.says('stages') else 'features unknown',
             inst.says('granules'), addresses]
    second = [f'coherent: {inst.says("coherent")}' if inst.says('coherent') else '',
              f'invalidation {inst.says("invalidation")}' if inst.says('invalidation') else '']
    lines = [', '.join(part for part in parts if part) for parts in (first, second)]
    return ([inst.device] if inst.device and not inst.device.endswith('.') else []) + lines


def queue_bars(p, inst, x, y):
    """A bar for each queue; the height used."""
    p.add(words(x, y + 10, 'Queues', 'h3'))
    y += 20
    if not inst.queues:
        p.add(words(x, y + 10, 'asleep' if inst.asleep else 'unknown', 'small'))
        return 42
    for n, q in enumerate(inst.queues.values()):
        part = min(q.used / q.size, 1) if q.size else 0
        bad = q.overflowed or part > 0.75 or (inst.dead and q.name == 'commands')
        state = (', overflowed' if q.overflowed else '') + (
            ', given up' if inst.dead and q.name == 'commands' else '')
        top = y + n * 32
        p.add(words(x, top + 9, q.name + state, 'small'),
              words(x + LEFT, top + 9, f'{q.used} of {q.size}', 'small end'),
              box(x, top + 13, LEFT, 9, 'empty', 2),
              box(x, top + 13, max(part * LEFT, 3 if part else 0), 9, 'full' if bad else 'bar', 2))
    return 20 + 32 * len(inst.queues)


def brief(ns):
    """A duration, without what a label has no room for."""
    return re.sub(r'(\.\d)? ', '', duration(ns))


def latency(p, inst, x, y):
    """The histogram of syncs; the height used."""
    if not inst.syncs_slower(0):
        p.add(words(x, y + 10, 'How long a sync takes', 'h3'), words(x, y + 30, 'nothing measured', 'small'))
        return 42
    p.add(words(x, y + 10, 'Syncs that took less than', 'h3'))
    bars = inst.latency[-MOST_BUCKETS:]
    most, high = max(n for _, _, n in inst.latency), 76
    each = LEFT / max(len(bars), 8)
    base = y + 34 + high
    for n, (_, upper, count) in enumerate(bars):
        tall = max(high * count / most, 1.5 if count else 0)
        middle = x + n * each + each / 2
        p.add(box(x + n * each + 1.5, base - tall, each - 3, tall, 'bar', 1))
        if len(bars) <= 8 or n % 2 == 0:
            p.add(words(middle, base + 13, brief(upper) if upper else 'more', 'small mid'))
        if len(bars) <= 8:
            p.add(words(middle, base - tall - 3, str(count), 'small mid'))
    p.add(f'<path d="M{x:g} {base:g}h{LEFT}" class="line"/>')
    for n, part in enumerate((500, 900, 990)):
        p.add(words(x, base + 31 + 15 * n, f'p{part // 10}: {bucket(inst.percentile(part))}', 'small', 60))
    return 34 + high + 31 + 34


def strip(p, m, x, y):
    """What of the device's addresses is mapped: areas side by side, the gaps between cut out."""
    table = next((t for t in m.tables if t.pasid is None), None)
    areas = table.areas() if table else []
    if not areas:
        why = 'nothing is mapped'
        if m.state() == 'identity':
            why = 'all of memory'
        elif table and table.kind != 'leaves':
            why = {'none': 'no table', 'process': 'the addresses of a process',
                   'opaque': 'its tables cannot be shown'}[table.kind]
        elif not table:
            why = 'its tables are not in the snapshot'
        p.add(box(x, y, STRIP_WIDE, 14, 'identity-f' if m.state() == 'identity' else 'empty', 2),
              words(x, y + 27, why, 'small'))
        return
    # A page beside a gigabyte is still to be seen.
    weight = [max((last - first + 1).bit_length() - 8, 4) for first, last, _ in areas]
    room = STRIP_WIDE - GAP_WIDE * (len(areas) - 1)
    for (first, last, full), share in zip(areas, weight):
        wide = room * share / sum(weight)
        p.add(box(x, y, wide, 14, 'empty'))
        filled(p, m, x, y, wide, table.density(first, last, max(int(wide), 1)))
        label = f'{first:#x}: {size(full)}' + ('' if full == last - first + 1 else
                                               f' of {size(last - first + 1)}')
        p.add(words(x, y + 27, label, 'small', max(int(wide / 6.2), 3)))
        x += wide + GAP_WIDE
        if (first, last, full) != areas[-1]:
            p.add(f'<path d="M{x - 10:.1f} {y + 13}l4 -12m2 12l4 -12" class="line"/>')


def filled(p, m, x, y, wide, parts):
    """Equal neighbours are one rectangle."""
    each, n = wide / len(parts), 0
    while n < len(parts):
        level, begin = shade(parts[n]), n
        while n < len(parts) and shade(parts[n]) == level:
            n += 1
        if level:
            p.add(f'<rect x="{x + begin * each:.4g}" y="{y}" width="{(n - begin) * each:.4g}" height="14" '
                  f'class="{m.state()}-f" opacity="{level / (10 if m.state() == "blocked" else 4):g}"/>')


def shade(part):
    """None, or one of four."""
    return 0 if part <= 0 else max(1, min(4, int(part * 4 + 0.5)))


def tag(p, right, y, content, kind):
    """A word on a coloured ground, whose right end is given; where it begins."""
    wide = 6.8 * len(content) + 12
    p.add(box(right - wide, y, wide, 16, kind, 8),
          words(right - wide / 2, y + 12, content, 'small mid on'))
    return right - wide - 6


def master(p, m, y):
    """A device, on its wire."""
    state = m.state()
    p.add(f'<path d="M{TRUNK} {y + 20}H{BOX}" class="wire {state}"/>',
          f'<circle cx="{TRUNK}" cy="{y + 20}" r="3.5" class="{state}-f"/>',
          box(BOX, y, BOX_WIDE, BOX_HIGH, f'box {state}', 5))
    right = BOX + BOX_WIDE - 10
    right = tag(p, right, y + 8, state, f'{state}-f')
    if m.faults:
        right = tag(p, right, y + 8, number_of(m.faults, 'fault'), 'broken-f')
    if m.ats:
        right = tag(p, right, y + 8, 'ATS', 'unknown-f')
    driver = f' ({m.driver})' if m.driver and m.driver != '-' else ''
    p.add(words(BOX + 14, y + 20, m.name + driver, 'h3', int((right - BOX - 20) / 7.8)))
    amount, ranges, pages = mapped_of(m)
    facts = [f'stream{"s" if len(m.sids) > 1 else ""} {sids_of(m)}' if m.sids else 'streams unknown',
             f'it {m.why}' if m.why else treated(m)]
    if ranges.isdigit() and state == 'blocked':
        facts.append(f'{amount} out of reach')
    elif ranges.isdigit() and pages != '-':
        facts.append(f'{amount} in {number_of(int(ranges), "range")}, pages of {pages}')
    pasids = sum(c.pasid is not None for c in m.contexts)
    facts += [number_of(pasids, 'PASID')] if pasids else []
    p.add(words(BOX + 14, y + 35, '; '.join(facts), 'small', 98))
    strip(p, m, BOX + 14, y + 42)


def chosen(inst, found):
    """Not more than can be drawn, those with something to see first."""
    masters = list(inst.masters.values())
    if len(masters) <= MOST_MASTERS:
        return masters
    named = {f.who for f in found if f.level < advice.NOTE}
    picked = sorted(masters, key=lambda m: (m.name not in named, m.state() == 'translated'))
    return picked[:MOST_MASTERS]


def instance(p, inst, found):
    """A panel: the instance left, its devices right."""
    top, at, left = p.y, len(p.body), MARGIN + PAD + INSIDE
    levels = [f.level for f in found if f.instance == inst.name]
    health = advice.LEVELS[min(levels)].lower() if levels and min(levels) < advice.NOTE else 'good'
    p.add(f'<circle cx="{left + 6}" cy="{top + PAD + 20}" r="6" class="{health}-f"/>',
          words(left + 20, top + PAD + 25, inst.name, 'h2', 36))
    y = top + PAD + 45
    for line in summary(inst):
        p.add(words(left, y, line, 'small', 52))
        y += 15
    y += 4
    y += queue_bars(p, inst, left, y) + 10
    y += latency(p, inst, left, y)
    p.body.insert(at, box(MARGIN + PAD, top + PAD, LEFT + 2 * INSIDE, y - top - PAD + 8,
                         f'box {health}', 5))
    below = top + PAD
    shown = chosen(inst, found)
    wires = below + 20
    for m in shown:
        master(p, m, below)
        wires = below + 20
        below += BOX_HIGH + BOX_GAP
    if not shown:
        p.add(words(BOX, below + 20, 'no devices', 'small'))
    elif len(inst.masters) > len(shown):
        p.add(words(BOX, below + 10, f'and {len(inst.masters) - len(shown)} more devices', 'small'))
        below += 22
    if shown:
        p.body.insert(at, f'<path d="M{left + LEFT + INSIDE} {top + PAD + 20}H{TRUNK}V{wires}" '
                      'class="wire unknown"/>')
    bottom = max(y + 8 + PAD, below - BOX_GAP + PAD)
    p.body.insert(at, box(MARGIN, top, WIDE - 2 * MARGIN, bottom - top, 'panel', 8))
    p.y = bottom + 16


def svg(snapshot, found):
    """The picture as text."""
    p = Picture()
    head(p, snapshot, found)
    instances = list(snapshot.instances.values())
    for inst in instances[:MOST_INSTANCES]:
        instance(p, inst, found)
    if len(instances) > MOST_INSTANCES:
        p.add(words(MARGIN, p.y + 4, f'and {len(instances) - MOST_INSTANCES} more SMMUs', 'small'))
        p.y += 16
    p.y -= 16
    return p.text()
