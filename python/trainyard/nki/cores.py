# SPDX-License-Identifier: Apache-2.0
"""The cores of a launch: one alone, or the two of a logical core (LNC 2), which take turns."""

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


def new_sessions(kernel, cores):
    if cores == 1:
        return [new_session(kernel)]
    logical = _core.LogicalCore(cores)
    return [new_session(kernel, logical, core) for core in range(cores)]


def _text(sessions, core, ended):
    file, line = sessions[core].last_place
    return f"core {core} has ended" if ended else f"core {core} waits at {file}:{line}"


def _deadlock(sessions, waiting):
    first = waiting[0]
    other = sessions[first].waits_for
    return fault(PROGRAM, f"core {first} waits for core {other}, which never arrives: "
                 + _text(sessions, other, other not in waiting),
                 "every sendrecv and core_barrier needs its like on the other core",
                 place=sessions[first].last_place)


def run_together(sessions, body):
    """What body(session) returns on each core.

    A core runs until it writes to what the cores share, or waits for another: then the next one
    has its turn. The order is the same in every run.
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
            for core in list(running):
                task, before = tasks[core], sessions[core].instructions
                value = task.switch(sessions[core]) if not task else task.switch()
                if task.dead:
                    results[core] = value
                    running.remove(core)
                if task.dead or sessions[core].instructions > before:
                    idle_rounds = 0
            if idle_rounds > 1 and running:
                tasks[running[0]].throw(_deadlock(sessions, running))
    finally:
        for session, task in zip(sessions, tasks):
            session.on_turn(None)
            if task and not task.dead:
                task.throw(GreenletExit)
    return results
