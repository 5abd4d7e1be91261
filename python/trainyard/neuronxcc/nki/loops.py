# SPDX-License-Identifier: Apache-2.0
"""Loops. The earlier compiler traced the body of affine_range and sequential_range once, so what
Python computes in it, such as addresses, is what its first iteration computes."""
from trainyard.neuronxcc.nki.strict import strict


class _Scope:
    """One iteration of a loop, or the kernel; `key` is the same for all iterations."""

    def __init__(self, key):
        self.key, self.loops, self.places = key, 0, 0


_scopes = [_Scope(())]  # of the loops that run, outermost first


class _Loop:
    def __init__(self, bounds):
        self.range = range(*map(int, bounds))

    def __len__(self):
        return len(self.range)

    def __iter__(self):
        scopes = _scopes
        parent = scopes[-1]
        key = (*parent.key, parent.loops)
        parent.loops += 1
        for i in self.range:
            scopes.append(_Scope(key))
            try:
                yield i
            finally:
                while scopes[-1] is not parent:  # those inside that a break left, too
                    scopes.pop()


_places = {}


def fresh_scopes():
    return [_Scope(())]


def use(scopes):
    """A program of the grid goes on; all are traced with the addresses of the first."""
    global _scopes
    _scopes = scopes


def forget():
    _places.clear()


def first_place(place, what):
    """`place` as the first iteration of the loops around gave it, for the same kind of tile."""
    scope = _scopes[-1]
    key = (scope.key, scope.places, what)
    scope.places += 1
    return _places.setdefault(key, place)


@strict
def static_range(*bounds):
    return range(*map(int, bounds))


@strict
def affine_range(*bounds):
    return _Loop(bounds)


sequential_range = affine_range
