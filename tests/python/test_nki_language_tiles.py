# SPDX-License-Identifier: Apache-2.0
"""The functions of nki.language against NumPy: over axes, moving, choosing, random."""

import ml_dtypes
import numpy as np
import pytest
from test_nki_language import BUFFERS, close, random, run

from trainyard import _core

import nki  # the alias is installed by test_nki_language
import nki.isa as nisa
import nki.language as nl

REDUCTIONS = {"sum": np.sum, "max": np.max, "min": np.min, "prod": np.prod, "mean": np.mean}


@pytest.mark.parametrize("buffer", BUFFERS)
@pytest.mark.parametrize("axis", [2, (1, 2), [1, 2], -1, (-1, -2)])
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_are_numpys(name, axis, buffer):
    x = random(name, (64, 5, 6), low=0.5, high=1.5)
    numpys = tuple(axis) if isinstance(axis, list) else axis
    kept = run(lambda t: getattr(nl, name)(t, axis, keepdims=True), x, buffer=buffer)
    close(kept, REDUCTIONS[name](x.astype(float), numpys, keepdims=True), 1e-5)
    flat = run(lambda t: getattr(nl, name)(t, axis), x, buffer=buffer)
    np.testing.assert_array_equal(flat.ravel(), kept.ravel())


def test_a_reduction_has_the_type_of_its_input_or_the_one_asked_for():
    x = random("sum", dtype=ml_dtypes.bfloat16)
    assert run(lambda t: nl.sum(t, 1), x).dtype == ml_dtypes.bfloat16
    assert run(lambda t: nl.sum(t, 1, dtype=nl.float32), x).dtype == np.float32
    counts = random("count", low=0, high=9, dtype=np.int32)
    np.testing.assert_array_equal(run(lambda t: nl.sum(t, 1), counts)[:, 0], counts.sum(1))


@pytest.mark.parametrize("buffer", BUFFERS)
def test_var_is_numpys_and_keeps_its_dimensions(buffer):
    x = random("var", (64, 48))
    close(run(lambda t: nl.var(t, 1), x, buffer=buffer), x.astype(float).var(1, keepdims=True),
          1e-5)


def test_all_says_where_every_element_is_true():
    x = random("all", (64, 3), low=0, high=3, dtype=np.int32).astype(np.float32)
    np.testing.assert_array_equal(run(lambda t: nl.all(t, 1), x)[:, 0], x.all(1))


@pytest.mark.parametrize("buffer", BUFFERS)
def test_softmax_is_that_of_float64(buffer):
    x = random("softmax", (64, 40), -20, 20)
    raised = np.exp(x.astype(float) - x.max(1, keepdims=True))
    close(run(nl.softmax, x, buffer=buffer), raised / raised.sum(1, keepdims=True), 1e-5, 1e-7)


@pytest.mark.parametrize("weights", [(64, 40), (1, 40)])
def test_rms_norm_is_that_of_float64(weights):
    x, w = random("x", (64, 40)), random("w", weights)
    root = np.sqrt((x.astype(float)**2).mean(1, keepdims=True) + 1e-6)
    close(run(lambda a, b: nl.rms_norm(a, b, 1, 40), x, w), x / root * w, 1e-5)


@pytest.mark.parametrize("buffer", BUFFERS)
def test_where_takes_tiles_and_numbers(buffer):
    x, y = random("x"), random("y")
    chosen = (random("c") > 0).astype(np.float32)
    result = run(lambda c, a, b: nl.where(c, a, b), chosen, x, y, buffer=buffer)
    np.testing.assert_array_equal(result, np.where(chosen, x, y))
    result = run(lambda c, a: nl.where(c, a, -1.0), chosen, x, buffer=buffer)
    np.testing.assert_array_equal(result, np.where(chosen, x, np.float32(-1)))
    result = run(lambda c, a: nl.where(c, 2.0, a, dtype=nl.bfloat16), chosen, x, buffer=buffer)
    np.testing.assert_array_equal(result, np.where(chosen, 2, x).astype(ml_dtypes.bfloat16))


