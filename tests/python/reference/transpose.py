# SPDX-License-Identifier: Apache-2.0
"""Transposes keep the bits."""

import numpy as np

DEFAULT_AXES = {2: (1, 0), 3: (2, 1, 0), 4: (3, 1, 2, 0)}


def nc_transpose(data):
    return np.ascontiguousarray(data.T)


def dma_transpose(src, axes=None):
    return np.ascontiguousarray(src.transpose(axes or DEFAULT_AXES[src.ndim]))


def gather_transpose(src, indices):
    """Rows chosen by the index tile, read down its columns."""
    flat = indices.T.reshape(-1)
    return np.ascontiguousarray(src[flat[:src.shape[0]]].T)
