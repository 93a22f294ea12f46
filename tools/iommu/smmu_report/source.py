# SPDX-License-Identifier: GPL-2.0-only
"""Where a snapshot comes from: a directory, an archive, a text of many files; and making one."""
import io
import lzma
import os
import re
import stat
import subprocess
import sys
import tarfile
import tempfile
import time
import zlib

DEBUGFS = '/sys/kernel/debug/arm_smmu_v3'
CLASS = '/sys/class/iommu'
LOGS = ('dmesg', 'dmesg.txt', 'dmesg.log', 'kern.log')
# No line of these files is as long: what is, is no text.
LONGEST_LINE = 4096
# An instance's directory has directories of masters, and they have files.
DEEPEST = 4
IN_MEMORY = 16 << 20
READ_ERRORS = (OSError, EOFError, tarfile.TarError, zlib.error, lzma.LZMAError)
HEADER = re.compile(r'^(?P<mark>.*?)==> (?P<path>\S.*?) <==\s*$')
STAMP = re.compile(r'^\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ')


class SourceError(Exception):
    """There is nothing to be read, and why."""


class Lines:
    """Lines of a stream of bytes, whatever they are; @cut says that the last one has no end."""

    def __init__(self, stream):
        self.stream = stream
        self.cut = False
        self.empty = True

    def __iter__(self):
        for raw in iter(lambda: self.stream.readline(LONGEST_LINE), b''):
            self.empty = False
            self.cut = not raw.endswith(b'\n')
            yield raw.decode('utf-8', 'replace').rstrip('\r\n')


def of_directory(top):
    """(path, function that opens it) of each regular file."""
    inner = os.path.join(top, os.path.basename(DEBUGFS))
    roots = [(inner, DEEPEST), (top, 1)] if os.path.isdir(inner) else [(top, DEEPEST)]
    base = os.path.dirname(os.path.abspath(top))
    for root, deepest in roots:
        for where, folders, names in os.walk(root, onerror=refuse(root)):
            folders.sort()
            if os.path.relpath(where, root).count(os.sep) + 1 >= deepest or deepest == 1:
                folders.clear()
            for name in sorted(names):
                path = os.path.join(where, name)
                if stat.S_ISREG(os.lstat(path).st_mode):
                    yield os.path.relpath(os.path.abspath(path), base), open_file(path)


def open_file(path):
    return lambda: open(path, 'rb')


def refuse(root):
    """For os.walk(): a root that cannot be listed is nothing at all."""
    def failed(error):
        if error.filename == root:
            raise SourceError(f'{root}: {error.strerror}' + (
                ': only root reads debugfs' if isinstance(error, PermissionError) else ''))
    return failed


def of_tar(archive):
    """The same of a tar; nothing is ever unpacked."""
    for member in archive:
        if member.isfile():
            yield member.name, (lambda m=member: archive.extractfile(m))


def of_text(stream):
    """The same of what "tail -n +1 FILES" prints, also through a console that stamps and marks."""
    path = mark = part = stamped = None
    for line in Lines(stream):
        header = HEADER.match(line)
        if header:
            if path is not None:
                yield from rewound(path, part)
            path, mark, stamped = header['path'], STAMP.sub('', header['mark']), bool(header['mark'])
            # pylint: disable-next=consider-using-with
            part = tempfile.SpooledTemporaryFile(IN_MEMORY)
        elif path is not None:
            line = unmarked(line, mark) if stamped else line
            if line is not None:
                part.write(line.encode() + b'\n')
    if path is None:
        raise SourceError('neither a directory, nor an archive, nor "==> PATH <==" and its text')
    yield from rewound(path, part)


def unmarked(line, mark):
    """What stood before "==> PATH <==" stands before each of its lines, or they are none."""
    rest = STAMP.sub('', line)
    return rest[len(mark):] if rest.startswith(mark) else None


def rewound(path, part):
    with part:
        # An empty line stands between two files.
        if part.tell() == 1:
            part.truncate(0)
        part.seek(0)
        yield path, lambda: part


def files(path):
    """(path, function that opens it) of each file of a snapshot."""
    if path == '-':
        yield from of_stream(io.BytesIO(sys.stdin.buffer.read()))
    elif os.path.isdir(path):
        yield from of_directory(path)
    else:
        try:
            with open(path, 'rb') as stream:
                yield from of_stream(stream)
        except OSError as error:
            raise SourceError(f'{path}: {error.strerror or error}') from error


def of_stream(stream):
    # pylint: disable=consider-using-with
    try:
        archive = tarfile.open(fileobj=stream)
    except READ_ERRORS:
        stream.seek(0)
        yield from of_text(stream)
        return
    with archive:
        yield from of_tar(archive)


def kernel_log():
    """What dmesg says, or nothing."""
    try:
        done = subprocess.run(['dmesg'], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return b''
    return done.stdout if done.returncode == 0 else b''


def link(*parts):
    """The name of what a link of sysfs leads to, or '-'."""
    try:
        return os.path.basename(os.readlink(os.path.join(*parts)))
    except OSError:
        return '-'


def machine():
    """What is not in debugfs, a fact each line: names, drivers, types of domains."""
    system = os.uname()
    yield f'kernel {system.release} {system.machine}'
    yield time.strftime('taken %Y-%m-%d %H:%M:%S %z')
    try:
        instances = sorted(n for n in os.listdir(CLASS) if n.startswith('smmu3.'))
    except OSError:
        return
    for name in instances:
        home = os.path.join(CLASS, name)
        yield f'instance {name} {os.path.basename(os.path.dirname(os.path.dirname(os.path.realpath(home))))}'
        try:
            devices = sorted(os.listdir(os.path.join(home, 'devices')))
        except OSError:
            continue
        for dev in devices:
            at = os.path.join(home, 'devices', dev)
            try:
                with open(os.path.join(at, 'iommu_group/type'), encoding='utf-8') as f:
                    kind = f.read().strip()
            except OSError:
                kind = '-'
            yield (f'device {name} {dev} driver {link(at, "driver")} '
                   f'group {link(at, "iommu_group")} type {kind}')


def add(archive, path, stream):
    """One file; its length is known only when it has been read."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as copy:
        while True:
            piece = stream.read(1 << 20)
            if not piece:
                break
            copy.write(piece)
        member = tarfile.TarInfo(path)
        member.size, member.mtime, member.mode = copy.tell(), int(time.time()), 0o600
        copy.seek(0)
        archive.addfile(member, copy)


def collect(top, out):
    """A snapshot as an archive; what could not be read, in words."""
    found, missed = list(of_directory(top)), []
    if not found:
        raise SourceError(f'{top}: no SMMU')
    # It tells where memory is: for its owner alone.
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, 'wb') as f, \
            tarfile.open(fileobj=f, mode='w:gz' if out.endswith('gz') else 'w') as archive:
        for path, opened in found:
            try:
                with opened() as stream:
                    add(archive, path, stream)
            except OSError as error:
                missed.append(f'{path}: {error.strerror}')
        log = kernel_log()
        if log:
            add(archive, 'dmesg', io.BytesIO(log))
        else:
            missed.append('the kernel log: dmesg says nothing')
        add(archive, 'machine', io.BytesIO(''.join(f'{m}\n' for m in machine()).encode()))
    return missed
