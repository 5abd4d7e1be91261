# SPDX-License-Identifier: Apache-2.0
"""Element-wise instructions equal their NumPy reading bit for bit."""

import pytest
from cases import check, partitions_and_start
from reference import alu, elementwise
from reference.formats import FLOATS, INTEGERS

ALL = FLOATS + INTEGERS
WIDE = ("float32", "bfloat16", "float16", "int32", "float8_e5m2")


def free_size(rng):
    return int(rng.choice([1, 2, 3, 7, 8, 12, 16, 17, 33, 64, 100]))


def layout(case):
    partitions, start = partitions_and_start(case.rng)
    return partitions, free_size(case.rng), start


def elsewhere(case, partitions):
    """Another legal start for the same number of partitions."""
    return partitions_and_start(case.rng, partitions)[1]


def no_nan_to_integer(source, target):
    """No document says which integer a NaN becomes."""
    return "normal" if target in INTEGERS and source in FLOATS else None


def tensor_copy(case):
    partitions, n, start = layout(case)
    source, target = case.rng.choice(ALL, 2)
    if case.rng.random() < 0.3:
        target = source
    src = case.tile("src", (partitions, n), str(source), start=start, buffer=case.space(),
                    mode=no_nan_to_integer(source, target))
    dst = case.tile("dst", (partitions, n), str(target), start=elsewhere(case, partitions),
                    buffer=case.space(), read_only=False)
    case.call(dst=dst, src=src)
    case.expect(dst, elementwise.tensor_copy(src.values, dst.dtype))


def memset(case):
    partitions, n, start = layout(case)
    dtype = str(case.rng.choice(ALL))
    dst = case.tile("dst", (partitions, n), dtype, start=start, buffer=case.space(),
                    read_only=False)
    value = int(case.rng.integers(0, 100)) if dtype in INTEGERS else float(
        case.rng.choice([0.0, -0.0, 1.0, 0.1, -3.7, 1e9, float("inf")]))
    case.call(dst=dst, value=value)
    case.expect(dst, elementwise.memset(dst.flat.shape, value, dtype))


def tensor_tensor(case):
    rng = case.rng
    partitions, n, start = layout(case)
    flavour = rng.choice(["float", "float", "integer", "bits"])
    if flavour == "float":
        op = str(rng.choice(list(alu.ARITHMETIC)))
        types = [str(t) for t in rng.choice(FLOATS + ("int8", "int16", "uint8"), 3)]
    elif flavour == "integer":
        op = str(rng.choice(["add", "subtract", "multiply"]))
        types = [str(rng.choice(["int32", "uint32"]))] * 3
    else:
        op = str(rng.choice(alu.BITWISE))
        types = [str(rng.choice(INTEGERS))] * 3
    spaces = ["sbuf", "sbuf", case.space()] if flavour != "integer" else ["sbuf"] * 3
    if flavour == "float" and rng.random() < 0.3:
        spaces[rng.integers(0, 2)] = "psum"
    mode = "normal" if types[2] in INTEGERS and flavour == "float" else None
    data1 = case.tile("data1", (partitions, n), types[0], start=start, buffer=spaces[0], mode=mode)
    if op in ("left_shift", "right_shift"):
        width = 8 * data1.storage.dtype.itemsize
        data2 = case.tile("data2", (partitions, n), types[1], start=start,
                          values=rng.integers(0, width, (partitions, n)))
        if (data2.values.astype(int) < 0).any() or (data2.values.astype(int) >= width).any():
            raise AssertionError("a shift amount outside the word")
    else:
        data2 = case.tile("data2", (partitions, n), types[1], start=start, buffer=spaces[1],
                          mode=mode)
    dst = case.tile("dst", (partitions, n), types[2], start=elsewhere(case, partitions),
                    buffer=spaces[2], read_only=False)
    case.call(dst=dst, data1=data1, data2=data2, op=op)
    case.expect(dst, elementwise.tensor_tensor(data1.values, data2.values, op, dst.dtype,
                                               flavour == "integer"))


def words_on_gpsimd(case):
    """int32 and uint32 in SBUF: exact, whatever the operator and however the signs are mixed."""
    rng = case.rng
    partitions, n, start = layout(case)
    op = str(rng.choice(["add", "subtract", "multiply", "maximum", "minimum"] + list(
        alu.COMPARISONS)))
    types = [str(rng.choice(["int32", "uint32"]))] * 3
    mode = str(rng.choice(["wide", "small"]))
    data1 = case.tile("data1", (partitions, n), types[0], start=start, mode=mode)
    data2 = case.tile("data2", (partitions, n), types[1], start=start, mode=mode)
    dst = case.tile("dst", (partitions, n), types[2], start=start, read_only=False)
    case.call("tensor_tensor", dst=dst, data1=data1, data2=data2, op=op)
    case.expect(dst, elementwise.tensor_tensor(data1.values, data2.values, op, types[2], True))


