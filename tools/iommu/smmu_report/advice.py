# SPDX-License-Identifier: GPL-2.0-only
"""What to do about it. Sections are those of Documentation/admin-guide/iommu/arm-smmu-v3.rst."""
import collections
import re

BROKEN, LOOK, NOTE = range(3)
LEVELS = ('BROKEN', 'LOOK', 'NOTE')

GUIDE = 'Documentation/admin-guide/iommu/arm-smmu-v3.rst'
EVENT = 'Reading an event'
LOG = 'Other lines in the log'
FILES = 'The files in debugfs'
FIRMWARE = 'When firmware is wrong'
SLEEP = 'Sleep'
PARAMETERS = 'Parameters'
PROCESS = 'Sharing the addresses of a process'
AT_WORK = 'Is it at work?'

REBIND = 'Unbind its driver and bind it again, or remove the device and rescan its bus. '
REPORT = 'Please report it, with the log from boot on and this snapshot.'

# Why the driver has blocked a device: what its reason begins with, and what to do.
BLOCKS = (
    ('did not answer an ATC invalidation',
     'The device hangs, or its link is down: look for AER or link errors of it in the log, reset it. ' +
     REBIND + 'Other devices go on.'),
    ('floods the event queue',
     'It does DMA to where nothing is mapped, in a loop: see its events. ' + REBIND +
     'arm_smmu_v3.event_limit= says how many events a second are too many, 0 turns that off.'),
    ('cannot be attached',
     'The SMMU did not work off its commands when the device was attached: look at the command queue '
     'first. ' + REBIND),
    ('cannot be detached',
     'The SMMU did not work off its commands when the device was detached: look at the command queue '
     'first. ' + REBIND),
    ('cannot be given another ASID',
     'A process needed the ASID, and the SMMU did not work off its commands: look at the command queue '
     'first. ' + REBIND),
    ('cannot be kept from a process that exits',
     'The SMMU did not work off its commands when a process exited that shared its memory: look at the '
     'command queue first. ' + REBIND),
)

TOO_EARLY = ('Most often its driver has unmapped a buffer too early, or has given the device a physical '
             'address or one that is off by a few bytes.')
TABLES = ('The SMMU cannot read its own tables: a memory error, or firmware says that it is coherent '
          'when it is not ("dma-coherent" in the devicetree, the override in IORT).')
EVENTS = {
    'F_TRANSLATION': TOO_EARLY,
    'F_PERMISSION': 'The mapping is for the other direction: the driver has mapped the buffer '
                    'DMA_TO_DEVICE, and the device writes, or the reverse.',
    'F_ADDR_SIZE': 'The address, or what it leads to, is beyond what the SMMU can put out: look at the '
                   'device\'s DMA mask, and at "addresses" in features.',
    'F_ACCESS': 'The table says that the page was never used. ' + REPORT,
    'F_WALK_EABT': TABLES, 'F_STE_FETCH': TABLES, 'F_CD_FETCH': TABLES, 'F_VMS_FETCH': TABLES,
    'C_BAD_STREAMID': 'Firmware does not describe the device, or with a stream ID that is not its own: '
                      'compare "iommus"/"iommu-map", or IORT, with the stream of the event.',
    'C_BAD_STE': 'A bug of the driver, or memory that something wrote over. ' + REPORT,
    'C_BAD_CD': 'The context is not valid: DMA goes on while the device changes domains, or uses a PASID '
                'that is bound to nothing. If it does so all the time: ' + REPORT,
    'C_BAD_SUBSTREAMID': 'The device uses a PASID that nobody has given it: its driver goes on after '
                         'unbinding, or is wrong about the number of PASIDs.',
    'F_STREAM_DISABLED': 'The device does DMA without a PASID, and may only with one.',
    'F_TRANSL_FORBIDDEN': 'The device used an address that it said was translated, and may not, or not '
                          'any more: its ATS is on where the SMMU\'s is off. Reset the device.',
    'F_BAD_ATS_TREQ': 'The device asks for translations that it may not have: its ATS is on where the '
                      'SMMU\'s is off. Reset the device.',
    'F_UUT': 'The device, or the bus between, sends transactions of a kind that the SMMU does not know.',
    'F_TLB_CONFLICT': 'Two translations of one address were cached at once: a bug of the driver. ' + REPORT,
    'F_CFG_CONFLICT': 'Two configurations of one stream were cached at once: a bug of the driver. ' + REPORT,
}
UNKNOWN_EVENT = 'An event that this program does not know: look it up in Arm\'s IHI 0070, 7.3.'

