# SPDX-License-Identifier: Apache-2.0
"""What the test harnesses of nki-library and nki-samples look for beside `nki` itself.

nki-library's simulation mode asks for a simulator package, `nki_cpu_simulator`; its published tree
(tag 2.29) lacks two helper modules and reads an attribute that simulation mode never sets
(nki-surface.md section 6).
"""

import importlib
import os
import sys
import types

from trainyard import alias

PARTS = ("builtin", "compiler", "isa", "isa.constants", "language", "tensor", "typing")
LACKING = {"perf_analysis_private": ["analyze_trace"], "scripts": [],
           "scripts.remote_lock_scripts": ["LockResult", "LockStatus"]}


def install():
    """Makes the names resolve to ours, for this process."""
    alias.install()
    nki = importlib.import_module("nki")
    package = types.ModuleType("nki_cpu_simulator")
    package.nki = nki
    sys.modules["nki_cpu_simulator"] = package
    sys.modules["nki_cpu_simulator.nki"] = nki
    for part in PARTS:
        sys.modules[f"nki_cpu_simulator.nki.{part}"] = importlib.import_module(f"nki.{part}")
    sys.modules["nki_cpu_simulator.nki.language.dtypes"] = importlib.import_module("nki.dtype")
    importlib.import_module("nki.compiler.frontend").ParserFrontend.compile = _trace
    for name, members in LACKING.items():
        module = types.ModuleType(f"test.utils.{name}")
        module.__path__ = []
        for member in members:
            setattr(module, member, type(member, (), {}))
        sys.modules[module.__name__] = module
    os.environ.setdefault("NKILIB_SIMULATION_RUN_ALL", "1")
    os.environ.setdefault("NEURON_PYTHONHASHSEED", "0")  # its random sweeps: the same in every run
    os.environ.setdefault("NKI_MX_SCALE", "ocp")  # that tag's kernels expect the OCP block scale


def _trace(_frontend, kernel, inputs, lnc, **_compiler_options):
    """What trace-only tests ask of a compiler: that the kernel can be traced."""
    importlib.import_module("nki").cpu_simulate(kernel)[lnc](**inputs)


def prepare_session():
    """Once the checkout's own modules can be imported."""
    try:
        orchestrator = importlib.import_module("test.utils.test_orchestrator")
    except ImportError:
        return  # not nki-library
    orchestrator.Orchestrator._compiled_kernel = None
