# SPDX-License-Identifier: Apache-2.0
"""The enums of nki.isa."""

from enum import Enum

from trainyard import _core

engine = Enum("engine", {"unknown": 0, "tensor": 1, "scalar": 2, "gpsimd": 3, "dma": 4,
                         "vector": 5, "sync": 6})
reduce_cmd = Enum("reduce_cmd", {"idle": 0, "reset": 1, "reduce": 2, "reset_reduce": 3,
                                 "load_reduce": 4})
dge_mode = Enum("dge_mode", {"unknown": 0, "swdge": 1, "hwdge": 2, "none": 3})
oob_mode = Enum("oob_mode", {"error": 0, "skip": 1})
matmul_perf_mode = Enum("matmul_perf_mode", {"none": "none", "double_row": "double_row"})
dma_engine = Enum("dma_engine", {"dma": 1, "gpsimd_dma": 2})
nc_version = Enum("nc_version", {"gen2": 2, "gen3": 3, "gen4": 4})
nc_version.__lt__ = lambda a, b: a.value < b.value
nc_version.__le__ = lambda a, b: a.value <= b.value
nc_version.__gt__ = lambda a, b: a.value > b.value
nc_version.__ge__ = lambda a, b: a.value >= b.value

for _enum in (engine, reduce_cmd, dge_mode, oob_mode, matmul_perf_mode, dma_engine):
    for _member in _enum:
        _core.register_choice(_enum.__name__, _member, _member.name)
