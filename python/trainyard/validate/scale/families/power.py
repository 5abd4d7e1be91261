# SPDX-License-Identifier: Apache-2.0
"""Watts of nodes while they train.

Rows of LoRA give the GPUs alone. Batch and layout are those of NVIDIA's submission for as many
nodes (mlcommons/training_results_v4.0, NVIDIA/benchmarks/llama2_70b_lora/implementations/nemo:
config_DGXH100_1x8x4xtp4pp1cp1.sh, the name of config_DGXH100_8x8x1xtp4pp1cp2.sh,
config_DGXH100_128x8x1xtp4pp1cp2.sh for 64 nodes too), as are packed sequences of 8,192 tokens, fp8
and adapters of rank 16 on attention (megatron_gpt_peft_tuning_config.yaml). No number was set by
these rows but the supplies' efficiency: one AC row over its DC row.
"""

import json

from trainyard import _core
from trainyard.validate.family import NotModelled
from trainyard.validate.scale import models, systems

NAME = "power"
SUMMARY = "watts of nodes and sites"
FITTED = ("power-h100-llama-2-70b-lora-005",)

# GPUs: (context, sequences a step); tensor 4.
LAYOUTS = {8: (1, 8), 64: (2, 8), 512: (2, 64)}
NODE = 8   # GPUs

# Of a node: what its supplies give, and what they draw. Fans count, the hall does not.
DC = ("arithmetic", "hbm", "links", "idle", "active", "host", "network", "cooling")
METRICS = {"node_dc_power_mean": DC, "node_ac_power_mean": (*DC, "supply")}


def knows(row):
    return row.kind == "power" and "input fact" not in row.extra


def note(row, lab):
    return "layout of another submission for as many nodes" if "LoRA" in row.model else None


def predict(row, lab):
    if "LoRA" not in row.model:
        raise NotModelled("the row does not say what the chips are busy with")
    chips = row.count("chips")
    if row.metric not in METRICS or chips not in LAYOUTS:
        raise NotModelled("no submission gives the layout")
    context, batch = LAYOUTS[chips]
    text = (systems.system_table(row, chips) + "[model]\n" + models.model_table(row) +
            f'[training]\nsequence = 8192\nglobal_batch = {batch}\nformat = "fp8"\n'
            '[adapters]\nrank = 16\non = "attention"\n'
            f"[plan]\ntensor = 4\ncontext = {context}\n"
            '[software]\nprofile = "nemo-mlperf"\n')
    report = lab.once(("scale", text), lambda: json.loads(_core.cluster_step(text, row.id, False)))
    joules = sum(report["energy"][f"{part}_j"] for part in METRICS[row.metric])
    return joules / report["step_s"] / (chips / NODE)
