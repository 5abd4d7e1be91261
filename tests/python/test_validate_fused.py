# SPDX-License-Identifier: Apache-2.0
"""The families of the fused kernels: which rows they know, and how near they come to a few."""

import pytest
from trainyard import alias
from trainyard.validate import measurements
from trainyard.validate.command import data
from trainyard.validate.families import attention, gemm_gelu
from trainyard.validate.family import NotModelled
from trainyard.validate.laboratory import Laboratory
from trainyard.validate.measurements import Row
from trainyard.validate.statistics import error_of

SOURCE = "allenkchau/trainium-kernel-fusion"


@pytest.fixture(scope="module")
def lab():
    alias.install()
    return Laboratory([], data("kernels"))


@pytest.fixture(scope="module")
def rows():
    return {row.id: row for row in measurements.read(data("measurements.csv"))}


def made(what, config, metric, unit="us", hardware="trn2.3xlarge, 1 NeuronCore-v3"):
    return Row("x", "kernel", hardware, what, config, metric, 1.0, unit, "", "")


def test_every_whole_kernel_row_of_the_source_is_known_to_one_of_them(rows):
    for row in rows.values():
        if row.source.startswith(SOURCE) and row.level == "kernel":
            assert attention.knows(row) != gemm_gelu.knows(row), row.id


@pytest.mark.parametrize("identity,most", [
    ("trn2-attn-trace-0028", 0.06), ("trn2-attn-trace-0046", 0.06),      # lengths of profiles
    ("trn2-attn-trace-0031", 0.04), ("trn2-attn-trace-0049", 0.04),      # ScalarE's share
    ("trn2-instr-trace-0302", 0.02), ("trn2-attn-0001", 0.06)])          # clock; nki.benchmark
def test_attention_of_512_is_near_its_profile(identity, most, rows, lab):
    assert abs(error_of(attention.predict(rows[identity], lab), rows[identity])) <= most


@pytest.mark.parametrize("identity", [
    "trn2-attn-trace-0016", "trn2-attn-trace-0017", "trn2-attn-trace-0052", "trn2-attn-trace-0053",
    "trn2-attn-trace-0034", "trn2-attn-trace-0035", "trn2-attn-trace-0070", "trn2-attn-trace-0071"])
def test_attention_moves_the_bytes_that_were_counted(identity, rows, lab):
    assert attention.predict(rows[identity], lab) == rows[identity].value


@pytest.mark.parametrize("identity", ["trn2-mlp-sweep-0002", "trn2-mlp-sweep-0190",
                                      "trn2-mlp-sweep-0178", "trn2-mlp-roof-0001"])
def test_gemm_and_gelu_is_near_its_latency(identity, rows, lab):
    assert abs(error_of(gemm_gelu.predict(rows[identity], lab), rows[identity])) <= 0.10


def test_other_lengths_and_shapes_are_run_as_the_row_says(lab):
    longer = [attention.predict(made("fused attention kernel", f"d_head=128 seqlen={size} bf16",
                                     "p50_latency"), lab) for size in (512, 1024)]
    assert longer[0] < longer[1]
    wider = gemm_gelu.predict(made("GEMM + GELU, fused_taylor", "MxKxN=128x256x1024 bf16",
                                   "p50_latency", "ms"), lab)
    assert 0.015 < wider < 0.060


@pytest.mark.parametrize("family,row,words", [
    (attention, made("fused attention kernel", "seqlen=512 bf16", "p50_latency", hardware="trn1"),
     "traced on trn2"),
    (attention, made("fused attention kernel", "seqlen=512 bf16", "weight"),
     "no reading of weight"),
    (attention, made("fused attention kernel", "d_head=64 seqlen=512 bf16", "p50_latency"),
     "heads of 128"),
    (gemm_gelu, made("GEMM + GELU, fused", "MxKxN=100x128x512 bf16", "p50_latency"),
     "whole tiles"),
    (gemm_gelu, made("GEMM + GELU, fused", "large, bf16", "p50_latency"), "no sizes")])
def test_a_row_that_is_not_modelled_says_why(family, row, words, lab):
    with pytest.raises(NotModelled, match=words):
        family.predict(row, lab)
