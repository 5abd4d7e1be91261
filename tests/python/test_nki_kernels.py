# SPDX-License-Identifier: Apache-2.0
"""The nki package: kernels on NumPy arrays, data types, NKIObject, faults."""

import ml_dtypes
import numpy as np
import pytest

from trainyard import _core, alias

alias.install()

import neuron_dtypes  # noqa: E402
import nki  # noqa: E402
import nki.isa as nisa  # noqa: E402
import nki.language as nl  # noqa: E402


@nki.jit
def add(a, b, scale=1.0):
    out = nl.ndarray(a.shape, a.dtype, buffer=nl.shared_hbm)
    nl.store(out, nl.multiply(nl.add(nl.load(a), nl.load(b)), scale))
    return out


def inputs(dtype=np.float32):
    rng = np.random.default_rng(3)
    return [rng.standard_normal((128, 64)).astype(dtype) for _ in range(2)]


def test_a_kernel_takes_and_returns_numpy_arrays():
    a, b = inputs()
    np.testing.assert_array_equal(add(a, b, scale=2.0), (a + b) * 2)
    np.testing.assert_array_equal(nki.simulate(add)[1](a, b), a + b)


def test_bfloat16_results_are_ml_dtypes_arrays():
    a, b = inputs(ml_dtypes.bfloat16)
    result = add(a, b)
    assert result.dtype == ml_dtypes.bfloat16
    np.testing.assert_array_equal(result, a + b)


def test_torch_tensors_give_torch_tensors():
    torch = pytest.importorskip("torch")
    a = torch.ones(128, 64, dtype=torch.bfloat16)
    result = add(a, a)
    assert result.dtype == torch.bfloat16 and bool((result == 2).all())


def test_two_calls_do_not_share_their_results():
    a, b = inputs()
    first = add(a, b)
    add(b * 3, b)
    np.testing.assert_array_equal(first, a + b)


def test_inputs_that_a_kernel_writes_change_in_place_strided_ones_too():
    @nki.jit
    def double(x):
        nl.store(x, nl.multiply(nl.load(x), 2.0))

    a = inputs()[0]
    strided, before = a[:, ::2], a.copy()
    double(strided)
    np.testing.assert_array_equal(a[:, ::2], before[:, ::2] * 2)
    np.testing.assert_array_equal(a[:, 1::2], before[:, 1::2])


def test_comparisons_are_judged_by_their_elements_and_tensors_are_true():
    @nki.jit
    def compare(a, b):
        x, y = nl.load(a), nl.load(b)
        assert x and nl.equal(x, x) and not nl.equal(x, y)

    compare(*inputs())


def test_a_broken_rule_names_this_file():
    @nki.jit
    def wrong(a):
        t = nl.ndarray((128, 8), nl.float32)
        nisa.tensor_copy(dst=t, source=t)

    with pytest.raises(nisa.NkiValidationError) as caught:
        wrong(inputs()[0])
    assert caught.value.file == __file__


def test_data_types_are_their_names():
    assert nl.bfloat16 == "bfloat16" and str(nl.float8_e4m3) == "float8_e4m3"
    assert np.zeros(2, dtype=nl.bfloat16).dtype == ml_dtypes.bfloat16
    assert {nl.float32: 1}["float32"] == 1


@pytest.mark.parametrize("name,carrier", [("float8_e4m3fn_x4", np.uint32),
                                          ("float8_e5m2_x4", np.uint32),
                                          ("float4_e2m1fn_x4", np.uint16)])
def test_packed_types_are_numpy_element_types(name, carrier):
    dtype = getattr(neuron_dtypes, name)
    assert np.zeros((4, 4), dtype=dtype).view(carrier).shape == (4, 4)
    values = np.array([[0, 1, -2, 4, 0.5, 1, 2, -4]], np.float32)
    packed = neuron_dtypes.static_cast(values, dtype)
    assert packed.shape == (1, 2) and packed.dtype.itemsize == np.dtype(carrier).itemsize
    np.testing.assert_array_equal(neuron_dtypes.static_cast(packed, np.float32), values)


def test_nki_objects_take_fields_in_order_and_leave_the_rest_none():
    class Sizes(nl.NKIObject):
        rows: int
        columns: int = 4
        depth = 2
        name: str

    sizes = Sizes(3, depth=5)
    assert (sizes.rows, sizes.columns, sizes.depth, sizes.name) == (3, 4, 5, None)
