# SPDX-License-Identifier: Apache-2.0
"""Tiles of the earlier language: a tensor of the core seen through one Index a dimension.

An instruction that returns a tile is held back until something needs it: `t[i, j] = nl.exp(x)`
then writes into t itself, as one instruction.
"""

import numbers

from trainyard import _core
from trainyard.faults import PROGRAM, fault
from trainyard.neuronxcc.nki.blocks import ALL, Blocks
from trainyard.neuronxcc.nki.index import Index, broadcast_shapes
from trainyard.nki.language.memory import is_hbm, ndarray, psum, sbuf
from trainyard.nki.settings import session

NONE = frozenset()
_held = []  # the tile whose instruction is held back, if there is one


def flush():
    if _held:
        tile = _held.pop()
        tile.settle(allocate(tile.shape, tile.dtype, tile.buffer, tile.partition))


def forget():
    _held.clear()


def allocate(shape, dtype, buffer=sbuf, partition=0, name="", make=ndarray):
    """A new tile; on chip its partitions lie along dimension `partition`."""
    shape = tuple(map(int, shape))
    if is_hbm(buffer):
        return Tile(make(shape, dtype, buffer, name), partition=0)
    if len(shape) == 1:
        shape = (*shape, 1)
    order = (shape[partition], *shape[:partition], *shape[partition + 1:])
    return Tile(make(order, dtype, buffer, name), partition)


def whole(shape):
    rank = len(shape)
    return tuple(Index(0, [int(d == k) for k in range(rank)], shape,
                       [frozenset([object()]) if d == k else NONE for k in range(rank)])
                 for d in range(rank))


