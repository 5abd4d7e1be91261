# SPDX-License-Identifier: Apache-2.0
"""tensor_tensor_scan: the state stays in float32, each step is cast to dst."""

import numpy as np

from . import alu
from .elementwise import broadcast
from .formats import from_float32, to_float32


def tensor_tensor_scan(data0, data1, initial, op0, op1, reverse0, reverse1, dtype):
    a, b = to_float32(data0), to_float32(data1)
    out = np.empty(a.shape, np.float32)
    state = broadcast(initial, a[:, :1])[:, 0]
    for i in range(a.shape[1]):
        first = alu.arithmetic(op0, a[:, i], state, reverse0)
        state = alu.arithmetic(op1, first, b[:, i], reverse1)
        out[:, i] = state
    return from_float32(out, dtype)
