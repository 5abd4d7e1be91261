# SPDX-License-Identifier: Apache-2.0
"""Registers hold 32 bits."""

import numpy as np

from .formats import DTYPES


def register_round_trip(value, source_dtype, target_dtype):
    """register_load from an integer tile, register_store into another."""
    loaded = int(np.array(value).astype(DTYPES[source_dtype]))
    return np.array(loaded).astype(np.int64).astype(DTYPES[target_dtype])