@pytest.mark.parametrize("dtype", [np.float32, ml_dtypes.bfloat16])
@pytest.mark.parametrize("buffer", BUFFERS)
def test_transpose_swaps_partitions_and_elements(dtype, buffer):
    x = random("transpose", (96, 40), dtype=dtype)
    np.testing.assert_array_equal(run(nl.transpose, x, buffer=buffer), x.T)
    np.testing.assert_array_equal(run(lambda t: nl.transpose(t, nl.float32), x), x.T)


@pytest.mark.parametrize("transposed", [False, True])
def test_matmul_is_numpys_and_its_result_lies_in_psum(transposed):
    x, y = random("x", (128, 64), dtype=ml_dtypes.bfloat16), random("y", (64, 96))
    y = y.astype(ml_dtypes.bfloat16)

    def product(a, b):
        result = nl.matmul(a, b, transpose_x=transposed)
        assert result.buffer is nl.psum and result.dtype == nl.float32
        return result

    expected = x.astype(float) @ y.astype(float)
    close(run(product, np.ascontiguousarray(x.T) if transposed else x, y), expected, 1e-4, 1e-4)


def in_kernel(function, *arrays):
    """The result of function(*tensors) on tensors in HBM."""
    @nki.jit
    def kernel(*tensors):
        result = function(*tensors)
        out = nl.ndarray(result.shape, result.dtype, buffer=nl.shared_hbm)
        nl.store(out, result)
        return out

    return kernel(*arrays)


def test_loads_convert_and_vectors_are_one_row():
    x = random("load")
    np.testing.assert_array_equal(in_kernel(lambda t: nl.load(t, nl.bfloat16), x),
                                  x.astype(ml_dtypes.bfloat16))
    assert in_kernel(nl.load, x[0].copy()).shape == (1, x.shape[1])


@pytest.mark.parametrize("dtype", [np.float32, ml_dtypes.bfloat16])
def test_load_transpose2d_swaps_rows_and_columns(dtype):
    x = random("transposed", (160, 64), dtype=dtype)
    np.testing.assert_array_equal(in_kernel(nl.load_transpose2d, x), x.T)
    assert in_kernel(lambda t: nl.load_transpose2d(t, nl.float32), x).dtype == np.float32


@pytest.mark.parametrize("shape", [(128, 24), (100, 24), (7, 24), (1, 24)])
def test_broadcast_to_repeats_partitions(shape):
    x = random("row", (1, 24))
    np.testing.assert_array_equal(run(lambda t: nl.broadcast_to(t, shape), x),
                                  np.broadcast_to(x, shape))


def test_broadcast_to_repeats_elements_and_refuses_other_shapes():
    x = random("column", (64, 1, 3))
    np.testing.assert_array_equal(run(lambda t: nl.broadcast_to(t, (64, 5, 3)), x),
                                  np.broadcast_to(x, (64, 5, 3)))
    with pytest.raises(_core.Fault, match="does not broadcast"):
        run(lambda t: nl.broadcast_to(t, (64, 5, 4)), x)


def test_expand_dims_counts_from_both_ends():
    def check(t):
        assert nl.expand_dims(t, 1).shape == (128, 1, 24)
        assert nl.expand_dims(t, -1).shape == (128, 24, 1)
        return t

    run(check, random("expand"))


def test_gather_flattened_takes_elements_of_the_own_partition():
    x = random("data", (32, 4, 16))
    at = random("at", (32, 10), low=0, high=64, dtype=np.int32)
    expected = np.take_along_axis(x.reshape(32, 64), at, 1)
    np.testing.assert_array_equal(run(nl.gather_flattened, x, at), expected)


def test_dropout_keeps_all_at_zero_and_none_at_one():
    x = random("dropout")
    np.testing.assert_array_equal(run(lambda t: nl.dropout(t, 0.0), x), x)
    assert not run(lambda t: nl.dropout(t, 1.0), x).any()
    half = run(lambda t: nl.dropout(t, 0.5, dtype=nl.bfloat16), x)
    assert half.dtype == ml_dtypes.bfloat16 and 0.3 < (half == 0).mean() < 0.7


