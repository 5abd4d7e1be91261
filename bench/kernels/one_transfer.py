# SPDX-License-Identifier: Apache-2.0
"""Kernels of `count` DMAs between HBM and SBUF that wait for nothing but their queue and engines.

A transfer is x[i] of x[count, blocks * 128, columns]: a partition takes a row of each block.
"""

import nki
import nki.isa as nisa
import nki.language as nl

PARTITIONS = 128


def blocks_of(tensor, i, blocks, columns):
    """Transfer i's rows in the order of a tile's partitions."""
    return tensor.ap([[columns, PARTITIONS], [columns * PARTITIONS, blocks], [1, columns]],
                     offset=i * blocks * PARTITIONS * columns)


def tile(blocks, columns, dtype):
    return nl.ndarray((PARTITIONS, blocks, columns), dtype=dtype, buffer=nl.sbuf)


@nki.jit
def loads(x, **where):
    count, rows, columns = x.shape
    blocks = rows // PARTITIONS
    for i in range(count):
        nisa.dma_copy(dst=tile(blocks, columns, x.dtype), src=blocks_of(x, i, blocks, columns),
                      **where)
    out = nl.ndarray((1, 1), dtype=x.dtype, buffer=nl.shared_hbm)
    nisa.dma_copy(dst=out, src=x[0, 0:1, 0:1])
    return out


@nki.jit
def stores(x, dtype, **where):
    """Tiles of `dtype` to HBM in x's format; their values are nobody's."""
    count, rows, columns = x.shape
    blocks = rows // PARTITIONS
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for i in range(count):
        nisa.dma_copy(dst=blocks_of(out, i, blocks, columns), src=tile(blocks, columns, dtype),
                      **where)
    return out
