# SPDX-License-Identifier: Apache-2.0
"""The steps of AWS's fused Mamba tutorial (aws-neuron-sdk: nki/guides/tutorials/fused_mamba.rst),
written from its description: the state space scan, channels on partitions, one state at a time. In
the earlier language, whose compiler made the tutorial's profiles.

`delta` and `u` are [batch, channels, length], `a` [channels, states], `b` and `c` [batch, states,
length]; so is the result as `delta`.
"""

import neuronxcc.nki as nki
import neuronxcc.nki.isa as nisa
import neuronxcc.nki.language as nl
import numpy as np
from neuronxcc.nki.language import par_dim

CHANNELS = 128
TILE = 512      # of the length, in the third step


def state_part(delta, u, a, b, c, first=0.0):
    """One state's part of the result, and the scan, whose last column the next tile needs."""
    decay = nisa.activation(op=nl.exp, data=delta, scale=a)
    inflow = nisa.tensor_tensor(delta, u, op=np.multiply)
    driven = nisa.tensor_tensor(inflow, b.broadcast_to(delta.shape), op=np.multiply)
    scan = nisa.tensor_tensor_scan(decay, driven, initial=first, op0=np.multiply, op1=np.add)
    return nisa.tensor_tensor(scan, c.broadcast_to(delta.shape), op=np.multiply), scan


def zeros(like, width):
    return nl.zeros((par_dim(CHANNELS), width), dtype=like.dtype, buffer=nl.sbuf)


def tiles_of(delta):
    """(batch, first channel) of each tile of 128 channels."""
    return [(i, first) for i in range(delta.shape[0])
            for first in range(0, delta.shape[1], CHANNELS)]


@nki.jit
def v1(delta, u, a, b, c):
    """States outside, channels inside: `delta` and `u` are loaded again for each state."""
    batch, channels, length = delta.shape
    out = nl.ndarray(delta.shape, dtype=delta.dtype, buffer=nl.shared_hbm)
    for i in range(batch):
        totals = nl.zeros((channels // CHANNELS, par_dim(CHANNELS), length), dtype=delta.dtype)
        for s in nl.affine_range(a.shape[1]):
            for t in nl.affine_range(channels // CHANNELS):
                tile = slice(t * CHANNELS, (t + 1) * CHANNELS)
                part, _ = state_part(nl.load(delta[i, tile, :]), nl.load(u[i, tile, :]),
                                     nl.load(a[tile, s:s + 1]), nl.load(b[i, s:s + 1, :]),
                                     nl.load(c[i, s:s + 1, :]))
                totals[t, :, :] += part
        for t in nl.affine_range(channels // CHANNELS):
            nl.store(out[i, t * CHANNELS:(t + 1) * CHANNELS, :], totals[t, :, :])
    return out


@nki.jit
def v2(delta, u, a, b, c):
    """`delta` and `u` are loaded once for all states."""
    out = nl.ndarray(delta.shape, dtype=delta.dtype, buffer=nl.shared_hbm)
    for i, first in tiles_of(delta):
        channels = slice(first, first + CHANNELS)
        total = zeros(delta, delta.shape[2])
        delta_tile, u_tile = nl.load(delta[i, channels, :]), nl.load(u[i, channels, :])
        for s in nl.affine_range(a.shape[1]):
            part, _ = state_part(delta_tile, u_tile, nl.load(a[channels, s:s + 1]),
                                 nl.load(b[i, s:s + 1, :]), nl.load(c[i, s:s + 1, :]))
            total[...] += part
        nl.store(out[i, channels, :], total)
    return out


@nki.jit
def v3(delta, u, a, b, c):
    """The length too in tiles, so that what a tile makes stays in SBUF."""
    out = nl.ndarray(delta.shape, dtype=delta.dtype, buffer=nl.shared_hbm)
    for i, first in tiles_of(delta):
        channels = slice(first, first + CHANNELS)
        total = zeros(delta, delta.shape[2])
        delta_tile, u_tile = nl.load(delta[i, channels, :]), nl.load(u[i, channels, :])
        for s in nl.affine_range(a.shape[1]):
            a_tile, last = nl.load(a[channels, s:s + 1]), zeros(delta, 1)
            for start in range(0, delta.shape[2], TILE):
                along = slice(start, start + TILE)
                part, scan = state_part(delta_tile[:, along], u_tile[:, along], a_tile,
                                        nl.load(b[i, s:s + 1, along]),
                                        nl.load(c[i, s:s + 1, along]), last)
                last[...] = nisa.tensor_copy(scan[:, TILE - 1:TILE])
                total[:, along] += part
        nl.store(out[i, channels, :], total)
    return out
