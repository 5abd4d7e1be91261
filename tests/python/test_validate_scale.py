# SPDX-License-Identifier: Apache-2.0
"""`trainyard validate --scale`: development rows of clusters, what the model makes of them."""

import csv
import json
import random
import statistics
from collections import defaultdict

import pytest
from trainyard import _core
from trainyard.validate import main, measurements
from trainyard.validate.command import data
from trainyard.validate.family import all_families, family_of
from trainyard.validate.scale import families as scale_families
from trainyard.validate.scale import models, serving, training
from trainyard.validate.scale.rows import ScaleRow

SEED = random.randrange(1 << 30)
CHANGES = 300
WORDS = ["", "0", "1", "3", "-1", "1e9", "7.5", "x", "é", "128"]


@pytest.fixture(scope="module")
def rows():
    return measurements.read(data("scale.csv"), ScaleRow)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    file = tmp_path_factory.mktemp("scale") / "rows.json"
    assert main(["--scale", "--json", str(file)]) == 0
    return json.loads(file.read_text())["rows"]


def test_the_file_that_comes_with_trainyard_is_read_and_no_row_has_two_families(rows):
    families = all_families(scale_families)
    assert len(rows) == 892
    for row in rows:
        family_of(row, families)


def test_every_row_has_a_prediction_or_a_reason(told, rows):
    assert {row["id"] for row in told} == {row.id for row in rows}
    for row in told:
        assert (row["predicted"] is None) == (row["reason"] is not None), row


@pytest.mark.parametrize("family,most", [
    ("dense-gpu", 0.08), ("experts", 0.15), ("trainium", 0.12), ("collectives", 0.15),
    ("memory", 0.10)])
def test_a_family_is_within_what_the_readme_promises(told, family, most):
    errors = defaultdict(list)
    for row in told:
        if row["error"] is not None:
            errors[row["family"]].append(abs(row["error"]))
    assert statistics.mean(errors[family]) <= most


def test_a_profile_has_at_most_eight_numbers(rows):
    served = {f"serving/{framework.profile}" for framework in serving.FRAMEWORKS.values()}
    for profile in served | {name for name, *_ in training.FRAMEWORKS.values()}:
        text = open(f"{data('..')}/machines/software/{profile}.toml", encoding="utf-8").read()
        numbers = [line for line in text.splitlines()
                   if "=" in line and line.split("=")[1].strip()[0].isdigit()]
        assert 0 < len(numbers) <= 8, profile


def test_whether_a_feed_forward_is_gated_follows_from_the_parameters(rows):
    llama = next(row for row in rows if row.model == "Llama-3.1 405B")
    unnamed = ScaleRow(**(vars(llama) | {"model": "somebody's"}))
    assert "gated = true" in models.model_table(unnamed)


def test_more_rows_of_serving_are_predicted_than_set_the_profiles(told, rows):
    served = {row.id: row for row in rows if row.kind == "serving"}
    errors = {row["id"]: abs(row["error"]) for row in told
              if row["id"] in served and row["error"] is not None}
    set_by = {name for name, row in served.items() if name in errors
              and (row.hardware == "Trn1" and row.framework.endswith("2.18.1")
                   or row.framework == "TensorRT-LLM"
                   and any(f" {lengths}" in row.extra for lengths in
                           ("128/128", "1000/1000", "2048/128", "20000/2000")))}
    assert len(set_by) == 56 and len(errors) > 3 * len(set_by)


def test_heads_are_padded_where_a_cut_does_not_divide_them(rows):
    llama = next(row for row in rows if row.model == "Llama-2 13B" and row.hardware == "Inf2")
    table = models.model_table(llama, 24)
    assert "heads = 48\n" in table and "head_dim = 128" in table
    assert "heads = 40\n" in models.model_table(llama)


def test_tokens_that_go_to_each_expert_alone_cost_more_than_once_a_node():
    system = 'base = "hgx-h800"\n'
    once = _core.cluster_expert_exchange_us(system, 32, 4096, 7168, 8)
    each = _core.cluster_expert_exchange_us(system, 32, 4096, 7168, 8, 0, False)
    assert 0 < once < each


def test_changed_rows_are_refused_with_a_reason_or_predicted(rows, tmp_path):
    print("seed", SEED)
    source = random.Random(SEED)
    lines = []
    columns = list(vars(rows[0]))
    for number in range(CHANGES):
        cells = {name: str(value) for name, value in vars(source.choice(rows)).items()}
        for name in source.sample(columns[1:-4], 2):
            cells[name] = source.choice(WORDS)
        cells["id"] = f"row-{number}"
        lines.append([cells[name] for name in columns])
    file, out = tmp_path / "rows.csv", tmp_path / "out.json"
    with open(file, "w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([columns, *lines])
    assert main(["--scale", str(file), "--json", str(out)]) == 0
    for row in json.loads(out.read_text())["rows"]:
        assert row["reason"] != "a bug of trainyard met it", row
        assert row["predicted"] is None or row["predicted"] > 0


def test_a_scenario_that_does_not_hold_together_says_where():
    with pytest.raises(_core.Fault, match="scenario:2: .*chips"):
        _core.cluster_step("[system]\nchips = -1\nbase = \"trn1\"\n")
