// SPDX-License-Identifier: Apache-2.0
// Rows must equal the scalar reference bit for bit, on every instruction set this host has.
#include "numerics/row_convert.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "base/fault.h"
#include "math_targets.h"
#include "seed.h"

namespace trainyard {
namespace {

constexpr std::byte kUntouched{0xa5};

std::vector<DType> plain_types() {
  std::vector<DType> types;
  for (int i = 0; i < kDTypeCount; ++i) {
    if (!is_packed(static_cast<DType>(i))) types.push_back(static_cast<DType>(i));
  }
  return types;
}

std::uint32_t bits_of(float value) {
  return std::bit_cast<std::uint32_t>(value);
}

std::uint32_t stored_bits(const std::byte* from, DType dtype) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, from, dtype_bytes(dtype));
  return bits;
}

// Random bit patterns: all exponents, NaNs, denormals.
std::vector<float> random_floats(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
  return values;
}

// Every float with at most 12 bits of mantissa and both neighbours: halfway points of all formats.
std::vector<float> near_halfway() {
  std::vector<float> values;
  for (std::uint32_t top = 0; top < (1u << 20); top += 5) {
    const std::uint32_t bits = top << 12;
    for (const std::uint32_t near : {bits - 1, bits, bits + 1}) {
      values.push_back(std::bit_cast<float>(near));
    }
  }
  return values;
}

void expect_stores_as_scalar(DType dtype, const std::vector<float>& in) {
  const std::size_t bytes = dtype_bytes(dtype);
  std::vector<std::byte> out(in.size() * bytes);
  store_row(dtype, in.data(), in.size(), out.data(), static_cast<std::int64_t>(bytes));
  for (std::size_t i = 0; i < in.size(); ++i) {
    ASSERT_EQ(stored_bits(out.data() + i * bytes, dtype), encode(dtype, in[i]))
        << dtype_info(dtype).name << " of bits " << std::hex << bits_of(in[i]);
  }
}

std::uint32_t fresh_seed() {
  return static_cast<std::uint32_t>(test::printed_seed());
}

TEST(RowConvert, EveryPatternLoadsAsTheScalarSays) {
  for (const long long target : test::kernel_targets()) {
    const test::OnTarget on(target);
    for (const DType dtype : plain_types()) {
      const std::size_t bytes = dtype_bytes(dtype);
      const std::uint32_t patterns = bytes == 1 ? 256 : 65536;
      const std::uint32_t spread = bytes == 4 ? 65537 : 1;  // 4 bytes: both halves alike
      std::vector<std::byte> in(patterns * bytes);
      for (std::uint32_t i = 0; i < patterns; ++i) {
        const std::uint32_t pattern = i * spread;
        std::memcpy(in.data() + i * bytes, &pattern, bytes);
      }
      std::vector<float> out(patterns);
      load_row(dtype, in.data(), static_cast<std::int64_t>(bytes), patterns, out.data());
      for (std::uint32_t i = 0; i < patterns; ++i) {
        ASSERT_EQ(bits_of(out[i]), bits_of(decode(dtype, i * spread)))
            << dtype_info(dtype).name << ' ' << i;
      }
    }
  }
}

TEST(RowConvert, RandomAndHalfwayFloatsStoreAsTheScalarSays) {
  const std::vector<float> random = random_floats(1'000'000, fresh_seed());
  const std::vector<float> halfway = near_halfway();
  for (const long long target : test::kernel_targets()) {
    const test::OnTarget on(target);
    for (const DType dtype : plain_types()) {
      expect_stores_as_scalar(dtype, random);
      expect_stores_as_scalar(dtype, halfway);
    }
  }
}

TEST(RowConvert, EveryCountAlignmentAndStrideTouchesExactlyItsElements) {
  const std::vector<float> values = random_floats(67, fresh_seed());
  for (const long long target : test::kernel_targets()) {
    const test::OnTarget on(target);
    for (const DType dtype : plain_types()) {
      const auto bytes = static_cast<std::int64_t>(dtype_bytes(dtype));
      for (const std::int64_t stride : {bytes, 3 * bytes, bytes + 1, -bytes}) {
        for (std::size_t count = 0; count <= 67; ++count) {
          const std::size_t start = count % 17;  // of 64, in bytes
          const std::size_t span = 67 * static_cast<std::size_t>(std::abs(stride));
          std::vector<std::byte> memory(64 + span + 64, kUntouched);
          std::byte* first = memory.data() + start + (stride < 0 ? 32 + span - 4 : 32);
          store_row(dtype, values.data(), count, first, stride);
          std::vector<float> back(count + 1, 7.0f);
          load_row(dtype, first, stride, count, back.data());
          ASSERT_EQ(back[count], 7.0f) << "wrote past the end";
          std::vector<std::byte> expected(memory.size(), kUntouched);
          for (std::size_t i = 0; i < count; ++i) {
            const std::uint32_t bits = encode(dtype, values[i]);
            std::byte* to =
                expected.data() + (first - memory.data()) + static_cast<std::int64_t>(i) * stride;
            std::memcpy(to, &bits, static_cast<std::size_t>(bytes));
            ASSERT_EQ(bits_of(back[i]), bits_of(decode(dtype, bits)));
          }
          ASSERT_TRUE(memory == expected)
              << dtype_info(dtype).name << " count " << count << " stride " << stride;
        }
      }
    }
  }
}

