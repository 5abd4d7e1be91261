# SPDX-License-Identifier: Apache-2.0
"""Selections: tensor_copy_predicated, select_reduce, range_select, affine_select, iota."""

import numpy as np

from . import alu
from .elementwise import broadcast
from .formats import convert, from_float32, scalar32, to_float32

FP32_MIN = np.float32(-3.4028235e38)


def tensor_copy_predicated(dst, src, predicate, reverse_pred):
    chosen = (predicate != 0) ^ reverse_pred
    if np.ndim(src) == 0:
        src = from_float32(np.full(dst.shape, scalar32(src)), str(dst.dtype))
    return np.where(chosen, src, dst)


def select_reduce(predicate, on_true, on_false, reverse_pred, dtype):
    """Gives the tile and the float32 values that the maximum is taken of."""
    chosen = (predicate != 0) ^ reverse_pred
    value = np.where(chosen, to_float32(on_true), broadcast(on_false, on_true)).astype(np.float32)
    return from_float32(value, dtype), value


def range_select(on_true, comp_op0, comp_op1, bound0, bound1, range_start, dtype):
    index = np.float32(range_start) + np.arange(on_true.shape[1], dtype=np.float32)
    index = np.broadcast_to(index, on_true.shape)
    inside = (alu.arithmetic(comp_op0, index, broadcast(bound0, on_true)) != 0) & (
        alu.arithmetic(comp_op1, index, broadcast(bound1, on_true)) != 0)
    value = np.where(inside, to_float32(on_true), FP32_MIN).astype(np.float32)
    return from_float32(value, dtype), value


def affine(pattern, offset, channel_multiplier, partitions):
    """offset + partition * multiplier + sum(index * step) in wrapping int32."""
    value = np.zeros((1,), np.int64)
    for step, count in pattern:
        value = (value[:, None] + step * np.arange(count, dtype=np.int64)).reshape(-1)
    value = offset + channel_multiplier * np.arange(partitions, dtype=np.int64)[:, None] + value
    return value.astype(np.int32)


def iota(pattern, offset, channel_multiplier, partitions, dtype):
    return convert(affine(pattern, offset, channel_multiplier, partitions), dtype)


def affine_select(pattern, channel_multiplier, on_true, on_false, cmp_op, offset, dtype):
    value = affine(pattern, offset, channel_multiplier, on_true.shape[0]).astype(np.int64)
    chosen = {"equal": value == 0, "not_equal": value != 0, "greater": value > 0,
              "greater_equal": value >= 0, "less": value < 0, "less_equal": value <= 0}[cmp_op]
    other = from_float32(np.full(on_true.shape, scalar32(on_false)), dtype)
    return np.where(chosen, convert(on_true, dtype), other)
