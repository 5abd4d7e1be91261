// SPDX-License-Identifier: Apache-2.0
#include "numerics/convert.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "base/fault.h"
#include "numerics/float_format.h"

namespace trainyard {
namespace {

constexpr std::uint32_t kInfinity = 0x7f800000;
constexpr std::uint32_t kQuietNan = 0x7fc00000;
constexpr std::uint32_t kSign = 0x80000000;

// significand / 2^drop, rounded. A fraction below 2^-32 never wins the stochastic draw.
std::uint32_t drop_bits(std::uint64_t significand, int drop, Rounding rounding,
                        std::uint32_t random_word) {
  const std::uint64_t kept = significand >> drop;
  const std::uint64_t rest = significand & ((std::uint64_t{1} << drop) - 1);
  if (rounding == Rounding::stochastic) {
    const std::uint64_t fraction = drop <= 32 ? rest << (32 - drop) : rest >> (drop - 32);
    return static_cast<std::uint32_t>(kept + ((fraction + random_word) >> 32));
  }
  const std::uint64_t half = std::uint64_t{1} << (drop - 1);
  const bool up = rest > half || (rest == half && (kept & 1) != 0);
  return static_cast<std::uint32_t>(kept + (up ? 1 : 0));
}

std::uint32_t encode_float(const FloatFormat& format, float value, Rounding rounding,
                           std::uint32_t random_word) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 31) << (format.bits - 1);
  const std::uint32_t magnitude = bits & ~kSign;
  if (magnitude > kInfinity) return sign | format.nan;
  if (magnitude == kInfinity) return sign | format.overflow;

  const auto exponent = static_cast<int>(magnitude >> 23);
  const std::uint32_t significand = (magnitude & 0x7fffff) | (exponent != 0 ? 0x800000u : 0u);
  const int target = std::max(exponent, 1) - 127 + format.bias;  // exponent field in `format`
  const int drop = std::min(23 - format.mantissa_bits + std::max(1 - target, 0), 56);
  const int above_denormal = std::max(target, 1) - 1;
  // The leading one of the significand adds the last unit of the exponent field, as does a carry.
  const std::uint32_t code = (static_cast<std::uint32_t>(above_denormal) << format.mantissa_bits) +
                             drop_bits(significand, drop, rounding, random_word);
  return sign | std::min(code, format.overflow);
}

float decode_float(const FloatFormat& format, std::uint32_t bits) {
  const std::uint32_t sign_bit = 1u << (format.bits - 1);
  const std::uint32_t sign = (bits & sign_bit) != 0 ? kSign : 0;
  const std::uint32_t magnitude = bits & (sign_bit - 1);
  if (magnitude > format.overflow || magnitude == format.nan) {
    return std::bit_cast<float>(sign | kQuietNan);
  }
  if (magnitude == format.overflow) return std::bit_cast<float>(sign | kInfinity);
  const auto exponent = static_cast<int>(magnitude >> format.mantissa_bits);
  const std::uint32_t one = 1u << format.mantissa_bits;
  const std::uint32_t significand = (magnitude & (one - 1)) | (exponent != 0 ? one : 0);
  const float value = std::ldexp(static_cast<float>(significand),
                                 std::max(exponent, 1) - format.bias - format.mantissa_bits);
  return sign != 0 ? -value : value;
}

std::uint32_t encode_scale(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  constexpr std::uint32_t kSmallest = 0x400000;  // 2^-127
  if (bits == 0 || bits >= kInfinity) return 0xff;
  if (bits <= kSmallest) return 0;
  return (bits + 0x400000) >> 23;
}

float decode_scale(std::uint32_t bits) {
  if (bits == 0xff) return std::bit_cast<float>(kQuietNan);
  return std::bit_cast<float>(bits != 0 ? bits << 23 : 0x400000);
}

[[noreturn]] void refuse(DType dtype) {
  throw Fault(FaultKind::program,
              "a conversion needs a data type with one value per element, not " +
                  std::string(dtype_info(dtype).name),
              "only quantize_mx, nc_matmul_mx and copies of the same type take packed data");
}

struct Range {
  std::int64_t low;
  std::int64_t high;
};

Range integer_range(DType dtype) {
  const DTypeInfo& info = dtype_info(dtype);
  const int bits = 8 * info.bytes;
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  if (info.is_signed) return {-half, half - 1};
  return {0, 2 * half - 1};
}

}  // namespace

std::int64_t round_to_integer(float value) {
  if (std::isnan(value)) return 0;
  constexpr float kEnd = 9223372036854775808.0f;  // 2^63
  if (value >= kEnd) return std::numeric_limits<std::int64_t>::max();
  if (value < -kEnd) return std::numeric_limits<std::int64_t>::min();
  const float below = std::floor(value);
  const auto whole = static_cast<std::int64_t>(below);
  const float rest = value - below;  // exact
  return whole + ((rest > 0.5f || (rest == 0.5f && (whole & 1) != 0)) ? 1 : 0);
}

std::int64_t decode_integer(DType dtype, std::uint32_t bits) {
  switch (dtype) {
    case DType::int8:
      return static_cast<std::int8_t>(bits);
    case DType::int16:
      return static_cast<std::int16_t>(bits);
    case DType::int32:
      return static_cast<std::int32_t>(bits);
    case DType::uint8:
    case DType::uint16:
    case DType::uint32:
      return bits;
    case DType::bool8:
      return bits != 0 ? 1 : 0;
    default:
      return round_to_integer(decode(dtype, bits));
  }
}

std::uint32_t encode_integer(DType dtype, std::int64_t value) {
  if (dtype == DType::bool8) return value != 0 ? 1 : 0;
  if (!is_integer(dtype)) return encode(dtype, static_cast<float>(value));
  const Range range = integer_range(dtype);
  const std::int64_t held = std::clamp(value, range.low, range.high);
  return static_cast<std::uint32_t>(held & ((std::int64_t{1} << 8 * dtype_bytes(dtype)) - 1));
}

float decode(DType dtype, std::uint32_t bits) {
  switch (dtype) {
    case DType::float32:
      return std::bit_cast<float>(bits);
    case DType::tfloat32:
      return std::bit_cast<float>(encode(dtype, std::bit_cast<float>(bits)));
    case DType::bfloat16:
      return std::bit_cast<float>(bits << 16);
    case DType::float8_e8m0fnu:
      return decode_scale(bits);
    default:
      break;
  }
  if (is_packed(dtype)) refuse(dtype);
  if (is_integer(dtype)) return static_cast<float>(decode_integer(dtype, bits));
  return decode_float(float_format(dtype), bits);
}

std::uint32_t encode(DType dtype, float value, Rounding rounding, std::uint32_t random_word) {
  switch (dtype) {
    case DType::float32:
      return std::bit_cast<std::uint32_t>(value);
    case DType::tfloat32:
      return encode_float(float_format(dtype), value, rounding, random_word) << kTfloat32Padding;
    case DType::bool8:
      return value != 0.0f ? 1 : 0;
    case DType::float8_e8m0fnu:
      return encode_scale(value);
    default:
      break;
  }
  if (is_packed(dtype)) refuse(dtype);
  if (is_integer(dtype)) return encode_integer(dtype, round_to_integer(value));
  return encode_float(float_format(dtype), value, rounding, random_word);
}

}  // namespace trainyard