@pytest.mark.parametrize("buffer", ["sbuf", "psum", "shared_hbm"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_rand_lies_between_zero_and_one(dtype, buffer):
    values = in_kernel(lambda: (lambda t: nl.load(t) if nl.is_hbm(t.buffer) else t)(
        nl.rand((128, 64), dtype, getattr(nl, buffer)))).astype(float)
    assert 0 <= values.min() and values.max() < 1 and abs(values.mean() - 0.5) < 0.02


def test_the_same_seed_gives_the_same_numbers():
    def twice():
        seed = nl.full((1, 1), 42, dtype=nl.int32)
        nl.random_seed(seed)
        first = nl.rand((128, 64), nl.float32)
        second = nl.rand((128, 64), nl.float32)
        nl.random_seed(seed)
        assert nl.equal(first, nl.rand((128, 64), nl.float32)) and not nl.equal(first, second)
        return first

    in_kernel(twice)


def test_constants_come_from_arrays_and_files(tmp_path):
    x = random("constant", (64, 8))
    np.save(tmp_path / "x.npy", x)
    np.testing.assert_array_equal(in_kernel(lambda: nl.load(nl.shared_constant(x))), x)
    file = str(tmp_path / "x.npy")
    np.testing.assert_array_equal(in_kernel(lambda: nl.load(nl.shared_constant(file))), x)
    identity = in_kernel(lambda: nl.shared_identity_matrix(64, nl.bfloat16))
    np.testing.assert_array_equal(identity, np.eye(64))


def test_constants_lie_in_shared_hbm():
    def where():
        constant = nl.shared_constant(random("constant", (64, 8)))
        assert constant.buffer is nl.shared_hbm and nl.is_hbm(constant.buffer)
        return nl.load(constant)

    in_kernel(where)


def test_loops_over_registers_count_and_stop():
    def counts():
        total = nl.zeros((1, 8), nl.float32)
        nl.fori_loop(2, 5, lambda i: nisa.memset(total[:, nl.ds(i, 1)], 1.0))
        for i in nl.dynamic_range(6, 8):
            nisa.memset(total[:, nl.ds(i, 1)], 2.0)
        left = nisa.register_alloc(3)

        def body(register):
            nisa.tensor_scalar(total[:, 0:1], total[:, 0:1], nl.add, 1.0)
            return nisa.register_alloc(int(register) - 1)

        nl.while_loop(left, body)
        return total

    assert in_kernel(counts).tolist() == [[3, 0, 1, 1, 1, 0, 2, 2]]


def test_a_loop_gives_its_body_copies_of_its_registers():
    def counts():
        total = nl.zeros((1, 2), nl.float32)
        start, stop = nisa.register_alloc(0), nisa.register_alloc(5)

        def count(i):
            nisa.tensor_scalar(total[:, 0:1], total[:, 0:1], nl.add, 1.0)
            nisa.register_move(i, 100)
            nisa.register_move(stop, 1)

        nl.fori_loop(start, stop, count, step=2)
        left = nisa.register_alloc(2)

        def stop_after_two(condition):
            following = nisa.register_alloc(int(condition) - 1)
            nisa.register_move(condition, 0)
            nisa.tensor_scalar(total[:, 1:2], total[:, 1:2], nl.add, 1.0)
            return following

        nl.while_loop(left, stop_after_two)
        assert (int(left), int(start), int(stop)) == (2, 0, 1)
        return total

    assert in_kernel(counts).tolist() == [[3, 2]]


def test_ranges_are_pythons():
    assert list(nl.affine_range(3)) == list(nl.sequential_range(0, 3)) == [0, 1, 2]
    assert list(nl.static_range(1, 6, 2)) == [1, 3, 5]


def test_the_launch_grid_of_one_core_has_no_dimensions():
    assert (nl.program_id(0), nl.num_programs(), nl.program_ndim()) == (0, 1, 0)


NAMES = """
bool_ int8 int16 int32 uint8 uint16 uint32 float16 float32 bfloat16 tfloat32 float8_e4m3
float8_e4m3fn float8_e5m2 float8_e5m2_x4 float8_e4m3fn_x4 float8_e8m0fnu float4_e2m1fn_x4 sbuf psum
hbm private_hbm shared_hbm tile_size average prelu bypass MemoryRegion NKIObject NkiTensor
no_reorder device_print range
""".split()


def test_every_other_name_of_the_language_exists():
    assert [name for name in NAMES if not hasattr(nl, name)] == []
