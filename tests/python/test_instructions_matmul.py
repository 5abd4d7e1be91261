# SPDX-License-Identifier: Apache-2.0
"""Products of the Tensor Engine and MX quantisation equal their NumPy reading bit for bit."""

import numpy as np
import pytest
from cases import check, partitions_and_start
from reference import matmul, mx

FLOATS = ("bfloat16", "float16", "float8_e4m3", "float8_e5m2")


def pick(rng, names):
    return str(rng.choice(names))


def output(case, rows, columns):
    dtype = pick(case.rng, ["float32", "float32", "bfloat16"])
    return case.tile("dst", (rows, columns), dtype, buffer="psum", read_only=False,
                     free_split=False, plain=True)


def accumulation(case):
    """(what is passed, whether the sum starts from what is there): the tile has been written."""
    passed = [None, True, False][int(case.rng.integers(0, 3))]
    return passed, passed is not False


def nc_matmul(case):
    rng = case.rng
    rows, start = partitions_and_start(rng)
    columns, count = (int(n) for n in rng.integers(1, 30, 2))
    types = ["float32"] * 2 if rng.random() < 0.3 else [pick(rng, FLOATS) for _ in range(2)]
    modes = [pick(rng, ["normal", "normal", "wide", "small"]) for _ in range(2)]
    stationary = case.tile("stationary", (rows, columns), types[0], start=start, mode=modes[0],
                           free_split=False)
    moving = case.tile("moving", (rows, count), types[1], start=start, mode=modes[1],
                       free_split=False)
    dst = output(case, columns, count)
    passed, adds = accumulation(case)
    arguments = {} if passed is None else {"accumulate": passed}
    case.call(dst=dst, stationary=stationary, moving=moving, **arguments)
    case.expect(dst, matmul.nc_matmul(dst.values, stationary.values, moving.values, adds,
                                      dst.dtype))


def double_row(case):
    rng = case.rng
    rows, columns, count = (int(n) for n in rng.integers(1, 20, 3))
    types = [pick(rng, FLOATS[2:]) for _ in range(2)]
    stationary = case.tile("stationary", (rows, 2, columns), types[0], mode="normal",
                           free_split=False, plain=True)
    moving = case.tile("moving", (rows, 2, count), types[1], mode="normal", free_split=False,
                       plain=True)
    dst = output(case, columns, count)
    case.call("nc_matmul", dst=dst, stationary=stationary, moving=moving, accumulate=False,
              perf_mode="double_row")
    case.expect(dst, matmul.double_row(
        dst.values, stationary.values.reshape(rows, 2, columns),
        moving.values.reshape(rows, 2, count), False, dst.dtype))


def accumulation_group(case):
    """accumulate=None: the first product into a new PSUM tile overwrites, later ones add; every
    write of a bfloat16 tile rounds."""
    from trainyard import _core
    rng = case.rng
    rows, start = partitions_and_start(rng)
    columns, count = (int(n) for n in rng.integers(1, 20, 2))
    dtype = pick(rng, ["float32", "bfloat16"])
    made = []

    def psum():
        if not made:
            made.append(_core.current_session_or_none().ndarray((columns, count), dtype, "psum"))
        return made[0]

    out = case.tile("out", (columns, count), dtype, plain=True)
    want = np.zeros((columns, count), out.storage.dtype)
    for i in range(int(rng.integers(1, 5))):
        stationary = case.tile(f"stationary{i}", (rows, columns), "bfloat16", start=start,
                               mode="normal", free_split=False)
        moving = case.tile(f"moving{i}", (rows, count), "bfloat16", start=start, mode="normal",
                           free_split=False)
        case.call("nc_matmul", dst=psum, stationary=stationary, moving=moving)
        want = matmul.nc_matmul(want, stationary.values, moving.values, i > 0, dtype)
    case.call("tensor_copy", dst=out, src=psum, engine="vector")
    case.expect(out, want)


PACKED = ("float8_e4m3fn_x4", "float8_e5m2_x4", "float4_e2m1fn_x4")


