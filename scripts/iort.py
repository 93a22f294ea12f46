# SPDX-License-Identifier: GPL-2.0-only
"""The I/O remapping table of ACPI (Arm DEN 0049): read, changed, and made again.

What a table says of itself (counts, lengths, offsets, references) is worked out when it
is made, unless it is forced to something else.
"""
import dataclasses
import struct

ITS, NAMED, ROOT, SMMU2, SMMU3, PMCG, RMR = range(7)
# Flag of a mapping: every input has the one output.
SINGLE = 1

HEADER = struct.Struct('<4sIBB6s8sI4sI')
TABLE = struct.Struct('<III')
NODE = struct.Struct('<BHBIII')
NODE_FIELDS = ('type', 'length', 'revision', 'identifier', 'mapping_count', 'mapping_offset')
MAPPING = struct.Struct('<IIIII')

# Where a node's own data have what: offset, format.
FIELDS = {
    ITS: {'count': (0, 'I'), 'id': (4, 'I')},
    NAMED: {'flags': (0, 'I'), 'memory': (4, 'Q'), 'limit': (12, 'B')},
    ROOT: {'memory': (0, 'Q'), 'ats': (8, 'I'), 'segment': (12, 'I'), 'limit': (16, 'B'),
           'pasid': (17, 'H')},
    SMMU3: {'base': (0, 'Q'), 'flags': (8, 'I'), 'vatos': (16, 'Q'), 'model': (24, 'I'),
            'event': (28, 'I'), 'pri': (32, 'I'), 'gerror': (36, 'I'), 'sync': (40, 'I'),
            'proximity': (44, 'I'), 'index': (48, 'I')},
    PMCG: {'page0': (0, 'Q'), 'gsiv': (8, 'I'), 'reference': (12, 'I'), 'page1': (16, 'Q')},
    RMR: {'flags': (0, 'I'), 'count': (4, 'I'), 'offset': (8, 'I')},
}
# Bytes of a node's data: the shortest that hold all of the above.
SIZES = {NAMED: 16, ROOT: 20, SMMU3: 52, PMCG: 24, RMR: 12}


@dataclasses.dataclass(eq=False)
class Mapping:
    """A range of IDs: count is the number less one, target a node or an offset."""
    first: int = 0
    count: int = 0
    output: int = 0
    target: object = 0
    flags: int = 0


@dataclasses.dataclass(eq=False)
class Node:
    """One node, and what its header says beside the truth."""
    kind: int
    revision: int
    identifier: int = 0
    data: bytes = b''
    mappings: list = dataclasses.field(default_factory=list)
    forced: dict = dataclasses.field(default_factory=dict)

    def get(self, name):
        """A field of its data."""
        offset, form = FIELDS[self.kind][name]
        return struct.unpack_from('<' + form, self.data, offset)[0]

    def put(self, **values):
        """Set fields of its data."""
        data = bytearray(self.data)
        for name, value in values.items():
            offset, form = FIELDS[self.kind][name]
            struct.pack_into('<' + form, data, offset, value)
        self.data = bytes(data)
        return self

    def force(self, **values):
        """Set fields of its header, whatever is true."""
        self.forced |= values
        return self

    def own(self):
        """Its data, so long that mappings may follow."""
        return self.data + bytes(-len(self.data) % 4)

    def size(self):
        """Bytes of it, with its mappings."""
        return NODE.size + len(self.own()) + MAPPING.size * len(self.mappings)

    def made(self, offsets):
        """The node as it stands in the table."""
        at = NODE.size + len(self.own())
        fields = dict(zip(NODE_FIELDS, (
            self.kind, self.size(), self.revision, self.identifier, len(self.mappings),
            at if self.mappings else 0))) | self.forced
        parts = [NODE.pack(*(fields[name] for name in NODE_FIELDS)), self.own()]
        parts += [MAPPING.pack(m.first, m.count, m.output, offsets.get(id(m.target), m.target),
                               m.flags) for m in self.mappings]
        return b''.join(parts)


@dataclasses.dataclass(eq=False)
class Table:
    """A table: its ACPI header, the nodes, and what is said beside the truth."""
    header: list
    nodes: list
    forced: dict = dataclasses.field(default_factory=dict)

    def first(self, kind):
        """The first node of a kind."""
        return next(node for node in self.nodes if node.kind == kind)

    def add(self, node, front=False):
        """One more node."""
        self.nodes.insert(0 if front else len(self.nodes), node)
        return node

    def newer(self):
        """Of a later OEM revision: it replaces the one that it was made of."""
        self.header[6] += 1
        return self

    def set_revision(self, revision):
        """Which edition of the specification it follows."""
        self.header[2] = revision
        return self

    def made(self):
        """The bytes, with a checksum that is right."""
        offsets, at = {}, HEADER.size + TABLE.size
        for node in self.nodes:
            offsets[id(node)] = at
            at += node.size()
        body = TABLE.pack(self.forced.get('count', len(self.nodes)),
                          self.forced.get('offset', HEADER.size + TABLE.size), 0)
        body += b''.join(node.made(offsets) for node in self.nodes)
        self.header[1], self.header[3] = HEADER.size + len(body), 0
        table = bytearray(HEADER.pack(*self.header) + body)
        table[9] = -sum(table) % 256
        return bytes(table)


def new(kind, revision, *mappings, name=b'', **fields):
    """A node from nothing."""
    data = bytes(SIZES[kind]) if not name else bytes(13) + name
    return Node(kind, revision, data=data, mappings=list(mappings)).put(**fields)


def reserved(mappings, *ranges, flags=0):
    """An RMR node of the (base, length)s."""
    descriptors = b''.join(struct.pack('<QQI', base, length, 0) for base, length in ranges)
    node = new(RMR, 3, *mappings, flags=flags, count=len(ranges),
               offset=NODE.size + SIZES[RMR] if ranges else 0)
    node.data += descriptors
    return node


def parsed(blob):
    """The table that the bytes are."""
    header = list(HEADER.unpack_from(blob))
    count, at, _ = TABLE.unpack_from(blob, HEADER.size)
    nodes = {}
    for _ in range(count):
        kind, length, revision, identifier, maps, offset = NODE.unpack_from(blob, at)
        end = at + (offset if maps else length)
        mappings = [Mapping(*MAPPING.unpack_from(blob, end + n * MAPPING.size))
                    for n in range(maps)]
        nodes[at] = Node(kind, revision, identifier, blob[at + NODE.size:end], mappings)
        at += length
    for node in nodes.values():
        for mapping in node.mappings:
            mapping.target = nodes.get(mapping.target, mapping.target)
    return Table(header, list(nodes.values()))


def archived(table, name='kernel/firmware/acpi/IORT.aml'):
    """An archive to put before an initramfs, from which the kernel takes the table."""
    parts = []
    for path, data in ((name, table), ('TRAILER!!!', b'')):
        encoded = path.encode() + b'\0'
        fields = (0, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
        entry = b'070701' + b''.join(b'%08X' % field for field in fields) + encoded
        parts += [entry, bytes(-len(entry) % 4), data, bytes(-len(data) % 4)]
    archive = b''.join(parts)
    return archive + bytes(-len(archive) % 512)
