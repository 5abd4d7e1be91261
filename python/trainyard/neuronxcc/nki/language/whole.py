# SPDX-License-Identifier: Apache-2.0
"""Functions of nl on whole tiles: those of the present language, on tiles of the earlier one."""

import math

from trainyard import _core
from trainyard.faults import PROGRAM, fault
from trainyard.neuronxcc.nki import isa
from trainyard.neuronxcc.nki import tile as tiles
from trainyard.neuronxcc.nki.emit import kind_of, on_chip
from trainyard.neuronxcc.nki.mask import as_mask
from trainyard.neuronxcc.nki.masked import predicate, restricted
from trainyard.neuronxcc.nki.language import elements
from trainyard.neuronxcc.nki.strict import strict
from trainyard.neuronxcc.nki.tile import Tile
from trainyard.nki import dtype as dtypes
from trainyard.nki import language as newer
from trainyard.nki.language.memory import is_hbm, psum

__all__ = ["sum", "max", "min", "prod", "mean", "var", "all", "softmax", "rms_norm", "where",
           "transpose", "load_transpose2d", "gather_flattened", "matmul", "dropout",
           "atomic_rmw"]


def _reduction(name, alu):
    def function(x, axis, *, dtype=None, mask=None, keepdims=False):
        return isa.tensor_reduce(alu, on_chip(tiles.wrap(x)), axis, mask=mask, dtype=dtype,
                                 keepdims=keepdims)
    function.__name__ = function.__qualname__ = name
    function = strict(function, name)
    _core.register_choice("alu", function, alu)
    return function


sum, max = _reduction("sum", "add"), _reduction("max", "maximum")
min, prod = _reduction("min", "minimum"), _reduction("prod", "multiply")


def _part_of_one(x, axis, mask, keepdims):
    """One over the number of elements that the mask leaves: a number, or a tile of them."""
    axes = [a % x.ndim for a in (axis if isinstance(axis, (tuple, list)) else [axis])]
    box, terms, nothing = restricted(as_mask(mask), x.shape)
    if nothing:
        return 1.0
    spans = box or [(0, size) for size in x.shape]
    if not terms:
        return 1.0 / math.prod(spans[a][1] - spans[a][0] for a in axes)
    ones = elements.copy(predicate([(0, size) for size in x.shape], terms, x.partition),
                         dtype=dtypes.float32)
    return elements.reciprocal(sum(ones, axis, mask=mask, keepdims=keepdims))


@strict
def mean(x, axis, *, dtype=None, mask=None, keepdims=False):
    x = on_chip(tiles.wrap(x))
    total = sum(x, axis, dtype=dtypes.float32, mask=mask, keepdims=keepdims)
    return elements.multiply(total, _part_of_one(x, axis, mask, keepdims), dtype=dtype or x.dtype)


@strict
def var(x, axis, *, dtype=None, mask=None):
    x = on_chip(tiles.wrap(x))
    middle = mean(x, axis, dtype=dtypes.float32, mask=mask, keepdims=True)
    apart = elements.square(elements.subtract(x, middle, dtype=dtypes.float32), mask=mask)
    return mean(apart, axis, dtype=dtype or x.dtype, mask=mask, keepdims=True)


@strict
def all(x, axis, *, dtype=None, mask=None):
    return min(elements.not_equal(x, 0, mask=mask), axis, dtype=dtype, mask=mask)


@strict
def softmax(x, axis, *, dtype=None, compute_dtype=None, mask=None):
    x = on_chip(tiles.wrap(x))
    kind = compute_dtype or dtypes.float32
    largest = max(x, axis, mask=mask, keepdims=True)
    raised = elements.exp(elements.subtract(x, largest, dtype=kind, mask=mask), mask=mask)
    total = sum(raised, axis, mask=mask, keepdims=True)
    return elements.divide(raised, total, dtype=dtype or x.dtype, mask=mask)


@strict
def rms_norm(x, w, axis, n, epsilon=1e-06, *, dtype=None, compute_dtype=None, mask=None):
    x, w = on_chip(tiles.wrap(x)), on_chip(tiles.wrap(w))
    kind = compute_dtype or dtypes.float32
    squares = sum(elements.square(x, dtype=kind, mask=mask), axis, mask=mask, keepdims=True)
    scale = elements.rsqrt(elements.add(elements.multiply(squares, 1.0 / n), epsilon))
    scaled = elements.multiply(x, scale, dtype=kind, mask=mask)
    return elements.multiply(scaled, w, dtype=dtype or x.dtype, mask=mask)


@strict
def where(condition, x, y, *, dtype=None, mask=None):
    def given(value):
        return on_chip(tiles.wrap(value))

    condition, x, y = given(condition), given(x), given(y)
    tiles.flush()
    found = newer.where(*(value.core() if isinstance(value, Tile) else value
                          for value in (condition, x, y)), kind_of(dtype))
    return _masked(Tile(found, condition.partition), mask)


def _masked(tile, mask):
    return tile if mask is None else elements.copy(tile, mask=mask)


@strict
def transpose(x, *, dtype=None, mask=None):
    return elements.copy(isa.nc_transpose(on_chip(tiles.wrap(x)), mask=mask), dtype=dtype)


@strict
def load_transpose2d(src, *, mask=None, dtype=None):
    src = tiles.wrap(src)
    if not is_hbm(src.buffer) or src.ndim != 2:
        raise fault(PROGRAM, "load_transpose2d takes a two-dimensional tensor in HBM")
    return isa.dma_transpose(src, dtype=dtype, mask=mask)


@strict
def gather_flattened(data, indices, *, mask=None, dtype=None):
    data, indices = on_chip(tiles.wrap(data)), on_chip(tiles.wrap(indices))
    tiles.flush()
    return _masked(Tile(newer.gather_flattened(data.core(), indices.core(),
                                               dtype=kind_of(dtype))), mask)


@strict
def matmul(x, y, *, transpose_x=False, mask=None):
    x, y = (elements.copy(t) if t.buffer is psum else t
            for t in (on_chip(tiles.wrap(x)), on_chip(tiles.wrap(y))))
    return isa.nc_matmul(x if transpose_x else transpose(x), y, mask=mask)


@strict
def dropout(x, rate, *, dtype=None, mask=None):
    return isa.dropout(on_chip(tiles.wrap(x)), rate, dtype=dtype, mask=mask)


@strict
def atomic_rmw(dst, value, op, *, mask=None):
    isa.dma_copy(dst=dst, src=value, mask=mask, dst_rmw_op=op)


