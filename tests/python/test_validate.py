# SPDX-License-Identifier: Apache-2.0
"""`trainyard validate`: its files, its statistics, what it says of rows that it does not know."""

import json

import pytest
from trainyard.validate import main, measurements
from trainyard.validate.command import data
from trainyard.validate.family import all_families, family_of
from trainyard.validate.measurements import Row
from trainyard.validate.statistics import Summary, error_of

HEADER = "id,level,hardware,what,config,metric,value,unit,source,notes\n"


def row(value=4.0, unit="us"):
    return Row("a-1", "kernel", "trn2", "", "", "latency", value, unit, "", "")


def test_the_file_that_comes_with_trainyard_is_read_and_no_row_has_two_families():
    families = all_families()
    rows = measurements.read(data("measurements.csv"))
    assert len(rows) == 1893
    for measured in rows:
        family_of(measured, families)


def test_fitted_rows_are_rows_of_the_file():
    ids = {measured.id for measured in measurements.read(data("measurements.csv"))}
    for family in all_families():
        assert set(family.FITTED) <= ids, family.NAME


def test_errors_are_relative_and_of_percentages_in_points():
    assert error_of(5.0, row()) == 0.25
    assert error_of(30.0, row(40.0, "%")) == pytest.approx(-0.1)


def test_a_summary_has_median_mean_bias_and_the_worst_row():
    told = Summary({"a": 0.1, "b": -0.3, "c": 0.2})
    assert (told.median, told.worst, told.worst_error) == (0.2, "b", -0.3)
    assert told.mean == pytest.approx(0.2) and told.bias == pytest.approx(0.0)


LINE = "a,kernel,trn2,,,latency,4,us,,\n"


@pytest.mark.parametrize("text,words", [
    ("id,level\nx,y\n", ":1: no column hardware"),
    ("", ":1: no column id"),
    ('{"rows": []}\n', ":1: no column id"),
    (HEADER.replace("notes", "unit"), ":1: no column notes"),
    (HEADER.replace("notes", "notes,unit"), ":1: more than one column is called unit"),
    (HEADER + "a,kernel,trn2,,,latency,four,us,,\n", ":2: the value 'four' is no number"),
    (HEADER + "a,kernel,trn2,,,latency,nan,us,,\n", ":2: the value 'nan' is no number"),
    (HEADER + "a,kernel,trn2,,,latency,-inf,us,,\n", ":2: the value '-inf' is no number"),
    (HEADER + "a,kernel,trn2,,,latency,,us,,\n", ":2: the value '' is no number"),
    (HEADER + "a,kernel,trn2\n", ":2: not 10 cells"),
    (HEADER + LINE + "b,kernel,trn2,M=4, K=8,,latency,4,us,,\n", ":3: not 10 cells"),
    (HEADER + 2 * LINE, ":3: the id 'a' is empty or was there"),
    (HEADER + LINE + '"b,kernel\n', ":3: no CSV"),
    (HEADER + LINE + '"b"x,kernel\n', ":3: no CSV"),
    (HEADER + "a" * 200000 + LINE, ":2: no CSV: field larger than"),
    ((HEADER + LINE).encode() + b"b,\xb5s,\n", ":3: byte 0xb5 is no UTF-8"),
    ((HEADER + LINE).encode("utf-16"), ":1: byte 0xff is no UTF-8"),
    (bytes(range(256)), ": byte 0x80 is no UTF-8"),
])
def test_a_wrong_file_is_refused_with_its_line(tmp_path, capsys, text, words):
    path = tmp_path / "rows.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert main(["--measurements", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"trainyard validate: {path}") and words in said
    assert said.count("\n") == 1


def test_a_file_as_spreadsheets_write_it_is_read(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(("\ufeff" + HEADER + LINE + "\n").replace("\n", "\r\n").encode())
    assert [measured.id for measured in measurements.read(path)] == ["a"]


def test_a_file_that_is_not_there_and_an_unknown_family_are_named(tmp_path, capsys):
    assert main(["--measurements", str(tmp_path / "none.csv")]) == 2
    assert "none.csv cannot be read" in capsys.readouterr().err
    assert main(["--family", "weather"]) == 2
    assert "there is no family weather" in capsys.readouterr().err


def test_a_row_that_no_family_knows_has_a_reason_and_no_prediction(tmp_path, capsys):
    path = tmp_path / "rows.csv"
    path.write_text(HEADER + "x-1,weather,moon,rain,,height,4,mm,,\n")
    assert main(["--measurements", str(path), "--json", str(tmp_path / "told.json")]) == 0
    told = json.loads((tmp_path / "told.json").read_text())["rows"]
    assert told == [{"id": "x-1", "family": "other", "predicted": None, "unit": "mm",
                     "error": None, "reason": "no family knows such a row"}]
    assert "no family knows such a row" in capsys.readouterr().out


def test_a_folder_that_is_no_checkout_is_refused(tmp_path, capsys):
    assert main(["--checkout", str(tmp_path)]) == 2
    assert "is none of" in capsys.readouterr().err
