# SPDX-License-Identifier: Apache-2.0
"""Measures what the README promises and prints one JSON object; progress goes to stderr.

    python bench/run.py [BUILD_FOLDER]

Ratios are medians of paired measurements taken in turn in one process, on one core.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

# NumPy's own product on one thread: threads that wait for each other on one core measure nothing.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy as np  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bench"))

SMALL_INSTRUCTIONS = 20_000
PAIRS = 5


def native(folder, name):
    """The benchmarks of one binary, by name."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    done = subprocess.run([str(folder / name), "--benchmark_format=json"], check=True,
                          stdout=subprocess.PIPE, stderr=sys.stderr, text=True)
    return {b["name"].split("/")[0]: b for b in json.loads(done.stdout)["benchmarks"]}


def trace_small(core, machine):
    """A kernel of 20,000 small instructions. Gives its session and input, the seconds of the loop,
    and those of the whole call, its time being read included."""
    called = time.perf_counter()
    session = core.Session(machine)
    session.enter()
    try:
        words = np.zeros((128, 1), np.uint32)
        source = session.input(words, (128, 1), "float32", "source")
        a, b, c = (session.ndarray((128, 1), "float32", "sbuf") for _ in range(3))
        out = session.ndarray((128, 1), "float32", "shared_hbm", "out")
        tensor_tensor, tensor_copy = core.isa.tensor_tensor, core.isa.tensor_copy
        core.isa.dma_copy(dst=a, src=source)
        core.isa.dma_copy(dst=b, src=source)
        start = time.perf_counter()
        for _ in range(SMALL_INSTRUCTIONS // 2):
            tensor_tensor(dst=c, data1=a, data2=b, op="add", engine="vector")
            tensor_copy(dst=a, src=c, engine="vector")
        seconds = time.perf_counter() - start
        core.isa.dma_copy(dst=out, src=c)
    finally:
        session.exit()
    session.finish()
    return session, words, seconds, time.perf_counter() - called


def measure_python():
    """Microseconds of Python and C++ per small instruction, and what a replay saves."""
    print("python ...", file=sys.stderr, flush=True)
    from trainyard import _core
    machine = _core.Machine("trn3")
    traced, ratios = [], []
    for _ in range(PAIRS):
        session, words, loop_s, call_s = trace_small(_core, machine)
        traced.append(loop_s)
        session.replay([words])
        start = time.perf_counter()
        session.replay([words])
        ratios.append(call_s / (time.perf_counter() - start))
    return statistics.median(traced) / SMALL_INSTRUCTIONS * 1e6, statistics.median(ratios)


def main():
    build = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "release"
    folder = build / "bench"
    # The highest-numbered core that may be used: others tend to be busier.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    import numpy_gemm

    gemm = native(folder, "gemm_bench")["gemm"]
    elementwise = native(folder, "elementwise_bench")["elementwise"]
    small = native(folder, "instruction_bench")["small_instructions"]
    timing = native(folder, "timing_bench")["time_a_million_instructions"]
    us_per_instruction_python, replay_speedup = measure_python()
    speedup_over_numpy, speedup_over_numpy_matmul = numpy_gemm.measure()
    print(json.dumps({
        "gemm_over_host": gemm["gemm_over_host"],
        "speedup_over_numpy": speedup_over_numpy,
        "speedup_over_numpy_matmul": speedup_over_numpy_matmul,
        "slowdown_exact": gemm["slowdown_exact"],
        "slowdown_fast": gemm["slowdown_fast"],
        "replay_speedup": replay_speedup,
        "us_per_instruction_cpp": small["us_per_instruction"],
        "us_per_instruction_python": us_per_instruction_python,
        "elementwise_over_host": elementwise["elementwise_over_host"],
        "timing_share": gemm["timing_share"],
        "timing_1m_s": timing["median_s"],
        "timing_1m_mb": timing["peak_mb"],
    }, indent=2))


if __name__ == "__main__":
    main()
