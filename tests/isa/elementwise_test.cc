// SPDX-License-Identifier: Apache-2.0
// Copies and arithmetic on tiles: dtypes, shapes, tiles that overlap themselves, and the rules.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <numeric>
#include <random>

#include "isa/fake_core.h"
#include "isa/instructions/activate2.h"
#include "isa/instructions/activation.h"
#include "isa/instructions/exponential.h"
#include "isa/instructions/memset.h"
#include "isa/instructions/reciprocal.h"
#include "isa/instructions/scalar_tensor_tensor.h"
#include "isa/instructions/tensor_copy.h"
#include "isa/instructions/tensor_scalar.h"
#include "isa/instructions/tensor_tensor.h"
#include "seed.h"

namespace trainyard {
namespace {

std::vector<float> counted(std::int64_t count, float start = 0.0F) {
  std::vector<float> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), start);
  return values;
}

ScalarOperand number(double value) {
  return ScalarOperand::of(value);
}

// The rule that refuses `instruction`, or "" if none does.
template <class I>
std::string refusal(FakeCore& core, const I& instruction) {
  try {
    instruction.check(core);
  } catch (const Fault& fault) {
    return fault.message();
  }
  return "";
}

TEST(Rows, AnyPatternReadsTheElementsThatAPlainLoopReads) {
  std::mt19937 random(static_cast<std::uint32_t>(test::printed_seed()));
  for (int round = 0; round < 300; ++round) {
    FakeCore core;
    const DType dtype = std::array{DType::float32, DType::bfloat16, DType::int8}[round % 3];
    const View whole = core.sbuf({8, 640}, dtype);
    std::vector<float> values(8 * 640);
    for (float& v : values) v = static_cast<float>(static_cast<int>(random() % 200) - 100);
    core.write(whole, values);
    View view = whole;
    view.rank = 4;
    view.partition = static_cast<std::int32_t>(random() % 3);
    view.dims[0] = {1, 1 + static_cast<std::int32_t>(random() % 5)};
    for (int d = 1; d < 4; ++d) {
      view.dims[d] = {static_cast<std::int32_t>(random() % 4),
                      1 + static_cast<std::int32_t>(random() % (d == 3 ? 150 : 4))};
    }
    const auto read = core.read(view);
    std::size_t at = 0;
    for (int p = 0; p < view.dims[0].count; ++p) {
      for (int i = 0; i < view.dims[1].count; ++i) {
        for (int j = 0; j < view.dims[2].count; ++j) {
          for (int k = 0; k < view.dims[3].count; ++k) {
            const int column =
                i * view.dims[1].step + j * view.dims[2].step + k * view.dims[3].step;
            const int row = view.partition + p;
            ASSERT_EQ(read[at++], values[static_cast<std::size_t>(row * 640 + column)]);
          }
        }
      }
    }
    // Written back through a view without repeats, and read as a whole.
    View back = core.sbuf({5, 2400}, dtype);
    back.dims[0].count = view.dims[0].count;
    back.dims[1] = {3, static_cast<std::int32_t>(view.elements_per_partition())};
    if (view.elements_per_partition() > 800) continue;
    const Rows rows = core.access(back, Touch::write);
    store_rows_even(rows, 0, rows.partitions, read.data());
    ASSERT_EQ(core.read(back), read);
  }
}

TEST(TensorCopy, KeepsTheBitsOfEqualDtypesAndTheValuesOfIntegers) {
  FakeCore core;
  const View a = core.sbuf({2, 2});
  const View b = core.sbuf({2, 2});
  const std::vector<std::uint32_t> odd = {0x7f800001, 0xffffffff, 0x80000000, 0x00000001};
  core.write_bits(a, odd);
  core.run(TensorCopy{.dst = b, .src = a});
  EXPECT_EQ(core.read_bits(b), odd);

  const View wide = core.sbuf({1, 2}, DType::int32);
  const View narrow = core.sbuf({1, 2}, DType::uint32);
  core.write_bits(wide, {16777217, 0xffffffff});
  core.run(TensorCopy{.dst = narrow, .src = wide});
  EXPECT_EQ(core.read_bits(narrow), (std::vector<std::uint32_t>{16777217, 0}));
}

