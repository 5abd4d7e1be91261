# SPDX-License-Identifier: Apache-2.0
"""Selections, affine patterns and the max8 family equal their NumPy reading bit for bit."""

import numpy as np
import pytest
from cases import check, partitions_and_start
from reference import max8 as eight
from reference import reduce, select
from reference.formats import FLOATS, INTEGERS

COMPARE = ("equal", "less", "less_equal", "greater", "greater_equal")


def pick(rng, names):
    return str(rng.choice(names))


def layout(case):
    partitions, start = partitions_and_start(case.rng)
    return partitions, int(case.rng.choice([1, 2, 3, 8, 12, 33, 64])), start


def predicate(case, shape, dtype, start):
    zero_or_any = case.rng.integers(0, 2, shape) * case.rng.integers(1, 120, shape)
    return case.tile("predicate", shape, dtype, start=start, values=zero_or_any, read_only=False)


def tensor_copy_predicated(case):
    rng = case.rng
    partitions, n, start = layout(case)
    dtype = pick(rng, FLOATS + INTEGERS)
    mask = predicate(case, (partitions, n), pick(rng, ["uint8", "uint16", "uint32"]), start)
    reverse = bool(rng.random() < 0.4)
    dst = case.tile("dst", (partitions, n), dtype, start=start, buffer=case.space(),
                    read_only=False)
    if rng.random() < 0.3:
        src = passed = int(rng.integers(0, 100))
    else:
        passed = case.tile("src", (partitions, n), dtype, start=start, buffer=case.space())
        src = passed.values
    case.call(dst=dst, src=passed, predicate=mask, reverse_pred=reverse)
    case.expect(dst, select.tensor_copy_predicated(dst.values, src, mask.values, reverse))


def select_reduce(case):
    rng = case.rng
    partitions, n, start = layout(case)
    mask = predicate(case, (partitions, n), pick(rng, ["int8", "uint8", "int16", "uint16"]), start)
    types = [pick(rng, FLOATS + ("int8", "uint16")), pick(rng, FLOATS)]
    on_true = case.tile("on_true", (partitions, n), types[0], start=start)
    dst = case.tile("dst", (partitions, n), types[1], start=start, read_only=False)
    passed, on_false = case.operand("on_false", partitions, start=start)
    reverse = bool(rng.random() < 0.4)
    arguments = dict(dst=dst, predicate=mask, on_true=on_true, on_false=passed,
                     reverse_pred=reverse)
    tile, values = select.select_reduce(mask.values, on_true.values, on_false, reverse, dst.dtype)
    if rng.random() < 0.6:
        res = case.tile("res", (partitions, 1), "float32", start=start, plain=True)
        arguments.update(reduce_res=res, reduce_cmd="reset_reduce")
        case.expect(res, reduce.Accumulators().apply("reset_reduce", "maximum", values)[:, None])
    case.call(**arguments)
    case.expect(dst, tile)


def range_select(case):
    rng = case.rng
    partitions, n, start = layout(case)
    types = [pick(rng, ["float32", "bfloat16", "float16"]) for _ in range(2)]
    on_true = case.tile("on_true", (partitions, n), types[0], start=start)
    dst = case.tile("dst", (partitions, n), types[1], start=start, read_only=False)
    res = case.tile("res", (partitions, 1), "float32", start=start, plain=True)
    bounds = []
    range_start = int(rng.integers(0, 50))
    for name in ("bound0", "bound1"):
        values = rng.integers(range_start - 2, range_start + n + 2, (partitions, 1))
        bounds.append(case.tile(name, (partitions, 1), "float32", start=start, plain=True,
                                values=values))
    ops = [pick(rng, COMPARE) for _ in range(2)]
    case.call(dst=dst, on_true_tile=on_true, comp_op0=ops[0], comp_op1=ops[1], bound0=bounds[0],
              bound1=bounds[1], reduce_cmd="reset_reduce", reduce_res=res, reduce_op="maximum",
              range_start=range_start)
    tile, values = select.range_select(on_true.values, *ops, bounds[0].values, bounds[1].values,
                                       range_start, dst.dtype)
    case.expect(dst, tile)
    case.expect(res, reduce.Accumulators().apply("reset_reduce", "maximum", values)[:, None])


def affine_pattern(rng):
    counts = [int(n) for n in rng.integers(1, 5, rng.integers(1, 5))]
    scale = int(rng.choice([3, 3, 3, 40000]))
    return [[int(rng.integers(-scale, scale + 1)), n] for n in counts], int(np.prod(counts)), scale


