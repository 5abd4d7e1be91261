# SPDX-License-Identifier: Apache-2.0
"""A serving measurement of a row as a scenario, and its report's metrics."""

import json
import re
from dataclasses import dataclass

from trainyard import _core
from trainyard.validate.family import NotModelled
from trainyard.validate.scale import models, systems

RANKS_PER_CHIP = {"Trn1": 2, "Inf2": 2}

# TensorRT-LLM's offline benchmark: requests that fill the batch over and over. Its batch, tokens an
# iteration, share of memory and admission are assumed: recalled, not read in its documentation.
BATCHES = 3
MOST_SEQUENCES = 2048


@dataclass(frozen=True)
class Framework:
    """How a framework batches; what it costs is in its profile."""

    profile: str
    options: str      # of [serving]
    whole: bool       # the row's batch is filled and runs to its end, nothing after it


# By the beginning of `framework`.
FRAMEWORKS = {
    "TensorRT-LLM": Framework("tensorrt-llm",
                              f'kv = "fp8"\nmax_batch = {MOST_SEQUENCES}\nmax_tokens = 8192\n'
                              "memory_share = 0.95\nreserve_output = true\n", False),
    "Transformers NeuronX 2.18": Framework("transformers-neuronx",
                                           'kv = "bf16"\nbatching = "whole"\n', True),
}

# weights, products
FORMATS = {"fp8": ("fp8", "fp8"), "fp4": ("nvfp4", "fp4"), "bf16": ("bf16", "bf16"),
           "w:bf16 a:Matmult-BF16": ("bf16", "bf16"), "w:int8 a:Matmult-BF16": ("int8", "bf16")}

# Of a report; seconds to the row's unit.
METRICS = {"output_tokens_per_s": ("output_tokens_per_s", None)}
# A row's time per token has percentiles over tokens, not over requests.
for _name, _key in (("ttft", "ttft_s"), ("tpot", "itl_s"), ("latency", "latency_s")):
    for _part in ("mean", "p50", "p90", "p99"):
        METRICS[f"{_name}_{_part}"] = (_key, _part)

LENGTHS = re.compile(r"(?:ISL/OSL|in/out) (\d+)/(\d+)")


def framework_of(row):
    for name, found in FRAMEWORKS.items():
        if row.framework.startswith(name):
            return found
    raise NotModelled(f"no serving profile for {row.framework or 'an unnamed framework'}")


def lengths_of(row):
    """(tokens in, tokens out) of every request."""
    said = LENGTHS.search(row.extra)
    if not said or int(said[1]) < 1 or int(said[2]) < 1:
        raise NotModelled("the row does not say what is asked for")
    return int(said[1]), int(said[2])


def requests_table(row, framework):
    given, wanted = lengths_of(row)
    if framework.whole:
        count = row.count("gbs")
        if count is None:
            raise NotModelled("the row does not say the batch")
    else:
        count = BATCHES * MOST_SEQUENCES
    return f"[requests]\ncount = {count}\ninput_mean = {given}\noutput_mean = {wanted}\n"


def serving_table(row, framework):
    if row.precision not in FORMATS:
        raise NotModelled(f"weights in {row.precision or 'an unnamed format'} are not modelled")
    weights, products = FORMATS[row.precision]
    lines = [f'weights = "{weights}"', f'compute = "{products}"']
    if row.experts:
        lines += [f'expert_weights = "{weights}"', f'expert_compute = "{products}"']
    if framework.whole:
        lines.append(f"max_batch = {row.count('gbs', 1)}")
        lines.append(f"first_bucket = 128\nlast_bucket = {sum(lengths_of(row))}")
    return "[serving]\n" + "\n".join(lines) + "\n" + framework.options


def scenario(row):
    """The scenario of a row, in TOML."""
    framework = framework_of(row)
    requests = requests_table(row, framework)
    serving = serving_table(row, framework)
    chips, tensor = row.count("chips"), row.count("tp", 1)
    if chips is None:
        raise NotModelled("the row does not say the chips")
    ranks = chips * RANKS_PER_CHIP.get(row.hardware, 1)
    if ranks % tensor:
        raise NotModelled(f"tensor {tensor} does not divide {ranks} ranks")
    padding = tensor if framework.whole else 1
    plan = f"[plan]\ntensor = {tensor}\n"
    if row.experts:   # of an empty cell: over all ranks of the cut (assumed)
        plan += f"expert = {row.count('ep', tensor)}\n"
    return (f'title = "{row.id}"\n' + systems.system_table(row, chips) +
            "[model]\n" + models.model_table(row, padding) + serving + plan + requests +
            f'[software]\nprofile = "{framework.profile}"\n')


def report_of(row, lab):
    """The report of a row; what the scenario refuses is why the row is not modelled."""
    text = scenario(row)

    def run():
        try:
            return json.loads(_core.cluster_serving(text, row.id))
        except _core.Fault as error:
            raise NotModelled(f"the layout does not hold: {error.rule}") from None

    return lab.once(("serving", text.split("\n", 1)[1]), run)


def metric_of(row, report):
    """The row's metric in its unit."""
    if row.metric not in METRICS:
        raise NotModelled(f"the metric {row.metric} is not modelled")
    name, part = METRICS[row.metric]
    if name == "itl_s" and lengths_of(row)[1] == 1:
        raise NotModelled("after the only token there is none")
    return report[name] if part is None else 1e3 * report[name][part]
