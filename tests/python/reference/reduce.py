# SPDX-License-Identifier: Apache-2.0
"""Reductions: one float32 accumulator per partition, elements in ascending order."""

import numpy as np

from . import alu
from .elementwise import broadcast
from .formats import bits, from_float32, scalar32, to_float32


def fold(op, values, start):
    """start <op> v[0] <op> v[1] ... for every partition."""
    state = np.asarray(start, np.float32).copy()
    for i in range(values.shape[1]):
        state = alu.arithmetic(op, state, values[:, i])
    return state


def identity(op, partitions):
    return np.full(partitions, alu.IDENTITY[op], np.float32)


def tensor_reduce(data, op, kept, negate, dtype):
    """data (P, N) with N = kept * reduced, the reduced elements last. Gives (P, kept)."""
    partitions = data.shape[0]
    rows = data.reshape(partitions * kept, -1)
    if op.startswith("bitwise"):
        word = bits(rows[:, 0])
        for i in range(1, rows.shape[1]):
            word = alu.bitwise(op, word, bits(rows[:, i]))
        return word.view(data.dtype).reshape(partitions, kept)
    value = fold(op, to_float32(rows), identity(op, rows.shape[0]))
    if negate:
        value = value * np.float32(-1)
    return from_float32(value, dtype).reshape(partitions, kept)


def tensor_partition_reduce(data, op, dtype):
    """Across partitions, ascending. Gives (1, N)."""
    columns = np.ascontiguousarray(data.T)
    if op.startswith("bitwise"):
        return tensor_reduce(columns, op, 1, False, dtype).reshape(1, -1)
    if op == "average":
        total = fold("add", to_float32(columns), identity("add", columns.shape[0]))
        return from_float32(total / np.float32(data.shape[0]), dtype).reshape(1, -1)
    return tensor_reduce(columns, op, 1, False, dtype).reshape(1, -1)


class Accumulators:
    """The vector (or scalar) engine's reduce registers, one per partition."""

    def __init__(self):
        self.value = np.zeros(128, np.float32)

    def apply(self, command, op, values, init=None):
        partitions = values.shape[0]
        regs = self.value[:partitions]
        if command in ("reset", "reset_reduce"):
            regs = identity(op, partitions)
        elif command == "load_reduce":
            regs = broadcast(init, np.empty((partitions, 1)))[:, 0].copy()
        if command in ("reduce", "reset_reduce", "load_reduce"):
            regs = fold(op, values, regs)
        self.value[:partitions] = regs
        return regs


def tensor_scalar_reduce(data, op0, operand0, reduce_op, dtype):
    """Gives the tile and its float32 values, which the accumulators take."""
    value = alu.arithmetic(op0, to_float32(data), broadcast(operand0, data))
    return from_float32(value, dtype), value


def tensor_scalar_cumulative(src, op0, op1, imm0, start, dtype):
    """reg = op1(op0(src[i], imm0), reg); every step is written."""
    values = alu.arithmetic(op0, to_float32(src), broadcast(imm0, src))
    out = np.empty(values.shape, np.float32)
    reg = np.asarray(start, np.float32).copy()
    for i in range(values.shape[1]):
        reg = alu.arithmetic(op1, values[:, i], reg)
        out[:, i] = reg
    return from_float32(out, dtype), reg


def number(value, partitions):
    return np.full(partitions, scalar32(value), np.float32)
