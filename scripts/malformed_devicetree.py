# SPDX-License-Identifier: GPL-2.0-only
"""Malformed devicetrees: QEMU's own with one property wrong, with several, with cells at random.

A case says what must come of it. Where only the tree is odd, the disk works behind
the SMMU. Where something cannot be used, the kernel says so and names the node.
"""
import dataclasses
import random
import re

import devicetree

SMMU, PCIE, MMIO = 'smmuv3@9050000', 'pcie@10000000', 'virtio_mmio@a000000'
RTC = 'pl031@9010000'
# Nodes that values refer to by a word: a phandle is given to those that have none.
NODES = {'&smmu': SMMU, '&pcie': PCIE, '&mmio': MMIO, '&gpio': 'pl061@9030000',
         '&gic': 'intc@8000000', '&clock': 'apb-pclk'}
NO_PHANDLE = '0x7777'

# How the kernel names the SMMU, the host bridge and the disk.
NAMES_SMMU = r'(?:\bsmmuv3@9050000|\b[0-9a-f]+\.smmuv3)\b'
NAMES_PCIE = r'/pcie@10000000'
NAMES_MMIO = r'/virtio_mmio@a000000'
DISK, NIC = r'0000:00:01\.0', r'0000:00:02\.0'
ONE_OF_THEM = r'0000:00:0[12]\.0'

BEHIND = 'DMA works'
WITHOUT = 'none works'
CUT_OFF = 'none absent'
# Behind the SMMU, but by another stream than its own.
ASTRAY = 'DMA absent'


@dataclasses.dataclass(frozen=True)
class Demand:
    """What must come of a case: the disk's domain and state, and what is said with which name."""
    disk: str
    says: str = ''
    # The core says it at the level of a message only.
    quiet: bool = False
    # An error names something, whatever it is, unless the disk works behind the SMMU.
    consistent: bool = False


WORKS = Demand(BEHIND)


@dataclasses.dataclass(frozen=True)
class Case:
    """A name, the properties to set (node, property, values), nodes to add, and the demand."""
    name: str
    edits: tuple
    demand: Demand
    nodes: tuple = ()
    # Which splats of the kernel's own it may show, and why it is left out, if it is.
    allowed: tuple = ()
    core: str = ''


def works(says):
    """It works all the same, but something is lost."""
    return Demand(BEHIND, says)


def refused(says=NAMES_SMMU):
    """The SMMU cannot be used; devices do without."""
    return Demand(WITHOUT, says)


# What the SMMU says of DMA by a stream that nobody gave it, the disk's or another one.
EVENT = rf'{NAMES_SMMU}: event C_BAD_STREAMID .*\(stream 0x(8|10)\)'
# The node says nothing that anybody knows, or that nobody shall use it.
UNKNOWN = Demand(WITHOUT, rf'{ONE_OF_THEM}: deferred probe timeout')
DISABLED = Demand(WITHOUT)


def stray(says=EVENT, quiet=False):
    """The SMMU works, but the disk was not put behind it."""
    return Demand(CUT_OFF, says, quiet)


def out_of_range(device, stream, disk=CUT_OFF):
    """A device has a stream that the SMMU's table cannot have."""
    return Demand(disk, rf'{device}: stream ID {stream} is out of range: .*{NAMES_SMMU}')


def shared(stream, disk, device=ONE_OF_THEM):
    """One stream for two devices that are not isolated from each other: one of them is refused."""
    return Demand(disk, rf'stream ID {stream} of .*{NAMES_SMMU}.* belongs to {device} already')


def group(node, prop, rows):
    """Cases of one property: label, values, demand."""
    short = node.split('@', maxsplit=1)[0]
    return [Case(f'{short} {prop}: {label}', ((node, prop, values),), demand)
            for label, values, demand in rows]


