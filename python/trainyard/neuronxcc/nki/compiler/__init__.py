# SPDX-License-Identifier: Apache-2.0
"""Requests to the compiler of the earlier language: the addresses are used, hints are not."""

import contextlib

from trainyard.neuronxcc.nki.blocks import modulo
from trainyard.nki.language.loops import no_reorder  # noqa: F401
from trainyard.nki.language.memory import psum as _psum
from trainyard.nki.language.memory import sbuf as _sbuf


class Placed:
    """A memory, and where in it the blocks of a tile lie.

    place(idx=, pdim_size=, fdim_size=) gives (partition, byte), in PSUM (bank, partition, byte).
    """

    def __init__(self, region, place=None):
        self.region, self.place = region, place

    def auto_alloc(self):
        return self.region


class _Sbuf(Placed):
    def alloc(self, func):
        return Placed(_sbuf, func)

    def mod_alloc(self, *, base_addr, base_partition=0, num_par_tiles=(), num_free_tiles=()):
        def place(idx, pdim_size, fdim_size):
            return (modulo(base_partition, num_par_tiles, pdim_size)(idx),
                    modulo(base_addr, num_free_tiles, fdim_size)(idx))
        return Placed(_sbuf, place)


class _Psum(Placed):
    def alloc(self, func):
        return Placed(_psum, func)

    def mod_alloc(self, *, base_bank, base_addr=0, base_partition=0, num_bank_tiles=(),
                  num_par_tiles=(), num_free_tiles=()):
        def place(idx, pdim_size, fdim_size):
            return (modulo(base_bank, num_bank_tiles, 1)(idx),
                    modulo(base_partition, num_par_tiles, pdim_size)(idx),
                    modulo(base_addr, num_free_tiles, fdim_size)(idx))
        return Placed(_psum, place)


sbuf, psum = _Sbuf(_sbuf), _Psum(_psum)


def _same(func=None, **_options):
    return func if func is not None else _same


skip_middle_end_transformations = enable_stack_allocator = force_auto_alloc = _same


@contextlib.contextmanager
def allocation_scope():
    yield


def multi_buffer(factor=2):
    return contextlib.nullcontext(factor)
