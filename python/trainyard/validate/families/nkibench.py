# SPDX-License-Identifier: Apache-2.0
"""The 14 problems of NKIBench: the baseline kernels of zhang677/AccelOpt on Trainium1 and 2, and
the candidates of Jerry2423/kda-for-trainium, from checkouts of both; without one, of the baselines
what a kernel of ours for the same problem takes, and says so."""

import glob
import os
import re

from trainyard.validate import metrics, nkibench_kernels
from trainyard.validate.configuration import machine_of
from trainyard.validate.family import NotModelled
from trainyard.validate.metrics import Profile

NAME = "nkibench"
SUMMARY = "NKIBench kernels, profiled"
# Of these, Trainium1's reciprocal: VectorE active for 4.81 cycles an element in all.
FITTED = ("nkibench-trn1-0128", "nkibench-trn1-0135")

METRICS = {   # of a Profile
    "latency": lambda run, row: metrics.in_unit(run.time_us, row),
    "p50_latency": lambda run, row: metrics.in_unit(run.time_us, row),
    "hbm_read_bytes": lambda run, row: metrics.bytes_in_unit(run.read_bytes, row),
    "hbm_write_bytes": lambda run, row: metrics.bytes_in_unit(run.write_bytes, row),
    "HBMrd_MB": lambda run, row: metrics.bytes_in_unit(run.read_bytes, row),
    "HBMwr_MB": lambda run, row: metrics.bytes_in_unit(run.write_bytes, row),
    "hfu_estimated_percent": lambda run, row: run.hfu,
    "hardware_flops": lambda run, row: run.hardware_flop,
    "transpose_flops": lambda run, row: run.transpose_flop,
    "PE_pct": lambda run, row: 100 * run.busy_us["tensor"] / run.time_us,
    "Vec_pct": lambda run, row: 100 * run.busy_us["vector"] / run.time_us,
    "Scl_pct": lambda run, row: 100 * run.busy_us["scalar"] / run.time_us,
    "DMA_pct": lambda run, row: 100 * run.dma_active_us / run.time_us,
    "vector_engine_active_time_percent": lambda run, row: 100 * run.busy_us["vector"] / run.time_us,
    "scalar_engine_active_time_percent": lambda run, row: 100 * run.busy_us["scalar"] / run.time_us,
    "gpsimd_engine_active_time_percent": lambda run, row: 100 * run.busy_us["gpsimd"] / run.time_us,
}


def knows(row):
    return row.level == "kernel" and "NKIBench" in row.what


def predict(row, lab):
    if "best kernel" in row.what:
        raise NotModelled("the kernel's text is not public")
    if row.metric not in METRICS:
        raise NotModelled(f"no reading of {row.metric}")
    problem = problem_of(row)
    machine = machine_of(row)
    if "dge disabled" in row.hardware:
        machine = lab.what_if(f"{machine}_without_dge")
    if ours(row, lab):
        key = (machine, problem, *sorted(nkibench_kernels.sizes(row.config).items()))
        launching = lambda: nkibench_kernels.launch(lab, problem, row.config)
    else:
        kernel = candidate(lab, problem, row.config) or baseline(lab, problem)
        key, launching = (machine, kernel), lambda: launch(lab, problem, kernel)
    run = lab.recent(key, lambda: Profile(lab.run(machine, launching())))
    predicted = METRICS[row.metric](run, row)
    # kda-for-trainium's times are half of what one core can reach, as the notes of its rows say.
    return predicted / 2 if "HALVED" in row.notes else predicted


def problem_of(row):
    return row.what.removeprefix("NKIBench ").split(",")[0]


def ours(row, lab):
    """Whether a kernel of ours stands for the published baseline."""
    return ("baseline" in row.config and not lab.has("AccelOpt")
            and nkibench_kernels.tell(problem_of(row), row.metric))


def note(row, lab):
    return nkibench_kernels.NOTE if ours(row, lab) else None


def only(pattern):
    found = sorted(glob.glob(pattern))
    if not found:
        raise NotModelled(f"the checkout has no {os.path.basename(pattern)}")
    return found[0]


def baseline(lab, problem):
    folder = os.path.join(lab.checkout("AccelOpt"), "NKIBench", "kernels")
    return only(os.path.join(folder, f"{problem}_[A-Z]*.py"))


def candidate(lab, problem, config):
    """The file of a candidate, or None where the row is of the baseline."""
    if "baseline" in config:
        return None
    found = re.match(r"(\w+\.py)", config)
    if not found:
        raise NotModelled(f"no file of a kernel in {config!r}")
    return only(os.path.join(lab.checkout("kda-for-trainium"), "workspaces", problem, "runs",
                             found.group(1)))


def launch(lab, problem, kernel):
    """The kernel on inputs in the shapes of the problem's reference."""
    folder = os.path.join(lab.checkout("AccelOpt"), "NKIBench", "reference")
    reference = lab.module(only(os.path.join(folder, f"{problem}_[A-Z]*.py")))
    inputs = reference.transform_to_nki_inputs(reference.get_inputs())
    return lambda: lab.module(kernel).kernel(*inputs)
