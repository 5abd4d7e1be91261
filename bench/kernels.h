// SPDX-License-Identifier: Apache-2.0
// The kernel that the benchmarks measure.
#pragma once

#include <cstdint>
#include <vector>

#include "core/hand_program.h"
#include "isa/instructions/dma_copy.h"
#include "isa/instructions/nc_matmul.h"
#include "isa/instructions/tensor_copy.h"
#include "program/builder.h"

namespace trainyard {

// out[m, n] = sum over k of at[k, m] * b[k, n], all bfloat16 in HBM, 128 x 512 tiles of float32 in
// PSUM, operands held in SBUF; sizes are multiples of 128, 128 and 512.
inline View gemm_kernel(Builder& build, const View& at, const View& b) {
  const std::int32_t depth = at.dims[0].count;
  const std::int32_t height = at.dims[1].count;
  const std::int32_t width = b.dims[1].count;
  const View out = build.hbm({height, width}, DType::bfloat16, TensorRole::output, "out");
  std::vector<View> weights;
  std::vector<View> data;
  for (std::int32_t k = 0; k < depth; k += 128) {
    weights.push_back(build.sbuf({128, height}, DType::bfloat16));
    data.push_back(build.sbuf({128, width}, DType::bfloat16));
    build(DmaCopy{.dst = weights.back(), .src = rows(at, k, 128)});
    build(DmaCopy{.dst = data.back(), .src = rows(b, k, 128)});
  }
  for (std::int32_t m = 0; m < height; m += 128) {
    for (std::int32_t n = 0; n < width; n += 512) {
      const View sum = build.psum({128, 512}, DType::float32);
      for (std::size_t k = 0; k < weights.size(); ++k) {
        build(NcMatmul{.dst = sum,
                       .stationary = columns(weights[k], m, 128),
                       .moving = columns(data[k], n, 512),
                       .accumulate = k == 0 ? Accumulate::overwrite : Accumulate::add});
      }
      const View tile = build.sbuf({128, 512}, DType::bfloat16);
      build(TensorCopy{.dst = tile, .src = sum});
      build(DmaCopy{.dst = columns(rows(out, m, 128), n, 512), .src = tile});
      build.release(sum);
      build.release(tile);
    }
  }
  return out;
}

}  // namespace trainyard
