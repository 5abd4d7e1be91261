// SPDX-License-Identifier: Apache-2.0
#include "numerics/gemm.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "base/fault.h"
#include "numerics/gemm_fast.h"
#include "numerics/math_targets.h"

namespace trainyard {
namespace {

constexpr unsigned kSeed = 20261125;

struct Shape {
  std::size_t rows, columns, count;
};

// Operands with a pitch beyond their width, and an output between guards.
struct Product {
  Shape shape;
  std::size_t stationary_pitch, moving_pitch, out_pitch;
  std::vector<float> stationary, moving, out;

  Product(Shape of, std::mt19937& random)
      : shape(of),
        stationary_pitch(of.columns + 3),
        moving_pitch(of.count + 5),
        out_pitch(of.count + 7),
        stationary(of.rows * stationary_pitch),
        moving(of.rows * moving_pitch),
        out(of.columns * out_pitch) {
    std::normal_distribution<float> normal;
    for (float& x : stationary) x = normal(random);
    for (float& x : moving) x = normal(random);
    for (float& x : out) x = normal(random);
  }

  void run(GemmMode mode) {
    gemm_accumulate_fixed_order(stationary.data(), stationary_pitch, moving.data(), moving_pitch,
                                shape.rows, shape.columns, shape.count, out.data(), out_pitch,
                                mode);
  }

  // The meaning, written as it is documented.
  std::vector<float> expected(GemmMode mode) const {
    std::vector<float> result = out;
    for (std::size_t m = 0; m < shape.columns; ++m) {
      for (std::size_t n = 0; n < shape.count; ++n) {
        float partial = 0.0f;
        for (std::size_t k = 0; k < shape.rows; ++k) {
          partial =
              std::fma(stationary[k * stationary_pitch + m], moving[k * moving_pitch + n], partial);
        }
        float& to = result[m * out_pitch + n];
        to = mode == GemmMode::accumulate ? to + partial : partial;
        if (std::isnan(to)) to = std::bit_cast<float>(0x7fc00000u);
      }
    }
    return result;
  }
};

void expect_same_bits(const std::vector<float>& a, const std::vector<float>& b, Shape shape,
                      long long target) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(std::bit_cast<std::uint32_t>(a[i]), std::bit_cast<std::uint32_t>(b[i]))
        << "at " << i << " of K=" << shape.rows << " M=" << shape.columns << " N=" << shape.count
        << " on " << hwy::TargetName(target) << ", seed " << kSeed;
  }
}

TEST(Gemm, every_instruction_set_gives_the_bits_of_the_scalar_loop_for_any_shape) {
  std::mt19937 random(kSeed);
  std::vector<Shape> shapes = {{1, 1, 1},   {0, 3, 5},    {128, 128, 512}, {512, 16, 40},
                               {128, 1, 1}, {1, 128, 17}, {7, 9, 512},     {128, 15, 49}};
  std::uniform_int_distribution<std::size_t> any(1, 70);
  for (int i = 0; i < 60; ++i) shapes.push_back({any(random), any(random), any(random)});
  for (const Shape shape : shapes) {
    for (const GemmMode mode : {GemmMode::overwrite, GemmMode::accumulate}) {
      const Product product(shape, random);
      const std::vector<float> expected = product.expected(mode);
      for (const long long target : test::kernel_targets()) {
        const test::OnTarget on(target);
        Product copy = product;
        copy.run(mode);
        expect_same_bits(copy.out, expected, shape, target);
      }
    }
  }
}

TEST(Gemm, infinities_nan_and_denormals_are_those_of_the_scalar_loop) {
  std::mt19937 random(kSeed);
  const Shape shape{9, 10, 33};
  Product product(shape, random);
  const float special[] = {std::numeric_limits<float>::infinity(), -0.0f,    0x1p-149f, 0x1p-126f,
                           std::bit_cast<float>(0xffc12345u),      0x1p127f, 0.0f};
  for (std::size_t i = 0; i < product.stationary.size(); i += 3) {
    product.stationary[i] = special[i % 7];
  }
  for (std::size_t i = 0; i < product.moving.size(); i += 5) product.moving[i] = special[i % 7];
  const std::vector<float> expected = product.expected(GemmMode::accumulate);
  for (const long long target : test::kernel_targets()) {
    const test::OnTarget on(target);
    Product copy = product;
    copy.run(GemmMode::accumulate);
    expect_same_bits(copy.out, expected, shape, target);
  }
}

TEST(Gemm, a_whole_product_accumulates_a_partial_per_128_rows) {
  std::mt19937 random(kSeed);
  for (const Shape shape : {Shape{300, 530, 70}, Shape{128, 20, 2100}, Shape{0, 3, 3}}) {
    Product product(shape, random);
    Product tiled = product;
    for (std::size_t k = 0; k == 0 || k < shape.rows; k += 128) {
      Product part = tiled;
      part.shape.rows = std::min<std::size_t>(128, shape.rows - k);
      part.stationary.erase(part.stationary.begin(),
                            part.stationary.begin() + k * part.stationary_pitch);
      part.moving.erase(part.moving.begin(), part.moving.begin() + k * part.moving_pitch);
      tiled.out = part.expected(k == 0 ? GemmMode::overwrite : GemmMode::accumulate);
    }
    gemm_fixed_order(product.stationary.data(), product.stationary_pitch, product.moving.data(),
                     product.moving_pitch, shape.rows, shape.columns, shape.count,
                     product.out.data(), product.out_pitch);
    expect_same_bits(product.out, tiled.out, shape, 0);
  }
}

TEST(FastGemm, products_of_bf16_are_near_the_exact_ones_where_the_host_has_tiles) {
  if (!fast_gemm_available()) {
    EXPECT_THROW(gemm_bf16_fast(nullptr, 0, nullptr, 0, 0, 0, 0, nullptr, 0, GemmMode::overwrite),
                 Fault);
    return;
  }
  std::mt19937 random(kSeed);
  for (const Shape shape : {Shape{128, 128, 512}, Shape{1, 1, 1}, Shape{33, 17, 49},
                            Shape{64, 31, 16}, Shape{0, 2, 2}}) {
    for (const GemmMode mode : {GemmMode::overwrite, GemmMode::accumulate}) {
      Product product(shape, random);
      const auto to_bf16 = [](std::vector<float>& values) {
        std::vector<std::uint16_t> result;
        for (float& x : values) {
          const std::uint32_t bits = std::bit_cast<std::uint32_t>(x) & 0xffff0000u;
          x = std::bit_cast<float>(bits);
          result.push_back(static_cast<std::uint16_t>(bits >> 16));
        }
        return result;
      };
      const std::vector<std::uint16_t> stationary = to_bf16(product.stationary);
      const std::vector<std::uint16_t> moving = to_bf16(product.moving);
      const std::vector<float> expected = product.expected(mode);
      gemm_bf16_fast(stationary.data(), product.stationary_pitch, moving.data(),
                     product.moving_pitch, shape.rows, shape.columns, shape.count,
                     product.out.data(), product.out_pitch, mode);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_NEAR(product.out[i], expected[i], 2e-5)
            << "at " << i << " of K=" << shape.rows << " M=" << shape.columns
            << " N=" << shape.count << ", seed " << kSeed;
      }
    }
  }
}

}  // namespace
}  // namespace trainyard
