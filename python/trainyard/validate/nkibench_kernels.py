# SPDX-License-Identifier: Apache-2.0
"""Kernels of ours for the problems of NKIBench, for rows of the published baselines where no
checkout has these: what a plain kernel of the problem takes. What else a profile counts is of the
published text alone, but for the bytes of problems whose operands any kernel moves just once."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trainyard.validate.configuration import filled
from trainyard.validate.family import NotModelled

NOTE = "kernel: ours (--checkout with AccelOpt runs the published one)"
LATENCIES, BYTES = ("latency", "p50_latency"), ("hbm_read_bytes", "hbm_write_bytes")
EPSILON = 1e-5   # where a problem takes one
SIZE = re.compile(r'"([A-Z]+)": ?(\d+)|_([A-Z]+)(\d+)(?=_)')


@dataclass(frozen=True)
class Ours:
    """`file`, `function`: of bench/kernels. `operands(**sizes)`: shapes, and numbers."""

    file: str
    function: str
    operands: Callable
    moves_once: bool = True

    def kernel(self, lab):
        return lab.kernel(self.file, self.function)


class Mamba(Ours):
    """The tutorial's, in tiles of the length; it takes a batch."""

    def kernel(self, lab):
        step = super().kernel(lab)
        return lambda delta, u, a, b, c: step(delta[None], u[None], a, b[None], c[None])[0]


def products(function, operands, moves_once=False):
    return Ours("nkibench_products", function, operands, moves_once)


def attention(function, operands):
    return Ours("nkibench_attention", function, operands, moves_once=False)


def elementwise(function, operands):
    return Ours("nkibench_elementwise", function, operands)


OURS = {
    "matmul": products("matmul", lambda M, K, N: [(M, K), (K, N)]),
    "transpose_matmul": products("transpose_matmul", lambda M, K, N: [(K, M), (K, N)]),
    "lora": products("lora", lambda M, K, N, R: [(M, K), (K, N), (K, R), (R, N)]),
    "rmsnorm_matmul": products("rmsnorm_matmul", lambda M, K, N: [(M, K), (K, N)],
                               moves_once=True),
    "add_rmsnorm_matmul": products("add_rmsnorm_matmul", lambda M, K, N: [
        (M, K), (K, N), EPSILON, (M, K), (K,)], moves_once=True),
    "matmul_add_rmsnorm": products("matmul_add_rmsnorm", lambda M, K, N: [
        (M, K), (K, N), EPSILON, (M, N), (N,)], moves_once=True),
    "swiglu": products("swiglu", lambda M, K, N: [(M, K), (K, N), (N, K), (K, N)]),
    "bmm": attention("bmm", lambda B, M, K, N: [(B, M, K), (B, K, N)]),
    "bmm_softmax": attention("bmm_softmax", lambda B, M, K, N: [(B, M, K), (B, K, N)]),
    "gqa_full": attention("gqa_full", lambda B, N, QH, KH, D: [
        (B, N, QH, D), (B, N, KH, D), (B, N, KH, D)]),
    "silu": elementwise("silu", lambda M, N: [(M, N)]),
    "adamw": elementwise("adamw", lambda M, N: 4 * [(M, N)]),
    "rope_single_freq_apply": elementwise("rope_single_freq_apply", lambda B, H, N, D: [
        (D, B * H * N), (D // 2, B * H * N), (D // 2, B * H * N)]),
    "mamba": Mamba("mamba", "v3", lambda M, C, S: [(C, M), (C, M), (C, S), (S, M), (S, M)]),
}


def tell(problem, metric):
    """Whether our kernel can stand for another of the same problem."""
    return (metric in LATENCIES or
            metric in BYTES and problem in OURS and OURS[problem].moves_once)


def sizes(config):
    """Of `swiglu {"K": 1024, "M": 4096}` or of a file `swiglu_M4096_K1024_0.py`."""
    return {long or short: int(count or number)
            for long, count, short, number in SIZE.findall(config)}


def launch(lab, problem, config):
    """Our kernel for a problem on operands of a row's sizes."""
    ours, named = OURS.get(problem), sizes(config)
    if ours is None:
        raise NotModelled(f"we have no kernel for {problem!r}")
    try:
        operands = ours.operands(**named)
    except TypeError:
        raise NotModelled(f"not the sizes of {problem}: {config!r}") from None
    arrays = [filled(operand, np.float32, 1) if isinstance(operand, tuple) else operand
              for operand in operands]
    return lambda: ours.kernel(lab)(*arrays)
