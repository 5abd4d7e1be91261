# SPDX-License-Identifier: Apache-2.0
"""Where in the grid the kernel is, and the tensors in HBM that its programs have in common."""

from contextlib import contextmanager

from trainyard.neuronxcc.nki import loops

_state = {"ids": (), "grid": (), "number": 0, "at": 0, "shared": []}


@contextmanager
def fresh():
    _state.update(ids=(), grid=(), number=0, at=0, shared=[])
    try:
        yield
    finally:
        loops.forget()
        _state.update(ids=(), grid=(), number=0, at=0, shared=[])


@contextmanager
def at(ids, grid, number):
    _state.update(ids=ids, grid=grid, number=number, at=0)
    loops.begin()
    yield


def shared(make):
    """The first program's n-th tensor in HBM is every program's n-th."""
    place = _state["at"]
    _state["at"] += 1
    if place == len(_state["shared"]):
        _state["shared"].append(make())
    return _state["shared"][place]


def program_id(axis=0):
    return _state["ids"][axis] if axis < len(_state["ids"]) else 0


def num_programs(axes=None):
    grid = _state["grid"]
    count = 1
    for axis in range(len(grid)) if axes is None else axes if hasattr(axes, "__iter__") else [axes]:
        count *= grid[axis] if axis < len(grid) else 1
    return count


def program_ndim():
    return len(_state["grid"])


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
