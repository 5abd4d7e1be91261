# SPDX-License-Identifier: Apache-2.0
"""Faults raised by the Python side, like those of the core."""

from trainyard import _core

PROGRAM, USAGE, LIMIT, NOT_MODELLED = 1, 2, 3, 4


def fault(kind, rule, hint="", instruction=""):
    text = ": ".join(filter(None, (instruction, rule))) + (f" ({hint})" if hint else "")
    error = _core.Fault(text)
    error.kind, error.rule, error.hint, error.instruction = kind, rule, hint, instruction
    error.operand, error.file, error.line = "", "", 0
    return error
