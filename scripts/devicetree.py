# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's devicetree as source, changed, and handed back."""
import os
import re
import subprocess

import machine as qemu


def dump(work, machine=None):
    """The devicetree that QEMU makes for a machine, as source."""
    os.makedirs(work, exist_ok=True)
    blob = os.path.join(work, 'virt.dtb')
    args = (machine or qemu.Machine()).arguments(os.devnull)
    args[args.index('-machine') + 1] += f',dumpdtb={blob}'
    subprocess.run(args, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return subprocess.run(['dtc', '-q', '-I', 'dtb', '-O', 'dts', blob], check=True,
                          capture_output=True, text=True).stdout


def compiled(dts, blob, *flags):
    """The path of the blob made of a source; with -f dtc makes one of nonsense, too."""
    subprocess.run(['dtc', '-q', *flags, '-I', 'dts', '-O', 'dtb', '-o', blob, '-'], check=True,
                   text=True, input=dts)
    return blob


def in_node(dts, name, pattern, new):
    """Replace what matches once in a node's body."""
    node = re.search(rf'\t{re.escape(name)} \{{.*?\n\t\}};', dts, re.S)
    body, hits = re.subn(pattern, new, node.group(0))
    assert hits == 1, (name, pattern)
    return dts.replace(node.group(0), body)


def phandle(dts, name):
    """How other nodes refer to a node, such as '0x8004'."""
    node = re.search(rf'\t{re.escape(name)} \{{.*?\n\t\}};', dts, re.S)
    return re.search(r'phandle = <(\w+)>', node.group(0)).group(1)


def with_property(dts, name, prop, *values):
    """A node's property with each of the values, several times if they are several; none deletes it.

    A value is what stands right of the equals sign, '' for a property without one.
    """
    node = re.search(rf'\t{re.escape(name)} \{{.*?\n\t\}};', dts, re.S).group(0)
    body = re.sub(rf'\n\t\t{re.escape(prop)}(?: = [^;]*)?;', '', node)
    lines = ''.join(f'\n\t\t{prop}{" = " + v if v else ""};' for v in values)
    head = node.index('{') + 1
    return dts.replace(node, node[:head] + lines + body[body.index('{') + 1:])


def with_node(dts, text):
    """One more node below the root."""
    end = dts.rindex('};')
    return f'{dts[:end]}\t{text}\n{dts[end:]}'


def platform_nics(dts, iommus, blob):
    """Options of a Machine with NICs that are platform devices, each with one of the properties."""
    options = []
    for number, cells in enumerate(iommus):
        dts = in_node(dts, f'virtio_mmio@{0xa000000 + 0x200 * number:x}', 'dma-coherent;',
                      f'dma-coherent; iommus = <{cells}>;')
        options += ['-netdev', f'user,id=mmio{number},restrict=on', '-device',
                    f'virtio-net-device,netdev=mmio{number},bus=virtio-mmio-bus.{number}']
    return {'dtb': compiled(dts, blob), 'extra': tuple(options)}


def with_smmus(dts, *names):
    """The devicetree with nodes of SMMUs that are not there, and how to refer to each."""
    first = 0x9000
    nodes = ''.join(f'\t{name} {{ #iommu-cells = <1>; dma-coherent; phandle = <{n:#x}>; }};\n'
                    for n, name in enumerate(names, first))
    end = dts.rindex('};')
    return dts[:end] + nodes + dts[end:], [f'{n:#x}' for n, _ in enumerate(names, first)]
