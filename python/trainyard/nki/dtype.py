# SPDX-License-Identifier: Apache-2.0
"""Data types: strings that compare, hash and print as their name."""

import ml_dtypes  # noqa: F401  registers its types with NumPy
import numpy as np

from trainyard import _core

PACKED = {"float8_e4m3fn_x4": np.uint32, "float8_e5m2_x4": np.uint32,
          "float4_e2m1fn_x4": np.uint16}


class DType(str):
    """A data type's name, accepted wherever NumPy takes one."""

    __slots__ = ()

    @property
    def dtype(self):
        return numpy_dtype(self)

    @property
    def itemsize(self):
        return self.dtype.itemsize

    def __repr__(self):
        return str(self)


PACKED_NUMPY = _core.packed_dtypes
np.sctypeDict.update({name: dtype.type for name, dtype in PACKED_NUMPY.items()})


def numpy_dtype(name):
    """The NumPy type that holds elements of this one."""
    name = str(name)
    return PACKED_NUMPY.get(name) or np.dtype("float32" if name == "tfloat32" else name)


def name_of(dtype):
    """The name of a NumPy type."""
    return np.dtype(dtype).name


NAMES = set()


def _define(name):
    dtype = DType(name)
    NAMES.add(name)
    _core.register_choice("dtype", dtype, name)
    return dtype


int8, int16, int32 = map(_define, ("int8", "int16", "int32"))
uint8, uint16, uint32 = map(_define, ("uint8", "uint16", "uint32"))
float16, float32, bfloat16, tfloat32 = map(_define, ("float16", "float32", "bfloat16", "tfloat32"))
float8_e4m3, float8_e4m3fn = map(_define, ("float8_e4m3", "float8_e4m3fn"))
float8_e5m2, float8_e3m4 = map(_define, ("float8_e5m2", "float8_e3m4"))
float8_e8m0fnu = _define("float8_e8m0fnu")
float8_e4m3fn_x4, float8_e5m2_x4, float4_e2m1fn_x4 = map(_define, PACKED)
bool_ = _define("bool")
float8e4, float8e5 = float8_e4m3, float8_e5m2
