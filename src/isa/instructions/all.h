// SPDX-License-Identifier: Apache-2.0
// Every instruction of the table, one line each.
#pragma once

#include "isa/instructions/activate2.h"
#include "isa/instructions/activation.h"
#include "isa/instructions/affine.h"
#include "isa/instructions/bn_stats.h"
#include "isa/instructions/dma_compute.h"
#include "isa/instructions/dma_copy.h"
#include "isa/instructions/dma_transpose.h"
#include "isa/instructions/exponential.h"
#include "isa/instructions/gather.h"
#include "isa/instructions/max8.h"
#include "isa/instructions/memset.h"
#include "isa/instructions/nc_matmul.h"
#include "isa/instructions/nc_matmul_mx.h"
#include "isa/instructions/nc_stream_shuffle.h"
#include "isa/instructions/nc_transpose.h"
#include "isa/instructions/quantize_mx.h"
#include "isa/instructions/reciprocal.h"
#include "isa/instructions/registers.h"
#include "isa/instructions/scalar_tensor_tensor.h"
#include "isa/instructions/select.h"
#include "isa/instructions/tensor_copy.h"
#include "isa/instructions/tensor_partition_reduce.h"
#include "isa/instructions/tensor_reduce.h"
#include "isa/instructions/tensor_scalar.h"
#include "isa/instructions/tensor_scalar_reduce.h"
#include "isa/instructions/tensor_tensor.h"
#include "isa/instructions/tensor_tensor_scan.h"
#include "isa/instructions/two_cores.h"

// X-macro used by table.cc
#define TRAINYARD_INSTRUCTIONS(X) \
  X(Activate2)                    \
  X(Activation)                   \
  X(ActivationReduce)             \
  X(AffineSelect)                 \
  X(Iota)                         \
  X(BnAggr)                       \
  X(BnStats)                      \
  X(DmaCompute)                   \
  X(DmaCopy)                      \
  X(DmaTranspose)                 \
  X(Exponential)                  \
  X(LocalGather)                  \
  X(NcNGather)                    \
  X(Max8)                         \
  X(NcFindIndex8)                 \
  X(NcMatchReplace8)              \
  X(Memset)                       \
  X(NcMatmul)                     \
  X(NcMatmulMx)                   \
  X(NcStreamShuffle)              \
  X(NcTranspose)                  \
  X(QuantizeMx)                   \
  X(Reciprocal)                   \
  X(RegisterLoad)                 \
  X(RegisterMove)                 \
  X(RegisterStore)                \
  X(ScalarTensorTensor)           \
  X(RangeSelect)                  \
  X(SelectReduce)                 \
  X(TensorCopyPredicated)         \
  X(TensorCopy)                   \
  X(TensorPartitionReduce)        \
  X(TensorReduce)                 \
  X(TensorScalar)                 \
  X(TensorScalarCumulative)       \
  X(TensorScalarReduce)           \
  X(TensorTensor)                 \
  X(TensorTensorScan)             \
  X(CoreBarrier)                  \
  X(SendRecv)
