// SPDX-License-Identifier: Apache-2.0
// One element between its stored bits and float32: the exact reference that the fast rows of
// row_convert.h must equal, and what a Python binding exposes element by element.
//
// Rules (ml_dtypes and NumPy give the same bits, NaN payloads of float16 aside):
// - float to float rounds to nearest even and keeps denormals. Beyond the largest finite value lies
//   infinity; for float8_e4m3fn, which has none, NaN.
// - NaN becomes the format's one quiet NaN with the sign kept. float32 and the way from bfloat16 to
//   float32 keep all bits.
// - float to integer rounds to nearest even, then saturates; NaN gives 0. bool8: 1 unless zero, so
//   NaN gives 1.
// - int32 and uint32 to float round to nearest even.
// - float8_e8m0fnu: nearest power of two, halfway upwards but for 2^-127, and NaN for zero,
//   negatives and what overflows.
// - tfloat32 is rounded when it is read too: any four bytes viewed as tfloat32 have a tf32 value.
#pragma once

#include <cstdint>

#include "numerics/dtype.h"

namespace trainyard {

enum class Rounding : std::uint8_t {
  nearest_even,
  // A random word, as a fraction of the unit in the last kept place, is added before truncating.
  // Only conversions to floating formats do so; integers and scales round to nearest even.
  // A value beyond the largest finite one may become infinity.
  stochastic,
};

// `bits`: the storage bits, zero-extended. Packed formats (numerics/mx.h) throw Fault.
float decode(DType dtype, std::uint32_t bits);
std::uint32_t encode(DType dtype, float value, Rounding rounding = Rounding::nearest_even,
                     std::uint32_t random_word = 0);

// The integer an integer format holds (bool8: 0 or 1), and back: saturates.
std::int64_t decode_integer(DType dtype, std::uint32_t bits);
std::uint32_t encode_integer(DType dtype, std::int64_t value);

// Nearest even, saturates at 64 bits, NaN gives 0.
std::int64_t round_to_integer(float value);

}  // namespace trainyard
