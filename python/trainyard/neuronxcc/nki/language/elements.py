# SPDX-License-Identifier: Apache-2.0
"""Functions of nl on elements, and the operators of tiles."""

import numbers

import numpy as np

from trainyard import _core
from trainyard.faults import PROGRAM, fault
from trainyard.neuronxcc.nki import isa
from trainyard.neuronxcc.nki import tile as tiles
from trainyard.neuronxcc.nki.emit import kind_of, on_chip, promoted
from trainyard.neuronxcc.nki.index import Index, broadcast_shapes
from trainyard.neuronxcc.nki.strict import ADVICE_ON_ELEMENTS, strict
from trainyard.neuronxcc.nki.tile import Tile
from trainyard.nki import dtype as dtypes
from trainyard.nki.language.memory import psum
from trainyard.nki.settings import session
from trainyard.nki.language.tiles import (
    ALU_UNARY, BINARY, COMPARISONS, UNARY, _named, _rows)

__all__ = [*BINARY, *COMPARISONS, *UNARY, *ALU_UNARY, "copy", "logical_not", "invert",
           "broadcast_to", "static_cast", "expand_dims"]


def _down(x, count):
    """One partition on several, by shuffles."""
    if x.shape[x.partition] == count:
        return x
    tiles.flush()
    return Tile(_rows(x.core(), count), x.partition)


def _together(x, y):
    shape = broadcast_shapes(x.shape, y.shape)
    x, y = (tile[(None,) * (len(shape) - tile.ndim)] if tile.ndim < len(shape) else tile
            for tile in (x, y))
    x, y = (_down(tile, shape[tile.partition]) for tile in (x, y))
    return x.spread(shape), y.spread(shape)


def _is_column(y, x):
    """One number for each partition, which tensor_scalar takes."""
    return (y.ndim == x.ndim == 2 and y.shape == (x.shape[0], 1) and x.shape[1] > 1
            and x.partition == y.partition == 0)


# What tensor_scalar computes with an operand for each partition, in float32.
COLUMN = {"add", "subtract", "multiply", "divide", "maximum", "minimum"}


def _binary(name, comparison=False):
    def function(x, y, *, dtype=None, mask=None):
        x, y = (on_chip(tiles.wrap(each)) for each in (x, y))
        kind = kind_of(dtype) or (dtypes.uint8 if comparison else promoted(x, y))
        if name == "divide" and dtype is None and kind in WHOLE:
            kind = dtypes.float32
        if isinstance(x, numbers.Number) or isinstance(y, numbers.Number):
            tile, number = (y, x) if isinstance(x, numbers.Number) else (x, y)
            if kind in WHOLE and isinstance(number, float) and not comparison and dtype is None:
                kind = dtypes.float32
            return isa.tensor_scalar(tile, name, number, tile is not x, dtype=kind, mask=mask)
        for tile, column, turned in ((x, y, False), (y, x, True)):
            if name in COLUMN and "float" in str(tile.dtype) and _is_column(column, tile):
                if str(column.dtype) != "float32":
                    column = copy(column, dtype=dtypes.float32)
                return isa.tensor_scalar(tile, name, column, turned, dtype=kind, mask=mask)
        x, y = _together(x, y)
        if x.buffer is psum and y.buffer is psum:
            x = copy(x)
        return isa.tensor_tensor(x, y, name, dtype=kind, mask=mask)
    return _named(strict(function, name, ADVICE_ON_ELEMENTS), name, alu=name)


WHOLE = ("int8", "int16", "int32", "uint8", "uint16", "uint32")


def _unary(name, alu=None):
    def function(x, *, dtype=None, mask=None):
        return isa.activation(name, on_chip(tiles.wrap(x)), dtype=dtype, mask=mask)
    return _named(strict(function, name, ADVICE_ON_ELEMENTS), name, alu, name)


