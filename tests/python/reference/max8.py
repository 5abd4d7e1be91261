# SPDX-License-Identifier: Apache-2.0
"""The eight largest, where they are, and replacing them."""

import numpy as np

from .formats import DTYPES, from_float32, scalar32, to_float32


def max8(src, dtype):
    return from_float32(-np.sort(-to_float32(src), axis=1)[:, :8], dtype)


def missing(dtype):
    return np.iinfo(DTYPES[dtype]).max


def nc_find_index8(data, vals, dtype):
    """Equal values take successive positions, ascending with the column."""
    data, vals = to_float32(data), to_float32(vals)
    out = np.full((data.shape[0], 8), missing(dtype), DTYPES[dtype])
    for p in range(data.shape[0]):
        used = set()
        for i in range(8):
            free = [j for j in np.flatnonzero(data[p] == vals[p, i]) if j not in used]
            if free:
                out[p, i] = free[0]
                used.add(free[0])
    return out


def nc_match_replace8(data, vals, imm, dtype, index_dtype):
    """As nc_find_index8 with the columns taken from 7 to 0. Gives the tile and the indices."""
    value, wanted = to_float32(data).copy(), to_float32(vals)
    index = np.full((data.shape[0], 8), missing(index_dtype), DTYPES[index_dtype])
    for p in range(data.shape[0]):
        used = set()
        for i in range(7, -1, -1):
            free = [j for j in np.flatnonzero(to_float32(data)[p] == wanted[p, i]) if j not in used]
            if free:
                index[p, i] = free[0]
                used.add(free[0])
                value[p, free[0]] = scalar32(imm)
    return from_float32(value, dtype), index
