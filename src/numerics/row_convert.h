// SPDX-License-Identifier: Apache-2.0
// Rows of elements between memory and float32, the way every instruction's data takes: bit for bit
// what convert.h says for one element, vectorised where the row is contiguous (stride_bytes == size
// of the element). Strides may be zero or negative. The two sides must not overlap.
#pragma once

#include <cstddef>
#include <cstdint>

#include "numerics/convert.h"
#include "numerics/random.h"

namespace trainyard {

void load_row(DType dtype, const std::byte* src, std::int64_t stride_bytes, std::size_t count,
              float* out);

// `random` may be null for Rounding::nearest_even; stochastic takes one word per element, in order,
// for floating formats other than float32.
void store_row(DType dtype, const float* in, std::size_t count, std::byte* dst,
               std::int64_t stride_bytes, Rounding rounding = Rounding::nearest_even,
               RandomWords* random = nullptr);

// Integers exactly, saturating when stored. Floating formats round to nearest even both ways.
void load_row_i64(DType dtype, const std::byte* src, std::int64_t stride_bytes, std::size_t count,
                  std::int64_t* out);
void store_row_i64(DType dtype, const std::int64_t* in, std::size_t count, std::byte* dst,
                   std::int64_t stride_bytes);

// The stored bits, zero-extended; any type, packed ones too.
void load_bits(DType dtype, const std::byte* src, std::int64_t stride_bytes, std::size_t count,
               std::uint32_t* out);
void store_bits(DType dtype, const std::uint32_t* in, std::size_t count, std::byte* dst,
                std::int64_t stride_bytes);

}  // namespace trainyard
