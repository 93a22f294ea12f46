# SPDX-License-Identifier: GPL-2.0-only
"""The files of a snapshot as objects. What is not understood is passed over, and noted."""
import dataclasses
import functools
import io
import os
import re

from . import source
from .kernlog import KernelLog
from .tables import Table
from .words import number_of, plain, short

INSTANCE_FILES = ('features', 'stats', 'masters', 'queues', 'sync_latency')
MASTER_FILES = ('stream', 'contexts', 'tables')
# Without these a file has an end that is missing.
LAST_FEATURE, LAST_STAT, LAST_OF_QUEUES = 'queues', 'asids_seized', 'errors pending'
# More of what is wrong with one file nobody reads.
MOST_STREAMS = 4096

MASTER = re.compile(r'(?P<dev>\S+) sid (?P<sids>[0-9a-fx,]*) domain (?P<how>[^;]*?)(?P<ats>, ATS)?'
                    r'(?: by the driver: (?P<why>.*?))?(?:; (?P<faults>\d+) faults)?$')
QUEUE = re.compile(r'(?P<name>commands|events|page requests): (?P<used>\d+) of (?P<size>\d+) entries, '
                   r'prod (?P<prod>0x[0-9a-f]+|0), cons (?P<cons>0x[0-9a-f]+|0)(?P<over>, overflowed)?$')
POSITIONS = re.compile(r'  reserved (?P<reserved>-?\d+), rung (?P<rung>\d+), known to be consumed '
                       r'(?P<consumed>-?\d+), errors (?P<errors>-?\d+)(?P<dead>, given up)?$')
CONTROL = re.compile(r'control: (0x[0-9a-f]+|0), acknowledged (0x[0-9a-f]+|0)$')
PENDING = re.compile(r'errors pending:(?P<words>.*) (?P<value>0x[0-9a-f]+|0)$')
BUCKET = re.compile(r'(<|>=) (\d+) ns: (-?\d+)$')
STREAM = re.compile(r'stream (0x[0-9a-f]+|0)$')
FIELD = re.compile(r'  (\w+) +(0x[0-9a-f]+|0)(?:  (.*))?$')
PASID = re.compile(r'PASID (\d+)(, addresses of a process)?$')
VIEW = re.compile(r'addresses (0x[0-9a-f]+|0) to (0x[0-9a-f]+|0)$')
NO_PASID = 'without a PASID'
BEHIND_GUEST = ', stage 2 behind the guest\'s stage 1'
TABLE_KINDS = {'  no table': 'none', '  the page table of a process': 'process',
               '  cannot be shown': 'opaque'}
ALL = (1 << 64) - 1


@dataclasses.dataclass
class Queue:
    """One line of the file "queues"."""
    name: str
    used: int
    size: int
    prod: int
    cons: int
    overflowed: bool


@dataclasses.dataclass
class Context:
    """A context descriptor: @fields are {name: (value, words)}."""
    pasid: int
    process: bool
    fields: dict


@dataclasses.dataclass
class Master:
    """A device behind an instance."""
    name: str
    listed: bool = False
    sids: list = dataclasses.field(default_factory=list)
    how: str = ''
    ats: bool = False
    why: str = None
    faults: int = 0
    streams: dict = dataclasses.field(default_factory=dict)
    contexts: list = dataclasses.field(default_factory=list)
    tables: list = dataclasses.field(default_factory=list)
    view: tuple = (0, ALL)
    driver: str = None
    group_type: str = None

    def entry(self):
        """The first stream table entry, or nothing."""
        return next(iter(self.streams.values()), {})

    def value(self, name, default=None):
        """A field of that entry."""
        return self.entry().get(name, (default, None))[0]

    def config(self):
        """Config, -1 where the entry is not valid, None where there is none."""
        return self.value('Config') if self.value('V', 1) else -1

    def no_pasid(self):
        """What becomes of DMA without a PASID where PASIDs are used: S1DSS. 2: a context's."""
        return self.value('S1DSS', 2) if self.value('S1CDMax', 0) else 2

    def state(self):
        """translated, identity, blocked or unknown."""
        if self.listed:
            if self.how.startswith('translated'):
                return 'identity' if self.config() == 5 and self.no_pasid() == 1 else 'translated'
            return self.how if self.how in ('identity', 'blocked') else 'unknown'
        return {None: 'unknown', 4: 'identity', 5: 'translated', 6: 'translated',
                7: 'translated'}.get(self.config(), 'blocked')

    def fault_table(self, pasid):
        """The table that an access goes by, if it can be looked at."""
        found = [t for t in self.tables if t.pasid == pasid and t.kind == 'leaves' and not t.guest]
        return found[0] if found else None


