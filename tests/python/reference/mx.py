# SPDX-License-Identifier: Apache-2.0
"""Microscaled products and quantisation: 8 partitions x 4 values share a scale."""

import ml_dtypes
import numpy as np

from .formats import to_float32
from .matmul import chain, into_psum

E_MAX = {"float8_e4m3fn_x4": 8, "float8_e5m2_x4": 15}
ELEMENT = {"float8_e4m3fn_x4": ml_dtypes.float8_e4m3fn, "float8_e5m2_x4": ml_dtypes.float8_e5m2}


def unpack(words, dtype):
    """(P, F) packed words to (P, F, 4) float32, first element in the lowest bits."""
    if dtype == "float4_e2m1fn_x4":
        nibbles = (words[..., None] >> np.array([0, 4, 8, 12], np.uint16)) & np.uint16(15)
        return nibbles.astype(np.uint8).view(ml_dtypes.float4_e2m1fn).astype(np.float32)
    parts = np.ascontiguousarray(words).view(np.uint8).reshape(words.shape + (4,))
    return parts.view(ELEMENT[dtype]).astype(np.float32)


def scale_rows(partitions):
    """Which partition of the scale tile holds the scale of each data partition."""
    p = np.arange(partitions)
    return (p // 32) * 32 + (p % 32) // 8


def dequantize(words, scale, dtype):
    """(P, F) words and scale tile to the (4 P, F) contraction, the four of a word in order."""
    exponent = scale[scale_rows(words.shape[0])].astype(np.int64)
    factor = np.where(exponent == 255, np.nan, np.ldexp(1.0, exponent - 127))
    with np.errstate(all="ignore"):
        values = (unpack(words, dtype) * factor[..., None]).astype(np.float32)
    return values.transpose(0, 2, 1).reshape(-1, words.shape[1])


def nc_matmul_mx(before, stationary, moving, stationary_scale, moving_scale, types, accumulate,
                 dtype):
    partial = chain(dequantize(stationary, stationary_scale, types[0]),
                    dequantize(moving, moving_scale, types[1]))
    return into_psum(before, partial, accumulate, dtype)


def quantize_mx(src, dtype, rule="documented"):
    """Gives the packed words (P, F / 4) and the scale rows (P, F / 4); unused rows are 0."""
    partitions, count = src.shape
    values = to_float32(src).astype(np.float64)
    groups = np.abs(values).reshape(partitions // 8, 8, count // 4, 4)
    largest = groups.max(axis=(1, 3))
    slack = 1 if rule == "documented" else 0
    _, exponent = np.frexp(largest)
    power = np.where(largest == 0, -127, exponent - 1 - (E_MAX[dtype] - slack))
    power = np.clip(power, -127, 127)
    each = np.repeat(np.repeat(power, 8, axis=0), 4, axis=1)
    limit = float(ml_dtypes.finfo(ELEMENT[dtype]).max)
    scaled = np.clip(np.ldexp(values, -each), -limit, limit).astype(np.float32)
    words = scaled.astype(ELEMENT[dtype]).view(np.uint32)
    scales = np.zeros((partitions, count // 4), np.uint8)
    rows = scale_rows(partitions)[::8]
    scales[rows] = (power + 127).astype(np.uint8)
    return words, scales
