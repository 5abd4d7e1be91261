# SPDX-License-Identifier: Apache-2.0
"""Tiles whose blocks are tensors of the core each: at addresses that the kernel gives, or because
no memory holds them all at once. Blocks at one address share its bytes."""

import itertools
import math

from trainyard import _core
from trainyard.faults import PROGRAM, fault
from trainyard.nki.language.memory import ndarray, psum
from trainyard.nki.settings import machine


class Blocks:
    def __init__(self, shape, partition, dtype, region, name, place=None, fill=None):
        self.counts, self.fill = shape[:partition], fill
        self.spilled = False  # meant for PSUM, which is too small
        bytes_of_one = math.prod(shape[partition + 1:]) * dtype.itemsize
        self.tensors, self.filled = {}, set()
        for block in itertools.product(*map(range, self.counts)):
            address = place and _address(place(idx=block, pdim_size=shape[partition],
                                               fdim_size=bytes_of_one), region)
            # On chip a tensor has partitions and at least one element in each.
            self.tensors[block] = ndarray((*shape[partition:], 1)[:max(2, len(shape) - partition)],
                                          dtype, region, name, address)

    def first(self):
        return next(iter(self.tensors.values()))

    def one(self, indices, overwritten=False):
        """The tensor of the block; it gets its first elements when it is first asked for.

        Until then the place may be another block's. `overwritten`: the first access writes it all.
        """
        if any(any(index.steps) for index in indices):
            raise fault(PROGRAM, "several blocks at once of a tile whose blocks are placed one by "
                        "one", "index one block at a time")
        block = tuple(index.constant for index in indices)
        if block not in self.tensors:
            raise fault(PROGRAM, f"block {block} of a tile with blocks of {self.counts}")
        tensor = self.tensors[block]
        if self.fill is not None and block not in self.filled:
            self.filled.add(block)
            overwritten or _core.isa.memset(tensor, self.fill)
        return tensor


def _address(place, region):
    """(partition, byte) of (bank, partition, byte) in PSUM, (partition, byte) in SBUF."""
    place = tuple(map(int, place))
    if len(place) != (3 if region is psum else 2):
        raise fault(PROGRAM, f"an address function returned {place}",
                    "(bank, partition, byte) in PSUM, (partition, byte) in SBUF")
    if region is not psum:
        return place
    bank, partition, byte = place
    return partition, bank * machine().psum_bank_bytes + byte


def modulo(base, counts, scale):
    """Of a block's indices: places in turn, `counts` of them along each dimension."""
    def place(indices):
        along = counts or (1,) * len(indices)
        at = 0
        for index, count in zip(indices, along):
            at = at * count + index % count
        return base + at * scale

    return place
