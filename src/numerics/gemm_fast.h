// SPDX-License-Identifier: Apache-2.0
// `--numerics fast`: bf16 products on the host's AMX tiles. Sums run in the tile's own order and
// flush denormals, so the bits differ from gemm.h and this is never used in exact mode.
#pragma once

#include <cstddef>
#include <cstdint>

#include "numerics/gemm.h"

namespace trainyard {

// Whether this process may use AMX-BF16. Asks the kernel for the tile registers at the first call.
bool fast_gemm_available();

// As gemm_accumulate_fixed_order, of bf16 operands. FaultKind::not_modelled where not available.
void gemm_bf16_fast(const std::uint16_t* stationary, std::size_t stationary_pitch,
                    const std::uint16_t* moving, std::size_t moving_pitch, std::size_t rows,
                    std::size_t columns, std::size_t count, float* out, std::size_t out_pitch,
                    GemmMode mode);

}  // namespace trainyard
