# SPDX-License-Identifier: Apache-2.0
"""The functions of nki.language against NumPy: element-wise, comparing, on bits, making tiles."""

import zlib

import ml_dtypes
import numpy as np
import pytest

from trainyard import _core, alias

alias.install()

import nki  # noqa: E402
import nki.isa as nisa  # noqa: E402
import nki.language as nl  # noqa: E402

SHAPE = (128, 24)
BUFFERS = ["sbuf", "psum"]


def random(name, shape=SHAPE, low=-3.0, high=3.0, dtype=np.float32):
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    if np.issubdtype(dtype, np.integer):
        return rng.integers(low, high, shape, dtype)
    return rng.uniform(low, high, shape).astype(dtype)


def run(function, *arrays, buffer="sbuf"):
    """function(*tiles) in a kernel, its result as an array."""
    @nki.jit
    def kernel(*tensors):
        tiles = [nl.load(t) for t in tensors]
        if buffer == "psum":
            for i, tile in enumerate(tiles):
                tiles[i] = nl.ndarray(tile.shape, tile.dtype, buffer=nl.psum)
                nki.isa.tensor_copy(tiles[i], tile)
        result = function(*tiles)
        out = nl.ndarray(result.shape, result.dtype, buffer=nl.shared_hbm)
        nl.store(out, result)
        return out

    return kernel(*arrays)


def close(got, expected, relative=2e-6, absolute=1e-6):
    np.testing.assert_allclose(np.asarray(got, np.float64), expected, relative, absolute)


def erf(x):
    return np.vectorize(__import__("math").erf)(x)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gelu(x):
    return x * (1 + erf(x / np.sqrt(2))) / 2


def gelu_dx(x):
    return (1 + erf(x / np.sqrt(2))) / 2 + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi)


UNARY = {
    "exp": np.exp, "sin": np.sin, "cos": np.cos, "tan": np.tan, "arctan": np.arctan,
    "tanh": np.tanh, "sigmoid": sigmoid, "erf": erf, "sign": np.sign, "ceil": np.ceil,
    "floor": np.floor, "trunc": np.trunc, "negative": np.negative, "abs": np.abs,
    "square": np.square, "reciprocal": np.reciprocal,
    "relu": lambda x: np.maximum(x, 0), "gelu": gelu, "gelu_dx": gelu_dx,
    "gelu_apprx_tanh": lambda x: x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2,
    "gelu_apprx_sigmoid": lambda x: x * sigmoid(1.702 * x),
    "gelu_apprx_sigmoid_dx": lambda x: sigmoid(1.702 * x) * (
        1 + 1.702 * x * (1 - sigmoid(1.702 * x))),
    "silu": lambda x: x * sigmoid(x), "silu_dx": lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))),
    "softplus": lambda x: np.log1p(np.exp(x)), "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "erf_dx": lambda x: 2 / np.sqrt(np.pi) * np.exp(-x * x),
}
POSITIVE = {"log": np.log, "sqrt": np.sqrt, "rsqrt": lambda x: 1 / np.sqrt(x)}


@pytest.mark.parametrize("buffer", BUFFERS)
@pytest.mark.parametrize("name", UNARY | POSITIVE)
def test_a_function_of_one_tile_is_numpys(name, buffer):
    x = random(name, low=0.05 if name in POSITIVE else -3.0)
    expected = (UNARY | POSITIVE)[name](x.astype(np.float64))
    result = run(getattr(nl, name), x, buffer=buffer)
    assert result.dtype == np.float32
    close(result, expected, 1e-5, 2e-6)


def test_the_sine_of_the_language_takes_whole_turns_off_and_that_of_the_engine_does_not():
    x = random("angles", low=-9000.0, high=9000.0)
    close(run(nl.sin, x), np.sin(x.astype(np.float64)), 0, 3e-6)

    def engine(tile):
        out = nl.ndarray(tile.shape, nl.float32)
        nisa.activation(out, nl.sin, tile)
        return out

    assert abs(run(engine, np.full(SHAPE, 9, np.float32)) - 27.65).max() < 0.01


@pytest.mark.parametrize("name", ["exp", "square", "copy", "negative"])
def test_dtype_sets_the_type_of_the_result_and_the_input_has_it_else(name):
    x = random(name).astype(ml_dtypes.bfloat16)
    function = getattr(nl, name)
    assert run(function, x).dtype == ml_dtypes.bfloat16
    wide = run(lambda t: function(t, dtype=nl.float32), x)
    assert wide.dtype == np.float32
    np.testing.assert_array_equal(run(function, x), wide.astype(ml_dtypes.bfloat16))


BINARY = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide,
    "maximum": np.maximum, "minimum": np.minimum, "fmod": np.fmod, "mod": np.mod,
    "abs_max": lambda x, y: np.where(np.abs(x) > np.abs(y), x, y),
    "abs_min": lambda x, y: np.where(np.abs(x) < np.abs(y), x, y),
}


@pytest.mark.parametrize("buffer", BUFFERS)
@pytest.mark.parametrize("name", BINARY)
def test_a_function_of_two_tiles_is_numpys(name, buffer):
    x, y = random(name), random(name + "y", low=0.5)
    close(run(getattr(nl, name), x, y, buffer=buffer), BINARY[name](x, y))


