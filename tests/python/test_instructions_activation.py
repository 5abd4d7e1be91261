# SPDX-License-Identifier: Apache-2.0
"""Activation functions: exact ones bit for bit, others within ulps of the rounded result."""

import numpy as np
import pytest
from cases import check, partitions_and_start
from reference import activation as act
from reference import alu, reduce
from reference.formats import from_float32, same

# docs/accuracy.md has the measured distances: 1 at most in float32, 0 in the others.
ULPS = {"float32": 2, "bfloat16": 1, "float16": 1}
MEASURED = {}


def pick(rng, names):
    return str(rng.choice(names))


def inside_range(op, values):
    """Inputs where AWS defines the function."""
    with np.errstate(all="ignore"):
        if op in act.POSITIVE_RANGE:
            low, high = act.POSITIVE_RANGE[op]
            return np.clip(np.abs(np.nan_to_num(values, nan=1.0)), low, high)
        if op in act.RANGE:
            limit = np.float32(np.nextafter(np.float32(act.RANGE[op]), np.float32(0)))
            return np.clip(np.nan_to_num(values, nan=0.5), -limit, limit)
        if op == "reciprocal":
            small = np.abs(values) < 2.0**-42
            return np.clip(np.where(small | np.isnan(values), 1, values), -2.0**42, 2.0**42)
    return values


def near(op, x, dtype):
    """Judges a tile against the function of `x`; keeps the largest distance seen."""
    exact = act.activate(op, x)
    allowed = 0 if op in act.EXACT else ULPS[dtype]

    def judge(got):
        distance = act.ulp_distance(got, exact, dtype)
        MEASURED[op, dtype] = max(MEASURED.get((op, dtype), 0), int(distance.max()))
        bad = distance > allowed
        if not bad.any():
            return None
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        return (f"{op}({x[at]!r}) at {list(at)} is {got[at]!r}, reference {exact[at]!r}, "
                f"{int(distance[at])} ulp; {int(bad.sum())} of {bad.size}")
    return judge


def same_sum(got, written, command, init=None):
    """The accumulator against the tile that the instruction itself wrote in float32."""
    want = reduce.Accumulators().apply(command, "add", written, init)[:, None]
    wrong = np.flatnonzero(~same(got, want))
    return f"sum {got[wrong[0], 0]}, reference {want[wrong[0], 0]}" if wrong.size else None


def activation(case):
    rng = case.rng
    partitions, start = partitions_and_start(rng)
    n = int(rng.choice([1, 2, 7, 16, 33]))
    op = pick(rng, list(act.FUNCTIONS))
    dtype = pick(rng, ["float32", "bfloat16", "float16"])
    data = case.tile("data", (partitions, n), "float32", start=start, buffer=case.space(),
                     read_only=False, mode=pick(rng, ["normal", "normal", "small", "wide"]))
    dst = case.tile("dst", (partitions, n), dtype, start=start, read_only=False)
    if op in act.POSITIVE_RANGE or op in act.RANGE or op == "reciprocal":
        data.storage = data.with_values(inside_range(op, data.values))
        scale = scale_passed = 1.0
        bias = bias_passed = None
    else:
        scale_passed, scale = case.operand("scale", partitions, start=start)
        bias_passed, bias = case.operand("bias", partitions, start=start)
    arguments = dict(dst=dst, op=op, data=data, scale=scale_passed)
    if bias is not None:
        arguments["bias"] = bias_passed
    case.call(**arguments)
    case.expect_that(dst, near(op, act.affine_input(data.values, scale, bias), dtype))


def activation_reduce(case):
    """The sum is checked against the tile that the same instruction wrote."""
    rng = case.rng
    partitions, start = partitions_and_start(rng)
    n = int(rng.choice([1, 2, 7, 16, 33]))
    op = pick(rng, ["copy", "exp", "square", "tanh"])
    data = case.tile("data", (partitions, n), "float32", start=start, mode="normal")
    dst = case.tile("dst", (partitions, n), "float32", start=start, read_only=False)
    res = case.tile("res", (partitions, 1), "float32", start=start, plain=True)
    written = []
    judge = near(op, act.affine_input(data.values, 1.0, None), "float32")
    case.expect_that(dst, lambda got: written.append(got) or judge(got))
    case.expect_that(res, lambda got: same_sum(got, written[0], "reset_reduce"))
    if rng.random() < 0.5:
        case.call(dst=dst, op=op, data=data, reduce_op="add", reduce_res=res)
    else:
        command = pick(rng, ["reset_reduce", "idle"])
        case.call("activation", dst=dst, op=op, data=data, reduce_op="add", reduce_res=res,
                  reduce_cmd=command)


