# SPDX-License-Identifier: Apache-2.0
"""Element formats: bytes to float32 and back (round to nearest even, then saturate integers)."""

import ml_dtypes
import numpy as np

DTYPES = {
    "float32": np.dtype(np.float32),
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float8_e4m3": np.dtype(ml_dtypes.float8_e4m3),
    "float8_e4m3fn": np.dtype(ml_dtypes.float8_e4m3fn),
    "float8_e5m2": np.dtype(ml_dtypes.float8_e5m2),
    "float8_e8m0fnu": np.dtype(ml_dtypes.float8_e8m0fnu),
    "int8": np.dtype(np.int8),
    "uint8": np.dtype(np.uint8),
    "int16": np.dtype(np.int16),
    "uint16": np.dtype(np.uint16),
    "int32": np.dtype(np.int32),
    "uint32": np.dtype(np.uint32),
    # Packed types travel as words.
    "float8_e4m3fn_x4": np.dtype(np.uint32),
    "float8_e5m2_x4": np.dtype(np.uint32),
    "float4_e2m1fn_x4": np.dtype(np.uint16),
}
FLOATS = ("float32", "float16", "bfloat16", "float8_e4m3", "float8_e4m3fn", "float8_e5m2")
INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32")
WORDS = {1: np.uint8, 2: np.uint16, 4: np.uint32}


def is_integer(name):
    return name in INTEGERS


def bits(array):
    """The same elements as unsigned words."""
    return np.ascontiguousarray(array).view(WORDS[array.dtype.itemsize])


def to_float32(array):
    with np.errstate(all="ignore"):
        return np.asarray(array).astype(np.float32)


def round_and_saturate(values, name):
    """float32 to integer. NaN has no documented integer; 0 is what most converters give."""
    limits = np.iinfo(DTYPES[name])
    with np.errstate(invalid="ignore"):
        wide = np.rint(np.asarray(values).astype(np.float64))
    wide = np.where(np.isnan(wide), 0.0, wide)
    return np.clip(wide, limits.min, limits.max).astype(np.int64).astype(DTYPES[name])


def from_float32(values, name):
    if is_integer(name):
        return round_and_saturate(values, name)
    with np.errstate(all="ignore"):
        return np.asarray(values, np.float32).astype(DTYPES[name])


def convert(array, name):
    """What a copy between types does: bits when equal, by value between integers, else float32."""
    source = np.asarray(array)
    target = DTYPES[name]
    if source.dtype == target:
        return source.copy()
    if source.dtype.kind in "iu" and is_integer(name):
        limits = np.iinfo(target)
        return np.clip(source.astype(np.int64), limits.min, limits.max).astype(target)
    return from_float32(to_float32(source), name)


def scalar32(value):
    """A compile-time number as the engines hold it."""
    with np.errstate(all="ignore"):
        return np.float32(value)


def same(got, want):
    """Bit for bit, except that any NaN equals any NaN. Returns an array of bool."""
    equal = bits(got) == bits(want)
    if got.dtype.kind in "iu":
        return equal
    return equal | (np.isnan(to_float32(got)) & np.isnan(to_float32(want)))
