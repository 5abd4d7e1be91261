# SPDX-License-Identifier: Apache-2.0
"""Kernels of the earlier language: SPMD grids, and the ways to run them."""

import contextlib
import functools
import os

from trainyard import _core, runs
from trainyard.faults import LIMIT
from trainyard.neuronxcc.nki import programs, spill
from trainyard.neuronxcc.nki.strict import strict
from trainyard.neuronxcc.nki.tile import flush, forget, unwrap, wrap
from trainyard.nki import launch
from trainyard.nki.settings import session
from trainyard.nki.structure import map_leaves


def _size(dim):
    """A grid dimension: a number, nl.nc(2) or nl.spmd_dim(...). Public kernels write 0 for 1."""
    return max(1, int(getattr(dim, "size", dim)))


@contextlib.contextmanager
def _platform(name):
    """platform_target= of the decorator, where `trainyard run --machine` asks for nothing."""
    variable = "NEURON_PLATFORM_TARGET_OVERRIDE"
    before = os.environ.get(variable)
    if name:
        os.environ[variable] = name
    try:
        yield
    finally:
        if name and before is None:
            del os.environ[variable]
        elif name:
            os.environ[variable] = before


def _in_folder(folder, name):
    return os.path.join(os.fspath(folder or "."), name) if name else None


@contextlib.contextmanager
def _tracing(path):
    """What runs inside leaves its Perfetto trace in the file."""
    tell = runs.on_finish

    def note(result):
        if tell is not None:
            tell(result)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        result.write_trace(path)

    runs.on_finish = note if path else tell
    try:
        yield
    finally:
        runs.on_finish = tell


class _Launched(launch.Kernel):
    """All programs of the grid as one kernel of the core."""

    def __init__(self, function, grid):
        @functools.wraps(function)
        def run(*arguments, **named):
            session().use_earlier_language()

            def program():
                found = function(*map_leaves(arguments, wrap), **map_leaves(named, wrap))
                flush()
                return found

            return map_leaves(programs.run(grid, program), unwrap)

        super().__init__(run)
        self.user_function, self.grid = function, grid

    @property
    def source(self):
        return self.user_function, self.grid

    def _trace(self, arguments, named, held, key, as_torch):
        """Once more with large PSUM tiles kept in SBUF, if PSUM cannot hold what is live."""
        call = arguments, named, held, key, as_torch
        with spill.watched([array.words for array in held.values()]) as inputs:
            try:
                return super()._trace(*call)
            except _core.Fault as error:
                if error.kind != LIMIT or "PSUM" not in error.rule or not inputs.restore():
                    raise
            forget()
            with spill.spilling():
                return super()._trace(*call)


class Kernel:
    """A function of the earlier language; kernel[grid](...) runs its programs one by one."""

    def __init__(self, function, grid=(), platform=None, after=None, trace_file=None):
        self.function, self.grid, self.platform = function, grid, platform
        self.after, self.trace_file = after, trace_file
        functools.update_wrapper(self, function)
        self.kernel = _Launched(function, grid)

    def __getitem__(self, grid):
        grid = grid if isinstance(grid, tuple) else (grid,)
        return Kernel(self.function, tuple(map(_size, grid)), self.platform, self.after,
                      self.trace_file)

    def __call__(self, *arguments, **named):
        if _core.current_session_or_none() is not None:
            return self.function(*arguments, **named)
        try:
            with _platform(self.platform), _tracing(self.trace_file):
                outputs = self.kernel(*arguments, **named)
        finally:
            forget()
        if self.after is not None:
            self.after(self)
        return outputs


def as_kernel(kernel, **options):
    """A Kernel with what is given of platform, after and trace_file."""
    if isinstance(kernel, Kernel):
        return Kernel(kernel.function, kernel.grid, options.get("platform") or kernel.platform,
                      options.get("after") or kernel.after,
                      options.get("trace_file") or kernel.trace_file)
    return Kernel(kernel, **options)


@strict
def jit(func=None, mode="auto", platform_target=None):
    if func is None:
        return functools.partial(jit, mode=mode, platform_target=platform_target)
    return as_kernel(func, platform=platform_target)


@strict
def baremetal(kernel=None, *, platform_target=None):
    if kernel is None:
        return functools.partial(baremetal, platform_target=platform_target)
    return as_kernel(kernel, platform=platform_target)


trace = jit


def simulate_kernel(kernel, *arguments, **named):
    return as_kernel(kernel)(*arguments, **named)


class Latency:
    """Every iteration of a simulated kernel takes the same time."""

    def __init__(self, time_us):
        self.time_us = time_us

    def get_latency_percentile(self, percentile):
        """Microseconds, whole ones as the earlier tools gave; at least 1."""
        return max(1, round(self.time_us))


class BenchmarkResult:
    def __init__(self, time_us):
        self.nc_latency = Latency(time_us)


@strict
def benchmark(kernel=None, *, platform_target=None, working_directory=None, save_trace_name=None):
    if kernel is None:
        return functools.partial(benchmark, platform_target=platform_target,
                                 working_directory=working_directory,
                                 save_trace_name=save_trace_name)

    def after(run):
        run.benchmark_result = BenchmarkResult(runs.finished()[-1].time_us)

    return as_kernel(kernel, platform=platform_target, after=after,
                     trace_file=_in_folder(working_directory, save_trace_name))


@strict
def profile(func=None, *, working_directory=None, save_trace_name="profile.ntff"):
    """Writes the Perfetto trace of each run; there is no program file to write."""
    if func is None:
        return functools.partial(profile, working_directory=working_directory,
                                 save_trace_name=save_trace_name)
    return as_kernel(func, trace_file=_in_folder(working_directory, save_trace_name))
