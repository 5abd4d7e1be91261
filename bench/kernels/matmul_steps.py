# SPDX-License-Identifier: Apache-2.0
"""The steps of AWS's matrix multiplication tutorials (aws-neuron-sdk: nki/guides/tutorials,
matrix_multiplication.rst and kernel-optimization.rst), written from their description.

Every step computes out[M, N] of lhs_t[K, M] and rhs[K, N], in tiles of 128 x 128 x 512.
"""

import nki
import nki.isa as nisa
import nki.language as nl

TILE_K, TILE_M, TILE_N = 128, 128, 512


def load(source, row, column, width):
    """A tile of 128 rows and `width` columns, in SBUF."""
    tile = nl.ndarray((TILE_K, width), dtype=source.dtype, buffer=nl.sbuf)
    nisa.dma_copy(dst=tile, src=source[row:row + TILE_K, column:column + width])
    return tile


def load_column(source, column, width):
    """All tiles of `width` columns, from the first row to the last."""
    return [load(source, row, column, width) for row in range(0, source.shape[0], TILE_K)]


def multiply(stationary, moving):
    """The sum over the tiles of both lists, in PSUM."""
    psum = nl.ndarray((TILE_M, TILE_N), dtype=nl.float32, buffer=nl.psum)
    for weights, data in zip(stationary, moving):
        nisa.nc_matmul(dst=psum, stationary=weights, moving=data)
    return psum


def store(out, psum, row, column):
    tile = nl.ndarray((TILE_M, TILE_N), dtype=out.dtype, buffer=nl.sbuf)
    nisa.tensor_copy(dst=tile, src=psum)
    nisa.dma_copy(dst=out[row:row + TILE_M, column:column + TILE_N], src=tile)


def result_of(lhs_t, rhs):
    return nl.ndarray((lhs_t.shape[1], rhs.shape[1]), dtype=lhs_t.dtype, buffer=nl.shared_hbm)


@nki.jit
def tiled(lhs_t, rhs):
    """Both operands of each product are loaded just before it."""
    out = result_of(lhs_t, rhs)
    for m in nl.affine_range(out.shape[0] // TILE_M):
        for n in nl.affine_range(out.shape[1] // TILE_N):
            psum = nl.ndarray((TILE_M, TILE_N), dtype=nl.float32, buffer=nl.psum)
            for k in nl.affine_range(lhs_t.shape[0] // TILE_K):
                nisa.nc_matmul(dst=psum, stationary=load(lhs_t, k * TILE_K, m * TILE_M, TILE_M),
                               moving=load(rhs, k * TILE_K, n * TILE_N, TILE_N))
            store(out, psum, m * TILE_M, n * TILE_N)
    return out


@nki.jit
def hoisted(lhs_t, rhs):
    """A column of lhs_t is loaded once for a row of results, one of rhs once for a result."""
    out = result_of(lhs_t, rhs)
    for m in nl.affine_range(out.shape[0] // TILE_M):
        stationary = load_column(lhs_t, m * TILE_M, TILE_M)
        for n in nl.affine_range(out.shape[1] // TILE_N):
            moving = load_column(rhs, n * TILE_N, TILE_N)
            store(out, multiply(stationary, moving), m * TILE_M, n * TILE_N)
    return out


@nki.jit
def blocked_free(lhs_t, rhs, block_m=2, block_n=2):
    """Columns of `block_m` and `block_n` tiles are loaded for all results that need them."""
    out = result_of(lhs_t, rhs)
    for m in nl.affine_range(out.shape[0] // (TILE_M * block_m)):
        rows = [(m * block_m + i) * TILE_M for i in range(block_m)]
        stationary = [load_column(lhs_t, row, TILE_M) for row in rows]
        for n in nl.affine_range(out.shape[1] // (TILE_N * block_n)):
            columns = [(n * block_n + i) * TILE_N for i in range(block_n)]
            moving = [load_column(rhs, column, TILE_N) for column in columns]
            for i in nl.affine_range(block_m):
                for j in nl.affine_range(block_n):
                    store(out, multiply(stationary[i], moving[j]), rows[i], columns[j])
    return out


@nki.jit
def blocked(lhs_t, rhs, block_m=16, block_n=2, block_k=8):
    """All three dimensions in blocks: results are kept and added up in SBUF."""
    out = result_of(lhs_t, rhs)
    depth, (height, width) = lhs_t.shape[0], out.shape
    blocks_m = height // (TILE_M * block_m)
    for n in nl.affine_range(width // (TILE_N * block_n)):
        sums = []
        for _ in range(blocks_m * block_m * block_n):
            tile = nl.ndarray((TILE_M, TILE_N), dtype=lhs_t.dtype, buffer=nl.sbuf)
            nisa.memset(dst=tile, value=0.0)
            sums.append(tile)
        for k in nl.sequential_range(depth // (TILE_K * block_k)):
            rows = [(k * block_k + i) * TILE_K for i in range(block_k)]
            moving = [load(rhs, row, n * TILE_N * block_n, TILE_N * block_n) for row in rows]
            for m in nl.affine_range(blocks_m):
                stationary = [load(lhs_t, row, m * TILE_M * block_m, TILE_M * block_m)
                              for row in rows]
                for j in nl.affine_range(block_n):
                    for i in nl.affine_range(block_m):
                        psum = multiply([t[:, i * TILE_M:(i + 1) * TILE_M] for t in stationary],
                                        [t[:, j * TILE_N:(j + 1) * TILE_N] for t in moving])
                        total = sums[(m * block_m + i) * block_n + j]
                        nisa.tensor_tensor(dst=total, data1=total, data2=psum, op=nl.add)
        for row in nl.affine_range(blocks_m * block_m):
            packed = nl.ndarray((TILE_M, TILE_N * block_n), dtype=out.dtype, buffer=nl.sbuf)
            for j in nl.affine_range(block_n):
                nisa.tensor_copy(dst=packed[:, j * TILE_N:(j + 1) * TILE_N],
                                 src=sums[row * block_n + j])
            nisa.dma_copy(dst=out[row * TILE_M:(row + 1) * TILE_M,
                                  n * TILE_N * block_n:(n + 1) * TILE_N * block_n], src=packed)
    return out
