# SPDX-License-Identifier: Apache-2.0
"""The steps of AWS's tutorials: matrix multiplication (twice), fused Mamba."""

import re

import numpy as np

from trainyard.validate import metrics
from trainyard.validate.configuration import dtype_of, filled, machine_of, numbers
from trainyard.validate.family import NotModelled
from trainyard.validate.metrics import Profile

NAME = "tutorials"
SUMMARY = "kernels of AWS's tutorials, step by step"
FITTED = ()

MATMUL_STEPS = {   # words of the row, step
    "basic tiled": "tiled", "version v2": "tiled",
    "hoist": "hoisted", "version v3": "hoisted",
    "free-dim": "blocked_free", "free dim": "blocked_free", "version v4": "blocked_free",
    "fully blocked": "blocked", "fully optimi": "blocked", "version v5": "blocked",
}


def share(part, whole):
    return 100 * part / whole if whole else 0.0


METRICS = {   # of a Profile
    "latency": lambda run, row: metrics.in_unit(run.time_us, row),
    "total_time": lambda run, row: metrics.in_unit(run.time_us, row),
    "HFU": lambda run, row: run.mfu,
    "MFU": lambda run, row: run.mfu,
    "MBU": lambda run, row: run.mbu,
    "dma_active": lambda run, row: metrics.in_unit(run.dma_active_us, row),
    "dma_active_pct": lambda run, row: 100 * run.dma_active_us / run.time_us,
    "dma_packet_time_sum": lambda run, row: metrics.in_unit(run.dma_packets_us, row),
    "hbm_read": lambda run, row: metrics.bytes_in_unit(run.read_bytes, row),
    "hbm_write": lambda run, row: metrics.bytes_in_unit(run.write_bytes, row),
    "pe_active": lambda run, row: metrics.in_unit(run.busy_us["tensor"], row),
    "vector_active": lambda run, row: metrics.in_unit(run.busy_us["vector"], row),
    "vector_window": lambda run, row: metrics.in_unit(run.window_us["vector"], row),
    "vector_active_pct": lambda run, row: share(run.busy_us["vector"], run.window_us["vector"]),
    "vector_instructions": lambda run, row: run.instructions["vector"],
}


def knows(row):
    return row.level == "kernel" and bool(re.search(
        r"matmul tutorial|kernel-optimization tutorial|fused mamba|layernorm tutorial", row.what))


def predict(row, lab):
    if "layernorm" in row.what:
        raise NotModelled("the tutorial's text is of a kernel that later versions do not have")
    if "reference" in row.config:
        raise NotModelled("a model that the compiler lowered: not a kernel")
    if row.metric not in METRICS:
        raise NotModelled(f"no reading of {row.metric}")
    launch = mamba if "mamba" in row.what else matmul
    return METRICS[row.metric](launch(row, lab), row)


def matmul(row, lab):
    step = next((step for words, step in MATMUL_STEPS.items() if words in row.what), None)
    if step is None:
        raise NotModelled(f"no step is called as in {row.what!r}")
    sizes = numbers(row.config)
    if not {"M", "K", "N"} <= set(sizes):
        sizes = sizes_by_crosses(row.config)
    depth, height, width = (sizes[name] for name in "KMN")
    dtype, machine = dtype_of(row.config), machine_of(row)
    return lab.once((machine, step, dtype, depth, height, width), lambda: Profile(lab.run(
        machine, lambda: lab.kernel("matmul_steps", step)(filled((depth, height), dtype),
                                                          filled((depth, width), dtype)))))


def sizes_by_crosses(text):
    """`4096x8192x8192`: M, K, N."""
    found = re.search(r"(\d+)x(\d+)x(\d+)", text)
    if not found:
        raise NotModelled(f"no sizes in {text!r}")
    return dict(zip("MKN", map(int, found.groups())))


def mamba(row, lab):
    """Of the tutorial's text: batch 1, 16 states, a length of 512 and 256 channels unless said."""
    text = f"{row.what} {row.config}"

    def number(pattern, otherwise):
        found = re.search(pattern, text)
        return int(found.group(1)) if found else otherwise

    version = re.search(r"\bv[123]\b", text)
    if not version:
        raise NotModelled(f"no version in {text!r}")
    channels = number(r"(?<![a-z])(\d+) channels", number(r"channels\s*(\d+)", 256))
    states = number(r"state\s*(\d+)", 16)
    length = number(r"seq\s*=?\s*(\d+)", 512)
    batch = number(r"batch\s*(\d+)", 1)
    machine = machine_of(row)
    delta, u = (filled((batch, channels, length), np.float32) for _ in range(2))
    a = filled((channels, states), np.float32)
    b, c = (filled((batch, states, length), np.float32) for _ in range(2))
    return lab.once((machine, version.group(), delta.shape, states), lambda: Profile(lab.run(
        machine, lambda: lab.kernel("mamba", version.group())(delta, u, a, b, c))))

