# SPDX-License-Identifier: Apache-2.0
"""Movement inside SBUF: nc_stream_shuffle, nc_n_gather, local_gather, tensor indirection,
nonzero_with_count, topk, sequence_bounds."""

import numpy as np


def nc_stream_shuffle(dst, src, mask):
    out = dst.copy()
    for quadrant in range(0, dst.shape[0], 32):
        for i, source in enumerate(mask):
            if source != 255 and quadrant + i < dst.shape[0]:
                out[quadrant + i] = src[quadrant + source]
    return out


def nc_n_gather(data, indices):
    return np.take_along_axis(data, indices.astype(np.int64), axis=1)


def local_gather(src, index, num_elem_per_idx, num_valid_indices):
    """Each 16 partitions share the indices of their 16 rows, read down the columns."""
    out = []
    for start in range(0, src.shape[0], 16):
        flat = index[start:start + 16].flatten(order="F")[:num_valid_indices].astype(np.int64)
        where = (flat[:, None] + np.arange(num_elem_per_idx)).reshape(-1)
        out.append(src[start:start + 16][:, where])
    return np.concatenate(out)


def indirect_columns(index, count, partitions, group=16):
    """(P, count): which element of each partition a view made by .indirect(index) names. The rows
    of a group of partitions hold its list, read down the columns."""
    out = np.empty((partitions, count), np.int64)
    for start in range(0, partitions, group):
        out[start:start + group] = index[start:start + group].flatten(order="F")[:count]
    return out


def nonzero_with_count(dst, src, index_offset, padding_val):
    out = dst.copy()
    for p in range(0, src.shape[0], 16):
        found = np.flatnonzero(src[p] != 0)
        out[p, :] = padding_val
        out[p, :len(found)] = found + index_offset
        out[p, -1] = len(found)
    return out


def sequence_bounds(ids):
    """(1, n) to (1, 2, n): first index and one past the last of the run of equal ids."""
    n = ids.shape[1]
    start = np.full(n, n, np.int64)
    end = np.full(n, -1, np.int64)
    for i in range(n):
        if ids[0, i] != 0:
            same = np.flatnonzero(ids[0] == ids[0, i])
            start[i], end[i] = same[0], same[-1] + 1
    return np.stack([start, end])[None].astype(ids.dtype)


def topk(src, n, k):
    """Every group of 16 partitions holds one list, down the columns first; ascending by value."""
    values = np.empty((src.shape[0], k), src.dtype)
    indices = np.empty((src.shape[0], k), np.uint32)
    for start in range(0, src.shape[0], 16):
        flat = src[start:start + 16].flatten(order="F")[:n]
        order = np.argsort(-flat.astype(np.float32), kind="stable")[:k][::-1]
        values[start:start + 16] = flat[order]
        indices[start:start + 16] = order
    return values, indices
