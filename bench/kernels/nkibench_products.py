# SPDX-License-Identifier: Apache-2.0
"""The problems of NKIBench (zhang677/AccelOpt) that are matrix products with something before or
after, written from what its references compute. All operands are float32 with the contraction on
the free axis of the first: the Tensor Engine transposes it.

Weights stay in SBUF where they fit there, else they come again for each block of rows, in parts.
"""

import nki
import nki.isa as nisa
import nki.language as nl
from nkibench_tiles import BANK, P, load, load_identity, load_tiles, psum, sbuf

PART = 8       # tiles of 128 rows of a weight that one transfer brings
TOGETHER = 4   # tiles of rows of a block: a part of the weights serves all of them


def blocks(size, step):
    """Slices of at most `step`, that cover `size`."""
    return [slice(first, min(first + step, size)) for first in range(0, size, step)]


def width_of(part):
    return part.stop - part.start


def turned(rows):
    """[128, K] as [128, K / 128, 128]: the contraction on the partitions."""
    chunks = rows.shape[1] // P
    result = sbuf((P, chunks, P))
    for some in blocks(chunks, BANK // P):
        bank = psum((P, width_of(some), P))
        for i in range(some.start, some.stop):
            nisa.nc_transpose(dst=bank[:, i - some.start, :], data=rows[:, nl.ds(i * P, P)],
                              engine=nisa.engine.tensor)
        nisa.tensor_copy(dst=result[:, some, :], src=bank)
    return result


def parts_of(weight, columns):
    """[128, at most PART, columns] of the weight's rows, one after another, loaded when asked."""
    for rows in blocks(weight.shape[0], PART * P):
        yield load_tiles(weight[rows, columns])


def products(stationary, parts, width):
    """The sums over K of each [128, K / 128, 128] with the parts: [128, `width`] each, in PSUM."""
    results = [psum((P, width)) for _ in stationary]
    k = 0
    for part in parts:
        for tile, result in zip(stationary, results):
            for i in range(part.shape[1]):
                for columns in blocks(width, BANK):
                    nisa.nc_matmul(dst=result[:, columns], stationary=tile[:, k + i, :],
                                   moving=part[:, i, columns])
        k += part.shape[1]
    return results


def store(out, rows, columns, result):
    tile = sbuf(result.shape)
    nisa.tensor_copy(dst=tile, src=result)
    nisa.dma_copy(dst=out[rows, columns], src=tile)


def result_of(x, w):
    return nl.ndarray((x.shape[0], w.shape[1]), dtype=x.dtype, buffer=nl.shared_hbm)


@nki.jit
def matmul(lhs, rhs):
    """Results of 128 x 1024, each with both operands loaded for it and lhs transposed for it: the
    bytes and transposes that profiles of the published kernel count."""
    out = result_of(lhs, rhs)
    load_identity()
    for rows in blocks(out.shape[0], P):
        for columns in blocks(out.shape[1], 2 * BANK):
            result, = products([turned(load(lhs[rows, :]))], parts_of(rhs, columns),
                               width_of(columns))
            store(out, rows, columns, result)
    return out


@nki.jit
def transpose_matmul(lhs, rhs):
    """lhs.T @ rhs: lhs is as the Tensor Engine wants it."""
    out = nl.ndarray((lhs.shape[1], rhs.shape[1]), dtype=lhs.dtype, buffer=nl.shared_hbm)
    for rows in blocks(lhs.shape[1], TOGETHER * P):
        block = load_tiles(lhs[:, rows])
        tiles = [block[:, :, part] for part in blocks(width_of(rows), P)]
        for columns in blocks(rhs.shape[1], BANK):
            results = products(tiles, parts_of(rhs, columns), width_of(columns))
            for i, result in enumerate(results):
                store(out, nl.ds(rows.start + i * P, P), columns, result)
    return out


@nki.jit
def lora(x, w, a, b):
    """x @ w + x @ a @ b: the second product ends in the sums of the first."""
    out = result_of(x, w)
    narrow, wide = load_tiles(a), load(b)
    rank = a.shape[1]
    load_identity()
    for rows in blocks(x.shape[0], TOGETHER * P):
        tiles = [turned(load(x[part.start + rows.start:part.stop + rows.start, :]))
                 for part in blocks(width_of(rows), P)]
        between = []
        for tile in tiles:
            product = psum((rank, P))
            for k in range(narrow.shape[1]):
                nisa.nc_matmul(dst=product, stationary=narrow[:, k, :], moving=tile[:, k, :])
            between.append(sbuf((rank, P)))
            nisa.tensor_copy(dst=between[-1], src=product)
        for columns in blocks(w.shape[1], BANK):
            results = products(tiles, parts_of(w, columns), width_of(columns))
            for i, result in enumerate(results):
                nisa.nc_matmul(dst=result, stationary=between[i], moving=wide[:, columns])
                store(out, nl.ds(rows.start + i * P, P), columns, result)
    return out


def root_of_mean(rows, eps):
    """1 / sqrt(mean of the squares of each row + eps), [128, 1]."""
    squares, total, above = sbuf(rows.shape), sbuf((P, 1)), sbuf((P, 1))
    nisa.activation_reduce(dst=squares, op=nl.square, data=rows, reduce_op=nl.add,
                           reduce_res=total)
    nisa.tensor_scalar(dst=above, data=total, op0=nl.multiply, operand0=1.0 / rows.shape[1],
                       op1=nl.add, operand1=eps)
    result = sbuf((P, 1))
    nisa.activation(dst=result, op=nl.rsqrt, data=above)
    return result


def on_all_partitions(g):
    """[N] as [128, N], by products with ones."""
    row, ones = load(g.reshape((1, g.shape[0]))), sbuf((1, P))
    nisa.memset(dst=ones, value=1.0)
    result = sbuf((P, g.shape[0]))
    for columns in blocks(g.shape[0], BANK):
        bank = psum((P, width_of(columns)))
        nisa.nc_matmul(dst=bank, stationary=ones, moving=row[:, columns])
        nisa.tensor_copy(dst=result[:, columns], src=bank)
    return result


def row_products(out, rows, normal, weight):
    """A row of tiles of `out`, with the whole weight in SBUF; one store."""
    stationary, wide = [turned(normal)], sbuf((P, out.shape[1]))
    for columns in blocks(out.shape[1], BANK):
        result, = products(stationary, [weight[:, :, columns]], width_of(columns))
        nisa.tensor_copy(dst=wide[:, columns], src=result)
    nisa.dma_copy(dst=out[rows, :], src=wide)


@nki.jit
def rmsnorm_matmul(x, w):
    out, weight = result_of(x, w), load_tiles(w)
    load_identity()
    for rows in blocks(x.shape[0], P):
        tile = load(x[rows, :])
        normal = sbuf(tile.shape)
        nisa.tensor_scalar(dst=normal, data=tile, op0=nl.multiply,
                           operand0=root_of_mean(tile, 0.0))
        row_products(out, rows, normal, weight)
    return out


@nki.jit
def add_rmsnorm_matmul(x, w, eps, z, g):
    out, weight, gain = result_of(x, w), load_tiles(w), on_all_partitions(g)
    load_identity()
    for rows in blocks(x.shape[0], P):
        total, normal = sbuf((P, x.shape[1])), sbuf((P, x.shape[1]))
        nisa.tensor_tensor(dst=total, data1=load(x[rows, :]), data2=load(z[rows, :]), op=nl.add)
        nisa.scalar_tensor_tensor(dst=normal, data=total, op0=nl.multiply,
                                  operand0=root_of_mean(total, eps), op1=nl.multiply,
                                  operand1=gain)
        row_products(out, rows, normal, weight)
    return out


@nki.jit
def matmul_add_rmsnorm(x, w, eps, z, g):
    out, weight, gain = result_of(x, w), load_tiles(w), on_all_partitions(g)
    load_identity()
    for rows in blocks(x.shape[0], P):
        stationary, total = [turned(load(x[rows, :]))], load(z[rows, :])
        for columns in blocks(w.shape[1], BANK):
            result, = products(stationary, [weight[:, :, columns]], width_of(columns))
            nisa.tensor_tensor(dst=total[:, columns], data1=total[:, columns], data2=result,
                               op=nl.add)
        normal = sbuf(total.shape)
        nisa.scalar_tensor_tensor(dst=normal, data=total, op0=nl.multiply,
                                  operand0=root_of_mean(total, eps), op1=nl.multiply,
                                  operand1=gain)
        nisa.dma_copy(dst=out[rows, :], src=normal)
    return out


@nki.jit
def swiglu(x, w_up, w_down, w_gate):
    """silu(x @ w_gate) * (x @ w_up), made transposed, then @ w_down."""
    out = result_of(x, w_down)
    load_identity()
    for rows in blocks(x.shape[0], TOGETHER * P):
        count = width_of(rows)
        moving = sbuf((P, x.shape[1] // P, count))
        for part in blocks(count, P):
            tile = load(x[part.start + rows.start:part.stop + rows.start, :])
            nisa.tensor_copy(dst=moving[:, :, part], src=turned(tile))
        hidden = sbuf((P, w_down.shape[0] // P, count))
        for columns in blocks(w_up.shape[1], BANK):
            up, gate = load_tiles(w_up[:, columns]), load_tiles(w_gate[:, columns])
            for i, part in enumerate(blocks(width_of(columns), P)):
                sums = []
                for weight in (up, gate):
                    sums += products([weight[:, :, part]], [moving], count)
                opened = sbuf((P, count))
                nisa.activation(dst=opened, op=nl.silu, data=sums[1])
                nisa.tensor_tensor(dst=hidden[:, columns.start // P + i, :], data1=opened,
                                   data2=sums[0], op=nl.multiply)
        tiles = [hidden[:, :, part] for part in blocks(count, P)]
        for columns in blocks(out.shape[1], BANK):
            results = products(tiles, parts_of(w_down, columns), width_of(columns))
            for i, result in enumerate(results):
                store(out, nl.ds(rows.start + i * P, P), columns, result)
    return out
