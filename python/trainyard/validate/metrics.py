# SPDX-License-Identifier: Apache-2.0
"""What a profile of a run says: readings of a run, and the units of rows."""

import re

from trainyard.validate.family import NotModelled

TIME = {"ns": 1e3, "us": 1.0, "ms": 1e-3, "s": 1e-6}   # of a microsecond
BYTES = {"B": 1, "MB": 1e-6, "MiB": 2.0 ** -20, "GB": 1e-9}


def in_unit(time_us, row):
    return time_us * unit_of(TIME, row)


def bytes_in_unit(count, row):
    return count * unit_of(BYTES, row)


# What the names of metrics say of their unit, where it is no time and no bytes.
NAMED = ((re.compile(r"percent|_pct|^(?:HFU|MFU|MBU)$"), "%"), (re.compile("_flops$"), "FLOP"),
         (re.compile("_count$|_instructions$"), "count"))


def check_unit(row):
    for name, unit in NAMED:
        if name.search(row.metric) and row.unit != unit:
            raise NotModelled(f"{row.metric} in {row.unit or 'no unit'}: it is told in {unit}")


def unit_of(units, row):
    if row.unit not in units:
        raise NotModelled(f"{row.metric} in {row.unit or 'no unit'}: it is told in "
                          + ", ".join(units))
    return units[row.unit]


class Profile:
    """The figures of a run, which stay when its spans are gone. Times in us, shares in percent."""

    def __init__(self, run):
        hbm, engines = run.report["hbm"], run.report["engines"]
        if not run.time_us:
            raise NotModelled("the kernel has nothing to do at this size")
        self.time_us = run.time_us
        self.read_bytes, self.write_bytes = hbm["read_bytes"], hbm["write_bytes"]
        self.spilled_bytes = sum(spill["bytes"] for spill in run.report["on_chip"]["spills"])
        self.busy_us = {name: engine["busy_us"] for name, engine in engines.items()}
        self.instructions = {name: engine["instructions"] for name, engine in engines.items()}
        self.window_us = {name: window_us(run, name) for name in engines}
        self.dma_active_us = dma_active_us(run)
        # Summed over the DMA engines.
        self.dma_packets_us = sum(transfer[6] for transfer in run.transfers) / 1e3
        matmul = run.report["matmul"]
        self.mfu = 100 * matmul["mfu_of_bf16_peak"]
        self.hardware_flop = matmul["hardware_flop"]
        moved = matmul["transpose_macs"]
        # fp32 goes through the array twice on all machines.
        self.transpose_flop = 2 * (sum(moved.values()) + moved["fp32"])
        self.hfu = (100 * self.hardware_flop
                    / (run.time_us * 1e-6 * matmul["core_bf16_peak_flop_per_s"]))
        # Of what the stack of HBM next to the core could have moved.
        self.mbu = (100 * (self.read_bytes + self.write_bytes)
                    / (run.time_us * 1e-6 * hbm["stack_bytes_per_s"]))


def window_us(run, engine):
    """From the engine's first instruction to its last."""
    spans = [span for span in run.spans if span[1] == engine]
    if not spans:
        return 0.0
    return (max(span[3] for span in spans) - min(span[2] for span in spans)) / 1e3


def dma_active_us(run):
    """While any DMA engine moved a packet."""
    active, until = 0.0, 0.0
    for _, first, last, *_ in run.transfers:
        active += max(0.0, last - max(first, until))
        until = max(until, last)
    return active / 1e3
