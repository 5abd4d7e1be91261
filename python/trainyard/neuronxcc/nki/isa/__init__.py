# SPDX-License-Identifier: Apache-2.0
"""neuronxcc.nki.isa: the core's instructions, as functions that return tiles and take masks."""

import types

from trainyard.neuronxcc.nki.isa.elementwise import (  # noqa: F401
    activation, activation_reduce, affine_select, bn_aggr, bn_stats, dropout, iota, max8,
    nc_find_index8, nc_match_replace8, range_select, reciprocal, scalar_tensor_tensor,
    select_reduce, sequence_bounds, tensor_copy_predicated, tensor_partition_reduce,
    tensor_reduce, tensor_scalar, tensor_scalar_cumulative, tensor_scalar_reduce, tensor_tensor,
    tensor_tensor_scan)
from trainyard.neuronxcc.nki.isa.moving import (  # noqa: F401
    dma_copy, dma_transpose, local_gather, memset, nc_matmul, nc_stream_shuffle, nc_transpose,
    tensor_copy, tensor_copy_dynamic_dst, tensor_copy_dynamic_src)
from trainyard.neuronxcc.nki.strict import strict
from trainyard.nki.isa import get_nc_version  # noqa: F401
from trainyard.nki.isa.constants import (  # noqa: F401
    dge_mode, dma_engine, engine, nc_version, oob_mode, reduce_cmd)

tensor_engine, vector_engine, scalar_engine = engine.tensor, engine.vector, engine.scalar
gpsimd_engine, unknown_engine = engine.gpsimd, engine.unknown


globals().update({name: strict(value, name, ("engine",))
                  for name, value in list(globals().items())
                  if isinstance(value, types.FunctionType) and not name.startswith("_")
                  and name not in ("strict", "get_nc_version")})
