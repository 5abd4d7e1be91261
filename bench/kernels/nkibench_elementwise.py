# SPDX-License-Identifier: Apache-2.0
"""The elementwise problems of NKIBench (zhang677/AccelOpt), written from what its references
compute: SiLU, a step of AdamW, rotary embedding. An instruction for each operation that the
reference names, as far as one instruction does not hold two of them."""

import nki
import nki.isa as nisa
import nki.language as nl

P = 128
COLUMNS = 2048   # of a tile
DECAY, RATE = 1e-5, 0.01
MEAN_KEPT, SQUARE_KEPT = 0.9, 0.999
SQUARES, TINY = 1000.0, 1e-8   # 1 / (1 - 0.999) in the first step; what keeps from 0 / 0


def load(source):
    tile = nl.ndarray(source.shape, dtype=source.dtype, buffer=nl.sbuf)
    nisa.dma_copy(dst=tile, src=source)
    return tile


def sbuf_like(tile):
    return nl.ndarray(tile.shape, dtype=tile.dtype, buffer=nl.sbuf)


def tensor_tensor(a, b, op):
    result = sbuf_like(a)
    nisa.tensor_tensor(dst=result, data1=a, data2=b, op=op)
    return result


def scaled(a, factor, plus=0.0):
    result = sbuf_like(a)
    nisa.tensor_scalar(dst=result, data=a, op0=nl.multiply, operand0=factor, op1=nl.add,
                       operand1=plus)
    return result


def scaled_plus(a, factor, b):
    """a * factor + b"""
    result = sbuf_like(a)
    nisa.scalar_tensor_tensor(dst=result, data=a, op0=nl.multiply, operand0=factor, op1=nl.add,
                              operand1=b)
    return result


def activation(op, a, scale=1.0):
    result = sbuf_like(a)
    nisa.activation(dst=result, op=op, data=a, scale=scale)
    return result


def blocks(size, step):
    """Slices of at most `step`, that cover `size`."""
    return [slice(first, min(first + step, size)) for first in range(0, size, step)]


@nki.jit
def silu(x):
    """x / (1 + exp(-x)); a partition has rows that follow each other."""
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    rows = (P, x.shape[0] // P, x.shape[1])
    x, to = x.reshape(rows), out.reshape(rows)
    for row in nl.affine_range(rows[1]):
        tile = load(x[:, row, :])
        below = scaled(activation(nl.exp, tile, -1.0), 1.0, 1.0)
        nisa.dma_copy(dst=to[:, row, :], src=tensor_tensor(tile, below, nl.divide))
    return out


@nki.jit
def adamw(theta, g, m, v):
    out = nl.ndarray(theta.shape, dtype=theta.dtype, buffer=nl.shared_hbm)
    for rows in blocks(theta.shape[0], P):
        for columns in blocks(theta.shape[1], COLUMNS):
            old, slope, mean, square = (load(x[rows, columns]) for x in (theta, g, m, v))
            mean = scaled_plus(slope, 1 - MEAN_KEPT, scaled(mean, MEAN_KEPT))
            slopes = tensor_tensor(slope, slope, nl.multiply)
            square = scaled_plus(square, SQUARE_KEPT, scaled(slopes, 1 - SQUARE_KEPT))
            below = scaled(activation(nl.sqrt, square, SQUARES), 1.0, TINY)
            step = tensor_tensor(mean, below, nl.divide)
            new = scaled_plus(step, -RATE, scaled(old, 1 - DECAY))
            nisa.dma_copy(dst=out[rows, columns], src=new)
    return out


@nki.jit
def rope_single_freq_apply(x, cos, sin):
    """The first half of the features is turned with the second; both stand on the same lanes."""
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    half = x.shape[0] // 2
    for columns in blocks(x.shape[1], COLUMNS):
        low, high = load(x[0:half, columns]), load(x[half:2 * half, columns])
        c, s = load(cos[:, columns]), load(sin[:, columns])
        first = tensor_tensor(tensor_tensor(low, c, nl.multiply),
                              tensor_tensor(high, s, nl.multiply), nl.subtract)
        second = tensor_tensor(tensor_tensor(low, s, nl.multiply),
                               tensor_tensor(high, c, nl.multiply), nl.add)
        nisa.dma_copy(dst=out[0:half, columns], src=first)
        nisa.dma_copy(dst=out[half:2 * half, columns], src=second)
    return out
