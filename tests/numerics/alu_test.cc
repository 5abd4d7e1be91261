// SPDX-License-Identifier: Apache-2.0
#include "numerics/alu.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "base/fault.h"
#include "numerics/alu_int.h"
#include "numerics/math_targets.h"

namespace trainyard {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr unsigned kSeed = 20261125;

std::vector<AluOp> all_ops() {
  std::vector<AluOp> all;
  for (int i = 0; i < kAluOpCount; ++i) all.push_back(static_cast<AluOp>(i));
  return all;
}

// A third each of usual numbers, small integers with zeros, and any bits (as shift amounts too).
std::vector<float> operands(std::size_t count, std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<float> all;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t bits = static_cast<std::uint32_t>(random());
    const float choices[] = {normal(random),
                             static_cast<float>(bits % 5) - 2.0f,
                             std::bit_cast<float>(bits),
                             std::bit_cast<float>(bits % 40),
                             bits % 2 == 0 ? kNan : -kInfinity,
                             bits % 2 == 0 ? -0.0f : 0.0f};
    all.push_back(choices[random() % 6]);
  }
  return all;
}

std::uint32_t bits(float x) {
  return std::bit_cast<std::uint32_t>(x);
}

TEST(Alu, rows_on_every_instruction_set_have_the_bits_of_the_scalar_meaning) {
  std::mt19937 random(kSeed);
  const std::vector<float> a = operands(1003, random);
  const std::vector<float> b = operands(1003, random);
  std::vector<float> out(a.size());
  for (const long long target : test::kernel_targets()) {
    const test::OnTarget on(target);
    for (const AluOp op : all_ops()) {
      alu_row(op, a.data(), b.data(), a.size(), out.data());
      for (std::size_t i = 0; i < a.size(); ++i) {
        ASSERT_EQ(bits(out[i]), bits(alu_apply(op, a[i], b[i])))
            << alu_op_name(op) << "(" << a[i] << ", " << b[i] << ") on " << hwy::TargetName(target)
            << ", seed " << kSeed;
      }
      for (const bool reverse : {false, true}) {
        for (const float scalar : {2.5f, 0.0f, kNan, std::bit_cast<float>(3u), b[0]}) {
          alu_row_scalar(op, a.data(), scalar, reverse, a.size(), out.data());
          for (std::size_t i = 0; i < a.size(); ++i) {
            const float expected =
                reverse ? alu_apply(op, scalar, a[i]) : alu_apply(op, a[i], scalar);
            ASSERT_EQ(bits(out[i]), bits(expected))
                << alu_op_name(op) << " of " << a[i] << " and the scalar " << scalar
                << (reverse ? " reversed" : "") << " on " << hwy::TargetName(target);
          }
        }
      }
    }
  }
}

TEST(Alu, a_reduction_runs_over_sixteen_accumulators_and_a_tree_on_every_instruction_set) {
  std::mt19937 random(kSeed);
  for (std::size_t count = 1; count < 100; ++count) {
    const std::vector<float> in = operands(count, random);
    for (const AluOp op : all_ops()) {
      if (!is_reduction(op)) continue;
      const AluOp inner = op == AluOp::subtract ? AluOp::add : op;
      std::vector<float> sums(in.begin(), in.begin() + std::min<std::size_t>(16, count));
      for (std::size_t i = 16; i < count; ++i) sums[i % 16] = alu_apply(inner, sums[i % 16], in[i]);
      for (std::size_t step = 8; step > 0; step /= 2) {
        for (std::size_t j = 0; j < step && j + step < sums.size(); ++j) {
          sums[j] = alu_apply(inner, sums[j], sums[j + step]);
        }
      }
      const float expected = alu_apply(op, 1.5f, sums[0]);
      for (const long long target : test::kernel_targets()) {
        const test::OnTarget on(target);
        ASSERT_EQ(bits(alu_reduce_row(op, in.data(), count, 1.5f)), bits(expected))
            << alu_op_name(op) << " of " << count << " on " << hwy::TargetName(target);
      }
    }
  }
}