# A bit of GERROR by the driver's name: level, what it means, what to do.
PENDING = {
    'command': (LOOK, 'a command error waits to be seen to',
                'It should be gone when the files are read again. If not, the error interrupt is lost: '
                'see /proc/interrupts.'),
    'event queue memory': (BROKEN, 'events cannot be written to memory, and are lost',
                           'A memory or interconnect error: look for RAS errors in the log.'),
    'PRI queue memory': (BROKEN, 'page requests cannot be written to memory, and are lost',
                         'A memory or interconnect error: look for RAS errors in the log.'),
    'CMD_SYNC message': (LOOK, 'messages of completed commands do not reach memory',
                         'The driver polls a register instead. arm_smmu_v3.disable_msipolling=1 does so '
                         'from boot on.'),
    'event message': (LOOK, 'interrupt messages of events do not arrive',
                      'Faults go unreported: look at what firmware says of the MSI controller.'),
    'PRI message': (LOOK, 'interrupt messages of page requests do not arrive',
                    'Page requests wait for ever: look at what firmware says of the MSI controller.'),
    'error message': (LOOK, 'interrupt messages of errors do not arrive',
                      'Errors go unreported: look at what firmware says of the MSI controller.'),
    'service failure mode': (BROKEN, 'it is in service failure mode: it does nothing any more',
                             'Only a reset of the machine helps. Devices behind it do no DMA that can be '
                             'relied on; other SMMUs go on.'),
}

STUCK = 'The SMMU does not work: has it lost its clock or power? Look at queues, and for other errors of it.'


Rule = collections.namedtuple('Rule', 'level key pattern headline step section')


def rule(level, key, pattern, headline, step, section):
    return Rule(level, key, re.compile(pattern), headline, step, section)


# What a counter says as well.
REFUSED = 'command errors'
REFUSALS = ('illegal command', 'ATC invalidation timed out', 'command queue error')

