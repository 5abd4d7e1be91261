// SPDX-License-Identifier: Apache-2.0
// Blocks of the OCP Microscaling formats as the NeuronCore packs them (mxfp-matmul.rst): an x4 word
// is four consecutive contraction values, the first in the lowest bits; a scale, stored as exponent
// + 127, is shared by 8 partitions x 4 values. `packed` is float8_e5m2_x4, float8_e4m3fn_x4 or
// float4_e2m1fn_x4 everywhere; other types throw Fault.
#pragma once

#include <cstddef>
#include <cstdint>

#include "numerics/dtype.h"

namespace trainyard::mx {

// Which exponent the largest magnitude of a group is given (nki-surface.md, "Differences").
enum class ScaleRule : std::uint8_t {
  documented,  // scale = exponent of the largest - (Emax - 1): nothing saturates
  ocp,         // scale = exponent of the largest - Emax: the specification's example
};

inline constexpr std::size_t kGroupPartitions = 8;
inline constexpr std::size_t kGroupValues = 4;  // per partition

int largest_exponent(DType packed);  // Emax: 15, 8, 2
float largest_value(DType packed);   // 57344, 448, 6

// `count` words to 4 * count values.
void load_x4_row(DType packed, const std::byte* src, std::int64_t stride_bytes, std::size_t count,
                 float* out);
// As above, each word's values times 2^(scales[word] - 127), in float32; scale 255 gives NaN.
void load_scaled_row(DType packed, const std::byte* src, std::int64_t stride_bytes,
                     std::size_t count, const std::uint8_t* scales, float* out);

// 4 * count values to `count` words: to nearest even, beyond the largest finite value saturated,
// infinities too. NaN stays NaN; in FP4, which has none, it gives -0 or for a negative NaN +0, the
// bits of ml_dtypes.
void store_x4_row(DType packed, const float* in, std::size_t count, std::byte* dst,
                  std::int64_t stride_bytes);

// The stored scale of a group whose largest magnitude, NaN above all, has the bits `magnitude` as
// float32. Zero and what lies below gives 0; a group with an infinity or a NaN counts as exponent
// 128, as the golden code of mxfp-matmul reads the exponent field; the documents are silent on it.
std::uint8_t block_scale(DType packed, ScaleRule rule, std::uint32_t magnitude);

float scale_value(std::uint8_t stored);  // 2^(stored - 127), 255: NaN

// 8 partitions of 4 * words values, row r at in + r * in_stride, to 8 rows of words, row r at
// dst + r * dst_stride_bytes (words dense in a row), and one scale per column of words.
void quantize_rows(DType packed, ScaleRule rule, const float* in, std::size_t in_stride,
                   std::size_t words, std::byte* dst, std::int64_t dst_stride_bytes,
                   std::uint8_t* scales);

}  // namespace trainyard::mx
