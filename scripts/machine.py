# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's virt machine with SMMUv3, NVMe, edu and a NIC: boot it, read what it says."""
import dataclasses
import functools
import os
import re
import selectors
import subprocess
import tempfile
import time

import qmp

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FIRMWARE = ('/usr/share/qemu-efi-aarch64/QEMU_EFI.fd', '/usr/share/AAVMF/AAVMF_CODE.fd')
QEMU = 'qemu-system-aarch64'

SPLAT = re.compile(
    r'Call trace:|BUG:|WARNING:|KASAN|KCSAN: |UBSAN:|Oops|Internal error:|Kernel panic|'
    r'possible (circular|recursive|irq)|suspicious RCU|INFO: task .* blocked|'
    r'detected stalls|soft lockup|unreferenced object|DMA-API: .*(error|warning)|'
    r'Unable to handle|scheduling while atomic|refcount_t:|list_(add|del) corruption')
HARMLESS = re.compile(r'kasan: KernelAddressSanitizer|KASLR|KASAN_VMALLOC')
STAMP = re.compile(r'^\[ *\d+\.\d+\](?:\[ *[CT]\d+\])? ?')
NOTHING = re.compile(r'^1\.\.0 # SKIP (?P<why>.*)')
RESULT = re.compile(r'^(?P<indent> *)(?P<no>not )?ok \d+ ?-? ?(?P<name>.*)')


@dataclasses.dataclass
class Machine:
    """What is varied from one boot to the next."""
    out: str = 'build/out/4k'
    machine: str = 'virt'
    cpu: str = 'max'
    cpus: int = 4
    gic: str = '3'
    its: bool = True
    firmware: str = 'devicetree'
    el2: bool = False
    mode: str = 'strict'
    jobs: str = 'nvme,edu,net,smmu'
    disk_bytes: int = 48 << 20
    disk_options: str = ''
    memory: str = '1G'
    timeout: int = 180
    append: str = ''
    extra: tuple = ()
    dtb: str = ''
    initramfs: str = 'initramfs.gz'
    hotplug: bool = False
    warns: str = ''

    def has_msi(self):
        """Whether a device has message interrupts; edu needs them to exist."""
        return self.gic == '2' or self.its

    def doorbells(self):
        """How NVMe's doorbells are rung.

        QEMU's NVMe tells the guest where to ring next before it reads how far the
        guest has come. A wired interrupt whose doorbell is then left out stays
        asserted for ever, under the pristine kernel as well: no shadow doorbells.
        """
        return '' if self.has_msi() or not nvme_has('dbcs') else ',dbcs=off'

    def arguments(self, disk):
        """QEMU's command line."""
        board = f'{self.machine},gic-version={self.gic},iommu=smmuv3'
        if self.gic == '3' and not self.its:
            board += ',its=off'
        if self.el2:
            board += ',virtualization=on'
        domain = {'strict': 'DMA', 'lazy': 'DMA-FQ', 'passthrough': 'identity'}[self.mode]
        options = {'strict': 'iommu.passthrough=0 iommu.strict=1',
                   'lazy': 'iommu.passthrough=0 iommu.strict=0',
                   'passthrough': 'iommu.passthrough=1'}[self.mode]
        append = (f'console=ttyAMA0 log_buf_len=2M printk.devkmsg=on {options} '
                  f'jobs={self.jobs} bytes={self.disk_bytes} domain={domain} '
                  f'edu_bits={40 if self.mode == "passthrough" else 28} {self.append}')
        out = os.path.join(ROOT, self.out)
        args = [QEMU, '-machine', board, '-cpu', self.cpu, '-smp', str(self.cpus),
                '-m', self.memory, '-nographic', '-no-reboot', '-nodefaults',
                '-serial', 'mon:stdio' if 'shell' in self.jobs else 'stdio',
                '-kernel', f'{out}/arch/arm64/boot/Image', '-initrd', f'{out}/{self.initramfs}',
                '-append', append,
                '-drive', f'file={disk},if=none,id=disk,format=raw,cache=unsafe'
                + self.disk_options,
                '-device', 'nvme,serial=arm-iommu,drive=disk' + self.doorbells(),
                '-netdev', 'user,id=net,restrict=on', '-device',
                'virtio-net-pci,netdev=net,disable-legacy=on,iommu_platform=on,romfile=']
        if self.has_msi():
            # Without translation the device must reach RAM, which starts at 1 GiB.
            args += ['-device', 'edu,dma_mask=0xffffffffff' if self.mode == 'passthrough' else 'edu']
        if self.firmware == 'ACPI':
            args += ['-bios', uefi()]
        if self.dtb:
            args += ['-dtb', self.dtb]
        if self.hotplug:
            args += self.hotplug_arguments(disk)
        return args + list(self.extra)

    @staticmethod
    def hotplug_arguments(disk):
        """Two ports, what may be plugged in there, and a socket for the commands to do so."""
        ports = [['-device', f'pcie-root-port,id=port{n},chassis={n},slot={n}'] for n in (1, 2)]
        return sum(ports, []) + [
            '-blockdev', f'driver=file,node-name=spare,filename={disk}.spare,cache.no-flush=on',
            '-netdev', 'user,id=spare_net,restrict=on',
            '-qmp', f'unix:{disk}.qmp,server=on,wait=off']


