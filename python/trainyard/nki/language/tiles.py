# SPDX-License-Identifier: Apache-2.0
"""Functions of nl that return tiles in SBUF, and are operators when passed to an instruction."""

import numbers

from trainyard import _core
from trainyard.nki import dtype as dtypes
from trainyard.nki.arrays import tile_values
from trainyard.nki.language.memory import is_hbm, ndarray, psum
from trainyard.nki.settings import session

isa = _core.isa


class Comparison:
    """The tile of a comparison, judged by its elements."""

    def __init__(self, tile):
        self.tile = tile

    def __bool__(self):
        return bool(tile_values(session(), self.tile).all())

    def __getattr__(self, name):
        return getattr(self.tile, name)

    def __getitem__(self, key):
        return self.tile[key]


def tile_of(x):
    """A tile in SBUF or PSUM; what lies in HBM is loaded."""
    if isinstance(x, Comparison):
        return x.tile
    return load(x) if isinstance(x, _core.Tensor) and is_hbm(x.buffer) else x


def load(src, dtype=None):
    shape = src.shape if len(src.shape) > 1 else (1, *src.shape)
    tile = ndarray(shape, dtype or src.dtype)
    isa.dma_copy(tile, src)
    return tile


def store(dst, value):
    value = value.tile if isinstance(value, Comparison) else value
    if value.buffer is psum:
        value = copy(value)
    isa.dma_copy(dst, value)


def copy(x, dtype=None):
    x = tile_of(x)
    out = ndarray(x.shape, dtype or x.dtype)
    isa.tensor_copy(out, x)
    return out


def broadcast_to(x, shape, dtype=None):
    x = tile_of(x)
    for dim, size in enumerate(shape):
        if x.shape[dim] != size:
            x = _rows(x, size) if dim == 0 else x.broadcast(dim, size)
    return copy(x, dtype)


def _rows(x, count):
    """The one row of x on `count` partitions."""
    out = ndarray((count, *x.shape[1:]), x.dtype)
    for start in range(0, count, 32):
        rows = min(32, count - start)
        isa.nc_stream_shuffle(out[start:start + rows], x, [0] * 32) if rows == 32 else [
            isa.dma_copy(out[row:row + 1], x) for row in range(start, count)]
    return out


def _common(x, y):
    shape = tuple(max(a, b) for a, b in zip(x.shape, y.shape))
    tiles = []
    for tile in (x, y):
        for dim, size in enumerate(shape):
            if tile.shape[dim] != size:
                tile = _rows(tile, size) if dim == 0 else tile.broadcast(dim, size)
        tiles.append(tile)
    return shape, *tiles


def _binary(name, comparison=False):
    def function(x, y, dtype=None):
        x, y = tile_of(x), tile_of(y)
        first = y if isinstance(x, numbers.Number) else x
        kind = dtype or (dtypes.uint8 if comparison else first.dtype)
        if isinstance(x, numbers.Number) or isinstance(y, numbers.Number):
            out = ndarray(first.shape, kind)
            isa.tensor_scalar(out, first, name, y if first is x else x, first is not x)
        else:
            shape, x, y = _common(x, y)
            if x.buffer is psum and y.buffer is psum:
                x = copy(x)
            out = ndarray(shape, kind)
            isa.tensor_tensor(out, x, y, name)
        return Comparison(out) if comparison else out
    return _named(function, name, alu=name)


def _unary(name, alu=None):
    def function(x, dtype=None):
        x = tile_of(x)
        out = ndarray(x.shape, dtype or x.dtype)
        isa.activation(out, name, x)
        return out
    return _named(function, name, alu, name)


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
         "silu_dx tanh softplus mish erf erf_dx exp log sin arctan sqrt sign cos tan ceil floor "
         "trunc negative").split()
ALU_UNARY = "square relu rsqrt reciprocal abs".split()

globals().update({name: _binary(name) for name in BINARY})
globals().update({name: _binary(name, True) for name in COMPARISONS})
globals().update({name: _unary(name) for name in UNARY})
globals().update({name: _unary(name, name) for name in ALU_UNARY})
_core.register_choice("function", copy, "copy")


def logical_not(x, dtype=None):
    return globals()["equal"](x, 0, dtype)


def invert(x, dtype=None):
    return globals()["bitwise_xor"](x, -1, dtype)


_core.register_choice("alu", logical_not, "logical_not")
_core.register_choice("alu", invert, "invert")
