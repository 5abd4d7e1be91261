# SPDX-License-Identifier: Apache-2.0
"""The test cases of a checkout of aws-neuron/nki-library (tag 2.29), called for their time alone.

pytest collects them as `pytest --trainyard --test-mode simulation` does; a case is then called with
what its parametrisation gives and with stand-ins for the suite's fixtures. It builds its inputs and
asks for an execution: the kernel runs, and the case ends there, before references and comparisons.
"""

import contextlib
import glob
import importlib
import inspect
import os
import sys
import tempfile
from dataclasses import dataclass
from enum import EnumMeta
from types import FunctionType
from unittest import mock

from trainyard.validate import cases
from trainyard.validate.family import NotModelled

TESTS = "test/integration/nkilib"


class Launched(BaseException):
    """Ends a case once its kernel ran; no `except Exception` of the suite stops it."""


@dataclass
class Case:
    """`parameters`: by name, also those of a ranged case. `arguments`: as the function takes it."""

    function: str
    parameters: dict
    arguments: dict
    owner: type
    call: FunctionType
    enums: tuple


class Manager:
    """Stands for the suite's `test_manager`."""

    def execute(self, kernel, *_, **__):
        setup = importlib.import_module("test.utils.simulation_setup")
        options = kernel.compiler_input
        os.environ["NKI_NC_VERSION"] = options.platform_target.get_nc_gen()
        setup.simulate_kernel(kernel.kernel_func, kernel.kernel_input or {},
                              options.logical_nc_config)
        raise Launched


class Collector:
    """A plugin of pytest: keeps the items, runs none."""

    def __init__(self):
        self.items, self.stopped = [], False

    def pytest_collection_finish(self, session):
        self.items = list(session.items)

    def pytest_keyboard_interrupt(self, excinfo):
        self.stopped = excinfo.errisinstance(KeyboardInterrupt)


def collect(checkout, kernel):
    """The cases of the file of tests for a kernel."""
    try:
        import pytest
    except ImportError:
        raise NotModelled("needs pytest, and what the checkout's pyproject.toml lists under "
                          "`test`") from None
    files = glob.glob(os.path.join(checkout, TESTS, "**", f"test_{kernel}.py"), recursive=True)
    if not files:
        raise NotModelled(f"the checkout has no test_{kernel}.py")
    collector, sys.dont_write_bytecode = Collector(), True
    for folder in (os.path.join(checkout, "src"), checkout):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    with inside(checkout), tempfile.TemporaryDirectory() as scratch:
        pytest.main(
            ["-p", "trainyard.pytest_plugin", "--trainyard", "-c", "test/pytest.ini",
             "--rootdir", ".", "-p", "no:terminal", "-p", "no:cacheprovider",
             "-o", f"artifacts_dir={scratch}/artifacts", "-o", "log_level=ERROR",
             "--output-directory", f"{scratch}/output", "--force-local-cleanup",
             "--test-mode", "simulation", "--platform-target", "trn2",
             "--skip-coverage-parametrize", "--collect-only", files[0]],
            plugins=[collector])
    if collector.stopped:   # pytest would go on with what comes next
        raise KeyboardInterrupt
    if not collector.items:
        raise NotModelled(f"test_{kernel}.py cannot be collected: is what the checkout's "
                          "pyproject.toml lists under `test` there?")
    return [case_of(item) for item in collector.items if hasattr(item, "callspec")]


@contextlib.contextmanager
def inside(folder):
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def case_of(item):
    parameters = {}
    for name, value in item.callspec.params.items():
        ranged = getattr(value, "tensors", None)
        for inner in ranged.values() if ranged is not None else [{name: value}]:
            parameters.update(inner)
    enums = tuple(value for value in vars(item.module).values() if isinstance(value, EnumMeta))
    return Case(item.originalname, parameters, dict(item.callspec.params), item.cls, item.function,
                enums)


def find(known, table, told):
    """The case among `known` that a row tells of, by its parameters; `table`: the suite's list."""
    found = [case for case in known if cases.means(told, case.parameters, case.enums)]
    if not found:
        raise NotModelled(f"the checkout has no such case in {table}")
    return cases.nearest(table, found)


def call(checkout, case, cores):
    """Runs the kernel of a case; `cores`: where the case leaves their number to the platform."""
    common = importlib.import_module("test.utils.common_dataclasses")
    stand_ins = {"test_manager": Manager(), "collector": mock.MagicMock(),
                 "request": mock.MagicMock(), "platform_target": common.Platforms.TRN2}
    arguments = dict(case.arguments)
    for name in inspect.signature(case.call).parameters:
        if name != "self" and name not in arguments:
            if name not in stand_ins:
                raise NotModelled(f"the case asks for {name}")
            arguments[name] = stand_ins[name]
    owner = [case.owner()] if case.owner else []
    skipped = importlib.import_module("pytest").skip.Exception
    try:
        with inside(checkout), cores_left_open(common.CompilerArgs, cores):
            case.call(*owner, **arguments)
    except Launched:
        return
    except skipped as reason:
        raise NotModelled(f"the suite skips the case: {reason}") from None
    raise NotModelled("the case launches no kernel")


def cores_left_open(compiler_args, cores):
    if cores is None:
        return contextlib.nullcontext()
    return mock.patch.object(compiler_args, "__get_logical_nc_config_for_platform__",
                             lambda _: cores)