def registers():
    """The SMMU's register region."""
    small = refused(rf'register region of /?{NAMES_SMMU} is ')
    return group(SMMU, 'reg', [
        ('missing', (), small),
        ('empty', ('',), small),
        ('size 0', ('<0 0x9050000 0 0>',), small),
        ('size 1', ('<0 0x9050000 0 1>',), small),
        ('size 4K', ('<0 0x9050000 0 0x1000>',), small),
        ('size 64K', ('<0 0x9050000 0 0x10000>',), small),
        ('one byte short', ('<0 0x9050000 0 0x1ffff>',), small),
        ('twice as large', ('<0 0x9050000 0 0x40000>',), WORKS),
        ('over all devices', ('<0 0x9050000 0 0x2000000>',), WORKS),
        ('over all memory', ('<0 0x9050000 0xff 0>',), WORKS),
        ('as large as can be', ('<0 0x9050000 0xffffffff 0xffffffff>',), small),
        ('end past 64 bits', ('<0xffffffff 0xffff0000 0 0x20000>',), small),
        ('base at the top', ('<0xffffffff 0xffffffff 0 0x20000>',), small),
        ('twice in the node', ('<0 0x9050000 0 0x20000>',) * 2, WORKS),
        ('a second region of nothing', ('<0 0x9050000 0 0x20000 0 0 0 0>',), WORKS),
        ('a second region that is the first', ('<0 0x9050000 0 0x20000 0 0x9050000 0 0x20000>',),
         WORKS),
        ('first region empty', ('<0 0 0 0 0 0x9050000 0 0x20000>',), small),
        ('one cell', ('<0x9050000>',), small),
        ('two cells', ('<0x9050000 0x20000>',), small),
        ('three cells', ('<0 0x9050000 0x20000>',), small),
        ('five cells', ('<0 0x9050000 0 0x20000 0>',), WORKS),
        ('a string', ('"registers"',), small),
        ('fifteen bytes', ('[00 00 00 00 09 05 00 00 00 00 00 00 00 02 00]',), small),
        ('seventeen bytes', ('[00 00 00 00 09 05 00 00 00 00 00 00 00 02 00 00 00]',), WORKS),
        ('in memory', ('<0 0x50000000 0 0x20000>',), refused(
            rf"{NAMES_SMMU}: .*can't request region")),
        ('in flash', ('<0 0 0 0x20000>',), refused(rf'{NAMES_SMMU}: cannot be used: IDR0')),
    ])


def cells():
    """How many cells a stream ID has."""
    lacks = refused(rf'{NAMES_SMMU} lacks #iommu-cells')
    wrong = refused(rf'{NAMES_SMMU} has #iommu-cells = ')
    return group(SMMU, '#iommu-cells', [
        ('missing', (), lacks),
        ('empty', ('',), lacks),
        ('0', ('<0>',), wrong),
        ('2', ('<2>',), wrong),
        ('3', ('<3>',), wrong),
        ('16', ('<16>',), wrong),
        ('17', ('<17>',), wrong),
        ('0x10000', ('<0x10000>',), wrong),
        ('0xffffffff', ('<0xffffffff>',), wrong),
        ('0x80000001', ('<0x80000001>',), wrong),
        ('a string', ('"one"',), wrong),
        ('a short string', ('"1"',), lacks),
        ('one byte', ('[01]',), lacks),
        ('three bytes', ('[00 00 01]',), lacks),
        ('two cells', ('<1 1>',), WORKS),
        ('twice in the node', ('<1>', '<1>'), WORKS),
        ('twice in the node, 2 first', ('<2>', '<1>'), wrong),
    ])


