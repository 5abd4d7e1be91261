# SPDX-License-Identifier: Apache-2.0
"""Functions of nl that return tiles in SBUF, and are operators when passed to an instruction."""

import math
import numbers

from trainyard import _core
from trainyard.nki.language.memory import is_hbm, ndarray, psum
from trainyard.nki.settings import machine
from trainyard.faults import PROGRAM, fault

isa = _core.isa
# Formats whose product with 1 is exact on the Tensor Engine.
PRODUCTS = ("float32", "bfloat16", "float16")


def tile_of(x):
    """A tile in SBUF or PSUM; what lies in HBM is loaded."""
    return load(x) if isinstance(x, _core.Tensor) and is_hbm(x.buffer) else x


def load(src, dtype=None):
    shape = src.shape if len(src.shape) > 1 else (1, *src.shape)
    tile = ndarray(shape, dtype or src.dtype)
    isa.dma_copy(tile, src)
    return tile


def store(dst, value):
    if value.buffer is psum:
        value = copy(value)
    isa.dma_copy(dst, value)


def copy(x, dtype=None):
    x = tile_of(x)
    out = ndarray(x.shape, dtype or x.dtype)
    isa.tensor_copy(out, x)
    return out


def _spread(x, shape):
    """The tile with dimensions of size 1 repeated: a view, but for the partitions."""
    for dim, size in enumerate(shape):
        if x.shape[dim] != size:
            x = _rows(x, size) if dim == 0 else x.broadcast(dim, size)
    return x


def broadcast_to(x, shape, dtype=None):
    x, shape = tile_of(x), tuple(shape)
    if x.shape == shape and (dtype is None or dtype == x.dtype):
        return x
    if len(shape) != x.ndim or any(a not in (1, b) for a, b in zip(x.shape, shape)):
        raise fault(PROGRAM, f"a tile of shape {x.shape} does not broadcast to {shape}",
                    "the ranks are the same, and a dimension that grows has size 1")
    spread = _spread(x, shape)
    fresh = x.shape[0] != shape[0] and x.shape[1:] == shape[1:] and dtype in (None, x.dtype)
    return spread if fresh else copy(spread, dtype)


def _rows(x, count):
    """The one partition of x on `count` partitions: as a product with ones on the Tensor Engine
    (fused_mamba.rst of aws-neuron-sdk: partition broadcast is an instruction of TensorE), or by
    shuffles where the elements are integers."""
    return _product_with_ones(x, count) if x.dtype in PRODUCTS else _shuffled(x, count)


def _product_with_ones(x, count):
    ones, out = ndarray((1, count), x.dtype), ndarray((count, *x.shape[1:]), x.dtype)
    isa.memset(ones, 1.0)
    for part in _parts_of_a_bank(x.shape[1:]):
        sums = ndarray((count, *x[(slice(None), *part)].shape[1:]), "float32", psum)
        isa.nc_matmul(sums, ones, x[(slice(None), *part)])
        # VectorE is where the broadcast is used.
        isa.activation(out[(slice(None), *part)], "copy", sums)
    return out


