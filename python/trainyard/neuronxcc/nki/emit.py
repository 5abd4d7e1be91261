# SPDX-License-Identifier: Apache-2.0
"""How an instruction that returns a tile becomes one of the core's, with its mask."""

import itertools
import math
import numbers

import numpy as np

from trainyard import _core
from trainyard.faults import PROGRAM, fault
from trainyard.neuronxcc.nki import tile as tiles
from trainyard.neuronxcc.nki.mask import as_mask
from trainyard.neuronxcc.nki.masked import predicate, restricted
from trainyard.neuronxcc.nki.strict import strict
from trainyard.neuronxcc.nki.tile import Tile, allocate
from trainyard.nki import dtype as dtypes
from trainyard.nki.isa.constants import oob_mode
from trainyard.nki.language.memory import is_hbm, psum, sbuf
from trainyard.nki.settings import machine

isa = _core.isa
FLOATS = ("float32", "tfloat32", "bfloat16", "float16")


def promoted(*operands):
    """The data type of what has none of its own: the widest floating-point type, else the first."""
    names = [str(each.dtype) for each in operands if isinstance(each, Tile)]
    for name in ("float32", "tfloat32"):
        if name in names:
            return getattr(dtypes, name)
    if {"bfloat16", "float16"} <= set(names):
        return dtypes.float32
    floats = [name for name in names if "float" in name]
    wide = [name for name in floats if name in FLOATS]
    return getattr(dtypes, (wide or floats or names)[0])


def kind_of(dtype):
    """A data type by any of its names: nl.float32, np.float32, bool."""
    if dtype is None:
        return None
    if isinstance(dtype, dtypes.DType):
        return dtype
    if dtype in (bool, np.bool_):
        return dtypes.uint8
    name = dtype if isinstance(dtype, str) else dtypes.name_of(dtype)
    return getattr(dtypes, {"bool": "uint8", "|V4": "tfloat32"}.get(name, name))


def on_chip(value):
    """What lies in HBM is loaded."""
    if isinstance(value, Tile) and is_hbm(value.buffer):
        return load(value)
    return value


def part(value, box, rank):
    """The core's operand for a box of the result's grid."""
    if not isinstance(value, Tile):
        return value
    if box is None:
        return value.core()
    if value.ndim < rank:
        return value.core(box[rank - value.ndim:])
    return value.core(box)


def with_mask(run, place, mask, grid=None):
    """run(place, box) for the part of `place` that the mask names."""
    mask = as_mask(mask)
    if mask is None:
        run(place, None)
        return
    grid = tuple(grid or place.shape)
    box, terms = mask.restrict(grid)
    if box is None:
        return
    span = box + [(0, 1)] * (place.ndim - len(grid))
    if not terms:
        run(Boxed(place, span), box)
        return
    full = allocate(place.shape, place.dtype, partition=place.partition)
    run(Boxed(full, span), box)
    chosen = predicate(box, terms, place.partition)
    isa.tensor_copy_predicated(place.core(span), full.core(span), chosen.core())


class Boxed:
    """A destination of which only a box is written."""

    def __init__(self, tile, box):
        self.tile, self.box, self.shape = tile, box, tile.shape

    def core(self, box=None):
        return self.tile.core(box or self.box)


WALKED_MAX = 5  # dimensions of an engine's access pattern, with the partitions


def _walked(core):
    """Dimensions that are left when those that follow on each other are one."""
    dims = [(step, size) for step, size in zip(core.strides, core.shape) if size > 1]
    free = [pair for pair in dims[1:]] if core.shape[0] > 1 else dims
    merges = sum(outer[0] == inner[0] * inner[1] for outer, inner in zip(free, free[1:]))
    return 1 + len(free) - merges


def pieces(tiles_used, box, shape):
    """The boxes of one instruction each: more than one if an engine cannot walk all of it."""
    if len(shape) <= WALKED_MAX:
        return [box]
    full = box or [(0, size) for size in shape]
    alike = [tile for tile in tiles_used if tile.shape == tuple(shape)]
    if all(_walked(tile.core(box)) <= WALKED_MAX for tile in alike):
        return [box]
    partition = alike[0].partition if isinstance(alike[0], Tile) else alike[0].tile.partition
    by_size = sorted((stop - start, d) for d, (start, stop) in enumerate(full) if d != partition)
    unrolled = [d for size, d in by_size if size > 1]
    unrolled = unrolled[:len(unrolled) + 1 - WALKED_MAX]
    found = []
    for at in itertools.product(*(range(*full[d]) for d in unrolled)):
        piece = list(full)
        for d, i in zip(unrolled, at):
            piece[d] = i, i + 1
        found.append(piece)
    return found


