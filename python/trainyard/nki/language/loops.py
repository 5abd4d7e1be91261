# SPDX-License-Identifier: Apache-2.0
"""Loops, slices, registers, the launch grid."""

import numbers
from contextlib import contextmanager

from trainyard import _core
from trainyard.faults import PROGRAM, fault
from trainyard.nki.settings import session

_builtin_range = range


def static_range(start, stop=None, step=1):
    bounds = (start,) if stop is None else (start, stop, step)
    return _builtin_range(*map(int, bounds))


affine_range = sequential_range = range = static_range


def _counted(start, stop, step):
    """The loop variable as a register that the kernel may not write."""
    if session().fixed_order:
        raise fault(PROGRAM, "a loop over registers inside of nl.no_reorder()",
                    "put the no_reorder block inside of the loop, or use nl.static_range")
    for i in _builtin_range(int(start), int(stop), step):
        register = _core.isa.register_alloc(i)
        register.frozen = True
        yield register


def dynamic_range(start, stop=None, step=1):
    return _counted(0, start, step) if stop is None else _counted(start, stop, step)


def fori_loop(lower, upper, body_fun, step=1):
    for i in _counted(lower, upper, step):
        body_fun(i)


def while_loop(init, body_fun):
    if session().fixed_order:
        raise fault(PROGRAM, "nl.while_loop inside of nl.no_reorder()",
                    "put the no_reorder block inside of the loop's body")
    register = init
    while register:
        result = body_fun(register)
        register = register if result is None else result


def ds(start, size):
    # The exact type first: the abstract class takes 2 us to ask, in nearly every instruction.
    if type(start) is int or isinstance(start, numbers.Integral):
        return slice(start, start + size)
    return _core.DynamicSlice(start, size)


def program_id(axis=0):
    current = _core.current_session_or_none()
    return 0 if current is None else current.core_place[0]


def num_programs(axes=0):
    current = _core.current_session_or_none()
    return 1 if current is None else current.core_place[1]


def program_ndim():
    return int(num_programs() > 1)


@contextmanager
def no_reorder():
    """What runs inside, functions called from here included, keeps the order of the program."""
    current = session()
    before = current.fixed_order
    current.fixed_order = True
    try:
        yield
    finally:
        current.fixed_order = before
