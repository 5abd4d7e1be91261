# SPDX-License-Identifier: Apache-2.0
"""Where in the grid the kernel is, and what its programs have in common."""

import itertools
import math

from greenlet import GreenletExit, getcurrent, greenlet
from trainyard.faults import PROGRAM, fault, users_place
from trainyard.neuronxcc.nki import loops


class _Program:
    """One of a grid's. They run one after another, each until it ends or waits for the others."""

    def __init__(self, ids=(), grid=(), shared=None):
        self.ids, self.grid, self.shared = ids, grid, [] if shared is None else shared
        self.at, self.meetings, self.scopes = 0, 0, loops.fresh_scopes()
        self.task, self.waits, self.place = None, None, None


_current = [_Program()]


def _switch_to(program):
    _current[0] = program
    loops.use(program.scopes)


def run(grid, body):
    """body() for each program; the first one's result."""
    loops.forget()
    shared, here, results = [], getcurrent(), []
    programs = [_Program(ids, grid, shared) for ids in itertools.product(*map(range, grid))]
    try:
        for program in programs:
            program.task = greenlet(body, here)
        running = programs
        while running:
            for program in running:
                _switch_to(program)
                answer, program.waits = program.waits, None
                value = program.task.switch(*answer or ())
                if program.task.dead and program is programs[0]:
                    results.append(value)
            running = [program for program in running if not program.task.dead]
            _meet(running)
        return results[0]
    finally:
        for program in programs:
            if program.task and not program.task.dead:
                program.task.throw(GreenletExit)
        _switch_to(_Program())
        loops.forget()


def _meet(waiting):
    """Combines what the programs of each group brought; every one waits for its like."""
    groups = {}
    for program in waiting:
        groups.setdefault(program.waits[0], []).append(program)
    for key, group in groups.items():
        size, combine = group[0].waits[1], group[0].waits[2]
        if len(group) < size:
            raise fault(PROGRAM, f"program {group[0].ids} waits for {size - len(group)} others "
                        "that never arrive", "every program of the grid calls nl.all_reduce as "
                        "often", instruction="all_reduce", place=group[0].place)
        for program, result in zip(group, combine([program.waits[3] for program in group])):
            program.waits = (result,)


def together(axes, value, combine):
    """This program's of combine([value of each program along the axes])."""
    program = _current[0]
    axes = [int(getattr(axis, "axis", axis))
            for axis in (axes if hasattr(axes, "__iter__") else [axes])]
    size = math.prod(program.grid[axis] for axis in axes if axis < len(program.grid))
    others = tuple(at for axis, at in enumerate(program.ids) if axis not in axes)
    program.meetings += 1
    if size == 1:
        return combine([value])[0]
    program.waits = (program.meetings, tuple(axes), others), size, combine, value
    program.place = users_place()
    return program.task.parent.switch()


def shared(make):
    """The first program's n-th tensor in HBM is every program's n-th."""
    program = _current[0]
    program.at += 1
    if program.at > len(program.shared):
        program.shared.append(make())
    return program.shared[program.at - 1]


class ProgramId(int):
    """A number that knows its axis."""

    axis = 0


def program_id(axis=0):
    ids = _current[0].ids
    number = ProgramId(ids[axis] if axis < len(ids) else 0)
    number.axis = axis
    return number


def num_programs(axes=None):
    grid = _current[0].grid
    count = 1
    for axis in range(len(grid)) if axes is None else axes if hasattr(axes, "__iter__") else [axes]:
        count *= grid[axis] if axis < len(grid) else 1
    return count


def program_ndim():
    return len(_current[0].grid)


class nc:
    """A number of physical cores: in a grid on one core, a number of programs."""

    def __init__(self, size):
        self.size = int(size)

    def __mul__(self, other):
        return spmd_dim(self, other)

    __rmul__ = __mul__


class spmd_dim:
    def __init__(self, *dims):
        self.size = 1
        for dim in dims:
            self.size *= int(getattr(dim, "size", dim))
