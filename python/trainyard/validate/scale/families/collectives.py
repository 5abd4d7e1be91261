# SPDX-License-Identifier: Apache-2.0
"""Collectives of ranks that fill chips in order, and the exchange of tokens with experts.

Rows of Trainium2 that NKI kernels measured have the launch of a program in them, rows of frameworks
the host's work of several hundred microseconds to milliseconds, which varies from row to row.
"""

import re

from trainyard import _core
from trainyard.validate.family import NotModelled
from trainyard.validate.scale import systems

NAME = "collectives"
SUMMARY = "collectives between chips and servers"
FITTED = ("collective-a100-80gb-all-reduce-006", "collective-a100-80gb-all-reduce-007",
          "collective-trn1-64-ranks-2-instances-all-reduce-015",
          "collective-trn1-64-ranks-2-instances-all-reduce-016",
          "collective-trn1-64-ranks-2-instances-all-reduce-005",
          "collective-trn1-64-ranks-2-instances-all-reduce-007",
          "collective-trn2-all-gather-001", "collective-trn2-all-to-all-002")
# Of Trainium2's rows of NKI kernels: the smallest all-gather and all-to-all, less their transfer.
LAUNCH_US = 97.0
TRN1_RING_FROM = 65536

KINDS = ("all_reduce", "all_gather", "reduce_scatter", "all_to_all")


def knows(row):
    return row.kind == "collective"


def field(row, name):
    found = re.search(rf"\b{name}=(\d+)", row.extra)
    return int(found[1]) if found else None


def predict(row, lab):
    if row.model not in KINDS:
        raise NotModelled(f"{row.model}: with the framework's host time, or not a collective")
    if row.metric != "time_us":
        raise NotModelled(f"the metric {row.metric} is not modelled")
    if row.hardware.startswith("Neuron"):
        raise NotModelled("the machine is not stated")
    size, ranks = field(row, "size_bytes"), field(row, "ranks") or row.count("chips")
    if size is None or ranks is None:
        raise NotModelled("the row does not say the size or the ranks")
    if row.hardware.startswith("Trn1") and size < TRN1_RING_FROM:
        raise NotModelled("below 64 KiB Trn1's table has steps that no document explains")
    base, overrides = systems.system_of(row)
    system = f'base = "{base}"\n' + overrides.replace("system.", "")
    in_chip = "intra-chip" in row.extra
    if in_chip:   # eight cores of a chip, each a rank; the size is that of one rank's part
        system += "[chip]\nranks = 8\n"
    if "per-rank input" in row.extra and row.model == "all_gather":
        size *= ranks
    took = _core.cluster_collective_us(system, row.model, ranks, 1, size)
    return took + (LAUNCH_US if in_chip else 0)
