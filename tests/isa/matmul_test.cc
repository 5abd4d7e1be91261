// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "isa/fake_core.h"
#include "isa/instructions/nc_matmul.h"
#include "isa/instructions/nc_transpose.h"
#include "numerics/gemm.h"

namespace trainyard {
namespace {

std::vector<float> random_values(std::mt19937& random, std::int64_t count) {
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& v : values) v = normal(random);
  return values;
}

std::string fault_of(FakeCore& core, const NcMatmul& matmul) {
  try {
    core.run(matmul);
  } catch (const Fault& fault) {
    return fault.message();
  }
  return "";
}

TEST(NcMatmul, HasTheBitsOfTheFixedOrderProductForEveryInputFormat) {
  std::mt19937 random(20260101);
  for (const DType dtype : {DType::float32, DType::bfloat16, DType::float16, DType::float8_e4m3}) {
    FakeCore core;
    const View a = core.sbuf({96, 80}, dtype);
    const View b = core.sbuf({96, 200}, dtype);
    const View c = core.psum({80, 200});
    core.write(a, random_values(random, 96 * 80));
    core.write(b, random_values(random, 96 * 200));
    core.run(NcMatmul{.dst = c, .stationary = a, .moving = b});
    core.run(NcMatmul{.dst = c, .stationary = a, .moving = b});
    std::vector<float> expected(80 * 200);
    const auto x = core.read(a);
    const auto y = core.read(b);
    gemm_accumulate_fixed_order(x.data(), 80, y.data(), 200, 96, 80, 200, expected.data(), 200,
                                GemmMode::overwrite);
    gemm_accumulate_fixed_order(x.data(), 80, y.data(), 200, 96, 80, 200, expected.data(), 200,
                                GemmMode::accumulate);
    EXPECT_EQ(core.read(c), expected) << dtype_info(dtype).name;
  }
}

TEST(NcMatmul, OverwritesWhatWasNeverWrittenAndAddsToTheRest) {
  FakeCore core;
  const View one = core.sbuf({1, 2});
  const View data = core.sbuf({1, 4});
  core.write(one, {1, 2});
  core.write(data, {1, 10, 100, 1000});
  const View c = core.psum({2, 4});
  View half = c;
  half.dims[1].count = 2;
  core.write(half, {5, 6, 7, 8});
  core.run(NcMatmul{.dst = c, .stationary = one, .moving = data});
  EXPECT_EQ(core.read(c), (std::vector<float>{6, 16, 100, 1000, 9, 28, 200, 2000}));
  core.run(
      NcMatmul{.dst = c, .stationary = one, .moving = data, .accumulate = Accumulate::overwrite});
  EXPECT_EQ(core.read(c), (std::vector<float>{1, 10, 100, 1000, 2, 20, 200, 2000}));
}

TEST(NcMatmul, RoundsABfloat16AccumulatorAtEveryWrite) {
  FakeCore core;
  const View one = core.sbuf({1, 2});
  const View data = core.sbuf({1, 1});
  core.write(one, {256, 1});
  core.write(data, {1});
  const View c = core.psum({2, 1}, DType::bfloat16);
  for (int i = 0; i < 2; ++i) {
    core.run(NcMatmul{.dst = c, .stationary = one, .moving = data});
    core.write(one, {1, 1});
  }
  EXPECT_EQ(core.read(c), (std::vector<float>{256, 2}));  // 257 is a tie, to even
}

TEST(NcMatmul, ContractsOverBothRowsOfAPartitionInDoubleRowMode) {
  FakeCore core;
  const View a = core.sbuf({2, 2, 1}, DType::float8_e4m3);
  const View b = core.sbuf({2, 2, 3}, DType::float8_e5m2);
  core.write(a, {1, 2, 3, 4});
  core.write(b, {1, 0, 1, 0, 1, 1, 1, 0, 2, 0, 1, 2});
  const View c = core.psum({1, 3});
  core.run(
      NcMatmul{.dst = c, .stationary = a, .moving = b, .perf_mode = MatmulPerfMode::double_row});
  EXPECT_EQ(core.read(c), (std::vector<float>{4, 6, 17}));
}

TEST(NcMatmul, MovesBitsInTransposeMode) {
  FakeCore core("trn2");
  const View a = core.sbuf({3, 2});
  const View identity = core.sbuf({3, 3});
  core.write_bits(a, {0x7fc12345, 1, 0xff800000, 2, 3, 0x80000001});
  core.write(identity, {1, 0, 0, 0, 1, 0, 0, 0, 1});
  const View c = core.psum({2, 3});
  core.write(c, {9, 9, 9, 9, 9, 9});
  NcMatmul transpose{.dst = c, .stationary = a, .moving = identity, .is_transpose = true};
  core.run(transpose);
  EXPECT_EQ(core.read_bits(c),
            (std::vector<std::uint32_t>{0x7fc12345, 0xff800000, 3, 1, 2, 0x80000001}));
  core.write(identity, {1, 1, 0, 0, 1, 0, 0, 0, 1});
  EXPECT_NE(fault_of(core, transpose).find("identity"), std::string::npos);
}

TEST(NcMatmul, RefusesWhatTheArrayCannotHold) {
  FakeCore trn2("trn2");
  const View a = trn2.sbuf({128, 128}, DType::bfloat16);
  const View wide = trn2.sbuf({128, 1024}, DType::bfloat16);
  const View c = trn2.psum({128, 2048});
  View tile = wide;
  View out = c;
  tile.dims[1].count = out.dims[1].count = 513;
  EXPECT_NE(fault_of(trn2, {.dst = out, .stationary = a, .moving = tile}).find("512"),
            std::string::npos);
  tile.dims[1].count = out.dims[1].count = 512;
  out.offset_bytes = 4;
  EXPECT_NE(fault_of(trn2, {.dst = out, .stationary = a, .moving = tile}).find("bank"),
            std::string::npos);
  out.offset_bytes = 2048;
  EXPECT_EQ(fault_of(trn2, {.dst = out, .stationary = a, .moving = tile}), "");
  NcMatmul tiled{.dst = out, .stationary = a, .moving = tile};
  tiled.tile_position = {2, {0, 0}};
  tiled.tile_size = {2, {64, 128}};
  EXPECT_NE(fault_of(trn2, tiled).find("at most 64 partitions"), std::string::npos);
  tiled.tile_size = {2, {48, 128}};
  EXPECT_NE(fault_of(trn2, tiled).find("tile_size"), std::string::npos);

  FakeCore trn3;
  const View a3 = trn3.sbuf({128, 128}, DType::bfloat16);
  const View wide3 = trn3.sbuf({128, 1024}, DType::bfloat16);
  EXPECT_EQ(fault_of(trn3, {.dst = trn3.psum({128, 1024}), .stationary = a3, .moving = wide3}), "");
}

TEST(NcMatmul, TakesOneCyclePerRowAndFourForFloat32) {
  FakeCore core("trn2");
  const Machine& machine = core.machine();
  const auto cost = [&](DType dtype, std::int32_t n) {
    const View a = core.sbuf({128, 128}, dtype);
    const View b = core.sbuf({128, n}, dtype);
    return NcMatmul{.dst = core.psum({128, n}), .stationary = a, .moving = b}.cost(machine,
                                                                                   Engine::tensor);
  };
  EXPECT_NEAR(cost(DType::bfloat16, 512).occupancy.ns(), 213.333, 0.001);
  EXPECT_NEAR(cost(DType::float32, 512).occupancy.ns(), 853.333, 0.001);
  EXPECT_NEAR(cost(DType::bfloat16, 8).occupancy.ns(), 64 / 2.4, 0.001);
  EXPECT_EQ(cost(DType::bfloat16, 512).macs, 128 * 128 * 512);
}

TEST(NcTranspose, SwapsAxesOnEitherEngine) {
  FakeCore core;
  for (const Engine engine : {Engine::tensor, Engine::vector}) {
    const View a = core.sbuf({4, 32}, DType::bfloat16);
    const View c = core.psum({32, 4}, DType::bfloat16);
    std::vector<std::uint32_t> bits(128);
    for (std::uint32_t i = 0; i < 128; ++i) bits[i] = 0x7f00 + i;  // NaN among them
    core.write_bits(a, bits);
    core.run(NcTranspose{.dst = c, .data = a}, engine);
    const auto moved = core.read_bits(c);
    for (std::size_t i = 0; i < 4; ++i) {
      for (std::size_t j = 0; j < 32; ++j) EXPECT_EQ(moved[j * 4 + i], bits[i * 32 + j]);
    }
  }
}

TEST(NcTranspose, UsesTheTensorEngineOnlyFromSbufToPsum) {
  FakeCore core;
  const View large = core.sbuf({64, 64});
  EXPECT_EQ((NcTranspose{.dst = core.psum({64, 64}), .data = large}.engines(core.machine())),
            EngineSet::of(Engine::tensor));
  EXPECT_THROW(core.run(NcTranspose{.dst = core.sbuf({64, 64}), .data = large}), Fault);
  const View small = core.sbuf({32, 32});
  EXPECT_EQ((NcTranspose{.dst = core.sbuf({32, 32}), .data = small}.engines(core.machine())),
            EngineSet::of(Engine::vector));
}

}  // namespace
}  // namespace trainyard
