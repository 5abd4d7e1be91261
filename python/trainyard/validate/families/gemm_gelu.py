# SPDX-License-Identifier: Apache-2.0
"""GEMM with bias and GELU on Trainium2, as one launch or as two with the sums in HBM between them:
latencies of nki.benchmark (allenkchau/trainium-kernel-fusion). The kernels are
bench/kernels/gemm_gelu.py; no constant was read from these rows."""

import re

from trainyard.validate import metrics, profiler
from trainyard.validate.configuration import dtype_of, filled, machine_of, numbers
from trainyard.validate.family import NotModelled

NAME = "gemm_gelu"
SUMMARY = "GEMM + bias + GELU, fused and in two launches"
FITTED = ()

SIZES = re.compile(r"MxKxN=(\d+)x(\d+)x(\d+)")
LAUNCHES = {"baseline": ("gemm", "activation"), "fused": ("fused_pwl",),
            "fused_pwl": ("fused_pwl",), "fused_taylor": ("fused_taylor",)}


def knows(row):
    return row.level == "kernel" and re.match(r"GEMM ?\+ ?(GELU|activation)", row.what) is not None


def predict(row, lab):
    machine = machine_of(row)
    form = re.search(r"\b(baseline|fused_pwl|fused_taylor|fused)\b", row.what)
    if form is None or row.metric != "p50_latency":
        raise NotModelled(f"no reading of {row.metric} of {row.what!r}")
    height, depth, width = sizes(row.config)
    if height % 128 or depth % 128 or width % 512:
        raise NotModelled("the kernels take whole tiles of 128 x 128 x 512")
    dtype = dtype_of(row.config)
    total = sum(lab.once((NAME, machine, kernel, dtype, height, depth, width),
                         lambda kernel=kernel: latency(lab, machine, kernel, dtype, height, depth,
                                                       width))
                for kernel in LAUNCHES[form.group()])
    return metrics.in_unit(total, row)


def sizes(config):
    """M, K, N."""
    found = SIZES.search(config)
    if found:
        return tuple(map(int, found.groups()))
    named = numbers(config)
    if not {"M", "K", "N"} <= set(named):
        raise NotModelled(f"no sizes in {config!r}")
    return named["M"], named["K"], named["N"]


def latency(lab, machine, kernel, dtype, height, depth, width):
    shapes = ([(height, width)] if kernel == "activation"
              else [(depth, height), (depth, width), (1, width)])
    operands = [filled(shape, dtype) for shape in shapes]
    run = lab.run(machine, lambda: lab.kernel("gemm_gelu", kernel)(*operands))
    return profiler.benchmark_us(run, machine)
