# SPDX-License-Identifier: Apache-2.0
"""nki.collectives on virtual ranks, compared with NumPy."""

import json

import nki
import nki.collectives as ncc
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
from trainyard import _core, ranks, runs

RANKS = [2, 8, 64]


def arrays(count, shape=(8, 64), dtype=np.float32, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(dtype) for _ in range(count)]


def everyone(count):
    return ncc.ReplicaGroup([list(range(count))])


def output(shape, dtype=nl.float32):
    return nl.ndarray(shape, dtype=dtype, buffer=nl.shared_hbm)


def run(body, inputs, cores=1):
    return ranks.run(nki.jit(body), [(x,) for x in inputs], cores)


@pytest.mark.parametrize("count", RANKS)
@pytest.mark.parametrize("op, reduced", [(nl.add, None), (nl.minimum, np.minimum.reduce),
                                         (nl.maximum, np.maximum.reduce)])
def test_all_reduce(count, op, reduced):
    def kernel(x):
        out = output(x.shape)
        ncc.all_reduce([x], [out], everyone(count), op)
        return out

    inputs = arrays(count)
    expected = inputs[0].copy()
    for x in inputs[1:]:  # in the order of the ranks, in float32
        expected = expected + x if reduced is None else reduced([expected, x])
    for result in run(kernel, inputs):
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("count", RANKS)
def test_all_gather(count):
    def kernel(x):
        out = output((count * x.shape[0], x.shape[1]))
        ncc.all_gather([x], [out], everyone(count), collective_dim=0)
        return out

    inputs = arrays(count)
    for result in run(kernel, inputs):
        np.testing.assert_array_equal(result, np.concatenate(inputs))


