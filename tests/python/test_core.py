# SPDX-License-Identifier: Apache-2.0
"""The extension module: tensors, registers, instruction calls, faults, replay."""

import signal
import threading

import numpy as np
import pytest

from trainyard import _core

isa = _core.isa


@pytest.fixture(name="session")
def running_session():
    session = _core.Session("trn3", kernel="test")
    session.enter()
    yield session
    session.exit()


def add_kernel(session, a, b):
    ta, tb = (session.input(x, x.shape, x.dtype, n) for x, n in ((a, "a"), (b, "b")))
    out = session.ndarray(a.shape, "float32", "shared_hbm", "out")
    sa, sb = (session.ndarray(a.shape, "float32", "sbuf") for _ in range(2))
    isa.dma_copy(dst=sa, src=ta)
    isa.dma_copy(sb, tb)
    isa.tensor_tensor(sa, sa, sb, "add")
    isa.dma_copy(dst=out, src=sa)
    return out


def random_inputs(seed):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((128, 512), dtype=np.float32) for _ in range(2)]


def test_a_tensor_add_gives_numpys_sum_and_a_result(session):
    a, b = random_inputs(1)
    out = add_kernel(session, a, b)
    np.testing.assert_array_equal(session.array(out).view(np.float32), a + b)
    result = _core.finish([session])
    assert result.instructions == 4 and result.time_us > 0 and result.energy_j > 0
    assert "test on trn3" in result.text() and '"kernel"' in result.json()


def test_a_replay_takes_new_inputs_and_gives_the_same_bits_as_a_trace(session):
    out = add_kernel(session, *random_inputs(1))
    _core.finish([session])
    a, b = random_inputs(2)
    _core.replay([session], [a, b])
    np.testing.assert_array_equal(session.array(out).view(np.float32), a + b)


def test_views_have_the_documented_shapes_and_patterns(session):
    t = session.ndarray((64, 64, 64), "float32", "sbuf", name="t")
    assert t[0, 0, 10].shape == (1, 1) and t[:, 0, 10].shape == (64, 1)
    assert t[:, 0].shape == (64, 64) and t[..., ::2].shape == (64, 64, 32)
    assert t.strides == (4096, 64, 1) and t.offset == 0 and t.size == 64**3 and t.ndim == 3
    u = t[:, 1, 8:24]
    assert u.get_pattern() == [[4096, 64], [1, 16]] and u.offset == 72
    assert t.reshape((64, 4096)).shape == t.reshape(64, -1).shape == (64, 4096)
    assert t.reshape(new_shape=(64, 2, 32, 64)).shape == (64, 2, 32, 64)
    w = t.reshape((64, 4096)).rearrange(("p", ("h", "w")), ("p", "w", "h"), {"h": 64})
    assert w.strides == (4096, 1, 64)
    assert t.view("uint8").shape == (64, 64, 256) and t.view("uint8").base_tensor is t
    assert t and t.base_tensor is t and t.name == "t" and not t.is_indirect()


def test_registers_steer_slices_and_python(session):
    t = session.ndarray((128, 8), "float32", "sbuf")
    isa.memset(t, 0.0)
    r = isa.register_alloc(3)
    isa.memset(t[:, _core.DynamicSlice(r, 2)], 5.0)
    isa.register_move(r, imm=6)
    isa.memset(t[:, _core.DynamicSlice(r, 1)], 7.0)
    data, shape, dtype = session.read(t)
    row = np.frombuffer(data, dtype).reshape(shape)[0]
    assert row.tolist() == [0, 0, 0, 5, 5, 0, 7, 0]
    assert int(r) == 6 and not session.data_dependent


def test_control_flow_on_memory_makes_the_program_data_dependent(session):
    t = session.ndarray((1, 1), "int32", "sbuf")
    isa.memset(t, 4)
    r = isa.register_alloc(t)
    assert not session.data_dependent
    assert list(range(r)) == [0, 1, 2, 3]
    assert session.data_dependent


def told(session, call, **attributes):
    with pytest.raises(_core.Fault) as caught:
        call()
    for name, value in attributes.items():
        assert getattr(caught.value, name) == value
    assert caught.value.file == __file__ and caught.value.line > 0
    return str(caught.value)


def test_faults_name_instruction_operand_rule_and_line(session):
    t = session.ndarray((128, 512), "float32", "sbuf")
    assert "src" in told(session, lambda: isa.tensor_copy(dst=t), instruction="tensor_copy",
                         operand="src", kind=1)
    assert "did you mean src" in told(session, lambda: isa.tensor_copy(dst=t, sorce=t))
    assert "twice" in told(session, lambda: isa.tensor_copy(t, t, dst=t), operand="dst")
    assert "ndarray" in told(session, lambda: isa.tensor_copy(t, np.ones(3)), operand="src")
    assert "register" in told(session, lambda: isa.tensor_copy(t, isa.register_alloc(1)))
    assert "added" in told(session, lambda: isa.tensor_tensor(t, t, t, op="added"), operand="op")
    assert "600" in told(session, lambda: t[:, 512:600])
    assert "float33" in told(session, lambda: session.ndarray((1, 1), "float33", "sbuf"))
    r = isa.register_alloc(500)
    text = told(session, lambda: isa.tensor_copy(t[:, 0:64], t[:, _core.DynamicSlice(r, 64)]))
    assert "512" in text and "bounds" in text


def test_unknown_keywords_are_ignored_only_when_asked(session):
    t = session.ndarray((128, 8), "float32", "sbuf")
    isa.memset(t, 1.0)
    told(session, lambda: isa.tensor_copy(t, t, dtype="float32"))
    session.ignore_unknown_keywords = True
    isa.tensor_copy(t, t, dtype="float32")


def test_a_tensor_of_another_kernel_call_is_refused(session):
    other = _core.Session("trn3")
    foreign = other.ndarray((128, 8), "float32", "sbuf")
    t = session.ndarray((128, 8), "float32", "sbuf")
    assert "another kernel" in told(session, lambda: isa.tensor_copy(t, foreign))


def test_outside_of_a_kernel_instructions_are_refused():
    with pytest.raises(_core.Fault, match="running kernel"):
        isa.register_alloc(1)


def test_ctrl_c_ends_a_long_trace(session):
    t = session.ndarray((1, 8), "float32", "sbuf")
    # Tests run in the background inherit that SIGINT is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()
        with pytest.raises(KeyboardInterrupt):
            for _ in range(10_000_000):
                isa.memset(t, 0.0)
    finally:
        signal.signal(signal.SIGINT, before)
