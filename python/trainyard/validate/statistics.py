# SPDX-License-Identifier: Apache-2.0
"""Errors: of a row, and of a family."""

import math
import statistics


def error_of(predicted, row):
    """Relative to the measurement; of percentages the difference in points, over 100."""
    if row.unit == "%":
        return (predicted - row.value) / 100
    return (predicted - row.value) / row.value if row.value else None


def quantile(values, share):
    """The value below which `share` of them lie, by linear interpolation."""
    values = sorted(values)
    at = share * (len(values) - 1)
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (at - low) * (values[high] - values[low])


class Summary:
    """Of the rows of one family: `errors` by row id, as error_of gives them.

    `ratio`: geometric mean of predicted over measured; `spread`: standard deviation of its log.
    """

    def __init__(self, errors):
        sizes = {name: abs(error) for name, error in errors.items()}
        self.rows = len(errors)
        self.median = statistics.median(sizes.values()) if sizes else None
        self.mean = statistics.fmean(sizes.values()) if sizes else None
        self.p90 = quantile(sizes.values(), 0.9) if sizes else None
        self.bias = statistics.fmean(errors.values()) if sizes else None
        ratios = [math.log1p(error) for error in errors.values() if error > -1]
        self.ratio = math.exp(statistics.fmean(ratios)) if ratios else None
        self.spread = statistics.pstdev(ratios) if ratios else None
        self.worst = max(sizes, key=sizes.get) if sizes else None
        self.worst_error = errors[self.worst] if sizes else None
