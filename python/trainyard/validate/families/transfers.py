# SPDX-License-Identifier: Apache-2.0
"""DMA: packets, bursts, triggers, whole transfers, throughput by size.

Traces name the queue by what writes its descriptors: `hardware_dynamic` (Sync or ScalarE),
`software_dynamic` (GpSimd), `instruction` (made before the run). Software fills whole packets; a
smaller one in its queue is of a DMA that casts float32 on its way to HBM.
"""

import re

import ml_dtypes
import numpy as np

from trainyard.validate import metrics
from trainyard.validate.configuration import dtype_of, filled, machine_of, patterns, sizes
from trainyard.validate.family import NotModelled

NAME = "transfers"
SUMMARY = "packets, bursts and triggers of DMA"
FITTED = tuple(f"trn2-dma-trace-{number}" for number in (
    "0030", "0031", "0033", "0042", "0047", "0048", "0049", "0088", "0089", "0092", "0119",
    "0148")) + ("trn1-dma-0002",)

WHAT = re.compile(r"^(?:DMA (?:packet|burst|trigger|transfer|dma_copy|throughput)"
                  r"|smallest profiled)")
PARTITIONS = 128
PARTITION_STRIDE = 1 << 18   # of SBUF, as the traces' access patterns have it
PACKET = 4096                # what software fills
SEMAPHORES = 64              # bytes: one packet of 4 from each of 16 engines


def knows(row):
    return row.level in ("instruction", "kernel") and WHAT.match(row.what) is not None


def predict(row, lab):
    machine = machine_of(row)
    for words, of in (("packet", packet), ("burst", burst), ("trigger", trigger),
                      ("throughput", throughput), ("transfer", small), ("dma_copy", whole)):
        if row.what.startswith(f"DMA {words}"):
            told = of(row, lab, machine)
            return told if words == "throughput" else metrics.in_unit(told / 1e3, row)
    raise NotModelled("the row does not say which kernel")


class Transfers:
    """DMAs of `rows` rows of `row_bytes` each, `count` of them in one queue."""

    def __init__(self, lab, machine, queue, rows, row_bytes, count=1, store=False, casts=False):
        import nki.isa as nisa
        modes = {"hardware": nisa.dge_mode.hwdge, "software": nisa.dge_mode.swdge,
                 "instruction": nisa.dge_mode.none}
        where = {"dge_mode": modes[queue]}
        if queue == "hardware":
            where["engine"] = nisa.engine.scalar if store else nisa.engine.sync
        width = 2 if row_bytes % 4 or casts else 4
        dtype = ml_dtypes.bfloat16 if width == 2 else np.float32
        x = filled((count, rows, row_bytes // width), dtype)
        if store:
            where["dtype"] = np.float32 if casts else x.dtype
        launch = lab.kernel("one_transfer", "stores" if store else "loads")
        key = (NAME, machine, queue, rows, row_bytes, count, store, casts)
        self.run = lab.once(key, lambda: lab.run(machine, lambda: launch(x, **where)))
        copies = [(i, span) for i, span in enumerate(self.run.spans) if span[0] == "dma_copy"]
        self.spans = [span for _, span in copies[:count]]
        of = {one[0]: one for one in self.run.transfers}
        self.all = [of[i] for i, _ in copies[:count]]   # (index, first packet, last, complete, …)

    @property
    def burst_ns(self):
        return max(one[2] for one in self.all) - min(one[1] for one in self.all)

    @property
    def trigger_ns(self):
        return self.all[0][1] - self.spans[0][2]

    @property
    def packet_ns(self):
        return self.all[0][8]

    @property
    def semaphore_ns(self):
        _, _, _, _, _, _, busy, packets, _, hold = self.all[0]
        return (busy - packets * hold) / 16

    @property
    def bytes_per_ns(self):
        """From the first to the last completion."""
        carried = sum(one[4] for one in self.all[1:])
        return carried / (self.all[-1][3] - self.all[0][3])


def queue_of(row):
    found = re.search(r"\b(hardware|software)_dynamic\b|\((instruction)\)", row.what)
    if not found:
        raise NotModelled("the row does not name a queue")
    return found.group(1) or found.group(2)


def rows_of(lab, machine, queue, row_bytes, total, count=1, store=False):
    """`total` bytes of data in rows, or packets, of `row_bytes`."""
    each = total // count
    if queue != "software":
        rows = max(PARTITIONS, each // row_bytes)
        return Transfers(lab, machine, queue, rows, row_bytes, count, store)
    if row_bytes < PACKET:
        return Transfers(lab, machine, queue, each // row_bytes, row_bytes, count, True, True)
    return Transfers(lab, machine, queue, PARTITIONS, each // PARTITIONS, count, store)


def packet(row, lab, machine):
    size, = sizes(row.config, 1)
    queue = queue_of(row)
    if queue == "instruction":
        if size > PACKET:
            raise NotModelled("fetches of instructions are taken as hidden, not as packets")
        return Transfers(lab, machine, queue, PARTITIONS, size).packet_ns
    if size <= 4:
        return rows_of(lab, machine, queue, PACKET, PARTITIONS * PACKET).semaphore_ns
    return rows_of(lab, machine, queue, size, PARTITIONS * max(size, 1024)).packet_ns


def burst(row, lab, machine):
    """Transfers that follow each other; the bytes past whole packets are their semaphores'."""
    total, row_bytes = sizes(row.config, 2)
    count = total % row_bytes // SEMAPHORES
    if count < 1 or (total - count * SEMAPHORES) % (count * row_bytes):
        raise NotModelled("the bytes are of no whole number of transfers")
    queue = queue_of(row)
    stores = queue == "hardware" and "queue 0" in row.what
    data = total - count * SEMAPHORES
    return rows_of(lab, machine, queue, row_bytes, data, count, stores).burst_ns


def trigger(row, lab, machine):
    if "dynamic" in row.what:
        return rows_of(lab, machine, queue_of(row), PACKET, PARTITIONS * PACKET).trigger_ns
    return array(row, lab, machine).trigger_ns


def array(row, lab, machine):
    """A[rows, columns] without a queue's name: descriptors made before the run."""
    found = re.search(r"\[(\d+),(\d+)\]", row.config)
    if not found:
        raise NotModelled(f"no array in {row.config!r}")
    rows, columns = map(int, found.groups())
    size = dtype_of(row.config, "bf16").itemsize
    return Transfers(lab, machine, "instruction", rows, columns * size)


def whole(row, lab, machine):
    return array(row, lab, machine).burst_ns


def small(row, lab, machine):
    size, = sizes(row.config, 1)
    return Transfers(lab, machine, "instruction", PARTITIONS, size).packet_ns


def throughput(row, lab, machine):
    """Transfers of one queue, back to back, against those of 32 KiB a partition."""
    def rate(row_bytes):
        return Transfers(lab, machine, "hardware", PARTITIONS, row_bytes, 6).bytes_per_ns
    size, = sizes(row.config, 1)
    return 100 * rate(size) / rate(32 << 10)


def issue_ns(row, lab, machine):
    """How long a DMA instruction holds its queue; the side of SBUF has a partition's stride."""
    queue = "software" if "GpSimd" in row.what else "hardware"
    source, target = patterns(row.config, 2)[:2]
    store = PARTITION_STRIDE in source.strides and PARTITION_STRIDE not in target.strides
    span = Transfers(lab, machine, queue, PARTITIONS, 1024, 1, store).spans[0]
    return span[3] - span[2]
