# SPDX-License-Identifier: Apache-2.0
"""What the kernels of NKIBench's problems share: float32 tiles, their loads, their transposes."""

import nki.isa as nisa
import nki.language as nl

P = 128
BANK = 512   # float32 of a PSUM bank


def sbuf(shape):
    return nl.ndarray(shape, dtype=nl.float32, buffer=nl.sbuf)


def psum(shape):
    return nl.ndarray(shape, dtype=nl.float32, buffer=nl.psum)


def load_identity():
    """What the Tensor Engine multiplies with to transpose: a constant of the program, in HBM."""
    nl.shared_identity_matrix(P, dtype=nl.float32, dst=sbuf((P, P)))


def load(source):
    tile = sbuf(source.shape)
    nisa.dma_copy(dst=tile, src=source)
    return tile


def load_tiles(source):
    """All rows as [128, tiles, columns]: row 128 t + p at [p, t]."""
    tiles = source.reshape((source.shape[0] // P, P, source.shape[1]))
    return load(tiles.rearrange(("t", "p", "c"), ("p", "t", "c")))
