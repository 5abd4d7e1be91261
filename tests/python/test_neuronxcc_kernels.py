# SPDX-License-Identifier: Apache-2.0
"""Kernels in the language up to SDK 2.26, compared with NumPy."""

import numpy as np
import pytest
from trainyard import _core, alias, runs

alias.install()

import neuronxcc.nki as nki  # noqa: E402
import neuronxcc.nki.isa as nisa  # noqa: E402
import neuronxcc.nki.language as nl  # noqa: E402

RNG = np.random.default_rng(20261125)


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def instructions_of(kernel, *arguments):
    kernel(*arguments)
    return runs.finished()[-1].instructions


@nki.jit
def add(a, b):
    total = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
    p, f = nl.mgrid[0:128, 0:a.shape[1]]
    for block in nl.affine_range((a.shape[0] + 127) // 128):
        row = block * 128 + p
        inside = row < a.shape[0]
        x = nl.load(a[row, f], mask=inside)
        y = nl.load(b[row, f], mask=inside)
        nl.store(total[row, f], nl.add(x, y, mask=inside), mask=inside)
    return total


def test_addition_with_a_last_block_that_is_not_full():
    a, b = normal(300, 64), normal(300, 64)
    np.testing.assert_array_equal(add(a, b), a + b)


def test_a_masked_kernel_reads_nothing_that_was_not_written():
    results = []
    before, runs.on_finish = runs.on_finish, results.append
    try:
        add(normal(200, 16), normal(200, 16))
    finally:
        runs.on_finish = before
    assert not results[0].unwritten_reads


@nki.jit
def transpose2d(matrix, rows):
    out = nl.ndarray(matrix.shape, dtype=matrix.dtype, buffer=nl.shared_hbm)
    partitions, columns = matrix.shape[0], matrix.shape[1] // rows
    tile = nl.load(matrix)
    turned = nl.ndarray((nl.par_dim(partitions), columns * rows), dtype=matrix.dtype)
    p, i, j = nl.mgrid[0:partitions, 0:rows, 0:columns]
    turned[p, j * rows + i] = nl.copy(tile[p, i * columns + j])
    nl.store(out, turned)
    return out


def test_transpose_in_the_free_dimension_by_index_arithmetic():
    matrix = normal(32, 4 * 6)
    expected = matrix.reshape(32, 4, 6).transpose(0, 2, 1).reshape(32, 24)
    np.testing.assert_array_equal(transpose2d(matrix, 4), expected)


@nki.jit
def matmul_tiled(left_t, right):
    depth, rows = left_t.shape
    columns = right.shape[1]
    out = nl.ndarray((rows, columns), dtype=left_t.dtype, buffer=nl.shared_hbm)
    k = nl.arange(128)[:, None]
    m, n = nl.arange(128)[None, :], nl.arange(512)[None, :]
    for i in nl.affine_range(rows // 128):
        for j in nl.affine_range(columns // 512):
            sums = nl.zeros((nl.par_dim(128), 512), nl.float32, buffer=nl.psum)
            for d in nl.affine_range(depth // 128):
                stationary = nl.load(left_t[d * 128 + k, i * 128 + m])
                moving = nl.load(right[d * 128 + k, j * 512 + n])
                sums += nisa.nc_matmul(stationary, moving)
            nl.store(out[i * 128 + nl.arange(128)[:, None], j * 512 + n], sums)
    return out


def test_tiled_matmul_that_accumulates_in_psum():
    left, right = normal(256, 128), normal(256, 1024)
    np.testing.assert_allclose(matmul_tiled(left, right), left.T @ right, rtol=1e-4, atol=1e-4)


@nki.jit
def masked_matmul(left_t, right):
    rows, columns = left_t.shape[1], right.shape[1]
    out = nl.ndarray((rows, columns), dtype=nl.float32, buffer=nl.shared_hbm)
    k, m = nl.arange(128)[:, None], nl.arange(128)[None, :]
    n = nl.arange(512)[None, :]
    depth = left_t.shape[0]
    a = nl.load(left_t[k, m], mask=(k < depth) & (m < rows))
    b = nl.load(right[k, n], mask=(k < depth) & (n < columns))
    c = nisa.nc_matmul(a[k, m], b[k, n], mask=(k < depth) & (m < rows) & (n < columns))
    p = nl.arange(128)[:, None]
    nl.store(out[p, n], c, mask=(p < rows) & (n < columns))
    return out


def test_the_mask_of_a_matmul_tells_rows_from_columns():
    left, right = normal(100, 60), normal(100, 300)
    np.testing.assert_allclose(masked_matmul(left, right), left.T @ right, rtol=1e-4, atol=1e-4)


@nki.jit
def softmax(scores):
    out = nl.ndarray(scores.shape, dtype=scores.dtype, buffer=nl.shared_hbm)
    p, f = nl.mgrid[0:128, 0:scores.shape[1]]
    inside = p < scores.shape[0]
    x = nl.load(scores[p, f], mask=inside)
    largest = nl.max(x, axis=1, keepdims=True, mask=inside)
    raised = nl.exp(nl.subtract(x, largest, mask=inside), mask=inside)
    total = nl.sum(raised, axis=1, keepdims=True, mask=inside)
    nl.store(out[p, f], nl.divide(raised, total, mask=inside), mask=inside)
    return out


def test_softmax_with_a_mask():
    scores = normal(77, 200)
    raised = np.exp(scores - scores.max(1, keepdims=True))
    np.testing.assert_allclose(softmax(scores), raised / raised.sum(1, keepdims=True), rtol=1e-4,
                               atol=1e-6)


@nki.jit
def layernorm(x, gain, epsilon):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    p, f = nl.mgrid[0:128, 0:x.shape[1]]
    weights = nl.load(gain.reshape((1, x.shape[1]))).broadcast_to((128, x.shape[1]))
    tile = nl.load(x[p, f])
    middle = nl.mean(tile, axis=1)
    spread = nl.mean(nl.square(tile - middle), axis=[1])
    nl.store(out[p, f], (tile - middle) * nl.rsqrt(spread + epsilon) * weights)
    return out


def test_layernorm_with_tile_operators():
    x, gain = normal(128, 96), normal(96)
    expected = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5) * gain
    np.testing.assert_allclose(layernorm(x, gain, 1e-5), expected, rtol=1e-3, atol=1e-4)


@nki.jit
def average_pool(image, size):
    channels, height, width = image.shape
    out = nl.ndarray((channels, height // size, width // size), dtype=image.dtype,
                     buffer=nl.shared_hbm)
    tile = nl.load(image)
    c, y, dy, x, dx = nl.mgrid[0:channels, 0:height // size, 0:size, 0:width // size, 0:size]
    nl.store(out, nl.sum(tile[c, y * size + dy, x * size + dx], axis=[2, 4]) / (size * size))
    return out


def test_average_pool_over_a_five_dimensional_grid():
    image = normal(16, 8, 12)
    expected = image.reshape(16, 4, 2, 6, 2).mean((2, 4))
    np.testing.assert_allclose(average_pool(image, 2), expected, rtol=1e-5, atol=1e-6)


@nki.jit
def state_space(delta, u, decay, gain):
    channels, length = delta.shape
    states = decay.shape[1]
    out = nl.ndarray(delta.shape, dtype=delta.dtype, buffer=nl.shared_hbm)
    total = nl.zeros((1, nl.par_dim(channels), length), dtype=nl.float32)
    step, inputs = nl.load(delta), nl.load(u)
    for s in nl.affine_range(states):
        kept = nisa.activation(op=nl.exp, data=step, scale=nl.load(decay[0:channels, s]))
        row = nl.load(gain[s:s + 1, 0:length]).broadcast_to((channels, length))
        added = nisa.tensor_tensor(nisa.tensor_tensor(step, inputs, op=np.multiply), row,
                                   op=nl.multiply)
        total[0, 0:channels, 0:length] += nisa.tensor_tensor_scan(kept, added, initial=0,
                                                                  op0=np.multiply, op1=np.add)
    nl.store(out, total[0])
    return out


def test_state_space_scan_with_a_block_dimension():
    delta, u = np.abs(normal(64, 40)) * 0.1, normal(64, 40)
    decay, gain = -np.abs(normal(64, 3)), normal(3, 40)
    expected = np.zeros((64, 40))
    for s in range(3):
        state = np.zeros(64)
        for t in range(40):
            state = np.exp(delta[:, t] * decay[:, s]) * state + delta[:, t] * u[:, t] * gain[s, t]
            expected[:, t] += state
    np.testing.assert_allclose(state_space(delta, u, decay, gain), expected, rtol=1e-3, atol=1e-4)


@nki.jit
def add_on_a_grid(a, b):
    out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
    row = nl.program_id(0) * 64 + nl.arange(64)[:, None]
    column = nl.program_id(1) * 32 + nl.arange(32)[None, :]
    nl.store(out[row, column], nl.load(a[row, column]) + nl.load(b[row, column]))
    assert nl.num_programs() == 6 and nl.program_ndim() == 2
    return out


def test_the_programs_of_a_grid_share_their_output():
    a, b = normal(128, 96), normal(128, 96)
    np.testing.assert_array_equal(add_on_a_grid[2, 3](a, b), a + b)
    np.testing.assert_array_equal(add_on_a_grid[nl.nc(2), 3](a, b), a + b)


@nki.jit
def causal(scores):
    out = nl.ndarray(scores.shape, dtype=scores.dtype, buffer=nl.shared_hbm)
    p, f = nl.mgrid[0:64, 0:64]
    tile = nl.full((64, 64), -1.0, dtype=scores.dtype)
    nl.store(out, tile)
    tile[p, f] = nl.multiply(nl.load(scores[p, f]), 2.0, mask=(f <= p))
    nl.store(out[p, f], tile, mask=(f < p))
    return out


def test_a_mask_that_is_no_rectangle_leaves_the_rest_as_it_was():
    scores = normal(64, 64)
    np.testing.assert_array_equal(causal(scores), np.where(np.tri(64, k=-1), scores * 2, -1))


def test_an_instruction_writes_into_the_tile_it_is_assigned_to():
    @nki.jit
    def assigned(a):
        out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
        tile = nl.ndarray(a.shape, dtype=a.dtype)
        tile[...] = nl.load(a)
        tile[:, 0:8] = nl.exp(tile[:, 0:8])
        nl.store(out, tile)
        return out

    a = normal(128, 16)
    assert instructions_of(assigned, a) == 3  # load, activation, store
    np.testing.assert_allclose(assigned(a), np.hstack([np.exp(a[:, :8]), a[:, 8:]]), rtol=1e-5)


def test_what_an_expression_reads_is_read_before_it_is_overwritten():
    @nki.jit
    def swapped(a):
        out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
        tile = nl.load(a)
        doubled = nl.multiply(tile, 2.0)
        tile[...] = 5.0
        nl.store(out, doubled + tile)
        return out

    a = normal(32, 16)
    np.testing.assert_array_equal(swapped(a), a * 2 + 5)


def test_rows_are_gathered_by_a_tile_of_indices():
    @nki.jit
    def gathered(table, chosen):
        out = nl.ndarray((20, table.shape[1]), dtype=table.dtype, buffer=nl.shared_hbm)
        p, f = nl.arange(20)[:, None], nl.arange(table.shape[1])[None, :]
        rows = nl.load(chosen[p])
        nl.store(out, nl.load(table[rows[p, 0], f]))
        return out

    table, chosen = normal(50, 24), RNG.integers(0, 50, 20).astype(np.int32)
    np.testing.assert_array_equal(gathered(table, chosen), table[chosen])


def test_an_index_that_is_not_affine_names_the_way_out():
    @nki.jit
    def halves(a):
        return nl.load(a[nl.arange(128)[:, None] // 2, nl.arange(4)[None, :]])

    with pytest.raises(_core.Fault, match="not affine.*one index variable for each part"):
        halves(normal(64, 4))


def test_an_index_outside_of_a_tensor_names_the_dimension():
    @nki.jit
    def outside(a):
        nl.store(a[0:64, 0:4], nl.load(a[nl.arange(64)[:, None] + 1, nl.arange(4)[None, :]]))

    with pytest.raises(_core.Fault, match="indices 1 to 64 of dimension 0.*mask="):
        outside(normal(64, 4))


def test_benchmark_simulate_and_profile(tmp_path):
    x = normal(128, 256)
    timed = nki.benchmark(warmup=2, iters=5)(layernorm)
    timed(x, normal(256), 1e-5)
    latency = timed.benchmark_result.nc_latency.get_latency_percentile(99)
    assert latency == round(runs.finished()[-1].time_us)
    np.testing.assert_array_equal(nki.simulate_kernel(add, x, x), x + x)
    np.testing.assert_array_equal(nki.baremetal(add.function)(x, x), x + x)
    nki.profile(working_directory=tmp_path, save_trace_name="add.json")(add)(x, x)
    assert (tmp_path / "add.json").stat().st_size > 1000