def interrupts():
    """Interrupts of the SMMU and what they are called."""
    event, error = works(rf'no \S*evtq interrupt \(/?{NAMES_SMMU}'), works(
        rf'no \S*gerror interrupt \(/?{NAMES_SMMU}')
    spi = '<0 0x4a 1 0 0x4b 1 0 0x4c 1 0 0x4d 1>'
    return group(SMMU, 'interrupts', [
        ('missing', (), event),
        ('empty', ('',), event),
        ('only the first', ('<0 0x4a 1>',), error),
        ('only two', ('<0 0x4a 1 0 0x4b 1>',), error),
        ('five', ('<0 0x4a 1 0 0x4b 1 0 0x4c 1 0 0x4d 1 0 0x4e 1>',), WORKS),
        ('one cell short', ('<0 0x4a 1 0 0x4b 1 0 0x4c 1 0 0x4d>',), error),
        ('two cells', ('<0 0x4a>',), event),
        ('all the same', ('<0 0x4a 1 0 0x4a 1 0 0x4a 1 0 0x4a 1>',), error),
        ('out of range', ('<0 2000 1 0 2001 1 0 2002 1 0 2003 1>',), event),
        ('number 0xffffffff', ('<0 0xffffffff 1 0 0x4b 1 0 0x4c 1 0 0xffffffff 1>',), event),
        ('number 988', ('<0 988 1 0 989 1 0 990 1 0 991 1>',), event),
        ('of a CPU', ('<1 9 1 1 9 1 1 9 1 1 9 1>',), event),
        ('of no kind', ('<7 0x4a 1 7 0x4b 1 7 0x4c 1 7 0x4d 1>',), event),
        ('without a trigger', ('<0 0x4a 0 0 0x4b 0 0 0x4c 0 0 0x4d 0>',), WORKS),
        ('level', ('<0 0x4a 4 0 0x4b 4 0 0x4c 4 0 0x4d 4>',), WORKS),
        ('falling', ('<0 0x4a 2 0 0x4b 2 0 0x4c 2 0 0x4d 2>',), event),
        ('with all flags', ('<0 0x4a 0xffffffff 0 0x4b 0xf 0 0x4c 0xf 0 0x4d 0xf>',), event),
        ('a string', ('"eventq"',), event),
        ('eleven bytes', ('[00 00 00 00 00 00 00 4a 00 00 01]',), event),
        ('of the virtio bus', ('<0 0x10 1 0 0x11 1 0 0x12 1 0 0x13 1>',), WORKS),
        ('twice in the node', (spi, spi), WORKS),
    ]) + group(SMMU, 'interrupt-names', [
        ('missing', (), event),
        ('empty', ('',), event),
        ('unknown', ('"a", "b", "c", "d"',), event),
        ('the same four times', ('"eventq", "eventq", "eventq", "eventq"',), error),
        ('one', ('"eventq"',), error),
        ('upper case', ('"EVENTQ", "PRIQ", "CMDQ-SYNC", "GERROR"',), event),
        ('without an end', ('[65 76 65 6e 74 71]',), event),
        ('cells', ('<1 2 3 4>',), event),
        ('of empty strings', ('"", "", "", ""',), event),
        ('exchanged', ('"gerror", "priq", "cmdq-sync", "eventq"',), WORKS),
        ('combined alone', ('"combined"',), WORKS),
        ('combined and others', ('"combined", "eventq", "gerror", "priq"',), WORKS),
        ('more than there are', ('"x", "x", "x", "x", "eventq", "gerror"',), event),
        ('very long', ('"' + 'e' * 5000 + '"',), event),
        ('twice in the node', ('"eventq", "priq", "cmdq-sync", "gerror"',) * 2, WORKS),
    ]) + parents(event)


def parents(event):
    """Who the SMMU's interrupts go to."""
    def extended(label, value, demand):
        return Case(f'smmuv3 interrupts-extended: {label}',
                    ((SMMU, 'interrupts', ()), (SMMU, 'interrupts-extended', (value,))), demand)

    right = '<&gic 0 0x4a 1 &gic 0 0x4b 1 &gic 0 0x4c 1 &gic 0 0x4d 1>'
    return group(SMMU, 'interrupt-parent', [
        ('0', ('<0>',), event),
        ('no node', (f'<{NO_PHANDLE}>',), event),
        ('0xffffffff', ('<0xffffffff>',), event),
        ('no controller', ('<&clock>',), WORKS),
        ('a string', ('"gic"',), event),
        ('empty', ('',), WORKS),
    ]) + [
        Case('smmuv3 interrupt-parent: the SMMU', ((SMMU, 'interrupt-parent', ('<&smmu>',)),),
             event, core='drivers/of/irq.c looks for a controller for ever'),
        extended('no node', f'<{NO_PHANDLE} 0 0x4a 1>', event),
        extended('0', '<0>', event),
        extended('0 four times', '<0 0 0 0>', event),
        extended('short', '<&gic 0 0x4a>', event),
        extended('the SMMU', '<&smmu 0 0x4a 1>', event),
        extended('empty', '', event),
        extended('a string', '"interrupts"', event),
        extended('right', right, WORKS),
        Case('smmuv3 interrupts-extended: beside interrupts',
             ((SMMU, 'interrupts-extended', (right,)),), WORKS),
    ]


def kind():
    """What the node says that it is, and whether."""
    return group(SMMU, 'compatible', [
        ('missing', (), UNKNOWN),
        ('empty', ('',), UNKNOWN),
        ('unknown', ('"arm,smmu-v4"',), UNKNOWN),
        ('unknown first', ('"vendor,smmu", "arm,smmu-v3"',), WORKS),
        ('upper case', ('"ARM,SMMU-V3"',), WORKS),
        ('without an end', ('[61 72 6d 2c 73 6d 6d 75 2d 76 33]',), WORKS),
        ('with a blank', ('"arm,smmu-v3 "',), UNKNOWN),
        ('cells', ('<1>',), UNKNOWN),
        ('many times', (', '.join(['"arm,smmu-v3"'] * 20),), WORKS),
        ('twice in the node', ('"arm,smmu-v3"', '"arm,smmu-v4"'), WORKS),
    ]) + group(SMMU, 'status', [
        ('okay', ('"okay"',), WORKS),
        ('ok', ('"ok"',), WORKS),
        ('disabled', ('"disabled"',), DISABLED),
        ('reserved', ('"reserved"',), DISABLED),
        ('fail', ('"fail-sss"',), DISABLED),
        ('of nothing', ('""',), DISABLED),
        ('empty', ('',), DISABLED),
        ('garbage', ('"perhaps"',), DISABLED),
        ('cells', ('<1>',), DISABLED),
        ('okay and disabled', ('"okay"', '"disabled"'), WORKS),
    ]) + group(SMMU, 'phandle', [
        ('missing', (), stray()),
        ('0', ('<0>',), stray()),
        ('0xffffffff', ('<0xffffffff>',), stray()),
        ('a string', ('"smmu"',), stray()),
        ('of another node', ('<&gpio>',), stray()),
    ])


