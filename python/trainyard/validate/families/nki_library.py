# SPDX-License-Identifier: Apache-2.0
"""The times that nki-library's own tests expect on Trainium2: its cases, from a checkout."""

import re

from trainyard.validate import cases, metrics, profiler, suite
from trainyard.validate.configuration import machine_of
from trainyard.validate.family import NotModelled

NAME = "nki-library"
SUMMARY = "test cases of nki-library, with the time that AWS expects"
# One latency (host.pair_excess): the shortest case on two cores of each kernel.
FITTED = ("nkilib-attention_cte-0073", "nkilib-mlp_cte-0051", "nkilib-mlp_tkg-0034",
          "nkilib-qkv_tkg-0029", "nkilib-rmsnorm_quant-0001")

WHAT = re.compile(r"nki-library (\w+): (\w+)")
CORES = re.compile(r"LNC=(\d+)")


def knows(row):
    return row.level == "kernel" and bool(WHAT.match(row.what))


def predict(row, lab):
    if not row.metric.startswith("TpbSgCyclesSum"):
        raise NotModelled(f"no reading of {row.metric}")
    checkout = lab.checkout("nki-library")
    kernel, table = WHAT.match(row.what).groups()
    known = lab.once(("nki-library", kernel), lambda: suite.collect(checkout, kernel))
    case = suite.find(known, table, cases.parameters(row.config))
    told = CORES.search(row.hardware)
    cores, machine = int(told.group(1)) if told else cores_of(case, known), machine_of(row)
    time_us = lab.once((machine, id(case), cores), lambda: profiler.together_us(
        lab.run(machine, lambda: suite.call(checkout, case, cores)), machine))
    return metrics.in_unit(time_us, row)


def cores_of(case, known):
    """Of a row with `LNC=?`: what the case asks for, None. But a table without cores that has a
    twin of virtual cores (`vnc`) is of one: its targets are twice the twin's for the same
    products."""
    twin = case.function.replace("_unit", "_vnc_unit")
    return 1 if twin != case.function and any(c.function == twin for c in known) else None