def _parts_of_a_bank(shape):
    """Slices of `shape` that together are all of it, each of no more elements than a PSUM bank."""
    if not shape:
        return [()]
    bank = machine().psum_bank_bytes // 4
    inner = math.prod(shape[1:])
    step = max(1, bank // inner) if inner <= bank else 1
    rest = [tuple(slice(None) for _ in shape[1:])] if inner <= bank else _parts_of_a_bank(shape[1:])
    return [(slice(i, min(i + step, shape[0])), *part)
            for i in range(0, shape[0], step) for part in rest]


def _shuffled(x, count):
    """By shuffles inside of a quadrant."""
    quadrant = machine().partition_quadrant
    quadrants = -(-count // quadrant)
    out = ndarray((quadrants * quadrant, *x.shape[1:]), x.dtype)
    for first in range(0, out.shape[0], quadrant):
        isa.nc_stream_shuffle(out[first:first + quadrant], x, [0] * quadrant)
    return out[:count]


def _common(x, y):
    if x.ndim != y.ndim or any(1 not in (a, b) and a != b for a, b in zip(x.shape, y.shape)):
        raise fault(PROGRAM, f"tiles of shapes {x.shape} and {y.shape} do not go together",
                    "the shapes are equal, or a dimension of one of them is 1")
    shape = tuple(max(a, b) for a, b in zip(x.shape, y.shape))
    return shape, _spread(x, shape), _spread(y, shape)


def _binary(name, comparison=False):
    def function(x, y, dtype=None):
        x, y = tile_of(x), tile_of(y)
        tile, other = (y, x) if isinstance(x, numbers.Number) else (x, y)
        if not isinstance(tile, _core.Tensor):
            raise fault(PROGRAM, "needs a tile, of its two operands at least one",
                        instruction=f"nl.{name}")
        if isinstance(other, numbers.Number):
            out = ndarray(tile.shape, dtype or tile.dtype)
            isa.tensor_scalar(out, tile, name, other, tile is not x)
        else:
            shape, x, y = _common(x, y)
            if x.buffer is psum and y.buffer is psum:
                x = copy(x)
            out = ndarray(shape, dtype or tile.dtype)
            isa.tensor_tensor(out, x, y, name)
        return out.as_comparison() if comparison else out
    return _named(function, name, alu=name)


def _unary(name, alu=None):
    def function(x, dtype=None):
        x = tile_of(x)
        out = ndarray(x.shape, dtype or x.dtype)
        isa.activation(out, name, x)
        return out
    return _named(function, name, alu, name)


TURN = 2 * math.pi
TURN_HIGH = 6.28125  # its first 8 bits: a multiple of them is exact for 2^16 turns


def sin(x, dtype=None):
    """Whole turns less first: the engine's own sine is right from -pi to pi."""
    x = tile_of(x)
    out = ndarray(x.shape, dtype or x.dtype)
    turns = ndarray(x.shape, "int32")
    isa.tensor_scalar(turns, x, "multiply", 1 / TURN)  # rounds to the nearest
    angle = ndarray(x.shape, "float32")
    isa.scalar_tensor_tensor(angle, turns, "multiply", -TURN_HIGH, "add", x)
    isa.scalar_tensor_tensor(angle, turns, "multiply", TURN_HIGH - TURN, "add", angle)
    isa.activation(out, "sin", angle)
    return out


def _named(function, name, alu=None, act=None):
    function.__name__ = function.__qualname__ = name
    if alu:
        _core.register_choice("alu", function, alu)
    if act:
        _core.register_choice("function", function, act)
    return function


BINARY = ("add subtract multiply divide maximum minimum abs_max abs_min power fmod mod bitwise_and "
          "bitwise_or bitwise_xor left_shift right_shift average bypass").split()
COMPARISONS = ("equal not_equal less less_equal greater greater_equal logical_and logical_or "
               "logical_xor").split()
UNARY = ("sigmoid prelu gelu gelu_dx gelu_apprx_tanh gelu_apprx_sigmoid gelu_apprx_sigmoid_dx silu "
         "silu_dx tanh softplus mish erf erf_dx exp log arctan sqrt sign cos tan ceil floor "
         "trunc negative").split()
ALU_UNARY = "square relu rsqrt reciprocal abs".split()

globals().update({name: _binary(name) for name in BINARY})
globals().update({name: _binary(name, True) for name in COMPARISONS})
globals().update({name: _unary(name) for name in UNARY})
globals().update({name: _unary(name, name) for name in ALU_UNARY})
_core.register_choice("function", copy, "copy")
_core.register_choice("function", sin, "sin")


def logical_not(x, dtype=None):
    return globals()["equal"](x, 0, dtype)


def invert(x, dtype=None):
    return globals()["bitwise_xor"](x, -1, dtype)


_core.register_choice("alu", logical_not, "logical_not")
_core.register_choice("alu", invert, "invert")
