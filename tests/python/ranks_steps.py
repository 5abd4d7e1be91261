# SPDX-License-Identifier: Apache-2.0
"""The steps of random_ranks.py: each adds calls of some places to a plan and does to the mirrors
what they do."""

import numpy as np
from ranks_calls import Call, Part, Register
from reference import collectives
from reference.formats import FLOATS, INTEGERS
from trainyard.nki.collectives import ReplicaGroup

ALL = FLOATS + INTEGERS
HBM = ["shared_hbm", "private_hbm"]
REDUCTIONS = ["add", "minimum", "maximum"]


def add(plan):
    """One more step that the plan's ranks and machine can do."""
    able = list(COLLECTIVES)
    if plan.machine != "trn1":
        able += WITH_COUNTS
    if plan.cores == 2:
        able += 3 * BETWEEN_CORES
    if plan.rng.random() < 0.3:
        delay(plan)
    plan.pick(able)(plan)


def delay(plan):
    """Some places come later to what follows."""
    tile = plan.some((1, 8), "float32", "sbuf")
    step = {}
    for place in plan.places:
        value = float(plan.rng.integers(-9, 10))
        count = int(plan.rng.integers(0, 4)) * int(plan.rng.integers(0, 6))
        step[place] = [Call("isa", "memset", {"dst": Part(tile), "value": value})] * count
        if count:
            tile.values[place] = np.full((1, 8), value, np.float32)
    plan.steps.append(step)


def sendrecv(plan):
    rng, dtype = plan.rng, plan.pick(ALL)
    shape = (int(rng.choice([1, 5, 32, 128])), int(rng.choice([1, 4, 16, 300])))
    src, dst = plan.some(shape, dtype, "sbuf"), plan.some(shape, dtype, "sbuf")
    width = int(rng.integers(1, shape[1] + 1))
    of, to = (slice(first, first + width) for first in rng.integers(0, shape[1] - width + 1, 2))
    engine = plan.pick([{}, {"dma_engine": "gpsimd_dma" if width <= 256 else "dma"}])
    pipe, step, before = int(rng.integers(0, 4)), {}, dict(src.values)
    for rank in range(plan.ranks):
        if rng.random() < 0.1:
            continue
        alone = rng.random() < 0.1     # each core sends to itself
        for core in range(2):
            other = core if alone else 1 - core
            number = plan.pick([other, Register(other)])
            step[rank, core] = [Call("isa", "sendrecv", dict(
                src=Part(src, of), dst=Part(dst, to), send_to_rank=number,
                recv_from_rank=other, pipe_id=pipe, **engine))]
            out = dst.values[rank, core].copy()
            out[:, to] = before[rank, other][:, of]
            dst.values[rank, core] = out
    plan.steps.append(step)


def exchange_in_hbm(plan):
    """Each core writes its rows of a shared tensor and reads the other's after a barrier."""
    dtype, shape = plan.pick(ALL), (int(plan.rng.choice([1, 16, 128])), 8)
    src, dst = plan.some(shape, dtype, "sbuf"), plan.some(shape, dtype, "sbuf")
    between = plan.empty(shape, dtype, "shared_hbm")
    before, step = dict(src.values), {}
    for rank, core in plan.places:
        both = plan.pick([(0, 1), (1, 0)])
        step[rank, core] = [
            Call("isa", "dma_copy", {"dst": Part(between), "src": Part(src)}),
            Call("isa", "core_barrier", {"data": Part(between, whole=True), "cores": both}),
            Call("isa", "dma_copy", {"dst": Part(dst), "src": Part(between, core=1 - core)})]
        dst.values[rank, core] = before[rank, 1 - core]
    plan.steps.append(step)


def groups_of(plan):
    """Groups of one size that have every rank once, in any order."""
    size = plan.pick([n for n in range(1, plan.ranks + 1) if plan.ranks % n == 0])
    order = [int(rank) for rank in plan.rng.permutation(plan.ranks)]
    return [order[i:i + size] for i in range(0, plan.ranks, size)], size


def taking_part(plan, groups):
    """(core, group) that come: not always all."""
    everyone = [(core, group) for core in range(plan.cores) for group in groups]
    some = [one for one in everyone if plan.rng.random() < 0.9]
    return some or everyone


