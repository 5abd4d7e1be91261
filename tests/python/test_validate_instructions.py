# SPDX-License-Identifier: Apache-2.0
"""Single instructions, transfers and collectives: their rows are read, and the errors hold."""

from dataclasses import replace

import pytest
from trainyard.validate import measurements, sensitivity
from trainyard.validate.command import data, outcome_of
from trainyard.validate.configuration import clock_share, patterns, sizes, trace_of
from trainyard.validate.families import collectives, instructions, transfers
from trainyard.validate.laboratory import Laboratory
from trainyard.validate.measurements import Row
from trainyard.validate.statistics import Summary

ROWS = measurements.read(data("measurements.csv"))


@pytest.fixture(scope="module")
def lab():
    return Laboratory([], data("kernels"))


def row(what, config, metric="median_duration", unit="ns", level="instruction",
        hardware="trn2.3xlarge NeuronCore-v3"):
    return Row("x-1", level, hardware, what, config, metric, 1.0, unit, "", "")


def told(family, lab, keep=lambda measured: True):
    """The errors of a family's development rows."""
    outcomes = [outcome_of(measured, family, lab)
                for measured in ROWS if family.knows(measured) and keep(measured)]
    return Summary({o.row.id: o.error for o in outcomes if o.error is not None})


def test_operands_clock_sizes_and_traces_are_read():
    first, second = patterns("[-1,0,-32][32,1,4]|[262144,1][128,1] ([strides][counts per operand)")
    assert (first.strides, first.counts, first.elements) == ((-1, 0, -32), (32, 1, 4), 128)
    assert second.elements == 128
    assert clock_share("K=128 rows; clock state 4/8; from x") == 0.5
    assert clock_share("[1][1] clock 8/8") == clock_share("nothing said") == 1.0
    assert sizes("1048704 B in packets of 2 KiB", 2) == [1048704, 2048]
    trace = trace_of("fp32; from baseline_bf16_s2048")
    assert (trace.fused, trace.dtype, trace.length) == (False, "bf16", 2048)
    assert trace_of("no trace") is None


def test_single_instructions_and_intervals_of_trn2_hold_their_errors(lab):
    errors = told(instructions, lab, lambda measured: measured.hardware.startswith("trn2"))
    assert errors.rows >= 130
    assert errors.median <= 0.03 and errors.p90 <= 0.10, errors


@pytest.mark.parametrize("words,median", [("packet", 0.03), ("burst", 0.12), ("trigger", 0.12)])
def test_transfers_of_trn2_hold_their_errors(lab, words, median):
    errors = told(transfers, lab, lambda measured: measured.what.startswith(f"DMA {words}"))
    assert errors.rows >= 8
    assert errors.median <= median, errors


def test_collectives_inside_an_instance_hold_their_errors(lab):
    errors = told(collectives, lab)
    assert errors.rows >= 4
    assert errors.median <= 0.25, errors


@pytest.mark.parametrize("family", [collectives, instructions, transfers])
def test_constants_come_from_fewer_rows_than_are_predicted(lab, family):
    assert not family.FITTED or len(family.FITTED) < told(family, lab).rows


@pytest.mark.parametrize("what,config,low,high", [
    ("COPY on Scalar engine", "[1,1,1,1][2048,1,1,1]|[1,1,1,1][2048,1,1,1]", 1800, 1900),
    ("CAST on Vector engine", "[1,1,1,1][64,1,1,1]|[1,1,1,1][64,1,1,1]; from fused_bf16_s256",
     220, 230),
    ("TENSOR_REDUCE on Vector engine", "[1,1,1,1][256,1,1,1]|[1,1,1,1][1,1,1,1]", 410, 440),
    ("MATMUL on TensorMatrix engine", "[1,0,0][512,1,1]|[1,0,0][512,1,1] clock 8/8 ; bf16; "
     "from fused_bf16_s2048", 370, 385),
    ("EVENT_SEMAPHORE on Vector engine", "-", 18, 52),
])
def test_rows_that_are_not_in_the_file_are_predicted(lab, what, config, low, high):
    assert low <= instructions.predict(row(what, config), lab) <= high


def test_a_burst_of_another_size_is_predicted(lab):
    burst = row("DMA burst (software_dynamic queue 3, #5)",
                "524352 B in packets of 4096 B; from fused_fp32_s1024", "burst_time")
    assert transfers.knows(burst) and 1500 < transfers.predict(burst, lab) < 1800


def test_what_cannot_be_told_has_a_reason(lab):
    outcome = outcome_of(row("WRITE_BACK on Vector engine", "-"), instructions, lab)
    assert outcome.reason == "no instruction of ours is WRITE_BACK"
    outcome = outcome_of(row("all-reduce, 64 ranks, 2 nodes", "8 B, fp32", "avg_latency", "us",
                             "collective", "2 instances"), collectives, lab)
    assert outcome.predicted is None and outcome.reason
    no_queue = row("DMA burst", "65600 B in packets of 512 B", "burst_time")
    assert outcome_of(no_queue, transfers, lab).reason == "the row does not name a queue"


def test_an_id_is_not_looked_at(lab):
    measured = next(m for m in ROWS if instructions.knows(m))
    other = replace(measured, id="another", value=1e9)
    assert instructions.predict(other, lab) == instructions.predict(measured, lab)


def test_a_moved_constant_is_felt_where_it_should_be():
    felt = {(str(constant), family)
            for constant, family, _, _ in sensitivity.effects(
                "trn2", 0.1, [collectives, instructions, transfers],
                ("scalar.table_load_latency", "dma.packet_latency", "vector.fixed_latency"))}
    assert felt == {("scalar.table_load_latency", "instructions"),
                    ("dma.packet_latency", "transfers"), ("vector.fixed_latency", "instructions")}