TEST(TensorCopy, OverlappingTilesCopyAsIfThroughABuffer) {
  for (const int columns : {3, 700}) {  // one group, and many
    FakeCore core;
    const View whole = core.sbuf({64, columns});
    core.write(whole, counted(64 * columns));
    View from = whole, to = whole;
    from.dims[0].count = to.dims[0].count = 32;
    to.partition = 1;
    core.run(TensorCopy{.dst = to, .src = from});
    EXPECT_EQ(core.read(to), counted(32 * columns));

    core.write(whole, counted(64 * columns));
    View left = whole, right = whole;
    left.dims[1].count = right.dims[1].count = columns - 1;
    right.offset_bytes = 4;
    const auto expected = core.read(left);
    core.run(TensorCopy{.dst = right, .src = left});
    EXPECT_EQ(core.read(right), expected);
  }
}

TEST(TensorTensor, IsExactOnIntegersOnGpSimdAndFloatOnVector) {
  FakeCore core;
  const View a = core.sbuf({1, 1}, DType::int32);
  const View b = core.sbuf({1, 1}, DType::int32);
  const View c = core.sbuf({1, 1}, DType::int32);
  core.write_bits(a, {16777217});
  core.write_bits(b, {16777216});
  const TensorTensor add{.dst = c, .data1 = a, .data2 = b, .op = AluOp::add};
  EXPECT_EQ(add.automatic_engines(core.machine()), EngineSet::of(Engine::gpsimd));
  core.run(add, Engine::gpsimd);
  EXPECT_EQ(core.read_bits(c)[0], 33554433U);
  core.run(add, Engine::vector);
  EXPECT_EQ(core.read_bits(c)[0], 33554432U);
}

TEST(TensorTensor, FlattensFreeShapesAndRepeatsBroadcasts) {
  FakeCore core;
  const View a = core.sbuf({2, 2, 3});
  View b = core.sbuf({2, 1});
  const View c = core.sbuf({2, 6}, DType::bfloat16);
  core.write(a, counted(12));
  core.write(b, {10, 20});
  b.dims[1] = {0, 6};
  core.run(TensorTensor{.dst = c, .data1 = a, .data2 = b, .op = AluOp::subtract});
  EXPECT_EQ(core.read(c),
            (std::vector<float>{-10, -9, -8, -7, -6, -5, -14, -13, -12, -11, -10, -9}));
}

TEST(TensorTensor, NamesTheRuleItRefusesBy) {
  FakeCore core;
  const View s = core.sbuf({4, 8});
  const View p = core.psum({4, 8});
  const View longer = core.sbuf({4, 9});
  EXPECT_THAT(refusal(core, TensorTensor{.dst = s, .data1 = p, .data2 = p}),
              testing::HasSubstr("cannot both be in PSUM"));
  EXPECT_THAT(refusal(core, TensorTensor{.dst = s, .data1 = s, .data2 = longer}),
              testing::HasSubstr("elements per partition"));
  EXPECT_THAT(refusal(core, TensorTensor{.dst = p, .data1 = s, .data2 = s, .op = AluOp::power}),
              testing::HasSubstr("no access to PSUM"));
  EXPECT_THAT(
      refusal(core, TensorTensor{.dst = s, .data1 = s, .data2 = s, .op = AluOp::bitwise_and}),
      testing::HasSubstr("bitwise operators take integers"));
  EXPECT_EQ((TensorTensor{.dst = p, .data1 = s, .data2 = s}.engines(core.machine())),
            EngineSet::of(Engine::vector));
}

