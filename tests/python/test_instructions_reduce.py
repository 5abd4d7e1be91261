# SPDX-License-Identifier: Apache-2.0
"""Reductions, accumulators and scans equal their NumPy reading bit for bit; batch statistics,
whose order of additions no document gives, to a few rounding errors."""

import numpy as np
import pytest
from cases import check, partitions_and_start
from reference import bn, reduce, scan
from reference.formats import INTEGERS, from_float32, to_float32

REDUCTIONS = ("add", "subtract", "multiply", "maximum", "minimum")
TYPES = ("float32", "bfloat16", "float16", "int8", "float8_e4m3")


def layout(case):
    partitions, start = partitions_and_start(case.rng)
    return partitions, int(case.rng.choice([1, 2, 3, 8, 17, 40])), start


def pick(rng, names):
    return str(rng.choice(names))


def tensor_reduce(case):
    rng = case.rng
    partitions, start = partitions_and_start(rng)
    free = [int(n) for n in rng.integers(1, 7, rng.integers(1, 4))]
    reduced = int(rng.integers(1, len(free) + 1))
    kept = int(np.prod(free[:len(free) - reduced]))
    if rng.random() < 0.25:
        op = pick(rng, ["bitwise_and", "bitwise_or", "bitwise_xor"])
        types, negate = [pick(rng, INTEGERS)] * 2, False
    else:
        op = pick(rng, REDUCTIONS + ("logical_and", "logical_or", "logical_xor"))
        types, negate = [pick(rng, TYPES), pick(rng, TYPES)], bool(rng.random() < 0.3)
    data = case.tile("data", [partitions] + free, types[0], start=start, buffer=case.space(),
                     free_split=False, mode="normal" if types[1] in INTEGERS else None)
    keepdims = bool(rng.random() < 0.5)
    shape = [partitions] + free[:len(free) - reduced]
    shape += [1] * reduced if keepdims else [1] if len(shape) == 1 else []
    dst = case.tile("dst", shape, types[1], start=start, read_only=False, free_split=False)
    axis = tuple(range(len(free) - reduced + 1, len(free) + 1))
    case.call(dst=dst, op=op, data=data, axis=axis[0] if len(axis) == 1 else axis, negate=negate,
              keepdims=keepdims)
    case.expect(dst, reduce.tensor_reduce(data.values, op, kept, negate, dst.dtype))


def tensor_partition_reduce(case):
    rng = case.rng
    partitions, n, _ = layout(case)
    op = pick(rng, ["add", "average", "maximum", "bitwise_or", "bitwise_and"])
    types = [pick(rng, INTEGERS)] * 2 if op.startswith("bit") else [pick(rng, TYPES[:3])] * 2
    data = case.tile("data", (partitions, n), types[0])
    dst = case.tile("dst", (1, n), types[1], read_only=False)
    case.call(dst=dst, op=op, data=data)
    case.expect(dst, reduce.tensor_partition_reduce(data.values, op, dst.dtype))


def tensor_scalar_reduce(case):
    rng = case.rng
    partitions, n, start = layout(case)
    op0 = pick(rng, ["add", "subtract", "multiply", "maximum", "minimum"])
    reduce_op = pick(rng, ["add", "multiply", "maximum", "minimum"])
    registers = reduce.Accumulators()
    command = "reset_reduce"
    for step in range(int(rng.integers(1, 4))):
        types = [pick(rng, TYPES), pick(rng, TYPES[:3])]
        data = case.tile(f"data{step}", (partitions, n), types[0], start=start)
        dst = case.tile(f"dst{step}", (partitions, n), types[1], start=start, read_only=False)
        res = case.tile(f"res{step}", (partitions, 1), "float32", start=start, plain=True)
        passed, operand0 = case.operand(f"operand{step}", partitions, start=start)
        negate = bool(rng.random() < 0.3)
        arguments = dict(dst=dst, data=data, op0=op0, operand0=passed, reduce_op=reduce_op,
                         reduce_res=res, reduce_cmd=command, reduce_res_negate=negate)
        init = None
        if command == "load_reduce":
            arguments["reduce_init"], init = case.operand(f"init{step}", partitions, start=start)
        case.call(**arguments)
        tile, values = reduce.tensor_scalar_reduce(data.values, op0, operand0, reduce_op, dst.dtype)
        state = registers.apply(command, reduce_op, values, init)
        case.expect(dst, tile)
        case.expect(res, (state * np.float32(-1 if negate else 1))[:, None])
        command = pick(rng, ["reduce", "load_reduce", "reset_reduce"])


def tensor_scalar_cumulative(case):
    rng = case.rng
    partitions, n, start = layout(case)
    op0 = pick(rng, ["add", "subtract", "multiply", "maximum", "minimum"])
    op1 = pick(rng, REDUCTIONS)
    types = [pick(rng, TYPES), pick(rng, TYPES[:3])]
    src = case.tile("src", (partitions, n), types[0], start=start, buffer=case.space())
    dst = case.tile("dst", (partitions, n), types[1], start=start, read_only=False)
    passed, imm0 = case.operand("imm0", partitions, start=start)
    command = pick(rng, ["reset_reduce", "load_reduce"])
    arguments = dict(dst=dst, src=src, op0=op0, op1=op1, imm0=passed, reduce_cmd=command)
    begin = reduce.identity(op1, partitions)
    if command == "load_reduce":
        arguments["imm1"], imm1 = case.operand("imm1", partitions, start=start)
        begin = np.broadcast_to(np.asarray(imm1, np.float32).reshape(-1), (partitions,))
    case.call(**arguments)
    case.expect(dst, reduce.tensor_scalar_cumulative(src.values, op0, op1, imm0, begin,
                                                     dst.dtype)[0])


