# SPDX-License-Identifier: Apache-2.0
"""Ranks: one kernel on many logical cores that talk through nki.collectives, in one process.

    from trainyard import ranks
    outputs = ranks.run(kernel, [(x0, w), (x1, w), …], cores=2)
"""

from trainyard.nki.launch import jit, launch_ranks


def run(kernel, inputs, cores=1):
    """Runs the kernel on len(inputs) ranks of `cores` physical cores each (LNC 1 or 2).

    inputs: of each rank, a tuple of its positional arguments or a dict of its named ones.
    Returns what the kernel returned on each rank. Ranks fill the chips of the machine in order.
    Raises Fault, naming rank and line, if a rank waits for one that never arrives.
    """
    return launch_ranks(jit(kernel), inputs, cores)
