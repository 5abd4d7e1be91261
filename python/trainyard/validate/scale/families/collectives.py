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

EXCHANGE = re.compile(r"(\d+) tokens, hidden (\d+),(?: top-(\d+) groups,)? top-(\d+)")
BYTES = {"bf16": 2, "fp8": 1 + 4 / 128}   # of a value; a scale of fp32 for 128 (DeepEP)
KINDS = ("all_reduce", "all_gather", "reduce_scatter", "all_to_all")


def knows(row):
    return row.kind == "collective"


def field(row, name):
    found = re.search(rf"\b{name}=(\d+)", row.extra)
    return int(found[1]) if found else None


def exchange(row):
    """Tokens to the ranks of their experts or back (DeepEP), in the row's unit."""
    said = EXCHANGE.search(row.extra)
    ranks = row.count("ep")
    if not said or ranks is None or row.precision not in BYTES:
        raise NotModelled("the row does not say the tokens, their size or the ranks")
    tokens, hidden = int(said[1]), int(said[2])
    top_k, groups = int(said[4]), int(said[3] or 0)
    if min(tokens, hidden, top_k) < 1:
        raise NotModelled("nothing is exchanged")
    base, overrides = systems.system_of(row)
    # Low latency sends a token to each of its experts, the other way once to each node.
    once = "low latency" not in row.model
    took_us = _core.cluster_expert_exchange_us(
        f'base = "{base}"\n' + overrides.replace("system.", ""), ranks, tokens,
        hidden * BYTES[row.precision], top_k, groups, once)
    if row.metric == "time_us":
        return took_us
    if row.metric != "bottleneck_bw" or not once:
        raise NotModelled(f"the metric {row.metric} is not modelled")
    # DeepEP counts what a rank sends over the slowest link, its own node's part with it.
    units = ranks / row.count("chips_per_node", 8)
    units = ranks if units <= 1 else units
    copies = units * (1 - (1 - 1 / units) ** top_k)
    if groups and units < ranks:
        copies = min(copies, groups)
    return tokens * hidden * BYTES[row.precision] * copies / took_us / 1e3


def predict(row, lab):
    if row.model.startswith("MoE "):
        return exchange(row)
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