class Instance:
    """One SMMU."""

    def __init__(self, path):
        self.path = path
        self.name = plain(path.rsplit('/', 1)[-1])
        self.device = None
        self.features, self.stats, self.queues, self.positions = {}, {}, {}, {}
        self.masters = {}
        self.control = None
        self.pending, self.pending_words = 0, []
        self.dead = self.asleep = False
        self.watching = None
        self.latency = []
        self.seen, self.hollow, self.notes = set(), set(), []

    def master(self, name):
        name = plain(name)
        return self.masters.setdefault(name, Master(name))

    def says(self, name):
        """A feature in words, or ''."""
        return self.features.get(name, '')

    def syncs_slower(self, ns):
        return sum(n for low, _, n in self.latency if low >= ns)

    def percentile(self, part):
        """(at least, less than) in ns, of so many thousandths; None if nothing was measured."""
        total, passed = sum(n for _, _, n in self.latency), 0
        for low, high, n in self.latency:
            passed += n
            if passed and passed * 1000 >= total * part:
                return low, high
        return None


def hexadecimal(text):
    return int(text, 16)


def take_features(inst, line):
    name, colon, value = line.partition(':')
    if not colon or name.startswith(' ') or len(inst.features) > 100:
        return False
    inst.features[plain(name)] = plain(value.strip())
    return True


def take_stats(inst, line):
    name, _, value = line.partition(' ')
    if not (name.replace('_', '').isalpha() and re.fullmatch(r'-?\d{1,20}', value)):
        return False
    inst.stats[name] = int(value)
    return True


def take_masters(inst, line):
    found = MASTER.match(line)
    if not found:
        return False
    try:
        sids = [int(s, 16) for s in found['sids'].split(',')]
    except ValueError:
        return False
    m = inst.master(found['dev'])
    m.sids = sids
    m.listed, m.how, m.ats = True, plain(found['how']), bool(found['ats'])
    m.why = None if found['why'] is None else plain(found['why'])
    m.faults = int(found['faults'] or 0)
    return True


def take_queues(inst, line):
    if line == 'asleep':
        inst.asleep = True
        return True
    found = QUEUE.match(line)
    if found:
        inst.queues[found['name']] = Queue(found['name'], int(found['used']), int(found['size']),
                                           hexadecimal(found['prod']), hexadecimal(found['cons']),
                                           bool(found['over']))
        return True
    found = POSITIONS.match(line)
    if found:
        inst.dead = bool(found['dead'])
        inst.positions = {n: int(found[n]) for n in ('reserved', 'rung', 'consumed', 'errors')}
        return True
    found = CONTROL.match(line)
    if found:
        inst.control = (hexadecimal(found[1]), hexadecimal(found[2]))
        return True
    found = PENDING.match(line)
    if found:
        inst.pending = hexadecimal(found['value'])
        inst.pending_words = [plain(w) for w in found['words'].strip().strip(',').split(', ') if w]
    return bool(found)


def take_sync_latency(inst, line):
    if line in ('watching: yes', 'watching: no'):
        inst.watching = line.endswith('yes')
        return True
    found = BUCKET.match(line)
    if not found:
        return False
    bound, count = int(found[2]), max(int(found[3]), 0)
    inst.latency.append((bound // 2 if found[1] == '<' else bound,
                         bound if found[1] == '<' else None, count))
    return True


