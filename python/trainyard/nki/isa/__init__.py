# SPDX-License-Identifier: Apache-2.0
"""nki.isa: the core's instructions, the enums, the version of the core."""

from trainyard import _core
from trainyard._core import Fault as NkiValidationError  # noqa: F401
from trainyard._core import Instruction as NkiInstruction  # noqa: F401
from trainyard._core import Register as VirtualRegister  # noqa: F401
from trainyard.nki import collectives
from trainyard.nki.isa.constants import (  # noqa: F401
    dge_mode, dma_engine, engine, matmul_perf_mode, nc_version, oob_mode, reduce_cmd)
from trainyard.nki.settings import machine

globals().update({name: value for name, value in vars(_core.isa).items()
                  if not name.startswith("_") and name not in vars(collectives)})

tensor_engine, vector_engine, scalar_engine = engine.tensor, engine.vector, engine.scalar
gpsimd_engine, unknown_engine = engine.gpsimd, engine.unknown


def get_nc_version():
    return nc_version[machine().generation]


def get_nc_sub_version():
    return 0
