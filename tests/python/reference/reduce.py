# SPDX-License-Identifier: Apache-2.0
"""Reductions: one float32 accumulator per partition, in one fixed order."""

import numpy as np

from . import alu
from .elementwise import broadcast
from .formats import bits, from_float32, scalar32, to_float32


LANES = 16


def fold(op, values, start):
    """start <op> r for every partition. AWS gives no order of additions; Trainyard's documented one
    is: element i goes to accumulator i mod 16 in ascending order, then the accumulators j and
    j + 8, + 4, + 2, + 1 are combined. Subtract takes the sum away from `start`."""
    step = "add" if op == "subtract" else op
    lanes = [None] * LANES
    for i in range(values.shape[1]):
        before = lanes[i % LANES]
        lanes[i % LANES] = values[:, i] if before is None else alu.arithmetic(
            step, before, values[:, i])
    distance = LANES // 2
    while distance:
        for j in range(distance):
            if lanes[j + distance] is not None:
                lanes[j] = alu.arithmetic(step, lanes[j], lanes[j + distance])
        distance //= 2
    start = np.asarray(start, np.float32)
    return start.copy() if lanes[0] is None else alu.arithmetic(op, start, lanes[0])


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
    """Across partitions, ascending from the first. Gives (1, N)."""
    if op.startswith("bitwise"):
        word = bits(data[0])
        for row in data[1:]:
            word = alu.bitwise(op, word, bits(row))
        return word.view(data.dtype)[None]
    rows = to_float32(data)
    state = rows[0]
    for row in rows[1:]:
        state = alu.arithmetic("add" if op == "average" else op, state, row)
    if op == "average":
        state = state / np.float32(data.shape[0])
    return from_float32(state, dtype)[None]


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
