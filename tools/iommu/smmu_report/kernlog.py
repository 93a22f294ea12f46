# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel's log says of SMMUs: events, blocked devices, everything else."""
import dataclasses
import re

from .words import plain

DRIVER = re.compile(r'\barm-smmu-v3 (\S+): (.*)$')
EVENT = re.compile(r'event (?P<kind>\w+) \((?P<number>0x[0-9a-f]+)\): (?P<dev>.+?) '
                   r'\(stream (?P<sid>0x[0-9a-f]+|0)(?:, PASID (?P<pasid>\d+))?\)(?P<rest>.*)$')
ACCESS = re.compile(r' (?:privileged )?(?P<how>instruction fetch|read|write) of '
                    r'(?P<address>0x[0-9a-f]{1,16}|0)(?P<stage2> at stage 2)?:')
BLOCKED = re.compile(r'(?P<dev>\S+): (?P<why>[^:]*); its DMA is blocked$')
AGAIN = re.compile(r'(?P<dev>\S+): was blocked; its DMA is let through again$')
SUPPRESSED = re.compile(r'event_log: (\d+) callbacks suppressed')
NOBODY = 'unknown device'
# More than that of one kind tells nothing new.
MOST_ADDRESSES, MOST_KINDS, MOST_MESSAGES = 64, 1000, 1000


@dataclasses.dataclass
class Events:
    """Events that differ only in the address."""
    smmu: str
    kind: str
    dev: str
    sid: int
    pasid: int
    how: str
    stage2: bool
    line: str
    count: int = 0
    addresses: dict = dataclasses.field(default_factory=dict)


class KernelLog:
    """The log, line by line; the same words of the same device are counted."""

    def __init__(self):
        self.events, self.blocked, self.unblocked = {}, {}, {}
        self.messages = {}
        self.suppressed = 0

    def take(self, line):
        """A line; all of them are understood, or of no concern."""
        found = DRIVER.search(line)
        if found:
            if not self.take_event(found[1], found[2]):
                self.count(found[1], found[2])
            return True
        found = BLOCKED.search(line) or AGAIN.search(line)
        if found:
            dev = plain(found['dev'])
            into, out = ((self.blocked, self.unblocked) if found.re is BLOCKED else
                         (self.unblocked, self.blocked))
            into[dev] = plain(line.strip())
            out.pop(dev, None)
            return True
        found = SUPPRESSED.search(line)
        if found:
            self.suppressed += int(found[1])
        elif 'stream' in line or 'IDs behind' in line or 'goes with' in line or 'enabled' in line:
            # A device's own line, with the name of its driver or bus before it.
            words = re.match(r'(?:\[[^\]]*\])?\s*\S+ (\S+): (.*)$', line)
            if words:
                self.count(words[1], words[2], of_smmu=False)
        return True

    def count(self, who, text, of_smmu=True):
        key = (plain(who), plain(text), of_smmu)
        if key in self.messages or len(self.messages) < MOST_MESSAGES:
            self.messages[key] = self.messages.get(key, 0) + 1

    def take_event(self, smmu, text):
        found = EVENT.match(text)
        if not found:
            return False
        access = ACCESS.match(found['rest'])
        key = (plain(smmu), found['kind'], plain(found['dev']), int(found['sid'], 16),
               int(found['pasid']) if found['pasid'] else None,
               access['how'] if access else '', bool(access and access['stage2']))
        if key not in self.events and len(self.events) >= MOST_KINDS:
            return True
        group = self.events.setdefault(key, Events(*key, plain(text)))
        group.count += 1
        if access:
            address = int(access['address'], 16)
            if address in group.addresses or len(group.addresses) < MOST_ADDRESSES:
                group.addresses[address] = group.addresses.get(address, 0) + 1
        return True
