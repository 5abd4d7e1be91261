# SPDX-License-Identifier: Apache-2.0
"""Measurements of clusters: training, collectives, memory, power, serving, failures.

The modules of `families/` are as those of the chip's measurements (validate/family.py); their rows
are `rows.ScaleRow`.
"""
