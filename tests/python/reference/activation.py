# SPDX-License-Identifier: Apache-2.0
"""Activation functions as float64 formulas, and the float32 steps before and after them."""

import math

import numpy as np

from . import alu
from .elementwise import broadcast
from .formats import from_float32, to_float32

_erf = np.vectorize(math.erf, otypes=[np.float64])
_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def normal_cdf(x):
    return 0.5 * _erfc(-x / math.sqrt(2))


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def gelu_tanh(x):
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return x * sigmoid(2 * inner)   # (1 + tanh u) / 2 = sigmoid(2 u), without cancellation


def gelu_sigmoid_dx(x):
    s = sigmoid(1.702 * x)
    return s + 1.702 * x * s * (1 - s)


def mish(x):
    # tanh(log(1 + e^x)) = n / (n + 2) with n = e^x (e^x + 2)
    e = np.exp(-np.abs(x))
    right = (1 + 2 * e) / (1 + 2 * e + 2 * e * e)
    left = e * (e + 2) / (e * (e + 2) + 2)
    return x * np.where(x >= 0, right, left)


FUNCTIONS = {
    "copy": lambda x: x,
    "square": lambda x: x * x,
    "sigmoid": sigmoid,
    "relu": lambda x: np.where((x > 0) | np.isnan(x), x, 0.0),
    "gelu": lambda x: x * normal_cdf(x),
    "gelu_dx": lambda x: normal_cdf(x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    "gelu_apprx_tanh": gelu_tanh,
    "gelu_apprx_sigmoid": lambda x: x * sigmoid(1.702 * x),
    "gelu_apprx_sigmoid_dx": gelu_sigmoid_dx,
    "silu": lambda x: x * sigmoid(x),
    "silu_dx": lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))),
    "tanh": np.tanh,
    "softplus": softplus,
    "mish": mish,
    "erf": _erf,
    "erf_dx": lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x),
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "arctan": np.arctan,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "reciprocal": lambda x: 1 / x,
    "sign": np.sign,
    "abs": np.abs,
}
# Exactly rounded wherever float32 itself is: compared bit for bit.
EXACT = ("copy", "square", "relu", "sign", "abs", "reciprocal", "sqrt")
# Where AWS defines the function (nki.api.shared, "Valid Input Range"), as (smallest, largest) |x|.
POSITIVE_RANGE = {"log": (2.0**-64, 2.0**64), "sqrt": (2.0**-116, 2.0**118),
                  "rsqrt": (2.0**-87, 2.0**97)}
RANGE = {"sin": math.pi, "arctan": math.pi / 2}


def affine_input(data, scale, bias):
    """data * scale + bias, two float32 roundings."""
    value = alu.arithmetic("multiply", to_float32(data), broadcast(scale, data))
    return value if bias is None else alu.arithmetic("add", value, broadcast(bias, data))


# Functions that go to 0 at -infinity, where their formulas say infinity times 0; derivatives also
# reach their limit of 1 long before 1000.
VANISHING = ("gelu", "gelu_apprx_tanh", "gelu_apprx_sigmoid", "silu", "mish")
DERIVATIVES = ("gelu_dx", "gelu_apprx_sigmoid_dx", "silu_dx")


def activate(op, x):
    """The function of a float32 array, in float64."""
    with np.errstate(all="ignore"):
        x = x.astype(np.float64)
        if op in VANISHING + DERIVATIVES:
            x = np.maximum(x, -1000.0)
        if op in DERIVATIVES:
            x = np.minimum(x, 1000.0)
        return FUNCTIONS[op](x)


def prelu(x, parameter):
    with np.errstate(all="ignore"):
        return np.where(x < 0, x * broadcast(parameter, x), x).astype(np.float32)


def tensor_scalar_stage(data, op0, imm0, op1, imm1, reverse0, reverse1):
    value = alu.arithmetic(op0, to_float32(data), broadcast(imm0, data), reverse0)
    return alu.arithmetic(op1, value, broadcast(imm1, data), reverse1)


def exponential_input(src, max_value):
    return alu.arithmetic("subtract", to_float32(src), broadcast(max_value, src))


def ulp_distance(got, exact, dtype):
    """|got - correctly rounded exact| counted in steps of the format. NaN matches NaN."""
    with np.errstate(all="ignore"):
        want = from_float32(exact.astype(np.float32), dtype)
    a, b = ordered(got), ordered(want)
    distance = np.abs(a - b)
    both = np.isnan(to_float32(got)) & np.isnan(to_float32(want))
    return np.where(both, 0, distance)


def ordered(array):
    """The representable numbers counted from -infinity upwards; both zeros are 0."""
    width = 8 * array.dtype.itemsize
    word = np.ascontiguousarray(array).view(f"u{width // 8}").astype(np.int64)
    magnitude = word & ((1 << (width - 1)) - 1)
    return np.where(word >> (width - 1), -magnitude, magnitude)
