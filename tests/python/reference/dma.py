# SPDX-License-Identifier: Apache-2.0
"""Copies through the DMA engines, gathers, scatters and sums."""

import numpy as np

from . import alu
from .elementwise import broadcast
from .formats import DTYPES, from_float32, to_float32


def dma_copy(src, dtype):
    """Different types always go through float32, integers too."""
    return src.copy() if src.dtype == DTYPES[dtype] else from_float32(to_float32(src), dtype)


def gather_rows(dst, rows, index, skip):
    """dst[i] = rows[index[i]]; indices outside leave dst as it is (oob_mode.skip)."""
    out = dst.copy()
    for i, row in enumerate(index.reshape(-1)):
        if 0 <= int(row) < rows.shape[0]:
            out[i] = rows[int(row)]
        elif not skip:
            raise IndexError(int(row))
    return out


def scatter_rows(table, src, index, skip, add=False):
    """table[index[i]] = src[i], or += in float32 for dma_compute, in ascending i."""
    out = table.copy()
    for i, row in enumerate(index.reshape(-1)):
        if 0 <= int(row) < table.shape[0]:
            value = dma_compute([out[int(row)][None], src[i][None]], None,
                                str(table.dtype))[0] if add else src[i]
            out[int(row)] = value
        elif not skip:
            raise IndexError(int(row))
    return out


def dma_compute(sources, scales, dtype):
    """((s0 * k0) + (s1 * k1)) + ... in float32."""
    total = None
    for source, scale in zip(sources, scales or [1.0] * len(sources)):
        value = alu.arithmetic("multiply", to_float32(source), broadcast(scale, source))
        total = value if total is None else alu.arithmetic("add", total, value)
    return from_float32(total, dtype)
