# SPDX-License-Identifier: Apache-2.0
"""Attention of one head on Trainium2, with the scores in HBM between its phases or fused: latency
of nki.benchmark, the profile's totals, and when the clock of TensorE changes (allenkchau/
trainium-kernel-fusion). The kernels are bench/kernels/attention.py.

The grid on which the clock changes runs on between launches, so times are means over three phases
of it; events are those of the middle one.
"""

import re
import statistics

import numpy as np

from trainyard.validate import metrics, profiler
from trainyard.validate.configuration import dtype_of, filled, machine_of, numbers
from trainyard.validate.family import NotModelled

NAME = "attention"
SUMMARY = "attention, fused and not, with its profile"
# Lengths of profiles (core.shut_down_latency) and one latency each (host.profile_excess), one
# count of instructions (COUNT_OF_OTHERS), one share of DMA (profiler.FETCHES_IN_TURN).
FITTED = ("trn2-attn-trace-0046", "trn2-attn-trace-0064", "trn2-attn-0001", "trn2-attn-0002",
          "trn2-attn-trace-0018", "trn2-attn-trace-0069")

FEATURES = 128
COUNT_OF_OTHERS = 64   # instructions of TensorE's queue that no operation of the kernel needs
GRIDS = ("trn2_grid_early", "trn2_grid_late")   # beside the machine's own, in bench/machines
EVENT = re.compile(r"state (\d)/8; (baseline|fused)_(\w+)_s(\d+)")
ENGINE = re.compile(r"(tensor|vector|scalar|gpsimd)_engine_active_pct")


def knows(row):
    return ("clock-gate" in row.what
            or row.level == "kernel" and re.match(r"(baseline |fused )?attention kernel", row.what)
            is not None)


def predict(row, lab):
    machine = machine_of(row)
    if machine != "trn2":
        raise NotModelled(f"the kernels were traced on trn2, not {machine}")
    if "clock-gate" in row.what:
        return event(row, lab, machine)
    form = re.search(r"\b(baseline|fused)\b", f"{row.what} {row.config}")
    sizes = numbers(row.config)
    if form is None or "seqlen" not in sizes:
        raise NotModelled(f"no form or length in {row.config!r}")
    if sizes.get("d_head", FEATURES) != FEATURES:
        raise NotModelled("the kernels take heads of 128")
    what = form.group(), dtype_of(row.config), sizes["seqlen"]
    if row.metric == "tensor_engine_instruction_count":
        return instructions(*what[1:])
    own = launch(lab, machine, *what)
    if row.metric == "hbm_read_bytes":
        return metrics.bytes_in_unit(own.report["hbm"]["read_bytes"], row)
    if row.metric == "hbm_write_bytes":
        return metrics.bytes_in_unit(own.report["hbm"]["write_bytes"], row)
    grids = [own] + [launch(lab, lab.what_if(name), *what) for name in GRIDS]
    length = statistics.fmean(profiler.profile_us(run, machine) for run in grids)
    if row.metric == "profiled_total_time":
        return metrics.in_unit(length, row)
    if row.metric == "p50_latency":
        return metrics.in_unit(
            statistics.fmean(profiler.benchmark_us(run, machine) for run in grids), row)
    engine = ENGINE.fullmatch(row.metric)
    if engine:
        return 100 / length * statistics.fmean(
            profiler.active_us(run, engine.group(1), machine) for run in grids)
    if row.metric == "dma_active_pct":
        return 100 / length * statistics.fmean(
            profiler.dma_active_us(run, machine) for run in grids)
    raise NotModelled(f"no reading of {row.metric}")


def launch(lab, machine, form, dtype, length):
    """One run; q, k and v are [128, length]."""
    def run():
        heads = [filled((FEATURES, length), dtype) for _ in range(3)]
        identities = [np.eye(FEATURES, dtype=np.float32)]
        if dtype != np.float32:
            identities.append(np.eye(FEATURES, dtype=dtype))
        return lab.run(machine, lambda: lab.kernel("attention", form)(*heads, *identities))
    return lab.once((NAME, machine, form, dtype, length), run)


def instructions(dtype, length):
    """LoadWeights and Multiply of each pass: float32 products take two, transposes one."""
    tiles, blocks = length // FEATURES, length // 512
    passes = tiles * blocks * (2 if dtype == np.float32 else 1)   # q with k
    passes += tiles + tiles * tiles                               # transposes of v, of the weights
    passes += 2 * tiles * tiles                                   # weights with v, in float32
    return 2 * passes + COUNT_OF_OTHERS


def event(row, lab, machine):
    """The change to the state that lies nearest to the measured one: rows do not say which."""
    found = EVENT.match(row.config)
    if found is None or row.metric != "start_time":
        raise NotModelled(f"no state in {row.config!r}")
    eighths, form, dtype, length = found.groups()
    run = launch(lab, machine, form, dtype_of(dtype), int(length))
    times = [metrics.in_unit(at / 1e3, row)
             for at, share in profiler.clock_changes(run, machine)
             if round(8 * share) == int(eighths)]
    if not times:
        raise NotModelled(f"the model's clock does not go to {eighths}/8")
    return min(times, key=lambda at: abs(at - row.value))
