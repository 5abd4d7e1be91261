# SPDX-License-Identifier: Apache-2.0
"""Index variables: affine expressions over the positions of a grid."""

import numbers

import numpy as np

from trainyard.faults import PROGRAM, fault
from trainyard.neuronxcc.nki.mask import Mask


def broadcast_shapes(*shapes):
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    result = []
    for sizes in zip(*padded):
        size = max(sizes)
        if any(each not in (1, size) for each in sizes):
            raise fault(PROGRAM, f"shapes {', '.join(map(str, shapes))} do not go together",
                        "sizes of a dimension are equal or 1")
        result.append(size)
    return tuple(result)


class Index:
    """constant + the sum of step[d] * position[d], over a grid of `shape`.

    `variables[d]` says which index variables vary along d: nc_matmul's mask tells them apart.
    """

    __slots__ = ("constant", "steps", "shape", "variables")

    def __init__(self, constant, steps, shape, variables):
        self.constant, self.steps = constant, tuple(steps)
        self.shape, self.variables = tuple(shape), tuple(variables)

    @property
    def ndim(self):
        return len(self.shape)

    def aligned(self, shape):
        """The same expression over a larger grid; dimensions line up from the end."""
        more = len(shape) - len(self.shape)
        if more < 0:
            kept = -more
            if any(self.steps[:kept]):
                raise fault(PROGRAM, f"an index of shape {self.shape} for a grid of {shape}")
            return Index(self.constant, self.steps[kept:], shape, self.variables[kept:])
        return Index(self.constant, (0,) * more + self.steps, shape,
                     (frozenset(),) * more + self.variables)

    def bounds(self, box):
        """Smallest and largest value inside of [(start, stop), ...]."""
        low = high = self.constant
        for step, (start, stop) in zip(self.steps, box):
            ends = step * start, step * (stop - 1)
            low, high = low + min(ends), high + max(ends)
        return low, high

    def values(self):
        """Its value at each position of the grid."""
        total = np.full(self.shape, self.constant)
        for d, (step, size) in enumerate(zip(self.steps, self.shape)):
            if step:
                total += (step * np.arange(size)).reshape((-1, *(1,) * (self.ndim - d - 1)))
        return total

    def __add__(self, other):
        if isinstance(other, Index):
            shape = broadcast_shapes(self.shape, other.shape)
            a, b = self.aligned(shape), other.aligned(shape)
            return Index(a.constant + b.constant, [x + y for x, y in zip(a.steps, b.steps)], shape,
                         [x | y for x, y in zip(a.variables, b.variables)])
        if isinstance(other, numbers.Integral):
            return Index(self.constant + int(other), self.steps, self.shape, self.variables)
        return NotImplemented

    def __mul__(self, other):
        if isinstance(other, numbers.Integral):
            factor = int(other)
            return Index(self.constant * factor, [step * factor for step in self.steps],
                         self.shape, self.variables)
        return self._not_affine("*") if isinstance(other, Index) else NotImplemented

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other

    def _not_affine(self, operator):
        raise fault(PROGRAM, f"index {operator} is not affine in the index variables",
                    "one index variable for each part: i = outer * size + inner over a grid of "
                    "both; or compute the indices into a tile and index with the tile")

    def __floordiv__(self, other):
        return self._not_affine("//")

    def __mod__(self, other):
        return self._not_affine("%")

    def __getitem__(self, key):
        """None puts in a dimension of size 1, a full slice keeps one."""
        items = key if isinstance(key, tuple) else (key,)
        steps, shape, variables, at = [], [], [], 0
        for item in items:
            if item is None:
                steps.append(0), shape.append(1), variables.append(frozenset())
            elif item == slice(None) and at < self.ndim:
                steps.append(self.steps[at]), shape.append(self.shape[at])
                variables.append(self.variables[at])
                at += 1
            else:
                raise fault(PROGRAM, f"an index variable takes [:, None] and the like, not {key}")
        return Index(self.constant, steps + list(self.steps[at:]), shape + list(self.shape[at:]),
                     variables + list(self.variables[at:]))

    def __lt__(self, other):
        return Mask.of(other - self - 1)

    def __le__(self, other):
        return Mask.of(other - self)

    def __gt__(self, other):
        return Mask.of(self - other - 1)

    def __ge__(self, other):
        return Mask.of(self - other)

    def __eq__(self, other):
        return Mask.of(self - other, equal=True)

    def __ne__(self, other):
        return ~(self == other)

    __hash__ = None


def arange(*bounds):
    """A one-dimensional index variable."""
    span = range(*map(int, bounds))
    return Index(span.start, (span.step,), (len(span),), (frozenset([object()]),))


class Grid(tuple):
    """What mgrid gives: the index variables of a dense grid, also by name."""

    p = property(lambda self: self[0])
    x = property(lambda self: self[1])
    y = property(lambda self: self[2])
    z = property(lambda self: self[3])
    w = property(lambda self: self[4])


class _Mgrid:
    def __getitem__(self, slices):
        slices = slices if isinstance(slices, tuple) else (slices,)
        rank = len(slices)
        return Grid(arange(s.start or 0, s.stop, s.step or 1)[
            (None,) * d + (slice(None),) + (None,) * (rank - d - 1)]
            for d, s in enumerate(slices))


mgrid = _Mgrid()
