// SPDX-License-Identifier: Apache-2.0
// Reductions, scans and statistics along the free dimensions.
#include <gtest/gtest.h>

#include <numeric>

#include "isa/fake_core.h"
#include "isa/instructions/bn_stats.h"
#include "isa/instructions/tensor_reduce.h"
#include "isa/instructions/tensor_scalar_reduce.h"
#include "isa/instructions/tensor_tensor_scan.h"

namespace trainyard {
namespace {

std::vector<float> counted(std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 0.0F);
  return values;
}

IntList axes(std::initializer_list<std::int32_t> list) {
  IntList out;
  for (const std::int32_t a : list) out.values[out.size++] = a;
  return out;
}

TEST(TensorReduce, ReducesTheLastDimensions) {
  FakeCore core;
  const View x = core.sbuf({2, 2, 3});
  core.write(x, counted(12));
  const View rows = core.sbuf({2, 2});
  core.run(
      TensorReduce{.dst = rows, .op = AluOp::add, .data = x, .axis = axes({2}), .negate = true});
  EXPECT_EQ(core.read(rows), (std::vector<float>{-3, -12, -21, -30}));
  const View all = core.sbuf({2, 1});
  core.run(TensorReduce{.dst = all, .op = AluOp::maximum, .data = x, .axis = axes({1, 2})});
  EXPECT_EQ(core.read(all), (std::vector<float>{5, 11}));
  core.run(TensorReduce{.dst = all, .op = AluOp::subtract, .data = x, .axis = axes({1, 2})});
  EXPECT_EQ(core.read(all), (std::vector<float>{-15, -51}));
  const View bits = core.sbuf({1, 3}, DType::uint8);
  core.write_bits(bits, {0xf3, 0x7f, 0xff});
  const View one = core.sbuf({1, 1}, DType::uint8);
  core.run(TensorReduce{.dst = one, .op = AluOp::bitwise_and, .data = bits, .axis = axes({-1})});
  EXPECT_EQ(core.read_bits(one)[0], 0x73U);
  EXPECT_THROW(core.run(TensorReduce{.dst = rows, .data = x, .axis = axes({1})}), Fault);
  EXPECT_THROW(core.run(TensorReduce{.dst = rows, .data = x, .axis = axes({0})}), Fault);
  EXPECT_THROW(core.run(TensorReduce{.dst = all, .data = x, .axis = axes({2})}), Fault);
}

TEST(TensorScalarReduce, KeepsItsRegistersForTheNextInstruction) {
  FakeCore core;
  const View x = core.sbuf({2, 3});
  core.write(x, counted(6));
  const View y = core.sbuf({2, 3});
  const View result = core.sbuf({2, 1});
  TensorScalarReduce reduce{.dst = y,
                            .data = x,
                            .op0 = AluOp::add,
                            .operand0 = ScalarOperand::of(1.0),
                            .reduce_op = AluOp::add};
  core.run(reduce);
  reduce.reduce_res = result;
  reduce.reduce_cmd = ReduceCmd::reduce;
  reduce.reduce_res_negate = true;
  core.run(reduce);
  EXPECT_EQ(core.read(result), (std::vector<float>{-12, -30}));
  reduce.reduce_cmd = ReduceCmd::load_reduce;
  EXPECT_THROW(core.run(reduce), Fault);
  reduce.reduce_init = ScalarOperand::of(100.0);
  reduce.reduce_res_negate = false;
  core.run(reduce);
  EXPECT_EQ(core.read(result), (std::vector<float>{106, 115}));
}

TEST(TensorScalarCumulative, GoesOnWhereTheLastOneEnded) {
  FakeCore core;
  const View x = core.sbuf({1, 3});
  core.write(x, {1, 2, 3});
  const View y = core.sbuf({1, 3});
  TensorScalarCumulative sum{.dst = y,
                             .src = x,
                             .op0 = AluOp::multiply,
                             .op1 = AluOp::add,
                             .imm0 = ScalarOperand::of(2.0)};
  core.run(sum);
  EXPECT_EQ(core.read(y), (std::vector<float>{2, 6, 12}));
  sum.reduce_cmd = ReduceCmd::reduce;
  core.run(sum);
  EXPECT_EQ(core.read(y), (std::vector<float>{14, 18, 24}));
}

TEST(TensorTensorScan, FeedsEachResultToTheNext) {
  FakeCore core;
  const View a = core.sbuf({2, 3});
  const View b = core.sbuf({2, 3});
  const View start = core.sbuf({2, 1});
  core.write(a, {1, 2, 3, 1, 1, 1});
  core.write(b, {1, 1, 1, 5, 6, 7});
  core.write(start, {1, 0});
  core.run(TensorTensorScan{.dst = b, .data0 = a, .data1 = b, .initial = ScalarOperand::of(start)});
  EXPECT_EQ(core.read(b), (std::vector<float>{2, 5, 16, 5, 11, 18}));
}

TEST(BnStats, AggregateToMeanAndPopulationVariance) {
  FakeCore core;
  const View x = core.sbuf({1, 5});
  core.write(x, {1, 2, 3, 4, 10});
  const View stats = core.sbuf({1, 6});
  const View result = core.sbuf({1, 2});
  core.run(BnStats{.dst = stats, .data = x});
  const auto s = core.read(stats);
  EXPECT_EQ(s[0], 3);
  EXPECT_EQ(s[3], 2);
  EXPECT_EQ(s[4], 3);
  EXPECT_EQ(s[5], 2);
  core.run(BnAggr{.dst = result, .data = stats});
  EXPECT_FLOAT_EQ(core.read(result)[0], 4);
  EXPECT_FLOAT_EQ(core.read(result)[1], 10);
  const View longer = core.sbuf({1, 513});
  EXPECT_THROW(core.run(BnStats{.dst = stats, .data = longer}), Fault);
}

}  // namespace
}  // namespace trainyard