def quirks():
    """Coherence, and properties that stand for errata."""
    small = refused(rf'register region of /?{NAMES_SMMU} is ')
    once = [Case('smmuv3 errata: 64K of registers is all',
                 ((SMMU, 'cavium,cn9900-broken-page1-regspace', ('',)),
                  (SMMU, 'reg', ('<0 0x9050000 0 0x10000>',))), WORKS),
            Case('smmuv3 errata: less than 64K of registers',
                 ((SMMU, 'cavium,cn9900-broken-page1-regspace', ('',)),
                  (SMMU, 'reg', ('<0 0x9050000 0 0xffff>',))), small),
            Case('smmuv3 dma-noncoherent: alone',
                 ((SMMU, 'dma-coherent', ()), (SMMU, 'dma-noncoherent', ('',))),
                 works(rf'{NAMES_SMMU}: firmware says not coherent')),
            Case('smmuv3 errata: both at once',
                 ((SMMU, 'cavium,cn9900-broken-page1-regspace', ('',)),
                  (SMMU, 'hisilicon,broken-prefetch-cmd', ('',))), WORKS)]
    return once + group(SMMU, 'cavium,cn9900-broken-page1-regspace', [
        ('with 128K', ('',), WORKS),
        ('a cell', ('<0>',), WORKS),
        ('a string', ('"no"',), WORKS),
    ]) + group(SMMU, 'hisilicon,broken-prefetch-cmd', [
        ('there', ('',), WORKS),
        ('a cell', ('<0>',), WORKS),
    ]) + group(SMMU, 'dma-coherent', [
        ('missing', (), WORKS),
        ('a cell', ('<0>',), WORKS),
        ('a string', ('"no"',), WORKS),
        ('twice in the node', ('', ''), WORKS),
    ]) + group(SMMU, 'dma-noncoherent', [
        ('against dma-coherent', ('',), WORKS),
        ('a cell', ('<1>',), WORKS),
    ])


