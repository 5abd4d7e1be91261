# SPDX-License-Identifier: Apache-2.0
"""Running sums of the engines' registers, and how near a result must be to its reading."""

import numpy as np
from reference import activation, reduce
from reference.formats import same, to_float32

ULPS = {"float32": 2}   # docs/accuracy.md has the measured distances; 1 in the narrower formats
STEP = 2.0**-24         # half a unit in the last place of float32, relative

registers = {}          # (core and rank, engine) -> float32 values, NaN where not known


class Near:
    """Judges a tile by ulps from the rounded result, `where` AWS defines the function."""

    def __init__(self, want, dtype, where=None):
        self.want, self.ulps, self.where = want, ULPS.get(dtype, 1), where

    def __call__(self, got, stays=None):
        wanted = self.want.reshape(got.shape)
        count = (lambda x: x.astype(np.int64)) if got.dtype.kind in "iu" else activation.ordered
        distance = np.abs(count(got) - count(wanted))
        bad = (distance > self.ulps) & ~same(got, wanted)
        for seen in (stays, self.where):
            if seen is not None:
                bad &= seen.reshape(got.shape)
        if not bad.any():
            return None
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        return (f"{list(at)} is {got[at]!r}, reading {wanted[at]!r}, {int(distance[at])} ulp; "
                f"{int(bad.sum())} of {bad.size}")


def within(want, error):
    def judge(got):
        wanted = np.broadcast_to(want, got.shape)
        with np.errstate(all="ignore"):
            off = np.abs(to_float32(got).astype(np.float64) - wanted)
            bad = ~(off <= error) & ~(np.isnan(wanted) & np.isnan(to_float32(got)))
            bad &= ~(wanted == to_float32(got))
        if not bad.any():
            return None
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        return f"{list(at)} is {got[at]!r}, reading {wanted[at]!r}"
    return judge


def close_to(want, data, dtype):
    """Statistics: no document gives their order of additions."""
    size = max(1.0, float(np.abs(np.nan_to_num(to_float32(data))).max()))
    step = 2.0**-16 if dtype == "float32" else 2.0**-6
    return within(want, step * size * size * data.shape[1])


class Sums:
    """What an instruction does to its engine's registers and writes to reduce_res."""

    def __init__(self, call, engine, op, command, init=None, negate=False):
        self.key, self.op, self.negate = (call.where, engine), op, negate
        self.result = call["reduce_res"]
        self.dtype = None if self.result is None else call.dtype("reduce_res")
        idle = command == "idle"
        self.command = ("reset_reduce" if idle and self.result is not None else command)
        self.init = init

    def take(self, values, exact=True):
        """The judges of reduce_res; the registers go on from what the core wrote there."""
        if self.command == "idle":
            return {}
        count = values.shape[0]
        state = reduce.Accumulators()
        state.value[:] = registers.setdefault(self.key, np.full(128, np.nan, np.float32))
        known = self.command != "reduce" or not np.isnan(state.value[:count]).any()
        want = state.apply(self.command, self.op or "add", values.astype(np.float32), self.init)
        registers[self.key] = state.value if exact else np.full(128, np.nan, np.float32)
        if self.result is None:
            return {}
        if self.negate:
            want = want * np.float32(-1)
        if not known:
            return {"reduce_res": lambda got: self.keep(got, count)}
        error = 0.0
        if not exact or self.dtype != "float32":
            rough = STEP if self.dtype == "float32" else 2.0**-8
            with np.errstate(all="ignore"):
                error = 4 * rough * (np.abs(values.astype(np.float64)).sum(axis=1)
                                     + np.abs(want.astype(np.float64)))[:, None]
        judge = within(want.astype(np.float64)[:, None], error)
        return {"reduce_res": lambda got: self.keep(got, count) or judge(got)}

    def keep(self, got, count):
        if self.dtype == "float32":
            sign = np.float32(-1 if self.negate else 1)
            registers[self.key][:count] = got.reshape(-1) * sign
