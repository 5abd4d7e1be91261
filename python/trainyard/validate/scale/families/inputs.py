# SPDX-License-Identifier: Apache-2.0
"""Rows that are inputs of the model: rates of failures, prices, sizes of checkpoints."""

from trainyard.validate.family import NotModelled

NAME = "inputs"
SUMMARY = "inputs of the model"
FITTED = ()


def knows(row):
    return "input fact" in row.extra


def predict(row, lab):
    raise NotModelled("an input of the model, not a target")