TEST(TensorScalar, AppliesTwoOperatorsEitherWayRound) {
  FakeCore core;
  const View x = core.sbuf({2, 3});
  const View y = core.sbuf({2, 3});
  const View lanes = core.sbuf({2, 1});
  core.write(x, counted(6));
  core.write(lanes, {10, 100});
  core.run(TensorScalar{.dst = y,
                        .data = x,
                        .op0 = AluOp::subtract,
                        .operand0 = ScalarOperand::of(lanes),
                        .reverse0 = true,
                        .op1 = AluOp::multiply,
                        .operand1 = number(2)});
  EXPECT_EQ(core.read(y), (std::vector<float>{20, 18, 16, 194, 192, 190}));
  core.run(TensorScalar{.dst = y, .data = y, .op0 = AluOp::rsqrt, .op1 = AluOp::abs});
  EXPECT_FLOAT_EQ(core.read(y)[2], 0.25F);
}

TEST(TensorScalar, BitwiseOperatorsActOnRawBits) {
  FakeCore core;
  const View x = core.sbuf({1, 2}, DType::int16);
  core.write_bits(x, {0x8001, 0x7fff});
  const View y = core.sbuf({1, 2}, DType::int16);
  core.run(TensorScalar{.dst = y, .data = x, .op0 = AluOp::right_shift, .operand0 = number(1)});
  EXPECT_EQ(core.read_bits(y), (std::vector<std::uint32_t>{0x4000, 0x3fff}));
  core.run(TensorScalar{
      .dst = y, .data = x, .op0 = AluOp::arithmetic_right_shift, .operand0 = number(1)});
  EXPECT_EQ(core.read_bits(y), (std::vector<std::uint32_t>{0xc000, 0x3fff}));
  const View words = core.sbuf({1, 1}, DType::uint32);
  core.write_bits(words, {0xffffffff});
  core.run(TensorScalar{
      .dst = words, .data = words, .op0 = AluOp::bitwise_and, .operand0 = number(0x7fffff01)});
  EXPECT_EQ(core.read_bits(words)[0], 0x7fffff01U);
  EXPECT_THAT(refusal(core, TensorScalar{.dst = x,
                                         .data = x,
                                         .op0 = AluOp::bitwise_and,
                                         .operand0 = number(1),
                                         .op1 = AluOp::add,
                                         .operand1 = number(1)}),
              testing::HasSubstr("both be bitwise"));
}

TEST(TensorScalar, WantsFloat32PerPartitionOperands) {
  FakeCore core;
  const View x = core.sbuf({4, 8});
  const View lanes = core.sbuf({4, 1}, DType::bfloat16);
  const View wrong = core.sbuf({4, 2});
  EXPECT_THAT(
      refusal(core,
              TensorScalar{
                  .dst = x, .data = x, .op0 = AluOp::add, .operand0 = ScalarOperand::of(lanes)}),
      testing::HasSubstr("float32"));
  EXPECT_THAT(
      refusal(core,
              TensorScalar{
                  .dst = x, .data = x, .op0 = AluOp::add, .operand0 = ScalarOperand::of(wrong)}),
      testing::HasSubstr("one element for each of the 4 partitions"));
  EXPECT_THAT(refusal(core, TensorScalar{.dst = x, .data = x, .op0 = AluOp::add}),
              testing::HasSubstr("is needed by op0"));
}

TEST(ScalarTensorTensor, AppliesTheScalarThenTheTensor) {
  FakeCore core;
  const View x = core.sbuf({2, 2});
  const View z = core.sbuf({2, 2});
  core.write(x, {1, 2, 3, 4});
  core.write(z, {10, 10, 10, 10});
  core.run(ScalarTensorTensor{.dst = x,
                              .data = x,
                              .op0 = AluOp::multiply,
                              .operand0 = number(3),
                              .op1 = AluOp::subtract,
                              .operand1 = z,
                              .reverse1 = true});
  EXPECT_EQ(core.read(x), (std::vector<float>{7, 4, 1, -2}));
}

