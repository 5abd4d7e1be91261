// SPDX-License-Identifier: Apache-2.0
// Patterns, selections, searches and random numbers.
#include <gtest/gtest.h>

#include <algorithm>

#include "isa/fake_core.h"
#include "isa/instructions/affine.h"
#include "isa/instructions/max8.h"
#include "isa/instructions/random.h"
#include "isa/instructions/search.h"
#include "isa/instructions/select.h"

namespace trainyard {
namespace {

AffinePattern pattern(std::initializer_list<Dim> dims) {
  AffinePattern out;
  for (const Dim& d : dims) out.dims[out.rank++] = d;
  return out;
}

TEST(Iota, AddsStepsOffsetAndChannel) {
  FakeCore core;
  const View x = core.sbuf({2, 2, 3}, DType::int32);
  const Iota iota{
      .dst = x, .pattern = pattern({{10, 2}, {-1, 3}}), .offset = 5, .channel_multiplier = 100};
  core.run(iota);
  EXPECT_EQ(core.read(x), (std::vector<float>{5, 4, 3, 15, 14, 13, 105, 104, 103, 115, 114, 113}));
  Iota wrong = iota;
  wrong.pattern = pattern({{1, 5}});
  EXPECT_THROW(core.run(wrong), Fault);
}

TEST(AffineSelect, KeepsACausalTriangle) {
  FakeCore core;
  const View x = core.sbuf({3, 3});
  core.write(x, std::vector<float>(9, 1.0F));
  const View y = core.sbuf({3, 3}, DType::bfloat16);
  const AffineSelect mask{.dst = y,
                          .pattern = pattern({{-1, 3}}),
                          .channel_multiplier = 1,
                          .on_true_tile = x,
                          .on_false_value = -8,
                          .cmp_op = AluOp::greater_equal};
  core.run(mask);
  EXPECT_EQ(core.read(y), (std::vector<float>{1, -8, -8, 1, 1, -8, 1, 1, 1}));
}

TEST(RangeSelect, KeepsIndicesWithinTheBoundsOfThePartition) {
  FakeCore core;
  const View x = core.sbuf({2, 4});
  core.write(x, {1, 2, 3, 4, 5, 6, 7, 8});
  const View low = core.sbuf({2, 1});
  const View high = core.sbuf({2, 1});
  core.write(low, {11, 0});
  core.write(high, {13, 0});
  const View y = core.sbuf({2, 4});
  const View largest = core.sbuf({2, 1});
  core.run(RangeSelect{.dst = y,
                       .on_true_tile = x,
                       .bound0 = low,
                       .bound1 = high,
                       .reduce_res = largest,
                       .range_start = 10});
  const auto least = static_cast<float>(RangeSelect::kLeastFloat);
  EXPECT_EQ(core.read(y), (std::vector<float>{least, 2, 3, least, least, least, least, least}));
  EXPECT_EQ(core.read(largest), (std::vector<float>{3, least}));
}

TEST(TensorCopyPredicated, LeavesWhatThePredicateDoesNotName) {
  FakeCore core;
  const View x = core.sbuf({1, 3});
  const View p = core.sbuf({1, 3}, DType::uint8);
  core.write(x, {1, 2, 3});
  core.write_bits(p, {0, 7, 0});
  core.run(TensorCopyPredicated{.dst = x, .src = ScalarOperand::of(9.0), .predicate = p});
  EXPECT_EQ(core.read(x), (std::vector<float>{1, 9, 3}));
  const View y = core.sbuf({1, 3});
  core.write(y, {4, 5, 6});
  core.run(TensorCopyPredicated{
      .dst = x, .src = ScalarOperand::of(y), .predicate = p, .reverse_pred = true});
  EXPECT_EQ(core.read(x), (std::vector<float>{4, 9, 6}));
  const View in_psum = core.psum({1, 3});
  const View pred_in_psum = core.psum({1, 3}, DType::uint8);
  EXPECT_THROW(core.run(TensorCopyPredicated{
                   .dst = x, .src = ScalarOperand::of(in_psum), .predicate = pred_in_psum}),
               Fault);
}

TEST(SelectReduce, ChoosesAndTakesTheMaximum) {
  FakeCore core;
  const View x = core.sbuf({2, 2}, DType::bfloat16);
  const View p = core.sbuf({2, 2}, DType::uint8);
  core.write(x, {1, 2, 3, 4});
  core.write_bits(p, {1, 0, 0, 0});
  const View otherwise = core.sbuf({2, 1});
  core.write(otherwise, {-1, -2});
  const View y = core.sbuf({2, 2});
  const View largest = core.sbuf({2, 1});
  core.run(SelectReduce{.dst = y,
                        .predicate = p,
                        .on_true = x,
                        .on_false = ScalarOperand::of(otherwise),
                        .reduce_res = largest,
                        .reduce_cmd = ReduceCmd::reset_reduce});
  EXPECT_EQ(core.read(y), (std::vector<float>{1, -1, -2, -2}));
  EXPECT_EQ(core.read(largest), (std::vector<float>{1, -2}));
}

TEST(Max8, FindsAndReplacesEqualValuesInOppositeOrders) {
  FakeCore core;
  const View data = core.sbuf({1, 11});
  core.write(data, {1, 2, 3, 4, 8, 8, 8, 8, 8, 8, 8});
  const View top = core.sbuf({1, 8});
  core.run(Max8{.dst = top, .src = data});
  EXPECT_EQ(core.read(top), (std::vector<float>{8, 8, 8, 8, 8, 8, 8, 4}));
  core.write(top, {3, 8, 8, 8, 8, 8, 8, 5});
  const View places = core.sbuf({1, 8}, DType::uint16);
  core.run(NcFindIndex8{.dst = places, .data = data, .vals = top});
  EXPECT_EQ(core.read_bits(places), (std::vector<std::uint32_t>{2, 4, 5, 6, 7, 8, 9, 0xffff}));
  core.write(top, {3, 8, 8, 8, 8, 8, 8, 8});
  core.run(NcMatchReplace8{.dst = data, .data = data, .vals = top, .imm = -1, .dst_idx = places});
  EXPECT_EQ(core.read_bits(places), (std::vector<std::uint32_t>{2, 10, 9, 8, 7, 6, 5, 4}));
  EXPECT_EQ(core.read(data), (std::vector<float>{1, 2, -1, 4, -1, -1, -1, -1, -1, -1, -1}));
}

TEST(SequenceBounds, GivesHalfOpenRunsAndMarksPadding) {
  FakeCore core;
  const View ids = core.sbuf({1, 9});
  core.write(ids, {0, 1, 1, 2, 2, 2, 0, 3, 3});
  const View bounds = core.sbuf({1, 2, 9});
  core.run(SequenceBounds{.dst = bounds, .segment_ids = ids});
  EXPECT_EQ(core.read(bounds),
            (std::vector<float>{9, 1, 1, 3, 3, 3, 9, 7, 7, -1, 3, 3, 6, 6, 6, -1, 9, 9}));
}

TEST(NonzeroWithCount, WritesEverySixteenthPartitionAlone) {
  FakeCore core;
  const View x = core.sbuf({17, 8});
  std::vector<float> values(17 * 8, 1.0F);
  std::copy_n(std::vector<float>{0, 1, 1, 0, 0, 1, 0, 0}.begin(), 8, values.begin());
  core.write(x, values);
  const View y = core.sbuf({17, 9}, DType::int32);
  core.write(y, std::vector<float>(17 * 9, 77.0F));
  core.run(NonzeroWithCount{.dst = y, .src = x, .index_offset = 16});
  const auto out = core.read(y);
  EXPECT_EQ(std::vector<float>(out.begin(), out.begin() + 9),
            (std::vector<float>{17, 18, 21, -1, -1, -1, -1, -1, 3}));
  EXPECT_EQ(out[9], 77);
  EXPECT_EQ(out[16 * 9 + 8], 8);
}

TEST(Topk, ReadsTheSnakeAndSortsUpwards) {
  FakeCore core;
  const View x = core.sbuf({16, 2}, DType::bfloat16);
  std::vector<float> values(32, -1.0F);
  values[3 * 2 + 1] = 5;    // element 19
  values[4 * 2] = 5;        // element 4
  values[9 * 2] = 7;        // element 9
  values[15 * 2 + 1] = 99;  // element 31, beyond n
  core.write(x, values);
  const View best = core.sbuf({16, 3}, DType::bfloat16);
  const View at = core.sbuf({16, 3}, DType::uint32);
  core.run(Topk{.val_dst = best, .idx_dst = at, .src = x, .n = 31});
  const auto v = core.read(best);
  const auto i = core.read_bits(at);
  EXPECT_EQ(std::vector<float>(v.end() - 3, v.end()), (std::vector<float>{5, 5, 7}));
  EXPECT_EQ(std::vector<std::uint32_t>(i.begin(), i.begin() + 3),
            (std::vector<std::uint32_t>{19, 4, 9}));
}

TEST(Random, RepeatsFromTheSameSeedAndState) {
  FakeCore core;
  const View seed = core.sbuf({1, 1}, DType::uint32);
  core.write_bits(seed, {42});
  const View x = core.sbuf({3, 50}, DType::uint32);
  core.run(SetRngSeed{.src_seeds = seed});
  core.run(Rng{.dst = x}, Engine::vector);
  const auto first = core.read_bits(x);
  EXPECT_NE(first[0], first[50]);
  core.run(Rng{.dst = x}, Engine::vector);
  EXPECT_NE(core.read_bits(x), first);
  core.run(SetRngSeed{.src_seeds = seed});
  const View state = core.sbuf({128, 24}, DType::uint32);
  core.run(RandGetState{.dst = state});
  core.run(Rng{.dst = x}, Engine::vector);
  EXPECT_EQ(core.read_bits(x), first);
  core.run(RandSetState{.src_seeds = state});
  core.run(Rng{.dst = x}, Engine::vector);
  EXPECT_EQ(core.read_bits(x), first);

  const View u = core.sbuf({128, 200});
  core.run(Rand2{.dst = u, .min = ScalarOperand::of(2.0), .max = ScalarOperand::of(4.0)});
  const auto values = core.read(u);
  double sum = 0;
  for (const float v : values) {
    ASSERT_GE(v, 2.0F);
    ASSERT_LE(v, 4.0F);
    sum += v;
  }
  EXPECT_NEAR(sum / static_cast<double>(values.size()), 3.0, 0.03);
}

TEST(Dropout, DropsTheAskedShare) {
  FakeCore core;
  const View x = core.sbuf({128, 100}, DType::bfloat16);
  const View y = core.sbuf({128, 100}, DType::bfloat16);
  core.write(x, std::vector<float>(12800, 3.0F));
  for (const double share : {0.0, 0.25, 1.0}) {
    core.run(Dropout{.dst = y, .data = x, .prob = ScalarOperand::of(share)});
    const auto out = core.read(y);
    const auto zeros = std::count(out.begin(), out.end(), 0.0F);
    EXPECT_NEAR(static_cast<double>(zeros) / 12800, share, share > 0 && share < 1 ? 0.02 : 0.0);
    EXPECT_EQ(std::count(out.begin(), out.end(), 3.0F), 12800 - zeros);
  }
}

}  // namespace
}  // namespace trainyard
