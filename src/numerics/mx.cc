// SPDX-License-Identifier: Apache-2.0
#include "numerics/mx.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>

#include "base/fault.h"
#include "numerics/row_convert.h"

namespace trainyard::mx {
namespace {

constexpr std::size_t kChunkWords = 64;

struct MxFormat {
  int largest_exponent;
  float largest_value;
  DType element;  // of FP8; FP4 has no type of its own
};

MxFormat format_of(DType packed) {
  switch (packed) {
    case DType::float8_e5m2_x4:
      return {15, 57344.0f, DType::float8_e5m2};
    case DType::float8_e4m3fn_x4:
      return {8, 448.0f, DType::float8_e4m3fn};
    case DType::float4_e2m1fn_x4:
      return {2, 6.0f, DType::float4_e2m1fn_x4};
    default:
      throw Fault(FaultKind::program,
                  "MX data must be of a packed type, not " + std::string(dtype_info(packed).name),
                  "float8_e5m2_x4, float8_e4m3fn_x4 or float4_e2m1fn_x4");
  }
}

constexpr std::array<float, 16> kFp4{0.0f,  0.5f,  1.0f,  1.5f,  2.0f,  3.0f,  4.0f,  6.0f,
                                     -0.0f, -0.5f, -1.0f, -1.5f, -2.0f, -3.0f, -4.0f, -6.0f};

// The two values of a byte.
constexpr auto kFp4Pairs = [] {
  std::array<std::array<float, 2>, 256> pairs{};
  for (std::size_t byte = 0; byte < 256; ++byte) pairs[byte] = {kFp4[byte & 15], kFp4[byte >> 4]};
  return pairs;
}();

std::uint16_t encode_fp4(float value) {
  const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 8 : 0);
  if (std::isnan(value)) return sign ^ 8;
  const float size = std::abs(value);
  // The midpoints between neighbours; a tie goes to the even code.
  std::uint16_t code = 0;
  code += size > 0.25f;
  code += size >= 0.75f;
  code += size > 1.25f;
  code += size >= 1.75f;
  code += size > 2.5f;
  code += size >= 3.5f;
  code += size > 5.0f;
  return sign | code;
}

}  // namespace

// decode(float8_e8m0fnu, stored), without the call per group.
float scale_value(std::uint8_t stored) {
  if (stored == 255) return std::bit_cast<float>(0x7fc00000u);
  return std::bit_cast<float>(stored != 0 ? stored * 0x800000u : 0x400000u);
}

int largest_exponent(DType packed) {
  return format_of(packed).largest_exponent;
}
float largest_value(DType packed) {
  return format_of(packed).largest_value;
}

void load_x4_row(DType packed, const std::byte* src, std::int64_t stride_bytes, std::size_t count,
                 float* out) {
  const MxFormat format = format_of(packed);
  if (packed == DType::float4_e2m1fn_x4) {
    for (std::size_t i = 0; i < count; ++i, src += stride_bytes) {
      for (std::size_t half = 0; half < 2; ++half) {
        const auto& pair = kFp4Pairs[std::to_integer<std::size_t>(src[half])];
        std::memcpy(out + 4 * i + 2 * half, pair.data(), sizeof(pair));
      }
    }
    return;
  }
  if (stride_bytes == 4) return load_row(format.element, src, 1, 4 * count, out);
  for (std::size_t i = 0; i < count; ++i, src += stride_bytes) {
    load_row(format.element, src, 1, 4, out + 4 * i);
  }
}

void load_scaled_row(DType packed, const std::byte* src, std::int64_t stride_bytes,
                     std::size_t count, const std::uint8_t* scales, float* out) {
  load_x4_row(packed, src, stride_bytes, count, out);
  for (std::size_t i = 0; i < count; ++i) {
    const float scale = scale_value(scales[i]);
    for (std::size_t k = 0; k < 4; ++k) out[4 * i + k] *= scale;
  }
}

void store_x4_row(DType packed, const float* in, std::size_t count, std::byte* dst,
                  std::int64_t stride_bytes) {
  const MxFormat format = format_of(packed);
  if (packed == DType::float4_e2m1fn_x4) {
    for (std::size_t i = 0; i < count; ++i, dst += stride_bytes) {
      std::uint16_t word = 0;
      for (int k = 0; k < 4; ++k) {
        word = static_cast<std::uint16_t>(word | encode_fp4(in[4 * i + k]) << 4 * k);
      }
      std::memcpy(dst, &word, sizeof(word));
    }
    return;
  }
  const float limit = format.largest_value;
  float held[4 * kChunkWords];
  std::byte packed_bytes[4 * kChunkWords];
  for (std::size_t done = 0; done < count; done += kChunkWords) {
    const std::size_t words = std::min(kChunkWords, count - done);
    for (std::size_t i = 0; i < 4 * words; ++i) {
      const float value = in[4 * done + i];
      held[i] = value > limit ? limit : value < -limit ? -limit : value;  // NaN goes through
    }
    if (stride_bytes == 4) {
      store_row(format.element, held, 4 * words, dst + 4 * done, 1);
      continue;
    }
    store_row(format.element, held, 4 * words, packed_bytes, 1);
    for (std::size_t i = 0; i < words; ++i, dst += stride_bytes) {
      std::memcpy(dst, packed_bytes + 4 * i, 4);
    }
  }
}

std::uint8_t block_scale(DType packed, ScaleRule rule, std::uint32_t magnitude) {
  const auto exponent = static_cast<int>(magnitude >> 23);
  const int headroom = rule == ScaleRule::documented ? 1 : 0;
  return static_cast<std::uint8_t>(
      std::max(exponent - (format_of(packed).largest_exponent - headroom), 0));
}

void quantize_rows(DType packed, ScaleRule rule, const float* in, std::size_t in_stride,
                   std::size_t words, std::byte* dst, std::int64_t dst_stride_bytes,
                   std::uint8_t* scales) {
  const auto word_bytes = static_cast<std::int64_t>(dtype_bytes(packed));
  float scaled[4 * kChunkWords];
  float inverse[kChunkWords];
  for (std::size_t done = 0; done < words; done += kChunkWords) {
    const std::size_t chunk = std::min(kChunkWords, words - done);
    for (std::size_t i = 0; i < chunk; ++i) {
      std::uint32_t largest = 0;
      for (std::size_t r = 0; r < kGroupPartitions; ++r) {
        const float* group = in + r * in_stride + 4 * (done + i);
        for (std::size_t k = 0; k < kGroupValues; ++k) {
          largest = std::max(largest, std::bit_cast<std::uint32_t>(group[k]) & 0x7fffffffu);
        }
      }
      scales[done + i] = block_scale(packed, rule, largest);
      // A power of two: the product rounds only where the element format has nothing left.
      inverse[i] = scale_value(static_cast<std::uint8_t>(254 - scales[done + i]));
    }
    for (std::size_t r = 0; r < kGroupPartitions; ++r) {
      const float* row = in + r * in_stride + 4 * done;
      for (std::size_t i = 0; i < chunk; ++i) {
        for (std::size_t k = 0; k < 4; ++k) scaled[4 * i + k] = row[4 * i + k] * inverse[i];
      }
      store_x4_row(packed, scaled, chunk,
                   dst + static_cast<std::int64_t>(r) * dst_stride_bytes +
                       static_cast<std::int64_t>(done) * word_bytes,
                   word_bytes);
    }
  }
}

}  // namespace trainyard::mx
