# SPDX-License-Identifier: Apache-2.0
"""Single instructions: how long one takes, and how long until the next one starts.

A row names the opcode, the engine, strides and counts, or says it in words. What it does not say
follows from the kernels that were profiled, attention of trace "baseline_bf16_s512": matmuls and
copies evacuate float32 from PSUM; where the kernel is fused the output is scaled on its way from
PSUM, else probabilities in SBUF are; products with head-dimension columns are of float32
probabilities; 16-bit weights are inputs that a matmul waits for, 32-bit ones stream.
"""

import re
import statistics

import ml_dtypes
import numpy as np

from trainyard.validate.configuration import (clock_share, dtype_of, machine_of, numbers, patterns,
                                              trace_of)
from trainyard.validate.family import NotModelled

NAME = "instructions"
SUMMARY = "single instructions and issue intervals"
FITTED = tuple(f"trn2-instr-trace-{number}" for number in (
    "0047", "0048", "0049", "0050", "0051", "0053", "0056", "0057", "0061", "0067", "0071", "0073",
    "0074", "0075", "0080", "0131", "0149", "0210", "0221", "0234")) + (
    "trn1-instr-0001", "trn1-instr-0009")

OPCODE = re.compile(r"^(?!DMA )([A-Z][A-Z0-9_]{2,})\b")
METRICS = {"median_duration", "duration", "median_interval", "initiation_interval"}
HEAD_DIMENSION = 128
WARM_MATMULS_US = 40


def knows(row):
    return (row.level == "instruction" and row.metric in METRICS and row.unit == "ns"
            and OPCODE.match(row.what) is not None)


def predict(row, lab):
    opcode = OPCODE.match(row.what).group(1)
    if opcode not in OPCODES:
        raise NotModelled(f"no instruction of ours is {opcode}")
    return OPCODES[opcode](row, Bench(lab, machine_of(row)))


class Bench:
    """Runs the kernels of one_instruction.py on a machine, each once."""

    def __init__(self, lab, machine):
        self.lab, self.machine = lab, machine

    def run(self, kernel, **options):
        key = (NAME, self.machine, kernel, *sorted((k, str(v)) for k, v in options.items()))
        launch = self.lab.kernel("one_instruction", kernel)
        x = np.zeros((2, 2), np.int32 if kernel == "register_loads" else np.float32)
        return self.lab.once(key, lambda: self.lab.run(self.machine, lambda: launch(x, **options)))

    def spans(self, kernel, name, **options):
        """(start, busy_end, end) of all instructions of that name."""
        return [span[2:] for span in self.run(kernel, **options).spans if span[0] == name]

    def duration(self, kernel, name, **options):
        start, _, end = self.spans(kernel, name, **options)[-1]
        return end - start


def columns_of(row):
    """Elements of one partition: of the first operand, or as the row's words have it."""
    operands = patterns(row.config)
    if operands:
        return operands[0].elements
    told = numbers(row.what + " " + row.config)
    if "N" in told:
        return told["N"]
    words = re.search(r"(\d+) elements? per partition", row.config)
    if not words:
        raise NotModelled("the row does not say how many elements")
    return int(words.group(1))


def engine_of(row):
    import nki.isa as nisa
    found = re.search(r"on (\w+?)(?:E| engine)\b", row.what)
    name = found.group(1).lower() if found else None
    if name not in ("vector", "scalar", "gpsimd"):
        raise NotModelled(f"no such engine for {row.what}")
    return getattr(nisa.engine, name)


def space(name):
    import nki.language as nl
    return getattr(nl, name)


def copy(row, bench):
    narrow = row.what.startswith("CAST")
    return bench.duration("copy", "tensor_copy", columns=columns_of(row), engine=engine_of(row),
                          dtype=ml_dtypes.bfloat16 if narrow else np.float32,
                          source=space("psum"))


def activate(row, bench):
    options = {"columns": columns_of(row), "count": 2, "accumulate": columns_of(row) > 1}
    spans = bench.spans("activation", "activation", **options)
    if row.metric == "initiation_interval":
        return spans[1][0] - spans[0][0]
    return spans[1][2] - spans[1][0]


