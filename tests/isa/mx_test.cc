// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "isa/fake_core.h"
#include "isa/instructions/nc_matmul_mx.h"
#include "isa/instructions/quantize_mx.h"

namespace trainyard {
namespace {

constexpr DType kMx = DType::float8_e4m3fn_x4;

TEST(QuantizeMx, PutsFourScaleRowsAtTheStartOfEachQuadrantAndZeroesTheRest) {
  FakeCore core;
  const View src = core.sbuf({64, 4}, DType::bfloat16);
  std::vector<float> values(64 * 4);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::ldexp(1.0F, int(i / 32));
  core.write(src, values);
  const View scale = core.sbuf({64, 1}, DType::uint8);
  core.write(scale, std::vector<float>(64, 77));
  core.run(QuantizeMx{.dst = core.sbuf({64, 1}, kMx), .src = src, .dst_scale = scale});
  std::vector<float> expected(64, 0);
  // Group g holds 2^g: scale exponent g - (8 - 1).
  for (int g = 0; g < 8; ++g) {
    expected[static_cast<std::size_t>(g / 4 * 32 + g % 4)] = static_cast<float>(g - 7 + 127);
  }
  EXPECT_EQ(core.read(scale), expected);
}

TEST(QuantizeMx, LeavesScalesOfOtherTensorsInAPackedTileAlone) {
  FakeCore core;
  core.set_scale_rule(mx::ScaleRule::ocp);
  const View src = core.sbuf({64, 4}, DType::bfloat16);
  core.write(src, std::vector<float>(64 * 4, 1.0F));
  const View scale = core.sbuf({64, 1}, DType::uint8);
  core.write(scale, std::vector<float>(64, 77));
  View shifted = scale;
  shifted.partition = 4;
  shifted.dims[0].count = 60;
  core.run(QuantizeMx{.dst = core.sbuf({64, 1}, kMx), .src = src, .dst_scale = shifted});
  std::vector<float> expected(64, 77);
  for (const std::size_t p : {4, 5, 6, 7, 36, 37, 38, 39}) expected[p] = 127 - 8;
  EXPECT_EQ(core.read(scale), expected);
}

TEST(NcMatmulMx, MultipliesWhatQuantizeMxWrote) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> small(-8, 8);
  FakeCore core;
  constexpr std::int32_t kP = 64;
  constexpr std::int32_t kM = 6;
  constexpr std::int32_t kN = 5;
  const auto operand = [&](std::int32_t words, std::vector<float>& values) {
    const View src = core.sbuf({kP, 4 * words}, DType::bfloat16);
    values.resize(static_cast<std::size_t>(src.elements()));
    // Exact in e4m3 at any scale; groups differ by powers of two.
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = std::ldexp(static_cast<float>(small(random)), int(i / std::size_t(32 * words)));
    }
    core.write(src, values);
    const View data = core.sbuf({kP, words}, kMx);
    const View scale = core.sbuf({kP, words}, DType::uint8);
    core.run(QuantizeMx{.dst = data, .src = src, .dst_scale = scale});
    return std::pair{data, scale};
  };
  std::vector<float> a;
  std::vector<float> b;
  const auto [stationary, stationary_scale] = operand(kM, a);
  const auto [moving, moving_scale] = operand(kN, b);
  const View c = core.psum({kM, kN});
  core.run(NcMatmulMx{.dst = c,
                      .stationary = stationary,
                      .moving = moving,
                      .stationary_scale = stationary_scale,
                      .moving_scale = moving_scale});
  const auto product = core.read(c);
  for (std::size_t m = 0; m < kM; ++m) {
    for (std::size_t n = 0; n < kN; ++n) {
      float sum = 0;
      for (std::size_t p = 0; p < kP; ++p) {
        for (std::size_t v = 0; v < 4; ++v) {
          sum += a[p * 4 * kM + 4 * m + v] * b[p * 4 * kN + 4 * n + v];
        }
      }
      EXPECT_EQ(product[m * kN + n], sum) << m << ", " << n;
    }
  }
}

TEST(NcMatmulMx, NeedsWholeQuadrantsAndTheirScales) {
  FakeCore core;
  const auto fault = [&](std::int32_t p, std::int32_t scale_rows) -> std::string {
    const View scale = core.sbuf({scale_rows, 2}, DType::uint8);
    try {
      core.run(NcMatmulMx{.dst = core.psum({2, 2}),
                          .stationary = core.sbuf({p, 2}, kMx),
                          .moving = core.sbuf({p, 2}, kMx),
                          .stationary_scale = scale,
                          .moving_scale = scale});
    } catch (const Fault& f) {
      return f.message();
    }
    return "";
  };
  EXPECT_NE(fault(40, 40).find("multiple of 32"), std::string::npos);
  EXPECT_NE(fault(64, 35).find("36"), std::string::npos);
  EXPECT_EQ(fault(64, 36), "");
  EXPECT_EQ(fault(32, 4), "");
}

}  // namespace
}  // namespace trainyard