TEST(Activation, ScalesBiasesAndSumsIntoRegistersThatStay) {
  FakeCore core;
  const View x = core.sbuf({2, 3});
  const View y = core.sbuf({2, 3}, DType::bfloat16);
  const View bias = core.sbuf({2, 1});
  const View sum = core.sbuf({2, 1});
  core.write(x, counted(6));
  core.write(bias, {-1, 1});
  Activation act{.dst = y,
                 .op = Function::square,
                 .data = x,
                 .bias = ScalarOperand::of(bias),
                 .scale = number(2),
                 .reduce_op = AluOp::add,
                 .reduce_res = sum};
  core.run(act);  // idle with a result: afresh
  EXPECT_EQ(core.read(y), (std::vector<float>{1, 1, 9, 49, 81, 121}));
  EXPECT_EQ(core.read(sum), (std::vector<float>{11, 251}));
  act.reduce_cmd = ReduceCmd::reduce;
  core.run(act);
  EXPECT_EQ(core.read(sum), (std::vector<float>{22, 502}));
  act.reduce_cmd = ReduceCmd::reset;
  core.run(act);
  EXPECT_EQ(core.read(sum), (std::vector<float>{0, 0}));
  FakeCore old("trn1");
  const View t = old.sbuf({2, 2});
  EXPECT_THAT(refusal(old, Activation{.dst = t, .data = t, .bias = number(1)}),
              testing::HasSubstr("(P, 1) tile on NeuronCore-v2"));
}

TEST(Activation, KeepsInfinities) {
  FakeCore core;
  const float inf = std::numeric_limits<float>::infinity();
  const View x = core.sbuf({1, 3});
  core.write(x, {-inf, inf, 0});
  const View y = core.sbuf({1, 3}, DType::bfloat16);
  core.run(Activation{.dst = y, .op = Function::exp, .data = x});
  EXPECT_EQ(core.read(y), (std::vector<float>{0, inf, 1}));
  core.run(Reciprocal{.dst = y, .data = x});
  EXPECT_EQ(core.read(y), (std::vector<float>{0, 0, inf}));
}

TEST(Activate2, TakesOnlyThePairsOfTheScalarEngine) {
  FakeCore core;
  const View x = core.sbuf({1, 2});
  core.write(x, {1, -2});
  const View largest = core.sbuf({1, 1});
  core.run(Activate2{.dst = x,
                     .op = Function::prelu,
                     .data = x,
                     .imm0 = number(2),
                     .imm1 = number(1),
                     .op0 = AluOp::multiply,
                     .op1 = AluOp::subtract,
                     .relu_param = number(0.5),
                     .reduce_op = AluOp::maximum,
                     .reduce_res = largest,
                     .reduce_cmd = ReduceCmd::reset_reduce});
  EXPECT_EQ(core.read(x), (std::vector<float>{1, -2.5F}));
  EXPECT_EQ(core.read(largest)[0], 1);
  EXPECT_THAT(refusal(core, Activate2{.dst = x, .data = x, .op0 = AluOp::add, .op1 = AluOp::add}),
              testing::HasSubstr("no pair of operators"));
}

TEST(Exponential, SumsOnTopOfALoadedValue) {
  FakeCore core;
  const View x = core.sbuf({1, 2});
  core.write(x, {5, 5});
  const View sum = core.sbuf({1, 1});
  core.run(Exponential{.dst = x,
                       .src = x,
                       .max_value = number(5),
                       .reduce_res = sum,
                       .reduce_cmd = ReduceCmd::load_reduce,
                       .reduce_init = number(10)});
  EXPECT_EQ(core.read(sum)[0], 12);
}

TEST(Memset, WritesTheNearestValueOfEachDtype) {
  FakeCore core;
  for (const auto& [dtype, value, bits] :
       {std::tuple{DType::uint32, 4294967295.0, 0xffffffffU},
        std::tuple{DType::int32, -16777217.0, 0xfeffffffU}, std::tuple{DType::uint8, 2.5, 2U},
        std::tuple{DType::bfloat16, 1.0, 0x3f80U}}) {
    const View x = core.sbuf({3, 5}, dtype);
    core.run(Memset{.dst = x, .value = value});
    EXPECT_EQ(core.read_bits(x), std::vector<std::uint32_t>(15, bits));
  }
}

}  // namespace
}  // namespace trainyard
