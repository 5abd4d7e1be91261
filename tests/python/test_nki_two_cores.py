# SPDX-License-Identifier: Apache-2.0
"""Kernels on the two physical cores of a logical one (LNC 2)."""

import json

import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
from trainyard import _core, runs

ROWS, COLUMNS = 256, 128
HALF = ROWS // 2


def array(seed=0):
    return np.random.default_rng(seed).standard_normal((ROWS, COLUMNS)).astype(np.float32)


def tile(dtype=nl.float32):
    return nl.ndarray((HALF, COLUMNS), dtype=dtype, buffer=nl.sbuf)


def half(core):
    return slice(core * HALF, (core + 1) * HALF)


@nki.jit
def doubled(x):
    """Each core has its half of the rows."""
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    mine, rows = half(nl.program_id(0)), tile()
    for core in range(2 // nl.num_programs()):
        mine = half(nl.program_id(0) + core)
        nisa.dma_copy(dst=rows, src=x[mine])
        nisa.tensor_scalar(dst=rows, data=rows, op0=nl.multiply, operand0=2.0)
        nisa.dma_copy(dst=out[mine], src=rows)
    return out


@nki.jit
def sum_of_halves(x):
    """Both cores get the other's half and hold the sum."""
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    me = nl.program_id(0)
    mine, other = tile(), tile()
    nisa.dma_copy(dst=mine, src=x[half(me)])
    nisa.sendrecv(src=mine, dst=other, send_to_rank=1 - me, recv_from_rank=1 - me, pipe_id=0)
    nisa.tensor_tensor(dst=mine, data1=mine, data2=other, op=nl.add)
    nisa.dma_copy(dst=out[half(me)], src=mine)
    return out


@nki.jit
def swapped_through_hbm(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    between = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    me, rows = nl.program_id(0), tile()
    nisa.dma_copy(dst=rows, src=x[half(me)])
    nisa.dma_copy(dst=between[half(me)], src=rows)
    nisa.core_barrier(data=between, cores=(0, 1))
    nisa.dma_copy(dst=rows, src=between[half(1 - me)])
    nisa.dma_copy(dst=out[half(me)], src=rows)
    return out


@pytest.fixture
def seen():
    results, runs.on_finish = [], None
    runs.on_finish = results.append
    yield results
    runs.on_finish = None


def test_each_core_writes_its_part_of_one_output():
    np.testing.assert_array_equal(doubled[2](array()), 2 * array())
    np.testing.assert_array_equal(doubled(array()), 2 * array())


def test_two_cores_take_less_time_than_one(seen):
    doubled(array())
    doubled[2](array())
    assert seen[1].time_us < seen[0].time_us


def test_sendrecv_exchanges_tiles():
    x = array()
    total = x[:HALF] + x[HALF:]
    np.testing.assert_array_equal(sum_of_halves[2](x), np.concatenate([total, total]))


def test_after_a_barrier_a_core_reads_what_the_other_wrote():
    x = array()
    for _ in range(2):  # traced, replayed
        np.testing.assert_array_equal(swapped_through_hbm[2](x),
                                      np.concatenate([x[HALF:], x[:HALF]]))


def test_a_replay_takes_new_inputs_and_has_the_time_of_the_trace(seen):
    first, second = array(1), array(2)
    sum_of_halves[2](first)
    got = sum_of_halves[2](second)
    np.testing.assert_array_equal(got[:HALF], second[:HALF] + second[HALF:])
    sum_of_halves[2](first)
    assert len({result.time_us for result in seen}) == 1
    assert seen[0].hash() == seen[2].hash() != seen[1].hash()


def test_the_cores_advance_together():
    """Both write zeros everywhere, then each its half, with no barrier (nki-surface.md 4.6)."""
    @nki.jit
    def careless(x):
        out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
        zeros, rows = tile(), tile()
        nisa.memset(dst=zeros, value=0.0)
        for core in range(2):
            nisa.dma_copy(dst=out[half(core)], src=zeros)
        mine = half(nl.program_id(0))
        nisa.dma_copy(dst=rows, src=x[mine])
        nisa.dma_copy(dst=out[mine], src=rows)
        return out

    np.testing.assert_array_equal(careless[2](array()), array())


def test_a_core_that_never_arrives_is_named_with_the_line_that_waits():
    @nki.jit
    def lonely(x):
        out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
        if nl.program_id(0) == 0:
            nisa.core_barrier(data=out, cores=(0, 1))
        return out

    with pytest.raises(_core.Fault, match="core 0 waits for core 1.*core 1 has ended") as caught:
        lonely[2](array())
    assert caught.value.kind == 1 and caught.value.file == __file__


def test_cores_that_wait_for_each_other_are_told_of():
    @nki.jit
    def crossed(x):
        a, b = tile(), tile()
        me = nl.program_id(0)
        nisa.dma_copy(dst=a, src=x[half(0)])
        for pipe in ((0, 1) if me == 0 else (1, 0)):
            nisa.sendrecv(src=a, dst=b, send_to_rank=1 - me, recv_from_rank=1 - me, pipe_id=pipe)
        return x

    with pytest.raises(_core.Fault, match="core 0 waits for core 1.*core 1 waits at"):
        crossed[2](array())


def test_an_error_of_one_core_ends_the_other():
    @nki.jit
    def broken(x):
        out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
        if nl.program_id(0) == 1:
            raise ZeroDivisionError("of core 1")
        nisa.core_barrier(data=out, cores=(0, 1))
        return out

    with pytest.raises(ZeroDivisionError, match="of core 1"):
        broken[2](array())
    np.testing.assert_array_equal(doubled[2](array()), 2 * array())


def test_shared_tensors_of_different_size_are_refused():
    @nki.jit
    def different(x):
        rows = 128 * (1 + nl.program_id(0))
        out = nl.ndarray((rows, 8), dtype=x.dtype, buffer=nl.shared_hbm)
        nisa.core_barrier(data=out, cores=(0, 1))
        return out

    with pytest.raises(_core.Fault, match="same shared tensors in the same order"):
        different[2](array())


def test_what_only_two_cores_can_do_needs_two():
    with pytest.raises(_core.Fault, match=r"kernel\[2\]"):
        sum_of_halves(array())
    with pytest.raises(_core.Fault, match="launched on 3 cores"):
        doubled[3](array())


def test_trainium1_has_no_logical_cores(monkeypatch):
    monkeypatch.setenv("NEURON_PLATFORM_TARGET_OVERRIDE", "trn1")
    with pytest.raises(_core.Fault, match="no logical cores"):
        doubled[2](array())


def test_private_tensors_are_each_cores_own():
    @nki.jit
    def private(x):
        out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
        own = nl.ndarray((HALF, COLUMNS), dtype=x.dtype, buffer=nl.private_hbm)
        me, rows = nl.program_id(0), tile()
        nisa.memset(dst=rows, value=float(me + 1))
        nisa.dma_copy(dst=own, src=rows)
        nisa.core_barrier(data=out, cores=(0, 1))
        nisa.dma_copy(dst=out[half(me)], src=own)
        return out

    result = private[2](array())
    assert (result[:HALF] == 1).all() and (result[HALF:] == 2).all()


def test_the_result_tells_of_both_cores(seen, tmp_path):
    sum_of_halves[2](array(7))
    result = json.loads(seen[0].json())
    assert [core["core"] for core in result["cores"]] == [0, 1]
    assert {core["time_us"] for core in result["cores"]} == {result["time_us"]}
    total = sum(core["energy_j"] for core in result["cores"])
    assert result["energy_j"] == pytest.approx(total, rel=1e-12)
    assert "2 NeuronCores as one" in seen[0].text()
    seen[0].write_trace(str(tmp_path / "two.pftrace"))
    assert (tmp_path / "two.pftrace").stat().st_size > 1000


def test_the_core_that_comes_first_waits_for_the_other(seen):
    @nki.jit
    def uneven(x):
        out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
        rows = tile()
        nisa.memset(dst=rows, value=0.0)
        if nl.program_id(0) == 1:
            for _ in range(200):
                nisa.tensor_scalar(dst=rows, data=rows, op0=nl.add, operand0=1.0)
            nisa.dma_copy(dst=out[half(1)], src=rows)
        nisa.core_barrier(data=out, cores=(0, 1))
        nisa.dma_copy(dst=rows, src=out[half(1)])
        nisa.dma_copy(dst=out[half(0)], src=rows)
        return out

    assert (uneven[2](array()) == 200).all()
    first, second = json.loads(seen[0].json())["cores"]
    waits = {stall["reason"]: stall["waited_us"] for stall in first["stalls"]}
    assert waits["core"] > 10
    assert "core" not in {stall["reason"] for stall in second["stalls"]}
