# SPDX-License-Identifier: Apache-2.0
"""Steps and throughputs of training of models with experts."""

from trainyard.validate.scale.training import is_training, metric_of, report_of

NAME = "experts"
SUMMARY = "training of models with experts"
FITTED = ()   # the profiles of machines/software/ say which rows they were set by


def knows(row):
    return is_training(row) and bool(row.experts)


def predict(row, lab):
    return metric_of(row, report_of(row, lab))
