# SPDX-License-Identifier: Apache-2.0
"""Faults raised by the Python side, like those of the core."""

import os
import sys

from trainyard import _core

PROGRAM, USAGE, LIMIT, NOT_MODELLED = 1, 2, 3, 4
PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def users_place():
    """The innermost line outside of this package."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith((PACKAGE, "<frozen ")):
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("", 0)


def fault(kind, rule, hint="", instruction="", place=None):
    file, line = ("", 0) if kind == USAGE else place or users_place()
    start = f"{file}:{line}" if line else ""
    text = ": ".join(filter(None, (start, instruction, rule))) + (f" ({hint})" if hint else "")
    error = _core.Fault(text)
    error.kind, error.rule, error.hint, error.instruction = kind, rule, hint, instruction
    error.operand, error.file, error.line = "", file, line
    return error
