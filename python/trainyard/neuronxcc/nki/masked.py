# SPDX-License-Identifier: Apache-2.0
"""Masks that are no rectangles, on a core that has none: tiles of ones where a mask holds."""

import numpy as np

from trainyard import _core
from trainyard.faults import NOT_MODELLED, PROGRAM, fault
from trainyard.neuronxcc.nki.tile import allocate
from trainyard.nki import dtype as dtypes

isa = _core.isa
# By the names that instructions, NumPy and nl give them.
OPERATIONS = {"sum": "add", "max": "maximum", "amax": "maximum", "min": "minimum",
              "amin": "minimum", "prod": "multiply", "all": "logical_and", "any": "logical_or"}
LOWEST, HIGHEST = object(), object()
IDENTITIES = {"add": 0, "multiply": 1, "maximum": LOWEST, "minimum": HIGHEST, "logical_and": 1,
              "logical_or": 0, "logical_xor": 0, "bitwise_or": 0, "bitwise_xor": 0, "abs_max": 0}


def identity(op, dtype):
    """What changes no result of `op`."""
    name = op if isinstance(op, str) else getattr(op, "__name__", str(op))
    name = OPERATIONS.get(name, name)
    if name not in IDENTITIES:
        raise fault(NOT_MODELLED, f"a reduction by {name} with a mask that is no rectangle",
                    f"one of {', '.join(IDENTITIES)}")
    value = IDENTITIES[name]
    return value if isinstance(value, int) else extreme(dtype, value is HIGHEST)


def extreme(dtype, highest=False):
    kind = np.dtype(dtypes.numpy_dtype(dtype))
    if kind.kind in "iu":
        return int(np.iinfo(kind).max if highest else np.iinfo(kind).min)
    infinite = float(np.array(np.inf if highest else -np.inf, np.float32).astype(kind))
    if np.isinf(infinite):
        return infinite
    import ml_dtypes
    return float(ml_dtypes.finfo(kind).max if highest else ml_dtypes.finfo(kind).min)


def _ones(size, partition):
    tile = allocate(size, dtypes.float32, partition=partition)
    isa.memset(tile.core(), 1.0)
    return tile


def _holds(term, box, size, partition):
    """Ones where all conditions of the term hold: an affine_select for each."""
    found = _ones(size, partition)
    free = [d for d in range(len(size)) if d != partition]
    for index, equal in term:
        offset = index.constant + sum(step * start for step, (start, _) in zip(index.steps, box))
        further = allocate(size, dtypes.float32, partition=partition)
        isa.affine_select(further.core(), [[index.steps[d], size[d]] for d in free] or [[0, 1]],
                          index.steps[partition], found.core(), 0.0,
                          "equal" if equal else "greater_equal", offset)
        found = further
    return found


def predicate(box, terms, partition):
    """A tile over the box: ones where one of the terms holds, else zeros."""
    size = [stop - start for start, stop in box]
    found = None
    for term in terms:
        one = _holds(term, box, size, partition)
        if found is not None:
            isa.tensor_tensor(one.core(), one.core(), found.core(), "maximum")
        found = one
    bits = allocate(size, dtypes.uint8, partition=partition)
    isa.tensor_copy(bits.core(), found.core())
    return bits


def only(data, box, terms, fill):
    """(the box of `data` with `fill` where no term holds, the predicate)."""
    size = [stop - start for start, stop in box]
    chosen = predicate(box, terms, data.partition)
    tile = allocate(size, data.dtype, partition=data.partition)
    isa.memset(tile.core(), fill)
    isa.tensor_copy_predicated(tile.core(), data.core(box), chosen.core())
    return tile, chosen


def restricted(mask, shape):
    """(box, terms, nothing) of a mask that may be None."""
    if mask is None:
        return None, [], False
    box, terms = mask.restrict(shape)
    return box, terms, box is None


def refuse_oblique(mask, shape, what):
    if mask is not None and mask.restrict(shape)[1]:
        raise fault(PROGRAM, f"{what} with a mask that is no rectangle",
                    "select with nisa.affine_select first")