@pytest.mark.parametrize("name", BINARY)
def test_either_operand_may_be_a_number(name):
    x, function = random(name, low=0.5), getattr(nl, name)
    close(run(lambda t: function(t, 1.75), x), BINARY[name](x, np.float32(1.75)))
    close(run(lambda t: function(1.75, t), x), BINARY[name](np.float32(1.75), x))


def test_power_is_numpys():
    x, y = random("power", low=0.1), random("powery")
    close(run(nl.power, x, y), np.power(x.astype(float), y), 1e-5)
    close(run(lambda t: nl.power(t, 2.0), x), x.astype(float)**2, 1e-5)


@pytest.mark.parametrize("small", [(128, 1), (1, 24), (1, 1)])
def test_dimensions_of_size_one_are_repeated_partitions_too(small):
    x, y = random("x"), random("y", small)
    np.testing.assert_array_equal(run(nl.add, x, y), x + y)
    np.testing.assert_array_equal(run(nl.subtract, y, x), y - x)


def test_tiles_that_do_not_go_together_are_refused():
    with pytest.raises(_core.Fault, match="do not go together"):
        run(nl.add, random("x"), random("y", (128, 23)))


COMPARISONS = {"equal": np.equal, "not_equal": np.not_equal, "less": np.less,
               "less_equal": np.less_equal, "greater": np.greater,
               "greater_equal": np.greater_equal}


@pytest.mark.parametrize("buffer", BUFFERS)
@pytest.mark.parametrize("name", COMPARISONS)
def test_comparisons_give_ones_and_zeros_of_the_inputs_type(name, buffer):
    x, y = np.rint(random(name)), np.rint(random(name + "y"))
    result = run(getattr(nl, name), x, y, buffer=buffer)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, COMPARISONS[name](x, y))
    short = run(lambda t: getattr(nl, name)(t, 1.0, dtype=nl.uint8), x, buffer=buffer)
    assert short.dtype == np.uint8
    np.testing.assert_array_equal(short, COMPARISONS[name](x, 1.0))


LOGICAL = {"logical_and": np.logical_and, "logical_or": np.logical_or,
           "logical_xor": np.logical_xor}


@pytest.mark.parametrize("name", LOGICAL)
def test_logical_functions_are_numpys(name):
    x, y = (random(name + n, low=0, high=2, dtype=np.uint8) for n in "xy")
    np.testing.assert_array_equal(run(getattr(nl, name), x, y), LOGICAL[name](x, y))
    np.testing.assert_array_equal(run(nl.logical_not, x), np.logical_not(x))


BITS = {"bitwise_and": np.bitwise_and, "bitwise_or": np.bitwise_or, "bitwise_xor": np.bitwise_xor}


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.uint32])
@pytest.mark.parametrize("name", BITS)
def test_functions_on_bits_are_numpys(name, dtype):
    limits = np.iinfo(dtype)
    x, y = (random(name + n, low=limits.min, high=limits.max, dtype=dtype) for n in "xy")
    np.testing.assert_array_equal(run(getattr(nl, name), x, y), BITS[name](x, y))
    five = run(lambda t: getattr(nl, name)(t, 5), x)
    np.testing.assert_array_equal(five, BITS[name](x, dtype(5)))
    np.testing.assert_array_equal(run(nl.invert, x), ~x)


def test_shifts_are_numpys_for_unsigned_words():
    x = random("shift", low=0, high=2**32 - 1, dtype=np.uint32)
    by = random("by", low=0, high=31, dtype=np.uint32)
    np.testing.assert_array_equal(run(nl.left_shift, x, by), x << by)
    np.testing.assert_array_equal(run(nl.right_shift, x, by), x >> by)
    np.testing.assert_array_equal(run(lambda t: nl.right_shift(t, 3), x), x >> 3)


@pytest.mark.parametrize("buffer", ["sbuf", "psum", "private_hbm", "shared_hbm"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int32", "uint8"])
def test_new_tensors_hold_what_their_name_says(dtype, buffer):
    where = getattr(nl, buffer)

    @nki.jit
    def kernel():
        made = [nl.zeros((64, 8), dtype, where), nl.ones((64, 8), dtype, where),
                nl.full((64, 8), 7, dtype, where)]
        made += [nl.zeros_like(made[2]), nl.empty_like(made[0])]
        assert all(t.buffer is where and t.dtype == dtype for t in made)
        outs = [nl.ndarray((64, 8), dtype, nl.shared_hbm) for _ in made[:4]]
        for out, t in zip(outs, made):
            nl.store(out, t if nl.is_on_chip(where) else nl.load(t))
        return outs

    for result, value in zip(kernel(), (0, 1, 7, 0)):
        np.testing.assert_array_equal(result.astype(float), np.full((64, 8), value))


def test_memory_regions_are_told_apart():
    assert nl.hbm is nl.private_hbm
    kinds = [(nl.is_hbm(b), nl.is_on_chip(b), nl.is_psum(b), nl.is_sbuf(b))
             for b in (nl.sbuf, nl.psum, nl.private_hbm, nl.shared_hbm)]
    assert kinds == [(False, True, False, True), (False, True, True, False),
                     (True, False, False, False), (True, False, False, False)]
