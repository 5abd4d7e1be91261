# SPDX-License-Identifier: Apache-2.0
"""Runs the kernel tests of a checkout of aws-neuron/nki-library (tag 2.29) on the virtual core.

    trainyard run tests/public/nki_library.py CHECKOUT [--platform trn3] [--lnc 1] [PYTEST…]

A line a case with its simulated time, for the tables of docs/public-kernels.md; plain
`pytest --trainyard --test-mode simulation` in the checkout runs the same cases. Kernels, references
and tolerances are the checkout's own, unmodified; nothing is written into it. Give pytest node
ids below test/integration/nkilib, for instance core/utils/test_cross_partition_copy.py, or @FILE
with one node id a line. With --lnc 1 the cases written for two cores run in the kernel's one-core
form, which means something where the reference does not depend on the number of cores
(attention_cte). A case runs on the machine that the checkout's harness sets for it (trn2 where the
case names no platform), unless `trainyard run --machine` says another; a column of --markdown is of
one machine. Needs what the checkout's pyproject.toml lists under `test` (torch, scipy, pytest-html,
allpairspy, filelock, boto3, fabric2, plotext, pandas, aws-embedded-metrics).
"""

import argparse
import functools
import os
import sys
import tempfile
import time
from pathlib import Path

import nki
import pytest
from suite import write_column
from trainyard import runs
from trainyard.nki.settings import machine

INTEGRATION = "test/integration/nkilib"
NOT_MODELLED = 4  # a Fault's kind


class Launcher:
    """Stands for `nki.cpu_simulate`; knows what the case asked for and what came of it."""

    def __init__(self, lnc):
        self.lnc = lnc
        self.clear()

    def clear(self):
        self.asked, self.not_modelled = "-", False

    def on_fewer_cores(self):
        return self.lnc is not None and self.asked not in ("-", self.lnc)

    def __call__(self, kernel):
        self.kernel = nki.simulate(kernel)
        return self

    def __getitem__(self, cores):
        self.asked = cores
        return functools.partial(self.launch, self.kernel[self.lnc or cores])

    def launch(self, kernel, **inputs):
        try:
            return kernel(**inputs)
        except Exception as error:  # also in a case that expects some exception
            self.not_modelled = getattr(error, "kind", None) == NOT_MODELLED
            raise


class Tally:
    """Prints a line a case: outcome, machine, LNC asked, simulated time, instructions, seconds."""

    def __init__(self, out, launcher):
        self.out, self.launcher = out, launcher
        self.outcomes, self.cells = {}, {}

    def pytest_runtest_setup(self, item):
        runs.clear()
        self.launcher.clear()

    def pytest_collectreport(self, report):
        if report.failed:
            self.tell("failed", report.nodeid, str(report.longrepr), "-")

    def pytest_runtest_logreport(self, report):
        if report.when != "call" and report.passed:
            return
        text = str(report.longrepr) if report.longrepr else ""
        outcome = report.outcome
        if not report.skipped and self.launcher.not_modelled:
            outcome = "not modelled"
        if report.nodeid not in self.outcomes or outcome == "failed":
            self.tell(outcome, report.nodeid, text, f"{report.duration:.1f} s")

    def tell(self, outcome, node, text, seconds):
        self.outcomes[node] = outcome
        ran = runs.finished()
        simulated = f"{sum(run.time_us for run in ran):.2f} us" if ran else "-"
        instructions = sum(run.instructions for run in ran)
        name = node.removeprefix(INTEGRATION + "/")
        if outcome in ("passed", "failed"):
            cell = f"passed, {simulated}" if outcome == "passed" else "FAILED"
            form = ", one-core form" if self.launcher.on_fewer_cores() else ""
            self.cells[name.rpartition("/")[2]] = cell + form
        print(f"{outcome:>12}  {machine().name} LNC {self.launcher.asked} {simulated:>13} "
              f"{instructions:>8} {seconds:>8}  {name}",
              file=self.out, flush=True)
        if outcome == "failed":
            print(text, file=self.out, flush=True)

    def summary(self):
        counts = {}
        for outcome in self.outcomes.values():
            counts[outcome] = counts.get(outcome, 0) + 1
        return ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--platform", default="trn3", choices=["trn2", "trn3"])
    parser.add_argument("--lnc", type=int, choices=[1], help="cores a kernel (as the case says)")
    parser.add_argument("--markdown", metavar="FILE", type=Path,
                        help="writes this machine's column of the section nki-library into FILE")
    options, rest = parser.parse_known_args()
    if not (options.checkout / INTEGRATION).is_dir():
        parser.error(f"{options.checkout} is no checkout of nki-library: no {INTEGRATION}")
    return options, rest


def node_ids(argument):
    if argument.startswith("@"):
        return [node for line in Path(argument[1:]).read_text().splitlines()
                for node in node_ids(line)]
    is_case = ".py" in argument and not argument.startswith(("-", "test/"))
    return [f"{INTEGRATION}/{argument}" if is_case else argument]


def run_cases(options, rest, launcher, *plugins):
    """pytest's status of the cases that `rest` names, run by the plugins."""
    chosen = [node for argument in rest for node in node_ids(argument)]
    checkout = options.checkout.resolve()
    sys.dont_write_bytecode = True
    nki.cpu_simulate = launcher
    os.chdir(checkout)
    for folder in (checkout / "src", checkout):
        sys.path.insert(0, str(folder))
    with tempfile.TemporaryDirectory() as scratch:
        return int(pytest.main(
            ["-p", "trainyard.pytest_plugin", "--trainyard", "-c", "test/pytest.ini",
             "--rootdir", ".", "-p", "no:terminal", "-p", "no:cacheprovider",
             "-o", f"artifacts_dir={scratch}/artifacts", "-o", "log_level=ERROR",
             "--output-directory", f"{scratch}/output", "--force-local-cleanup",
             "--test-mode", "simulation", "--platform-target", options.platform, *chosen],
            plugins=list(plugins)))


def main():
    options, rest = arguments()
    markdown = options.markdown and options.markdown.resolve()
    if markdown:
        runs.machine = runs.machine or options.platform
    launcher = Launcher(options.lnc)
    tally, start = Tally(sys.stdout, launcher), time.monotonic()
    status = run_cases(options, rest, launcher, tally)
    if markdown:
        write_column(markdown, "nki-library", options.platform, tally.cells)
    print(f"{options.platform}: {tally.summary() or 'no case'}, "
          f"{time.monotonic() - start:.0f} s")
    return status


if __name__ == "__main__":
    sys.exit(main())
