# SPDX-License-Identifier: Apache-2.0
"""The instruction sequence of a tiled bfloat16 matrix product, read twice: by Trainyard's core and
by the NumPy functions of tests/python/reference. Prints how much faster the core is, and stops if
the two do not give the same bits. The same bits cost NumPy dearly (it has no fused multiply-add),
so the ratio to a reading with NumPy's own float32 product, which gives other bits, is printed too.

    python bench/numpy_gemm.py [SIZE]
"""

import pathlib
import statistics
import sys
import time

import ml_dtypes
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "python"))

from reference import dma, elementwise, matmul  # noqa: E402
from reference.formats import to_float32  # noqa: E402
from trainyard import _core  # noqa: E402

PAIRS = 3
# NumPy takes two minutes for 2048; the ratio grows with the size.
SIZE = 512


def tiles(size):
    return [(m, n) for m in range(0, size, 128) for n in range(0, size, 512)]


def plain_matmul(before, stationary, moving, accumulate, dtype):
    """With the host's matrix product, whose sums have another order."""
    partial = to_float32(stationary).T @ to_float32(moving)
    return before + partial if accumulate else partial


def with_numpy(at, b, product=matmul.nc_matmul):
    size = at.shape[0]
    out = np.empty((size, b.shape[1]), at.dtype)
    steps = range(0, size, 128)
    weights = [dma.dma_copy(at[k:k + 128], "bfloat16") for k in steps]
    data = [dma.dma_copy(b[k:k + 128], "bfloat16") for k in steps]
    for m, n in tiles(size):
        psum = np.zeros((128, min(512, size)), np.float32)
        for i in range(len(weights)):
            psum = product(psum, weights[i][:, m:m + 128], data[i][:, n:n + 512], i > 0, "float32")
        tile = elementwise.tensor_copy(psum, "bfloat16")
        out[m:m + 128, n:n + 512] = dma.dma_copy(tile, "bfloat16")
    return out


def with_trainyard(at, b, machine):
    size = at.shape[0]
    isa = _core.isa
    session = _core.Session(machine)
    session.enter()
    try:
        at_hbm = session.input(at.view(np.uint16), at.shape, "bfloat16", "at")
        b_hbm = session.input(b.view(np.uint16), b.shape, "bfloat16", "b")
        out = session.ndarray((size, size), "bfloat16", "shared_hbm", "out")
        weights, data = [], []
        for k in range(0, size, 128):
            for source, held in ((at_hbm, weights), (b_hbm, data)):
                held.append(session.ndarray((128, size), "bfloat16", "sbuf"))
                isa.dma_copy(dst=held[-1], src=source[k:k + 128, :])
        width = min(512, size)
        for m, n in tiles(size):
            psum = session.ndarray((128, width), "float32", "psum")
            for i in range(len(weights)):
                isa.nc_matmul(dst=psum, stationary=weights[i][:, m:m + 128],
                              moving=data[i][:, n:n + width], accumulate=i > 0)
            tile = session.ndarray((128, width), "bfloat16", "sbuf")
            isa.tensor_copy(dst=tile, src=psum)
            isa.dma_copy(dst=out[m:m + 128, n:n + width], src=tile)
        return np.frombuffer(bytes(session.read(out)[0]), at.dtype).reshape(size, size)
    finally:
        session.exit()


def measure(size=SIZE):
    """NumPy's time over the core's for a product of size x size x size, with the same bits and with
    NumPy's own product: medians over pairs."""
    rng = np.random.default_rng(7)
    at, b = (rng.standard_normal((size, size)).astype(ml_dtypes.bfloat16) for _ in range(2))
    machine = _core.Machine("trn3")
    with_trainyard(at, b, machine)     # the first call pays for loading
    exact, plain = [], []
    for _ in range(PAIRS):
        start = time.perf_counter()
        ours = with_trainyard(at, b, machine)
        core_s, start = time.perf_counter() - start, time.perf_counter()
        theirs = with_numpy(at, b)
        exact_s, start = time.perf_counter() - start, time.perf_counter()
        with_numpy(at, b, plain_matmul)
        plain_s = time.perf_counter() - start
        exact.append(exact_s / core_s)
        plain.append(plain_s / core_s)
        if not np.array_equal(ours.view(np.uint16), theirs.view(np.uint16)):
            raise SystemExit("the core and the NumPy reading give different bits")
    return statistics.median(exact), statistics.median(plain)


if __name__ == "__main__":
    print(*measure(int(sys.argv[1]) if len(sys.argv) > 1 else SIZE))