def result(shape, dtype, run, mask=None, buffer=sbuf, partition=0, fits=(sbuf, psum), grid=None):
    """A tile whose instruction is run(destination, box, **more); held back until it is needed."""
    shape = tuple(shape) if len(shape) > 1 else (*shape, 1)

    def emit(place, **more):
        with_mask(lambda dst, box: run(dst, box, **more), place, mask, grid)

    return Tile.later(shape, dtype, emit, buffer, partition, fits)


def takes(value, place):
    """Whether the held instruction can write there itself."""
    return (place.buffer in value.fits and (value.fits == (sbuf,) or _starts_well(place))
            and (value.accumulates or str(place.dtype) == str(value.dtype))
            and place.shape == value.shape and place.partition == value.partition
            and place.chosen is None)


def assign(place, value):
    """place[...] = value: a copy, or a fill."""
    if is_hbm(place.buffer):
        raise fault(PROGRAM, "a tensor in HBM is written with nl.store", "nl.store(t[...], value)")
    place.begins()
    if not _starts_well(place):
        _assign_by_dma(place, value)
        return
    if isinstance(value, numbers.Number):
        isa.memset(place.core(), value)
        return
    value = value if isinstance(value, Tile) else tiles.wrap(value)
    source = value.core()
    if is_hbm(value.buffer):
        store(place, value)
        return
    if math.prod(value.shape) != math.prod(place.shape):
        source = value.spread(place.shape).core()
    for piece in pieces([place, value], None, place.shape):
        isa.tensor_copy(place.core(piece), value.core(piece) if piece else source)


def _starts_well(place):
    """Engines reach partitions from the start of a quadrant, of two, or of all of them."""
    first, count = place.axes[place.axis].constant, place.shape[place.partition]
    quadrant = machine().partition_quadrant
    unit = quadrant if count <= quadrant else 2 * quadrant
    return first == 0 or (count <= 2 * quadrant and first % unit == 0)


def _assign_by_dma(place, value):
    """DMA reaches every partition."""
    if not isinstance(value, numbers.Number):
        value = value if isinstance(value, Tile) else tiles.wrap(value)
    if isinstance(value, numbers.Number) or value.buffer is not sbuf or (
            math.prod(value.shape) != math.prod(place.shape)):
        filled = allocate(place.shape, place.dtype, partition=place.partition)
        assign(filled, value)
        value = filled
    isa.dma_copy(place.core(), value.core())


@strict
def load(src, *, mask=None, dtype=None, mode=oob_mode.error):
    src = tiles.wrap(src)
    shape = src.shape if src.ndim > 1 else (*src.shape, 1)

    def run(dst, box):
        isa.dma_copy(dst.core(), src.core(box), oob_mode=mode)

    return result(shape, kind_of(dtype) or src.dtype, run, mask, fits=(sbuf,), grid=src.shape)


@strict
def store(dst, value, *, mask=None, mode=oob_mode.error):
    tiles.flush()
    dst, mask = tiles.wrap(dst), as_mask(mask)
    if isinstance(value, numbers.Number):
        partitions, free = dst.shape[0], dst.shape[1:]
        filled = allocate((partitions, *free), dst.dtype)
        isa.memset(filled.core(), value)
        value = filled
    value = tiles.wrap(value)
    value.base
    if value.buffer is psum:
        value = _copied(value)
    if math.prod(value.shape) != math.prod(dst.shape) and mask is None:
        value = value.spread(dst.shape)
    box, terms, nothing = restricted(mask, dst.shape)
    if nothing:
        return
    partition = 0 if is_hbm(value.buffer) else value.partition
    source = value
    if box is not None and value.shape != dst.shape and value.ndim == dst.ndim + 1:
        box_of_value = box + [(0, 1)]
    else:
        box_of_value = box
    if terms:
        source, box_of_value = _merged(dst, value, box, terms, partition), None
    isa.dma_copy(dst.core(box, partition if value.shape == dst.shape else None),
                 source.core(box_of_value), oob_mode=mode)


def _merged(dst, value, box, terms, partition):
    """What HBM holds now, with the value where the mask holds."""
    size = [stop - start for start, stop in box]
    merged = allocate(size, dst.dtype, partition=partition)
    isa.dma_copy(merged.core(), dst.core(box, partition))
    chosen = predicate(box, terms, partition)
    isa.tensor_copy_predicated(merged.core(), value.core(box), chosen.core())
    return merged


def _copied(value, dtype=None):
    copied = allocate(value.shape, dtype or value.dtype, partition=value.partition)
    isa.tensor_copy(copied.core(), value.core())
    return copied