def scalar_accumulators(case):
    """reduce continues the scalar engine's sums, reset and reset_reduce begin anew, idle keeps."""
    rng = case.rng
    partitions, start = partitions_and_start(rng)
    n = int(rng.choice([1, 2, 17]))
    registers = reduce.Accumulators()
    command = "reset_reduce"
    for step in range(int(rng.integers(2, 6))):
        data = case.tile(f"data{step}", (partitions, n), "float32", start=start, mode="normal")
        dst = case.tile(f"dst{step}", (partitions, n), "float32", start=start, read_only=False)
        arguments = dict(dst=dst, op="copy", data=data, reduce_op="add", reduce_cmd=command)
        state = registers.apply(command, "add", data.values)
        if command in ("reduce", "reset_reduce") and rng.random() < 0.7:
            res = case.tile(f"res{step}", (partitions, 1), "float32", start=start, plain=True)
            arguments["reduce_res"] = res
            case.expect(res, state[:, None])
        case.call("activation", **arguments)
        case.expect(dst, data.values)
        command = pick(rng, ["reduce", "reduce", "reset_reduce", "reset", "idle"])


STAGES = [("multiply", "add"), ("multiply", "subtract"), ("multiply", "bypass"),
          ("add", "bypass"), ("subtract", "bypass"), ("bypass", "bypass")]


def activate2(case):
    rng = case.rng
    partitions, start = partitions_and_start(rng)
    n = int(rng.choice([1, 2, 7, 16]))
    op0, op1 = STAGES[int(rng.integers(0, len(STAGES)))]
    op = pick(rng, ["copy", "exp", "gelu", "silu", "tanh", "square", "relu", "prelu"])
    reverse0, reverse1 = (bool(rng.random() < 0.3 and o != "bypass") for o in (op0, op1))
    data = case.tile("data", (partitions, n), "float32", start=start, mode="normal")
    dst = case.tile("dst", (partitions, n), "float32", start=start, read_only=False)
    tiles = bool(rng.random() < 0.5)
    passed0, imm0 = case.operand("imm0", partitions, start=start, tile=tiles)
    passed1, imm1 = case.operand("imm1", partitions, start=start, tile=tiles)
    x = act.tensor_scalar_stage(data.values, op0, imm0, op1, imm1, reverse0, reverse1)
    arguments = dict(dst=dst, op=op, data=data, imm0=passed0, imm1=passed1, op0=op0, op1=op1,
                     reverse0=reverse0, reverse1=reverse1)
    if op == "prelu":
        parameter = float(from_float32(rng.standard_normal(), "float32"))
        arguments["relu_param"] = parameter
        case.expect(dst, act.prelu(x, parameter))
    else:
        case.expect_that(dst, near(op, x, "float32"))
    case.call(**arguments)


def exponential(case):
    rng = case.rng
    partitions, start = partitions_and_start(rng)
    n = int(rng.choice([1, 2, 7, 16]))
    src = case.tile("src", (partitions, n), "float32", start=start, mode="normal")
    dst = case.tile("dst", (partitions, n), "float32", start=start, read_only=False)
    res = case.tile("res", (partitions, 1), "float32", start=start, plain=True)
    passed, max_value = case.operand("max_value", partitions, start=start)
    command = pick(rng, ["reset_reduce", "load_reduce"])
    arguments = dict(dst=dst, src=src, max_value=passed, reduce_res=res, reduce_cmd=command)
    init = None
    if command == "load_reduce":
        arguments["reduce_init"], init = case.operand("init", partitions, start=start)
    case.call(**arguments)
    written = []
    judge = near("exp", act.exponential_input(src.values, max_value), "float32")
    case.expect_that(dst, lambda got: written.append(got) or judge(got))
    case.expect_that(res, lambda got: same_sum(got, written[0], command, init))


def rsqrt_operator(case):
    """rsqrt and power as operators of tensor_scalar."""
    rng = case.rng
    partitions, start = partitions_and_start(rng)
    n = int(rng.choice([1, 2, 7, 16]))
    data = case.tile("data", (partitions, n), "float32", start=start, mode="normal",
                     read_only=False)
    data.storage = data.with_values(np.abs(data.values) + np.float32(2.0**-20))
    dst = case.tile("dst", (partitions, n), "float32", start=start, read_only=False)
    op, operand = (("rsqrt", 0.0) if rng.random() < 0.5
                   else ("power", float(rng.choice([-0.5, 0.5, 2.0, -1.0, 3.0, 0.37]))))
    case.call("tensor_scalar", dst=dst, data=data, op0=op, operand0=operand)
    want = alu.arithmetic(op, data.values, np.float32(operand))
    case.expect(dst, want, ulps=ULPS["float32"])


@pytest.mark.parametrize("generate", [
    activation, activation_reduce, scalar_accumulators, activate2, exponential, rsqrt_operator],
    ids=lambda g: g.__name__)
def test_activation_is_within_ulps_of_its_formula(generate):
    check(generate.__name__, generate)


def test_the_largest_distances_are_told():
    for (op, dtype), distance in sorted(MEASURED.items()):
        print(f"{op:24} {dtype:9} {distance} ulp")
        assert distance <= ULPS[dtype]
