# SPDX-License-Identifier: Apache-2.0
"""The problems of NKIBench (zhang677/AccelOpt) that are products of many heads, with softmax and
without, written from what its references compute. All rows of scores of 128 queries stand in SBUF
at once."""

import nki
import nki.isa as nisa
import nki.language as nl
from nkibench_tiles import BANK, P, load, load_identity, load_tiles, psum, sbuf


def turned(tiles):
    """[128, tiles, features] as [features, tiles * 128]."""
    count, features = tiles.shape[1:]
    result = sbuf((features, count * P))
    for first in range(0, count, BANK // P):
        some = min(BANK // P, count - first)
        bank = psum((features, some * P))
        for i in range(some):
            nisa.nc_transpose(dst=bank[:, nl.ds(i * P, P)], data=tiles[:, first + i, :],
                              engine=nisa.engine.tensor)
        nisa.tensor_copy(dst=result[:, nl.ds(first * P, some * P)], src=bank)
    return result


def scores(queries, keys, scale=1.0):
    """[features, 128] and [features, N]: [128, N] of their products, times `scale`."""
    result = sbuf((P, keys.shape[1]))
    for first in range(0, keys.shape[1], BANK):
        part = slice(first, min(first + BANK, keys.shape[1]))
        bank = psum((P, part.stop - part.start))
        nisa.nc_matmul(dst=bank, stationary=queries, moving=keys[:, part])
        if scale == 1.0:
            nisa.tensor_copy(dst=result[:, part], src=bank)
        else:
            nisa.activation(dst=result[:, part], op=nl.copy, data=bank, scale=scale)
    return result


def exponentials(rows):
    """exp(rows - their maximum), and 1 / their sums [128, 1]."""
    lowest, total, inverse = sbuf((P, 1)), sbuf((P, 1)), sbuf((P, 1))
    nisa.tensor_reduce(dst=lowest, op=nl.maximum, data=rows, axis=1, negate=True)
    weights = sbuf(rows.shape)
    nisa.activation_reduce(dst=weights, op=nl.exp, data=rows, bias=lowest, reduce_op=nl.add,
                           reduce_res=total)
    nisa.reciprocal(dst=inverse, data=total)
    return weights, inverse


def times(rows, inverse):
    result = sbuf(rows.shape)
    nisa.tensor_scalar(dst=result, data=rows, op0=nl.multiply, operand0=inverse)
    return result


def of_each_batch(lhs, rhs, finish):
    """finish(lhs @ rhs) of each batch, 128 rows at a time."""
    count, height = lhs.shape[:2]
    out = nl.ndarray((count, height, rhs.shape[2]), dtype=lhs.dtype, buffer=nl.shared_hbm)
    load_identity()
    for batch in range(count):
        stationary, moving = turned(load_tiles(lhs[batch])), load(rhs[batch])
        for first in range(0, height, P):
            rows = finish(scores(stationary[:, nl.ds(first, P)], moving))
            nisa.dma_copy(dst=out[batch, nl.ds(first, P), :], src=rows)
    return out


@nki.jit
def bmm(lhs, rhs):
    return of_each_batch(lhs, rhs, lambda rows: rows)


@nki.jit
def bmm_softmax(lhs, rhs):
    return of_each_batch(lhs, rhs, lambda rows: times(*exponentials(rows)))


def weighted(weights, inverse, values):
    """[128, N] of exponentials, [128, N / 128, D] of values: [128, D]."""
    chunks, width = values.shape[1:]
    parts = weights.reshape((P, chunks, P))
    result, moved = psum((P, width)), turned(parts)
    for i in range(chunks):
        nisa.nc_matmul(dst=result, stationary=moved[:, nl.ds(i * P, P)], moving=values[:, i, :])
    return times(result, inverse)


@nki.jit
def gqa_full(q, k, v):
    """[batch, length, heads, features]; several heads of q to one of k and v. The result has
    [batch, heads, length, features]."""
    batches, length, heads, features = q.shape
    out = nl.ndarray((batches, heads, length, features), dtype=q.dtype, buffer=nl.shared_hbm)
    load_identity()
    for batch in range(batches):
        for group in range(k.shape[2]):
            keys = turned(load_tiles(k[batch, :, group, :]))
            values = load_tiles(v[batch, :, group, :])
            each = heads // k.shape[2]
            for head in range(group * each, (group + 1) * each):
                queries = turned(load_tiles(q[batch, :, head, :]))
                for first in range(0, length, P):
                    rows = scores(queries[:, nl.ds(first, P)], keys, features ** -0.5)
                    nisa.dma_copy(dst=out[batch, head, nl.ds(first, P), :],
                                  src=weighted(*exponentials(rows), values))
    return out
