# SPDX-License-Identifier: Apache-2.0
"""Which case of a test suite a row means: `seqlen=128, norm_type=RMS_NORM, dtype=bfloat16`.

A row names the parameters of a case by the suite's own words or the long form of them, and leaves
out those that are off. What a case is expected to measure, and how exactly, is never read.
"""

import ast
import math
import operator
import re
from enum import Enum

import numpy as np

from trainyard.validate.family import NotModelled

PARAMETER = re.compile(r"(\w+)=(.*?)(?=, \w+=|$)")
ANYTHING = object()   # a call that a row quotes: no value to compare with
OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
             ast.FloorDiv: operator.floordiv, ast.Div: operator.truediv, ast.Pow: operator.pow,
             ast.USub: operator.neg}
LARGEST_POWER = 64
CALLS = {"ceilalign": lambda value, step: math.ceil(value / step) * step}
LONG_FORMS = {   # of a suite's words
    "vnc": "vnc_degree", "b": "batch", "s": "seqlen", "h": "hidden", "i": "intermediate",
    "dt": "dtype", "q_dt": "quant_dtype", "q_t": "quant_type", "fa": "fused_add",
    "sa": "store_add", "act_fn_type": "act_fn", "gb": "gate_bias", "ub": "up_bias",
    "db": "down_bias", "nb": "norm_bias", "gate_col": "gate_up_col_tiling",
    "down_col": "down_col_tiling", "down_opt": "down_opt_layout"}
CORES = ("vnc_degree", "lnc_degree")
UNREAD = re.compile("cycles|qor|rtol|atol", re.IGNORECASE)


def parameters(config):
    """{name: value} of a row's text; a name, as of an enum or a dtype, stays text."""
    return {name: value_of(text) for name, text in PARAMETER.findall(config)}


def value_of(text):
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, TypeError, ArithmeticError):
        raise NotModelled(f"no value is written {text!r}") from None


def _value(node):
    match node:
        case ast.Constant():
            return node.value
        case ast.Name() | ast.Attribute():
            return ast.unparse(node)
        case ast.Tuple() | ast.List():
            return tuple(map(_value, node.elts))
        case ast.UnaryOp() if type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](_value(node.operand))
        case ast.BinOp() if type(node.op) in OPERATORS:
            left, right = _value(node.left), _value(node.right)
            if isinstance(node.op, ast.Pow) and abs(right) > LARGEST_POWER:
                raise ValueError
            return OPERATORS[type(node.op)](left + 0, right + 0)   # of numbers alone
        case ast.Call(func=ast.Name(id=name)) if name in CALLS and not node.keywords:
            return CALLS[name](*map(_value, node.args))
        case ast.Call():
            return ANYTHING
    raise ValueError


def same(told, value, enums=()):
    """Whether a case's value is what a row tells. `enums`: whose members a case may give by value.

    >>> same(True, 1), same(None, 0), same("bfloat16", np.dtype("float32"))
    (True, False, False)
    """
    if told is ANYTHING:
        return True
    if told is None or value is None:
        return told is value
    if not isinstance(told, str):
        return not isinstance(value, Enum) and value == told
    name = told.rpartition(".")[2]
    if isinstance(value, Enum):
        return value.name == name
    if isinstance(value, (int, float)):
        return any(name in enum.__members__ and enum[name].value == value for enum in enums)
    return name in (value, getattr(value, "__name__", None), dtype_name(value))


def dtype_name(value):
    try:
        return np.dtype(value).name
    except TypeError:
        return str(value).rpartition(".")[2]


def means(told, case, enums=()):
    """Whether `told`, of a row, are the parameters of a case."""
    case = {LONG_FORMS.get(name, name): value for name, value in case.items()}
    if any(name not in case and name not in CORES for name in told):
        return False   # a suite may leave the number of cores to the platform
    for name, value in case.items():
        if name in told:
            if not same(told[name], value, enums):
                return False
        elif not UNREAD.search(name) and not off(value):
            return False
    return True


def off(value):
    """Whether a parameter has a value that a row may leave out."""
    return value is None or (isinstance(value, (int, float)) and not value)


def nearest(name, candidates):
    """The candidate whose function shares most words with the `name` of a table of cases."""
    words = set(name.lower().split("_"))
    return max(candidates, key=lambda case: len(words & set(case.function.lower().split("_"))))