class Entries:
    """Lines of the files "stream" and "contexts"; fields belong to the title above them."""

    def __init__(self, master, stream):
        self.master, self.stream, self.fields = master, stream, None

    def take(self, line):
        found = FIELD.match(line)
        if found:
            if self.fields is not None:
                self.fields[found[1]] = (hexadecimal(found[2]), plain(found[3] or ''))
            return self.fields is not None
        found = (STREAM if self.stream else PASID).match(line)
        if not found and (self.stream or line != NO_PASID):
            return False
        self.fields = {}
        if self.stream:
            if len(self.master.streams) < MOST_STREAMS:
                self.master.streams[hexadecimal(found[1])] = self.fields
        elif len(self.master.contexts) < MOST_STREAMS:
            self.master.contexts.append(Context(int(found[1]) if found else None,
                                                bool(found and found[2]), self.fields))
        return True


class Leaves:
    """Lines of the file "tables"."""

    def __init__(self, master):
        self.master, self.table = master, None

    def take(self, line):
        if line.startswith('  '):
            if self.table is None:
                return False
            if line in TABLE_KINDS:
                self.table.kind = TABLE_KINDS[line]
                return True
            return self.table.take(line)
        found = VIEW.match(line)
        if found:
            self.master.view = (hexadecimal(found[1]), hexadecimal(found[2]))
            return True
        found = PASID.match(line)
        if found:
            self.table = Table(found[0], int(found[1]))
        elif line in (NO_PASID, NO_PASID + BEHIND_GUEST):
            self.table = Table(NO_PASID, guest=line != NO_PASID)
        else:
            self.table = None
            return False
        self.master.tables.append(self.table)
        return True


TAKERS = {'features': take_features, 'stats': take_stats, 'masters': take_masters,
          'queues': take_queues, 'sync_latency': take_sync_latency}


class Snapshot:
    """All that was found."""

    def __init__(self):
        self.instances = {}
        self.log = None
        self.kernel = self.taken = None
        self.notes, self.facts = [], []

    def instance(self, parts):
        path = '/'.join(parts)
        return self.instances.setdefault(path, Instance(path))

    def take(self, path, opened):
        """One file of the snapshot; others than ours are passed over."""
        parts = [p for p in path.split('/') if p not in ('', '.')]
        name = parts[-1] if parts else ''
        inst = taker = None
        if name in INSTANCE_FILES and len(parts) > 1:
            inst = self.instance(parts[:-1])
            inst.seen.add(name)
            taker = functools.partial(TAKERS[name], inst)
        elif name in MASTER_FILES and len(parts) > 2:
            inst = self.instance(parts[:-2])
            master = inst.master(parts[-2])
            taker = (Leaves(master) if name == 'tables' else Entries(master, name == 'stream')).take
        elif name == 'machine':
            taker = self.take_machine
        elif name in source.LOGS:
            self.log = self.log or KernelLog()
            taker = self.log.take
        if taker:
            self.read(inst, '/'.join(parts), opened, taker)

    def read(self, inst, path, opened, taker):
        notes = inst.notes if inst else self.notes
        # The instance is named where its notes are.
        where = plain(path[len(inst.path) + 1:] if inst else path)
        strange, first, good = 0, '', 0
        try:
            with opened() as stream:
                lines = source.Lines(stream)
                for line in lines:
                    if taker(line):
                        good += 1
                    elif line.strip():
                        first = first or line
                        strange += 1
        except source.READ_ERRORS as error:
            notes.append(f'{where}: cannot be read to its end: {plain(str(error))}')
            return
        if lines.empty and not where.endswith('masters') and inst:
            inst.hollow.add(where)
            notes.append(f'{where}: is empty')
        if lines.cut:
            notes.append(f'{where}: ends in the middle of a line')
        if strange and inst:
            notes.append(f'{where}: {number_of(strange, "line") if good else "nothing of it is"} '
                         f'{"not " if good else ""}understood: "{short(plain(first.strip()), 60)}"')

    def take_log(self, text):
        """The log as dmesg prints it."""
        if text:
            self.take('dmesg', lambda: io.BytesIO(text))

    def take_machine(self, line):
        words = line.split()
        if line.startswith('kernel '):
            self.kernel = plain(line[7:])
        elif line.startswith('taken '):
            self.taken = plain(line[6:])
        elif words[:1] in (['instance'], ['device']) and len(self.facts) < 100000:
            self.facts.append([plain(w) for w in words])
        return True

    def finish(self):
        """What one file says about what others have."""
        by_name = {i.name: i for i in self.instances.values()}
        for words in self.facts:
            inst = by_name.get(words[1]) if len(words) > 2 else None
            if not inst:
                continue
            if words[0] == 'instance':
                inst.device = words[2]
            elif words[2] in inst.masters and len(words) == 9:
                m = inst.masters[words[2]]
                m.driver, m.group_type = words[4], words[8]
        for inst in self.instances.values():
            missing_parts(inst)
            if not inst.device:
                # A devicetree's names begin with the same address.
                found = re.match(r'smmu3\.0x0*([0-9a-f]+)$', inst.name)
                inst.device = f'{found[1]}.' if found else None

    def of_log(self, device):
        """The instance that a line of the log names, or None."""
        for inst in self.instances.values():
            if inst.device and (device == inst.device or
                                inst.device.endswith('.') and device.startswith(inst.device)):
                return inst
        return next(iter(self.instances.values())) if len(self.instances) == 1 else None

    def masters(self):
        return [(i, m) for i in self.instances.values() for m in i.masters.values()]


