# SPDX-License-Identifier: Apache-2.0
"""The package `neuron_dtypes`: NumPy types of the machine, packing included."""

import ml_dtypes
import numpy as np

from trainyard.nki.dtype import PACKED, PACKED_NUMPY, name_of, numpy_dtype

bfloat16 = np.dtype(ml_dtypes.bfloat16)
float8_e4m3 = np.dtype(ml_dtypes.float8_e4m3)
float8_e4m3fn = np.dtype(ml_dtypes.float8_e4m3fn)
float8_e5m2 = np.dtype(ml_dtypes.float8_e5m2)
float8_e4m3fn_x4 = PACKED_NUMPY["float8_e4m3fn_x4"]
float8_e5m2_x4 = PACKED_NUMPY["float8_e5m2_x4"]
float4_e2m1fn_x4 = PACKED_NUMPY["float4_e2m1fn_x4"]


def _name(dtype):
    return str(dtype) if str(dtype) in PACKED else name_of(dtype)


def static_cast(array, dtype):
    """Converts by value; to a packed type four neighbours become one element, and back."""
    array, target = np.ascontiguousarray(array), _name(dtype)
    source = name_of(array.dtype)
    if source in PACKED and target != source:
        return _unpack(array, source).astype(numpy_dtype(target))
    if target not in PACKED or target == source:
        return array.astype(numpy_dtype(target))
    element = target[:-3]
    values = array.astype(np.float32).astype(getattr(ml_dtypes, element))
    if element == "float4_e2m1fn":
        codes = values.view(np.uint8).astype(np.uint16).reshape(*array.shape[:-1], -1, 4)
        words = codes[..., 0] | codes[..., 1] << 4 | codes[..., 2] << 8 | codes[..., 3] << 12
        return words.astype(np.uint16).view(PACKED_NUMPY[target])
    return values.view(PACKED_NUMPY[target])


def _unpack(array, source):
    element = getattr(ml_dtypes, source[:-3])
    if source != "float4_e2m1fn_x4":
        return array.view(element).astype(np.float32)
    words = array.view(np.uint16)
    codes = np.stack([words >> shift & 15 for shift in (0, 4, 8, 12)], axis=-1)
    codes = codes.reshape(*array.shape[:-1], -1).astype(np.uint8)
    return codes.view(element).astype(np.float32)


def sizeinbytes(dtype):
    return numpy_dtype(_name(dtype)).itemsize


def is_float_type(dtype):
    return "float" in _name(dtype)


def finfo(dtype):
    return ml_dtypes.finfo(numpy_dtype(_name(dtype)))
