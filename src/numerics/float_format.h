// SPDX-License-Identifier: Apache-2.0
// The layouts of the floating formats below 32 bits, in numbers: what distinguishes one conversion
// from another. A code is sign, exponent, mantissa; its magnitude is the code without the sign.
#pragma once

#include <cstdint>

#include "numerics/dtype.h"

namespace trainyard {

struct FloatFormat {
  int bits = 0;
  int mantissa_bits = 0;
  int bias = 0;
  std::uint32_t overflow = 0;  // magnitude of infinity; of NaN where there are no infinities
  std::uint32_t nan = 0;       // magnitude of the one NaN that a conversion makes

  constexpr bool has_infinity() const { return overflow != nan; }
};

// tfloat32 is described without its 13 low storage bits, which are zero.
constexpr FloatFormat float_format(DType dtype) {
  switch (dtype) {
    case DType::tfloat32:
      return {19, 10, 127, 0x3fc00, 0x3fe00};
    case DType::bfloat16:
      return {16, 7, 127, 0x7f80, 0x7fc0};
    case DType::float16:
      return {16, 10, 15, 0x7c00, 0x7e00};
    case DType::float8_e4m3:
      return {8, 3, 7, 0x78, 0x7c};
    case DType::float8_e4m3fn:
      return {8, 3, 7, 0x7f, 0x7f};
    case DType::float8_e5m2:
      return {8, 2, 15, 0x7c, 0x7e};
    case DType::float8_e3m4:
      return {8, 4, 3, 0x70, 0x78};
    default:
      return {};
  }
}

inline constexpr int kTfloat32Padding = 13;

}  // namespace trainyard
