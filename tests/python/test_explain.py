# SPDX-License-Identifier: Apache-2.0
"""`trainyard explain` on kernels with a planted flaw: it names the flaw first, with its line, and
mending it gains what was said."""

import json
from pathlib import Path

import pytest

from trainyard import runs
from trainyard.explain import main, text

from planted_flaws import CASES

FLAWS = Path(__file__).parent / "planted_flaws.py"
PROMISE_WITHIN = 0.15


@pytest.fixture(autouse=True)
def trn2():
    before = runs.machine, runs.on_finish
    runs.machine = "trn2"
    yield
    runs.machine, runs.on_finish = before


def result_of(call):
    results = []
    runs.on_finish = lambda result: results.append(json.loads(result.json()))
    call()
    runs.on_finish = None
    return results[-1]


def flawed_lines():
    lines = FLAWS.read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# flaw")}


@pytest.mark.parametrize("name", CASES)
def test_the_planted_flaw_is_named_first_and_mending_it_gains_what_was_said(name):
    kind, flawed, mended = CASES[name]
    before, after = result_of(flawed), result_of(mended)
    first = before["explain"]["advice"][0]
    gained = before["time_us"] - after["time_us"]
    print(f"{name}: {before['time_us']:.2f} us, mended {after['time_us']:.2f}: gained "
          f"{gained:.2f}, said {first['gain_us']:.2f}: {first['gain_us'] / gained - 1:+.1%} "
          f"({first['kind']}, line {first['line']})")
    assert first["kind"] == kind, text(before)
    assert Path(first["file"]).name == FLAWS.name and first["line"] in flawed_lines()
    assert gained > 0.05 * before["time_us"]
    assert first["gain_us"] == pytest.approx(gained, rel=PROMISE_WITHIN)
    assert kind not in [advice["kind"] for advice in after["explain"]["advice"]]


def written(tmp_path, *kernels):
    path = tmp_path / "result.json"
    path.write_text(json.dumps({"kernels": kernels, "exit_status": 0}), encoding="utf-8")
    return str(path)


def test_a_result_is_explained_in_words(tmp_path, capsys):
    kernel = result_of(CASES["one_buffer"][1])
    assert main([written(tmp_path, kernel, kernel)]) == 0
    words = capsys.readouterr().out
    assert words.count("one_buffer on trn2: ") == 2
    for part in ("bound by dependency", "critical path: start ", "roofline: no matrix product",
                 "compiler passes", "double-buffering", "stalls by engine", "advice (gain by ",
                 "1. planted_flaws.py:", "rule: "):
        assert part in words


def test_stalls_of_an_engine_are_those_of_its_lines():
    kernel = result_of(CASES["one_buffer"][1])
    by_engine = sum(stall["waited_us"] for stall in kernel["explain"]["stalls_by_engine"])
    by_line = sum(stall["waited_us"] for stall in kernel["stalls"])
    assert by_engine == pytest.approx(by_line)


def test_a_replay_is_explained_as_its_trace():
    first, again = result_of(CASES["whole_tiles"][1]), result_of(CASES["whole_tiles"][1])
    assert first["explain"] == again["explain"]


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"kernels": [{"kernel": "old"}]}'])
def test_what_is_no_result_is_refused(tmp_path, capsys, content):
    path = tmp_path / "result.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert main([str(path)]) == 2
    assert str(path) in capsys.readouterr().err