def table_load(row, bench):
    first, second = bench.spans("table_loads", "activation")
    return second[0] - first[1]


def reduction(row, bench):
    source, result = patterns(row.config, 2)[:2]
    return bench.duration("reduction", "tensor_reduce", groups=result.elements,
                          columns=source.elements // result.elements)


def reciprocal(row, bench):
    return bench.duration("reciprocal", "reciprocal", columns=columns_of(row))


def scaling(row, bench):
    trace = trace_of(row.config)
    return bench.duration("scaling", "tensor_scalar", columns=columns_of(row),
                          engine=engine_of(row),
                          source=space("psum" if trace and trace.fused else "sbuf"))


def elementwise(row, bench):
    return bench.duration("elementwise", "tensor_tensor", columns=columns_of(row),
                          dtype=dtype_of(row.config, "fp32"))


def register_load(row, bench):
    """Sequencers are alike; two words are what a queue loads first, when nothing is open yet."""
    first, second = bench.spans("register_loads", "register_load")
    start, _, end = first if columns_of(row) > 1 else second
    return end - start


def semaphore(row, bench):
    made, = bench.spans("semaphore", "reciprocal")
    seen, = bench.spans("semaphore", "activation")
    return seen[0] - made[2]


def transfer_issue(row, bench):
    """How long a DMA instruction holds its queue."""
    from trainyard.validate.families import transfers
    return transfers.issue_ns(row, bench.lab, bench.machine)


def operands_of(row):
    """Moving columns and format of a matmul."""
    columns = columns_of(row)
    trace = trace_of(row.config)
    if trace is None:
        return columns, dtype_of(row.config + " " + row.what)
    wide = columns == HEAD_DIMENSION or trace.dtype == "fp32"
    return columns, np.dtype(np.float32 if wide else ml_dtypes.bfloat16)


def passes(bench, share, columns, dtype, weights=128, late=False):
    """The array's passes while its clock is at `share`, in a steady stream."""
    pass_us = 4 * max(columns, 64) * dtype.itemsize / 2 / 2.4e3
    count = 12 if late else int(WARM_MATMULS_US / pass_us) + 8
    run = bench.run("products", columns=columns, weights=weights, dtype=dtype, count=count,
                    late=late)
    phases = run.clock_phases
    if all(phase[1] == 1.0 for phase in phases):
        share = 1.0   # no gate on this machine
    ends = [phase[0] for phase in phases[1:]] + [float("inf")]
    chosen = [one for one in run.array_passes[1:]
              for (start, of_full), end in zip(phases, ends)
              if (of_full < 1.0) == (share < 1.0) and start <= one[3] and one[4] <= end]
    if len(chosen) < 2:
        raise NotModelled(f"the clock does not come to {share:g} of its rate")
    return chosen


def matmul(row, bench):
    columns, dtype = operands_of(row)
    stream = passes(bench, clock_share(row.config), columns, dtype)
    if row.metric in ("median_interval", "initiation_interval"):
        return statistics.median(b[3] - a[3] for a, b in zip(stream, stream[1:]))
    return statistics.median(one[5] - one[3] for one in stream)


def load_weights(row, bench):
    """Counts of 4 x 32 columns are the fast path of 16-bit weights."""
    pattern = patterns(row.config, 1)[0]
    fast = len([count for count in pattern.counts if count > 1]) > 1
    dtype = np.dtype(ml_dtypes.bfloat16 if fast else np.float32)
    stream = passes(bench, clock_share(row.config), HEAD_DIMENSION, dtype, pattern.elements, fast)
    return statistics.median(one[2] - one[1] for one in stream)


OPCODES = {
    "ACTIVATE": activate, "ACT_TABLE_LOAD": table_load, "CAST": copy, "COPY": copy,
    "DMA_DIRECT2D": transfer_issue, "EVENT_SEMAPHORE": semaphore, "LDWEIGHTS": load_weights,
    "MATMUL": matmul, "RECIPROCAL": reciprocal, "TENSOR_LOAD": register_load,
    "TENSOR_REDUCE": reduction, "TENSOR_SCALAR": scaling, "TENSOR_TENSOR": elementwise,
}