globals().update({name: _binary(name) for name in BINARY})
globals().update({name: _binary(name, True) for name in COMPARISONS})
globals().update({name: _unary(name) for name in UNARY})
globals().update({name: _unary(name, name) for name in ALU_UNARY})


@strict
def copy(src, *, mask=None, dtype=None):
    return isa.tensor_copy(on_chip(tiles.wrap(src)), mask=mask, dtype=dtype)


@strict
def static_cast(input_data, dtype):
    """Of an array of the host too: tests make their operands with it."""
    if not isinstance(input_data, (Tile, _core.Tensor)):
        return np.asarray(input_data).astype(dtypes.numpy_dtype(kind_of(dtype)))
    return copy(input_data, dtype=dtype)


@strict
def logical_not(x, *, dtype=None, mask=None):
    return globals()["equal"](x, 0, dtype=dtype, mask=mask)


@strict
def invert(x, *, dtype=None, mask=None):
    return globals()["bitwise_xor"](x, -1, dtype=dtype, mask=mask)


@strict
def broadcast_to(src, *, shape):
    src, shape = on_chip(tiles.wrap(src)), tuple(shape)
    src = src[(None,) * (len(shape) - src.ndim)] if src.ndim < len(shape) else src
    return _down(src, shape[src.partition]).spread(shape)


@strict
def expand_dims(data, axis):
    return data.expand_dims(axis)


_core.register_choice("function", copy, "copy")
_core.register_choice("alu", logical_not, "logical_not")
_core.register_choice("alu", invert, "invert")
for _name, _numpy in (("maximum", np.max), ("minimum", np.min), ("add", np.sum),
                      ("multiply", np.prod), ("abs", np.abs), ("bitwise_xor", np.bitwise_xor),
                      ("logical_and", np.all)):
    _core.register_choice("alu", _numpy, _name)
for _name, _numpy in (("arctan", np.arctan), ("abs", np.abs)):
    _core.register_choice("function", _numpy, _name)


def _operator(name, turned=False):
    def method(self, other):
        if isinstance(other, Index):
            raise fault(PROGRAM, "a tile and an index variable are not computed with each other",
                        "nisa.iota(index, dtype) makes a tile of the index")
        function = globals()[name]
        return function(other, self) if turned else function(self, other)
    return method


def _in_place(name):
    def method(self, value):
        if isinstance(value, Tile) and value.held and value.accumulates and name == "add" and (
                self._base is not None and self.buffer is psum):
            # The first write to a new tile overwrites.
            value.settle(self, accumulate=False if self.begins(True) else None)
            return self
        self.base
        if isinstance(value, Tile) and value.accumulates and name == "add" and (
                getattr(self._base, "spilled", False)
                and not session().any_written(self.core())):
            self[...] = value
            return self
        outcome = globals()[name](self, value, dtype=self.dtype)
        if outcome.shape == self.shape:
            outcome.settle(self)
        else:
            raise fault(PROGRAM, f"a tile of shape {self.shape} becomes {outcome.shape}")
        return self
    return method


OPERATORS = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide",
             "pow": "power", "mod": "mod", "and": "bitwise_and", "or": "bitwise_or",
             "xor": "bitwise_xor", "lshift": "left_shift", "rshift": "right_shift"}
for _operator_name, _name in OPERATORS.items():
    setattr(Tile, f"__{_operator_name}__", _operator(_name))
    setattr(Tile, f"__r{_operator_name}__", _operator(_name, True))
for _operator_name in ("add", "sub", "mul", "truediv"):
    setattr(Tile, f"__i{_operator_name}__", _in_place(OPERATORS[_operator_name]))
for _operator_name, _name in {"lt": "less", "le": "less_equal", "gt": "greater",
                              "ge": "greater_equal", "eq": "equal", "ne": "not_equal"}.items():
    setattr(Tile, f"__{_operator_name}__", _operator(_name))
Tile.__neg__ = lambda self: globals()["negative"](self)
Tile.__invert__ = lambda self: invert(self)
