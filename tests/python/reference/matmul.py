# SPDX-License-Identifier: Apache-2.0
"""nc_matmul: a chain of float32 fused multiply-adds down the contraction, then one addition."""

import numpy as np

from .formats import from_float32, to_float32


def fused_multiply_add(a, b, c):
    """fma(a, b, c) of float32 arrays with one rounding: the product is exact in float64; the sum
    is rounded to odd, after which the rounding to float32 is the right one."""
    with np.errstate(all="ignore"):
        product = a.astype(np.float64) * b.astype(np.float64)
        addend = c.astype(np.float64)
        total = product + addend
        part = total - product
        error = (product - (total - part)) + (addend - part)
        even = (total.view(np.int64) & 1) == 0
        toward = np.nextafter(total, np.where(error > 0, np.inf, -np.inf))
        fix = even & (error != 0) & np.isfinite(total) & np.isfinite(error)
        return np.where(fix, toward, total).astype(np.float32)


def chain(stationary, moving):
    """stationary (K, M), moving (K, N): the partial sums (M, N), k ascending from +0."""
    partial = np.zeros((stationary.shape[1], moving.shape[1]), np.float32)
    for k in range(stationary.shape[0]):
        partial = fused_multiply_add(stationary[k][:, None], moving[k][None, :], partial)
    return partial


def into_psum(before, partial, accumulate, dtype):
    with np.errstate(all="ignore"):
        value = to_float32(before) + partial if accumulate else partial
    return from_float32(value, dtype)


def nc_matmul(before, stationary, moving, accumulate, dtype):
    partial = chain(to_float32(stationary), to_float32(moving))
    return into_psum(before, partial, accumulate, dtype)


def double_row(before, stationary, moving, accumulate, dtype):
    """Operands (P, 2, n): the contraction runs over partitions, then over the pair of each."""
    pairs = [to_float32(x).reshape(-1, x.shape[2]) for x in (stationary, moving)]
    return into_psum(before, chain(*pairs), accumulate, dtype)