# Lines of the log: a part that all of them have, the whole, and what it means. {} is what the
# parentheses match. A finding of the files with that part as its topic is the same thing.
MESSAGES = (
    rule(BROKEN, 'service failure mode', r'entered (service failure mode)', 'it entered {}',
         PENDING['service failure mode'][2], LOG),
    rule(BROKEN, 'giving up', r'command queue does not get past this; (giving up)',
         'the command queue does not get past a command: {}',
         'No mapping of its devices can be undone any more. Only a reboot helps. ' + REPORT, LOG),
    rule(LOOK, 'illegal command', r'command queue error \d+ \((illegal command).*\) at command (.*)',
         'it refused an {}: {}', 'A bug of the driver. Please report it with the two words of the command.',
         LOG),
    rule(LOOK, 'ATC invalidation timed out', r'command queue error \d+ \(an (ATC invalidation timed out)\)',
         'an {}', 'A device did not answer: the one that is blocked, or was.', LOG),
    rule(LOOK, 'command queue error', r'command queue error (\d+) \((?!illegal|an ATC)(.*)\) at command',
         'command error {} ({})', REPORT, LOG),
    rule(BROKEN, 'command queue stuck', r'(.*): command queue stuck at (\S+ of \S+)',
         'commands did not complete: {}, stuck at {}', STUCK, LOG),
    rule(LOOK, 'event queue overflowed', r'(event queue overflowed)', 'the {}, events were lost',
         'A device floods it: see the events above and below, and stats.', EVENT),
    rule(LOOK, 'PRI queue overflowed', r'(PRI queue overflowed)', 'the {}, devices were told to ask again',
         'A device asks for more pages at once than there is room for: look at what its driver allows it.',
         LOG),
    rule(BROKEN, 'queue memory cannot be written', r'(\S+) queue memory cannot be written',
         'the {} queue\'s memory could not be written', PENDING['event queue memory'][2], LOG),
    rule(LOOK, 'message aborted', r"(an?) (.*?)(?:'s)? message aborted", 'the message of {} {} aborted',
         'Look at what firmware says of the MSI controller.', LOG),
    rule(BROKEN, 'after a second', r'register (\S+) shows (\S+), not (\S+), after',
         'register {} showed {} instead of {} for a second', STUCK, LOG),
    rule(BROKEN, 'is busy for a second', r'SMMU_GBPA (is busy)', 'SMMU_GBPA {} for good', STUCK, LOG),
    rule(BROKEN, 'commands do not complete', r'(commands do not complete)', '{}', STUCK, LOG),
    rule(BROKEN, 'does not wake up', r'(does not wake up \(.*\))', 'it {}: its devices\' DMA aborts',
         'Only a reboot helps. Look at what the machine does to its clock and power in sleep.', SLEEP),
    rule(LOOK, 'cannot be put to sleep', r'(cannot be put to sleep \(.*\))', 'it {}',
         'The system stayed awake and goes on. Look for other errors of the SMMU.', SLEEP),
    rule(LOOK, 'is given up', r'(ASID|VMID) (\d+) cannot be invalidated', '{} {} is given up',
         'Follows a command queue that is stuck: see there. The number is not used again.', LOG),
    rule(LOOK, 'nobody serves it', r'page request: (\S+) .*: (nobody serves it)',
         '{} asked for a page, and {}', 'Its driver has turned page requests on and serves none.', PROCESS),
    rule(LOOK, ' interrupt (', r'no (\S+) interrupt \((.*?)\)', 'no {} interrupt ({})',
         'Compare its interrupts in the devicetree or IORT with the manual. What that interrupt reports '
         'goes unreported.', FIRMWARE),
    rule(BROKEN, 'cannot be used', r'cannot be used: (.*)', 'an SMMU is not used: {}',
         'Its devices wait for deferred_probe_timeout=, then work without it.', FIRMWARE),
    rule(BROKEN, '#iommu-cells', r'(\S+) (?:lacks|has) (#iommu-cells.*)', 'an SMMU is not used: {} {}',
         'Correct the devicetree: #iommu-cells = <1>.', FIRMWARE),
    rule(BROKEN, 'register region of', r'register region of (\S+ is .*)', 'an SMMU is not used: {}',
         'Correct the size of its registers in the devicetree or IORT.', FIRMWARE),
    rule(LOOK, 'is out of range', r'stream ID (\S+) is (out of range)', 'its stream ID {} is {}',
         'Correct the stream ID in the devicetree or IORT; until then its DMA aborts.', FIRMWARE),
    rule(LOOK, 'already', r'stream ID (\S+) of .* belongs to (\S+) already',
         'its stream ID {} belongs to {}', 'Correct the stream IDs in the devicetree or IORT; the second '
         'device is refused.', FIRMWARE),
    rule(LOOK, 'can say so', r'has (streams of .*): only', 'it has {}', 'It is not translated and its DMA '
         'aborts: describe it with "iommus".', FIRMWARE),
    rule(LOOK, 'all that can be described', r'has (IDs behind .*):', 'it has {}',
         'Correct IORT: one SMMU for each device.', FIRMWARE),
    rule(LOOK, 'reserves memory for stream', r'(\S+) reserves memory for stream (\S+), which',
         '{} reserves memory for stream {}, which has no place', 'Correct the stream ID in IORT\'s RMR node.',
         FIRMWARE),
    rule(LOOK, 'may be awake while', r'(may be awake while .* sleeps)', 'it {}',
         'Its DMA would abort then: it lacks a device link.', SLEEP),
    rule(NOTE, 'found enabled', r'(found enabled)', 'it was {} at boot',
         'As it should be in a crash kernel; else the boot loader left it on.', LOG),
    rule(NOTE, 'found with errors', r'found with (errors) that nobody has seen to: (\S+)',
         'it was found with {} at boot: {}', 'Of a boot loader, or of a kernel that crashed.', LOG),
    rule(NOTE, 'IDR0.COHACC', r'firmware says ((?:not )?coherent), IDR0', 'firmware says that it is {}, '
         'the hardware the reverse', 'Firmware wins. If it is wrong, tables are read wrongly: see '
         'F_WALK_EABT.', FIRMWARE),
    rule(NOTE, 'using wired interrupts', r'no MSIs? .*, (using wired interrupts)', 'no messages: {}',
         'For information.', FIRMWARE),
    rule(NOTE, 'cannot be enabled', r'(ATS|PASID|page requests) cannot be enabled', '{} cannot be enabled',
         'It goes on without.', LOG),
)
