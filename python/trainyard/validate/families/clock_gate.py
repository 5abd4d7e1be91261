# SPDX-License-Identifier: Apache-2.0
"""When TensorE's clock changes within a whole kernel."""

from trainyard.validate.family import NotModelled

NAME = "clock"
SUMMARY = "events of TensorE's clock gate"
FITTED = ()


def knows(row):
    return row.level == "instruction" and row.what.startswith("TensorE clock-gate")


def predict(row, lab):
    raise NotModelled("follows from the whole attention kernel, whose source is not public")
