# SPDX-License-Identifier: Apache-2.0
"""What failures, checkpoints and slow chips cost, and what the hours of chips cost.

The slow chip's row gives the model and the GPUs alone. Layout and batch are those of its run
(bigscience-workshop/bigscience, train/tr11-176B-ml/tr11-176B-ml.slurm); which stage the chip had is
not known: a middle one here, as ten of twelve are alike.
"""

from trainyard import _core
from trainyard.validate.family import NotModelled
from trainyard.validate.scale import systems

NAME = "reliability"
SUMMARY = "failures, checkpoints, slow chips, prices"
FITTED = ()

REASONS = {
    "failure": "how often a part fails is an input of the model (machines/reliability/)",
    "checkpoint": "how fast the storage is, is an input of the model",
    "cost": "a price is an input of the model",
}
SLOWER = 0.025   # of a chip that a benchmark of its own found 2.5 % behind the others

BLOOM = """[model]
layers = 70
hidden = 14336
heads = 112
ffn = 57344
vocab = 250880
gated = false
tied = true
[training]
sequence = 2048
global_batch = 2048
attention = "unfused"
[plan]
tensor = 4
pipeline = 12
micro_batch = 2
recompute = "full"
sequence_parallel = false
[software]
profile = "megatron-deepspeed"
"""
STAGE = 6 * 32   # its first chip: of tensor 4 x data 8 each


def knows(row):
    return row.kind in (*REASONS, "straggler") and "input fact" not in row.extra


def note(row, lab):
    return "a chip of a middle stage (assumed)" if row.kind == "straggler" else None


def slowdown(row, lab):
    """Per cent that one slow chip makes the step longer."""
    if not row.model.startswith("BLOOM-176B") or "2.5%" not in row.extra:
        raise NotModelled("the row does not say which place of which layout the slow chip has")
    text = (systems.system_table(row, row.count("chips")) + BLOOM +
            f"[[faults.chip]]\nchip = {STAGE}\nspeed = {1 - SLOWER}\n")
    return 100 * (lab.once(("faults", text), lambda: _core.cluster_slowdown(text, row.id)) - 1)


def predict(row, lab):
    if row.kind == "straggler":
        return slowdown(row, lab)
    raise NotModelled(REASONS[row.kind])