@dataclasses.dataclass
class Outcome:
    """What a boot said."""
    log: str
    passed: list
    failed: list
    skipped: list
    splats: list
    finished: bool
    seconds: float

    def good(self):
        """Everything asked for happened, and nothing else."""
        return self.finished and not self.failed and not self.splats and bool(self.passed)

    def why(self):
        """The first few reasons against it."""
        reasons = list(self.failed[:3]) + [f'splat: {s}' for s in self.splats[:2]]
        if not self.finished:
            reasons.append('did not reach its end')
        return '; '.join(reasons)


@functools.cache
def qemu_version():
    """(major, minor), or (0, 0) without QEMU."""
    try:
        text = subprocess.run([QEMU, '--version'], capture_output=True, text=True,
                              check=False).stdout
    except OSError:
        return 0, 0
    found = re.search(r'version (\d+)\.(\d+)', text)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


@functools.cache
def nvme_has(option):
    """Whether this QEMU's NVMe has the option."""
    text = subprocess.run([QEMU, '-device', 'nvme,help'], capture_output=True, text=True,
                          check=True).stdout
    return re.search(rf'^ *{option}=', text, re.M) is not None


def no_shadow_doorbells():
    """QEMU's arguments for NVMe disks whose doorbells are all rung.

    Between telling the guest where to ring next and reading how far it has come QEMU has no
    barrier: a doorbell that is then left out costs the time that a request may take.
    """
    return ('-global', 'nvme.dbcs=off') if nvme_has('dbcs') else ()


@functools.cache
def newest_machine():
    """Name of the newest versioned virt machine that this QEMU has."""
    text = subprocess.run([QEMU, '-machine', 'help'], capture_output=True, text=True,
                          check=True).stdout
    found = [tuple(map(int, m)) for m in re.findall(r'^virt-(\d+)\.(\d+)', text, re.M)]
    return 'virt-%d.%d' % max(found)


def uefi():
    """UEFI firmware for arm64, or None."""
    return next((f for f in FIRMWARE if os.path.exists(f)), None)


def without_warnings(log, where):
    """The log without the warnings of a function that jobs are known to provoke."""
    return re.sub(rf'^[^\n]*\[ cut here \]-(?:(?!\[ cut here \]).)*?WARNING: [^\n]* {where}\+.*?'
                  r'end trace [^\n]*', '', log, flags=re.M | re.S) if where else log


