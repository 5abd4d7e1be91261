# SPDX-License-Identifier: Apache-2.0
"""What AWS's profiler and `nki.benchmark` show of a kernel beyond what its own instructions do: the
launch, the end, and what every sequencer does before the first instruction of the kernel."""

import functools

from trainyard import _core

# Blocks of instructions that were fetched one after another by the busiest queues: 10 to 12 of 16
# KiB over five engines (DMA packets of queue type "instruction" of the traces).
FETCHES_IN_TURN = 5


@functools.cache
def numbers_of(machine):
    """Of a machine that comes with trainyard: read once for all rows."""
    return _core.Machine(machine)


def seconds_of(machine, name):
    """A time of the machine file, in us."""
    return numbers_of(machine).number(name) / 1e3


def profile_us(run, machine):
    """From the launch to the end of the profile."""
    return run.time_us + seconds_of(machine, "core.shut_down_latency")


def together_us(run, machine):
    """The profile of a logical core: its cores start together, and the last to end ends it."""
    pair = seconds_of(machine, "host.pair_excess") if len(run.report.get("cores", ())) > 1 else 0.0
    return profile_us(run, machine) + pair


def benchmark_us(run, machine):
    """The latency that nki.benchmark gives."""
    return profile_us(run, machine) - seconds_of(machine, "host.profile_excess")


def active_us(run, engine, machine):
    """While the engine had an instruction between its start and its retirement: those of the kernel
    with a semaphore each, table loads, three register loads, a branch and the clearing of the
    semaphores."""
    active = union((start, busy_end if name.startswith("dma") else end)
                   for name, queue, start, busy_end, end in run.spans if queue == engine)
    count = sum(span[1] == engine for span in run.spans)
    active += count * seconds_of(machine, "semaphore.latency")
    active += seconds_of(machine, "semaphore.range_clear_latency")
    active += seconds_of(machine, "core.branch_latency")
    active += seconds_of(machine, "core.register_load_first_latency")
    active += 2 * seconds_of(machine, "core.register_load_latency")
    if engine == "scalar":
        loads = run.report["activation_table_loads"]
        active += loads * seconds_of(machine, "scalar.table_load_latency")
    return active


def dma_active_us(run, machine):
    """While a packet was on its way: of the kernel's transfers, and of its instructions."""
    fetched = FETCHES_IN_TURN * seconds_of(machine, "core.fetch_latency")
    return fetched + union((first, last) for _, first, last, *_ in run.transfers)


def union(intervals):
    """The time that intervals cover, of ns in us."""
    covered, until = 0.0, 0.0
    for start, end in sorted(intervals):
        covered += max(0.0, end - max(start, until))
        until = max(until, end)
    return covered / 1e3


def clock_changes(run, machine):
    """(ns, share of the full clock) at each change after the launch, to the end of the profile: the
    run tells those up to its last matmul, then the array is idle."""
    changes = [(start, share) for start, share in run.clock_phases if start > 0]
    if not changes or changes[-1][1] < 1.0:
        return changes
    numbers = numbers_of(machine)
    window = (numbers.number("tensor.gate_window") * 1e9
              / numbers.number("tensor.gate_window_clock"))
    end = profile_us(run, machine) * 1e3
    tick = changes[-1][0] + window
    while tick <= end:
        busy = sum(max(0.0, min(busy_end, tick) - max(start, tick - window))
                   for _, queue, start, busy_end, _ in run.spans if queue == "tensor")
        if busy / window < numbers.number("tensor.gate_threshold"):
            changes.append((tick, numbers.number("tensor.gate_slow_ratio")))
            break
        tick += window
    return changes