def pci_map():
    """From requester IDs to stream IDs."""
    length = stray(rf'{NAMES_PCIE}: Error: Bad iommu-map length')
    nothing = stray(rf'{NAMES_PCIE}: no iommu-map translation for id 0x8', True)
    waits = Demand(CUT_OFF, rf'{ONE_OF_THEM}: deferred probe timeout')
    one = shared('0x0', f'{ASTRAY}|{CUT_OFF}')
    return group(PCIE, 'iommu-map', [
        ('missing', (), stray()),
        ('empty', ('',), length),
        ('one cell', ('<0>',), length),
        ('two cells', ('<0 &smmu>',), length),
        ('three cells', ('<0 &smmu 0>',), length),
        ('five cells', ('<0 &smmu 0 0x10000 0>',), length),
        ('seven cells', ('<0 &smmu 0 8 8 &smmu 8>',), length),
        ('fifteen bytes', ('[00 00 00 00 00 00 80 07 00 00 00 00 00 01 00]',), length),
        ('a string', ('"everything"',), length),
        ('a string of four cells', ('"fifteen letters"',), nothing),
        ('length 0', ('<0 &smmu 0 0>',), nothing),
        ('length 0xffffffff', ('<0 &smmu 0 0xffffffff>',), WORKS),
        ('length 0xffffffff from 8', ('<8 &smmu 8 0xffffffff>',), nothing),
        ('input past 32 bits', ('<0xffff0000 &smmu 0 0x20000>',), nothing),
        ('output past 32 bits', ('<0 &smmu 0xffffffff 0x10000>',),
         Demand(ASTRAY, rf'{DISK}: probe with driver nvme failed')),
        ('output past 32 bits, first', ('<0 &smmu 0xfffffff0 0x10000>',),
         out_of_range(DISK, '0xfffffff8')),
        ('output at the end of the table', ('<0 &smmu 0xfff0 0x10000>',), out_of_range(
            NIC, '0x10000', ASTRAY)),
        ('output beyond the table', ('<0 &smmu 0x10000 0x10000>',), out_of_range(DISK, '0x10008')),
        ('output far beyond', ('<0 &smmu 0x7fff0000 0x10000>',), out_of_range(DISK, '0x7fff0008')),
        ('output 0xffffffff', ('<8 &smmu 0xffffffff 1>',), out_of_range(DISK, '0xffffffff')),
        ('the same range twice', ('<0 &smmu 0 0x10000 0 &smmu 0 0x10000>',), WORKS),
        ('overlapping ranges', ('<0 &smmu 0 0x10 8 &smmu 8 0x10000>',), WORKS),
        ('overlapping ranges that differ', ('<0 &smmu 0 0x10 8 &smmu 0x100 0x10000>',), WORKS),
        ('ranges from high to low', ('<0x10 &smmu 0x10 0xfff0 0 &smmu 0 0x10>',), WORKS),
        ('the disk left out', ('<0 &smmu 0 8 9 &smmu 9 0xfff7>',), nothing),
        ('the disk alone', ('<8 &smmu 8 1>',), WORKS),
        ('two functions, one stream', ('<8 &smmu 8 1 0x10 &smmu 8 1 0x18 &smmu 0x18 1>',),
         shared('0x8', f'{BEHIND}|{CUT_OFF}')),
        ('phandle 0', ('<0 0 0 0x10000>',), stray()),
        ('phandle 0xffffffff', ('<0 0xffffffff 0 0x10000>',), stray()),
        ('no node', (f'<0 {NO_PHANDLE} 0 0x10000>',), stray()),
        ('no node first, for others', (f'<0x100 {NO_PHANDLE} 0 0x10 0 &smmu 0 0x100>',), WORKS),
        ('no node first, for all', (f'<0 {NO_PHANDLE} 0 0x10000 0 &smmu 0 0x10000>',), stray()),
        ('a node that is no IOMMU', ('<0 &gpio 0 0x10000>',), waits),
        ('the clock', ('<0 &clock 0 0x10000>',), waits),
        ('the interrupt controller', ('<0 &gic 0 0x10000>',), waits),
        ('the host bridge itself', ('<0 &pcie 0 0x10000>',), waits),
        ('twice in the node', ('<0 &smmu 0 0x10000>', '<0 &smmu 0x100 0x10000>'), WORKS),
        ('a thousand ranges', ('<' + ' '.join(
            f'{n:#x} &smmu {n:#x} 1' for n in range(1000)) + '>',), WORKS),
    ]) + group(PCIE, 'iommu-map-mask', [
        ('0', ('<0>',), one),
        ('0xff', ('<0xff>',), WORKS),
        ('0xfff8', ('<0xfff8>',), WORKS),
        ('0xffff0000', ('<0xffff0000>',), one),
        ('0xffffffff', ('<0xffffffff>',), WORKS),
        ('empty', ('',), WORKS),
        ('a string', ('"all"',), one),
        ('one byte', ('[ff]',), WORKS),
        ('two cells', ('<0xffff 0>',), WORKS),
    ]) + [Case('pcie iommu-map-mask: less than the base',
               ((PCIE, 'iommu-map', ('<8 &smmu 8 0x100>',)),
                (PCIE, 'iommu-map-mask', ('<7>',))),
               stray(rf'{NAMES_PCIE}: Invalid iommu-map translation .* ignores id-base'))]


