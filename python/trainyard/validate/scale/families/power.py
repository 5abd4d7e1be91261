# SPDX-License-Identifier: Apache-2.0
"""Watts of nodes and sites while they train."""

from trainyard.validate.family import NotModelled

NAME = "power"
SUMMARY = "watts of nodes and sites"
FITTED = ()


def knows(row):
    return row.kind == "power" and "input fact" not in row.extra


def predict(row, lab):
    if "LoRA" in row.model:
        raise NotModelled("training of adapters on frozen weights; and the row says neither the "
                          "batch nor the layout")
    raise NotModelled("the row does not say what the chips are busy with")
