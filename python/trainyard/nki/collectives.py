# SPDX-License-Identifier: Apache-2.0
"""nki.collectives: what the ranks of a launch do together (trainyard.ranks launches them).

Core c of a rank talks with core c of the others. The order of a ring is that of its group.
"""

import operator

from trainyard import _core
from trainyard.faults import PROGRAM, fault
from trainyard.nki.language.objects import NKIObject
from trainyard.nki.settings import machine, session


class ReplicaGroup(NKIObject):
    groups: list = None


def _ranks_of_a_chip(current):
    return max(1, machine().cores // current.core_place[1])


def _group_of(current, ranks):
    """The operands that say who takes part."""
    chips = {rank // _ranks_of_a_chip(current) for rank in ranks}
    return {"replica_group": current.rank_group(ranks), "ranks": len(ranks), "chips": len(chips)}


def _numbers(values, name, right):
    """A list of int, whatever sequence of whole numbers was given."""
    try:
        return [operator.index(value) for value in values]
    except TypeError:
        raise fault(PROGRAM, f"{name} is {values!r:.100}", right) from None


def _ranks(values, name, right):
    ranks = _numbers(values, name, right)
    count = session().rank_place[1]
    for rank in ranks:
        if not 0 <= rank < count:
            raise fault(PROGRAM, f"{name} names rank {rank}, there are {count}",
                        "launch as many ranks with trainyard.ranks.run(kernel, inputs)")
    return ranks


def _members(current, replica_group):
    """The ranks of the group that this rank is in."""
    right = "give nki.collectives.ReplicaGroup(groups), groups a list of lists of ranks"
    groups = getattr(replica_group, "groups", replica_group)
    try:
        groups = list(groups)
    except TypeError:
        raise fault(PROGRAM, f"replica_group is {replica_group!r:.100}", right) from None
    me = current.rank_place[0]
    for group in groups:
        ranks = _ranks(group, "replica_group", right)
        if me in ranks:
            if len(set(ranks)) != len(ranks):
                raise fault(PROGRAM, f"replica group {ranks!r:.100} names a rank twice",
                            "name each rank once")
            return ranks
    raise fault(PROGRAM, f"rank {me} is in no group of {groups!r:.100}",
                "put every rank in a group")


def _group(replica_group):
    current = session()
    return _group_of(current, _members(current, replica_group))


def _options(priority):
    return {} if priority is None else {"priority": priority}


def all_reduce(srcs, dsts, replica_group, op, priority=None, name=None):
    _core.isa.all_reduce(srcs=srcs, dsts=dsts, op=op, name=name, **_group(replica_group),
                         **_options(priority))


def all_gather(srcs, dsts, replica_group, collective_dim, priority=None, name=None):
    _core.isa.all_gather(srcs=srcs, dsts=dsts, collective_dim=collective_dim, name=name,
                         **_group(replica_group), **_options(priority))


def reduce_scatter(srcs, dsts, replica_group, collective_dim, op, priority=None, name=None):
    _core.isa.reduce_scatter(srcs=srcs, dsts=dsts, collective_dim=collective_dim, op=op, name=name,
                             **_group(replica_group), **_options(priority))


def all_to_all(srcs, dsts, replica_group, collective_dim, priority=None, name=None):
    _core.isa.all_to_all(srcs=srcs, dsts=dsts, collective_dim=collective_dim, name=name,
                         **_group(replica_group), **_options(priority))


def all_gather_v(srcs, dsts, replica_group, metadata_tensor, recv_counts_known=False,
                 has_rdispls=False, priority=None, name=None):
    _core.isa.all_gather_v(srcs=srcs, dsts=dsts, metadata_tensor=metadata_tensor,
                           recv_counts_known=recv_counts_known, has_rdispls=has_rdispls, name=name,
                           **_group(replica_group), **_options(priority))


def all_to_all_v(srcs, dsts, replica_group, metadata_tensor, recv_counts_known=False,
                 has_rdispls=False, priority=None, name=None):
    _core.isa.all_to_all_v(srcs=srcs, dsts=dsts, metadata_tensor=metadata_tensor,
                           recv_counts_known=recv_counts_known, has_rdispls=has_rdispls, name=name,
                           **_group(replica_group), **_options(priority))


def _pairs(source_target_pairs):
    right = "give pairs (source, target) of ranks"
    try:
        pairs = [_ranks(pair, "source_target_pairs", right) for pair in source_target_pairs]
    except TypeError:
        pairs = None
    if pairs is None or any(len(pair) != 2 for pair in pairs):
        raise fault(PROGRAM, f"source_target_pairs is {source_target_pairs!r:.100}", right)
    return [tuple(pair) for pair in pairs]


def collective_permute(srcs, dsts, source_target_pairs, priority=None, name=None):
    current = session()
    me = current.rank_place[0]
    pairs = _pairs(source_target_pairs)
    sources, targets = [s for s, _ in pairs], [t for _, t in pairs]
    if len(set(sources)) < len(pairs) or len(set(targets)) < len(pairs):
        raise fault(PROGRAM, f"source_target_pairs {pairs} names a source or a target twice",
                    "a rank sends to one rank and receives from one")
    if me not in sources and me not in targets:
        return
    _core.isa.collective_permute(
        srcs=srcs, dsts=dsts, name=name,
        source=dict((t, s) for s, t in pairs).get(me, -1), target=dict(pairs).get(me, -1),
        **_group_of(current, sorted({*sources, *targets})), **_options(priority))


def _channels(tensors_by_channel, channel_ids):
    """The tensor of each channel."""
    one_each = "give a list for each channel, with one tensor"
    try:
        channels = [list(tensors) for tensors in tensors_by_channel]
    except TypeError:
        raise fault(PROGRAM, f"the tensors by channel are {tensors_by_channel!r:.100}",
                    one_each) from None
    numbered = "they are consecutive numbers from 0, one for each channel"
    ids = _numbers(channel_ids, "channel_ids", numbered)
    if ids != list(range(len(channels))):
        raise fault(PROGRAM, f"channel_ids {ids!r:.100} for {len(channels)} channels", numbered)
    for tensors in channels:
        if len(tensors) != 1:
            raise fault(PROGRAM, f"a channel has {len(tensors)} tensors", one_each)
    return [tensors[0] for tensors in channels]


def collective_permute_implicit(srcs_by_channel, dsts_by_channel, replica_group, channel_ids=(0,),
                                priority=None, name=None):
    _core.isa.collective_permute_implicit(
        srcs=_channels(srcs_by_channel, channel_ids), dsts=_channels(dsts_by_channel, channel_ids),
        name=name, **_group(replica_group), **_options(priority))


def collective_permute_implicit_reduce(srcs0_by_channel, srcs1_by_channel, dsts_by_channel,
                                       replica_group, op, channel_ids=(0,), priority=None,
                                       name=None):
    _core.isa.collective_permute_implicit_reduce(
        srcs=_channels(srcs0_by_channel, channel_ids),
        others=_channels(srcs1_by_channel, channel_ids),
        dsts=_channels(dsts_by_channel, channel_ids), op=op, name=name, **_group(replica_group),
        **_options(priority))


def collective_permute_implicit_current_processing_rank_id(iteration_id, replica_group,
                                                           channel_id=0, name=None):
    """A register with the rank whose data is there after `iteration_id` steps round the ring."""
    current = session()
    ring = _members(current, replica_group)
    position = ring.index(current.rank_place[0])
    return _core.isa.register_alloc(ring[(position - int(iteration_id)) % len(ring)])


def rank_id(name=None):
    return _core.isa.register_alloc(session().rank_place[0])
