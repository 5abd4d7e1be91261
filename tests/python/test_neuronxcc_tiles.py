# SPDX-License-Identifier: Apache-2.0
"""Tiles of the language up to SDK 2.26: blocks, masks without index variables, types."""

import numpy as np
import pytest
from trainyard import _core, alias

alias.install()

import neuronxcc.nki as nki  # noqa: E402
import neuronxcc.nki.compiler as ncc  # noqa: E402
import neuronxcc.nki.isa as nisa  # noqa: E402
import neuronxcc.nki.language as nl  # noqa: E402

RNG = np.random.default_rng(226)


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


@nki.jit
def blocks_in_turn(a, b):
    """Sixteen blocks of a bank each, on two banks; the first write to a block needs no zeros."""
    out = nl.ndarray((16, 128, 512), dtype=nl.float32, buffer=nl.shared_hbm)
    place = ncc.psum.mod_alloc(base_bank=0, num_bank_tiles=(2,))
    sums = nl.ndarray((16, nl.par_dim(128), 512), dtype=nl.float32, buffer=place)
    stationary, moving = nl.load(a), nl.load(b)
    for i in nl.affine_range(16):
        if i % 2 == 0:
            for _ in range(2):
                sums[i] += nisa.nc_matmul(stationary, moving)
        else:
            sums[i] = nisa.nc_matmul(stationary, moving)
        nl.store(out[i], sums[i])
    return out


def test_blocks_that_share_banks_fit_into_psum():
    a, b = normal(128, 128), normal(128, 512)
    result = blocks_in_turn(a, b)
    times = np.where(np.arange(16) % 2, 1, 2)[:, None, None]
    np.testing.assert_allclose(result, times * (a.T @ b), rtol=1e-3,
                               atol=1e-3)


@nki.jit
def some_blocks(a, count):
    out = nl.zeros(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
    for i in nl.affine_range(a.shape[0]):
        nl.store(out[i], nl.load(a[i], mask=(i < count)) if i < count else 7.0, mask=(i < count))
    return out


def test_a_comparison_of_numbers_is_a_mask_of_all_or_of_nothing():
    a = normal(4, 32, 8)
    np.testing.assert_array_equal(some_blocks(a, 3), np.where(np.arange(4)[:, None, None] < 3,
                                                              a, 0))


@nki.jit
def halves(a):
    out = nl.ndarray(a.shape, dtype=nl.float32, buffer=nl.shared_hbm)
    nl.store(out, nl.load(a) / 2)
    return out


def test_integers_divide_into_floats():
    a = np.arange(64, dtype=np.int32).reshape(32, 2)
    np.testing.assert_array_equal(halves(a), a / 2)


@nki.jit
def scattered(a):
    out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
    tile = nl.zeros(a.shape, dtype=a.dtype)
    source = nl.load(a)
    tile[5:6, 0:4] = source[0:1, 0:4]
    tile[7, 0] = 3.0
    nl.store(out, tile)
    return out


def test_an_assignment_reaches_any_partition():
    a, expected = normal(16, 4), np.zeros((16, 4), np.float32)
    expected[5], expected[7, 0] = a[0], 3.0
    np.testing.assert_array_equal(scattered(a), expected)


def test_a_tensor_in_hbm_is_not_assigned_to():
    @nki.jit
    def assigned(a):
        a[0:4, 0:4] = 1.0

    with pytest.raises(_core.Fault, match="nl.store"):
        assigned(normal(4, 4))


def test_a_mask_that_an_instruction_cannot_have_is_refused():
    @nki.jit
    def shuffled(a):
        i, j = nl.mgrid[0:32, 0:4]
        tile = nl.load(a)
        nisa.nc_stream_shuffle(src=tile, dst=tile, shuffle_mask=[0] * 32, mask=(i < 8))

    with pytest.raises(_core.Fault, match="nc_stream_shuffle with a mask") as caught:
        shuffled(normal(32, 4))
    assert caught.value.kind == 4


def test_a_keyword_that_no_instruction_has_is_refused():
    @nki.jit
    def misspelt(a):
        return nisa.tensor_copy(nl.load(a), dtyp=nl.float32)

    with pytest.raises(_core.Fault, match="tensor_copy: has no parameter 'dtyp'"):
        misspelt(normal(32, 4))
