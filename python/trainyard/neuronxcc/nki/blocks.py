# SPDX-License-Identifier: Apache-2.0
"""The tensors behind one name of the earlier language: dimensions before par_dim count blocks.

AWS's compiler gives each block a place and a lifetime of its own, so that a name may stand for more
than SBUF holds. A block's tensor is made when the kernel first uses it, at the address that the
kernel gives, if it gives one: what lies at one address shares its bytes.
"""

from trainyard.faults import NOT_MODELLED, PROGRAM, fault
from trainyard.nki.language.memory import psum
from trainyard.nki.settings import machine

ALL = "all"  # of a block


class Blocks:
    """`shape`: as of the core's tensors, partitions first. `make(block)` gives a block's tensor, or
    with None one for all of them, where they are not `placed`. `fill`: writes the value that the
    kernel asked for into a tensor; `zero`: it is 0, in PSUM. `spilled`: meant for PSUM."""

    def __init__(self, sizes, partition, dtype, buffer, make, placed=False, fill=None, zero=False,
                 spilled=False):
        self.sizes, self.partition = sizes[:partition], partition
        self.shape = (sizes[partition], *sizes[:partition], *sizes[partition + 1:])
        self.dtype, self.buffer = dtype, buffer
        self._make, self._placed, self._fill, self.zero = make, placed, fill, zero
        self._made, self._whole, self._sums, self.spilled = {}, None, {}, spilled

    def whole(self):
        """One tensor for all blocks, for who uses several at once."""
        if self._whole is None:
            if self._made or self._placed:
                raise fault(NOT_MODELLED, "several blocks at once, where others were used or "
                            "placed singly",
                            "index one block at a time")
            self._whole = self._make(None)
            if self._fill:
                self._fill(self._whole)
        return self._whole

    def tensor(self, block):
        """The block's tensor, or None where `whole` was asked for before."""
        if self._whole is not None:
            return None
        if block not in self._made:
            self._check(block)
            self._made[block] = self._make(block)
            if self._fill:
                self._fill(self._made[block])
                self._sums[block] = {ALL}
        return self._made[block]

    def begins(self, block, region, accumulates):
        """Notes a write to a region; true if a sum starts there: it held zeros until now, which
        need not be written since the sum overwrites them all."""
        if self._whole is not None or not self.zero:
            return False
        if block not in self._made and accumulates and region == ALL:
            self._check(block)
            self._made[block] = self._make(block)
        self.tensor(block)
        regions = self._sums.setdefault(block, set())
        starts = accumulates and not regions & {ALL, region}
        regions.add(region if accumulates else ALL)
        return starts

    def _check(self, block):
        for dimension, (index, size) in enumerate(zip(block, self.sizes)):
            if not 0 <= index < size:
                raise fault(PROGRAM, f"block {index} of dimension {dimension}, which has {size}",
                            "mask= takes away what lies outside, as mask=(i < size)")


def address_of(place, region):
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
