# SPDX-License-Identifier: Apache-2.0
"""Serving scenarios from Python."""

import json

import pytest

from trainyard import _core

SCENARIO = """
[system]
base = "trn2-ultraserver"
chips = 2
[model]
layers = 32
hidden = 4096
heads = 32
kv_heads = 8
ffn = 14336
vocab = 128256
[serving]
[plan]
tensor = 8
[requests]
count = 100
input_mean = 500
output_mean = 20
"""


def test_a_scenario_gives_its_report():
    report = json.loads(_core.cluster_serving(SCENARIO))
    assert report["requests"] == 100
    assert report["output_tokens"] == 2000
    assert 0 < report["ttft_s"]["p50"] <= report["latency_s"]["p99"]


def test_a_wrong_scenario_is_refused_with_its_line():
    with pytest.raises(_core.Fault, match="mine:14: plan.tensor"):
        _core.cluster_serving(SCENARIO.replace("tensor = 8", "tensor = -8"), "mine")
