# SPDX-License-Identifier: Apache-2.0
"""A kernel called again replays its Program, unless something that it sees has changed."""

import functools
import types
import weakref

import numpy as np
import pytest

from trainyard import _core, alias, runs
from trainyard.nki import cores, replays

alias.install()

import nki  # noqa: E402
import nki.isa as nisa  # noqa: E402
import nki.language as nl  # noqa: E402

SCALE = 2.0
TABLE = [1.0]
USER = types.ModuleType("users_module")
USER.__file__, USER.SCALE = "users_module.py", 5.0


class Settings:
    scale = 3.0


def scaled(x):
    return nl.multiply(x, SCALE)


@pytest.fixture(autouse=True)
def nothing_recorded():
    replays.clear()


def kernel_of(body):
    @nki.jit
    def kernel(x, *more):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out, body(nl.load(x), *more))
        return out

    return kernel


def array(value=1.0, shape=(32, 8)):
    return np.full(shape, value, np.float32)


def recorded():
    return len(replays._recorded)


def test_the_second_call_is_a_replay_on_the_new_elements():
    kernel = kernel_of(scaled)
    first = kernel(array(1))
    assert recorded() == 1
    second = kernel(array(7))
    assert recorded() == 1
    np.testing.assert_array_equal(first, array(2))
    np.testing.assert_array_equal(second, array(14))


def test_a_replay_runs_no_python_of_the_kernel(monkeypatch):
    kernel = kernel_of(scaled)
    kernel(array())
    monkeypatch.setattr(cores, "new_session", None)  # a trace would need one
    np.testing.assert_array_equal(kernel(array(3)), array(6))
    with pytest.raises(TypeError):
        kernel(array(3, (32, 9)))


def test_results_stay_when_the_kernel_runs_again_and_are_not_copies():
    kernel = kernel_of(scaled)
    results = [kernel(array(i)) for i in range(6)]
    for i, result in enumerate(results):
        np.testing.assert_array_equal(result, array(2 * i))
        assert not result.flags.owndata and result.flags.writeable


def test_a_replay_has_the_time_of_the_trace_and_a_hash_of_its_own_values():
    kernel, seen = kernel_of(scaled), []
    runs.on_finish = seen.append
    try:
        for value in (1, 2, 1):
            kernel(array(value))
    finally:
        runs.on_finish = None
    assert len({r.time_us for r in seen}) == 1 and len({r.energy_j for r in seen}) == 1
    assert seen[0].hash() == seen[2].hash() != seen[1].hash()


def test_inputs_are_written_in_place_by_replays_too_strided_ones_as_well():
    @nki.jit
    def double(x):
        nl.store(x, nl.multiply(nl.load(x), 2.0))

    for _ in range(3):
        whole = array(3, (32, 16))
        double(whole[:, ::2])
        np.testing.assert_array_equal(whole[:, ::2], 6)
        np.testing.assert_array_equal(whole[:, 1::2], 3)
    assert recorded() == 1


@pytest.mark.parametrize("change", [
    pytest.param((array(1, (32, 16)),), id="shape"),
    pytest.param((array(1).astype(np.float16),), id="dtype"),
    pytest.param((array(1), 4.0), id="a number more"),
])
def test_other_shapes_dtypes_and_arguments_are_traced(change):
    kernel = kernel_of(lambda x, by=1.0: nl.multiply(x, by))
    kernel(array(1))
    result = kernel(*change)
    assert recorded() == 2
    np.testing.assert_array_equal(result, np.full(change[0].shape, (*change, 1.0)[1]))


def test_numbers_that_differ_in_type_or_sign_alone_are_different():
    kernel = kernel_of(nl.multiply)
    assert np.signbit(kernel(array(1), -0.0)).all()
    assert not np.signbit(kernel(array(1), 0.0)).any()


def test_the_same_array_twice_is_not_two_arrays():
    kernel = kernel_of(lambda x, other: nl.add(x, nl.load(other)))
    a = array(1)
    kernel(a, a)
    np.testing.assert_array_equal(kernel(a, array(5)), array(6))
    np.testing.assert_array_equal(kernel(a, a), array(2))


def test_a_changed_global_of_a_function_that_the_kernel_calls_is_seen(monkeypatch):
    kernel = kernel_of(scaled)
    kernel(array())
    monkeypatch.setitem(globals(), "SCALE", 10.0)
    np.testing.assert_array_equal(kernel(array()), array(10))


def test_a_replaced_function_is_seen(monkeypatch):
    kernel = kernel_of(lambda x: scaled(x))
    kernel(array())
    monkeypatch.setitem(globals(), "scaled", lambda x: nl.multiply(x, 9.0))
    np.testing.assert_array_equal(kernel(array()), array(9))


def test_a_changed_closure_is_seen():
    by = 2.0
    kernel = kernel_of(lambda x: nl.multiply(x, by))
    kernel(array())
    by = 3.0
    np.testing.assert_array_equal(kernel(array()), array(3))


def test_a_changed_attribute_of_a_class_or_module_is_seen(monkeypatch):
    of_class = kernel_of(lambda x: nl.multiply(x, Settings.scale))
    of_module = kernel_of(lambda x: nl.multiply(x, USER.SCALE))
    of_class(array()), of_module(array())
    assert recorded() == 2
    monkeypatch.setattr(Settings, "scale", 4.0)
    monkeypatch.setattr(USER, "SCALE", 6.0)
    np.testing.assert_array_equal(of_class(array()), array(4))
    np.testing.assert_array_equal(of_module(array()), array(6))


