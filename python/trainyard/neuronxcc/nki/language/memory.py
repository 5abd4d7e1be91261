# SPDX-License-Identifier: Apache-2.0
"""Tiles and tensors that the kernel allocates."""

import itertools
import math

import numpy as np

from trainyard import _core
from trainyard.neuronxcc.nki import programs
from trainyard.neuronxcc.nki import tile as tiles
from trainyard.neuronxcc.nki.blocks import Blocks
from trainyard.neuronxcc.nki.emit import kind_of
from trainyard.neuronxcc.nki.tile import Tile, allocate
from trainyard.nki import dtype as dtypes
from trainyard.nki import language as newer
from trainyard.nki.language.memory import is_hbm, psum, sbuf

__all__ = ["par_dim", "ndarray", "zeros", "ones", "full", "empty_like", "zeros_like",
           "shared_constant", "shared_identity_matrix", "rand", "random_seed", "device_print",
           "fp32", "bfp16", "finfo"]


class par_dim(int):
    """Marks the dimension along which a tile's partitions lie; those before it are blocks."""


def _partition(shape):
    return next((d for d, size in enumerate(shape) if isinstance(size, par_dim)), 0)


def _made(shape, dtype, buffer, name, value=None):
    """`value`: what it is full of, or None."""
    place = getattr(buffer, "place", None)
    buffer = sbuf if buffer is None else getattr(buffer, "region", buffer)
    tiles.flush()
    shape = tuple(shape) if hasattr(shape, "__iter__") else (shape,)
    dtype = kind_of(dtype)
    if is_hbm(buffer):
        return programs.shared(lambda: _in_hbm(shape, dtype, buffer, name, value))
    partition = _partition(shape)
    if len(shape) == 1:
        shape = (*shape, 1)
    sizes = tuple(map(int, shape))

    def make(block):
        inner = sizes[partition:] if block is not None else (
            sizes[partition], *sizes[:partition], *sizes[partition + 1:])
        return newer.ndarray(inner, dtype, buffer, f"{name}{list(block)}" if block else name)

    places = _places(place, sizes, partition, dtype.itemsize) if place and partition else None
    fill = None if value is None else lambda tensor: _core.isa.memset(tensor, value)
    blocks = Blocks(sizes, partition, dtype, buffer, make, places, fill,
                    zero=value == 0 and buffer is psum)
    if not partition and not blocks.zero:
        return Tile(blocks.tensor(()))
    return Tile(blocks, partition, shape=sizes)


def _in_hbm(shape, dtype, buffer, name, value):
    if value is None:
        return allocate(shape, dtype, buffer, name=name)
    return allocate(shape, dtype, buffer, 0, name,
                    lambda size, kind, where, names: newer.full(size, value, kind, where, names))


def _places(place, sizes, partition, itemsize):
    """{block: place} of an allocated tile, or None where each block has a place of its own."""
    size = math.prod(sizes[partition + 1:]) * itemsize
    places = {block: str(place(idx=block, pdim_size=sizes[partition], fdim_size=size))
              for block in itertools.product(*map(range, sizes[:partition]))}
    return places if len(set(places.values())) < len(places) else None


class _NdarrayMeta(type):
    def __call__(cls, shape, dtype, *, buffer=None, name="", **_options):
        return _made(shape, dtype, buffer, name)

    def __instancecheck__(cls, value):
        return isinstance(value, Tile)


class ndarray(metaclass=_NdarrayMeta):
    """Allocates; also an annotation."""


def full(shape, fill_value, dtype, *, buffer=None, name="", **_options):
    return _made(shape, dtype, buffer, name, fill_value)


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


