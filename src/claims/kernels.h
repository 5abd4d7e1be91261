// SPDX-License-Identifier: Apache-2.0
// Kernels that the claims are read from, each on one core, written with the C++ builder.
#pragma once

#include "kernels/kernel_loop.h"
#include "kernels/operand.h"

namespace trainyard {

// Blocks of a large matrix product, 1024 x 1024 x 2048 each: operands come from HBM while the block
// before is multiplied, results leave in bfloat16. A repetition is two blocks.
SteadyRun run_gemm(const Machine& machine, Format format);

// Tiles of 1 MiB from HBM to SBUF and back: as many bytes read as written.
SteadyRun run_stream(const Machine& machine);

// A layer of weights read from HBM for every step of a batch of tokens, as decoding does: the
// weights move through the array, the activations stand in it. MX weights meet MXFP8 activations.
inline constexpr std::int64_t kDecodeTokens = 32;
SteadyRun run_decode(const Machine& machine, Format weights);

}  // namespace trainyard
