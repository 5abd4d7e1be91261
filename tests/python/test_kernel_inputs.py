# SPDX-License-Identifier: Apache-2.0
"""Arrays that the core cannot use in place are copied, and what a kernel writes comes back."""

import numpy as np
import pytest

from trainyard import _core, alias

alias.install()

import nki  # noqa: E402
import nki.language as nl  # noqa: E402


@nki.jit
def double(a):
    out = nl.ndarray(a.shape, a.dtype, buffer=nl.shared_hbm)
    nl.store(out, nl.multiply(nl.load(a), 2.0))
    return out


@nki.jit
def double_in_place(a):
    nl.store(a, nl.multiply(nl.load(a), 2.0))


def numbers(*shape):
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def read_only(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize("array", [
    numbers(64, 256)[:, ::2], numbers(256, 64).T[:64], np.asfortranarray(numbers(64, 32)),
    numbers(64, 32)[::-1], np.broadcast_to(numbers(1, 32), (64, 32)), read_only(numbers(64, 32)),
    numbers(64, 32).astype(">f4"), numbers(64, 32).astype(">f2")],
    ids=["strided", "transposed", "Fortran", "reversed", "broadcast", "read-only", "big-endian",
         "big-endian half"])
def test_any_layout_is_read(array):
    before = array.copy()
    np.testing.assert_array_equal(double(array), before * 2)
    np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize("array", [
    numbers(64, 256)[:, ::2], np.asfortranarray(numbers(64, 32)), numbers(64, 32).astype(">f4")],
    ids=["strided", "Fortran", "big-endian"])
def test_any_layout_is_written(array):
    before = array.copy()
    double_in_place(array)
    np.testing.assert_array_equal(array, before * 2)


def test_a_tensor_that_is_not_in_host_memory_is_refused():
    torch = pytest.importorskip("torch")
    with pytest.raises(_core.Fault, match="on meta .*cpu"):
        double(torch.ones(64, 32, device="meta"))


def test_a_callable_that_is_no_function_may_return_a_wrong_tensor():
    class Load:
        def __call__(self, a):
            return nl.load(a)

    with pytest.raises(_core.Fault, match="HBM"):
        nki.jit(Load())(numbers(64, 32))
