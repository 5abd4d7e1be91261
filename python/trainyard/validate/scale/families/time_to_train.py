# SPDX-License-Identifier: Apache-2.0
"""Minutes to a benchmark's target: its steps, each as long as the model says.

How many sequences reach the target is a property of the task, not of the machine, and no row says
it: one number a benchmark, from one of its rows. It grows a little with the batch, which is left
out.
"""

from trainyard.validate.family import NotModelled
from trainyard.validate.scale.training import report_of

NAME = "time-to-train"
SUMMARY = "minutes to a benchmark's target"
FITTED = ("time-to-train-h100-gpt-3-175b-001", "time-to-train-gb200-llama-3-1-405b-001")

# Minutes of the row over the model's seconds a step, times its batch.
SEQUENCES = {"GPT-3 175B": 592e3, "Llama-3.1 405B": 325e3}


def knows(row):
    return row.kind == "time_to_train"


def predict(row, lab):
    if row.metric != "minutes_to_target":
        raise NotModelled(f"the metric {row.metric} is not modelled")
    if row.model not in SEQUENCES:
        raise NotModelled("how many steps reach the target is not known")
    step_s = report_of(row, lab)["step_s"]
    return SEQUENCES[row.model] / row.count("gbs") * step_s / 60
