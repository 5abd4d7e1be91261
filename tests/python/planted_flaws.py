# SPDX-License-Identifier: Apache-2.0
"""Kernels with one planted flaw each, and what they are when it is mended. `# flaw` marks the line
that `trainyard explain` has to name."""

import numpy as np

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl

P = 128


# 512 bytes a descriptor: a stream of tiles of 128 float32 columns.
@nki.jit
def narrow_tiles(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for i in range(x.shape[1] // P):
        a = nl.ndarray((P, P), nl.float32, buffer=nl.sbuf)
        b = nl.ndarray((P, P), nl.float32, buffer=nl.sbuf)
        nisa.dma_copy(dst=a, src=x[:, i * P:(i + 1) * P])  # flaw
        nisa.activation(dst=b, data=a, op=nl.exp)
        nisa.dma_copy(dst=out[:, i * P:(i + 1) * P], src=b)  # flaw
    return out


@nki.jit
def wide_tiles(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    wide = 1024
    for i in range(x.shape[1] // wide):
        a = nl.ndarray((P, wide), nl.float32, buffer=nl.sbuf)
        b = nl.ndarray((P, wide), nl.float32, buffer=nl.sbuf)
        nisa.dma_copy(dst=a, src=x[:, i * wide:(i + 1) * wide])
        nisa.activation(dst=b, data=a, op=nl.exp)
        nisa.dma_copy(dst=out[:, i * wide:(i + 1) * wide], src=b)
    return out


# 512 bytes a descriptor: wide tiles filled piece by piece.
@nki.jit
def filled_in_pieces(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for i in range(x.shape[0] // P):
        a = nl.ndarray((P, x.shape[1]), nl.float32, buffer=nl.sbuf)
        for j in range(x.shape[1] // P):
            nisa.dma_copy(dst=a[:, j * P:(j + 1) * P],  # flaw
                          src=x[i * P:(i + 1) * P, j * P:(j + 1) * P])
        b = nl.ndarray((P, x.shape[1]), nl.float32, buffer=nl.sbuf)
        nisa.activation(dst=b, data=a, op=nl.exp)
        nisa.dma_copy(dst=out[i * P:(i + 1) * P], src=b)
    return out


@nki.jit
def filled_at_once(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for i in range(x.shape[0] // P):
        a = nl.ndarray((P, x.shape[1]), nl.float32, buffer=nl.sbuf)
        nisa.dma_copy(dst=a, src=x[i * P:(i + 1) * P])
        b = nl.ndarray((P, x.shape[1]), nl.float32, buffer=nl.sbuf)
        nisa.activation(dst=b, data=a, op=nl.exp)
        nisa.dma_copy(dst=out[i * P:(i + 1) * P], src=b)
    return out


# Load, ScalarE, VectorE and store take turns: all turns of the loop share two tiles.
@nki.jit
def one_buffer(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    a = nl.ndarray((P, x.shape[1]), nl.float32, buffer=nl.sbuf)  # flaw
    b = nl.ndarray((P, x.shape[1]), nl.float32, buffer=nl.sbuf)  # flaw
    for i in range(x.shape[0] // P):
        nisa.dma_copy(dst=a, src=x[i * P:(i + 1) * P])
        nisa.activation(dst=b, data=a, op=nl.exp)
        nisa.tensor_tensor(dst=b, data1=b, data2=a, op=nl.add)
        nisa.dma_copy(dst=out[i * P:(i + 1) * P], src=b)
    return out


@nki.jit
def buffers_for_each_turn(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for i in range(x.shape[0] // P):
        a = nl.ndarray((P, x.shape[1]), nl.float32, buffer=nl.sbuf)
        b = nl.ndarray((P, x.shape[1]), nl.float32, buffer=nl.sbuf)
        nisa.dma_copy(dst=a, src=x[i * P:(i + 1) * P])
        nisa.activation(dst=b, data=a, op=nl.exp)
        nisa.tensor_tensor(dst=b, data1=b, data2=a, op=nl.add)
        nisa.dma_copy(dst=out[i * P:(i + 1) * P], src=b)
    return out


# The same by an order that the kernel asks for.
@nki.jit
def in_fixed_order(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    with nl.no_reorder():
        for i in range(x.shape[0] // P):
            a = nl.ndarray((P, x.shape[1]), nl.float32, buffer=nl.sbuf)
            b = nl.ndarray((P, x.shape[1]), nl.float32, buffer=nl.sbuf)
            nisa.dma_copy(dst=a, src=x[i * P:(i + 1) * P])  # flaw
            nisa.activation(dst=b, data=a, op=nl.exp)  # flaw
            nisa.tensor_tensor(dst=b, data1=b, data2=a, op=nl.add)  # flaw
            nisa.dma_copy(dst=out[i * P:(i + 1) * P], src=b)  # flaw
    return out


# Each engine works on the whole of a large tile while the next one waits.
@nki.jit
def whole_tiles(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    a, b, c = (nl.ndarray(x.shape, nl.float32, buffer=nl.sbuf) for _ in range(3))
    nisa.dma_copy(dst=a, src=x)  # flaw
    nisa.activation(dst=b, data=a, op=nl.exp)  # flaw
    nisa.tensor_tensor(dst=c, data1=b, data2=a, op=nl.add)  # flaw
    nisa.dma_copy(dst=out, src=c)  # flaw
    return out


@nki.jit
def slices(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for i in range(x.shape[1] // 1024):
        a, b, c = (nl.ndarray((P, 1024), nl.float32, buffer=nl.sbuf) for _ in range(3))
        nisa.dma_copy(dst=a, src=x[:, i * 1024:(i + 1) * 1024])
        nisa.activation(dst=b, data=a, op=nl.exp)
        nisa.tensor_tensor(dst=c, data1=b, data2=a, op=nl.add)
        nisa.dma_copy(dst=out[:, i * 1024:(i + 1) * 1024], src=c)
    return out


# Products of float32 tiles; bfloat16 ones are mended by the arguments.
@nki.jit
def product(lhs_t, rhs):
    k, m = lhs_t.shape
    n = rhs.shape[1]
    out = nl.ndarray((m, n), dtype=nl.float32, buffer=nl.shared_hbm)
    weights = []
    for i in range(k // P):
        w = nl.ndarray((P, m), lhs_t.dtype, buffer=nl.sbuf)
        nisa.dma_copy(dst=w, src=lhs_t[i * P:(i + 1) * P])
        weights.append(w)
    for c in range(n // 512):
        columns = []
        for i in range(k // P):
            d = nl.ndarray((P, 512), rhs.dtype, buffer=nl.sbuf)
            nisa.dma_copy(dst=d, src=rhs[i * P:(i + 1) * P, c * 512:(c + 1) * 512])
            columns.append(d)
        for r in range(m // P):
            total = nl.ndarray((P, 512), nl.float32, buffer=nl.psum)
            for i in range(k // P):
                nisa.nc_matmul(dst=total, moving=columns[i],  # flaw
                               stationary=weights[i][:, r * P:(r + 1) * P])
            result = nl.ndarray((P, 512), nl.float32, buffer=nl.sbuf)
            nisa.tensor_copy(dst=result, src=total)
            nisa.dma_copy(dst=out[r * P:(r + 1) * P, c * 512:(c + 1) * 512], src=result)
    return out


# All tiles are made first and used afterwards: more than SBUF holds.
@nki.jit
def spilling(x):
    rows = x.shape[0] // P
    out = nl.ndarray((P, x.shape[1]), dtype=x.dtype, buffer=nl.shared_hbm)
    made = []
    for i in range(rows):
        a = nl.ndarray((P, x.shape[1]), nl.float32, buffer=nl.sbuf)
        b = nl.ndarray((P, x.shape[1]), nl.float32, buffer=nl.sbuf)  # flaw
        nisa.dma_copy(dst=a, src=x[i * P:(i + 1) * P])
        nisa.activation(dst=b, data=a, op=nl.exp)
        made.append(b)
    total = nl.ndarray((P, x.shape[1]), nl.float32, buffer=nl.sbuf)
    nisa.memset(dst=total, value=0.0)
    for b in made:
        nisa.tensor_tensor(dst=total, data1=total, data2=b, op=nl.add)
    nisa.dma_copy(dst=out, src=total)
    return out


@nki.jit
def fused(x):
    rows = x.shape[0] // P
    out = nl.ndarray((P, x.shape[1]), dtype=x.dtype, buffer=nl.shared_hbm)
    total = nl.ndarray((P, x.shape[1]), nl.float32, buffer=nl.sbuf)
    nisa.memset(dst=total, value=0.0)
    for i in range(rows):
        a = nl.ndarray((P, x.shape[1]), nl.float32, buffer=nl.sbuf)
        b = nl.ndarray((P, x.shape[1]), nl.float32, buffer=nl.sbuf)
        nisa.dma_copy(dst=a, src=x[i * P:(i + 1) * P])
        nisa.activation(dst=b, data=a, op=nl.exp)
        nisa.tensor_tensor(dst=total, data1=total, data2=b, op=nl.add)
    nisa.dma_copy(dst=out, src=total)
    return out


# The weights lie in HBM with their contraction in the free dimension, and TensorE turns each.
@nki.jit
def transposing(lhs, rhs):
    m, k = lhs.shape
    out = nl.ndarray((m, 512), dtype=nl.float32, buffer=nl.shared_hbm)
    moving = nl.ndarray((P, k // P, 512), nl.bfloat16, buffer=nl.sbuf)
    for i in range(k // P):
        nisa.dma_copy(dst=moving[:, i], src=rhs[i * P:(i + 1) * P])
    for r in range(m // P):
        rows = nl.ndarray((P, k), nl.bfloat16, buffer=nl.sbuf)
        nisa.dma_copy(dst=rows, src=lhs[r * P:(r + 1) * P])
        total = nl.ndarray((P, 512), nl.float32, buffer=nl.psum)
        for i in range(k // P):
            turned = nl.ndarray((P, P), nl.bfloat16, buffer=nl.psum)
            weights = nl.ndarray((P, P), nl.bfloat16, buffer=nl.sbuf)
            nisa.nc_transpose(dst=turned, data=rows[:, i * P:(i + 1) * P])  # flaw
            nisa.tensor_copy(dst=weights, src=turned)
            nisa.nc_matmul(dst=total, stationary=weights, moving=moving[:, i])
        result = nl.ndarray((P, 512), nl.float32, buffer=nl.sbuf)
        nisa.tensor_copy(dst=result, src=total)
        nisa.dma_copy(dst=out[r * P:(r + 1) * P], src=result)
    return out


@nki.jit
def laid_out(blocks, rhs):
    """`blocks`: the weights of each block of rows, contraction first."""
    count, _, k = blocks.shape
    out = nl.ndarray((count * P, 512), dtype=nl.float32, buffer=nl.shared_hbm)
    moving = nl.ndarray((P, k // P, 512), nl.bfloat16, buffer=nl.sbuf)
    for i in range(k // P):
        nisa.dma_copy(dst=moving[:, i], src=rhs[i * P:(i + 1) * P])
    for r in range(count):
        weights = nl.ndarray((P, k), nl.bfloat16, buffer=nl.sbuf)
        nisa.dma_copy(dst=weights, src=blocks[r])
        total = nl.ndarray((P, 512), nl.float32, buffer=nl.psum)
        for i in range(k // P):
            nisa.nc_matmul(dst=total, stationary=weights[:, i * P:(i + 1) * P],
                           moving=moving[:, i])
        result = nl.ndarray((P, 512), nl.float32, buffer=nl.sbuf)
        nisa.tensor_copy(dst=result, src=total)
        nisa.dma_copy(dst=out[r * P:(r + 1) * P], src=result)
    return out


# The DMA turns each tile on its way.
@nki.jit
def transposing_dma(x):
    rows, width = x.shape
    out = nl.ndarray((rows // 1024, width, 1024), dtype=x.dtype, buffer=nl.shared_hbm)
    for i in range(rows // 1024):
        a = nl.ndarray((width, 1024), x.dtype, buffer=nl.sbuf)
        b = nl.ndarray((width, 1024), x.dtype, buffer=nl.sbuf)
        nisa.dma_transpose(dst=a, src=x[i * 1024:(i + 1) * 1024])  # flaw
        nisa.activation(dst=b, data=a, op=nl.exp)
        nisa.dma_copy(dst=out[i], src=b)
    return out


@nki.jit
def turned_before(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for i in range(x.shape[0]):
        a = nl.ndarray(x.shape[1:], x.dtype, buffer=nl.sbuf)
        b = nl.ndarray(x.shape[1:], x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(dst=a, src=x[i])
        nisa.activation(dst=b, data=a, op=nl.exp)
        nisa.dma_copy(dst=out[i], src=b)
    return out


def numbers(*shape, dtype=np.float32):
    return np.random.default_rng(1).standard_normal(shape).astype(dtype)


def blocks(lhs):
    """(r, K, m) of (r m, K): each block of 128 rows, contraction first and in steps of 128."""
    rows, k = lhs.shape
    split = lhs.reshape(rows // P, P, k // P, P).transpose(0, 3, 2, 1)
    return np.ascontiguousarray(split.reshape(rows // P, P, k))


BF16 = ml_dtypes.bfloat16
WIDE, LONG = numbers(P, 8192), numbers(5120, 2048)
X, SHORT = numbers(2048, 2048), numbers(2048, 1024)
LHS, RHS = numbers(8192, 1024, dtype=BF16), numbers(1024, 512, dtype=BF16)
TALL = numbers(16384, P, dtype=BF16)
A, B = numbers(1024, 1024), numbers(1024, 1024)

# name: kind of advice, flawed, mended
CASES = {
    "narrow_tiles": ("small_dma", lambda: narrow_tiles(numbers(P, 16384)),
                     lambda: wide_tiles(numbers(P, 16384))),
    "filled_in_pieces": ("small_dma", lambda: filled_in_pieces(SHORT),
                         lambda: filled_at_once(SHORT)),
    "one_buffer": ("serialised", lambda: one_buffer(X), lambda: buffers_for_each_turn(X)),
    "in_fixed_order": ("fixed_order", lambda: in_fixed_order(X), lambda: buffers_for_each_turn(X)),
    "product": ("fp32_matmul", lambda: product(A, B),
                lambda: product(A.astype(BF16), B.astype(BF16))),
    "whole_tiles": ("whole_tile", lambda: whole_tiles(WIDE), lambda: slices(WIDE)),
    "spilling": ("spill", lambda: spilling(LONG), lambda: fused(LONG)),
    "transposing": ("transpose", lambda: transposing(LHS, RHS), lambda: laid_out(blocks(LHS), RHS)),
    "transposing_dma": ("dma_transpose", lambda: transposing_dma(TALL), lambda: turned_before(
        np.ascontiguousarray(TALL.reshape(16, 1024, P).transpose(0, 2, 1)))),
}
