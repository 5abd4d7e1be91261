# SPDX-License-Identifier: Apache-2.0
"""Loops, slices, registers, the launch grid."""

from contextlib import contextmanager

from trainyard import _core
from trainyard.nki.settings import session


def static_range(start, stop=None, step=1):
    return _builtin_range(int(start), int(stop), step) if stop is not None else _builtin_range(
        int(start))


_builtin_range = range
affine_range = sequential_range = range = static_range


def dynamic_range(start, stop=None, step=1):
    start, stop = (0, start) if stop is None else (start, stop)
    for i in _builtin_range(int(start), int(stop), step):
        register = _core.isa.register_alloc(i)
        register.frozen = True
        yield register


def fori_loop(lower, upper, body_fun, step=1):
    for i in dynamic_range(lower, upper, step):
        body_fun(i)


def while_loop(init, body_fun):
    register = init
    while register:
        result = body_fun(register)
        register = register if result is None else result


def ds(start, size):
    if isinstance(start, int):
        return slice(start, start + size)
    return _core.DynamicSlice(start, size)


def program_id(axis=0):
    return 0


def num_programs(axes=0):
    return 1


def program_ndim():
    return 0


@contextmanager
def no_reorder():
    current = session()
    before = current.fixed_order
    current.fixed_order = True
    try:
        yield
    finally:
        current.fixed_order = before
