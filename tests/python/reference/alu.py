# SPDX-License-Identifier: Apache-2.0
"""The operators of tensor_tensor, tensor_scalar, reductions and scans."""

import numpy as np

from .formats import bits

f32 = np.float32


def maximum(a, b):
    """NaN loses. Of equal ones (the two zeros) the second: no document says."""
    return np.where((a > b) | np.isnan(b), a, b).astype(f32)


def minimum(a, b):
    return np.where((a < b) | np.isnan(b), a, b).astype(f32)


def abs_max(a, b):
    return np.where((np.abs(a) > np.abs(b)) | np.isnan(b), a, b).astype(f32)


def abs_min(a, b):
    return np.where((np.abs(a) < np.abs(b)) | np.isnan(b), a, b).astype(f32)


def power(a, b):
    """In float64; the instruction may be off by an ulp or two."""
    return np.power(a.astype(np.float64), b.astype(np.float64)).astype(f32)


ARITHMETIC = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "maximum": maximum,
    "minimum": minimum,
    "equal": lambda a, b: (a == b).astype(f32),
    "not_equal": lambda a, b: (a != b).astype(f32),
    "greater_equal": lambda a, b: (a >= b).astype(f32),
    "greater": lambda a, b: (a > b).astype(f32),
    "less_equal": lambda a, b: (a <= b).astype(f32),
    "less": lambda a, b: (a < b).astype(f32),
    "logical_and": lambda a, b: ((a != 0) & (b != 0)).astype(f32),
    "logical_or": lambda a, b: ((a != 0) | (b != 0)).astype(f32),
    "logical_xor": lambda a, b: ((a != 0) ^ (b != 0)).astype(f32),
    "abs_max": abs_max,
    "abs_min": abs_min,
}
COMPARISONS = ("equal", "not_equal", "greater_equal", "greater", "less_equal", "less")
UNARY = {
    "abs": lambda a: np.abs(a),
    "square": lambda a: a * a,
    "relu": lambda a: np.where((a > 0) | np.isnan(a), a, f32(0)),
    "rsqrt": lambda a: (1.0 / np.sqrt(a.astype(np.float64))).astype(f32),
}
# What a reduction starts from; subtract takes every element away from 0.
IDENTITY = {
    "add": 0.0, "subtract": 0.0, "multiply": 1.0, "maximum": -np.inf, "minimum": np.inf,
    "logical_and": 1.0, "logical_or": 0.0, "logical_xor": 0.0, "abs_max": 0.0, "abs_min": np.inf,
}


def arithmetic(op, a, b, reverse=False):
    """One float32 step; unary operators look at `a` only."""
    a = np.asarray(a, f32)
    with np.errstate(all="ignore"):
        if op in UNARY:
            return UNARY[op](a)
        if op == "bypass":
            return a
        b = np.asarray(b, f32)
        if reverse:
            a, b = b, a
        if op == "power":
            return power(a, b)
        return np.asarray(ARITHMETIC[op](a, b), f32)


def bitwise(op, a, b=None, reverse=False):
    """On the raw words, which all have one width; shifts fill with zeros."""
    kind = a.dtype
    a = bits(a)
    if op == "invert":
        return (~a).view(kind)
    b = bits(np.broadcast_to(b, a.shape))
    if reverse:
        a, b = b, a
    word = {
        "bitwise_and": lambda: a & b,
        "bitwise_or": lambda: a | b,
        "bitwise_xor": lambda: a ^ b,
        "left_shift": lambda: a << b,
        "right_shift": lambda: a >> b,
    }[op]()
    return word.astype(a.dtype).view(kind)


BITWISE = ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift")


def integer(op, a, b, dtype):
    """GpSimd's native 32-bit arithmetic: by value, wrapped to the destination."""
    a, b = a.astype(np.int64), b.astype(np.int64)
    value = {
        "add": lambda: a + b,
        "subtract": lambda: a - b,
        "multiply": lambda: (a & 0xFFFFFFFF).astype(np.uint64) * (b & 0xFFFFFFFF).astype(np.uint64),
        "maximum": lambda: np.maximum(a, b),
        "minimum": lambda: np.minimum(a, b),
        "equal": lambda: a == b, "not_equal": lambda: a != b,
        "greater": lambda: a > b, "greater_equal": lambda: a >= b,
        "less": lambda: a < b, "less_equal": lambda: a <= b,
    }[op]()
    word = (value.astype(np.uint64) & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    return word.view(np.int32) if dtype == "int32" else word
