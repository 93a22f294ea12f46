# SPDX-License-Identifier: GPL-2.0-only
"""Malformed IORTs: QEMU's own with one thing wrong.

Left out: registers where nothing answers, which is an external abort and no error of
firmware that a driver can see, and SMMUv1 and v2, whose driver is another one.
"""
import dataclasses

import iort
from iort import Mapping, new
from malformed_devicetree import BEHIND, CUT_OFF, WITHOUT, Demand

SMMU = r'arm-smmu-v3 arm-smmu-v3\.\d\.auto'
DISK = r'0000:00:01\.0'
COMPONENT = r'LNRO0005:00'
# The device of DSDT that a named component stands for.
PATH = b'\\_SB_.VR00\0'
# The kernel names a node by a type and an address.
NODE = r'\[(?:node|map) \S+'
# How the driver names the SMMU; %pfw has no name for a node of IORT.
NAMED = r'arm-smmu-v3\.\d\.auto \((?!\(null)'
BUSY = "can't request region"
# Why a case is left out: what drivers/acpi/arm64/iort.c does, which is the kernel's own.
UNMAPPED = 'the parser of IORT follows an offset to what is not mapped'
LOOP = 'the parser of IORT follows mappings in a circle for ever'

WORKS = Demand(BEHIND)
# Nothing says that there is an SMMU, so nothing is wrong with it.
ABSENT = Demand(WITHOUT)
# The SMMU is there, but says whose DMA it has no entry for.
STRAY = Demand(CUT_OFF, rf'{SMMU}: event C_BAD_STREAMID .*\(stream 0x(8|10)\)')


@dataclasses.dataclass(frozen=True)
class Case:
    """A name, what to do to a table, and the demand."""
    name: str
    change: object
    demand: Demand
    # Which splats of the kernel's own it may show, and why it is left out, if it is.
    allowed: tuple = ()
    core: str = ''
    # More for the kernel's command line.
    append: str = ''


def works(says, quiet=False):
    """It works all the same, but something is said."""
    return Demand(BEHIND, says, quiet)


def refused(says):
    """The SMMU cannot be used; under ACPI devices wait for it."""
    return Demand(CUT_OFF, says)


def unseen(says):
    """The SMMU is not found; devices do without."""
    return Demand(WITHOUT, says)


def cut_off(says):
    """The disk cannot be used."""
    return Demand(CUT_OFF, says)


def root(table):
    """The node of the PCI host bridge."""
    return table.first(iort.ROOT)


def smmu(table):
    """The node of the SMMU."""
    return table.first(iort.SMMU3)


def force_table(label, demand, **values):
    """A case of what the table says of itself."""
    return Case(f'IORT: {label}', lambda t: t.forced.update(values), demand)


def force(label, node, demand, **values):
    """A case of what a node's header says."""
    return Case(f'{node.__name__} {label}', lambda t: node(t).force(**values), demand)


def put(label, node, demand, **values):
    """A case of a node's fields."""
    return Case(f'{node.__name__} {label}', lambda t: node(t).put(**values), demand)


def mappings(label, demand, *rows, node=root):
    """A case of a node's mappings: first, count less one, output, target, flags."""
    def change(table):
        targets = {'smmu': smmu(table), 'root': root(table), 'its': table.first(iort.ITS)}
        node(table).mappings = [Mapping(first, count, output, targets.get(target, target), flags)
                                for first, count, output, target, flags in rows]
    return Case(f'{node.__name__} map: {label}', change, demand)


def its(table):
    """The node of the ITS."""
    return table.first(iort.ITS)