class Tile:
    """`base` is the core's tensor, or Blocks; on chip its dimension 0 is the tile's `axis`."""

    def __init__(self, base, partition=0, axes=None, shape=None, chosen=None):
        if shape is None:
            order = list(base.shape)
            order.insert(partition, order.pop(0))
            shape = tuple(order)
        self._base, self.axis, self.shape = base, partition, tuple(shape)
        self.axes = axes if axes is not None else whole(self.shape)
        self.chosen = chosen  # (axis, tile of indices)
        self._dtype, self._buffer, self.emit, self.partition_hint = None, None, None, 0
        self.accumulates, self.onto = False, None

    @classmethod
    def later(cls, shape, dtype, emit, buffer, partition, fits):
        session()  # outside of a kernel there is none, and this says so
        flush()
        tile = cls.__new__(cls)
        tile._base, tile.axis, tile.shape = None, partition, tuple(shape)
        tile.axes, tile.chosen = None, None
        tile._dtype, tile._buffer, tile.emit = dtype, buffer, emit
        tile.partition_hint, tile.fits, tile.accumulates = partition, fits, False
        tile.onto = None
        _held.append(tile)
        return tile

    @property
    def held(self):
        return bool(_held) and _held[0] is self

    def settle(self, place, **more):
        """Runs the held instruction with this destination."""
        if self.held:
            _held.pop()
        emit, self.emit = self.emit, None
        self._base, self.axis = place.base, place.axis
        self.axes, self.chosen = place.axes, place.chosen
        more or place.begins()
        emit(place, **more)

    @property
    def base(self):
        if self._base is None:
            flush()
        return self._base

    @property
    def dtype(self):
        return self._dtype or self._base.dtype

    @property
    def buffer(self):
        return self._buffer or self._base.buffer

    ndim = property(lambda self: len(self.shape))
    itemsize = property(lambda self: self.dtype.itemsize)

    @property
    def partition(self):
        """The dimension along which the partitions lie."""
        if self._base is None:
            return self.partition_hint
        if is_hbm(self.buffer):
            return 0
        steps = self.axes[self.axis].steps
        along = [d for d, step in enumerate(steps) if step and self.shape[d] > 1]
        if len(along) > 1:
            raise fault(PROGRAM, "an index that walks partitions along two dimensions",
                        "copy with nl.load or nl.store: DMA goes through HBM")
        if along:
            return along[0]
        named = [d for d, step in enumerate(steps) if step]
        return named[0] if named else 0

    def core(self, box=None, partition=None):
        """The core's tensor for the part inside of box, partitions first."""
        self.base  # what is held back runs first
        if isinstance(self._base, Blocks):
            return self.in_block().core(box, partition)
        chip = not is_hbm(self.buffer)
        if box is None and self._is_whole() and (chip or not partition):
            return self._base
        box = box or [(0, size) for size in self.shape]
        box = [(0, 1) if size == 1 else span for size, span in zip(self.shape, box)]
        first = self.partition if chip else partition or 0
        order = [first, *(d for d in range(self.ndim) if d != first)]
        if chip and self.shape[first] > 1 and not self.axes[self.axis].steps[first]:
            order = [None, *range(self.ndim)]
        self._check(box)
        if chip:
            return self._chip_view(box, order)
        strides = self._base.strides
        return self._pattern(self._base, strides, self.axes, box, order)

    def in_block(self):
        """The same tile, of the tensor of its block."""
        blocks = self.axes[:self.axis]
        tensor = None
        if not any(any(index.steps) for index in blocks):
            tensor = self._base.tensor(tuple(index.constant for index in blocks))
        if tensor is None:
            return Tile(self._base.whole(), self.axis, self.axes, self.shape, self.chosen)
        chosen = self.chosen and (self.chosen[0] - self.axis, self.chosen[1])
        return Tile(tensor, 0, self.axes[self.axis:], self.shape, chosen)

    def begins(self, accumulates=False):
        """Notes a write; true if a sum starts here."""
        if not isinstance(self._base, Blocks):
            return False
        blocks, inner = self.axes[:self.axis], self.axes[self.axis:]
        if any(any(index.steps) for index in blocks):
            return False
        walked = [(index.constant, index.steps, self._size(self.axis + d))
                  for d, index in enumerate(inner)]
        whole = self.shape == tuple(size for *_, size in walked) and all(
            constant == 0 and all(step == (d == k) for k, step in enumerate(steps))
            for d, (constant, steps, _) in enumerate(walked))
        region = ALL if whole or not accumulates else str((walked, self.shape))
        return self._base.begins(tuple(index.constant for index in blocks), region, accumulates)

    def _is_whole(self):
        if self.chosen is not None or self.ndim != len(self.axes):
            return False
        return all(index.constant == 0 and all(step == (d == k)
                                               for k, step in enumerate(index.steps))
                   and size == self._size(d)
                   for d, (index, size) in enumerate(zip(self.axes, self.shape)))

    def _size(self, axis):
        sizes = list(self._base.shape)
        sizes.insert(self.axis, sizes.pop(0))
        return sizes[axis]

    def _check(self, box):
        for axis, index in enumerate(self.axes):
            low, high = index.bounds(box)
            if low < 0 or high >= self._size(axis):
                raise fault(PROGRAM, f"indices {low} to {high} of dimension {axis}, which has "
                            f"{self._size(axis)} elements",
                            "mask= takes away what lies outside, as mask=(i < size)")

    def _chip_view(self, box, order):
        walk = self.axes[self.axis]
        start, step, count = walk.constant, 1, 1
        if order[0] is not None:
            low, high = box[order[0]]
            start, count = start + walk.steps[order[0]] * low, high - low
            step = walk.steps[order[0]] or 1
        if step < 0:
            raise fault(PROGRAM, "partitions are walked upwards only",
                        "reverse them with nisa.nc_stream_shuffle")
        core = self._base.slice(0, start, start + step * (count - 1) + 1, step)
        strides = list(core.strides)
        lead = strides.pop(0)
        axes = [index for axis, index in enumerate(self.axes) if axis != self.axis]
        return self._pattern(core, strides, axes, box, order, [lead, count])

    def _pattern(self, core, strides, axes, box, order, lead=None):
        offset = sum(stride * index.constant for stride, index in zip(strides, axes))
        pattern = []
        for d in order:
            if d is None:
                pattern.append(lead)
                continue
            step = sum(stride * index.steps[d] for stride, index in zip(strides, axes))
            start, stop = box[d]
            if lead is None or d != order[0]:
                offset += step * start
                pattern.append([step, stop - start])
            else:
                pattern.append(lead)
        if self.chosen is None:
            return core.ap(pattern, offset)
        axis, tile = self.chosen
        indices = tile.core()
        if lead is not None and axis <= self.axis:  # the core's tensor has partitions first
            axis = 0 if axis == self.axis else axis + 1
        if indices.size == 1:
            return core.ap(pattern, offset, scalar_offset=indices, indirect_dim=axis)
        if lead is None and axis and not any(any(index.steps) for index in axes[:axis]):
            first = sum(s * index.constant for s, index in zip(strides, axes[:axis]))
            for index in axes[:axis]:
                core = core.select(0, index.constant)
            return core.ap(pattern, offset - first, vector_offset=indices, indirect_dim=0)
        if axis != 0:
            raise fault(PROGRAM, f"a tile of indices chooses along dimension 0, not {axis}",
                        "reshape the tensor so that the dimension comes first")
        return core.ap(pattern, offset, vector_offset=indices, indirect_dim=0)

    def _expanded(self, key):
        """One Index, or a tile of indices, for each of this tile's dimensions; and the grid."""
        items = list(key) if isinstance(key, tuple) else [key]
        given = sum(item is not None for item in items if item is not Ellipsis)
        if any(item is Ellipsis for item in items):
            at = next(i for i, item in enumerate(items) if item is Ellipsis)
            items[at:at + 1] = [slice(None)] * (self.ndim - given)
        else:
            items += [slice(None)] * (self.ndim - given)
        if any(isinstance(item, (Index, Tile)) for item in items):
            return self._advanced(items)
        shape, spans = [], []
        for item in items:
            if item is None:
                shape.append(1)
                continue
            size = self.shape[len(spans)] if len(spans) < self.ndim else 0
            if isinstance(item, numbers.Integral):
                spans.append((int(item) + size * (item < 0), 0, None))
                continue
            start, stop, step = item.indices(size) if item.stop is None or item.stop <= size else (
                item.start or 0, item.stop, item.step or 1)
            spans.append((start, step, len(shape)))
            shape.append(len(range(start, stop, step)))
        if len(spans) > self.ndim:
            raise fault(PROGRAM, f"{len(spans)} indices for a tile of {self.ndim} dimensions")
        if not shape:
            shape = [1]
        shape = tuple(shape)
        return shape, [Index(start, [step * (k == d) for k in range(len(shape))], shape,
                             [frozenset([object()]) if k == d else NONE
                              for k in range(len(shape))])
                       for start, step, d in spans]

    def _advanced(self, items):
        variables = [item for item in items if isinstance(item, (Index, Tile))]
        shape = broadcast_shapes(*(item.shape for item in variables))
        result = []
        for dim, item in enumerate(items):
            if isinstance(item, Tile):
                result.append(item)
            elif isinstance(item, Index):
                result.append(item.aligned(shape))
            elif isinstance(item, numbers.Integral):
                result.append(Index(int(item), (0,) * len(shape), shape, (NONE,) * len(shape)))
            elif isinstance(item, slice) and self.shape[dim] == 1:
                result.append(Index(0, (0,) * len(shape), shape, (NONE,) * len(shape)))
            else:
                raise fault(PROGRAM, "slices and index variables in one subscript",
                            "use an index variable for each dimension: nl.arange(n)[None, :]")
        return shape, result

    def __getitem__(self, key):
        self.base
        shape, new = self._expanded(key)
        if not is_hbm(self.buffer) and len(shape) == 1:
            # On chip a tile has partitions and at least one element in each.
            walks = len(new) == 1 or any(
                isinstance(n, Index) and any(n.steps) and self.axes[self.axis].steps[d]
                for d, n in enumerate(new))
            at = 1 if walks else 0
            grown = (*shape, 1) if at else (1, *shape)
            new = [n if isinstance(n, Tile) else
                   Index(n.constant, (*n.steps, 0) if at else (0, *n.steps), grown,
                         (*n.variables, NONE) if at else (NONE, *n.variables)) for n in new]
            shape = grown
        chosen, axes = self.chosen, []
        for axis, old in enumerate(self.axes):
            value = Index(old.constant, (0,) * len(shape), shape, (NONE,) * len(shape))
            for d, step in enumerate(old.steps):
                if isinstance(new[d], Tile):
                    if step:
                        chosen = axis, new[d]
                elif step:
                    value = value + new[d] * step
            axes.append(value.aligned(shape))
        return Tile(self._base, self.axis, tuple(axes), shape, chosen)

    def same_place(self, other):
        return (self._base is other._base and self.shape == other.shape
                and self.chosen is other.chosen
                and all(a.constant == b.constant and a.steps == b.steps
                        for a, b in zip(self.axes, other.axes)))

    def __setitem__(self, key, value):
        from trainyard.neuronxcc.nki import emit
        if isinstance(value, Tile) and value.held:
            held = _held.pop()  # it must not run while the destination is looked up
            place = self[key]
            if value.onto is not None:
                value.onto(place)
                return
            _held.append(held)
            if emit.takes(value, place):
                value.settle(place)
                return
        flush()
        place = self[key]
        if not (isinstance(value, Tile) and value._base is not None and value.same_place(place)):
            emit.assign(place, value)

    def expand_dims(self, axis):
        axis %= self.ndim + 1
        return self[(slice(None),) * axis + (None,)]

    def broadcast_to(self, *shape):
        from trainyard.neuronxcc.nki import language
        shape = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        return language.broadcast_to(self, shape=shape)

    def spread(self, shape):
        """Dimensions of size 1 seen as larger ones: the same element again, no copy."""
        self.base
        shape = broadcast_shapes(self.shape, shape)
        return self if shape == self.shape else Tile(
            self._base, self.axis, tuple(index.aligned(shape) if index.shape == () else
                                         _grown(index, shape) for index in self.axes), shape,
            self.chosen)

    def astype(self, dtype):
        from trainyard.neuronxcc.nki import language
        return language.copy(self, dtype=dtype)

    def reshape(self, shape):
        shape = tuple(shape)
        if is_hbm(self.buffer) or self.partition == 0:
            return Tile(self.core().reshape(shape))
        raise fault(PROGRAM, "reshape of a tile whose partitions are not its first dimension",
                    "index the block first")

    def view(self, dtype):
        return Tile(self.core().view(dtype), 0 if is_hbm(self.buffer) else self.partition)

    def __bool__(self):
        return True

    def __repr__(self):
        return repr(self.core())

    __hash__ = object.__hash__


def _grown(index, shape):
    """Steps along a dimension of size 1 mean nothing once it is a repetition."""
    wide = index.aligned(shape)
    old = (1,) * (len(shape) - len(index.shape)) + index.shape
    return Index(wide.constant, [0 if o == 1 and s != 1 else step
                                 for o, s, step in zip(old, shape, wide.steps)], shape,
                 wide.variables)


def wrap(value):
    return Tile(value) if isinstance(value, _core.Tensor) else value


def unwrap(value):
    return value.core() if isinstance(value, Tile) else value


__all__ = ["Tile", "allocate", "flush", "forget", "psum", "unwrap", "wrap"]
