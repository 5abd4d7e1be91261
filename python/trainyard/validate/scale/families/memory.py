# SPDX-License-Identifier: Apache-2.0
"""Activations of the first pipeline stage: Korthikanti et al. 2022, figures 1 and 4."""

import json

from trainyard import _core
from trainyard.validate.family import NotModelled
from trainyard.validate.scale import models, systems

NAME = "memory"
SUMMARY = "activations of a rank"
FITTED = ()

GIB = 1024.0 ** 3
# Pipeline, chunks and micro-batch of the paper's models (table 3), which rows leave out.
LAYOUTS = {"Megatron 22B": (1, 1, 4), "Megatron 175B": (8, 3, 1), "MT-NLG 530B": (35, 3, 1),
           "Megatron 1T": (64, 1, 1)}


def knows(row):
    return row.kind == "memory"


def layout_of(row):
    for name, layout in LAYOUTS.items():
        if row.model.startswith(name):
            return layout
    if row.pp:
        return row.count("pp"), row.count("vpp", 1), row.count("mbs", 1)
    raise NotModelled("the row does not say the pipeline")


def predict(row, lab):
    if row.metric != "activations_GiB_per_gpu":
        raise NotModelled(f"the metric {row.metric} is not modelled")
    pipeline, chunks, micro_batch = layout_of(row)
    tensor = row.count("tp", 1)
    recompute = row.recompute.split("+")[0] or "none"
    if recompute not in ("none", "selective", "full"):
        raise NotModelled(f"recomputing {row.recompute} is not modelled")
    text = (systems.system_table(row, tensor * pipeline) +
            "[model]\n" + models.model_table(row) +
            f"[training]\nsequence = {row.count('seq', 2048)}\n"
            f"global_batch = {8 * pipeline * micro_batch}\nattention = \"unfused\"\n"
            f"[plan]\ntensor = {tensor}\npipeline = {pipeline}\nmicro_batch = {micro_batch}\n"
            f"virtual_stages = {chunks}\nrecompute = \"{recompute}\"\n"
            f"sequence_parallel = {str('SP' in row.recompute).lower()}\n")
    report = lab.once(("scale", text), lambda: json.loads(_core.cluster_step(text, row.id, True)))
    return report["first_stage_activations_bytes"] / GIB
