# SPDX-License-Identifier: Apache-2.0
"""Moves each timing constant of a machine file by a band and tells which families feel it.

    python -m trainyard.validate.sensitivity [--machine trn2] [--band 0.1] [--family F]…
"""

import argparse
import os
import re
import statistics
import sys
import tempfile
from dataclasses import dataclass

from trainyard import alias
from trainyard.validate import measurements
from trainyard.validate.command import PACKAGE, data
from trainyard.validate.configuration import machine_of
from trainyard.validate.family import NotModelled, all_families, family_of
from trainyard.validate.laboratory import Laboratory
from trainyard.validate.statistics import Summary, error_of

FAST = ("collectives", "instructions", "transfers")
TIMING = ("core", "tensor", "vector", "scalar", "gpsimd", "sync", "semaphore", "sbuf", "dma",
          "hbm", "link")
UNITS = ("ns", "us", "ms", "cycles", "ratio", "fraction", "Hz", "MHz", "GHz", "B/s", "GB/s",
         "TB/s", "B/ns", "Gb/s")
HEADLINES = {"headline_bandwidth", "stated_bandwidth", "pin_rate", "efa_latency"}
NUMBER = re.compile(r'^(\w+) = \{ value = ([\d.]+), unit = "([^"]+)"')
FELT = 0.001   # of a prediction, in the mean of a family


@dataclass(frozen=True)
class Constant:
    section: str
    key: str
    value: float
    unit: str

    def __str__(self):
        return f"{self.section}.{self.key}"

    def what_if(self, base, band):
        """A machine file with this constant moved; a fraction stays one."""
        down = self.unit == "fraction" and self.value * (1 + band) > 1
        value = self.value * (1 - band if down else 1 + band)
        return (f'base = "{base}"\ntitle = "{base}, {self} moved"\n\n[{self.section}]\n'
                f'{self.key} = {{ value = {value!r}, unit = "{self.unit}" }}\n')


def constants_of(path):
    """The timing constants of a machine file."""
    section = None
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("["):
                section = line.strip("[] \n")
            found = NUMBER.match(line)
            if found and section in TIMING and found[3] in UNITS and found[1] not in HEADLINES:
                yield Constant(section, found[1], float(found[2]), found[3])


def rows_of(machine, families):
    """The development rows of these families on this machine, by family."""
    kept = {family: [] for family in families}
    for row in measurements.read(data("measurements.csv")):
        family = family_of(row, families)
        try:
            if family and machine_of(row) == machine:
                kept[family].append(row)
        except NotModelled:
            continue
    return kept


def predictions(rows, machines):
    """Of each family, by the row."""
    lab = Laboratory([], data("kernels"), machines)
    told = {}
    for family, of in rows.items():
        told[family] = {}
        for row in of:
            try:
                told[family][row] = family.predict(row, lab)
            except NotModelled:
                continue
    return told


def median_error(predicted):
    return Summary({row.id: error_of(value, row) for row, value in predicted.items()}).median


def effects(machine, band, families, only=None):
    """(constant, family, mean change of its predictions, its median error then) that are felt."""
    rows = rows_of(machine, families)
    before = predictions(rows, {})
    for constant in constants_of(os.path.join(PACKAGE, "machines", f"{machine}.toml")):
        if only and str(constant) not in only:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "moved.toml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(constant.what_if(machine, band))
            after = predictions(rows, {machine: path})
        for family, told in after.items():
            changes = [abs(told[row] - value) / value
                       for row, value in before[family].items() if row in told]
            change = statistics.fmean(changes) if changes else 0.0
            if change > FELT:
                yield constant, family.NAME, change, median_error(told)


def main(argv=None):
    parser = argparse.ArgumentParser(prog="trainyard.validate.sensitivity", description=__doc__)
    parser.add_argument("--machine", default="trn2")
    parser.add_argument("--band", type=float, default=0.1)
    parser.add_argument("--family", action="append", default=[])
    options = parser.parse_args(argv)
    alias.install()
    families = [family for family in all_families() if family.NAME in (options.family or FAST)]
    print(f"{options.machine}, each constant moved by {options.band:.0%}")
    print(f"{'constant':<42}  {'family':<14}  {'predictions':>11}  {'median error':>12}")
    for constant, family, change, error in effects(options.machine, options.band, families):
        print(f"{str(constant):<42}  {family:<14}  {change:>11.2%}  {error:>12.2%}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
