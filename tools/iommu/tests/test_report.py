#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Snapshots, and what smmu-report must make of them."""
import glob
import io
import os
import random
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
import unittest.mock
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.join(HERE, '../../..')
PROGRAM = os.path.join(HERE, '../smmu-report')
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(HERE))

# pylint: disable=wrong-import-position,missing-function-docstring
from smmu_report import advice, findings, model, page, picture, source, tables, words

A, B = 'smmu3.0x0000000009050000', 'smmu3.0x000000002b400000'
NVME, EDU = '0000:00:01.0', '0000:00:03.0'

# All that is to be found in each snapshot, the worst first: who, and how it begins.
EXPECTED = {
    'healthy': [],
    'blocked-atc': [
        ('BROKEN', '0000:01:00.0', 'the driver has blocked it: it did not answer an ATC invalidation'),
        ('LOOK', B, '1 of 41003 syncs took 134 ms or longer'),
        ('LOOK', B, 'an ATC invalidation timed out')],
    'storm': [
        ('BROKEN', EDU, 'the driver has blocked it: it floods the event queue'),
        ('LOOK', A, 'event storm: its event queue overflowed 37 times'),
        ('LOOK', A, '2 events of streams that are no device\'s'),
        ('LOOK', A, 'its queue of events has overflowed now'),
        ('LOOK', EDU, '4 F_TRANSLATION events of a write'),
        ('LOOK', 'stream 0xff08', '1 C_BAD_STREAMID event')],
    'dead-queue': [
        ('BROKEN', A, 'its command queue is given up'),
        ('BROKEN', A, 'it is in service failure mode'),
        ('BROKEN', NVME, 'the driver has blocked it: it cannot be detached'),
        ('BROKEN', A, 'commands did not complete: CMD_SYNC timed out, stuck at 0xc0 of 0x1c0'),
        ('LOOK', A, 'a command error waits to be seen to'),
        ('LOOK', A, 'its command queue is full'),
        ('LOOK', A, 'it refused an illegal command: 0x00000000000000ff 0x0000000000000000'),
        ('LOOK', A, 'command error 2 (fetch of the command aborted)'),
        ('LOOK', A, 'ASID 1 is given up')],
    'stage2': [('NOTE', 'a003e00.gpu', 'it is not confined')],
    'nested': [
        ('NOTE', 'acc0', 'it is not confined'),
        ('NOTE', '0000:05:00.0', 'its DMA aborts')],
    'mixed': [
        ('BROKEN', '0000:01:00.0', 'the driver has blocked it: it did not answer an ATC invalidation'),
        ('LOOK', A, '1 of 10318 syncs took 134 ms or longer'),
        ('LOOK', EDU, '2 F_TRANSLATION events of a write'),
        ('LOOK', EDU, '1 F_PERMISSION event of a read'),
        ('LOOK', A, 'an ATC invalidation timed out'),
        ('NOTE', 'a003e00.display', 'it is not confined')],
    'asleep': [
        ('BROKEN', A, 'it is asleep'),
        ('BROKEN', A, 'register 0x24 showed 0x0 instead of 0x8')],
    'garbled': [
        ('BROKEN', A, 'its registers cannot be read'),
        ('LOOK', A, 'the indexes of its queue of commands make no sense'),
        ('LOOK', '<evil>&"\'', '3 faults so far'),
        ('LOOK', A, 'not all of its files could be read')],
}
# What must stand in the page.
SAID = {
    'healthy': ['1 SMMU, 2 devices (2 translated): nothing is wrong', '472 KiB in 8 ranges',
                'p50 2.0 us to 4.1 us, p90 2.0 us to 4.1 us, p99 4.1 us to 8.2 us',
                '0xff200000-0xff3fffff 2 MiB', '(nvme, domain type DMA)', 'ASID 1, table 0x102f43000'],
    'storm': ['0xffff8000 is not mapped now: right after one that ends at 0xffff7fff',
              '0x102ff0040 is no address of the device\'s, but memory that 0xffff0040 leads to',
              '48000 more lines were suppressed'],
    'dead-queue': ['command queue does not get past this; giving up', '256 of 256', ', given up'],
    'stage2': ['stage 2 translates; VMID 1, table 0x104f40000', '40 bits in, 40 bits out', '4K 2M 1G',
               '0x20,0x21,0x22,+1', 'and 3 more streams'],
    'nested': ['both stages translate; contexts at 0x40123000', 'behind the guest\'s: 2.00 GiB',
               'identity, PASIDs translated', 'PASID 1: the page table of a process',
               'PASID 2: 2.00 MiB in 3 ranges', 'rwx 4', 'addresses of a process'],
    'asleep': ['  asleep', 'does not wake up (-110)'],
    'garbled': ['sync_latency: 2 lines not understood: "watching: perhaps"', 'contexts: is empty',
                'features: has no "queues", its last line', 'stats: nothing of it is understood'],
}