def collective(plan, function, groups, arguments, result):
    """`arguments` of every place; result(core, group, position) gives its new mirrors, as pairs of
    family and values, which all see the values before."""
    step, after = {}, []
    for core, group in taking_part(plan, groups):
        for position, rank in enumerate(group):
            step[rank, core] = [Call("ncc", function, arguments)]
            after += [(family, (rank, core), values)
                      for family, values in result(core, group, position)]
    for family, place, values in after:
        family.values[place] = values
    plan.steps.append(step)


def members(family, core, group):
    return [family.values[rank, core] for rank in group]


def tensors(plan, shape_in, shape_out, sbuf):
    """Lists of sources and of destinations of one memory; several only in HBM."""
    count = int(plan.rng.choice([1, 1, 2, 3]))
    buffer = plan.pick(HBM + ["sbuf"]) if sbuf and count == 1 else None
    srcs, dsts = [], []
    for _ in range(count):
        dtype = plan.pick(ALL)
        srcs.append(plan.some(shape_in, dtype, buffer or plan.pick(HBM)))
        dsts.append(plan.some(shape_out, dtype, buffer or plan.pick(HBM)))
    return srcs, dsts, {"srcs": [Part(s) for s in srcs], "dsts": [Part(d) for d in dsts]}


def all_reduce(plan):
    groups, _ = groups_of(plan)
    shape, op = plan.pick([(4, 8), (16, 4), (128, 3)]), plan.pick(REDUCTIONS)
    srcs, dsts, both = tensors(plan, shape, shape, True)
    collective(plan, "all_reduce", groups, dict(both, replica_group=ReplicaGroup(groups), op=op),
               lambda core, group, _: [
                   (d, collectives.reduce(members(s, core, group), op, s.dtype))
                   for s, d in zip(srcs, dsts)])


def all_gather(plan):
    groups, size = groups_of(plan)
    rows, columns, dim = plan.pick([1, 4, 16]), plan.pick([4, 8]), 0
    whole = (rows * size, columns)
    srcs, dsts, both = tensors(plan, (rows, columns), whole, True)
    if srcs[0].buffer == "sbuf" and plan.rng.random() < 0.5:
        dim, dsts = 1, [plan.some((rows, columns * size), srcs[0].dtype, "sbuf")]
        both["dsts"] = [Part(dsts[0])]
    collective(plan, "all_gather", groups,
               dict(both, replica_group=ReplicaGroup(groups), collective_dim=dim),
               lambda core, group, _: [
                   (d, collectives.all_gather(members(s, core, group), dim))
                   for s, d in zip(srcs, dsts)])


def reduce_scatter(plan):
    groups, size = groups_of(plan)
    rows, columns, op = plan.pick([1, 4, 16]), plan.pick([4, 8]), plan.pick(REDUCTIONS)
    srcs, dsts, both = tensors(plan, (rows * size, columns), (rows, columns), True)
    collective(plan, "reduce_scatter", groups,
               dict(both, replica_group=ReplicaGroup(groups), collective_dim=0, op=op),
               lambda core, group, position: [
                   (d, collectives.reduce_scatter(members(s, core, group), op, s.dtype, position))
                   for s, d in zip(srcs, dsts)])


def all_to_all(plan):
    groups, size = groups_of(plan)
    shape = (plan.pick([1, 4]) * size, plan.pick([4, 8]))
    srcs, dsts, both = tensors(plan, shape, shape, False)
    collective(plan, "all_to_all", groups,
               dict(both, replica_group=ReplicaGroup(groups), collective_dim=0),
               lambda core, group, position: [
                   (d, collectives.all_to_all(members(s, core, group), position))
                   for s, d in zip(srcs, dsts)])


