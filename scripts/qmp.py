# SPDX-License-Identifier: GPL-2.0-only
"""What a guest asks of QEMU on its console: devices that come and go."""
import json
import re
import socket
import time

# A device that goes keeps its disk, or its network, for a moment.
RETRY_SECONDS = 10


class Monitor:
    """QEMU's machine protocol, on a socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.lines = self.socket.makefile('rw', encoding='utf-8')
        self.lines.readline()
        self.command('qmp_capabilities')

    def command(self, name, **arguments):
        """The answer to a command, as a dictionary; what happens meanwhile is left out."""
        self.lines.write(json.dumps({'execute': name, 'arguments': arguments}) + '\n')
        self.lines.flush()
        while line := self.lines.readline():
            answer = json.loads(line)
            if 'return' in answer or 'error' in answer:
                return answer
        return {'error': {'desc': 'QEMU has gone'}}


def servant(path, show=None):
    """A consumer of console lines that carries out commands, then feeds each line to show.

    'qmp device_add driver=edu id=x' is device_add with these arguments.
    """
    monitor = []

    def serve(line):
        found = re.search(r'G\| qmp (\S+) *(.*)', line)
        if found:
            monitor.extend([] if monitor else [Monitor(path)])
            arguments = dict(word.split('=', 1) for word in found[2].split())
            arguments = {name: {'true': True, 'false': False}.get(value, value)
                         for name, value in arguments.items()}
            until = time.monotonic() + RETRY_SECONDS
            while 'error' in (answer := monitor[0].command(found[1], **arguments)):
                if time.monotonic() > until:
                    line += f' -- {answer["error"]["desc"]}'
                    print(line, flush=True)
                    break
                time.sleep(0.1)
        if show:
            show(line)
    return serve