def packed(case, name, shape, dtype):
    """Random words whose elements are numbers (no NaN or infinity)."""
    word = {"float4_e2m1fn_x4": np.uint16}.get(dtype, np.uint32)
    words = case.rng.integers(0, np.iinfo(word).max, shape, word, endpoint=True)
    if word == np.uint32:
        words &= np.uint32(0xBFBFBFBF)
    return case.tile(name, shape, dtype, values=words, plain=True)


def scale_place(case, rows):
    """Partitions and start of a scale tile: whole quadrants, or packed beside others."""
    start = int(case.rng.choice([0, 0, 4, 8, 12]))
    return (rows - 28, start) if start or case.rng.random() < 0.3 else (rows, 0)


def nc_matmul_mx(case):
    rng = case.rng
    rows = int(rng.choice([32, 64, 96, 128]))
    columns, count = 2 * int(rng.integers(1, 9)), int(rng.integers(1, 17))
    types = [pick(rng, PACKED) for _ in range(2)]
    stationary = packed(case, "stationary", (rows, columns), types[0])
    moving = packed(case, "moving", (rows, count), types[1])
    scales = []
    for name, n in (("stationary_scale", columns), ("moving_scale", count)):
        partitions, start = scale_place(case, rows)
        scales.append(case.tile(name, (partitions, n), pick(rng, ["uint8", "float8_e8m0fnu"]),
                                plain=True, start=start))
    for scale in scales:
        raw = rng.integers(100, 150, scale.storage.shape).astype(np.uint8)
        scale.storage = raw.view(scale.storage.dtype)
    dst = output(case, columns, count)
    passed, adds = accumulation(case)
    arguments = {} if passed is None else {"accumulate": passed}
    case.call(dst=dst, stationary=stationary, moving=moving, stationary_scale=scales[0],
              moving_scale=scales[1], **arguments)
    raw = [s.values.view(np.uint8) for s in scales]
    case.expect(dst, mx.nc_matmul_mx(dst.values, stationary.values, moving.values, *raw, types,
                                     adds, dst.dtype))


def quantize_mx(case):
    rng = case.rng
    rows = int(rng.choice([32, 64, 96, 128]))
    words = int(rng.integers(1, 9))
    target = pick(rng, PACKED[:2])
    src = case.tile("src", (rows, 4 * words), pick(rng, ["bfloat16", "float16"]),
                    mode=pick(rng, ["normal", "wide", "small"]), plain=True)
    if rng.random() < 0.3:
        src.storage[:8, :4] = 0
    src.storage = np.where(np.isfinite(src.storage.astype(np.float32)), src.storage,
                           np.zeros((), src.storage.dtype))
    dst = case.tile("dst", (rows, words), target, plain=True)
    partitions, start = scale_place(case, rows)
    scale = case.tile("dst_scale", (partitions, words), "uint8", plain=True, start=start)
    case.options["mx_scale"] = rule = pick(rng, ["documented", "ocp"])
    case.call(dst=dst, src=src, dst_scale=scale)
    data, scales = mx.quantize_mx(src.values, target, rule)
    case.expect(dst, data)
    if partitions == rows:
        case.expect(scale, scales)
    else:       # beside other scales: only its own rows are written
        want = scale.values.copy()
        own = np.unique(mx.scale_rows(rows))
        want[own] = scales[own]
        case.expect(scale, want)


@pytest.mark.parametrize("generate", [nc_matmul, double_row, accumulation_group, nc_matmul_mx,
                                      quantize_mx],
                         ids=lambda g: g.__name__)
def test_matrix_instruction_equals_its_numpy_reading(generate):
    check(generate.__name__, generate)


def test_the_fused_multiply_add_of_the_reading_rounds_once():
    """Against exact rational arithmetic, on sums that round twice when done naively."""
    from fractions import Fraction
    rng = np.random.default_rng(7)
    a, b, c = (np.ldexp(rng.standard_normal(2000), rng.integers(-12, 12, 2000)).astype(np.float32)
               for _ in range(3))
    got = matmul.fused_multiply_add(a, b, c)
    for x, y, z, f in zip(a, b, c, got):
        exact = Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z))
        below, above = np.nextafter(f, np.float32(-np.inf)), np.nextafter(f, np.float32(np.inf))
        error = abs(Fraction(float(f)) - exact)
        assert error <= abs(Fraction(float(below)) - exact)
        assert error <= abs(Fraction(float(above)) - exact)
