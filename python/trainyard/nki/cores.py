# SPDX-License-Identifier: Apache-2.0
"""The cores of a launch: one alone, the two of a logical core (LNC 2), or those of many ranks.
They take turns."""

from greenlet import GreenletExit, getcurrent, greenlet
from trainyard import _core
from trainyard.faults import PROGRAM, fault
from trainyard.nki.settings import machine, new_session

CORES_MAX = 2


def check_count(cores):
    if not 1 <= cores <= CORES_MAX:
        raise fault(PROGRAM, f"a kernel was launched on {cores} cores",
                    "a logical core has 1 or 2: kernel[1](...) or kernel[2](...)")
    if cores > 1 and machine().generation == "gen2":
        raise fault(PROGRAM, f"{machine().name} has no logical cores of {cores}",
                    "launch with kernel(...), or on trn2 or trn3")


def new_sessions(kernel, cores, ranks=None):
    """Of rank 0, core 0; rank 0, core 1; rank 1, core 0; … `ranks` None: no collectives."""
    if cores == 1 and ranks is None:
        return [new_session(kernel)]
    world = _core.World(ranks or 1, cores)
    return [new_session(kernel, world, rank, core)
            for rank in range(ranks or 1) for core in range(cores)]


def _name(session, what):
    rank, ranks = session.rank_place
    core, cores = session.core_place
    name = f"rank {rank}" if ranks > 1 else f"core {core}"
    return f"{name}, core {core}," if ranks > 1 and cores > 1 and what == "core" else name


def _deadlock(sessions, waiting):
    """Who waits for whom: one that waits for an ended one if there is such, else the first."""
    def awaited(index):
        what, number = sessions[index].waits_for
        core, cores = sessions[index].core_place
        rank = sessions[index].rank_place[0]
        return rank * cores + number if what == "core" else number * cores + core

    first = next((i for i in waiting if awaited(i) not in waiting), waiting[0])
    what, number = sessions[first].waits_for
    other = awaited(first)
    file, line = sessions[other].last_place
    state = f"waits at {file}:{line}" if other in waiting else "has ended"
    return fault(PROGRAM, f"{_name(sessions[first], what)} waits for {what} {number}, which never "
                 f"arrives: {what} {number} {state}",
                 "every sendrecv, core_barrier and collective needs its like on the others",
                 place=sessions[first].last_place), first


def run_together(sessions, body):
    """What body(session) returns on each core.

    A core runs until it writes to what the cores of its rank share, or waits for another: then the
    next one has its turn. The order is the same in every run.
    """
    if len(sessions) == 1:
        return [body(sessions[0])]
    here = getcurrent()
    tasks = [greenlet(body, here) for _ in sessions]
    results = [None] * len(sessions)
    running = list(range(len(sessions)))
    for session in sessions:
        session.on_turn(here.switch)
    idle_rounds = 0
    try:
        while running:
            idle_rounds += 1
            for i in list(running):
                task, before = tasks[i], sessions[i].instructions
                value = task.switch() if task else task.switch(sessions[i])
                if task.dead:
                    results[i] = value
                    running.remove(i)
                if task.dead or sessions[i].instructions > before:
                    idle_rounds = 0
            if idle_rounds > 1 and running:
                error, waiting = _deadlock(sessions, running)
                tasks[waiting].throw(error)
    finally:
        for session, task in zip(sessions, tasks):
            session.on_turn(None)
            if task and not task.dead:
                task.throw(GreenletExit)
    return results