def read_results(log):
    """Split a console log into passed, failed and skipped names, and splats."""
    passed, failed, skipped, splats = [], [], [], []
    job = suite = ''
    suite_failed = dying = False
    for line in log.splitlines():
        text = STAMP.sub('', line.rstrip('\r'))
        ours = text.startswith('G| ')
        text = text[3:] if ours else text
        if ours and text.startswith('job '):
            job = text[4:]
        # A kernel that is to crash says so, until the next one begins.
        dying = text == 'crash now' if ours else dying and not text.startswith('Linux version')
        if not ours and not dying and SPLAT.search(text) and not HARMLESS.search(text):
            splats.append(text)
        found = re.search(r'io-pgtable-arm: self-test: (\d+) passed, (\d+) failed', text)
        if found and not ours:
            good, bad = map(int, found.groups())
            passed += [f'page table self-test {n}' for n in range(1, good + 1)]
            failed += [f'page table self-test: {bad} failed'] * (bad > 0)
        found = re.match(r'^ *# Subtest: (\S+)', text)
        if found:
            suite = found.group(1)
        found = ours and NOTHING.match(text)
        if found:
            skipped.append(f'{job}: a whole program: {found["why"]}')
        found = RESULT.match(text)
        if not found or not (ours or job in ('kunit', 'drive')):
            continue
        depth = len(found['indent'])
        # Parameters of a case count as one; a suite counts where no case says why it failed.
        if not ours and (depth > 4 or (depth == 0 and (not found['no'] or suite_failed))):
            suite_failed = suite_failed and depth > 0
            continue
        suite_failed = bool(found['no']) or suite_failed
        name = f'{job}: {found["name"]}' if ours else f'kunit {suite}: {found["name"]}'
        if found['no']:
            failed.append(name)
        elif '# SKIP' in found['name']:
            skipped.append(name)
        else:
            passed.append(name)
    return passed, failed, skipped, splats


def boot(machine, show=None, log_file=None, enough=None):
    """Boot, feed each console line to show until enough(its process) is true, and return the Outcome.

    Where the machine has hotplug, what the guest asks for with lines 'qmp COMMAND NAME=VALUE...' is
    done.
    """
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as tmp:
        disk = os.path.join(tmp, 'disk')
        for name in disk, disk + '.spare':
            with open(name, 'wb') as f:
                f.truncate(max(machine.disk_bytes, 64 << 20))
        if machine.hotplug:
            show = qmp.servant(f'{disk}.qmp', show)
        with subprocess.Popen(machine.arguments(disk), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as qemu:
            log = _listen(qemu, start + machine.timeout, show, enough)
            qemu.kill()
    if log_file:
        os.makedirs(os.path.dirname(log_file), exist_ok=True)
        with open(log_file, 'w', encoding='utf-8') as f:
            f.write(' '.join(machine.arguments('disk')) + '\n' + log)
    finished = bool(re.search(r'G\| done', log))
    return Outcome(log, *read_results(without_warnings(log, machine.warns)), finished, time.monotonic() - start)


def _listen(qemu, deadline, show, enough):
    """Collect the console until QEMU ends, time is up or enough was seen."""
    data, shown = b'', 0
    with selectors.DefaultSelector() as waiting:
        waiting.register(qemu.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0 and not (enough and enough(qemu.pid)):
            if not waiting.select(min(left, 5)):
                continue
            chunk = os.read(qemu.stdout.fileno(), 65536)
            if not chunk:
                break
            data += chunk
            while show and (end := data.find(b'\n', shown)) >= 0:
                show(data[shown:end].decode(errors='replace').rstrip('\r'))
                shown = end + 1
    return data.decode(errors='replace')


def interactive(machine):
    """Boot with the console on the terminal; returns QEMU's status."""
    with tempfile.NamedTemporaryFile() as disk:
        disk.truncate(max(machine.disk_bytes, 64 << 20))
        return subprocess.run(machine.arguments(disk.name), check=False).returncode
