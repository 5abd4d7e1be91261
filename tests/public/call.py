# SPDX-License-Identifier: Apache-2.0
"""One call of an instruction: its arguments by name, and the operands' values on the core."""

import inspect

import numpy as np
from reference.formats import DTYPES, WORDS
from trainyard import _core


class NoReading(Exception):
    """The NumPy readings say nothing of such a call."""


def name_of(value):
    """What the core calls an operator, a function or a member of an enum."""
    if value is None or isinstance(value, str):
        return value
    name = getattr(value, "__name__", None) or getattr(value, "name", None)
    if not isinstance(name, str):
        raise NoReading(f"a choice {value!r}")
    return name


class Parameters:
    """Positional and named arguments of a builtin to names, with its defaults."""

    def __init__(self, function):
        parameters = inspect.signature(function).parameters
        self.names = list(parameters)
        self.defaults = {name: p.default for name, p in parameters.items()
                         if p.default is not inspect.Parameter.empty}

    def bind(self, positional, named):
        arguments = dict(self.defaults)
        arguments.update(zip(self.names, positional))
        arguments.update(named)
        return arguments


class Call:
    def __init__(self, name, arguments, session, machine):
        self.name, self.arguments, self.session = name, arguments, session
        self.generation = machine.generation
        self.where = session.core_place + session.rank_place

    def __getitem__(self, name):
        return self.arguments.get(name)

    def choice(self, name):
        return name_of(self[name])

    def operator(self, name):
        """None where no operator is given."""
        op = self.choice(name)
        return None if op == "bypass" else op

    def shape(self, name):
        return tuple(self[name].shape)

    def dtype(self, name):
        dtype = name_of(self[name].dtype)
        if dtype not in DTYPES:
            raise NoReading(f"a tile of {dtype}")
        return dtype

    def tile(self, name):
        """The values now, in the view's shape."""
        return self.read(self[name])

    def read(self, tensor):
        if not isinstance(tensor, _core.Tensor):
            raise NoReading(f"{type(tensor).__name__} where a tensor is read")
        data, shape, dtype = self.session.read(tensor)
        if dtype not in DTYPES:
            raise NoReading(f"a tile of {dtype}")
        return np.frombuffer(data, DTYPES[dtype]).reshape(tuple(shape))

    def rows(self, name):
        """(partitions, elements)"""
        values = self.tile(name)
        return values.reshape(values.shape[0] if values.ndim else 1, -1)

    def operand(self, name):
        """A number, a (P, 1) tile or None."""
        value = self[name]
        if value is None or not isinstance(value, _core.Tensor):
            return value if value is None else float(value)
        return self.rows(name)

    def buffer(self, name):
        return self[name].buffer.name

    def raw(self, name):
        values = self.rows(name)
        return values.view(WORDS[values.dtype.itemsize])
