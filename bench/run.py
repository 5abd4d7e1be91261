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
LONG_KERNEL = 200_000
PAIRS = 5


def native(folder, name):
    """The benchmarks of one binary, by name."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    done = subprocess.run([str(folder / name), "--benchmark_format=json"], check=True,
                          stdout=subprocess.PIPE, stderr=sys.stderr, text=True)
    return {b["name"].split("/")[0]: b for b in json.loads(done.stdout)["benchmarks"]}


def small_kernel(instructions=SMALL_INSTRUCTIONS):
    """A kernel of small instructions, a new one each time: no call before it is replayed."""
    import nki
    import nki.isa as nisa
    import nki.language as nl

    @nki.jit
    def small(source):
        a, b, c = (nl.ndarray((128, 1), dtype=nl.float32, buffer=nl.sbuf) for _ in range(3))
        out = nl.ndarray((128, 1), dtype=nl.float32, buffer=nl.shared_hbm)
        nisa.dma_copy(dst=a, src=source)
        nisa.dma_copy(dst=b, src=source)
        for _ in range(instructions // 2):
            nisa.tensor_tensor(dst=c, data1=a, data2=b, op=nl.add)
            nisa.tensor_copy(dst=a, src=c)
        nisa.dma_copy(dst=out, src=c)
        return out

    return small


def seconds_of(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure_python():
    """Microseconds of a small instruction in a kernel's first call, with everything that the call
    does (trace, values, time, energy), how much faster a replay of the kernel is, and the seconds
    of the first call of a long kernel."""
    print("python ...", file=sys.stderr, flush=True)
    from trainyard import alias
    alias.install()
    os.environ["NEURON_PLATFORM_TARGET_OVERRIDE"] = "trn3"
    source = np.ones((128, 1), np.float32)
    small_kernel()(source)     # pays for loading
    first, ratios = [], []
    for _ in range(PAIRS):
        kernel = small_kernel()
        first.append(seconds_of(lambda: kernel(source)))
        kernel(source)     # the first replay also works out which tensor lives when
        ratios.append(first[-1] / seconds_of(lambda: kernel(source)))
    long = [seconds_of(lambda: small_kernel(LONG_KERNEL)(source)) for _ in range(PAIRS)]
    return (statistics.median(first) / SMALL_INSTRUCTIONS * 1e6, statistics.median(ratios),
            statistics.median(long))


def main():
    build = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "release"
    folder = build / "bench"
    # Monte Carlo is spread over two cores, everything else has one.
    failures = native(folder, "reliability_bench")["failures_of_1000_runs"]
    # The highest-numbered core that may be used: others tend to be busier.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    import numpy_gemm

    gemm = native(folder, "gemm_bench")["gemm"]
    elementwise = native(folder, "elementwise_bench")["elementwise"]
    small = native(folder, "instruction_bench")["small_instructions"]
    timing = native(folder, "timing_bench")["time_a_million_instructions"]
    fabric = native(folder, "fabric_bench")
    flows = fabric["all_to_all_step"]
    planner = native(folder, "planner_bench")
    step = planner["folded_step"]
    serving = native(folder, "serving_bench")["continuous_batching"]
    chips = native(folder, "cluster_bench")["explicit_step"]
    us_per_instruction_python, replay_speedup, long_s = measure_python()
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
        "first_call_200k_s": long_s,
        "elementwise_over_host": elementwise["elementwise_over_host"],
        "timing_share": gemm["timing_share"],
        "timing_1m_s": timing["median_s"],
        "timing_1m_mb": timing["peak_mb"],
        "failures_1000_runs_s": failures["seconds"],
        "l1_1m_s": chips["seconds_1m"],
        "l1_1m_64_micro_batches_s": chips["seconds_1m_64_micro_batches"],
        "l1_1m_mb": chips["peak_mb"],
        **{f"l1_ns_per_chip_{n}": chips[f"ns_per_chip_{n}"] for n in ("1k", "10k", "100k", "1m")},
        "l2_1m_flows_s": flows["seconds_1m"],
        "l2_1m_flows_mb": flows["peak_mb"],
        "l2_1m_random_rates_s": fabric["random_rates"]["median_s"],
        **{f"l2_ns_per_flow_{n}": flows[f"ns_per_flow_{n}"] for n in ("1k", "10k", "100k", "1m")},
        "l0_1m_ms": step["ms_1m"],
        **{f"l0_{n}_ms": step[f"ms_{n}"] for n in ("1k", "10k", "100k")},
        "plans_per_s_core": planner["plans"]["per_s"],
        "best_plan_10t_s": planner["best_plan"]["seconds"],
        "serving_requests_per_s": serving["requests_per_s"],
    }, indent=2))


if __name__ == "__main__":
    main()