def counts():
    """How many nodes there are, where, how long."""
    overflow = r'iort node pointer overflows, bad table'
    return [
        force_table('no nodes', ABSENT, count=0),
        force_table('one node', ABSENT, count=1),
        force_table('one node too few', STRAY, count=2),
        force_table('one node too many', works(overflow), count=4),
        force_table('0xffffffff nodes', works(overflow), count=0xffffffff),
        force_table('nodes at its end', unseen(overflow), offset=0x400),
        dataclasses.replace(
            force_table('nodes far behind its end', unseen(overflow), offset=0x7fffffff),
            core=UNMAPPED),
        force('of length 0', its, ABSENT, length=0),
        force('of length 1', its, unseen(overflow), length=1),
        force('of length 0xffff', its, unseen(overflow), length=0xffff),
        force('of length 0', smmu, cut_off(rf'{SMMU}: .*{BUSY}'), length=0),
        force('of length 0xffff', smmu, STRAY, length=0xffff),
        force('two bytes short', smmu, STRAY, length=86),
        force('two bytes long', smmu, STRAY, length=90),
        force('of length 0', root, WORKS, length=0),
        force('of length 0xffff', root, WORKS, length=0xffff),
        force('of no mapping', root, STRAY, mapping_count=0),
        force('of more mappings than there are', root, WORKS, mapping_count=3),
        force('of 0xffffffff mappings', root, WORKS, mapping_count=0xffffffff),
        force('with mappings at 0', root, STRAY, mapping_offset=0),
        dataclasses.replace(
            force('with mappings in its header', root, STRAY, mapping_offset=4), core=UNMAPPED),
        force('of no mapping', smmu, WORKS, mapping_count=0),
        force('of 0xffffffff mappings', smmu, WORKS, mapping_count=0xffffffff),
        force('with mappings in its header', smmu, WORKS, mapping_offset=4),
    ]


def kinds():
    """What nodes are."""
    return [
        force('of no known type', root, STRAY, type=0x7f),
        force('of no known type', smmu, ABSENT, type=0x7f),
        force('of no known type', its, WORKS, type=0x7f),
        force('that is a named component', smmu, ABSENT, type=iort.NAMED),
        force('that is an ITS', root, STRAY, type=iort.ITS),
        force('of revision 0', smmu, WORKS, revision=0),
        force('of revision 5', smmu, WORKS, revision=5),
        force('of revision 255', smmu, WORKS, revision=255),
        force('of revision 0', root, WORKS, revision=0),
        force('of revision 255', root, WORKS, revision=255),
        Case('IORT: revision 0', lambda t: t.set_revision(0), WORKS),
        Case('IORT: revision 255', lambda t: t.set_revision(255), WORKS),
        Case('root twice', lambda t: t.add(root(t)), WORKS),
        Case('root twice, the first without a map',
             lambda t: t.add(new(iort.ROOT, 3, limit=64), front=True), STRAY),
    ]


