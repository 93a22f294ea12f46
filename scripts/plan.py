# SPDX-License-Identifier: GPL-2.0-only
"""The series as data: what each patch of series/plan makes of the kernel tree.

A state is a dictionary from a path in the kernel tree to its content: bytes
and an executable bit, or None for a file that is gone. Paths that are not in
it are as the kernel has them.
"""
import configparser
import fnmatch
import os
import re
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PRISTINE = os.path.join(ROOT, 'build/linux-pristine')
FRAGMENT = 'drivers/iommu/Kconfig.frag'
# Top directories of the repository that stand at kernel paths.
OVERLAY = ('Documentation', 'arch', 'drivers', 'include', 'kernel', 'lib', 'mm', 'tools')


class PlanError(Exception):
    """The plan, an edit or the tree does not fit the others."""


def content(path):
    """(bytes, executable) of a file."""
    with open(path, 'rb') as f:
        return f.read(), bool(os.stat(path).st_mode & 0o100)


def overlay_paths():
    """Overlay files, relative to the root: what git tracks or would track."""
    tops = [d for d in OVERLAY if os.path.isdir(os.path.join(ROOT, d))]
    if not tops:
        return []
    git = subprocess.run(['git', '-C', ROOT, 'ls-files', '-zco', '--exclude-standard', '--', *tops],
                         capture_output=True, check=False)
    if git.returncode == 0:
        names = git.stdout.decode().split('\0')
    else:
        names = [os.path.relpath(os.path.join(base, n), ROOT)
                 for top in tops for base, _, files in os.walk(os.path.join(ROOT, top))
                 for n in files if not n.endswith(('.o', '.ko', '.cmd'))]
    return sorted(n for n in set(names) if n and os.path.isfile(os.path.join(ROOT, n)))


class Patch:
    """One entry of the plan, with the overlay files that belong to it."""

    def __init__(self, name, section, paths):
        self.name = name
        self.subject = section['subject']
        self.patterns = section.get('files', '').split()
        self.remove = section.get('remove', '').split()
        self.symbols = section.get('symbols', '').split()
        self.entries = section.get('entries', '').split()
        self.files = [p for p in paths if any(fnmatch.fnmatchcase(p, f) for f in self.patterns)]
        self.missing = [f for f in self.patterns if not fnmatch.filter(paths, f)]
        self.missing += [f for f in self.entries if not os.path.exists(os.path.join(ROOT, f))]
        edit = os.path.join(ROOT, 'series', name + '.patch')
        self.edit = edit if os.path.exists(edit) else None

    def message(self):
        """What the commit says below its subject."""
        path = os.path.join(ROOT, 'series', self.name + '.msg')
        if not os.path.exists(path):
            return ''
        with open(path, encoding='utf-8') as f:
            return f.read().strip() + '\n'


def load():
    """All patches in order, and the overlay files that none of them names."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(os.path.join(ROOT, 'series/plan'), encoding='utf-8')
    paths = overlay_paths()
    patches = [Patch(name, parser[name], paths) for name in parser.sections()]
    named = {f for p in patches for f in p.files}
    return patches, [p for p in paths if p not in named]


def fragment(symbols):
    """Kconfig.frag with only the blocks of these symbols."""
    with open(os.path.join(ROOT, 'Kconfig.frag'), encoding='utf-8') as f:
        blocks = re.split(r'\n\n(?=(?:#[^\n]*\n)*config )', f.read().rstrip('\n'))
    keep = [blocks[0]]
    for block in blocks[1:]:
        if re.search(r'^config (\w+)', block, re.M).group(1) in symbols:
            keep.append(block)
    return ('\n\n'.join(keep) + '\n').encode(), False


def apply_edit(edit, state):
    """Apply a patch file to the state, taking untouched files from the pristine tree."""
    with open(edit, encoding='utf-8') as f:
        paths = re.findall(r'^\+\+\+ b/(\S+)', f.read(), re.M)
    with tempfile.TemporaryDirectory() as tmp:
        for path in paths:
            data, _ = state.get(path) or content(os.path.join(PRISTINE, path))
            os.makedirs(os.path.join(tmp, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(tmp, path), 'wb') as f:
                f.write(data)
        run = subprocess.run(['patch', '-p1', '-s', '--no-backup-if-mismatch', '-i', edit],
                             cwd=tmp, capture_output=True, text=True, check=False)
        if run.returncode:
            raise PlanError(f'{os.path.relpath(edit, ROOT)} does not apply:\n{run.stdout}')
        for path in paths:
            state[path] = content(os.path.join(tmp, path))


def merge_entries(path, state):
    """Put MAINTAINERS entries where their titles belong in the kernel's list."""
    data, mode = state.get('MAINTAINERS') or content(os.path.join(PRISTINE, 'MAINTAINERS'))
    head, mark, tail = data.decode().partition('Maintainers List\n')
    blocks = re.split(r'\n\n+', tail.strip('\n'))
    is_entry = re.compile(r'[^\n]+\n[A-Z]:\t')
    with open(os.path.join(ROOT, path), encoding='utf-8') as f:
        wanted = [b for b in re.split(r'\n\n+', f.read().strip('\n')) if is_entry.match(b)]
    for block in wanted:
        title = block.partition('\n')[0]
        before = max((b for b in blocks if is_entry.match(b) and b.partition('\n')[0] < title),
                     key=lambda b: b.partition('\n')[0])
        blocks.insert(blocks.index(before) + 1, block)
    state['MAINTAINERS'] = (head + mark + '\n\n'.join(blocks) + '\n').encode(), mode


def apply(patch, state, symbols):
    """Add one patch of the plan to the state and to the set of Kconfig symbols."""
    for path in patch.remove:
        full = os.path.join(PRISTINE, path)
        gone = [path] if not path.endswith('/') else [
            os.path.relpath(os.path.join(base, n), PRISTINE)
            for base, _, names in os.walk(full) for n in names]
        state.update((g, None) for g in gone)
    for path in patch.files:
        state[path] = content(os.path.join(ROOT, path))
    if patch.symbols:
        symbols.update(patch.symbols)
        state[FRAGMENT] = fragment(symbols)
    if patch.edit:
        apply_edit(patch.edit, state)
    for path in patch.entries:
        merge_entries(path, state)


def final():
    """The state of the whole series; overlay files outside the plan come too."""
    state, symbols = {}, set()
    patches, rest = load()
    for patch in patches:
        if not patch.missing:
            apply(patch, state, symbols)
    for path in rest:
        state[path] = content(os.path.join(ROOT, path))
    return state
