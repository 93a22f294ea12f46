# SPDX-License-Identifier: GPL-2.0-only
"""What is wrong, from what the files and the log say together."""
import dataclasses

from . import advice
from .advice import BROKEN, LOOK, NOTE
from .kernlog import NOBODY
from .words import duration, number_of, size

SMMUEN, EVENTQEN, CMDQEN = 1 << 0, 1 << 2, 1 << 3
ALL_ONES = 0xffffffff
# A person waits for a second; a driver that maps and unmaps, for microseconds.
SLOW, VERY_SLOW = 1 << 20, 1 << 27
# Of what many say the first few are shown.
MOST_SEEN = 6


@dataclasses.dataclass
class Finding:
    """Something to know: how bad, about whom, what, what was seen, what to do, where to read."""
    level: int
    who: str
    what: str
    seen: list
    step: str
    section: str
    instance: str = None
    topic: str = None


class Judge:
    """Findings of a snapshot."""

    def __init__(self, snapshot):
        self.snapshot = snapshot
        self.log = snapshot.log
        self.found = []
        self.at = None

    def say(self, level, who, what, seen, step, section, topic=None):    # pylint: disable=R0913
        self.found.append(Finding(level, who, what, seen, step, section, self.at and self.at.name, topic))

    def all(self):
        """Findings, the worst first."""
        for inst in self.snapshot.instances.values():
            self.at = inst
            self.of_instance(inst)
            for m in inst.masters.values():
                self.of_master(inst, m)
            self.of_streams(inst)
        self.at = None
        if self.log:
            self.of_events()
            self.of_messages()
            self.of_past_blocks()
        self.of_snapshot()
        return sorted(self.found, key=lambda f: f.level)

    def of_instance(self, inst):
        if inst.asleep:
            self.say(LOOK, inst.name, 'it is asleep: it translates nothing, all DMA behind it aborts',
                     ['queues: asleep'],
                     'Right only while the system goes to sleep. Read the files again; if it stays so, '
                     'it has not woken up: the log says why.', advice.SLEEP, 'does not wake up')
        if inst.dead:
            self.say(BROKEN, inst.name, 'its command queue is given up: nothing is invalidated any more',
                     [f'queues: errors {inst.positions["errors"]}, given up'],
                     'Its devices keep what they have, every change fails. Only a reboot helps. '
                     + advice.REPORT, advice.LOG, 'giving up')
        self.of_control(inst)
        for word in inst.pending_words:
            level, what, step = advice.PENDING.get(word, (LOOK, f'error pending: {word}', advice.REPORT))
            self.say(level, inst.name, what, [f'queues: errors pending: {word}'], step, advice.LOG, word)
        self.of_counters(inst)
        for queue in inst.queues.values():
            self.of_queue(inst, queue)
        self.of_latency(inst)

    def of_control(self, inst):
        if inst.control is None:
            return
        control, acknowledged = inst.control
        seen = [f'queues: control: {control:#x}, acknowledged {acknowledged:#x}']
        if control == ALL_ONES:
            self.say(BROKEN, inst.name, 'its registers cannot be read: all bits are ones', seen,
                     'It has no power or no clock. Look at what the platform does with them.',
                     advice.LOG)
        elif control != acknowledged:
            self.say(BROKEN, inst.name, 'it does not acknowledge what its control register says', seen,
                     advice.STUCK, advice.LOG)
        elif not control & SMMUEN:
            self.say(BROKEN, inst.name, 'translation is off', seen,
                     'Devices reach all memory, or none, as SMMU_GBPA says. Look in the log for why it '
                     'did not come up.', advice.LOG)
        elif ~control & (EVENTQEN | CMDQEN):
            self.say(BROKEN, inst.name, 'its command or event queue is off', seen, advice.STUCK,
                     advice.LOG)

    def of_counters(self, inst):
        errors = max(inst.stats.get('command_errors', 0), inst.positions.get('errors', 0))
        if errors:
            self.say(LOOK, inst.name, f'it refused {number_of(errors, "command")}',
                     [f'stats: command_errors {errors}'],
                     'The log names each command and the reason. An ATC invalidation that timed out is '
                     'the device\'s fault, an illegal command the driver\'s.', advice.LOG, advice.REFUSED)
        lost = inst.stats.get('event_overflows', 0)
        if lost:
            self.say(LOOK, inst.name, f'event storm: its event queue overflowed '
                     f'{number_of(lost, "time")}, events were lost',
                     [f'stats: events {inst.stats.get("events", 0)}, event_overflows {lost}'] +
                     self.most_faults(inst),
                     'Find the device with the most faults in the table below, and see to it first. '
                     'arm_smmu_v3.event_limit= blocks such a device.', advice.EVENT,
                     'event queue overflowed')
        lost = inst.stats.get('pri_overflows', 0)
        if lost:
            self.say(LOOK, inst.name, f'its page request queue overflowed {number_of(lost, "time")}',
                     [f'stats: pri_requests {inst.stats.get("pri_requests", 0)}, pri_overflows {lost}'],
                     'Devices were told to ask again, which is slow. Look at how many requests their '
                     'drivers allow them.', advice.FILES, 'PRI queue overflowed')
        self.of_unclaimed(inst)

    def most_faults(self, inst):
        worst = sorted((m for m in inst.masters.values() if m.faults), key=lambda m: -m.faults)[:3]
        return [f'masters: {m.name}: {number_of(m.faults, "fault")}' for m in worst]

    def of_unclaimed(self, inst):
        """Events that are no master's fault; where DMA can wait, served page faults are among them."""
        rest = inst.stats.get('events', 0) - sum(m.faults for m in inst.masters.values())
        if rest <= 0 or inst.says('stall') != 'no' or 'masters' not in inst.seen:
            return
        self.say(LOOK, inst.name, f'{number_of(rest, "event")} of streams that are no device\'s '
                 'behind it now',
                 [f'stats: events {inst.stats["events"]}, of these {inst.stats["events"] - rest} are of '
                  'the devices in masters'],
                 'Of a device that firmware does not describe, or that was removed since, or left by a '
                 'kernel before: the log has the stream.', advice.EVENT)

    def of_queue(self, inst, q):
        seen = [f'queues: {q.name}: {q.used} of {q.size} entries, prod {q.prod:#x}, cons {q.cons:#x}' +
                (', overflowed' if q.overflowed else '')]
        if q.used > q.size:
            self.say(LOOK, inst.name, f'the indexes of its queue of {q.name} make no sense', seen,
                     advice.STUCK, advice.LOG)
        elif q.name == 'commands' and q.used == q.size:
            self.say(LOOK, inst.name, 'its command queue is full', seen,
                     'Read the files again: if cons does not move, it is stuck. ' + advice.STUCK,
                     advice.LOG)
        elif q.name != 'commands' and (q.overflowed or q.used * 4 >= q.size * 3):
            self.say(LOOK, inst.name, f'its queue of {q.name} '
                     f'{"has overflowed" if q.overflowed else "is almost full"} now', seen,
                     'A storm goes on, or the interrupt is lost: see whether the interrupt counts in '
                     '/proc/interrupts, and whether stats grows.', advice.EVENT)

    def of_latency(self, inst):
        slow, total = inst.syncs_slower(VERY_SLOW), inst.syncs_slower(0)
        if slow:
            low = max(low for low, _, n in inst.latency if n)
            self.say(LOOK, inst.name, f'{slow} of {total} syncs took {duration(VERY_SLOW)} or longer',
                     [f'sync_latency: the slowest took {duration(low)} or more'],
                     'A device that does not answer its ATC invalidations, or an SMMU that hangs: look '
                     'for either. In a virtual machine the host may have been busy.', advice.LOG)
        elif total and inst.percentile(990)[0] >= SLOW:
            self.say(NOTE, inst.name, 'syncs are slow: one in a hundred takes '
                     f'{duration(inst.percentile(990)[0])} or longer', ['sync_latency: see below'],
                     'Common in virtual machines; on hardware look for who invalidates so much '
                     '(tracepoint arm_smmu_v3:smmu_sync).', advice.FILES)

    def of_master(self, inst, m):
        if m.why is not None:
            self.of_block(m)
        elif m.state() == 'blocked' and m.config() != -1:
            self.of_abort(m)
        if m.faults and not self.events_of(m.name):
            self.say(LOOK, m.name, f'{number_of(m.faults, "fault")} so far, which nobody served',
                     [f'masters: {number_of(m.faults, "fault")}', 'its events are not in the log'],
                     'It does DMA where it may not. Each SMMU logs ten events in five seconds at most: '
                     'the log from boot on has the first ones (--log FILE).', advice.EVENT)
        self.of_entries(m)
        for table in m.tables:
            self.of_table(inst, m, table)

    def of_block(self, m):
        step = next((s for key, s in advice.BLOCKS if m.why.startswith(key)), advice.REBIND)
        seen = [f'masters: by the driver: {m.why}']
        if self.log and m.name in self.log.blocked:
            seen.append(f'log: {self.log.blocked[m.name]}')
        self.say(BROKEN, m.name, f'the driver has blocked it: it {m.why}', seen, step, advice.LOG)

    def of_abort(self, m):
        used = m.driver not in (None, '-') and not m.driver.startswith('vfio')
        unused = m.driver is not None and not used
        self.say(NOTE if unused else LOOK, m.name, 'its DMA aborts: it is in no domain that lets it through',
                 [f'masters: {m.how}' if m.listed else 'stream: DMA aborts'] +
                 ([f'its driver: {m.driver}, its group\'s type: {m.group_type}'] if m.driver else []),
                 'As it should be where nobody uses it (a virtual machine has closed it). If a driver is '
                 'bound to it, that attach has failed: see what the log says when it was bound.',
                 advice.AT_WORK)

    def of_entries(self, m):
        configs = {(f.get('V', (1, ''))[0], f.get('Config', (None, ''))[0]) for f in m.streams.values()}
        if any(v == 0 for v, _ in configs):
            self.say(LOOK, m.name, 'a stream table entry of it is not valid: its DMA aborts as C_BAD_STE',
                     ['stream: V 0x0'], 'Read the files again: it may have been in the middle of a '
                     'change. If it stays so: ' + advice.REPORT, advice.EVENT)
        elif len(configs) > 1:
            self.say(LOOK, m.name, 'its streams are not treated alike',
                     [f'stream {sid:#x}: {f.get("Config", (0, "?"))[1]}' for sid, f in
                      list(m.streams.items())[:MOST_SEEN]],
                     'Read the files again: it may have been in the middle of a change. If it stays so: '
                     + advice.REPORT, advice.FILES)
        if m.ats and m.value('EATS') == 0 and m.why is None:
            self.say(LOOK, m.name, 'its ATS is on, and the SMMU refuses it',
                     ['masters: ATS', 'stream: EATS 0x0'],
                     'Read the files again; if it stays so: ' + advice.REPORT, advice.EVENT)
        first = next((c for c in m.contexts if c.pasid is None), None)
        if first and m.config() == 5 and m.no_pasid() == 2 and first.fields.get('V', (1, ''))[0] == 0:
            self.say(LOOK, m.name, 'its context is not valid: its DMA aborts as C_BAD_CD',
                     ['contexts: without a PASID: V 0x0'], 'Read the files again; if it stays so: '
                     + advice.REPORT, advice.EVENT)
        if m.state() == 'identity':
            self.say(NOTE, m.name, 'it is not confined: its DMA reaches all memory',
                     [f'masters: {m.how}'] + ([] if m.how == 'identity' else
                                              ['stream: DMA without a PASID passes stage 1']),
                     'As iommu.passthrough=1, the kernel\'s configuration, or '
                     '/sys/kernel/iommu_groups/*/type say.', advice.PARAMETERS)
        if m.listed and m.streams and m.config() not in (None, -1) and self.disagrees(m):
            self.say(NOTE, m.name, 'it changed while the snapshot was taken',
                     [f'masters: {m.how}', f'stream: {m.entry()["Config"][1]}'],
                     'Take another one.', advice.FILES)

    def disagrees(self, m):
        words = {4: 'identity', 5: 'translated, stage 1', 6: 'translated, stage 2',
                 7: 'translated, both stages'}
        return words.get(m.config(), 'blocked') != m.how

    def of_table(self, inst, m, table):
        words = inst.says('addresses').split()
        # "48 bits in, 44 bits out"
        bits = int(words[3]) if len(words) > 4 and words[3].isdigit() else None
        if bits is not None and table.highest >> bits:
            self.say(LOOK, m.name, f'a mapping leads to {table.highest:#x}, beyond the {bits} bits that '
                     'the SMMU puts out', [f'tables: {table.label}'], 'It was given an address that is '
                     'no memory. ' + advice.REPORT, advice.EVENT)

    def of_streams(self, inst):
        owner = {}
        for m in inst.masters.values():
            for sid in m.sids:
                other = owner.setdefault(sid, m)
                if other is not m:
                    self.say(LOOK, m.name, f'its stream {sid:#x} is also that of {other.name}',
                             ['masters'], advice.REPORT, advice.FIRMWARE)

    def events_of(self, name):
        return [e for e in self.log.events.values() if e.dev == name] if self.log else []

    def of_events(self):
        masters = {m.name: m for _, m in self.snapshot.masters()}
        suppressed = self.log.suppressed
        for e in sorted(self.log.events.values(), key=lambda e: -e.count):
            self.at = self.snapshot.of_log(e.smmu)
            m = masters.get(e.dev)
            who = f'stream {e.sid:#x}' if e.dev == NOBODY else e.dev
            where = f' (PASID {e.pasid})' if e.pasid is not None else ''
            what = number_of(e.count, f'{e.kind} event') + (f' of a {e.how}' if e.how else '') + where
            seen = [f'log: {e.line}'] + self.where(m, e)
            seen += [f'masters: {number_of(m.faults, "fault")} so far'] if m and m.faults else []
            if suppressed:
                seen.append(f'log: {suppressed} more lines were suppressed, of this or of other events')
                suppressed = 0
            self.say(LOOK, who, what, seen, advice.EVENTS.get(e.kind, advice.UNKNOWN_EVENT), advice.EVENT)
        self.at = None

    def where(self, m, event):
        """What the page table has at the addresses of the events, and beside them."""
        table = m.fault_table(event.pasid) if m and not event.stage2 else None
        if not table or event.kind not in ('F_TRANSLATION', 'F_PERMISSION'):
            return []
        seen = []
        first = [a for a in sorted(event.addresses) if m.view[0] <= a <= m.view[1]][:MOST_SEEN]
        physical = table.leads_to(first)
        for address in first:
            inside, after = table.at(address)
            if inside is not None:
                said = ('is mapped now: it was not when it was used' if event.kind == 'F_TRANSLATION' else
                        f'is mapped, but not for a {event.how}, or it was not then')
            elif address in physical:
                said = (f'is no address of the device\'s, but memory that {physical[address]:#x} leads to: '
                        'was it given a physical address?')
            else:
                said = 'is not mapped now' + beside(table, address, after)
            seen.append(f'tables: {address:#x} {said}')
        if len(event.addresses) > len(first):
            seen.append(f'log: and {len(event.addresses) - len(first)} other addresses')
        return seen

    def of_messages(self):
        for (who, text, of_smmu), count in self.log.messages.items():
            for r in advice.MESSAGES:
                found = r.pattern.search(text) if r.key in text else None
                if found:
                    inst = self.snapshot.of_log(who) if of_smmu else None
                    line = f'log: {who}: {text}' + (f' ({count} times)' if count > 1 else '')
                    self.of_message(r, inst, inst.name if inst else who, found, line)
                    break
        for f in self.found:
            more = len(f.seen) - MOST_SEEN
            if more > 1 and f.topic:
                f.seen[MOST_SEEN:] = [f'and {more} more']

    def of_message(self, r, inst, name, found, line):
        """A line of the log: more evidence of what the files show, or something of its own."""
        what = r.headline.format(*found.groups())
        for f in self.found:
            if f.who == name and (f.topic == r.key or f.what == what):
                f.seen.append(line)
                f.level = min(f.level, r.level)
                return
        counted = [f for f in self.found if f.who == name and f.topic == advice.REFUSED]
        seen = [line]
        if r.key in advice.REFUSALS and counted:
            # The counter says nothing that the log does not say better.
            self.found.remove(counted[0])
            seen += counted[0].seen
        self.found.append(Finding(r.level, name, what, seen, r.step, r.section, inst and inst.name, r.key))

    def of_past_blocks(self):
        now = {m.name for _, m in self.snapshot.masters() if m.why is not None}
        for name, line in [*self.log.blocked.items(), *self.log.unblocked.items()]:
            if name not in now:
                self.say(NOTE, name, 'it was blocked, and is not any more', [f'log: {line}'],
                         'For information.', advice.LOG)

    def of_snapshot(self):
        for inst in self.snapshot.instances.values():
            if inst.notes:
                self.at = inst
                self.incomplete(inst.name, inst.notes)
        self.at = None
        if self.snapshot.notes:
            self.incomplete('the snapshot', self.snapshot.notes)

    def incomplete(self, who, notes):
        more = [f'and {len(notes) - 12} more'] if len(notes) > 12 else []
        self.say(LOOK, who, 'not all of its files could be read: what is wrong there is not in this page',
                 notes[:12] + more, 'Take another snapshot, as root: "smmu-report --collect", or "cp -r". '
                 'tar makes empty files of debugfs.', advice.FILES)


def beside(table, address, after):
    """How far away the next mappings are."""
    said = []
    if after > 0:
        gap = address - table.last[after - 1] - 1
        said.append(f'{size(gap) if gap else "right"} after one that ends at {table.last[after - 1]:#x}')
    if after < len(table.first):
        said.append(f'{size(table.first[after] - address)} before one at {table.first[after]:#x}')
    return ': ' + ', '.join(said) if said else ', and nothing else is'
