# SPDX-License-Identifier: Apache-2.0
"""The kernel runs of this process, and what `trainyard run` asked for."""

from collections import namedtuple

# A Result holds its Program; this is what stays of it.
Finished = namedtuple("Finished", "kernel time_us energy_j instructions")

machine = None
permissive = False  # whether kernels may use Python that is not of NKI
numerics = None
no_passes = []  # names of compiler passes that are left out
on_finish = None
_finished = []


def clear():
    _finished.clear()


def finished():
    return list(_finished)


def add(result):
    _finished.append(Finished(result.kernel, result.time_us, result.energy_j, result.instructions))
    if on_finish is not None:
        on_finish(result)
