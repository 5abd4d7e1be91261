# SPDX-License-Identifier: Apache-2.0
"""Masks: which positions of a grid an instruction computes."""

import numpy as np

from trainyard.faults import NOT_MODELLED, fault

TERMS_MAX = 64


class Mask:
    """One of `terms` holds; of a term all conditions: each an Index that is >= 0, or == 0."""

    def __init__(self, terms):
        if len(terms) > TERMS_MAX:
            raise fault(NOT_MODELLED, f"a mask of more than {TERMS_MAX} alternatives",
                        "call the instruction once for each part of an |")
        self.terms = [tuple(term) for term in terms]

    @classmethod
    def of(cls, index, equal=False):
        return cls([((index, equal),)])

    def __and__(self, other):
        other = as_mask(other)
        return self if other is None else Mask([a + b for a in self.terms for b in other.terms])

    def __or__(self, other):
        other = as_mask(other)
        return EVERYWHERE if other is None else Mask(self.terms + other.terms)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self):
        result = EVERYWHERE
        for term in self.terms:
            opposite = []
            for index, equal in term:
                opposite.append(((-index - 1, False),))
                if equal:
                    opposite.append(((index - 1, False),))
            result = result & Mask(opposite)
        return result

    def __bool__(self):
        """`a and b` is then b, as for AWS's compiler: its documentation joins masks so."""
        return True

    def restrict(self, shape):
        """(box, terms): inside of the box one of the terms holds, or all of it if there are none.

        box None: nothing is left.
        """
        parts = [part for part in (_restrict(term, shape) for term in self.terms)
                 if part is not None]
        if not parts:
            return None, []
        if len(parts) == 1:
            box, oblique = parts[0]
            return box, [oblique] if oblique else []
        box = [(min(part[0][d][0] for part in parts), max(part[0][d][1] for part in parts))
               for d in range(len(shape))]
        inside = tuple(slice(*span) for span in box)
        if self.holds(shape)[inside].all():
            return box, []
        return box, [[(index.aligned(shape), equal) for index, equal in term]
                     for term in self.terms if _restrict(term, shape) is not None]

    def holds(self, shape):
        """For each position of the grid whether the mask holds there."""
        result = np.zeros(shape, bool)
        for term in self.terms:
            inside = np.ones(shape, bool)
            for index, equal in term:
                values = index.aligned(shape).values()
                inside &= values == 0 if equal else values >= 0
            result |= inside
        return result


EVERYWHERE, NOWHERE = Mask([()]), Mask([])


def _restrict(term, shape):
    """(box, conditions that the box alone does not express), or None: nothing is left."""
    box, oblique = [(0, size) for size in shape], []
    for condition, equal in term:
        index = condition.aligned(shape)
        along = [d for d, step in enumerate(index.steps) if step and shape[d] > 1]
        if len(along) > 1:
            oblique.append((index, equal))
            continue
        d = along[0] if along else 0
        span = _span(index.constant, index.steps[d] if along else 0, *box[d], equal)
        if span is None:
            return None
        box[d] = span
    left = []
    for index, equal in oblique:
        low, high = index.bounds(box)
        if high < 0 or (equal and low > 0):
            return None
        if equal or low < 0:
            left.append((index, equal))
    return box, left


def _span(constant, step, start, stop, equal):
    """The part of [start, stop) in which constant + step * i is >= 0, or == 0."""
    if step == 0:
        holds = constant == 0 if equal else constant >= 0
        return (start, stop) if holds and start < stop else None
    if equal:
        if constant % step:
            return None
        start, stop = max(start, -constant // step), min(stop, -constant // step + 1)
    elif step > 0:
        start = max(start, -(constant // step))
    else:
        stop = min(stop, constant // -step + 1)
    return (start, stop) if start < stop else None


def as_mask(mask):
    """Comparisons of numbers alone are masks too: of everything, or of nothing."""
    if isinstance(mask, Mask):
        return mask
    return None if mask is None or mask else NOWHERE
