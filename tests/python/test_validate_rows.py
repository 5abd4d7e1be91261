# SPDX-License-Identifier: Apache-2.0
"""Rows of measurements that are not as they should be: a reason each, never a traceback."""

import contextlib
import dataclasses
import io
import json
import math
import random
import re
import time

import pytest
from trainyard import _core, alias
from trainyard.validate import cases, main, measurements
from trainyard.validate.command import data, outcome_of
from trainyard.validate.families import attention, instructions, transfers, tutorials
from trainyard.validate.family import NotModelled, all_families, family_of
from trainyard.validate.laboratory import Laboratory
from trainyard.validate.measurements import Row, columns_of

COLUMNS = columns_of()
SEED = random.randrange(1 << 30)
MUTATIONS = 400
NUMBERS = ["0", "1", "3", "100", "128", "-1", "0.5", "512", "99999999999999999999"]
PIECES = ["[", "]", "|", " ", ",", "x", "=", "é", "[1,2][3]", "0 B", "fp8"]


@pytest.fixture(scope="module")
def lab():
    alias.install()
    return Laboratory([], data("kernels"))


@pytest.fixture(scope="module")
def rows():
    return {row.id: row for row in measurements.read(data("measurements.csv"))}


def made(**fields):
    return Row(**dict.fromkeys(COLUMNS, "") | {"id": "x", "value": 1.0} | fields)


@pytest.mark.parametrize("identity,unit,words", [
    ("trn2-attn-trace-0010", "furlong", "profiled_total_time in furlong: it is told in ns, us"),
    ("trn2-attn-trace-0010", "", "profiled_total_time in no unit"),
    ("trn2-attn-trace-0011", "us", "tensor_engine_active_pct in us: it is told in %"),
    ("trn2-attn-trace-0016", "us", "in us: it is told in B, MB"),
    ("trn2-mlp-sweep-0002", "GB", "p50_latency in GB"),
    ("trn2-dma-trace-0030", "B", "in B: it is told in ns"),
    ("nkibench-trn1-0001", "%", "latency in %"),
    ("nkibench-trn1-0006", "ms", "hardware_flops in ms: it is told in FLOP")])
def test_a_wrong_unit_is_a_reason(identity, unit, words, rows, lab):
    row = dataclasses.replace(rows[identity], unit=unit)
    told = outcome_of(row, family_of(row, all_families()), lab)
    assert told.predicted is None and words in told.reason


def test_another_unit_of_time_is_converted(rows, lab):
    row = rows["trn2-dma-trace-0030"]
    told = [transfers.predict(dataclasses.replace(row, unit=unit), lab) for unit in ("ns", "us")]
    assert told[0] == pytest.approx(1000 * told[1])


@pytest.mark.parametrize("value,words", [(-4.0, "below zero"), (0.0, None)])
def test_a_value_below_zero_is_a_reason_and_zero_has_no_relative_error(value, words, rows, lab):
    row = dataclasses.replace(rows["trn2-dma-trace-0030"], value=value)
    told = outcome_of(row, transfers, lab)
    assert told.error is None and (words in told.reason if words else told.predicted > 0)


@pytest.mark.parametrize("family,fields,words", [
    (transfers, dict(what="DMA packet (hardware_dynamic)", config="small"), "not 1 size in"),
    (transfers, dict(what="DMA burst (software_dynamic)", config="64 B in 0 B"), "not 2 sizes in"),
    (transfers, dict(what="DMA dma_copy", config="A"), "no array in"),
    (transfers, dict(what="DMA dma_copy", config="A[9999999,9999999]"), "does not fit into HBM"),
    (instructions, dict(what="LDWEIGHTS on Tensor engine", config="[1]"), "not 1 operands"),
    (instructions, dict(what="MATMUL", config="[1][512] clock 4/0 bf16"), "no share of the clock"),
    (instructions, dict(what="MATMUL", config="[1][0] bf16"), "with elements"),
    (transfers, dict(what="DMA packet (hardware_dynamic)", config=f"{10 ** 20} B"), "not 1 size"),
    (tutorials, dict(what="matmul tutorial, basic tiled", config="bf16 M=3 K=128 N=512"),
     "nothing to do at this size"),
    (attention, dict(what="fused attention kernel", config="seqlen=512 int3"), "no format in")])
def test_a_configuration_that_is_none_is_a_reason(family, fields, words, lab):
    row = made(hardware="trn2", level="kernel", unit="ns",
               metric="latency" if family is tutorials else "median_duration", **fields)
    with pytest.raises(NotModelled, match=re.escape(words)):
        family.predict(row, lab)


@pytest.mark.parametrize("text", ["9**9**9", "'a' * 9", "2**65", "(1, 2) * 3"])
def test_a_value_that_would_not_end_is_a_reason(text):
    with pytest.raises(NotModelled, match="no value is written"):
        cases.value_of(text)


def test_a_defect_of_a_family_takes_no_other_row_with_it(lab, capsys):
    class Broken:
        NAME = "broken"

        @staticmethod
        def predict(row, lab):
            return {}["nothing"]
    told = outcome_of(made(), Broken, lab)
    assert told.predicted is None and "bug of trainyard" in told.reason
    assert "x: this is a bug of trainyard, please report the row" in capsys.readouterr().err


def mutated(source, text):
    found = list(re.finditer(r"\d+", text))
    at, kind = source.randrange(len(text) + 1), source.random()
    if kind < 0.1:
        return ""
    if kind < 0.5 and found:
        number = source.choice(found)
        return text[:number.start()] + source.choice(NUMBERS) + text[number.end():]
    if kind < 0.75:
        return text[:at] + text[at + source.randrange(1, 12):]
    return text[:at] + source.choice(PIECES) + text[at:]


def test_any_change_of_a_row_has_a_prediction_or_a_reason(rows, lab):
    """Of the families whose rows take milliseconds."""
    print(f"seed {SEED}")
    source, families = random.Random(SEED), all_families()
    known = {"instructions", "transfers", "collectives", "nki-library", "models"}
    some = [row for row in rows.values()
            if getattr(family_of(row, families), "NAME", None) in known]
    for _ in range(MUTATIONS):
        row, field = source.choice(some), source.choice(COLUMNS[1:6] + ["config", "unit"])
        row = dataclasses.replace(row, **{field: mutated(source, getattr(row, field))})
        family = family_of(row, families)
        if getattr(family, "NAME", None) not in known:
            continue
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                assert math.isfinite(family.predict(row, lab)), row
        except (NotModelled, _core.Fault):
            pass


def test_a_hundred_thousand_rows_are_read_and_told_in_seconds(tmp_path):
    lines = [f'a{i},collective,trn1,all-reduce,"32 ranks, {1 + i % 9} MiB",latency,50,us,,'
             if i % 2 else f"a{i},weather,moon,rain,,height,4,mm,," for i in range(100_000)]
    (tmp_path / "rows.csv").write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")
    start = time.monotonic()
    assert main(["--measurements", str(tmp_path / "rows.csv"),
                 "--json", str(tmp_path / "told.json")]) == 0
    assert time.monotonic() - start < 30
    told = json.loads((tmp_path / "told.json").read_text())["rows"]
    assert len(told) == 100_000 and sum(row["predicted"] is not None for row in told) == 50_000
