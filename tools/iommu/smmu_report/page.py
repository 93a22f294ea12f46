# SPDX-License-Identifier: GPL-2.0-only
"""The page that a person reads."""
import textwrap

from . import advice
from .model import ALL
from .words import duration, number_of, short, size

WIDE = 100
BAR = 40
# Devices beyond are counted only.
MOST_MASTERS = 500
FEATURES = (
    ('translation', ('stages', 'granules', 'addresses', 'memory types', 'hardware updates')),
    ('streams', ('stream IDs', 'PASIDs', 'tags')),
    ('commands', ('invalidation', 'sync', 'interrupts', 'coherent', 'prefetch commands',
                  'sync can wake CPUs')),
    ('faults', ('stall', 'ATS', 'PRI')),
    ('queues', ('queues',)),
)


def title(line, mark):
    return ['', line, mark * len(line)]


def wrapped(head, line, indent=11):
    """A paragraph with a word in its margin."""
    return textwrap.wrap(line, WIDE, initial_indent=head.ljust(indent), subsequent_indent=' ' * indent,
                         break_long_words=False, break_on_hyphens=False) or [head]


def finding_lines(number, f):
    yield from wrapped(f'{number:2}. {advice.LEVELS[f.level]}', f'{f.who}: {f.what}')
    for n, seen in enumerate(f.seen):
        yield from wrapped('' if n else '    seen', seen)
    yield from wrapped('    do', f.step)
    yield f'    read   "{f.section}"'


def findings_lines(findings):
    worst = sum(f.level < advice.NOTE for f in findings)
    yield from title('What is wrong', '=')
    if not worst:
        yield 'Nothing that these files show.' + (' What is worth knowing:' if findings else '')
    for number, f in enumerate(findings, 1):
        yield ''
        yield from finding_lines(number, f)
    if findings:
        yield ''
        yield f'"read" names a section of {advice.GUIDE}.'


def feature_lines(inst):
    if not inst.features:
        yield 'features     unknown'
    for label, names in FEATURES:
        parts = [inst.says(n) if n in ('invalidation', 'queues') else f'{n} {inst.says(n)}'
                 for n in names if n in inst.features]
        if parts:
            yield from wrapped(label, '; '.join(parts), 13)


def queue_lines(inst):
    for q in inst.queues.values():
        filled = min(round(BAR * q.used / q.size), BAR) if q.size else 0
        filled = max(filled, int(q.used > 0))
        yield (f'  {q.name:13} [{"#" * filled}{"." * (BAR - filled)}] {q.used} of {q.size}' +
               (', overflowed' if q.overflowed else ''))
    if inst.asleep:
        yield '  asleep'
    if inst.positions:
        p = inst.positions
        yield (f'  commands: {p["reserved"]} written, {p["consumed"]} known to be consumed'
               + (', given up' if inst.dead else ''))
    if inst.stats:
        counted = (f'{name.replace("_", " ")} {count}' for name, count in inst.stats.items())
        yield from wrapped('  counted', ', '.join(counted))


def bucket(bounds):
    low, high = bounds
    return f'{duration(low)} to {duration(high)}' if high else f'{duration(low)} or more'


def latency_lines(inst):
    if not inst.syncs_slower(0):
        yield ('  nothing measured yet' if inst.watching else
               '  not measured: write 1 to sync_latency, wait, read it again')
        return
    most = max(n for _, _, n in inst.latency)
    for low, high, n in inst.latency:
        bar = '#' * max(round(BAR * n / most), int(n > 0))
        yield f'  {bucket((low, high)):>20} |{bar:{BAR}} {n}'
    yield '  ' + ', '.join(f'p{part // 10} {bucket(inst.percentile(part))}' for part in (500, 900, 990))


def pages_of(table):
    return ' '.join(size(p).replace(' ', '').replace('iB', '') for p in sorted(table.pages))


