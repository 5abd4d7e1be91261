# SPDX-License-Identifier: Apache-2.0
"""What failures, checkpoints and slow chips cost, and what the hours of chips cost."""

from trainyard.validate.family import NotModelled

NAME = "reliability"
SUMMARY = "failures, checkpoints, slow chips, prices"
FITTED = ()

REASONS = {
    "straggler": "the row does not say which place of which layout the slow chip has",
    "failure": "how often a part fails is an input of the model (machines/reliability/)",
    "checkpoint": "how fast the storage is, is an input of the model",
    "cost": "a price is an input of the model",
}


def knows(row):
    return row.kind in REASONS and "input fact" not in row.extra


def predict(row, lab):
    raise NotModelled(REASONS[row.kind])
