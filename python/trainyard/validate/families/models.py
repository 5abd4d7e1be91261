# SPDX-License-Identifier: Apache-2.0
"""Whole models, and systems that serve or train them."""

from trainyard.validate.family import NotModelled

NAME = "models"
SUMMARY = "whole models on instances"
FITTED = ()


def knows(row):
    return row.level in ("model", "system")


def predict(row, lab):
    raise NotModelled("whole models are not lowered to Programs yet")
