// SPDX-License-Identifier: Apache-2.0
// The matrix product of the Tensor Engine in exact mode: one fixed order of additions and one
// rounding per product-sum, so that every host gives the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trainyard {

enum class GemmMode : std::uint8_t {
  overwrite,   // out = partial
  accumulate,  // out = out + partial, one fp32 addition
};

// partial[m][n] = fma(stationary[k][m], moving[k][n], partial[m][n]) for k ascending, from +0;
// k counts `rows` (contraction), m `columns` (of stationary) and n `count` (columns of moving).
// Pitches are the floats from one row to the next. A NaN result is always 0x7fc00000.
void gemm_accumulate_fixed_order(const float* stationary, std::size_t stationary_pitch,
                                 const float* moving, std::size_t moving_pitch, std::size_t rows,
                                 std::size_t columns, std::size_t count, float* out,
                                 std::size_t out_pitch, GemmMode mode);

// A whole product of any size in the order of a kernel that tiles it for the engine: a partial per
// 128 rows of the contraction, the partials accumulated in ascending order.
void gemm_fixed_order(const float* stationary, std::size_t stationary_pitch, const float* moving,
                      std::size_t moving_pitch, std::size_t rows, std::size_t columns,
                      std::size_t count, float* out, std::size_t out_pitch);

}  // namespace trainyard
