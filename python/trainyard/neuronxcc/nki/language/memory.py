# SPDX-License-Identifier: Apache-2.0
"""Tiles and tensors that the kernel allocates."""

import functools
import math

import numpy as np

from trainyard import _core
from trainyard.neuronxcc.nki import loops, programs
from trainyard.neuronxcc.nki import tile as tiles
from trainyard.neuronxcc.nki.blocks import Blocks
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


def _new(shape, dtype, buffer, name, fill=None):
    place, region = getattr(buffer, "place", None), getattr(buffer, "region", buffer)
    region, dtype = sbuf if region is None else region, kind_of(dtype)
    tiles.flush()
    shape = tuple(shape) if hasattr(shape, "__iter__") else (shape,)
    partition = 0 if is_hbm(region) else _partition(shape)
    sizes = tuple(map(int, shape))
    make = newer.ndarray if fill is None else functools.partial(_filled, fill=fill)
    if is_hbm(region):
        return programs.shared(lambda: allocate(sizes, dtype, region, 0, name, make))
    if place is None and not (partition and _is_large(sizes, partition, dtype, region)):
        return allocate(sizes, dtype, region, partition, name, make)
    spilled = place is None and region is psum and _spills(sizes, partition, dtype)
    if spilled:
        region = sbuf  # where the earlier compiler took what PSUM could not hold
    if place is not None:
        place = loops.first_place(place, (sizes, partition, dtype, region))
    blocks = Blocks(sizes, partition, dtype, region, name or None, place, fill)
    blocks.spilled = spilled
    if len(sizes) == 1:
        sizes = (*sizes, 1)
    return Tile(blocks.first(), partition, shape=sizes, blocks=blocks)


def _filled(shape, dtype, region, name, fill):
    return newer.full(shape, fill, dtype, region, name)


def _bytes(shape, partition, dtype):
    """Of a partition."""
    return math.prod((*shape[:partition], *shape[partition + 1:])) * dtype.itemsize


def _spills(shape, partition, dtype):
    """Blocks that together are more than PSUM holds."""
    held = machine().psum_banks * machine().psum_bank_bytes
    return partition > 0 and _bytes(shape, partition, dtype) > held


def _is_large(shape, partition, dtype, region):
    """Too large to be one tensor for as long as any block of it is needed."""
    most = machine().psum_bank_bytes if region is psum else machine().sbuf_partition_bytes
    return _bytes(shape, partition, dtype) > most


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


