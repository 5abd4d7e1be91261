# SPDX-License-Identifier: Apache-2.0
"""Loops, grids, addresses, keywords and replays of the language up to SDK 2.26."""

import numpy as np
import pytest
from trainyard import _core, alias, runs
from trainyard.nki import replays

alias.install()

import neuronxcc.nki as nki  # noqa: E402
import neuronxcc.nki.compiler as ncc  # noqa: E402
import neuronxcc.nki.isa as nisa  # noqa: E402
import neuronxcc.nki.language as nl  # noqa: E402

RNG = np.random.default_rng(2026)


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


@nki.jit
def totals(a):
    """The sum into zeros, the maximum into a new tile, the product into a name."""
    out = nl.ndarray((3, 32, 8), dtype=a.dtype, buffer=nl.shared_hbm)
    added = nl.zeros((2, nl.par_dim(32), 8), dtype=a.dtype)
    largest = nl.ndarray((32, 8), dtype=a.dtype)
    product = nl.ones((32, 8), dtype=a.dtype)
    for i in nl.affine_range(a.shape[0]):
        tile = nl.load(a[i])
        added[1, 0:32, 0:8] = nl.loop_reduce(tile, op=np.add, loop_indices=[i])
        largest[:, :] = nl.loop_reduce(tile, np.max, loop_indices=[i], name="largest")
        product = nl.loop_reduce(tile, np.multiply, loop_indices=[i])
    nl.store(out[0], added[1])
    nl.store(out[1], largest)
    nl.store(out[2], product)
    return out


def test_a_reduction_over_a_loop_goes_on_with_its_destination():
    a = normal(4, 32, 8)
    np.testing.assert_allclose(totals(a), np.stack([a.sum(0), a.max(0), a.prod(0)]), rtol=1e-5,
                               atol=1e-6)


def test_a_reduction_over_a_loop_is_assigned():
    @nki.jit
    def passed_on(a):
        for i in nl.affine_range(2):
            nl.exp(nl.loop_reduce(nl.load(a), np.add, loop_indices=[i]))

    with pytest.raises(_core.Fault, match="loop_reduce: what loop_reduce returns is assigned"):
        passed_on(normal(32, 8))


@nki.jit
def normalised(a):
    out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
    i, j = nl.program_id(0), nl.program_id(1)
    tile = nl.load(a[i, j])
    total = nl.all_reduce(tile, op=np.add, program_axes=[j])
    tile[...] = 0.0  # the sum is of what it was
    nl.store(out[i, j], total)
    return out


def test_the_programs_along_an_axis_of_the_grid_reduce_together():
    a = normal(2, 3, 32, 8)
    expected = np.broadcast_to(a.sum(1, keepdims=True), a.shape)
    np.testing.assert_allclose(normalised[2, 3](a), expected, rtol=1e-5, atol=1e-6)


def test_a_program_that_never_comes_is_named():
    @nki.jit
    def alone(a):
        if nl.program_id(0) == 0:
            nl.all_reduce(nl.load(a), op=np.add, program_axes=[0])

    with pytest.raises(_core.Fault, match=r"program \(0,\) waits for 1 others"):
        alone[2](normal(32, 8))


@nki.jit
def placed(a):
    """Three tiles at one address in turn, and an address that Python counts up in a loop."""
    out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
    address = 64
    for i in nl.affine_range(a.shape[0]):
        x = nl.ndarray((nl.par_dim(128), 512), dtype=a.dtype,
                       buffer=ncc.sbuf.mod_alloc(base_addr=address))
        address += 100 * 1024
        x[...] = nl.load(a[i])
        y = nl.ndarray((2, nl.par_dim(128), 512), dtype=nl.float32,
                       buffer=ncc.psum.alloc(lambda idx, pdim_size, fdim_size: (idx[0] + 3, 0, 0)))
        y[1] = nl.multiply(x, 2.0)
        nl.store(out[i], y[1])
    return out


def test_a_loop_body_has_the_addresses_of_its_first_iteration():
    a = normal(5, 128, 512)
    np.testing.assert_array_equal(placed(a), a * 2)


