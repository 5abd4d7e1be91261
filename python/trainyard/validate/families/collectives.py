# SPDX-License-Identifier: Apache-2.0
"""Collectives inside one instance, in device time."""

import re

from trainyard.validate.configuration import machine_of, sizes
from trainyard.validate.family import NotModelled

NAME = "collectives"
SUMMARY = "nccom-test inside one instance"
FITTED = ("nccom-0032", "nccom-0034")

KINDS = {"all-reduce": "all_reduce", "all_reduce": "all_reduce", "all-gather": "all_gather",
         "all_gather": "all_gather", "reduce-scatter": "all_gather", "permute": "permute",
         "all-to-all": "all_to_all", "alltoall": "all_to_all", "alltoallv": "all_to_all"}
OPERATION = re.compile(r"^(?:torch\.distributed )?(" + "|".join(map(re.escape, KINDS)) + r")\b")
NOT_OURS = (   # words of a row, why it is not modelled
    ("wall-clock", "host time around the call, not the device's"),
    ("over EFA", "half a millisecond of an older runtime over EFA, which no document explains"),
    ("2 nodes", "crosses the network of an instance that is not stated"),
    ("between nodes", "crosses the network of an instance that is not stated"),
    ("older table", "an older runtime, which took 25 times as long as the present one"),
    ("concurrent", "two collectives at once, on a system that is not stated"),
)


def knows(row):
    return row.level == "collective" and row.unit == "us"


def predict(row, lab):
    told = " ".join((row.hardware, row.what, row.config, row.notes))
    for words, why in NOT_OURS:
        if words in told:
            raise NotModelled(why)
    operation = OPERATION.match(row.what)
    ranks = re.search(r"\b(\d+) (?:ranks|NeuronCores)\b", told)
    if not operation or not ranks:
        raise NotModelled("the row names no operation among ranks")
    machine = machine_for(row, int(ranks.group(1)))
    size, = sizes(row.config, 1)
    return lab.machine(machine).collective_time_us(KINDS[operation.group(1)],
                                                   int(ranks.group(1)), size)


def machine_for(row, ranks):
    """Where the row states none: trn1, whose instance has 32 cores, a rank each."""
    try:
        return machine_of(row)
    except NotModelled:
        if ranks > 32:
            raise
        return "trn1"
