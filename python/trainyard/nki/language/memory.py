# SPDX-License-Identifier: Apache-2.0
"""Tensors of the kernel and where they lie."""

from enum import Enum

import numpy as np

from trainyard import _core
from trainyard.faults import PROGRAM, fault
from trainyard.nki import dtype as dtypes
from trainyard.nki.arrays import constant_tensor
from trainyard.nki.settings import machine, session


class MemoryRegion(Enum):
    sbuf = "sbuf"
    psum = "psum"
    private_hbm = "private_hbm"
    shared_hbm = "shared_hbm"


sbuf, psum = MemoryRegion.sbuf, MemoryRegion.psum
private_hbm, shared_hbm = MemoryRegion.private_hbm, MemoryRegion.shared_hbm
hbm = private_hbm
for _region in MemoryRegion:
    _core.register_choice("buffer", _region, _region.name)


def is_hbm(buffer):
    return buffer in (private_hbm, shared_hbm)


def is_psum(buffer):
    return buffer is psum


def is_sbuf(buffer):
    return buffer is sbuf


def is_on_chip(buffer):
    return buffer in (sbuf, psum)


class _NdarrayMeta(type):
    def __call__(cls, shape, dtype, buffer=sbuf, name="", address=None):
        return session().ndarray(shape, dtype, buffer, name or None, address)

    def __instancecheck__(cls, value):
        return isinstance(value, _core.Tensor)


class ndarray(metaclass=_NdarrayMeta):
    """Allocates a tensor; also an annotation, alone or in a union."""


def full(shape, fill_value, dtype, buffer=sbuf, name=""):
    tensor = ndarray(shape, dtype, buffer, name)
    if is_on_chip(tensor.buffer):
        _core.isa.memset(tensor, fill_value)
    else:
        values = np.full(shape, fill_value, dtypes.numpy_dtype(dtype))
        _core.isa.dma_copy(tensor, constant_tensor(session(), values, None))
    return tensor


def zeros(shape, dtype, buffer=sbuf, name=""):
    return full(shape, 0, dtype, buffer, name)


def ones(shape, dtype, buffer=sbuf, name=""):
    return full(shape, 1, dtype, buffer, name)


def empty_like(x, dtype=None, buffer=None, name=""):
    return ndarray(x.shape, dtype or x.dtype, buffer or x.buffer, name)


def zeros_like(x, dtype=None, buffer=None, name=""):
    return zeros(x.shape, dtype or x.dtype, buffer or x.buffer, name)


CONSTANT_DTYPES = ("float32 float16 bfloat16 int32 int16 int8 uint32 uint16 uint8 float8_e4m3fn "
                   "float8_e5m2 float8_e8m0fnu").split() + [*dtypes.PACKED, "tfloat32"]


def shared_constant(constant):
    if isinstance(constant, str):
        session().always_trace = True  # the file may be another one next time
        constant = np.load(constant)
    values = np.array(constant, order="C")
    if dtypes.name_of(values.dtype) not in CONSTANT_DTYPES:
        raise fault(PROGRAM, f"nl.shared_constant takes no {values.dtype}",
                    f"one of {', '.join(CONSTANT_DTYPES)}")
    return constant_tensor(session(), values, "constant")


def shared_identity_matrix(n, dtype=dtypes.uint8, dst=None):
    dst = ndarray((n, n), dtype) if dst is None else dst
    values = np.eye(n).astype(dtypes.numpy_dtype(dst.dtype))
    _core.isa.dma_copy(dst, constant_tensor(session(), values, "identity"))
    return dst


class _TileSize:
    """Sizes of the machine, in elements of 4 bytes unless the name says bytes."""

    ELEMENT_BYTES = 4

    @property
    def pmax(self):
        return machine().partitions

    @property
    def psum_bank_fmax_bytes(self):
        return machine().psum_bank_bytes

    @property
    def psum_bank_fmax(self):
        return self.psum_bank_fmax_bytes // self.ELEMENT_BYTES

    psum_fmax = psum_bank_fmax

    @property
    def psum_num_banks(self):
        return machine().psum_banks

    @property
    def gemm_stationary_fmax(self):
        return machine().tensor_columns

    @property
    def gemm_moving_fmax(self):
        return machine().tensor_moving_max

    @property
    def bn_stats_fmax(self):
        return self.psum_bank_fmax

    @property
    def psum_min_align(self):
        return self.ELEMENT_BYTES

    @property
    def sbuf_min_align(self):
        return 1

    @property
    def sbuf_size_bytes(self):
        return machine().sbuf_partition_bytes * self.pmax

    @property
    def sbuf_fmax_bytes(self):
        return machine().sbuf_allocatable_bytes

    @property
    def sbuf_fmax(self):
        return self.sbuf_fmax_bytes // self.ELEMENT_BYTES

    total_available_sbuf_size = sbuf_fmax_bytes


tile_size = _TileSize()
