# SPDX-License-Identifier: Apache-2.0
"""From a call of an instruction to its NumPy reading (tests/python/reference).

Each function takes the operands off the core and gives the reading's work, a function without
arguments; that gives what must be in each destination: values, or a judge of them. A judge gives
None or what is wrong.
"""

import os

import moves
import numpy as np
from call import NoReading
from reference import activation, alu, bn, elementwise, formats, matmul, mx, reduce, scan, transpose
from sums import Near, Sums, close_to

WORDS32 = ("int32", "uint32")


def known(table, op, what):
    if op not in table:
        raise NoReading(f"{what} {op}")
    return op


def plain_operator(call, name):
    op = call.operator(name)
    if op is not None:
        known({**alu.ARITHMETIC, **alu.UNARY, "power": 0, **dict.fromkeys(alu.BITWISE)}, op,
              "operator")
    return op


def inexact(*ops):
    return any(op in ("power", "rsqrt") for op in ops)


def written(values, dtype, *ops):
    """Within the ulps of accuracy.md where an operator is a function, else bit for bit."""
    return Near(values, dtype) if inexact(*ops) else values


def nc_matmul(call):
    if call["is_transpose"]:
        return transposing_matmul(call)
    dtype, accumulate = call.dtype("dst"), call["accumulate"]
    automatic = accumulate is None or accumulate == "automatic"
    stationary, moving = call.rows("stationary"), call.rows("moving")
    before = call.rows("dst") if automatic or accumulate else None
    mode = call.choice("perf_mode")
    double = mode == "double_row"

    def work():
        a, b = (formats.to_float32(x) for x in (stationary, moving))
        if double:      # the two rows of a partition follow one another
            a, b = (x.reshape(2 * x.shape[0], -1) for x in (a, b))
        partial = matmul.chain(a, b)
        sums = before is not None and matmul.into_psum(before, partial, True, dtype)
        fresh = matmul.into_psum(before, partial, False, dtype)
        if automatic:   # a new accumulation group starts afresh, element by element
            return {"dst": lambda got: either(got, fresh, sums)}
        return {"dst": sums if accumulate else fresh}
    return work


def either(got, first, second):
    ok = formats.same(got, first.reshape(got.shape)) | formats.same(got, second.reshape(got.shape))
    return None if ok.all() else f"{int((~ok).sum())} of {ok.size} neither fresh nor summed"


def transposing_matmul(call):
    stationary, moving, dtype = call.rows("stationary"), call.rows("moving"), call.dtype("dst")

    def work():
        chosen = formats.to_float32(moving) != 0
        rows = transpose.nc_transpose(stationary[chosen.argmax(axis=0)])
        rows[:, ~chosen.any(axis=0)] = 0
        return {"dst": elementwise.tensor_copy(rows, dtype)}
    return work


def tensor_tensor(call):
    op, dtype = plain_operator(call, "op"), call.dtype("dst")
    a, b = call.rows("data1"), call.rows("data2")
    names = ("dst", "data1", "data2")
    words = (all(call.dtype(name) in WORDS32 for name in names)
             and call.choice("engine") != "vector"
             and not any(call.buffer(name) == "psum" for name in names))
    return lambda: {"dst": written(elementwise.tensor_tensor(a, b, op, dtype, words), dtype, op)}


def tensor_scalar(call):
    ops = [plain_operator(call, name) for name in ("op0", "op1")]
    if ops[0] is None:
        ops[0] = "bypass"
    data, dtype = call.rows("data"), call.dtype("dst")
    operands = [call.operand(name) for name in ("operand0", "operand1")]
    if ops[0] in alu.BITWISE:
        if data.dtype != formats.DTYPES[dtype] or any(
                np.ndim(x) and x.dtype != data.dtype for x in operands if x is not None):
            raise NoReading("words of different types")
    reverse = [bool(call[name]) for name in ("reverse0", "reverse1")]
    return lambda: {"dst": written(elementwise.tensor_scalar(
        data, ops[0], operands[0], ops[1], operands[1], *reverse, dtype), dtype, *ops)}


def scalar_tensor_tensor(call):
    op0, op1 = (plain_operator(call, name) or "bypass" for name in ("op0", "op1"))
    data, other, dtype = call.rows("data"), call.rows("operand1"), call.dtype("dst")
    operand = call.operand("operand0")
    reverse = [bool(call[name]) for name in ("reverse0", "reverse1")]
    return lambda: {"dst": written(elementwise.scalar_tensor_tensor(
        data, op0, operand, op1, other, *reverse, dtype), dtype, op0, op1)}


def reciprocal(call):
    data, dtype = call.rows("data"), call.dtype("dst")
    return lambda: {"dst": elementwise.reciprocal(data, dtype)}


def apply_function(call, op, x, dtype):
    """The tile of an activation and its float32 values."""
    if op == "prelu":
        raise NoReading("prelu of activation")
    exact = activation.activate(op, x)
    with np.errstate(all="ignore"):
        values = exact.astype(np.float32)
    tile = formats.from_float32(values, dtype)
    return (tile if op in activation.EXACT else Near(tile, dtype, inside(op, x))), values


def inside(op, x):
    """Where AWS defines the function."""
    size = np.abs(x)
    if op in activation.POSITIVE_RANGE:
        low, high = activation.POSITIVE_RANGE[op]
        return (x >= low) & (x <= high)
    if op in activation.RANGE:
        return size < activation.RANGE[op]
    if op == "reciprocal":
        return (size >= 2.0**-42) & (size <= 2.0**42)
    return None


