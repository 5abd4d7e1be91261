# SPDX-License-Identifier: Apache-2.0
"""Reductions over the iterations of a loop and over the programs of a grid."""

import dis
import functools
import sys

from trainyard.faults import PACKAGE, PROGRAM, fault
from trainyard.neuronxcc.nki import isa, programs
from trainyard.neuronxcc.nki import tile as tiles
from trainyard.neuronxcc.nki.emit import kind_of, on_chip, result
from trainyard.neuronxcc.nki.language import elements
from trainyard.neuronxcc.nki.strict import strict
from trainyard.neuronxcc.nki.tile import Tile
from trainyard.nki.settings import session


@functools.lru_cache(maxsize=256)
def _names_after_calls(code):
    """{offset of a call: the local variable that its result becomes}."""
    found, before = {}, None
    for instruction in dis.get_instructions(code):
        if before is not None and instruction.opname.startswith(("STORE_FAST", "STORE_DEREF")):
            name = instruction.argval
            # A frame that waits for a call stands at it or, in Python 3.11, at its last cache.
            found[before] = found[instruction.offset - 2] = (
                name[0] if isinstance(name, tuple) else name)
        before = instruction.offset if instruction.opname.startswith("CALL") else None
    return found


def _assigned_before():
    """Of `b = nl.loop_reduce(...)`: (whether it is such, the tile that b is now)."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    name = _names_after_calls(frame.f_code).get(frame.f_lasti)
    value = None if name is None else frame.f_locals.get(name)
    return name is not None, value if isinstance(value, Tile) else None


@strict
def loop_reduce(x, op, loop_indices, *, dtype=None, mask=None):
    """The destination is the first operand: t[...] = op(t[...], x); a new one starts with x."""
    tiles.flush()
    x = on_chip(tiles.wrap(x))
    x.base

    def onto(place):
        if session().any_written(place.core()):
            place[...] = isa.tensor_tensor(place, x, op, dtype=place.dtype, mask=mask)
        else:
            place[...] = elements.copy(x, dtype=place.dtype, mask=mask)

    to_a_name, before = _assigned_before()
    if before is not None and before.shape == x.shape:
        before.base
        onto(before)
        return before
    if to_a_name:
        return elements.copy(x, dtype=dtype, mask=mask)

    def unassigned(_dst, _box):
        raise fault(PROGRAM, "what loop_reduce returns is assigned", "t[...] = nl.loop_reduce(...)",
                    instruction="loop_reduce")

    held = result(x.shape, kind_of(dtype) or x.dtype, unassigned, partition=x.partition)
    held.onto = onto
    return held


@strict
def all_reduce(x, op, program_axes, *, dtype=None, mask=None, parallel_reduce=True,
               asynchronous=False):
    tiles.flush()
    x = on_chip(tiles.wrap(x))
    x.base

    def combine(values):
        total = values[0]
        for value in values[1:]:
            total = isa.tensor_tensor(total, value, op, dtype=dtype, mask=mask)
        copies = [elements.copy(total, dtype=dtype, mask=mask) for _ in values[1:]]
        tiles.flush()
        return [elements.copy(total, dtype=dtype, mask=mask) if len(values) == 1 else total,
                *copies]

    return programs.together(program_axes, x, combine)
