# SPDX-License-Identifier: Apache-2.0
"""Our kernels for the problems of NKIBench compute what the problems say, at small shapes."""

import json

import numpy as np
import pytest
from trainyard.validate import main
from trainyard.validate.command import data
from trainyard.validate.families import nkibench
from trainyard.validate.family import NotModelled
from trainyard.validate.laboratory import Laboratory
from trainyard.validate.measurements import Row, columns_of
from trainyard.validate.nkibench_kernels import NOTE, OURS


@pytest.fixture(scope="module")
def lab():
    return Laboratory([], data("kernels"))


def normal(*shape, scale=1.0):
    random = np.random.default_rng(sum(shape))
    return (scale * random.standard_normal(shape)).astype(np.float32)


def silu(x):
    return x / (1 + np.exp(-x))


def over_root(y, eps=0.0):
    return y / np.sqrt(np.mean(y * y, axis=-1, keepdims=True) + eps)


def softmax(x):
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def adamw(theta, g, m, v):
    mean, square = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return theta - 1e-5 * theta - 0.01 * mean / (np.sqrt(1000 * square) + 1e-8)


def rope(x, cos, sin):
    low, high = np.split(x, 2)
    return np.concatenate([low * cos - high * sin, low * sin + high * cos])


def mamba(delta, u, a, b, c):
    state, out = np.zeros(a.shape), np.zeros(delta.shape)
    for t in range(delta.shape[1]):
        inflow = (delta[:, t] * u[:, t])[:, None] * b[:, t]
        state = np.exp(delta[:, t, None] * a) * state + inflow
        out[:, t] = state @ c[:, t]
    return out


def gqa(q, k, v):
    each = q.shape[2] // k.shape[2]
    q, k, v = (x.transpose(0, 2, 1, 3) for x in (q, k.repeat(each, axis=2), v.repeat(each, axis=2)))
    return softmax(q @ k.transpose(0, 1, 3, 2) / np.sqrt(q.shape[3])) @ v


CASES = {   # the problem: inputs, what it computes
    "matmul": ([normal(256, 384), normal(384, 1344)], np.matmul),
    "transpose_matmul": ([normal(256, 640), normal(256, 704)], lambda a, b: a.T @ b),
    "lora": ([normal(640, 1280), normal(1280, 1024), normal(1280, 64), normal(64, 1024)],
             lambda x, w, a, b: x @ w + x @ a @ b),
    "rmsnorm_matmul": ([normal(256, 640), normal(640, 700)], lambda x, w: over_root(x) @ w),
    "add_rmsnorm_matmul": (
        [normal(256, 384), normal(384, 700), 1e-2, normal(256, 384, scale=0.1), normal(384)],
        lambda x, w, eps, z, g: over_root(x + z, eps) * g @ w),
    "matmul_add_rmsnorm": (
        [normal(256, 384), normal(384, 700), 1e-2, normal(256, 700), normal(700)],
        lambda x, w, eps, z, g: over_root(x @ w + z, eps) * g),
    "swiglu": ([normal(640, 256), normal(256, 640), normal(640, 768), normal(256, 641)[:, 1:]],
               lambda x, up, down, gate: (silu(x @ gate) * (x @ up)) @ down),
    "bmm": ([normal(2, 256, 64), normal(2, 64, 640)], np.matmul),
    "bmm_softmax": ([normal(2, 256, 64), normal(2, 64, 640)], lambda a, b: softmax(a @ b)),
    "gqa_full": ([normal(2, 640, 4, 64), normal(2, 640, 2, 64), normal(2, 640, 2, 64)], gqa),
    "silu": ([normal(256, 1000)], silu),
    "adamw": ([normal(192, 2500), normal(192, 2501)[:, 1:], normal(192, 2502)[:, 2:],
               np.abs(normal(192, 2503)[:, 3:])], adamw),
    "rope_single_freq_apply": ([normal(64, 2500), normal(32, 2500), normal(32, 2501)[:, 1:]], rope),
    "mamba": ([normal(256, 1024, scale=0.05), normal(256, 1025, scale=0.05)[:, 1:],
               normal(256, 4, scale=0.05), normal(4, 1024), normal(4, 1025)[:, 1:]], mamba),
}


def test_each_problem_has_a_kernel_and_a_case():
    assert set(OURS) == set(CASES) and len(CASES) == 14


@pytest.mark.parametrize("problem", CASES)
def test_a_kernel_of_ours_computes_its_problem(lab, problem):
    inputs, meaning = CASES[problem]
    expected = meaning(*inputs)
    told = OURS[problem].kernel(lab)(*inputs)
    assert np.allclose(told, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def row(what, config, metric, unit):
    return Row("x", "kernel", "trn1.32xlarge, 1 NeuronCore-v2", what, config, metric, 1.0, unit, "",
               "")


def test_a_baseline_without_a_checkout_is_predicted_by_a_kernel_of_ours_and_the_report_says_so(
        lab, tmp_path, capsys):
    config = 'silu {""M"": 256, ""N"": 2048} fp32, NKIBench baseline kernel'
    start, end = 'kernel,"trn1.32xlarge, 1 NeuronCore-v2",NKIBench silu', ",,"
    rows = tmp_path / "rows.csv"
    rows.write_text("\n".join([
        ",".join(columns_of()),
        f'a,{start},"{config}",latency,0.01,ms{end}',
        f'b,{start},silu_M256_N2048_0.py baseline,hbm_read_bytes,{4 * 256 * 2048},B{end}',
        f'c,{start},"{config}",vector_engine_active_time_percent,50,%{end}']) + "\n")
    assert main(["--measurements", str(rows), "--json", str(tmp_path / "told.json")]) == 0
    told = json.loads((tmp_path / "told.json").read_text())
    time, moved, share = told["rows"]
    # 4 MiB at some 200 GB/s, and the start.
    assert 0.01 < time["predicted"] < 0.05 and moved["error"] == 0
    assert share["predicted"] is None and "needs --checkout with AccelOpt" in share["reason"]
    assert told["notes"] == dict.fromkeys("ab", NOTE) and "kernel: ours" in NOTE
    assert f"nkibench: 2 rows: {NOTE}" in capsys.readouterr().out


@pytest.mark.parametrize("what,config,metric,words", [
    ("NKIBench conv", 'conv {"M": 4} baseline', "latency", "no kernel for 'conv'"),
    ("NKIBench silu", 'silu {"M": 4, "K": 4} baseline', "latency", "not the sizes of silu"),
    ("NKIBench silu", "silu baseline", "latency", "not the sizes of silu"),
    ("NKIBench gqa_full", "gqa_full baseline", "hbm_read_bytes", "needs --checkout")])
def test_a_baseline_that_ours_cannot_stand_for_says_why(lab, what, config, metric, words):
    with pytest.raises(NotModelled, match=words):
        nkibench.predict(row(what, config, metric, "ms"), lab)