def streams():
    """Platform devices behind the SMMU."""
    many = ' '.join(f'&smmu {n:#x}' for n in range(0x1000, 0x1400))
    thousands = ' '.join(f'&smmu {n:#x}' for n in range(0x1000, 0x17d0))
    gone = works(rf'OF: {NAMES_MMIO}: could not find phandle')
    other = works(rf'OF: {NAMES_MMIO}: could not get #iommu-cells for /')

    def far(stream):
        return out_of_range(r'a000000\.virtio_mmio', stream, BEHIND)

    return group(MMIO, 'iommus', [
        ('right', ('<&smmu 0xff00>',), WORKS),
        ('without a stream', ('<&smmu>',), works(rf'OF: {NAMES_MMIO}: #iommu-cells = 1 found 0')),
        ('two cells', ('<&smmu 0xff00 1>',), gone),
        ('stream 0', ('<&smmu 0>',), WORKS),
        ('stream 0xffff', ('<&smmu 0xffff>',), WORKS),
        ('stream 0x10000', ('<&smmu 0x10000>',), far('0x10000')),
        ('stream 0xffffffff', ('<&smmu 0xffffffff>',), far('0xffffffff')),
        ('stream 0x80000008', ('<&smmu 0x80000008>',), far('0x80000008')),
        ("the disk's stream", ('<&smmu 8>',), shared('0x8', f'{BEHIND}|{CUT_OFF}', r'\S+')),
        ('the same stream twice', ('<&smmu 0xff00 &smmu 0xff00>',), WORKS),
        ('the second out of range', ('<&smmu 0xff00 &smmu 0x10000>',), far('0x10000')),
        ('a thousand streams', (f'<{many}>',), WORKS),
        ('two thousand streams', (f'<{thousands}>',), WORKS),
        ('a thousand streams, all the same', ('<' + '&smmu 0xff00 ' * 1000 + '>',), WORKS),
        ('a thousand streams, the last out of range', (f'<{many} &smmu 0x10000>',), far('0x10000')),
        ('phandle 0', ('<0>',), WORKS),
        ('phandle 0 with a stream', ('<0 1>',), WORKS),
        ('no node', (f'<{NO_PHANDLE} 1>',), gone),
        ('right, then no node', (f'<&smmu 0xff00 {NO_PHANDLE} 1>',), gone),
        ('a node that is no IOMMU', ('<&gpio 1>',), other),
        ('the device itself', ('<&mmio 1>',), other),
        ('empty', ('',), WORKS),
        ('a string', ('"smmu"',), gone),
        ('seven bytes', ('[00 00 80 07 00 00 ff]',), gone),
        ('twice in the node', ('<&smmu 0xff00>', '<&smmu 0xff01>'), WORKS),
    ]) + group(RTC, 'iommus', [
        ('right', ('<&smmu 0xff00>',), WORKS),
        ('out of range', ('<&smmu 0x10000>',), out_of_range(r'9010000\.pl031', '0x10000', BEHIND)),
    ]) + group(PCIE, 'iommus', [
        ('right', ('<&smmu 0xff00>',), WORKS),
        ("the disk's stream", ('<&smmu 8>',), shared('0x8', CUT_OFF, r'4010000000\.pcie')),
        ('no node', (f'<{NO_PHANDLE} 1>',), works(rf'OF: {NAMES_PCIE}: could not find phandle')),
    ]) + [
        Case(f'virtio_mmio pasid-num-bits: {value}',
             ((MMIO, 'iommus', ('<&smmu 0xff00>',)), (MMIO, 'pasid-num-bits', (value,)),
              (MMIO, 'dma-can-stall', ('',))), WORKS)
        for value in ('<0>', '<20>', '<32>', '<0xffffffff>', '"many"')]


