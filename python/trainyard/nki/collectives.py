# SPDX-License-Identifier: Apache-2.0
"""Collectives between ranks: the names; one core alone has no ranks to talk to."""

from trainyard.faults import NOT_MODELLED, fault
from trainyard.nki.language.objects import NKIObject


class ReplicaGroup(NKIObject):
    groups: list = None


def _collective(name):
    def call(*_arguments, **_named):
        raise fault(NOT_MODELLED, "collectives between ranks are not modelled yet",
                    instruction=name)
    call.__name__ = call.__qualname__ = name
    return call


for _name in ("all_reduce", "all_gather", "all_gather_v", "reduce_scatter", "all_to_all",
              "all_to_all_v", "collective_permute", "collective_permute_implicit",
              "collective_permute_implicit_reduce",
              "collective_permute_implicit_current_processing_rank_id", "rank_id"):
    globals()[_name] = _collective(_name)