def mapped_of(m):
    """(bytes, ranges, sizes of pages) in words."""
    table = next((t for t in m.tables if t.pasid is None), None)
    if not table:
        return '?', '?', '?'
    if table.kind != 'leaves':
        return {'none': '-', 'process': 'process', 'opaque': 'hidden'}[table.kind], '-', '-'
    return size(table.bytes), str(len(table.first)), pages_of(table) or '-'


def sids_of(m):
    first = ','.join(f'{s:#x}' for s in m.sids[:3])
    return first + (f',+{len(m.sids) - 3}' if len(m.sids) > 3 else '') or '?'


def treated(m):
    if m.why is not None:
        return 'blocked by the driver'
    if m.state() == 'identity' and m.how != 'identity':
        return 'identity, PASIDs translated'
    return m.how or m.state()


def master_table(inst):
    rows = [('device', 'streams', 'its DMA is', 'ATS', 'faults', 'mapped', 'ranges', 'pages')]
    for m in list(inst.masters.values())[:MOST_MASTERS]:
        rows.append((m.name, sids_of(m), treated(m), 'yes' if m.ats else 'no', str(m.faults),
                     *mapped_of(m)))
    rows = [[short(c, 34) for c in row] for row in rows]
    wide = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        yield '  ' + '  '.join(f'{c:{w}}' for c, w in zip(row, wide)).rstrip()
    if len(inst.masters) > MOST_MASTERS:
        yield f'  and {len(inst.masters) - MOST_MASTERS} more'


def said(fields, name, fallback='?'):
    """A field in words, or its number."""
    value, meaning = fields.get(name, (None, None))
    return meaning or (fallback if value is None else f'{value:#x}')


def decimal(fields, name):
    value = fields.get(name, (None, ''))[0]
    return '?' if value is None else str(value)


def address(fields, name):
    value = fields.get(name, (None, ''))[0]
    return '?' if value is None else f'{value:#x}'


def input_bits(fields, name):
    value = fields.get(name, (None, ''))[0]
    return '?' if value is None or value > 64 else str(64 - value)


def entry_facts(fields):
    """What matters of an STE."""
    if not fields:
        return
    if not fields.get('V', (1, ''))[0]:
        yield 'not valid'
        return
    config = fields.get('Config', (None, ''))[0]
    facts = [said(fields, 'Config')]
    if config in (5, 7):
        most = fields.get('S1CDMax', (0, ''))[0]
        facts.append(f'contexts at {address(fields, "S1ContextPtr")}' +
                     (f', PASIDs of {most} bits, {said(fields, "S1DSS")}' if most else ''))
    if config in (6, 7):
        facts.append(f'VMID {decimal(fields, "S2VMID")}, table {address(fields, "S2TTB")}, '
                     f'granule {said(fields, "S2TG")}, {input_bits(fields, "S2T0SZ")} bits in, '
                     f'{said(fields, "S2PS")} out, {said(fields, "S2FWB")}')
    if 'EATS' in fields:
        facts.append(said(fields, 'EATS'))
    yield '; '.join(facts)


def context_facts(c):
    """What matters of a CD."""
    f, whose = c.fields, ', addresses of a process' if c.process else ''
    if not f:
        return f'no table{whose}'
    if not f.get('V', (1, ''))[0]:
        return f'not valid{whose}'
    updates = 'access and dirty' if f.get('HD', (0,))[0] else 'access' if f.get('HA', (0,))[0] else 'none'
    walked = '' if not f.get('EPD0', (0,))[0] else ', not walked: DMA aborts'
    return (f'ASID {decimal(f, "ASID")}, table {address(f, "TTB0")}{walked}, granule {said(f, "TG0")}, '
            f'{input_bits(f, "T0SZ")} bits in, {said(f, "IPS")} out; {said(f, "S")}; '
            f'hardware updates: {updates}{whose}')