def iota(case):
    rng = case.rng
    partitions, start = partitions_and_start(rng)
    pattern, n, scale = affine_pattern(rng)
    offset, multiplier = (int(v) for v in rng.integers(-10 * scale, 10 * scale, 2))
    dtype = pick(rng, ["int32", "float32", "bfloat16", "int16", "uint8"])
    if dtype == "int16" or dtype == "uint8":   # no document says whether an integer cast wraps
        pattern, offset, multiplier = [[abs(s) % 3, c] for s, c in pattern], 5, 0
    dst = case.tile("dst", (partitions, n), dtype, start=start, read_only=False)
    case.call(dst=dst, pattern=pattern, offset=offset, channel_multiplier=multiplier)
    case.expect(dst, select.iota(pattern, offset, multiplier, partitions, dtype))


def affine_select(case):
    rng = case.rng
    partitions, start = partitions_and_start(rng)
    pattern, n, scale = affine_pattern(rng)
    offset, multiplier = (int(v) for v in rng.integers(-2 * scale, 2 * scale, 2))
    types = [pick(rng, FLOATS) for _ in range(2)]
    on_true = case.tile("on_true", (partitions, n), types[0], start=start)
    dst = case.tile("dst", (partitions, n), types[1], start=start, read_only=False)
    on_false = float(rng.choice([0.0, -1.5, -3.4028235e38, 100.0]))
    cmp_op = pick(rng, COMPARE + ("not_equal",))
    case.call(dst=dst, pattern=pattern, channel_multiplier=multiplier, on_true_tile=on_true,
              on_false_value=on_false, cmp_op=cmp_op, offset=offset)
    case.expect(dst, select.affine_select(pattern, multiplier, on_true.values, on_false, cmp_op,
                                          offset, dst.dtype))


def eight_values(case):
    rng = case.rng
    partitions, start = partitions_and_start(rng)
    n = int(rng.choice([8, 9, 16, 40, 100]))
    mode = pick(rng, ["normal", "wide", "small"])
    types = [pick(rng, ["float32", "bfloat16"]), pick(rng, ["float32", "bfloat16"])]
    return partitions, start, n, mode, types


def positive_zero(values):
    """Whether -0 equals +0 here is nobody's business."""
    return np.where(values == 0, np.zeros((), values.dtype), values)


def max8(case):
    partitions, start, n, mode, types = eight_values(case)
    src = case.tile("src", (partitions, n), types[0], start=start, mode=mode, read_only=False)
    src.storage = src.with_values(positive_zero(src.values))
    dst = case.tile("dst", (partitions, 8), types[1], start=start, read_only=False,
                    free_split=False)
    case.call(dst=dst, src=src)
    case.expect(dst, eight.max8(src.values, dst.dtype))


def wanted_values(case, data, start):
    """Eight values a partition: mostly of the data, with repetitions, a few absent."""
    rng = case.rng
    column = rng.integers(0, data.values.shape[1], (data.values.shape[0], 8))
    repeat = rng.random(column.shape) < 0.3
    column[:, 1:] = np.where(repeat[:, 1:], column[:, :-1], column[:, 1:])
    values = np.take_along_axis(data.values, column, axis=1)
    values[rng.random(values.shape) < 0.1] = 99
    return case.tile("vals", (data.values.shape[0], 8), data.dtype, start=start, values=values,
                     read_only=False, free_split=False)


def nc_find_index8(case):
    partitions, start, n, mode, types = eight_values(case)
    data = case.tile("data", (partitions, n), types[0], start=start, mode=mode)
    vals = wanted_values(case, data, start)
    dst = case.tile("dst", (partitions, 8), pick(case.rng, ["uint32", "uint16"]), start=start,
                    read_only=False, free_split=False)
    case.call(dst=dst, data=data, vals=vals)
    case.expect(dst, eight.nc_find_index8(data.values, vals.values, dst.dtype))


def nc_match_replace8(case):
    partitions, start, n, mode, types = eight_values(case)
    data = case.tile("data", (partitions, n), types[0], start=start, mode=mode)
    vals = wanted_values(case, data, start)
    dst = case.tile("dst", (partitions, n), types[0], start=start, read_only=False)
    imm = float(case.rng.choice([0.0, -1e30, 7.0]))
    value, index = eight.nc_match_replace8(data.values, vals.values, imm, dst.dtype, "uint32")
    arguments = dict(dst=dst, data=data, vals=vals, imm=imm)
    if case.rng.random() < 0.6:
        arguments["dst_idx"] = case.tile("dst_idx", (partitions, 8), "uint32", start=start,
                                         read_only=False, free_split=False)
        case.expect(arguments["dst_idx"], index)
    case.call(**arguments)
    case.expect(dst, value)


@pytest.mark.parametrize("generate", [
    tensor_copy_predicated, select_reduce, range_select, iota, affine_select, max8,
    nc_find_index8, nc_match_replace8], ids=lambda g: g.__name__)
def test_selecting_instruction_equals_its_numpy_reading(generate):
    check(generate.__name__, generate)
