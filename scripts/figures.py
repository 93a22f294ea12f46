# SPDX-License-Identifier: GPL-2.0-only
"""What bench measured: as a table, as CSV, as a picture, against the goals."""
import csv
import math
import os

OPERATIONS = ('map', 'unmap', 'sync', 'iova_to_phys')
TITLES = {'ops': 'The driver alone', 'api': 'IOMMU API', 'dma': 'DMA API'}
# Limits of the driver's own ops: a ratio, or instructions for each further page.
MOST_RATIO = {'map': 0.5, 'unmap': 0.5, 'sync': 0.5}
MOST_FURTHER = (('map, table known empty', '4K{}-sparse', 'map', 3),
                ('map, each entry checked', '4K{}', 'map', 5),
                ('unmap', '4K{}', 'unmap', 4))


class Table:
    """Costs of both sides, by (layer, row, operation)."""

    def __init__(self, upstream, ours):
        self.upstream, self.ours = upstream, ours
        self.keys = [k for k in upstream if k in ours and k[0] in TITLES]

    def ratio(self, key):
        return self.ours[key] / self.upstream[key]

    def core(self, key):
        """The core's own share of a call, in instructions; None for the driver's ops."""
        return self.ours.get((key[0] + '-core', *key[1:]))

    def rows(self):
        for key in self.keys:
            core = self.core(key)
            yield (*key, round(self.upstream[key]), round(self.ours[key]),
                   '' if core is None else round(core), f'{self.ratio(key):.2f}')

    def mean(self, layer):
        ratios = [self.ratio(k) for k in self.keys if k[0] == layer]
        return math.exp(sum(map(math.log, ratios)) / len(ratios))

    def further(self, row, operation):
        """Instructions for each page of a run beyond the first ones, of both sides."""
        return [(side[('ops', row.format('x256'), operation)] -
                 side[('ops', row.format('x16'), operation)]) / 240
                for side in (self.upstream, self.ours)]

    def show(self):
        print(f'{"layer":6}{"row":16}{"operation":14}{"upstream":>10}{"ours":>10}'
              f'{"core":>8}{"ratio":>8}')
        for layer, row, operation, upstream, ours, core, ratio in self.rows():
            print(f'{layer:6}{row:16}{operation:14}{upstream:10}{ours:10}{core:>8}{ratio:>8}')
        for layer, title in TITLES.items():
            keys = [k for k in self.keys if k[0] == layer]
            text = f'{title}: {len(keys)} rows, geometric mean {self.mean(layer):.2f}'
            cores = [(self.core(k), k) for k in keys if self.core(k)]
            if cores:
                share = [sum(c for c, _ in cores) / sum(side[k] for _, k in cores)
                         for side in (self.upstream, self.ours)]
                text += (f'; the core\'s share is {share[0]:.0%} of upstream\'s time,'
                         f' {share[1]:.0%} of ours')
            print(text)

    def judge(self):
        """Each goal in a line; whether all are reached."""
        good = []

        def goal(text, value, most):
            good.append(round(value, 2) <= most)
            print(f'  {"ok" if good[-1] else "MISSED":8}{text}: {value:.2f}, at most {most}')

        for operation, most in MOST_RATIO.items():
            goal(f'one 4K page, {operation}, ours to upstream',
                 self.ratio(('ops', '4Kx1', operation)), most)
        for text, row, operation, most in MOST_FURTHER:
            upstream, ours = self.further(row, operation)
            goal(f'instructions a further page, {text} (upstream {upstream:.1f})', ours, most)
        worst = max((k for k in self.keys if k[0] == 'ops'), key=self.ratio)
        goal(f'worst row of the driver alone, {worst[1]} {worst[2]}', self.ratio(worst), 1.0)
        goal('geometric mean of the driver alone', self.mean('ops'), 0.4)
        return all(good)

    def write(self, folder):
        write_csv([('layer', 'row', 'operation', 'upstream', 'ours', 'core', 'ratio'),
                   *self.rows()], folder, 'bench.csv')
        with open(os.path.join(folder, 'bench.svg'), 'w', encoding='utf-8') as f:
            f.write(picture(self))


SVA = ('operation', 'instructions', 'CPU faults', 'commands', 'simulator')
DOMAINS = ('instances', 'map', 'map, one for each', 'unmap', 'unmap, one for each',
           'commands', 'commands, one for each', 'table pages', 'table pages, one for each')


