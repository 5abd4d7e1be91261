// SPDX-License-Identifier: Apache-2.0
#include "numerics/math.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "numerics/math_reference.h"
#include "numerics/math_targets.h"

namespace trainyard {
namespace {

constexpr float kSlope = 0.25f;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr unsigned kSeed = 20261125;

std::vector<Function> all_functions() {
  std::vector<Function> all;
  for (int i = 0; i < kFunctionCount; ++i) all.push_back(static_cast<Function>(i));
  return all;
}

std::vector<float> every_bf16() {
  std::vector<float> all;
  for (std::uint32_t i = 0; i < 0x10000; ++i) all.push_back(std::bit_cast<float>(i << 16));
  return all;
}

// Random bit patterns, the range where functions bend, and the places where formulas change.
std::vector<float> hard_fp32() {
  std::mt19937 random(kSeed);
  std::uniform_real_distribution<float> bend(-16.0f, 16.0f);
  std::vector<float> all;
  for (int i = 0; i < 20000; ++i) all.push_back(std::bit_cast<float>(std::uint32_t(random())));
  for (int i = 0; i < 20000; ++i) all.push_back(bend(random));
  for (const float edge : {-1.2784645f, -0.7517915f, -0.7511543f, 1.0f, 3.1415927f, -3.1415927f,
                           1.5707964f, 0.41421357f, 2.4142137f, 0.5f, 88.722839f, -103.97208f}) {
    for (int i = -100; i < 100; ++i) {
      all.push_back(std::bit_cast<float>(std::bit_cast<std::uint32_t>(edge) + i));
    }
  }
  return all;
}

float apply(Function function, float x) {
  float y = 0.0f;
  apply_row(function, &x, 1, &y, kSlope);
  return y;
}

// Where the function is meant to be the mathematical one.
bool in_domain(Function function, float x) {
  if (function == Function::sin) return !(std::fabs(x) > 3.1415927f);
  if (function == Function::cos || function == Function::tan) return !(std::fabs(x) > 0x1p45f);
  return true;
}

// Position on the number line of bf16, rounded to nearest even.
std::int32_t bf16_place(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const auto place =
      static_cast<std::int32_t>(((bits & 0x7fffffffu) + 0x7fffu + (bits >> 16 & 1)) >> 16);
  return bits >> 31 != 0 ? -place : place;
}

TEST(Math, every_function_of_every_bf16_is_within_2_bf16_ulp_of_the_rounded_result) {
  const std::vector<float> in = every_bf16();
  std::vector<float> out(in.size());
  for (const Function function : all_functions()) {
    apply_row(function, in.data(), in.size(), out.data(), kSlope);
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (!in_domain(function, in[i])) continue;
      const auto exact = static_cast<float>(test::reference(function, in[i], kSlope));
      if (std::isnan(exact)) {
        ASSERT_TRUE(std::isnan(out[i])) << function_name(function) << "(" << in[i] << ")";
        continue;
      }
      ASSERT_LE(std::abs(bf16_place(out[i]) - bf16_place(exact)), 2)
          << function_name(function) << "(" << in[i] << ") = " << out[i] << ", exact " << exact;
    }
  }
}

TEST(Math, every_function_of_every_bf16_is_correctly_rounded_to_fp32_but_for_ties) {
  const std::vector<float> in = every_bf16();
  std::vector<float> out(in.size());
  for (const Function function : all_functions()) {
    apply_row(function, in.data(), in.size(), out.data(), kSlope);
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (!in_domain(function, in[i])) continue;
      ASSERT_LE(test::error_ulp(out[i], test::reference(function, in[i], kSlope)), 0.501)
          << function_name(function) << "(" << in[i] << ") = " << out[i];
    }
  }
}

TEST(Math, hard_fp32_arguments_are_correctly_rounded_but_for_ties) {
  const std::vector<float> in = hard_fp32();
  std::vector<float> out(in.size());
  for (const Function function : all_functions()) {
    apply_row(function, in.data(), in.size(), out.data(), kSlope);
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (!in_domain(function, in[i])) continue;
      ASSERT_LE(test::error_ulp(out[i], test::reference(function, in[i], kSlope)), 0.501)
          << function_name(function) << "(" << in[i] << ") = " << out[i] << ", seed " << kSeed;
    }
  }
}

