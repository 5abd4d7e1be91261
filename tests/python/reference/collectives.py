# SPDX-License-Identifier: Apache-2.0
"""Collectives over the members of a group, each member's array by its position in the group."""

import numpy as np

from . import alu
from .formats import DTYPES, from_float32, is_integer, to_float32


def reduce(members, op, dtype):
    """In the order of the group, in float32; whole numbers exactly, and saturated in the end."""
    if is_integer(dtype):
        whole = {"add": np.add, "minimum": np.minimum, "maximum": np.maximum}[op]
        limits = np.iinfo(DTYPES[dtype])
        total = whole.reduce([m.astype(np.int64) for m in members])
        return np.clip(total, limits.min, limits.max).astype(DTYPES[dtype])
    total = to_float32(members[0])
    for member in members[1:]:
        total = alu.arithmetic(op, total, to_float32(member))
    return from_float32(total, dtype)


def all_gather(members, dim):
    return np.concatenate(members, axis=dim)


def reduce_scatter(members, op, dtype, position):
    return np.split(reduce(members, op, dtype), len(members))[position]


def all_to_all(members, position):
    return np.concatenate([np.split(m, len(members))[position] for m in members])


def exchange_v(dst, table, members, tables, position, *, one_chunk, recv_counts_known, has_rdispls):
    """dst and the metadata table of the member at `position`. Tables have the rows send_counts,
    send_displs, recv_counts and perhaps recv_displs."""
    out, table, slot = dst.copy(), table.copy(), dst.size // len(members)
    for m, (values, sent) in enumerate(zip(members, tables)):
        column = 0 if one_chunk else position
        count, first = int(sent[0, column]), int(sent[1, column])
        to = int(table[3, m]) if has_rdispls else slot * m
        out.reshape(-1)[to:to + count] = values.reshape(-1)[first:first + count]
        if not recv_counts_known:
            table[2, m] = count
    return out, table