def words_in_float32(case):
    """The same words on the vector engine, or with an operand in PSUM, go through float32."""
    rng = case.rng
    partitions, n, start = layout(case)
    op = str(rng.choice(["add", "subtract", "multiply", "maximum", "minimum"]))
    dtype = str(rng.choice(["int32", "uint32"]))
    in_psum = bool(rng.random() < 0.5)
    data1 = case.tile("data1", (partitions, n), dtype, start=start, mode="wide",
                      buffer="psum" if in_psum else "sbuf")
    data2 = case.tile("data2", (partitions, n), dtype, start=start, mode="wide")
    dst = case.tile("dst", (partitions, n), dtype, start=start, read_only=False)
    arguments = {} if in_psum else {"engine": "vector"}
    case.call("tensor_tensor", dst=dst, data1=data1, data2=data2, op=op, **arguments)
    case.expect(dst, elementwise.tensor_tensor(data1.values, data2.values, op, dtype))


STEP = [op for op in alu.ARITHMETIC] + ["abs", "square", "relu"]


def step_operand(case, op, name, partitions, start):
    return (0.0, 0.0) if op in alu.UNARY else case.operand(name, partitions, start=start)


def tensor_scalar(case):
    rng = case.rng
    partitions, n, start = layout(case)
    second = rng.random() < 0.5
    reverse0, reverse1 = (bool(rng.random() < 0.3) for _ in range(2))
    if rng.random() < 0.25:
        dtype = str(rng.choice(INTEGERS))
        op0 = str(rng.choice(["bitwise_and", "bitwise_or", "bitwise_xor"]))
        op1 = str(rng.choice(["left_shift", "right_shift"])) if second else None
        types, reverse0, reverse1 = (dtype, dtype), False, False
        operand0 = int(rng.integers(0, 127))
        operand1 = int(rng.integers(0, 7)) if second else None
        passed = [(operand0, operand0), (operand1, operand1)]
    else:
        op0 = str(rng.choice(STEP))
        op1 = str(rng.choice(STEP)) if second else None
        types = [str(t) for t in rng.choice(WIDE + ("int8", "uint8"), 2)]
        passed = [step_operand(case, op0, "operand0", partitions, start), (None, None)]
        if second:
            passed[1] = step_operand(case, op1, "operand1", partitions, start)
    data = case.tile("data", (partitions, n), types[0], start=start, buffer=case.space(),
                     mode="normal" if types[1] in INTEGERS else None)
    dst = case.tile("dst", (partitions, n), types[1], start=elsewhere(case, partitions),
                    buffer=case.space(), read_only=False)
    reverse0, reverse1 = reverse0 and op0 not in alu.UNARY, reverse1 and op1 not in alu.UNARY
    arguments = dict(dst=dst, data=data, op0=op0, operand0=passed[0][0], reverse0=reverse0)
    if second:
        arguments.update(op1=op1, operand1=passed[1][0], reverse1=reverse1)
    case.call(**arguments, engine="vector")
    case.expect(dst, elementwise.tensor_scalar(data.values, op0, passed[0][1], op1, passed[1][1],
                                               reverse0, reverse1, dst.dtype))


def scalar_tensor_tensor(case):
    rng = case.rng
    partitions, n, start = layout(case)
    op0, op1 = (str(op) for op in rng.choice(list(alu.ARITHMETIC), 2))
    reverse0, reverse1 = (bool(rng.random() < 0.3) for _ in range(2))
    types = [str(t) for t in rng.choice(WIDE, 3)]
    mode = "normal" if types[2] in INTEGERS else None
    data = case.tile("data", (partitions, n), types[0], start=start, mode=mode)
    operand1 = case.tile("operand1", (partitions, n), types[1], start=start, mode=mode)
    passed, operand0 = case.operand("operand0", partitions, start=start)
    dst = case.tile("dst", (partitions, n), types[2], start=elsewhere(case, partitions),
                    buffer=case.space(), read_only=False)
    case.call(dst=dst, data=data, op0=op0, operand0=passed, op1=op1, operand1=operand1,
              reverse0=reverse0, reverse1=reverse1)
    case.expect(dst, elementwise.scalar_tensor_tensor(
        data.values, op0, operand0, op1, operand1.values, reverse0, reverse1, dst.dtype))


def reciprocal(case):
    partitions, n, start = layout(case)
    types = [str(t) for t in case.rng.choice(FLOATS, 2)]
    data = case.tile("data", (partitions, n), types[0], start=start, buffer=case.space())
    dst = case.tile("dst", (partitions, n), types[1], start=start, read_only=False)
    case.call(dst=dst, data=data)
    case.expect(dst, elementwise.reciprocal(data.values, dst.dtype))


@pytest.mark.parametrize("generate", [tensor_copy, memset, tensor_tensor, words_on_gpsimd,
                                      words_in_float32, tensor_scalar, scalar_tensor_tensor,
                                      reciprocal], ids=lambda g: g.__name__)
def test_elementwise_instruction_equals_its_numpy_reading(generate):
    check(generate.__name__, generate)
