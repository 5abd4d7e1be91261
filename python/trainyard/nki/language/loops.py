# SPDX-License-Identifier: Apache-2.0
"""Loops, slices, registers, the launch grid."""

import numbers
from contextlib import contextmanager

from trainyard import _core
from trainyard.faults import PROGRAM, fault
from trainyard.nki import subset
from trainyard.nki.settings import session

_builtin_range = range


def static_range(start, stop=None, step=1):
    bounds = (start,) if stop is None else (start, stop, step)
    return _builtin_range(*map(int, bounds))


affine_range = sequential_range = range = static_range


def _refuse_fixed_order(loop):
    if session().fixed_order:
        raise fault(PROGRAM, f"{loop} inside of nl.no_reorder()",
                    "put the no_reorder block inside of the loop, or use nl.static_range")


def _counted(loop, start, stop, step):
    """The values of a loop whose bounds may be registers."""
    _refuse_fixed_order(loop)
    if isinstance(step, _core.Register) or not isinstance(step, numbers.Integral) or step < 1:
        raise fault(PROGRAM, f"the step of {loop} is {step!r}", "it is a positive integer that is "
                    "known when the kernel is built")
    return _builtin_range(int(start), int(stop), step)


def dynamic_range(start, stop=None, step=1):
    """Each loop variable is a register that the kernel may not write."""
    start, stop = (0, start) if stop is None else (start, stop)
    for i in _counted("nl.dynamic_range", start, stop, step):
        register = _core.isa.register_alloc(i)
        register.frozen = True
        yield register


@contextmanager
def _scope():
    """Tensors that the body of a loop declares stay inside of it."""
    first = _core.tensors_declared()
    yield
    if not subset.permissive():
        _core.leave_loop(first)


def fori_loop(lower, upper, body_fun, step=1):
    """What the body writes to its register stays without effect on the loop."""
    with _scope():
        for i in _counted("nl.fori_loop", lower, upper, step):
            body_fun(_core.isa.register_alloc(i))


def while_loop(init, body_fun):
    """The body gets a copy of the condition and returns the register of the next one."""
    _refuse_fixed_order("nl.while_loop")
    condition = init
    with _scope():
        while condition:
            condition = body_fun(_core.isa.register_alloc(condition))
            if not isinstance(condition, _core.Register):
                raise fault(PROGRAM, f"the body of nl.while_loop returned {condition!r}",
                            "it returns the register that holds the next condition")


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
