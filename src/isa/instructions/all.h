// SPDX-License-Identifier: Apache-2.0
// Every instruction of the table, one line each.
#pragma once

#include "isa/instructions/dma_compute.h"
#include "isa/instructions/dma_copy.h"
#include "isa/instructions/dma_transpose.h"
#include "isa/instructions/gather.h"
#include "isa/instructions/nc_matmul.h"
#include "isa/instructions/nc_matmul_mx.h"
#include "isa/instructions/nc_stream_shuffle.h"
#include "isa/instructions/nc_transpose.h"
#include "isa/instructions/quantize_mx.h"
#include "isa/instructions/registers.h"
#include "isa/instructions/tensor_copy.h"
#include "isa/instructions/tensor_partition_reduce.h"
#include "isa/instructions/tensor_tensor.h"
#include "isa/instructions/two_cores.h"

// X-macro used by table.cc
#define TRAINYARD_INSTRUCTIONS(X) \
  X(DmaCompute)                   \
  X(DmaCopy)                      \
  X(DmaTranspose)                 \
  X(LocalGather)                  \
  X(NcNGather)                    \
  X(NcMatmul)                     \
  X(NcMatmulMx)                   \
  X(NcStreamShuffle)              \
  X(NcTranspose)                  \
  X(QuantizeMx)                   \
  X(RegisterLoad)                 \
  X(RegisterMove)                 \
  X(RegisterStore)                \
  X(TensorCopy)                   \
  X(TensorPartitionReduce)        \
  X(TensorTensor)                 \
  X(CoreBarrier)                  \
  X(SendRecv)