def missing_parts(inst):
    """Files that are not there, or not all of them."""
    for name in INSTANCE_FILES:
        if name not in inst.seen:
            inst.notes.append(f'{name}: is missing')
    for name, has, last in (('features', inst.features, LAST_FEATURE), ('stats', inst.stats, LAST_STAT)):
        if has and last not in has:
            inst.notes.append(f'{name}: has no "{last}", its last line')
    if inst.queues and not inst.asleep and (not inst.positions or inst.control is None):
        inst.notes.append(f'queues: not all of its lines are there, up to "{LAST_OF_QUEUES}"')
    if 'masters' in inst.seen:
        for m in inst.masters.values():
            if not m.listed:
                inst.notes.append(f'{m.name}: has a directory, but no line in masters')
            elif not m.streams and not any(n.startswith(f'{m.name}/') for n in inst.notes):
                inst.notes.append(f'{m.name}/stream: is missing')


def load(path, log=None):
    """A snapshot, read to where it can be."""
    snapshot, end = Snapshot(), None
    if log and not os.access(log, os.R_OK):
        raise source.SourceError(f'{log}: cannot be read')
    try:
        for name, opened in source.files(path):
            if not (log and name.rsplit('/', 1)[-1] in source.LOGS):
                snapshot.take(name, opened)
    except source.READ_ERRORS as error:
        end = f'ends early: {plain(str(error))}'
    if log:
        snapshot.take('dmesg', source.open_file(log))
    if not snapshot.instances:
        raise source.SourceError(f'{path}: no SMMU in it' + (f'; it {end}' if end else ''))
    if not any(i.features or i.stats or i.queues or any(m.listed or m.streams for m in i.masters.values())
               for i in snapshot.instances.values()):
        if all(i.hollow for i in snapshot.instances.values()):
            raise source.SourceError(f'{path}: its files are all empty, as tar makes them of debugfs: '
                                     'take it with "smmu-report --collect" or "cp -r"')
        raise source.SourceError(f'{path}: nothing in it is understood')
    if end:
        snapshot.notes.append(f'the archive {end}')
    snapshot.finish()
    return snapshot
