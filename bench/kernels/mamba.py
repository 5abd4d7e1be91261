# SPDX-License-Identifier: Apache-2.0
"""The steps of AWS's fused Mamba tutorial (aws-neuron-sdk: nki/guides/tutorials/fused_mamba.rst),
written from its description: the state space scan, channels on partitions, one state at a time.

`delta` and `u` are [batch, channels, length], `a` [channels, states], `b` and `c` [batch, states,
length]; so is the result as `delta`.
"""

import nki
import nki.isa as nisa
import nki.language as nl

CHANNELS = 128
TILE = 512      # of the length, in the third step


def sbuf(like, width):
    return nl.ndarray((CHANNELS, width), dtype=like.dtype, buffer=nl.sbuf)


def load(source):
    tile = nl.ndarray(source.shape, dtype=source.dtype, buffer=nl.sbuf)
    nisa.dma_copy(dst=tile, src=source)
    return tile


def on_all_channels(row):
    return nl.broadcast_to(row, (CHANNELS, row.shape[1]))


def scan_state(total, delta, u, a, b, c, first=0.0):
    """Adds one state's part to `total`; gives the scan, whose last column the next tile needs."""
    width = total.shape[1]
    decay, inflow, driven, scan, seen = (sbuf(total, width) for _ in range(5))
    nisa.activation(dst=decay, op=nl.exp, data=delta, scale=a)
    nisa.tensor_tensor(dst=inflow, data1=delta, data2=u, op=nl.multiply)
    nisa.tensor_tensor(dst=driven, data1=inflow, data2=on_all_channels(b), op=nl.multiply)
    nisa.tensor_tensor_scan(dst=scan, data0=decay, data1=driven, initial=first, op0=nl.multiply,
                            op1=nl.add)
    nisa.tensor_tensor(dst=seen, data1=scan, data2=on_all_channels(c), op=nl.multiply)
    nisa.tensor_tensor(dst=total, data1=total, data2=seen, op=nl.add)
    return scan


def zeros(like, width):
    tile = sbuf(like, width)
    nisa.memset(dst=tile, value=0.0)
    return tile


def tiles_of(delta):
    """(batch, first channel) of each tile of 128 channels."""
    return [(i, first) for i in range(delta.shape[0])
            for first in range(0, delta.shape[1], CHANNELS)]


@nki.jit
def v1(delta, u, a, b, c):
    """`delta` and `u` are loaded again for each state."""
    out = nl.ndarray(delta.shape, dtype=delta.dtype, buffer=nl.shared_hbm)
    for i, first in tiles_of(delta):
        channels = slice(first, first + CHANNELS)
        total = zeros(delta, delta.shape[2])
        for s in nl.affine_range(a.shape[1]):
            scan_state(total, load(delta[i, channels, :]), load(u[i, channels, :]),
                       load(a[channels, s:s + 1]), load(b[i, s:s + 1, :]), load(c[i, s:s + 1, :]))
        nisa.dma_copy(dst=out[i, channels, :], src=total)
    return out


@nki.jit
def v2(delta, u, a, b, c):
    """`delta` and `u` are loaded once for all states."""
    out = nl.ndarray(delta.shape, dtype=delta.dtype, buffer=nl.shared_hbm)
    for i, first in tiles_of(delta):
        channels = slice(first, first + CHANNELS)
        total = zeros(delta, delta.shape[2])
        delta_tile, u_tile = load(delta[i, channels, :]), load(u[i, channels, :])
        for s in nl.affine_range(a.shape[1]):
            scan_state(total, delta_tile, u_tile, load(a[channels, s:s + 1]),
                       load(b[i, s:s + 1, :]), load(c[i, s:s + 1, :]))
        nisa.dma_copy(dst=out[i, channels, :], src=total)
    return out


@nki.jit
def v3(delta, u, a, b, c):
    """The length too in tiles, so that what a tile makes stays in SBUF."""
    out = nl.ndarray(delta.shape, dtype=delta.dtype, buffer=nl.shared_hbm)
    for i, first in tiles_of(delta):
        channels = slice(first, first + CHANNELS)
        total = zeros(delta, delta.shape[2])
        delta_tile, u_tile = load(delta[i, channels, :]), load(u[i, channels, :])
        for s in nl.affine_range(a.shape[1]):
            a_tile, last = load(a[channels, s:s + 1]), zeros(delta, 1)
            for start in range(0, delta.shape[2], TILE):
                part = slice(start, start + TILE)
                scan = scan_state(total[:, part], delta_tile[:, part], u_tile[:, part], a_tile,
                                  load(b[i, s:s + 1, part]), load(c[i, s:s + 1, part]), last)
                nisa.tensor_copy(dst=last, src=scan[:, TILE - 1:TILE])
        nisa.dma_copy(dst=out[i, channels, :], src=total)
    return out
