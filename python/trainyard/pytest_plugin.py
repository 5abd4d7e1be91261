# SPDX-License-Identifier: Apache-2.0
"""pytest --trainyard: the kernels of a test suite run on a simulated machine.

For this process `import nki`, and what the harnesses of AWS's kernel libraries look for beside it,
mean trainyard's. Without the option the plugin does nothing.
"""

import argparse
import os

import pytest
from trainyard import harness, runs
from trainyard.nki.language.memory import MemoryRegion


def pytest_addoption(parser):
    group = parser.getgroup("trainyard", "kernels on a simulated Trainium")
    group.addoption("--trainyard", action="store_true",
                    help="`import nki` means trainyard; kernels run on a simulated machine")
    group.addoption("--trainyard-machine", metavar="M",
                    help="trn1, trn2, trn3 or a TOML file; without it the machine that the suite's "
                    "harness sets for a case, then --platform-target, then trn3")
    group.addoption("--trainyard-permissive", action="store_true",
                    help="runs kernels with Python that NKI's compiler refuses")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config, args):
    options = early_config.known_args_namespace
    if not options.trainyard:
        return
    # The suite's own option; its conftest, which defines it, is not loaded yet.
    theirs = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    theirs.add_argument("--platform-target")
    asked = theirs.parse_known_args(args)[0].platform_target
    runs.machine = options.trainyard_machine or runs.machine
    if asked:  # nki-library sets it anew for each case, by the platform that the case names
        os.environ.setdefault("NKI_NC_VERSION", asked)
    runs.permissive = options.trainyard_permissive
    harness.install()


def pytest_sessionstart(session):
    if session.config.getoption("trainyard"):
        harness.prepare_session()


def pytest_make_parametrize_id(config, val):
    """Memory regions by the names that suites use: sbuf, hbm."""
    if config.getoption("trainyard") and isinstance(val, MemoryRegion):
        return "hbm" if val is MemoryRegion.private_hbm else val.name
    return None


def pytest_terminal_summary(terminalreporter, config):
    finished = runs.finished()
    if not config.getoption("trainyard") or not finished:
        return
    terminalreporter.section("trainyard")
    terminalreporter.line(
        f"{len(finished)} kernel runs, {sum(run.instructions for run in finished):,} instructions, "
        f"{sum(run.time_us for run in finished):,.2f} us simulated")