# Bytes that are no text are written as \\x00 in the files here.
MADE = tempfile.TemporaryDirectory()    # pylint: disable=consider-using-with


def setUpModule():      # pylint: disable=invalid-name
    for name in EXPECTED:
        with open(os.path.join(HERE, 'snapshots', name + '.txt'), 'rb') as f:
            data = re.sub(rb'\\x([0-9a-f]{2})', lambda m: bytes([int(m[1], 16)]), f.read())
        with open(snapshot_path(name), 'wb') as f:
            f.write(data)


def tearDownModule():   # pylint: disable=invalid-name
    MADE.cleanup()


def snapshot_path(name):
    return os.path.join(MADE.name, name + '.txt')


def content(name):
    with open(snapshot_path(name), 'rb') as f:
        return f.read()


def judged(path, log=None):
    snapshot = model.load(path, log)
    return snapshot, findings.Judge(snapshot).all()


def page_of(path, log=None):
    return '\n'.join(page.text(*judged(path, log), 'name'))


def unfolded(text):
    return re.sub(r'\s+', ' ', text)


def files_of(name):
    """{path: bytes} of a snapshot."""
    files = {}
    for path, opened in source.files(snapshot_path(name)):
        with opened() as f:
            files[path] = f.read()
    return files


def run(*args, **options):
    done = subprocess.run([sys.executable, PROGRAM, *args], capture_output=True, check=False, **options)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Workplace(unittest.TestCase):
    """A test with a directory of its own."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()   # pylint: disable=consider-using-with
        self.addCleanup(place.cleanup)
        self.place = place.name

    def directory(self, name):
        top = os.path.join(self.place, name)
        for path, data in files_of(name).items():
            os.makedirs(os.path.dirname(os.path.join(top, path)), exist_ok=True)
            with open(os.path.join(top, path), 'wb') as f:
                f.write(data)
        return top

    def archive(self, name, mode, end, files=None):
        path = os.path.join(self.place, name + end)
        with tarfile.open(path, mode) as archive:
            for member, data in (files or files_of(name)).items():
                info = tarfile.TarInfo('./some/where/' + member)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return path

    def write(self, name, data):
        path = os.path.join(self.place, name)
        with open(path, 'wb') as f:
            f.write(data)
        return path


class Findings(unittest.TestCase):
    """Each snapshot by hand."""

    def test_all_of_each_snapshot(self):
        for name, expected in EXPECTED.items():
            with self.subTest(name):
                _, found = judged(snapshot_path(name))
                seen = [(advice.LEVELS[f.level], f.who, f.what) for f in found]
                self.assertEqual([(level, who) for level, who, _ in seen],
                                 [(level, who) for level, who, _ in expected], seen)
                for (_, _, what), (_, _, begins) in zip(seen, expected):
                    self.assertTrue(what.startswith(begins), f'{what} / {begins}')

    def test_words_of_each_page(self):
        for name, said in SAID.items():
            with self.subTest(name):
                text = page_of(snapshot_path(name))
                for part in said:
                    self.assertIn(unfolded(part), unfolded(text))

    def test_each_finding_says_all(self):
        for name in EXPECTED:
            for f in judged(snapshot_path(name))[1]:
                self.assertTrue(f.seen and f.step and f.section and f.who and f.what, (name, f.what))

    def test_no_line_is_too_long(self):
        for name in EXPECTED:
            for line in page_of(snapshot_path(name)).split('\n'):
                self.assertLessEqual(len(line), page.WIDE)

    def test_without_the_log(self):
        text = content('storm').split(b'==> dmesg')[0]
        with tempfile.NamedTemporaryFile() as f:
            f.write(text)
            f.flush()
            found = [(f.who, f.what) for f in judged(f.name)[1]]
        self.assertIn((EDU, '48211 faults so far, which nobody served'), found)

    def test_past_block_is_a_note(self):
        with tempfile.NamedTemporaryFile() as log:
            log.write(b'[1.0] nvme 0000:00:01.0: did not answer an ATC invalidation; its DMA is blocked\n'
                      b'[2.0] nvme 0000:00:01.0: was blocked; its DMA is let through again\n')
            log.flush()
            found = judged(snapshot_path('healthy'), log.name)[1]
        self.assertEqual([(f.level, f.who, f.what) for f in found],
                         [(advice.NOTE, NVME, 'it was blocked, and is not any more')])

    def change(self, old, new, name='healthy', count=1):
        data = content(name)
        self.assertIn(old, data)
        with tempfile.NamedTemporaryFile() as f:
            f.write(data.replace(old, new, count))
            f.flush()
            return [(advice.LEVELS[x.level], x.who, x.what) for x in judged(f.name)[1]]

    def test_one_thing_each(self):
        for old, new, level, who, what in (
                (b'V             0x1  valid', b'V             0x0  not valid', 'LOOK', NVME,
                 'a stream table entry of it is not valid'),
                (b'without a PASID\n  V             0x1  valid',
                 b'without a PASID\n  V             0x0  not valid',
                 'LOOK', NVME, 'its context is not valid'),
                (b'control: 0xd, acknowledged 0xd', b'control: 0xd, acknowledged 0xc', 'BROKEN', A,
                 'it does not acknowledge'),
                (b'control: 0xd, acknowledged 0xd', b'control: 0xc, acknowledged 0xc', 'BROKEN', A,
                 'translation is off'),
                (b'control: 0xd, acknowledged 0xd', b'control: 0x9, acknowledged 0x9', 'BROKEN', A,
                 'its command or event queue is off'),
                (b'pri_overflows 0', b'pri_overflows 2', 'LOOK', A, 'its page request queue overflowed'),
                (b'command_errors 0', b'command_errors 1', 'LOOK', A, 'it refused 1 command'),
                (b'events 0\nevent_o', b'events 5\nevent_o', 'LOOK', A, '5 events of streams'),
                (b'stage 1\n', b'stage 1, ATS\n', 'LOOK', NVME, 'its ATS is on, and the SMMU refuses'),
                (b'sid 0x10 domain', b'sid 0x8 domain', 'LOOK', '0000:00:02.0', 'its stream 0x8 is also'),
                (b'domain translated, stage 1', b'domain identity', 'NOTE', NVME, 'it changed while'),
                (b'0x000104a40000 4.00', b'0x100000000000 4.00', 'LOOK', NVME, 'a mapping leads to 0x1000'),
                (b'errors pending: 0x0', b'errors pending: event queue memory, 0x4', 'BROKEN', A,
                 'events cannot be written'),
                (b'< 131072 ns: 2\n', b'< 2097152 ns: 900\n', 'NOTE', A, 'syncs are slow'),
                (b'events: 0 of 512', b'events: 400 of 512', 'LOOK', A, 'its queue of events is almost full'),
        ):
            with self.subTest(what):
                seen = self.change(old, new)
                self.assertTrue([s for s in seen if s[:2] == (level, who) and s[2].startswith(what)], seen)
        self.assertEqual(self.change(b'sleeps 0', b'sleeps 3'), [])

    def test_streams_that_differ(self):
        begin = b'stream 0x21\n  V             0x1  valid\n  Config        0x'
        seen = self.change(begin + b'4  DMA passes untranslated', begin + b'0  DMA aborts, silently',
                           'stage2')
        self.assertIn(('LOOK', 'a003e00.gpu', 'its streams are not treated alike'), seen)

    def test_a_view_that_is_narrow_is_said(self):
        data = content('storm').replace(b'addresses 0x0 to 0xffffffffffffffff', b'addresses 0x0 to 0xfff')
        with tempfile.NamedTemporaryFile() as f:
            f.write(data)
            f.flush()
            text = page_of(f.name)
        self.assertIn('only 0x0 to 0xfff', text)
        self.assertNotIn('is not mapped now', text)


class Agreement(unittest.TestCase):
    """With the driver and its documentation, where they are at hand."""

    def text(self, *patterns):
        text = ''
        for path in (p for pattern in patterns for p in glob.glob(os.path.join(TOP, pattern))):
            with open(path, encoding='utf-8') as f:
                text += f.read()
        if not text:
            self.skipTest('not there')
        return text

    def test_the_driver_says_these_words(self):
        driver = self.text('drivers/iommu/arm-smmu-v3/*.c', 'drivers/iommu/arm-smmu-v3.c',
                           'drivers/iommu/of_iommu.c', 'drivers/iommu/iommu.c', 'drivers/acpi/arm64/*.c',
                           'series/*.patch')
        wanted = [r.key for r in advice.MESSAGES] + [key for key, _ in advice.BLOCKS] + list(advice.PENDING)
        wanted += list(advice.EVENTS) + [model.BEHIND_GUEST, model.NO_PASID]
        wanted += [line.strip() for line in model.TABLE_KINDS if 'shown' not in line]
        wanted += [model.LAST_FEATURE, model.LAST_STAT, model.LAST_OF_QUEUES, 'given up', 'asleep',
                   'by the driver', 'was blocked; its DMA is let through again', 'its DMA is blocked',
                   'addresses of a process']
        wanted += [f'"{name}"' for name in model.INSTANCE_FILES + model.MASTER_FILES]
        for word in wanted:
            self.assertIn(word, driver)

    def test_all_reasons_to_block_are_known(self):
        driver = self.text('drivers/iommu/arm-smmu-v3/*.c')
        for why in re.findall(r'smmu_master_block\([^"]*?"([^"]+)"\)', driver):
            self.assertTrue(any(why.startswith(key) for key, _ in advice.BLOCKS), why)

    def test_all_events_are_known(self):
        driver = self.text('drivers/iommu/arm-smmu-v3/evtq.c')
        names = set(re.findall(r'\[EVT_\w+\] = \{ "(\w+)"', driver))
        self.assertGreater(len(names), 15)
        # A hint is no fault.
        self.assertEqual(names - set(advice.EVENTS), {'E_PAGE_REQUEST'})

    def test_entry_fields_are_the_drivers(self):
        driver = self.text('drivers/iommu/arm-smmu-v3/fields.c')
        ours = self.text('tools/iommu/smmu_report/*.py')
        used = set(re.findall(r"(?:fields|\bf)(?:, |\.get\()['\"](\w+)['\"]|value\('(\w+)'", ours))
        used = {a or b for a, b in used}
        self.assertGreater(len(used), 15)
        for name in used:
            self.assertIn(f'{{ "{name}",', driver)

    def test_sections_exist(self):
        titles = self.text(advice.GUIDE).split('\n')
        for section in (advice.EVENT, advice.LOG, advice.FILES, advice.FIRMWARE, advice.SLEEP,
                        advice.PARAMETERS, advice.PROCESS, advice.AT_WORK):
            self.assertIn(section, titles)


    def test_the_example_is_what_is_printed(self):
        guide = os.path.join(TOP, 'Documentation/admin-guide/iommu/smmu-report.')
        example = self.text(guide + 'rst').split('beyond its buffer::\n')[1].split('\nWhen the log')[0]
        printed = page_of(snapshot_path('mixed')).split('\n')
        lines = [line[4:] for line in example.split('\n') if line.strip(' .')]
        self.assertGreater(len(lines), 20)
        for line in lines:
            self.assertIn(line, printed)
        self.assertEqual(self.text(guide + 'svg'), picture.svg(*judged(snapshot_path('mixed'))))


class Forms(Workplace):
    """A snapshot is the same in all its forms."""

    def test_directory_tar_and_text(self):
        for name in ('healthy', 'storm', 'nested'):
            wanted = page_of(snapshot_path(name))
            top = self.directory(name)
            self.assertEqual(page_of(top), wanted)
            for mode, end in (('w', '.tar'), ('w:gz', '.tar.gz'), ('w:xz', '.tar.xz')):
                self.assertEqual(page_of(self.archive(name, mode, end)), wanted)

    def test_the_directory_itself_and_other_files(self):
        top = self.directory('healthy')
        os.symlink('/dev/zero', os.path.join(top, 'arm_smmu_v3', A, 'features2'))
        os.mkfifo(os.path.join(top, 'arm_smmu_v3', A, 'stats2'))
        text = page_of(os.path.join(top, 'arm_smmu_v3'))
        self.assertIn('nothing is wrong', text)
        self.assertIn('--log FILE', text)
        self.assertIn('nothing is wrong', page_of(os.path.join(top, 'arm_smmu_v3', A)))

    def test_a_console_that_stamps_and_marks(self):
        lines = content('storm').decode().split('\n')
        # The console's own lines come between.
        text = ''.join(f'[ {n:4}.000001][  T1{n % 10}] G| {line}\r\n[ {n:4}.000002] eth0: link up\r\n'
                       for n, line in enumerate(lines))
        path = self.write('console', b'boot\n' + text.encode())
        self.assertEqual(page_of(path), page_of(snapshot_path('storm')))

    def test_log_that_is_given_wins(self):
        log = self.write('log', b'arm-smmu-v3 9050000.smmuv3: entered service failure mode; no more\n')
        found = judged(snapshot_path('storm'), log)[1]
        self.assertIn('it entered service failure mode', [f.what for f in found])
        self.assertNotIn('4 F_TRANSLATION events of a write', [f.what for f in found])

    def test_collect_is_read_again(self):
        top, out = self.directory('healthy'), os.path.join(self.place, 'out.tar.gz')
        os.umask(0o022)
        source.collect(os.path.join(top, 'arm_smmu_v3'), out)
        self.assertEqual(os.stat(out).st_mode & 0o777, 0o600)
        with tarfile.open(out) as archive:
            got = {m.name: archive.extractfile(m).read() for m in archive}
        for path, data in files_of('healthy').items():
            if path.startswith('arm_smmu_v3/'):
                self.assertEqual(got[path], data)
        self.assertIn(b'kernel ', got['machine'])

    def test_what_sysfs_says(self):
        platform = os.path.join(self.place, 'devices/9050000.smmuv3')
        home, dev = os.path.join(platform, 'iommu', A), os.path.join(self.place, 'devices', NVME)
        for path in (os.path.join(home, 'devices'), dev, os.path.join(self.place, 'class'),
                     os.path.join(self.place, 'groups/7'), os.path.join(self.place, 'drivers/nvme')):
            os.makedirs(path)
        os.symlink(home, os.path.join(self.place, 'class', A))
        os.symlink(dev, os.path.join(home, 'devices', NVME))
        os.symlink(os.path.join(self.place, 'drivers/nvme'), os.path.join(dev, 'driver'))
        os.symlink(os.path.join(self.place, 'groups/7'), os.path.join(dev, 'iommu_group'))
        self.write('groups/7/type', b'DMA-FQ\n')
        with unittest.mock.patch.object(source, 'CLASS', os.path.join(self.place, 'class')):
            lines = list(source.machine())
        self.assertEqual(lines[2:], [f'instance {A} 9050000.smmuv3',
                                     f'device {A} {NVME} driver nvme group 7 type DMA-FQ'])
        files = files_of('healthy')
        files['machine'] = ''.join(f'{line}\n' for line in lines).encode()
        text = page_of(self.archive('named', 'w', '.tar', files))
        self.assertIn('(nvme, domain type DMA-FQ)', text)
        self.assertIn(f'{A} (9050000.smmuv3)', text)

    def test_exit_status(self):
        self.assertEqual(run(snapshot_path('healthy'))[0], 0)
        svg = os.path.join(self.place, 'out.svg')
        status, out, _ = run('-', '--svg', svg, input=content('storm'))
        self.assertEqual((status, os.path.getsize(svg) > 1000), (1, True))
        self.assertIn('from standard input', out)
        status, out, err = run(os.path.join(self.place, 'nowhere'))
        self.assertEqual((status, out), (2, ''))
        self.assertIn('nowhere', err)

    def test_nothing_to_be_read(self):
        empty = {path: b'' for path in files_of('healthy')}
        os.mkdir(os.path.join(self.place, 'empty'))
        for path, why in ((self.archive('hollow', 'w', '.tar', empty), 'tar makes them'),
                          (os.path.join(self.place, 'empty'), 'no SMMU'),
                          (self.write('noise', bytes(range(256)) * 16), 'neither a directory'),
                          (self.write('nothing', b''), 'neither a directory'),
                          (self.archive('other', 'w', '.tar', {'a/b': b'x'}), 'no SMMU')):
            with self.assertRaisesRegex(source.SourceError, why):
                model.load(path)
        with self.assertRaises(source.SourceError):
            model.load(snapshot_path('healthy'), os.path.join(self.place, 'no log'))


class Damage(Workplace):
    """Whatever the files are, there is a page and a picture, and what was not understood is said."""

    def survives(self, path):
        try:
            snapshot, found = judged(path)
        except source.SourceError:
            return None
        list(page.text(snapshot, found, 'name'))
        xml.etree.ElementTree.fromstring(picture.svg(snapshot, found))
        return found

    def test_each_file_missing_or_cut(self):
        files = files_of('healthy')
        for lost in (p for p in files if p.startswith('arm_smmu_v3')):
            rest = {p: d for p, d in files.items() if p != lost}
            found = self.survives(self.archive('less', 'w', '.tar', rest))
            if not lost.endswith(('contexts', 'tables')):
                self.assertTrue(any('not all of its files' in f.what for f in found), lost)
            rest[lost] = files[lost][:len(files[lost]) // 2]
            found = self.survives(self.archive('less', 'w', '.tar', rest))
            # Half a file may end where a line does.
            if not rest[lost].endswith(b'\n'):
                self.assertTrue(any('middle of a line' in s for f in found for s in f.seen), lost)

    def test_archive_that_ends_early(self):
        for mode, end in (('w', '.tar'), ('w:gz', '.tgz')):
            path = self.archive('storm', mode, end)
            size, noted = os.path.getsize(path), 0
            for part in (8, 6, 4, 3):
                os.truncate(path, size * part // 10)
                found = self.survives(path)
                noted += bool(found) and any('not all of its files' in f.what for f in found)
            self.assertGreater(noted, 1)

    def test_noise(self):
        dice = random.Random(62)
        for n in range(80):
            data = bytearray(content(dice.choice(list(EXPECTED))))
            for _ in range(dice.randrange(1, 40)):
                at = dice.randrange(len(data))
                what = dice.randrange(4)
                if what == 0:
                    data[at] = dice.randrange(256)
                elif what == 1:
                    del data[at:at + dice.randrange(100)]
                elif what == 2:
                    data[at:at] = dice.choice((b'0xffffffffffffffff', b'99999999999999999999999', b'-1',
                                               b'\n', b'<', b'&', b'\x00', b' ', b'\xff', b'\x1b[2J'))
                else:
                    other = dice.randrange(len(data))
                    data[at:at] = data[other:other + dice.randrange(200)]
            self.survives(self.write(f'noise{n}', bytes(data)))

    def test_nothing_moves_the_cursor(self):
        text = page_of(snapshot_path('garbled'))
        self.assertFalse([c for c in text if not c.isprintable() and c != '\n'])


class Pictures(unittest.TestCase):
    """The picture is a picture alone."""

    def test_well_formed_and_self_contained(self):
        for name in EXPECTED:
            snapshot, found = judged(snapshot_path(name))
            text = picture.svg(snapshot, found)
            root = xml.etree.ElementTree.fromstring(text)
            kinds = {e.tag.split('}')[1] for e in root.iter()}
            self.assertLessEqual(kinds, {'svg', 'title', 'style', 'rect', 'text', 'circle', 'path'})
            for banned in ('href', 'url(', '@import', '@font-face', 'onload'):
                self.assertNotIn(banned, text)
            high, wide = float(root.get('height')), float(root.get('width'))
            for e in root.iter():
                if e.tag.endswith('rect'):
                    self.assertLessEqual(float(e.get('x')) + float(e.get('width')), wide + 0.5)
                    self.assertLessEqual(float(e.get('y')) + float(e.get('height')), high + 0.5)

    def test_devices_have_the_colour_of_their_state(self):
        snapshot, found = judged(snapshot_path('nested'))
        text = picture.svg(snapshot, found)
        for state in ('translated', 'identity', 'blocked'):
            self.assertEqual(len(re.findall(f'class="box {state}"', text)), 1)
        for _, m in snapshot.masters():
            self.assertIn(m.name, text)

    def test_names_are_escaped(self):
        text = picture.svg(*judged(snapshot_path('garbled')))
        self.assertIn('&lt;evil&gt;&amp;', text)
        self.assertNotIn('<evil>', text)

    def test_many_devices(self):
        data = content('healthy').decode()
        line = f'{NVME} sid 0x8 domain translated, stage 1\n'
        many = ''.join(f'dev{n} sid {n + 256:#x} domain blocked by the driver: floods\n' for n in range(300))
        with tempfile.NamedTemporaryFile('w') as f:
            f.write(data.replace(line, line + many))
            f.flush()
            text = picture.svg(*judged(f.name))
        self.assertIn('and 262 more devices', text)
        self.assertIn('and 293 more', text)
        xml.etree.ElementTree.fromstring(text)


class Tables(unittest.TestCase):
    """Ranges, against a set of pages."""

    def make(self, seed, count=300):
        dice, table, pages, at = random.Random(seed), tables.Table('x'), {}, 0
        for _ in range(count):
            at += dice.choice((0, 1, 2, 30, 5000)) if pages else dice.randrange(100)
            length, phys = dice.randrange(1, 9), dice.randrange(1 << 20)
            self.assertTrue(table.take(f'  {at << 12:#014x}-{(at + length << 12) - 1:#014x} '
                                       f'{phys << 12:#014x} 4.00 KiB rw cached'))
            pages.update((at + n, phys + n) for n in range(length))
            at += length
        return table, pages, dice

    def test_against_pages(self):
        for seed in range(5):
            table, pages, dice = self.make(seed)
            self.assertEqual(table.bytes, len(pages) << 12)
            self.assertEqual(sum(full for _, _, full in table.areas()), table.bytes)
            self.assertEqual(table.highest, (max(pages.values()) + 1 << 12) - 1)
            for _ in range(300):
                page_number = dice.randrange(max(pages) + 10)
                inside, after = table.at((page_number << 12) + 5)
                self.assertEqual(inside is not None, page_number in pages)
                above = [p for p in pages if p > page_number]
                if page_number not in pages:
                    self.assertEqual(table.first[after] >> 12 if after < len(table.first) else None,
                                     min(above) if above else None)
            wanted = [(p << 12) + 7 for p in dice.sample(sorted(set(pages.values())), 20)]
            for phys, iova in table.leads_to(wanted).items():
                self.assertEqual(pages[iova >> 12], phys >> 12)
            self.assertEqual(len(table.leads_to(wanted)), 20)

    def test_areas_have_ends_that_are_mapped(self):
        table, pages, _ = self.make(9)
        for first, last, full in table.areas():
            self.assertIn(first >> 12, pages)
            self.assertIn(last >> 12, pages)
            self.assertEqual(full >> 12, sum(first >> 12 <= p <= last >> 12 for p in pages))

    def test_density_adds_up(self):
        table, _, _ = self.make(3)
        for first, last, full in table.areas():
            for buckets in (1, 7, 600):
                total = sum(table.density(first, last, buckets)) * (last - first + 1) / buckets
                self.assertAlmostEqual(total / full, 1, places=6)

    def test_what_a_line_permits(self):
        for tail, access, kind in (('4.00 KiB rw cached', 'rw', 'cached'),
                                   ('4.00 KiB r- clean cached not accessed', 'r-', 'cached'),
                                   ('4.00 KiB rwx dirty cached', 'rwx', 'cached'),
                                   ('2.00 MiB rwx device', 'rwx', 'device'),
                                   ('64.0 KiB -w outer cached contiguous', '-w', 'outer cached'),
                                   ('4.00 KiB rwx privileged unknown memory', 'rwx', 'unknown')):
            table = tables.Table('x')
            self.assertTrue(table.take(f'  0x000000001000-0x000000001fff 0x000000008000 {tail}'))
            self.assertEqual((list(table.access), list(table.types)), ([access], [kind]))

    def test_lines_that_are_none(self):
        table = tables.Table('x')
        for line in ('  0x2000-0x1fff 0x0 4.00 KiB rw cached', '  0x1000-0x1fff 0x0 4.00 XiB rw cached',
                     '  0x1000', '  0x1000-0x1fff 0x10000000000000000 4.00 KiB rw cached',
                     '  x-y z 4.00 KiB rw cached'):
            self.assertFalse(table.take(line))


class Numbers(unittest.TestCase):
    """Percentiles and words for numbers."""

    def test_percentiles_against_samples(self):
        dice = random.Random(5)
        for _ in range(20):
            samples = sorted(int(dice.lognormvariate(8, 2)) for _ in range(dice.randrange(1, 500)))
            inst = model.Instance('x')
            for bits in range(34):
                n = sum(s.bit_length() == bits for s in samples)
                if n:
                    model.take_sync_latency(inst, f'< {1 << bits} ns: {n}')
            for part in (500, 900, 990):
                low, high = inst.percentile(part)
                exact = samples[-(-len(samples) * part // 1000) - 1]
                self.assertTrue(low <= exact < high, (low, exact, high))

    def test_sizes(self):
        for number, text in ((0, '0 B'), (4096, '4 KiB'), (1536, '1.50 KiB'), ((1 << 30) + 1, '1.00 GiB'),
                             (472 << 10, '472 KiB'), (1 << 63, '8 EiB')):
            self.assertEqual(words.size(number), text)
        for ns, text in ((0, '0 ns'), (512, '512 ns'), (1024, '1.0 us'), (16384, '16 us'),
                         (1 << 31, '2.1 s')):
            self.assertEqual(words.duration(ns), text)


if __name__ == '__main__':
    unittest.main()
