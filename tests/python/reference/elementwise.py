# SPDX-License-Identifier: Apache-2.0
"""tensor_copy, memset, tensor_tensor, tensor_scalar, scalar_tensor_tensor, reciprocal."""

import numpy as np

from . import alu
from .formats import bits, convert, from_float32, is_integer, scalar32, to_float32, DTYPES


def broadcast(operand, like):
    """A number or a (P, 1) tile as float32 against (P, N)."""
    if operand is None:
        return None
    if np.ndim(operand) == 0:
        return np.full(like.shape, scalar32(operand), np.float32)
    return np.broadcast_to(to_float32(operand).reshape(-1, 1), like.shape)


def tensor_copy(src, dtype):
    return convert(src, dtype)


def memset(shape, value, dtype):
    if is_integer(dtype):
        return np.full(shape, int(value), np.int64).astype(DTYPES[dtype])
    return np.full(shape, from_float32(scalar32(value), dtype), DTYPES[dtype])


def tensor_tensor(data1, data2, op, dtype, exact_integers=False):
    if op in alu.BITWISE:
        return alu.bitwise(op, data1, data2)
    if exact_integers:
        return alu.integer(op, data1, data2, dtype)
    return from_float32(alu.arithmetic(op, to_float32(data1), to_float32(data2)), dtype)


def tensor_scalar(data, op0, operand0, op1, operand1, reverse0, reverse1, dtype):
    if op0 in alu.BITWISE or op0 == "invert":
        word = bitwise_step(data, op0, operand0, reverse0)
        return word if op1 is None else bitwise_step(word, op1, operand1, reverse1)
    value = alu.arithmetic(op0, to_float32(data), broadcast(operand0, data), reverse0)
    if op1 is not None:
        value = alu.arithmetic(op1, value, broadcast(operand1, data), reverse1)
    return from_float32(value, dtype)


def bitwise_step(data, op, operand, reverse):
    if op == "invert":
        return alu.bitwise(op, data)
    if np.ndim(operand) == 0:
        width = 8 * data.dtype.itemsize
        word = np.array(int(operand) & ((1 << width) - 1), np.uint64).astype(bits(data).dtype)
        operand = np.broadcast_to(word.view(data.dtype), data.shape)
    operand = np.ascontiguousarray(np.broadcast_to(operand, data.shape))
    return alu.bitwise(op, data, operand, reverse)


def scalar_tensor_tensor(data, op0, operand0, op1, operand1, reverse0, reverse1, dtype):
    value = alu.arithmetic(op0, to_float32(data), broadcast(operand0, data), reverse0)
    return from_float32(alu.arithmetic(op1, value, to_float32(operand1), reverse1), dtype)


def reciprocal(data, dtype):
    with np.errstate(all="ignore"):
        return from_float32(np.float32(1) / to_float32(data), dtype)
