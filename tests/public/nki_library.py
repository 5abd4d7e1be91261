# SPDX-License-Identifier: Apache-2.0
"""Runs the kernel tests of a checkout of aws-neuron/nki-library (tag 2.29) on the virtual core.

    trainyard run tests/public/nki_library.py CHECKOUT [--platform trn3] [--lnc 1] [PYTEST ARGUMENTS]

The kernels, their references and their tolerances are the checkout's own, unmodified; this script
only stands in for the simulator package that its simulation mode asks for, and for the helper
module that the published test tree lacks. Give pytest node ids below test/integration/nkilib, for
instance core/utils/test_cross_partition_copy.py. Needs what the checkout's pyproject.toml lists
under `test` (torch, pytest-html, allpairspy, filelock, boto3, fabric2, plotext, pandas,
aws-embedded-metrics).
"""

import argparse
import importlib
import os
import re
import sys
import tempfile
import types
from pathlib import Path

import pytest

INTEGRATION = "test/integration/nkilib"
MODULES = ("builtin", "compiler", "isa", "isa.constants", "language", "tensor", "typing")


def stand_in_for_the_simulator_package():
    """`nki_cpu_simulator.nki` and its parts are the `nki` of this process."""
    package = types.ModuleType("nki_cpu_simulator")
    package.nki = importlib.import_module("nki")
    sys.modules["nki_cpu_simulator"] = package
    sys.modules["nki_cpu_simulator.nki"] = package.nki
    for name in MODULES:
        sys.modules[f"nki_cpu_simulator.nki.{name}"] = importlib.import_module(f"nki.{name}")
    sys.modules["nki_cpu_simulator.nki.language.dtypes"] = importlib.import_module("nki.dtype")


def supply_what_the_tree_lacks():
    missing = types.ModuleType("test.utils.perf_analysis_private")
    missing.analyze_trace = lambda *_arguments, **_named: None
    sys.modules[missing.__name__] = missing


class Tally:
    """Counts outcomes and the simulated time of each case, and prints one line a case."""

    def __init__(self, lnc):
        self.lnc = lnc
        self.outcomes = {}

    def pytest_configure(self, config):
        # Simulation mode never sets what the orchestrator reads later.
        from test.utils.test_orchestrator import Orchestrator
        if not hasattr(Orchestrator, "_compiled_kernel"):
            Orchestrator._compiled_kernel = None

    def pytest_runtest_setup(self, item):
        from trainyard import runs
        runs.clear()

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.failed or report.skipped:
            self.outcomes[report.nodeid] = outcome = self.outcome_of(report)
            name = report.nodeid.removeprefix(INTEGRATION + "/")
            print(f"{outcome:>13}  {self.time():>12}  {name}", flush=True)

    def outcome_of(self, report):
        text = str(report.longrepr) if report.longrepr else ""
        if report.skipped:
            return "skipped"
        if report.failed:
            return "not modelled" if re.search(r"two cores|not modelled", text) else "failed"
        return "passed"

    def time(self):
        from trainyard import runs
        return f"{sum(run.time_us for run in runs.finished()):.2f} us" if runs.finished() else "-"

    def summary(self):
        counts = {}
        for outcome in self.outcomes.values():
            counts[outcome] = counts.get(outcome, 0) + 1
        return counts


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--platform", default="trn3", choices=["trn2", "trn3"])
    parser.add_argument("--lnc", type=int, default=1, choices=[1, 2])
    options, rest = parser.parse_known_args()
    if not (options.checkout / INTEGRATION).is_dir():
        parser.error(f"{options.checkout} has no folder {INTEGRATION}: not a checkout of nki-library")
    return options, rest


def node_id(argument):
    return argument if argument.startswith("-") or argument.startswith("test/") else (
        f"{INTEGRATION}/{argument}" if ".py" in argument or "/" in argument else argument)


def main():
    options, rest = arguments()
    checkout = options.checkout.resolve()
    stand_in_for_the_simulator_package()
    supply_what_the_tree_lacks()
    os.environ["NKILIB_SIMULATION_RUN_ALL"] = "1"
    os.environ.setdefault("NKI_MX_SCALE", "ocp")  # kernels of this tag expect the OCP block scale
    os.chdir(checkout)
    for folder in (checkout / "src", checkout):
        sys.path.insert(0, str(folder))
    tally = Tally(options.lnc)
    with tempfile.TemporaryDirectory() as scratch:
        status = pytest.main(
            ["-c", "test/pytest.ini", "--rootdir", ".", "-q", "--no-header", "-p", "no:cacheprovider",
             "-o", f"artifacts_dir={scratch}", "-o", "log_level=ERROR", "--test-mode", "simulation",
             "--platform-target", options.platform, "-m", options.platform,
             *map(node_id, rest)], plugins=[tally])
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(tally.summary().items())))
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