TEST(Alu, an_identity_changes_nothing_and_an_empty_row_gives_init) {
  for (const AluOp op : all_ops()) {
    if (!is_reduction(op)) {
      EXPECT_THROW(alu_identity(op), Fault) << alu_op_name(op);
      EXPECT_THROW(alu_reduce_row(op, nullptr, 0, 0.0f), Fault) << alu_op_name(op);
      continue;
    }
    const float one = 1.0f;
    EXPECT_EQ(alu_reduce_row(op, &one, 0, 7.0f), 7.0f);
    const float expected = op == AluOp::subtract ? -1.0f : 1.0f;
    EXPECT_EQ(alu_reduce_row(op, &one, 1, alu_identity(op)), expected) << alu_op_name(op);
  }
}

TEST(Alu, maximum_and_minimum_ignore_nan) {
  EXPECT_EQ(alu_apply(AluOp::maximum, kNan, -3.0f), -3.0f);
  EXPECT_EQ(alu_apply(AluOp::maximum, -3.0f, kNan), -3.0f);
  EXPECT_EQ(alu_apply(AluOp::minimum, kNan, 3.0f), 3.0f);
  EXPECT_EQ(alu_apply(AluOp::abs_max, 3.0f, kNan), 3.0f);
  EXPECT_TRUE(std::isnan(alu_apply(AluOp::maximum, kNan, kNan)));
}

TEST(Alu, abs_max_and_abs_min_return_the_signed_original) {
  EXPECT_EQ(alu_apply(AluOp::abs_max, -5.0f, 3.0f), -5.0f);
  EXPECT_EQ(alu_apply(AluOp::abs_min, -5.0f, 3.0f), 3.0f);
  EXPECT_EQ(alu_apply(AluOp::abs_max, 2.0f, -2.0f), -2.0f);
}

TEST(Alu, mod_has_the_sign_of_the_divisor_and_fmod_of_the_dividend) {
  EXPECT_EQ(alu_apply(AluOp::mod, -7.0f, 3.0f), 2.0f);
  EXPECT_EQ(alu_apply(AluOp::mod, 7.0f, -3.0f), -2.0f);
  EXPECT_EQ(alu_apply(AluOp::fmod, -7.0f, 3.0f), -1.0f);
  EXPECT_EQ(alu_apply(AluOp::power, 2.0f, 10.0f), 1024.0f);
}

TEST(Alu, shifts_beyond_the_word_give_zero_or_the_sign) {
  const auto shift = [](AluOp op, std::uint32_t value, std::uint32_t amount) {
    return bits(alu_apply(op, std::bit_cast<float>(value), std::bit_cast<float>(amount)));
  };
  EXPECT_EQ(shift(AluOp::left_shift, 3, 31), 0x80000000u);
  EXPECT_EQ(shift(AluOp::left_shift, 3, 32), 0u);
  EXPECT_EQ(shift(AluOp::right_shift, 0x80000000u, 31), 1u);
  EXPECT_EQ(shift(AluOp::arithmetic_right_shift, 0x80000000u, 40), 0xffffffffu);
}

TEST(Alu, a_scan_is_strictly_sequential) {
  std::mt19937 random(kSeed);
  const std::vector<float> a = operands(200, random);
  const std::vector<float> b = operands(200, random);
  std::vector<float> out(a.size());
  for (const AluOp op0 : {AluOp::multiply, AluOp::add, AluOp::subtract, AluOp::maximum}) {
    for (const AluOp op1 : {AluOp::add, AluOp::multiply, AluOp::subtract, AluOp::minimum}) {
      for (int reversed = 0; reversed < 4; ++reversed) {
        const bool reverse0 = (reversed & 1) != 0;
        const bool reverse1 = (reversed & 2) != 0;
        alu_scan_row(op0, op1, a.data(), b.data(), 0.5f, a.size(), out.data(), reverse0, reverse1);
        float state = 0.5f;
        for (std::size_t i = 0; i < a.size(); ++i) {
          state = reverse0 ? alu_apply(op0, state, a[i]) : alu_apply(op0, a[i], state);
          state = reverse1 ? alu_apply(op1, b[i], state) : alu_apply(op1, state, b[i]);
          ASSERT_EQ(bits(out[i]), bits(state)) << alu_op_name(op0) << " " << alu_op_name(op1);
        }
      }
    }
  }
}

