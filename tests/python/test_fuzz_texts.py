# SPDX-License-Identifier: Apache-2.0
"""Random texts for every reader of text on the Python side: what is wrong is told by a Fault of the
command line's kind, and nothing else happens. As many as TRAINYARD_CASES of each."""

import csv
import io

import numpy as np
import pytest
from cases import COUNT, SEED
from trainyard import _core, runs
from trainyard.nki import settings
from trainyard.validate import measurements

USAGE, NOT_MODELLED = 2, 4
PIECES = [b",", b'"', b"\n", b"\r", b"\0", b"\xff", b"nan", b"1e400", b"-", b"", b" ",
          b"x" * 200000]


def measurements_text(rng):
    """A file of a few right rows."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(measurements.columns_of())
    for number in range(int(rng.integers(0, 4))):
        writer.writerow([f"{number}{name}" if name == "id" else number if name == "value" else name
                         for name in measurements.columns_of()])
    return text.getvalue().encode()


def mutated(rng, text):
    for _ in range(int(rng.integers(1, 5))):
        at, end = sorted(int(n) for n in rng.integers(0, len(text) + 1, 2))
        piece = [PIECES[int(rng.integers(len(PIECES)))], bytes(rng.integers(0, 256, 3, np.uint8)),
                 text[at:end] * 2][int(rng.integers(3))]
        text = text[:at] + piece + text[min(end, at + int(rng.integers(0, 9))):]
    return text


def told(fault, kinds=(USAGE,)):
    assert fault.kind in kinds and fault.rule, str(fault)


def test_any_bytes_as_measurements(tmp_path):
    print(f"seed {SEED}")
    rng, path = np.random.default_rng([SEED, 5]), tmp_path / "rows.csv"
    path.write_bytes(measurements_text(rng))
    measurements.read(path)
    for _ in range(COUNT):
        path.write_bytes(mutated(rng, measurements_text(rng)))
        try:
            for row in measurements.read(path):
                assert row.id and np.isfinite(row.value)
        except _core.Fault as fault:
            told(fault)


@pytest.mark.parametrize("variable", [*settings.PLATFORM_VARIABLES, *settings.VARIABLES,
                                      "TRAINYARD_MACHINES"])
def test_any_text_in_the_environment(monkeypatch, variable):
    print(f"seed {SEED}")
    monkeypatch.setattr(runs, "machine", None)
    rng = np.random.default_rng([SEED, 6])
    right = ["trn1", "gen4", "0", "1", "ocp", "documented", "/", ""]
    for _ in range(COUNT):
        text = mutated(rng, right[int(rng.integers(len(right)))].encode()).replace(b"\0", b"")[:999]
        monkeypatch.setenv(variable, text.decode("utf-8", "surrogateescape"))
        settings._load.cache_clear()
        try:
            settings.new_session("kernel")
        except _core.Fault as fault:
            told(fault, (USAGE, NOT_MODELLED))
    settings._load.cache_clear()