@nki.jit
def overlapping(a, b):
    out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
    first = nl.ndarray((nl.par_dim(32), 8), dtype=a.dtype,
                       buffer=ncc.sbuf.mod_alloc(base_addr=1024))
    second = nl.ndarray((nl.par_dim(32), 8), dtype=a.dtype,
                        buffer=ncc.sbuf.mod_alloc(base_addr=1024 + 16))
    first[...] = nl.load(a)
    second[...] = nl.load(b)
    nl.store(out, first)
    return out


def test_tiles_whose_addresses_overlap_share_bytes():
    a, b = normal(32, 8), normal(32, 8)
    np.testing.assert_array_equal(overlapping(a, b), np.hstack([a[:, :4], b[:, :4]]))


@nki.jit
def summed_in_turn(a):
    """Four sums in one bank, each into zeros of its own."""
    out = nl.ndarray((4, 128, 128), dtype=a.dtype, buffer=nl.shared_hbm)
    sums = nl.zeros((4, nl.par_dim(128), 128), dtype=nl.float32,
                    buffer=ncc.psum.mod_alloc(base_bank=7, num_bank_tiles=(1,)))
    tile = nl.load(a)
    for i in nl.affine_range(4):
        for _ in nl.affine_range(i + 1):
            sums[i] += nisa.nc_matmul(tile, tile)
        nl.store(out[i], sums[i])
    return out


def test_zeros_at_a_shared_address_are_each_block_s_own():
    a = normal(128, 128)
    expected = np.arange(1, 5)[:, None, None] * (a.T @ a)
    np.testing.assert_allclose(summed_in_turn(a), expected, rtol=1e-3, atol=1e-3)


@nki.jit
def all_kept(a):
    out = nl.ndarray((20, 128, 512), dtype=a.dtype, buffer=nl.shared_hbm)
    products = nl.ndarray((20, nl.par_dim(128), 512), dtype=nl.float32, buffer=nl.psum)
    tile = nl.load(a)
    for i in nl.affine_range(20):
        products[i] += nisa.nc_matmul(tile[:, i:i + 128], tile)
    for i in nl.affine_range(20):
        nl.store(out[i], products[i])
    return out


def test_blocks_that_psum_cannot_hold_are_kept_elsewhere():
    a = normal(128, 512)
    expected = np.stack([a[:, i:i + 128].T @ a for i in range(20)])
    np.testing.assert_allclose(all_kept(a), expected, rtol=1e-3, atol=1e-3)


@nki.jit
def turned_twice(a):
    out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
    turned = nisa.nc_transpose(nl.load(a))
    nl.store(out, nisa.nc_matmul(turned, nl.load(nl.shared_constant(np.eye(64, dtype=np.float32)))))
    return out


def test_a_matmul_takes_operands_from_psum():
    a = normal(64, 64)
    np.testing.assert_allclose(turned_twice(a), a, rtol=1e-5, atol=1e-6)


@nki.jit
def scattered_pixels(a):
    """Seven dimensions, of which no two follow on each other."""
    out = nl.ndarray((16, 4, 4, 4), dtype=a.dtype, buffer=nl.shared_hbm)
    tile = nl.load(a)
    sums = nl.zeros((16, 4, 4, 4), dtype=a.dtype)
    p, x, y, z, i, j, k = nl.mgrid[0:16, 0:2, 0:2, 0:2, 0:2, 0:2, 0:2]
    sums[p, 2 * i + x, 2 * j + y, 2 * k + z] = nl.multiply(
        tile[p, i + 1 - x, j + 1 - y, k + 1 - z], 3.0)
    nl.store(out, sums)
    return out


def test_what_an_engine_cannot_walk_at_once_is_several_instructions():
    a, expected = normal(16, 3, 3, 3), np.zeros((16, 4, 4, 4), np.float32)
    for x, y, z, i, j, k in np.ndindex(2, 2, 2, 2, 2, 2):
        expected[:, 2 * i + x, 2 * j + y, 2 * k + z] = 3 * a[:, i + 1 - x, j + 1 - y, k + 1 - z]
    np.testing.assert_array_equal(scattered_pixels(a), expected)


