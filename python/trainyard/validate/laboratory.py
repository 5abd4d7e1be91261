# SPDX-License-Identifier: Apache-2.0
"""Where families run kernels: a machine, a kernel, its inputs, and what came of it."""

import importlib.util
import json
import os
import sys
from collections import OrderedDict

from trainyard import _core, runs
from trainyard.faults import USAGE, fault
from trainyard.validate.family import NotModelled

MARKS = {  # what a checkout is known by
    "nki-library": "src/nkilib_src",
    "nki-samples": "src/nki_samples",
    "aws-neuron-sdk": "nki/api/nki",
    "AccelOpt": "NKIBench/kernels",
    "kda-for-trainium": "adapter/nkibench_case.py",
}


RECENT = 2   # profiles that Laboratory.recent keeps


class Run:
    """One launch of a kernel. `cores`: spans, transfers and clock phases are the first one's."""

    def __init__(self, result):
        self.time_us = result.time_us
        self.energy_j = result.energy_j
        self.spans = result.spans
        self.transfers = result.transfers
        self.clock_phases = result.clock_phases
        self.array_passes = result.array_passes
        self.report = json.loads(result.json())   # docs/json.md


class Laboratory:
    """`checkouts`: folders of public repositories. `kernels`: the folder of our own kernels.

    `machines`: what stands in for a machine, as the path of a what-if.
    """

    def __init__(self, checkouts, kernels, machines=None):
        self.kernels = kernels
        self._machines = machines or {}
        self._cache, self._modules, self._checkouts = {}, {}, {}
        self._recent = OrderedDict()
        for folder in checkouts:
            name = next((name for name, mark in MARKS.items()
                         if os.path.exists(os.path.join(folder, mark))), None)
            if name is None:
                raise fault(USAGE, f"--checkout: {folder} is none of {', '.join(MARKS)}",
                            "name the top folder of a checkout")
            self._checkouts[name] = os.path.abspath(folder)

    def has(self, name):
        return name in self._checkouts

    def checkout(self, name):
        """The folder of a checkout; NotModelled where the command line names none."""
        if not self.has(name):
            raise NotModelled(f"needs --checkout with {name}")
        return self._checkouts[name]

    def kernel(self, file, function):
        """`function` of bench/kernels/`file`.py, a kernel of ours; it may import its siblings."""
        if self.kernels not in sys.path:
            sys.path.append(self.kernels)
        return getattr(self.module(os.path.join(self.kernels, file + ".py")), function)

    def module(self, path):
        """A Python file, run once as a module of its own."""
        if path not in self._modules:
            name = f"trainyard_kernels_{len(self._modules)}"
            spec = importlib.util.spec_from_file_location(name, path)
            self._modules[path] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(self._modules[path])
        return self._modules[path]

    def once(self, key, make):
        """`make()`, remembered by `key` (hashable); what it raises is remembered too."""
        if key not in self._cache:
            try:
                self._cache[key] = make(), None
            except (NotModelled, _core.Fault) as error:
                self._cache[key] = None, error
        value, error = self._cache[key]
        if error is not None:
            raise error
        return value

    def recent(self, key, make):
        """As `once`, but the last few alone are kept: a profile of a whole kernel is large, and the
        rows of one kernel follow each other."""
        if key in self._recent:
            self._recent.move_to_end(key)
        else:
            self._recent[key] = make()
            while len(self._recent) > RECENT:
                self._recent.popitem(last=False)
        return self._recent[key]

    def what_if(self, name):
        """The file of a machine of ours: bench/machines/`name`.toml."""
        return os.path.join(os.path.dirname(self.kernels), "machines", name + ".toml")

    def machine(self, name):
        path = self._machines.get(name, name)
        return self.once(("machine", path), lambda: _core.Machine(path))

    def run(self, machine, launch):
        """The last kernel that `launch()` runs, on `machine`: a name or a file."""
        kept = []
        before = runs.machine, runs.numerics, runs.permissive, runs.on_finish
        # Times do not depend on values: the host's fastest reading will do.
        machine = self._machines.get(machine, machine)
        runs.machine, runs.numerics, runs.permissive = machine, "fast", True
        runs.on_finish = lambda result: kept.append(Run(result))
        try:
            launch()
        except (NotModelled, _core.Fault):
            raise
        except Exception as error:   # what the text of a checkout, or a row's sizes, may come to
            raise NotModelled("the kernel does not run: "
                              f"{type(error).__name__}: {error}") from None
        finally:
            runs.machine, runs.numerics, runs.permissive, runs.on_finish = before
            runs.clear()
        if not kept:
            raise NotModelled("no kernel was run")
        return kept[-1]