TEST(RowConvert, LongStridedRowsKeepTheirOrder) {
  constexpr std::size_t kCount = 1000;
  std::vector<float> in(kCount), out(kCount);
  for (std::size_t i = 0; i < kCount; ++i) in[i] = static_cast<float>(i % 256);
  std::vector<std::byte> memory(kCount * 6);
  store_row(DType::bfloat16, in.data(), kCount, memory.data(), 6);
  load_row(DType::bfloat16, memory.data(), 6, kCount, out.data());
  EXPECT_EQ(in, out);
}

TEST(RowConvert, AStrideOfZeroReadsOneElementOverAndOver) {
  const std::uint16_t one = 0x3f80;
  std::vector<float> out(40);
  load_row(DType::bfloat16, reinterpret_cast<const std::byte*>(&one), 0, 40, out.data());
  EXPECT_EQ(out, std::vector<float>(40, 1.0f));
}

TEST(RowConvert, StochasticRowsTakeOneWordPerElementInOrder) {
  const std::vector<float> in = random_floats(1000, 7);
  for (const DType dtype : plain_types()) {
    const std::size_t bytes = dtype_bytes(dtype);
    std::vector<std::byte> out(in.size() * bytes);
    RandomWords random(1, 2, 3);
    store_row(dtype, in.data(), in.size(), out.data(), static_cast<std::int64_t>(bytes),
              Rounding::stochastic, &random);
    RandomWords again(1, 2, 3);
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::uint32_t word = is_floating(dtype) ? again.next() : 0;
      ASSERT_EQ(stored_bits(out.data() + i * bytes, dtype),
                encode(dtype, in[i], Rounding::stochastic, word));
    }
  }
}

TEST(RowConvert, IntegerRowsAreExactBeyondWhatAFloatHolds) {
  const std::vector<std::int64_t> in{16777217, -1, 2147483647, 4294967295, -2147483648, 5};
  std::vector<std::byte> memory(in.size() * 8);
  std::vector<std::int64_t> out(in.size());
  store_row_i64(DType::int32, in.data(), in.size(), memory.data(), 8);
  load_row_i64(DType::int32, memory.data(), 8, in.size(), out.data());
  EXPECT_EQ(out, (std::vector<std::int64_t>{16777217, -1, 2147483647, 2147483647, -2147483648, 5}));
  store_row_i64(DType::uint32, in.data(), in.size(), memory.data(), 4);
  load_row_i64(DType::uint32, memory.data(), 4, in.size(), out.data());
  EXPECT_EQ(out, (std::vector<std::int64_t>{16777217, 0, 2147483647, 4294967295, 0, 5}));
  store_row_i64(DType::float32, in.data(), in.size(), memory.data(), 4);
  load_row_i64(DType::float32, memory.data(), 4, in.size(), out.data());
  EXPECT_EQ(out[0], 16777216);
}

TEST(RowConvert, RawBitsPassUnchangedForEveryType) {
  for (int type = 0; type < kDTypeCount; ++type) {
    const auto dtype = static_cast<DType>(type);
    const std::size_t bytes = dtype_bytes(dtype);
    const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << 8 * bytes) - 1);
    const std::vector<std::uint32_t> in{0x7f812345 & mask, 0xffffffff & mask, 0, 0x80 & mask};
    for (const std::int64_t stride : {static_cast<std::int64_t>(bytes), std::int64_t{5}}) {
      std::vector<std::byte> memory(32);
      std::vector<std::uint32_t> out(in.size());
      store_bits(dtype, in.data(), in.size(), memory.data(), stride);
      load_bits(dtype, memory.data(), stride, in.size(), out.data());
      EXPECT_EQ(in, out) << dtype_info(dtype).name;
    }
  }
}

TEST(RowConvert, PackedTypesAreRefused) {
  float value = 1.0f;
  std::byte memory[4];
  EXPECT_THROW(load_row(DType::float8_e5m2_x4, memory, 4, 1, &value), Fault);
  EXPECT_THROW(store_row(DType::float4_e2m1fn_x4, &value, 1, memory, 2), Fault);
}

}  // namespace
}  // namespace trainyard
