# SPDX-License-Identifier: Apache-2.0
"""Compares the model with published measurements."""

import argparse
import contextlib
import math
import os
import sys
import time

from trainyard import _core, alias
from trainyard.faults import USAGE, fault
from trainyard.outputs import check_writable
from trainyard.validate import measurements, metrics, report
from trainyard.validate.family import NotModelled, all_families, family_of
from trainyard.validate.laboratory import Laboratory
from trainyard.validate.scale import families as scale_families
from trainyard.validate.scale.rows import ScaleRow

INTERRUPTED = 130
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
UNKNOWN = "other"


def arguments(argv):
    parser = argparse.ArgumentParser(prog="trainyard validate", description=__doc__,
                                     allow_abbrev=False)
    parser.add_argument("--measurements", metavar="FILE", default=data("measurements.csv"),
                        help="CSV; without it the development rows that come with trainyard")
    parser.add_argument("--scale", metavar="FILE", nargs="?", const=data("scale.csv"),
                        help="measurements of clusters instead; without FILE those that come "
                             "with trainyard")
    parser.add_argument("--family", metavar="F", action="append", default=[],
                        help="only this family; may be given again")
    parser.add_argument("--checkout", metavar="FOLDER", action="append", default=[],
                        help="of a public repository with kernels that rows name")
    parser.add_argument("--json", metavar="FILE", help="writes a line a row")
    parser.add_argument("--markdown", action="store_true", help="prints the table as Markdown")
    return parser.parse_args(argv)


def data(name):
    """A file of bench/: of the package where it is installed, else of the source tree."""
    installed = os.path.join(PACKAGE, "bench", name)
    if os.path.exists(installed):
        return installed
    return os.path.join(os.path.dirname(os.path.dirname(PACKAGE)), "bench", name)


def chosen(names, families):
    known = [family.NAME for family in families] + [UNKNOWN]
    for name in names:
        if name not in known:
            raise fault(USAGE, f"--family: there is no family {name}",
                        f"there are {', '.join(known)}")
    return families


def outcome_of(row, family, lab):
    """The prediction for a row, or the reason that there is none."""
    if family is None:
        return report.Outcome(row, UNKNOWN, reason="no family knows such a row")
    try:
        if row.value < 0:
            raise NotModelled("a measured value below zero")
        if isinstance(row, measurements.Row):
            metrics.check_unit(row)
        predicted = family.predict(row, lab)
        if not math.isfinite(predicted):
            raise NotModelled(f"the model comes to {predicted}")
        told = getattr(family, "note", lambda *_: None)
        return report.Outcome(row, family.NAME, predicted, note=told(row, lab))
    except NotModelled as error:
        return report.Outcome(row, family.NAME, reason=str(error))
    except _core.Fault as error:
        return report.Outcome(row, family.NAME, reason=f"refused: {error}")
    except Exception as error:   # one row takes no others with it
        print(f"{row.id}: this is a bug of trainyard, please report the row: "
              f"{type(error).__name__}: {error}", file=sys.stderr)
        return report.Outcome(row, family.NAME, reason="a bug of trainyard met it")


class Progress:
    """A line on standard error, rewritten, where that is a terminal."""

    def __init__(self, total):
        self.total, self.done, self.told = total, 0, 0.0

    def step(self, row):
        self.done += 1
        if sys.stderr.isatty() and time.monotonic() - self.told > 0.2:
            self.told = time.monotonic()
            print(f"\r{self.done} of {self.total}  {row.id:<40}", end="", file=sys.stderr)

    def close(self):
        if self.told:
            print("\r" + " " * 60 + "\r", end="", file=sys.stderr)


def validate(options, outcomes):
    if options.scale:
        families = chosen(options.family, all_families(scale_families))
        rows = measurements.read(options.scale, ScaleRow)
    else:
        families = chosen(options.family, all_families())
        rows = measurements.read(options.measurements)
    pairs = [(row, family_of(row, families)) for row in rows]
    if options.family:
        pairs = [(row, family) for row, family in pairs
                 if (family.NAME if family else UNKNOWN) in options.family]
    lab = Laboratory(options.checkout, data("kernels"))
    progress = Progress(len(pairs))
    order = {family.NAME: i for i, family in enumerate(families)}
    pairs.sort(key=lambda pair: order[pair[1].NAME] if pair[1] else len(order))
    try:
        for row, family in pairs:
            outcomes.append(outcome_of(row, family, lab))
            progress.step(row)
    finally:
        progress.close()


def main(argv=None):
    options = arguments(sys.argv[1:] if argv is None else argv)
    outcomes, status = [], 0
    try:
        if options.json:
            check_writable("--json", options.json)
        alias.install()
        with contextlib.redirect_stdout(sys.stderr):   # what kernels print
            validate(options, outcomes)
    except KeyboardInterrupt:
        print("interrupted: what was finished follows", file=sys.stderr)
        status = INTERRUPTED
    except _core.Fault as error:
        print(f"trainyard validate: {error}", file=sys.stderr)
        return error.kind
    print(report.markdown(outcomes) if options.markdown else report.text(outcomes))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            file.write(report.as_json(outcomes) + "\n")
    if status == INTERRUPTED and argv is None:
        sys.stdout.flush()
        os._exit(status)   # who waits at the prompt need not wait for the interpreter to tidy up
    return status