def maps():
    """From requester IDs to stream IDs."""
    everything = (0, 0xffff, 0, 'smmu', 0)
    shared = Demand(f'{BEHIND}|{CUT_OFF}',
                    rf'stream ID 0x8 of {NAMED}.* belongs to 0000:00:0[12]\.0 already')
    return [
        mappings('no node', STRAY, (0, 0xffff, 0, 0, 0)),
        mappings('the ITS', STRAY, (0, 0xffff, 0, 'its', 0)),
        dataclasses.replace(
            mappings('the table itself', STRAY, (0, 0xffff, 0, 4, 0)), core=UNMAPPED),
        mappings('into the middle of a node', STRAY, (0, 0xffff, 0, 0x50, 0)),
        mappings('the disk left out', STRAY, (9, 0xfff6, 9, 'smmu', 0), (0, 7, 0, 'smmu', 0)),
        mappings('one ID', WORKS, (8, 0, 8, 'smmu', 0)),
        mappings('0xffffffff IDs', WORKS, (0, 0xffffffff, 0, 'smmu', 0)),
        mappings('IDs past 32 bits', STRAY, (8, 0xffffffff, 8, 'smmu', 0)),
        mappings('the same range twice', WORKS, everything, everything),
        mappings('ranges that meet', WORKS, (0, 8, 0, 'smmu', 0), (8, 0xfff7, 8, 'smmu', 0)),
        mappings('ranges that overlap', works(
            rf'IORT: .*{NODE}.* conflicting mapping for input ID 0x8'),
                 (0, 8, 0, 'smmu', 0), (4, 0xfff7, 0x100, 'smmu', 0)),
        mappings('a range that ends before it begins', STRAY, (0x10, 0xfffffff8, 0, 'smmu', 0)),
        mappings('output beyond the table',
                 cut_off(rf'{DISK}: stream ID 0x10008 is out of range: {NAMED}'),
                 (0, 0xffff, 0x10000, 'smmu', 0)),
        mappings('output far beyond the table',
                 cut_off(rf'{DISK}: stream ID 0x7fff0008 is out of range: {NAMED}'),
                 (0, 0xffff, 0x7fff0000, 'smmu', 0)),
        mappings('output past 32 bits',
                 cut_off(rf'{DISK}: stream ID 0xfffffff8 is out of range: {NAMED}'),
                 (0, 0xffff, 0xfffffff0, 'smmu', 0)),
        mappings('all functions, one stream', shared, (0, 0xffff, 8, 'smmu', iort.SINGLE)),
        mappings('one ID, said to be single', shared, (8, 5, 8, 'smmu', iort.SINGLE)),
        mappings('flags that mean nothing', WORKS, (0, 0xffff, 0, 'smmu', 0xfffffffe)),
        mappings('the ITS and the SMMU', STRAY, (0, 0xffff, 0, 'its', 0), everything),
        mappings('no node', WORKS, (0, 0xffff, 0, 0, 0), node=smmu),
        mappings('single', works(
            rf'IORT: .*{NODE}.* SINGLE MAPPING flag not allowed for node type 4'),
                 (0, 0xffff, 0, 'its', iort.SINGLE), node=smmu),
        dataclasses.replace(
            mappings('the table itself', WORKS, (0, 0xffff, 0, 4, 0), node=smmu), core=UNMAPPED),
        dataclasses.replace(
            mappings('itself', STRAY, (0, 0xffff, 0, 'root', 0)), core=LOOP),
        mappings('of no ID', WORKS, (0xffff0000, 0, 0, 'its', 0), node=smmu),
    ]


def fields():
    """What the SMMU's node says."""
    event = works(rf'{SMMU}: no \S*evtq interrupt \((?!\(null)')
    error = works(rf'{SMMU}: no \S*gerror interrupt \((?!\(null)')
    index = works(rf'IORT: .*{NODE} type 4\] ID mapping index overflows')
    return [
        put('base in memory', smmu, refused(rf'{SMMU}: .*{BUSY}'), base=0x50000000),
        put('base in flash', smmu, refused(rf'{SMMU}: cannot be used'), base=0),
        put('base at the top', smmu,
            unseen(r'platform arm-smmu-v3\.\d\.auto: failed to claim resource 0'),
            base=0xffffffffffff0000),
        put('not coherent', smmu, works(rf'{SMMU}: firmware says not coherent'), flags=0),
        put('flags: update access flags', smmu, WORKS, flags=0x3),
        put('flags: update dirty state', smmu, WORKS, flags=0x5),
        put('flags: update what is reserved', smmu, WORKS, flags=0x7),
        put('flags: proximity', smmu, WORKS, flags=0x9, proximity=0xffffffff),
        put('all flags', smmu, WORKS, flags=0xffffffff),
        # On such a machine messages are not translated, on QEMU's they are lost.
        dataclasses.replace(put('model HiSilicon', smmu, WORKS, model=1), append=' pci=nomsi'),
        put('model Cavium', smmu, WORKS, model=2),
        put('model 3', smmu, WORKS, model=3),
        put('model 0xffffffff', smmu, WORKS, model=0xffffffff),
        put('no interrupts', smmu, event, event=0, pri=0, gerror=0, sync=0),
        put('no event interrupt', smmu, event, event=0),
        put('no error interrupt', smmu, error, gerror=0),
        put('one interrupt for all', smmu, error, event=0x6a, pri=0x6a, gerror=0x6a, sync=0x6a),
        put('one interrupt for all, Cavium', smmu, WORKS, model=2, event=0x6a, pri=0x6a,
            gerror=0x6a, sync=0x6a),
        put('huge interrupts', smmu, event, event=5000, pri=5001, gerror=5002, sync=5003),
        put('interrupts 0xffffffff', smmu, event, event=0xffffffff, pri=0xffffffff,
            gerror=0xffffffff, sync=0xffffffff),
        put('interrupts of a CPU', smmu, event, event=25, pri=25, gerror=25, sync=25),
        put('device ID of no mapping', smmu, index, index=0xffffffff, event=0, pri=0, gerror=0,
            sync=0),
        Case('smmu with registers after a VATOS page at the top',
             lambda t: smmu(t).put(vatos=0xffffffffffffffff), WORKS),
        Case('smmu of revision 5, device ID of no mapping',
             lambda t: smmu(t).force(revision=5).put(flags=0x11, index=7), index),
    ]