def tensor_tensor_scan(case):
    rng = case.rng
    partitions, n, start = layout(case)
    op0, op1 = (pick(rng, REDUCTIONS) for _ in range(2))
    reverse0, reverse1 = (bool(rng.random() < 0.3) for _ in range(2))
    types = [pick(rng, TYPES) for _ in range(2)] + [pick(rng, TYPES[:3])]
    data0 = case.tile("data0", (partitions, n), types[0], start=start, buffer=case.space())
    data1 = case.tile("data1", (partitions, n), types[1], start=start)
    dst = case.tile("dst", (partitions, n), types[2], start=start, read_only=False)
    passed, initial = case.operand("initial", partitions, start=start)
    case.call(dst=dst, data0=data0, data1=data1, initial=passed, op0=op0, op1=op1,
              reverse0=reverse0, reverse1=reverse1)
    case.expect(dst, scan.tensor_tensor_scan(data0.values, data1.values, initial, op0, op1,
                                             reverse0, reverse1, dst.dtype))


def close(want, scale, dtype):
    """To 64 float32 rounding errors of the largest number involved, and the format's own."""
    step = {"float32": 2.0**-18, "bfloat16": 2.0**-7, "float16": 2.0**-9}[dtype]

    def judge(got):
        error = np.abs(to_float32(got).astype(np.float64) - want)
        bad = ~(error <= step * scale + 1e-30)
        at = tuple(int(i) for i in np.argwhere(bad)[0]) if bad.any() else None
        return f"{list(at)} is {got[at]!r}, reference {want[at]!r}" if at else None
    return judge


def bn_stats(case):
    rng = case.rng
    partitions, start = partitions_and_start(rng)
    n = int(rng.choice([2, 3, 8, 17, 64]))
    dtype = pick(rng, ["float32", "bfloat16"])
    data = case.tile("data", (partitions, n), dtype, start=start, mode="normal")
    dst = case.tile("dst", (partitions, 6), "float32", start=start, read_only=False)
    case.call(dst=dst, data=data)
    case.expect_that(dst, close(bn.bn_stats(data.values), 16 * n, "float32"))


def bn_aggr(case):
    rng = case.rng
    partitions, start = partitions_and_start(rng)
    groups = int(rng.integers(1, 7))
    triples = np.stack([rng.integers(1, 200, (partitions, groups)),
                        rng.standard_normal((partitions, groups)),
                        rng.random((partitions, groups)) * 100], axis=2).reshape(partitions, -1)
    values = from_float32(triples.astype(np.float32), "float32")
    data = case.tile("data", (partitions, 3 * groups), "float32", start=start, values=values,
                     read_only=False)
    dst = case.tile("dst", (partitions, 2), "float32", start=start, read_only=False)
    case.call(dst=dst, data=data)
    case.expect_that(dst, close(bn.bn_aggr(values), 100, "float32"))


def shared_accumulators(case):
    """Instructions of the vector engine continue each other's sums."""
    rng = case.rng
    partitions, n, start = layout(case)
    registers = reduce.Accumulators()
    command, op = "reset_reduce", "maximum"
    for step in range(int(rng.integers(2, 5))):
        data = case.tile(f"data{step}", (partitions, n), "float32", start=start, mode="normal")
        dst = case.tile(f"dst{step}", (partitions, n), "float32", start=start, read_only=False)
        res = case.tile(f"res{step}", (partitions, 1), "float32", start=start, plain=True)
        if rng.random() < 0.5:
            case.call("tensor_scalar_reduce", dst=dst, data=data, op0="multiply", operand0=2.0,
                      reduce_op=op, reduce_res=res, reduce_cmd=command)
            values = data.values * np.float32(2)
        else:
            mask = case.tile(f"mask{step}", (partitions, n), "uint8", start=start,
                             values=rng.integers(0, 2, (partitions, n)), read_only=False)
            case.call("select_reduce", dst=dst, predicate=mask, on_true=data, on_false=-1.0,
                      reduce_op=op, reduce_res=res, reduce_cmd=command)
            values = np.where(mask.values != 0, data.values, np.float32(-1))
        case.expect(dst, values)
        case.expect(res, registers.apply(command, op, values)[:, None])
        command = pick(rng, ["reduce", "reduce", "reset_reduce"])


@pytest.mark.parametrize("generate", [
    shared_accumulators, tensor_reduce, tensor_partition_reduce, tensor_scalar_reduce,
    tensor_scalar_cumulative,
    tensor_tensor_scan, bn_stats, bn_aggr], ids=lambda g: g.__name__)
def test_reducing_instruction_equals_its_numpy_reading(generate):
    check(generate.__name__, generate)