@pytest.mark.parametrize("misspelt, names", [
    (lambda a: nl.load(a, dtyp=nl.float32), "load: has no parameter 'dtyp'"),
    (lambda a: nl.exp(nl.load(a), maks=None), "exp: has no parameter 'maks'"),
    (lambda a: nl.sum(nl.load(a), axis=1, keepdim=True), "sum: has no parameter 'keepdim'"),
    (lambda a: nl.ndarray((4, 4), dtype=nl.float32, bufer=nl.psum), "ndarray: has no .*'bufer'"),
])
def test_a_keyword_that_a_function_does_not_have_is_refused(misspelt, names):
    @nki.jit
    def kernel(a):
        misspelt(a)

    with pytest.raises(_core.Fault, match=names):
        kernel(normal(4, 4))


def test_labels_and_advice_are_taken():
    @nki.jit
    def advised(a):
        out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
        tile = nl.zeros(a.shape, a.dtype, name="tile", lazy_initialization=True)
        for _ in nl.affine_range(1, precise_schedule=True):
            tile[...] = nl.multiply(nl.load(a, name="a"), 2.0, max_free_vec_size=512)
        nl.store(out, tile)
        return out

    a = normal(4, 4)
    np.testing.assert_array_equal(nki.jit(advised, show_compiler_tb=True)(a), a * 2)


@nki.jit
def picked(table, rows):
    out = nl.ndarray((8, 4), dtype=table.dtype, buffer=nl.shared_hbm)
    p, f = nl.arange(8)[:, None], nl.arange(4)[None, :]
    index, tile = nl.load(rows[p]), nl.zeros((8, 4), table.dtype)
    tile[p, f] = nl.load(table[index[p, 0], f], mode=nisa.oob_mode.skip)
    nl.store(out, tile)
    return out


def test_rows_outside_of_a_table_are_skipped_where_the_kernel_says_so():
    table, rows = normal(16, 4), np.array([0, 99, 2, 3, 99, 5, 6, 15], np.int32)
    expected = np.where((rows < 16)[:, None], table[np.minimum(rows, 15)], 0)
    np.testing.assert_array_equal(picked(table, rows), expected)


def test_inputs_are_called_as_the_kernel_calls_them():
    @nki.jit
    def shown(weights, bias):
        assert "weights" in repr(weights) and "bias" in repr(bias)

    shown(normal(4, 4), bias=normal(4, 4))


@nki.jit
def doubled(a):
    out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
    nl.store(out[nl.program_id(0)], nl.load(a[nl.program_id(0)]) * 2)
    return out


def test_a_kernel_called_again_is_replayed():
    replays.clear()
    a, b = normal(3, 16, 4), normal(3, 16, 4)
    np.testing.assert_array_equal(doubled[3](a), a * 2)
    assert len(replays._recorded) == 1
    time_us = runs.finished()[-1].time_us
    np.testing.assert_array_equal(doubled[3](b), b * 2)
    assert len(replays._recorded) == 1 and runs.finished()[-1].time_us == time_us
    np.testing.assert_array_equal(doubled[2](b)[:2], b[:2] * 2)  # another grid is another kernel
    assert len(replays._recorded) == 2


@nki.jit
def summed_into_a_part(a):
    out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
    sums, tile = nl.zeros((2, nl.par_dim(128), 128), dtype=a.dtype), nl.load(a)
    product = nl.zeros((128, 128), dtype=nl.float32, buffer=nl.psum)
    product += nisa.nc_matmul(tile, tile)
    sums[1, 0:128, 0:128] += product[...]
    nl.store(out, sums[1])
    return out


def test_a_view_of_a_tile_is_added_to_a_part_of_another():
    a = normal(128, 128)
    np.testing.assert_allclose(summed_into_a_part(a), a.T @ a, rtol=1e-3, atol=1e-3)
