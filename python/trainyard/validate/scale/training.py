# SPDX-License-Identifier: Apache-2.0
"""A training run of a row as a scenario, and its step's metrics."""

import json
import re

from trainyard import _core
from trainyard.validate.family import NotModelled
from trainyard.validate.scale import models, systems

RANKS_PER_CHIP = {"Trn1": 2, "Trn2": 4, "Trn3": 4}   # degrees of rows count these

# By framework: its profile in machines/software/, bytes of a gradient, fused attention or not.
FRAMEWORKS = {
    "Megatron-DeepSpeed": ("megatron-deepspeed", 2, "unfused"),
    "Megatron-LM": ("megatron-lm", 4, "unfused"),
    "MegaScale": ("megatron-core", 4, "flash"),
    "Megatron-Core 0.8": ("megatron-core", 4, "flash"),
    "Meta internal": ("megatron-core", 4, "flash"),
    "": ("megatron-core", 4, "flash"),
    "Megatron-Bridge": ("megatron-bridge", 4, "flash"),
    "NeMo 2 / Megatron-Core": ("nemo-2", 4, "flash"),
    "NeMo/Megatron-Core": ("nemo-mlperf", 4, "flash"),
    "HAI-LLM": ("hai-llm", 4, "flash"),
    "Composer/FSDP": ("composer", 2, "flash"),
    "FSDP1+compile": ("pytorch-fsdp", 2, "flash"),
    "torchtitan": ("pytorch-fsdp", 4, "flash"),
    "neuronx-distributed / nemo-megatron": ("neuronx-distributed", 4, "unfused"),
    "torch-neuronx": ("neuronx-distributed", 4, "unfused"),
}

FORMATS = {"bf16": "bf16", "fp16": "bf16", "amp_bf16": "bf16", "fp32": "fp32", "fp8": "fp8",
           "fp8-cs": "fp8", "fp8-mx": "mxfp8", "mxfp8": "mxfp8", "nvfp4": "nvfp4"}

ZERO = {"ddp": 0, "zero1": 1, "full_shard": 3, "fsdp": 3, "fsdp(zero-2 style)": 2}

SCHEDULES = {"DualPipe": "dualpipe"}


def is_training(row):
    return row.kind in ("train_step", "train_tput")


def format_of(row):
    if row.precision.startswith(("Autocast:BF16", "bf16")):
        return "bf16"
    if row.precision not in FORMATS:
        raise NotModelled(f"products in {row.precision} are not modelled")
    return FORMATS[row.precision]


def profile_of(row):
    """Megatron-Bridge's products and exchanges of experts are other kernels from 26.06 on."""
    profile = FRAMEWORKS[row.framework][0]
    release = re.search(r"(\d\d\.\d\d)[.\d]* NeMo Container", row.source)
    if profile == "megatron-bridge" and release and release[1] >= "26.06":
        return profile + "-26.06"
    return profile


def attention_of(row, otherwise):
    """neuronx-distributed's Llama has the fused kernel, nemo-megatron's GPT has not."""
    neuronx = row.framework.startswith("neuronx-distributed")
    return "flash" if neuronx and row.model.startswith("Llama") else otherwise


def recompute_of(row):
    words = row.recompute
    return "full" if words == "full" else "selective" if "selective" in words else "none"


def plan_table(row, model_has_experts):
    tensor, pipeline, context = (row.count(name, 1) for name in ("tp", "pp", "cp"))
    chunks = row.count("vpp", 1)
    schedule = SCHEDULES.get(row.schedule, "interleaved" if chunks > 1 and pipeline > 1 else "1f1b")
    lines = [f"tensor = {tensor}", f"pipeline = {pipeline}", f"context = {context}",
             f"micro_batch = {row.count('mbs', 1)}", f'schedule = "{schedule}"',
             f'recompute = "{recompute_of(row)}"', f"zero = {ZERO.get(row.sharding, 1)}",
             f"sequence_parallel = {str(row.framework != 'Megatron-DeepSpeed').lower()}"]
    if schedule == "interleaved":
        lines.append(f"virtual_stages = {chunks}")
    if model_has_experts:
        lines.append(f"expert = {row.count('ep', 1)}")
    return "[plan]\n" + "\n".join(lines) + "\n"


def scenario(row):
    """The scenario of a row, in TOML."""
    systems.system_of(row)   # without one, nothing else is asked for
    if row.framework not in FRAMEWORKS:
        raise NotModelled(f"no software profile for {row.framework}")
    if row.count("gbs") is None or row.count("seq") is None:
        raise NotModelled("the row does not say the batch")
    _, gradient_bytes, attention = FRAMEWORKS[row.framework]
    training = [f"sequence = {row.count('seq')}", f"global_batch = {row.count('gbs')}",
                f'format = "{format_of(row)}"', f'attention = "{attention_of(row, attention)}"',
                f"gradient_bytes = {gradient_bytes}"]
    return (f'title = "{row.id}"\n' + systems.system_table(row, row.count("chips")) +
            "[model]\n" + models.model_table(row) +
            "[training]\n" + "\n".join(training) + "\n" +
            plan_table(row, bool(row.experts)) + f'[software]\nprofile = "{profile_of(row)}"\n')


def report_of(row, lab):
    """The step of a row; what the scenario refuses is why the row is not modelled."""
    text = scenario(row)

    def run():
        try:
            return json.loads(_core.cluster_step(text, row.id, True))
        except _core.Fault as error:
            raise NotModelled(f"the layout does not divide: {error.rule}") from None

    return lab.once(("scale", text), run)


def megatron_flop(row, report):
    """Model FLOP of a step as Megatron-LM counts them: every score, masked or not."""
    tokens = report["tokens"]
    layers, hidden, seq = row.count("layers"), row.count("hidden"), row.count("seq")
    products = 6 * (report["active_parameters"]) * tokens
    return products + 12 * layers * hidden * seq * tokens


def metric_of(row, report):
    """The row's metric in its unit."""
    step_s, chips = report["step_s"], report["chips"]
    if row.metric in ("step_time", "step_time_median"):
        return step_s
    if row.metric == "tokens_per_s_per_chip":
        return report["tokens_per_s"] / chips
    if row.metric == "sequences_per_s":
        return report["sequences_per_s"]
    if row.metric == "tflops_per_chip":
        flop = (report["model_flop"] if row.framework == "Meta internal"
                else megatron_flop(row, report))
        if "hardware FLOPs" in row.unit:
            flop *= 4 / 3
        return flop / step_s / chips / 1e12
    raise NotModelled(f"the metric {row.metric} is not modelled")