def collective_permute(plan):
    dtype, shape, count = plan.pick(ALL), (4, 8), int(plan.rng.integers(1, plan.ranks + 1))
    src, dst = (plan.some(shape, dtype, plan.pick(HBM)) for _ in range(2))
    pairs = [(int(s), int(t)) for s, t in zip(plan.rng.permutation(plan.ranks)[:count],
                                              plan.rng.permutation(plan.ranks)[:count])]
    before = dict(src.values)
    call = Call("ncc", "collective_permute", {"srcs": [Part(src)], "dsts": [Part(dst)],
                                              "source_target_pairs": pairs})
    plan.steps.append(dict.fromkeys(plan.places, [call]))
    for source, target in pairs:
        for core in range(plan.cores):
            dst.values[target, core] = before[source, core]


def ring(plan):
    """One tensor a channel, each in a memory of its own."""
    groups, _ = groups_of(plan)
    count, op, shape = int(plan.rng.integers(1, 4)), plan.pick(REDUCTIONS), (4, 8)
    srcs, others, dsts = [], [], []
    for _ in range(count):
        dtype, buffer = plan.pick(ALL), plan.pick(HBM + ["sbuf"])
        srcs.append(plan.some(shape, dtype, buffer))
        others.append(plan.some(shape, dtype, buffer))
        dsts.append(plan.some(shape, dtype, buffer))
    reduces = plan.rng.random() < 0.5
    options = {"replica_group": ReplicaGroup(groups), "channel_ids": tuple(range(count)),
               "dsts_by_channel": [[Part(d)] for d in dsts]}
    if reduces:
        options.update(op=op, srcs0_by_channel=[[Part(s)] for s in srcs],
                       srcs1_by_channel=[[Part(s)] for s in others])
    else:
        options["srcs_by_channel"] = [[Part(s)] for s in srcs]

    def result(core, group, position):
        place = group[position - 1], core
        return [(d, collectives.reduce([s.values[place], o.values[place]], op, s.dtype)
                 if reduces else s.values[place]) for s, o, d in zip(srcs, others, dsts)]

    name = "collective_permute_implicit" + ("_reduce" if reduces else "")
    collective(plan, name, groups, options, result)


def table_of(plan, size, slot, src, dst, rows, one_chunk):
    """Counts and displacements of one place that fit."""
    table = plan.rng.integers(0, 2**32, (rows, size), np.uint32)
    table[0] = plan.rng.integers(0, min(slot, src) + 1, size)
    table[1] = [plan.rng.integers(0, src - int(n) + 1) for n in table[0]]
    if rows == 4:
        table[3] = plan.rng.permutation(dst // slot)[:size] * slot
    if one_chunk:
        table[:2, 1:] = 0
    return table


def exchange_v(plan, name, one_chunk):
    groups, size = groups_of(plan)
    slot, dtype = plan.pick([1, 3, 8]), plan.pick(ALL)
    length = slot * (size + int(plan.rng.integers(0, 3)))
    has_rdispls = not one_chunk and plan.rng.random() < 0.5
    to = length if has_rdispls else slot * size
    src, dst = (plan.some((1, n), dtype, plan.pick(HBM)) for n in (length, to))
    rows = 4 if has_rdispls else 3
    tables = {place: table_of(plan, size, slot, length, to, rows, one_chunk)
              for place in plan.places}
    table = plan.family((rows, size), "uint32", plan.pick(HBM + ["sbuf"]), values=tables)
    options = {"has_rdispls": bool(has_rdispls), "recv_counts_known": bool(plan.pick([0, 1]))}

    def result(core, group, position):
        out, counts = collectives.exchange_v(
            dst.values[group[position], core], table.values[group[position], core],
            members(src, core, group), members(table, core, group), position,
            one_chunk=one_chunk, **options)
        return [(dst, out), (table, counts)]

    collective(plan, name, groups,
               dict(options, srcs=[Part(src)], dsts=[Part(dst)], metadata_tensor=Part(table),
                    replica_group=ReplicaGroup(groups)), result)


def all_to_all_v(plan):
    exchange_v(plan, "all_to_all_v", False)


def all_gather_v(plan):
    exchange_v(plan, "all_gather_v", True)


COLLECTIVES = [all_reduce, all_gather, reduce_scatter, all_to_all, collective_permute, ring]
WITH_COUNTS = [all_to_all_v, all_gather_v]
BETWEEN_CORES = [sendrecv, exchange_in_hbm]