class Options(nl.NKIObject):
    by: float = 2.0

    def times(self, x):
        return nl.multiply(scaled(x), self.by)


def test_a_changed_global_of_a_method_of_an_argument_is_seen(monkeypatch):
    kernel = kernel_of(lambda x, options: options.times(x))
    kernel(array(), Options())
    assert recorded() == 1
    np.testing.assert_array_equal(kernel(array(), Options(3.0)), array(6))
    monkeypatch.setitem(globals(), "SCALE", 10.0)
    np.testing.assert_array_equal(kernel(array(), Options()), array(20))


def test_a_partial_function_is_a_kernel_too():
    def multiplied(x, by):
        nl.store(x, nl.multiply(nl.load(x), by))

    kernel, x = nki.jit(functools.partial(multiplied, by=3.0)), array()
    for expected in (3, 9, 27):
        kernel(x)
        np.testing.assert_array_equal(x, array(expected))
    assert recorded() == 1


def test_a_changed_default_is_seen():
    def body(x, by=2.0):
        return nl.multiply(x, by)

    kernel = kernel_of(body)
    kernel(array())
    body.__defaults__ = (8.0,)
    np.testing.assert_array_equal(kernel(array()), array(8))


@pytest.mark.parametrize("body", [
    lambda x: nl.multiply(x, TABLE[0]),
    lambda x: (print(end=""), x)[1],
    lambda x: nl.multiply(x, getattr(Settings, "scale")),
    lambda x: nl.multiply(x, float(np.random.default_rng(1).random())),
], ids=["a global list", "print", "getattr", "numpy.random"])
def test_a_kernel_that_sees_what_no_key_holds_is_traced_each_time(body):
    kernel_of(body)(array())
    assert recorded() == 0


def test_a_kernel_that_changes_what_it_sees_is_traced_each_time():
    count = 0

    @nki.jit
    def kernel(x):
        nonlocal count
        count += 1

    kernel(array())
    kernel(array())
    assert count == 2 and recorded() == 0


def test_control_flow_on_values_is_traced_each_time():
    def body(x):
        return nl.multiply(x, 2.0) if nl.greater(x, 0.0) else x

    kernel = kernel_of(body)
    np.testing.assert_array_equal(kernel(array(1)), array(2))
    np.testing.assert_array_equal(kernel(array(-1)), array(-1))
    assert recorded() == 0


def test_device_print_prints_at_each_call(capsys):
    def body(x):
        nl.device_print("here", x[0:1, 0:2])
        return x

    kernel = kernel_of(body)
    kernel(array(1)), kernel(array(4))
    told = capsys.readouterr().out
    assert told.count("here") == 2 and "[[1. 1.]]" in told and "[[4. 4.]]" in told


def test_constants_of_the_kernel_stay_in_a_replay():
    kernel = kernel_of(lambda x: nl.add(x, nl.load(nl.full(x.shape, 3.0, x.dtype, nl.hbm))))
    for value in (1, 2):
        np.testing.assert_array_equal(kernel(array(value)), array(value + 3))
    assert recorded() == 1


def test_results_may_lie_in_private_hbm_and_come_in_a_tree():
    @nki.jit
    def kernel(x):
        private = nl.ndarray(x.shape, x.dtype, buffer=nl.hbm)
        nl.store(private, nl.load(x))
        return {"all": private, "part": (private[0:2, 0:3], 5)}

    for value in (1, 2):
        result = kernel(array(value))
        np.testing.assert_array_equal(result["all"], array(value))
        np.testing.assert_array_equal(result["part"][0], array(value, (2, 3)))
        assert result["part"][1] == 5
    assert recorded() == 1


def test_few_programs_are_kept_the_latest_ones():
    kernel = kernel_of(scaled)
    for columns in range(1, 20):
        kernel(array(1, (32, columns)))
    assert recorded() == replays.KEPT
    assert replays.find(replays.key_of(kernel, (array(1, (32, 19)),), {})) is not None


def test_a_kept_program_does_not_hold_the_callers_arrays():
    kernel = kernel_of(scaled)
    for _ in range(2):
        given = array()
        still_there = weakref.ref(given)
        kernel(given)
        del given
        assert still_there() is None


def test_a_fault_in_a_replay_names_the_kernel_line():
    def body(x, rows):
        tile = nl.ndarray((4, 8), nl.float32)
        nisa.dma_copy(tile, x.ap([[8, 4], [1, 8]], vector_offset=nl.load(rows)))
        return tile

    @nki.jit
    def gather(x, rows):
        out = nl.ndarray((4, 8), nl.float32, buffer=nl.shared_hbm)
        nl.store(out, body(x, rows))
        return out

    rows = np.array([[0], [1], [2], [31]], np.int32)
    gather(array(), rows)
    assert recorded() == 1
    with pytest.raises(_core.Fault) as caught:
        gather(array(), rows + 1)
    assert caught.value.file == __file__
    np.testing.assert_array_equal(gather(array(2), rows), array(2, (4, 8)))
