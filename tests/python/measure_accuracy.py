# SPDX-License-Identifier: Apache-2.0
"""Prints the table of docs/accuracy.md: the largest distance of every activation function from its
correctly rounded result, over a sweep of float32 bit patterns.

    python tests/python/measure_accuracy.py [PATTERNS_PER_FUNCTION]
"""

import sys

import numpy as np
from cases import MACHINE
from reference import activation as act
from reference.formats import DTYPES
from test_instructions_activation import inside_range
from trainyard import _core

OUTPUTS = ("float32", "bfloat16", "float16")
TILE = (128, 4096)


def inputs(count, seed):
    """Bit patterns spread evenly, so that every exponent is met; half of them of ordinary size."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 0xFFFFFFFF, count // 2, np.uint32, endpoint=True).view(np.float32)
    ordinary = (rng.standard_normal(count - count // 2) * 6).astype(np.float32)
    return np.concatenate([bits, ordinary])


def activate(op, values, dtype):
    session = _core.Session(MACHINE)
    session.enter()
    try:
        source = session.input(values.view(np.uint32), values.shape, "float32", "x")
        data = session.ndarray(values.shape, "float32", "sbuf")
        dst = session.ndarray(values.shape, dtype, "sbuf")
        _core.isa.dma_copy(dst=data, src=source)
        _core.isa.activation(dst=dst, op=op, data=data)
        return np.frombuffer(bytes(session.read(dst)[0]), DTYPES[dtype]).reshape(values.shape)
    finally:
        session.exit()


def main(count):
    tiles = max(1, count // (TILE[0] * TILE[1]))
    print("| function | float32 | bfloat16 | float16 | worst float32 input |")
    print("|---|---|---|---|---|")
    for op in act.FUNCTIONS:
        worst, where = dict.fromkeys(OUTPUTS, 0), 0.0
        for tile in range(tiles):
            values = np.ascontiguousarray(
                inside_range(op, inputs(TILE[0] * TILE[1], tile)).astype(np.float32)).reshape(TILE)
            exact = act.activate(op, values)
            for dtype in OUTPUTS:
                got = activate(op, values, dtype)
                distance = act.ulp_distance(got, exact, dtype)
                if dtype == "float32" and distance.max() > worst[dtype]:
                    where = float(values.reshape(-1)[distance.argmax()])
                worst[dtype] = max(worst[dtype], int(distance.max()))
        text = " | ".join(str(worst[d]) for d in OUTPUTS)
        print(f"| `{op}` | {text} | {where:.9g} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1 << 21)