def activate(call):
    op = known(activation.FUNCTIONS, call.choice("op"), "function")
    data, dtype = call.rows("data"), call.dtype("dst")
    scale, bias = call.operand("scale"), call.operand("bias")
    command = call.choice("reduce_cmd") if call.name == "activation" else "reset_reduce"
    sums = Sums(call, "scalar", "add", command)

    def work():
        tile, values = apply_function(call, op, activation.affine_input(data, scale, bias), dtype)
        return {"dst": tile, **sums.take(values, exact=op in activation.EXACT)}
    return work


def exponential(call):
    src, largest, dtype = call.rows("src"), call.operand("max_value"), call.dtype("dst")
    sums = Sums(call, "vector", "add", call.choice("reduce_cmd"), call.operand("reduce_init"))

    def work():
        x = activation.exponential_input(src, largest)
        tile, values = apply_function(call, "exp", x, dtype)
        return {"dst": tile, **sums.take(values, exact=False)}
    return work


def tensor_reduce(call):
    op, data, dtype = plain_operator(call, "op"), call.tile("data"), call.dtype("dst")
    axes = call["axis"] if isinstance(call["axis"], (tuple, list)) else (call["axis"],)
    reduced = int(np.prod(data.shape[data.ndim - len(axes):]))
    kept = data[0].size // reduced
    negate = bool(call["negate"])
    return lambda: {"dst": reduce.tensor_reduce(data.reshape(data.shape[0], -1), op, kept, negate,
                                                dtype)}


def tensor_partition_reduce(call):
    op, data, dtype = call.operator("op"), call.rows("data"), call.dtype("dst")
    return lambda: {"dst": reduce.tensor_partition_reduce(data, op, dtype)}


def tensor_scalar_reduce(call):
    op0, op = plain_operator(call, "op0"), plain_operator(call, "reduce_op")
    data, operand, dtype = call.rows("data"), call.operand("operand0"), call.dtype("dst")
    if call["reverse0"]:
        raise NoReading("reversed operands")
    sums = Sums(call, "vector", op, call.choice("reduce_cmd"), call.operand("reduce_init"),
                bool(call["reduce_res_negate"]))

    def work():
        tile, values = reduce.tensor_scalar_reduce(data, op0 or "bypass", operand, op, dtype)
        return {"dst": written(tile, dtype, op0),
                **sums.take(values, exact=not inexact(op0))}
    return work


def tensor_scalar_cumulative(call):
    ops = plain_operator(call, "op0") or "bypass", plain_operator(call, "op1")
    src, imm0, dtype = call.rows("src"), call.operand("imm0"), call.dtype("dst")
    command, imm1 = call.choice("reduce_cmd"), call.operand("imm1")
    if command not in ("reset_reduce", "load_reduce") or inexact(*ops):
        raise NoReading(f"{ops[1]} with {command}")

    def work():
        start = reduce.identity(ops[1], src.shape[0]) if command == "reset_reduce" else (
            elementwise.broadcast(imm1, src[:, :1])[:, 0])
        return {"dst": reduce.tensor_scalar_cumulative(src, *ops, imm0, start, dtype)[0]}
    return work


def tensor_tensor_scan(call):
    ops = [plain_operator(call, name) for name in ("op0", "op1")]
    a, b, initial = call.rows("data0"), call.rows("data1"), call.operand("initial")
    reverse, dtype = [bool(call[n]) for n in ("reverse0", "reverse1")], call.dtype("dst")
    return lambda: {"dst": scan.tensor_tensor_scan(a, b, initial, *ops, *reverse, dtype)}


def bn_stats(call):
    data = call.rows("data")
    return lambda: {"dst": close_to(bn.bn_stats(data), data, call.dtype("dst"))}


def bn_aggr(call):
    data = call.rows("data")
    return lambda: {"dst": close_to(bn.bn_aggr(data), data, call.dtype("dst"))}


def nc_matmul_mx(call):
    dtype, accumulate = call.dtype("dst"), call["accumulate"]
    before = call.rows("dst")
    operands = [call.rows(n) for n in ("stationary", "moving")]
    scales = [call.raw(n) for n in ("stationary_scale", "moving_scale")]
    types = [call.dtype(n) for n in ("stationary", "moving")]
    automatic = accumulate is None or accumulate == "automatic"

    def work():
        fresh = mx.nc_matmul_mx(before, *operands, *scales, types, False, dtype)
        if not automatic and not accumulate:
            return {"dst": fresh}
        partial = mx.nc_matmul_mx(before, *operands, *scales, types, False, "float32")
        sums = matmul.into_psum(before, partial, True, dtype)
        return {"dst": (lambda got: either(got, fresh, sums)) if automatic else sums}
    return work


def quantize_mx(call):
    src, dtype, rule = call.rows("src"), call.dtype("dst"), os.environ.get("NKI_MX_SCALE")
    before = call.raw("dst_scale")
    if dtype not in mx.E_MAX:
        raise NoReading(f"quantised {dtype}")
    if not np.isfinite(formats.to_float32(src)).all():
        raise NoReading("quantised infinities or NaN")

    def work():
        words, scales = mx.quantize_mx(src, dtype, rule or "documented")
        if before.shape[0] != src.shape[0]:     # beside other scales: its own rows
            want, own = before.copy(), np.unique(mx.scale_rows(src.shape[0]))
            want[own] = scales[own]
            scales = want
        return {"dst": words, "dst_scale": scales}
    return work


READINGS = {
    "activation": activate, "activation_reduce": activate, **moves.READINGS,
    **{f.__name__: f for f in (
        nc_matmul, tensor_tensor, tensor_scalar, scalar_tensor_tensor, reciprocal, exponential,
        tensor_reduce, tensor_partition_reduce, tensor_scalar_reduce, tensor_scalar_cumulative,
        tensor_tensor_scan, bn_stats, bn_aggr, nc_matmul_mx, quantize_mx)}}
