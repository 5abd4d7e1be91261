# SPDX-License-Identifier: Apache-2.0
"""Tiles and tensors that the kernel allocates."""

import functools
import math

import numpy as np

from trainyard import _core
from trainyard.neuronxcc.nki import loops, programs, spill
from trainyard.neuronxcc.nki import tile as tiles
from trainyard.neuronxcc.nki.blocks import Blocks, address_of
from trainyard.neuronxcc.nki.emit import kind_of
from trainyard.neuronxcc.nki.strict import strict
from trainyard.neuronxcc.nki.tile import Tile, allocate
from trainyard.nki import dtype as dtypes
from trainyard.nki import language as newer
from trainyard.nki.language.memory import is_hbm, psum, sbuf
from trainyard.nki.settings import machine, session

__all__ = ["par_dim", "ndarray", "zeros", "ones", "full", "empty_like", "zeros_like",
           "shared_constant", "shared_identity_matrix", "rand", "random_seed", "device_print",
           "fp32", "bfp16", "finfo"]


class par_dim(int):
    """Marks the dimension along which a tile's partitions lie; those before it are blocks."""


def _partition(shape):
    return next((d for d, size in enumerate(shape) if isinstance(size, par_dim)), 0)


def _new(shape, dtype, buffer, name, value=None):
    """`value`: what it is full of, or None."""
    place, region = getattr(buffer, "place", None), getattr(buffer, "region", buffer)
    region, dtype = sbuf if region is None else region, kind_of(dtype)
    tiles.flush()
    shape = tuple(shape) if hasattr(shape, "__iter__") else (shape,)
    if is_hbm(region):
        return programs.shared(lambda: _in_hbm(shape, dtype, region, name, value))
    partition = _partition(shape)
    if len(shape) == 1:
        shape = (*shape, 1)
    sizes = tuple(map(int, shape))
    spilled = place is None and region is psum and _spills(sizes, partition, dtype)
    if spilled:
        region = sbuf  # where the earlier compiler took what PSUM could not hold
    if place is not None:
        place = loops.first_place(place, (sizes, partition, dtype, region))

    def make(block):
        inner = sizes[partition:] if block is not None else (
            sizes[partition], *sizes[:partition], *sizes[partition + 1:])
        address = place and address_of(place(
            idx=block, pdim_size=sizes[partition],
            fdim_size=math.prod(sizes[partition + 1:]) * dtype.itemsize), region)
        return newer.ndarray(inner, dtype, region, f"{name}{list(block)}" if block else name,
                             address)

    fill = None if value is None else lambda tensor: _core.isa.memset(tensor, value)
    blocks = Blocks(sizes, partition, dtype, region, make, place is not None, fill,
                    value == 0 and region is psum, spilled)
    if not partition and not blocks.zero and place is None:
        return Tile(blocks.tensor(()))
    return Tile(blocks, partition, shape=sizes)


def _in_hbm(shape, dtype, buffer, name, value):
    if value is None:
        return allocate(shape, dtype, buffer, name=name)
    return allocate(shape, dtype, buffer, 0, name,
                    lambda size, kind, where, names: newer.full(size, value, kind, where, names))


def _spills(shape, partition, dtype):
    """Blocks that are together more than PSUM holds, in a kernel that holds too many at a time."""
    taken = math.prod((*shape[:partition], *shape[partition + 1:])) * dtype.itemsize
    return (partition > 0 and taken > machine().psum_banks * machine().psum_bank_bytes
            and spill.wanted())


@functools.partial(strict, name="ndarray")
def _ndarray(shape, dtype, *, buffer=None, name=""):
    return _new(shape, dtype, buffer, name)


class _NdarrayMeta(type):
    def __call__(cls, *arguments, **named):
        return _ndarray(*arguments, **named)

    def __instancecheck__(cls, value):
        return isinstance(value, Tile)


class ndarray(metaclass=_NdarrayMeta):
    """Allocates; also an annotation."""


@strict
def full(shape, fill_value, dtype, *, buffer=None, name=""):
    return _new(shape, dtype, buffer, name, fill_value)


@strict
def zeros(shape, dtype, *, buffer=None, name=""):
    return full(shape, 0, dtype, buffer=buffer, name=name)


@strict
def ones(shape, dtype, *, buffer=None, name=""):
    return full(shape, 1, dtype, buffer=buffer, name=name)


def _shape_of(tile):
    tile = tiles.wrap(tile)
    return tuple(par_dim(size) if d == tile.partition else size
                 for d, size in enumerate(tile.shape))


@strict
def empty_like(a, dtype=None, *, buffer=None, name=""):
    return ndarray(_shape_of(a), dtype or a.dtype, buffer=buffer or a.buffer, name=name)


@strict
def zeros_like(a, dtype=None, *, buffer=None, name=""):
    return zeros(_shape_of(a), dtype or a.dtype, buffer=buffer or a.buffer, name=name)


@strict
def shared_constant(constant, dtype=None):
    if isinstance(constant, str):
        session().always_trace = True  # the file may be another one next time
        constant = np.load(constant)
    constant = np.asarray(constant)
    if dtype is not None:
        constant = constant.astype(dtypes.numpy_dtype(kind_of(dtype)))
    elif constant.dtype == np.float64:
        constant = constant.astype(np.float32)
    return Tile(newer.shared_constant(constant))


@strict
def shared_identity_matrix(n, dtype=np.uint8):
    return shared_constant(np.eye(n).astype(dtypes.numpy_dtype(kind_of(dtype))))


@strict
def rand(shape, dtype=dtypes.float32):
    tiles.flush()
    return Tile(newer.rand(tuple(shape), kind_of(dtype)))


@strict
def random_seed(seed, *, mask=None):
    tiles.flush()
    _core.isa.set_rng_seed(_seed_tile(seed) if isinstance(seed, int) else seed.core())


def _seed_tile(seed):
    tile = newer.ndarray((1, 1), dtypes.int32)
    _core.isa.memset(tile, seed)
    return tile


@strict
def device_print(prefix, x, *, mask=None):
    tiles.flush()
    newer.device_print(prefix, x.core() if isinstance(x, Tile) else x)


class fp32:
    min = float(np.finfo(np.float32).min)


class bfp16:
    min = float.fromhex("-0x1.fep127")


def finfo(dtype):
    import ml_dtypes
    return ml_dtypes.finfo(dtypes.numpy_dtype(kind_of(dtype)))


