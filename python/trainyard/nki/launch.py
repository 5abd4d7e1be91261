# SPDX-License-Identifier: Apache-2.0
"""Kernels: what @nki.jit returns, and how a call reaches the core."""

import functools

from trainyard import _core, runs
from trainyard.faults import NOT_MODELLED, fault
from trainyard.nki import arrays
from trainyard.nki.settings import new_session


def _map(value, change):
    """The same structure of tuples, lists and dictionaries, with its leaves changed."""
    if isinstance(value, (tuple, list)):
        items = [_map(item, change) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {key: _map(item, change) for key, item in value.items()}
    return change(value)


class Kernel:
    """A function that runs on the simulated core; inside of another kernel it is inlined."""

    def __init__(self, function, cores=1):
        self.function, self.cores = function, cores
        functools.update_wrapper(self, function)

    def __getitem__(self, cores):
        cores = cores if isinstance(cores, tuple) else (cores,)
        return Kernel(self.function, int(cores[0]))

    def __call__(self, *arguments, **named):
        if _core.current_session_or_none() is not None:
            return self.function(*arguments, **named)
        if self.cores != 1:
            raise fault(NOT_MODELLED, "a kernel on two cores (LNC 2) is not modelled yet",
                        "launch it with kernel(...) or kernel[1](...)")
        return self._launch(arguments, named)

    def _launch(self, arguments, named):
        session = new_session(self.function.__name__)
        given, copies, tensors = [], [], {}

        def enter(value, name):
            if not arrays.is_array(value):
                return value
            if id(value) not in tensors:  # the same array twice is one tensor
                given.append(value)
                tensors[id(value)] = arrays.input_tensor(session, value, name, copies)
            return tensors[id(value)]

        names = self.function.__code__.co_varnames if hasattr(self.function, "__code__") else ()
        names = [*names, *(f"input{i}" for i in range(len(names), len(arguments)))]
        positional = [_map(value, functools.partial(enter, name=name))
                      for value, name in zip(arguments, names)]
        keywords = {name: _map(value, functools.partial(enter, name=name))
                    for name, value in named.items()}
        session.enter()
        try:
            returned = self.function(*positional, **keywords)
            result = session.finish()
        finally:
            session.exit()
        for copy, original in copies:
            original[...] = copy
        runs.add(result)
        as_torch = any(map(arrays.is_torch, given))
        return _map(returned, lambda value: arrays.output_array(session, value, as_torch)
                    if isinstance(value, _core.Tensor) else value)


def jit(fn=None, **_options):
    if fn is None:
        return jit
    return fn if isinstance(fn, Kernel) else Kernel(fn)


def simulate(kernel):
    return jit(kernel)
