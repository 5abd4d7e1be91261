# SPDX-License-Identifier: Apache-2.0
"""Masks of any shape in the language up to SDK 2.26: in reductions and matmuls, with | and ~."""

import numpy as np
import pytest
from trainyard import _core, alias

alias.install()

import neuronxcc.nki as nki  # noqa: E402
import neuronxcc.nki.isa as nisa  # noqa: E402
import neuronxcc.nki.language as nl  # noqa: E402

RNG = np.random.default_rng(3)
P, F = 64, 48
ROW, COLUMN = np.mgrid[0:P, 0:F]


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


MASKS = [
    (lambda p, f: f <= p, COLUMN <= ROW),
    (lambda p, f: f < p, COLUMN < ROW),
    (lambda p, f: (f <= p) & (f > p - 5), (COLUMN <= ROW) & (COLUMN > ROW - 5)),
    (lambda p, f: (f < 4) | (f >= 40), (COLUMN < 4) | (COLUMN >= 40)),
    (lambda p, f: (f < 4) | (p == f) & (p < 30), (COLUMN < 4) | (COLUMN == ROW) & (ROW < 30)),
    (lambda p, f: ~((f < 4) | (p == f)), ~((COLUMN < 4) | (COLUMN == ROW))),
    (lambda p, f: (f != 7) & (p < 50), (COLUMN != 7) & (ROW < 50)),
    (lambda p, f: (f < 20) | (f >= 20), COLUMN >= 0),
    (lambda p, f: (f < 20) & (f >= 20), COLUMN < 0),
    (lambda p, f: (2 * f < p) | (f == 0), (2 * COLUMN < ROW) | (COLUMN == 0)),
]


@nki.jit
def copied(a, mask):
    out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
    p, f = nl.mgrid[0:a.shape[0], 0:a.shape[1]]
    tile = nl.full(a.shape, -1.0, dtype=a.dtype)
    tile[p, f] = nl.multiply(nl.load(a), 2.0, mask=mask(p, f))
    nl.store(out, tile)
    return out


@pytest.mark.parametrize("mask, holds", MASKS)
def test_an_instruction_writes_where_its_mask_holds(mask, holds):
    a = normal(P, F)
    np.testing.assert_array_equal(copied(a, mask), np.where(holds, a * 2, -1))


@nki.jit
def reduced(a, function, mask):
    out = nl.ndarray((a.shape[0], 1), dtype=a.dtype, buffer=nl.shared_hbm)
    p, f = nl.mgrid[0:a.shape[0], 0:a.shape[1]]
    tile = nl.full((a.shape[0], 1), 5.0, dtype=a.dtype)
    tile[...] = function(nl.load(a), axis=1, mask=mask(p, f))
    nl.store(out, tile)
    return out


@pytest.mark.parametrize("mask, holds", MASKS)
@pytest.mark.parametrize("function, numpy", [(nl.sum, np.sum), (nl.max, np.max), (nl.min, np.min)])
def test_a_reduction_is_of_what_its_mask_leaves(function, numpy, mask, holds):
    a = normal(P, F)
    expected = np.array([[numpy(row[kept]) if kept.any() else 5.0]
                         for row, kept in zip(a, holds)], np.float32)
    np.testing.assert_allclose(reduced(a, function, mask), expected, rtol=1e-5, atol=1e-5)


def test_a_mean_counts_what_its_mask_leaves():
    a = normal(P, F)
    expected = np.array([[row[:min(i, F - 1) + 1].mean()] for i, row in enumerate(a)])
    np.testing.assert_allclose(reduced(a, nl.mean, MASKS[0][0]), expected, rtol=1e-4, atol=1e-5)


def test_integers_are_reduced_under_a_mask():
    a = RNG.integers(-100, -1, (P, F)).astype(np.int32)
    expected = np.array([[row[:i + 1].max()] for i, row in enumerate(a)])
    np.testing.assert_array_equal(reduced(a, nl.max, MASKS[0][0]), expected)


@nki.jit
def triangular(left_t, right):
    out = nl.ndarray((left_t.shape[1], right.shape[1]), dtype=nl.float32, buffer=nl.shared_hbm)
    k, m = nl.arange(P)[:, None], nl.arange(32)[None, :]
    n = nl.arange(F)[None, :]
    a, b = nl.load(left_t), nl.load(right)
    nl.store(out, nisa.nc_matmul(a[k, m], b[k, n], mask=(m <= k) & (k >= n) & (n < 40)),
             mask=(nl.arange(32)[:, None] < 32) & (n < 40))
    return out


def test_a_matmul_adds_the_products_where_its_mask_holds():
    left, right = normal(P, 32), normal(P, F)
    rows = np.arange(P)[:, None]
    expected = (np.where(np.arange(32) <= rows, left, 0).T
                @ np.where(rows >= np.arange(F), right, 0))[:, :40]
    np.testing.assert_allclose(triangular(left, right)[:, :40], expected, rtol=1e-4, atol=1e-4)


@nki.jit
def summed_down(a):
    out = nl.ndarray((1, a.shape[1]), dtype=a.dtype, buffer=nl.shared_hbm)
    p, f = nl.mgrid[0:a.shape[0], 0:a.shape[1]]
    nl.store(out, nisa.tensor_partition_reduce(np.add, nl.load(a), mask=p < 20))
    return out


def test_a_sum_over_partitions_is_of_what_its_mask_leaves():
    a = normal(P, F)
    np.testing.assert_allclose(summed_down(a), a[:20].sum(0, keepdims=True), rtol=1e-4, atol=1e-5)


@nki.jit
def largest(a):
    out = nl.ndarray((a.shape[0], 8), dtype=a.dtype, buffer=nl.shared_hbm)
    p, f = nl.mgrid[0:a.shape[0], 0:a.shape[1]]
    nl.store(out, nisa.max8(src=nl.load(a), mask=f <= p + 8))
    return out


def test_the_eight_largest_of_what_a_mask_leaves():
    a = normal(P, F)
    expected = np.array([np.sort(row[:i + 9])[::-1][:8] for i, row in enumerate(a)])
    np.testing.assert_array_equal(largest(a), expected)


def refused(kernel, *arguments, match):
    with pytest.raises(_core.Fault, match=match):
        nki.jit(kernel)(*arguments)


def test_and_is_pythons_and_gives_the_second_mask():
    def second(a):
        p, f = nl.mgrid[0:P, 0:F]
        out = nl.ndarray((P, F), dtype=a.dtype, buffer=nl.shared_hbm)
        nl.store(out, nl.zeros((P, F), a.dtype))
        nl.store(out, nl.load(a), mask=(p < 3) and (f < 3))
        return out

    a = normal(P, F)
    expected = np.where(np.arange(F) < 3, a, 0)
    np.testing.assert_array_equal(nki.jit(second)(a), expected)


def test_statistics_take_rectangles_only():
    def statistics(a):
        p, f = nl.mgrid[0:P, 0:F]
        return nisa.bn_stats(nl.load(a), mask=f <= p)

    refused(statistics, normal(P, F), match="bn_stats with a mask that is no rectangle")
