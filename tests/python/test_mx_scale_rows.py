# SPDX-License-Identifier: Apache-2.0
"""MX products read the scale rows at the start of each quadrant and nothing between them."""

import numpy as np
import pytest

from trainyard import alias, runs

alias.install()

import nki  # noqa: E402
import nki.isa as nisa  # noqa: E402
import nki.language as nl  # noqa: E402


@nki.jit
def product(x, y, quantized_rows):
    """The scales of both operands share one tile; those of y start at row 4."""
    tiles, scales = [], nl.ndarray((128, 128), nl.uint8, nl.sbuf)
    for start, values in ((0, x), (4, y)):
        loaded = nl.load(values)
        words = nl.ndarray((128, 128), nl.float8_e5m2_x4, nl.sbuf)
        rows = scales[start:, :]
        nisa.quantize_mx(words[:quantized_rows], loaded[:quantized_rows], rows)
        tiles.append((words, rows))
    (left, left_rows), (right, right_rows) = tiles
    sums = nl.ndarray((128, 128), nl.float32, nl.psum)
    nisa.nc_matmul_mx(sums, left, right, left_rows, right_rows)
    out = nl.ndarray((128, 128), nl.float32, nl.shared_hbm)
    nl.store(out, nl.copy(sums))
    return out


def unwritten_reads(monkeypatch, rows):
    results = []
    monkeypatch.setattr(runs, "machine", "trn3")
    monkeypatch.setattr(runs, "on_finish", results.append)
    product(np.ones((128, 512), np.float16), np.ones((128, 512), np.float16), rows)
    return results[0].unwritten_reads


def test_rows_between_the_scales_may_stay_unwritten(monkeypatch):
    assert unwritten_reads(monkeypatch, 128) == []


@pytest.mark.parametrize("rows", [32, 96])
def test_a_quadrant_that_was_never_quantised_is_an_unwritten_read(monkeypatch, rows):
    assert unwritten_reads(monkeypatch, rows) != []