TEST(Math, every_instruction_set_gives_the_same_bits) {
  ASSERT_GE(test::kernel_targets().size(), 1u);
  std::vector<float> in = every_bf16();
  const std::vector<float> hard = hard_fp32();
  in.insert(in.end(), hard.begin(), hard.end());
  in.pop_back();  // no multiple of a vector
  for (const Function function : all_functions()) {
    std::vector<float> first(in.size()), out(in.size());
    for (const long long target : test::kernel_targets()) {
      const test::OnTarget on(target);
      std::vector<float>& to = target == test::kernel_targets().front() ? first : out;
      apply_row(function, in.data(), in.size(), to.data(), kSlope);
      if (&to == &first) continue;
      for (std::size_t i = 0; i < in.size(); ++i) {
        ASSERT_EQ(std::bit_cast<std::uint32_t>(first[i]), std::bit_cast<std::uint32_t>(out[i]))
            << function_name(function) << "(" << in[i] << ") on " << hwy::TargetName(target)
            << ", seed " << kSeed;
      }
    }
  }
}

TEST(Math, a_short_row_gives_what_a_long_one_gives_and_writes_no_further) {
  std::vector<float> in(67);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = 0.1f * static_cast<float>(i) - 3.0f;
  for (const Function function : all_functions()) {
    std::vector<float> whole(in.size());
    apply_row(function, in.data(), in.size(), whole.data(), kSlope);
    for (std::size_t count = 0; count < in.size(); ++count) {
      std::vector<float> out(in);  // in place
      apply_row(function, out.data(), count, out.data(), kSlope);
      for (std::size_t i = 0; i < in.size(); ++i) {
        ASSERT_EQ(std::bit_cast<std::uint32_t>(out[i]),
                  std::bit_cast<std::uint32_t>(i < count ? whole[i] : in[i]))
            << function_name(function);
      }
    }
  }
}

TEST(Math, infinities_and_nan_go_through_as_ieee_says) {
  EXPECT_EQ(apply(Function::exp, -kInfinity), 0.0f);
  EXPECT_EQ(apply(Function::exp, kInfinity), kInfinity);
  EXPECT_EQ(apply(Function::log, 0.0f), -kInfinity);
  EXPECT_EQ(apply(Function::log, kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(apply(Function::log, -1.0f)));
  EXPECT_EQ(apply(Function::rsqrt, 0.0f), kInfinity);
  EXPECT_EQ(apply(Function::rsqrt, kInfinity), 0.0f);
  EXPECT_EQ(apply(Function::reciprocal, kInfinity), 0.0f);
  EXPECT_EQ(apply(Function::tanh, -kInfinity), -1.0f);
  EXPECT_EQ(apply(Function::silu, -kInfinity), 0.0f);
  EXPECT_EQ(apply(Function::gelu, -kInfinity), 0.0f);
  EXPECT_EQ(apply(Function::gelu, kInfinity), kInfinity);
  EXPECT_EQ(apply(Function::mish, -kInfinity), 0.0f);
  EXPECT_EQ(apply(Function::softplus, -kInfinity), 0.0f);
  for (const Function function : all_functions()) {
    EXPECT_TRUE(std::isnan(apply(function, std::numeric_limits<float>::quiet_NaN())))
        << function_name(function);
  }
}

TEST(Math, denormals_are_kept) {
  const float tiny = 0x1p-140f;
  EXPECT_EQ(apply(Function::tanh, tiny), tiny);
  EXPECT_EQ(apply(Function::sin, -tiny), -tiny);
  EXPECT_GT(apply(Function::exp, -97.0f), 0.0f);
  EXPECT_GT(apply(Function::gelu, -13.5f), -0x1p-126f);
  EXPECT_LT(apply(Function::gelu, -13.5f), 0.0f);
}

TEST(Math, the_engines_sin_goes_on_with_a_cubic_beyond_pi) {
  EXPECT_NEAR(apply(Function::sin, 9.0f), 27.65f, 0.005f);
  EXPECT_EQ(apply(Function::sin, -9.0f), -apply(Function::sin, 9.0f));
  EXPECT_NEAR(apply(Function::sin, 3.2f), std::sin(3.2), 1e-6);  // no step at pi
}

TEST(Math, cos_and_tan_end_in_nan_where_their_range_reduction_ends) {
  EXPECT_NEAR(apply(Function::cos, 1e5f), std::cos(1e5), 1e-7);
  EXPECT_NEAR(apply(Function::tan, 1e5f), std::tan(1e5), 1e-7);
  EXPECT_TRUE(std::isnan(apply(Function::cos, 0x1p46f)));
  EXPECT_TRUE(std::isnan(apply(Function::tan, -kInfinity)));
}

TEST(Math, names_and_functions_are_one_to_one) {
  for (const Function function : all_functions()) {
    EXPECT_EQ(function_from_name(function_name(function)), function);
  }
  EXPECT_EQ(function_from_name("sine"), std::nullopt);
}

}  // namespace
}  // namespace trainyard
