# SPDX-License-Identifier: Apache-2.0
"""Tiles and tensors that the kernel allocates."""

import itertools
import math

import numpy as np

from trainyard import _core
from trainyard.neuronxcc.nki import programs
from trainyard.neuronxcc.nki import tile as tiles
from trainyard.neuronxcc.nki.emit import kind_of
from trainyard.neuronxcc.nki.tile import Tile, allocate
from trainyard.nki import dtype as dtypes
from trainyard.nki import language as newer
from trainyard.nki.language.memory import is_hbm, sbuf

__all__ = ["par_dim", "ndarray", "zeros", "ones", "full", "empty_like", "zeros_like",
           "shared_constant", "shared_identity_matrix", "rand", "random_seed", "device_print",
           "fp32", "bfp16", "finfo"]


class par_dim(int):
    """Marks the dimension along which a tile's partitions lie; those before it are blocks."""


def _partition(shape):
    return next((d for d, size in enumerate(shape) if isinstance(size, par_dim)), 0)


def _made(make, shape, buffer, dtype):
    place = getattr(buffer, "place", None)
    buffer = sbuf if buffer is None else getattr(buffer, "region", buffer)
    tiles.flush()
    shape = tuple(shape) if hasattr(shape, "__iter__") else (shape,)
    if is_hbm(buffer):
        return programs.shared(lambda: make(shape, buffer, 0))
    partition = _partition(shape)
    if place is not None and partition:
        slots = _slots(place, shape, partition, kind_of(dtype).itemsize)
        count = len(set(slots.values()))
        if count < len(slots):
            blocks = make((count, *shape[partition:]), buffer, 1)
            return Tile(blocks.base, partition, shape=shape, slots=slots)
    return make(shape, buffer, partition)


def _slots(place, shape, partition, itemsize):
    """{block: its number among the places}."""
    size = math.prod(shape[partition + 1:]) * itemsize
    places, slots = {}, {}
    for block in itertools.product(*map(range, shape[:partition])):
        where = str(place(idx=block, pdim_size=shape[partition], fdim_size=size))
        slots[block] = places.setdefault(where, len(places))
    return slots


class _NdarrayMeta(type):
    def __call__(cls, shape, dtype, *, buffer=None, name="", **_options):
        return _made(lambda size, where, partition: allocate(size, kind_of(dtype), where,
                                                             partition, name), shape, buffer, dtype)

    def __instancecheck__(cls, value):
        return isinstance(value, Tile)


class ndarray(metaclass=_NdarrayMeta):
    """Allocates; also an annotation."""


def full(shape, fill_value, dtype, *, buffer=None, name="", **_options):
    def filled(size, kind, where, names):
        return newer.full(size, fill_value, kind, where, names)

    return _made(lambda size, where, partition: allocate(size, kind_of(dtype), where, partition,
                                                         name, filled), shape, buffer, dtype)


def zeros(shape, dtype, *, buffer=None, name="", **_options):
    return full(shape, 0, dtype, buffer=buffer, name=name)


def ones(shape, dtype, *, buffer=None, name="", **_options):
    return full(shape, 1, dtype, buffer=buffer, name=name)


def empty_like(a, dtype=None, *, buffer=None, name="", **_options):
    return ndarray(a.shape, dtype or a.dtype, buffer=buffer or a.buffer, name=name)


def zeros_like(a, dtype=None, *, buffer=None, name="", **_options):
    return zeros(a.shape, dtype or a.dtype, buffer=buffer or a.buffer, name=name)


def shared_constant(constant, dtype=None, **_options):
    if isinstance(constant, str):
        constant = np.load(constant)
    constant = np.asarray(constant)
    if dtype is not None:
        constant = constant.astype(dtypes.numpy_dtype(kind_of(dtype)))
    elif constant.dtype == np.float64:
        constant = constant.astype(np.float32)
    return Tile(newer.shared_constant(constant))


def shared_identity_matrix(n, dtype=np.uint8, **_options):
    return shared_constant(np.eye(n).astype(dtypes.numpy_dtype(kind_of(dtype))))


def rand(shape, dtype=dtypes.float32, **_options):
    tiles.flush()
    return Tile(newer.rand(tuple(shape), kind_of(dtype)))


def random_seed(seed, *, mask=None, **_options):
    tiles.flush()
    _core.isa.set_rng_seed(_seed_tile(seed) if isinstance(seed, int) else seed.core())


def _seed_tile(seed):
    tile = newer.ndarray((1, 1), dtypes.int32)
    _core.isa.memset(tile, seed)
    return tile


def device_print(prefix, x, *, mask=None, **_options):
    tiles.flush()
    newer.device_print(prefix, x.core() if isinstance(x, Tile) else x)


class fp32:
    min = float(np.finfo(np.float32).min)


class bfp16:
    min = float.fromhex("-0x1.fep127")


def finfo(dtype):
    import ml_dtypes
    return ml_dtypes.finfo(dtypes.numpy_dtype(kind_of(dtype)))