def bridges():
    """What the host bridge's and the ITS's nodes say."""
    return [
        put('of another segment', root, STRAY, segment=1),
        put('of segment 0xffffffff', root, STRAY, segment=0xffffffff),
        put('with ATS', root, WORKS, ats=1),
        put('with all attributes', root, WORKS, ats=0xffffffff, pasid=0xffff),
        put('without a memory limit', root,
            works(r'IORT: .*Root complex missing memory address limit'), limit=0),
        put('with a memory limit of 255 bits', root, WORKS, limit=255),
        put('with a memory limit of 32 bits', root, WORKS, limit=32),
        put('not coherent', root, WORKS, memory=0),
        put('with no ITS', its, works(r'requested ITS ID index \[0\] overruns'), count=0),
        put('with 0xffffffff ITSs', its, WORKS, count=0xffffffff),
        put('with an ITS that is not there', its, WORKS, id=7),
    ]


def two_smmus():
    """A second node for the SMMU that there is."""
    def twin(table, front=False, **values):
        copy = iort.Node(iort.SMMU3, smmu(table).revision, 9, smmu(table).data)
        return table.add(copy.put(**values), front)

    def behind_the_second(table):
        root(table).mappings[0].target = twin(table)

    def halves(table):
        # QEMU answers in page 1 as in page 0: there seem to be two SMMUs of one page.
        first = smmu(table).put(model=2)
        second = twin(table, base=first.get('base') + 0x10000, model=2, event=0, pri=0,
                      gerror=0, sync=0)
        root(table).mappings[0].target = second
        table.add(new(iort.NAMED, 4, Mapping(output=0xff00, target=first, flags=iort.SINGLE),
                      Mapping(output=0xff00, target=second, flags=iort.SINGLE),
                      name=PATH, limit=64))

    busy = rf'{SMMU}: .*{BUSY}'
    return [
        Case('smmu twice', twin, works(busy)),
        Case('smmu twice, the host bridge behind the second', behind_the_second, cut_off(busy)),
        Case('component behind two', halves, works(
            rf'{COMPONENT}: has IDs behind smmu3\.0x0*9050000 and behind smmu3\.0x0*9060000:')),
    ]


def components():
    """Devices of DSDT."""
    def one(label, demand, *rows, name=PATH, flags=0, limit=64):
        def change(table):
            targets = {'smmu': smmu(table), 'its': its(table)}
            table.add(new(iort.NAMED, 4, *(
                Mapping(0, 0, output, targets.get(target, target), single)
                for output, target, single in rows), name=name, flags=flags, limit=limit))
        return Case(f'component {label}', change, demand)

    right = (0xff00, 'smmu', iort.SINGLE)
    beyond = rf'{COMPONENT}: stream ID %s is out of range: ' + NAMED
    return [
        one('right', WORKS, right),
        one('with stream 0x10000', works(beyond % '0x10000'), (0x10000, 'smmu', iort.SINGLE)),
        one('with stream 0xffffffff', works(beyond % '0xffffffff'),
            (0xffffffff, 'smmu', iort.SINGLE)),
        one("with the disk's stream",
            Demand(f'{BEHIND}|{CUT_OFF}', rf'stream ID 0x8 of {NAMED}.* belongs to .* already'),
            (8, 'smmu', iort.SINGLE)),
        one('with one stream twice', WORKS, right, right),
        one('with a second stream out of range', works(beyond % '0x10000'), right,
            (0x10000, 'smmu', iort.SINGLE)),
        one('with two hundred streams', WORKS,
            *((0x1000 + n, 'smmu', iort.SINGLE) for n in range(200))),
        one('that is not single', WORKS, (0xff00, 'smmu', 0)),
        one('behind no node', works(rf'{NODE} type 1\] ID map has NULL parent'),
            (0xff00, 0, iort.SINGLE)),
        one('behind the ITS', WORKS, (0xff00, 'its', iort.SINGLE)),
        one('of no name', WORKS, right, name=b'\0'),
        one('of an unknown name', WORKS, right, name=b'\\_SB_.NONE\0'),
        one('whose name has no end', WORKS, right, name=b'\\_SB_.VR00XXXX'),
        one('that stalls, with 31 bits of PASID', WORKS, right, flags=0x3f),
        one('without a memory limit',
            works(r'IORT: .*Named component missing memory address limit'), right, limit=0),
    ]


