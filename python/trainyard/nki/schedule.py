# SPDX-License-Identifier: Apache-2.0
"""Kernel.with_schedule: dependencies between instructions, by their name=."""

import difflib

from trainyard.faults import PROGRAM, fault


def normalised(edges):
    """((consumer, (producer, ...)), ...): a producer alone is a list of one."""
    schedule = []
    for edge in edges:
        if not isinstance(edge, (tuple, list)) or len(edge) != 2:
            raise fault(PROGRAM, f"a schedule is a list of pairs of names, not {edge!r}",
                        'for example [("plus1", "recip")]: plus1 runs after recip')
        consumer, producers = edge
        if not isinstance(producers, (tuple, list)):
            producers = [producers]
        if not all(isinstance(name, str) for name in (consumer, *producers)):
            raise fault(PROGRAM, f"the names of a schedule are strings, not {edge!r}")
        schedule.append((consumer, tuple(producers)))
    return tuple(schedule)


def apply(session, schedule):
    """Once the kernel is recorded: every instruction of a name waits for those of the other."""
    named = session.named

    def instructions(name):
        if name not in named:
            close = difflib.get_close_matches(name, named, 1)
            raise fault(PROGRAM, f"with_schedule names '{name}', an instruction that did not run",
                        f"did you mean '{close[0]}'?" if close else
                        f"named instructions: {', '.join(sorted(named)) or 'none'}")
        return named[name]

    for consumer, producers in schedule:
        for producer in producers:
            for later in instructions(consumer):
                for earlier in instructions(producer):
                    if earlier >= later:
                        raise fault(PROGRAM, f"with_schedule puts '{consumer}' after '{producer}', "
                                    "which the kernel calls later or at the same time",
                                    "call the instructions in the order they shall run")
                    session.depends_on(later, earlier)
