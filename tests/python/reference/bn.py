# SPDX-License-Identifier: Apache-2.0
"""Batch statistics in float64: AWS fixes no order of additions, so these are compared loosely."""

import numpy as np

from .formats import to_float32


def bn_stats(data):
    """(count, mean, sum of squared deviations) of the even positions, then of the odd ones."""
    parts = []
    for start in (0, 1):
        half = to_float32(data)[:, start::2].astype(np.float64)
        count = half.shape[1]
        mean = half.mean(axis=1) if count else np.zeros(half.shape[0])
        parts += [np.full(half.shape[0], float(count)), mean,
                  ((half - mean[:, None]) ** 2).sum(axis=1)]
    return np.stack(parts, axis=1)


def bn_aggr(data):
    """Mean and population variance of everything that the triples count."""
    triples = to_float32(data).astype(np.float64).reshape(data.shape[0], -1, 3)
    count, mean, squares = triples[..., 0], triples[..., 1], triples[..., 2]
    total = count.sum(axis=1)
    centre = (count * mean).sum(axis=1) / total
    spread = (squares + count * (mean - centre[:, None]) ** 2).sum(axis=1) / total
    return np.stack([centre, spread], axis=1)