def memory():
    """Memory that firmware uses, and streams that do."""
    def one(label, demand, streams, *ranges, target=None, component=False, change=None):
        def make(table):
            node = iort.reserved([Mapping(0, count, first, target or smmu(table), iort.SINGLE)
                                  for first, count in streams], *ranges)
            table.set_revision(6).add(node)
            if component:
                table.add(new(iort.NAMED, 4, Mapping(output=0xff00, target=smmu(table),
                          flags=iort.SINGLE), name=PATH, limit=64))
            if change:
                change(node)
        return Case(f'reserved {label}', make, demand)

    here, bug = (0x70000000, 0x10000), r'IORT: .*RMR descriptor\[.*'
    no_place = rf'{SMMU}: (?!\(null).*reserves memory for stream %s, which has no place'
    return [
        one("for the disk's stream", WORKS, [(8, 0)], here),
        one('for a stream beyond the table', works(no_place % '0x10000'), [(0x10000, 0)], here),
        one('for stream 0xffffffff', works(no_place % '0xffffffff'), [(0xffffffff, 0)], here),
        one('for one stream twice', WORKS, [(8, 0), (8, 0)], here),
        one('for all streams', WORKS, [(0, 0xffff)], here),
        one('for 0xffffffff streams', WORKS, [(0, 0xffffffff)], here),
        one('for no stream', works(r'IORT: .*Invalid ID mapping, skipping RMR node'), [], here),
        one('behind no node', WORKS, [(8, 0)], here, target=4),
        one('without ranges', WORKS, [(8, 0)]),
        one('at an odd place', works(bug + 'not aligned to 64K'), [(8, 0)], (0x70000800, 0x800)),
        one('of length 0', works(bug + 'with zero length'), [(8, 0)], (0x70000000, 0)),
        one('twice', works(bug + 'overlaps'), [(8, 0)], here, here),
        one('for a component', WORKS, [(0xff00, 0)], here, component=True),
        one('for a component, past 64 bits', WORKS, [(0xff00, 0)],
            (0xffffffffffff0000, 0x20000), component=True),
        one('for a component, over the window of messages', WORKS, [(0xff00, 0)],
            (0x8000000, 0x10000), component=True),
        one('for a component, beyond the SMMU',
            works(rf'{COMPONENT}: .*0x10{{15}}'), [(0xff00, 0)],
            (1 << 60, 0x10000), component=True),
    ]


def monitors():
    """Performance monitors of nothing."""
    return [
        Case('PMCG of nothing', lambda t: t.add(new(iort.PMCG, 2, reference=0xffffffff,
                                                   page0=0x9070000)), WORKS),
        Case('PMCG of an interrupt that is not there', lambda t: t.add(
            new(iort.PMCG, 2, gsiv=0xffffffff, page0=0x9050000, page1=0x9060000)), WORKS),
    ]


# Of these the parser warns at each device that it looks up.
WARNED = ('IORT: one node too many', 'IORT: 0xffffffff nodes', 'IORT: nodes at its end',
          'its of length 1', 'its of length 0xffff', 'smmu of length 0xffff')


def cases():
    """All of them, in an order that does not change."""
    every = (counts() + kinds() + maps() + fields() + bridges() + two_smmus() + components() +
             memory() + monitors())
    return [dataclasses.replace(case, allowed=('nodes',)) if case.name in WARNED else case
            for case in every]