def loops():
    """Nodes that are behind themselves and behind each other."""
    def second(reg, more=''):
        return (f'smmuv3@9060000 {{ compatible = "arm,smmu-v3"; #iommu-cells = <1>; '
                f'phandle = <0x9000>; reg = <{reg}>; {more} }};',)

    def two(label, reg, more, demand, *edits):
        return Case(f'two SMMUs: {label}', edits, demand, second(reg, more))

    busy = works(rf"{NAMES_SMMU}: .*can't request region")
    overlap = '0 0x9060000 0 0x20000'
    waits = works(rf'{NAMES_SMMU}: deferred probe timeout')
    gone = works(rf'OF: /{NAMES_SMMU}: could not find phandle')
    same = '0 0x9050000 0 0x20000'
    return group(SMMU, 'iommus', [
        ('itself', ('<&smmu 0>',), waits),
        ('itself out of range', ('<&smmu 0xffffffff>',), waits),
        ('no node', (f'<{NO_PHANDLE} 0>',), gone),
        ('the host bridge', ('<&pcie 0>',), works(
            rf'OF: /{NAMES_SMMU}: could not get #iommu-cells for /pcie@')),
        ('empty', ('',), WORKS),
    ]) + group(SMMU, 'iommu-map', [
        ('itself', ('<0 &smmu 0 0x10000>',), WORKS),
    ]) + group(SMMU, 'msi-parent', [
        ('itself', ('<&smmu>',), WORKS),
        ('no node', (f'<{NO_PHANDLE}>',), gone),
        ('the GIC', ('<&gic>',), WORKS),
        ('the host bridge', ('<&pcie>',), WORKS),
        ('empty', ('',), WORKS),
        ('a string', ('"its"',), gone),
    ]) + group(PCIE, 'msi-map', [
        ('itself', ('<0 &pcie 0 0x10000>',), WORKS),
        ('the SMMU', ('<0 &smmu 0 0x10000>',), WORKS),
        ('no node', (f'<0 {NO_PHANDLE} 0 0x10000>',), WORKS),
        ('length 0', ('<0 &smmu 0 0>',), WORKS),
    ]) + [
        Case('two SMMUs: the same registers', (), works(
            'sysfs: cannot create duplicate filename .*smmuv3'), second(same), ('names',)),
        Case('two SMMUs: the same phandle', (), Demand(
            f'{BEHIND}|{CUT_OFF}', busy.says), second(overlap, 'phandle = <&smmu>;')),
        two('registers that overlap', overlap, '', busy),
        two('registers that overlap from below', '0 0x9040000 0 0x20000', '', busy),
        two('the second without registers', '', '', works(
            'register region of /?smmuv3@9060000 is 0x0* bytes')),
        two('the second disabled', same, 'status = "disabled";', WORKS),
        two('each behind the other', overlap, 'iommus = <&smmu 1>;', busy,
            (SMMU, 'iommus', ('<0x9000 1>',))),
        two('the disk behind the second', overlap, '', stray(busy.says),
            (PCIE, 'iommu-map', ('<0 0x9000 0 0x10000>',))),
        two('functions behind both', overlap, '', busy,
            (PCIE, 'iommu-map', ('<0 &smmu 0 0x10 0x10 0x9000 0x10 0x10000>',))),
        two('a device behind both', overlap, '', works(
            r'a000000\.virtio_mmio: deferred probe timeout'),
            (MMIO, 'iommus', ('<&smmu 0xff00 0x9000 0xff00>',))),
        two('a device behind the second, disabled', same, 'status = "disabled";', WORKS,
            (MMIO, 'iommus', ('<&smmu 0xff00 0x9000 0xff00>',))),
        two('a device behind itself and the SMMU', overlap, '', works(
            rf'OF: {NAMES_MMIO}: could not get #iommu-cells for {NAMES_MMIO}'),
            (MMIO, 'iommus', ('<&smmu 0xff00 &mmio 0>',))),
    ]


def reserved():
    """Addresses that a device may not use, or that firmware has mapped for it."""
    def region(label, body, demand=WORKS):
        text = ('reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges; '
                f'held {{ phandle = <0x9001>; {body} }}; }};')
        return Case(f'reserved for virtio_mmio: {label}',
                    ((MMIO, 'iommus', ('<&smmu 0xff00>',)), (MMIO, 'memory-region', ('<0x9001>',))),
                    demand, (text,))

    mapped = 'reg = <0 0x70000000 0 0x10000>; no-map;'
    return [
        region('nothing', 'iommu-addresses = <&mmio 0 0 0 0>;',
               works(r'a000000\.virtio_mmio: Cannot reserve IOVA region of 0 size')),
        region('everything', 'iommu-addresses = <&mmio 0 0 0xffffffff 0xffffffff>;'),
        region('past 64 bits', 'iommu-addresses = <&mmio 0xffffffff 0xffff0000 0 0x20000>;'),
        region('half a page', 'iommu-addresses = <&mmio 0 0x1000 0 0x800>;'),
        region('mapped elsewhere', f'{mapped} iommu-addresses = <&mmio 0 0x1000 0 0x10000>;',
               works(r'a000000\.virtio_mmio: treating non-direct mapping')),
        region('mapped', f'{mapped} iommu-addresses = <&mmio 0 0x70000000 0 0x10000>;'),
        region('mapped beyond the SMMU', 'reg = <0x10000000 0 0 0x10000>; no-map; '
               'iommu-addresses = <&mmio 0x10000000 0 0 0x10000>;',
               works(r'a000000\.virtio_mmio: .*0x10{15}')),
        region('mapped twice', f'{mapped} iommu-addresses = '
               '<&mmio 0 0x70000000 0 0x10000 &mmio 0 0x70000000 0 0x10000>;'),
        region('too few cells', 'iommu-addresses = <&mmio 0 0x1000>;'),
        region('of another device', 'iommu-addresses = <&smmu 0 0 0 0x1000>;'),
        region('of no device', f'iommu-addresses = <{NO_PHANDLE} 0 0 0 0x1000>;'),
    ]


# Of these the GIC's driver warns.
WARNED = ('smmuv3 interrupts: of no kind', 'smmuv3 interrupts: without a trigger')