def write_csv(rows, *path):
    with open(os.path.join(*path), 'w', encoding='utf-8', newline='') as f:
        csv.writer(f, lineterminator='\n').writerows(rows)


def show_sva(rows):
    """What shared address spaces cost; ours alone, in page faults of the CPU as well."""
    for operation, *values in [SVA, *rows]:
        print(f'{operation:46}' + ''.join(f'{v:>14}' for v in values))


def write_sva(rows, folder):
    write_csv([SVA, *rows], folder, 'bench-sva.csv')


def domain_rows(table):
    """A row for each number of instances; instructions in those of one instance."""
    one = table[1, 'each']
    for num in sorted({n for n, _ in table}):
        row = [num]
        for i, (shared, each) in enumerate(zip(table[num, 'one'], table[num, 'each'])):
            row += [f'{v / one[i]:.2f}' if i < 2 else v for v in (shared, each)]
        yield row


def show_domains(table):
    """What one page table for several instances saves."""
    for row in [DOMAINS, *domain_rows(table)]:
        print('  '.join(f'{v:>{max(len(name), 6)}}' for v, name in zip(row, DOMAINS)))


def write_domains(table, folder):
    write_csv([DOMAINS, *domain_rows(table)], folder, 'bench-domains.csv')


LEFT, WIDE, GAP, HIGH, SCALE = 110, 150, 22, 16, 130
STYLE = '''text { font: 11px sans-serif; fill: #222 }
.title { font-size: 14px; font-weight: bold } .n { text-anchor: end } .axis { stroke: #888 }
.ours { fill: #3b78b5 } .core { fill: #b9c4cf } .row { fill: #f4f6f8 }'''


def bar(x, y, ratio, core):
    """One bar: what we need of upstream's instructions, the core's part of it in grey."""
    wide = min(ratio, WIDE / SCALE) * SCALE
    grey = min(core or 0, ratio) * SCALE
    return (f'<rect class="ours" x="{x}" y="{y + 3}" width="{wide:.1f}" height="{HIGH - 6}"/>'
            f'<rect class="core" x="{x}" y="{y + 3}" width="{grey:.1f}" height="{HIGH - 6}"/>'
            f'<text x="{x + wide + 3:.1f}" y="{y + 12}">{ratio:.2f}</text>')


def panel(table, layer, top):
    """One layer: a line for each row, a column of bars for each operation."""
    keys = [k for k in table.keys if k[0] == layer]
    rows = list(dict.fromkeys(k[1] for k in keys))
    columns = [o for o in OPERATIONS if any(k[2] == o for k in keys)]
    body = [f'<text class="title" x="8" y="{top + 14}">{TITLES[layer]}</text>']
    start = top + 36
    for n, row in enumerate(rows):
        y = start + n * HIGH
        if n % 2 == 0:
            body.append(f'<rect class="row" x="0" y="{y}" width="100%" height="{HIGH}"/>')
        body.append(f'<text class="n" x="{LEFT - 8}" y="{y + 12}">{row}</text>')
    end = start + len(rows) * HIGH
    for n, operation in enumerate(columns):
        x = LEFT + n * (WIDE + GAP)
        body.append(f'<text x="{x}" y="{start - 5}">{operation}</text>')
        for r, row in enumerate(rows):
            key = (layer, row, operation)
            if key in table.keys:
                core = table.core(key)
                body.append(bar(x, start + r * HIGH, table.ratio(key),
                                core and core / table.upstream[key]))
        body.append(f'<path class="axis" d="M{x} {start}V{end}M{x + SCALE} {start}V{end}"/>')
    return body, end + 18


def picture(table):
    """SVG: instructions of ours over upstream's; the second line of a column is 1.0."""
    top, body = 4, []
    for layer in TITLES:
        lines, top = panel(table, layer, top)
        body += lines
    wide = LEFT + len(OPERATIONS) * (WIDE + GAP)
    caption = 'Instructions, ours / upstream: shorter is faster, the right line is 1. ' \
              'Grey: the part that no driver can change.'
    body.append(f'<text x="8" y="{top + 6}">{caption}</text>')
    return '\n'.join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{top + 16}" '
                      f'viewBox="0 0 {wide} {top + 16}">', f'<style>{STYLE}</style>',
                      '<rect width="100%" height="100%" fill="#fff"/>', *body, '</svg>', ''])
