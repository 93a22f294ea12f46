# SPDX-License-Identifier: GPL-2.0-only
"""Initramfs for kernels that run in the test machine, or after it."""
import os
import subprocess
import sys

TESTS = 'tools/testing/selftests/iommu-arm'


def pack(out, name, lines):
    """A compressed initramfs from lines of gen_init_cpio."""
    with open(f'{out}/{name}.list', 'w', encoding='utf-8') as f:
        f.write('\n'.join(lines) + '\n')
    with open(f'{out}/{name}', 'wb') as f, subprocess.Popen(
            [f'{out}/usr/gen_init_cpio', f'{out}/{name}.list'], stdout=subprocess.PIPE) as cpio:
        subprocess.run(['gzip', '-1'], check=True, stdin=cpio.stdout, stdout=f)
    if cpio.returncode:
        sys.exit(f'gen_init_cpio {name}: status {cpio.returncode}')


def small(tests):
    """A shell, and the tests that are named."""
    lines = [f'dir /{name} 755 0 0' for name in ('bin', 'dev', 'proc', 'sys', 'tmp', 'test')]
    lines += ['nod /dev/console 600 0 0 c 5 1', 'file /init scripts/guest/init 755 0 0',
              'file /bin/busybox build/guest/busybox 755 0 0']
    files = [f'{TESTS}/{name}' for name in tests] + \
        ['build/guest/disk_data', 'build/guest/pagesize']
    return lines + [f'file /test/{os.path.basename(f)} {f} 755 0 0' for f in files]


def like(out, lines):
    """What build/out/CONFIG/initramfs.gz has, and more."""
    with open(f'{out}/initramfs.list', encoding='utf-8') as f:
        return f.read().splitlines() + lines
