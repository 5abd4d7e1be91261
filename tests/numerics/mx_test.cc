// SPDX-License-Identifier: Apache-2.0
#include "numerics/mx.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "base/fault.h"
#include "numerics/convert.h"
#include "seed.h"

namespace trainyard::mx {
namespace {

constexpr DType kPacked[] = {DType::float8_e5m2_x4, DType::float8_e4m3fn_x4,
                             DType::float4_e2m1fn_x4};
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::array<float, 4> unpack(DType packed, std::uint32_t word) {
  std::array<float, 4> values;
  load_x4_row(packed, reinterpret_cast<const std::byte*>(&word), dtype_bytes(packed), 1,
              values.data());
  return values;
}

std::uint32_t pack(DType packed, const std::array<float, 4>& values) {
  std::uint32_t word = 0;
  store_x4_row(packed, values.data(), 1, reinterpret_cast<std::byte*>(&word), dtype_bytes(packed));
  return word;
}

std::uint8_t scale_of(DType packed, ScaleRule rule, float largest) {
  return block_scale(packed, rule, std::bit_cast<std::uint32_t>(largest));
}

TEST(Mx, TheFirstValueIsInTheLowestBits) {
  EXPECT_EQ(unpack(DType::float8_e4m3fn_x4, 0x7ec03830), (std::array{0.5f, 1.0f, -2.0f, 448.0f}));
  EXPECT_EQ(unpack(DType::float8_e5m2_x4, 0x7bc03c38), (std::array{0.5f, 1.0f, -2.0f, 57344.0f}));
  EXPECT_EQ(unpack(DType::float4_e2m1fn_x4, 0x7c21), (std::array{0.5f, 1.0f, -2.0f, 6.0f}));
}

TEST(Mx, EveryFp4CodeHasItsValueAndComesBack) {
  const float values[] = {0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 3.0f, 4.0f, 6.0f};
  for (std::uint32_t code = 0; code < 16; ++code) {
    const float expected = (code & 8) != 0 ? -values[code & 7] : values[code & 7];
    const auto four = unpack(DType::float4_e2m1fn_x4, code * 0x1111);
    for (const float value : four) {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(value), std::bit_cast<std::uint32_t>(expected));
    }
    EXPECT_EQ(pack(DType::float4_e2m1fn_x4, four), code * 0x1111);
  }
}

TEST(Mx, Fp4RoundsHalfwayToTheEvenCode) {
  const auto first = [](float value) { return pack(DType::float4_e2m1fn_x4, {value, 0, 0, 0}); };
  const float values[] = {0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 3.0f, 4.0f, 6.0f};
  for (std::uint32_t code = 0; code < 7; ++code) {
    const float middle = (values[code] + values[code + 1]) / 2;
    EXPECT_EQ(first(middle), code + (code & 1));
    EXPECT_EQ(first(std::nextafterf(middle, 0.0f)), code);
    EXPECT_EQ(first(std::nextafterf(middle, kInf)), code + 1);
    EXPECT_EQ(first(-middle), 8 | (code + (code & 1)));
  }
}

TEST(Mx, WhatIsTooLargeSaturatesAndNanStays) {
  for (const DType packed : kPacked) {
    const float most = largest_value(packed);
    const auto values = unpack(packed, pack(packed, {kInf, -kInf, 2 * most, 1.01f * most}));
    EXPECT_EQ(values, (std::array{most, -most, most, most}));
  }
  EXPECT_EQ(pack(DType::float8_e4m3fn_x4, {kNan, -kNan, 0, 0}), 0xff7fu);
  EXPECT_EQ(pack(DType::float8_e5m2_x4, {kNan, -kNan, 0, 0}), 0xfe7eu);
  EXPECT_EQ(pack(DType::float4_e2m1fn_x4, {kNan, -kNan, 0, 0}), 0x0008u);
}

TEST(Mx, TheDocumentedScaleIsTwiceTheOneOfOcp) {
  EXPECT_EQ(scale_of(DType::float8_e4m3fn_x4, ScaleRule::ocp, 1.9f), 127 - 8);
  EXPECT_EQ(scale_of(DType::float8_e4m3fn_x4, ScaleRule::documented, 1.9f), 127 - 7);
  EXPECT_EQ(scale_of(DType::float8_e5m2_x4, ScaleRule::ocp, 4.0f), 127 + 2 - 15);
  EXPECT_EQ(scale_of(DType::float8_e5m2_x4, ScaleRule::documented, 4.0f), 127 + 2 - 14);
}

TEST(Mx, AGroupOfZerosOrTinyValuesHasTheSmallestScale) {
  for (const ScaleRule rule : {ScaleRule::documented, ScaleRule::ocp}) {
    for (const DType packed : kPacked) {
      EXPECT_EQ(scale_of(packed, rule, 0.0f), 0);
      EXPECT_EQ(scale_of(packed, rule, 1e-40f), 0);
      EXPECT_LT(scale_of(packed, rule, kInf), 255) << "the scale itself must not be NaN";
    }
  }
}

TEST(Mx, StoredScalesArePowersOfTwoWithBias127) {
  for (int stored = 0; stored < 255; ++stored) {
    EXPECT_EQ(scale_value(static_cast<std::uint8_t>(stored)), std::ldexp(1.0f, stored - 127));
  }
  EXPECT_TRUE(std::isnan(scale_value(255)));
}

// Word for word the definition, in double.
TEST(Mx, QuantizedRowsEqualTheDefinition) {
  std::mt19937 random(static_cast<std::uint32_t>(test::printed_seed()));
  constexpr std::size_t kWords = 150;  // more than one chunk
  constexpr std::size_t kStride = 4 * kWords + 3;
  std::vector<float> in(kGroupPartitions * kStride);
  for (std::size_t i = 0; i < in.size(); ++i) {
    const int exponent = static_cast<int>(random() % 12) - 40 + static_cast<int>(i % kStride) / 8;
    const float value = std::ldexp(static_cast<float>(random() % 65536) / 65536 - 0.5f, exponent);
    in[i] = decode(DType::bfloat16, encode(DType::bfloat16, value));
  }
  for (std::size_t r = 0; r < kGroupPartitions; ++r) {
    for (std::size_t k = 0; k < 4; ++k) in[r * kStride + k] = 0.0f;
  }
  for (const DType packed : kPacked) {
    for (const ScaleRule rule : {ScaleRule::documented, ScaleRule::ocp}) {
      const std::size_t bytes = dtype_bytes(packed);
      const std::size_t row_bytes = kWords * bytes + 8;
      std::vector<std::byte> out(kGroupPartitions * row_bytes);
      std::vector<std::uint8_t> scales(kWords);
      quantize_rows(packed, rule, in.data(), kStride, kWords, out.data(),
                    static_cast<std::int64_t>(row_bytes), scales.data());
      for (std::size_t w = 0; w < kWords; ++w) {
        float largest = 0.0f;
        for (std::size_t i = 0; i < 32; ++i) {
          largest = std::max(largest, std::abs(in[i / 4 * kStride + 4 * w + i % 4]));
        }
        const int emax = largest_exponent(packed) - (rule == ScaleRule::documented ? 1 : 0);
        const int expected = largest == 0.0f ? 0 : std::max(std::ilogb(largest) - emax + 127, 0);
        ASSERT_EQ(scales[w], expected) << w;
        for (std::size_t r = 0; r < kGroupPartitions; ++r) {
          std::array<float, 4> scaled;
          for (std::size_t k = 0; k < 4; ++k) {
            scaled[k] = static_cast<float>(
                std::ldexp(static_cast<double>(in[r * kStride + 4 * w + k]), 127 - expected));
          }
          std::uint32_t word = 0;
          std::memcpy(&word, out.data() + r * row_bytes + w * bytes, bytes);
          ASSERT_EQ(word, pack(packed, scaled)) << w;
        }
      }
    }
  }
}

TEST(Mx, ScaledRowsMultiplyEachWordByItsOwnScale) {
  for (const DType packed : kPacked) {
    const auto bytes = static_cast<std::int64_t>(dtype_bytes(packed));
    for (const std::int64_t stride : {bytes, bytes + 2}) {
      const float in[12] = {1, 2, -1, 0.5, 3, 4, 6, -6, 0, 1, 1, 1};
      const std::uint8_t scales[3] = {127, 130, 0};
      std::vector<std::byte> words(32);
      float out[12];
      store_x4_row(packed, in, 3, words.data(), stride);
      load_scaled_row(packed, words.data(), stride, 3, scales, out);
      for (int i = 0; i < 12; ++i) {
        EXPECT_EQ(out[i], in[i] * scale_value(scales[i / 4])) << i;
      }
    }
  }
}

TEST(Mx, PlainTypesAreRefused) {
  EXPECT_THROW(largest_exponent(DType::bfloat16), Fault);
}

}  // namespace
}  // namespace trainyard::mx
