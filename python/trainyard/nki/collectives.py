# SPDX-License-Identifier: Apache-2.0
"""nki.collectives: what the ranks of a launch do together (trainyard.ranks launches them).

Core c of a rank talks with core c of the others. The order of a ring is that of its group.
"""

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


def _members(current, replica_group):
    """The ranks of the group that this rank is in."""
    me = current.rank_place[0]
    groups = getattr(replica_group, "groups", replica_group)
    for group in groups:
        if me in group:
            if len(set(group)) != len(group):
                raise fault(PROGRAM, f"replica group {list(group)} names a rank twice",
                            "name each rank once")
            return [int(rank) for rank in group]
    raise fault(PROGRAM, f"rank {me} is in no group of {groups}", "put every rank in a group")


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


def collective_permute(srcs, dsts, source_target_pairs, priority=None, name=None):
    current = session()
    me = current.rank_place[0]
    pairs = [(int(source), int(target)) for source, target in source_target_pairs]
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
    if list(channel_ids) != list(range(len(tensors_by_channel))):
        raise fault(PROGRAM, f"channel_ids {list(channel_ids)} for {len(tensors_by_channel)} "
                    "channels", "they are consecutive numbers from 0, one for each channel")
    for tensors in tensors_by_channel:
        if len(tensors) != 1:
            raise fault(PROGRAM, f"a channel has {len(tensors)} tensors", "give it one")
    return [tensors[0] for tensors in tensors_by_channel]


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
