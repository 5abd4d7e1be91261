# SPDX-License-Identifier: Apache-2.0
"""The tool that executes every instruction of a kernel also by its NumPy reading notices what it
is there to notice (tests/public/reader.py; by_reading.py runs nki-library with it)."""

import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from trainyard import nki
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "public"))

import readings  # noqa: E402
from reader import Reader  # noqa: E402


@nki.jit
def kernel(a):
    x, y = (nl.ndarray((128, 64), nl.bfloat16, buffer=nl.sbuf) for _ in range(2))
    nisa.dma_copy(dst=x, src=a)
    product = nl.ndarray((64, 64), nl.float32, buffer=nl.psum)
    for _ in range(2):
        nisa.nc_matmul(dst=product, stationary=x, moving=x)
    sums = nl.ndarray((128, 1), nl.float32, buffer=nl.sbuf)
    nisa.activation(dst=y, op=nl.exp, data=x, scale=0.5, reduce_op=nl.add, reduce_res=sums)
    spare = nl.ndarray((128, 1), nl.float32, buffer=nl.sbuf)
    nisa.tensor_tensor(dst=spare.ap([[1, 128], [0, 64]]), data1=x, data2=y, op=nl.subtract)
    out = nl.ndarray((64, 64), nl.float32, buffer=nl.shared_hbm)
    held = nl.ndarray((64, 64), nl.float32, buffer=nl.sbuf)
    nisa.tensor_copy(dst=held, src=product)
    nisa.dma_copy(dst=out, src=held)
    return out


def read(cap_s=60.0):
    values = np.random.default_rng(7).standard_normal((128, 64)).astype(ml_dtypes.bfloat16)
    reader = Reader(cap_s)
    reader.begin()
    with reader.installed():
        reader.active = True
        kernel(values)
    return reader


def test_the_core_and_the_readings_agree():
    reader = read()
    assert reader.problems == [] and not reader.unread
    assert {name: account["read"] for name, account in reader.accounts.items()} == {
        "dma_copy": 2, "nc_matmul": 2, "activation": 1, "tensor_tensor": 1, "tensor_copy": 1}
    assert all(account["reading_s"] > 0 for account in reader.accounts.values())


@pytest.mark.parametrize("name", ["nc_matmul", "tensor_copy", "activation"])
def test_a_reading_that_says_otherwise_is_a_problem(name, monkeypatch):
    right = readings.READINGS[name]

    def wrong(call):
        work = right(call)

        def other():
            wants = work()
            values = getattr(wants["dst"], "want", wants["dst"])
            if callable(values):    # of a product whose sum starts afresh or goes on
                return {"dst": lambda got: wants["dst"](got + np.float32(1))}
            return {"dst": values + values.dtype.type(1)}
        return other

    monkeypatch.setitem(readings.READINGS, name, wrong)
    problems = read().problems
    assert problems and all(f" {name}(" in problem for problem in problems)


def test_beyond_the_cap_the_core_is_alone():
    assert read(cap_s=-1.0).accounts["nc_matmul"]["capped"] == 2


def test_the_instructions_are_as_before():
    before = nisa.nc_matmul
    read()
    assert nisa.nc_matmul is before
