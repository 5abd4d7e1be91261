# SPDX-License-Identifier: Apache-2.0
"""The small grammars of a row's `config` and `hardware`."""

import re

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
