# SPDX-License-Identifier: Apache-2.0
"""Requests to the compiler of the earlier language. The simulator places tiles itself;
blocks that are to share a place do."""

import contextlib

from trainyard.nki.language.loops import no_reorder  # noqa: F401
from trainyard.nki.language.memory import psum as _psum
from trainyard.nki.language.memory import sbuf as _sbuf


class Placed:
    """A memory, and which blocks of a tile are to share a place in it.

    `place(idx, pdim_size, fdim_size)` is compared with that of other blocks and not used further.
    """

    def __init__(self, region, place=None):
        self.region, self.place = region, place

    def alloc(self, function):
        return Placed(self.region, function)

    def mod_alloc(self, *, base_addr=0, base_bank=0, base_partition=0, num_bank_tiles=(),
                  num_par_tiles=(), num_free_tiles=()):
        def place(idx, pdim_size, fdim_size):
            return [[i % (counts[d] if d < len(counts) else 1) for d, i in enumerate(idx)]
                    for counts in (num_bank_tiles, num_par_tiles, num_free_tiles)]
        return Placed(self.region, place)

    def auto_alloc(self):
        return self.region


sbuf, psum = Placed(_sbuf), Placed(_psum)


def _same(func=None, **_options):
    return func if func is not None else _same


skip_middle_end_transformations = enable_stack_allocator = force_auto_alloc = _same


@contextlib.contextmanager
def allocation_scope():
    yield


def multi_buffer(factor=2):
    return contextlib.nullcontext(factor)