TEST(Alu, names_and_operators_are_one_to_one) {
  for (const AluOp op : all_ops()) EXPECT_EQ(alu_op_from_name(alu_op_name(op)), op);
  EXPECT_EQ(alu_op_from_name("plus"), std::nullopt);
}

TEST(AluInt, arithmetic_wraps_and_is_exact_beyond_2_to_the_24) {
  const std::int32_t least = std::numeric_limits<std::int32_t>::min();
  const std::int32_t most = std::numeric_limits<std::int32_t>::max();
  EXPECT_EQ(alu_apply(AluOp::add, most, 1), least);
  EXPECT_EQ(alu_apply(AluOp::subtract, least, 1), most);
  EXPECT_EQ(alu_apply(AluOp::multiply, 0x10001, 0x10001), 0x20001);
  EXPECT_EQ(alu_apply(AluOp::add, 1 << 24, 1), (1 << 24) + 1);
  EXPECT_EQ(alu_apply(AluOp::abs, least, 0), least);
  EXPECT_EQ(alu_apply(AluOp::divide, least, -1), least);
  EXPECT_EQ(alu_apply(AluOp::divide, 7, 0), 0);
  EXPECT_EQ(alu_apply(AluOp::mod, -7, 3), 2);
  EXPECT_EQ(alu_apply(AluOp::fmod, -7, 3), -1);
  EXPECT_EQ(alu_apply(AluOp::power, 3, 20), static_cast<std::int32_t>(3486784401u));
  EXPECT_EQ(alu_apply(AluOp::power, -1, -3), -1);
  EXPECT_EQ(alu_apply(AluOp::average, most, most), most);
  EXPECT_EQ(alu_apply(AluOp::right_shift, -1, 28), 15);
  EXPECT_EQ(alu_apply(AluOp::arithmetic_right_shift, -16, 2), -4);
  EXPECT_EQ(alu_apply(AluOp::abs_max, least, most), least);
  EXPECT_EQ(alu_apply(AluOp::maximum, 0xffffffffu, 1u), 0xffffffffu);
  EXPECT_EQ(alu_apply(AluOp::less, 0xffffffffu, 1u), 0u);
}

TEST(AluInt, rows_and_reductions_are_the_meaning_element_by_element) {
  std::mt19937 random(kSeed);
  std::vector<std::int32_t> a, b;
  for (int i = 0; i < 77; ++i) {
    a.push_back(static_cast<std::int32_t>(random()));
    b.push_back(static_cast<std::int32_t>(random() % 9) - 4);
  }
  std::vector<std::int32_t> out(a.size());
  for (const AluOp op : all_ops()) {
    if (op == AluOp::rsqrt || op == AluOp::reciprocal) {
      EXPECT_THROW(alu_row(op, a.data(), b.data(), a.size(), out.data()), Fault);
      continue;
    }
    alu_row(op, a.data(), b.data(), a.size(), out.data());
    for (std::size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(out[i], alu_apply(op, a[i], b[i])) << alu_op_name(op);
    }
    alu_row_scalar(op, a.data(), 5, true, a.size(), out.data());
    for (std::size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(out[i], alu_apply(op, 5, a[i])) << alu_op_name(op);
    }
    if (!is_reduction(op)) {
      EXPECT_THROW(alu_reduce_row(op, a.data(), a.size(), 1), Fault) << alu_op_name(op);
      continue;
    }
    std::int32_t state = 1;
    for (const std::int32_t x : a) state = alu_apply(op, state, x);
    EXPECT_EQ(alu_reduce_row(op, a.data(), a.size(), 1), state) << alu_op_name(op);
  }
}

}  // namespace
}  // namespace trainyard
