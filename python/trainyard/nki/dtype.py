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


# One field that carries the name: four or two bytes that view as uint32 or uint16.
PACKED_NUMPY = {name: np.dtype([(name, carrier)]) for name, carrier in PACKED.items()}
np.sctypeDict.update(PACKED_NUMPY)


def numpy_dtype(name):
    """The NumPy type that holds elements of this one."""
    name = str(name)
    return PACKED_NUMPY.get(name) or np.dtype("float32" if name == "tfloat32" else name)


def name_of(dtype):
    """The name of a NumPy type."""
    dtype = np.dtype(dtype)
    return dtype.names[0] if dtype.names and dtype.names[0] in PACKED else dtype.name


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