@pytest.mark.parametrize("count", RANKS)
def test_reduce_scatter(count):
    def kernel(x):
        out = output((x.shape[0] // count, x.shape[1]))
        ncc.reduce_scatter([x], [out], everyone(count), collective_dim=0, op=nl.add)
        return out

    inputs = arrays(count, (64, 16))
    expected = np.split(sum(inputs[1:], inputs[0]), count)
    for rank, result in enumerate(run(kernel, inputs)):
        np.testing.assert_array_equal(result, expected[rank])


@pytest.mark.parametrize("count", RANKS)
def test_all_to_all(count):
    def kernel(x):
        out = output(x.shape)
        ncc.all_to_all([x], [out], everyone(count), collective_dim=0)
        return out

    inputs = arrays(count, (64, 16))
    parts = [np.split(x, count) for x in inputs]
    for rank, result in enumerate(run(kernel, inputs)):
        np.testing.assert_array_equal(result, np.concatenate([part[rank] for part in parts]))


def test_groups_are_apart_from_each_other():
    groups = [[0, 2, 4, 6], [7, 5, 3, 1]]

    def kernel(x):
        out = output((4 * x.shape[0], x.shape[1]))
        ncc.all_gather([x], [out], ncc.ReplicaGroup(groups), collective_dim=0)
        return out

    inputs = arrays(8)
    for rank, result in enumerate(run(kernel, inputs)):
        group = groups[rank % 2]
        np.testing.assert_array_equal(result, np.concatenate([inputs[member] for member in group]))


def test_several_tensors_at_once_and_other_types():
    def kernel(x):
        counts = nl.ndarray((4, 4), dtype=nl.int32, buffer=nl.sbuf)
        nisa.memset(dst=counts, value=2**30)
        ints = output((4, 4), nl.int32)
        nisa.dma_copy(dst=ints, src=counts)
        out, total = output(x.shape, nl.bfloat16), output((4, 4), nl.int32)
        ncc.all_reduce([x, ints], [out, total], everyone(2), nl.add)
        return out, total

    inputs = arrays(2, dtype=nl.bfloat16.dtype)
    expected = (inputs[0].astype(np.float32) + inputs[1]).astype(inputs[0].dtype)
    for result, total in run(kernel, inputs):
        np.testing.assert_array_equal(result, expected)
        assert (total == 2**31 - 1).all()  # whole numbers saturate


@pytest.mark.parametrize("dim", [0, 1])
def test_all_gather_in_sbuf(dim):
    def kernel(x):
        rows, columns = x.shape
        mine = nl.ndarray((rows, columns), dtype=x.dtype, buffer=nl.sbuf)
        shape = (2 * rows, columns) if dim == 0 else (rows, 2 * columns)
        whole = nl.ndarray(shape, dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(dst=mine, src=x)
        ncc.all_gather([mine], [whole], everyone(2), collective_dim=dim)
        out = output(shape)
        nisa.dma_copy(dst=out, src=whole)
        return out

    inputs = arrays(2)
    for result in run(kernel, inputs):
        np.testing.assert_array_equal(result, np.concatenate(inputs, axis=dim))


@pytest.mark.parametrize("count", RANKS)
def test_a_ring_passes_every_ranks_data_round(count):
    """The all-gather that the reference of the ring describes: compute on what is here, pass on."""
    def kernel(x):
        out = output((count, *x.shape))
        here, there = output(x.shape), output(x.shape)
        tile = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(dst=tile, src=x)
        nisa.dma_copy(dst=here, src=tile)
        for step in range(count):
            rank = ncc.collective_permute_implicit_current_processing_rank_id(
                step, everyone(count))
            nisa.dma_copy(dst=tile, src=here)
            nisa.dma_copy(dst=out[rank], src=tile)
            if step < count - 1:
                ncc.collective_permute_implicit([[here]], [[there]], everyone(count))
                here, there = there, here
        return out

    inputs = arrays(count, (4, 8))
    for result in run(kernel, inputs):
        np.testing.assert_array_equal(result, np.stack(inputs))


def test_a_ring_that_reduces():
    def kernel(x):
        out = output(x.shape)
        ncc.collective_permute_implicit_reduce([[x]], [[x]], [[out]], everyone(4), nl.add)
        return out

    inputs = arrays(4)
    for rank, result in enumerate(run(kernel, inputs)):
        np.testing.assert_array_equal(result, 2 * inputs[rank - 1])


def test_pairs_send_where_they_say():
    def kernel(x):
        out = output(x.shape)
        tile = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.sbuf)
        nisa.memset(dst=tile, value=0.0)
        nisa.dma_copy(dst=out, src=tile)
        ncc.collective_permute([x], [out], [(0, 2), (2, 1)])
        return out

    inputs = arrays(4)
    got = run(kernel, inputs)
    np.testing.assert_array_equal(got[2], inputs[0])
    np.testing.assert_array_equal(got[1], inputs[2])
    assert not got[0].any() and not got[3].any()


def test_a_pair_pays_for_its_two_ends_of_the_link():
    def kernel(x):
        out = output(x.shape)
        ncc.collective_permute([x], [out], [(0, 8)])
        return x

    seen = []
    runs.on_finish = seen.append
    try:
        run(kernel, arrays(9, (128, 64)))
    finally:
        runs.on_finish = None
    joules = [core["energy"]["components"]["link"]["energy_j"]
              for core in json.loads(seen[0].json())["cores"]]
    assert joules[0] == joules[8] == pytest.approx(128 * 64 * 4 * 8 * 3e-12)  # machines/trn3.toml
    assert not any(joules[1:8])


@pytest.mark.parametrize("count", RANKS)
def test_all_to_all_v_with_uneven_counts(count):
    slot = 8

    def kernel(x, table):
        out = output((count * slot,))
        ncc.all_to_all_v([x], [out], everyone(count), table)
        return out, table

    rng = np.random.default_rng(3)
    counts = rng.integers(0, slot + 1, (count, count))
    inputs, tables = [], []
    for rank in range(count):
        table = np.zeros((3, count), np.uint32)
        table[0], table[1] = counts[rank], np.arange(count) * slot
        inputs.append(rng.standard_normal(count * slot).astype(np.float32))
        tables.append(table)
    got = ranks.run(nki.jit(kernel), list(zip(inputs, tables)))
    for rank, (result, table) in enumerate(got):
        for sender in range(count):
            n = counts[sender][rank]
            np.testing.assert_array_equal(
                result[sender * slot:sender * slot + n],
                inputs[sender][rank * slot:rank * slot + n])
            assert np.isnan(result[sender * slot + n:(sender + 1) * slot]).all()
        np.testing.assert_array_equal(np.asarray(table)[2], counts[:, rank])


def test_all_gather_v_with_uneven_counts():
    def kernel(x, table):
        out = output((4 * 16,))
        ncc.all_gather_v([x], [out], everyone(4), table)
        return out

    inputs = arrays(4, (20,))
    tables = [np.array([[3 * r] + [0] * 3, [r] + [0] * 3, [0] * 4], np.uint32) for r in range(4)]
    for result in ranks.run(nki.jit(kernel), list(zip(inputs, tables))):
        for sender in range(4):
            np.testing.assert_array_equal(result[16 * sender:16 * sender + 3 * sender],
                                          inputs[sender][sender:4 * sender])


def test_counts_beyond_the_tensor_are_told():
    def kernel(x, table):
        out = output((16,))
        ncc.all_to_all_v([x], [out], everyone(2), table)
        return out

    table = np.array([[4, 20], [0, 8], [0, 0]], np.uint32)
    with pytest.raises(_core.Fault, match="sends 8 to 28 of 16 elements"):
        ranks.run(nki.jit(kernel), [(x, table.copy()) for x in arrays(2, (16,))])


def test_a_rank_that_never_arrives_is_named_with_the_line():
    def kernel(x):
        out = output(x.shape)
        if ranks_of(x) != 5:
            ncc.all_reduce([x], [out], everyone(8), nl.add)
        return out

    def ranks_of(x):
        return _core.current_session_or_none().rank_place[0]

    with pytest.raises(_core.Fault, match="waits for rank 5.*rank 5 has ended") as caught:
        run(kernel, arrays(8))
    assert caught.value.file == __file__ and caught.value.line > 0


def test_different_collectives_do_not_meet():
    def kernel(x):
        out = output(x.shape)
        if _core.current_session_or_none().rank_place[0] == 0:
            ncc.all_reduce([x], [out], everyone(2), nl.add)
        else:
            ncc.all_to_all([x], [out], everyone(2), collective_dim=0)
        return out

    with pytest.raises(_core.Fault, match="rank 0 waits for rank 1.*waits at"):
        run(kernel, arrays(2))


def test_ranks_of_two_cores_each():
    def kernel(x):
        """Core c of every rank reduces half c."""
        out = output(x.shape)
        half = x.shape[0] // 2
        mine = slice(nl.program_id(0) * half, (nl.program_id(0) + 1) * half)
        ncc.all_reduce([x[mine]], [out[mine]], everyone(4), nl.add)
        nisa.core_barrier(data=out, cores=(0, 1))
        return out

    inputs = arrays(4)
    expected = sum(inputs[1:], inputs[0])
    for result in run(kernel, inputs, cores=2):
        np.testing.assert_array_equal(result, expected)


def test_a_kernel_alone_is_a_group_of_one():
    @nki.jit
    def kernel(x):
        out = output(x.shape)
        ncc.all_reduce([x], [out], everyone(1), nl.add)
        return out

    x = arrays(1)[0]
    np.testing.assert_array_equal(kernel(x), x)


def test_ranks_that_were_not_launched_are_told():
    @nki.jit
    def kernel(x):
        out = output(x.shape)
        ncc.all_reduce([x], [out], everyone(2), nl.add)
        return out

    with pytest.raises(_core.Fault, match="names rank 1, there are 1"):
        kernel(arrays(1)[0])


def time_of(count, elements, times=1):
    seen = []
    runs.on_finish = seen.append
    try:
        def kernel(x):
            outs = [output(x.shape) for _ in range(times)]
            for out in outs:
                ncc.all_reduce([x], [out], everyone(count), nl.add)
            return outs

        run(kernel, [np.ones((elements // 128, 128), np.float32)] * count)
    finally:
        runs.on_finish = None
    return seen[0].time_us


def test_time_grows_with_bytes_and_with_ranks():
    small, large = time_of(4, 1 << 10), time_of(4, 1 << 20)
    # Reduce and gather move 3/4 of 4 MiB each at link.rank_bandwidth (101 GB/s on trn3), in four
    # hops of 1.5 us (halving and doubling) where 4 KiB take two (mesh), each with the trigger and
    # the completion of a DMA.
    moved = 1.5 * ((4 << 20) - (4 << 10))
    hops = 4 * 1.5 - 2 * (1.5 + 1.34 + 0.37)
    assert large - small == pytest.approx(moved / 101e3 + hops, rel=0.01)
    assert time_of(8, 1 << 20) > large


def test_collectives_that_are_on_their_way_together_take_turns_on_the_links():
    moved = 1.5 * (4 << 20) / 101e3
    one, two = time_of(4, 1 << 20), time_of(4, 1 << 20, times=2)
    assert two - one == pytest.approx(moved, rel=0.01)  # the steps of the second hide


def test_sixty_four_ranks_stay_within_8_gb():
    import resource
    test_all_reduce(64, nl.add, None)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 8e6  # KiB


def test_ranks_with_tensors_of_different_size_are_told():
    def kernel(x):
        out = output(x.shape)
        ncc.all_reduce([x], [out], everyone(2), nl.add)
        return out

    with pytest.raises(_core.Fault, match="takes .* bytes of rank ., which sent"):
        run(kernel, [np.ones((4, 8), np.float32), np.ones((2, 8), np.float32)])


def test_kinds_and_groups_are_told_apart():
    """Where their channels were one, rank 1 met the others once more than they met it."""
    def kernel(x):
        out, last = output(x.shape), output(x.shape)
        ncc.collective_permute_implicit_reduce([[x]], [[x]], [[out]],
                                               ncc.ReplicaGroup([[2, 1], [0]]), nl.add)
        nisa.dma_copy(dst=last, src=out)
        ncc.collective_permute([x], [last], [(0, 1)])
        return out, last

    inputs = arrays(3)
    got = run(kernel, inputs)
    np.testing.assert_array_equal([out for out, _ in got], [2 * inputs[r] for r in (0, 2, 1)])
    np.testing.assert_array_equal(got[1][1], inputs[0])