def table_facts(table):
    """What a page table maps, and where."""
    label = table.label + (', behind the guest\'s' if table.guest else '')
    if table.kind != 'leaves':
        yield f'{label}: ' + {'none': 'no table', 'process': 'the page table of a process',
                              'opaque': 'its tables cannot be shown'}[table.kind]
        return
    if not table.first:
        yield f'{label}: nothing is mapped'
        return

    def parts(counter):
        return ', '.join(f'{name} {size(n)}' for name, n in counter.most_common())
    pages = ', '.join(f'{size(n)} in pages of {size(p)}' for p, n in sorted(table.pages.items()))
    yield (f'{label}: {size(table.bytes)} in {number_of(len(table.first), "range")}: {pages}; '
           f'{parts(table.access)}; {parts(table.types)}')
    yield '; '.join(f'{first:#x}-{last:#x}' + (
        f' {size(full)}' if full == last - first + 1 else f' {size(full)} of {size(last - first + 1)}')
        for first, last, full in table.areas())


def master_lines(m):
    driver = f' ({m.driver}, domain type {m.group_type})' if m.driver else ''
    yield f'  {m.name}{driver}'
    for fact in entry_facts(m.entry()):
        yield from wrapped('    stream', fact, 13)
    if len(m.streams) > 1:
        yield f'             and {number_of(len(m.streams) - 1, "more stream")}'
    for c in m.contexts[:16]:
        if c.fields or c.pasid is not None:
            label = 'context' if c.pasid is None else f'PASID {c.pasid}'
            yield from wrapped(f'    {label}', context_facts(c), 13)
    if m.view != (0, ALL):
        yield f'    tables   only {m.view[0]:#x} to {m.view[1]:#x}: write another range to it to see more'
    for table in m.tables[:16]:
        for n, fact in enumerate(table_facts(table)):
            yield from wrapped('' if n else '    mapped', fact, 13)
    if max(len(m.contexts), len(m.tables)) > 16:
        yield f'    and {max(len(m.contexts), len(m.tables)) - 16} more PASIDs'


def instance_lines(inst):
    device = inst.device if inst.device and not inst.device.endswith('.') else None
    yield from title(inst.name + (f' ({device})' if device else ''), '=')
    yield from feature_lines(inst)
    if inst.queues or inst.stats or inst.asleep:
        yield ''
        yield 'Queues now'
        yield from queue_lines(inst)
    yield ''
    yield 'How long a sync takes'
    yield from latency_lines(inst)
    yield ''
    if not inst.masters:
        yield 'Devices: none'
        return
    yield number_of(len(inst.masters), 'device')
    yield from master_table(inst)
    for m in list(inst.masters.values())[:MOST_MASTERS]:
        if m.streams or m.tables or m.contexts:
            yield ''
            yield from master_lines(m)


def headline(snapshot, findings):
    """One line on all of it."""
    masters = snapshot.masters()
    states = [m.state() for _, m in masters]
    parts = [f'{states.count(s)} {s}' for s in ('translated', 'identity', 'blocked', 'unknown')
             if s in states]
    worst = sum(f.level < advice.NOTE for f in findings)
    return (f'{number_of(len(snapshot.instances), "SMMU")}, {number_of(len(masters), "device")}'
            + (f' ({", ".join(parts)})' if parts else '') + ': '
            + (f'{number_of(worst, "thing")} to see to' if worst else 'nothing is wrong'))


def text(snapshot, findings, name):
    """The page, line by line."""
    yield headline(snapshot, findings)
    about = [f'from {name}']
    about += [f'taken {snapshot.taken}'] if snapshot.taken else []
    about += [f'Linux {snapshot.kernel}'] if snapshot.kernel else []
    about += [] if snapshot.log else ['without the kernel\'s log (--log FILE): it would say more']
    yield from wrapped('', '; '.join(about), 0)
    yield from findings_lines(findings)
    for inst in snapshot.instances.values():
        yield from instance_lines(inst)
