# SPDX-License-Identifier: Apache-2.0
"""Kernels: what @nki.jit returns, and how a call reaches the core."""

import dis
import functools
import inspect

from trainyard import _core, runs
from trainyard.faults import PROGRAM, fault
from trainyard.nki import arrays, cores, replays, schedule, subset
from trainyard.nki.language.memory import is_on_chip
from trainyard.nki.structure import map_leaves


def _arrays_of(kernel, arguments, named):
    """The distinct arrays of a call in order, each with the parameter's name."""
    found = {}
    code = getattr(inspect.unwrap(kernel.function), "__code__", None)
    names = code.co_varnames[:code.co_argcount] if code else ()
    names = [*names, *(f"input{i}" for i in range(len(names), len(arguments)))]

    def note(value, name):
        if arrays.is_array(value):
            found.setdefault(id(value), arrays.Held(value, name))
        return value

    for name, value in [*zip(names, arguments), *named.items()]:
        map_leaves(value, functools.partial(note, name=name))
    return found


def _return_place(function):
    """The line of the function's last return."""
    code = getattr(function, "__code__", None)
    if code is None:
        return None
    returns = dis.opmap["RETURN_VALUE"]
    lines = [line for start, end, line in code.co_lines()
             if line and returns in code.co_code[start:end:2]]
    return code.co_filename, lines[-1] if lines else code.co_firstlineno


def _check_returned(returned, function):
    def check(value):
        _core.check_scope(value)
        if isinstance(value, _core.Tensor) and is_on_chip(value.buffer):
            raise fault(PROGRAM, f"a kernel returns tensors in HBM, not one in {value.buffer.name}",
                        "copy it to an nl.shared_hbm tensor with nisa.dma_copy and return that",
                        place=_return_place(function))
        return value

    map_leaves(returned, check)


def _outputs(session, returned, as_torch):
    return map_leaves(returned, lambda value: arrays.output_array(session, value, as_torch)
                      if isinstance(value, _core.Tensor) else value)


def _finish(sessions, held):
    result = _core.finish(sessions, without=runs.no_passes)
    for array in held.values():
        array.write_back()
    runs.add(result)


class Kernel:
    """A function that runs on the simulated core; inside of another kernel it is inlined."""

    def __init__(self, function, count=1, edges=()):
        self.function, self.cores, self.schedule = function, count, edges
        self.name = getattr(function, "__name__", type(function).__name__)
        functools.update_wrapper(self, function)

    @property
    def source(self):
        """What a recorded call is known by: the user's function, and how it is launched."""
        return self.function, self.cores, self.schedule

    def __getitem__(self, grid):
        grid = grid if isinstance(grid, tuple) else (grid,)
        return Kernel(self.function, int(grid[0]), self.schedule)

    def with_schedule(self, edges):
        """The kernel with added dependencies: pairs (instruction, those it runs after), by name."""
        return Kernel(self.function, self.cores, self.schedule + schedule.normalised(edges))

    def __call__(self, *arguments, **named):
        if _core.current_session_or_none() is not None:
            return self.function(*arguments, **named)
        cores.check_count(self.cores)
        self._check(arguments, named)
        held = _arrays_of(self, arguments, named)
        key = replays.key_of(self, arguments, named)
        recorded = None if key is None else replays.find(key)
        as_torch = any(array.torch for array in held.values())
        if recorded is None:
            return self._trace(arguments, named, held, key, as_torch)
        _core.replay(recorded.sessions, [array.words for array in held.values()])
        outputs = _outputs(recorded.sessions[0], recorded.returned, as_torch)
        _finish(recorded.sessions, held)
        for session in recorded.sessions:
            session.drop_inputs(len(held))
        return outputs

    def _check(self, arguments, named):
        subset.check(self.function)
        try:
            self.signature.bind(*arguments, **named)
        except TypeError as error:
            raise fault(PROGRAM, f"{self.name}(): {error}",
                        f"it is {self.name}{self.signature}") from None

    @functools.cached_property
    def signature(self):
        return inspect.signature(self.function)

    def _trace(self, arguments, named, held, key, as_torch):
        sessions = cores.new_sessions(self.name, self.cores)
        # The first core's results are those of the kernel.
        returned = cores.run_together(
            sessions, lambda session: self._run(session, arguments, named, held))[0]
        outputs = _outputs(sessions[0], returned, as_torch)
        _finish(sessions, held)
        # What the kernel saw must be as it was: else a replay would miss what it changed.
        if key is not None and replays.key_of(self, arguments, named) == key:
            replays.keep(key, sessions, returned, len(held))
        return outputs

    def _run(self, session, arguments, named, held):
        """One core's part."""
        session.keep_names = bool(self.schedule)
        tensors = {address: array.enter(session) for address, array in held.items()}
        positional, keywords = map_leaves((arguments, named),
                                          lambda value: tensors.get(id(value), value))
        session.enter()
        try:
            returned = self.function(*positional, **keywords)
            schedule.apply(session, self.schedule)
            _check_returned(returned, self.function)
            return returned
        finally:
            session.exit()


def launch_ranks(kernel, inputs, count):
    """One call of the kernel on each of len(inputs) ranks, each of `count` cores, together."""
    cores.check_count(count)
    calls = [(tuple(call), {}) if not isinstance(call, dict) else ((), call) for call in inputs]
    for arguments, named in calls:
        kernel._check(arguments, named)
    held = [_arrays_of(kernel, arguments, named) for arguments, named in calls]
    sessions = cores.new_sessions(kernel.name, count, len(calls))

    def run(session):
        rank = session.rank_place[0]
        return kernel._run(session, *calls[rank], held[rank])

    returned = cores.run_together(sessions, run)[::count]
    outputs = [_outputs(session, value, any(array.torch for array in arrays.values()))
               for session, value, arrays in zip(sessions[::count], returned, held)]
    _finish(sessions, {id(array): array for arrays in held for array in arrays.values()})
    return outputs


def jit(fn=None, **_options):
    if fn is None:
        return jit
    return fn if isinstance(fn, Kernel) else Kernel(fn)


def simulate(kernel):
    return jit(kernel)
