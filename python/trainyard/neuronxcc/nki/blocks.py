# SPDX-License-Identifier: Apache-2.0
"""The tensors behind one name of the earlier language: dimensions before par_dim count blocks.

AWS's compiler gives each block a place and a lifetime of its own, so that a name may stand for more
than SBUF holds. A block's tensor is made when the kernel first uses it.
"""

from trainyard.faults import NOT_MODELLED, PROGRAM, fault

ALL = "all"  # of a block


class Blocks:
    """`shape`: as of the core's tensors, partitions first. `make(block)` gives a block's tensor, or
    with None one for all of them. `places`: {block: place} where some share a place. `fill`: writes
    the value that the kernel asked for into a tensor; `zero`: it is 0, in PSUM."""

    def __init__(self, sizes, partition, dtype, buffer, make, places=None, fill=None, zero=False):
        self.sizes, self.partition = sizes[:partition], partition
        self.shape = (sizes[partition], *sizes[:partition], *sizes[partition + 1:])
        self.dtype, self.buffer = dtype, buffer
        self._make, self._places, self._fill, self.zero = make, places, fill, zero
        self._made, self._whole, self._sums = {}, None, {}

    def whole(self):
        """One tensor for all blocks, for who uses several at once."""
        if self._whole is None:
            if self._made or self._places:
                raise fault(NOT_MODELLED, "several blocks at once, where others were used singly",
                            "index one block at a time")
            self._whole = self._make(None)
            if self._fill:
                self._fill(self._whole)
        return self._whole

    def tensor(self, block):
        """The block's tensor, or None where `whole` was asked for before."""
        if self._whole is not None:
            return None
        place = self._place(block)
        if place not in self._made:
            self._made[place] = self._make(block)
            if self._fill:
                self._fill(self._made[place])
                self._sums[place] = block, {ALL}
        return self._made[place]

    def begins(self, block, region, accumulates):
        """Notes a write to a region; true if a sum starts there: the place held another block's
        until now, or zeros that need not be written since the sum overwrites them all."""
        if self._whole is not None or not (self._places or self.zero):
            return False
        place = self._place(block)
        if place not in self._made and self.zero and accumulates and region == ALL:
            self._made[place] = self._make(block)
        self.tensor(block)
        owner, regions = self._sums.get(place, (None, None))
        if owner != block:
            owner, regions = self._sums[place] = block, set()
        starts = accumulates and not regions & {ALL, region}
        regions.add(region if accumulates else ALL)
        return starts

    def _place(self, block):
        for dimension, (index, size) in enumerate(zip(block, self.sizes)):
            if not 0 <= index < size:
                raise fault(PROGRAM, f"block {index} of dimension {dimension}, which has {size}",
                            "mask= takes away what lies outside, as mask=(i < size)")
        return self._places[block] if self._places else block
