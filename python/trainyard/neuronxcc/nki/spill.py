# SPDX-License-Identifier: Apache-2.0
"""Tiles for PSUM that are larger than it. The earlier compiler kept what PSUM could not hold
elsewhere; whether it can is known when a kernel has been traced, so those that do not fit are
traced again, with such tiles in SBUF."""

from contextlib import contextmanager

_state = {"inputs": None, "spilling": False}


class _Inputs:
    """A kernel's arrays, as they are when it makes the first such tile."""

    def __init__(self, arrays):
        self.arrays, self.copies = arrays, None

    def keep(self):
        if self.copies is None:
            self.copies = [array.copy() for array in self.arrays]

    def restore(self):
        """False if the kernel makes no such tile."""
        if self.copies is None:
            return False
        for array, copy in zip(self.arrays, self.copies):
            if (array != copy).any():
                array[...] = copy
        return True


@contextmanager
def watched(arrays):
    _state["inputs"] = _Inputs(arrays)
    try:
        yield _state["inputs"]
    finally:
        _state["inputs"] = None


@contextmanager
def spilling():
    _state["spilling"] = True
    try:
        yield
    finally:
        _state["spilling"] = False


def wanted():
    """Asked for each such tile."""
    if _state["inputs"] is not None:
        _state["inputs"].keep()
    return _state["spilling"]
