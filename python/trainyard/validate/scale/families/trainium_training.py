# SPDX-License-Identifier: Apache-2.0
"""Steps and throughputs of training on Trainium."""

from trainyard.validate.scale.training import RANKS_PER_CHIP, is_training, metric_of, report_of

NAME = "trainium"
SUMMARY = "training on Trainium"
FITTED = ()   # the profiles of machines/software/ say which rows they were set by


def knows(row):
    return is_training(row) and not row.experts and row.hardware in RANKS_PER_CHIP


def predict(row, lab):
    return metric_of(row, report_of(row, lab))
