# SPDX-License-Identifier: Apache-2.0
"""out = relu(0.125 lhs_t' rhs) in bfloat16 on one NeuronCore, the twin of scaled_matmul.cc.

    trainyard run --machine trn3 --json run.json scaled_matmul.py

Both record the same Program: `program_hash` in run.json is what the C++ program prints.
"""

import numpy as np

import nki
import nki.isa as nisa
import nki.language as nl

TILE_K = 128  # partitions of one matmul
SCALE = 0.125


@nki.jit
def scaled_matmul(lhs_t, rhs):
    k, m = lhs_t.shape
    n = rhs.shape[1]
    out = nl.ndarray((m, n), dtype=nl.float32, buffer=nl.shared_hbm)
    product = nl.ndarray((m, n), dtype=nl.float32, buffer=nl.psum)
    for tile in nl.affine_range(k // TILE_K):
        rows = nl.ds(tile * TILE_K, TILE_K)
        stationary = nl.ndarray((TILE_K, m), dtype=nl.bfloat16, buffer=nl.sbuf)
        moving = nl.ndarray((TILE_K, n), dtype=nl.bfloat16, buffer=nl.sbuf)
        nisa.dma_copy(dst=stationary, src=lhs_t[rows, :])  # casts to bfloat16
        nisa.dma_copy(dst=moving, src=rhs[rows, :])
        nisa.nc_matmul(dst=product, stationary=stationary, moving=moving)  # accumulates
    result = nl.ndarray((m, n), dtype=nl.float32, buffer=nl.sbuf)
    nisa.activation(dst=result, op=nl.relu, data=product, scale=SCALE)
    nisa.dma_copy(dst=out, src=result)
    return out


def pattern(shape, period):
    """Small whole numbers, exact in bfloat16."""
    values = np.arange(np.prod(shape)) % period - period // 2
    return values.astype(np.float32).reshape(shape)


def main():
    lhs_t, rhs = pattern((256, 128), 7), pattern((256, 512), 5)
    out = scaled_matmul(lhs_t, rhs)
    np.testing.assert_array_equal(out, np.maximum(SCALE * (lhs_t.T @ rhs), 0))
    print(f"out[1][0] = {out[1][0]}")


if __name__ == "__main__":
    main()
