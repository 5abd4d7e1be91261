# SPDX-License-Identifier: Apache-2.0
"""The small grammars of a row's `config` and `hardware`."""

import re
from dataclasses import dataclass
from math import prod

import ml_dtypes
import numpy as np

from trainyard.validate.family import NotModelled

DTYPES = {"bf16": ml_dtypes.bfloat16, "bfloat16": ml_dtypes.bfloat16, "fp32": np.float32,
          "float32": np.float32, "fp16": np.float16, "float16": np.float16}
MACHINES = {"trn1": "trn1", "inf2": "trn1", "trn2": "trn2", "trn3": "trn3"}
NUMBER_AFTER = re.compile(r"\b([A-Za-z_]+)\s*=\s*(\d+)\b")


def machine_of(row):
    """trn1, trn2 or trn3 by the first name in the row's hardware."""
    found = re.search("|".join(MACHINES), row.hardware.lower())
    if not found:
        raise NotModelled(f"no machine file for {row.hardware}")
    return MACHINES[found.group()]


def dtype_of(text, otherwise=None):
    """The NumPy dtype of the first format named in the text."""
    found = re.search(r"\b(" + "|".join(DTYPES) + r")\b", text)
    if found:
        return np.dtype(DTYPES[found.group(1)])
    if otherwise is None:
        raise NotModelled(f"no format in {text!r}")
    return np.dtype(DTYPES[otherwise])


def numbers(text):
    """`M=4096 K=8192` as {"M": 4096, "K": 8192}."""
    return {name: int(value) for name, value in NUMBER_AFTER.findall(text)}


@dataclass(frozen=True)
class Pattern:
    """`[256,262144][4,128]`: strides in bytes (of LDWEIGHTS in elements) and counts."""

    strides: tuple
    counts: tuple

    @property
    def elements(self):
        return prod(self.counts)


PATTERN = re.compile(r"\[(-?\d+(?:,-?\d+)*)\]\[(\d+(?:,\d+)*)\]")


def patterns(text, least=0):
    """The operands of `[strides][counts]|[strides][counts] …`, in their order; `least` of them."""
    whole = [[int(number) for number in part.split(",")]
             for found in PATTERN.findall(text) for part in found]
    found = [Pattern(tuple(strides), tuple(counts))
             for strides, counts in zip(whole[::2], whole[1::2])]
    if len(found) < least or not all(pattern.elements for pattern in found):
        raise NotModelled(f"not {max(least, 1)} operands with elements in {text!r}")
    return found


def clock_share(text, otherwise=1.0):
    """`clock 4/8` as 0.5."""
    found = re.search(r"\b(?:clock|state)\s+(?:state\s+)?(\d+)/(\d+)", text)
    if found and int(found.group(2)) == 0:
        raise NotModelled(f"no share of the clock is {found.group()!r}")
    return int(found.group(1)) / int(found.group(2)) if found else otherwise


LARGEST_SIZE = 1 << 60   # bytes
LARGEST_OPERAND_BYTES = 16 << 30   # what the smallest machine has of HBM for each core


def filled(shape, dtype, value=0):
    """An operand of the size that a row tells."""
    if prod(shape) * np.dtype(dtype).itemsize > LARGEST_OPERAND_BYTES:
        raise NotModelled(f"an operand of {' x '.join(map(str, shape))} does not fit into HBM")
    return np.full(shape, value, dtype) if value else np.zeros(shape, dtype)


SIZES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
         "KB": 10 ** 3, "MB": 10 ** 6, "GB": 10 ** 9}


def sizes(text, count):
    """The bytes of each of `count` texts as `65536 B`, `512 KiB`."""
    found = [int(number) * SIZES[unit]
             for number, unit in re.findall(r"\b(\d+)\s*(" + "|".join(SIZES) + r")\b", text)]
    if len(found) != count or not all(0 < size < LARGEST_SIZE for size in found):
        raise NotModelled(f"not {count} size{'s' if count > 1 else ''} in {text!r}")
    return found


@dataclass(frozen=True)
class Trace:
    """`from fused_bf16_s512`: the attention kernel that a profile is of."""

    fused: bool
    dtype: str
    length: int


def trace_of(text):
    found = re.search(r"\b(baseline|fused)_(\w+?)_s(\d+)\b", text)
    return Trace(found[1] == "fused", found[2], int(found[3])) if found else None