def singles():
    """All cases with one thing wrong."""
    every = (registers() + cells() + interrupts() + kind() + quirks() + pci_map() + streams() +
             loops() + reserved())
    return [dataclasses.replace(case, allowed=('gic',)) if case.name in WARNED else case
            for case in every]


def combined(seed, number, choice):
    """Two or three of the single mutations at once, of properties that differ."""
    rng = random.Random(f'{seed} combination {number}')
    wanted, edits, names, allowed = rng.choice((2, 2, 3)), {}, [], set()
    disabled = False
    while len(names) < wanted:
        case = rng.choice(choice)
        new = {(node, prop): values for node, prop, values in case.edits}
        if case.nodes or case.core or edits.keys() & new.keys():
            continue
        edits |= new
        allowed |= set(case.allowed)
        disabled |= case.demand == DISABLED
        names.append(case.name)
    return Case(f'combination {number} ({"; ".join(names)})',
                tuple((node, prop, values) for (node, prop), values in edits.items()),
                Demand('.*', consistent=not disabled), allowed=tuple(sorted(allowed)))


CELLS = (0, 1, 2, 3, 4, 8, 0x10, 0x18, 0xff, 0x100, 0x8000, 0xffff, 0x10000, 0x10001, 0x7fffffff,
         0x80000000, 0xffff0000, 0xfffffff8, 0xffffffff)
# Cells of an interrupt stay away from the console's, and a register region where there is one.
SHUFFLED = ((SMMU, '#iommu-cells', '<1>', (0,)), (SMMU, 'reg', '<0 0x9050000 0 0x20000>', (3,)),
            (SMMU, 'interrupts', '<0 0x4a 1 0 0x4b 1 0 0x4c 1 0 0x4d 1>', (2, 5, 8, 11)),
            (SMMU, 'iommus', '<&smmu 0>', (0, 1)),
            (PCIE, 'iommu-map', '<0 &smmu 0 0x10000>', (0, 1, 2, 3)),
            (PCIE, 'iommu-map', '<0 &smmu 0 0x10 0x10 &smmu 0x10 0x10000>', range(8)),
            (PCIE, 'iommu-map-mask', '<0xffff>', (0,)),
            (MMIO, 'iommus', '<&smmu 0xff00>', (0, 1)),
            (MMIO, 'iommus', '<&smmu 0xff00 &smmu 0xff01>', range(4)))


def shuffled(seed, number):
    """One to four cells of what concerns an IOMMU replaced."""
    rng = random.Random(f'{seed} cells {number}')
    edits, told = {}, []
    for _ in range(rng.randint(1, 4)):
        node, prop, value, places = rng.choice(SHUFFLED)
        words = edits.get((node, prop), value)[1:-1].split()
        place = rng.choice([p for p in places if p < len(words)])
        words[place] = f'{rng.choice(CELLS) if rng.random() < .8 else rng.getrandbits(32):#x}'
        edits[node, prop] = f'<{" ".join(words)}>'
        told.append(f'{prop}[{place}]={words[place]}')
    return Case(f'cells {number} ({", ".join(told)})',
                tuple((node, prop, (value,)) for (node, prop), value in edits.items()),
                Demand('.*', consistent=True), allowed=('gic',))


COMBINATIONS, SHUFFLES = 30, 40


def cases(seed):
    """All of them, in an order that does not change."""
    one = singles()
    return (one + [combined(seed, n, one) for n in range(1, COMBINATIONS + 1)] +
            [shuffled(seed, n) for n in range(1, SHUFFLES + 1)])


def apply(dts, case):
    """The devicetree of a case."""
    dts = re.sub(r'(rng-seed|kaslr-seed) = <[^>]*>;', r'\1 = <1 2>;', dts)
    for node, prop, values in case.edits:
        dts = devicetree.with_property(dts, node, prop, *values)
    for text in case.nodes:
        dts = devicetree.with_node(dts, text)
    return dts


def resolve(dts, phandles):
    """The words that stand for phandles replaced."""
    for word, number in phandles.items():
        dts = re.sub(rf'{word}\b', number, dts)
    return dts


def prepared(dts):
    """QEMU's tree in which each node of NODES can be referred to, and how."""
    phandles = {}
    for number, (word, node) in enumerate(NODES.items(), 0x9100):
        body = re.search(rf'\t{re.escape(node)} \{{.*?\n\t\}};', dts, re.S).group(0)
        if '\t\tphandle = ' not in body:
            dts = devicetree.with_property(dts, node, 'phandle', f'<{number:#x}>')
        phandles[word] = devicetree.phandle(dts, node)
    return dts, phandles
