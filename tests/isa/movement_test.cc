// SPDX-License-Identifier: Apache-2.0
// Shuffles, gathers, reductions over partitions, registers, and what all of them move.
#include <gtest/gtest.h>

#include <numeric>

#include "isa/fake_core.h"
#include "isa/instructions/gather.h"
#include "isa/instructions/nc_matmul.h"
#include "isa/instructions/nc_stream_shuffle.h"
#include "isa/instructions/registers.h"
#include "isa/instructions/tensor_partition_reduce.h"
#include "isa/instructions/two_cores.h"
#include "isa/traffic.h"

namespace trainyard {
namespace {

std::vector<float> counted(std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 0.0F);
  return values;
}

IntList mask_of(std::int32_t value) {
  IntList mask;
  mask.size = 32;
  mask.values.fill(value);
  return mask;
}

TEST(NcStreamShuffle, MovesRowsInsideEachQuadrantReadingBeforeItWrites) {
  FakeCore core;
  const View tile = core.sbuf({64, 1});
  core.write(tile, counted(64));
  IntList mask;
  mask.size = 32;
  for (std::int32_t i = 0; i < 32; ++i) mask.values[static_cast<std::size_t>(i)] = 31 - i;
  mask.values[5] = 255;
  core.run(NcStreamShuffle{.dst = tile, .src = tile, .shuffle_mask = mask});
  const auto moved = core.read(tile);
  for (int p = 0; p < 64; ++p) {
    const int expected = p % 32 == 5 ? p : p / 32 * 32 + 31 - p % 32;
    EXPECT_EQ(moved[static_cast<std::size_t>(p)], static_cast<float>(expected)) << p;
  }
}

TEST(NcStreamShuffle, BroadcastsOneRowOverAQuadrant) {
  FakeCore core;
  const View row = core.sbuf({1, 3}, DType::bfloat16);
  core.write(row, {1, 2, 3});
  const View tile = core.sbuf({20, 3}, DType::bfloat16);
  core.run(NcStreamShuffle{.dst = tile, .src = row, .shuffle_mask = mask_of(0)});
  EXPECT_EQ(core.read(tile)[19 * 3 + 2], 3);
  EXPECT_THROW(core.run(NcStreamShuffle{.dst = tile, .src = row, .shuffle_mask = mask_of(1)}),
               Fault);
  EXPECT_THROW(core.run(NcStreamShuffle{.dst = tile, .src = row}), Fault);
}

TEST(LocalGather, SharesTheIndicesOfSixteenPartitionsColumnByColumn) {
  FakeCore core;
  const View source = core.sbuf({32, 40});
  core.write(source, counted(32 * 40));
  const View index = core.sbuf({32, 2}, DType::uint16);
  std::vector<float> indices(64);
  for (int p = 0; p < 32; ++p) {
    indices[static_cast<std::size_t>(2 * p)] = static_cast<float>(p);
    indices[static_cast<std::size_t>(2 * p + 1)] = static_cast<float>(38 - p);
  }
  core.write(index, indices);
  const View dst = core.sbuf({32, 40});
  LocalGather gather{.dst = dst, .src_buffer = source, .index = index};
  gather.num_elem_per_idx = 2;
  gather.num_valid_indices = 20;
  core.run(gather);
  const auto out = core.read(dst);
  for (int p = 0; p < 32; ++p) {
    for (int j = 0; j < 20; ++j) {
      const int row = p / 16 * 16 + j % 16;
      const int at = j < 16 ? row : 38 - row;
      EXPECT_EQ(out[static_cast<std::size_t>(p * 40 + 2 * j + 1)],
                static_cast<float>(p * 40 + at + 1));
    }
  }
  core.write(index, std::vector<float>(64, 39));
  EXPECT_THROW(core.run(gather), Fault);
}

TEST(NcNGather, GathersInsideAPartition) {
  FakeCore core;
  const View data = core.sbuf({2, 3}, DType::bfloat16);
  core.write(data, {1, 2, 3, 4, 5, 6});
  const View indices = core.sbuf({2, 2}, DType::uint32);
  core.write(indices, {2, 0, 1, 1});
  const View dst = core.sbuf({2, 2}, DType::bfloat16);
  core.run(NcNGather{.dst = dst, .data = data, .indices = indices});
  EXPECT_EQ(core.read(dst), (std::vector<float>{3, 1, 5, 5}));
  core.write(indices, {3, 0, 0, 0});
  EXPECT_THROW(core.run(NcNGather{.dst = dst, .data = data, .indices = indices}), Fault);
}

TEST(TensorPartitionReduce, ReducesColumns) {
  FakeCore core;
  const View data = core.sbuf({4, 2}, DType::int32);
  core.write(data, {1, 8, 2, 8, 4, 9, 9, 3});
  const View dst = core.sbuf({1, 2}, DType::int32);
  const auto reduced = [&](AluOp op) {
    core.run(TensorPartitionReduce{.dst = dst, .op = op, .data = data});
    return core.read(dst);
  };
  EXPECT_EQ(reduced(AluOp::add), (std::vector<float>{16, 28}));
  EXPECT_EQ(reduced(AluOp::average), (std::vector<float>{4, 7}));
  EXPECT_EQ(reduced(AluOp::maximum), (std::vector<float>{9, 9}));
  EXPECT_EQ(reduced(AluOp::bitwise_or), (std::vector<float>{15, 11}));
  EXPECT_THROW(reduced(AluOp::multiply), Fault);
}

TEST(Registers, CarryThirtyTwoBitsBetweenMemoryAndEachOther) {
  FakeCore core;
  const View word = core.sbuf({1, 1}, DType::uint32);
  core.write_bits(word, {0xfffffffe});
  core.run(RegisterLoad{.dst = {.reg = 0}, .src = word});
  EXPECT_EQ(core.register_value(0), -2);
  core.run(RegisterMove{.dst = {.reg = 1}, .src = {.reg = 0}});
  const View copy = core.hbm({1}, DType::uint32);
  core.run(RegisterStore{.dst = copy, .src = {.reg = 1}});
  EXPECT_EQ(core.read_bits(copy)[0], 0xfffffffeu);
  core.run(RegisterMove{.dst = {.reg = 1}, .src = {.value = 7}});
  EXPECT_EQ(core.register_value(1), 7);
  EXPECT_THROW(core.run(RegisterMove{.dst = {.value = 1}, .src = {.value = 2}}), Fault);
  EXPECT_THROW(core.run(RegisterLoad{.dst = {.reg = 0}, .src = core.sbuf({1, 2}, DType::int32)}),
               Fault);
}

TEST(Traffic, CountsEachByteThatOperandsTouch) {
  FakeCore core;
  NcMatmul matmul{.dst = core.psum({32, 64}),
                  .stationary = core.sbuf({128, 32}, DType::bfloat16),
                  .moving = core.sbuf({128, 64}, DType::bfloat16)};
  const Entry entry = make_entry<NcMatmul>();
  Traffic expected;
  expected.sbuf_read_bytes = 128 * (32 + 64) * 2;
  expected.psum_read_bytes = expected.psum_write_bytes = 32 * 64 * 4;
  EXPECT_EQ(traffic_of(entry, &matmul), expected);
  matmul.accumulate = Accumulate::overwrite;
  matmul.moving.dims[1].step = 0;  // a broadcast column
  expected.psum_read_bytes = 0;
  expected.sbuf_read_bytes = 128 * (32 + 1) * 2;
  EXPECT_EQ(traffic_of(entry, &matmul), expected);

  CoreBarrier barrier{.data = core.hbm({1024})};
  EXPECT_EQ(traffic_of(make_entry<CoreBarrier>(), &barrier), Traffic{});
}

}  // namespace
}  // namespace trainyard
