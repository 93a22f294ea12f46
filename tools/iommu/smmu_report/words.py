# SPDX-License-Identifier: GPL-2.0-only
"""Numbers and names for people."""
UNITS = {'B': 0, 'bytes': 0, 'KiB': 10, 'MiB': 20, 'GiB': 30, 'TiB': 40, 'PiB': 50, 'EiB': 60}


def plain(text):
    """Without what would move a terminal's cursor, or is no character of XML."""
    return ''.join(c if c.isprintable() else '?' for c in text)


def short(text, most):
    """At most so many characters."""
    return text if len(text) <= most else text[:most - 1] + '…'


def size(number):
    """Bytes, to three digits."""
    unit = 'B'
    for unit, shift in [('EiB', 60), ('PiB', 50), ('TiB', 40), ('GiB', 30), ('MiB', 20), ('KiB', 10),
                        ('B', 0)]:
        if number >> shift:
            break
    else:
        return '0 B'
    value = number / (1 << UNITS[unit])
    digits = 0 if value == int(value) else 2 if value < 10 else 1 if value < 100 else 0
    return f'{value:.{digits}f} {unit}'


def duration(ns):
    """Nanoseconds, to two digits or so."""
    for unit, each in (('s', 10 ** 9), ('ms', 10 ** 6), ('us', 10 ** 3)):
        if ns >= each:
            return f'{ns / each:.{1 if ns < 10 * each else 0}f} {unit}'
    return f'{ns} ns'


def number_of(count, one, many=None):
    """'1 device', '2 devices'."""
    return f'{count} {one if count == 1 else many or one + "s"}'
